//! How loud things are: against the stereo mix, in every room, at every width.

use std::sync::Arc;

use umbel::audio::Block;
use umbel::measure::LoudnessMeter;
use umbel::render::Target;
use umbel::render::binaural::{Headphones, RoomChoice};
use umbel::render::hrtf::Filters;
use umbel::scene::{Extent, Object, ObjectState, RoomMode, StaticBlock};

use super::{RATE, at, default_filters, dry, hear, noise, render, still};

/// Integrated loudness of a pair in LUFS.
fn loudness(pair: &[Vec<f32>; 2]) -> f64 {
    let mut meter = LoudnessMeter::new(RATE, &[1.0, 1.0]);
    let mut block = Block::new(2, pair[0].len());
    block.set_frames(pair[0].len());
    for (row, ear) in block.rows_mut().zip(pair) {
        row.copy_from_slice(ear);
    }
    meter.add(&block);
    meter.integrated().unwrap()
}

/// Pink noise: a sum of one-pole low-passes of white noise (after P. Kellet).
fn pink(frames: usize, seed: u32) -> Vec<f32> {
    let poles = [0.99886, 0.99332, 0.969, 0.8665, 0.55, -0.7616];
    let gains = [
        0.055_517_9,
        0.075_075_9,
        0.153_852,
        0.310_485_6,
        0.532_952_2,
        -0.016_898,
    ];
    let mut state = [0.0_f32; 6];
    let mut last = 0.0;
    let shaped = noise(frames, seed).into_iter().map(|white| {
        for ((state, pole), gain) in state.iter_mut().zip(poles).zip(gains) {
            *state = pole * *state + gain * white;
        }
        let pink = state.iter().sum::<f32>() + 0.5362 * white + 0.115_926 * last;
        last = white;
        0.2 * pink
    });
    shaped.collect()
}

fn in_room(
    filters: &Arc<Filters>,
    room: RoomChoice,
    (azimuth, elevation): (f64, f64),
    sound: &[f32],
) -> f64 {
    let headphones = Headphones::new(Arc::clone(filters), room).unwrap();
    let source = vec![still(0, azimuth, elevation)];
    loudness(&hear(headphones, source, &[sound.to_vec()]))
}

#[test]
fn a_frontal_source_is_as_loud_as_in_the_stereo_mix() {
    let feeds = [pink(3 * 48_000, 11)];
    let stereo = loudness(&render(
        Target::Stereo,
        vec![still(0, 0.0, 0.0)],
        &feeds,
        512,
        RATE,
    ));
    let dry = in_room(&default_filters(), RoomChoice::Dry, (0.0, 0.0), &feeds[0]);
    assert!(
        (dry - stereo).abs() <= 0.5,
        "binaural {dry:.2} LUFS, stereo {stereo:.2} LUFS"
    );
}

#[test]
fn every_room_is_as_loud_as_none() {
    assert_rooms_as_loud_as_none(&default_filters());
}

/// Panics if a room changes the loudness of a source by more than 0.5 LU, or as much as less of it can: of pink noise, and,
/// where it is heard by ears, of white noise, which has most of its loudness in the treble.
pub(crate) fn assert_rooms_as_loud_as_none(filters: &Arc<Filters>) {
    let sounds = [pink(3 * 48_000, 11), noise(3 * 48_000, 7)];
    for from in [
        (0.0, 0.0),
        (30.0, 0.0),
        (-110.0, 0.0),
        (180.0, 0.0),
        (60.0, 45.0),
    ] {
        for (sound, is_white) in sounds.iter().zip([false, true]) {
            let dry = in_room(filters, RoomChoice::Dry, from, sound);
            for (mode, allowed) in [
                (RoomMode::Off, if is_white { f64::INFINITY } else { 0.3 }),
                (RoomMode::Near, 0.1),
                (RoomMode::Mid, 0.2),
                (RoomMode::Far, 0.5),
            ] {
                let heard = in_room(filters, RoomChoice::All(mode), from, sound);
                assert!(
                    (heard - dry).abs() <= allowed,
                    "{from:?}, white {is_white}, {}: {heard:.2} LUFS, without a room {dry:.2} LUFS",
                    mode.name()
                );
            }
        }
    }
}

/// How loud a tone is at both ears together, in dB, once everything has settled.
fn tone_db(room: RoomChoice, object: Object, hz: f64) -> f64 {
    let turn = std::f64::consts::TAU * hz / 48_000.0;
    let tone = (0..96_000).map(|n| 0.5 * (turn * f64::from(n)).sin() as f32);
    let headphones = Headphones::new(default_filters(), room).unwrap();
    let heard = hear(headphones, vec![object], &[tone.collect()]);
    let settled = heard.iter().flat_map(|ear| &ear[48_000..90_000]);
    let power: f64 = settled.map(|x| f64::from(*x).powi(2)).sum();
    10.0 * power.log10()
}

/// An object of a size, in degrees, in front.
fn sized(width: f64) -> Object {
    let mut state = ObjectState::at(at(0.0, 0.0));
    state.extent = Extent {
        width,
        height: width,
        depth: 0.0,
    };
    let mut object = Object::new("wide", 0, Box::new(StaticBlock::new(state)));
    object.spread = true;
    object
}

#[test]
fn no_size_takes_the_bass_away() {
    for room in [RoomChoice::Dry, RoomChoice::All(RoomMode::Mid)] {
        for hz in [30.0, 41.2, 55.0, 82.4, 110.0] {
            let point = tone_db(room, still(0, 0.0, 0.0), hz);
            for width in [5.0, 18.0, 36.0, 45.0, 72.0, 180.0, 360.0] {
                let wide = tone_db(room, sized(width), hz);
                assert!(
                    (wide - point).abs() < 2.5,
                    "{hz} Hz, {width} degrees, {room:?}: {:.1} dB against a point",
                    wide - point
                );
            }
        }
    }
}

/// The power of both ears in a third of an octave, in dB, of a response.
fn third_db(response: &[Vec<f32>; 2], middle_hz: f64) -> f64 {
    let steps = (0..24).map(|n| middle_hz * 2.0_f64.powf((f64::from(n) - 11.5) / 72.0));
    let power: f64 = steps
        .map(|hz| {
            let turn = std::f64::consts::TAU * hz / 48_000.0;
            let of_ear = |ear: &Vec<f32>| {
                let (mut re, mut im) = (0.0, 0.0);
                for (n, sample) in ear.iter().enumerate() {
                    let (sine, cosine) = (turn * n as f64).sin_cos();
                    re += f64::from(*sample) * cosine;
                    im += f64::from(*sample) * sine;
                }
                re * re + im * im
            };
            response.iter().map(of_ear).sum::<f64>()
        })
        .sum();
    10.0 * power.log10()
}

#[test]
fn no_size_makes_a_hole_where_bass_and_wide_sound_meet() {
    let mut impulse = vec![0.0; 8000];
    impulse[0] = 1.0;
    let response = |object: Object| {
        hear(
            dry(&default_filters()),
            vec![object],
            std::slice::from_ref(&impulse),
        )
    };
    let point = response(still(0, 0.0, 0.0));
    for width in [18.0, 72.0, 180.0, 360.0] {
        let wide = response(sized(width));
        for hz in [100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0] {
            let change = third_db(&wide, hz) - third_db(&point, hz);
            assert!(
                (-6.0..4.0).contains(&change),
                "{width} degrees: {change:.1} dB round {hz} Hz"
            );
        }
    }
}

#[test]
fn bass_is_as_loud_as_what_lies_above_it() {
    for azimuth in [0.0, 60.0, 180.0] {
        let above = tone_db(RoomChoice::Dry, still(0, azimuth, 0.0), 250.0);
        for hz in [50.0, 63.0, 80.0, 110.0, 150.0] {
            let bass = tone_db(RoomChoice::Dry, still(0, azimuth, 0.0), hz);
            assert!(
                (bass - above).abs() < 2.5,
                "{azimuth}: {hz} Hz {bass:.1} dB, 250 Hz {above:.1} dB"
            );
        }
        let lowest = tone_db(RoomChoice::Dry, still(0, azimuth, 0.0), 35.0);
        assert!(lowest > above - 6.0, "{azimuth}: {lowest:.1} dB at 35 Hz");
    }
}

#[test]
fn no_room_makes_bass_notes_louder_or_quieter() {
    for azimuth in [0.0, 75.0] {
        for hz in [41.2, 49.0, 55.0, 65.4, 82.4, 98.0] {
            let dry = tone_db(RoomChoice::Dry, still(0, azimuth, 0.0), hz);
            for mode in [RoomMode::Near, RoomMode::Mid, RoomMode::Far] {
                let heard = tone_db(RoomChoice::All(mode), still(0, azimuth, 0.0), hz);
                let allowed = if mode == RoomMode::Far { 1.2 } else { 0.5 };
                assert!(
                    (heard - dry).abs() < allowed,
                    "{azimuth}, {hz} Hz, {}: {:.2} dB against no room",
                    mode.name(),
                    heard - dry
                );
            }
        }
    }
}

#[test]
fn the_level_does_not_change_with_width() {
    let heard = |azimuth: f64, width: f64, diffuse: f64| {
        let mut state = ObjectState::at(at(azimuth, 0.0));
        state.extent = Extent {
            width,
            height: width / 2.0,
            depth: 0.0,
        };
        state.diffuse = diffuse;
        let mut object = Object::new("wide", 0, Box::new(StaticBlock::new(state)));
        (object.spread, object.diffuse) = (true, diffuse > 0.0);
        loudness(&hear(
            dry(&default_filters()),
            vec![object],
            &[pink(3 * 48_000, 11)],
        ))
    };
    for azimuth in [0.0, 45.0, 90.0, 170.0] {
        let point = heard(azimuth, 0.0, 0.0);
        for (width, diffuse) in [
            (10.0, 0.0),
            (30.0, 0.0),
            (90.0, 0.0),
            (360.0, 0.0),
            (0.0, 0.5),
            (0.0, 1.0),
        ] {
            let wide = heard(azimuth, width, diffuse);
            assert!(
                (wide - point).abs() <= 0.25,
                "azimuth {azimuth}, width {width}, diffuse {diffuse}: {wide:.2}, point {point:.2} LUFS"
            );
        }
    }
}

#[test]
fn a_panned_object_comes_when_a_source_in_front_would() {
    let headphones = Headphones::new(default_filters(), RoomChoice::All(RoomMode::Off)).unwrap();
    let onset = headphones.filters().front_onset_frames();
    let heard = hear(
        headphones,
        vec![still(0, 0.0, 0.0)],
        &[super::impulse(2000)],
    );
    let first = |ear: &[f32]| ear.iter().position(|x| x.abs() > 1e-4);
    assert_eq!(
        (first(&heard[0]), first(&heard[1])),
        (Some(onset), Some(onset))
    );
    let source = hear(
        dry(&default_filters()),
        vec![still(0, 0.0, 0.0)],
        &[super::impulse(2000)],
    );
    let highest = source[0].iter().fold(0.0, |most: f32, x| most.max(x.abs()));
    let arrives = source[0]
        .iter()
        .position(|x| x.abs() > 0.0316 * highest)
        .unwrap();
    assert!(arrives.abs_diff(onset) <= 1, "{arrives} and {onset}");
}

#[test]
fn rooms_reach_the_ears_differently() {
    let heard = |mode| {
        let headphones = Headphones::new(default_filters(), RoomChoice::All(mode)).unwrap();
        hear(
            headphones,
            vec![still(0, 0.0, 0.0)],
            &[super::impulse(24_000)],
        )
    };
    // Power from a frame on, over that of all, in dB.
    let late = |pair: &[Vec<f32>; 2], from: usize| {
        let power = |from: usize| -> f32 {
            pair.iter()
                .flat_map(|ear| &ear[from..])
                .map(|x| x * x)
                .sum()
        };
        10.0 * (power(from) / power(0)).log10()
    };
    let [near, mid, far] = [RoomMode::Near, RoomMode::Mid, RoomMode::Far].map(heard);
    let after = 48 * 60;
    assert!(
        late(&far, after) > late(&mid, after) + 6.0,
        "far has more room than mid"
    );
    assert!(late(&near, after) < -60.0, "near has none so late");
    // The ears have little of the tail in common.
    let (left, right) = (&mid[0][after..], &mid[1][after..]);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let coherence = dot(left, right) / (dot(left, left) * dot(right, right)).sqrt();
    assert!(coherence.abs() < 0.7, "{coherence}");
}
