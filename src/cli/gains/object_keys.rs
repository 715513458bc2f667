//! The keys of an object beside its place, as a line of JSON has them.

use std::fmt;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::place_keys::{number, within};
use crate::geometry::Position;
use crate::layout::Screen;
use crate::scene::{
    ChannelLock, Divergence, Features, LockHorizontal, LockVertical, ScreenEdgeLock, Zone,
};

/// `true`, `false` or `{"max_distance": 0.5}`.
#[derive(Debug, Default)]
pub(super) struct LockKeys {
    on: bool,
    max_distance: Option<f64>,
}

impl<'de> Deserialize<'de> for LockKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = LockKeys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"true, false or {"max_distance":0.5}"#)
            }

            fn visit_bool<E>(self, on: bool) -> Result<LockKeys, E> {
                Ok(LockKeys {
                    on,
                    max_distance: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LockKeys, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Map {
                    #[serde(default, deserialize_with = "number")]
                    max_distance: Option<f64>,
                }
                let Map { max_distance } = Map::deserialize(MapAccessDeserializer::new(map))?;
                Ok(LockKeys {
                    on: true,
                    max_distance,
                })
            }
        }
        deserializer.deserialize_any(Keys)
    }
}

impl LockKeys {
    fn read(&self) -> Result<Option<ChannelLock>, String> {
        let max_distance = optional("max_distance", self.max_distance, 0.0, FAR)?;
        Ok(self.on.then_some(ChannelLock { max_distance }))
    }
}

/// `{"value": 0.5, "azimuth_range": 30}` or `{"value": 0.5, "position_range": 0.5}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DivergenceKeys {
    value: f64,
    #[serde(default, deserialize_with = "number")]
    azimuth_range: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    position_range: Option<f64>,
}

impl DivergenceKeys {
    fn read(&self) -> Result<Divergence, String> {
        Ok(Divergence {
            value: within("value of divergence", Some(self.value), None, 0.0, 1.0)?,
            azimuth_range: optional("azimuth_range", self.azimuth_range, 0.0, 180.0)?,
            position_range: optional("position_range", self.position_range, 0.0, 2.0)?,
        })
    }
}

/// Limits in degrees, or in room units.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ZoneKeys {
    #[serde(deserialize_with = "number")]
    min_azimuth: Option<f64>,
    #[serde(deserialize_with = "number")]
    max_azimuth: Option<f64>,
    #[serde(deserialize_with = "number")]
    min_elevation: Option<f64>,
    #[serde(deserialize_with = "number")]
    max_elevation: Option<f64>,
    #[serde(deserialize_with = "number")]
    min_x: Option<f64>,
    #[serde(deserialize_with = "number")]
    max_x: Option<f64>,
    #[serde(deserialize_with = "number")]
    min_y: Option<f64>,
    #[serde(deserialize_with = "number")]
    max_y: Option<f64>,
    #[serde(deserialize_with = "number")]
    min_z: Option<f64>,
    #[serde(deserialize_with = "number")]
    max_z: Option<f64>,
}

impl ZoneKeys {
    fn read(&self) -> Result<Zone, String> {
        let angles = [
            self.min_azimuth,
            self.max_azimuth,
            self.min_elevation,
            self.max_elevation,
        ];
        let sides = [
            self.min_x, self.max_x, self.min_y, self.max_y, self.min_z, self.max_z,
        ];
        let all = |keys: &[Option<f64>]| keys.iter().all(Option::is_some);
        let none = |keys: &[Option<f64>]| keys.iter().all(Option::is_none);
        let limit =
            |key: &str, value: Option<f64>, most: f64| within(key, value, None, -most, most);
        if all(&angles) && none(&sides) {
            Ok(Zone::Polar {
                min_azimuth: limit("min_azimuth", self.min_azimuth, 360.0)?,
                max_azimuth: limit("max_azimuth", self.max_azimuth, 360.0)?,
                min_elevation: limit("min_elevation", self.min_elevation, 90.0)?,
                max_elevation: limit("max_elevation", self.max_elevation, 90.0)?,
            })
        } else if all(&sides) && none(&angles) {
            Ok(Zone::Cartesian {
                min: [
                    limit("min_x", self.min_x, FAR)?,
                    limit("min_y", self.min_y, FAR)?,
                    limit("min_z", self.min_z, FAR)?,
                ],
                max: [
                    limit("max_x", self.max_x, FAR)?,
                    limit("max_y", self.max_y, FAR)?,
                    limit("max_z", self.max_z, FAR)?,
                ],
            })
        } else {
            Err("a zone has all of min_azimuth, max_azimuth, min_elevation and max_elevation, or all of \
                 min_x, max_x, min_y, max_y, min_z and max_z"
                .to_owned())
        }
    }
}

/// `{"horizontal": "left", "vertical": "top"}`; one of the two is enough.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EdgeKeys {
    #[serde(deserialize_with = "given")]
    horizontal: Option<Horizontal>,
    #[serde(deserialize_with = "given")]
    vertical: Option<Vertical>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Horizontal {
    Left,
    Right,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Vertical {
    Top,
    Bottom,
}

impl EdgeKeys {
    pub(super) fn read(&self) -> ScreenEdgeLock {
        ScreenEdgeLock {
            horizontal: self.horizontal.map(|edge| match edge {
                Horizontal::Left => LockHorizontal::Left,
                Horizontal::Right => LockHorizontal::Right,
            }),
            vertical: self.vertical.map(|edge| match edge {
                Vertical::Top => LockVertical::Top,
                Vertical::Bottom => LockVertical::Bottom,
            }),
        }
    }
}

/// A screen: its centre in degrees and `width`, or in the room cube and `width_x`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ScreenKeys {
    #[serde(deserialize_with = "number")]
    aspect_ratio: Option<f64>,
    #[serde(deserialize_with = "number")]
    azimuth: Option<f64>,
    #[serde(deserialize_with = "number")]
    elevation: Option<f64>,
    #[serde(deserialize_with = "number")]
    distance: Option<f64>,
    #[serde(deserialize_with = "number")]
    width: Option<f64>,
    #[serde(deserialize_with = "number")]
    x: Option<f64>,
    #[serde(deserialize_with = "number")]
    y: Option<f64>,
    #[serde(deserialize_with = "number")]
    z: Option<f64>,
    #[serde(deserialize_with = "number")]
    width_x: Option<f64>,
}

impl ScreenKeys {
    pub(super) fn read(&self) -> Result<Screen, String> {
        let default = Screen::default();
        let ratio = Some(default.aspect_ratio);
        let aspect_ratio = within("aspect_ratio", self.aspect_ratio, ratio, 0.01, 100.0)?;
        let polar = [self.azimuth, self.elevation, self.distance, self.width];
        let room = [self.x, self.y, self.z, self.width_x];
        let screen = if room.iter().all(Option::is_none) {
            Screen {
                aspect_ratio,
                centre: Position::Polar {
                    azimuth: within("azimuth", self.azimuth, Some(0.0), -FAR, FAR)?,
                    elevation: within("elevation", self.elevation, Some(0.0), -90.0, 90.0)?,
                    distance: within("distance", self.distance, Some(1.0), 0.0, FAR)?,
                },
                width: within("width", self.width, Some(default.width), 0.0, 180.0)?,
            }
        } else if polar.iter().all(Option::is_none) {
            Screen {
                aspect_ratio,
                centre: Position::Cartesian {
                    x: within("x", self.x, Some(0.0), -FAR, FAR)?,
                    y: within("y", self.y, Some(1.0), -FAR, FAR)?,
                    z: within("z", self.z, Some(0.0), -FAR, FAR)?,
                },
                width: within("width_x", self.width_x, None, 0.0, FAR)?,
            }
        } else {
            return Err(
                "a screen has azimuth, elevation, distance and width, or x, y, z and width_x"
                    .to_owned(),
            );
        };
        match screen.edges() {
            Ok(_) => Ok(screen),
            Err(reason) => Err(format!("reference_screen: {reason}")),
        }
    }
}

/// What an object says beside place, gain and diffuseness.
#[derive(Debug, Default)]
pub(super) struct ObjectKeys {
    pub(super) channel_lock: Option<LockKeys>,
    pub(super) divergence: Option<DivergenceKeys>,
    pub(super) zones: Option<Vec<ZoneKeys>>,
    pub(super) screen_ref: Option<bool>,
    pub(super) screen_edge_lock: Option<EdgeKeys>,
    pub(super) reference_screen: Option<ScreenKeys>,
}

impl ObjectKeys {
    /// The features of the object; `None` if it has none.
    pub(super) fn read(&self) -> Result<Option<Arc<Features>>, String> {
        let zones = self.zones.iter().flatten().map(ZoneKeys::read);
        let features = Features {
            channel_lock: match &self.channel_lock {
                Some(lock) => lock.read()?,
                None => None,
            },
            divergence: self
                .divergence
                .as_ref()
                .map(DivergenceKeys::read)
                .transpose()?,
            zones: zones.collect::<Result<_, _>>()?,
            screen_ref: self.screen_ref.unwrap_or(false),
            screen_edge_lock: self
                .screen_edge_lock
                .as_ref()
                .map(EdgeKeys::read)
                .unwrap_or_default(),
            reference_screen: match &self.reference_screen {
                Some(screen) => screen.read()?,
                None => Screen::default(),
            },
        };
        Ok((features != Features::default()).then(|| Arc::new(features)))
    }
}

/// Farthest anything may be: its square is still a number.
pub(super) const FAR: f64 = 1e100;

/// A number that may be left out, within limits if it is there.
pub(super) fn optional(
    key: &str,
    value: Option<f64>,
    least: f64,
    most: f64,
) -> Result<Option<f64>, String> {
    value
        .map(|value| within(key, Some(value), None, least, most))
        .transpose()
}

/// A key that is there has a value; `null` is none.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}
