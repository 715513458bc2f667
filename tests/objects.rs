//! Objects as ITU-R BS.2127 plays them, against an independent implementation (`tests/data/README.md`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use serde_json::Value;
use umbel::geometry::Position;
use umbel::layout::{self, Layout, Screen};
use umbel::panner::{self, Allocentric, GainCalculator};
use umbel::scene::{
    self, ChannelLock, Divergence, Extent, Features, LockVertical, ObjectState, ScreenEdgeLock,
    Zone,
};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

fn golden(name: &str) -> Value {
    let path = format!("{}/tests/data/ear/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap();
    items.iter().map(|item| item.as_f64().unwrap()).collect()
}

/// Cases as pairs of six numbers: a place and its size.
fn pairs(value: &Value) -> Vec<([f64; 6], [f64; 6])> {
    let six = |value: &Value| <[f64; 6]>::try_from(numbers(value)).unwrap();
    let cases = value.as_array().unwrap();
    cases.iter().map(|c| (six(&c[0]), six(&c[1]))).collect()
}

fn extent([.., width, height, depth]: [f64; 6]) -> Extent {
    Extent {
        width,
        height,
        depth,
    }
}

fn six(position: Position, extent: Extent) -> [f64; 6] {
    let [a, b, c] = match position {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => [azimuth, elevation, distance],
        Position::Cartesian { x, y, z } => [x, y, z],
    };
    [a, b, c, extent.width, extent.height, extent.depth]
}

#[test]
fn positions_and_extents_convert_both_ways() {
    let golden = golden("conversion.json");
    for (polar, room) in pairs(&golden["to_cartesian"]) {
        let [azimuth, elevation, distance, ..] = polar;
        let position = Position::Polar {
            azimuth,
            elevation,
            distance,
        };
        let (position, size) = scene::to_cartesian(position, extent(polar));
        let found = six(position, size);
        for (a, b) in found.iter().zip(room) {
            assert!((a - b).abs() < 1e-9, "{polar:?}: {found:?}, not {room:?}");
        }
    }
    for (room, polar) in pairs(&golden["to_polar"]) {
        let [x, y, z, ..] = room;
        let position = Position::Cartesian { x, y, z };
        let (position, size) = scene::to_polar(position, extent(room));
        let found = six(position, size);
        let turn = (found[0] - polar[0]).rem_euclid(360.0);
        assert!(
            turn.min(360.0 - turn) < 1e-9,
            "{room:?}: azimuth {}, not {}",
            found[0],
            polar[0]
        );
        for (a, b) in found.iter().zip(polar).skip(1) {
            assert!((a - b).abs() < 1e-9, "{room:?}: {found:?}, not {polar:?}");
        }
    }
}

/// Gains of each line on a layout, by the program.
fn gains_of(layout: &str, lines: &[&Value]) -> Vec<[Vec<f64>; 2]> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(["gains", "--layout", layout])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
    text.push(String::new());
    let mut stdin = child.stdin.take().unwrap();
    // Few enough lines to fit in the pipes.
    stdin.write_all(text.join("\n").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{layout}");
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers = answers.lines().map(|line| {
        let answer: Value = serde_json::from_str(line).unwrap();
        ["direct", "diffuse"].map(|path| numbers(&answer[path]))
    });
    answers.collect()
}

/// Compares every case of a file: [line, direct gains, diffuse gains], nothing for all 0.
fn assert_agrees(file: &str, only: impl Fn(&Value) -> bool) {
    let mut compared = 0;
    for (layout, cases) in golden(file).as_object().unwrap() {
        let cases: Vec<&Value> = cases
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| only(&c[0]))
            .collect();
        let lines: Vec<&Value> = cases.iter().map(|case| &case[0]).collect();
        let answers = gains_of(layout, &lines);
        assert_eq!(answers.len(), cases.len(), "{layout}");
        for (case, answer) in cases.iter().zip(answers) {
            for (found, expected) in answer.iter().zip(case.as_array().unwrap().iter().skip(1)) {
                let mut expected = numbers(expected);
                expected.resize(found.len(), 0.0);
                let off = found
                    .iter()
                    .zip(&expected)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f64::max);
                assert!(
                    off < 1e-6,
                    "{layout} {}: {found:?}, not {expected:?}",
                    case[0]
                );
            }
            compared += 1;
        }
    }
    assert!(compared > 80, "{file}: only {compared} cases");
}

#[test]
fn points_and_extents_in_the_room_are_those_of_the_reference() {
    assert_agrees("allocentric.json", |_| true);
}

#[test]
fn all_that_a_polar_object_may_say_is_heard_as_in_the_reference() {
    assert_agrees("objects.json", |line| line.get("azimuth").is_some());
}

#[test]
fn all_that_a_cartesian_object_may_say_is_heard_as_in_the_reference() {
    assert_agrees("objects.json", |line| line.get("x").is_some());
}

fn calculator(layout: &Layout) -> GainCalculator {
    GainCalculator::new(layout, panner::build(layout).unwrap()).unwrap()
}

/// Layouts whose loudspeakers have places in the room.
fn in_room() -> Vec<(&'static Layout, Allocentric)> {
    let layouts = layout::library().iter();
    let found: Vec<_> = layouts
        .filter_map(|l| Some((l, Allocentric::new(l)?)))
        .collect();
    assert!(found.len() >= 21, "{}", found.len());
    found
}

/// Numbers from -1 to 1 in no order.
fn scattered(seed: u32) -> impl Iterator<Item = f64> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 23) - 1.0
    })
}

fn sized([width, height, depth]: [f64; 3]) -> Extent {
    Extent {
        width,
        height,
        depth,
    }
}

#[test]
fn in_the_room_the_power_is_1_whatever_is_left_out() {
    for (layout, mut panner) in in_room() {
        let mut gains = vec![0.0; layout.channels()];
        let mut numbers = scattered(7);
        let mut next = || numbers.next().unwrap();
        for round in 0..400 {
            let at =
                [next(), next(), next()].map(|x| if round % 3 == 0 { x.signum() } else { x * 1.1 });
            let sizes = [next(), next(), next()]
                .map(|x| x.max(0.0) * if round % 5 == 0 { 0.05 } else { 1.2 });
            let mut excluded: Vec<bool> = layout.speakers.iter().map(|_| next() > 0.4).collect();
            panner.widen(&mut excluded);
            match round % 2 {
                0 => panner.gains(at, sized(sizes), &mut gains),
                _ => panner.gains_without(&excluded, at, sized(sizes), &mut gains),
            }
            let power: f64 = gains.iter().map(|g| g * g).sum();
            let what = || format!("{} {at:?} {sizes:?} {excluded:?}: {gains:?}", layout.name);
            assert!((power - 1.0).abs() < 1e-9, "{}", what());
            for ((gain, speaker), out) in gains.iter().zip(&layout.speakers).zip(&excluded) {
                assert!(*gain >= 0.0, "{}", what());
                assert!(!speaker.lfe || *gain <= 0.0, "{}", what());
                assert!(round % 2 == 0 || !out || *gain <= 0.0, "{}", what());
            }
        }
    }
}

#[test]
fn a_mirrored_place_has_mirrored_gains() {
    let mirrored = |label: &str| match label {
        _ if label.ends_with("000") || label.ends_with("180") => label.to_owned(),
        _ if label.contains('+') => label.replace('+', "-"),
        _ => label.replace('-', "+"),
    };
    for (layout, mut panner) in in_room() {
        let mut gains = vec![0.0; layout.channels()];
        let mut other = gains.clone();
        let mut numbers = scattered(11);
        let mut next = || numbers.next().unwrap();
        for round in 0..200 {
            let [x, y, z] = [next(), next(), next()];
            let sizes = match round % 2 {
                0 => [0.0; 3],
                _ => [next(), next(), next()].map(f64::abs),
            };
            panner.gains([x, y, z], sized(sizes), &mut gains);
            panner.gains([-x, y, z], sized(sizes), &mut other);
            for (speaker, gain) in layout.speakers.iter().zip(&gains).filter(|(s, _)| !s.lfe) {
                let twin = mirrored(&speaker.label);
                let twin = layout
                    .speakers
                    .iter()
                    .position(|s| s.label == twin)
                    .unwrap();
                assert!(
                    (gain - other[twin]).abs() < 1e-12,
                    "{} {x} {y} {z} {sizes:?}",
                    layout.name
                );
            }
        }
    }
}

#[test]
fn a_point_moves_without_a_step_and_plays_alone_at_a_loudspeakers_place() {
    for (layout, mut panner) in in_room() {
        let mut gains = vec![0.0; layout.channels()];
        for (channel, speaker) in layout.speakers.iter().enumerate().filter(|(_, s)| !s.lfe) {
            // Places that come from the label, or from a screen loudspeaker's angle, are not in the file.
            if let Some(place) = speaker.room.filter(|_| !speaker.label.ends_with("SC")) {
                panner.gains(place, Extent::default(), &mut gains);
                assert!(
                    (gains[channel] - 1.0).abs() < 1e-12,
                    "{} {}",
                    layout.name,
                    speaker.label
                );
            }
        }
        let mut numbers = scattered(13);
        for _ in 0..40 {
            let mut next = || numbers.next().unwrap();
            let (from, to) = ([next(), next(), next()], [next(), next(), next()]);
            let mut before: Option<Vec<f64>> = None;
            for step in 0..=1000 {
                let way = f64::from(step) / 1000.0;
                let at = [0, 1, 2].map(|axis| from[axis] + (to[axis] - from[axis]) * way);
                panner.gains(at, Extent::default(), &mut gains);
                if let Some(before) = before {
                    let moved = before
                        .iter()
                        .zip(&gains)
                        .map(|(a, b)| (a - b).powi(2))
                        .sum::<f64>();
                    assert!(
                        moved.sqrt() < 0.03,
                        "{}: {} at {at:?}",
                        layout.name,
                        moved.sqrt()
                    );
                }
                before = Some(gains.clone());
            }
        }
    }
}

#[test]
fn without_places_in_the_room_cartesian_objects_are_converted() {
    for name in ["auro-13.1", "dome-19", "cube-8"] {
        let layout = layout::find(name).unwrap();
        let mut calculator = calculator(&layout);
        let [mut room, mut polar, mut diffuse] = [0; 3].map(|_| vec![0.0; layout.channels()]);
        for (place, size) in [
            ([0.3, -0.4, 0.6], [0.0; 3]),
            ([1.0, 1.0, 0.0], [0.2, 0.1, 0.3]),
            ([-2.0, 0.5, 0.0], [0.0, 0.5, 0.5]),
        ] {
            let [x, y, z] = place;
            let position = Position::Cartesian { x, y, z };
            let mut state = ObjectState {
                extent: sized(size),
                ..ObjectState::at(position)
            };
            calculator.object(&state, &mut room, &mut diffuse);
            let [x, y, z] = place.map(|x: f64| x.clamp(-1.0, 1.0));
            let clipped = Position::Cartesian { x, y, z };
            (state.position, state.extent) = scene::to_polar(clipped, state.extent);
            calculator.object(&state, &mut polar, &mut diffuse);
            assert_eq!(room, polar, "{name} {place:?} {size:?}");
        }
    }
}

/// Objects with all features, polar and Cartesian.
fn featured() -> Vec<ObjectState> {
    let features = Features {
        channel_lock: Some(ChannelLock {
            max_distance: Some(0.8),
        }),
        divergence: Some(Divergence {
            value: 0.4,
            azimuth_range: Some(30.0),
            position_range: Some(0.4),
        }),
        zones: vec![
            Zone::Polar {
                min_azimuth: 60.0,
                max_azimuth: 120.0,
                min_elevation: -10.0,
                max_elevation: 10.0,
            },
            Zone::Cartesian {
                min: [-1.0, -1.0, 0.2],
                max: [0.0, 0.0, 1.0],
            },
        ],
        screen_ref: true,
        screen_edge_lock: ScreenEdgeLock {
            horizontal: None,
            vertical: Some(LockVertical::Top),
        },
        reference_screen: Screen {
            width: 40.0,
            ..Screen::default()
        },
    };
    let polar = Position::Polar {
        azimuth: 70.0,
        elevation: 20.0,
        distance: 0.9,
    };
    let room = Position::Cartesian {
        x: -0.7,
        y: 0.1,
        z: 0.4,
    };
    let mut states = Vec::new();
    for position in [polar, room] {
        let mut state = ObjectState::at(position);
        state.diffuse = 0.3;
        states.push(state.clone());
        state.extent = match position {
            Position::Polar { .. } => sized([40.0, 20.0, 0.1]),
            Position::Cartesian { .. } => sized([0.3, 0.1, 0.2]),
        };
        states.push(state.clone());
        state.features = Some(Arc::new(features.clone()));
        states.push(state);
    }
    states
}

#[test]
fn gains_of_objects_are_computed_without_a_single_allocation() {
    for name in [
        "2.0",
        "4+7+0",
        "9+10+3",
        "dolby-9.1.6",
        "dome-19",
        "auro-13.1",
    ] {
        let layout = layout::find(name).unwrap();
        let mut calculator = calculator(&layout);
        let [mut direct, mut diffuse] = [0; 2].map(|_| vec![0.0; layout.channels()]);
        for state in featured() {
            assert_no_alloc(|| calculator.object(&state, &mut direct, &mut diffuse));
            let power: f64 = direct.iter().chain(&diffuse).map(|g| g * g).sum();
            assert!(
                power > 0.4 && power < 1.0 + 1e-9,
                "{name} {state:?}: {power}"
            );
        }
    }
}

#[test]
fn what_came_before_does_not_matter() {
    for name in ["4+7+0", "9+10+3", "dome-19"] {
        let layout = layout::find(name).unwrap();
        let mut used = calculator(&layout);
        let [mut direct, mut diffuse] = [0; 2].map(|_| vec![0.0; layout.channels()]);
        let [mut expected, mut expected_diffuse] = [0; 2].map(|_| vec![0.0; layout.channels()]);
        let states = featured();
        for state in states.iter().chain(states.iter().rev()).chain(&states) {
            used.object(state, &mut direct, &mut diffuse);
            calculator(&layout).object(state, &mut expected, &mut expected_diffuse);
            assert_eq!(
                (&direct, &diffuse),
                (&expected, &expected_diffuse),
                "{name}"
            );
        }
    }
}

#[test]
fn without_a_screen_nothing_depends_on_one() {
    let mut layout = layout::find("4+7+0").unwrap();
    layout.screen = None;
    let mut calculator = calculator(&layout);
    let [mut direct, mut plain, mut diffuse] = [0; 3].map(|_| vec![0.0; layout.channels()]);
    let features = Features {
        screen_ref: true,
        screen_edge_lock: ScreenEdgeLock {
            horizontal: None,
            vertical: Some(LockVertical::Top),
        },
        ..Features::default()
    };
    for state in featured()
        .into_iter()
        .filter(|state| state.features.is_none())
    {
        calculator.object(&state, &mut plain, &mut diffuse);
        let state = ObjectState {
            features: Some(Arc::new(features.clone())),
            ..state
        };
        calculator.object(&state, &mut direct, &mut diffuse);
        let same = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
        assert!(direct.iter().zip(&plain).all(same), "{state:?}");
    }
}
