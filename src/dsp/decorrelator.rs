//! Decorrelation filters and the convolver that plays the diffuse part of a scene through them
//! (ITU-R BS.2127, section 7.4).
//!
//! Each loudspeaker has an all-pass filter of random phase. All diffuse feeds of a loudspeaker are summed
//! first and pass its filter once.

use std::f64::consts::TAU;

use realfft::num_complex::Complex;

use super::Mt19937;
use super::transform::Transform;
use crate::audio::Block;

/// Length of a decorrelation filter in frames.
pub const TAPS: usize = 512;

/// Frames between the starts of two partitions. As long as the filter, so that a transform of twice the
/// length holds a partition's whole response.
const PARTITION: usize = TAPS;

/// Length of the convolution's transform.
const TRANSFORM: usize = 2 * PARTITION;

/// The decorrelation filter of `seed`: 512 taps, every bin of the transform of magnitude 1, so that the sum
/// of squares is 1. Bins 0 and 256 have phase 0, bin k between them the phase 2π u, with u the k-th number
/// of [`Mt19937`] as a share of 2³².
pub fn decorrelation_filter(seed: u32) -> [f64; TAPS] {
    let mut random = Mt19937::new(seed);
    let mut transform = Transform::new(TAPS);
    transform
        .spectrum
        .fill(Complex::new(1.0 / TAPS as f64, 0.0));
    for bin in &mut transform.spectrum[1..TAPS / 2] {
        let turns = f64::from(random.next_u32()) / 2.0_f64.powi(32);
        *bin *= Complex::cis(TAU * turns);
    }
    transform.inverse();
    std::array::from_fn(|n| transform.signal[n])
}

/// The seed of each channel: the place of its name when the names are sorted by their bytes.
fn seeds(names: &[&str]) -> Vec<u32> {
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    names
        .iter()
        .map(|name| sorted.partition_point(|other| other < name) as u32)
        .collect()
}

/// The decorrelation filters of the channels of a layout.
pub fn decorrelation_filters(names: &[&str]) -> Vec<[f64; TAPS]> {
    seeds(names).into_iter().map(decorrelation_filter).collect()
}

/// Plays every channel of a layout through its decorrelation filter.
///
/// - Time is cut into partitions of 512 frames that start at absolute frame 0, so that the result is the
///   same to the last bit for every length of block.
/// - The convolution is computed in `f64`: what comes out is exact to the rounding of its `f32`.
/// - Nothing is allocated after construction.
/// - A channel that is silent, and was so for the two partitions before, costs nothing.
pub struct Decorrelators {
    rows: Vec<Row>,
    transform: Transform,
    /// Frames of the present partition that are done.
    fill: usize,
}

/// One channel.
struct Row {
    /// Transform of the filter, divided by the transform's length.
    filter: Vec<Complex<f64>>,
    /// The present partition: what came in up to now, then what is still to go out.
    passing: Vec<f32>,
    /// What the last partition adds to the next one.
    overlap: Vec<f64>,
    /// Something came in in the present partition.
    sounding: bool,
    /// `passing` held something to go out when the partition began.
    playing: bool,
    /// `overlap` holds something.
    ringing: bool,
}

impl Decorrelators {
    /// Frames from an input frame to the first output frame it is heard in: output frame n + 512 is frame
    /// n of the filter's output.
    pub const LATENCY_FRAMES: usize = PARTITION;

    /// Frames by which everything that is not diffuse must be delayed to match: the latency and 255, the
    /// middle of the filter.
    pub const DIRECT_DELAY_FRAMES: usize = Self::LATENCY_FRAMES + (TAPS - 1) / 2;

    /// The decorrelators of a layout with the channels `names` (LFE included), in the order of the rows of
    /// the blocks to come. At absolute frame 0.
    pub fn new(names: &[&str]) -> Self {
        let mut transform = Transform::new(TRANSFORM);
        let rows = decorrelation_filters(names)
            .into_iter()
            .map(|filter| {
                transform.signal.fill(0.0);
                for (slot, tap) in transform.signal.iter_mut().zip(filter) {
                    *slot = tap / TRANSFORM as f64;
                }
                transform.forward();
                Row::new(transform.spectrum.clone())
            })
            .collect();
        Self {
            rows,
            transform,
            fill: 0,
        }
    }

    /// Filters `frames` frames of every row of `block` in place, from row offset `offset` on.
    ///
    /// # Panics
    /// If the block has fewer rows than there are channels, or the stretch does not lie within its frames.
    pub fn process(&mut self, block: &mut Block, offset: usize, frames: usize) {
        let mut done = 0;
        while done < frames {
            let stretch = (PARTITION - self.fill).min(frames - done);
            for (channel, row) in self.rows.iter_mut().enumerate() {
                let samples = &mut block.row_mut(channel)[offset + done..][..stretch];
                row.exchange(samples, self.fill);
            }
            done += stretch;
            self.fill += stretch;
            if self.fill == PARTITION {
                self.fill = 0;
                for row in &mut self.rows {
                    row.convolve(&mut self.transform);
                }
            }
        }
    }

    /// Forgets everything heard so far and goes on at absolute frame `frame`.
    pub fn reset(&mut self, frame: u64) {
        self.fill = (frame % PARTITION as u64) as usize;
        for row in &mut self.rows {
            row.passing.fill(0.0);
            row.overlap.fill(0.0);
            (row.sounding, row.playing, row.ringing) = (false, false, false);
        }
    }
}

impl Row {
    fn new(filter: Vec<Complex<f64>>) -> Self {
        Self {
            filter,
            passing: vec![0.0; PARTITION],
            overlap: vec![0.0; PARTITION],
            sounding: false,
            playing: false,
            ringing: false,
        }
    }

    /// Takes `samples` in at frame `fill` of the partition, and gives in their place what goes out.
    fn exchange(&mut self, samples: &mut [f32], fill: usize) {
        let silent = samples.iter().all(|&sample| sample == 0.0);
        if silent && !self.playing {
            // A negative zero would be one that a shorter block might not leave.
            samples.fill(0.0);
            return;
        }
        self.sounding |= !silent;
        for (sample, slot) in samples.iter_mut().zip(&mut self.passing[fill..]) {
            (*sample, *slot) = (*slot, *sample + 0.0);
        }
    }

    /// The partition is full: turns what came in into what goes out in the next one (overlap-add).
    fn convolve(&mut self, transform: &mut Transform) {
        self.playing = self.sounding || self.ringing;
        if !self.playing {
            return;
        }
        if self.sounding {
            let (now, later) = transform.signal.split_at_mut(PARTITION);
            for (slot, &sample) in now.iter_mut().zip(&self.passing) {
                *slot = f64::from(sample);
            }
            later.fill(0.0);
            transform.forward();
            for (bin, filter) in transform.spectrum.iter_mut().zip(&self.filter) {
                *bin *= filter;
            }
            transform.inverse();
        } else {
            transform.signal.fill(0.0);
        }
        let (now, later) = transform.signal.split_at(PARTITION);
        for ((slot, &new), &old) in self.passing.iter_mut().zip(now).zip(&self.overlap) {
            *slot = (new + old) as f32;
        }
        self.overlap.copy_from_slice(later);
        self.ringing = self.sounding;
        self.sounding = false;
    }
}

impl std::fmt::Debug for Decorrelators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decorrelators")
            .field("channels", &self.rows.len())
            .field("fill", &self.fill)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
