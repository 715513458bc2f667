//! Digital filters that follow their analogue prototypes up to the top of the band, without the cramping
//! of the bilinear transform.
//!
//! After M. Vicanek, "Matched Second Order Digital Filters" (2016): the poles are those of the prototype by
//! impulse invariance; the numerator's power response is then chosen to match. With p = sin²(ω/2) a
//! section's power response is
//!
//! ```text
//! |N|² = B0 (1 - p) + B1 p + B2 4 p (1 - p)      B0 = |N(0)|², B1 = |N(π)|², B2 = -4 b0 b2
//! ```
//!
//! and the same with A for the denominator. Where Vicanek matches at three frequencies, here B0 is exact and
//! B1, B2 are the least-squares solution for the relative error at thirteen frequencies around the corner and
//! below the top of the band; that leaves a third of the deviation (figures in `docs/effects.md`).

use std::f64::consts::{PI, TAU};

use super::biquad::Coefficients;
use super::shape::{Shape, butterworth};
use crate::units::{Hertz, SampleRate};

/// Frequencies matched, as octaves from the frequency of the poles.
const AROUND_POLES: [f64; 9] = [-2.0, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0];

/// Frequencies matched, as shares of the highest one.
const BELOW_TOP: [f64; 4] = [1.0, 0.85, 0.7, 0.5];

/// A polynomial whose zeros become poles keeps them inside the unit circle by this share of the poles' own
/// distance, and this share of the poles' power at half the sample rate.
const MARGIN: f64 = 1e-3;

/// The section of `shape` at `frequency`, which must lie above 0 and below half of `rate`.
pub fn matched(shape: Shape, frequency: Hertz, rate: SampleRate) -> Coefficients {
    // The method follows a boost of a bell or low shelf, and a cut of a high shelf or tilt, whose poles lie
    // low; the opposite is designed as the reciprocal.
    let upside_down = match shape {
        Shape::Bell { gain_db, .. } | Shape::LowShelf { gain_db, .. } => gain_db < 0.0,
        Shape::HighShelf { gain_db, .. } | Shape::Tilt { gain_db } => gain_db > 0.0,
        _ => false,
    };
    if upside_down {
        let Coefficients { b0, b1, b2, a1, a2 } =
            direct(shape.reciprocal(), frequency, rate, MARGIN);
        return Coefficients {
            b0: 1.0 / b0,
            b1: a1 / b0,
            b2: a2 / b0,
            a1: b1 / b0,
            a2: b2 / b0,
        };
    }
    direct(shape, frequency, rate, 0.0)
}

/// The sections of a Butterworth high-pass of 6, 12, 18, 24 or 48 dB per octave.
///
/// Deviations of the sections cancel: together they stay within 0.05 dB of the prototype.
pub fn high_pass(
    slope: u32,
    frequency: Hertz,
    rate: SampleRate,
) -> impl Iterator<Item = Coefficients> {
    butterworth(slope).map(move |q| match q {
        0.0 if slope > 6 => high_pass1_of_steep(frequency, rate),
        0.0 => matched(Shape::HighPass1, frequency, rate),
        q => matched(Shape::HighPass { q }, frequency, rate),
    })
}

/// The sections of a Butterworth low-pass of 6, 12, 18, 24 or 48 dB per octave.
pub fn low_pass(
    slope: u32,
    frequency: Hertz,
    rate: SampleRate,
) -> impl Iterator<Item = Coefficients> {
    butterworth(slope).map(move |q| match q {
        0.0 => matched(Shape::LowPass1, frequency, rate),
        q => matched(Shape::LowPass { q }, frequency, rate),
    })
}

/// The section of first order in a high-pass of odd order: right at the corner as its partners are, so that
/// what it is off elsewhere is what they are off the other way.
fn high_pass1_of_steep(frequency: Hertz, rate: SampleRate) -> Coefficients {
    let corner = TAU * frequency.0 / f64::from(rate.0);
    let poles = Poles::single(corner);
    let p = (corner / 2.0).sin().powi(2);
    let b0 = (poles.power(p) / (8.0 * p)).sqrt();
    poles.with(b0, -b0, 0.0)
}

fn direct(shape: Shape, frequency: Hertz, rate: SampleRate, margin: f64) -> Coefficients {
    let corner = TAU * frequency.0 / f64::from(rate.0);
    let poles = Poles::of(shape, corner);
    match shape {
        Shape::Notch { q } => notch(q, corner, &poles, rate),
        Shape::HighPass { q } => {
            // A double zero at 0 and the right gain at the corner.
            let p = (corner / 2.0).sin().powi(2);
            let b0 = q * poles.power(p).sqrt() / (4.0 * p);
            poles.with(b0, -2.0 * b0, b0)
        }
        _ => {
            let powers = numerator_powers(shape, corner, &poles, rate, margin);
            let (b0, b1, b2) = spectral_factor(powers, margin * poles.turn);
            poles.with(b0, b1, b2)
        }
    }
}

/// The denominator 1 + a1 z⁻¹ + a2 z⁻², and its A0, A1, A2.
#[derive(Debug)]
struct Poles {
    /// Distance of the prototype's poles from 0, as an angle per sample.
    turn: f64,
    a1: f64,
    a2: f64,
    powers: [f64; 3],
}

impl Poles {
    fn of(shape: Shape, corner: f64) -> Self {
        let amplitude = |gain_db: f64| 10f64.powf(gain_db / 40.0);
        let (scale, damping) = match shape {
            Shape::HighPass1 | Shape::LowPass1 => return Self::single(corner),
            Shape::Tilt { gain_db } => return Self::single(corner * amplitude(2.0 * gain_db)),
            Shape::Bell { gain_db, q } => (1.0, 0.5 / (q * amplitude(gain_db))),
            Shape::LowShelf { gain_db, q } => (1.0 / amplitude(gain_db).sqrt(), 0.5 / q),
            Shape::HighShelf { gain_db, q } => (amplitude(gain_db).sqrt(), 0.5 / q),
            Shape::HighPass { q } | Shape::LowPass { q } | Shape::Notch { q } => (1.0, 0.5 / q),
        };
        let turn = corner * scale;
        let a1 = if damping <= 1.0 {
            -2.0 * (-damping * turn).exp() * (turn * (1.0 - damping * damping).sqrt()).cos()
        } else {
            let spread = (damping * damping - 1.0).sqrt();
            // damping - spread, without its cancellation.
            let slow = 1.0 / (damping + spread);
            -(-turn * slow).exp() - (-turn * (damping + spread)).exp()
        };
        Self::new(turn, a1, (-2.0 * damping * turn).exp())
    }

    fn single(turn: f64) -> Self {
        Self::new(turn, -(-turn).exp(), 0.0)
    }

    fn new(turn: f64, a1: f64, a2: f64) -> Self {
        Self {
            turn,
            a1,
            a2,
            powers: [(1.0 + a1 + a2).powi(2), (1.0 - a1 + a2).powi(2), -4.0 * a2],
        }
    }

    /// |D|² at p = sin²(ω/2).
    fn power(&self, p: f64) -> f64 {
        let [at_0, at_nyquist, between] = self.powers;
        at_0 * (1.0 - p) + at_nyquist * p + between * 4.0 * p * (1.0 - p)
    }

    fn with(&self, b0: f64, b1: f64, b2: f64) -> Coefficients {
        Coefficients {
            b0,
            b1,
            b2,
            a1: self.a1,
            a2: self.a2,
        }
    }
}

/// B0, B1, B2.
fn numerator_powers(
    shape: Shape,
    corner: f64,
    poles: &Poles,
    rate: SampleRate,
    margin: f64,
) -> [f64; 3] {
    let at_0 = poles.powers[0] * shape.power(0.0);
    let top = TAU * top_hz(rate) / f64::from(rate.0);
    let around = AROUND_POLES.map(|octaves| poles.turn * octaves.exp2());
    let below = BELOW_TOP.map(|share| top * share);
    // Unknown are C1 = B1 + 4 B2 and C2 = -4 B2, the weights of p and p²: unlike those of B1 and B2 they
    // differ at low frequencies too.
    let mut fit = LeastSquares::default();
    for turn in around.into_iter().chain(below).filter(|turn| *turn <= top) {
        let p = (turn / 2.0).sin().powi(2);
        let relative = 1.0 / (poles.power(p) * shape.power(turn / corner));
        fit.add(
            [p * relative, p * p * relative],
            1.0 - at_0 * (1.0 - p) * relative,
        );
    }
    let [c1, c2] = fit.solve();
    let least = margin * poles.powers[1];
    if c1 + c2 >= least {
        return [at_0, c1 + c2, -c2 / 4.0];
    }
    // As near as it may come: B1 is given, and only C2 is left (C1 = B1 - C2).
    let c2 = fit.solve_on_line([least, 0.0], [-1.0, 1.0]);
    [at_0, least, -c2 / 4.0]
}

/// Up to here the prototype is matched: the top of hearing, or as far as the rate carries.
fn top_hz(rate: SampleRate) -> f64 {
    let rate = f64::from(rate.0);
    (0.427 * rate).max(20_500.0).min(0.47 * rate)
}

/// The polynomial of minimum phase with the given B0, B1, B2. Where the three would make the power negative,
/// B2 is raised until it is not and the zeros lie about `margin` inside the unit circle.
fn spectral_factor([at_0, at_nyquist, between]: [f64; 3], margin: f64) -> (f64, f64, f64) {
    let (root_0, root_nyquist) = (at_0.max(0.0).sqrt(), at_nyquist.max(0.0).sqrt());
    let w = (root_0 + root_nyquist) / 2.0;
    let between = between.max((margin * margin - 1.0) * w * w);
    let b0 = (w + (w * w + between).max(0.0).sqrt()) / 2.0;
    (b0, (root_0 - root_nyquist) / 2.0, -between / (4.0 * b0))
}

/// A hole whose zeros lie exactly at the corner. Wide holes high up need other poles than those of impulse
/// invariance: the denominator is then the one that is fitted.
fn notch(q: f64, corner: f64, poles: &Poles, rate: SampleRate) -> Coefficients {
    let b1 = -2.0 * corner.cos();
    if q > 8.0 || corner < 0.2 {
        // Within 0.03 dB as it is, and too narrow or too low for a fit in double precision.
        let b0 = (1.0 + poles.a1 + poles.a2) / (2.0 + b1);
        return poles.with(b0, b0 * b1, b0);
    }
    let shape = Shape::Notch { q };
    let numerator = |turn: f64| {
        let difference = 4.0 * ((turn + corner) / 2.0).sin() * ((turn - corner) / 2.0).sin();
        difference * difference
    };
    let top = TAU * top_hz(rate) / f64::from(rate.0);
    let sides = [0.25, 0.5, 1.0, 2.0, 4.0].into_iter().flat_map(|widths| {
        let offset = widths * 0.5 / q;
        let centre = (1.0 + offset * offset).sqrt();
        [corner * (centre - offset), corner * (centre + offset)]
    });
    let at_0 = numerator(0.0);
    let mut fit = LeastSquares::default();
    for turn in sides.chain([top, top / 2.0]).filter(|turn| *turn <= top) {
        let p = (turn / 2.0).sin().powi(2);
        let relative = shape.power(turn / corner) / numerator(turn);
        fit.add(
            [p * relative, p * p * relative],
            1.0 - at_0 * (1.0 - p) * relative,
        );
    }
    let [c1, c2] = fit.solve();
    let (a0, a1, a2) = spectral_factor([at_0, (c1 + c2).max(MARGIN), -c2 / 4.0], 0.0);
    Coefficients {
        b0: 1.0 / a0,
        b1: b1 / a0,
        b2: 1.0 / a0,
        a1: a1 / a0,
        a2: a2 / a0,
    }
}

/// Two unknowns, any number of equations: normal equations.
#[derive(Debug, Default)]
struct LeastSquares {
    squares: [f64; 3],
    products: [f64; 2],
}

impl LeastSquares {
    /// Adds `weights` · unknowns = `value`.
    fn add(&mut self, [u, v]: [f64; 2], value: f64) {
        self.squares[0] += u * u;
        self.squares[1] += u * v;
        self.squares[2] += v * v;
        self.products[0] += u * value;
        self.products[1] += v * value;
    }

    fn solve(&self) -> [f64; 2] {
        let [uu, uv, vv] = self.squares;
        let [u, v] = self.products;
        let determinant = uu * vv - uv * uv;
        [
            (u * vv - v * uv) / determinant,
            (v * uu - u * uv) / determinant,
        ]
    }

    /// The best factor t of unknowns = `start` + t `along`.
    fn solve_on_line(&self, start: [f64; 2], along: [f64; 2]) -> f64 {
        let [uu, uv, vv] = self.squares;
        let form = |a: [f64; 2], b: [f64; 2]| {
            uu * a[0] * b[0] + uv * (a[0] * b[1] + a[1] * b[0]) + vv * a[1] * b[1]
        };
        let value = along[0] * self.products[0] + along[1] * self.products[1];
        (value - form(along, start)) / form(along, along)
    }
}

impl Coefficients {
    /// True if both poles lie inside the unit circle.
    pub fn is_stable(&self) -> bool {
        self.a2.abs() < 1.0 && self.a1.abs() < 1.0 + self.a2
    }

    /// |H|² at an angle of `turn` per sample (π is half the sample rate).
    pub fn power(&self, turn: f64) -> f64 {
        let p = (turn.min(PI) / 2.0).sin().powi(2);
        let power = |c0: f64, c1: f64, c2: f64| {
            (c0 + c1 + c2).powi(2) * (1.0 - p) + (c0 - c1 + c2).powi(2) * p
                - 16.0 * c0 * c2 * p * (1.0 - p)
        };
        power(self.b0, self.b1, self.b2) / power(1.0, self.a1, self.a2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest deviation from the prototype in dB, 20 Hz to 20 kHz, where it is above `floor_db`.
    fn deviation(shape: Shape, hz: f64, rate: u32, floor_db: f64) -> f64 {
        let filter = matched(shape, Hertz(hz), SampleRate(rate));
        let mut worst = 0.0_f64;
        for step in 0..=600 {
            let f = 20.0 * 1000f64.powf(f64::from(step) / 600.0);
            if f > 0.49 * f64::from(rate) {
                break;
            }
            let ideal = 10.0 * shape.power(f / hz).log10();
            if ideal > floor_db {
                let found = 10.0 * filter.power(TAU * f / f64::from(rate)).log10();
                worst = worst.max((found - ideal).abs());
            }
        }
        worst
    }

    fn geometric(from: f64, to: f64, steps: u32) -> impl Iterator<Item = f64> {
        (0..=steps).map(move |n| from * (to / from).powf(f64::from(n) / f64::from(steps)))
    }

    /// Worst over f0 and gains.
    fn worst(
        shapes: &[fn(f64, f64) -> Shape],
        q: &[f64],
        gains: &[f64],
        top: f64,
        floor: f64,
    ) -> f64 {
        let mut worst = 0.0_f64;
        for hz in geometric(50.0, top, 16) {
            for shape in shapes {
                for &q in q {
                    for &gain in gains {
                        worst = worst.max(deviation(shape(gain, q), hz, 48_000, floor));
                    }
                }
            }
        }
        worst
    }

    const BELL: fn(f64, f64) -> Shape = |gain_db, q| Shape::Bell { gain_db, q };
    const LOW_SHELF: fn(f64, f64) -> Shape = |gain_db, q| Shape::LowShelf { gain_db, q };
    const HIGH_SHELF: fn(f64, f64) -> Shape = |gain_db, q| Shape::HighShelf { gain_db, q };
    const BUTTERWORTH: f64 = std::f64::consts::FRAC_1_SQRT_2;

    #[test]
    fn filters_follow_their_prototypes_to_20_khz() {
        let gains = [-6.0, -3.0, 2.0, 6.0];
        let bells = worst(&[BELL], &[0.7, 1.0, 2.0, 3.0], &gains, 10_000.0, -60.0);
        assert!(bells < 0.12, "bells: {bells} dB");
        let shelves = worst(
            &[LOW_SHELF, HIGH_SHELF],
            &[BUTTERWORTH],
            &gains,
            10_000.0,
            -60.0,
        );
        assert!(shelves < 0.03, "shelves: {shelves} dB");
        let shelves = worst(
            &[LOW_SHELF, HIGH_SHELF],
            &[0.7, 1.0, 2.0, 3.0],
            &gains,
            10_000.0,
            -60.0,
        );
        assert!(shelves < 0.3, "resonant shelves: {shelves} dB");
        let passes = worst(
            &[|_, q| Shape::HighPass { q }],
            &[BUTTERWORTH],
            &[0.0],
            10_000.0,
            -60.0,
        );
        assert!(passes < 0.05, "high-pass: {passes} dB");
        let passes = worst(&[|_, _| Shape::HighPass1], &[0.0], &[0.0], 10_000.0, -60.0);
        assert!(passes < 0.05, "high-pass of first order: {passes} dB");
        let passes = worst(
            &[|_, q| Shape::LowPass { q }, |_, _| Shape::LowPass1],
            &[BUTTERWORTH],
            &[0.0],
            16_000.0,
            -40.0,
        );
        assert!(passes < 0.2, "low-pass: {passes} dB");
        let tilts = worst(
            &[|gain_db, _| Shape::Tilt { gain_db }],
            &[0.0],
            &gains,
            10_000.0,
            -60.0,
        );
        assert!(tilts < 0.07, "tilt: {tilts} dB");
    }

    #[test]
    fn the_wide_grid_stays_close_too() {
        let gains = [-12.0, -6.0, 2.0, 12.0];
        let all = worst(&[BELL], &[0.5, 1.0, 2.0, 4.0], &gains, 16_000.0, -40.0);
        assert!(all < 0.25, "bells: {all} dB");
        let all = worst(
            &[LOW_SHELF, HIGH_SHELF],
            &[BUTTERWORTH],
            &gains,
            16_000.0,
            -40.0,
        );
        assert!(all < 0.1, "shelves: {all} dB");
        let all = worst(
            &[|_, q| Shape::Notch { q }],
            &[0.5, 1.0, 4.0, 7.9, 8.1, 30.0],
            &[0.0],
            16_000.0,
            -40.0,
        );
        assert!(all < 0.5, "notches: {all} dB");
    }

    #[test]
    fn steep_high_passes_multiply_to_their_prototypes() {
        for hz in [50.0, 1000.0, 10_000.0] {
            for slope in [6, 12, 18, 24, 48] {
                let sections: Vec<Coefficients> =
                    high_pass(slope, Hertz(hz), SampleRate(48_000)).collect();
                for f in geometric(20.0, 20_000.0, 300) {
                    let ratio = (f / hz).powi(slope as i32 / 3);
                    let ideal = ratio / (1.0 + ratio);
                    let found: f64 = sections
                        .iter()
                        .map(|c| c.power(TAU * f / 48_000.0))
                        .product();
                    let error = 10.0 * (found / ideal).log10();
                    assert!(
                        ideal < 1e-6 || error.abs() < 0.05,
                        "{slope} dB/oct at {hz}: {error} dB at {f}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_hole_is_exact() {
        for hz in [50.0, 1000.0, 9000.0, 20_000.0] {
            for q in [0.5, 4.0, 30.0] {
                let filter = matched(Shape::Notch { q }, Hertz(hz), SampleRate(48_000));
                assert!(filter.power(TAU * hz / 48_000.0) < 1e-12, "{hz} Hz, Q {q}");
                assert!((filter.power(0.0) - 1.0).abs() < 1e-6, "{hz} Hz, Q {q}");
            }
        }
    }

    #[test]
    fn everything_is_stable_up_to_the_edge() {
        for rate in [8_000, 44_100, 48_000, 192_000] {
            for hz in geometric(1.0, 0.49 * f64::from(rate), 24) {
                for q in [0.1, 0.8, 3.0, 40.0] {
                    for gain_db in [-30.0, -6.0, -1e-9, 0.0, 1e-9, 6.0, 30.0] {
                        for shape in [
                            Shape::Bell { gain_db, q },
                            Shape::LowShelf { gain_db, q },
                            Shape::HighShelf { gain_db, q },
                            Shape::Tilt { gain_db },
                            Shape::HighPass { q },
                            Shape::LowPass { q },
                            Shape::Notch { q },
                            Shape::HighPass1,
                            Shape::LowPass1,
                        ] {
                            let filter = matched(shape, Hertz(hz), SampleRate(rate));
                            assert!(
                                filter.is_stable(),
                                "{shape:?} at {hz} Hz of {rate}: {filter:?}"
                            );
                            assert!(
                                filter.b0.is_finite()
                                    && filter.b1.is_finite()
                                    && filter.b2.is_finite()
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn two_db_at_100_hz_are_two_db() {
        let filter = matched(
            Shape::Bell {
                gain_db: 2.0,
                q: 0.7,
            },
            Hertz(100.0),
            SampleRate(48_000),
        );
        let db = 10.0 * filter.power(TAU * 100.0 / 48_000.0).log10();
        assert!((db - 2.0).abs() < 0.001, "{db} dB");
    }
}
