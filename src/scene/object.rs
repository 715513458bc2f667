//! An object: one feed and the metadata that says where it is when.

use crate::geometry::Position;
use crate::units::Frames;

/// How far an object reaches beyond a point, in degrees seen from the listener (polar positions) or in
/// room units (Cartesian positions). All zero is a point.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Extent {
    /// Left to right; degrees 0..360 or room units 0..2.
    pub width: f64,
    /// Bottom to top; degrees 0..360 or room units 0..2.
    pub height: f64,
    /// Near to far; 0..1.
    pub depth: f64,
}

impl Extent {
    /// True for a point source.
    pub fn is_point(&self) -> bool {
        self.width <= 0.0 && self.height <= 0.0 && self.depth <= 0.0
    }
}

/// What holds for an object at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectState {
    /// Where it is.
    pub position: Position,
    /// How large it is.
    pub extent: Extent,
    /// Linear gain of this moment.
    pub gain: f64,
    /// Pan on a mixing desk's stereo bus: -1 left, 0 centre, 1 right.
    pub pan: f64,
}

/// A stretch of the time line: from `start` the object's gains move linearly, within `ramp` frames, from
/// what they were to those of `state`, and stay there until the next block.
///
/// Blocks of one object are ordered by start and do not overlap. Before the first block, and after the
/// end of a block that has a length when no other follows at once, the object is silent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetadataBlock {
    /// First frame, counted from the start of the song.
    pub start: Frames,
    /// Frames it holds for; `None` until the next block or the end.
    pub length: Option<Frames>,
    /// Frames of the linear move at its beginning; 0 jumps. The first block of an object always jumps.
    pub ramp: Frames,
    /// What holds at the end of the ramp.
    pub state: ObjectState,
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
pub struct StaticBlock(Option<ObjectState>);

impl StaticBlock {
    /// An object that is in `state` throughout.
    pub fn new(state: ObjectState) -> Self {
        Self(Some(state))
    }
}

impl BlockSource for StaticBlock {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        self.0.take().map(|state| MetadataBlock {
            start: Frames(0),
            length: None,
            ramp: Frames(0),
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
    /// Its metadata over time.
    pub blocks: Box<dyn BlockSource>,
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object")
            .field("name", &self.name)
            .field("feed", &self.feed)
            .finish_non_exhaustive()
    }
}
