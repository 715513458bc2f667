//! `umbel schema`.

use super::Ui;
use crate::{Error, Result};

/// Print the JSON Schema of the session file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _ui: &Ui) -> Result<()> {
    Err(Error::Usage("under construction".to_owned()))
}
