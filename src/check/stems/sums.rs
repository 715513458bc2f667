//! Rules about stems together: what doubles, what the sum is, and what of the reference it does not explain.

use std::path::Path;

use super::heard::Stem;
use super::rules::{DUPLICATE, HOT_SUM, LENGTH, LIMITED, RATE, START, SUM, TEMPO};
use super::tempo::are_kin;
use super::together::{Cast, MATCH_DB, Together};
use super::{MOST, Report};
use crate::error::Severity;
use crate::measure::Offset;
use crate::{Result, format};

/// Is told of frames as they are heard, and stops the work by `false`.
pub(super) type Watch<'a> = &'a (dyn Fn(u64) -> bool + Sync);

/// A move that explains something leaves so much less, at the best gains.
const CLEARLY_DB: f64 = 3.0;

/// A gain this far from 1 is named.
const GAIN_DB: f64 = 0.25;

pub(super) fn check(
    stems: &[Stem],
    reference: Option<&Path>,
    tempo: Option<f64>,
    report: &mut Report,
    watch: Watch<'_>,
) -> Result<()> {
    let folder = report.folder.clone();
    let stems: Vec<&Stem> = stems
        .iter()
        .filter(|stem| stem.facts.channels <= 2 && stem.sound.peak() > 0.0)
        .collect();
    let Some(first) = stems.first() else {
        return match reference {
            Some(path) => silent_stems(path, report, watch),
            None => Ok(()),
        };
    };
    let rate = first.facts.sample_rate;
    let is_one_rate = stems.iter().all(|stem| stem.facts.sample_rate == rate);
    if !is_one_rate || stems.len() > MOST {
        // Their rates have been named; a sum of different rates means nothing.
        return Ok(());
    }
    let mut length = 0;
    if let Some(path) = reference {
        let source = format::open(path)?;
        let facts = source.facts();
        if facts.sample_rate != rate || facts.channels > 2 {
            let message = format!(
                "the reference has {} Hz and {} channels; the stems have {} Hz",
                facts.sample_rate.0, facts.channels, rate.0
            );
            report.add(
                RATE,
                path,
                message,
                "give the stereo mix at the rate of the stems",
            );
            return Ok(());
        }
        length = facts.frames.0;
    }
    let count = stems.len();
    let mut cast = Cast {
        stems,
        shifts: vec![0; count],
        reference: reference.map(|path| (path, 0)),
        rate,
        frames: None,
    };
    let together = cast.together(watch)?;
    duplicates(&cast, &together, report);
    sum(&folder, &together, tempo, report);
    let Some(path) = reference else { return Ok(()) };
    if together.reference_peak_dbfs() < SILENT_DBFS && together.sum_peak_dbfs() >= SILENT_DBFS {
        silent_reference(&together, path, report);
        return Ok(());
    }
    let together = align(&mut cast, together, path, length, report, watch)?;
    explain(&mut cast, together, path, report, watch)
}

/// No sound is to be heard below this, as rule 9 has it.
const SILENT_DBFS: f64 = -90.0;

fn silent_reference(together: &Together, path: &Path, report: &mut Report) {
    let message = format!(
        "the reference is silent throughout, and the stems are not: their sum peaks at {:.1} dBFS",
        together.sum_peak_dbfs()
    );
    let severity = report.sum_severity;
    let help = "give the mix that the stems were exported with";
    report.add_as(severity, SUM, path, message, help);
}

/// Stems without any sound, which are the mix of nothing.
fn silent_stems(path: &Path, report: &mut Report, watch: Watch<'_>) -> Result<()> {
    let peak = 20.0 * f64::from(Stem::hear(path, watch)?.sound.peak()).log10();
    if peak >= SILENT_DBFS {
        let message = format!(
            "no stem that could be added up has any sound, and the reference peaks at {peak:.1} dBFS"
        );
        let severity = report.sum_severity;
        report.add_as(severity, SUM, path, message, "export the stems again");
    }
    Ok(())
}

/// Has the reference of `length` frames begin where the stems do, and compares as far as both go: what is wrong with
/// either is said by itself, and not as gains of stems.
fn align(
    cast: &mut Cast<'_>,
    together: Together,
    path: &Path,
    length: u64,
    report: &mut Report,
    watch: Watch<'_>,
) -> Result<Together> {
    let lengths = || cast.stems.iter().map(|stem| stem.facts.frames.0);
    let longest = lengths().max().unwrap_or(0);
    let is_other_length = lengths().all(|frames| frames != length);
    if !is_other_length || together.left_db().0 < report.match_db {
        return begin_alike(cast, together, report, watch);
    }
    cast.frames = Some(length.min(longest));
    let part = cast.together(watch)?;
    let mut part = begin_alike(cast, part, report, watch)?;
    let mut whole = together;
    if let Some((_, shift)) = cast.reference.filter(|(_, shift)| *shift != 0) {
        cast.frames = None;
        whole = cast.together(watch)?;
        cast.frames = Some(length.saturating_add_signed(-shift).min(longest));
        part = cast.together(watch)?;
    }
    if whole.left_beyond_db(&part) < report.match_db {
        cast.frames = None;
        return Ok(whole);
    }
    let seconds = |frames: u64| frames as f64 / f64::from(cast.rate.0);
    let compared = cast.frames.unwrap_or(longest);
    let message = format!(
        "the reference has {length} frames ({:.3} s); the stems have {longest} ({:.3} s): the first {:.3} s are compared",
        seconds(length),
        seconds(longest),
        seconds(compared)
    );
    let help = "export stems and mix over the same range";
    report.add_as(report.sum_severity, LENGTH, path, message, help);
    Ok(part)
}

/// Moves the reference to where the stems begin, if all are late or early alike.
fn begin_alike(
    cast: &mut Cast<'_>,
    together: Together,
    report: &mut Report,
    watch: Watch<'_>,
) -> Result<Together> {
    let moved = |offset: &Offset| offset.frames != 0 && offset.correlation > 0.5;
    let Some(offset) = together.offset.filter(moved) else {
        return Ok(together);
    };
    let before = cast.reference;
    // The sum is later than the reference, so the reference waits.
    cast.reference = before.map(|(path, _)| (path, -offset.frames));
    let aligned = cast.together(watch)?;
    // One loud stem that is late must not move all others.
    if aligned.left_db().0 >= together.left_db().0 - 6.0 {
        cast.reference = before;
        return Ok(together);
    }
    let message = format!(
        "the stems begin {} than the reference",
        lateness(offset.frames, cast.rate.0)
    );
    let folder = report.folder.clone();
    let help = "export stems and mix over the same range";
    report.add(START, &folder, message, help);
    Ok(aligned)
}

/// "480 frames (10.000 ms) later".
fn lateness(frames: i64, rate: u32) -> String {
    let word = if frames > 0 { "later" } else { "earlier" };
    let frames = frames.unsigned_abs();
    format!(
        "{frames} frames ({:.3} ms) {word}",
        frames as f64 / f64::from(rate) * 1000.0
    )
}

fn duplicates(cast: &Cast<'_>, together: &Together, report: &mut Report) {
    for (index, stem) in cast.stems.iter().enumerate() {
        for (other, before) in cast.stems.iter().enumerate().take(index) {
            let Some(level) = together
                .difference_db(index, other)
                .filter(|level| *level < MATCH_DB)
            else {
                continue;
            };
            let level = if level <= -119.0 {
                "nothing".to_owned()
            } else {
                format!("{level:.1} dB")
            };
            let message = format!(
                "it is the same as \"{}\": their difference is {level}",
                before.file
            );
            report.add(
                DUPLICATE,
                &stem.path,
                message,
                "leave one out, and look for the stem that is missing",
            );
        }
    }
}

fn sum(folder: &Path, together: &Together, tempo: Option<f64>, report: &mut Report) {
    let peak = together.sum_peak_dbfs();
    if peak > 0.0 {
        let lufs = together
            .sum_lufs
            .map_or(String::new(), |lufs| format!(", {lufs:.1} LUFS"));
        let message = format!("the sum of the stems peaks at {peak:+.2} dBFS{lufs}");
        report.add(
            HOT_SUM,
            folder,
            message,
            "lower all stems by the same amount",
        );
    }
    let Some(said) = tempo else { return };
    if let Some((found, better)) = together.pulse.tempo(said)
        && better > 2.0
        && !are_kin(found, said)
    {
        let message = format!("the names say {said} beats a minute; onsets repeat at {found:.1}");
        report.add(
            TEMPO,
            folder,
            message,
            "look whether the names belong to this song",
        );
    }
}

/// Rules 14 and 17, and 3 for single stems.
fn explain(
    cast: &mut Cast<'_>,
    mut together: Together,
    path: &Path,
    report: &mut Report,
    watch: Watch<'_>,
) -> Result<()> {
    let (level, peak) = together.left_db();
    let folder = report.folder.clone();
    let match_db = report.match_db;
    if level < match_db {
        let peak = if peak > -300.0 {
            format!("{peak:.1} dBFS at its peak")
        } else {
            "nothing".to_owned()
        };
        let message = format!(
            "the stems add up to the reference: {} is left ({})",
            peak,
            words(level)
        );
        report.add_as(Severity::Note, SUM, path, message, "");
        return Ok(());
    }
    let (common, common_left) = together.common_gain();
    if common_left < match_db.min(level - CLEARLY_DB) {
        let message = format!(
            "the reference is {}: at that gain {} is left",
            changed(common),
            words(common_left)
        );
        let help = "export stems and mix with the same gain of the master";
        report.add_as(report.sum_severity, SUM, path, message, help);
        return Ok(());
    }
    let message = format!(
        "the stems do not add up to the reference: {} is left ({peak:.1} dBFS at its peak)",
        words(level)
    );
    let severity = report.sum_severity;
    report.add_as(
        severity,
        SUM,
        path,
        message,
        "below stands which stem explains it, if one does",
    );
    let rate = cast.rate.0;
    together = move_late(cast, together, match_db, watch)?;
    for (index, &frames) in cast.shifts.iter().enumerate() {
        if frames == 0 {
            continue;
        }
        let message = format!("it begins {} than in the reference", lateness(frames, rate));
        report.add(
            START,
            &cast.stems[index].path,
            message,
            "export it over the same range as the others",
        );
    }
    let gains = together.gains();
    let common = shared_gain(&gains);
    if let Some(gain) = common {
        let message = format!("the reference is {}", changed(gain));
        let help = "export stems and mix with the same gain of the master";
        report.add_as(severity, SUM, path, message, help);
    }
    let common = common.unwrap_or(1.0);
    for (index, &gain) in gains.iter().enumerate() {
        let gain = gain / common;
        let share = together.share_db(index) + 20.0 * common.abs().log10();
        let wrong = share + 20.0 * (gain - 1.0).abs().max(1e-12).log10();
        let db = 20.0 * gain.abs().max(1e-12).log10();
        if wrong < match_db.max(level - 20.0) || (gain > 0.0 && db.abs() < GAIN_DB) {
            continue;
        }
        let message = match gain {
            gain if gain.abs() < 0.05 => "it is not in the reference".to_owned(),
            gain if gain < 0.0 && db.abs() < GAIN_DB => {
                "in the reference it is upside down".to_owned()
            }
            gain if gain < 0.0 => {
                format!("in the reference it is upside down, {db:+.2} dB from its level")
            }
            _ if db > 0.0 => format!("it is {db:.2} dB lower than in the reference"),
            _ => format!("it is {:.2} dB louder than in the reference", -db),
        };
        report.add_as(
            severity,
            SUM,
            &cast.stems[index].path,
            message,
            "export it again, with the faders of the mix",
        );
    }
    let (left, hz) = cast.residual(&gains, watch)?;
    if let Some(less) = together.limited_db() {
        let message = format!(
            "its crest is {less:.1} dB below that of the stems, with the same spectrum: it looks limited"
        );
        report.add(
            LIMITED,
            path,
            message,
            "give the mix without its master chain",
        );
    } else if left >= match_db {
        let around = hz.map_or(String::new(), |hz| {
            format!(", most of it around {hz:.0} Hz")
        });
        let message = format!(
            "with every stem at its best place and gain, {} is left{around}",
            words(left)
        );
        report.add_as(
            Severity::Warning,
            SUM,
            path,
            message,
            "a stem is missing from the folder, or the mix has processing of its own",
        );
    } else {
        let message = format!("with these places and gains, {} is left", words(left));
        report.add_as(Severity::Note, SUM, &folder, message, "");
    }
    Ok(())
}

/// The gain that at least three quarters of the stems share, if it is worth naming.
fn shared_gain(gains: &[f64]) -> Option<f64> {
    let mut sorted = gains.to_vec();
    sorted.sort_by(f64::total_cmp);
    let gain = sorted[sorted.len() / 2];
    let db = |ratio: f64| 20.0 * ratio.max(1e-12).log10();
    let shares = |other: &&f64| db(**other / gain).abs() < GAIN_DB;
    let count = gains.iter().filter(shares).count();
    let is_named = gain < 0.0 || db(gain) > -26.0 && db(gain).abs() >= GAIN_DB;
    (is_named && count >= 3 && 4 * count >= 3 * gains.len()).then_some(gain)
}

/// "6.02 dB lower as a whole".
fn changed(gain: f64) -> String {
    let db = 20.0 * gain.abs().max(1e-12).log10();
    let level = match db {
        db if db.abs() < 0.005 => None,
        db if db < 0.0 => Some(format!("{:.2} dB lower", -db)),
        db => Some(format!("{db:.2} dB louder")),
    };
    let turned = (gain < 0.0).then(|| "upside down".to_owned());
    let both: Vec<String> = level.into_iter().chain(turned).collect();
    format!("{} as a whole", both.join(" and "))
}

/// Moves the stems that are late to where they leave clearly less of the reference, and no others: each that seems late
/// is tried together with all, and taken back if what is left is no more without it.
fn move_late(
    cast: &mut Cast<'_>,
    together: Together,
    match_db: f64,
    watch: Watch<'_>,
) -> Result<Together> {
    for (index, offset) in cast.offsets(watch)?.into_iter().enumerate() {
        let late = offset.filter(|offset| offset.frames != 0 && offset.correlation > 0.3);
        if let Some(offset) = late.filter(|_| together.share_db(index) > match_db) {
            cast.shifts[index] = offset.frames;
        }
    }
    let tried: Vec<usize> = (0..cast.shifts.len())
        .filter(|&index| cast.shifts[index] != 0)
        .collect();
    if tried.is_empty() {
        return Ok(together);
    }
    let mut moved = cast.together(watch)?;
    // A single one has been heard where it was.
    let mut unmoved = (tried.len() == 1).then_some(together);
    for index in tried {
        let frames = std::mem::take(&mut cast.shifts[index]);
        let without = match unmoved.take() {
            Some(together) => together,
            None => cast.together(watch)?,
        };
        if without.best_left_db() > moved.best_left_db() + CLEARLY_DB {
            cast.shifts[index] = frames;
        } else {
            moved = without;
        }
    }
    Ok(moved)
}

/// A level re the reference.
fn words(level: f64) -> String {
    if level < -300.0 {
        "nothing".to_owned()
    } else {
        format!("{level:.1} dB")
    }
}
