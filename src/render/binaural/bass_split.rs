//! Parts a signal into its bass and what lies above, which add up to it again.
//!
//! A high-pass of second order with Q 1/2, and what it takes. In step both are the signal itself; where they are not,
//! their powers add up to (1 + 4x² + x⁴) / (1 + x²)² of it, at most 1.8 dB more (x: frequency over the border).

use crate::audio::QUANTUM;
use crate::dsp::{Biquad, Coefficients};
use crate::units::{Hertz, SampleRate};

/// The high-pass whose low-pass is what it takes.
pub(super) fn high_pass(from: Hertz, rate: SampleRate) -> Coefficients {
    Coefficients::highpass(from, 0.5, rate)
}

/// Takes the bass of one signal.
#[derive(Debug)]
pub(super) struct BassSplit {
    high_pass: Biquad,
    high: Vec<f32>,
}

impl BassSplit {
    /// The bass below `below`.
    pub(super) fn new(below: Hertz, rate: SampleRate) -> Self {
        Self {
            high_pass: Biquad::new(high_pass(below, rate)),
            high: vec![0.0; QUANTUM],
        }
    }

    /// Leaves the bass of `signal`, at most a quantum.
    pub(super) fn take(&mut self, signal: &mut [f32]) {
        let high = &mut self.high[..signal.len()];
        high.copy_from_slice(signal);
        self.high_pass.process(high);
        for (sample, high) in signal.iter_mut().zip(high) {
            *sample -= *high;
        }
    }

    pub(super) fn reset(&mut self) {
        self.high_pass.reset();
    }
}
