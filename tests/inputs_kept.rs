//! No output ever replaces a file that it is made from, whatever may be overwritten.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod made;

use std::path::Path;

use made::{noise, text, umbel, write_stem};
use umbel::format::BitDepth;

/// A song whose stems lie in the folder "st": "a" sounds, of the others it depends on `keys`, those of "b".
fn song(folder: &Path, keys: [&str; 2], rest: &str) {
    let stems = folder.join("st");
    std::fs::create_dir_all(&stems).unwrap();
    for (seed, name) in ["a.wav", "b.wav", "mix.M+030.wav"].into_iter().enumerate() {
        write_stem(&stems.join(name), BitDepth::Int16, &noise(seed as u32, 480));
    }
    let [a, b] = keys;
    let session = format!(
        "[song]\nstems = \"st\"\n\
         [[stem]]\nname = \"a\"\nfile = \"a.wav\"\nat = {{ az = 0 }}\n{a}\n\
         [[stem]]\nname = \"c\"\nfile = \"b.wav\"\nat = {{ az = 0 }}\n{b}\n\
         [[stem]]\nname = \"d\"\nfile = \"mix.M+030.wav\"\nat = {{ az = 0 }}\n{b}\n{rest}"
    );
    std::fs::write(folder.join("song.toml"), session).unwrap();
}

/// Runs the command, which has to refuse, and leaves every file of the folder of stems as it was.
fn assert_kept(folder: &Path, arguments: &[&str]) {
    let content = || {
        let mut files: Vec<_> = std::fs::read_dir(folder.join("st"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = content();
    let done = umbel(arguments);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(
        said.contains("never replaces its input"),
        "{arguments:?}: {said}"
    );
    assert_eq!(content(), before, "{arguments:?}");
}

#[test]
fn stems_that_do_not_sound_are_inputs_too() {
    let here = tempfile::tempdir().unwrap();
    let (toml, stems) = (here.path().join("song.toml"), here.path().join("st"));
    let file = stems.join("b.wav");
    let (toml, stems, file) = (text(&toml), text(&stems), text(&file));
    for keys in [["", ""], ["", "mute = true"], ["solo = true", ""]] {
        song(here.path(), keys, "");
        assert_kept(
            here.path(),
            &["render", toml, "-l", "2.0", "-o", file, "-f"],
        );
        for kind in ["ambix", "adm-ebu", "adm-atmos", "json", "csv"] {
            assert_kept(here.path(), &["export", kind, toml, "-o", file, "-f"]);
        }
        for out in ["name = \"b\"", "name = \"mix\"\nmulti-mono = true"] {
            let out = format!("[[out]]\n{out}\nformat = \"wav\"\nlayout = \"2.0\"\n");
            song(here.path(), keys, &out);
            assert_kept(here.path(), &["render", toml, "--out", stems, "-f"]);
        }
    }
    // The stem "b" would be written where "c" is read.
    song(here.path(), ["", "mute = true"], "");
    let session = std::fs::read_to_string(toml).unwrap();
    std::fs::write(toml, session.replace("name = \"a\"", "name = \"b\"")).unwrap();
    assert_kept(
        here.path(),
        &["export", "stems", toml, "--out", stems, "-f"],
    );
}

#[test]
fn stems_texts_spare_the_session() {
    let here = tempfile::tempdir().unwrap();
    write_stem(&here.path().join("a.wav"), BitDepth::Int16, &noise(1, 480));
    let session = here.path().join("manifest.json");
    let stem = r#"{"stem": [{"name": "A", "file": "a.wav", "at": {"az": 0}}]}"#;
    std::fs::write(&session, stem).unwrap();
    let out = here.path().join("./");
    let done = umbel(&["export", "stems", text(&session), "--out", text(&out), "-f"]);
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert_eq!(std::fs::read_to_string(&session).unwrap(), stem);
}

#[test]
fn what_is_imported_drawn_or_compared_is_kept() {
    let here = tempfile::tempdir().unwrap();
    song(here.path(), ["", ""], "");
    let [layout, a, b] = ["st/my.toml", "st/a.wav", "st/b.wav"].map(|name| here.path().join(name));
    let shown = umbel(&["layout", "show", "5.1", "--toml"]).stdout;
    std::fs::write(&layout, shown).unwrap();
    let json = here.path().join("st/iem.json");
    let iem = r#"{"Name": "n", "LoudspeakerLayout": {"Name": "n", "Loudspeakers": [
        {"Azimuth": 30, "Elevation": 0, "Radius": 1, "IsImaginary": false, "Channel": 1, "Gain": 1},
        {"Azimuth": -30, "Elevation": 0, "Radius": 1, "IsImaginary": false, "Channel": 2, "Gain": 1}]}}"#;
    std::fs::write(&json, iem).unwrap();
    let (layout, json, a, b) = (text(&layout), text(&json), text(&a), text(&b));
    assert!(umbel(&["layout", "import", json]).status.success());
    assert_kept(here.path(), &["layout", "import", json, "-o", json, "-f"]);
    for verb in ["show", "check"] {
        let draw = ["layout", verb, layout, "--picture", layout, "-f"];
        assert_kept(here.path(), &draw);
    }
    assert_kept(here.path(), &["compare", a, b, "--svg", b, "-f"]);
    let taken = here.path().join("st/A.wav");
    write_stem(&taken, BitDepth::Int16, &noise(3, 480));
    let stems = here.path().join("st");
    assert_kept(
        here.path(),
        &["compare", b, text(&taken), "--out", text(&stems), "-f"],
    );
}
