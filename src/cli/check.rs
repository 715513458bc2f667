//! `umbel check`: lists everything that is wrong with a session, its audio, or a layout file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Ui, findings};
use crate::error::{Finding, Severity};
use crate::session::Checked;
use crate::{Error, Result, layout};

/// Check sessions, the audio of their stems, or layout files, and list every finding.
///
/// Exit code 0: no finding of error level; 5: at least one; 3: a file cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Sessions (.toml, .json) and layout files (.toml).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check the texts only: open no audio.
    #[arg(long)]
    no_audio: bool,
}

/// What was found in one file.
struct Report {
    kind: &'static str,
    /// The text that spans lie in.
    text: String,
    findings: Vec<Finding>,
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let mut unreadable = None;
    let mut failed = Vec::new();
    for path in &args.files {
        let report = match check(path, !args.no_audio) {
            Ok(report) => report,
            Err(error) => {
                if args.files.len() > 1 {
                    ui.warn(format_args!("{error}"));
                }
                unreadable = unreadable.or(Some(error));
                continue;
            }
        };
        print(path, &report, ui)?;
        let errors = report
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .count();
        if errors > 0 {
            failed.push((path, errors));
        }
    }
    if let Some(error) = unreadable {
        return Err(error);
    }
    match failed.as_slice() {
        [] => Ok(()),
        [(path, 1)] => Err(Error::Gate(format!("\"{}\": 1 error", path.display()))),
        [(path, errors)] => Err(Error::Gate(format!(
            "\"{}\": {errors} errors",
            path.display()
        ))),
        several => Err(Error::Gate(format!(
            "{} of {} files have errors",
            several.len(),
            args.files.len()
        ))),
    }
}

fn check(path: &Path, audio: bool) -> Result<Report> {
    let checked = Checked::of(path).map_err(unreadable)?;
    if is_layout(path, &checked.text) {
        return Ok(Report {
            kind: "layout",
            findings: of_layout(&checked.text, path),
            text: checked.text,
        });
    }
    let mut findings = checked.findings;
    if let Some(session) = checked.session.as_ref().filter(|_| audio) {
        findings.extend(session.check_audio());
        findings.sort_by_key(|finding| finding.span.as_ref().map_or(0, |span| span.start));
    }
    Ok(Report {
        kind: "session",
        text: checked.text,
        findings,
    })
}

/// The faults of a layout file, or what is odd about the layout if it has none.
fn of_layout(text: &str, path: &Path) -> Vec<Finding> {
    let reading = layout::read(text, path);
    let Some(layout) = &reading.layout else {
        return reading.findings;
    };
    let source = layout::Source {
        path,
        text,
        rows: &reading.rows,
        radius_m: reading.radius_m,
    };
    let remarks = layout::lint(layout, &source);
    reading.findings.into_iter().chain(remarks).collect()
}

/// A file that cannot even be read is an invalid session here: exit code 3, as `check` promises.
fn unreadable(error: Error) -> Error {
    match error {
        Error::Io { path, source, .. } => {
            Error::malformed(path, "session", "", format!("it cannot be read: {source}"))
        }
        other => other,
    }
}

/// A layout file lists `speakers`; a session never does.
fn is_layout(path: &Path, text: &str) -> bool {
    path.extension() == Some(OsStr::new("toml"))
        && toml::de::DeTable::parse_recoverable(text)
            .0
            .get_ref()
            .keys()
            .any(|key| key.get_ref() == "speakers")
}

fn print(path: &Path, report: &Report, ui: &Ui) -> Result<()> {
    let Report {
        kind,
        text,
        findings: found,
    } = report;
    if ui.json {
        let errors = found.iter().any(|f| f.severity == Severity::Error);
        return ui.json_line(&json!({
            "file": path.display().to_string(),
            "kind": kind,
            "ok": !errors,
            "findings": found.iter().map(findings::json).collect::<Vec<_>>(),
        }));
    }
    let shown: Vec<Finding> = found
        .iter()
        .filter(|finding| !ui.quiet || finding.severity != Severity::Note)
        .cloned()
        .collect();
    if !shown.is_empty() {
        ui.line(findings::draw(&shown, Some((path, text))).trim_end())?;
    }
    ui.line(format_args!(
        "{}: {kind}, {}",
        path.display(),
        findings::count(found)
    ))
}
