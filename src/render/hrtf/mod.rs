//! Head-related impulse responses: what a set of them is, and its preparation for rendering.
//!
//! [`HrtfSet`] is a set as it was measured; the default, `kemar`, is part of the program. [`Filters`] is a set
//! prepared for one sample rate: `diffuse_field` makes it neutral, `bass` down to the lowest octaves, `rate` converts it, `grid` spans triangles
//! between its directions, `alignment` finds each response's delay, and what a source in any direction needs is
//! blended from the three responses around it; where measured directions are far apart, others are put `between`
//! them: a `smooth` interpolation, its levels checked in `ear_bands`, its time by its `long_waves` and at the
//! `floor`; `kept` is what of that a cache can hold. `level` tells how loud a source is from each direction. That takes seconds; [`Between`] is the form in which it may be `kept`.

mod added;
mod alignment;
mod bass;
mod between;
mod diffuse_field;
mod ear_bands;
mod filters;
mod floor;
mod grid;
mod holes;
mod kemar;
mod kept;
mod level;
mod long_waves;
mod loops;
mod minimum_phase;
mod rate;
mod set;
mod smooth;
mod spectra;

pub(super) use diffuse_field::loudness_weight;
pub use diffuse_field::{Equalisation, Equaliser, Flatness};
pub use filters::{Filters, Preparation};
pub use kemar::{kemar, pack};
pub use kept::Between;
pub use level::Level;
pub use set::{HrtfSet, Measured, SetFault};
