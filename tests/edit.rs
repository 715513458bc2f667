//! `umbel edit` changes what it is told to, and nothing else: not a sample, not a chunk that it does not know, not
//! a byte of the XML beside.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod made;

use std::path::{Path, PathBuf};

use made::{text, umbel};
use serde_json::Value;
use umbel::format::adm::{self, BinauralMode, Blocks, Document, Downmix, FrameRate, Trim, Warp};
use umbel::format::{AudioSource, BitDepth, WaveReader};
use umbel::geometry::Position;

const FRAMES: usize = 24_123;

struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder with a song of two stems.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (seed, name) in ["a.wav", "b.wav"].into_iter().enumerate() {
            let samples = made::noise(seed as u32 + 7, FRAMES);
            made::write_stem(&folder.path(name), BitDepth::Int24, &samples);
        }
        let song = r#"
[song]
title = "Ferry"
[[group]]
name = "drums"
[[group]]
name = "synths"
[[stem]]
name = "Lead vocal"
file = "a.wav"
group = "drums"
move = [[0, { x = -0.5, y = 1, z = 0 }], [0.4, { x = 0.5, y = 0.2, z = 0.5 }]]
[[stem]]
name = "Pad"
file = "b.wav"
group = "synths"
at = { x = 0.25, y = -0.5, z = 0.75 }
"#;
        std::fs::write(folder.path("song.toml"), song).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A master of the song, with a chunk that nobody knows behind its samples and one at its end.
    fn master(&self, kind: &str, more: &[&str]) -> PathBuf {
        let path = self.path("master.wav");
        let (song, out) = (self.path("song.toml"), path.clone());
        let mut arguments = vec!["export", kind, text(&song), "-o", text(&out), "-f", "-q"];
        arguments.extend(more);
        assert!(umbel(&arguments).status.success());
        let mut bytes = std::fs::read(&path).unwrap();
        let axml = bytes.windows(4).position(|four| four == b"axml").unwrap();
        let odd = *b"odd!\x03\0\0\0abc\0";
        bytes.splice(axml..axml, odd);
        bytes.extend(*b"last\x04\0\0\0\x01\x02\x03\x04");
        let size = u32::try_from(bytes.len() - 8).unwrap();
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn edit(master: &Path, out: &Path, set: &[&str]) -> Value {
    let mut arguments = vec![
        "edit",
        text(master),
        "-o",
        text(out),
        "-f",
        "--json",
        "--no-progress",
    ];
    for words in set {
        arguments.extend(["--set", words]);
    }
    let done = umbel(&arguments);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{set:?}: {said}");
    let lines = String::from_utf8(done.stdout).unwrap();
    serde_json::from_str(lines.lines().last().unwrap()).unwrap()
}

fn refusal(master: &Path, out: &Path, set: &[&str]) -> (i32, String) {
    let mut arguments = vec!["edit", text(master), "-o", text(out), "-q"];
    for words in set {
        arguments.extend(["--set", words]);
    }
    let done = umbel(&arguments);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.code().unwrap(), said)
}

/// Ids and contents of all chunks.
fn chunks(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = std::fs::read(path).unwrap();
    let file = WaveReader::open(path).unwrap();
    assert_eq!(file.facts().warnings, [""; 0], "{path:?}");
    let chunks = file.facts().chunks.iter();
    chunks
        .map(|chunk| {
            let from = chunk.offset as usize;
            let content = bytes[from..from + chunk.size as usize].to_vec();
            (chunk.id.to_string(), content)
        })
        .collect()
}

/// Names of the chunks that differ.
fn changed_chunks(a: &Path, b: &Path) -> Vec<String> {
    let (a, b) = (chunks(a), chunks(b));
    let ids =
        |list: &[(String, Vec<u8>)]| list.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&a), ids(&b));
    let differing = a.iter().zip(&b).filter(|(a, b)| a.1 != b.1);
    differing.map(|((id, _), _)| id.clone()).collect()
}

fn axml(path: &Path) -> String {
    let (_, content) = chunks(path)
        .into_iter()
        .find(|(id, _)| id == "axml")
        .unwrap();
    String::from_utf8(content).unwrap()
}

fn positions(document: &Document, channel: &str) -> Vec<[f64; 3]> {
    let channels = document.channels.iter();
    let found = channels
        .filter(|c| c.head.name == channel)
        .find_map(|c| match &*c.blocks {
            Blocks::Objects(blocks) => Some(blocks),
            _ => None,
        });
    let blocks = found.unwrap();
    let values = |index| match blocks.position(index) {
        Position::Cartesian { x, y, z } => [x, y, z],
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => [azimuth, elevation, distance],
    };
    (0..blocks.len()).map(values).collect()
}

#[test]
fn facts_of_the_master_change_and_nothing_else_does() {
    let folder = Folder::new();
    let (master, out) = (
        folder.master("adm-atmos", &["--fps", "24"]),
        folder.path("new.wav"),
    );
    let told = edit(
        &master,
        &out,
        &[
            "fps=25",
            "ffoa=01:00:00:05",
            "downmix=direct",
            "warp=lo-ro",
            "trim:5.1=surround:-1.5,balance:1",
            "object:\"Lead vocal\".binaural=near",
            "content:synths.binaural=far",
            "channel:4.binaural=off",
            "object:Pad.trim-bypass=yes",
        ],
    );
    assert_eq!(changed_chunks(&master, &out), ["dbmd"]);
    assert_eq!(told["changed"].as_array().unwrap().len(), 9);
    assert_eq!(told["changed"][0]["was"], "24");
    assert_eq!(told["changed"][0]["now"], "25");
    let dbmd = adm::read(&out).unwrap().dbmd.unwrap();
    let facts = dbmd.programme.as_ref().unwrap();
    assert_eq!(facts.frame_rate, Some(FrameRate::F25));
    assert!((facts.first_action_s.unwrap() - 3600.2).abs() < 1e-5);
    assert_eq!((facts.downmix, facts.warp), (Downmix::Direct, Warp::LoRo));
    assert_eq!(dbmd.binaural_mode(10), Some(BinauralMode::Near));
    assert_eq!(dbmd.binaural_mode(11), Some(BinauralMode::Far));
    assert_eq!(dbmd.binaural_mode(3), Some(BinauralMode::Off));
    assert_eq!(dbmd.binaural_mode(0), Some(BinauralMode::Mid));
    let elements = dbmd.elements.unwrap();
    assert!(elements.trim_bypass[11] && !elements.trim_bypass[10]);
    let Trim::Manual {
        surround_db,
        balance,
        ..
    } = elements.trims[1]
    else {
        panic!("{:?}", elements.trims);
    };
    assert!((surround_db + 1.5).abs() < 1e-6 && (balance - 1.0).abs() < 1e-6);
    assert_eq!(elements.trims[0], Trim::Automatic);
    // And back: the file is the one it was.
    let again = folder.path("again.wav");
    edit(
        &out,
        &again,
        &[
            "fps=24",
            "ffoa=none",
            "downmix=lo-ro",
            "warp=direct",
            "trim:*=auto",
            "binaural=mid",
            "channel:4.binaural=off",
            "object:Pad.trim-bypass=no",
        ],
    );
    let first = adm::read(&master).unwrap().dbmd;
    assert_eq!(adm::read(&again).unwrap().dbmd, first);
}

#[test]
fn names_change_in_the_xml_where_they_stand() {
    let folder = Folder::new();
    let (master, out) = (folder.master("adm-atmos", &[]), folder.path("new.wav"));
    let set = [
        "object:\"Lead vocal\".name=Vox & <Co>",
        "content:drums.name=Dialogue",
    ];
    edit(&master, &out, &set);
    assert_eq!(changed_chunks(&master, &out), ["axml"]);
    let expected = axml(&master)
        .replace(
            "audioObjectName=\"Lead vocal\"",
            "audioObjectName=\"Vox &amp; &lt;Co&gt;\"",
        )
        .replace(
            "audioContentName=\"drums\"",
            "audioContentName=\"Dialogue\"",
        );
    assert_eq!(axml(&out), expected);
    // The same from the EBU's form, whose programme has the song's name.
    let (master, out) = (folder.master("adm-ebu", &[]), folder.path("ebu.wav"));
    edit(&master, &out, &["title=Night"]);
    let expected = axml(&master).replace(
        "audioProgrammeName=\"Ferry\"",
        "audioProgrammeName=\"Night\"",
    );
    assert_eq!(axml(&out), expected);
}

#[test]
fn positions_and_gains_of_the_profile_stand_in_the_blocks() {
    let folder = Folder::new();
    let (master, out) = (folder.master("adm-atmos", &[]), folder.path("new.wav"));
    let set = [
        "object:\"Lead vocal\".offset=x:0.25,z:-0.0",
        "object:\"Lead vocal\".gain=-6.0206",
        "object:3.offset.y=-0.25",
    ];
    let told = edit(&master, &out, &set);
    assert_eq!(changed_chunks(&master, &out), ["axml"]);
    let (before, after) = (adm::read(&master).unwrap(), adm::read(&out).unwrap());
    let (old, new) = (
        positions(&before, "Lead vocal"),
        positions(&after, "Lead vocal"),
    );
    assert!(old.len() > 10);
    assert_eq!(told["changed"][0]["blocks"], old.len());
    for (old, new) in old.iter().zip(&new) {
        let differs =
            (new[0] - old[0] - 0.25).abs() + (new[1] - old[1]).abs() + (new[2] - old[2]).abs();
        assert!(differs < 1e-9, "{old:?} {new:?}");
    }
    assert_eq!(positions(&after, "Pad"), [[0.25, -0.75, 0.75]]);
    assert_eq!(axml(&out).matches("<gain>").count(), old.len());
    // Back again, it sounds and reads as before: what the edit put in stays as a gain of 1.
    let again = folder.path("again.wav");
    edit(
        &out,
        &again,
        &[
            "object:\"Lead vocal\".offset.x=-0.25",
            "object:3.offset.y=0.25",
        ],
    );
    let again = adm::read(&again).unwrap();
    assert_eq!(positions(&again, "Lead vocal"), old);
}

#[test]
fn newer_masters_have_words_for_gains_and_offsets_of_objects() {
    let folder = Folder::new();
    let (master, out) = (folder.master("adm-ebu", &[]), folder.path("new.wav"));
    let set = [
        "object:Pad.offset.x=-0.5",
        "object:Pad.gain=-6",
        "content:drums.gain=+2dB",
    ];
    let told = edit(&master, &out, &set);
    assert_eq!(changed_chunks(&master, &out), ["axml"]);
    assert_eq!(told["remarks"].as_array().unwrap().len(), 1, "{told}");
    let after = adm::read(&out).unwrap();
    let object = |name: &str| {
        after
            .objects
            .iter()
            .find(|o| o.head.name == name)
            .unwrap()
            .clone()
    };
    assert!((object("Pad").gain.unwrap() - 0.501_187).abs() < 1e-5);
    assert!((object("Lead vocal").gain.unwrap() - 1.258_925).abs() < 1e-5);
    assert_eq!(
        positions(&after, "Pad"),
        positions(&adm::read(&master).unwrap(), "Pad")
    );
    // On top of what it has.
    let again = folder.path("again.wav");
    edit(
        &out,
        &again,
        &["object:Pad.gain=6", "object:Pad.offset.x=0.5"],
    );
    let after = adm::read(&again).unwrap();
    let pad = after.objects.iter().find(|o| o.head.name == "Pad").unwrap();
    assert!((pad.gain.unwrap() - 1.0).abs() < 1e-5);
    assert!(matches!(
        pad.offset,
        Some(adm::PositionOffset::Cartesian { x, .. }) if x.abs() < 1e-9
    ));
}

#[test]
fn what_cannot_be_is_refused_with_what_is_allowed_and_leaves_nothing() {
    let folder = Folder::new();
    let master = folder.master("adm-atmos", &[]);
    let out = folder.path("new.wav");
    for (set, expected) in [
        ("object:Lead.binaural=near", "did you mean \"Lead vocal\""),
        ("object:9.binaural=near", "3 audioObjects"),
        ("channel:13.binaural=near", "1 to 12"),
        ("object:Pad.offset.x=0.9", "--clamp"),
        ("object:Pad.offset.azimuth=10", "X, Y and Z"),
        ("object:Bed.offset.x=0.1", "positions of objects"),
        ("object:Pad.fps=24", "followed by a point"),
        ("gain=3", "not known"),
        ("fps=12", "29.97df"),
    ] {
        let (code, said) = refusal(&master, &out, &[set]);
        assert_eq!(code, 2, "{set}: {said}");
        assert!(said.contains(expected), "{set}: {said}");
    }
    let (code, said) = refusal(&master, &master, &["fps=24"]);
    assert_eq!(code, 2, "{said}");
    let done = umbel(&[
        "edit",
        text(&master),
        "-o",
        text(&master),
        "-f",
        "-q",
        "--set",
        "fps=24",
    ]);
    assert_eq!(done.status.code(), Some(2));
    assert_eq!(refusal(&master, &out, &[]).0, 2);
    let ebu = folder.master("adm-ebu", &[]);
    let (code, said) = refusal(&ebu, &out, &["object:Pad.binaural=off"]);
    assert_eq!(code, 2);
    assert!(said.contains("no dbmd chunk"), "{said}");
    let (code, _) = refusal(&folder.path("a.wav"), &out, &["fps=24"]);
    assert_eq!(code, 4);
    let names: Vec<String> = std::fs::read_dir(folder.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("new") || name.ends_with(".part"))
        .collect();
    assert_eq!(names, [""; 0]);
}

#[test]
fn clamping_holds_positions_at_the_walls() {
    let folder = Folder::new();
    let (master, out) = (folder.master("adm-atmos", &[]), folder.path("new.wav"));
    let done = umbel(&[
        "edit",
        text(&master),
        "-o",
        text(&out),
        "-q",
        "--clamp",
        "--set",
        "object:Pad.offset.x=0.9",
    ]);
    assert!(done.status.success());
    assert_eq!(
        positions(&adm::read(&out).unwrap(), "Pad"),
        [[1.0, -0.5, 0.75]]
    );
}

#[test]
fn a_dry_run_says_what_it_would_do_and_writes_nothing() {
    let folder = Folder::new();
    let master = folder.master("adm-atmos", &[]);
    let before = std::fs::read(&master).unwrap();
    let done = umbel(&[
        "edit",
        text(&master),
        "--dry-run",
        "--json",
        "--binaural",
        "Pad=off",
    ]);
    assert!(done.status.success());
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["dry_run"], true);
    assert_eq!(told["changed"][0]["field"], "binaural");
    assert_eq!(
        (&told["changed"][0]["was"], &told["changed"][0]["now"]),
        (&"mid".into(), &"off".into())
    );
    assert_eq!(std::fs::read(&master).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 6);
}

#[test]
#[ignore = "needs the folder UMBEL_ADM_SAMPLES"]
fn masters_of_other_makers_are_edited_byte_for_byte() {
    let folder = Folder::new();
    let samples = PathBuf::from(std::env::var_os("UMBEL_ADM_SAMPLES").unwrap());
    for (name, set, changed) in [
        (
            "protools/Test_ADM_ProTools.wav",
            vec!["binaural=mid", "fps=24"],
            vec!["dbmd"],
        ),
        (
            "protools/Test_ADM_ProTools.wav",
            vec!["object:2.name=Vox"],
            vec!["axml"],
        ),
        (
            "protools/Test_ADM_ProTools.wav",
            vec!["object:2.offset.x=0.000001", "object:2.gain=-1"],
            vec!["axml"],
        ),
        (
            "dolby/sample_adm_file_0.wav",
            vec!["ffoa=00:00:01.5", "object:1.name=X"],
            vec!["axml", "dbmd"],
        ),
    ] {
        let (master, out) = (samples.join(name), folder.path("new.wav"));
        edit(&master, &out, &set);
        assert_eq!(changed_chunks(&master, &out), changed, "{name} {set:?}");
        let lengths = [&master, &out].map(|path| axml(path).len());
        assert!(lengths[1] + 200 > lengths[0], "{lengths:?}");
    }
}

#[test]
fn offsets_of_whole_objects_stay_within_the_room_too() {
    let folder = Folder::new();
    let text_of = std::fs::read_to_string(folder.path("song.toml")).unwrap();
    let polar = text_of.replace(
        "at = { x = 0.25, y = -0.5, z = 0.75 }",
        "at = { az = 170, el = 15 }",
    );
    std::fs::write(folder.path("song.toml"), polar).unwrap();
    let (master, out) = (folder.master("adm-ebu", &[]), folder.path("new.wav"));
    for (set, expected) in [
        ("object:Pad.offset.elevation=100", "elevation 115"),
        ("object:Pad.offset.distance=-5", "distance -4"),
        ("object:Pad.offset.distance=0.5", "0 to 1 is allowed"),
        ("object:\"Lead vocal\".offset.x=7", "X 6.5"),
    ] {
        let (code, said) = refusal(&master, &out, &[set]);
        assert_eq!(code, 2, "{set}: {said}");
        assert!(
            said.contains(expected) && said.contains("--clamp"),
            "{set}: {said}"
        );
    }
    // Azimuths turn on; what is allowed adds up over edits.
    edit(
        &master,
        &out,
        &[
            "object:Pad.offset.azimuth=90",
            "object:Pad.offset.elevation=60",
        ],
    );
    let again = folder.path("again.wav");
    let (code, said) = refusal(&out, &again, &["object:Pad.offset.elevation=20"]);
    assert_eq!(code, 2, "{said}");
    // The whole object goes as far as its first block can: from 0.5 to the wall.
    let told = edit(&out, &again, &["object:\"Lead vocal\".offset.x=0.25"]);
    assert_eq!(told["changed"].as_array().unwrap().len(), 1, "{told}");
    let held = folder.path("held.wav");
    let set = "object:\"Lead vocal\".offset.x=7";
    let done = umbel(&[
        "edit",
        text(&out),
        "-o",
        text(&held),
        "--clamp",
        "--set",
        set,
    ]);
    let words = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success() && words.contains("held at the border"),
        "{words}"
    );
    let held = adm::read(&held).unwrap();
    let lead = held.objects.iter().find(|o| o.head.name == "Lead vocal");
    assert!(matches!(
        lead.unwrap().offset,
        Some(adm::PositionOffset::Cartesian { x, .. }) if (x - 0.5).abs() < 1e-9
    ));
}

#[test]
fn all_objects_are_those_that_can_have_the_value() {
    let folder = Folder::new();
    let (master, out) = (folder.master("adm-atmos", &[]), folder.path("new.wav"));
    let told = edit(&master, &out, &["object:*.offset.y=-0.125"]);
    let remark = told["remarks"][0].as_str().unwrap();
    assert!(
        remark.contains("left out") && remark.contains("Bed"),
        "{told}"
    );
    assert_eq!(told["changed"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!(
        positions(&adm::read(&out).unwrap(), "Pad"),
        [[0.25, -0.625, 0.75]]
    );
    let (code, said) = refusal(&master, &out, &["object:*.offset.azimuth=10"]);
    assert_eq!(code, 2, "{said}");
    edit(&master, &out, &["object:*.gain=-1"]);
}
