//! One feed's gains on one target over time.

use super::plan::{ChannelPlan, Held, Moving, Piece};
use crate::audio::QUANTUM;
use crate::scene::{MetadataBlock, Ramp};
use crate::units::Frames;

/// The gains of an object: a straight line from `from` to `to` within `ramp`, then `to` until the end of
/// the block, then silence.
#[derive(Debug)]
pub(super) struct Track {
    feed: u32,
    from: Gains,
    to: Gains,
    ramp: Ramp,
    /// First frame at which `to` is reached.
    arrival: u64,
    /// First frame after the present block, if it has an end.
    end: Option<u64>,
    /// A first block has begun.
    begun: bool,
    /// Frame up to which the present quantum is planned.
    at: u64,
}

impl Track {
    /// The track of the object that plays `feed`, with a gain for each of the first `channels` plans.
    pub(super) fn new(feed: usize, channels: usize) -> Self {
        Self {
            feed: u32::try_from(feed).expect("a session has far fewer than 2^32 feeds"),
            from: Gains::silence(channels),
            to: Gains::silence(channels),
            ramp: Ramp::JUMP,
            arrival: 0,
            end: None,
            begun: false,
            at: 0,
        }
    }

    /// True if the gains neither move nor end in the quantum that starts at `quantum`.
    pub(super) fn holds(&self, quantum: u64) -> bool {
        self.arrival <= quantum && self.end.is_none()
    }

    /// Plans the quantum that starts at `quantum`, in which `blocks` begin, each with its number; `gains_of`
    /// writes the gains of a block.
    pub(super) fn plan<'a>(
        &mut self,
        quantum: u64,
        mut blocks: impl Iterator<Item = (&'a MetadataBlock, usize)> + Clone,
        plans: &mut [ChannelPlan],
        mut gains_of: impl FnMut((&MetadataBlock, usize), &mut [f64]),
    ) {
        if self.holds(quantum) {
            let mut ahead = blocks.clone();
            match (ahead.next(), ahead.next()) {
                (None, _) => return self.hold(plans),
                (Some(block), None) if self.begun && sweeps(block.0, quantum) => {
                    std::mem::swap(&mut self.from, &mut self.to);
                    self.to.set(|gains| gains_of(block, gains));
                    self.ramp = block.0.ramp;
                    self.arrival = quantum + QUANTUM as u64;
                    return self.sweep(plans);
                }
                _ => {}
            }
        }
        self.at = quantum;
        for block in blocks.by_ref() {
            self.plan_until(quantum, block.0.start.0.max(quantum), plans);
            self.begin(block.0, |gains| gains_of(block, gains));
        }
        self.plan_until(quantum, quantum + QUANTUM as u64, plans);
    }

    /// The usual case of an object that stands still: its gains hold.
    fn hold(&self, plans: &mut [ChannelPlan]) {
        let feed = self.feed;
        self.to.playing().for_each(|(channel, gain)| {
            let gain = gain as f32;
            plans[channel].held.push(Held { feed, gain });
        });
    }

    /// The usual case of an object that moves: one straight line over the whole quantum.
    fn sweep(&self, plans: &mut [ChannelPlan]) {
        let feed = self.feed;
        self.lines().for_each(|(channel, from, to)| {
            let (gain, step) = (from as f32, ((to - from) * PER_QUANTUM) as f32);
            if step == 0.0 {
                plans[channel].held.push(Held { feed, gain });
            } else {
                plans[channel].moving.push(Moving { feed, gain, step });
            }
        });
    }

    /// The channels on which the object plays at the start or the end of its ramp, with both gains.
    fn lines(&self) -> impl Iterator<Item = (usize, f64, f64)> {
        let words = self.from.playing.iter().zip(&self.to.playing);
        let channels = channels_of(words.map(|(from, to)| from | to));
        channels.map(|channel| (channel, self.from.all[channel], self.to.all[channel]))
    }

    /// A new block starts at `self.at`; `gains` writes the gains it moves to.
    fn begin(&mut self, block: &MetadataBlock, gains: impl FnOnce(&mut [f64])) {
        if self.is_silent() {
            self.from.set(|from| from.fill(0.0));
        } else if self.at >= self.arrival {
            std::mem::swap(&mut self.from, &mut self.to);
        } else {
            let (x, to) = (self.progress(), &self.to.all);
            self.from.set(|from| {
                for (from, to) in from.iter_mut().zip(to) {
                    *from += (to - *from) * x;
                }
            });
        }
        self.to.set(gains);
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
    fn plan_until(&mut self, quantum: u64, until: u64, plans: &mut [ChannelPlan]) {
        while self.at < until {
            let mut corner = until;
            for frame in [Some(self.arrival), self.end].into_iter().flatten() {
                if frame > self.at {
                    corner = corner.min(frame);
                }
            }
            self.plan_piece(quantum, corner, plans);
            self.at = corner;
        }
    }

    /// Plans one straight piece from `self.at` to `until`.
    fn plan_piece(&self, quantum: u64, until: u64, plans: &mut [ChannelPlan]) {
        if self.is_silent() {
            return;
        }
        let (from, to) = (self.at - quantum, until - quantum);
        let (whole, feed) = (from == 0 && to == QUANTUM as u64, self.feed);
        let mut plan = |channel: usize, gain: f64, step: f64| {
            let (plan, gain, step) = (&mut plans[channel], gain as f32, step as f32);
            match (whole, step == 0.0) {
                (true, true) => plan.held.push(Held { feed, gain }),
                (true, false) => plan.moving.push(Moving { feed, gain, step }),
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
            for (channel, gain) in self.to.playing() {
                plan(channel, gain, 0.0);
            }
        } else {
            let x = self.progress();
            let per_frame = 1.0 / (self.ramp.end - self.ramp.start);
            for (channel, from, to) in self.lines() {
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

/// True for a block whose ramp is the quantum that starts at `quantum`.
fn sweeps(block: &MetadataBlock, quantum: u64) -> bool {
    block.start.0 == quantum
        && block.ramp == Ramp::over(block.start, Frames(QUANTUM as u64))
        && block.length.is_none()
}

/// A gain for each channel. Most are 0, so the others are marked.
#[derive(Debug)]
struct Gains {
    all: Vec<f64>,
    /// A bit for each channel whose gain is not 0.
    playing: Vec<u64>,
}

/// Channels whose bits stand in one word.
const WORD: usize = u64::BITS as usize;

impl Gains {
    fn silence(channels: usize) -> Self {
        Self {
            all: vec![0.0; channels],
            playing: vec![0; channels.div_ceil(WORD)],
        }
    }

    /// Has `write` change the gains.
    fn set(&mut self, write: impl FnOnce(&mut [f64])) {
        write(&mut self.all);
        for (word, gains) in self.playing.iter_mut().zip(self.all.chunks(WORD)) {
            // Without a branch: which channels play is hard to predict.
            let bits = gains.iter().enumerate();
            *word = bits.fold(0, |word, (n, gain)| word | u64::from(*gain != 0.0) << n);
        }
    }

    /// The channels that play, and their gains.
    fn playing(&self) -> impl Iterator<Item = (usize, f64)> {
        let channels = channels_of(self.playing.iter().copied());
        channels.map(|channel| (channel, self.all[channel]))
    }
}

/// The channels whose bits are set in `words`, in order.
fn channels_of(words: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
    words
        .enumerate()
        .flat_map(|(n, word)| Bits(word).map(move |bit| n * WORD + bit))
}

/// The places of the bits of a word, from the lowest.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let place = self.0.trailing_zeros() as usize;
        (place < WORD).then(|| {
            self.0 &= self.0 - 1;
            place
        })
    }
}
