//! Processors of sound that a channel strip or an output may hold.

mod limiter;
pub mod reverb;

pub use limiter::{Limiter, LimiterSettings};
pub use reverb::{Reverb, ReverbSettings, ReverbStyle};
