//! The spectrum in third octaves.

use std::f64::consts::TAU;

use crate::audio::Block;
use crate::dsp::transform::Transform;
use crate::units::SampleRate;

/// Frames of a transform: bins of 1.5 Hz at 48 kHz, a quarter of the lowest band.
const LENGTH: usize = 1 << 15;

/// The bands from 25 Hz to 20 kHz, counted from 1 kHz (IEC 61260-1, base ten).
const BANDS: std::ops::RangeInclusive<i32> = -16..=13;

/// The level of one band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Its middle in Hz, exact: 1000 times a power of the tenth root of ten.
    pub hz: f64,
    /// The sum of all channels in dB re a mean square of 1; `None` for silence.
    pub level_db: Option<f64>,
}

/// Measures the long-term spectrum: Hann windows that overlap by half (Welch 1967), third octaves with
/// straight sides.
#[derive(Debug)]
pub struct ThirdOctaves {
    rate: SampleRate,
    window: Vec<f64>,
    transform: Transform,
    /// The frames not worked off yet, channel by channel.
    pending: Vec<Vec<f32>>,
    /// Sum of the squares of each bin.
    powers: Vec<f64>,
    frames: u64,
}

impl ThirdOctaves {
    /// A meter for blocks of `channels` rows.
    pub fn new(rate: SampleRate, channels: usize) -> Self {
        let phase = |n: usize| TAU * n as f64 / LENGTH as f64;
        let transform = Transform::new(LENGTH);
        Self {
            rate,
            window: (0..LENGTH).map(|n| 0.5 - 0.5 * phase(n).cos()).collect(),
            powers: vec![0.0; transform.spectrum.len()],
            transform,
            // The first window is half before the beginning, so that every frame counts alike.
            pending: vec![vec![0.0; LENGTH / 2]; channels],
            frames: 0,
        }
    }

    /// Measures the block.
    ///
    /// # Panics
    /// If the block has another number of channels.
    pub fn add(&mut self, block: &Block) {
        assert_eq!(block.channels(), self.pending.len(), "one row per channel");
        for (pending, row) in self.pending.iter_mut().zip(block.rows()) {
            pending.extend(row);
        }
        self.frames += block.frames() as u64;
        while self.pending.first().is_some_and(|p| p.len() >= LENGTH) {
            self.work_off();
        }
    }

    fn work_off(&mut self) {
        for pending in &mut self.pending {
            let windowed = self.window.iter().zip(&*pending);
            for (to, (weight, &sample)) in self.transform.signal.iter_mut().zip(windowed) {
                *to = weight * f64::from(sample);
            }
            pending.drain(..LENGTH / 2);
            self.transform.forward();
            for (power, bin) in self.powers.iter_mut().zip(&self.transform.spectrum) {
                *power += bin.norm_sqr();
            }
        }
    }

    /// Ends the measurement: the levels of all bands below half the sample rate.
    pub fn finish(mut self) -> Vec<Band> {
        // The rest, followed by silence, until the last frame has been in two windows.
        for _ in 0..2 {
            for pending in &mut self.pending {
                pending.resize(LENGTH, 0.0);
            }
            self.work_off();
        }
        let bin_hz = f64::from(self.rate.0) / LENGTH as f64;
        // The squares of two windows that overlap by half add up to 3/4 on average.
        let scale = 2.0 / (0.75 * LENGTH as f64 * self.frames.max(1) as f64);
        let edge = |band: f64| 1000.0 * 10_f64.powf(band / 10.0);
        let nyquist = f64::from(self.rate.0) / 2.0;
        BANDS
            .map(f64::from)
            .filter(|&band| edge(band) < nyquist)
            .map(|band| {
                let (low, high) = (edge(band - 0.5) / bin_hz, edge(band + 0.5) / bin_hz);
                let last = self.powers.len() - 1;
                let bins = (low - 0.5).ceil().max(0.0) as usize..=last.min((high + 0.5) as usize);
                let power: f64 = bins
                    .map(|bin| {
                        // The share of the bin, which reaches half a bin to either side.
                        let at = bin as f64;
                        let share = (at + 0.5).min(high) - (at - 0.5).max(low);
                        share.max(0.0) * self.powers[bin]
                    })
                    .sum();
                let power = power * scale;
                Band {
                    hz: edge(band),
                    level_db: (power > 0.0).then(|| 10.0 * power.log10()),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(frames: usize, rate: u32, sample: impl Fn(usize) -> f64) -> Vec<Band> {
        let mut meter = ThirdOctaves::new(SampleRate(rate), 1);
        let mut block = Block::new(1, 1000);
        for first in (0..frames).step_by(1000) {
            block.set_frames(1000.min(frames - first));
            for (n, to) in block.row_mut(0).iter_mut().enumerate() {
                *to = sample(first + n) as f32;
            }
            meter.add(&block);
        }
        meter.finish()
    }

    #[test]
    fn a_tone_is_in_its_band_with_its_mean_square() {
        for (hz, rate) in [(1000.0, 48_000), (31.6, 48_000), (12_589.0, 44_100)] {
            let frames = 10 * rate as usize;
            let bands = levels(frames, rate, |n| {
                (TAU * hz * n as f64 / f64::from(rate)).sin()
            });
            let own = bands
                .iter()
                .find(|band| (band.hz / hz).log10().abs() < 0.05)
                .unwrap();
            assert!((own.level_db.unwrap() + 3.01).abs() < 0.1, "{own:?}");
            for band in bands
                .iter()
                .filter(|band| (band.hz / hz).log10().abs() > 0.15)
            {
                assert!(band.level_db.unwrap() < -40.0, "{band:?} of {hz} Hz");
            }
        }
    }

    #[test]
    fn the_bands_of_noise_add_up_and_rise_by_a_decibel_each() {
        let mut state = 7_u32;
        let mut values = Vec::new();
        for _ in 0..480_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            values.push(f64::from(state >> 8) / f64::from(1 << 23) - 1.0);
        }
        let bands = levels(values.len(), 48_000, |n| values[n]);
        assert_eq!(bands.len(), 30);
        // Of a mean square of 1/3, what lies between the edges; the highest bands, of many bins, closely.
        let share = 10_f64.powf(0.05) - 10_f64.powf(-0.05);
        let expected = |hz: f64| 10.0 * (hz * share / 24_000.0 / 3.0).log10();
        for band in &bands[15..] {
            let expected = expected(band.hz);
            assert!(
                (band.level_db.unwrap() - expected).abs() < 0.4,
                "{band:?}, {expected}"
            );
        }
        assert_eq!(levels(10, 48_000, |_| 0.0)[5].level_db, None);
    }
}
