//! Rules about each stem by itself: its levels, its ends, its sides, its quality.

use super::Report;
use super::heard::{CLIPPED_RUN, Stem};
use super::manifest::Manifest;
use super::rules::{CHANNELS, CLIPPED, CUT, DC, ONE_SIDED, POLARITY, SILENT, UPSAMPLED};
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
