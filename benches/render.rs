//! Times a whole render, file to file in the page cache, on one thread, beside `hound`.
//!
//! 128 mono objects in one 128-channel 24-bit WAV, each with a new position every 1024 frames, 60 s at
//! 48 kHz: to 7.1.4, to 22.2 and to five layouts in one pass. Prints audio seconds per CPU second and
//! the peak memory of the process.
//!
//! `cargo bench --bench render [-- SECONDS]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any fault"
)]

mod child;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const RATE: usize = 48_000;
const CHANNELS: usize = 128;

/// A 128-channel 24-bit file of repeatable noise at -36 dBFS.
fn write_objects(path: &Path, seconds: usize) {
    use std::io::Write as _;
    let bytes = (seconds * RATE * CHANNELS * 3) as u64;
    let mut file = std::io::BufWriter::with_capacity(1 << 20, fs::File::create(path).unwrap());
    // RF64, so that any length fits.
    file.write_all(b"RF64\xff\xff\xff\xffWAVEds64").unwrap();
    file.write_all(&28u32.to_le_bytes()).unwrap();
    file.write_all(&(bytes + 72).to_le_bytes()).unwrap();
    file.write_all(&bytes.to_le_bytes()).unwrap();
    file.write_all(&((seconds * RATE) as u64).to_le_bytes())
        .unwrap();
    file.write_all(&0u32.to_le_bytes()).unwrap();
    file.write_all(b"fmt ").unwrap();
    file.write_all(&16u32.to_le_bytes()).unwrap();
    file.write_all(&1u16.to_le_bytes()).unwrap();
    file.write_all(&(CHANNELS as u16).to_le_bytes()).unwrap();
    file.write_all(&(RATE as u32).to_le_bytes()).unwrap();
    file.write_all(&((RATE * CHANNELS * 3) as u32).to_le_bytes())
        .unwrap();
    file.write_all(&((CHANNELS * 3) as u16).to_le_bytes())
        .unwrap();
    file.write_all(&24u16.to_le_bytes()).unwrap();
    file.write_all(b"data\xff\xff\xff\xff").unwrap();
    let mut state = 1u32;
    let mut second = vec![0u8; RATE * CHANNELS * 3];
    for sample in second.chunks_exact_mut(3) {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let value = (state as i32) >> 14;
        sample.copy_from_slice(&value.to_le_bytes()[..3]);
    }
    for _ in 0..seconds {
        file.write_all(&second).unwrap();
    }
    file.flush().unwrap();
}

/// Each object goes its own way round, with a new position every 1024 frames.
fn write_session(folder: &Path, seconds: usize) {
    let mut session = String::from("[song]\ntitle = \"128 objects\"\nbpm = 120\n");
    for object in 0..CHANNELS {
        let mut rows = String::from("time,azimuth,elevation\n");
        for row in 0..=seconds * RATE / 1024 {
            let time = (row * 1024) as f64 / RATE as f64;
            let azimuth = (object * 29) as f64 + time * (20.0 + object as f64);
            let elevation = 30.0 + 30.0 * (time * 0.7 + object as f64).sin();
            writeln!(rows, "{time:.9},{azimuth:.3},{elevation:.3}").unwrap();
        }
        fs::write(folder.join(format!("o{object}.csv")), rows).unwrap();
        write!(
            session,
            "\n[[stem]]\nname = \"o{object}\"\nfile = \"objects.wav\"\nchannels = [{}]\nmove = {{ csv = \"o{object}.csv\" }}\n",
            object + 1
        )
        .unwrap();
    }
    fs::write(folder.join("song.toml"), session).unwrap();
}

/// CPU seconds that `hound` takes to read the first `seconds` of the file's samples into planar f32.
fn hound_read_s(folder: &Path, seconds: usize) -> f64 {
    // hound reads neither RF64 nor a header without its size: a plain copy of the first seconds.
    let plain = folder.join("plain.wav");
    let spec = hound::WavSpec {
        channels: CHANNELS as u16,
        sample_rate: RATE as u32,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&plain, spec).unwrap();
    for i in 0..seconds * RATE * CHANNELS {
        writer
            .write_sample((i as i32).wrapping_mul(7919) >> 14)
            .unwrap();
    }
    writer.finalize().unwrap();
    let start = cpu_s();
    let mut planar = vec![vec![0f32; seconds * RATE]; CHANNELS];
    let mut reader = hound::WavReader::open(&plain).unwrap();
    for (i, sample) in reader.samples::<i32>().enumerate() {
        planar[i % CHANNELS][i / CHANNELS] = sample.unwrap() as f32 / 8_388_608.0;
    }
    std::hint::black_box(&planar);
    cpu_s() - start
}

/// CPU seconds of this thread.
fn cpu_s() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace()
        .next()
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1e9
}

fn main() {
    let seconds: usize = std::env::args()
        .skip(1)
        .find_map(|a| a.parse().ok())
        .unwrap_or(60);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_objects(&folder.join("objects.wav"), seconds);
    write_session(folder, seconds);
    let umbel = Path::new(env!("CARGO_BIN_EXE_umbel"));
    let session = folder.join("song.toml");
    let out = folder.join("out");
    for (what, layouts) in [
        ("7.1.4", "7.1.4"),
        ("22.2", "22.2"),
        ("five layouts in one pass", "2.0,5.1,5.1.4,7.1.4,22.2"),
    ] {
        let arguments = [
            "render",
            session.to_str().unwrap(),
            "-l",
            layouts,
            "--threads",
            "1",
            "-f",
            "--no-progress",
            "--out",
            out.to_str().unwrap(),
        ];
        // Into a new folder: to throw away what a run before has written is no part of a render.
        let runs: Vec<_> = (0..5)
            .map(|_| {
                let _ = fs::remove_dir_all(&out);
                child::run(umbel, &arguments)
            })
            .collect();
        let best = runs.iter().map(|r| r.cpu_s).fold(f64::MAX, f64::min);
        let memory = runs.iter().map(|r| r.memory_mib).fold(0.0, f64::max);
        println!(
            "{what}: {:.0} x real time, peak memory {memory:.0} MiB",
            seconds as f64 / best
        );
    }
    let short = seconds.min(5);
    println!(
        "hound, reading alone: {:.1} x real time",
        short as f64 / hound_read_s(folder, short)
    );
}
