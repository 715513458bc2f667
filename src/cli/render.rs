//! `umbel render`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Ui, interrupt};
use crate::error::Severity;
use crate::format::{BitDepth, Container, WrittenFile};
use crate::offline::{self, Delivery, Options, Rendered};
use crate::render::Target;
use crate::session::{self, BitDepthKey, BuildOptions, ContainerKey, OutSpec, Session, Song};
use crate::units::{Frames, Gain, SampleRate};
use crate::{Error, Result};

/// Render a session to loudspeaker layouts and to stereo, all in one pass.
///
/// Without -l, the session's own [[out]] blocks are rendered.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Session files.
    #[arg(required = true, value_name = "FILE")]
    inputs: Vec<PathBuf>,
    /// Layouts to render to instead of the session's outputs: names or layout files; "stereo" is the
    /// desk's stereo bus, "2.0" the loudspeaker layout.
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
    /// Start here: seconds, bar|beat ("9|1"), min:s or a marker ("@drop").
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// End here.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Convert stems of another sample rate to that of most stems, instead of refusing them.
    #[arg(long)]
    resample: bool,
    /// Worker threads (the files are the same for any number); default: all processors.
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Replace files that exist.
    #[arg(short, long)]
    force: bool,
    /// Write nothing; print what would be written.
    #[arg(long)]
    dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  umbel render song.toml                            every [[out]] of the session, to out/
  umbel render song.toml -l 7.1.4,5.1.4,stereo      three targets in one pass
  umbel render song.toml -l dome.toml -o dome.wav   a layout of your own
  umbel render song.toml --from @drop --to 17|1     a part, the same as in the whole";

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Depth {
    /// 16-bit integer, dithered.
    #[value(name = "16")]
    Int16,
    /// 24-bit integer, dithered.
    #[value(name = "24")]
    Int24,
    /// 32-bit float.
    #[value(name = "f32")]
    Float32,
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
    interrupt::install();
    let mut all = Vec::new();
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
    for input in &args.inputs {
        all.extend(render_one(&args, input, ui)?);
    }
    if ui.json {
        let event = if args.dry_run { "plan" } else { "done" };
        ui.json_line(&json!({ "event": event, "outputs": all }))?;
    }
    Ok(())
}

/// Renders (or plans) one session; gives its outputs as JSON.
fn render_one(args: &Args, input: &Path, ui: &Ui) -> Result<Vec<Value>> {
    refuse_audio(input)?;
    let session = Session::load(input)?;
    let song = session.build(&BuildOptions {
        resample: args.resample,
    })?;
    for finding in &song.warnings {
        let help = if finding.help.is_empty() {
            String::new()
        } else {
            format!("; {}", finding.help)
        };
        let place = finding
            .line_column
            .map_or(String::new(), |(line, _)| format!(":{line}"));
        let text = format!(
            "{}{place}: {}{help}",
            finding.path.display(),
            finding.message
        );
        match finding.severity {
            Severity::Note => ui.note(text),
            _ => ui.warn(text),
        }
    }
    let deliveries = deliveries(args, input, &song)?;
    note_lost_lfe(&song, &deliveries, ui);
    let frame = |time: &Option<String>| {
        time.as_ref()
            .map(|time| session.frame_at(time, song.sample_rate))
            .transpose()
    };
    let options = Options {
        from: frame(&args.from)?.unwrap_or(Frames(0)),
        to: frame(&args.to)?,
        threads: args
            .threads
            .map_or_else(rayon::current_num_threads, std::num::NonZeroUsize::get),
        overwrite: args.force,
        tail: args.tail,
    };
    if args.dry_run {
        return plan(&song, &deliveries, options, ui);
    }
    let rate = song.sample_rate;
    let length = options.to.map_or(song.length, |to| to.min(song.length));
    let progress = ui.progress(length.0, &song.title);
    let rendered = offline::render(song.into(), deliveries, options, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    drop(progress);
    for output in &rendered {
        report(output, rate, ui)?;
    }
    Ok(rendered
        .iter()
        .map(|output| as_json(output, rate))
        .collect())
}

/// What is no session but audio is told so, instead of being read as text.
fn refuse_audio(input: &Path) -> Result<()> {
    match crate::format::open(input) {
        Ok(source) => Err(Error::Unsupported {
            path: input.to_path_buf(),
            feature: format!("rendering a {} file", source.facts().container),
            hint: "give a session (`umbel init FOLDER` writes one for a folder of stems)"
                .to_owned(),
        }),
        Err(_) => Ok(()),
    }
}

/// What is to be written: the layouts given, or the session's own outputs.
fn deliveries(args: &Args, input: &Path, song: &Song) -> Result<Vec<Delivery>> {
    if args.layouts.is_empty() {
        if song.outs.is_empty() {
            return Err(Error::Usage(format!(
                "\"{}\" has no [[out]]: say what to render with -l, for instance -l 7.1.4,stereo",
                input.display()
            )));
        }
        if args.output.is_some() && song.outs.len() > 1 {
            return Err(Error::Usage(format!(
                "-o names one file, but \"{}\" has {} outputs: choose a layout with -l, or use --out DIR",
                input.display(),
                song.outs.len()
            )));
        }
        return song.outs.iter().map(|out| of_session(args, out)).collect();
    }
    let name = input.file_stem().unwrap_or_default().to_string_lossy();
    args.layouts
        .iter()
        .map(|layout| of_argument(args, layout.trim(), &name))
        .collect()
}

fn of_session(args: &Args, out: &OutSpec) -> Result<Delivery> {
    let depth = match out.bit_depth {
        BitDepthKey::Int16 => BitDepth::Int16,
        BitDepthKey::Int24 => BitDepth::Int24,
        BitDepthKey::Float32 => BitDepth::Float32,
    };
    let container = match out.container {
        ContainerKey::Auto => Container::Riff,
        ContainerKey::Bw64 => Container::Bw64,
    };
    Ok(Delivery {
        name: out.name.clone(),
        target: target(out.target.clone())?,
        path: args
            .output
            .clone()
            .unwrap_or_else(|| args.out.join(&out.file_name)),
        bit_depth: args.bit_depth.map_or(depth, bit_depth),
        container: args.container.map_or(container, container_of),
        multi_mono: args.multi_mono || out.multi_mono,
        true_peak: args.true_peak,
    })
}

fn of_argument(args: &Args, layout: &str, session: &str) -> Result<Delivery> {
    let meant = if layout.eq_ignore_ascii_case("stereo") {
        session::Target::StereoBus
    } else {
        session::Target::Layout(crate::format::layout_file::load(layout)?)
    };
    let short = Path::new(layout)
        .file_stem()
        .filter(|_| Path::new(layout).extension().is_some_and(|e| e == "toml"));
    let short = short.map_or_else(|| layout.to_owned(), |s| s.to_string_lossy().into_owned());
    let file = session::file_name(&format!("{session}_{short}"), None);
    Ok(Delivery {
        name: layout.to_owned(),
        target: target(meant)?,
        path: args.output.clone().unwrap_or_else(|| args.out.join(file)),
        bit_depth: args.bit_depth.map_or(BitDepth::Int24, bit_depth),
        container: args.container.map_or(Container::Riff, container_of),
        multi_mono: args.multi_mono,
        true_peak: args.true_peak,
    })
}

fn target(meant: session::Target) -> Result<Target> {
    Ok(match meant {
        session::Target::StereoBus => Target::Stereo,
        session::Target::Layout(layout) => Target::loudspeakers(layout)?,
    })
}

fn bit_depth(depth: Depth) -> BitDepth {
    match depth {
        Depth::Int16 => BitDepth::Int16,
        Depth::Int24 => BitDepth::Int24,
        Depth::Float32 => BitDepth::Float32,
    }
}

fn container_of(kind: Kind) -> Container {
    match kind {
        Kind::Auto => Container::Riff,
        Kind::Bw64 => Container::Bw64,
    }
}

/// The copies for the LFE have nowhere to go where there is no such channel: that is said.
fn note_lost_lfe(song: &Song, deliveries: &[Delivery], ui: &Ui) {
    if song.strips.iter().all(|strip| strip.lfe.is_none()) {
        return;
    }
    for delivery in deliveries
        .iter()
        .filter(|d| d.target.lfe_channel().is_none())
    {
        ui.note(format!(
            "{} has no LFE channel: the low-passed copies for it are left out there; the stems themselves play in full",
            delivery.name
        ));
    }
}

/// Prints what would be written.
fn plan(song: &Song, deliveries: &[Delivery], options: Options, ui: &Ui) -> Result<Vec<Value>> {
    let end = options.to.map_or(song.length, |to| to.min(song.length));
    let frames = end.0.saturating_sub(options.from.0);
    deliveries
        .iter()
        .map(|delivery| {
            let channels = delivery.target.channels();
            let bytes = frames * (channels * delivery.bit_depth.bytes()) as u64;
            let paths: Vec<String> = delivery
                .paths()?
                .iter()
                .map(|p| p.display().to_string())
                .collect();
            if !ui.json {
                ui.line(format!(
                    "would write {}  {}  {channels} channels  {}  {:.3} s  {}",
                    paths.join(", "),
                    delivery.target.name(),
                    delivery.bit_depth,
                    song.sample_rate.seconds_at(Frames(frames)),
                    size(bytes)
                ))?;
                ui.line(format!(
                    "  channel order: {}",
                    delivery.channel_order().join(" ")
                ))?;
            }
            Ok(json!({
                "name": delivery.name,
                "target": delivery.target.name(),
                "files": paths,
                "channels": channels,
                "channel_order": delivery.channel_order(),
                "channel_mask": delivery.channel_mask(),
                "sample_rate": song.sample_rate.0,
                "frames": frames,
                "bytes": bytes,
            }))
        })
        .collect()
}

/// Prints what was written and how loud it is.
fn report(output: &Rendered, rate: SampleRate, ui: &Ui) -> Result<()> {
    let clipped: u64 = output.files.iter().map(|f| f.clipped).sum();
    if clipped > 0 {
        ui.warn(format!(
            "{}: {clipped} samples clipped (peak {} above full scale); lower the gains, or render with --bit-depth f32",
            output.name,
            Gain(f64::from(peak(&output.files))).decibels()
        ));
    }
    if ui.json {
        return Ok(());
    }
    let bytes = output.files.iter().map(|f| f.bytes).sum();
    let file = &output.files[0];
    let files = match output.files.as_slice() {
        [one] => one.path.display().to_string(),
        [first, .., last] => format!(
            "{} … {} ({} files)",
            first.path.display(),
            last.path.display(),
            output.files.len()
        ),
        [] => String::new(),
    };
    ui.line(format!(
        "wrote {files}  {}  {} channels  {:.3} s  {} {}",
        output.target,
        output.channel_order.len(),
        rate.seconds_at(file.frames),
        file.container,
        size(bytes),
    ))?;
    let heard = &output.heard;
    ui.line(format!(
        "  loudness {} integrated, {} momentary at most, range {}; peak {}FS{}",
        lufs(heard.integrated_lufs),
        lufs(heard.momentary_max_lufs),
        heard
            .range_lu
            .map_or("-".to_owned(), |lu| format!("{lu:.1} LU")),
        Gain(f64::from(peak(&output.files))).decibels(),
        heard.true_peak.map_or(String::new(), |peak| {
            format!(", true peak {}TP", Gain(f64::from(peak)).decibels())
        }),
    ))?;
    ui.line(format!(
        "  channel order: {}",
        output.channel_order.join(" ")
    ))
}

fn lufs(value: Option<f64>) -> String {
    value.map_or("-inf LUFS".to_owned(), |lufs| format!("{lufs:.1} LUFS"))
}

/// A size for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn peak(files: &[WrittenFile]) -> f32 {
    files.iter().map(|file| file.peak).fold(0.0, f32::max)
}

/// An output as JSON. A level of silence is null: JSON has no infinity.
fn as_json(output: &Rendered, rate: SampleRate) -> Value {
    let db = |linear: f32| {
        let db = Gain(f64::from(linear)).decibels().0;
        db.is_finite().then_some(db)
    };
    let heard = &output.heard;
    json!({
        "name": output.name,
        "target": output.target,
        "files": output.files.iter().map(|f| f.path.display().to_string()).collect::<Vec<_>>(),
        "container": output.files[0].container,
        "channels": output.channel_order.len(),
        "channel_order": output.channel_order,
        "sample_rate": rate.0,
        "frames": output.files[0].frames.0,
        "bytes": output.files.iter().map(|f| f.bytes).sum::<u64>(),
        "clipped_samples": output.files.iter().map(|f| f.clipped).sum::<u64>(),
        "peak_dbfs": db(peak(&output.files)),
        "true_peak_dbtp": heard.true_peak.and_then(db),
        "integrated_lufs": heard.integrated_lufs,
        "momentary_max_lufs": heard.momentary_max_lufs,
        "loudness_range_lu": heard.range_lu,
    })
}
