//! The channels of a layout as the gain calculators of ITU-R BS.2127 see them: where they really stand, where
//! their label says, and where in the room cube.

use super::bs2127::{self, System};
use crate::geometry::{Direction, direction, polar_to_cartesian};
use crate::layout::Layout;

/// A channel, LFE included, in the order of its layout.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Loudspeaker {
    /// ITU-R BS.2051 label ("M+030").
    pub(super) label: String,
    /// A low-frequency channel: never panned into.
    pub(super) lfe: bool,
    /// Where it really stands: azimuth and elevation in degrees, and the unit vector there.
    pub(super) real: (f64, f64),
    pub(super) direction: Direction,
    /// Where BS.2051 puts the label, if the layout is one of its systems; else where it really stands.
    pub(super) nominal: (f64, f64),
    pub(super) nominal_direction: Direction,
    /// Its place in the room cube (x right, y front, z up, walls at ±1), if it has one.
    pub(super) cube: Option<[f64; 3]>,
}

/// The channels of `layout` in order.
pub(super) fn loudspeakers(layout: &Layout) -> Vec<Loudspeaker> {
    let nominal = bs2127::nominal(layout);
    let cubes = cubes(layout);
    let channels = layout.speakers.iter().zip(nominal).zip(cubes);
    channels
        .map(|((speaker, nominal), cube)| {
            let (azimuth, elevation, _) = speaker.polar();
            Loudspeaker {
                label: speaker.label.clone(),
                lfe: speaker.lfe,
                real: (azimuth, elevation),
                direction: direction(azimuth, elevation),
                nominal,
                nominal_direction: direction(nominal.0, nominal.1),
                cube,
            }
        })
        .collect()
}

/// Places in the room cube: those in the layout's file; if a loudspeaker has none there and the layout is a
/// system of BS.2051, those of the system.
fn cubes(layout: &Layout) -> Vec<Option<[f64; 3]>> {
    let complete = layout.speakers.iter().all(|s| s.lfe || s.room.is_some());
    let system = System::of(layout).filter(|_| !complete);
    let room = |channel: usize| match &system {
        Some(system) => system.standard().speakers[system.twins()[channel]?].room,
        None => layout.speakers[channel].room,
    };
    let speakers = layout.speakers.iter().enumerate();
    speakers
        .map(|(channel, speaker)| match speaker.label.as_str() {
            "M+SC" | "M-SC" => room(channel).map(|_| at_screen(speaker.polar().0)),
            "LFE1" if speaker.lfe => Some([-1.0, 1.0, -1.0]),
            "LFE2" if speaker.lfe => Some([1.0, 1.0, -1.0]),
            _ => room(channel),
        })
        .collect()
}

/// The place of a loudspeaker beside the screen follows from where it really stands (BS.2127, 7.3.9): on the
/// front wall or, beyond 30 degrees, a side wall.
fn at_screen(azimuth_deg: f64) -> [f64; 3] {
    let on_wall = |x: f64| {
        if (x.abs() - 1.0).abs() < 1e-10 {
            x.signum()
        } else {
            x
        }
    };
    let [x, y, _] = polar_to_cartesian(azimuth_deg, 0.0, 1.0);
    [on_wall(x), on_wall(y), 0.0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Position;
    use crate::layout;

    #[test]
    fn screen_loudspeakers_stand_on_the_wall_where_they_really_are() {
        let mut layout = layout::find("4+9+0").expect("a built-in name").clone();
        for speaker in layout
            .speakers
            .iter_mut()
            .filter(|s| s.label.ends_with("SC"))
        {
            let azimuth = if speaker.label == "M+SC" { 12.0 } else { -40.0 };
            speaker.position = Position::Polar {
                azimuth,
                elevation: 0.0,
                distance: 1.0,
            };
        }
        let cubes: Vec<_> = loudspeakers(&layout)
            .iter()
            .filter(|s| s.label.ends_with("SC"))
            .filter_map(|s| s.cube)
            .collect();
        let [[x, y, _], [right_x, right_y, _]] = cubes[..] else {
            panic!("{cubes:?}");
        };
        assert!(
            y.total_cmp(&1.0).is_eq() && -0.5 < x && x < -0.3,
            "{cubes:?}"
        );
        assert!(
            right_x.total_cmp(&1.0).is_eq() && 0.5 < right_y && right_y < 1.0,
            "{cubes:?}"
        );
    }

    #[test]
    fn a_system_of_bs2051_needs_no_places_in_its_file() {
        let standard = layout::find("4+7+0").expect("a built-in name");
        let mut layout = standard.clone();
        for speaker in &mut layout.speakers {
            speaker.room = None;
        }
        let same = |a: &Loudspeaker, b: &Loudspeaker| a.cube == b.cube;
        let pairs = || {
            loudspeakers(&layout)
                .into_iter()
                .zip(loudspeakers(&standard))
        };
        assert!(pairs().all(|(a, b)| same(&a, &b)));
        layout.speakers[0].label = "Left".to_owned();
        assert!(
            loudspeakers(&layout)[0].cube.is_none(),
            "no system any more"
        );
    }
}
