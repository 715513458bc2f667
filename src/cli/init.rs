//! `umbel init`.

use super::Ui;
use crate::{Error, Result};

/// Write a session for a folder of stems.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _ui: &Ui) -> Result<()> {
    Err(Error::Usage("under construction".to_owned()))
}
