//! Exit codes: a promise to scripts, kept in this one file.

use std::process::ExitCode;

use clap::Parser;

use super::{Cli, ui};
use crate::Error;

/// Runs the command line of this process and gives its exit code: 0 done, 1 the work failed, 2 usage,
/// 3 session or layout invalid, 4 audio input unusable, 5 a gate failed, 130 interrupted.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(problem) => {
            let code = u8::try_from(problem.exit_code()).unwrap_or(2);
            // Nowhere is left to report that the terminal is gone.
            let _ = problem.print();
            return ExitCode::from(code);
        }
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui::report(&error);
            ExitCode::from(code(&error))
        }
    }
}

/// The exit code of a failure.
fn code(error: &Error) -> u8 {
    match error {
        Error::Io { .. } | Error::Verify { .. } => 1,
        Error::Usage(_) | Error::Exists(_) => 2,
        Error::Session { .. } | Error::Layout { .. } => 3,
        Error::Malformed { .. } | Error::Unsupported { .. } | Error::Stem { .. } => 4,
        Error::Interrupted => 130,
    }
}
