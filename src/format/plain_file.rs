//! Files are read if they are plain files: a pipe may never begin, a device never end.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::{Error, Result};

/// Why there is nothing to read at `path`; `None` for a plain file.
///
/// # Errors
/// Nothing is there, or it may not be looked at.
pub fn fault(path: &Path) -> io::Result<Option<&'static str>> {
    let facts = fs::metadata(path)?;
    Ok(match (facts.is_file(), facts.is_dir()) {
        (true, _) => None,
        (_, true) => Some("this is a folder"),
        _ => Some("this is not a plain file but a pipe or device; copy what it gives to a file"),
    })
}

/// The bytes of the plain file at `path`, which is to hold a `format` and at most `largest` bytes.
///
/// # Errors
/// [`Error::Io`]; [`Error::Malformed`] if it is no plain file or too large.
pub fn read(path: &Path, format: &'static str, largest: u64) -> Result<Vec<u8>> {
    let refused = |reason: String| Err(Error::malformed(path, format, "", reason));
    if let Some(fault) = fault(path).map_err(|e| Error::io(path, "open", e))? {
        return refused(fault.to_owned());
    }
    let file = File::open(path).map_err(|e| Error::io(path, "open", e))?;
    let failed = |e| Error::io(path, "read", e);
    let size = file.metadata().map_err(failed)?.len();
    let too_large = |size: u64| format!("it has {size} bytes; allowed are {largest}");
    if size > largest {
        return refused(too_large(size));
    }
    // Some files grow while they are read, and some of the system's have no size.
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(largest + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > largest {
        return refused(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// The same as text: UTF-8.
///
/// # Errors
/// As [`read`]; [`Error::Malformed`] with the line of the first byte that is no UTF-8.
pub fn read_text(path: &Path, format: &'static str, largest: u64) -> Result<String> {
    String::from_utf8(read(path, format, largest)?).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let before = &e.as_bytes()[..at];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let reason = format!(
            "byte {at} is 0x{:02X}, which is no UTF-8; save it as UTF-8 text",
            e.as_bytes()[at]
        );
        Error::malformed(path, format, format!("line {line}"), reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_no_text_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        fs::write(&path, b"one\ntwo\xFF").unwrap();
        let said = |result: Result<String>| result.unwrap_err().to_string();
        assert!(said(read_text(&path, "text", 7)).contains("8 bytes; allowed are 7"));
        let found = said(read_text(&path, "text", 8));
        assert!(
            found.contains("line 2") && found.contains("0xFF"),
            "{found}"
        );
        let found = said(read_text(folder.path(), "text", 8));
        assert!(found.contains("this is a folder"), "{found}");
    }
}
