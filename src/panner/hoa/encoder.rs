//! From what a scene holds to a sound field: ambisonics in the order of AmbiX (ACN) and its normalisation (SN3D).
//!
//! A point is a plane wave: component (n, m) gets the value of that harmonic in its direction (C. Nachbar,
//! F. Zotter, E. Deleflie, A. Sontacchi, "AmbiX: a suggested ambisonics format", Ambisonics Symposium 2011). Loudspeakers'
//! channels come from where they stand, sound fields pass through.

use std::collections::HashMap;

use super::harmonics::{Harmonics, acn, from_n3d};
use crate::geometry::{Direction, Position, direction};
use crate::layout::library;
use crate::panner::bs2127::seen_angle_deg;
use crate::panner::{is_lfe, nominal_label};
use crate::scene::{
    DirectSpeakers, Extent, HoaComponent, Normalization, ObjectState, SpeakerPosition, to_polar,
};

/// Plane waves along each side of what has an extent.
const PER_SIDE: usize = 9;

/// Extents narrower than this, in degrees, are points.
const NARROW_DEG: f64 = 0.01;

/// Encodes everything a scene can hold up to one order.
///
/// - Cartesian positions are taken as directions after ITU-R BS.2127, section 10.
/// - What has an extent is many plane waves spread evenly over it, in the object's own frame. Their components
///   are scaled to the power of one plane wave, so that width alone makes nothing louder; the wider, the more of it
///   is in the low orders. A point nearer than distance 1 grows as in the polar panner, to all round at the
///   listener's place.
/// - LFE channels have no direction and are silent, and so are signals for the two ears.
#[derive(Debug, Clone)]
pub struct Encoder {
    order: u32,
    harmonics: Harmonics,
    /// SN3D over N3D, by component.
    to_sn3d: Vec<f64>,
    values: Vec<f64>,
    /// Where loudspeakers stand, by label.
    standing: HashMap<&'static str, Direction>,
}

impl Encoder {
    /// Lowest and highest order.
    pub const ORDERS: std::ops::RangeInclusive<u32> = 1..=7;

    /// An encoder up to `order`; `None` if that is not one of [`ORDERS`](Self::ORDERS).
    pub fn new(order: u32) -> Option<Self> {
        if !Self::ORDERS.contains(&order) {
            return None;
        }
        let harmonics = Harmonics::new(order);
        let mut standing = HashMap::new();
        for speaker in library().iter().flat_map(|layout| &layout.speakers) {
            if !speaker.lfe {
                standing
                    .entry(speaker.label.as_str())
                    .or_insert_with(|| speaker.direction());
            }
        }
        let to_sn3d = (0..=order).flat_map(|n| {
            let factor = 1.0 / f64::from(2 * n + 1).sqrt();
            std::iter::repeat_n(factor, 2 * n as usize + 1)
        });
        Some(Self {
            order,
            values: vec![0.0; harmonics.count()],
            harmonics,
            to_sn3d: to_sn3d.collect(),
            standing,
        })
    }

    /// The order.
    pub fn order(&self) -> u32 {
        self.order
    }

    /// Number of components: (order + 1)².
    pub fn components(&self) -> usize {
        self.harmonics.count()
    }

    /// Writes the gains of a positioned object.
    ///
    /// # Panics
    /// If `gains` has not one entry per component; so for the others.
    pub fn object(&mut self, state: &ObjectState, gains: &mut [f64]) {
        let (position, extent) = to_polar(state.position, state.extent);
        let Position::Polar {
            azimuth,
            elevation,
            distance,
        } = position
        else {
            return gains.fill(0.0);
        };
        let distance = if distance.is_finite() {
            distance.max(0.0)
        } else {
            1.0
        };
        let seen = |size: f64| match distance < 1.0 || size > 0.0 {
            true => seen_angle_deg(size.clamp(0.0, 360.0), distance).clamp(0.0, 360.0),
            false => 0.0,
        };
        let seen = Extent {
            width: seen(extent.width),
            height: seen(extent.height),
            depth: 0.0,
        };
        if seen.width < NARROW_DEG && seen.height < NARROW_DEG {
            self.wave(&direction(azimuth, elevation), gains);
        } else {
            self.spread(azimuth, elevation, seen, gains);
        }
        for gain in gains {
            *gain *= state.gain;
        }
    }

    /// Writes the gains of a channel made for a loudspeaker.
    pub fn speaker(&mut self, speaker: &DirectSpeakers, gains: &mut [f64]) {
        if is_lfe(speaker) {
            return gains.fill(0.0);
        }
        let labels = speaker.labels.iter().map(|label| nominal_label(label));
        let known = labels.filter_map(|label| self.standing.get(label)).next();
        let towards = known.copied().unwrap_or_else(|| match speaker.position {
            SpeakerPosition::Polar {
                azimuth, elevation, ..
            } => direction(azimuth.value, elevation.value),
            SpeakerPosition::Cartesian { x, y, z } => {
                let position = Position::Cartesian {
                    x: x.value,
                    y: y.value,
                    z: z.value,
                };
                match to_polar(position, Extent::default()).0 {
                    Position::Polar {
                        azimuth, elevation, ..
                    } => direction(azimuth, elevation),
                    Position::Cartesian { .. } => Position::FRONT.vector(),
                }
            }
        });
        self.wave(&towards, gains);
        for gain in gains {
            *gain *= speaker.gain;
        }
    }

    /// Writes the gains of a component of a sound field; those of higher orders are silent.
    pub fn component(&self, component: &HoaComponent, gains: &mut [f64]) {
        gains.fill(0.0);
        let field = &component.field;
        let Some(&(order, degree)) = field.components.get(component.component) else {
            return;
        };
        let factor = |normalization| from_n3d(normalization, order, degree);
        let factors = factor(field.normalization).zip(factor(Normalization::Sn3d));
        if let Some((own, sn3d)) = factors
            && order <= self.order
            && degree.unsigned_abs() <= order
        {
            gains[acn(order, degree)] = component.gain * own / sn3d;
        }
    }

    /// A plane wave.
    fn wave(&self, towards: &Direction, gains: &mut [f64]) {
        self.harmonics.write(towards, gains);
        for (gain, factor) in gains.iter_mut().zip(&self.to_sn3d) {
            *gain *= factor;
        }
    }

    /// Plane waves all over what is seen under `seen`, about a direction, with the power of one.
    fn spread(&mut self, azimuth: f64, elevation: f64, seen: Extent, gains: &mut [f64]) {
        let ahead = direction(azimuth, elevation);
        let right = direction(azimuth - 90.0, 0.0);
        let up = right.cross(&ahead);
        let parts = |size: f64| {
            let count = if size < NARROW_DEG { 1 } else { PER_SIDE };
            (0..count).map(move |n| size * ((n as f64 + 0.5) / count as f64 - 0.5))
        };
        gains.fill(0.0);
        // Half the height at most: beyond the poles what is high begins to come down again.
        for above in parts(seen.height.min(180.0)) {
            // As much of the sphere as this ring has.
            let weight = above.to_radians().cos().max(1e-3);
            for aside in parts(seen.width) {
                let own = direction(aside, above);
                let towards = right * own.x + ahead * own.y + up * own.z;
                self.harmonics.write(&towards, &mut self.values);
                for (gain, value) in gains.iter_mut().zip(&self.values) {
                    *gain += weight * value;
                }
            }
        }
        let power: f64 = gains.iter().map(|gain| gain * gain).sum();
        // That of a plane wave, by the addition theorem: (order + 1)².
        let scale = (gains.len() as f64 / power.max(f64::MIN_POSITIVE)).sqrt();
        for (gain, factor) in gains.iter_mut().zip(&self.to_sn3d) {
            *gain *= scale * factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panner::Decoder;
    use crate::scene::SoundField;

    fn at(azimuth: f64, elevation: f64) -> ObjectState {
        ObjectState::at(Position::Polar {
            azimuth,
            elevation,
            distance: 1.0,
        })
    }

    fn encoded(order: u32, state: &ObjectState) -> Vec<f64> {
        let mut encoder = Encoder::new(order).unwrap();
        let mut gains = vec![0.0; encoder.components()];
        encoder.object(state, &mut gains);
        gains
    }

    fn factorial(n: u32) -> f64 {
        (1..=n).map(f64::from).product()
    }

    /// Associated Legendre function without Condon-Shortley phase, by its closed sum.
    fn legendre(n: u32, m: u32, x: f64) -> f64 {
        let sum: f64 = (0..=(n - m) / 2)
            .map(|k| {
                let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
                let divisor = factorial(k) * factorial(n - k) * factorial(n - m - 2 * k);
                sign * factorial(2 * n - 2 * k) / divisor * x.powi((n - m - 2 * k) as i32)
            })
            .sum();
        (1.0 - x * x).powf(f64::from(m) / 2.0) * sum / 2.0_f64.powi(n as i32)
    }

    #[test]
    fn a_point_has_the_gains_of_ambix_at_every_order() {
        for order in Encoder::ORDERS {
            for (azimuth, elevation) in [(0.0, 0.0), (90.0, 0.0), (-37.0, 52.0), (171.0, -64.0)] {
                let gains = encoded(order, &at(azimuth, elevation));
                assert_eq!(gains.len() as u32, (order + 1) * (order + 1));
                for n in 0..=order {
                    for m in -(n as i32)..=n as i32 {
                        let a = m.unsigned_abs();
                        let both = if m == 0 { 1.0 } else { 2.0 };
                        let norm = (both * factorial(n - a) / factorial(n + a)).sqrt();
                        let turn = f64::from(a) * azimuth.to_radians();
                        let trig = if m < 0 { turn.sin() } else { turn.cos() };
                        let expected = norm * legendre(n, a, elevation.to_radians().sin()) * trig;
                        let found = gains[acn(n, m)];
                        assert!(
                            (found - expected).abs() < 1e-9,
                            "order {order}, component ({n}, {m}) at {azimuth}, {elevation}: {found}, not {expected}"
                        );
                    }
                }
            }
        }
        assert!(Encoder::new(0).is_none() && Encoder::new(8).is_none());
    }

    #[test]
    fn our_own_decoder_hears_a_point_where_it_is() {
        let layout = crate::layout::find("9+10+3").unwrap();
        let panner = crate::panner::build(&layout).unwrap();
        let decoder = Decoder::new(&*panner);
        for (order, near_deg) in [(1, 25.0), (3, 12.0), (7, 9.0)] {
            let matrix = decoder.matrix(&SoundField::full(order, Normalization::Sn3d));
            let channels = layout.channels();
            for (azimuth, elevation) in [(30.0, 0.0), (-90.0, 30.0), (135.0, 0.0), (0.0, 60.0)] {
                let gains = encoded(order, &at(azimuth, elevation));
                let mut sum = nalgebra::Vector3::zeros();
                let mut power = 0.0;
                for (channel, speaker) in layout.speakers.iter().enumerate() {
                    let columns = gains.iter().enumerate();
                    let gain: f64 = columns
                        .map(|(c, g)| g * matrix[c * channels + channel])
                        .sum();
                    power += gain * gain;
                    sum += speaker.direction() * gain * gain;
                }
                let angle = sum.normalize().dot(&direction(azimuth, elevation)).acos();
                assert!(
                    angle.to_degrees() < near_deg,
                    "order {order} at {azimuth}, {elevation}: {} degrees away",
                    angle.to_degrees()
                );
                assert!((0.5..2.0).contains(&power), "order {order}: power {power}");
            }
        }
    }

    #[test]
    fn width_moves_power_to_low_orders_and_makes_nothing_louder() {
        let n3d = |gains: &[f64]| -> Vec<f64> {
            let squares = gains.iter().enumerate().map(|(c, gain)| {
                let order = c.isqrt();
                gain * gain * (2 * order + 1) as f64
            });
            squares.collect()
        };
        let mut before = 0.0;
        for width in [0.0, 30.0, 90.0, 180.0, 360.0] {
            let state = ObjectState {
                extent: Extent {
                    width,
                    height: width / 2.0,
                    depth: 0.0,
                },
                ..at(40.0, 10.0)
            };
            let powers = n3d(&encoded(5, &state));
            let all: f64 = powers.iter().sum();
            assert!((all - 36.0).abs() < 1e-9, "{width}: {all}");
            assert!(powers[0] > before, "{width}: {} after {before}", powers[0]);
            before = powers[0];
        }
        // All round is the same from everywhere: order 0 alone, nearly.
        assert!(before > 0.9 * 36.0, "{before}");
        // And so is what is at the listener's place.
        let here = ObjectState::at(Position::Polar {
            azimuth: 40.0,
            elevation: 10.0,
            distance: 0.0,
        });
        assert!(n3d(&encoded(5, &here))[0] > 0.9 * 36.0);
    }

    #[test]
    fn loudspeakers_are_where_they_stand_and_fields_pass() {
        let mut encoder = Encoder::new(2).unwrap();
        let mut gains = vec![0.0; 9];
        let mut speaker = DirectSpeakers {
            gain: 0.5,
            ..DirectSpeakers::labelled(
                "RC_Lrs",
                Position::Cartesian {
                    x: -1.0,
                    y: -1.0,
                    z: 0.0,
                },
            )
        };
        encoder.speaker(&speaker, &mut gains);
        let expected: Vec<f64> = encoded(2, &at(135.0, 0.0))
            .iter()
            .map(|g| 0.5 * g)
            .collect();
        assert!(
            gains
                .iter()
                .zip(&expected)
                .all(|(a, b)| (a - b).abs() < 1e-9),
            "{gains:?}"
        );
        speaker.labels = vec!["RC_LFE".to_owned()];
        encoder.speaker(&speaker, &mut gains);
        assert_eq!(gains, [0.0; 9]);
        for (normalization, factor) in [
            (Normalization::Sn3d, 1.0),
            (Normalization::N3d, 1.0 / 5.0_f64.sqrt()),
            // FuMa's U and V over SN3D: √(4/3) inverted.
            (Normalization::FuMa, (3.0_f64 / 4.0).sqrt()),
        ] {
            let field = std::sync::Arc::new(SoundField::full(3, normalization));
            let component = |component| HoaComponent {
                field: std::sync::Arc::clone(&field),
                component,
                gain: 2.0,
            };
            encoder.component(&component(8), &mut gains);
            let mut expected = [0.0; 9];
            expected[8] = 2.0 * factor;
            let differs = gains
                .iter()
                .zip(expected)
                .any(|(a, b)| (a - b).abs() > 1e-9);
            assert!(!differs, "{normalization:?}: {gains:?}");
            encoder.component(&component(9), &mut gains);
            assert_eq!(gains, [0.0; 9]);
        }
    }
}
