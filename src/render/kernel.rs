//! The inner loop: adds feeds into one output channel, each with a gain that moves in straight lines.
//!
//! Feeds that hold cost one multiply-add a frame, those whose gain moves little more: where it moves in one line
//! throughout a cell, the gains of the cell's first [`SPAN`] frames are worked out from where the line is known,
//!
//! ```text
//! g(t) = g + d t
//! ```
//!
//! with g the gain there and d its change per frame, and those of a later frame are the gains [`SPAN`] frames before with
//! [`SPAN`] d added: processors add beside the multiply-adds. All sums of a tile of frames stay in registers, so that the
//! output is written once for all feeds that move throughout the quantum, and once more for those that hold.
//!
//! Where a corner lies inside a cell, a feed's gain is worked out frame by frame from the corner on.
//!
//! Every operation works on one frame alone, products are fused multiply-adds, and all work on a frame
//! happens in an order that the plan and the time line fix: the result is the same to the last bit on
//! every processor and for every length of block.

use pulp::{Simd, WithSimd};

use super::plan::{CELL, ChannelPlan, Held, InCell, Moving, Piece, SPAN};
use crate::audio::{Block, QUANTUM};

/// Vectors whose sums of feeds that hold are kept in registers at once: the eight accumulators of four vectors cover the
/// latency of two multiply-adds a cycle.
const HELD_VECTORS: usize = 4;

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

/// The sum of the feeds that hold over a part of a tile, from frame `from` of it on.
#[inline(always)]
fn mix_held<S: Simd>(
    simd: S,
    held: &[Held],
    feeds: Feeds<'_>,
    from: usize,
) -> [S::f32s; HELD_VECTORS] {
    let x = |at: u32| feeds.part::<S>(at, from);
    let mut sum = [simd.splat_f32s(0.0); HELD_VECTORS];
    // Feeds take turns at two sums, or each would wait for the one before.
    let mut other = sum;
    let (pairs, last) = held.as_chunks::<2>();
    for [a, b] in pairs {
        add(simd, &mut sum, a.gain, x(a.at));
        add(simd, &mut other, b.gain, x(b.at));
    }
    for a in last {
        add(simd, &mut sum, a.gain, x(a.at));
    }
    if !pairs.is_empty() {
        for (sum, other) in sum.iter_mut().zip(other) {
            *sum = simd.add_f32s(*sum, other);
        }
    }
    sum
}

/// The [times](SPAN_TIMES) of a tile that begins with a cell, `time` frames into the quantum.
#[inline(always)]
fn times_of_cell<S: Simd, const N: usize>(simd: S, time: usize) -> [S::f32s; N] {
    // Sums and no loads, so that they stay in registers.
    let from = simd.splat_f32s((time / SPAN) as f32);
    let mut times = *vectors::<S, N>(&SPAN_TIMES);
    for time in &mut times {
        *time = simd.add_f32s(*time, from);
    }
    times
}

/// Adds a feed that moves throughout to `sum`, over a tile that begins with a cell and has the `times`.
#[inline(always)]
fn add_moving<S: Simd, const N: usize>(
    simd: S,
    sum: &mut [S::f32s; N],
    one: &Moving,
    feeds: Feeds<'_>,
    times: &[S::f32s; N],
) {
    let in_span = (SPAN / S::F32_LANES).max(1);
    let x = feeds.tile::<S, N>(one.at);
    let gain = simd.splat_f32s(one.gain);
    let step = simd.splat_f32s(one.step);
    let mut gains = [gain; N];
    for i in 0..N {
        gains[i] = if i < in_span {
            simd.mul_add_f32s(times[i], step, gain)
        } else {
            simd.add_f32s(gains[i - in_span], step)
        };
        sum[i] = simd.mul_add_f32s(gains[i], x[i], sum[i]);
    }
}

/// As [`add_moving`], over a tile that begins anywhere, `time` frames into the quantum: the same gains, at more cost.
#[inline(always)]
fn add_moving_anywhere<S: Simd, const N: usize>(
    simd: S,
    sum: &mut [S::f32s; N],
    one: &Moving,
    feeds: Feeds<'_>,
    time: usize,
) {
    let x = feeds.tile::<S, N>(one.at);
    let times = vectors::<S, N>(&SPAN_TIMES[time..]);
    let frames = vectors::<S, N>(&FRAME_TIMES[time..]);
    let gain = simd.splat_f32s(one.gain);
    let step = simd.splat_f32s(one.step);
    for i in 0..N {
        // The spans of the frame's cell that have passed, exact.
        let spans = simd.mul_f32s(frames[i], simd.splat_f32s(1.0 / SPAN as f32));
        let spans = simd.sub_f32s(spans, times[i]);
        let mut gains = simd.mul_add_f32s(times[i], step, gain);
        for before in 1..CELL / SPAN {
            let has_passed = simd.greater_than_or_equal_f32s(spans, simd.splat_f32s(before as f32));
            gains = simd.select_f32s(has_passed, simd.add_f32s(gains, step), gains);
        }
        sum[i] = simd.mul_add_f32s(gains, x[i], sum[i]);
    }
}

/// Adds gain · x to `sum`.
#[inline(always)]
fn add<S: Simd, const N: usize>(simd: S, sum: &mut [S::f32s; N], gain: f32, x: &[S::f32s; N]) {
    let gain = simd.splat_f32s(gain);
    for i in 0..N {
        sum[i] = simd.mul_add_f32s(gain, x[i], sum[i]);
    }
}

/// Adds the feeds with corners to `sum`, over the tile that begins `time` frames into the quantum, which may begin with a
/// cell; `over` tells that it ends its cell. Pieces that last throughout the cell come first, because they are most and
/// need all registers.
#[inline(always)]
fn add_chains<S: Simd, const N: usize, const ON_CELL: bool>(
    simd: S,
    plan: &mut ChannelPlan,
    feeds: Feeds<'_>,
    time: usize,
    over: bool,
    out: &mut [S::f32s; N],
) {
    let in_cell = time % CELL;
    let cell = (time - in_cell) as u32;
    let times = times_of_cell::<S, N>(simd, 0);
    let (chains, pieces, parted) = plan.chains();
    let mut count = 0;
    let mut sum = *out;
    for (number, chain) in chains.iter_mut().enumerate() {
        let piece = match chain.in_cell(pieces, cell, over) {
            InCell::All(piece) => piece,
            InCell::Parts => {
                // Not pushed: what may have to grow costs the sums their registers.
                parted[count] = number as u32;
                count += 1;
                continue;
            }
            InCell::Nothing => continue,
        };
        let one = Moving {
            at: feeds.start_of(piece.feed),
            gain: ((cell - piece.from) as f32).mul_add(piece.step, piece.gain),
            step: SPAN as f32 * piece.step,
        };
        if ON_CELL {
            add_moving(simd, &mut sum, &one, feeds, &times);
        } else {
            add_moving_anywhere(simd, &mut sum, &one, feeds, in_cell);
        }
    }
    *out = sum;
    for number in &parted[..count] {
        for part in chains[*number as usize].parts(pieces, cell, over) {
            let x = feeds.tile::<S, N>(feeds.start_of(part.feed));
            add_part(simd, out, part, x, time);
        }
    }
}

/// Adds what `piece` has within the tile that begins `time` frames into the quantum.
#[inline(always)]
fn add_part<S: Simd, const N: usize>(
    simd: S,
    sum: &mut [S::f32s; N],
    piece: &Piece,
    x: &[S::f32s; N],
    time: usize,
) {
    let (gain, step) = (simd.splat_f32s(piece.gain), simd.splat_f32s(piece.step));
    let from = simd.splat_f32s(piece.from as f32);
    let to = simd.splat_f32s(piece.to as f32);
    let times = vectors::<S, N>(&FRAME_TIMES[time..]);
    // The vectors in which it plays.
    let first = (piece.from as usize).saturating_sub(time) / S::F32_LANES;
    let end = (piece.to as usize)
        .saturating_sub(time)
        .div_ceil(S::F32_LANES);
    for i in first..end.min(N) {
        let gains = simd.mul_add_f32s(simd.sub_f32s(times[i], from), step, gain);
        let added = simd.mul_add_f32s(gains, x[i], sum[i]);
        let begun = simd.greater_than_or_equal_f32s(times[i], from);
        let goes_on = simd.less_than_f32s(times[i], to);
        sum[i] = simd.select_f32s(simd.and_m32s(begun, goes_on), added, sum[i]);
    }
}

/// A number for each frame of a quantum, and for those of a tile that runs past its end.
type OfFrames = [f32; QUANTUM + 2 * CELL];

/// The place of each frame in its quantum.
static FRAME_TIMES: OfFrames = {
    let mut times = [0.0; _];
    let mut i = 0;
    while i < times.len() {
        times[i] = i as f32;
        i += 1;
    }
    times
};

/// The place in the quantum, in spans, of the frame of a cell's first span whose gain leads to each frame's.
static SPAN_TIMES: OfFrames = {
    let mut times = [0.0; _];
    let mut i = 0;
    while i < times.len() {
        times[i] = (i / CELL * CELL + i % SPAN) as f32 / SPAN as f32;
        i += 1;
    }
    times
};

#[cfg(test)]
mod tests;
