//! `--report`: a render, a delivery, a measurement or a check as one HTML file.

mod inputs;
mod sounding;

use std::path::{Path, PathBuf};

pub(super) use inputs::{add_delivery, add_programme, add_session_findings, add_stems, programme};
pub(super) use sounding::{Drawn, add_file, add_output, add_own_render};

use super::Ui;
use crate::error::Finding;
use crate::format::{AudioFacts, check_free, layout_file, sha256};
use crate::report::page::{BEGINNING, FileRow, Page};
use crate::{Error, Result};

/// The option, for every command that has it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct ReportArgs {
    /// Write a report beside all else: one HTML file with pictures, tables, findings and hashes.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

impl ReportArgs {
    /// Where to, if a report is asked for; a file of another kind is never replaced.
    pub(super) fn path(&self) -> Result<Option<&Path>> {
        let Some(path) = self.report.as_deref() else {
            return Ok(None);
        };
        // A pipe would be waited for.
        check_free(path, true)?;
        if path.symlink_metadata().is_ok() {
            let mut head = Vec::new();
            let is_report = std::fs::File::open(path)
                .and_then(|file| {
                    std::io::Read::read_to_end(
                        &mut std::io::Read::take(file, BEGINNING.len() as u64),
                        &mut head,
                    )
                })
                .is_ok_and(|_| head == BEGINNING.as_bytes());
            if !is_report {
                return Err(Error::Usage(format!(
                    "\"{}\" exists and is no report: choose another name for --report",
                    path.display()
                )));
            }
        }
        Ok(Some(path))
    }

    /// As [`path`](Self::path), which must be none of the files that are to be written.
    pub(super) fn path_beside(&self, outputs: &[PathBuf]) -> Result<Option<&Path>> {
        let path = self.path()?;
        let is_output = |path: &&Path| {
            let place = place_of(path);
            outputs
                .iter()
                .any(|output| place_of(output).starts_with(&place))
        };
        match path.filter(is_output) {
            None => Ok(path),
            Some(path) => Err(Error::Usage(format!(
                "\"{}\" is an output: choose another name for --report",
                path.display()
            ))),
        }
    }
}

/// Where `path` leads, as far as its folders are there.
fn place_of(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let known = path
        .ancestors()
        .find_map(|known| Some((known, known.canonicalize().ok()?)));
    let Some((known, mut place)) = known else {
        return path;
    };
    for part in path.strip_prefix(known).unwrap_or(Path::new("")) {
        match part == ".." {
            true => _ = place.pop(),
            false => place.push(part),
        }
    }
    place
}

/// Writes the page, and says so.
pub(super) fn write(path: &Path, page: &Page, ui: &Ui) -> Result<()> {
    layout_file::save(path, &page.html(), true)?;
    ui.note(format_args!("the report is {}", path.display()));
    Ok(())
}

/// An interrupt while the report at `path` was made: the outputs that it tells of have their names by then.
pub(super) fn missing(error: Error, path: &Path) -> Error {
    error.with_standing(|| {
        format!(
            "the outputs are complete, and only the report \"{}\" is missing",
            path.display()
        )
    })
}

/// A page about `input` that names the command as it was typed.
pub(super) fn page(input: &Path) -> Page {
    let quoted = |word: String| {
        let is_plain = word
            .chars()
            .all(|c| c.is_alphanumeric() || "-_./=,:+@%".contains(c));
        if is_plain && !word.is_empty() {
            word
        } else {
            format!("\"{word}\"")
        }
    };
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| quoted(word.to_string_lossy().into_owned()))
        .collect();
    let name = input.file_name().unwrap_or(input.as_os_str());
    Page {
        title: name.to_string_lossy().into_owned(),
        command: format!("umbel {}", words.join(" ")),
        ..Page::default()
    }
}

/// A file with what it holds and its hash.
pub(super) fn file_row(role: &str, path: &Path) -> Result<FileRow> {
    let about = match crate::format::open(path) {
        Ok(source) => about(source.facts()),
        Err(_) => String::new(),
    };
    Ok(FileRow {
        role: role.to_owned(),
        path: path.display().to_string(),
        about,
        sha256: sha256(path)?,
    })
}

fn about(facts: &AudioFacts) -> String {
    format!(
        "{} {} Hz {}, {} channels, {:.3} s",
        facts.container,
        facts.sample_rate.0,
        facts.sample_format,
        facts.channels,
        facts.sample_rate.seconds_at(facts.frames)
    )
}

/// Adds findings; those of several files follow each other.
pub(super) fn add_findings(page: &mut Page, findings: &[Finding]) {
    page.findings
        .get_or_insert_default()
        .extend(findings.iter().cloned());
}
