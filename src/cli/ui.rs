//! What every verb shares: results on stdout, everything else on stderr.

use std::io::{IsTerminal, Write};

use crate::{Error, Result};

/// Options every verb takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// Print results as JSON: one object, or one event a line for long work.
    #[arg(long, global = true)]
    json: bool,
    /// Say nothing but errors and results.
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Draw no progress bars.
    #[arg(long, global = true)]
    no_progress: bool,
}

/// The user's side of a running command.
#[derive(Debug)]
pub(crate) struct Ui {
    /// Results are wanted as JSON.
    pub(crate) json: bool,
    /// Warnings and progress are not wanted.
    pub(crate) quiet: bool,
    /// Progress bars may be drawn.
    pub(crate) progress: bool,
}

impl Ui {
    pub(crate) fn new(global: &Global) -> Result<Self> {
        let progress = !global.no_progress && !global.quiet && std::io::stderr().is_terminal();
        Ok(Self {
            json: global.json,
            quiet: global.quiet,
            progress,
        })
    }

    /// Prints a result line on stdout. A closed pipe ends the output quietly.
    pub(crate) fn line(&self, text: impl std::fmt::Display) -> Result<()> {
        writeln!(std::io::stdout().lock(), "{text}").map_err(|e| Error::io("stdout", "write to", e))
    }

    /// Prints a value as one line of JSON on stdout.
    pub(crate) fn json_line(&self, value: &serde_json::Value) -> Result<()> {
        self.line(value)
    }

    /// Prints a warning on stderr.
    pub(crate) fn warn(&self, text: impl std::fmt::Display) {
        // Nowhere is left to report that stderr is gone.
        let _ = writeln!(std::io::stderr().lock(), "warning: {text}");
    }
}

/// Prints a failure on stderr.
pub(crate) fn report(error: &Error) {
    let _ = writeln!(std::io::stderr().lock(), "error: {error}");
}
