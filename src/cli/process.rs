//! `umbel process`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::bit_depth::Depth;
use super::{Ui, dynamics, interrupt};
use crate::effect::{Chain, Key, Settings, Setup};
use crate::format::{check_not_input, plain_file};
use crate::offline::{self, ProcessOptions, Processed};
use crate::session::ChainText;
use crate::units::{Frames, Gain, SampleRate};
use crate::{Error, Result};

/// Run a chain of processors over an audio file.
///
/// The output has the input's length and channels, and no delay: output frame n belongs to input frame n.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The audio file to process.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The WAV file to write.
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// The chain, as TOML: a list of processors, in the order in which they work.
    #[arg(long, value_name = "TOML", required_unless_present = "chain_file")]
    chain: Option<String>,
    /// A file with the chain: TOML (or JSON, if its name ends in .json) with the key `chain`.
    #[arg(long, value_name = "FILE", conflicts_with = "chain")]
    chain_file: Option<PathBuf>,
    /// An audio file that keys the compressors: those with a `key`, or all if none has one.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Sample format of the output.
    #[arg(long, value_name = "DEPTH", default_value = "24")]
    bit_depth: Depth,
    /// Append what rings on after the input's end, until it stays below -90 dBFS (at most 30 s).
    #[arg(long)]
    tail: bool,
    /// Replace the output if it exists.
    #[arg(short, long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  umbel process bass.wav out.wav --chain '[{ eq = { hp = 30, bell = [[100, 2, 0.7]] } }]'
  umbel process pad.wav out.wav --chain-file pad.toml --bit-depth f32 --json";

/// Most bytes of a chain's text.
const LONGEST_CHAIN: u64 = 1 << 20;

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let mut text = chain_text(&args)?;
    let beside = args.chain_file.as_deref().and_then(Path::parent);
    text.read_impulses(beside.unwrap_or(Path::new("")))?;
    let facts = crate::format::open(&args.input)?.facts().clone();
    for warning in &facts.warnings {
        ui.warn(format_args!("\"{}\": {warning}", args.input.display()));
    }
    let setup = Setup {
        key_channels: key_channels(&args, facts.sample_rate)?.unwrap_or(facts.channels),
        ..Setup::strip(facts.sample_rate, facts.channels)
    };
    text.check(setup)?;
    let entries = keyed(&text, args.key.is_some())?;
    let mut chain = Chain::build(&entries, setup).map_err(|faults| {
        let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Error::Usage(all.join("; "))
    })?;
    check_not_input(&args.input, &args.output)?;
    let options = ProcessOptions {
        output: args.output.clone(),
        bit_depth: args.bit_depth.into(),
        tail: args.tail,
        overwrite: args.force,
    };
    interrupt::install();
    let progress = ui.progress(facts.frames.0, "processing");
    let mut watch = |frames: Frames| {
        progress.set(frames.0);
        !interrupt::requested()
    };
    let key = args.key.as_deref();
    let done = offline::process(&args.input, key, &mut chain, &options, &mut watch)?;
    drop(progress);
    if done.file.clipped > 0 {
        ui.warn(format!(
            "{} samples clipped (peak {} above full scale); lower a gain, or write --bit-depth f32",
            done.file.clipped,
            level(done.peak_out),
        ));
    }
    match ui.json {
        true => ui.json_line(&as_json(&args, &done, &entries, facts.sample_rate)),
        false => report(&done, &entries, facts.sample_rate, ui),
    }
}

/// Channels of the file that keys; it must fit the input.
fn key_channels(args: &Args, rate: SampleRate) -> Result<Option<usize>> {
    let Some(path) = &args.key else {
        return Ok(None);
    };
    let facts = crate::format::open(path)?.facts().clone();
    if facts.sample_rate != rate {
        return Err(Error::Usage(format!(
            "the key \"{}\" has a sample rate of {}, \"{}\" one of {rate}: convert one of them",
            path.display(),
            facts.sample_rate,
            args.input.display(),
        )));
    }
    Ok(Some(facts.channels))
}

/// The chain with its keys: those written, or, where none is, one for every compressor if there is a file.
fn keyed(text: &ChainText, has_key: bool) -> Result<Vec<Settings>> {
    let mut entries = text.entries.clone();
    let is_written = entries.iter().any(|settings| settings.key().is_some());
    if is_written && !has_key {
        return Err(Error::Usage(
            "a compressor of the chain has a `key`: say with --key which file that is".to_owned(),
        ));
    }
    for settings in entries.iter_mut().filter(|_| has_key && !is_written) {
        if let Settings::Comp(comp) = settings {
            comp.key = Some(Key::Name("--key".to_owned()));
        }
    }
    Ok(entries)
}

fn chain_text(args: &Args) -> Result<ChainText> {
    if let Some(chain) = &args.chain {
        return ChainText::parse(chain, Path::new("--chain"));
    }
    let Some(path) = &args.chain_file else {
        return Err(Error::Usage("give --chain or --chain-file".to_owned()));
    };
    let text = plain_file::read_text(path, "chain", LONGEST_CHAIN)?;
    ChainText::parse(&text, path)
}

fn level(linear: f32) -> String {
    Gain(f64::from(linear)).decibels().to_string()
}

fn report(done: &Processed, chain: &[Settings], rate: SampleRate, ui: &Ui) -> Result<()> {
    let file = &done.file;
    let channels = match file.channels {
        1 => "1 channel".to_owned(),
        n => format!("{n} channels"),
    };
    ui.line(format!(
        "wrote {}  {channels}  {:.3} s  {}",
        file.path.display(),
        rate.seconds_at(file.frames),
        file.container,
    ))?;
    ui.line(format!(
        "  latency {} frames ({:.2} ms), taken off{}",
        done.latency.0,
        rate.seconds_at(done.latency) * 1e3,
        match done.tail.0 {
            0 => String::new(),
            _ => format!("; tail {:.3} s", rate.seconds_at(done.tail)),
        },
    ))?;
    ui.line(format!(
        "  peak {}FS in, {}FS out; true peak {}TP out",
        level(done.peak_in),
        level(done.peak_out),
        level(done.true_peak_out),
    ))?;
    for reported in &done.dynamics {
        ui.line(format!("  {}", dynamics::line(reported, chain)))?;
    }
    Ok(())
}

/// The result as JSON. The level of silence is null: JSON has no infinity.
fn as_json(args: &Args, done: &Processed, chain: &[Settings], rate: SampleRate) -> Value {
    let db = |linear: f32| {
        let db = Gain(f64::from(linear)).decibels().0;
        db.is_finite().then_some(db)
    };
    json!({
        "event": "done",
        "input": args.input.display().to_string(),
        "output": done.file.path.display().to_string(),
        "channels": done.file.channels,
        "sample_rate": rate.0,
        "frames": done.file.frames.0,
        "tail_frames": done.tail.0,
        "latency_frames": done.latency.0,
        "clipped_samples": done.file.clipped,
        "peak_in_dbfs": db(done.peak_in),
        "peak_out_dbfs": db(done.peak_out),
        "true_peak_out_dbtp": db(done.true_peak_out),
        "gain_reduction": done
            .dynamics
            .iter()
            .map(|reported| dynamics::json(reported, chain))
            .collect::<Vec<_>>(),
    })
}
