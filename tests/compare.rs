//! `umbel compare`: two mixes side by side, as scripts meet it.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, where a panic is the report"
)]

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

const RATE: u32 = 48_000;

fn umbel(arguments: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(arguments)
        .arg("--no-progress")
        .output()
        .unwrap()
}

fn compared(arguments: &[&str]) -> Value {
    let output = umbel(&[&["compare", "--json"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Numbers that are the same in each run, -1 to 1.
fn noise(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Six seconds of stereo: noise through a one-pole low-pass, in half-second bursts.
fn music(seed: u32) -> Vec<[f32; 2]> {
    let (mut left, mut right) = (noise(seed), noise(seed + 1));
    let mut held = [0.0_f32; 2];
    (0..6 * RATE as usize)
        .map(|n| {
            let burst = if (n / 24_000).is_multiple_of(2) {
                0.6
            } else {
                0.1
            };
            held[0] += 0.2 * (left() - held[0]);
            held[1] += 0.2 * (right() - held[1]);
            held.map(|sample| burst * sample)
        })
        .collect()
}

fn write(folder: &Path, name: &str, rate: u32, frames: &[[f32; 2]]) -> String {
    let path = folder.join(name);
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create(&path, spec).unwrap();
    for sample in frames.iter().flatten() {
        file.write_sample(*sample).unwrap();
    }
    file.finalize().unwrap();
    path.to_str().unwrap().to_owned()
}

fn number(value: &Value, path: &str) -> f64 {
    value
        .pointer(path)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("{path} of {value:#}"))
}

#[test]
fn files_that_are_the_same_give_a_report_of_zeros() {
    let folder = TempDir::new().unwrap();
    let a = write(folder.path(), "a.wav", RATE, &music(1));
    let found = compared(&[&a, &a, "--tolerance", "-200"]);
    assert_eq!(found["identical"], true);
    assert_eq!(found["offset_frames"], 0);
    for (_, difference) in found["difference"].as_object().unwrap() {
        assert!(difference.as_f64().unwrap().abs() < 1e-12, "{found:#}");
    }
    assert!(number(&found, "/gain_db").abs() < 1e-12);
    assert_eq!(found["null"]["as_is"]["level_db"], Value::Null);
    assert_eq!(found["null"]["as_is"]["peak_dbfs"], Value::Null);
    assert!((number(&found, "/envelope_correlation") - 1.0).abs() < 1e-9);
    assert!(found["tone"].as_array().unwrap().len() >= 28);
    for band in found["tone"].as_array().unwrap() {
        assert!(band["db"].as_f64().unwrap().abs() < 1e-9, "{band}");
    }
}

#[test]
fn offset_gain_and_what_was_added_are_found() {
    let folder = TempDir::new().unwrap();
    let first = music(1);
    // 1,234 frames later, 3.5 dB softer, with noise 40 dB below.
    let gain = 10_f32.powf(-3.5 / 20.0);
    let mut hiss = noise(99);
    let mut second = vec![[0.0; 2]; 1234];
    second.extend(first.iter().map(|frame| frame.map(|s| gain * s)));
    let power: f64 = first.iter().flatten().map(|s| f64::from(*s).powi(2)).sum();
    let rms = (power / (2.0 * first.len() as f64)).sqrt();
    let level = gain * (rms * 0.01 * 3.0_f64.sqrt()) as f32;
    for sample in second.iter_mut().flatten() {
        *sample += level * hiss();
    }
    let a = write(folder.path(), "a.wav", RATE, &first);
    let b = write(folder.path(), "b.wav", RATE, &second);
    let out = folder.path().join("out");
    let found = compared(&[&a, &b, "--out", out.to_str().unwrap()]);
    assert_eq!(found["offset_frames"], 1234);
    assert_eq!(found["inverted"], false);
    assert!((number(&found, "/offset_ms") - 25.708).abs() < 0.01);
    assert!((number(&found, "/gain_db") - 3.5).abs() < 0.02);
    assert!((number(&found, "/null/best/gain_db") - 3.5).abs() < 0.05);
    assert!((number(&found, "/null/best/level_db") + 40.0).abs() < 0.5);
    assert!(
        (number(&found, "/null/as_is/level_db") - 20.0 * f64::from(1.0 - gain).log10()).abs() < 0.2
    );
    assert!(number(&found, "/null/matched/level_db") < -30.0);
    // What was written to be listened to is equally loud, aligned, and no louder than it was.
    let listened = compared(&[
        out.join("A.wav").to_str().unwrap(),
        out.join("B.wav").to_str().unwrap(),
    ]);
    assert_eq!(listened["offset_frames"], 0);
    assert!(number(&listened, "/difference/integrated_lufs").abs() < 0.1);
    assert!(number(&listened, "/a/peak_dbfs") <= number(&found, "/a/peak_dbfs") + 1e-6);
    // An opposite polarity is told.
    let turned: Vec<[f32; 2]> = first.iter().map(|frame| frame.map(|s| -s)).collect();
    let b = write(folder.path(), "c.wav", RATE, &turned);
    assert_eq!(compared(&[&a, &b])["inverted"], true);
}

#[test]
fn a_change_of_tone_is_told_band_by_band() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let a = write(folder.path(), "a.wav", RATE, &music(5));
    let b = path("b.wav");
    let chain = "[{ eq = { bell = [[1000, 6, 2]] } }]";
    let done = umbel(&["process", &a, &b, "--chain", chain, "--bit-depth", "f32"]);
    assert!(done.status.success());
    let svg = path("difference.svg");
    let found = compared(&[&a, &b, "--svg", &svg]);
    let gain = number(&found, "/gain_db");
    for band in found["tone"].as_array().unwrap() {
        let (hz, db) = (band["hz"].as_f64().unwrap(), band["db"].as_f64().unwrap());
        // The bell of the analogue filter: |H|^2 = (x^2 + (A / Q)^2) / (x^2 + 1 / (A Q)^2), x = f / f0 - f0 / f.
        let (x, a, q) = (hz / 1000.0 - 1000.0 / hz, 10_f64.powf(6.0 / 40.0), 2.0);
        let bell = 10.0 * ((x * x + (a / q).powi(2)) / (x * x + (1.0 / (a * q)).powi(2))).log10();
        assert!(
            (db - gain - bell).abs() < 0.5,
            "{hz} Hz: {db} - {gain}, {bell}"
        );
    }
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
    // It is there already.
    assert_eq!(
        umbel(&["compare", &a, &b, "--svg", &svg]).status.code(),
        Some(2)
    );
}

#[test]
fn more_left_than_is_tolerated_is_a_gate_that_fails() {
    let folder = TempDir::new().unwrap();
    let first = music(1);
    let near: Vec<[f32; 2]> = first.iter().map(|frame| frame.map(|s| s * 0.999)).collect();
    let a = write(folder.path(), "a.wav", RATE, &first);
    let b = write(folder.path(), "b.wav", RATE, &near);
    let code = |tolerance: &str| {
        let output = umbel(&["compare", &a, &b, "--tolerance", tolerance]);
        output.status.code()
    };
    // 0.001 of it is left.
    assert_eq!(code("-59"), Some(0));
    assert_eq!(code("-61"), Some(5));
    let shorter = write(folder.path(), "c.wav", RATE, &first[..200_000]);
    let output = umbel(&["compare", &a, &shorter, "--tolerance", "-59"]);
    assert_eq!(output.status.code(), Some(5));
    let later = write(
        folder.path(),
        "d.wav",
        RATE,
        &[&first[10..], &[[0.0; 2]; 10]].concat(),
    );
    let output = umbel(&["compare", &a, &later, "--tolerance", "20"]);
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn what_does_not_fit_is_refused_with_both_names() {
    let folder = TempDir::new().unwrap();
    let a = write(folder.path(), "a.wav", RATE, &music(1));
    let b = write(folder.path(), "b.wav", 44_100, &music(1));
    let output = umbel(&["compare", &a, &b]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("44100 Hz") && said.contains("b.wav"),
        "{said}"
    );
    assert_eq!(umbel(&["compare", &a]).status.code(), Some(2));
    assert_ne!(
        umbel(&["compare", &a, "nowhere.wav"]).status.code(),
        Some(0)
    );
}

#[test]
fn silence_has_no_offset_and_no_loudness() {
    let folder = TempDir::new().unwrap();
    let a = write(folder.path(), "a.wav", RATE, &music(1));
    let silence = write(folder.path(), "b.wav", RATE, &vec![[0.0; 2]; 100_000]);
    for (first, second) in [(&a, &silence), (&silence, &a), (&silence, &silence)] {
        let found = compared(&[first, second]);
        assert_eq!(found["offset_frames"], Value::Null);
        assert_eq!(found["gain_db"], Value::Null);
    }
    let text = umbel(&["compare", &a, &silence]);
    assert!(String::from_utf8(text.stdout).unwrap().contains("silent"));
}

fn session(folder: &Path, chain: &str, group: &str) -> PathBuf {
    write(folder, "pad.wav", RATE, &music(3));
    let text = format!(
        "[song]\n[[stem]]\nname = \"Pad\"\nfile = \"pad.wav\"\ngroup = \"synths\"\nat = {{ az = 0 }}\n{chain}\
         [[group]]\nname = \"synths\"\n{group}"
    );
    let path = folder.join("song.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_session_alone_is_compared_with_its_groups_alone() {
    let folder = TempDir::new().unwrap();
    let group = "chain = [{ comp = { threshold = -30, release-ms = 100 } }]\n";
    let song = session(
        folder.path(),
        "chain = [{ eq = { high-shelf = [4000, -6] } }]\n",
        group,
    );
    let song = song.to_str().unwrap();
    let found = compared(&[song]);
    let gain = number(&found, "/gain_db");
    let top = found["tone"].as_array().unwrap().last().unwrap();
    assert!(
        (top["db"].as_f64().unwrap() - gain - 6.0).abs() < 1.0,
        "{found:#}"
    );
    // The reference may be a file: here the session's own stereo render.
    let out = folder.path().join("ref.wav");
    let rendered = umbel(&[
        "render",
        song,
        "-l",
        "stereo",
        "--bit-depth",
        "f32",
        "-o",
        out.to_str().unwrap(),
    ]);
    assert!(rendered.status.success());
    let same = compared(&[song, out.to_str().unwrap()]);
    assert_eq!(same["identical"], true, "{same:#}");
    let bare = session(folder.path(), "", group);
    assert_eq!(
        umbel(&["compare", bare.to_str().unwrap()]).status.code(),
        Some(2)
    );
}

#[test]
fn a_group_that_is_squeezed_is_noted_after_the_render() {
    let folder = TempDir::new().unwrap();
    let notes = |comp: &str| {
        let group = format!("chain = [{{ comp = {{ release-ms = 100, {comp} }} }}]\n");
        let song = session(folder.path(), "", &group);
        let out = folder.path().join("out.wav");
        let arguments = ["render", song.to_str().unwrap(), "-l", "stereo", "-f", "-o"];
        let done = umbel(&[&arguments[..], &[out.to_str().unwrap()]].concat());
        assert!(done.status.success());
        String::from_utf8(done.stderr).unwrap()
    };
    let said = notes("threshold = -50");
    assert!(said.contains("U103") && said.contains("synths"), "{said}");
    assert!(!notes("threshold = -50, mix = 0.3").contains("U103"));
    assert!(!notes("target-gr = 2").contains("U103"));
}

#[test]
fn the_stereo_bus_is_measured_with_its_chain() {
    let folder = TempDir::new().unwrap();
    let song = session(folder.path(), "", "");
    let with_chain = std::fs::read_to_string(&song).unwrap()
        + "[stereo]\nchain = [{ comp = { threshold = 0, makeup = 6 } }]\n";
    let loudness = || {
        let found = umbel(&["measure", song.to_str().unwrap(), "-l", "stereo", "--json"]);
        let found: Value = serde_json::from_slice(&found.stdout).unwrap();
        number(&found, "/integrated_lufs")
    };
    let plain = loudness();
    std::fs::write(&song, with_chain).unwrap();
    let louder = loudness();
    assert!((louder - plain - 6.0).abs() < 0.05, "{plain}, {louder}");
}
