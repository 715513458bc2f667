//! `umbel render` of an ADM master.

use std::collections::HashSet;
use std::path::Path;

use super::{Args, Job, frames_asked_for, of_argument, report};
use crate::cli::Ui;
use crate::format::adm::{self, Blocks, Document, Master, ObjectShape, Selection, TypeDefinition};
use crate::format::{AudioSource, WaveReader};
use crate::layout;
use crate::offline::Delivery;
use crate::render::Target;
use crate::session::{self, GateKeys, Time};
use crate::units::SampleRate;
use crate::{Error, Result};

/// What of a master is played.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "ADM masters")]
pub(super) struct MasterArgs {
    /// The audioProgramme to play; default: the one with the lowest ID.
    #[arg(long, value_name = "ID")]
    programme: Option<String>,
    /// Play only these audioContents of the programme.
    #[arg(long = "content", value_name = "ID", value_delimiter = ',')]
    contents: Vec<String>,
    /// Objects to play of groups of complementary objects, instead of the groups' first.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    complementary: Vec<String>,
    /// Leave out what is less important than this, 0 to 10.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10))]
    importance: Option<u32>,
    /// Take warnings about the metadata as errors.
    #[arg(long)]
    strict: bool,
}

impl MasterArgs {
    /// What is said of masters does nothing to the session at `input`.
    pub(super) fn refuse_session(&self, input: &Path) -> Result<()> {
        let given = [
            (self.programme.is_some(), "--programme"),
            (!self.contents.is_empty(), "--content"),
            (!self.complementary.is_empty(), "--complementary"),
            (self.importance.is_some(), "--importance"),
            (self.strict, "--strict"),
        ];
        match given.into_iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) => Err(Error::Usage(format!(
                "{option} is about ADM masters, but \"{}\" is a session: leave it out",
                input.display()
            ))),
            None => Ok(()),
        }
    }

    /// What they choose.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            programme: self.programme.clone(),
            contents: self.contents.clone(),
            complementary: self.complementary.clone(),
            importance: self.importance,
            strict: self.strict,
            ..Selection::default()
        }
    }
}

/// The job that the master at `input` asks for.
pub(super) fn open(args: &Args, input: &Path, ui: &Ui) -> Result<Job> {
    refuse_plain_audio(input, MASTER_OR_SESSION)?;
    if args.layouts.is_empty() {
        return Err(Error::Usage(format!(
            "\"{}\" is a master: say what to render it to with -l, for instance -l 7.1.4,5.1",
            input.display()
        )));
    }
    let document = adm::read(input)?;
    let master = document.master(&args.master.selection())?;
    report::findings(&master.findings, ui);
    let name = input.file_stem().unwrap_or_default().to_string_lossy();
    let rate = master.sample_rate;
    let deliveries = args
        .layouts
        .iter()
        .map(|layout| {
            let target = |meant| target(meant, args, input, rate, ui);
            let delivery = of_argument(args, layout.trim(), &name, target)?;
            let Target::Binaural(headphones) = &delivery.target else {
                refuse_binaural(&master)?;
                return Ok(delivery);
            };
            if headphones.plays_loudspeakers() {
                refuse_binaural(&master)?;
            }
            let chain = args.headphones.chain(rate)?;
            Ok(Delivery { chain, ..delivery })
        })
        .collect::<Result<Vec<_>>>()?;
    warn_of_zones(&document, &master, &deliveries, ui);
    let (from, to) = frames_asked_for(args, |time| frame_at(time, rate))?;
    Ok(Job {
        programme: master.into(),
        gates: vec![GateKeys::default(); args.layouts.len()],
        exports: Vec::new(),
        deliveries,
        from,
        to,
    })
}

/// Objects whose zones leave no loudspeaker of a target are played as if they had none: that is said, once for each.
fn warn_of_zones(document: &Document, master: &Master, deliveries: &[Delivery], ui: &Ui) {
    let mut told = HashSet::new();
    for origin in &master.origins {
        let channel = document
            .channels
            .iter()
            .find(|c| c.head.id == origin.channel);
        let Some(Blocks::Objects(blocks)) = channel.map(|channel| &*channel.blocks) else {
            continue;
        };
        let object = origin.object.as_deref().unwrap_or(&origin.channel);
        for delivery in deliveries {
            let leaves_none = |shape: &ObjectShape| {
                !shape.zones.is_empty()
                    && delivery.target.excludes_all(&shape.zones, shape.cartesian)
            };
            if blocks.shapes().iter().any(leaves_none) && told.insert((object, &delivery.name)) {
                ui.warn(format_args!(
                    "{object}: its zones hold every loudspeaker of {}: none is left out there, as ITU-R BS.2127 has it",
                    delivery.name
                ));
            }
        }
    }
}

/// What most commands take, for those who give them plain audio.
pub(in crate::cli) const MASTER_OR_SESSION: &str =
    "give an ADM master, or a session (`umbel init FOLDER` writes one for a folder of stems)";

/// Audio without metadata that says what it is.
pub(in crate::cli) fn refuse_plain_audio(input: &Path, hint: &str) -> Result<()> {
    if WaveReader::open(input).is_ok_and(|file| adm::is_adm(file.facts())) {
        return Ok(());
    }
    let source = crate::format::open(input)?;
    Err(Error::Unsupported {
        path: input.to_path_buf(),
        feature: format!("a {} file without ADM metadata", source.facts().container),
        hint: hint.to_owned(),
    })
}

fn refuse_binaural(master: &Master) -> Result<()> {
    let found = master
        .origins
        .iter()
        .find(|origin| origin.kind == TypeDefinition::Binaural);
    match found {
        None => Ok(()),
        Some(origin) => Err(Error::Unsupported {
            path: master.path.clone(),
            feature: format!(
                "playing {} from loudspeakers: its channel {} is one of a binaural pair",
                origin.object.as_deref().unwrap_or(&origin.pack),
                origin.channel
            ),
            hint: "render it for headphones (-l binaural), or choose a programme or contents without it (--programme, --content)".to_owned(),
        }),
    }
}

/// A master has no mixing desk: its stereo is that of two loudspeakers.
fn target(
    meant: session::Target,
    args: &Args,
    input: &Path,
    rate: SampleRate,
    ui: &Ui,
) -> Result<Target> {
    Target::loudspeakers(match meant {
        session::Target::Binaural(layout) => {
            return args.headphones.target(layout, input, rate);
        }
        session::Target::Layout(layout) => layout,
        session::Target::StereoBus => {
            ui.note("a master has no stereo bus of a desk: stereo is rendered for two loudspeakers, 0+2+0");
            layout::find("0+2+0")?
        }
    })
}

fn frame_at(time: &str, rate: SampleRate) -> Result<crate::units::Frames> {
    match time.parse::<Time>() {
        Ok(Time::Seconds(seconds)) if seconds >= 0.0 => Ok(rate.frame_at(seconds)),
        Ok(_) => Err(Error::Usage(format!(
            "\"{time}\": a master knows neither bars nor markers; give seconds or min:s"
        ))),
        Err(problem) => Err(Error::Usage(format!("\"{time}\": {problem}"))),
    }
}
