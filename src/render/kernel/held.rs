//! Feeds whose gain holds: one multiply-add a frame.

use pulp::Simd;

use super::Feeds;
use crate::render::plan::Held;

/// Vectors whose sums are kept in registers at once: the eight accumulators of four vectors cover the latency of two
/// multiply-adds a cycle.
pub(super) const HELD_VECTORS: usize = 4;

/// The sum of the feeds that hold over a part of a tile, from frame `from` of it on.
#[inline(always)]
pub(super) fn mix_held<S: Simd>(
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

/// Adds gain · x to `sum`.
#[inline(always)]
fn add<S: Simd, const N: usize>(simd: S, sum: &mut [S::f32s; N], gain: f32, x: &[S::f32s; N]) {
    let gain = simd.splat_f32s(gain);
    for i in 0..N {
        sum[i] = simd.mul_add_f32s(gain, x[i], sum[i]);
    }
}
