//! Reads a layout file: TOML with one inline table per loudspeaker (`docs/layouts.md`).
//!
//! The built-in layouts and the user's own go through this one reader. It is strict: every key it does
//! not know, every value of the wrong kind or out of range and every contradiction between speakers is
//! a finding, and all of them are reported at once.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read_screen;
use super::rules;
use super::values::{Found, Keys, Notes, closest, kind, shown};
use super::wav;
use super::{AngleRange, Layout, Speaker};
use crate::error::Finding;
use crate::geometry::Position;
use crate::{Error, Result};

/// A layout has at most this many channels (the largest known wave-field array has 832).
pub(super) const MOST_SPEAKERS: usize = 4096;

/// Keys of the file.
const FILE_KEYS: [&str; 6] = ["name", "title", "aliases", "source", "screen", "speakers"];

/// Keys of a speaker.
const SPEAKER_KEYS: [&str; 15] = [
    "label", "name", "az", "el", "dist", "x", "y", "z", "lfe", "gain", "delay", "az-range",
    "el-range", "room", "wav",
];

/// What reading a layout file gave.
#[derive(Debug)]
pub struct Reading {
    /// The layout, if the file has no error.
    pub layout: Option<Layout>,
    /// Every finding, in the order of the file; all of them are errors.
    pub findings: Vec<Finding>,
    /// Byte range of each speaker's label in the text, in channel order.
    pub rows: Vec<Range<usize>>,
    /// The largest distance in metres, if the file gives distances.
    pub radius_m: Option<f64>,
}

/// Reads the text of a layout file; `path` names it in findings and, without a `name` in the file, the
/// layout.
///
/// # Errors
/// [`Error::Session`] with every finding of the file.
pub fn parse(text: &str, path: &Path) -> Result<Layout> {
    let reading = read(text, path);
    match reading.layout {
        Some(layout) => Ok(layout),
        None => Err(Error::Session {
            path: path.to_path_buf(),
            findings: reading.findings,
        }),
    }
}

/// Reads the text of a layout file and keeps what a linter wants besides the layout.
pub fn read(text: &str, path: &Path) -> Reading {
    read_with(text, path, rules::Strictness::User)
}

pub(super) fn read_with(text: &str, path: &Path, strictness: rules::Strictness) -> Reading {
    // Editors on Windows may start a file with a byte order mark; places are counted without it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut notes = Notes::new(text, path);
    let (document, problems) = DeTable::parse_recoverable(text);
    for problem in &problems {
        let span = problem.span().unwrap_or(0..0);
        notes.error(
            "U410",
            span,
            format!("not TOML: {}", problem.message()),
            "here",
            "",
        );
    }
    let mut rows = Vec::new();
    let mut layout = None;
    if problems.is_empty() {
        let whole = document.span();
        let keys = Keys::new(document.get_ref(), whole, "the layout");
        keys.refuse_others(&FILE_KEYS, &mut notes);
        rows = speaker_rows(&keys, &mut notes);
        rules::check(&rows, &keys, strictness, &mut notes);
        layout = Some(assemble(&keys, &rows, path, &mut notes));
    }
    let radius_m = radius(&rows);
    Reading {
        layout: layout.filter(|_| notes.is_empty()),
        findings: notes.into_sorted(),
        rows: rows.into_iter().map(|row| row.place).collect(),
        radius_m,
    }
}

/// A speaker as written, before distances are put in relation.
pub(super) struct Row {
    pub(super) speaker: Speaker,
    /// The direction could be read (or is not needed).
    pub(super) placed: bool,
    /// A distance is given, right or wrong.
    pub(super) has_distance: bool,
    /// Metres, if given.
    pub(super) distance_m: Option<f64>,
    /// Where its label stands.
    pub(super) place: Range<usize>,
    /// Where the name of its WAV position stands.
    pub(super) wav_place: Option<Range<usize>>,
}

fn speaker_rows(keys: &Keys<'_, '_>, notes: &mut Notes<'_>) -> Vec<Row> {
    let Some(value) = keys.value("speakers") else {
        keys.missing("speakers", "[ { label = \"L\", az = 30 }, … ]", notes);
        return Vec::new();
    };
    let Some(items) = value.get_ref().as_array() else {
        notes.error(
            "U412",
            value.span(),
            "\"speakers\" is not an array of tables",
            "must be [ { label = \"L\", az = 30 }, … ]",
            "",
        );
        return Vec::new();
    };
    if items.len() > MOST_SPEAKERS {
        notes.error(
            "U417",
            value.span(),
            format!(
                "{} speakers; at most {MOST_SPEAKERS} are allowed",
                items.len()
            ),
            "too many",
            "",
        );
        return Vec::new();
    }
    items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| speaker_row(index, item, notes))
        .collect()
}

fn speaker_row(index: usize, item: &Spanned<DeValue<'_>>, notes: &mut Notes<'_>) -> Option<Row> {
    let what = format!("speaker {}", index + 1);
    let Some(table) = item.get_ref().as_table() else {
        notes.error(
            "U412",
            item.span(),
            format!("{what} is {}, not a table", kind(item.get_ref())),
            "must be { label = \"L\", az = 30 }",
            "",
        );
        return None;
    };
    let keys = Keys::new(table, item.span(), what);
    let label = keys.text("label", notes);
    if !keys.has("label") {
        keys.missing("label", "\"L\"", notes);
    }
    let keys = match &label {
        Some(label) => Keys::new(table, item.span(), format!("speaker \"{}\"", label.value)),
        None => keys,
    };
    keys.refuse_others(&SPEAKER_KEYS, notes);
    let lfe = keys.flag("lfe", notes);
    let position = position(&keys, lfe, notes);
    let wav = wav_bit(&keys, notes);
    let (place, label) = match label {
        Some(Found { value, span }) => (span, value),
        None => (keys.span(), String::new()),
    };
    Some(Row {
        speaker: Speaker {
            label,
            name: keys.text("name", notes).map(|name| name.value),
            position: position.unwrap_or(Position::FRONT),
            azimuth_range: angle_range(&keys, "az-range", 180.0, notes),
            elevation_range: angle_range(&keys, "el-range", 90.0, notes),
            lfe,
            room: keys.numbers("room", -1.0..=1.0, "(the room's walls)", notes),
            mask_bit: wav.as_ref().map(|wav| wav.value),
            gain_db: keys
                .number("gain", -60.0..=20.0, "dB", notes)
                .unwrap_or(0.0),
            delay_ms: keys
                .number("delay", 0.0..=1000.0, "ms", notes)
                .unwrap_or(0.0),
        },
        placed: position.is_some(),
        has_distance: keys.has("dist") || keys.has("x"),
        distance_m: distance(&keys, position, notes),
        place,
        wav_place: wav.map(|wav| wav.span),
    })
}

/// The place of an LFE that says none: below the front, only ever drawn.
const LFE_PLACE: Position = Position::Polar {
    azimuth: 0.0,
    elevation: -30.0,
    distance: 1.0,
};

/// The direction at distance 1, from `az`/`el` or `x`/`y`/`z`; `None` if it cannot be read.
fn position(keys: &Keys<'_, '_>, lfe: bool, notes: &mut Notes<'_>) -> Option<Position> {
    let polar = ["az", "el", "dist"].iter().any(|key| keys.has(key));
    let cartesian = ["x", "y", "z"].iter().any(|key| keys.has(key));
    if polar && cartesian {
        notes.error(
            "U418",
            keys.span(),
            format!("{} has both angles and x/y/z", keys.what()),
            "two positions",
            "keep az/el/dist or x/y/z",
        );
        return None;
    }
    if cartesian {
        return cartesian_position(keys, notes);
    }
    if !keys.has("az") {
        if lfe && !keys.has("el") {
            return Some(LFE_PLACE);
        }
        keys.missing(
            "az",
            "30 (degrees, + = left), or x, y and z in metres",
            notes,
        );
        return None;
    }
    let azimuth = keys.number("az", -360.0..=360.0, "degrees", notes)?;
    let elevation = match keys.has("el") {
        true => keys.number("el", -90.0..=90.0, "degrees", notes)?,
        false => 0.0,
    };
    Some(Position::Polar {
        azimuth: wrapped(azimuth),
        elevation,
        distance: 1.0,
    })
}

fn cartesian_position(keys: &Keys<'_, '_>, notes: &mut Notes<'_>) -> Option<Position> {
    let mut complete = true;
    for key in ["x", "y"] {
        if !keys.has(key) {
            keys.missing(key, "1.5 (metres; x right, y front, z up)", notes);
            complete = false;
        }
    }
    let axis = |key: &str, notes: &mut Notes<'_>| match keys.has(key) {
        true => keys.number(key, -1000.0..=1000.0, "metres", notes),
        false => Some(0.0),
    };
    let (x, y, z) = (axis("x", notes), axis("y", notes), axis("z", notes));
    let (azimuth, elevation, metres) = Position::Cartesian {
        x: x?,
        y: y?,
        z: z?,
    }
    .to_polar();
    if !complete {
        return None;
    }
    if metres < NEAREST_M {
        notes.error(
            "U414",
            keys.span(),
            format!("{} stands where the listener is", keys.what()),
            "no direction",
            format!("at least {NEAREST_M} m away"),
        );
        return None;
    }
    Some(Position::Polar {
        azimuth,
        elevation,
        distance: metres,
    })
}

/// Closest a loudspeaker may stand, in metres.
const NEAREST_M: f64 = 0.01;

/// Distance in metres: `dist`, or the length of x/y/z; `None` if the file does not say.
fn distance(keys: &Keys<'_, '_>, position: Option<Position>, notes: &mut Notes<'_>) -> Option<f64> {
    if keys.has("dist") {
        return keys.number("dist", NEAREST_M..=1000.0, "metres", notes);
    }
    if !keys.has("x") {
        return None;
    }
    position.map(|position| position.to_polar().2)
}

/// An azimuth beyond ±180 degrees as the one within.
fn wrapped(azimuth_deg: f64) -> f64 {
    if azimuth_deg > 180.0 {
        azimuth_deg - 360.0
    } else if azimuth_deg < -180.0 {
        azimuth_deg + 360.0
    } else {
        azimuth_deg
    }
}

/// `[from, to]` in degrees. Azimuths may run through ±180 (`[170, -170]`), elevations must ascend.
fn angle_range(
    keys: &Keys<'_, '_>,
    key: &str,
    limit_deg: f64,
    notes: &mut Notes<'_>,
) -> Option<AngleRange> {
    let [min, max] = keys.numbers(key, -limit_deg..=limit_deg, "degrees", notes)?;
    if min > max && key == "el-range" {
        notes.error(
            "U414",
            keys.value(key).map_or(0..0, Spanned::span),
            format!("\"{key}\" of {} runs from {min} down to {max}", keys.what()),
            "lower end first",
            "",
        );
        return None;
    }
    Some(AngleRange { min, max })
}

fn wav_bit(keys: &Keys<'_, '_>, notes: &mut Notes<'_>) -> Option<Found<u8>> {
    let Found { value, span } = keys.text("wav", notes)?;
    let bit = wav::bit_of(&value);
    if bit.is_none() {
        let help = match closest(&value, wav::names()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("known are {}", wav::names().collect::<Vec<_>>().join(", ")),
        };
        notes.error(
            "U414",
            span.clone(),
            format!("\"wav\" of {} is \"{}\"", keys.what(), shown(&value)),
            "not a WAV position",
            help,
        );
    }
    bit.map(|value| Found { value, span })
}

fn radius(rows: &[Row]) -> Option<f64> {
    rows.iter()
        .filter_map(|row| row.distance_m)
        .max_by(f64::total_cmp)
}

/// Puts the layout together; distances become fractions of the largest.
fn assemble(keys: &Keys<'_, '_>, rows: &[Row], path: &Path, notes: &mut Notes<'_>) -> Layout {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let name = keys.text("name", notes).map(|name| name.value).or(stem);
    let title = keys.text("title", notes).map(|title| title.value);
    let source = keys.value("source").map_or_else(String::new, |value| {
        // Sources may be longer than a name; only the kind is checked.
        value.get_ref().as_str().map_or_else(
            || {
                keys.text("source", notes)
                    .map_or_else(String::new, |t| t.value)
            },
            str::to_owned,
        )
    });
    let radius_m = radius(rows);
    let speakers = rows
        .iter()
        .map(|row| {
            let (azimuth, elevation, _) = row.speaker.polar();
            let distance = match (row.distance_m, radius_m) {
                (Some(metres), Some(radius_m)) => metres / radius_m,
                _ => 1.0,
            };
            Speaker {
                position: Position::Polar {
                    azimuth,
                    elevation,
                    distance,
                },
                ..row.speaker.clone()
            }
        })
        .collect();
    let name = name.unwrap_or_else(|| "layout".to_owned());
    Layout {
        title: title.unwrap_or_else(|| name.clone()),
        name,
        aliases: keys.texts("aliases", notes),
        speakers,
        source,
        screen: read_screen::screen(keys, notes),
    }
}
