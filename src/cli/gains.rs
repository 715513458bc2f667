//! `umbel gains`: positions in, gains out, one JSON line each; the same panner that renders.

use std::io::{BufWriter, Read, Write};

use serde::Serialize;

use super::json_lines::{self, BUFFER, not_understood, output_failed, write_line};
use super::place_keys::{PlaceKeys, expect_object};
use super::{Ui, named_layout};
use crate::geometry::Position;
use crate::layout::Layout;
use crate::panner::bs2127::{Polar, SYSTEMS};
use crate::panner::{self, Panner, Vbap};
use crate::scene::Extent;
use crate::{Error, Result};

/// Print the gain of every channel of a layout for positions read from stdin as JSON Lines.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Layout by name (7.1.4, 4+7+0) or a layout file.
    #[arg(short, long, value_name = "NAME|FILE")]
    layout: String,
    /// How to pan; if not given, bs2127 on the layouts of ITU-R BS.2051 and vbap on all others.
    #[arg(long)]
    panner: Option<Method>,
    /// Read nothing; print a grid of directions, this many degrees apart, with their gains.
    #[arg(long, value_name = "DEG", value_parser = grid_step)]
    grid: Option<f64>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Method {
    /// Amplitude panning on the facets of the loudspeakers' hull; any layout.
    Vbap,
    /// The polar panner of ITU-R BS.2127; the layouts of ITU-R BS.2051.
    Bs2127,
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
    let panner: Box<dyn Panner> = match args.panner {
        None => panner::build(&layout)?,
        Some(Method::Vbap) => Box::new(Vbap::new(&layout)?),
        Some(Method::Bs2127) => Box::new(Polar::new(&layout).ok_or_else(|| no_system(&layout))?),
    };
    // Positions and gains in one buffer each; stdout's own would write out every line by itself.
    let mut out = BufWriter::with_capacity(BUFFER, std::io::stdout().lock());
    let outcome = match args.grid {
        Some(step_deg) => grid(&*panner, step_deg, &mut out),
        None => answer(&*panner, std::io::stdin().lock(), &mut out),
    };
    // Lines before a bad one are answered.
    outcome.and(out.flush().map_err(output_failed))
}

/// The refusal to pan on a layout as a system of BS.2051 that it is not.
fn no_system(layout: &Layout) -> Error {
    let systems = SYSTEMS.join(", ");
    let reason = format!(
        "the panner bs2127 needs the loudspeakers of a layout of ITU-R BS.2051, by their labels and within \
         their ranges: {systems}; the panner vbap takes any layout"
    );
    Error::layout(&layout.name, "", reason)
}

/// Answers every line of `input`.
fn answer(panner: &dyn Panner, input: impl Read, out: &mut impl Write) -> Result<()> {
    let mut gains = vec![0.0; panner.channels()];
    json_lines::answer_each(input, out, |text, out| {
        let (position, extent) = match parse(text) {
            Ok(place) => place,
            Err(reason) => return Ok(Err(reason)),
        };
        panner.gains(position, extent, &mut gains);
        write_line(out, &Answer { direct: &gains }).map(Ok)
    })
}

#[derive(Serialize)]
struct Answer<'a> {
    direct: &'a [f64],
}

/// The position and extent that a line holds, or what is wrong with it.
fn parse(text: &[u8]) -> Result<(Position, Extent), String> {
    expect_object(text)?;
    let keys: PlaceKeys = serde_json::from_slice(text).map_err(|e| not_understood(&e))?;
    keys.read()
}

#[derive(Serialize)]
struct GridPoint<'a> {
    azimuth: f64,
    elevation: f64,
    direct: &'a [f64],
}

/// Prints directions on a regular grid that mirrors left to right and top to bottom: multiples of the
/// step, and both poles once.
fn grid(panner: &dyn Panner, step_deg: f64, out: &mut impl Write) -> Result<()> {
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
