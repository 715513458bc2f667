//! Exit codes: a promise to scripts, kept in this one file.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches};

use super::{Cli, open_files, ui};
use crate::Error;

/// Runs the command line of this process and gives its exit code: 0 done, 1 the work failed, 2 usage,
/// 3 session, layout or other text of the user's invalid, 4 audio unusable, 5 a gate failed,
/// 130 interrupted.
pub fn main() -> ExitCode {
    open_files::allow_all();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let command = Cli::command().color(colour_asked_for(&arguments));
    let parsed = command
        .try_get_matches_from(&arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(problem) => return refused(&problem, &arguments),
    };
    let json = cli.global.json;
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has heard enough (`umbel ... | head`).
        Err(error) if ui::reader_has_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // A gate that failed has printed its result, which tells it.
            let json = json && !matches!(error, Error::Gate(_));
            ui::report(&error, code(&error), kind(&error), json);
            ExitCode::from(code(&error))
        }
    }
}

/// Help and version are printed and done; everything else that clap refuses is a fault of usage.
fn refused(problem: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let code = u8::try_from(problem.exit_code()).unwrap_or(2);
    // Nowhere is left to report that the terminal is gone.
    let _ = problem.print();
    if code != 0 && options(arguments).any(|argument| argument == "--json") {
        let message = problem.render().to_string();
        ui::print_failure(&ui::failure(code, "usage", message.trim(), &[]));
    }
    ExitCode::from(code)
}

/// clap draws its own messages before our options are known: this one is looked for ahead.
fn colour_asked_for(arguments: &[OsString]) -> ColorChoice {
    let mut before = "";
    for argument in options(arguments) {
        let choice = argument
            .strip_prefix("--color=")
            .or((before == "--color").then_some(argument));
        match choice {
            Some("always") => return ColorChoice::Always,
            Some("never") => return ColorChoice::Never,
            _ => before = argument,
        }
    }
    ColorChoice::Auto
}

/// The arguments up to `--` that are text.
fn options(arguments: &[OsString]) -> impl Iterator<Item = &str> {
    arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .take_while(|argument| *argument != "--")
}

/// The exit code of a failure.
fn code(error: &Error) -> u8 {
    match error {
        Error::Io { .. } | Error::Verify { .. } => 1,
        Error::Usage(_) | Error::Exists(_) => 2,
        Error::Session { .. } | Error::Chain { .. } | Error::Layout { .. } => 3,
        // Texts are the user's to mend, like a session; all else that can be malformed is sound.
        Error::Malformed { format, .. } if TEXTS.contains(format) => 3,
        Error::Malformed { .. } | Error::Unsupported { .. } | Error::Stem { .. } => 4,
        Error::Gate(_) => 5,
        Error::Interrupted | Error::InterruptedLate(_) => 130,
    }
}

/// Formats of [`Error::Malformed`] that are texts.
const TEXTS: [&str; 6] = [
    "session",
    "layout",
    "position",
    "movement",
    "chain",
    "head pose",
];

/// The name of a failure in JSON; stable like the codes.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Io { .. } => "io",
        Error::Malformed { .. } => "malformed",
        Error::Unsupported { .. } => "unsupported",
        Error::Session { .. } => "session",
        Error::Chain { .. } => "chain",
        Error::Stem { .. } => "stem",
        Error::Layout { .. } => "layout",
        Error::Usage(_) => "usage",
        Error::Exists(_) => "exists",
        Error::Verify { .. } => "verify",
        Error::Gate(_) => "gate",
        Error::Interrupted | Error::InterruptedLate(_) => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_published_code() {
        let io = || std::io::Error::other("full");
        let cases = [
            (Error::io("a", "write to", io()), 1, "io"),
            (
                Error::Verify {
                    path: "a".into(),
                    reason: String::new(),
                },
                1,
                "verify",
            ),
            (Error::Usage(String::new()), 2, "usage"),
            (Error::Exists("a".into()), 2, "exists"),
            (
                Error::Session {
                    path: "a".into(),
                    findings: Vec::new(),
                },
                3,
                "session",
            ),
            (
                Error::Chain {
                    name: "--chain".into(),
                    text: String::new(),
                    findings: Vec::new(),
                },
                3,
                "chain",
            ),
            (Error::layout("9.9.9", "", "unknown"), 3, "layout"),
            (Error::malformed("a", "layout", "", ""), 3, "malformed"),
            (
                Error::malformed("a", "position", "line 1", ""),
                3,
                "malformed",
            ),
            (Error::malformed("a", "WAV", "", ""), 4, "malformed"),
            (
                Error::Unsupported {
                    path: "a".into(),
                    feature: String::new(),
                    hint: String::new(),
                },
                4,
                "unsupported",
            ),
            (Error::stem("Kick", "a".as_ref(), ""), 4, "stem"),
            (Error::Gate(String::new()), 5, "gate"),
            (Error::Interrupted, 130, "interrupted"),
            (
                Error::Interrupted.with_standing(String::new),
                130,
                "interrupted",
            ),
        ];
        for (error, expected, name) in cases {
            assert_eq!((code(&error), kind(&error)), (expected, name), "{error:?}");
        }
    }

    #[test]
    fn the_choice_of_colour_is_found_in_both_spellings_and_not_behind_the_dashes() {
        let choice = |line: &str| {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            colour_asked_for(&arguments)
        };
        assert_eq!(choice("umbel --color=never info"), ColorChoice::Never);
        assert_eq!(choice("umbel info --color always x"), ColorChoice::Always);
        assert_eq!(choice("umbel info -- --color=never"), ColorChoice::Auto);
        assert_eq!(choice("umbel --color auto"), ColorChoice::Auto);
    }
}
