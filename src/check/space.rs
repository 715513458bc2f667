//! Where things are heard: what leaps, what loudspeakers cannot place, what leaves the room empty.

use std::path::Path;

use crate::error::{Finding, Severity};
use crate::layout::Layout;
use crate::offline::{Course, ObjectCourse, PairCourse};
use crate::panner::stereo::pan_gains;
use crate::scene::{Object, State};
use crate::units::{Frames, SampleRate};

/// A rule about the room. Once released a number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceRule {
    /// Its number.
    pub code: &'static str,
    /// How much breaking it matters.
    pub severity: Severity,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// Why.
    pub reason: &'static str,
}

const OUTSIDE: SpaceRule = SpaceRule {
    code: "U301",
    severity: Severity::Note,
    sentence: "Objects are no higher or lower than the loudspeakers of an output reach.",
    reason: "What is above or below all loudspeakers is heard at the nearest of them.",
};
const LEAP: SpaceRule = SpaceRule {
    code: "U302",
    severity: Severity::Note,
    sentence: "An object turns by at most 90 degrees from one block to the next.",
    reason: "A leap across the room is heard as a cut; a movement needs keyframes or blocks on its way.",
};
const CANCELLED: SpaceRule = SpaceRule {
    code: "U303",
    severity: Severity::Warning,
    sentence: "Folded down to stereo, no stereo stem loses more than 3 dB by cancellation.",
    reason: "Most listeners hear the fold-down; sides that meet in one loudspeaker there must not be each other's inverse.",
};
const FRONTAL: SpaceRule = SpaceRule {
    code: "U304",
    severity: Severity::Note,
    sentence: "Of a mix of several objects at least a hundredth of the energy comes from the sides, behind or above.",
    reason: "A mix that stays between the front loudspeakers is not what immersive formats are bought for.",
};

/// Every rule, in order of number.
pub const SPACE_RULES: &[SpaceRule] = &[OUTSIDE, LEAP, CANCELLED, FRONTAL];

/// How far beyond the loudspeakers an object may be, in degrees: positions are rounded, and layers are not exact.
const REACH_DEG: f64 = 10.0;

/// A turn of more than this from one block to the next is a leap, in degrees.
const LEAP_DEG: f64 = 90.0;

/// A move that takes longer is no leap, in seconds.
const MOVE_S: f64 = 0.05;

/// What comes from within these angles comes from in front.
const FRONT_DEG: f64 = 45.0;
const LEVEL_DEG: f64 = 15.0;

/// Share of the energy from elsewhere below which a mix is frontal.
const ELSEWHERE: f64 = 0.01;

/// Most that a fold-down may lose of a stem, in dB.
const FOLD_DB: f64 = 3.0;

/// Objects of a mix that could be somewhere else.
const SEVERAL: usize = 4;

fn finding(rule: SpaceRule, path: &Path, message: String, help: &str) -> Finding {
    Finding::of_file(rule.code, rule.severity, path, message, help)
}

/// Elevation in degrees of a place, and its distance.
fn elevation([x, y, z]: [f64; 3]) -> (f64, f64) {
    let distance = (x * x + y * y + z * z).sqrt();
    (z.atan2(x.hypot(y)).to_degrees(), distance)
}

/// Angle in degrees between two places; `None` if one is where the listener is.
fn turn(a: [f64; 3], b: [f64; 3]) -> Option<f64> {
    let ((_, length_a), (_, length_b)) = (elevation(a), elevation(b));
    if length_a < 0.05 || length_b < 0.05 {
        return None;
    }
    let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    Some(
        (product / (length_a * length_b))
            .clamp(-1.0, 1.0)
            .acos()
            .to_degrees(),
    )
}

/// What of an object's way is odd.
#[derive(Debug, Default)]
struct Way {
    /// Leaps: how many, and the first: when, and how far.
    leaps: usize,
    first: Option<(Frames, f64)>,
    /// Lowest and highest elevation.
    elevations: Option<(f64, f64)>,
}

impl Way {
    fn of(object: &mut Object, rate: SampleRate, length: Frames) -> Self {
        let mut way = Self::default();
        let mut before: Option<[f64; 3]> = None;
        while let Some(block) = object.blocks.next_block() {
            if block.start > length {
                break;
            }
            let State::Object(state) = &block.state else {
                before = None;
                continue;
            };
            let vector = state.position.vector();
            let place = [vector.x, vector.y, vector.z];
            let (height, distance) = elevation(place);
            if distance > 0.05 {
                let (low, high) = way.elevations.unwrap_or((height, height));
                way.elevations = Some((low.min(height), high.max(height)));
            }
            let moves_s = (block.ramp.end - block.ramp.start) / f64::from(rate.0);
            let turned = before.and_then(|before| turn(before, place));
            if let Some(turned) = turned.filter(|turned| *turned > LEAP_DEG && moves_s < MOVE_S) {
                way.leaps += 1;
                way.first.get_or_insert((block.start, turned));
            }
            before = Some(place);
        }
        way
    }
}

/// Checks where the objects of a programme are: leaps, and what the layouts of its outputs, each with its name, cannot
/// place. The blocks of the objects are taken.
pub fn check_ways(
    path: &Path,
    objects: &mut [Object],
    rate: SampleRate,
    length: Frames,
    layouts: &[(&str, &Layout)],
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut heights = Vec::new();
    for object in objects {
        let way = Way::of(object, rate, length);
        if let Some((at, turned)) = way.first {
            let more = match way.leaps {
                1 => String::new(),
                leaps => format!(", the first of {leaps} such leaps"),
            };
            let message = format!(
                "\"{}\" turns by {turned:.0} degrees at once at {:.2} s{more}",
                object.name,
                rate.seconds_at(at)
            );
            let help = "if it is meant to move there, give it keyframes on the way";
            found.push(finding(LEAP, path, message, help));
        }
        if let Some(elevations) = way.elevations {
            heights.push((object.name.clone(), elevations));
        }
    }
    for (name, layout) in layouts {
        let speakers = layout.speakers.iter().filter(|speaker| !speaker.lfe);
        let (low, high) = speakers.fold((f64::MAX, f64::MIN), |(low, high), speaker| {
            let (_, elevation, _) = speaker.polar();
            (low.min(elevation), high.max(elevation))
        });
        // A layer above is enough for what is straight above, as one below is for what is below.
        let above = |height: f64| high < REACH_DEG && height > high + REACH_DEG;
        let below = |height: f64| low > -REACH_DEG && height < low - REACH_DEG;
        for (word, side) in [("above", &above as &dyn Fn(f64) -> bool), ("below", &below)] {
            let beyond: Vec<&str> = heights
                .iter()
                .filter(|(_, (low, high))| side(*low) || side(*high))
                .map(|(name, _)| name.as_str())
                .collect();
            let Some(first) = beyond.first() else {
                continue;
            };
            let who = match beyond.len() {
                1 => format!("\"{first}\" is"),
                count => format!("\"{first}\" and {} more are", count - 1),
            };
            let message = format!("{who} {word} all loudspeakers of the output \"{name}\"");
            let help = "there they are heard at the height of the loudspeakers";
            found.push(finding(OUTSIDE, path, message, help));
        }
    }
    found.sort_by_key(|finding| finding.code);
    found
}

/// Checks from where the energy of a programme comes, and what of it a fold-down loses.
pub fn check_course(path: &Path, course: &Course) -> Vec<Finding> {
    let mut found: Vec<Finding> = course
        .pairs
        .iter()
        .filter_map(|pair| {
            let lost = fold_loss_db(course, pair).filter(|lost| *lost > FOLD_DB)?;
            let message = format!(
                "\"{}\" loses {lost:.1} dB when it is folded down to stereo: its sides meet there and cancel",
                pair.name
            );
            let help = "place its sides to the left and right of the middle, or turn one of them over";
            Some(finding(CANCELLED, path, message, help))
        })
        .collect();
    found.extend(frontal(path, course));
    found
}

/// What two loudspeakers at 30 degrees play less of a stereo stem than its sides have together, in dB; `None` if it is
/// silent. What is behind is folded to the front; between the loudspeakers the power is constant.
fn fold_loss_db(course: &Course, pair: &PairCourse) -> Option<f64> {
    let [left, right] = pair.sides.map(|side| &course.objects[side]);
    let (mut kept, mut all) = (0.0, 0.0);
    for (column, product) in pair.products.iter().enumerate() {
        let power = |side: &ObjectCourse| {
            let level = side.levels_db.get(column).copied().flatten();
            level.map_or(0.0, |db| 10.0_f64.powf(db / 10.0))
        };
        let gains = |side: &ObjectCourse| {
            let [x, y, _] = side.places.get(column).copied().flatten()?;
            Some(pan_gains(x.atan2(y.abs()).to_degrees() / 30.0))
        };
        let (Some(a), Some(b)) = (gains(left), gains(right)) else {
            continue;
        };
        let sum = power(left) + power(right);
        all += sum;
        kept += sum + 2.0 * (a[0] * b[0] + a[1] * b[1]) * product;
    }
    (all > 0.0).then(|| -10.0 * (kept / all).max(1e-12).log10())
}

/// Whether a mix of several objects stays in front.
fn frontal(path: &Path, course: &Course) -> Vec<Finding> {
    let mut all = 0.0;
    let mut elsewhere = 0.0;
    let mut sounding = 0;
    for object in &course.objects {
        let mut own = 0.0;
        for (place, level) in object.places.iter().zip(&object.levels_db) {
            let (Some(place), Some(level)) = (place, level) else {
                continue;
            };
            let power = 10.0_f64.powf(level / 10.0);
            own += power;
            let [x, y, _] = *place;
            let is_level = elevation(*place).0.abs() <= LEVEL_DEG;
            let is_front = x.atan2(y).abs().to_degrees() <= FRONT_DEG;
            if !(is_level && is_front) {
                elsewhere += power;
            }
        }
        sounding += usize::from(own > 0.0);
        all += own;
    }
    if sounding < SEVERAL || all <= 0.0 || elsewhere / all >= ELSEWHERE {
        return Vec::new();
    }
    let message = format!(
        "{:.1} % of the energy of {sounding} objects comes from the sides, behind or above",
        100.0 * elsewhere / all
    );
    let help = "is it meant to be a stereo mix? Places, movements and returns fill the room";
    vec![finding(FRONTAL, path, message, help)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_angles_at_the_listener() {
        let close = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-9;
        assert!(close(turn([0.0, 1.0, 0.0], [1.0, 0.0, 0.0]), 90.0));
        assert!(close(turn([0.0, 2.0, 0.0], [0.0, -0.1, 0.0]), 180.0));
        assert_eq!(turn([0.0; 3], [0.0, 1.0, 0.0]), None);
    }

    fn course(places: &[[f64; 3]]) -> Course {
        let object = |place: &[f64; 3]| ObjectCourse {
            name: "A".to_owned(),
            colour: None,
            is_bed: false,
            places: vec![Some(*place); 10],
            levels_db: vec![Some(-20.0); 10],
        };
        Course {
            seconds: 1.0,
            objects: places.iter().map(object).collect(),
            pairs: Vec::new(),
        }
    }

    #[test]
    fn a_frontal_mix_of_several_objects_is_told() {
        let front = [0.3, 1.0, 0.0];
        let found = check_course(Path::new("a.toml"), &course(&[front; 4]));
        assert_eq!(found[0].code, "U304");
        for more in [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 1.0, 0.5]] {
            let places = [front, front, front, more];
            assert!(check_course(Path::new("a.toml"), &course(&places)).is_empty());
        }
        assert!(check_course(Path::new("a.toml"), &course(&[front; 3])).is_empty());
    }
}
