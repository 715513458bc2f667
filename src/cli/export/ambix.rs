//! `umbel export ambix`.

use std::path::PathBuf;

use serde_json::json;

use super::deliver::Ask;
use super::{Source, losses};
use crate::Result;
use crate::cli::bit_depth::WorkingDepth;
use crate::cli::{Ui, interrupt};
use crate::format::adm::write::Losses;
use crate::format::part::NewFolders;
use crate::format::{BitDepth, Container};
use crate::offline::{AmbixExport, export_ambix};
use crate::session::{ContainerKey, DeliverySpec};
use crate::units::{Frames, Gain};

/// Write a sound field: a WAV file with a channel per component, in the order of AmbiX (ACN), SN3D.
///
/// Objects are plane waves from their positions; what has an extent is spread over it at the same power.
/// Channels of beds come from where their loudspeakers stand, sound fields of a master pass through up to the
/// order. LFE channels have no direction and are left out.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Session or ADM master.
    #[arg(value_name = "SESSION|MASTER")]
    input: PathBuf,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Order of the sound field: (order + 1)² channels.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=7))]
    order: u32,
    /// How samples are stored; float holds what is above full scale.
    #[arg(long, value_name = "DEPTH", default_value = "f32")]
    bit_depth: WorkingDepth,
    /// Write BW64 instead of RIFF that becomes RF64 past 4 GiB.
    #[arg(long)]
    bw64: bool,
    /// Refuse (exit code 5) what cannot be carried as it is, instead of writing the nearest.
    #[arg(long)]
    strict: bool,
    /// Write what reverbs and delays ring on after the end, too.
    #[arg(long)]
    tail: bool,
    /// Convert stems of another sample rate to that of most stems, instead of refusing them.
    #[arg(long)]
    resample: bool,
    /// Replace files that exist.
    #[arg(short, long)]
    force: bool,
}

/// A sound field that a session's `[[out]]` asks for.
pub(super) fn deliver(spec: &DeliverySpec, ask: &Ask<'_>, output: PathBuf, ui: &Ui) -> Result<()> {
    let args = Args {
        input: ask.session.to_path_buf(),
        output,
        order: spec.order,
        bit_depth: BitDepth::from(spec.bit_depth).into(),
        bw64: spec.container == ContainerKey::Bw64,
        strict: false,
        tail: ask.tail,
        resample: ask.resample,
        force: ask.force,
    };
    run(&args, ui)
}

pub(super) fn run(args: &Args, ui: &Ui) -> Result<()> {
    interrupt::install();
    losses::check_all_free(&args.output, args.force)?;
    let source = Source::open(&args.input, args.resample)?;
    let (_, length) = source.facts(&[], ui)?;
    let export = AmbixExport {
        path: args.output.clone(),
        order: args.order,
        bit_depth: args.bit_depth.into(),
        container: if args.bw64 {
            Container::Bw64
        } else {
            Container::Riff
        },
        overwrite: args.force,
        tail: args.tail,
        strict: args.strict,
        threads: rayon::current_num_threads(),
    };
    let progress = ui.progress(length.0, "exporting");
    // Made first, it goes last, when an unfinished report is no longer in it.
    let _folders = NewFolders::of_file(&args.output)?;
    let mut watch = |done: Frames| {
        progress.set(done.0);
        !interrupt::requested()
    };
    let target = format!("a sound field of order {}", args.order);
    let mut report = Vec::new();
    let mut ready = |lost: &Losses| {
        report = losses::begin(&args.output, &target, lost)?;
        Ok(())
    };
    let (rendered, lost) = export_ambix(&|| source.programme(), &export, &mut watch, &mut ready)?;
    drop(progress);
    let reports = losses::publish(report)?;
    losses::tell(&lost, &reports[0], ui);
    let file = &rendered.files[0];
    if file.clipped > 0 {
        ui.warn(format_args!(
            "{} samples clipped: lower the stems or the master, or write --bit-depth f32",
            file.clipped
        ));
    }
    if ui.json {
        let db = Gain(f64::from(file.peak)).decibels().0;
        return ui.json_line(&json!({
            "event": "done",
            "file": file.path.display().to_string(),
            "container": file.container,
            "order": args.order,
            "normalization": "SN3D",
            "channel_order": rendered.channel_order,
            "channels": file.channels,
            "frames": file.frames.0,
            "bytes": file.bytes,
            "peak_dbfs": db.is_finite().then_some(db),
            "clipped_samples": file.clipped,
            "loss_report": reports.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "losses": losses::as_json(&lost),
        }));
    }
    ui.line(format_args!(
        "wrote {}  {}  order {}, {} channels (ACN 0 to {}, SN3D)",
        file.path.display(),
        file.container,
        args.order,
        file.channels,
        file.channels - 1
    ))?;
    ui.line(format_args!("  loss report: {}", reports[0].display()))
}
