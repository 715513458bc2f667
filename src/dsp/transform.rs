//! The fast Fourier transform of real signals.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

const FITS: &str = "the buffers are of the plan's lengths";

/// A real transform, both ways, and the memory it works in.
pub(crate) struct Transform {
    pub(crate) signal: Vec<f64>,
    pub(crate) spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

impl Transform {
    /// The transform of signals of an even `length`.
    pub(crate) fn new(length: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(length);
        let inverse = planner.plan_fft_inverse(length);
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            signal: vec![0.0; length],
            spectrum: vec![Complex::default(); length / 2 + 1],
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
        }
    }

    /// From signal to spectrum; the signal is lost.
    pub(crate) fn forward(&mut self) {
        self.forward
            .process_with_scratch(&mut self.signal, &mut self.spectrum, &mut self.scratch)
            .expect(FITS);
    }

    /// From spectrum to signal, times the length; the spectrum is lost.
    pub(crate) fn inverse(&mut self) {
        // Real already, unless a signal is not finite; the transform insists.
        for end in [0, self.spectrum.len() - 1] {
            self.spectrum[end].im = 0.0;
        }
        self.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.signal, &mut self.scratch)
            .expect(FITS);
    }
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transform")
            .field("length", &self.signal.len())
            .finish_non_exhaustive()
    }
}
