//! The inner loop: adds feeds into one output channel, each with a gain that moves in a straight line.
//!
//! Over one quantum of the time line a channel is
//!
//! ```text
//! out(t) = sum g_i x_i(t)  +  t * sum d_i x_i(t)
//! ```
//!
//! with g the gain at the quantum's start and d its change per frame. Both sums stay in registers for a
//! tile of frames, so that a feed costs two multiply-adds a frame and the output is written once. Feeds
//! that hold still need one. Every operation is a fused multiply-add, and all work on a frame happens in
//! the order of the lists: the result is the same to the last bit on every processor and for every
//! length of block.

use pulp::{Simd, WithSimd};

use crate::audio::{Block, QUANTUM};

/// Vectors of frames whose two sums are kept in registers at once: twelve accumulators cover the latency
/// of the multiply-add.
const TILE: usize = 6;

const PADDED: &str = "rows are padded by more than a tile";

/// A feed whose gain holds still over the quantum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) feed: u32,
    pub(super) gain: f32,
}

/// A feed whose gain moves in one straight line over the quantum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moving {
    pub(super) feed: u32,
    /// Gain at the quantum's first frame.
    pub(super) gain: f32,
    /// Change per frame.
    pub(super) step: f32,
}

/// A feed whose gain moves in a straight line over a part of the quantum only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) feed: u32,
    /// First frame of the part, from the quantum's start.
    pub(super) from: u32,
    /// Frame after the part's last.
    pub(super) to: u32,
    /// Gain at `from`.
    pub(super) gain: f32,
    /// Change per frame.
    pub(super) step: f32,
}

/// All that one channel plays in one quantum.
#[derive(Debug, Clone, Default)]
pub(super) struct ChannelPlan {
    pub(super) held: Vec<Held>,
    pub(super) moving: Vec<Moving>,
    pub(super) pieces: Vec<Piece>,
}

impl ChannelPlan {
    pub(super) fn with_capacity(feeds: usize) -> Self {
        Self {
            held: Vec::with_capacity(feeds),
            moving: Vec::with_capacity(feeds),
            pieces: Vec::with_capacity(4 * feeds),
        }
    }

    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.moving.clear();
        self.pieces.clear();
    }
}

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

/// Renders `stretch` of every channel of `out` from `feeds`.
///
/// Rows of a [`Block`] are padded by more than a tile, so that whole tiles may be read and written at
/// the end of a row; what is written there is never read.
pub(super) fn mix(
    arch: pulp::Arch,
    plans: &[ChannelPlan],
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

/// The loop over channels, compiled once for each instruction set. A named type, because a closure is
/// not reliably inlined into the function that enables the instructions.
struct Mix<'a> {
    plans: &'a [ChannelPlan],
    feeds: &'a Block,
    out: &'a mut Block,
    stretch: Stretch,
}

impl WithSimd for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (x, x_stride, out_stride) =
            (self.feeds.samples(), self.feeds.stride(), self.out.stride());
        let y = self.out.samples_mut();
        for (plan, row) in self.plans.iter().zip(y.chunks_exact_mut(out_stride)) {
            mix_channel(simd, plan, x, x_stride, row, self.stretch);
        }
    }
}

#[inline(always)]
fn mix_channel<S: Simd>(
    simd: S,
    plan: &ChannelPlan,
    x: &[f32],
    stride: usize,
    row: &mut [f32],
    stretch: Stretch,
) {
    let tile_frames = TILE * S::F32_LANES;
    let mut done = 0;
    while done < stretch.frames {
        let at = stretch.offset + done;
        let tile = S::as_mut_simd_f32s(&mut row[stretch.to + done..])
            .0
            .first_chunk_mut::<TILE>()
            .expect(PADDED);
        mix_tile(simd, plan, x, stride, at, stretch.time + done, tile);
        done += tile_frames;
    }
    for piece in &plan.pieces {
        add_piece(piece, x, stride, row, stretch);
    }
}

/// One tile whose first frame stands `time` frames into the quantum and at `at` in every feed.
#[inline(always)]
fn mix_tile<S: Simd>(
    simd: S,
    plan: &ChannelPlan,
    x: &[f32],
    stride: usize,
    at: usize,
    time: usize,
    tile: &mut [S::f32s; TILE],
) {
    let mut level = [simd.splat_f32s(0.0); TILE];
    for held in &plan.held {
        let x = feed_tile::<S>(x, held.feed as usize * stride + at);
        let gain = simd.splat_f32s(held.gain);
        for i in 0..TILE {
            level[i] = simd.mul_add_f32s(gain, x[i], level[i]);
        }
    }
    if !plan.moving.is_empty() {
        let mut slope = [simd.splat_f32s(0.0); TILE];
        for one in &plan.moving {
            let x = feed_tile::<S>(x, one.feed as usize * stride + at);
            let (gain, step) = (simd.splat_f32s(one.gain), simd.splat_f32s(one.step));
            for i in 0..TILE {
                level[i] = simd.mul_add_f32s(gain, x[i], level[i]);
                slope[i] = simd.mul_add_f32s(step, x[i], slope[i]);
            }
        }
        let times = S::as_simd_f32s(&FRAME_TIMES[time..])
            .0
            .first_chunk::<TILE>()
            .expect(PADDED);
        for i in 0..TILE {
            level[i] = simd.mul_add_f32s(times[i], slope[i], level[i]);
        }
    }
    *tile = level;
}

#[inline(always)]
fn feed_tile<S: Simd>(x: &[f32], start: usize) -> &[S::f32s; TILE] {
    S::as_simd_f32s(&x[start..])
        .0
        .first_chunk::<TILE>()
        .expect(PADDED)
}

/// 0, 1, 2, … as f32: the place of each frame in its quantum, and of a tile that runs past its end.
static FRAME_TIMES: [f32; QUANTUM + 128] = {
    let mut times = [0.0; QUANTUM + 128];
    let mut i = 0;
    while i < times.len() {
        times[i] = i as f32;
        i += 1;
    }
    times
};

/// Adds a feed whose gain has a corner inside the quantum.
#[inline(always)]
fn add_piece(piece: &Piece, x: &[f32], stride: usize, row: &mut [f32], stretch: Stretch) {
    let from = (piece.from as usize).max(stretch.time);
    let to = (piece.to as usize).min(stretch.time + stretch.frames);
    if from >= to {
        return;
    }
    let into = from - stretch.time;
    let x = &x[piece.feed as usize * stride + stretch.offset + into..][..to - from];
    let times = &FRAME_TIMES[from - piece.from as usize..];
    for ((out, x), time) in row[stretch.to + into..][..to - from]
        .iter_mut()
        .zip(x)
        .zip(times)
    {
        *out = time.mul_add(piece.step, piece.gain).mul_add(*x, *out);
    }
}
