//! A song: what a session is built into.

use std::path::PathBuf;

use super::outs::{DeliverySpec, OutSpec};
use crate::effect::Settings;
use crate::error::Finding;
use crate::mix::Desk;
use crate::scene::Object;
use crate::units::{Frames, SampleRate};

/// How a session is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BuildOptions {
    /// Take stems of another sample rate, to be converted to that of most stems, instead of refusing them.
    pub resample: bool,
}

/// A song ready to be rendered.
///
/// Feeds are numbered from 0 in the order of the stems, left before right, then of the returns and their
/// places; object k plays feed k.
#[derive(Debug)]
pub struct Song {
    /// Its title.
    pub title: String,
    /// The rate of most stems; with [`BuildOptions::resample`] others are to be converted to it.
    pub sample_rate: SampleRate,
    /// Length of the longest stem; shorter ones are followed by silence.
    pub length: Frames,
    /// The files to read, each once, however many stems it carries.
    pub inputs: Vec<Input>,
    /// All files that it belongs with: the session and what it names, stems that do not sound included, but for its
    /// outputs.
    pub files: Vec<PathBuf>,
    /// The strips of the stems that sound, in the order of the session, the groups that have work of their
    /// own, the returns and the master.
    pub desk: Desk,
    /// Processors on the desk's stereo bus.
    pub stereo_chain: Vec<Settings>,
    /// One object per feed.
    pub objects: Vec<Object>,
    /// Number of feeds.
    pub feed_count: usize,
    /// What is written.
    pub outs: Vec<OutSpec>,
    /// Outputs that are no renders: masters, stems, sound fields.
    pub deliveries: Vec<DeliverySpec>,
    /// What was found on the way, notes included.
    pub warnings: Vec<Finding>,
}

/// A file to read: channel `channels[k]` is feed `feeds[k]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The stem it is, for messages; the first of them if it carries several.
    pub stem: String,
    /// The file.
    pub path: PathBuf,
    /// Its audio track, from 1; `None`: the only one, or the first.
    pub track: Option<usize>,
    /// Channels of the file, from 0.
    pub channels: Vec<usize>,
    /// Rows of the feeds.
    pub feeds: Vec<usize>,
}
