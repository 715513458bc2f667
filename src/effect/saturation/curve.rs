//! The bend itself: a hyperbolic tangent that passes through rest with slope 1.

use pulp::Simd;

use crate::dsp::oversampler::RUN;
use crate::units::Decibels;

/// Below this bend a line is straight.
const LEAST: f32 = 1e-3;

/// How far the bend goes at a drive in dB: 0 is straight, and the level of a loud signal is driven up by about
/// the drive.
pub(super) fn bend(drive_db: f64) -> f32 {
    let gain = Decibels(drive_db).gain().0;
    (gain * gain - 1.0).max(0.0).sqrt() as f32
}

/// The bend over the frames of a run: x becomes (tanh(bend · x + bias) - tanh(bias)) · level, with slope 1 and value
/// 0 at rest.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    bias: f32,
    /// tanh of the bias.
    rest: f32,
    bends: [f32; RUN],
    levels: [f32; RUN],
    is_straight: bool,
}

impl Curve {
    /// A straight line of the given bias.
    pub(super) fn new(bias: f32) -> Self {
        Self {
            bias,
            rest: f64::from(bias).tanh() as f32,
            bends: [LEAST; RUN],
            levels: [1.0; RUN],
            is_straight: true,
        }
    }

    /// True if nothing is bent.
    #[inline(always)]
    pub(super) fn is_straight(&self) -> bool {
        self.is_straight
    }

    /// The same bend in all frames.
    pub(super) fn hold(&mut self, bend: f32) {
        self.is_straight = bend < LEAST;
        self.bends = [bend.max(LEAST); RUN];
        self.levels = [self.level(bend); RUN];
    }

    /// The bends of the next frames.
    pub(super) fn follow(&mut self, bends: impl Iterator<Item = f32>) {
        self.is_straight = false;
        for (n, bend) in bends.enumerate() {
            self.bends[n] = bend.max(LEAST);
            self.levels[n] = self.level(bend);
        }
    }

    fn level(&self, bend: f32) -> f32 {
        1.0 / (bend.max(LEAST) * (1.0 - self.rest * self.rest))
    }

    /// Bends the samples of as many frames, in whole vectors: what is behind the last frame is bent too.
    #[inline(always)]
    pub(super) fn run<S: Simd>(&self, simd: S, samples: &mut [f32], frames: usize) {
        let whole = frames.next_multiple_of(S::F32_LANES).min(RUN);
        let bias = simd.splat_f32s(self.bias);
        let rest = simd.splat_f32s(self.rest);
        let (bends, _) = S::as_simd_f32s(&self.bends);
        let (levels, _) = S::as_simd_f32s(&self.levels);
        let (samples, _) = S::as_mut_simd_f32s(&mut samples[..whole]);
        for ((x, bend), level) in samples.iter_mut().zip(bends).zip(levels) {
            let bent = tanh(simd, simd.mul_add_f32s(*bend, *x, bias));
            *x = simd.mul_f32s(simd.sub_f32s(bent, rest), *level);
        }
    }
}

/// The hyperbolic tangent, within 1e-4: the seventh convergent of its continued fraction (Lambert 1768), up to where
/// that reaches 1.
#[inline(always)]
fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    const END: f32 = 4.97;
    let splat = |value: f32| simd.splat_f32s(value);
    let held = |x, end: f32| simd.min_f32s(simd.max_f32s(x, splat(-end)), splat(end));
    let x = held(x, END);
    let s = simd.mul_f32s(x, x);
    let top = simd.add_f32s(s, splat(378.0));
    let top = simd.mul_add_f32s(s, top, splat(17_325.0));
    let top = simd.mul_f32s(simd.mul_add_f32s(s, top, splat(135_135.0)), x);
    let bottom = simd.mul_add_f32s(s, splat(28.0), splat(3150.0));
    let bottom = simd.mul_add_f32s(s, bottom, splat(62_370.0));
    let bottom = simd.mul_add_f32s(s, bottom, splat(135_135.0));
    held(simd.div_f32s(top, bottom), 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Run<'a>(&'a Curve, &'a mut [f32]);

    impl pulp::WithSimd for Run<'_> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            self.0.run(simd, self.1, RUN);
        }
    }

    #[test]
    fn the_bend_is_a_hyperbolic_tangent_through_rest_with_slope_1() {
        for bias in [0.0, 0.4] {
            for drive_db in [0.1, 3.0, 12.0, 48.0] {
                let mut curve = Curve::new(bias);
                curve.hold(bend(drive_db));
                let bend = f64::from(bend(drive_db));
                let (bias, rest) = (f64::from(bias), f64::from(bias).tanh());
                let inputs: [f32; RUN] =
                    std::array::from_fn(|n| 1.7 * (n as f32 / 31.5 - 1.0).powi(3));
                let mut samples = inputs;
                pulp::Arch::new().dispatch(Run(&curve, &mut samples));
                for (x, y) in inputs.iter().zip(&samples) {
                    let expected = ((bend * f64::from(*x) + bias).tanh() - rest)
                        / (bend * (1.0 - rest * rest));
                    let off = (f64::from(*y) - expected).abs() * bend;
                    assert!(off < 1.3e-4, "{drive_db} dB, bias {bias}, {x}: {y}");
                }
            }
        }
    }
}
