//! What is rendered: feeds read from files, and the scene that says what they are.

use crate::mix::{Desk, MatrixFeed};
use crate::scene::Object;
use crate::session::{Input, Song};
use crate::units::{Frames, SampleRate};

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
            matrix: Vec::new(),
            desk: song.desk,
            objects: song.objects,
            feed_count: song.feed_count,
        }
    }
}
