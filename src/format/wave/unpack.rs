//! From the bytes of a file to planar samples.
//!
//! Two steps on a tile that stays in the first-level cache: bytes to interleaved floats, one straight run
//! whatever the number of channels; then 8 × 8 transposes into the [rows](super::rows) of the block. For
//! 24 bits, the usual form, AVX2 does both at once. Plain and vector code give the same bits: all steps are
//! exact, or round once and to nearest.

#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;
use pulp::{Arch, NullaryFnOnce};

use super::chunks::take;
use super::header::Encoding;
use super::rows::{Destination, Interleaved, Starts, squares_to_rows};
use crate::dsp::transpose::{self, Plain, SIDE, Square, Transpose as _};
use crate::format::magnitude::largest_magnitude;

/// Bytes that must stand before the first sample: a vector load of eight 24-bit samples begins so much
/// early, which lays four of them in each half of the register.
pub(super) const LEAD: usize = 4;

/// Bytes that must stand after the last sample: samples are taken eight at a time, and the last load
/// ends four bytes late.
pub(super) const TAIL: usize = 28;

/// Floats of a tile: 16 KiB, half of a usual first-level cache.
const TILE: usize = 4096;

/// Turns interleaved bytes into planar samples.
#[derive(Debug)]
pub(super) struct Unpacker {
    encoding: Encoding,
    channels: usize,
    /// Frames converted at a time, a multiple of the side of a square.
    tile_frames: usize,
    /// Interleaved floats, and a square's side of slack.
    tile: Vec<f32>,
    starts: Starts,
    /// Used for 128 bits and more at a time, if this machine has AVX2.
    #[cfg(target_arch = "x86_64")]
    simd: Option<V3>,
}

/// A wanted sample that is not finite: its channel and its frame, counted from the first that was unpacked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NotFinite {
    pub(super) channel: usize,
    pub(super) frame: usize,
    pub(super) sample: f32,
}

impl Unpacker {
    pub(super) fn new(encoding: Encoding, channels: usize) -> Self {
        let tile_frames = (TILE / channels / SIDE).max(1) * SIDE;
        Self {
            encoding,
            channels,
            tile_frames,
            tile: vec![0.0; tile_frames * channels + SIDE],
            starts: Starts::new(channels),
            #[cfg(target_arch = "x86_64")]
            simd: V3::try_new(),
        }
    }

    /// Unpacks `frames` frames. The first begins at byte `start` of `bytes`, which has [`LEAD`] bytes
    /// before it and [`TAIL`] after the last.
    pub(super) fn unpack(
        &mut self,
        bytes: &[u8],
        start: usize,
        frames: usize,
        mut to: Destination<'_>,
    ) -> Result<(), NotFinite> {
        let frame_bytes = self.channels * self.encoding.bytes();
        let mut done = 0;
        #[cfg(target_arch = "x86_64")]
        if let (Encoding::Int24, Some(simd), 3..) = (self.encoding, self.simd, self.channels) {
            let whole = frames - frames % SIDE;
            let from = Interleaved {
                words: &bytes[start..],
                words_per_sample: 3,
                channels: self.channels,
                frames: whole,
            };
            let starts = &mut self.starts;
            simd.vectorize(
                #[inline(always)]
                || {
                    squares_to_rows(
                        from,
                        starts,
                        &mut to,
                        #[inline(always)]
                        |runs, first| int24_square(simd, runs, first),
                    );
                },
            );
            to.first += whole;
            done = whole;
        }
        while done < frames {
            let count = self.tile_frames.min(frames - done);
            let at = start + done * frame_bytes;
            self.fill_tile(bytes, at, count);
            if matches!(self.encoding, Encoding::Float32 | Encoding::Float64) {
                self.check_finite(count, to.rows).map_err(|e| NotFinite {
                    frame: done + e.frame,
                    ..e
                })?;
            }
            self.fill_rows(count, &mut to);
            to.first += count;
            done += count;
        }
        Ok(())
    }

    /// Bytes of `frames` frames to the floats of the tile.
    fn fill_tile(&mut self, bytes: &[u8], at: usize, frames: usize) {
        let samples = frames * self.channels;
        #[cfg(target_arch = "x86_64")]
        if let (Encoding::Int24, Some(simd)) = (self.encoding, self.simd) {
            let tile = &mut self.tile[..samples.next_multiple_of(SIDE)];
            simd.vectorize(
                #[inline(always)]
                || int24_avx(simd, &bytes[at - LEAD..], tile),
            );
            return;
        }
        let out = &mut self.tile[..samples];
        let bytes = &bytes[at..at + samples * self.encoding.bytes()];
        let encoding = self.encoding;
        Arch::new().dispatch(ToFloat {
            encoding,
            bytes,
            out,
        });
    }

    /// The first sample of the tile that is not finite, if its channel is wanted.
    fn check_finite(&self, frames: usize, rows: &[Option<usize>]) -> Result<(), NotFinite> {
        let tile = &self.tile[..frames * self.channels];
        if largest_magnitude(tile).is_finite() {
            return Ok(());
        }
        let found = tile
            .iter()
            .enumerate()
            .find(|(n, x)| !x.is_finite() && rows[n % self.channels].is_some());
        match found {
            Some((n, &sample)) => Err(NotFinite {
                channel: n % self.channels,
                frame: n / self.channels,
                sample,
            }),
            None => Ok(()),
        }
    }

    /// The floats of the tile to the rows of the block.
    fn fill_rows(&mut self, frames: usize, to: &mut Destination<'_>) {
        let whole = match self.channels {
            1 => 0,
            2 => self.fill_pair(frames, to),
            _ => self.fill_squares(frames, to),
        };
        if whole == frames {
            return;
        }
        for (channel, row) in to.rows.iter().enumerate() {
            if let Some(row) = row {
                let out = &mut to.samples[row * to.stride + to.first..][whole..frames];
                let samples = self.tile[whole * self.channels + channel..].iter();
                for (out, &sample) in out.iter_mut().zip(samples.step_by(self.channels)) {
                    *out = sample;
                }
            }
        }
    }

    /// Stereo to rows, all frames of it; returns how many that were.
    fn fill_pair(&self, frames: usize, to: &mut Destination<'_>) -> usize {
        let pairs = &self.tile.as_chunks::<2>().0[..frames];
        for (side, row) in to.rows.iter().enumerate() {
            if let Some(row) = row {
                let out = &mut to.samples[row * to.stride + to.first..][..frames];
                Arch::new().dispatch(
                    #[inline(always)]
                    || {
                        for (out, pair) in out.iter_mut().zip(pairs) {
                            *out = pair[side];
                        }
                    },
                );
            }
        }
        frames
    }

    /// Three and more channels to rows, as many frames as fill squares; returns how many that were.
    fn fill_squares(&mut self, frames: usize, to: &mut Destination<'_>) -> usize {
        let whole = frames - frames % SIDE;
        let from = Interleaved {
            words: &self.tile,
            words_per_sample: 1,
            channels: self.channels,
            frames: whole,
        };
        let starts = &mut self.starts;
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = self.simd {
            simd.vectorize(
                #[inline(always)]
                || {
                    squares_to_rows(
                        from,
                        starts,
                        to,
                        #[inline(always)]
                        |runs, first| simd.square(float_square(runs, first)),
                    );
                },
            );
            return whole;
        }
        squares_to_rows(from, starts, to, |runs, first| {
            Plain.square(float_square(runs, first))
        });
        whole
    }
}

/// Eight samples, from channel `first` on, of eight frames.
#[inline(always)]
fn float_square(frames: [&[f32]; SIDE], first: usize) -> Square {
    std::array::from_fn(
        #[inline(always)]
        |n| {
            *frames[n][first..]
                .first_chunk()
                .expect("a run reaches over whole squares")
        },
    )
}

/// Eight 24-bit samples, from channel `first` on, of eight frames, as columns.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn int24_square(simd: V3, frames: [&[u8]; SIDE], first: usize) -> Square {
    use std::arch::x86_64::{__m128i, __m256, __m256i};
    // Each sample to the upper three bytes of its word, which also carries the sign up. A half of eight
    // samples is loaded with four bytes too many: behind it the first, before it the second.
    const SPREAD: [[i8; 32]; 2] = [
        [
            -1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, //
            -1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11,
        ],
        [
            -1, 4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, //
            -1, 4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15,
        ],
    ];
    let spread: [__m256i; 2] = pulp::cast(SPREAD);
    let scale = simd.avx._mm256_set1_ps(1.0 / 2_147_483_648.0);
    transpose::transpose_halves_avx(
        simd,
        #[inline(always)]
        |n, half| -> __m256 {
            let at = 3 * first + 8 * half;
            let upper: __m128i = pulp::cast(take::<16>(frames[n], at));
            let lower: __m128i = pulp::cast(take::<16>(frames[n + 4], at));
            let both = simd
                .avx2
                ._mm256_inserti128_si256::<1>(simd.avx._mm256_castsi128_si256(upper), lower);
            let words = simd.avx2._mm256_shuffle_epi8(both, spread[half]);
            simd.avx
                ._mm256_mul_ps(simd.avx._mm256_cvtepi32_ps(words), scale)
        },
    )
}

/// 24-bit samples, eight at a time. `bytes` begins [`LEAD`] bytes before the first sample and goes on for
/// [`TAIL`] after the last; the length of `out` is a multiple of eight.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn int24_avx(simd: V3, bytes: &[u8], out: &mut [f32]) {
    use std::arch::x86_64::__m256i;
    // Moves each sample to the upper three bytes of its word, which also carries the sign up; the word is
    // then the sample times 256.
    const SPREAD: [i8; 32] = [
        -1, 4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, // bytes 4 to 15
        -1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, // bytes 16 to 27
    ];
    let spread: __m256i = pulp::cast(SPREAD);
    let scale = simd.avx._mm256_set1_ps(1.0 / 2_147_483_648.0);
    for (n, out) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let eight: [u8; 32] = take(bytes, 24 * n);
        let words = simd.avx2._mm256_shuffle_epi8(pulp::cast(eight), spread);
        let floats = simd.avx._mm256_cvtepi32_ps(words);
        *out = pulp::cast(simd.avx._mm256_mul_ps(floats, scale));
    }
}

/// [`to_float_plain`] for each instruction set. A named type rather than a closure, because only what is inlined
/// into `call` is compiled for the processor at hand.
struct ToFloat<'a> {
    encoding: Encoding,
    bytes: &'a [u8],
    out: &'a mut [f32],
}

impl NullaryFnOnce for ToFloat<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        to_float_plain(self.encoding, self.bytes, self.out);
    }
}

/// Samples of any encoding, one by one; the compiler makes vectors of all but 24 bits.
#[inline(always)]
fn to_float_plain(encoding: Encoding, bytes: &[u8], out: &mut [f32]) {
    match encoding {
        Encoding::Unsigned8 => {
            for (out, &byte) in out.iter_mut().zip(bytes) {
                *out = (f32::from(byte) - 128.0) * (1.0 / 128.0);
            }
        }
        Encoding::Int16 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *out = f32::from(i16::from_le_bytes(*bytes)) * (1.0 / 32_768.0);
            }
        }
        Encoding::Int24 => {
            for (out, &[a, b, c]) in out.iter_mut().zip(bytes.as_chunks::<3>().0) {
                let word = i32::from_le_bytes([0, a, b, c]);
                *out = word as f32 * (1.0 / 2_147_483_648.0);
            }
        }
        Encoding::Int32 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *out = i32::from_le_bytes(*bytes) as f32 * (1.0 / 2_147_483_648.0);
            }
        }
        Encoding::Float32 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *out = f32::from_le_bytes(*bytes);
            }
        }
        Encoding::Float64 => {
            for (out, bytes) in out.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *out = f64::from_le_bytes(*bytes) as f32;
            }
        }
    }
}
