//! Channels side by side: rows of a passage as frames of `f64`, and back.
//!
//! Work that goes from frame to frame (filters, envelopes) cannot be spread over frames, so it is spread
//! over channels: up to four of them are one frame of `f64` lanes. Work happens in chunks that end at
//! multiples of [`CHUNK`] frames, counted by each processor from its first frame; whatever is done once per
//! chunk happens at the same frame whatever the lengths of the blocks.

use crate::audio::PassageMut;

/// Frames worked on together, at most.
pub(crate) const CHUNK: usize = 64;

/// The smallest normal `f32`: what is smaller is taken for silence, because arithmetic on it is slow.
const LEAST: u32 = 0x0080_0000;

/// The frames of one chunk.
pub(crate) type Lanes<const L: usize> = [[f64; L]; CHUNK];

/// Reads `frames` frames from `offset` on of the `L` rows from `first` on.
#[inline(always)]
pub(crate) fn gather<const L: usize>(
    sound: &PassageMut<'_>,
    first: usize,
    offset: usize,
    frames: usize,
    lanes: &mut Lanes<L>,
) {
    for lane in 0..L {
        let row = &sound.row(first + lane)[offset..][..frames];
        for (frame, sample) in lanes.iter_mut().zip(row) {
            frame[lane] = f64::from(audible(*sample));
        }
    }
}

/// Writes them back.
#[inline(always)]
pub(crate) fn scatter<const L: usize>(
    lanes: &Lanes<L>,
    sound: &mut PassageMut<'_>,
    first: usize,
    offset: usize,
    frames: usize,
) {
    for lane in 0..L {
        let row = &mut sound.row_mut(first + lane)[offset..][..frames];
        for (frame, sample) in lanes.iter().zip(row) {
            *sample = single(frame[lane]);
        }
    }
}

/// The sample, or 0 for one too small to be a normal number.
#[inline(always)]
pub(crate) fn audible(sample: f32) -> f32 {
    let bits = sample.to_bits();
    if bits & 0x7fff_ffff < LEAST {
        0.0
    } else {
        sample
    }
}

/// As an `f32`, within its range; what is too small for it is 0.
#[inline(always)]
pub(crate) fn single(sample: f64) -> f32 {
    let held = sample.clamp(f64::from(f32::MIN), f64::from(f32::MAX));
    if held.abs() < f64::from(f32::MIN_POSITIVE) {
        0.0
    } else {
        held as f32
    }
}

/// Cuts `frames` frames, of which the first is number `position`, where chunks end: calls `work` with the
/// offset and length of each piece, and whether the chunk ends with it.
#[inline(always)]
pub(crate) fn for_each_chunk(
    position: u64,
    frames: usize,
    mut work: impl FnMut(usize, usize, bool),
) {
    let mut offset = 0;
    while offset < frames {
        let in_chunk = ((position + offset as u64) % CHUNK as u64) as usize;
        let length = (CHUNK - in_chunk).min(frames - offset);
        work(offset, length, in_chunk + length == CHUNK);
        offset += length;
    }
}
