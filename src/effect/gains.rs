//! What a compressor yields: one gain per frame.

use super::compressor::Warmth;
use crate::audio::PassageMut;
use crate::dsp::lanes::{audible, single};
use crate::units::SampleRate;

/// The gains of some frames, as factors.
#[derive(Debug, Clone)]
pub struct Gains {
    total: Vec<f64>,
    wet: Vec<f64>,
    colour: Vec<f64>,
    frames: usize,
}

impl Gains {
    /// Most frames computed at a time.
    pub const CAPACITY: usize = 256;

    /// Unity; holds no frames yet.
    pub fn new() -> Self {
        Self {
            total: vec![1.0; Self::CAPACITY],
            wet: vec![1.0; Self::CAPACITY],
            colour: vec![0.0; Self::CAPACITY],
            frames: 0,
        }
    }

    /// Sets the number of frames; what they hold is left as it is.
    ///
    /// # Panics
    /// If `frames` exceeds [`CAPACITY`](Self::CAPACITY).
    pub fn set_frames(&mut self, frames: usize) {
        assert!(frames <= Self::CAPACITY, "{frames} gains at a time");
        self.frames = frames;
    }

    /// How many frames there are.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// What each frame is multiplied by: reduction, mix and make-up.
    pub fn total(&self) -> &[f64] {
        &self.total[..self.frames]
    }

    /// The reduction alone, before mix and make-up.
    pub fn reduction(&self) -> &[f64] {
        &self.wet[..self.frames]
    }

    /// Strength of the colour that goes with the reduction.
    pub(super) fn colour(&self) -> &[f64] {
        &self.colour[..self.frames]
    }

    /// The three curves, to be filled: total, reduction alone, strength of the colour that the reduction adds.
    pub(super) fn curves(&mut self) -> (&mut [f64], &mut [f64], &mut [f64]) {
        let frames = self.frames;
        (
            &mut self.total[..frames],
            &mut self.wet[..frames],
            &mut self.colour[..frames],
        )
    }
}

impl Default for Gains {
    fn default() -> Self {
        Self::new()
    }
}

/// What the gains do to one feed: each member of a linked group has one of these.
#[derive(Debug)]
pub struct Member {
    warmth: Option<Warmth>,
}

impl Member {
    /// Multiplies, and nothing else.
    pub(super) fn plain() -> Self {
        Self { warmth: None }
    }

    /// Multiplies, and adds the even harmonics of a tube.
    pub(super) fn warm(channels: usize, rate: SampleRate) -> Self {
        Self {
            warmth: Some(Warmth::new(channels, rate)),
        }
    }

    /// Applies the gains to as many frames of `sound`.
    ///
    /// # Panics
    /// If `sound` has another number of frames than there are gains.
    pub fn apply(&mut self, sound: &mut PassageMut<'_>, gains: &Gains) {
        assert_eq!(sound.frames(), gains.frames(), "one gain per frame");
        pulp::Arch::new().dispatch(Apply {
            warmth: self.warmth.as_mut(),
            sound,
            gains,
        });
    }

    /// Forgets everything heard so far.
    pub fn reset(&mut self) {
        if let Some(warmth) = &mut self.warmth {
            warmth.reset();
        }
    }
}

/// The work of [`Member::apply`]. A named type rather than a closure, because only what is inlined into `call` is
/// compiled for the processor at hand.
struct Apply<'a, 'b> {
    warmth: Option<&'a mut Warmth>,
    sound: &'a mut PassageMut<'b>,
    gains: &'a Gains,
}

impl pulp::NullaryFnOnce for Apply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            warmth,
            sound,
            gains,
        } = self;
        if let Some(warmth) = warmth {
            warmth.apply(sound, gains);
            return;
        }
        for channel in 0..sound.channels() {
            for (sample, gain) in sound.row_mut(channel).iter_mut().zip(gains.total()) {
                *sample = single(f64::from(audible(*sample)) * gain);
            }
        }
    }
}
