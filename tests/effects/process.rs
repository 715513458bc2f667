//! `umbel process`: the contract for scripts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::measure::{FS, difference_db, noise, run, sine};

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a float WAV.
    fn write(&self, name: &str, rows: &[Vec<f32>]) {
        let spec = hound::WavSpec {
            channels: rows.len() as u16,
            sample_rate: FS as u32,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut writer = hound::WavWriter::create(self.path(name), spec).unwrap();
        for frame in 0..rows[0].len() {
            for row in rows {
                writer.write_sample(row[frame]).unwrap();
            }
        }
        writer.finalize().unwrap();
    }

    fn umbel(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_umbel"))
            .args(["-C", self.folder.path().to_str().unwrap()])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Processes, wants success, and gives the last line of JSON.
    fn process(&self, arguments: &[&str]) -> Value {
        let output = self.umbel(&[&["process", "--json"], arguments].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {said}");
        let lines = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(lines.lines().last().unwrap()).unwrap()
    }

    fn read(&self, name: &str) -> Vec<Vec<f32>> {
        read(&self.path(name))
    }
}

fn read(path: &Path) -> Vec<Vec<f32>> {
    let mut reader = hound::WavReader::open(path).unwrap();
    let channels = usize::from(reader.spec().channels);
    let samples: Vec<f32> = reader.samples::<f32>().map(Result::unwrap).collect();
    (0..channels)
        .map(|c| samples.iter().skip(c).step_by(channels).copied().collect())
        .collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_output_has_the_inputs_length_and_channels_and_is_what_the_library_makes() {
    let desk = Desk::new();
    let text = "[{ eq = { hp = 30, bell = [[100, 2, 0.7]], high-shelf = [8000, 2] } }]";
    let rows = vec![noise(-20.0, 0.737, 1), noise(-20.0, 0.737, 2)];
    desk.write("stereo.wav", &rows);
    desk.write("mono.wav", &rows[..1]);
    for (name, channels) in [("stereo.wav", 2), ("mono.wav", 1)] {
        let done = desk.process(&[name, "out.wav", "--chain", text, "--bit-depth", "f32", "-f"]);
        assert_eq!(done["channels"], channels);
        assert_eq!(done["frames"], rows[0].len());
        assert_eq!(done["latency_frames"], 0);
        let out = desk.read("out.wav");
        assert_eq!(out.len(), channels);
        for (out, row) in out.iter().zip(&rows) {
            assert!(difference_db(out, &run(text, row)) < -140.0, "{name}");
        }
    }
}

#[test]
fn an_empty_chain_gives_the_input_back() {
    let desk = Desk::new();
    let rows = vec![noise(-20.0, 0.5, 1), noise(-20.0, 0.5, 2)];
    desk.write("in.wav", &rows);
    desk.process(&["in.wav", "out.wav", "--chain", "[]", "--bit-depth", "f32"]);
    assert_eq!(desk.read("out.wav"), rows);
}

#[test]
fn a_tail_is_appended_until_it_has_died_away() {
    let desk = Desk::new();
    // A sharp bell rings on after the tone stops at full swing.
    desk.write("in.wav", &[sine(1000.0, -6.0, 0.10025)]);
    let text = "[{ eq = { bell = [[1000, 20, 30]] } }]";
    let done = desk.process(&[
        "in.wav",
        "out.wav",
        "--chain",
        text,
        "--bit-depth",
        "f32",
        "--tail",
    ]);
    let out = desk.read("out.wav").swap_remove(0);
    let tail = done["tail_frames"].as_u64().unwrap() as usize;
    assert_eq!(out.len(), 4812 + tail);
    // The poles of 20 dB at Q 30 have Q 30 · 10^(20/40) = 95 and a time constant of 95/(1000 π) = 30 ms: from
    // about +12 dBFS down to -90 take 0.35 s.
    assert!((15_000..19_000).contains(&tail), "{tail} frames");
    assert!(out.last().unwrap().abs() > 3e-5);
    let without = desk.process(&["in.wav", "out.wav", "--chain", text, "-f"]);
    assert_eq!(without["tail_frames"], 0);
    assert_eq!(without["frames"], 4812);
}

#[test]
fn a_chain_may_stand_in_a_file() {
    let desk = Desk::new();
    let input = noise(-20.0, 0.3, 1);
    desk.write("in.wav", std::slice::from_ref(&input));
    std::fs::write(desk.path("chain.toml"), "[[chain]]\neq = { hp = 300 }\n").unwrap();
    std::fs::write(
        desk.path("chain.json"),
        r#"{"chain": [{"eq": {"hp": 300}}]}"#,
    )
    .unwrap();
    for file in ["chain.toml", "chain.json"] {
        desk.process(&[
            "in.wav",
            "out.wav",
            "--chain-file",
            file,
            "--bit-depth",
            "f32",
            "-f",
        ]);
        let expected = run("[{ eq = { hp = 300 } }]", &input);
        assert!(
            difference_db(&desk.read("out.wav")[0], &expected) < -140.0,
            "{file}"
        );
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_place_and_code() {
    let desk = Desk::new();
    desk.write("in.wav", &[noise(-20.0, 0.1, 1)]);
    let refused = |chain: &str, code: i32, words: &[&str]| {
        let output = desk.umbel(&["process", "in.wav", "out.wav", "--chain", chain]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{chain}: {said}");
        for word in words {
            assert!(said.contains(word), "{chain}: no \"{word}\" in {said}");
        }
        assert!(!desk.path("out.wav").exists(), "{chain}");
    };
    refused(
        "[{ eq = { hp = 30000 } }]",
        3,
        &["U490", "--chain:1:16", "─", "1 to 23520 Hz"],
    );
    refused(
        "[{ eq = {\n hp = 30,\n bell = [[24000, 3]] } }]",
        3,
        &["--chain:3:11", "bell 1"],
    );
    refused(
        "[{ qe = { hp = 30 } }]",
        3,
        &["unknown processor `qe`", "did you mean `eq`"],
    );
    refused("[{ eq = { hp = 30 } ", 3, &["U450"]);

    let run = |arguments: &[&str]| {
        let output = desk.umbel(&[&["process"], arguments].concat());
        (output.status.code(), stderr(&output))
    };
    let chain = ["--chain", "[]"];
    std::fs::write(desk.path("text.wav"), "no sound").unwrap();
    std::fs::write(desk.path("taken.wav"), "mine").unwrap();
    for (arguments, code, word) in [
        (vec!["in.wav", "out.wav"], 2, "--chain"),
        (vec!["none.wav", "out.wav", "--chain", "[]"], 1, "none.wav"),
        (vec!["text.wav", "out.wav", "--chain", "[]"], 4, "text.wav"),
        (vec!["in.wav", "taken.wav", "--chain", "[]"], 2, "-f"),
        (vec!["in.wav", "in.wav", "--chain", "[]", "-f"], 2, "input"),
        (
            vec!["in.wav", "out.wav", "--chain-file", "none.toml"],
            1,
            "none.toml",
        ),
        (
            vec!["in.wav", "no/such/out.wav", "--chain", "[]"],
            1,
            "out.wav",
        ),
    ] {
        let (found, said) = run(&arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
    assert_eq!(
        std::fs::read_to_string(desk.path("taken.wav")).unwrap(),
        "mine"
    );
    assert!(run(&[&["in.wav", "taken.wav", "-f"], &chain[..]].concat()).0 == Some(0));

    let output = desk.umbel(&[
        "process",
        "--json",
        "in.wav",
        "out.wav",
        "--chain",
        "[{ eq = { hp = 0 } }]",
    ]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let failure: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(failure["error"]["kind"], "chain");
    assert_eq!(
        failure["error"]["findings"][0]["span"],
        serde_json::json!([15, 16])
    );
}
