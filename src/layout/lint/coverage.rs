//! Directions without a loudspeaker near (U422, U423).

use super::super::Layout;
use super::super::rules::angle_deg;
use super::super::surround::all_on_one_side;
use super::{Remark, speakers};
use crate::error::Severity;
use crate::geometry::Direction;

/// Phantom images across more than this are unsteady.
const WIDE_GAP_DEG: f64 = 60.0;
/// Speakers whose elevations differ by less belong to one layer.
const LAYER_DEG: f64 = 12.0;

/// U422: all speakers in one half of the space round the listener.
pub(super) fn does_not_surround(layout: &Layout) -> Vec<Remark> {
    let directions: Vec<Direction> = speakers(layout).iter().map(|s| s.2).collect();
    if all_on_one_side(&directions).is_none() {
        return Vec::new();
    }
    let side: Direction = directions.iter().sum();
    let where_to = match (side.x.abs(), side.y.abs(), side.z.abs()) {
        (x, y, z) if z >= x && z >= y => ["above", "below"][usize::from(side.z < 0.0)],
        (x, y, _) if y >= x => ["in front", "behind"][usize::from(side.y < 0.0)],
        _ => ["to the right", "to the left"][usize::from(side.x < 0.0)],
    };
    vec![Remark {
        code: "U422",
        severity: Severity::Warning,
        channel: None,
        label: "",
        message: format!("the layout does not surround the listener: all speakers are {where_to}"),
        help: "sounds from elsewhere are played by the nearest speakers, at full level".to_owned(),
    }]
}

/// U423: neighbours in one layer far apart.
pub(super) fn wide_gaps(layout: &Layout) -> Vec<Remark> {
    let mut by_elevation = speakers(layout);
    by_elevation.sort_by(|a, b| a.1.polar().1.total_cmp(&b.1.polar().1));
    let mut gaps: Vec<(f64, String)> = Vec::new();
    let mut rest = by_elevation.as_slice();
    while let Some((_, lowest, _)) = rest.first() {
        let top = lowest.polar().1 + LAYER_DEG;
        let (layer, above) = rest.split_at(rest.partition_point(|s| s.1.polar().1 < top));
        rest = above;
        if layer.len() < 3 {
            continue;
        }
        let mut ring = layer.to_vec();
        ring.sort_by(|a, b| b.1.polar().0.total_cmp(&a.1.polar().0));
        for (index, here) in ring.iter().enumerate() {
            let next = &ring[(index + 1) % ring.len()];
            // Upper and lower layers need not go all the way round.
            let turn_deg = (here.1.polar().0 - next.1.polar().0).rem_euclid(360.0);
            if turn_deg > 180.0 && here.1.polar().1.abs() > LAYER_DEG {
                continue;
            }
            let gap_deg = angle_deg(here.2, next.2);
            if gap_deg > WIDE_GAP_DEG + 0.01 {
                gaps.push((
                    gap_deg,
                    format!("{} to {} {gap_deg:.0}", here.1.label, next.1.label),
                ));
            }
        }
    }
    if gaps.is_empty() {
        return Vec::new();
    }
    gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
    let more = gaps.len().saturating_sub(6);
    let mut list: Vec<String> = gaps.into_iter().take(6).map(|(_, gap)| gap).collect();
    if more > 0 {
        list.push(format!("and {more} more"));
    }
    vec![Remark {
        code: "U423",
        severity: Severity::Note,
        channel: None,
        label: "",
        message: format!(
            "neighbours more than {WIDE_GAP_DEG} degrees apart: {}",
            list.join(", ")
        ),
        help: "phantom images between them are unsteady".to_owned(),
    }]
}
