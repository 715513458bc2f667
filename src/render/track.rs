//! One feed's gains on one target over time.

use super::gains::{Finish, Gains, Row};
use super::plan::{ChannelPlan, Piece};
use crate::audio::QUANTUM;
use crate::scene::{Begun, MetadataBlock, Ramp};
use crate::units::Frames;

/// The gains of an object: a straight line from `from` to `to` within `ramp`, then `to` until the end of
/// the block, then silence.
#[derive(Debug)]
pub(super) struct Track {
    feed: u32,
    /// The gains of both ends of the line, in turn.
    ends: [Row; 2],
    /// Which of them is `to`.
    to: usize,
    ramp: Ramp,
    /// First frame at which `to` is reached.
    arrival: u64,
    /// First frame after the present block, if it has an end.
    end: Option<u64>,
    /// A first block has begun.
    begun: bool,
    /// Frame up to which the present quantum is planned.
    at: u64,
    /// The present quantum is one straight line.
    sweeps: bool,
}

impl Track {
    /// The track of object number `object` of `objects`, which plays `feed`.
    pub(super) fn new(feed: usize, object: usize, objects: usize) -> Self {
        Self {
            feed: u32::try_from(feed).expect("a session has far fewer than 2^32 feeds"),
            ends: [0, 1].map(|end| Row::of(object, objects, end)),
            to: 0,
            ramp: Ramp::JUMP,
            arrival: 0,
            end: None,
            begun: false,
            at: 0,
            sweeps: false,
        }
    }

    fn from(&self) -> Row {
        self.ends[1 - self.to]
    }

    fn to(&self) -> Row {
        self.ends[self.to]
    }

    /// True if the gains neither move nor end in the quantum that starts at `quantum`.
    pub(super) fn holds(&self, quantum: u64) -> bool {
        self.arrival <= quantum && self.end.is_none()
    }

    /// The usual case of an object that moves: if its only block `sweeps` over the quantum that starts at `quantum`, and
    /// its gains are one straight line then, gives where those of the block are to be written. They are to be
    /// [settled](Gains::settle) before the quantum is [planned](Self::plan).
    pub(super) fn turn(&mut self, quantum: u64, sweeps: bool) -> Option<Row> {
        self.sweeps = sweeps && self.begun && self.holds(quantum);
        self.sweeps.then(|| {
            self.to = 1 - self.to;
            self.ramp = Ramp::over(Frames(quantum), Frames(QUANTUM as u64));
            self.arrival = quantum + QUANTUM as u64;
            self.to()
        })
    }

    /// Plans the quantum that starts at `quantum`, in which the blocks `begun` begin, for an object; `write` writes the
    /// gains of the block of a number.
    pub(super) fn plan(
        &mut self,
        (quantum, begun, object): (u64, &Begun, usize),
        plans: &mut [ChannelPlan],
        gains: &mut Gains,
        mut write: impl FnMut(usize, &mut [f64]) -> Finish,
    ) {
        if !self.sweeps
            && let Some(row) = self.turn(quantum, begun.sweeps(object))
        {
            gains.write(row, |gains| write(begun.of(object).start, gains));
            gains.settle();
        }
        if std::mem::take(&mut self.sweeps) {
            return self.sweep(gains, plans);
        }
        if self.holds(quantum) && begun.of(object).is_empty() {
            return self.hold(gains, plans);
        }
        self.at = quantum;
        for number in begun.of(object) {
            let block = &begun.blocks()[number];
            self.plan_until(quantum, block.start.0.max(quantum), gains, plans);
            self.begin(block, gains);
            gains.write(self.to(), |gains| write(number, gains));
            gains.settle();
        }
        self.plan_until(quantum, quantum + QUANTUM as u64, gains, plans);
    }

    /// The usual case of an object that stands still: its gains hold.
    fn hold(&self, gains: &Gains, plans: &mut [ChannelPlan]) {
        let feed = self.feed;
        gains.playing(self.to()).for_each(|(channel, gain)| {
            let gain = gain as f32;
            plans[channel].hold(feed, gain);
        });
    }

    /// The usual case of an object that moves: one straight line over the whole quantum.
    fn sweep(&self, gains: &Gains, plans: &mut [ChannelPlan]) {
        let feed = self.feed;
        let lines = gains.lines(self.from(), self.to());
        lines.for_each(|(channel, from, to)| {
            let (gain, step) = (from as f32, ((to - from) * PER_QUANTUM) as f32);
            if step == 0.0 {
                plans[channel].hold(feed, gain);
            } else {
                plans[channel].sweep(feed, gain, step);
            }
        });
    }

    /// A new block starts at `self.at`; the gains it moves to are written afterwards.
    fn begin(&mut self, block: &MetadataBlock, gains: &mut Gains) {
        if self.is_silent() {
            gains.silence(self.from());
        } else if self.at >= self.arrival {
            self.to = 1 - self.to;
        } else {
            gains.move_towards(self.from(), self.to(), self.progress());
        }
        self.ramp = if self.begun { block.ramp } else { Ramp::JUMP };
        self.arrival = if self.ramp.end > self.ramp.start {
            self.ramp.end.ceil() as u64
        } else {
            0
        };
        self.end = block
            .length
            .map(|length| block.start.0.saturating_add(length.0));
        self.begun = true;
    }

    /// Plans the stretch from `self.at` to frame `until`, one straight piece after the other.
    fn plan_until(&mut self, quantum: u64, until: u64, gains: &Gains, plans: &mut [ChannelPlan]) {
        while self.at < until {
            let mut corner = until;
            for frame in [Some(self.arrival), self.end].into_iter().flatten() {
                if frame > self.at {
                    corner = corner.min(frame);
                }
            }
            self.plan_piece(quantum, corner, gains, plans);
            self.at = corner;
        }
    }

    /// Plans one straight piece from `self.at` to `until`.
    fn plan_piece(&self, quantum: u64, until: u64, gains: &Gains, plans: &mut [ChannelPlan]) {
        if self.is_silent() {
            return;
        }
        let (from, to) = (self.at - quantum, until - quantum);
        let (whole, feed) = (from == 0 && to == QUANTUM as u64, self.feed);
        let mut plan = |channel: usize, gain: f64, step: f64| {
            let (plan, gain, step) = (&mut plans[channel], gain as f32, step as f32);
            match (whole, step == 0.0) {
                (true, true) => plan.hold(feed, gain),
                (true, false) => plan.sweep(feed, gain, step),
                (false, _) => plan.push(Piece {
                    feed,
                    from: from as u32,
                    to: to as u32,
                    gain,
                    step,
                }),
            }
        };
        if self.at >= self.arrival {
            for (channel, gain) in gains.playing(self.to()) {
                plan(channel, gain, 0.0);
            }
        } else {
            let x = self.progress();
            let per_frame = 1.0 / (self.ramp.end - self.ramp.start);
            for (channel, from, to) in gains.lines(self.from(), self.to()) {
                plan(channel, from + (to - from) * x, (to - from) * per_frame);
            }
        }
    }

    /// Which part of the ramp is done at `self.at`, 0..1.
    fn progress(&self) -> f64 {
        let Ramp { start, end } = self.ramp;
        (self.at as f64 - start) / (end - start)
    }

    /// True if the present block has ended at `self.at`.
    fn is_silent(&self) -> bool {
        self.end.is_some_and(|end| self.at >= end)
    }
}

const PER_QUANTUM: f64 = 1.0 / QUANTUM as f64;
