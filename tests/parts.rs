//! Figures of parts of a session, limits that outputs have to keep, and outputs that are no renders.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod made;

use std::path::{Path, PathBuf};
use std::process::Output;

use made::{text, umbel};
use serde_json::Value;
use umbel::format::{AudioSource, BitDepth, WaveReader};

const FRAMES: usize = 96_000;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (seed, name) in ["a.wav", "b.wav", "c.wav"].into_iter().enumerate() {
            let samples = made::noise(seed as u32 + 11, FRAMES);
            made::write_stem(&folder.path(name), BitDepth::Int24, &samples);
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn session(&self, name: &str, blocks: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, blocks).unwrap();
        path
    }
}

const A: &str = "[[stem]]\nname = \"A\"\nfile = \"a.wav\"\nat = { az = 30 }\n";
const B: &str = "[[stem]]\nname = \"B\"\nfile = \"b.wav\"\nat = { az = -110 }\ngain = -6\n";
const C: &str = "[[stem]]\nname = \"C\"\nfile = \"c.wav\"\nat = { az = 0 }\nlfe = -10\n";

/// The last line of what a command says.
fn told(done: &Output) -> Value {
    let lines = String::from_utf8_lossy(&done.stdout);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let last = lines.lines().last().unwrap_or_else(|| panic!("{said}"));
    serde_json::from_str(last).unwrap()
}

fn measured(path: &Path, more: &[&str]) -> Value {
    let arguments = [&["measure", text(path), "--json", "--no-progress"], more].concat();
    let done = umbel(&arguments);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    told(&done)
}

#[test]
fn each_stem_and_group_is_as_loud_as_it_is_alone() {
    let folder = Folder::new();
    let group = "[[group]]\nname = \"G\"\n";
    let in_group = |stem: &str| format!("{stem}group = \"G\"\n");
    let all = format!("{group}{}{}{C}", in_group(A), in_group(B));
    let whole = measured(&folder.session("all.toml", &all), &["--stems", "--series"]);
    let parts = whole["parts"].as_array().unwrap();
    let named: Vec<(&str, &str)> = parts
        .iter()
        .map(|part| {
            (
                part["kind"].as_str().unwrap(),
                part["name"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        named,
        [("stem", "A"), ("stem", "B"), ("stem", "C"), ("group", "G")]
    );
    for (part, alone) in parts.iter().zip([
        A.to_owned(),
        B.to_owned(),
        C.replace("lfe = -10\n", ""),
        format!("{group}{}{}", in_group(A), in_group(B)),
    ]) {
        let alone = measured(&folder.session("alone.toml", &alone), &[]);
        for key in ["integrated_lufs", "true_peak_dbtp", "short_term_max_lufs"] {
            let (found, expected) = (part[key].as_f64(), alone[key].as_f64());
            let differ = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() > 1e-6,
                (found, expected) => found != expected,
            };
            assert!(!differ, "{} {key}: {found:?}, {expected:?}", part["name"]);
        }
        assert!(part["momentary_lufs"].as_array().unwrap().len() > 10);
    }
}

#[test]
fn outputs_are_held_against_their_limits() {
    let folder = Folder::new();
    let out = folder.path("out");
    let out_block = |gate: &str| {
        format!("{A}{B}[[out]]\nname = \"51\"\nformat = \"wav\"\nlayout = \"5.1\"\ngate = {gate}\n")
    };
    for (gate, missed) in [
        ("{ max-lkfs = -10, max-dbtp = 0 }", 0),
        ("{ max-lkfs = -60 }", 1),
        ("{ max-lkfs = -60, max-dbtp = -50 }", 2),
    ] {
        let song = folder.session("song.toml", &out_block(gate));
        let done = umbel(&[
            "render",
            text(&song),
            "--out",
            text(&out),
            "-f",
            "--json",
            "--no-progress",
        ]);
        let told = told(&done);
        assert_eq!(
            done.status.code(),
            Some(if missed > 0 { 5 } else { 0 }),
            "{gate}"
        );
        assert_eq!(told["missed"].as_array().unwrap().len(), missed, "{told}");
        assert_eq!(told["ok"], missed == 0);
        assert!(out.join("51.wav").exists());
    }
    let done = umbel(&[
        "check",
        text(&folder.session("bad.toml", &out_block("{ max-lufs = -18 }"))),
    ]);
    assert_eq!(done.status.code(), Some(5));
}

#[test]
fn a_loudness_that_is_asked_for_is_what_the_render_has() {
    let folder = Folder::new();
    let song = folder.session("song.toml", &format!("{A}{B}{C}"));
    let out = folder.path("51.wav");
    let done = umbel(&[
        "render",
        text(&song),
        "-l",
        "5.1",
        "-o",
        text(&out),
        "--normalize",
        "-18",
        "--bit-depth",
        "f32",
        "-q",
    ]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let loud = measured(&out, &["-l", "5.1"])["integrated_lufs"]
        .as_f64()
        .unwrap();
    assert!((loud + 18.0).abs() < 0.01, "{loud}");
}

#[test]
fn how_samples_are_stored_is_said_for_all_outputs_or_told_to_have_no_effect() {
    let folder = Folder::new();
    let song = folder.session(
        "song.toml",
        &format!(
            "[song]\nbpm = 120\n{A}\
             [[out]]\nname = \"51\"\nformat = \"wav\"\nlayout = \"5.1\"\n\
             [[out]]\nname = \"ebu\"\nformat = \"adm-ebu\"\n\
             [[out]]\nname = \"field\"\nformat = \"ambix\"\norder = 1\n\
             [[out]]\nname = \"handoff\"\nformat = \"stems\"\n"
        ),
    );
    let render = |name: &str, more: &[&str]| {
        let out = folder.path(name);
        let arguments = ["render", text(&song), "--out", text(&out), "--no-progress"];
        let done = umbel(&[&arguments, more].concat());
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
        // With a key or one file a channel, names go on.
        let formats = [(".", "51"), (".", "ebu"), (".", "field"), ("handoff", "A")].map(
            |(in_folder, name)| {
                let files = std::fs::read_dir(out.join(in_folder)).unwrap();
                let is_file = |file: &PathBuf| {
                    file.file_name()
                        .is_some_and(|file| text(Path::new(file)).starts_with(name))
                        && file.extension().is_some_and(|extension| extension == "wav")
                };
                let file = files
                    .map(|file| file.unwrap().path())
                    .find(is_file)
                    .unwrap();
                let source = WaveReader::open(&file).unwrap();
                (
                    source.facts().sample_format.to_string(),
                    source.facts().container,
                )
            },
        );
        let useless: Vec<String> = said
            .lines()
            .filter_map(|line| line.split_once("has no effect on the output"))
            .map(|(before, after)| {
                let option = before.trim().rsplit("warning: ").next().unwrap();
                let output = after.split('"').nth(1).unwrap();
                format!("{option} {output}")
            })
            .collect();
        (formats, useless)
    };
    let (formats, useless) = render("float", &["--bit-depth", "f32", "--container", "bw64"]);
    let depths = formats.clone().map(|(format, _)| format);
    assert_eq!(depths[0], depths[2]);
    assert_eq!(depths[0], depths[3]);
    assert_ne!(depths[0], depths[1]);
    assert_eq!(formats[2].1, "BW64");
    assert_eq!(useless, ["--bit-depth ebu", "--container handoff"]);
    let (formats, useless) = render("short", &["--bit-depth", "16", "--multi-mono"]);
    assert_eq!(formats[2].0, formats[1].0);
    assert_eq!(
        useless,
        [
            "--bit-depth ebu",
            "--multi-mono ebu",
            "--bit-depth 16 field",
            "--multi-mono field",
            "--bit-depth 16 handoff",
            "--multi-mono handoff"
        ]
    );
}

#[test]
fn a_session_s_outputs_may_be_masters_stems_and_sound_fields() {
    let folder = Folder::new();
    let song = folder.session(
        "song.toml",
        &format!(
            "[song]\nbpm = 120\nkey = \"Am\"\n{A}{B}\
             [[out]]\nname = \"51\"\nformat = \"wav\"\nlayout = \"5.1\"\n\
             [[out]]\nname = \"atmos\"\nformat = \"adm-atmos\"\nfps = \"29.97df\"\ngate = {{ max-lkfs = -60 }}\n\
             [[out]]\nname = \"ebu\"\nformat = \"adm-ebu\"\n\
             [[out]]\nname = \"field\"\nformat = \"ambix\"\norder = 2\n\
             [[out]]\nname = \"handoff\"\nformat = \"stems\"\n"
        ),
    );
    let out = folder.path("out");
    let plan = umbel(&[
        "render",
        text(&song),
        "--out",
        text(&out),
        "--dry-run",
        "--json",
    ]);
    assert_eq!(told(&plan)["outputs"].as_array().unwrap().len(), 5);
    assert!(!out.exists());
    let done = umbel(&[
        "render",
        text(&song),
        "--out",
        text(&out),
        "--json",
        "--no-progress",
    ]);
    // The limit of the master is not kept.
    assert_eq!(
        done.status.code(),
        Some(5),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(told(&done)["missed"][0].as_str().unwrap().contains("atmos"));
    let master = umbel::format::adm::read(&out.join("atmos.wav")).unwrap();
    let rate = master.dbmd.unwrap().programme.unwrap().frame_rate.unwrap();
    assert_eq!(rate.name(), "29.97df");
    assert!(
        umbel::format::adm::read(&out.join("ebu.wav"))
            .unwrap()
            .dbmd
            .is_none()
    );
    let field = WaveReader::open(&out.join("field.wav")).unwrap();
    assert_eq!(field.facts().channels, 9);
    assert!(
        out.join("handoff/A_120_Am.wav").exists() && out.join("handoff/manifest.json").exists()
    );
    for (block, code) in [
        ("format = \"wav\"\n", "U456"),
        ("format = \"adm-atmos\"\nfps = 26\n", "U454"),
        ("format = \"adm\"\nlayout = \"5.1\"\n", "U452"),
        ("format = \"ambix\"\norder = 8\n", "U455"),
    ] {
        let bad = folder.session("bad.toml", &format!("{A}[[out]]\nname = \"x\"\n{block}"));
        let done = umbel(&["check", text(&bad), "--json"]);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(said.contains(code), "{block}: {said}");
    }
}

#[test]
fn what_dbmd_says_of_the_whole_programme_is_reported_where_it_is_lost() {
    let folder = Folder::new();
    let song = folder.session("song.toml", A);
    let (plain, trimmed) = (folder.path("plain.wav"), folder.path("trimmed.wav"));
    let run = |arguments: &[&str]| {
        let done = umbel(&[arguments, &["--json", "--no-progress"]].concat());
        assert!(done.status.success(), "{done:?}");
        told(&done)
    };
    let export = ["export", "adm-atmos", text(&song), "-o", text(&plain)];
    run(&[&export[..], &["--fps", "25"]].concat());
    let trim = "trim:5.1=centre:-1,surround:-2,height:-3";
    let edit = ["edit", text(&plain), "-o", text(&trimmed), "--set", trim];
    run(&[&edit[..], &["--set", "downmix=lo-ro"]].concat());
    let ebu = folder.path("ebu.wav");
    let told = run(&["export", "adm-ebu", text(&trimmed), "-o", text(&ebu)]);
    let losses = told["losses"].as_array().unwrap();
    let found = |field: &str| {
        let loss = losses.iter().find(|loss| loss["field"] == field);
        loss.unwrap_or_else(|| panic!("no {field}: {told}"))["found"].to_string()
    };
    assert_eq!(found("frame rate"), "\"25\"");
    assert_eq!(found("downmix to stereo"), "\"Lo/Ro\"");
    assert!(found("trim").contains("5.1: centre -1 dB"), "{told}");
    // The Dolby flavour has a place for all of it.
    let again = folder.path("again.wav");
    let told = run(&["export", "adm-atmos", text(&trimmed), "-o", text(&again)]);
    assert_eq!(told["losses"], serde_json::json!([]), "{told}");
}

#[test]
fn blocks_of_a_dolby_master_are_written_again_however_short() {
    let folder = Folder::new();
    let move_ = A.replace(
        "at = { az = 30 }",
        "move = { shape = \"circle\", period = 2 }",
    );
    assert_ne!(move_, A, "the stem stands still");
    let song = folder.session("song.toml", &move_);
    let (plain, short, again) = (
        folder.path("plain.wav"),
        folder.path("short.wav"),
        folder.path("again.wav"),
    );
    let export = |input: &Path, output: &Path| {
        let done = umbel(&["export", "adm-atmos", text(input), "-o", text(output), "-q"]);
        assert!(done.status.success(), "{done:?}");
    };
    export(&song, &plain);
    // The third block and the last are cut to one frame: the one after, or before, has the rest.
    let xml = axml_of(&plain);
    let times: Vec<(&str, f64, f64)> = xml
        .split("<audioBlockFormat ")
        .filter(|block| block.contains("rtime=\"") && block.contains("interpolationLength"))
        .map(|block| {
            let value = |name: &str| {
                let from = block.find(name).unwrap() + name.len() + 2;
                block[from + 6..from + 14].parse::<f64>().unwrap()
            };
            (
                &block[..block.find('>').unwrap()],
                value("rtime"),
                value("duration"),
            )
        })
        .collect();
    let count = times.len();
    assert!(count > 8, "{count}");
    let at = |s: f64| format!("00:00:{s:08.5}");
    let mut changed = xml.clone();
    let mut set = |index: usize, rtime: f64, duration: f64| {
        let (tag, old_rtime, old_duration) = times[index];
        let new = tag
            .replace(
                &format!("rtime=\"{}", at(old_rtime)),
                &format!("rtime=\"{}", at(rtime)),
            )
            .replace(
                &format!("duration=\"{}", at(old_duration)),
                &format!("duration=\"{}", at(duration)),
            );
        changed = changed.replace(tag, &new);
    };
    let frame = 0.00002;
    let (third, fourth) = (times[2], times[3]);
    set(2, third.1, frame);
    set(3, third.1 + frame, third.2 + fourth.2 - frame);
    let (before, last) = (times[count - 2], times[count - 1]);
    set(count - 2, before.1, before.2 + last.2 - frame);
    set(count - 1, last.1 + last.2 - frame, frame);
    assert_eq!(changed.len(), xml.len());
    let mut bytes = std::fs::read(&plain).unwrap();
    let begin = bytes
        .windows(xml.len())
        .position(|w| w == xml.as_bytes())
        .unwrap();
    bytes[begin..begin + xml.len()].copy_from_slice(changed.as_bytes());
    std::fs::write(&short, bytes).unwrap();
    export(&short, &again);
    let blocks = |xml: &str| {
        let blocks = xml.split("<audioBlockFormat ").skip(1);
        let ends = blocks.map(|block| block[..block.find('>').unwrap()].to_owned());
        ends.collect::<Vec<_>>()
    };
    assert_eq!(blocks(&axml_of(&again)), blocks(&changed));
}

#[test]
fn what_a_master_says_beside_its_sound_is_carried_or_reported() {
    let folder = Folder::new();
    let song = folder.session("song.toml", A);
    let master = folder.path("master.wav");
    let done = umbel(&[
        "export",
        "adm-ebu",
        text(&song),
        "-o",
        text(&master),
        "-q",
        "--no-loudness",
    ]);
    assert!(done.status.success());
    // The axml is the last chunk but one: put in what our own export never says.
    let bytes = std::fs::read(&master).unwrap();
    let find = |what: &[u8]| bytes.windows(what.len()).position(|w| w == what).unwrap();
    let (axml, chna) = (find(b"axml"), find(b"chna"));
    let size = u32::from_le_bytes(bytes[axml + 4..axml + 8].try_into().unwrap()) as usize;
    let xml = std::str::from_utf8(&bytes[axml + 8..axml + 8 + size]).unwrap();
    let screen = "<audioProgrammeReferenceScreen><aspectRatio>2.39</aspectRatio>\
                  <screenCentrePosition azimuth=\"0.0\" elevation=\"0.0\" distance=\"1.0\"/>\
                  <screenWidth azimuth=\"40.0\"/></audioProgrammeReferenceScreen></audioProgramme>";
    let words =
        "<screenRef>1</screenRef><headphoneVirtualise bypass=\"1\" DRR=\"20\"/></audioBlockFormat>";
    let xml = xml
        .replace("</audioProgramme>", screen)
        .replace(
            "<dialogue nonDialogueContentKind=\"1\">0<",
            "<dialogue dialogueContentKind=\"1\">1<",
        )
        .replace(
            "<audioObject ",
            "<audioObject importance=\"5\" interact=\"1\" ",
        )
        .replace(
            "<audioProgramme ",
            "<audioProgramme audioProgrammeLanguage=\"de\" ",
        )
        .replace(
            " start=\"00:00:00.000000000\" end=\"00:",
            " start=\"01:00:00.000000000\" end=\"01:",
        );
    let xml = xml.replace("</audioBlockFormat>", words);
    let mut changed = bytes[..axml + 4].to_vec();
    changed.extend((xml.len() as u32).to_le_bytes());
    changed.extend(xml.as_bytes());
    changed.extend(vec![0; xml.len() % 2]);
    changed.extend(&bytes[chna..]);
    let form = (changed.len() - 8) as u32;
    changed[4..8].copy_from_slice(&form.to_le_bytes());
    let wide = folder.path("wide.wav");
    std::fs::write(&wide, changed).unwrap();
    let again = folder.path("again.wav");
    let done = umbel(&[
        "export",
        "adm-ebu",
        text(&wide),
        "-o",
        text(&again),
        "--json",
        "--no-loudness",
        "--no-progress",
    ]);
    let told = told(&done);
    let losses = told["losses"]
        .as_array()
        .unwrap_or_else(|| panic!("{told}"));
    let fields: Vec<&str> = losses
        .iter()
        .map(|loss| loss["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        ["importance", "interaction", "reference screen"],
        "{told}"
    );
    let written = axml_of(&again);
    for words in [
        "dialogueContentKind=\"1\">1<",
        "audioProgrammeLanguage=\"de\"",
        " start=\"01:00:00.000000000\" end=\"01:",
        "<headphoneVirtualise bypass=\"1\">",
    ] {
        assert!(written.contains(words), "{words}: {written}");
    }
    let strict = umbel(&[
        "export",
        "adm-ebu",
        text(&wide),
        "-o",
        text(&folder.path("strict.wav")),
        "--strict",
        "--no-loudness",
        "-q",
    ]);
    assert_eq!(strict.status.code(), Some(5));
    let atmos = folder.path("atmos.wav");
    let done = umbel(&[
        "export",
        "adm-atmos",
        text(&wide),
        "-o",
        text(&atmos),
        "--json",
        "--no-progress",
    ]);
    let told = self::told(&done);
    let losses = told["losses"]
        .as_array()
        .unwrap_or_else(|| panic!("{told}"));
    let fields: Vec<&str> = losses
        .iter()
        .map(|loss| loss["field"].as_str().unwrap())
        .collect();
    for field in ["language", "dialogue", "importance", "interaction"] {
        assert!(fields.contains(&field), "{field}: {told}");
    }
    assert!(!fields.contains(&"headphoneVirtualise"), "{told}");
    assert!(axml_of(&atmos).contains(" start=\"01:00:00.00000\" end=\"01:"));
    let dbmd = umbel::format::adm::read(&atmos).unwrap().dbmd.unwrap();
    let modes = dbmd.elements.unwrap().binaural;
    assert_eq!(modes.last(), Some(&umbel::format::adm::BinauralMode::Off));
}

/// The axml chunk of a master.
fn axml_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let find = |what: &[u8]| bytes.windows(what.len()).position(|w| w == what).unwrap();
    let (from, to) = (find(b"<?xml"), find(b"</ebuCoreMain>"));
    String::from_utf8_lossy(&bytes[from..to]).into_owned()
}
