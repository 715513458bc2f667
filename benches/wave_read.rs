//! Reading and writing WAV, in audio seconds per CPU second of one thread at 48 kHz, beside `hound`.
//!
//! `cargo bench --bench wave_read`. Files are made in the system's temporary folder, so they are read from
//! the page cache; the best of several runs counts.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first fault")]

use std::path::Path;
use std::time::Instant;

use umbel::audio::Block;
use umbel::format::{AudioSource, BitDepth, Container, WaveReader, WaveSink, WaveSpec};
use umbel::units::SampleRate;

const RATE: u32 = 48_000;
const RUNS: usize = 7;

/// CPU time of this thread in seconds; wall time where the system does not tell.
fn cpu_seconds(start: Instant) -> f64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|s| s.split_whitespace().next()?.parse::<f64>().ok())
        .map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// Best of several runs of `work`, which handles `seconds` of audio: seconds per CPU second.
fn best(seconds: f64, runs: usize, mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..runs)
        .map(|_| {
            let before = cpu_seconds(start);
            work();
            seconds / (cpu_seconds(start) - before)
        })
        .fold(0.0, f64::max)
}

fn spec(channels: usize, bit_depth: BitDepth) -> WaveSpec {
    WaveSpec {
        channels,
        sample_rate: SampleRate(RATE),
        bit_depth,
        channel_mask: None,
        container: Container::Riff,
    }
}

/// A block of noise that is no silence anywhere.
fn noise(channels: usize) -> Block {
    let mut block = Block::new(channels, 1024);
    block.set_frames(1024);
    let mut state = 1u32;
    for row in block.rows_mut() {
        for sample in row {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (state >> 8) as f32 / 16_777_216.0 - 0.5;
        }
    }
    block
}

fn write(path: &Path, spec: WaveSpec, seconds: usize) {
    let block = noise(spec.channels);
    let rows: Vec<usize> = (0..spec.channels).collect();
    let mut sink = WaveSink::create(path, spec, true).unwrap();
    for _ in 0..seconds * RATE as usize / 1024 {
        sink.write(&block, &rows).unwrap();
    }
    sink.finish().unwrap();
}

fn read_ours(path: &Path, frames_per_block: usize) -> f64 {
    let mut reader = WaveReader::open(path).unwrap();
    let channels = reader.facts().channels;
    let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
    let mut block = Block::new(channels, frames_per_block);
    block.set_frames(frames_per_block);
    let mut sum = 0.0;
    while reader.read(&mut block, &rows).unwrap() > 0 {
        sum += f64::from(block.row(channels - 1)[0]);
    }
    sum
}

fn read_hound(path: &Path) -> f64 {
    let mut reader = hound::WavReader::open(path).unwrap();
    let channels = usize::from(reader.spec().channels);
    let mut rows = vec![vec![0.0f32; 1024]; channels];
    let mut sum = 0.0;
    let mut samples = reader.samples::<i32>();
    'file: loop {
        for frame in 0..1024 {
            for row in &mut rows {
                match samples.next() {
                    Some(sample) => row[frame] = sample.unwrap() as f32 / 8_388_608.0,
                    None => break 'file,
                }
            }
        }
        sum += f64::from(rows[channels - 1][0]);
    }
    sum
}

fn main() {
    // `-- 128` runs only the rows with 128 channels; `-- 0` none of them.
    let only: Option<usize> = std::env::args().skip(1).find_map(|a| a.parse().ok());
    let chosen = |channels: usize| only.is_none_or(|only| only == channels);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.wav");

    println!("reading, audio seconds per CPU second");
    for (channels, depth, seconds) in [
        (128, BitDepth::Int24, 10),
        (24, BitDepth::Int24, 60),
        (12, BitDepth::Int24, 60),
        (6, BitDepth::Int24, 60),
        (2, BitDepth::Int24, 300),
        (1, BitDepth::Int24, 600),
        (128, BitDepth::Int16, 10),
        (2, BitDepth::Int16, 300),
        (128, BitDepth::Float32, 10),
        (2, BitDepth::Float32, 300),
        (1, BitDepth::Float32, 600),
    ] {
        if !chosen(channels) {
            continue;
        }
        write(&path, spec(channels, depth), seconds);
        let ours = best(seconds as f64, RUNS, || {
            std::hint::black_box(read_ours(&path, 1024));
        });
        print!("  {channels:3} channels {depth:?}: {ours:7.0}");
        if depth == BitDepth::Int24 {
            let hound = best(seconds as f64, 2, || {
                std::hint::black_box(read_hound(&path));
            });
            print!("   hound {hound:6.1}   ratio {:5.1}", ours / hound);
        }
        println!();
    }

    println!("writing with dither, audio seconds per CPU second (without and with re-reading)");
    for (channels, depth, seconds) in [
        (12, BitDepth::Int24, 60),
        (24, BitDepth::Int24, 30),
        (2, BitDepth::Int24, 120),
        (12, BitDepth::Int16, 60),
        (12, BitDepth::Float32, 60),
    ] {
        if !chosen(channels) {
            continue;
        }
        let spec = spec(channels, depth);
        let block = noise(channels);
        let rows: Vec<usize> = (0..channels).collect();
        let alone = best(seconds as f64, RUNS, || {
            let mut sink = WaveSink::create(&path, spec, true).unwrap();
            for _ in 0..seconds * RATE as usize / 1024 {
                sink.write(&block, &rows).unwrap();
            }
        });
        let verified = best(seconds as f64, RUNS, || write(&path, spec, seconds));
        println!("  {channels:3} channels {depth:?}: {alone:7.0} {verified:7.0}");
    }
}
