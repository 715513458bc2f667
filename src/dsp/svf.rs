//! State-variable filter sections: any section of second order, in a form whose coefficients may move while
//! sound runs.
//!
//! The topology-preserving form of V. Zavalishin, "The Art of VA Filter Design" (ch. 4): two trapezoidal
//! integrators, whose states keep their meaning whatever the coefficients are. Direct forms click when
//! theirs change. A section of the direct form with stable poles has exactly one equal here.

use super::biquad::{Coefficients, SILENCE};

/// The numbers of one section, in the form that may be moved: frequency `g`, damping `k`, and the mix of
/// high-pass, band-pass and low-pass output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Svf {
    /// tan of half the angle of the poles.
    pub g: f64,
    /// Damping, 1/Q.
    pub k: f64,
    /// Weight of the high-pass output.
    pub high: f64,
    /// Weight of the band-pass output.
    pub band: f64,
    /// Weight of the low-pass output.
    pub low: f64,
}

impl From<Coefficients> for Svf {
    fn from(c: Coefficients) -> Self {
        let at_nyquist = 1.0 - c.a1 + c.a2;
        let g = ((1.0 + c.a1 + c.a2) / at_nyquist).sqrt();
        Self {
            g,
            k: 2.0 * (1.0 - c.a2) / (g * at_nyquist),
            high: (c.b0 - c.b1 + c.b2) / at_nyquist,
            band: 2.0 * (c.b0 - c.b2) / (g * at_nyquist),
            low: (c.b0 + c.b1 + c.b2) / (1.0 + c.a1 + c.a2),
        }
    }
}

impl Svf {
    /// Changes nothing.
    pub const PASS: Self = Self {
        g: 1.0,
        k: 2.0,
        high: 1.0,
        band: 2.0,
        low: 1.0,
    };

    /// Frames after an impulse until what rings on is below -120 dB.
    pub fn ringing(&self) -> f64 {
        let Self { g, k, .. } = *self;
        let scale = 1.0 / (1.0 + g * k + g * g);
        let (a1, a2) = (2.0 * (g * g - 1.0) * scale, (1.0 - g * k + g * g) * scale);
        let spread = a1 * a1 - 4.0 * a2;
        let radius = match spread > 0.0 {
            true => (a1.abs() + spread.sqrt()) / 2.0,
            false => a2.max(0.0).sqrt(),
        };
        // Two poles side by side ring a little longer than one.
        1e-7_f64.ln() / radius.clamp(1e-3, 1.0 - 1e-9).ln()
    }

    /// Part of the way to `other`: 0 is here, 1 is there. Sections between two stable ones are stable.
    #[inline(always)]
    pub fn toward(&self, other: &Self, share: f64) -> Self {
        let between = |a: f64, b: f64| a + (b - a) * share;
        Self {
            g: between(self.g, other.g),
            k: between(self.k, other.k),
            high: between(self.high, other.high),
            band: between(self.band, other.band),
            low: between(self.low, other.low),
        }
    }

    /// The section written out for one frame.
    #[inline(always)]
    pub fn step(&self) -> Step {
        let Self {
            g,
            k,
            high,
            band,
            low,
        } = *self;
        let t = 1.0 / (1.0 + g * (g + k));
        // High-pass output, as weights of x, s1 and s2; then band-pass and low-pass from it.
        let h = [t, -t * (g + k), -t];
        let b = [g * h[0], 1.0 + g * h[1], g * h[2]];
        let l = [g * b[0], g * b[1], 1.0 + g * b[2]];
        Step {
            y: std::array::from_fn(|i| high * h[i] + band * b[i] + low * l[i]),
            s1: [2.0 * g * h[0], 1.0 + 2.0 * g * h[1], 2.0 * g * h[2]],
            s2: [2.0 * g * b[0], 2.0 * g * b[1], 1.0 + 2.0 * g * b[2]],
        }
    }
}

/// One frame of a section: output and next states, each as weights of input, first and second state.
///
/// Written so, a section that holds still waits for two additions and a product from frame to frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    y: [f64; 3],
    s1: [f64; 3],
    s2: [f64; 3],
}

impl Step {
    /// Filters one frame of `L` channels in place.
    #[inline(always)]
    pub fn run<const L: usize>(&self, x: &mut [f64; L], state: &mut State<L>) {
        let State { s1, s2 } = *state;
        for lane in 0..L {
            let input = x[lane];
            x[lane] = self.y[0] * input + (self.y[1] * s1[lane] + self.y[2] * s2[lane]);
            state.s1[lane] = self.s1[0] * input + (self.s1[1] * s1[lane] + self.s1[2] * s2[lane]);
            state.s2[lane] = self.s2[0] * input + (self.s2[1] * s1[lane] + self.s2[2] * s2[lane]);
        }
    }
}

/// The states of one section for `L` channels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State<const L: usize> {
    s1: [f64; L],
    s2: [f64; L],
}

impl<const L: usize> Default for State<L> {
    fn default() -> Self {
        Self {
            s1: [0.0; L],
            s2: [0.0; L],
        }
    }
}

impl<const L: usize> State<L> {
    /// What has died away becomes an exact zero, long before the numbers at which arithmetic slows down.
    #[inline(always)]
    pub fn settle(&mut self) {
        for state in self.s1.iter_mut().chain(&mut self.s2) {
            if state.abs() < SILENCE {
                *state = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::Biquad;
    use crate::dsp::matched::matched;
    use crate::dsp::shape::Shape;
    use crate::units::{Hertz, SampleRate};

    #[test]
    fn a_section_sounds_as_its_direct_form() {
        for shape in [
            Shape::Bell {
                gain_db: 9.0,
                q: 3.0,
            },
            Shape::HighShelf {
                gain_db: -5.0,
                q: 0.7,
            },
            Shape::HighPass { q: 0.7 },
            Shape::HighPass1,
            Shape::LowPass1,
            Shape::Notch { q: 2.0 },
            Shape::Tilt { gain_db: 3.0 },
        ] {
            for hz in [25.0, 900.0, 17_000.0] {
                let c = matched(shape, Hertz(hz), SampleRate(48_000));
                let mut direct = Biquad::new(c);
                let step = Svf::from(c).step();
                let mut state = State::<2>::default();
                let mut noise = 1_u32;
                for n in 0..4000 {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let x = f64::from(noise) / f64::from(u32::MAX) - 0.5;
                    let mut frame = [x, -0.5 * x];
                    step.run(&mut frame, &mut state);
                    let y = direct.step(x);
                    assert!((frame[0] - y).abs() < 1e-8, "{shape:?} {hz} Hz, frame {n}");
                    assert!(
                        (frame[1] + 0.5 * y).abs() < 1e-8,
                        "{shape:?} {hz} Hz, frame {n}"
                    );
                }
            }
        }
    }
}
