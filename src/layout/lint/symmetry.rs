//! Left and right (U420).

use super::super::Layout;
use super::super::rules::angle_deg;
use super::{Remark, place_of, speakers};
use crate::error::Severity;
use crate::geometry::Direction;

/// Mirrored speakers may differ by this much.
const SYMMETRY_DEG: f64 = 1.0;
/// A speaker farther than this from the mirrored place of another is not meant as its partner.
const PARTNER_DEG: f64 = 20.0;
/// With more uneven pairs than this, symmetry was not meant: one remark says so.
const MOST_UNEVEN: usize = 6;

/// U420: a speaker whose mirror image is no speaker.
pub(super) fn asymmetry(layout: &Layout) -> Vec<Remark> {
    let speakers = speakers(layout);
    let mut remarks = Vec::new();
    for &(channel, speaker, direction) in &speakers {
        let image = mirrored(direction);
        let nearest = speakers
            .iter()
            .map(|&(other, partner, there)| (angle_deg(image, there), other, partner))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((off_deg, other, partner)) = nearest else {
            continue;
        };
        if off_deg <= SYMMETRY_DEG {
            continue;
        }
        let (message, help) = if off_deg > PARTNER_DEG {
            (
                format!("{} has no counterpart on the other side", place_of(speaker)),
                "sounds will lean towards the side with more speakers".to_owned(),
            )
        } else if other == channel {
            (
                format!(
                    "{} is {:.1} degrees off the middle",
                    place_of(speaker),
                    off_deg / 2.0
                ),
                "the middle is azimuth 0 or 180".to_owned(),
            )
        } else if other > channel {
            (
                format!(
                    "{} and {} are not mirror images: {off_deg:.1} degrees off",
                    place_of(speaker),
                    place_of(partner)
                ),
                "images will lean to one side".to_owned(),
            )
        } else {
            continue; // Said with the other one of the pair.
        };
        remarks.push(Remark {
            code: "U420",
            severity: Severity::Warning,
            channel: Some(channel),
            label: "no mirror image",
            message,
            help,
        });
    }
    if remarks.len() > MOST_UNEVEN {
        let uneven = speakers
            .iter()
            .filter(|(_, _, here)| {
                let image = mirrored(*here);
                let mut others = speakers.iter();
                !others.any(|(_, _, there)| angle_deg(image, *there) <= SYMMETRY_DEG)
            })
            .count();
        remarks = vec![Remark {
            code: "U420",
            severity: Severity::Warning,
            channel: None,
            label: "",
            message: format!(
                "the layout is not symmetric: {uneven} of {} speakers have no mirror image",
                speakers.len()
            ),
            help: "images may lean to one side".to_owned(),
        }];
    }
    remarks
}

fn mirrored(direction: Direction) -> Direction {
    Direction::new(-direction.x, direction.y, direction.z)
}
