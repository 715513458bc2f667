//! Directions spread evenly over the sphere: the virtual loudspeakers of the HOA decoder.

use std::f64::consts::{PI, TAU};

use crate::geometry::Direction;

/// Pairs of points: 13 000 points, two and a half times as many as the set of ITU-R BS.2127 has, so that gains
/// are those of the whole sphere within 5e-5. What they differ by from the standard's, up to 1e-4, is then mostly
/// what the standard's own set leaves out.
const PAIRS: u32 = 6500;

/// Azimuth of the first point: one at which the largest difference of the ten systems of BS.2051 from what the
/// standard's own set gives is small.
const START_DEG: f64 = 2.0;

/// Points of a Fibonacci spiral on the sphere, each with its mirror image from left to right, so that
/// decoders for layouts that mirror do so too.
///
/// The spiral goes from pole to pole in steps of equal area and of the golden angle, clockwise from above
/// (R. Swinbank and R. J. Purser, "Fibonacci grids: a novel approach to global modelling", Q. J. R.
/// Meteorol. Soc. 132, 2006).
pub(super) fn pairs() -> impl Iterator<Item = [Direction; 2]> {
    let golden = PI * (3.0 - 5.0_f64.sqrt());
    (0..PAIRS).map(move |i| {
        let up = 1.0 - 2.0 * (f64::from(i) + 0.5) / f64::from(PAIRS);
        let flat = (1.0 - up * up).sqrt();
        let turn = (f64::from(i) * golden + START_DEG.to_radians()) % TAU;
        let (sine, cosine) = turn.sin_cos();
        let (across, ahead) = (flat * cosine, flat * sine);
        [across, -across].map(|across| Direction::new(across, ahead, up))
    })
}

#[cfg(test)]
mod tests {
    use super::super::harmonics::Harmonics;
    use super::*;

    #[test]
    fn means_over_the_points_are_means_over_the_sphere() {
        // Harmonics of order 1 and above have none; their squares have 1.
        let harmonics = Harmonics::new(7);
        let mut means = vec![(0.0, 0.0); harmonics.count()];
        let mut values = vec![0.0; harmonics.count()];
        let points: Vec<_> = pairs().flatten().collect();
        assert_eq!(points.len(), 13_000);
        for point in &points {
            harmonics.write(point, &mut values);
            for ((mean, square), value) in means.iter_mut().zip(&values) {
                *mean += value / points.len() as f64;
                *square += value * value / points.len() as f64;
            }
        }
        for (component, (mean, square)) in means.into_iter().enumerate().skip(1) {
            assert!(mean.abs() < 1e-4, "component {component}: mean {mean}");
            assert!(
                (square - 1.0).abs() < 1e-4,
                "component {component}: mean square {square}"
            );
        }
    }
}
