//! A delay line that is read and written in runs.

/// A ring of samples: what is written comes out `delay` frames later.
#[derive(Debug)]
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

    /// The next samples that come out; not more than the delay has frames.
    pub(super) fn read(&self, out: &mut [f32]) {
        let (first, second) = self.runs(out.len());
        let (a, b) = out.split_at_mut(first);
        a.copy_from_slice(&self.ring[self.at..self.at + first]);
        b.copy_from_slice(&self.ring[..second]);
    }

    /// Puts samples in the place of those read, and goes on.
    pub(super) fn write(&mut self, samples: &[f32]) {
        let (first, second) = self.runs(samples.len());
        self.ring[self.at..self.at + first].copy_from_slice(&samples[..first]);
        self.ring[..second].copy_from_slice(&samples[first..]);
        self.at = (self.at + samples.len()) % self.ring.len();
    }

    pub(super) fn reset(&mut self) {
        self.ring.fill(0.0);
        self.at = 0;
    }

    fn runs(&self, count: usize) -> (usize, usize) {
        let first = count.min(self.ring.len() - self.at);
        (first, count - first)
    }
}
