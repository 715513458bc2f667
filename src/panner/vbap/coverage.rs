//! How much of the sphere the loudspeakers themselves reach.

use nalgebra::Vector3;

use super::mesh::ON_PLANE;
use crate::geometry::Direction;
use crate::geometry::hull::nearly_flat_hull;

/// Sine of a degree: loudspeakers that lean to one side by less still surround.
const LEANING: f64 = 0.0175;

/// Share of the sphere inside the cone of the loudspeakers: solid angles of the hull's facets (the
/// listener being one of its points) over 4π. 0 for a layout that is flat.
pub(super) fn covered_fraction(speakers: &[Direction]) -> f64 {
    let mut points = speakers.to_vec();
    points.push(Vector3::zeros());
    let Some(hull) = nearly_flat_hull(&points, ON_PLANE) else {
        return 0.0;
    };
    let whole: f64 = hull
        .iter()
        .filter(|facet| facet.offset > ON_PLANE)
        .flat_map(|facet| {
            let corner = |i: usize| points[facet.corners[i]];
            (2..facet.corners.len()).map(move |i| solid_angle(corner(0), corner(i - 1), corner(i)))
        })
        .sum();
    (whole / (4.0 * std::f64::consts::PI)).clamp(0.0, 1.0)
}

/// Solid angle of the triangle of three unit vectors (Van Oosterom and Strackee 1983, eq. 8).
fn solid_angle(a: Direction, b: Direction, c: Direction) -> f64 {
    let volume = a.dot(&b.cross(&c)).abs();
    2.0 * volume.atan2(1.0 + a.dot(&b) + b.dot(&c) + c.dot(&a))
}

/// Whether no plane through the listener has all loudspeakers on one side, more than a degree away.
///
/// Gilbert's iteration (1966) for the point of the loudspeakers' hull that is nearest to the listener.
pub(super) fn surrounds(speakers: &[Direction]) -> bool {
    let Some(&first) = speakers.first() else {
        return false;
    };
    let mut nearest = first;
    for _ in 0..10_000 {
        let length = nearest.norm();
        if length < LEANING {
            return true;
        }
        let along = |u: &&Direction| u.dot(&nearest);
        let Some(farthest) = speakers.iter().min_by(|a, b| along(a).total_cmp(&along(b))) else {
            return false;
        };
        if along(&farthest) > LEANING * length {
            return false;
        }
        let step = farthest - nearest;
        nearest += step * (-nearest.dot(&step) / step.norm_squared()).clamp(0.0, 1.0);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    fn of(angles: &[(f64, f64)]) -> Vec<Direction> {
        angles.iter().map(|&(az, el)| direction(az, el)).collect()
    }

    #[test]
    fn half_a_sphere_an_octant_and_a_ring() {
        let octahedron = [
            (0.0, 0.0),
            (90.0, 0.0),
            (-90.0, 0.0),
            (180.0, 0.0),
            (0.0, 90.0),
        ];
        assert!((covered_fraction(&of(&octahedron)) - 0.5).abs() < 1e-12);
        let octant = [(0.0, 0.0), (90.0, 0.0), (0.0, 90.0)];
        assert!((covered_fraction(&of(&octant)) - 0.125).abs() < 1e-12);
        assert!(covered_fraction(&of(&octahedron[..4])).abs() < 1e-12);
    }

    #[test]
    fn a_ring_surrounds_and_a_front_does_not() {
        let cases: [(&[(f64, f64)], bool); 6] = [
            (
                &[(30.0, 0.0), (-30.0, 0.0), (110.0, 0.0), (-110.0, 0.0)],
                true,
            ),
            (&[(90.0, 0.0), (-90.0, 0.0)], true),
            (&[(0.0, 0.0)], false),
            (&[(30.0, 0.0), (-30.0, 0.0)], false),
            (
                &[(45.0, 60.0), (-45.0, 60.0), (135.0, 60.0), (-135.0, 60.0)],
                false,
            ),
            (
                &[(0.0, -0.5), (120.0, 0.5), (-120.0, 0.3), (0.0, 90.0)],
                true,
            ),
        ];
        for (angles, expected) in cases {
            assert_eq!(surrounds(&of(angles)), expected, "{angles:?}");
        }
    }
}
