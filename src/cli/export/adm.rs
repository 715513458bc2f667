//! `umbel export adm-atmos` and `adm-ebu`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::deliver::Ask;
use super::{Source, binaural_mode, losses};
use crate::cli::{Ui, interrupt, measure, report};
use crate::format::Container;
use crate::format::adm::write::{Flavour, Losses};
use crate::format::adm::{BinauralMode, Downmix, FrameRate, Selection, Trim, Warp};
use crate::format::part::NewFolders;
use crate::offline::{AdmExport, ExportedAdm, export_adm};
use crate::session::{ContainerKey, DeliverySpec};
use crate::units::{Frames, Gain};
use crate::{Error, Result, layout};

/// What both kinds of master share.
#[derive(Debug, clap::Args)]
struct Common {
    /// Session or ADM master.
    #[arg(value_name = "SESSION|MASTER")]
    input: PathBuf,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Chunk format; default: RIFF, becoming RF64 (adm-atmos) or BW64 (adm-ebu) past 4 GiB.
    #[arg(long, value_name = "KIND")]
    container: Option<ContainerWord>,
    /// Refuse (exit code 5) what cannot be carried as it is, instead of writing the nearest.
    #[arg(long)]
    strict: bool,
    /// What reverbs and delays ring on after the end belongs to the programme.
    #[arg(long)]
    tail: bool,
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
enum ContainerWord {
    /// RIFF, becoming RF64 or BW64 past 4 GiB.
    Riff,
    /// RF64 at any size.
    Rf64,
    /// BW64 at any size.
    Bw64,
}

/// Write a master of the Dolby Atmos master ADM profile: a 7.1.2 bed and up to 118 objects.
#[derive(Debug, clap::Args)]
pub(super) struct AtmosArgs {
    #[command(flatten)]
    common: Common,
    /// Frame rate of the picture or the delivery; default: the master's own, 24 for a session.
    #[arg(long, value_name = "RATE")]
    fps: Option<Fps>,
    /// First frame of action in seconds; default: none.
    #[arg(long, value_name = "SECONDS")]
    ffoa: Option<f64>,
    /// How headphones play an object or a group: "NAME=off|near|mid|far". Default: mid.
    #[arg(long, value_name = "NAME=MODE", value_parser = binaural_mode)]
    binaural: Vec<(String, BinauralMode)>,
    /// How 5.1 is made stereo.
    #[arg(long, value_name = "MODE")]
    downmix: Option<DownmixWord>,
    /// How 5.1 is rendered.
    #[arg(long, value_name = "MODE")]
    warp: Option<WarpWord>,
}

/// Write a master of ITU-R BS.2076-2 for EBU and ITU renderers.
#[derive(Debug, clap::Args)]
pub(super) struct EbuArgs {
    #[command(flatten)]
    common: Common,
    /// Taken as for adm-atmos, so that one command line serves both; a master of ITU-R BS.2076-2 has no frame rate.
    #[arg(long, value_name = "RATE")]
    fps: Option<Fps>,
    /// Keep to the emission profile of ITU-R BS.2168 of this level.
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(1..=2))]
    emission: Option<u8>,
    /// Do not measure the loudness of the programme (of its 0+5+0 render) and leave it out.
    #[arg(long)]
    no_loudness: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Fps {
    #[value(name = "23.976")]
    F23976,
    #[value(name = "24")]
    F24,
    #[value(name = "25")]
    F25,
    #[value(name = "29.97")]
    F2997,
    #[value(name = "29.97df")]
    F2997Drop,
    #[value(name = "30")]
    F30,
}

impl From<Fps> for FrameRate {
    fn from(word: Fps) -> Self {
        match word {
            Fps::F23976 => Self::F23976,
            Fps::F24 => Self::F24,
            Fps::F25 => Self::F25,
            Fps::F2997 => Self::F2997,
            Fps::F2997Drop => Self::F2997Drop,
            Fps::F30 => Self::F30,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DownmixWord {
    NotIndicated,
    LoRo,
    LtRt,
    LtRtPlii,
    Direct,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum WarpWord {
    Direct,
    DirectRoom,
    Pliix,
    LoRo,
    NotIndicated,
}

impl From<DownmixWord> for Downmix {
    fn from(word: DownmixWord) -> Self {
        match word {
            DownmixWord::NotIndicated => Self::NotIndicated,
            DownmixWord::LoRo => Self::LoRo,
            DownmixWord::LtRt => Self::LtRt,
            DownmixWord::LtRtPlii => Self::LtRtProLogicIi,
            DownmixWord::Direct => Self::Direct,
        }
    }
}

impl From<WarpWord> for Warp {
    fn from(word: WarpWord) -> Self {
        match word {
            WarpWord::Direct => Self::Direct,
            WarpWord::DirectRoom => Self::DirectWithRoomBalance,
            WarpWord::Pliix => Self::ProLogicIix,
            WarpWord::LoRo => Self::LoRo,
            WarpWord::NotIndicated => Self::NotIndicated,
        }
    }
}

pub(super) fn atmos(args: &AtmosArgs, ui: &Ui) -> Result<()> {
    if let Some(ffoa) = args.ffoa.filter(|ffoa| !(0.0..360_000.0).contains(ffoa)) {
        return Err(Error::Usage(format!(
            "--ffoa {ffoa}: the first frame of action lies 0 to 360000 seconds after the start"
        )));
    }
    let source = Source::open(&args.common.input, args.common.resample)?;
    let mut programme = AdmExport::programme_facts(source.dbmd());
    if let Some(fps) = args.fps {
        programme.frame_rate = Some(fps.into());
    }
    if programme.frame_rate.is_none() {
        programme.frame_rate = Some(FrameRate::F24);
        ui.note("no frame rate was given: 24 is written; say another with --fps");
    }
    programme.first_action_s = args.ffoa.or(programme.first_action_s);
    programme.downmix = args.downmix.map_or(programme.downmix, Downmix::from);
    programme.warp = args.warp.map_or(programme.warp, Warp::from);
    let trims = source
        .dbmd()
        .and_then(|dbmd| dbmd.elements.as_ref())
        .map_or([Trim::Automatic; 9], |elements| elements.trims);
    let export = AdmExport {
        programme,
        trims,
        ..export(&args.common, Flavour::Dolby)
    };
    run(&args.common, &source, &args.binaural, &export, ui)
}

pub(super) fn ebu(args: &EbuArgs, ui: &Ui) -> Result<()> {
    if args.fps.is_some() {
        ui.note("--fps is not written: a master of ITU-R BS.2076-2 has no frame rate, and its times are in seconds");
    }
    let source = Source::open(&args.common.input, args.common.resample)?;
    let flavour = match args.emission {
        Some(level) => Flavour::Emission { level },
        None => Flavour::Ebu,
    };
    let loudness = match args.no_loudness {
        true => None,
        false => Some(layout::find("0+5+0")?),
    };
    let export = AdmExport {
        loudness,
        ..export(&args.common, flavour)
    };
    run(&args.common, &source, &[], &export, ui)
}

/// A master that a session's `[[out]]` asks for.
pub(super) fn deliver_atmos(
    spec: &DeliverySpec,
    ask: &Ask<'_>,
    output: PathBuf,
    ui: &Ui,
) -> Result<()> {
    use clap::ValueEnum;
    let fps = spec.fps.as_deref().map(|word| {
        Fps::from_str(word, true).map_err(|_| {
            Error::Usage(format!(
                "output \"{}\": \"{word}\" is no frame rate",
                spec.name
            ))
        })
    });
    let args = AtmosArgs {
        common: common_of(spec, ask, output),
        fps: fps.transpose()?,
        ffoa: None,
        binaural: Vec::new(),
        downmix: None,
        warp: None,
    };
    atmos(&args, ui)
}

/// As [`deliver_atmos`].
pub(super) fn deliver_ebu(
    spec: &DeliverySpec,
    ask: &Ask<'_>,
    output: PathBuf,
    ui: &Ui,
) -> Result<()> {
    let args = EbuArgs {
        common: common_of(spec, ask, output),
        fps: None,
        emission: None,
        no_loudness: false,
    };
    ebu(&args, ui)
}

fn common_of(spec: &DeliverySpec, ask: &Ask<'_>, output: PathBuf) -> Common {
    Common {
        input: ask.session.to_path_buf(),
        output,
        container: match spec.container {
            ContainerKey::Auto => None,
            ContainerKey::Bw64 => Some(ContainerWord::Bw64),
        },
        report: report::ReportArgs::default(),
        strict: false,
        tail: ask.tail,
        resample: ask.resample,
        force: ask.force,
    }
}

fn export(common: &Common, flavour: Flavour) -> AdmExport {
    let past_4_gib = match flavour {
        Flavour::Dolby => Container::Riff,
        Flavour::Ebu | Flavour::Emission { .. } => Container::RiffOrBw64,
    };
    AdmExport {
        path: common.output.clone(),
        flavour,
        container: match common.container {
            None | Some(ContainerWord::Riff) => past_4_gib,
            Some(ContainerWord::Rf64) => Container::Rf64,
            Some(ContainerWord::Bw64) => Container::Bw64,
        },
        programme: AdmExport::programme_facts(None),
        trims: [Trim::Automatic; 9],
        overwrite: common.force,
        tail: common.tail,
        strict: common.strict,
        loudness: None,
        threads: rayon::current_num_threads(),
    }
}

/// The name of a flavour in reports.
fn target(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Dolby => "the Dolby Atmos master ADM profile",
        Flavour::Ebu => "ITU-R BS.2076-2",
        Flavour::Emission { .. } => "the emission profile of ITU-R BS.2168",
    }
}

fn run(
    common: &Common,
    source: &Source,
    modes: &[(String, BinauralMode)],
    export: &AdmExport,
    ui: &Ui,
) -> Result<()> {
    let to_report = common
        .report
        .path_beside(&losses::all_paths(&common.output))?;
    interrupt::install();
    losses::check_all_free(&common.output, common.force)?;
    let (mut names, length) = source.facts(modes, ui)?;
    source.carry(export.flavour, &mut names)?;
    let progress = ui.progress(length.0, "exporting");
    let mut watch = |done: Frames| {
        progress.set(done.0);
        !interrupt::requested()
    };
    // Made first, it goes last, when an unfinished report is no longer in it.
    let _folders = NewFolders::of_file(&common.output)?;
    let mut report = Vec::new();
    let mut ready = |lost: &Losses| {
        report = losses::begin(&common.output, target(export.flavour), lost)?;
        Ok(())
    };
    let make = || source.programme_again();
    let exported = export_adm(&make, &names, export, &mut watch, &mut ready)?;
    drop(progress);
    let reports = losses::publish(report)?;
    losses::tell(&exported.losses, &reports[0], ui);
    tell(&exported, export, &reports, ui)?;
    match to_report {
        None => Ok(()),
        Some(path) => {
            page(path, common, &exported, ui).map_err(|error| report::missing(error, path))
        }
    }
}

/// Writes the report of a master that has been written.
fn page(path: &Path, common: &Common, exported: &ExportedAdm, ui: &Ui) -> Result<()> {
    let mut page = report::page(&common.output);
    page.losses = Some(losses::rows(&exported.losses));
    page.files.push(report::file_row("input", &common.input)?);
    report::add_session_findings(&mut page, &common.input, common.resample)?;
    let found = crate::check::check_profile(&common.output, false)?;
    report::add_findings(&mut page, &found.unwrap_or_default());
    let all = Selection::default();
    let again = || report::programme(&common.output, false, &all);
    report::add_own_render(&mut page, again()?, Vec::new(), measure::GATE_LAYOUT, ui)?;
    report::add_programme(&mut page, &common.output, again()?, ui)?;
    report::write(path, &page, ui)
}

fn tell(exported: &ExportedAdm, export: &AdmExport, reports: &[PathBuf], ui: &Ui) -> Result<()> {
    let file = &exported.file;
    if file.clipped > 0 {
        ui.warn(format_args!(
            "{} samples clipped (peak {} above full scale): lower the stems or the master",
            file.clipped,
            Gain(f64::from(file.over)).decibels()
        ));
    }
    let heard = exported.heard.as_ref().map(|rendered| &rendered.heard);
    if export.loudness.is_some() && heard.is_none() {
        ui.note("the loudness is left out of the master: it was measured before samples clipped");
    }
    if ui.json {
        let peak = |linear: f32| {
            let db = Gain(f64::from(linear)).decibels().0;
            db.is_finite().then_some(db)
        };
        return ui.json_line(&json!({
            "event": "done",
            "file": file.path.display().to_string(),
            "flavour": match export.flavour {
                Flavour::Dolby => "adm-atmos",
                Flavour::Ebu | Flavour::Emission { .. } => "adm-ebu",
            },
            "container": file.container,
            "channels": file.channels,
            "frames": file.frames.0,
            "bytes": file.bytes,
            "tracks": exported.tracks,
            "objects": exported.objects,
            "blocks": exported.blocks,
            "peak_dbfs": peak(file.peak),
            "clipped_samples": file.clipped,
            "integrated_lufs": heard.and_then(|heard| heard.integrated_lufs),
            "true_peak_dbtp": heard.and_then(|heard| heard.true_peak).and_then(peak),
            "loss_report": reports.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "losses": losses::as_json(&exported.losses),
        }));
    }
    ui.line(format_args!(
        "wrote {}  {}  {} tracks, {} objects, {} metadata blocks",
        file.path.display(),
        file.container,
        file.channels,
        exported.objects,
        exported.blocks
    ))?;
    if let Some(heard) = heard {
        let lufs = heard.integrated_lufs;
        ui.line(format_args!(
            "  loudness of the own 0+5+0 render: {}",
            lufs.map_or("none".to_owned(), |lufs| format!("{lufs:.1} LUFS"))
        ))?;
    }
    for (number, track) in exported.tracks.iter().enumerate() {
        ui.detail(format_args!("track {}: {track}", number + 1));
    }
    ui.line(format_args!("  loss report: {}", shown(reports)))
}

fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths
        .iter()
        .map(|path: &PathBuf| Path::display(path).to_string())
        .collect();
    paths.join(", ")
}
