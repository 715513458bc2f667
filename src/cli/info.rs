//! `umbel info`: what a file is, without judging it (`umbel check` does that).

mod adm;
mod audio;
mod layout;
mod mp4;
mod session;
mod sofa;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Ui;
use crate::session::Checked;
use crate::{Error, Result};

/// Print the facts of an audio file, an ADM master, a session, a layout or a set of head-related responses.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Audio file (WAV, FLAC, AIFF, CAF, MP4), session, layout or SOFA file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read the whole audio file and measure loudness and peaks.
    #[arg(long)]
    measure: bool,
    /// Layout that the channels of the audio file are for, if its header does not say.
    #[arg(short, long, value_name = "NAME|FILE", requires = "measure")]
    layout: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  umbel info out/714.wav                        format, length, channels, chunks
  umbel info out/714.wav --measure              loudness, range, peak and true peak as well
  umbel info mix.wav --measure --layout 7.1.4   for a file that does not name its channels
  umbel info master.wav                         programmes, objects and tracks of an ADM master
  umbel info song.stem.mp4                      tracks, names and colours of a stem file
  umbel info ears.sofa                          grid, rate, taps, flatness, licence
  umbel info song.toml --json | jq .stems";

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    if crate::format::sofa::is_sofa(&args.file) {
        if args.measure {
            let reason = "--measure reads audio files; what is known of a set of responses is printed without it";
            return Err(Error::Usage(reason.to_owned()));
        }
        return sofa::print(&args.file, ui);
    }
    if !is_text(&args.file) {
        return audio::print(&args.file, args.measure, args.layout.as_deref(), ui);
    }
    if args.measure {
        let reason = "--measure reads audio files; render the session, then measure what it wrote";
        return Err(Error::Usage(reason.to_owned()));
    }
    let checked = Checked::of(&args.file)?;
    if layout::is_layout(&checked.text) {
        let layout = crate::layout::parse(&checked.text, &args.file)?;
        return layout::print(&args.file, &layout, ui);
    }
    match &checked.session {
        Some(session) => session::print(session, ui),
        None => Err(Error::Session {
            path: args.file,
            findings: checked.findings,
        }),
    }
}

/// Sessions and layouts are texts, and are called so.
fn is_text(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|e| {
        ["toml", "json"]
            .iter()
            .any(|text| e.eq_ignore_ascii_case(text))
    })
}
