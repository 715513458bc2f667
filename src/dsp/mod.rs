//! Signal processing that knows samples and nothing of stems, objects or loudspeakers.
//!
//! [`biquad`] holds second-order filter sections, [`dither`] the noise that integer samples are rounded
//! with.

pub mod biquad;
pub mod dither;
pub(crate) mod transpose;

pub use biquad::{Biquad, Coefficients, lowpass_butterworth4};
