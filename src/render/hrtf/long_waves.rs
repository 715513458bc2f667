//! When long waves arrive from a direction that was not measured.
//!
//! Delays found over the whole band say when the short waves arrive, which creep round the head on other paths and
//! jump from one to the next. The long ones, by which the ears tell left from right, do not: below about 1 kHz a head
//! is small beside them, and their spectra may be summed just as they were measured, delays and all (a field that a
//! body of radius a scatters is smooth on the scale of 1/(k a)). An interpolated response is moved to agree with them.

use std::f64::consts::TAU;
use std::ops::RangeInclusive;

use realfft::num_complex::Complex;

/// The band in Hz. Upper ends between 900 and 1300 Hz do as well with KEMAR, SADIE 002 and CIPIC 124, thinned.
const BAND_HZ: RangeInclusive<f64> = 100.0..=1200.0;

/// Most that a response is moved, in seconds; two interpolations that differ by more say nothing.
const MOST_S: f64 = 60e-6;

/// Steps to either side in which the best agreement is looked for; a parabola finds it between them.
const STEPS: i32 = 24;

/// The long waves of the spectra of a set.
pub(super) struct LongWaves {
    bins: RangeInclusive<usize>,
    /// Length of the transforms in frames.
    length: usize,
    most_frames: f64,
}

impl LongWaves {
    /// Those of spectra of `length` frames at `rate` frames per second.
    pub(super) fn new(rate: f64, length: usize) -> Self {
        let bin = |hz: f64| hz / rate * length as f64;
        Self {
            bins: bin(*BAND_HZ.start()).ceil() as usize..=bin(*BAND_HZ.end()) as usize,
            length,
            most_frames: MOST_S * rate,
        }
    }

    /// By how many frames the long waves of `spectra`, summed with `weights`, come after those of `own`.
    pub(super) fn lateness<'a>(
        &self,
        own: &[Complex<f64>],
        weights: &[f64],
        spectra: impl Iterator<Item = &'a [Complex<f64>]> + Clone,
    ) -> f64 {
        let products: Vec<(f64, Complex<f64>)> = self
            .bins
            .clone()
            .map(|bin| {
                let pairs = weights.iter().zip(spectra.clone());
                let sum: Complex<f64> =
                    pairs.map(|(weight, spectrum)| spectrum[bin] * weight).sum();
                (TAU * bin as f64 / self.length as f64, sum * own[bin].conj())
            })
            .collect();
        let step = self.most_frames / f64::from(STEPS);
        let agreement = |n: i32| {
            let lag = f64::from(n) * step;
            let parts = products
                .iter()
                .map(|(turn, product)| (product * Complex::cis(turn * lag)).re);
            parts.sum::<f64>()
        };
        let steps: Vec<f64> = (-STEPS..=STEPS).map(agreement).collect();
        let best = (1..steps.len() - 1).max_by(|&a, &b| steps[a].total_cmp(&steps[b]));
        let Some(best) = best else { return 0.0 };
        let [before, at, after] = [steps[best - 1], steps[best], steps[best + 1]];
        let bend = before - 2.0 * at + after;
        let between = match bend < 0.0 {
            true => (0.5 * (before - after) / bend).clamp(-1.0, 1.0),
            false => 0.0,
        };
        (best as f64 + between - f64::from(STEPS)) * step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_as_late_as_its_long_waves_are_whatever_its_treble_does() {
        let (rate, length) = (48_000.0, 1024);
        let waves = LongWaves::new(rate, length);
        let delayed = |low: f64, high: f64| -> Vec<Complex<f64>> {
            let delay = |bin: usize| {
                if bin as f64 * rate / 1024.0 < 2000.0 {
                    low
                } else {
                    high
                }
            };
            let turn = |bin: usize| -TAU * bin as f64 * delay(bin) / 1024.0;
            (0..=length / 2)
                .map(|bin| Complex::cis(turn(bin)))
                .collect()
        };
        let own = delayed(20.0, 20.0);
        for late in [-1.7, -0.3, 0.0, 0.45, 2.2] {
            let [a, b] = [delayed(20.0 + late, 29.0), delayed(20.0 + late, 11.0)];
            let found = waves.lateness(&own, &[0.4, 0.6], [&a[..], &b[..]].into_iter());
            assert!((found - late).abs() < 0.02, "{late}: {found}");
        }
        // Never farther than what is believed.
        let far = delayed(40.0, 40.0);
        let found = waves.lateness(&own, &[1.0], [&far[..]].into_iter());
        assert!(found.abs() <= MOST_S * rate, "{found}");
    }
}
