//! Loudspeakers at different distances (U425).

use super::super::Layout;
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

/// U425: distances differ, delays and gains do not make up for it.
pub(super) fn uncompensated(layout: &Layout, radius_m: Option<f64>) -> Vec<Remark> {
    let wanted = radius_m.map_or_else(Vec::new, |radius_m| compensation(layout, radius_m));
    let has_none = layout
        .speakers
        .iter()
        .all(|speaker| speaker.delay_ms == 0.0 && speaker.gain_db == 0.0);
    if wanted.is_empty() || !has_none {
        return Vec::new();
    }
    let delays = wanted.iter().map(|c| c.delay_ms);
    let latest_ms = delays.fold(0.0, f64::max);
    let keys: Vec<String> = wanted
        .iter()
        .filter(|c| c.delay_ms >= 0.005)
        .map(|c| {
            format!(
                "{}: delay = {:.2}, gain = {:.1}",
                c.label,
                c.delay_ms,
                c.gain_db + 0.0
            )
        })
        .collect();
    vec![Remark {
        code: "U425",
        severity: Severity::Warning,
        channel: None,
        label: "",
        message: format!(
            "distances differ and nothing makes up for it: sound arrives up to {latest_ms:.1} ms apart"
        ),
        help: format!("write {}", keys.join("; ")),
    }]
}
