//! From a sound field to loudspeakers: all-round ambisonic decoding (ITU-R BS.2127, section 9; F. Zotter
//! and M. Frank, "All-round ambisonic panning and decoding", JAES 60, 2012).

use super::harmonics::{Harmonics, acn, from_n3d};
use super::points;
use crate::geometry::Position;
use crate::panner::Panner;
use crate::scene::{Extent, SoundField};

/// Mean power, before it is scaled to 1, of a decoder on which the field makes no sound (a field without
/// order 0 on a single loudspeaker): what is there comes from the points not being spread perfectly.
const SILENCE: f64 = 1e-6;

/// Designs decoders for one layout.
///
/// The field is played on 13 000 virtual loudspeakers all over the sphere, which are panned to the real ones.
/// The gains are scaled so that the power, over all directions from which the field may come, has the mean
/// 1. There is no weighting by order (max rE) and no near-field correction.
#[derive(Debug, Clone)]
pub struct Decoder {
    channels: usize,
    /// The gains of every point, one point after the other; a point and its mirror image are neighbours.
    gains: Vec<f64>,
}

impl Decoder {
    /// The decoders of the layout that `panner` pans on.
    pub fn new(panner: &dyn Panner) -> Self {
        let channels = panner.channels();
        let mut gains = vec![0.0; 2 * channels * points::pairs().count()];
        let points = points::pairs().flatten();
        for (point, gains) in points.zip(gains.chunks_exact_mut(channels)) {
            let (x, y, z) = (point.x, point.y, point.z);
            let (azimuth, elevation, _) = Position::Cartesian { x, y, z }.to_polar();
            let position = Position::Polar {
                azimuth,
                elevation,
                distance: 1.0,
            };
            panner.gains(position, Extent::default(), gains);
        }
        Self { channels, gains }
    }

    /// The gains of every component of `field`, one after the other: component c plays on channel k with
    /// gain c · channels + k.
    ///
    /// Components that do not exist (see [`SoundField::problem`]) are silent.
    pub fn matrix(&self, field: &SoundField) -> Vec<f64> {
        let Design {
            harmonics,
            components,
        } = Design::new(field);
        let channels = self.channels;
        let mut matrix = vec![0.0; components.len() * channels];
        let mut values = vec![0.0; harmonics.count()];
        let mut mirrored = values.clone();
        for (pair, gains) in points::pairs().zip(self.gains.chunks_exact(2 * channels)) {
            let (near, far) = gains.split_at(channels);
            harmonics.write(&pair[0], &mut values);
            harmonics.write(&pair[1], &mut mirrored);
            for (component, column) in components.iter().zip(matrix.chunks_exact_mut(channels)) {
                let Some((acn, _)) = *component else {
                    continue;
                };
                let (y, mirror) = (values[acn], mirrored[acn]);
                // Each pair by itself, so that mirrored loudspeakers get the same to the last bit.
                for ((sum, near), far) in column.iter_mut().zip(near).zip(far) {
                    *sum += near * y + far * mirror;
                }
            }
        }
        let points = 2 * points::pairs().count();
        let power = self.mean_power(&matrix, &harmonics, &components) / (points * points) as f64;
        let scale = if power > SILENCE {
            1.0 / (points as f64 * power.sqrt())
        } else {
            0.0
        };
        for (component, column) in components.iter().zip(matrix.chunks_exact_mut(channels)) {
            let factor = component.map_or(0.0, |(_, factor)| factor);
            for gain in column {
                *gain *= scale * factor;
            }
        }
        matrix
    }

    /// The mean over all points of the power that `matrix` plays of a wave from there.
    fn mean_power(
        &self,
        matrix: &[f64],
        harmonics: &Harmonics,
        components: &[Option<(usize, f64)>],
    ) -> f64 {
        let mut values = vec![0.0; harmonics.count()];
        let mut outputs = vec![0.0; self.channels];
        let mut power = 0.0;
        for point in points::pairs().flatten() {
            harmonics.write(&point, &mut values);
            outputs.fill(0.0);
            for (component, column) in components.iter().zip(matrix.chunks_exact(self.channels)) {
                let Some((acn, _)) = *component else {
                    continue;
                };
                for (output, gain) in outputs.iter_mut().zip(column) {
                    *output += gain * values[acn];
                }
            }
            power += outputs.iter().map(|x| x * x).sum::<f64>();
        }
        power / (2 * points::pairs().count()) as f64
    }
}

/// What a field asks for.
struct Design {
    harmonics: Harmonics,
    /// For each component its place among the harmonics, and the factor of its normalisation; `None` if
    /// there is no such component.
    components: Vec<Option<(usize, f64)>>,
}

impl Design {
    fn new(field: &SoundField) -> Self {
        let components: Vec<_> = field
            .components
            .iter()
            .map(|&(order, degree)| {
                let exists = order <= SoundField::HIGHEST_ORDER && degree.unsigned_abs() <= order;
                let factor = from_n3d(field.normalization, order, degree).filter(|_| exists)?;
                Some((order, acn(order, degree), factor))
            })
            .collect();
        let order = components.iter().flatten().map(|(order, ..)| *order).max();
        Self {
            harmonics: Harmonics::new(order.unwrap_or(0)),
            components: components
                .into_iter()
                .map(|component| component.map(|(_, acn, factor)| (acn, factor)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
