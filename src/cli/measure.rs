//! `umbel measure`: how loud files, sessions and masters are.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::limits::limit;
use super::measured::{self, Measured};
use super::{Ui, interrupt, named_layout, opened, report};
use crate::effect::Settings;
use crate::format::{BitDepth, Container, adm};
use crate::offline::{self, Delivery, Options, Programme, Rendered};
use crate::render::Target;
use crate::report::page::Page;
use crate::session::Session;
use crate::units::Frames;
use crate::{Error, Result};

/// Measure loudness (ITU-R BS.1770-5, EBU Tech 3342) and true peak of audio files, sessions and ADM masters.
///
/// An audio file is measured as it stands. Sessions and masters are rendered to a layout first, 5.1 unless
/// said otherwise; nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Audio files, sessions and ADM masters.
    #[arg(required = true, value_name = "PATH")]
    inputs: Vec<PathBuf>,
    /// What sessions and masters are rendered to, and what the channels of an audio file are for if its
    /// header does not say.
    #[arg(short, long, value_name = "NAME|FILE")]
    layout: Option<String>,
    /// Print the loudness over time as well, with --json: a figure every tenth of a second.
    #[arg(long)]
    series: bool,
    /// Measure every stem, return and group of a session, every object of a master by itself as well: what it adds to
    /// the render, behind all processors.
    #[arg(long)]
    stems: bool,
    /// Fail with exit code 5 if the integrated loudness is above this, in LKFS.
    #[arg(long, value_name = "LKFS", allow_negative_numbers = true, value_parser = limit)]
    max_lkfs: Option<f64>,
    /// Fail with exit code 5 if the true peak is above this, in dBTP.
    #[arg(long, value_name = "DBTP", allow_negative_numbers = true, value_parser = limit)]
    max_dbtp: Option<f64>,
    /// Convert stems of another sample rate to that of most stems, instead of refusing them.
    #[arg(long)]
    resample: bool,
    #[command(flatten)]
    report: report::ReportArgs,
}

const EXAMPLES: &str = "\
Examples:
  umbel measure out/714.wav                     a file, by its channel mask
  umbel measure song.toml                       a session, by its 5.1 render
  umbel measure song.toml --stems --json        and each stem, return and group by itself
  umbel measure master.wav -l 7.1.4 --json      a master, by its 7.1.4 render
  umbel measure master.wav --max-lkfs -18 --max-dbtp -1    exit code 5 if it is too loud";

/// The layout that deliveries are gated on.
pub(super) const GATE_LAYOUT: &str = "5.1";

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let to_report = args.report.path()?;
    if to_report.is_some() && args.inputs.len() != 1 {
        return Err(Error::Usage(
            "--report tells of one input: give one".to_owned(),
        ));
    }
    interrupt::install();
    let mut all = Vec::new();
    let mut missed = Vec::new();
    for input in &args.inputs {
        let figures = of(&args, input, ui)?;
        missed.extend(figures.missed(&args, input));
        if ui.json {
            all.push(figures.json(input, args.series));
        } else {
            ui.line(format_args!("{}: {}", input.display(), figures.of))?;
            figures.measured.print(ui)?;
            figures.print_parts(ui)?;
        }
        if let Some(path) = to_report {
            let mut page = report::page(input);
            add(&mut page, &args, input, figures.measured, ui)?;
            report::write(path, &page, ui)?;
        }
    }
    if ui.json {
        let value = match all.len() {
            1 => all.swap_remove(0),
            _ => Value::Array(all),
        };
        ui.json_line(&value)?;
    }
    match missed.as_slice() {
        [] => Ok(()),
        missed => Err(Error::Gate(missed.join("; "))),
    }
}

/// Adds an input to a report: a file as it stands, a session or master as it is rendered here.
fn add(page: &mut Page, args: &Args, input: &Path, measured: Measured, ui: &Ui) -> Result<()> {
    if opened::plain_audio(input)?.is_some() {
        return report::add_file(page, input, args.layout.as_deref(), measured, ui);
    }
    let all = adm::Selection::default();
    let again = || report::programme(input, args.resample, &all);
    let chain = if opened::is_audio(input) {
        Vec::new()
    } else {
        opened::song(input, args.resample, ui)?.stereo_chain
    };
    let name = args.layout.as_deref().unwrap_or(GATE_LAYOUT);
    report::add_own_render(page, again()?, chain, name, ui)?;
    report::add_programme(page, input, again()?, ui)
}

/// What one input comes to.
struct Figures {
    /// What was measured: "7.1.4 file", "own 5.1 render".
    of: String,
    channels: Vec<String>,
    measured: Measured,
    parts: Vec<Part>,
}

/// What a part of a session or master comes to.
struct Part {
    kind: &'static str,
    name: String,
    measured: Measured,
}

fn of(args: &Args, input: &Path, ui: &Ui) -> Result<Figures> {
    if let Some(mut source) = opened::plain_audio(input)? {
        let layout = args.layout.as_deref();
        let facts = source.facts().clone();
        let measured = measured::measure(input, source.as_mut(), layout, ui)?;
        let named = measured::labels(&facts, layout)?;
        return Ok(Figures {
            of: format!("the file as it stands, {} channels", facts.channels),
            channels: named,
            measured,
            parts: Vec::new(),
        });
    }
    let mut groups = Vec::new();
    let (programme, stereo_chain) = if opened::is_audio(input) {
        let all = adm::Selection::default();
        (
            opened::programme(input, args.resample, &all, ui)?,
            Vec::new(),
        )
    } else {
        let song = opened::song(input, args.resample, ui)?;
        if args.stems {
            groups = groups_of(&Session::load(input)?);
        }
        let chain = song.stereo_chain.clone();
        (song.into(), chain)
    };
    let name = args.layout.as_deref().unwrap_or(GATE_LAYOUT);
    let parts = match args.stems {
        true if name.eq_ignore_ascii_case("stereo") => {
            return Err(Error::Usage(
                "--stems: parts are measured on loudspeakers: choose another --layout".to_owned(),
            ));
        }
        true => parts(&programme, &groups),
        false => Vec::new(),
    };
    let mut deliveries = vec![delivery(stereo_chain, name)?];
    for (_, part, heard) in &parts {
        deliveries.push(Delivery {
            name: part.clone(),
            target: Target::part(named_layout::load(name)?, heard.clone())?,
            ..delivery(Vec::new(), name)?
        });
    }
    let mut outputs = listen(programme, deliveries, ui)?.into_iter();
    let measured =
        |rendered: Rendered| Measured::of(rendered.loudness, &rendered.peaks, &rendered.true_peaks);
    let Some(whole) = outputs.next() else {
        return Err(Error::Usage("nothing was rendered".to_owned()));
    };
    let of_parts = parts.into_iter().zip(outputs);
    Ok(Figures {
        of: format!("own {name} render, without a limiter"),
        channels: whole.channel_order.clone(),
        measured: measured(whole),
        parts: of_parts
            .map(|((kind, name, _), rendered)| Part {
                kind,
                name,
                measured: measured(rendered),
            })
            .collect(),
    })
}

/// A group of a session and its stems.
type Members = (String, Vec<String>);

/// The groups of a session.
fn groups_of(session: &Session) -> Vec<Members> {
    let file = &session.file;
    let members = |name: &str| {
        let stems = file.stem.iter();
        let own = stems.filter(|stem| stem.group.as_deref() == Some(name));
        own.map(|stem| stem.name.clone()).collect()
    };
    let groups = file.group.iter();
    groups
        .map(|group| (group.name.clone(), members(&group.name)))
        .collect()
}

/// Kind, name and objects of the parts of a programme: stems, returns and groups of a session, objects of a master.
fn parts(programme: &Programme, groups: &[Members]) -> Vec<(&'static str, String, Vec<bool>)> {
    let desk = &programme.desk;
    let heard = |is_in: &dyn Fn(usize) -> bool| -> Vec<bool> {
        let objects = programme.objects.iter();
        objects.map(|object| is_in(object.feed)).collect()
    };
    let mut parts = Vec::new();
    for strip in &desk.strips {
        let own = heard(&|feed| strip.feeds.contains(&feed));
        parts.push(("stem", strip.name.clone(), own));
    }
    for found in &desk.returns {
        let own = heard(&|feed| found.feeds.contains(&feed));
        parts.push(("return", found.name.clone(), own));
    }
    for (name, stems) in groups {
        let members = || {
            let strips = desk.strips.iter();
            strips.filter(|strip| stems.contains(&strip.name))
        };
        let own = heard(&|feed| members().any(|strip| strip.feeds.contains(&feed)));
        parts.push(("group", name.clone(), own));
    }
    if parts.is_empty() {
        for (index, object) in programme.objects.iter().enumerate() {
            let mut own = vec![false; programme.objects.len()];
            own[index] = true;
            parts.push(("object", object.name.clone(), own));
        }
    }
    parts
}

/// The programme heard on a layout, or on the stereo bus through its chain.
pub(super) fn render(
    programme: Programme,
    stereo_chain: Vec<Settings>,
    layout: &str,
    ui: &Ui,
) -> Result<Rendered> {
    let mut outputs = listen(programme, vec![delivery(stereo_chain, layout)?], ui)?;
    Ok(outputs.swap_remove(0))
}

/// What is listened to on a layout.
fn delivery(stereo_chain: Vec<Settings>, layout: &str) -> Result<Delivery> {
    let (target, chain) = if layout.eq_ignore_ascii_case("stereo") {
        (Target::Stereo, stereo_chain)
    } else {
        (
            Target::loudspeakers(named_layout::load(layout)?)?,
            Vec::new(),
        )
    };
    Ok(Delivery {
        name: layout.to_owned(),
        target,
        path: PathBuf::new(),
        bit_depth: BitDepth::Float32,
        container: Container::Riff,
        multi_mono: false,
        true_peak: true,
        chain,
    })
}

/// Plays the programme once to all of `deliveries`.
fn listen(programme: Programme, deliveries: Vec<Delivery>, ui: &Ui) -> Result<Vec<Rendered>> {
    let options = Options {
        from: Frames(0),
        to: None,
        threads: rayon::current_num_threads(),
        overwrite: false,
        tail: false,
    };
    let progress = ui.progress(programme.length.0, "measuring");
    let done = offline::listen(programme, deliveries, options, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    Ok(done.outputs)
}

impl Figures {
    /// The limits that are not kept, in words.
    fn missed(&self, args: &Args, input: &Path) -> Vec<String> {
        let mut missed = Vec::new();
        let mut limit = |name: &str, unit: &str, found: Option<f64>, most: Option<f64>| {
            if let (Some(found), Some(most)) = (found, most)
                && found > most
            {
                missed.push(format!(
                    "\"{}\": {name} is {found:.2} {unit} ({}); at most {most} is allowed",
                    input.display(),
                    self.of
                ));
            }
        };
        limit(
            "integrated loudness",
            "LKFS",
            self.measured.integrated(),
            args.max_lkfs,
        );
        let peak = self.measured.true_peak_dbtp();
        limit("true peak", "dBTP", peak, args.max_dbtp);
        missed
    }

    fn print_parts(&self, ui: &Ui) -> Result<()> {
        let level = |value: Option<f64>, unit: &str| {
            value.map_or_else(
                || format!("{:>6} {unit}", "-"),
                |value| format!("{value:>6.1} {unit}"),
            )
        };
        for part in &self.parts {
            let loudness = part.measured.loudness();
            ui.line(format_args!(
                "  {:<6} {:<24} {}  short-term {}  {}",
                part.kind,
                part.name,
                level(loudness.integrated(), "LUFS"),
                level(loudness.short_term_max(), "LUFS"),
                level(part.measured.true_peak_dbtp(), "dBTP"),
            ))?;
        }
        Ok(())
    }

    fn json(&self, input: &Path, series: bool) -> Value {
        let mut object = self.measured.as_json();
        if !self.parts.is_empty() {
            let part = |part: &Part| {
                let mut figures = part.measured.as_json();
                figures["kind"] = part.kind.into();
                figures["name"] = part.name.as_str().into();
                figures["lra_lu"] = figures["range_lu"].take();
                if let Some(map) = figures.as_object_mut() {
                    map.retain(|key, _| key != "range_lu" && !key.starts_with("channel_"));
                }
                if series {
                    let meter = part.measured.loudness();
                    figures["momentary_lufs"] = meter.momentary().collect();
                    figures["short_term_lufs"] = meter.short_term().collect();
                }
                figures
            };
            object["parts"] = self.parts.iter().map(part).collect();
        }
        object["file"] = json!(input.display().to_string());
        object["measured"] = json!(self.of);
        object["lra_lu"] = object["range_lu"].take();
        let channels = self.channels.iter().zip(self.measured.channel_peaks());
        object["channels"] = channels
            .map(|(label, (peak, true_peak))| {
                json!({ "label": label, "peak_dbfs": peak, "true_peak_dbtp": true_peak })
            })
            .collect();
        if let Some(map) = object.as_object_mut() {
            map.retain(|key, _| key != "range_lu" && !key.starts_with("channel_"));
        }
        if series {
            let meter = self.measured.loudness();
            object["momentary_lufs"] = meter.momentary().collect();
            object["short_term_lufs"] = meter.short_term().collect();
        }
        object
    }
}
