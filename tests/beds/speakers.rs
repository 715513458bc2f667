//! Channels made for loudspeakers.

use assert_no_alloc::assert_no_alloc;
use serde_json::Value;
use umbel::layout::{Layout, Screen};
use umbel::panner::GainCalculator;
use umbel::scene::{
    Bounded, DirectSpeakers, LockHorizontal, LockVertical, ScreenEdgeLock, SpeakerPosition,
};

use super::{calculator, golden, read};

fn bounded(value: &Value) -> Bounded {
    match value.as_f64() {
        Some(value) => value.into(),
        None => Bounded {
            value: value["value"].as_f64().unwrap(),
            min: value["min"].as_f64(),
            max: value["max"].as_f64(),
        },
    }
}

fn channel(keys: &Value) -> DirectSpeakers {
    let labels = keys["labels"].as_array().unwrap().iter();
    let lock = &keys["screen_edge_lock"];
    DirectSpeakers {
        labels: labels
            .map(|label| label.as_str().unwrap().to_owned())
            .collect(),
        position: match keys.get("x") {
            Some(x) => SpeakerPosition::Cartesian {
                x: bounded(x),
                y: bounded(&keys["y"]),
                z: bounded(&keys["z"]),
            },
            None => SpeakerPosition::Polar {
                azimuth: bounded(&keys["azimuth"]),
                elevation: bounded(&keys["elevation"]),
                distance: bounded(&keys["distance"]),
            },
        },
        low_pass: keys["low_pass"].as_f64(),
        high_pass: keys["high_pass"].as_f64(),
        pack: keys["pack"].as_str().map(str::to_owned),
        screen_edge_lock: ScreenEdgeLock {
            horizontal: lock["horizontal"].as_str().map(|side| match side {
                "left" => LockHorizontal::Left,
                _ => LockHorizontal::Right,
            }),
            vertical: lock["vertical"].as_str().map(|side| match side {
                "top" => LockVertical::Top,
                _ => LockVertical::Bottom,
            }),
        },
        reference_screen: Screen::default(),
        gain: 1.0,
    }
}

/// The largest difference of a gain from what is `expected`; says so and panics if it is above 1e-6.
fn compare(
    (layout, calculator): &mut (Layout, GainCalculator),
    keys: &Value,
    expected: &Value,
) -> f64 {
    let channel = channel(keys);
    let mut gains = vec![f64::NAN; layout.channels()];
    assert_no_alloc(|| calculator.speaker(&channel, &mut gains));
    let mut worst = 0.0_f64;
    for (speaker, found) in layout.speakers.iter().zip(&gains) {
        let expected = expected[&speaker.label].as_f64().unwrap_or(0.0);
        let difference = (found - expected).abs();
        assert!(
            difference < 1e-6,
            "{} {}: {found}, not {expected}, for {keys}",
            layout.name,
            speaker.label
        );
        worst = worst.max(difference);
    }
    worst
}

/// Compares all cases; returns their number and the largest difference.
fn compare_cases(cases: &Value) -> (usize, f64) {
    let mut at_hand = calculator("0+5+0");
    let mut worst = 0.0_f64;
    let cases = cases.as_array().unwrap();
    for case in cases {
        let system = case[0].as_str().unwrap();
        if at_hand.0.name != system {
            at_hand = calculator(system);
        }
        worst = worst.max(compare(&mut at_hand, &case[1], &case[2]));
    }
    (cases.len(), worst)
}

/// Compares every channel of the common packs on every system.
fn compare_packs(packs: &Value) -> (usize, f64) {
    let mut systems = super::SYSTEMS.map(|name| (name, calculator(name)));
    let (mut count, mut worst) = (0, 0.0_f64);
    for pack in packs.as_array().unwrap() {
        for alike in pack[1].as_array().unwrap() {
            for name in alike[0].as_array().unwrap() {
                let mut systems = systems.iter_mut();
                let system = systems.find(|(known, _)| name == known).unwrap();
                worst = worst.max(compare(&mut system.1, &pack[0], &alike[1]));
                count += 1;
            }
        }
    }
    (count, worst)
}

#[test]
fn channels_of_common_packs_play_as_in_the_reference_renderer() {
    let (count, worst) = compare_packs(&golden("speakers.json")["packs"]);
    println!("{count} channels on systems, largest difference {worst:.2e}");
    assert!(count > 1000, "{count}");
}

#[test]
fn labels_bounds_and_places_play_as_in_the_reference_renderer_without_allocating() {
    let (count, worst) = compare_cases(&golden("speakers.json")["cases"]);
    println!("{count} cases, largest difference {worst:.2e}");
    assert!(count > 200, "{count}");
}

/// For as many cases as one likes: `python3 tests/data/ear/speakers.py FILE COUNT` writes them, and
/// `UMBEL_CASES=FILE cargo test --test beds -- --ignored --nocapture` compares.
#[test]
#[ignore = "needs a file of cases"]
fn cases_of_a_file_play_as_in_the_reference_renderer() {
    let cases = read(&std::env::var("UMBEL_CASES").unwrap());
    for (count, worst) in [
        compare_packs(&cases["packs"]),
        compare_cases(&cases["cases"]),
    ] {
        println!("{count} cases, largest difference {worst:.2e}");
    }
}
