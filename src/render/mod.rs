//! From feeds and a scene to the channels of a target.
//!
//! [`Renderer`] serves one [`Target`]: `track` keeps each object's gains over time, `kernel` adds the
//! feeds up, `diffuse` plays what is decorrelated, `align` delays the channels of rooms whose loudspeakers stand at different distances.

mod align;
mod diffuse;
mod kernel;
mod plan;
mod renderer;
mod target;
mod track;

pub use renderer::Renderer;
pub use target::Target;
