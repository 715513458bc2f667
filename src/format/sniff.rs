//! What a file is, told by its first bytes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::plain_file;
use crate::{Error, Result};

/// A kind of file that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// RIFF, RF64 or BW64 of form WAVE.
    Wave,
    /// A container that symphonia reads; its name as in the facts.
    Other(&'static str),
}

const READABLE: &str =
    "WAV (RIFF, RF64, BW64), FLAC, AIFF, CAF, and MP4 with ALAC or AAC can be read";
const LOSSY: &str = "lossy files are not taken as stems: export WAV or FLAC from the session";
const CONVERT: &str = "convert it to WAV or FLAC";

/// Beginnings of formats that are known but not read: bytes, name, what to do.
const UNSUPPORTED: &[(&[u8], &str, &str)] = &[
    (b"OggS", "Ogg (Vorbis or Opus)", LOSSY),
    (b"\xff\xfb", "MP3", LOSSY),
    (b"\xff\xfa", "MP3", LOSSY),
    (b"\xff\xf3", "MP3", LOSSY),
    (b"\xff\xf2", "MP3", LOSSY),
    (b"\xff\xf1", "AAC (ADTS)", LOSSY),
    (b"\xff\xf9", "AAC (ADTS)", LOSSY),
    (b"\x0b\x77", "Dolby Digital (AC-3)", LOSSY),
    (b"\x30\x26\xb2\x75", "Windows Media", LOSSY),
    (b"\x1a\x45\xdf\xa3", "Matroska", CONVERT),
    (b"wvpk", "WavPack", CONVERT),
    (b"MAC ", "Monkey's Audio", CONVERT),
    (b"RIFX", "big-endian WAV (RIFX)", CONVERT),
    (b"riff", "Wave64", CONVERT),
    (b".snd", "Sun audio", CONVERT),
    (b"DSD ", "DSD", CONVERT),
    (b"FRM8", "DSD", CONVERT),
    (b"MThd", "MIDI", "export audio from the session"),
];

/// Beginnings of files that hold no sound.
const NO_AUDIO: &[(&[u8], &str)] = &[
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
];

/// Whether the file at `path` begins as audio, of a kind that is read or not.
pub(crate) fn is_known_audio(path: &Path) -> bool {
    matches!(kind_of(path), Ok(_) | Err(Error::Unsupported { .. }))
}

/// Reads the first bytes of the file at `path` and tells what it is.
pub(super) fn kind_of(path: &Path) -> Result<Kind> {
    let mut file = open_regular(path)?;
    let mut head = Vec::with_capacity(64);
    let read = |file: &mut File, head: &mut Vec<u8>| {
        head.clear();
        file.by_ref().take(64).read_to_end(head)
    };
    read(&mut file, &mut head).map_err(|e| Error::io(path, "read", e))?;

    // A FLAC file may carry an ID3v2 tag in front; its size is four times 7 bits.
    if head.starts_with(b"ID3") && head.len() >= 10 {
        let size = head[6..10]
            .iter()
            .fold(0u64, |size, byte| size << 7 | u64::from(byte & 0x7f));
        let mut after = Vec::with_capacity(64);
        let found = io::Seek::seek(&mut file, io::SeekFrom::Start(10 + size))
            .and_then(|_| read(&mut file, &mut after))
            .is_ok();
        if found && after.starts_with(b"fLaC") {
            return Ok(Kind::Other("FLAC"));
        }
        return Err(unsupported(path, "MP3", LOSSY));
    }
    identify(path, &head)
}

/// Opens a file for reading; folders, pipes and devices are refused (opening a pipe would wait for ever).
pub(super) fn open_regular(path: &Path) -> Result<File> {
    if let Some(fault) = plain_file::fault(path).map_err(|e| Error::io(path, "open", e))? {
        let reason = io::Error::new(io::ErrorKind::InvalidInput, fault);
        return Err(Error::io(path, "be read as audio", reason));
    }
    File::open(path).map_err(|e| Error::io(path, "open", e))
}

fn identify(path: &Path, head: &[u8]) -> Result<Kind> {
    let form = head.get(8..12);
    match head.get(..4) {
        Some(b"RIFF" | b"RF64" | b"BW64") => {
            return match form {
                Some(b"WAVE") => Ok(Kind::Wave),
                Some(other) => Err(not_audio(
                    path,
                    format!("it is a RIFF file of form \"{}\"", other.escape_ascii()),
                )),
                None => Err(not_audio(
                    path,
                    format!("the header is cut after {} bytes", head.len()),
                )),
            };
        }
        Some(b"fLaC") => return Ok(Kind::Other("FLAC")),
        Some(b"FORM") if matches!(form, Some(b"AIFF" | b"AIFC")) => {
            return Ok(Kind::Other("AIFF"));
        }
        Some(b"caff") => return Ok(Kind::Other("CAF")),
        _ if head.get(4..8) == Some(b"ftyp") => return Ok(Kind::Other("MP4")),
        _ => {}
    }
    for (begin, name, hint) in UNSUPPORTED {
        if head.starts_with(begin) {
            return Err(unsupported(path, name, hint));
        }
    }
    for (begin, name) in NO_AUDIO {
        if head.starts_with(begin) {
            return Err(not_audio(path, format!("it is {name}")));
        }
    }
    Err(not_audio(path, describe(head)))
}

/// What bytes look like that are no known format.
fn describe(head: &[u8]) -> String {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The first bytes may end inside a character.
        Err(e) if e.error_len().is_none() => {
            std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => "",
    };
    let is_text = !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_whitespace());
    match head.len() {
        0 => "it is empty".to_owned(),
        _ if head.iter().all(|&b| b == 0) => "it holds zeros where a header belongs".to_owned(),
        _ if is_text => {
            let begin: String = text.chars().take(20).collect();
            format!("it is text and begins {begin:?}")
        }
        n @ 1..12 => format!("it has only {n} bytes"),
        _ => format!("it begins with the bytes \"{}\"", head[..8].escape_ascii()),
    }
}

fn not_audio(path: &Path, found: String) -> Error {
    let is_wave = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("wav") || e.eq_ignore_ascii_case("wave"));
    let format = if is_wave { "WAV" } else { "audio" };
    Error::malformed(path, format, "", format!("{found}; {READABLE}"))
}

fn unsupported(path: &Path, name: &str, hint: &str) -> Error {
    Error::Unsupported {
        path: path.to_path_buf(),
        feature: format!("the format {name}"),
        hint: hint.to_owned(),
    }
}
