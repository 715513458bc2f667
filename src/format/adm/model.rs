//! The elements of an ADM document (ITU-R BS.2076), as they stand in the file.
//!
//! References are kept as written, and beside them, once resolved, as indices into the [`Document`]'s
//! tables. IDs are compared without regard to capitals.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocks::Blocks;
use super::chna::ChnaRow;
use super::dbmd::Dbmd;
use super::findings::{Findings, Place};
use super::time::Time;
use crate::error::Finding;
use crate::format::AudioFacts;
use crate::layout::Screen;
use crate::scene::Normalization;
use crate::units::{Frames, SampleRate};

/// What a pack or channel is (typeDefinition).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TypeDefinition {
    /// Channels made for loudspeakers.
    DirectSpeakers,
    /// Sums of other channels.
    Matrix,
    /// Positioned objects.
    Objects,
    /// Components of a sound field.
    Hoa,
    /// Signals for the two ears.
    Binaural,
}

impl TypeDefinition {
    /// All, in the order of their labels 0001 to 0005.
    pub const ALL: [Self; 5] = [
        Self::DirectSpeakers,
        Self::Matrix,
        Self::Objects,
        Self::Hoa,
        Self::Binaural,
    ];

    /// The word of the typeDefinition attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::DirectSpeakers => "DirectSpeakers",
            Self::Matrix => "Matrix",
            Self::Objects => "Objects",
            Self::Hoa => "HOA",
            Self::Binaural => "Binaural",
        }
    }

    /// The type of a typeLabel, 1 to 5.
    pub(super) fn of_label(label: u32) -> Option<Self> {
        Self::ALL.get((label as usize).checked_sub(1)?).copied()
    }
}

/// A reference to another element, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The ID it names.
    pub id: String,
    /// Where it stands.
    pub place: Place,
}

/// What all elements have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The ID, as written.
    pub id: String,
    /// The name.
    pub name: String,
    /// Where the element begins.
    pub place: Place,
    /// It is of the common definitions, not of the file.
    pub is_common: bool,
}

/// An element with an ID.
pub trait Element {
    /// The element's name in the XML ("audioObject").
    const KIND: &'static str;
    /// What it has in common with others.
    fn head(&self) -> &Head;
}

macro_rules! elements {
    ($($type:ident $kind:literal)*) => {
        $(impl Element for $type {
            const KIND: &'static str = $kind;
            fn head(&self) -> &Head {
                &self.head
            }
        })*
    };
}

elements! {
    Programme "audioProgramme"
    Content "audioContent"
    AudioObject "audioObject"
    PackFormat "audioPackFormat"
    ChannelFormat "audioChannelFormat"
    StreamFormat "audioStreamFormat"
    TrackFormat "audioTrackFormat"
    TrackUid "audioTrackUID"
}

/// All elements of one kind, in the order of the file.
#[derive(Debug, Clone)]
pub struct Table<T> {
    items: Vec<T>,
    /// Index of each ID, in capitals.
    by_id: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            by_id: HashMap::new(),
        }
    }
}

impl<T: Element> Table<T> {
    /// Adds an element; gives the index of one that has its ID already.
    pub(super) fn add(&mut self, item: T) -> Result<usize, usize> {
        let index = self.items.len();
        let key = item.head().id.to_ascii_uppercase();
        if let Some(&first) = self.by_id.get(&key) {
            return Err(first);
        }
        self.by_id.insert(key, index);
        self.items.push(item);
        Ok(index)
    }

    /// Index of the element with this ID.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(&id.to_ascii_uppercase()).copied()
    }
}

impl<T> std::ops::Deref for Table<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> std::ops::DerefMut for Table<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}

/// A label in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Language code, if given.
    pub language: Option<String>,
    /// The words.
    pub text: String,
}

/// What a file says of its loudness (loudnessMetadata); LKFS, LU and dBTP.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loudness {
    /// How it was measured ("ITU-R BS.1770").
    pub method: Option<String>,
    /// Integrated loudness.
    pub integrated: Option<f64>,
    /// Loudness range.
    pub range: Option<f64>,
    /// Maximum true peak.
    pub max_true_peak: Option<f64>,
    /// Maximum momentary loudness.
    pub max_momentary: Option<f64>,
    /// Maximum short-term loudness.
    pub max_short_term: Option<f64>,
    /// Loudness of the dialogue.
    pub dialogue: Option<f64>,
}

/// An audioProgramme.
#[derive(Debug, Clone, Default)]
pub struct Programme {
    /// ID, name, place.
    pub head: Head,
    /// Its language.
    pub language: Option<String>,
    /// Labels for people.
    pub labels: Vec<Label>,
    /// Time code of its start.
    pub start: Option<Time>,
    /// Time code of its end.
    pub end: Option<Time>,
    /// The screen it was made for; `None`: the default screen.
    pub screen: Option<Screen>,
    /// Loudness facts.
    pub loudness: Vec<Loudness>,
    pub(super) content_refs: Vec<Reference>,
    pub(super) alternative_refs: Vec<Reference>,
    /// Its contents.
    pub contents: Vec<usize>,
    /// The alternative value sets it chooses: object and index of the set.
    pub alternatives: Vec<(usize, usize)>,
}

/// An audioContent.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// ID, name, place.
    pub head: Head,
    /// Its language.
    pub language: Option<String>,
    /// Labels for people.
    pub labels: Vec<Label>,
    /// 0 no dialogue, 1 dialogue, 2 both.
    pub dialogue: Option<u32>,
    /// The kind of it (dialogueContentKind and its like).
    pub dialogue_kind: Option<u32>,
    /// Loudness facts.
    pub loudness: Vec<Loudness>,
    pub(super) object_refs: Vec<Reference>,
    pub(super) alternative_refs: Vec<Reference>,
    /// Its objects.
    pub objects: Vec<usize>,
    /// The alternative value sets it chooses: object and index of the set.
    pub alternatives: Vec<(usize, usize)>,
}

/// A shift of positions; what is not said is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PositionOffset {
    /// Degrees and distances.
    Polar {
        /// + = left.
        azimuth: f64,
        /// + = up.
        elevation: f64,
        /// + = farther.
        distance: f64,
    },
    /// Room units.
    Cartesian {
        /// + = right.
        x: f64,
        /// + = front.
        y: f64,
        /// + = up.
        z: f64,
    },
}

/// Values that an alternative value set puts in place of an object's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlternativeValueSet {
    /// Its ID.
    pub id: String,
    /// Linear gain.
    pub gain: Option<f64>,
    /// Silent.
    pub mute: Option<bool>,
    /// Shift of positions.
    pub offset: Option<PositionOffset>,
}

/// An audioObject.
#[derive(Debug, Clone, Default)]
pub struct AudioObject {
    /// ID, name, place.
    pub head: Head,
    /// Labels for people.
    pub labels: Vec<Label>,
    /// When it starts; `None` is 0.
    pub start: Option<Time>,
    /// How long it lasts; `None`: to the end.
    pub duration: Option<Time>,
    /// 0..=10; `None`: the highest.
    pub importance: Option<u32>,
    /// 0 no dialogue, 1 dialogue, 2 both.
    pub dialogue: Option<u32>,
    /// Users may change it.
    pub interactive: bool,
    /// Linear gain.
    pub gain: Option<f64>,
    /// Silent.
    pub mute: bool,
    /// Follows the head of the listener.
    pub head_locked: bool,
    /// Shift of the positions of its blocks.
    pub offset: Option<PositionOffset>,
    /// Alternative values.
    pub alternative_sets: Vec<AlternativeValueSet>,
    pub(super) pack_refs: Vec<Reference>,
    pub(super) object_refs: Vec<Reference>,
    pub(super) complementary_refs: Vec<Reference>,
    pub(super) track_refs: Vec<Reference>,
    /// Its packs.
    pub packs: Vec<usize>,
    /// The objects inside it.
    pub objects: Vec<usize>,
    /// The objects it can be exchanged for.
    pub complementary: Vec<usize>,
    /// Its tracks; `None` is a silent one (ATU_00000000).
    pub tracks: Vec<Option<usize>>,
}

/// An audioPackFormat.
#[derive(Debug, Clone)]
pub struct PackFormat {
    /// ID, name, place.
    pub head: Head,
    /// What it is.
    pub kind: TypeDefinition,
    /// 0..=10; `None`: the highest.
    pub importance: Option<u32>,
    /// Loudspeaker distance in metres that distance 1 stands for.
    pub absolute_distance: Option<f64>,
    /// Scaling of a sound field.
    pub normalization: Option<Normalization>,
    /// Near-field distance of a sound field in metres.
    pub nfc_ref_dist: Option<f64>,
    /// A sound field bound to the screen.
    pub screen_ref: Option<bool>,
    pub(super) channel_refs: Vec<Reference>,
    pub(super) pack_refs: Vec<Reference>,
    pub(super) encode_refs: Vec<Reference>,
    pub(super) decode_refs: Vec<Reference>,
    pub(super) input_ref: Option<Reference>,
    pub(super) output_ref: Option<Reference>,
    /// Its own channels.
    pub channels: Vec<usize>,
    /// The packs inside it.
    pub packs: Vec<usize>,
    /// Encoding matrices of a decoding matrix.
    pub encoders: Vec<usize>,
    /// Pack that a matrix takes its channels from.
    pub input: Option<usize>,
    /// Pack whose channels a matrix makes.
    pub output: Option<usize>,
}

impl PackFormat {
    pub(super) fn new(head: Head, kind: TypeDefinition) -> Self {
        Self {
            head,
            kind,
            importance: None,
            absolute_distance: None,
            normalization: None,
            nfc_ref_dist: None,
            screen_ref: None,
            channel_refs: Vec::new(),
            pack_refs: Vec::new(),
            encode_refs: Vec::new(),
            decode_refs: Vec::new(),
            input_ref: None,
            output_ref: None,
            channels: Vec::new(),
            packs: Vec::new(),
            encoders: Vec::new(),
            input: None,
            output: None,
        }
    }
}

/// The band of a channel in Hz.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Frequency {
    /// Its upper end.
    pub low_pass: Option<f64>,
    /// Its lower end.
    pub high_pass: Option<f64>,
}

/// An audioChannelFormat.
#[derive(Debug, Clone)]
pub struct ChannelFormat {
    /// ID, name, place.
    pub head: Head,
    /// What it is.
    pub kind: TypeDefinition,
    /// Its band.
    pub frequency: Frequency,
    /// Its metadata over time.
    pub blocks: Arc<Blocks>,
}

/// An audioStreamFormat.
#[derive(Debug, Clone, Default)]
pub struct StreamFormat {
    /// ID, name, place.
    pub head: Head,
    pub(super) channel_ref: Option<Reference>,
    pub(super) pack_ref: Option<Reference>,
    pub(super) track_refs: Vec<Reference>,
    /// Its channel.
    pub channel: Option<usize>,
    /// Its pack: coded audio, or both beside the channel in Dolby's files.
    pub pack: Option<usize>,
}

/// An audioTrackFormat.
#[derive(Debug, Clone, Default)]
pub struct TrackFormat {
    /// ID, name, place.
    pub head: Head,
    pub(super) stream_ref: Option<Reference>,
    /// Its stream.
    pub stream: Option<usize>,
}

/// An audioTrackUID: a track of the file and what it is.
#[derive(Debug, Clone, Default)]
pub struct TrackUid {
    /// ID and place; it has no name.
    pub head: Head,
    /// Sample rate it states, in Hz.
    pub sample_rate: Option<u32>,
    /// Bit depth it states.
    pub bit_depth: Option<u32>,
    pub(super) track_ref: Option<Reference>,
    pub(super) channel_ref: Option<Reference>,
    pub(super) pack_ref: Option<Reference>,
    /// Channel of the file, from 0 (chna).
    pub file_channel: Option<usize>,
    /// Its channel format, directly or by way of track and stream format.
    pub channel: Option<usize>,
    /// Its pack format.
    pub pack: Option<usize>,
}

/// What kind of ADM file it is, as far as its looks tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Dolby's master profile.
    Dolby,
    /// ITU-R BS.2076 as the EBU's tools write it.
    Ebu,
}

impl Profile {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dolby => "Dolby master profile",
            Self::Ebu => "EBU/ITU form",
        }
    }

    /// In one word.
    pub fn id(self) -> &'static str {
        match self {
            Self::Dolby => "dolby",
            Self::Ebu => "ebu",
        }
    }
}

/// A profile that the file names (profileList).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedProfile {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its level.
    pub level: Option<String>,
}

/// The ADM metadata of a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file.
    pub path: PathBuf,
    /// Sample rate of the file.
    pub sample_rate: SampleRate,
    /// Frames of the file.
    pub length: Frames,
    /// Channels of the file.
    pub channel_count: usize,
    /// The version attribute ("ITU-R_BS.2076-2").
    pub version: Option<String>,
    /// Edition of ITU-R BS.2076: 1 where nothing is said.
    pub edition: u32,
    /// Profiles it names.
    pub profiles: Vec<NamedProfile>,
    /// Programmes.
    pub programmes: Table<Programme>,
    /// Contents.
    pub contents: Table<Content>,
    /// Objects.
    pub objects: Table<AudioObject>,
    /// Packs.
    pub packs: Table<PackFormat>,
    /// Channels.
    pub channels: Table<ChannelFormat>,
    /// Streams.
    pub streams: Table<StreamFormat>,
    /// Track formats.
    pub tracks: Table<TrackFormat>,
    /// Tracks.
    pub uids: Table<TrackUid>,
    /// Rows of the chna chunk.
    pub chna: Vec<ChnaRow>,
    /// What the dbmd chunk says.
    pub dbmd: Option<Dbmd>,
    pub(super) findings: Findings,
}

impl Document {
    /// The document of a file of which nothing but the header has been read.
    pub(super) fn empty(path: &Path, facts: &AudioFacts) -> Self {
        Self {
            path: path.to_path_buf(),
            sample_rate: facts.sample_rate,
            length: facts.frames,
            channel_count: facts.channels,
            version: None,
            edition: 1,
            profiles: Vec::new(),
            programmes: Table::default(),
            contents: Table::default(),
            objects: Table::default(),
            packs: Table::default(),
            channels: Table::default(),
            streams: Table::default(),
            tracks: Table::default(),
            uids: Table::default(),
            chna: Vec::new(),
            dbmd: None,
            findings: Findings::new(path),
        }
    }

    /// What was found while reading, before anything of it was selected.
    pub fn findings(&self) -> Vec<Finding> {
        self.findings.clone().finish(false)
    }

    /// What kind of file it looks like: streams that name both a channel and a pack, or a dbmd chunk, are
    /// found in files of Dolby's profile only.
    pub fn profile(&self) -> Profile {
        let names_both = |stream: &StreamFormat| {
            !stream.head.is_common && stream.channel_ref.is_some() && stream.pack_ref.is_some()
        };
        if self.dbmd.is_some() || self.streams.iter().any(names_both) {
            Profile::Dolby
        } else {
            Profile::Ebu
        }
    }

    /// Blocks of all channels of the file.
    pub fn block_count(&self) -> usize {
        let own = self
            .channels
            .iter()
            .filter(|channel| !channel.head.is_common);
        own.map(|channel| channel.blocks.len()).sum()
    }
}
