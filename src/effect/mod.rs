//! Processors of a channel strip: settings in users' units, and what they build.
//!
//! - [`Settings`] is one processor as it is written in a session or chain; [`Settings::build`] makes it.
//! - [`Effect`] changes each channel by itself.
//! - [`Spread`] makes outputs of its own from what it hears: a room, echoes.
//! - [`Dynamics`] yields one gain over time, which is then applied by a [`Member`]: so that the same compressor
//!   runs on one strip or linked over a group.
//! - [`Chain`] runs a list of processors on the channels of one strip, in the order written.
//! - [`Fault`] says which value cannot be carried out, and what is allowed.
//!
//! Every processor keeps the same promises: results do not depend on how the frames are divided into calls,
//! processing neither allocates nor fails, finite samples in give finite samples out, and numbers too small
//! to hear never slow it down. It knows no routing: what is heard, and what keys it, is given to it.
//!
//! A new processor is one file here, one variant of [`Settings`] and one line in each of its methods.

mod chain;
mod compression;
pub mod compressor;
pub mod convolution;
pub mod delay;
pub mod eq;
mod fault;
mod gains;
mod limiter;
mod meter;
mod parameter;
pub mod reverb;
pub mod saturation;
mod spreading;

use schemars::JsonSchema;
use serde::Deserialize;

pub use chain::{Chain, Reported, Side};
pub use compressor::{CompSettings, Key, Tap};
pub use convolution::{ConvolveSettings, Impulse};
pub use delay::DelaySettings;
pub use eq::EqSettings;
pub use fault::{Fault, Step};
pub use gains::{Gains, Member};
pub use limiter::LimitSettings;
pub use meter::{Reduction, ReductionMeter};
pub use parameter::Parameter;
pub use reverb::ReverbSettings;
pub use saturation::SatSettings;

use crate::audio::{Passage, PassageMut};
use crate::units::{Decibels, Frames, SampleRate};

/// One processor, as it is written: `{ eq = { hp = 30 } }`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a processor")]
pub enum Settings {
    /// Filters: high-pass, low-pass, bells, notches, shelves, tilt.
    Eq(EqSettings),
    /// A compressor.
    Comp(CompSettings),
    /// A saturator.
    Sat(SatSettings),
    /// A true-peak limiter.
    Limit(LimitSettings),
    /// Echoes.
    Delay(DelaySettings),
    /// A room.
    Reverb(ReverbSettings),
    /// A response that was measured.
    Convolve(ConvolveSettings),
}

/// A processor that has been built.
#[derive(Debug)]
pub enum Processor {
    /// It changes each channel by itself.
    Effect(Box<dyn Effect>),
    /// It yields a gain, which may be applied to any number of feeds.
    Dynamics(Box<dyn Dynamics>),
    /// It makes outputs of its own.
    Spread(Box<dyn Spread>),
}

/// What a processor is built for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// Frames per second.
    pub rate: SampleRate,
    /// Rows of the passages it is given.
    pub channels: usize,
    /// Rows that come out where they are more or fewer than those that go in: on a return, which has one per
    /// place. `None`: as many as go in, and what makes outputs of its own is mixed with the sound.
    pub outputs: Option<usize>,
    /// Rows of the keys that compressors hear.
    pub key_channels: usize,
    /// Quarter notes per minute, for times in note values.
    pub bpm: Option<f64>,
}

impl Setup {
    /// A strip of `channels` rows without keys and tempo.
    pub fn strip(rate: SampleRate, channels: usize) -> Self {
        Self {
            rate,
            channels,
            outputs: None,
            key_channels: channels,
            bpm: None,
        }
    }
}

impl Settings {
    /// The words of processors that make outputs of their own.
    pub const SPREADING: &[&str] = &["reverb", "delay", "convolve"];

    /// The word the processor is written with.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
            Self::Comp(_) => "comp",
            Self::Sat(_) => "sat",
            Self::Limit(_) => "limit",
            Self::Delay(_) => "delay",
            Self::Reverb(_) => "reverb",
            Self::Convolve(_) => "convolve",
        }
    }

    /// True if it is to be left out.
    pub fn is_bypassed(&self) -> bool {
        match self {
            Self::Eq(eq) => eq.bypass,
            Self::Comp(comp) => comp.bypass,
            Self::Sat(sat) => sat.bypass,
            Self::Limit(limit) => limit.bypass,
            Self::Delay(delay) => delay.bypass,
            Self::Reverb(reverb) => reverb.bypass,
            Self::Convolve(convolve) => convolve.bypass,
        }
    }

    /// The stem or group that keys it, if it is not keyed by the sound itself.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Comp(comp) => comp.key.as_ref(),
            _ => None,
        }
    }

    /// Everything that cannot be carried out; places are counted from the processor's own table.
    pub fn check(&self, setup: Setup) -> Vec<Fault> {
        let rate = setup.rate;
        if rate < SampleRate::LOWEST_FILTERED {
            return vec![Fault::new(
                [Step::Key(self.word())],
                format!("no processor works at {rate}"),
                format!(
                    "export the sound again at its own rate; allowed is {} and more",
                    SampleRate::LOWEST_FILTERED
                ),
            )];
        }
        let mut faults = match self {
            Self::Eq(eq) => eq.check(rate),
            Self::Comp(comp) => comp.check(rate),
            Self::Sat(sat) => sat.check(),
            Self::Limit(limit) => limit.check(),
            Self::Delay(delay) => delay.check(setup),
            Self::Reverb(reverb) => reverb.check(setup),
            Self::Convolve(convolve) => convolve.check(setup),
        };
        for fault in &mut faults {
            fault.at.insert(0, Step::Key(self.word()));
        }
        faults
    }

    /// Builds the processor. What yields a gain hears `heard` rows: the channels of a strip, the two sides of a
    /// group's sum, or those of its key.
    ///
    /// # Errors
    /// Everything that [`check`](Self::check) finds.
    pub fn build(&self, setup: Setup, heard: usize) -> Result<Processor, Vec<Fault>> {
        let faults = self.check(setup);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(match self {
            Self::Eq(eq) => Processor::Effect(eq.build(setup)),
            Self::Comp(comp) => Processor::Dynamics(comp.build(setup, heard)),
            Self::Sat(sat) => Processor::Effect(sat.build(setup)),
            Self::Limit(limit) => Processor::Dynamics(limit.build(setup, heard)),
            Self::Delay(delay) => Processor::Spread(delay.build(setup)),
            Self::Reverb(reverb) => Processor::Spread(reverb.build(setup)),
            Self::Convolve(convolve) => Processor::Spread(convolve.build(setup)),
        })
    }
}

/// A processor that changes each channel by itself.
pub trait Effect: Send + Sync + std::fmt::Debug {
    /// Processes the frames of `sound` in place. They follow those of the call before without a gap.
    ///
    /// # Panics
    /// If `sound` has another number of rows than the processor was built for.
    fn process(&mut self, sound: &mut PassageMut<'_>);

    /// Frames by which the output lags: output frame n belongs to input frame n - latency.
    fn latency(&self) -> Frames {
        Frames(0)
    }

    /// Frames after the last input until what rings on, apart from the latency, is below -120 dB.
    fn tail(&self) -> Frames {
        Frames(0)
    }

    /// Forgets everything heard so far; moving parameters arrive.
    fn reset(&mut self);

    /// What may be moved while sound runs.
    fn parameters(&self) -> &[Parameter] {
        &[]
    }

    /// Moves a parameter (an index into [`parameters`](Self::parameters)): it leaves its present value at
    /// the next frame to be processed and reaches `value` exactly `frames` later, in a straight line (of its
    /// logarithm where the [`Parameter`] is `logarithmic`). What is out of range is held at its limit.
    fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        let _ = (parameter, value, frames);
    }
}

/// A processor that yields one gain over time.
///
/// It hears the sum of what it works on (before the gain; a feedback detector takes the gain into account by
/// itself), or a key. It never sees what the gain is applied to.
pub trait Dynamics: Send + Sync + std::fmt::Debug {
    /// The gains of the next frames, as many as `heard` has. They follow those of the call before without a
    /// gap.
    ///
    /// # Panics
    /// If `heard` has more than [`Gains::CAPACITY`] frames, or another number of rows than the processor was
    /// built for.
    fn gain(&mut self, heard: Passage<'_>, gains: &mut Gains);

    /// What applies the gains to one feed of `channels` rows; each feed has its own.
    fn member(&self, channels: usize) -> Member;

    /// Frames by which the gains lag behind what is heard; what they are applied to is to be delayed by as
    /// many.
    fn latency(&self) -> Frames {
        Frames(0)
    }

    /// True if what is heard is to be played instead of the sound.
    fn listens(&self) -> bool {
        false
    }

    /// Puts what the detector hears in place of `sound`; `heard` is its key, or `None` if it hears the sound
    /// itself. Both have as many frames.
    fn listen(&mut self, heard: Option<Passage<'_>>, sound: &mut PassageMut<'_>) {
        let _ = (heard, sound);
    }

    /// The greatest reduction in the frames of the last call, for meters.
    fn reduction(&self) -> Decibels;

    /// The threshold; `None` if it is still to be found.
    fn threshold(&self) -> Option<Decibels>;

    /// True if the threshold is to be found from the programme: until a rehearsal has been heard through and
    /// [settled](Self::settle), nothing is reduced.
    fn wants_rehearsal(&self) -> bool {
        false
    }

    /// Listens to the next frames of a rehearsal. May allocate.
    fn rehearse(&mut self, heard: Passage<'_>) {
        let _ = heard;
    }

    /// Ends the rehearsal: finds the threshold, and forgets everything heard.
    fn settle(&mut self) {}

    /// Forgets everything heard so far; moving parameters arrive.
    fn reset(&mut self);

    /// What may be moved while sound runs.
    fn parameters(&self) -> &[Parameter] {
        &[]
    }

    /// Moves a parameter, as [`Effect::set`].
    fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        let _ = (parameter, value, frames);
    }
}

/// A processor that makes outputs of its own from what it hears.
pub trait Spread: Send + Sync + std::fmt::Debug {
    /// Hears the next frames and writes as many of its outputs. They follow those of the call before without a
    /// gap.
    ///
    /// # Panics
    /// If `heard` or `out` have other rows than it was built for, or another number of frames than each other.
    fn process(&mut self, heard: Passage<'_>, out: &mut PassageMut<'_>);

    /// Share of the outputs in what is played, 0 to 1; the rest is what was heard.
    fn mix(&self) -> f64;

    /// Frames by which the outputs lag, as [`Effect::latency`].
    fn latency(&self) -> Frames {
        Frames(0)
    }

    /// Frames after the last input until what rings on, apart from the latency, is below -120 dB.
    fn tail(&self) -> Frames;

    /// Forgets everything heard so far; moving parameters arrive.
    fn reset(&mut self);

    /// What may be moved while sound runs, apart from the mix.
    fn parameters(&self) -> &[Parameter] {
        &[]
    }

    /// Moves a parameter, as [`Effect::set`].
    fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        let _ = (parameter, value, frames);
    }
}
