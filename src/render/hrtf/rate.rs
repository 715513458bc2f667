//! Responses at another sample rate.

use crate::dsp::transform::Transform;
use crate::render::hrtf::set::SetFault;
use crate::units::SampleRate;

/// Silence behind a response, in frames, so that its end does not ring into its beginning.
const SILENCE: usize = 256;

/// Longest transform of rates that are to each other exactly as the lengths.
const LONGEST: usize = 1 << 14;

/// Frames by which the end of a response may be early or late where the lengths are not to each other as the rates.
const OFF: f64 = 1e-3;

/// From this share of the lower rate's half on, the band fades out.
const PASSBAND: f64 = 0.95;

/// Converts responses from one rate to another by their spectra: band-limited, without a delay. What a filter
/// does to a signal stays the same: its gain at every frequency.
#[derive(Debug)]
pub(super) struct RateConverter {
    from: Transform,
    to: Transform,
    /// The gain of each bin that both have, for the unscaled transforms.
    gains: Vec<f64>,
}

impl RateConverter {
    /// A converter of responses of up to `taps` taps.
    ///
    /// # Errors
    /// The rates are too far apart.
    pub(super) fn new(taps: usize, from: SampleRate, to: SampleRate) -> Result<Self, SetFault> {
        let lengths = exact_lengths(taps, from, to).or_else(|| near_lengths(taps, from, to));
        let Some((from_length, to_length)) = lengths else {
            return Err(SetFault {
                at: "the sample rate",
                reason: format!("{from} and {to} are too far apart; convert the set beforehand"),
            });
        };
        let bins = from_length.min(to_length) / 2 + 1;
        let edge = (bins - 1) as f64;
        let gains = (0..bins)
            .map(|bin| {
                let beyond = (bin as f64 / edge - PASSBAND) / (1.0 - PASSBAND);
                let fade = (beyond.clamp(0.0, 1.0) * std::f64::consts::FRAC_PI_2).cos();
                fade * fade / to_length as f64
            })
            .collect();
        Ok(Self {
            from: Transform::new(from_length),
            to: Transform::new(to_length),
            gains,
        })
    }

    /// The response at the new rate; what rings before its beginning stands at the end.
    pub(super) fn convert(&mut self, response: &[f32]) -> &[f64] {
        self.from.signal.fill(0.0);
        for (slot, tap) in self.from.signal.iter_mut().zip(response) {
            *slot = f64::from(*tap);
        }
        self.from.forward();
        self.to.spectrum.fill(Default::default());
        let bins = self.to.spectrum.iter_mut().zip(&self.from.spectrum);
        for ((slot, bin), gain) in bins.zip(&self.gains) {
            *slot = bin * gain;
        }
        self.to.inverse();
        &self.to.signal
    }
}

/// Lengths of both transforms that are to each other as the rates, if short ones are.
fn exact_lengths(taps: usize, from: SampleRate, to: SampleRate) -> Option<(usize, usize)> {
    let divisor = common_divisor(from.0, to.0).max(1);
    let (a, b) = ((from.0 / divisor) as usize, (to.0 / divisor) as usize);
    let times = (taps + SILENCE).div_ceil(a.max(1)).next_multiple_of(2);
    (a.max(b) * times <= LONGEST).then_some((a * times, b * times))
}

/// Lengths that are nearly so: those of 44 101 and 48 000 Hz themselves would be a hundred times as long.
fn near_lengths(taps: usize, from: SampleRate, to: SampleRate) -> Option<(usize, usize)> {
    let ratio = f64::from(to.0) / f64::from(from.0);
    let first = (taps + SILENCE).next_multiple_of(2);
    let lengths = (first..=16 * LONGEST).step_by(2).map(|length| {
        let other = 2 * (length as f64 * ratio / 2.0).round() as usize;
        (length, other)
    });
    let is_near = |&(length, other): &(usize, usize)| {
        let off = other as f64 / length as f64 - ratio;
        other > 0 && off.abs() * (taps as f64) < OFF
    };
    lengths
        .take_while(|&(_, other)| other <= 16 * LONGEST)
        .find(is_near)
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_keeps_its_gain_and_time() {
        for (from, to) in [
            (44_100, 48_000),
            (48_000, 44_100),
            (44_100, 96_000),
            (44_101, 48_000),
            (47_999, 48_000),
            (48_000, 47_999),
            (44_101, 44_100),
            (8_000, 192_000),
            (32_001, 96_000),
            (191_999, 192_000),
        ] {
            let mut converter = RateConverter::new(200, SampleRate(from), SampleRate(to)).unwrap();
            let pulse: Vec<f32> = (0..200)
                .map(|n| (-((n as f32 - 40.0) / 4.0).powi(2)).exp())
                .collect();
            let converted = converter.convert(&pulse);
            let ratio = f64::from(to) / f64::from(from);
            let sum = |taps: &mut dyn Iterator<Item = f64>| taps.sum::<f64>();
            let before = sum(&mut pulse.iter().map(|x| f64::from(*x)));
            let after = sum(&mut converted.iter().copied());
            assert!(
                (before - after).abs() < 1e-5,
                "{from} to {to}: {before}, {after}"
            );
            for (n, sample) in converted.iter().take(300).enumerate() {
                let x = (n as f64 / ratio - 40.0) / 4.0;
                let expected = (-x * x).exp() / ratio;
                assert!((sample - expected).abs() < 1e-4, "{from} to {to}, tap {n}");
            }
        }
    }
}
