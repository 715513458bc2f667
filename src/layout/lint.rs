//! What is odd about a layout that is valid: the rules behind `umbel layout check`.

use std::ops::Range;
use std::path::Path;

use super::rules::angle_deg;
use super::surround::all_on_one_side;
use super::{AngleRange, Layout, Speaker, library};
use crate::error::{Finding, Severity, line_column};
use crate::geometry::Direction;
use crate::units::Gain;

/// Speed of sound in air at 20 degrees Celsius in m/s (331.3 + 0.606 T).
const SPEED_OF_SOUND: f64 = 343.0;
/// Mirrored speakers may differ by this much.
const SYMMETRY_DEG: f64 = 1.0;
/// A speaker farther than this from the mirrored place of another is not meant as its partner.
const PARTNER_DEG: f64 = 20.0;
/// Phantom images across more than this are unsteady.
const WIDE_GAP_DEG: f64 = 60.0;
/// Speakers whose elevations differ by less belong to one layer.
const LAYER_DEG: f64 = 12.0;

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

/// Where a layout was read from, for the place of a remark.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file, or the name of a built-in layout.
    pub path: &'a Path,
    /// The file's text; empty for a built-in layout.
    pub text: &'a str,
    /// Byte range of each channel's label in the text; empty for a built-in layout.
    pub rows: &'a [Range<usize>],
    /// The largest distance in metres, if the file gives distances.
    pub radius_m: Option<f64>,
}

/// Remarks on a valid layout, in the order of the rules.
pub fn lint(layout: &Layout, source: &Source<'_>) -> Vec<Finding> {
    let mut remarks = Vec::new();
    remarks.extend(asymmetry(layout));
    remarks.extend(out_of_range(layout));
    remarks.extend(does_not_surround(layout));
    remarks.extend(wide_gaps(layout));
    remarks.extend(second_lfe(layout));
    remarks.extend(uncompensated(layout, source.radius_m));
    remarks
        .into_iter()
        .map(|remark| {
            let span = remark.channel.and_then(|channel| source.rows.get(channel));
            Finding {
                code: remark.code,
                severity: remark.severity,
                path: source.path.to_path_buf(),
                line_column: span.map(|span| line_column(source.text, span.start)),
                span: span.cloned(),
                message: remark.message,
                label: remark.label.to_owned(),
                help: remark.help,
            }
        })
        .collect()
}

struct Remark {
    code: &'static str,
    severity: Severity,
    channel: Option<usize>,
    /// Short words under the underlined label.
    label: &'static str,
    message: String,
    help: String,
}

/// Channels that are panned to, with their numbers and directions.
fn speakers(layout: &Layout) -> Vec<(usize, &Speaker, Direction)> {
    layout
        .speakers
        .iter()
        .enumerate()
        .filter(|(_, speaker)| !speaker.lfe)
        .map(|(channel, speaker)| (channel, speaker, speaker.direction()))
        .collect()
}

fn mirrored(direction: Direction) -> Direction {
    Direction::new(-direction.x, direction.y, direction.z)
}

/// U420: a speaker whose mirror image is no speaker.
fn asymmetry(layout: &Layout) -> Vec<Remark> {
    let speakers = speakers(layout);
    let mut remarks = Vec::new();
    for &(channel, speaker, direction) in &speakers {
        let image = mirrored(direction);
        let nearest = speakers
            .iter()
            .map(|&(other, partner, there)| (angle_deg(image, there), other, partner))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((off_deg, other, partner)) = nearest else {
            continue;
        };
        if off_deg <= SYMMETRY_DEG {
            continue;
        }
        let (message, help) = if off_deg > PARTNER_DEG {
            (
                format!("{} has no counterpart on the other side", place_of(speaker)),
                "sounds will lean towards the side with more speakers".to_owned(),
            )
        } else if other == channel {
            (
                format!(
                    "{} is {:.1} degrees off the middle",
                    place_of(speaker),
                    off_deg / 2.0
                ),
                "the middle is azimuth 0 or 180".to_owned(),
            )
        } else if other > channel {
            (
                format!(
                    "{} and {} are not mirror images: {off_deg:.1} degrees off",
                    place_of(speaker),
                    place_of(partner)
                ),
                "images will lean to one side".to_owned(),
            )
        } else {
            continue; // Said with the other one of the pair.
        };
        remarks.push(Remark {
            code: "U420",
            severity: Severity::Warning,
            channel: Some(channel),
            label: "no mirror image",
            message,
            help,
        });
    }
    remarks
}

/// U421: outside the range the file or the standard gives for the label.
fn out_of_range(layout: &Layout) -> Vec<Remark> {
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

/// U422: all speakers in one half of the space round the listener.
fn does_not_surround(layout: &Layout) -> Vec<Remark> {
    let directions: Vec<Direction> = speakers(layout).iter().map(|s| s.2).collect();
    if all_on_one_side(&directions).is_none() {
        return Vec::new();
    }
    let side: Direction = directions.iter().sum();
    let where_to = match (side.x.abs(), side.y.abs(), side.z.abs()) {
        (x, y, z) if z >= x && z >= y => ["above", "below"][usize::from(side.z < 0.0)],
        (x, y, _) if y >= x => ["in front", "behind"][usize::from(side.y < 0.0)],
        _ => ["to the right", "to the left"][usize::from(side.x < 0.0)],
    };
    vec![Remark {
        code: "U422",
        severity: Severity::Warning,
        channel: None,
        label: "",
        message: format!("the layout does not surround the listener: all speakers are {where_to}"),
        help: "sounds from elsewhere are played by the nearest speakers, at full level".to_owned(),
    }]
}

/// U423: neighbours in one layer far apart.
fn wide_gaps(layout: &Layout) -> Vec<Remark> {
    let mut by_elevation = speakers(layout);
    by_elevation.sort_by(|a, b| a.1.polar().1.total_cmp(&b.1.polar().1));
    let layers = by_elevation
        .chunk_by(|a, b| b.1.polar().1 - a.1.polar().1 < LAYER_DEG)
        .filter(|layer| layer.len() >= 3);
    let mut gaps: Vec<(f64, String)> = Vec::new();
    for layer in layers {
        let mut ring = layer.to_vec();
        ring.sort_by(|a, b| b.1.polar().0.total_cmp(&a.1.polar().0));
        for (index, here) in ring.iter().enumerate() {
            let next = &ring[(index + 1) % ring.len()];
            // Upper and lower layers need not go all the way round.
            let turn_deg = (here.1.polar().0 - next.1.polar().0).rem_euclid(360.0);
            if turn_deg > 180.0 && here.1.polar().1.abs() > LAYER_DEG {
                continue;
            }
            let gap_deg = angle_deg(here.2, next.2);
            if gap_deg > WIDE_GAP_DEG + 0.01 {
                gaps.push((
                    gap_deg,
                    format!("{} to {} {gap_deg:.0}", here.1.label, next.1.label),
                ));
            }
        }
    }
    if gaps.is_empty() {
        return Vec::new();
    }
    gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
    let more = gaps.len().saturating_sub(6);
    let mut list: Vec<String> = gaps.into_iter().take(6).map(|(_, gap)| gap).collect();
    if more > 0 {
        list.push(format!("and {more} more"));
    }
    vec![Remark {
        code: "U423",
        severity: Severity::Note,
        channel: None,
        label: "",
        message: format!(
            "neighbours more than {WIDE_GAP_DEG} degrees apart: {}",
            list.join(", ")
        ),
        help: "phantom images between them are unsteady".to_owned(),
    }]
}

/// U424: LFE content goes to the first LFE only.
fn second_lfe(layout: &Layout) -> Vec<Remark> {
    let lfe: Vec<usize> = (0..layout.channels())
        .filter(|&channel| layout.speakers[channel].lfe)
        .collect();
    lfe.get(1)
        .map(|&second| Remark {
            code: "U424",
            severity: Severity::Note,
            channel: Some(second),
            label: "silent",
            message: format!(
                "{} LFE channels: LFE sends go to \"{}\", the others stay silent",
                lfe.len(),
                layout.speakers[lfe[0]].label
            ),
            help: String::new(),
        })
        .into_iter()
        .collect()
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
fn uncompensated(layout: &Layout, radius_m: Option<f64>) -> Vec<Remark> {
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

fn place_of(speaker: &Speaker) -> String {
    let (azimuth, elevation, _) = speaker.polar();
    let round = |degrees: f64| (degrees * 10.0).round() / 10.0 + 0.0;
    format!(
        "speaker \"{}\" (az {}, el {})",
        speaker.label,
        round(azimuth),
        round(elevation)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{find, read};

    /// Remarks on a built-in layout.
    fn of(layout: &Layout) -> Vec<Finding> {
        let source = Source {
            path: Path::new(&layout.name),
            text: "",
            rows: &[],
            radius_m: None,
        };
        lint(layout, &source)
    }

    fn codes(text: &str) -> Vec<(&'static str, String)> {
        let reading = read(text, Path::new("test.toml"));
        let layout = reading.layout.expect("valid");
        let source = Source {
            path: Path::new("test.toml"),
            text,
            rows: &reading.rows,
            radius_m: reading.radius_m,
        };
        lint(&layout, &source)
            .into_iter()
            .map(|finding| (finding.code, finding.message + " " + &finding.help))
            .collect()
    }

    #[test]
    fn built_in_layouts_are_symmetric_and_within_their_ranges() {
        for layout in library() {
            for finding in of(layout) {
                assert!(
                    finding.severity == Severity::Note || finding.code == "U422",
                    "{}: {finding:?}",
                    layout.name
                );
            }
        }
    }

    #[test]
    fn a_centre_off_the_middle_and_an_uneven_pair_are_named() {
        let found = codes(
            r#"speakers = [
              { label = "L", az = 30 }, { label = "R", az = -36 }, { label = "C", az = 4 },
              { label = "B", az = 180 }, { label = "S", az = 90 },
            ]"#,
        );
        let asymmetric: Vec<_> = found.iter().filter(|(code, _)| *code == "U420").collect();
        assert_eq!(asymmetric.len(), 3, "{found:?}");
        assert!(asymmetric[0].1.contains("\"L\"") && asymmetric[0].1.contains("6.0 degrees"));
        assert!(asymmetric[1].1.contains("4.0 degrees off the middle"));
        assert!(asymmetric[2].1.contains("\"S\"") && asymmetric[2].1.contains("no counterpart"));
    }

    #[test]
    fn a_standard_label_out_of_its_range_is_named_with_the_range() {
        let text = |surround: f64| {
            format!(
                r#"speakers = [
                  {{ label = "M+030", az = 30 }}, {{ label = "M-030", az = -30 }}, {{ label = "M+000", az = 0 }},
                  {{ label = "LFE1", lfe = true }},
                  {{ label = "M+110", az = {surround} }}, {{ label = "M-110", az = -{surround} }},
                ]"#
            )
        };
        let found = codes(&text(130.0));
        let ranges: Vec<_> = found.iter().filter(|(code, _)| *code == "U421").collect();
        assert_eq!(ranges.len(), 2, "{found:?}");
        assert!(ranges[0].1.contains("az 100 to 120"), "{ranges:?}");
        assert!(!codes(&text(115.0)).iter().any(|(code, _)| *code == "U421"));
    }

    #[test]
    fn unequal_distances_ask_for_the_delay_and_gain_of_adriaensen() {
        let found = codes(
            r#"speakers = [
              { label = "L", az = 45, dist = 3.43 }, { label = "R", az = -45, dist = 1.715 },
              { label = "B", az = 180, dist = 3.43 },
            ]"#,
        );
        let text = &found
            .iter()
            .find(|(code, _)| *code == "U425")
            .expect("U425")
            .1;
        assert!(text.contains("R: delay = 5.00, gain = -6.0"), "{text}");
        assert!(text.contains("L: delay = 0.00, gain = 0.0"), "{text}");
    }

    #[test]
    fn stereo_does_not_surround_and_surround_has_gaps() {
        let codes = |name: &str| {
            let findings = of(&find(name).expect("built in"));
            findings
                .iter()
                .map(|finding| finding.code)
                .collect::<Vec<_>>()
        };
        assert_eq!(codes("stereo"), ["U422"]);
        assert_eq!(codes("5.1"), ["U423"]);
        assert_eq!(codes("ring8-pairs"), [""; 0]);
        assert_eq!(codes("22.2"), ["U424"]);
    }
}
