//! The YAML of the EBU ADM Renderer: a speakers file (`doc/layout_file.md` there) or a list of layouts
//! as in its `ear/core/data/2051_layouts.yaml`.
//!
//! A speakers file has a list `speakers` of `{channel: 7, names: M+000, position: {az, el, r},
//! gain_linear}`, channel counting from 0, r in metres, and perhaps a `screen`; the bare list without the key is read too, and
//! so is a label in place of the channel number. A layout file is a list of `{name, channels: [{name,
//! is_lfe, position, az_range, el_range}]}`.

use serde_json::{Map, Value};

use super::{Draft, Entry, gain_db};
use crate::geometry::Position;
use crate::layout::{AngleRange, Screen, library};

const SPEAKERS: &str = "EAR speakers file";

pub(super) fn read(text: &str, pick: Option<&str>) -> Result<Draft, String> {
    let root: Value = serde_saphyr::from_str(text)
        .map_err(|e| {
            e.to_string()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .map_err(|e| format!("not SpatGRIS XML, IEM JSON or EAR YAML: {e}"))?;
    let is_layout = |item: &Value| item.get("channels").is_some();
    match &root {
        Value::Array(items) if items.iter().any(is_layout) => one_of(items, pick),
        Value::Object(item) if is_layout(&root) => layout(item),
        Value::Array(items) => speakers(items, None),
        Value::Object(file) => match file.get("speakers") {
            Some(Value::Array(items)) => speakers(items, Some(file)),
            _ => Err("YAML without a list \"speakers\": not an EAR speakers file".to_owned()),
        },
        _ => Err("neither SpatGRIS XML, IEM JSON nor EAR YAML".to_owned()),
    }
}

fn speakers(items: &[Value], file: Option<&Map<String, Value>>) -> Result<Draft, String> {
    let mut draft = Draft {
        format: SPEAKERS,
        name: None,
        entries: Vec::new(),
        losses: Vec::new(),
        metres: true,
        screen: Some(Screen::default()),
    };
    if let Some(value) = file.and_then(|file| file.get("screen")) {
        draft.screen = screen(value).map_err(|reason| format!("screen: {reason}"))?;
    }
    for key in file
        .into_iter()
        .flat_map(Map::keys)
        .filter(|key| !["speakers", "screen"].contains(&key.as_str()))
    {
        draft.losses.push(format!("\"{key}\" is not carried over"));
    }
    for (index, item) in items.iter().enumerate() {
        let place = format!("speakers[{index}]");
        let item = item
            .as_object()
            .ok_or_else(|| format!("{place} is not a mapping"))?;
        let (entry, other_names) = speaker(item, index, place)?;
        if !other_names.is_empty() {
            draft.losses.push(format!(
                "speaker \"{}\" also answers to {}: not carried over",
                entry.label,
                other_names.join(", ")
            ));
        }
        draft.entries.push(entry);
    }
    Ok(draft)
}

/// A screen of type "polar" or "cart"; `null`: there is none.
fn screen(value: &Value) -> Result<Option<Screen>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let number = |of: &Value, key: &str| {
        of.get(key)
            .and_then(Value::as_f64)
            .ok_or_else(|| format!("{key} is missing or not a number"))
    };
    let centre = value
        .get("centrePosition")
        .ok_or("centrePosition is missing")?;
    let (centre, width) = match value.get("type").and_then(Value::as_str) {
        Some("polar") => (
            Position::Polar {
                azimuth: number(centre, "az")?,
                elevation: number(centre, "el")?,
                distance: number(centre, "r")?,
            },
            number(value, "widthAzimuth")?,
        ),
        Some("cart") => (
            Position::Cartesian {
                x: number(centre, "X")?,
                y: number(centre, "Y")?,
                z: number(centre, "Z")?,
            },
            number(value, "widthX")?,
        ),
        _ => return Err("type is neither \"polar\" nor \"cart\"".to_owned()),
    };
    let screen = Screen {
        aspect_ratio: number(value, "aspectRatio")?,
        centre,
        width,
    };
    screen.edges().map_err(str::to_owned)?;
    Ok(Some(screen))
}

fn speaker(
    item: &Map<String, Value>,
    index: usize,
    place: String,
) -> Result<(Entry, Vec<String>), String> {
    let mut names = match item.get("names").or_else(|| item.get("name")) {
        None => Vec::new(),
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(list)) => list
            .iter()
            .map(|name| name.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| format!("{place}: names are not texts"))?,
        Some(other) => return Err(format!("{place}: names is {other}, not a text or a list")),
    };
    let counted = i64::try_from(index).unwrap_or(i64::MAX);
    let output = match item.get("channel") {
        Some(Value::String(label)) => {
            names.insert(0, label.clone());
            counted
        }
        Some(value) => value
            .as_i64()
            .filter(|channel| *channel >= 0)
            .ok_or_else(|| format!("{place}: channel is {value}, not a number from 0"))?,
        None => return Err(format!("{place} has no channel")),
    };
    if names.is_empty() {
        return Err(format!("{place} has no names"));
    }
    let label = names.remove(0);
    let mut entry = Entry::new(place, output, label);
    entry.lfe = is_lfe(item, &entry.label);
    place_entry(&mut entry, item.get("position"))?;
    if let Some(gain) = item.get("gain_linear") {
        let linear = gain
            .as_f64()
            .ok_or_else(|| format!("{}: gain_linear is {gain}, not a number", entry.place))?;
        entry.gain_db = gain_db(linear, &entry.place)?;
    }
    Ok((entry, names))
}

fn is_lfe(item: &Map<String, Value>, label: &str) -> bool {
    label.starts_with("LFE") || item.get("is_lfe").and_then(Value::as_bool) == Some(true)
}

/// Sets direction and distance from a `position`, or from the label's nominal one.
fn place_entry(entry: &mut Entry, position: Option<&Value>) -> Result<(), String> {
    let Some(position) = position else {
        let nominal = library()
            .iter()
            .flat_map(|layout| &layout.speakers)
            .find(|speaker| speaker.label == entry.label)
            .ok_or_else(|| {
                format!(
                    "{}: no position, and \"{}\" is no BS.2051 label",
                    entry.place, entry.label
                )
            })?;
        (entry.azimuth_deg, entry.elevation_deg, _) = nominal.polar();
        return Ok(());
    };
    let number = |key: &str| match position.get(key) {
        None => Ok(None),
        Some(value) => value
            .as_f64()
            .map(Some)
            .ok_or_else(|| format!("{}: {key} is {value}, not a number", entry.place)),
    };
    let (azimuth, elevation, distance) = (number("az")?, number("el")?, number("r")?);
    entry.azimuth_deg = azimuth.ok_or_else(|| format!("{}: position has no az", entry.place))?;
    entry.elevation_deg = elevation.unwrap_or(0.0);
    entry.distance = distance;
    Ok(())
}

fn one_of(items: &[Value], pick: Option<&str>) -> Result<Draft, String> {
    let named = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    let names: Vec<String> = items.iter().filter_map(named).collect();
    let item = match (pick, items) {
        (None, [only]) => Some(only),
        (Some(wanted), _) => items
            .iter()
            .find(|item| named(item).as_deref() == Some(wanted)),
        _ => None,
    };
    item.and_then(Value::as_object)
        .ok_or_else(|| {
            format!(
                "the file holds {}; choose one with --pick NAME",
                names.join(", ")
            )
        })
        .and_then(layout)
}

fn layout(item: &Map<String, Value>) -> Result<Draft, String> {
    let name = item.get("name").and_then(Value::as_str).map(str::to_owned);
    let channels = item
        .get("channels")
        .and_then(Value::as_array)
        .ok_or("\"channels\" is not a list")?;
    let mut entries = Vec::new();
    for (index, channel) in channels.iter().enumerate() {
        let place = format!("channels[{index}]");
        let channel = channel
            .as_object()
            .ok_or_else(|| format!("{place} is not a mapping"))?;
        let label = channel
            .get("name")
            .and_then(Value::as_str)
            .ok_or_else(|| format!("{place} has no name"))?;
        let output = i64::try_from(index).unwrap_or(i64::MAX);
        let mut entry = Entry::new(place, output, label.to_owned());
        entry.lfe = is_lfe(channel, label);
        place_entry(&mut entry, channel.get("position"))?;
        entry.azimuth_range = angle_range(channel, "az_range", &entry.place)?;
        entry.elevation_range = angle_range(channel, "el_range", &entry.place)?;
        entries.push(entry);
    }
    Ok(Draft {
        format: "EAR layout file",
        name,
        entries,
        losses: Vec::new(),
        metres: true,
        screen: Some(Screen::default()),
    })
}

fn angle_range(
    channel: &Map<String, Value>,
    key: &str,
    place: &str,
) -> Result<Option<AngleRange>, String> {
    let Some(value) = channel.get(key) else {
        return Ok(None);
    };
    let ends: Vec<f64> = value
        .as_array()
        .map(|ends| ends.iter().filter_map(Value::as_f64).collect())
        .unwrap_or_default();
    match ends.as_slice() {
        [min, max] => Ok(Some(AngleRange {
            min: *min,
            max: *max,
        })),
        _ => Err(format!("{place}: {key} is {value}, not two numbers")),
    }
}
