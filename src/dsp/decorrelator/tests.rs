use super::*;

const NAMES: [&str; 12] = [
    "M+030", "M-030", "M+000", "LFE1", "M+090", "M-090", "M+135", "M-135", "U+045", "U-045",
    "U+135", "U-135",
];

/// Noise in bursts with silences of several partitions between them; row 3 has nothing.
fn bursts(row: usize, frames: usize) -> Vec<f32> {
    let mut state = 77 + row as u32;
    (0..frames)
        .map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let sounds = row != 3 && (n / (700 + 211 * row)).is_multiple_of(3);
            if sounds {
                (f64::from(state) / 2.0_f64.powi(31) - 1.0) as f32
            } else {
                -0.0
            }
        })
        .collect()
}

/// All rows through `decorrelators` in blocks of `length` frames (the stretches start inside a block).
fn through(decorrelators: &mut Decorrelators, frames: usize, length: usize) -> Vec<Vec<f32>> {
    let input: Vec<_> = (0..NAMES.len()).map(|row| bursts(row, frames)).collect();
    let mut output = vec![Vec::new(); NAMES.len()];
    let mut block = Block::new(NAMES.len(), length + 3);
    for start in (0..frames).step_by(length) {
        let run = length.min(frames - start);
        block.set_frames(run + 3);
        for (row, input) in input.iter().enumerate() {
            block.row_mut(row)[3..].copy_from_slice(&input[start..start + run]);
        }
        decorrelators.process(&mut block, 3, run);
        for (row, output) in output.iter_mut().enumerate() {
            output.extend_from_slice(&block.row(row)[3..]);
        }
    }
    output
}

#[test]
fn seeds_follow_the_bytes_of_the_names() {
    let five = ["M+030", "M-030", "M+000", "LFE1", "M+110", "M-110"];
    assert_eq!(seeds(&five), [2, 4, 1, 0, 3, 5]);
    assert_eq!(seeds(&NAMES), [2, 5, 1, 0, 3, 6, 4, 7, 8, 10, 9, 11]);
}

#[test]
fn filters_are_all_pass_and_differ() {
    let filters: Vec<_> = (0..24).map(decorrelation_filter).collect();
    for (seed, taps) in filters.iter().enumerate() {
        for bin in 0..=TAPS / 2 {
            let value: Complex<f64> = (0..)
                .zip(taps)
                .map(|(n, tap)| tap * Complex::cis(-TAU * f64::from(n * bin as i32) / TAPS as f64))
                .sum();
            assert!((value.norm() - 1.0).abs() < 1e-12, "seed {seed}, bin {bin}");
        }
        for other in &filters[..seed] {
            let alike: f64 = taps.iter().zip(other).map(|(a, b)| a * b).sum();
            assert!(alike.abs() < 0.25, "seed {seed} is like another: {alike}");
        }
    }
}

#[test]
fn it_is_the_convolution_with_the_filter_512_frames_later() {
    let frames = 9000;
    let output = through(&mut Decorrelators::new(&NAMES), frames, 333);
    for (row, seed) in seeds(&NAMES).into_iter().enumerate() {
        let taps = decorrelation_filter(seed);
        let input = bursts(row, frames);
        for (n, &found) in output[row].iter().enumerate() {
            let expected: f64 = (0..TAPS)
                .filter_map(|k| {
                    let source = n.checked_sub(Decorrelators::LATENCY_FRAMES + k)?;
                    Some(taps[k] * f64::from(input[source]))
                })
                .sum();
            let found = f64::from(found);
            assert!(
                (found - expected).abs() <= 6e-8 * expected.abs() + 1e-15,
                "row {row}, frame {n}: {found} instead of {expected}"
            );
        }
    }
}

#[test]
fn the_bits_do_not_depend_on_the_length_of_blocks() {
    let frames = 12_345;
    let bits = |length| -> Vec<Vec<u32>> {
        through(&mut Decorrelators::new(&NAMES), frames, length)
            .iter()
            .map(|row| row.iter().map(|sample| sample.to_bits()).collect())
            .collect()
    };
    let whole = bits(frames);
    for length in [1, 31, 64, 511, 512, 513, 1000, 1024, 4096] {
        assert!(bits(length) == whole, "blocks of {length}");
    }
}

#[test]
fn a_start_inside_the_song_stays_on_the_grid() {
    // From frame 1000 on it must give what it gives when everything before was silent.
    let (silence, frames) = (1000, 3000);
    let mut continuous = Decorrelators::new(&NAMES);
    let mut block = Block::new(NAMES.len(), silence);
    block.set_frames(silence);
    continuous.process(&mut block, 0, silence);
    let mut started = Decorrelators::new(&NAMES);
    through(&mut started, 777, 100);
    started.reset(silence as u64);
    let (a, b) = (
        through(&mut continuous, frames, 50),
        through(&mut started, frames, 70),
    );
    for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
        assert_eq!(a.to_bits(), b.to_bits());
    }
}

#[test]
fn what_is_not_finite_passes() {
    let mut decorrelators = Decorrelators::new(&["M+000"]);
    let mut block = Block::new(1, 4096);
    block.set_frames(4096);
    block.row_mut(0)[100] = f32::INFINITY;
    decorrelators.process(&mut block, 0, 4096);
    assert!(block.row(0)[1600..].iter().all(|&sample| sample == 0.0));
}
