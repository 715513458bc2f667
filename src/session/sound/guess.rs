//! From features to a role. The limits were set on the stems of the demo song and on generated signals;
//! they are rough on purpose.

use super::Sound;
use crate::session::names::{Confidence, Role};

/// A role heard, with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// The role; `None` for silence.
    pub role: Option<&'static Role>,
    /// Never more than [`Confidence::Low`].
    pub confidence: Confidence,
    /// What was heard.
    pub reason: String,
}

impl Sound {
    /// The role this sounds like.
    pub fn guess(&self) -> Guess {
        if self.peak < 1e-5 {
            return Guess {
                role: None,
                confidence: Confidence::None,
                reason: "silent".to_owned(),
            };
        }
        let (id, heard) = self.likeness();
        Guess {
            role: Role::find(id),
            confidence: Confidence::Low,
            reason: format!("sounds {heard}"),
        }
    }

    fn likeness(&self) -> (&'static str, String) {
        let strokes = self.sustain < 0.35 && self.onsets_per_s > 0.5;
        let wide = self.side_to_mid_db.is_some_and(|db| db > -12.0);
        // A drum's beater clicks where a bass has nothing; its strokes are short.
        let beaten = self.onsets_per_s > 3.0 && (strokes || self.high_share > 3e-4);
        let percent = |share: f64| (100.0 * share).round();
        let centre = format!("centre at {:.0} Hz", self.centroid_hz);
        let low = format!("{} % below 120 Hz", percent(self.low_share));
        // Low sounds are recorded in the middle: a wide one is a pad or an effect with a deep part.
        if self.low_share > 0.45 && !wide {
            return match beaten {
                true => (
                    "kick",
                    format!("low and struck: {low}, {:.1} attacks/s", self.onsets_per_s),
                ),
                false if self.low_share > 0.75 => ("sub-bass", format!("low and held: {low}")),
                false => ("mid-bass", format!("low and held: {low}, {centre}")),
            };
        }
        if self.activity < 0.3 && self.activity * self.onsets_per_s < 0.6 && !strokes {
            let active = percent(self.activity);
            return ("fx", format!("rare: {active} % of the time, {centre}"));
        }
        if strokes && self.high_share > 0.5 {
            return ("hi-hats", format!("bright and struck: {centre}"));
        }
        if strokes && self.centroid_hz > 300.0 {
            return match wide || self.onsets_per_s > 5.0 {
                true => (
                    "percussion",
                    format!("struck and busy: {:.1} attacks/s", self.onsets_per_s),
                ),
                false => (
                    "snare",
                    format!("struck: {:.1} attacks/s, {centre}", self.onsets_per_s),
                ),
            };
        }
        if self.low_share > 0.15 && self.centroid_hz < 250.0 && !wide {
            return ("mid-bass", format!("low: {low}, {centre}"));
        }
        if wide && self.onsets_per_s < 2.0 {
            let side = self.side_to_mid_db.unwrap_or_default();
            return ("pad-synth", format!("held and wide: sides at {side:.0} dB"));
        }
        if self.onsets_per_s > 4.0 {
            return (
                "arp-synth",
                format!("quick notes: {:.1} attacks/s", self.onsets_per_s),
            );
        }
        (
            "synth",
            format!("melodic: {centre}, {:.1} attacks/s", self.onsets_per_s),
        )
    }
}
