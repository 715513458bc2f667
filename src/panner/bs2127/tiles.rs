//! The sum over the grid of the extent panner, in tiles of neighbouring points.
//!
//! A tile that lies wholly within the extent is added as one sum; one wholly outside is passed over; only where the
//! weight fades do points count one by one.

use pulp::{Simd, WithSimd};

use super::edges::{Columns, Edges, Fade, LANES, Sets};
use super::extent::Shape;
use crate::geometry::Direction;

/// Sums that run side by side.
const CHAINS: usize = 4;

/// Most tiles that a grid may have.
const MOST_TILES: usize = 128;

/// Most loudspeakers.
const MOST_SPEAKERS: usize = 24;

/// Points with gains, in tiles of [`LANES`].
#[derive(Debug, Clone)]
pub(super) struct Tiles {
    sets: Sets,
    /// Sums of the gains of each tile, `stride` to a tile.
    sums: Vec<f32>,
    /// The points; those that fill a tile up have no gains.
    points: Columns,
    /// Gains of each point, `stride` to a point.
    gains: Vec<f32>,
    stride: usize,
    fade: Fade,
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
        cut(points, LANES, &mut tiles);
        tiles.resize(tiles.len().next_multiple_of(LANES), Vec::new());
        assert!(
            tiles.len() <= MOST_TILES,
            "as many tiles as there is room for"
        );
        let mut built = Self {
            sets: Sets::default(),
            sums: Vec::new(),
            points: Columns::default(),
            gains: Vec::new(),
            stride,
            fade: Fade::new(),
        };
        for tile in tiles {
            let mut sums = vec![0.0; stride];
            for place in 0..LANES {
                let mut row = vec![0.0; stride];
                match tile.get(place) {
                    Some(point) => {
                        built.points.push(point);
                        gains_of(point, &mut row[..speakers]);
                    }
                    None => built.points.push(&Direction::y()),
                }
                sums.iter_mut()
                    .zip(&row)
                    .for_each(|(sum, gain)| *sum += gain);
                built.gains.extend(row.iter().map(|gain| *gain as f32));
            }
            built.sets.push(&tile);
            built.sums.extend(sums.iter().map(|sum| *sum as f32));
        }
        built
    }

    /// Writes the sum of all gains, weighted by `shape`.
    pub(super) fn sum(&self, shape: &Shape, gains: &mut [f64]) {
        let arch = pulp::Arch::new();
        // A row is once or twice as long as lanes are.
        match self.stride / LANES {
            1 => arch.dispatch(Sum::<LANES> {
                tiles: self,
                shape,
                gains,
            }),
            _ => arch.dispatch(Sum::<{ 2 * LANES }> {
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

impl<const ROW: usize> WithSimd for Sum<'_, ROW> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            tiles,
            shape,
            gains,
        } = self;
        let edges = Edges::new(simd, shape, tiles.fade);
        let mut whole_tiles = [0_u8; MOST_TILES + LANES];
        let mut near_tiles = [0_u8; MOST_TILES + LANES];
        let (mut wholes, mut nears) = (0, 0);
        for first in (0..tiles.sets.len()).step_by(LANES) {
            let (whole, near) = edges.sort(simd, &tiles.sets, first);
            wholes = list(first, &whole, &mut whole_tiles, wholes);
            nears = list(first, &near, &mut near_tiles, nears);
        }
        // Several sums side by side, so that none waits for the one before.
        let mut sums = [[0.0_f32; ROW]; CHAINS];
        for &tile in &whole_tiles[..wholes] {
            let row = &tiles.sums[usize::from(tile) * ROW..][..ROW];
            add_row(simd, row, 1.0, &mut sums[usize::from(tile) % CHAINS]);
        }
        for &tile in &near_tiles[..nears] {
            let first = usize::from(tile) * LANES;
            let mut weights = [0.0_f32; LANES];
            edges.weights(simd, &tiles.points, first, &mut weights);
            let rows = &tiles.gains[first * ROW..][..LANES * ROW];
            for point in (0..LANES).step_by(CHAINS) {
                for chain in 0..CHAINS {
                    let row = &rows[(point + chain) * ROW..][..ROW];
                    add_row(simd, row, weights[point + chain], &mut sums[chain]);
                }
            }
        }
        for (speaker, gain) in gains.iter_mut().enumerate() {
            let parts = sums.iter().map(|sums| f64::from(sums[speaker]));
            *gain = parts.sum();
        }
    }
}

/// Adds a weighted row to a sum.
#[inline(always)]
fn add_row<S: Simd, const ROW: usize>(simd: S, row: &[f32], weight: f32, sum: &mut [f32; ROW]) {
    let weight = simd.splat_f32s(weight);
    let (row, _) = S::as_simd_f32s(row);
    let (sum, _) = S::as_mut_simd_f32s(sum);
    for lane in 0..sum.len() {
        sum[lane] = simd.mul_add_f32s(weight, row[lane], sum[lane]);
    }
}

/// Appends `those` of the tiles from `first` on that are 1 to a list of `count`; gives its new length. Each is
/// written and only those are counted: no branch to be guessed wrongly.
#[inline(always)]
fn list(first: usize, those: &[f32; LANES], to: &mut [u8], mut count: usize) -> usize {
    for (lane, one) in those.iter().enumerate() {
        to[count] = (first + lane) as u8;
        count += usize::from(*one > 0.0);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;
    use crate::panner::bs2127::extent::FADE_DEG;

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
                        (found - expected).abs() < 1e-6 * expected.max(1.0),
                        "{shape:?}, {speaker}: {found}, {expected}"
                    );
                }
            }
        }
    }
}
