//! Feeds that are sums of other feeds (ITU-R BS.2076, type Matrix).

use crate::audio::{Block, QUANTUM};
use crate::dsp::DelayLine;

/// One feed and the feeds it is the sum of.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixFeed {
    /// Row of the feeds that is filled; no term reads it.
    pub feed: usize,
    /// What is added up.
    pub terms: Vec<MatrixTerm>,
}

/// One part of the sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixTerm {
    /// Row of the feeds that is read.
    pub feed: usize,
    /// Linear gain; below 0 turns the polarity round.
    pub gain: f64,
    /// Delay in frames.
    pub delay_frames: usize,
}

/// Fills matrix feeds, in order: a later one may read an earlier one.
#[derive(Debug)]
pub(super) struct Matrix {
    feeds: Vec<Delayed>,
    /// One term's frames, delayed.
    late: Vec<f32>,
}

#[derive(Debug)]
struct Delayed {
    feed: usize,
    terms: Vec<(MatrixTerm, DelayLine)>,
}

impl Matrix {
    pub(super) fn new(feeds: Vec<MatrixFeed>) -> Self {
        let delayed = |term: MatrixTerm| (term, DelayLine::new(term.delay_frames));
        Self {
            feeds: feeds
                .into_iter()
                .map(|feed| Delayed {
                    feed: feed.feed,
                    terms: feed.terms.into_iter().map(delayed).collect(),
                })
                .collect(),
            late: vec![0.0; QUANTUM],
        }
    }

    /// Forgets everything heard so far.
    pub(super) fn reset(&mut self) {
        let delays = self.feeds.iter_mut().flat_map(|feed| &mut feed.terms);
        delays.for_each(|(_, delay)| delay.reset());
    }

    /// Fills `frames` frames, a quantum at most, from row offset `offset` on.
    pub(super) fn process(&mut self, block: &mut Block, offset: usize, frames: usize) {
        let stride = block.stride();
        for Delayed { feed, terms } in &mut self.feeds {
            let samples = block.samples_mut();
            let to = *feed * stride + offset;
            samples[to..to + frames].fill(0.0);
            for (term, delay) in terms {
                let late = &mut self.late[..frames];
                late.copy_from_slice(&samples[term.feed * stride + offset..][..frames]);
                delay.process(late);
                for (sum, late) in samples[to..to + frames].iter_mut().zip(late) {
                    *sum += term.gain as f32 * *late;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_delays_are_the_same_for_any_cut() {
        let feeds = || {
            let term = |feed, gain, delay_frames| MatrixTerm {
                feed,
                gain,
                delay_frames,
            };
            vec![
                MatrixFeed {
                    feed: 2,
                    terms: vec![term(0, 0.5, 0), term(1, -1.0, 3)],
                },
                MatrixFeed {
                    feed: 3,
                    terms: vec![term(2, 2.0, 1)],
                },
            ]
        };
        let input = |row: usize, n: usize| ((n * 7 + row * 3) % 11) as f32;
        let run = |cut: usize| {
            let mut block = Block::new(4, 20);
            block.set_frames(20);
            for row in 0..2 {
                for n in 0..20 {
                    block.row_mut(row)[n] = input(row, n);
                }
            }
            let mut matrix = Matrix::new(feeds());
            matrix.process(&mut block, 0, cut);
            matrix.process(&mut block, cut, 20 - cut);
            block
        };
        for cut in [0, 1, 5, 19] {
            let block = run(cut);
            for n in 0..20 {
                let at = |n: usize| 0.5 * input(0, n) - if n < 3 { 0.0 } else { input(1, n - 3) };
                assert!(
                    (block.row(2)[n] - at(n)).abs() < 1e-6,
                    "cut {cut}, frame {n}"
                );
                let late = if n == 0 { 0.0 } else { 2.0 * at(n - 1) };
                assert!(
                    (block.row(3)[n] - late).abs() < 1e-6,
                    "cut {cut}, frame {n}"
                );
            }
        }
    }
}
