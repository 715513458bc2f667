//! The filter shapes of a mixing desk as analogue prototypes, with the corner at 1: the curves that the
//! digital filters are held against.

/// A filter of first or second order, without its frequency. With s = j f/f0, A = 10^(gain/40), r = √A:
///
/// | shape | transfer function |
/// |---|---|
/// | `HighPass1`, `LowPass1` | s/(s + 1), 1/(s + 1) |
/// | `HighPass`, `LowPass` | s² or 1, over s² + s/Q + 1 |
/// | `Bell` | (s² + s A/Q + 1)/(s² + s/(A Q) + 1) |
/// | `LowShelf` | A (s² + s r/Q + A)/(A s² + s r/Q + 1) |
/// | `HighShelf` | A (A s² + s r/Q + 1)/(s² + s r/Q + A) |
/// | `Notch` | (s² + 1)/(s² + s/Q + 1) |
/// | `Tilt` | (G s + 1)/(s + G), G = 10^(gain/20) |
///
/// Shelves reach half their gain (in dB) at f0, a tilt turns about f0.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "q and gain_db mean the same in every shape")]
pub enum Shape {
    /// 6 dB per octave below the corner.
    HighPass1,
    /// 6 dB per octave above the corner.
    LowPass1,
    /// 12 dB per octave below the corner.
    HighPass { q: f64 },
    /// 12 dB per octave above the corner.
    LowPass { q: f64 },
    /// A peak or dip of `gain_db`.
    Bell { gain_db: f64, q: f64 },
    /// `gain_db` below the corner.
    LowShelf { gain_db: f64, q: f64 },
    /// `gain_db` above the corner.
    HighShelf { gain_db: f64, q: f64 },
    /// A hole at the corner.
    Notch { q: f64 },
    /// `gain_db` at the top of the band, as much less at its bottom.
    Tilt { gain_db: f64 },
}

impl Shape {
    /// Numerator and denominator: weights of s², s and 1.
    pub fn polynomials(&self) -> ([f64; 3], [f64; 3]) {
        let amplitude = |gain_db: f64| 10f64.powf(gain_db / 40.0);
        match *self {
            Self::HighPass1 => ([0.0, 1.0, 0.0], [0.0, 1.0, 1.0]),
            Self::LowPass1 => ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0]),
            Self::HighPass { q } => ([1.0, 0.0, 0.0], [1.0, 1.0 / q, 1.0]),
            Self::LowPass { q } => ([0.0, 0.0, 1.0], [1.0, 1.0 / q, 1.0]),
            Self::Bell { gain_db, q } => {
                let a = amplitude(gain_db);
                ([1.0, a / q, 1.0], [1.0, 1.0 / (a * q), 1.0])
            }
            Self::LowShelf { gain_db, q } => {
                let a = amplitude(gain_db);
                let slope = a.sqrt() / q;
                ([a, a * slope, a * a], [a, slope, 1.0])
            }
            Self::HighShelf { gain_db, q } => {
                let a = amplitude(gain_db);
                let slope = a.sqrt() / q;
                ([a * a, a * slope, a], [1.0, slope, a])
            }
            Self::Notch { q } => ([1.0, 0.0, 1.0], [1.0, 1.0 / q, 1.0]),
            Self::Tilt { gain_db } => {
                let g = amplitude(2.0 * gain_db);
                ([0.0, g, 1.0], [0.0, 1.0, g])
            }
        }
    }

    /// |H|² at `ratio` = f/f0.
    pub fn power(&self, ratio: f64) -> f64 {
        let square = |[two, one, zero]: [f64; 3]| {
            let real = zero - two * ratio * ratio;
            let imaginary = one * ratio;
            real * real + imaginary * imaginary
        };
        let (numerator, denominator) = self.polynomials();
        square(numerator) / square(denominator)
    }

    /// The shape that undoes this one, if it is a boost or cut.
    pub(crate) fn reciprocal(&self) -> Self {
        match *self {
            Self::Bell { gain_db, q } => Self::Bell {
                gain_db: -gain_db,
                q,
            },
            Self::LowShelf { gain_db, q } => Self::LowShelf {
                gain_db: -gain_db,
                q,
            },
            Self::HighShelf { gain_db, q } => Self::HighShelf {
                gain_db: -gain_db,
                q,
            },
            Self::Tilt { gain_db } => Self::Tilt { gain_db: -gain_db },
            other => other,
        }
    }
}

/// Sections of a Butterworth filter of the given slope in dB per octave (6, 12, 18, 24 or 48; each is 6 per
/// order): Q of each section of second order, 0 for one of first order. Order n has its poles at angles of
/// (2k - 1) 90°/n from the negative real axis; a pair at angle φ has Q = 1/(2 cos φ).
pub fn butterworth(slope: u32) -> impl Iterator<Item = f64> + Clone {
    let order = (slope / 6).max(1);
    let first = (order % 2 == 1).then_some(0.0);
    let pairs = (0..order / 2).map(move |k| {
        let steps = f64::from(2 * k + 1 + order % 2);
        0.5 / (steps * 90.0 / f64::from(order)).to_radians().cos()
    });
    first.into_iter().chain(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn db(shape: Shape, ratio: f64) -> f64 {
        10.0 * shape.power(ratio).log10()
    }

    #[test]
    fn shapes_have_the_gains_they_are_named_for() {
        for (shape, ratio, expected) in [
            (Shape::HighPass1, 1.0, -3.0103),
            (Shape::LowPass { q: 0.5f64.sqrt() }, 1.0, -3.0103),
            (Shape::HighPass { q: 2.0 }, 1.0, 6.0206),
            (
                Shape::Bell {
                    gain_db: 6.0,
                    q: 1.3,
                },
                1.0,
                6.0,
            ),
            (
                Shape::Bell {
                    gain_db: 6.0,
                    q: 1.3,
                },
                0.0,
                0.0,
            ),
            (
                Shape::LowShelf {
                    gain_db: -4.0,
                    q: 0.7,
                },
                0.0,
                -4.0,
            ),
            (
                Shape::LowShelf {
                    gain_db: -4.0,
                    q: 0.7,
                },
                1.0,
                -2.0,
            ),
            (
                Shape::LowShelf {
                    gain_db: -4.0,
                    q: 0.7,
                },
                1e4,
                0.0,
            ),
            (
                Shape::HighShelf {
                    gain_db: 5.0,
                    q: 0.7,
                },
                1e4,
                5.0,
            ),
            (
                Shape::HighShelf {
                    gain_db: 5.0,
                    q: 0.7,
                },
                1.0,
                2.5,
            ),
            (
                Shape::HighShelf {
                    gain_db: 5.0,
                    q: 0.7,
                },
                0.0,
                0.0,
            ),
            (Shape::Tilt { gain_db: 3.0 }, 1e5, 3.0),
            (Shape::Tilt { gain_db: 3.0 }, 0.0, -3.0),
            (Shape::Tilt { gain_db: 3.0 }, 1.0, 0.0),
        ] {
            let found = db(shape, ratio);
            assert!(
                (found - expected).abs() < 1e-3,
                "{shape:?} at {ratio}: {found} dB"
            );
        }
        assert!(Shape::Notch { q: 4.0 }.power(1.0) < 1e-30);
    }

    #[test]
    fn butterworth_sections_multiply_to_the_maximally_flat_curve() {
        for slope in [6, 12, 18, 24, 48] {
            for ratio in [0.3_f64, 0.9, 1.0, 1.7, 5.0] {
                let power: f64 = butterworth(slope)
                    .map(|q| match q {
                        0.0 => Shape::LowPass1.power(ratio),
                        q => Shape::LowPass { q }.power(ratio),
                    })
                    .product();
                let ideal = 1.0 / (1.0 + ratio.powi(slope as i32 / 3));
                assert!((power / ideal - 1.0).abs() < 1e-12, "{slope} dB at {ratio}");
            }
        }
    }
}
