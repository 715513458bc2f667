//! `umbel export`: deliveries.

mod adm;
mod ambix;
mod deliver;
mod handover;
mod losses;
mod objects;
mod stems;

use std::path::{Path, PathBuf};

use super::{Ui, opened};
use crate::format::adm::write::Flavour;
use crate::format::adm::{self as adm_format, BinauralMode, Selection};
use crate::format::{AudioSource, SampleFormat, WaveReader};
use crate::offline::{Names, Programme};
use crate::scene::RoomMode;
use crate::session::{BuildOptions, Session, Song};
use crate::units::Frames;
use crate::{Error, Result};
pub(super) use deliver::{Ask, check_free, deliver, path_of, paths_of};

/// Write a session or a master as a delivery: ADM masters, stems, object metadata.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    kind: Kind,
}

const EXAMPLES: &str = "\
Examples:
  umbel export adm-atmos song.toml -o master.wav --fps 24    a master of the Dolby Atmos master ADM profile
  umbel export adm-ebu song.toml -o master.wav               a master for EBU and ITU renderers
  umbel export adm-ebu dolby.wav -o ebu.wav                  one kind of master as the other
  umbel export stems song.toml --out handoff              stems that add up to the mix, and projects
  umbel export ambix song.toml -o field.wav --order 3     ambisonics: ACN, SN3D
  umbel export json master.wav -o objects.json            where every object is, block by block; csv as a table
Beside each master stands a loss report (master.loss.txt, master.loss.json): what it could not carry.";

#[derive(Debug, clap::Subcommand)]
enum Kind {
    /// A master of the Dolby Atmos master ADM profile: a 7.1.2 bed and up to 118 objects.
    AdmAtmos(adm::AtmosArgs),
    /// A master of ITU-R BS.2076-2 for EBU and ITU renderers.
    AdmEbu(adm::EbuArgs),
    /// Aligned stems of full length with everything another workstation needs.
    Stems(stems::Args),
    /// A sound field: ambisonics of order 1 to 7, ACN and SN3D.
    Ambix(ambix::Args),
    /// The metadata of all objects over time, as JSON.
    Json(objects::Args),
    /// The metadata of all objects over time, as a table.
    Csv(objects::Args),
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    match args.kind {
        Kind::AdmAtmos(args) => adm::atmos(&args, ui),
        Kind::AdmEbu(args) => adm::ebu(&args, ui),
        Kind::Stems(args) => stems::run(&args, ui),
        Kind::Ambix(args) => ambix::run(&args, ui),
        Kind::Json(args) => objects::run(&args, objects::Form::Json, ui),
        Kind::Csv(args) => objects::run(&args, objects::Form::Csv, ui),
    }
}

/// A session or a master as exports need it: its programme as often as asked, and what else is known.
enum Source {
    Session(Box<Session>, BuildOptions),
    Master(Box<adm_format::Document>),
}

impl Source {
    fn open(input: &Path, resample: bool) -> Result<Self> {
        if !opened::is_audio(input) {
            return Ok(Self::Session(
                Box::new(Session::load(input)?),
                BuildOptions { resample },
            ));
        }
        super::render::refuse_plain_audio(input, super::render::MASTER_OR_SESSION)?;
        Ok(Self::Master(Box::new(adm_format::read(input)?)))
    }

    fn programme(&self) -> Result<Programme> {
        match self {
            Self::Session(session, options) => {
                let song = session.build(options)?;
                if song.objects.is_empty() {
                    return Err(Error::Usage(format!(
                        "\"{}\": nothing sounds",
                        session.path.display()
                    )));
                }
                Ok(song.into())
            }
            Self::Master(document) => Ok(document.master(&Selection::default())?.into()),
        }
    }

    /// As [`programme`](Self::programme), after [`facts`](Self::facts) have been asked for.
    fn programme_again(&self) -> Result<Programme> {
        match self {
            Self::Session(..) => self.programme(),
            Self::Master(document) => Ok(document.master_again(&Selection::default())?.into()),
        }
    }

    /// Says what was found in the input; gives contents, origins and headphone modes of the objects, of which
    /// `modes` are the user's, and the length of the programme.
    fn facts(&self, modes: &[(String, BinauralMode)], ui: &Ui) -> Result<(Names, Frames)> {
        match self {
            Self::Session(session, options) => {
                let song = session.build(options)?;
                super::render::told_findings(&song.warnings, ui);
                Ok((session_names(session, &song, modes)?, song.length))
            }
            Self::Master(document) => {
                let master = document.master(&Selection::default())?;
                super::render::told_findings(&master.findings, ui);
                Ok((master_names(document, &master, modes)?, master.length))
            }
        }
    }

    /// Adds what a master says beside its sound, and what of that `flavour` cannot say.
    fn carry(&self, flavour: Flavour, names: &mut Names) -> Result<()> {
        if let Self::Master(document) = self {
            let master = document.master_again(&Selection::default())?;
            crate::offline::carry(document, &master, flavour, names);
        }
        Ok(())
    }

    fn dbmd(&self) -> Option<&adm_format::Dbmd> {
        match self {
            Self::Session(..) => None,
            Self::Master(document) => document.dbmd.as_ref(),
        }
    }
}

/// Objects belong to the groups of their stems; those of returns to one of their own.
fn session_names(
    session: &Session,
    song: &Song,
    modes: &[(String, BinauralMode)],
) -> Result<Names> {
    let mut contents = vec![String::new(); song.objects.len()];
    let mut binaural: Vec<BinauralMode> = song
        .objects
        .iter()
        .map(|object| match object.headphones.room {
            Some(RoomMode::Off) => BinauralMode::Off,
            Some(RoomMode::Near) => BinauralMode::Near,
            Some(RoomMode::Far) => BinauralMode::Far,
            Some(RoomMode::Mid) | None => BinauralMode::Mid,
        })
        .collect();
    let mut used = vec![false; modes.len()];
    let mut set = |name: &str, feeds: std::ops::Range<usize>, content: &str| {
        for feed in feeds {
            contents[feed] = content.to_owned();
            for ((wanted, mode), used) in modes.iter().zip(&mut used) {
                if wanted.eq_ignore_ascii_case(name) || wanted.eq_ignore_ascii_case(content) {
                    binaural[feed] = *mode;
                    *used = true;
                }
            }
        }
    };
    for strip in &song.desk.strips {
        let stem = session
            .file
            .stem
            .iter()
            .find(|stem| stem.name == strip.name);
        let group = stem.and_then(|stem| stem.group.as_deref());
        set(&strip.name, strip.feeds.clone(), group.unwrap_or("Stems"));
    }
    for found in &song.desk.returns {
        set(&found.name, found.feeds.clone(), "Returns");
    }
    refuse_unused(modes, &used, session.path.as_path())?;
    let rooms = song.objects.iter().map(|object| object.headphones.room);
    Ok(Names {
        is_mode_said: rooms.map(|room| room.is_some()).collect(),
        said: None,
        lost: Vec::new(),
        contents,
        origins: Vec::new(),
        binaural,
        is_exact: false,
    })
}

fn master_names(
    document: &adm_format::Document,
    master: &adm_format::Master,
    modes: &[(String, BinauralMode)],
) -> Result<Names> {
    let content_of = |object: &Option<String>| {
        let index = document.objects.find(object.as_deref()?)?;
        let holds = |content: &&adm_format::Content| holds(document, &content.objects, index);
        let content = document.contents.iter().find(holds)?;
        Some(content.head.name.clone())
    };
    let mut used = vec![false; modes.len()];
    let mut binaural = Vec::new();
    for (object, origin) in master.objects.iter().zip(&master.origins) {
        let is_bypassed = origin.headphone.is_some_and(|headphone| headphone.bypass);
        let unsaid = match is_bypassed {
            true => BinauralMode::Off,
            false => BinauralMode::Mid,
        };
        let mut mode = origin.binaural_mode.unwrap_or(unsaid);
        for ((wanted, given), used) in modes.iter().zip(&mut used) {
            if wanted.eq_ignore_ascii_case(&object.name) {
                mode = *given;
                *used = true;
            }
        }
        binaural.push(mode);
    }
    refuse_unused(modes, &used, &document.path)?;
    let file = WaveReader::open(&document.path)?;
    Ok(Names {
        contents: master
            .origins
            .iter()
            .map(|origin| content_of(&origin.object).unwrap_or_else(|| "Objects".to_owned()))
            .collect(),
        is_mode_said: master
            .origins
            .iter()
            .map(|origin| origin.binaural_mode.is_some())
            .collect(),
        said: None,
        lost: Vec::new(),
        origins: master.origins.clone(),
        binaural,
        is_exact: matches!(file.facts().sample_format, SampleFormat::Integer { bits } if bits <= 24),
    })
}

/// Whether `objects` or those inside them hold the object `wanted`.
fn holds(document: &adm_format::Document, objects: &[usize], wanted: usize) -> bool {
    objects.iter().any(|&object| {
        object == wanted || holds(document, &document.objects[object].objects, wanted)
    })
}

fn refuse_unused(modes: &[(String, BinauralMode)], used: &[bool], path: &Path) -> Result<()> {
    let unused = modes.iter().zip(used).find(|(_, used)| !**used);
    match unused {
        None => Ok(()),
        Some(((name, _), _)) => Err(Error::Usage(format!(
            "--binaural: \"{}\" has no object \"{name}\"; `umbel info` lists them",
            path.display()
        ))),
    }
}

/// "NAME=off", "NAME=near", "NAME=mid", "NAME=far".
pub(super) fn binaural_mode(text: &str) -> Result<(String, BinauralMode), String> {
    let (name, word) = text
        .rsplit_once('=')
        .ok_or_else(|| "write NAME=MODE, as in \"Kick=off\"".to_owned())?;
    let mode = match word.trim().to_ascii_lowercase().as_str() {
        "off" => BinauralMode::Off,
        "near" => BinauralMode::Near,
        "mid" => BinauralMode::Mid,
        "far" => BinauralMode::Far,
        "none" => BinauralMode::NotIndicated,
        _ => {
            return Err(format!(
                "\"{word}\" is no mode: off, near, mid, far or none"
            ));
        }
    };
    Ok((name.trim().to_owned(), mode))
}

/// `path` with another ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    path.with_extension(ending)
}
