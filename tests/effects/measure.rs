//! Signals, and the figures that are taken of what comes out.

use std::path::Path;

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;
use umbel::audio::Block;
use umbel::effect::{Chain, Settings, Setup};
use umbel::session::ChainText;
use umbel::units::SampleRate;

pub(crate) const RATE: SampleRate = SampleRate(48_000);
pub(crate) const FS: f64 = 48_000.0;

/// The processors of a chain in words.
pub(crate) fn entries(text: &str) -> Vec<Settings> {
    ChainText::parse(text, Path::new("--chain"))
        .unwrap_or_else(|e| panic!("{text}: {e:?}"))
        .entries
}

/// A chain in words, built for 48 kHz.
pub(crate) fn chain(text: &str, channels: usize) -> Chain {
    let setup = Setup {
        bpm: Some(120.0),
        ..Setup::strip(RATE, channels)
    };
    Chain::build(&entries(text), setup).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

/// The rows through a chain, in blocks of `length`; the latency is not taken off.
pub(crate) fn run_in_blocks(chain: &mut Chain, rows: &[Vec<f32>], length: usize) -> Vec<Vec<f32>> {
    let frames = rows[0].len();
    let mut out = vec![Vec::with_capacity(frames); rows.len()];
    let mut block = Block::new(rows.len(), length);
    for start in (0..frames).step_by(length) {
        block.set_frames(length.min(frames - start));
        for (row, from) in block.rows_mut().zip(rows) {
            row.copy_from_slice(&from[start..start + row.len()]);
        }
        chain.process(&mut block.whole_mut(), &[]);
        for (out, row) in out.iter_mut().zip(block.rows()) {
            out.extend_from_slice(row);
        }
    }
    out
}

/// One channel through a chain in words, its latency taken off.
pub(crate) fn run(text: &str, input: &[f32]) -> Vec<f32> {
    let mut chain = chain(text, 1);
    let latency = chain.latency().0 as usize;
    let mut padded = input.to_vec();
    padded.resize(input.len() + latency, 0.0);
    let mut out = run_in_blocks(&mut chain, &[padded], 1024).swap_remove(0);
    out.drain(..latency);
    out
}

pub(crate) fn sine(hz: f64, level_db: f64, seconds: f64) -> Vec<f32> {
    let peak = 10f64.powf(level_db / 20.0);
    (0..(seconds * FS) as usize)
        .map(|n| (peak * (std::f64::consts::TAU * hz * n as f64 / FS).sin()) as f32)
        .collect()
}

/// Gaussian noise of the given rms.
pub(crate) fn noise(rms_db: f64, seconds: f64, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let rms = 10f64.powf(rms_db / 20.0);
    (0..(seconds * FS) as usize)
        .map(|_| {
            let radius = (-2.0 * uniform().max(1e-300).ln()).sqrt();
            (rms * radius * (std::f64::consts::TAU * uniform()).cos()) as f32
        })
        .collect()
}

/// The spectrum of a real signal.
pub(crate) fn spectrum(signal: &[f64]) -> Vec<Complex<f64>> {
    let plan = RealFftPlanner::<f64>::new().plan_fft_forward(signal.len());
    let mut input = signal.to_vec();
    let mut bins = plan.make_output_vec();
    plan.process(&mut input, &mut bins).unwrap();
    bins
}

/// Gain in dB at the frequencies, from the response to an impulse of 0.5 at 0.1 s in `seconds` s.
pub(crate) fn response_db(text: &str, hz: &[f64], seconds: f64) -> Vec<f64> {
    let mut input = vec![0.0_f32; (seconds * FS) as usize];
    input[4800] = 0.5;
    let out = run(text, &input);
    let bins = spectrum(&out.iter().map(|x| f64::from(*x)).collect::<Vec<_>>());
    let bin_hz = FS / input.len() as f64;
    hz.iter()
        .map(|hz| {
            let bin = (hz / bin_hz).round();
            assert!((bin * bin_hz - hz).abs() < 1e-6, "{hz} Hz is no bin");
            20.0 * (bins[bin as usize].norm() / 0.5).log10()
        })
        .collect()
}

/// Frequencies from 20 Hz to 20 kHz, spaced like notes, whole multiples of 1 Hz.
pub(crate) fn whole_hz() -> Vec<f64> {
    let mut hz: Vec<f64> = (0..400)
        .map(|n| (20.0 * 1000f64.powf(f64::from(n) / 399.0)).round())
        .collect();
    hz.dedup();
    hz
}

/// Kaiser window.
pub(crate) fn kaiser(length: usize, beta: f64) -> Vec<f64> {
    let bessel = |x: f64| {
        let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
        while term > 1e-18 * sum {
            term *= (x / (2.0 * k)).powi(2);
            sum += term;
            k += 1.0;
        }
        sum
    };
    (0..length)
        .map(|n| {
            let t = 2.0 * n as f64 / (length - 1) as f64 - 1.0;
            bessel(beta * (1.0 - t * t).max(0.0).sqrt()) / bessel(beta)
        })
        .collect()
}

/// Energy farther than `near_hz` from the tone (above 20 Hz) over the energy within, in dB.
pub(crate) fn beside_tone_db(signal: &[f32], hz: f64, near_hz: f64) -> f64 {
    let window = kaiser(signal.len(), 20.0);
    let windowed: Vec<f64> = signal
        .iter()
        .zip(&window)
        .map(|(x, w)| f64::from(*x) * w)
        .collect();
    let bin_hz = FS / signal.len() as f64;
    let (mut within, mut beside) = (0.0, 0.0);
    for (bin, value) in spectrum(&windowed).iter().enumerate() {
        let at = bin as f64 * bin_hz;
        if (at - hz).abs() <= near_hz {
            within += value.norm_sqr();
        } else if at >= 20.0 {
            beside += value.norm_sqr();
        }
    }
    10.0 * (beside / within).log10()
}

/// Largest difference of two signals, in dB of full scale.
pub(crate) fn difference_db(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = a
        .iter()
        .zip(b)
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs())
        .fold(0.0, f64::max);
    20.0 * largest.log10()
}

/// Power of each line of the spectrum under a Kaiser window (beta 24), in dB.
pub(crate) fn spectrum_db(signal: &[f32]) -> Vec<f64> {
    let window = kaiser(signal.len(), 24.0);
    let windowed: Vec<f64> = signal
        .iter()
        .zip(&window)
        .map(|(x, w)| f64::from(*x) * w)
        .collect();
    let lines = spectrum(&windowed);
    lines
        .iter()
        .map(|x| 10.0 * x.norm_sqr().max(1e-300).log10())
        .collect()
}

/// Root mean square in dB.
pub(crate) fn rms_db(signal: &[f32]) -> f64 {
    let sum: f64 = signal.iter().map(|x| f64::from(*x).powi(2)).sum();
    10.0 * (sum / signal.len() as f64).max(1e-300).log10()
}
