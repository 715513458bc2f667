//! The saturator as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Saturation;
use crate::effect::fault::{Check, Fault, Limits, Step};
use crate::effect::{Effect, Parameter, Setup};

const DRIVE: Limits = Limits::new(0.0, 48.0, "dB");
const MIX: Limits = Limits::new(0.0, 1.0, "");

/// A saturator.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SatSettings {
    /// "tube": even harmonics; "tape": high tones first; "transformer": low tones first; "soft-clip": odd
    /// harmonics of everything. Default: "tape".
    pub style: SatStyle,
    /// How far the sound is driven into it, in dB; 0 changes nothing. Default: 6.
    #[schemars(range(min = 0, max = 48))]
    pub drive: f64,
    /// Share of the saturated sound, 0 to 1; the rest is the dry sound. Default: 1.
    #[schemars(range(min = 0, max = 1))]
    pub mix: f64,
    /// Keep the loudness: what saturation takes from it is given back, over some seconds. Default: true.
    pub auto_gain: bool,
    /// "normal": 8 times oversampled; "high": 16 times. Default: "normal".
    pub quality: Quality,
    /// Leave the saturator out. Default: false.
    pub bypass: bool,
}

/// The character of a saturator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SatStyle {
    /// A triode off its centre.
    Tube,
    /// Magnetic tape.
    #[default]
    Tape,
    /// The core of a transformer.
    Transformer,
    /// A clipper with a soft knee.
    SoftClip,
}

/// How much is spent on keeping harmonics from folding back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// 8 times oversampled.
    #[default]
    Normal,
    /// 16 times oversampled.
    High,
}

impl Default for SatSettings {
    fn default() -> Self {
        Self {
            style: SatStyle::default(),
            drive: 6.0,
            mix: 1.0,
            auto_gain: true,
            quality: Quality::default(),
            bypass: false,
        }
    }
}

impl SatSettings {
    /// Everything that cannot be carried out.
    pub fn check(&self) -> Vec<Fault> {
        let mut check = Check::default();
        check.within(&[Step::Key("drive")], "`drive`", self.drive, DRIVE);
        check.within(&[Step::Key("mix")], "`mix`", self.mix, MIX);
        check.faults
    }

    /// Builds the saturator; its values have been checked.
    pub(in crate::effect) fn build(&self, setup: Setup) -> Box<dyn Effect> {
        Box::new(Saturation::new(self, setup))
    }
}

/// What may be moved: drive, mix.
pub(super) fn parameters(settings: &SatSettings) -> Vec<Parameter> {
    vec![
        Parameter::linear("drive", DRIVE, settings.drive),
        Parameter::linear("mix", MIX, settings.mix),
    ]
}
