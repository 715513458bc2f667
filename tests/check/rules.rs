//! What holds for every rule: it can be explained, denied, allowed and described; and the rules of the room, of muted
//! objects, and of a session's own stems.

use std::path::Path;

use serde_json::Value;
use umbel::check::all_rules;
use umbel::format::BitDepth;

use super::master::{Master, Song, text, umbel, write_wave};

/// Code, level and message of every finding, with the exit code.
fn found(arguments: &[&str]) -> (Vec<[String; 3]>, Option<i32>) {
    let done = umbel(&[&["check", "--format", "json", "--no-progress"], arguments].concat());
    let list: Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr)));
    let list = list.as_array().unwrap().iter();
    let words = |finding: &Value| {
        ["rule", "level", "message"].map(|key| finding[key].as_str().unwrap().to_owned())
    };
    (list.map(words).collect(), done.status.code())
}

fn codes(found: &[[String; 3]]) -> Vec<&str> {
    let mut codes: Vec<&str> = found.iter().map(|[code, ..]| code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn every_number_in_the_code_belongs_to_a_rule() {
    let known: Vec<&str> = all_rules().iter().map(|rule| rule.code).collect();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let text = text.split("#[cfg(test)]").next().unwrap();
            for part in text.split("\"U").skip(1) {
                let Some(digits) = part
                    .get(..3)
                    .filter(|_| part.as_bytes().get(3) == Some(&b'"'))
                else {
                    continue;
                };
                // Borders of ranges are numbers too.
                let is_border = ["600", "628"].contains(&digits);
                if digits.bytes().all(|b| b.is_ascii_digit()) && !is_border {
                    let code = format!("U{digits}");
                    assert!(
                        known.contains(&code.as_str()),
                        "{code} in {}",
                        path.display()
                    );
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn findings_are_raised_and_silenced_by_their_numbers() {
    let song = Song::new();
    let session = std::fs::read_to_string(song.path("song.toml")).unwrap();
    // `width` on a mono stem is a note.
    let session = session.replace("at = { x = 0", "at = { width = 0.5, x = 0");
    std::fs::write(song.path("song.toml"), session).unwrap();
    let path = song.path("song.toml");
    let path = text(&path);
    let (plain, code) = found(&[path]);
    let level = |found: &[[String; 3]]| {
        let of = found.iter().find(|[code, ..]| code == "U471");
        of.map(|[_, level, _]| level.clone())
    };
    assert_eq!((level(&plain).as_deref(), code), (Some("note"), Some(0)));
    let (denied, code) = found(&["--deny", "u471", "--deny", "U001", path]);
    assert_eq!((level(&denied).as_deref(), code), (Some("error"), Some(5)));
    assert_eq!(denied.len(), plain.len());
    let (allowed, code) = found(&["--allow", "U471", path]);
    assert_eq!((level(&allowed), code), (None, Some(0)));
    assert_eq!(allowed.len(), plain.len() - 1);
    // What is allowed is no error either.
    let gone = song.path("gone.toml");
    std::fs::write(
        &gone,
        "[[stem]]\nname = \"A\"\nfile = \"none.wav\"\nat = { az = 0 }\n",
    )
    .unwrap();
    assert_eq!(found(&[text(&gone)]).1, Some(5));
    assert_eq!(found(&["--allow", "U463", text(&gone)]).1, Some(0));
    for (arguments, said) in [
        (["--deny", "U1471"], "there is no rule \"U1471\""),
        (["--allow", "U14"], "did you mean U014?"),
    ] {
        let done = umbel(&[&["check"], &arguments[..], &[path]].concat());
        assert_eq!(done.status.code(), Some(2));
        let error = String::from_utf8(done.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
    let both = umbel(&["check", "--deny", "U471", "--allow", "U471", path]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn sarif_describes_the_rules_that_it_names() {
    let song = Song::new();
    let master = song.export("adm-atmos", "m.wav", &["--fps", "25"]);
    let done = umbel(&["check", text(&master), "--for", "umg", "--format", "sarif"]);
    let sarif: Value = serde_json::from_slice(&done.stdout).unwrap();
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let rate = rules.iter().find(|rule| rule["id"] == "U202").unwrap();
    let short = rate["shortDescription"]["text"].as_str().unwrap();
    assert!(short.contains("24 frames a second"), "{rate}");
    for key in ["fullDescription", "help"] {
        let said = rate[key]["text"].as_str().unwrap();
        assert!(
            said.contains("one rate for a whole project"),
            "{key}: {rate}"
        );
    }
    assert_eq!(rate["defaultConfiguration"]["level"], "error");
}

#[test]
fn muted_objects_and_what_no_measurement_shows_are_told_to_their_takers() {
    let song = Song::new();
    let good = Master::read(&song.export("adm-atmos", "good.wav", &["--binaural", "A=near"]));
    let of = |master: &Master, taker: &str| {
        let path = song.path("bad.wav");
        std::fs::write(&path, master.bytes()).unwrap();
        found(&[text(&path), "--for", taker]).0
    };
    assert!(!codes(&of(&good, "umg")).contains(&"U214"));
    // Every block of one object has a gain of 0.
    let text_of = good.clone().axml();
    let start = text_of
        .find("<audioChannelFormat audioChannelFormatID=\"AC_00031001\"")
        .unwrap();
    let end = start + text_of[start..].find("</audioChannelFormat>").unwrap();
    let channel = text_of[start..end].replace("<cartesian>", "<gain>0.0</gain><cartesian>");
    let muted = good.clone().with(b"axml", |axml| {
        *axml = [&text_of[..start], &channel, &text_of[end..]]
            .concat()
            .into_bytes();
    });
    let said = of(&muted, "umg");
    let told: Vec<_> = said.iter().filter(|[code, ..]| code == "U214").collect();
    assert_eq!(told.len(), 1, "{said:?}");
    assert!(told[0][2].contains("AC_00031001"), "{told:?}");
    let upmix = |taker: &str| {
        let said = of(&good, taker);
        said.iter()
            .any(|[code, level, _]| code == "U218" && level == "note")
    };
    // Its own 5.1 render is far from -27 LKFS.
    assert!(codes(&of(&good, "netflix")).contains(&"U222"));
    assert!(!codes(&of(&good, "apple")).contains(&"U222"));
    assert!(upmix("apple") && upmix("umg") && !upmix("netflix"));
    // Tidal asks for 24 frames a second and the mode of every channel, as the others do.
    let slow = Master::read(&song.export("adm-atmos", "slow.wav", &["--fps", "25"]));
    let tidal = of(&slow, "tidal");
    assert!(codes(&tidal).contains(&"U202"), "{tidal:?}");
}

#[test]
fn leaps_heights_and_frontal_mixes_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["a", "b", "c", "d"] {
        let step = 0.01 * f32::from(name.as_bytes()[0] - 90);
        let row = (0..48_000).map(|n| 0.1 * (n as f32 * step).sin()).collect();
        write_wave(
            &path(&format!("{name}.wav")),
            BitDepth::Int24,
            48_000,
            &[row],
        );
    }
    let check = |places: [&str; 4], layout: &str| {
        let mut session = String::new();
        for (name, place) in ["a", "b", "c", "d"].into_iter().zip(places) {
            session += &format!("[[stem]]\nname = \"{name}\"\nfile = \"{name}.wav\"\n{place}\n");
        }
        session += &format!("[[out]]\nname = \"o\"\nformat = \"wav\"\nlayout = \"{layout}\"\n");
        std::fs::write(path("song.toml"), session).unwrap();
        found(&[text(&path("song.toml"))]).0
    };
    let front = "at = { az = 10 }";
    let side = "at = { az = 100 }";
    let frontal = check([front; 4], "5.1");
    assert_eq!(codes(&frontal), ["U304"], "{frontal:?}");
    assert_eq!(codes(&check([front, front, front, side], "5.1")), [""; 0]);
    let high = check(
        [
            front,
            side,
            "at = { az = 0, el = 50 }",
            "at = { az = 0, el = 60 }",
        ],
        "5.1",
    );
    assert_eq!(codes(&high), ["U301"], "{high:?}");
    assert!(
        high[0][2].contains("\"c\" and 1 more are above"),
        "{high:?}"
    );
    assert_eq!(
        codes(&check(
            [side, side, front, "at = { az = 0, el = 60 }"],
            "7.1.4"
        )),
        [""; 0]
    );
    let step =
        "move = [[0, { az = 0 }], [0.3, { az = 120 }, \"step\"], [0.6, { az = -100 }, \"step\"]]";
    let leaps = check([front, side, front, step], "5.1");
    assert_eq!(codes(&leaps), ["U302"], "{leaps:?}");
    assert!(
        leaps[0][2].contains("120 degrees at once at 0.30 s, the first of 2"),
        "{leaps:?}"
    );
    let slow = "move = [[0, { az = 0 }], [0.9, { az = 120 }]]";
    assert_eq!(codes(&check([front, side, front, slow], "5.1")), [""; 0]);
}

#[test]
fn a_stereo_stem_whose_sides_cancel_in_the_fold_down_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let row: Vec<f32> = (0..48_000).map(|n| 0.1 * (n as f32 * 0.05).sin()).collect();
    let other: Vec<f32> = (0..48_000)
        .map(|n| 0.1 * (n as f32 * 0.071).sin())
        .collect();
    let check = |right: &[f32], place: &str| {
        let rows = [row.clone(), right.to_vec()];
        write_wave(&path("wide.wav"), BitDepth::Int24, 48_000, &rows);
        let session = format!("[[stem]]\nname = \"Wide\"\nfile = \"wide.wav\"\nat = {place}\n");
        std::fs::write(path("song.toml"), session).unwrap();
        found(&[text(&path("song.toml"))]).0
    };
    let inverse: Vec<f32> = row.iter().map(|sample| -0.9 * sample).collect();
    let aside = "{ az = 90, width = 60 }";
    let said = check(&inverse, aside);
    assert_eq!(codes(&said), ["U303"], "{said:?}");
    // 20 log10 of 0.1 against the power of 1 and 0.81: 22.6 dB.
    assert!(said[0][2].contains("loses 22.6 dB"), "{said:?}");
    assert_eq!(codes(&check(&inverse, "{ az = 0, width = 60 }")), [""; 0]);
    assert_eq!(codes(&check(&other, aside)), [""; 0]);
}

#[test]
fn the_stems_of_a_session_are_checked_for_a_hand_off() {
    let song = Song::new();
    let session = std::fs::read_to_string(song.path("song.toml")).unwrap();
    let mix: Vec<f32> = (0..24_000)
        .map(|n| 0.1 * ((n as f32 * 0.05).sin() + (n as f32 * 0.07).sin()))
        .collect();
    write_wave(
        &song.path("mix.wav"),
        BitDepth::Int24,
        48_000,
        &[mix.clone(), mix],
    );
    let session = format!("[song]\nbpm = 124\nkey = \"Am\"\nreference = \"mix.wav\"\n{session}");
    std::fs::write(song.path("song.toml"), session).unwrap();
    let path = song.path("song.toml");
    let (said, code) = found(&[text(&path), "--for", "handoff"]);
    // "a.wav" and "b.wav" are no names for a hand-off; their sum is the mix.
    assert_eq!(code, Some(5), "{said:?}");
    let names = said
        .iter()
        .filter(|[code, level, _]| code == "U005" && level == "error");
    assert_eq!(names.count(), 2, "{said:?}");
    assert!(
        said.iter()
            .any(|[code, level, _]| code == "U014" && level == "note"),
        "{said:?}"
    );
    let (named, code) = found(&[text(&path), "--for", "handoff", "--allow", "U005"]);
    assert_eq!(code, Some(0), "{named:?}");
    assert!(!codes(&found(&[text(&path)]).0).contains(&"U005"));
}

#[test]
fn the_headphone_rooms_of_a_session_reach_the_master() {
    let song = Song::new();
    let session = std::fs::read_to_string(song.path("song.toml")).unwrap();
    let session = session
        .replace("file = \"a.wav\"", "file = \"a.wav\"\nbinaural = \"off\"")
        .replace("file = \"b.wav\"", "file = \"b.wav\"\nbinaural = \"far\"");
    std::fs::write(song.path("song.toml"), session).unwrap();
    let mut modes = Vec::new();
    for more in [&[][..], &["--binaural", "B=near"]] {
        let master = song.export("adm-atmos", "m.wav", more);
        let document = umbel::format::adm::read(&master).unwrap();
        let dbmd = document.dbmd.as_ref().unwrap();
        let all = &dbmd.elements.as_ref().unwrap().binaural;
        // The objects stand behind the ten channels of the bed.
        modes.push(all[10..12].to_vec());
    }
    use umbel::format::adm::BinauralMode::{Far, Near, Off};
    assert_eq!(modes, [[Off, Far], [Off, Near]]);
}

#[test]
fn one_report_of_a_render_covers_its_deliveries() {
    let song = Song::new();
    let session = std::fs::read_to_string(song.path("song.toml")).unwrap();
    let outs = "[[out]]\nname = \"st\"\nformat = \"wav\"\nlayout = \"stereo\"\n\
                [[out]]\nname = \"atmos\"\nformat = \"adm-atmos\"\nfps = 24\n\
                [[out]]\nname = \"handoff\"\nformat = \"stems\"\n";
    std::fs::write(song.path("song.toml"), format!("{session}{outs}")).unwrap();
    let (path, out, page) = (
        song.path("song.toml"),
        song.path("out"),
        song.path("page.html"),
    );
    let done = umbel(&[
        "render",
        text(&path),
        "--out",
        text(&out),
        "--report",
        text(&page),
        "-q",
    ]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let html = std::fs::read_to_string(page).unwrap();
    let mut files = vec![
        out.join("st.wav"),
        out.join("atmos.wav"),
        out.join("atmos.loss.txt"),
    ];
    for entry in std::fs::read_dir(out.join("handoff")).unwrap() {
        let path = entry.unwrap().path();
        files.extend(Some(path).filter(|path| path.extension().is_some_and(|e| e == "wav")));
    }
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        let hash = umbel::format::sha256(&file).unwrap();
        assert!(
            html.contains(&hash),
            "{} is not in the report",
            file.display()
        );
    }
}

#[test]
fn a_taker_of_masters_says_of_a_session_what_it_can_and_what_to_check_instead() {
    let song = Song::new();
    let path = song.path("song.toml");
    let session = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{session}[master]\ngain = 16\n")).unwrap();
    for (taker, broken) in [
        ("dolby-music", "U208"),
        ("umg", "U208"),
        ("netflix", "U222"),
    ] {
        let (said, code) = found(&[text(&path), "--for", taker]);
        for rule in [broken, "U209", "U223"] {
            assert!(codes(&said).contains(&rule), "{taker} {rule}: {said:?}");
        }
        assert_eq!(code, Some(5), "{taker}: {said:?}");
        let done = umbel(&["check", text(&path), "--for", taker]);
        let words = String::from_utf8(done.stdout).unwrap();
        let command = format!("umbel check master.wav --for {taker}");
        assert!(words.contains(&command), "{words}");
    }
    std::fs::write(&path, &session).unwrap();
    let (said, code) = found(&[text(&path), "--for", "apple", "--no-audio"]);
    assert_eq!((codes(&said), code), (vec!["U223"], Some(0)));
    // What was held against the taker is told as it was: nothing, where nothing was heard.
    let words = |options: &[&str]| {
        let done = umbel(&[&["check", text(&path), "--for", "apple"], options].concat());
        String::from_utf8(done.stdout).unwrap()
    };
    let held = "loudness and true peak are held against";
    assert!(words(&[]).contains(held), "{}", words(&[]));
    let unheard = words(&["--no-audio"]);
    assert!(
        !unheard.contains(held) && unheard.contains("nothing of the session was held"),
        "{unheard}"
    );
    // What is a master's taker to stems, and a hand-off to a master.
    let master = song.export("adm-atmos", "m.wav", &[]);
    assert!(codes(&found(&[text(&master), "--for", "handoff"]).0).contains(&"U223"));
    assert!(!codes(&found(&[text(&master), "--for", "apple"]).0).contains(&"U223"));
    let stems = song.path("stems");
    std::fs::create_dir(&stems).unwrap();
    std::fs::copy(song.path("a.wav"), stems.join("a.wav")).unwrap();
    assert!(codes(&found(&[text(&stems), "--for", "umg"]).0).contains(&"U223"));
    assert!(!codes(&found(&[text(&stems), "--for", "handoff"]).0).contains(&"U223"));
}

#[test]
fn what_cannot_be_read_is_a_finding_in_words_of_its_own() {
    let song = Song::new();
    let path = |name: &str| song.path(name);
    // The head of an MP4 file, cut where its tables should come.
    let mp4 = [
        &24_u32.to_be_bytes()[..],
        b"ftypM4A \0\0\0\0M4A mp42",
        &900_u32.to_be_bytes(),
        b"mdatcut",
    ];
    std::fs::write(path("cut.stem.mp4"), mp4.concat()).unwrap();
    std::fs::write(path("song.mp3"), b"\xff\xfb\x90\x64 and so on").unwrap();
    for (name, expected, code) in [
        ("cut.stem.mp4", "MP4", 4),
        ("nope.wav", "cannot read it", 3),
        ("nope.toml", "cannot read it", 3),
        ("a.wav", "a RIFF file without ADM metadata", 4),
        ("song.mp3", "MP3", 4),
    ] {
        let (said, exit) = found(&[text(&path(name))]);
        assert_eq!((codes(&said), exit), (vec!["U600"], Some(code)), "{name}");
        assert!(said[0][2].contains(expected), "{name}: {said:?}");
        assert!(!said[0][2].contains("rendering"), "{name}: {said:?}");
    }
    // One of several.
    let (said, _) = found(&[text(&path("song.toml")), text(&path("nope.wav"))]);
    assert_eq!(codes(&said), ["U600"], "{said:?}");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_stem_that_is_not_there_is_a_missing_stem() {
    let song = Song::new();
    std::os::unix::fs::symlink("gone.wav", song.path("X.wav")).unwrap();
    let done = umbel(&[
        "check",
        text(song.folder.path()),
        "--format",
        "json",
        "--no-progress",
    ]);
    let list: Value = serde_json::from_slice(&done.stdout).unwrap();
    let is_it = |finding: &&Value| {
        finding["rule"] == "U007" && finding["where"].as_str().unwrap().ends_with("X.wav")
    };
    assert!(list.as_array().unwrap().iter().any(|f| is_it(&f)), "{list}");
    assert_eq!(done.status.code(), Some(5));
}
