//! Sound fields in spherical harmonics (ITU-R BS.2076, type HOA).

use std::sync::Arc;

/// How spherical harmonics are scaled against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Normalization {
    /// Schmidt semi-normalised: every component's maximum relates to order 0 as in AmbiX.
    #[default]
    Sn3d,
    /// Fully normalised: every component has the same power over the sphere.
    N3d,
    /// Furse-Malham: maxima of 1, order 0 at -3 dB; up to order 3.
    FuMa,
}

/// The components of one sound field, in the order of its channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundField {
    /// Order n >= 0 and degree -n..=n of each component (degree < 0: the sines).
    pub components: Vec<(u32, i32)>,
    /// How they are scaled.
    pub normalization: Normalization,
}

/// One component of a sound field.
#[derive(Debug, Clone, PartialEq)]
pub struct HoaComponent {
    /// The field it belongs to.
    pub field: Arc<SoundField>,
    /// Which of its components it is.
    pub component: usize,
    /// Linear gain.
    pub gain: f64,
}
