//! Runs the strips: from the stems' channels to the feeds.

use std::ops::Range;

use super::GainCurve;
use super::lfe::LfeSend;
use super::matrix::{Matrix, MatrixFeed};
use crate::audio::{Block, QUANTUM};
use crate::units::{Frames, Gain, SampleRate};

/// One stem's channel strip.
#[derive(Debug, Clone)]
pub struct Strip {
    /// The stem's name.
    pub name: String,
    /// Its rows of the feeds: one for a mono stem, left and right for a stereo stem.
    pub feeds: Range<usize>,
    /// Its own and its group's level over time; they multiply.
    pub gains: Vec<GainCurve>,
    /// Level of the copy sent to the LFE, after the fader; the sides of a stereo stem add up.
    pub lfe: Option<Gain>,
}

/// Applies every strip to its rows in place and fills the LFE feed.
///
/// Levels move in straight lines over each quantum of the time line, so the result does not depend on
/// the length of the blocks.
#[derive(Debug)]
pub struct Mixer {
    matrix: Matrix,
    strips: Vec<Strip>,
    lfe: Option<LfeSend>,
    /// Gain of each strip at the start and the end of the quantum at hand.
    levels: Vec<(f64, f64)>,
    planned: Option<u64>,
    arch: pulp::Arch,
}

impl Mixer {
    /// A mixer of `strips` whose LFE feed, if any strip sends to it, is row `lfe_feed`.
    pub fn new(strips: Vec<Strip>, lfe_feed: usize, rate: SampleRate) -> Self {
        let sends = strips.iter().any(|strip| strip.lfe.is_some());
        Self {
            levels: vec![(1.0, 1.0); strips.len()],
            lfe: sends.then(|| LfeSend::new(lfe_feed, rate)),
            planned: None,
            arch: pulp::Arch::new(),
            matrix: Matrix::new(Vec::new()),
            strips,
        }
    }

    /// The same mixer, which first fills the feeds of `matrix`, in order.
    #[must_use]
    pub fn with_matrix(self, matrix: Vec<MatrixFeed>) -> Self {
        Self {
            matrix: Matrix::new(matrix),
            ..self
        }
    }

    /// Row of the LFE feed, if any strip sends to it.
    pub fn lfe_feed(&self) -> Option<usize> {
        self.lfe.as_ref().map(LfeSend::feed)
    }

    /// Processes `frames` frames from row offset `offset` on, which stand at absolute frame `at`; they
    /// must lie within one quantum.
    pub fn process(&mut self, feeds: &mut Block, offset: usize, at: u64, frames: usize) {
        let quantum = at - at % QUANTUM as u64;
        self.plan(quantum);
        let time = (at - quantum) as usize;
        debug_assert!(
            time + frames <= QUANTUM,
            "a stretch lies within one quantum"
        );
        self.matrix.process(feeds, offset, frames);
        for (strip, &(from, to)) in self.strips.iter().zip(&self.levels) {
            for feed in strip.feeds.clone() {
                let row = &mut feeds.row_mut(feed)[offset..][..frames];
                fade(self.arch, row, from, to, time);
            }
        }
        if let Some(lfe) = &mut self.lfe {
            lfe.process(&self.strips, feeds, offset, frames);
        }
    }

    /// Takes the strips' levels at both ends of the quantum.
    fn plan(&mut self, quantum: u64) {
        if self.planned == Some(quantum) {
            return;
        }
        for (strip, level) in self.strips.iter().zip(&mut self.levels) {
            let at = |frame| {
                strip
                    .gains
                    .iter()
                    .map(|curve| curve.at(Frames(frame)).0)
                    .product()
            };
            *level = (at(quantum), at(quantum + QUANTUM as u64));
        }
        self.planned = Some(quantum);
    }
}

/// Multiplies `row`, whose first sample stands `time` frames into the quantum, by a gain that moves from
/// `from` to `to` over the quantum.
#[allow(
    clippy::float_cmp,
    reason = "unity is set exactly, and then nothing is to be done"
)]
fn fade(arch: pulp::Arch, row: &mut [f32], from: f64, to: f64, time: usize) {
    let (gain, step) = (from as f32, ((to - from) / QUANTUM as f64) as f32);
    if gain == 1.0 && step == 0.0 {
        return;
    }
    arch.dispatch(Fade {
        row,
        gain,
        step,
        time: time as i32,
    });
}

/// The loop of [`fade`], compiled once for each instruction set.
struct Fade<'a> {
    row: &'a mut [f32],
    gain: f32,
    step: f32,
    time: i32,
}

impl pulp::NullaryFnOnce for Fade<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (i, sample) in self.row.iter_mut().enumerate() {
            *sample *= ((self.time + i as i32) as f32).mul_add(self.step, self.gain);
        }
    }
}
