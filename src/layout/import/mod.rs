//! Other programs' loudspeaker files, told apart by their content.
//!
//! `iem` reads the JSON of the IEM and SPARTA plug-ins, `spatgris` the XML of SpatGRIS, `ear` the YAML of
//! the EBU ADM Renderer. Each turns its file into [`Entry`]s; what is common to all is done here.

mod ear;
mod iem;
mod spatgris;

use std::path::Path;

use super::read::{MOST_SPEAKERS, read};
use super::write::to_toml;
use super::{AngleRange, Layout, Screen, Speaker};
use crate::geometry::Position;
use crate::units::Gain;
use crate::{Error, Result};

/// A layout made from another program's file.
#[derive(Debug)]
pub struct Imported {
    /// The layout, checked like a user's own file.
    pub layout: Layout,
    /// The same as the text of a layout file.
    pub text: String,
    /// Whose format it was ("SpatGRIS speaker setup").
    pub format: &'static str,
    /// What could not be carried over or was changed, one sentence each.
    pub losses: Vec<String>,
}

/// Reads another program's loudspeaker file. `pick` chooses by name where a file holds several layouts.
///
/// # Errors
/// [`Error::Layout`] naming file and place if the content is none of the known formats, breaks its
/// format's rules, or describes no usable layout.
pub fn import(text: &str, path: &Path, pick: Option<&str>) -> Result<Imported> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let draft = match text.trim_start().as_bytes().first() {
        Some(b'<') => spatgris::read(text),
        Some(b'{') => iem::read(text),
        Some(_) => ear::read(text, pick),
        None => Err("the file is empty".to_owned()),
    };
    draft
        .and_then(|draft| draft.finish(path))
        .map_err(|reason| Error::layout(path.display().to_string(), "", reason))
}

/// One loudspeaker of the file.
struct Entry {
    /// Where in the file, for messages ("Loudspeakers[3]").
    place: String,
    /// The output it is connected to; outputs are put in ascending order.
    output: i64,
    label: String,
    name: Option<String>,
    azimuth_deg: f64,
    elevation_deg: f64,
    /// In the file's unit, if it gives one.
    distance: Option<f64>,
    lfe: bool,
    gain_db: f64,
    azimuth_range: Option<AngleRange>,
    elevation_range: Option<AngleRange>,
}

impl Entry {
    fn new(place: String, output: i64, label: String) -> Self {
        Self {
            place,
            output,
            label,
            name: None,
            azimuth_deg: 0.0,
            elevation_deg: 0.0,
            distance: None,
            lfe: false,
            gain_db: 0.0,
            azimuth_range: None,
            elevation_range: None,
        }
    }

    /// Takes direction and distance from x right, y front, z up.
    fn place_at(&mut self, x: f64, y: f64, z: f64) {
        let (azimuth, elevation, distance) = Position::Cartesian { x, y, z }.to_polar();
        (self.azimuth_deg, self.elevation_deg) = (azimuth, elevation);
        self.distance = Some(distance);
    }
}

/// A linear gain in dB; a muted or inverted channel is no calibration and cannot be carried over.
fn gain_db(linear: f64, place: &str) -> Result<f64, String> {
    if linear > 0.0 && linear.is_finite() {
        Ok(Gain(linear).decibels().0)
    } else {
        Err(format!(
            "{place}: gain {linear} is not above 0; remove the speaker or correct its gain"
        ))
    }
}

/// A file's layout before it is checked.
struct Draft {
    format: &'static str,
    name: Option<String>,
    entries: Vec<Entry>,
    losses: Vec<String>,
    /// Distances are metres (else they are kept only where they differ, with a remark).
    metres: bool,
    /// The screen, if there is one.
    screen: Option<Screen>,
}

impl Draft {
    fn finish(mut self, path: &Path) -> Result<Imported, String> {
        if self.entries.len() > MOST_SPEAKERS {
            return Err(format!(
                "{} speakers; at most {MOST_SPEAKERS}",
                self.entries.len()
            ));
        }
        self.sort_by_output()?;
        let radius = self.radius();
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        let name = self
            .name
            .filter(|name| !name.trim().is_empty())
            .or(stem)
            .unwrap_or_else(|| "layout".to_owned());
        let file = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let layout = Layout {
            title: name.clone(),
            name,
            aliases: Vec::new(),
            speakers: self
                .entries
                .into_iter()
                .map(|entry| speaker(entry, radius))
                .collect(),
            source: format!("{} \"{}\"", self.format, file.unwrap_or_default()),
            screen: self.screen,
        };
        let text = to_toml(&layout, radius);
        let reading = read(&text, path);
        match reading.layout {
            Some(layout) => Ok(Imported {
                layout,
                text,
                format: self.format,
                losses: self.losses,
            }),
            None => {
                let reasons: Vec<String> = reading
                    .findings
                    .iter()
                    .take(5)
                    .map(|f| f.message.clone())
                    .collect();
                Err(format!("{}: {}", self.format, reasons.join("; ")))
            }
        }
    }

    fn sort_by_output(&mut self) -> Result<(), String> {
        self.entries.sort_by_key(|entry| entry.output);
        if let Some(pair) = self
            .entries
            .windows(2)
            .find(|pair| pair[0].output == pair[1].output)
        {
            return Err(format!(
                "{} and {} are both on output {}",
                pair[0].place, pair[1].place, pair[0].output
            ));
        }
        if let (Some(first), Some(last)) = (self.entries.first(), self.entries.last()) {
            let span = last.output.abs_diff(first.output);
            if first.output.unsigned_abs() > 1 || span + 1 > self.entries.len() as u64 {
                let outputs: Vec<String> = self
                    .entries
                    .iter()
                    .map(|entry| entry.output.to_string())
                    .collect();
                self.losses.push(format!(
                    "unused output numbers are left out: channels 1 to {} are outputs {}",
                    outputs.len(),
                    outputs.join(" ")
                ));
            }
        }
        Ok(())
    }

    /// The largest distance if distances are worth keeping.
    fn radius(&mut self) -> Option<f64> {
        let panned = || self.entries.iter().filter(|entry| !entry.lfe);
        let first = panned().find_map(|entry| entry.distance)?;
        let equal = panned().all(|entry| {
            entry
                .distance
                .is_some_and(|distance| (distance / first - 1.0).abs() < 1e-3)
        });
        let unit = (first - 1.0).abs() < 1e-3;
        if equal && (unit || !self.metres) {
            return None;
        }
        if !self.metres {
            self.losses.push(
                "distances differ; they are in the file's own unit: correct dist to metres before \
                 trusting delays"
                    .to_owned(),
            );
        }
        self.entries
            .iter()
            .filter_map(|entry| entry.distance)
            .max_by(f64::total_cmp)
    }
}

fn speaker(entry: Entry, radius: Option<f64>) -> Speaker {
    // Setups put a subwoofer that stands nowhere at the listener.
    let stands_nowhere = entry.lfe && entry.distance == Some(0.0);
    let distance = match (entry.distance, radius) {
        (Some(distance), Some(radius)) if radius > 0.0 && !stands_nowhere => distance / radius,
        _ => 1.0,
    };
    Speaker {
        label: entry.label,
        name: entry.name,
        position: Position::Polar {
            azimuth: entry.azimuth_deg,
            elevation: entry.elevation_deg,
            distance,
        },
        azimuth_range: entry.azimuth_range,
        elevation_range: entry.elevation_range,
        lfe: entry.lfe,
        room: None,
        mask_bit: None,
        gain_db: entry.gain_db,
        delay_ms: 0.0,
    }
}
