//! Where directions lie to the edge of an extent, many at a time, without any angle: with d the distance of a
//! direction from the arc of the [`Shape`] and r the radius, sin(d - r) follows from the sines and cosines of both,
//! and is small where it is needed.

use pulp::Simd;

use super::extent::{FADE_DEG, Shape};
use crate::geometry::Direction;

/// Directions that are looked at together: as many numbers as the widest vectors hold.
pub(super) const LANES: usize = 8;

/// Room for rounding where a set is told to lie wholly inside or outside.
const MARGIN: f64 = 1e-9;

/// Sine and cosine of the fade.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fade {
    sin: f64,
    cos: f64,
}

impl Fade {
    pub(super) fn new() -> Self {
        let (sin, cos) = FADE_DEG.to_radians().sin_cos();
        Self { sin, cos }
    }
}

/// Sets of directions: their middles, and how far from it those of each lie. A whole number of vectors.
#[derive(Debug, Clone, Default)]
pub(super) struct Sets {
    middles: Columns,
    cos_reach: Vec<f64>,
    sin_reach: Vec<f64>,
    most_reach: f64,
}

impl Sets {
    pub(super) fn push(&mut self, points: &[Direction]) {
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
    }

    pub(super) fn len(&self) -> usize {
        self.cos_reach.len()
    }
}

/// Unit vectors, coordinate by coordinate.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    x: Vec<f64>,
    y: Vec<f64>,
    z: Vec<f64>,
}

impl Columns {
    pub(super) fn push(&mut self, direction: &Direction) {
        self.x.push(direction.x);
        self.y.push(direction.y);
        self.z.push(direction.z);
    }

    /// [`LANES`] directions from `first` on, in vectors.
    #[inline(always)]
    pub(super) fn lanes<S: Simd>(&self, first: usize) -> [&[S::f64s]; 3] {
        [
            S::as_simd_f64s(&self.x[first..][..LANES]).0,
            S::as_simd_f64s(&self.y[first..][..LANES]).0,
            S::as_simd_f64s(&self.z[first..][..LANES]).0,
        ]
    }
}

/// What is the same for all directions: the shape, in vectors.
pub(super) struct Edges<S: Simd> {
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

impl<S: Simd> Edges<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, shape: &Shape, of_fade: Fade) -> Self {
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
            cos_fade: simd.splat_f64s(of_fade.cos),
            per_fade: simd.splat_f64s(1.0 / fade),
            series: [1.0 / 6.0, 3.0 / 40.0, 5.0 / 112.0, 35.0 / 1152.0].map(|c| simd.splat_f64s(c)),
            zero: simd.splat_f64s(0.0),
            one: simd.splat_f64s(1.0),
            least: simd.splat_f64s(f64::MIN_POSITIVE),
            outer,
            cos_outer: simd.splat_f64s(cos_radius * of_fade.cos - sin_radius * of_fade.sin),
            minus_sin_outer: simd.splat_f64s(-sin_radius * of_fade.cos - cos_radius * of_fade.sin),
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

    /// Sorts the sets from `first` on: gives 1 for those that lie wholly within the shape, and 1 for those that its
    /// edge may cross.
    #[inline(always)]
    pub(super) fn sort(&self, simd: S, of: &Sets, first: usize) -> ([f64; LANES], [f64; LANES]) {
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
        (whole, near)
    }

    /// The weights of the directions from `first` on: 1 within the shape, falling to 0 over the fade.
    #[inline(always)]
    pub(super) fn weights(&self, simd: S, of: &Columns, first: usize, out: &mut [f64; LANES]) {
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
