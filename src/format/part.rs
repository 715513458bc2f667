//! Files under a temporary name until they are whole.
//!
//! `mix.wav` is written as `mix.wav.umbel-4711.part`, where 4711 is the process, and is locked as long as somebody
//! writes it. Whole, it gets its name; if the work fails, it is removed. What a killed process has left behind is
//! removed by the next one that writes the same file: the lock went with the process, whatever its number is by
//! now. Where the system knows no locks, nothing is removed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Error, Result};

/// What stands between a file's name and the number of the process.
const MARK: &str = ".umbel-";

const SUFFIX: &str = ".part";

/// How often a temporary file is made anew that another process has taken for abandoned, in the moment between
/// its creation and its lock.
const ATTEMPTS: usize = 8;

/// A temporary file; removed when dropped, unless it has got its name.
#[derive(Debug)]
pub(crate) struct Part {
    path: PathBuf,
    /// Holds the lock: the same open file that is written.
    _lock: Arc<File>,
    has_name: bool,
}

impl Part {
    /// Begins the file that is to be called `target`; gives it open for reading and writing. What killed
    /// processes have left of the same file is removed.
    ///
    /// # Errors
    /// The file cannot be created, or `target` is something that no file may replace.
    pub(crate) fn create(target: &Path) -> io::Result<(Self, Arc<File>)> {
        check_replaceable(target)?;
        remove_abandoned(target);
        let mut path = OsString::from(target);
        path.push(format!("{MARK}{}{SUFFIX}", std::process::id()));
        let path = PathBuf::from(path);
        for _ in 0..ATTEMPTS {
            let file = File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path)?;
            lock(&file);
            if is_at(&file, &path) {
                let file = Arc::new(file);
                let part = Self {
                    _lock: Arc::clone(&file),
                    path,
                    has_name: false,
                };
                return Ok((part, file));
            }
        }
        Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another process removes the temporary file again and again",
        ))
    }

    /// The temporary file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name, in place of what has it now.
    ///
    /// # Errors
    /// It cannot be renamed; it is removed then.
    pub(crate) fn publish(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.has_name = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.has_name {
            // There is nobody left to tell if this fails too.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A file that is whole and has not got its name yet; removed when dropped before.
#[derive(Debug)]
pub(crate) struct Whole {
    part: Part,
    target: PathBuf,
}

impl Whole {
    /// Writes all of the file that is to be called `target`.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(target: PathBuf, content: &[u8]) -> Result<Self> {
        let (part, mut file) =
            Part::create(&target).map_err(|e| Error::io(&target, "create", e))?;
        match file.write_all(content) {
            Ok(()) => Ok(Self { part, target }),
            Err(e) => Err(Error::io(target, "write to", e)),
        }
    }

    /// Gives it its name, and tells it.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub(crate) fn publish(self) -> Result<PathBuf> {
        match self.part.publish(&self.target) {
            Ok(()) => Ok(self.target),
            Err(e) => Err(Error::io(self.target, "write to", e)),
        }
    }
}

/// Folders made for outputs; those that are empty when this is dropped are removed again.
#[derive(Debug)]
pub(crate) struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    /// Makes `folder` and those above it, as far as they are missing; an empty path is the current one.
    ///
    /// # Errors
    /// One cannot be made.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        // The innermost first, which is how they can be removed.
        let made = Self(missing.map(Path::to_path_buf).collect());
        if !made.0.is_empty() {
            fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create the folder", e))?;
        }
        Ok(made)
    }

    /// As [`create`](Self::create), the folder in which the file `target` is to be.
    ///
    /// # Errors
    /// One cannot be made.
    pub(crate) fn of_file(target: &Path) -> Result<Self> {
        Self::create(target.parent().unwrap_or(Path::new("")))
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // One that holds something stays: the system removes empty ones alone.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Refuses a target that is no file: a renamed one would take the place of a folder, a pipe or a device.
///
/// # Errors
/// It is one of these.
pub(crate) fn check_replaceable(target: &Path) -> io::Result<()> {
    match fs::metadata(target) {
        Ok(facts) if facts.is_dir() => Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        )),
        Ok(facts) if !facts.is_file() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a pipe or device",
        )),
        _ => Ok(()),
    }
}

/// Writes the whole file `target` at once, in place of what has its name now.
///
/// # Errors
/// It cannot be written; what had the name still has it then.
pub(crate) fn replace(target: &Path, content: &[u8]) -> Result<()> {
    Whole::write(target.to_path_buf(), content)?.publish()?;
    Ok(())
}

#[cfg(unix)]
fn lock(file: &File) {
    // A file system without locks: then the file is never taken for abandoned either.
    let _ = file.try_lock();
}

/// True if `path` still leads to `file`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    let found = fs::symlink_metadata(path).and_then(|there| Ok(same(there, file.metadata()?)));
    found.unwrap_or(false)
}

/// Removes temporary files of `target` that no process has locked.
#[cfg(unix)]
fn remove_abandoned(target: &Path) {
    let Some(name) = target.file_name() else {
        return;
    };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // A folder that cannot be read has nothing that can be removed.
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_part_of(&entry.file_name(), name) && is_abandoned(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// True if `found` is how a temporary file of `name` is called.
#[cfg(unix)]
fn is_part_of(found: &std::ffi::OsStr, name: &std::ffi::OsStr) -> bool {
    let rest = found
        .as_encoded_bytes()
        .strip_prefix(name.as_encoded_bytes());
    rest.and_then(|rest| rest.strip_prefix(MARK.as_bytes()))
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()))
        .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

#[cfg(unix)]
fn is_abandoned(path: &Path) -> bool {
    let file = File::options().read(true).write(true).open(path);
    file.is_ok_and(|file| file.try_lock().is_ok() && is_at(&file, path))
}

// Elsewhere locks keep even their own process from reading the file again.
#[cfg(not(unix))]
fn lock(_file: &File) {}

#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(not(unix))]
fn remove_abandoned(_target: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn whole_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("mix.wav");
        fs::write(&target, "old").unwrap();
        let (part, mut file) = Part::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        drop((part, file));
        assert_eq!(names(folder.path()), ["mix.wav"]);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        let (part, mut file) = Part::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        part.publish(&target).unwrap();
        assert_eq!(names(folder.path()), ["mix.wav"]);
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn folders_made_for_nothing_go_again_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b/c");
        drop(NewFolders::create(&inner).unwrap());
        assert!(names(folder.path()).is_empty());
        let outer = NewFolders::create(&folder.path().join("a")).unwrap();
        let made = NewFolders::of_file(&inner.join("mix.wav")).unwrap();
        fs::write(folder.path().join("a/mix.wav"), "new").unwrap();
        drop((made, outer));
        assert_eq!(names(&folder.path().join("a")), ["mix.wav"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_nobody_writes_any_more_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("mix.wav");
        let others = [
            "mix.wav",
            "mix.wav.part",
            "mix.wav.umbel-.part",
            "mix.wav.umbel-12.part.bak",
            "mix.wav.umbel-1x.part",
            "other.wav.umbel-12.part",
        ];
        for name in others {
            fs::write(folder.path().join(name), name).unwrap();
        }
        fs::write(folder.path().join("mix.wav.umbel-12.part"), "left").unwrap();
        let busy = File::create(folder.path().join("mix.wav.umbel-13.part")).unwrap();
        busy.lock().unwrap();
        fs::create_dir(folder.path().join("mix.wav.umbel-14.part")).unwrap();
        let (part, _file) = Part::create(&target).unwrap();
        let mut expected: Vec<String> = others.map(String::from).to_vec();
        expected.extend(["mix.wav.umbel-13.part", "mix.wav.umbel-14.part"].map(String::from));
        expected.push(
            part.path()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned(),
        );
        expected.sort();
        assert_eq!(names(folder.path()), expected);
        // Its own is locked, too, as long as it is written.
        assert!(!is_abandoned(part.path()));
    }
}
