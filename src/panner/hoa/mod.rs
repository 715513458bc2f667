//! Sound fields: on loudspeakers by the HOA decoder of ITU-R BS.2127, from a scene by an encoder for AmbiX.
//!
//! `harmonics` holds the spherical harmonics and their normalisations, `points` the directions all over the
//! sphere that [`Decoder`] pans.

mod decoder;
mod encoder;
mod harmonics;
mod points;

pub use decoder::Decoder;
pub use encoder::Encoder;
