//! Feeds whose gain has a corner inside the quantum: frame by frame where the corner lies inside a cell.

use pulp::Simd;

use super::moving::{FRAME_TIMES, add_moving, add_moving_anywhere, times_of_cell};
use super::{Feeds, vectors};
use crate::render::plan::{CELL, ChannelPlan, InCell, Moving, Piece, SPAN};

/// Adds the feeds with corners to `sum`, over the tile that begins `time` frames into the quantum, which may begin with a
/// cell; `over` tells that it ends its cell. Pieces that last throughout the cell come first, because they are most and
/// need all registers.
#[inline(always)]
pub(super) fn add_chains<S: Simd, const N: usize, const ON_CELL: bool>(
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
