//! From floating point to integers: triangular dither, rounding, saturation.
//!
//! The dither has a triangular distribution of ±1 LSB (TPDF: the sum of two independent even
//! distributions of ±1/2 LSB), so that neither the mean nor the power of the error depends on the signal
//! (Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither: A Theoretical Survey", J. Audio Eng.
//! Soc. 40 (5), 1992). The total error is 1/2 LSB rms: dither 1/sqrt(6), rounding 1/sqrt(12).
//!
//! The noise is a hash of channel and absolute frame and has no state: the written samples do not depend
//! on block lengths or threads. It repeats after 2^32 frames, a day at 48 kHz. A sample of exactly 0 gets
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

impl Quantised {
    /// What this run and another have shown.
    fn with(self, other: Self) -> Self {
        Self {
            peak: self.peak.max(other.peak),
            over: self.over.max(other.over),
            clipped: self.clipped + other.clipped,
            finite: self.finite && other.finite,
        }
    }
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
    let full_scale = word.full_scale();
    let key = scramble((channel as u32).wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995);
    let first = first.0 as u32;
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = V4::try_new() {
        return simd.vectorize(
            #[inline(always)]
            || {
                let facts = quantise_avx512::<false>(simd, samples, full_scale, key, first, out);
                match is_near_full_scale(facts.peak, full_scale) {
                    false => facts,
                    true => quantise_avx512::<true>(simd, samples, full_scale, key, first, out),
                }
            },
        );
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = V3::try_new() {
        return simd.vectorize(
            #[inline(always)]
            || {
                let facts = quantise_avx::<false>(simd, samples, full_scale, key, first, out);
                match is_near_full_scale(facts.peak, full_scale) {
                    false => facts,
                    true => quantise_avx::<true>(simd, samples, full_scale, key, first, out),
                }
            },
        );
    }
    quantise_run(samples, full_scale, key, first, out)
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

/// Whether a run with this `peak` may have clipped, if samples beyond full scale had not been held there: dither takes less
/// than two steps from a sample. What is no number, or fits no integer, has become the largest of them.
fn is_near_full_scale(peak: u32, full_scale: f32) -> bool {
    peak > full_scale as u32 - 3
}

#[inline(always)]
fn quantise_run(
    samples: &[f32],
    full_scale: f32,
    key: u32,
    first: u32,
    out: &mut [i32],
) -> Quantised {
    let (lowest, highest) = (-full_scale, full_scale - 1.0);
    let mut peak = 0.0f32;
    let mut largest = 0;
    let mut frame = first;
    for (&sample, out) in samples.iter().zip(out) {
        // Every step up to the sum is exact in f32: the scale is a power of two, and the distance to the
        // integer below has no more digits than the sample. So the noise keeps its resolution at full
        // level, where f32 alone resolves half a step of 24 bits.
        let scaled = sample * full_scale;
        let below = scaled.floor();
        let above = scaled - below;
        let dither = if sample == 0.0 { 0.0 } else { tpdf(key, frame) };
        let rounded = below + (above + dither + 0.5).floor();
        let held = rounded.max(lowest).min(highest);
        *out = held as i32;
        peak = peak.max(held.abs());
        largest = largest.max(sample.abs().to_bits());
        frame = frame.wrapping_add(1);
    }
    judged(samples, peak as u32, largest)
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

/// The same, eight samples at a time, bit for bit; only if they are `HELD` at the limits if nothing is
/// [near](is_near_full_scale) them. Written out because the compiler leaves the plain loop scalar: 12 channels of 24 bits
/// were then written at 230 times real time.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn quantise_avx<const HELD: bool>(
    simd: V3,
    samples: &[f32],
    full_scale: f32,
    key: u32,
    first: u32,
    out: &mut [i32],
) -> Quantised {
    use std::arch::x86_64::{__m256, __m256i, _CMP_NEQ_UQ};
    let (avx, avx2, fma) = (simd.avx, simd.avx2, simd.fma);
    let floats = |value: f32| avx._mm256_set1_ps(value);
    let words = |value: u32| avx._mm256_set1_epi32(value as i32);

    let without_sign = words(0x7fff_ffff);
    let mut frames: __m256i = pulp::cast(std::array::from_fn::<u32, 8, _>(|n| {
        first.wrapping_add(n as u32)
    }));
    let mut peak = avx._mm256_setzero_si256();
    let mut largest = avx._mm256_setzero_si256();
    let (eights, rest) = samples.as_chunks::<8>();
    let (out, out_rest) = out.as_chunks_mut::<8>();
    for (&eight, out) in eights.iter().zip(out) {
        let sample: __m256 = pulp::cast(eight);

        let mut bits = avx2._mm256_xor_si256(frames, words(key));
        bits = avx2._mm256_xor_si256(bits, avx2._mm256_srli_epi32::<16>(bits));
        bits = avx2._mm256_mullo_epi32(bits, words(0x7feb_352d));
        bits = avx2._mm256_xor_si256(bits, avx2._mm256_srli_epi32::<15>(bits));
        bits = avx2._mm256_add_epi32(bits, words(key));
        bits = avx2._mm256_mullo_epi32(bits, words(0x846c_a68b));
        bits = avx2._mm256_xor_si256(bits, avx2._mm256_srli_epi32::<16>(bits));
        let difference = avx2._mm256_sub_epi32(
            avx2._mm256_and_si256(bits, words(0xffff)),
            avx2._mm256_srli_epi32::<16>(bits),
        );
        let is_sound = avx._mm256_cmp_ps::<_CMP_NEQ_UQ>(sample, floats(0.0));
        let noise = avx._mm256_and_ps(avx._mm256_cvtepi32_ps(difference), is_sound);

        let scaled = avx._mm256_mul_ps(sample, floats(full_scale));
        let below = avx._mm256_floor_ps(scaled);
        let above = avx._mm256_sub_ps(scaled, below);
        // The product is exact, so that fusing it changes no bit.
        let dithered = fma._mm256_fmadd_ps(noise, floats(1.0 / 65_536.0), above);
        let sum = avx._mm256_add_ps(dithered, floats(0.5));
        let rounded = avx._mm256_add_ps(below, avx._mm256_floor_ps(sum));
        let held = match HELD {
            true => avx._mm256_min_ps(
                avx._mm256_max_ps(rounded, floats(-full_scale)),
                floats(full_scale - 1.0),
            ),
            false => rounded,
        };
        let word = avx._mm256_cvttps_epi32(held);
        *out = pulp::cast(word);

        peak = avx2._mm256_max_epu32(peak, avx2._mm256_abs_epi32(word));
        if HELD {
            let magnitude = avx2._mm256_and_si256(avx._mm256_castps_si256(sample), without_sign);
            largest = avx2._mm256_max_epi32(largest, magnitude);
        }
        frames = avx2._mm256_add_epi32(frames, words(8));
    }

    let peaks: [u32; 8] = pulp::cast(peak);
    let largest: [u32; 8] = pulp::cast(largest);
    let (done, rest) = samples.split_at(samples.len() - rest.len());
    let whole = judged(
        done,
        peaks.into_iter().fold(0, u32::max),
        largest.into_iter().fold(0, u32::max),
    );
    let next = first.wrapping_add(done.len() as u32);
    whole.with(quantise_run(rest, full_scale, key, next, out_rest))
}

/// The same, sixteen samples at a time.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn quantise_avx512<const HELD: bool>(
    simd: V4,
    samples: &[f32],
    full_scale: f32,
    key: u32,
    first: u32,
    out: &mut [i32],
) -> Quantised {
    use std::arch::x86_64::{
        __m512, __m512i, _CMP_NEQ_UQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEG_INF,
    };
    const FLOOR: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
    let avx = simd.avx512f;
    let floats = |value: f32| avx._mm512_set1_ps(value);
    let words = |value: u32| avx._mm512_set1_epi32(value as i32);

    let without_sign = words(0x7fff_ffff);
    let mut frames: __m512i = pulp::cast(std::array::from_fn::<u32, 16, _>(|n| {
        first.wrapping_add(n as u32)
    }));
    let mut peak = avx._mm512_setzero_si512();
    let mut largest = avx._mm512_setzero_si512();
    let (sixteens, rest) = samples.as_chunks::<16>();
    let (out, out_rest) = out.as_chunks_mut::<16>();
    for (&sixteen, out) in sixteens.iter().zip(out) {
        let sample: __m512 = pulp::cast(sixteen);

        let mut bits = avx._mm512_xor_si512(frames, words(key));
        bits = avx._mm512_xor_si512(bits, avx._mm512_srli_epi32::<16>(bits));
        bits = avx._mm512_mullo_epi32(bits, words(0x7feb_352d));
        bits = avx._mm512_xor_si512(bits, avx._mm512_srli_epi32::<15>(bits));
        bits = avx._mm512_add_epi32(bits, words(key));
        bits = avx._mm512_mullo_epi32(bits, words(0x846c_a68b));
        bits = avx._mm512_xor_si512(bits, avx._mm512_srli_epi32::<16>(bits));
        let difference = avx._mm512_sub_epi32(
            avx._mm512_and_si512(bits, words(0xffff)),
            avx._mm512_srli_epi32::<16>(bits),
        );
        let is_sound = avx._mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(sample, floats(0.0));
        let noise = avx._mm512_maskz_cvtepi32_ps(is_sound, difference);

        let scaled = avx._mm512_mul_ps(sample, floats(full_scale));
        let below = avx._mm512_roundscale_ps::<FLOOR>(scaled);
        let above = avx._mm512_sub_ps(scaled, below);
        let dithered = avx._mm512_fmadd_ps(noise, floats(1.0 / 65_536.0), above);
        let sum = avx._mm512_add_ps(dithered, floats(0.5));
        let rounded = avx._mm512_add_ps(below, avx._mm512_roundscale_ps::<FLOOR>(sum));
        let held = match HELD {
            true => avx._mm512_min_ps(
                avx._mm512_max_ps(rounded, floats(-full_scale)),
                floats(full_scale - 1.0),
            ),
            false => rounded,
        };
        let word = avx._mm512_cvttps_epi32(held);
        *out = pulp::cast(word);

        peak = avx._mm512_max_epu32(peak, avx._mm512_abs_epi32(word));
        if HELD {
            let magnitude = avx._mm512_and_si512(avx._mm512_castps_si512(sample), without_sign);
            largest = avx._mm512_max_epi32(largest, magnitude);
        }
        frames = avx._mm512_add_epi32(frames, words(16));
    }

    let peaks: [u32; 16] = pulp::cast(peak);
    let largest: [u32; 16] = pulp::cast(largest);
    let (done, rest) = samples.split_at(samples.len() - rest.len());
    let whole = judged(
        done,
        peaks.into_iter().fold(0, u32::max),
        largest.into_iter().fold(0, u32::max),
    );
    let next = first.wrapping_add(done.len() as u32);
    whole.with(quantise_run(rest, full_scale, key, next, out_rest))
}

/// One value of the noise, above -1 and below 1 step: the difference of the two halves of a hash.
#[inline(always)]
fn tpdf(key: u32, frame: u32) -> f32 {
    // The key enters twice: before the first multiplication, so that all bits of two channels differ, and
    // before the second, so that no channel has the values of another in another order.
    let mut bits = frame ^ key;
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x7feb_352d);
    bits = (bits ^ (bits >> 15)).wrapping_add(key);
    bits = bits.wrapping_mul(0x846c_a68b);
    bits ^= bits >> 16;
    let difference = (bits & 0xffff) as i32 - (bits >> 16) as i32;
    difference as f32 * (1.0 / 65_536.0)
}

/// A 32-bit mixing function (two multiplications; constants from C. Wellons' search "lowbias32", 2018).
fn scramble(mut bits: u32) -> u32 {
    bits ^= bits >> 16;
    bits = bits.wrapping_mul(0x7feb_352d);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x846c_a68b);
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
    fn the_noise_is_white_and_independent_between_channels() {
        let samples = vec![0.25f32; 65_536];
        let noise: Vec<Vec<f64>> = (0..24)
            .map(|c| errors(&samples, WordLength::Bits24, c))
            .collect();
        let correlation = |a: &[f64], b: &[f64]| {
            let power: f64 = a.iter().map(|x| x * x).sum();
            a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>() / power
        };
        for lag in [1, 2, 3, 8, 64, 1024] {
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
        let samples: Vec<f32> = (0..10_007)
            .map(|n| 1.3 * (n as f32 * 0.37).sin() * (n as f32 * 0.001).cos())
            .collect();
        let (vector, facts) = run(&samples, WordLength::Bits24, 9, 123_456);
        let mut plain = vec![0; samples.len()];
        let key = scramble(9u32.wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995);
        let plain_facts = quantise_run(&samples, 8_388_608.0, key, 123_456, &mut plain);
        assert!(vector == plain);
        assert_eq!(facts, plain_facts);
    }

    #[test]
    fn runs_near_full_scale_are_those_of_the_plain_code() {
        let full_scale = WordLength::Bits24.full_scale();
        let key = scramble(2u32.wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995);
        let near = (-8..=8).flat_map(|steps| [1.0, -1.0].map(|s| s + steps as f32 / full_scale));
        let beyond = [1.0e3, -1.0e3, 300.0, 1.0e30, f32::INFINITY, f32::NAN];
        for sample in near.chain(beyond) {
            for place in [0, 7, 8, 31, 40, 42] {
                let mut samples = [0.25; 43];
                samples[place] = sample;
                let (vector, facts) = run(&samples, WordLength::Bits24, 2, 99);
                let mut plain = vec![0; samples.len()];
                let expected = quantise_run(&samples, full_scale, key, 99, &mut plain);
                assert_eq!(facts, expected, "{sample} at {place}");
                assert!(!facts.finite || vector == plain, "{sample} at {place}");
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
