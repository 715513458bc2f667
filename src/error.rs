//! What can go wrong, in terms a user can act on.
//!
//! Kept apart: the file is broken ([`Error::Malformed`]), the file is fine but not handled
//! ([`Error::Unsupported`]), the machine failed ([`Error::Io`]). [`Finding`] is one remark about a text
//! file with its place; [`Error::Session`] carries all of them at once.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One failure, naming the file, the place, what was found and what is allowed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine failed: reading, writing, renaming.
    #[error("\"{}\": cannot {action}: {source}", path.display())]
    Io {
        /// File or folder concerned.
        path: PathBuf,
        /// What was tried, as a verb phrase ("open", "write to").
        action: &'static str,
        /// The system's own reason.
        source: std::io::Error,
    },
    /// A file breaks the rules of its own format.
    #[error("\"{}\": not a valid {format} file: {reason}{}", path.display(), at_suffix(at))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The format it claims to be ("WAV", "layout").
        format: &'static str,
        /// Chunk and byte offset, line, element; empty if it is the whole file.
        at: String,
        /// What was found and what is allowed.
        reason: String,
    },
    /// A legal file that this program does not handle.
    #[error("\"{}\": {feature} is not supported; {hint}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it asks for.
        feature: String,
        /// What to do instead.
        hint: String,
    },
    /// A session (or another text file of the user's) has at least one error-level finding; all are listed.
    #[error("\"{}\": {}", path.display(), summary(findings))]
    Session {
        /// The text file.
        path: PathBuf,
        /// Every finding, in the order of the file.
        findings: Vec<Finding>,
    },
    /// A chain of processors has at least one error-level finding; all are listed.
    #[error("the chain of {} cannot be used: {}", name.display(), summary(findings))]
    Chain {
        /// Where the text is from: a file, or the option it was given with.
        name: PathBuf,
        /// The text, in which the spans of the findings lie.
        text: String,
        /// Every finding, in the order of the text.
        findings: Vec<Finding>,
    },
    /// The audio of a stem cannot be used.
    #[error("stem \"{stem}\" (\"{}\"): {reason}", path.display())]
    Stem {
        /// The stem's name in the session.
        stem: String,
        /// Its file.
        path: PathBuf,
        /// What was found and what to do.
        reason: String,
    },
    /// A loudspeaker layout cannot be used.
    #[error("layout \"{layout}\"{}: {reason}", speaker_suffix(speaker))]
    Layout {
        /// Name or path of the layout as asked for.
        layout: String,
        /// Label of the speaker concerned, or empty.
        speaker: String,
        /// What was found and what is allowed.
        reason: String,
    },
    /// Arguments that cannot be carried out together.
    #[error("{0}")]
    Usage(String),
    /// An output exists already and overwriting was not asked for.
    #[error("\"{}\" exists; give -f to overwrite it", .0.display())]
    Exists(PathBuf),
    /// A written file, read again, is not what was written.
    #[error("\"{}\": verification after writing failed: {reason}", path.display())]
    Verify {
        /// The file just written (removed again).
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// The work is done, but a limit that the user set is not kept: loudness, peak, an error-level finding.
    #[error("{0}")]
    Gate(String),
    /// Stopped by the user; partial outputs have been removed.
    #[error("interrupted; nothing was left behind")]
    Interrupted,
    /// Stopped by the user when outputs had already been finished: they stand. The words say what does.
    #[error("interrupted; {0}")]
    InterruptedLate(String),
}

impl Error {
    /// An I/O failure on `path` while trying to `action` it ("open", "write to").
    pub fn io(path: impl Into<PathBuf>, action: &'static str, source: std::io::Error) -> Self {
        Self::Io {
            path: path.into(),
            action,
            source,
        }
    }

    /// A file that breaks its format's rules. `at` is the place ("chunk \"fmt \" at byte 12"), or empty.
    pub fn malformed(
        path: impl Into<PathBuf>,
        format: &'static str,
        at: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self::Malformed {
            path: path.into(),
            format,
            at: at.into(),
            reason: reason.into(),
        }
    }

    /// A layout fault; `speaker` is empty when the whole layout is meant.
    pub fn layout(
        layout: impl Into<String>,
        speaker: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self::Layout {
            layout: layout.into(),
            speaker: speaker.into(),
            reason: reason.into(),
        }
    }

    /// What an interrupt is once something stands that was finished before it, as `standing` says.
    pub fn with_standing(self, standing: impl FnOnce() -> String) -> Self {
        match self {
            Self::Interrupted => Self::InterruptedLate(standing()),
            other => other,
        }
    }

    /// An unusable stem.
    pub fn stem(stem: impl Into<String>, path: &Path, reason: impl Into<String>) -> Self {
        Self::Stem {
            stem: stem.into(),
            path: path.to_path_buf(),
            reason: reason.into(),
        }
    }
}

fn at_suffix(at: &str) -> String {
    if at.is_empty() {
        String::new()
    } else {
        format!(" ({at})")
    }
}

fn speaker_suffix(speaker: &str) -> String {
    if speaker.is_empty() {
        String::new()
    } else {
        format!(", speaker \"{speaker}\"")
    }
}

fn summary(findings: &[Finding]) -> String {
    let errors = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .count();
    match errors {
        1 => "1 error".to_owned(),
        n => format!("{n} errors"),
    }
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing needs doing.
    Note,
    /// The work goes on, with a defined result that may not be what was meant.
    Warning,
    /// Nothing is rendered.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One remark about a user's file, with its place if it is a text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Rule number ("U463"); once released a number never changes its meaning.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The file concerned.
    pub path: PathBuf,
    /// Byte range of the words concerned in the file's text, if it has a place.
    pub span: Option<Range<usize>>,
    /// 1-based line and column (in characters) of the span's start, if it has a place.
    pub line_column: Option<(usize, usize)>,
    /// The sentence: what was found.
    pub message: String,
    /// Short words under the underline ("not a group").
    pub label: String,
    /// What is allowed and what to do next; empty if the message says it all.
    pub help: String,
}

impl Finding {
    /// A remark about a whole file.
    pub fn of_file(
        code: &'static str,
        severity: Severity,
        path: &Path,
        message: String,
        help: &str,
    ) -> Self {
        Self {
            code,
            severity,
            path: path.to_path_buf(),
            span: None,
            line_column: None,
            message,
            label: String::new(),
            help: help.to_owned(),
        }
    }
}

/// 1-based line and column (in characters) of a byte offset in `text`.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let offset = (0..=offset.min(text.len()))
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or(0);
    let before = &text[..offset];
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    (line, before[start..].chars().count() + 1)
}
