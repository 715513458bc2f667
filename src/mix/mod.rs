//! The mixing desk: from the channels of the stem files to the feeds that are panned.
//!
//! A feed is one row of a [`Block`](crate::audio::Block): one per side of a stem, and behind them one LFE
//! feed that carries the low-passed copies.

mod gain_curve;
mod lfe;
mod matrix;
mod mixer;

pub use gain_curve::{GainCurve, GainPoint};
pub use lfe::LFE_LOWPASS;
pub use matrix::{MatrixFeed, MatrixTerm};
pub use mixer::{Mixer, Strip};
