//! Rules about what all stems have in common: rate, length, start, depth, number.

use std::collections::BTreeMap;

use super::Report;
use super::heard::Stem;
use super::rules::{COUNT, DEPTH, LENGTH, RATE, START};
use crate::error::Severity;
use crate::format::SampleFormat;

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
