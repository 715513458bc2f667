//! Which loudspeaker layouts ITU-R BS.2127 renders to: the systems of ITU-R BS.2051.

use crate::layout::{self, AngleRange, Layout, Speaker};

/// The systems, by the name of their built-in layout.
pub const SYSTEMS: [&str; 10] = [
    "0+2+0", "0+5+0", "2+5+0", "4+5+0", "4+5+1", "3+7+0", "4+9+0", "9+10+3", "0+7+0", "4+7+0",
];

/// How far, in degrees, a loudspeaker may stand outside of its range: what `layout::lint` allows too.
const TOLERANCE_DEG: f64 = 0.01;

/// Azimuths between which M+SC and M-SC may not stand, though their range in the file spans them
/// (BS.2127 allows 5 to 25 and 35 to 60 degrees).
const NO_SCREEN_SPEAKER: (f64, f64) = (25.0, 35.0);

/// Azimuth and elevation in degrees.
pub type Angles = (f64, f64);

/// A layout as a system of BS.2051: its loudspeakers have the labels of one of the ten and stand within
/// the ranges allowed there.
///
/// The channels may come in any order. LFEs are not looked at: nothing is ever panned into them, and a
/// room may have any number of subwoofers.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    standard: &'static Layout,
    /// For each channel of the layout, the channel of the standard layout with its label.
    twins: Vec<Option<usize>>,
}

impl System {
    /// The system that `layout` is, or `None` if it has other labels or a loudspeaker stands out of its
    /// range.
    pub fn of(layout: &Layout) -> Option<Self> {
        let loudspeakers = |layout: &Layout| layout.speakers.iter().filter(|s| !s.lfe).count();
        standards().find_map(|standard| {
            let twins = layout.speakers.iter().map(|s| twin(standard, s));
            let twins: Vec<_> = twins.collect();
            let fits = |(speaker, twin): (&Speaker, &Option<usize>)| {
                speaker.lfe || twin.is_some_and(|i| in_range(&standard.speakers[i], speaker))
            };
            let fits = loudspeakers(standard) == loudspeakers(layout)
                && all_differ(layout)
                && layout.speakers.iter().zip(&twins).all(fits);
            fits.then_some(Self { standard, twins })
        })
    }

    /// The system's name in BS.2051: "4+7+0".
    pub fn name(&self) -> &'static str {
        &self.standard.name
    }

    /// For each channel of the layout, the channel of [`Self::standard`] with its label; `None` for an LFE
    /// of another label.
    pub fn twins(&self) -> &[Option<usize>] {
        &self.twins
    }

    /// The built-in layout of the system: every loudspeaker at its nominal position.
    pub fn standard(&self) -> &'static Layout {
        self.standard
    }
}

/// The nominal position of every channel of `layout`: where BS.2051 puts the loudspeaker of this label, if
/// the layout is one of its systems; else where the loudspeaker stands. M+SC and M-SC: 15 degrees
/// (BS.2127), wherever they stand.
pub fn nominal(layout: &Layout) -> Vec<Angles> {
    let system = System::of(layout);
    let angles = |(channel, speaker): (usize, &Speaker)| {
        let twin = system.as_ref().and_then(|system| {
            let twin = system.twins[channel]?;
            Some(&system.standard.speakers[twin])
        });
        let (azimuth, elevation, _) = twin.unwrap_or(speaker).polar();
        (azimuth, elevation)
    };
    layout.speakers.iter().enumerate().map(angles).collect()
}

fn standards() -> impl Iterator<Item = &'static Layout> {
    layout::library()
        .iter()
        .filter(|layout| SYSTEMS.contains(&layout.name.as_str()))
}

/// The channel of `standard` with the label of `speaker`, LFE only with LFE.
fn twin(standard: &Layout, speaker: &Speaker) -> Option<usize> {
    let matches = |s: &Speaker| s.label == speaker.label && s.lfe == speaker.lfe;
    standard.speakers.iter().position(matches)
}

/// Whether every loudspeaker has a label of its own.
fn all_differ(layout: &Layout) -> bool {
    let mut labels: Vec<&str> = layout.speakers.iter().map(|s| s.label.as_str()).collect();
    labels.sort_unstable();
    labels.windows(2).all(|pair| pair[0] != pair[1])
}

/// Whether `speaker` stands where the standard allows the one of its label.
fn in_range(standard: &Speaker, speaker: &Speaker) -> bool {
    let (azimuth, elevation, _) = speaker.polar();
    let (nominal_azimuth, nominal_elevation, _) = standard.polar();
    let only = |angle: f64| AngleRange {
        min: angle,
        max: angle,
    };
    let azimuths = standard.azimuth_range.unwrap_or(only(nominal_azimuth));
    let elevations = standard.elevation_range.unwrap_or(only(nominal_elevation));
    let off_screen = standard.label.ends_with("SC")
        && azimuth.abs() > NO_SCREEN_SPEAKER.0 + TOLERANCE_DEG
        && azimuth.abs() < NO_SCREEN_SPEAKER.1 - TOLERANCE_DEG;
    // Straight up has every azimuth.
    let at_pole = elevation.abs() > 90.0 - TOLERANCE_DEG;
    let elevation_fits =
        elevations.min - TOLERANCE_DEG <= elevation && elevation <= elevations.max + TOLERANCE_DEG;
    elevation_fits && !off_screen && (at_pole || turns_into(azimuth, azimuths))
}

/// Whether an azimuth, by whole turns, lies between the ends of a range.
fn turns_into(azimuth: f64, range: AngleRange) -> bool {
    let span = (range.max - range.min).rem_euclid(360.0) + 2.0 * TOLERANCE_DEG;
    (azimuth - range.min + TOLERANCE_DEG).rem_euclid(360.0) <= span
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Position;

    /// `layout` with one loudspeaker moved.
    fn moved(name: &str, label: &str, azimuth: f64, elevation: f64) -> Layout {
        let mut layout = layout::find(name).expect("a built-in name");
        let speaker = layout.speakers.iter_mut().find(|s| s.label == label);
        speaker.expect("a label of the layout").position = Position::Polar {
            azimuth,
            elevation,
            distance: 1.0,
        };
        layout
    }

    #[test]
    fn each_system_is_found_in_any_order_of_channels() {
        for name in SYSTEMS {
            let mut layout = layout::find(name).expect("a built-in name");
            assert_eq!(System::of(&layout).map(|s| s.name()), Some(name));
            layout.speakers.reverse();
            layout.name = "mine".to_owned();
            let system = System::of(&layout).expect("the same loudspeakers");
            assert_eq!(system.name(), name);
            for (speaker, twin) in layout.speakers.iter().zip(system.twins()) {
                let twin = twin.expect("every label is the standard's");
                assert_eq!(system.standard().speakers[twin].label, speaker.label);
            }
        }
    }

    #[test]
    fn ranges_decide() {
        let cases = [
            ("4+7+0", "U+045", 30.0, 55.0, true),
            ("4+7+0", "U+045", 29.9, 55.0, false),
            ("4+7+0", "U+045", 40.0, 56.0, false),
            ("4+7+0", "M-135", -150.0, 0.0, true),
            ("4+7+0", "M-135", 210.0, 0.0, true),
            ("4+7+0", "M-135", 209.0, 0.0, false),
            ("4+7+0", "M+000", 1.0, 0.0, false),
            ("4+7+0", "M+000", 360.0, 0.005, true),
            ("9+10+3", "M+180", -180.0, 15.0, true),
            ("3+7+0", "UH+180", 12.0, 90.0, true),
            ("3+7+0", "UH+180", 12.0, 89.0, false),
            ("4+9+0", "M+SC", 25.0, 0.0, true),
            ("4+9+0", "M+SC", 26.0, 0.0, false),
            ("4+9+0", "M-SC", -34.0, 0.0, false),
            ("4+9+0", "M-SC", -35.0, 0.0, true),
            ("4+9+0", "M-SC", 35.0, 0.0, false),
            ("0+5+0", "LFE1", 0.0, 0.0, true),
        ];
        for (name, label, azimuth, elevation, allowed) in cases {
            let layout = moved(name, label, azimuth, elevation);
            let found = System::of(&layout).is_some();
            assert_eq!(found, allowed, "{name} {label} at {azimuth} {elevation}");
        }
    }

    #[test]
    fn other_labels_are_no_system() {
        let mut layout = layout::find("4+7+0").expect("a built-in name");
        layout.speakers.retain(|s| s.label != "M+000");
        assert!(System::of(&layout).is_none(), "one is missing");
        let mut layout = layout::find("0+5+0").expect("a built-in name");
        layout.speakers[0].label = "L".to_owned();
        assert!(System::of(&layout).is_none(), "one is called otherwise");
        let mut layout = layout::find("0+5+0").expect("a built-in name");
        layout.speakers[1] = layout.speakers[0].clone();
        assert!(System::of(&layout).is_none(), "one is there twice");
        for name in ["0+4+0", "2+7+0", "dolby-9.1.6", "cube-8"] {
            let layout = layout::find(name).expect("a built-in name");
            assert!(System::of(&layout).is_none(), "{name}");
        }
    }

    #[test]
    fn nominal_positions_are_the_standards_where_it_applies() {
        let layout = moved("0+5+0", "M+110", 100.0, 15.0);
        assert_eq!(nominal(&layout)[4], (110.0, 0.0));
        let layout = moved("0+5+0", "M+110", 99.0, 15.0);
        assert_eq!(nominal(&layout)[4], (99.0, 15.0));
        let layout = moved("4+9+0", "M+SC", 50.0, 0.0);
        assert_eq!(nominal(&layout)[12], (15.0, 0.0));
    }
}
