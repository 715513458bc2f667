//! What stems are handed over with, for other workstations: names, broadcast extension, tempo map as MIDI, and
//! projects.
//!
//! [`Project`] is the song as they see it; [`midi`], [`reaper`] and [`dawproject`] write it, [`bext`] is the
//! chunk that says where a stem begins.

pub mod bext;
pub mod cue;
pub mod dawproject;
pub mod midi;
pub mod names;
pub mod reaper;
mod zip;

/// A tempo that holds from a moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TempoMark {
    /// Where it begins, in seconds.
    pub at_s: f64,
    /// Quarter notes a minute.
    pub quarters_per_minute: f64,
}

/// A named moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// Its name.
    pub name: String,
    /// When, in seconds.
    pub at_s: f64,
}

/// One track of the hand-over.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectTrack {
    /// Its name.
    pub name: String,
    /// Its file, beside the project.
    pub file: String,
    /// Its channels.
    pub channels: usize,
    /// The group it belongs to.
    pub group: Option<String>,
    /// Its colour, "#RRGGBB".
    pub colour: Option<String>,
    /// Processors that workstations know, in order; they are in the sound already and come switched off.
    pub devices: Vec<Device>,
}

/// Tracks that are worked on as one.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectGroup {
    /// Its name.
    pub name: String,
    /// As those of a track.
    pub devices: Vec<Device>,
}

/// A processor as workstations know it.
#[derive(Debug, Clone, PartialEq)]
pub enum Device {
    /// Bands of an equaliser.
    Equaliser(Vec<Band>),
    /// A compressor.
    Compressor {
        /// Threshold in dB.
        threshold_db: f64,
        /// Ratio.
        ratio: f64,
        /// Attack in seconds.
        attack_s: f64,
        /// Release in seconds, if it is fixed.
        release_s: Option<f64>,
        /// Gain behind it in dB.
        output_db: f64,
    },
}

/// A band of an equaliser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// "highPass", "lowPass", "bell", "highShelf", "lowShelf", "notch" (DAWproject 1.0, EqBandType).
    pub kind: &'static str,
    /// Frequency in Hz.
    pub hz: f64,
    /// Gain in dB.
    pub db: f64,
    /// Quality.
    pub q: f64,
}

/// A song as it is handed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Its title.
    pub title: String,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Its length in seconds.
    pub length_s: f64,
    /// Its tempo over time, first entry at 0; empty if it is not known.
    pub tempo: Vec<TempoMark>,
    /// Beats of a bar and their note value.
    pub meter: (u32, u32),
    /// Named moments, in order of time.
    pub markers: Vec<Marker>,
    /// Its tracks.
    pub tracks: Vec<ProjectTrack>,
    /// The groups that tracks belong to.
    pub groups: Vec<ProjectGroup>,
    /// Processors of the master, switched off as well: whether they are in the sound says the contract.
    pub master: Vec<Device>,
}
