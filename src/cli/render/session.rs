//! `umbel render` of a session.

use std::path::Path;

use super::{Args, Job, container_of, frames_asked_for, of_argument, report};
use crate::cli::Ui;
use crate::cli::bit_depth::Depth;
use crate::effect::{LimitSettings, Settings};
use crate::format::{BitDepth, Container};
use crate::offline::Delivery;
use crate::render::Target;
use crate::session::{
    self, BuildOptions, ContainerKey, DeliverySpec, GateKeys, OutSpec, Session, Song,
};
use crate::units::SampleRate;
use crate::{Error, Result};

/// The job that the session at `input` asks for.
pub(super) fn open(args: &Args, input: &Path, ui: &Ui) -> Result<Job> {
    let session = Session::load(input)?;
    let song = session.build(&BuildOptions {
        resample: args.resample,
    })?;
    report::findings(&song.warnings, ui);
    let deliveries = deliveries(args, input, &song)?;
    note_lost_lfe(&song, &deliveries, ui);
    let (from, to) = frames_asked_for(args, |time| session.frame_at(time, song.sample_rate))?;
    // What is asked for on the command line takes the place of the session's outputs.
    let is_own = args.layouts.is_empty();
    let gates = match is_own {
        true => song.outs.iter().map(|out| out.gate).collect(),
        false => vec![GateKeys::default(); deliveries.len()],
    };
    let exports = match is_own {
        true => exports(args, &song, ui),
        false => Vec::new(),
    };
    if !exports.is_empty() && (args.from.is_some() || args.to.is_some() || args.normalize.is_some())
    {
        return Err(Error::Usage(
            "--from, --to and --normalize are for renders: choose layouts with -l, or leave out the outputs that are \
             masters, stems and sound fields"
                .to_owned(),
        ));
    }
    Ok(Job {
        programme: song.into(),
        deliveries,
        from,
        to,
        gates,
        exports,
    })
}

/// What is to be written: the layouts given, or the session's own outputs.
fn deliveries(args: &Args, input: &Path, song: &Song) -> Result<Vec<Delivery>> {
    if args.layouts.is_empty() {
        if song.outs.is_empty() && song.deliveries.is_empty() {
            return Err(Error::Usage(format!(
                "\"{}\" has no [[out]]: say what to render with -l, for instance -l 7.1.4,stereo",
                input.display()
            )));
        }
        if args.output.is_some() && song.outs.len() + song.deliveries.len() > 1 {
            return Err(Error::Usage(format!(
                "-o names one file, but \"{}\" has {} outputs: choose a layout with -l, or use --out DIR",
                input.display(),
                song.outs.len() + song.deliveries.len()
            )));
        }
        let of_session = |out| of_session(args, input, out, song);
        return song.outs.iter().map(of_session).collect();
    }
    let name = input.file_stem().unwrap_or_default().to_string_lossy();
    args.layouts
        .iter()
        .map(|layout| {
            let target = |meant| target(meant, args, input, song.sample_rate);
            let delivery = of_argument(args, layout.trim(), &name, target)?;
            let chain = match &delivery.target {
                Target::Stereo => song.stereo_chain.clone(),
                Target::Layout { .. } | Target::Ambisonics(_) => Vec::new(),
                Target::Binaural(_) => args.headphones.chain(song.sample_rate)?,
            };
            Ok(Delivery { chain, ..delivery })
        })
        .collect()
}

/// The session's own outputs that are no renders, stored as the command line says where that can be.
fn exports(args: &Args, song: &Song, ui: &Ui) -> Vec<DeliverySpec> {
    let mut exports = song.deliveries.clone();
    for spec in &mut exports {
        let has_effect = |key: &str| !spec.format.useless_keys().contains(&key);
        let (takes_depth, takes_container) = (has_effect("bit-depth"), has_effect("container"));
        let mut useless = Vec::new();
        match args.bit_depth {
            // What is written for work that goes on is never in 16 bits.
            Some(Depth::Int16) if takes_depth => useless.push("--bit-depth 16"),
            Some(depth) if takes_depth => spec.bit_depth = depth.into(),
            Some(_) => useless.push("--bit-depth"),
            None => {}
        }
        match args.container {
            Some(kind) if takes_container => spec.container = kind.into(),
            Some(_) => useless.push("--container"),
            None => {}
        }
        if args.multi_mono {
            useless.push("--multi-mono");
        }
        for option in useless {
            ui.warn(format!(
                "{option} has no effect on the output \"{}\", which is of the format \"{}\"",
                spec.name,
                spec.format.word()
            ));
        }
    }
    exports
}

fn of_session(args: &Args, input: &Path, out: &OutSpec, song: &Song) -> Result<Delivery> {
    let target = target(out.target.clone(), args, input, song.sample_rate)?;
    let depth = BitDepth::from(out.bit_depth);
    let container = match out.container {
        ContainerKey::Auto => Container::Riff,
        ContainerKey::Bw64 => Container::Bw64,
    };
    let mut chain = match &out.target {
        session::Target::StereoBus => song.stereo_chain.clone(),
        session::Target::Layout(_) => Vec::new(),
        session::Target::Binaural(_) => args.headphones.chain(song.sample_rate)?,
    };
    chain.extend(out.limit.map(|dbtp| {
        Settings::Limit(LimitSettings {
            dbtp,
            ..LimitSettings::default()
        })
    }));
    Ok(Delivery {
        chain,
        name: out.name.clone(),
        target,
        path: args
            .output
            .clone()
            .unwrap_or_else(|| args.out.join(&out.file_name)),
        bit_depth: args.bit_depth.map_or(depth, BitDepth::from),
        container: args.container.map_or(container, container_of),
        multi_mono: args.multi_mono || out.multi_mono,
        true_peak: args.true_peak || out.gate.max_dbtp.is_some(),
    })
}

fn target(meant: session::Target, args: &Args, input: &Path, rate: SampleRate) -> Result<Target> {
    Ok(match meant {
        session::Target::StereoBus => Target::Stereo,
        session::Target::Layout(layout) => Target::loudspeakers(layout)?,
        session::Target::Binaural(layout) => args.headphones.target(layout, input, rate)?,
    })
}

/// The copies for the LFE have nowhere to go where there is no such channel: that is said.
fn note_lost_lfe(song: &Song, deliveries: &[Delivery], ui: &Ui) {
    if song.desk.strips.iter().all(|strip| strip.lfe.is_none()) {
        return;
    }
    for delivery in deliveries.iter().filter(|d| !d.target.plays_lfe()) {
        ui.note(format!(
            "{} has no LFE channel: the low-passed copies for it are left out there; the stems themselves play in full",
            delivery.name
        ));
    }
}
