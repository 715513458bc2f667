//! Transposing squares of 8 × 8 words, the step between interleaved and planar samples.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m128, __m256};

#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;

/// Words on each side of a square.
pub(crate) const SIDE: usize = 8;

/// A square: eight rows of eight 32-bit words.
pub(crate) type Square = [[f32; SIDE]; SIDE];

/// A way to transpose a square. Implementations are inlined into the function that enables their
/// instructions; a closure handed on would not be, reliably.
pub(crate) trait Transpose: Copy {
    /// Rows become columns.
    fn square(self, rows: Square) -> Square;
}

/// Transposing without vector instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain;

impl Transpose for Plain {
    #[inline(always)]
    fn square(self, rows: Square) -> Square {
        transpose_plain(rows)
    }
}

#[cfg(target_arch = "x86_64")]
impl Transpose for V3 {
    #[inline(always)]
    fn square(self, rows: Square) -> Square {
        transpose_avx(self, rows)
    }
}

/// Transposes in the plain way.
#[inline(always)]
fn transpose_plain(rows: Square) -> Square {
    let mut columns = [[0.0; SIDE]; SIDE];
    for (r, row) in rows.iter().enumerate() {
        for (c, &word) in row.iter().enumerate() {
            columns[c][r] = word;
        }
    }
    columns
}

/// Transposes in AVX registers. `halves(r, h)` gives half `h` of row `r` and of row `r + 4` side by side:
/// joining them while loading makes 16 shuffles enough.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn transpose_halves_avx(simd: V3, halves: impl Fn(usize, usize) -> __m256) -> Square {
    let avx = simd.avx;
    let mut columns = [[0.0; SIDE]; SIDE];
    for h in 0..2 {
        let (a, b) = (halves(0, h), halves(1, h));
        let (c, d) = (halves(2, h), halves(3, h));
        let (ab_low, ab_high) = (avx._mm256_unpacklo_ps(a, b), avx._mm256_unpackhi_ps(a, b));
        let (cd_low, cd_high) = (avx._mm256_unpacklo_ps(c, d), avx._mm256_unpackhi_ps(c, d));
        columns[4 * h] = pulp::cast(avx._mm256_shuffle_ps::<0x44>(ab_low, cd_low));
        columns[4 * h + 1] = pulp::cast(avx._mm256_shuffle_ps::<0xee>(ab_low, cd_low));
        columns[4 * h + 2] = pulp::cast(avx._mm256_shuffle_ps::<0x44>(ab_high, cd_high));
        columns[4 * h + 3] = pulp::cast(avx._mm256_shuffle_ps::<0xee>(ab_high, cd_high));
    }
    columns
}

/// The same for a square that is in memory.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transpose_avx(simd: V3, rows: Square) -> Square {
    let half = |r: usize, h: usize| -> [f32; 4] { std::array::from_fn(|c| rows[r][4 * h + c]) };
    transpose_halves_avx(simd, |r, h| join(simd, half(r, h), half(r + 4, h)))
}

/// Two times four words side by side.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn join(simd: V3, low: [f32; 4], high: [f32; 4]) -> __m256 {
    let (low, high): (__m128, __m128) = (pulp::cast(low), pulp::cast(high));
    simd.avx
        ._mm256_insertf128_ps::<1>(simd.avx._mm256_castps128_ps256(low), high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "words are moved, not computed with")]
    fn both_ways_swap_rows_and_columns() {
        let rows: Square = std::array::from_fn(|r| std::array::from_fn(|c| (10 * r + c) as f32));
        let columns = Plain.square(rows);
        assert!(columns[3][5] == 53.0);
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = V3::try_new() {
            assert_eq!(simd.vectorize(|| simd.square(rows)), columns);
        }
    }
}
