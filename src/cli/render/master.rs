//! `umbel render` of a master.

use std::path::Path;

use super::{Args, Job};
use crate::cli::Ui;
use crate::{Error, Result};

/// Whether the file at `input` holds audio, so is no session.
pub(super) fn is_audio(input: &Path) -> bool {
    crate::format::open(input).is_ok()
}

/// The job that the master at `input` asks for.
pub(super) fn open(_args: &Args, input: &Path, _ui: &Ui) -> Result<Job> {
    let source = crate::format::open(input)?;
    Err(Error::Unsupported {
        path: input.to_path_buf(),
        feature: format!("rendering a {} file", source.facts().container),
        hint: "give a session (`umbel init FOLDER` writes one for a folder of stems)".to_owned(),
    })
}
