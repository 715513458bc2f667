//! Guesses a role from the sound, for stems whose name says nothing.
//!
//! A [`Listener`] measures a few plain features while the audio is read; [`Sound::guess`] turns them into a
//! role with its reason. This is a guess for a person to correct: it tells drums from pads and basses from
//! leads, not a voice from a flute, and its confidence is never more than low.

mod guess;
mod spectrum;

pub use guess::Guess;

use crate::audio::Block;
use crate::units::SampleRate;
use spectrum::MeanSpectrum;

/// Length of one step of the envelope in seconds.
const STEP_S: f64 = 0.010;

/// Levels this far below the loudest step count as rest.
const REST_DB: f64 = -45.0;

/// Measures a stem block by block.
#[derive(Debug)]
pub struct Listener {
    channels: usize,
    step_frames: usize,
    sample_rate: f64,
    frames: u64,
    peak: f64,
    mid_energy: f64,
    side_energy: f64,
    step_energy: f64,
    in_step: usize,
    /// RMS of each step.
    envelope: Vec<f32>,
    spectrum: MeanSpectrum,
}

impl Listener {
    /// Ready for a stem of `channels` channels.
    pub fn new(channels: usize, rate: SampleRate) -> Self {
        let sample_rate = f64::from(rate.0);
        Self {
            channels,
            step_frames: ((sample_rate * STEP_S) as usize).max(1),
            sample_rate,
            frames: 0,
            peak: 0.0,
            mid_energy: 0.0,
            side_energy: 0.0,
            step_energy: 0.0,
            in_step: 0,
            envelope: Vec::new(),
            spectrum: MeanSpectrum::new(sample_rate),
        }
    }

    /// Listens to the next block. Samples that are not numbers count as silence here.
    pub fn hear(&mut self, block: &Block) {
        let left = block.row(0);
        let right = if self.channels == 2 {
            block.row(1)
        } else {
            left
        };
        for (&l, &r) in left.iter().zip(right) {
            let finite = |x: f32| if x.is_finite() { f64::from(x) } else { 0.0 };
            self.hear_frame(finite(l), finite(r));
        }
    }

    fn hear_frame(&mut self, left: f64, right: f64) {
        let (mid, side) = (0.5 * (left + right), 0.5 * (left - right));
        self.frames += 1;
        self.peak = self.peak.max(left.abs()).max(right.abs());
        self.mid_energy += mid * mid;
        self.side_energy += side * side;
        // A stem whose sides cancel is still heard by its left channel.
        self.spectrum
            .push(if side.abs() > mid.abs() { left } else { mid });
        self.step_energy += 0.5 * (left * left + right * right);
        self.in_step += 1;
        if self.in_step == self.step_frames {
            self.envelope
                .push((self.step_energy / self.in_step as f64).sqrt() as f32);
            (self.step_energy, self.in_step) = (0.0, 0);
        }
    }

    /// The features of all that was heard.
    pub fn finish(mut self) -> Sound {
        self.spectrum.finish();
        let total = self.mid_energy + self.side_energy;
        let rms = (total / self.frames.max(1) as f64).sqrt();
        let rhythm = Rhythm::of(&self.envelope);
        Sound {
            channels: self.channels,
            seconds: self.frames as f64 / self.sample_rate,
            peak: self.peak,
            crest_db: if rms > 0.0 {
                20.0 * (self.peak / rms).log10()
            } else {
                0.0
            },
            side_to_mid_db: (self.channels == 2 && total > 0.0).then(|| {
                (10.0 * (self.side_energy / self.mid_energy).log10()).clamp(-120.0, 120.0)
            }),
            low_share: self.spectrum.share(0.0, 120.0),
            high_share: self.spectrum.share(5000.0, f64::INFINITY),
            centroid_hz: self.spectrum.centroid_hz(),
            activity: rhythm.activity,
            sustain: rhythm.sustain,
            onsets_per_s: rhythm.onsets_per_s,
        }
    }
}

/// What was heard in a stem.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Channels of the stem.
    pub channels: usize,
    /// Time heard.
    pub seconds: f64,
    /// Largest absolute sample.
    pub peak: f64,
    /// Peak over RMS.
    pub crest_db: f64,
    /// Energy of the difference of the sides over that of their sum; `None` unless stereo and sounding.
    pub side_to_mid_db: Option<f64>,
    /// Share of the energy below 120 Hz, 0 to 1.
    pub low_share: f64,
    /// Share of the energy above 5 kHz, 0 to 1.
    pub high_share: f64,
    /// Centre of gravity of the power spectrum.
    pub centroid_hz: f64,
    /// Share of the time that is not rest, 0 to 1.
    pub activity: f64,
    /// Typical level while sounding over the level of the loudest tenth, 0 to 1: near 0 for strokes, near 1
    /// for held notes.
    pub sustain: f64,
    /// Attacks in a second of sounding time.
    pub onsets_per_s: f64,
}

struct Rhythm {
    activity: f64,
    sustain: f64,
    onsets_per_s: f64,
}

impl Rhythm {
    fn of(envelope: &[f32]) -> Self {
        let loudest = envelope.iter().copied().fold(0.0f32, f32::max);
        let rest = loudest * 10f32.powf(REST_DB as f32 / 20.0);
        let mut sounding: Vec<f32> = envelope.iter().copied().filter(|&e| e > rest).collect();
        if loudest <= 0.0 || sounding.is_empty() {
            return Self {
                activity: 0.0,
                sustain: 0.0,
                onsets_per_s: 0.0,
            };
        }
        sounding.sort_by(f32::total_cmp);
        let at = |share: f64| sounding[((sounding.len() - 1) as f64 * share) as usize];
        Self {
            activity: sounding.len() as f64 / envelope.len() as f64,
            sustain: f64::from(at(0.5) / at(0.9)),
            onsets_per_s: onsets(envelope, loudest) as f64 / (sounding.len() as f64 * STEP_S),
        }
    }
}

/// Steps that rise to at least twice the mean of the 50 ms before, are not 26 dB below the loudest, and
/// follow the last attack by 60 ms or more.
fn onsets(envelope: &[f32], loudest: f32) -> usize {
    const BEFORE: usize = 5;
    let mut count = 0;
    let mut next = 0;
    for (i, &level) in envelope.iter().enumerate() {
        let from = i.saturating_sub(BEFORE);
        let before: f32 = envelope[from..i].iter().sum::<f32>() / BEFORE as f32;
        if i >= next && level > 0.05 * loudest && level > 2.0 * before {
            count += 1;
            next = i + BEFORE + 1;
        }
    }
    count
}

#[cfg(test)]
mod tests;
