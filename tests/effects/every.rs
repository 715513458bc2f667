//! What every processor promises.

use std::time::Instant;

use assert_no_alloc::assert_no_alloc;
use umbel::audio::Block;
use umbel::units::Frames;

use crate::measure::{chain, noise, run_in_blocks};

/// One chain of each processor, in its settings that do most.
const CHAINS: &[&str] = &[
    "[{ eq = { hp = 40, slope = 48, bell = [[100, 2, 0.7], [3000, -4, 2]], notch = [[50, 10]], low-shelf = [80, 3], high-shelf = [8000, 2], tilt = 1, lp = 18000 } }]",
    "[{ eq = { hp = 40, bell = [[3000, -4, 2]], linear-phase = true } }]",
    "[{ comp = { style = 'vca', ratio = 4, threshold = -24, attack-ms = 1, release-ms = 100, knee = 3, mix = 0.8 } }]",
    "[{ comp = { style = 'vca', ratio = 2, threshold = -30, key-hp = 100 } }]",
    "[{ comp = { style = 'vca', ratio = 2, threshold = -30, link = 'channels' } }]",
    "[{ comp = { style = 'vari-mu', ratio = 1.5, threshold = -30 } }]",
    "[{ sat = { style = 'tube', drive = 18, mix = 0.7 } }]",
    "[{ sat = { style = 'tape', drive = 12 } }]",
    "[{ sat = { style = 'transformer', drive = 12, quality = 'high' } }]",
    "[{ sat = { style = 'soft-clip', drive = 6, auto-gain = false } }]",
    "[{ limit = { dbtp = -18 } }]",
    "[{ delay = { ms = 20, feedback = 0.9, ping-pong = true, damp = 5000, hp = 100 } }]",
    "[{ delay = { note = '1/32', feedback = 1 } }]",
    "[{ reverb = { style = 'plate', rt60 = { low = 1.2, mid = 0.8, high = 0.5 }, pre-delay-ms = 7 } }]",
];

fn bits(rows: &[Vec<f32>]) -> Vec<Vec<u32>> {
    rows.iter()
        .map(|row| row.iter().map(|x| x.to_bits()).collect())
        .collect()
}

#[test]
fn bits_do_not_depend_on_the_length_of_blocks() {
    for text in CHAINS {
        for channels in [1, 2, 7] {
            let rows: Vec<Vec<f32>> = (0..channels)
                .map(|c| noise(-12.0, 0.2, c as u64 + 1))
                .collect();
            let mut results = [1, 7, 64, 1000, 4096].map(|length| {
                let mut chain = chain(text, channels);
                bits(&run_in_blocks(&mut chain, &rows, length))
            });
            let first = std::mem::take(&mut results[0]);
            assert!(
                results[1..].iter().all(|other| *other == first),
                "{channels} channels: {text}"
            );
        }
    }
}

/// Parameters move at the same frames whatever the blocks are.
#[test]
fn bits_of_moving_parameters_do_not_depend_on_the_length_of_blocks() {
    for text in CHAINS {
        let input = [noise(-12.0, 0.2, 5), noise(-12.0, 0.2, 6)];
        let run = |length: usize| {
            let mut chain = chain(text, 2);
            let mut out = vec![Vec::new(); 2];
            // Every parameter is sent on its way at frame 1000 and again, before it has arrived, at 3000.
            for (from, to, towards_max) in [
                (0, 1000, None),
                (1000, 3000, Some(true)),
                (3000, 9600, Some(false)),
            ] {
                for entry in 0..1 {
                    let parameters = chain.parameters(entry).to_vec();
                    for (index, p) in parameters.iter().enumerate() {
                        let Some(towards_max) = towards_max else {
                            continue;
                        };
                        let end = if towards_max { p.max } else { p.min };
                        let value = p.value + 0.3 * (end - p.value);
                        let frames = Frames(2500 + 7 * index as u64);
                        chain.set(entry, index, value, frames);
                    }
                }
                let part: Vec<Vec<f32>> = input.iter().map(|row| row[from..to].to_vec()).collect();
                for (out, row) in out.iter_mut().zip(run_in_blocks(&mut chain, &part, length)) {
                    out.extend(row);
                }
            }
            bits(&out)
        };
        let first = run(1);
        for length in [7, 64, 1024] {
            assert!(run(length) == first, "blocks of {length}: {text}");
        }
    }
}

#[test]
fn processing_allocates_nothing() {
    for text in CHAINS {
        let mut chain = chain(text, 2);
        let mut block = Block::new(2, 1024);
        block.set_frames(1024);
        for row in block.rows_mut() {
            row.copy_from_slice(&noise(-12.0, 0.1, 3)[..1024]);
        }
        assert_no_alloc(|| {
            for _ in 0..8 {
                chain.process(&mut block.whole_mut(), &[]);
            }
        });
    }
}

#[test]
fn nothing_that_is_no_number_comes_out() {
    for text in CHAINS {
        let mut chain = chain(text, 1);
        let wild: Vec<f32> = (0..9600)
            .map(|n| match n % 7 {
                0 => f32::MAX,
                1 => f32::MIN,
                2 => f32::MIN_POSITIVE,
                3 => 1e-42,
                4 => -0.0,
                5 => 1e20,
                _ => -1.0,
            })
            .collect();
        let out = run_in_blocks(&mut chain, &[wild], 1000);
        assert!(out[0].iter().all(|x| x.is_finite()), "{text}");
    }
}

#[test]
fn a_reset_chain_sounds_like_a_new_one() {
    for text in CHAINS {
        let input = vec![noise(-12.0, 0.2, 8)];
        let mut used = chain(text, 1);
        let first = run_in_blocks(&mut used, &input, 1024);
        used.reset();
        assert!(
            bits(&run_in_blocks(&mut used, &input, 100)) == bits(&first),
            "{text}"
        );
    }
}

/// After noise, silence takes no longer than noise: what rings on never becomes slow arithmetic. Nor does
/// input too small to hear.
#[test]
fn silence_is_not_slow() {
    for text in CHAINS {
        let mut chain = chain(text, 2);
        let loud = vec![noise(-12.0, 4.0, 1), noise(-12.0, 4.0, 2)];
        let faint = vec![vec![1e-41_f32; loud[0].len()]; 2];
        let silent = vec![vec![0.0; loud[0].len()]; 2];
        let mut time = |rows: &[Vec<f32>]| {
            let start = Instant::now();
            run_in_blocks(&mut chain, rows, 1024);
            start.elapsed().as_secs_f64()
        };
        // The best of some, because the machine has other work too.
        let mut best = [f64::INFINITY; 3];
        for _ in 0..3 {
            for (best, rows) in best.iter_mut().zip([&loud, &silent, &faint]) {
                *best = best.min(time(rows));
            }
        }
        let [loud, silent, faint] = best;
        assert!(
            silent < 1.5 * loud + 0.01,
            "silence {silent} s, noise {loud} s: {text}"
        );
        assert!(
            faint < 1.5 * loud + 0.01,
            "faint {faint} s, noise {loud} s: {text}"
        );
    }
}
