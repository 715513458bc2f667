//! Numbers written as digits with a point: where the nearest f64 is one division away.

/// Digits that fit an `i64` whatever they are. (Its conversion to floating point is one instruction, that
/// of a `u64` is not.)
pub(super) const SAFE_DIGITS: usize = 18;

/// Powers of ten; those up to 10^22 are exact as f64.
pub(super) const POWERS: [i64; SAFE_DIGITS + 1] = {
    let mut powers = [1; SAFE_DIGITS + 1];
    let mut n = 1;
    while n <= SAFE_DIGITS {
        powers[n] = 10 * powers[n - 1];
        n += 1;
    }
    powers
};

/// The f64 nearest to `digits`, of which the last `decimals` (at most [`SAFE_DIGITS`]) stand behind the point; `None`
/// if that takes more than a division.
#[inline(always)]
pub(super) fn nearest(digits: i64, decimals: usize) -> Option<f64> {
    // A whole number up to 2^53 and a power of ten up to 10^22 are exact, so that their quotient is rounded once:
    // it is the nearest f64 (W. D. Clinger, "How to read floating point numbers accurately", 1990).
    (digits <= 1 << 53).then(|| digits as f64 / POWERS[decimals] as f64)
}
