//! Positions, in the two forms a session writes them in.

use schemars::JsonSchema;
use serde::Deserialize;

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
    /// In `at`: how far the sound spreads, 0 a point, 1 all around. Default: the key `size` beside it.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub size: Option<f64>,
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
    /// In `at`: how far the sound spreads, 0 a point, 1 all around. Default: the key `size` beside it.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub size: Option<f64>,
}

impl Place {
    /// How far the sound spreads, if the place says so.
    pub fn size(&self) -> Option<f64> {
        match self {
            Self::Polar(place) => place.size,
            Self::Room(place) => place.size,
        }
    }
}

/// The distance of the loudspeakers.
fn unity() -> f64 {
    1.0
}
