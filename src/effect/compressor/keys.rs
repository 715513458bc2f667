//! The compressor as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Compressor;
use crate::effect::fault::{Check, Fault, Limits, Step};
use crate::effect::{Dynamics, Setup};
use crate::units::SampleRate;

/// Limits of the compressor's numbers.
pub(super) mod limits {
    use super::Limits;

    pub(in crate::effect::compressor) const THRESHOLD: Limits = Limits::new(-80.0, 20.0, "dB");
    pub(in crate::effect::compressor) const TARGET: Limits = Limits::new(0.1, 20.0, "dB");
    pub(in crate::effect::compressor) const RATIO: Limits = Limits::new(1.0, 100.0, "");
    pub(in crate::effect::compressor) const ATTACK: Limits = Limits::new(0.02, 1000.0, "ms");
    pub(in crate::effect::compressor) const RELEASE: Limits = Limits::new(1.0, 20_000.0, "ms");
    pub(in crate::effect::compressor) const KNEE: Limits = Limits::new(0.0, 30.0, "dB");
    pub(in crate::effect::compressor) const MAKEUP: Limits = Limits::new(-30.0, 30.0, "dB");
    pub(in crate::effect::compressor) const MIX: Limits = Limits::new(0.0, 1.0, "");
    pub(in crate::effect::compressor) const WARMTH: Limits = Limits::new(0.0, 4.0, "");
}

/// Highest nominal ratio of a vari-mu compressor.
const MOST_MU: f64 = 20.0;

/// A compressor.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CompSettings {
    /// "vca": clean and exact, as the bus compressor of a desk; "vari-mu": the more it takes the more it
    /// resists, with a tube's warmth. Default: "vca".
    pub style: CompStyle,
    /// By how many dB the input rises for one dB of output above the threshold. The ratio of a vari-mu grows
    /// with the reduction: this is what it has at 1 to 2 dB. Default: 2, vari-mu 1.5.
    #[schemars(range(min = 1, max = 100))]
    pub ratio: Option<f64>,
    /// Peak level in dBFS of a tone from which on the level is reduced. Default: -20, unless `target-gr` is
    /// given.
    #[schemars(range(min = -80, max = 20))]
    pub threshold: Option<f64>,
    /// Find the threshold: reduction in dB that 95 of 100 windows of 50 ms of the programme stay below.
    #[schemars(range(min = 0.1, max = 20))]
    pub target_gr: Option<f64>,
    /// Time in ms to 63 % of the reduction. Default: 10, vari-mu 30.
    #[schemars(range(min = 0.02, max = 1000))]
    pub attack_ms: Option<f64>,
    /// "auto": quick after a peak, slow after long reduction. The default, unless `release-ms` is given.
    pub release: Option<ReleaseKey>,
    /// Time in ms in which 63 % of the reduction is given back.
    #[schemars(range(min = 1, max = 20_000))]
    pub release_ms: Option<f64>,
    /// "objects": one gain for all members and channels, so that no image moves; "channels": each channel for
    /// itself. Default: "objects".
    pub link: Link,
    /// Width of the bend at the threshold in dB; 0 is a corner. For "vca". Default: 0.
    #[schemars(range(min = 0, max = 30))]
    pub knee: Option<f64>,
    /// Gain in dB after the compressor. Default: 0.
    #[schemars(range(min = -30, max = 30))]
    pub makeup: f64,
    /// Share of the compressed sound, 0 to 1; the rest is the dry sound. Default: 1.
    #[schemars(range(min = 0, max = 1))]
    pub mix: Option<f64>,
    /// What the detector hears instead of the sound itself: the name of a stem or group.
    pub key: Option<Key>,
    /// High-pass before the detector in Hz, 12 dB per octave.
    #[schemars(range(min = 1, max = 100_000))]
    pub key_hp: Option<f64>,
    /// Low-pass before the detector in Hz, 12 dB per octave.
    #[schemars(range(min = 1, max = 100_000))]
    pub key_lp: Option<f64>,
    /// Play what the detector hears instead of the sound. Default: false.
    pub listen: bool,
    /// Even harmonics of a vari-mu: 1 is as designed, 0 none. Default: 1.
    #[schemars(range(min = 0, max = 4))]
    pub warmth: Option<f64>,
    /// Leave the compressor out. Default: false.
    pub bypass: bool,
}

/// The kind of a compressor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CompStyle {
    /// As the bus compressor of a desk.
    #[default]
    Vca,
    /// As a compressor of remote cut-off tubes.
    VariMu,
}

/// A release without a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseKey {
    /// It depends on the programme.
    Auto,
}

/// What shares one gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// All members of a group and all their channels.
    #[default]
    Objects,
    /// Each channel has a gain of its own.
    Channels,
}

/// What keys a compressor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "a key")]
pub enum Key {
    /// The name of a stem or group, after its chain.
    Name(String),
    /// A stem or group, and where it is tapped.
    Tapped(KeyTap),
}

/// `{ from = "Kick", tap = "pre" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyTap {
    /// The name of a stem or group.
    #[schemars(length(min = 1))]
    pub from: String,
    /// "pre": before its chain; "post": after it. Default: "post".
    #[serde(default)]
    pub tap: Tap,
}

/// Before or after a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tap {
    /// Before it.
    Pre,
    /// After it.
    #[default]
    Post,
}

impl Key {
    /// The stem or group.
    pub fn from(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Tapped(key) => &key.from,
        }
    }

    /// Where it is tapped.
    pub fn tap(&self) -> Tap {
        match self {
            Self::Name(_) => Tap::Post,
            Self::Tapped(key) => key.tap,
        }
    }
}

impl CompSettings {
    /// The ratio that is meant.
    pub fn ratio(&self) -> f64 {
        self.ratio.unwrap_or(match self.style {
            CompStyle::Vca => 2.0,
            CompStyle::VariMu => 1.5,
        })
    }

    /// The attack that is meant, in ms.
    pub fn attack_ms(&self) -> f64 {
        self.attack_ms.unwrap_or(match self.style {
            CompStyle::Vca => 10.0,
            CompStyle::VariMu => 30.0,
        })
    }

    /// The threshold that is meant, in dB; `None` if it is to be found.
    pub fn threshold(&self) -> Option<f64> {
        match self.target_gr {
            Some(_) => None,
            None => Some(self.threshold.unwrap_or(-20.0)),
        }
    }

    /// Everything that cannot be carried out at this sample rate.
    pub fn check(&self, rate: SampleRate) -> Vec<Fault> {
        use Step::Key;
        let mut check = Check::default();
        let numbers = [
            ("threshold", self.threshold, limits::THRESHOLD),
            ("target-gr", self.target_gr, limits::TARGET),
            ("ratio", self.ratio, limits::RATIO),
            ("attack-ms", self.attack_ms, limits::ATTACK),
            ("release-ms", self.release_ms, limits::RELEASE),
            ("knee", self.knee, limits::KNEE),
            ("makeup", Some(self.makeup), limits::MAKEUP),
            ("mix", self.mix, limits::MIX),
            ("warmth", self.warmth, limits::WARMTH),
        ];
        for (key, value, limits) in numbers {
            if let Some(value) = value {
                check.within(&[Key(key)], &format!("`{key}`"), value, limits);
            }
        }
        for (key, hz) in [("key-hp", self.key_hp), ("key-lp", self.key_lp)] {
            if let Some(hz) = hz {
                check.frequency(&[Key(key)], &format!("`{key}`"), hz, rate);
            }
        }
        let mut both = |present: bool, key: &'static str, other: &str, help: &str| {
            if present {
                let message = format!("`{key}` and `{other}` are both given");
                check.faults.push(Fault::new([Key(key)], message, help));
            }
        };
        both(
            self.target_gr.is_some() && self.threshold.is_some(),
            "target-gr",
            "threshold",
            "it finds the threshold by itself: leave one of them out",
        );
        both(
            self.release.is_some() && self.release_ms.is_some(),
            "release-ms",
            "release",
            "leave one of them out",
        );
        let mut foreign = |present: bool, key: &'static str, style: &str| {
            if present {
                let message = format!("`{key}` is for style \"{style}\" only");
                check
                    .faults
                    .push(Fault::new([Key(key)], message, "leave it out"));
            }
        };
        foreign(
            self.style == CompStyle::VariMu && self.knee.is_some(),
            "knee",
            "vca",
        );
        foreign(
            self.style == CompStyle::Vca && self.warmth.is_some(),
            "warmth",
            "vari-mu",
        );
        if self.style == CompStyle::VariMu && self.ratio.is_some_and(|ratio| ratio > MOST_MU) {
            let message = format!("`ratio` is {} for style \"vari-mu\"", self.ratio());
            let help = format!("allowed is 1 to {MOST_MU}: it grows with the reduction");
            check.faults.push(Fault::new([Key("ratio")], message, help));
        }
        if matches!(&self.key, Some(key) if key.from().is_empty()) {
            let message = "`key` is empty";
            let help = "name a stem or group";
            check.faults.push(Fault::new([Key("key")], message, help));
        }
        check.faults
    }

    /// Builds the compressor; its values have been checked. `heard` is how many rows its detector hears.
    pub(in crate::effect) fn build(&self, setup: Setup, heard: usize) -> Box<dyn Dynamics> {
        Box::new(Compressor::new(self, setup.rate, heard))
    }
}
