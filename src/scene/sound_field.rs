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

impl SoundField {
    /// Highest order that is decoded.
    pub const HIGHEST_ORDER: u32 = 15;

    /// The field of all components up to `order`, in the order of AmbiX (ACN).
    pub fn full(order: u32, normalization: Normalization) -> Self {
        let components = (0..=order)
            .flat_map(|n| {
                let degrees = n as i32;
                (-degrees..=degrees).map(move |m| (n, m))
            })
            .collect();
        Self {
            components,
            normalization,
        }
    }

    /// What is wrong with the field, in words; nothing is decoded of a component that does not exist.
    pub fn problem(&self) -> Option<String> {
        let highest = match self.normalization {
            Normalization::FuMa => 3,
            _ => Self::HIGHEST_ORDER,
        };
        self.components.iter().find_map(|&(order, degree)| {
            if order > highest {
                let what = match self.normalization {
                    Normalization::FuMa => "FuMa goes up to order",
                    _ => "the highest order decoded is",
                };
                Some(format!("a component has order {order}; {what} {highest}"))
            } else if degree.unsigned_abs() > order {
                Some(format!(
                    "a component of order {order} has degree {degree}; allowed is -{order} to {order}"
                ))
            } else {
                None
            }
        })
    }
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
