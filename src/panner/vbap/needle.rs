//! Needles: triangles of three loudspeakers, one of them so near to the edge between the other two that
//! the gains of exact panning jump on the way from that edge to it.
//!
//! A needle is blunted by a virtual speaker where the jump begins, at the foot of the height. There exact
//! panning gives the pair of the edge; the virtual speaker adds as much of the third loudspeaker as lets
//! the gains turn slowly enough. The image moves towards the third loudspeaker by part of the height.
//! Where needles lie side by side, such virtual speakers are corners of needles themselves.

use std::collections::{HashMap, HashSet};

use super::facet::{Corner, Facet};
use super::mesh::{Kind, Vertex, corners_of};
use super::steepness::steepest_slope;
use crate::geometry::hull::HullFacet;

/// Slope, per degree, from which on a triangle of loudspeakers is a needle.
const NEEDLE: f64 = 0.25;

/// A needle is blunted if that lowers the slope to less than this share.
const WORTHWHILE: f64 = 0.95;

/// How far the gain vector turns over the height of a blunted needle, in radians per degree; in its
/// middle it turns up to a quarter faster.
const TURN: f64 = 0.17;

/// Blunts what needles can be blunted; `facets` and `vertices` are those of the mesh.
pub(super) fn blunt_needles(
    facets: &mut Vec<HullFacet>,
    vertices: &mut Vec<Vertex>,
    channels: usize,
) {
    // Most triangles stay from round to round, and their corners never change.
    let mut known = Known::default();
    // Every round lowers a slope by a share; the bound is far above what is ever needed.
    for _ in 0..2 * facets.len() {
        let Some((split, new)) = worst_needle(facets, vertices, channels, &mut known) else {
            break;
        };
        vertices.push(new);
        for (old, halves) in split {
            facets[old].corners = halves[0].to_vec();
            facets.push(HullFacet {
                corners: halves[1].to_vec(),
                ..facets[old].clone()
            });
        }
    }
}

/// What was found in the rounds before.
#[derive(Default)]
struct Known {
    /// The slope of a triangle of these vertices.
    slopes: HashMap<[usize; 3], Option<f64>>,
    /// Needles, with the vertex behind their long edge, that no virtual speaker makes better.
    hopeless: HashSet<[usize; 4]>,
}

/// A triangle by its index, and the two it is split to.
type Split = (usize, [[usize; 3]; 2]);

/// The split of the steepest needle and of the triangle behind its long edge, with the virtual speaker
/// they then share.
fn worst_needle(
    facets: &[HullFacet],
    vertices: &[Vertex],
    channels: usize,
    known: &mut Known,
) -> Option<([Split; 2], Vertex)> {
    let corners = corners_of(facets, vertices);
    let triangles: Vec<(usize, [usize; 3])> = facets
        .iter()
        .enumerate()
        .filter_map(|(index, f)| Some((index, f.corners.as_slice().try_into().ok()?)))
        .collect();
    let closed = |of: &[usize; 3]| {
        of.iter()
            .any(|&i| matches!(vertices[i].kind, Kind::Virtual))
    };
    let mut needles: Vec<_> = triangles
        .iter()
        .filter(|(_, of)| !closed(of))
        .filter_map(|&(index, of)| {
            let slope = known
                .slopes
                .entry(of)
                .or_insert_with(|| slope(of.map(|i| &corners[i]), channels));
            Some(((*slope)?, index, of))
        })
        .filter(|&(slope, ..)| slope > NEEDLE)
        .collect();
    needles.sort_by(|a, b| b.0.total_cmp(&a.0));
    needles.into_iter().find_map(|(now, index, of)| {
        let [a, b, c] = longest_edge_first(of, vertices);
        let (other, d) = triangles.iter().find_map(|&(other, of)| {
            let at = (0..3).find(|&i| of[i] == b && of[(i + 1) % 3] == a)?;
            Some((other, of[(at + 2) % 3]))
        })?;
        if known.hopeless.contains(&[a, b, c, d]) {
            return None;
        }
        let better = || {
            let new = blunting([a, b, c].map(|i| (&vertices[i], &corners[i])), channels)?;
            let [ca, cb, cc, cd] = [a, b, c, d].map(|i| &corners[i]);
            let halves = [
                [ca, &new, cc],
                [&new, cb, cc],
                [cb, &new, cd],
                [&new, ca, cd],
            ];
            let mut after: f64 = 0.0;
            for half in halves {
                after = after.max(slope(half, channels)?);
            }
            (after < WORTHWHILE * now).then_some(new)
        };
        let Some(new) = better() else {
            // What a virtual speaker that closes a hole plays changes with the triangles round it.
            if !matches!(vertices[d].kind, Kind::Virtual) {
                known.hopeless.insert([a, b, c, d]);
            }
            return None;
        };
        let m = vertices.len();
        let split = [
            (index, [[a, m, c], [m, b, c]]),
            (other, [[b, m, d], [m, a, d]]),
        ];
        let vertex = Vertex {
            direction: new.vector,
            radius: 1.0,
            kind: Kind::Blunting(new.feeds),
        };
        Some((split, vertex))
    })
}

/// Steepest slope of the triangle of these corners; `None` if its cone is flat.
fn slope(corners: [&Corner; 3], channels: usize) -> Option<f64> {
    let facet = Facet::triangle(corners)?;
    Some(steepest_slope(&facet, &corners.map(|c| c.vector), channels))
}

fn longest_edge_first(of: [usize; 3], vertices: &[Vertex]) -> [usize; 3] {
    let length = |turn: usize| {
        let [a, b] = [of[turn], of[(turn + 1) % 3]].map(|i| vertices[i].direction);
        (a - b).norm()
    };
    let turn = (0..3)
        .max_by(|&a, &b| length(a).total_cmp(&length(b)))
        .unwrap_or(0);
    [0, 1, 2].map(|i| of[(turn + i) % 3])
}

/// The virtual speaker at the foot of `c` on the edge from `a` to `b`; `None` if the triangle is too high
/// to need one, or if the foot lies beyond the edge.
fn blunting([a, b, c]: [(&Vertex, &Corner); 3], channels: usize) -> Option<Corner> {
    let [ua, ub, uc] = [a, b, c].map(|(vertex, _)| vertex.direction);
    let normal = ua.cross(&ub).normalize();
    let height = uc.dot(&normal);
    let turn = TURN * height.clamp(0.0, 1.0).asin().to_degrees();
    if turn >= std::f64::consts::FRAC_PI_2 {
        return None;
    }
    let foot = (uc - normal * height).normalize();
    // The pair's gains at the foot: g_a a + g_b b along it.
    let [ga, gb] = [foot.cross(&ub).dot(&normal), ua.cross(&foot).dot(&normal)];
    if ga <= 0.0 || gb <= 0.0 {
        return None;
    }
    let gains = |parts: &[(f64, &Corner)]| {
        let mut gains = vec![0.0; channels];
        for (amount, corner) in parts {
            for (channel, amplitude) in corner.feeds.iter() {
                gains[channel] += amount * amplitude;
            }
        }
        let power: f64 = gains.iter().map(|g| g * g).sum();
        gains.iter_mut().for_each(|g| *g /= power.sqrt());
        gains
    };
    let as_corner = |gains: Vec<f64>| Corner {
        vector: foot,
        feeds: gains
            .into_iter()
            .enumerate()
            .filter(|(_, g)| *g > 0.0)
            .collect(),
    };
    let pair = as_corner(gains(&[(ga, a.1), (gb, b.1)]));
    let (sin, cos) = turn.sin_cos();
    Some(as_corner(gains(&[(sin, &pair), (cos, c.1)])))
}
