//! The sum over the grid of the extent panner, in tiles of neighbouring points.
//!
//! A block of tiles that lies wholly within the extent is added as one sum; one wholly outside is passed over;
//! of the others the same is asked tile by tile, and only where the weight fades do points count one by one. The
//! weight of a point is found without any angle: with d its distance from the arc of the [`Shape`] and r the
//! radius, sin(d - r) follows from the sines and cosines of both, and is small where it is needed.

use pulp::{Simd, WithSimd};

use super::extent::{FADE_DEG, Shape};
use crate::geometry::Direction;

/// Points of a tile, tiles that are sorted at once, and what rows of gains are as long as a multiple of: as many
/// numbers as the widest vectors hold.
const LANES: usize = 8;

/// Sums that run side by side.
const CHAINS: usize = 4;

/// Most blocks that a grid may have.
const MOST_BLOCKS: usize = 32;

/// Most loudspeakers.
const MOST_SPEAKERS: usize = 24;

/// Room for rounding where a tile is told to lie wholly inside or outside.
const MARGIN: f64 = 1e-9;

/// Points with gains, in tiles of [`LANES`] and blocks of as many tiles.
#[derive(Debug, Clone)]
pub(super) struct Tiles {
    blocks: Level,
    tiles: Level,
    /// The points, [`LANES`] to a tile; those that fill a tile up have no gains.
    points: Columns,
    /// Gains of each point, `stride` to a point.
    gains: Vec<f64>,
    stride: usize,
    speakers: usize,
    /// Sine and cosine of the fade.
    sin_fade: f64,
    cos_fade: f64,
}

/// Sets of points: where they lie and what they add up to. A whole number of vectors; the last may be empty.
#[derive(Debug, Clone, Default)]
struct Level {
    /// Middle of each set, and how far from it its points lie.
    middles: Columns,
    cos_reach: Vec<f64>,
    sin_reach: Vec<f64>,
    most_reach: f64,
    /// Sums of the gains of each set.
    sums: Vec<f64>,
}

impl Level {
    fn push(&mut self, points: &[Direction], sums: &[f64]) {
        let middle = match points.is_empty() {
            false => points.iter().sum::<Direction>().normalize(),
            true => Direction::y(),
        };
        let reach = points.iter().map(|point| middle.angle(point));
        let reach = reach.fold(0.0, f64::max);
        self.middles.push(&middle);
        self.cos_reach.push(reach.cos());
        self.sin_reach.push(reach.sin());
        self.most_reach = reach.max(self.most_reach);
        self.sums.extend(sums);
    }
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

    /// [`LANES`] directions from `first` on, in vectors.
    #[inline(always)]
    fn lanes<S: Simd>(&self, first: usize) -> [&[S::f64s]; 3] {
        [
            S::as_simd_f64s(&self.x[first..][..LANES]).0,
            S::as_simd_f64s(&self.y[first..][..LANES]).0,
            S::as_simd_f64s(&self.z[first..][..LANES]).0,
        ]
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
        let mut blocks = Vec::new();
        cut(points, LANES * LANES, &mut blocks);
        blocks.resize(blocks.len().next_multiple_of(LANES), Vec::new());
        assert!(
            blocks.len() <= MOST_BLOCKS,
            "as many blocks as there is room for"
        );
        let (sin_fade, cos_fade) = FADE_DEG.to_radians().sin_cos();
        let mut built = Self {
            sin_fade,
            cos_fade,
            blocks: Level::default(),
            tiles: Level::default(),
            points: Columns::default(),
            gains: Vec::new(),
            stride,
            speakers,
        };
        for block in blocks {
            let mut block_sums = vec![0.0; stride];
            let mut tiles = Vec::new();
            cut(block.clone(), LANES, &mut tiles);
            tiles.resize(LANES, Vec::new());
            for tile in tiles {
                let mut tile_sums = vec![0.0; stride];
                for place in 0..LANES {
                    let mut row = vec![0.0; stride];
                    match tile.get(place) {
                        Some(point) => {
                            built.points.push(point);
                            gains_of(point, &mut row[..speakers]);
                        }
                        None => built.points.push(&Direction::y()),
                    }
                    let both = tile_sums.iter_mut().zip(&mut block_sums).zip(&row);
                    both.for_each(|((tile, block), gain)| {
                        *tile += gain;
                        *block += gain;
                    });
                    built.gains.extend(row);
                }
                built.tiles.push(&tile, &tile_sums);
            }
            built.blocks.push(&block, &block_sums);
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

/// Cuts points into sets of `most`, all but the last full, by halving along the longest side again and again.
fn cut(mut points: Vec<Direction>, most: usize, sets: &mut Vec<Vec<Direction>>) {
    if points.len() <= most {
        sets.push(points);
        return;
    }
    let length = |axis: usize| {
        let values = points.iter().map(|p| p[axis]);
        values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
    };
    let longest = (0..3).max_by(|a, b| length(*a).total_cmp(&length(*b)));
    let axis = longest.unwrap_or(0);
    points.sort_by(|a, b| a[axis].total_cmp(&b[axis]));
    let half = points.len().div_ceil(most).div_ceil(2) * most;
    let rest = points.split_off(half.min(points.len() - 1));
    cut(points, most, sets);
    cut(rest, most, sets);
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
    /// Where the fade ends, in radians, and what follows from it.
    outer: f64,
    cos_outer: S::f64s,
    minus_sin_outer: S::f64s,
    margin: S::f64s,
    minus_margin: S::f64s,
    minus_two: S::f64s,
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
        let edges = Edges::new(simd, shape, tiles);
        // Several sums side by side, so that none waits for the one before.
        let mut sums = [[0.0_f64; ROW]; CHAINS];
        let near_blocks = &mut [0_u8; MOST_BLOCKS + LANES];
        let mut blocks = 0;
        for first in (0..tiles.blocks.cos_reach.len()).step_by(LANES) {
            let near = edges.sort(simd, &tiles.blocks, first, &mut sums);
            blocks = list(first, &near, near_blocks, blocks);
        }
        let near_tiles = &mut [0_u8; MOST_BLOCKS * LANES + LANES];
        let mut count = 0;
        for &block in &near_blocks[..blocks] {
            let first = usize::from(block) * LANES;
            let near = edges.sort(simd, &tiles.tiles, first, &mut sums);
            count = list(first, &near, near_tiles, count);
        }
        for &tile in &near_tiles[..count] {
            let first = usize::from(tile) * LANES;
            let mut weights = [0.0_f64; LANES];
            edges.weights(simd, &tiles.points, first, &mut weights);
            let rows = &tiles.gains[first * ROW..][..LANES * ROW];
            add(simd, rows, &weights, &mut sums);
        }
        let mut sum = [0.0_f64; ROW];
        for chain in &sums {
            sum.iter_mut()
                .zip(chain)
                .for_each(|(sum, part)| *sum += part);
        }
        gains.copy_from_slice(&sum[..tiles.speakers]);
    }
}

/// Adds weighted rows to sums that run side by side.
#[inline(always)]
fn add<S: Simd, const ROW: usize>(
    simd: S,
    rows: &[f64],
    weights: &[f64],
    sums: &mut [[f64; ROW]; CHAINS],
) {
    // Loops and no iterators: what is not inlined here is not made for the instruction set.
    for first in (0..weights.len()).step_by(CHAINS) {
        for (chain, sums) in sums.iter_mut().enumerate() {
            let weight = simd.splat_f64s(weights[first + chain]);
            let (row, _) = S::as_simd_f64s(&rows[(first + chain) * ROW..][..ROW]);
            let (sums, _) = S::as_mut_simd_f64s(sums);
            for lane in 0..sums.len() {
                sums[lane] = simd.mul_add_f64s(weight, row[lane], sums[lane]);
            }
        }
    }
}

/// Appends the sets from `first` on that the edge may cross to a list of `count`; gives its new length. Each is
/// written and only those are counted: no branch to be guessed wrongly.
#[inline(always)]
fn list(first: usize, near: &[f64; LANES], to: &mut [u8], mut count: usize) -> usize {
    for (lane, near) in near.iter().enumerate() {
        to[count] = (first + lane) as u8;
        count += usize::from(*near > 0.0);
    }
    count
}

impl<S: Simd> Edges<S> {
    #[inline(always)]
    fn new(simd: S, shape: &Shape, tiles: &Tiles) -> Self {
        let fade = FADE_DEG.to_radians();
        let outer = shape.radius + fade;
        let (sin_centre, cos_centre) = shape.centre.sin_cos();
        let (sin_radius, cos_radius) = shape.radius.sin_cos();
        let axis = |axis: &Direction| [axis.x, axis.y, axis.z].map(|x| simd.splat_f64s(x));
        Self {
            axes: [axis(&shape.right), axis(&shape.forward), axis(&shape.up)],
            cos_centre: simd.splat_f64s(cos_centre),
            sin_centre: simd.splat_f64s(sin_centre),
            cos_radius: simd.splat_f64s(cos_radius),
            sin_radius: simd.splat_f64s(sin_radius),
            cos_fade: simd.splat_f64s(tiles.cos_fade),
            per_fade: simd.splat_f64s(1.0 / fade),
            series: [1.0 / 6.0, 3.0 / 40.0, 5.0 / 112.0, 35.0 / 1152.0].map(|c| simd.splat_f64s(c)),
            zero: simd.splat_f64s(0.0),
            one: simd.splat_f64s(1.0),
            least: simd.splat_f64s(f64::MIN_POSITIVE),
            outer,
            cos_outer: simd.splat_f64s(cos_radius * tiles.cos_fade - sin_radius * tiles.sin_fade),
            minus_sin_outer: simd
                .splat_f64s(-sin_radius * tiles.cos_fade - cos_radius * tiles.sin_fade),
            margin: simd.splat_f64s(MARGIN),
            minus_margin: simd.splat_f64s(-MARGIN),
            minus_two: simd.splat_f64s(-2.0),
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

    /// Adds the sets from `first` on that lie wholly within the shape; gives 1 for those that its edge may cross.
    #[inline(always)]
    fn sort<const ROW: usize>(
        &self,
        simd: S,
        of: &Level,
        first: usize,
        sums: &mut [[f64; ROW]; CHAINS],
    ) -> [f64; LANES] {
        let (mut whole, mut near) = ([0.0_f64; LANES], [0.0_f64; LANES]);
        let all_near = self.outer + of.most_reach >= std::f64::consts::PI;
        {
            let (whole, _) = S::as_mut_simd_f64s(&mut whole);
            let (near, _) = S::as_mut_simd_f64s(&mut near);
            let (cos, _) = S::as_simd_f64s(&of.cos_reach[first..][..LANES]);
            let (sin, _) = S::as_simd_f64s(&of.sin_reach[first..][..LANES]);
            let at = of.middles.lanes::<S>(first);
            for i in 0..whole.len() {
                let (nearness, _) = self.distance(simd, [at[0][i], at[1][i], at[2][i]]);
                // Cosines of radius + fade + reach, and of radius - reach.
                let far = simd.mul_add_f64s(
                    self.cos_outer,
                    cos[i],
                    simd.mul_add_f64s(self.minus_sin_outer, sin[i], self.minus_margin),
                );
                // Beyond half a turn the cosines would begin to rise again.
                let far = if all_near { self.minus_two } else { far };
                let inner = simd.mul_add_f64s(
                    self.cos_radius,
                    cos[i],
                    simd.mul_add_f64s(self.sin_radius, sin[i], self.margin),
                );
                let is_whole = simd.and_m64s(
                    simd.less_than_f64s(self.cos_radius, cos[i]),
                    simd.less_than_f64s(inner, nearness),
                );
                let is_near = simd.less_than_f64s(far, nearness);
                whole[i] = simd.select_f64s(is_whole, self.one, self.zero);
                let crossing = simd.select_f64s(is_near, self.one, self.zero);
                near[i] = simd.select_f64s(is_whole, self.zero, crossing);
            }
        }
        add(simd, &of.sums[first * ROW..][..LANES * ROW], &whole, sums);
        near
    }

    /// The weights of the directions from `first` on: 1 within the shape, falling to 0 over the fade.
    #[inline(always)]
    fn weights(&self, simd: S, of: &Columns, first: usize, out: &mut [f64; LANES]) {
        let mul = |a, b| simd.mul_f64s(a, b);
        let fma = |a, b, c| simd.mul_add_f64s(a, b, c);
        let (out, _) = S::as_mut_simd_f64s(out);
        let at = of.lanes::<S>(first);
        for (i, out) in out.iter_mut().enumerate() {
            let (cos, sin) = self.distance(simd, [at[0][i], at[1][i], at[2][i]]);
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
