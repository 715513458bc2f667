//! (in the making)

pub mod time;
