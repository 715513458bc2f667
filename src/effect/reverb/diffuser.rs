//! Diffusion in front of a reverberator: a row of all-pass filters that turns a click into a burst.

use super::line::Line;

/// All-pass filters in a row (Schroeder 1962), flat in magnitude: y = -g x + (1 - g²) Σ g^k x(n - (k+1) d).
#[derive(Debug)]
pub(super) struct Diffuser {
    stages: Vec<Line>,
    gain: f32,
}

impl Diffuser {
    /// Filters of the given delays in frames, all with feedback `gain`.
    pub(super) fn new(delays: &[usize], gain: f64) -> Self {
        Self {
            stages: delays.iter().map(|&delay| Line::new(delay)).collect(),
            gain: gain as f32,
        }
    }

    /// Filters the samples in place. Not longer than the shortest delay.
    pub(super) fn process(&mut self, samples: &mut [f32], late: &mut [f32]) {
        let late = &mut late[..samples.len()];
        for stage in &mut self.stages {
            stage.read(late);
            for (x, late) in samples.iter_mut().zip(late.iter_mut()) {
                let inner = *x + self.gain * *late;
                *x = *late - self.gain * inner;
                *late = settle(inner);
            }
            stage.write(late);
        }
    }

    pub(super) fn reset(&mut self) {
        self.stages.iter_mut().for_each(Line::reset);
    }
}

/// What has died away becomes an exact zero, long before the arithmetic slows down.
#[inline(always)]
pub(super) fn settle(x: f32) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x }
}
