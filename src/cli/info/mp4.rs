//! The tracks of an MP4 file, and what names its stems.

use std::path::Path;

use serde_json::{Value, json};

use super::audio::clock;
use crate::Result;
use crate::cli::Ui;
use crate::format::mp4::{Compressor, Limiter, MasteringDsp, Movie, StemAtom};
use crate::format::{AudioFacts, open_track};

/// What is known of each track.
pub(super) struct Tracks {
    tracks: Vec<Track>,
    stems: Option<StemAtom>,
}

struct Track {
    coding: String,
    /// Its facts, or why it cannot be read.
    facts: std::result::Result<AudioFacts, String>,
}

impl Tracks {
    pub(super) fn read(path: &Path, ui: &Ui) -> Result<Self> {
        let movie = Movie::read(path)?;
        let stems = match &movie.stems {
            Some(Ok(stems)) => Some(stems.clone()),
            Some(Err(reason)) => {
                ui.warn(format_args!("\"{}\": {reason}", path.display()));
                None
            }
            None => None,
        };
        if let Some(stems) = &stems
            && let Err(error) = movie.check_stems(stems, path)
        {
            ui.warn(error);
        }
        let tracks = movie.tracks.iter().enumerate().map(|(index, track)| {
            let source = open_track(path, Some(index + 1), false);
            Track {
                coding: track.coding_name(),
                facts: source
                    .map(|source| source.facts().clone())
                    .map_err(|error| error.to_string()),
            }
        });
        Ok(Self {
            tracks: tracks.collect(),
            stems,
        })
    }

    /// What a track is in a stem file, with the name and colour of a stem.
    fn role(&self, index: usize) -> (Option<&'static str>, Option<&str>, Option<&str>) {
        let Some(stems) = &self.stems else {
            return (None, None, None);
        };
        match index.checked_sub(1) {
            None => (Some("mix"), None, None),
            Some(stem) => match stems.stems.get(stem) {
                Some(stem) => (Some("stem"), Some(&stem.name), stem.colour()),
                None => (None, None, None),
            },
        }
    }

    pub(super) fn print(&self, ui: &Ui) -> Result<()> {
        for (index, track) in self.tracks.iter().enumerate() {
            let (role, name, colour) = self.role(index);
            let number = index + 1;
            let role = role.unwrap_or("track");
            let name = name.map_or(String::new(), |name| format!("\"{name}\""));
            let colour = colour.unwrap_or("");
            let said = match &track.facts {
                Ok(facts) => {
                    let seconds = facts.sample_rate.seconds_at(facts.frames);
                    let cut = match facts.priming.0 {
                        0 => String::new(),
                        frames => format!(", {frames} of priming left out"),
                    };
                    format!(
                        "{}, {} channels, {}, {} ({} frames{cut})",
                        track.coding,
                        facts.channels,
                        facts.sample_rate,
                        clock(seconds),
                        facts.frames.0
                    )
                }
                Err(reason) => format!("{}: {reason}", track.coding),
            };
            ui.line(format_args!(
                "  {number}  {role:<5} {name:<16} {colour:<8} {said}"
            ))?;
        }
        let Some(stems) = &self.stems else {
            return Ok(());
        };
        let switch = |on: bool| if on { "on" } else { "off" };
        let MasteringDsp {
            compressor,
            limiter,
        } = stems.mastering_dsp;
        if let Some(c) = compressor {
            ui.line(format_args!(
                "mastering compressor {}: input {} dB, threshold {} dB, ratio {}, attack {:.1} ms, release {:.0} ms, \
                 detector from {} Hz, {} % wet, output {} dB",
                switch(c.enabled),
                c.input_gain,
                c.threshold,
                c.ratio,
                c.attack * 1000.0,
                c.release * 1000.0,
                c.hp_cutoff,
                c.dry_wet,
                c.output_gain
            ))?;
        }
        if let Some(l) = limiter {
            ui.line(format_args!(
                "mastering limiter {}: threshold {} dB, ceiling {:.2} dB, release {:.0} ms",
                switch(l.enabled),
                l.threshold,
                l.ceiling,
                l.release * 1000.0
            ))?;
        }
        Ok(())
    }

    /// Adds what is known to the facts of the file.
    pub(super) fn add_json(&self, object: &mut Value) {
        let tracks = self.tracks.iter().enumerate().map(|(index, track)| {
            let (role, name, colour) = self.role(index);
            let facts = track.facts.as_ref();
            json!({
                "track": index + 1,
                "role": role,
                "name": name,
                "colour": colour,
                "coding": track.coding,
                "channels": facts.map(|facts| facts.channels).ok(),
                "sample_rate": facts.map(|facts| facts.sample_rate.0).ok(),
                "frames": facts.map(|facts| facts.frames.0).ok(),
                "seconds": facts.map(|facts| facts.sample_rate.seconds_at(facts.frames)).ok(),
                "priming": facts.map(|facts| facts.priming.0).ok(),
                "error": facts.err(),
            })
        });
        object["tracks"] = tracks.collect();
        object["mastering_dsp"] = match &self.stems {
            None => Value::Null,
            Some(stems) => json!({
                "compressor": stems.mastering_dsp.compressor.map(compressor),
                "limiter": stems.mastering_dsp.limiter.map(limiter),
            }),
        };
    }
}

fn compressor(c: Compressor) -> Value {
    json!({
        "enabled": c.enabled,
        "input_gain_db": c.input_gain,
        "threshold_db": c.threshold,
        "ratio": c.ratio,
        "attack_s": c.attack,
        "release_s": c.release,
        "hp_cutoff_hz": c.hp_cutoff,
        "dry_wet_percent": c.dry_wet,
        "output_gain_db": c.output_gain,
    })
}

fn limiter(l: Limiter) -> Value {
    json!({
        "enabled": l.enabled,
        "threshold_db": l.threshold,
        "ceiling_db": l.ceiling,
        "release_s": l.release,
    })
}
