//! `umbel schema`.

use super::Ui;
use crate::Result;
use crate::session::published_schema;

/// Print the JSON Schema of the session file.
///
/// Save it beside a session (`umbel schema > session.schema.json`) and write `#:schema
/// ./session.schema.json` as the session's first line: editors then complete and check its keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: Args, ui: &Ui) -> Result<()> {
    if ui.json {
        return ui.json_line(&published_schema());
    }
    ui.ready_made(format_args!("{:#}", published_schema()))
}
