//! `umbel check`: lists everything that is wrong with a session, its audio, a master, or a layout file.

mod forms;
mod levels;
mod masters;
mod room;
mod taker;
mod unread;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Ui, interrupt, opened, report};
use crate::check::{StemsAsked, Taker, check_session_stems, check_stem_file, check_stems};
use crate::error::{Finding, Severity};
use crate::format::adm;
use crate::format::mp4::is_stem_file;
use crate::report::page::Page;
use crate::session::Checked;
use crate::{Error, Result, layout};
use forms::{explain, listed_json, print, sarif};
use levels::Levels;
use masters::master;
use room::room;

/// Check sessions, ADM masters, folders of stems, or layout files, and list every finding.
///
/// Exit code 0: no finding of error level; 5: at least one; 3: a file cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Sessions (.toml, .json), ADM masters, folders of stems, stem files, and layout files (.toml).
    #[arg(required_unless_present = "explain", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check masters as this taker would; `handoff`: stems (of a folder, a stem file or a session), as whoever mixes them
    /// would.
    #[arg(long = "for", value_name = "WHO")]
    taker: Option<TakerWord>,
    /// The stereo mix: what the stems of a folder should add up to, and how long a master should be.
    #[arg(long, value_name = "MIX.wav")]
    reference: Option<PathBuf>,
    /// How findings are printed; json is one list of all of them.
    #[arg(long, value_name = "FORM", default_value = "human")]
    format: Form,
    /// Take every finding of this rule for an error; may be repeated.
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,
    /// Pass over every finding of this rule; may be repeated.
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Say what a rule asks for, and why.
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
    /// Check the texts only: open no audio.
    #[arg(long)]
    no_audio: bool,
    #[command(flatten)]
    report: report::ReportArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TakerWord {
    DolbyMusic,
    Apple,
    Umg,
    Tidal,
    Netflix,
    Handoff,
}

impl TakerWord {
    /// As it is written on the command line.
    fn name(self) -> &'static str {
        match self {
            Self::DolbyMusic => "dolby-music",
            Self::Apple => "apple",
            Self::Umg => "umg",
            Self::Tidal => "tidal",
            Self::Netflix => "netflix",
            Self::Handoff => "handoff",
        }
    }

    /// Who takes a master; nobody does at a hand-off of stems.
    fn of_masters(self) -> Option<Taker> {
        Some(match self {
            Self::DolbyMusic => Taker::DolbyMusic,
            Self::Apple => Taker::Apple,
            Self::Umg => Taker::Universal,
            Self::Tidal => Taker::Tidal,
            Self::Netflix => Taker::Netflix,
            Self::Handoff => return None,
        })
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
    /// Nothing keeps it from being played.
    is_playable: bool,
}

impl Report {
    fn of(kind: &'static str, text: String, findings: Vec<Finding>) -> Self {
        Self {
            kind,
            text,
            findings,
            is_playable: true,
        }
    }
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    if let Some(code) = &args.explain {
        return explain(code, ui);
    }
    let levels = Levels::read(&args.deny, &args.allow)?;
    let to_report = args.report.path()?;
    let mut page = args
        .files
        .first()
        .filter(|_| to_report.is_some())
        .map(|first| report::page(first));
    let mut unreadable = None;
    let mut failed = Vec::new();
    let mut listed = Vec::new();
    for path in &args.files {
        let report = match check(path, &args, ui) {
            Ok(mut report) => {
                report.is_playable = !has_errors_of_reading(&report.findings);
                levels.apply(&mut report.findings);
                report
            }
            Err(error) => {
                if matches!(error, Error::Interrupted) {
                    return Err(error);
                }
                if args.files.len() > 1 {
                    ui.warn(format_args!("{error}"));
                }
                let told = unread::findings(path, &error);
                if let Some(page) = &mut page {
                    report::add_findings(page, &told);
                }
                listed.extend(told);
                unreadable = unreadable.or(Some(error));
                continue;
            }
        };
        if let Some(page) = &mut page {
            report::add_findings(page, &report.findings);
            if args.files.len() == 1 {
                pictures(page, path, &args, &report, ui)?;
            }
        }
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
        Form::Json => ui.json_line(&listed.iter().map(listed_json).collect::<Value>())?,
        Form::Sarif => ui.json_line(&sarif(&listed))?,
    }
    if let (Some(path), Some(page)) = (to_report, &page) {
        report::write(path, page, ui)?;
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

/// Adds to a report what can be seen and heard of a file.
fn pictures(page: &mut Page, path: &Path, args: &Args, found: &Report, ui: &Ui) -> Result<()> {
    interrupt::install();
    match found.kind {
        "stems" if path.is_dir() => return report::add_stems(page, path, ui),
        "master" | "session" if !args.no_audio && found.is_playable => {}
        _ => {
            page.files.push(report::file_row(found.kind, path)?);
            return Ok(());
        }
    }
    let all = adm::Selection::default();
    let again = || report::programme(path, false, &all);
    let programme = again()?;
    // A session without sound is drawn as what it is: nothing.
    if programme.objects.is_empty() {
        page.files.push(report::file_row(found.kind, path)?);
        return Ok(());
    }
    let layout = super::measure::GATE_LAYOUT;
    report::add_own_render(page, programme, Vec::new(), layout, ui)?;
    report::add_programme(page, path, again()?, ui)
}

/// Whether something keeps a file from being played: an error of the session's or the reader's rules, not one of those
/// who take it.
fn has_errors_of_reading(findings: &[Finding]) -> bool {
    findings.iter().any(|f| {
        let of_reading = f.code.starts_with("U4")
            || f.code.starts_with("U5")
            || f.code < "U628" && f.code > "U600";
        f.severity == Severity::Error && of_reading
    })
}

fn check(path: &Path, args: &Args, ui: &Ui) -> Result<Report> {
    if path.is_dir() || is_stem_file(path) {
        let mut report = stems(path, args, ui)?;
        report.findings.extend(taker::of_stems(path, args.taker));
        return Ok(report);
    }
    if opened::is_audio(path) {
        let mut report = master(path, args, ui)?;
        report.findings.extend(taker::of_master(path, args.taker));
        return Ok(report);
    }
    if let Some(error) = unread::broken_audio(path) {
        return Err(error);
    }
    let mut checked = Checked::of(path).map_err(|error| unread::unopened(path, error))?;
    if is_layout(path, &checked.text) {
        let mut findings = of_layout(&checked.text, path);
        findings.extend(taker::of_layout(path, args.taker));
        return Ok(Report::of("layout", checked.text, findings));
    }
    if !args.no_audio {
        checked.add(checked.check_audio());
    }
    let mut findings = checked.findings;
    let mut were_levels_held = false;
    if let Some(session) = checked.session.as_ref().filter(|_| !args.no_audio) {
        if args.taker == Some(TakerWord::Handoff) {
            findings.extend(of_stems(args, ui, &|asked, watch| {
                check_session_stems(session, asked, watch)
            })?);
        } else if !has_errors(&findings) {
            findings.extend(room(session, ui)?);
            let levels = taker::levels_of_session(session, args.taker, ui)?;
            were_levels_held = levels.is_some();
            findings.extend(levels.into_iter().flatten());
        }
    }
    let told = taker::of_session(path, args.taker, were_levels_held);
    findings.extend(told);
    Ok(Report::of("session", checked.text, findings))
}

/// Checks stems in a form of their own.
type CheckStems<'a> =
    &'a dyn Fn(&StemsAsked, &(dyn Fn(u64) -> bool + Sync)) -> Result<Vec<Finding>>;

/// What is wrong with stems, while the user watches.
fn of_stems(args: &Args, ui: &Ui, check: CheckStems<'_>) -> Result<Vec<Finding>> {
    interrupt::install();
    let asked = StemsAsked {
        reference: args.reference.clone(),
        hand_off: args.taker == Some(TakerWord::Handoff),
    };
    let progress = ui.progress(0, "listening");
    check(&asked, &|frames| {
        progress.inc(frames);
        !interrupt::requested()
    })
}

/// What is wrong with the stems of a folder, or of a stem file.
fn stems(path: &Path, args: &Args, ui: &Ui) -> Result<Report> {
    let findings = of_stems(args, ui, &|asked, watch| match path.is_dir() {
        true => check_stems(path, asked, watch),
        false => check_stem_file(path, asked, watch),
    })?;
    Ok(Report::of("stems", String::new(), findings))
}

fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Error)
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

/// A layout file lists `speakers`; a session never does.
fn is_layout(path: &Path, text: &str) -> bool {
    path.extension() == Some(OsStr::new("toml"))
        && toml::de::DeTable::parse_recoverable(text)
            .0
            .get_ref()
            .keys()
            .any(|key| key.get_ref() == "speakers")
}
