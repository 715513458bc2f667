//! Needles: triangles of three loudspeakers, one of them so near to the edge between the other two that
//! the gains of exact panning jump on the way from that edge to it.
//!
//! A needle is blunted by a virtual speaker where the jump begins, at the foot of the height. There exact
//! panning gives the pair of the edge; the virtual speaker adds as much of the third loudspeaker as lets
//! the gains turn slowly enough. The image moves towards the third loudspeaker by part of the height.

use nalgebra::Vector3;

use super::facet::Facet;
use super::mesh::{Kind, Vertex, corners_of};
use super::steepness::steepest_slope;
use crate::geometry::hull::HullFacet;

/// Slope, per degree, from which on a triangle of loudspeakers is a needle.
const NEEDLE: f64 = 0.25;

/// How far the gain vector turns over the height of a blunted needle, in radians per degree; in its
/// middle it turns up to a quarter faster.
const TURN: f64 = 0.17;

/// Blunts what needles can be blunted; `facets` and `vertices` are those of the mesh.
pub(super) fn blunt_needles(
    facets: &mut Vec<HullFacet>,
    vertices: &mut Vec<Vertex>,
    channels: usize,
) {
    // Every round leaves two real triangles less, or one.
    for _ in 0..facets.len() {
        let Some((split, new)) = worst_needle(facets, vertices, channels) else {
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

/// A triangle by its index, and the two it is split to.
type Split = (usize, [[usize; 3]; 2]);

/// The split of the steepest needle and of the triangle behind its long edge, with the virtual speaker
/// they then share.
fn worst_needle(
    facets: &[HullFacet],
    vertices: &[Vertex],
    channels: usize,
) -> Option<([Split; 2], Vertex)> {
    let corners = corners_of(facets, vertices);
    let slope = |of: [usize; 3], corners: &[super::facet::Corner]| {
        let of = of.map(|i| &corners[i]);
        let facet = Facet::triangle(of)?;
        Some(steepest_slope(&facet, &of.map(|c| c.vector), channels))
    };
    let triangles: Vec<(usize, [usize; 3])> = facets
        .iter()
        .enumerate()
        .filter_map(|(index, f)| Some((index, f.corners.as_slice().try_into().ok()?)))
        .collect();
    let is_real = |of: &[usize; 3]| of.iter().all(|&i| vertices[i].channel().is_some());
    let mut needles: Vec<_> = triangles
        .iter()
        .filter(|(_, of)| is_real(of))
        .filter_map(|&(index, of)| Some((slope(of, &corners)?, index, of)))
        .filter(|&(slope, ..)| slope > NEEDLE)
        .collect();
    needles.sort_by(|a, b| b.0.total_cmp(&a.0));
    needles.into_iter().find_map(|(now, index, of)| {
        let [a, b, c] = longest_edge_first(of, vertices);
        let (other, d) = triangles.iter().find_map(|&(other, of)| {
            let at = (0..3).find(|&i| of[i] == b && of[(i + 1) % 3] == a)?;
            Some((other, of[(at + 2) % 3]))
        })?;
        let new = blunting([a, b, c].map(|i| &vertices[i]))?;
        let m = vertices.len();
        let split = [
            (index, [[a, m, c], [m, b, c]]),
            (other, [[b, m, d], [m, a, d]]),
        ];
        let mut with_new = corners.clone();
        with_new.push(super::facet::Corner {
            vector: new.direction,
            feeds: match &new.kind {
                Kind::Blunting(feeds) => feeds.clone(),
                _ => return None,
            },
        });
        let mut after: f64 = 0.0;
        for half in split.iter().flat_map(|(_, halves)| halves) {
            after = after.max(slope(*half, &with_new)?);
        }
        (after < now).then_some((split, new))
    })
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
fn blunting([a, b, c]: [&Vertex; 3]) -> Option<Vertex> {
    let normal = a.direction.cross(&b.direction).normalize();
    let height = c.direction.dot(&normal);
    let turn = TURN * height.clamp(0.0, 1.0).asin().to_degrees();
    if turn >= std::f64::consts::FRAC_PI_2 {
        return None;
    }
    let foot = (c.direction - normal * height).normalize();
    // The pair's gains at the foot: g_a a + g_b b along it.
    let [ga, gb] = [
        foot.cross(&b.direction).dot(&normal),
        a.direction.cross(&foot).dot(&normal),
    ];
    if ga <= 0.0 || gb <= 0.0 {
        return None;
    }
    let (sin, cos) = turn.sin_cos();
    let pair = sin / ga.hypot(gb);
    let amplitudes = Vector3::new(ga * pair, gb * pair, cos);
    let speakers = [a, b, c].into_iter().zip(amplitudes.iter());
    Some(Vertex {
        direction: foot,
        radius: 1.0,
        kind: Kind::Blunting(
            speakers
                .map(|(vertex, amplitude)| Some((vertex.channel()?, *amplitude)))
                .collect::<Option<_>>()?,
        ),
    })
}
