//! From feeds and a scene to the channels of a target.
//!
//! [`Renderer`] serves one [`Target`]: `channels` loudspeakers and the stereo bus, [`binaural`] headphones with the
//! ears of [`hrtf`]. `track` keeps each object's `gains` over time, `kernel` adds the
//! feeds up, `diffuse` plays what is decorrelated, `align` delays the channels of rooms whose loudspeakers stand at different distances.

mod align;
pub mod binaural;
mod channels;
mod diffuse;
mod gains;
pub mod hrtf;
mod kernel;
mod plan;
mod renderer;
mod target;
mod track;

pub(crate) use kernel::slice_frames;
pub use renderer::Renderer;
pub use target::Target;
