//! One line of `umbel gains`: an object, or a channel made for a loudspeaker.

use serde::Deserialize;

use super::super::json_lines::not_understood;
use super::super::place_keys::{PlaceKeys, expect_object, number, within};
use super::channel_keys::{ChannelKeys, PositionKeys};
use super::object_keys::{
    DivergenceKeys, EdgeKeys, FAR, LockKeys, ObjectKeys, ScreenKeys, ZoneKeys, given,
};
use crate::scene::{DirectSpeakers, ObjectState};

/// What a line asks the gains of.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// A positioned object.
    Object(ObjectState),
    /// A channel made for a loudspeaker.
    Channel(DirectSpeakers),
}

/// All keys a line may have. All may be missing here, so that what is missing or mixed can be said in words.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Keys {
    #[serde(deserialize_with = "number")]
    azimuth: Option<f64>,
    #[serde(deserialize_with = "number")]
    elevation: Option<f64>,
    #[serde(deserialize_with = "number")]
    distance: Option<f64>,
    #[serde(deserialize_with = "number")]
    x: Option<f64>,
    #[serde(deserialize_with = "number")]
    y: Option<f64>,
    #[serde(deserialize_with = "number")]
    z: Option<f64>,
    #[serde(deserialize_with = "number")]
    width: Option<f64>,
    #[serde(deserialize_with = "number")]
    height: Option<f64>,
    #[serde(deserialize_with = "number")]
    depth: Option<f64>,
    #[serde(deserialize_with = "number")]
    gain: Option<f64>,
    #[serde(deserialize_with = "number")]
    diffuse: Option<f64>,
    #[serde(deserialize_with = "given")]
    channel_lock: Option<LockKeys>,
    #[serde(deserialize_with = "given")]
    divergence: Option<DivergenceKeys>,
    #[serde(deserialize_with = "given")]
    zones: Option<Vec<ZoneKeys>>,
    #[serde(deserialize_with = "given")]
    screen_ref: Option<bool>,
    #[serde(deserialize_with = "given")]
    screen_edge_lock: Option<EdgeKeys>,
    #[serde(deserialize_with = "given")]
    reference_screen: Option<ScreenKeys>,
    #[serde(deserialize_with = "given")]
    labels: Option<Vec<String>>,
    #[serde(deserialize_with = "given")]
    position: Option<PositionKeys>,
    #[serde(deserialize_with = "number")]
    low_pass: Option<f64>,
    #[serde(deserialize_with = "number")]
    high_pass: Option<f64>,
    #[serde(deserialize_with = "given")]
    pack: Option<String>,
}

/// What a line holds, or what is wrong with it.
pub(super) fn parse(text: &[u8]) -> Result<Line, String> {
    expect_object(text)?;
    let keys: Keys = serde_json::from_slice(text).map_err(|e| not_understood(&e))?;
    let gain = within("gain", keys.gain, Some(1.0), -FAR, FAR)?;
    let channel = ChannelKeys {
        labels: keys.labels,
        position: keys.position,
        low_pass: keys.low_pass,
        high_pass: keys.high_pass,
        pack: keys.pack,
    };
    let of_objects = [
        ("azimuth", keys.azimuth.is_some()),
        ("elevation", keys.elevation.is_some()),
        ("distance", keys.distance.is_some()),
        ("x", keys.x.is_some()),
        ("y", keys.y.is_some()),
        ("z", keys.z.is_some()),
        ("width", keys.width.is_some()),
        ("height", keys.height.is_some()),
        ("depth", keys.depth.is_some()),
        ("diffuse", keys.diffuse.is_some()),
        ("channel_lock", keys.channel_lock.is_some()),
        ("divergence", keys.divergence.is_some()),
        ("zones", keys.zones.is_some()),
        ("screen_ref", keys.screen_ref.is_some()),
    ];
    if channel.any() {
        if let Some((key, _)) = of_objects.iter().find(|(_, there)| *there) {
            return Err(format!(
                "{key} is for objects; a channel has labels, position, low_pass, high_pass, pack, \
                 screen_edge_lock, reference_screen and gain"
            ));
        }
        let (edge, screen) = (keys.screen_edge_lock, keys.reference_screen);
        let channel = channel.read(gain, edge.as_ref(), screen.as_ref())?;
        return Ok(Line::Channel(channel));
    }
    let of_channels = [
        ("low_pass", channel.low_pass.is_some()),
        ("high_pass", channel.high_pass.is_some()),
        ("pack", channel.pack.is_some()),
    ];
    if let Some((key, _)) = of_channels.iter().find(|(_, there)| *there) {
        return Err(format!(
            "{key} is for channels; a channel has labels or a position of its own"
        ));
    }
    let (position, extent) = PlaceKeys {
        azimuth: keys.azimuth,
        elevation: keys.elevation,
        distance: keys.distance,
        x: keys.x,
        y: keys.y,
        z: keys.z,
        width: keys.width,
        height: keys.height,
        depth: keys.depth,
    }
    .read()?;
    let object = ObjectKeys {
        channel_lock: keys.channel_lock,
        divergence: keys.divergence,
        zones: keys.zones,
        screen_ref: keys.screen_ref,
        screen_edge_lock: keys.screen_edge_lock,
        reference_screen: keys.reference_screen,
    };
    Ok(Line::Object(ObjectState {
        extent,
        gain,
        diffuse: within("diffuse", keys.diffuse, Some(0.0), 0.0, 1.0)?,
        features: object.read()?,
        ..ObjectState::at(position)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Position;
    use crate::layout::Screen;
    use crate::scene::{
        Bounded, ChannelLock, Divergence, Extent, Features, LockHorizontal, ScreenEdgeLock,
        SpeakerPosition, Zone,
    };

    fn object(text: &str) -> ObjectState {
        match parse(text.as_bytes()) {
            Ok(Line::Object(state)) => state,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn channel(text: &str) -> DirectSpeakers {
        match parse(text.as_bytes()) {
            Ok(Line::Channel(channel)) => channel,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let cases = [
            (
                r#"{"azimuth":30}"#,
                Position::Polar {
                    azimuth: 30.0,
                    elevation: 0.0,
                    distance: 1.0,
                },
            ),
            (
                r#"{"x":-1,"y":0.5}"#,
                Position::Cartesian {
                    x: -1.0,
                    y: 0.5,
                    z: 0.0,
                },
            ),
            (
                r#" {"distance":2, "elevation":-90,"azimuth":-400.5}"#,
                Position::Polar {
                    azimuth: -400.5,
                    elevation: -90.0,
                    distance: 2.0,
                },
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(object(text), ObjectState::at(expected), "{text}");
        }
        let large = object(r#"{"azimuth":0,"width":360,"height":10,"depth":1}"#);
        let extent = Extent {
            width: 360.0,
            height: 10.0,
            depth: 1.0,
        };
        assert_eq!(large.extent, extent);
    }

    #[test]
    fn everything_an_object_says_is_heard() {
        let state = object(
            r#"{"x":0,"y":1,"gain":0.5,"diffuse":0.25,"channel_lock":{"max_distance":0.7},
                "divergence":{"value":0.5,"position_range":0.3},"screen_ref":true,
                "screen_edge_lock":{"horizontal":"left"},"reference_screen":{"width":40},
                "zones":[{"min_azimuth":91,"max_azimuth":-91,"min_elevation":-10,"max_elevation":10},
                         {"min_x":-1,"max_x":1,"min_y":-1,"max_y":0,"min_z":0,"max_z":1}]}"#,
        );
        assert!((state.gain, state.diffuse) == (0.5, 0.25));
        let expected = Features {
            channel_lock: Some(ChannelLock {
                max_distance: Some(0.7),
            }),
            divergence: Some(Divergence {
                value: 0.5,
                azimuth_range: None,
                position_range: Some(0.3),
            }),
            zones: vec![
                Zone::Polar {
                    min_azimuth: 91.0,
                    max_azimuth: -91.0,
                    min_elevation: -10.0,
                    max_elevation: 10.0,
                },
                Zone::Cartesian {
                    min: [-1.0, -1.0, 0.0],
                    max: [1.0, 0.0, 1.0],
                },
            ],
            screen_ref: true,
            screen_edge_lock: ScreenEdgeLock {
                horizontal: Some(LockHorizontal::Left),
                vertical: None,
            },
            reference_screen: Screen {
                width: 40.0,
                ..Screen::default()
            },
        };
        assert_eq!(state.features.as_deref(), Some(&expected));
        let plain = object(r#"{"azimuth":0,"channel_lock":false,"zones":[],"screen_ref":false}"#);
        assert_eq!(plain.features, None);
        let locked = object(r#"{"azimuth":0,"channel_lock":true}"#);
        let lock = locked.features.and_then(|features| features.channel_lock);
        assert_eq!(lock, Some(ChannelLock { max_distance: None }));
    }

    #[test]
    fn channels_have_labels_and_bounds() {
        let bed = channel(
            r#"{"labels":["urn:itu:bs:2051:0:speaker:U-045"],"low_pass":120,"pack":"AP_00010003","gain":2}"#,
        );
        assert_eq!(
            bed.position,
            SpeakerPosition::Polar {
                azimuth: (-45.0).into(),
                elevation: 30.0.into(),
                distance: 1.0.into(),
            }
        );
        assert_eq!(
            (bed.low_pass, bed.pack.as_deref()),
            (Some(120.0), Some("AP_00010003"))
        );
        let bounded = channel(
            r#"{"position":{"x":{"value":-1,"min":-1,"max":-0.5},"y":1,"z":{"value":0}},"labels":[]}"#,
        );
        assert_eq!(
            bounded.position,
            SpeakerPosition::Cartesian {
                x: Bounded {
                    value: -1.0,
                    min: Some(-1.0),
                    max: Some(-0.5),
                },
                y: 1.0.into(),
                z: 0.0.into(),
            }
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("30", "not a JSON object"),
            ("[30,0]", "not a JSON object"),
            ("azimuth=30", "not a JSON object"),
            (r#"{"azimuth":30"#, "EOF"),
            ("{}", "no azimuth"),
            (r#"{"elevation":0}"#, "no azimuth"),
            (r#"{"x":0}"#, "no y"),
            (r#"{"azimuth":NaN}"#, "column 12"),
            (r#"{"azimuth":1e999}"#, "out of range"),
            (r#"{"azimuth":"links"}"#, "string \"links\""),
            (r#"{"azimuth":30,5}"#, "column"),
            (r#"{"azimuth":null}"#, "invalid type: null"),
            (r#"{"azimuth":1,"azimuth":2}"#, "duplicate field `azimuth`"),
            (r#"{"azimut":30}"#, "unknown field `azimut`"),
            (r#"{"azimuth":30,"x":0}"#, "both degrees and x, y, z"),
            (
                r#"{"azimuth":30,"elevation":90.1}"#,
                "elevation is 90.1; allowed is -90 to 90",
            ),
            (r#"{"azimuth":30,"distance":-1}"#, "distance is -1"),
            (
                r#"{"azimuth":30,"width":400}"#,
                "width is 400; allowed is 0 to 360",
            ),
            (
                r#"{"x":0,"y":1,"width":3}"#,
                "width is 3; allowed is 0 to 2",
            ),
            (r#"{"azimuth":30} {"azimuth":30}"#, "trailing characters"),
            (
                r#"{"azimuth":0,"diffuse":2}"#,
                "diffuse is 2; allowed is 0 to 1",
            ),
            (
                r#"{"azimuth":0,"channel_lock":3}"#,
                r#"expected true, false or {"max_distance":0.5}"#,
            ),
            (r#"{"azimuth":0,"channel_lock":null}"#, "invalid type: null"),
            (
                r#"{"azimuth":0,"channel_lock":{"max":1}}"#,
                "unknown field `max`",
            ),
            (
                r#"{"azimuth":0,"divergence":{"azimuth_range":3}}"#,
                "missing field `value`",
            ),
            (
                r#"{"azimuth":0,"divergence":{"value":-1}}"#,
                "value of divergence is -1",
            ),
            (
                r#"{"azimuth":0,"zones":[{"min_azimuth":0}]}"#,
                "a zone has all of",
            ),
            (
                r#"{"azimuth":0,"screen_edge_lock":{"vertical":"left"}}"#,
                "expected `top` or `bottom`",
            ),
            (
                r#"{"azimuth":0,"reference_screen":{"azimuth":180}}"#,
                "behind the listener",
            ),
            (
                r#"{"azimuth":0,"low_pass":120}"#,
                "low_pass is for channels",
            ),
            (
                r#"{"labels":["M+030"],"azimuth":0}"#,
                "azimuth is for objects",
            ),
            (
                r#"{"labels":["M+030"],"position":{"azimuth":{"min":0}}}"#,
                "missing field `value`",
            ),
            (
                r#"{"labels":["M+030"],"position":{"elevation":0}}"#,
                "no azimuth",
            ),
            (r#"{"labels":"M+030"}"#, "invalid type: string"),
        ];
        for (text, expected) in cases {
            let said = parse(text.as_bytes()).unwrap_err();
            assert!(said.contains(expected), "{text}: {said}");
            assert!(!said.contains("line"), "{text}: {said}");
        }
    }
}
