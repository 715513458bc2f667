//! The inner loop: adds feeds into one output channel, each with a gain that moves in straight lines.
//!
//! A feed whose gain moves in one line throughout adds to two sums,
//!
//! ```text
//! out(t) = sum g_i x_i(t)  +  t * sum d_i x_i(t)
//! ```
//!
//! with g the gain at the start and d its change per frame; t counts frames from the quantum's start or,
//! for feeds with a corner somewhere in the quantum, from the cell's start. Both sums stay in registers
//! for a tile of frames, so that a feed costs two multiply-adds a frame and the output is written once.
//! Feeds that hold still need one. Where a corner lies inside a cell, a feed's gain is worked out frame by
//! frame from the corner on.
//!
//! Every operation works on one frame alone, products are fused multiply-adds, and all work on a frame
//! happens in an order that the plan and the time line fix: the result is the same to the last bit on
//! every processor and for every length of block.

use pulp::{Simd, WithSimd};

use super::plan::{CELL, ChannelPlan, InCell, Piece};
use crate::audio::{Block, QUANTUM};

/// Vectors of frames whose sums are kept in registers at once: the eight accumulators of four vectors
/// cover the latency of two multiply-adds a cycle.
const TILE: usize = 4;

/// As [`TILE`], with 32 registers and no corners about: fewer tiles, less to do for each.
const WIDE_TILE: usize = 8;

/// Most feeds of which a wide tile of 512 bits stays in the first-level cache, 48 KiB. It pays to stay there only if
/// each feed plays on more than [`FEW`] channels.
const CACHED_FEEDS: usize = 96;
const FEW: usize = 4;

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
/// least a tile.
pub(crate) fn slice_frames(feeds: usize) -> usize {
    const FLOATS: usize = 1 << 12;
    let tile = pulp::Arch::new().dispatch(TileFrames);
    (FLOATS / feeds.max(1) / tile).max(1) * tile
}

/// Frames of the smallest tile.
struct TileFrames;

impl WithSimd for TileFrames {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        TILE * S::F32_LANES
    }
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
        let is_wide = S::REGISTER_COUNT >= 32
            && self.stretch.frames > TILE * S::F32_LANES
            && !self.outgrows_cache();
        let mut done = 0;
        while done < self.stretch.frames {
            let left = self.stretch.frames - done;
            done += if has_corners {
                self.tile_with_corners(simd, done)
            } else if is_wide && left > TILE * S::F32_LANES {
                self.tile::<S, WIDE_TILE>(simd, done)
            } else {
                self.tile::<S, TILE>(simd, done)
            };
        }
    }
}

impl Mix<'_> {
    /// True if the feeds' frames of a wide tile do not stay in the cache where they should.
    fn outgrows_cache(&self) -> bool {
        let feeds = self.feeds.channels();
        let plays = || -> usize { self.plans.iter().map(ChannelPlan::throughout).sum() };
        feeds > CACHED_FEEDS && plays() > FEW * feeds
    }
}

/// Tile by tile, all channels of each: most feeds play on several channels, and the feeds' frames of one
/// tile stay in the first-level cache meanwhile. What a tile writes beyond the stretch is written again by
/// what follows.
impl Mix<'_> {
    /// Renders the tile from frame `done` of the stretch on, and returns its frames.
    #[inline(always)]
    fn tile<S: Simd, const N: usize>(&mut self, simd: S, done: usize) -> usize {
        let time = self.stretch.time + done;
        let (plans, feeds, rows) = self.parts(done);
        for (plan, row) in plans.iter().zip(rows) {
            *vectors_mut::<S, N>(row) = mix_tile::<S, N>(simd, plan, feeds, time);
        }
        N * S::F32_LANES
    }

    /// As [`tile`](Self::tile), where some gains have corners; the tile lies within one cell.
    #[inline(always)]
    fn tile_with_corners<S: Simd>(&mut self, simd: S, done: usize) -> usize {
        let time = self.stretch.time + done;
        let rest_of_cell = CELL - time % CELL;
        let frames = (TILE * S::F32_LANES)
            .min(rest_of_cell)
            .min(self.stretch.frames - done);
        let (plans, feeds, rows) = self.parts(done);
        for (plan, row) in plans.iter_mut().zip(rows) {
            let mut sum = mix_tile::<S, TILE>(simd, plan, feeds, time);
            if plan.has_corners() {
                add_chains(simd, plan, feeds, time, frames == rest_of_cell, &mut sum);
            }
            *vectors_mut::<S, TILE>(row) = sum;
        }
        frames
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
    /// Those of the row that begins at `at`.
    #[inline(always)]
    fn tile<S: Simd, const N: usize>(self, at: u32) -> &'a [S::f32s; N] {
        let at = at as usize;
        vectors::<S, N>(&self.x[at..at + N * S::F32_LANES])
    }

    /// Those of the row of `feed`.
    #[inline(always)]
    fn tile_of<S: Simd, const N: usize>(self, feed: u32) -> &'a [S::f32s; N] {
        vectors::<S, N>(&self.x[feed as usize * self.stride..])
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

/// The sum of the feeds without corners over the tile that begins `time` frames into the quantum.
#[inline(always)]
fn mix_tile<S: Simd, const N: usize>(
    simd: S,
    plan: &ChannelPlan,
    feeds: Feeds<'_>,
    time: usize,
) -> [S::f32s; N] {
    let mut level = [simd.splat_f32s(0.0); N];
    // Feeds that hold take turns at two sums, or each would wait for the one before.
    let mut other = level;
    let (pairs, last) = plan.held().as_chunks::<2>();
    for [a, b] in pairs {
        add(simd, &mut level, a.gain, feeds.tile::<S, N>(a.at));
        add(simd, &mut other, b.gain, feeds.tile::<S, N>(b.at));
    }
    for a in last {
        add(simd, &mut level, a.gain, feeds.tile::<S, N>(a.at));
    }
    if !pairs.is_empty() {
        for i in 0..N {
            level[i] = simd.add_f32s(level[i], other[i]);
        }
    }
    if !plan.moving().is_empty() {
        let mut slope = [simd.splat_f32s(0.0); N];
        for one in plan.moving() {
            let x = feeds.tile::<S, N>(one.at);
            add(simd, &mut level, one.gain, x);
            add(simd, &mut slope, one.step, x);
        }
        add_slope(simd, &mut level, &slope, time);
    }
    level
}

/// Adds gain · x to `sum`.
#[inline(always)]
fn add<S: Simd, const N: usize>(simd: S, sum: &mut [S::f32s; N], gain: f32, x: &[S::f32s; N]) {
    let gain = simd.splat_f32s(gain);
    for i in 0..N {
        sum[i] = simd.mul_add_f32s(gain, x[i], sum[i]);
    }
}

/// Adds t · slope to `level`; the tile's first frame has t = `time`.
#[inline(always)]
fn add_slope<S: Simd, const N: usize>(
    simd: S,
    level: &mut [S::f32s; N],
    slope: &[S::f32s; N],
    time: usize,
) {
    let times = vectors::<S, N>(&FRAME_TIMES[time..]);
    for i in 0..N {
        level[i] = simd.mul_add_f32s(times[i], slope[i], level[i]);
    }
}

/// Adds the feeds with corners to `sum`, over the tile that begins `time` frames into the quantum; `over`
/// tells that it ends its cell.
#[inline(always)]
fn add_chains<S: Simd>(
    simd: S,
    plan: &mut ChannelPlan,
    feeds: Feeds<'_>,
    time: usize,
    over: bool,
    sum: &mut [S::f32s; TILE],
) {
    let cell = (time - time % CELL) as u32;
    let mut level = *sum;
    let mut slope = [simd.splat_f32s(0.0); TILE];
    let (chains, pieces) = plan.chains();
    for chain in chains {
        match chain.in_cell(pieces, cell, over) {
            InCell::All(piece) => {
                let x = feeds.tile_of::<S, TILE>(piece.feed);
                let gain = ((cell - piece.from) as f32).mul_add(piece.step, piece.gain);
                add(simd, &mut level, gain, x);
                add(simd, &mut slope, piece.step, x);
            }
            InCell::Parts(parts) => {
                for part in parts {
                    add_part(
                        simd,
                        &mut level,
                        part,
                        feeds.tile_of::<S, TILE>(part.feed),
                        time,
                    );
                }
            }
        }
    }
    add_slope(simd, &mut level, &slope, time % CELL);
    *sum = level;
}

/// Adds what `piece` has within the tile that begins `time` frames into the quantum.
#[inline(always)]
fn add_part<S: Simd>(
    simd: S,
    sum: &mut [S::f32s; TILE],
    piece: &Piece,
    x: &[S::f32s; TILE],
    time: usize,
) {
    let (gain, step) = (simd.splat_f32s(piece.gain), simd.splat_f32s(piece.step));
    let from = simd.splat_f32s(piece.from as f32);
    let to = simd.splat_f32s(piece.to as f32);
    let times = vectors::<S, TILE>(&FRAME_TIMES[time..]);
    for i in 0..TILE {
        let gains = simd.mul_add_f32s(simd.sub_f32s(times[i], from), step, gain);
        let added = simd.mul_add_f32s(gains, x[i], sum[i]);
        let begun = simd.greater_than_or_equal_f32s(times[i], from);
        let goes_on = simd.less_than_f32s(times[i], to);
        sum[i] = simd.select_f32s(simd.and_m32s(begun, goes_on), added, sum[i]);
    }
}

/// 0, 1, 2, … as f32: the place of each frame in its quantum, and of a tile that runs past its end.
static FRAME_TIMES: [f32; QUANTUM + 2 * CELL] = {
    let mut times = [0.0; QUANTUM + 2 * CELL];
    let mut i = 0;
    while i < times.len() {
        times[i] = i as f32;
        i += 1;
    }
    times
};

#[cfg(test)]
mod tests;
