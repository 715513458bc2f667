//! What one stem sounds like, measured in one pass over its file.

use std::path::{Path, PathBuf};

use crate::audio::{Block, QUANTUM};
use crate::dsp::transform::Transform;
use crate::format::{self, AudioFacts, AudioSource, SampleFormat, WaveReader};
use crate::measure::TruePeakMeter;
use crate::{Error, Result};

/// Samples in a row at full scale that are clipping.
pub(super) const CLIPPED_RUN: usize = 3;
/// Full scale of 24 bits, less one step and a rounding.
const FULL_SCALE: f32 = 1.0 - 1.0 / 4_194_304.0;
/// Frames of a spectrum.
const LENGTH: usize = 4096;

/// A stem and what was measured of it.
#[derive(Debug)]
pub(super) struct Stem {
    /// Where findings about it stand.
    pub(super) path: PathBuf,
    /// Its file, and the track of it.
    pub(super) audio: (PathBuf, Option<usize>),
    /// Its file name.
    pub(super) file: String,
    pub(super) facts: AudioFacts,
    /// The time reference of its bext chunk, in frames.
    pub(super) time_reference: Option<u64>,
    pub(super) sound: Sound,
}

/// What was measured. Levels are linear.
#[derive(Debug, Default)]
pub(super) struct Sound {
    /// Of each channel.
    pub(super) peaks: Vec<f32>,
    pub(super) true_peak: f32,
    /// Mean of the channel that is farthest from 0.
    pub(super) mean: f64,
    /// Longest run of samples at full scale, and the frame at which it begins.
    pub(super) run: (usize, u64),
    /// Highest sample of the first 8 frames, and of the last 10 ms.
    pub(super) first: f32,
    pub(super) last: f32,
    /// Sums of left squared, right squared, and left times right.
    pub(super) sides: [f64; 3],
    /// The lowest 8 of 24 bits are zero throughout.
    pub(super) is_padded: bool,
    /// Where the spectrum ends as if cut, in Hz.
    pub(super) wall_hz: Option<f64>,
}

impl Sound {
    pub(super) fn peak(&self) -> f32 {
        self.peaks.iter().copied().fold(0.0, f32::max)
    }

    /// Power of left less right against that of both in dB: how little of a stereo file is stereo.
    pub(super) fn difference_db(&self) -> f64 {
        let [left, right, both] = self.sides;
        let difference = (left + right - 2.0 * both) / (left + right);
        // Below -120 dB the sums are no finer.
        10.0 * difference.max(1e-12).log10()
    }
}

impl Stem {
    /// Opens the file at `path` and hears it to its end.
    pub(super) fn hear(path: &Path, watch: &(dyn Fn(u64) -> bool + Sync)) -> Result<Self> {
        let mut source = format::open_verified(path)?;
        let facts = source.facts().clone();
        let time_reference = time_reference(path)?;
        let sound = hear(source.as_mut(), watch)?;
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            path: path.to_path_buf(),
            audio: (path.to_path_buf(), None),
            file: name.unwrap_or_default(),
            facts,
            time_reference,
            sound,
        })
    }

    /// Hears a track of the file at `path`, about which findings stand at `shown`.
    pub(super) fn hear_track(
        path: &Path,
        track: usize,
        name: &str,
        shown: PathBuf,
        watch: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Self> {
        let mut source = format::open_track(path, Some(track), true)?;
        Ok(Self {
            path: shown,
            audio: (path.to_path_buf(), Some(track)),
            file: name.to_owned(),
            facts: source.facts().clone(),
            time_reference: None,
            sound: hear(source.as_mut(), watch)?,
        })
    }
}

/// The time reference of a bext chunk (EBU Tech 3285): frames since midnight, at byte 338.
fn time_reference(path: &Path) -> Result<Option<u64>> {
    let Ok(wave) = WaveReader::open(path) else {
        return Ok(None);
    };
    let bext = wave.chunk(*b"bext", 1 << 20)?;
    let bytes = bext.as_deref().and_then(|bext| bext.get(338..346));
    Ok(bytes
        .and_then(|bytes| bytes.try_into().ok())
        .map(u64::from_le_bytes))
}

fn hear(source: &mut dyn AudioSource, watch: &(dyn Fn(u64) -> bool + Sync)) -> Result<Sound> {
    let facts = source.facts().clone();
    let channels = facts.channels;
    let rate = f64::from(facts.sample_rate.0);
    let tail = (rate / 100.0) as u64;
    let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
    let mut block = Block::new(channels, QUANTUM);
    let mut true_peak = TruePeakMeter::new(channels);
    let mut spectrum = Spectrum::new(rate);
    let mut sums = vec![0.0_f64; channels];
    let mut runs = vec![0_usize; channels];
    let mut sound = Sound {
        peaks: vec![0.0; channels],
        is_padded: facts.sample_format == SampleFormat::Integer { bits: 24 },
        ..Sound::default()
    };
    let mut at = 0_u64;
    loop {
        block.set_frames(QUANTUM);
        let read = source.read(&mut block, &rows)?;
        if read == 0 {
            break;
        }
        block.set_frames(read);
        true_peak.add(&block);
        spectrum.add(&block);
        for (channel, row) in block.rows().enumerate() {
            for (n, &sample) in row.iter().enumerate() {
                let level = sample.abs();
                let frame = at + n as u64;
                sums[channel] += f64::from(sample);
                sound.peaks[channel] = sound.peaks[channel].max(level);
                runs[channel] = if level >= FULL_SCALE {
                    runs[channel] + 1
                } else {
                    0
                };
                if runs[channel] > sound.run.0 {
                    sound.run = (runs[channel], frame + 1 - runs[channel] as u64);
                }
                if frame < 8 {
                    sound.first = sound.first.max(level);
                }
                if frame + tail >= facts.frames.0 {
                    sound.last = sound.last.max(level);
                }
                // Exact: 24 bits fit a float.
                sound.is_padded &= (f64::from(sample) * 8_388_608.0) as i64 & 0xff == 0;
            }
        }
        if channels == 2 {
            for (&left, &right) in block.row(0).iter().zip(block.row(1)) {
                let (l, r) = (f64::from(left), f64::from(right));
                sound.sides[0] += l * l;
                sound.sides[1] += r * r;
                sound.sides[2] += l * r;
            }
        }
        at += read as u64;
        if !watch(read as u64) {
            return Err(Error::Interrupted);
        }
    }
    let frames = at.max(1) as f64;
    let means = sums.iter().map(|sum| sum / frames);
    sound.mean = means.fold(
        0.0,
        |most: f64, mean| if mean.abs() > most.abs() { mean } else { most },
    );
    sound.true_peak = true_peak.highest();
    sound.wall_hz = spectrum.wall();
    Ok(sound)
}

/// The long-term spectrum of all channels' sum, in bands of a quarter of a kilohertz.
struct Spectrum {
    rate: f64,
    transform: Transform,
    window: Vec<f64>,
    pending: Vec<f64>,
    powers: Vec<f64>,
}

impl Spectrum {
    fn new(rate: f64) -> Self {
        let phase = |n: usize| std::f64::consts::TAU * n as f64 / LENGTH as f64;
        // Blackman-Harris: what leaks past a wall stays 92 dB below it.
        let weight = |n| {
            0.35875 - 0.48829 * phase(n).cos() + 0.14128 * (2.0 * phase(n)).cos()
                - 0.01168 * (3.0 * phase(n)).cos()
        };
        Self {
            rate,
            transform: Transform::new(LENGTH),
            window: (0..LENGTH).map(weight).collect(),
            pending: Vec::new(),
            powers: vec![0.0; LENGTH / 2 + 1],
        }
    }

    fn add(&mut self, block: &Block) {
        for frame in 0..block.frames() {
            self.pending
                .push(block.rows().map(|row| f64::from(row[frame])).sum());
        }
        while self.pending.len() >= LENGTH {
            let windowed = self.pending.iter().zip(&self.window);
            for (to, (sample, weight)) in self.transform.signal.iter_mut().zip(windowed) {
                *to = sample * weight;
            }
            self.transform.forward();
            for (power, bin) in self.powers.iter_mut().zip(&self.transform.spectrum) {
                *power += bin.norm_sqr();
            }
            self.pending.drain(..LENGTH);
        }
    }

    /// Where, between 15 and 20.5 kHz, the level falls by more than 45 dB within 500 Hz and stays down.
    fn wall(&self) -> Option<f64> {
        const BAND_HZ: f64 = 250.0;
        let bands = (self.rate / 2.0 / BAND_HZ) as usize;
        let bin = |band: usize| (band as f64 * BAND_HZ / self.rate * LENGTH as f64) as usize;
        let level = |band: usize| {
            let powers = &self.powers[bin(band)..bin(band + 1).max(bin(band) + 1)];
            10.0 * (powers.iter().sum::<f64>() / powers.len() as f64 + 1e-30).log10()
        };
        let levels: Vec<f64> = (0..bands).map(level).collect();
        let loudest = levels.iter().copied().fold(-300.0, f64::max);
        (60..=82_usize.min(bands.saturating_sub(6))).find_map(|edge| {
            let below = levels[edge - 4..edge].iter().sum::<f64>() / 4.0;
            let above = levels[edge + 2..].iter().copied().fold(-300.0, f64::max);
            let is_heard = below > loudest - 90.0;
            (is_heard && below - above > 45.0).then_some(edge as f64 * BAND_HZ)
        })
    }
}
