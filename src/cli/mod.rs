//! The command line: one file per verb, and what they share.
//!
//! A verb is a struct `Args` and a function `run(args, &Ui) -> Result<()>`. `Ui` prints its results on
//! stdout and all else on stderr, `exit` turns what it returns into an exit code, `interrupt` tells
//! long work that the user wants it to stop.

mod bit_depth;
mod dynamics;
mod exit;
mod findings;
mod interrupt;
mod json_lines;
mod limits;
mod measured;
mod named_layout;
mod open_files;
mod opened;
mod place_keys;
mod progress;
mod report;
mod scratch;
mod ui;

mod check;
mod compare;
mod completions;
mod convert_position;
mod edit;
mod export;
mod gains;
mod hoa_decoder;
mod info;
mod init;
mod layout;
mod man;
mod measure;
mod presets;
mod process;
mod render;
mod schema;

use clap::{Parser, Subcommand};

pub use exit::main;
pub(crate) use progress::Progress;
pub(crate) use ui::Ui;

/// A spatial, object-based stem renderer: a folder of stems to any loudspeaker layout and a stereo mix.
#[derive(Debug, Parser)]
#[command(name = "umbel", version, about, max_term_width = 100, after_help = FIRST_STEPS)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: ui::Global,
    #[command(subcommand)]
    verb: Verb,
}

const FIRST_STEPS: &str = "\
First steps:
  umbel init stems/                     write stems/song.toml, with a place for every stem
  umbel check stems/song.toml           list what is wrong with it
  umbel render stems/song.toml          render what its [[out]] blocks ask for

Exit codes: 0 done, 1 the work failed, 2 usage, 3 session or layout invalid, 4 audio unusable,
5 a gate failed, 130 interrupted. Results go to stdout, everything else to stderr.";

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Args),
    Check(check::Args),
    Render(Box<render::Args>),
    Export(export::Args),
    Edit(edit::Args),
    Process(process::Args),
    Presets(presets::Args),
    Info(info::Args),
    Measure(measure::Args),
    Compare(compare::Args),
    Layout(layout::Args),
    Gains(gains::Args),
    HoaDecoder(hoa_decoder::Args),
    ConvertPosition(convert_position::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Cli {
    fn run(self) -> crate::Result<()> {
        interrupt::outlive_file_limits();
        interrupt::listen();
        let ui = Ui::new(&self.global)?;
        match self.verb {
            Verb::Init(args) => init::run(args, &ui),
            Verb::Check(args) => check::run(args, &ui),
            Verb::Render(args) => render::run(*args, &ui),
            Verb::Export(args) => export::run(args, &ui),
            Verb::Edit(args) => edit::run(&args, &ui),
            Verb::Process(args) => process::run(args, &ui),
            Verb::Presets(args) => presets::run(args, &ui),
            Verb::Info(args) => info::run(args, &ui),
            Verb::Measure(args) => measure::run(args, &ui),
            Verb::Compare(args) => compare::run(args, &ui),
            Verb::Layout(args) => layout::run(args, &ui),
            Verb::Gains(args) => gains::run(args, &ui),
            Verb::HoaDecoder(args) => hoa_decoder::run(args, &ui),
            Verb::ConvertPosition(args) => convert_position::run(args),
            Verb::Schema(args) => schema::run(args, &ui),
            Verb::Completions(args) => completions::run(args, &ui),
            Verb::Man(args) => man::run(args, &ui),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_has_no_contradictions() {
        super::Cli::command().debug_assert();
    }
}
