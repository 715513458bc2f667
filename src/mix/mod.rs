//! The mixing desk: from the channels of the stem files to the feeds that are panned.
//!
//! A feed is one row of a [`Block`](crate::audio::Block): one per side of a stem, and one LFE feed that
//! carries the low-passed copies.

mod gain_curve;

pub use gain_curve::{GainCurve, GainPoint};
