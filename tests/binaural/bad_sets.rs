//! SOFA files: those that say the same, and those that cannot be used.

use std::path::{Path, PathBuf};

use umbel::format::sofa::{self, Receivers};
use umbel::geometry::{Direction, direction};
use umbel::render::hrtf::{HrtfSet, Measured};

use super::prepared;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/sofa")
        .join(name)
}

#[test]
fn delays_in_the_taps_or_apart_and_either_kind_of_position_are_the_same() {
    let read = |name: &str| sofa::read(&file(name)).unwrap();
    let (taps, facts) = read("sphere_taps.sofa");
    assert_eq!(
        (facts.measurements, facts.taps, taps.rate().0),
        (62, 24, 48_000)
    );
    assert_eq!((facts.delays, facts.licence.as_str()), (None, "CC0"));
    let (delays, facts) = read("sphere_delays.sofa");
    assert_eq!(facts.delays, Some([2.0, 14.0]));
    let (cartesian, _) = read("sphere_cartesian.sofa");
    let (elsewhere, facts) = read("listener_elsewhere.sofa");
    assert!(facts.distance_m.iter().all(|m| (m - 1.2).abs() < 1e-6));
    for (azimuth, elevation) in [(0.0, 0.0), (90.0, 0.0), (-37.0, 20.0), (180.0, -45.0)] {
        let at = direction(azimuth, elevation);
        let expected = prepared(&taps, taps.rate()).taps(&at);
        for other in [&delays, &cartesian, &elsewhere] {
            let found = prepared(other, other.rate()).taps(&at);
            for ear in 0..2 {
                for (a, b) in expected[ear].iter().zip(&found[ear]) {
                    assert!((a - b).abs() < 1e-5, "{azimuth}, {elevation}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn ears_may_come_in_either_order_and_a_wrong_label_is_seen_through() {
    let left = direction(90.0, 0.0);
    for (name, receivers) in [
        ("sphere_taps.sofa", Receivers::LeftFirst),
        ("right_first.sofa", Receivers::RightFirst),
        ("mislabelled.sofa", Receivers::Mislabelled),
    ] {
        let (set, facts) = sofa::read(&file(name)).unwrap();
        assert_eq!(facts.receivers, receivers, "{name}");
        let near = |d: &&Direction| d.dot(&left) > 0.999;
        let at = set.directions().iter().position(|d| near(&d)).unwrap();
        let first = |ear| set.response(ear, at).iter().position(|x| *x != 0.0);
        assert_eq!((first(0), first(1)), (Some(2), Some(14)), "{name}");
    }
}

#[test]
fn files_without_the_layer_of_netcdf_hold_the_same_set() {
    let (expected, _) = sofa::read(&file("sphere_taps.sofa")).unwrap();
    for name in ["plain_earliest.sofa", "plain_latest.sofa"] {
        let (set, facts) = sofa::read(&file(name)).unwrap();
        assert_eq!(
            (facts.title.as_str(), facts.licence.as_str()),
            ("a sphere", "CC0")
        );
        assert_eq!(set.directions().len(), expected.directions().len());
        for (i, direction) in expected.directions().iter().enumerate() {
            assert!((set.directions()[i] - direction).norm() < 1e-6, "{name}");
            for ear in 0..2 {
                assert_eq!(set.response(ear, i), expected.response(ear, i), "{name}");
            }
        }
    }
}

#[test]
fn the_kind_of_position_may_be_written_in_capitals() {
    let mut bytes = std::fs::read(file("plain_earliest.sofa")).unwrap();
    let at = bytes
        .windows(9)
        .position(|word| word == b"spherical")
        .unwrap();
    bytes[at] = b'S';
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capital.sofa");
    std::fs::write(&path, bytes).unwrap();
    let (set, _) = sofa::read(&path).unwrap();
    assert_eq!(set.directions().len(), 62);
}

#[test]
fn of_a_direction_measured_at_two_distances_the_farther_measurement_counts() {
    let at = [
        [0.0, 1.0, 0.0],
        [1.0, 0.0, 0.0],
        [-1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0],
    ];
    let mut positions: Vec<[f64; 3]> = at.iter().map(|p| p.map(|x| 0.3 * x)).collect();
    positions.extend(at);
    positions.extend(at);
    let taps: Vec<f32> = (1..=positions.len()).map(|n| n as f32).collect();
    let set = HrtfSet::new(Measured {
        rate: 48_000,
        positions,
        taps: 1,
        responses: [taps.clone(), taps],
        ..Measured::default()
    })
    .unwrap();
    assert_eq!(set.directions().len(), 4);
    let found: Vec<f32> = (0..4).map(|i| set.response(0, i)[0]).collect();
    assert_eq!(found, [5.0, 6.0, 7.0, 8.0]);
}

#[test]
fn what_was_measured_nearer_or_is_silent_is_left_out() {
    let far = [
        [0.0, 1.5, 0.0],
        [1.5, 0.0, 0.0],
        [-1.5, 0.0, 0.0],
        [0.0, 0.0, 1.5],
        [0.0, -1.5, 0.0],
    ];
    // The same directions from 0.3 m, as well as a turntable finds them again, and one of its own.
    let mut positions: Vec<[f64; 3]> = far.iter().map(|p| p.map(|x| 0.2 * x + 1e-4)).collect();
    positions.push([0.2, 0.2, 0.0]);
    positions.extend(far);
    let count = positions.len();
    let mut left: Vec<f32> = (1..=count).map(|n| n as f32).collect();
    let right = left.clone();
    // Behind, the left ear was not plugged in.
    left[count - 1] = 0.0;
    let set = HrtfSet::new(Measured {
        rate: 48_000,
        positions,
        taps: 1,
        responses: [left, right],
        ..Measured::default()
    })
    .unwrap();
    let found: Vec<f32> = (0..set.directions().len())
        .map(|i| set.response(1, i)[0])
        .collect();
    // From behind only the nearer measurement is left.
    assert_eq!(found, [5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
    assert_eq!(set.silent_measurements(), 1);
}

#[test]
fn a_source_at_the_left_reaches_the_left_ear_first_and_between_directions_delays_lie_between() {
    let (set, _) = sofa::read(&file("sphere_taps.sofa")).unwrap();
    let filters = prepared(&set, set.rate());
    let lead = filters.lead_frames() as f64;
    // Where the energy of the response is, in frames.
    let centre = |taps: &[f64]| {
        let (sum, moment) = taps[..64]
            .iter()
            .enumerate()
            .fold((0.0, 0.0), |(s, m), (n, x)| {
                (s + x * x, m + x * x * n as f64)
            });
        moment / sum - lead
    };
    let [left, right] = filters.taps(&direction(90.0, 0.0));
    assert!((centre(&left) - 2.0).abs() < 0.01 && (centre(&right) - 14.0).abs() < 0.01);
    for azimuth in [9.0_f64, 45.0, 63.0, 117.0] {
        let [left, _] = filters.taps(&direction(azimuth, 0.0));
        let expected = 8.0 - 6.0 * azimuth.to_radians().sin();
        assert!(
            (centre(&left) - expected).abs() < 0.6,
            "{azimuth}: {}",
            centre(&left)
        );
    }
}

#[test]
fn files_that_cannot_be_used_say_why() {
    for (name, words) in [
        ("general_fir.sofa", "\"GeneralFIR\""),
        ("one_ear.sofa", "1 receivers"),
        (
            "nan.sofa",
            "tap 5 of the right ear at measurement 4 is not a number",
        ),
        ("one_direction.sofa", "all positions lie in one direction"),
        ("no_directions.sofa", "no measurements"),
        ("silent_ear.sofa", "the right ear is silent"),
        ("looks_aside.sofa", "ListenerView"),
        ("missing.sofa", "cannot open"),
        ("make.py", "does not begin as an HDF5 file"),
    ] {
        let error = sofa::read(&file(name)).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains(name),
            "{name}: {error}"
        );
    }
}

#[test]
fn cut_and_damaged_files_are_refused_without_a_panic() {
    for name in [
        "sphere_taps.sofa",
        "plain_earliest.sofa",
        "plain_latest.sofa",
    ] {
        cut_and_damage(&std::fs::read(file(name)).unwrap());
    }
}

fn cut_and_damage(whole: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.sofa");
    for share in 1..40 {
        std::fs::write(&path, &whole[..whole.len() * share / 40]).unwrap();
        let error = sofa::read(&path).unwrap_err().to_string();
        assert!(error.contains("cut.sofa"), "{error}");
    }
    // A flipped byte may go unseen, or be refused; it must not stop the program.
    let mut place = 17;
    while place < whole.len() {
        let mut damaged = whole.to_vec();
        damaged[place] ^= 0xA5;
        std::fs::write(&path, &damaged).unwrap();
        let _ = sofa::read(&path);
        place += 97;
    }
}
