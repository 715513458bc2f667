//! Signal processing without a word of mixing: filters, dither.

pub mod biquad;
