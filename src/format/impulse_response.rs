//! Impulse responses in audio files.

use std::path::Path;

use super::resample::common_divisor;
use super::source::{AudioFacts, AudioSource, silence_rest};
use super::{open, resampled};
use crate::audio::Block;
use crate::effect::Impulse;
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// Frames read at a time.
const AT_A_TIME: usize = 8192;

/// Longest impulse response in seconds, and most channels.
const LONGEST_IMPULSE_S: f64 = 30.0;
const MOST_CHANNELS: usize = 64;

/// Silence put before and behind a response of another rate, in frames of its own: what the resampler's filter
/// rings by then is below -60 dB and lies where the band ends.
const SILENCE: u64 = 512;

/// The impulse response in the audio file at `path`, all its channels; converted to `rate`, if one is wanted, so
/// that it filters as it did.
///
/// # Errors
/// It cannot be read, is silent throughout, or is too large to be a response.
pub fn read(path: &Path, rate: Option<SampleRate>) -> Result<Impulse> {
    let mut source = open(path)?;
    let facts = source.facts().clone();
    let refused = |reason: String| Error::malformed(path, "impulse response", "", reason);
    if facts.channels > MOST_CHANNELS {
        return Err(refused(format!(
            "it has {} channels; at most {MOST_CHANNELS} are used",
            facts.channels
        )));
    }
    let longest = facts.sample_rate.frame_at(LONGEST_IMPULSE_S);
    if facts.frames > longest {
        return Err(refused(format!(
            "it lasts {:.1} s; at most {LONGEST_IMPULSE_S} s are used",
            facts.sample_rate.seconds_at(facts.frames)
        )));
    }
    let from = facts.sample_rate;
    let to = rate.unwrap_or(from);
    let mut lead = Frames(0);
    if from != to {
        // Whole frames at both rates, so that the response stays on the grid.
        let divisor = common_divisor(from.0, to.0).max(1);
        let step = u64::from(from.0 / divisor);
        let silence = step.max(1) * SILENCE.div_ceil(step.max(1));
        lead = Frames(silence / step.max(1) * u64::from(to.0 / divisor));
        source = resampled(Box::new(Padded::new(source, silence)), to)?;
    }
    // At a higher rate there are more taps, each of them less.
    let scale = (f64::from(from.0) / f64::from(to.0)) as f32;
    let rows: Vec<Option<usize>> = (0..facts.channels).map(Some).collect();
    let mut block = Block::new(facts.channels, AT_A_TIME);
    let mut channels = vec![Vec::new(); facts.channels];
    loop {
        block.set_frames(AT_A_TIME);
        let frames = source.read(&mut block, &rows)?;
        for (channel, row) in channels.iter_mut().zip(block.rows()) {
            channel.extend(row[..frames].iter().map(|sample| sample * scale));
        }
        if frames < AT_A_TIME {
            if channels.iter().flatten().all(|tap| *tap == 0.0) {
                let reason = "it is silent, and so would be all that is heard through it";
                return Err(refused(reason.to_owned()));
            }
            return Ok(Impulse {
                rate: to,
                channels,
                lead,
            });
        }
    }
}

/// A response with silence before and behind it.
struct Padded {
    source: Box<dyn AudioSource>,
    facts: AudioFacts,
    silence: u64,
    /// The frame that `read` gives next.
    position: u64,
    one: Block,
}

impl Padded {
    fn new(source: Box<dyn AudioSource>, silence: u64) -> Self {
        let facts = AudioFacts {
            frames: Frames(source.facts().frames.0 + 2 * silence),
            ..source.facts().clone()
        };
        Self {
            one: Block::new(facts.channels, AT_A_TIME),
            source,
            facts,
            silence,
            position: 0,
        }
    }
}

impl AudioSource for Padded {
    fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    fn read(&mut self, block: &mut Block, rows: &[Option<usize>]) -> Result<usize> {
        let left = self.facts.frames.0.saturating_sub(self.position);
        let frames = (block.frames() as u64).min(left) as usize;
        silence_rest(block, rows, 0);
        let all: Vec<_> = (0..self.facts.channels).map(Some).collect();
        let sound = self.silence..self.facts.frames.0 - self.silence;
        let mut done = 0;
        while done < frames {
            let at = self.position + done as u64;
            if at < sound.start {
                done = frames.min(done + (sound.start - at) as usize);
            } else if at < sound.end {
                let part = (frames - done).min(AT_A_TIME);
                let part = (part as u64).min(sound.end - at) as usize;
                self.one.set_frames(part);
                self.source.read(&mut self.one, &all)?;
                for (channel, row) in rows.iter().enumerate() {
                    if let Some(row) = *row {
                        block.row_mut(row)[done..done + part]
                            .copy_from_slice(self.one.row(channel));
                    }
                }
                done += part;
            } else {
                done = frames;
            }
        }
        self.position += frames as u64;
        Ok(frames)
    }

    fn seek(&mut self, frame: Frames) -> Result<()> {
        self.position = frame.0.min(self.facts.frames.0);
        let sound = Frames(frame.0.saturating_sub(self.silence));
        self.source.seek(sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A RIFF file of 32-bit floats.
    fn wave(rate: u32, samples: &[f32]) -> Vec<u8> {
        let size = 4 * samples.len() as u32;
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((36 + size).to_le_bytes());
        bytes.extend(b"WAVEfmt ");
        bytes.extend(16_u32.to_le_bytes());
        bytes.extend(3_u16.to_le_bytes());
        bytes.extend(1_u16.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend((4 * rate).to_le_bytes());
        bytes.extend(4_u16.to_le_bytes());
        bytes.extend(32_u16.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend(size.to_le_bytes());
        bytes.extend(samples.iter().flat_map(|x| x.to_le_bytes()));
        bytes
    }

    #[test]
    fn a_silent_response_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ir.wav");
        std::fs::write(&path, wave(48_000, &[0.0; 300])).unwrap();
        let error = read(&path, Some(SampleRate(44_100))).unwrap_err();
        assert!(error.to_string().contains("it is silent"), "{error}");
        let mut samples = vec![0.0; 300];
        samples[299] = 1e-9;
        std::fs::write(&path, wave(48_000, &samples)).unwrap();
        assert!(read(&path, None).is_ok());
    }

    #[test]
    fn a_response_that_begins_at_once_keeps_level_and_time_at_another_rate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ir.wav");
        let rates = [
            (44_100, 48_000),
            (48_000, 44_100),
            (48_000, 96_000),
            (96_000, 44_100),
        ];
        for (from, to) in rates {
            let mut samples = vec![0.0; 200];
            samples[0] = 0.5;
            std::fs::write(&path, wave(from, &samples)).unwrap();
            let found = read(&path, Some(SampleRate(to))).unwrap();
            for hz in [30.0, 1000.0, 3000.0, 10_000.0, 15_000.0] {
                let (mut re, mut im) = (0.0, 0.0);
                for (n, tap) in found.channels[0].iter().enumerate() {
                    let turn = std::f64::consts::TAU * hz * (n as f64 - found.lead.0 as f64);
                    let turn = turn / f64::from(to);
                    re += f64::from(*tap) * turn.cos();
                    im += f64::from(*tap) * turn.sin();
                }
                let off = 20.0 * (2.0 * f64::hypot(re, im)).log10();
                assert!(off.abs() < 0.01, "{from} to {to}, {hz} Hz: {off} dB");
                assert!(im.abs() < 1e-3, "{from} to {to}, {hz} Hz: {im} late");
            }
        }
    }
}
