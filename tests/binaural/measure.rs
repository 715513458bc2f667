//! What is measured of a pair of responses: differences in time, level and colour.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Length of the transforms.
const LENGTH: usize = 8192;

/// The spectrum of a response.
pub(crate) fn spectrum(response: &[f64]) -> Vec<Complex<f64>> {
    let mut signal = vec![0.0; LENGTH];
    let count = response.len().min(LENGTH);
    signal[..count].copy_from_slice(&response[..count]);
    let plan: Arc<dyn RealToComplex<f64>> = RealFftPlanner::new().plan_fft_forward(LENGTH);
    let mut spectrum = plan.make_output_vec();
    plan.process(&mut signal, &mut spectrum).unwrap();
    spectrum
}

/// By how many µs the left ear is late, by the cross-correlation below 1.5 kHz.
pub(crate) fn itd_us(pair: &[Vec<f64>; 2], rate: f64) -> f64 {
    let [left, right] = [spectrum(&pair[0]), spectrum(&pair[1])];
    let last = (1500.0 / rate * LENGTH as f64) as usize;
    let first = (50.0 / rate * LENGTH as f64).ceil() as usize;
    let correlation = |lag: f64| {
        (first..=last)
            .map(|bin| {
                let turn = std::f64::consts::TAU * bin as f64 * lag / LENGTH as f64;
                (left[bin] * right[bin].conj() * Complex::cis(turn)).re
            })
            .sum::<f64>()
    };
    // Within ±1.2 ms, then finer round the best.
    let mut best = 0.0;
    let mut step = 1.0;
    let mut reach = 1.2e-3 * rate;
    for _ in 0..6 {
        let steps = (reach / step).ceil() as i32;
        let around = best;
        let mut most = f64::NEG_INFINITY;
        for n in -steps..=steps {
            let lag = around + f64::from(n) * step;
            let value = correlation(lag);
            if value > most {
                (most, best) = (value, lag);
            }
        }
        reach = step;
        step /= 8.0;
    }
    best / rate * 1e6
}

/// Level of the left ear over that of the right in dB.
pub(crate) fn ild_db(pair: &[Vec<f64>; 2]) -> f64 {
    let power = |ear: &[f64]| ear.iter().map(|x| x * x).sum::<f64>();
    10.0 * (power(&pair[0]) / power(&pair[1])).log10()
}

/// The root mean square over bands one ERB wide, 100 Hz to 16 kHz, of the level difference of two pairs, in dB,
/// of the worse ear.
pub(crate) fn lsd_db(found: &[Vec<f64>; 2], expected: &[Vec<f64>; 2], rate: f64) -> f64 {
    let erb = |hz: f64| 21.4 * (1.0 + 0.00437 * hz).log10();
    let hertz = |bin: usize| bin as f64 * rate / LENGTH as f64;
    let of_ear = |ear: usize| {
        let [found, expected] = [spectrum(&found[ear]), spectrum(&expected[ear])];
        let mut bands: Vec<(f64, f64)> = vec![(0.0, 0.0); 64];
        for bin in 1..found.len() {
            if (100.0..16_000.0).contains(&hertz(bin)) {
                let band = (erb(hertz(bin)) - erb(100.0)) as usize;
                bands[band].0 += found[bin].norm_sqr();
                bands[band].1 += expected[bin].norm_sqr();
            }
        }
        let differences: Vec<f64> = bands
            .iter()
            .filter(|(_, expected)| *expected > 0.0)
            .map(|(found, expected)| 10.0 * (found / expected).log10())
            .collect();
        let squares: f64 = differences.iter().map(|d| d * d).sum();
        (squares / differences.len() as f64).sqrt()
    };
    f64::max(of_ear(0), of_ear(1))
}

/// Energy of the difference over that of what is expected, in dB.
pub(crate) fn null_db(found: &[Vec<f64>; 2], expected: &[Vec<f64>; 2]) -> f64 {
    let (mut difference, mut whole) = (0.0, 0.0);
    for (found, expected) in found.iter().zip(expected) {
        for (n, x) in found.iter().enumerate() {
            let y = expected.get(n).copied().unwrap_or(0.0);
            difference += (x - y) * (x - y);
            whole += y * y;
        }
    }
    10.0 * (difference.max(1e-30) / whole).log10()
}

/// The median and the 95th percentile.
pub(crate) fn quantiles(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    (at(0.5), at(0.95))
}

/// As f64.
pub(crate) fn wide(pair: &[Vec<f32>; 2]) -> [Vec<f64>; 2] {
    [0, 1].map(|ear| pair[ear].iter().map(|x| f64::from(*x)).collect())
}
