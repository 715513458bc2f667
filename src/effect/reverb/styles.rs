//! The kinds of rooms: how long their lines are.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{LINES, RUN};
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

    /// The lines' lengths in frames: primes, so that no two have an echo in common, spread evenly on a
    /// logarithmic scale.
    pub(super) fn delays(self, rate: SampleRate) -> [usize; LINES] {
        let (shortest_ms, longest_ms) = match self {
            Self::Hall => (19.0, 83.0),
            Self::Plate => (7.0, 37.0),
            Self::Room => (5.0, 29.0),
        };
        let mut taken = 0;
        std::array::from_fn(|line| {
            let share = line as f64 / (LINES - 1) as f64;
            let ms = shortest_ms * f64::powf(longest_ms / shortest_ms, share);
            let wanted = (ms / 1000.0 * f64::from(rate.0)) as usize;
            taken = next_prime(wanted.max(taken + 1).max(RUN));
            taken
        })
    }

    /// Delays of the diffusion in front of side `side`, in frames.
    pub(super) fn diffusion(self, side: usize, rate: SampleRate) -> Vec<usize> {
        let stages_ms: &[f64] = match self {
            Self::Hall => &[2.3, 4.1, 7.9, 13.1, 17.9],
            Self::Plate => &[1.1, 1.9, 3.1, 5.3, 7.7],
            Self::Room => &[0.9, 1.7, 2.9, 4.7],
        };
        stages_ms
            .iter()
            .map(|ms| {
                let ms = ms * (1.0 + 0.07 * side as f64);
                next_prime(((ms / 1000.0 * f64::from(rate.0)) as usize).max(RUN))
            })
            .collect()
    }
}

/// Delays of the filters behind output `output`, in frames: no two outputs share one.
pub(super) fn output_diffusion(output: usize, rate: SampleRate) -> [usize; 2] {
    [(2.0, 0.29), (4.5, 0.41)].map(|(first_ms, step_ms)| {
        let ms = first_ms + step_ms * output as f64;
        next_prime(((ms / 1000.0 * f64::from(rate.0)) as usize).max(RUN))
    })
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
