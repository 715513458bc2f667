//! What is rendered: feeds read from files, and the scene that says what they are.

use std::path::{Path, PathBuf};

use crate::mix::{Desk, MatrixFeed};
use crate::scene::Object;
use crate::session::{Input, Song};
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// A scene with the files its feeds come from.
#[derive(Debug)]
pub struct Programme {
    /// Its title.
    pub title: String,
    /// The rate of the feeds; files of another rate are converted to it.
    pub sample_rate: SampleRate,
    /// Its length; files that end before are followed by silence.
    pub length: Frames,
    /// The files to read, each once.
    pub inputs: Vec<Input>,
    /// Files that no output may replace: the session, all its stems, tables of positions, layouts.
    pub files: Vec<PathBuf>,
    /// Feeds that are sums of other feeds.
    pub matrix: Vec<MatrixFeed>,
    /// What runs between the files' channels and the feeds.
    pub desk: Desk,
    /// The objects that play the feeds.
    pub objects: Vec<Object>,
    /// Number of feeds.
    pub feed_count: usize,
}

impl From<Song> for Programme {
    fn from(song: Song) -> Self {
        Self {
            title: song.title,
            sample_rate: song.sample_rate,
            length: song.length,
            inputs: song.inputs,
            files: song.files,
            matrix: Vec::new(),
            desk: song.desk,
            objects: song.objects,
            feed_count: song.feed_count,
        }
    }
}

impl Programme {
    /// Refuses an output at `path` that would replace a file which the programme is read from.
    ///
    /// # Errors
    /// [`Error::Usage`] that names it.
    pub fn check_not_input(&self, path: &Path) -> Result<()> {
        // What does not exist yet is no input.
        let Ok(output) = path.canonicalize() else {
            return Ok(());
        };
        let inputs = self.inputs.iter().map(|input| &input.path);
        let is_output = |file: &&PathBuf| file.canonicalize().is_ok_and(|file| file == output);
        match inputs.chain(&self.files).find(is_output) {
            None => Ok(()),
            Some(file) => Err(Error::Usage(format!(
                "\"{}\" is what is read: an output never replaces its input; choose another name",
                file.display()
            ))),
        }
    }
}
