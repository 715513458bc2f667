//! Changes the metadata of a master and leaves its audio alone.
//!
//! A [`Change`] names what is to be another ([`Target`]) and what it is to be ([`Value`]). [`edit`] copies the
//! file to a new name, byte for byte but for the axml and dbmd chunks, and in these nothing but what the
//! changes name:
//!
//! 1. `resolve` (with `find`, `shifts` and `said`) finds what the changes mean in the document at hand, and refuses
//!    what it does not have.
//! 2. `axml` streams the XML through and puts new words where the old ones stood; `dbmd` does that with bytes.
//! 3. `check` reads the new file and compares it with the old one, block by block.
//!
//! Gains and offsets go on top of what an object has. Masters of ITU-R BS.2076-2 and later have words for them
//! in the audioObject; in older ones, and in those of Dolby's profile, every block of the object is changed.

mod axml;
mod check;
mod dbmd;
mod find;
mod resolve;
mod said;
mod shifts;

use std::path::Path;

use super::dbmd::{BinauralMode, Downmix, FrameRate, Trim, Warp};
use super::xml::Stop;
use super::{Document, read};
use crate::format::wave::rewrite::{Rewrite, rewrite};
use crate::format::{ChunkId, WaveReader};
use crate::units::Decibels;
use crate::{Error, Result};

/// Which of several elements is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// By its place in the file, from 1.
    Number(usize),
    /// By its name or its ID, whatever the capitals.
    Named(String),
}

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The master as a whole.
    Master,
    /// An audioProgramme.
    Programme(Which),
    /// An audioContent, or all objects in it.
    Content(Which),
    /// An audioObject with its tracks.
    Object(Which),
    /// A channel of the file, from 1.
    Channel(usize),
}

/// One coordinate of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coordinate {
    /// Degrees, + = left.
    Azimuth,
    /// Degrees, + = up.
    Elevation,
    /// 1 = the loudspeakers' distance.
    Distance,
    /// Room units, + = right.
    X,
    /// Room units, + = front.
    Y,
    /// Room units, + = up.
    Z,
}

impl Coordinate {
    /// All, in the order in which arrays of six have them.
    pub const ALL: [Self; 6] = [
        Self::Azimuth,
        Self::Elevation,
        Self::Distance,
        Self::X,
        Self::Y,
        Self::Z,
    ];

    /// As the XML has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Azimuth => "azimuth",
            Self::Elevation => "elevation",
            Self::Distance => "distance",
            Self::X => "X",
            Self::Y => "Y",
            Self::Z => "Z",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// What it is to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A name.
    Name(String),
    /// So much louder than it is.
    Gain(Decibels),
    /// So much farther along a coordinate.
    Offset(Coordinate, f64),
    /// How headphones play it.
    Binaural(BinauralMode),
    /// No trim is applied to it.
    TrimBypass(bool),
    /// Frames of picture per second.
    FrameRate(FrameRate),
    /// First frame of action in seconds of time code.
    FirstAction(Option<f64>),
    /// How 5.1 is made stereo.
    Downmix(Downmix),
    /// How 5.1 is rendered.
    Warp(Warp),
    /// The trim of a layout, by its place in [`TRIM_LAYOUTS`](super::TRIM_LAYOUTS); `None`: of all.
    Trim(Option<usize>, Trim),
}

/// One wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// As the user wrote it, for messages.
    pub words: String,
    /// What.
    pub target: Target,
    /// To what.
    pub value: Value,
}

/// How to edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EditOptions {
    /// An existing file may be replaced.
    pub overwrite: bool,
    /// Positions that an offset moves out of the room are held at its walls instead of refused.
    pub clamp: bool,
    /// Only find out what would be changed.
    pub dry_run: bool,
}

/// One thing that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What: "object AO_100b \"Lead\"", "channel 11", "master".
    pub what: String,
    /// Which of its values: "name", "binaural".
    pub field: String,
    /// As it was.
    pub was: String,
    /// As it is.
    pub now: String,
    /// Metadata blocks that were changed for it.
    pub blocks: usize,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edited {
    /// What was changed, in the order of the wishes.
    pub changed: Vec<Changed>,
    /// What the user should know.
    pub remarks: Vec<String>,
    /// Bytes of the new file; 0 if none was written.
    pub bytes: u64,
    /// Its container.
    pub container: &'static str,
}

/// Writes `input` with `changes` to `output`. `watch` is told how many bytes are copied, of how many, and stops
/// the work by answering `false`.
///
/// # Errors
/// - [`Error::Usage`]: a change names what the master does not have, or asks for what cannot be.
/// - [`Error::Session`]: the metadata of `input` is broken.
/// - The output exists, is the input, or cannot be written; or, read again, it is not what was meant. Nothing is
///   left behind then.
pub fn edit(
    input: &Path,
    output: &Path,
    changes: &[Change],
    options: EditOptions,
    watch: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Edited> {
    let document = read(input)?;
    refuse_broken(&document)?;
    let file = WaveReader::open(input)?;
    let content = file.chunk(*b"dbmd", 8 << 20)?;
    let plan = resolve::resolve(&document, changes, content.as_deref(), options)?;
    let mut edited = Edited {
        changed: plan.changed,
        remarks: plan.remarks,
        ..Edited::default()
    };
    if options.dry_run {
        return Ok(edited);
    }
    let axml = &plan.axml;
    let mut replaced = Vec::new();
    if !axml.is_empty() {
        let write: Rewrite<'_> = Box::new(|out| {
            let source = file.chunk_reader(*b"axml")?;
            let source = source.ok_or_else(|| Error::Usage("there is no axml chunk".to_owned()))?;
            axml::rewrite(source, axml, out).map_err(|stop| match stop {
                Stop::Failed(error) => error,
                Stop::Rule { message, .. } => {
                    Error::malformed(input, "ADM", "the axml chunk", message)
                }
            })
        });
        replaced.push((ChunkId(*b"axml"), write));
    }
    if let Some(dbmd) = &plan.dbmd {
        let write: Rewrite<'_> = Box::new(move |out| {
            out.write_all(dbmd)
                .map_err(|e| Error::io(output, "write to", e))
        });
        replaced.push((ChunkId(*b"dbmd"), write));
    }
    let written = rewrite(
        input,
        output,
        options.overwrite,
        replaced,
        &mut |part| {
            let found = read(part)?;
            let differs = |reason| Error::Verify {
                path: output.to_path_buf(),
                reason,
            };
            check::check(&document, &found, axml, options.clamp).map_err(differs)?;
            let dbmd = WaveReader::open(part)?.chunk(*b"dbmd", 8 << 20)?;
            let meant = plan.dbmd.as_ref().or(content.as_ref());
            if dbmd.as_ref() != meant {
                return Err(differs("the dbmd chunk is not what was meant".to_owned()));
            }
            Ok(())
        },
        watch,
    )?;
    edited.bytes = written.bytes;
    edited.container = written.container;
    Ok(edited)
}

fn refuse_broken(document: &Document) -> Result<()> {
    let findings = document.findings();
    let is_error =
        |finding: &crate::error::Finding| finding.severity == crate::error::Severity::Error;
    if findings.iter().any(is_error) {
        return Err(Error::Session {
            path: document.path.clone(),
            findings,
        });
    }
    Ok(())
}
