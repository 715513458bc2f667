//! The screen of a layout file: `screen = { … }`, or `screen = false`.

use super::Screen;
use super::values::{Keys, Notes, kind};
use crate::geometry::Position;

/// Keys of a screen with a centre in degrees, and of one in the room cube.
const SCREEN_KEYS: [&str; 9] = [
    "aspect-ratio",
    "az",
    "el",
    "dist",
    "width",
    "x",
    "y",
    "z",
    "width-x",
];

/// How the two kinds are written, for messages.
const FORMS: &str =
    "{ aspect-ratio = 1.78, az = 0, el = 0, width = 58 }, or x, y, z and width-x in room units";

/// The screen that the file describes: the default one if it says nothing, `None` if it says there is none.
pub(super) fn screen(file: &Keys<'_, '_>, notes: &mut Notes<'_>) -> Option<Screen> {
    let default = Screen::default();
    let Some(value) = file.value("screen") else {
        return Some(default);
    };
    if value.get_ref().as_bool() == Some(false) {
        return None;
    }
    let Some(table) = value.get_ref().as_table() else {
        notes.error(
            "U412",
            value.span(),
            format!(
                "\"screen\" is {}, not a table or false",
                kind(value.get_ref())
            ),
            format!("must be {FORMS}; false if there is none"),
            "",
        );
        return Some(default);
    };
    let keys = Keys::new(table, value.span(), "the screen");
    let before = notes.count();
    keys.refuse_others(&SCREEN_KEYS, notes);
    let polar = ["az", "el", "dist", "width"]
        .iter()
        .any(|key| keys.has(key));
    let cartesian = ["x", "y", "z", "width-x"].iter().any(|key| keys.has(key));
    if polar && cartesian {
        notes.error(
            "U418",
            keys.span(),
            "the screen has both angles and x/y/z",
            "two positions",
            "keep az/el/dist/width or x/y/z/width-x",
        );
        return Some(default);
    }
    let number = |key: &str, range, unit: &str, otherwise: f64, notes: &mut Notes<'_>| {
        keys.number(key, range, unit, notes).unwrap_or(otherwise)
    };
    let aspect_ratio = number(
        "aspect-ratio",
        0.1..=10.0,
        "(width over height)",
        default.aspect_ratio,
        notes,
    );
    let (centre, width) = if cartesian {
        let room = "room units";
        if !keys.has("width-x") {
            keys.missing("width-x", "1.2 (room units, wall to wall is 2)", notes);
        }
        (
            Position::Cartesian {
                x: number("x", -10.0..=10.0, room, 0.0, notes),
                y: number("y", -10.0..=10.0, room, 1.0, notes),
                z: number("z", -10.0..=10.0, room, 0.0, notes),
            },
            number("width-x", 0.001..=100.0, room, 1.0, notes),
        )
    } else {
        (
            Position::Polar {
                azimuth: number("az", -360.0..=360.0, "degrees", 0.0, notes),
                elevation: number("el", -90.0..=90.0, "degrees", 0.0, notes),
                distance: number("dist", 0.01..=1000.0, "", 1.0, notes),
            },
            number("width", 0.1..=179.0, "degrees", default.width, notes),
        )
    };
    let screen = Screen {
        aspect_ratio,
        centre,
        width,
    };
    if notes.count() == before
        && let Err(reason) = screen.edges()
    {
        notes.error(
            "U419",
            keys.span(),
            format!("the screen is impossible: {reason}"),
            "impossible",
            "a screen stands to one side of the listener; its width and height follow from width and aspect-ratio",
        );
    }
    Some(screen)
}

#[cfg(test)]
mod tests {
    use super::super::{parse, read, to_toml};
    use super::*;
    use std::path::Path;

    fn with(screen: &str) -> String {
        format!(
            "name = \"room\"\n{screen}\nspeakers = [{{ label = \"L\", az = 30 }}, {{ label = \"R\", az = -30 }}]\n"
        )
    }

    #[test]
    fn screens_of_both_kinds_are_read_and_written_back() {
        let wall = Screen {
            aspect_ratio: 2.39,
            centre: Position::Cartesian {
                x: 0.0,
                y: 1.0,
                z: 0.25,
            },
            width: 1.2,
        };
        let above = Screen {
            centre: Position::Polar {
                azimuth: 0.0,
                elevation: 10.0,
                distance: 2.5,
            },
            width: 40.0,
            ..Screen::default()
        };
        for (text, expected) in [
            ("", Some(Screen::default())),
            ("screen = {}", Some(Screen::default())),
            ("screen = false", None),
            (
                "screen = { aspect-ratio = 2.39, z = 0.25, width-x = 1.2 }",
                Some(wall),
            ),
            ("screen = { el = 10, dist = 2.5, width = 40 }", Some(above)),
        ] {
            let layout = parse(&with(text), Path::new("room.toml")).expect(text);
            assert_eq!(layout.screen, expected, "{text}");
            let again = parse(&to_toml(&layout, None), Path::new("room.toml")).expect(text);
            assert_eq!(again.screen, expected, "{text}");
        }
    }

    #[test]
    fn every_fault_of_a_screen_is_a_finding() {
        for (text, code, said) in [
            ("screen = true", "U412", "a boolean"),
            ("screen = 58", "U412", "an integer"),
            ("screen = { size = 40 }", "U411", "size"),
            ("screen = { az = 0, x = 0 }", "U418", "both angles"),
            ("screen = { x = 0 }", "U413", "width-x"),
            ("screen = { width = 200 }", "U414", "200"),
            ("screen = { aspect-ratio = 0 }", "U414", "aspect-ratio"),
            ("screen = { az = 180 }", "U419", "behind"),
            ("screen = { el = -85 }", "U419", "straight up or down"),
        ] {
            let reading = read(&with(text), Path::new("room.toml"));
            assert!(reading.layout.is_none(), "{text}");
            let [finding] = &reading.findings[..] else {
                panic!("{text}: {:?}", reading.findings);
            };
            assert_eq!(finding.code, code, "{text}");
            assert!(
                finding.message.contains(said),
                "{text}: {}",
                finding.message
            );
            assert_eq!(finding.line_column.map(|(line, _)| line), Some(2), "{text}");
        }
    }
}
