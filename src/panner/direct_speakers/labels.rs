//! What a channel's label says: the label of BS.2051 behind URNs and other houses' names, and LFE or not.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::scene::DirectSpeakers;

/// A channel whose band ends at or below this, in Hz, and begins at 0, is an LFE (ITU-R BS.2127).
const HIGHEST_LFE_HZ: f64 = 200.0;

/// The label of the LFE in Dolby's beds.
const DOLBY_LFE: &str = "RC_LFE";

/// `labels.toml`.
#[derive(Deserialize)]
struct Table {
    labels: Vec<(String, String)>,
}

/// Pairs of another name and the BS.2051 label, in the order of the file.
fn others() -> &'static [(String, String)] {
    static LABELS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    LABELS.get_or_init(|| {
        // The file is part of the program; a test reads it.
        let table: Result<Table, _> = toml::from_str(include_str!("labels.toml"));
        table.map(|table| table.labels).unwrap_or_default()
    })
}

/// Reads the table of labels, so that what follows allocates nothing.
pub(super) fn prepare() {
    others();
}

/// The BS.2051 label that `label` stands for: X of "urn:itu:bs:2051:0:speaker:X", "LFE1" for "LFE", the ITU
/// labels of Dolby's beds; else `label` as it is.
///
/// ```
/// use umbel::panner::nominal_label;
/// assert_eq!(nominal_label("RC_Lss"), "M+090");
/// assert_eq!(nominal_label("urn:itu:bs:2051:0:speaker:U+030"), "U+030");
/// ```
pub fn nominal(label: &str) -> &str {
    let label = of_urn(label).unwrap_or(label);
    let other = others().iter().find(|(name, _)| name == label);
    other.map_or(label, |(_, label)| label)
}

/// The last part of a loudspeaker's URN.
fn of_urn(label: &str) -> Option<&str> {
    let (version, label) = label
        .strip_prefix("urn:itu:bs:2051:")?
        .split_once(":speaker:")?;
    let digits = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(label)
}

/// Whether the label means an LFE.
pub(super) fn is_lfe_label(label: &str) -> bool {
    matches!(nominal(label), "LFE1" | "LFE2")
}

/// Whether the channel's band makes it an LFE.
fn has_lfe_band(speaker: &DirectSpeakers) -> bool {
    speaker.low_pass.is_some_and(|hz| hz <= HIGHEST_LFE_HZ) && speaker.high_pass.is_none()
}

/// Whether the channel is an LFE, by its band or by a label.
pub(crate) fn is_lfe(speaker: &DirectSpeakers) -> bool {
    has_lfe_band(speaker) || speaker.labels.iter().any(|label| is_lfe_label(label))
}

/// What is odd about a channel made for a loudspeaker, in words, for whoever reads it from a file: its
/// labels and its band do not agree on whether it is an LFE.
///
/// ```
/// use umbel::panner::speaker_remarks;
/// # use umbel::geometry::Position;
/// # use umbel::scene::DirectSpeakers;
/// let mut speaker = DirectSpeakers {
///     low_pass: Some(120.0),
///     ..DirectSpeakers::labelled("LFE", Position::FRONT)
/// };
/// assert!(speaker_remarks(&speaker).is_empty());
/// speaker.low_pass = None;
/// assert_eq!(speaker_remarks(&speaker).len(), 1);
/// ```
pub fn speaker_remarks(speaker: &DirectSpeakers) -> Vec<String> {
    let mut remarks = Vec::new();
    let quoted = || {
        let labels: Vec<String> = speaker.labels.iter().map(|l| format!("\"{l}\"")).collect();
        labels.join(", ")
    };
    if speaker.labels.is_empty() {
        return remarks;
    }
    let by_label = speaker.labels.iter().any(|label| is_lfe_label(label));
    match (has_lfe_band(speaker), by_label) {
        (true, false) => remarks.push(format!(
            "played as an LFE because of its band, but its label is {}",
            quoted()
        )),
        // The channels of a Dolby bed have no bands.
        (false, true) if speaker.low_pass.is_none() && speaker.labels == [DOLBY_LFE] => {}
        (false, true) => remarks.push(format!(
            "played as an LFE because of its label {}, but its band does not end at or below {HIGHEST_LFE_HZ} Hz",
            quoted()
        )),
        _ => {}
    }
    let mentions = |label: &String| label.to_uppercase().contains("LFE");
    if !is_lfe(speaker) && speaker.labels.iter().any(mentions) {
        remarks.push(format!(
            "not played as an LFE, though its label is {}; an LFE has the label LFE1 or LFE2, or a low-pass",
            quoted()
        ));
    }
    let band = speaker.low_pass.is_some() || speaker.high_pass.is_some();
    if band && !has_lfe_band(speaker) && !by_label {
        remarks.push("its frequency range is none of an LFE, and is not looked at".to_owned());
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::super::tests::speaker;
    use super::*;

    #[test]
    fn every_name_leads_to_a_label() {
        assert!(others().len() > 20, "the table does not read");
        for (label, expected) in [
            ("M+030", "M+030"),
            ("urn:itu:bs:2051:0:speaker:U-110", "U-110"),
            ("urn:itu:bs:2051:12:speaker:LFER", "LFE2"),
            (
                "urn:itu:bs:2051::speaker:M+030",
                "urn:itu:bs:2051::speaker:M+030",
            ),
            (
                "urn:itu:bs:2051:x:speaker:LFE",
                "urn:itu:bs:2051:x:speaker:LFE",
            ),
            ("urn:itu:bs:775:3:speaker:L", "urn:itu:bs:775:3:speaker:L"),
            ("LFE", "LFE1"),
            ("LFEL", "LFE1"),
            ("lfe", "lfe"),
            ("RC_LFE", "LFE1"),
            ("RC_Rts", "U-090"),
            ("RC_", "RC_"),
        ] {
            assert_eq!(nominal(label), expected, "{label}");
        }
    }

    #[test]
    fn a_side_of_a_dolby_bed_is_the_mirror_of_the_other() {
        for (name, label) in others().iter().filter(|(name, _)| name.starts_with("RC_L")) {
            if name == "RC_LFE" {
                continue;
            }
            let right = name.replacen("RC_L", "RC_R", 1);
            assert_eq!(nominal(&right), label.replace('+', "-"), "{name}");
        }
    }

    #[test]
    fn labels_and_bands_tell_an_lfe_and_disagreement_is_said() {
        /// Labels, low-pass and high-pass in Hz, whether it is an LFE, what is remarked.
        type Case<'a> = (&'a [&'a str], Option<f64>, Option<f64>, bool, &'a [&'a str]);
        let cases: [Case<'_>; 11] = [
            (&["LFE1"], Some(120.0), None, true, &[]),
            (
                &["urn:itu:bs:2051:0:speaker:LFE"],
                Some(120.0),
                None,
                true,
                &[],
            ),
            (&["LFE1"], None, None, true, &["because of its label"]),
            (&["RC_LFE"], None, None, true, &[]),
            (
                &["RC_LFE"],
                Some(8000.0),
                None,
                true,
                &["because of its label"],
            ),
            (
                &["M+000"],
                Some(200.0),
                None,
                true,
                &["because of its band"],
            ),
            (&["M+000"], Some(200.1), None, false, &["frequency range"]),
            (
                &["M+000"],
                Some(120.0),
                Some(20.0),
                false,
                &["frequency range"],
            ),
            (&["my lfe"], None, None, false, &["though its label"]),
            (
                &["my lfe"],
                Some(80.0),
                None,
                true,
                &["because of its band"],
            ),
            (&[], Some(80.0), None, true, &[]),
        ];
        for (labels, low_pass, high_pass, lfe, expected) in cases {
            let mut speaker = speaker(labels);
            (speaker.low_pass, speaker.high_pass) = (low_pass, high_pass);
            assert_eq!(is_lfe(&speaker), lfe, "{labels:?} {low_pass:?}");
            let remarks = speaker_remarks(&speaker);
            assert_eq!(remarks.len(), expected.len(), "{labels:?}: {remarks:?}");
            for (remark, expected) in remarks.iter().zip(expected) {
                assert!(remark.contains(expected), "{labels:?}: {remark}");
            }
        }
    }
}
