//! Powers of 2 and logarithms to base 2, in plain arithmetic: loops over them vectorise, and the bits are the
//! same on every machine whatever its mathematics library.

use std::f64::consts::{LN_2, LOG2_E, SQRT_2};

/// The logarithm of nothing: its power, and those of its multiples by 1 and more, are 0.
pub(super) const NEVER: f64 = -2000.0;

/// Powers below 2 to this are 0; it is above the smallest that has full precision.
const LEAST: f64 = -1000.0;

/// Adding it leaves the nearest whole number in the last bits.
const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;

/// ln(2)^k / k! for k = 12 down to 1: the series of 2^x, good to 2e-16 from -1/2 to 1/2.
const SERIES: [f64; 12] = [
    2.567_843_599_348_820_6e-11,
    4.445_538_271_870_811_6e-10,
    7.054_911_620_801_123e-9,
    1.017_808_600_923_97e-7,
    1.321_548_679_014_431e-6,
    1.525_273_380_405_984e-5,
    1.540_353_039_338_161e-4,
    1.333_355_814_642_844_3e-3,
    9.618_129_107_628_477e-3,
    5.550_410_866_482_158e-2,
    2.402_265_069_591_007e-1,
    LN_2,
];

/// 2 to `x`, for `x` up to 1000, within a few units in the last place.
#[inline(always)]
pub(super) fn exp2(x: f64) -> f64 {
    let bounded = if x > LEAST { x } else { LEAST };
    let shifted = bounded + ROUND;
    let rest = bounded - (shifted - ROUND);
    let mut sum = SERIES[0];
    for coefficient in &SERIES[1..] {
        sum = sum * rest + coefficient;
    }
    let fraction = sum * rest + 1.0;
    // The whole number goes to the exponent.
    let power = f64::from_bits(fraction.to_bits().wrapping_add(shifted.to_bits() << 52));
    if x > LEAST { power } else { 0.0 }
}

/// The logarithm of `x` to base 2 within a few units in the last place of 1 or of itself; [`NEVER`] for what
/// is 0 or too small to have full precision.
pub(super) fn log2(x: f64) -> f64 {
    if x < f64::MIN_POSITIVE {
        return NEVER;
    }
    let bits = x.to_bits();
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 1.0_f64.to_bits());
    let exponent = f64::from((bits >> 52) as u16) - 1023.0;
    // From sqrt(1/2) to sqrt(2), where the series converges fastest.
    let (mantissa, exponent) = if mantissa > SQRT_2 {
        (mantissa / 2.0, exponent + 1.0)
    } else {
        (mantissa, exponent)
    };
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    // ln(m) = 2 (s + s^3/3 + s^5/5 + …)
    let mut sum = 0.0;
    for odd in (1..=21).rev().step_by(2) {
        sum = sum * square + 1.0 / f64::from(odd);
    }
    exponent + 2.0 * LOG2_E * s * sum
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "whole powers of 2 are exact")]
    use super::*;

    #[test]
    fn powers_are_those_of_the_mathematics_library() {
        for k in -9_999..=9_999 {
            let x = f64::from(k) * 0.099_37;
            let (found, expected) = (exp2(x), x.exp2());
            assert!((found / expected - 1.0).abs() < 1e-15, "2^{x}: {found}");
        }
        for tiny in [-1000.0, -1500.0, NEVER, 6.0 * NEVER, f64::NEG_INFINITY] {
            assert!(exp2(tiny) == 0.0, "2^{tiny}");
        }
    }

    #[test]
    fn logarithms_are_those_of_the_mathematics_library() {
        for k in 1..20_000 {
            let x = (f64::from(k) * 0.03 - 300.0).exp2() * (1.0 + f64::from(k) / 20_000.0);
            let (found, expected) = (log2(x), x.log2());
            let allowed = 4e-16 * expected.abs().max(1.0);
            assert!((found - expected).abs() < allowed, "log2({x}): {found}");
        }
        assert!(log2(1.0) == 0.0 && log2(0.25) == -2.0 && log2(0.0) == NEVER);
    }
}
