//! One room for headphones in three settings.
//!
//! What is heard in it reaches the ears from twelve fixed directions through the filters of the set: the early
//! reflections each from one of them, the reverberation decorrelated from all, so that the ears have as much of
//! it in common as the set's ears have of diffuse sound, which is what makes it sound outside the head.
//!
//! Long waves that return would add to a bass note or take from it, whichever its pitch: what returns has a high-pass, and
//! the bass that a source loses to the room comes back at once, from in front.

use super::bass_split::{BassSplit, high_pass};
use crate::audio::{Block, QUANTUM};
use crate::dsp::{Biquad, Coefficients, DelayLine};
use crate::effect::reverb::{Reverb, ReverbStyle, Room as Space, Times};
use crate::geometry::{Direction, direction};
use crate::render::hrtf::Level;
use crate::scene::RoomMode;
use crate::units::{Decibels, Hertz, SampleRate};

/// Sends of each setting: the sound itself, as much of it as comes from the right, the front and above, and how much
/// more of its treble returns.
pub(super) const SENDS: usize = 5;

/// The last of them.
const TREBLE: usize = 4;

/// Settings that have sends, in the order of the columns.
pub(super) const SETTINGS: [RoomMode; 3] = [RoomMode::Near, RoomMode::Mid, RoomMode::Far];

/// Columns of all sends; the last is for bass.
pub(super) const COLUMNS: usize = BASS + 1;

pub(super) const BASS: usize = SENDS * SETTINGS.len();

/// Below this nothing returns. With Q = 1/2, and bass that is what the high-pass takes, direct sound, bass and returns
/// have the same power together at all frequencies but for 2e x²/(1 + x²)² of it (x: frequency over this one, e: the
/// share of bass), 0.5 dB in the farthest setting.
const RETURNS_FROM: Hertz = Hertz(300.0);

/// The directions that the bass comes from.
pub(super) const BASS_FROM: [usize; 2] = [0, 1];

/// Azimuth and elevation of the directions from which the room is heard, in degrees.
pub(super) const DIRECTIONS: [(f64, f64); 12] = [
    (38.0, 0.0),
    (-38.0, 0.0),
    (82.0, -8.0),
    (-82.0, -8.0),
    (132.0, 4.0),
    (-132.0, 4.0),
    (180.0, 0.0),
    (0.0, -35.0),
    (55.0, 42.0),
    (-55.0, 42.0),
    (125.0, 45.0),
    (-125.0, 45.0),
];

/// The early reflections: which direction, after how many ms in the middle setting, and how loud among the
/// others. A floor, two near side walls, a ceiling, the far corners and the back, of a room of about
/// 6.5 x 5 x 2.7 m.
pub(super) const REFLECTIONS: [(usize, f64, f64); 10] = [
    (7, 3.9, 0.9),
    (0, 7.1, 0.8),
    (1, 8.3, 0.8),
    (2, 10.7, 1.0),
    (3, 12.4, 1.0),
    (8, 9.2, 0.6),
    (9, 10.1, 0.6),
    (4, 16.9, 0.8),
    (5, 18.8, 0.8),
    (6, 22.7, 0.9),
];

/// How much of a reflection depends on whether the source is on the side of its wall.
const SIDEDNESS: f64 = 0.4;

/// One setting of the room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// Level of the direct sound in dB.
    pub(super) direct_db: f64,
    /// Power of all early reflections relative to the direct sound before `direct_db`, in dB.
    pub(super) early_db: f64,
    /// How much later than in the middle setting they come.
    later: f64,
    /// Power of the reverberation likewise, in dB, and its time in seconds.
    pub(super) late: Option<(f64, f64)>,
    /// Treble of what the room returns, in dB above 6 kHz.
    pub(super) treble_db: f64,
}

pub(super) fn setting(mode: RoomMode) -> Setting {
    match mode {
        RoomMode::Off | RoomMode::Near => Setting {
            direct_db: 0.0,
            early_db: -18.0,
            later: 0.7,
            late: None,
            treble_db: -1.0,
        },
        RoomMode::Mid => Setting {
            direct_db: 0.0,
            early_db: -13.0,
            later: 1.0,
            late: Some((-12.0, 0.25)),
            treble_db: -1.2,
        },
        RoomMode::Far => Setting {
            direct_db: -1.5,
            early_db: -9.0,
            later: 1.35,
            late: Some((-4.0, 0.4)),
            treble_db: -1.5,
        },
    }
}

/// The gain of a reflection from `wall` of a source in `direction`.
pub(super) fn sided(wall: &Direction, direction: &Direction) -> f64 {
    (1.0 - SIDEDNESS) + SIDEDNESS * wall.dot(direction)
}

/// The reflections' gains, of power 1 together for a source whose sound meets all walls alike.
pub(super) fn reflection_levels() -> [f64; REFLECTIONS.len()] {
    let power: f64 = REFLECTIONS.iter().map(|(_, _, level)| level * level).sum();
    REFLECTIONS.map(|(_, _, level)| level / power.sqrt())
}

pub(super) fn heard_from(index: usize) -> Direction {
    let (azimuth, elevation) = DIRECTIONS[index];
    direction(azimuth, elevation)
}

/// The room at work.
pub(super) struct Room {
    /// One row per direction from which it is heard, one stretch of a quantum.
    pub(super) block: Block,
    /// The sends, one stretch of a quantum.
    pub(super) sends: Block,
    /// What each setting returns; `None`: it is not used.
    settings: Vec<Option<Returns>>,
    bass_split: BassSplit,
    late: Block,
    run: Vec<f32>,
}

/// What a setting returns.
struct Returns {
    setting: Setting,
    /// What the treble's send is heard through.
    treble: Biquad,
    /// What the other sends are heard through.
    filters: [[Biquad; 2]; TREBLE],
    reflections: Vec<DelayLine>,
    reverb: Option<(Reverb, f32)>,
}

impl Room {
    /// The room at `rate`, in the settings that `is_used` names.
    pub(super) fn new(rate: SampleRate, is_used: impl Fn(RoomMode) -> bool) -> Self {
        let returned = high_pass(RETURNS_FROM, rate);
        let settings = SETTINGS.map(|mode| {
            if !is_used(mode) {
                return None;
            }
            let setting = setting(mode);
            let treble = Coefficients::high_shelf(Hertz(6000.0), Decibels(setting.treble_db), rate);
            let delays = REFLECTIONS.iter().map(|(_, ms, _)| {
                DelayLine::new(rate.frame_at(ms * setting.later / 1000.0).0 as usize)
            });
            Some(Returns {
                treble: Biquad::new(high_pass(Level::TREBLE_FROM, rate)),
                filters: [(); TREBLE].map(|()| [returned, treble].map(Biquad::new)),
                reflections: delays.collect(),
                reverb: setting.late.map(|(db, rt60_s)| {
                    let reverb = Reverb::new(&space(rt60_s), 1, DIRECTIONS.len(), rate);
                    (reverb, Decibels(db).gain().0 as f32)
                }),
                setting,
            })
        });
        Self {
            block: Block::new(DIRECTIONS.len(), QUANTUM),
            sends: Block::new(COLUMNS, QUANTUM),
            settings: settings.into(),
            bass_split: BassSplit::new(RETURNS_FROM, rate),
            late: Block::new(DIRECTIONS.len(), QUANTUM),
            run: vec![0.0; QUANTUM],
        }
    }

    /// Number of directions from which it is heard.
    pub(super) const DIRECTIONS: usize = DIRECTIONS.len();

    /// One of them.
    pub(super) fn direction(index: usize) -> Direction {
        heard_from(index)
    }

    /// Frames after which it is silent once nothing more comes in.
    pub(super) fn ringing_frames(rate: SampleRate) -> usize {
        let longest = SETTINGS.iter().filter_map(|mode| setting(*mode).late);
        let rt60_s = longest.map(|(_, rt60_s)| rt60_s).fold(0.0, f64::max);
        Reverb::ringing(&space(rt60_s), rate).0 as usize
    }

    /// Fills `frames` frames of the returns from as many of the sends.
    pub(super) fn process(&mut self, frames: usize) {
        self.block.set_frames(frames);
        self.sends.set_frames(frames);
        self.late.set_frames(frames);
        self.block.clear();
        self.bass_split.take(self.sends.row_mut(BASS));
        for at in BASS_FROM {
            let rows = self.block.row_mut(at).iter_mut();
            for (slot, bass) in rows.zip(self.sends.row(BASS)) {
                *slot += bass / BASS_FROM.len() as f32;
            }
        }
        for (index, returns) in self.settings.iter_mut().enumerate() {
            let Some(returns) = returns else {
                continue;
            };
            let first = SENDS * index;
            let run = &mut self.run[..frames];
            run.copy_from_slice(self.sends.row(first + TREBLE));
            returns.treble.process(run);
            for (all, treble) in self.sends.row_mut(first).iter_mut().zip(&*run) {
                *all += treble;
            }
            for (part, filters) in returns.filters.iter_mut().enumerate() {
                let send = self.sends.row_mut(first + part);
                filters.iter_mut().for_each(|filter| filter.process(send));
            }
            let early = Decibels(returns.setting.early_db).gain().0;
            let reflections = returns.reflections.iter_mut().zip(&REFLECTIONS);
            for ((delay, (at, ..)), level) in reflections.zip(reflection_levels()) {
                let wall = heard_from(*at);
                let level = early * level;
                let weights = [
                    level * (1.0 - SIDEDNESS),
                    level * SIDEDNESS * wall.x,
                    level * SIDEDNESS * wall.y,
                    level * SIDEDNESS * wall.z,
                ]
                .map(|weight| weight as f32);
                let run = &mut self.run[..frames];
                run.fill(0.0);
                for (part, weight) in weights.into_iter().enumerate() {
                    for (slot, sample) in run.iter_mut().zip(self.sends.row(first + part)) {
                        *slot += weight * sample;
                    }
                }
                delay.process(run);
                for (slot, sample) in self.block.row_mut(*at).iter_mut().zip(&*run) {
                    *slot += sample;
                }
            }
            if let Some((reverb, level)) = &mut returns.reverb {
                let heard = self.sends.passage(first..first + 1, 0..frames);
                reverb.play(heard, &mut self.late.whole_mut());
                for (row, late) in self.block.rows_mut().zip(self.late.rows()) {
                    for (slot, sample) in row.iter_mut().zip(late) {
                        *slot += *level * sample;
                    }
                }
            }
        }
    }

    /// Forgets everything heard so far.
    pub(super) fn reset(&mut self) {
        self.bass_split.reset();
        for returns in self.settings.iter_mut().flatten() {
            returns.treble.reset();
            let filters = returns.filters.iter_mut().flatten();
            filters.for_each(Biquad::reset);
            returns.reflections.iter_mut().for_each(DelayLine::reset);
            if let Some((reverb, _)) = &mut returns.reverb {
                reverb.reset();
            }
        }
    }
}

fn space(rt60_s: f64) -> Space {
    Space {
        times: Times::Bands {
            low_s: rt60_s,
            mid_s: rt60_s,
            high_s: 0.9 * rt60_s,
        },
        pre_delay_s: 0.012,
        high_pass: Hertz(20.0),
        low_pass: Hertz(18_000.0),
        ..Space::of(ReverbStyle::Room)
    }
}
