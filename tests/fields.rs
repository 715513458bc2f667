//! `umbel export ambix`, `json` and `csv`: what other programs get of a session's or a master's objects.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod made;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use made::text;
use serde_json::Value;
use umbel::audio::Block;
use umbel::format::{AudioSource, BitDepth, WaveReader};

/// Whole grid frames: a move that the end cuts short arrives elsewhere in a master.
const FRAMES: usize = 10_240;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (seed, name) in ["a.wav", "b.wav"].into_iter().enumerate() {
            let tone = |n| 0.5 * (0.01 * (seed + 1) as f32 * n as f32).sin();
            let samples: Vec<f32> = (0..FRAMES).map(tone).collect();
            made::write_stem(&folder.path(name), BitDepth::Float32, &samples);
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn session(&self, stems: &str) -> PathBuf {
        let path = self.path("song.toml");
        std::fs::write(&path, format!("[song]\ntitle = \"Ferry\"\n{stems}")).unwrap();
        path
    }
}

const A_AT: &str = "[[stem]]\nname = \"A, \\\"lead\\\"\"\nfile = \"a.wav\"\n";

fn umbel(arguments: &[&str]) -> Output {
    let done = made::umbel(arguments);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{arguments:?}: {said}");
    done
}

fn samples(path: &Path) -> Block {
    let mut file = WaveReader::open(path).unwrap();
    let (channels, frames) = (file.facts().channels, file.facts().frames.0 as usize);
    let mut block = Block::new(channels, frames);
    block.set_frames(frames);
    let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
    assert_eq!(file.read(&mut block, &rows).unwrap(), frames);
    block
}

fn ambix(folder: &Folder, input: &Path, order: &str) -> (Value, Block) {
    let out = folder.path("field.wav");
    let done = umbel(&[
        "export",
        "ambix",
        text(input),
        "-o",
        text(&out),
        "--order",
        order,
        "-f",
        "--json",
        "--no-progress",
    ]);
    let lines = String::from_utf8(done.stdout).unwrap();
    let told = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    (told, samples(&out))
}

#[test]
fn a_point_is_a_plane_wave_at_every_order() {
    let folder = Folder::new();
    let song = folder.session(&format!("{A_AT}at = {{ az = 30, el = 20 }}\n"));
    let source = samples(&folder.path("a.wav"));
    let (az, el) = (30.0_f64.to_radians(), 20.0_f64.to_radians());
    let (front, left, up) = (az.cos() * el.cos(), az.sin() * el.cos(), el.sin());
    for order in 1..=7_usize {
        let (told, field) = ambix(&folder, &song, &order.to_string());
        assert_eq!(told["channels"], (order + 1) * (order + 1));
        assert_eq!(told["channel_order"][2], "ACN2");
        assert_eq!(field.frames(), FRAMES);
        // W, Y, Z, X; and from order 2 on V, which is √3 X Y.
        let mut expected = vec![1.0, left, up, front];
        if order > 1 {
            expected.push(3.0_f64.sqrt() * front * left);
        }
        for (channel, gain) in expected.into_iter().enumerate() {
            let pairs = field.row(channel).iter().zip(source.row(0));
            let worst = pairs.map(|(a, b)| (f64::from(*a) - gain * f64::from(*b)).abs());
            let worst = worst.fold(0.0, f64::max);
            assert!(worst < 1e-6, "order {order}, channel {channel}: {worst}");
        }
        // The squares of all components of one order add up to 1 in SN3D.
        for n in 0..=order {
            let power: f64 = (n * n..(n + 1) * (n + 1))
                .map(|channel| f64::from(field.row(channel)[4000]).powi(2))
                .sum();
            let expected = f64::from(source.row(0)[4000]).powi(2);
            assert!(
                (power - expected).abs() < 1e-6,
                "order {order}, {n}: {power}, {expected}"
            );
        }
    }
}

#[test]
fn what_a_field_cannot_carry_is_reported_and_strictness_refuses_it() {
    let folder = Folder::new();
    let song = folder.session(&format!("{A_AT}at = {{ az = 30 }}\nlfe = -6\n"));
    let (told, _) = ambix(&folder, &song, "1");
    assert_eq!(told["losses"][0]["field"], "LFE copy", "{told}");
    assert!(folder.path("field.loss.txt").exists());
    let out = folder.path("strict.wav");
    let done = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args([
            "export",
            "ambix",
            text(&song),
            "-o",
            text(&out),
            "--strict",
            "-q",
        ])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(5));
    assert!(!out.exists());
    let done = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args([
            "export",
            "ambix",
            text(&song),
            "-o",
            text(&out),
            "--order",
            "8",
        ])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2));
}

#[test]
fn a_master_s_field_is_that_of_its_session() {
    let folder = Folder::new();
    let song = folder.session(&format!(
        "{A_AT}move = [[0, {{ az = 0 }}], [0.2, {{ az = 90, el = 30 }}]]\n[[stem]]\nname = \"B\"\nfile = \"b.wav\"\n\
         at = {{ x = -0.3, y = 0.5, z = 0.2 }}\nsize = 0.2\n"
    ));
    let (_, direct) = ambix(&folder, &song, "4");
    let master = folder.path("master.wav");
    umbel(&[
        "export",
        "adm-ebu",
        text(&song),
        "-o",
        text(&master),
        "-q",
        "--no-loudness",
    ]);
    let (_, again) = ambix(&folder, &master, "4");
    let rows = direct.rows().zip(again.rows());
    let worst = rows.flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()));
    // 24 bits.
    assert!(worst.fold(0.0, f32::max) < 1e-5);
}

#[test]
fn metadata_is_given_block_by_block() {
    let folder = Folder::new();
    let song = folder.session(&format!(
        "[[group]]\nname = \"Vocals\"\n{A_AT}group = \"Vocals\"\nmove = [[0, {{ az = 0 }}], [0.1, {{ az = 90, el = 30 }}]]\n\
         binaural = \"near\"\n[[stem]]\nname = \"B\"\nfile = \"b.wav\"\nat = {{ x = 0.5, y = 1, z = 0 }}\n"
    ));
    let done = umbel(&["export", "json", text(&song), "-q"]);
    let value: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        (&value["format"], &value["version"]),
        (&"umbel-objects".into(), &1.into())
    );
    assert_eq!(
        (&value["sample_rate"], &value["frames"]),
        (&48_000.into(), &FRAMES.into())
    );
    let objects = value["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 2);
    assert_eq!(
        (&objects[0]["content"], &objects[0]["binaural"]),
        (&"Vocals".into(), &"near".into())
    );
    let blocks = objects[0]["blocks"].as_array().unwrap();
    assert!(blocks.len() > 3);
    let number = |block: &Value, key: &str| block[key].as_f64().unwrap();
    for (block, next) in blocks.iter().zip(&blocks[1..]) {
        assert!(
            (number(block, "end_s") - number(next, "start_s")).abs() < 1e-9,
            "{block} {next}"
        );
    }
    let last = blocks.last().unwrap();
    assert_eq!(last["form"], "polar");
    assert!(
        (number(last, "azimuth") - 90.0).abs() < 1e-9
            && (number(last, "elevation") - 30.0).abs() < 1e-9
    );
    assert!((number(last, "end_s") - FRAMES as f64 / 48_000.0).abs() < 1e-9);
    let still = &objects[1]["blocks"][0];
    assert_eq!(still["form"], "cartesian");
    assert!(
        (number(still, "x") - 0.5).abs() < 1e-12 && (number(still, "azimuth") + 15.0).abs() < 15.0
    );

    let table = folder.path("objects.csv");
    umbel(&["export", "csv", text(&song), "-o", text(&table), "-q"]);
    let lines = std::fs::read_to_string(&table).unwrap();
    let rows: Vec<&str> = lines.trim_end().split("\r\n").collect();
    assert_eq!(rows.len(), 1 + blocks.len() + 1);
    assert!(rows[0].starts_with("number,name,content,type,binaural,start_s"));
    assert!(
        rows[1].starts_with("1,\"A, \"\"lead\"\"\",Vocals,object,near,0,"),
        "{}",
        rows[1]
    );
    let done = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(["export", "csv", text(&song), "-o", text(&table), "-q"])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2), "it exists");
}
