//! `umbel render`.

use super::Ui;
use crate::{Error, Result};

/// Render a session to loudspeaker layouts and stereo.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _ui: &Ui) -> Result<()> {
    Err(Error::Usage("under construction".to_owned()))
}
