//! The convex hull of a few hundred points in space, with coplanar triangles merged to polygons.
//!
//! For unit vectors the hull is the spherical Delaunay triangulation: every facet's outward normal is the
//! centre of a cap of the sphere that holds no other point, and `acos(offset)` is that cap's radius.

use std::collections::{HashMap, HashSet};

use nalgebra::Vector3;

/// Points nearer than this to one plane have no hull.
const ON_PLANE: f64 = 1e-10;

/// Neighbouring facets whose plane equations (unit normal and offset) differ by less are one facet: the
/// tolerance of the EBU ADM Renderer.
const SAME_PLANE: f64 = 1e-5;

/// The grid on which the hull is taken, in steps per unit. Determinants of differences of such whole
/// numbers fit in 127 bits, so that "which side" is never a matter of rounding.
const STEPS: f64 = (1u64 << 40) as f64;

/// Sixfold volumes above this have the sign that floating point gives them: its error is below 64 ulps.
const CERTAIN: f64 = 1e-13;

/// A flat facet of a hull.
#[derive(Debug, Clone)]
pub(crate) struct HullFacet {
    /// Corners as indices of the points, counter-clockwise seen from outside; at least three.
    pub(crate) corners: Vec<usize>,
    /// Distance of its plane from the origin: > 0 if the origin lies on the inner side.
    pub(crate) offset: f64,
}

/// The facets of the convex hull of `points`, or `None` if the points all lie on one plane (or there are
/// fewer than four). Points no farther than 1 from the origin.
pub(crate) fn convex_hull(points: &[Vector3<f64>]) -> Option<Vec<HullFacet>> {
    nearly_flat_hull(points, 0.0)
}

/// The same for points that are only known to within `flat`: those so near to one plane are on it, and so
/// are the corners of one facet.
pub(crate) fn nearly_flat_hull(points: &[Vector3<f64>], flat: f64) -> Option<Vec<HullFacet>> {
    let start = first_tetrahedron(points, flat.max(ON_PLANE))?;
    let grid: Vec<_> = points.iter().map(GridPoint::new).collect();
    let mut faces = faces_of_tetrahedron(&grid, start);
    for (index, point) in grid.iter().enumerate() {
        if !start.contains(&index) {
            add_point(&mut faces, &grid, index, point);
        }
    }
    let triangles: Vec<_> = faces
        .iter()
        .map(|face| Triangle::new(points, face.corners))
        .collect();
    Some(merge_coplanar(points, &triangles, flat))
}

/// A point on the grid, as whole steps and in units.
#[derive(Debug, Clone, Copy)]
struct GridPoint {
    steps: Vector3<i128>,
    units: Vector3<f64>,
}

impl GridPoint {
    fn new(point: &Vector3<f64>) -> Self {
        let whole = point.map(|x| (x.clamp(-1.0, 1.0) * STEPS).round());
        Self {
            steps: whole.map(|x| x as i128),
            units: whole / STEPS,
        }
    }
}

/// A triangle while the hull grows.
#[derive(Debug, Clone, Copy)]
struct Face {
    corners: [usize; 3],
    /// The first corner, and the cross product of the edges from it to the others.
    at: GridPoint,
    normal: Vector3<f64>,
    exact_normal: Vector3<i128>,
}

impl Face {
    fn new(grid: &[GridPoint], corners: [usize; 3]) -> Self {
        let [a, b, c] = corners.map(|i| grid[i]);
        let (u, v) = (b.steps - a.steps, c.steps - a.steps);
        Self {
            corners,
            at: a,
            normal: (b.units - a.units).cross(&(c.units - a.units)),
            exact_normal: Vector3::new(
                u.y * v.z - u.z * v.y,
                u.z * v.x - u.x * v.z,
                u.x * v.y - u.y * v.x,
            ),
        }
    }

    /// Whether `point` lies on the outer side, exactly.
    fn sees(&self, point: &GridPoint) -> bool {
        let volume = self.normal.dot(&(point.units - self.at.units));
        if volume.abs() > CERTAIN {
            return volume > 0.0;
        }
        let to = point.steps - self.at.steps;
        let n = &self.exact_normal;
        n.x * to.x + n.y * to.y + n.z * to.z > 0
    }

    fn edges(&self) -> [(usize, usize); 3] {
        edges(self.corners)
    }
}

fn edges([a, b, c]: [usize; 3]) -> [(usize, usize); 3] {
    [(a, b), (b, c), (c, a)]
}

/// A triangle of the finished hull.
#[derive(Debug, Clone, Copy)]
struct Triangle {
    corners: [usize; 3],
    normal: Vector3<f64>,
    offset: f64,
}

impl Triangle {
    fn new(points: &[Vector3<f64>], corners: [usize; 3]) -> Self {
        let [a, b, c] = corners.map(|i| points[i]);
        let normal = (b - a).cross(&(c - a));
        let length = normal.norm();
        let normal = if length > 0.0 {
            normal / length
        } else {
            normal
        };
        Self {
            corners,
            normal,
            // The mean over the corners is the same whatever corner comes first.
            offset: normal.dot(&(a + b + c)) / 3.0,
        }
    }

    fn edges(&self) -> [(usize, usize); 3] {
        edges(self.corners)
    }

    /// How far the corner of it that is farthest from the plane of `other` is from there.
    fn height_over(&self, other: &Self, points: &[Vector3<f64>]) -> f64 {
        self.corners
            .iter()
            .map(|&i| (other.normal.dot(&points[i]) - other.offset).abs())
            .fold(0.0, f64::max)
    }
}

/// Four points that span space, chosen far apart; `None` if all are within `flat` of a plane.
fn first_tetrahedron(points: &[Vector3<f64>], flat: f64) -> Option<[usize; 4]> {
    let farthest = |distance: &dyn Fn(&Vector3<f64>) -> f64| {
        points
            .iter()
            .map(distance)
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|&(_, d)| d > flat)
            .map(|(index, _)| index)
    };
    let a = 0;
    let origin = *points.first()?;
    let b = farthest(&|p| (p - origin).norm())?;
    let along = (points[b] - origin).normalize();
    let c = farthest(&|p| (p - origin).cross(&along).norm())?;
    let normal = along.cross(&(points[c] - origin)).normalize();
    let d = farthest(&|p| (p - origin).dot(&normal).abs())?;
    Some([a, b, c, d])
}

fn faces_of_tetrahedron(grid: &[GridPoint], corners: [usize; 4]) -> Vec<Face> {
    (0..4)
        .map(|left_out| {
            let mut face = [0; 3];
            let others = (0..4).filter(|&i| i != left_out).map(|i| corners[i]);
            for (slot, corner) in face.iter_mut().zip(others) {
                *slot = corner;
            }
            if Face::new(grid, face).sees(&grid[corners[left_out]]) {
                face.swap(1, 2);
            }
            Face::new(grid, face)
        })
        .collect()
}

/// Replaces the faces that `point` sees from outside by those that join it to their outline.
fn add_point(faces: &mut Vec<Face>, grid: &[GridPoint], index: usize, point: &GridPoint) {
    let (seen, mut kept): (Vec<_>, Vec<_>) =
        faces.iter().copied().partition(|face| face.sees(point));
    let edges: HashSet<_> = seen.iter().flat_map(Face::edges).collect();
    // In the order of the faces, not of the hash, so that equal layouts give equal hulls.
    for (a, b) in seen.iter().flat_map(Face::edges) {
        if !edges.contains(&(b, a)) {
            kept.push(Face::new(grid, [a, b, index]));
        }
    }
    *faces = kept;
}

fn merge_coplanar(points: &[Vector3<f64>], triangles: &[Triangle], flat: f64) -> Vec<HullFacet> {
    let same_plane = |first: usize, current: usize, other: usize| {
        let [first, current, other] = [first, current, other].map(|t| &triangles[t]);
        // Of two triangles on a ragged plane the lower one has the more ragged plane of its own.
        let height = || {
            let over = other.height_over(current, points);
            over.min(current.height_over(other, points))
        };
        same_plane(first, other) || current.normal.dot(&other.normal) > 0.0 && height() < flat
    };
    let owner: HashMap<_, _> = triangles
        .iter()
        .enumerate()
        .flat_map(|(t, triangle)| triangle.edges().map(|edge| (edge, t)))
        .collect();
    let mut done = vec![false; triangles.len()];
    let mut facets = Vec::new();
    for first in 0..triangles.len() {
        if done[first] {
            continue;
        }
        done[first] = true;
        let mut group = vec![first];
        let mut next = 0;
        while let Some(&current) = group.get(next) {
            next += 1;
            for (a, b) in triangles[current].edges() {
                if let Some(&other) = owner.get(&(b, a))
                    && !done[other]
                    && same_plane(first, current, other)
                {
                    done[other] = true;
                    group.push(other);
                }
            }
        }
        facets.extend(outline(points, triangles, &group));
    }
    facets
}

fn same_plane(a: &Triangle, b: &Triangle) -> bool {
    (a.normal - b.normal).norm() < SAME_PLANE && (a.offset - b.offset).abs() < SAME_PLANE
}

/// The polygon round a group of triangles; the triangles themselves should they not form one polygon.
fn outline(points: &[Vector3<f64>], triangles: &[Triangle], group: &[usize]) -> Vec<HullFacet> {
    let edges: HashSet<_> = group.iter().flat_map(|&t| triangles[t].edges()).collect();
    let rim: HashMap<_, _> = edges
        .iter()
        .filter(|&&(a, b)| !edges.contains(&(b, a)))
        .copied()
        .collect();
    let mut corners = Vec::new();
    if let Some(&start) = rim.keys().min() {
        let mut at = start;
        while let Some(&to) = rim.get(&at) {
            corners.push(at);
            at = to;
            if at == start || corners.len() > rim.len() {
                break;
            }
        }
    }
    // A polygon of n corners is made of n - 2 triangles.
    if corners.len() != group.len() + 2 {
        let single = |&t: &usize| HullFacet {
            corners: triangles[t].corners.to_vec(),
            offset: triangles[t].offset,
        };
        return group.iter().map(single).collect();
    }
    let area = vector_area(corners.iter().map(|&i| points[i]));
    let normal = area.normalize();
    let sum: f64 = corners.iter().map(|&i| normal.dot(&points[i])).sum();
    vec![HullFacet {
        offset: sum / corners.len() as f64,
        corners,
    }]
}

/// Twice the vector area of a closed polygon: its normal, as long as twice its area.
fn vector_area(corners: impl Iterator<Item = Vector3<f64>> + Clone) -> Vector3<f64> {
    let next = corners.clone().cycle().skip(1);
    corners.zip(next).map(|(a, b)| a.cross(&b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    fn counts(points: &[Vector3<f64>]) -> Vec<usize> {
        let mut counts: Vec<_> = convex_hull(points)
            .expect("points span space")
            .iter()
            .map(|f| f.corners.len())
            .collect();
        counts.sort_unstable();
        counts
    }

    #[test]
    fn facets_of_published_layouts_have_the_published_corner_counts() {
        let cube: Vec<_> = [45.0, 135.0, -45.0, -135.0]
            .iter()
            .flat_map(|&az| [direction(az, 35.2644), direction(az, -35.2644)])
            .collect();
        assert_eq!(counts(&cube), [4; 6]);
        // 4+7+0: nine triangles, two quads and the floor.
        let mut dome: Vec<_> = [0.0, 30.0, -30.0, 90.0, -90.0, 135.0, -135.0]
            .iter()
            .map(|&az| direction(az, 0.0))
            .collect();
        dome.extend([45.0, -45.0, 135.0, -135.0].map(|az| direction(az, 30.0)));
        assert_eq!(counts(&dome), [3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 7]);
    }

    #[test]
    fn every_point_lies_behind_every_facet() {
        let points: Vec<_> = (0..60)
            .map(|i| direction(f64::from(i) * 137.508, f64::from(i * i % 61) - 30.0))
            .collect();
        for facet in convex_hull(&points).expect("points span space") {
            let corners = facet.corners.iter().map(|&i| points[i]);
            let normal = vector_area(corners).normalize();
            for p in &points {
                assert!(normal.dot(p) < facet.offset + 1e-9, "{facet:?}");
            }
        }
    }

    #[test]
    fn flat_sets_have_no_hull() {
        let ring: Vec<_> = (0..8)
            .map(|i| direction(f64::from(i) * 45.0, 30.0))
            .collect();
        assert!(convex_hull(&ring).is_none());
        assert!(convex_hull(&ring[..3]).is_none() && convex_hull(&[]).is_none());
    }
}
