//! The zones that the Dolby Atmos master ADM profile knows.

use super::xml::number;
use crate::scene::Zone;

/// A zone's name and its corners: smallest and largest x, y and z.
type Known = (&'static str, [f64; 3], [f64; 3]);

const FLOOR: f64 = -0.499;
const CEILING: f64 = 0.499;

const fn level(name: &'static str, x: [f64; 2], y: [f64; 2]) -> Known {
    (name, [x[0], y[0], FLOOR], [x[1], y[1], CEILING])
}

/// By the tables of the profile.
const ZONES: [Known; 11] = [
    level("ZM1", [-1.0, 1.0], [-1.0, -0.41934]),
    level("ZM2L", [-1.0, -0.75806], [-0.41934, 0.83871]),
    level("ZM2R", [0.75806, 1.0], [-0.41934, 0.83871]),
    level("ZM3L", [-1.0, -0.16129], [0.5, 1.0]),
    level("ZM3R", [0.16129, 1.0], [0.5, 1.0]),
    level("ZM3Lss", [-1.0, -0.51611], [-0.707, 0.49999]),
    level("ZM3Rss", [0.51611, 1.0], [-0.707, 0.49999]),
    level("ZM4", [-1.0, 1.0], [-1.0, 0.83871]),
    level("ZM5", [-1.0, 1.0], [0.5, 1.0]),
    ("ZB", [-1.0, -1.0, -1.0], [1.0, 1.0, -0.4995]),
    ("ZT", [-1.0, -1.0, 0.4995], [1.0, 1.0, 1.0]),
];

/// What may be excluded at the ear level: nothing, or just one of these.
const LEVEL_SETS: [&[&str]; 6] = [
    &[],
    &["ZM1"],
    &["ZM2L", "ZM2R"],
    &["ZM3L", "ZM3R", "ZM3Lss", "ZM3Rss"],
    &["ZM4"],
    &["ZM5"],
];

/// Names of the zones if the profile can say all of them; `None` otherwise.
pub(super) fn names(zones: &[Zone]) -> Option<Vec<&'static str>> {
    let names: Vec<&'static str> = zones.iter().map(name).collect::<Option<_>>()?;
    let has = |name: &str| names.contains(&name);
    let level: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !["ZB", "ZT"].contains(name))
        .collect();
    let level_is_known = LEVEL_SETS
        .iter()
        .any(|set| set.len() == level.len() && set.iter().all(|name| level.contains(name)));
    (level_is_known && has("ZB") == has("ZT")).then_some(names)
}

/// Zones in words for people.
pub(super) fn in_words(zones: &[Zone]) -> String {
    let words = zones.iter().map(|zone| match zone {
        Zone::Polar {
            min_azimuth,
            max_azimuth,
            min_elevation,
            max_elevation,
        } => format!(
            "azimuth {} to {}, elevation {} to {}",
            number(*min_azimuth),
            number(*max_azimuth),
            number(*min_elevation),
            number(*max_elevation)
        ),
        Zone::Cartesian { min, max } => {
            let axes = ["x", "y", "z"].iter().zip(min.iter().zip(max));
            let axes =
                axes.map(|(name, (a, b))| format!("{name} {} to {}", number(*a), number(*b)));
            axes.collect::<Vec<_>>().join(", ")
        }
    });
    words.collect::<Vec<_>>().join("; ")
}

fn name(zone: &Zone) -> Option<&'static str> {
    let Zone::Cartesian { min, max } = zone else {
        return None;
    };
    let near = |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    ZONES
        .iter()
        .find(|(_, low, high)| near(low, min) && near(high, max))
        .map(|(name, ..)| *name)
}

/// Smallest and largest corner of a zone by its name.
pub(super) fn corners(name: &str) -> Option<([f64; 3], [f64; 3])> {
    ZONES
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, low, high)| (*low, *high))
}
