//! The envelope of a wave: its magnitude together with that of its companion a quarter turn behind.
//!
//! Two chains of all-pass sections whose phases differ by 90 degrees, within 0.11 from 20 Hz up. For a
//! steady tone the root of the sum of their squares is the tone's peak in every frame: an envelope that needs
//! no smoothing, which would be late, and has no ripple, which would distort.
//!
//! The sections are those of an elliptic half-band filter turned by a quarter of the sample rate; their
//! coefficients after R. A. Valenzuela and A. G. Constantinides, "Digital signal processing schemes for
//! efficient interpolation and decimation" (IEE Proc. 130 G, 1983).

use std::f64::consts::PI;

use super::biquad::SILENCE;
use crate::units::SampleRate;

/// Sections in each of the two chains.
const SECTIONS: usize = 6;

/// The band in which the chains are 90 degrees apart begins here, and ends as far below half the rate.
const LOWEST_HZ: f64 = 20.0;

/// Coefficients of both chains, by section, then by chain.
#[derive(Debug, Clone, Copy)]
pub struct Quadrature {
    sections: [[f64; 2]; SECTIONS],
}

/// The values between the sections: [place][chain][channel].
type Between<const L: usize> = [[[f64; L]; 2]; SECTIONS + 1];

/// What the chains remember of `L` channels.
#[derive(Debug, Clone, Copy)]
pub struct QuadratureState<const L: usize> {
    /// Of even and of odd frames.
    between: [Between<L>; 2],
    late: [f64; L],
    parity: usize,
}

impl<const L: usize> Default for QuadratureState<L> {
    fn default() -> Self {
        Self {
            between: [[[[0.0; L]; 2]; SECTIONS + 1]; 2],
            late: [0.0; L],
            parity: 0,
        }
    }
}

impl Quadrature {
    /// The chains for one sample rate.
    pub fn new(rate: SampleRate) -> Self {
        let all = half_band(LOWEST_HZ / f64::from(rate.0).max(8.0 * LOWEST_HZ));
        Self {
            sections: std::array::from_fn(|n| [all[2 * n], all[2 * n + 1]]),
        }
    }

    /// The squares of the envelopes of the next frames, in their place.
    #[inline(always)]
    pub fn squares<const L: usize>(&self, frames: &mut [[f64; L]], state: &mut QuadratureState<L>) {
        let (first, rest) = frames.split_at_mut(state.parity.min(frames.len()));
        let [even, odd] = &mut state.between;
        for x in first {
            *x = self.step(*x, &mut state.late, odd);
        }
        // Two by two, so that both memories stay in registers.
        let (mut late, mut first, mut second) = (state.late, *even, *odd);
        let (pairs, last) = rest.as_chunks_mut::<2>();
        for [a, b] in pairs {
            *a = self.step(*a, &mut late, &mut first);
            *b = self.step(*b, &mut late, &mut second);
        }
        for x in &mut *last {
            *x = self.step(*x, &mut late, &mut first);
        }
        (state.late, *even, *odd) = (late, first, second);
        state.parity = (state.parity + frames.len()) % 2;
    }

    /// The square of the envelope of the next frame; `before` is of two frames ago.
    #[inline(always)]
    fn step<const L: usize>(
        &self,
        x: [f64; L],
        late: &mut [f64; L],
        before: &mut Between<L>,
    ) -> [f64; L] {
        // The second chain hears everything one frame later.
        let mut value = [x, *late];
        *late = x;
        // What comes out of one section goes into the next: one memory serves both.
        for place in 0..SECTIONS {
            for chain in 0..2 {
                for lane in 0..L {
                    // y[n] = c (x[n] + y[n-2]) - x[n-2]
                    let input = value[chain][lane];
                    let output = self.sections[place][chain]
                        * (input + before[place + 1][chain][lane])
                        - before[place][chain][lane];
                    before[place][chain][lane] = input;
                    value[chain][lane] = output;
                }
            }
        }
        before[SECTIONS] = value;
        std::array::from_fn(|lane| {
            value[0][lane] * value[0][lane] + value[1][lane] * value[1][lane]
        })
    }
}

impl<const L: usize> QuadratureState<L> {
    /// What has died away becomes an exact zero.
    #[inline(always)]
    pub fn settle(&mut self) {
        for value in self
            .between
            .as_flattened_mut()
            .as_flattened_mut()
            .as_flattened_mut()
        {
            if value.abs() < SILENCE {
                *value = 0.0;
            }
        }
    }
}

/// Coefficients of an elliptic half-band filter of order 2 · 12 + 1 whose pass band ends, and whose stop band
/// begins, `transition` of the sample rate from a quarter of it.
fn half_band(transition: f64) -> [f64; 2 * SECTIONS] {
    let order = (4 * SECTIONS + 1) as f64;
    let k = ((1.0 - 2.0 * transition) * PI / 4.0).tan().powi(2);
    let root = (1.0 - k * k).powf(0.25);
    let e = 0.5 * (1.0 - root) / (1.0 + root);
    let q = e * (1.0 + e.powi(4) * (2.0 + e.powi(4) * (15.0 + 150.0 * e.powi(4))));
    std::array::from_fn(|n| {
        let angle = (n + 1) as f64 * PI / order;
        let sign = |i: i32| if i % 2 == 0 { 1.0 } else { -1.0 };
        // Theta functions; twelve terms are more than double precision can tell.
        let upper: f64 = (0..12)
            .map(|i| sign(i) * q.powi(i * (i + 1)) * (f64::from(2 * i + 1) * angle).sin())
            .sum();
        let lower: f64 = (1..12)
            .map(|i| sign(i) * q.powi(i * i) * (f64::from(2 * i) * angle).cos())
            .sum();
        let square = (upper * q.powf(0.25) / (0.5 + lower)).powi(2);
        let x = ((1.0 - square * k) * (1.0 - square / k)).sqrt() / (1.0 + square);
        (1.0 - x) / (1.0 + x)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lowest and highest envelope of a tone of peak 1, once it is steady.
    fn envelope(hz: f64, rate: u32) -> (f64, f64) {
        let quadrature = Quadrature::new(SampleRate(rate));
        let mut state = QuadratureState::default();
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for n in 0..rate {
            let x = (2.0 * PI * hz * f64::from(n) / f64::from(rate)).sin();
            let mut frame = [[x]];
            quadrature.squares(&mut frame, &mut state);
            let [[square]] = frame;
            if n > rate / 2 {
                low = low.min(square.sqrt());
                high = high.max(square.sqrt());
            }
        }
        (low, high)
    }

    #[test]
    fn the_envelope_of_a_tone_is_its_peak_in_every_frame() {
        for rate in [44_100, 48_000, 96_000] {
            for hz in [20.0, 33.3, 100.0, 1000.0, 9999.0, 20_000.0] {
                let (low, high) = envelope(hz, rate);
                assert!(
                    low > 0.998 && high < 1.002,
                    "{hz} Hz at {rate}: {low} to {high}"
                );
            }
        }
    }

    #[test]
    fn silence_ends_in_exact_zeros() {
        let quadrature = Quadrature::new(SampleRate(48_000));
        let mut state = QuadratureState::default();
        quadrature.squares(&mut [[1.0]], &mut state);
        quadrature.squares(&mut vec![[0.0]; 200_000], &mut state);
        state.settle();
        let flat = state.between.as_flattened().as_flattened().as_flattened();
        assert!(flat.iter().all(|value| value.abs() <= 0.0));
    }

    #[test]
    fn runs_of_any_length_give_the_same_bits() {
        let quadrature = Quadrature::new(SampleRate(48_000));
        let noise: Vec<[f64; 1]> = (0..500)
            .map(|n| [(f64::from(n * n) * 0.37).sin()])
            .collect();
        let through = |length: usize| {
            let mut state = QuadratureState::default();
            let mut out = noise.clone();
            for part in out.chunks_mut(length) {
                quadrature.squares(part, &mut state);
            }
            out
        };
        let whole = through(500);
        for length in [1, 2, 3, 64] {
            let mut pairs = whole.iter().zip(through(length));
            assert!(
                pairs.all(|(a, b)| a[0].to_bits() == b[0].to_bits()),
                "{length}"
            );
        }
    }
}
