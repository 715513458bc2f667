//! Triangles between the directions of a set, and the one that holds a direction.
//!
//! The convex hull of the unit vectors, its `holes` closed, is their spherical Delaunay triangulation.

use std::collections::HashMap;
use std::ops::Range;

use super::holes::{Closed, cleaned, closed};
use super::set::SetFault;
use crate::geometry::Direction;
use crate::geometry::hull::{HullFacet, convex_hull};

/// Measured directions farther apart than this get others between them: beyond it the straight line between
/// three responses is a poor guess.
const LONGEST_EDGE_DEG: f64 = 12.0;
/// An edge longer than this, and longer than is usual by this factor, spans a gap, across which what is interpolated
/// bends more: there directions stand closer.
const GAP_DEG: f64 = 24.0;
const GAP_OVER_USUAL: f64 = 1.5;
const LONGEST_EDGE_IN_GAP_DEG: f64 = 5.0;
/// How far beyond the rim of a hole what was measured is carried on: a little farther than neighbours are usually
/// apart, so that the ring that would come next lies within, but not farther than this; in steps of up to this length.
const INTO_HOLE_OVER_USUAL: f64 = 1.2;
const FARTHEST_INTO_HOLE_DEG: f64 = 24.0;
const STEP_INTO_HOLE_DEG: f64 = 13.0;
const CLOSEST_IN_HOLE_DEG: f64 = 0.5;
const BISECTIONS: usize = 24;
const MOST_HALVINGS: usize = 3;
const MOST_BETWEEN: usize = 4000;

/// A direction this far outside a triangle still lies in it.
const INSIDE: f64 = -1e-9;

/// Cells of the table of starting triangles, 5 degrees each.
const COLUMNS: usize = 72;
const ROWS: usize = 36;

/// The triangles over a set of directions.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    /// The measured directions, then those that close holes, then those between measured ones.
    pub(super) directions: Vec<Direction>,
    measured: usize,
    /// For each direction that closes a hole, the measured ones at its rim.
    pub(super) rims: Vec<Vec<usize>>,
    pub(super) triangles: Vec<Triangle>,
    /// A triangle near the middle of each cell.
    starts: Vec<u32>,
}

/// Three directions and what gives a direction's weights on them.
#[derive(Debug, Clone)]
pub(super) struct Triangle {
    pub(super) corners: [usize; 3],
    /// Weight i is the product of row i and the direction.
    weights: [Direction; 3],
    /// The triangle on the other side of the edge that faces corner i.
    beyond: [u32; 3],
}

/// Three directions with their shares, which are not below zero and have the sum 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) corners: [usize; 3],
    pub(super) shares: [f64; 3],
}

impl Grid {
    /// The grid over `measured`, unit vectors of which no two are equal.
    pub(super) fn new(measured: &[Direction]) -> Result<Self, SetFault> {
        let Closed {
            directions,
            rims,
            facets,
        } = closed(measured)?;
        let mut grid = Self {
            triangles: triangles(&directions, &facets),
            measured: measured.len(),
            directions,
            rims,
            starts: Vec::new(),
        };
        grid.starts = grid.table();
        Ok(grid)
    }

    /// The same grid with directions between measured ones wherever these are far apart, and a step into each hole,
    /// as long as there are not too many.
    pub(super) fn densified(&self) -> Self {
        let gap = self.shortest_gap_deg();
        let mut finer = self.clone();
        let usual = self.usual_edge_deg();
        finer.step_into_holes((INTO_HOLE_OVER_USUAL * usual).min(FARTHEST_INTO_HOLE_DEG));
        finer.halve_edges(gap);
        finer.starts = finer.table();
        finer
    }

    /// Adds directions on the way from the rim of each hole to its middle, up to `farthest_deg` (less than the radius
    /// of a hole) from what was measured.
    fn step_into_holes(&mut self, farthest_deg: f64) {
        // A set on one plane says nothing of what lies beside it.
        if self.rims.iter().any(|rim| rim.len() == self.measured) {
            return;
        }
        let holes = self.holes();
        let mut edges: Vec<[usize; 2]> = self
            .all_edges()
            .filter(|[rim, middle]| *rim < self.measured && holes.contains(middle))
            .collect();
        edges.sort_unstable();
        let measured = &self.directions[..self.measured];
        let is_near = |d: &Direction| {
            measured
                .iter()
                .any(|m| m.angle(d) < farthest_deg.to_radians())
        };
        let mut directions = self.directions.clone();
        for edge in edges {
            let [rim, middle] = edge.map(|end| self.directions[end]);
            let sideways = (middle - rim * rim.dot(&middle)).normalize();
            let at = |angle: f64| cleaned(rim * angle.cos() + sideways * angle.sin());
            let (mut last, mut beyond) = (0.0, rim.angle(&middle));
            for _ in 0..BISECTIONS {
                let half = (last + beyond) / 2.0;
                match is_near(&at(half)) {
                    true => last = half,
                    false => beyond = half,
                }
            }
            let steps = (last.to_degrees() / STEP_INTO_HOLE_DEG).ceil();
            for step in 1..=steps as usize {
                let added = at(last * step as f64 / steps);
                let free = |d: &Direction| d.angle(&added) > CLOSEST_IN_HOLE_DEG.to_radians();
                if directions.iter().all(free) {
                    directions.push(added);
                }
            }
        }
        self.replace(directions);
    }

    /// The numbers of the directions that close holes.
    fn holes(&self) -> Range<usize> {
        self.measured..self.measured + self.rims.len()
    }

    /// Spans the triangles between `directions`, of which the first are those of before, if they span a surface.
    fn replace(&mut self, directions: Vec<Direction>) -> bool {
        let Some(facets) = convex_hull(&directions) else {
            return false;
        };
        self.triangles = triangles(&directions, &facets);
        self.directions = directions;
        true
    }

    /// Adds directions in the middle of edges that are too long; edges between measured directions longer than
    /// `gap_deg` span a gap.
    fn halve_edges(&mut self, gap_deg: f64) {
        let holes = self.holes();
        let mut in_gap = vec![false; self.directions.len()];
        for _ in 0..MOST_HALVINGS {
            let length_deg = |[a, b]: [usize; 2]| {
                let angle = self.directions[a].angle(&self.directions[b]);
                angle.to_degrees()
            };
            let longest = |edge: [usize; 2]| match edge.iter().any(|&end| in_gap[end]) {
                true => LONGEST_EDGE_IN_GAP_DEG,
                false => LONGEST_EDGE_DEG,
            };
            let mut edges: Vec<[usize; 2]> = self
                .all_edges()
                .filter(|edge| edge.iter().all(|corner| !holes.contains(corner)))
                .filter(|&edge| length_deg(edge) > longest(edge))
                .collect();
            edges.sort_unstable();
            if edges.is_empty() || self.directions.len() + edges.len() > MOST_BETWEEN {
                break;
            }
            let mut directions = self.directions.clone();
            let mut gaps = in_gap.clone();
            for &edge in &edges {
                let sum: Direction = edge.iter().map(|&end| self.directions[end]).sum();
                if sum.norm() > 0.1 {
                    directions.push(cleaned(sum.normalize()));
                    gaps.push(length_deg(edge) > gap_deg || edge.iter().any(|&end| in_gap[end]));
                }
            }
            if !self.replace(directions) {
                break;
            }
            in_gap = gaps;
        }
    }

    /// The length of an edge between measured directions in degrees from which on it spans a gap.
    fn shortest_gap_deg(&self) -> f64 {
        GAP_DEG.max(GAP_OVER_USUAL * self.usual_edge_deg())
    }

    /// The median length of the edges between measured directions in degrees.
    fn usual_edge_deg(&self) -> f64 {
        let length = |[a, b]: [usize; 2]| self.directions[a].angle(&self.directions[b]);
        let mut lengths: Vec<f64> = self.edges().into_iter().map(length).collect();
        lengths.sort_by(f64::total_cmp);
        let usual = lengths.get(lengths.len() / 2).copied().unwrap_or(0.0);
        usual.to_degrees()
    }

    /// Degrees from a measured direction to the nearest other one that shares an edge with it.
    pub(super) fn to_nearest_deg(&self, measured: usize) -> f64 {
        let edges = self.edges().into_iter();
        let own = edges.filter(|edge| edge.contains(&measured));
        let lengths = own.map(|[a, b]| self.directions[a].angle(&self.directions[b]));
        lengths.fold(f64::INFINITY, f64::min).to_degrees()
    }

    /// How many directions were measured.
    pub(super) fn measured(&self) -> usize {
        self.measured
    }

    /// The directions between measured ones and in holes.
    pub(super) fn between(&self) -> &[Direction] {
        &self.directions[self.measured + self.rims.len()..]
    }

    /// Every edge once, the smaller number first.
    fn all_edges(&self) -> impl Iterator<Item = [usize; 2]> {
        self.triangles
            .iter()
            .flat_map(|t| [[0, 1], [1, 2], [2, 0]].map(|pair| pair.map(|i| t.corners[i])))
            .filter(|[a, b]| a < b)
    }

    /// Every pair of measured directions that share an edge, the smaller number first, in order.
    pub(super) fn edges(&self) -> Vec<[usize; 2]> {
        let measured = self.all_edges().filter(|edge| edge[1] < self.measured);
        let mut edges: Vec<[usize; 2]> = measured.collect();
        edges.sort_unstable();
        edges
    }

    /// The share of the sphere that each direction stands for; all together 1.
    pub(super) fn areas(&self) -> Vec<f64> {
        let mut areas = vec![0.0; self.directions.len()];
        for triangle in &self.triangles {
            let [a, b, c] = triangle.corners.map(|i| self.directions[i]);
            // The solid angle of a triangle (A. van Oosterom and J. Strackee, 1983).
            let under = 1.0 + a.dot(&b) + b.dot(&c) + c.dot(&a);
            let angle = 2.0 * a.dot(&b.cross(&c)).abs().atan2(under);
            for corner in triangle.corners {
                areas[corner] += angle / 3.0;
            }
        }
        let whole: f64 = areas.iter().sum();
        areas.iter_mut().for_each(|area| *area /= whole);
        areas
    }

    /// The corners of the triangle that `direction`, a unit vector, lies in, with its shares of them.
    pub(super) fn place(&self, direction: &Direction) -> Place {
        self.walk(direction, self.starts[cell(direction)] as usize)
    }

    fn walk(&self, direction: &Direction, start: usize) -> Place {
        let mut at = start;
        for _ in 0..self.triangles.len() {
            let triangle = &self.triangles[at];
            let shares = triangle.shares(direction);
            let outward = (0..3).min_by(|&a, &b| shares[a].total_cmp(&shares[b]));
            match outward {
                Some(corner) if shares[corner] < INSIDE => at = triangle.beyond[corner] as usize,
                _ => return normalised(triangle.corners, shares),
            }
        }
        // A walk in circles, on a hull that is no proper triangulation: the best of all.
        let least = |t: &Triangle| {
            t.shares(direction)
                .into_iter()
                .fold(f64::INFINITY, f64::min)
        };
        let best = self
            .triangles
            .iter()
            .max_by(|a, b| least(a).total_cmp(&least(b)));
        let best = best.unwrap_or(&self.triangles[0]);
        normalised(best.corners, best.shares(direction))
    }

    /// The table of starting triangles.
    fn table(&self) -> Vec<u32> {
        let mut at = 0;
        let mut starts = Vec::with_capacity(COLUMNS * ROWS);
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let azimuth = (column as f64 + 0.5) * 360.0 / COLUMNS as f64 - 180.0;
                let elevation = (row as f64 + 0.5) * 180.0 / ROWS as f64 - 90.0;
                let middle = crate::geometry::direction(azimuth, elevation);
                let corners = self.walk(&middle, at).corners;
                let found = self.triangles.iter().position(|t| t.corners == corners);
                at = found.unwrap_or(0);
                starts.push(at as u32);
            }
        }
        starts
    }
}

impl Triangle {
    /// The weights of the corners that make up `direction`.
    #[inline]
    fn shares(&self, direction: &Direction) -> [f64; 3] {
        self.weights.map(|row| row.dot(direction))
    }
}

fn normalised(corners: [usize; 3], shares: [f64; 3]) -> Place {
    let held = shares.map(|share| share.max(0.0));
    let sum: f64 = held.iter().sum();
    let shares = match sum > 0.0 {
        true => held.map(|share| share / sum),
        false => [1.0, 0.0, 0.0],
    };
    Place { corners, shares }
}

fn cell(direction: &Direction) -> usize {
    let azimuth = (-direction.x).atan2(direction.y).to_degrees();
    let elevation = direction.z.clamp(-1.0, 1.0).asin().to_degrees();
    let place = |x: f64, range: f64, count: usize| {
        ((x / range * count as f64).max(0.0) as usize).min(count - 1)
    };
    let (row, column) = (
        place(elevation + 90.0, 180.0, ROWS),
        place(azimuth + 180.0, 360.0, COLUMNS),
    );
    row * COLUMNS + column
}

/// Cuts the facets into triangles. Flat facets with more corners may be cut in several ways: all cuts begin at
/// the corner that is lowest, of these farthest to the front, which mirrored facets agree upon.
fn triangles(directions: &[Direction], facets: &[HullFacet]) -> Vec<Triangle> {
    let key = |i: usize| {
        let d = directions[i];
        [d.z, -d.y, d.x.abs()].map(|x| (x * 1e7).round() as i64)
    };
    let mut corners: Vec<[usize; 3]> = Vec::new();
    for facet in facets {
        let count = facet.corners.len();
        let first = (0..count).min_by_key(|&i| (key(facet.corners[i]), facet.corners[i]));
        let at = |i: usize| facet.corners[(first.unwrap_or(0) + i) % count];
        corners.extend((1..count - 1).map(|i| [at(0), at(i), at(i + 1)]));
    }
    let owner: HashMap<(usize, usize), u32> = corners
        .iter()
        .enumerate()
        .flat_map(|(t, &[a, b, c])| [((a, b), t as u32), ((b, c), t as u32), ((c, a), t as u32)])
        .collect();
    corners
        .iter()
        .enumerate()
        .map(|(own, &corners)| {
            let [a, b, c] = corners.map(|i| directions[i]);
            let volume = a.dot(&b.cross(&c));
            let facing = [
                (corners[2], corners[1]),
                (corners[0], corners[2]),
                (corners[1], corners[0]),
            ];
            Triangle {
                corners,
                weights: [b.cross(&c), c.cross(&a), a.cross(&b)].map(|row| row / volume),
                beyond: facing.map(|edge| owner.get(&edge).copied().unwrap_or(own as u32)),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    /// Rings 10 degrees apart from `lowest` up, with the pole.
    fn rings(lowest: i32) -> Vec<Direction> {
        let mut all = vec![direction(0.0, 90.0)];
        for elevation in (lowest..90).step_by(10) {
            let count = (36.0 * f64::from(elevation).to_radians().cos()).round();
            let ring = (0..count as i32).map(|i| f64::from(i) * 360.0 / count);
            all.extend(ring.map(|az| direction(az, f64::from(elevation))));
        }
        all
    }

    #[test]
    fn every_direction_is_made_of_its_shares() {
        for (lowest, added) in [(-80, 0), (-40, 1), (0, 1)] {
            let directions = rings(lowest);
            let grid = Grid::new(&directions).unwrap();
            assert!(grid.rims.len() >= added, "{lowest}: {:?}", grid.rims.len());
            assert!((grid.areas().iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for i in 0..2000 {
                let d = direction(f64::from(i) * 137.508, f64::from(i) * 0.089 - 89.0);
                let place = grid.place(&d);
                let sum: Direction = (0..3)
                    .map(|k| grid.directions[place.corners[k]] * place.shares[k])
                    .sum();
                assert!((sum.normalize() - d).norm() < 1e-7, "{lowest}: {d}");
                assert!((place.shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn rings_at_the_ears_with_one_direction_above_are_closed_below() {
        for step in [30, 45, 90, 120] {
            for (elevations, top) in [(1, 90.0), (2, 90.0), (1, 30.0)] {
                let ring = |elevation: f64| {
                    let azimuths = (0..360).step_by(step).map(f64::from);
                    azimuths.map(move |azimuth| direction(azimuth, elevation))
                };
                let mut all: Vec<_> = ring(0.0).chain([direction(0.0, top)]).collect();
                if elevations == 2 {
                    all.extend(ring(45.0));
                }
                for grid in [
                    Grid::new(&all).unwrap(),
                    Grid::new(&all).unwrap().densified(),
                ] {
                    for (i, d) in all.iter().enumerate() {
                        let place = grid.place(d);
                        let share: f64 = (0..3)
                            .filter(|&k| place.corners[k] == i)
                            .map(|k| place.shares[k])
                            .sum();
                        assert!((share - 1.0).abs() < 1e-9, "{step}, {top}: direction {i}");
                    }
                }
            }
        }
    }

    #[test]
    fn measured_directions_are_themselves_and_mirrors_mirror() {
        let directions = rings(-40);
        let grid = Grid::new(&directions).unwrap();
        for (i, d) in directions.iter().enumerate() {
            let place = grid.place(d);
            let share: f64 = (0..3)
                .filter(|&k| place.corners[k] == i)
                .map(|k| place.shares[k])
                .sum();
            assert!((share - 1.0).abs() < 1e-9, "direction {i}");
        }
        let flipped = |d: &Direction| Direction::new(-d.x, d.y, d.z);
        for i in 0..500 {
            let d = direction(f64::from(i) * 0.7 + 0.3, f64::from(i % 120) - 60.0);
            let sorted = |place: Place, flip: bool| {
                let mut parts: Vec<_> = (0..3)
                    .map(|k| {
                        let corner = grid.directions[place.corners[k]];
                        let corner = if flip { flipped(&corner) } else { corner };
                        let rounded: [i64; 3] = corner.map(|x| (x * 1e6).round() as i64).into();
                        (rounded, (place.shares[k] * 1e6).round() as i64)
                    })
                    .filter(|(_, share)| *share > 0)
                    .collect();
                parts.sort_unstable();
                parts
            };
            let (here, there) = (grid.place(&d), grid.place(&flipped(&d)));
            assert_eq!(sorted(here, false), sorted(there, true), "{d}");
        }
    }

    #[test]
    fn a_sparse_set_is_carried_on_beyond_the_rim_of_a_hole_but_not_to_its_middle() {
        let coarse: Vec<Direction> = rings(-20)
            .into_iter()
            .filter(|d| (d.z.asin().to_degrees() / 20.0).fract().abs() < 1e-6 || d.z > 0.99)
            .collect();
        let grid = Grid::new(&coarse).unwrap().densified();
        let lowest = |all: &[Direction]| {
            let lowest = all.iter().map(|d| d.z).fold(1.0, f64::min);
            lowest.asin().to_degrees()
        };
        let reached = lowest(grid.between());
        assert!((-48.0..=-38.0).contains(&reached), "{reached}");
        for azimuth in (0..360).step_by(7) {
            let near = direction(f64::from(azimuth), -38.0);
            let place = grid.place(&near);
            let holes = grid.holes();
            let share: f64 = (0..3)
                .filter(|&k| holes.contains(&place.corners[k]))
                .map(|k| place.shares[k])
                .sum();
            assert!(share < 0.1, "azimuth {azimuth}: {share}");
        }
    }

    #[test]
    fn a_ring_is_closed_at_both_poles_and_a_line_is_refused() {
        let ring: Vec<_> = (0..24)
            .map(|i| direction(f64::from(i) * 15.0, 0.0))
            .collect();
        let grid = Grid::new(&ring).unwrap();
        assert_eq!(grid.rims.len(), 2);
        assert_eq!(grid.rims[0].len(), 24);
        assert!(Grid::new(&ring[..2]).is_err());
    }
}
