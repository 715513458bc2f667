//! How much of a source goes to the room, and how much is left of its own sound, so that it is as loud in each
//! setting as without a room.
//!
//! What returns comes from all round and fills the gaps that one direction's spectrum has; where that direction is
//! brighter than the room, or duller, its returns are made so in the treble: otherwise cymbals would lose by a room what
//! voices do not.

use super::room::{
    BASS, BASS_FROM, COLUMNS, DIRECTIONS, REFLECTIONS, SENDS, SETTINGS, Setting, heard_from,
    reflection_levels, setting, sided,
};
use crate::geometry::Direction;
use crate::render::hrtf::{Filters, Level, loudness_weight};
use crate::scene::RoomMode;
use crate::units::{Decibels, Hertz};

/// How loud the reverberation is, as power, relative to its power times the loudness of the directions it comes from:
/// measured with MIT KEMAR and SADIE 002, alike for pink noise, its mids and its treble.
const LATE_LOUDNESS: f64 = 1.3;

/// How much the mids count when levels are compared: voices live in them, noise does not.
const MIDS_SHARE: f64 = 1.0 / 3.0;

/// Least and most gain of the treble that returns.
const LEAST_TREBLE: f64 = 0.4;
const MOST_TREBLE: f64 = 2.5;

/// How loud what returns from the room is with a set.
#[derive(Debug)]
pub(super) struct RoomLevel {
    /// From the direction of each reflection.
    reflections: [Level; REFLECTIONS.len()],
    /// From all directions on average.
    late: Level,
    /// Bass of the directions that play it.
    bass: f64,
    shelf: Shelf,
}

/// The sends of a source, and its own gain.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoomGains {
    pub(super) direct: f64,
    pub(super) sends: [f64; COLUMNS],
}

impl RoomLevel {
    pub(super) fn new(filters: &Filters) -> Self {
        let level = |at: usize| filters.level(&heard_from(at));
        let each = LATE_LOUDNESS / DIRECTIONS.len() as f64;
        let bass = BASS_FROM.iter().map(|&at| level(at).bass);
        Self {
            reflections: REFLECTIONS.map(|(at, ..)| level(at)),
            late: Level::blended((0..DIRECTIONS.len()).map(|at| (each, level(at)))),
            bass: bass.sum::<f64>() / BASS_FROM.len() as f64,
            shelf: Shelf::new(Hertz(0.5 * f64::from(filters.rate().0))),
        }
    }

    /// The gains of a source in `direction`, which is as loud as `level` says without a room.
    pub(super) fn gains(&self, mode: RoomMode, direction: &Direction, level: Level) -> RoomGains {
        let setting = setting(mode);
        let direct = power(setting.direct_db);
        let returns = self.returns(&setting, direction);
        // The power of all, at which it is as loud together as the source without a room: a mean of noise and its
        // mids.
        let mids = ratio(level.mids, direct * level.mids + returns.mids);
        let scale = |raised: f64| {
            let whole = direct * level.loudness + returns.loudness + raised;
            mids.powf(MIDS_SHARE) * ratio(level.loudness, whole).powf(1.0 - MIDS_SHARE)
        };
        let missing = level.treble * (1.0 / scale(0.0) - direct);
        let treble = self.shelf.change(missing, returns.treble);
        let gain = scale(self.shelf.raised(treble, returns.treble)).sqrt();
        let direct = gain * direct.sqrt();
        let mut sends = [0.0; COLUMNS];
        if let Some(at) = SETTINGS.iter().position(|setting| *setting == mode) {
            let parts = [1.0, direction.x, direction.y, direction.z, treble];
            for (slot, part) in sends[SENDS * at..][..SENDS].iter_mut().zip(parts) {
                *slot = gain * part;
            }
            let bass = ratio(level.bass, self.bass).sqrt();
            sends[BASS] = (1.0 - direct) * bass.clamp(0.5, 2.0);
        }
        RoomGains { direct, sends }
    }

    /// How loud what returns of a source in `direction` is, for the power set.
    fn returns(&self, setting: &Setting, direction: &Direction) -> Level {
        let early = power(setting.early_db);
        let walls = reflection_levels().into_iter().zip(&REFLECTIONS);
        let walls = walls.zip(&self.reflections);
        let early = walls.map(|((level, (at, ..)), wall)| {
            let share = early * (level * sided(&heard_from(*at), direction)).powi(2);
            (share, *wall)
        });
        let late = setting.late.map(|(db, _)| (power(db), self.late));
        let mut returns = Level::blended(early.chain(late));
        returns.treble *= power(setting.treble_db);
        returns
    }
}

/// What a shelf 1 + cH, with H the high-pass of the treble, does to the loudness of pink noise.
#[derive(Debug)]
struct Shelf {
    /// Means of the real part of H and of its square in the treble.
    treble: [f64; 2],
    /// The same of all that is heard.
    whole: [f64; 2],
}

impl Shelf {
    /// The shelf up to `highest`.
    fn new(highest: Hertz) -> Self {
        const STEP_HZ: f64 = 20.0;
        let (mut treble, mut whole) = ([0.0; 2], [0.0; 2]);
        let (mut in_treble, mut in_whole) = (0.0, 0.0);
        for n in 1..(highest.0 / STEP_HZ) as usize {
            let hz = n as f64 * STEP_HZ;
            let x = (hz / Level::TREBLE_FROM.0).powi(2);
            let u = x / (1.0 + x);
            let weight = loudness_weight(hz);
            in_whole += weight;
            in_treble += weight * u * u;
            for (n, part) in [2.0 * u * u - u, u * u].into_iter().enumerate() {
                whole[n] += weight * part;
                treble[n] += weight * u * u * part;
            }
        }
        Self {
            treble: treble.map(|part| part / in_treble),
            whole: whole.map(|part| part / in_whole),
        }
    }

    /// The change c with which treble of the level `found` becomes as loud as `wanted`.
    fn change(&self, wanted: f64, found: f64) -> f64 {
        let [real, square] = self.treble;
        let root = real * real - square * (1.0 - wanted / found);
        let change = (root.max(0.0).sqrt() - real) / square;
        let change = if change.is_finite() { change } else { 0.0 };
        change.clamp(LEAST_TREBLE - 1.0, MOST_TREBLE - 1.0)
    }

    /// By how much the change makes what returns louder, whose treble has the level `found`.
    fn raised(&self, change: f64, found: f64) -> f64 {
        let [real, square] = self.whole;
        found * change * (2.0 * real + change * square)
    }
}

/// a / b; 1 if there is nothing to compare.
fn ratio(a: f64, b: f64) -> f64 {
    let ratio = a / b;
    if ratio.is_finite() { ratio } else { 1.0 }
}

fn power(db: f64) -> f64 {
    Decibels(db).gain().0.powi(2)
}
