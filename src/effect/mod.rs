//! Processors of a channel strip: settings in users' units, and what they build.
//!
//! - [`Settings`] is one processor as it is written in a session or chain; [`Settings::build`] makes it.
//! - [`Effect`] changes each channel by itself.
//! - [`Chain`] runs a list of processors on the channels of one strip, in the order written.
//! - [`Fault`] says which value cannot be carried out, and what is allowed.
//!
//! Every processor keeps the same promises: results do not depend on how the frames are divided into calls,
//! processing neither allocates nor fails, finite samples in give finite samples out, and numbers too small
//! to hear never slow it down. It knows no routing: what is heard, and what keys it, is given to it.
//!
//! A new processor is one file here, one variant of [`Settings`] and one line in each of its methods.

mod chain;
pub mod eq;
mod fault;
mod limiter;
mod parameter;
pub mod reverb;

use schemars::JsonSchema;
use serde::Deserialize;

pub use chain::Chain;
pub use eq::EqSettings;
pub use fault::{Fault, Step};
pub use limiter::{Limiter, LimiterSettings};
pub use parameter::Parameter;
pub use reverb::{Reverb, ReverbSettings, ReverbStyle};

use crate::audio::PassageMut;
use crate::units::{Frames, SampleRate};

/// One processor, as it is written: `{ eq = { hp = 30 } }`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a processor")]
pub enum Settings {
    /// Filters: high-pass, low-pass, bells, notches, shelves, tilt.
    Eq(EqSettings),
}

/// What a processor is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// Frames per second.
    pub rate: SampleRate,
    /// Rows of the passages it is given.
    pub channels: usize,
}

impl Settings {
    /// The word the processor is written with.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
        }
    }

    /// True if it is to be left out.
    pub fn is_bypassed(&self) -> bool {
        match self {
            Self::Eq(eq) => eq.bypass,
        }
    }

    /// Everything that cannot be carried out at this sample rate; places are counted from the processor's
    /// own table.
    pub fn check(&self, rate: SampleRate) -> Vec<Fault> {
        let mut faults = match self {
            Self::Eq(eq) => eq.check(rate),
        };
        for fault in &mut faults {
            fault.at.insert(0, Step::Key(self.word()));
        }
        faults
    }

    /// Builds the processor.
    ///
    /// # Errors
    /// Everything that [`check`](Self::check) finds.
    pub fn build(&self, setup: Setup) -> Result<Box<dyn Effect>, Vec<Fault>> {
        let faults = self.check(setup.rate);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(match self {
            Self::Eq(eq) => eq.build(setup),
        })
    }
}

/// A processor that changes each channel by itself.
pub trait Effect: Send + std::fmt::Debug {
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
    /// logarithm where [`Parameter::logarithmic`] says so). What is out of range is held at its limit.
    fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        let _ = (parameter, value, frames);
    }
}
