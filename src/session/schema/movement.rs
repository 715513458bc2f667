//! `move`: keyframes, shapes and tables.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::keyframe::Keyframe;
use super::{Place, TimeText};

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
