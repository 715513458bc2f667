//! Steps with noise of triangular distribution, run by run.
//!
//! Samples are first rounded to 1/256 of a step, which is 32 bits for words of 24, and the noise is a whole number of such
//! parts: the mean of the error is then 0 and its power 1/4 for every place between two steps.
//!
//! One hash gives the noise of two frames; the noise repeats after 2^33 frames, two days at 48 kHz.

#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

use super::WordLength;
use crate::units::Frames;

/// Parts of a step to which samples are rounded before noise is added.
pub(super) const PARTS: i32 = 1 << PART_BITS;
const PART_BITS: u32 = 8;

/// The bits of a hash that are noise: in each half two bytes, of which one is taken from the other. The lowest bit of the
/// first is left out, so that it is smaller by half a part in the mean: exactly as much as rounding ties upwards adds.
const NOISE: u32 = 0xfffe_fffe;

/// Frames whose noise comes from one row of hashes, each hash for two frames half a run apart. Runs begin at multiples of
/// their length.
pub(crate) const RUN: usize = 32;

/// The noise of one channel and the steps it is added to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dither {
    pub(super) full_scale: f32,
    /// Selects the channel's noise.
    key: u32,
}

impl Dither {
    pub(super) fn new(word: WordLength, channel: usize) -> Self {
        Self {
            full_scale: word.full_scale(),
            key: hash((channel as u32).wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995, 0),
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
    pub(super) fn is_near_full_scale(self, peak: u32) -> bool {
        peak > self.full_scale as u32 - 3
    }

    /// Quantises one sample with the noise that the lower 16 bits of `half` are, and holds it at the limits.
    #[inline(always)]
    pub(super) fn held(self, sample: f32, half: u32) -> i32 {
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
    pub(super) fn by_runs(
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
    pub(super) fn row<const LIMITED: bool>(
        self,
        samples: &[f32],
        first: Frames,
        out: &mut [i32],
    ) -> u32 {
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
    pub(super) fn runs(self, runs: &[[f32; RUN]], mut number: u32, out: &mut [[i32; RUN]]) -> u32 {
        let mut peak = 0;
        for (run, out) in runs.iter().zip(out) {
            for n in 0..RUN / 2 {
                let bits = hash(number, self.key);
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

    /// The same, sixteen samples at a time. Written twice because no common vector type has the product of bytes that makes
    /// the noise, and masks are of another kind here.
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

/// That mixing function with a key. Each number gives the noise of two frames, that of one in the lower half and that of
/// the other in the upper half.
#[inline(always)]
fn hash(number: u32, key: u32) -> u32 {
    // The key enters twice: before the first multiplication, so that all bits of two channels differ, and
    // before the second, so that no channel has the values of another in another order.
    let mut bits = number ^ key;
    bits = (bits ^ (bits >> 16)).wrapping_mul(MULTIPLIERS[0]);
    bits = (bits ^ (bits >> 15)).wrapping_add(key);
    bits = bits.wrapping_mul(MULTIPLIERS[1]);
    bits ^ (bits >> 16)
}
