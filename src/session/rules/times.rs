//! Times: the tempo map and the markers, and that everything over time is in order.

use std::collections::HashMap;
use std::ops::Range;

use super::super::codes::{
    EITHER_OR, MARKER_LOOP, MISSING_KEY, NO_TEMPO, NOT_UNDERSTOOD, TIME_ORDER, UNKNOWN_MARKER,
};
use super::super::findings::{Findings, shorten};
use super::super::time::{BarBeat, Meter, Offset, TempoChange, Time, TimeLine, TimeProblem};
use super::super::tree::Cursor;
use super::tables;
use crate::units::SampleRate;

/// Tempo assumed where the written one is refused, so that one fault is not reported at every bar.
const STAND_IN_BPM: f64 = 120.0;

/// Most markers that are looked at: the schema refuses more.
const MOST_MARKERS: usize = 1000;

/// The song's time line, as far as it can be understood; the rest are findings.
pub(crate) fn time_line(root: Cursor<'_>, rate: SampleRate, findings: &mut Findings) -> TimeLine {
    let song = root.key("song");
    let meter = meter(song.key("meter"), findings);
    let tempo = tempo(song, findings);
    let mut line = TimeLine::new(rate, &tempo, meter).unwrap_or_else(|problem| {
        let at = song.key("tempo").item(problem.change).key("at");
        let TimeProblem { message, help } = problem.problem;
        findings.add(TIME_ORDER, at.span(), message, "here", help);
        stand_in(rate, meter)
    });
    markers(song.key("markers"), &mut line, findings);
    line
}

fn stand_in(rate: SampleRate, meter: Meter) -> TimeLine {
    let from_the_start = TempoChange {
        at: BarBeat::START,
        bpm: STAND_IN_BPM,
    };
    TimeLine::new(rate, &[from_the_start], meter).expect("a tempo from the first beat on is valid")
}

fn meter(written: Cursor<'_>, findings: &mut Findings) -> Meter {
    let Some(text) = written.text() else {
        return Meter::COMMON;
    };
    text.parse()
        .unwrap_or_else(|TimeProblem { message, help }| {
            findings.add(NOT_UNDERSTOOD, written.span(), message, "not a metre", help);
            Meter::COMMON
        })
}

fn tempo(song: Cursor<'_>, findings: &mut Findings) -> Vec<TempoChange> {
    let valid = |bpm: Cursor<'_>| {
        let written = bpm.number().filter(|bpm| (10.0..=1000.0).contains(bpm));
        written.unwrap_or(STAND_IN_BPM)
    };
    if song.key("tempo").exists() && song.key("bpm").exists() {
        findings.add(
            EITHER_OR,
            song.key_span("tempo"),
            "[song] has both `bpm` and `tempo`",
            "beside `bpm`",
            "`bpm` is for a song of one tempo; remove one of them",
        );
    }
    let mut changes = Vec::new();
    for change in song.key("tempo").items() {
        let at = change.key("at");
        let Some(text) = at.text() else { continue };
        match text.parse() {
            Ok(at) => changes.push(TempoChange {
                at,
                bpm: valid(change.key("bpm")),
            }),
            Err(TimeProblem { message, help }) => {
                findings.add(
                    NOT_UNDERSTOOD,
                    at.span(),
                    message,
                    "not a bar and beat",
                    help,
                );
            }
        }
    }
    let anything_written = song.key("tempo").exists() || song.key("bpm").exists();
    if changes.is_empty() && anything_written {
        changes.push(TempoChange {
            at: BarBeat::START,
            bpm: valid(song.key("bpm")),
        });
    }
    changes
}

/// Names every marker on the time line; one may refer to others that stand after it.
fn markers(markers: Cursor<'_>, line: &mut TimeLine, findings: &mut Findings) {
    let mut times: HashMap<&str, (Time, Option<Range<usize>>)> = HashMap::new();
    let mut order = Vec::new();
    for entry in markers.entries().iter().take(MOST_MARKERS) {
        let cursor = markers.key(&entry.key);
        let time = time(cursor, findings).unwrap_or(Time::Seconds(0.0));
        order.push(entry.key.as_str());
        times.insert(&entry.key, (time, cursor.span()));
    }
    let mut done: HashMap<&str, bool> = HashMap::new();
    for first in order {
        // The chain of markers that this one rests on, nearest last.
        let mut chain = vec![first];
        while let Some((Time::Marker { name, .. }, span)) =
            chain.last().and_then(|name| times.get(name))
        {
            let Some((&name, _)) = times.get_key_value(name.as_str()) else {
                break;
            };
            if done.contains_key(name) {
                break;
            }
            if let Some(start) = chain.iter().position(|seen| *seen == name) {
                let ring: Vec<&str> = chain[start..].iter().chain([&name]).copied().collect();
                findings.add(
                    MARKER_LOOP,
                    span.clone(),
                    format!(
                        "markers refer to each other in a circle: @{}",
                        shorten(&ring.join(" -> @"))
                    ),
                    "closes the circle",
                    "give one of them a time of its own",
                );
                // Broken here, so that what rests on these markers is still checked.
                if let Some((time, _)) = chain.last().and_then(|last| times.get_mut(last)) {
                    *time = Time::Seconds(0.0);
                }
                break;
            }
            chain.push(name);
        }
        for name in chain.into_iter().rev() {
            if done.insert(name, true).is_some() {
                continue;
            }
            let Some((time, span)) = times.get(name) else {
                continue;
            };
            if resolve(time, span.clone(), line, findings).is_some() {
                if let Err(TimeProblem { message, help }) = line.add_marker(name, time) {
                    findings.add(
                        NOT_UNDERSTOOD,
                        markers.key_span(name),
                        message,
                        "not a marker's name",
                        help,
                    );
                }
            } else {
                // Reported; its name exists all the same.
                let _ = line.add_marker(name, &Time::Seconds(0.0));
            }
        }
    }
}

/// A written time; a finding if it does not read as one.
fn time(written: Cursor<'_>, findings: &mut Findings) -> Option<Time> {
    if let Some(seconds) = written.number() {
        // Negative numbers are out of range, which has been said.
        return (seconds >= 0.0).then_some(Time::Seconds(seconds));
    }
    match written.text()?.parse() {
        Ok(time) => Some(time),
        Err(TimeProblem { message, help }) => {
            findings.add(
                NOT_UNDERSTOOD,
                written.span(),
                shorten(&message),
                "not a time",
                help,
            );
            None
        }
    }
}

/// Seconds of a time; a finding if it has no place on the time line.
fn resolve(
    time: &Time,
    span: Option<Range<usize>>,
    line: &TimeLine,
    findings: &mut Findings,
) -> Option<f64> {
    let TimeProblem { message, help } = match line.seconds(time) {
        Ok(seconds) => return Some(seconds),
        Err(problem) => problem,
    };
    let in_bars = matches!(
        time,
        Time::BarBeat(_)
            | Time::Marker {
                offset: Offset::Bars { .. },
                ..
            }
    );
    let (rule, label) = match time {
        Time::Marker { name, .. } if !line.markers().any(|(known, _)| known == name) => {
            (UNKNOWN_MARKER, "not a marker")
        }
        _ if in_bars && line.seconds_of_beats(1.0, 0.0).is_none() => (NO_TEMPO, "no tempo"),
        _ => (NOT_UNDERSTOOD, "not in the song"),
    };
    findings.add(rule, span, message, label, help);
    None
}

/// Seconds of the time written at `cursor`, with findings if it is none.
pub(crate) fn time_of(cursor: Cursor<'_>, line: &TimeLine, findings: &mut Findings) -> Option<f64> {
    let time = time(cursor, findings)?;
    resolve(&time, cursor.span(), line, findings)
}

/// Checks every time outside [song].
pub(super) fn check(root: Cursor<'_>, line: &TimeLine, findings: &mut Findings) {
    let strips = tables(root, "group")
        .chain(tables(root, "stem"))
        .chain(tables(root, "return"))
        .chain([root.key("master")]);
    for table in strips {
        for key in ["gain", "mute", "solo"] {
            keyframes(table.key(key), line, findings);
        }
        for entry in table.key("automation").entries() {
            keyframes(table.key("automation").key(&entry.key), line, findings);
        }
        for entry in table.key("sends").entries() {
            let send = table.key("sends").key(&entry.key);
            keyframes(send, line, findings);
            keyframes(send.key("db"), line, findings);
        }
        let movement = table.key("move");
        if movement.is_list() {
            keyframes(movement, line, findings);
        } else if movement.key("shape").exists() {
            shape(movement, line, findings);
        }
    }
}

/// Keyframes stand in order of time; two at one time are a jump.
fn keyframes(list: Cursor<'_>, line: &TimeLine, findings: &mut Findings) {
    let mut latest: Option<f64> = None;
    for keyframe in list.items() {
        let at = keyframe.item(0);
        let Some(seconds) = time_of(at, line, findings) else {
            continue;
        };
        if let Some(before) = latest.filter(|before| seconds < *before) {
            findings.add(
                TIME_ORDER,
                at.span(),
                format!("this keyframe, at {seconds:.3} s, is earlier than the one before it, at {before:.3} s"),
                "earlier",
                "keyframes stand in order of time",
            );
        }
        latest = Some(latest.map_or(seconds, |before| before.max(seconds)));
    }
}

fn shape(shape: Cursor<'_>, line: &TimeLine, findings: &mut Findings) {
    let word = shape.key("shape");
    match (shape.key("period").exists(), shape.key("beats").exists()) {
        (true, true) => findings.add(
            EITHER_OR,
            shape.key_span("beats"),
            "the shape has both `period` and `beats`",
            "beside `period`",
            "`period` is in seconds, `beats` in beats; remove one of them",
        ),
        (false, false) => findings.add(
            MISSING_KEY,
            word.span(),
            "the shape has no `period` and no `beats`",
            "how fast?",
            "add `beats = 16` or `period = 8.0` (seconds of one turn, or of the way there and back)",
        ),
        (false, true) if line.seconds_of_beats(1.0, 0.0).is_none() => findings.add(
            NO_TEMPO,
            shape.key_span("beats"),
            "beats need a tempo, and the song has none",
            "no tempo",
            "add bpm to [song], or write `period` in seconds",
        ),
        _ => {}
    }
    let mut end = |key: &str| {
        let written = shape.key(key);
        written
            .exists()
            .then(|| time_of(written, line, findings))
            .flatten()
    };
    if let (Some(from), Some(to)) = (end("from"), end("to"))
        && to <= from
    {
        findings.add(
            TIME_ORDER,
            shape.key("to").span(),
            format!("the movement stops, at {to:.3} s, before it starts, at {from:.3} s"),
            "too early",
            "`to` is later than `from`",
        );
    }
}
