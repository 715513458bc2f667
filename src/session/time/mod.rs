//! Times as people write them: seconds, bars|beats, markers. A [`TimeLine`] places them.
//!
//! A beat is the metre's denominator: in 4/4 a quarter, in 6/8 an eighth; tempo counts these beats.

mod line;

use std::str::FromStr;

pub use line::{TempoChange, TimeLine};

/// What is wrong with a time, and what may be written instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct TimeProblem {
    /// The sentence: what was found.
    pub message: String,
    /// What is allowed and what to do.
    pub help: String,
}

impl TimeProblem {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// What is wrong with a tempo map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct TempoProblem {
    /// Index of the change concerned.
    pub change: usize,
    /// What is wrong with it.
    pub problem: TimeProblem,
}

/// A metre such as 4/4: beats in a bar, and the note that is one beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meter {
    beats: u32,
    unit: u32,
}

impl Meter {
    /// Four quarters.
    pub const COMMON: Self = Self { beats: 4, unit: 4 };

    /// A metre of `beats` (1..=64) in a bar, each a 1/`unit` note (1, 2, 4, 8, 16, 32 or 64).
    ///
    /// # Errors
    /// If either is out of its range.
    pub fn new(beats: u32, unit: u32) -> Result<Self, TimeProblem> {
        if (1..=64).contains(&beats) && unit <= 64 && unit.is_power_of_two() {
            Ok(Self { beats, unit })
        } else {
            Err(TimeProblem::new(
                format!("{beats}/{unit} is not a metre"),
                "a bar has 1 to 64 beats of a 1, 2, 4, 8, 16, 32 or 64th note, as in \"4/4\" or \"6/8\"",
            ))
        }
    }

    /// Beats in a bar.
    pub fn beats(self) -> u32 {
        self.beats
    }

    /// The note that is one beat: 4 for a quarter.
    pub fn unit(self) -> u32 {
        self.unit
    }
}

impl FromStr for Meter {
    type Err = TimeProblem;

    fn from_str(text: &str) -> Result<Self, TimeProblem> {
        let parsed = text
            .split_once('/')
            .and_then(|(beats, unit)| Some((whole(beats.trim())?, whole(unit.trim())?)));
        match parsed {
            Some((beats, unit)) => Self::new(beats, unit),
            None => Err(TimeProblem::new(
                format!("\"{text}\" is not a metre"),
                "write beats and note value, as in \"4/4\" or \"6/8\"",
            )),
        }
    }
}

/// A place in the bars of a song, both counted from 1: `37|3.5` is half a beat after beat 3 of bar 37.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarBeat {
    /// Bar, from 1.
    pub bar: u32,
    /// Beat within the bar, from 1; fractions of a beat are allowed.
    pub beat: f64,
}

impl BarBeat {
    /// The first beat.
    pub const START: Self = Self { bar: 1, beat: 1.0 };
}

impl FromStr for BarBeat {
    type Err = TimeProblem;

    fn from_str(text: &str) -> Result<Self, TimeProblem> {
        let text = text.trim();
        let Some((bar, beat)) = bar_and_beat(text) else {
            return Err(TimeProblem::new(
                format!("\"{text}\" is not a bar and a beat"),
                "write bar|beat, both counted from 1, as in \"37|1\" or \"37|3.5\"",
            ));
        };
        if bar == 0 || beat < 1.0 {
            return Err(TimeProblem::new(
                format!("\"{text}\" is before the first bar or beat"),
                "bars and beats count from 1: the song begins at \"1|1\"",
            ));
        }
        Ok(Self { bar, beat })
    }
}

/// A time as written in a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Time {
    /// Seconds from the start of the song: `26.5`, `"1:21.5"`.
    Seconds(f64),
    /// Bar and beat: `"37|3.5"`.
    BarBeat(BarBeat),
    /// A marker, perhaps with a way from there: `"@drop"`, `"@drop+2|0"`, `"@drop-1.5"`.
    Marker {
        /// Its name, without the `@`.
        name: String,
        /// How much later (or earlier) than the marker.
        offset: Offset,
    },
}

/// A span of time added to a marker; negative is earlier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Offset {
    /// In seconds.
    Seconds(f64),
    /// In bars and beats, both counted from 0 and both of the sign of the offset.
    Bars {
        /// Whole bars.
        bars: i64,
        /// Beats, which may exceed a bar.
        beats: f64,
    },
}

impl FromStr for Time {
    type Err = TimeProblem;

    fn from_str(text: &str) -> Result<Self, TimeProblem> {
        let text = text.trim();
        if let Some(marker) = text.strip_prefix('@') {
            return marker_time(marker);
        }
        if text.contains('|') {
            return text.parse().map(Self::BarBeat);
        }
        if let Some(seconds) = clock(text) {
            return Ok(Self::Seconds(seconds));
        }
        let help = if text.starts_with('-') {
            "the song starts at 0; nothing is earlier"
        } else if text.contains(',') {
            "write the decimals with a point, as in 26.5"
        } else {
            "write seconds (26.5), min:s (\"1:21.5\"), bar|beat (\"37|3.5\") or a marker (\"@drop\", \"@drop+2|0\")"
        };
        Err(TimeProblem::new(format!("\"{text}\" is not a time"), help))
    }
}

/// `name`, `name+2|0`, `name-1.5`: an offset is a sign and what reads as seconds or bars|beats.
fn marker_time(text: &str) -> Result<Time, TimeProblem> {
    let (name, offset) = match text.rfind(['+', '-']) {
        Some(sign) if offset_of(&text[sign..]).is_some() => (
            text[..sign].trim_end(),
            offset_of(&text[sign..]).unwrap_or(Offset::Seconds(0.0)),
        ),
        _ => (text, Offset::Seconds(0.0)),
    };
    if name.is_empty() {
        return Err(TimeProblem::new(
            format!("\"@{text}\" names no marker"),
            "write the marker's name after the @, as in \"@drop\"",
        ));
    }
    Ok(Time::Marker {
        name: name.to_owned(),
        offset,
    })
}

fn offset_of(text: &str) -> Option<Offset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let span = text.get(1..)?.trim_start();
    match bar_and_beat(span) {
        Some((bars, beats)) => Some(Offset::Bars {
            bars: sign * i64::from(bars),
            beats: sign as f64 * beats,
        }),
        None => clock(span).map(|seconds| Offset::Seconds(sign as f64 * seconds)),
    }
}

/// `bar|beat` as two numbers, whatever they count from.
fn bar_and_beat(text: &str) -> Option<(u32, f64)> {
    let (bar, beat) = text.split_once('|')?;
    Some((whole(bar.trim())?, decimal(beat.trim())?))
}

/// `s`, `min:s` or `h:min:s`; all but the first part below 60.
fn clock(text: &str) -> Option<f64> {
    let mut parts = text.rsplit(':');
    let mut seconds = decimal(parts.next()?)?;
    let mut last = seconds;
    for (count, part) in parts.enumerate() {
        if count > 1 || last >= 60.0 {
            return None;
        }
        last = f64::from(whole(part)?);
        seconds += last * [60.0, 3600.0][count];
    }
    Some(seconds)
}

fn whole(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Digits with at most one point, and nothing of what else the language reads as a number.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value: f64 = plain.then(|| text.parse().ok()).flatten()?;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Frames, SampleRate};

    fn song() -> TimeLine {
        let tempo = [TempoChange {
            at: BarBeat::START,
            bpm: 124.0,
        }];
        TimeLine::new(SampleRate(48_000), &tempo, Meter::COMMON).unwrap()
    }

    fn time(text: &str) -> Time {
        text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    fn seconds(line: &TimeLine, text: &str) -> f64 {
        line.seconds(&time(text))
            .unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    /// What reading or placing `text` is refused with.
    fn refused(line: &TimeLine, text: &str) -> TimeProblem {
        text.parse()
            .and_then(|time| line.seconds(&time))
            .expect_err(text)
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn bars_at_124_fall_on_the_published_frames() {
        let line = song();
        for (text, frame) in [
            ("1|1", 0),
            ("2|1", 92_903),
            ("3|1", 185_806),
            ("9|1", 743_226),
            ("10|1", 836_129),
            ("11|1", 929_032),
            ("17|1", 1_486_452),
            ("37|3.5", 3_402_581),
        ] {
            assert_eq!(line.frame(&time(text)), Ok(Frames(frame)), "{text}");
        }
        assert!((seconds(&line, "37|3.5") - 70.887_097).abs() < 5e-7);
    }

    #[test]
    fn all_ways_of_writing_a_time() {
        let mut line = song();
        line.add_marker("drop", &time("11|1")).unwrap();
        line.add_marker("pre-drop", &time("@drop-2|0")).unwrap();
        line.add_marker("half past", &time("30")).unwrap();
        let bar = 240.0 / 124.0;
        for (text, expected) in [
            ("26.5", 26.5),
            (" 26.5 ", 26.5),
            ("1:21.5", 81.5),
            ("1:02:03.5", 3723.5),
            ("0:00", 0.0),
            ("@drop", 10.0 * bar),
            ("@drop+2|0", 12.0 * bar),
            ("@drop+0|2.5", 10.625 * bar),
            ("@drop-0|1", 9.75 * bar),
            ("@drop-1|2", 8.5 * bar),
            ("@drop+1.5", 10.0 * bar + 1.5),
            ("@drop - 0:05.5", 10.0 * bar - 5.5),
            ("@pre-drop", 8.0 * bar),
            ("@pre-drop+1|0", 9.0 * bar),
            ("@half past+1|0", 30.0 + bar),
        ] {
            let found = seconds(&line, text);
            assert!(close(found, expected), "{text}: {found} is not {expected}");
        }
    }

    #[test]
    fn the_tempo_map_is_followed_both_ways() {
        let change = |bar, beat, bpm| TempoChange {
            at: BarBeat { bar, beat },
            bpm,
        };
        let tempo = [
            change(1, 1.0, 120.0),
            change(3, 1.0, 60.0),
            change(4, 3.0, 240.0),
        ];
        let mut line = TimeLine::new(SampleRate(48_000), &tempo, Meter::COMMON).unwrap();
        // 8 beats of 0.5 s, then 6 of 1 s, then 0.25 s each.
        for (text, expected) in [
            ("2|1", 2.0),
            ("3|1", 4.0),
            ("4|1", 8.0),
            ("4|3", 10.0),
            ("5|1", 10.5),
        ] {
            assert!(close(seconds(&line, text), expected), "{text}");
        }
        // From a marker in seconds back to beats, over a change, and on.
        line.add_marker("tick", &time("3")).unwrap();
        assert!(close(seconds(&line, "@tick+0|3"), 5.0));
        for (at_s, beat_s) in [
            (0.0, 0.5),
            (3.9, 0.5),
            (4.0, 1.0),
            (10.0, 0.25),
            (99.0, 0.25),
        ] {
            assert_eq!(
                line.seconds_of_beats(4.0, at_s),
                Some(4.0 * beat_s),
                "{at_s} s"
            );
        }
    }

    #[test]
    fn a_beat_is_the_denominator_of_the_metre() {
        let tempo = [TempoChange {
            at: BarBeat::START,
            bpm: 180.0,
        }];
        let line = TimeLine::new(SampleRate(48_000), &tempo, "6/8".parse().unwrap()).unwrap();
        assert!(close(seconds(&line, "2|1"), 2.0));
        assert!(close(seconds(&line, "2|6"), 2.0 + 5.0 / 3.0));
    }

    #[test]
    fn frames_do_not_drift_over_a_long_song() {
        // An hour at an awkward tempo: each bar is within half a frame of its exact place.
        let tempo = [TempoChange {
            at: BarBeat::START,
            bpm: 97.3,
        }];
        let line = TimeLine::new(SampleRate(44_100), &tempo, Meter::COMMON).unwrap();
        for bar in (1u32..1500).step_by(7) {
            let place = BarBeat { bar, beat: 1.0 };
            let frame = line.frame(&Time::BarBeat(place)).unwrap().0 as f64;
            let exact = f64::from(bar - 1) * 4.0 * 60.0 * 44_100.0 / 97.3;
            assert!((frame - exact).abs() <= 0.5 + 1e-6, "bar {bar}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_advice() {
        let mut line = song();
        line.add_marker("drop", &time("11|1")).unwrap();
        for (text, advice) in [
            ("", "write seconds"),
            ("soon", "write seconds"),
            ("nan", "write seconds"),
            ("inf", "write seconds"),
            ("1e3", "write seconds"),
            ("30,5", "with a point"),
            ("-3", "nothing is earlier"),
            ("1:75:00", "write seconds"),
            ("1:61", "write seconds"),
            ("1:2:3:4", "write seconds"),
            ("0|1", "count from 1"),
            ("1|0", "count from 1"),
            ("1|5", "\"2|1\""),
            ("37.5|1", "counted from 1"),
            ("37|3|480", "counted from 1"),
            ("99999999999|1", "counted from 1"),
            ("4000000000|1", "times are 0"),
            ("99999999", "times are 0"),
            ("@", "marker's name"),
            ("@dorp", "did you mean \"@drop\"?"),
            ("@bridge", "markers are @drop"),
            ("@drop-40|0", "nothing is earlier"),
            ("@drop+x", "an offset is"),
            ("@drop+2|", "an offset is"),
        ] {
            let problem = refused(&line, text);
            assert!(problem.help.contains(advice), "{text}: {problem:?}");
        }
        assert!(line.seconds(&Time::Seconds(f64::NAN)).is_err());
        assert!(
            line.add_marker("drop", &time("1")).is_err(),
            "the name is taken"
        );
        assert!(
            line.add_marker("drop-2", &time("1")).is_err(),
            "it reads as an offset"
        );
        assert!(line.add_marker("", &time("1")).is_err());
        let plain = TimeLine::new(SampleRate(48_000), &[], Meter::COMMON).unwrap();
        assert!(refused(&plain, "2|1").help.contains("bpm"));
        assert_eq!(plain.seconds(&time("1:00")), Ok(60.0));
    }

    #[test]
    fn a_broken_tempo_map_names_the_change() {
        let change = |bar, beat, bpm| TempoChange {
            at: BarBeat { bar, beat },
            bpm,
        };
        let first = change(1, 1.0, 120.0);
        for (second, word) in [
            (change(1, 1.0, 90.0), "before it"),
            (change(2, 5.0, 90.0), "no beat"),
            (change(2, f64::NAN, 90.0), "no beat"),
            (change(2, 1.0, 0.0), "out of range"),
            (change(2, 1.0, f64::NAN), "out of range"),
        ] {
            let problem =
                TimeLine::new(SampleRate(48_000), &[first, second], Meter::COMMON).unwrap_err();
            assert_eq!(problem.change, 1);
            assert!(problem.problem.message.contains(word), "{problem}");
        }
        let late = TimeLine::new(SampleRate(48_000), &[change(2, 1.0, 120.0)], Meter::COMMON);
        assert_eq!(late.unwrap_err().change, 0);
        for text in ["", "4", "4/3", "0/4", "4/4/4", "-4/4", "99/4"] {
            assert!(text.parse::<Meter>().is_err(), "{text}");
        }
    }
}
