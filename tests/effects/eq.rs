//! The equaliser against analogue prototypes, through the impulse response of built chains.

use umbel::dsp::shape::Shape;
use umbel::units::Frames;

use crate::measure::{
    RATE, beside_tone_db, chain, entries, response_db, run, run_in_blocks, sine, whole_hz,
};

const FLAT: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// The worst deviation in dB of a chain from the product of prototypes, where that is above -60 dB.
fn deviation(text: &str, prototypes: &[(Shape, f64)]) -> f64 {
    let hz = whole_hz();
    response_db(text, &hz, 10.0)
        .iter()
        .zip(&hz)
        .map(|(found, hz)| {
            let power: f64 = prototypes.iter().map(|(s, f0)| s.power(hz / f0)).product();
            let ideal = 10.0 * power.log10();
            if ideal > -60.0 {
                (found - ideal).abs()
            } else {
                0.0
            }
        })
        .fold(0.0, f64::max)
}

#[test]
fn every_key_is_the_filter_it_names() {
    let steep = |q: f64| (Shape::HighPass { q }, 1000.0);
    for (eq, prototypes, limit_db) in [
        (
            "bell = [[100, 2, 0.7]]",
            vec![(
                Shape::Bell {
                    gain_db: 2.0,
                    q: 0.7,
                },
                100.0,
            )],
            0.01,
        ),
        (
            "bell = [[10000, -6, 3]]",
            vec![(
                Shape::Bell {
                    gain_db: -6.0,
                    q: 3.0,
                },
                10_000.0,
            )],
            0.12,
        ),
        (
            "bell = [[3000, 4]]",
            vec![(
                Shape::Bell {
                    gain_db: 4.0,
                    q: FLAT,
                },
                3000.0,
            )],
            0.05,
        ),
        (
            "low-shelf = [120, 3]",
            vec![(
                Shape::LowShelf {
                    gain_db: 3.0,
                    q: FLAT,
                },
                120.0,
            )],
            0.01,
        ),
        (
            "high-shelf = [10000, 6]",
            vec![(
                Shape::HighShelf {
                    gain_db: 6.0,
                    q: FLAT,
                },
                10_000.0,
            )],
            0.03,
        ),
        (
            "high-shelf = [8000, -4, 0.5]",
            vec![(
                Shape::HighShelf {
                    gain_db: -4.0,
                    q: 0.5,
                },
                8000.0,
            )],
            0.05,
        ),
        ("hp = 100", vec![(Shape::HighPass { q: FLAT }, 100.0)], 0.01),
        (
            "hp = 10000",
            vec![(Shape::HighPass { q: FLAT }, 10_000.0)],
            0.05,
        ),
        ("hp = 100, slope = 6", vec![(Shape::HighPass1, 100.0)], 0.01),
        (
            "hp = 1000, slope = 18",
            vec![(Shape::HighPass1, 1000.0), steep(1.0)],
            0.02,
        ),
        (
            "hp = 1000, slope = 24",
            vec![steep(0.541_196), steep(1.306_563)],
            0.02,
        ),
        (
            "hp = 1000, slope = 48",
            vec![
                steep(0.509_796),
                steep(0.601_345),
                steep(0.899_976),
                steep(2.562_915),
            ],
            0.02,
        ),
        ("lp = 5000", vec![(Shape::LowPass { q: FLAT }, 5000.0)], 0.2),
        (
            "notch = [[1000, 8]]",
            vec![(Shape::Notch { q: 8.0 }, 1000.0)],
            0.05,
        ),
        (
            "tilt = -3",
            vec![(Shape::Tilt { gain_db: -3.0 }, 1000.0)],
            0.05,
        ),
        (
            "hp = 30, bell = [[100, 2, 0.7]], high-shelf = [8000, 2]",
            vec![
                (Shape::HighPass { q: FLAT }, 30.0),
                (
                    Shape::Bell {
                        gain_db: 2.0,
                        q: 0.7,
                    },
                    100.0,
                ),
                (
                    Shape::HighShelf {
                        gain_db: 2.0,
                        q: FLAT,
                    },
                    8000.0,
                ),
            ],
            0.03,
        ),
    ] {
        let found = deviation(&format!("[{{ eq = {{ {eq} }} }}]"), &prototypes);
        assert!(
            found <= limit_db,
            "{eq}: {found} dB off, {limit_db} dB are allowed"
        );
    }
}

#[test]
fn linear_phase_has_the_same_curves_without_any_shift() {
    for (eq, prototypes, limit_db) in [
        (
            "hp = 30, bell = [[100, 2, 0.7]]",
            vec![
                (Shape::HighPass { q: FLAT }, 30.0),
                (
                    Shape::Bell {
                        gain_db: 2.0,
                        q: 0.7,
                    },
                    100.0,
                ),
            ],
            0.02,
        ),
        (
            "bell = [[12000, -9, 3]]",
            vec![(
                Shape::Bell {
                    gain_db: -9.0,
                    q: 3.0,
                },
                12_000.0,
            )],
            0.01,
        ),
        (
            "high-shelf = [10000, 6]",
            vec![(
                Shape::HighShelf {
                    gain_db: 6.0,
                    q: FLAT,
                },
                10_000.0,
            )],
            0.01,
        ),
        (
            "lp = 9000",
            vec![(Shape::LowPass { q: FLAT }, 9000.0)],
            0.05,
        ),
    ] {
        let text = format!("[{{ eq = {{ {eq}, linear-phase = true }} }}]");
        let found = deviation(&text, &prototypes);
        assert!(
            found <= limit_db,
            "{eq}: {found} dB off, {limit_db} dB are allowed"
        );
        assert!(chain(&text, 1).latency().0 > 512, "{eq}");
        // What comes out of an impulse is the same to both sides of it.
        let mut impulse = vec![0.0; 96_000];
        impulse[48_000] = 0.5;
        let out = run(&text, &impulse);
        let largest = (1..40_000)
            .map(|n| (out[48_000 - n] - out[48_000 + n]).abs())
            .fold(0.0, f32::max);
        assert!(largest < 1e-7, "{eq}: the sides differ by {largest}");
    }
}

#[test]
fn two_db_at_100_hz_and_minus_two_at_400_hz_are_that() {
    for (db, hz) in [(2.0, 100.0), (-2.0, 400.0)] {
        let found = response_db(
            &format!("[{{ eq = {{ bell = [[{hz}, {db}, 0.7]] }} }}]"),
            &[hz],
            10.0,
        )[0];
        assert!((found - db).abs() <= 0.02, "{found} dB");
    }
}

#[test]
fn an_empty_equaliser_changes_nothing() {
    let input = sine(997.0, -3.0, 0.5);
    for text in [
        "[]",
        "[{ eq = {} }]",
        "[{ eq = { hp = 500, bypass = true } }]",
    ] {
        assert_eq!(run(text, &input), input, "{text}");
    }
}

/// A sweep leaves nothing beside the tone.
#[test]
fn moving_filters_do_not_zip() {
    // Parameter, from, to: over one second on a steady 1 kHz.
    for (eq, parameter, to, limit_db) in [
        ("bell = [[500, 9, 1]]", "bell.1.hz", 4000.0, -80.0),
        ("bell = [[1000, -12, 1]]", "bell.1.db", 12.0, -100.0),
        ("bell = [[1200, 12, 0.5]]", "bell.1.q", 4.0, -80.0),
        ("hp = 20", "hp", 2000.0, -80.0),
        ("hp = 40, slope = 48", "hp", 800.0, -80.0),
        ("lp = 18000", "lp", 700.0, -80.0),
        ("high-shelf = [2000, -9]", "high-shelf.db", 9.0, -80.0),
        ("low-shelf = [300, 9]", "low-shelf.hz", 3000.0, -80.0),
        ("tilt = -6", "tilt", 6.0, -80.0),
    ] {
        let mut chain = chain(&format!("[{{ eq = {{ {eq} }} }}]"), 1);
        let tone = sine(1000.0, -6.0, 2.0);
        run_in_blocks(&mut chain, &[tone[..24_000].to_vec()], 1000);
        let index = chain.parameters(0).iter().position(|p| p.name == parameter);
        chain.set(0, index.unwrap(), to, Frames(48_000));
        let out = run_in_blocks(&mut chain, &[tone[24_000..72_000].to_vec()], 1000);
        let found = beside_tone_db(&out[0], 1000.0, 200.0);
        assert!(found <= limit_db, "{eq}, {parameter} to {to}: {found} dB");
    }
}

#[test]
fn a_moved_filter_ends_as_one_built_there() {
    let mut moved = chain("[{ eq = { bell = [[500, 9, 1]] } }]", 1);
    let names: Vec<String> = moved.parameters(0).iter().map(|p| p.name.clone()).collect();
    assert_eq!(names, ["bell.1.hz", "bell.1.db", "bell.1.q"]);
    for (index, value, frames) in [(0, 2000.0, 777), (1, -4.0, 100), (2, 2.0, 0)] {
        moved.set(0, index, value, Frames(frames));
    }
    let silence = vec![0.0; 1000];
    run_in_blocks(&mut moved, &[silence], 13);
    let tone = sine(1500.0, -6.0, 0.2);
    let one = run_in_blocks(&mut moved, std::slice::from_ref(&tone), 64);
    let other = run_in_blocks(
        &mut chain("[{ eq = { bell = [[2000, -4, 2]] } }]", 1),
        &[tone],
        64,
    );
    assert_eq!(one, other);
}

#[test]
fn impossible_filters_are_refused_with_their_limits() {
    for (text, place, help) in [
        ("[{ eq = { hp = 24000 } }]", "[0].eq.hp", "1 to 23520 Hz"),
        (
            "[{ eq = {} }, { eq = { notch = [[100], [30000]] } }]",
            "[1].eq.notch[1][0]",
            "23520",
        ),
    ] {
        let faults =
            umbel::effect::Chain::build(&entries(text), umbel::effect::Setup::strip(RATE, 2))
                .unwrap_err();
        let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(
            said.len() == 1 && said[0].starts_with(place),
            "{text}: {said:?}"
        );
        assert!(said[0].contains(help), "{text}: {said:?}");
    }
}
