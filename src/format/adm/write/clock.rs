//! How times are written.

use crate::units::SampleRate;

/// Hundred-thousandths of a second.
const PARTS: f64 = 1e5;

/// A position on the time line in whole hundred-thousandths of a second, rounded down: the first sample at or
/// after it is then the sample at `frames` again, up to 100 kHz. A position of a master, which is such a
/// number already, stays what it is.
pub(super) fn parts(frames: f64, rate: SampleRate) -> u64 {
    (frames / f64::from(rate.0) * PARTS + 1e-4).floor().max(0.0) as u64
}

/// `hh:mm:ss.zzzzz`.
pub(super) fn five_decimals(parts: u64) -> String {
    let (seconds, rest) = (parts / 100_000, parts % 100_000);
    format!("{}.{rest:05}", whole(seconds))
}

/// A position or span in frames: exact in the form `hh:mm:ss.nSd`; with ten decimals where it lies between
/// two samples.
pub(super) fn exact(frames: f64, rate: SampleRate) -> String {
    let frames = frames.max(0.0);
    // A hundredth of a frame is the finest that is written as a fraction.
    for ticks in [1, 100] {
        let count = frames * ticks as f64;
        if (count - count.round()).abs() < 1e-7 {
            let (count, rate) = (count.round() as u64, u64::from(rate.0) * ticks);
            return format!("{}.{:05}S{rate}", whole(count / rate), count % rate);
        }
    }
    let seconds = frames / f64::from(rate.0);
    let parts = (seconds * 1e10).round() as u64;
    format!(
        "{}.{:010}",
        whole(parts / 10_000_000_000),
        parts % 10_000_000_000
    )
}

fn whole(seconds: u64) -> String {
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::time::Time;
    use super::*;
    use crate::units::Frames;

    #[test]
    fn every_sample_is_found_again_at_its_five_decimals() {
        for rate in [44_100, 48_000, 96_000].map(SampleRate) {
            for frame in (0..200_000).chain(170_000_000..170_001_000) {
                let text = five_decimals(parts(frame as f64, rate));
                let time = Time::parse(&text).unwrap();
                assert_eq!(time.first_frame(rate), Frames(frame), "{text} at {rate}");
                // Read and written again it stays what it is.
                assert_eq!(five_decimals(parts(time.frames(rate), rate)), text);
            }
        }
    }

    #[test]
    fn exact_times_are_exact() {
        let rate = SampleRate(48_000);
        for frames in [0.0, 1.0, 0.01, 1023.99, 48_000.0, 3.0e8 + 1.0, 512.16] {
            let text = exact(frames, rate);
            let read = Time::parse(&text).unwrap().frames(rate);
            assert!((read - frames).abs() < 1e-5, "{frames}: {text} is {read}");
        }
        assert_eq!(exact(48_512.0, rate), "00:00:01.00512S48000");
        assert_eq!(exact(512.16, rate), "00:00:00.51216S4800000");
        assert_eq!(exact(0.3333, rate), "00:00:00.0000069438");
    }
}
