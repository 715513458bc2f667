//! How alike the levels of two signals move.

use crate::audio::Block;
use crate::units::SampleRate;

/// Length of a window in seconds.
const WINDOW_S: f64 = 0.05;

/// Levels below this, in dB re a mean square of 1, are as good as silence.
const FLOOR_DB: f64 = -70.0;

/// Correlates the levels of two signals in windows of 50 ms, in dB.
#[derive(Debug, Clone)]
pub struct EnvelopeCorrelation {
    window: usize,
    filled: usize,
    powers: [f64; 2],
    count: f64,
    /// Sums of x, y, x², y², x y.
    sums: [f64; 5],
}

impl EnvelopeCorrelation {
    /// A meter at a sample rate.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            window: ((WINDOW_S * f64::from(rate.0)).round() as usize).max(1),
            filled: 0,
            powers: [0.0; 2],
            count: 0.0,
            sums: [0.0; 5],
        }
    }

    /// Measures blocks of as many frames.
    pub fn add(&mut self, first: &Block, second: &Block) {
        let mut at = 0;
        while at < first.frames() {
            let end = first.frames().min(at + self.window - self.filled);
            for (power, block) in self.powers.iter_mut().zip([first, second]) {
                for row in block.rows() {
                    *power += row[at..end]
                        .iter()
                        .map(|s| f64::from(*s).powi(2))
                        .sum::<f64>();
                }
            }
            self.filled += end - at;
            at = end;
            if self.filled == self.window {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let level = |power: f64| (10.0 * (power / self.window as f64).log10()).max(FLOOR_DB);
        let [x, y] = self.powers.map(level);
        if x > FLOOR_DB || y > FLOOR_DB {
            self.count += 1.0;
            let terms = [x, y, x * x, y * y, x * y];
            self.sums
                .iter_mut()
                .zip(terms)
                .for_each(|(sum, term)| *sum += term);
        }
        self.filled = 0;
        self.powers = [0.0; 2];
    }

    /// Pearson's correlation of the levels, -1 to 1; `None` if one of them never moves.
    pub fn correlation(&self) -> Option<f64> {
        let [x, y, xx, yy, xy] = self.sums.map(|sum| sum / self.count);
        let (varies_x, varies_y) = (xx - x * x, yy - y * y);
        let moves = varies_x > 1e-6 && varies_y > 1e-6;
        moves.then(|| ((xy - x * y) / (varies_x * varies_y).sqrt()).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correlation(first: impl Fn(usize) -> f32, second: impl Fn(usize) -> f32) -> Option<f64> {
        let mut meter = EnvelopeCorrelation::new(SampleRate(48_000));
        let make = |sample: &dyn Fn(usize) -> f32, first: usize| {
            let mut block = Block::new(1, 1024);
            block.set_frames(1024);
            for (n, to) in block.row_mut(0).iter_mut().enumerate() {
                *to = sample(first + n);
            }
            block
        };
        for at in (0..480_000).step_by(1024) {
            meter.add(&make(&first, at), &make(&second, at));
        }
        meter.correlation()
    }

    #[test]
    fn levels_that_move_together_against_each_other_and_not_at_all() {
        // Half seconds of loud and soft.
        let first_half = |n: usize| (n / 24_000).is_multiple_of(2);
        let loud = |n: usize| if first_half(n) { 0.5 } else { 0.05 };
        let soft = |n: usize| if first_half(n) { 0.05 } else { 0.5 };
        let both = correlation(loud, |n| 0.3 * loud(n)).unwrap();
        assert!((both - 1.0).abs() < 1e-6, "{both}");
        assert!(correlation(loud, soft).unwrap() < -0.99);
        assert_eq!(correlation(loud, |_| 0.2), None);
        assert_eq!(correlation(|_| 0.0, |_| 0.0), None);
    }
}
