//! Virtual speakers: directions without a loudspeaker that close the holes of a layout.
//!
//! Where they go at first, how the mirror symmetries of a layout are kept, and which loudspeakers play
//! them.

use nalgebra::{Matrix2, Matrix3, SymmetricEigen, Vector2, Vector3};

use super::mesh::ON_PLANE;
use crate::geometry::Direction;

/// Loudspeakers within this sine of a plane or line through the listener (1.1 degrees) count as on it.
const FLAT: f64 = 0.02;

/// A virtual speaker within this sine of a mirror plane (25 degrees) is put on it.
const NEAR_MIRROR: f64 = 0.42;

/// How much rather a virtual speaker is played by those of its neighbours that are nearer to it.
const NEARNESS: f64 = 2.0;

/// Weight of "as even as possible" against "balanced about the virtual speaker".
const EVENNESS: f64 = 0.05;

/// Principal axes of some vectors, the longest first.
fn principal_axes(vectors: impl Iterator<Item = Vector3<f64>>) -> [Vector3<f64>; 3] {
    let scatter: Matrix3<f64> = vectors.map(|v| v * v.transpose()).sum();
    let eigen = SymmetricEigen::new(scatter);
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    order.map(|i| eigen.eigenvectors.column(i).into_owned())
}

/// Virtual speakers without which the loudspeakers would have no hull: the poles of a flat layout, four
/// round a layout on one line through the listener. Empty for a layout that needs none at first.
pub(super) fn poles_of_flat_layout(speakers: &[Direction]) -> Vec<Direction> {
    let [line, _, normal] = principal_axes(speakers.iter().copied());
    if speakers.iter().all(|u| u.cross(&line).norm() < FLAT) {
        // Any four at right angles do; these keep the mirror symmetries of a line along an axis.
        let up = if line.z.abs() < 0.7 {
            Vector3::z()
        } else {
            Vector3::y()
        };
        let first = (up - line * line.dot(&up)).normalize();
        let second = line.cross(&first);
        return vec![first, -first, second, -second];
    }
    if speakers.iter().all(|u| u.dot(&normal).abs() < FLAT) {
        return vec![normal, -normal];
    }
    Vec::new()
}

/// The virtual speaker opposite to loudspeakers that stand on one circle of the sphere.
pub(super) fn opposite_of_circle(speakers: &[Direction]) -> Direction {
    let mean = speakers.iter().sum::<Vector3<f64>>() / speakers.len() as f64;
    let [_, _, normal] = principal_axes(speakers.iter().map(|u| u - mean));
    if normal.dot(&mean) > 0.0 {
        -normal
    } else {
        normal
    }
}

/// The mirrors (across x = 0, y = 0, z = 0) that map a layout to itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mirrors([bool; 3]);

impl Mirrors {
    /// The mirror symmetries of `speakers`.
    pub(super) fn of(speakers: &[Direction]) -> Self {
        Self([0, 1, 2].map(|axis| {
            speakers.iter().all(|u| {
                let image = mirrored(*u, axis);
                speakers
                    .iter()
                    .any(|other| (other - image).norm() < ON_PLANE)
            })
        }))
    }

    /// `direction` and its mirror images; put on the mirror planes that it is near to.
    pub(super) fn images(self, direction: Direction) -> Vec<Direction> {
        let mut on_planes = direction;
        for axis in 0..3 {
            if self.0[axis] && on_planes[axis].abs() < NEAR_MIRROR {
                on_planes[axis] = 0.0;
            }
        }
        let mut images = vec![on_planes.normalize()];
        for axis in 0..3 {
            if self.0[axis] && on_planes[axis].abs() > 0.0 {
                let more: Vec<_> = images.iter().map(|&v| mirrored(v, axis)).collect();
                images.extend(more);
            }
        }
        images
    }
}

fn mirrored(mut v: Vector3<f64>, axis: usize) -> Vector3<f64> {
    v[axis] = -v[axis];
    v
}

/// Amplitudes (of power 1) with which `neighbours` play a virtual speaker at `target`.
///
/// The powers are the most even ones (of greatest entropy, leaning towards the nearer loudspeakers)
/// whose energy vector points at the virtual speaker as nearly as possible: `exp(2 u·v + λ·t)`, where
/// `t` is the part of `u` across `v` and `λ` minimises `ln Σ exp(2 u·v + λ·t) + 0.025 |λ|²`, a convex
/// function whose gradient is the energy vector's part across `v`.
pub(super) fn downmix(target: &Direction, neighbours: &[Direction]) -> Vec<f64> {
    let helper = if target.z.abs() < 0.7 {
        Vector3::z()
    } else {
        Vector3::y()
    };
    let first = helper.cross(target).normalize();
    let second = target.cross(&first);
    let across: Vec<_> = neighbours
        .iter()
        .map(|u| Vector2::new(u.dot(&first), u.dot(&second)))
        .collect();
    let powers = |lambda: &Vector2<f64>| -> (Vec<f64>, f64) {
        let exponents: Vec<_> = neighbours
            .iter()
            .zip(&across)
            .map(|(u, t)| NEARNESS * u.dot(target) + lambda.dot(t))
            .collect();
        let sum: f64 = exponents.iter().map(|e| e.exp()).sum();
        let value = sum.ln() + 0.5 * EVENNESS * lambda.norm_squared();
        (exponents.iter().map(|e| e.exp() / sum).collect(), value)
    };
    let mut lambda = Vector2::zeros();
    // Newton's method with step halving; converges in well under 20 steps.
    for _ in 0..50 {
        let (weights, value) = powers(&lambda);
        let mean: Vector2<f64> = across.iter().zip(&weights).map(|(t, w)| t * *w).sum();
        let gradient = mean + lambda * EVENNESS;
        if gradient.norm() < 1e-14 {
            break;
        }
        let spread: Matrix2<f64> = across
            .iter()
            .zip(&weights)
            .map(|(t, w)| (t - mean) * (t - mean).transpose() * *w)
            .sum();
        let hessian = spread + Matrix2::identity() * EVENNESS;
        let Some(inverse) = hessian.try_inverse() else {
            break;
        };
        let mut step = inverse * gradient;
        while powers(&(lambda - step)).1 > value && step.norm() > 1e-13 {
            step /= 2.0;
        }
        lambda -= step;
    }
    powers(&lambda).0.iter().map(|power| power.sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    #[test]
    fn the_floor_of_a_ring_is_played_by_a_balanced_ring() {
        let ring: Vec<_> = [0.0, 30.0, -30.0, 110.0, -110.0]
            .map(|az| direction(az, 0.0))
            .into();
        let amplitudes = downmix(&direction(0.0, -90.0), &ring);
        let power: f64 = amplitudes.iter().map(|a| a * a).sum();
        assert!((power - 1.0).abs() < 1e-12);
        let energy: Vector3<f64> = ring.iter().zip(&amplitudes).map(|(u, a)| u * (a * a)).sum();
        assert!(energy.norm() < 0.1, "{energy:?}, evenly it would be 0.41");
        assert!((amplitudes[1] - amplitudes[2]).abs() < 1e-12);
    }

    #[test]
    fn images_keep_the_mirrors_of_the_layout() {
        let pair = [direction(30.0, 0.0), direction(-30.0, 0.0)];
        let mirrors = Mirrors::of(&pair);
        assert_eq!(mirrors.0, [true, false, true]);
        assert_eq!(mirrors.images(direction(90.0, 0.0)).len(), 2);
        assert_eq!(
            mirrors.images(direction(170.0, 10.0)),
            [direction(180.0, 0.0)]
        );
    }
}
