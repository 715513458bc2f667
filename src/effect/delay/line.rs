//! The way of one output's echoes.

use super::RUN;
use crate::dsp::fractional::{self, TAPS, Taps};
use crate::dsp::one_pole::OnePole;
use crate::dsp::smoother::Smoother;

/// Samples before and behind a place that reading needs.
const AROUND: usize = TAPS / 2;

/// Shortest delay in frames: what is read has been written.
pub(super) const SHORTEST: usize = RUN + AROUND;

/// A delay line that is read between its samples, and what an echo loses on the way round.
#[derive(Debug)]
pub(super) struct Line {
    ring: Vec<f32>,
    /// Where the next frame is written.
    next: usize,
    pub(super) low_pass: OnePole,
    pub(super) high_pass: OnePole,
}

/// How a run is read: the same delay for all its frames, or one for each.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    /// Frames back, and the weights if that is no whole number.
    Still(usize, Option<Taps>),
    Moving(Smoother),
}

impl Reading {
    #[allow(clippy::float_cmp, reason = "whole numbers are exact")]
    pub(super) fn of(time: Smoother) -> Self {
        if time.is_moving() {
            return Self::Moving(time);
        }
        let (back, share) = split(time.now());
        Self::Still(back, (share != 0.0).then(|| fractional::taps(share)))
    }
}

/// A time in frames as whole frames back, from where a share of a frame goes forward again.
#[inline(always)]
fn split(time: f64) -> (usize, f64) {
    let back = time.ceil();
    (back as usize, back - time)
}

impl Line {
    /// A line of silence for delays of up to `longest` frames.
    pub(super) fn new(longest: f64, low_pass: OnePole, high_pass: OnePole) -> Self {
        Self {
            ring: vec![0.0; longest.ceil() as usize + 2 * SHORTEST],
            next: 0,
            low_pass,
            high_pass,
        }
    }

    /// Reads what stands the time before the next frames to be written.
    #[inline(always)]
    pub(super) fn read(&self, reading: &Reading, out: &mut [f32]) {
        match reading {
            Reading::Still(back, None) => self.copy(*back, out),
            Reading::Still(back, Some(taps)) => {
                let mut window = [0.0; RUN + TAPS];
                let window = &mut window[..out.len() + TAPS];
                self.copy(back + AROUND - 1, window);
                let mut sums = [0.0_f32; RUN];
                for (k, tap) in taps.iter().enumerate() {
                    for (sum, x) in sums.iter_mut().zip(&window[k..]) {
                        *sum = tap.mul_add(*x, *sum);
                    }
                }
                out.copy_from_slice(&sums[..out.len()]);
            }
            Reading::Moving(time) => {
                for (n, out) in out.iter_mut().enumerate() {
                    let (back, share) = split(time.ahead(n as u64));
                    let mut window = [0.0; TAPS];
                    self.copy(back + AROUND - 1 - n, &mut window);
                    let weighed = window.iter().zip(fractional::taps(share));
                    *out = weighed.fold(0.0, |sum, (x, tap)| tap.mul_add(*x, sum));
                }
            }
        }
    }

    /// The samples from `back` frames before the next to be written on.
    #[inline(always)]
    fn copy(&self, back: usize, out: &mut [f32]) {
        let length = self.ring.len();
        let from = (self.next + length - back) % length;
        let first = out.len().min(length - from);
        let (a, b) = out.split_at_mut(first);
        a.copy_from_slice(&self.ring[from..from + first]);
        b.copy_from_slice(&self.ring[..b.len()]);
    }

    #[inline(always)]
    pub(super) fn write(&mut self, sample: f32) {
        self.ring[self.next] = sample;
        self.next += 1;
        if self.next == self.ring.len() {
            self.next = 0;
        }
    }

    pub(super) fn reset(&mut self) {
        self.ring.fill(0.0);
        self.next = 0;
        self.low_pass.reset();
        self.high_pass.reset();
    }
}
