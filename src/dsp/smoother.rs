//! A parameter that moves: from one value to the next in a straight line over a number of frames.

use crate::units::Frames;

/// A value over time, frame by frame.
///
/// - Told at frame n to go to `b` over k frames, it is what it was at frame n and exactly `b` at frame n + k.
/// - Each value is computed from the line's two ends, not from the value before: there is no drift, and
///   nothing depends on how the frames are divided into blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoother {
    from: f64,
    to: f64,
    frames: u64,
    done: u64,
}

impl Smoother {
    /// Holds still at `value`.
    pub fn new(value: f64) -> Self {
        Self {
            from: value,
            to: value,
            frames: 0,
            done: 0,
        }
    }

    /// From the present value to `to` over `frames`; at once if that is 0.
    pub fn go(&mut self, to: f64, frames: Frames) {
        self.from = if frames.0 == 0 { to } else { self.now() };
        self.to = to;
        self.frames = frames.0;
        self.done = 0;
    }

    /// The value of the present frame.
    #[inline(always)]
    pub fn now(&self) -> f64 {
        self.ahead(0)
    }

    /// The value `frames` after the present one.
    #[inline(always)]
    pub fn ahead(&self, frames: u64) -> f64 {
        let done = self.done + frames;
        if done >= self.frames {
            self.to
        } else {
            self.from + (self.to - self.from) * (done as f64 / self.frames as f64)
        }
    }

    /// The value of the present frame; the next frame becomes the present one.
    #[inline(always)]
    pub fn step(&mut self) -> f64 {
        let now = self.now();
        self.skip(1);
        now
    }

    /// Passes over `frames`.
    #[inline(always)]
    pub fn skip(&mut self, frames: u64) {
        self.done = (self.done + frames).min(self.frames);
    }

    /// True while the value is on its way.
    #[inline(always)]
    pub fn is_moving(&self) -> bool {
        self.done < self.frames
    }

    /// Frames until it arrives.
    pub fn left(&self) -> u64 {
        self.frames - self.done
    }

    /// Where it goes.
    pub fn target(&self) -> f64 {
        self.to
    }

    /// Arrives at once.
    pub fn arrive(&mut self) {
        self.done = self.frames;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "both ends of a line are exact")]
    fn both_ends_are_exact_and_a_new_target_starts_from_the_present_value() {
        let mut value = Smoother::new(0.1);
        value.go(0.7, Frames(3));
        let line: Vec<f64> = (0..5).map(|_| value.step()).collect();
        assert_eq!(line[0], 0.1);
        assert!((line[1] - 0.3).abs() < 1e-15 && (line[2] - 0.5).abs() < 1e-15);
        assert_eq!(line[3..], [0.7, 0.7]);
        value.go(0.1, Frames(10));
        value.skip(5);
        value.go(1.0, Frames(2));
        assert!((value.step() - 0.4).abs() < 1e-15);
        assert!((value.step() - 0.7).abs() < 1e-15);
        assert_eq!(value.step(), 1.0);
        value.go(-2.0, Frames(0));
        assert_eq!(value.step(), -2.0);
    }
}
