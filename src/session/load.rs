//! Reading a session file.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::build::build;
use super::codes::WRONG_TYPE;
use super::conform::conform;
use super::findings::Findings;
use super::json_schema::json_schema;
use super::rules::{self, Written};
use super::schema::SessionFile;
use super::song::{BuildOptions, Song};
use super::text;
use super::time::Time;
use super::tree::{Cursor, Node};
use crate::error::{Finding, Severity};
use crate::format::plain_file;
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// A session that satisfies every rule that needs no audio.
#[derive(Debug, Clone)]
pub struct Session {
    /// The session file.
    pub path: PathBuf,
    /// Its text, in which the spans of findings lie (without a byte order mark).
    pub text: String,
    /// What it says.
    pub file: SessionFile,
    /// Warnings and notes.
    pub findings: Vec<Finding>,
    pub(super) tree: Node,
}

/// A session file as far as it can be read, with everything that was found in it.
#[derive(Debug)]
pub struct Checked {
    /// Its text, in which the spans of findings lie (without a byte order mark); empty if unreadable.
    pub text: String,
    /// Every finding, in the order of the text.
    pub findings: Vec<Finding>,
    /// The session, if there is no finding of error level.
    pub session: Option<Session>,
    path: PathBuf,
    /// What can be made out of a session with errors.
    faulty: Option<Node>,
}

impl Session {
    fn of(path: &Path, text: &str, file: SessionFile, tree: Node) -> Self {
        Self {
            path: path.to_path_buf(),
            text: text.to_owned(),
            file,
            findings: Vec::new(),
            tree,
        }
    }

    /// Reads and checks a session file. Files it names must exist; audio is opened only to tell more of what is wrong.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Malformed`] if it is no plain file; [`Error::Session`] with every finding if it breaks a rule.
    pub fn load(path: &Path) -> Result<Self> {
        let mut checked = Checked::of(path)?;
        if let Some(session) = checked.session {
            return Ok(session);
        }
        if let Some(written) = checked.written() {
            let mut findings = Findings::new(path);
            rules::check_audio(written, false, &mut findings);
            checked.add(findings.finish(&checked.text));
        }
        Err(Error::Session {
            path: path.to_path_buf(),
            findings: checked.findings,
        })
    }

    /// Opens the stems and makes everything a renderer needs.
    ///
    /// # Errors
    /// [`Error::Stem`] for the first stem whose audio cannot be used; [`Error::Session`] if the session
    /// and its audio do not fit.
    pub fn build(&self, options: &BuildOptions) -> Result<Song> {
        build(self, options)
    }

    /// The song's title: as written, or the name of the file.
    pub fn title(&self) -> String {
        self.file.song.title.clone().unwrap_or_else(|| {
            let name = self.path.file_stem().unwrap_or_default();
            name.to_string_lossy().into_owned()
        })
    }

    /// The absolute frame of a time as it is written in sessions: seconds, bar|beat, min:s, a marker.
    ///
    /// # Errors
    /// [`Error::Usage`] if it is no time, or names no marker of this session.
    pub fn frame_at(&self, time: &str, rate: SampleRate) -> Result<Frames> {
        let line = rules::time_line(self.root(), rate, &mut Findings::new(&self.path));
        time.parse::<Time>()
            .and_then(|time| line.frame(&time))
            .map_err(|problem| Error::Usage(format!("\"{time}\": {problem}")))
    }

    /// The audio file of a stem.
    pub(super) fn stem_path(&self, file: &str) -> PathBuf {
        let stems = self.file.song.stems.as_deref().unwrap_or("");
        rules::folder(&self.path).join(stems).join(file)
    }

    /// The files that stems are read from, each with a track of it and the name of the first stem that it is; a file
    /// or track of which several stems take channels is listed once.
    pub fn stem_files(&self) -> Vec<(PathBuf, Option<usize>, String)> {
        let mut files: Vec<(PathBuf, Option<usize>, String)> = Vec::new();
        for stem in &self.file.stem {
            let path = self.stem_path(&stem.file);
            let track = stem.track.and_then(|track| usize::try_from(track).ok());
            if !files
                .iter()
                .any(|(known, of, _)| *known == path && *of == track)
            {
                files.push((path, track, stem.name.clone()));
            }
        }
        files
    }

    /// The stereo master that the session names to be compared with.
    pub fn reference(&self) -> Option<PathBuf> {
        let name = self.file.song.reference.as_deref()?;
        Some(rules::folder(&self.path).join(name))
    }

    pub(super) fn root(&self) -> Cursor<'_> {
        Cursor::new(&self.tree)
    }

    pub(super) fn written(&self) -> Written<'_> {
        Written {
            root: self.root(),
            path: &self.path,
            findings: &self.findings,
        }
    }

    /// The session file and all files that it names, whatever for, except those that it writes.
    pub fn files(&self) -> Vec<PathBuf> {
        let folder = rules::folder(&self.path);
        let mut files = vec![self.path.clone()];
        // Stems are read from a folder of their own, and belong to the session though they are muted.
        files.extend(self.file.stem.iter().map(|stem| self.stem_path(&stem.file)));
        self.tree.texts("out", "file", &mut |text| {
            let path = folder.join(text);
            if path.is_file() {
                files.push(path);
            }
        });
        files
    }
}

impl Checked {
    /// Reads a session file and lists everything that is to be said about it.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Malformed`] if it is no plain file.
    pub fn of(path: &Path) -> Result<Self> {
        let bytes = read_bounded(path)?;
        Ok(Self::of_bytes(bytes, path))
    }

    /// As [`of`](Self::of), for the content of a file; what the session names is looked for relative to
    /// `path`.
    pub fn of_bytes(bytes: Vec<u8>, path: &Path) -> Self {
        let mut findings = Findings::new(path);
        let Some(text) = text::decode(bytes, &mut findings) else {
            return Self::broken(path, String::new(), None, findings);
        };
        let Some(tree) = text::parse(&text, path, &mut findings) else {
            return Self::broken(path, text, None, findings);
        };
        let (found, more) = conform(json_schema(), &tree);
        findings.extend(found, more);
        rules::check(Cursor::new(&tree), path, &mut findings);
        if findings.has_errors() {
            return Self::broken(path, text, Some(tree), findings);
        }
        let file = match SessionFile::deserialize(&tree) {
            Ok(file) => file,
            Err(fault) => {
                // Whatever the schema passes, the types take; a test holds them together.
                findings.add(WRONG_TYPE, None, fault.to_string(), "", "");
                return Self::broken(path, text, Some(tree), findings);
            }
        };
        let findings = findings.finish(&text);
        Self {
            session: Some(Session {
                findings: findings.clone(),
                ..Session::of(path, &text, file, tree)
            }),
            text,
            findings,
            path: path.to_path_buf(),
            faulty: None,
        }
    }

    fn broken(path: &Path, text: String, faulty: Option<Node>, findings: Findings) -> Self {
        Self {
            findings: findings.finish(&text),
            text,
            session: None,
            path: path.to_path_buf(),
            faulty,
        }
    }

    pub(super) fn written(&self) -> Option<Written<'_>> {
        match &self.session {
            Some(session) => Some(session.written()),
            None => Some(Written {
                root: Cursor::new(self.faulty.as_ref()?),
                path: &self.path,
                findings: &self.findings,
            }),
        }
    }

    /// Puts more findings about the same session in among those of its text, each at its place.
    pub fn add(&mut self, more: Vec<Finding>) {
        let (own, elsewhere): (Vec<Finding>, Vec<Finding>) = self
            .findings
            .drain(..)
            .chain(more)
            .partition(|f| f.path == self.path);
        self.findings = own;
        self.findings
            .sort_by_key(|finding| finding.span.as_ref().map_or(0, |span| span.start));
        self.findings.extend(elsewhere);
    }

    /// True if a finding is of error level.
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }
}

/// The file's bytes, at most one more than a session may have: what is larger is refused unread.
fn read_bounded(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;
    let failed = |e| Error::io(path, "read", e);
    if let Some(fault) = plain_file::fault(path).map_err(failed)? {
        let what = match path.is_dir() {
            true => "this is a folder; name the session file in it",
            false => fault,
        };
        return Err(Error::malformed(path, "session", "", what));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(text::LARGEST as u64 + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    Ok(bytes)
}
