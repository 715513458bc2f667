//! A position and an extent as a line of JSON has them.

use serde::{Deserialize, Deserializer};

use crate::geometry::Position;
use crate::scene::Extent;

/// The keys of one place as written. All may be missing, so that what is missing or mixed can be said in
/// words.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PlaceKeys {
    #[serde(deserialize_with = "number")]
    pub(super) azimuth: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub(super) elevation: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub(super) distance: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub(super) x: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub(super) y: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub(super) z: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub(super) width: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub(super) height: Option<f64>,
    #[serde(deserialize_with = "number")]
    pub(super) depth: Option<f64>,
}

/// A key that is there holds a number; `null` is none.
pub(super) fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    f64::deserialize(value).map(Some)
}

const FORMS: &str = r#"a position is {"azimuth":30,"elevation":0} or {"x":0,"y":1,"z":0}"#;

/// Farthest anything may be: its square is still a number.
const FAR: f64 = 1e100;

/// Refuses a line that holds no object, in words that say what it should hold.
pub(super) fn expect_object(text: &[u8]) -> Result<(), String> {
    match text.trim_ascii_start().starts_with(b"{") {
        true => Ok(()),
        false => Err(format!("not a JSON object; {FORMS}")),
    }
}

impl PlaceKeys {
    /// The place, or what is wrong with it.
    pub(super) fn read(&self) -> Result<(Position, Extent), String> {
        let polar = self.azimuth.or(self.elevation).or(self.distance).is_some();
        let room = self.x.or(self.y).or(self.z).is_some();
        let (position, widest, deepest) = match (polar, room) {
            (true, true) => {
                return Err("both degrees and x, y, z; give one of the two".to_owned());
            }
            (false, true) => (
                Position::Cartesian {
                    x: within("x", self.x, None, -FAR, FAR)?,
                    y: within("y", self.y, None, -FAR, FAR)?,
                    z: within("z", self.z, Some(0.0), -FAR, FAR)?,
                },
                2.0,
                2.0,
            ),
            _ => (
                Position::Polar {
                    azimuth: within("azimuth", self.azimuth, None, -FAR, FAR)?,
                    elevation: within("elevation", self.elevation, Some(0.0), -90.0, 90.0)?,
                    distance: within("distance", self.distance, Some(1.0), 0.0, FAR)?,
                },
                360.0,
                1.0,
            ),
        };
        let extent = Extent {
            width: within("width", self.width, Some(0.0), 0.0, widest)?,
            height: within("height", self.height, Some(0.0), 0.0, widest)?,
            depth: within("depth", self.depth, Some(0.0), 0.0, deepest)?,
        };
        Ok((position, extent))
    }
}

/// The value of `key` or its default, if it has one and the value is within `least` to `most`.
pub(super) fn within(
    key: &str,
    value: Option<f64>,
    default: Option<f64>,
    least: f64,
    most: f64,
) -> Result<f64, String> {
    match value.or(default) {
        Some(value) if (least..=most).contains(&value) => Ok(value),
        Some(value) => {
            let [value, least, most] = [value, least, most].map(readable);
            Err(format!("{key} is {value}; allowed is {least} to {most}"))
        }
        None => Err(format!("no {key}; {FORMS}")),
    }
}

/// A number without hundreds of zeros.
fn readable(number: f64) -> String {
    if number.abs() < 1e9 && !(f64::MIN_POSITIVE..1e-6).contains(&number.abs()) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}
