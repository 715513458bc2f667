//! A smooth surface through values at the measured directions: what lies between directions that are far apart.
//!
//! Radial basis functions of the straight distance, with a constant and a linear part, exact at every measured
//! direction (M. D. Buhmann, "Radial Basis Functions", Cambridge, 2003, chapter 2): r³ for what is smooth, r for
//! what has corners.

use nalgebra::{DMatrix, DVector, Dyn, LU};

use crate::geometry::Direction;

/// The solved interpolation of a set of directions.
pub(super) struct Smooth {
    directions: Vec<Direction>,
    /// The exponent of the distance, odd.
    power: i32,
    solver: LU<f64, Dyn, Dyn>,
}

/// Terms of the constant and linear part.
const LINEAR: usize = 4;

impl Smooth {
    /// The interpolation between `directions` by functions r to the `power`, 1 or 3; `None` if they lie on one
    /// plane.
    pub(super) fn new(directions: &[Direction], power: i32) -> Option<Self> {
        let count = directions.len();
        let matrix = DMatrix::from_fn(count + LINEAR, count + LINEAR, |row, column| {
            match (row < count, column < count) {
                (true, true) => (directions[row] - directions[column]).norm().powi(power),
                (true, false) => linear(&directions[row])[column - count],
                (false, true) => linear(&directions[column])[row - count],
                (false, false) => 0.0,
            }
        });
        let solver = matrix.lu();
        solver.is_invertible().then(|| Self {
            directions: directions.to_vec(),
            power,
            solver,
        })
    }

    /// The weights of the values at the measured directions that make up the value at `direction`.
    pub(super) fn weights(&self, direction: &Direction) -> Option<Vec<f64>> {
        let count = self.directions.len();
        let terms = DVector::from_fn(count + LINEAR, |row, _| match self.directions.get(row) {
            Some(measured) => (measured - direction).norm().powi(self.power),
            None => linear(direction)[row - count],
        });
        // The matrix is symmetric: its inverse times the terms is a row of weights.
        let solved = self.solver.solve(&terms)?;
        let weights: Vec<f64> = solved.iter().take(count).copied().collect();
        weights
            .iter()
            .all(|weight| weight.is_finite())
            .then_some(weights)
    }
}

fn linear(direction: &Direction) -> [f64; LINEAR] {
    [1.0, direction.x, direction.y, direction.z]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    #[test]
    fn it_is_exact_where_measured_and_follows_a_smooth_field_between() {
        let directions: Vec<_> = (0..150)
            .map(|i| {
                direction(
                    f64::from(i) * 137.508,
                    (f64::from(i) / 75.0 - 1.0).asin().to_degrees(),
                )
            })
            .collect();
        let field = |d: &Direction| 3.0 * d.x + 0.5 * d.y * d.y - d.x * d.z;
        let smooth = Smooth::new(&directions, 3).unwrap();
        let at = |d: &Direction| {
            let weights = smooth.weights(d).unwrap();
            let pairs = weights.iter().zip(&directions);
            pairs.map(|(weight, d)| weight * field(d)).sum::<f64>()
        };
        for d in &directions {
            assert!((at(d) - field(d)).abs() < 1e-9, "{d}");
        }
        for i in 0..100 {
            let d = direction(f64::from(i) * 77.7, f64::from(i) * 1.7 - 85.0);
            assert!(
                (at(&d) - field(&d)).abs() < 2e-3,
                "{d}: {}",
                at(&d) - field(&d)
            );
        }
        let ring: Vec<_> = (0..8)
            .map(|i| direction(f64::from(i) * 45.0, 0.0))
            .collect();
        assert!(Smooth::new(&ring, 3).is_none());
    }
}
