//! The largest magnitude of a run of samples, and with it whether all are finite.

use pulp::{Arch, NullaryFnOnce};

/// The largest magnitude of `samples`; not finite exactly if one of them is not.
pub(super) fn largest_magnitude(samples: &[f32]) -> f32 {
    // Without their sign floats are in the order of their bits, infinity and NaN above all others; whole
    // numbers leave the compiler free to take eight at a time.
    f32::from_bits(Arch::new().dispatch(LargestBits(samples)))
}

/// A named type rather than a closure, because only what is inlined into `call` is compiled for the processor at
/// hand.
struct LargestBits<'a>(&'a [f32]);

impl NullaryFnOnce for LargestBits<'_> {
    type Output = u32;

    #[inline(always)]
    fn call(self) -> u32 {
        let mut largest = 0;
        for sample in self.0 {
            largest = (sample.to_bits() & 0x7fff_ffff).max(largest);
        }
        largest
    }
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
