//! The blocks of a channel, kept small: a film has millions of them.

use super::findings::Place;
use super::time::Time;
use crate::geometry::Position;
use crate::scene::{
    ChannelLock, Divergence, Extent, Normalization, ScreenEdgeLock, SpeakerPosition, Zone,
};

/// All blocks of a channel, in the order of time.
#[derive(Debug, Clone)]
pub enum Blocks {
    /// Of type Objects.
    Objects(ObjectBlocks),
    /// Of type DirectSpeakers.
    Speakers(Vec<SpeakerBlock>),
    /// Of type HOA.
    Hoa(Vec<HoaBlock>),
    /// Of type Matrix.
    Matrix(Vec<MatrixBlock>),
    /// Of type Binaural.
    Binaural(Vec<BinauralBlock>),
}

impl Blocks {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Objects(blocks) => blocks.blocks.len(),
            Self::Speakers(blocks) => blocks.len(),
            Self::Hoa(blocks) => blocks.len(),
            Self::Matrix(blocks) => blocks.len(),
            Self::Binaural(blocks) => blocks.len(),
        }
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// When block `index` plays.
    pub(super) fn times(&self, index: usize) -> BlockTimes {
        match self {
            Self::Objects(blocks) => blocks.times(index),
            Self::Speakers(blocks) => blocks[index].times,
            Self::Hoa(blocks) => blocks[index].times,
            Self::Matrix(blocks) => blocks[index].times,
            Self::Binaural(blocks) => blocks[index].times,
        }
    }

    /// Brings the blocks into the order of their times.
    pub(super) fn sort(&mut self) {
        let key = |times: &BlockTimes| {
            (
                times.rtime.unwrap_or(Time::ZERO),
                times.duration.unwrap_or(Time::ZERO),
            )
        };
        match self {
            Self::Objects(blocks) => {
                let wide = std::mem::take(&mut blocks.wide);
                blocks.blocks.sort_by_cached_key(|block| {
                    key(&BlockTimes {
                        rtime: block.rtime.unpack(&wide),
                        duration: block.duration.unpack(&wide),
                    })
                });
                blocks.wide = wide;
            }
            Self::Speakers(blocks) => blocks.sort_by_key(|block| key(&block.times)),
            Self::Hoa(blocks) => blocks.sort_by_key(|block| key(&block.times)),
            Self::Matrix(blocks) => blocks.sort_by_key(|block| key(&block.times)),
            Self::Binaural(blocks) => blocks.sort_by_key(|block| key(&block.times)),
        }
    }

    /// Where block `index` stands in the XML.
    pub(super) fn place(&self, index: usize) -> Place {
        match self {
            Self::Objects(blocks) => Place {
                line: blocks.blocks[index].line,
                column: 1,
            },
            Self::Speakers(blocks) => blocks[index].place,
            Self::Hoa(blocks) => blocks[index].place,
            Self::Matrix(blocks) => blocks[index].place,
            Self::Binaural(blocks) => blocks[index].place,
        }
    }
}

/// When a block plays, relative to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockTimes {
    /// Its start.
    pub rtime: Option<Time>,
    /// Its length.
    pub duration: Option<Time>,
}

/// The blocks of an object channel.
#[derive(Debug, Clone, Default)]
pub struct ObjectBlocks {
    blocks: Vec<ObjectBlock>,
    /// Everything about blocks that seldom changes from one to the next; each different one once.
    shapes: Vec<ObjectShape>,
    /// Times that do not fit the compact form.
    wide: Vec<Time>,
}

/// One block of an object channel.
#[derive(Debug, Clone, Copy)]
struct ObjectBlock {
    rtime: PackedTime,
    duration: PackedTime,
    /// Azimuth, elevation, distance; or x, y, z.
    position: [f64; 3],
    /// Linear.
    gain: f64,
    shape: u32,
    line: u32,
}

/// What jumpPosition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JumpPosition {
    /// Jumps, or moves within the interpolation length; otherwise moves over the whole block.
    pub flag: bool,
    /// How long the move takes; `None` is 0.
    pub interpolation_length: Option<Time>,
}

/// How headphones should play it (headphoneVirtualise).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeadphoneVirtualise {
    /// Not placed, played as it is.
    pub bypass: bool,
    /// Ratio of direct to reverberant sound in dB.
    pub direct_to_reverberant_db: f64,
}

/// What a block of an object says beside time, position and gain.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectShape {
    /// The position is Cartesian.
    pub cartesian: bool,
    /// How large it is.
    pub extent: Extent,
    /// Share of the power that is diffuse.
    pub diffuse: f64,
    /// Snaps to a loudspeaker.
    pub channel_lock: Option<ChannelLock>,
    /// Splits into three.
    pub divergence: Option<Divergence>,
    /// Where it is not played.
    pub zones: Vec<Zone>,
    /// Bound to the screen.
    pub screen_ref: bool,
    /// Sticks to an edge of the screen.
    pub screen_edge_lock: ScreenEdgeLock,
    /// How it gets there.
    pub jump: JumpPosition,
    /// 0..=10.
    pub importance: u32,
    /// Follows the listener's head.
    pub head_locked: bool,
    /// How headphones should play it.
    pub headphone: Option<HeadphoneVirtualise>,
}

impl Default for ObjectShape {
    fn default() -> Self {
        Self {
            cartesian: false,
            extent: Extent::default(),
            diffuse: 0.0,
            channel_lock: None,
            divergence: None,
            zones: Vec::new(),
            screen_ref: false,
            screen_edge_lock: ScreenEdgeLock::default(),
            jump: JumpPosition::default(),
            importance: 10,
            head_locked: false,
            headphone: None,
        }
    }
}

/// How many shapes back an equal one is looked for.
const RECENT: usize = 16;

impl ObjectBlocks {
    /// Adds a block; gives the bytes that it takes.
    pub(super) fn push(
        &mut self,
        times: BlockTimes,
        position: [f64; 3],
        gain: f64,
        shape: ObjectShape,
        line: u32,
    ) -> usize {
        let before = self.shapes.len();
        let wide_before = self.wide.len();
        let recent = before.saturating_sub(RECENT);
        let found = self.shapes[recent..].iter().rposition(|s| *s == shape);
        let zones = shape.zones.len();
        let index = found.map_or(before, |index| recent + index);
        if index == before {
            self.shapes.push(shape);
        }
        let block = ObjectBlock {
            rtime: PackedTime::pack(times.rtime, &mut self.wide),
            duration: PackedTime::pack(times.duration, &mut self.wide),
            position,
            gain,
            shape: u32::try_from(index).unwrap_or(u32::MAX),
            line,
        };
        self.blocks.push(block);
        size_of::<ObjectBlock>()
            + (self.shapes.len() - before) * (size_of::<ObjectShape>() + zones * size_of::<Zone>())
            + (self.wide.len() - wide_before) * size_of::<Time>()
    }

    pub(super) fn times(&self, index: usize) -> BlockTimes {
        let block = &self.blocks[index];
        BlockTimes {
            rtime: block.rtime.unpack(&self.wide),
            duration: block.duration.unpack(&self.wide),
        }
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(super) fn shape(&self, index: usize) -> &ObjectShape {
        &self.shapes[self.shape_index(index)]
    }

    /// Index of the shape of block `index`.
    pub(super) fn shape_index(&self, index: usize) -> usize {
        self.blocks[index].shape as usize
    }

    /// Linear gain of block `index`.
    pub(super) fn gain(&self, index: usize) -> f64 {
        self.blocks[index].gain
    }

    /// Every different shape.
    pub fn shapes(&self) -> &[ObjectShape] {
        &self.shapes
    }

    /// The linear gains of all blocks, in order.
    pub fn gains(&self) -> impl Iterator<Item = f64> {
        self.blocks.iter().map(|block| block.gain)
    }

    /// The position of block `index`.
    pub fn position(&self, index: usize) -> Position {
        let [a, b, c] = self.blocks[index].position;
        if self.shape(index).cartesian {
            Position::Cartesian { x: a, y: b, z: c }
        } else {
            Position::Polar {
                azimuth: a,
                elevation: b,
                distance: c,
            }
        }
    }
}

/// A time in 16 bytes: a fraction, or, with denominator 0, a place among the wide ones.
#[derive(Debug, Clone, Copy)]
struct PackedTime {
    numerator: u64,
    denominator: u64,
}

impl PackedTime {
    const NONE: Self = Self {
        numerator: u64::MAX,
        denominator: 0,
    };

    fn pack(time: Option<Time>, wide: &mut Vec<Time>) -> Self {
        let Some(time) = time else { return Self::NONE };
        match time.parts() {
            Some((numerator, denominator)) => Self {
                numerator,
                denominator,
            },
            None => {
                wide.push(time);
                Self {
                    numerator: wide.len() as u64 - 1,
                    denominator: 0,
                }
            }
        }
    }

    fn unpack(self, wide: &[Time]) -> Option<Time> {
        Time::new(self.numerator, self.denominator)
            .or_else(|| wide.get(usize::try_from(self.numerator).ok()?).copied())
    }
}

/// One block of a loudspeaker channel.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeakerBlock {
    /// When it plays.
    pub times: BlockTimes,
    /// Labels, best first.
    pub labels: Vec<String>,
    /// Where the loudspeaker is meant to be.
    pub position: SpeakerPosition,
    /// Sticks to an edge of the screen.
    pub screen_edge_lock: ScreenEdgeLock,
    /// Linear gain.
    pub gain: f64,
    /// 0..=10.
    pub importance: u32,
    /// Follows the listener's head.
    pub head_locked: bool,
    /// How headphones should play it.
    pub headphone: Option<HeadphoneVirtualise>,
    /// Where it stands.
    pub place: Place,
}

/// The block of a component of a sound field.
#[derive(Debug, Clone, PartialEq)]
pub struct HoaBlock {
    /// When it plays.
    pub times: BlockTimes,
    /// Order n.
    pub order: Option<u32>,
    /// Degree -n..=n.
    pub degree: Option<i32>,
    /// An equation of its own.
    pub has_equation: bool,
    /// How it is scaled.
    pub normalization: Option<Normalization>,
    /// Near-field distance in metres.
    pub nfc_ref_dist: Option<f64>,
    /// Bound to the screen.
    pub screen_ref: Option<bool>,
    /// Linear gain.
    pub gain: f64,
    /// 0..=10.
    pub importance: u32,
    /// Follows the listener's head.
    pub head_locked: bool,
    /// How headphones should play it.
    pub headphone: Option<HeadphoneVirtualise>,
    /// Where it stands.
    pub place: Place,
}

/// One term of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficient {
    /// ID of the channel it takes.
    pub input_ref: String,
    /// That channel.
    pub input: Option<usize>,
    /// Linear gain.
    pub gain: f64,
    /// Delay in milliseconds.
    pub delay_ms: f64,
    /// An attribute that is not supported, if it has one.
    pub unsupported: Option<&'static str>,
    /// Where it stands.
    pub place: Place,
}

/// The block of a matrix channel.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixBlock {
    /// When it plays; a matrix has no times.
    pub times: BlockTimes,
    /// ID of the channel it makes.
    pub output_ref: Option<String>,
    /// That channel.
    pub output: Option<usize>,
    /// What is added up.
    pub coefficients: Vec<Coefficient>,
    /// Linear gain.
    pub gain: f64,
    /// Where it stands.
    pub place: Place,
}

/// One block of the signal of an ear.
#[derive(Debug, Clone, PartialEq)]
pub struct BinauralBlock {
    /// When it plays.
    pub times: BlockTimes,
    /// Linear gain.
    pub gain: f64,
    /// 0..=10.
    pub importance: u32,
    /// Where it stands.
    pub place: Place,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_packing_and_equal_shapes_are_kept_once() {
        let mut blocks = ObjectBlocks::default();
        let wide = Time::parse("00:00:00.0208333333333333333333333333").unwrap();
        let times = [
            BlockTimes::default(),
            BlockTimes {
                rtime: Time::new(1, 3),
                duration: Some(wide),
            },
            BlockTimes {
                rtime: Some(wide),
                duration: Some(Time::ZERO),
            },
        ];
        for times in times {
            blocks.push(times, [0.0; 3], 1.0, ObjectShape::default(), 7);
        }
        for (index, expected) in times.into_iter().enumerate() {
            assert_eq!(blocks.times(index), expected, "{index}");
        }
        assert_eq!(blocks.shapes().len(), 1);
    }

    #[test]
    fn a_plain_block_is_small() {
        assert!(size_of::<ObjectBlock>() <= 72);
    }
}
