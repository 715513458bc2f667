//! The inner loop: adds feeds into one output channel, each with a gain that moves in straight lines.
//!
//! Tiles of frames are worked on one after the other: in each, all channels get the sums of the feeds that hold (`held`),
//! of those whose gain moves in one line throughout (`moving`) and of those with a corner inside the quantum (`corners`).
//!
//! Every operation works on one frame alone, products are fused multiply-adds, and all work on a frame
//! happens in an order that the plan and the time line fix: the result is the same to the last bit on
//! every processor and for every length of block.

mod corners;
mod held;
mod moving;

use pulp::{Simd, WithSimd};

use self::corners::add_chains;
use self::held::{HELD_VECTORS, mix_held};
use self::moving::{add_moving, add_moving_anywhere, times_of_cell};
use super::plan::{CELL, ChannelPlan};
use crate::audio::{Block, QUANTUM};

const PADDED: &str = "rows are padded by more than a tile";

/// The stretch of frames to be rendered: a part of one quantum and of the blocks at hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// First frame within the feeds.
    pub(super) offset: usize,
    /// First frame within the output.
    pub(super) to: usize,
    /// Its place in the quantum, in frames from the quantum's start.
    pub(super) time: usize,
    /// Number of frames; the stretch ends within the quantum.
    pub(super) frames: usize,
}

/// Frames of a slice of the time line of which those of `feeds` feeds take half of a usual first-level cache, 32 KiB; at
/// least a cell.
pub(crate) fn slice_frames(feeds: usize) -> usize {
    const FLOATS: usize = 1 << 12;
    (FLOATS / feeds.max(1) / CELL).max(1) * CELL
}

/// Renders `stretch` of every channel of `out` from `feeds`. The stretches of a quantum come in order of
/// time.
///
/// Rows of a [`Block`] are padded by more than a tile, so that whole tiles may be read and written at
/// the end of a row; what is written there is never read.
pub(super) fn mix(
    arch: pulp::Arch,
    plans: &mut [ChannelPlan],
    feeds: &Block,
    out: &mut Block,
    stretch: Stretch,
) {
    debug_assert!(
        stretch.time + stretch.frames <= QUANTUM,
        "a stretch lies within one quantum"
    );
    arch.dispatch(Mix {
        plans,
        feeds,
        out,
        stretch,
    });
}

/// The loop over tiles and channels, compiled once for each instruction set. A named type, because a
/// closure is not reliably inlined into the function that enables the instructions.
struct Mix<'a> {
    plans: &'a mut [ChannelPlan],
    feeds: &'a Block,
    out: &'a mut Block,
    stretch: Stretch,
}

impl WithSimd for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let mut has_corners = false;
        for plan in &mut *self.plans {
            plan.place_in(self.feeds);
            has_corners |= plan.has_corners();
        }
        let mut done = 0;
        while done < self.stretch.frames {
            done += match S::F32_LANES {
                16 => self.tile::<S, { CELL / 16 }>(simd, done, has_corners),
                8 => self.tile::<S, { CELL / 8 }>(simd, done, has_corners),
                _ => self.tile::<S, 16>(simd, done, has_corners),
            };
        }
    }
}

/// Tile by tile, all channels of each: most feeds play on several channels, and the feeds' frames of one
/// tile stay in the first-level cache meanwhile. What a tile writes beyond the stretch is written again by
/// what follows.
impl Mix<'_> {
    /// Renders the tile from frame `done` of the stretch on, at most to the end of its cell, and returns its frames.
    #[inline(always)]
    fn tile<S: Simd, const N: usize>(&mut self, simd: S, done: usize, has_corners: bool) -> usize {
        let time = self.stretch.time + done;
        let rest_of_cell = CELL - time % CELL;
        let frames = (N * S::F32_LANES)
            .min(rest_of_cell)
            .min(self.stretch.frames - done);
        self.mix_tile::<S, N>(simd, done);
        if has_corners {
            let (plans, feeds, rows) = self.parts(done);
            for (plan, row) in plans.iter_mut().zip(rows) {
                if !plan.has_corners() {
                    continue;
                }
                let (out, over) = (vectors_mut::<S, N>(row), frames == rest_of_cell);
                if rest_of_cell == CELL {
                    add_chains::<S, N, true>(simd, plan, feeds, time, over, out);
                } else {
                    add_chains::<S, N, false>(simd, plan, feeds, time, over, out);
                }
            }
        }
        frames
    }

    /// Writes the sums of the feeds without corners over the tile from frame `done` of the stretch on: those of the feeds
    /// that hold of all channels and then those of the feeds that move, because each loop needs all registers.
    #[inline(always)]
    fn mix_tile<S: Simd, const N: usize>(&mut self, simd: S, done: usize) {
        let time = self.stretch.time + done;
        let (plans, feeds, rows) = self.parts(done);
        for (plan, row) in plans.iter().zip(rows) {
            if !plan.held().is_empty() || plan.moving().is_empty() {
                let sums = vectors_mut::<S, N>(row).as_chunks_mut().0;
                for (part, sum) in sums.iter_mut().enumerate() {
                    *sum = mix_held(simd, plan.held(), feeds, part * HELD_VECTORS * S::F32_LANES);
                }
            }
        }
        if time.is_multiple_of(CELL) {
            self.add_moving::<S, N, true>(simd, done);
        } else {
            self.add_moving::<S, N, false>(simd, done);
        }
    }

    /// Adds the feeds that move throughout over the tile from frame `done` of the stretch on, which may begin with a cell.
    #[inline(always)]
    fn add_moving<S: Simd, const N: usize, const ON_CELL: bool>(&mut self, simd: S, done: usize) {
        let time = self.stretch.time + done;
        let times = times_of_cell::<S, N>(simd, time);
        let (plans, feeds, rows) = self.parts(done);
        for (plan, row) in plans.iter().zip(rows) {
            if plan.moving().is_empty() {
                continue;
            }
            let out = vectors_mut::<S, N>(row);
            let mut sum = match plan.held() {
                [] => [simd.splat_f32s(0.0); N],
                _ => *out,
            };
            for one in plan.moving() {
                if ON_CELL {
                    add_moving(simd, &mut sum, one, feeds, &times);
                } else {
                    add_moving_anywhere(simd, &mut sum, one, feeds, time);
                }
            }
            *out = sum;
        }
    }

    /// The plans, the feeds and the channels' rows from frame `done` of the stretch on.
    #[inline(always)]
    fn parts(
        &mut self,
        done: usize,
    ) -> (
        &mut [ChannelPlan],
        Feeds<'_>,
        impl Iterator<Item = &mut [f32]>,
    ) {
        let feeds = Feeds {
            x: &self.feeds.samples()[self.stretch.offset + done..],
            stride: self.feeds.stride(),
        };
        let (stride, at) = (self.out.stride(), self.stretch.to + done);
        let rows = self.out.samples_mut().chunks_exact_mut(stride);
        (self.plans, feeds, rows.map(move |row| &mut row[at..]))
    }
}

/// The feeds' samples from the first frame of a tile on.
#[derive(Clone, Copy)]
struct Feeds<'a> {
    x: &'a [f32],
    stride: usize,
}

impl<'a> Feeds<'a> {
    /// A part of those of the row that begins at `at`, from frame `from` of the tile on.
    #[inline(always)]
    fn part<S: Simd>(self, at: u32, from: usize) -> &'a [S::f32s; HELD_VECTORS] {
        vectors::<S, HELD_VECTORS>(&self.x[at as usize + from..])
    }

    /// Those of the row that begins at `at`.
    #[inline(always)]
    fn tile<S: Simd, const N: usize>(self, at: u32) -> &'a [S::f32s; N] {
        let at = at as usize;
        vectors::<S, N>(&self.x[at..at + N * S::F32_LANES])
    }

    /// Where the row of `feed` begins.
    #[inline(always)]
    fn start_of(self, feed: u32) -> u32 {
        feed * self.stride as u32
    }
}

#[inline(always)]
fn vectors<S: Simd, const N: usize>(x: &[f32]) -> &[S::f32s; N] {
    S::as_simd_f32s(&x[..N * S::F32_LANES])
        .0
        .first_chunk()
        .expect(PADDED)
}

#[inline(always)]
fn vectors_mut<S: Simd, const N: usize>(x: &mut [f32]) -> &mut [S::f32s; N] {
    S::as_mut_simd_f32s(&mut x[..N * S::F32_LANES])
        .0
        .first_chunk_mut()
        .expect(PADDED)
}

#[cfg(test)]
mod tests;
