//! What an object plays of: its own place, and what it shares with others.

use std::f64::consts::FRAC_1_SQRT_2;
use std::ops::Range;

use super::headphones::Headphones;
use super::places::{direction_of, outside_head};
use super::room_level::RoomLevel;
use super::wide_level::WideLevel;
use crate::panner::{is_lfe, stereo};
use crate::scene::{HoaComponent, ObjectState, Pan, RoomMode, State, to_polar};

/// Degrees of width or height from which on an extent leaves nothing at its middle.
const WHOLLY_WIDE_DEG: f64 = 60.0;

/// Level of an LFE on either ear, -3 dB: as loud in all as a feed of its level.
const LFE_GAIN: f64 = FRAC_1_SQRT_2;

/// The columns of gains that every object has, in order: its own source; ears without filters, for what was made
/// for two ears, then for what is only panned; the rooms; the fixed directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) own: usize,
    /// Left and right as they stand.
    pub(super) ears: Range<usize>,
    /// Left and right, delayed as a source in front.
    pub(super) panned: Range<usize>,
    /// Sends to the rooms; empty if there are none.
    pub(super) rooms: Range<usize>,
    /// Decorrelated fixed directions; empty if nothing is wide.
    pub(super) wide: Range<usize>,
    /// The bass that the wide directions leave out; empty with them.
    pub(super) bass: Range<usize>,
    /// Fixed directions; empty if nothing needs them.
    pub(super) dense: Range<usize>,
    pub(super) count: usize,
}

impl Columns {
    pub(super) fn new(rooms: usize, wide: usize, dense: usize) -> Self {
        let mut at = 1;
        let mut next = |count: usize| {
            let range = at..at + count;
            at += count;
            range
        };
        Self {
            own: 0,
            ears: next(2),
            panned: next(2),
            rooms: next(rooms),
            wide: next(wide),
            bass: next(wide.min(1)),
            dense: next(dense),
            count: at,
        }
    }
}

/// Works gains out; holds the room it takes.
pub(super) struct Mapping {
    pub(super) columns: Columns,
    /// `None` if nothing is wide.
    wide: Option<WideLevel>,
    direct: Vec<f64>,
    diffuse: Vec<f64>,
    room: RoomLevel,
    /// For each sound field its gains on the dense directions, one component after the other.
    pub(super) decoders: Vec<crate::render::channels::Decoder>,
}

impl Mapping {
    pub(super) fn new(columns: Columns, headphones: &Headphones) -> Self {
        let wide = &headphones.wide.directions;
        let speakers = &headphones.wide.layout.speakers;
        let names: Vec<&str> = speakers.iter().map(|s| s.label.as_str()).collect();
        let level = || WideLevel::new(&headphones.filters, wide, &names);
        Self {
            wide: (!columns.wide.is_empty()).then(level),
            direct: vec![0.0; wide.len()],
            diffuse: vec![0.0; wide.len()],
            room: RoomLevel::new(&headphones.filters),
            decoders: Vec::new(),
            columns,
        }
    }

    /// Writes the gain of every column for a feed in `state` that is heard in `room` (`None`: ears alone).
    pub(super) fn write(
        &mut self,
        headphones: &mut Headphones,
        state: &State,
        room: Option<RoomMode>,
        gains: &mut [f64],
    ) {
        gains.fill(0.0);
        match state {
            State::Binaural { left, gain } => {
                gains[self.columns.ears.start + usize::from(!left)] = *gain;
            }
            State::Hoa(component) => self.sound_field(component, gains),
            State::DirectSpeakers(speaker) if is_lfe(speaker) => {
                gains[self.columns.panned.clone()].fill(LFE_GAIN * speaker.gain);
            }
            State::DirectSpeakers(speaker) => {
                let point = Point {
                    gain: speaker.gain,
                    pan: None,
                };
                self.point(headphones, state, room, point, gains);
            }
            State::Object(object) => self.object(headphones, state, object, room, gains),
        }
    }

    /// A component of a sound field, which has a room of its own.
    fn sound_field(&self, component: &HoaComponent, gains: &mut [f64]) {
        let dense = &mut gains[self.columns.dense.clone()];
        crate::render::channels::Decoder::write(&self.decoders, component, dense);
    }

    fn object(
        &mut self,
        headphones: &mut Headphones,
        state: &State,
        object: &ObjectState,
        room: Option<RoomMode>,
        gains: &mut [f64],
    ) {
        let point = Point {
            gain: object.gain,
            pan: Some(object.pan),
        };
        self.point(headphones, state, room, point, gains);
        if room == Some(RoomMode::Off) {
            return;
        }
        let Some(direction) = direction_of(&mut headphones.wide.gains, state) else {
            return;
        };
        let at_point = headphones.filters.loudness(&direction);
        let outside = outside_head(object.position);
        if outside < 1.0 {
            let own = gains[self.columns.own];
            let inside = own * ((1.0 - outside) * at_point).sqrt() * FRAC_1_SQRT_2;
            gains[self.columns.panned.clone()].fill(inside);
            gains[self.columns.own] = own * outside.sqrt();
        }
        let own = gains[self.columns.own];
        let features = object.features.as_deref();
        let is_several = features.is_some_and(|features| {
            let diverges = features.divergence.is_some_and(|d| d.value > 0.0);
            diverges || !features.zones.is_empty()
        });
        if is_several && !self.columns.dense.is_empty() {
            gains[self.columns.own] = 0.0;
            let dense = &mut gains[self.columns.dense.clone()];
            headphones.dense.gains.object(object, dense, &mut []);
            let power: f64 = dense.iter().map(|gain| gain * gain).sum();
            let scale = if power > 0.0 { own / power.sqrt() } else { 0.0 };
            dense.iter_mut().for_each(|gain| *gain *= scale);
            return;
        }
        let share = wide_share(object);
        let Some(level) = self.wide.as_ref().filter(|_| share > 0.0) else {
            return;
        };
        headphones
            .wide
            .gains
            .object(object, &mut self.direct, &mut self.diffuse);
        for (direct, diffuse) in self.direct.iter_mut().zip(&self.diffuse) {
            *direct = (*direct * *direct + diffuse * diffuse).sqrt();
        }
        let left = (1.0 - share).sqrt();
        let factor = own * level.factor(&self.direct, left, &direction, at_point);
        for (slot, gain) in gains[self.columns.wide.clone()]
            .iter_mut()
            .zip(&self.direct)
        {
            *slot = factor * gain;
        }
        gains[self.columns.own] = own * left;
        gains[self.columns.bass.clone()].fill(own * (1.0 - left));
    }

    /// A source with a direction, in its room.
    fn point(
        &self,
        headphones: &mut Headphones,
        state: &State,
        room: Option<RoomMode>,
        point: Point,
        gains: &mut [f64],
    ) {
        let Some(direction) = direction_of(&mut headphones.wide.gains, state) else {
            return;
        };
        let Some(mode) = room else {
            gains[self.columns.own] = point.gain;
            return;
        };
        let level = headphones.filters.level(&direction);
        if mode == RoomMode::Off {
            let panned = stereo::pan_gains(point.pan.map_or(direction.x, Pan::value));
            let gain = point.gain * level.loudness.sqrt();
            for (slot, pan) in gains[self.columns.panned.clone()].iter_mut().zip(panned) {
                *slot = pan * gain;
            }
            return;
        }
        let heard = self.room.gains(mode, &direction, level);
        gains[self.columns.own] = point.gain * heard.direct;
        let rooms = &mut gains[self.columns.rooms.clone()];
        for (slot, send) in rooms.iter_mut().zip(heard.sends) {
            *slot = point.gain * send;
        }
    }
}

/// What a source says beside its direction.
#[derive(Debug, Clone, Copy)]
struct Point {
    gain: f64,
    /// Its pan on a stereo bus; `None`: as its direction.
    pan: Option<Pan>,
}

/// Share of the power that is played from fixed directions, decorrelated: what is diffuse, and of what is not
/// the more the larger it is.
fn wide_share(object: &ObjectState) -> f64 {
    let (_, extent) = to_polar(object.position, object.extent);
    let large = extent.width.max(extent.height) / WHOLLY_WIDE_DEG;
    let at_point = (1.0 - large.clamp(0.0, 1.0)) * (1.0 - object.diffuse.clamp(0.0, 1.0));
    1.0 - at_point
}
