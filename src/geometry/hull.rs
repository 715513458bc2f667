//! The convex hull of a few hundred points in space, with coplanar triangles merged to polygons.
//!
//! For unit vectors the hull is the spherical Delaunay triangulation: every facet's outward normal is the
//! centre of a cap of the sphere that holds no other point, and `acos(offset)` is that cap's radius.

use std::collections::{HashMap, HashSet};

use nalgebra::Vector3;

/// Points nearer than this to a plane lie on it.
const ON_PLANE: f64 = 1e-10;

/// Neighbouring facets whose plane equations (unit normal and offset) differ by less are one facet: the
/// tolerance of the EBU ADM Renderer.
const SAME_PLANE: f64 = 1e-5;

/// A flat facet of a hull.
#[derive(Debug, Clone)]
pub(crate) struct HullFacet {
    /// Corners as indices of the points, counter-clockwise seen from outside; at least three.
    pub(crate) corners: Vec<usize>,
    /// Distance of its plane from the origin: > 0 if the origin lies on the inner side.
    pub(crate) offset: f64,
}

/// The facets of the convex hull of `points`, or `None` if the points all lie on one plane (or there are
/// fewer than four).
pub(crate) fn convex_hull(points: &[Vector3<f64>]) -> Option<Vec<HullFacet>> {
    let start = first_tetrahedron(points)?;
    let mut triangles = faces_of_tetrahedron(points, start);
    for (index, point) in points.iter().enumerate() {
        if !start.contains(&index) {
            add_point(&mut triangles, points, index, point);
        }
    }
    Some(merge_coplanar(points, &triangles))
}

/// A triangle while the hull grows.
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
        let [a, b, c] = self.corners;
        [(a, b), (b, c), (c, a)]
    }
}

/// Four points that span space, chosen far apart.
fn first_tetrahedron(points: &[Vector3<f64>]) -> Option<[usize; 4]> {
    let farthest = |distance: &dyn Fn(&Vector3<f64>) -> f64| {
        points
            .iter()
            .map(distance)
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|&(_, d)| d > ON_PLANE)
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

fn faces_of_tetrahedron(points: &[Vector3<f64>], corners: [usize; 4]) -> Vec<Triangle> {
    (0..4)
        .map(|left_out| {
            let mut face = [0; 3];
            let others = (0..4).filter(|&i| i != left_out).map(|i| corners[i]);
            for (slot, corner) in face.iter_mut().zip(others) {
                *slot = corner;
            }
            let triangle = Triangle::new(points, face);
            if triangle.normal.dot(&points[corners[left_out]]) > triangle.offset {
                face.swap(1, 2);
                Triangle::new(points, face)
            } else {
                triangle
            }
        })
        .collect()
}

/// Replaces the triangles that `point` sees from outside by those that join it to their outline.
fn add_point(
    triangles: &mut Vec<Triangle>,
    points: &[Vector3<f64>],
    index: usize,
    point: &Vector3<f64>,
) {
    let sees = |t: &Triangle| t.normal.dot(point) - t.offset > ON_PLANE;
    let (seen, mut kept): (Vec<_>, Vec<_>) = triangles.iter().copied().partition(sees);
    let edges: HashSet<_> = seen.iter().flat_map(Triangle::edges).collect();
    // In the order of the triangles, not of the hash, so that equal layouts give equal hulls.
    for (a, b) in seen.iter().flat_map(Triangle::edges) {
        if !edges.contains(&(b, a)) {
            kept.push(Triangle::new(points, [a, b, index]));
        }
    }
    *triangles = kept;
}

fn merge_coplanar(points: &[Vector3<f64>], triangles: &[Triangle]) -> Vec<HullFacet> {
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
                    && same_plane(&triangles[first], &triangles[other])
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
