//! Rules about each stem by itself, and about what all have in common.

use std::collections::BTreeMap;
use std::path::Path;

use super::Report;
use super::heard::{CLIPPED_RUN, Stem};
use super::manifest::Manifest;
use super::names::{is_default, parts};
use super::rules::{
    CHANNELS, CLIPPED, COUNT, CUT, DC, DEPTH, LENGTH, MANIFEST, NAME, NOTES, ONE_SIDED, POLARITY,
    RATE, SILENT, START, UPSAMPLED,
};
use crate::Result;
use crate::error::Severity;
use crate::format::SampleFormat;

/// Level in dBFS; -400 for nothing.
fn dbfs(level: f64) -> f64 {
    if level > 0.0 {
        20.0 * level.log10()
    } else {
        -400.0
    }
}

/// The value most stems have, and who differs.
fn differing<T: PartialEq + Copy + Ord>(
    stems: &[Stem],
    value: impl Fn(&Stem) -> T,
) -> Option<(T, Vec<&Stem>)> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for stem in stems {
        *counts.entry(value(stem)).or_default() += 1;
    }
    let (&usual, _) = counts.iter().max_by_key(|(_, count)| **count)?;
    Some((
        usual,
        stems.iter().filter(|stem| value(stem) != usual).collect(),
    ))
}

/// Rules 1 to 4 and 11.
pub(super) fn alike(stems: &[Stem], report: &mut Report) {
    if let Some((usual, others)) = differing(stems, |stem| stem.facts.sample_rate.0) {
        for stem in others {
            let message = format!(
                "it has {} Hz; most stems have {usual} Hz",
                stem.facts.sample_rate.0
            );
            report.add(
                RATE,
                &stem.path,
                message,
                "export it again from the session at that rate",
            );
        }
    }
    if let Some((usual, others)) = differing(stems, |stem| stem.facts.frames.0) {
        for stem in others {
            let (frames, rate) = (stem.facts.frames.0, f64::from(stem.facts.sample_rate.0));
            let message = format!(
                "it has {frames} frames ({:.3} s); most stems have {usual} ({:.3} s)",
                frames as f64 / rate,
                usual as f64 / rate
            );
            report.add(
                LENGTH,
                &stem.path,
                message,
                "export all stems over the same range, from bar 1 to the end of the longest tail",
            );
        }
    }
    if let Some((usual, others)) = differing(stems, |stem| stem.time_reference) {
        for stem in others {
            let words = |reference: Option<u64>| {
                reference.map_or("none".to_owned(), |frames| format!("{frames} frames"))
            };
            let message = format!(
                "its bext time reference is {}; that of most stems is {}",
                words(stem.time_reference),
                words(usual)
            );
            // A stem without one may still begin with the others.
            let severity = if stem.time_reference.is_some() && usual.is_some() {
                Severity::Error
            } else {
                Severity::Warning
            };
            report.add_as(
                severity,
                START,
                &stem.path,
                message,
                "export all stems from the same position",
            );
        }
    }
    if report.is_one_file {
        return;
    }
    depths(stems, report);
    if !(8..=16).contains(&stems.len()) {
        let message = format!("there are {} stems", stems.len());
        let folder = report.folder.clone();
        report.add(
            COUNT,
            &folder,
            message,
            "8 to 16 leave the mixer a choice without the whole session",
        );
    }
}

fn depths(stems: &[Stem], report: &mut Report) {
    let name = |stem: &Stem| stem.facts.sample_format.to_string();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for stem in stems {
        *counts.entry(name(stem)).or_default() += 1;
    }
    let usual = counts
        .iter()
        .max_by_key(|(_, count)| **count)
        .map(|(name, _)| name.clone())
        .unwrap_or_default();
    for stem in stems {
        let found = name(stem);
        let is_wave = matches!(stem.facts.container, "RIFF" | "RF64" | "BW64");
        if found != usual {
            let message = format!("its samples are {found}; those of most stems are {usual}");
            report.add(
                DEPTH,
                &stem.path,
                message,
                "export all stems alike, with 24 bits",
            );
        } else if matches!(stem.facts.sample_format, SampleFormat::Integer { bits } if bits < 24) {
            report.add(
                DEPTH,
                &stem.path,
                format!("its samples are {found}"),
                "export it with 24 bits",
            );
        } else if found != "24-bit integer" || !is_wave {
            let message = format!("it is {} with {found}", stem.facts.container);
            report.add_as(
                Severity::Warning,
                DEPTH,
                &stem.path,
                message,
                "receivers expect WAV with 24 bits: ask before sending another",
            );
        }
    }
}

/// Rules 6, 8, 9, 12, 13, 15, 18 and 22.
pub(super) fn each(stems: &[Stem], manifest: Option<&Manifest>, report: &mut Report) {
    for stem in stems {
        levels(stem, report);
        match stem.facts.channels {
            1 => {}
            // Left and right of a stereo bus may well be the same.
            2 if manifest.is_some_and(Manifest::is_stereo_image) => cancelling(stem, report),
            2 => {
                one_sided(stem, report);
                cancelling(stem, report);
            }
            channels => {
                let message = format!("it has {channels} channels");
                report.add(
                    CHANNELS,
                    &stem.path,
                    message,
                    "export it in stereo, or as mono files",
                );
            }
        }
        quality(stem, report);
    }
}

fn levels(stem: &Stem, report: &mut Report) {
    let (sound, path) = (&stem.sound, stem.path.as_path());
    let peak = dbfs(f64::from(sound.peak()));
    let (run, at) = sound.run;
    if run >= CLIPPED_RUN {
        let seconds = at as f64 / f64::from(stem.facts.sample_rate.0);
        let message =
            format!("{run} samples in a row are at full scale at frame {at} ({seconds:.3} s)");
        report.add(CLIPPED, path, message, "lower the stem before its export");
    } else if sound.true_peak > 1.0 {
        let message = format!(
            "its true peak is {:.2} dBTP",
            dbfs(f64::from(sound.true_peak))
        );
        report.add_as(
            Severity::Warning,
            CLIPPED,
            path,
            message,
            "lower the stem before its export",
        );
    }
    if sound.mean.abs() > 1e-3 {
        let message = format!(
            "its mean is {:.4} ({:.1} dBFS)",
            sound.mean,
            dbfs(sound.mean.abs())
        );
        report.add(DC, path, message, "a high-pass at 10 Hz removes it");
    }
    if peak < -90.0 {
        let message = if sound.peak() > 0.0 {
            format!("its peak is {peak:.1} dBFS")
        } else {
            "it is silent throughout".to_owned()
        };
        report.add(SILENT, path, message, "export it again, or leave it out");
        return;
    }
    if peak < -60.0 {
        report.add_as(
            Severity::Note,
            SILENT,
            path,
            format!("its peak is {peak:.1} dBFS"),
            "is it meant to be as quiet?",
        );
    }
    const QUIET: f64 = -50.0;
    let (first, last) = (dbfs(f64::from(sound.first)), dbfs(f64::from(sound.last)));
    if first > QUIET {
        report.add(
            CUT,
            path,
            format!("its first samples reach {first:.1} dBFS"),
            "export it from where the sound begins",
        );
    }
    if last > QUIET {
        report.add(
            CUT,
            path,
            format!("its last 10 ms reach {last:.1} dBFS"),
            "export it to the end of its tail",
        );
    }
}

fn one_sided(stem: &Stem, report: &mut Report) {
    let sound = &stem.sound;
    let [left, right] = [sound.peaks[0], sound.peaks[1]];
    if sound.peak() <= 0.0 {
        return;
    }
    // Both sides may have a dither of their own.
    let difference = sound.difference_db();
    if difference < -60.0 {
        let message = format!(
            "both channels are the same (their difference is {difference:.0} dB): it is mono in a stereo file"
        );
        report.add(ONE_SIDED, &stem.path, message, "export it in mono");
    } else if dbfs(f64::from(left.min(right))) < -90.0 {
        let silent = if left < right { "left" } else { "right" };
        report.add(
            ONE_SIDED,
            &stem.path,
            format!("its {silent} channel is silent"),
            "export it in mono, or mend its routing",
        );
    }
}

fn cancelling(stem: &Stem, report: &mut Report) {
    let [left, right, both] = stem.sound.sides;
    let scale = (left * right).sqrt();
    // Below -60 dBFS rms on a side there is nothing to cancel.
    let least = 1e-6 * stem.facts.frames.0 as f64;
    if scale <= 0.0 || left < least || right < least {
        return;
    }
    let correlation = both / scale;
    let loss =
        10.0 * (((left + right + 2.0 * both) / 4.0).max(1e-30) / ((left + right) / 2.0)).log10();
    if correlation < -0.2 || loss < -6.0 {
        let message = format!(
            "the correlation of its sides is {correlation:.2}; in mono it loses {:.1} dB",
            -loss
        );
        report.add(
            POLARITY,
            &stem.path,
            message,
            "is one side turned upside down, or a widener too wide?",
        );
    }
}

fn quality(stem: &Stem, report: &mut Report) {
    if stem.sound.peak() <= 0.0 {
        return;
    }
    if stem.sound.is_padded {
        let message =
            "the lowest 8 of its 24 bits are zero throughout: it is 16-bit audio".to_owned();
        report.add(
            UPSAMPLED,
            &stem.path,
            message,
            "export it again from the session with 24 bits",
        );
    }
    let is_lossy = matches!(stem.facts.sample_format, SampleFormat::Lossy { .. });
    if let Some(hz) = stem.sound.wall_hz.filter(|_| !is_lossy) {
        let message = format!(
            "its spectrum ends as if cut at {:.2} kHz, as MP3 and AAC leave it",
            hz / 1000.0
        );
        report.add(
            UPSAMPLED,
            &stem.path,
            message,
            "export it from the session, or find the original",
        );
    }
}

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
