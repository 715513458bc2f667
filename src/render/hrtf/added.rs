//! Responses for directions that were not measured: between measured ones, and in holes.

use std::f64::consts::TAU;

use realfft::num_complex::Complex;

use super::minimum_phase::minimum_phase;
use super::spectra::Pair;
use crate::dsp::transform::Transform;
use crate::geometry::Direction;

/// All weight on the measured direction that is nearest.
pub(super) fn nearest(measured: &[Direction], direction: &Direction) -> Vec<f64> {
    let near = |d: &Direction| d.dot(direction);
    let all = measured.iter().enumerate();
    let best = all.max_by(|a, b| near(a.1).total_cmp(&near(b.1)));
    let best = best.map(|(index, _)| index);
    (0..measured.len())
        .map(|index| f64::from(u8::from(Some(index) == best)))
        .collect()
}

/// What stands where nothing was measured.
pub(super) struct Added {
    /// Delays of both ears in frames.
    pub(super) delays: [f64; 2],
    /// The spectra as if measured, delays included.
    pub(super) spectra: Pair,
}

impl Added {
    /// Between measured directions: their spectra in step, and their delays, with these weights.
    pub(super) fn blend(
        weights: &[f64],
        delays: &[[f64; 2]],
        spectra: &[Pair],
        length: usize,
    ) -> Self {
        let blended = [0, 1].map(|ear| {
            let all = weights.iter().zip(delays);
            all.map(|(weight, delays)| weight * delays[ear])
                .sum::<f64>()
        });
        let mut sums = [0, 1].map(|_| vec![Complex::<f64>::default(); length / 2 + 1]);
        for ((weight, spectra), delays) in weights.iter().zip(spectra).zip(delays) {
            if weight.abs() < 1e-9 {
                continue;
            }
            for ear in 0..2 {
                let step = Complex::cis(TAU * (delays[ear] - blended[ear]) / length as f64);
                let mut turn = Complex::new(*weight, 0.0);
                for (sum, value) in sums[ear].iter_mut().zip(&spectra[ear]) {
                    *sum += value * turn;
                    turn *= step;
                }
            }
        }
        Self {
            delays: blended,
            spectra: sums,
        }
    }

    /// Makes an ear `late` frames later.
    pub(super) fn delay(&mut self, ear: usize, late: f64, length: usize) {
        self.delays[ear] += late;
        for (bin, value) in self.spectra[ear].iter_mut().enumerate() {
            *value *= Complex::cis(-TAU * bin as f64 * late / length as f64);
        }
    }

    /// What closes a hole: the energies of its rim, minimum phase, in step with the rim.
    pub(super) fn rim(rim: &[usize], delays: &[[f64; 2]], spectra: &[Pair], length: usize) -> Self {
        let mut transform = Transform::new(length);
        let count = rim.len() as f64;
        let delays_of = |ear: usize| rim.iter().map(move |&i| delays[i][ear]);
        let mean = [0, 1].map(|ear| delays_of(ear).sum::<f64>() / count);
        let spectra = [0, 1].map(|ear| {
            let mut power = vec![0.0; length / 2 + 1];
            let mut together = vec![Complex::<f64>::default(); length / 2 + 1];
            for (&i, delay) in rim.iter().zip(delays_of(ear)) {
                for (bin, value) in spectra[i][ear].iter().enumerate() {
                    power[bin] += value.norm_sqr() / count;
                    together[bin] += value * Complex::cis(TAU * bin as f64 * delay / length as f64);
                }
            }
            let magnitudes: Vec<f64> = power.iter().map(|power| power.sqrt()).collect();
            minimum_phase(&magnitudes, &mut transform);
            let own = transform.spectrum.clone();
            // Where the rim's common sound begins, on the same clock as its delays.
            for ((slot, own), together) in transform.spectrum.iter_mut().zip(&own).zip(&together) {
                *slot = together * own.conj();
            }
            transform.inverse();
            let half = length / 2;
            let (late, _) = transform
                .signal
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(b.1))
                .unwrap_or((0, &0.0));
            let late = if late > half {
                late as f64 - length as f64
            } else {
                late as f64
            };
            let turn = -TAU * (late + mean[ear]) / length as f64;
            let turned = own.iter().enumerate();
            turned
                .map(|(bin, value)| value * Complex::cis(turn * bin as f64))
                .collect()
        });
        Self {
            delays: mean,
            spectra,
        }
    }
}
