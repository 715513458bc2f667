//! Delays that are read and written in runs.

/// A ring of samples: what is written comes out `delay` frames later.
#[derive(Debug, Clone)]
pub(super) struct Line {
    ring: Vec<f32>,
    at: usize,
}

impl Line {
    pub(super) fn new(delay: usize) -> Self {
        Self {
            ring: vec![0.0; delay.max(1)],
            at: 0,
        }
    }

    /// Frames by which it delays.
    pub(super) fn delay(&self) -> usize {
        self.ring.len()
    }

    /// The next samples that come out, times `gain`; not more than the delay has frames.
    #[inline(always)]
    pub(super) fn read(&self, gain: f32, out: &mut [f32]) {
        let first = out.len().min(self.ring.len() - self.at);
        let (a, b) = out.split_at_mut(first);
        for (out, stored) in [(a, &self.ring[self.at..]), (b, &self.ring[..])] {
            for (out, x) in out.iter_mut().zip(stored) {
                *out = gain * x;
            }
        }
    }

    /// Puts samples in the place of those read, and goes on.
    #[inline(always)]
    pub(super) fn write(&mut self, samples: &[f32]) {
        let [a, b] = self.stored(samples.len());
        let (first, second) = samples.split_at(a.len());
        a.copy_from_slice(first);
        b.copy_from_slice(second);
        self.go_on(samples.len());
    }

    /// Where the next `frames` samples are stored, in one or two runs.
    #[inline(always)]
    fn stored(&mut self, frames: usize) -> [&mut [f32]; 2] {
        let first = frames.min(self.ring.len() - self.at);
        let (before, behind) = self.ring.split_at_mut(self.at);
        [&mut behind[..first], &mut before[..frames - first]]
    }

    #[inline(always)]
    fn go_on(&mut self, frames: usize) {
        self.at += frames;
        if self.at >= self.ring.len() {
            self.at -= self.ring.len();
        }
    }

    pub(super) fn reset(&mut self) {
        self.ring.fill(0.0);
        self.at = 0;
    }
}

/// An all-pass filter (Schroeder 1962) that decays like the room it is a part of: with its delay d of loss l,
/// y = -g x + (1 - g²) Σ g^k l^(k+1) x(n - (k+1) d).
#[derive(Debug, Clone)]
pub(super) struct AllPass {
    line: Line,
    gain: f32,
    loss: f32,
}

impl AllPass {
    /// A filter of `delay` frames and feedback `gain`, in a room that leaves `kept` of an amplitude per frame.
    pub(super) fn new(delay: usize, gain: f64, kept: f64) -> Self {
        Self {
            line: Line::new(delay),
            gain: gain as f32,
            loss: kept.powf(delay as f64) as f32,
        }
    }

    /// Frames by which it delays on average.
    pub(super) fn delay(&self) -> usize {
        self.line.delay()
    }

    /// Filters the samples in place; not more than the delay has frames.
    #[inline(always)]
    pub(super) fn process(&mut self, samples: &mut [f32]) {
        let (gain, loss) = (self.gain, self.loss);
        let [a, b] = self.line.stored(samples.len());
        let (first, second) = samples.split_at_mut(a.len());
        for (samples, stored) in [(first, a), (second, b)] {
            for (x, stored) in samples.iter_mut().zip(stored) {
                let late = loss * *stored;
                let inner = *x + gain * late;
                *x = late - gain * inner;
                *stored = settle(inner);
            }
        }
        self.line.go_on(samples.len());
    }

    pub(super) fn reset(&mut self) {
        self.line.reset();
    }
}

/// What has died away becomes an exact zero, long before the arithmetic slows down.
#[inline(always)]
pub(super) fn settle(x: f32) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x }
}
