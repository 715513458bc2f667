//! `umbel layout`.

use super::Ui;
use crate::{Error, Result};

/// List, show, check or import loudspeaker layouts.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _ui: &Ui) -> Result<()> {
    Err(Error::Usage("under construction".to_owned()))
}
