//! From floating point to integers: triangular dither, rounding, saturation.
//!
//! The dither has a triangular distribution of ±1 LSB (TPDF: the sum of two independent even
//! distributions of ±1/2 LSB), so that neither the mean nor the power of the error depends on the signal
//! (Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither: A Theoretical Survey", J. Audio Eng.
//! Soc. 40 (5), 1992). The total error is 1/2 LSB rms: dither 1/sqrt(6), rounding 1/sqrt(12).
//!
//! Samples are first rounded to 1/256 of a step, which is 32 bits for words of 24, and the noise is a whole number of such
//! parts: the mean of the error is then 0 and its power 1/4 for every place between two steps.
//!
//! The noise is a hash of channel and absolute frame and has no state: the written samples do not depend
//! on block lengths or threads. It repeats after 2^33 frames, two days at 48 kHz. A sample of exactly 0 gets
//! none, so digital silence stays silent.

#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

use crate::units::Frames;

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

/// Parts of a step to which samples are rounded before noise is added.
const PARTS: i32 = 1 << PART_BITS;
const PART_BITS: u32 = 8;

/// The bits of a hash that are noise: in each half two bytes, of which one is taken from the other. The lowest bit of the
/// first is left out, so that it is smaller by half a part in the mean: exactly as much as rounding ties upwards adds.
const NOISE: u32 = 0xfffe_fffe;

/// Frames whose noise comes from one row of hashes, each hash for two frames half a run apart. Runs begin at multiples of
/// their length.
pub(crate) const RUN: usize = 32;

/// The noise of one channel and the steps it is added to.
#[derive(Debug, Clone, Copy)]
struct Dither {
    full_scale: f32,
    /// Selects the channel's noise.
    key: u32,
}

impl Dither {
    fn new(word: WordLength, channel: usize) -> Self {
        Self {
            full_scale: word.full_scale(),
            key: scramble((channel as u32).wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995),
        }
    }

    /// Parts of a step up to full scale.
    fn scale(self) -> f32 {
        self.full_scale * PARTS as f32
    }

    /// The limits in parts of a step. From half a step below full scale on all samples become the highest value.
    fn limits(self) -> [f32; 2] {
        [-self.scale(), self.scale() - 0.5 * PARTS as f32]
    }

    /// Whether a row that came out [without limits](Self::row) and has this `peak` may be wrong, because some
    /// sample may be beyond full scale: noise and rounding take at most a step and a half from a sample. What is no number,
    /// or fits no integer, has become the integer farthest from 0 or, with noise, one of the farthest.
    fn is_near_full_scale(self, peak: u32) -> bool {
        peak > self.full_scale as u32 - 3
    }

    /// The hash of number `number`, of which the lower half is the noise of one frame and the upper half that of another.
    #[inline(always)]
    fn hash(self, number: u32) -> u32 {
        // The key enters twice: before the first multiplication, so that all bits of two channels differ, and
        // before the second, so that no channel has the values of another in another order.
        let mut bits = number ^ self.key;
        bits = (bits ^ (bits >> 16)).wrapping_mul(MULTIPLIERS[0]);
        bits = (bits ^ (bits >> 15)).wrapping_add(self.key);
        bits = bits.wrapping_mul(MULTIPLIERS[1]);
        bits ^ (bits >> 16)
    }

    /// Quantises one sample with the noise that the lower 16 bits of `half` are, and holds it at the limits.
    #[inline(always)]
    fn held(self, sample: f32, half: u32) -> i32 {
        let steps = self.full_scale as i32;
        let scaled = sample * self.scale();
        let [lowest, highest] = self.limits();
        let parts = scaled.max(lowest).min(highest).round_ties_even() as i32;
        let noise = (half & NOISE & 0xff) as i32 - (half >> 8 & 0xff) as i32;
        // What is beyond the limits stays there; the upper one holds what noise does.
        let is_dithered = sample != 0.0 && scaled >= lowest;
        let noise = if is_dithered { noise } else { 0 };
        // Steps and parts of a step apart, because their sum may fit no integer.
        let above = (parts & (PARTS - 1)) + noise + PARTS / 2;
        ((parts >> PART_BITS) + (above >> PART_BITS)).clamp(-steps, steps - 1)
    }

    /// Quantises `samples` run by run with `quantise`, which is given whole runs and the number of the first hash and
    /// returns the peak. What is not there of the first and the last run is filled up with silence.
    #[inline(always)]
    fn by_runs(
        samples: &[f32],
        first: Frames,
        out: &mut [i32],
        mut quantise: impl FnMut(&[[f32; RUN]], u32, &mut [[i32; RUN]]) -> u32,
    ) -> u32 {
        let number = |frame: u64| (frame / RUN as u64 * (RUN / 2) as u64) as u32;
        let mut part = |samples: &[f32], frame: u64, out: &mut [i32]| {
            let (mut run, mut words) = ([0.0; RUN], [0; RUN]);
            let place = (frame % RUN as u64) as usize;
            run[place..place + samples.len()].copy_from_slice(samples);
            let peak = quantise(&[run], number(frame), std::slice::from_mut(&mut words));
            out.copy_from_slice(&words[place..place + out.len()]);
            peak
        };
        let mut peak = 0;
        let before = (first.0.wrapping_neg() % RUN as u64).min(samples.len() as u64);
        let (begun, samples) = samples.split_at(before as usize);
        let (out_begun, out) = out.split_at_mut(before as usize);
        if !begun.is_empty() {
            peak = part(begun, first.0, out_begun);
        }
        let (runs, rest) = samples.as_chunks::<RUN>();
        let (out, out_rest) = out.as_chunks_mut::<RUN>();
        let from = first.0.wrapping_add(before);
        if !rest.is_empty() {
            let from = from.wrapping_add((runs.len() * RUN) as u64);
            peak = peak.max(part(rest, from, out_rest));
        }
        peak.max(quantise(runs, number(from), out))
    }

    /// Quantises a row and returns its peak. If it is not `LIMITED`, the result is of use only if that is not
    /// [near full scale](Self::is_near_full_scale).
    fn row<const LIMITED: bool>(self, samples: &[f32], first: Frames, out: &mut [i32]) -> u32 {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = V4::try_new() {
            return simd.vectorize(
                #[inline(always)]
                || {
                    Self::by_runs(
                        samples,
                        first,
                        out,
                        #[inline(always)]
                        |runs, number, out| self.runs_avx512::<LIMITED>(simd, runs, number, out),
                    )
                },
            );
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = V3::try_new() {
            return simd.vectorize(
                #[inline(always)]
                || {
                    Self::by_runs(
                        samples,
                        first,
                        out,
                        #[inline(always)]
                        |runs, number, out| self.runs_avx::<LIMITED>(simd, runs, number, out),
                    )
                },
            );
        }
        Self::by_runs(samples, first, out, |runs, number, out| {
            self.runs(runs, number, out)
        })
    }

    /// Whole runs, whatever their level.
    fn runs(self, runs: &[[f32; RUN]], mut number: u32, out: &mut [[i32; RUN]]) -> u32 {
        let mut peak = 0;
        for (run, out) in runs.iter().zip(out) {
            for n in 0..RUN / 2 {
                let bits = self.hash(number);
                out[n] = self.held(run[n], bits);
                out[n + RUN / 2] = self.held(run[n + RUN / 2], bits >> 16);
                peak = peak.max(out[n].unsigned_abs());
                peak = peak.max(out[n + RUN / 2].unsigned_abs());
                number = number.wrapping_add(1);
            }
        }
        peak
    }

    /// The same, eight samples at a time.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn runs_avx<const LIMITED: bool>(
        self,
        simd: V3,
        runs: &[[f32; RUN]],
        number: u32,
        out: &mut [[i32; RUN]],
    ) -> u32 {
        use std::arch::x86_64::{__m256, __m256i, _CMP_GE_OQ, _CMP_NEQ_UQ};
        const BITS: i32 = PART_BITS as i32;
        let (avx, avx2) = (simd.avx, simd.avx2);
        let words = |value: u32| avx._mm256_set1_epi32(value as i32);
        let scale = avx._mm256_set1_ps(self.scale());
        let [lowest, highest] = self.limits().map(|limit| avx._mm256_set1_ps(limit));
        let steps = self.full_scale as u32;
        let key = words(self.key);
        let mut peak = avx._mm256_setzero_si256();
        let mut numbers: __m256i = pulp::cast(std::array::from_fn::<u32, 8, _>(|n| {
            number.wrapping_add(n as u32)
        }));
        for (run, out) in runs.iter().zip(out) {
            let samples: &[[f32; 8]] = run.as_chunks().0;
            let out: &mut [[i32; 8]] = out.as_chunks_mut().0;
            for at in 0..2 {
                let mut bits = avx2._mm256_xor_si256(numbers, key);
                bits = avx2._mm256_xor_si256(bits, avx2._mm256_srli_epi32::<16>(bits));
                bits = avx2._mm256_mullo_epi32(bits, words(MULTIPLIERS[0]));
                bits = avx2._mm256_xor_si256(bits, avx2._mm256_srli_epi32::<15>(bits));
                bits = avx2._mm256_add_epi32(bits, key);
                bits = avx2._mm256_mullo_epi32(bits, words(MULTIPLIERS[1]));
                bits = avx2._mm256_xor_si256(bits, avx2._mm256_srli_epi32::<16>(bits));
                numbers = avx2._mm256_add_epi32(numbers, words(8));
                bits = avx2._mm256_and_si256(bits, words(NOISE));
                // In each half the first byte less the second, with half a step to round.
                let noise = avx2._mm256_maddubs_epi16(bits, avx._mm256_set1_epi16(-0xff));
                let noise = avx2._mm256_add_epi16(noise, avx._mm256_set1_epi16((PARTS / 2) as i16));
                let lower = avx2._mm256_srai_epi32::<16>(avx2._mm256_slli_epi32::<16>(noise));
                let upper = avx2._mm256_srai_epi32::<16>(noise);
                for (at, noise) in [(at, lower), (at + 2, upper)] {
                    let sample: __m256 = pulp::cast(samples[at]);
                    let scaled = avx._mm256_mul_ps(sample, scale);
                    let is_sound =
                        avx._mm256_cmp_ps::<_CMP_NEQ_UQ>(sample, avx._mm256_setzero_ps());
                    let noise = avx2._mm256_and_si256(noise, avx._mm256_castps_si256(is_sound));
                    let word = if LIMITED {
                        let is_within = avx._mm256_cmp_ps::<_CMP_GE_OQ>(scaled, lowest);
                        let noise =
                            avx2._mm256_and_si256(noise, avx._mm256_castps_si256(is_within));
                        let held = avx._mm256_min_ps(avx._mm256_max_ps(scaled, lowest), highest);
                        let parts = avx._mm256_cvtps_epi32(held);
                        let above = avx2._mm256_and_si256(parts, words(PARTS as u32 - 1));
                        let above =
                            avx2._mm256_srai_epi32::<BITS>(avx2._mm256_add_epi32(above, noise));
                        let word =
                            avx2._mm256_add_epi32(avx2._mm256_srai_epi32::<BITS>(parts), above);
                        avx2._mm256_max_epi32(
                            avx2._mm256_min_epi32(word, words(steps - 1)),
                            words(steps.wrapping_neg()),
                        )
                    } else {
                        let parts = avx._mm256_cvtps_epi32(scaled);
                        avx2._mm256_srai_epi32::<BITS>(avx2._mm256_add_epi32(parts, noise))
                    };
                    peak = avx2._mm256_max_epu32(peak, avx2._mm256_abs_epi32(word));
                    out[at] = pulp::cast(word);
                }
            }
        }
        let peaks: [u32; 8] = pulp::cast(peak);
        peaks.into_iter().fold(0, u32::max)
    }

    /// The same, sixteen samples at a time.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn runs_avx512<const LIMITED: bool>(
        self,
        simd: V4,
        runs: &[[f32; RUN]],
        number: u32,
        out: &mut [[i32; RUN]],
    ) -> u32 {
        use std::arch::x86_64::{__m512, __m512i, _CMP_GE_OQ, _CMP_NEQ_UQ};
        let (avx, bytes) = (simd.avx512f, simd.avx512bw);
        let words = |value: u32| avx._mm512_set1_epi32(value as i32);
        let scale = avx._mm512_set1_ps(self.scale());
        let [lowest, highest] = self.limits().map(|limit| avx._mm512_set1_ps(limit));
        let steps = self.full_scale as u32;
        let key = words(self.key);
        let mut peak = avx._mm512_setzero_si512();
        let mut numbers: __m512i = pulp::cast(std::array::from_fn::<u32, 16, _>(|n| {
            number.wrapping_add(n as u32)
        }));
        for (run, out) in runs.iter().zip(out) {
            let samples: &[[f32; 16]] = run.as_chunks().0;
            let out: &mut [[i32; 16]] = out.as_chunks_mut().0;
            let mut bits = avx._mm512_xor_si512(numbers, key);
            bits = avx._mm512_xor_si512(bits, avx._mm512_srli_epi32::<16>(bits));
            bits = avx._mm512_mullo_epi32(bits, words(MULTIPLIERS[0]));
            bits = avx._mm512_xor_si512(bits, avx._mm512_srli_epi32::<15>(bits));
            bits = avx._mm512_add_epi32(bits, key);
            bits = avx._mm512_mullo_epi32(bits, words(MULTIPLIERS[1]));
            bits = avx._mm512_xor_si512(bits, avx._mm512_srli_epi32::<16>(bits));
            numbers = avx._mm512_add_epi32(numbers, words(16));
            bits = avx._mm512_and_si512(bits, words(NOISE));
            let noise = bytes._mm512_maddubs_epi16(bits, avx._mm512_set1_epi16(-0xff));
            let noise = bytes._mm512_add_epi16(noise, avx._mm512_set1_epi16((PARTS / 2) as i16));
            let lower = avx._mm512_srai_epi32::<16>(avx._mm512_slli_epi32::<16>(noise));
            let upper = avx._mm512_srai_epi32::<16>(noise);
            for (at, noise) in [lower, upper].into_iter().enumerate() {
                let sample: __m512 = pulp::cast(samples[at]);
                let scaled = avx._mm512_mul_ps(sample, scale);
                let is_sound =
                    avx._mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(sample, avx._mm512_setzero_ps());
                let word = if LIMITED {
                    let is_dithered =
                        is_sound & avx._mm512_cmp_ps_mask::<_CMP_GE_OQ>(scaled, lowest);
                    let noise = avx._mm512_maskz_mov_epi32(is_dithered, noise);
                    let held = avx._mm512_min_ps(avx._mm512_max_ps(scaled, lowest), highest);
                    let parts = avx._mm512_cvtps_epi32(held);
                    let above = avx._mm512_and_si512(parts, words(PARTS as u32 - 1));
                    let above =
                        avx._mm512_srai_epi32::<PART_BITS>(avx._mm512_add_epi32(above, noise));
                    let word =
                        avx._mm512_add_epi32(avx._mm512_srai_epi32::<PART_BITS>(parts), above);
                    avx._mm512_max_epi32(
                        avx._mm512_min_epi32(word, words(steps - 1)),
                        words(steps.wrapping_neg()),
                    )
                } else {
                    let parts = avx._mm512_cvtps_epi32(scaled);
                    let dithered = avx._mm512_mask_add_epi32(parts, is_sound, parts, noise);
                    avx._mm512_srai_epi32::<PART_BITS>(dithered)
                };
                peak = avx._mm512_max_epu32(peak, avx._mm512_abs_epi32(word));
                out[at] = pulp::cast(word);
            }
        }
        let peaks: [u32; 16] = pulp::cast(peak);
        peaks.into_iter().fold(0, u32::max)
    }
}

/// Of a 32-bit mixing function by two multiplications (C. Wellons' search, "lowbias32", 2018).
const MULTIPLIERS: [u32; 2] = [0x7feb_352d, 0x846c_a68b];

/// That mixing function.
fn scramble(mut bits: u32) -> u32 {
    bits ^= bits >> 16;
    bits = bits.wrapping_mul(MULTIPLIERS[0]);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(MULTIPLIERS[1]);
    bits ^ (bits >> 16)
}

#[cfg(test)]
mod tests {
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
