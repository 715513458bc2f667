//! The polar panner of ITU-R BS.2127-0, for the systems of ITU-R BS.2051.
//!
//! [`System`] tells whether a layout is one of them; [`PointSource`] pans directions (`region` has the gain
//! rules, `topology` says where they apply); [`Polar`] adds distance and extent (`extent`, `tiles`, `edges`).

mod edges;
mod extent;
mod many;
mod point_source;
mod polar;
mod region;
mod system;
mod tiles;
mod topology;

pub use point_source::PointSource;
pub use polar::Polar;
pub(in crate::panner) use polar::seen_angle_deg;
pub use system::{Angles, SYSTEMS, System, nominal};
