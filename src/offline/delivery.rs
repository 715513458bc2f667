//! One output of a render: what it is for, where it goes, what was heard in it.

use std::ops::Range;
use std::path::PathBuf;

use crate::audio::Block;
use crate::effect::{Chain, Fault, Reported, Settings, Setup};
use crate::format::{Arrangement, BitDepth, Container, Sink, WaveSpec, WrittenFile};
use crate::measure::{LoudnessMeter, PeakMeter, TruePeakMeter, channel_weights};
use crate::render::Target;
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// An output that is asked for.
#[derive(Debug)]
pub struct Delivery {
    /// Its name, for people.
    pub name: String,
    /// What it is rendered for.
    pub target: Target,
    /// The file; with one file per channel, the pattern of their names.
    pub path: PathBuf,
    /// How samples are stored.
    pub bit_depth: BitDepth,
    /// What they are wrapped in.
    pub container: Container,
    /// One mono file per channel instead of one file.
    pub multi_mono: bool,
    /// Measure the true peak as well; on dense material that costs more than the rendering.
    pub true_peak: bool,
    /// Processors on its channels, in the order in which they work.
    pub chain: Vec<Settings>,
}

/// What was heard in an output.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Integrated loudness in LUFS (ITU-R BS.1770); `None` if all is below the gate.
    pub integrated_lufs: Option<f64>,
    /// Loudest 400 ms in LUFS.
    pub momentary_max_lufs: Option<f64>,
    /// Loudest 3 s in LUFS.
    pub short_term_max_lufs: Option<f64>,
    /// Loudness range in LU (EBU Tech 3342).
    pub range_lu: Option<f64>,
    /// True peak of the loudest channel, linear, if it was asked for.
    pub true_peak: Option<f32>,
}

/// An output that has been written and verified.
#[derive(Debug)]
pub struct Rendered {
    /// Its name.
    pub name: String,
    /// The layout's name, "stereo" or "binaural".
    pub target: String,
    /// Labels of the channels in the order of the file (or files).
    pub channel_order: Vec<String>,
    /// What was written.
    pub files: Vec<WrittenFile>,
    /// What was heard.
    pub heard: Heard,
    /// The loudness meter at the end, for figures over time.
    pub loudness: LoudnessMeter,
    /// Sample peak of each channel in the order of the channels, linear.
    pub peaks: Vec<f32>,
    /// True peak of each channel, linear; empty if it was not asked for.
    pub true_peaks: Vec<f32>,
    /// What the compressors and limiters on its channels have done.
    pub dynamics: Vec<Reported>,
    /// Frames by which it came late; they have been taken off.
    pub latency: Frames,
}

impl Delivery {
    /// The files it writes.
    ///
    /// # Errors
    /// The names of the files cannot be formed.
    pub fn paths(&self) -> Result<Vec<PathBuf>> {
        Sink::targets(&self.path, self.target.channels(), &self.arrangement())
    }

    /// How many files it writes.
    pub(super) fn file_count(&self) -> usize {
        if self.multi_mono {
            self.target.channels()
        } else {
            1
        }
    }

    /// Labels of the channels in the order in which they are written: that of the channel mask where
    /// there is one, the layout's own elsewhere.
    pub fn channel_order(&self) -> Vec<String> {
        self.rows().into_iter().map(|row| self.label(row)).collect()
    }

    /// Speakers of the file's channels, where a mask can say them.
    pub fn channel_mask(&self) -> Option<u32> {
        match &self.target {
            Target::Layout { layout, .. } if !self.multi_mono => layout.channel_mask(),
            Target::Layout { .. } | Target::Ambisonics(_) => None,
            Target::Stereo | Target::Binaural(_) => Some(0x3),
        }
    }

    /// Channels of the target in the order in which they are written.
    fn rows(&self) -> Vec<usize> {
        match &self.target {
            Target::Layout { layout, .. } if !self.multi_mono => layout.mask_order(),
            _ => None,
        }
        .unwrap_or_else(|| (0..self.target.channels()).collect())
    }

    fn label(&self, row: usize) -> String {
        match &self.target {
            Target::Layout { layout, .. } => layout.speakers[row].label.clone(),
            Target::Ambisonics(_) => format!("ACN{row}"),
            Target::Stereo | Target::Binaural(_) => ["L", "R"][row].to_owned(),
        }
    }

    fn arrangement(&self) -> Arrangement {
        if self.multi_mono {
            Arrangement::MultiMono {
                labels: (0..self.target.channels())
                    .map(|row| self.label(row))
                    .collect(),
            }
        } else {
            Arrangement::Interleaved
        }
    }

    /// Begins its files, unless it is only listened to; gives the target for the engine and the rest as an
    /// output at work.
    pub(super) fn begin(
        self,
        sample_rate: SampleRate,
        capacity: usize,
        writing: Writing,
    ) -> Result<(Target, Output)> {
        let channels = self.target.channels();
        let sink = match writing {
            Writing::Files {
                together,
                overwrite,
            } => Some(Sink::create(
                &self.path,
                self.spec(sample_rate),
                &self.arrangement(),
                together,
                overwrite,
            )?),
            Writing::Nothing => None,
        };
        let weights = match &self.target {
            Target::Layout { layout, .. } => channel_weights(layout),
            // What is heard from everywhere is the only component that a loudness may be told of.
            Target::Ambisonics(_) => (0..channels).map(|c| f64::from(u8::from(c == 0))).collect(),
            Target::Stereo | Target::Binaural(_) => vec![1.0; 2],
        };
        let setup = Setup {
            rate: sample_rate,
            channels,
            outputs: None,
            key_channels: 0,
            bpm: None,
        };
        let chain =
            Chain::build(&self.chain, setup).map_err(|faults| refused(&self.name, &faults))?;
        let output = Output {
            chain,
            target_name: self.target.name().to_owned(),
            channel_order: self.channel_order(),
            rows: self.rows(),
            name: self.name,
            block: Block::new(channels, capacity),
            window: 0..u64::MAX,
            latency: Frames(0),
            loudness: LoudnessMeter::new(sample_rate, &weights),
            peak: sink.is_none().then(|| PeakMeter::new(channels)),
            true_peak: self.true_peak.then(|| TruePeakMeter::new(channels)),
            sink,
        };
        Ok((self.target, output))
    }

    /// The form of a file of all its channels.
    fn spec(&self, sample_rate: SampleRate) -> WaveSpec {
        WaveSpec {
            channels: self.target.channels(),
            sample_rate,
            bit_depth: self.bit_depth,
            channel_mask: self.channel_mask(),
            container: self.container,
        }
    }

    /// Bytes of all its files together, `frames` frames long.
    pub fn bytes(&self, sample_rate: SampleRate, frames: Frames) -> u64 {
        let whole = self.spec(sample_rate);
        match self.arrangement() {
            Arrangement::Interleaved => whole.file_bytes(frames.0),
            Arrangement::MultiMono { labels } => {
                labels.len() as u64 * whole.of_one_channel().file_bytes(frames.0)
            }
        }
    }
}

/// Whether outputs become files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// They do.
    Files {
        /// Files of all outputs.
        together: usize,
        /// Files that exist may be replaced.
        overwrite: bool,
    },
    /// They are only measured.
    Nothing,
}

/// An output at work: takes block after block from the engine.
#[derive(Debug)]
pub(super) struct Output {
    name: String,
    target_name: String,
    channel_order: Vec<String>,
    rows: Vec<usize>,
    /// The block at hand.
    pub(super) block: Block,
    /// Frames of the engine's output that are written.
    pub(super) window: Range<u64>,
    /// Frames by which it comes late.
    pub(super) latency: Frames,
    /// Processors on the channels.
    pub(super) chain: Chain,
    loudness: LoudnessMeter,
    peak: Option<PeakMeter>,
    true_peak: Option<TruePeakMeter>,
    sink: Option<Sink>,
}

impl Output {
    /// Says that the programme is written from frame `from` on: a part has the samples of that part of the whole.
    pub(super) fn begins_at(&mut self, from: Frames) {
        if let Some(sink) = &mut self.sink {
            sink.begins_at(from);
        }
    }

    /// Measures and writes what of the block at hand, which starts at frame `at` of the engine's output, is
    /// wanted.
    pub(super) fn take(&mut self, at: u64) -> Result<()> {
        let frames = self.block.frames() as u64;
        if frames == 0 {
            return Ok(());
        }
        self.chain.process(&mut self.block.whole_mut(), &[]);
        let first = self.window.start.clamp(at, at + frames);
        let last = self.window.end.clamp(first, at + frames);
        self.block
            .keep((first - at) as usize, (last - first) as usize);
        if first == last {
            return Ok(());
        }
        self.loudness.add(&self.block);
        if let Some(meter) = &mut self.true_peak {
            meter.add(&self.block);
        }
        if let Some(meter) = &mut self.peak {
            meter.add(&self.block);
        }
        match &mut self.sink {
            Some(sink) => sink.write(&self.block, &self.rows),
            None => Ok(()),
        }
    }

    /// Completes and verifies the files, which get their names from the sink.
    pub(super) fn seal(mut self) -> Result<(Rendered, Option<Sink>)> {
        let heard = Heard {
            integrated_lufs: self.loudness.integrated(),
            momentary_max_lufs: self.loudness.momentary_max(),
            short_term_max_lufs: self.loudness.short_term_max(),
            range_lu: self.loudness.range(),
            true_peak: self.true_peak.as_ref().map(TruePeakMeter::highest),
        };
        let in_order = |of_rows: &[f32]| self.rows.iter().map(|&row| of_rows[row]).collect();
        let true_peaks = self
            .true_peak
            .as_ref()
            .map_or_else(Vec::new, |meter| in_order(&meter.peaks()));
        let heard_peaks = self.peak.as_ref().map(|meter| in_order(meter.peaks()));
        let files = self.sink.as_mut().map_or(Ok(Vec::new()), Sink::seal)?;
        let of_files = files.iter().flat_map(|file| &file.channel_peaks).copied();
        let peaks = heard_peaks.unwrap_or_else(|| of_files.collect());
        let rendered = Rendered {
            name: self.name,
            target: self.target_name,
            channel_order: self.channel_order,
            files,
            heard,
            loudness: self.loudness,
            peaks,
            true_peaks,
            dynamics: self.chain.report().collect(),
            latency: self.latency,
        };
        Ok((rendered, self.sink))
    }
}

/// Says what the chain of an output cannot do.
fn refused(output: &str, faults: &[Fault]) -> Error {
    let first = faults.first().map_or(String::new(), ToString::to_string);
    Error::Usage(format!("the chain of the output \"{output}\": {first}"))
}
