//! A mixing desk's pan pot.

/// Gains of left and right for a pan of -1 (left) to 1 (right): constant power, -3 dB in the centre,
/// exactly (1, 0) and (0, 1) at the ends. Values beyond the ends count as the ends.
pub fn pan_gains(pan: f64) -> [f64; 2] {
    let pan = if pan.is_nan() {
        0.0
    } else {
        pan.clamp(-1.0, 1.0)
    };
    // Both sides by the same function, so that mirrored pans give mirrored gains to the last bit.
    [side(-pan), side(pan)]
}

/// sin of the way from silence (-1) to unity (1).
fn side(towards: f64) -> f64 {
    if towards >= 1.0 {
        return 1.0;
    }
    ((towards + 1.0) * std::f64::consts::FRAC_PI_4).sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_constant_and_the_law_symmetric() {
        for i in -100..=100 {
            let pan = f64::from(i) / 100.0;
            let [l, r] = pan_gains(pan);
            assert!((l * l + r * r - 1.0).abs() < 1e-12, "pan {pan}");
            assert_eq!([r, l], pan_gains(-pan), "pan {pan}");
        }
        assert_eq!(pan_gains(-1.0), [1.0, 0.0]);
        assert_eq!(pan_gains(1.0), [0.0, 1.0]);
    }
}
