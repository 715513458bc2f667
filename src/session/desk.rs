//! The desk of a session: chains, sends, returns and what moves them, from keys to [`crate::mix`].

use std::collections::BTreeMap;

use super::keyframe::Keyframe;
use super::movement;
use super::schema::{Automation, CurveKey, Level, ParameterValue, ReturnKeys, SendKeys, Sends};
use super::time::TimeLine;
use crate::effect::{Settings, Tap};
use crate::mix::{AuxSend, GainCurve, GainPoint, Lane, LanePoint};
use crate::scene::Curve;
use crate::units::{Decibels, Frames, SampleRate};

/// Seconds in which a level that steps arrives: no click, and no audible ramp.
const STEP_SECONDS: f64 = 0.005;

/// The parameter of a delay that its note sets.
const DELAY_TIME: &str = "ms";

/// The lanes of a chain, and those of its delays where the song's tempo changes. Names have been checked: what names
/// nothing is left out.
pub(super) fn lanes(chain: &[Settings], automation: &Automation, line: &TimeLine) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = automation
        .iter()
        .filter_map(|(name, keyframes)| {
            let (entry, parameter) = parameter(chain, name)?;
            Some(Lane {
                entry,
                parameter: parameter.to_owned(),
                points: points(keyframes, line),
            })
        })
        .collect();
    for (entry, settings) in chain.iter().enumerate() {
        let Settings::Delay(delay) = settings else {
            continue;
        };
        let is_automated = |lane: &Lane| lane.entry == entry && lane.parameter == DELAY_TIME;
        if delay.bypass || line.tempi().count() < 2 || lanes.iter().any(is_automated) {
            continue;
        }
        let points = line.tempi().filter_map(|(at, bpm)| {
            Some(LanePoint {
                at,
                value: delay.note_ms(bpm)?,
                curve: Curve::Step,
            })
        });
        let points: Vec<LanePoint> = points.collect();
        if !points.is_empty() {
            lanes.push(Lane {
                entry,
                parameter: DELAY_TIME.to_owned(),
                points,
            });
        }
    }
    lanes
}

/// The entry of the chain and its parameter that "eq.bell.1.db" or "eq-2.bell.1.db" names.
pub(super) fn parameter<'n>(chain: &[Settings], name: &'n str) -> Option<(usize, &'n str)> {
    let (processor, parameter) = name.split_once('.')?;
    let same_word = |word: &str, nth: usize| {
        let entries = chain.iter().enumerate();
        let mut entries = entries.filter(|(_, settings)| settings.word() == word);
        entries.nth(nth).map(|(entry, _)| entry)
    };
    let entry = same_word(processor, 0).or_else(|| {
        let (word, number) = processor.rsplit_once('-')?;
        let number: usize = number.parse().ok()?;
        same_word(word, number.checked_sub(1)?)
    })?;
    Some((entry, parameter))
}

fn points(keyframes: &[Keyframe<ParameterValue>], line: &TimeLine) -> Vec<LanePoint> {
    let point = |keyframe: &Keyframe<ParameterValue>| LanePoint {
        at: movement::frame(&keyframe.at, line),
        value: keyframe.value.0,
        curve: curve(keyframe.curve),
    };
    keyframes.iter().map(point).collect()
}

/// The sends of a strip. Returns have been checked: what names nothing is left out.
pub(super) fn sends(
    sends: &Sends,
    returns: &[ReturnKeys],
    line: &TimeLine,
    rate: SampleRate,
) -> Vec<AuxSend> {
    let found = |(name, send): (&String, &SendKeys)| {
        let (level, tap) = match send {
            SendKeys::Level(level) => (level, Tap::Post),
            SendKeys::Tapped(tapped) => (&tapped.db, tapped.tap),
        };
        Some(AuxSend {
            to: returns.iter().position(|r| r.name == *name)?,
            level: gain_curve(level, line, rate),
            tap,
        })
    };
    let all: Vec<AuxSend> = sends.iter().filter_map(found).collect();
    // A send that is off throughout is not there.
    let silent = |send: &AuxSend| send.level.is_constant() && send.level.at(Frames(0)).0 <= 0.0;
    all.into_iter().filter(|send| !silent(send)).collect()
}

/// The curves of a fader; unity is left out.
pub(super) fn fader(level: Option<&Level>, line: &TimeLine, rate: SampleRate) -> Vec<GainCurve> {
    let curve = level.map(|level| gain_curve(level, line, rate));
    let unity =
        |curve: &GainCurve| curve.is_constant() && (curve.at(Frames(0)).0 - 1.0).abs() < 1e-12;
    curve.into_iter().filter(|curve| !unity(curve)).collect()
}

/// A level as written, on the time line. The session has been checked, so every time has its place. A step
/// becomes a fade of 5 ms that begins at its keyframe.
fn gain_curve(level: &Level, line: &TimeLine, rate: SampleRate) -> GainCurve {
    let keyframes = match level {
        Level::Constant(db) => return GainCurve::constant(Decibels(*db)),
        Level::Keyframes(keyframes) => keyframes,
    };
    let fade = rate.frame_at(STEP_SECONDS).0;
    let times: Vec<u64> = keyframes
        .iter()
        .map(|keyframe| movement::frame(&keyframe.at, line).0)
        .collect();
    let mut points: Vec<GainPoint> = Vec::new();
    for (index, keyframe) in keyframes.iter().enumerate() {
        let level = Decibels(keyframe.value.0);
        let at = times[index];
        let point = |at: u64, level, curve| GainPoint {
            at: Frames(at),
            level,
            curve,
        };
        match (
            curve(keyframe.curve),
            points.last().map(|before| before.level),
        ) {
            (Curve::Step, Some(before)) => {
                let next = times.get(index + 1).copied().unwrap_or(u64::MAX);
                points.push(point(at, before, Curve::Linear));
                points.push(point(
                    at.saturating_add(fade).min(next),
                    level,
                    Curve::Linear,
                ));
            }
            (shape, _) => points.push(point(at, level, shape)),
        }
    }
    GainCurve::new(points)
}

pub(super) fn curve(key: Option<CurveKey>) -> Curve {
    match key.unwrap_or_default() {
        CurveKey::Linear => Curve::Linear,
        CurveKey::Smooth => Curve::Smooth,
        CurveKey::Step => Curve::Step,
    }
}

/// The stems and groups that compressors of `chains` are keyed by.
pub(super) fn keyed_by<'a>(chains: impl Iterator<Item = &'a [Settings]>) -> Vec<&'a str> {
    let mut names: BTreeMap<&str, ()> = BTreeMap::new();
    for settings in chains.flatten().filter(|settings| !settings.is_bypassed()) {
        if let Some(key) = settings.key() {
            names.insert(key.from(), ());
        }
    }
    names.into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::super::time::{BarBeat, Meter, TempoChange};
    use super::*;
    use crate::effect::DelaySettings;

    #[test]
    fn delays_in_notes_follow_the_tempo() {
        let change = |bar, bpm| TempoChange {
            at: BarBeat { bar, beat: 1.0 },
            bpm,
        };
        let rate = SampleRate(48_000);
        let line = |tempo: &[TempoChange]| TimeLine::new(rate, tempo, Meter::COMMON).unwrap();
        let of_note = DelaySettings {
            note: Some("1/4".to_owned()),
            ..DelaySettings::default()
        };
        let of_ms = DelaySettings {
            ms: Some(250.0),
            ..DelaySettings::default()
        };
        let bypassed = DelaySettings {
            bypass: true,
            ..of_note.clone()
        };
        let chain = [of_ms, bypassed, of_note].map(Settings::Delay);
        let none = Automation::default();
        // Two bars at 120, then 90.
        let found = lanes(&chain, &none, &line(&[change(1, 120.0), change(3, 90.0)]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].entry, found[0].parameter.as_str()), (2, "ms"));
        let points = &found[0].points;
        let places: Vec<u64> = points.iter().map(|point| point.at.0).collect();
        assert_eq!(places, [0, 192_000]);
        assert!((points[0].value - 500.0).abs() < 1e-9);
        assert!((points[1].value - 60_000.0 / 90.0).abs() < 1e-9);
        assert!(lanes(&chain, &none, &line(&[change(1, 120.0)])).is_empty());
    }
}
