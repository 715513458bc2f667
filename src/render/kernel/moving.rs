//! Feeds whose gain moves in one line throughout the quantum: little more than one multiply-add a frame.
//!
//! The gains of a cell's first [`SPAN`] frames are worked out from where the line is known,
//!
//! ```text
//! g(t) = g + d t
//! ```
//!
//! with g the gain there and d its change per frame, and those of a later frame are the gains [`SPAN`] frames before with
//! [`SPAN`] d added: processors add beside the multiply-adds. All sums of a tile of frames stay in registers, so that the
//! output is written once for all feeds that move.

use pulp::Simd;

use super::{Feeds, vectors};
use crate::audio::QUANTUM;
use crate::render::plan::{CELL, Moving, SPAN};

/// The [times](SPAN_TIMES) of a tile that begins with a cell, `time` frames into the quantum.
#[inline(always)]
pub(super) fn times_of_cell<S: Simd, const N: usize>(simd: S, time: usize) -> [S::f32s; N] {
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
pub(super) fn add_moving<S: Simd, const N: usize>(
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
pub(super) fn add_moving_anywhere<S: Simd, const N: usize>(
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

/// A number for each frame of a quantum, and for those of a tile that runs past its end.
pub(super) type OfFrames = [f32; QUANTUM + 2 * CELL];

/// The place of each frame in its quantum.
pub(super) static FRAME_TIMES: OfFrames = {
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
