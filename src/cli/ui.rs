//! What every verb shares: results on stdout, everything else on stderr.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::MultiProgress;
use serde_json::{Value, json};

use super::{Progress, findings};
use crate::error::Finding;
use crate::offline::worker_threads;
use crate::{Error, Result};

/// Options every verb takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Print results as JSON: one object, or one event a line for long work.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Print results, warnings and errors only: no progress, no remarks.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more about what is done and why.
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Draw in colours; auto: on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    /// Work as if started in this folder.
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Draw no progress bars and print no progress events.
    #[arg(long, global = true)]
    no_progress: bool,
    /// Use this many threads, at most four for each processor (the result is the same for any number).
    #[arg(short = 'j', long = "jobs", global = true, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

/// Whether messages are drawn in colours; set once, when the options are known.
static COLOURED: OnceLock<bool> = OnceLock::new();

/// True if what is printed on stderr is to be coloured.
pub(crate) fn coloured() -> bool {
    *COLOURED.get().unwrap_or(&false)
}

/// The user's side of a running command.
#[derive(Debug)]
pub(crate) struct Ui {
    /// Results are wanted as JSON.
    pub(crate) json: bool,
    /// Remarks and progress are not wanted.
    pub(crate) quiet: bool,
    /// Reasons and details are wanted.
    pub(crate) verbose: bool,
    bars: Option<MultiProgress>,
    progress_events: bool,
    /// Warnings and remarks that have been printed: an input that is read for each of its outputs is judged each time,
    /// and who reads wants to know once.
    said: Mutex<HashSet<String>>,
}

impl Ui {
    /// Carries out the options that concern the whole process.
    pub(super) fn new(global: &Global) -> Result<Self> {
        if let Some(directory) = &global.directory {
            std::env::set_current_dir(directory).map_err(|e| Error::io(directory, "work in", e))?;
        }
        if let Some(jobs) = global.jobs {
            // For all work on rayon's pool. Fails only if the pool exists already, which nothing before
            // this starts.
            let _ = rayon::ThreadPoolBuilder::new()
                .num_threads(worker_threads(jobs.get()))
                .build_global();
        }
        let terminal = std::io::stderr().is_terminal();
        let coloured = match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        // One process, one set of options: a second call would bring the same.
        let _ = COLOURED.set(coloured);
        let progress = !global.no_progress && !global.quiet;
        Ok(Self {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
            bars: (progress && terminal && !global.json).then(MultiProgress::new),
            progress_events: progress && global.json,
            said: Mutex::default(),
        })
    }

    /// Prints a result line on stdout.
    ///
    /// # Errors
    /// [`Error::Io`] on "stdout"; if its reader has gone, the process ends as if all were printed.
    pub(crate) fn line(&self, text: impl Display) -> Result<()> {
        self.ready_made(printable(&text.to_string()))
    }

    /// Prints several result lines on stdout.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(crate) fn lines(&self, text: impl Display) -> Result<()> {
        self.ready_made(printable_lines(&text.to_string()))
    }

    /// Prints lines that hold no one else's control characters, but perhaps our colours.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(crate) fn ready_made(&self, text: impl Display) -> Result<()> {
        let print = || writeln!(std::io::stdout().lock(), "{text}");
        self.beside_bars(print)
            .map_err(|e| Error::io(STDOUT, "write to", e))
    }

    /// Prints a value as one line of JSON on stdout.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub(crate) fn json_line(&self, value: &Value) -> Result<()> {
        self.ready_made(value)
    }

    /// Prints an event of long work as one line of JSON on stdout. `value` is an object with the key
    /// "event". That nobody reads any more shows when the result is printed.
    pub(crate) fn event(value: &Value) {
        let _ = writeln!(std::io::stdout().lock(), "{value}");
    }

    /// Prints a warning on stderr, once; never suppressed.
    pub(crate) fn warn(&self, text: impl Display) {
        self.say_once(&paint("warning:", "1;33"), text);
    }

    /// Prints a remark on stderr, once, unless quiet.
    pub(crate) fn note(&self, text: impl Display) {
        if !self.quiet {
            self.say_once(&paint("note:", "1;36"), text);
        }
    }

    /// Prints a detail on stderr, if the user wants to know more.
    pub(crate) fn detail(&self, text: impl Display) {
        if self.verbose {
            self.say(&paint("detail:", "2"), text);
        }
    }

    /// Starts to show how far a piece of work of `total` steps has come.
    pub(crate) fn progress(&self, total: u64, label: &str) -> Progress {
        Progress::new(self.bars.as_ref(), self.progress_events, total, label)
    }

    fn say_once(&self, prefix: &str, text: impl Display) {
        let text = text.to_string();
        // Nobody who holds the lock can fail.
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.insert(format!("{prefix} {text}")) {
            self.say(prefix, text);
        }
    }

    fn say(&self, prefix: &str, text: impl Display) {
        // Nowhere is left to report that stderr is gone.
        let text = text.to_string();
        let text = printable(&text);
        let _ = self.beside_bars(|| writeln!(std::io::stderr().lock(), "{prefix} {text}"));
    }

    /// Takes the bars away while something else is printed.
    fn beside_bars<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }
}

/// The name of stdout in messages.
pub(super) const STDOUT: &str = "stdout";

/// True if the failure is only that nobody reads stdout any more.
pub(super) fn reader_has_gone(error: &Error) -> bool {
    matches!(error, Error::Io { path, source, .. }
        if path == Path::new(STDOUT) && source.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Prints a failure: for people on stderr, and with `--json` also as one object on stdout.
pub(super) fn report(error: &Error, code: u8, kind: &str, as_json: bool) {
    // Nowhere is left to report that stderr is gone.
    let mut stderr = std::io::stderr().lock();
    let words = error.to_string();
    let prefix = paint("error:", "1;31");
    let _ = writeln!(stderr, "{prefix} {}", printable(&words));
    let (found, known): (&[Finding], _) = match error {
        Error::Session { findings, .. } => (findings, None),
        Error::Chain {
            name,
            text,
            findings,
        } => (findings, Some((name.as_path(), text.as_str()))),
        _ => (&[], None),
    };
    let _ = write!(stderr, "{}", findings::draw(found, known));
    drop(stderr);
    if as_json {
        print_failure(&failure(code, kind, &error.to_string(), found));
    }
}

/// A failure as the one JSON object that programs look for.
pub(super) fn failure(code: u8, kind: &str, message: &str, found: &[Finding]) -> Value {
    json!({
        "event": "error",
        "error": {
            "code": code,
            "kind": kind,
            "message": message,
            "findings": found.iter().map(findings::json).collect::<Vec<_>>(),
        },
    })
}

/// Prints a failure's object on stdout, if anybody still listens.
pub(super) fn print_failure(value: &Value) {
    let _ = writeln!(std::io::stdout().lock(), "{value}");
}

/// Text for one line of a terminal: names of files and stems may hold anything, and what is no character to be seen, a
/// line break or the start of a command to the terminal, is shown as U+FFFD.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    shown(text, char::is_control)
}

/// As [`printable`], for text of several lines.
pub(crate) fn printable_lines(text: &str) -> Cow<'_, str> {
    shown(text, |c| c.is_control() && c != '\n')
}

fn shown(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    match text.contains(&is_hidden) {
        true => Cow::Owned(text.replace(&is_hidden, "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}

fn paint(text: &str, style: &str) -> String {
    if coloured() {
        format!("\x1b[{style}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Writes ready-made bytes to stdout.
pub(super) fn write_out(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}
