//! `umbel gains`.

use super::Ui;
use crate::{Error, Result};

/// Print the gain of every channel for positions read as JSON Lines.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _ui: &Ui) -> Result<()> {
    Err(Error::Usage("under construction".to_owned()))
}
