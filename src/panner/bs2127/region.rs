//! Regions of the point source panner: the gains of a direction inside of one (ITU-R BS.2127-0,
//! section 6.1.3.1).

use nalgebra::{Matrix3, Vector3};
use pulp::{Scalar, Simd};

use crate::geometry::Direction;
use crate::panner::lookup::Cell;

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
        let mut one = One { gains, lies: false };
        self.pan_lanes(Scalar, [direction.x, direction.y, direction.z], &mut one);
        one.lies
    }

    /// Pans the directions with the coordinates `at`, one in each lane.
    #[inline(always)]
    pub(super) fn pan_lanes<S: Simd>(&self, simd: S, at: [S::f64s; 3], to: &mut impl Panned<S>) {
        match self {
            Self::Triplet { rows, channels, .. } => {
                let (weights, lie) = corner_weights(simd, rows, at);
                if !to.lie(simd, lie) {
                    return;
                }
                let scale = inverse_root(simd, power(simd, weights));
                for (channel, weight) in channels.iter().zip(weights) {
                    to.play(simd, *channel, simd.mul_f64s(scale, weight));
                }
            }
            Self::Mixed {
                rows, gram, feeds, ..
            } => {
                let (weights, lie) = corner_weights(simd, rows, at);
                if !to.lie(simd, lie) {
                    return;
                }
                let mut products = [simd.splat_f64s(0.0); 3];
                for (i, product) in products.iter_mut().enumerate() {
                    *product = dot(simd, [gram[(i, 0)], gram[(i, 1)], gram[(i, 2)]], weights);
                }
                let scale = inverse_root(simd, dot_lanes(simd, weights, products));
                for (channel, corners) in feeds {
                    let gain = dot(simd, [corners.x, corners.y, corners.z], weights);
                    to.play(simd, *channel, simd.mul_f64s(scale, gain));
                }
            }
            Self::Quad(quad) => quad.pan_lanes(simd, at, to),
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
                !cell.is_beyond(rows) && !cell.is_apart(corners)
            }
            Self::Quad(quad) => quad.meets(cell),
        }
    }
}

/// Takes what comes of directions that are panned side by side.
pub(super) trait Panned<S: Simd> {
    /// Which of them lie in the region. The answer `false`, which none may do, ends it.
    fn lie(&mut self, simd: S, lie: S::m64s) -> bool;

    /// Their gains on `channel`, which mean nothing for those that do not lie in the region.
    fn play(&mut self, simd: S, channel: usize, gains: S::f64s);
}

/// One direction.
struct One<'a> {
    gains: &'a mut [f64],
    lies: bool,
}

impl Panned<Scalar> for One<'_> {
    #[inline(always)]
    fn lie(&mut self, _: Scalar, lies: bool) -> bool {
        self.lies = lies;
        lies
    }

    #[inline(always)]
    fn play(&mut self, _: Scalar, channel: usize, gain: f64) {
        self.gains[channel] = gain;
    }
}

/// The sum of the products of the numbers with the lanes.
#[inline(always)]
fn dot<S: Simd>(simd: S, [a, b, c]: [f64; 3], at: [S::f64s; 3]) -> S::f64s {
    let numbers = [simd.splat_f64s(a), simd.splat_f64s(b), simd.splat_f64s(c)];
    dot_lanes(simd, numbers, at)
}

#[inline(always)]
fn dot_lanes<S: Simd>(simd: S, [a, b, c]: [S::f64s; 3], [x, y, z]: [S::f64s; 3]) -> S::f64s {
    let sum = simd.add_f64s(simd.mul_f64s(a, x), simd.mul_f64s(b, y));
    simd.add_f64s(sum, simd.mul_f64s(c, z))
}

/// The sum of squares.
#[inline(always)]
fn power<S: Simd, const N: usize>(simd: S, weights: [S::f64s; N]) -> S::f64s {
    let mut sum = simd.splat_f64s(0.0);
    for weight in &weights {
        sum = simd.add_f64s(sum, simd.mul_f64s(*weight, *weight));
    }
    sum
}

#[inline(always)]
fn inverse_root<S: Simd>(simd: S, power: S::f64s) -> S::f64s {
    simd.div_f64s(simd.splat_f64s(1.0), simd.sqrt_f64s(power))
}

/// The weights of three corners, and which directions lie between them.
#[inline(always)]
fn corner_weights<S: Simd>(
    simd: S,
    rows: &[Vector3<f64>; 3],
    at: [S::f64s; 3],
) -> ([S::f64s; 3], S::m64s) {
    let mut weights = [simd.splat_f64s(0.0); 3];
    for (weight, row) in weights.iter_mut().zip(rows) {
        *weight = dot(simd, [row.x, row.y, row.z], at);
    }
    let least = simd.min_f64s(simd.min_f64s(weights[0], weights[1]), weights[2]);
    let lie = simd.greater_than_or_equal_f64s(least, simd.splat_f64s(-TRIPLET_TOLERANCE));
    for weight in &mut weights {
        *weight = simd.max_f64s(*weight, simd.splat_f64s(0.0));
    }
    (weights, lie)
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
        let faces =
            |corner: &Vector3<f64>| cell.corners.iter().any(|other| corner.dot(other) > 0.0);
        self.sides.iter().all(|side| side.meets(cell)) && self.corners.iter().any(faces)
    }

    #[inline(always)]
    fn pan_lanes<S: Simd>(&self, simd: S, at: [S::f64s; 3], to: &mut impl Panned<S>) {
        let [xs, ys, zs] = &self.vectors;
        let mut products = [simd.splat_f64s(0.0); 10];
        for (i, product) in products.iter_mut().enumerate() {
            *product = dot(simd, [xs[i], ys[i], zs[i]], at);
        }
        let [au, av, bu, bv, cu, cv, a, b, c, d] = products;
        let (u, lie_across) = root_between(simd, au, bu, cu);
        let (v, lie_along) = root_between(simd, av, bv, cv);
        let one = simd.splat_f64s(1.0);
        let (not_u, not_v) = (simd.sub_f64s(one, u), simd.sub_f64s(one, v));
        let weights = [
            simd.mul_f64s(not_u, not_v),
            simd.mul_f64s(u, not_v),
            simd.mul_f64s(u, v),
            simd.mul_f64s(not_u, v),
        ];
        // The planes that give u and v also hold the opposite direction.
        let forward = dot_lanes(simd, [a, b, c], [weights[0], weights[1], weights[2]]);
        let forward = simd.add_f64s(forward, simd.mul_f64s(d, weights[3]));
        let faces = simd.greater_than_f64s(forward, simd.splat_f64s(0.0));
        // One question and not three: most often it is one of many regions, and hard to guess.
        let lie = simd.and_m64s(simd.and_m64s(lie_across, lie_along), faces);
        if !to.lie(simd, lie) {
            return;
        }
        let mut sums = [simd.splat_f64s(0.0); 4];
        if self.shares {
            for (slot, weight) in self.slots.iter().zip(weights) {
                sums[*slot & 3] = simd.add_f64s(sums[*slot & 3], weight);
            }
        } else {
            sums = weights;
        }
        let scale = inverse_root(simd, power(simd, sums));
        // The repeated channels first, whose sums are 0.
        for (channel, sum) in self.channels.iter().zip(sums).rev() {
            to.play(simd, *channel, simd.mul_f64s(scale, sum));
        }
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
            let beyond = |n: &Vector3<f64>| cell.corners.iter().all(|p| sign * n.dot(p) > 1e-9);
            coefficients.iter().all(beyond)
        };
        !all(1.0) && !all(-1.0)
    }
}

/// The solutions of `a t² + b t + c = 0` from 0 to 1, and whether there are any; if not, they mean nothing.
#[inline(always)]
fn root_between<S: Simd>(simd: S, a: S::f64s, b: S::f64s, c: S::f64s) -> (S::f64s, S::m64s) {
    let zero = simd.splat_f64s(0.0);
    let four_a_c = simd.mul_f64s(simd.mul_f64s(simd.splat_f64s(4.0), a), c);
    let discriminant = simd.sub_f64s(simd.mul_f64s(b, b), four_a_c);
    let tangent = simd.mul_f64s(simd.splat_f64s(2.0 * QUAD_TOLERANCE), a);
    let least = simd.neg_f64s(simd.mul_f64s(tangent, tangent));
    let is_real = simd.greater_than_or_equal_f64s(discriminant, least);
    // Of two solutions the one farther from 0 comes first. An equation without a square has its
    // first at infinity.
    let root = simd.sqrt_f64s(simd.max_f64s(discriminant, zero));
    let sum = simd.add_f64s(b, with_sign_of(simd, root, b));
    let sum = simd.mul_f64s(simd.splat_f64s(-0.5), sum);
    let (first, second) = (simd.div_f64s(sum, a), simd.div_f64s(c, sum));
    let part = simd.select_f64s(lie_on_side(simd, first), first, second);
    let held = simd.min_f64s(simd.max_f64s(part, zero), simd.splat_f64s(1.0));
    (held, simd.and_m64s(is_real, lie_on_side(simd, part)))
}

/// Which places lie on a side, from 0 to 1.
#[inline(always)]
fn lie_on_side<S: Simd>(simd: S, places: S::f64s) -> S::m64s {
    let begun = simd.greater_than_f64s(places, simd.splat_f64s(-QUAD_TOLERANCE));
    let goes_on = simd.less_than_f64s(places, simd.splat_f64s(1.0 + QUAD_TOLERANCE));
    simd.and_m64s(begun, goes_on)
}

/// `magnitudes`, none of which is below 0, with the signs of `signs`.
#[inline(always)]
fn with_sign_of<S: Simd>(simd: S, magnitudes: S::f64s, signs: S::f64s) -> S::f64s {
    let sign = simd.and_u64s(
        simd.transmute_u64s_f64s(signs),
        simd.splat_u64s(1 << (u64::BITS - 1)),
    );
    simd.transmute_f64s_u64s(simd.or_u64s(simd.transmute_u64s_f64s(magnitudes), sign))
}
