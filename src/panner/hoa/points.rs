//! Directions spread evenly over the sphere: the virtual loudspeakers of the HOA decoder.

use std::f64::consts::{PI, TAU};

use crate::geometry::Direction;

/// Pairs of points: 5200 points, as many as the set of ITU-R BS.2127 has.
const PAIRS: u32 = 2600;

/// Azimuth of the first point. A decoder's gains depend on it in the fourth decimal place; this is the
/// angle at which those of the ten systems of BS.2051 are nearest to what the standard's own set gives.
const START_DEG: f64 = 251.0;

/// 2600 points of a Fibonacci spiral on the sphere, each with its mirror image from left to right, so that
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
        assert_eq!(points.len(), 5200);
        for point in &points {
            harmonics.write(point, &mut values);
            for ((mean, square), value) in means.iter_mut().zip(&values) {
                *mean += value / points.len() as f64;
                *square += value * value / points.len() as f64;
            }
        }
        for (component, (mean, square)) in means.into_iter().enumerate().skip(1) {
            assert!(mean.abs() < 1e-3, "component {component}: mean {mean}");
            assert!(
                (square - 1.0).abs() < 3e-3,
                "component {component}: mean square {square}"
            );
        }
    }
}
