//! Whether loudspeakers surround the listener.

use crate::geometry::Direction;

/// A direction seen from which every one of `speakers` is in front (dot product above 0.01, so about
/// half a degree inside the hemisphere), or `None` if the listener is inside their convex hull or on
/// its surface.
///
/// The point of the hull closest to the listener is approached step by step (Gilbert 1966); it is such
/// a direction if there is one. `speakers` must not be empty.
pub(super) fn all_on_one_side(speakers: &[Direction]) -> Option<Direction> {
    /// Within this of the listener, the hull is taken to hold it.
    const INSIDE: f64 = 0.01;
    /// Far more than the method needs: its error falls with 1/steps.
    const MOST_STEPS: usize = 4000;
    let mut nearest = *speakers.first()?;
    for _ in 0..MOST_STEPS {
        let distance = nearest.norm();
        if distance < INSIDE {
            return None;
        }
        let towards = nearest / distance;
        let behind = speakers
            .iter()
            .min_by(|a, b| a.dot(&towards).total_cmp(&b.dot(&towards)))?;
        if behind.dot(&towards) > INSIDE {
            return Some(towards);
        }
        // The point of the segment from `nearest` to `behind` that is closest to the listener.
        let step = behind - nearest;
        let along = (-nearest.dot(&step) / step.norm_squared()).clamp(0.0, 1.0);
        nearest += step * along;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::find;

    fn directions(name: &str) -> Vec<Direction> {
        find(name)
            .expect("built in")
            .speakers
            .iter()
            .filter(|speaker| !speaker.lfe)
            .map(|speaker| speaker.direction())
            .collect()
    }

    #[test]
    fn rooms_surround_and_front_layouts_do_not() {
        for name in [
            "4+7+0",
            "22.2",
            "cube-8",
            "0+5+0",
            "dome-19",
            "0+4+0",
            "ring8-pairs",
        ] {
            assert_eq!(all_on_one_side(&directions(name)), None, "{name}");
        }
        for name in ["0+2+0", "2+3+0", "0+1+0"] {
            let side = all_on_one_side(&directions(name)).expect(name);
            for speaker in directions(name) {
                assert!(speaker.dot(&side) > 0.01, "{name}: {speaker} {side}");
            }
        }
    }
}
