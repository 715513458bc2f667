//! A mixing desk's pan pot: the constant-power (sine/cosine) law between two channels.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_4};

/// Gains of left and right for a pan of -1 (left) to 1 (right); beyond that the ends hold, and what is
/// not a number is the centre.
///
/// The power is 1 throughout: -3.01 dB on both sides at the centre, exactly 1 and 0 at the ends.
/// Mirrored pans give exactly mirrored gains.
///
/// ```
/// use umbel::panner::stereo::pan_gains;
/// assert_eq!(pan_gains(-1.0), [1.0, 0.0]);
/// assert_eq!(pan_gains(1.0), [0.0, 1.0]);
/// ```
pub fn pan_gains(pan: f64) -> [f64; 2] {
    if pan.is_nan() || pan == 0.0 {
        return [FRAC_1_SQRT_2; 2];
    }
    // From 45 degrees at the centre to 0 at the end, so that the end is exact.
    let angle = (1.0 - pan.abs().min(1.0)) * FRAC_PI_4;
    let (far, near) = angle.sin_cos();
    if pan < 0.0 { [near, far] } else { [far, near] }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "mirrors and ends are exact")]
    use super::*;

    #[test]
    fn power_is_constant_and_mirrors_are_exact() {
        for step in -1200..=1200 {
            let pan = f64::from(step) / 1000.0;
            let [left, right] = pan_gains(pan);
            assert!(
                (left * left + right * right - 1.0).abs() < 1e-15,
                "pan {pan}"
            );
            assert!(left >= 0.0 && right >= 0.0, "pan {pan}");
            assert_eq!(pan_gains(-pan), [right, left], "pan {pan}");
        }
    }

    #[test]
    fn the_centre_is_3_db_down_and_nothing_is_undefined() {
        let centre_db = 20.0 * pan_gains(0.0)[0].log10();
        assert!((centre_db + 3.0103).abs() < 1e-4, "{centre_db} dB");
        assert_eq!(pan_gains(f64::NAN), pan_gains(0.0));
        assert_eq!(pan_gains(f64::INFINITY), [0.0, 1.0]);
        assert_eq!(pan_gains(-7.0), [1.0, 0.0]);
    }

    #[test]
    fn a_slow_pan_has_no_step() {
        let mut before = pan_gains(-1.0);
        for step in -999..=1000 {
            let now = pan_gains(f64::from(step) / 1000.0);
            let moved = (now[0] - before[0]).hypot(now[1] - before[1]);
            assert!(moved < 0.001, "step of {moved} at {step}/1000");
            before = now;
        }
    }
}
