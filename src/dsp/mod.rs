//! Signal processing that knows samples and nothing of stems, objects or loudspeakers.
//!
//! [`biquad`] holds second-order filter sections.

pub mod biquad;
pub(crate) mod transpose;

pub use biquad::{Biquad, Coefficients, lowpass_butterworth4};
