//! Files of which nothing can be checked: they are findings like others, so that a list without any means what it says.

use std::path::Path;

use crate::Error;
use crate::check::UNREADABLE;
use crate::error::Finding;

/// What a script is told of a file that stopped the check.
pub(super) fn findings(path: &Path, error: &Error) -> Vec<Finding> {
    match error {
        Error::Session { findings, .. } => findings.clone(),
        error => vec![finding(path, error.to_string())],
    }
}

fn finding(path: &Path, message: String) -> Finding {
    let help = "give a session, a master, a folder of stems, a stem file or a layout";
    Finding::of_file(UNREADABLE.code, UNREADABLE.severity, path, message, help)
}

/// Why a file that begins as audio cannot be opened; it is no text, however broken it is.
pub(super) fn broken_audio(path: &Path) -> Option<Error> {
    match crate::format::is_known_audio(path) {
        true => crate::format::open(path).err(),
        false => None,
    }
}

/// A file that cannot be opened has exit code 3, as `check` promises.
pub(super) fn unopened(path: &Path, error: Error) -> Error {
    match error {
        Error::Io { action, source, .. } => Error::Session {
            path: path.to_path_buf(),
            findings: vec![finding(path, format!("cannot {action} it: {source}"))],
        },
        other => other,
    }
}
