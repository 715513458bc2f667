//! How fast the gains change inside one facet.

use nalgebra::Vector3;

use super::facet::Facet;
use crate::geometry::Direction;

/// Points along a facet's edge at which the slope is taken.
const STEPS: u32 = 6;

/// How far the points are moved from the facet's border towards its middle.
const INWARDS: f64 = 1e-3;

/// Step of the numerical derivative in radians, well inside `INWARDS` of any facet.
const STEP_RAD: f64 = 1e-7;

/// The steepest change of the gain vector's direction, in 2-norm per degree of the source's movement,
/// over a grid of points of the facet and whatever the direction of movement.
pub(super) fn steepest_slope(facet: &Facet, corners: &[Vector3<f64>], channels: usize) -> f64 {
    let n = corners.len();
    let middle = corners.iter().sum::<Vector3<f64>>() / n as f64;
    let mut steepest: f64 = 0.0;
    let mut buffers = [
        vec![0.0; channels],
        vec![0.0; channels],
        vec![0.0; channels],
    ];
    for i in 0..n {
        let (a, b) = (corners[i], corners[(i + 1) % n]);
        for out in 0..=STEPS {
            for along in 0..=out {
                let (out, along) = (f64::from(out), f64::from(along));
                let (fan, turn) = (out / f64::from(STEPS), along / out.max(1.0));
                let rim = a + (b - a) * turn;
                let point = middle + (rim - middle) * (fan * (1.0 - INWARDS));
                let slope = slope_at(facet, &point.normalize(), &mut buffers);
                steepest = steepest.max(slope);
            }
        }
    }
    steepest
}

/// Greatest singular value of the derivative of the gains at `at`, per degree.
fn slope_at(facet: &Facet, at: &Direction, buffers: &mut [Vec<f64>; 3]) -> f64 {
    let helper = if at.z.abs() < 0.7 {
        Vector3::z()
    } else {
        Vector3::y()
    };
    let first = helper.cross(at).normalize();
    let second = at.cross(&first);
    let points = [*at, at + first * STEP_RAD, at + second * STEP_RAD];
    for (gains, point) in buffers.iter_mut().zip(points) {
        gains.fill(0.0);
        facet.add_gains(&point, 1.0, gains);
    }
    let [here, there, up] = buffers;
    let (mut a, mut b, mut c) = (0.0, 0.0, 0.0);
    for ((g, x), y) in here.iter().zip(there.iter()).zip(up.iter()) {
        let (x, y) = (x - g, y - g);
        a += x * x;
        b += x * y;
        c += y * y;
    }
    // Larger eigenvalue of the Gram matrix [a b; b c].
    let largest = 0.5 * (a + c) + (0.25 * (a - c) * (a - c) + b * b).sqrt();
    largest.sqrt() / STEP_RAD.to_degrees()
}
