//! The bass that a measurement lacks, given back by one filter for all directions.
//!
//! Sets are measured with small loudspeakers: MIT KEMAR is 8 dB down at 80 Hz and 17 dB at 50 Hz, while heads let such long
//! waves pass. The equaliser is far too short to mend it. What makes a loudspeaker roll off is a resonance of second
//! order, so a section of second order turns it round: zeros where the resonance has its poles, poles lower
//! down (S. Linkwitz, "Loudspeaker System Design", Wireless World, 1978), fitted to the diffuse field.

use nalgebra::{Matrix4, Vector4};

use crate::dsp::Coefficients;
use crate::units::{Gain, Hertz, SampleRate};

/// Frequencies in Hz between which the section is fitted, by [`POINTS`] evenly over octaves.
const LOWEST_HZ: f64 = 15.0;
const HIGHEST_HZ: f64 = 300.0;
const POINTS: usize = 50;

/// Below this, in Hz, what is missing is taken to be as much as here.
const KNOWN_FROM_HZ: f64 = 30.0;

/// Most that is given back, in dB: what lies deeper is noise and the ends of responses cut short.
const MOST_DB: f64 = 18.0;

/// Less than this is not missed, in dB.
const LEAST_DB: f64 = 1.0;

/// Steps in which the fit turns to errors in decibels.
const STEPS: usize = 12;

/// Frequency and quality of a resonance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Resonance {
    pub(super) frequency: Hertz,
    pub(super) q: f64,
}

/// A filter section that lifts bass: (s² + s ω₀/Q₀ + ω₀²) / (s² + s ω₁/Q₁ + ω₁²), 1 far above both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BassLift {
    pub(super) zeros: Resonance,
    pub(super) poles: Resonance,
}

impl BassLift {
    /// The section that comes nearest to taking `lacking_db` away, which tells how far below the rest of
    /// the spectrum a frequency in Hz is; `None` if nothing is missed, or no such section mends it.
    pub(super) fn fitted(lacking_db: impl Fn(f64) -> f64) -> Option<Self> {
        let octaves = (HIGHEST_HZ / LOWEST_HZ).log2();
        let points: Vec<(f64, f64)> = (0..POINTS)
            .map(|n| {
                let hz = LOWEST_HZ * (octaves * n as f64 / (POINTS - 1) as f64).exp2();
                (hz, lacking_db(hz.max(KNOWN_FROM_HZ)).clamp(0.0, MOST_DB))
            })
            .collect();
        if points.iter().all(|(_, db)| *db < LEAST_DB) {
            return None;
        }
        let found = fit(&points)?;
        let off = |error: &dyn Fn(f64, f64) -> f64| -> f64 {
            points.iter().map(|&(hz, db)| error(hz, db).powi(2)).sum()
        };
        let left = off(&|hz, db| db - 20.0 * found.gain(Hertz(hz)).log10());
        (left < off(&|_, db| db) / 4.0).then_some(found)
    }

    /// The amplitude response at a frequency.
    pub(super) fn gain(&self, at: Hertz) -> f64 {
        (self.zeros.power(at.0) / self.poles.power(at.0)).sqrt()
    }

    /// The section at a sample rate.
    pub(super) fn section(&self, rate: SampleRate) -> Coefficients {
        let of = |resonance: Resonance| (resonance.frequency, resonance.q);
        Coefficients::resonances(of(self.zeros), of(self.poles), rate)
    }

    /// Seconds after which the section has rung down by 300 dB, the resolution of `f64`.
    pub(super) fn ringing_s(&self) -> f64 {
        let Resonance { frequency, q } = self.poles;
        let time = q.max(0.5 / q) / (std::f64::consts::PI * frequency.0);
        300.0 / Gain(std::f64::consts::E).decibels().0 * time
    }
}

impl Resonance {
    /// |s² + s ω/Q + ω²|² at a frequency in Hz, in units of Hz⁴.
    fn power(self, hz: f64) -> f64 {
        let (x, own) = (hz * hz, self.frequency.0.powi(2));
        (x - own).powi(2) + x * own / (self.q * self.q)
    }

    /// The resonance whose power is x² + `linear` x + `constant`, x in units of `unit_hz` squared.
    fn of_power(linear: f64, constant: f64, unit_hz: f64) -> Option<Self> {
        let own = constant.sqrt();
        let damping = linear / own + 2.0;
        let is_resonance = constant > 0.0 && damping > 1e-3 && damping.is_finite();
        is_resonance.then(|| Self {
            frequency: Hertz(own.sqrt() * unit_hz),
            q: 1.0 / damping.sqrt(),
        })
    }
}

/// Fits |N|²/|D|² to powers: with x the square of frequency, g (x² + c x + d) = x² + a x + b is linear in what is looked
/// for. Weighted by the D of the step before, errors become relative (C. K. Sanathanan and J. Koerner, "Transfer function
/// synthesis as a ratio of two complex polynomials", IEEE Transactions on Automatic Control, 1963).
fn fit(points: &[(f64, f64)]) -> Option<BassLift> {
    let unit_hz = 100.0;
    let mut found = Vector4::new(0.0, 0.0, 0.0, 0.0);
    for step in 0..STEPS {
        let (mut normal, mut right) = (Matrix4::zeros(), Vector4::zeros());
        for &(hz, db) in points {
            let x = (hz / unit_hz).powi(2);
            let g = 10.0_f64.powf(db / 10.0);
            let below = match step {
                0 => 1.0 + x * x,
                _ => (x * x + found[2] * x + found[3]).max(1e-6),
            };
            let weight = 1.0 / (g * below).powi(2);
            let row = Vector4::new(-x, -1.0, g * x, g);
            normal += weight * row * row.transpose();
            right += weight * (1.0 - g) * x * x * row;
        }
        found = normal.lu().solve(&right)?;
    }
    Some(BassLift {
        zeros: Resonance::of_power(found[0], found[1], unit_hz)?,
        poles: Resonance::of_power(found[2], found[3], unit_hz)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_box_is_mended_and_a_flat_set_is_left_alone() {
        let resonance = |hz: f64, q: f64| Resonance {
            frequency: Hertz(hz),
            q,
        };
        for (hz, q) in [(60.0, 0.7), (100.0, 0.5), (110.0, 0.9), (150.0, 1.2)] {
            let speaker = BassLift {
                zeros: resonance(1e-3, 1.0),
                poles: resonance(hz, q),
            };
            let lacking = |hz: f64| -20.0 * speaker.gain(Hertz(hz)).log10();
            let lift = BassLift::fitted(lacking).unwrap();
            for at in [50.0, 63.0, 80.0, 100.0, 125.0, 200.0] {
                let (given, missing) = (20.0 * lift.gain(Hertz(at)).log10(), lacking(at));
                assert!(
                    (given - missing.clamp(0.0, MOST_DB)).abs() < 2.0,
                    "{hz} Hz, Q {q}: {given:.1} dB at {at} Hz, {missing:.1} are missing"
                );
            }
            let lowest = 20.0 * lift.gain(Hertz(1.0)).log10();
            assert!(lowest < MOST_DB + 3.0, "{lowest:.1} dB at the bottom");
        }
        assert_eq!(BassLift::fitted(|_| 0.5), None);
        assert_eq!(BassLift::fitted(|_| -6.0), None);
        assert_eq!(BassLift::fitted(|_| f64::NAN), None);
    }

    #[test]
    fn the_section_has_the_gain_of_the_lift_at_every_rate() {
        let lift = BassLift::fitted(|hz: f64| 12.0 * (125.0 / hz).log2().max(0.0)).unwrap();
        for rate in [44_100, 48_000, 96_000, 192_000].map(SampleRate) {
            let section = lift.section(rate);
            for hz in [20.0, 50.0, 90.0, 400.0, 5000.0].map(Hertz) {
                let (a, b) = (section.response(hz, rate), lift.gain(hz));
                assert!((a / b - 1.0).abs() < 1e-3, "{hz:?} at {rate}: {a} {b}");
            }
        }
    }
}
