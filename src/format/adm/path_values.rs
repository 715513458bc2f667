//! What the objects on the way to a pack say: times, gain, mute, offset, importance.

use super::build::Build;
use super::codes::{ALTERNATIVES, NESTED, OFFSET, TIME};
use super::findings::Findings;
use super::model::{AudioObject, PositionOffset};
use super::select::ObjectPath;
use super::time::Time;
use crate::layout::Screen;

/// The values of one way through programme, content and objects.
#[derive(Debug, Clone)]
pub(super) struct PathValues {
    /// The object played.
    pub(super) object: Option<usize>,
    pub(super) start: Time,
    /// `None`: it has no end.
    pub(super) end: Option<Time>,
    /// Linear gain, product of all.
    pub(super) gain: f64,
    pub(super) mute: bool,
    pub(super) offset: Option<PositionOffset>,
    /// The least of all.
    pub(super) importance: u32,
    pub(super) head_locked: bool,
    pub(super) screen: Screen,
}

impl PathValues {
    /// The values of a file without objects.
    pub(super) fn plain() -> Self {
        Self {
            object: None,
            start: Time::ZERO,
            end: None,
            gain: 1.0,
            mute: false,
            offset: None,
            importance: 10,
            head_locked: false,
            screen: Screen::default(),
        }
    }

    /// The values along `path`. Times are those of the last object; gains multiply, offsets add up, mute
    /// silences all that is inside. `None`, with a finding, if they contradict each other.
    pub(super) fn of(
        build: &mut Build<'_>,
        path: &ObjectPath,
        programme: Option<usize>,
        findings: &mut Findings,
    ) -> Option<Self> {
        let document = build.document;
        let mut values = Self::plain();
        if let Some(programme) = programme {
            values.screen = document.programmes[programme].screen.unwrap_or_default();
        }
        let (&last, outer) = path.objects.split_last()?;
        for &index in outer {
            let object = &document.objects[index];
            if says_values(object) && build.told.insert((NESTED.code, object.head.id.clone())) {
                let message = format!(
                    "audioObject {} has objects inside, and times, a gain, a mute or an offset of its own",
                    object.head.id
                );
                let help = "gain, mute and offset are applied to the objects inside; times are not";
                findings.add(NESTED, object.head.place, message, help);
            }
        }
        let chosen = chosen_sets(build, path, programme);
        for &index in &path.objects {
            let object = &document.objects[index];
            let sets: Vec<usize> = chosen
                .iter()
                .filter(|(object, _)| *object == index)
                .map(|(_, set)| *set)
                .collect();
            if sets.len() > 1 {
                let message = format!(
                    "programme and content choose {} alternative value sets of audioObject {}",
                    sets.len(),
                    object.head.id
                );
                let help = "take all of these references out but one";
                findings.add(ALTERNATIVES, object.head.place, message, help);
                return None;
            }
            let set = sets.first().map(|&set| &object.alternative_sets[set]);
            let gain = set.and_then(|set| set.gain).or(object.gain);
            values.gain *= gain.unwrap_or(1.0);
            values.mute |= set.and_then(|set| set.mute).unwrap_or(object.mute);
            values.head_locked |= object.head_locked;
            values.importance = values.importance.min(object.importance.unwrap_or(10));
            if let Some(offset) = set.and_then(|set| set.offset).or(object.offset) {
                let Some(sum) = add(values.offset, offset) else {
                    let message = format!(
                        "audioObject {} and an object around it have offsets in different forms",
                        object.head.id
                    );
                    let help = "give both as angles and distance, or both as X, Y, Z";
                    findings.add(OFFSET, object.head.place, message, help);
                    return None;
                };
                values.offset = Some(sum);
            }
        }
        let object = &document.objects[last];
        values.object = Some(last);
        values.start = object.start.unwrap_or(Time::ZERO);
        if let Some(duration) = object.duration {
            let Some(end) = values.start.checked_add(duration) else {
                let message = format!(
                    "audioObject {} has times too fine to be added",
                    object.head.id
                );
                findings.add(
                    TIME,
                    object.head.place,
                    message,
                    "use one clock for all times",
                );
                return None;
            };
            values.end = Some(end);
        }
        Some(values)
    }
}

/// True for an object that says more than what is inside it.
fn says_values(object: &AudioObject) -> bool {
    object.start.is_some_and(|start| !start.is_zero())
        || object.gain.is_some()
        || object.mute
        || object.offset.is_some()
        || !object.alternative_sets.is_empty()
}

/// Object and index of the alternative value sets that programme and content choose, each once.
fn chosen_sets(
    build: &Build<'_>,
    path: &ObjectPath,
    programme: Option<usize>,
) -> Vec<(usize, usize)> {
    let document = build.document;
    let of_programme = programme
        .map(|programme| document.programmes[programme].alternatives.as_slice())
        .unwrap_or_default();
    let of_content = path
        .content
        .map(|content| document.contents[content].alternatives.as_slice())
        .unwrap_or_default();
    let mut chosen = [of_programme, of_content].concat();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// The sum of two offsets; `None` if they are of different forms.
fn add(first: Option<PositionOffset>, second: PositionOffset) -> Option<PositionOffset> {
    use PositionOffset::{Cartesian, Polar};
    match (first, second) {
        (None, second) => Some(second),
        (
            Some(Polar {
                azimuth,
                elevation,
                distance,
            }),
            Polar {
                azimuth: a,
                elevation: e,
                distance: d,
            },
        ) => Some(Polar {
            azimuth: azimuth + a,
            elevation: elevation + e,
            distance: distance + d,
        }),
        (Some(Cartesian { x, y, z }), Cartesian { x: a, y: b, z: c }) => Some(Cartesian {
            x: x + a,
            y: y + b,
            z: z + c,
        }),
        _ => None,
    }
}
