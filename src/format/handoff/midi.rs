//! A tempo map as a Standard MIDI File: one track with tempo, metre and markers, which every workstation reads.

use super::Project;

/// Ticks of a quarter note.
const TICKS: u16 = 960;

/// The slowest tempo that the format has, in quarters a minute: three bytes of microseconds a quarter.
pub const SLOWEST: f64 = 60e6 / 16_777_215.0;

/// The bytes of a MIDI file of type 1 with the tempo map of `project`.
pub fn tempo_map(project: &Project) -> Vec<u8> {
    let mut events: Vec<(u64, Vec<u8>)> = Vec::new();
    let title = project.title.as_bytes();
    events.push((0, meta(0x03, &title[..title.len().min(127)])));
    let (beats, unit) = project.meter;
    let power = u8::try_from(unit.max(1).ilog2()).unwrap_or(2);
    let beats = u8::try_from(beats).unwrap_or(4);
    events.push((0, meta(0x58, &[beats, power, 24, 8])));
    let clock = Clock::new(project);
    for mark in &project.tempo {
        let microseconds = (60e6 / mark.quarters_per_minute)
            .round()
            .clamp(1.0, 16_777_215.0);
        let [_, rest @ ..] = (microseconds as u32).to_be_bytes();
        events.push((clock.ticks(mark.at_s), meta(0x51, &rest)));
    }
    for marker in &project.markers {
        let name = marker.name.as_bytes();
        let text = &name[..name.len().min(127)];
        events.push((clock.ticks(marker.at_s), meta(0x06, text)));
    }
    events.sort_by_key(|(at, _)| *at);
    let mut track = Vec::new();
    let mut before = 0;
    let end = clock.ticks(project.length_s);
    for (at, event) in events {
        variable(&mut track, at - before);
        track.extend(event);
        before = at;
    }
    variable(&mut track, end.saturating_sub(before));
    track.extend([0xff, 0x2f, 0]);
    let mut file = b"MThd\0\0\0\x06\0\x01\0\x01".to_vec();
    file.extend(TICKS.to_be_bytes());
    file.extend(b"MTrk");
    file.extend((track.len() as u32).to_be_bytes());
    file.extend(track);
    file
}

/// From seconds to ticks along the tempo map.
struct Clock<'a> {
    project: &'a Project,
}

impl<'a> Clock<'a> {
    fn new(project: &'a Project) -> Self {
        Self { project }
    }

    fn ticks(&self, at_s: f64) -> u64 {
        (quarters(self.project, at_s) * f64::from(TICKS))
            .round()
            .max(0.0) as u64
    }
}

/// Quarter notes from the start to a moment; 120 a minute where no tempo is known.
pub(super) fn quarters(project: &Project, at_s: f64) -> f64 {
    let mut quarters = 0.0;
    let mut since = 0.0;
    let mut tempo = project
        .tempo
        .first()
        .map_or(120.0, |mark| mark.quarters_per_minute);
    for mark in &project.tempo {
        if mark.at_s >= at_s {
            break;
        }
        quarters += (mark.at_s - since) * tempo / 60.0;
        since = mark.at_s;
        tempo = mark.quarters_per_minute;
    }
    quarters + (at_s - since) * tempo / 60.0
}

fn meta(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut event = vec![0xff, kind];
    variable(&mut event, content.len() as u64);
    event.extend(content);
    event
}

/// A number in groups of seven bits, highest first.
fn variable(out: &mut Vec<u8>, number: u64) {
    let number = number.min(0x0fff_ffff);
    let groups = (0..4)
        .rev()
        .map(|group| (number >> (7 * group) & 0x7f) as u8);
    let mut begun = false;
    for (left, group) in (0..4).rev().zip(groups) {
        begun |= group != 0 || left == 0;
        if begun {
            out.push(group | if left > 0 { 0x80 } else { 0 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Marker, TempoMark};
    use super::*;

    #[test]
    fn numbers_are_packed_as_the_format_has_them() {
        // Examples of the MIDI 1.0 file specification.
        for (number, bytes) in [
            (0, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x81, 0]),
            (0x2000, &[0xc0, 0]),
            (0x1f_ffff, &[0xff, 0xff, 0x7f]),
            (0x0fff_ffff, &[0xff, 0xff, 0xff, 0x7f]),
        ] {
            let mut out = Vec::new();
            variable(&mut out, number);
            assert_eq!(out, bytes, "{number:#x}");
        }
    }

    #[test]
    fn markers_stand_on_their_beats_across_a_change_of_tempo() {
        let project = Project {
            title: "T".to_owned(),
            rate: 48_000,
            length_s: 10.0,
            tempo: vec![
                TempoMark {
                    at_s: 0.0,
                    quarters_per_minute: 120.0,
                },
                TempoMark {
                    at_s: 4.0,
                    quarters_per_minute: 60.0,
                },
            ],
            meter: (4, 4),
            markers: vec![Marker {
                name: "drop".to_owned(),
                at_s: 6.0,
            }],
            tracks: Vec::new(),
            groups: Vec::new(),
            master: Vec::new(),
        };
        assert!((quarters(&project, 6.0) - 10.0).abs() < 1e-9);
        let file = tempo_map(&project);
        let at = file.windows(4).position(|w| w == b"drop").unwrap();
        // Two quarters after the tempo change: 1920 ticks, then the marker event of four bytes of text.
        assert_eq!(file[at - 5..at], [0x8f, 0, 0xff, 6, 4]);
    }
}
