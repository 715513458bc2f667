//! Directions, positions and convex shapes. Axes throughout: x right, y front, z up; azimuth + = left,
//! elevation + = up, degrees (ITU-R BS.2076).

pub(crate) mod hull;
mod position;

pub use position::{Direction, Position, direction};
