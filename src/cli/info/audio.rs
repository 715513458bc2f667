//! Facts of an audio file.

use std::path::Path;

use serde_json::{Value, json};

use super::adm::Metadata;
use super::mp4::Tracks;
use crate::Result;
use crate::cli::Ui;
use crate::cli::measured::{self, Measured};
use crate::format::{AudioFacts, SampleFormat, adm};
use crate::layout::wav_position;

pub(super) fn print(path: &Path, measure: bool, layout: Option<&str>, ui: &Ui) -> Result<()> {
    let mut source = crate::format::open_verified(path)?;
    let facts = source.facts().clone();
    for warning in &facts.warnings {
        ui.warn(format_args!("\"{}\": {warning}", path.display()));
    }
    let metadata = if adm::is_adm(&facts) {
        Some(Metadata::read(path)?)
    } else {
        None
    };
    let tracks = match facts.container {
        "MP4" => Some(Tracks::read(path, ui)?),
        _ => None,
    };
    if facts.channels > 2 && facts.channel_mask.is_none() && metadata.is_none() {
        ui.note("the file does not say which channel is which");
    }
    let measured = match measure {
        true => Some(measured::measure(path, source.as_mut(), layout, ui)?),
        false => None,
    };
    if ui.json {
        let mut object = as_json(path, &facts, measured.as_ref());
        if let Some(metadata) = &metadata {
            object["adm"] = metadata.as_json();
        }
        if let Some(tracks) = &tracks {
            tracks.add_json(&mut object);
        }
        return ui.json_line(&object);
    }
    ui.line(format_args!("{}: {}", path.display(), facts.container))?;
    ui.line(format_args!(
        "{} channels, {}, {}",
        facts.channels, facts.sample_rate, facts.sample_format
    ))?;
    ui.line(format_args!(
        "{} ({} frames)",
        clock(seconds(&facts)),
        facts.frames.0
    ))?;
    if let Some(speakers) = speakers(&facts) {
        let mask = facts.channel_mask.unwrap_or(0);
        ui.line(format_args!(
            "channel mask {mask:#x}: {}",
            speakers.join(" ")
        ))?;
    }
    for chunk in &facts.chunks {
        ui.line(format_args!(
            "  chunk \"{}\"  {} bytes at {}",
            chunk.id, chunk.size, chunk.offset
        ))?;
    }
    if let Some(metadata) = &metadata {
        metadata.print(ui)?;
    }
    if let Some(tracks) = &tracks {
        tracks.print(ui)?;
    }
    measured.map_or(Ok(()), |measured| measured.print(ui))
}

fn as_json(path: &Path, facts: &AudioFacts, measured: Option<&Measured>) -> Value {
    let (encoding, bits) = match facts.sample_format {
        SampleFormat::Integer { bits } => ("integer", Some(bits)),
        SampleFormat::Float { bits } => ("float", Some(bits)),
        SampleFormat::Lossy { codec } => (codec, None),
    };
    let chunks = facts.chunks.iter().map(
        |chunk| json!({ "id": chunk.id.to_string(), "offset": chunk.offset, "size": chunk.size }),
    );
    let mut object = json!({
        "file": path.display().to_string(),
        "kind": "audio",
        "container": facts.container,
        "encoding": encoding,
        "bits": bits,
        "channels": facts.channels,
        "sample_rate": facts.sample_rate.0,
        "frames": facts.frames.0,
        "seconds": seconds(facts),
        "channel_mask": facts.channel_mask,
        "speakers": speakers(facts),
        "chunks": chunks.collect::<Vec<_>>(),
        "warnings": facts.warnings,
    });
    if let Some(measured) = measured {
        object["measured"] = measured.as_json();
    }
    object
}

fn seconds(facts: &AudioFacts) -> f64 {
    facts.sample_rate.seconds_at(facts.frames)
}

/// The names of the channels, if the file names them.
fn speakers(facts: &AudioFacts) -> Option<Vec<&'static str>> {
    let mask = facts.channel_mask?;
    let bits = (0..32).filter(|bit| mask >> bit & 1 == 1);
    Some(bits.map(|bit| wav_position(bit).unwrap_or("?")).collect())
}

/// "3:45.250", or with hours "1:03:45.250".
pub(super) fn clock(seconds: f64) -> String {
    let milliseconds = (seconds * 1000.0).round() as u64;
    let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000);
    let rest = format!("{:02}.{:03}", rest / 1000, rest % 1000);
    match minutes / 60 {
        0 => format!("{minutes}:{rest}"),
        hours => format!("{hours}:{:02}:{rest}", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_in_minutes_and_hours() {
        for (seconds, text) in [
            (0.0, "0:00.000"),
            (59.9996, "1:00.000"),
            (3_825.25, "1:03:45.250"),
        ] {
            assert_eq!(clock(seconds), text);
        }
    }
}
