//! A layout as users name it: a built-in name or a file.

use std::path::Path;

use crate::Result;
use crate::format::plain_file;
use crate::layout::{self, Layout};

/// Largest layout file read: thousands of speakers fit.
const LARGEST_FILE: u64 = 4 << 20;

/// The layout called `name`, or the one in the file of that name.
///
/// # Errors
/// No such layout, an unreadable file, or a file with findings.
pub(super) fn load(name: &str) -> Result<Layout> {
    let path = Path::new(name);
    // A folder may be called as a layout is.
    let is_there = path.exists() && !path.is_dir();
    if !(path.extension().is_some_and(|e| e == "toml") || is_there) {
        return layout::find(name);
    }
    let text = plain_file::read_text(path, "layout", LARGEST_FILE)?;
    layout::parse(&text, path)
}
