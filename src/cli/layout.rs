//! `umbel layout`: list, show, check and import loudspeaker layouts.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Ui, findings};
use crate::error::{Finding, Severity};
use crate::format::{check_not_input, layout_file};
use crate::geometry::Position;
use crate::layout::{self, Layout, Source, Speaker};
use crate::panner::Vbap;
use crate::report::layout_picture::layout_picture;
use crate::{Error, Result};

/// List, show, check or import loudspeaker layouts.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the built-in layouts.
    List,
    /// Print a layout: its channels in order, where they stand, and the order a WAV file gets.
    Show {
        /// A built-in name ("7.1.4", "4+7+0", "2.0") or the path of a layout file.
        layout: String,
        /// Print it as a layout file, to start one of your own from.
        #[arg(long)]
        toml: bool,
        #[command(flatten)]
        picture: Picture,
    },
    /// Check a layout: symmetry, ranges, gaps, distances. Exit code 3 if the file has errors.
    Check {
        /// A built-in name or the path of a layout file.
        layout: String,
        #[command(flatten)]
        picture: Picture,
    },
    /// Make a layout file from one of another program: IEM or SPARTA JSON, SpatGRIS XML, EAR YAML.
    Import {
        /// The other program's file; its kind is told by its content.
        file: PathBuf,
        /// The layout file to write; without it, the layout is printed.
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// The layout to take, by name, if the file holds several.
        #[arg(long, value_name = "NAME")]
        pick: Option<String>,
        /// Overwrite the output if it exists.
        #[arg(short, long)]
        force: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Picture {
    /// Draw the layout to an SVG file.
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
    /// Overwrite the picture if it exists.
    #[arg(short, long, requires = "picture")]
    force: bool,
}

impl Picture {
    fn draw(&self, layout: &Layout, file: Option<&Path>) -> Result<()> {
        match &self.picture {
            Some(path) => {
                file.map_or(Ok(()), |file| check_not_input(file, path))?;
                let facets = Vbap::new(layout)?.facets();
                layout_file::save(path, &layout_picture(layout, &facets), self.force)
            }
            None => Ok(()),
        }
    }
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    match args.verb {
        Verb::List => list(ui),
        Verb::Show {
            layout,
            toml,
            picture,
        } => show(&layout, toml, &picture, ui),
        Verb::Check { layout, picture } => check(&layout, &picture, ui),
        Verb::Import {
            file,
            output,
            pick,
            force,
        } => import(&file, output.as_deref(), pick.as_deref(), force, ui),
    }
}

/// One word, two meanings.
const STEREO: &str = "In sessions and in `render -l`, \"stereo\" is the stereo bus of the session's mixing desk (pan pots); as a layout, as \
                      here and for masters, it is 0+2+0: two loudspeakers, which `render -l 2.0` renders for.";

fn list(ui: &Ui) -> Result<()> {
    if ui.json {
        let all = layout::library()
            .iter()
            .map(|layout| {
                json!({
                    "name": layout.name,
                    "title": layout.title,
                    "aliases": layout::names_of(layout),
                    "shared_names": layout::shared_names_of(layout),
                    "channels": layout.channels(),
                    "channel_mask": layout.channel_mask(),
                })
            })
            .collect();
        return ui.json_line(&Value::Array(all));
    }
    let mut rows = vec![["name", "channels", "also", "what"].map(str::to_owned)];
    rows.extend(layout::library().iter().map(|layout| {
        [
            layout.name.clone(),
            layout.channels().to_string(),
            layout::names_of(layout).join(", "),
            layout.title.clone(),
        ]
    }));
    table(&rows, ui)?;
    ui.lines(format!("\n{STEREO}"))?;
    ui.line("Names that several layouts share (5.1.2, 7.1.2, 8.0, …) are refused with the choices named.")
}

fn show(name: &str, toml: bool, picture: &Picture, ui: &Ui) -> Result<()> {
    let opened = layout_file::open(name)?;
    let layout = valid(&opened)?;
    picture.draw(layout, opened.path.as_deref())?;
    if opened.path.is_none() && name.trim().eq_ignore_ascii_case("stereo") {
        ui.note(STEREO);
    }
    if ui.json {
        return ui.json_line(&as_json(layout));
    }
    if toml {
        let text = match &opened.path {
            None => layout::library_text(&layout.name)
                .unwrap_or_default()
                .to_owned(),
            Some(_) => layout::to_toml(layout, opened.reading.radius_m),
        };
        if layout
            .speakers
            .iter()
            .filter(|speaker| !speaker.lfe)
            .count()
            < 2
        {
            ui.warn(format_args!(
                "{} cannot be the start of a file of one's own, which has at least two speakers; ask for it by its name",
                layout.name
            ));
        }
        return ui.lines(text.trim_end());
    }
    ui.line(format!("{}  {}", layout.name, layout.title))?;
    let also = layout::names_of(layout);
    if opened.path.is_none() && !also.is_empty() {
        ui.line(format!("also     {}", also.join(", ")))?;
    }
    if !layout.source.is_empty() {
        ui.line(format!("source   {}", layout.source))?;
    }
    ui.lines(format!("in a WAV {}\n", wav_order(layout)))?;
    let radius_m = opened.reading.radius_m;
    let distance = if radius_m.is_some() {
        "metres"
    } else {
        "distance"
    };
    let mut rows = vec![
        [
            "",
            "label",
            "name",
            "azimuth",
            "elevation",
            distance,
            "gain dB",
            "delay ms",
            "",
        ]
        .map(str::to_owned),
    ];
    rows.extend(
        layout
            .speakers
            .iter()
            .enumerate()
            .map(|(channel, speaker)| {
                let (azimuth, elevation, distance) = speaker.polar();
                [
                    (channel + 1).to_string(),
                    speaker.label.clone(),
                    speaker.name.clone().unwrap_or_default(),
                    rounded(azimuth),
                    rounded(elevation),
                    rounded(distance * radius_m.unwrap_or(1.0)),
                    rounded(speaker.gain_db),
                    rounded(speaker.delay_ms),
                    if speaker.lfe {
                        "LFE, never panned into"
                    } else {
                        ""
                    }
                    .to_owned(),
                ]
            }),
    );
    table(&rows, ui)
}

/// The channel mask and the order it brings, or that there is none.
fn wav_order(layout: &Layout) -> String {
    let names = |order: &[usize]| {
        let names: Vec<&str> = order
            .iter()
            .map(|&channel| {
                let speaker = &layout.speakers[channel];
                speaker.name.as_deref().unwrap_or(&speaker.label)
            })
            .collect();
        names.join(" ")
    };
    match (layout.channel_mask(), layout.mask_order()) {
        (Some(mask), Some(order)) if order.is_sorted() => format!("mask {mask:#x}, in this order"),
        (Some(mask), Some(order)) => format!("mask {mask:#x}, in the order {}", names(&order)),
        _ => "no channel mask (0), in this order".to_owned(),
    }
}

fn check(name: &str, picture: &Picture, ui: &Ui) -> Result<()> {
    let opened = layout_file::open(name)?;
    let layout = valid(&opened)?;
    let reading = &opened.reading;
    let source = Source {
        path: opened.path.as_deref().unwrap_or(Path::new(&layout.name)),
        text: &opened.text,
        rows: &reading.rows,
        radius_m: reading.radius_m,
    };
    let found = layout::lint(layout, &source);
    let compensation = reading
        .radius_m
        .map_or_else(Vec::new, |radius_m| layout::compensation(layout, radius_m));
    picture.draw(layout, opened.path.as_deref())?;
    if ui.json {
        return ui.json_line(&check_json(&layout.name, &found, &compensation));
    }
    if !found.is_empty() {
        ui.ready_made(findings::draw(&found, Some((source.path, source.text))).trim_end())?;
    }
    ui.line(format!(
        "{}: {} channels, {}",
        layout.name,
        layout.channels(),
        findings::count(&found)
    ))
}

fn check_json(name: &str, found: &[Finding], compensation: &[layout::Compensation]) -> Value {
    let count = |severity| found.iter().filter(|f| f.severity == severity).count();
    json!({
        "name": name,
        "errors": count(Severity::Error),
        "warnings": count(Severity::Warning),
        "notes": count(Severity::Note),
        "findings": found.iter().map(findings::json).collect::<Vec<_>>(),
        "compensation": compensation.iter().map(|c| json!({
            "label": c.label,
            "delay_ms": c.delay_ms,
            "gain_db": c.gain_db,
        })).collect::<Vec<_>>(),
    })
}

fn import(
    file: &Path,
    output: Option<&Path>,
    pick: Option<&str>,
    force: bool,
    ui: &Ui,
) -> Result<()> {
    if let Some(output) = output {
        check_not_input(file, output)?;
    }
    let imported = layout::import(&layout_file::read_text(file)?, file, pick)?;
    for loss in &imported.losses {
        ui.warn(loss);
    }
    if let Some(output) = output {
        layout_file::save(output, &imported.text, force)?;
    }
    if ui.json {
        return ui.json_line(&json!({
            "format": imported.format,
            "written": output.map(|path| path.display().to_string()),
            "losses": imported.losses,
            "layout": as_json(&imported.layout),
        }));
    }
    match output {
        Some(output) => ui.line(format!(
            "{}: {} with {} channels, written to {}",
            file.display(),
            imported.format,
            imported.layout.channels(),
            output.display()
        )),
        None => ui.lines(imported.text.trim_end()),
    }
}

/// The layout of an opened file, or all its findings.
fn valid(opened: &layout_file::Opened) -> Result<&Layout> {
    opened
        .reading
        .layout
        .as_ref()
        .ok_or_else(|| Error::Session {
            path: opened.path.clone().unwrap_or_default(),
            findings: opened.reading.findings.clone(),
        })
}

/// A layout as other programs read it; keys are only ever added.
fn as_json(layout: &Layout) -> Value {
    json!({
        "name": layout.name,
        "title": layout.title,
        "aliases": layout::names_of(layout),
        "shared_names": layout::shared_names_of(layout),
        "source": layout.source,
        "channel_mask": layout.channel_mask(),
        "mask_order": layout.mask_order(),
        "screen": layout.screen.as_ref().map(screen_json),
        "channels": layout.speakers.iter().enumerate().map(channel_json).collect::<Vec<_>>(),
    })
}

fn screen_json(screen: &layout::Screen) -> Value {
    let (ratio, width) = (screen.aspect_ratio, screen.width);
    match screen.centre {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => json!({
            "aspect_ratio": ratio,
            "azimuth": azimuth,
            "elevation": elevation,
            "distance": distance,
            "width": width,
        }),
        Position::Cartesian { x, y, z } => {
            json!({ "aspect_ratio": ratio, "x": x, "y": y, "z": z, "width_x": width })
        }
    }
}

fn channel_json((index, speaker): (usize, &Speaker)) -> Value {
    let (azimuth, elevation, distance) = speaker.polar();
    let range = |range: Option<layout::AngleRange>| range.map(|range| [range.min, range.max]);
    json!({
        "index": index,
        "label": speaker.label,
        "name": speaker.name,
        "azimuth": azimuth,
        "elevation": elevation,
        "distance": distance,
        "azimuth_range": range(speaker.azimuth_range),
        "elevation_range": range(speaker.elevation_range),
        "lfe": speaker.lfe,
        "room": speaker.room,
        "mask_bit": speaker.mask_bit,
        "gain_db": speaker.gain_db,
        "delay_ms": speaker.delay_ms,
    })
}

/// At most three decimals.
fn rounded(value: f64) -> String {
    format!("{}", (value * 1e3).round() / 1e3 + 0.0)
}

/// Rows under each other, columns two blanks apart, no blanks at the end of a line.
fn table<const N: usize>(rows: &[[String; N]], ui: &Ui) -> Result<()> {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        ui.line(cells.join("  ").trim_end())?;
    }
    Ok(())
}
