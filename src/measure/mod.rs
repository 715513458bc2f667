//! Meters: loudness, loudness range, sample peak and true peak. They look at a signal and never change it.
//!
//! [`LoudnessMeter`] is ITU-R BS.1770-4/-5 with the loudness range of EBU Tech 3342; its channel weights
//! come from [`channel_weights`]. [`PeakMeter`] keeps the highest sample, [`TruePeakMeter`] the highest
//! value between the samples (BS.1770 Annex 2).
//!
//! Two signals side by side: [`OffsetFinder`] tells how far apart they lie, [`DifferenceMeter`] what is left of
//! one without the other, [`EnvelopeCorrelation`] whether their levels move alike; [`ThirdOctaves`] is the
//! long-term spectrum of one.
//!
//! Every figure is tied to absolute frames, so that it does not depend on the length of the blocks.

mod difference;
mod envelopes;
mod gating;
mod k_weighting;
mod lanes;
mod loudness;
mod offset;
mod peak;
mod third_octaves;
mod true_peak;
mod weights;

pub use difference::{DifferenceMeter, Residual};
pub use envelopes::EnvelopeCorrelation;
pub(crate) use k_weighting::k_weight;
pub use loudness::LoudnessMeter;
pub use offset::{Offset, OffsetFinder};
pub use peak::PeakMeter;
pub use third_octaves::{Band, ThirdOctaves};
pub use true_peak::TruePeakMeter;
pub use weights::channel_weights;
