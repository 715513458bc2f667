//! The peak between samples, seen from both sides: what a true-peak limiter reacts to.
//!
//! A band-limited signal is interpolated to sixteen values per sample by a windowed sinc (Kaiser, β 10,
//! 96 taps a phase). BS.1770's fourfold filter is a meter's minimum and misses up to 0.7 dB.
//!
//! Phases p and 16 - p have the same taps the other way round, so both come from one sum over what is alike in the
//! two halves of the window and one over what differs; frames are worked on side by side.

use std::f64::consts::PI;
use std::sync::LazyLock;

use pulp::Simd;

use super::kaiser;

/// Interpolated values per sample.
const PHASES: usize = 16;

/// Taps of each phase.
const TAPS: usize = 96;

/// Shape of the window.
const KAISER_BETA: f64 = 10.0;

/// Frames at a time, at most.
pub(crate) const RUN: usize = 64;

/// Floats behind a run that whole vectors may read and write.
const PADDING: usize = 16;

/// Between two values of an interpolation to twice the rate a band-limited signal rises by no more than
/// this factor (1 / cos(π/4); a sine at half the sample rate, caught on both flanks).
const BETWEEN_HALVES: f32 = std::f32::consts::SQRT_2;

/// What is louder is held there: sums of it are still numbers.
const LOUDEST: f32 = 1e30;

/// Detects one channel's peaks; frames come out [`LATENCY_FRAMES`](Self::LATENCY_FRAMES) late.
#[derive(Debug, Clone)]
pub(crate) struct OversampledPeak {
    /// The window before the run, and the run.
    samples: Vec<f32>,
    /// Peak from each sample to the next.
    after: Vec<f32>,
    /// The last of the run before.
    before: f32,
}

/// Weights of the sample k frames after the oldest of the window, in the sum of both halves and in their
/// difference.
struct Weights {
    /// Half way between two samples: of the sum alone.
    halves: [f32; TAPS / 2],
    /// Phases 1 to 7.
    sums: [[f32; PHASES / 2 - 1]; TAPS / 2],
    differences: [[f32; PHASES / 2 - 1]; TAPS / 2],
    /// Most that any phase can make of samples of 1.
    worst_gain: f32,
}

static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    // The value a share p / 16 of a frame after the sample in the middle.
    let tap = |p: usize, k: usize| {
        let distance = k as f64 - (TAPS / 2 - 1) as f64 - p as f64 / PHASES as f64;
        sinc(distance) * kaiser::window(distance / (TAPS / 2) as f64, KAISER_BETA)
    };
    let mirrored = |p: usize, k: usize| tap(p, TAPS - 1 - k);
    let half = |sum: f64| (0.5 * sum) as f32;
    let gain = |p: usize| (0..TAPS).map(|k| tap(p, k).abs()).sum::<f64>();
    Weights {
        halves: std::array::from_fn(|k| tap(PHASES / 2, k) as f32),
        sums: std::array::from_fn(|k| {
            std::array::from_fn(|p| half(tap(p + 1, k) + mirrored(p + 1, k)))
        }),
        differences: std::array::from_fn(|k| {
            std::array::from_fn(|p| half(tap(p + 1, k) - mirrored(p + 1, k)))
        }),
        worst_gain: (1..PHASES).map(gain).fold(1.0, f64::max) as f32,
    }
});

impl OversampledPeak {
    /// Frame n is told when frame n + latency comes in.
    pub(crate) const LATENCY_FRAMES: usize = TAPS / 2;

    /// A detector that has heard silence.
    pub(crate) fn new() -> Self {
        LazyLock::force(&WEIGHTS);
        Self {
            samples: vec![0.0; TAPS - 1 + RUN + PADDING],
            after: vec![0.0; RUN + PADDING],
            before: 0.0,
        }
    }

    /// Takes the next samples, at most [`RUN`], and raises each of `peaks` to the highest magnitude around the frame
    /// [`LATENCY_FRAMES`](Self::LATENCY_FRAMES) before: from the sample before it to the one after. What is
    /// surely below `threshold` may be told as any value below it.
    #[inline(always)]
    pub(crate) fn raise<S: Simd>(
        &mut self,
        simd: S,
        samples: &[f32],
        threshold: f32,
        peaks: &mut [f32],
    ) {
        let frames = samples.len();
        let run = &mut self.samples[TAPS - 1..][..frames];
        for (held, sample) in run.iter_mut().zip(samples) {
            *held = sample.clamp(-LOUDEST, LOUDEST);
        }
        let heard = &self.samples[..TAPS - 1 + frames];
        let loudest = heard.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
        if loudest * WEIGHTS.worst_gain < threshold {
            self.after_samples(frames);
        } else {
            for first in (0..frames).step_by(S::F32_LANES) {
                let after = vector(simd, &self.samples[first..], threshold);
                let to = &mut self.after[first..first + S::F32_LANES];
                S::as_mut_simd_f32s(to).0[0] = after;
            }
        }
        for (peak, after) in peaks.iter_mut().zip(&self.after[..frames]) {
            *peak = peak.max(self.before).max(*after);
            self.before = *after;
        }
        self.samples.copy_within(frames..frames + TAPS - 1, 0);
    }

    /// From each sample in the middle of its window to the next: the louder of the two.
    #[inline(always)]
    fn after_samples(&mut self, frames: usize) {
        let (from, to) = self.samples[TAPS / 2 - 1..].split_at(1);
        let mut sample = from[0].abs();
        for (after, next) in self.after[..frames].iter_mut().zip(to) {
            let next = next.abs();
            *after = sample.max(next);
            sample = next;
        }
    }

    /// Forgets everything heard so far.
    pub(crate) fn reset(&mut self) {
        self.samples.fill(0.0);
        self.after.fill(0.0);
        self.before = 0.0;
    }
}

/// The peaks from the samples in the middle of the windows that begin at the first samples of `x`, to the next
/// samples.
#[inline(always)]
fn vector<S: Simd>(simd: S, x: &[f32], threshold: f32) -> S::f32s {
    let weights = &*WEIGHTS;
    let at = |k: usize| S::as_simd_f32s(&x[k..k + S::F32_LANES]).0[0];
    let pair = |k: usize| (at(k), at(TAPS - 1 - k));
    let zero = simd.splat_f32s(0.0);
    let mut half = zero;
    for (k, tap) in weights.halves.iter().enumerate() {
        let (left, right) = pair(k);
        half = simd.mul_add_f32s(simd.splat_f32s(*tap), simd.add_f32s(left, right), half);
    }
    let (left, right) = pair(TAPS / 2 - 1);
    let mut highest = simd.max_f32s(simd.abs_f32s(left), simd.abs_f32s(right));
    highest = simd.max_f32s(highest, simd.abs_f32s(half));
    if simd.reduce_max_f32s(highest) * BETWEEN_HALVES < threshold {
        return highest;
    }
    let mut sums = [zero; PHASES / 2 - 1];
    let mut differences = sums;
    let taps = weights.sums.iter().zip(&weights.differences);
    for (k, (of_sum, of_difference)) in taps.enumerate() {
        let (left, right) = pair(k);
        let (sum, difference) = (simd.add_f32s(left, right), simd.sub_f32s(left, right));
        for p in 0..PHASES / 2 - 1 {
            sums[p] = simd.mul_add_f32s(simd.splat_f32s(of_sum[p]), sum, sums[p]);
            differences[p] = simd.mul_add_f32s(
                simd.splat_f32s(of_difference[p]),
                difference,
                differences[p],
            );
        }
    }
    for p in 0..PHASES / 2 - 1 {
        // The louder of the sum and the difference of two numbers is the sum of their magnitudes.
        let both = simd.add_f32s(simd.abs_f32s(sums[p]), simd.abs_f32s(differences[p]));
        highest = simd.max_f32s(highest, both);
    }
    highest
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Raise<'a>(&'a mut OversampledPeak, &'a [f32], f32, &'a mut [f32]);

    impl pulp::WithSimd for Raise<'_> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            self.0.raise(simd, self.1, self.2, self.3);
        }
    }

    /// The peaks of all frames, in runs of the given length.
    fn peaks(samples: &[f32], threshold: f32, run: usize) -> Vec<f32> {
        let mut detector = OversampledPeak::new();
        let mut peaks = vec![0.0; samples.len()];
        for (samples, peaks) in samples.chunks(run).zip(peaks.chunks_mut(run)) {
            pulp::Arch::new().dispatch(Raise(&mut detector, samples, threshold, peaks));
        }
        peaks
    }

    #[test]
    fn a_sine_between_the_samples_is_seen_at_its_height() {
        for (share, phase) in [(0.25, 0.125), (0.4, 0.3), (0.05, 0.7), (0.46, 0.01)] {
            let tone: Vec<f32> = (0..2000)
                .map(|n| (2.0 * PI * (share * f64::from(n) + phase)).sin() as f32)
                .collect();
            let peaks = peaks(&tone, 0.5, RUN);
            let highest = peaks[400..].iter().copied().fold(0.0, f32::max);
            let db = 20.0 * highest.log10();
            assert!(db.abs() < 0.03, "{share} of the rate: {db} dB");
        }
    }

    #[test]
    fn every_frame_is_told_of_the_values_around_it() {
        // The obvious way: each phase by itself, in double precision.
        let samples: Vec<f32> = (0..300)
            .map(|n| ((n * n) as f32 * 0.37).sin() * 0.9)
            .collect();
        let value = |sample: usize, phase: usize| -> f64 {
            (0..TAPS)
                .map(|k| {
                    let distance = k as f64 - (TAPS / 2 - 1) as f64 - phase as f64 / PHASES as f64;
                    let window = kaiser::window(distance / (TAPS / 2) as f64, KAISER_BETA);
                    let x = (sample + k).checked_sub(TAPS / 2 - 1);
                    let x = x
                        .and_then(|n| samples.get(n))
                        .map_or(0.0, |x| f64::from(*x));
                    x * sinc(distance) * window
                })
                .sum()
        };
        let after = |sample: usize| {
            (0..=PHASES)
                .map(|phase| value(sample, phase).abs())
                .fold(0.0, f64::max)
        };
        let found = peaks(&samples, 0.0, RUN);
        for frame in 1..samples.len() - OversampledPeak::LATENCY_FRAMES {
            let expected = after(frame - 1).max(after(frame));
            let told = f64::from(found[frame + OversampledPeak::LATENCY_FRAMES]);
            assert!(
                (told - expected).abs() < 1e-5,
                "{frame}: {told}, {expected}"
            );
        }
    }

    #[test]
    fn what_is_passed_over_stays_below_the_threshold() {
        // Loud and soft noise in turn; the threshold lies between.
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let samples: Vec<f32> = (0..20_000)
            .map(|n| if n / 700 % 2 == 0 { 0.9 } else { 0.05 } * noise())
            .collect();
        let all = peaks(&samples, 0.0, RUN);
        for run in [1, 7, 33, RUN] {
            let some = peaks(&samples, 0.8, run);
            for (n, (some, all)) in some.iter().zip(&all).enumerate() {
                assert!(
                    some.to_bits() == all.to_bits() || (*some < 0.8 && *all < 0.8),
                    "{n}: {some} {all}"
                );
            }
        }
    }
}
