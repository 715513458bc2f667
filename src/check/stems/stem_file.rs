//! The stems of a stem file (.stem.mp4), held against the mix that it carries.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::heard::Stem;
use super::rules::FINITE;
use super::sums::{self, Watch};
use super::{Report, StemsAsked, single};
use crate::error::{Finding, Severity};
use crate::format::SampleFormat;
use crate::format::mp4::Movie;
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
    let tracks: Vec<(usize, String)> = (2..)
        .zip(&named.stems)
        .map(|(track, stem)| (track, stem.name.clone()))
        .collect();
    let mut report = Report::new(path, asked.hand_off);
    report.is_one_file = true;
    let heard: Vec<(PathBuf, Result<Stem>)> = tracks
        .par_iter()
        .map(|(track, name)| {
            let shown = PathBuf::from(format!("{}#track={name}", path.display()));
            let stem = Stem::hear_track(path, *track, name, shown.clone(), watch);
            (shown, stem)
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
    single::alike(&stems, &mut report);
    single::each(&stems, None, &mut report);
    let mix = asked.reference.as_deref().unwrap_or(path);
    sums::check(&stems, Some(mix), None, &mut report, watch)?;
    Ok(report.sorted())
}
