//! `umbel presets`.

use serde_json::json;

use super::Ui;
use crate::session::{PRESETS, Preset};
use crate::{Error, Result};

/// List the presets of processor chains, or print the chain of one.
///
/// A preset is used by its name, `chain = [{ preset = "drums-glue" }]`, in a session or in `umbel process
/// --chain`. To change a figure, print its chain and write that instead.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The preset whose chain to print, as TOML.
    name: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  umbel presets
  umbel presets drums-glue
  umbel process drums.wav out.wav --chain '[{ preset = \"drums-glue\" }]'";

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let Some(name) = &args.name else {
        return list(ui);
    };
    let preset = Preset::find(name).ok_or_else(|| {
        let known: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        Error::Usage(format!(
            "there is no preset \"{name}\"; there are: {}",
            known.join(", ")
        ))
    })?;
    match ui.json {
        true => ui.json_line(&as_json(preset)),
        false => ui.lines(format_args!(
            "# {}\n{}",
            preset.about(),
            preset.chain_text()
        )),
    }
}

fn list(ui: &Ui) -> Result<()> {
    if ui.json {
        let all: Vec<_> = PRESETS.iter().map(as_json).collect();
        return ui.json_line(&json!({ "presets": all }));
    }
    for preset in PRESETS {
        ui.line(format_args!("{:<16} {}", preset.name, preset.about()))?;
    }
    Ok(())
}

fn as_json(preset: &Preset) -> serde_json::Value {
    json!({
        "name": preset.name,
        "about": preset.about(),
        "chain": preset.chain_text(),
    })
}
