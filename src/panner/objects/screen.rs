//! Positions that depend on the screen: scaled to the one at hand, or held at its edge (ITU-R BS.2127-0, 7.3.3
//! and 7.3.4).

use super::super::loudspeakers::Loudspeaker;
use crate::geometry::{cartesian_to_polar, polar_to_cartesian};
use crate::layout::{Layout, Screen, ScreenEdges};
use crate::scene::{LockHorizontal, LockVertical, ScreenEdgeLock};

/// The screen at hand and what moves positions with it.
#[derive(Debug, Clone)]
pub(crate) struct ScreenAtHand {
    /// `None`: there is no screen (or no possible one), and nothing depends on it.
    edges: Option<ScreenEdges>,
    /// The layout has upper loudspeakers at ±45 that share corners of the cube with those at ±30.
    slanted: bool,
}

impl ScreenAtHand {
    pub(crate) fn new(layout: &Layout, speakers: &[Loudspeaker]) -> Self {
        Self {
            edges: layout
                .screen
                .as_ref()
                .and_then(|screen| screen.edges().ok()),
            slanted: speakers.iter().any(|s| !s.lfe && s.label == "U+045"),
        }
    }

    /// Azimuth and elevation, in degrees, of something meant relative to the screen `reference`, relative to
    /// the screen at hand.
    pub(crate) fn scaled(
        &self,
        reference: &Screen,
        (azimuth, elevation): (f64, f64),
    ) -> (f64, f64) {
        let (Some(here), Ok(there)) = (self.edges, reference.edges()) else {
            return (azimuth, elevation);
        };
        let sides = |edges: ScreenEdges| [-180.0, edges.right, edges.left, 180.0];
        let heights = |edges: ScreenEdges| [-90.0, edges.bottom, edges.top, 90.0];
        (
            interpolate(azimuth, &sides(there), &sides(here)),
            interpolate(elevation, &heights(there), &heights(here)),
        )
    }

    /// Azimuth and elevation, in degrees, of something that sticks to edges of the screen.
    pub(crate) fn locked(
        &self,
        lock: ScreenEdgeLock,
        (azimuth, elevation): (f64, f64),
    ) -> (f64, f64) {
        let Some(edges) = self.edges else {
            return (azimuth, elevation);
        };
        (
            match lock.horizontal {
                Some(LockHorizontal::Left) => edges.left,
                Some(LockHorizontal::Right) => edges.right,
                None => azimuth,
            },
            match lock.vertical {
                Some(LockVertical::Top) => edges.top,
                Some(LockVertical::Bottom) => edges.bottom,
                None => elevation,
            },
        )
    }

    /// As [`Self::scaled`], for a place in the room cube.
    pub(crate) fn scaled_in_room(&self, reference: &Screen, at: [f64; 3]) -> [f64; 3] {
        match self.edges {
            None => at,
            Some(_) => self.moved_in_room(at, |angles| self.scaled(reference, angles)),
        }
    }

    /// As [`Self::locked`], for a place in the room cube.
    pub(crate) fn locked_in_room(&self, lock: ScreenEdgeLock, at: [f64; 3]) -> [f64; 3] {
        match self.edges {
            Some(_) if !lock.is_none() => {
                self.moved_in_room(at, |angles| self.locked(lock, angles))
            }
            _ => at,
        }
    }

    fn moved_in_room(
        &self,
        at: [f64; 3],
        move_angles: impl Fn((f64, f64)) -> (f64, f64),
    ) -> [f64; 3] {
        let (azimuth, elevation, distance) = cartesian_to_polar(at);
        let (azimuth, elevation) = move_angles((azimuth, elevation));
        let azimuth = match self.slanted {
            // So that what moves straight up in the cube is heard to move straight up.
            true => {
                let corner = interpolate(elevation, &[0.0, 30.0, 90.0], &[30.0, 20.0, 30.0]);
                let sides = [-180.0, -corner, corner, 180.0];
                interpolate(azimuth, &[-180.0, -30.0, 30.0, 180.0], &sides)
            }
            false => azimuth,
        };
        polar_to_cartesian(azimuth, elevation, distance)
    }
}

/// Straight lines through the points (`from[i]`, `to[i]`), `from` ascending; the ends hold beyond them.
fn interpolate<const N: usize>(x: f64, from: &[f64; N], to: &[f64; N]) -> f64 {
    let next = from.partition_point(|&point| point <= x);
    match next {
        0 => to[0],
        _ if next == N => to[N - 1],
        _ => {
            let before = next - 1;
            let way = (x - from[before]) / (from[next] - from[before]);
            to[before] + (to[next] - to[before]) * way
        }
    }
}
