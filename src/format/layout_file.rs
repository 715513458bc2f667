//! Layout files on disk: finds a layout by name or path, and saves one.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::part::{Part, check_replaceable};
use super::plain_file;
use crate::layout::{self, Layout, Reading};
use crate::{Error, Result};

/// A layout file is at most this long; 4096 speakers with every key need less.
const LONGEST_FILE: u64 = 1 << 20;

/// A layout as asked for, with what a linter wants to know.
#[derive(Debug)]
pub struct Opened {
    /// The file, or `None` for a built-in layout.
    pub path: Option<PathBuf>,
    /// The file's text.
    pub text: String,
    /// What reading it gave; the layout in it is missing if it has errors.
    pub reading: Reading,
}

/// The layout called `name_or_path`: a built-in name ("7.1.4") or the path of a layout file.
///
/// A name of a built-in layout is never taken for a path; write "./5.1" for a file of such a name.
///
/// # Errors
/// [`Error::Layout`] for a name that no layout or several layouts have, or a file that is no layout
/// file at all; [`Error::Session`] with all findings of a layout file; [`Error::Io`].
pub fn load(name_or_path: &str) -> Result<Layout> {
    match path_of(name_or_path)? {
        Some(path) => layout::parse(&read_text(&path)?, &path),
        None => layout::find(name_or_path),
    }
}

/// Like [`load`], but a layout file with errors is no failure: its findings are in the reading.
///
/// # Errors
/// As [`load`], without [`Error::Session`].
pub fn open(name_or_path: &str) -> Result<Opened> {
    match path_of(name_or_path)? {
        Some(path) => {
            let text = read_text(&path)?;
            Ok(Opened {
                reading: layout::read(&text, &path),
                path: Some(path),
                text,
            })
        }
        None => {
            let layout = layout::find(name_or_path)?;
            Ok(Opened {
                path: None,
                text: String::new(),
                reading: Reading {
                    layout: Some(layout),
                    findings: Vec::new(),
                    rows: Vec::new(),
                    radius_m: None,
                },
            })
        }
    }
}

/// The path that is meant, or `None` for the name of a built-in layout (known or not).
fn path_of(name_or_path: &str) -> Result<Option<PathBuf>> {
    if name_or_path.trim().is_empty() {
        return Err(Error::layout(
            name_or_path,
            "",
            "the name is empty; run `umbel layout list` for all names",
        ));
    }
    let path = Path::new(name_or_path);
    let written_as_path = name_or_path.contains(['/', '\\'])
        || path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    if written_as_path {
        return Ok(Some(path.to_path_buf()));
    }
    let unknown = matches!(layout::find(name_or_path), Err(Error::Layout { reason, .. })
        if reason.starts_with("no such layout"));
    Ok((unknown && path.is_file()).then(|| path.to_path_buf()))
}

/// The text of a layout file, ours or another program's, without a byte order mark.
///
/// # Errors
/// [`Error::Io`]; [`Error::Layout`] if it is no plain file, too long or not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    let refuse = |reason: String| Error::layout(path.display().to_string(), "", reason);
    let facts = fs::metadata(path).map_err(|e| Error::io(path, "open", e))?;
    if let Some(fault) = plain_file::fault(path).map_err(|e| Error::io(path, "open", e))? {
        return Err(refuse(fault.to_owned()));
    }
    let file = File::open(path).map_err(|e| Error::io(path, "open", e))?;
    let mut bytes = Vec::new();
    file.take(LONGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::io(path, "read", e))?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(refuse(format!(
            "the file has {} bytes; a layout file has at most {LONGEST_FILE}",
            facts.len()
        )));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let before = &e.as_bytes()[..at];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        refuse(format!(
            "not UTF-8 text: line {line}, byte {at} is 0x{:02X}; save it as UTF-8",
            e.as_bytes()[at]
        ))
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Writes `text` to `path` by way of a temporary name, so that no half-written file is ever seen.
///
/// # Errors
/// [`Error::Exists`] if the file exists and `overwrite` is not set; [`Error::Io`], also for a folder, a pipe or a device.
pub fn save(path: &Path, text: &str, overwrite: bool) -> Result<()> {
    check_replaceable(path).map_err(|e| Error::io(path, "write a file at", e))?;
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(Error::Exists(path.to_path_buf()));
    }
    let failed = |e| Error::io(path, "write to", e);
    let (part, mut file) = Part::create(path).map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| part.publish(path))
        .map_err(failed)
}
