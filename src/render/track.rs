//! One feed's gains on one target over time.

use super::kernel::{ChannelPlan, Held, Moving, Piece};
use crate::audio::QUANTUM;
use crate::scene::{MetadataBlock, Ramp};
use crate::units::Frames;

/// The gains of an object: a straight line from `from` to `to` within `ramp`, then `to` until the end of
/// the block, then silence.
#[derive(Debug)]
pub(super) struct Track {
    feed: u32,
    from: Vec<f64>,
    to: Vec<f64>,
    ramp: Ramp,
    /// First frame at which `to` is reached.
    arrival: u64,
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
    /// The track of the object that plays `feed`, with a gain for each of the first `channels` plans.
    pub(super) fn new(feed: usize, channels: usize) -> Self {
        Self {
            feed: u32::try_from(feed).expect("a session has far fewer than 2^32 feeds"),
            from: vec![0.0; channels],
            to: vec![0.0; channels],
            ramp: Ramp::JUMP,
            arrival: 0,
            end: None,
            begun: false,
            here: vec![0.0; channels],
            at: 0,
        }
    }

    /// True if the gains neither move nor end in the quantum that starts at `quantum`.
    pub(super) fn holds(&self, quantum: u64) -> bool {
        self.arrival <= quantum && self.end.is_none()
    }

    /// Plans the quantum that starts at `quantum`, in which `blocks` begin; `gains_of` writes the gains
    /// of a block.
    pub(super) fn plan<'a>(
        &mut self,
        quantum: u64,
        mut blocks: impl Iterator<Item = &'a MetadataBlock> + Clone,
        plans: &mut [ChannelPlan],
        mut gains_of: impl FnMut(&MetadataBlock, &mut [f64]),
    ) {
        if self.holds(quantum) {
            let mut ahead = blocks.clone();
            match (ahead.next(), ahead.next()) {
                (None, _) => return self.hold(plans),
                (Some(block), None) if self.begun && sweeps(block, quantum) => {
                    std::mem::swap(&mut self.from, &mut self.to);
                    gains_of(block, &mut self.to);
                    self.ramp = block.ramp;
                    self.arrival = quantum + QUANTUM as u64;
                    return self.sweep(plans);
                }
                _ => {}
            }
        }
        self.open(quantum);
        for block in blocks.by_ref() {
            self.begin_block(quantum, block, plans, |gains| gains_of(block, gains));
        }
        self.plan_until(quantum, quantum + QUANTUM as u64, plans);
    }

    /// The usual case of an object that stands still: its gains hold.
    fn hold(&self, plans: &mut [ChannelPlan]) {
        let feed = self.feed;
        for (plan, &gain) in plans.iter_mut().zip(&self.to) {
            if gain != 0.0 {
                plan.held.push(Held {
                    feed,
                    gain: gain as f32,
                });
            }
        }
    }

    /// The usual case of an object that moves: one straight line over the whole quantum.
    fn sweep(&self, plans: &mut [ChannelPlan]) {
        let feed = self.feed;
        for (plan, (&from, &to)) in plans.iter_mut().zip(self.from.iter().zip(&self.to)) {
            if from == 0.0 && to == 0.0 {
                continue;
            }
            let (gain, step) = (from as f32, ((to - from) / QUANTUM as f64) as f32);
            if step == 0.0 {
                plan.held.push(Held { feed, gain });
            } else {
                plan.moving.push(Moving { feed, gain, step });
            }
        }
    }

    /// Begins to plan the quantum that starts at `quantum`.
    fn open(&mut self, quantum: u64) {
        self.at = quantum;
        self.gains_at_here();
    }

    /// A new block starts in the present quantum; writes the gains it moves to by `gains`. What is before
    /// it in the quantum goes to the plans.
    fn begin_block(
        &mut self,
        quantum: u64,
        block: &MetadataBlock,
        plans: &mut [ChannelPlan],
        gains: impl FnOnce(&mut [f64]),
    ) {
        self.plan_until(quantum, block.start.0.max(quantum), plans);
        std::mem::swap(&mut self.from, &mut self.here);
        gains(&mut self.to);
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
        self.gains_at_here();
    }

    /// Plans the stretch from `self.at` to frame `until`, one straight piece after the other.
    fn plan_until(&mut self, quantum: u64, until: u64, plans: &mut [ChannelPlan]) {
        while self.at < until {
            let corner = [Some(self.arrival), self.end]
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
        let ramping = self.at < self.arrival;
        let per_frame = 1.0 / (self.ramp.end - self.ramp.start);
        for (channel, (plan, &gain)) in plans.iter_mut().zip(&self.here).enumerate() {
            if silent {
                break;
            }
            let step = if ramping {
                (self.to[channel] - self.from[channel]) * per_frame
            } else {
                0.0
            };
            if gain == 0.0 && step == 0.0 {
                continue;
            }
            let (feed, gain, step) = (self.feed, gain as f32, step as f32);
            match (whole, step == 0.0) {
                (true, true) => plan.held.push(Held { feed, gain }),
                (true, false) => plan.moving.push(Moving { feed, gain, step }),
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
        if frame >= self.arrival {
            return self.to[channel];
        }
        let (from, to) = (self.from[channel], self.to[channel]);
        let Ramp { start, end } = self.ramp;
        from + (to - from) * ((frame as f64 - start) / (end - start))
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

/// True for a block whose ramp is the quantum that starts at `quantum`.
fn sweeps(block: &MetadataBlock, quantum: u64) -> bool {
    block.start.0 == quantum
        && block.ramp == Ramp::over(block.start, Frames(QUANTUM as u64))
        && block.length.is_none()
}
