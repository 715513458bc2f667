//! How times are written: rounded once, down, so that spans close and every sample is found again.

use super::digits;
use crate::units::SampleRate;

/// Decimals of a second that times are written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimals {
    /// What the Dolby Atmos master ADM profile asks for.
    Five,
    /// Finer than any sample, in the form that every reader of BS.2076 takes; some stumble over more.
    Nine,
}

impl Decimals {
    /// Parts of a second.
    pub(super) fn parts(self) -> u64 {
        match self {
            Self::Five => 100_000,
            Self::Nine => 1_000_000_000,
        }
    }

    /// A position on the time line in whole parts of a second, rounded down where it is a sample: the first
    /// sample at or after it is then the same one again, up to 100 kHz. A position between samples, of a
    /// master, is the nearest.
    pub(super) fn at(self, frames: f64, rate: SampleRate) -> u64 {
        let frames = frames.max(0.0);
        if (frames - frames.round()).abs() < 1e-7 {
            let whole = frames.round() as u128;
            return (whole * u128::from(self.parts()) / u128::from(rate.0)) as u64;
        }
        (frames / f64::from(rate.0) * self.parts() as f64).round() as u64
    }

    /// `hh:mm:ss.zzzzz` of so many parts.
    pub(super) fn text(self, parts: u64) -> String {
        let mut text = Vec::new();
        self.push(&mut text, parts);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Appends `hh:mm:ss.zzzzz` of so many parts.
    pub(super) fn push(self, text: &mut Vec<u8>, parts: u64) {
        let (seconds, rest) = (parts / self.parts(), parts % self.parts());
        digits::decimal(text, seconds / 3600, 2);
        text.push(b':');
        digits::decimal(text, seconds / 60 % 60, 2);
        text.push(b':');
        digits::decimal(text, seconds % 60, 2);
        text.push(b'.');
        digits::decimal(text, rest, self.parts().ilog10() as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::time::Time;
    use super::*;
    use crate::units::Frames;

    #[test]
    fn every_sample_is_found_again() {
        for decimals in [Decimals::Five, Decimals::Nine] {
            for rate in [44_100, 48_000, 96_000].map(SampleRate) {
                for frame in (0..100_000).chain(170_000_000..170_001_000) {
                    let text = decimals.text(decimals.at(frame as f64, rate));
                    let time = Time::parse(&text).unwrap();
                    assert_eq!(time.first_frame(rate), Frames(frame), "{text} at {rate}");
                    // Read and written again it stays what it is.
                    assert_eq!(decimals.text(decimals.at(time.frames(rate), rate)), text);
                }
            }
        }
    }

    #[test]
    fn times_have_the_decimals_asked_for() {
        let rate = SampleRate(48_000);
        let text = |decimals: Decimals, frames| decimals.text(decimals.at(frames, rate));
        assert_eq!(text(Decimals::Five, 48_048.0), "00:00:01.00100");
        assert_eq!(text(Decimals::Five, 512.16), "00:00:00.01067");
        assert_eq!(
            text(Decimals::Nine, 3600.0 * 48_000.0 + 1.0),
            "01:00:00.000020833"
        );
    }
}
