//! The mean power spectrum of a signal, enough to say where its energy lies.

use std::f64::consts::TAU;

/// Frames of one window; 12 Hz a bin at 48 kHz.
const WINDOW: usize = 4096;

/// Adds up the power of consecutive Hann-windowed stretches.
#[derive(Debug)]
pub(super) struct MeanSpectrum {
    sample_rate: f64,
    waiting: Vec<f64>,
    power: Vec<f64>,
}

impl MeanSpectrum {
    pub(super) fn new(sample_rate: f64) -> Self {
        Self {
            sample_rate,
            waiting: Vec::with_capacity(WINDOW),
            power: vec![0.0; WINDOW / 2],
        }
    }

    pub(super) fn push(&mut self, sample: f64) {
        self.waiting.push(sample);
        if self.waiting.len() == WINDOW {
            self.take_window();
        }
    }

    /// Counts what is left over, padded with silence: short sounds count too.
    pub(super) fn finish(&mut self) {
        if !self.waiting.is_empty() {
            self.waiting.resize(WINDOW, 0.0);
            self.take_window();
        }
    }

    fn take_window(&mut self) {
        let mut real: Vec<f64> = self
            .waiting
            .iter()
            .enumerate()
            .map(|(i, x)| x * 0.5 * (1.0 - (TAU * i as f64 / WINDOW as f64).cos()))
            .collect();
        let mut imaginary = vec![0.0; WINDOW];
        fourier(&mut real, &mut imaginary);
        for (k, power) in self.power.iter_mut().enumerate().skip(1) {
            *power += real[k] * real[k] + imaginary[k] * imaginary[k];
        }
        self.waiting.clear();
    }

    fn hertz(&self, bin: usize) -> f64 {
        bin as f64 * self.sample_rate / WINDOW as f64
    }

    /// Share of the energy between two frequencies, 0 to 1; 0 for silence.
    pub(super) fn share(&self, from_hz: f64, to_hz: f64) -> f64 {
        let total: f64 = self.power.iter().sum();
        let inside: f64 = (0..self.power.len())
            .filter(|&bin| (from_hz..to_hz).contains(&self.hertz(bin)))
            .map(|bin| self.power[bin])
            .sum();
        if total > 0.0 { inside / total } else { 0.0 }
    }

    /// Centre of gravity of the power spectrum in Hz; 0 for silence.
    pub(super) fn centroid_hz(&self) -> f64 {
        let total: f64 = self.power.iter().sum();
        let moment: f64 = (0..self.power.len())
            .map(|bin| self.hertz(bin) * self.power[bin])
            .sum();
        if total > 0.0 { moment / total } else { 0.0 }
    }
}

/// In-place radix-2 Fourier transform (Cooley and Tukey 1965); the length is a power of two.
fn fourier(real: &mut [f64], imaginary: &mut [f64]) {
    let n = real.len();
    let bits = n.trailing_zeros();
    for i in 0..n {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            real.swap(i, j);
            imaginary.swap(i, j);
        }
    }
    let mut half = 1;
    while half < n {
        for k in 0..half {
            let (sin, cos) = (-TAU * k as f64 / (2 * half) as f64).sin_cos();
            for start in (k..n).step_by(2 * half) {
                let (a, b) = (start, start + half);
                let re = real[b] * cos - imaginary[b] * sin;
                let im = real[b] * sin + imaginary[b] * cos;
                real[b] = real[a] - re;
                imaginary[b] = imaginary[a] - im;
                real[a] += re;
                imaginary[a] += im;
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_lies_where_it_sounds() {
        for frequency in [60.0, 440.0, 5000.0] {
            let mut spectrum = MeanSpectrum::new(48_000.0);
            for i in 0..48_000 {
                spectrum.push((TAU * frequency * f64::from(i) / 48_000.0).sin());
            }
            spectrum.finish();
            let centroid = spectrum.centroid_hz();
            assert!(
                (centroid - frequency).abs() < 0.02 * frequency + 3.0,
                "{frequency}: {centroid}"
            );
            let share = spectrum.share(frequency - 40.0, frequency + 40.0);
            assert!(share > 0.98, "{frequency}: {share}");
        }
    }

    #[test]
    fn silence_has_no_centre() {
        let mut spectrum = MeanSpectrum::new(48_000.0);
        (0..5000).for_each(|_| spectrum.push(0.0));
        spectrum.finish();
        assert!(spectrum.centroid_hz() == 0.0 && spectrum.share(0.0, 120.0) == 0.0);
    }
}
