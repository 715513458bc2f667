//! `umbel info`.

use super::Ui;
use crate::{Error, Result};

/// Print the facts of a WAV file, a session or a layout.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _ui: &Ui) -> Result<()> {
    Err(Error::Usage("under construction".to_owned()))
}
