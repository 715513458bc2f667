//! The JSON of the IEM AllRADecoder and other IEM and SPARTA plug-ins.
//!
//! `{"Name": …, "LoudspeakerLayout": {"Name": …, "Loudspeakers": [{"Azimuth", "Elevation", "Radius",
//! "IsImaginary", "Channel", "Gain"}]}}`; SPARTA also writes `"GenericLayout": {"Elements": […]}` with
//! the same keys. Degrees, azimuth + = left; Channel counts from 1; Gain is linear; an imaginary speaker
//! only helps the decoder's triangulation.

use serde_json::{Map, Value};

use super::{Draft, Entry, gain_db};
use crate::layout::Screen;

pub(super) fn read(text: &str) -> Result<Draft, String> {
    let root: Value = serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))?;
    let (layout, list, key) = [
        ("LoudspeakerLayout", "Loudspeakers"),
        ("GenericLayout", "Elements"),
    ]
    .into_iter()
    .find_map(|(outer, inner)| {
        let layout = root.get(outer)?;
        Some((layout, layout.get(inner)?.as_array()?, inner))
    })
    .ok_or(
        "JSON without LoudspeakerLayout.Loudspeakers or GenericLayout.Elements: not an IEM or \
             SPARTA layout",
    )?;
    let name = [layout.get("Name"), root.get("Name")]
        .into_iter()
        .flatten()
        .find_map(|name| name.as_str().filter(|name| !name.trim().is_empty()))
        .map(str::to_owned);
    let mut draft = Draft {
        format: "IEM/SPARTA loudspeaker layout",
        name,
        entries: Vec::new(),
        losses: Vec::new(),
        metres: true,
        screen: Some(Screen::default()),
    };
    let mut imaginary = 0;
    for (index, item) in list.iter().enumerate() {
        let place = format!("{key}[{index}]");
        let item = item
            .as_object()
            .ok_or_else(|| format!("{place} is not an object"))?;
        if item.get("IsImaginary").and_then(Value::as_bool) == Some(true) {
            imaginary += 1;
            continue;
        }
        draft.entries.push(entry(item, index, place)?);
    }
    if imaginary > 0 {
        draft.losses.push(format!(
            "{imaginary} imaginary speaker(s) dropped: this panner fills holes by itself"
        ));
    }
    if root.get("Decoder").is_some() {
        draft
            .losses
            .push("the decoder matrix is not carried over".to_owned());
    }
    Ok(draft)
}

fn entry(item: &Map<String, Value>, index: usize, place: String) -> Result<Entry, String> {
    let number = |key: &str, default: Option<f64>| match item.get(key) {
        None => default.ok_or_else(|| format!("{place} has no {key}")),
        Some(value) => value
            .as_f64()
            .ok_or_else(|| format!("{place}: {key} is {value}, not a number")),
    };
    let counted = i64::try_from(index).unwrap_or(i64::MAX - 1) + 1;
    let output = match item.get("Channel") {
        None => counted,
        Some(value) => value
            .as_i64()
            .filter(|channel| *channel >= 1)
            .ok_or_else(|| format!("{place}: Channel is {value}, not a number from 1"))?,
    };
    let (azimuth, elevation) = (number("Azimuth", None)?, number("Elevation", None)?);
    let (radius, gain) = (number("Radius", Some(1.0))?, number("Gain", Some(1.0))?);
    let gain_db = gain_db(gain, &place)?;
    Ok(Entry {
        azimuth_deg: azimuth,
        elevation_deg: elevation,
        distance: Some(radius),
        gain_db,
        ..Entry::new(place, output, format!("S{output}"))
    })
}
