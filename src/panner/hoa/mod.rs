//! Sound fields on loudspeakers: the HOA decoder of ITU-R BS.2127.
//!
//! `harmonics` holds the spherical harmonics and their normalisations, `points` the directions all over the
//! sphere that [`Decoder`] pans.

mod decoder;
mod harmonics;
mod points;

pub use decoder::Decoder;
