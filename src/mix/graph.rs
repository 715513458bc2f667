//! The desk at work: its nodes in order, each with the delays that keep all of them in step.

use std::ops::Range;

use rayon::prelude::*;

use super::GainCurve;
use super::desk::{Desk, Lane, Place};
use super::fader::Fader;
use super::fault::DeskFault;
use super::lane::Moves;
use super::map::Map;
use super::node::{Inputs, KeyInput, MOST_KEYS, MemberInput, Node, Point, SendInput, Stretch};
use crate::audio::{Block, QUANTUM};
use crate::dsp::DelayLine;
use crate::effect::{Chain, Reported, Setup, Side, Tap};
use crate::units::SampleRate;

/// Runs a [`Desk`].
///
/// Every node's input waits for the latest of what it hears, keys included, so that parallel paths meet in
/// step; all feeds leave [`latency`](Self::latency) frames after they entered.
#[derive(Debug)]
pub(super) struct Graph {
    /// In order of work; the master is the last.
    nodes: Vec<Node>,
    /// Nodes that do not depend on each other.
    levels: Vec<Range<usize>>,
    /// Rows of the feeds that the master's rows are.
    rows: Vec<usize>,
}

/// What the compressors of one place have done.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskReport {
    /// Where.
    pub place: Place,
    /// Its name; "master" for the master.
    pub name: String,
    /// Its compressors and limiters, in the order of the chain.
    pub dynamics: Vec<Reported>,
}

impl Graph {
    /// Sets the desk up.
    ///
    /// # Errors
    /// The first thing that cannot be built.
    pub(super) fn new(desk: &Desk, rate: SampleRate) -> Result<Self, DeskFault> {
        let map = Map::of(desk);
        let levels = map.levels()?;
        let mut built = Self {
            nodes: Vec::new(),
            levels: Vec::new(),
            rows: map.rows(Place::Master),
        };
        let mut node_of: Vec<usize> = vec![usize::MAX; map.places.len()];
        for level in levels {
            let start = built.nodes.len();
            for place in level {
                let node = built.node(&map, place, &node_of, rate)?;
                node_of[map.number(place)] = built.nodes.len();
                built.nodes.push(node);
            }
            built.levels.push(start..built.nodes.len());
        }
        Ok(built)
    }

    /// Builds the node of `place`; those it hears are built.
    fn node(
        &mut self,
        map: &Map<'_>,
        place: Place,
        node_of: &[usize],
        rate: SampleRate,
    ) -> Result<Node, DeskFault> {
        let at = || map.name(place).to_owned();
        let node_at = |place: Place| node_of[map.number(place)];
        let rows = map.rows(place);
        let sides: Vec<Side> = rows.iter().map(|&row| map.desk.side(row)).collect();
        let (settings, lanes) = map.chain(place);
        let is_return = matches!(place, Place::Return(_));
        let in_rows = match is_return {
            true => rows.len().min(2),
            false => rows.len(),
        };
        let setup = Setup {
            rate,
            channels: in_rows,
            outputs: is_return.then_some(rows.len()),
            key_channels: 2,
            bpm: map.desk.bpm,
        };
        let chain = match place {
            Place::Group(_) | Place::Master => Chain::linked(settings, setup, &sides),
            Place::Strip(_) | Place::Return(_) => Chain::build(settings, setup),
        }
        .map_err(|faults| DeskFault::Chain { at: at(), faults })?;
        if chain.keys().len() > MOST_KEYS {
            return Err(DeskFault::TooManyKeys { at: at() });
        }

        let members: Vec<usize> = map.members(place).into_iter().map(node_at).collect();
        let sends: Vec<(usize, Point, &GainCurve)> = map
            .senders(place)
            .into_iter()
            .map(|(from, send)| {
                let point = match send.tap {
                    Tap::Pre => Point::BeforeFader,
                    Tap::Post => Point::Out,
                };
                (node_at(from), point, &send.level)
            })
            .collect();
        let mut keys = Vec::new();
        for key in chain.keys() {
            let source = map.keyed_by(key.from());
            let node = node_at(source.ok_or_else(|| DeskFault::UnknownKey {
                at: at(),
                key: key.from().to_owned(),
            })?);
            let point = match key.tap() {
                Tap::Pre => Point::ChainIn,
                Tap::Post => Point::ChainOut,
            };
            keys.push((node, point));
        }
        for &(node, point) in &keys {
            self.listen(node, point);
        }
        for &(node, point, _) in &sends {
            self.listen(node, point);
        }

        let nodes = &self.nodes;
        let late = |node: usize, point: Point| match point {
            Point::ChainIn => nodes[node].late_in,
            Point::ChainOut | Point::BeforeFader | Point::Out => nodes[node].late_out,
        };
        let late_in = members
            .iter()
            .map(|&node| late(node, Point::Out))
            .chain(sends.iter().map(|&(node, point, _)| late(node, point)))
            .chain(keys.iter().map(|&(node, point)| late(node, point)))
            .max()
            .unwrap_or(0);
        let wait = |from: u64| DelayLine::new((late_in - from) as usize);
        let inputs = match place {
            Place::Strip(i) => Inputs::Feeds {
                first: map.desk.strips[i].feeds.start,
                delays: vec![wait(0); rows.len()],
            },
            Place::Group(_) | Place::Master => {
                let mut first = 0;
                let member = |node: usize| {
                    let rows = nodes[node].sides.len();
                    first += rows;
                    MemberInput {
                        node,
                        first: first - rows,
                        delays: vec![wait(late(node, Point::Out)); rows],
                    }
                };
                Inputs::Members(members.into_iter().map(member).collect())
            }
            Place::Return(_) => Inputs::Sends(
                sends
                    .into_iter()
                    .map(|(node, point, level)| SendInput {
                        node,
                        point,
                        level: Fader::new([level.clone()], late(node, point)),
                        delays: vec![wait(late(node, point)); in_rows],
                    })
                    .collect(),
            ),
        };
        let keys = keys
            .into_iter()
            .map(|(node, point)| KeyInput {
                node,
                point,
                delays: [wait(late(node, point)), wait(late(node, point))],
                block: Block::new(2, QUANTUM),
            })
            .collect();
        let late_out = late_in + chain.latency().0;
        let lanes = lanes
            .iter()
            .map(|lane| moves(lane, &chain, late_in, rate))
            .collect::<Option<Vec<_>>>();
        let lanes = match lanes {
            Some(lanes) => lanes,
            None => {
                let known = |lane: &&Lane| moves(lane, &chain, late_in, rate).is_none();
                let unknown = map.chain(place).1.iter().find(known);
                return Err(DeskFault::UnknownParameter {
                    at: at(),
                    parameter: unknown.map_or(String::new(), |lane| lane.parameter.clone()),
                });
            }
        };
        let (mute, gains) = map.faders(place);
        Ok(Node {
            place,
            name: at(),
            inputs,
            own: Block::new(rows.len().max(in_rows), QUANTUM),
            unsettled: chain.wants_rehearsal(),
            chain,
            keys,
            lanes,
            mute: Fader::new(mute.cloned(), late_out),
            fader: Fader::new(gains.iter().cloned(), late_out),
            sides,
            taps: Vec::new(),
            late_in,
            late_out,
            scratch: vec![0.0; QUANTUM],
        })
    }

    /// Has `point` of a node tapped.
    fn listen(&mut self, node: usize, point: Point) {
        self.nodes[node].tap_at(point);
    }

    /// Frames by which all feeds come late.
    pub(super) fn latency(&self) -> u64 {
        self.nodes.last().map_or(0, |master| master.late_out)
    }

    /// Frames for which something rings on after the last input, apart from the latency.
    pub(super) fn tail(&self) -> u64 {
        // What rings on may go through everything that comes after it.
        self.levels
            .iter()
            .map(|level| {
                let nodes = self.nodes[level.clone()].iter();
                nodes.map(|node| node.chain.tail().0).max().unwrap_or(0)
            })
            .sum()
    }

    /// Works on `stretch` of the feeds in place.
    pub(super) fn process(&mut self, feeds: &mut Block, stretch: Stretch) {
        for level in &self.levels {
            let (done, rest) = self.nodes.split_at_mut(level.start);
            let now = &mut rest[..level.len()];
            each(now, |node| node.run(done, feeds, stretch));
        }
        self.write(feeds, stretch);
    }

    /// True if a compressor is to find its threshold from the programme: then the whole programme is to be
    /// given to [`rehearse`](Self::rehearse), and [`settle`](Self::settle) called, until this is false.
    pub(super) fn wants_rehearsal(&self) -> bool {
        self.nodes.iter().any(|node| node.unsettled)
    }

    /// Listens to `stretch`: what comes after a compressor that is still to find its threshold has to wait.
    pub(super) fn rehearse(&mut self, feeds: &Block, stretch: Stretch) {
        for level in &self.levels {
            let (done, rest) = self.nodes.split_at_mut(level.start);
            let now = &mut rest[..level.len()];
            each(now, |node| {
                if node.waits(done) {
                    node.unsettled = true;
                } else if node.chain.wants_rehearsal() {
                    node.rehearse(done, feeds, stretch);
                } else {
                    node.run(done, feeds, stretch);
                }
            });
        }
    }

    /// Ends a rehearsal: those who could hear the programme have found their thresholds. Everything heard is
    /// forgotten.
    pub(super) fn settle(&mut self) {
        for level in self.levels.clone() {
            let (done, rest) = self.nodes.split_at_mut(level.start);
            for node in &mut rest[..level.len()] {
                if !node.waits(done) && node.chain.wants_rehearsal() {
                    node.chain.settle();
                    // What comes later in this pass still heard it unsettled.
                    node.unsettled = true;
                }
            }
        }
        for node in &mut self.nodes {
            node.unsettled = node.chain.wants_rehearsal();
            node.reset();
        }
    }

    /// What the compressors have done.
    pub(super) fn report(&self) -> Vec<DeskReport> {
        let of = |node: &Node| DeskReport {
            place: node.place,
            name: node.name.clone(),
            dynamics: node.chain.report().collect(),
        };
        let reports = self.nodes.iter().map(of);
        reports
            .filter(|report| !report.dynamics.is_empty())
            .collect()
    }

    /// Writes the master's output to the feeds.
    fn write(&self, feeds: &mut Block, stretch: Stretch) {
        let Some(master) = self.nodes.last() else {
            return;
        };
        for (row, &feed) in self.rows.iter().enumerate() {
            let out = &mut feeds.row_mut(feed)[stretch.offset..][..stretch.frames];
            out.copy_from_slice(&master.own.row(row)[..stretch.frames]);
        }
    }
}

/// The moves of `lane`; `None` if its chain has no such parameter.
fn moves(lane: &Lane, chain: &Chain, late: u64, rate: SampleRate) -> Option<Moves> {
    let parameters = chain.parameters(lane.entry);
    let index = parameters.iter().position(|p| p.name == lane.parameter)?;
    let late = late + chain.latency_before(lane.entry).0;
    Some(Moves::new(lane, index, &parameters[index], late, rate))
}

/// Works on nodes that do not depend on each other: side by side where there are threads.
fn each(nodes: &mut [Node], work: impl Fn(&mut Node) + Send + Sync) {
    let threads = rayon::current_thread_index().map_or(1, |_| rayon::current_num_threads());
    if threads > 1 && nodes.len() > 1 {
        nodes.par_iter_mut().for_each(work);
    } else {
        nodes.iter_mut().for_each(work);
    }
}
