//! Real spherical harmonics as ITU-R BS.2076 has them for HOA: degree 1 points left, degree 0 up, no
//! Condon-Shortley phase.

use crate::geometry::Direction;
use crate::scene::Normalization;

/// Number of a component in the order of AmbiX (ACN): n² + n + m.
pub(super) fn acn(order: u32, degree: i32) -> usize {
    let order = order as usize;
    (order * order + order).wrapping_add_signed(degree as isize)
}

/// Factor from an N3D component, of which the harmonics here are, to the gain that decodes a component of
/// another normalisation: N3D over that normalisation. `None` if the normalisation does not define it.
pub(super) fn from_n3d(normalization: Normalization, order: u32, degree: i32) -> Option<f64> {
    let n3d_over_sn3d = f64::from(2 * order + 1).sqrt();
    match normalization {
        Normalization::N3d => Some(1.0),
        Normalization::Sn3d => Some(n3d_over_sn3d),
        Normalization::FuMa => Some(n3d_over_sn3d / fuma_over_sn3d(order, degree)?),
    }
}

/// Factor of Furse-Malham over SN3D: maxima of 1 (ITU-R BS.2076, FuMa), order 0 at 1/√2.
fn fuma_over_sn3d(order: u32, degree: i32) -> Option<f64> {
    let square: f64 = match (order, degree.unsigned_abs()) {
        (0, 0) => 1.0 / 2.0,
        (1, _) | (2 | 3, 0) => 1.0,
        (2, 1 | 2) => 4.0 / 3.0,
        (3, 1) => 45.0 / 32.0,
        (3, 2) => 9.0 / 5.0,
        (3, 3) => 8.0 / 5.0,
        _ => return None,
    };
    Some(square.sqrt())
}

/// The harmonics of all components up to an order, normalised to N3D: power 4π over the sphere, mean
/// square 1.
#[derive(Debug, Clone)]
pub(super) struct Harmonics {
    order: usize,
    /// N3D norm of order n and degree m >= 0, at n (n + 1) / 2 + m; √2 for m > 0 included.
    norms: Vec<f64>,
}

impl Harmonics {
    /// The harmonics up to `order`.
    pub(super) fn new(order: u32) -> Self {
        let order = order as usize;
        let mut norms = Vec::new();
        for n in 0..=order {
            // (n - m)! / (n + m)!, from one m to the next.
            let mut factorials = 1.0;
            for m in 0..=n {
                if m > 0 {
                    factorials /= ((n + m) * (n - m + 1)) as f64;
                }
                let both_sides = if m > 0 { 2.0 } else { 1.0 };
                norms.push((both_sides * (2 * n + 1) as f64 * factorials).sqrt());
            }
        }
        Self { order, norms }
    }

    /// Number of components: (order + 1)².
    pub(super) fn count(&self) -> usize {
        (self.order + 1) * (self.order + 1)
    }

    /// Writes the harmonics in `direction`, a unit vector, to `values` in the order of AmbiX.
    ///
    /// Directions that mirror from left to right have the same values to the last bit, those of negative
    /// degree negated.
    pub(super) fn write(&self, direction: &Direction, values: &mut [f64]) {
        let (front, left, up) = (direction.y, -direction.x, direction.z);
        // cos(m az) cosᵐ(el) and sin(m az) cosᵐ(el).
        let (mut cosine, mut sine) = (1.0, 0.0);
        // Pᵐₘ / cosᵐ(el) = (2m - 1)!!
        let mut first = 1.0;
        for m in 0..=self.order {
            // Pᵐₙ / cosᵐ(el) for the last two n, by (n - m) Pₙ = (2n - 1) up Pₙ₋₁ - (n + m - 1) Pₙ₋₂.
            let (mut before, mut legendre) = (0.0, first);
            for n in m..=self.order {
                if n > m {
                    let next = ((2 * n - 1) as f64 * up * legendre - (n + m - 1) as f64 * before)
                        / (n - m) as f64;
                    (before, legendre) = (legendre, next);
                }
                let value = self.norms[n * (n + 1) / 2 + m] * legendre;
                values[n * n + n + m] = value * cosine;
                if m > 0 {
                    values[n * n + n - m] = value * sine;
                }
            }
            first *= (2 * m + 1) as f64;
            (cosine, sine) = (cosine * front - sine * left, sine * front + cosine * left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    fn values(order: u32, azimuth: f64, elevation: f64) -> Vec<f64> {
        let harmonics = Harmonics::new(order);
        let mut values = vec![0.0; harmonics.count()];
        harmonics.write(&direction(azimuth, elevation), &mut values);
        values
    }

    #[test]
    fn low_orders_are_the_printed_formulas() {
        for (azimuth, elevation) in [(0.0, 0.0), (30.0, 20.0), (-110.0, -45.0), (12.0, 90.0)] {
            let found = values(3, azimuth, elevation);
            let d = direction(azimuth, elevation);
            let (f, l, u) = (d.y, -d.x, d.z);
            // SN3D polynomials of AmbiX times √(2n + 1).
            let s3 = 3.0_f64.sqrt();
            let sn3d = [
                1.0,
                l,
                u,
                f,
                s3 * f * l,
                s3 * l * u,
                (3.0 * u * u - 1.0) / 2.0,
                s3 * f * u,
                s3 / 2.0 * (f * f - l * l),
                (5.0_f64 / 8.0).sqrt() * l * (3.0 * f * f - l * l),
                15.0_f64.sqrt() * f * l * u,
                (3.0_f64 / 8.0).sqrt() * l * (5.0 * u * u - 1.0),
                u * (5.0 * u * u - 3.0) / 2.0,
                (3.0_f64 / 8.0).sqrt() * f * (5.0 * u * u - 1.0),
                15.0_f64.sqrt() / 2.0 * u * (f * f - l * l),
                (5.0_f64 / 8.0).sqrt() * f * (f * f - 3.0 * l * l),
            ];
            for (component, (found, sn3d)) in found.iter().zip(sn3d).enumerate() {
                let order = component.isqrt();
                let expected = sn3d * ((2 * order + 1) as f64).sqrt();
                assert!(
                    (found - expected).abs() < 1e-14,
                    "component {component} at {azimuth}, {elevation}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn every_order_has_its_share_of_the_power_in_every_direction() {
        // The addition theorem: the squares of order n add up to 2n + 1.
        for (azimuth, elevation) in [(0.0, 0.0), (77.0, 33.0), (-160.0, -81.0), (0.0, 90.0)] {
            let values = values(15, azimuth, elevation);
            for n in 0..=15 {
                let power: f64 = values[n * n..(n + 1) * (n + 1)].iter().map(|y| y * y).sum();
                assert!(
                    (power - (2 * n + 1) as f64).abs() < 1e-10,
                    "order {n} at {azimuth}, {elevation}: {power}"
                );
            }
        }
    }

    #[test]
    fn left_and_right_differ_in_signs_only() {
        let (left, right) = (values(7, 41.0, 17.0), values(7, -41.0, 17.0));
        for n in 0..=7_u32 {
            for m in -(n as i32)..=n as i32 {
                let sign = if m < 0 { -1.0 } else { 1.0 };
                let (l, r) = (left[acn(n, m)], right[acn(n, m)]);
                assert_eq!(l.to_bits(), (sign * r).to_bits(), "order {n}, degree {m}");
            }
        }
    }

    #[test]
    fn furse_malham_has_maxima_of_one_and_ends_at_order_3() {
        let mut most = [0.0_f64; 16];
        for azimuth in 0..120 {
            for elevation in -45..=45 {
                let values = values(3, 3.0 * f64::from(azimuth), 2.0 * f64::from(elevation));
                for (most, value) in most.iter_mut().zip(values) {
                    *most = most.max(value.abs());
                }
            }
        }
        for n in 0..=3_u32 {
            for m in -(n as i32)..=n as i32 {
                let factor = from_n3d(Normalization::FuMa, n, m).unwrap();
                let maximum = most[acn(n, m)] / factor;
                let expected = if n == 0 { 0.5_f64.sqrt() } else { 1.0 };
                assert!(
                    (maximum - expected).abs() < 2e-3,
                    "order {n}, degree {m}: {maximum}"
                );
            }
        }
        assert_eq!(from_n3d(Normalization::FuMa, 4, 0), None);
    }
}
