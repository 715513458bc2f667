//! Signal processing that knows samples and nothing of stems, objects or loudspeakers.
//!
//! - [`biquad`]: second-order filter sections
//! - [`convolver`]: long filters
//! - [`decibels`]: levels in inner loops
//! - [`decorrelator`]: the filters of diffuse sound
//! - [`dither`]: the noise that integer samples are rounded with
//! - `quadrature`: two signals a quarter turn apart
//! - [`shape`] and [`mod@matched`]: the desk's filters as analogue prototypes, and their digital form
//! - [`smoother`]: parameters that move
//! - [`svf`]: filter sections whose coefficients may move

pub mod biquad;
pub mod convolver;
pub mod decibels;
pub mod decorrelator;
mod delay;
pub mod dither;
pub(crate) mod fractional;
mod kaiser;
pub(crate) mod lanes;
pub mod matched;
mod mt19937;
pub(crate) mod one_pole;
pub(crate) mod oversampled_peak;
pub(crate) mod oversampler;
pub mod quadrature;
pub mod shape;
pub mod smoother;
pub mod svf;
pub(crate) mod transform;
pub(crate) mod transpose;

pub use biquad::{Biquad, Coefficients, lowpass_butterworth4};
pub use decorrelator::Decorrelators;
pub use delay::DelayLine;
pub use mt19937::Mt19937;
