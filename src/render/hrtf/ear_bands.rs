//! The level of a response in the bands in which the ear hears it.
//!
//! The bands have the shape of gammatone filters of fourth order (R. D. Patterson et al., "Complex sounds and
//! auditory images", 1992) and stand one equivalent rectangular bandwidth apart (B. R. Glasberg and B. C. J. Moore,
//! "Derivation of auditory filter shapes from notched-noise data", 1990).

use realfft::num_complex::Complex;

use super::minimum_phase::minimum_phase;
use crate::dsp::transform::Transform;

/// Middles of the lowest and, at most, of the highest band in Hz.
const LOWEST_HZ: f64 = 30.0;
const HIGHEST_HZ: f64 = 20_000.0;

/// Width of a gammatone filter in equivalent rectangular bandwidths.
const WIDTH: f64 = 1.019;

/// Weights below this share of a band's highest are left out.
const LEAST_WEIGHT: f64 = 1e-5;

/// Power below which nothing counts: the logarithm needs an end.
const LEAST_POWER: f64 = 1e-20;

/// Most that a level is changed, in dB.
const MOST_DB: f64 = 12.0;

/// The bands over the bins of a transform.
pub(super) struct EarBands {
    bands: Vec<Band>,
}

struct Band {
    /// Bin of the middle.
    middle: f64,
    first: usize,
    /// From bin `first` on, of sum 1.
    weights: Vec<f64>,
}

impl EarBands {
    /// The bands of spectra of `length` frames at `rate` frames per second.
    pub(super) fn new(rate: f64, length: usize) -> Self {
        let per_bin = rate / length as f64;
        let top = erb_number(HIGHEST_HZ.min(rate / 2.0));
        let count = (top - erb_number(LOWEST_HZ)) as usize + 1;
        let band = |n: usize| {
            let hz = hertz(erb_number(LOWEST_HZ) + n as f64);
            // Glasberg and Moore, equation 3.
            let width_hz = WIDTH * 24.7 * (4.37 * hz / 1000.0 + 1.0);
            let weight = |bin: usize| {
                let x = (bin as f64 * per_bin - hz) / width_hz;
                (1.0 + x * x).powi(-4)
            };
            let heard: Vec<usize> = (0..=length / 2)
                .filter(|bin| weight(*bin) > LEAST_WEIGHT)
                .collect();
            let sum: f64 = heard.iter().map(|bin| weight(*bin)).sum();
            Band {
                middle: hz / per_bin,
                first: heard.first().copied().unwrap_or(0),
                weights: heard.iter().map(|bin| weight(*bin) / sum).collect(),
            }
        };
        Self {
            bands: (0..count).map(band).collect(),
        }
    }

    /// The level in each band in dB.
    pub(super) fn levels(&self, spectrum: &[Complex<f64>]) -> Vec<f64> {
        let power: Vec<f64> = spectrum.iter().map(Complex::norm_sqr).collect();
        let of = |band: &Band| {
            let bins = power[band.first..].iter().zip(&band.weights);
            bins.map(|(power, weight)| power * weight).sum::<f64>()
        };
        self.bands
            .iter()
            .map(|band| 10.0 * of(band).max(LEAST_POWER).log10())
            .collect()
    }

    /// Brings the levels of `spectrum` by a `share` of the way to `wanted`, in dB, by a filter of minimum phase
    /// that is smooth from band to band.
    pub(super) fn bring(
        &self,
        spectrum: &mut [Complex<f64>],
        wanted: &[f64],
        share: f64,
        transform: &mut Transform,
    ) {
        let gains_db: Vec<f64> = self
            .levels(spectrum)
            .iter()
            .zip(wanted)
            .map(|(own, wanted)| (share * (wanted - own)).clamp(-MOST_DB, MOST_DB))
            .collect();
        let mut above = 0;
        let magnitudes: Vec<f64> = (0..spectrum.len())
            .map(|bin| {
                let at = bin as f64;
                while above < self.bands.len() && self.bands[above].middle <= at {
                    above += 1;
                }
                let gain_db = match (above.checked_sub(1), gains_db.get(above)) {
                    (None, first) => first.copied().unwrap_or(0.0),
                    (Some(below), None) => gains_db[below],
                    (Some(below), Some(next)) => {
                        let (from, to) = (self.bands[below].middle, self.bands[above].middle);
                        let x = (at - from) / (to - from);
                        gains_db[below] * (1.0 - x) + next * x
                    }
                };
                10.0_f64.powf(gain_db / 20.0)
            })
            .collect();
        minimum_phase(&magnitudes, transform);
        for (value, factor) in spectrum.iter_mut().zip(&transform.spectrum) {
            *value *= factor;
        }
    }
}

/// Equivalent rectangular bandwidths below a frequency (Glasberg and Moore, equation 4).
fn erb_number(hz: f64) -> f64 {
    21.4 * (0.00437 * hz + 1.0).log10()
}

fn hertz(erb_number: f64) -> f64 {
    (10.0_f64.powf(erb_number / 21.4) - 1.0) / 0.00437
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_brought_to_where_they_are_wanted_without_sound_before_the_onset() {
        let length = 1024;
        let bands = EarBands::new(48_000.0, length);
        let mut transform = Transform::new(length);
        let spectrum_of = |taps: &[(usize, f64)], transform: &mut Transform| {
            transform.signal.fill(0.0);
            for &(at, tap) in taps {
                transform.signal[at] = tap;
            }
            transform.forward();
            transform.spectrum.clone()
        };
        let mut own = spectrum_of(&[(100, 1.0), (103, -0.4)], &mut transform);
        let wanted = bands.levels(&spectrum_of(&[(50, 0.8), (52, 0.3)], &mut transform));
        bands.bring(&mut own, &wanted, 1.0, &mut transform);
        for (n, (found, wanted)) in bands.levels(&own).iter().zip(&wanted).enumerate() {
            let apart_db = found - wanted;
            assert!(apart_db.abs() < 0.5, "band {n}: {apart_db} dB");
        }
        transform.spectrum.copy_from_slice(&own);
        transform.inverse();
        let early = &transform.signal[..100];
        let most = early.iter().fold(0.0, |most: f64, x| most.max(x.abs())) / length as f64;
        assert!(most < 1e-3, "{most}");
    }
}
