//! The mesh of a layout: cones that tile the sphere, with a loudspeaker or a virtual speaker at each
//! corner.
//!
//! The convex hull of the loudspeakers is kept wherever a ray from the listener pierces it well inside.
//! Elsewhere (no facet there, or one that passes so close by the listener that gains would jump) virtual
//! speakers are added at the centres of the empty caps, one mirror orbit at a time, until none is left.

use nalgebra::Vector3;

use super::facet::{Corner, Facet, Feeds};
use super::needle::blunt_needles;
use super::steepness::steepest_slope;
use super::virtuals::{Mirrors, downmix, opposite_of_circle, poles_of_flat_layout};
use crate::geometry::Direction;
use crate::geometry::hull::{HullFacet, nearly_flat_hull};

/// Steepest change of the gains, per degree, allowed to facets that pass close by the listener. The
/// target is 0.25 (`docs/panning.md`); the slope is sampled, and its peak may lie between the samples.
const STEEP: f64 = 0.24;

/// Facets farther from the listener than this are never taken for grazing: if their gains are steep, it
/// is because the loudspeakers stand close together.
const GRAZING: f64 = 0.5;

/// Speakers nearer than this to one plane (0.0002 degrees) stand on it: angles in files are rounded.
pub(super) const ON_PLANE: f64 = 4e-6;

/// A plane nearer to the listener than this passes through the listener.
const THROUGH_LISTENER: f64 = ON_PLANE;

/// Cosine of the least angle between a new virtual speaker and any other corner (30 degrees).
const CROWDED: f64 = 0.866;

/// Rounds of adding virtual speakers; the sphere has no room for more at 30 degrees' distance.
const MOST_ROUNDS: usize = 24;

/// A speaker of the mesh, real or virtual.
#[derive(Debug, Clone)]
pub(super) struct Vertex {
    pub(super) direction: Direction,
    /// 1, or less for a virtual speaker that must not hide a facet of loudspeakers.
    pub(super) radius: f64,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A loudspeaker on this channel.
    Real(usize),
    /// A virtual speaker, played by the loudspeakers next to it.
    Virtual,
    /// A virtual speaker with loudspeakers and amplitudes of its own.
    Blunting(Feeds),
}

impl Vertex {
    fn vector(&self) -> Vector3<f64> {
        self.direction * self.radius
    }

    /// Channel of a loudspeaker; `None` for a virtual speaker.
    pub(super) fn channel(&self) -> Option<usize> {
        match self.kind {
            Kind::Real(channel) => Some(channel),
            _ => None,
        }
    }
}

/// A facet with its cone.
#[derive(Debug)]
pub(super) struct Cone {
    pub(super) facet: Facet,
    /// Corner vectors, counter-clockwise seen from outside.
    pub(super) corners: Vec<Vector3<f64>>,
    /// The channels of those corners that are loudspeakers, in the same order.
    pub(super) channels: Vec<usize>,
    /// All corners are loudspeakers.
    pub(super) real: bool,
}

/// The cones of loudspeakers given by channel and direction: at least two, no two in one place.
///
/// Empty only if the geometry defeats the arithmetic.
pub(super) fn cones(speakers: &[(usize, Direction)]) -> Vec<Cone> {
    let directions: Vec<_> = speakers.iter().map(|&(_, u)| u).collect();
    let channels = 1 + speakers.iter().map(|&(c, _)| c).max().unwrap_or(0);
    let mirrors = Mirrors::of(&directions);
    let mut vertices: Vec<_> = speakers
        .iter()
        .map(|&(channel, direction)| Vertex {
            direction,
            radius: 1.0,
            kind: Kind::Real(channel),
        })
        .collect();
    add(&mut vertices, &poles_of_flat_layout(&directions), 1.0);
    if hull_of(&vertices).is_none() {
        add(&mut vertices, &[opposite_of_circle(&directions)], 1.0);
    }
    for _ in 0..MOST_ROUNDS {
        let Some(hull) = hull_of(&vertices) else {
            break;
        };
        let judged = judge(&hull, &vertices, channels);
        let Some((images, radius)) = next_virtual(&judged, &vertices, mirrors) else {
            break;
        };
        add(&mut vertices, &images, radius);
    }
    let mut facets = hull_of(&vertices).unwrap_or_default();
    blunt_needles(&mut facets, &mut vertices, channels);
    cones_of(&facets, &vertices)
}

fn add(vertices: &mut Vec<Vertex>, directions: &[Direction], radius: f64) {
    vertices.extend(directions.iter().map(|&direction| Vertex {
        direction,
        radius,
        kind: Kind::Virtual,
    }));
}

fn hull_of(vertices: &[Vertex]) -> Option<Vec<HullFacet>> {
    let points: Vec<_> = vertices.iter().map(Vertex::vector).collect();
    nearly_flat_hull(&points, ON_PLANE)
}

/// A facet of the hull with what decides whether it stays.
struct Judged {
    /// All corners are loudspeakers.
    real: bool,
    /// Normal, as long as the facet's area, and distance of the facet from the listener, both with its
    /// corners on the unit sphere.
    area: Vector3<f64>,
    offset: f64,
    /// The facet passes too close by the listener, or has the listener outside.
    bad: bool,
}

fn judge(hull: &[HullFacet], vertices: &[Vertex], channels: usize) -> Vec<Judged> {
    let corners = corners_of(hull, vertices);
    let judge_one = |facet: &HullFacet| {
        let units = facet.corners.iter().map(|&i| vertices[i].direction);
        let next = units.clone().cycle().skip(1);
        let area: Vector3<f64> = units.clone().zip(next).map(|(a, b)| a.cross(&b)).sum();
        let normal = area.normalize();
        let offset = units.map(|u| normal.dot(&u)).fold(f64::INFINITY, f64::min);
        let parts = facets_of(facet, vertices, &corners);
        let steep = || {
            parts
                .iter()
                .any(|(facet, corners)| steepest_slope(facet, corners, channels) > STEEP)
        };
        Judged {
            real: facet
                .corners
                .iter()
                .all(|&i| vertices[i].channel().is_some()),
            area,
            offset,
            bad: offset <= THROUGH_LISTENER || parts.is_empty() || offset < GRAZING && steep(),
        }
    };
    hull.iter().map(judge_one).collect()
}

/// Where the next virtual speakers go, and how far out: at the centre of the worst of the empty caps.
fn next_virtual(
    judged: &[Judged],
    vertices: &[Vertex],
    mirrors: Mirrors,
) -> Option<(Vec<Direction>, f64)> {
    let mut worst: Vec<_> = judged.iter().filter(|f| f.bad).collect();
    worst.sort_by(|a, b| a.offset.total_cmp(&b.offset));
    for facet in &worst {
        // Facets that form one flat patch count together, so that its triangulation does not matter.
        let normal = facet.area.normalize();
        let patch: Vector3<f64> = worst
            .iter()
            .map(|other| other.area)
            .filter(|area| area.normalize().dot(&normal) > std::f64::consts::FRAC_1_SQRT_2)
            .sum();
        let images = mirrors.images(patch.normalize());
        let crowded = images.iter().any(|v| {
            vertices
                .iter()
                .any(|other| other.direction.dot(v) > CROWDED)
        });
        if !crowded {
            let radius = radius(judged, &images, facet);
            return Some((images, radius));
        }
    }
    None
}

/// The greatest radius at which the new speakers hide no good facet of loudspeakers, if it still hides
/// the bad one; otherwise 1: smooth gains go before exact ones.
fn radius(judged: &[Judged], images: &[Direction], bad: &Judged) -> f64 {
    let reach = |facet: &Judged, v: &Direction| {
        let height = facet.area.normalize().dot(v);
        if height > 0.0 {
            facet.offset / height
        } else {
            f64::INFINITY
        }
    };
    let most = judged
        .iter()
        .filter(|facet| facet.real && !facet.bad)
        .flat_map(|facet| images.iter().map(move |v| reach(facet, v)))
        .fold(f64::INFINITY, f64::min);
    let least = images
        .iter()
        .map(|v| reach(bad, v))
        .fold(f64::INFINITY, f64::min);
    if most > 1.0 || most < 1.2 * least {
        1.0
    } else {
        0.9 * most
    }
}

/// What plays each vertex: itself, or for a virtual speaker the loudspeakers next to it.
pub(super) fn corners_of(hull: &[HullFacet], vertices: &[Vertex]) -> Vec<Corner> {
    let real: Vec<_> = (0..vertices.len())
        .filter(|&i| vertices[i].channel().is_some())
        .collect();
    let feeds = |index: usize| -> Feeds {
        match &vertices[index].kind {
            Kind::Real(channel) => return Feeds::from_iter([(*channel, 1.0)]),
            Kind::Blunting(feeds) => return feeds.clone(),
            Kind::Virtual => {}
        }
        let next_to = |other: &usize| {
            hull.iter()
                .any(|f| f.corners.contains(&index) && f.corners.contains(other))
        };
        let mut neighbours: Vec<_> = real.iter().copied().filter(next_to).collect();
        if neighbours.is_empty() {
            neighbours.clone_from(&real);
        }
        let directions: Vec<_> = neighbours.iter().map(|&i| vertices[i].direction).collect();
        let amplitudes = downmix(&vertices[index].direction, &directions);
        let channels = neighbours.iter().filter_map(|&i| vertices[i].channel());
        channels.zip(amplitudes).collect()
    };
    (0..vertices.len())
        .map(|index| Corner {
            vector: vertices[index].vector(),
            feeds: feeds(index),
        })
        .collect()
}

/// The gain rules of one hull facet: itself, or, if it has more than three corners of which some are
/// virtual, triangles round its middle, which plays the corners' mean, so that nothing but the polygon
/// decides the gains.
fn facets_of(
    hull_facet: &HullFacet,
    vertices: &[Vertex],
    corners: &[Corner],
) -> Vec<(Facet, Vec<Vector3<f64>>)> {
    let of: Vec<_> = hull_facet.corners.iter().map(|&i| &corners[i]).collect();
    let vectors = |corners: &[&Corner]| corners.iter().map(|c| c.vector).collect::<Vec<_>>();
    let with_cone = |of: [&Corner; 3]| Some((Facet::triangle(of)?, vectors(&of)));
    if let [a, b, c] = of[..] {
        return with_cone([a, b, c]).into_iter().collect();
    }
    if hull_facet.offset <= THROUGH_LISTENER {
        return Vec::new();
    }
    if hull_facet
        .corners
        .iter()
        .all(|&i| vertices[i].channel().is_some())
    {
        return vec![(Facet::polygon(&of), vectors(&of))];
    }
    let share = 1.0 / of.len() as f64;
    let middle = Corner {
        vector: of.iter().map(|c| c.vector).sum::<Vector3<f64>>() * share,
        feeds: of
            .iter()
            .flat_map(|c| {
                c.feeds
                    .iter()
                    .map(|(channel, amplitude)| (channel, amplitude * share))
            })
            .collect(),
    };
    (0..of.len())
        .filter_map(|i| with_cone([of[i], of[(i + 1) % of.len()], &middle]))
        .collect()
}

fn cones_of(hull: &[HullFacet], vertices: &[Vertex]) -> Vec<Cone> {
    let corners = corners_of(hull, vertices);
    let mut cones = Vec::new();
    for hull_facet in hull {
        let channel = |&i: &usize| vertices[i].channel();
        let channels: Vec<_> = hull_facet.corners.iter().filter_map(channel).collect();
        for (facet, vectors) in facets_of(hull_facet, vertices, &corners) {
            cones.push(Cone {
                facet,
                corners: vectors,
                real: channels.len() == hull_facet.corners.len(),
                channels: channels.clone(),
            });
        }
    }
    cones
}
