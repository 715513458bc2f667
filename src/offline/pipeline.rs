//! The loop of a pass over the stems: read, mix, render, and hand on what comes of it.

use std::mem;
use std::ops::Range;

use rayon::prelude::*;

use super::delivery::Output;
use super::read_block;
use super::stems::StemReader;
use crate::Result;
use crate::audio::Block;
use crate::engine::Engine;

/// What a pass works with.
pub(super) struct Line<'a> {
    pub(super) stems: &'a mut StemReader,
    pub(super) engine: &'a mut Engine,
    pub(super) outputs: &'a mut [Output],
    pub(super) taker: Option<Taker<'a>>,
}

/// Who takes the feeds: the block holds nothing but frames that are wanted, from the given one on. The answer
/// `false` ends the pass.
pub(in crate::offline) type Take<'a> = dyn FnMut(&mut Block, u64) -> Result<bool> + Send + 'a;

/// Takes the feeds as they leave the desk.
pub(super) struct Taker<'a> {
    pub(super) take: &'a mut Take<'a>,
    /// The wanted frames of what leaves the desk.
    pub(super) window: Range<u64>,
}

impl Taker<'_> {
    /// Hands on what of a block, which begins at frame `at`, is wanted.
    fn hand_on(&mut self, feeds: &mut Block, at: u64) -> Result<bool> {
        let end = at + feeds.frames() as u64;
        let first = self.window.start.clamp(at, end);
        let last = self.window.end.clamp(first, end);
        if first == last {
            return Ok(true);
        }
        feeds.keep((first - at) as usize, (last - first) as usize);
        (self.take)(feeds, first - self.window.start)
    }
}

/// Works on the frames `span` on this thread, block by block: each is still in the cache from step to step.
///
/// `feeds` is an empty block for the feeds; `watch` is told of every frame up to which all is rendered, and stops
/// the work by an error.
pub(super) fn run_alone(
    Line {
        stems,
        engine,
        outputs,
        mut taker,
    }: Line<'_>,
    mut feeds: Block,
    span: Range<u64>,
    watch: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<()> {
    let mut at = span.start;
    read_block(stems, &mut feeds, at, span.end)?;
    while at < span.end {
        engine.advance_with(&mut feeds, outputs, |output| &mut output.block);
        outputs.iter_mut().try_for_each(|output| output.take(at))?;
        let frames = feeds.frames() as u64;
        if let Some(taker) = &mut taker
            && !taker.hand_on(&mut feeds, at)?
        {
            return Ok(());
        }
        at += frames;
        // The same block again: it is still in the cache.
        read_block(stems, &mut feeds, at, span.end)?;
        watch(at)?;
    }
    Ok(())
}

/// Works on the frames `span` on several threads: while a block is mixed, the one before it is rendered, the one
/// before that is measured, written and taken, and the one after it is read. They share nothing but the threads.
///
/// The arguments are those of [`run_alone`].
pub(super) fn run_shared(
    Line {
        stems,
        engine,
        outputs,
        mut taker,
    }: Line<'_>,
    feeds: Block,
    span: Range<u64>,
    watch: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<()> {
    let (rows, capacity) = (feeds.channels(), feeds.capacity());
    let mut to_render = feeds;
    let [mut to_read, mut to_mix] = [(); 2].map(|()| Block::new(rows, capacity));
    let mut taking = taker
        .as_mut()
        .map(|taker| (taker, Block::new(rows, capacity)));
    let blocks = outputs.iter();
    let mut rendered: Vec<Block> = blocks
        .map(|output| Block::new(output.block.channels(), capacity))
        .collect();
    let (mixing, rendering) = engine.halves();
    // Where the block begins that the outputs and the taker hold, and where the one begins that is read next.
    let (mut held, mut next) = (span.start, span.start);
    to_render.set_frames(0);
    loop {
        let rendered_from = rendering.at().0;
        let hand_on = || match &mut taking {
            Some((taker, feeds)) => taker.hand_on(feeds, held),
            None => Ok(true),
        };
        let ((), ((), ((written, goes_on), read))) = rayon::join(
            || mixing.advance(&mut to_mix),
            || {
                rayon::join(
                    || rendering.advance(&to_render, &mut rendered),
                    || {
                        rayon::join(
                            || rayon::join(|| take_all(outputs, held), hand_on),
                            || read_block(stems, &mut to_read, next, span.end),
                        )
                    },
                )
            },
        );
        written?;
        read?;
        if !goes_on? {
            return Ok(());
        }
        next += to_read.frames() as u64;
        held = rendered_from;
        for (output, rendered) in outputs.iter_mut().zip(&mut rendered) {
            mem::swap(&mut output.block, rendered);
        }
        watch(rendering.at().0)?;
        if [&to_read, &to_mix, &to_render]
            .iter()
            .all(|block| block.frames() == 0)
        {
            return Ok(());
        }
        if let Some((_, to_take)) = &mut taking {
            mem::swap(to_take, &mut to_render);
        }
        mem::swap(&mut to_render, &mut to_mix);
        mem::swap(&mut to_mix, &mut to_read);
    }
}

/// Has all outputs take the blocks they hold, which start at frame `at` of the engine's output.
fn take_all(outputs: &mut [Output], at: u64) -> Result<()> {
    outputs
        .par_iter_mut()
        .try_for_each(|output| output.take(at))
}
