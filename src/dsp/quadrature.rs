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

/// What the chains remember of `L` channels.
#[derive(Debug, Clone, Copy)]
pub struct QuadratureState<const L: usize> {
    /// The values between the sections, of even and of odd frames: [parity][place][chain][channel].
    between: [[[[f64; L]; 2]; SECTIONS + 1]; 2],
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

    /// The square of the envelope of the next frame.
    #[inline(always)]
    pub fn step<const L: usize>(&self, x: [f64; L], state: &mut QuadratureState<L>) -> [f64; L] {
        // The second chain hears everything one frame later.
        let mut value = [x, state.late];
        state.late = x;
        // What comes out of one section goes into the next: one memory serves both. It is of two frames ago.
        let before = &mut state.between[state.parity];
        state.parity ^= 1;
        for (section, place) in self.sections.iter().zip(0..) {
            for chain in 0..2 {
                for lane in 0..L {
                    // y[n] = c (x[n] + y[n-2]) - x[n-2]
                    let input = value[chain][lane];
                    let output = section[chain] * (input + before[place + 1][chain][lane])
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
            let [square] = quadrature.step([x], &mut state);
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
        quadrature.step([1.0], &mut state);
        for _ in 0..200_000 {
            quadrature.step([0.0], &mut state);
        }
        state.settle();
        let flat = state.between.as_flattened().as_flattened().as_flattened();
        assert!(flat.iter().all(|value| value.abs() <= 0.0));
    }
}
