//! `umbel init` reads the names of stems, guesses the rest from the sound, says why, and never overwrites.
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers may fail as the test itself"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use umbel::session::names::{Confidence, read_names};
use umbel::session::{BuildOptions, Session};

/// Ordinary names with the role a person would give them; `tests/data/README.md` says where they are from.
#[test]
fn ordinary_track_names_are_read_right() {
    let table = include_str!("data/track_names.tsv");
    let rows: Vec<[&str; 3]> = table
        .lines()
        .filter(|row| !row.starts_with('#'))
        .map(|row| {
            row.split('\t')
                .collect::<Vec<_>>()
                .try_into()
                .expect("three columns")
        })
        .collect();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (set, folder) in folders(&rows) {
        let names: Vec<&str> = folder.iter().map(|row| row[1]).collect();
        for (reading, [_, file, expected]) in read_names(&names).iter().zip(&folder) {
            let found = reading.role.map_or("unknown", |role| role.id.as_str());
            let flagged = reading.confidence <= Confidence::Low || !reading.doubts.is_empty();
            let must_flag = matches!(*expected, "unknown" | "not-a-stem");
            let right = found == *expected && (flagged || !must_flag);
            let count = counts.entry(set).or_default();
            count.0 += usize::from(right);
            count.1 += 1;
            if !right {
                wrong.push(format!(
                    "{set}: {file}: {found}, not {expected} ({})",
                    reading.reason
                ));
            }
        }
    }
    for (set, (right, all)) in counts {
        assert!(all >= 300, "{set} has only {all} names");
        assert!(
            100 * right >= 97 * all,
            "{right} of the {all} names of the {set} set are right; wrong:\n{}",
            wrong.join("\n")
        );
    }
}

/// Rows of one set with a name after a colon are a folder and are read together; others stand alone.
fn folders<'a>(rows: &[[&'a str; 3]]) -> Vec<(&'a str, Vec<[&'a str; 3]>)> {
    let mut folders: Vec<(&str, &str, Vec<[&str; 3]>)> = Vec::new();
    for row in rows {
        match (row[0].split_once(':'), folders.last_mut()) {
            (Some(_), Some((whole, _, members))) if *whole == row[0] => members.push(*row),
            (Some((set, _)), _) => folders.push((row[0], set, vec![*row])),
            (None, _) => folders.push((row[0], row[0], vec![*row])),
        }
    }
    folders
        .into_iter()
        .map(|(_, set, members)| (set, members))
        .collect()
}

fn umbel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One second of a 16-bit WAV file; `sound` gives each channel's sample at a time in seconds.
fn write_wav(path: &Path, channels: u16, sound: impl Fn(u16, f64) -> f64) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for frame in 0..48_000u32 {
        for channel in 0..channels {
            let sample = sound(channel, f64::from(frame) / 48_000.0).clamp(-1.0, 1.0);
            writer.write_sample((sample * 32_767.0) as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
}

fn sine(hz: f64) -> impl Fn(u16, f64) -> f64 {
    move |_, t| 0.5 * (std::f64::consts::TAU * hz * t).sin()
}

fn session(path: &Path) -> toml::Table {
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The written file satisfies every rule of sessions, down to the notes, and its audio can be opened.
fn assert_nothing_to_say(path: &Path) {
    let loaded = Session::load(path).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
    let song = loaded.build(&BuildOptions::default()).unwrap();
    assert!(!song.desk.strips.is_empty());
}

fn stems(session: &toml::Table) -> Vec<&toml::Table> {
    session["stem"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stem| stem.as_table().unwrap())
        .collect()
}

#[test]
fn the_demo_folder_gives_twelve_roles_in_six_groups() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("song.toml");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/open-the-dome/stems");
    let output = umbel(&[
        "init",
        demo.to_str().unwrap(),
        "-o",
        file.to_str().unwrap(),
        "--json",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = json["stems"].as_array().unwrap();
    let roles: BTreeSet<&str> = found
        .iter()
        .map(|stem| stem["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles.len(), 12, "{roles:?}");
    assert_eq!(
        json["groups"],
        serde_json::json!(["kick", "bass", "drums", "synths", "vocals", "fx"])
    );
    assert_eq!(
        (json["bpm"].as_f64(), json["key"].as_str()),
        (Some(124.0), Some("Am"))
    );
    assert_eq!(json["title"], "open-the-dome");
    assert!(found.iter().all(|stem| stem["flagged"] == false), "{json}");

    assert_nothing_to_say(&file);
    let session = session(&file);
    let in_kick: Vec<_> = stems(&session)
        .into_iter()
        .filter(|stem| stem["group"].as_str() == Some("kick"))
        .map(|stem| stem["file"].as_str().unwrap())
        .collect();
    assert_eq!(in_kick, ["Kick_124_Am.flac"]);
    for stem in stems(&session) {
        assert!(
            stem.contains_key("at") != stem.contains_key("move"),
            "{stem}"
        );
        // Every file is found from where the session lies.
        let folder = session["song"]["stems"].as_str().unwrap();
        let path = dir.path().join(folder).join(stem["file"].as_str().unwrap());
        assert!(path.is_file(), "{}", path.display());
    }
}

#[test]
fn an_existing_session_is_kept_unless_overwriting_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("Kick.wav"), 1, sine(50.0));
    let folder = dir.path().to_str().unwrap();
    let file = dir.path().join("song.toml");
    fs::write(&file, "mine").unwrap();

    let refused = umbel(&["init", folder]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).contains("-f"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");

    assert!(umbel(&["init", folder, "--dry-run"]).status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");

    assert!(umbel(&["init", folder, "-f"]).status.success());
    assert_eq!(stems(&session(&file)).len(), 1);
    let left: BTreeSet<_> = fs::read_dir(&dir)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn what_the_name_does_not_tell_is_heard_and_said() {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("Audio 01.wav"), 1, sine(50.0));
    write_wav(&dir.path().join("Audio 02.wav"), 2, |_, _| 0.0);
    let folder = dir.path().to_str().unwrap();
    let heard = umbel(&["init", folder, "--dry-run", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&heard.stdout).unwrap();
    assert_eq!(json["stems"][0]["role_id"], "sub-bass");
    assert_eq!(json["stems"][0]["confidence"], "low");
    let reason = json["stems"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("120 Hz"), "{reason}");
    assert!(json["stems"][1]["role"].is_null() && json["stems"][1]["flagged"] == true);
    assert!(
        json["stems"][1]["reason"]
            .as_str()
            .unwrap()
            .contains("silent")
    );

    let deaf = umbel(&["init", folder, "--dry-run", "--json", "--no-guess"]);
    let json: serde_json::Value = serde_json::from_slice(&deaf.stdout).unwrap();
    assert!(
        json["stems"]
            .as_array()
            .unwrap()
            .iter()
            .all(|stem| stem["role"].is_null())
    );
    assert!(!dir.path().join("song.toml").exists());
}

#[test]
fn every_file_of_the_folder_is_accounted_for() {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("Kick.wav"), 1, sine(50.0));
    write_wav(&dir.path().join("Drums/Snare \"dry\".wav"), 2, sine(200.0));
    write_wav(&dir.path().join("Song Mix.wav"), 2, sine(300.0));
    write_wav(&dir.path().join("Choir quad.wav"), 4, sine(400.0));
    fs::write(dir.path().join("Bass.wav"), b"RIFF but no more").unwrap();
    fs::write(dir.path().join("Vox.flac"), b"").unwrap();
    fs::write(dir.path().join("notes.pdf"), b"x").unwrap();
    fs::write(dir.path().join("Gtr.mp3"), b"x").unwrap();
    let output = umbel(&["init", dir.path().to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (shown, written) = (
        text(&output.stdout),
        fs::read_to_string(dir.path().join("song.toml")).unwrap(),
    );
    for file in [
        "Kick.wav",
        "Song Mix.wav",
        "Choir quad.wav",
        "Bass.wav",
        "Vox.flac",
        "notes.pdf",
        "Gtr.mp3",
    ] {
        assert!(shown.contains(file), "{file} is not shown:\n{shown}");
        let audio = !file.ends_with("pdf") && !file.ends_with("mp3");
        assert_eq!(written.contains(file), audio, "{file}:\n{written}");
    }
    assert_nothing_to_say(&dir.path().join("song.toml"));
    let session = session(&dir.path().join("song.toml"));
    let files: Vec<_> = stems(&session)
        .iter()
        .map(|s| s["file"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        files,
        [
            "Kick.wav",
            "Drums/Snare \"dry\".wav",
            "Choir quad.wav",
            "Choir quad.wav"
        ]
    );
    assert!(
        shown
            .lines()
            .any(|line| line.starts_with('!') && line.contains("Bass.wav")),
        "{shown}"
    );
}

#[test]
fn a_folder_without_audio_is_an_error_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("notes.txt"), b"x").unwrap();
    let output = umbel(&["init", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("no audio files"),
        "{}",
        text(&output.stderr)
    );
    assert!(!dir.path().join("song.toml").exists());
    fs::write(dir.path().join("Kick.wav"), b"no audio").unwrap();
    let unusable = umbel(&["init", dir.path().to_str().unwrap()]);
    assert_eq!(unusable.status.code(), Some(4));
    assert!(text(&unusable.stdout).contains("Kick.wav"));
    assert!(!dir.path().join("song.toml").exists());
    let missing = umbel(&["init", dir.path().join("none").to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn what_the_user_says_wins() {
    let dir = tempfile::tempdir().unwrap();
    write_wav(&dir.path().join("Kick_124_Am.wav"), 1, sine(50.0));
    let folder = dir.path().to_str().unwrap();
    let output = umbel(&[
        "init", folder, "--bpm", "98.5", "--key", "F# minor", "--meter", "6/8",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let session = session(&dir.path().join("song.toml"));
    assert_eq!(session["song"]["bpm"].as_float(), Some(98.5));
    assert_eq!(session["song"]["key"].as_str(), Some("F#m"));
    assert_eq!(session["song"]["meter"].as_str(), Some("6/8"));
    for wrong in [
        ["--bpm", "fast"],
        ["--bpm", "0"],
        ["--key", "H"],
        ["--meter", "4"],
        ["--meter", "4/3"],
    ] {
        let output = umbel(&["init", folder, "--dry-run", wrong[0], wrong[1]]);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}
