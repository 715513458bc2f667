//! A layout as users name it: a built-in name or a file.

use std::path::Path;

use crate::layout::{self, Layout};
use crate::{Error, Result};

/// Largest layout file read: thousands of speakers fit.
const LARGEST_FILE: u64 = 4 << 20;

/// The layout called `name`, or the one in the file of that name.
///
/// # Errors
/// No such layout, an unreadable file, or a file with findings.
pub(super) fn load(name: &str) -> Result<Layout> {
    let path = Path::new(name);
    if !(path.extension().is_some_and(|e| e == "toml") || path.is_file()) {
        return layout::find(name);
    }
    let size = std::fs::metadata(path)
        .map_err(|e| Error::io(path, "open", e))?
        .len();
    if size > LARGEST_FILE {
        let reason = format!("{size} bytes; a layout file has at most {LARGEST_FILE}");
        return Err(Error::malformed(path, "layout", "", reason));
    }
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, "read", e))?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = format!("byte {}", e.utf8_error().valid_up_to());
        Error::malformed(path, "layout", at, "not UTF-8 text")
    })?;
    layout::parse(&text, path)
}
