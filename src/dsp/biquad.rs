//! Second-order filter sections, in transposed direct form II with `f64` state.
//!
//! Low-pass sections are the bilinear transform of the analogue prototype, with the cutoff pre-warped
//! (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", LPF).

use crate::units::{Decibels, Hertz, SampleRate};

/// State below this is silence: far under the last bit of 24-bit audio (-138 dB), far over the numbers
/// (1e-308) at which a processor's arithmetic slows down.
pub(crate) const SILENCE: f64 = 1e-25;

/// Highest cutoff a section is built for, as a share of the sample rate; the transform fails at 0.5.
const HIGHEST_CUTOFF: f64 = 0.49;

/// The numbers of one section: y = (b0 + b1 z⁻¹ + b2 z⁻²) / (1 + a1 z⁻¹ + a2 z⁻²) x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficients {
    /// Weight of the newest input sample.
    pub b0: f64,
    /// Weight of the input sample before.
    pub b1: f64,
    /// Weight of the input sample before that.
    pub b2: f64,
    /// Feedback of the last output sample (subtracted).
    pub a1: f64,
    /// Feedback of the output sample before (subtracted).
    pub a2: f64,
}

impl Coefficients {
    /// A low-pass of second order; `q` = 0.707 is the flattest. A cutoff that the sample rate cannot
    /// carry is lowered to 0.49 of the rate.
    pub fn lowpass(cutoff: Hertz, q: f64, rate: SampleRate) -> Self {
        let turn = std::f64::consts::TAU * (cutoff.0 / f64::from(rate.0)).min(HIGHEST_CUTOFF);
        let (sine, cosine) = turn.sin_cos();
        let alpha = sine / (2.0 * q);
        let a0 = 1.0 + alpha;
        let b1 = (1.0 - cosine) / a0;
        Self {
            b0: b1 / 2.0,
            b1,
            b2: b1 / 2.0,
            a1: -2.0 * cosine / a0,
            a2: (1.0 - alpha) / a0,
        }
    }

    /// A high-pass of second order; `q` = 0.707 is the flattest.
    pub fn highpass(cutoff: Hertz, q: f64, rate: SampleRate) -> Self {
        let turn = std::f64::consts::TAU * (cutoff.0 / f64::from(rate.0)).min(HIGHEST_CUTOFF);
        let (sine, cosine) = turn.sin_cos();
        let alpha = sine / (2.0 * q);
        let a0 = 1.0 + alpha;
        let b1 = -(1.0 + cosine) / a0;
        Self {
            b0: -b1 / 2.0,
            b1,
            b2: -b1 / 2.0,
            a1: -2.0 * cosine / a0,
            a2: (1.0 - alpha) / a0,
        }
    }

    /// The section (s² + s ω₀/Q₀ + ω₀²) / (s² + s ω₁/Q₁ + ω₁²) by the bilinear transform: `zeros` and `poles` are its
    /// frequencies and qualities, far below half the rate.
    pub(crate) fn resonances(zeros: (Hertz, f64), poles: (Hertz, f64), rate: SampleRate) -> Self {
        let polynomial = |(frequency, q): (Hertz, f64)| {
            let warped = (std::f64::consts::PI * frequency.0 / f64::from(rate.0)).tan();
            let (square, damping) = (warped * warped, warped / q);
            [
                1.0 + damping + square,
                2.0 * (square - 1.0),
                1.0 - damping + square,
            ]
        };
        let [[b0, b1, b2], [a0, a1, a2]] = [zeros, poles].map(polynomial);
        Self {
            b0: b0 / a0,
            b1: b1 / a0,
            b2: b2 / a0,
            a1: a1 / a0,
            a2: a2 / a0,
        }
    }

    /// A low shelf of second order: `gain` far below `middle`, none far above.
    pub fn low_shelf(middle: Hertz, gain: Decibels, rate: SampleRate) -> Self {
        Self::shelf(middle, gain, std::f64::consts::FRAC_1_SQRT_2, rate, 1.0)
    }

    /// A low shelf of quality `q`; above 0.707 it overshoots.
    pub fn low_shelf_q(middle: Hertz, gain: Decibels, q: f64, rate: SampleRate) -> Self {
        Self::shelf(middle, gain, q, rate, 1.0)
    }

    /// A high shelf of quality `q`; above 0.707 it overshoots.
    pub fn high_shelf_q(middle: Hertz, gain: Decibels, q: f64, rate: SampleRate) -> Self {
        Self::shelf(middle, gain, q, rate, -1.0)
    }

    /// A bell of `gain` at `middle`; the larger `q`, the narrower.
    pub fn bell(middle: Hertz, gain: Decibels, q: f64, rate: SampleRate) -> Self {
        let turn = std::f64::consts::TAU * (middle.0 / f64::from(rate.0)).min(HIGHEST_CUTOFF);
        let (sine, cosine) = turn.sin_cos();
        let a = Decibels(gain.0 / 2.0).gain().0;
        let alpha = sine / (2.0 * q);
        let a0 = 1.0 + alpha / a;
        Self {
            b0: (1.0 + alpha * a) / a0,
            b1: -2.0 * cosine / a0,
            b2: (1.0 - alpha * a) / a0,
            a1: -2.0 * cosine / a0,
            a2: (1.0 - alpha / a) / a0,
        }
    }

    /// A high shelf of second order: `gain` far above `middle`, none far below.
    pub fn high_shelf(middle: Hertz, gain: Decibels, rate: SampleRate) -> Self {
        Self::shelf(middle, gain, std::f64::consts::FRAC_1_SQRT_2, rate, -1.0)
    }

    /// The cookbook's shelves; `side` is 1 for the low one, -1 for the high one.
    fn shelf(middle: Hertz, gain: Decibels, q: f64, rate: SampleRate, side: f64) -> Self {
        let turn = std::f64::consts::TAU * (middle.0 / f64::from(rate.0)).min(HIGHEST_CUTOFF);
        let (sine, cosine) = turn.sin_cos();
        let a = Decibels(gain.0 / 2.0).gain().0;
        let cosine = side * cosine;
        let slope = 2.0 * a.sqrt() * sine / (2.0 * q);
        let (plus, minus) = (a + 1.0, a - 1.0);
        let a0 = plus + minus * cosine + slope;
        Self {
            b0: a * (plus - minus * cosine + slope) / a0,
            b1: side * 2.0 * a * (minus - plus * cosine) / a0,
            b2: a * (plus - minus * cosine - slope) / a0,
            a1: side * -2.0 * (minus + plus * cosine) / a0,
            a2: (plus + minus * cosine - slope) / a0,
        }
    }

    /// Amplitude response at a frequency, as a factor.
    pub fn response(&self, frequency: Hertz, rate: SampleRate) -> f64 {
        let turn = std::f64::consts::TAU * frequency.0 / f64::from(rate.0);
        let polynomial = |c0: f64, c1: f64, c2: f64| {
            let real = c0 + c1 * turn.cos() + c2 * (2.0 * turn).cos();
            let imaginary = c1 * turn.sin() + c2 * (2.0 * turn).sin();
            real.hypot(imaginary)
        };
        polynomial(self.b0, self.b1, self.b2) / polynomial(1.0, self.a1, self.a2)
    }
}

/// The two sections of a Butterworth low-pass of fourth order (24 dB per octave, -3 dB at `cutoff`).
///
/// The poles of order 4 lie at ±22.5 and ±67.5 degrees from the negative real axis, so the sections
/// have Q = 1 / (2 cos 22.5°) and 1 / (2 cos 67.5°).
pub fn lowpass_butterworth4(cutoff: Hertz, rate: SampleRate) -> [Coefficients; 2] {
    [22.5_f64, 67.5].map(|pole_deg| {
        let q = 0.5 / pole_deg.to_radians().cos();
        Coefficients::lowpass(cutoff, q, rate)
    })
}

/// One section at work on one channel. Delays nothing: output frame n belongs to input frame n.
#[derive(Debug, Clone)]
pub struct Biquad {
    coefficients: Coefficients,
    s1: f64,
    s2: f64,
}

impl Biquad {
    /// A section at rest.
    pub fn new(coefficients: Coefficients) -> Self {
        Self {
            coefficients,
            s1: 0.0,
            s2: 0.0,
        }
    }

    /// Filters the samples in place; the state goes on from call to call, so that the result does not
    /// depend on where the signal is cut.
    pub fn process(&mut self, samples: &mut [f32]) {
        for sample in samples {
            *sample = self.step(f64::from(*sample)) as f32;
        }
    }

    /// Filters one sample.
    #[inline]
    pub fn step(&mut self, x: f64) -> f64 {
        let c = &self.coefficients;
        let y = c.b0 * x + self.s1;
        self.s1 = settle(c.b1 * x - c.a1 * y + self.s2);
        self.s2 = settle(c.b2 * x - c.a2 * y);
        y
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        self.s1 = 0.0;
        self.s2 = 0.0;
    }
}

/// A section that never moves, for `L` channels side by side: five fused multiply-adds a frame, of which each frame
/// waits for one of the frame before. For code that is compiled for the processor at hand; elsewhere they are slow.
///
/// Transposed direct form II with the output put in: y = b0 x + s1, s1' = p1 x - a1 s1 + s2, s2' = p2 x - a2 s1 with
/// p1 = b1 - a1 b0 and p2 = b2 - a2 b0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed<const L: usize> {
    b0: f64,
    p: [f64; 2],
    a: [f64; 2],
    s1: [f64; L],
    s2: [f64; L],
}

impl<const L: usize> Fixed<L> {
    /// A section at rest.
    pub(crate) fn new(c: Coefficients) -> Self {
        Self {
            b0: c.b0,
            p: [c.b1 - c.a1 * c.b0, c.b2 - c.a2 * c.b0],
            a: [-c.a1, -c.a2],
            s1: [0.0; L],
            s2: [0.0; L],
        }
    }

    /// Filters one frame in place.
    #[inline(always)]
    pub(crate) fn run(&mut self, frame: &mut [f64; L]) {
        for ((x, s1), s2) in frame.iter_mut().zip(&mut self.s1).zip(&mut self.s2) {
            let (input, before) = (*x, *s1);
            *x = self.b0.mul_add(input, before);
            *s1 = self.a[0].mul_add(before, self.p[0].mul_add(input, *s2));
            *s2 = self.a[1].mul_add(before, self.p[1] * input);
        }
    }

    /// States that have died away become exact zeros.
    #[inline(always)]
    pub(crate) fn settle(&mut self) {
        for state in self.s1.iter_mut().chain(&mut self.s2) {
            *state = settle(*state);
        }
    }

    /// Forgets everything heard so far.
    pub(crate) fn reset(&mut self) {
        self.s1 = [0.0; L];
        self.s2 = [0.0; L];
    }
}

/// A state that has died away becomes an exact zero, at the same frame whatever the block length.
#[inline]
fn settle(state: f64) -> f64 {
    if state.abs() < SILENCE { 0.0 } else { state }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate(48_000);

    #[test]
    fn butterworth_of_order_four_has_its_printed_response() {
        let sections = lowpass_butterworth4(Hertz(120.0), RATE);
        // |H|² = 1 / (1 + (f/fc)⁸), far below half the rate.
        for (hz, tolerance_db) in [
            (10.0, 1e-6),
            (60.0, 1e-4),
            (120.0, 1e-6),
            (240.0, 0.01),
            (1200.0, 0.1),
        ] {
            let db: f64 = sections
                .iter()
                .map(|s| 20.0 * s.response(Hertz(hz), RATE).log10())
                .sum();
            let ideal = -10.0 * (1.0 + (hz / 120.0_f64).powi(8)).log10();
            assert!(
                (db - ideal).abs() < tolerance_db,
                "{hz} Hz: {db} dB, not {ideal}"
            );
        }
    }

    #[test]
    fn a_fixed_section_sounds_as_any_other_on_all_its_channels() {
        for c in [
            Coefficients::highpass(Hertz(38.0), 0.5, RATE),
            Coefficients::high_shelf(Hertz(4000.0), Decibels(4.0), RATE),
        ] {
            let (mut fixed, mut plain) = (Fixed::<2>::new(c), Biquad::new(c));
            for n in 0..5000 {
                let x = (f64::from(n * n) * 0.37).sin();
                let mut frame = [x, -0.5 * x];
                fixed.run(&mut frame);
                let y = plain.step(x);
                assert!((frame[0] - y).abs() < 1e-10, "frame {n}");
                assert!((frame[1] + 0.5 * y).abs() < 1e-10, "frame {n}");
            }
        }
    }

    #[test]
    fn what_it_does_to_a_sine_is_its_response() {
        let section = Coefficients::lowpass(Hertz(500.0), 2.0, RATE);
        let mut filter = Biquad::new(section);
        let mut peak = 0.0_f64;
        for n in 0..48_000 {
            let x = (std::f64::consts::TAU * 480.0 * f64::from(n) / 48_000.0).sin();
            let y = filter.step(x);
            if n > 24_000 {
                peak = peak.max(y.abs());
            }
        }
        let expected = section.response(Hertz(480.0), RATE);
        assert!(
            (peak / expected - 1.0).abs() < 1e-3,
            "{peak} against {expected}"
        );
    }

    #[test]
    fn silence_ends_the_tail_exactly_and_cutting_changes_nothing() {
        let [first, _] = lowpass_butterworth4(Hertz(120.0), RATE);
        let mut whole: Vec<f32> = (0..200_000)
            .map(|n| if n < 777 { 0.5 } else { 0.0 })
            .collect();
        let mut cut = whole.clone();
        Biquad::new(first).process(&mut whole);
        let mut filter = Biquad::new(first);
        for piece in cut.chunks_mut(1013) {
            filter.process(piece);
        }
        assert!(
            whole
                .iter()
                .zip(&cut)
                .all(|(a, b)| a.to_bits() == b.to_bits())
        );
        assert_eq!((filter.s1, filter.s2), (0.0, 0.0));
    }

    #[test]
    fn a_cutoff_above_the_band_is_stable() {
        for hz in [30_000.0, 24_000.0, 1e9] {
            let mut filter = Biquad::new(Coefficients::lowpass(Hertz(hz), 0.7, RATE));
            let mut noise = 1_u32;
            for _ in 0..10_000 {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let y = filter.step(f64::from(noise) / f64::from(u32::MAX));
                assert!(y.abs() < 10.0, "{hz} Hz gave {y}");
            }
        }
    }
}
