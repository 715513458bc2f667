//! The tempo map: where on the time line a time lies.
//!
//! The tempo is constant between two changes. A frame is the rounding of the one absolute position in
//! seconds, never a sum of rounded spans.

use std::collections::BTreeMap;

use super::{BarBeat, Meter, Offset, TempoProblem, Time, TimeProblem, marker_time};
use crate::scene::LATEST_SECOND;
use crate::units::{Frames, SampleRate};

/// From `at` on the song runs at `bpm` beats a minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TempoChange {
    /// Where the tempo begins to hold.
    pub at: BarBeat,
    /// Beats a minute, 1..=1000; a beat is the metre's denominator.
    pub bpm: f64,
}

/// A stretch of constant tempo.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// Beats from the start of the song to the start of the stretch.
    beats: f64,
    /// Seconds to the same place.
    seconds: f64,
    bpm: f64,
}

/// The song's time line: sample rate, metre, tempo map and markers.
#[derive(Debug, Clone)]
pub struct TimeLine {
    rate: SampleRate,
    meter: Meter,
    stretches: Vec<Stretch>,
    markers: BTreeMap<String, Moment>,
}

/// A resolved time; beats only where the song has a tempo.
#[derive(Debug, Clone, Copy)]
struct Moment {
    seconds: f64,
    beats: Option<f64>,
}

impl TimeLine {
    /// A time line without markers. `tempo` may be empty: then times in bars and beats are refused.
    ///
    /// # Errors
    /// If the first change is not at 1|1, one is not after its predecessor, beyond its bar, or its tempo
    /// is not 1..=1000 beats a minute.
    pub fn new(
        rate: SampleRate,
        tempo: &[TempoChange],
        meter: Meter,
    ) -> Result<Self, TempoProblem> {
        let mut line = Self {
            rate,
            meter,
            stretches: Vec::with_capacity(tempo.len()),
            markers: BTreeMap::new(),
        };
        for (change, &TempoChange { at, bpm }) in tempo.iter().enumerate() {
            let stretch = line
                .next_stretch(at, bpm)
                .map_err(|problem| TempoProblem { change, problem })?;
            line.stretches.push(stretch);
        }
        Ok(line)
    }

    fn next_stretch(&self, at: BarBeat, bpm: f64) -> Result<Stretch, TimeProblem> {
        if !(1.0..=1000.0).contains(&bpm) {
            return Err(TimeProblem::new(
                format!("a tempo of {bpm} is out of range"),
                "tempo is 1 to 1000 beats a minute",
            ));
        }
        let beats = self.count(at)?;
        let seconds = match self.stretches.last() {
            None if beats > 0.0 => {
                return Err(TimeProblem::new(
                    format!("the first tempo begins at {}|{}", at.bar, at.beat),
                    "the first tempo holds from the start: \"1|1\"",
                ));
            }
            None => 0.0,
            Some(last) if beats <= last.beats => {
                return Err(TimeProblem::new(
                    "this tempo does not begin after the one before it",
                    "tempo changes stand in order of time, each at a place of its own",
                ));
            }
            Some(last) => last.seconds_at(beats),
        };
        Ok(Stretch {
            beats,
            seconds,
            bpm,
        })
    }

    /// Names a time, so that later times may refer to it.
    ///
    /// # Errors
    /// If the time cannot be resolved (a marker may refer to those added before it), or the name is
    /// taken, empty, or reads as a marker with an offset ("drop-2").
    pub fn add_marker(&mut self, name: &str, at: &Time) -> Result<(), TimeProblem> {
        let reads_as = marker_time(name)?;
        if !matches!(&reads_as, Time::Marker { name: whole, .. } if whole == name) {
            return Err(TimeProblem::new(
                format!("the name \"{name}\" would read as a marker and an offset"),
                format!("write \"{}\"", name.replace(['+', '-'], "_")),
            ));
        }
        if self.markers.contains_key(name) {
            return Err(TimeProblem::new(
                format!("there are two markers named \"{name}\""),
                "give each marker a name of its own",
            ));
        }
        let moment = self.moment(at)?;
        self.markers.insert(name.to_owned(), moment);
        Ok(())
    }

    /// The markers by name, with their times in seconds.
    pub fn markers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.markers
            .iter()
            .map(|(name, moment)| (name.as_str(), moment.seconds))
    }

    /// Seconds from the start of the song to `time`.
    ///
    /// # Errors
    /// If it is before the start or absurdly late, names no marker of the song, a beat that its bar does
    /// not have, or bars and beats in a song without a tempo.
    pub fn seconds(&self, time: &Time) -> Result<f64, TimeProblem> {
        self.moment(time).map(|moment| moment.seconds)
    }

    /// The absolute frame nearest to `time`.
    ///
    /// # Errors
    /// As [`seconds`](Self::seconds).
    pub fn frame(&self, time: &Time) -> Result<Frames, TimeProblem> {
        self.seconds(time)
            .map(|seconds| self.rate.frame_at(seconds))
    }

    /// How long `beats` last at the tempo that holds at `at_s` seconds; `None` in a song without tempo.
    pub fn seconds_of_beats(&self, beats: f64, at_s: f64) -> Option<f64> {
        let stretch = self.stretch(|stretch| stretch.seconds <= at_s)?;
        Some(beats * 60.0 / stretch.bpm)
    }

    /// Quarter notes per minute at the start; `None` in a song without tempo.
    pub fn quarters_per_minute(&self) -> Option<f64> {
        let beat_s = self.seconds_of_beats(1.0, 0.0)?;
        Some(60.0 / beat_s * 4.0 / f64::from(self.meter.unit()))
    }

    /// Where each tempo begins to hold, and its quarter notes per minute; nothing in a song without tempo.
    pub fn tempi(&self) -> impl Iterator<Item = (Frames, f64)> {
        let quarters_per_beat = 4.0 / f64::from(self.meter.unit());
        self.stretches.iter().map(move |stretch| {
            let at = self.rate.frame_at(stretch.seconds);
            (at, stretch.bpm * quarters_per_beat)
        })
    }

    fn moment(&self, time: &Time) -> Result<Moment, TimeProblem> {
        let moment = match time {
            Time::Seconds(seconds) => self.at_seconds(*seconds),
            Time::BarBeat(place) => self.at_beats(self.count(*place)?)?,
            Time::Marker { name, offset } => {
                let marker = self.marker(name)?;
                match *offset {
                    // The marker's own place, not one worked out again.
                    Offset::Seconds(0.0) => marker,
                    Offset::Seconds(seconds) => self.at_seconds(marker.seconds + seconds),
                    Offset::Bars { bars, beats } => {
                        let from = marker.beats.ok_or_else(no_tempo)?;
                        let bars = bars as f64 * f64::from(self.meter.beats);
                        self.at_beats(from + bars + beats)?
                    }
                }
            }
        };
        if moment.seconds < 0.0 {
            return Err(TimeProblem::new(
                format!(
                    "this time is {:.3} s before the song starts",
                    -moment.seconds
                ),
                "the song starts at 0 s, \"1|1\"; nothing is earlier",
            ));
        }
        if moment.seconds.is_nan() || moment.seconds > LATEST_SECOND {
            return Err(TimeProblem::new(
                format!("{} s is not a time in a song", moment.seconds),
                format!("times are 0 to {LATEST_SECOND} s"),
            ));
        }
        Ok(moment)
    }

    fn marker(&self, name: &str) -> Result<Moment, TimeProblem> {
        self.markers.get(name).copied().ok_or_else(|| {
            let close = self
                .markers
                .keys()
                .map(|known| (strsim::damerau_levenshtein(known, name), known))
                .filter(|(distance, known)| *distance <= 1 + known.chars().count() / 4)
                .min();
            let before_sign = name.rfind(['+', '-']).map(|sign| name[..sign].trim_end());
            let help = match close {
                _ if before_sign.is_some_and(|marker| self.markers.contains_key(marker)) => {
                    "an offset is in seconds or bars|beats, as in \"@drop+1.5\" or \"@drop+2|0\""
                        .to_owned()
                }
                Some((_, known)) => format!("did you mean \"@{known}\"?"),
                None if self.markers.is_empty() => {
                    "the song has no markers; add markers = { drop = \"11|1\" } to [song]"
                        .to_owned()
                }
                None => {
                    let all: Vec<_> = self.markers.keys().map(|m| format!("@{m}")).collect();
                    format!("the song's markers are {}", all.join(", "))
                }
            };
            TimeProblem::new(format!("there is no marker \"{name}\""), help)
        })
    }

    /// Beats from the start of the song.
    fn count(&self, at: BarBeat) -> Result<f64, TimeProblem> {
        let beats = f64::from(self.meter.beats);
        if at.bar < 1 || !(1.0..beats + 1.0).contains(&at.beat) {
            let next = at.bar.saturating_add(1);
            return Err(TimeProblem::new(
                format!("there is no beat {} in bar {}", at.beat, at.bar),
                format!(
                    "bars count from 1 and beats, in {}/{}, from 1 to {beats}; the next bar is \"{next}|1\"",
                    self.meter.beats, self.meter.unit
                ),
            ));
        }
        Ok(f64::from(at.bar - 1) * beats + (at.beat - 1.0))
    }

    fn at_seconds(&self, seconds: f64) -> Moment {
        let stretch = self.stretch(|stretch| stretch.seconds <= seconds);
        Moment {
            seconds,
            beats: stretch.map(|s| s.beats + (seconds - s.seconds) * s.bpm / 60.0),
        }
    }

    fn at_beats(&self, beats: f64) -> Result<Moment, TimeProblem> {
        let stretch = self.stretch(|stretch| stretch.beats <= beats);
        Ok(Moment {
            seconds: stretch.ok_or_else(no_tempo)?.seconds_at(beats),
            beats: Some(beats),
        })
    }

    /// The last stretch that has begun, or the first one.
    fn stretch(&self, begun: impl Fn(&Stretch) -> bool) -> Option<&Stretch> {
        let count = self.stretches.partition_point(begun);
        self.stretches.get(count.saturating_sub(1))
    }
}

impl Stretch {
    /// One product and one quotient of the whole way, so that rounding does not add up.
    fn seconds_at(&self, beats: f64) -> f64 {
        self.seconds + (beats - self.beats) * 60.0 / self.bpm
    }
}

fn no_tempo() -> TimeProblem {
    TimeProblem::new(
        "bars and beats need a tempo, and the song has none",
        "add bpm to [song], or write the time in seconds",
    )
}
