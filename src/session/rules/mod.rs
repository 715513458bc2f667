//! What a session must satisfy beyond its schema: references, times, places, files.
//!
//! The rules read the tree, not the deserialised session, so that they still find what they can in a
//! session of which other parts are wrong: everything is reported at once.

mod advice;
mod audio;
mod desk;
mod files;
mod names;
mod outs;
mod place;
mod times;

use std::path::Path;

use super::findings::Findings;
use super::tree::Cursor;

pub(crate) use audio::{StemAudio, check as check_audio, open as open_audio};
pub(crate) use desk::{advise, check_chains};
pub(crate) use names::silenced;
pub use outs::{Target, file_name, on_headphones, target};
pub(crate) use times::{time_line, time_of};

use crate::units::SampleRate;

/// Most tables of one kind that the rules look at: the schema refuses more.
const MOST: usize = 4096;

/// Checks everything that needs no audio. `path` is the session file's own.
pub(crate) fn check(root: Cursor<'_>, path: &Path, findings: &mut Findings) {
    // Only order and reference are checked here; any rate will do.
    let line = time_line(root, SampleRate(48_000), findings);
    times::check(root, &line, findings);
    names::check(root, findings);
    place::check(root, findings);
    desk::check(root, findings);
    files::check(root, path, findings);
    outs::check(root, path, findings);
}

/// The tables of one kind: `[[stem]]`, `[[group]]`, `[[out]]`.
fn tables<'a>(root: Cursor<'a>, kind: &str) -> impl Iterator<Item = Cursor<'a>> + Clone {
    root.key(kind).items().take(MOST)
}

/// The folder of the session file.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
