//! Stems that `umbel export stems` writes, and what `umbel check` says of masters.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use umbel::audio::Block;
use umbel::format::{AudioSource, BitDepth, Container, WaveReader, WaveSink, WaveSpec};
use umbel::units::SampleRate;

const FRAMES: usize = 70_001;

fn noise(path: &Path, channels: usize, seed: u32) {
    let spec = WaveSpec {
        channels,
        sample_rate: SampleRate(48_000),
        bit_depth: BitDepth::Int24,
        channel_mask: None,
        container: Container::Riff,
    };
    let mut block = Block::new(channels, FRAMES);
    block.set_frames(FRAMES);
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    for sample in block.rows_mut().flatten() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = 0.1 * (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32;
    }
    let mut sink = WaveSink::create(path, spec, true).unwrap();
    sink.write(&block, &(0..channels).collect::<Vec<_>>())
        .unwrap();
    sink.finish().unwrap();
}

const SONG: &str = r#"
[song]
title = "Hand <over>"
bpm = 92.5
key = "F#m"
markers = { drop = "1|3" }
[[group]]
name = "drums"
chain = [{ comp = { ratio = 2, threshold = -30 } }]
[[stem]]
name = "Lead Vocal"
file = "a.wav"
group = "drums"
chain = [{ eq = { hp = 80, bell = [[1000, 2, 1]] } }]
move = { shape = "circle", period = 2 }
sends = { hall = -12 }
[[stem]]
name = "Pads"
file = "b.wav"
group = "drums"
at = { az = 20, width = 60 }
[[return]]
name = "hall"
chain = [{ delay = { ms = 250, feedback = 0.4 } }]
at = [{ az = 110 }, { az = -110 }]
"#;

/// A folder with a session; `master` is what stands under `[master]`.
fn song(master: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    noise(&folder.path().join("a.wav"), 1, 1);
    noise(&folder.path().join("b.wav"), 2, 2);
    std::fs::write(folder.path().join("song.toml"), format!("{SONG}{master}")).unwrap();
    folder
}

fn umbel(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umbel"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = umbel(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn samples(path: &Path) -> Block {
    let mut file = WaveReader::open(path).unwrap();
    let (channels, frames) = (file.facts().channels, file.facts().frames.0 as usize);
    let mut block = Block::new(channels, frames);
    block.set_frames(frames);
    let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
    file.read(&mut block, &rows).unwrap();
    block
}

/// Largest difference between the sum of the stems and the render at `mix`, in dBFS.
fn residual(folder: &Path, manifest: &Value, mix: &Path) -> f64 {
    let mix = samples(mix);
    let mut rest: Vec<Vec<f64>> = mix
        .rows()
        .map(|row| row.iter().map(|s| f64::from(*s)).collect())
        .collect();
    for stem in manifest["stems"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|stem| stem["kind"] != "mix")
    {
        let stem = samples(&folder.join(stem["file"].as_str().unwrap()));
        for (rest, row) in rest.iter_mut().zip(stem.rows()) {
            rest.iter_mut()
                .zip(row)
                .for_each(|(rest, sample)| *rest -= f64::from(*sample));
        }
    }
    // The stems end where the tail is quiet.
    let stems = samples(&folder.join(manifest["stems"][0]["file"].as_str().unwrap())).frames();
    let heard = rest.iter().flat_map(|row| &row[..stems.min(row.len())]);
    20.0 * heard
        .fold(0.0_f64, |largest, s| largest.max(s.abs()))
        .log10()
}

#[test]
fn stems_add_up_to_the_mix() {
    for (master, contract) in [
        (
            "[master]\ngain = -3\nchain = [{ comp = { ratio = 2, threshold = -30 } }]\n",
            "through-master",
        ),
        ("", "pre-master"),
    ] {
        let folder = song(master);
        let folder = folder.path();
        done(
            folder,
            &[
                "render",
                "song.toml",
                "-l",
                "stereo",
                "-o",
                "mix.wav",
                "--bit-depth",
                "f32",
                "--tail",
                "-q",
            ],
        );
        for (depth, limit) in [("24", -120.0), ("f32", -140.0)] {
            let out = format!("out{depth}");
            done(
                folder,
                &[
                    "export",
                    "stems",
                    "song.toml",
                    "--out",
                    &out,
                    "--contract",
                    contract,
                    "--bit-depth",
                    depth,
                    "-q",
                ],
            );
            let text = std::fs::read_to_string(folder.join(&out).join("manifest.json")).unwrap();
            let manifest: Value = serde_json::from_str(&text).unwrap();
            let left = residual(&folder.join(&out), &manifest, &folder.join("mix.wav"));
            assert!(left <= limit, "{contract}, {depth}: {left} dBFS");
        }
    }
}

#[test]
fn a_hand_over_has_names_lengths_and_everything_beside() {
    let folder = song("[master]\ngain = -3\n");
    let folder = folder.path();
    done(
        folder,
        &[
            "export",
            "stems",
            "song.toml",
            "--out",
            "out",
            "--image",
            "dry",
            "-q",
        ],
    );
    let out = folder.join("out");
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("manifest.json")).unwrap()).unwrap();
    let files: Vec<(&str, u64)> = manifest["stems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stem| {
            (
                stem["file"].as_str().unwrap(),
                stem["channels"].as_u64().unwrap(),
            )
        })
        .collect();
    let names = [
        "LeadVocal_92.5_Fsharpm.wav",
        "Pads_92.5_Fsharpm.wav",
        "hall_92.5_Fsharpm.wav",
    ];
    assert_eq!(files, names.into_iter().zip([1, 2, 2]).collect::<Vec<_>>());
    for (file, _) in files {
        let reader = WaveReader::open(&out.join(file)).unwrap();
        assert_eq!(
            reader.facts().frames.0,
            manifest["frames"].as_u64().unwrap()
        );
        // More than the song: the echoes ring on.
        assert!(reader.facts().frames.0 as usize > FRAMES);
        assert_eq!(reader.chunk(*b"bext", 1000).unwrap().unwrap().len(), 602);
        // The marker at the third beat of 92.5 a minute.
        let cue = reader.chunk(*b"cue ", 1000).unwrap().unwrap();
        assert_eq!(cue[..4], [1, 0, 0, 0]);
        assert_eq!(cue[24..28], 62_270_u32.to_le_bytes());
        let labels = reader.chunk(*b"LIST", 1000).unwrap().unwrap();
        assert!(labels.windows(4).any(|name| name == b"drop"));
    }
    for name in [
        "tempo.mid",
        "song.dawproject",
        "song.rpp",
        "positions.json",
        "manifest.txt",
    ] {
        assert!(
            out.join(name).metadata().unwrap().len() > 100 || name == "tempo.mid",
            "{name}"
        );
    }
    let again = umbel(
        folder,
        &["export", "stems", "song.toml", "--out", "out", "-q"],
    );
    assert_eq!(again.status.code(), Some(2));
}

#[test]
fn stems_that_clip_are_named_and_the_contract_is_said_not_to_hold() {
    let folder = song("");
    let folder = folder.path();
    let path = folder.join("song.toml");
    let session = std::fs::read_to_string(&path).unwrap();
    let session = session.replace("name = \"Pads\"", "name = \"Pads\"\ngain = 24");
    std::fs::write(&path, session).unwrap();
    for (depth, holds) in [("24", false), ("f32", true)] {
        let output = umbel(
            folder,
            &[
                "export",
                "stems",
                "song.toml",
                "--out",
                depth,
                "--bit-depth",
                depth,
            ],
        );
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = std::fs::read_to_string(folder.join(depth).join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["contract_holds"], holds, "{manifest:#}");
        let text = std::fs::read_to_string(folder.join(depth).join("manifest.txt")).unwrap();
        for stem in manifest["stems"].as_array().unwrap() {
            let (file, name) = (stem["file"].as_str().unwrap(), &stem["name"]);
            let clips = !holds && (name == "Pads" || name == "Mix");
            assert_eq!(
                stem["clipped_samples"].as_u64().unwrap() > 0,
                clips,
                "{stem}"
            );
            assert_eq!(stem["over_db"].is_number(), clips, "{stem}");
            let warned = said.contains(&format!(
                "{file}: {} samples clipped",
                stem["clipped_samples"]
            ));
            assert_eq!(warned, clips, "{file}: {said}");
            let contract = text
                .lines()
                .find(|line| line.starts_with("Contract"))
                .unwrap();
            assert_eq!(contract.contains(file), clips, "{contract}");
        }
    }
}

#[test]
fn a_hand_over_tells_every_tempo_and_the_chains_of_groups_and_master() {
    let folder = song("[master]\nchain = [{ eq = { hp = 33 } }]\n");
    let folder = folder.path();
    let text = std::fs::read_to_string(folder.join("song.toml")).unwrap();
    let tempo = "tempo = [{ at = \"1|1\", bpm = 92.5 }, { at = \"1|3\", bpm = 120 }]";
    std::fs::write(folder.join("song.toml"), text.replace("bpm = 92.5", tempo)).unwrap();
    let exported = umbel(folder, &["export", "stems", "song.toml", "--out", "out"]);
    let told = String::from_utf8_lossy(&exported.stderr).into_owned();
    assert!(exported.status.success(), "{told}");
    assert!(told.contains("delay of hall"), "{told}");
    let manifest = std::fs::read_to_string(folder.join("out/manifest.txt")).unwrap();
    for words in [
        "92.5 BPM from 0.000 s",
        "120.0 BPM from 1.297 s",
        "Not in song.dawproject: delay of hall",
    ] {
        assert!(manifest.contains(words), "{manifest}");
    }
    // The archive is stored as it is.
    let project = std::fs::read(folder.join("out/song.dawproject")).unwrap();
    let project = String::from_utf8_lossy(&project).into_owned();
    let place = |words: &str| {
        let found = project.find(words);
        found.unwrap_or_else(|| panic!("{words}: {project}"))
    };
    let order = [
        place("name=\"drums\""),
        place("name=\"Threshold\""),
        place("name=\"Lead Vocal\""),
        place("name=\"Pads\""),
        place("name=\"hall\""),
        place("name=\"Master\""),
        place("value=\"33\""),
    ];
    assert!(order.is_sorted(), "{order:?}: {project}");
}

#[test]
fn a_chain_of_the_stereo_bus_is_said_to_be_left_out() {
    for (more, is_said) in [
        ("", false),
        ("[stereo]\nchain = [{ eq = { hp = 33 } }]\n", true),
    ] {
        let folder = song(more);
        let exported = umbel(
            folder.path(),
            &["export", "stems", "song.toml", "--out", "out"],
        );
        let told = String::from_utf8_lossy(&exported.stderr).into_owned();
        assert!(exported.status.success(), "{told}");
        let read = |name| std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        for words in [told, read("manifest.txt"), read("manifest.json")] {
            assert_eq!(
                words.contains("chain of [stereo] is not in the stems"),
                is_said,
                "{words}"
            );
        }
    }
}

#[test]
fn a_master_is_checked_as_its_taker_would() {
    let folder = song("");
    let folder = folder.path();
    let export = |more: &[&str]| {
        let base = [
            "export",
            "adm-atmos",
            "song.toml",
            "-o",
            "m.wav",
            "-f",
            "-q",
        ];
        done(folder, &[&base[..], more].concat());
    };
    let check = |taker: &str, form: &str| {
        umbel(
            folder,
            &["check", "m.wav", "--for", taker, "--format", form, "-q"],
        )
    };
    let rules = |output: &Output| -> Vec<String> {
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        let list = list.as_array().unwrap().iter();
        list.filter(|f| f["level"] == "error")
            .map(|f| f["rule"].as_str().unwrap().to_owned())
            .collect()
    };
    export(&["--fps", "24"]);
    let output = check("apple", "json");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(rules(&output), [""; 0], "{errors}");
    assert_eq!(output.status.code(), Some(0));
    std::fs::write(
        folder.join("song.toml"),
        format!("{SONG}[master]\ngain = 20\n"),
    )
    .unwrap();
    export(&[
        "--fps",
        "25",
        "--ffoa",
        "1",
        "--warp",
        "lo-ro",
        "--binaural",
        "Pads=none",
    ]);
    assert_eq!(
        rules(&check("umg", "json")),
        ["U202", "U203", "U211", "U215", "U208", "U209"]
    );
    let sarif: Value = serde_json::from_slice(&check("umg", "sarif").stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(sarif["runs"][0]["results"].as_array().unwrap().len() >= 5);
    let explained = done(folder, &["check", "--explain", "u208"]);
    assert!(explained.contains("-18 LKFS"), "{explained}");
}

#[test]
fn a_tempo_is_one_number_in_names_and_manifest_whatever_the_beat_is() {
    let folder = song("");
    let folder = folder.path();
    let plain = std::fs::read_to_string(folder.join("song.toml")).unwrap();
    let manifest = |out: &str| -> (Value, String) {
        let read = |name: &str| std::fs::read_to_string(folder.join(out).join(name)).unwrap();
        (
            serde_json::from_str(&read("manifest.json")).unwrap(),
            read("manifest.txt"),
        )
    };
    let map = "tempo = [{ at = \"1|1\", bpm = 120 }]\nmeter = \"7/8\"";
    for (out, tempo) in [("one", "bpm = 120\nmeter = \"6/8\""), ("map", map)] {
        let text = plain.replace("bpm = 92.5", tempo);
        std::fs::write(folder.join("song.toml"), text).unwrap();
        done(folder, &["export", "stems", "song.toml", "--out", out]);
        assert!(folder.join(out).join("Pads_120_Fsharpm.wav").is_file());
        let (found, words) = manifest(out);
        for (key, value) in [("bpm", 120.0), ("quarters_per_minute", 60.0)] {
            assert_eq!(found[key], value, "{found:#}");
            assert_eq!(found["tempo"][0][key], value, "{found:#}");
        }
        assert_eq!(found["bpm_beat"], "1/8");
        assert!(
            words.contains("120.0 BPM (beats of 1/8; 60.0 quarters a minute)"),
            "{words}"
        );
    }
}

#[test]
fn what_names_and_midi_cannot_say_is_told() {
    let folder = song("");
    let folder = folder.path();
    let plain = std::fs::read_to_string(folder.join("song.toml")).unwrap();
    let slow = plain
        .replace("bpm = 92.5", "bpm = 12\nmeter = \"4/16\"")
        .replace("key = \"F#m\"\n", "");
    std::fs::write(folder.join("song.toml"), slow).unwrap();
    let exported = umbel(folder, &["export", "stems", "song.toml", "--out", "out"]);
    let told = String::from_utf8_lossy(&exported.stderr).into_owned();
    assert!(exported.status.success(), "{told}");
    assert!(told.contains("tempo.mid says 3.576"), "{told}");
    assert!(told.contains("[song] says no key"), "{told}");
    let text = std::fs::read_to_string(folder.join("out/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["faster_in_tempo_mid"], serde_json::json!([3.0]));
    std::fs::write(folder.join("song.toml"), plain).unwrap();
    let exported = umbel(folder, &["export", "stems", "song.toml", "--out", "named"]);
    let told = String::from_utf8_lossy(&exported.stderr).into_owned();
    assert!(
        !told.contains("tempo.mid") && !told.contains("U005"),
        "{told}"
    );
}
