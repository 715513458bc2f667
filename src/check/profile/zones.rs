//! Rules 124 and 125: the parts of the room that an object keeps out of.

use super::general::name;
use super::report::{Report, quoted};
use super::tree::Element;

/// Zones by name: least and greatest X, Y and Z.
const ZONES: [(&str, [f64; 6]); 11] = [
    ("ZM1", [-1.0, 1.0, -1.0, -0.41934, -0.499, 0.499]),
    ("ZM2L", [-1.0, -0.75806, -0.41934, 0.83871, -0.499, 0.499]),
    ("ZM2R", [0.75806, 1.0, -0.41934, 0.83871, -0.499, 0.499]),
    ("ZM3L", [-1.0, -0.16129, 0.5, 1.0, -0.499, 0.499]),
    ("ZM3R", [0.16129, 1.0, 0.5, 1.0, -0.499, 0.499]),
    ("ZM3Lss", [-1.0, -0.51611, -0.707, 0.49999, -0.499, 0.499]),
    ("ZM3Rss", [0.51611, 1.0, -0.707, 0.49999, -0.499, 0.499]),
    ("ZM4", [-1.0, 1.0, -1.0, 0.83871, -0.499, 0.499]),
    ("ZM5", [-1.0, 1.0, 0.5, 1.0, -0.499, 0.499]),
    ("ZB", [-1.0, 1.0, -1.0, 1.0, -1.0, -0.4995]),
    ("ZT", [-1.0, 1.0, -1.0, 1.0, 0.4995, 1.0]),
];

/// Zones that stand together, those of the whole height apart.
const SETS: [&[&str]; 6] = [
    &[],
    &["ZM1"],
    &["ZM2L", "ZM2R"],
    &["ZM3L", "ZM3Lss", "ZM3R", "ZM3Rss"],
    &["ZM4"],
    &["ZM5"],
];

const BOUNDS: [&str; 6] = ["minX", "maxX", "minY", "maxY", "minZ", "maxZ"];

pub(super) fn check(block: &Element, report: &mut Report) {
    let Some(exclusion) = block.all("zoneExclusion").next() else {
        return;
    };
    let mut names: Vec<&str> = Vec::new();
    for zone in exclusion.all("zone") {
        names.push(&zone.text);
        let known = ZONES.iter().find(|(name, _)| *name == zone.text);
        let fits = known.is_some_and(|(_, bounds)| {
            BOUNDS.iter().zip(bounds).all(|(key, bound)| {
                let value: Option<f64> = zone.attribute(key).and_then(|text| text.parse().ok());
                value.is_some_and(|value| (value - bound).abs() <= 1.001e-5)
            })
        });
        report.need(fits, 124, zone.place, || match known {
            Some(_) => format!(
                "the zone {} of {} has other bounds",
                quoted(&zone.text),
                name(block)
            ),
            None => format!("{} has a zone {}", name(block), quoted(&zone.text)),
        });
    }
    names.sort_unstable();
    let has = |name: &str| names.contains(&name);
    let (bottom, top) = (has("ZB"), has("ZT"));
    let others: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !matches!(*name, "ZB" | "ZT"))
        .collect();
    let heights = names.len() - others.len();
    let is_set = SETS.contains(&others.as_slice()) && bottom == top && matches!(heights, 0 | 2);
    report.need(!names.is_empty() && is_set, 125, exclusion.place, || {
        format!("{} excludes {}", name(block), quoted(&names.join(" ")))
    });
}
