//! Positions and sizes from polar to Cartesian and back (ITU-R BS.2127, section 10).
//!
//! The two forms are not the same space: the loudspeakers of a polar layout stand on a sphere, those of a
//! Cartesian one on the walls of a cube. Azimuths 0, ±30 and ±110 become the middle of the front wall and
//! the four corners, elevation 30 the edge of the ceiling; between them a tangent law follows the way an
//! image moves between two loudspeakers.
//!
//! Both directions mirror exactly: left and right differ in signs only.

use std::f64::consts::FRAC_2_PI;

use super::{Direction, direction};

/// A stretch of a horizontal wall, on the left side of the room.
struct Sector {
    /// Azimuth of its middle in degrees.
    middle_deg: f64,
    /// Azimuth of its right end from the middle, in degrees; negative.
    right_deg: f64,
    /// x and y of its left and right end.
    left: [f64; 2],
    right: [f64; 2],
}

/// Front left, side, and the whole back.
const SECTORS: [Sector; 3] = [
    Sector {
        middle_deg: 15.0,
        right_deg: -15.0,
        left: [-1.0, 1.0],
        right: [0.0, 1.0],
    },
    Sector {
        middle_deg: 70.0,
        right_deg: -40.0,
        left: [-1.0, -1.0],
        right: [-1.0, 1.0],
    },
    Sector {
        middle_deg: 180.0,
        right_deg: -70.0,
        left: [1.0, -1.0],
        right: [-1.0, -1.0],
    },
];

/// Elevation of the edge of the ceiling as it is written, and as it is seen from the middle of the cube.
const EDGE_DEG: f64 = 30.0;
const SEEN_EDGE_DEG: f64 = 45.0;

/// Nearer than this to the vertical axis there is no azimuth.
const ON_AXIS: f64 = 1e-10;

/// The place in the room cube (x, y, z) of an azimuth and elevation in degrees and a distance.
///
/// ```
/// let corner = umbel::geometry::polar_to_cartesian(30.0, 30.0, 1.0);
/// assert!((corner[0] + 1.0).abs() < 1e-12 && (corner[2] - 1.0).abs() < 1e-12);
/// ```
pub fn polar_to_cartesian(azimuth_deg: f64, elevation_deg: f64, distance: f64) -> [f64; 3] {
    let (z, flat) = if elevation_deg.abs() > EDGE_DEG {
        let beyond = (elevation_deg.abs() - EDGE_DEG) / (90.0 - EDGE_DEG);
        let seen_deg = SEEN_EDGE_DEG + (90.0 - SEEN_EDGE_DEG) * beyond;
        (
            distance.copysign(elevation_deg),
            distance * tan_deg(90.0 - seen_deg),
        )
    } else {
        let seen_deg = SEEN_EDGE_DEG * elevation_deg / EDGE_DEG;
        (distance * tan_deg(seen_deg), distance)
    };
    let turned = azimuth_deg % 360.0;
    let wrapped = if turned.abs() > 180.0 {
        turned - 360f64.copysign(turned)
    } else {
        turned
    };
    let side = wrapped.abs();
    let sector = match side {
        _ if side <= 30.0 => &SECTORS[0],
        _ if side <= 110.0 => &SECTORS[1],
        _ => &SECTORS[2],
    };
    let right = 0.5 + 0.5 * (tan_deg(side - sector.middle_deg) / tan_deg(sector.right_deg));
    let way = right.atan2(1.0 - right) * FRAC_2_PI;
    let [x, y] =
        [0, 1].map(|axis| sector.left[axis] + (sector.right[axis] - sector.left[axis]) * way);
    let x = if wrapped < 0.0 { -x } else { x };
    [flat * x + 0.0, flat * y + 0.0, z + 0.0]
}

/// Azimuth (-180 up to, not including, 180) and elevation in degrees and distance of a place in the room
/// cube. On the vertical axis the azimuth is 0, in the middle everything.
pub fn cartesian_to_polar([x, y, z]: [f64; 3]) -> (f64, f64, f64) {
    if x.abs() < ON_AXIS && y.abs() < ON_AXIS {
        return if z.abs() < ON_AXIS {
            (0.0, 0.0, 0.0)
        } else {
            (0.0, 90f64.copysign(z), z.abs())
        };
    }
    // How much of the right end the place is made of: (x, y) = left end · l + right end · r.
    let across = x.abs();
    let (sector, flat, right) = if across >= y.abs() {
        (&SECTORS[1], across, (across + y) / 2.0)
    } else if y > 0.0 {
        (&SECTORS[0], y, y - across)
    } else {
        (&SECTORS[2], -y, (across - y) / 2.0)
    };
    let (sin, cos) = (right / flat / FRAC_2_PI).sin_cos();
    let right = sin / (sin + cos);
    let from_middle = (2.0 * (right - 0.5) * tan_deg(sector.right_deg)).atan();
    let side = sector.middle_deg + from_middle.to_degrees();
    let azimuth = match if x > 0.0 { -side } else { side } {
        azimuth if azimuth >= 180.0 => azimuth - 360.0,
        azimuth => azimuth + 0.0,
    };
    let seen_deg = (z / flat).atan().to_degrees();
    if seen_deg.abs() > SEEN_EDGE_DEG {
        let beyond = (seen_deg.abs() - SEEN_EDGE_DEG) / (90.0 - SEEN_EDGE_DEG);
        let elevation = EDGE_DEG + (90.0 - EDGE_DEG) * beyond;
        (azimuth, elevation.copysign(z), z.abs())
    } else {
        (azimuth, EDGE_DEG * seen_deg / SEEN_EDGE_DEG + 0.0, flat)
    }
}

/// The sizes along x, y and z of an object in the direction of an azimuth and elevation in degrees, that
/// is `width` and `height` degrees large and `depth` deep.
pub fn polar_to_cartesian_sizes(
    azimuth_deg: f64,
    elevation_deg: f64,
    [width_deg, height_deg, depth]: [f64; 3],
) -> [f64; 3] {
    let across = |size_deg: f64| {
        if size_deg < 180.0 {
            (size_deg / 2.0).to_radians().sin()
        } else {
            1.0
        }
    };
    let sizes = [
        across(width_deg),
        behind(width_deg).max(behind(height_deg)).max(depth),
        across(height_deg),
    ];
    let frame = frame(azimuth_deg, elevation_deg);
    [0, 1, 2].map(|axis| {
        let along = |i: usize| frame[i][axis] * sizes[i];
        length([along(0), along(1), along(2)])
    })
}

/// Width and height in degrees and depth of an object in the direction of an azimuth and elevation in
/// degrees (those of its place after conversion), that is as large as `sizes` along x, y and z. Sizes
/// above 1, as large as the room, count as 1.
pub fn cartesian_to_polar_sizes(azimuth_deg: f64, elevation_deg: f64, sizes: [f64; 3]) -> [f64; 3] {
    // Rounding may carry a size just past 1, too.
    let [across, deep, up] = frame(azimuth_deg, elevation_deg).map(|row| {
        let along = |axis: usize| row[axis] * sizes[axis].min(1.0);
        length([along(0), along(1), along(2)]).min(1.0)
    });
    let round_deg = 2.0 * (1.0 - 2.0 * deep).acos().to_degrees();
    let angle = |size: f64| {
        let flat_deg = 2.0 * size.asin().to_degrees();
        flat_deg + size * (round_deg - flat_deg).max(0.0)
    };
    let (width, height) = (angle(across), angle(up));
    let explained = behind(width).max(behind(height));
    [width, height, (deep - explained).max(0.0)]
}

/// How far a cap of the sphere that is `size_deg` large reaches from front to back, 1 for the whole sphere.
fn behind(size_deg: f64) -> f64 {
    (1.0 - (size_deg / 2.0).to_radians().cos()) / 2.0
}

/// Right, forward and up as seen by someone who faces the direction.
fn frame(azimuth_deg: f64, elevation_deg: f64) -> [Direction; 3] {
    [
        direction(azimuth_deg - 90.0, 0.0),
        direction(azimuth_deg, elevation_deg),
        direction(azimuth_deg, elevation_deg + 90.0),
    ]
}

fn length(v: [f64; 3]) -> f64 {
    (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt()
}

fn tan_deg(angle_deg: f64) -> f64 {
    angle_deg.to_radians().tan()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "mirrors and ends are exact")]
    use super::*;

    fn assert_near(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < tolerance, "{what}: {found:?}, {expected:?}");
        }
    }

    #[test]
    fn corners_and_edges_of_the_cube_are_where_the_standard_puts_them() {
        for (polar, place) in [
            ((0.0, 0.0, 1.0), [0.0, 1.0, 0.0]),
            ((30.0, 0.0, 1.0), [-1.0, 1.0, 0.0]),
            ((-30.0, 30.0, 1.0), [1.0, 1.0, 1.0]),
            ((110.0, -30.0, 1.0), [-1.0, -1.0, -1.0]),
            ((180.0, 0.0, 2.0), [0.0, -2.0, 0.0]),
            ((0.0, 90.0, 0.5), [0.0, 0.0, 0.5]),
        ] {
            let (azimuth, elevation, distance) = polar;
            let found = polar_to_cartesian(azimuth, elevation, distance);
            assert_near(&found, &place, 1e-12, &format!("{polar:?}"));
        }
    }

    #[test]
    fn there_and_back_is_the_same_place() {
        for azimuth in (-180..180).map(|k| f64::from(k) + 0.25) {
            for elevation in [-90.0, -60.0, -30.0, -10.0, 0.0, 29.9, 30.1, 89.0] {
                let place = polar_to_cartesian(azimuth, elevation, 0.8);
                let (a, e, d) = cartesian_to_polar(place);
                let azimuth = if elevation == -90.0 { a } else { azimuth };
                let what = format!("{azimuth} {elevation}");
                assert_near(&[a, e, d], &[azimuth, elevation, 0.8], 1e-9, &what);
            }
        }
    }

    #[test]
    fn mirrored_places_are_mirrored_to_the_last_bit() {
        for k in 0..360 {
            let azimuth = f64::from(k) / 2.0;
            let [x, y, z] = polar_to_cartesian(azimuth, 20.0, 1.0);
            let mirrored = polar_to_cartesian(-azimuth, 20.0, 1.0);
            assert_eq!([-x + 0.0, y, z], mirrored, "azimuth {azimuth}");
            let (a, e, d) = cartesian_to_polar([x, y, z]);
            if k > 0 {
                assert_eq!((-a, e, d), cartesian_to_polar([-x, y, z]), "{azimuth}");
            }
        }
    }

    #[test]
    fn a_turn_more_is_the_same_place_and_the_back_has_one_name() {
        let places = [170.0, -190.0, 530.0].map(|a| polar_to_cartesian(a, 0.0, 1.0));
        assert_near(&places[0], &places[1], 1e-12, "-190");
        assert_near(&places[0], &places[2], 1e-12, "530");
        assert_eq!(cartesian_to_polar([0.0, -1.0, 0.0]).0, -180.0);
    }

    #[test]
    fn sizes_follow_the_direction_the_object_is_in() {
        let sizes = [40.0, 20.0, 0.1];
        let [x, y, z] = polar_to_cartesian_sizes(0.0, 0.0, sizes);
        assert_near(
            &[x, y, z],
            &[20f64.to_radians().sin(), 0.1, 10f64.to_radians().sin()],
            1e-12,
            "front",
        );
        let left = polar_to_cartesian_sizes(90.0, 0.0, sizes);
        assert_near(&left, &[y, x, z], 1e-12, "left");
        let above = polar_to_cartesian_sizes(0.0, 90.0, sizes);
        assert_near(&above, &[x, z, y], 1e-12, "above");
    }

    #[test]
    fn small_sizes_survive_there_and_back_and_large_ones_stay_defined() {
        for (azimuth, elevation) in [(0.0, 0.0), (90.0, 0.0), (0.0, 90.0)] {
            let sizes = [30.0, 30.0, 0.2];
            let room = polar_to_cartesian_sizes(azimuth, elevation, sizes);
            let [w, h, _] = cartesian_to_polar_sizes(azimuth, elevation, room);
            // Depth lets an object reach round the listener, so angles grow; they never shrink.
            assert!(w >= 30.0 - 1e-9 && h >= 30.0 - 1e-9, "{w} {h}");
        }
        let whole = cartesian_to_polar_sizes(37.0, 12.0, [1.0; 3]);
        assert_near(&whole, &[360.0, 360.0, 0.0], 1e-4, "as large as the room");
        assert_eq!(cartesian_to_polar_sizes(37.0, 12.0, [2.0; 3]), whole);
        assert_eq!(cartesian_to_polar_sizes(5.0, 5.0, [0.0; 3]), [0.0; 3]);
    }
}
