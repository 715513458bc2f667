//! `umbel hoa-decoder`: the matrix that plays a sound field on a layout.

use serde_json::json;

use super::{Ui, named_layout};
use crate::layout::Layout;
use crate::panner::{self, GainCalculator};
use crate::scene::{Normalization, SoundField};
use crate::{Error, Result};

/// Print the matrix that decodes a sound field (HOA) on a layout: all-round decoding of ITU-R BS.2127.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Layout by name (7.1.4, 4+7+0) or a layout file.
    #[arg(short, long, value_name = "NAME|FILE")]
    layout: String,
    /// Highest order of the field; it has all (order + 1)² components.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=7))]
    order: u32,
    /// How its components are scaled against each other.
    #[arg(long, value_name = "NAME", default_value = "SN3D", ignore_case = true)]
    normalization: Scaling,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Scaling {
    /// As in AmbiX.
    #[value(name = "SN3D")]
    Sn3d,
    /// Every component of the same power over the sphere.
    #[value(name = "N3D")]
    N3d,
    /// Furse-Malham, up to order 3.
    #[value(name = "FuMa")]
    FuMa,
}

impl From<Scaling> for Normalization {
    fn from(scaling: Scaling) -> Self {
        match scaling {
            Scaling::Sn3d => Self::Sn3d,
            Scaling::N3d => Self::N3d,
            Scaling::FuMa => Self::FuMa,
        }
    }
}

const EXAMPLES: &str = "\
One row for each channel of the layout, LFE channels included (always 0), one column for each component in the
order of AmbiX (ACN: order 0; then Y Z X; …), whatever the normalization.

Examples:
  umbel hoa-decoder --layout 7.1.4 --order 3
  umbel hoa-decoder --layout dome.toml --order 1 --normalization FuMa --json";

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let layout = named_layout::load(&args.layout)?;
    let field = SoundField::full(args.order, args.normalization.into());
    if let Some(problem) = field.problem() {
        return Err(Error::Usage(problem));
    }
    let mut gains = GainCalculator::new(&layout, panner::build(&layout)?)?;
    let matrix = gains.sound_field(&field);
    let rows: Vec<Vec<f64>> = (0..layout.channels())
        .map(|channel| column(&matrix, channel, layout.channels()))
        .collect();
    if ui.json {
        let value = clap::ValueEnum::to_possible_value(&args.normalization);
        return ui.json_line(&json!({
            "layout": layout.name,
            "order": args.order,
            "normalization": value.as_ref().map(clap::builder::PossibleValue::get_name),
            "channels": layout.speakers.iter().map(|s| &s.label).collect::<Vec<_>>(),
            "components": field.components,
            "matrix": rows,
        }));
    }
    table(&layout, &field, &rows, ui)
}

/// The gains of one channel for every component.
fn column(matrix: &[f64], channel: usize, channels: usize) -> Vec<f64> {
    matrix[channel..]
        .iter()
        .step_by(channels)
        .copied()
        .collect()
}

fn table(layout: &Layout, field: &SoundField, rows: &[Vec<f64>], ui: &Ui) -> Result<()> {
    let labels = layout.speakers.iter().map(|s| s.label.as_str());
    let width = labels.clone().map(|label| label.chars().count()).max();
    let width = width.unwrap_or(0);
    let print = |label: &str, cells: Vec<String>| {
        ui.line(format_args!("{label:<width$}{}", cells.concat()))
    };
    let head = |(order, degree): &(u32, i32)| format!(" {:>8}", format!("{order},{degree}"));
    print("", field.components.iter().map(head).collect())?;
    for (label, row) in labels.zip(rows) {
        // A gain that rounds to nothing has no sign.
        let cell = |gain: &f64| format!(" {:>8.5}", if gain.abs() < 5e-6 { 0.0 } else { *gain });
        print(label, row.iter().map(cell).collect())?;
    }
    Ok(())
}
