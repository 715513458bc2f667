//! `umbel check`.

use super::Ui;
use crate::{Error, Result};

/// Check a session, its stems or a layout and list every finding.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, _ui: &Ui) -> Result<()> {
    Err(Error::Usage("under construction".to_owned()))
}
