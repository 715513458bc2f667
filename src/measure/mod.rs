//! Meters: loudness, loudness range, sample peak and true peak. They look at a signal and never change it.
//!
//! [`LoudnessMeter`] is ITU-R BS.1770-4/-5 with the loudness range of EBU Tech 3342; its channel weights
//! come from [`channel_weights`]. [`PeakMeter`] keeps the highest sample, [`TruePeakMeter`] the highest
//! value between the samples (BS.1770 Annex 2).
//!
//! Every figure is tied to absolute frames, so that it does not depend on the length of the blocks.

mod gating;
mod k_weighting;
mod lanes;
mod loudness;
mod peak;
mod true_peak;
mod weights;

pub use loudness::LoudnessMeter;
pub use peak::PeakMeter;
pub use true_peak::TruePeakMeter;
pub use weights::channel_weights;
