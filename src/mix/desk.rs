//! The desk as it is set up: strips, groups, returns, master, and what connects them.
//!
//! Everything is fed from left to right: a strip into its group, groups and returns into the master. Sends
//! copy a strip or group into a return, keys are heard by compressors alone; neither may come back to where
//! it started.

use std::ops::Range;

use super::GainCurve;
use crate::effect::{Settings, Side, Tap};
use crate::units::{Frames, Gain};

/// What runs between the channels of the stem files and the feeds that are panned.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    /// One strip per stem.
    pub strips: Vec<Strip>,
    /// Groups of strips. Members stay separate feeds; dynamics work on their sum.
    pub groups: Vec<Group>,
    /// Returns, whose outputs are feeds of their own.
    pub returns: Vec<Return>,
    /// The master, which all feeds are members of.
    pub master: Master,
    /// Side of each feed: what it adds to when feeds are summed. Feeds beyond the list are in the middle.
    pub sides: Vec<Side>,
    /// Beats per minute, for delays in note values.
    pub bpm: Option<f64>,
}

/// One stem's channel strip.
#[derive(Debug, Clone, Default)]
pub struct Strip {
    /// The stem's name.
    pub name: String,
    /// Its rows of the feeds: one for a mono stem, left and right for a stereo stem.
    pub feeds: Range<usize>,
    /// Processors, in the order in which they work.
    pub chain: Vec<Settings>,
    /// Parameters of the chain that move.
    pub lanes: Vec<Lane>,
    /// When it is silenced, before its sends; 0 dB where it is not.
    pub mute: Option<GainCurve>,
    /// Levels over time that multiply.
    pub gains: Vec<GainCurve>,
    /// Copies for returns.
    pub sends: Vec<AuxSend>,
    /// Level of the copy sent to the LFE, after fader, group and master; the sides of a stereo stem add up.
    pub lfe: Option<Gain>,
}

/// Strips that are worked on as one.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its strips, as indices into [`Desk::strips`].
    pub members: Vec<usize>,
    /// Processors, in the order in which they work: a compressor hears the sum and turns all members by one
    /// gain.
    pub chain: Vec<Settings>,
    /// Parameters of the chain that move.
    pub lanes: Vec<Lane>,
    /// When it is silenced, before its sends.
    pub mute: Option<GainCurve>,
    /// Levels over time that multiply.
    pub gains: Vec<GainCurve>,
    /// Copies of the sum for returns.
    pub sends: Vec<AuxSend>,
}

/// A strip that sends feed, and whose outputs are feeds.
#[derive(Debug, Clone, Default)]
pub struct Return {
    /// Its name.
    pub name: String,
    /// Its rows of the feeds, one per position.
    pub feeds: Range<usize>,
    /// Processors, in the order in which they work. From the first that makes outputs of its own (reverb,
    /// delay, convolution) on, there is a channel per position.
    pub chain: Vec<Settings>,
    /// Parameters of the chain that move.
    pub lanes: Vec<Lane>,
    /// When it is silenced, before its sends.
    pub mute: Option<GainCurve>,
    /// Levels over time that multiply.
    pub gains: Vec<GainCurve>,
    /// Copies for other returns.
    pub sends: Vec<AuxSend>,
}

/// What all feeds go through.
#[derive(Debug, Clone, Default)]
pub struct Master {
    /// Processors, in the order in which they work: a compressor hears the sum and turns all feeds by one
    /// gain.
    pub chain: Vec<Settings>,
    /// Parameters of the chain that move.
    pub lanes: Vec<Lane>,
    /// Levels over time that multiply.
    pub gains: Vec<GainCurve>,
}

/// A copy for a return.
#[derive(Debug, Clone)]
pub struct AuxSend {
    /// The return, as an index into [`Desk::returns`].
    pub to: usize,
    /// Its level over time.
    pub level: GainCurve,
    /// Before the fader, or after it.
    pub tap: Tap,
}

/// A parameter of a chain over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Entry of the chain.
    pub entry: usize,
    /// Name of the parameter, as [`Parameter::name`](crate::effect::Parameter).
    pub parameter: String,
    /// Its values: the first holds before, the last after.
    pub points: Vec<LanePoint>,
}

/// One point of a [`Lane`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LanePoint {
    /// Absolute frame.
    pub at: Frames,
    /// Value there, in the parameter's unit.
    pub value: f64,
    /// Shape of the segment that arrives at this point.
    pub curve: crate::scene::Curve,
}

/// A place of the desk, by kind and index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One of [`Desk::strips`].
    Strip(usize),
    /// One of [`Desk::groups`].
    Group(usize),
    /// One of [`Desk::returns`].
    Return(usize),
    /// [`Desk::master`].
    Master,
}

impl Place {
    /// What it is called in sessions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Strip(_) => "stem",
            Self::Group(_) => "group",
            Self::Return(_) => "return",
            Self::Master => "master",
        }
    }
}

impl Desk {
    /// The chain of a place.
    ///
    /// # Panics
    /// If the desk has no such place.
    pub fn chain_of(&self, place: Place) -> &[Settings] {
        match place {
            Place::Strip(i) => &self.strips[i].chain,
            Place::Group(i) => &self.groups[i].chain,
            Place::Return(i) => &self.returns[i].chain,
            Place::Master => &self.master.chain,
        }
    }

    /// A desk of `strips` alone.
    pub fn of_strips(strips: Vec<Strip>) -> Self {
        Self {
            strips,
            ..Self::default()
        }
    }

    /// True if it has nothing but faders and LFE sends: then no feed needs to know of another.
    pub(super) fn is_bare(&self) -> bool {
        let plain = |strip: &Strip| strip.chain.is_empty() && strip.sends.is_empty();
        self.groups.is_empty()
            && self.returns.is_empty()
            && self.master.chain.is_empty()
            && self.master.gains.is_empty()
            && self.strips.iter().all(plain)
    }

    /// Side of a feed.
    pub(super) fn side(&self, feed: usize) -> Side {
        self.sides.get(feed).copied().unwrap_or(Side::Both)
    }
}
