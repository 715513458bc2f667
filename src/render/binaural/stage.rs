//! Objects, rooms and fixed directions on two ears.

use std::sync::Arc;

use super::columns::{Columns, Mapping};
use super::course::{Course, HOPS};
use super::ears::{Ears, GRAIN, GRAINS, HOP, Heading};
use super::headphones::Headphones;
use super::places::{self, direction_of};
use super::pose::Pose;
use super::room::{self, Room};
use super::wide::Wide;
use crate::audio::Block;
use crate::dsp::decorrelator::TAPS;
use crate::dsp::{Biquad, Decorrelators, DelayLine};
use crate::geometry::Direction;
use crate::render::channels::Decoder;
use crate::render::gains::{Finish, Gains};
use crate::render::kernel::{self, Stretch};
use crate::render::plan::ChannelPlan;
use crate::render::track::Track;
use crate::scene::{Begun, Object, OnHeadphones, RoomMode};
use crate::units::SampleRate;

/// Plays a scene to two ears.
pub(super) struct Stage {
    arch: pulp::Arch,
    headphones: Headphones,
    rate: SampleRate,
    objects: Vec<OnHeadphones>,
    tracks: Vec<Track>,
    gains: Gains,
    courses: Vec<Course>,
    mapping: Mapping,
    /// What each object's own source plays.
    own_plans: Vec<ChannelPlan>,
    /// What each column plays; the first stands in for the object's own source at hand.
    plans: Vec<ChannelPlan>,
    /// The present hop of each object's own source.
    own: Block,
    /// The present hop of each dense direction.
    dense: Block,
    /// The present hop of what the ears hear without filters.
    plain: Block,
    plain_delays: [DelayLine; 4],
    room: Option<InRoom>,
    wide: Option<Wide>,
    /// Own sources, then dense directions, then those of the room.
    ears: Ears,
    /// What the set lacks of bass, on all that comes through its filters.
    bass: Option<[Biquad; 2]>,
    /// Frames of the present hop that are done.
    fill: usize,
    /// Start of the quantum entered last.
    quantum: u64,
    /// The plans hold from here on as long as no block begins.
    settled: bool,
}

/// The room, and the present hop of what it returns.
struct InRoom {
    room: Room,
    hop: Block,
}

impl Stage {
    pub(super) fn new(mut headphones: Headphones, objects: &[Object], rate: SampleRate) -> Self {
        places::prepare();
        let count = objects.len();
        let in_room = |object: &Object| headphones.room.of(object.headphones.room);
        let has_room = objects
            .iter()
            .any(|object| !matches!(in_room(object), None | Some(RoomMode::Off)));
        let has_wide = objects.iter().any(|object| object.diffuse || object.spread);
        let has_dense = objects
            .iter()
            .any(|object| object.sound_field.is_some() || object.spread);
        let columns = Columns::new(
            if has_room { room::COLUMNS } else { 0 },
            if has_wide {
                headphones.wide.directions.len()
            } else {
                0
            },
            if has_dense {
                headphones.dense.directions.len()
            } else {
                0
            },
        );
        let mut mapping = Mapping::new(columns.clone(), &headphones);
        mapping.decoders = Decoder::of(objects, &mut headphones.dense.gains);
        let filters = Arc::clone(&headphones.filters);
        let room = has_room.then(|| InRoom {
            room: Room::new(rate, |mode| {
                objects.iter().any(|object| in_room(object) == Some(mode))
            }),
            hop: hop_of(Room::DIRECTIONS),
        });
        let wide = has_wide.then(|| Wide::new(&headphones, rate));
        let latency = HOP + filters.lead_frames();
        let later = wide
            .as_ref()
            .map_or(0, |_| Decorrelators::DIRECT_DELAY_FRAMES);
        let in_front = latency + later + filters.front_onset_frames();
        let delays = [latency + later, latency + later, in_front, in_front];
        let rooms = room.as_ref().map_or(0, |room| room.hop.channels());
        Self {
            arch: pulp::Arch::new(),
            objects: objects
                .iter()
                .map(|object| OnHeadphones {
                    room: in_room(object),
                    ..object.headphones
                })
                .collect(),
            tracks: objects
                .iter()
                .enumerate()
                .map(|(index, object)| Track::new(object.feed, index, count))
                .collect(),
            gains: Gains::new(count, vec![1.0; columns.count]),
            courses: vec![Course::new(); count],
            own_plans: (0..count).map(|_| ChannelPlan::with_capacity(1)).collect(),
            plans: (0..columns.count)
                .map(|_| ChannelPlan::with_capacity(count + 1))
                .collect(),
            own: hop_of(count),
            dense: hop_of(columns.dense.len()),
            plain: hop_of(4),
            plain_delays: delays.map(DelayLine::new),
            bass: filters
                .bass_section()
                .map(|(section, _)| [0, 1].map(|_| Biquad::new(section))),
            ears: Ears::new(filters, count + columns.dense.len() + rooms),
            mapping,
            room,
            wide,
            headphones,
            rate,
            fill: 0,
            quantum: 0,
            settled: false,
        }
    }

    pub(super) fn latency_frames(&self) -> usize {
        let wide = self
            .wide
            .as_ref()
            .map_or(0, |_| Decorrelators::DIRECT_DELAY_FRAMES);
        HOP + self.headphones.filters.lead_frames() + wide
    }

    pub(super) fn ringing_frames(&self) -> usize {
        let room = self
            .room
            .as_ref()
            .map_or(0, |_| Room::ringing_frames(self.rate));
        let wide = self.wide.as_ref().map_or(0, |_| TAPS);
        self.headphones.filters.length() + room + wide + self.bass_frames()
    }

    pub(super) fn memory_frames(&self) -> usize {
        // What goes round in a filter is never quite over: rounding keeps a last bit of it.
        match self.room.is_some() || self.wide.is_some() || self.bass.is_some() {
            true => usize::MAX,
            false => self.ears.memory_frames() + self.latency_frames(),
        }
    }

    /// Frames for which the bass rings.
    fn bass_frames(&self) -> usize {
        let section = self.headphones.filters.bass_section();
        section.map_or(0, |(_, s)| self.rate.frame_at(s).0 as usize)
    }

    pub(super) fn skip_to(&mut self, frame: u64) {
        self.fill = (frame % HOP as u64) as usize;
        self.ears.reset();
        self.plain_delays.iter_mut().for_each(DelayLine::reset);
        let sections = self.bass.iter_mut().flatten();
        sections.for_each(Biquad::reset);
        for block in [&mut self.own, &mut self.dense, &mut self.plain] {
            block.clear();
        }
        if let Some(InRoom { room, hop }) = &mut self.room {
            room.reset();
            hop.clear();
        }
        if let Some(wide) = &mut self.wide {
            wide.reset(frame);
        }
    }

    pub(super) fn enter(&mut self, quantum: u64, begun: &Begun) {
        self.quantum = quantum;
        if begun.blocks().is_empty() && self.settled {
            return;
        }
        for plan in self.own_plans.iter_mut().chain(&mut self.plans) {
            plan.clear();
        }
        self.settled = begun.blocks().is_empty();
        for index in 0..self.tracks.len() {
            let track = &mut self.tracks[index];
            self.settled &= track.holds(quantum);
            let own = &begun.blocks()[begun.of(index)];
            let room = self.objects[index].room;
            let (mapping, headphones) = (&mut self.mapping, &mut self.headphones);
            let placed = own.iter().filter_map(|block| {
                let direction = direction_of(&mut headphones.wide.gains, &block.state)?;
                Some((block, direction))
            });
            self.courses[index].plan(quantum, placed);
            std::mem::swap(&mut self.plans[0], &mut self.own_plans[index]);
            let write = |number: usize, gains: &mut [f64]| {
                let state = &begun.blocks()[number].state;
                mapping.write(headphones, state, room, gains);
                Finish::NONE
            };
            track.plan(
                (quantum, begun, index),
                &mut self.plans,
                &mut self.gains,
                write,
            );
            std::mem::swap(&mut self.plans[0], &mut self.own_plans[index]);
        }
    }

    pub(super) fn render(&mut self, feeds: &Block, out: &mut Block, stretch: Stretch) {
        let mut done = 0;
        while done < stretch.frames {
            let frames = (stretch.frames - done).min(HOP - self.fill);
            self.render_piece(
                feeds,
                out,
                Stretch {
                    offset: stretch.offset + done,
                    to: stretch.to + done,
                    time: stretch.time + done,
                    frames,
                },
            );
            done += frames;
        }
    }

    /// Renders a piece that lies within one hop.
    fn render_piece(&mut self, feeds: &Block, out: &mut Block, piece: Stretch) {
        let Stretch { to, frames, .. } = piece;
        let span = self.fill..self.fill + frames;
        let in_hop = Stretch {
            to: self.fill,
            ..piece
        };
        let at_start = Stretch { to: 0, ..piece };
        let columns = &self.mapping.columns;
        kernel::mix(self.arch, &mut self.own_plans, feeds, &mut self.own, in_hop);
        if !columns.dense.is_empty() {
            let plans = &mut self.plans[columns.dense.clone()];
            kernel::mix(self.arch, plans, feeds, &mut self.dense, in_hop);
        }
        let plain = columns.ears.start..columns.panned.end;
        kernel::mix(
            self.arch,
            &mut self.plans[plain],
            feeds,
            &mut self.plain,
            in_hop,
        );
        if let Some(InRoom { room, hop }) = &mut self.room {
            let plans = &mut self.plans[columns.rooms.clone()];
            kernel::mix(self.arch, plans, feeds, &mut room.sends, at_start);
            room.process(frames);
            for (row, returned) in hop.rows_mut().zip(room.block.rows()) {
                row[span.clone()].copy_from_slice(returned);
            }
        }
        if let Some(wide) = &mut self.wide {
            let plans = &mut self.plans[columns.wide.clone()];
            wide.block.set_frames(frames);
            kernel::mix(self.arch, plans, feeds, &mut wide.block, at_start);
            let plans = &mut self.plans[columns.bass.clone()];
            wide.bass.set_frames(frames);
            kernel::mix(self.arch, plans, feeds, &mut wide.bass, at_start);
            wide.process(span.clone());
        }
        for (row, delay) in self.plain.rows_mut().zip(&mut self.plain_delays) {
            delay.process(&mut row[span.clone()]);
        }
        let gain = self.headphones.gain as f32;
        for ear in 0..2 {
            let heard = &mut out.row_mut(ear)[to..to + frames];
            heard.copy_from_slice(&self.ears.ready(ear)[span.clone()]);
            if let Some(wide) = &mut self.wide {
                wide.direct[ear].process(heard);
                add(heard, &wide.ears.ready(ear)[span.clone()]);
            }
            if let Some(sections) = &mut self.bass {
                sections[ear].process(heard);
            }
            add(heard, &self.plain.row(ear)[span.clone()]);
            add(heard, &self.plain.row(2 + ear)[span.clone()]);
            heard.iter_mut().for_each(|sample| *sample *= gain);
        }
        self.fill += frames;
        if self.fill == HOP {
            self.fill = 0;
            self.turn((piece.time + frames).div_ceil(HOP) - 1);
        }
    }

    /// Hop number `hop` of the quantum is complete: the ears take it in.
    fn turn(&mut self, hop: usize) {
        debug_assert!(hop < HOPS, "a hop lies within one quantum");
        let start = self.quantum + (hop * HOP) as u64;
        let pose = &self.headphones.pose;
        let poses: [Option<Pose>; GRAINS] =
            std::array::from_fn(|n| pose.at(start + ((n + 1) * GRAIN) as u64, self.rate));
        let seen = |heading: Heading| {
            let mut seen = heading;
            for (end, pose) in seen.ends.iter_mut().zip(&poses) {
                if let Some(pose) = pose {
                    *end = pose.seen(end);
                }
            }
            seen
        };
        let fixed = |directions: &[Direction], n: usize| seen(Heading::still(directions[n]));
        let objects = self.courses.len();
        let (own, dense) = (&self.own, &self.dense);
        let room = self.room.as_ref().map(|in_room| &in_room.hop);
        let dense_directions = &self.headphones.dense.directions;
        let (courses, on_headphones) = (&self.courses, &self.objects);
        let room_start = objects + dense.channels();
        self.ears.turn(
            |n| match room {
                _ if n < objects => own.row(n),
                Some(room) if n >= room_start => room.row(n - room_start),
                _ => dense.row(n - objects),
            },
            |n| match n {
                _ if n < objects && on_headphones[n].head_locked => courses[n].heading(hop),
                _ if n < objects => seen(courses[n].heading(hop)),
                _ if n >= room_start => seen(Heading::still(Room::direction(n - room_start))),
                _ => fixed(dense_directions, n - objects),
            },
        );
        if let Some(wide) = &mut self.wide {
            let hop = &wide.hop;
            let directions = &self.headphones.wide.directions;
            wide.ears.turn(|n| hop.row(n), |n| fixed(directions, n));
        }
    }
}

/// A block of one hop, silent.
pub(super) fn hop_of(rows: usize) -> Block {
    let mut block = Block::new(rows, HOP);
    block.set_frames(HOP);
    block
}

fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage")
            .field("headphones", &self.headphones)
            .field("objects", &self.objects.len())
            .finish_non_exhaustive()
    }
}
