//! The decorrelators.

use umbel::audio::Block;
use umbel::dsp::Decorrelators;
use umbel::dsp::decorrelator::{TAPS, decorrelation_filter};

use super::golden;

#[test]
fn filters_are_those_of_the_reference_renderer() {
    let golden = golden("decorrelators.json");
    let filters = golden["filters"].as_array().unwrap();
    assert_eq!(filters.len(), 24);
    for (seed, filter) in (0..).zip(filters) {
        let taps = decorrelation_filter(seed);
        for (n, expected) in filter[0].as_array().unwrap().iter().enumerate() {
            let (found, expected) = (taps[32 * n], expected.as_f64().unwrap());
            assert!(
                (found - expected).abs() < 1e-9,
                "seed {seed}, tap {}: {found}, not {expected}",
                32 * n
            );
        }
        let weights: [fn(f64) -> f64; 3] = [|_| 1.0, f64::cos, |n| (n * n).cos()];
        for (sum, weight) in weights.into_iter().enumerate() {
            let taps = taps.iter().enumerate();
            let found: f64 = taps.map(|(n, tap)| tap * weight(n as f64)).sum();
            let expected = filter[1][sum].as_f64().unwrap();
            assert!(
                (found - expected).abs() < 1e-9,
                "seed {seed}, sum {sum}: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn every_channel_of_a_layout_has_its_filter() {
    let golden = golden("decorrelators.json");
    for (name, expected) in golden["layouts"].as_object().unwrap() {
        let layout = umbel::layout::find(name).unwrap();
        let labels: Vec<&str> = layout.speakers.iter().map(|s| s.label.as_str()).collect();
        let mut decorrelators = Decorrelators::new(&labels);
        // The first tap of each channel's filter: the response to one sample, after the latency.
        let frames = Decorrelators::LATENCY_FRAMES + TAPS;
        let mut block = Block::new(labels.len(), frames);
        block.set_frames(frames);
        block.rows_mut().for_each(|row| row[0] = 1.0);
        decorrelators.process(&mut block, 0, frames);
        for (row, label) in labels.iter().enumerate() {
            let found = f64::from(block.row(row)[Decorrelators::LATENCY_FRAMES]);
            let expected = expected[label].as_f64().unwrap();
            assert!(
                (found - expected).abs() < 1e-8,
                "{name} {label}: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn decorrelating_allocates_nothing() {
    let mut decorrelators = Decorrelators::new(&["M+030", "M-030", "M+000"]);
    let mut block = Block::new(3, 1000);
    block.set_frames(1000);
    for round in 0..10 {
        if round < 3 {
            block.row_mut(0).fill(0.5);
            block.row_mut(2).fill(-0.25);
        }
        assert_no_alloc::assert_no_alloc(|| decorrelators.process(&mut block, 0, 1000));
    }
}
