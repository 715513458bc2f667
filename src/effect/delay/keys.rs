//! The delay as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Delay;
use crate::effect::fault::{Check, Fault, Limits, Step};
use crate::effect::{Setup, Spread};

pub(super) const TIME: Limits = Limits::new(1.0, 20_000.0, "ms");
pub(super) const FEEDBACK: Limits = Limits::new(0.0, 1.0, "");
const MIX: Limits = Limits::new(0.0, 1.0, "");

/// Share of the echoes in a strip's own chain, unless it is written.
const INSERTED_MIX: f64 = 0.35;

/// Note of a delay that says neither `note` nor `ms`.
const USUAL_NOTE: &str = "1/8d";

/// Slowest tempo of a song, in quarter notes per minute.
const SLOWEST_BPM: f64 = 10.0;

/// Time in ms of a delay that says neither `note` nor `ms`, in a song without a tempo.
const USUAL_MS: f64 = 375.0;

/// Echoes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DelaySettings {
    /// Time between echoes as a note: "1/4", "1/8d" (dotted), "1/4t" (triplet). Default: "1/8d".
    pub note: Option<String>,
    /// Time between echoes in ms, instead of `note`.
    #[schemars(range(min = 1, max = 20_000))]
    pub ms: Option<f64>,
    /// How much of an echo goes into the next, 0 to 1. Default: 0.35.
    #[schemars(range(min = 0, max = 1))]
    pub feedback: Option<f64>,
    /// Each echo comes from the next output, round and round. Default: false.
    pub ping_pong: bool,
    /// Tones above this many Hz die away from echo to echo, 6 dB per octave. Default: none do.
    #[schemars(range(min = 1, max = 100_000))]
    pub damp: Option<f64>,
    /// Tones below this many Hz die away from echo to echo, 6 dB per octave. Default: none do.
    #[schemars(range(min = 1, max = 100_000))]
    pub hp: Option<f64>,
    /// Share of the echoes, 0 to 1; the rest is the dry sound. Default: 1 on a return, 0.35 on a strip.
    #[schemars(range(min = 0, max = 1))]
    pub mix: Option<f64>,
    /// Leave the delay out. Default: false.
    pub bypass: bool,
}

impl DelaySettings {
    /// Everything that cannot be carried out.
    pub fn check(&self, setup: Setup) -> Vec<Fault> {
        use Step::Key;
        let mut check = Check::default();
        let numbers = [
            ("ms", self.ms, TIME),
            ("feedback", self.feedback, FEEDBACK),
            ("mix", self.mix, MIX),
        ];
        for (key, value, limits) in numbers {
            if let Some(value) = value {
                check.within(&[Key(key)], &format!("`{key}`"), value, limits);
            }
        }
        for (key, hz) in [("damp", self.damp), ("hp", self.hp)] {
            if let Some(hz) = hz {
                check.frequency(&[Key(key)], &format!("`{key}`"), hz, setup.rate);
            }
        }
        let Some(note) = &self.note else {
            return check.faults;
        };
        let mut fault = |message: String, help: &str| {
            check.faults.push(Fault::new([Key("note")], message, help));
        };
        if self.ms.is_some() {
            fault(
                "`note` and `ms` are both given".to_owned(),
                "leave one of them out",
            );
        }
        match (quarters(note), setup.bpm) {
            (None, _) => fault(
                format!("\"{note}\" is not a note"),
                "write \"1/4\", \"1/8d\" (dotted) or \"1/4t\" (triplet)",
            ),
            (Some(_), None) => fault(
                "a note needs a tempo, and there is none".to_owned(),
                "add bpm to [song], or write `ms`",
            ),
            (Some(quarters), Some(bpm)) => {
                let ms = quarters * 60_000.0 / bpm;
                if !TIME.holds(ms) {
                    let help = format!("allowed is {} to {} ms", TIME.min, TIME.max);
                    fault(format!("\"{note}\" lasts {ms:.0} ms at this tempo"), &help);
                }
            }
        }
        check.faults
    }

    /// The time in ms that its note lasts at a tempo in quarter notes per minute; `None` if the time is not that of a
    /// note.
    pub fn note_ms(&self, bpm: f64) -> Option<f64> {
        let note = match (&self.note, self.ms) {
            (Some(note), _) => note.as_str(),
            (None, None) => USUAL_NOTE,
            (None, Some(_)) => return None,
        };
        quarters(note).map(|quarters| quarters * 60_000.0 / bpm)
    }

    /// Builds the delay; its values have been checked.
    pub(in crate::effect) fn build(&self, setup: Setup) -> Box<dyn Spread> {
        let ms = self.ms.or(setup.bpm.and_then(|bpm| self.note_ms(bpm)));
        let mix = self.mix.unwrap_or(match setup.outputs {
            Some(_) => 1.0,
            None => INSERTED_MIX,
        });
        // At the slowest tempo there is.
        let longest_ms = self.note_ms(SLOWEST_BPM).map_or(0.0, |ms| ms.min(TIME.max));
        Box::new(Delay::new(
            self,
            ms.unwrap_or(USUAL_MS),
            longest_ms,
            mix,
            setup,
        ))
    }
}

/// Quarter notes that a note lasts: "1/4", "3/8", "1/8d", "1/4t".
fn quarters(note: &str) -> Option<f64> {
    let (note, factor) = match note.as_bytes().last()? {
        b'd' => (&note[..note.len() - 1], 1.5),
        b't' => (&note[..note.len() - 1], 2.0 / 3.0),
        _ => (note, 1.0),
    };
    let (count, unit) = note.split_once('/')?;
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| (1..=64).contains(n));
    let (count, unit) = (number(count)?, number(unit)?);
    unit.is_power_of_two()
        .then(|| 4.0 * f64::from(count) / f64::from(unit) * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_last_as_long_as_they_should() {
        for (note, expected) in [
            ("1/4", Some(1.0)),
            ("1/8d", Some(0.75)),
            ("1/4t", Some(2.0 / 3.0)),
            ("1/16", Some(0.25)),
            ("1/1", Some(4.0)),
            ("3/8", Some(1.5)),
            ("1/3", None),
            ("0/4", None),
            ("1/4x", None),
            ("", None),
            ("d", None),
            ("1/é", None),
        ] {
            let found = quarters(note);
            let same = match (found, expected) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a == b,
            };
            assert!(same, "{note}: {found:?}");
        }
    }
}
