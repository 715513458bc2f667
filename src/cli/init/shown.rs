//! A proposal as a table and as JSON.

use std::path::Path;

use serde_json::json;

use crate::Result;
use crate::cli::Ui;
use crate::session::folder::Folder;
use crate::session::propose::{Proposal, StemProposal};
use crate::session::{Placing, Turn};

pub(super) fn show(
    proposal: &Proposal,
    folder: &Folder,
    written: Option<&Path>,
    ui: &Ui,
) -> Result<()> {
    for remark in &proposal.remarks {
        ui.warn(remark);
    }
    for remark in &proposal.master.remarks {
        ui.note(remark);
    }
    if ui.json {
        return ui.json_line(&as_json(proposal, folder, written));
    }
    for row in table(proposal) {
        ui.line(row)?;
    }
    ui.line("")?;
    let flagged = proposal.stems.iter().filter(|stem| stem.flagged()).count();
    let bpm = proposal
        .bpm
        .map_or("no tempo".to_owned(), |bpm| format!("{bpm} BPM"));
    let key = proposal.key.as_deref().unwrap_or("no key");
    ui.line(format!(
        "\"{}\": {} stems in {} groups, {bpm}, {}, {key}; {flagged} to check (!)",
        proposal.title,
        proposal.stems.len(),
        proposal.groups.len(),
        proposal.meter,
    ))?;
    for stem in proposal.stems.iter().filter(|stem| stem.flagged()) {
        ui.line(format!("! {}: {}", stem.file, stem.doubts.join("; ")))?;
    }
    for (path, reason) in &folder.ignored {
        ui.line(format!("  {}: not used: {reason}", path.display()))?;
    }
    match written {
        Some(path) => ui.line(format!("wrote \"{}\"", path.display())),
        None => ui.line("nothing written"),
    }
}

/// The table: a header and one row a stem, columns aligned.
fn table(proposal: &Proposal) -> Vec<String> {
    let header = [
        "", "file", "ch", "bpm", "key", "role", "group", "place", "sure", "why",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(proposal.stems.iter().map(row));
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, &width)| format!("{cell:<width$}"))
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

fn row(stem: &StemProposal) -> [String; 10] {
    let dash = || "-".to_owned();
    [
        if stem.flagged() {
            "!".to_owned()
        } else {
            String::new()
        },
        match stem.track {
            Some(track) => format!("{}: {track} \"{}\"", stem.file, stem.name),
            None => stem.file.clone(),
        },
        channels_of(stem).map_or_else(dash, |channels| channels.to_string()),
        stem.bpm.map_or_else(dash, |bpm| bpm.to_string()),
        stem.key.clone().unwrap_or_else(dash),
        stem.role
            .map_or_else(|| "?".to_owned(), |role| role.title.clone()),
        stem.group.clone().unwrap_or_else(dash),
        if stem.included {
            place(&stem.placing)
        } else {
            "left out".to_owned()
        },
        sureness(stem),
        stem.reason.clone(),
    ]
}

fn channels_of(stem: &StemProposal) -> Option<usize> {
    match &stem.channels {
        Some(channels) => Some(channels.len()),
        None => stem.audio.map(|audio| audio.channels),
    }
}

fn sureness(stem: &StemProposal) -> String {
    use crate::session::names::Confidence;
    match stem.confidence {
        Confidence::None => "no",
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
    .to_owned()
}

fn place(placing: &Placing) -> String {
    let wide = |width: &Option<f64>| {
        width
            .filter(|&w| w > 0.0)
            .map_or(String::new(), |width| format!(" width {width}"))
    };
    match placing {
        Placing::Fixed { az, el, width } => format!("az {az} el {el}{}", wide(width)),
        Placing::Circle { el, width, .. } => format!("circling el {el}{}", wide(width)),
    }
}

fn as_json(proposal: &Proposal, folder: &Folder, written: Option<&Path>) -> serde_json::Value {
    let stems: Vec<_> = proposal
        .stems
        .iter()
        .map(|stem| {
            json!({
                "file": stem.file,
                "track": stem.track,
                "colour": stem.colour,
                "name": stem.name,
                "channels": channels_of(stem),
                "file_channels": stem.channels,
                "sample_rate": stem.audio.map(|audio| audio.sample_rate.0),
                "frames": stem.audio.map(|audio| audio.frames.0),
                "bpm": stem.bpm,
                "key": stem.key,
                "role": stem.role.map(|role| &role.title),
                "role_id": stem.role.map(|role| &role.id),
                "group": stem.group,
                "place": place_json(&stem.placing),
                "place_reason": stem.place_reason,
                "lfe": stem.lfe_db,
                "pan": stem.pan,
                "reason": stem.reason,
                "confidence": stem.confidence,
                "flagged": stem.flagged(),
                "included": stem.included,
                "doubts": stem.doubts,
            })
        })
        .collect();
    let ignored: Vec<_> = folder
        .ignored
        .iter()
        .map(|(path, reason)| json!({ "file": path.to_string_lossy(), "reason": reason }))
        .collect();
    json!({
        "title": proposal.title,
        "bpm": proposal.bpm,
        "key": proposal.key,
        "meter": proposal.meter,
        "groups": proposal.groups,
        "stems": stems,
        "ignored": ignored,
        "remarks": proposal.remarks,
        "reference": proposal.reference,
        "master": { "chain": proposal.master.chain, "remarks": proposal.master.remarks },
        "written": written.map(|path| path.to_string_lossy()),
    })
}

fn place_json(placing: &Placing) -> serde_json::Value {
    match *placing {
        Placing::Fixed { az, el, width } => json!({ "az": az, "el": el, "width": width }),
        Placing::Circle { turn, el, width } => {
            let (beats, seconds) = match turn {
                Turn::Beats(beats) => (Some(beats), None),
                Turn::Seconds(seconds) => (None, Some(seconds)),
            };
            json!({ "shape": "circle", "beats": beats, "period": seconds, "el": el, "width": width })
        }
    }
}
