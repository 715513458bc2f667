//! The shortest filter of a given magnitude: minimum phase, by the cepstrum (A. V. Oppenheim and R. W. Schafer,
//! "Discrete-Time Signal Processing", chapter on cepstrum analysis).

use realfft::num_complex::Complex;

use crate::dsp::transform::Transform;

/// Magnitudes below this count as it: the logarithm needs an end.
const LEAST: f64 = 1e-6;

/// Writes to `transform.spectrum` the spectrum of minimum phase with the given magnitudes, one per bin.
///
/// # Panics
/// If there is not one magnitude for each bin of the transform.
pub(super) fn minimum_phase(magnitudes: &[f64], transform: &mut Transform) {
    let length = transform.signal.len();
    assert_eq!(magnitudes.len(), length / 2 + 1, "one magnitude per bin");
    for (bin, magnitude) in transform.spectrum.iter_mut().zip(magnitudes) {
        *bin = Complex::new(magnitude.max(LEAST).ln() / length as f64, 0.0);
    }
    transform.inverse();
    for (n, sample) in transform.signal.iter_mut().enumerate() {
        *sample *= match n {
            0 => 1.0,
            _ if n < length / 2 => 2.0,
            _ if n == length / 2 => 1.0,
            _ => 0.0,
        };
    }
    transform.forward();
    for bin in &mut transform.spectrum {
        *bin = bin.exp();
    }
}
