//! `umbel man`.

use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::ui::STDOUT;
use super::{Cli, Ui};
use crate::format::part::replace;
use crate::{Error, Result};

/// Print the manual page, or write the pages of all commands to a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Write umbel.1, umbel-render.1 and so on to this folder, which is made if need be.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  umbel man | man -l -                          read the manual
  umbel man --out ~/.local/share/man/man1       install all pages";

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = args.out else {
        let mut page = Vec::new();
        return Man::new(command)
            .render(&mut page)
            .and_then(|()| super::ui::write_out(&page))
            .map_err(|e| Error::io(STDOUT, "write to", e));
    };
    std::fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, "make", e))?;
    let mut written = Vec::new();
    for command in with_subcommands(command) {
        let page = Man::new(command);
        let path = folder.join(page.get_filename());
        let mut text = Vec::new();
        page.render(&mut text)
            .map_err(|e| Error::io(&path, "write to", e))?;
        replace(&path, &text)?;
        written.push(path.display().to_string());
    }
    if ui.json {
        return ui.json_line(&serde_json::json!({ "written": written }));
    }
    written.iter().try_for_each(|path| ui.line(path))
}

/// The command and all below it that people are meant to see.
fn with_subcommands(command: Command) -> Vec<Command> {
    let below: Vec<Command> = command
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
        .cloned()
        .flat_map(with_subcommands)
        .collect();
    std::iter::once(command).chain(below).collect()
}
