//! The peak between samples, seen from both sides: what a true-peak limiter reacts to.
//!
//! A band-limited signal is interpolated to sixteen values per sample by a windowed sinc (Kaiser, β 10,
//! 64 taps a phase). BS.1770's fourfold filter is a meter's minimum and misses up to 0.7 dB.

use std::f64::consts::PI;

/// Interpolated values per sample.
const PHASES: usize = 16;

/// Taps of each phase.
const TAPS: usize = 64;

/// Shape of the window.
const KAISER_BETA: f64 = 10.0;

/// Between two values of an interpolation to twice the rate a band-limited signal rises by no more than
/// this factor (1 / cos(π/4); a sine at half the sample rate, caught on both flanks).
const BETWEEN_HALVES: f32 = std::f32::consts::SQRT_2;

/// Detects one channel's peaks; frames come out [`LATENCY_FRAMES`](Self::LATENCY_FRAMES) late.
#[derive(Debug, Clone)]
pub struct OversampledPeak {
    /// Tap k of phase p weighs the sample k frames after the oldest of the window.
    phases: Box<[[f32; TAPS]; PHASES]>,
    /// The window twice, so that it can be read in one run.
    ring: [f32; 2 * TAPS],
    next: usize,
    /// Peak between the frame before and the present one.
    before: f32,
    /// Most that any phase can make of samples of 1.
    worst_gain: f32,
    /// Sample peak of the last frames, by halves of the window.
    loudest: [f32; 2],
    seen: usize,
}

impl Default for OversampledPeak {
    fn default() -> Self {
        Self::new()
    }
}

impl OversampledPeak {
    /// Frame n is told when frame n + latency comes in.
    pub const LATENCY_FRAMES: usize = TAPS / 2;

    /// A detector that has heard silence.
    pub fn new() -> Self {
        let mut phases = Box::new([[0.0; TAPS]; PHASES]);
        let mut worst_gain = 0.0_f32;
        for (p, phase) in phases.iter_mut().enumerate() {
            // The value a share p / 16 of a frame after the sample in the middle.
            let share = p as f64 / PHASES as f64;
            for (k, tap) in phase.iter_mut().enumerate() {
                let distance = k as f64 - (TAPS / 2 - 1) as f64 - share;
                *tap = (sinc(distance) * kaiser(distance / (TAPS / 2) as f64)) as f32;
            }
            worst_gain = worst_gain.max(phase.iter().map(|tap| tap.abs()).sum());
        }
        Self {
            phases,
            ring: [0.0; 2 * TAPS],
            next: 0,
            before: 0.0,
            worst_gain,
            loudest: [0.0; 2],
            seen: 0,
        }
    }

    /// Takes the next sample and gives the highest magnitude around the frame
    /// [`LATENCY_FRAMES`](Self::LATENCY_FRAMES) before: from the sample before it to the one after. What is
    /// surely below `threshold` may be told as any value below it.
    ///
    /// # Panics
    /// Never: the ring holds two windows.
    pub fn push(&mut self, sample: f32, threshold: f32) -> f32 {
        self.ring[self.next] = sample;
        self.ring[self.next + TAPS] = sample;
        self.next = (self.next + 1) % TAPS;
        let magnitude = sample.abs();
        self.loudest[1] = self.loudest[1].max(magnitude);
        self.seen += 1;
        if self.seen == TAPS {
            self.loudest = [self.loudest[1], 0.0];
            self.seen = 0;
        }
        let window = &self.ring[self.next..self.next + TAPS];
        let window: &[f32; TAPS] = window.try_into().expect("the ring holds two windows");
        let after = self.after(window, threshold);
        let around = self.before.max(after);
        self.before = after;
        around
    }

    /// The peak from the sample in the middle of the window to the next.
    fn after(&self, window: &[f32; TAPS], threshold: f32) -> f32 {
        let middle = TAPS / 2 - 1;
        let samples = window[middle].abs().max(window[middle + 1].abs());
        let loudest = self.loudest[0].max(self.loudest[1]);
        if loudest * self.worst_gain < threshold {
            return samples;
        }
        let halves = samples.max(self.value(window, PHASES / 2).abs());
        if halves * BETWEEN_HALVES < threshold {
            return halves;
        }
        (1..PHASES)
            .map(|phase| self.value(window, phase).abs())
            .fold(halves, f32::max)
    }

    #[inline]
    fn value(&self, window: &[f32; TAPS], phase: usize) -> f32 {
        const LANES: usize = 16;
        let mut sums = [0.0_f32; LANES];
        let taps = self.phases[phase].chunks_exact(LANES);
        for (x, taps) in window.chunks_exact(LANES).zip(taps) {
            for i in 0..LANES {
                sums[i] += x[i] * taps[i];
            }
        }
        sums.iter().sum()
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// The Kaiser window at -1..1 from its middle.
fn kaiser(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        return 0.0;
    }
    bessel_i0(KAISER_BETA * (1.0 - x * x).sqrt()) / bessel_i0(KAISER_BETA)
}

/// The modified Bessel function of order 0, by its series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..60 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_between_the_samples_is_seen_at_its_height() {
        for (share, phase) in [(0.25, 0.125), (0.4, 0.3), (0.05, 0.7), (0.46, 0.01)] {
            let mut detector = OversampledPeak::new();
            let mut highest = 0.0_f32;
            for n in 0..2000 {
                let x = (2.0 * PI * (share * f64::from(n) + phase)).sin() as f32;
                let peak = detector.push(x, 0.5);
                if n > 400 {
                    highest = highest.max(peak);
                }
            }
            let db = 20.0 * highest.log10();
            assert!(db.abs() < 0.03, "{share} of the rate: {db} dB");
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
        let (mut lazy, mut thorough) = (OversampledPeak::new(), OversampledPeak::new());
        for n in 0..20_000 {
            let level = if n / 700 % 2 == 0 { 0.9 } else { 0.05 };
            let x = level * noise();
            let (some, all) = (lazy.push(x, 0.8), thorough.push(x, 0.0));
            assert!(
                some.to_bits() == all.to_bits() || (some < 0.8 && all < 0.8),
                "{n}: {some} {all}"
            );
        }
    }
}
