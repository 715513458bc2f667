//! Convolution with long filters, by partitions of the filter in the frequency domain.

use realfft::num_complex::Complex;

use super::lanes::{audible, single};
use super::transform::Transform;
use crate::audio::PassageMut;

/// Plays every row through one filter.
///
/// - Time and filter are cut into partitions of one length (uniformly partitioned overlap-save); partitions
///   of time are counted from the first frame processed, so that the result does not depend on how the
///   frames are divided into calls.
/// - The convolution is computed in `f64`.
/// - Nothing is allocated after construction.
#[derive(Debug)]
pub struct Convolver {
    /// Spectra of the filter's partitions, divided by the transform's length.
    filter: Vec<Vec<Complex<f64>>>,
    rows: Vec<Row>,
    transform: Transform,
    partition: usize,
    /// Frames of the present partition that are done.
    fill: usize,
    /// Slot of the newest spectrum in each row's history.
    newest: usize,
}

#[derive(Debug)]
struct Row {
    /// The last two partitions that came in; the second is being filled.
    input: Vec<f64>,
    /// What goes out in the present partition.
    output: Vec<f32>,
    /// Spectra of what came in, as many as the filter has partitions.
    history: Vec<Vec<Complex<f64>>>,
}

impl Convolver {
    /// A convolver of `channels` rows with the taps `filter`, in partitions of `partition` frames.
    pub fn new(filter: &[f64], channels: usize, partition: usize) -> Self {
        let mut transform = Transform::new(2 * partition);
        let scale = 1.0 / (2 * partition) as f64;
        let filter: Vec<_> = filter
            .chunks(partition)
            .map(|taps| {
                transform.signal.fill(0.0);
                for (slot, tap) in transform.signal.iter_mut().zip(taps) {
                    *slot = tap * scale;
                }
                transform.forward();
                transform.spectrum.clone()
            })
            .collect();
        let row = || Row {
            input: vec![0.0; 2 * partition],
            output: vec![0.0; partition],
            history: vec![vec![Complex::default(); partition + 1]; filter.len()],
        };
        Self {
            rows: (0..channels).map(|_| row()).collect(),
            filter,
            transform,
            partition,
            fill: 0,
            newest: 0,
        }
    }

    /// Frames by which the output lags behind that of the filter: one partition.
    pub fn latency_frames(&self) -> usize {
        self.partition
    }

    /// Filters in place.
    pub fn process(&mut self, sound: &mut PassageMut<'_>) {
        let mut done = 0;
        while done < sound.frames() {
            let frames = (self.partition - self.fill).min(sound.frames() - done);
            for (channel, row) in self.rows.iter_mut().enumerate() {
                let samples = &mut sound.row_mut(channel)[done..done + frames];
                let input = &mut row.input[self.partition + self.fill..];
                let output = &row.output[self.fill..];
                for ((sample, input), output) in samples.iter_mut().zip(input).zip(output) {
                    *input = f64::from(audible(*sample));
                    *sample = *output;
                }
            }
            self.fill += frames;
            done += frames;
            if self.fill == self.partition {
                self.turn();
            }
        }
    }

    /// A partition is full: computes what goes out during the next.
    fn turn(&mut self) {
        self.fill = 0;
        self.newest = (self.newest + self.filter.len() - 1) % self.filter.len().max(1);
        let Self {
            filter,
            rows,
            transform,
            partition,
            newest,
            ..
        } = self;
        for row in rows {
            transform.signal.copy_from_slice(&row.input);
            transform.forward();
            row.history[*newest].copy_from_slice(&transform.spectrum);
            transform.spectrum.fill(Complex::default());
            let (later, earlier) = row.history.split_at(*newest);
            for (filter, heard) in filter.iter().zip(earlier.iter().chain(later)) {
                for ((sum, a), b) in transform.spectrum.iter_mut().zip(filter).zip(heard) {
                    *sum += a * b;
                }
            }
            transform.inverse();
            for (output, sum) in row.output.iter_mut().zip(&transform.signal[*partition..]) {
                *output = single(*sum);
            }
            row.input.copy_within(*partition.., 0);
        }
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        self.fill = 0;
        self.newest = 0;
        for row in &mut self.rows {
            row.input.fill(0.0);
            row.output.fill(0.0);
            for spectrum in &mut row.history {
                spectrum.fill(Complex::default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Block;

    #[test]
    fn agrees_with_the_sum_of_products_for_any_cutting() {
        let mut noise = 7_u32;
        let mut next = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(noise) / f64::from(u32::MAX) - 0.5
        };
        let filter: Vec<f64> = (0..150).map(|_| next()).collect();
        let rows: Vec<Vec<f32>> = (0..3)
            .map(|_| (0..1000).map(|_| next() as f32).collect())
            .collect();
        let mut results = Vec::new();
        for length in [1000, 1, 17, 64] {
            let mut convolver = Convolver::new(&filter, 3, 32);
            assert_eq!(convolver.latency_frames(), 32);
            let mut block = Block::new(3, 1000);
            block.set_frames(1000);
            for (row, samples) in block.rows_mut().zip(&rows) {
                row.copy_from_slice(samples);
            }
            for start in (0..1000).step_by(length) {
                let span = start..(start + length).min(1000);
                convolver.process(&mut block.passage_mut(0..3, span));
            }
            results.push(block);
        }
        for (channel, input) in rows.iter().enumerate() {
            let output = results[0].row(channel);
            for n in 32..1000 {
                let slow: f64 = (0..filter.len().min(n - 31))
                    .map(|k| filter[k] * f64::from(input[n - 32 - k]))
                    .sum();
                let found = f64::from(output[n]);
                assert!((found - slow).abs() < 1e-6, "channel {channel}, frame {n}");
            }
            for other in &results[1..] {
                let pairs = output.iter().zip(other.row(channel));
                assert!(pairs.into_iter().all(|(a, b)| a.to_bits() == b.to_bits()));
            }
        }
    }
}
