//! What is odd about a layout that is valid: the rules behind `umbel layout check`.

use std::ops::Range;
use std::path::Path;

mod coverage;
mod distances;
mod ranges;
mod symmetry;

pub use distances::{Compensation, compensation};

use super::{Layout, Speaker};
use crate::error::{Finding, Severity, line_column};
use crate::geometry::Direction;

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
    remarks.extend(symmetry::asymmetry(layout));
    remarks.extend(ranges::out_of_range(layout));
    remarks.extend(coverage::does_not_surround(layout));
    remarks.extend(coverage::wide_gaps(layout));
    remarks.extend(second_lfe(layout));
    remarks.extend(distances::uncompensated(layout, source.radius_m));
    remarks.extend(half_a_room(layout));
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

/// U426: places in the room cube count only if every loudspeaker has one.
fn half_a_room(layout: &Layout) -> Vec<Remark> {
    let (with, without): (Vec<_>, Vec<_>) = speakers(layout)
        .into_iter()
        .partition(|(_, speaker, _)| speaker.room.is_some());
    let (false, Some((channel, ..))) = (with.is_empty(), without.first()) else {
        return Vec::new();
    };
    let labels: Vec<String> = without
        .iter()
        .take(6)
        .map(|(_, speaker, _)| format!("\"{}\"", speaker.label))
        .collect();
    let more = match without.len() - labels.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let have = if without.len() == 1 { "has" } else { "have" };
    vec![Remark {
        code: "U426",
        severity: Severity::Warning,
        channel: Some(*channel),
        label: "no \"room\"",
        message: format!(
            "\"room\" of {} of {} speakers is ignored: {}{more} {have} none",
            with.len(),
            with.len() + without.len(),
            labels.join(", ")
        ),
        help: "give every speaker room = [x, y, z], or none".to_owned(),
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
    use super::super::library;
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
    fn a_layout_that_was_never_meant_to_be_symmetric_is_one_remark() {
        let rows: Vec<String> = (0..64)
            .map(|i| {
                let (azimuth, elevation) = (f64::from(i) * 137.508 % 360.0, f64::from(i) * 1.4);
                format!("{{ label = \"S{i}\", az = {azimuth}, el = {elevation} }}")
            })
            .collect();
        let found = codes(&format!("speakers = [\n{}\n]", rows.join(",\n")));
        let uneven: Vec<_> = found.iter().filter(|(code, _)| *code == "U420").collect();
        assert_eq!(uneven.len(), 1, "{found:?}");
        assert!(uneven[0].1.contains("of 64 speakers"), "{uneven:?}");
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
        assert!(!text.contains("L: ") && !text.contains("B: "), "{text}");
    }

    #[test]
    fn only_what_makes_up_for_distances_silences_their_warning() {
        let warned = |left: &str, right: &str, back: &str, more: &str| {
            let found = codes(&format!(
                r#"speakers = [
                  {{ label = "L", az = 45, dist = 3{left} }}, {{ label = "R", az = -45, dist = 1{right} }},
                  {{ label = "B", az = 180, dist = 2{back} }}{more},
                ]"#
            ));
            let mut of_distances = found.into_iter().filter(|(code, _)| *code == "U425");
            of_distances.next().map(|(_, words)| words)
        };
        let (right, back) = (", delay = 5.83, gain = -9.5", ", delay = 2.9, gain = -3.5");
        assert_eq!(warned("", right, back, ""), None);
        // All later and softer alike is as good; so is what is rounded.
        let later = (", delay = 6, gain = -10", ", delay = 3, gain = -4");
        assert_eq!(warned("", later.0, later.1, ""), None);
        let all = (
            ", delay = 10",
            ", delay = 15.8, gain = -9.5",
            ", delay = 12.9, gain = -3.5",
        );
        assert_eq!(warned(all.0, all.1, all.2, ""), None);
        for (left, right, back, more) in [
            ("", "", "", ""),
            ("", "", "", ", { label = \"Sub\", lfe = true, gain = 3 }"),
            ("", "", ", gain = -0.1", ""),
            (", delay = 5", "", "", ""),
            ("", right, "", ""),
            ("", ", delay = 5.83", ", delay = 2.9", ""),
        ] {
            let words = warned(left, right, back, more);
            assert!(words.is_some(), "{left}|{right}|{back}|{more}");
        }
        let words = warned(", delay = 5", "", "", "").unwrap_or_default();
        for part in [
            "10.8 ms and 9.5 dB apart",
            "L: delay = 0.00, gain = 0.0",
            "R: delay = 5.83, gain = -9.5",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
        // Where the LFE stands is nobody's business.
        let far = codes(
            r#"speakers = [
              { label = "L", az = 45, dist = 2 }, { label = "R", az = -45, dist = 2 }, { label = "B", az = 180, dist = 2 },
              { label = "Sub", lfe = true, az = 0, dist = 4 },
            ]"#,
        );
        assert!(!far.iter().any(|(code, _)| *code == "U425"), "{far:?}");
    }

    #[test]
    fn a_room_that_is_not_everyones_is_said_to_be_ignored() {
        let of = |room_of_s: &str, room_of_lfe: &str| {
            codes(&format!(
                r#"speakers = [
                  {{ label = "L", az = 30, room = [-1, 1, 0] }}, {{ label = "R", az = -30, room = [1, 1, 0] }},
                  {{ label = "S", az = 180{room_of_s} }}, {{ label = "Sub", lfe = true{room_of_lfe} }},
                ]"#
            ))
        };
        let found = of("", ", room = [0, 1, -1]");
        let half: Vec<_> = found.iter().filter(|(code, _)| *code == "U426").collect();
        assert_eq!(half.len(), 1, "{found:?}");
        assert!(half[0].1.contains("2 of 3 speakers") && half[0].1.contains("\"S\" has none"));
        let whole = of(", room = [0, -1, 0]", "");
        assert!(!whole.iter().any(|(code, _)| *code == "U426"), "{whole:?}");
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
