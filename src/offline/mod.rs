//! Renders a programme to files, as fast as the machine allows.
//!
//! [`render`] opens the stems ([`stems`](self)), runs the [`Engine`] over them once and writes every
//! output ([`Delivery`]). One thread works in blocks that stay in the processor's cache; more threads
//! read ahead, mix, and serve the outputs side by side. The files are the same for any number of threads.
//!
//! [`process`] runs a chain of processors over one file, [`compare`] tells how two files differ, [`export_adm`]
//! writes a master, [`course`](course()) follows a programme over time.

mod compare;
mod comparison;
mod course;
mod delivery;
mod export;
mod master;
mod pass;
mod pipeline;
mod process;
mod programme;
mod stems;

use std::collections::HashSet;
use std::path::Path;

use rayon::prelude::*;

pub use compare::compare;
pub use comparison::{Comparison, Matched, Sound, Spectrum};
pub use course::{
    BANDS_AN_OCTAVE, COLUMNS, Course, FileCourse, LOWEST_HZ, ObjectCourse, PairCourse,
    SPECTRUM_BANDS, course, file_course,
};
use delivery::Writing;
pub use delivery::{Delivery, Heard, Rendered};
pub(crate) use export::carry;
pub use export::{
    AdmExport, AmbixExport, Contract, ExportedAdm, ExportedStem, ExportedStems, Image, Lost, Names,
    StemExport, export_adm, export_ambix, export_stems,
};
use pipeline::{Line, run_alone, run_shared};
pub use process::{ProcessOptions, Processed, process};
pub use programme::Programme;
use stems::StemReader;

use crate::audio::{Block, QUANTUM};
use crate::engine::Engine;
use crate::format::Sink;
use crate::format::part::NewFolders;
use crate::mix::{DeskReport, Mixer};
use crate::session::Input;
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// Frames in a block when several threads work: enough that handing work over costs nothing.
const SHARED_BLOCK: usize = 8 * QUANTUM;

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// First frame of the programme that is written.
    pub from: Frames,
    /// Frame after the last one written; `None` renders to the end, tails included.
    pub to: Option<Frames>,
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Existing files may be replaced.
    pub overwrite: bool,
    /// What filters ring on after the end is written too.
    pub tail: bool,
}

/// What a render gives.
#[derive(Debug)]
pub struct Done {
    /// The outputs, in the order of the deliveries.
    pub outputs: Vec<Rendered>,
    /// What the desk's compressors did.
    pub desk: Vec<DeskReport>,
}

/// Renders `programme` once and writes every one of `deliveries`.
///
/// `watch` is told after every block how many frames are done, and stops the work by
/// answering `false`.
///
/// # Errors
/// - A stem cannot be read, or holds samples that are no numbers: nothing is left behind.
/// - An output exists, would replace a stem, or cannot be written: nothing is left behind.
/// - [`Error::Interrupted`] when `watch` says so.
pub fn render(
    programme: Programme,
    deliveries: Vec<Delivery>,
    options: Options,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
) -> Result<Done> {
    render_if(programme, deliveries, options, watch, &mut |_| Ok(()))
}

/// Is told what has been rendered and verified, and keeps it from getting its names by an error.
type Ready<'a> = dyn FnMut(&[Rendered]) -> Result<()> + Send + 'a;

/// As [`render`]; `ready` has the last word.
fn render_if(
    programme: Programme,
    deliveries: Vec<Delivery>,
    options: Options,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
    ready: &mut Ready<'_>,
) -> Result<Done> {
    let writing = Writing::Files {
        together: deliveries.iter().map(Delivery::file_count).sum(),
        overwrite: options.overwrite,
    };
    check_paths(&programme, &deliveries)?;
    let folders = deliveries
        .iter()
        .map(|delivery| NewFolders::of_file(&delivery.path));
    let _folders = folders.collect::<Result<Vec<_>>>()?;
    on_threads(options.threads, || {
        run(programme, deliveries, options, writing, watch, ready)
    })
}

/// As [`render`], but writes nothing: the outputs are only measured, and have no files.
///
/// # Errors
/// As [`render`].
pub fn listen(
    programme: Programme,
    deliveries: Vec<Delivery>,
    options: Options,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
) -> Result<Done> {
    on_threads(options.threads, || {
        let ready = &mut |_: &[Rendered]| Ok(());
        run(
            programme,
            deliveries,
            options,
            Writing::Nothing,
            watch,
            ready,
        )
    })
}

/// How many threads are started where `asked` are asked for: at most four for each processor. The results are the same,
/// and threads that only wait for each other cost time: 256 on two processors take seventeen times as long as two.
///
/// ```
/// use umbel::offline::worker_threads;
///
/// assert_eq!(worker_threads(0), 1);
/// assert_eq!(worker_threads(2), 2);
/// assert_eq!(worker_threads(usize::MAX), 4 * std::thread::available_parallelism().unwrap().get());
/// ```
pub fn worker_threads(asked: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.clamp(1, 4 * processors)
}

/// Does `work` on so many threads.
fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    if threads <= 1 {
        return work();
    }
    let threads = worker_threads(threads);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|e| Error::Usage(format!("cannot start {threads} threads: {e}")))?;
    pool.install(work)
}

fn run(
    programme: Programme,
    deliveries: Vec<Delivery>,
    options: Options,
    writing: Writing,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
    ready: &mut Ready<'_>,
) -> Result<Done> {
    let length = programme.length;
    let end = options.to.map_or(length, |to| to.min(length)).0;
    let from = options.from.0;
    let rate = programme.sample_rate;
    if from >= end {
        return Err(Error::Usage(format!(
            "the stretch to render is empty: it starts at {:.3} s and ends at {:.3} s of a programme of {:.3} s",
            rate.seconds_at(options.from),
            rate.seconds_at(Frames(end)),
            rate.seconds_at(length),
        )));
    }
    let capacity = if options.threads <= 1 {
        cached_block(programme.feed_count)
    } else {
        SHARED_BLOCK
    };
    let mut stems = StemReader::open(&programme.inputs, rate)?;
    let (targets, mut outputs): (Vec<_>, Vec<_>) = deliveries
        .into_iter()
        .map(|delivery| delivery.begin(rate, capacity, writing))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .unzip();
    let mut mixer = Mixer::of_desk(programme.desk, programme.feed_count, rate)
        .map_err(|fault| Error::Usage(fault.to_string()))?
        .with_matrix(programme.matrix);
    let whole = Span {
        length: length.0,
        feeds: programme.feed_count,
    };
    rehearse(&mut mixer, &programme.inputs, rate, whole, watch)?;
    let mut engine = Engine::new(mixer, programme.objects, targets, rate);
    for (target, output) in outputs.iter_mut().enumerate() {
        let mut after = 0;
        if end == length.0 {
            after += engine.tail_frames(target);
            if options.tail {
                after += engine.ringing_frames(target) + output.chain.tail().0 as usize;
            }
        }
        let latency = engine.latency_frames(target) as u64 + output.chain.latency().0;
        output.latency = Frames(latency);
        output.window = from + latency..end + latency + after as u64;
        output.begins_at(Frames(from));
    }
    let last = outputs.iter().map(|o| o.window.end).max().unwrap_or(end);
    // One row more for the copies of the LFE.
    let mut feeds = Block::new(programme.feed_count + 1, capacity);
    // Processors on an output remember too much to begin in the middle.
    let begin = match outputs.iter().all(|output| output.chain.is_empty()) {
        true => from.saturating_sub(engine.memory_frames() as u64),
        false => 0,
    };
    skip_to(begin, &mut stems, &mut engine, &mut feeds)?;
    let mut watch = |at: u64| match watch(Frames(at.min(end))) {
        true => Ok(()),
        false => Err(Error::Interrupted),
    };
    let line = Line {
        stems: &mut stems,
        engine: &mut engine,
        outputs: &mut outputs,
        taker: None,
    };
    match options.threads <= 1 {
        true => run_alone(line, feeds, begin..last, &mut watch)?,
        false => run_shared(line, feeds, begin..last, &mut watch)?,
    }
    // All files are verified before the first gets its name.
    let sealed: Result<Vec<_>> = match options.threads <= 1 {
        true => outputs.into_iter().map(delivery::Output::seal).collect(),
        false => {
            let outputs = outputs.into_par_iter();
            outputs.map(delivery::Output::seal).collect()
        }
    };
    let (outputs, sinks): (Vec<_>, Vec<_>) = sealed?.into_iter().unzip();
    ready(&outputs)?;
    sinks.into_iter().flatten().try_for_each(Sink::publish)?;
    Ok(Done {
        outputs,
        desk: engine.mixer().report(),
    })
}

/// How much there is to hear.
#[derive(Debug, Clone, Copy)]
struct Span {
    length: u64,
    feeds: usize,
}

/// Plays the whole programme to compressors that are to find their thresholds, until all have.
fn rehearse(
    mixer: &mut Mixer,
    inputs: &[Input],
    rate: SampleRate,
    span: Span,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
) -> Result<()> {
    while mixer.wants_rehearsal() {
        let mut stems = StemReader::open(inputs, rate)?;
        let mut feeds = Block::new(span.feeds + 1, SHARED_BLOCK);
        let mut at = 0;
        while at < span.length {
            read_block(&mut stems, &mut feeds, at, span.length)?;
            mixer.rehearse(&mut feeds, at);
            at += feeds.frames() as u64;
            if !watch(Frames(0)) {
                return Err(Error::Interrupted);
            }
        }
        mixer.settle();
    }
    Ok(())
}

/// Frames of a block whose feeds, with what they are read from, stay in a second-level cache of 512 KiB.
fn cached_block(feeds: usize) -> usize {
    const SAMPLES: usize = 1 << 15;
    (SAMPLES / feeds.max(1))
        .next_multiple_of(64)
        .clamp(64, QUANTUM)
}

/// Reads the next block, which starts at frame `at`; empty at `end`. After the end of the files there is
/// silence.
fn read_block(stems: &mut StemReader, feeds: &mut Block, at: u64, end: u64) -> Result<()> {
    let frames = (end - at).min(feeds.capacity() as u64) as usize;
    feeds.set_frames(frames);
    if frames > 0 {
        stems.read(feeds)
    } else {
        Ok(())
    }
}

/// Runs filters and metadata up to frame `from` without rendering, so that a part of a song is the same
/// as that part of the whole.
fn skip_to(
    from: u64,
    stems: &mut StemReader,
    engine: &mut Engine,
    feeds: &mut Block,
) -> Result<()> {
    let mut at = 0;
    while at < from {
        read_block(stems, feeds, at, from)?;
        engine.skip(feeds);
        at += feeds.frames() as u64;
    }
    Ok(())
}

/// Refuses outputs that would replace a stem or each other.
fn check_paths(programme: &Programme, deliveries: &[Delivery]) -> Result<()> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut taken = HashSet::new();
    // Not every file system tells capitals from small letters.
    let mut spelled = HashSet::new();
    for path in deliveries
        .iter()
        .map(Delivery::paths)
        .collect::<Result<Vec<_>>>()?
        .concat()
    {
        programme.check_not_input(&path)?;
        let folded = path.to_string_lossy().to_lowercase();
        if !taken.insert(real(&path)) | !spelled.insert(folded) {
            return Err(Error::Usage(format!(
                "two outputs would be written to \"{}\": give them different names",
                path.display()
            )));
        }
    }
    Ok(())
}
