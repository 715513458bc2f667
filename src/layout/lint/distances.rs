//! Loudspeakers at different distances (U425).

use super::super::{Layout, Speaker};
use super::Remark;
use crate::error::Severity;
use crate::units::Gain;

/// Speed of sound in air at 20 degrees Celsius in m/s (331.3 + 0.606 T).
const SPEED_OF_SOUND: f64 = 343.0;

/// What brings a speaker in line with the farthest one.
#[derive(Debug, Clone, PartialEq)]
pub struct Compensation {
    /// The speaker.
    pub label: String,
    /// Delay in ms: (d_max - d) / c with c = 343 m/s.
    pub delay_ms: f64,
    /// Gain in dB: 20 log10(d / d_max).
    pub gain_db: f64,
}

/// The delay and gain of each speaker that bring it in line with the farthest, for a layout whose
/// largest distance is `radius_m`; empty if all distances are equal.
pub fn compensation(layout: &Layout, radius_m: f64) -> Vec<Compensation> {
    let distances: Vec<f64> = layout.speakers.iter().map(|s| s.polar().2).collect();
    if distances.iter().all(|distance| *distance > 0.995) {
        return Vec::new();
    }
    layout
        .speakers
        .iter()
        .zip(distances)
        .map(|(speaker, distance)| Compensation {
            label: speaker.label.clone(),
            delay_ms: (1.0 - distance) * radius_m / SPEED_OF_SOUND * 1000.0,
            gain_db: Gain(distance).decibels().0,
        })
        .collect()
}

/// Most by which arrivals may differ once delays have made up for the distances, in ms: written delays are rounded.
const APART_MS: f64 = 1.0;

/// As [`APART_MS`], of levels in dB.
const APART_DB: f64 = 1.0;

/// U425: distances differ, delays and gains do not make up for it. LFE channels may stand and play as they like.
pub(super) fn uncompensated(layout: &Layout, radius_m: Option<f64>) -> Vec<Remark> {
    let speakers: Vec<&Speaker> = layout.speakers.iter().filter(|s| !s.lfe).collect();
    let distances = || speakers.iter().map(|speaker| speaker.polar().2);
    let farthest = distances().fold(0.0, f64::max);
    let Some(radius_m) = radius_m.filter(|_| !distances().all(|d| d > 0.995 * farthest)) else {
        return Vec::new();
    };
    // What each needs to be in line with the farthest, and how much of that, or more, it has.
    let wanted: Vec<(&Speaker, f64, f64)> = speakers
        .iter()
        .map(|speaker| {
            let distance = speaker.polar().2;
            let delay_ms = (farthest - distance) * radius_m / SPEED_OF_SOUND * 1000.0;
            (*speaker, delay_ms, Gain(distance / farthest).decibels().0)
        })
        .collect();
    let apart_ms = spread(wanted.iter().map(|(s, delay_ms, _)| s.delay_ms - delay_ms));
    let apart_db = spread(wanted.iter().map(|(s, _, gain_db)| s.gain_db - gain_db));
    let has_none = speakers
        .iter()
        .all(|speaker| speaker.delay_ms == 0.0 && speaker.gain_db == 0.0);
    let message = if has_none {
        format!(
            "distances differ and nothing makes up for it: sound arrives up to {apart_ms:.1} ms apart"
        )
    } else if apart_ms > APART_MS || apart_db > APART_DB {
        format!(
            "distances differ and delays and gains do not make up for it: sound arrives up to {apart_ms:.1} ms and \
             {apart_db:.1} dB apart"
        )
    } else {
        return Vec::new();
    };
    let keys: Vec<String> = wanted
        .iter()
        .filter(|(speaker, delay_ms, gain_db)| {
            (speaker.delay_ms - delay_ms).abs() >= 0.005
                || (speaker.gain_db - gain_db).abs() >= 0.05
        })
        .map(|(speaker, delay_ms, gain_db)| {
            format!(
                "{}: delay = {delay_ms:.2}, gain = {:.1}",
                speaker.label,
                gain_db + 0.0
            )
        })
        .collect();
    vec![Remark {
        code: "U425",
        severity: Severity::Warning,
        channel: None,
        label: "",
        message,
        help: format!("write {}", keys.join("; ")),
    }]
}

/// How far the largest of some values is from the smallest.
fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    values.fold(f64::NEG_INFINITY, f64::max) - least
}
