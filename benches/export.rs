//! Times the export of a master, file to file in the page cache, by the clock and in CPU seconds, beside `cp`
//! of what was written and `hound` reading as many samples.
//!
//! A session of 118 mono stems of 24 bits at 48 kHz, each on its own slow way round, to `adm-atmos` (128 tracks);
//! then that master exported again. Everything that an export does counts: reading, the desk, gains of metadata,
//! writing, reading it all again. Prints audio seconds per second and the peak memory of the process.
//!
//! `cargo bench --bench export [-- SECONDS]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any fault"
)]

mod child;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use child::{Used, run};
use umbel::audio::Block;
use umbel::format::{BitDepth, Container, WaveSink, WaveSpec};
use umbel::units::SampleRate;

const RATE: usize = 48_000;
const OBJECTS: usize = 118;

/// The fastest of three by the clock, after `before` each time.
fn best(arguments: &[&str], before: impl Fn()) -> Used {
    let runs = (0..3).map(|_| {
        before();
        run(arguments[0], &arguments[1..])
    });
    runs.min_by(|a, b| a.clock_s.total_cmp(&b.clock_s)).unwrap()
}

/// One stem of noise, which the session names once for each object.
fn write_stems(folder: &Path, seconds: usize) {
    let spec = WaveSpec {
        channels: 1,
        sample_rate: SampleRate(RATE as u32),
        bit_depth: BitDepth::Int24,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut block = Block::new(1, RATE);
    block.set_frames(RATE);
    let mut state = 1_u32;
    let first = folder.join("s0.wav");
    let mut sink = WaveSink::create(&first, spec, true).unwrap();
    for _ in 0..seconds {
        for sample in block.row_mut(0) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = 0.02 * (state as f32 / u32::MAX as f32 - 0.5);
        }
        sink.write(&block, &[0]).unwrap();
    }
    sink.finish().unwrap();
    for object in 1..OBJECTS {
        // The same bytes under another name: the sources take no more room in the page cache than one.
        fs::hard_link(&first, folder.join(format!("s{object}.wav"))).unwrap();
    }
}

fn write_session(folder: &Path) {
    let mut session = String::from("[song]\ntitle = \"118 objects\"\n");
    for object in 0..OBJECTS {
        write!(
            session,
            "\n[[stem]]\nname = \"o{object}\"\nfile = \"s{object}.wav\"\n\
             move = {{ shape = \"circle\", period = {}, az = {}, el = {} }}\n",
            120 + object,
            object * 3,
            object % 40
        )
        .unwrap();
    }
    fs::write(folder.join("song.toml"), session).unwrap();
}

/// Seconds that `hound` takes to read `seconds` of 128 channels into planar f32.
fn hound_read_s(folder: &Path, seconds: usize) -> f64 {
    const CHANNELS: usize = 128;
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
    let start = std::time::Instant::now();
    let mut planar = vec![vec![0_f32; seconds * RATE]; CHANNELS];
    let mut reader = hound::WavReader::open(&plain).unwrap();
    for (i, sample) in reader.samples::<i32>().enumerate() {
        planar[i % CHANNELS][i / CHANNELS] = sample.unwrap() as f32 / 8_388_608.0;
    }
    std::hint::black_box(&planar);
    start.elapsed().as_secs_f64()
}

fn main() {
    let seconds: usize = std::env::args()
        .skip(1)
        .find_map(|a| a.parse().ok())
        .unwrap_or(60);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_stems(folder, seconds);
    write_session(folder);
    let umbel = env!("CARGO_BIN_EXE_umbel");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (session, master, again, copy) = (
        path("song.toml"),
        path("master.wav"),
        path("again.wav"),
        path("copy.wav"),
    );
    let remove = |path: &str| {
        if Path::new(path).exists() {
            fs::remove_file(path).unwrap();
        }
    };
    for (what, input, output) in [
        ("a session of 118 objects", &session, &master),
        ("that master", &master, &again),
    ] {
        for jobs in ["1", "2"] {
            let arguments = [
                umbel,
                "--no-progress",
                "-q",
                "-j",
                jobs,
                "export",
                "adm-atmos",
                input,
                "-o",
                output,
                "-f",
            ];
            let used = best(&arguments, || remove(output));
            println!(
                "{what}, {jobs} thread(s): {:.0} x real time by the clock, {:.0} in CPU time, peak memory {:.0} MiB",
                seconds as f64 / used.clock_s,
                seconds as f64 / used.cpu_s,
                used.memory_mib
            );
        }
    }
    let copied = best(&["cp", &master, &copy], || remove(&copy));
    println!(
        "cp of the {} MB: {:.0} x real time",
        fs::metadata(&master).unwrap().len() / 1_000_000,
        seconds as f64 / copied.clock_s
    );
    let short = seconds.min(5);
    println!(
        "hound, reading 128 channels alone: {:.1} x real time",
        short as f64 / hound_read_s(folder, short)
    );
}
