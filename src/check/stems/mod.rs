//! Stems as whoever mixes them wants them: the rules of a hand-off, U001 to U023.
//!
//! `heard` measures each file; `alike` and `single` hold what was measured against the rules. `together` plays all of
//! them side by side, adds them up and holds the sum against the reference mix, which `sums` judges; `said` looks at
//! their names and their manifest. `stem_file` takes stems that are no folder.

mod alike;
mod heard;
mod manifest;
mod names;
mod rules;
mod said;
mod single;
mod stem_file;
mod sums;
mod tempo;
mod together;
mod track;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use heard::Stem;
use manifest::Manifest;
use rules::{FINITE, FOREIGN, StemRule};

use crate::error::{Finding, Severity};
use crate::session::folder::{BROKEN_LINK, Folder};
use crate::{Error, Result};

pub use rules::{STEM_RULES, StemRule as Rule};
pub use stem_file::{check_session_stems, check_stem_file};

/// What is asked of a folder of stems.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StemsAsked {
    /// The mix that the stems should add up to; without one, that which the folder's manifest names.
    pub reference: Option<PathBuf>,
    /// They are handed over now: names that break the pattern are errors, and what the receiver will miss is named.
    pub hand_off: bool,
}

/// Most stems that are played side by side.
const MOST: usize = 256;

/// What was found in a folder of stems.
struct Report {
    folder: PathBuf,
    found: Vec<Finding>,
    hand_off: bool,
    /// The stems are tracks of one file, whose form is its maker's choice.
    is_one_file: bool,
    /// What is left below this is a match, in dB re the reference.
    match_db: f64,
    /// How much it matters that the stems do not add up to the reference.
    sum_severity: Severity,
}

impl Report {
    fn new(folder: &Path, hand_off: bool) -> Self {
        Self {
            folder: folder.to_path_buf(),
            found: Vec::new(),
            hand_off,
            is_one_file: false,
            match_db: together::MATCH_DB,
            sum_severity: rules::SUM.severity,
        }
    }

    /// Everything that was found, in order of rule.
    fn sorted(mut self) -> Vec<Finding> {
        self.found
            .sort_by(|a, b| (a.code, &a.path).cmp(&(b.code, &b.path)));
        self.found
    }

    fn add(&mut self, rule: StemRule, path: &Path, message: String, help: &str) {
        self.add_as(rule.severity, rule, path, message, help);
    }

    fn add_as(
        &mut self,
        severity: Severity,
        rule: StemRule,
        path: &Path,
        message: String,
        help: &str,
    ) {
        let finding = Finding::of_file(rule.code, severity, path, message, help);
        self.found.push(finding);
    }
}

/// Checks the stems in `folder`, in order of rule. `watch` is told of frames as they are heard, and stops the work by
/// `false`.
///
/// # Errors
/// The folder holds no audio or cannot be read, or the reference cannot; or the work was stopped.
pub fn check_stems(
    folder: &Path,
    asked: &StemsAsked,
    watch: &(dyn Fn(u64) -> bool + Sync),
) -> Result<Vec<Finding>> {
    let survey = Folder::survey(folder)?;
    let (manifest, reason) = match Manifest::of(folder)? {
        Some(Ok(manifest)) => (Some(manifest), None),
        Some(Err(reason)) => (None, Some(reason)),
        None => (None, None),
    };
    let exported = manifest.as_ref().and_then(Manifest::mix);
    let exported = exported.and_then(|file| Some(folder.join(Path::new(file).file_name()?)));
    let exported = exported.filter(|path| path.is_file());
    let reference = asked.reference.as_deref().or(exported.as_deref());
    let is_reference = |path: &Path| {
        let same = |a: &Path, b: &Path| Some(a.canonicalize().ok()? == b.canonicalize().ok()?);
        let mixes = [reference, exported.as_deref()];
        mixes
            .iter()
            .flatten()
            .any(|mix| same(path, mix) == Some(true))
    };
    let paths: Vec<PathBuf> = survey
        .audio
        .iter()
        .map(|path| folder.join(path))
        .filter(|path| !is_reference(path))
        .collect();
    if paths.is_empty() {
        return Err(Error::Usage(format!(
            "\"{}\" holds no stems",
            folder.display()
        )));
    }
    let mut report = Report::new(folder, asked.hand_off);
    for (path, reason) in &survey.ignored {
        if *reason == BROKEN_LINK {
            report.add(
                FINITE,
                &folder.join(path),
                format!("it is {reason}"),
                "put the file in its place, or take the link out of the folder",
            );
        } else if reason.starts_with("audio") {
            report.add(
                FOREIGN,
                &folder.join(path),
                format!("it is {reason}"),
                "export it again, or take it out of the folder",
            );
        }
    }
    let heard: Vec<Result<Stem>> = paths
        .par_iter()
        .map(|path| Stem::hear(path, watch))
        .collect();
    let mut stems = Vec::new();
    for (path, heard) in paths.iter().zip(heard) {
        match heard {
            Ok(stem) => stems.push(stem),
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => report.add(FINITE, path, error.to_string(), "export it again"),
        }
    }
    if let Some(reason) = reason {
        let path = folder.join("manifest.json");
        let help = "export the stems again, or remove it";
        report.add(rules::MANIFEST, &path, reason, help);
    }
    alike::alike(&stems, &mut report);
    single::each(&stems, manifest.as_ref(), &mut report);
    let tempo = said::names(&stems, &mut report);
    said::said(
        &stems,
        manifest.as_ref(),
        reference,
        tempo.is_some(),
        &mut report,
    )?;
    sums::check(&stems, reference, tempo, &mut report, watch)?;
    Ok(report.sorted())
}
