//! From planar samples to the bytes of a file: quantise row by row, transpose to interleaved words, pack.

use pulp::Arch;
#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;

use super::header::BitDepth;
use crate::audio::Block;
use crate::dsp::dither::{self, WordLength};
use crate::dsp::transpose::{self, SIDE, Square};
use crate::format::magnitude::largest_magnitude;
use crate::units::Frames;

/// Words of a tile: 16 KiB of planar and as much of interleaved words.
const TILE: usize = 4096;

/// Floats added to each row of a tile, so that the rows do not alias in the cache.
const ROW_PADDING: usize = 8;

/// What one channel has come to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct ChannelTally {
    /// The largest magnitude written, as the reader of the file will see it.
    pub(super) peak: f32,
    /// Samples that were beyond full scale and were held there.
    pub(super) clipped: u64,
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
    /// Number of the first channel among all that belong together; selects the dither.
    first_channel: usize,
    /// Frames converted at a time, a multiple of the side of a square.
    tile_frames: usize,
    /// One row of words per channel.
    planar: Vec<i32>,
    /// The words of one frame after another, and a square's side of slack.
    interleaved: Vec<i32>,
    tallies: Vec<ChannelTally>,
    #[cfg(target_arch = "x86_64")]
    simd: Option<V3>,
}

impl Packer {
    pub(super) fn new(depth: BitDepth, channels: usize, first_channel: usize) -> Self {
        let tile_frames = (TILE / channels / SIDE).clamp(1, 128) * SIDE;
        Self {
            depth,
            channels,
            first_channel,
            tile_frames,
            planar: vec![0; channels * (tile_frames + ROW_PADDING)],
            interleaved: vec![0; channels * tile_frames + SIDE],
            tallies: vec![ChannelTally::default(); channels],
            #[cfg(target_arch = "x86_64")]
            simd: V3::try_new(),
        }
    }

    /// Most frames that [`pack`](Self::pack) takes at a time.
    pub(super) fn tile_frames(&self) -> usize {
        self.tile_frames
    }

    /// What each channel has come to so far.
    pub(super) fn tallies(&self) -> &[ChannelTally] {
        &self.tallies
    }

    /// Packs `frames` frames of `block` from frame `from` on into `out`, which has room for them and
    /// [`SLACK`](Self::SLACK) bytes more. `rows[c]` is the row of channel `c`; `first` is the absolute
    /// frame of the first one.
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
            let words = &mut self.planar[channel * stride..][..frames];
            let tally = &mut self.tallies[channel];
            let noise = self.first_channel + channel;
            let finite = match self.depth {
                BitDepth::Int16 => {
                    quantise(samples, WordLength::Bits16, noise, first, words, tally)
                }
                BitDepth::Int24 => {
                    quantise(samples, WordLength::Bits24, noise, first, words, tally)
                }
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
        self.interleave(frames);
        self.to_bytes(frames, out);
        Ok(())
    }

    /// Bytes beyond the last sample that packing may write to.
    pub(super) const SLACK: usize = 32;

    fn interleave(&mut self, frames: usize) {
        let stride = self.tile_frames + ROW_PADDING;
        if self.channels < SIDE {
            let words = &mut self.interleaved[..frames * self.channels];
            match self.channels {
                1 => words.copy_from_slice(&self.planar[..frames]),
                2 => {
                    let (left, right) = self.planar.split_at(stride);
                    let pairs = words.as_chunks_mut::<2>().0;
                    for ((pair, left), right) in pairs.iter_mut().zip(left).zip(right) {
                        *pair = [*left, *right];
                    }
                }
                channels => {
                    for (channel, row) in self.planar.chunks_exact(stride).enumerate() {
                        for (frame, &word) in words.chunks_exact_mut(channels).zip(&row[..frames]) {
                            frame[channel] = word;
                        }
                    }
                }
            }
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = self.simd {
            simd.vectorize(
                #[inline(always)]
                || self.squares(frames, |rows| transpose::transpose_avx(simd, rows)),
            );
            return;
        }
        self.squares(frames, transpose::transpose_plain);
    }

    /// Transposes the tile square by square. The last square of channels overlaps the one before it;
    /// frames beyond the last one are whatever the rows hold there and are overwritten or not used.
    #[inline(always)]
    fn squares(&mut self, frames: usize, transpose: impl Fn(Square) -> Square) {
        let stride = self.tile_frames + ROW_PADDING;
        let channels = self.channels;
        for frame in (0..frames).step_by(SIDE) {
            for group in (0..channels).step_by(SIDE) {
                let first = group.min(channels - SIDE);
                let mut square: Square = [[0.0; SIDE]; SIDE];
                for (n, row) in square.iter_mut().enumerate() {
                    let at = (first + n) * stride + frame;
                    let words: [i32; SIDE] = self.planar[at..at + SIDE]
                        .try_into()
                        .expect("the range is as long as a side");
                    *row = pulp::cast(words);
                }
                for (n, row) in transpose(square).into_iter().enumerate() {
                    let at = (frame + n) * channels + first;
                    let words: [i32; SIDE] = pulp::cast(row);
                    self.interleaved[at..at + SIDE].copy_from_slice(&words);
                }
            }
        }
    }

    fn to_bytes(&self, frames: usize, out: &mut [u8]) {
        let samples = frames * self.channels;
        let words = &self.interleaved[..samples];
        match self.depth {
            BitDepth::Int16 => Arch::new().dispatch(
                #[inline(always)]
                || {
                    for (out, word) in out.as_chunks_mut::<2>().0.iter_mut().zip(words) {
                        *out = (*word as i16).to_le_bytes();
                    }
                },
            ),
            BitDepth::Float32 => {
                for (out, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(words) {
                    *out = word.to_le_bytes();
                }
            }
            BitDepth::Int24 => {
                #[cfg(target_arch = "x86_64")]
                if let Some(simd) = self.simd {
                    let words = &self.interleaved[..samples.next_multiple_of(SIDE)];
                    simd.vectorize(
                        #[inline(always)]
                        || int24_avx(simd, words, out),
                    );
                    return;
                }
                for (out, word) in out.as_chunks_mut::<3>().0.iter_mut().zip(words) {
                    let [a, b, c, _] = word.to_le_bytes();
                    *out = [a, b, c];
                }
            }
        }
    }
}

/// Dithered integers of one row; false if a sample is not finite.
fn quantise(
    samples: &[f32],
    word: WordLength,
    channel: usize,
    first: u64,
    words: &mut [i32],
    tally: &mut ChannelTally,
) -> bool {
    let facts = dither::quantise(samples, word, channel, Frames(first), words);
    tally.peak = tally.peak.max(facts.peak as f32 / word.full_scale());
    tally.clipped += facts.clipped;
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

/// Packs words to 24 bits, eight at a time; writes up to four bytes beyond the last.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn int24_avx(simd: V3, words: &[i32], out: &mut [u8]) {
    use std::arch::x86_64::__m256i;
    // The lower three bytes of each word, to the front of each half of the register.
    const GATHER: [i8; 32] = [
        0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, //
        0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,
    ];
    let gather: __m256i = pulp::cast(GATHER);
    for (n, words) in words.as_chunks::<8>().0.iter().enumerate() {
        let packed = simd.avx2._mm256_shuffle_epi8(pulp::cast(*words), gather);
        let halves: [[u8; 16]; 2] = pulp::cast(packed);
        let out = &mut out[24 * n..24 * n + 28];
        out[..16].copy_from_slice(&halves[0]);
        out[12..].copy_from_slice(&halves[1]);
    }
}
