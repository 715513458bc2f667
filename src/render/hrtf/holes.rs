//! Holes in a set of directions, and directions that close them.
//!
//! Where a set has a hole (the floor below most measured heads), directions of its own close it: each stands for the
//! rim of the hole.

use super::set::SetFault;
use crate::geometry::Direction;
use crate::geometry::hull::{HullFacet, convex_hull};

/// A facet whose cap of the sphere has a larger radius than this is a hole, if it is also larger than
/// [`UNUSUAL`] times the usual facet, or than [`ALWAYS_DEG`].
const HOLE_DEG: f64 = 30.0;
const UNUSUAL: f64 = 2.0;

/// Larger than this it is a hole in any set: near 90 degrees no triangle has an inside any more. (The facets of four
/// directions, as far apart as can be, have 70.5 degrees.)
const ALWAYS_DEG: f64 = 75.0;

/// Most directions that are added to close holes.
const MOST_ADDED: usize = 32;

/// Directions without holes.
pub(super) struct Closed {
    /// The measured ones, then those that close holes.
    pub(super) directions: Vec<Direction>,
    /// For each direction that closes a hole, the measured ones at its rim.
    pub(super) rims: Vec<Vec<usize>>,
    /// The convex hull of all.
    pub(super) facets: Vec<HullFacet>,
}

/// Closes the holes between `measured`, unit vectors of which no two are equal.
///
/// # Errors
/// They lie on a line.
pub(super) fn closed(measured: &[Direction]) -> Result<Closed, SetFault> {
    let mut directions = measured.to_vec();
    let mut rims: Vec<Vec<usize>> = Vec::new();
    let facets = loop {
        let Some(facets) = convex_hull(&directions) else {
            if !rims.is_empty() {
                return Err(on_a_line());
            }
            let axis = axis_of(measured).ok_or_else(on_a_line)?;
            for pole in [axis, -axis] {
                directions.push(pole);
                rims.push((0..measured.len()).collect());
            }
            continue;
        };
        let Some(hole) = hole(&directions, &facets).filter(|_| rims.len() < MOST_ADDED) else {
            break facets;
        };
        let mut rim: Vec<usize> = Vec::new();
        for &corner in &hole.corners {
            match corner.checked_sub(measured.len()) {
                None => rim.push(corner),
                Some(added) => rim.extend(&rims[added]),
            }
        }
        rim.sort_unstable();
        rim.dedup();
        directions.push(middle(&directions, hole));
        rims.push(rim);
    };
    Ok(Closed {
        directions,
        rims,
        facets,
    })
}

fn on_a_line() -> SetFault {
    SetFault {
        at: "the positions",
        reason: "their directions span no surface; a set needs directions all round the head"
            .to_owned(),
    }
}

/// The axis of directions that lie on one plane.
fn axis_of(directions: &[Direction]) -> Option<Direction> {
    let first = directions.first()?;
    let far = |score: &dyn Fn(&Direction) -> f64| {
        directions
            .iter()
            .max_by(|a, b| score(a).total_cmp(&score(b)))
            .copied()
    };
    let second = far(&|d| (d - first).norm())?;
    let third = far(&|d| (second - first).cross(&(d - first)).norm())?;
    let axis = (second - first).cross(&(third - first));
    (axis.norm() > 1e-6).then(|| cleaned(axis.normalize()))
}

/// The facet that is most of a hole, if any is one.
fn hole<'a>(directions: &[Direction], facets: &'a [HullFacet]) -> Option<&'a HullFacet> {
    let radius = |facet: &HullFacet| facet.offset.clamp(-1.0, 1.0).acos();
    let mut radii: Vec<f64> = facets.iter().map(radius).collect();
    radii.sort_by(f64::total_cmp);
    let usual = radii[radii.len() / 2];
    let limit = (UNUSUAL * usual).clamp(HOLE_DEG.to_radians(), ALWAYS_DEG.to_radians());
    let worst = facets
        .iter()
        .max_by(|a, b| radius(a).total_cmp(&radius(b)))
        .filter(|facet| radius(facet) > limit)?;
    // A hole whose middle is taken cannot be closed any better.
    let centre = middle(directions, worst);
    let free = directions.iter().all(|d| (d - centre).norm() > 0.1);
    free.then_some(worst)
}

/// The direction at the middle of a facet's cap.
fn middle(directions: &[Direction], facet: &HullFacet) -> Direction {
    let corners = facet.corners.iter().map(|&i| directions[i]);
    let next = corners.clone().cycle().skip(1);
    let area: Direction = corners.zip(next).map(|(a, b)| a.cross(&b)).sum();
    cleaned(area.normalize())
}

/// The direction without what rounding leaves beside an axis.
pub(super) fn cleaned(direction: Direction) -> Direction {
    direction
        .map(|x| if x.abs() < 1e-9 { 0.0 } else { x })
        .normalize()
}
