//! Promise: every track of an MP4 file gives the frames that were encoded, no more and no less, from the first; stem
//! files give their names and colours as well; a damaged file is refused without harm.

#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers may fail as the test itself"
)]

mod made;

use std::fs;
use std::path::{Path, PathBuf};

use made::{text, umbel};
use serde_json::Value;
use tempfile::TempDir;
use umbel::audio::Block;
use umbel::format::{AudioSource, SampleFormat, open_track};
use umbel::units::Frames;

const AAC: (&str, usize) = ("aac.stem.mp4", 15_013);
const ALAC: (&str, usize) = ("alac.stem.mp4", 5003);

/// Phase steps and bends of the four stems, as in `tests/data/stems/make.py`.
const SWEEPS: [(i64, i64); 4] = [(300, 1), (700, 3), (1500, 2), (3000, 8)];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/stems")
        .join(name)
}

/// What was encoded: a stem, or with `None` the mix.
fn source(stem: Option<usize>, channel: i64, n: usize) -> f32 {
    let n = n as i64;
    let sample = |(rate, bend): (i64, i64)| {
        let phase = ((rate + 7 * channel) * n + bend * (n * n / 64)) % 65_536;
        ((phase - 32_768).abs() - 16_384).div_euclid(4)
    };
    let sum: i64 = match stem {
        Some(stem) => sample(SWEEPS[stem]),
        None => SWEEPS.into_iter().map(sample).sum(),
    };
    sum as f32 / 32_768.0
}

fn read_all(source: &mut dyn AudioSource, at_a_time: usize) -> umbel::Result<Vec<Vec<f32>>> {
    let channels = source.facts().channels;
    let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
    let mut block = Block::new(channels, at_a_time);
    block.set_frames(at_a_time);
    let mut all = vec![Vec::new(); channels];
    loop {
        let frames = source.read(&mut block, &rows)?;
        for (all, row) in all.iter_mut().zip(block.rows()) {
            all.extend_from_slice(&row[..frames]);
        }
        if frames < at_a_time {
            return Ok(all);
        }
    }
}

fn track(path: &Path, number: usize) -> Vec<Vec<f32>> {
    let mut source = open_track(path, Some(number), true).unwrap();
    let frames = source.facts().frames;
    let all = read_all(&mut *source, 700).unwrap();
    assert!(all.iter().all(|row| row.len() as u64 == frames.0));
    all
}

fn stem_of(number: usize) -> Option<usize> {
    number.checked_sub(2)
}

#[test]
fn lossless_tracks_are_what_was_encoded() {
    for number in 1..=5 {
        for (channel, row) in track(&golden(ALAC.0), number).iter().enumerate() {
            assert_eq!(row.len(), ALAC.1, "track {number}");
            for (n, &sample) in row.iter().enumerate() {
                let meant = source(stem_of(number), channel as i64, n);
                assert!((sample - meant).abs() < 1e-9, "track {number}, frame {n}");
            }
        }
    }
}

/// Sum of products with the second signal late by `shift` frames.
fn correlation(a: &[f32], b: &[f32], shift: i64) -> f64 {
    let pairs = (0..a.len() as i64).filter_map(|n| {
        let m = usize::try_from(n + shift).ok()?;
        Some(f64::from(a[n as usize]) * f64::from(*b.get(m)?))
    });
    pairs.sum()
}

#[test]
fn lossy_tracks_begin_and_end_on_the_frame() {
    for number in 1..=5 {
        for (channel, row) in track(&golden(AAC.0), number).iter().enumerate() {
            assert_eq!(row.len(), AAC.1, "track {number}");
            let meant: Vec<f32> = (0..AAC.1)
                .map(|n| source(stem_of(number), channel as i64, n))
                .collect();
            let best = (-2200..=2200)
                .max_by(|&a, &b| {
                    correlation(&meant, row, a).total_cmp(&correlation(&meant, row, b))
                })
                .unwrap();
            assert_eq!(best, 0, "track {number}, channel {channel}");
            let power = correlation(&meant, &meant, 0);
            let left: f64 = meant
                .iter()
                .zip(row)
                .map(|(a, b)| f64::from(a - b).powi(2))
                .sum();
            let left_db = 10.0 * (left / power).log10();
            assert!(left_db < -20.0, "track {number}: {left_db:.1} dB are left");
        }
    }
    let source = open_track(&golden(AAC.0), Some(3), false).unwrap();
    let facts = source.facts();
    assert_eq!((facts.tracks, facts.priming), (5, Frames(1024)));
    assert_eq!(facts.sample_format, SampleFormat::Lossy { codec: "AAC" });
    assert_eq!(facts.warnings, [""; 0]);
}

#[test]
fn what_is_read_depends_neither_on_blocks_nor_on_seeking() {
    for (name, frames) in [AAC, ALAC] {
        let whole = track(&golden(name), 4);
        let mut source = open_track(&golden(name), Some(4), false).unwrap();
        for at_a_time in [1, 64, 20_000] {
            source.seek(Frames(0)).unwrap();
            assert!(
                read_all(&mut *source, at_a_time).unwrap() == whole,
                "{name}"
            );
        }
        for from in [0, 1, 1023, 1024, 3000, 2500, frames - 1, 10, frames] {
            source.seek(Frames(from as u64)).unwrap();
            let rest = read_all(&mut *source, 333).unwrap();
            assert!(
                rest.iter().zip(&whole).all(|(a, b)| a == &b[from..]),
                "{name}, frame {from}"
            );
        }
    }
}

/// A box with its content.
fn atom(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

/// The boxes in `bytes`: name and content.
fn atoms(bytes: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    let mut at = 0;
    let mut found = Vec::new();
    while at + 8 <= bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        found.push((
            bytes[at + 4..at + 8].try_into().unwrap(),
            bytes[at + 8..at + size].to_vec(),
        ));
        at += size;
    }
    found
}

/// What becomes of a box in `moov`: its name, its content, and the number of tracks so far.
type Change<'a> = &'a dyn Fn(&[u8; 4], &[u8], usize) -> Option<Vec<u8>>;

/// The file with the boxes of its `moov` changed by `change`, which gives the content of a box, or `None` to drop it.
/// `moov` is the last box, so the samples stay where they are.
fn changed(bytes: &[u8], change: Change<'_>) -> Vec<u8> {
    let build = |content: &[u8]| -> Vec<u8> {
        let mut traks = 0;
        let mut out = Vec::new();
        for (kind, content) in atoms(content) {
            traks += usize::from(&kind == b"trak");
            if let Some(content) = change(&kind, &content, traks) {
                out.extend(atom(&kind, &content));
            }
        }
        out
    };
    atoms(bytes)
        .into_iter()
        .flat_map(|(kind, content)| match &kind {
            b"moov" => atom(&kind, &build(&content)),
            _ => atom(&kind, &content),
        })
        .collect()
}

/// A track without its edit list.
fn without_edits(trak: &[u8]) -> Vec<u8> {
    let kept = atoms(trak).into_iter().filter(|(kind, _)| kind != b"edts");
    kept.flat_map(|(kind, content)| atom(&kind, &content))
        .collect()
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn priming_is_cut_by_the_tag_of_older_files_and_missing_facts_are_said() {
    let folder = TempDir::new().unwrap();
    let bytes = fs::read(golden(AAC.0)).unwrap();
    let bare = changed(&bytes, &|kind, content, _| match kind {
        b"trak" => Some(without_edits(content)),
        _ => Some(content.to_vec()),
    });
    let path = write(&folder, "bare.m4a", &bare);
    let facts = open_track(&path, Some(1), false).unwrap().facts().clone();
    assert_eq!(facts.frames, Frames(AAC.1 as u64 + 1024));
    assert!(
        facts.warnings[0].contains("encoder"),
        "{:?}",
        facts.warnings
    );
    // As iTunes wrote it: priming, padding, frames.
    let tag = format!(" 00000000 00000400 0000015B {:016X} 00000000", AAC.1);
    let data = atom(
        b"data",
        &[&[0, 0, 0, 1, 0, 0, 0, 0], tag.as_bytes()].concat(),
    );
    let name = atom(b"name", &[&[0; 4], &b"iTunSMPB"[..]].concat());
    let mean = atom(b"mean", &[&[0; 4], &b"com.apple.iTunes"[..]].concat());
    let tags = atom(b"ilst", &atom(b"----", &[mean, name, data].concat()));
    let meta = atom(b"meta", &[&[0; 4], &tags[..]].concat());
    let tagged = changed(&bare, &|kind, content, _| match kind {
        b"udta" => Some([&meta, content].concat()),
        _ => Some(content.to_vec()),
    });
    let path = write(&folder, "tagged.m4a", &tagged);
    for number in 1..=5 {
        assert!(
            track(&path, number) == track(&golden(AAC.0), number),
            "track {number}"
        );
    }
    // A start that is later: 100 ms of silence come first.
    let late = changed(&bytes, &|kind, content, _| match kind {
        b"trak" => {
            let list = [0u32, 2, 100, u32::MAX, 0x1_0000, 341, 1024, 0x1_0000];
            let edits = atom(
                b"edts",
                &atom(b"elst", &list.map(u32::to_be_bytes).concat()),
            );
            Some([without_edits(content), edits].concat())
        }
        _ => Some(content.to_vec()),
    });
    let path = write(&folder, "late.m4a", &late);
    let (late, plain) = (track(&path, 2), track(&golden(AAC.0), 2));
    assert!(late[0][..4410].iter().all(|&sample| sample.abs() <= 0.0));
    assert!(late[0][4410..] == plain[0][..]);
}

/// Opens and reads everything, bounded; what is wrong is an error.
fn survives(path: &Path) {
    for number in 1..=5 {
        if let Ok(mut source) = open_track(path, Some(number), false) {
            let channels = source.facts().channels;
            if channels > 64 {
                continue;
            }
            let rows: Vec<Option<usize>> = (0..channels).map(Some).collect();
            let mut block = Block::new(channels, 4096);
            block.set_frames(4096);
            // A damaged length may name hours of silence.
            for _ in 0..50 {
                match source.read(&mut block, &rows) {
                    Ok(4096) => {
                        assert!(block.rows().flatten().all(|sample| sample.is_finite()));
                    }
                    _ => break,
                }
            }
        }
    }
}

#[test]
fn damaged_files_are_refused_without_panic_or_hang() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("damaged.mp4");
    for (name, _) in [AAC, ALAC] {
        let bytes = fs::read(golden(name)).unwrap();
        let head = bytes.len() - 4200;
        // The tables are at the end: cut inside the sound there are none.
        for length in (0..bytes.len()).step_by(97) {
            fs::write(&path, &bytes[..length]).unwrap();
            let error = open_track(&path, None, false).err().unwrap().to_string();
            assert!(error.contains("damaged.mp4"), "{length}: {error}");
        }
        let mut state = 1u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..300 {
            let mut damaged = bytes.clone();
            for _ in 0..=random(3) {
                let at = head.max(bytes.len() - 4200) + random(4200.min(bytes.len() - head));
                damaged[at] = [0, 1, 0x7f, 0x80, 0xff, random(256) as u8][random(6)];
            }
            fs::write(&path, &damaged).unwrap();
            survives(&path);
        }
        // In the sound itself.
        for _ in 0..40 {
            let mut damaged = bytes.clone();
            let at = 36 + random(head - 36);
            damaged[at] ^= 1 << random(8);
            fs::write(&path, &damaged).unwrap();
            survives(&path);
        }
    }
    // The tables first and the sound cut: the frame at which it ends is named.
    let bytes = fs::read(golden(ALAC.0)).unwrap();
    let huge = changed(&bytes, &|_, content, _| Some(content.to_vec()));
    assert_eq!(huge, bytes, "what is taken apart is put together again");
}

fn json(arguments: &[&str]) -> Value {
    let output = umbel(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn info_shows_names_colours_tracks_and_processors() {
    let found = json(&["info", text(&golden(AAC.0)), "--json"]);
    let tracks = found["tracks"].as_array().unwrap();
    assert_eq!(tracks.len(), 5);
    assert_eq!(tracks[0]["role"], "mix");
    let named: Vec<_> = tracks[1..]
        .iter()
        .map(|track| {
            assert_eq!(
                (&track["role"], &track["coding"]),
                (&"stem".into(), &"AAC".into())
            );
            assert_eq!(
                (track["frames"].as_u64(), track["priming"].as_u64()),
                (Some(15_013), Some(1024))
            );
            (
                track["name"].as_str().unwrap(),
                track["colour"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("Drums", "#009E73"),
        ("Bass", "#D55E00"),
        ("Synths", "#CC79A7"),
        ("Lead Vox", "#56B4E9"),
    ];
    assert_eq!(named, expected);
    let dsp = &found["mastering_dsp"];
    assert_eq!(
        (&dsp["compressor"]["enabled"], &dsp["limiter"]["enabled"]),
        (&true.into(), &false.into())
    );
    let shown = umbel(&["info", text(&golden(ALAC.0))]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    for words in [
        "Lead Vox",
        "#D55E00",
        "ALAC",
        "mix",
        "compressor",
        "limiter",
    ] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
}

#[test]
fn a_session_of_a_stem_file_takes_its_tracks_names_and_colours_and_renders() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("Night Ferry_124_Am.stem.mp4");
    fs::copy(golden(ALAC.0), &file).unwrap();
    let proposed = json(&["init", text(&file), "--json"]);
    assert_eq!(
        (&proposed["bpm"], &proposed["key"]),
        (&124.0.into(), &"Am".into())
    );
    let session = folder.path().join("Night Ferry_124_Am.toml");
    let written = fs::read_to_string(&session).unwrap();
    let table: toml::Table = toml::from_str(&written).unwrap();
    let found: Vec<_> = table["stem"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stem| {
            let word = |key: &str| stem[key].as_str().unwrap().to_owned();
            let track = stem["track"].as_integer().unwrap();
            (word("name"), track, word("colour"), word("group"))
        })
        .collect();
    let expected = [
        ("Bass", 3, "#D55E00", "bass"),
        ("Drums", 2, "#009E73", "drums"),
        ("Synths", 4, "#CC79A7", "synths"),
        ("Lead Vox", 5, "#56B4E9", "vocals"),
    ];
    let expected = expected.map(|(name, track, colour, group)| {
        (name.to_owned(), track, colour.to_owned(), group.to_owned())
    });
    assert_eq!(found, expected);
    // The compressor works there, the limiter does not.
    let comp = &table["master"]["chain"][0]["comp"];
    assert_eq!(comp["threshold"].as_integer(), Some(-8));
    assert!(written.contains("limiter, switched off"), "{written}");
    assert_eq!(
        table["song"]["reference"].as_str(),
        Some("Night Ferry_124_Am.stem.mp4")
    );
    // Nothing else is wrong with it, and what is heard on the stereo bus without the master is the mix.
    let checked = json(&["check", text(&session), "--json"]);
    assert_eq!(checked["ok"], true, "{checked}");
    let plain = written
        .lines()
        .filter(|line| {
            !["[master]", "chain = [", "  { comp", "]"]
                .iter()
                .any(|w| line.starts_with(w))
        })
        .map(
            |line| match line.starts_with("at = ") || line.starts_with("move = ") {
                true => "at = { az = 0, el = 0, width = 60 }",
                false => line,
            },
        )
        .filter(|line| !line.starts_with("lfe") && !line.starts_with("pan"))
        .collect::<Vec<_>>()
        .join("\n");
    let path = folder.path().join("plain.toml");
    fs::write(&path, plain).unwrap();
    let out = folder.path().join("mix.wav");
    let output = umbel(&[
        "render",
        text(&path),
        "-l",
        "stereo",
        "-o",
        text(&out),
        "--bit-depth",
        "f32",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mix = read_all(&mut *umbel::format::open(&out).unwrap(), 1000).unwrap();
    for (channel, row) in mix.iter().enumerate() {
        for (n, sample) in row.iter().enumerate().take(ALAC.1) {
            let meant = source(None, channel as i64, n);
            assert!(
                (sample - meant).abs() < 1e-6,
                "channel {channel}, frame {n}: {sample} for {meant}"
            );
        }
    }
    // Reports and projects are drawn in its colours.
    let page = folder.path().join("page.html");
    let out = folder.path().join("714.wav");
    let arguments = [
        "render",
        text(&session),
        "-l",
        "7.1.4",
        "-o",
        text(&out),
        "--report",
        text(&page),
    ];
    assert!(umbel(&arguments).status.success());
    assert!(fs::read_to_string(&page).unwrap().contains("#D55E00"));
    let stems = folder.path().join("handoff");
    assert!(
        umbel(&["export", "stems", text(&session), "--out", text(&stems)])
            .status
            .success()
    );
    let manifest: Value =
        serde_json::from_slice(&fs::read(stems.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["stems"][0]["colour"], "#D55E00");
    let project = fs::read_dir(&stems)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let project = project
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "rpp"));
    // 0xD55E00 as blue, green, red, with the bit of a colour of its own.
    assert!(
        fs::read_to_string(project.unwrap())
            .unwrap()
            .contains(&format!("PEAKCOL {}", 0x100_5ED5))
    );
}

fn refused(arguments: &[&str]) -> String {
    let output = umbel(arguments);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn files_that_name_no_stems_or_other_tracks_are_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let bytes = fs::read(golden(ALAC.0)).unwrap();
    let nameless = changed(&bytes, &|kind, content, _| match kind {
        b"udta" => None,
        _ => Some(content.to_vec()),
    });
    let path = write(&folder, "nameless.stem.mp4", &nameless);
    let said = refused(&["init", text(&path)]);
    assert!(
        said.contains("moov/udta/stem") && said.contains("folder"),
        "{said}"
    );
    let short = changed(&bytes, &|kind, content, traks| {
        (kind != b"trak" || traks != 3).then(|| content.to_vec())
    });
    let path = write(&folder, "short.stem.mp4", &short);
    let said = refused(&["init", text(&path)]);
    assert!(
        said.contains("names 4 stems and has 4 audio tracks"),
        "{said}"
    );
    let other = changed(&bytes, &|kind, content, _| match kind {
        b"udta" => Some(atom(b"stem", b"{\"stems\": 5}")),
        _ => Some(content.to_vec()),
    });
    let path = write(&folder, "other.stem.mp4", &other);
    let said = refused(&["init", text(&path)]);
    assert!(said.contains("description of stems"), "{said}");
    // A session is told which of its words is wrong.
    let session = |words: &str| {
        let text = format!(
            "[song]\nstems = \"{}\"\n[[stem]]\nname = \"A\"\nfile = \"alac.stem.mp4\"\nat = {{ az = 0 }}\n{words}\n",
            golden("").display()
        );
        write(&folder, "song.toml", text.as_bytes())
    };
    for (words, said) in [
        ("track = 6", "it has no track 6; it has tracks 1 to 5"),
        ("track = 0", "out of range"),
        ("colour = \"orange\"", "not a colour"),
    ] {
        let output = umbel(&["check", text(&session(words))]);
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(5), "{shown}");
        assert!(shown.contains(said), "{shown}");
    }
    let twice =
        "track = 3\n[[stem]]\nname = \"B\"\nfile = \"alac.stem.mp4\"\ntrack = 3\nat = { az = 0 }";
    let output = umbel(&["check", text(&session(twice))]);
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("track 3 of")
    );
}

/// The mix without one stem, as a 24-bit file.
fn mix_without(path: &Path, missing: usize) {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 44_100,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut out = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..ALAC.1 {
        for channel in 0..2 {
            let stems = (0..4).filter(|&stem| stem != missing);
            let sum: f32 = stems.map(|stem| source(Some(stem), channel, n)).sum();
            out.write_sample((sum * 8_388_608.0) as i32).unwrap();
        }
    }
    out.finalize().unwrap();
}

#[test]
fn check_holds_the_stems_of_a_file_against_its_mix() {
    let found = |arguments: &[&str]| -> Vec<(String, String, String)> {
        let output = umbel(&[&["check", "--format", "json"], arguments].concat());
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        let list = list.as_array().unwrap().iter();
        list.filter(|finding| finding["rule"] == "U014")
            .map(|finding| {
                let word = |key: &str| finding[key].as_str().unwrap().to_owned();
                (word("level"), word("where"), word("message"))
            })
            .collect()
    };
    let exact = found(&[text(&golden(ALAC.0))]);
    assert_eq!(exact.len(), 1, "{exact:?}");
    assert!(
        exact[0].0 == "note" && exact[0].2.contains("nothing"),
        "{exact:?}"
    );
    let lossy = found(&[text(&golden(AAC.0))]);
    assert!(lossy.len() == 1 && lossy[0].0 == "note", "{lossy:?}");
    let folder = TempDir::new().unwrap();
    let mix = folder.path().join("mix.wav");
    mix_without(&mix, 1);
    let other = found(&["--reference", text(&mix), text(&golden(ALAC.0))]);
    let bass = other
        .iter()
        .find(|(_, place, _)| place.ends_with("#track=Bass"));
    assert!(
        bass.is_some_and(|(_, _, said)| said.contains("not in the reference")),
        "{other:?}"
    );
    assert_eq!(
        other
            .iter()
            .filter(|(_, place, _)| place.contains("#track="))
            .count(),
        1
    );
}
