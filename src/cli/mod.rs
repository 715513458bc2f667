//! The command line: one file per verb, and what they share.

mod exit;
mod ui;

mod check;
mod completions;
mod gains;
mod info;
mod init;
mod layout;
mod man;
mod render;
mod schema;

use clap::{Parser, Subcommand};

pub use exit::main;
pub(crate) use ui::Ui;

/// A spatial, object-based stem renderer: a folder of stems to any loudspeaker layout and a stereo mix.
#[derive(Debug, Parser)]
#[command(name = "umbel", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: ui::Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Args),
    Check(check::Args),
    Render(render::Args),
    Info(info::Args),
    Layout(layout::Args),
    Gains(gains::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Cli {
    fn run(self) -> crate::Result<()> {
        let ui = Ui::new(&self.global)?;
        match self.verb {
            Verb::Init(args) => init::run(args, &ui),
            Verb::Check(args) => check::run(args, &ui),
            Verb::Render(args) => render::run(args, &ui),
            Verb::Info(args) => info::run(args, &ui),
            Verb::Layout(args) => layout::run(args, &ui),
            Verb::Gains(args) => gains::run(args, &ui),
            Verb::Schema(args) => schema::run(args, &ui),
            Verb::Completions(args) => completions::run(args, &ui),
            Verb::Man(args) => man::run(args, &ui),
        }
    }
}
