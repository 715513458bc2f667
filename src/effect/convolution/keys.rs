//! The convolution as it is written.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Convolution;
use crate::effect::fault::{Check, Fault, Limits, Step};
use crate::effect::{Setup, Spread};
use crate::units::{Decibels, Frames, SampleRate};

const PRE_DELAY: Limits = Limits::new(0.0, 1000.0, "ms");
const GAIN: Limits = Limits::new(-60.0, 30.0, "dB");
const MIX: Limits = Limits::new(0.0, 1.0, "");

/// Share of the convolved sound in a strip's own chain, unless it is written.
const INSERTED_MIX: f64 = 0.3;

/// A convolution with the user's own impulse response.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConvolveSettings {
    /// Audio file of the impulse response, relative to the file this stands in. Its channels go to the outputs
    /// in order, and round again if there are more.
    #[schemars(length(min = 1))]
    pub ir: String,
    /// Delay in ms before the response. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1000))]
    pub pre_delay_ms: f64,
    /// Gain in dB. Default: 0.
    #[serde(default)]
    #[schemars(range(min = -60, max = 30))]
    pub gain: f64,
    /// Share of the convolved sound, 0 to 1; the rest is the dry sound. Default: 1 on a return, 0.3 on a
    /// strip.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub mix: Option<f64>,
    /// Leave the convolution out. Default: false.
    #[serde(default)]
    pub bypass: bool,
    /// The response itself, once it has been read.
    #[serde(skip)]
    pub impulse: Option<Arc<Impulse>>,
}

/// An impulse response.
#[derive(Debug, Clone, PartialEq)]
pub struct Impulse {
    /// Frames per second.
    pub rate: SampleRate,
    /// Its channels.
    pub channels: Vec<Vec<f32>>,
    /// Frames of them that are before the sound that they answer: what a change of the sample rate rings
    /// before a response that begins at once. The convolution lags by as many.
    pub lead: Frames,
}

impl ConvolveSettings {
    /// Everything that cannot be carried out.
    pub fn check(&self, setup: Setup) -> Vec<Fault> {
        use Step::Key;
        let mut check = Check::default();
        check.within(
            &[Key("pre-delay-ms")],
            "`pre-delay-ms`",
            self.pre_delay_ms,
            PRE_DELAY,
        );
        check.within(&[Key("gain")], "`gain`", self.gain, GAIN);
        if let Some(mix) = self.mix {
            check.within(&[Key("mix")], "`mix`", mix, MIX);
        }
        let mut fault = |message: String, help: String| {
            check.faults.push(Fault::new([Key("ir")], message, help));
        };
        match self.impulse.as_deref() {
            None => fault(
                format!("the impulse response \"{}\" has not been read", self.ir),
                "name an audio file".to_owned(),
            ),
            Some(impulse) if impulse.channels.iter().all(Vec::is_empty) => fault(
                format!("the impulse response \"{}\" has no frames", self.ir),
                "export it again".to_owned(),
            ),
            Some(impulse) if impulse.rate != setup.rate => fault(
                format!(
                    "the impulse response \"{}\" has a sample rate of {}, not {}",
                    self.ir, impulse.rate, setup.rate
                ),
                format!("convert it to {}", setup.rate),
            ),
            Some(_) => {}
        }
        check.faults
    }

    /// Builds the convolution; its values have been checked.
    pub(in crate::effect) fn build(&self, setup: Setup) -> Box<dyn Spread> {
        let silence = Impulse {
            rate: setup.rate,
            channels: vec![Vec::new()],
            lead: Frames(0),
        };
        let impulse = self.impulse.as_deref().unwrap_or(&silence);
        Box::new(Convolution::new(
            impulse,
            setup.channels,
            setup.outputs.unwrap_or(setup.channels),
            self.mix.unwrap_or(match setup.outputs {
                Some(_) => 1.0,
                None => INSERTED_MIX,
            }),
            Decibels(self.gain).gain().0,
            setup.rate.frame_at(1e-3 * self.pre_delay_ms).0 as usize,
        ))
    }
}
