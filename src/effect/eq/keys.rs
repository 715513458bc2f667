//! The equaliser as it is written.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use super::equaliser::Equaliser;
use super::linear_phase::LinearPhase;
use crate::effect::fault::{Check, Fault, Limits, Step, limits};
use crate::effect::{Effect, Setup};
use crate::units::SampleRate;

/// Most bells and most notches of one equaliser.
const MOST_BANDS: usize = 32;

/// Q of a filter that does not say: the flattest without a peak.
const FLAT_Q: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Gain of a tilt.
pub(super) const TILT_DB: Limits = Limits::new(-12.0, 12.0, "dB");

/// Filters. Neutral if empty.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EqSettings {
    /// High-pass: its corner in Hz (-3 dB).
    #[schemars(range(min = 1, max = 100_000))]
    pub hp: Option<f64>,
    /// Low-pass: its corner in Hz (-3 dB).
    #[schemars(range(min = 1, max = 100_000))]
    pub lp: Option<f64>,
    /// Steepness of `hp` and `lp` in dB per octave: 6, 12, 18, 24 or 48. Default: 12.
    pub slope: Slope,
    /// Bells: `[[Hz, dB, Q], …]`. Q may be left out: 0.707.
    #[schemars(length(max = 32))]
    pub bell: Vec<Band>,
    /// Notches: `[[Hz, Q], …]`. Q may be left out: 4.
    #[schemars(length(max = 32))]
    pub notch: Vec<Hole>,
    /// Low shelf: `[Hz, dB]`, or `[Hz, dB, Q]` for one that overshoots or is slower than Q 0.707.
    pub low_shelf: Option<Shelf>,
    /// High shelf: `[Hz, dB]` or `[Hz, dB, Q]`.
    pub high_shelf: Option<Shelf>,
    /// Tilt about 1 kHz in dB: the top goes up by it, the bottom down; negative the other way.
    #[schemars(range(min = -12, max = 12))]
    pub tilt: Option<f64>,
    /// Keep the phase: the same curves without any shift of phase, for a delay that is reported. Default:
    /// false.
    pub linear_phase: bool,
    /// Leave the equaliser out. Default: false.
    pub bypass: bool,
}

/// A bell: `[Hz, dB]` or `[Hz, dB, Q]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Its middle in Hz.
    pub hz: f64,
    /// Its gain in dB.
    pub db: f64,
    /// Its sharpness; `None` is 0.707.
    pub q: Option<f64>,
}

/// A notch: `[Hz]` or `[Hz, Q]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hole {
    /// Its middle in Hz.
    pub hz: f64,
    /// Its sharpness; `None` is 4.
    pub q: Option<f64>,
}

/// A shelf: `[Hz, dB]` or `[Hz, dB, Q]`; at Hz it has half its gain.
pub type Shelf = Band;

/// Steepness of a high-pass or low-pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slope(u32);

impl Default for Slope {
    fn default() -> Self {
        Self(12)
    }
}

impl Slope {
    /// The slopes there are, in dB per octave.
    pub const ALL: [u32; 5] = [6, 12, 18, 24, 48];

    /// A slope in dB per octave, if it is one of [`ALL`](Self::ALL).
    pub fn new(db_per_octave: u32) -> Option<Self> {
        Self::ALL
            .contains(&db_per_octave)
            .then_some(Self(db_per_octave))
    }

    /// In dB per octave.
    pub fn db_per_octave(self) -> u32 {
        self.0
    }
}

impl Band {
    /// The sharpness that is meant.
    pub fn q(&self) -> f64 {
        self.q.unwrap_or(FLAT_Q)
    }
}

impl Hole {
    /// The sharpness that is meant.
    pub fn q(&self) -> f64 {
        self.q.unwrap_or(4.0)
    }
}

impl EqSettings {
    /// Everything that cannot be carried out at this sample rate.
    pub fn check(&self, rate: SampleRate) -> Vec<Fault> {
        use Step::{Item, Key};
        let mut check = Check::default();
        for (key, hz) in [("hp", self.hp), ("lp", self.lp)] {
            if let Some(hz) = hz {
                check.frequency(&[Key(key)], &format!("`{key}`"), hz, rate);
            }
        }
        let mut band = |at: &[Step], name: &str, band: &Band| {
            let item = |n| [at, &[Item(n)]].concat();
            check.frequency(&item(0), &format!("the frequency of {name}"), band.hz, rate);
            check.within(
                &item(1),
                &format!("the gain of {name}"),
                band.db,
                limits::BELL_DB,
            );
            check.within(&item(2), &format!("the Q of {name}"), band.q(), limits::Q);
        };
        for (n, bell) in self.bell.iter().enumerate() {
            band(&[Key("bell"), Item(n)], &format!("bell {}", n + 1), bell);
        }
        for (key, shelf) in [
            ("low-shelf", self.low_shelf),
            ("high-shelf", self.high_shelf),
        ] {
            if let Some(shelf) = &shelf {
                band(&[Key(key)], &format!("`{key}`"), shelf);
            }
        }
        for (n, notch) in self.notch.iter().enumerate() {
            let item = |part| [Key("notch"), Item(n), Item(part)];
            let name = format!("notch {}", n + 1);
            check.frequency(
                &item(0),
                &format!("the frequency of {name}"),
                notch.hz,
                rate,
            );
            check.within(&item(1), &format!("the Q of {name}"), notch.q(), limits::Q);
        }
        if let Some(tilt) = self.tilt {
            check.within(&[Key("tilt")], "`tilt`", tilt, TILT_DB);
        }
        for (key, count) in [("bell", self.bell.len()), ("notch", self.notch.len())] {
            if count > MOST_BANDS {
                check.faults.push(Fault::new(
                    [Key(key)],
                    format!("`{key}` has {count} entries"),
                    format!("at most {MOST_BANDS} are allowed"),
                ));
            }
        }
        check.faults
    }

    /// Builds the equaliser; its values have been checked.
    pub(in crate::effect) fn build(&self, setup: Setup) -> Box<dyn Effect> {
        match self.linear_phase {
            true => Box::new(LinearPhase::new(self, setup)),
            false => Box::new(Equaliser::new(self, setup)),
        }
    }
}

/// Two or three numbers in a list.
struct Numbers<const LEAST: usize>;

impl<'de, const LEAST: usize> Visitor<'de> for Numbers<LEAST> {
    type Value = (f64, Option<f64>, Option<f64>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {LEAST} or {} numbers", LEAST + 1)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut numbers = [None; 3];
        for number in numbers.iter_mut().take(LEAST + 1) {
            *number = list.next_element()?;
        }
        let present = numbers.iter().flatten().count();
        match (numbers[0], list.next_element::<de::IgnoredAny>()?) {
            (Some(first), None) if present >= LEAST => Ok((first, numbers[1], numbers[2])),
            _ => Err(de::Error::invalid_length(present, &self)),
        }
    }
}

impl<'de> Deserialize<'de> for Band {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (hz, db, q) = deserializer.deserialize_seq(Numbers::<2>)?;
        let db = db.unwrap_or(0.0);
        Ok(Self { hz, db, q })
    }
}

impl<'de> Deserialize<'de> for Hole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (hz, q, _) = deserializer.deserialize_seq(Numbers::<1>)?;
        Ok(Self { hz, q })
    }
}

fn frequency_schema() -> Schema {
    json_schema!({ "title": "a frequency", "description": "Hz.", "type": "number", "minimum": 1, "maximum": 100_000 })
}

fn q_schema() -> Schema {
    json_schema!({
        "title": "a Q", "description": "Sharpness: middle frequency over bandwidth.",
        "type": "number", "minimum": limits::Q.min, "maximum": limits::Q.max
    })
}

impl JsonSchema for Band {
    fn schema_name() -> Cow<'static, str> {
        "EqBand".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a band",
            "description": "[Hz, dB] or [Hz, dB, Q].",
            "type": "array",
            "prefixItems": [
                frequency_schema(),
                { "title": "a gain", "description": "dB.", "type": "number",
                  "minimum": limits::BELL_DB.min, "maximum": limits::BELL_DB.max },
                q_schema(),
            ],
            "minItems": 2,
            "maxItems": 3,
        })
    }
}

impl JsonSchema for Hole {
    fn schema_name() -> Cow<'static, str> {
        "EqNotch".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a notch",
            "description": "[Hz] or [Hz, Q].",
            "type": "array",
            "prefixItems": [frequency_schema(), q_schema()],
            "minItems": 1,
            "maxItems": 2,
        })
    }
}

impl<'de> Deserialize<'de> for Slope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slope = u32::deserialize(deserializer)?;
        Self::new(slope).ok_or_else(|| {
            de::Error::invalid_value(
                de::Unexpected::Unsigned(slope.into()),
                &"6, 12, 18, 24 or 48 dB per octave",
            )
        })
    }
}

impl JsonSchema for Slope {
    fn schema_name() -> Cow<'static, str> {
        "Slope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "dB per octave.", "enum": Self::ALL })
    }
}
