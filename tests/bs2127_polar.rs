//! Promise: on the layouts of ITU-R BS.2051, points and polar extents have the gains of the EBU ADM Renderer;
//! every direction is heard, nothing jumps, left mirrors right.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use umbel::geometry::Position;
use umbel::layout::{self, Layout};
use umbel::panner::bs2127::{Polar, SYSTEMS, System};
use umbel::panner::{self, Panner};
use umbel::scene::Extent;

const POINT: Extent = Extent {
    width: 0.0,
    height: 0.0,
    depth: 0.0,
};

fn polar(azimuth: f64, elevation: f64, distance: f64) -> Position {
    Position::Polar {
        azimuth,
        elevation,
        distance,
    }
}

fn gains(panner: &dyn Panner, position: Position, extent: Extent) -> Vec<f64> {
    let mut gains = vec![f64::NAN; panner.channels()];
    panner.gains(position, extent, &mut gains);
    gains
}

fn systems() -> Vec<(Layout, Polar)> {
    let system = |name: &&str| {
        let layout = layout::find(name).unwrap();
        let panner = Polar::new(&layout).unwrap();
        (layout, panner)
    };
    SYSTEMS.iter().map(system).collect()
}

fn power(gains: &[f64]) -> f64 {
    gains.iter().map(|g| g * g).sum()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

/// Directions all over the sphere, about `step` degrees apart, and the poles.
fn sphere(step: usize) -> impl Iterator<Item = (f64, f64)> {
    (-90..=90).step_by(step).flat_map(move |elevation: i32| {
        let elevation = f64::from(elevation);
        let count = (360.0 / step as f64 * elevation.to_radians().cos()).ceil();
        (0..(count.max(1.0) as i32))
            .map(move |i| (f64::from(i) * 360.0 / count.max(1.0), elevation))
    })
}

/// A layout of `tests/data/ear/point.json`: its channels in the file's order.
fn layout_of(case: &Value) -> (Layout, Vec<usize>) {
    let mut layout = layout::find(case["layout"].as_str().unwrap()).unwrap();
    for (label, angles) in case["moved"].as_object().unwrap() {
        let speaker = layout.speakers.iter_mut().find(|s| s.label == *label);
        speaker.unwrap().position = polar(
            angles[0].as_f64().unwrap(),
            angles[1].as_f64().unwrap(),
            1.0,
        );
    }
    let channel = |label: &Value| {
        let label = label.as_str().unwrap();
        layout.speakers.iter().position(|s| s.label == label)
    };
    let channels = case["channels"].as_array().unwrap().iter();
    let order = channels.map(|label| channel(label).unwrap()).collect();
    (layout, order)
}

#[test]
fn gains_are_those_of_the_ebu_renderer() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/ear/point.json");
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut compared = [0, 0];
    for case in &cases {
        let (layout, order) = layout_of(case);
        let panner = panner::build(&layout).unwrap();
        for (k, (list, tolerance)) in [("points", 1e-6), ("extents", 1e-5)].iter().enumerate() {
            for row in case[list].as_array().unwrap() {
                let row: Vec<f64> = row
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|v| v.as_f64().unwrap())
                    .collect();
                let (place, expected) = row.split_at(row.len() - order.len());
                let (position, extent) = match *place {
                    [azimuth, elevation] => (polar(azimuth, elevation, 1.0), POINT),
                    [azimuth, elevation, distance, width, height, depth] => (
                        polar(azimuth, elevation, distance),
                        Extent {
                            width,
                            height,
                            depth,
                        },
                    ),
                    _ => panic!("{row:?}"),
                };
                let found = gains(&*panner, position, extent);
                for (&channel, expected) in order.iter().zip(expected) {
                    assert!(
                        (found[channel] - expected).abs() < *tolerance,
                        "{} {} at {place:?}: {} and not {expected}",
                        layout.name,
                        layout.speakers[channel].label,
                        found[channel]
                    );
                }
                compared[k] += 1;
            }
        }
    }
    assert!(compared[0] > 1200 && compared[1] > 200, "{compared:?}");
}

#[test]
fn any_order_of_channels_gives_the_same_gains() {
    for (layout, panner) in systems() {
        let mut turned = layout.clone();
        turned.speakers.rotate_left(1);
        turned.name = "mine".to_owned();
        let other = panner::build(&turned).unwrap();
        for (azimuth, elevation) in sphere(15) {
            for width in [0.0, 30.0] {
                let extent = Extent { width, ..POINT };
                let mut expected = gains(&panner, polar(azimuth, elevation, 1.0), extent);
                expected.rotate_left(1);
                let found = gains(&*other, polar(azimuth, elevation, 1.0), extent);
                assert!(
                    distance(&found, &expected) < 1e-6,
                    "{} {azimuth} {elevation}",
                    layout.name
                );
            }
        }
    }
}

#[test]
fn every_direction_is_heard_at_full_level() {
    for (layout, panner) in systems() {
        for (azimuth, elevation) in sphere(2) {
            let found = gains(&panner, polar(azimuth, elevation, 1.0), POINT);
            let context = format!("{} at {azimuth} {elevation}: {found:?}", layout.name);
            assert!(
                found.iter().all(|g| g.is_finite() && *g >= 0.0),
                "{context}"
            );
            for (speaker, gain) in layout.speakers.iter().zip(&found) {
                assert!(!speaker.lfe || *gain <= 0.0, "{context}");
            }
            // Stereo falls by 3 dB towards the back.
            let least = if layout.name == "0+2+0" { 0.5 } else { 1.0 };
            let power = power(&found);
            assert!(power > least - 1e-12 && power < 1.0 + 1e-12, "{context}");
        }
    }
}

#[test]
fn stereo_falls_to_3_db_less_at_the_back() {
    let panner = Polar::new(&layout::find("0+2+0").unwrap()).unwrap();
    let level = |azimuth: f64| power(&gains(&panner, polar(azimuth, 0.0, 1.0), POINT));
    for azimuth in [0.0, 30.0, -17.0] {
        assert!((level(azimuth) - 1.0).abs() < 1e-12, "{azimuth}");
    }
    for azimuth in [180.0, 110.0, -140.0] {
        assert!((level(azimuth) - 0.5).abs() < 1e-12, "{azimuth}");
    }
    let found = gains(&panner, polar(90.0, 0.0, 1.0), POINT);
    assert!(
        (found[0] - 0.780007).abs() < 1e-6 && found[1] < 1e-12,
        "{found:?}"
    );
}

#[test]
fn a_point_at_a_loudspeaker_is_that_loudspeaker_alone() {
    for (layout, panner) in systems() {
        for (channel, speaker) in layout.speakers.iter().enumerate() {
            let found = gains(&panner, speaker.position, POINT);
            for (other, gain) in found.iter().enumerate() {
                if !speaker.lfe {
                    let expected = f64::from(u8::from(other == channel));
                    assert!(
                        (gain - expected).abs() < 1e-9,
                        "{} {}",
                        layout.name,
                        speaker.label
                    );
                }
            }
        }
    }
}

#[test]
fn left_mirrors_right() {
    for (layout, panner) in systems() {
        let mirrored: Vec<usize> = layout
            .speakers
            .iter()
            .map(|s| {
                let label = match s.label.as_bytes()[1] {
                    b'+' if !s.label.ends_with("000") && !s.label.ends_with("180") => {
                        s.label.replace('+', "-")
                    }
                    b'-' => s.label.replace('-', "+"),
                    _ => s.label.clone(),
                };
                layout
                    .speakers
                    .iter()
                    .position(|s| s.label == label)
                    .unwrap()
            })
            .collect();
        for (azimuth, elevation) in sphere(5) {
            for (size, tolerance) in [(0.0, 1e-9), (4.0, 1e-6), (70.0, 1e-6), (300.0, 1e-6)] {
                let extent = Extent {
                    width: size,
                    height: size / 2.0,
                    depth: 0.0,
                };
                let left = gains(&panner, polar(azimuth, elevation, 1.0), extent);
                let right = gains(&panner, polar(-azimuth, elevation, 1.0), extent);
                for (channel, &other) in mirrored.iter().enumerate() {
                    assert!(
                        (left[channel] - right[other]).abs() < tolerance,
                        "{} at {azimuth} {elevation}, {size} wide: {left:?} {right:?}",
                        layout.name
                    );
                }
            }
        }
    }
}

#[test]
fn moving_points_do_not_jump() {
    for (layout, panner) in systems() {
        let mut worst: f64 = 0.0;
        let mut walk = |places: &mut dyn Iterator<Item = (f64, f64)>| {
            let mut before: Option<Vec<f64>> = None;
            for (azimuth, elevation) in places {
                let now = gains(&panner, polar(azimuth, elevation, 1.0), POINT);
                if let Some(before) = &before {
                    worst = worst.max(distance(before, &now));
                }
                before = Some(now);
            }
        };
        for elevation in [
            -75.0, -45.0, -30.0, -15.0, 0.0, 3.0, 15.0, 30.0, 45.0, 60.0, 80.0,
        ] {
            walk(&mut (0..=7200).map(|i| (f64::from(i) * 0.05, elevation)));
        }
        for azimuth in [
            0.0, 15.0, 30.0, 45.0, 60.0, 90.0, 110.0, 135.0, 160.0, 180.0,
        ] {
            walk(&mut (-1800..=1800).map(|i| (azimuth, f64::from(i) * 0.05)));
        }
        // The steepest pan is between loudspeakers 15 degrees apart: 0.173 per degree at most.
        assert!(worst < 0.0095, "{}: {worst} in 0.05 degrees", layout.name);
    }
}

#[test]
fn sizes_and_distances_do_not_jump() {
    for (layout, panner) in systems() {
        for (azimuth, elevation) in [(0.0, 0.0), (77.0, 12.0), (-140.0, -50.0), (10.0, 90.0)] {
            let sized = |size: f64| {
                let extent = Extent {
                    width: size,
                    height: 0.7 * size,
                    depth: size / 720.0,
                };
                gains(&panner, polar(azimuth, elevation, 1.0), extent)
            };
            let far = |distance: f64| gains(&panner, polar(azimuth, elevation, distance), POINT);
            for step in 0..720 {
                let at = f64::from(step) / 2.0;
                let moved = distance(&sized(at), &sized(at + 0.5));
                assert!(
                    moved < 0.1,
                    "{} {azimuth} {elevation}: {moved} at size {at}",
                    layout.name
                );
                let at = f64::from(step) / 600.0;
                let moved = distance(&far(at), &far(at + 1.0 / 600.0));
                assert!(
                    moved < 0.1,
                    "{} {azimuth} {elevation}: {moved} at distance {at}",
                    layout.name
                );
            }
        }
    }
}

#[test]
fn no_position_and_no_extent_is_refused() {
    let numbers = [
        0.0,
        -0.0,
        1e-300,
        1e-12,
        0.05,
        1.0,
        -1.0,
        77.0,
        400.0,
        1e30,
        f64::MAX,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    for (layout, panner) in systems() {
        for (i, &a) in numbers.iter().enumerate() {
            for &b in &numbers {
                let c = numbers[i * 5 % numbers.len()];
                for position in [
                    polar(a, b, c),
                    polar(b, a, 1.0),
                    Position::Cartesian { x: a, y: b, z: c },
                ] {
                    for extent in [
                        POINT,
                        Extent {
                            width: b,
                            height: c,
                            depth: a,
                        },
                    ] {
                        let found = gains(&panner, position, extent);
                        let power = power(&found);
                        assert!(
                            found.iter().all(|g| *g >= 0.0)
                                && power > 0.5 - 1e-6
                                && power < 1.0 + 1e-6,
                            "{} {position:?} {extent:?}: {found:?}",
                            layout.name
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn loudspeakers_moved_as_far_as_allowed_leave_no_silence() {
    // Some of these the EBU renderer cannot pan everywhere: M+090 may even stand behind M+135.
    for name in SYSTEMS {
        for corner in 0..16_u32 {
            let mut layout = layout::find(name).unwrap();
            for (i, speaker) in layout.speakers.iter_mut().enumerate() {
                let (mut azimuth, mut elevation, _) = speaker.polar();
                let upper = |bit: u32| corner >> ((i as u32 + bit) % 4) & 1 == 1;
                if let Some(range) = speaker
                    .azimuth_range
                    .filter(|_| !speaker.label.ends_with("SC"))
                {
                    azimuth = if upper(0) { range.max } else { range.min };
                }
                if let Some(range) = speaker.elevation_range {
                    elevation = if upper(1) { range.max } else { range.min };
                }
                speaker.position = polar(azimuth, elevation, 1.0);
            }
            assert_eq!(System::of(&layout).map(|s| s.name()), Some(name));
            let panner = Polar::new(&layout).unwrap();
            for (azimuth, elevation) in sphere(5) {
                let found = gains(&panner, polar(azimuth, elevation, 1.0), POINT);
                assert!(
                    power(&found) > 0.5 - 1e-12 && found.iter().all(|g| *g >= 0.0),
                    "{name} moved {corner}, at {azimuth} {elevation}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn only_the_layouts_of_bs2051_are_panned_so() {
    let built_in = |name: &str| layout::find(name).unwrap();
    for name in ["0+4+0", "2+7+0", "dolby-9.1.6", "dome-19"] {
        assert!(Polar::new(&built_in(name)).is_none(), "{name}");
    }
    // Dolby's 7.1.4 stands within the ranges of 4+7+0.
    assert!(Polar::new(&built_in("dolby-7.1.4")).is_some());
    let mut layout = built_in("4+7+0");
    layout.speakers[8].position = polar(45.0, 60.0, 1.0);
    assert!(Polar::new(&layout).is_none());
    // What is panned in another way still is.
    let found = gains(
        &*panner::build(&layout).unwrap(),
        polar(45.0, 60.0, 1.0),
        POINT,
    );
    assert!((found[8] - 1.0).abs() < 1e-9, "{found:?}");
}
