//! One place of the desk at work: a strip, a group, a return or the master.

use super::desk::Place;
use super::fader::Fader;
use super::lane::Moves;
use crate::audio::{Block, Passage, PassageMut, QUANTUM};
use crate::dsp::DelayLine;
use crate::effect::{Chain, Side};

/// Most keys that one chain hears.
pub(super) const MOST_KEYS: usize = 8;

/// Rows of a tap: the left side, the right side (what is in the middle adds to both), and all rows.
const LEFT: usize = 0;
const RIGHT: usize = 1;
const ALL: usize = 2;

/// Where a node is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// What enters its chain.
    ChainIn,
    /// What leaves its chain.
    ChainOut,
    /// After its mute.
    BeforeFader,
    /// After its fader.
    Out,
}

/// Frames of the feeds that are worked on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Row offset of the first frame.
    pub(super) offset: usize,
    /// Absolute frame it stands at.
    pub(super) at: u64,
    /// At most a quantum.
    pub(super) frames: usize,
}

/// A place of the desk.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) inputs: Inputs,
    /// What it works on; afterwards its output.
    pub(super) own: Block,
    pub(super) chain: Chain,
    /// What each key of the chain hears.
    pub(super) keys: Vec<KeyInput>,
    pub(super) lanes: Vec<Moves>,
    pub(super) mute: Fader,
    pub(super) fader: Fader,
    /// Side of each row of its output, and of its input.
    pub(super) sides: Vec<Side>,
    pub(super) taps: Vec<Tapped>,
    /// Frames by which its input and its output come after the song's time line.
    pub(super) late_in: u64,
    pub(super) late_out: u64,
    /// One row, for sends.
    pub(super) scratch: Vec<f32>,
    /// Its chain is still to find a threshold: what comes out of it means nothing yet.
    pub(super) unsettled: bool,
}

/// What a node is fed with.
#[derive(Debug)]
pub(super) enum Inputs {
    /// Rows of the feeds, from this one on.
    Feeds {
        first: usize,
        delays: Vec<DelayLine>,
    },
    /// The outputs of other nodes, one below the other.
    Members(Vec<MemberInput>),
    /// The sum of copies.
    Sends(Vec<SendInput>),
}

/// All rows of another node's output.
#[derive(Debug)]
pub(super) struct MemberInput {
    pub(super) node: usize,
    /// Its first row here.
    pub(super) first: usize,
    /// One per row.
    pub(super) delays: Vec<DelayLine>,
}

/// A copy of another node.
#[derive(Debug)]
pub(super) struct SendInput {
    pub(super) node: usize,
    pub(super) point: Point,
    pub(super) level: Fader,
    /// One per row here.
    pub(super) delays: Vec<DelayLine>,
}

/// What a key hears: two rows.
#[derive(Debug)]
pub(super) struct KeyInput {
    pub(super) node: usize,
    pub(super) point: Point,
    pub(super) delays: [DelayLine; 2],
    pub(super) block: Block,
}

/// What is heard at one point of a node.
#[derive(Debug)]
pub(super) struct Tapped {
    point: Point,
    block: Block,
}

impl Tapped {
    pub(super) fn new(point: Point) -> Self {
        Self {
            point,
            block: Block::new(3, QUANTUM),
        }
    }
}

impl Node {
    /// Has `point` tapped.
    pub(super) fn tap_at(&mut self, point: Point) {
        if self.taps.iter().all(|tapped| tapped.point != point) {
            self.taps.push(Tapped::new(point));
        }
    }

    /// Works on `stretch`; `done` are the nodes it depends on, and all before them.
    pub(super) fn run(&mut self, done: &[Node], feeds: &Block, stretch: Stretch) {
        self.take_inputs(done, feeds, stretch);
        self.process(stretch);
        self.tap(Point::ChainOut, stretch.frames);
        let rows = self.sides.len();
        for row in 0..rows {
            self.mute
                .apply(&mut self.own.row_mut(row)[..stretch.frames], stretch.at);
        }
        self.tap(Point::BeforeFader, stretch.frames);
        for row in 0..rows {
            self.fader
                .apply(&mut self.own.row_mut(row)[..stretch.frames], stretch.at);
        }
        self.tap(Point::Out, stretch.frames);
    }

    /// Lets the chain listen to `stretch` instead of working on it, so that it finds its thresholds.
    pub(super) fn rehearse(&mut self, done: &[Node], feeds: &Block, stretch: Stretch) {
        self.take_inputs(done, feeds, stretch);
        self.each_part(stretch, |chain, sound, keys| chain.rehearse(sound, keys));
    }

    /// True if one of the nodes it hears is [unsettled](Self::unsettled).
    pub(super) fn waits(&self, done: &[Node]) -> bool {
        self.sources().any(|node| done[node].unsettled)
    }

    /// The nodes it hears.
    fn sources(&self) -> impl Iterator<Item = usize> {
        let (members, sends) = match &self.inputs {
            Inputs::Feeds { .. } => (&[][..], &[][..]),
            Inputs::Members(members) => (&members[..], &[][..]),
            Inputs::Sends(sends) => (&[][..], &sends[..]),
        };
        let members = members.iter().map(|input| input.node);
        let sends = sends.iter().map(|input| input.node);
        let keys = self.keys.iter().map(|key| key.node);
        members.chain(sends).chain(keys)
    }

    /// Forgets everything heard.
    pub(super) fn reset(&mut self) {
        let delays: Vec<&mut DelayLine> = match &mut self.inputs {
            Inputs::Feeds { delays, .. } => delays.iter_mut().collect(),
            Inputs::Members(members) => members.iter_mut().flat_map(|m| &mut m.delays).collect(),
            Inputs::Sends(sends) => sends.iter_mut().flat_map(|s| &mut s.delays).collect(),
        };
        delays.into_iter().for_each(DelayLine::reset);
        for key in &mut self.keys {
            key.delays.iter_mut().for_each(DelayLine::reset);
        }
        self.chain.reset();
        self.lanes.iter_mut().for_each(Moves::reset);
    }

    /// What is heard at `point`.
    ///
    /// # Panics
    /// If nothing is tapped there.
    fn heard_at(&self, point: Point) -> &Block {
        let tapped = self.taps.iter().find(|tapped| tapped.point == point);
        &tapped.expect("every point that is heard is tapped").block
    }

    fn take_inputs(&mut self, done: &[Node], feeds: &Block, stretch: Stretch) {
        let frames = stretch.frames;
        self.own.set_frames(frames);
        match &mut self.inputs {
            Inputs::Feeds { first, delays } => {
                for (row, delay) in delays.iter_mut().enumerate() {
                    let out = self.own.row_mut(row);
                    let feed = feeds.row(*first + row);
                    out.copy_from_slice(&feed[stretch.offset..][..frames]);
                    delay.process(out);
                }
            }
            Inputs::Members(members) => {
                for MemberInput {
                    node,
                    first,
                    delays,
                } in members
                {
                    for (row, delay) in delays.iter_mut().enumerate() {
                        let out = self.own.row_mut(*first + row);
                        out.copy_from_slice(&done[*node].own.row(row)[..frames]);
                        delay.process(out);
                    }
                }
            }
            Inputs::Sends(sends) => {
                self.own.clear();
                for send in sends {
                    let heard = done[send.node].heard_at(send.point);
                    let from = match send.delays.len() {
                        1 => &[ALL][..],
                        _ => &[LEFT, RIGHT],
                    };
                    for ((row, delay), &from) in send.delays.iter_mut().enumerate().zip(from) {
                        let copy = &mut self.scratch[..frames];
                        send.level
                            .copy(&heard.row(from)[..frames], copy, stretch.at);
                        delay.process(copy);
                        for (sum, sample) in self.own.row_mut(row).iter_mut().zip(copy) {
                            *sum += *sample;
                        }
                    }
                }
            }
        }
        for key in &mut self.keys {
            let heard = done[key.node].heard_at(key.point);
            key.block.set_frames(frames);
            for (row, delay) in key.delays.iter_mut().enumerate() {
                let out = key.block.row_mut(row);
                out.copy_from_slice(&heard.row(row)[..frames]);
                delay.process(out);
            }
        }
        self.tap(Point::ChainIn, frames);
    }

    fn process(&mut self, stretch: Stretch) {
        self.each_part(stretch, |chain, sound, keys| chain.process(sound, keys));
    }

    /// Calls `work` with the parts of the stretch between which parameters set out.
    fn each_part(
        &mut self,
        stretch: Stretch,
        mut work: impl FnMut(&mut Chain, &mut PassageMut<'_>, &[Passage<'_>]),
    ) {
        let rows = 0..self.own.channels();
        let mut done = 0;
        while done < stretch.frames {
            let at = stretch.at + done as u64;
            for lane in &mut self.lanes {
                lane.make(at, &mut self.chain);
            }
            let due = self.lanes.iter().filter_map(Moves::due).min();
            let left = stretch.frames - done;
            let part = due.map_or(left, |due| left.min((due - at) as usize));
            let span = done..done + part;
            let mut sound = self.own.passage_mut(rows.clone(), span.clone());
            match self.keys.as_slice() {
                [] => work(&mut self.chain, &mut sound, &[]),
                keys => {
                    let heard: [Passage<'_>; MOST_KEYS] = std::array::from_fn(|k| {
                        let key = &keys[k.min(keys.len() - 1)];
                        key.block.passage(0..2, span.clone())
                    });
                    work(&mut self.chain, &mut sound, &heard[..keys.len()]);
                }
            }
            done += part;
        }
    }

    /// Keeps what is heard at `point`, if anybody listens there.
    fn tap(&mut self, point: Point, frames: usize) {
        let Some(tapped) = self.taps.iter_mut().find(|tapped| tapped.point == point) else {
            return;
        };
        tapped.block.set_frames(frames);
        tapped.block.clear();
        let rows = match (&self.inputs, point) {
            (Inputs::Sends(sends), Point::ChainIn) => sends.first().map_or(0, |s| s.delays.len()),
            _ => self.sides.len(),
        };
        for row in 0..rows {
            let to: &[usize] = match self.sides.get(row) {
                Some(Side::Left) => &[LEFT, ALL],
                Some(Side::Right) => &[RIGHT, ALL],
                _ => &[LEFT, RIGHT, ALL],
            };
            for &to in to {
                let sum = tapped.block.row_mut(to);
                for (sum, sample) in sum.iter_mut().zip(&self.own.row(row)[..frames]) {
                    *sum += sample;
                }
            }
        }
    }
}
