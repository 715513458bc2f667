//! Quantities with their units: level, frequency, angle, time.
//!
//! Every conversion between two units of the crate stands here, once.

use std::fmt;
use std::ops::{Add, Sub};

/// A linear amplitude factor; 1 is unity, 0 is silence.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Gain(pub f64);

impl Gain {
    /// Leaves the level as it is.
    pub const UNITY: Self = Self(1.0);
    /// Silence.
    pub const SILENCE: Self = Self(0.0);

    /// The level of this factor: 20 log10 |g|; silence is -inf dB.
    pub fn decibels(self) -> Decibels {
        Decibels(20.0 * self.0.abs().log10())
    }
}

/// A level ratio in dB of amplitude (20 log10).
///
/// ```
/// use umbel::units::Decibels;
/// assert!((Decibels(-6.0).gain().0 - 0.501_187).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Decibels(pub f64);

impl Decibels {
    /// The amplitude factor 10^(dB/20); -inf dB is 0.
    pub fn gain(self) -> Gain {
        Gain(10f64.powf(self.0 / 20.0))
    }
}

impl fmt::Display for Decibels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == f64::NEG_INFINITY {
            f.write_str("-inf dB")
        } else {
            write!(f, "{:.1} dB", self.0)
        }
    }
}

/// A frequency in Hz.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Hertz(pub f64);

/// Sample rate in frames per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SampleRate(pub u32);

impl SampleRate {
    /// The lowest rate that ears, processors and loudness are made for: that of telephones. Far below it their filters'
    /// frequencies lie above the band, and what comes out is no sound.
    pub const LOWEST_FILTERED: Self = Self(8000);

    /// The absolute frame nearest to a time in seconds (negative times are frame 0).
    ///
    /// Convert absolute positions, once; sums of rounded spans drift.
    pub fn frame_at(self, seconds: f64) -> Frames {
        let frames = seconds * f64::from(self.0);
        // Both conversions and the difference are exact; rounding by the library is a call on plain processors.
        let whole = frames.max(0.0) as u64;
        Frames(whole.saturating_add(u64::from(frames - whole as f64 >= 0.5)))
    }

    /// The time of an absolute frame in seconds.
    pub fn seconds_at(self, frame: Frames) -> f64 {
        frame.0 as f64 / f64::from(self.0)
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

/// A count of frames, or an absolute position on the time line counted from the song's first frame (0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Frames(pub u64);

impl Add for Frames {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        Self(self.0 + rhs.0)
    }
}

impl Sub for Frames {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        Self(self.0 - rhs.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decibels_and_gain_are_inverse() {
        for db in [-144.0, -6.0, 0.0, 12.5] {
            assert!(
                (Decibels(db).gain().decibels().0 - db).abs() < 1e-12,
                "{db} dB"
            );
        }
        assert!(Gain::SILENCE.decibels().0 == f64::NEG_INFINITY);
        assert!(Decibels(f64::NEG_INFINITY).gain().0 == 0.0);
    }

    #[test]
    fn times_round_to_the_nearest_frame() {
        let halves = (0..2000).map(|n| f64::from(n) * 0.5);
        let near = halves.flat_map(|half| [half.next_down(), half, half.next_up()]);
        let large = [52, 53, 54, 63, 64, 80].map(|bits| 2f64.powi(bits));
        let large = large
            .into_iter()
            .flat_map(|x| [x - 0.5, x, x + 1.5, x.next_down()]);
        let odd = [-0.5, -1.5, -1e300, f64::MAX, f64::INFINITY, f64::NAN];
        for frames in near.chain(large).chain(odd) {
            let expected = Frames(frames.round().max(0.0) as u64);
            assert_eq!(SampleRate(1).frame_at(frames), expected, "{frames}");
        }
    }

    #[test]
    fn bar_positions_round_to_the_published_frames() {
        // 124 BPM, 4/4, 48 kHz: bar 2 and bar 17.
        let rate = SampleRate(48_000);
        let bar_s = 4.0 * 60.0 / 124.0;
        assert_eq!(rate.frame_at(bar_s), Frames(92_903));
        assert_eq!(rate.frame_at(16.0 * bar_s), Frames(1_486_452));
    }
}
