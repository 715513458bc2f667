//! The gain rule inside one facet of the mesh.
//!
//! A facet's cone is the set of directions whose rays pierce it. Its gains are weights `w` with
//! `Σ w_i corner_i ∝ direction`, scaled to power 1: the velocity vector of the corners points exactly at
//! the source (Pulkki 1997 for three corners).

use std::sync::Arc;

use nalgebra::{Matrix3, Vector3};

use crate::geometry::Direction;

/// Smallest distance from an edge that enters a division; corners then weigh 1e30 times the rest.
const ON_EDGE: f64 = 1e-30;

/// A corner of the mesh: where it is, and the channels that play it.
#[derive(Debug, Clone)]
pub(super) struct Corner {
    /// Generator of the cone; its length scales the corner's weight.
    pub(super) vector: Vector3<f64>,
    /// What plays it: one channel at 1 for a loudspeaker.
    pub(super) feeds: Feeds,
}

/// Channels and their amplitudes, each channel once, in ascending order. Shared by all facets round a corner, because a
/// virtual speaker may be played by every loudspeaker of a ring.
#[derive(Debug, Clone)]
pub(super) struct Feeds(Arc<[(usize, f64)]>);

impl FromIterator<(usize, f64)> for Feeds {
    /// Amplitudes of a channel that comes more than once are added up.
    fn from_iter<I: IntoIterator<Item = (usize, f64)>>(feeds: I) -> Self {
        let mut feeds: Vec<_> = feeds.into_iter().collect();
        feeds.sort_by_key(|&(channel, _)| channel);
        feeds.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        Self(feeds.into())
    }
}

impl Feeds {
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, f64)> {
        self.0.iter().copied()
    }

    /// The only channel of a loudspeaker; `None` if several play.
    fn channel(&self) -> Option<usize> {
        match *self.0 {
            [(channel, _)] => Some(channel),
            _ => None,
        }
    }

    /// The sum of products of amplitudes of the same channel.
    fn product(&self, other: &Self) -> f64 {
        let mut rest = &*other.0;
        let mut sum = 0.0;
        for &(channel, amplitude) in &*self.0 {
            while let [(theirs, _), after @ ..] = rest
                && *theirs < channel
            {
                rest = after;
            }
            match rest {
                [(theirs, other), ..] if *theirs == channel => sum += amplitude * other,
                _ => {}
            }
        }
        sum
    }
}

/// One cone of directions and its gain rule.
#[derive(Debug, Clone)]
pub(super) enum Facet {
    /// Three loudspeakers: VBAP.
    Triangle {
        /// Row `i` times the direction is the weight of corner `i`.
        rows: [Vector3<f64>; 3],
        channels: [usize; 3],
    },
    /// Four or more loudspeakers on one plane: Wachspress coordinates.
    Polygon(Box<[PolygonCorner]>),
    /// A triangle with at least one virtual corner.
    Mixed {
        rows: [Vector3<f64>; 3],
        /// Products of the corners' feeds: the power of weights `w` is `w · gram w`.
        gram: Matrix3<f64>,
        /// What plays each corner.
        feeds: [Feeds; 3],
    },
}

/// A corner of a [`Facet::Polygon`].
#[derive(Debug, Clone)]
pub(super) struct PolygonCorner {
    channel: usize,
    /// Inward unit normal of the plane through the listener and the edge to the next corner.
    edge: Vector3<f64>,
    /// The corner's volume with its neighbours, over the lengths of its two edges' cross products.
    factor: f64,
}

impl Facet {
    /// The facet with these corners, counter-clockwise seen from outside; `None` if its cone is flat.
    pub(super) fn triangle(corners: [&Corner; 3]) -> Option<Self> {
        let [a, b, c] = corners.map(|corner| corner.vector);
        let volume = a.dot(&b.cross(&c));
        if volume < 1e-12 {
            return None;
        }
        let rows = [b.cross(&c), c.cross(&a), a.cross(&b)].map(|row| row / volume);
        if let [Some(a), Some(b), Some(c)] = corners.map(|corner| corner.feeds.channel()) {
            return Some(Self::Triangle {
                rows,
                channels: [a, b, c],
            });
        }
        let feeds = corners.map(|corner| corner.feeds.clone());
        Some(Self::Mixed {
            rows,
            gram: Matrix3::from_fn(|i, j| feeds[i.min(j)].product(&feeds[i.max(j)])),
            feeds,
        })
    }

    /// The facet of four or more loudspeakers on one plane: generalised barycentric coordinates after
    /// Wachspress (1975), the weight of a corner being its volume with its neighbours over the distances
    /// to its two edges. Smooth and positive inside, linear on the edges, with every symmetry of the
    /// polygon, and exact: the weighted corners sum to the direction.
    pub(super) fn polygon(corners: &[&Corner]) -> Self {
        let n = corners.len();
        let at = |i: usize| corners[i % n].vector;
        let cross = |i: usize| at(i).cross(&at(i + 1));
        Self::Polygon(
            (0..n)
                .map(|i| PolygonCorner {
                    channel: corners[i].feeds.0[0].0,
                    edge: cross(i).normalize(),
                    factor: cross(i + n - 1).dot(&at(i + 1))
                        / (cross(i + n - 1).norm() * cross(i).norm()),
                })
                .collect(),
        )
    }

    /// How far inside the cone `direction` is: below 0 outside.
    pub(super) fn inside(&self, direction: &Direction) -> f64 {
        match self {
            Self::Triangle { rows, .. } | Self::Mixed { rows, .. } => rows
                .iter()
                .map(|row| row.dot(direction))
                .fold(f64::INFINITY, f64::min),
            Self::Polygon(corners) => corners
                .iter()
                .map(|corner| corner.edge.dot(direction))
                .fold(f64::INFINITY, f64::min),
        }
    }

    /// Adds `amount` times the gains (of power 1) of a direction inside the cone to `gains`.
    pub(super) fn add_gains(&self, direction: &Direction, amount: f64, gains: &mut [f64]) {
        match self {
            Self::Triangle { rows, channels } => {
                let weights = rows.map(|row| row.dot(direction).max(0.0));
                let power: f64 = weights.iter().map(|w| w * w).sum();
                let scale = amount / power.sqrt();
                for (channel, weight) in channels.iter().zip(weights) {
                    gains[*channel] += scale * weight;
                }
            }
            Self::Mixed { rows, gram, feeds } => {
                let [a, b, c] = rows.each_ref().map(|row| row.dot(direction).max(0.0));
                let weights = Vector3::new(a, b, c);
                let power = weights.dot(&(gram * weights));
                let weights = weights * (amount / power.sqrt());
                for (feeds, weight) in feeds.iter().zip(&weights) {
                    for (channel, amplitude) in feeds.iter() {
                        gains[channel] += amplitude * weight;
                    }
                }
            }
            Self::Polygon(corners) => {
                let mut power = 0.0;
                for_each_weight(corners, direction, |_, weight| power += weight * weight);
                let scale = amount / power.sqrt();
                for_each_weight(corners, direction, |channel, weight| {
                    gains[channel] += scale * weight;
                });
            }
        }
    }
}

fn for_each_weight(
    corners: &[PolygonCorner],
    direction: &Direction,
    mut visit: impl FnMut(usize, f64),
) {
    let distance = |corner: &PolygonCorner| corner.edge.dot(direction).max(ON_EDGE);
    let mut before = corners.last().map_or(ON_EDGE, distance);
    for corner in corners {
        let after = distance(corner);
        visit(corner.channel, corner.factor / (before * after));
        before = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    fn speaker(channel: usize, azimuth: f64, elevation: f64) -> Corner {
        Corner {
            vector: direction(azimuth, elevation),
            feeds: Feeds::from_iter([(channel, 1.0)]),
        }
    }

    #[test]
    fn polygon_gains_point_back_at_the_source_and_corners_are_alone() {
        let azimuths = [0.0, 40.0, 100.0, 150.0, -120.0, -30.0];
        let corners: Vec<_> = azimuths
            .iter()
            .enumerate()
            .map(|(i, &az)| speaker(i, az, 30.0))
            .collect();
        let facet = Facet::polygon(&corners.iter().collect::<Vec<_>>());
        let mut gains = [0.0; 6];
        for (az, el) in [(10.0, 40.0), (100.0, 80.0), (-77.0, 50.0), (20.0, 32.0)] {
            gains.fill(0.0);
            let p = direction(az, el);
            facet.add_gains(&p, 1.0, &mut gains);
            let sum: Vector3<f64> = corners.iter().zip(gains).map(|(c, g)| c.vector * g).sum();
            assert!(
                sum.normalize().dot(&p) > 1.0 - 1e-12,
                "{az} {el}: {gains:?}"
            );
            let power: f64 = gains.iter().map(|g| g * g).sum();
            assert!((power - 1.0).abs() < 1e-12, "{az} {el}");
        }
        for (i, az) in azimuths.into_iter().enumerate() {
            gains.fill(0.0);
            facet.add_gains(&direction(az, 30.0), 1.0, &mut gains);
            for (j, gain) in gains.into_iter().enumerate() {
                let wanted = f64::from(u8::from(i == j));
                assert!((gain - wanted).abs() < 1e-9, "corner {i}: {gains:?}");
            }
        }
    }

    #[test]
    fn a_virtual_corner_plays_through_its_feeds_at_power_1() {
        let virtual_corner = Corner {
            vector: direction(0.0, -90.0),
            feeds: Feeds::from_iter([(0, 0.8), (2, 0.6)]),
        };
        let (a, b) = (speaker(0, -30.0, 0.0), speaker(1, 30.0, 0.0));
        let facet = Facet::triangle([&b, &a, &virtual_corner]).expect("a proper cone");
        let mut gains = [0.0; 3];
        facet.add_gains(&direction(0.0, -90.0), 1.0, &mut gains);
        assert!((gains[0] - 0.8).abs() < 1e-12 && (gains[2] - 0.6).abs() < 1e-12);
        gains.fill(0.0);
        facet.add_gains(&direction(5.0, -40.0), 1.0, &mut gains);
        let power: f64 = gains.iter().map(|g| g * g).sum();
        assert!((power - 1.0).abs() < 1e-12, "{gains:?}");
        assert!(facet.inside(&direction(5.0, -40.0)) > 0.0);
        assert!(facet.inside(&direction(50.0, -40.0)) < 0.0);
    }
}
