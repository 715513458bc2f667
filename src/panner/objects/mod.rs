//! Positioned objects: all that a block of type Objects may say, in the order of ITU-R BS.2127-0, section 7.3.
//!
//! Polar objects live on the sphere of the real loudspeakers, Cartesian ones in the room cube. Where the
//! loudspeakers have no places in the cube, what is Cartesian is converted to polar before it is panned.

mod channel_lock;
mod divergence;
pub(super) mod screen;
mod zones;

use self::channel_lock::Lock;
use super::Bearing;
use super::stage::Stage;
use crate::geometry::{Position, cartesian_to_polar, polar_to_cartesian};
use crate::scene::{self, Extent, Features, ObjectState, Zone};

/// What the gains of objects need beside the stage: locks, and room to compute in.
#[derive(Debug)]
pub(super) struct Objects {
    sphere_lock: Lock,
    room_lock: Lock,
    excluded: Vec<bool>,
    powers: Vec<f64>,
}

impl Objects {
    pub(super) fn new(stage: &Stage) -> Self {
        let channels = stage.speakers.len();
        Self {
            sphere_lock: Lock::on_sphere(&stage.speakers),
            room_lock: Lock::in_room(&stage.speakers),
            excluded: vec![false; channels],
            powers: vec![0.0; channels],
        }
    }

    /// Writes the gains of an object before its own gain and diffuseness to `gains`, one per channel.
    /// `bearing` is that of its position, if it is known.
    pub(super) fn gains(
        &mut self,
        stage: &mut Stage,
        state: &ObjectState,
        bearing: Option<&Bearing>,
        gains: &mut [f64],
    ) {
        let features = state.features.as_deref();
        if let (Position::Polar { .. }, None, Some(bearing)) = (state.position, features, bearing) {
            // The usual object; what panners give is finite.
            let panner = &stage.panner;
            return panner.gains_at(state.position, bearing, state.extent, gains);
        }
        match state.position {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => match features {
                None => stage.panner.gains(state.position, state.extent, gains),
                Some(features) => {
                    let at = (azimuth, elevation, distance);
                    self.on_sphere(stage, features, at, state.extent, gains);
                }
            },
            Position::Cartesian { x, y, z } => {
                let at = in_cube([x, y, z]);
                match (features, &mut stage.room) {
                    (None, Some(room)) => room.gains(at, state.extent, gains),
                    (Some(features), Some(_)) => {
                        self.in_room(stage, features, at, state.extent, gains);
                    }
                    (_, None) => self.room_on_sphere(stage, features, at, state.extent, gains),
                }
            }
        }
        // Without a branch, so that it is quick.
        for gain in gains {
            *gain = if gain.is_nan() { 0.0 } else { *gain };
        }
    }

    /// A polar object.
    fn on_sphere(
        &mut self,
        stage: &Stage,
        features: &Features,
        (azimuth, elevation, distance): (f64, f64, f64),
        extent: Extent,
        gains: &mut [f64],
    ) {
        let at = self.placed_on_sphere(stage, features, (wrapped(azimuth), elevation, distance));
        let positions = divergence::around(features.divergence.as_ref(), at);
        let parts = positions.map(|(share, position)| (share, position, extent));
        self.pan_parts(stage, features, parts, gains);
    }

    /// Sums the powers of what plays at up to three positions and moves them out of excluded zones.
    fn pan_parts(
        &mut self,
        stage: &Stage,
        features: &Features,
        parts: [(f64, Position, Extent); 3],
        gains: &mut [f64],
    ) {
        self.powers.fill(0.0);
        for (share, position, extent) in parts.into_iter().filter(|part| part.0 > 0.0) {
            stage.panner.gains(position, extent, gains);
            add_powers(&mut self.powers, share, gains);
        }
        if !features.zones.is_empty() {
            zones::mark(&features.zones, &stage.speakers, &mut self.excluded);
            zones::move_power(&stage.speakers, &self.excluded, &mut self.powers);
        }
        take_roots(&self.powers, gains);
    }

    /// A Cartesian object on loudspeakers in the room cube.
    fn in_room(
        &mut self,
        stage: &mut Stage,
        features: &Features,
        at: [f64; 3],
        extent: Extent,
        gains: &mut [f64],
    ) {
        let Some(room) = &mut stage.room else {
            return;
        };
        let mut at = at;
        if features.screen_ref {
            at = stage.screen.scaled_in_room(&features.reference_screen, at);
        }
        at = stage.screen.locked_in_room(features.screen_edge_lock, at);
        zones::mark(&features.zones, &stage.speakers, &mut self.excluded);
        room.widen(&mut self.excluded);
        if let Some(lock) = features.channel_lock
            && let Some((_, place)) = self.room_lock.nearest(lock, at.into(), &self.excluded)
        {
            at = place.into();
        }
        let any = self.excluded.contains(&true);
        self.powers.fill(0.0);
        let places = divergence::across(features.divergence.as_ref(), at);
        for (share, at) in places.into_iter().filter(|place| place.0 > 0.0) {
            match any {
                true => room.gains_without(&self.excluded, at, extent, gains),
                false => room.gains(at, extent, gains),
            }
            add_powers(&mut self.powers, share, gains);
        }
        take_roots(&self.powers, gains);
    }

    /// A Cartesian object on loudspeakers that have no places in the room cube.
    fn room_on_sphere(
        &mut self,
        stage: &Stage,
        features: Option<&Features>,
        at: [f64; 3],
        extent: Extent,
        gains: &mut [f64],
    ) {
        let converted =
            |[x, y, z]: [f64; 3]| scene::to_polar(Position::Cartesian { x, y, z }, extent);
        let Some(features) = features else {
            let (position, extent) = converted(at);
            return stage.panner.gains(position, extent, gains);
        };
        let polar = cartesian_to_polar(at);
        let (azimuth, elevation, distance) = self.placed_on_sphere(stage, features, polar);
        let at = in_cube(polar_to_cartesian(azimuth, elevation, distance));
        let places = divergence::across(features.divergence.as_ref(), at);
        let parts = places.map(|(share, at)| {
            let (position, extent) = converted(at);
            (share, position, extent)
        });
        self.pan_parts(stage, features, parts, gains);
    }

    /// Where an object is heard from once its position is scaled to the screen at hand, held at its edges, and
    /// locked to a loudspeaker, as far as it says so. What is moved is polar then.
    pub(super) fn place(&mut self, stage: &Stage, state: &ObjectState) -> Position {
        let moves = |features: &&Features| {
            features.screen_ref
                || !features.screen_edge_lock.is_none()
                || features.channel_lock.is_some()
        };
        let Some(features) = state.features.as_deref().filter(moves) else {
            return state.position;
        };
        let at = match state.position {
            Position::Polar {
                azimuth,
                elevation,
                distance,
            } => (wrapped(azimuth), elevation, distance),
            Position::Cartesian { x, y, z } => cartesian_to_polar(in_cube([x, y, z])),
        };
        let (azimuth, elevation, distance) = self.placed_on_sphere(stage, features, at);
        Position::Polar {
            azimuth,
            elevation,
            distance,
        }
    }

    /// Where a polar object stands with respect to the screen, then after channel lock.
    fn placed_on_sphere(
        &mut self,
        stage: &Stage,
        features: &Features,
        (azimuth, elevation, distance): (f64, f64, f64),
    ) -> (f64, f64, f64) {
        let mut angles = (azimuth, elevation);
        if features.screen_ref {
            angles = stage.screen.scaled(&features.reference_screen, angles);
        }
        angles = stage.screen.locked(features.screen_edge_lock, angles);
        self.locked_on_sphere(stage, features, (angles.0, angles.1, distance))
    }

    /// Where a polar object stands after channel lock.
    fn locked_on_sphere(
        &mut self,
        stage: &Stage,
        features: &Features,
        at: (f64, f64, f64),
    ) -> (f64, f64, f64) {
        let Some(lock) = features.channel_lock else {
            return at;
        };
        let (azimuth, elevation, distance) = at;
        let position = Position::Polar {
            azimuth,
            elevation,
            distance,
        };
        // Zones do not matter here.
        self.excluded.fill(false);
        let nearest = self
            .sphere_lock
            .nearest(lock, position.vector(), &self.excluded);
        nearest.map_or(at, |(channel, _)| {
            let (azimuth, elevation) = stage.speakers[channel].real;
            (azimuth, elevation, 1.0)
        })
    }
}

/// Whether `zones` of an object hold every loudspeaker that could play it: then none of them is left out. `is_cartesian`
/// says in which form its position is.
pub(super) fn excludes_all(stage: &Stage, zones: &[Zone], is_cartesian: bool) -> bool {
    let speakers = &stage.speakers;
    let mut excluded = vec![false; speakers.len()];
    zones::mark(zones, speakers, &mut excluded);
    match &stage.room {
        Some(room) if is_cartesian => {
            let is_some = excluded.contains(&true);
            room.widen(&mut excluded);
            is_some && !excluded.contains(&true)
        }
        _ => speakers
            .iter()
            .zip(&excluded)
            .all(|(speaker, excluded)| speaker.lfe || *excluded),
    }
}

/// The place within the room cube; what is not a number is the middle.
pub(super) fn in_cube(at: [f64; 3]) -> [f64; 3] {
    at.map(|x| if x.is_nan() { 0.0 } else { x.clamp(-1.0, 1.0) })
}

/// An azimuth in degrees as -180 to 180.
fn wrapped(azimuth: f64) -> f64 {
    if azimuth.abs() <= 180.0 {
        return azimuth;
    }
    (azimuth + 180.0).rem_euclid(360.0) - 180.0
}

fn add_powers(powers: &mut [f64], share: f64, gains: &[f64]) {
    for (power, gain) in powers.iter_mut().zip(gains) {
        *power += share * gain * gain;
    }
}

fn take_roots(powers: &[f64], gains: &mut [f64]) {
    for (gain, power) in gains.iter_mut().zip(powers) {
        *gain = power.sqrt();
    }
}
