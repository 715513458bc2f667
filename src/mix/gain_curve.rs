//! A level over time, written in dB.

use crate::scene::Curve;
use crate::units::{Decibels, Frames, Gain};

/// One point of a [`GainCurve`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GainPoint {
    /// Absolute frame.
    pub at: Frames,
    /// Level there.
    pub level: Decibels,
    /// Shape of the segment that arrives at this point.
    pub curve: Curve,
}

/// A level over time: the first value holds before, the last after; segments are interpolated in dB.
#[derive(Debug, Clone, PartialEq)]
pub struct GainCurve {
    points: Vec<GainPoint>,
}

impl GainCurve {
    /// The same level throughout.
    pub fn constant(level: Decibels) -> Self {
        Self {
            points: vec![GainPoint {
                at: Frames(0),
                level,
                curve: Curve::Linear,
            }],
        }
    }

    /// A curve through `points`, which are in order of time.
    ///
    /// # Panics
    /// If there is no point, or they are out of order.
    pub fn new(points: Vec<GainPoint>) -> Self {
        assert!(!points.is_empty(), "a gain curve has at least one point");
        assert!(
            points.is_sorted_by_key(|p| p.at),
            "gain points are in order of time"
        );
        Self { points }
    }

    /// True if the level never changes.
    pub fn is_constant(&self) -> bool {
        self.points.iter().all(|p| p.level == self.points[0].level)
    }

    /// The last point that stands at `frame` or before it, on a time line that comes `late` frames after
    /// that of the points.
    pub(super) fn last_point(&self, frame: u64, late: u64) -> Option<u64> {
        let next = self.points.partition_point(|p| p.at.0 + late <= frame);
        next.checked_sub(1)
            .map(|last| self.points[last].at.0 + late)
    }

    /// The first point after `frame`, on a time line that comes `late` frames after that of the points.
    pub(super) fn next_point(&self, frame: u64, late: u64) -> Option<u64> {
        let next = self.points.partition_point(|p| p.at.0 + late <= frame);
        self.points.get(next).map(|point| point.at.0 + late)
    }

    /// The factor at an absolute frame.
    pub fn at(&self, frame: Frames) -> Gain {
        let next = self.points.partition_point(|p| p.at <= frame);
        if next == 0 {
            return self.points[0].level.gain();
        }
        let from = self.points[next - 1];
        let Some(to) = self.points.get(next) else {
            return from.level.gain();
        };
        let x = (frame - from.at).0 as f64 / (to.at - from.at).0 as f64;
        let x = to.curve.shape(x);
        if x <= 0.0 {
            return from.level.gain();
        }
        // A segment from or to silence has no straight line in dB: it is a straight line in amplitude.
        if from.level.0 == f64::NEG_INFINITY || to.level.0 == f64::NEG_INFINITY {
            let (a, b) = (from.level.gain().0, to.level.gain().0);
            return Gain(a + (b - a) * x);
        }
        Decibels(from.level.0 + (to.level.0 - from.level.0) * x).gain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: u64, db: f64, curve: Curve) -> GainPoint {
        GainPoint {
            at: Frames(at),
            level: Decibels(db),
            curve,
        }
    }

    #[test]
    fn segments_are_straight_in_decibels_and_held_outside() {
        let curve = GainCurve::new(vec![
            point(100, -12.0, Curve::Linear),
            point(200, 0.0, Curve::Linear),
        ]);
        for (frame, db) in [
            (0, -12.0),
            (100, -12.0),
            (150, -6.0),
            (200, 0.0),
            (900, 0.0),
        ] {
            assert!(
                (curve.at(Frames(frame)).decibels().0 - db).abs() < 1e-9,
                "frame {frame}"
            );
        }
    }

    #[test]
    fn a_fade_from_silence_is_finite_and_a_step_waits_for_its_point() {
        let fade = GainCurve::new(vec![
            point(0, f64::NEG_INFINITY, Curve::Linear),
            point(100, 0.0, Curve::Linear),
            point(200, -20.0, Curve::Step),
        ]);
        assert!((fade.at(Frames(50)).0 - 0.5).abs() < 1e-12);
        assert!((fade.at(Frames(199)).0 - 1.0).abs() < 1e-12);
        assert!((fade.at(Frames(200)).0 - 0.1).abs() < 1e-12);
    }
}
