//! Divergence: an object plays at its position and at both sides of it (ITU-R BS.2127-0, 7.3.7).

use nalgebra::Vector3;

use crate::geometry::{Position, direction};
use crate::scene::Divergence;

/// Degrees from the position to a side, if the object does not say.
const AZIMUTH_RANGE_DEG: f64 = 45.0;

/// A position with its share of the power.
pub(super) type Share<T> = (f64, T);

/// The shares of the power to the left, in the middle and to the right.
fn shares(divergence: &Divergence) -> [f64; 3] {
    let value = divergence.value.clamp(0.0, 1.0);
    let side = value / (value + 1.0);
    [side, (1.0 - value) / (value + 1.0), side]
}

/// The positions of an object in polar form, each with its share of the power.
pub(super) fn around(
    divergence: Option<&Divergence>,
    (azimuth, elevation, distance): (f64, f64, f64),
) -> [Share<Position>; 3] {
    let middle = Position::Polar {
        azimuth,
        elevation,
        distance,
    };
    let Some(divergence) = divergence.filter(|divergence| divergence.value > 0.0) else {
        return [(0.0, middle), (1.0, middle), (0.0, middle)];
    };
    let range = divergence.azimuth_range.unwrap_or(AZIMUTH_RANGE_DEG);
    // Turned about the object's own upward axis, so that the sides of what is high up are high up too.
    let to_side = |range: f64| {
        let turned = direction(range, 0.0) * distance;
        let right = direction(azimuth - 90.0, 0.0);
        let at: Vector3<f64> = right * turned.x + direction(azimuth, elevation) * turned.y;
        let (x, y, z) = (at.x, at.y, at.z);
        let (azimuth, elevation, distance) = Position::Cartesian { x, y, z }.to_polar();
        Position::Polar {
            azimuth,
            elevation,
            distance,
        }
    };
    let [left, centre, right] = shares(divergence);
    [
        (left, to_side(range)),
        (centre, middle),
        (right, to_side(-range)),
    ]
}

/// The places of an object in the room cube, each with its share of the power.
pub(super) fn across(divergence: Option<&Divergence>, at: [f64; 3]) -> [Share<[f64; 3]>; 3] {
    let Some(divergence) = divergence.filter(|divergence| divergence.value > 0.0) else {
        return [(0.0, at), (1.0, at), (0.0, at)];
    };
    let range = divergence.position_range.unwrap_or(0.0);
    let [x, y, z] = at;
    let aside = |x: f64| [x.clamp(-1.0, 1.0), y, z];
    let [left, centre, right] = shares(divergence);
    [
        (left, aside(x - range)),
        (centre, at),
        (right, aside(x + range)),
    ]
}
