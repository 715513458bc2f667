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

use super::plan::{CELL, ChannelPlan, Piece};
use crate::audio::{Block, QUANTUM};

/// Vectors of frames whose sums are kept in registers at once: the eight accumulators of four vectors
/// cover the latency of two multiply-adds a cycle.
const TILE: usize = 4;

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

    /// Tile by tile, all channels of each: most feeds play on several channels, and the feeds' frames of
    /// one tile stay in the first-level cache meanwhile.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Stretch {
            offset,
            to,
            time,
            frames,
        } = self.stretch;
        let (x, x_stride, y_stride) =
            (self.feeds.samples(), self.feeds.stride(), self.out.stride());
        let y = self.out.samples_mut();
        let mut done = 0;
        while done < frames {
            let now = time + done;
            let cell = now - now % CELL;
            let feeds = Tile {
                x: &x[offset + done..],
                stride: x_stride,
            };
            for (plan, row) in self.plans.iter_mut().zip(y.chunks_exact_mut(y_stride)) {
                let mut sum = mix_tile(simd, plan, feeds, now);
                if plan.has_pieces() {
                    add_pieces(simd, plan, feeds, now, cell, &mut sum);
                }
                *S::as_mut_simd_f32s(&mut row[to + done..])
                    .0
                    .first_chunk_mut::<TILE>()
                    .expect(PADDED) = sum;
            }
            // What a tile wrote beyond the cell or the stretch is written again by the next.
            done = (done + TILE * S::F32_LANES).min(cell + CELL - time);
        }
    }
}

/// The feeds' samples from the first frame of a tile on.
#[derive(Clone, Copy)]
struct Tile<'a> {
    x: &'a [f32],
    stride: usize,
}

impl<'a> Tile<'a> {
    #[inline(always)]
    fn feed<S: Simd>(self, feed: u32) -> &'a [S::f32s; TILE] {
        vectors::<S>(self.x, feed as usize * self.stride)
    }
}

#[inline(always)]
fn vectors<S: Simd>(x: &[f32], start: usize) -> &[S::f32s; TILE] {
    S::as_simd_f32s(&x[start..][..TILE * S::F32_LANES])
        .0
        .first_chunk::<TILE>()
        .expect(PADDED)
}

/// The sum of the feeds without corners over the tile that begins `time` frames into the quantum.
#[inline(always)]
fn mix_tile<S: Simd>(simd: S, plan: &ChannelPlan, feeds: Tile<'_>, time: usize) -> [S::f32s; TILE] {
    let mut level = [simd.splat_f32s(0.0); TILE];
    // Feeds that hold take turns at two sums, or each would wait for the one before.
    let mut other = level;
    let (pairs, last) = plan.held.as_chunks::<2>();
    for [a, b] in pairs {
        add(simd, &mut level, a.gain, feeds.feed::<S>(a.feed));
        add(simd, &mut other, b.gain, feeds.feed::<S>(b.feed));
    }
    for a in last {
        add(simd, &mut level, a.gain, feeds.feed::<S>(a.feed));
    }
    if !pairs.is_empty() {
        for i in 0..TILE {
            level[i] = simd.add_f32s(level[i], other[i]);
        }
    }
    if !plan.moving.is_empty() {
        let mut slope = [simd.splat_f32s(0.0); TILE];
        for one in &plan.moving {
            let x = feeds.feed::<S>(one.feed);
            add(simd, &mut level, one.gain, x);
            add(simd, &mut slope, one.step, x);
        }
        add_slope(simd, &mut level, &slope, time);
    }
    level
}

/// Adds gain · x to `sum`.
#[inline(always)]
fn add<S: Simd>(simd: S, sum: &mut [S::f32s; TILE], gain: f32, x: &[S::f32s; TILE]) {
    let gain = simd.splat_f32s(gain);
    for i in 0..TILE {
        sum[i] = simd.mul_add_f32s(gain, x[i], sum[i]);
    }
}

/// Adds t · slope to `level`; the tile's first frame has t = `time`.
#[inline(always)]
fn add_slope<S: Simd>(simd: S, level: &mut [S::f32s; TILE], slope: &[S::f32s; TILE], time: usize) {
    let times = vectors::<S>(&FRAME_TIMES, time);
    for i in 0..TILE {
        level[i] = simd.mul_add_f32s(times[i], slope[i], level[i]);
    }
}

/// Adds the feeds with corners to `sum`, over the tile that begins `time` frames into the quantum, in the
/// cell that begins at `cell`.
#[inline(always)]
fn add_pieces<S: Simd>(
    simd: S,
    plan: &mut ChannelPlan,
    feeds: Tile<'_>,
    time: usize,
    cell: usize,
    sum: &mut [S::f32s; TILE],
) {
    let mut level = *sum;
    let mut slope = [simd.splat_f32s(0.0); TILE];
    for pieces in plan.in_cell(cell as u32) {
        let x = feeds.feed::<S>(pieces[0].feed);
        if pieces[0].covers(cell as u32) {
            let Piece {
                from, gain, step, ..
            } = pieces[0];
            let since = (cell as u32 - from) as f32;
            add(simd, &mut level, since.mul_add(step, gain), x);
            add(simd, &mut slope, step, x);
        } else {
            for piece in pieces {
                if piece.from as usize >= cell + CELL {
                    break;
                }
                add_part(simd, &mut level, piece, x, time);
            }
        }
    }
    add_slope(simd, &mut level, &slope, time - cell);
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
    let times = vectors::<S>(&FRAME_TIMES, time);
    for i in 0..TILE {
        let gains = simd.mul_add_f32s(simd.sub_f32s(times[i], from), step, gain);
        let added = simd.mul_add_f32s(gains, x[i], sum[i]);
        let begun = simd.greater_than_or_equal_f32s(times[i], from);
        let goes_on = simd.less_than_f32s(times[i], to);
        sum[i] = simd.select_f32s(simd.and_m32s(begun, goes_on), added, sum[i]);
    }
}

/// 0, 1, 2, … as f32: the place of each frame in its quantum, and of a tile that runs past its end.
static FRAME_TIMES: [f32; QUANTUM + CELL] = {
    let mut times = [0.0; QUANTUM + CELL];
    let mut i = 0;
    while i < times.len() {
        times[i] = i as f32;
        i += 1;
    }
    times
};

#[cfg(test)]
mod tests;
