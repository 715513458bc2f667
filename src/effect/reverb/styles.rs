//! The kinds of rooms: how long everything in them is.
//!
//! The numbers were drawn at random some hundred times; these are the ones with which, for all styles, several decays
//! and rates, the outputs have least in common and echoes grow dense soonest.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RUN, SEGMENTS};
use crate::units::SampleRate;

/// A kind of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReverbStyle {
    /// A large hall: reflections from far away that grow dense slowly.
    #[default]
    Hall,
    /// A steel plate: dense at once.
    Plate,
    /// A small room.
    Room,
}

impl ReverbStyle {
    /// The decay people expect of it, in seconds.
    pub fn usual_rt60_s(self) -> f64 {
        match self {
            Self::Hall => 2.2,
            Self::Plate => 1.4,
            Self::Room => 0.5,
        }
    }

    /// The pre-delay people expect of it, in seconds.
    pub fn usual_pre_delay_s(self) -> f64 {
        match self {
            Self::Hall => 0.02,
            Self::Plate => 0.0,
            Self::Room => 0.005,
        }
    }

    /// Longest way round the ring, in seconds.
    fn longest_ring_s(self) -> f64 {
        match self {
            Self::Hall => 0.85,
            Self::Plate => 0.4,
            Self::Room => 0.3,
        }
    }

    /// Lengths for a decay of 60 dB in `rt60_s`.
    pub(super) fn plan(self, rt60_s: f64, rate: SampleRate) -> Plan {
        let ring_s = (RING_SHARE * rt60_s).min(self.longest_ring_s());
        // From segment to segment as on a logarithmic scale.
        let weights: [f64; SEGMENTS] =
            std::array::from_fn(|n| f64::powf(SPREAD, n as f64 / (SEGMENTS - 1) as f64));
        let sum: f64 = weights.iter().sum();
        let lengths = |share: f64| {
            let mut taken = 0;
            weights.map(|weight| {
                let wanted = frames(share * ring_s * weight / sum, rate);
                taken = next_prime(wanted.max(taken + 1));
                taken
            })
        };
        Plan {
            style: self,
            rate,
            size: (ring_s / self.longest_ring_s()).max(0.4),
            lines: lengths(1.0 - ALL_PASS_SHARE),
            all_passes: lengths(ALL_PASS_SHARE),
        }
    }

    /// Delays of the diffusion in front, in ms.
    fn diffusion_ms(self) -> [f64; 5] {
        match self {
            Self::Hall => [2.3, 4.1, 7.9, 13.1, 17.9],
            Self::Plate => [1.4, 1.9, 3.1, 5.3, 7.7],
            Self::Room => [1.4, 2.1, 2.9, 4.7, 6.1],
        }
    }
}

/// Outputs hear so many segments.
pub(super) const TAPS: usize = 3;

/// The way round the ring, as a share of the decay's time: shorter, and the decay is straighter; longer, and
/// resonances stand closer.
const RING_SHARE: f64 = 0.2;

/// The longest segment over the shortest.
const SPREAD: f64 = 3.0;

/// Share of a segment's length that is its all-pass filter's.
const ALL_PASS_SHARE: f64 = 0.293;

/// Feedback of the filters in the segments, in front, and behind the outputs.
const SEGMENT_GAIN: f64 = 0.602;
const DIFFUSION_GAIN: f64 = 0.631;
const OUTPUT_GAIN: f64 = 0.65;

/// What comes in: one of two sides, or one sound alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
    Middle,
}

/// By how much the right side's diffusion is longer; that of the middle by twice as much.
const LONGER: f64 = 0.082;

/// Segments that outputs hear, counted from their own number.
const OFFSETS: [usize; TAPS] = [0, 13, 2];

/// Filters behind the outputs: shortest delays in ms, and by which steps the outputs go through the longer ones.
const OUTPUT_DIFFUSION: [(f64, usize); 4] = [(1.45, 13), (2.06, 3), (3.29, 11), (5.09, 1)];
const OUTPUT_SPREAD: f64 = 1.05;

/// Lengths in frames, all of them primes, so that no two have an echo in common.
#[derive(Debug)]
pub(super) struct Plan {
    style: ReverbStyle,
    rate: SampleRate,
    /// How much smaller than usual it is.
    size: f64,
    lines: [usize; SEGMENTS],
    all_passes: [usize; SEGMENTS],
}

impl Plan {
    /// Line and all-pass filter of a segment in frames, and the filter's gain.
    pub(super) fn segment(&self, n: usize) -> (usize, usize, f64) {
        let gain = if n.is_multiple_of(2) {
            -SEGMENT_GAIN
        } else {
            SEGMENT_GAIN
        };
        // Long and short ones in turn.
        (
            self.lines[(3 * n + 5) % SEGMENTS],
            self.all_passes[(3 * n + 2) % SEGMENTS],
            gain,
        )
    }

    /// The filters in front: delays in frames, and gains.
    pub(super) fn diffusion(&self, side: Side) -> Vec<(usize, f64)> {
        let longer = match side {
            Side::Left => self.size,
            Side::Right => self.size * (1.0 + LONGER),
            Side::Middle => self.size * (1.0 + 2.0 * LONGER),
        };
        let delays = self.style.diffusion_ms().into_iter();
        delays
            .map(|ms| {
                let delay = next_prime(frames(1e-3 * ms * longer, self.rate));
                (delay, DIFFUSION_GAIN)
            })
            .collect()
    }

    /// The filters behind output `output`: delays in frames, and gains; no two outputs share one.
    pub(super) fn output_diffusion(&self, output: usize) -> Vec<(usize, f64)> {
        let stages = OUTPUT_DIFFUSION.iter().enumerate();
        stages
            .map(|(stage, &(shortest_ms, step))| {
                let wanted = |k: usize| {
                    let share = (k * step % SEGMENTS) as f64 / SEGMENTS as f64;
                    frames(
                        1e-3 * shortest_ms * (1.0 + OUTPUT_SPREAD * share),
                        self.rate,
                    )
                };
                let mut taken: Vec<usize> = Vec::new();
                for k in 0..=output {
                    let mut delay = next_prime(wanted(k));
                    while taken.contains(&delay) {
                        delay = next_prime(delay + 1);
                    }
                    taken.push(delay);
                }
                let sign = if output >> stage & 1 == 1 { -1.0 } else { 1.0 };
                (taken[output], sign * OUTPUT_GAIN)
            })
            .collect()
    }
}

/// The segments that output `output` hears, with signs that differ from output to output.
pub(super) fn taps(output: usize) -> [(usize, f32); TAPS] {
    std::array::from_fn(|n| {
        let is_minus = n > 0 && output >> (n - 1) & 1 == 1;
        let segment = (output + OFFSETS[n]) % SEGMENTS;
        (segment, if is_minus { -1.0 } else { 1.0 })
    })
}

/// Sign with which the sound enters behind a segment.
pub(super) fn entry_sign(segment: usize) -> f32 {
    const SIGNS: usize = 0x2673;
    if SIGNS >> segment & 1 == 1 { -1.0 } else { 1.0 }
}

/// Seconds in frames, not fewer than are processed together.
fn frames(seconds: f64, rate: SampleRate) -> usize {
    ((seconds * f64::from(rate.0)) as usize).max(RUN)
}

/// The smallest prime number that is not below `from`.
fn next_prime(from: usize) -> usize {
    let is_prime = |n: usize| {
        n > 1
            && (2..)
                .take_while(|d| d * d <= n)
                .all(|d| !n.is_multiple_of(d))
    };
    (from..).find(|&n| is_prime(n)).unwrap_or(from)
}
