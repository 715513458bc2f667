//! What a master holds, before it has IDs.

use std::collections::HashMap;

use super::super::blocks::HeadphoneVirtualise;
use super::super::dbmd::BinauralMode;
use super::super::model::Loudness;
use crate::scene::{BlockSource, Normalization};
use crate::units::{Frames, SampleRate};

/// What holds for the whole master.
#[derive(Debug, Clone)]
pub struct MasterFacts {
    /// Name of the programme.
    pub title: String,
    /// Sample rate of the file.
    pub sample_rate: SampleRate,
    /// Frames of the file.
    pub length: Frames,
    /// Bits of a sample.
    pub bits: u32,
    /// How loud it is, if that was measured.
    pub loudness: Option<Loudness>,
    /// What a master that this one is made from says; `None` for a session.
    pub said: Option<Said>,
}

/// What a master says of its programme and contents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// Time code of the start, in seconds.
    pub start_s: f64,
    /// Language of the programme.
    pub language: Option<String>,
    /// What is said of contents, by their names.
    pub contents: HashMap<String, ContentSaid>,
    /// Its blocks are those of Dolby's profile: there they are written again as they stand, however short.
    pub is_dolby: bool,
}

/// What a master says of a content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContentSaid {
    /// Whether it is dialogue (0 no, 1 yes, 2 mixed), and of which kind.
    pub dialogue: Option<[u32; 2]>,
    /// Its language.
    pub language: Option<String>,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// A positioned sound, of one track.
    Object,
    /// Channels made for loudspeakers. `common` are the IDs of pack and channels if they are of the common
    /// definitions (ITU-R BS.2094).
    Speakers {
        /// Pack and channels.
        common: Option<(String, Vec<String>)>,
    },
    /// A sound field in spherical harmonics.
    Field {
        /// How its components are scaled.
        normalization: Normalization,
    },
    /// Signals for the left and the right ear.
    Ears,
}

/// One audioObject to be: a sound with its tracks.
#[derive(Debug)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// The audioContent that it belongs to.
    pub content: String,
    /// What it is.
    pub kind: ItemKind,
    /// Its tracks, in the order of its pack.
    pub tracks: Vec<Track>,
}

/// One track of a master.
pub struct Track {
    /// Name of its channel format.
    pub name: String,
    /// Row of the feeds that it carries; `None` is silence.
    pub row: Option<usize>,
    /// Its metadata over time.
    pub blocks: Box<dyn BlockSource>,
    /// How headphones are to play it.
    pub binaural: BinauralMode,
    /// Follows the listener's head.
    pub head_locked: bool,
    /// How headphones are to play it, in the words of ITU-R BS.2076-2.
    pub headphone: Option<HeadphoneVirtualise>,
    /// The dbmd chunk's word on trims.
    pub trim_bypass: bool,
    /// The dbmd chunk's number of the head-tracking mode.
    pub head_tracking: u8,
}

impl std::fmt::Debug for Track {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Track")
            .field("name", &self.name)
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}
