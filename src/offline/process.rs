//! Runs a chain of processors over one file.

use std::path::PathBuf;

use crate::audio::{Block, QUANTUM};
use crate::effect::Chain;
use crate::format::{Arrangement, AudioSource, BitDepth, Container, Sink, WaveSpec, WrittenFile};
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
}

/// Reads `source` from its first frame to its last through `chain`, which was built for its rate and
/// channels, and writes a file in which output frame n belongs to input frame n.
///
/// `watch` is told after every block how many frames are done, and stops the work by answering `false`.
///
/// # Errors
/// The source cannot be read or the file not be written; [`Error::Interrupted`] when `watch` says so.
/// Nothing is left behind then.
pub fn process(
    source: &mut dyn AudioSource,
    chain: &mut Chain,
    options: &ProcessOptions,
    watch: &mut dyn FnMut(Frames) -> bool,
) -> Result<Processed> {
    let facts = source.facts().clone();
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
    let rows: Vec<Option<usize>> = (0..facts.channels).map(Some).collect();
    let mut block = Block::new(facts.channels, QUANTUM);
    let mut done = 0;
    loop {
        block.set_frames(QUANTUM);
        let read = source.read(&mut block, &rows)?;
        if read == 0 {
            break;
        }
        block.set_frames(read);
        peak_in.add(&block);
        chain.process(&mut block.whole_mut());
        writer.take(&block)?;
        done += read as u64;
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
        block.set_frames((QUANTUM as u64).min(left) as usize);
        block.clear();
        chain.process(&mut block.whole_mut());
        writer.take(&block)?;
        left -= block.frames() as u64;
    }
    writer.finish(peak_in.highest())
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
        })
    }
}
