//! Finds the gain that makes the saturated sound as loud as the dry one.

use super::Ramp;
use crate::dsp::lanes::CHUNK;
use crate::dsp::{Biquad, Coefficients};
use crate::units::{Decibels, Hertz, SampleRate};

/// Seconds between two looks.
const LOOK_S: f64 = 0.1;

/// Seconds that are remembered, once so many have been heard.
const MEMORY_S: f64 = 3.0;

/// Mean square per channel below which a look counts for nothing: -60 dBFS.
const FLOOR: f64 = 1e-6;

/// The gain stays within ±24 dB.
const MOST: f64 = 16.0;

/// Compares loudness over seconds and moves a gain in straight lines from look to look.
#[derive(Debug)]
pub(super) struct Makeup {
    /// One pair per channel: dry and wet through the K-weighting of ITU-R BS.1770 (as a shelf and a high-pass).
    weighting: Vec<[[Biquad; 2]; 2]>,
    look: usize,
    memory: f64,
    /// Frames since the last look, and the power in them: of each channel apart, so that sums do not depend on
    /// how the frames come in.
    frames: usize,
    now: Vec<[f64; 2]>,
    /// Power over what is remembered, in looks.
    before: [f64; 2],
    looks: f64,
    from: f64,
    to: f64,
}

impl Makeup {
    pub(super) fn new(rate: SampleRate, channels: usize) -> Self {
        let k = || {
            [
                Biquad::new(Coefficients::high_shelf(Hertz(1500.0), Decibels(4.0), rate)),
                Biquad::new(Coefficients::highpass(Hertz(38.0), 0.5, rate)),
            ]
        };
        let look = (rate.frame_at(LOOK_S).0 as usize)
            .next_multiple_of(CHUNK)
            .max(CHUNK);
        Self {
            weighting: (0..channels).map(|_| [k(), k()]).collect(),
            look,
            memory: MEMORY_S / LOOK_S,
            frames: 0,
            now: vec![[0.0; 2]; channels],
            before: [0.0; 2],
            looks: 0.0,
            from: 1.0,
            to: 1.0,
        }
    }

    /// The gain of the next frames.
    pub(super) fn gain(&self) -> Ramp {
        Ramp {
            from: self.from,
            step: (self.to - self.from) / self.look as f64,
            first: self.frames,
        }
    }

    /// Hears what a channel was and what it has become.
    pub(super) fn hear(&mut self, channel: usize, dry: &[f32], wet: &[f32]) {
        let [of_dry, of_wet] = &mut self.weighting[channel];
        for (filters, samples, power) in [(of_dry, dry, 0), (of_wet, wet, 1)] {
            let [shelf, high_pass] = filters;
            for x in samples {
                let y = high_pass.step(shelf.step(f64::from(*x)));
                self.now[channel][power] += y * y;
            }
        }
    }

    /// Passes over `frames` frames that have been heard on all channels.
    pub(super) fn pass(&mut self, frames: usize) {
        self.frames += frames;
        if self.frames < self.look {
            return;
        }
        self.from = self.to;
        let samples = (self.frames * self.weighting.len().max(1)) as f64;
        let sum = |power: usize| self.now.iter().map(|channel| channel[power]).sum::<f64>();
        let now = [sum(0), sum(1)];
        if now[0] / samples > FLOOR && now[1] > 0.0 {
            self.looks = (self.looks + 1.0).min(self.memory);
            for (before, now) in self.before.iter_mut().zip(now) {
                *before += (now - *before) / self.looks;
            }
            self.to = (self.before[0] / self.before[1])
                .sqrt()
                .clamp(1.0 / MOST, MOST);
        }
        self.frames = 0;
        self.now.fill([0.0; 2]);
    }

    pub(super) fn reset(&mut self) {
        for filter in self.weighting.iter_mut().flatten().flatten() {
            filter.reset();
        }
        self.frames = 0;
        self.now.fill([0.0; 2]);
        self.before = [0.0; 2];
        (self.looks, self.from, self.to) = (0.0, 1.0, 1.0);
    }
}
