//! Diffuse-field equalisation: one filter for all directions and both ears, so that sound from everywhere at
//! once has the colour it had.
//!
//! Headphones are tuned for it, and sets that still carry the ear canal and the microphone sound coloured on
//! them. The filter is of minimum phase and changes neither differences between the ears nor between directions. It is
//! part of the responses, but for the [lift of their bass](BassLift), which rings too long for that.

use realfft::num_complex::Complex;

use super::bass::BassLift;
use super::grid::Grid;
use super::minimum_phase::minimum_phase;
use super::set::{HrtfSet, SetFault};
use crate::dsp::transform::Transform;
use crate::measure::k_weight;
use crate::units::{Decibels, Gain, Hertz, SampleRate};

/// Whether a set is equalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Equalisation {
    /// If its diffuse field is not flat.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// What makes a set diffuse-field flat.
#[derive(Debug, Clone)]
pub struct Equaliser {
    /// The filter of every response, at the rate of the set.
    pub(super) taps: Vec<f64>,
    /// What it leaves to be done below its range.
    pub(super) bass: Option<BassLift>,
}

/// How flat the diffuse field of a set is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flatness {
    /// Standard deviation of its third-octave level over frequency, 150 Hz to 14 kHz, in dB.
    pub deviation_db: f64,
    /// Highest level above the mean of that range, in dB.
    pub highest_db: f64,
}

impl Flatness {
    /// Deviation in dB from which on [`Equalisation::Auto`] equalises.
    pub const TOLERATED_DB: f64 = 1.0;

    /// True if nothing needs equalising.
    pub fn is_flat(self) -> bool {
        self.deviation_db <= Self::TOLERATED_DB
    }
}

/// The range over which flatness is judged, in Hz; beyond it the filter's gain holds.
const LOWEST_HZ: f64 = 150.0;
const HIGHEST_HZ: f64 = 14_000.0;

/// Most gain of the filter either way, in dB.
const MOST_DB: f64 = 15.0;

/// Taps of the filter.
const FILTER_TAPS: usize = 512;

/// Frames by which equalised responses are longer, and over which they fade out.
const RINGING: usize = 24;

/// Transform in which levels are measured: 11 Hz at 48 kHz.
const ANALYSIS: usize = 4096;

impl HrtfSet {
    /// How flat the set's diffuse field is.
    ///
    /// # Errors
    /// The directions span no surface.
    pub fn flatness(&self) -> Result<Flatness, SetFault> {
        let grid = Grid::new(&self.directions)?;
        Ok(Field::of(self, &grid).flatness())
    }

    /// How much louder a source in front is than in the middle of two channels, in LU, for pink noise.
    ///
    /// # Errors
    /// The directions span no surface.
    pub fn front_loudness(&self) -> Result<Decibels, SetFault> {
        let grid = Grid::new(&self.directions)?;
        let field = Field::of(self, &grid);
        let plain = vec![Complex::new(1.0, 0.0); field.levels_db.len()];
        Ok(Gain(field.front_level(self, &grid, &plain).sqrt()).decibels())
    }

    /// The set equalised as `wanted` says, and whether it was. An equalised set is as loud from the front as a
    /// signal in the middle of two channels; one that is not stays as it was.
    ///
    /// # Errors
    /// The directions span no surface.
    pub fn equalised(self, wanted: Equalisation) -> Result<(Self, bool), SetFault> {
        if wanted == Equalisation::Off {
            return Ok((self, false));
        }
        let equaliser = match &self.equaliser {
            Some(equaliser) => equaliser.clone(),
            None => {
                let grid = Grid::new(&self.directions)?;
                let field = Field::of(&self, &grid);
                if wanted == Equalisation::Auto && field.flatness().is_flat() {
                    return Ok((self, false));
                }
                field.equaliser(&self, &grid)
            }
        };
        Ok((self.through(&equaliser), true))
    }

    /// What makes the set diffuse-field flat.
    ///
    /// # Errors
    /// The directions span no surface.
    pub fn equaliser(&self) -> Result<Equaliser, SetFault> {
        let grid = Grid::new(&self.directions)?;
        Ok(Field::of(self, &grid).equaliser(self, &grid))
    }

    /// The same set, whose equaliser is known.
    #[must_use]
    pub fn with_equaliser(self, equaliser: Equaliser) -> Self {
        Self {
            equaliser: Some(equaliser),
            ..self
        }
    }

    /// Every response through the equaliser.
    fn through(self, Equaliser { taps: filter, bass }: &Equaliser) -> Self {
        let taps = self.taps + RINGING;
        let length = (self.taps + filter.len()).next_power_of_two();
        let mut transform = Transform::new(length);
        let scaled = filter.iter().map(|tap| tap / length as f64);
        let response = spectrum_of(scaled, &mut transform);
        let mirrored = self.mirrored();
        let mut responses = [0, 1].map(|_| vec![0.0_f32; taps * self.directions.len()]);
        for ear in 0..2 {
            for i in 0..self.directions.len() {
                if let (1, Some(pairs)) = (ear, &mirrored) {
                    let [left, right] = &mut responses;
                    right[i * taps..][..taps].copy_from_slice(&left[pairs[i] * taps..][..taps]);
                    continue;
                }
                let own = self.response(ear, i).iter().map(|tap| f64::from(*tap));
                let own = spectrum_of(own, &mut transform);
                for ((slot, a), b) in transform.spectrum.iter_mut().zip(&own).zip(&response) {
                    *slot = a * b;
                }
                transform.inverse();
                let to = &mut responses[ear][i * taps..][..taps];
                for (n, (slot, sample)) in to.iter_mut().zip(&transform.signal).enumerate() {
                    let left = (taps - n) as f64 / (2 * RINGING) as f64;
                    let fade = (left.min(1.0) * std::f64::consts::FRAC_PI_2).sin();
                    *slot = (sample * fade * fade) as f32;
                }
            }
        }
        Self {
            taps,
            responses,
            equaliser: None,
            bass: *bass,
            ..self
        }
    }
}

/// The spectrum of a signal that is at most as long as the transform.
fn spectrum_of(signal: impl Iterator<Item = f64>, transform: &mut Transform) -> Vec<Complex<f64>> {
    transform.signal.fill(0.0);
    for (slot, sample) in transform.signal.iter_mut().zip(signal) {
        *slot = sample;
    }
    transform.forward();
    transform.spectrum.clone()
}

/// The level of a set's diffuse field over frequency.
struct Field {
    rate: SampleRate,
    /// Third-octave level of each bin of [`ANALYSIS`], in dB.
    levels_db: Vec<f64>,
}

impl Field {
    fn of(set: &HrtfSet, grid: &Grid) -> Self {
        let mut areas = grid.areas();
        // What closes a hole sounds like its rim.
        for (rim, added) in grid.rims.iter().zip(set.directions.len()..) {
            for &i in rim {
                areas[i] += areas[added] / rim.len() as f64;
            }
        }
        let length = ANALYSIS.max(set.taps.next_power_of_two());
        let mut transform = Transform::new(length);
        let mut power = vec![0.0; length / 2 + 1];
        let mirrored = set.mirrored();
        for (i, area) in areas[..set.directions.len()].iter().enumerate() {
            for ear in 0..2 {
                let area = match (&mirrored, ear) {
                    (Some(pairs), 0) => area + areas[pairs[i]],
                    (Some(_), _) => break,
                    _ => *area,
                };
                let taps = set.response(ear, i).iter().map(|tap| f64::from(*tap));
                for (sum, bin) in power.iter_mut().zip(spectrum_of(taps, &mut transform)) {
                    *sum += area / 2.0 * bin.norm_sqr();
                }
            }
        }
        Self {
            rate: set.rate,
            levels_db: third_octaves(&power),
        }
    }

    /// Frequency of a bin in Hz.
    fn hertz(&self, bin: usize) -> f64 {
        let bins = self.levels_db.len() - 1;
        bin as f64 * f64::from(self.rate.0) / (2 * bins) as f64
    }

    /// The bins of the range that is judged, each with its weight: octaves count equally.
    fn judged(&self) -> impl Iterator<Item = (f64, f64)> {
        let highest = HIGHEST_HZ.min(0.45 * f64::from(self.rate.0));
        (1..self.levels_db.len())
            .filter(move |&bin| (LOWEST_HZ..=highest).contains(&self.hertz(bin)))
            .map(|bin| (1.0 / bin as f64, self.levels_db[bin]))
    }

    fn mean_db(&self) -> f64 {
        let (weight, sum) = self.judged().fold((0.0, 0.0), |(w, s), (weight, db)| {
            (w + weight, s + weight * db)
        });
        sum / weight
    }

    fn flatness(&self) -> Flatness {
        let mean = self.mean_db();
        let mut highest = f64::NEG_INFINITY;
        let (mut weights, mut squares) = (0.0, 0.0);
        for (weight, db) in self.judged() {
            weights += weight;
            squares += weight * (db - mean) * (db - mean);
            highest = highest.max(db - mean);
        }
        Flatness {
            deviation_db: (squares / weights).sqrt(),
            highest_db: highest,
        }
    }

    /// The equaliser of `set`.
    fn equaliser(&self, set: &HrtfSet, grid: &Grid) -> Equaliser {
        let mean = self.mean_db();
        let bins = self.levels_db.len() - 1;
        let highest = HIGHEST_HZ.min(0.45 * f64::from(self.rate.0));
        let per_bin = self.hertz(1);
        let held = |hz: f64| ((hz.clamp(LOWEST_HZ, highest) / per_bin).round() as usize).min(bins);
        let magnitudes: Vec<f64> = (0..=bins)
            .map(|bin| {
                let db = mean - self.levels_db[held(self.hertz(bin))];
                10.0_f64.powf(db.clamp(-MOST_DB, MOST_DB) / 20.0)
            })
            .collect();
        let mut transform = Transform::new(2 * bins);
        minimum_phase(&magnitudes, &mut transform);
        transform.inverse();
        let scale = 1.0 / (2 * bins) as f64;
        let count = FILTER_TAPS.min(2 * bins);
        let faded = transform.signal[..count].iter().enumerate();
        let mut taps: Vec<f64> = faded
            .map(|(n, sample)| {
                let left = (count - n) as f64 / count as f64;
                sample * scale * (left * std::f64::consts::FRAC_PI_2).sin().powi(2).sqrt()
            })
            .collect();
        let mut spectrum = spectrum_of(taps.iter().copied(), &mut transform);
        let bass = BassLift::fitted(|hz| match hz < LOWEST_HZ {
            true => mean - self.level_db(hz, &spectrum),
            false => 0.0,
        });
        if let Some(bass) = bass {
            for (bin, value) in spectrum.iter_mut().enumerate() {
                *value *= bass.gain(Hertz(self.hertz(bin)));
            }
        }
        let gain = self.front_level(set, grid, &spectrum).sqrt().recip();
        taps.iter_mut().for_each(|tap| *tap *= gain);
        Equaliser { taps, bass }
    }

    /// The level at a frequency between bins, through a filter, in dB.
    fn level_db(&self, hz: f64, filter: &[Complex<f64>]) -> f64 {
        let last = self.levels_db.len() - 1;
        let at = (hz / self.hertz(1)).clamp(0.0, (last - 1) as f64);
        let (bin, share) = (at as usize, at.fract());
        let [low, high] =
            [bin, bin + 1].map(|bin| self.levels_db[bin] + Gain(filter[bin].norm()).decibels().0);
        low + share * (high - low)
    }

    /// The loudness of a source in front, as power, through an equaliser: of pink noise of power 1, heard by
    /// both ears.
    fn front_level(&self, set: &HrtfSet, grid: &Grid, equaliser: &[Complex<f64>]) -> f64 {
        let place = grid.place(&crate::geometry::direction(0.0, 0.0));
        let mut transform = Transform::new(2 * (equaliser.len() - 1));
        let (mut heard, mut played) = (0.0, 0.0);
        for (corner, share) in place.corners.into_iter().zip(place.shares) {
            let corners = match corner.checked_sub(set.directions.len()) {
                None => vec![corner],
                Some(added) => grid.rims[added].clone(),
            };
            for &i in &corners {
                for ear in 0..2 {
                    let taps = set.response(ear, i).iter().map(|tap| f64::from(*tap));
                    let spectrum = spectrum_of(taps, &mut transform);
                    for (bin, (own, filter)) in spectrum.iter().zip(equaliser).enumerate().skip(1) {
                        let weight =
                            loudness_weight(self.hertz(bin)) * share / corners.len() as f64;
                        heard += weight * (own * filter).norm_sqr();
                        played += weight / 2.0;
                    }
                }
            }
        }
        if heard > 0.0 { heard / played } else { 1.0 }
    }
}

/// How much the power of pink noise at a frequency counts for loudness (ITU-R BS.1770), from 15 Hz to 20 kHz.
pub(in crate::render) fn loudness_weight(hz: f64) -> f64 {
    match (15.0..=20_000.0).contains(&hz) {
        true => k_weight(hz) / hz,
        false => 0.0,
    }
}

/// Means over a third of an octave round each bin, in dB.
fn third_octaves(power: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; power.len() + 1];
    for (bin, power) in power.iter().enumerate() {
        sums[bin + 1] = sums[bin] + power;
    }
    let half = 2.0_f64.powf(1.0 / 6.0);
    (0..power.len())
        .map(|bin| {
            let first = (bin as f64 / half).round() as usize;
            let last = ((bin as f64 * half).round() as usize).min(power.len() - 1);
            let mean = (sums[last + 1] - sums[first]) / (last + 1 - first) as f64;
            10.0 * mean.max(1e-20).log10()
        })
        .collect()
}
