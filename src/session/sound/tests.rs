use std::f64::consts::TAU;

use super::*;

const RATE: u32 = 48_000;

/// Listens to 4 s of a generated stem, in blocks of an awkward length.
fn listen(channels: usize, sound: impl Fn(usize, f64) -> f64) -> Sound {
    let mut listener = Listener::new(channels, SampleRate(RATE));
    let mut block = Block::new(channels, 777);
    let frames = 4 * RATE as usize;
    let mut at = 0;
    while at < frames {
        let count = 777.min(frames - at);
        block.set_frames(count);
        for channel in 0..channels {
            for (i, sample) in block.row_mut(channel).iter_mut().enumerate() {
                *sample = sound(channel, (at + i) as f64 / f64::from(RATE)) as f32;
            }
        }
        listener.hear(&block);
        at += count;
    }
    listener.finish()
}

/// Noise that is the same for the same seed and time.
fn noise(seed: u64, t: f64) -> f64 {
    let mut x = ((t * f64::from(RATE)) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (seed << 32);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    (x % 20_001) as f64 / 10_000.0 - 1.0
}

/// Decays by e each `fall_s`, restarting `rate` times a second.
fn strokes(t: f64, rate: f64, fall_s: f64) -> f64 {
    (-(t * rate).fract() / rate / fall_s).exp()
}

fn role(sound: &Sound) -> String {
    sound
        .guess()
        .role
        .map_or("none".to_owned(), |role| role.id.clone())
}

#[test]
fn plain_sounds_are_told_apart() {
    let sine = |hz: f64, t: f64| (TAU * hz * t).sin();
    let kick = listen(1, |_, t| sine(55.0, t) * strokes(t, 2.0, 0.06));
    assert_eq!(role(&kick), "kick", "{kick:?}");
    let sub = listen(1, |_, t| 0.5 * sine(50.0, t));
    assert_eq!(role(&sub), "sub-bass", "{sub:?}");
    let hat = listen(1, |_, t| {
        (noise(1, t) - noise(1, t - 1.0 / f64::from(RATE))) * strokes(t, 8.0, 0.02)
    });
    assert_eq!(role(&hat), "hi-hats", "{hat:?}");
    let pad = listen(2, |channel, t| {
        sine(330.0, t) + 0.8 * sine(if channel == 0 { 440.0 } else { 554.0 }, t)
    });
    assert_eq!(role(&pad), "pad-synth", "{pad:?}");
    let rare = listen(1, |_, t| {
        if (1.0..1.6).contains(&t) {
            noise(2, t)
        } else {
            0.0
        }
    });
    assert_eq!(role(&rare), "fx", "{rare:?}");
}

#[test]
fn silence_is_no_role_and_never_sure() {
    let silent = listen(2, |_, _| 0.0);
    let guess = silent.guess();
    assert!(guess.role.is_none() && guess.reason == "silent");
    assert!(silent.side_to_mid_db.is_none());
    let loud = listen(1, |_, t| (TAU * 440.0 * t).sin()).guess();
    assert_eq!(loud.confidence, crate::session::names::Confidence::Low);
}

#[test]
fn features_are_those_of_the_signal() {
    let sine = listen(2, |channel, t| {
        let side = if channel == 0 { 0.1 } else { -0.1 };
        (TAU * 1000.0 * t).sin() * (0.5 + side)
    });
    // Mid 0.5, side 0.1: 20 log10(0.1 / 0.5).
    assert!(
        (sine.side_to_mid_db.unwrap() + 13.979).abs() < 0.01,
        "{sine:?}"
    );
    assert!((sine.seconds - 4.0).abs() < 1e-9 && (sine.peak - 0.6).abs() < 1e-3);
    assert!((sine.centroid_hz - 1000.0).abs() < 5.0 && sine.low_share < 0.001);
    assert!(sine.activity > 0.99 && sine.sustain > 0.95);
    let clicks = listen(1, |_, t| noise(3, t) * strokes(t, 4.0, 0.02));
    assert!(
        (clicks.onsets_per_s * clicks.activity - 4.0).abs() < 0.3,
        "{clicks:?}"
    );
}

#[test]
fn samples_that_are_no_numbers_do_not_spread() {
    let sound = listen(1, |_, t| {
        if t < 0.001 {
            f64::NAN
        } else {
            (TAU * 440.0 * t).sin()
        }
    });
    assert!(sound.centroid_hz.is_finite() && sound.crest_db.is_finite());
}
