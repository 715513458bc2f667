//! Facts of a layout file.

use std::path::Path;

use serde_json::{Value, json};

use crate::Result;
use crate::cli::Ui;
use crate::layout::{Layout, Speaker};

/// A layout file lists `speakers`; a session never does.
pub(super) fn is_layout(text: &str) -> bool {
    toml::de::DeTable::parse_recoverable(text)
        .0
        .get_ref()
        .keys()
        .any(|key| key.get_ref() == "speakers")
}

pub(super) fn print(path: &Path, layout: &Layout, ui: &Ui) -> Result<()> {
    if ui.json {
        return ui.json_line(&json!({
            "file": path.display().to_string(),
            "kind": "layout",
            "name": layout.name,
            "title": layout.title,
            "aliases": layout.aliases,
            "channels": layout.speakers.iter().map(channel).collect::<Vec<_>>(),
        }));
    }
    ui.line(format_args!("{}: layout {}", path.display(), layout.name))?;
    if !layout.title.is_empty() {
        ui.line(&layout.title)?;
    }
    ui.line(format_args!("{} channels", layout.channels()))?;
    for (index, speaker) in layout.speakers.iter().enumerate() {
        let (azimuth, elevation, distance) = speaker.polar();
        let place = if speaker.lfe {
            "LFE".to_owned()
        } else {
            format!("azimuth {azimuth:7.1}  elevation {elevation:6.1}  distance {distance:.2}")
        };
        ui.line(format_args!(
            "  {:>3}  {:<8} {place}",
            index + 1,
            speaker.label
        ))?;
    }
    Ok(())
}

fn channel(speaker: &Speaker) -> Value {
    let (azimuth, elevation, distance) = speaker.polar();
    json!({
        "label": speaker.label,
        "name": speaker.name,
        "azimuth": azimuth,
        "elevation": elevation,
        "distance": distance,
        "lfe": speaker.lfe,
    })
}
