//! How much a compressor takes away, over a whole programme.

use super::Gains;
use crate::audio::Passage;
use crate::dsp::lanes::audible;
use crate::units::SampleRate;

/// Gain reduction over a programme, in windows of 50 ms: in each, by how much the power of what was heard
/// came down. Windows below -50 dBFS do not count.
#[derive(Debug, Clone)]
pub struct ReductionMeter {
    /// Windows by reduction, in hundredths of a dB.
    histogram: Vec<u32>,
    windows: u64,
    most_db: f64,
    window: usize,
    done: usize,
    power_in: f64,
    power_out: f64,
    channels: f64,
}

/// What a [`ReductionMeter`] has seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reduction {
    /// The most, in dB.
    pub most_db: f64,
    /// What 95 of 100 windows stay below, in dB.
    pub p95_db: f64,
    /// What half the windows stay below, in dB.
    pub median_db: f64,
}

impl ReductionMeter {
    /// Length of a window in seconds.
    pub(super) const WINDOW_S: f64 = 0.05;

    /// Mean square of a window that counts, at least: -50 dBFS.
    pub(super) const FLOOR: f64 = 1e-5;

    /// Reductions that are told apart: 60 dB in hundredths.
    const BINS: usize = 6000;

    /// A meter that has seen nothing.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            histogram: vec![0; Self::BINS],
            windows: 0,
            most_db: 0.0,
            window: rate.frame_at(Self::WINDOW_S).0.max(1) as usize,
            done: 0,
            power_in: 0.0,
            power_out: 0.0,
            channels: 1.0,
        }
    }

    /// Takes the next frames: what went into the gain, and the gain. Allocates nothing.
    pub fn add(&mut self, heard: &Passage<'_>, gains: &Gains) {
        self.channels = heard.channels().max(1) as f64;
        let reduction = gains.reduction();
        let frames = heard.frames();
        let mut powers = [0.0; Gains::CAPACITY];
        for channel in 0..heard.channels() {
            for (power, x) in powers.iter_mut().zip(heard.row(channel)) {
                let x = f64::from(audible(*x));
                *power += x * x;
            }
        }
        let mut at = 0;
        while at < frames {
            let length = (self.window - self.done).min(frames - at);
            let span = at..at + length;
            for (power, reduction) in powers[span.clone()].iter().zip(&reduction[span]) {
                self.power_in += power;
                self.power_out += power * reduction * reduction;
            }
            at += length;
            self.done += length;
            if self.done == self.window {
                self.end_window();
            }
        }
    }

    fn end_window(&mut self) {
        let mean = self.power_in / (self.window as f64 * self.channels);
        if mean > Self::FLOOR {
            self.count(10.0 * (self.power_in / self.power_out.max(1e-300)).log10());
        }
        (self.done, self.power_in, self.power_out) = (0, 0.0, 0.0);
    }

    /// Counts one window of the given reduction.
    pub(super) fn count(&mut self, reduction_db: f64) {
        let bin = (reduction_db * 100.0).round().max(0.0) as usize;
        self.histogram[bin.min(Self::BINS - 1)] += 1;
        self.windows += 1;
        self.most_db = self.most_db.max(reduction_db);
    }

    /// What has been seen; `None` if nothing was loud enough.
    pub fn read(&self) -> Option<Reduction> {
        (self.windows > 0).then(|| Reduction {
            most_db: self.most_db,
            p95_db: self.below(0.95),
            median_db: self.below(0.5),
        })
    }

    /// The reduction that this share of the windows does not exceed.
    fn below(&self, share: f64) -> f64 {
        let wanted = (share * self.windows as f64).ceil() as u64;
        let mut seen = 0;
        let bin = self.histogram.iter().position(|&count| {
            seen += u64::from(count);
            seen >= wanted
        });
        bin.unwrap_or(0) as f64 / 100.0
    }

    /// Forgets everything seen.
    pub fn reset(&mut self) {
        self.histogram.fill(0);
        self.windows = 0;
        self.most_db = 0.0;
        (self.done, self.power_in, self.power_out) = (0, 0.0, 0.0);
    }
}
