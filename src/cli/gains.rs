//! `umbel gains`: objects in, gains out, one JSON line each; the same gain calculator that renders.

mod channel_keys;
mod line;
mod object_keys;

use std::io::{BufWriter, Read, Write};

use serde::Serialize;

use self::line::Line;
use super::json_lines::{self, BUFFER, output_failed, write_line};
use super::{Ui, named_layout};
use crate::geometry::Position;
use crate::layout::Layout;
use crate::panner::bs2127::{Polar, SYSTEMS};
use crate::panner::{self, GainCalculator, Panner, Vbap};
use crate::scene::ObjectState;
use crate::{Error, Result};

/// Print the gain of every channel of a layout for objects read from stdin as JSON Lines.
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
"y", must be given; elevation and z are 0, distance 1 and extents 0 if left out. Further keys of an object:
"gain", "diffuse", "channel_lock", "divergence", "zones", "screen_ref", "screen_edge_lock", "reference_screen".
A line with "labels":["M+030"] is a channel made for a loudspeaker. Each line is answered by
{"direct":[...],"diffuse":[...]}, one gain per channel in the layout's order, LFE included.

Examples:
  echo '{"azimuth":30}' | umbel gains --layout 7.1.4
  umbel gains --layout dome.toml < objects.jsonl > gains.jsonl
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
    let mut gains = GainCalculator::new(&layout, panner)?;
    let mut out = BufWriter::with_capacity(BUFFER, std::io::stdout().lock());
    let outcome = match args.grid {
        Some(step_deg) => grid(&mut gains, step_deg, &mut out),
        None => answer(&mut gains, std::io::stdin().lock(), &mut out, &mut |line| {
            ui.warn(format_args!(
                "line {line}: the zones hold every loudspeaker of {}: none is left out, as ITU-R BS.2127 has it",
                layout.name
            ));
        }),
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

/// Answers every line of `input`, and tells `unplayable` the numbers of those whose zones would leave no loudspeaker.
fn answer(
    gains: &mut GainCalculator,
    input: impl Read,
    out: &mut impl Write,
    unplayable: &mut dyn FnMut(u64),
) -> Result<()> {
    let mut direct = vec![0.0; gains.channels()];
    let mut diffuse = direct.clone();
    json_lines::answer_each(input, out, |number, text, out| {
        match line::parse(text) {
            Ok(Line::Object(state)) => {
                gains.object(&state, &mut direct, &mut diffuse);
                let zones = state.features.as_deref().map_or(&[][..], |f| &f.zones);
                let is_cartesian = matches!(state.position, Position::Cartesian { .. });
                if !zones.is_empty() && gains.excludes_all(zones, is_cartesian) {
                    unplayable(number);
                }
            }
            Ok(Line::Channel(speaker)) => {
                gains.speaker(&speaker, &mut direct);
                diffuse.fill(0.0);
            }
            Err(reason) => return Ok(Err(reason)),
        }
        let answer = Answer {
            direct: &direct,
            diffuse: &diffuse,
        };
        write_line(out, &answer).map(Ok)
    })
}

#[derive(Serialize)]
struct Answer<'a> {
    direct: &'a [f64],
    diffuse: &'a [f64],
}

#[derive(Serialize)]
struct GridPoint<'a> {
    azimuth: f64,
    elevation: f64,
    direct: &'a [f64],
}

/// Prints directions on a regular grid that mirrors left to right and top to bottom: multiples of the
/// step, and both poles once.
fn grid(gains: &mut GainCalculator, step_deg: f64, out: &mut impl Write) -> Result<()> {
    let multiples = |last: f64| {
        let count = (last / step_deg + 1e-9).floor() as i64;
        (-count..=count).map(move |k| k as f64 * step_deg)
    };
    let mut direct = vec![0.0; gains.channels()];
    let mut diffuse = direct.clone();
    let mut print = |azimuth: f64, elevation: f64| {
        let position = Position::Polar {
            azimuth,
            elevation,
            distance: 1.0,
        };
        gains.object(&ObjectState::at(position), &mut direct, &mut diffuse);
        let point = GridPoint {
            azimuth,
            elevation,
            direct: &direct,
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
    fn a_grid_mirrors_left_to_right_and_has_each_pole_once() {
        let layout = crate::layout::find("2.0").expect("a built-in name");
        let panner = crate::panner::build(&layout).expect("two loudspeakers");
        let mut gains = GainCalculator::new(&layout, panner).expect("its own panner");
        for (step, directions) in [(90.0, 6), (30.0, 2 + 5 * 12), (70.0, 2 + 3 * 5)] {
            let mut out = Vec::new();
            grid(&mut gains, step, &mut out).unwrap();
            assert_eq!(out.split(|&b| b == b'\n').count() - 1, directions, "{step}");
        }
    }
}
