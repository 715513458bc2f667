//! Directions, positions and convex shapes. Axes throughout: x right, y front, z up; azimuth + = left,
//! elevation + = up, degrees (ITU-R BS.2076).

mod conversion;
pub(crate) mod hull;
mod position;

pub use conversion::{
    cartesian_to_polar, cartesian_to_polar_sizes, polar_to_cartesian, polar_to_cartesian_sizes,
};
pub(crate) use position::directions;
pub use position::{Direction, Position, direction};
