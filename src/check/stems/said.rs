//! Rules about what is said of stems: their names, their manifest, tempo and key.

use std::collections::BTreeMap;
use std::path::Path;

use super::Report;
use super::heard::Stem;
use super::manifest::Manifest;
use super::names::{is_default, parts};
use super::rules::{MANIFEST, NAME, NOTES};
use crate::Result;
use crate::error::Severity;

/// Rule 5; gives the tempo that the names agree on.
pub(super) fn names(stems: &[Stem], report: &mut Report) -> Option<f64> {
    let severity = if report.hand_off {
        Severity::Error
    } else {
        Severity::Warning
    };
    let mut read = Vec::new();
    for stem in stems {
        let name = Path::new(&stem.file)
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        match parts(&name) {
            _ if is_default(&name) => {
                let message = format!("\"{name}\" is a workstation's default name");
                report.add_as(
                    severity,
                    NAME,
                    &stem.path,
                    message,
                    "name it after what it holds: SubBass_124_Am.wav",
                );
            }
            Err(reason) => {
                report.add_as(
                    severity,
                    NAME,
                    &stem.path,
                    format!("\"{name}\": {reason}"),
                    "StemName_BPM_Key, as in SubBass_124_Am.wav",
                );
            }
            Ok(parts) => read.push((stem, parts)),
        }
    }
    // What differs from most is wrong; the tempo in thousandths, so that it can be counted.
    let thousandths = |bpm: f64| (bpm * 1000.0).round() as u64;
    let mut counts: BTreeMap<(u64, String), usize> = BTreeMap::new();
    for (_, parts) in &read {
        *counts
            .entry((thousandths(parts.bpm), parts.key.clone()))
            .or_default() += 1;
    }
    let ((bpm, key), _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    for (stem, parts) in &read {
        if thousandths(parts.bpm) != bpm || parts.key != key {
            let message = format!(
                "it says {} {}; most stems say {} {key}",
                parts.bpm,
                parts.key,
                bpm as f64 / 1000.0
            );
            report.add_as(
                Severity::Error,
                NAME,
                &stem.path,
                message,
                "one song has one tempo and one key in its names",
            );
        }
    }
    Some(bpm as f64 / 1000.0)
}

/// Rules 20 and 21.
pub(super) fn said(
    stems: &[Stem],
    manifest: Option<&Manifest>,
    reference: Option<&Path>,
    has_tempo: bool,
    report: &mut Report,
) -> Result<()> {
    let folder = report.folder.clone();
    if let Some(manifest) = manifest {
        for (file, difference) in manifest.differences(&folder, stems)? {
            report.add(
                MANIFEST,
                &folder.join(&file),
                difference,
                "export the stems again, all at once",
            );
        }
    }
    if !report.hand_off {
        return Ok(());
    }
    if !has_tempo && !manifest.is_some_and(Manifest::has_notes) {
        let message = "neither names nor a manifest say tempo and key".to_owned();
        report.add(NOTES, &folder, message, "`umbel export stems` writes both");
    }
    if reference.is_none() {
        let message = "there is no reference mix to hold them against".to_owned();
        report.add(
            NOTES,
            &folder,
            message,
            "send the mix as well, and check with --reference mix.wav",
        );
    }
    Ok(())
}
