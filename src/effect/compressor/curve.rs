//! The static curve of a VCA compressor.

use crate::dsp::smoother::Smoother;

/// Threshold, ratio and knee, which may move.
///
/// D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design" (J. Audio Eng. Soc.
/// 60 (6), 2012), eq. (4): with the input o dB above the threshold T, ratio R and knee W the output is lower by
///
/// ```text
/// 0                              2 o < -W
/// (1 - 1/R) (o + W/2)² / (2 W)   |2 o| ≤ W
/// (1 - 1/R) o                    2 o > W
/// ```
#[derive(Debug)]
pub(super) struct Curve {
    pub(super) threshold: Smoother,
    pub(super) ratio: Smoother,
    pub(super) knee: Smoother,
}

/// The curve at one frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bend {
    pub(super) threshold: f64,
    pub(super) ratio: f64,
    pub(super) knee: f64,
    /// 1 - 1/ratio.
    slope: f64,
}

impl Curve {
    pub(super) fn now(&self) -> Bend {
        Bend::new(self.threshold.now(), self.ratio.now(), self.knee.now())
    }

    pub(super) fn step(&mut self) -> Bend {
        Bend::new(self.threshold.step(), self.ratio.step(), self.knee.step())
    }

    pub(super) fn is_moving(&self) -> bool {
        self.threshold.is_moving() || self.ratio.is_moving() || self.knee.is_moving()
    }

    pub(super) fn arrive(&mut self) {
        for value in [&mut self.threshold, &mut self.ratio, &mut self.knee] {
            value.arrive();
        }
    }
}

impl Bend {
    pub(super) fn new(threshold: f64, ratio: f64, knee: f64) -> Self {
        Self {
            threshold,
            ratio,
            knee,
            slope: 1.0 - 1.0 / ratio,
        }
    }

    /// Reduction in dB, at least 0, of an input of `level` dB.
    #[inline(always)]
    pub(super) fn reduction(&self, level: f64) -> f64 {
        let over = level - self.threshold;
        let slope = self.slope;
        let half = 0.5 * self.knee;
        if over <= -half {
            0.0
        } else if over >= half {
            slope * over
        } else {
            let into = over + half;
            slope * into * into / (2.0 * self.knee)
        }
    }

    /// Reduction in dB asked for by an output of `level` dB, so that in a loop the input comes down by
    /// [`reduction`](Self::reduction): the curve seen from its output, of slope R - 1 above the knee.
    #[inline(always)]
    pub(super) fn demand(&self, level: f64) -> f64 {
        let over = level - self.threshold;
        let slope = self.slope;
        let half = 0.5 * self.knee;
        // Where the knee ends, the output is lower than the input.
        if over <= -half {
            0.0
        } else if over >= half - slope * half {
            (self.ratio - 1.0) * over
        } else {
            // o = z - a z² with z the input's way into the knee.
            let a = slope / (2.0 * self.knee);
            let z = 2.0 * (over + half) / (1.0 + (1.0 - 4.0 * a * (over + half)).max(0.0).sqrt());
            a * z * z
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_seen_from_its_output_is_the_same_curve() {
        for (ratio, knee) in [
            (2.0, 0.0),
            (2.0, 3.0),
            (10.0, 12.0),
            (100.0, 1.0),
            (1.0, 3.0),
        ] {
            let bend = Bend::new(-18.0, ratio, knee);
            for step in 0..400 {
                let input = -40.0 + 0.1 * f64::from(step);
                let reduction = bend.reduction(input);
                let demand = bend.demand(input - reduction);
                assert!(
                    (demand - reduction).abs() < 1e-9,
                    "{ratio}:1, knee {knee}, {input} dB: {reduction} and {demand}"
                );
            }
        }
    }
}
