//! Times every processor of the desk, and the demo song with all of them.
//!
//! Prints, for one thread, nanoseconds per sample (one channel of one frame) of each processor at work on noise of
//! -12 dBFS at 48 kHz, in blocks of 1024 frames; then how many times faster than real time the demo song is rendered
//! to 7.1.4 and stereo: on one core by CPU time, on two by the clock.
//!
//! `cargo bench --bench effects [-- WORD]`: only the chains that contain the word.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any fault"
)]

mod child;

use std::path::Path;
use std::time::Instant;

use umbel::audio::Block;
use umbel::effect::{Chain, Setup};
use umbel::session::{BuildOptions, ChainText, Session};
use umbel::units::SampleRate;

const RATE: SampleRate = SampleRate(48_000);
const FRAMES: usize = 1024;

/// Name, chain, rows in and rows out.
const CHAINS: &[(&str, &str, usize, usize)] = &[
    (
        "eq: high-pass and three bells",
        "[{ eq = { hp = 40, bell = [[100, 2, 0.7], [1000, -2, 1], [5000, 2, 1]] } }]",
        2,
        2,
    ),
    (
        "comp: vca, automatic release",
        "[{ comp = { ratio = 2, threshold = -24, attack-ms = 10 } }]",
        2,
        2,
    ),
    (
        "comp: vca, fixed release, knee",
        "[{ comp = { ratio = 4, threshold = -24, release-ms = 120, knee = 3 } }]",
        2,
        2,
    ),
    (
        "comp: vari-mu",
        "[{ comp = { style = 'vari-mu', threshold = -24 } }]",
        2,
        2,
    ),
    (
        "sat: tape",
        "[{ sat = { style = 'tape', drive = 6 } }]",
        2,
        2,
    ),
    (
        "sat: tube",
        "[{ sat = { style = 'tube', drive = 6 } }]",
        2,
        2,
    ),
    (
        "sat: transformer, high quality",
        "[{ sat = { style = 'transformer', drive = 6, quality = 'high' } }]",
        2,
        2,
    ),
    ("limit: at work", "[{ limit = { dbtp = -6 } }]", 2, 2),
    ("limit: seldom at work", "[{ limit = { dbtp = -1 } }]", 2, 2),
    ("limit: 12 channels", "[{ limit = { dbtp = -6 } }]", 12, 12),
    (
        "reverb: hall, stereo to 2",
        "[{ reverb = { style = 'hall' } }]",
        2,
        2,
    ),
    (
        "reverb: hall by pitch, stereo to 6",
        "[{ reverb = { style = 'hall', rt60 = { low = 2.4, mid = 2.2, high = 1.4 } } }]",
        2,
        6,
    ),
    (
        "reverb: plate, stereo to 16",
        "[{ reverb = { style = 'plate' } }]",
        2,
        16,
    ),
    (
        "delay: ping-pong, damped",
        "[{ delay = { ms = 363, feedback = 0.35, ping-pong = true, damp = 6000, hp = 200 } }]",
        2,
        2,
    ),
];

/// The best of some runs of a second each by the clock, in nanoseconds per frame.
fn time(text: &str, rows: usize, outputs: usize) -> f64 {
    let entries = ChainText::parse(text, Path::new("chain")).unwrap().entries;
    let setup = Setup {
        outputs: Some(outputs),
        ..Setup::strip(RATE, rows)
    };
    let mut chain = Chain::build(&entries, setup).unwrap();
    let mut block = Block::new(rows.max(outputs), FRAMES);
    block.set_frames(FRAMES);
    let mut state = 1_u32;
    let noise: Vec<f32> = (0..rows * FRAMES + 48_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            0.43 * ((state >> 8) as f32 / 8_388_608.0 - 1.0)
        })
        .collect();
    let blocks = 48_000 / FRAMES;
    let mut best = f64::INFINITY;
    for _ in 0..12 {
        let start = Instant::now();
        for n in 0..blocks {
            for row in 0..rows {
                let from = &noise[n * FRAMES + row * 997..][..FRAMES];
                block.row_mut(row).copy_from_slice(from);
            }
            chain.process(&mut block.whole_mut(), &[]);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    std::hint::black_box(&block);
    1e9 * best / (blocks * FRAMES) as f64
}

fn main() {
    let word = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let wanted = |name: &str| {
        word.as_ref()
            .is_none_or(|word| name.contains(word.as_str()))
    };
    println!("{:40} {:>10} {:>10}", "", "ns/frame", "ns/sample");
    for &(name, text, rows, outputs) in CHAINS.iter().filter(|chain| wanted(chain.0)) {
        let frame = time(text, rows, outputs);
        println!("{name:40} {frame:10.1} {:10.1}", frame / outputs as f64);
    }
    if !wanted("demo") {
        return;
    }
    let umbel = Path::new(env!("CARGO_BIN_EXE_umbel"));
    let song = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/open-the-dome/song.toml");
    let loaded = Session::load(&song).unwrap();
    let loaded = loaded.build(&BuildOptions::default()).unwrap();
    let length_s = loaded.sample_rate.seconds_at(loaded.length);
    for threads in ["1", "2"] {
        let runs: Vec<_> = (0..9)
            .map(|_| {
                // A new folder: throwing old files away is not what is timed.
                let folder = tempfile::tempdir().unwrap();
                let out = folder.path().to_str().unwrap();
                let song = song.to_str().unwrap();
                let what = ["render", song, "-l", "7.1.4,stereo", "--threads", threads];
                child::run(
                    umbel,
                    &[&what[..], &["--no-progress", "--out", out]].concat(),
                )
            })
            .collect();
        let best = |of: fn(&child::Used) -> f64| runs.iter().map(of).fold(f64::MAX, f64::min);
        println!(
            "demo to 7.1.4 and stereo, {threads} threads: {:.1} x real time by CPU time, {:.1} x by the clock",
            length_s / best(|run| run.cpu_s),
            length_s / best(|run| run.clock_s)
        );
    }
}
