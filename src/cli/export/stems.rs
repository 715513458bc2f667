//! `umbel export stems`: a hand-over to another workstation.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::deliver::Ask;
use super::handover::{Facts, as_text};
use crate::Result;
use crate::cli::bit_depth::WorkingDepth;
use crate::cli::{Ui, interrupt, report};
use crate::format::handoff::{dawproject, midi, reaper};
use crate::format::part::replace;
use crate::format::{BitDepth, check_free};
use crate::offline::{Contract, Image, Programme, StemExport, export_stems};
use crate::session::{BuildOptions, DeliverySpec, Session, Song};
use crate::units::Gain;

/// Write aligned stems of full length, with a manifest, a tempo map (MIDI), a DAWproject and a Reaper project.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The session.
    #[arg(value_name = "SESSION")]
    input: PathBuf,
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What the stems add up to: the mix before the master, or behind it (its one gain in every stem).
    #[arg(long, value_name = "WHAT", default_value = "pre-master")]
    contract: ContractWord,
    /// Channels of the stems: left and right as on the stereo bus, so that they add up to the stereo mix; or
    /// their own, without a pan, for a mixer who places them (positions.json).
    #[arg(long, value_name = "WHAT", default_value = "stereo")]
    image: ImageWord,
    /// Sample format.
    #[arg(long, value_name = "DEPTH", default_value = "24")]
    bit_depth: WorkingDepth,
    /// End with the song, whatever rings on.
    #[arg(long)]
    no_tail: bool,
    /// Convert stems of another sample rate to that of most stems, instead of refusing them.
    #[arg(long)]
    resample: bool,
    /// Replace files that exist.
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    report: report::ReportArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ContractWord {
    PreMaster,
    ThroughMaster,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ImageWord {
    Stereo,
    Dry,
}

/// Stems that a session's `[[out]]` asks for.
pub(super) fn deliver(spec: &DeliverySpec, ask: &Ask<'_>, output: PathBuf, ui: &Ui) -> Result<()> {
    run(&args_of(spec, ask, output), ui)
}

fn args_of(spec: &DeliverySpec, ask: &Ask<'_>, output: PathBuf) -> Args {
    Args {
        input: ask.session.to_path_buf(),
        out: output,
        contract: ContractWord::PreMaster,
        image: ImageWord::Stereo,
        bit_depth: BitDepth::from(spec.bit_depth).into(),
        no_tail: false,
        report: report::ReportArgs::default(),
        resample: ask.resample,
        force: ask.force,
    }
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<()> {
    interrupt::install();
    let session = Session::load(&args.input)?;
    let song = session.build(&BuildOptions {
        resample: args.resample,
    })?;
    crate::cli::render::told_findings(&song.warnings, ui);
    let facts = Facts::of(&session, &song)?;
    let export = export_of(args, &session, &song, &facts);
    let length = song.length;
    // The chain of the stereo bus is behind the sum of the stems, and no part of it.
    let left_out = (!song.stereo_chain.is_empty()).then_some(LEFT_OUT);
    let programme = Programme::from(song);
    let to_report = args.report.path_beside(&paths(&export, &programme))?;
    for name in BESIDE {
        let path = args.out.join(name);
        check_free(&path, args.force)?;
        programme.check_not_input(&path)?;
    }
    let progress = ui.progress(length.0, "exporting");
    let exported = export_stems(programme, &export, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    drop(progress);
    for quarters in facts.faster_in_midi() {
        ui.warn(format_args!(
            "tempo.mid says {:.3} quarters a minute, the slowest that MIDI has, where the song has {quarters}: its bars \
             and markers do not fit the stems",
            midi::SLOWEST
        ));
    }
    let unnamed = match (export.bpm, &export.key) {
        (None, None) => "tempo and key",
        (None, Some(_)) => "tempo",
        (Some(_), None) => "key",
        (Some(_), Some(_)) => "",
    };
    if !unnamed.is_empty() {
        ui.note(format_args!(
            "the names are not StemName_BPM_Key.wav, which `umbel check` asks for (U005): [song] says no {unnamed}"
        ));
    }
    let missing = facts.not_in_project();
    if !missing.is_empty() {
        ui.note(format_args!(
            "song.dawproject has no device for: {}",
            missing.join(", ")
        ));
    }
    for stem in exported.stems.iter().filter(|stem| stem.file.clipped > 0) {
        ui.warn(format_args!(
            "{}: {} samples clipped (peak {} above full scale), and the stems do not add up to the mix there: \
             lower the stem or write --bit-depth f32",
            stem.file.path.display(),
            stem.file.clipped,
            Gain(f64::from(stem.file.over)).decibels()
        ));
    }
    let mut manifest = facts.manifest(&export, &exported)?;
    let mut text = as_text(&manifest);
    if let Some(left_out) = left_out {
        ui.note(left_out);
        manifest["not_in_the_stems"] = left_out.into();
        text = format!("{text}\n{left_out}\n");
    }
    let project = facts.project(&exported);
    let folder = &args.out;
    replace(&folder.join("tempo.mid"), &midi::tempo_map(&project))?;
    replace(
        &folder.join("song.dawproject"),
        &dawproject::archive(&project),
    )?;
    replace(
        &folder.join("song.rpp"),
        reaper::project(&project).as_bytes(),
    )?;
    replace(
        &folder.join("positions.json"),
        format!("{:#}\n", facts.positions(&session)).as_bytes(),
    )?;
    replace(&folder.join("manifest.txt"), text.as_bytes())?;
    replace(
        &folder.join("manifest.json"),
        format!("{manifest:#}\n").as_bytes(),
    )?;
    if let Some(path) = to_report {
        page(path, args, ui).map_err(|error| report::missing(error, path))?;
    }
    if ui.json {
        return ui.json_line(&json!({
            "event": "done",
            "folder": folder.display().to_string(),
            "manifest": manifest,
        }));
    }
    for stem in &exported.stems {
        ui.line(format_args!(
            "wrote {}  {} channels  peak {}FS",
            stem.file.path.display(),
            stem.file.channels,
            Gain(f64::from(stem.file.peak)).decibels()
        ))?;
    }
    ui.line(format_args!("wrote {} beside them", BESIDE.join(", ")))
}

/// What is said where a session has a chain for its stereo bus.
const LEFT_OUT: &str =
    "the chain of [stereo] is not in the stems: they add up to the stereo mix before it";

/// Files beside the stems.
const BESIDE: [&str; 6] = [
    "manifest.json",
    "manifest.txt",
    "tempo.mid",
    "song.dawproject",
    "song.rpp",
    "positions.json",
];

/// Every file that is written.
fn paths(export: &StemExport, programme: &Programme) -> Vec<PathBuf> {
    let beside = BESIDE.map(|name| export.folder.join(name));
    let stems = export.paths(programme);
    stems.into_iter().chain(beside).collect()
}

/// What is asked for.
fn export_of(args: &Args, session: &Session, song: &Song, facts: &Facts) -> StemExport {
    StemExport {
        folder: args.out.clone(),
        contract: match args.contract {
            ContractWord::PreMaster => Contract::PreMaster,
            ContractWord::ThroughMaster => Contract::ThroughMaster,
        },
        image: match args.image {
            ImageWord::Stereo => Image::Stereo,
            ImageWord::Dry => Image::Dry,
        },
        bit_depth: args.bit_depth.into(),
        bpm: facts.bpm(),
        key: session.file.song.key.clone(),
        markers: facts
            .markers
            .iter()
            .map(|marker| (marker.name.clone(), song.sample_rate.frame_at(marker.at_s)))
            .collect(),
        tail: !args.no_tail,
        overwrite: args.force,
        threads: rayon::current_num_threads(),
    }
}

/// Every file that [`deliver`] writes.
pub(super) fn delivered(
    spec: &DeliverySpec,
    ask: &Ask<'_>,
    output: PathBuf,
) -> Result<Vec<PathBuf>> {
    let args = args_of(spec, ask, output);
    let session = Session::load(&args.input)?;
    let song = session.build(&BuildOptions {
        resample: args.resample,
    })?;
    let facts = Facts::of(&session, &song)?;
    let export = export_of(&args, &session, &song, &facts);
    Ok(paths(&export, &song.into()))
}

/// Writes the report of stems that have been written.
fn page(path: &Path, args: &Args, ui: &Ui) -> Result<()> {
    let mut page = report::page(&args.out);
    page.files.push(report::file_row("session", &args.input)?);
    report::add_session_findings(&mut page, &args.input, args.resample)?;
    let asked = crate::check::StemsAsked::default();
    let found = crate::check::check_stems(&args.out, &asked, &|_| !interrupt::requested())?;
    report::add_findings(&mut page, &found);
    report::add_stems(&mut page, &args.out, ui)?;
    report::write(path, &page, ui)
}
