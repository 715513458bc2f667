//! A place in the room, kept in the form it was written in.

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
pub fn direction(azimuth_deg: f64, elevation_deg: f64) -> Direction {
    let (sin_az, cos_az) = sin_cos_deg(azimuth_deg);
    let (sin_el, cos_el) = sin_cos_deg(elevation_deg);
    Vector3::new(-sin_az * cos_el, cos_az * cos_el, sin_el)
}

/// Sine and cosine of an angle in degrees, exact at multiples of 90 and odd/even to the last bit.
fn sin_cos_deg(angle_deg: f64) -> (f64, f64) {
    let angle = angle_deg.abs();
    // Far-out angles go the slow way; near ones need no call into a mathematics library.
    let turn = if angle < 1e9 {
        angle - 360.0 * ((angle / 360.0) as i64 as f64)
    } else {
        angle % 360.0
    };
    // Fold into [0, 45] so that the symmetries of the circle are those of the results.
    let quadrant = (turn / 90.0) as u8;
    let rest = turn - 90.0 * f64::from(quadrant);
    let (s, c) = if rest < 45.0 {
        rest.to_radians().sin_cos()
    } else if rest > 45.0 {
        let (s, c) = (90.0 - rest).to_radians().sin_cos();
        (c, s)
    } else {
        (
            std::f64::consts::FRAC_1_SQRT_2,
            std::f64::consts::FRAC_1_SQRT_2,
        )
    };
    let (s, c) = match quadrant % 4 {
        0 => (s, c),
        1 => (c, -s),
        2 => (-s, -c),
        _ => (-c, s),
    };
    let s = if angle_deg < 0.0 { -s } else { s };
    (s + 0.0, c + 0.0)
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
