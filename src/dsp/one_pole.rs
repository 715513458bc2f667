//! Filters of first order.

use super::biquad::SILENCE;
use crate::units::{Hertz, SampleRate};

/// A low-pass of 6 dB per octave, for one channel; what it leaves of its input is the high-pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnePole {
    /// Share of the way to the input that is gone in one frame.
    share: f64,
    state: f64,
}

impl OnePole {
    /// Passes everything.
    pub(crate) const ALL: Self = Self {
        share: 1.0,
        state: 0.0,
    };

    /// Passes nothing.
    pub(crate) const NOTHING: Self = Self {
        share: 0.0,
        state: 0.0,
    };

    /// Passes what lies below `corner`.
    pub(crate) fn new(corner: Hertz, rate: SampleRate) -> Self {
        Self {
            share: -(-std::f64::consts::TAU * corner.0 / f64::from(rate.0)).exp_m1(),
            state: 0.0,
        }
    }

    /// What passes of the next frame.
    #[inline(always)]
    pub(crate) fn low(&mut self, x: f64) -> f64 {
        self.state += self.share * (x - self.state);
        self.state
    }

    /// What does not pass of the next frame.
    #[inline(always)]
    pub(crate) fn high(&mut self, x: f64) -> f64 {
        x - self.low(x)
    }

    /// What has died away becomes an exact zero, long before the numbers at which arithmetic slows down.
    #[inline(always)]
    pub(crate) fn settle(&mut self) {
        if self.state.abs() < SILENCE {
            self.state = 0.0;
        }
    }

    /// Forgets everything heard so far.
    pub(crate) fn reset(&mut self) {
        self.state = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_at_the_corner_loses_3_db_both_ways() {
        let rate = SampleRate(48_000);
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        let mut filter = OnePole::new(Hertz(200.0), rate);
        for n in 0..48_000 {
            let x = (std::f64::consts::TAU * 200.0 * f64::from(n) / 48_000.0).sin();
            let passed = filter.low(x);
            if n >= 24_000 {
                low += passed * passed;
                high += (x - passed) * (x - passed);
            }
        }
        for (side, power) in [("low", low), ("high", high)] {
            let db = 10.0 * (power / 12_000.0).log10();
            assert!((db + 3.01).abs() < 0.15, "{side}: {db} dB");
        }
    }
}
