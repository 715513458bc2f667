//! When stems are silent: mutes and solos, as switches that may move, become levels.

use super::movement;
use super::rules;
use super::schema::{GroupKeys, StemKeys, Switch};
use super::time::TimeLine;
use crate::mix::{GainCurve, GainPoint};
use crate::scene::Curve;
use crate::units::{Decibels, Frames, SampleRate};

/// Seconds in which a mute or solo comes and goes.
const FADE_SECONDS: f64 = 0.005;

/// Whether a stem sounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sounding {
    /// From start to end.
    Always,
    /// Nowhere.
    Never,
    /// At times.
    AtTimes(GainCurve),
}

/// A switch and the frames at which it changes.
#[derive(Debug, Clone, Default)]
struct Course {
    /// (frame, state from there on), the first at frame 0.
    changes: Vec<(u64, bool)>,
}

impl Course {
    fn of(switch: &Switch, line: &TimeLine) -> Self {
        let changes = match switch {
            Switch::Always(on) => vec![(0, *on)],
            Switch::Keyframes(keyframes) => keyframes
                .iter()
                .enumerate()
                .map(|(index, keyframe)| {
                    // The first state holds before, too.
                    let at = if index == 0 {
                        0
                    } else {
                        movement::frame(&keyframe.at, line).0
                    };
                    (at, keyframe.value)
                })
                .collect(),
        };
        Self { changes }
    }

    fn at(&self, frame: u64) -> bool {
        let next = self.changes.partition_point(|(at, _)| *at <= frame);
        next.checked_sub(1).is_some_and(|last| self.changes[last].1)
    }

    fn is_ever_on(&self) -> bool {
        self.changes.iter().any(|(_, on)| *on)
    }
}

/// The switches of one strip.
#[derive(Debug, Clone, Default)]
struct Switches {
    mute: Course,
    solo: Course,
}

impl Switches {
    fn of(mute: &Switch, solo: &Switch, line: &TimeLine) -> Self {
        Self {
            mute: Course::of(mute, line),
            solo: Course::of(solo, line),
        }
    }
}

/// When each of `stems` sounds, in their order.
pub(super) fn of(
    stems: &[StemKeys],
    groups: &[GroupKeys],
    line: &TimeLine,
    rate: SampleRate,
) -> Vec<Sounding> {
    let of_stems: Vec<Switches> = stems
        .iter()
        .map(|stem| Switches::of(&stem.mute, &stem.solo, line))
        .collect();
    let of_groups: Vec<Switches> = groups
        .iter()
        .map(|group| Switches::of(&group.mute, &group.solo, line))
        .collect();
    let solos: Vec<&Course> = of_stems
        .iter()
        .chain(&of_groups)
        .map(|switches| &switches.solo)
        .filter(|solo| solo.is_ever_on())
        .collect();
    let fade = rate.frame_at(FADE_SECONDS).0.max(1);
    stems
        .iter()
        .zip(&of_stems)
        .map(|(stem, own)| {
            let group = stem.group.as_ref();
            let group = group.and_then(|name| groups.iter().position(|g| g.name == *name));
            let none = Switches::default();
            let group = group.map_or(&none, |index| &of_groups[index]);
            let mut times: Vec<u64> = [&own.mute, &own.solo, &group.mute, &group.solo]
                .into_iter()
                .chain(solos.iter().copied())
                .flat_map(|course| course.changes.iter().map(|(at, _)| *at))
                .chain([0])
                .collect();
            times.sort_unstable();
            times.dedup();
            let sounds = |at: u64| {
                let mute = (own.mute.at(at), group.mute.at(at));
                let solo = (own.solo.at(at), group.solo.at(at));
                let any_solo = solos.iter().any(|solo| solo.at(at));
                rules::silenced(mute, solo, any_solo).is_none()
            };
            let mut changes: Vec<(u64, bool)> = times.iter().map(|&at| (at, sounds(at))).collect();
            changes.dedup_by_key(|(_, sounds)| *sounds);
            match changes.as_slice() {
                [(_, true)] => Sounding::Always,
                [(_, false)] => Sounding::Never,
                changes => Sounding::AtTimes(fades(changes, fade)),
            }
        })
        .collect()
}

/// The level of what `switch` mutes; `None` if it never does.
pub(super) fn of_switch(switch: &Switch, line: &TimeLine, rate: SampleRate) -> Option<GainCurve> {
    let mut changes = Course::of(switch, line).changes;
    changes.iter_mut().for_each(|(_, on)| *on = !*on);
    changes.dedup_by_key(|(_, sounds)| *sounds);
    match changes.as_slice() {
        [] | [(_, true)] => None,
        [(_, false)] => Some(GainCurve::constant(Decibels(f64::NEG_INFINITY))),
        changes => Some(fades(changes, rate.frame_at(FADE_SECONDS).0.max(1))),
    }
}

/// A level of 0 dB or silence with straight fades that begin where the state changes.
fn fades(changes: &[(u64, bool)], fade: u64) -> GainCurve {
    let level = |sounds: bool| Decibels(if sounds { 0.0 } else { f64::NEG_INFINITY });
    let point = |at: u64, sounds: bool| GainPoint {
        at: Frames(at),
        level: level(sounds),
        curve: Curve::Linear,
    };
    let mut points = vec![point(0, changes[0].1)];
    for (index, &(at, sounds)) in changes.iter().enumerate().skip(1) {
        let next = changes.get(index + 1).map_or(u64::MAX, |(next, _)| *next);
        points.push(point(at, !sounds));
        points.push(point(at.saturating_add(fade).min(next), sounds));
    }
    GainCurve::new(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_takes_its_time_after_the_change() {
        let curve = fades(
            &[(0, true), (1000, false), (5000, true), (5100, false)],
            240,
        );
        let at = |frame| curve.at(Frames(frame)).0;
        for (frame, gain) in [
            (0, 1.0),
            (1000, 1.0),
            (1120, 0.5),
            (1240, 0.0),
            (4999, 0.0),
            (5050, 0.5),
            (5100, 1.0),
            (5340, 0.0),
            (99_999, 0.0),
        ] {
            assert!((at(frame) - gain).abs() < 1e-9, "{frame}: {}", at(frame));
        }
    }
}
