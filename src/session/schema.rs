//! The session file's keys: the one description that serde reads by and `umbel schema` prints.
//!
//! Every public field is a key of the file; its documentation is the description an editor shows, its
//! range attributes are the limits that are checked. What cannot be said here (references, times, files)
//! is in `rules`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::keyframe::Keyframe;
use crate::effect::{Settings, Tap};
use crate::scene::RoomMode;

/// A session: a song's stems, where each one is heard, and what is delivered.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SessionFile {
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
    /// Channels of the file, counted from 1: one (a mono stem) or two (left and right). Default: all, if
    /// the file has one or two.
    #[serde(default)]
    #[schemars(length(min = 1, max = 2), inner(range(min = 1, max = 65_535)))]
    pub channels: Option<Vec<u32>>,
    /// The group it belongs to.
    #[serde(default)]
    pub group: Option<String>,
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

/// A limiter on an output.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitKeys {
    /// Ceiling: highest true peak in dBTP.
    #[schemars(range(min = -60, max = 0))]
    pub dbtp: f64,
}

/// Limits that a delivery has to keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GateKeys {
    /// Highest integrated loudness in LKFS.
    #[schemars(range(min = -70, max = 0))]
    pub max_lkfs: Option<f64>,
    /// Highest true peak in dBTP.
    #[schemars(range(min = -60, max = 20))]
    pub max_dbtp: Option<f64>,
}

/// Frames of picture per second.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "a frame rate")]
pub enum FrameRateKey {
    /// 23.976, 24, 25, 29.97 or 30.
    Number(#[schemars(range(min = 23, max = 30))] f64),
    /// "29.97df", or one of the numbers in quotes.
    Word(String),
}

impl FrameRateKey {
    /// As it is written.
    pub fn word(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Word(word) => word.trim().to_lowercase(),
        }
    }
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutKeys {
    /// The output's name; the file is named after it.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Kind of file.
    pub format: OutFormat,
    /// Loudspeaker layout: a name ("7.1.4", "4+7+0"), a layout file relative to this file
    /// ("dome.toml"), "stereo" for the desk's stereo bus, "binaural" for headphones, or "binaural:7.1.4" for
    /// the loudspeakers of a layout on headphones. Required with "wav"; the other formats have none.
    #[serde(default)]
    pub layout: String,
    /// Frame rate of an "adm-atmos" master: 23.976, 24, 25, 29.97, "29.97df" or 30. Default: 24.
    #[serde(default)]
    pub fps: Option<FrameRateKey>,
    /// Order of an "ambix" sound field, 1 to 7. Default: 3.
    #[serde(default)]
    #[schemars(range(min = 1, max = 7))]
    pub order: Option<u32>,
    /// Limits of loudness and true peak: of the output itself with "wav", of the own 5.1 render with all others.
    /// Exit code 5 if they are not kept. Default: none.
    #[serde(default)]
    pub gate: Option<GateKeys>,
    /// 16 or 24 (integer, dithered) or "f32" (float). Default: 24.
    #[serde(default)]
    pub bit_depth: BitDepthKey,
    /// "auto" is RIFF that becomes RF64 past 4 GiB; "bw64" is BW64 at any size. Default: "auto".
    #[serde(default)]
    pub container: ContainerKey,
    /// One mono file per channel instead of one file. Default: false.
    #[serde(default)]
    pub multi_mono: bool,
    /// A true-peak limiter on the channels, one gain for all of them. Default: none.
    #[serde(default)]
    pub limit: Option<LimitKeys>,
    /// File name, without a folder. Default: the name with ".wav".
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub file: Option<String>,
}

/// Kinds of file that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutFormat {
    /// A WAV file of the loudspeaker channels.
    Wav,
    /// A master of the Dolby Atmos master ADM profile.
    AdmAtmos,
    /// A master of ITU-R BS.2076-2.
    AdmEbu,
    /// A folder of stems that add up to the mix.
    Stems,
    /// A sound field, ACN and SN3D.
    Ambix,
}

impl OutFormat {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::AdmAtmos => "adm-atmos",
            Self::AdmEbu => "adm-ebu",
            Self::Stems => "stems",
            Self::Ambix => "ambix",
        }
    }
}

/// Sample format of an output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BitDepthKey {
    /// 16-bit integer, dithered.
    Int16,
    /// 24-bit integer, dithered.
    #[default]
    Int24,
    /// 32-bit float.
    Float32,
}

/// Chunk format of an output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerKey {
    /// RIFF, becoming RF64 past 4 GiB.
    #[default]
    Auto,
    /// BW64 at any size.
    Bw64,
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

/// A position, in one of two forms; it is kept in the form written.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "a position")]
pub enum Place {
    /// Seen from the listener, in degrees.
    Polar(PolarPlace),
    /// In the room cube, whose walls stand at ±1.
    Room(RoomPlace),
}

/// A direction and a distance, seen from the listener.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolarPlace {
    /// Azimuth in degrees: 0 front, 90 left, -90 right. Moves go through the numbers as written: 0 to
    /// 360 is one turn to the left.
    #[schemars(range(min = -36_000, max = 36_000))]
    pub az: f64,
    /// Elevation in degrees: 0 ear height, 90 above, -90 below. Default: 0.
    #[serde(default)]
    #[schemars(range(min = -90, max = 90))]
    pub el: f64,
    /// Distance; 1 is the distance of the loudspeakers. Default: 1.
    #[serde(default = "unity")]
    #[schemars(range(min = 0, max = 1000))]
    pub dist: f64,
    /// Stereo stems: the angle between the two sides in degrees, left at az + width/2. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 360))]
    pub width: f64,
}

/// A place in the room cube.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RoomPlace {
    /// -1 left wall, 0 middle, 1 right wall.
    #[schemars(range(min = -1, max = 1))]
    pub x: f64,
    /// -1 back wall, 0 middle, 1 front wall.
    #[schemars(range(min = -1, max = 1))]
    pub y: f64,
    /// -1 floor, 0 ear height, 1 ceiling. Default: 0.
    #[serde(default)]
    #[schemars(range(min = -1, max = 1))]
    pub z: f64,
    /// Stereo stems: the distance between the two sides along x, 2 is wall to wall. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 2))]
    pub width: f64,
}

/// How a stem moves.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Movement {
    /// `[[TIME, POSITION, "linear|smooth|step"], …]`: the first position holds before, the last after.
    Keyframes(#[schemars(length(min = 1, max = 100_000))] Vec<Keyframe<Place>>),
    /// Round and round at one height.
    Circle(CircleKeys),
    /// Round and round a point of the room.
    RoomCircle(RoomCircleKeys),
    /// Round and round while height and distance change.
    Spiral(SpiralKeys),
    /// To and fro between two positions.
    BackAndForth(BackAndForthKeys),
    /// Positions over time from a file.
    Csv(CsvKeys),
}

/// `{ shape = "circle", … }`: round the listener at one height.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CircleKeys {
    /// "circle".
    pub shape: CircleShape,
    /// Seconds of one turn. Either `period` or `beats` is required.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 86_400))]
    pub period: Option<f64>,
    /// Beats of one turn.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 86_400))]
    pub beats: Option<f64>,
    /// Azimuth in degrees at the start of the movement. Default: 0.
    #[serde(default)]
    #[schemars(range(min = -36_000, max = 36_000))]
    pub az: f64,
    /// Elevation in degrees. Default: 0.
    #[serde(default)]
    #[schemars(range(min = -90, max = 90))]
    pub el: f64,
    /// Distance; 1 is the distance of the loudspeakers. Default: 1.
    #[serde(default = "unity")]
    #[schemars(range(min = 0, max = 1000))]
    pub dist: f64,
    /// Stereo stems: the angle between the two sides in degrees. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 360))]
    pub width: f64,
    /// Which way round: "left" is counter-clockwise seen from above. Default: "left".
    #[serde(default)]
    pub turn: Turn,
    /// When the movement starts; before, the stem stands at its first position. Default: 0.
    #[serde(default)]
    pub from: Option<TimeText>,
    /// When the movement stops; after, the stem stays where it is. Default: the end.
    #[serde(default)]
    pub to: Option<TimeText>,
}

/// `{ shape = "circle", x = …, y = …, radius = … }`: round a vertical axis in the room.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RoomCircleKeys {
    /// "circle".
    pub shape: CircleShape,
    /// Seconds of one turn. Either `period` or `beats` is required.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 86_400))]
    pub period: Option<f64>,
    /// Beats of one turn.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 86_400))]
    pub beats: Option<f64>,
    /// Centre: -1 left wall, 0 middle, 1 right wall.
    #[schemars(range(min = -1, max = 1))]
    pub x: f64,
    /// Centre: -1 back wall, 0 middle, 1 front wall.
    #[schemars(range(min = -1, max = 1))]
    pub y: f64,
    /// Height: -1 floor, 0 ear height, 1 ceiling. Default: 0.
    #[serde(default)]
    #[schemars(range(min = -1, max = 1))]
    pub z: f64,
    /// Radius; 1 is half the width of the room.
    #[schemars(range(min = 0, max = 2))]
    pub radius: f64,
    /// Where on the circle the movement starts, in degrees seen from its centre: 0 front, 90 left.
    /// Default: 0.
    #[serde(default)]
    #[schemars(range(min = -36_000, max = 36_000))]
    pub az: f64,
    /// Stereo stems: the distance between the two sides along x. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 2))]
    pub width: f64,
    /// Which way round: "left" is counter-clockwise seen from above. Default: "left".
    #[serde(default)]
    pub turn: Turn,
    /// When the movement starts; before, the stem stands at its first position. Default: 0.
    #[serde(default)]
    pub from: Option<TimeText>,
    /// When the movement stops; after, the stem stays where it is. Default: the end.
    #[serde(default)]
    pub to: Option<TimeText>,
}

/// `{ shape = "spiral", … }`: round the listener while height and distance change.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SpiralKeys {
    /// "spiral".
    pub shape: SpiralShape,
    /// Seconds of one turn. Either `period` or `beats` is required.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 86_400))]
    pub period: Option<f64>,
    /// Beats of one turn.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 86_400))]
    pub beats: Option<f64>,
    /// Azimuth in degrees at the start of the movement. Default: 0.
    #[serde(default)]
    #[schemars(range(min = -36_000, max = 36_000))]
    pub az: f64,
    /// Elevation in degrees at the start and at the end. Default: [0, 0].
    #[serde(default)]
    #[schemars(inner(range(min = -90, max = 90)))]
    pub el: [f64; 2],
    /// Distance at the start and at the end. Default: [1, 1].
    #[serde(default = "unity_pair")]
    #[schemars(inner(range(min = 0, max = 1000)))]
    pub dist: [f64; 2],
    /// Stereo stems: the angle between the two sides in degrees. Default: 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 360))]
    pub width: f64,
    /// Which way round: "left" is counter-clockwise seen from above. Default: "left".
    #[serde(default)]
    pub turn: Turn,
    /// When the movement starts; before, the stem stands at its first position. Default: 0.
    #[serde(default)]
    pub from: Option<TimeText>,
    /// When the movement stops; after, the stem stays where it is. Default: the end.
    #[serde(default)]
    pub to: Option<TimeText>,
}

/// `{ shape = "back-and-forth", … }`: to and fro between two positions.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BackAndForthKeys {
    /// "back-and-forth".
    pub shape: BackAndForthShape,
    /// Seconds to go there and come back. Either `period` or `beats` is required.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 86_400))]
    pub period: Option<f64>,
    /// Beats to go there and come back.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 86_400))]
    pub beats: Option<f64>,
    /// The position at the start of the movement.
    pub a: Place,
    /// The position half a period later, in the same form as `a`.
    pub b: Place,
    /// "smooth" swings like a pendulum, "linear" keeps its speed and turns at once. Default: "smooth".
    #[serde(default)]
    pub curve: SwingKey,
    /// When the movement starts; before, the stem stands at `a`. Default: 0.
    #[serde(default)]
    pub from: Option<TimeText>,
    /// When the movement stops; after, the stem stays where it is. Default: the end.
    #[serde(default)]
    pub to: Option<TimeText>,
}

/// `{ csv = "file.csv" }`: positions over time from a file.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CsvKeys {
    /// The CSV file, relative to this file.
    #[schemars(length(min = 1))]
    pub csv: String,
}

/// The word "circle".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CircleShape {
    /// Round and round at one height.
    Circle,
}

/// The word "spiral".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SpiralShape {
    /// Round and round while height and distance change.
    Spiral,
}

/// The word "back-and-forth".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackAndForthShape {
    /// To and fro between two positions.
    BackAndForth,
}

/// Which way round a movement goes, seen from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// Counter-clockwise: the azimuth grows.
    #[default]
    Left,
    /// Clockwise: the azimuth falls.
    Right,
}

/// How a back-and-forth movement goes from one end to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SwingKey {
    /// At rest at both ends, like a pendulum.
    #[default]
    Smooth,
    /// Constant speed, turning at once.
    Linear,
}

/// The shape of the segment that arrives at a keyframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CurveKey {
    /// A straight line.
    #[default]
    Linear,
    /// Starts and ends at rest.
    Smooth,
    /// Stays, then jumps.
    Step,
}

fn unity() -> f64 {
    1.0
}

fn unity_pair() -> [f64; 2] {
    [1.0, 1.0]
}
