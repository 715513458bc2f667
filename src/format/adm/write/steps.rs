//! Moves of any length as moves of 5.208 ms (250 samples at 48 kHz), which are all that the Dolby Atmos master ADM profile has.
//!
//! A block that moves within that, or jumps, is one step; so is one that moves hardly longer, as fast movements in
//! the room do: its step stands in the middle of the move. A longer move becomes steps that follow it:
//! each arrives, 5.208 ms after it begins, at the place that the object reaches half-way between then and
//! the end of the step. The faster the object, the shorter the steps. An object that moves from the very
//! beginning has a brief first step, for that one cannot move.
//!
//! No step but the first is shorter than its move, nor is the last one: where the end comes too early for it, the
//! last few steps share the time that is left.

use std::collections::VecDeque;
use std::io;

use crate::geometry::Position;
use crate::scene::{BlockSource, Extent, MetadataBlock, ObjectState, to_cartesian};
use crate::units::SampleRate;

/// Seconds of the profile's move, as it is written at every sample rate.
pub(super) const MOVE_S: f64 = 0.005_208;

/// Frames of the shortest step: a whole move in times that are rounded down to 1e-5 s.
fn least(brief: f64) -> f64 {
    brief + 1.0
}

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

/// Most steps that share what is left before the end; six keep a fast circle within -55 dBFS.
const SHARING: usize = 6;

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
/// first one begins at frame 0. `length` is that of the programme, at `rate`.
pub(super) fn play(
    source: &mut dyn BlockSource,
    length: u64,
    rate: SampleRate,
    take: &mut dyn FnMut(Step) -> io::Result<()>,
) -> io::Result<()> {
    let end = length as f64;
    let brief = move_frames(rate);
    let mut out = Pending {
        held: VecDeque::with_capacity(SHARING + 2),
        is_begun: false,
        take,
        brief,
    };
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
        if segment.is_brief() {
            let place = segment.reached_by(end);
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
    out.finish(end)
}

/// A step that may still change.
struct Held {
    step: Step,
    /// It has to be there.
    is_fixed: bool,
    /// Frame at which the object really is where the step arrives.
    seen: f64,
}

impl Held {
    /// Part of the same movement as `other`, differing in place and size alone.
    fn goes_on_to(&self, other: &Self) -> bool {
        let (a, b) = (&self.step.state, &other.step.state);
        let is_move = !self.is_fixed && self.step.part_of.is_some();
        is_move && a.features == b.features && (a.diffuse - b.diffuse).abs() < 1e-9
    }

    fn values(&self) -> [f64; 6] {
        let ([x, y, z], [width, depth, height]) = (self.step.position, self.step.size);
        [x, y, z, width, depth, height]
    }
}

/// The last steps: a jump may come too close to the last one, and the end to all of them.
struct Pending<'a> {
    held: VecDeque<Held>,
    /// Steps before those that are held have been given away.
    is_begun: bool,
    take: &'a mut dyn FnMut(Step) -> io::Result<()>,
    brief: f64,
}

impl Pending<'_> {
    fn push(&mut self, mut step: Step, mut is_fixed: bool, seen: f64) -> io::Result<()> {
        let least = least(self.brief);
        let is_crowded = |before: &Held| {
            let at = before.step.at;
            step.at <= at || !before.is_fixed && step.at - at < least
        };
        if self.held.back().is_some_and(is_crowded)
            && let Some(before) = self.held.pop_back()
            && before.is_fixed
        {
            // Two at one frame: the later one holds, from where the earlier one began.
            step.at = before.step.at;
            is_fixed = true;
        }
        if self.held.len() > SHARING + 1
            && let Some(first) = self.held.pop_front()
        {
            self.is_begun = true;
            (self.take)(first.step)?;
        }
        self.held.push_back(Held {
            step,
            is_fixed,
            seen,
        });
        Ok(())
    }

    fn finish(mut self, end: f64) -> io::Result<()> {
        self.make_room(end);
        self.held
            .into_iter()
            .try_for_each(|held| (self.take)(held.step))
    }

    /// Gives the last step the time that it takes.
    fn make_room(&mut self, end: f64) {
        let least = least(self.brief);
        let count = self.held.len();
        if count < 2 || end - self.held[count - 1].step.at >= least {
            return;
        }
        // The first of those that share what is left, and how long each of them then is.
        let mut first = count - 1;
        let spacing = |held: &VecDeque<Held>, first: usize| {
            (end - held[first].step.at) / (count - 1 - first) as f64
        };
        while first > 1
            && spacing(&self.held, first) > least * 1.1
            && self.held[first].goes_on_to(&self.held[count - 1])
            && self.held[first - 1].goes_on_to(&self.held[count - 1])
        {
            first -= 1;
        }
        if first + 1 < count {
            self.share(first, spacing(&self.held, first));
        } else {
            self.begin_last_earlier(end - least);
        }
    }

    /// One step fewer from `first` on, each of so many frames.
    fn share(&mut self, first: usize, spacing: f64) {
        let path: Vec<(f64, [f64; 6])> = self
            .held
            .range(first - 1..)
            .map(|held| (held.seen, held.values()))
            .collect();
        self.held.pop_back();
        let begin = self.held[first].step.at;
        for (n, held) in self.held.range_mut(first..).enumerate() {
            let at = begin + spacing * n as f64;
            held.seen = at + f64::midpoint(spacing, self.brief);
            let [x, y, z, width, depth, height] = on_path(&path, held.seen);
            held.step.at = at;
            held.step.position = [x, y, z];
            held.step.size = [width, depth, height];
        }
    }

    /// The last step begins at `at`, or takes the place of the one before if that is too near.
    fn begin_last_earlier(&mut self, at: f64) {
        let Some(mut last) = self.held.pop_back() else {
            return;
        };
        let is_first = !self.is_begun && self.held.len() == 1;
        let Some(before) = self.held.back_mut() else {
            return;
        };
        let room = if is_first { 1.0 } else { least(self.brief) };
        if at - before.step.at >= room {
            last.step.at = at;
            self.held.push_back(last);
        } else if !is_first {
            let at = before.step.at;
            before.step = Step { at, ..last.step };
        }
    }
}

/// Values at a frame of a line through points in order of time.
fn on_path(path: &[(f64, [f64; 6])], frame: f64) -> [f64; 6] {
    let next = path.partition_point(|(at, _)| *at < frame);
    let [(from_at, from), (to_at, to)] = match next {
        0 => [path[0]; 2],
        n if n == path.len() => [path[n - 1]; 2],
        n => [path[n - 1], path[n]],
    };
    let x = (frame - from_at) / (to_at - from_at).max(1e-9);
    std::array::from_fn(|n| from[n] + (to[n] - from[n]) * x.clamp(0.0, 1.0))
}
