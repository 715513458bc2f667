//! Looks through a folder for stems.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Extensions of audio files that can be read.
const AUDIO: [&str; 11] = [
    "wav", "wave", "bwf", "rf64", "bw64", "flac", "aif", "aiff", "caf", "m4a", "mp4",
];

/// Audio that cannot be read: named to the user, since a stem would be missing.
const FOREIGN_AUDIO: [&str; 10] = [
    "mp3", "ogg", "opus", "aac", "wma", "w64", "sd2", "rx2", "ape", "wv",
];

/// Why a link that leads nowhere is not used: a stem would be missing.
pub(crate) const BROKEN_LINK: &str = "a link to audio that is not there";

/// Subfolders are searched this deep.
const DEPTH: usize = 3;

/// More files than any song has; a whole disk given by mistake costs no hours.
const MOST: usize = 10_000;

/// What a folder holds. Paths are relative to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folder {
    /// Files that may be stems, in the order a person would list them.
    pub audio: Vec<PathBuf>,
    /// Other files, each with the reason it is not used.
    pub ignored: Vec<(PathBuf, &'static str)>,
}

impl Folder {
    /// Lists `dir` and its subfolders, three deep. Hidden files are passed over, links to folders are not
    /// followed.
    ///
    /// # Errors
    /// `dir` is no folder or cannot be read, or has more than 10 000 files.
    pub fn survey(dir: &Path) -> Result<Self> {
        let mut folder = Self::default();
        folder.add(dir, Path::new(""), DEPTH)?;
        folder
            .audio
            .sort_by(|a, b| as_people_sort(&a.to_string_lossy(), &b.to_string_lossy()));
        folder.ignored.sort();
        Ok(folder)
    }

    fn add(&mut self, dir: &Path, inside: &Path, depth: usize) -> Result<()> {
        let path = dir.join(inside);
        let entries = fs::read_dir(&path).map_err(|e| Error::io(&path, "list", e))?;
        for entry in entries {
            let entry = entry.map_err(|e| Error::io(&path, "list", e))?;
            let name = entry.file_name();
            let relative = inside.join(&name);
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let kind = entry.file_type().map_err(|e| Error::io(&path, "list", e))?;
            if kind.is_dir() {
                match depth {
                    0 => self
                        .ignored
                        .push((relative, "a folder more than three deep")),
                    _ => self.add(dir, &relative, depth - 1)?,
                }
            } else {
                self.add_file(dir, relative);
            }
            if self.audio.len() + self.ignored.len() > MOST {
                return Err(Error::Usage(format!(
                    "\"{}\" holds more than {MOST} files; give the folder of one song's stems",
                    dir.display()
                )));
            }
        }
        Ok(())
    }

    fn add_file(&mut self, dir: &Path, relative: PathBuf) {
        let extension = relative
            .extension()
            .map(|extension| extension.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let is = |list: &[&str]| list.contains(&extension.as_str());
        if relative.to_str().is_none() {
            self.ignored
                .push((relative, "its name is not UTF-8; rename it"));
        } else if is(&AUDIO) && dir.join(&relative).is_file() {
            self.audio.push(relative);
        } else if is(&AUDIO) {
            let reason = match fs::metadata(dir.join(&relative)) {
                Err(_) => BROKEN_LINK,
                Ok(_) => "not a file",
            };
            self.ignored.push((relative, reason));
        } else if is(&FOREIGN_AUDIO) {
            self.ignored.push((
                relative,
                "audio of a kind that is not read; export it as WAV or FLAC",
            ));
        } else {
            self.ignored.push((relative, "not audio"));
        }
    }
}

/// "Gtr 2" before "Gtr 10", capitals or not.
fn as_people_sort(a: &str, b: &str) -> Ordering {
    let key = |text: &str| -> Vec<(String, u64)> {
        let mut parts = vec![(String::new(), 0u64)];
        let mut in_number = false;
        for c in text.to_lowercase().chars() {
            match c.to_digit(10) {
                Some(digit) => {
                    if let Some((_, number)) = parts.last_mut() {
                        *number = number.saturating_mul(10).saturating_add(u64::from(digit));
                    }
                    in_number = true;
                }
                None => {
                    if std::mem::take(&mut in_number) {
                        parts.push((String::new(), 0));
                    }
                    if let Some((letters, _)) = parts.last_mut() {
                        letters.push(c);
                    }
                }
            }
        }
        parts
    };
    key(a).cmp(&key(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_listed_as_people_sort_and_nothing_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        for file in [
            "Gtr 10.wav",
            "gtr 2.FLAC",
            "notes.txt",
            "old.mp3",
            ".hidden.wav",
            "Drums/Kick.aif",
            "a/b/c/deep.wav",
            "a/b/c/d/deeper.wav",
        ] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        let folder = Folder::survey(dir.path()).unwrap();
        let audio: Vec<_> = folder
            .audio
            .iter()
            .map(|p| p.to_string_lossy().replace('\\', "/"))
            .collect();
        assert_eq!(
            audio,
            [
                "a/b/c/deep.wav",
                "Drums/Kick.aif",
                "gtr 2.FLAC",
                "Gtr 10.wav"
            ]
        );
        let ignored: Vec<_> = folder
            .ignored
            .iter()
            .map(|(p, _)| p.file_name().unwrap())
            .collect();
        assert_eq!(ignored, ["d", "notes.txt", "old.mp3"]);
    }

    #[test]
    fn what_is_no_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Folder::survey(&dir.path().join("none")).is_err());
        let file = dir.path().join("file");
        fs::write(&file, b"x").unwrap();
        assert!(Folder::survey(&file).is_err());
    }
}
