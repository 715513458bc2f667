//! Responses between measured directions that are far apart.
//!
//! Aligned spectra and delays are interpolated over the whole set, which is right for the phases of what is heard.
//! Where paths round the head meet they cancel in the sum though they did not in the room, mostly at the far ear:
//! levels in the bands of the ear, interpolated by themselves, miss by as much in other places, and a level between
//! the two is nearer to what is heard than either (J. M. Arend et al., "Magnitude-corrected and time-aligned
//! interpolation of head-related transfer functions", 2023, correct all the way). Each ear is then moved to where
//! its `long_waves` arrive. Across the `floor` times are held, and levels are those interpolated by themselves alone.

use rayon::prelude::*;

use super::added::{Added, nearest};
use super::ear_bands::EarBands;
use super::floor::Floor;
use super::long_waves::LongWaves;
use super::smooth::Smooth;
use super::spectra::Pair;
use crate::dsp::transform::Transform;
use crate::geometry::Direction;

/// How far levels are brought from those of the interpolated spectra to those interpolated by themselves. With
/// KEMAR, SADIE 002 and CIPIC 124, thinned, errors are least between 0.5 and 0.8.
const SHARE: f64 = 0.65;

/// The measured responses.
pub(super) struct Around<'a> {
    pub(super) directions: &'a [Direction],
    pub(super) floor: &'a Floor<'a>,
    /// Delays of both ears in frames.
    pub(super) delays: &'a [[f64; 2]],
    /// As measured, delays included.
    pub(super) spectra: &'a [Pair],
    /// Length of the transforms in frames.
    pub(super) length: usize,
    /// Frames per second.
    pub(super) rate: f64,
}

impl Around<'_> {
    /// The responses in each of `directions`.
    pub(super) fn interpolated(&self, directions: &[Direction]) -> Vec<Added> {
        if directions.is_empty() {
            return Vec::new();
        }
        let [for_spectra, for_levels] = [3, 1].map(|power| {
            let smooth = Smooth::new(self.directions, power);
            move |direction: &Direction| {
                let weights = smooth.as_ref().and_then(|smooth| smooth.weights(direction));
                weights.unwrap_or_else(|| nearest(self.directions, direction))
            }
        });
        let bands = EarBands::new(self.rate, self.length);
        let waves = LongWaves::new(self.rate, self.length);
        let levels: Vec<[Vec<f64>; 2]> = self
            .spectra
            .par_iter()
            .map(|pair| pair.each_ref().map(|spectrum| bands.levels(spectrum)))
            .collect();
        let between = directions.par_iter();
        between
            .map_init(
                || Transform::new(self.length),
                |transform, direction| {
                    let held = self.floor.held(direction);
                    let weights = for_spectra(held.as_ref().unwrap_or(direction));
                    // Levels are not held: they are interpolated by themselves all the way.
                    let share = if held.is_some() { 1.0 } else { SHARE };
                    let mut added = Added::blend(&weights, self.delays, self.spectra, self.length);
                    let of_levels = for_levels(direction);
                    for ear in 0..2 {
                        let wanted = blended(&of_levels, &levels, ear);
                        bands.bring(&mut added.spectra[ear], &wanted, share, transform);
                        let measured = self.spectra.iter().map(|pair| &pair[ear][..]);
                        let late = waves.lateness(&added.spectra[ear], &weights, measured);
                        added.delay(ear, late, self.length);
                    }
                    added
                },
            )
            .collect()
    }
}

/// The levels of an ear in each band.
fn blended(weights: &[f64], levels: &[[Vec<f64>; 2]], ear: usize) -> Vec<f64> {
    let mut sums = vec![0.0; levels.first().map_or(0, |pair| pair[ear].len())];
    for (weight, pair) in weights.iter().zip(levels) {
        for (sum, level) in sums.iter_mut().zip(&pair[ear]) {
            *sum += weight * level;
        }
    }
    sums
}
