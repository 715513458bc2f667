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

/// What is louder, +120 dBFS, is held there: sums and squares of it are still numbers.
const LOUDEST: f32 = 1e6;

/// The sample, [`audible`] and not louder than +120 dBFS.
#[inline(always)]
pub(crate) fn held(sample: f32) -> f32 {
    audible(sample).clamp(-LOUDEST, LOUDEST)
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

/// A piece of a run of frames that lies within one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// First frame.
    pub(crate) offset: usize,
    /// How many frames.
    pub(crate) length: usize,
    /// True if the chunk ends with it.
    pub(crate) ends: bool,
}

impl Cut {
    /// Its frames.
    #[inline(always)]
    pub(crate) fn span(self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.length
    }
}

/// Cuts `frames` frames, of which the first is number `position`, where chunks end.
///
/// To be walked by a plain loop: the body of a closure is not reliably inlined into what is compiled for the
/// processor at hand.
#[inline(always)]
pub(crate) fn chunks(position: u64, frames: usize) -> Cuts {
    Cuts {
        in_chunk: (position % CHUNK as u64) as usize,
        offset: 0,
        frames,
    }
}

/// See [`chunks`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cuts {
    in_chunk: usize,
    offset: usize,
    frames: usize,
}

impl Iterator for Cuts {
    type Item = Cut;

    #[inline(always)]
    fn next(&mut self) -> Option<Cut> {
        let left = self.frames - self.offset;
        if left == 0 {
            return None;
        }
        let length = (CHUNK - self.in_chunk).min(left);
        let cut = Cut {
            offset: self.offset,
            length,
            ends: self.in_chunk + length == CHUNK,
        };
        self.offset += length;
        self.in_chunk = (self.in_chunk + length) % CHUNK;
        Some(cut)
    }
}
