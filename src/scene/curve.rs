//! The shape of a segment between two keyframes.

/// How a value moves from one keyframe to the next; written at the keyframe that the segment arrives at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Curve {
    /// A straight line.
    #[default]
    Linear,
    /// Starts and ends at rest: 3x² - 2x³.
    Smooth,
    /// Stays at the former value until the keyframe.
    Step,
}

impl Curve {
    /// Progress 0..1 of the value at progress `x` 0..1 of the time.
    pub fn shape(self, x: f64) -> f64 {
        match self {
            Self::Linear => x,
            Self::Smooth => x * x * (3.0 - 2.0 * x),
            Self::Step => {
                if x >= 1.0 {
                    1.0
                } else {
                    0.0
                }
            }
        }
    }
}
