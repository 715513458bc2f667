//! Logarithm and exponential for inner loops: the dB conversions of [`units`](crate::units), fast enough
//! for every frame.
//!
//! Polynomials in plain products and sums, no library calls: the same bits on every processor, and loops
//! over them vectorise. Errors are below 1e-10 dB.

use std::f64::consts::{LN_2, LOG2_E, SQRT_2};

/// dB of amplitude per doubling: 20 log10 2.
const DB_PER_OCTAVE: f64 = 6.020_599_913_279_624;

/// Levels below this are taken for it: -400 dB.
const LEAST: f64 = 1e-20;

/// 20 log10 `x` of a magnitude; whatever is less than -400 dB (0, NaN) gives -400 dB.
#[inline(always)]
pub fn to_db(x: f64) -> f64 {
    DB_PER_OCTAVE * log2(if x > LEAST { x } else { LEAST })
}

/// 10^(`db`/20); `db` within ±6000.
#[inline(always)]
pub fn from_db(db: f64) -> f64 {
    exp2(db * (1.0 / DB_PER_OCTAVE))
}

/// log2 of a positive normal number.
///
/// x = 2^e m with m in 1/√2..√2, and ln m = 2 artanh t = 2 (t + t³/3 + t⁵/5 …) with t = (m-1)/(m+1), which
/// is at most 0.1716: what follows t¹³ is below 1e-12.
#[inline(always)]
fn log2(x: f64) -> f64 {
    const SERIES: [f64; 7] = [
        1.0,
        1.0 / 3.0,
        1.0 / 5.0,
        1.0 / 7.0,
        1.0 / 9.0,
        1.0 / 11.0,
        1.0 / 13.0,
    ];
    let bits = x.to_bits();
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    let upper = mantissa > SQRT_2;
    let m = if upper { 0.5 * mantissa } else { mantissa };
    let exponent = (bits >> 52) as i32 - 1023 + i32::from(upper);
    let t = (m - 1.0) / (m + 1.0);
    let series = polynomial(&SERIES, t * t);
    f64::from(exponent) + (2.0 * LOG2_E) * t * series
}

/// 2^x for x within ±1000.
///
/// x = n + f with f in ±1/2, and 2^f by its Taylor series: what follows f¹⁰ is below 3e-13.
#[inline(always)]
fn exp2(x: f64) -> f64 {
    const SERIES: [f64; 11] = [
        1.0,
        1.0,
        1.0 / 2.0,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
    ];
    // Adding and taking away 1.5 · 2^52 rounds to a whole number.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let whole = (x + ROUND) - ROUND;
    let f = (x - whole) * LN_2;
    let series = polynomial(&SERIES, f);
    series * f64::from_bits(((whole as i64 + 1023) as u64) << 52)
}

/// The polynomial in x with these coefficients, that of x⁰ first, by Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = 0.0;
    for coefficient in coefficients.iter().rev() {
        sum = coefficient + x * sum;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Decibels, Gain};

    #[test]
    fn both_ways_agree_with_the_formula_of_units() {
        for step in -4000..=1000 {
            let db = f64::from(step) * 0.1 + 0.037;
            let gain = Decibels(db).gain().0;
            assert!((from_db(db) / gain - 1.0).abs() < 1e-11, "{db} dB");
            if db > -399.0 {
                assert!(
                    (to_db(gain) - Gain(gain).decibels().0).abs() < 1e-10,
                    "{db} dB"
                );
            }
        }
    }

    #[test]
    fn silence_and_nonsense_are_the_least_level() {
        for x in [0.0, -1.0, f64::NAN, 1e-300, 5e-324] {
            assert!((to_db(x) + 400.0).abs() < 1e-9, "{x} gave {}", to_db(x));
        }
        assert!((from_db(-400.0) - 1e-20).abs() < 1e-30);
    }
}
