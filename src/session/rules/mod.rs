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

use std::path::{Path, PathBuf};

use super::findings::Findings;
use super::tree::Cursor;

pub(crate) use audio::{StemAudio, check as check_audio};
pub(crate) use desk::{advise, check_chains};
pub(crate) use names::silenced;
pub use outs::{Target, file_name, on_headphones, target};
pub(crate) use times::{time_line, time_of};

use crate::error::{Finding, Severity};
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

/// A session as it is written, for the rules that open audio: sound, or with faults that others have found in its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) root: Cursor<'a>,
    /// The session file.
    pub(crate) path: &'a Path,
    /// What was found in its text.
    pub(crate) findings: &'a [Finding],
}

impl Written<'_> {
    /// There is no error in the text.
    fn is_sound(&self) -> bool {
        self.errors().next().is_none()
    }

    /// There is an error in these words.
    fn is_faulty(&self, words: Cursor<'_>) -> bool {
        words.span().is_some_and(|words| {
            self.errors()
                .filter_map(|error| error.span.as_ref())
                .any(|span| span.start < words.end && words.start < span.end)
        })
    }

    fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|f| f.severity == Severity::Error && f.path == self.path)
    }

    /// The audio file of a stem.
    fn stem_path(&self, file: &str) -> PathBuf {
        let stems = self.root.key("song").key("stems").text().unwrap_or("");
        folder(self.path).join(stems).join(file)
    }
}

/// The tables of one kind: `[[stem]]`, `[[group]]`, `[[out]]`.
fn tables<'a>(root: Cursor<'a>, kind: &str) -> impl Iterator<Item = Cursor<'a>> + Clone {
    root.key(kind).items().take(MOST)
}

/// The folder of the session file.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
