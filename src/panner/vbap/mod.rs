//! Amplitude panning on any layout (VBAP, Pulkki 1997, on the convex hull).
//!
//! [`Vbap::new`] closes the loudspeakers' hull to a mesh of cones that tile the sphere (`mesh`, with the
//! virtual speakers of `virtuals`); a source's gains are those of the cone it lies in (`facet`, found by
//! `panner::lookup`). `docs/panning.md` has the method and its measured quality.

mod coverage;
mod facet;
mod mesh;
mod needle;
mod steepness;
mod virtuals;

use nalgebra::Vector3;

use self::facet::Facet;
use self::mesh::Cone;
use super::lookup::Lookup;
use super::spread::Spread;
use super::{Panner, spread};
use crate::geometry::{Direction, Position};
use crate::layout::Layout;
use crate::scene::Extent;
use crate::{Error, Result};

/// Loudspeakers whose unit vectors differ by less than this are in one place.
const SAME_PLACE: f64 = 1e-6;

/// Nearer to the listener than this (in units of the loudspeaker distance), a source spreads to all
/// loudspeakers.
const NEAR_LISTENER: f64 = 0.1;

/// The panner for any layout of one or more loudspeakers.
///
/// For every direction:
/// - gains are finite and not below zero, LFE channels 0, the power 1;
/// - a source at a loudspeaker feeds that loudspeaker alone;
/// - gains are continuous, and change by no more than 0.25 per degree unless loudspeakers stand closer
///   together than about 8 degrees, or very irregularly (`docs/panning.md`, "Limits");
/// - a layout with a left/right, front/back or up/down symmetry has gains with that symmetry;
/// - inside the cone of the loudspeakers the sum of gains times loudspeaker directions points at the
///   source, and only the corners of the facet around it play (except where gains would be steeper than
///   that: facets that pass close by the listener, and needles).
///
/// The distance changes neither level nor gains, except within 0.1 of the listener, where the source
/// moves to all loudspeakers equally: there is no step when it passes through the listener.
///
/// If two loudspeakers stand in one place (which layout files may not), the first plays.
#[derive(Debug, Clone)]
pub struct Vbap {
    channels: usize,
    facets: Vec<Facet>,
    lookup: Lookup,
    /// The channels that may play, each with the amplitude that spreads a source evenly.
    everywhere: Vec<(usize, f64)>,
    outline: Vec<Vec<usize>>,
    covered: f64,
    surrounds: bool,
}

impl Vbap {
    /// The panner of `layout`. Uses the directions of the loudspeakers; their distances are a matter of
    /// alignment, not of panning.
    ///
    /// # Errors
    /// [`Error::Layout`] if the layout has no loudspeaker besides LFEs.
    pub fn new(layout: &Layout) -> Result<Self> {
        spread::prepare();
        let mut speakers: Vec<(usize, Direction)> = Vec::new();
        for (channel, speaker) in layout.speakers.iter().enumerate() {
            let u = speaker.direction();
            let taken = speakers.iter().any(|(_, v)| (u - v).norm() < SAME_PLACE);
            if !speaker.lfe && !taken && u.iter().all(|x| x.is_finite()) {
                speakers.push((channel, u));
            }
        }
        let refuse = |reason: &str| Err(Error::layout(&layout.name, "", reason));
        if speakers.is_empty() {
            return refuse("no loudspeaker besides LFEs; panning needs at least one");
        }
        let cones = match speakers[..] {
            [_] => Vec::new(),
            _ => mesh::cones(&speakers),
        };
        if cones.is_empty() && speakers.len() > 1 {
            return refuse("the directions of its loudspeakers form no mesh");
        }
        let corners: Vec<_> = cones.iter().map(|cone| cone.corners.clone()).collect();
        let even = 1.0 / (speakers.len() as f64).sqrt();
        let directions: Vec<_> = speakers.iter().map(|&(_, u)| u).collect();
        Ok(Self {
            channels: layout.channels(),
            lookup: Lookup::new(&corners),
            everywhere: speakers
                .iter()
                .map(|&(channel, _)| (channel, even))
                .collect(),
            outline: outline(&cones),
            covered: coverage::covered_fraction(&directions),
            surrounds: coverage::surrounds(&directions),
            facets: cones.into_iter().map(|cone| cone.facet).collect(),
        })
    }

    /// Writes the gains of a source in `direction` (a unit vector) to `gains`, one per channel.
    ///
    /// # Panics
    /// If `gains` is not as long as the layout has channels.
    pub fn direction_gains(&self, direction: &Direction, gains: &mut [f64]) {
        assert_eq!(gains.len(), self.channels, "one gain per channel");
        gains.fill(0.0);
        self.add_gains(direction, 1.0, gains);
    }

    /// The loudspeakers (channel numbers) round each facet of the mesh, for drawings: three or more in
    /// order, or the two of an edge next to a virtual speaker.
    pub fn facets(&self) -> Vec<Vec<usize>> {
        self.outline.clone()
    }

    /// Whether the loudspeakers surround the listener: not all of them lie on one side of some plane
    /// through the listener (within a degree).
    pub fn surrounds(&self) -> bool {
        self.surrounds
    }

    /// Share of the sphere that lies within the cone of the loudspeakers, 0 to 1; 0 for a flat layout.
    pub fn covered_fraction(&self) -> f64 {
        self.covered
    }

    /// Adds an object of any size at any distance to `gains`: its power is near 1, not exactly.
    fn add_object(&self, direction: &Direction, distance: f64, spread: Spread, gains: &mut [f64]) {
        let away = (distance / NEAR_LISTENER).min(1.0);
        let direct = away * away * (3.0 - 2.0 * away);
        self.add_everywhere(1.0 - direct, gains);
        if spread.is_point() {
            self.add_gains(direction, direct, gains);
        } else {
            spread.for_each(direction, |u, weight| {
                self.add_gains(u, direct * weight, gains)
            });
        }
    }

    /// Adds `amount` times the gains of a source in `direction` to `gains`.
    fn add_gains(&self, direction: &Direction, amount: f64, gains: &mut [f64]) {
        let candidates = self.lookup.candidates(direction);
        let found = match candidates {
            [only] => Some(only),
            // Rounding may put a direction on an edge outside of both facets: then the less so.
            _ => candidates
                .iter()
                .find(|&&i| self.facets[i as usize].inside(direction) >= 0.0)
                .or_else(|| self.least_outside(candidates, direction)),
        };
        match found {
            Some(&index) => self.facets[index as usize].add_gains(direction, amount, gains),
            None => self.add_everywhere(amount, gains),
        }
    }

    fn least_outside<'a>(&self, candidates: &'a [u32], direction: &Direction) -> Option<&'a u32> {
        let inside = |&&i: &&u32| self.facets[i as usize].inside(direction);
        candidates
            .iter()
            .max_by(|a, b| inside(a).total_cmp(&inside(b)))
    }

    /// Adds `amount` times the same gain on every loudspeaker.
    fn add_everywhere(&self, amount: f64, gains: &mut [f64]) {
        for &(channel, even) in &self.everywhere {
            gains[channel] += amount * even;
        }
    }
}

impl Panner for Vbap {
    fn channels(&self) -> usize {
        self.channels
    }

    /// See `spread` for the extent. Depth plays the near and the far end of the object together; the
    /// near end is seen larger, and where it reaches the listener it plays on all loudspeakers.
    fn gains(&self, position: Position, extent: Extent, gains: &mut [f64]) {
        assert_eq!(gains.len(), self.channels, "one gain per channel");
        gains.fill(0.0);
        let (direction, distance) = split(position.vector());
        let spread = Spread::of(extent, position, distance);
        let (near, far) = spread::depth_range(extent, distance);
        if near < far {
            let seen_near = spread.seen_from(if distance > 0.0 { near / distance } else { 1.0 });
            self.add_object(&direction, near, seen_near, gains);
            self.add_object(&direction, far, spread, gains);
        } else if spread.is_point() && distance >= NEAR_LISTENER {
            return self.add_gains(&direction, 1.0, gains);
        } else {
            self.add_object(&direction, distance, spread, gains);
        }
        let power: f64 = gains.iter().map(|gain| gain * gain).sum();
        let scale = 1.0 / power.sqrt();
        for gain in gains.iter_mut() {
            *gain *= scale;
        }
    }
}

/// Unit vector and length of a position; straight ahead at no distance if it is not finite.
fn split(vector: Vector3<f64>) -> (Direction, f64) {
    let largest = vector.amax();
    if !(largest > 0.0 && largest.is_finite()) || vector.iter().any(|x| x.is_nan()) {
        return (Position::FRONT.vector(), 0.0);
    }
    // Scaled first, so that neither huge nor tiny positions leave the range of the squares.
    let scaled = vector / largest;
    let length = scaled.norm();
    (scaled / length, length * largest)
}

/// Channel numbers round each facet, each list once.
fn outline(cones: &[Cone]) -> Vec<Vec<usize>> {
    let mut outline: Vec<Vec<usize>> = Vec::new();
    for cone in cones {
        if (cone.real || cone.channels.len() == 2) && !outline.contains(&cone.channels) {
            outline.push(cone.channels.clone());
        }
    }
    outline
}
