//! `umbel convert-position`: positions in, the same positions in the other form out, one JSON line each.

use std::io::{BufWriter, Write};

use serde::Serialize;

use super::json_lines::{self, BUFFER, write_line};
use super::place_keys::{PlaceKeys, expect_object};
use crate::Result;
use crate::geometry::Position;
use crate::scene::{self, Extent};

/// Convert positions and extents from polar to Cartesian or back, read from stdin as JSON Lines.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The form of the answers; without it, each is the other form of its line.
    #[arg(long, value_name = "FORM")]
    to: Option<Form>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// Azimuth, elevation, distance; width and height in degrees.
    Polar,
    /// X, y, z in the room cube; width along x, height along z, depth along y.
    Cartesian,
}

const EXAMPLES: &str = r#"The conversion is that of ITU-R BS.2127, section 10: azimuths 0, 30 and 110 become the middle of the front
wall and the corners of the room, elevation 30 the edge of the ceiling. Every line is answered by all keys of
its form, an object that is in that form already by itself.

Examples:
  echo '{"azimuth":30,"elevation":30}' | umbel convert-position
  umbel convert-position --to cartesian < positions.jsonl > room.jsonl"#;

pub(crate) fn run(args: Args) -> Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, std::io::stdout().lock());
    let outcome =
        json_lines::answer_each(
            std::io::stdin().lock(),
            &mut out,
            |_, text, out| match converted(text, args.to) {
                Ok(answer) => write_line(out, &answer).map(Ok),
                Err(reason) => Ok(Err(reason)),
            },
        );
    outcome.and(out.flush().map_err(json_lines::output_failed))
}

/// A place in one form, all keys in order.
#[derive(Debug, Serialize, PartialEq)]
#[serde(untagged)]
enum Answer {
    Polar {
        azimuth: f64,
        elevation: f64,
        distance: f64,
        width: f64,
        height: f64,
        depth: f64,
    },
    Cartesian {
        x: f64,
        y: f64,
        z: f64,
        width: f64,
        height: f64,
        depth: f64,
    },
}

impl From<(Position, Extent)> for Answer {
    fn from((position, extent): (Position, Extent)) -> Self {
        let Extent {
            width,
            height,
            depth,
        } = extent;
        match position {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => Self::Polar {
                azimuth,
                elevation,
                distance,
                width,
                height,
                depth,
            },
            Position::Cartesian { x, y, z } => Self::Cartesian {
                x,
                y,
                z,
                width,
                height,
                depth,
            },
        }
    }
}

fn converted(text: &[u8], to: Option<Form>) -> Result<Answer, String> {
    expect_object(text)?;
    let keys: PlaceKeys =
        serde_json::from_slice(text).map_err(|e| json_lines::not_understood(&e))?;
    let (position, extent) = keys.read()?;
    let to = to.unwrap_or(match position {
        Position::Polar { .. } => Form::Cartesian,
        Position::Cartesian { .. } => Form::Polar,
    });
    Ok(match to {
        Form::Polar => scene::to_polar(position, extent),
        Form::Cartesian => scene::to_cartesian(position, extent),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, to: Option<Form>) -> String {
        let answer = converted(text.as_bytes(), to).expect("a position");
        serde_json::to_string(&answer).expect("numbers")
    }

    #[test]
    fn each_line_turns_into_its_other_form_unless_one_is_asked_for() {
        let room = r#"{"x":0.0,"y":1.0,"z":0.0,"width":0.0,"height":0.0,"depth":0.0}"#;
        let polar = r#"{"azimuth":0.0,"elevation":0.0,"distance":1.0,"width":0.0,"height":0.0,"depth":0.0}"#;
        assert_eq!(answer(r#"{"azimuth":0}"#, None), room);
        let front: serde_json::Value =
            serde_json::from_str(&answer(r#"{"x":0,"y":1}"#, None)).expect("JSON");
        assert!(front["azimuth"].as_f64().expect("a number").abs() < 1e-12);
        assert!((front["distance"].as_f64().expect("a number") - 1.0).abs() < 1e-12);
        assert_eq!(answer(room, Some(Form::Cartesian)), room);
        assert_eq!(answer(polar, Some(Form::Polar)), polar);
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for (text, reason) in [
            ("30", "not a JSON object"),
            (r#"{"azimuth":0,"gain":1}"#, "unknown field `gain`"),
            (r#"{"x":0,"azimuth":1}"#, "both degrees and x, y, z"),
            (
                r#"{"x":0,"y":1,"depth":3}"#,
                "depth is 3; allowed is 0 to 2",
            ),
        ] {
            let said = converted(text.as_bytes(), None).expect_err(text);
            assert!(said.contains(reason), "{text}: {said}");
        }
    }
}
