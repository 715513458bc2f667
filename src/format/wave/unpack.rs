//! From the bytes of a file to planar samples.
//!
//! Two steps on a tile that stays in the first-level cache: bytes to interleaved floats, one straight run
//! whatever the number of channels; then 8 × 8 transposes into the rows of the block. For 24 bits, the
//! usual form, AVX2 does both at once. Plain and vector code give the same bits: all steps are exact, or
//! round once and to nearest.

use pulp::Arch;
#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;

use super::chunks::take;
use super::header::Encoding;
use crate::dsp::transpose::{self, SIDE, Square};
use crate::format::magnitude::largest_magnitude;

/// Bytes that must stand before the first sample: a vector load of eight 24-bit samples begins so much
/// early, which lays four of them in each half of the register.
pub(super) const LEAD: usize = 4;

/// Bytes that must stand after the last sample: samples are taken eight at a time, and the last load
/// ends four bytes late.
pub(super) const TAIL: usize = 28;

/// Floats of a tile: 16 KiB, half of a usual first-level cache.
const TILE: usize = 4096;

/// Where the samples of one block go.
pub(super) struct Destination<'a> {
    /// The store of the block.
    pub(super) samples: &'a mut [f32],
    /// Floats between its rows.
    pub(super) stride: usize,
    /// Frame of the block at which to begin.
    pub(super) first: usize,
    /// The row of each channel, if it is wanted.
    pub(super) rows: &'a [Option<usize>],
}

/// Turns interleaved bytes into planar samples.
#[derive(Debug)]
pub(super) struct Unpacker {
    encoding: Encoding,
    channels: usize,
    /// Frames converted at a time, a multiple of the side of a square.
    tile_frames: usize,
    /// Interleaved floats, and a square's side of slack.
    tile: Vec<f32>,
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
        #[cfg(target_arch = "x86_64")]
        if let (Encoding::Int24, Some(simd), 3..) = (self.encoding, self.simd, self.channels) {
            simd.vectorize(
                #[inline(always)]
                || int24_to_rows(simd, &bytes[start..], self.channels, frames, &mut to),
            );
            return Ok(());
        }
        let frame_bytes = self.channels * self.encoding.bytes();
        let mut done = 0;
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
            self.to_rows(count, &mut to);
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
        Arch::new().dispatch(
            #[inline(always)]
            || to_float_plain(encoding, bytes, out),
        );
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
    fn to_rows(&self, frames: usize, to: &mut Destination<'_>) {
        match self.channels {
            1 => {
                if let Some(row) = to.rows[0] {
                    let at = row * to.stride + to.first;
                    to.samples[at..at + frames].copy_from_slice(&self.tile[..frames]);
                }
            }
            2 => {
                let pairs = &self.tile.as_chunks::<2>().0[..frames];
                for (side, row) in to.rows.iter().enumerate() {
                    if let Some(row) = row {
                        let at = row * to.stride + to.first;
                        let out = &mut to.samples[at..at + frames];
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
            }
            channels => {
                let tile = &self.tile;
                let square = |first: usize, frame: usize| -> Square {
                    std::array::from_fn(|n| {
                        let at = (frame + n) * channels + first;
                        tile[at..at + SIDE]
                            .try_into()
                            .expect("the range is as long as a side")
                    })
                };
                let single = |channel: usize, frame: usize| tile[frame * channels + channel];
                #[cfg(target_arch = "x86_64")]
                if let Some(simd) = self.simd {
                    simd.vectorize(
                        #[inline(always)]
                        || {
                            let columns =
                                |first, frame| transpose::transpose_avx(simd, square(first, frame));
                            squares_to_rows(channels, frames, to, columns, single);
                        },
                    );
                    return;
                }
                let columns = |first, frame| transpose::transpose_plain(square(first, frame));
                squares_to_rows(channels, frames, to, columns, single);
            }
        }
    }
}

/// Fills the wanted rows square by square, eight channels after eight, so that only eight rows of the block
/// are written at a time. `columns(c, f)` gives the samples of eight frames from `f` on, for eight channels
/// from `c` on; `single(c, f)` gives one sample.
#[inline(always)]
fn squares_to_rows(
    channels: usize,
    frames: usize,
    to: &mut Destination<'_>,
    columns: impl Fn(usize, usize) -> Square,
    single: impl Fn(usize, usize) -> f32,
) {
    let whole = frames / SIDE * SIDE;
    let width = SIDE.min(channels);
    for group in (0..channels).step_by(SIDE) {
        // The last group overlaps the one before it, if there is one; of fewer than eight channels the
        // rest of the square is the beginning of the next frame and is not stored.
        let first = group.min(channels - width);
        let mut starts = [None; SIDE];
        for (start, row) in starts.iter_mut().zip(&to.rows[first..first + width]) {
            *start = row.map(|row| row * to.stride + to.first);
        }
        if starts.iter().all(Option::is_none) {
            continue;
        }
        for frame in (0..whole).step_by(SIDE) {
            for (start, column) in starts.iter().zip(&columns(first, frame)) {
                if let Some(start) = start {
                    to.samples[start + frame..start + frame + SIDE].copy_from_slice(column);
                }
            }
        }
        for (n, start) in starts.iter().enumerate() {
            if let Some(start) = start {
                for frame in whole..frames {
                    to.samples[start + frame] = single(first + n, frame);
                }
            }
        }
    }
}

/// 24-bit samples straight into the rows. `bytes` begins with the first sample and goes on for [`TAIL`]
/// after the last.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn int24_to_rows(simd: V3, bytes: &[u8], channels: usize, frames: usize, to: &mut Destination<'_>) {
    use std::arch::x86_64::{__m128i, __m256, __m256i};
    // As in `int24_avx`; here both halves begin with a sample.
    const SPREAD: [i8; 32] = [
        -1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, //
        -1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11,
    ];
    let spread: __m256i = pulp::cast(SPREAD);
    let scale = simd.avx._mm256_set1_ps(1.0 / 2_147_483_648.0);
    let frame_bytes = 3 * channels;
    let four = |at: usize| -> __m128i { pulp::cast(take::<16>(bytes, at)) };
    let columns = |first: usize, frame: usize| {
        transpose::transpose_halves_avx(
            simd,
            #[inline(always)]
            |n, half| -> __m256 {
                let at = (frame + n) * frame_bytes + 3 * first + 12 * half;
                let low = simd.avx._mm256_castsi128_si256(four(at));
                let both = simd
                    .avx2
                    ._mm256_inserti128_si256::<1>(low, four(at + 4 * frame_bytes));
                let words = simd.avx2._mm256_shuffle_epi8(both, spread);
                simd.avx
                    ._mm256_mul_ps(simd.avx._mm256_cvtepi32_ps(words), scale)
            },
        )
    };
    let single = |channel: usize, frame: usize| {
        let mut sample = [0.0];
        let at = frame * frame_bytes + 3 * channel;
        to_float_plain(Encoding::Int24, &bytes[at..at + 3], &mut sample);
        sample[0]
    };
    squares_to_rows(channels, frames, to, columns, single);
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
