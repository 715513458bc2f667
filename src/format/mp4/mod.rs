//! Audio in MP4 files (`.m4a`, `.mp4`, `.stem.mp4`): their tracks, cut to what was encoded, and the names that stem
//! files give them.
//!
//! Packets and decoders are symphonia's; it plays what a track holds from its first packet to its last. `Movie` reads
//! what the file says of that: `boxes` walks through it, `passage` finds the sound among the frames that encoders add,
//! `ni_stems` reads what names stems.

mod boxes;
mod movie;
mod ni_stems;
mod passage;
mod trimmed;

use std::path::Path;

pub(crate) use movie::Movie;
pub use ni_stems::{Compressor, Limiter, MasteringDsp, NamedStem, StemAtom, is_colour};

use super::decode::DecodedFile;
use super::sniff::{self, Kind};
use super::source::AudioSource;
use crate::{Error, Result};

/// Whether the file at `path` begins as an MP4 file does.
pub(crate) fn is_mp4(path: &Path) -> bool {
    matches!(sniff::kind_of(path), Ok(Kind::Other("MP4")))
}

/// Whether the file at `path` is an MP4 file that names stems, however broken the names are.
pub(crate) fn is_stem_file(path: &Path) -> bool {
    is_mp4(path) && Movie::read(path).is_ok_and(|movie| movie.stems.is_some())
}

/// Opens audio track `number`, from 1, of the MP4 file at `path`.
pub(super) fn open(path: &Path, number: usize, verify: bool) -> Result<Box<dyn AudioSource>> {
    let movie = Movie::read(path)?;
    let count = movie.tracks.len();
    let Some(track) = number
        .checked_sub(1)
        .and_then(|index| movie.tracks.get(index))
    else {
        return Err(match count {
            0 => Error::malformed(path, "MP4", "", "it has no audio track"),
            _ => super::source::no_track(path, number, count),
        });
    };
    let broken = |reason: String| Error::malformed(path, "MP4", format!("track {number}"), reason);
    let mut file = DecodedFile::open(path, "MP4", Some(track.id), verify)?;
    let rate = file.facts().sample_rate.0;
    let (passage, remark) = movie.passage(track, rate).map_err(broken)?;
    let facts = file.facts_mut();
    facts.tracks = count;
    facts.priming = crate::units::Frames(passage.start);
    facts.warnings.extend(remark);
    Ok(Box::new(trimmed::Trimmed::new(file, passage)?))
}
