//! The largest magnitude of a run of samples, and with it whether all are finite.

use pulp::Arch;

/// The largest magnitude of `samples`; not finite exactly if one of them is not.
pub(super) fn largest_magnitude(samples: &[f32]) -> f32 {
    // Without their sign floats are in the order of their bits, infinity and NaN above all others; whole
    // numbers leave the compiler free to take eight at a time.
    let bits = Arch::new().dispatch(
        #[inline(always)]
        || {
            samples
                .iter()
                .fold(0, |largest, x| (x.to_bits() & 0x7fff_ffff).max(largest))
        },
    );
    f32::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_largest_and_tells_what_is_not_finite() {
        let mut samples: Vec<f32> = (0..37).map(|n| 0.01 * n as f32 - 0.3).collect();
        assert!(largest_magnitude(&samples).to_bits() == 0.3f32.to_bits());
        for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            samples[20] = bad;
            assert!(!largest_magnitude(&samples).is_finite(), "{bad}");
        }
        assert!(largest_magnitude(&[]).to_bits() == 0);
    }
}
