//! How loud the decorrelated fixed directions are together.
//!
//! Decorrelated feeds add up by their powers only on average: with these filters and these ears some pairs have
//! something in common, and the filters are not flat between their bins. What they add up to for pink noise is
//! worked out from the filters themselves.

use std::f64::consts::TAU;

use realfft::num_complex::Complex;

use super::wide::{BASS_FROM, WIDE_FROM};
use crate::dsp::Decorrelators;
use crate::dsp::decorrelator::{TAPS, decorrelation_filters};
use crate::dsp::transform::Transform;
use crate::geometry::Direction;
use crate::render::hrtf::{Filters, loudness_weight};
use crate::units::Hertz;

/// The loudness of what is played from the fixed directions, and of the bass that is left out of them.
#[derive(Debug)]
pub(super) struct WideLevel {
    /// Loudness that a pair of directions has in common, as power: one row for each direction.
    common: Vec<f64>,
    /// Loudness that a source in the first direction of a pair has in common with what the second plays.
    with_source: Vec<f64>,
    /// What the bass has in common with what each direction plays.
    with_bass: Vec<f64>,
    /// What it has in common with a source in each direction.
    bass_with_source: Vec<f64>,
    directions: Vec<Direction>,
    /// Loudness of the bass alone, as power.
    bass: f64,
}

impl WideLevel {
    /// The level of `directions`, whose decorrelators have `names`, through `filters`.
    pub(super) fn new(filters: &Filters, directions: &[Direction], names: &[&str]) -> Self {
        let length = (8 * TAPS).max(2 * filters.length()).next_power_of_two();
        let mut transform = Transform::new(length);
        let mut spectrum = |signal: &[f64]| {
            transform.signal.fill(0.0);
            transform.signal[..signal.len()].copy_from_slice(signal);
            transform.forward();
            transform.spectrum.clone()
        };
        let hertz = |bin: usize| bin as f64 * f64::from(filters.rate().0) / length as f64;
        let weights: Vec<f64> = (0..=length / 2)
            .map(|bin| loudness_weight(hertz(bin)))
            .collect();
        let whole: f64 = weights.iter().sum();
        // Both ears one after the other: of a source, and of what is decorrelated.
        let mut sources: Vec<Vec<Complex<f64>>> = Vec::new();
        let mut heard: Vec<Vec<Complex<f64>>> = Vec::new();
        let later = Decorrelators::DIRECT_DELAY_FRAMES - Decorrelators::LATENCY_FRAMES;
        for (direction, decorrelator) in directions.iter().zip(decorrelation_filters(names)) {
            let decorrelator = spectrum(&decorrelator);
            let ears = filters.taps(direction).map(|taps| spectrum(&taps));
            let bins = ears.iter().flat_map(|ear| ear.iter().enumerate());
            let weighted = bins.map(|(bin, ear)| {
                let lift = filters.lift(Hertz(hertz(bin)));
                (bin, ear * lift * (weights[bin] / whole).sqrt())
            });
            let delayed = |bin: usize| Complex::cis(-TAU * (bin * later) as f64 / length as f64);
            let source = weighted.clone().map(|(bin, ear)| ear * delayed(bin));
            sources.push(source.collect());
            let played =
                weighted.map(|(bin, ear)| ear * decorrelator[bin] * crossover(hertz(bin)).1);
            heard.push(played.collect());
        }
        let pair = |a: &[Complex<f64>], b: &[Complex<f64>]| {
            let products = a.iter().zip(b).map(|(a, b)| (a * b.conj()).re);
            products.sum::<f64>()
        };
        let against_heard = |all: &[Vec<Complex<f64>>]| -> Vec<f64> {
            let rows = all.iter().flat_map(|a| heard.iter().map(|b| pair(a, b)));
            rows.collect()
        };
        let bass: Vec<Complex<f64>> = (0..2 * weights.len())
            .map(|n| {
                let pair: Complex<f64> = BASS_FROM.iter().map(|&from| sources[from][n]).sum();
                pair / BASS_FROM.len() as f64 * crossover(hertz(n % weights.len())).0
            })
            .collect();
        Self {
            common: against_heard(&heard),
            with_source: against_heard(&sources),
            with_bass: heard.iter().map(|heard| pair(&bass, heard)).collect(),
            bass_with_source: sources.iter().map(|source| pair(&bass, source)).collect(),
            bass: pair(&bass, &bass),
            directions: directions.to_vec(),
        }
    }

    /// The factor on `gains`, one for each direction, with which they are as loud together with `left` of a feed at
    /// its own place, and the bass that is missing then, as the whole feed of loudness `at_point` is there, in
    /// `direction`.
    pub(super) fn factor(
        &self,
        gains: &[f64],
        left: f64,
        direction: &Direction,
        at_point: f64,
    ) -> f64 {
        let count = self.directions.len();
        let weighed = |row: &[f64]| row.iter().zip(gains).map(|(x, gain)| x * gain).sum::<f64>();
        let rows = self.common.chunks_exact(count.max(1)).zip(gains);
        let loudness: f64 = rows.map(|(row, gain)| gain * weighed(row)).sum();
        if loudness <= 0.0 {
            return 0.0;
        }
        let near = |i: &usize| self.directions[*i].dot(direction);
        let nearest = (0..count).max_by(|a, b| near(a).total_cmp(&near(b)));
        let of_source = |i: usize| {
            let shared = weighed(&self.with_source[i * count..][..count]);
            (shared, self.bass_with_source[i])
        };
        let (shared, with_bass) = nearest.map_or((0.0, 0.0), of_source);
        let moved = 1.0 - left;
        let bass = moved * (moved * self.bass + 2.0 * left * with_bass);
        let missing = (at_point * (1.0 - left * left) - bass).max(0.0);
        let shared = left * shared + moved * weighed(&self.with_bass);
        // What is missing is made of the gains' own loudness and of what they share with what is left and with the bass.
        let half = shared / loudness;
        (half * half + missing / loudness).sqrt() - half
    }
}

/// The bass and the wide part of the crossover at a frequency: a high-pass of second order, Q 1/2, and what it takes.
fn crossover(hz: f64) -> (Complex<f64>, Complex<f64>) {
    let s = Complex::new(0.0, hz / WIDE_FROM.0);
    let high = (s / (s + 1.0)).powi(2);
    (Complex::new(1.0, 0.0) - high, high)
}
