//! From planar samples to the bytes of a file: quantise row by row, then interleave and pack at once, where AVX2 is there
//! four channels of eight frames in one go.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::__m256i;

#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;

use super::header::BitDepth;
use crate::audio::{Block, LINE, Lined};
use crate::dsp::dither::{self, WordLength};
use crate::format::magnitude::largest_magnitude;
use crate::units::Frames;

/// Words of a tile, 32 KiB: about the first-level cache. With half of it 24 channels are packed in runs too short to pay for
/// their beginnings.
const TILE: usize = 8192;

/// Words added to each row of a tile, so that rows do not alias in the cache. Rows begin on borders of its lines, because
/// a tile has whole [runs](dither::RUN) of frames.
const ROW_PADDING: usize = LINE;

/// Frames and channels that are interleaved in one go.
const FRAMES: usize = 8;
const CHANNELS: usize = 4;

/// What one channel has come to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct ChannelTally {
    /// The largest magnitude written, as the reader of the file will see it.
    pub(super) peak: f32,
    /// Samples that were beyond full scale and were held there.
    pub(super) clipped: u64,
    /// The largest magnitude of these; 0 if there are none.
    pub(super) over: f32,
}

/// A sample that is not finite was to be written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NotFinite {
    pub(super) channel: usize,
    pub(super) frame: u64,
    pub(super) sample: f32,
}

/// Turns planar samples into interleaved bytes.
#[derive(Debug)]
pub(super) struct Packer {
    depth: BitDepth,
    channels: usize,
    /// Channels that are rounded without dither; those beyond the list get it.
    exact: Vec<bool>,
    /// Frames converted at a time.
    tile_frames: usize,
    /// One row of words per channel.
    planar: Lined<i32>,
    tallies: Vec<ChannelTally>,
    #[cfg(target_arch = "x86_64")]
    simd: Option<V3>,
}

impl Packer {
    pub(super) fn new(depth: BitDepth, channels: usize) -> Self {
        let tile_frames = (TILE / channels / dither::RUN).clamp(1, 32) * dither::RUN;
        Self {
            depth,
            channels,
            exact: Vec::new(),
            tile_frames,
            planar: Lined::new(channels * (tile_frames + ROW_PADDING)),
            tallies: vec![ChannelTally::default(); channels],
            #[cfg(target_arch = "x86_64")]
            simd: V3::try_new(),
        }
    }

    /// The same packer, which rounds the channels that are true in `exact` without dither.
    #[must_use]
    pub(super) fn with_exact(self, exact: Vec<bool>) -> Self {
        Self { exact, ..self }
    }

    /// Most frames that [`pack`](Self::pack) takes at a time.
    pub(super) fn tile_frames(&self) -> usize {
        self.tile_frames
    }

    /// What each channel has come to so far.
    pub(super) fn tallies(&self) -> &[ChannelTally] {
        &self.tallies
    }

    /// Packs `frames` frames of `block` from frame `from` on into `out`, which has room for just them.
    /// `rows[c]` is the row of channel `c`; `first` is the absolute frame of the first one. Row and frame select the
    /// dither, so that it does not depend on the order of channels, on their files or on where a file begins.
    pub(super) fn pack(
        &mut self,
        block: &Block,
        rows: &[usize],
        from: usize,
        frames: usize,
        first: u64,
        out: &mut [u8],
    ) -> Result<(), NotFinite> {
        let stride = self.tile_frames + ROW_PADDING;
        for (channel, &row) in rows.iter().enumerate() {
            let samples = &block.row(row)[from..from + frames];
            let words = &mut self.planar.words_mut()[channel * stride..][..frames];
            let tally = &mut self.tallies[channel];
            let is_exact = self.exact.get(channel).is_some_and(|&exact| exact);
            let noise = (!is_exact).then_some((row, Frames(first)));
            let finite = match self.depth {
                BitDepth::Int16 => quantise(samples, WordLength::Bits16, noise, words, tally),
                BitDepth::Int24 => quantise(samples, WordLength::Bits24, noise, words, tally),
                BitDepth::Float32 => as_they_are(samples, words, tally),
            };
            if !finite {
                let bad = samples.iter().position(|x| !x.is_finite()).unwrap_or(0);
                return Err(NotFinite {
                    channel,
                    frame: first + bad as u64,
                    sample: samples[bad],
                });
            }
        }
        match self.depth {
            BitDepth::Int16 => self.interleave::<2>(out),
            BitDepth::Int24 => self.interleave::<3>(out),
            BitDepth::Float32 => self.interleave::<4>(out),
        }
        Ok(())
    }

    /// The lower `BYTES` bytes of the words of the tile, frame by frame, as many frames as `out` holds.
    fn interleave<const BYTES: usize>(&self, out: &mut [u8]) {
        let stride = self.tile_frames + ROW_PADDING;
        let frame_bytes = BYTES * self.channels;
        let mut done = 0;
        #[cfg(target_arch = "x86_64")]
        if let (Some(simd), 1 | 2 | CHANNELS..) = (self.simd, self.channels) {
            done = out.len() / frame_bytes / FRAMES * FRAMES;
            let out = &mut out[..done * frame_bytes];
            let (planar, channels) = (self.planar.words(), self.channels);
            simd.vectorize(
                #[inline(always)]
                || match channels {
                    1 => pack_mono_avx::<BYTES>(simd, planar, out),
                    2 => pack_stereo_avx::<BYTES>(simd, planar, stride, out),
                    _ => interleave_avx::<BYTES>(simd, planar, stride, channels, out),
                },
            );
        }
        let frames = out.chunks_exact_mut(frame_bytes).enumerate().skip(done);
        for (frame, out) in frames {
            let rows = self.planar.words()[frame..].iter().step_by(stride);
            for (out, word) in out.as_chunks_mut::<BYTES>().0.iter_mut().zip(rows) {
                out.copy_from_slice(&word.to_le_bytes()[..BYTES]);
            }
        }
    }
}

/// The same for whole groups of frames of four channels and more. `planar` holds a row of words for each of the
/// channels, `stride` words apart.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn interleave_avx<const BYTES: usize>(
    simd: V3,
    planar: &[i32],
    stride: usize,
    channels: usize,
    out: &mut [u8],
) {
    let avx2 = simd.avx2;
    let frame_bytes = BYTES * channels;
    for (n, out) in out.chunks_exact_mut(FRAMES * frame_bytes).enumerate() {
        // Of one length, so that one look at the bounds does for all.
        let frames = frames(out, frame_bytes);
        for group in (0..channels).step_by(CHANNELS) {
            // The last group overlaps the one before it.
            let first = group.min(channels - CHANNELS);
            let rows = &planar[first * stride + n * FRAMES..];
            let row = |channel: usize| eight_words(&rows[channel * stride..]);
            let (a, b, c, d) = (row(0), row(1), row(2), row(3));
            let (ab, cd) = (
                avx2._mm256_unpacklo_epi32(a, b),
                avx2._mm256_unpacklo_epi32(c, d),
            );
            let (ab_high, cd_high) = (
                avx2._mm256_unpackhi_epi32(a, b),
                avx2._mm256_unpackhi_epi32(c, d),
            );
            // Each holds one frame of the first four and one of the second.
            let pairs = [
                avx2._mm256_unpacklo_epi64(ab, cd),
                avx2._mm256_unpackhi_epi64(ab, cd),
                avx2._mm256_unpacklo_epi64(ab_high, cd_high),
                avx2._mm256_unpackhi_epi64(ab_high, cd_high),
            ];
            // The next group of the frame is written over what is too much.
            let has_room = BYTES * first + 16 <= frame_bytes;
            for (frame, pair) in pairs.into_iter().enumerate() {
                let [upper, lower] = kept_avx::<BYTES>(simd, pair);
                store_four::<BYTES>(&upper, has_room, &mut frames[frame][BYTES * first..]);
                let frame = frame + FRAMES / 2;
                store_four::<BYTES>(&lower, has_room, &mut frames[frame][BYTES * first..]);
            }
        }
    }
}

/// The same for one channel.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn pack_mono_avx<const BYTES: usize>(simd: V3, row: &[i32], out: &mut [u8]) {
    for (n, out) in out.chunks_exact_mut(8 * BYTES).enumerate() {
        store_eight_avx::<BYTES>(simd, eight_words(&row[n * FRAMES..]), out);
    }
}

/// The same for two channels.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn pack_stereo_avx<const BYTES: usize>(simd: V3, planar: &[i32], stride: usize, out: &mut [u8]) {
    let avx2 = simd.avx2;
    for (n, out) in out.chunks_exact_mut(16 * BYTES).enumerate() {
        let rows = &planar[n * FRAMES..];
        let (left, right) = (eight_words(rows), eight_words(&rows[stride..]));
        // Frames 0, 1 and 4, 5; frames 2, 3 and 6, 7.
        let even = avx2._mm256_unpacklo_epi32(left, right);
        let odd = avx2._mm256_unpackhi_epi32(left, right);
        let (first, second) = out.split_at_mut(8 * BYTES);
        let in_order = avx2._mm256_permute2x128_si256::<0x20>(even, odd);
        store_eight_avx::<BYTES>(simd, in_order, first);
        let in_order = avx2._mm256_permute2x128_si256::<0x31>(even, odd);
        store_eight_avx::<BYTES>(simd, in_order, second);
    }
}

/// The first words of `row`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn eight_words(row: &[i32]) -> __m256i {
    let words: [i32; FRAMES] = *row
        .first_chunk()
        .expect("a row of the tile holds whole groups of frames");
    pulp::cast(words)
}

/// The frames of a group, `bytes` bytes each.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn frames(mut group: &mut [u8], bytes: usize) -> [&mut [u8]; FRAMES] {
    std::array::from_fn(
        #[inline(always)]
        |_| {
            let (frame, rest) = std::mem::take(&mut group).split_at_mut(bytes);
            group = rest;
            frame
        },
    )
}

/// Stores the lower `BYTES` bytes of eight words, one after the other.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn store_eight_avx<const BYTES: usize>(simd: V3, words: __m256i, out: &mut [u8]) {
    let [upper, lower] = kept_avx::<BYTES>(simd, words);
    store_four::<BYTES>(&upper, 8 * BYTES >= 16, out);
    store_four::<BYTES>(&lower, false, &mut out[4 * BYTES..]);
}

/// Stores the first bytes of `half`, `BYTES` for each of four words, or all of it if there `has_room`: one step
/// in place of two.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn store_four<const BYTES: usize>(half: &[u8; 16], has_room: bool, out: &mut [u8]) {
    if has_room {
        out[..16].copy_from_slice(half);
    } else {
        out[..4 * BYTES].copy_from_slice(&half[..4 * BYTES]);
    }
}

/// The lower `BYTES` bytes of each word, to the front of its half of the register.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn kept_avx<const BYTES: usize>(simd: V3, words: __m256i) -> [[u8; 16]; 2] {
    let gather: __m256i = pulp::cast(const { kept_bytes(BYTES) });
    pulp::cast(simd.avx2._mm256_shuffle_epi8(words, gather))
}

/// For each half of a register: the lower `bytes` bytes of its four words, one after the other.
const fn kept_bytes(bytes: usize) -> [i8; 32] {
    let mut order = [-1; 32];
    let mut n = 0;
    while n < bytes * CHANNELS {
        order[n] = (n / bytes * 4 + n % bytes) as i8;
        order[16 + n] = order[n];
        n += 1;
    }
    order
}

/// Integers of one row, with the dither of a channel and frame if one is given; false if a sample is not
/// finite.
fn quantise(
    samples: &[f32],
    word: WordLength,
    noise: Option<(usize, Frames)>,
    words: &mut [i32],
    tally: &mut ChannelTally,
) -> bool {
    let facts = match noise {
        Some((channel, first)) => dither::quantise(samples, word, channel, first, words),
        None => dither::round(samples, word, words),
    };
    tally.peak = tally.peak.max(facts.peak as f32 / word.full_scale());
    tally.clipped += facts.clipped;
    tally.over = tally.over.max(facts.over);
    facts.finite
}

/// The bits of one row of floats; false if a sample is not finite.
fn as_they_are(samples: &[f32], words: &mut [i32], tally: &mut ChannelTally) -> bool {
    for (word, sample) in words.iter_mut().zip(samples) {
        *word = sample.to_bits() as i32;
    }
    let largest = largest_magnitude(samples);
    tally.peak = tally.peak.max(largest);
    largest.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn vector_and_plain_code_agree() {
        for depth in [BitDepth::Int16, BitDepth::Int24, BitDepth::Float32] {
            for channels in (1..=13).chain([16, 24]) {
                let mut packer = Packer::new(depth, channels);
                for (n, word) in packer.planar.words_mut().iter_mut().enumerate() {
                    *word = (n as i32).wrapping_mul(0x6c07_8965);
                }
                for frames in [3, 8, 29, packer.tile_frames] {
                    let packed = |packer: &Packer| {
                        let mut out = vec![0x55; frames * channels * depth.bytes()];
                        match depth {
                            BitDepth::Int16 => packer.interleave::<2>(&mut out),
                            BitDepth::Int24 => packer.interleave::<3>(&mut out),
                            BitDepth::Float32 => packer.interleave::<4>(&mut out),
                        }
                        out
                    };
                    packer.simd = V3::try_new();
                    let vector = packed(&packer);
                    packer.simd = None;
                    assert!(
                        vector == packed(&packer),
                        "{depth:?}, {frames} frames of {channels} channels"
                    );
                }
            }
        }
    }
}
