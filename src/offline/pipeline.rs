//! A render on several threads.

use std::mem;
use std::ops::Range;

use rayon::prelude::*;

use super::delivery::Output;
use super::read_block;
use super::stems::StemReader;
use crate::Result;
use crate::audio::Block;
use crate::engine::Engine;

/// Renders the frames `span`: while a block is mixed, the one before it is rendered, the one before that is
/// measured and written, and the one after it is read. They share nothing but the threads.
///
/// `feeds` is an empty block for the feeds; `watch` is told of every frame up to which all is rendered, and stops
/// the work by an error.
pub(super) fn run(
    stems: &mut StemReader,
    engine: &mut Engine,
    outputs: &mut [Output],
    feeds: Block,
    span: Range<u64>,
    watch: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<()> {
    let (rows, capacity) = (feeds.channels(), feeds.capacity());
    let mut to_render = feeds;
    let [mut to_read, mut to_mix] = [(); 2].map(|()| Block::new(rows, capacity));
    let blocks = outputs.iter();
    let mut rendered: Vec<Block> = blocks
        .map(|output| Block::new(output.block.channels(), capacity))
        .collect();
    let (mixing, rendering) = engine.halves();
    // Where the block begins that the outputs hold, and where the one begins that is read next.
    let (mut held, mut next) = (span.start, span.start);
    to_render.set_frames(0);
    loop {
        let rendered_from = rendering.at().0;
        let ((), ((), (written, read))) = rayon::join(
            || mixing.advance(&mut to_mix),
            || {
                rayon::join(
                    || rendering.advance(&to_render, &mut rendered),
                    || {
                        rayon::join(
                            || take_all(outputs, held),
                            || read_block(stems, &mut to_read, next, span.end),
                        )
                    },
                )
            },
        );
        written?;
        read?;
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
