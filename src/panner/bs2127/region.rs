//! Regions of the point source panner: the gains of a direction inside of one (ITU-R BS.2127-0,
//! section 6.1.3.1).

use nalgebra::{Matrix3, Vector3};

use crate::geometry::Direction;
use crate::panner::lookup::{Cell, apart, apart_from_cell};

/// How far below 0 rounding may put a gain of a triplet.
const TRIPLET_TOLERANCE: f64 = 1e-11;

/// How far outside of 0 to 1, or off the real axis, rounding may put a position along a side of a quad.
const QUAD_TOLERANCE: f64 = 1e-10;

/// Triplets flatter than this (six times their volume) have no inside.
const FLAT: f64 = 1e-12;

/// A corner of a region: where it is, and the channels that play it.
#[derive(Debug, Clone)]
pub(super) struct Corner {
    /// Unit vector from the listener.
    pub(super) position: Vector3<f64>,
    /// Channels and their gains: one channel at 1 except for the poles.
    pub(super) feeds: Vec<(usize, f64)>,
}

/// A set of directions with one gain rule.
#[derive(Debug, Clone)]
pub(super) enum Region {
    /// Three channels.
    Triplet {
        /// Row `i` times the direction is the gain of corner `i`.
        rows: [Vector3<f64>; 3],
        corners: [Vector3<f64>; 3],
        channels: [usize; 3],
    },
    /// Three corners of which one is a pole, or two are played by one channel.
    Mixed {
        rows: [Vector3<f64>; 3],
        corners: [Vector3<f64>; 3],
        /// Products of the corners' feeds: the power of corner gains `w` is `w · gram w`.
        gram: Matrix3<f64>,
        /// Each channel with its gain in the three corners.
        feeds: Box<[(usize, Vector3<f64>)]>,
    },
    /// Four corners.
    Quad(Box<Quad>),
}

impl Region {
    /// The region between three corners; `None` if they lie in a plane with the listener.
    pub(super) fn triplet(corners: [&Corner; 3]) -> Option<Self> {
        let positions = corners.map(|corner| corner.position);
        let [a, b, c] = positions;
        let volume = a.dot(&b.cross(&c));
        if volume.abs() < FLAT {
            return None;
        }
        let rows = [b.cross(&c), c.cross(&a), a.cross(&b)].map(|row| row / volume);
        let mut feeds: Vec<(usize, Vector3<f64>)> = Vec::new();
        for (i, corner) in corners.iter().enumerate() {
            for &(channel, gain) in &corner.feeds {
                match feeds.iter_mut().find(|(known, _)| *known == channel) {
                    Some((_, gains)) => gains[i] += gain,
                    None => {
                        let mut gains = Vector3::zeros();
                        gains[i] = gain;
                        feeds.push((channel, gains));
                    }
                }
            }
        }
        if let [[(a, _)], [(b, _)], [(c, _)]] = corners.map(|c| c.feeds.as_slice())
            && feeds.len() == 3
        {
            let channels = [*a, *b, *c];
            return Some(Self::Triplet {
                rows,
                corners: positions,
                channels,
            });
        }
        Some(Self::Mixed {
            rows,
            corners: positions,
            gram: feeds
                .iter()
                .map(|(_, gains)| gains * gains.transpose())
                .sum(),
            feeds: feeds.into(),
        })
    }

    /// The region between four corners, in order round it.
    pub(super) fn quad(corners: [&Corner; 4]) -> Self {
        Self::Quad(Box::new(Quad::new(corners)))
    }

    /// If `direction` lies in the region, writes its gains, of power 1, into `gains`, which hold zeros.
    #[inline]
    pub(super) fn pan(&self, direction: &Direction, gains: &mut [f64]) -> bool {
        match self {
            Self::Triplet { rows, channels, .. } => {
                let weights = rows.each_ref().map(|row| row.dot(direction));
                if !inside(weights) {
                    return false;
                }
                let weights = weights.map(|w| w.max(0.0));
                let power: f64 = weights.iter().map(|w| w * w).sum();
                let scale = 1.0 / power.sqrt();
                for (channel, weight) in channels.iter().zip(weights) {
                    gains[*channel] = scale * weight;
                }
                true
            }
            Self::Mixed {
                rows, gram, feeds, ..
            } => {
                let weights = rows.each_ref().map(|row| row.dot(direction));
                if !inside(weights) {
                    return false;
                }
                let [a, b, c] = weights.map(|w| w.max(0.0));
                let weights = Vector3::new(a, b, c);
                let scale = 1.0 / weights.dot(&(gram * weights)).sqrt();
                for (channel, corners) in feeds {
                    gains[*channel] = scale * corners.dot(&weights);
                }
                true
            }
            Self::Quad(quad) => quad.pan(direction, gains),
        }
    }

    /// The direction in a triplet that is near one outside of it: that with its gains below 0 left out.
    /// `None` if there is none left, and for quads.
    pub(super) fn nearest(&self, direction: &Direction) -> Option<Direction> {
        let (Self::Triplet { rows, corners, .. } | Self::Mixed { rows, corners, .. }) = self else {
            return None;
        };
        let parts = rows.iter().zip(corners);
        let sum: Vector3<f64> = parts
            .map(|(row, corner)| corner * row.dot(direction).max(0.0))
            .sum();
        let length = sum.norm();
        (length > 0.0).then(|| sum / length)
    }

    /// Whether it may take a direction in a cell of the lookup table.
    pub(super) fn meets(&self, cell: &Cell) -> bool {
        match self {
            Self::Triplet { rows, corners, .. } | Self::Mixed { rows, corners, .. } => {
                !apart(rows, cell) && !apart_from_cell(cell, corners)
            }
            Self::Quad(quad) => quad.meets(cell),
        }
    }
}

#[inline]
fn inside([a, b, c]: [f64; 3]) -> bool {
    a.min(b).min(c) >= -TRIPLET_TOLERANCE
}

/// Four corners a, b, c, d in order, and the bilinear rule between them.
#[derive(Debug, Clone)]
pub(super) struct Quad {
    corners: [Vector3<f64>; 4],
    /// Finds u, which runs from the side a d to the side b c, and v, from the side b a to the side c d.
    sides: [Side; 2],
    /// The vectors of both sides and the corners, by coordinate, so that all products with a direction are found side by
    /// side: squares, linear terms, constants, corners.
    vectors: [[f64; 10]; 3],
    /// For each corner, which of `channels` plays it: each its own unless some are shared.
    slots: [usize; 4],
    shares: bool,
    /// The different channels; repeated at the end where corners share one.
    channels: [usize; 4],
}

impl Quad {
    fn new(corners: [&Corner; 4]) -> Self {
        let channel_of = corners.map(|corner| corner.feeds[0].0);
        let mut different: Vec<usize> = Vec::new();
        for channel in channel_of {
            if !different.contains(&channel) {
                different.push(channel);
            }
        }
        let slot_of = |channel: usize| different.iter().position(|&c| c == channel).unwrap_or(0);
        let slots = channel_of.map(slot_of);
        let [a, b, c, d] = corners.map(|corner| corner.position);
        let sides = [Side::new(a, b, c, d), Side::new(b, c, d, a)];
        let [u, v] = &sides;
        let vectors = [
            u.square, v.square, u.linear, v.linear, u.constant, v.constant, a, b, c, d,
        ];
        Self {
            corners: [a, b, c, d],
            sides,
            vectors: [0, 1, 2].map(|axis| vectors.map(|vector| vector[axis])),
            slots,
            shares: different.len() < channel_of.len(),
            channels: [0, 1, 2, 3].map(|i| different[i.min(different.len() - 1)]),
        }
    }

    fn meets(&self, cell: &Cell) -> bool {
        let faces = |corner: &Vector3<f64>| cell.iter().any(|other| corner.dot(other) > 0.0);
        self.sides.iter().all(|side| side.meets(cell)) && self.corners.iter().any(faces)
    }

    #[inline]
    fn pan(&self, direction: &Direction, gains: &mut [f64]) -> bool {
        let [xs, ys, zs] = &self.vectors;
        let mut products = [0.0; 10];
        for (i, product) in products.iter_mut().enumerate() {
            *product = xs[i] * direction.x + ys[i] * direction.y + zs[i] * direction.z;
        }
        let [au, av, bu, bv, cu, cv, a, b, c, d] = products;
        let (u, lies_across) = root_between(au, bu, cu);
        let (v, lies_along) = root_between(av, bv, cv);
        let weights = [(1.0 - u) * (1.0 - v), u * (1.0 - v), u * v, (1.0 - u) * v];
        // The planes that give u and v also hold the opposite direction.
        let forward = a * weights[0] + b * weights[1] + c * weights[2] + d * weights[3];
        // One question and not three: most often it is one of many regions, and hard to guess.
        if !(lies_across & lies_along & (forward > 0.0)) {
            return false;
        }
        let mut sums = [0.0; 4];
        if self.shares {
            for (slot, weight) in self.slots.iter().zip(weights) {
                sums[*slot & 3] += weight;
            }
        } else {
            sums = weights;
        }
        let power: f64 = sums.iter().map(|sum| sum * sum).sum();
        let scale = 1.0 / power.sqrt();
        // The repeated channels first, whose sums are 0.
        for (channel, sum) in self.channels.iter().zip(sums).rev() {
            gains[*channel] = scale * sum;
        }
        true
    }
}

/// Where on the sides a b and d c the plane through the listener and the source cuts them in equal parts.
///
/// The plane holds `a + t (b - a)`, `d + t (c - d)` and the source `p`: a quadratic equation in `t` whose
/// coefficients are the products of these vectors with `p`.
#[derive(Debug, Clone)]
struct Side {
    square: Vector3<f64>,
    linear: Vector3<f64>,
    constant: Vector3<f64>,
}

impl Side {
    fn new(a: Vector3<f64>, b: Vector3<f64>, c: Vector3<f64>, d: Vector3<f64>) -> Self {
        Self {
            square: (b - a).cross(&(c - d)),
            linear: a.cross(&(c - d)) + (b - a).cross(&d),
            constant: a.cross(&d),
        }
    }

    /// Whether it may have a solution for a direction in a cell of the lookup table.
    fn meets(&self, cell: &Cell) -> bool {
        // The polynomial lies between its coefficients in the Bernstein basis of the range 0 to 1.
        let coefficients = [
            self.constant,
            self.constant + self.linear / 2.0,
            self.constant + self.linear + self.square,
        ];
        let all = |sign: f64| {
            let beyond = |n: &Vector3<f64>| cell.iter().all(|p| sign * n.dot(p) > 1e-9);
            coefficients.iter().all(beyond)
        };
        !all(1.0) && !all(-1.0)
    }
}

/// The solution of `a t² + b t + c = 0` from 0 to 1, and whether there is one; if not, it means nothing.
#[inline(always)]
fn root_between(a: f64, b: f64, c: f64) -> (f64, bool) {
    let discriminant = b * b - 4.0 * a * c;
    let tangent = 2.0 * QUAD_TOLERANCE * a;
    let is_real = discriminant >= -tangent * tangent;
    // Of two solutions the one farther from 0 comes first. An equation without a square has its
    // first at infinity.
    let sum = -0.5 * (b + discriminant.max(0.0).sqrt().copysign(b));
    let (first, second) = (sum / a, c / sum);
    let lies = |t: f64| (-QUAD_TOLERANCE < t) & (t < 1.0 + QUAD_TOLERANCE);
    let part = if lies(first) { first } else { second };
    (part.clamp(0.0, 1.0), is_real & lies(part))
}
