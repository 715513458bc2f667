//! The equaliser without shift of phase: a symmetric filter with the prototypes' magnitudes.

use super::band::Filter;
use super::keys::EqSettings;
use crate::audio::PassageMut;
use crate::dsp::convolver::Convolver;
use crate::dsp::transform::Transform;
use crate::effect::{Effect, Setup};
use crate::units::{Frames, Hertz, SampleRate};

/// Frames of a partition of the convolution.
const PARTITION: usize = 512;

/// Each side of the filter, in frames at least.
const LEAST_SIDE: usize = 1024;

/// Each side of the filter, in seconds at most: a bell of Q 40 at 20 Hz rings for longer than that.
const LONGEST_SIDE_S: f64 = 0.7;

/// All filters in one. Its parameters cannot be moved.
#[derive(Debug)]
pub(super) struct LinearPhase {
    convolver: Convolver,
    side: usize,
}

impl LinearPhase {
    pub(super) fn new(settings: &EqSettings, setup: Setup) -> Self {
        let filters = Filter::of(settings, setup.rate);
        let taps = taps(&filters, setup.rate);
        Self {
            side: taps.len() / 2,
            convolver: Convolver::new(&taps, setup.channels, PARTITION),
        }
    }
}

impl Effect for LinearPhase {
    fn process(&mut self, sound: &mut PassageMut<'_>) {
        self.convolver.process(sound);
    }

    fn latency(&self) -> Frames {
        Frames((self.side + self.convolver.latency_frames()) as u64)
    }

    fn tail(&self) -> Frames {
        Frames(self.side as u64)
    }

    fn reset(&mut self) {
        self.convolver.reset();
    }
}

/// The filter, an odd number of taps symmetric about the middle one.
///
/// The response without phase is sampled finely enough that its other periods do not reach into the
/// filter; its ends, where it has nearly died away, are faded.
fn taps(filters: &[Filter], rate: SampleRate) -> Vec<f64> {
    let ringing = filters.iter().map(Filter::tail).fold(0.0, f64::max);
    let longest = (LONGEST_SIDE_S * f64::from(rate.0)) as usize;
    let side = (ringing as usize).clamp(LEAST_SIDE, longest.max(LEAST_SIDE));
    let length = (8 * side).next_power_of_two();
    let mut transform = Transform::new(length);
    for (bin, value) in transform.spectrum.iter_mut().enumerate() {
        let hz = bin as f64 * f64::from(rate.0) / length as f64;
        let magnitude: f64 = filters.iter().map(|f| f.magnitude(Hertz(hz))).product();
        *value = (magnitude / length as f64).into();
    }
    transform.inverse();
    let fade = |distance: usize| {
        // None over the first half, then a raised cosine.
        let t = (2.0 * distance as f64 / (side + 1) as f64 - 1.0).max(0.0);
        0.5 + 0.5 * (std::f64::consts::PI * t).cos()
    };
    (0..=2 * side)
        .map(|n| {
            let distance = n.abs_diff(side);
            transform.signal[distance] * fade(distance)
        })
        .collect()
}
