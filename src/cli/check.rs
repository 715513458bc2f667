//! `umbel check`: lists everything that is wrong with a session, its audio, a master, or a layout file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Ui, findings, opened};
use crate::check::{MASTER_RULES, Taker, check_master};
use crate::error::{Finding, Severity};
use crate::format::{AudioSource, adm};
use crate::session::Checked;
use crate::{Error, Result, layout};

/// Check sessions, the audio of their stems, ADM masters, or layout files, and list every finding.
///
/// Exit code 0: no finding of error level; 5: at least one; 3: a file cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Sessions (.toml, .json), ADM masters and layout files (.toml).
    #[arg(required_unless_present = "explain", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check masters as this taker would.
    #[arg(long = "for", value_name = "WHO")]
    taker: Option<TakerWord>,
    /// How findings are printed; json is one list of all of them.
    #[arg(long, value_name = "FORM", default_value = "human")]
    format: Form,
    /// Say what a rule asks for, and why.
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// Check the texts only: open no audio.
    #[arg(long)]
    no_audio: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TakerWord {
    DolbyMusic,
    Apple,
    Umg,
    Netflix,
}

impl From<TakerWord> for Taker {
    fn from(word: TakerWord) -> Self {
        match word {
            TakerWord::DolbyMusic => Self::DolbyMusic,
            TakerWord::Apple => Self::Apple,
            TakerWord::Umg => Self::Universal,
            TakerWord::Netflix => Self::Netflix,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Human,
    Json,
    Sarif,
}

/// What was found in one file.
struct Report {
    kind: &'static str,
    /// The text that spans lie in.
    text: String,
    findings: Vec<Finding>,
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    if let Some(code) = &args.explain {
        return explain(code, ui);
    }
    let mut unreadable = None;
    let mut failed = Vec::new();
    let mut listed = Vec::new();
    for path in &args.files {
        let report = match check(path, &args, ui) {
            Ok(report) => report,
            Err(error) => {
                if args.files.len() > 1 {
                    ui.warn(format_args!("{error}"));
                }
                unreadable = unreadable.or(Some(error));
                continue;
            }
        };
        match args.format {
            Form::Human => print(path, &report, ui)?,
            Form::Json | Form::Sarif => listed.extend(report.findings.iter().cloned()),
        }
        let errors = report
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .count();
        if errors > 0 {
            failed.push((path, errors));
        }
    }
    match args.format {
        Form::Human => {}
        Form::Json => ui.line(listed.iter().map(listed_json).collect::<Value>())?,
        Form::Sarif => ui.line(sarif(&listed))?,
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

fn check(path: &Path, args: &Args, ui: &Ui) -> Result<Report> {
    let audio = !args.no_audio;
    if opened::is_audio(path) {
        return master(path, args, ui);
    }
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

/// What is wrong with a master: with its metadata, and in the eyes of who takes it.
fn master(path: &Path, args: &Args, ui: &Ui) -> Result<Report> {
    super::render::refuse_plain_audio(path)?;
    let document = adm::read(path)?;
    let mut findings = match document.master(&adm::Selection::default()) {
        Ok(master) => master.findings,
        Err(Error::Session { findings, .. }) => findings,
        Err(error) => return Err(error),
    };
    if let Some(taker) = args.taker {
        let is_whole = findings.iter().all(|f| f.severity != Severity::Error);
        let heard = match is_whole && !args.no_audio {
            true => {
                let programme = opened::programme_of_master(&document)?;
                Some(super::measure::render(
                    programme,
                    Vec::new(),
                    super::measure::GATE_LAYOUT,
                    ui,
                )?)
            }
            false => None,
        };
        let file = crate::format::WaveReader::open(path)?;
        let heard = heard.as_ref().map(|rendered| {
            let peak = rendered.true_peaks.iter().copied().fold(0.0, f32::max);
            (&rendered.loudness, peak)
        });
        findings.extend(check_master(taker.into(), file.facts(), &document, heard));
    }
    Ok(Report {
        kind: "master",
        text: String::new(),
        findings,
    })
}

/// Says what a rule asks for.
fn explain(code: &str, ui: &Ui) -> Result<()> {
    let same = |known: &str| known.eq_ignore_ascii_case(code);
    if let Some(rule) = MASTER_RULES.iter().find(|rule| same(rule.code)) {
        return ui.line(format_args!(
            "{}: {}\n{}",
            rule.code, rule.sentence, rule.reason
        ));
    }
    let of_sessions = crate::session::RULES
        .iter()
        .map(|rule| (rule.code, rule.severity, rule.sentence));
    let of_adm = adm::RULES
        .iter()
        .map(|rule| (rule.code, rule.severity, rule.sentence));
    match of_sessions.chain(of_adm).find(|(known, ..)| same(known)) {
        Some((known, severity, sentence)) => {
            ui.line(format_args!("{known} ({severity}): {sentence}"))
        }
        None => Err(Error::Usage(format!(
            "there is no rule \"{code}\"; findings are printed with the numbers of theirs, as in U463"
        ))),
    }
}

/// A finding as scripts read it.
fn listed_json(finding: &Finding) -> Value {
    let place = finding
        .line_column
        .map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
    json!({
        "rule": finding.code,
        "level": finding.severity,
        "where": format!("{}{place}", finding.path.display()),
        "message": finding.message,
    })
}

/// Findings in the Static Analysis Results Interchange Format 2.1.0 (OASIS).
fn sarif(found: &[Finding]) -> Value {
    let result = |finding: &Finding| {
        let mut place =
            json!({ "artifactLocation": { "uri": finding.path.display().to_string() } });
        if let Some((line, column)) = finding.line_column {
            place["region"] = json!({ "startLine": line, "startColumn": column });
        }
        json!({
            "ruleId": finding.code,
            "level": finding.severity,
            "message": { "text": finding.message },
            "locations": [{ "physicalLocation": place }],
        })
    };
    let mut rules: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    rules.sort_unstable();
    rules.dedup();
    json!({
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{
            "tool": { "driver": {
                "name": "umbel",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| json!({ "id": rule })).collect::<Vec<_>>(),
            }},
            "results": found.iter().map(result).collect::<Vec<_>>(),
        }],
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
