//! `umbel gains`: positions in, gains out, one JSON line each; the same panner that renders.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};

use serde::{Deserialize, Deserializer, Serialize};

use super::ui::STDOUT;
use super::{Ui, named_layout};
use crate::geometry::Position;
use crate::panner::{Panner, Vbap};
use crate::scene::Extent;
use crate::{Error, Result};

/// Print the gain of every channel of a layout for positions read from stdin as JSON Lines.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Layout by name (7.1.4, 4+7+0) or a layout file.
    #[arg(short, long, value_name = "NAME|FILE")]
    layout: String,
    /// How to pan.
    #[arg(long, default_value = "vbap")]
    panner: Method,
    /// Read nothing; print a grid of directions, this many degrees apart, with their gains.
    #[arg(long, value_name = "DEG", value_parser = grid_step)]
    grid: Option<f64>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Method {
    /// Amplitude panning on the facets of the loudspeakers' hull.
    Vbap,
}

const EXAMPLES: &str = r#"A position is {"azimuth":30,"elevation":0,"distance":1} in degrees, + = left and up, or {"x":0,"y":1,"z":0},
right, front and up in the room cube; "width", "height" and "depth" may be added. "azimuth", or "x" and
"y", must be given; elevation and z are 0, distance 1 and extents 0 if left out. Each line is answered by
{"direct":[...]}, one gain per channel in the layout's order, LFE included.

Examples:
  echo '{"azimuth":30}' | umbel gains --layout 7.1.4
  umbel gains --layout dome.toml < positions.jsonl > gains.jsonl
  umbel gains --layout 5.1.4 --grid 5 > directions.jsonl"#;

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let layout = named_layout::load(&args.layout)?;
    let labels: Vec<&str> = layout.speakers.iter().map(|s| s.label.as_str()).collect();
    ui.detail(format_args!("layout {}: {}", layout.name, labels.join(" ")));
    let panner = match args.panner {
        Method::Vbap => Vbap::new(&layout)?,
    };
    // Positions and gains in one buffer each; stdout's own would write out every line by itself.
    let mut out = BufWriter::with_capacity(BUFFER, std::io::stdout().lock());
    let outcome = match args.grid {
        Some(step_deg) => grid(&panner, step_deg, &mut out),
        None => answer(&panner, std::io::stdin().lock(), &mut out),
    };
    // Lines before a bad one are answered.
    outcome.and(out.flush().map_err(output_failed))
}

const BUFFER: usize = 64 * 1024;

/// Longest line read, in bytes: a position takes about 100.
const LONGEST_LINE: usize = 16 * 1024;

/// Answers every line of `input`.
fn answer(panner: &impl Panner, input: impl Read, out: &mut impl Write) -> Result<()> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut gains = vec![0.0; panner.channels()];
    let mut line = Vec::new();
    for number in 1_u64.. {
        // Someone who types, or waits for each answer, gets it before the next line is waited for.
        if memchr::memchr(b'\n', input.buffer()).is_none() {
            out.flush().map_err(output_failed)?;
        }
        line.clear();
        let read = input
            .by_ref()
            .take(LONGEST_LINE as u64)
            .read_until(b'\n', &mut line)
            .map_err(|e| Error::io(STDIN, "read", e))?;
        if read == 0 {
            break;
        }
        if line.len() == LONGEST_LINE && !line.ends_with(b"\n") {
            let reason =
                format!("the line is longer than {LONGEST_LINE} bytes; a line holds one position");
            return Err(refused(number, &reason));
        }
        let text = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(text) if number == 1 => text,
            _ => &line,
        };
        if text.trim_ascii().is_empty() {
            continue;
        }
        let (position, extent) = parse(text).map_err(|reason| refused(number, &reason))?;
        panner.gains(position, extent, &mut gains);
        write_line(out, &Answer { direct: &gains })?;
    }
    Ok(())
}

const STDIN: &str = "stdin";

fn refused(line: u64, reason: &str) -> Error {
    Error::malformed(STDIN, "position", format!("line {line}"), reason)
}

#[derive(Serialize)]
struct Answer<'a> {
    direct: &'a [f64],
}

/// One position as written. All keys may be missing here, so that what is missing or mixed can be said
/// in words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default, deserialize_with = "number")]
    azimuth: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    elevation: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    distance: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    x: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    y: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    z: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    width: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    height: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    depth: Option<f64>,
}

/// A key that is there holds a number; `null` is none.
fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    f64::deserialize(value).map(Some)
}

const FORMS: &str = r#"a position is {"azimuth":30,"elevation":0} or {"x":0,"y":1,"z":0}"#;

/// Farthest anything may be: its square is still a number.
const FAR: f64 = 1e100;

/// The position and extent that a line holds, or what is wrong with it.
fn parse(text: &[u8]) -> Result<(Position, Extent), String> {
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(format!("not a JSON object; {FORMS}"));
    }
    let line: Line = serde_json::from_slice(text).map_err(|e| not_a_position(&e))?;
    let polar = line.azimuth.or(line.elevation).or(line.distance).is_some();
    let room = line.x.or(line.y).or(line.z).is_some();
    let (position, widest) = match (polar, room) {
        (true, true) => {
            return Err("both degrees and x, y, z; give one of the two".to_owned());
        }
        (false, true) => (
            Position::Cartesian {
                x: within("x", line.x, None, -FAR, FAR)?,
                y: within("y", line.y, None, -FAR, FAR)?,
                z: within("z", line.z, Some(0.0), -FAR, FAR)?,
            },
            2.0,
        ),
        _ => (
            Position::Polar {
                azimuth: within("azimuth", line.azimuth, None, -FAR, FAR)?,
                elevation: within("elevation", line.elevation, Some(0.0), -90.0, 90.0)?,
                distance: within("distance", line.distance, Some(1.0), 0.0, FAR)?,
            },
            360.0,
        ),
    };
    let extent = Extent {
        width: within("width", line.width, Some(0.0), 0.0, widest)?,
        height: within("height", line.height, Some(0.0), 0.0, widest)?,
        depth: within("depth", line.depth, Some(0.0), 0.0, 1.0)?,
    };
    Ok((position, extent))
}

fn within(
    key: &str,
    value: Option<f64>,
    default: Option<f64>,
    least: f64,
    most: f64,
) -> Result<f64, String> {
    match value.or(default) {
        Some(value) if (least..=most).contains(&value) => Ok(value),
        Some(value) => Err(format!("{key} is {value}; allowed is {least} to {most}")),
        None => Err(format!("no {key}; {FORMS}")),
    }
}

/// serde_json's sentence, with the column and without the line, which is always its first.
fn not_a_position(error: &serde_json::Error) -> String {
    let sentence = error.to_string();
    let sentence = sentence
        .split_once(" at line ")
        .map_or(sentence.as_str(), |(sentence, _)| sentence);
    format!("column {}: {sentence}", error.column())
}

#[derive(Serialize)]
struct GridPoint<'a> {
    azimuth: f64,
    elevation: f64,
    direct: &'a [f64],
}

/// Prints directions on a regular grid that mirrors left to right and top to bottom: multiples of the
/// step, and both poles once.
fn grid(panner: &impl Panner, step_deg: f64, out: &mut impl Write) -> Result<()> {
    let multiples = |last: f64| {
        let count = (last / step_deg + 1e-9).floor() as i64;
        (-count..=count).map(move |k| k as f64 * step_deg)
    };
    let mut gains = vec![0.0; panner.channels()];
    let mut print = |azimuth: f64, elevation: f64| {
        let position = Position::Polar {
            azimuth,
            elevation,
            distance: 1.0,
        };
        panner.gains(position, Extent::default(), &mut gains);
        let point = GridPoint {
            azimuth,
            elevation,
            direct: &gains,
        };
        write_line(out, &point)
    };
    print(0.0, -90.0)?;
    for elevation in multiples(90.0).filter(|elevation| elevation.abs() < 90.0 - 1e-9) {
        for azimuth in multiples(180.0).filter(|&azimuth| azimuth > -180.0 + 1e-9) {
            print(azimuth, elevation)?;
        }
    }
    print(0.0, 90.0)
}

/// "5" or "5deg".
fn grid_step(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("deg").unwrap_or(text);
    match number.parse() {
        Ok(step) if (0.01..=90.0).contains(&step) => Ok(step),
        _ => Err("a step is 0.01 to 90 degrees".to_owned()),
    }
}

/// Numbers are the shortest that read back as the same `f64`.
fn write_line(out: &mut impl Write, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *out, value)
        .map_err(std::io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .map_err(output_failed)
}

fn output_failed(error: std::io::Error) -> Error {
    Error::io(STDOUT, "write to", error)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(
                parse(text.as_bytes()),
                Ok((expected, Extent::default())),
                "{text}"
            );
        }
        let (_, extent) = parse(br#"{"azimuth":0,"width":360,"height":10,"depth":1}"#).unwrap();
        assert_eq!(
            extent,
            Extent {
                width: 360.0,
                height: 10.0,
                depth: 1.0
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
        ];
        for (text, expected) in cases {
            let said = parse(text.as_bytes()).unwrap_err();
            assert!(said.contains(expected), "{text}: {said}");
            assert!(!said.contains("line"), "{text}: {said}");
        }
    }

    #[test]
    fn a_grid_mirrors_left_to_right_and_has_each_pole_once() {
        struct Listener;
        impl Panner for Listener {
            fn channels(&self) -> usize {
                0
            }
            fn gains(&self, _: Position, _: Extent, _: &mut [f64]) {}
        }
        for (step, directions) in [(90.0, 6), (30.0, 2 + 5 * 12), (70.0, 2 + 3 * 5)] {
            let mut out = Vec::new();
            grid(&Listener, step, &mut out).unwrap();
            assert_eq!(out.split(|&b| b == b'\n').count() - 1, directions, "{step}");
        }
    }
}
