//! Stems that are no folder: those of a stem file (.stem.mp4), held against the mix that it carries, and those of a
//! session.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::heard::Stem;
use super::rules::FINITE;
use super::sums::{self, Watch};
use super::{Report, StemsAsked, alike, said, single};
use crate::error::{Finding, Severity};
use crate::format::SampleFormat;
use crate::format::mp4::Movie;
use crate::session::Session;
use crate::{Error, Result};

/// What is left of a mix less its stems when each has been through a lossy coder of its own: well below this, in dB
/// re the mix, at the 96 to 256 kbit/s of such files.
const LOSSY_MATCH_DB: f64 = -15.0;

/// Checks the stems of the file at `path` against its mix, or against the reference that is asked for. Findings about a
/// stem stand at "FILE#track=NAME" (W3C Media Fragments URI 1.0, 4.2.3).
///
/// # Errors
/// The file cannot be read or names no stems, or the reference cannot be read; or the work was stopped.
pub fn check_stem_file(path: &Path, asked: &StemsAsked, watch: Watch<'_>) -> Result<Vec<Finding>> {
    let movie = Movie::read(path)?;
    let named = movie.named_stems(path)?;
    let listed: Vec<Listed> = (2..)
        .zip(&named.stems)
        .map(|(track, stem)| Listed {
            path: path.to_path_buf(),
            track: Some(track),
            name: stem.name.clone(),
        })
        .collect();
    let mut report = Report::new(path, asked.hand_off);
    report.is_one_file = true;
    let stems = hear(&listed, &mut report, watch)?;
    let is_lossy = |stem: &Stem| matches!(stem.facts.sample_format, SampleFormat::Lossy { .. });
    if stems.iter().any(is_lossy) {
        report.match_db = LOSSY_MATCH_DB;
        report.sum_severity = Severity::Warning;
    }
    let dsp = named.mastering_dsp;
    if dsp.compressor.is_some_and(|c| c.enabled) || dsp.limiter.is_some_and(|l| l.enabled) {
        // The mix has been through it, the stems have not.
        report.sum_severity = Severity::Note;
    }
    alike::alike(&stems, &mut report);
    single::each(&stems, None, &mut report);
    let mix = asked.reference.as_deref().unwrap_or(path);
    sums::check(&stems, Some(mix), None, &mut report, watch)?;
    Ok(report.sorted())
}

/// A stem as it is named: a file, a track of it, and what it is called.
struct Listed {
    path: PathBuf,
    track: Option<usize>,
    name: String,
}

/// Hears every stem that can be read.
fn hear(listed: &[Listed], report: &mut Report, watch: Watch<'_>) -> Result<Vec<Stem>> {
    let heard: Vec<(PathBuf, Result<Stem>)> = listed
        .par_iter()
        .map(|listed| match listed.track {
            None => (listed.path.clone(), Stem::hear(&listed.path, watch)),
            Some(track) => {
                let shown = format!("{}#track={}", listed.path.display(), listed.name);
                let shown = PathBuf::from(shown);
                let stem =
                    Stem::hear_track(&listed.path, track, &listed.name, shown.clone(), watch);
                (shown, stem)
            }
        })
        .collect();
    let mut stems = Vec::new();
    for (shown, heard) in heard {
        match heard {
            Ok(stem) => stems.push(stem),
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => report.add(FINITE, &shown, error.to_string(), "export it again"),
        }
    }
    Ok(stems)
}

/// Checks the files that the stems of `session` are read from, as whoever gets them would, against the reference that
/// is asked for or that the session names.
///
/// # Errors
/// The reference cannot be read; or the work was stopped.
pub fn check_session_stems(
    session: &Session,
    asked: &StemsAsked,
    watch: Watch<'_>,
) -> Result<Vec<Finding>> {
    let mut report = Report::new(&session.path, asked.hand_off);
    let listed: Vec<Listed> = session
        .stem_files()
        .into_iter()
        .map(|(path, track, name)| Listed { path, track, name })
        .collect();
    let own = session.reference();
    let reference = asked.reference.as_deref().or(own.as_deref());
    let stems = hear(&listed, &mut report, watch)?;
    alike::alike(&stems, &mut report);
    single::each(&stems, None, &mut report);
    let (files, tracks): (Vec<Stem>, Vec<Stem>) =
        stems.into_iter().partition(|stem| stem.audio.1.is_none());
    // The tracks of a file are called as the session calls them.
    let tempo = said::names(&files, &mut report);
    let stems: Vec<Stem> = files.into_iter().chain(tracks).collect();
    let says_tempo = session.file.song.bpm.is_some() && session.file.song.key.is_some();
    said::said(
        &stems,
        None,
        reference,
        tempo.is_some() || says_tempo,
        &mut report,
    )?;
    sums::check(&stems, reference, tempo, &mut report, watch)?;
    Ok(report.sorted())
}
