//! The extent panner of the room cube (ITU-R BS.2127, allocentric extent panner): a sum of point sources on a
//! grid that fills the cube, weighted by size.
//!
//! The gains of a point are products of one factor per axis, and so are the weights: the sum over the grid of
//! the P-th powers is the product of three sums along an axis. A factor depends only on the loudspeaker's
//! neighbours along the axis, and many have the same: these are the *profiles*. Powers are taken of
//! logarithms, which are worked out beforehand.

use std::f64::consts::{LOG2_10, PI};

use super::powers::{exp2, log2};
use super::room::{Level, Room, balance_gains};

/// Points of the grid along an axis.
const POINTS: usize = 40;

/// Points along z where there are less than three heights; they lie from the ears to the ceiling.
const FEW_POINTS: usize = POINTS / 2;

/// Weights below 10 to minus this are as low as that, and sums below it are 0.
const FLOOR_EXPONENT: f64 = 6.5;

/// A vector shorter than this is no vector.
const NOTHING: f64 = 1e-16;

/// Effective sizes from which on an object is all extent; below, a part of it is a point.
const FADE: f64 = 0.2;

/// Effective sizes up to which the exponent is the largest, and where it is the smallest.
const SHARP: f64 = 0.5;
const LARGEST: f64 = 2.8;

/// Sizes and what they are scaled to.
const SCALE: [(f64, f64); 5] = [(0.0, 0.0), (0.2, 0.3), (0.5, 1.0), (0.75, 1.8), (1.0, 2.8)];

/// How the loudspeakers of a room lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Shape {
    /// In one row.
    #[default]
    Row,
    /// In one plane.
    Plane,
    /// In space.
    Cube,
}

/// The grid along one axis with the gains of each loudspeaker on it.
#[derive(Debug, Clone, Default)]
struct Axis {
    /// Where the points lie.
    points: Vec<f64>,
    /// Logarithms of the part of the weight that does not depend on the object.
    tilt: Vec<f64>,
    /// What tells profiles apart: the neighbour below, the coordinate itself, the neighbour above.
    neighbours: Vec<[f64; 3]>,
    /// Profile after profile, the logarithms of the gains at the points.
    log_gains: Vec<f64>,
    /// The profile of each column of the room.
    profiles: Vec<usize>,
    /// For each profile: the sum along the axis, and the sum of its two ends.
    sums: Vec<(f64, f64)>,
}

impl Axis {
    fn with_capacity(count: usize) -> Self {
        Self {
            points: Vec::with_capacity(POINTS),
            tilt: Vec::with_capacity(POINTS),
            neighbours: Vec::with_capacity(count),
            log_gains: Vec::with_capacity(count * POINTS),
            profiles: Vec::with_capacity(count),
            sums: Vec::with_capacity(count),
        }
    }

    /// Begins anew with `count` points from `first` to 1.
    fn clear(&mut self, first: f64, count: usize, tilt: impl Fn(f64) -> f64) {
        self.neighbours.clear();
        self.log_gains.clear();
        self.profiles.clear();
        self.points.clear();
        self.tilt.clear();
        let step = (1.0 - first) / (count - 1) as f64;
        self.points
            .extend((0..count).map(|i| first + step * i as f64));
        self.points[count - 1] = 1.0;
        self.tilt
            .extend(self.points.iter().map(|&point| tilt(point)));
    }

    /// Adds the loudspeakers (columns) at `index` of `levels`, `columns` of them.
    fn add(&mut self, levels: &[Level], index: usize, columns: usize) {
        let at = |index: Option<usize>, otherwise: f64| {
            index
                .and_then(|i| levels.get(i))
                .map_or(otherwise, |level| level.at)
        };
        let key = [
            at(index.checked_sub(1), f64::NEG_INFINITY),
            levels[index].at,
            at(Some(index + 1), f64::INFINITY),
        ];
        let same = |known: &[f64; 3]| known.iter().zip(&key).all(|(a, b)| a.total_cmp(b).is_eq());
        let profile = match self.neighbours.iter().position(same) {
            Some(known) => known,
            None => {
                self.neighbours.push(key);
                let points = self.points.iter();
                self.log_gains
                    .extend(points.map(|&point| log2(gain(key, point))));
                self.neighbours.len() - 1
            }
        };
        self.profiles.extend(std::iter::repeat_n(profile, columns));
    }

    /// Sums the `exponent`-th powers of gain times weight along the axis. The weight of a point at a
    /// distance d is 10^-(d / `reach`)^4.
    fn sum(&mut self, middle: f64, reach: f64, exponent: f64) {
        let count = self.points.len();
        let mut weights = [0.0; POINTS];
        let scale = 1.0 / reach;
        for ((weight, point), tilt) in weights.iter_mut().zip(&self.points).zip(&self.tilt) {
            let distance = (point - middle) * scale;
            let square = distance * distance;
            let fourth = square * square;
            let least = if fourth < FLOOR_EXPONENT {
                fourth
            } else {
                FLOOR_EXPONENT
            };
            *weight = tilt - LOG2_10 * least;
        }
        let floor = exp2(-LOG2_10 * FLOOR_EXPONENT);
        self.sums.clear();
        for log_gains in self.log_gains.chunks_exact(count) {
            let mut terms = [0.0; POINTS];
            for ((term, gain), weight) in terms.iter_mut().zip(log_gains).zip(&weights) {
                *term = exp2(exponent * (gain + weight));
            }
            let terms = &terms[..count];
            // Four sums side by side, as the terms are computed.
            let mut lanes = [0.0; 4];
            for four in terms.chunks_exact(4) {
                for (lane, term) in lanes.iter_mut().zip(four) {
                    *lane += term;
                }
            }
            let sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
            let ends = terms[0] + terms[count - 1];
            self.sums.push((if sum < floor { 0.0 } else { sum }, ends));
        }
    }
}

/// The gain at `point` of a coordinate with these neighbours (infinitely far if there is none).
fn gain([below, at, above]: [f64; 3], point: f64) -> f64 {
    if point <= at {
        match below {
            _ if point <= below => 0.0,
            f64::NEG_INFINITY => 1.0,
            _ => balance_gains(below, at, point).0,
        }
    } else {
        match above {
            _ if point >= above => 0.0,
            f64::INFINITY => 1.0,
            _ => balance_gains(at, above, point).1,
        }
    }
}

/// The extents of one set of loudspeakers.
#[derive(Debug, Clone)]
pub(super) struct Extents {
    axes: [Axis; 3],
    shape: Shape,
    /// Number of axes along which loudspeakers differ.
    dimensions: usize,
    /// Per column: the product of the sums, and the terms at the walls.
    inside: Vec<f64>,
    bound: Vec<f64>,
}

impl Extents {
    /// No loudspeakers, with space for `count`.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            axes: std::array::from_fn(|_| Axis::with_capacity(count)),
            shape: Shape::Row,
            dimensions: 0,
            inside: Vec::with_capacity(count),
            bound: Vec::with_capacity(count),
        }
    }

    /// Prepares for the loudspeakers of `room`.
    pub(super) fn fill(&mut self, room: &Room) {
        let [x, y, z] = &mut self.axes;
        let level = |_| 0.0;
        x.clear(-1.0, POINTS, level);
        y.clear(-1.0, POINTS, level);
        // Upwards and downwards the weight falls off by a cosine too.
        let towards_ears = |z: f64| log2((z * PI * (3.0 / 7.0)).cos());
        if room.planes.len() >= 3 {
            z.clear(-1.0, POINTS, towards_ears);
        } else {
            z.clear(0.0, FEW_POINTS, towards_ears);
        }
        for (i, plane) in room.planes.iter().enumerate() {
            let rows = &room.rows[plane.first..plane.end];
            for (j, row) in rows.iter().enumerate() {
                let columns = &room.columns[row.first..row.end];
                for k in 0..columns.len() {
                    x.add(columns, k, 1);
                }
                y.add(rows, j, columns.len());
                z.add(&room.planes, i, columns.len());
            }
        }
        let differ = |levels: &[Level]| {
            levels
                .windows(2)
                .any(|pair| pair[0].at.total_cmp(&pair[1].at).is_ne())
        };
        let along_y = differ(&room.rows);
        let along_z = differ(&room.planes);
        self.dimensions = [differ(&room.columns), along_y, along_z]
            .iter()
            .filter(|differ| **differ)
            .count();
        self.shape = match (along_y, along_z) {
            (false, false) => Shape::Row,
            (true, false) => Shape::Plane,
            (_, true) => Shape::Cube,
        };
    }

    /// Adds the gains, of power 1, of an object at `at` with `sizes` along the axes to `gains`, one per
    /// channel, all 0 before.
    pub(super) fn add_object(
        &mut self,
        room: &Room,
        [x, y, z]: [f64; 3],
        sizes: [f64; 3],
        gains: &mut [f64],
    ) {
        let z = z.max(self.axes[2].points[0]);
        let at = [x, y, z];
        let mut scaled = sizes;
        for (size, axis) in scaled.iter_mut().zip(&self.axes) {
            *size = scale(*size).max(2.0 / (axis.points.len() - 1) as f64);
        }
        let effective = self.effective_size(scaled);
        let exponent = if effective <= SHARP {
            6.0
        } else {
            6.0 - 4.0 * (effective - SHARP) / (LARGEST - SHARP)
        };
        // Half as far up and down as to the sides.
        let reaches = [2.0 * scaled[0], 2.0 * scaled[1], scaled[2]].map(|size| size / 1.5);
        for ((axis, middle), reach) in self.axes.iter_mut().zip(at).zip(reaches) {
            axis.sum(middle, reach, exponent);
        }
        self.combine(self.share_inside(at, scaled));
        let root = 1.0 / exponent;
        for value in &mut self.bound {
            *value = exp2(root * log2(*value));
        }
        let length = norm(&self.bound);
        let (to_point, to_extent) = if effective < FADE {
            let (sin, cos) = (effective * PI / (2.0 * FADE)).sin_cos();
            room.add_point(at, gains);
            (cos, sin)
        } else {
            (0.0, 1.0)
        };
        let to_extent = if length > NOTHING {
            to_extent / length
        } else {
            0.0
        };
        let mut power = 0.0;
        for (&channel, value) in room.channels.iter().zip(&self.bound) {
            let gain = to_point * gains[channel] + to_extent * value;
            power += gain * gain;
            gains[channel] = gain;
        }
        let length = power.sqrt();
        let scale = if length > NOTHING { 1.0 / length } else { 0.0 };
        for &channel in &room.channels {
            gains[channel] *= scale;
        }
    }

    /// Adds up, per column, what is inside the room (to the share `inside`) and at its walls in `bound`.
    fn combine(&mut self, share_inside: f64) {
        self.inside.clear();
        self.bound.clear();
        let [x, y, z] = &self.axes;
        for ((&i, &j), &k) in x.profiles.iter().zip(&y.profiles).zip(&z.profiles) {
            let ((fx, bx), (fy, by), (fz, bz)) = (x.sums[i], y.sums[j], z.sums[k]);
            self.inside.push(fx * fy * fz);
            self.bound.push(bx * fy * fz + fx * by * fz + fx * fy * bz);
        }
        let length = norm(&self.inside);
        if length > NOTHING {
            let scale = share_inside / length;
            for (bound, inside) in self.bound.iter_mut().zip(&self.inside) {
                *bound += inside * scale;
            }
        }
    }

    /// The size that decides on sharpness, of the scaled sizes along the axes.
    fn effective_size(&self, [x, y, z]: [f64; 3]) -> f64 {
        match self.shape {
            Shape::Row => x,
            Shape::Plane => 0.75 * x.max(y) + 0.25 * x.min(y),
            Shape::Cube => {
                let (most, least) = (x.max(y).max(z), x.min(y).min(z));
                let middle = x.max(y).min(x.min(y).max(z));
                (6.0 * most + 2.0 * middle + least) / 9.0
            }
        }
    }

    /// How much of the object counts as inside the room (mu in the standard): less near the walls.
    fn share_inside(&self, at: [f64; 3], sizes: [f64; 3]) -> f64 {
        let axes = match self.dimensions {
            1 => 1,
            2 => 2,
            _ => 3,
        };
        let from_wall = |x: f64| (x + 1.0).min(1.0 - x);
        let to_wall = at[..axes]
            .iter()
            .fold(f64::INFINITY, |least, &x| least.min(from_wall(x)));
        let product: f64 = sizes[..axes]
            .iter()
            .map(|&size| cubed(size, to_wall))
            .product();
        match axes {
            1 => product,
            2 => product.sqrt(),
            _ => exp2(log2(product) / 3.0),
        }
    }
}

/// The cube of h in the standard, for an object of `size` along an axis that is `to_wall` from the nearest wall.
fn cubed(size: f64, to_wall: f64) -> f64 {
    if to_wall >= 2.0 * size && to_wall >= 0.4 {
        let n = (2.0 * size).max(0.4);
        n * n * n / (0.32 * size)
    } else {
        let near = to_wall / 0.4;
        to_wall / 2.0 * near * near
    }
}

/// A size as the grid takes it: growing faster from 0.5 on, where 1 is the whole room.
fn scale(size: f64) -> f64 {
    let size = size.clamp(0.0, 1.0);
    let next = SCALE
        .iter()
        .position(|&(from, _)| size <= from)
        .unwrap_or(1);
    let ((from, low), (to, high)) = (SCALE[next.max(1) - 1], SCALE[next.max(1)]);
    low + (high - low) * ((size - from) / (to - from))
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}
