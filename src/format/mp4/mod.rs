//! Audio in MP4 files (`.m4a`, `.mp4`, `.stem.mp4`): their tracks, cut to what was encoded, and the names that stem
//! files give them.
//!
//! Packets and decoders are symphonia's; it plays what a track holds from its first packet to its last. `Movie` reads
//! what the file says of that: `boxes` walks through it, `fragments` counts what comes in pieces, `passage` finds the
//! sound among the frames that encoders add, `ni_stems` reads what names stems.

mod boxes;
mod fragments;
mod movie;
mod ni_stems;
mod passage;
mod trimmed;

use std::path::Path;

pub(crate) use movie::Movie;
pub use ni_stems::{Compressor, Limiter, MasteringDsp, NamedStem, StemAtom, is_colour};

use super::decode::{DecodedFile, TrackForm};
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

/// The codings that are read: AAC, ALAC, FLAC, and PCM of 8, 16, 24 and 32 bits and of floats.
const CODINGS: [&str; 11] = [
    "mp4a", "alac", "fLaC", "lpcm", "raw ", "sowt", "twos", "in24", "in32", "fl32", "fl64",
];

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
    if !CODINGS.contains(&track.coding.as_str()) {
        return Err(Error::Unsupported {
            path: path.to_path_buf(),
            feature: format!("MP4 sound coded as \"{}\" (track {number})", track.coding),
            hint: format!(
                "convert it to WAV or FLAC; the codings that are read are {}",
                CODINGS.map(str::trim).join(", ")
            ),
        });
    }
    let form = TrackForm {
        id: track.id,
        ticks: track.length,
        is_big_endian: track.is_big_endian,
    };
    let mut file = DecodedFile::open(path, "MP4", Some(form), verify)?;
    let rate = file.facts().sample_rate.0;
    let (passage, remark) = movie.passage(track, rate).map_err(broken)?;
    let facts = file.facts_mut();
    facts.tracks = count;
    facts.priming = crate::units::Frames(passage.start);
    facts.warnings.extend(remark);
    Ok(Box::new(trimmed::Trimmed::new(file, passage)?))
}
