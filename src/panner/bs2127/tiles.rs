//! The sum over the grid of the extent panner, in tiles of neighbouring points.
//!
//! A tile that lies wholly within the extent is added as one sum; one wholly outside is passed over; only
//! where the weight fades do points count one by one. The weight of a point is found without any angle: with
//! d its distance from the arc of the [`Shape`] and r the radius, sin(d - r) follows from the sines and cosines
//! of both, and is small where it is needed.

use pulp::{Simd, WithSimd};

use super::extent::{FADE_DEG, Shape};
use crate::geometry::Direction;

/// Points of a tile.
const POINTS: usize = 16;

/// Rows of gains are as long as a multiple of this.
const LANES: usize = 8;

/// Sums that run side by side.
const CHAINS: usize = 4;

/// Most tiles that a grid may have.
const MOST_TILES: usize = 128;

/// Most loudspeakers.
const MOST_SPEAKERS: usize = 24;

/// Room for rounding where a tile is told to lie wholly inside or outside.
const MARGIN: f64 = 1e-9;

/// Points with gains, tile by tile.
#[derive(Debug, Clone)]
pub(super) struct Tiles {
    /// Middle of each tile, and how far from it its points lie; padded to whole lanes.
    middles: Columns,
    cos_reach: Vec<f64>,
    sin_reach: Vec<f64>,
    most_reach: f64,
    count: usize,
    /// The points, [`POINTS`] to a tile.
    points: Columns,
    /// Gains of each point, `stride` to a point; those that fill a tile up have none.
    gains: Vec<f64>,
    /// Sums of each tile.
    sums: Vec<f64>,
    stride: usize,
    speakers: usize,
}

/// Unit vectors, coordinate by coordinate.
#[derive(Debug, Clone, Default)]
struct Columns {
    x: Vec<f64>,
    y: Vec<f64>,
    z: Vec<f64>,
}

impl Columns {
    fn push(&mut self, direction: &Direction) {
        self.x.push(direction.x);
        self.y.push(direction.y);
        self.z.push(direction.z);
    }

    /// [`POINTS`] directions from `first` on, in vectors.
    #[inline(always)]
    fn lanes<S: Simd>(&self, first: usize) -> [&[S::f64s]; 3] {
        [&self.x, &self.y, &self.z].map(|column| S::as_simd_f64s(&column[first..][..POINTS]).0)
    }
}

impl Tiles {
    /// Tiles of `points`; `gains_of` writes the gains of a point for each of `speakers` loudspeakers.
    pub(super) fn new(
        points: Vec<Direction>,
        speakers: usize,
        mut gains_of: impl FnMut(&Direction, &mut [f64]),
    ) -> Self {
        assert!(
            speakers <= MOST_SPEAKERS,
            "as many loudspeakers as a system has"
        );
        let stride = speakers.next_multiple_of(LANES);
        let mut tiles = Vec::new();
        cut(points, &mut tiles);
        assert!(
            tiles.len() <= MOST_TILES,
            "as many tiles as there is room for"
        );
        let mut built = Self {
            middles: Columns::default(),
            cos_reach: Vec::new(),
            sin_reach: Vec::new(),
            most_reach: 0.0,
            count: tiles.len(),
            points: Columns::default(),
            gains: Vec::new(),
            sums: vec![0.0; tiles.len() * stride],
            stride,
            speakers,
        };
        for (index, tile) in tiles.iter().enumerate() {
            let middle = tile.iter().sum::<Direction>().normalize();
            let reach = tile
                .iter()
                .map(|point| middle.angle(point))
                .fold(0.0, f64::max);
            built.middles.push(&middle);
            built.cos_reach.push(reach.cos());
            built.sin_reach.push(reach.sin());
            built.most_reach = reach.max(built.most_reach);
            for place in 0..POINTS {
                let mut row = vec![0.0; stride];
                match tile.get(place) {
                    Some(point) => {
                        built.points.push(point);
                        gains_of(point, &mut row[..speakers]);
                    }
                    None => built.points.push(&middle),
                }
                let sums = &mut built.sums[index * stride..][..stride];
                sums.iter_mut()
                    .zip(&row)
                    .for_each(|(sum, gain)| *sum += gain);
                built.gains.extend(row);
            }
        }
        while !built.cos_reach.len().is_multiple_of(POINTS) {
            built.middles.push(&Direction::y());
            built.cos_reach.push(1.0);
            built.sin_reach.push(0.0);
        }
        built
    }

    /// Writes the sum of all gains, weighted by `shape`.
    pub(super) fn sum(&self, shape: &Shape, gains: &mut [f64]) {
        let arch = pulp::Arch::new();
        // A row is one, two or three times as long as lanes are.
        match self.stride / LANES {
            1 => arch.dispatch(Sum::<8> {
                tiles: self,
                shape,
                gains,
            }),
            2 => arch.dispatch(Sum::<16> {
                tiles: self,
                shape,
                gains,
            }),
            _ => arch.dispatch(Sum::<24> {
                tiles: self,
                shape,
                gains,
            }),
        }
    }
}

/// Cuts points into tiles, all but the last full, by halving along the longest side again and again.
fn cut(mut points: Vec<Direction>, tiles: &mut Vec<Vec<Direction>>) {
    if points.len() <= POINTS {
        tiles.push(points);
        return;
    }
    let length = |axis: usize| {
        let values = points.iter().map(|p| p[axis]);
        values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
    };
    let longest = (0..3).max_by(|a, b| length(*a).total_cmp(&length(*b)));
    let axis = longest.unwrap_or(0);
    points.sort_by(|a, b| a[axis].total_cmp(&b[axis]));
    let half = points.len().div_ceil(POINTS).div_ceil(2) * POINTS;
    let rest = points.split_off(half.min(points.len() - 1));
    cut(points, tiles);
    cut(rest, tiles);
}

/// The work of [`Tiles::sum`], for each instruction set. What is fused is fused in all of them, so that all give
/// the same bits.
struct Sum<'a, const ROW: usize> {
    tiles: &'a Tiles,
    shape: &'a Shape,
    gains: &'a mut [f64],
}

/// What is the same for all directions.
struct Edges<S: Simd> {
    axes: [[S::f64s; 3]; 3],
    cos_centre: S::f64s,
    sin_centre: S::f64s,
    cos_radius: S::f64s,
    sin_radius: S::f64s,
    cos_fade: S::f64s,
    per_fade: S::f64s,
    /// Coefficients of the arc sine at the third, fifth, seventh and ninth power: within the fade the rest is
    /// below 1e-9.
    series: [S::f64s; 4],
    zero: S::f64s,
    one: S::f64s,
    least: S::f64s,
}

impl<const ROW: usize> WithSimd for Sum<'_, ROW> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            tiles,
            shape,
            gains,
        } = self;
        let edges = Edges::new(simd, shape);
        let mut sum = [0.0_f64; ROW];
        let mut faded = [0_u8; MOST_TILES];
        let count = tiles.sort(simd, shape, &edges, &mut faded, &mut sum);
        // Several sums side by side, so that none waits for the one before.
        let mut sums = [[0.0_f64; ROW]; CHAINS];
        for &tile in &faded[..count] {
            let first = usize::from(tile) * POINTS;
            let mut weights = [0.0_f64; POINTS];
            edges.weights(simd, &tiles.points, first, &mut weights);
            let rows = &tiles.gains[first * ROW..][..POINTS * ROW];
            for (rows, weights) in rows
                .chunks_exact(CHAINS * ROW)
                .zip(weights.chunks_exact(CHAINS))
            {
                for (chain, (sums, weight)) in sums.iter_mut().zip(weights).enumerate() {
                    let weight = simd.splat_f64s(*weight);
                    let (row, _) = S::as_simd_f64s(&rows[chain * ROW..][..ROW]);
                    let (sums, _) = S::as_mut_simd_f64s(sums);
                    for (sum, gain) in sums.iter_mut().zip(row) {
                        *sum = simd.mul_add_f64s(weight, *gain, *sum);
                    }
                }
            }
        }
        for chain in &sums {
            sum.iter_mut()
                .zip(chain)
                .for_each(|(sum, part)| *sum += part);
        }
        gains.copy_from_slice(&sum[..tiles.speakers]);
    }
}

impl Tiles {
    /// Adds the tiles that lie wholly within the shape; gives those that its edge may cross.
    #[inline(always)]
    fn sort<S: Simd, const ROW: usize>(
        &self,
        simd: S,
        shape: &Shape,
        edges: &Edges<S>,
        faded: &mut [u8; MOST_TILES],
        sum: &mut [f64; ROW],
    ) -> usize {
        let outer = shape.radius + FADE_DEG.to_radians();
        let (sin_outer, cos_outer) = outer.sin_cos();
        let (sin_radius, cos_radius) = shape.radius.sin_cos();
        // Beyond half a turn the cosines would begin to rise again.
        let all_near = outer + self.most_reach >= std::f64::consts::PI;
        let mut count = 0;
        for first in (0..self.count).step_by(POINTS) {
            let mut nearness = [0.0_f64; POINTS];
            edges.nearness(simd, &self.middles, first, &mut nearness);
            for (lane, nearness) in nearness.iter().enumerate().take(self.count - first) {
                let tile = first + lane;
                let (cos, sin) = (self.cos_reach[tile], self.sin_reach[tile]);
                // Cosines of radius + fade + reach, and of radius - reach.
                let far = cos_outer * cos - sin_outer * sin;
                let near = cos_radius * cos + sin_radius * sin;
                if cos > cos_radius && *nearness > near + MARGIN {
                    let whole = &self.sums[tile * ROW..][..ROW];
                    sum.iter_mut()
                        .zip(whole)
                        .for_each(|(sum, gain)| *sum += gain);
                } else if all_near || *nearness > far - MARGIN {
                    faded[count] = tile as u8;
                    count += 1;
                }
            }
        }
        count
    }
}

impl<S: Simd> Edges<S> {
    #[inline(always)]
    fn new(simd: S, shape: &Shape) -> Self {
        let fade = FADE_DEG.to_radians();
        let (sin_centre, cos_centre) = shape.centre.sin_cos();
        let (sin_radius, cos_radius) = shape.radius.sin_cos();
        let axis = |axis: &Direction| [axis.x, axis.y, axis.z].map(|x| simd.splat_f64s(x));
        Self {
            axes: [axis(&shape.right), axis(&shape.forward), axis(&shape.up)],
            cos_centre: simd.splat_f64s(cos_centre),
            sin_centre: simd.splat_f64s(sin_centre),
            cos_radius: simd.splat_f64s(cos_radius),
            sin_radius: simd.splat_f64s(sin_radius),
            cos_fade: simd.splat_f64s(fade.cos()),
            per_fade: simd.splat_f64s(1.0 / fade),
            series: [1.0 / 6.0, 3.0 / 40.0, 5.0 / 112.0, 35.0 / 1152.0].map(|c| simd.splat_f64s(c)),
            zero: simd.splat_f64s(0.0),
            one: simd.splat_f64s(1.0),
            least: simd.splat_f64s(f64::MIN_POSITIVE),
        }
    }

    /// Cosine and sine of the distances of some directions from the arc of the shape.
    #[inline(always)]
    fn distance(&self, simd: S, at: [S::f64s; 3]) -> (S::f64s, S::f64s) {
        let mul = |a, b| simd.mul_f64s(a, b);
        let fma = |a, b, c| simd.mul_add_f64s(a, b, c);
        let dot =
            |axis: &[S::f64s; 3]| fma(axis[0], at[0], fma(axis[1], at[1], mul(axis[2], at[2])));
        let x = simd.abs_f64s(dot(&self.axes[0]));
        let (y, z) = (dot(&self.axes[1]), dot(&self.axes[2]));
        // Beyond the arc's end, or beside the arc.
        let beyond = simd.sub_f64s(mul(x, self.cos_centre), mul(y, self.sin_centre));
        let along = fma(x, self.sin_centre, mul(y, self.cos_centre));
        // Straight behind an arc of no length, which is beyond it, both are 0.
        let is_behind = simd.less_than_f64s(along, self.zero);
        let edge = simd.select_f64s(is_behind, self.least, self.zero);
        let is_beyond = simd.less_than_f64s(self.zero, simd.add_f64s(beyond, edge));
        let flat = fma(x, x, mul(y, y));
        let side = fma(beyond, beyond, mul(z, z));
        let root = simd.sqrt_f64s(simd.select_f64s(is_beyond, side, flat));
        let cos = simd.select_f64s(is_beyond, along, root);
        let sin = simd.select_f64s(is_beyond, root, simd.abs_f64s(z));
        (cos, sin)
    }

    /// Cosines of the distances of the directions from `first` on.
    #[inline(always)]
    fn nearness(&self, simd: S, of: &Columns, first: usize, out: &mut [f64; POINTS]) {
        let (out, _) = S::as_mut_simd_f64s(out);
        let at = of.lanes::<S>(first);
        for (i, out) in out.iter_mut().enumerate() {
            (*out, _) = self.distance(simd, at.map(|column| column[i]));
        }
    }

    /// The weights of the directions from `first` on: 1 within the shape, falling to 0 over the fade.
    #[inline(always)]
    fn weights(&self, simd: S, of: &Columns, first: usize, out: &mut [f64; POINTS]) {
        let mul = |a, b| simd.mul_f64s(a, b);
        let fma = |a, b, c| simd.mul_add_f64s(a, b, c);
        let (out, _) = S::as_mut_simd_f64s(out);
        let at = of.lanes::<S>(first);
        for (i, out) in out.iter_mut().enumerate() {
            let (cos, sin) = self.distance(simd, at.map(|column| column[i]));
            // Sine and cosine of how far outside it lies.
            let out_cos = fma(cos, self.cos_radius, mul(sin, self.sin_radius));
            let out_sin = simd.sub_f64s(mul(sin, self.cos_radius), mul(cos, self.sin_radius));
            let s = mul(out_sin, out_sin);
            let [third, fifth, seventh, ninth] = self.series;
            let series = fma(s, fma(s, fma(s, ninth, seventh), fifth), third);
            let angle = fma(mul(s, out_sin), series, out_sin);
            let weight = simd.sub_f64s(self.one, mul(angle, self.per_fade));
            let weight = simd.max_f64s(weight, self.zero);
            let is_far = simd.less_than_f64s(out_cos, self.cos_fade);
            let weight = simd.select_f64s(is_far, self.zero, weight);
            let is_inside = simd.less_than_f64s(out_sin, self.zero);
            *out = simd.select_f64s(is_inside, self.one, weight);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;

    /// The weight as the clause words it.
    fn weight(shape: &Shape, point: &Direction) -> f64 {
        let (x, y, z) = (
            shape.right.dot(point),
            shape.forward.dot(point),
            shape.up.dot(point),
        );
        let azimuth = x.atan2(y);
        let distance = if azimuth.abs() <= shape.centre {
            z.clamp(-1.0, 1.0).asin().abs()
        } else {
            let (sin, cos) = shape.centre.sin_cos();
            (x.abs() * sin + y * cos).clamp(-1.0, 1.0).acos()
        };
        1.0 - ((distance - shape.radius) / FADE_DEG.to_radians()).clamp(0.0, 1.0)
    }

    #[test]
    fn tiles_give_the_sum_of_their_points() {
        // The grid itself: many of its points lie exactly in front, behind, beside, above.
        let points = super::super::extent::points();
        for speakers in [1, 8, 11, 22] {
            let gain = |point: &Direction, speaker: usize| {
                1.0 + (point.x * (speaker + 1) as f64 + point.z).sin()
            };
            let tiles = Tiles::new(points.clone(), speakers, |point, gains| {
                for (speaker, out) in gains.iter_mut().enumerate() {
                    *out = gain(point, speaker);
                }
            });
            for n in 0..400 {
                let part = |k: u32, range: f64| {
                    f64::from((n * 7919 + k * 104_729) % 1000) / 1000.0 * range
                };
                let mut at = [part(1, 360.0), part(2, 180.0) - 90.0];
                let mut size = [5.0 + part(3, 355.0), 5.0 + part(4, 355.0)];
                if n % 3 == 0 {
                    // Whole multiples of 30 degrees, and as wide as high.
                    at = at.map(|angle| (angle / 30.0).round() * 30.0);
                    size = [(size[0] / 30.0).round() * 30.0 + 5.0; 2];
                }
                let middle = direction(at[0], at[1]);
                let shape = Shape::new(&middle, size[0], size[1]);
                let mut found = vec![0.0; speakers];
                tiles.sum(&shape, &mut found);
                for (speaker, found) in found.iter().enumerate() {
                    let terms = points.iter().map(|p| weight(&shape, p) * gain(p, speaker));
                    let expected: f64 = terms.sum();
                    assert!(
                        (found - expected).abs() < 1e-8 * expected.max(1.0),
                        "{shape:?}, {speaker}: {found}, {expected}"
                    );
                }
            }
        }
    }
}
