//! Moves of any length as moves of 5.208 ms (250 samples at 48 kHz), which are all that the Dolby Atmos master ADM profile has.
//!
//! A block that moves within that, or jumps, is one step; so is one that moves hardly longer, as fast movements in
//! the room do: its step stands in the middle of the move. A longer move becomes steps that follow it:
//! each arrives, 5.208 ms after it begins, at the place that the object reaches half-way between then and
//! the end of the step. The faster the object, the shorter the steps. An object that moves from the very
//! beginning has a brief first step, for that one cannot move.

use std::io;

use super::last_steps::{LastSteps, least};
use crate::geometry::Position;
use crate::scene::{BlockSource, Extent, MetadataBlock, ObjectState, to_cartesian};
use crate::units::SampleRate;

/// Seconds of the profile's move, as it is written at every sample rate.
pub(super) const MOVE_S: f64 = 0.005_208;

/// Frames of the profile's move: 250 at 48 kHz, 500 at 96 kHz.
fn move_frames(rate: SampleRate) -> f64 {
    (MOVE_S * f64::from(rate.0)).round()
}

/// Longest step of a longer move, in samples; none is shorter than the profile's move.
const LONGEST: f64 = 1024.0;

/// A move of up to so many times the profile's is one step.
const HARDLY_LONGER: f64 = 1.1;

/// First step of an object that moves from the beginning, in samples.
const FIRST: f64 = 48.0;

/// How far a step may lag behind or run ahead of the move, in room units.
const NEAR: f64 = 2e-4;

/// What holds from a step on, in the room.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// First frame; may lie between two.
    pub(super) at: f64,
    /// Where it is: x, y, z.
    pub(super) position: [f64; 3],
    /// Its size along x, y and z.
    pub(super) size: [f64; 3],
    /// Everything else, in the form in which it was.
    pub(super) state: ObjectState,
    /// Length of the move that it is part of, if that was no move of the profile's.
    pub(super) part_of: Option<f64>,
}

/// A state in the room.
#[derive(Debug, Clone)]
struct Roomed {
    /// Position, then size.
    values: [f64; 6],
    state: ObjectState,
}

impl Roomed {
    fn of(state: &ObjectState) -> Self {
        let (position, extent) = to_cartesian(state.position, state.extent);
        let [x, y, z] = match position {
            Position::Cartesian { x, y, z } => [x, y, z],
            // It has just been converted.
            Position::Polar { .. } => [0.0, 1.0, 0.0],
        };
        let Extent {
            width,
            height,
            depth,
        } = extent;
        Self {
            values: [x, y, z, width, depth, height],
            state: state.clone(),
        }
    }

    /// Between this and `to`.
    fn towards(&self, to: &Self, x: f64) -> Self {
        let mut values = self.values;
        for (value, to) in values.iter_mut().zip(to.values) {
            *value += (to - *value) * x.clamp(0.0, 1.0);
        }
        Self {
            values,
            state: to.state.clone(),
        }
    }

    fn distance(&self, to: &Self) -> f64 {
        let differences = self
            .values
            .iter()
            .zip(to.values)
            .map(|(a, b)| (a - b).abs());
        differences.fold(0.0, f64::max)
    }

    fn step(self, at: f64, part_of: Option<f64>) -> Step {
        let [x, y, z, width, depth, height] = self.values;
        Step {
            at,
            position: [x, y, z],
            size: [width, depth, height],
            state: self.state,
            part_of,
        }
    }
}

/// A block on its way from where the one before it left off.
struct Segment {
    from: Roomed,
    to: Roomed,
    /// First frame.
    start: f64,
    /// Begin and end of its move; equal for a jump.
    ramp: [f64; 2],
    /// Frames of the profile's move.
    brief: f64,
}

impl Segment {
    fn of(block: &MetadataBlock, from: Roomed, brief: f64) -> Option<Self> {
        let to = Roomed::of(block.state.object()?);
        let first = block.start.0 as f64;
        let ramp = if block.ramp.end > block.ramp.start {
            [block.ramp.start, block.ramp.end]
        } else {
            [first, first]
        };
        let start = if ramp[1] > ramp[0] && ramp[0] > first - 1.0 && ramp[0] <= first {
            ramp[0]
        } else {
            first
        };
        Some(Self {
            from,
            to,
            start,
            ramp,
            brief,
        })
    }

    fn move_frames(&self) -> f64 {
        self.ramp[1] - self.ramp[0]
    }

    /// One step of the profile does all of it.
    fn is_brief(&self) -> bool {
        self.move_frames() <= self.brief + 1.0
    }

    /// What the end of the programme leaves of a longer movement: too short for a step of its own.
    fn is_rest(&self, end: f64) -> bool {
        let frames = self.move_frames();
        frames > 0.0 && frames < self.brief - 1.0 && self.ramp[1] >= end
    }

    /// One step does it, though it is a little longer than those of the profile.
    fn is_one_step(&self) -> bool {
        !self.is_brief() && self.move_frames() <= self.brief * HARDLY_LONGER
    }

    fn at(&self, frame: f64) -> Roomed {
        if self.is_brief() || frame >= self.ramp[1] {
            return self.to.clone();
        }
        let x = (frame - self.ramp[0]) / self.move_frames();
        self.from.towards(&self.to, x)
    }

    /// Where a brief move has come by `end`.
    fn reached_by(&self, end: f64) -> Roomed {
        if self.ramp[1] <= end || self.move_frames() <= 0.0 {
            return self.to.clone();
        }
        let x = (end - self.ramp[0]) / self.move_frames();
        self.from.towards(&self.to, x)
    }

    /// Length of the steps that follow it closely.
    fn step_frames(&self) -> f64 {
        let speed = self.from.distance(&self.to) / self.move_frames().max(1.0);
        (self.brief + 2.0 * NEAR / speed.max(1e-12))
            .clamp(least(self.brief), LONGEST)
            .floor()
    }
}

/// Plays `source`, blocks of a positioned object, to its end and gives `take` its steps, in order of time; the
/// first one begins at frame 0. `length` is that of the programme, at `rate`. Blocks that are the profile's already
/// (`is_dolby`) are steps as they stand, however short: real masters have blocks of one frame.
pub(super) fn play(
    source: &mut dyn BlockSource,
    length: u64,
    rate: SampleRate,
    is_dolby: bool,
    take: &mut dyn FnMut(Step) -> io::Result<()>,
) -> io::Result<()> {
    let end = length as f64;
    let brief = move_frames(rate);
    let mut out = LastSteps::new(brief, take);
    let Some(first) = source.next_block() else {
        return Ok(());
    };
    let Some(state) = first.state.object() else {
        return Ok(());
    };
    let standing = Roomed::of(state);
    let mut from = standing.clone();
    let mut next = source.next_block();
    let mut upcoming = next
        .as_ref()
        .and_then(|block| Segment::of(block, from.clone(), brief));
    // Frame before which no further step begins.
    let mut cursor = 0.0;
    match &upcoming {
        Some(segment) if segment.start <= 0.0 && !segment.is_brief() && !segment.is_one_step() => {
            let step = segment
                .at(FIRST / 2.0)
                .step(0.0, Some(segment.move_frames()));
            out.push(step, true, FIRST / 2.0)?;
            cursor = FIRST;
        }
        _ => out.push(standing.step(0.0, None), true, 0.0)?,
    }
    while let Some(segment) = upcoming {
        next = source.next_block();
        let until = next.as_ref().map_or(end, |block| {
            let ramp = block.ramp;
            let first = block.start.0 as f64;
            if ramp.end > ramp.start {
                ramp.start.min(first)
            } else {
                first
            }
        });
        from = segment.at(until);
        upcoming = next
            .as_ref()
            .and_then(|block| Segment::of(block, from.clone(), brief));
        if segment.start >= end {
            break;
        }
        if !is_dolby && segment.is_rest(end) {
            let at = segment.start.max(cursor);
            if at < end {
                let place = segment.to.clone();
                out.push(place.step(at, Some(segment.move_frames())), false, end)?;
            }
            cursor = end;
            continue;
        }
        if segment.is_brief() {
            let place = match is_dolby {
                true => segment.to.clone(),
                false => segment.reached_by(end),
            };
            out.push(place.step(segment.start, None), true, end)?;
            cursor = segment.start;
            continue;
        }
        let part_of = Some(segment.move_frames());
        if segment.is_one_step() {
            let at = segment.ramp[0].max(0.0) + (segment.move_frames() - brief) / 2.0;
            // A move that the end cuts arrives where the object is then.
            if at < end {
                let seen = segment.ramp[1].min(end);
                out.push(segment.at(seen).step(at, part_of), false, seen)?;
            }
            cursor = at;
            continue;
        }
        let step_frames = segment.step_frames();
        let mut at = segment.start.max(cursor);
        let mut arrived = false;
        while at < until.min(end) && !arrived {
            let seen = at + f64::midpoint(step_frames, brief);
            arrived = seen >= segment.ramp[1];
            let place = match &upcoming {
                Some(upcoming) if seen >= until && !upcoming.is_brief() => upcoming.at(seen),
                _ => segment.at(seen),
            };
            out.push(place.step(at, part_of), false, seen)?;
            at += step_frames;
        }
        cursor = at;
    }
    match is_dolby {
        true => out.finish(),
        false => out.finish_by(end),
    }
}
