//! (in the making)

pub mod positions_csv;
