//! Channel lock: an object plays from the nearest loudspeaker (ITU-R BS.2127-0, 7.3.6).

use nalgebra::Vector3;

use super::super::loudspeakers::Loudspeaker;
use crate::scene::ChannelLock;

/// Distances that differ by less are equal.
const TOLERANCE: f64 = 1e-5;

/// What a step along x, y and z counts in the room cube: an object leaves its plane last.
const ROOM_WEIGHTS: [f64; 3] = [1.0 / 16.0, 4.0, 32.0];

/// Where a loudspeaker stands for the lock, and which of equally near ones it is.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    channel: usize,
    at: Vector3<f64>,
}

/// The loudspeakers that objects may lock to, the preferred of equally near ones first.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    candidates: Vec<Candidate>,
    weights: Vector3<f64>,
}

impl Lock {
    /// The lock for polar positions: loudspeakers on the unit sphere, where they really stand.
    pub(super) fn on_sphere(speakers: &[Loudspeaker]) -> Self {
        Self::new(speakers, Vector3::repeat(1.0), |speaker| {
            Some(speaker.direction)
        })
    }

    /// The lock for places in the room cube.
    pub(super) fn in_room(speakers: &[Loudspeaker]) -> Self {
        Self::new(speakers, ROOM_WEIGHTS.into(), |speaker| {
            speaker.cube.map(Vector3::from)
        })
    }

    fn new(
        speakers: &[Loudspeaker],
        weights: Vector3<f64>,
        at: impl Fn(&Loudspeaker) -> Option<Vector3<f64>>,
    ) -> Self {
        let mut order: Vec<_> = (0..speakers.len()).filter(|&i| !speakers[i].lfe).collect();
        // Nearest to ear height first, then the lower, the one nearer to the front, the right one.
        let key = |channel: &usize| {
            let (azimuth, elevation) = speakers[*channel].real;
            [elevation.abs(), elevation, azimuth.abs(), azimuth]
        };
        order.sort_by(|a, b| {
            let pairs = key(a).into_iter().zip(key(b));
            let mut orders = pairs.map(|(a, b)| a.total_cmp(&b));
            orders.find(|order| order.is_ne()).unwrap_or(a.cmp(b))
        });
        let candidate = |channel: usize| {
            Some(Candidate {
                channel,
                at: at(&speakers[channel])?,
            })
        };
        Self {
            candidates: order.into_iter().filter_map(candidate).collect(),
            weights,
        }
    }

    /// The channel that an object at `at` locks to and where its loudspeaker stands, among those that are
    /// not marked in `excluded`; `None` if none is near enough.
    pub(super) fn nearest(
        &self,
        lock: ChannelLock,
        at: Vector3<f64>,
        excluded: &[bool],
    ) -> Option<(usize, Vector3<f64>)> {
        let reach = lock.max_distance.unwrap_or(f64::INFINITY) + TOLERANCE;
        let weighted = |candidate: &Candidate| {
            let away = at - candidate.at;
            away.component_mul(&away).dot(&self.weights).sqrt()
        };
        let possible = || {
            let playing = self.candidates.iter().filter(|c| !excluded[c.channel]);
            playing.filter(|c| (at - c.at).norm() < reach)
        };
        let least = possible().map(weighted).fold(f64::INFINITY, f64::min);
        possible()
            .find(|candidate| weighted(candidate) < least + TOLERANCE)
            .map(|candidate| (candidate.channel, candidate.at))
    }
}
