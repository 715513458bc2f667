//! A place in the room, kept in the form it was written in.

use std::f64::consts::FRAC_1_SQRT_2;

use nalgebra::Vector3;

/// A unit vector: x right, y front, z up.
pub type Direction = Vector3<f64>;

/// Unit vector of an azimuth (+ = left, 0 = front) and elevation (+ = up) in degrees:
/// (-sin az cos el, cos az cos el, sin el), the convention of ITU-R BS.2076.
///
/// Multiples of 90 degrees give exact zeros, and mirrored azimuths exactly mirrored vectors.
///
/// ```
/// let left = umbel::geometry::direction(90.0, 0.0);
/// assert_eq!((left.x, left.y, left.z), (-1.0, 0.0, 0.0));
/// ```
#[inline]
pub fn direction(azimuth_deg: f64, elevation_deg: f64) -> Direction {
    let (sin_az, cos_az) = sin_cos_deg(azimuth_deg);
    let (sin_el, cos_el) = sin_cos_deg(elevation_deg);
    Vector3::new(-sin_az * cos_el, cos_az * cos_el, sin_el)
}

/// Writes the [directions](direction) of many azimuths and elevations, each to the same place of the three
/// rows of coordinates, with the same bits; several at once where the processor can.
///
/// # Panics
/// If the slices are not of one length.
pub(crate) fn directions(azimuths_deg: &[f64], elevations_deg: &[f64], to: [&mut [f64]; 3]) {
    let count = azimuths_deg.len();
    assert!(
        elevations_deg.len() == count && to.iter().all(|row| row.len() == count),
        "one place for each direction"
    );
    let angles = azimuths_deg.iter().chain(elevations_deg);
    let large = |angle: &f64| angle.is_nan() || angle.abs() >= MODERATE_DEG;
    let any_large = angles.fold(false, |any, angle| any | large(angle));
    if !any_large {
        return pulp::Arch::new().dispatch(Directions {
            azimuths_deg,
            elevations_deg,
            to,
        });
    }
    let [xs, ys, zs] = to;
    for i in 0..count {
        let v = direction(azimuths_deg[i], elevations_deg[i]);
        (xs[i], ys[i], zs[i]) = (v.x, v.y, v.z);
    }
}

/// The loop of [`directions`], compiled once for each instruction set.
struct Directions<'a> {
    azimuths_deg: &'a [f64],
    elevations_deg: &'a [f64],
    to: [&'a mut [f64]; 3],
}

impl pulp::NullaryFnOnce for Directions<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let count = self.azimuths_deg.len();
        let [xs, ys, zs] = self.to;
        let (xs, ys, zs) = (&mut xs[..count], &mut ys[..count], &mut zs[..count]);
        let elevations_deg = &self.elevations_deg[..count];
        for i in 0..count {
            let (sin_az, cos_az) = moderate_sin_cos(self.azimuths_deg[i]);
            let (sin_el, cos_el) = moderate_sin_cos(elevations_deg[i]);
            (xs[i], ys[i], zs[i]) = (-sin_az * cos_el, cos_az * cos_el, sin_el);
        }
    }
}

/// Sine and cosine of an angle in degrees, exact at multiples of 90 and odd/even to the last bit.
///
/// Within 2e-16 of the true values; the same on every processor, and several times as fast as a library's,
/// which must take angles in radians of any size.
#[inline]
fn sin_cos_deg(angle_deg: f64) -> (f64, f64) {
    if angle_deg.abs() < MODERATE_DEG {
        moderate_sin_cos(angle_deg)
    } else {
        moderate_sin_cos(part_of_turn(angle_deg))
    }
}

/// Larger angles are cut to a part of a turn first.
const MODERATE_DEG: f64 = 1e9;

/// The same for an angle that is not large. Without a branch, so that many can be worked out side by side.
#[inline(always)]
fn moderate_sin_cos(angle_deg: f64) -> (f64, f64) {
    let turn = angle_deg.abs();
    // Fold into -45 to 45, exactly, so that the symmetries of the circle are those of the results. A number
    // this large has no digits behind the point, and its last bits count quarter turns.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let quarters = turn * (1.0 / 90.0) + WHOLE;
    let rest = turn - 90.0 * (quarters - WHOLE);
    let (s, c) = near_sin_cos(rest.to_radians());
    let halfway = (rest.abs() - 45.0).abs() <= 0.0;
    let (s, c) = if halfway {
        (FRAC_1_SQRT_2.copysign(rest), FRAC_1_SQRT_2)
    } else {
        (s, c)
    };
    // A quarter turn makes (s, c) into (c, -s). In bits, since no one can foretell the quarter.
    let quarters = quarters.to_bits();
    let (s, c) = (s.to_bits(), c.to_bits());
    let swapped = (s ^ c) & (quarters & 1).wrapping_neg();
    let negative = u64::from(angle_deg < 0.0);
    let s = s ^ swapped ^ ((quarters >> 1 & 1 ^ negative) << 63);
    let c = c ^ swapped ^ (((quarters + 1) >> 1 & 1) << 63);
    (f64::from_bits(s) + 0.0, f64::from_bits(c) + 0.0)
}

/// The remainder is slow, and kept apart lest it be computed for every angle and thrown away.
#[cold]
#[inline(never)]
fn part_of_turn(angle_deg: f64) -> f64 {
    angle_deg % 360.0
}

/// Sine and cosine of an angle in radians within an eighth of a turn, by their series up to what a
/// double can tell.
#[inline(always)]
fn near_sin_cos(x: f64) -> (f64, f64) {
    const fn inverse_factorial(n: u32) -> f64 {
        let (mut product, mut k) = (1.0, 2);
        while k <= n {
            product *= k as f64;
            k += 1;
        }
        1.0 / product
    }
    const SINE: [f64; 7] = [
        -inverse_factorial(3),
        inverse_factorial(5),
        -inverse_factorial(7),
        inverse_factorial(9),
        -inverse_factorial(11),
        inverse_factorial(13),
        -inverse_factorial(15),
    ];
    const COSINE: [f64; 7] = [
        inverse_factorial(4),
        -inverse_factorial(6),
        inverse_factorial(8),
        -inverse_factorial(10),
        inverse_factorial(12),
        -inverse_factorial(14),
        inverse_factorial(16),
    ];
    let square = x * x;
    let (fourth, eighth) = (square * square, square * square * square * square);
    // In pairs, so that the steps need not wait for each other.
    let sum = |t: &[f64; 7]| {
        let low = (t[0] + t[1] * square) + (t[2] + t[3] * square) * fourth;
        low + ((t[4] + t[5] * square) + t[6] * fourth) * eighth
    };
    let sine = x + x * square * sum(&SINE);
    let cosine = 1.0 - square * (0.5 - square * sum(&COSINE));
    (sine, cosine)
}

/// A position relative to the listener, in the form the author wrote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Position {
    /// Egocentric: degrees and a distance in units of the loudspeakers' distance.
    Polar {
        /// + = left, 0 = front, degrees; may exceed ±180 to say how a move turns.
        azimuth: f64,
        /// + = up, degrees, -90 to 90.
        elevation: f64,
        /// ≥ 0; 1 = on the loudspeaker sphere.
        distance: f64,
    },
    /// Room cube: the walls stand at ±1, the listener in the middle.
    Cartesian {
        /// -1 left to 1 right.
        x: f64,
        /// -1 back to 1 front.
        y: f64,
        /// -1 floor, 0 ear height, 1 ceiling.
        z: f64,
    },
}

impl Position {
    /// Straight ahead at the loudspeakers' distance.
    pub const FRONT: Self = Self::Polar {
        azimuth: 0.0,
        elevation: 0.0,
        distance: 1.0,
    };

    /// The vector from the listener to the position; length 1 = loudspeaker distance.
    pub fn vector(self) -> Vector3<f64> {
        match self {
            Self::Polar {
                azimuth,
                elevation,
                distance,
            } => direction(azimuth, elevation) * distance,
            Self::Cartesian { x, y, z } => Vector3::new(x, y, z),
        }
    }

    /// Azimuth (-180, 180], elevation [-90, 90] in degrees and distance of the position.
    /// The listener's own place reads as straight ahead at distance 0.
    pub fn to_polar(self) -> (f64, f64, f64) {
        let v = self.vector();
        let flat = v.x.hypot(v.y);
        if flat == 0.0 && v.z == 0.0 {
            return (0.0, 0.0, 0.0);
        }
        (
            (-v.x).atan2(v.y).to_degrees() + 0.0,
            v.z.atan2(flat).to_degrees(),
            v.norm(),
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "angles on the axes are exact")]

    use std::f64::consts::FRAC_PI_4;

    use super::*;

    #[test]
    fn mirrored_azimuths_give_mirrored_vectors_to_the_last_bit() {
        for az in [0.0, 22.5, 30.0, 45.0, 90.0, 110.0, 135.0, 180.0] {
            let (l, r) = (direction(az, 12.3), direction(-az, 12.3));
            assert_eq!((l.x, l.y, l.z), (-r.x, r.y, r.z), "azimuth {az}");
            let (front, back) = (direction(az, -7.0), direction(180.0 - az, -7.0));
            assert_eq!((front.x, front.y), (back.x, -back.y), "azimuth {az}");
        }
    }

    #[test]
    fn many_directions_are_those_of_each_to_the_bit() {
        for largest in [1.0, 1e4, 1e12, f64::INFINITY] {
            let mut azimuths: Vec<f64> = (0..101).map(|i| f64::from(i) * 22.5 - 700.0).collect();
            let elevations: Vec<f64> = (0..101).map(|i| f64::from(i) * 1.8 - 90.0).collect();
            azimuths[50] = largest;
            let mut rows = [(); 3].map(|()| vec![0.0; 101]);
            directions(
                &azimuths,
                &elevations,
                rows.each_mut().map(|row| &mut row[..]),
            );
            for i in 0..101 {
                let one = direction(azimuths[i], elevations[i]);
                let many = [rows[0][i], rows[1][i], rows[2][i]];
                let bits = |v: [f64; 3]| v.map(|x| if x.is_nan() { 1 } else { x.to_bits() });
                assert_eq!(bits(many), bits(one.into()), "azimuth {}", azimuths[i]);
            }
        }
    }

    #[test]
    fn sines_are_the_librarys() {
        for step in -200_000..200_000 {
            let angle = f64::from(step) * 0.0137;
            let (s, c) = sin_cos_deg(angle);
            // Folded, so that the library's argument is as exact.
            let (expected_s, expected_c) = (angle % 360.0).to_radians().sin_cos();
            assert!(
                (s - expected_s).abs() < 1.2e-15 && (c - expected_c).abs() < 1.2e-15,
                "{angle}: {s} {expected_s}, {c} {expected_c}"
            );
            let (s, c) = near_sin_cos(angle.to_radians() % FRAC_PI_4);
            let (expected_s, expected_c) = (angle.to_radians() % FRAC_PI_4).sin_cos();
            assert!(
                (s - expected_s).abs() < 2e-16 && (c - expected_c).abs() < 2e-16,
                "{angle}: {s} {expected_s}, {c} {expected_c}"
            );
        }
        for (angle, s, c) in [(45.0, 1.0, 1.0), (-135.0, -1.0, -1.0), (405.0, 1.0, 1.0)] {
            assert_eq!(sin_cos_deg(angle), (s * FRAC_1_SQRT_2, c * FRAC_1_SQRT_2));
        }
        assert_eq!(sin_cos_deg(-1e12 * 360.0 - 90.0), (-1.0, 0.0));
    }

    #[test]
    fn polar_and_vector_are_inverse() {
        for az in [-170.0, -90.0, -30.0, 0.0, 45.0, 180.0] {
            for el in [-60.0, 0.0, 35.3] {
                let p = Position::Polar {
                    azimuth: az,
                    elevation: el,
                    distance: 0.7,
                };
                let v = p.vector();
                let (a, e, d) = Position::Cartesian {
                    x: v.x,
                    y: v.y,
                    z: v.z,
                }
                .to_polar();
                assert!(
                    (a - az).abs() < 1e-9 && (e - el).abs() < 1e-9 && (d - 0.7).abs() < 1e-12,
                    "{az} {el}"
                );
            }
        }
    }
}
