//! What is left of two signals when one is taken from the other.

use crate::audio::Block;

/// The difference of two signals, the second scaled by a gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residual {
    /// Linear gain of the second.
    pub gain: f64,
    /// Mean square of the difference over that of the first in dB; `None` if nothing is left.
    pub level_db: Option<f64>,
    /// Largest sample of the difference, linear.
    pub peak: f64,
}

/// Takes the second of two signals, at several gains, from the first.
#[derive(Debug, Clone)]
pub struct DifferenceMeter {
    gains: Vec<f64>,
    /// Sum of squares and peak, by gain.
    left: Vec<(f64, f64)>,
    /// Sums of first², second², first x second.
    sums: [f64; 3],
}

impl DifferenceMeter {
    /// A meter for the second signal at `gains`.
    pub fn new(gains: &[f64]) -> Self {
        Self {
            gains: gains.to_vec(),
            left: vec![(0.0, 0.0); gains.len()],
            sums: [0.0; 3],
        }
    }

    /// Measures blocks of the same shape.
    ///
    /// # Panics
    /// If they have not as many rows and frames as each other.
    pub fn add(&mut self, first: &Block, second: &Block) {
        assert_eq!(first.channels(), second.channels(), "as many rows");
        assert_eq!(first.frames(), second.frames(), "as many frames");
        for (a, b) in first.rows().zip(second.rows()) {
            let pairs = || a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
            for (a, b) in pairs() {
                self.sums[0] += a * a;
                self.sums[1] += b * b;
                self.sums[2] += a * b;
            }
            for (gain, (power, peak)) in self.gains.iter().zip(&mut self.left) {
                for (a, b) in pairs() {
                    let left = a - gain * b;
                    *power += left * left;
                    *peak = peak.max(left.abs());
                }
            }
        }
    }

    /// What is left, in the order of the gains.
    pub fn residuals(&self) -> impl Iterator<Item = Residual> + '_ {
        let level = |power: f64| (power > 0.0).then(|| 10.0 * (power / self.sums[0]).log10());
        let both = self.gains.iter().zip(&self.left);
        both.map(move |(&gain, &(power, peak))| Residual {
            gain,
            level_db: level(power).filter(|level| level.is_finite()),
            peak,
        })
    }

    /// The gain that leaves the least (least squares); `None` if the second is silent.
    pub fn best_gain(&self) -> Option<f64> {
        (self.sums[1] > 0.0).then(|| self.sums[2] / self.sums[1])
    }

    /// What the best gain leaves, in dB re the first; `None` if nothing is left or it is lost in rounding
    /// (below -140 dB).
    pub fn least_db(&self) -> Option<f64> {
        let [first, _, product] = self.sums;
        let left = first - self.best_gain()? * product;
        let level = 10.0 * (left / first).log10();
        (level > -140.0).then_some(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(samples: &[f32]) -> Block {
        let mut block = Block::new(1, samples.len());
        block.set_frames(samples.len());
        block.row_mut(0).copy_from_slice(samples);
        block
    }

    #[test]
    fn gains_are_found_and_what_they_leave() {
        let first = [0.5, -0.25, 0.125, 0.75];
        let half = first.map(|s| s * 0.5);
        let mut meter = DifferenceMeter::new(&[1.0, 2.0]);
        meter.add(&block(&first), &block(&half));
        let left: Vec<Residual> = meter.residuals().collect();
        assert!(
            (left[0].level_db.unwrap() + 6.0206).abs() < 1e-3,
            "{left:?}"
        );
        assert!((left[0].peak - 0.375).abs() < 1e-12);
        assert_eq!((left[1].level_db, left[1].peak), (None, 0.0));
        assert!((meter.best_gain().unwrap() - 2.0).abs() < 1e-12);
        assert_eq!(meter.least_db(), None);
    }

    #[test]
    fn unrelated_signals_do_not_cancel() {
        let mut meter = DifferenceMeter::new(&[1.0]);
        meter.add(
            &block(&[1.0, 1.0, 0.0, 0.0]),
            &block(&[1.0, -1.0, 0.0, 0.0]),
        );
        assert!((meter.residuals().next().unwrap().level_db.unwrap() - 3.0103).abs() < 1e-3);
        assert!(meter.least_db().unwrap().abs() < 1e-9);
        assert_eq!(DifferenceMeter::new(&[]).best_gain(), None);
    }
}
