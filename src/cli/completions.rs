//! `umbel completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::ui::STDOUT;
use super::{Cli, Ui};
use crate::{Error, Result};

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell that is to complete umbel's words.
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  umbel completions bash > ~/.local/share/bash-completion/completions/umbel
  umbel completions zsh  > ~/.zfunc/_umbel
  umbel completions fish > ~/.config/fish/completions/umbel.fish";

pub(crate) fn run(args: Args, _ui: &Ui) -> Result<()> {
    // Written to memory first: the generator panics if its writer fails, and a pipe may close.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "umbel", &mut script);
    super::ui::write_out(&script).map_err(|e| Error::io(STDOUT, "write to", e))
}
