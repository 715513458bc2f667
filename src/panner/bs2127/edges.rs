//! Where directions lie to the edge of an extent, many at a time, without any angle: with d the distance of a
//! direction from the arc of the [`Shape`] and r the radius, sin(d - r) follows from the sines and cosines of both,
//! and is small where it is needed. Single precision gives weights within 1e-6.

use pulp::Simd;

use super::extent::{FADE_DEG, Shape};
use crate::geometry::Direction;

/// Directions that are looked at together: as many numbers as the widest vectors hold.
pub(super) const LANES: usize = 16;

/// Room for rounding where a set is told to lie wholly inside or outside.
const MARGIN: f32 = 1e-6;

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
    cos_reach: Vec<f32>,
    sin_reach: Vec<f32>,
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
        self.cos_reach.push(reach.cos() as f32);
        self.sin_reach.push(reach.sin() as f32);
        self.most_reach = reach.max(self.most_reach);
    }

    pub(super) fn len(&self) -> usize {
        self.cos_reach.len()
    }
}

/// Unit vectors, coordinate by coordinate.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    x: Vec<f32>,
    y: Vec<f32>,
    z: Vec<f32>,
}

impl Columns {
    pub(super) fn push(&mut self, direction: &Direction) {
        self.x.push(direction.x as f32);
        self.y.push(direction.y as f32);
        self.z.push(direction.z as f32);
    }

    /// [`LANES`] directions from `first` on, in vectors.
    #[inline(always)]
    pub(super) fn lanes<S: Simd>(&self, first: usize) -> [&[S::f32s]; 3] {
        [
            S::as_simd_f32s(&self.x[first..][..LANES]).0,
            S::as_simd_f32s(&self.y[first..][..LANES]).0,
            S::as_simd_f32s(&self.z[first..][..LANES]).0,
        ]
    }
}

/// What is the same for all directions: the shape, in vectors.
pub(super) struct Edges<S: Simd> {
    axes: [[S::f32s; 3]; 3],
    cos_centre: S::f32s,
    sin_centre: S::f32s,
    cos_radius: S::f32s,
    sin_radius: S::f32s,
    cos_fade: S::f32s,
    per_fade: S::f32s,
    /// Coefficients of the arc sine at the third, fifth, seventh and ninth power: within the fade the rest is
    /// below 1e-9.
    series: [S::f32s; 4],
    zero: S::f32s,
    one: S::f32s,
    least: S::f32s,
    /// Where the fade ends, in radians, and what follows from it.
    outer: f64,
    cos_outer: S::f32s,
    minus_sin_outer: S::f32s,
    margin: S::f32s,
    minus_margin: S::f32s,
    minus_two: S::f32s,
}

impl<S: Simd> Edges<S> {
    #[inline(always)]
    pub(super) fn new(simd: S, shape: &Shape, of_fade: Fade) -> Self {
        let fade = FADE_DEG.to_radians();
        let outer = shape.radius + fade;
        let (sin_centre, cos_centre) = shape.centre.sin_cos();
        let (sin_radius, cos_radius) = shape.radius.sin_cos();
        let all = |x: f64| simd.splat_f32s(x as f32);
        let axis = |axis: &Direction| [all(axis.x), all(axis.y), all(axis.z)];
        Self {
            axes: [axis(&shape.right), axis(&shape.forward), axis(&shape.up)],
            cos_centre: all(cos_centre),
            sin_centre: all(sin_centre),
            cos_radius: all(cos_radius),
            sin_radius: all(sin_radius),
            cos_fade: all(of_fade.cos),
            per_fade: all(1.0 / fade),
            series: [1.0 / 6.0, 3.0 / 40.0, 5.0 / 112.0, 35.0 / 1152.0].map(all),
            zero: simd.splat_f32s(0.0),
            one: simd.splat_f32s(1.0),
            least: simd.splat_f32s(f32::MIN_POSITIVE),
            outer,
            cos_outer: all(cos_radius * of_fade.cos - sin_radius * of_fade.sin),
            minus_sin_outer: all(-sin_radius * of_fade.cos - cos_radius * of_fade.sin),
            margin: simd.splat_f32s(MARGIN),
            minus_margin: simd.splat_f32s(-MARGIN),
            minus_two: simd.splat_f32s(-2.0),
        }
    }

    /// Cosine and sine of the distances of some directions from the arc of the shape.
    #[inline(always)]
    fn distance(&self, simd: S, at: [S::f32s; 3]) -> (S::f32s, S::f32s) {
        let mul = |a, b| simd.mul_f32s(a, b);
        let fma = |a, b, c| simd.mul_add_f32s(a, b, c);
        let dot =
            |axis: &[S::f32s; 3]| fma(axis[0], at[0], fma(axis[1], at[1], mul(axis[2], at[2])));
        let x = simd.abs_f32s(dot(&self.axes[0]));
        let (y, z) = (dot(&self.axes[1]), dot(&self.axes[2]));
        // Beyond the arc's end, or beside the arc.
        let beyond = simd.sub_f32s(mul(x, self.cos_centre), mul(y, self.sin_centre));
        let along = fma(x, self.sin_centre, mul(y, self.cos_centre));
        // Straight behind an arc of no length, which is beyond it, both are 0.
        let is_behind = simd.less_than_f32s(along, self.zero);
        let edge = simd.select_f32s(is_behind, self.least, self.zero);
        let is_beyond = simd.less_than_f32s(self.zero, simd.add_f32s(beyond, edge));
        let flat = fma(x, x, mul(y, y));
        let side = fma(beyond, beyond, mul(z, z));
        let root = simd.sqrt_f32s(simd.select_f32s(is_beyond, side, flat));
        let cos = simd.select_f32s(is_beyond, along, root);
        let sin = simd.select_f32s(is_beyond, root, simd.abs_f32s(z));
        (cos, sin)
    }

    /// Sorts the sets from `first` on: gives 1 for those that lie wholly within the shape, and 1 for those that its
    /// edge may cross.
    #[inline(always)]
    pub(super) fn sort(&self, simd: S, of: &Sets, first: usize) -> ([f32; LANES], [f32; LANES]) {
        let (mut whole, mut near) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let all_near = self.outer + of.most_reach >= std::f64::consts::PI;
        {
            let (whole, _) = S::as_mut_simd_f32s(&mut whole);
            let (near, _) = S::as_mut_simd_f32s(&mut near);
            let (cos, _) = S::as_simd_f32s(&of.cos_reach[first..][..LANES]);
            let (sin, _) = S::as_simd_f32s(&of.sin_reach[first..][..LANES]);
            let at = of.middles.lanes::<S>(first);
            for i in 0..whole.len() {
                let (nearness, _) = self.distance(simd, [at[0][i], at[1][i], at[2][i]]);
                // Cosines of radius + fade + reach, and of radius - reach.
                let far = simd.mul_add_f32s(
                    self.cos_outer,
                    cos[i],
                    simd.mul_add_f32s(self.minus_sin_outer, sin[i], self.minus_margin),
                );
                // Beyond half a turn the cosines would begin to rise again.
                let far = if all_near { self.minus_two } else { far };
                let inner = simd.mul_add_f32s(
                    self.cos_radius,
                    cos[i],
                    simd.mul_add_f32s(self.sin_radius, sin[i], self.margin),
                );
                let is_whole = simd.and_m32s(
                    simd.less_than_f32s(self.cos_radius, cos[i]),
                    simd.less_than_f32s(inner, nearness),
                );
                let is_near = simd.less_than_f32s(far, nearness);
                whole[i] = simd.select_f32s(is_whole, self.one, self.zero);
                let crossing = simd.select_f32s(is_near, self.one, self.zero);
                near[i] = simd.select_f32s(is_whole, self.zero, crossing);
            }
        }
        (whole, near)
    }

    /// The weights of the directions from `first` on: 1 within the shape, falling to 0 over the fade.
    #[inline(always)]
    pub(super) fn weights(&self, simd: S, of: &Columns, first: usize, out: &mut [f32; LANES]) {
        let mul = |a, b| simd.mul_f32s(a, b);
        let fma = |a, b, c| simd.mul_add_f32s(a, b, c);
        let (out, _) = S::as_mut_simd_f32s(out);
        let at = of.lanes::<S>(first);
        for (i, out) in out.iter_mut().enumerate() {
            let (cos, sin) = self.distance(simd, [at[0][i], at[1][i], at[2][i]]);
            // Sine and cosine of how far outside it lies.
            let out_cos = fma(cos, self.cos_radius, mul(sin, self.sin_radius));
            let out_sin = simd.sub_f32s(mul(sin, self.cos_radius), mul(cos, self.sin_radius));
            let s = mul(out_sin, out_sin);
            let [third, fifth, seventh, ninth] = self.series;
            let series = fma(s, fma(s, fma(s, ninth, seventh), fifth), third);
            let angle = fma(mul(s, out_sin), series, out_sin);
            let weight = simd.sub_f32s(self.one, mul(angle, self.per_fade));
            let weight = simd.max_f32s(weight, self.zero);
            let is_far = simd.less_than_f32s(out_cos, self.cos_fade);
            let weight = simd.select_f32s(is_far, self.zero, weight);
            let is_inside = simd.less_than_f32s(out_sin, self.zero);
            *out = simd.select_f32s(is_inside, self.one, weight);
        }
    }
}
