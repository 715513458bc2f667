//! `umbel init`: a session from a folder of stems, or from one stem file.

mod found;
mod shown;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Ui;
use crate::format::part;
use crate::session::propose::{Given, StemFile, master, propose};
use crate::session::write::session_text;
use crate::{Error, Result};
use found::{Stems, files_of, sound_of, with_slashes};
use shown::show;

/// Write a session for a folder of stems, or a stem file (.stem.mp4): roles, groups and places from the names and the sound.
///
/// Shows a table with the reason of each proposal and writes a commented song.toml. Rows marked with ! want
/// a person's eye. What a name does not tell is guessed from the sound.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the stems (subfolders are searched, three deep), or one stem file.
    #[arg(value_name = "DIR|FILE")]
    stems: PathBuf,
    /// Session file to write [default: DIR/song.toml, or NAME.toml beside NAME.stem.mp4].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Tempo in beats per minute, instead of what the names say.
    #[arg(long, value_parser = tempo)]
    bpm: Option<f64>,
    /// Musical key ("Am", "F#m", "8A"), instead of what the names say.
    #[arg(long, value_parser = key)]
    key: Option<String>,
    /// Metre ("4/4").
    #[arg(long, value_parser = metre)]
    meter: Option<String>,
    /// Do not listen: stems whose names tell nothing stay without a role.
    #[arg(long)]
    no_guess: bool,
    /// Show the table only; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Overwrite an existing session file.
    #[arg(short, long)]
    force: bool,
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    let place = Stems::at(&args.stems)?;
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| place.dir.join(&place.session));
    if !args.dry_run && !args.force && output.symlink_metadata().is_ok() {
        return Err(Error::Exists(output));
    }
    let Stems { dir, folder, .. } = &place;
    let real = output.canonicalize().ok();
    let is_stem = |path: &PathBuf| real.is_some() && dir.join(path).canonicalize().ok() == real;
    if folder.audio.iter().any(is_stem) {
        return Err(Error::Usage(format!(
            "\"{}\" is one of the stems: a session never replaces one; choose another name",
            output.display()
        )));
    }
    let files: Vec<StemFile> = folder
        .audio
        .iter()
        .flat_map(|path| files_of(dir, path))
        .collect();
    let given = Given {
        title: place.title.clone(),
        bpm: args.bpm,
        key: args.key.clone(),
        meter: args.meter.clone(),
    };
    let mut proposal = propose(&files, &given, &mut |file| {
        let listen = !args.no_guess;
        let track = file.named.as_ref().map(|named| named.track);
        listen
            .then(|| sound_of(&dir.join(&file.path), track).ok())
            .flatten()
    });
    if let Some(stems) = &place.named {
        proposal.reference = files.first().map(|file| file.path.clone());
        proposal.master = master(&stems.mastering_dsp);
    }
    if proposal.stems.iter().all(|stem| !stem.included) {
        show(&proposal, folder, None, ui)?;
        return Err(Error::Unsupported {
            path: args.stems,
            feature: "a folder in which no file can be used as a stem".to_owned(),
            hint: "the reasons are listed above".to_owned(),
        });
    }
    let written = if args.dry_run {
        None
    } else {
        let text = session_text(&proposal, &stems_folder(dir, &output)?);
        save(&output, &text, args.force)?;
        Some(output)
    };
    show(&proposal, folder, written.as_deref(), ui)
}

fn tempo(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bpm) if (10.0..=1000.0).contains(&bpm) => Ok(bpm),
        _ => Err("a number from 10 to 1000 is wanted".to_owned()),
    }
}

fn key(text: &str) -> std::result::Result<String, String> {
    crate::session::names::canonical_key(text)
        .ok_or_else(|| "a key is wanted, as Am, F#m, Eb or 8A".to_owned())
}

fn metre(text: &str) -> std::result::Result<String, String> {
    let parts = text.split_once('/').and_then(|(beats, unit)| {
        let beats: u32 = beats.parse().ok()?;
        let unit: u32 = unit.parse().ok()?;
        Some((beats, unit))
    });
    match parts {
        Some((1..=64, 1 | 2 | 4 | 8 | 16 | 32)) => Ok(text.to_owned()),
        _ => Err("beats and unit are wanted, as in 4/4 or 6/8".to_owned()),
    }
}

/// The folder of the stems as seen from the session file's folder, with `/`.
fn stems_folder(dir: &Path, output: &Path) -> Result<String> {
    let full = |path: &Path| path.canonicalize().map_err(|e| Error::io(path, "open", e));
    let parent = match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let (dir, parent) = (full(dir)?, full(parent)?);
    let shared = dir
        .iter()
        .zip(parent.iter())
        .take_while(|(a, b)| a == b)
        .count();
    if shared == 0 {
        return Ok(with_slashes(&dir));
    }
    let up = parent.iter().skip(shared).map(|_| "..".to_owned());
    let down = dir
        .iter()
        .skip(shared)
        .map(|part| part.to_string_lossy().into_owned());
    let path: Vec<String> = up.chain(down).collect();
    Ok(if path.is_empty() {
        ".".to_owned()
    } else {
        path.join("/")
    })
}

/// Writes beside the target and renames, so that a failure leaves what was there. Without `force` an existing
/// file is never replaced, even one that appeared a moment ago.
fn save(path: &Path, text: &str, force: bool) -> Result<()> {
    if !force {
        let mut file = fs::File::options()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|e| match e.kind() {
                std::io::ErrorKind::AlreadyExists => Error::Exists(path.to_path_buf()),
                _ => Error::io(path, "create", e),
            })?;
        return file.write_all(text.as_bytes()).map_err(|e| {
            // A half-written session would look like a whole one.
            let _ = fs::remove_file(path);
            Error::io(path, "write to", e)
        });
    }
    part::replace(path, text.as_bytes())
}
