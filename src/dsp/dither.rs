//! From floating point to integers: triangular dither, rounding, saturation.
//!
//! The dither has a triangular distribution of ±1 LSB (TPDF: the sum of two independent even
//! distributions of ±1/2 LSB), so that neither the mean nor the power of the error depends on the signal
//! (Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither: A Theoretical Survey", J. Audio Eng.
//! Soc. 40 (5), 1992). The total error is 1/2 LSB rms: dither 1/sqrt(6), rounding 1/sqrt(12).
//!
//! The noise is a hash of channel and absolute frame and has no state: the written samples do not depend
//! on block lengths or threads. A sample of exactly 0 gets none, so digital silence stays silent.

mod tpdf;

use self::tpdf::Dither;
use crate::units::Frames;

pub(crate) use self::tpdf::RUN;

/// Word length of integer samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordLength {
    /// 16 bits: full scale is 32 768 steps.
    Bits16,
    /// 24 bits: full scale is 8 388 608 steps.
    Bits24,
}

impl WordLength {
    /// Steps (LSB) from 0 to full scale (±1).
    pub fn full_scale(self) -> f32 {
        match self {
            Self::Bits16 => 32_768.0,
            Self::Bits24 => 8_388_608.0,
        }
    }
}

/// What quantising a run of samples showed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantised {
    /// The largest magnitude written, in steps.
    pub peak: u32,
    /// The largest magnitude that was to be written, if it was beyond full scale (1); else 0.
    pub over: f32,
    /// Samples beyond full scale (magnitude above 1), which were held at the limit.
    pub clipped: u64,
    /// False if a sample was NaN or infinite; what was written for it means nothing.
    pub finite: bool,
}

/// Writes `samples` of one channel as integers of the given word length, dithered and saturated.
///
/// `first` is the absolute frame of `samples[0]` and, with `channel`, selects the noise. The values lie in
/// -full scale ..= full scale - 1.
///
/// # Panics
/// If `out` is not as long as `samples`.
pub fn quantise(
    samples: &[f32],
    word: WordLength,
    channel: usize,
    first: Frames,
    out: &mut [i32],
) -> Quantised {
    assert_eq!(samples.len(), out.len(), "one integer per sample");
    let dither = Dither::new(word, channel);
    let peak = dither.row::<false>(samples, first, out);
    if !dither.is_near_full_scale(peak) {
        return Quantised {
            peak,
            over: 0.0,
            clipped: 0,
            finite: true,
        };
    }
    let peak = dither.row::<true>(samples, first, out);
    judged(samples, peak, pulp::Arch::new().dispatch(Largest(samples)))
}

/// The largest magnitude of samples, by its bits.
struct Largest<'a>(&'a [f32]);

impl pulp::NullaryFnOnce for Largest<'_> {
    type Output = u32;

    #[inline(always)]
    fn call(self) -> u32 {
        let bits = self.0.iter().map(|sample| sample.abs().to_bits());
        bits.fold(0, u32::max)
    }
}

/// As [`quantise`], rounded without dither: samples that are steps already stay what they are.
///
/// # Panics
/// If `out` is not as long as `samples`.
pub fn round(samples: &[f32], word: WordLength, out: &mut [i32]) -> Quantised {
    assert_eq!(samples.len(), out.len(), "one integer per sample");
    pulp::Arch::new().dispatch(Round {
        samples,
        full_scale: word.full_scale(),
        out,
    })
}

/// [`round`] for each instruction set; without one, rounding down is a call for every sample.
struct Round<'a> {
    samples: &'a [f32],
    full_scale: f32,
    out: &'a mut [i32],
}

impl pulp::NullaryFnOnce for Round<'_> {
    type Output = Quantised;

    #[inline(always)]
    fn call(self) -> Quantised {
        let full_scale = self.full_scale;
        let (lowest, highest) = (-full_scale, full_scale - 1.0);
        // Magnitudes by their bits, which are in the order of the numbers: the largest of integers is found in lanes.
        let (mut peak, mut largest) = (0, 0);
        for (&sample, out) in self.samples.iter().zip(self.out) {
            let scaled = sample * full_scale;
            let below = scaled.floor();
            let rounded = below + (scaled - below + 0.5).floor();
            let held = rounded.max(lowest).min(highest);
            *out = held as i32;
            peak = peak.max(held.abs().to_bits());
            largest = largest.max(sample.abs().to_bits());
        }
        judged(self.samples, f32::from_bits(peak) as u32, largest)
    }
}

/// What the largest magnitude of `samples` tells, by its bits: without their sign floats are in the order
/// of their bits, infinity and NaN above all others.
fn judged(samples: &[f32], peak: u32, largest: u32) -> Quantised {
    // Few runs clip, so those that do are looked at again.
    let clipped = if largest > 1.0f32.to_bits() {
        samples.iter().filter(|sample| sample.abs() > 1.0).count()
    } else {
        0
    };
    Quantised {
        peak,
        over: if clipped > 0 {
            f32::from_bits(largest)
        } else {
            0.0
        },
        clipped: clipped as u64,
        finite: largest <= f32::MAX.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::tpdf::PARTS;
    use super::*;

    fn run(samples: &[f32], word: WordLength, channel: usize, first: u64) -> (Vec<i32>, Quantised) {
        let mut out = vec![0; samples.len()];
        let facts = quantise(samples, word, channel, Frames(first), &mut out);
        (out, facts)
    }

    /// The same without vector instructions.
    fn plain(
        samples: &[f32],
        word: WordLength,
        channel: usize,
        first: u64,
    ) -> (Vec<i32>, Quantised) {
        let mut out = vec![0; samples.len()];
        let dither = Dither::new(word, channel);
        let peak = Dither::by_runs(samples, Frames(first), &mut out, |runs, number, out| {
            dither.runs(runs, number, out)
        });
        let largest = samples.iter().map(|sample| sample.abs().to_bits());
        let facts = judged(samples, peak, largest.max().unwrap_or(0));
        (out, facts)
    }

    /// Error in steps of each written sample.
    fn errors(samples: &[f32], word: WordLength, channel: usize) -> Vec<f64> {
        let (out, _) = run(samples, word, channel, 0);
        samples
            .iter()
            .zip(out)
            .map(|(&x, q)| f64::from(q) - f64::from(x) * f64::from(word.full_scale()))
            .collect()
    }

    #[test]
    fn the_error_is_half_a_step_rms_whatever_the_level() {
        for word in [WordLength::Bits16, WordLength::Bits24] {
            for level in [0.9, 0.01, 3.3 / f64::from(word.full_scale())] {
                let samples: Vec<f32> = (0..200_000)
                    .map(|n| (level * (f64::from(n) * 0.0713).sin()) as f32)
                    .collect();
                let errors = errors(&samples[1..], word, 3);
                let mean = errors.iter().sum::<f64>() / errors.len() as f64;
                let rms = (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt();
                let worst = errors.iter().fold(0.0f64, |worst, e| worst.max(e.abs()));
                assert!(mean.abs() < 0.005, "{word:?} level {level}: mean {mean}");
                // At 24 bits and full level the sample itself is a multiple of half a step.
                assert!(
                    (rms - 0.5).abs() < 0.02,
                    "{word:?} level {level}: rms {rms}"
                );
                assert!(worst <= 1.5, "{word:?} level {level}: worst {worst}");
            }
        }
    }

    #[test]
    fn mean_and_power_of_the_error_do_not_depend_on_the_place_between_two_steps() {
        for tenths in 0..10 {
            let steps = 1000.0 + f64::from(tenths) / 10.0;
            let samples = vec![(steps / 32_768.0) as f32; 100_000];
            let errors = errors(&samples, WordLength::Bits16, 0);
            let mean = errors.iter().sum::<f64>() / errors.len() as f64;
            let power = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
            assert!(mean.abs() < 0.01, "{steps} steps: mean {mean}");
            assert!((power - 0.25).abs() < 0.01, "{steps} steps: power {power}");
        }
    }

    #[test]
    fn all_noise_together_has_no_mean_and_the_power_of_tpdf_at_every_part_of_a_step() {
        let dither = Dither::new(WordLength::Bits16, 0);
        for part in 0..PARTS {
            let parts = 1000 * PARTS + part;
            let sample = parts as f32 / (dither.full_scale * PARTS as f32);
            // Errors in parts, exact.
            let (mut sum, mut squares) = (0i64, 0i64);
            for half in 0..1 << 16 {
                let error = i64::from(dither.held(sample, half) * PARTS - parts);
                sum += error;
                squares += error * error;
            }
            assert_eq!(sum, 0, "part {part}");
            let power = squares as f64 / f64::from(1 << 16) / f64::from(PARTS * PARTS);
            assert!((power - 0.25).abs() < 2e-5, "part {part}: power {power}");
        }
    }

    #[test]
    fn the_noise_is_white_and_independent_between_channels() {
        let samples = vec![0.25f32; 65_536];
        let noise: Vec<Vec<f64>> = (0..24)
            .map(|c| errors(&samples, WordLength::Bits24, c))
            .collect();
        let correlation = |a: &[f64], b: &[f64]| {
            let power: f64 = a.iter().map(|x| x * x).sum();
            a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>() / power
        };
        // Frames 16 apart have their noise from one hash.
        for lag in [1, 2, 3, 8, 16, 32, 48, 64, 1024] {
            let r = correlation(&noise[0][lag..], &noise[0]);
            assert!(r.abs() < 0.02, "lag {lag}: {r}");
        }
        for a in 0..noise.len() {
            for b in 0..a {
                for lag in [0, 1, 7] {
                    let r = correlation(&noise[a][lag..], &noise[b]);
                    assert!(r.abs() < 0.02, "channels {a} and {b}, lag {lag}: {r}");
                }
            }
        }
    }

    #[test]
    fn silence_stays_silent_and_nothing_depends_on_the_cut() {
        let samples: Vec<f32> = (0..1000)
            .map(|n| if n % 3 == 0 { 0.0 } else { 0.001 * n as f32 })
            .collect();
        let (whole, _) = run(&samples, WordLength::Bits24, 5, 7777);
        assert!(whole.iter().step_by(3).all(|&q| q == 0));
        for cut in [1, 7, 8, 500, 999] {
            let (mut parts, _) = run(&samples[..cut], WordLength::Bits24, 5, 7777);
            parts.extend(run(&samples[cut..], WordLength::Bits24, 5, 7777 + cut as u64).0);
            assert!(parts == whole, "cut at {cut}");
        }
    }

    #[test]
    fn vector_and_plain_code_agree_bit_for_bit() {
        // The louder one is beyond full scale in its first ten frames and often later.
        for level in [0.9, 1.6] {
            let samples: Vec<f32> = (0..10_007)
                .map(|n| match n % 11 {
                    3 => 0.0,
                    7 => -0.0,
                    _ => level * (n as f32 * 0.37).sin() * (n as f32 * 0.001).cos(),
                })
                .collect();
            for word in [WordLength::Bits16, WordLength::Bits24] {
                let dither = Dither::new(word, 9);
                // The noise begins anew after 2^33 frames.
                for first in [0, 123_456, (1 << 33) - 5000, u64::MAX - 20_000] {
                    for length in [0, 1, 31, 32, 33, 500, samples.len()] {
                        let samples = &samples[..length];
                        let (plain, facts) = plain(samples, word, 9, first);
                        let is_near = dither.is_near_full_scale(facts.peak);
                        assert_eq!(is_near, level > 1.0 && length > 10);
                        assert_eq!(run(samples, word, 9, first), (plain, facts));
                    }
                }
            }
        }
    }

    #[test]
    fn runs_near_full_scale_are_those_of_the_plain_code() {
        for word in [WordLength::Bits16, WordLength::Bits24] {
            let full_scale = word.full_scale();
            let near =
                (-8..=8).flat_map(|steps| [1.0, -1.0].map(|s| s + steps as f32 / full_scale));
            let beyond = [1.0e3, -1.0e3, 300.0, 1.0e30, f32::INFINITY, f32::NAN];
            for sample in near.chain(beyond) {
                for place in [0, 7, 8, 31, 40, 42] {
                    let mut samples = [0.25; 43];
                    samples[place] = sample;
                    let (vector, facts) = run(&samples, word, 2, 99);
                    let (plain, expected) = plain(&samples, word, 2, 99);
                    assert_eq!(facts, expected, "{sample} at {place}");
                    assert!(!facts.finite || vector == plain, "{sample} at {place}");
                }
            }
        }
    }

    #[test]
    fn overloads_saturate_and_are_counted_and_unusable_samples_are_reported() {
        let (out, facts) = run(&[1.5, -1.5, 1.0, -1.0, 0.5], WordLength::Bits16, 0, 0);
        assert_eq!(&out[..2], &[32_767, -32_768]);
        assert!(out[2] >= 32_766 && out[3] <= -32_766);
        assert_eq!((facts.clipped, facts.peak, facts.finite), (2, 32_768, true));
        assert_eq!(facts.over.to_bits(), 1.5_f32.to_bits());
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(!run(&[0.0, bad, 0.0], WordLength::Bits24, 0, 0).1.finite);
        }
    }
}
