//! Echoes: when, from where, how loud.

use umbel::audio::Block;
use umbel::effect::{Chain, Setup};
use umbel::units::Frames;

use crate::measure::{RATE, chain, entries, noise, rms_db, run, run_in_blocks, sine};

/// A pulse of 30 frames whose middle is frame 15, so soft that all of it passes between samples; its sum is 1.
fn pulse() -> Vec<f32> {
    let bell: Vec<f64> = (0..31)
        .map(|n| (-0.5 * ((f64::from(n) - 15.0) / 3.0).powi(2)).exp())
        .collect();
    let sum: f64 = bell.iter().sum();
    bell.iter().map(|x| (x / sum) as f32).collect()
}

/// An impulse of 1 through a return with `outputs` places.
fn echoes(text: &str, inputs: usize, outputs: usize, frames: usize) -> Vec<Vec<f32>> {
    played(text, &[1.0], inputs, outputs, frames)
}

/// The sound through a return with `outputs` places.
fn played(
    text: &str,
    sound: &[f32],
    inputs: usize,
    outputs: usize,
    frames: usize,
) -> Vec<Vec<f32>> {
    let setup = Setup {
        outputs: Some(outputs),
        bpm: Some(124.0),
        ..Setup::strip(RATE, inputs)
    };
    let mut chain = Chain::build(&entries(text), setup).unwrap();
    let mut block = Block::new(inputs.max(outputs), frames);
    block.set_frames(frames);
    for row in 0..inputs {
        block.row_mut(row)[..sound.len()].copy_from_slice(sound);
    }
    chain.process(&mut block.whole_mut(), &[]);
    block.rows().take(outputs).map(<[f32]>::to_vec).collect()
}

/// Places and levels of what is not silent.
fn peaks(row: &[f32]) -> Vec<(usize, f32)> {
    let loud = row.iter().enumerate().filter(|(_, x)| x.abs() > 1e-3);
    loud.map(|(n, x)| (n, *x)).collect()
}

#[test]
fn echoes_stand_on_their_notes_to_a_fraction_of_a_frame() {
    let quarter = 60.0 / 124.0 * 48_000.0;
    for (time, frames) in [
        ("note = '1/4'", quarter),
        ("note = '1/8d'", 0.75 * quarter),
        ("note = '1/4t'", 2.0 / 3.0 * quarter),
        ("note = '1/16'", 0.25 * quarter),
        ("ms = 333.3", 333.3 * 48.0),
        ("ms = 250", 12_000.0),
    ] {
        let text = format!("[{{ delay = {{ {time}, feedback = 0.5 }} }}]");
        let row = played(&text, &pulse(), 1, 1, 130_000).swap_remove(0);
        for echo in 1..=5 {
            let place = f64::from(echo) * frames;
            let first = place as usize - 40;
            let part = &row[first..first + 120];
            let sum: f64 = part.iter().map(|x| f64::from(*x)).sum();
            let weighed: f64 = part
                .iter()
                .zip(0..)
                .map(|(x, n)| f64::from(*x) * f64::from(n))
                .sum();
            let found = first as f64 + weighed / sum - 15.0;
            assert!(
                (found - place).abs() < 0.02,
                "{time}: echo {echo} at {found}"
            );
            let level = 0.5f64.powi(echo - 1);
            assert!(
                (sum / level - 1.0).abs() < 1e-3,
                "{time}: echo {echo} of {sum}"
            );
        }
    }
}

#[test]
fn an_echo_between_the_samples_keeps_its_high_tones() {
    for hz in [1000.0, 10_000.0, 18_000.0] {
        let tone = sine(hz, -6.0, 0.5);
        let out = run("[{ delay = { ms = 33.34, feedback = 0, mix = 1 } }]", &tone);
        let off = rms_db(&out[12_000..23_000]) - rms_db(&tone[12_000..23_000]);
        assert!(off.abs() < 0.05, "{hz} Hz: {off} dB");
    }
}

#[test]
fn ping_pong_goes_round_the_outputs() {
    for outputs in [1, 2, 4] {
        for inputs in 1..=outputs.min(2) {
            let text = "[{ delay = { ms = 100, feedback = 0.8, ping-pong = true } }]";
            let rows = echoes(text, inputs, outputs, 48_000);
            for (row, samples) in rows.iter().enumerate() {
                for (place, level) in peaks(samples) {
                    let echo = place / 4800;
                    assert_eq!(place % 4800, 0);
                    assert_eq!((echo - 1) % outputs, row);
                    assert!((level - 0.8f32.powi(echo as i32 - 1)).abs() < 1e-3);
                }
            }
        }
    }
}

#[test]
fn damped_echoes_lose_their_high_tones() {
    let text = "[{ delay = { ms = 50, feedback = 0.9, damp = 2000, mix = 1 } }]";
    let level = |hz: f64| {
        let mut burst = sine(hz, -6.0, 0.05);
        burst.resize(48_000, 0.0);
        let out = run(text, &burst);
        rms_db(&out[12_000..14_400]) - rms_db(&out[2400..4800])
    };
    assert!(level(200.0) > level(8000.0) + 20.0);
}

#[test]
fn full_feedback_stays_bounded() {
    let text = "[{ delay = { ms = 10, feedback = 1, mix = 1 } }]";
    let out = run(text, &noise(-6.0, 5.0, 1));
    assert!(out.iter().all(|x| x.abs() <= 4.0));
}

#[test]
fn a_time_that_moves_glides() {
    let mut chain = chain("[{ delay = { ms = 100, feedback = 0, mix = 1 } }]", 1);
    let tone = sine(500.0, -6.0, 2.0);
    run_in_blocks(&mut chain, &[tone[..48_000].to_vec()], 1024);
    let ms = chain
        .parameters(0)
        .iter()
        .position(|p| p.name == "ms")
        .unwrap();
    chain.set(0, ms, 120.0, Frames(9600));
    let out = run_in_blocks(&mut chain, &[tone[48_000..].to_vec()], 1024).swap_remove(0);
    // The tone leans back by a tenth and never jumps.
    let most = 0.501 * std::f32::consts::TAU * 500.0 / 48_000.0;
    assert!(out.windows(2).all(|w| (w[1] - w[0]).abs() < 1.05 * most));
    let expected = &tone[48_000 + 20_000 - 5760..][..4000];
    let worst = out[20_000..24_000]
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs());
    assert!(worst.fold(0.0, f32::max) < 1e-6);
}
