//! Convolution: against a direct sum, and what is refused.

use std::sync::Arc;

use umbel::effect::{Chain, ConvolveSettings, Impulse, Settings, Setup};
use umbel::units::Frames;

use crate::measure::{RATE, difference_db, noise, run_in_blocks};

fn settings(channels: Vec<Vec<f32>>) -> ConvolveSettings {
    ConvolveSettings {
        ir: "ir.wav".to_owned(),
        pre_delay_ms: 0.0,
        gain: 0.0,
        mix: Some(1.0),
        bypass: false,
        impulse: Some(Arc::new(Impulse {
            rate: RATE,
            channels,
            lead: Frames(0),
        })),
    }
}

fn direct(input: &[f32], taps: &[f32]) -> Vec<f32> {
    (0..input.len())
        .map(|n| {
            let sum =
                (0..=n.min(taps.len() - 1)).map(|k| f64::from(taps[k]) * f64::from(input[n - k]));
            sum.sum::<f64>() as f32
        })
        .collect()
}

#[test]
fn every_length_is_the_direct_sum_without_delay_for_any_blocks() {
    let input = noise(-12.0, 0.12, 4);
    for length in [1, 63, 64, 65, 200, 1024, 1025, 3000] {
        let taps = noise(-30.0, length as f64 / 48_000.0 + 1e-4, 9)[..length].to_vec();
        let expected = direct(&input, &taps);
        let mut first: Option<Vec<f32>> = None;
        for block in [1, 64, 1000, 4096] {
            let entries = [Settings::Convolve(settings(vec![taps.clone()]))];
            let mut chain = Chain::build(&entries, Setup::strip(RATE, 1)).unwrap();
            assert_eq!(chain.latency().0, 0);
            let out = run_in_blocks(&mut chain, std::slice::from_ref(&input), block).swap_remove(0);
            assert!(difference_db(&out, &expected) < -120.0, "{length} taps");
            let first = first.get_or_insert_with(|| out.clone());
            assert!(
                out.iter()
                    .zip(first.iter())
                    .all(|(a, b)| a.to_bits() == b.to_bits())
            );
        }
    }
}

#[test]
fn channels_of_the_response_go_to_the_outputs() {
    let impulse = |at: usize| {
        let mut taps = vec![0.0; 10];
        taps[at] = 1.0;
        taps
    };
    let setup = Setup {
        outputs: Some(4),
        ..Setup::strip(RATE, 2)
    };
    let entries = [Settings::Convolve(settings(vec![
        impulse(1),
        impulse(2),
        impulse(3),
    ]))];
    let mut chain = Chain::build(&entries, setup).unwrap();
    let mut left = vec![0.0; 20];
    left[0] = 1.0;
    let right: Vec<f32> = left.iter().map(|x| 0.5 * x).collect();
    let rows = [left, right, vec![0.0; 20], vec![0.0; 20]];
    let out = run_in_blocks(&mut chain, &rows, 20);
    for (row, (at, level)) in out.iter().zip([(1, 1.0), (2, 0.5), (3, 1.0), (1, 0.5)]) {
        for (n, x) in row.iter().enumerate() {
            let expected = if n == at { level } else { 0.0 };
            assert!((x - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn a_response_of_another_rate_or_of_no_length_is_refused() {
    let mut other = settings(vec![vec![1.0]]);
    other.impulse = Some(Arc::new(Impulse {
        rate: umbel::units::SampleRate(44_100),
        channels: vec![vec![1.0]],
        lead: Frames(0),
    }));
    for (settings, word) in [(other, "44100"), (settings(vec![Vec::new()]), "no frames")] {
        let entries = [Settings::Convolve(settings)];
        let faults = Chain::build(&entries, Setup::strip(RATE, 1)).unwrap_err();
        let said = faults[0].to_string();
        assert!(
            said.starts_with("[0].convolve.ir") && said.contains(word),
            "{said}"
        );
    }
}

#[test]
fn what_is_before_a_response_is_latency_of_the_dry_sound_too() {
    let input = noise(-12.0, 0.05, 4);
    let mut half = settings(vec![vec![0.0, 0.0, 1.0]]);
    half.mix = Some(0.5);
    half.impulse = Some(Arc::new(Impulse {
        lead: Frames(2),
        ..half.impulse.as_deref().expect("it was just given").clone()
    }));
    let entries = [Settings::Convolve(half)];
    let mut chain = Chain::build(&entries, Setup::strip(RATE, 1)).expect("a proper chain");
    assert_eq!(chain.latency(), Frames(2));
    let out = run_in_blocks(&mut chain, std::slice::from_ref(&input), 100);
    assert_eq!(out[0][2..], input[..input.len() - 2]);
}
