//! One object's gains on one target over time.

use super::kernel::{ChannelPlan, Held, Piece, Ramp};
use crate::audio::QUANTUM;

/// The gains of an object: a straight line from `from` (at `start`) to `to` (at `start + ramp`), then
/// `to` until the end of the block, then silence.
#[derive(Debug)]
pub(super) struct Track {
    feed: u32,
    from: Vec<f64>,
    to: Vec<f64>,
    start: u64,
    ramp: u64,
    /// First frame after the present block, if it has an end.
    end: Option<u64>,
    /// A first block has begun.
    begun: bool,
    /// Gains at the point up to which the present quantum is planned.
    here: Vec<f64>,
    /// Frame of that point.
    at: u64,
}

impl Track {
    pub(super) fn new(feed: usize, channels: usize) -> Self {
        Self {
            feed: u32::try_from(feed).expect("a session has far fewer than 2^32 feeds"),
            from: vec![0.0; channels],
            to: vec![0.0; channels],
            start: 0,
            ramp: 0,
            end: None,
            begun: false,
            here: vec![0.0; channels],
            at: 0,
        }
    }

    /// True if the gains neither move nor end in the quantum that starts at `quantum`.
    pub(super) fn holds(&self, quantum: u64) -> bool {
        self.start + self.ramp <= quantum && self.end.is_none()
    }

    /// Begins to plan the quantum that starts at `quantum`.
    pub(super) fn open(&mut self, quantum: u64) {
        self.at = quantum;
        self.gains_at_here();
    }

    /// A new block starts at frame `start` of the present quantum; writes the gains it moves to by `gains`.
    /// What is before it in the quantum goes to the plans.
    pub(super) fn begin_block(
        &mut self,
        quantum: u64,
        (start, length, ramp): (u64, Option<u64>, u64),
        plans: &mut [ChannelPlan],
        gains: impl FnOnce(&mut [f64]),
    ) {
        self.plan_until(quantum, start.max(quantum), plans);
        // An end that the new block follows at once is no end.
        std::mem::swap(&mut self.from, &mut self.here);
        gains(&mut self.to);
        (self.start, self.ramp) = (start, if self.begun { ramp } else { 0 });
        self.end = length.map(|length| start.saturating_add(length));
        self.begun = true;
        self.gains_at_here();
    }

    /// Plans the rest of the quantum.
    pub(super) fn close(&mut self, quantum: u64, plans: &mut [ChannelPlan]) {
        self.plan_until(quantum, quantum + QUANTUM as u64, plans);
    }

    /// Plans the stretch from `self.at` to frame `until`, one straight piece after the other.
    fn plan_until(&mut self, quantum: u64, until: u64, plans: &mut [ChannelPlan]) {
        while self.at < until {
            let corner = [Some(self.start + self.ramp), self.end]
                .into_iter()
                .flatten()
                .filter(|&frame| frame > self.at && frame < until)
                .min()
                .unwrap_or(until);
            self.plan_piece(quantum, corner, plans);
        }
    }

    /// Plans one straight piece from `self.at` to `until`, and moves there.
    fn plan_piece(&mut self, quantum: u64, until: u64, plans: &mut [ChannelPlan]) {
        let silent = self.end.is_some_and(|end| self.at >= end);
        let (from, to) = (self.at - quantum, until - quantum);
        let whole = from == 0 && to == QUANTUM as u64;
        let ramping = self.at < self.start + self.ramp;
        let length = (until - self.at) as f64;
        for (channel, plan) in plans.iter_mut().enumerate() {
            if silent {
                break;
            }
            let gain = self.here[channel];
            // The last piece of a ramp ends at its goal exactly.
            let step = if ramping {
                (self.gain_at(channel, until) - gain) / length
            } else {
                0.0
            };
            if gain == 0.0 && step == 0.0 {
                continue;
            }
            let (feed, gain, step) = (self.feed, gain as f32, step as f32);
            match (whole, step == 0.0) {
                (true, true) => plan.held.push(Held { feed, gain }),
                (true, false) => plan.ramps.push(Ramp { feed, gain, step }),
                (false, _) => {
                    plan.pieces.push(Piece {
                        feed,
                        from: from as u32,
                        to: to as u32,
                        gain,
                        step,
                    });
                }
            }
        }
        self.at = until;
        self.gains_at_here();
    }

    /// The gain of `channel` at `frame`, within the present block.
    fn gain_at(&self, channel: usize, frame: u64) -> f64 {
        let past = frame.saturating_sub(self.start);
        if past >= self.ramp {
            return self.to[channel];
        }
        let (from, to) = (self.from[channel], self.to[channel]);
        from + (to - from) * (past as f64 / self.ramp as f64)
    }

    /// Sets `here` to the gains at `self.at`.
    fn gains_at_here(&mut self) {
        let silent = self.end.is_some_and(|end| self.at >= end);
        for channel in 0..self.here.len() {
            self.here[channel] = if silent {
                0.0
            } else {
                self.gain_at(channel, self.at)
            };
        }
    }
}
