//! Conformance of masters: good ones are clean, and every rule is broken once and found.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use umbel::check::{check_profile, profile_rules};
use umbel::error::{Finding, Severity};

use super::cases::{BYTES, COUNTS, Case, EMISSION, XML};
use super::master::{Master, Song, text, umbel, write_wave};

fn findings(path: &Path) -> Vec<Finding> {
    check_profile(path, false).unwrap().unwrap_or_default()
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn good_exports_break_no_rule() {
    let song = Song::new();
    for (kind, more) in [
        ("adm-atmos", ["--fps", "24"].as_slice()),
        ("adm-atmos", &["--container", "rf64"]),
        ("adm-atmos", &["--container", "bw64"]),
        ("adm-ebu", &[]),
        ("adm-ebu", &["--container", "bw64"]),
        ("adm-ebu", &["--emission", "1"]),
    ] {
        let master = song.export(kind, "m.wav", more);
        let found = findings(&master);
        assert!(found.is_empty(), "{kind} {more:?}: {found:#?}");
        let done = umbel(&["check", text(&master)]);
        assert_eq!(
            done.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&done.stdout)
        );
    }
}

/// Runs the cases; each is found as an error or a warning by its number.
fn run(cases: &[Case], has_line: bool) {
    let song = Song::new();
    let good = Master::read(&song.export("adm-atmos", "good.wav", &[]));
    run_on(&song, good, cases, has_line);
}

/// As [`run`], from another good master.
fn run_on(song: &Song, good: Master, cases: &[Case], has_line: bool) {
    let path = song.path("bad.wav");
    let mut missed = Vec::new();
    for (number, (code, fault)) in cases.iter().enumerate() {
        std::fs::write(&path, fault(good.clone())).unwrap();
        let found = findings(&path);
        let of_rule = || found.iter().filter(|finding| finding.code == *code);
        if of_rule().next().is_none() {
            missed.push(format!("case {number} of {code}: {:?}", codes(&found)));
        }
        let rule = profile_rules()
            .iter()
            .find(|rule| rule.code == *code)
            .unwrap();
        for finding in of_rule() {
            assert!(finding.severity <= rule.severity, "{finding:?}");
            assert!(!finding.message.is_empty() && finding.help == rule.sentence);
        }
        if has_line && of_rule().all(|finding| finding.line_column.is_none()) {
            missed.push(format!("case {number} of {code} has no line"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn every_rule_of_bytes_is_broken_and_found() {
    run(BYTES, false);
    run(COUNTS, false);
}

#[test]
fn every_rule_of_elements_is_broken_and_found_at_its_line() {
    run(XML, true);
}

#[test]
fn every_rule_of_emission_is_broken_and_found() {
    let song = Song::new();
    let good = song.export("adm-ebu", "good.wav", &["--emission", "1", "--no-loudness"]);
    run_on(&song, Master::read(&good), EMISSION, true);
}

#[test]
fn no_rule_is_left_without_a_case() {
    let cases = [BYTES, XML, COUNTS, EMISSION].concat();
    let broken: BTreeSet<&str> = cases.iter().map(|(code, _)| *code).collect();
    let left: Vec<&str> = profile_rules()
        .iter()
        .map(|rule| rule.code)
        .filter(|code| !broken.contains(code))
        .collect();
    // No WAV file at all, a RIFF file of 4 GiB (below), and what the exporter meant, which no file shows.
    assert_eq!(left, ["U601", "U604", "U627"]);
}

#[test]
fn a_file_of_more_than_4_gib_is_walked_at_once() {
    let song = Song::new();
    let mut good = Master::read(&song.export("adm-atmos", "good.wav", &[]));
    let data = good
        .chunks
        .iter()
        .position(|chunk| &chunk.0 == b"data")
        .unwrap();
    let metadata = good.chunks.split_off(data + 1);
    good.chunks[data].1.clear();
    let path = song.path("large.wav");
    let size = 36 * 120_000_000_u64;
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&good.large().bytes()).unwrap();
    file.set_len(file.metadata().unwrap().len() + size).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
    for (name, content) in metadata {
        file.write_all(&name).unwrap();
        file.write_all(&(content.len() as u32).to_le_bytes())
            .unwrap();
        file.write_all(&content).unwrap();
        file.write_all(&vec![0; content.len() % 2]).unwrap();
    }
    let length = file.metadata().unwrap().len();
    let mut at = |offset, value: u64| {
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(offset)).unwrap();
        file.write_all(&value.to_le_bytes()).unwrap();
    };
    at(20, length - 8);
    at(28, size);
    let start = Instant::now();
    let found = findings(&path);
    assert!(start.elapsed().as_secs_f64() < 1.0, "{:?}", start.elapsed());
    // The programme is longer now; the container is as it should be.
    assert_eq!(codes(&found), ["U672"], "{found:#?}");
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all(b"RIFF").unwrap();
    let found = check_profile(&path, true).unwrap().unwrap();
    assert!(codes(&found).contains(&"U604"), "{found:#?}");
}

#[test]
fn what_is_no_master_is_said_to_be_none() {
    let song = Song::new();
    assert_eq!(check_profile(&song.path("song.toml"), true).unwrap(), None);
    assert_eq!(check_profile(&song.path("a.wav"), false).unwrap(), None);
    let plain = check_profile(&song.path("a.wav"), true).unwrap().unwrap();
    assert!(codes(&plain).starts_with(&["U628", "U640"]), "{plain:#?}");
    std::fs::write(song.path("cut.wav"), b"RIFF").unwrap();
    assert_eq!(check_profile(&song.path("cut.wav"), true).unwrap(), None);
    // Nothing of the profile is asked of others' masters, unless a taker asks for it.
    let master = song.export("adm-ebu", "m.wav", &[]);
    assert!(
        check_profile(&master, true)
            .unwrap()
            .unwrap()
            .iter()
            .any(|f| f.code == "U682")
    );
}

#[test]
fn the_command_names_element_line_and_rule_and_fails() {
    let song = Song::new();
    let good = Master::read(&song.export("adm-atmos", "good.wav", &[]));
    let path = song.path("bad.wav");
    let gap = good
        .clone()
        .x("rtime=\"00:00:00.00539\"", "rtime=\"00:00:00.00541\"");
    std::fs::write(&path, gap.bytes()).unwrap();
    let done = umbel(&["check", text(&path), "--format", "json"]);
    assert_eq!(done.status.code(), Some(5));
    let list: Value = serde_json::from_slice(&done.stdout).unwrap();
    let found = list
        .as_array()
        .unwrap()
        .iter()
        .find(|found| found["rule"] == "U708")
        .unwrap();
    assert_eq!(found["level"], "error");
    assert!(
        found["message"]
            .as_str()
            .unwrap()
            .starts_with("AB_00031002_00000003 begins at 0.00541 s")
    );
    let line = 1 + good
        .clone()
        .axml()
        .lines()
        .position(|line| line.contains("00000003\" rtime"))
        .unwrap();
    assert!(
        found["where"]
            .as_str()
            .unwrap()
            .contains(&format!("bad.wav:{line}:")),
        "{found}"
    );
    let said = umbel(&["check", "--explain", "u708"]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(
        said.contains("16 microseconds") && said.contains("profile v1.0"),
        "{said}"
    );
    // A file that cannot be played is checked all the same.
    std::fs::write(&path, good.without(b"fmt ").bytes()).unwrap();
    let done = umbel(&["check", text(&path), "--format", "sarif"]);
    assert_eq!(done.status.code(), Some(5));
    assert!(
        String::from_utf8(done.stdout)
            .unwrap()
            .contains("\"ruleId\":\"U619\"")
    );
}

/// A thousand damaged masters: findings or none, but no panic and no hanging.
#[test]
fn damaged_masters_are_checked_without_a_panic() {
    let song = Song::new();
    let good = Master::read(&song.export("adm-atmos", "good.wav", &[]))
        .with(b"data", |data| data.truncate(360))
        .bytes();
    let path = song.path("bad.wav");
    let mut state = 12_345_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..1000 {
        let mut bytes = good.clone();
        for _ in 0..1 + random(8) {
            let at = random(bytes.len());
            bytes[at] = random(256) as u8;
        }
        if random(4) == 0 {
            bytes.truncate(random(bytes.len()));
        }
        std::fs::write(&path, &bytes).unwrap();
        let _ = check_profile(&path, true).unwrap();
    }
}

/// Masters of other makers, passed over where they are not at hand: what they truly break, and nothing else.
#[test]
fn real_masters_keep_the_rules() {
    let shared = std::env::var("UMBEL_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    for name in [
        "protools/Test_ADM_ProTools.wav",
        "dolby/sample_adm_file_0.wav",
        "dolby/sample_adm_file_3.wav",
    ] {
        let path = Path::new(&shared).join("adm").join(name);
        if !path.exists() {
            continue;
        }
        let found = check_profile(&path, true).unwrap().unwrap();
        let errors: Vec<&Finding> = found
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let warned: BTreeSet<&str> = found.iter().map(|f| f.code).collect();
        let known = if name.starts_with("dolby") {
            ["U693", "U745"].as_slice()
        } else {
            &[]
        };
        assert!(
            warned.iter().all(|code| known.contains(code)),
            "{name}: {found:#?}"
        );
    }
}

/// Cut in its sound a master has lost the metadata behind it, cut behind that it cannot be opened at all: neither is a
/// session, nor sound that was never a master.
#[test]
fn a_master_that_is_cut_is_called_so_by_every_command() {
    let song = Song::new();
    let good = std::fs::read(song.export("adm-atmos", "good.wav", &[])).unwrap();
    let cut = |name: &str, length: usize| {
        std::fs::write(song.path(name), &good[..length]).unwrap();
        song.path(name)
    };
    let in_sound = cut("sound.wav", 2000);
    let done = umbel(&["check", text(&in_sound), "--format", "json"]);
    assert_eq!(done.status.code(), Some(5), "{done:?}");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(said.contains("U603") && said.contains("U616"), "{said}");
    for (path, word) in [
        (cut("dbmd.wav", good.len() - 50), "dbmd"),
        (cut("head.wav", 3), "begins \"RIF\""),
        (cut("empty.wav", 0), "it is empty"),
    ] {
        let (path, table) = (text(&path), song.path("table.csv"));
        let (mix, table) = (song.path("mix.wav"), text(&table));
        for arguments in [
            &["render", path, "-l", "5.1", "-o", text(&mix)][..],
            &["export", "csv", path, "-o", table],
        ] {
            let done = umbel(arguments);
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            assert_eq!(done.status.code(), Some(4), "{arguments:?}: {said}");
            assert!(said.contains(word), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn a_plain_file_is_refused_as_before() {
    let song = Song::new();
    let path = song.path("plain.wav");
    write_wave(
        &path,
        umbel::format::BitDepth::Int24,
        48_000,
        &[vec![0.0; 100]],
    );
    let done = umbel(&["check", text(&path)]);
    assert!(
        matches!(done.status.code(), Some(3 | 4)),
        "{:?}",
        done.status
    );
}
