//! The blocks of a document as the renderer plays them, made one by one while it plays.
//!
//! All of them have been tried before: nothing here can fail on a checked document.

use std::sync::Arc;

use super::blocks::{Blocks, JumpPosition, ObjectBlocks, ObjectShape};
use super::model::PositionOffset;
use super::timeline::{Fault, Span, Timeline};
use crate::geometry::Position;
use crate::layout::Screen;
use crate::scene::{BlockSource, Features, MetadataBlock, ObjectState, Pan, Ramp, State};
use crate::units::Frames;

/// What an object does to all of its blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct ObjectValues {
    /// Linear gain.
    pub(super) gain: f64,
    pub(super) offset: Option<PositionOffset>,
    /// The screen the programme was made for.
    pub(super) screen: Screen,
    /// Blocks of lower importance are silent.
    pub(super) threshold: u32,
}

/// Plays the blocks of an object channel.
pub(super) struct ObjectSource {
    timeline: Timeline,
    values: ObjectValues,
    /// Rarer properties of each shape.
    features: Vec<Option<Arc<Features>>>,
    next: usize,
    /// When the block before the next one plays.
    before: Option<Span>,
}

impl ObjectSource {
    /// A source of the blocks of `timeline`, which are of type Objects.
    pub(super) fn new(timeline: Timeline, values: ObjectValues) -> Self {
        let features = match &*timeline.blocks {
            Blocks::Objects(blocks) => blocks
                .shapes()
                .iter()
                .map(|shape| features_of(shape, values.screen))
                .collect(),
            _ => Vec::new(),
        };
        Self {
            timeline,
            values,
            features,
            next: 0,
            before: None,
        }
    }

    fn block(&mut self, blocks: &ObjectBlocks, index: usize) -> Result<MetadataBlock, Fault> {
        let shape = blocks.shape(index);
        let (start, length, ramp) = place(&self.timeline, index, shape.jump, &mut self.before)?;
        let position = match self.values.offset {
            Some(offset) => shifted(blocks.position(index), offset),
            None => blocks.position(index),
        };
        let heard = shape.importance >= self.values.threshold;
        let gain = if heard { blocks.gain(index) } else { 0.0 };
        Ok(MetadataBlock {
            start,
            length,
            ramp,
            state: State::Object(ObjectState {
                position,
                extent: shape.extent,
                gain: gain * self.values.gain,
                pan: Pan::At(lateral(position)),
                diffuse: shape.diffuse,
                features: self
                    .features
                    .get(blocks.shape_index(index))
                    .cloned()
                    .flatten(),
            }),
        })
    }
}

impl BlockSource for ObjectSource {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        let blocks = Arc::clone(&self.timeline.blocks);
        let Blocks::Objects(blocks) = &*blocks else {
            return None;
        };
        if self.next >= blocks.len() {
            return None;
        }
        let block = self.block(blocks, self.next);
        self.next += 1;
        block.ok()
    }
}

/// Start, length and move of a block, the one after `before`, which it takes the place of.
fn place(
    timeline: &Timeline,
    index: usize,
    jump: JumpPosition,
    before: &mut Option<Span>,
) -> Result<(Frames, Option<Frames>, Ramp), Fault> {
    let span = timeline.span(index)?;
    let (start, length) = timeline.frames(index, span)?;
    let ramp = if span.follows(before.replace(span)) {
        timeline.ramp(span, jump)?
    } else {
        Ramp::JUMP
    };
    Ok((start, length, ramp))
}

/// Plays blocks whose states are known and jump: loudspeaker channels, components, ears.
pub(super) struct JumpSource {
    timeline: Timeline,
    /// One per block.
    states: Vec<State>,
    next: usize,
    /// When the block before the next one plays.
    before: Option<Span>,
}

impl JumpSource {
    /// A source of `states`, one for each block of `timeline`.
    pub(super) fn new(timeline: Timeline, states: Vec<State>) -> Self {
        Self {
            timeline,
            states,
            next: 0,
            before: None,
        }
    }
}

impl BlockSource for JumpSource {
    fn next_block(&mut self) -> Option<MetadataBlock> {
        const JUMP: JumpPosition = JumpPosition {
            flag: true,
            interpolation_length: None,
        };
        let state = self.states.get(self.next)?.clone();
        let (start, length, ramp) =
            place(&self.timeline, self.next, JUMP, &mut self.before).ok()?;
        self.next += 1;
        Some(MetadataBlock {
            start,
            length,
            ramp,
            state,
        })
    }
}

/// The rarer properties of a shape, if it has any.
fn features_of(shape: &ObjectShape, screen: Screen) -> Option<Arc<Features>> {
    let plain = shape.channel_lock.is_none()
        && shape.divergence.is_none()
        && shape.zones.is_empty()
        && !shape.screen_ref
        && shape.screen_edge_lock.is_none();
    (!plain).then(|| {
        Arc::new(Features {
            channel_lock: shape.channel_lock,
            divergence: shape.divergence,
            zones: shape.zones.clone(),
            screen_ref: shape.screen_ref,
            screen_edge_lock: shape.screen_edge_lock,
            reference_screen: screen,
        })
    })
}

/// A position moved by an offset of the same form; it stays within the limits of its form.
fn shifted(position: Position, offset: PositionOffset) -> Position {
    match (position, offset) {
        (
            Position::Polar {
                azimuth,
                elevation,
                distance,
            },
            PositionOffset::Polar {
                azimuth: by_azimuth,
                elevation: by_elevation,
                distance: by_distance,
            },
        ) => Position::Polar {
            azimuth: azimuth + by_azimuth,
            elevation: (elevation + by_elevation).clamp(-90.0, 90.0),
            distance: (distance + by_distance).max(0.0),
        },
        (
            Position::Cartesian { x, y, z },
            PositionOffset::Cartesian {
                x: dx,
                y: dy,
                z: dz,
            },
        ) => Position::Cartesian {
            x: x + dx,
            y: y + dy,
            z: z + dz,
        },
        (position, _) => position,
    }
}

/// How far to the side a position lies, for a stereo bus: -1 left, 1 right.
fn lateral(position: Position) -> f64 {
    let v = position.vector();
    (v.x / v.norm().max(1.0)).clamp(-1.0, 1.0)
}
