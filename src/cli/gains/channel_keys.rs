//! The keys of a channel made for a loudspeaker, as a line of JSON has them.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::place_keys::{number, within};
use super::object_keys::{EdgeKeys, FAR, ScreenKeys, given, optional};
use crate::layout::{Screen, library};
use crate::scene::{Bounded, DirectSpeakers, SpeakerPosition};

/// `30`, or `{"value": 30, "min": 25, "max": 35}`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BoundedKeys(Bounded);

impl<'de> Deserialize<'de> for BoundedKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = BoundedKeys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"a number or {"value":30,"min":25,"max":35}"#)
            }

            fn visit_f64<E>(self, value: f64) -> Result<BoundedKeys, E> {
                Ok(BoundedKeys(value.into()))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<BoundedKeys, E> {
                self.visit_f64(value as f64)
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<BoundedKeys, E> {
                self.visit_f64(value as f64)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BoundedKeys, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Map {
                    value: f64,
                    #[serde(default, deserialize_with = "number")]
                    min: Option<f64>,
                    #[serde(default, deserialize_with = "number")]
                    max: Option<f64>,
                }
                let Map { value, min, max } = Map::deserialize(MapAccessDeserializer::new(map))?;
                Ok(BoundedKeys(Bounded { value, min, max }))
            }
        }
        deserializer.deserialize_any(Keys)
    }
}

/// Where the loudspeaker is meant to be: degrees, or the room cube.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PositionKeys {
    #[serde(deserialize_with = "given")]
    azimuth: Option<BoundedKeys>,
    #[serde(deserialize_with = "given")]
    elevation: Option<BoundedKeys>,
    #[serde(deserialize_with = "given")]
    distance: Option<BoundedKeys>,
    #[serde(deserialize_with = "given")]
    x: Option<BoundedKeys>,
    #[serde(deserialize_with = "given")]
    y: Option<BoundedKeys>,
    #[serde(deserialize_with = "given")]
    z: Option<BoundedKeys>,
}

impl PositionKeys {
    fn read(&self) -> Result<SpeakerPosition, String> {
        let polar = [self.azimuth, self.elevation, self.distance];
        let room = [self.x, self.y, self.z];
        let any = |keys: &[Option<BoundedKeys>]| keys.iter().any(Option::is_some);
        match (any(&polar), any(&room)) {
            (true, true) => {
                Err("position has both degrees and x, y, z; give one of the two".to_owned())
            }
            (false, true) => Ok(SpeakerPosition::Cartesian {
                x: bounded("x", self.x, None, FAR)?,
                y: bounded("y", self.y, None, FAR)?,
                z: bounded("z", self.z, Some(0.0), FAR)?,
            }),
            _ => Ok(SpeakerPosition::Polar {
                azimuth: bounded("azimuth", self.azimuth, None, FAR)?,
                elevation: bounded("elevation", self.elevation, Some(0.0), 90.0)?,
                distance: bounded("distance", self.distance, Some(1.0), FAR)?,
            }),
        }
    }
}

fn bounded(
    key: &str,
    keys: Option<BoundedKeys>,
    default: Option<f64>,
    most: f64,
) -> Result<Bounded, String> {
    let given = keys.map(|BoundedKeys(bounded)| bounded);
    let value = within(
        key,
        given.map(|bounded| bounded.value),
        default,
        -most,
        most,
    )?;
    let bound = |bound: Option<f64>| optional(key, bound, -FAR, FAR);
    Ok(Bounded {
        value,
        min: bound(given.and_then(|bounded| bounded.min))?,
        max: bound(given.and_then(|bounded| bounded.max))?,
    })
}

/// The keys that only such a channel has.
#[derive(Debug, Default)]
pub(super) struct ChannelKeys {
    pub(super) labels: Option<Vec<String>>,
    pub(super) position: Option<PositionKeys>,
    pub(super) low_pass: Option<f64>,
    pub(super) high_pass: Option<f64>,
    pub(super) pack: Option<String>,
}

impl ChannelKeys {
    /// Whether the line is a channel and no object.
    pub(super) fn any(&self) -> bool {
        self.labels.is_some() || self.position.is_some()
    }

    /// The channel, with the keys that it shares with objects.
    pub(super) fn read(
        self,
        gain: f64,
        edge: Option<&EdgeKeys>,
        screen: Option<&ScreenKeys>,
    ) -> Result<DirectSpeakers, String> {
        let labels = self.labels.unwrap_or_default();
        Ok(DirectSpeakers {
            position: match self.position {
                Some(position) => position.read()?,
                None => place_of(&labels),
            },
            low_pass: optional("low_pass", self.low_pass, 0.0, FAR)?,
            high_pass: optional("high_pass", self.high_pass, 0.0, FAR)?,
            pack: self.pack,
            screen_edge_lock: edge.map(EdgeKeys::read).unwrap_or_default(),
            reference_screen: match screen {
                Some(screen) => screen.read()?,
                None => Screen::default(),
            },
            gain,
            labels,
        })
    }
}

/// Where the first label that a built-in layout has stands there; straight ahead if there is none.
fn place_of(labels: &[String]) -> SpeakerPosition {
    let place = |label: &String| {
        // A label may be the end of a URN.
        let label = label.rsplit(':').next()?;
        let speakers = || library().iter().flat_map(|layout| &layout.speakers);
        speakers()
            .find(|speaker| speaker.label == label)
            .map(|speaker| speaker.polar())
    };
    let (azimuth, elevation, distance) = labels.iter().find_map(place).unwrap_or((0.0, 0.0, 1.0));
    SpeakerPosition::Polar {
        azimuth: azimuth.into(),
        elevation: elevation.into(),
        distance: distance.into(),
    }
}
