//! Processors of sound that a channel strip or an output may hold.

mod limiter;

pub use limiter::{Limiter, LimiterSettings};
