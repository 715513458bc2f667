//! An object: one feed and the metadata that says what it is and where when.

use std::sync::Arc;

use super::{DirectSpeakers, Features, HoaComponent, OnHeadphones, SoundField};
use crate::geometry::{Position, direction};
use crate::units::Frames;

/// How far an object reaches beyond a point, in degrees seen from the listener (polar positions) or along
/// the axes of the room (Cartesian positions). All zero is a point.
///
/// With Cartesian positions the three are the sizes along x, z and y (ITU-R BS.2076-2, table 16): height is
/// up, depth front to back. 1 is as large as the room, and more counts as 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Extent {
    /// Left to right; degrees 0..360 or a share of the room 0..1.
    pub width: f64,
    /// Bottom to top; degrees 0..360 or a share of the room 0..1.
    pub height: f64,
    /// Near to far, in loudspeaker distances 0..1; in the room front to back, a share of it 0..1.
    pub depth: f64,
}

impl Extent {
    /// True for a point source.
    pub fn is_point(&self) -> bool {
        self.width <= 0.0 && self.height <= 0.0 && self.depth <= 0.0
    }
}

/// Pan on a mixing desk's stereo bus: -1 left, 0 centre, 1 right. Most targets never ask for it, and it takes as long to
/// work out as the rest of a state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pan {
    /// Here.
    At(f64),
    /// As far to the side as a place lies, and `offset` farther to the right.
    Beside {
        /// The place.
        place: Position,
        /// How much farther to the right.
        offset: f64,
    },
}

impl Pan {
    /// The pan itself, -1..1.
    pub fn value(self) -> f64 {
        match self {
            Self::At(pan) => pan,
            Self::Beside { place, offset } => (lateral(place) + offset).clamp(-1.0, 1.0),
        }
    }
}

/// How far to the side a position lies: -1 left, 1 right.
///
/// Outside the unit sphere it is the x of the unit vector towards the position; inside, x itself, so that
/// a move through the listener's head does not jump from one side to the other. A polar position keeps
/// its direction down to distance 0.
fn lateral(position: Position) -> f64 {
    match position {
        Position::Polar {
            azimuth, elevation, ..
        } => direction(azimuth, elevation).x,
        Position::Cartesian { .. } => {
            let v = position.vector();
            v.x / v.norm().max(1.0)
        }
    }
}

/// What holds for a positioned object at one moment (ITU-R BS.2076, type Objects).
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectState {
    /// Where it is.
    pub position: Position,
    /// How large it is.
    pub extent: Extent,
    /// Linear gain of this moment.
    pub gain: f64,
    /// Pan on a mixing desk's stereo bus.
    pub pan: Pan,
    /// Share of the power that is played diffuse, 0..1.
    pub diffuse: f64,
    /// Rarer properties; `None` for an object without any.
    pub features: Option<Arc<Features>>,
}

impl ObjectState {
    /// A point at `position` at full level, with nothing else said.
    pub fn at(position: Position) -> Self {
        Self {
            position,
            extent: Extent::default(),
            gain: 1.0,
            pan: Pan::At(0.0),
            diffuse: 0.0,
            features: None,
        }
    }
}

/// What a feed is, and what holds for it.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Heard from a position.
    Object(ObjectState),
    /// Made for a loudspeaker.
    DirectSpeakers(Arc<DirectSpeakers>),
    /// A component of a sound field.
    Hoa(HoaComponent),
    /// The signal of one ear; only binaural targets can play it.
    Binaural {
        /// True for the left ear.
        left: bool,
        /// Linear gain.
        gain: f64,
    },
}

impl State {
    /// Where it is heard from, if from a position.
    pub fn position(&self) -> Option<Position> {
        self.object().map(|state| state.position)
    }

    /// What holds for it if it is heard from a position.
    pub fn object(&self) -> Option<&ObjectState> {
        match self {
            Self::Object(state) => Some(state),
            _ => None,
        }
    }
}

impl From<ObjectState> for State {
    fn from(state: ObjectState) -> Self {
        Self::Object(state)
    }
}

/// The linear move of gains at the beginning of a block, in absolute frames that may lie between
/// samples: at `start` the gains are those of before, from `end` on those of the block.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ramp {
    /// Where the move begins; never after the block's first frame.
    pub start: f64,
    /// Where it has arrived; a jump if it is not after `start`.
    pub end: f64,
}

impl Ramp {
    /// A jump.
    pub const JUMP: Self = Self {
        start: 0.0,
        end: 0.0,
    };

    /// A move of `frames` frames that begins at `start`.
    pub fn over(start: Frames, frames: Frames) -> Self {
        Self {
            start: start.0 as f64,
            end: (start.0 + frames.0) as f64,
        }
    }
}

/// A stretch of the time line: from `start` the gains of a feed move linearly, within `ramp`, from what
/// they were to those of `state`, and stay there until the next block.
///
/// Blocks of one object are ordered by start and do not overlap. Before the first block, and after the
/// end of a block that has a length when no other follows at once, the object is silent. Who makes blocks
/// writes a [jump](Ramp::JUMP) after such a silence; the first block of an object jumps whatever it says.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataBlock {
    /// First frame, counted from the start of the song.
    pub start: Frames,
    /// Frames it holds for; `None` until the next block or the end.
    pub length: Option<Frames>,
    /// The move of the gains at its beginning.
    pub ramp: Ramp,
    /// What holds at the end of the ramp.
    pub state: State,
}

/// Delivers an object's blocks in order of time, each once.
///
/// Called while rendering: an implementation neither fails nor blocks for long (a file is checked when
/// the scene is built).
pub trait BlockSource: Send {
    /// The next block, or `None` when there are no more.
    fn next_block(&mut self) -> Option<MetadataBlock>;
}

/// One block from frame 0 on: an object that stands still.
#[derive(Debug, Clone)]
pub struct StaticBlock(Option<State>);

impl StaticBlock {
    /// An object that is in `state` throughout.
    pub fn new(state: impl Into<State>) -> Self {
        Self(Some(state.into()))
    }
}

impl BlockSource for StaticBlock {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        self.0.take().map(|state| MetadataBlock {
            start: Frames(0),
            length: None,
            ramp: Ramp::JUMP,
            state,
        })
    }
}

/// One mono feed with its metadata.
pub struct Object {
    /// The name people see ("Pad Synth L").
    pub name: String,
    /// Row of the mixer's feeds that it plays.
    pub feed: usize,
    /// The colour in which pictures draw it, "#RRGGBB"; `None`: one of their own.
    pub colour: Option<String>,
    /// Some of its blocks are (partly) diffuse: targets then delay all else to match their decorrelators.
    pub diffuse: bool,
    /// Some of its blocks have an extent, diverge or keep out of zones: it is heard from several directions.
    pub spread: bool,
    /// What it wishes for on headphones.
    pub headphones: OnHeadphones,
    /// The sound field it is a component of, if it is one: targets prepare its decoder.
    pub sound_field: Option<Arc<SoundField>>,
    /// Its metadata over time.
    pub blocks: Box<dyn BlockSource>,
}

impl Object {
    /// An object that is always a point, never diffuse and no part of a sound field.
    pub fn new(name: impl Into<String>, feed: usize, blocks: Box<dyn BlockSource>) -> Self {
        Self {
            name: name.into(),
            feed,
            colour: None,
            diffuse: false,
            spread: false,
            headphones: OnHeadphones::default(),
            sound_field: None,
            blocks,
        }
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object")
            .field("name", &self.name)
            .field("feed", &self.feed)
            .finish_non_exhaustive()
    }
}
