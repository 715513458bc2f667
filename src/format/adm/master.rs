//! What the renderer plays of a document.

use std::path::PathBuf;

use super::build::Build;
use super::model::{Document, TypeDefinition};
use super::select::Selection;
use crate::error::{Finding, Severity};
use crate::scene::Object;
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// One part of a feed: a channel of the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeedTerm {
    /// Channel of the file, from 0.
    pub channel: usize,
    /// Linear gain; below 0 turns the polarity round.
    pub gain: f64,
    /// Delay in frames.
    pub delay_frames: u64,
}

/// What an object plays: a sum of channels of the file. A plain track is one term of gain 1 without delay.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Feed {
    /// What is added up; never empty.
    pub terms: Vec<FeedTerm>,
}

impl Feed {
    /// The channel of the file that it is, if it is one as it stands.
    pub fn plain(&self) -> Option<usize> {
        match self.terms.as_slice() {
            [term] if term.gain.to_bits() == 1.0_f64.to_bits() && term.delay_frames == 0 => {
                Some(term.channel)
            }
            _ => None,
        }
    }
}

/// Where an object of the scene comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// ID of the audioObject; `None` in a file without objects.
    pub object: Option<String>,
    /// ID of the pack it is played as.
    pub pack: String,
    /// ID of the channel format.
    pub channel: String,
    /// What it is.
    pub kind: TypeDefinition,
    /// Follows the listener's head.
    pub head_locked: bool,
    /// How headphones should play it: its first block's word.
    pub headphone: Option<super::blocks::HeadphoneVirtualise>,
    /// How headphones should play it: the dbmd chunk's word.
    pub binaural_mode: Option<super::dbmd::BinauralMode>,
    /// The dbmd chunk's word on trims.
    pub trim_bypass: bool,
    /// The dbmd chunk's number of the head-tracking mode.
    pub head_tracking: u8,
}

/// An ADM file ready to be rendered.
#[derive(Debug)]
pub struct Master {
    /// The file.
    pub path: PathBuf,
    /// Name of the programme, or of the file without its ending.
    pub title: String,
    /// ID of the programme that is played.
    pub programme: Option<String>,
    /// Sample rate of the file.
    pub sample_rate: SampleRate,
    /// Frames of the file.
    pub length: Frames,
    /// Channels of the file.
    pub channels: usize,
    /// The feeds; objects that play the same share one.
    pub feeds: Vec<Feed>,
    /// What is heard: object `n` plays row `feed` of the feeds.
    pub objects: Vec<Object>,
    /// Where each object comes from.
    pub origins: Vec<Origin>,
    /// What was found on the way: warnings and notes.
    pub findings: Vec<Finding>,
}

impl Document {
    /// What `selection` plays of this document.
    ///
    /// # Errors
    /// [`Error::Session`] with everything that was found, if any of it is an error.
    pub fn master(&self, selection: &Selection) -> Result<Master> {
        self.build(selection, false)
    }

    /// What `selection` plays of this document, of which that was asked before: the times of blocks, found good then,
    /// are not tried again, and nothing is said of them.
    ///
    /// # Errors
    /// As [`master`](Self::master).
    pub(crate) fn master_again(&self, selection: &Selection) -> Result<Master> {
        self.build(selection, true)
    }

    fn build(&self, selection: &Selection, is_tried: bool) -> Result<Master> {
        let mut findings = self.findings.clone();
        let mut build = Build::new(self, selection, is_tried);
        let mut programme = None;
        if !findings.has_errors() {
            programme = build.run(&mut findings);
        }
        let found = findings.finish(selection.strict);
        if found.iter().any(|f| f.severity == Severity::Error) {
            return Err(Error::Session {
                path: self.path.clone(),
                findings: found,
            });
        }
        let programme = programme.map(|programme| &self.programmes[programme].head);
        let title = match programme {
            Some(head) if !head.name.is_empty() => head.name.clone(),
            _ => self
                .path
                .file_stem()
                .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()),
        };
        Ok(Master {
            path: self.path.clone(),
            title,
            programme: programme.map(|head| head.id.clone()),
            sample_rate: self.sample_rate,
            length: self.length,
            channels: self.channel_count,
            feeds: build.feeds,
            objects: build.objects,
            origins: build.origins,
            findings: found,
        })
    }
}
