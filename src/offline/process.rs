//! Runs a chain of processors over one file.

use std::path::{Path, PathBuf};

use crate::audio::{Block, Passage, QUANTUM};
use crate::effect::{Chain, Reported};
use crate::format::{
    self, Arrangement, AudioSource, BitDepth, Container, Sink, WaveSpec, WrittenFile,
};
use crate::measure::{PeakMeter, TruePeakMeter};
use crate::units::Frames;
use crate::{Error, Result};

/// Longest tail that is written.
const LONGEST_TAIL_S: f64 = 30.0;

/// What rings on is written until it stays below this: -90 dBFS.
const TAIL_FLOOR: f32 = 3.162_277_7e-5;

/// What to write.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// The file to write.
    pub output: PathBuf,
    /// How samples are stored.
    pub bit_depth: BitDepth,
    /// Append what rings on after the end, up to 30 s.
    pub tail: bool,
    /// An existing file may be replaced.
    pub overwrite: bool,
}

/// What was written, and what was heard.
#[derive(Debug)]
pub struct Processed {
    /// The file.
    pub file: WrittenFile,
    /// Frames by which the chain lags; the file does not.
    pub latency: Frames,
    /// Frames appended after the input's end.
    pub tail: Frames,
    /// Sample peak of the input, linear.
    pub peak_in: f32,
    /// Sample peak of the output, linear.
    pub peak_out: f32,
    /// True peak of the output, linear.
    pub true_peak_out: f32,
    /// What compressors and limiters did.
    pub dynamics: Vec<Reported>,
}

/// Reads `input` from its first frame to its last through `chain`, which was built for its rate and channels,
/// and writes a file in which output frame n belongs to input frame n. `key` is what compressors with a key
/// hear; silence after its end.
///
/// `watch` is told after every block how many frames are done, and stops the work by answering `false`.
///
/// # Errors
/// A source cannot be read or the file not be written; [`Error::Interrupted`] when `watch` says so.
/// Nothing is left behind then.
pub fn process(
    input: &Path,
    key: Option<&Path>,
    chain: &mut Chain,
    options: &ProcessOptions,
    watch: &mut dyn FnMut(Frames) -> bool,
) -> Result<Processed> {
    while chain.wants_rehearsal() {
        let mut sound = Sound::open(input, key)?;
        while sound.read()? {
            let keys = sound.keys.iter().map(|keys| keys.block.whole());
            let keys: Vec<Passage<'_>> = keys.cycle().take(chain.keys().len()).collect();
            chain.rehearse(&mut sound.block.whole_mut(), &keys);
            if !watch(Frames(0)) {
                return Err(Error::Interrupted);
            }
        }
        chain.settle();
    }
    let mut sound = Sound::open(input, key)?;
    let facts = sound.source.facts().clone();
    let spec = WaveSpec {
        channels: facts.channels,
        sample_rate: facts.sample_rate,
        bit_depth: options.bit_depth,
        channel_mask: facts.channel_mask,
        container: Container::Riff,
    };
    let latency = chain.latency();
    let mut writer = Writer::create(spec, latency, facts.frames, options)?;
    let mut peak_in = PeakMeter::new(facts.channels);
    let mut done = 0;
    while sound.read()? {
        peak_in.add(&sound.block);
        sound.run(chain);
        writer.take(&sound.block)?;
        done += sound.block.frames() as u64;
        if !watch(Frames(done)) {
            return Err(Error::Interrupted);
        }
    }
    let longest_tail = (LONGEST_TAIL_S * f64::from(facts.sample_rate.0)) as u64;
    let tail = match options.tail {
        true => chain.tail().0.min(longest_tail),
        false => 0,
    };
    let mut left = latency.0 + tail;
    while left > 0 {
        sound.silence((QUANTUM as u64).min(left) as usize)?;
        sound.run(chain);
        writer.take(&sound.block)?;
        left -= sound.block.frames() as u64;
    }
    let processed = writer.finish(peak_in.highest())?;
    Ok(Processed {
        dynamics: chain.report().collect(),
        ..processed
    })
}

/// A file, and the file that keys it, side by side.
struct Sound {
    source: Box<dyn AudioSource>,
    rows: Vec<Option<usize>>,
    block: Block,
    keys: Option<KeySound>,
}

/// A file that is only heard by compressors.
struct KeySound {
    source: Box<dyn AudioSource>,
    rows: Vec<Option<usize>>,
    block: Block,
}

impl Sound {
    fn open(input: &Path, key: Option<&Path>) -> Result<Self> {
        let source = format::open(input)?;
        let channels = source.facts().channels;
        let keys = match key {
            None => None,
            Some(path) => {
                let source = format::open(path)?;
                let channels = source.facts().channels;
                Some(KeySound {
                    rows: (0..channels).map(Some).collect(),
                    block: Block::new(channels, QUANTUM),
                    source,
                })
            }
        };
        Ok(Self {
            rows: (0..channels).map(Some).collect(),
            block: Block::new(channels, QUANTUM),
            source,
            keys,
        })
    }

    /// Reads the next frames; false at the end.
    fn read(&mut self) -> Result<bool> {
        self.block.set_frames(QUANTUM);
        let read = self.source.read(&mut self.block, &self.rows)?;
        self.block.set_frames(read);
        self.read_keys(read)?;
        Ok(read > 0)
    }

    /// `frames` frames of silence after the end; the key may go on.
    fn silence(&mut self, frames: usize) -> Result<()> {
        self.block.set_frames(frames);
        self.block.clear();
        self.read_keys(frames)
    }

    fn read_keys(&mut self, frames: usize) -> Result<()> {
        let Some(keys) = &mut self.keys else {
            return Ok(());
        };
        keys.block.set_frames(frames);
        // After its end the reader fills the block with silence.
        keys.source.read(&mut keys.block, &keys.rows)?;
        Ok(())
    }

    fn run(&mut self, chain: &mut Chain) {
        let count = chain.keys().len();
        let keys = self.keys.iter().map(|keys| keys.block.whole());
        let keys: Vec<Passage<'_>> = keys.cycle().take(count).collect();
        chain.process(&mut self.block.whole_mut(), &keys);
    }
}

/// Takes what the chain gives: drops the frames of its latency, writes as many as the input has, and keeps
/// what rings on until it is known where that ends.
#[derive(Debug)]
struct Writer {
    sink: Sink,
    rows: Vec<usize>,
    latency: Frames,
    /// Frames still to be dropped.
    early: u64,
    /// Frames of the input still to be written.
    left: u64,
    out: Block,
    peak: PeakMeter,
    true_peak: TruePeakMeter,
    /// The tail, one row per channel.
    tail: Vec<Vec<f32>>,
}

impl Writer {
    fn create(
        spec: WaveSpec,
        latency: Frames,
        frames: Frames,
        options: &ProcessOptions,
    ) -> Result<Self> {
        Ok(Self {
            sink: Sink::create(
                &options.output,
                spec,
                &Arrangement::Interleaved,
                1,
                options.overwrite,
            )?,
            rows: (0..spec.channels).collect(),
            latency,
            early: latency.0,
            left: frames.0,
            out: Block::new(spec.channels, QUANTUM),
            peak: PeakMeter::new(spec.channels),
            true_peak: TruePeakMeter::new(spec.channels),
            tail: vec![Vec::new(); spec.channels],
        })
    }

    fn take(&mut self, block: &Block) -> Result<()> {
        let frames = block.frames();
        let dropped = self.early.min(frames as u64) as usize;
        self.early -= dropped as u64;
        let written = self.left.min((frames - dropped) as u64) as usize;
        self.left -= written as u64;
        for (tail, row) in self.tail.iter_mut().zip(block.rows()) {
            tail.extend_from_slice(&row[dropped + written..]);
        }
        self.out.set_frames(written);
        for (out, row) in self.out.rows_mut().zip(block.rows()) {
            out.copy_from_slice(&row[dropped..dropped + written]);
        }
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        self.peak.add(&self.out);
        self.true_peak.add(&self.out);
        self.sink.write(&self.out, &self.rows)
    }

    fn finish(mut self, peak_in: f32) -> Result<Processed> {
        let loud = |row: &Vec<f32>| {
            let last = row.iter().rposition(|sample| sample.abs() > TAIL_FLOOR);
            last.map_or(0, |last| last + 1)
        };
        let tail = self.tail.iter().map(loud).max().unwrap_or(0);
        for from in (0..tail).step_by(QUANTUM) {
            let to = (from + QUANTUM).min(tail);
            self.out.set_frames(to - from);
            for (out, row) in self.out.rows_mut().zip(&self.tail) {
                out.copy_from_slice(&row[from..to]);
            }
            self.write()?;
        }
        let mut files = self.sink.finish()?;
        Ok(Processed {
            file: files.swap_remove(0),
            latency: self.latency,
            tail: Frames(tail as u64),
            peak_in,
            peak_out: self.peak.highest(),
            true_peak_out: self.true_peak.highest(),
            dynamics: Vec::new(),
        })
    }
}
