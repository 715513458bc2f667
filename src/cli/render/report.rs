//! What `umbel render` says: what would be written, what was written, how loud it is.

use std::path::Path;

use serde_json::{Value, json};

use crate::Result;
use crate::cli::{Ui, dynamics};
use crate::effect::{Reported, Settings};
use crate::error::{Finding, Severity};
use crate::format::WrittenFile;
use crate::mix::{Desk, DeskReport, Place};
use crate::offline::{Delivery, Options, Programme, Rendered};
use crate::session::DeliverySpec;
use crate::units::{Frames, Gain, SampleRate};

/// Says what was found in the input: notes and warnings.
pub(in crate::cli) fn findings(found: &[Finding], ui: &Ui) {
    for finding in found {
        let help = if finding.help.is_empty() {
            String::new()
        } else {
            format!("; {}", finding.help)
        };
        let place = finding
            .line_column
            .map_or(String::new(), |(line, _)| format!(":{line}"));
        let text = format!(
            "{}{place}: {}{help}",
            finding.path.display(),
            finding.message
        );
        match finding.severity {
            Severity::Note => ui.note(text),
            _ => ui.warn(text),
        }
    }
}

/// Prints what would be written.
pub(super) fn plan(
    programme: &Programme,
    deliveries: &[Delivery],
    options: Options,
    ui: &Ui,
) -> Result<Vec<Value>> {
    let end = options
        .to
        .map_or(programme.length, |to| to.min(programme.length));
    let frames = end.0.saturating_sub(options.from.0);
    deliveries
        .iter()
        .map(|delivery| {
            let channels = delivery.target.channels();
            let bytes = delivery.bytes(programme.sample_rate, Frames(frames));
            let paths: Vec<String> = delivery
                .paths()?
                .iter()
                .map(|p| p.display().to_string())
                .collect();
            if !ui.json {
                ui.line(format!(
                    "would write {}  {}  {channels} channels  {}  {:.3} s  {}",
                    paths.join(", "),
                    delivery.target.name(),
                    delivery.bit_depth,
                    programme.sample_rate.seconds_at(Frames(frames)),
                    size(bytes)
                ))?;
                ui.line(format!(
                    "  channel order: {}",
                    delivery.channel_order().join(" ")
                ))?;
            }
            Ok(json!({
                "name": delivery.name,
                "target": delivery.target.name(),
                "files": paths,
                "channels": channels,
                "channel_order": delivery.channel_order(),
                "channel_mask": delivery.channel_mask(),
                "sample_rate": programme.sample_rate.0,
                "frames": frames,
                "bytes": bytes,
            }))
        })
        .collect()
}

/// Prints what would be exported.
pub(super) fn planned_export(spec: &DeliverySpec, path: &Path, ui: &Ui) -> Result<Value> {
    if !ui.json {
        ui.line(format_args!(
            "would write {}  {}",
            path.display(),
            spec.format.word()
        ))?;
    }
    Ok(json!({
        "name": spec.name,
        "format": spec.format.word(),
        "files": [path.display().to_string()],
    }))
}

/// Prints what was written and how loud it is.
pub(super) fn written(
    output: &Rendered,
    chain: &[Settings],
    rate: SampleRate,
    ui: &Ui,
) -> Result<()> {
    let clipped: u64 = output.files.iter().map(|f| f.clipped).sum();
    if clipped > 0 {
        let over = output.files.iter().fold(0.0, |over, f| f.over.max(over));
        ui.warn(format!(
            "{}: {clipped} samples clipped (peak {} above full scale); lower the gains, or render with --bit-depth f32",
            output.name,
            Gain(f64::from(over)).decibels()
        ));
    }
    if ui.json {
        return Ok(());
    }
    let bytes = output.files.iter().map(|f| f.bytes).sum();
    let file = &output.files[0];
    let files = match output.files.as_slice() {
        [one] => one.path.display().to_string(),
        [first, .., last] => format!(
            "{} … {} ({} files)",
            first.path.display(),
            last.path.display(),
            output.files.len()
        ),
        [] => String::new(),
    };
    ui.line(format!(
        "wrote {files}  {}  {} channels  {:.3} s  {} {}",
        output.target,
        output.channel_order.len(),
        rate.seconds_at(file.frames),
        file.container,
        size(bytes),
    ))?;
    let heard = &output.heard;
    ui.line(format!(
        "  loudness {} integrated, {} momentary at most, range {}; peak {}FS{}",
        lufs(heard.integrated_lufs),
        lufs(heard.momentary_max_lufs),
        heard
            .range_lu
            .map_or("-".to_owned(), |lu| format!("{lu:.1} LU")),
        Gain(f64::from(peak(&output.files))).decibels(),
        heard.true_peak.map_or(String::new(), |peak| {
            format!(", true peak {}TP", Gain(f64::from(peak)).decibels())
        }),
    ))?;
    ui.line(format!(
        "  channel order: {}",
        output.channel_order.join(" ")
    ))?;
    for reported in &output.dynamics {
        ui.line(format!("  {}", dynamics::line(reported, chain)))?;
    }
    Ok(())
}

/// Prints what the desk's compressors did.
pub(super) fn desk(reports: &[DeskReport], desk: &Desk, ui: &Ui) -> Result<()> {
    if ui.json {
        return Ok(());
    }
    for report in reports {
        for reported in &report.dynamics {
            let chain = desk.chain_of(report.place);
            ui.line(format!(
                "{}: {}",
                report.name,
                dynamics::line(reported, chain)
            ))?;
            advise_on_reduction(report, reported, chain, ui);
        }
    }
    Ok(())
}

/// Reduction in dB beyond which a group or the mix is no longer glued but squeezed.
const MOST_GLUE_DB: f64 = 3.0;

/// Advice U103: what is shared loses 3 dB at most, unless it is keyed or mixed with the dry sound on purpose.
fn advise_on_reduction(report: &DeskReport, reported: &Reported, chain: &[Settings], ui: &Ui) {
    let Some(Settings::Comp(comp)) = chain.get(reported.entry) else {
        return;
    };
    let is_shared = matches!(report.place, Place::Group(_) | Place::Master);
    let on_purpose = comp.key.is_some() || comp.mix.is_some_and(|mix| mix < 1.0);
    let p95_db = reported.reduction.map_or(0.0, |reduction| reduction.p95_db);
    if is_shared && !on_purpose && p95_db > MOST_GLUE_DB {
        ui.note(format_args!(
            "U103: {p95_db:.1} dB of reduction is much for {} \"{}\"; glue takes 1 to 3 dB: raise the threshold, or give `target-gr`",
            report.place.word(),
            report.name
        ));
    }
}

/// The same as JSON.
pub(super) fn desk_json(reports: &[DeskReport], desk: &Desk) -> Value {
    let of = |report: &DeskReport| {
        let chain = desk.chain_of(report.place);
        let dynamics = report.dynamics.iter();
        json!({
            "place": report.place.word(),
            "name": report.name,
            "gain_reduction": dynamics.map(|r| dynamics::json(r, chain)).collect::<Vec<_>>(),
        })
    };
    reports.iter().map(of).collect()
}

fn lufs(value: Option<f64>) -> String {
    value.map_or("-inf LUFS".to_owned(), |lufs| format!("{lufs:.1} LUFS"))
}

/// A size for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn peak(files: &[WrittenFile]) -> f32 {
    files.iter().map(|file| file.peak).fold(0.0, f32::max)
}

/// An output as JSON. A level of silence is null: JSON has no infinity.
pub(super) fn as_json(
    output: &Rendered,
    chain: &[Settings],
    desk: Value,
    headphones: Value,
    rate: SampleRate,
) -> Value {
    let db = |linear: f32| {
        let db = Gain(f64::from(linear)).decibels().0;
        db.is_finite().then_some(db)
    };
    let heard = &output.heard;
    json!({
        "name": output.name,
        "target": output.target,
        "files": output.files.iter().map(|f| f.path.display().to_string()).collect::<Vec<_>>(),
        "container": output.files[0].container,
        "channels": output.channel_order.len(),
        "channel_order": output.channel_order,
        "sample_rate": rate.0,
        "frames": output.files[0].frames.0,
        "bytes": output.files.iter().map(|f| f.bytes).sum::<u64>(),
        "clipped_samples": output.files.iter().map(|f| f.clipped).sum::<u64>(),
        "peak_dbfs": db(peak(&output.files)),
        "true_peak_dbtp": heard.true_peak.and_then(db),
        "integrated_lufs": heard.integrated_lufs,
        "momentary_max_lufs": heard.momentary_max_lufs,
        "loudness_range_lu": heard.range_lu,
        "gain_reduction": output
            .dynamics
            .iter()
            .map(|reported| dynamics::json(reported, chain))
            .collect::<Vec<_>>(),
        "desk": desk,
        "latency_frames": output.latency.0,
        "binaural": match output.target.starts_with("binaural") {
            true => headphones,
            false => Value::Null,
        },
    })
}
