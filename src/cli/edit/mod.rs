//! `umbel edit`: another word in a master's metadata, the same audio.

mod values;
mod words;

use std::path::PathBuf;

use serde_json::json;

use super::export::binaural_mode;
use super::{Ui, interrupt};
use crate::format::adm::edit::{Change, EditOptions, Target, Value, Which, edit};
use crate::format::adm::{self, BinauralMode};
use crate::{Error, Result};

/// Change the metadata of an ADM master; its audio stays bit for bit.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// ADM master.
    master: PathBuf,
    /// The file to write.
    #[arg(short, long, value_name = "FILE", required_unless_present = "dry_run")]
    output: Option<PathBuf>,
    /// What to change, "KEY=VALUE"; may be given often. The keys stand below.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Short for --set object:NAME.binaural=MODE.
    #[arg(long, value_name = "NAME=MODE", value_parser = binaural_mode)]
    binaural: Vec<(String, BinauralMode)>,
    /// Hold positions that an offset moves out of the room at its walls, instead of refusing.
    #[arg(long)]
    clamp: bool,
    /// Say what would be changed, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Replace a file that exists.
    #[arg(short, long)]
    force: bool,
}

const HELP: &str = "\
Keys of --set, for the master as a whole:
  name=TEXT                 the programme's name (programme:2.name where there are several)
  fps=24                    23.976, 24, 25, 29.97, 29.97df or 30
  ffoa=01:00:00:12          first frame of action: HH:MM:SS:FF, HH:MM:SS.sss, seconds or none
  downmix=direct            how 5.1 is made stereo: not-indicated, lo-ro, lt-rt, lt-rt-plii, direct
  warp=direct               how 5.1 is rendered: direct, direct-room, pliix, lo-ro, not-indicated
  trim:5.1=surround:-1.5,height:-3
                            auto, or centre, surround and height in dB, balance and height-balance from -1 (back)
                            to 1 (front); what is left out is 0; trim:* is all nine layouts
  binaural=mid              off, near, mid, far or none, for all channels; channel:3.binaural for one
For objects; NAME is a name, an ID, a number counted from 1, or * for all; content:NAME stands for all objects in it:
  object:NAME.name=TEXT     its name; so does content:NAME.name
  object:NAME.binaural=near
  object:NAME.gain=-3       dB, on top of what it has
  object:NAME.offset.x=0.1  x, y, z in room units (right, front, up), or azimuth, elevation in degrees and distance,
                            on top of where it is; offset=x:0.1,z:-0.2 sets several
  object:NAME.trim-bypass=yes
A name with a point or of digits alone stands in quotes: 'object:\"Perc. 2\".gain=-3'.
Examples:
  umbel edit master.wav -o new.wav --set fps=24 --set 'object:\"Lead vocal\".name=Vox' --set object:3.binaural=near
  umbel edit master.wav --dry-run --set 'content:Drums.binaural=off'
Everything that is not named stays as it is, unknown chunks byte for byte.";

pub(super) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let mut changes = words::changes(&args.set, &|| {
        let document = adm::read(&args.master)?;
        let facts = document.dbmd.and_then(|dbmd| dbmd.programme);
        Ok(facts.and_then(|facts| facts.frame_rate))
    })?;
    changes.extend(args.binaural.iter().map(|(name, mode)| Change {
        words: format!("object:{name}.binaural={}", mode.name()),
        target: Target::Object(Which::Named(name.clone())),
        value: Value::Binaural(*mode),
    }));
    if changes.is_empty() {
        return Err(Error::Usage(
            "nothing is to be changed: say what with --set KEY=VALUE; `umbel edit --help` lists the keys".to_owned(),
        ));
    }
    super::render::refuse_plain_audio(
        &args.master,
        "give an ADM master: other files have no metadata to edit",
    )?;
    interrupt::install();
    let options = EditOptions {
        overwrite: args.force,
        clamp: args.clamp,
        dry_run: args.dry_run,
    };
    let output = args.output.clone().unwrap_or_default();
    let length = std::fs::metadata(&args.master).map_or(0, |facts| facts.len());
    let progress = ui.progress(2 * length, "copying");
    let edited = edit(&args.master, &output, &changes, options, &mut |done, _| {
        progress.set(done);
        !interrupt::requested()
    })?;
    drop(progress);
    for remark in &edited.remarks {
        ui.note(remark);
    }
    if ui.json {
        let file = (!args.dry_run).then(|| output.display().to_string());
        return ui.json_line(&json!({
            "event": "done",
            "file": file,
            "dry_run": args.dry_run,
            "container": (!args.dry_run).then_some(edited.container),
            "bytes": (!args.dry_run).then_some(edited.bytes),
            "changed": edited.changed.iter().map(|changed| json!({
                "what": changed.what,
                "field": changed.field,
                "was": changed.was,
                "now": changed.now,
                "blocks": changed.blocks,
            })).collect::<Vec<_>>(),
            "remarks": edited.remarks,
        }));
    }
    for changed in &edited.changed {
        let blocks = match changed.blocks {
            0 => String::new(),
            count => format!("  ({count} blocks)"),
        };
        ui.line(format_args!(
            "{}  {}: {} -> {}{blocks}",
            changed.what, changed.field, changed.was, changed.now
        ))?;
    }
    if args.dry_run {
        return ui.line("nothing was written (--dry-run)");
    }
    ui.line(format_args!(
        "wrote {}  {}  {} bytes; the audio is that of {} bit for bit",
        output.display(),
        edited.container,
        edited.bytes,
        args.master.display()
    ))
}
