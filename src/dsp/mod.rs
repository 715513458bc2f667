//! Signal processing that knows samples and nothing of stems, objects or loudspeakers.
//!
//! [`biquad`] holds second-order filter sections, [`decorrelator`] the filters of diffuse sound, [`dither`]
//! the noise that integer samples are rounded with.

pub mod biquad;
pub mod decorrelator;
mod delay;
pub mod dither;
mod mt19937;
mod oversampled_peak;
pub(crate) mod transpose;

pub use biquad::{Biquad, Coefficients, lowpass_butterworth4};
pub use decorrelator::Decorrelators;
pub use delay::DelayLine;
pub use mt19937::Mt19937;
pub use oversampled_peak::OversampledPeak;
