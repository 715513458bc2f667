//! Places that a label allows (U421).

use super::super::{AngleRange, Layout, Speaker, library};
use super::{Remark, place_of, speakers};
use crate::error::Severity;

/// U421: outside the range the file or the standard gives for the label.
pub(super) fn out_of_range(layout: &Layout) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (channel, speaker, _) in speakers(layout) {
        let (azimuth, elevation, _) = speaker.polar();
        let (allowed, severity) = allowed_ranges(layout, speaker);
        let fits = |(az, el): &(Option<AngleRange>, Option<AngleRange>)| {
            az.is_none_or(|range| within_azimuths(range, azimuth))
                && el.is_none_or(|range| {
                    range.min - 0.01 <= elevation && elevation <= range.max + 0.01
                })
        };
        if allowed.is_empty() || allowed.iter().any(fits) {
            continue;
        }
        let ranges: Vec<String> = allowed.iter().take(3).map(described).collect();
        remarks.push(Remark {
            code: "U421",
            severity,
            channel: Some(channel),
            label: "out of range",
            message: format!("{} is outside the range of its label", place_of(speaker)),
            help: format!("allowed: {}", ranges.join(" or ")),
        });
    }
    remarks
}

/// An allowed azimuth range and an allowed elevation range, where there are such.
type Ranges = (Option<AngleRange>, Option<AngleRange>);

/// The ranges a speaker must keep to and how bad it is if it does not: its own, else those of the
/// BS.2051 layout with the same labels, else, less binding, those of all that have the label.
fn allowed_ranges(layout: &Layout, speaker: &Speaker) -> (Vec<Ranges>, Severity) {
    let own = (speaker.azimuth_range, speaker.elevation_range);
    if own.0.is_some() || own.1.is_some() {
        return (vec![own], Severity::Warning);
    }
    let labels_of = |layout: &Layout| {
        let labels = layout.speakers.iter().map(|s| s.label.clone());
        labels.collect::<std::collections::BTreeSet<String>>()
    };
    let labels = labels_of(layout);
    let standard = || {
        let known = library().iter();
        known.filter(|known| known.title.starts_with("ITU-R BS.2051"))
    };
    let same = standard().find(|known| labels_of(known) == labels);
    let mut ranges: Vec<Ranges> = standard()
        .filter(|known| same.is_none_or(|same| same.name == known.name))
        .filter_map(|known| known.speakers.iter().find(|s| s.label == speaker.label))
        .map(|s| (s.azimuth_range, s.elevation_range))
        .collect();
    ranges.dedup();
    let severity = if same.is_some() {
        Severity::Warning
    } else {
        Severity::Note
    };
    (ranges, severity)
}

fn within_azimuths(range: AngleRange, azimuth_deg: f64) -> bool {
    // ±180 are one place, so an azimuth is tried in both readings.
    [azimuth_deg, azimuth_deg + 360.0, azimuth_deg - 360.0]
        .iter()
        .any(|azimuth| {
            let max = if range.max < range.min {
                range.max + 360.0
            } else {
                range.max
            };
            range.min - 0.01 <= *azimuth && *azimuth <= max + 0.01
        })
}

fn described((azimuths, elevations): &(Option<AngleRange>, Option<AngleRange>)) -> String {
    let range = |name: &str, range: &Option<AngleRange>| {
        range
            .as_ref()
            .map(|range| format!("{name} {} to {}", range.min, range.max))
    };
    [range("az", azimuths), range("el", elevations)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}
