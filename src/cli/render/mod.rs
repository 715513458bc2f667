//! `umbel render`: sessions and masters to any target.

mod headphones;
mod master;
mod report;
mod session;

pub(super) use master::{MASTER_OR_SESSION, refuse_plain_audio};
pub(super) use report::findings as told_findings;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::export::{Ask, path_of};
use super::report as html;
use super::{Ui, interrupt, opened};
use crate::cli::bit_depth::Depth;
use crate::format::{BitDepth, Container};
use crate::mix::GainCurve;
use crate::offline::{self, Delivery, Options, Programme};
use crate::render::Target;
use crate::session as session_file;
use crate::session::{ContainerKey, DeliverySpec, GateKeys};
use crate::units::{Decibels, Frames, Gain};
use crate::{Error, Result};

/// Render sessions and ADM masters to loudspeaker layouts and to stereo, all in one pass.
///
/// Without -l, a session's own [[out]] blocks are rendered.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Session files and ADM masters.
    #[arg(required = true, value_name = "FILE")]
    inputs: Vec<PathBuf>,
    /// Layouts to render to instead of the session's outputs: names or layout files; "stereo" is the
    /// desk's stereo bus, "2.0" the loudspeaker layout; "binaural" is headphones, "binaural:7.1.4" the
    /// loudspeakers of a layout on headphones.
    #[arg(short, long = "layout", value_name = "NAME", value_delimiter = ',')]
    layouts: Vec<String>,
    /// The file to write, for one input and one layout.
    #[arg(short, long, value_name = "FILE", conflicts_with = "out")]
    output: Option<PathBuf>,
    /// The folder to write to.
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Sample format, instead of the session's.
    #[arg(long, value_name = "DEPTH")]
    bit_depth: Option<Depth>,
    /// Chunk format: auto is RIFF, becoming RF64 past 4 GiB.
    #[arg(long, value_name = "KIND")]
    container: Option<Kind>,
    /// One mono file per channel.
    #[arg(long)]
    multi_mono: bool,
    /// Measure the true peak of every output as well.
    #[arg(long)]
    true_peak: bool,
    /// Write what filters ring on after the end as well.
    #[arg(long)]
    tail: bool,
    /// Turn everything by one gain behind the master, so that the own 5.1 render has this integrated loudness in LKFS.
    #[arg(long, value_name = "LKFS", allow_negative_numbers = true, value_parser = loudness)]
    normalize: Option<f64>,
    /// Start here: seconds, bar|beat ("9|1"), min:s or a marker ("@drop").
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// End here.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Convert stems of another sample rate to that of most stems, instead of refusing them.
    #[arg(long)]
    resample: bool,
    /// Worker threads, at most four for each processor (the files are the same for any number); default: one for each.
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Replace files that exist.
    #[arg(short, long)]
    force: bool,
    /// Write nothing; print what would be written.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    report: crate::cli::report::ReportArgs,
    #[command(flatten)]
    headphones: headphones::HeadphoneArgs,
    #[command(flatten)]
    master: master::MasterArgs,
}

const EXAMPLES: &str = "\
Examples:
  umbel render song.toml                            every [[out]] of the session, to out/
  umbel render song.toml -l 7.1.4,5.1.4,stereo      three targets in one pass
  umbel render song.toml -l dome.toml -o dome.wav   a layout of your own
  umbel render song.toml --from @drop --to 17|1     a part, the same as in the whole
  umbel render song.toml -l binaural --hrtf me.sofa headphones, with ears of your own
  umbel render master.wav -l 5.1,7.1.4              an ADM master, as ITU-R BS.2127 says";

/// A loudness that can be asked for.
fn loudness(text: &str) -> Result<f64, String> {
    let value: f64 = text
        .parse()
        .map_err(|_| format!("\"{text}\" is no number"))?;
    if (-70.0..=0.0).contains(&value) {
        Ok(value)
    } else {
        Err("a loudness is -70 to 0 LKFS".to_owned())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Auto,
    Bw64,
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    if args.output.is_some() && (args.inputs.len() != 1 || args.layouts.len() > 1) {
        return Err(Error::Usage(
            "-o names one file: give one session and one layout with -l, or use --out DIR"
                .to_owned(),
        ));
    }
    if args.report.path()?.is_some() && args.inputs.len() != 1 {
        return Err(Error::Usage(
            "--report tells of one input: give one".to_owned(),
        ));
    }
    interrupt::install();
    let mut all = Vec::new();
    let mut missed = Vec::new();
    let mut names = HashSet::new();
    for input in &args.inputs {
        let name = input
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if args.inputs.len() > 1 && !names.insert(name.to_lowercase()) {
            return Err(Error::Usage(format!(
                "two sessions are called \"{name}\" and would write the same files: render them apart with --out"
            )));
        }
    }
    // What cannot be opened is told before hours of rendering.
    let mut jobs = Vec::new();
    for input in &args.inputs {
        let job = open(&args, input, ui).inspect_err(|_| {
            if args.inputs.len() > 1 {
                let input = input.display();
                ui.warn(format_args!(
                    "none of the inputs was rendered: \"{input}\" cannot be"
                ));
            }
        })?;
        jobs.push((input, job));
    }
    for (done, (input, job)) in jobs.into_iter().enumerate() {
        match render_one(&args, input, job, &mut missed, ui) {
            Ok(outputs) => all.extend(outputs),
            Err(error) => {
                for skipped in &args.inputs[done + 1..] {
                    let skipped = skipped.display();
                    ui.warn(format_args!(
                        "\"{skipped}\" was not rendered: the work ended at \"{}\"",
                        input.display()
                    ));
                }
                if done == 0 {
                    return Err(error);
                }
                if ui.json && !args.dry_run {
                    ui.json_line(
                        &json!({ "event": "done", "ok": false, "missed": missed, "outputs": all }),
                    )?;
                }
                return Err(error.with_standing(|| {
                    let name = input.display();
                    format!("the outputs of what stands before \"{name}\" are complete, and nothing of its own was left behind")
                }));
            }
        }
    }
    if ui.json {
        let event = if args.dry_run { "plan" } else { "done" };
        let ok = missed.is_empty();
        ui.json_line(&json!({ "event": event, "ok": ok, "missed": missed, "outputs": all }))?;
    }
    match missed.as_slice() {
        [] => Ok(()),
        missed => Err(Error::Gate(missed.join("; "))),
    }
}

/// Writes outputs that are no renders, behind so many that are, and holds them against their limits by the own 5.1 render.
fn export_all(
    exports: &[DeliverySpec],
    renders: usize,
    ask: &Ask<'_>,
    missed: &mut Vec<String>,
    ui: &Ui,
) -> Result<()> {
    for (done, spec) in exports.iter().enumerate() {
        super::export::deliver(spec, ask, ui).map_err(|error| match renders + done {
            0 => error,
            _ => error.with_standing(|| {
                let name = &spec.name;
                format!(
                    "the outputs before \"{name}\" are complete, and nothing of it was left behind"
                )
            }),
        })?;
    }
    if exports.iter().all(|spec| spec.gate == GateKeys::default()) {
        return Ok(());
    }
    let song = opened::song(ask.session, ask.resample, ui)?;
    let heard = super::measure::render(song.into(), Vec::new(), super::measure::GATE_LAYOUT, ui)
        .map_err(|error| {
            error.with_standing(|| {
                "the outputs are complete; only their limits were not looked at".to_owned()
            })
        })?
        .heard;
    let peak = heard
        .true_peak
        .map(|peak| Gain(f64::from(peak)).decibels().0);
    for spec in exports {
        let what = format!(
            "output \"{}\" (own {} render)",
            spec.name,
            super::measure::GATE_LAYOUT
        );
        missed.extend(missed_of(&spec.gate, &what, heard.integrated_lufs, peak));
    }
    Ok(())
}

/// The limits of `gate` that are not kept, in words.
fn missed_of(
    gate: &GateKeys,
    what: &str,
    integrated: Option<f64>,
    true_peak: Option<f64>,
) -> Vec<String> {
    [
        ("integrated loudness", "LKFS", integrated, gate.max_lkfs),
        ("true peak", "dBTP", true_peak, gate.max_dbtp),
    ]
    .into_iter()
    .filter_map(|(name, unit, found, most)| {
        let (found, most) = (found?, most?);
        (found > most)
            .then(|| format!("{what}: {name} is {found:.2} {unit}; at most {most} is allowed"))
    })
    .collect()
}

/// Turns everything up or down by one gain behind the master, so that the own 5.1 render has `wanted` LKFS.
fn normalize(
    programme: &mut Programme,
    args: &Args,
    input: &Path,
    wanted: f64,
    ui: &Ui,
) -> Result<()> {
    let layout = super::measure::GATE_LAYOUT;
    let again = if opened::is_audio(input) {
        master::open(args, input, ui)?.programme
    } else {
        opened::song(input, args.resample, ui)?.into()
    };
    let heard = super::measure::render(again, Vec::new(), layout, ui)?.heard;
    let Some(found) = heard.integrated_lufs else {
        return Err(Error::Usage(format!(
            "--normalize: \"{}\" is silent, too short or of too low a sample rate to have a loudness",
            input.display()
        )));
    };
    let by = Decibels(wanted - found);
    programme.desk.master.gains.push(GainCurve::constant(by));
    ui.note(format_args!(
        "the own {layout} render has {found:.2} LKFS: everything is turned by {:+.2} dB to {wanted} LKFS",
        by.0
    ));
    Ok(())
}

/// What is rendered for one input file.
struct Job {
    programme: Programme,
    deliveries: Vec<Delivery>,
    /// First frame written.
    from: Frames,
    /// Frame after the last one written, if not to the end.
    to: Option<Frames>,
    /// Limits of each of the deliveries.
    gates: Vec<GateKeys>,
    /// Outputs of the session that are no renders.
    exports: Vec<DeliverySpec>,
}

/// The job of one input.
fn open(args: &Args, input: &Path, ui: &Ui) -> Result<Job> {
    let job = if opened::is_audio(input) {
        master::open(args, input, ui)?
    } else {
        args.master.refuse_session(input)?;
        session::open(args, input, ui)?
    };
    args.headphones.check_worn(&job.deliveries)?;
    if !args.layouts.is_empty() {
        refuse_repeats(&job.deliveries)?;
    }
    Ok(job)
}

/// One target under two names ("7.1.4" and "4+7+0") would be rendered twice, to two files of the same sound, or to one.
fn refuse_repeats(deliveries: &[Delivery]) -> Result<()> {
    for (n, delivery) in deliveries.iter().enumerate() {
        let is_same = |other: &&Delivery| other.target.is_same_place(&delivery.target);
        let Some(other) = deliveries[..n].iter().find(is_same) else {
            continue;
        };
        return Err(Error::Usage(match other.name == delivery.name {
            true => format!("-l names \"{}\" twice: name it once", delivery.name),
            false => format!(
                "-l names one target twice: \"{}\" and \"{}\" are the same, {}; name it once",
                other.name,
                delivery.name,
                delivery.target.name()
            ),
        }));
    }
    Ok(())
}

/// Renders (or plans) one input; gives its outputs as JSON, and adds to `missed` the limits that are not kept.
fn render_one(
    args: &Args,
    input: &Path,
    job: Job,
    missed: &mut Vec<String>,
    ui: &Ui,
) -> Result<Vec<Value>> {
    let options = Options {
        from: job.from,
        to: job.to,
        threads: args
            .threads
            .map_or_else(rayon::current_num_threads, std::num::NonZeroUsize::get),
        overwrite: args.force,
        tail: args.tail,
    };
    let length = job.programme.length;
    if let (Some(to), Some(asked)) = (&args.to, job.to.filter(|asked| *asked > length)) {
        let rate = job.programme.sample_rate;
        ui.warn(format_args!(
            "--to {to} ({:.3} s) lies beyond the end: \"{}\" is {:.3} s long and ends there",
            rate.seconds_at(asked),
            input.display(),
            rate.seconds_at(length)
        ));
    }
    let Job {
        mut programme,
        deliveries,
        gates,
        exports,
        ..
    } = job;
    let ask = Ask {
        session: input,
        folder: &args.out,
        resample: args.resample,
        tail: args.tail,
        force: args.force,
    };
    for spec in exports.iter().filter(|_| !args.dry_run) {
        super::export::check_free(spec, &ask)?;
    }
    if args.report.path()?.is_some() {
        let mut written = Vec::new();
        for delivery in &deliveries {
            written.extend(delivery.paths()?);
        }
        for spec in &exports {
            written.extend(super::export::paths_of(spec, &ask)?);
        }
        args.report.path_beside(&written)?;
    }
    let layouts = args.layouts.iter().map(PathBuf::from);
    let named = layouts.chain(args.headphones.files());
    programme.files.extend(named.filter(|path| path.is_file()));
    if args.dry_run {
        let mut plan = report::plan(&programme, &deliveries, options, ui)?;
        for spec in &exports {
            plan.push(report::planned_export(spec, &path_of(spec, &ask), ui)?);
        }
        return Ok(plan);
    }
    if let Some(wanted) = args.normalize {
        normalize(&mut programme, args, input, wanted, ui)?;
    }
    let rate = programme.sample_rate;
    let length = programme.length;
    let end = options.to.map_or(length, |to| to.min(length));
    let progress = ui.progress(end.0, &programme.title);
    let chains = programme.desk.clone();
    let output_chains: Vec<_> = deliveries.iter().map(|d| d.chain.clone()).collect();
    let drawn: Vec<_> = deliveries.iter().map(html::Drawn::of).collect();
    let rendered = offline::render(programme, deliveries, options, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    drop(progress);
    if let Some(remark) = args.headphones.remark() {
        ui.note(remark);
    }
    for (output, chain) in rendered.outputs.iter().zip(&output_chains) {
        report::written(output, chain, rate, ui)?;
    }
    report::desk(&rendered.desk, &chains, ui)?;
    for (output, gate) in rendered.outputs.iter().zip(&gates) {
        let peak = output
            .heard
            .true_peak
            .map(|peak| Gain(f64::from(peak)).decibels().0);
        let what = format!("output \"{}\"", output.name);
        missed.extend(missed_of(gate, &what, output.heard.integrated_lufs, peak));
    }
    export_all(&exports, rendered.outputs.len(), &ask, missed, ui)?;
    let outputs = rendered.outputs.iter().zip(&output_chains);
    let outputs = outputs.map(|(output, chain)| {
        let desk = report::desk_json(&rendered.desk, &chains);
        let headphones = args.headphones.as_json();
        report::as_json(output, chain, desk, headphones, rate)
    });
    let outputs = outputs.collect();
    if let Some(path) = args.report.path()? {
        let write = || {
            let mut page = html::page(input);
            let again = html::programme(input, args.resample, &args.master.selection())?;
            html::add_session_findings(&mut page, input, args.resample)?;
            html::add_programme(&mut page, input, again, ui)?;
            for (output, drawn) in rendered.outputs.into_iter().zip(drawn) {
                html::add_output(&mut page, output, drawn, ui)?;
            }
            for spec in &exports {
                html::add_delivery(&mut page, spec, &path_of(spec, &ask))?;
            }
            html::write(path, &page, ui)
        };
        write().map_err(|error| html::missing(error, path))?;
    }
    Ok(outputs)
}

/// The stretch asked for, by what `frame_at` makes of the words for a time.
fn frames_asked_for(
    args: &Args,
    frame_at: impl Fn(&str) -> Result<Frames>,
) -> Result<(Frames, Option<Frames>)> {
    let frame = |time: &Option<String>| time.as_deref().map(&frame_at).transpose();
    Ok((frame(&args.from)?.unwrap_or(Frames(0)), frame(&args.to)?))
}

/// What one name after -l asks for; `target` makes what it names a target.
fn of_argument(
    args: &Args,
    layout: &str,
    input: &str,
    target: impl Fn(session_file::Target) -> Result<Target>,
) -> Result<Delivery> {
    let load = crate::format::layout_file::load;
    let meant = match session_file::on_headphones(layout) {
        Some(through) => session_file::Target::Binaural(through.map(load).transpose()?),
        None if layout.eq_ignore_ascii_case("stereo") => session_file::Target::StereoBus,
        None => session_file::Target::Layout(load(layout)?),
    };
    let short = Path::new(layout)
        .file_stem()
        .filter(|_| Path::new(layout).extension().is_some_and(|e| e == "toml"));
    let short = short.map_or_else(|| layout.to_owned(), |s| s.to_string_lossy().into_owned());
    let short = short.replace(':', "_");
    let file = session_file::file_name(&format!("{input}_{short}"), None);
    Ok(Delivery {
        name: layout.to_owned(),
        target: target(meant)?,
        path: args.output.clone().unwrap_or_else(|| args.out.join(file)),
        bit_depth: args.bit_depth.map_or(BitDepth::Int24, BitDepth::from),
        container: args.container.map_or(Container::Riff, container_of),
        multi_mono: args.multi_mono,
        true_peak: args.true_peak,
        chain: Vec::new(),
    })
}

impl From<Kind> for ContainerKey {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Auto => Self::Auto,
            Kind::Bw64 => Self::Bw64,
        }
    }
}

fn container_of(kind: Kind) -> Container {
    match kind {
        Kind::Auto => Container::Riff,
        Kind::Bw64 => Container::Bw64,
    }
}
