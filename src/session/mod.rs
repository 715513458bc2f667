//! (in the making)

pub mod folder;
pub mod names;
mod place;
pub mod propose;
pub mod sound;
pub mod write;

pub use place::{Placing, Turn};
