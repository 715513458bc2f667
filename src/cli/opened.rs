//! What an input of a command is: plain audio, a session or a master.

use std::path::Path;

use super::Ui;
use super::render::{MASTER_OR_SESSION, refuse_plain_audio, told_findings};
use crate::format::adm::{self, Selection};
use crate::format::{AudioSource, WaveReader};
use crate::offline::Programme;
use crate::session::{BuildOptions, Session, Song};
use crate::{Error, Result};

/// Whether the file at `input` holds audio, or was to hold it before it was damaged, so is no session.
pub(super) fn is_audio(input: &Path) -> bool {
    is_wave(input) || crate::format::open(input).is_ok()
}

/// Whether the file at `input` is called or begins as a WAV file, so is no text, however broken it is.
fn is_wave(input: &Path) -> bool {
    if !input.is_file() {
        return false;
    }
    if input
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("wav"))
    {
        return true;
    }
    let mut head = Vec::with_capacity(4);
    let file = std::fs::File::open(input);
    let read = file
        .and_then(|file| std::io::Read::read_to_end(&mut std::io::Read::take(file, 4), &mut head));
    read.is_ok() && matches!(head.as_slice(), b"RIFF" | b"RF64" | b"BW64")
}

/// The audio at `input` if it has no metadata that says what it is, so that it can only be taken as it
/// stands; `None` for a session or a master.
pub(super) fn plain_audio(input: &Path) -> Result<Option<Box<dyn AudioSource>>> {
    if is_text(input) || WaveReader::open(input).is_ok_and(|file| adm::is_adm(file.facts())) {
        return Ok(None);
    }
    crate::format::open_verified(input).map(Some)
}

/// Sessions are texts, and are called so.
fn is_text(path: &Path) -> bool {
    let extension = path.extension().and_then(std::ffi::OsStr::to_str);
    extension.is_some_and(|e| e.eq_ignore_ascii_case("toml") || e.eq_ignore_ascii_case("json"))
}

/// What the session or master at `input` plays.
pub(super) fn programme(
    input: &Path,
    resample: bool,
    selection: &Selection,
    ui: &Ui,
) -> Result<Programme> {
    if is_audio(input) {
        refuse_plain_audio(input, MASTER_OR_SESSION)?;
        let master = adm::read(input)?.master(selection)?;
        told_findings(&master.findings, ui);
        return Ok(master.into());
    }
    Ok(song(input, resample, ui)?.into())
}

/// What the session at `input` plays; something does.
pub(super) fn song(input: &Path, resample: bool, ui: &Ui) -> Result<Song> {
    let song = Session::load(input)?.build(&BuildOptions { resample })?;
    told_findings(&song.warnings, ui);
    if song.objects.is_empty() {
        return Err(Error::Usage(format!(
            "\"{}\": nothing sounds",
            input.display()
        )));
    }
    Ok(song)
}

/// What a master plays.
pub(super) fn programme_of_master(document: &adm::Document) -> Result<Programme> {
    Ok(document.master(&Selection::default())?.into())
}
