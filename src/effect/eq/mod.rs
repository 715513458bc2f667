//! The equaliser: high-pass, low-pass, bells, notches, shelves and tilt, matched to their analogue
//! prototypes up to the top of the band.
//!
//! [`EqSettings`] are its keys; `band` makes filters of them, `equaliser` runs them.

mod band;
mod equaliser;
mod keys;

pub use keys::{Band, EqSettings, Hole, Shelf, Slope};
