//! Echoes: when, from where, how loud.

use umbel::audio::Block;
use umbel::effect::{Chain, Setup};
use umbel::units::Frames;

use crate::measure::{RATE, chain, entries, noise, rms_db, run, run_in_blocks, sine};

/// An impulse of 1 through a return with `outputs` places.
fn echoes(text: &str, inputs: usize, outputs: usize, frames: usize) -> Vec<Vec<f32>> {
    let setup = Setup {
        outputs: Some(outputs),
        bpm: Some(124.0),
        ..Setup::strip(RATE, inputs)
    };
    let mut chain = Chain::build(&entries(text), setup).unwrap();
    let mut block = Block::new(inputs.max(outputs), frames);
    block.set_frames(frames);
    for row in 0..inputs {
        block.row_mut(row)[0] = 1.0;
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
fn echoes_stand_on_their_notes() {
    for (note, quarters) in [
        ("1/4", 1.0),
        ("1/8d", 0.75),
        ("1/4t", 2.0 / 3.0),
        ("1/16", 0.25),
    ] {
        let text = format!("[{{ delay = {{ note = '{note}', feedback = 0.5 }} }}]");
        let rows = echoes(&text, 1, 1, 100_000);
        let time = quarters * 60.0 / 124.0 * 48_000.0;
        let found = peaks(&rows[0]);
        assert!(found.len() >= 2, "{note}");
        for (k, (place, level)) in found.iter().enumerate() {
            let expected = (k + 1) as f64 * time;
            assert!(
                (*place as f64 - expected).abs() <= 1.0 + k as f64 * 0.5,
                "{note}: {place}"
            );
            assert!(
                (f64::from(*level) - 0.5f64.powi(k as i32)).abs() < 1e-3,
                "{note}: {level}"
            );
        }
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
