//! The largest magnitude of each channel in the bytes of a file, in its integers (or floats).

#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};
use pulp::{Arch, NullaryFnOnce};

use super::chunks::take;
use super::header::BitDepth;
use crate::dsp::dither::WordLength;

/// Samples looked at together.
pub(super) const LANES: usize = 8;

/// The same, of 24 bits with AVX-512.
const WIDE: usize = 2 * LANES;

/// Fewest groups of 24-bit samples until the same places are raised again, so that none waits for the one before it.
/// Of other depths the compiler makes better vectors if the groups are few.
const APART: usize = 16;

/// The largest magnitude of each channel of interleaved samples, as they stand in a file.
#[derive(Debug)]
pub(super) struct BytePeaks {
    depth: BitDepth,
    channels: usize,
    /// As many groups of samples as it takes until a group begins with the first channel again, or several times as
    /// many: the largest magnitude so far of each place in them. Integers of 24 bits are held times 256, floats by
    /// their bits without the sign, which are in the order of the numbers.
    largest: Vec<[u32; LANES]>,
}

impl BytePeaks {
    pub(super) fn new(depth: BitDepth, channels: usize) -> Self {
        let shared = 1 << channels.trailing_zeros().min(LANES.trailing_zeros());
        let period = channels / shared;
        let periods = match depth {
            BitDepth::Int24 => APART.div_ceil(period).next_multiple_of(WIDE / LANES),
            BitDepth::Int16 | BitDepth::Float32 => 1,
        };
        Self {
            depth,
            channels,
            largest: vec![[0; LANES]; period * periods],
        }
    }

    /// Looks at whole frames.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let largest = &mut self.largest;
        match self.depth {
            BitDepth::Int16 => Arch::new().dispatch(Raise {
                largest,
                bytes,
                magnitudes: magnitudes_16,
            }),
            BitDepth::Int24 => {
                #[cfg(target_arch = "x86_64")]
                if let Some(simd) = V4::try_new() {
                    return simd.vectorize(
                        #[inline(always)]
                        || {
                            raise(
                                largest.as_flattened_mut().as_chunks_mut().0,
                                bytes,
                                #[inline(always)]
                                |sixteen| magnitudes_24_avx512(simd, sixteen),
                            );
                        },
                    );
                }
                #[cfg(target_arch = "x86_64")]
                if let Some(simd) = V3::try_new() {
                    return simd.vectorize(
                        #[inline(always)]
                        || {
                            raise(
                                largest,
                                bytes,
                                #[inline(always)]
                                |eight| magnitudes_24_avx(simd, eight),
                            );
                        },
                    );
                }
                raise(largest, bytes, magnitudes_24);
            }
            BitDepth::Float32 => Arch::new().dispatch(Raise {
                largest,
                bytes,
                magnitudes: magnitudes_float,
            }),
        }
    }

    /// The peaks, full scale 1.
    pub(super) fn peaks(&self) -> Vec<f32> {
        let mut largest = vec![0; self.channels];
        for (place, &magnitude) in self.largest.as_flattened().iter().enumerate() {
            let channel = &mut largest[place % self.channels];
            *channel = magnitude.max(*channel);
        }
        let peak = |&magnitude: &u32| match self.depth {
            BitDepth::Int16 => magnitude as f32 / WordLength::Bits16.full_scale(),
            BitDepth::Int24 => (magnitude >> 8) as f32 / WordLength::Bits24.full_scale(),
            BitDepth::Float32 => f32::from_bits(magnitude),
        };
        largest.iter().map(peak).collect()
    }
}

/// [`raise`] for each instruction set. A named type rather than a closure, because only what is inlined into
/// `call` is compiled for the processor at hand.
struct Raise<'a, const N: usize, F: Fn(&[u8; N]) -> [u32; LANES]> {
    largest: &'a mut [[u32; LANES]],
    bytes: &'a [u8],
    magnitudes: F,
}

impl<const N: usize, F: Fn(&[u8; N]) -> [u32; LANES]> NullaryFnOnce for Raise<'_, N, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        raise(self.largest, self.bytes, self.magnitudes);
    }
}

/// Raises `largest` to the magnitudes of all samples in `bytes`, `L` samples of together `N` bytes at a time.
#[inline(always)]
fn raise<const N: usize, const L: usize>(
    largest: &mut [[u32; L]],
    bytes: &[u8],
    magnitudes: impl Fn(&[u8; N]) -> [u32; L],
) {
    let rounds = bytes.chunks_exact(N * largest.len());
    let rest = rounds.remainder();
    for round in rounds {
        raise_round(largest, round.as_chunks::<N>().0, &magnitudes);
    }
    // What is missing from the last group is filled with silence.
    let (groups, rest) = rest.as_chunks::<N>();
    raise_round(largest, groups, &magnitudes);
    if let Some(last) = largest.get_mut(groups.len()) {
        let mut group = [0; N];
        group[..rest.len()].copy_from_slice(rest);
        raise_round(std::slice::from_mut(last), &[group], &magnitudes);
    }
}

#[inline(always)]
fn raise_round<const N: usize, const L: usize>(
    largest: &mut [[u32; L]],
    groups: &[[u8; N]],
    magnitudes: &impl Fn(&[u8; N]) -> [u32; L],
) {
    for (largest, group) in largest.iter_mut().zip(groups) {
        let found = magnitudes(group);
        for (largest, found) in largest.iter_mut().zip(found) {
            *largest = found.max(*largest);
        }
    }
}

#[inline(always)]
fn magnitudes_16(eight: &[u8; 16]) -> [u32; LANES] {
    let samples = eight.as_chunks::<2>().0;
    std::array::from_fn(|n| u32::from(i16::from_le_bytes(samples[n]).unsigned_abs()))
}

fn magnitudes_24(eight: &[u8; 24]) -> [u32; LANES] {
    let samples = eight.as_chunks::<3>().0;
    std::array::from_fn(|n| {
        let [a, b, c] = samples[n];
        i32::from_le_bytes([0, a, b, c]).unsigned_abs()
    })
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn magnitudes_24_avx(simd: V3, eight: &[u8; 24]) -> [u32; LANES] {
    use std::arch::x86_64::{__m128i, __m256i};
    // Each sample to the upper three bytes of its word: bytes 0 to 11 of the first half, 4 to 15 of the
    // second, which is loaded from byte 8 on.
    const SPREAD: [i8; 32] = [
        -1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, //
        -1, 4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15,
    ];
    let spread: __m256i = pulp::cast(SPREAD);
    let first: __m128i = pulp::cast(take::<16>(eight, 0));
    let second: __m128i = pulp::cast(take::<16>(eight, 8));
    let both = simd
        .avx2
        ._mm256_inserti128_si256::<1>(simd.avx._mm256_castsi128_si256(first), second);
    let words = simd.avx2._mm256_shuffle_epi8(both, spread);
    pulp::cast(simd.avx2._mm256_abs_epi32(words))
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn magnitudes_24_avx512(simd: V4, sixteen: &[u8; 48]) -> [u32; WIDE] {
    use std::arch::x86_64::{__m128i, __m256i, __m512i};
    // Three words, which are four samples, to each quarter of the register; there each sample to the upper three
    // bytes of a word.
    const QUARTERS: [u32; 16] = [0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11];
    const SPREAD: [[i8; 16]; 4] = [[-1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11]; 4];
    let avx = simd.avx512f;
    let first: __m256i = pulp::cast(take::<32>(sixteen, 0));
    let second: __m128i = pulp::cast(take::<16>(sixteen, 32));
    let all = avx._mm512_inserti64x4::<1>(
        avx._mm512_castsi256_si512(first),
        simd.avx._mm256_castsi128_si256(second),
    );
    let quarters = avx._mm512_permutexvar_epi32(pulp::cast(QUARTERS), all);
    let words: __m512i = simd
        .avx512bw
        ._mm512_shuffle_epi8(quarters, pulp::cast(SPREAD));
    pulp::cast(avx._mm512_abs_epi32(words))
}

#[inline(always)]
fn magnitudes_float(eight: &[u8; 32]) -> [u32; LANES] {
    let samples = eight.as_chunks::<4>().0;
    std::array::from_fn(|n| u32::from_le_bytes(samples[n]) & 0x7fff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_every_channel_is_looked_at() {
        for (depth, peak) in [
            (BitDepth::Int16, [0x00, 0x80, 0, 0]),
            (BitDepth::Int24, [0x00, 0x00, 0x80, 0]),
            (BitDepth::Float32, (-1.0f32).to_le_bytes()),
        ] {
            let bytes = depth.bytes();
            for channels in [1, 2, 3, 6, 8, 12, 22, 40] {
                for frames in [1, 3, 8, 21] {
                    for loud in 0..channels * frames {
                        let mut samples = vec![0; channels * frames * bytes];
                        samples[loud * bytes..][..bytes].copy_from_slice(&peak[..bytes]);
                        let mut meter = BytePeaks::new(depth, channels);
                        meter.add(&samples);
                        let mut expected = vec![0.0; channels];
                        expected[loud % channels] = 1.0;
                        let found = meter.peaks();
                        assert!(
                            found == expected,
                            "{depth:?}, sample {loud} of {frames} frames of {channels} channels: {found:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn vector_and_plain_code_agree() {
        let sixteen: [u8; 48] = std::array::from_fn(|n| (n * 37 + n * n * 11) as u8);
        let eights = sixteen.as_chunks::<24>().0;
        let plain = [magnitudes_24(&eights[0]), magnitudes_24(&eights[1])];
        if let Some(simd) = V3::try_new() {
            let vector = simd.vectorize(|| magnitudes_24_avx(simd, &eights[1]));
            assert_eq!(vector, plain[1]);
        }
        if let Some(simd) = V4::try_new() {
            let vector = simd.vectorize(|| magnitudes_24_avx512(simd, &sixteen));
            assert_eq!(vector, plain.as_flattened());
        }
    }
}
