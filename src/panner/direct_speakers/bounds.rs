//! Which loudspeakers stand within the bounds that a channel gives for its own.

use crate::panner::loudspeakers::Loudspeaker;
use crate::scene::{Bounded, SpeakerPosition};

/// Degrees, or units of distance, by which bounds are missed in rounding.
const TOLERANCE: f64 = 1e-5;

/// The channel, among those of `speakers` that are LFE or not as `lfe` says, that stands within the bounds
/// of `position` and nearest to it; `None` if there is none or several are as near.
///
/// Polar positions are compared with the nominal positions of loudspeakers at distance 1, Cartesian ones
/// with their places in the room cube.
pub(super) fn nearest_within(
    speakers: &[Loudspeaker],
    position: &SpeakerPosition,
    lfe: bool,
) -> Option<usize> {
    let distances = || {
        speakers
            .iter()
            .enumerate()
            .filter(|(_, speaker)| speaker.lfe == lfe)
            .filter_map(|(channel, speaker)| Some((channel, distance_within(speaker, position)?)))
    };
    let (nearest, least) = distances().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let as_near = |&(_, distance): &(usize, f64)| distance - least < TOLERANCE;
    (distances().filter(as_near).count() == 1).then_some(nearest)
}

/// How far the loudspeaker stands from `position`, if it stands within its bounds.
fn distance_within(speaker: &Loudspeaker, position: &SpeakerPosition) -> Option<f64> {
    match position {
        SpeakerPosition::Polar {
            azimuth,
            elevation,
            distance,
        } => {
            let (nominal_azimuth, nominal_elevation) = speaker.nominal;
            // Straight up and down have every azimuth.
            let turned = nominal_elevation.abs() >= 90.0 - TOLERANCE
                || inside_angles(nominal_azimuth, ends(azimuth));
            let inside = turned
                && strictly_inside(nominal_elevation, ends(elevation))
                && strictly_inside(1.0, ends(distance));
            let at = crate::geometry::direction(azimuth.value, elevation.value) * distance.value;
            inside.then(|| (speaker.nominal_direction - at).norm())
        }
        SpeakerPosition::Cartesian { x, y, z } => {
            let cube = speaker.cube?;
            let mut square = 0.0;
            for (place, bounded) in cube.into_iter().zip([x, y, z]) {
                let (min, max) = ends(bounded);
                if place + TOLERANCE < min || place - TOLERANCE > max {
                    return None;
                }
                square += (place - bounded.value).powi(2);
            }
            Some(square.sqrt())
        }
    }
}

/// Lower and upper bound; where one is missing it is the value.
fn ends(bounded: &Bounded) -> (f64, f64) {
    (
        bounded.min.unwrap_or(bounded.value),
        bounded.max.unwrap_or(bounded.value),
    )
}

fn strictly_inside(value: f64, (min, max): (f64, f64)) -> bool {
    value > min - TOLERANCE && value < max + TOLERANCE
}

/// Whether an azimuth lies in the range from `start` to the left up to `end`. A range of 360 degrees or more
/// is the whole circle, one of 0 a single azimuth.
fn inside_angles(azimuth: f64, (start, end): (f64, f64)) -> bool {
    if !(azimuth.is_finite() && start.is_finite() && end.is_finite()) {
        return false;
    }
    // Full turns are taken off as long as more than one is left: -180 to 180 stays a full circle.
    let mut span = (end - start).rem_euclid(360.0);
    if span < f64::EPSILON && end > start {
        span = 360.0;
    }
    (azimuth - start + TOLERANCE).rem_euclid(360.0) <= span + 2.0 * TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_angles_turn_left() {
        let cases = [
            (30.0, (20.0, 40.0), true),
            (30.0, (40.0, 20.0), false),
            (180.0, (170.0, -170.0), true),
            (-180.0, (170.0, -170.0), true),
            (0.0, (170.0, -170.0), false),
            (77.0, (-180.0, 180.0), true),
            (77.0, (0.0, 360.0), true),
            (77.0, (0.0, 720.0), true),
            (77.0, (-180.0, -180.0), false),
            (-180.0, (180.0, 180.0), true),
            (180.0, (-180.0, -180.0), true),
            (30.0, (30.0, 30.0), true),
            (30.000_009, (30.0, 30.0), true),
            (29.999_991, (30.0, 30.0), true),
            (30.000_02, (30.0, 30.0), false),
            (29.999_98, (30.0, 30.0), false),
            (30.0, (-330.0, -330.0), true),
            (f64::NAN, (0.0, 360.0), false),
            (0.0, (f64::NEG_INFINITY, 5.0), false),
        ];
        for (azimuth, range, expected) in cases {
            assert_eq!(
                inside_angles(azimuth, range),
                expected,
                "{azimuth} in {range:?}"
            );
        }
    }
}
