//! Writes stems for a hand-over: one file per stem and return, all of one length, in one run of the desk.

use std::path::PathBuf;
use std::sync::Mutex;

use super::bake::{Baker, gain_of};
use crate::audio::Block;
use crate::format::handoff::bext::bext;
use crate::format::handoff::cue::{cue, labels};
use crate::format::handoff::names::{number_collisions, stem_file};
use crate::format::part::NewFolders;
use crate::format::{BitDepth, ChunkId, Container, Extras, WaveSink, WaveSpec, WrittenFile};
use crate::mix::{DeskReport, Master};
use crate::offline::pass::Pass;
use crate::offline::{Programme, on_threads};
use crate::panner::stereo::pan_gains;
use crate::scene::{MetadataBlock, State};
use crate::units::Frames;
use crate::{Error, Result};

/// What the stems add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// The mix before the master.
    PreMaster,
    /// The mix behind it: its one gain is in every stem.
    ThroughMaster,
}

/// What the channels of a stem are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    /// Left and right as the stem sounds on the stereo bus: the files add up to the stereo mix.
    Stereo,
    /// The stem's own channels, without a pan: their positions are the receiver's.
    Dry,
}

/// A hand-over to be written.
#[derive(Debug, Clone)]
pub struct StemExport {
    /// The folder.
    pub folder: PathBuf,
    /// What they add up to.
    pub contract: Contract,
    /// What their channels are.
    pub image: Image,
    /// How samples are stored.
    pub bit_depth: BitDepth,
    /// Tempo in the names.
    pub bpm: Option<f64>,
    /// Key in the names.
    pub key: Option<String>,
    /// Named places of the song, in order of time: markers in every file.
    pub markers: Vec<(String, Frames)>,
    /// What reverbs and delays ring on after the end is written too.
    pub tail: bool,
    /// Existing files may be replaced.
    pub overwrite: bool,
    /// Worker threads.
    pub threads: usize,
}

impl StemExport {
    /// The files of the stems that it has of `programme`.
    pub fn paths(&self, programme: &Programme) -> Vec<PathBuf> {
        let plans = plans(programme, self).into_iter();
        plans.map(|plan| plan.path).collect()
    }
}

/// A file of a hand-over.
#[derive(Debug)]
pub struct ExportedStem {
    /// The stem's or return's name, or "Mix".
    pub name: String,
    /// "stem", "return" or "mix".
    pub kind: &'static str,
    /// Rows of the feeds that it has.
    pub feeds: Vec<usize>,
    /// The file.
    pub file: WrittenFile,
}

/// What a hand-over gives.
#[derive(Debug)]
pub struct ExportedStems {
    /// The stems, then the returns, then, with [`Image::Stereo`], what they add up to.
    pub stems: Vec<ExportedStem>,
    /// Length of every file.
    pub frames: Frames,
    /// What the desk's compressors did.
    pub desk: Vec<DeskReport>,
}

/// Peak in the tail above which sound is still there: -90 dBFS.
const AUDIBLE: f32 = 3.162_277_7e-5;

/// Seconds of nothing audible after which a tail has ended, and seconds after which it ends in any case.
const QUIET_S: u64 = 3;
const LONGEST_TAIL_S: u64 = 30;

/// A file to be.
struct Plan {
    name: String,
    kind: &'static str,
    feeds: Vec<usize>,
    path: PathBuf,
}

/// Writes the stems of `programme`, a session's.
///
/// `watch` is told after every block how many frames are done, and stops the work by answering `false`.
///
/// # Errors
/// - A stem cannot be read; a file exists, or cannot be written: nothing has got its name then.
/// - [`Error::Interrupted`] when `watch` says so.
pub fn export_stems(
    mut programme: Programme,
    export: &StemExport,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
) -> Result<ExportedStems> {
    if export.contract == Contract::PreMaster {
        programme.desk.master = Master::default();
    }
    let plans = plans(&programme, export);
    let _folders = NewFolders::create(&export.folder)?;
    for plan in &plans {
        programme.check_not_input(&plan.path)?;
    }
    on_threads(export.threads, || run(programme, export, plans, watch))
}

/// Which files there will be.
fn plans(programme: &Programme, export: &StemExport) -> Vec<Plan> {
    let strips = programme.desk.strips.iter();
    let strips = strips.map(|strip| (strip.name.clone(), "stem", strip.feeds.clone().collect()));
    let returns = programme.desk.returns.iter();
    let returns = returns.map(|r| (r.name.clone(), "return", r.feeds.clone().collect()));
    let mut all: Vec<(String, &'static str, Vec<usize>)> = strips.chain(returns).collect();
    if export.image == Image::Stereo {
        let feeds = all.iter().flat_map(|(_, _, feeds)| feeds.clone()).collect();
        all.push(("Mix".to_owned(), "mix", feeds));
    }
    let name = |(name, ..): &(String, &str, Vec<usize>)| {
        stem_file(name, export.bpm, export.key.as_deref())
    };
    let mut files: Vec<String> = all.iter().map(name).collect();
    number_collisions(&mut files);
    let named = all.into_iter().zip(files);
    named
        .map(|((name, kind, feeds), file)| Plan {
            name,
            kind,
            feeds,
            path: export.folder.join(file),
        })
        .collect()
}

fn run(
    mut programme: Programme,
    export: &StemExport,
    plans: Vec<Plan>,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
) -> Result<ExportedStems> {
    let rate = programme.sample_rate;
    let length = programme.length.0;
    let spec = |channels| WaveSpec {
        channels,
        sample_rate: rate,
        bit_depth: export.bit_depth,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut sinks = Vec::new();
    for plan in &plans {
        let channels = match export.image {
            Image::Stereo => 2,
            Image::Dry => plan.feeds.len(),
        };
        let extras = Extras {
            plain_pcm: true,
            // Dither would add up over the stems: rounded alone they null with the mix far below it.
            exact: vec![true; channels],
            before: vec![(ChunkId(*b"bext"), bext(&plan.name, 0))],
            together: plans.len(),
        };
        sinks.push(WaveSink::create_with(
            &plan.path,
            spec(channels),
            extras,
            export.overwrite,
        )?);
    }
    let mut prints: Vec<Option<Baker<2>>> = Vec::new();
    if export.image == Image::Stereo {
        let mut objects: Vec<_> = std::mem::take(&mut programme.objects);
        objects.sort_by_key(|object| object.feed);
        prints = objects
            .into_iter()
            .map(|object| Some(Baker::new(object.blocks, stereo_gains)))
            .collect();
    }
    programme.objects = Vec::new();
    let work = Mutex::new((sinks, prints, Printed::default(), 0_u64, 0_u64));
    let pass = Pass {
        programme,
        listened: Vec::new(),
        silent_rows: 0,
        tail: export.tail,
        threads: export.threads,
    };
    let mut take = |feeds: &mut Block, at: u64| -> Result<bool> {
        // One taker at a time: the lock is never waited for.
        let Ok(mut work) = work.lock() else {
            return Err(Error::Interrupted);
        };
        let (sinks, prints, printed, written, heard) = &mut *work;
        if at >= length {
            let loud = feeds.rows().flatten().any(|sample| sample.abs() > AUDIBLE);
            let end = at + feeds.frames() as u64;
            if loud {
                *heard = end;
            }
            let quiet = end - (*heard).max(length);
            if quiet > QUIET_S * u64::from(rate.0)
                || at - length > LONGEST_TAIL_S * u64::from(rate.0)
            {
                return Ok(false);
            }
        }
        match export.image {
            Image::Dry => {
                for (sink, plan) in sinks.iter_mut().zip(&plans) {
                    sink.write(feeds, &plan.feeds)?;
                }
            }
            Image::Stereo => printed.write(feeds, at, prints, &plans, sinks)?,
        }
        *written = at + feeds.frames() as u64;
        Ok(true)
    };
    let passed = pass.run(&mut take, watch)?;
    let (mut sinks, _, _, frames, _) = work
        .into_inner()
        .map_err(|_| Error::Usage("a thread that wrote has failed".to_owned()))?;
    let reached = |(name, at): &(String, Frames)| {
        let frame = u32::try_from(at.0).ok().filter(|_| at.0 < frames);
        frame.map(|frame| (name.clone(), frame))
    };
    let markers: Vec<(String, u32)> = export.markers.iter().filter_map(reached).collect();
    if !markers.is_empty() {
        for sink in &mut sinks {
            sink.append(ChunkId(*b"cue "), |out| out.write_all(&cue(&markers)))?;
            sink.append(ChunkId(*b"LIST"), |out| out.write_all(&labels(&markers)))?;
        }
    }
    // All are verified before the first gets its name.
    let files = sinks
        .iter_mut()
        .map(WaveSink::seal)
        .collect::<Result<Vec<_>>>()?;
    for sink in sinks {
        sink.publish()?;
    }
    let stems = plans
        .into_iter()
        .zip(files)
        .map(|(plan, file)| ExportedStem {
            name: plan.name,
            kind: plan.kind,
            feeds: plan.feeds,
            file,
        });
    Ok(ExportedStems {
        stems: stems.collect(),
        frames: Frames(frames),
        desk: passed.desk,
    })
}

/// Gains of left and right on the stereo bus, as a render to it has them.
fn stereo_gains(block: &MetadataBlock) -> [f64; 2] {
    match &block.state {
        State::Object(state) => pan_gains(state.pan.value()).map(|gain| gain * state.gain),
        _ => [gain_of(block)[0]; 2],
    }
}

/// Stems on the stereo bus, each apart, and their sum.
#[derive(Default)]
struct Printed {
    /// Left and right of each feed.
    sides: Option<Block>,
    /// Left and right of one file.
    out: Option<Block>,
}

impl Printed {
    fn write(
        &mut self,
        feeds: &Block,
        at: u64,
        prints: &mut [Option<Baker<2>>],
        plans: &[Plan],
        sinks: &mut [WaveSink],
    ) -> Result<()> {
        let frames = feeds.frames();
        let sides = self
            .sides
            .get_or_insert_with(|| Block::new(2 * prints.len(), feeds.capacity()));
        sides.set_frames(frames);
        for (feed, print) in prints.iter_mut().enumerate() {
            if let Some(print) = print {
                for side in 0..2 {
                    sides
                        .row_mut(2 * feed + side)
                        .copy_from_slice(feeds.row(feed));
                }
                print.apply_to(sides, 2 * feed, at);
            }
        }
        let out = self
            .out
            .get_or_insert_with(|| Block::new(2, feeds.capacity()));
        for (plan, sink) in plans.iter().zip(sinks) {
            out.set_frames(frames);
            for side in 0..2 {
                for (frame, sum) in out.row_mut(side).iter_mut().enumerate() {
                    let of_feed = |&feed: &usize| f64::from(sides.row(2 * feed + side)[frame]);
                    *sum = plan.feeds.iter().map(of_feed).sum::<f64>() as f32;
                }
            }
            sink.write(out, &[0, 1])?;
        }
        Ok(())
    }
}
