//! The session file's keys: the one description that serde reads by and `umbel schema` prints.
//!
//! Every public field is a key of the file; its documentation is the description an editor shows, its
//! range attributes are the limits that are checked. What cannot be said here (references, times, files)
//! is in `rules`.
//!
//! Here stands what makes the sound; `place`, `movement` and `output` hold the rest.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

mod movement;
mod output;
mod place;

pub use movement::*;
pub use output::*;
pub use place::*;

use super::keyframe::Keyframe;
use crate::effect::{Settings, Tap};
use crate::scene::RoomMode;

/// A session: a song's stems, where each one is heard, and what is delivered.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SessionFile {
    /// Where the JSON Schema of this file is, for editors; nothing else looks at it.
    #[serde(rename = "$schema")]
    pub schema: Option<String>,
    /// The song as a whole: title, tempo, markers, folder of the stems.
    pub song: SongKeys,
    /// Groups of stems, as on a desk: one fader, one mute, one solo for all members.
    #[schemars(length(max = 256))]
    pub group: Vec<GroupKeys>,
    /// The stems: an audio file each, with a place in the room.
    #[schemars(length(max = 4096))]
    pub stem: Vec<StemKeys>,
    /// Returns: what sends feed, each output of it at a place of its own.
    #[serde(rename = "return")]
    #[schemars(length(max = 256))]
    pub returns: Vec<ReturnKeys>,
    /// What all feeds go through, before they are rendered for any target.
    pub master: MasterKeys,
    /// Processors on the desk's stereo bus (`layout = "stereo"`) alone.
    pub stereo: StereoKeys,
    /// What is written.
    #[schemars(length(max = 256))]
    pub out: Vec<OutKeys>,
}

/// The song as a whole.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SongKeys {
    /// Title of the song. Default: the name of the session file.
    pub title: Option<String>,
    /// Tempo in beats per minute, the same throughout. A beat is the lower number of `meter`.
    #[schemars(range(min = 10, max = 1000))]
    pub bpm: Option<f64>,
    /// A tempo map instead of `bpm`: from each bar|beat on, this many beats per minute.
    #[schemars(length(min = 1, max = 10_000))]
    pub tempo: Option<Vec<TempoKeys>>,
    /// Metre, "beats/unit". Default: "4/4".
    pub meter: Option<String>,
    /// Musical key: a note with # or b, then m for minor ("Am", "F#m", "Eb"), or Camelot ("8A").
    pub key: Option<String>,
    /// Folder of the stems, relative to this file. Default: the folder of this file.
    pub stems: Option<String>,
    /// Named places in the song, used in times as "@name". Each is a time, and may name another marker.
    #[schemars(extend("maxProperties" = 1000))]
    pub markers: BTreeMap<String, TimeText>,
    /// A finished stereo master to compare with, relative to this file.
    pub reference: Option<String>,
}

/// One step of a tempo map.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TempoKeys {
    /// Where the tempo begins: "bar|beat", both counted from 1. The first is "1|1".
    pub at: String,
    /// Beats per minute from there on.
    #[schemars(range(min = 10, max = 1000))]
    pub bpm: f64,
}

/// A group of stems.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GroupKeys {
    /// The name by which stems refer to the group.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Processors, in the order in which they work. A compressor hears the sum of the members and turns all
    /// of them by one gain, so that they stay separate and yet move as one.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub chain: Vec<Settings>,
    /// Parameters of the chain over time.
    #[serde(default)]
    pub automation: Automation,
    /// Level of all members in dB, or keyframes. Default: 0.
    #[serde(default)]
    pub gain: Option<Level>,
    /// Copies of the members' sum for returns: the name of a return, and a level in dB.
    #[serde(default)]
    pub sends: Sends,
    /// Leave the members out: true, or keyframes. Default: false.
    #[serde(default)]
    pub mute: Switch,
    /// Leave out everything that is not soloed: true, or keyframes. Default: false.
    #[serde(default)]
    pub solo: Switch,
}

/// A stem: one audio file, or one or two channels of one, and where it is heard.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StemKeys {
    /// The stem's name, unique in the session.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Audio file, relative to the folder `stems` of `[song]`.
    #[schemars(length(min = 1))]
    pub file: String,
    /// Audio track of an MP4 file that holds several (`.stem.mp4`), counted from 1. Default: 1.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65_535))]
    pub track: Option<u32>,
    /// Channels of the file, counted from 1: one (a mono stem) or two (left and right). Default: all, if
    /// the file has one or two.
    #[serde(default)]
    #[schemars(length(min = 1, max = 2), inner(range(min = 1, max = 65_535)))]
    pub channels: Option<Vec<u32>>,
    /// The group it belongs to.
    #[serde(default)]
    pub group: Option<String>,
    /// Colour in reports and in projects for workstations, "#RRGGBB". Default: one is chosen.
    #[serde(default)]
    pub colour: Option<String>,
    /// Where it is. Either `at` or `move` is required.
    #[serde(default)]
    pub at: Option<Place>,
    /// How it moves: keyframes, a shape, or a CSV file.
    #[serde(default, rename = "move")]
    pub movement: Option<Movement>,
    /// Processors, in the order in which they work.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub chain: Vec<Settings>,
    /// Parameters of the chain over time.
    #[serde(default)]
    pub automation: Automation,
    /// Level in dB, or keyframes. Default: 0.
    #[serde(default)]
    pub gain: Option<Level>,
    /// Copies for returns: the name of a return, and a level in dB.
    #[serde(default)]
    pub sends: Sends,
    /// Leave it out: true, or keyframes. Default: false.
    #[serde(default)]
    pub mute: Switch,
    /// Leave out everything that is not soloed: true, or keyframes. Default: false.
    #[serde(default)]
    pub solo: Switch,
    /// How far the sound spreads: 0 a point, 1 all around. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub size: f64,
    /// Level in dB of a copy sent to the LFE channel through a 120 Hz low-pass. Default: no copy.
    #[serde(default)]
    #[schemars(range(max = 24))]
    pub lfe: Option<f64>,
    /// The room in which headphones play it: "off" (panned, no room), "near", "mid" or "far". Default: "mid".
    #[serde(default)]
    pub binaural: Option<BinauralRoom>,
    /// Pan on the stereo bus (`layout = "stereo"`): -1 left, 0 centre, 1 right. Default: follows the
    /// position from side to side.
    #[serde(default)]
    #[schemars(range(min = -1, max = 1))]
    pub pan: Option<f64>,
    /// Width of a stereo stem on the stereo bus: 0 mono, 1 as recorded. Default: 1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub stereo_width: Option<f64>,
}

impl StemKeys {
    /// How far the sound spreads, wherever that is written.
    pub fn spread(&self) -> f64 {
        let at = self.at.filter(|_| self.movement.is_none());
        at.and_then(|at| at.size()).unwrap_or(self.size)
    }
}

/// A return: a strip that sends feed, whose outputs stand at places of their own.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReturnKeys {
    /// The name by which sends refer to the return.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Where its outputs are, one place each. More than two need a processor with outputs of its own in the
    /// chain: a reverb, a delay or a convolution.
    #[schemars(length(min = 1, max = 64))]
    pub at: Vec<Place>,
    /// Processors, in the order in which they work.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub chain: Vec<Settings>,
    /// Parameters of the chain over time.
    #[serde(default)]
    pub automation: Automation,
    /// Level in dB, or keyframes. Default: 0.
    #[serde(default)]
    pub gain: Option<Level>,
    /// Copies for other returns: the name of a return, and a level in dB.
    #[serde(default)]
    pub sends: Sends,
    /// Leave it out: true, or keyframes. Default: false.
    #[serde(default)]
    pub mute: Switch,
    /// How far each output spreads: 0 a point, 1 all around. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub size: f64,
    /// The room in which headphones play its outputs: "off", "near", "mid" or "far". Default: "mid".
    #[serde(default)]
    pub binaural: Option<BinauralRoom>,
}

/// The room in which headphones play a stem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BinauralRoom {
    /// Panned as on the stereo bus, no room.
    Off,
    /// Close by.
    Near,
    /// As from loudspeakers in a living room.
    Mid,
    /// Farther away.
    Far,
}

impl From<BinauralRoom> for RoomMode {
    fn from(room: BinauralRoom) -> Self {
        match room {
            BinauralRoom::Off => Self::Off,
            BinauralRoom::Near => Self::Near,
            BinauralRoom::Mid => Self::Mid,
            BinauralRoom::Far => Self::Far,
        }
    }
}

/// What all feeds go through.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MasterKeys {
    /// Processors, in the order in which they work. A compressor hears the sum of the whole mix and turns
    /// every feed by one gain.
    #[schemars(length(max = 64))]
    pub chain: Vec<Settings>,
    /// Parameters of the chain over time.
    pub automation: Automation,
    /// Level in dB, or keyframes. Default: 0.
    pub gain: Option<Level>,
}

/// The desk's stereo bus.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StereoKeys {
    /// Processors on its two channels, in the order in which they work.
    #[schemars(length(max = 64))]
    pub chain: Vec<Settings>,
}

/// `{ "eq.bell.1.db" = [[TIME, VALUE], …], "comp.threshold" = … }`: the processor (a second one of the same
/// kind is "eq-2"), then its key; bands are counted from 1.
pub type Automation = BTreeMap<String, Vec<Keyframe<ParameterValue>>>;

/// `{ hall = -12 }`: levels of copies for returns.
pub type Sends = BTreeMap<String, SendKeys>;

/// A value of a parameter, in the unit of its key.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ParameterValue(#[schemars(range(min = -1_000_000, max = 1_000_000))] pub f64);

/// A copy for a return.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "a send")]
pub enum SendKeys {
    /// Its level in dB or keyframes of levels, after the fader.
    Level(Level),
    /// A level, and where the copy is taken.
    Tapped(TappedSend),
}

/// `{ db = -12, tap = "pre" }`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TappedSend {
    /// Level in dB, or keyframes.
    pub db: Level,
    /// "post": after the fader; "pre": before it. Default: "post".
    #[serde(default)]
    pub tap: Tap,
}

/// On or off, or keyframes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "true or false or a list of keyframes")]
pub enum Switch {
    /// Throughout.
    Always(bool),
    /// `[[TIME, true], [TIME, false], …]`: the first state holds before, the last after. Changes take 5 ms.
    Keyframes(#[schemars(length(min = 1, max = 100_000))] Vec<Keyframe<bool>>),
}

impl Default for Switch {
    fn default() -> Self {
        Self::Always(false)
    }
}

/// A time as written.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "a time")]
pub enum TimeText {
    /// Seconds from the start of the song.
    Seconds(#[schemars(range(min = 0, max = 1_000_000))] f64),
    /// "37|3.5" bar|beat from 1, "1:21.5" min:s, "@drop" a marker, "@drop+2|0" a marker plus bars|beats.
    Text(String),
}

/// A level in dB, or keyframes of levels.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Level {
    /// The same level throughout, in dB; -inf is silence.
    Constant(#[schemars(range(max = 24))] f64),
    /// `[[TIME, dB, "linear|smooth|step"], …]`: the first value holds before, the last after.
    Keyframes(#[schemars(length(min = 1, max = 100_000))] Vec<Keyframe<LevelDb>>),
}

/// A level in dB; -inf is silence.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LevelDb(#[schemars(range(max = 24))] pub f64);
