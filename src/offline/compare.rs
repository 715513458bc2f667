//! Compares two files: how far apart they lie, how loud they are, and what is left of one without the other.

use std::path::Path;

use super::comparison::{Comparison, Matched, Sound, Spectrum};
use crate::audio::{Block, QUANTUM};
use crate::format::{self, AudioFacts, AudioSource, BitDepth, Container, WaveSink, WaveSpec};
use crate::measure::{
    DifferenceMeter, EnvelopeCorrelation, LoudnessMeter, Offset, OffsetFinder, PeakMeter,
    ThirdOctaves, TruePeakMeter,
};
use crate::units::{Decibels, Frames};
use crate::{Error, Result};

/// Offsets up to this are looked for.
const LARGEST_OFFSET_S: f64 = 10.0;

/// Most channels: what is compared is a mix.
const MOST_CHANNELS: usize = 64;

/// Compares the audio files `first` and `second`, which must have the same sample rate and channels.
/// `weights` are what each channel counts in loudness. If `matched` is given, both are written there, aligned and
/// equally loud.
///
/// `watch` is told how many frames are done, of twice the longer file's; it stops the work by answering
/// `false`.
///
/// # Errors
/// The files do not fit each other, cannot be read, or [`Error::Interrupted`].
pub fn compare(
    first: &Path,
    second: &Path,
    weights: &[f64],
    matched: Option<&Matched>,
    watch: &mut dyn FnMut(Frames) -> bool,
) -> Result<Comparison> {
    let mut pair = Pair::open(first, second)?;
    let channels = pair.channels();
    if weights.len() != channels {
        return Err(Error::Usage(format!(
            "{} weights for {channels} channels",
            weights.len()
        )));
    }
    let rate = pair.sides[0].facts.sample_rate;
    let longest = pair
        .sides
        .iter()
        .map(|s| s.facts.frames.0)
        .max()
        .unwrap_or(0);
    let most = (LARGEST_OFFSET_S * f64::from(rate.0)) as u64;
    let mut finder = OffsetFinder::new(Frames(most.min(longest)));
    let mut meters = [0, 1].map(|_| Meters::new(rate, weights));
    let mut mono = [Vec::new(), Vec::new()];
    let mut done = 0;
    while pair.read(QUANTUM)? > 0 {
        for ((side, meters), mono) in pair.sides.iter().zip(&mut meters).zip(&mut mono) {
            meters.add(&side.block, side.read);
            mix_down(&side.block, side.read, mono);
        }
        finder.add(&mono[0], &mono[1]);
        done += QUANTUM as u64;
        if !watch(Frames(done.min(longest))) {
            return Err(Error::Interrupted);
        }
    }
    let offset = finder.finish();
    let [first_meters, second_meters] = meters;
    let facts = |side: usize| pair.sides[side].facts.clone();
    let first_sound = first_meters.finish(facts(0));
    let second_sound = second_meters.finish(facts(1));
    let gain_db = pair.equal_loudness(offset, weights, watch)?;
    let mut both = Both::new(&pair, gain_db, matched)?;
    let overlap = pair.align(offset)?;
    let mut left = overlap;
    while left > 0 {
        let frames = (QUANTUM as u64).min(left) as usize;
        pair.read(frames)?;
        both.add(&pair, frames)?;
        left -= frames as u64;
        if !watch(Frames(longest + (overlap - left).min(longest))) {
            return Err(Error::Interrupted);
        }
    }
    both.finish(first_sound, second_sound, offset, Frames(overlap))
}

/// Two files that are read side by side.
struct Pair {
    sides: [Side; 2],
}

struct Side {
    source: Box<dyn AudioSource>,
    facts: AudioFacts,
    rows: Vec<Option<usize>>,
    block: Block,
    /// Frames of the last read that are the file's.
    read: usize,
}

impl Side {
    fn open(path: &Path) -> Result<Self> {
        let source = format::open(path)?;
        let facts = source.facts().clone();
        if facts.channels > MOST_CHANNELS {
            return Err(Error::Usage(format!(
                "\"{}\" has {} channels; what is compared has at most {MOST_CHANNELS}",
                path.display(),
                facts.channels
            )));
        }
        Ok(Self {
            rows: (0..facts.channels).map(Some).collect(),
            block: Block::new(facts.channels, QUANTUM),
            source,
            facts,
            read: 0,
        })
    }

    fn read(&mut self, frames: usize) -> Result<usize> {
        self.block.set_frames(frames);
        self.block.clear();
        self.read = self.source.read(&mut self.block, &self.rows)?;
        Ok(self.read)
    }
}

impl Pair {
    fn open(first: &Path, second: &Path) -> Result<Self> {
        let sides = [Side::open(first)?, Side::open(second)?];
        let [a, b] = sides.each_ref().map(|side| &side.facts);
        let differ = |what: &str, a: String, b: String, help: &str| {
            Err(Error::Usage(format!(
                "\"{}\" has {what} {a}, \"{}\" has {b}; {help}",
                first.display(),
                second.display()
            )))
        };
        if a.sample_rate != b.sample_rate {
            let [a, b] = [a, b].map(|facts| format!("{} Hz", facts.sample_rate.0));
            return differ("a sample rate of", a, b, "convert one of them first");
        }
        if a.channels != b.channels {
            let [a, b] = [a, b].map(|facts| facts.channels.to_string());
            return differ("channels:", a, b, "compare mixes to the same layout");
        }
        Ok(Self { sides })
    }

    fn channels(&self) -> usize {
        self.sides[0].facts.channels
    }

    /// Reads the next frames of both; gives how many the longer one had.
    fn read(&mut self, frames: usize) -> Result<usize> {
        let [first, second] = &mut self.sides;
        Ok(first.read(frames)?.max(second.read(frames)?))
    }

    /// Goes to where both begin to be the same; gives the frames they have in common from there on.
    fn align(&mut self, offset: Option<Offset>) -> Result<u64> {
        let offset = offset.map_or(0, |offset| offset.frames);
        let starts = [(-offset).max(0) as u64, offset.max(0) as u64];
        let mut common = u64::MAX;
        for (side, start) in self.sides.iter_mut().zip(starts) {
            side.source.seek(Frames(start))?;
            common = common.min(side.facts.frames.0.saturating_sub(start));
        }
        Ok(common)
    }
}

impl Pair {
    /// The gain in dB that makes the second as loud as the first over what they have in common; `None` if one has
    /// no loudness there.
    fn equal_loudness(
        &mut self,
        offset: Option<Offset>,
        weights: &[f64],
        watch: &mut dyn FnMut(Frames) -> bool,
    ) -> Result<Option<f64>> {
        let rate = self.sides[0].facts.sample_rate;
        let mut meters = [0, 1].map(|_| LoudnessMeter::new(rate, weights));
        let mut left = self.align(offset)?;
        let read = self.sides[0].facts.frames;
        while left > 0 {
            let frames = (QUANTUM as u64).min(left) as usize;
            self.read(frames)?;
            for (meter, side) in meters.iter_mut().zip(&self.sides) {
                meter.add(&side.block);
            }
            left -= frames as u64;
            if !watch(read) {
                return Err(Error::Interrupted);
            }
        }
        let [first, second] = meters.map(|meter| meter.integrated());
        Ok(first.zip(second).map(|(first, second)| first - second))
    }
}

/// Adds up the channels of a block, each with a weight of its own, so that no two that are opposite cancel.
fn mix_down(block: &Block, frames: usize, to: &mut Vec<f32>) {
    to.clear();
    to.resize(frames, 0.0);
    for (channel, row) in block.rows().enumerate() {
        let weight = 1.0 / (1.0 + 0.37 * channel as f32);
        for (to, sample) in to.iter_mut().zip(row) {
            *to += weight * sample;
        }
    }
}

/// What is measured of each file by itself.
struct Meters {
    loudness: LoudnessMeter,
    peak: PeakMeter,
    true_peak: TruePeakMeter,
    squares: f64,
    samples: u64,
    part: Block,
}

impl Meters {
    fn new(rate: crate::units::SampleRate, weights: &[f64]) -> Self {
        let channels = weights.len();
        Self {
            loudness: LoudnessMeter::new(rate, weights),
            peak: PeakMeter::new(channels),
            true_peak: TruePeakMeter::new(channels),
            squares: 0.0,
            samples: 0,
            part: Block::new(channels, QUANTUM),
        }
    }

    fn add(&mut self, block: &Block, frames: usize) {
        self.part.set_frames(frames);
        for (channel, row) in block.rows().enumerate() {
            self.part.row_mut(channel).copy_from_slice(&row[..frames]);
        }
        self.loudness.add(&self.part);
        self.peak.add(&self.part);
        self.true_peak.add(&self.part);
        for row in self.part.rows() {
            self.squares += row.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
            self.samples += row.len() as u64;
        }
    }

    fn finish(self, facts: AudioFacts) -> Sound {
        let level = |value: f64| (value > 0.0).then(|| 20.0 * value.log10());
        let rms = (self.squares / self.samples.max(1) as f64).sqrt();
        let true_peak = self.true_peak.peaks().into_iter().fold(0.0, f32::max);
        Sound {
            facts,
            peak_dbfs: level(f64::from(self.peak.highest())),
            true_peak_dbtp: level(f64::from(true_peak)),
            rms_dbfs: level(rms),
            loudness: self.loudness,
        }
    }
}

/// What is measured of both side by side.
struct Both {
    difference: DifferenceMeter,
    envelopes: EnvelopeCorrelation,
    spectra: [ThirdOctaves; 2],
    gain_db: Option<f64>,
    sinks: Option<[WaveSink; 2]>,
    rows: Vec<usize>,
    /// Linear gains of what is written: the louder one is turned down.
    written: [f32; 2],
}

impl Both {
    fn new(pair: &Pair, gain_db: Option<f64>, matched: Option<&Matched>) -> Result<Self> {
        let facts = &pair.sides[0].facts;
        let (rate, channels) = (facts.sample_rate, facts.channels);
        let gain = gain_db.unwrap_or(0.0);
        let spec = WaveSpec {
            channels,
            sample_rate: rate,
            bit_depth: BitDepth::Float32,
            channel_mask: facts.channel_mask,
            container: Container::Riff,
        };
        let sink = |path| WaveSink::create(path, spec, matched.is_some_and(|m| m.overwrite));
        let sinks = matched
            .map(|m| Ok::<_, Error>([sink(&m.first)?, sink(&m.second)?]))
            .transpose()?;
        let factor = |db: f64| Decibels(db.min(0.0)).gain().0 as f32;
        Ok(Self {
            difference: DifferenceMeter::new(&[1.0, Decibels(gain).gain().0]),
            envelopes: EnvelopeCorrelation::new(rate),
            spectra: [0, 1].map(|_| ThirdOctaves::new(rate, channels)),
            gain_db,
            sinks,
            rows: (0..channels).collect(),
            written: [factor(-gain), factor(gain)],
        })
    }

    fn add(&mut self, pair: &Pair, frames: usize) -> Result<()> {
        let [first, second] = pair.sides.each_ref().map(|side| &side.block);
        self.difference.add(first, second);
        self.envelopes.add(first, second);
        self.spectra[0].add(first);
        self.spectra[1].add(second);
        let Some(sinks) = &mut self.sinks else {
            return Ok(());
        };
        for ((sink, side), gain) in sinks.iter_mut().zip(&pair.sides).zip(self.written) {
            let mut scaled = side.block.clone();
            for row in scaled.rows_mut() {
                row[..frames].iter_mut().for_each(|sample| *sample *= gain);
            }
            sink.write(&scaled, &self.rows)?;
        }
        Ok(())
    }

    fn finish(
        self,
        first: Sound,
        second: Sound,
        offset: Option<Offset>,
        overlap: Frames,
    ) -> Result<Comparison> {
        if let Some(sinks) = self.sinks {
            for sink in sinks {
                sink.finish()?;
            }
        }
        let [first_bands, second_bands] = self.spectra.map(ThirdOctaves::finish);
        let spectrum = first_bands.into_iter().zip(second_bands);
        let spectrum = spectrum.map(|(first, second)| Spectrum {
            hz: first.hz,
            first_db: first.level_db,
            second_db: second.level_db,
        });
        let mut residuals = self.difference.residuals();
        let (as_is, matched) = (residuals.next(), residuals.next());
        Ok(Comparison {
            as_is,
            matched,
            best_gain: self.difference.best_gain(),
            least_db: self.difference.least_db(),
            envelope_correlation: self.envelopes.correlation(),
            spectrum: spectrum.collect(),
            gain_db: self.gain_db,
            first,
            second,
            offset,
            overlap,
        })
    }
}
