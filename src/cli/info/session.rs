//! Facts of a session.

use serde_json::{Value, json};

use crate::Result;
use crate::cli::{Ui, findings};
use crate::effect::Settings;
use crate::session::Session;
use crate::session::schema::{Movement, OutKeys, Place, StemKeys, Switch, TimeText};

pub(super) fn print(session: &Session, ui: &Ui) -> Result<()> {
    if ui.json {
        return ui.json_line(&as_json(session));
    }
    let (file, song) = (&session.file, &session.file.song);
    ui.line(format_args!(
        "{}: session \"{}\"",
        session.path.display(),
        session.title()
    ))?;
    let tempo = song.bpm.map(|bpm| format!("{bpm} BPM"));
    let facts: Vec<String> = [tempo, song.meter.clone(), song.key.clone()]
        .into_iter()
        .flatten()
        .collect();
    if !facts.is_empty() {
        ui.line(facts.join(", "))?;
    }
    for change in song.tempo.iter().flatten() {
        ui.line(format_args!("  from {}: {} BPM", change.at, change.bpm))?;
    }
    let groups: Vec<&str> = file.group.iter().map(|group| group.name.as_str()).collect();
    ui.line(format_args!(
        "{} groups: {}",
        groups.len(),
        groups.join(", ")
    ))?;
    ui.line(format_args!("{} stems:", file.stem.len()))?;
    for stem in &file.stem {
        ui.line(format_args!(
            "  {:<20} {:<10} {:<34} {}",
            stem.name,
            stem.group.as_deref().unwrap_or("-"),
            place(stem),
            stem.file
        ))?;
    }
    ui.line(format_args!("{} outputs:", file.out.len()))?;
    for out in &file.out {
        ui.line(format_args!(
            "  {:<20} {:<10} {}",
            out.name,
            if out.layout.is_empty() {
                out.format.word()
            } else {
                &out.layout
            },
            out_file(out)
        ))?;
    }
    Ok(())
}

/// A stem's place in words.
fn place(stem: &StemKeys) -> String {
    if let Some(movement) = &stem.movement {
        return format!("moves: {}", movement_name(movement));
    }
    match stem.at {
        Some(Place::Polar(p)) => {
            format!("az {} el {} dist {} width {}", p.az, p.el, p.dist, p.width)
        }
        Some(Place::Room(p)) => format!("x {} y {} z {} width {}", p.x, p.y, p.z, p.width),
        None => "front".to_owned(),
    }
}

fn movement_name(movement: &Movement) -> &'static str {
    match movement {
        Movement::Keyframes(_) => "keyframes",
        Movement::Circle(_) | Movement::RoomCircle(_) => "circle",
        Movement::Spiral(_) => "spiral",
        Movement::BackAndForth(_) => "back-and-forth",
        Movement::Csv(_) => "csv",
    }
}

fn out_file(out: &OutKeys) -> String {
    crate::session::file_name(&out.name, out.file.as_deref())
}

fn as_json(session: &Session) -> Value {
    let (file, song) = (&session.file, &session.file.song);
    let tempo = song.tempo.iter().flatten();
    let markers = song
        .markers
        .iter()
        .map(|(name, at)| (name.clone(), time(at)));
    json!({
        "file": session.path.display().to_string(),
        "kind": "session",
        "title": session.title(),
        "bpm": song.bpm,
        "tempo": tempo.map(|change| json!({ "at": change.at, "bpm": change.bpm })).collect::<Vec<_>>(),
        "meter": song.meter,
        "key": song.key,
        "markers": markers.collect::<serde_json::Map<String, Value>>(),
        "groups": file.group.iter().map(|group| &group.name).collect::<Vec<_>>(),
        "returns": file.returns.iter().map(|r| &r.name).collect::<Vec<_>>(),
        "stems": file.stem.iter().map(stem).collect::<Vec<_>>(),
        "outs": file.out.iter().map(out).collect::<Vec<_>>(),
        "findings": session.findings.iter().map(findings::json).collect::<Vec<_>>(),
    })
}

/// Times and positions stay in the form written.
fn time(at: &TimeText) -> Value {
    match at {
        TimeText::Seconds(seconds) => json!(seconds),
        TimeText::Text(text) => json!(text),
    }
}

fn stem(stem: &StemKeys) -> Value {
    let at = match stem.at {
        Some(Place::Polar(p)) => {
            json!({ "az": p.az, "el": p.el, "dist": p.dist, "width": p.width })
        }
        Some(Place::Room(p)) => json!({ "x": p.x, "y": p.y, "z": p.z, "width": p.width }),
        None => Value::Null,
    };
    json!({
        "name": stem.name,
        "file": stem.file,
        "track": stem.track,
        "channels": stem.channels,
        "colour": stem.colour,
        "group": stem.group,
        "at": at,
        "move": stem.movement.as_ref().map(movement_name),
        "lfe": stem.lfe,
        "mute": switch(&stem.mute),
        "solo": switch(&stem.solo),
        "chain": words(&stem.chain),
        "sends": stem.sends.keys().collect::<Vec<_>>(),
    })
}

fn out(out: &OutKeys) -> Value {
    json!({ "name": out.name, "format": out.format.word(), "layout": out.layout, "file": out_file(out) })
}

/// True or false, or that it is automated.
fn switch(switch: &Switch) -> Value {
    match switch {
        Switch::Always(on) => json!(on),
        Switch::Keyframes(_) => json!("automated"),
    }
}

/// The processors of a chain by their words.
fn words(chain: &[Settings]) -> Vec<&'static str> {
    chain.iter().map(Settings::word).collect()
}
