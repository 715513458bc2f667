//! How loud the decorrelated fixed directions are together.
//!
//! Decorrelated feeds add up by their powers only on average: with these filters and these ears some pairs have
//! something in common, and the filters are not flat between their bins. What they add up to for pink noise is
//! worked out from the filters themselves.

use std::f64::consts::SQRT_2;

use realfft::num_complex::Complex;

use super::wide::WIDE_FROM;
use crate::dsp::decorrelator::{TAPS, decorrelation_filters};
use crate::dsp::transform::Transform;
use crate::geometry::Direction;
use crate::render::hrtf::{Filters, loudness_weight};

/// The loudness of what is played from the fixed directions, and of the bass that is left out of them.
#[derive(Debug)]
pub(super) struct WideLevel {
    /// Loudness that a pair of directions has in common, as power: one row for each direction.
    common: Vec<f64>,
    count: usize,
    /// Loudness of the bass alone, relative to a whole feed's, as power.
    bass: f64,
    /// What bass and a whole feed have in common.
    bass_in_whole: f64,
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
        // Both ears one after the other.
        let heard: Vec<Vec<Complex<f64>>> = directions
            .iter()
            .zip(decorrelation_filters(names))
            .map(|(direction, decorrelator)| {
                let decorrelator = spectrum(&decorrelator);
                let ears = filters.taps(direction).map(|taps| spectrum(&taps));
                let of_ear = |ear: &Vec<Complex<f64>>| {
                    let bins = ear.iter().zip(&decorrelator).enumerate();
                    bins.map(|(bin, (ear, decorrelator))| {
                        let (_, high) = crossover(hertz(bin));
                        ear * decorrelator * high * (weights[bin] / whole).sqrt()
                    })
                    .collect::<Vec<_>>()
                };
                ears.iter().flat_map(of_ear).collect()
            })
            .collect();
        let pair = |a: &[Complex<f64>], b: &[Complex<f64>]| {
            let products = a.iter().zip(b).map(|(a, b)| (a * b.conj()).re);
            products.sum::<f64>()
        };
        let rows = heard.iter().flat_map(|a| heard.iter().map(|b| pair(a, b)));
        let mean = |value: &dyn Fn(Complex<f64>) -> f64| {
            let low = weights.iter().enumerate();
            low.map(|(bin, weight)| weight * value(crossover(hertz(bin)).0))
                .sum::<f64>()
                / whole
        };
        Self {
            common: rows.collect(),
            count: directions.len(),
            bass: mean(&|low| low.norm_sqr()),
            bass_in_whole: mean(&|low| low.re),
        }
    }

    /// The factor on `gains`, one for each direction, with which they are as loud together with `left` of a feed at
    /// its own place, and the bass that is missing then, as the whole feed of loudness `at_point` is there.
    pub(super) fn factor(&self, gains: &[f64], left: f64, at_point: f64) -> f64 {
        let rows = self.common.chunks_exact(self.count.max(1)).zip(gains);
        let loudness: f64 = rows
            .map(|(row, gain)| {
                let all = row.iter().zip(gains).map(|(common, other)| common * other);
                gain * all.sum::<f64>()
            })
            .sum();
        let moved = 1.0 - left;
        let there = left * left + moved * (moved * self.bass + 2.0 * left * self.bass_in_whole);
        match loudness > 0.0 {
            true => (at_point * (1.0 - there).max(0.0) / loudness).sqrt(),
            false => 0.0,
        }
    }
}

/// The low and the high part of the crossover at a frequency (Linkwitz and Riley, fourth order).
fn crossover(hz: f64) -> (Complex<f64>, Complex<f64>) {
    let s = Complex::new(0.0, hz / WIDE_FROM.0);
    let section = (s * s + s * SQRT_2 + 1.0).inv();
    ((section * section), (s * s * section).powi(2))
}
