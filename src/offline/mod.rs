//! Renders a song to files, as fast as the machine allows.
//!
//! [`render`] opens the stems ([`stems`](self)), runs the [`Engine`] over them once and writes every
//! output ([`Delivery`]). One thread works in blocks that stay in the processor's cache; more threads
//! read ahead and serve the outputs side by side. The files are the same for any number of threads.

mod delivery;
mod stems;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use delivery::{Delivery, Heard, Rendered};
use stems::StemReader;

use crate::audio::{Block, QUANTUM};
use crate::engine::Engine;
use crate::mix::Mixer;
use crate::session::Song;
use crate::units::Frames;
use crate::{Error, Result};

/// Frames in a block when several threads work: enough that handing work over costs nothing.
const SHARED_BLOCK: usize = 8 * QUANTUM;

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// First frame of the song that is written.
    pub from: Frames,
    /// Frame after the last one written; `None` renders to the end, tails included.
    pub to: Option<Frames>,
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Existing files may be replaced.
    pub overwrite: bool,
}

/// Renders `song` once and writes every one of `deliveries`.
///
/// `watch` is told after every block how many frames of the song are done, and stops the work by
/// answering `false`.
///
/// # Errors
/// - A stem cannot be read, or holds samples that are no numbers: nothing is left behind.
/// - An output exists, would replace a stem, or cannot be written: nothing is left behind.
/// - [`Error::Interrupted`] when `watch` says so.
pub fn render(
    song: Song,
    deliveries: Vec<Delivery>,
    options: Options,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
) -> Result<Vec<Rendered>> {
    if options.threads <= 1 {
        return run(song, deliveries, options, watch);
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()
        .map_err(|e| Error::Usage(format!("cannot start {} threads: {e}", options.threads)))?;
    pool.install(|| run(song, deliveries, options, watch))
}

fn run(
    song: Song,
    deliveries: Vec<Delivery>,
    options: Options,
    watch: &mut (dyn FnMut(Frames) -> bool + Send),
) -> Result<Vec<Rendered>> {
    check_paths(&song, &deliveries)?;
    let end = options.to.map_or(song.length, |to| to.min(song.length)).0;
    if options.from.0 >= end {
        return Err(Error::Usage(format!(
            "the stretch to render is empty: it starts at {:.3} s and ends at {:.3} s of a song of {:.3} s",
            song.sample_rate.seconds_at(options.from),
            song.sample_rate.seconds_at(Frames(end)),
            song.sample_rate.seconds_at(song.length),
        )));
    }
    let rate = song.sample_rate;
    let capacity = if options.threads <= 1 {
        cached_block(song.feed_count)
    } else {
        SHARED_BLOCK
    };
    let mut stems = StemReader::open(&song.inputs, rate)?;
    let (targets, mut outputs): (Vec<_>, Vec<_>) = deliveries
        .into_iter()
        .map(|delivery| delivery.begin(rate, capacity, options.overwrite))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .unzip();
    let mixer = Mixer::new(song.strips, song.feed_count, rate);
    let mut engine = Engine::new(mixer, song.objects, targets, rate);
    // One row more for the copies of the LFE.
    let mut feeds = Block::new(song.feed_count + 1, capacity);
    let mut next = feeds.clone();

    skip_to(options.from.0, &mut stems, &mut engine, &mut feeds)?;
    let mut at = options.from.0;
    read_block(&mut stems, &mut feeds, at, end)?;
    while at < end {
        let read_from = at + feeds.frames() as u64;
        // Reading ahead and rendering share nothing but the threads.
        let (read, written) = if options.threads <= 1 {
            let written = render_block(&mut engine, &mut feeds, &mut outputs);
            (read_block(&mut stems, &mut next, read_from, end), written)
        } else {
            rayon::join(
                || read_block(&mut stems, &mut next, read_from, end),
                || render_block(&mut engine, &mut feeds, &mut outputs),
            )
        };
        written?;
        read?;
        at = read_from;
        std::mem::swap(&mut feeds, &mut next);
        if !watch(Frames(at)) {
            return Err(Error::Interrupted);
        }
    }
    if end == song.length.0 {
        render_tails(&mut engine, &mut feeds, &mut outputs)?;
    }
    // All files are verified before the first gets its name.
    outputs
        .into_par_iter()
        .map(delivery::Output::finish)
        .collect()
}

/// Frames of a block whose feeds, with what they are read from, stay in a second-level cache of 512 KiB.
fn cached_block(feeds: usize) -> usize {
    const SAMPLES: usize = 1 << 15;
    (SAMPLES / feeds.max(1))
        .next_multiple_of(64)
        .clamp(64, QUANTUM)
}

/// Reads the next block, which starts at frame `at`; empty at `end`.
fn read_block(stems: &mut StemReader, feeds: &mut Block, at: u64, end: u64) -> Result<()> {
    let frames = (end - at).min(feeds.capacity() as u64) as usize;
    feeds.set_frames(frames);
    if frames > 0 {
        stems.read(feeds)
    } else {
        Ok(())
    }
}

fn render_block(
    engine: &mut Engine,
    feeds: &mut Block,
    outputs: &mut [delivery::Output],
) -> Result<()> {
    engine.advance_with(feeds, outputs, |output| &mut output.block);
    if rayon::current_num_threads() > 1 && rayon::current_thread_index().is_some() {
        outputs.par_iter_mut().try_for_each(delivery::Output::take)
    } else {
        outputs.iter_mut().try_for_each(delivery::Output::take)
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

/// After the song: silence in, until the last delayed channel has come out.
fn render_tails(
    engine: &mut Engine,
    feeds: &mut Block,
    outputs: &mut [delivery::Output],
) -> Result<()> {
    let tail = |target: usize, engine: &Engine| engine.tail_frames(target);
    let longest = (0..outputs.len())
        .map(|t| tail(t, engine))
        .max()
        .unwrap_or(0);
    let mut done = 0;
    while done < longest {
        feeds.set_frames((longest - done).min(feeds.capacity()));
        feeds.clear();
        engine.advance_with(feeds, outputs, |output| &mut output.block);
        for (target, output) in outputs.iter_mut().enumerate() {
            let left = tail(target, engine).saturating_sub(done);
            let frames = output.block.frames().min(left);
            output.block.set_frames(frames);
            output.take()?;
        }
        done += feeds.frames();
    }
    Ok(())
}

/// Refuses outputs that would replace a stem or each other.
fn check_paths(song: &Song, deliveries: &[Delivery]) -> Result<()> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let stems: HashSet<PathBuf> = song.inputs.iter().map(|input| real(&input.path)).collect();
    let mut taken = HashSet::new();
    for path in deliveries
        .iter()
        .map(Delivery::paths)
        .collect::<Result<Vec<_>>>()?
        .concat()
    {
        if stems.contains(&real(&path)) {
            return Err(Error::Usage(format!(
                "\"{}\" is one of the stems: an output never replaces its input; choose another name",
                path.display()
            )));
        }
        if !taken.insert(real(&path)) {
            return Err(Error::Usage(format!(
                "two outputs would be written to \"{}\": give them different names",
                path.display()
            )));
        }
    }
    Ok(())
}
