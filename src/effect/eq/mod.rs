//! The equaliser: high-pass, low-pass, bells, notches, shelves and tilt, matched to their analogue
//! prototypes up to the top of the band.
//!
//! [`EqSettings`] are its keys; `band` makes filters of them, `equaliser` runs them, `linear_phase` puts
//! them into one symmetric filter.

mod band;
mod equaliser;
mod keys;
mod linear_phase;

pub use keys::{Band, EqSettings, Hole, Shelf, Slope};
