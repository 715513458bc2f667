//! What takers say of a master's samples: silence around it, the LFE, objects without sound, its length.

use serde_json::Value;
use umbel::format::BitDepth;

use super::master::{Master, Song, text, umbel, write_wave};

/// Channels of the master, and bytes of a frame of 24 bits.
const CHANNELS: usize = 12;
const FRAME: usize = 3 * CHANNELS;

/// The rules that `taker` finds broken.
fn rules(song: &Song, master: &Master, taker: &str, more: &[&str]) -> Vec<String> {
    let path = song.path("bad.wav");
    std::fs::write(&path, master.bytes()).unwrap();
    let mut arguments = vec![
        "check",
        text(&path),
        "--for",
        taker,
        "--format",
        "json",
        "--no-progress",
    ];
    arguments.extend(more);
    let done = umbel(&arguments);
    let list: Value = serde_json::from_slice(&done.stdout).unwrap();
    let mut rules: Vec<String> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["rule"].as_str().unwrap().to_owned())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

#[test]
fn silence_empty_objects_and_a_full_lfe_are_found() {
    let song = Song::new();
    let good = Master::read(&song.export("adm-atmos", "good.wav", &["--binaural", "A=near"]));
    let of_sound = |master: &Master, taker: &str, more: &[&str]| {
        let known = ["U205", "U206", "U207", "U212", "U213"];
        let found = rules(&song, master, taker, more);
        found
            .into_iter()
            .filter(|rule| known.contains(&rule.as_str()))
            .collect::<Vec<_>>()
    };
    for taker in ["dolby-music", "apple", "umg", "netflix"] {
        assert_eq!(of_sound(&good, taker, &[]), [""; 0], "{taker}");
    }
    // A tenth of a second is more than a frame of 24 a second; a fiftieth is less.
    let silent = |from: usize, to: usize| {
        good.clone()
            .with(b"data", |data| data[from * FRAME..to * FRAME].fill(0))
    };
    assert_eq!(of_sound(&silent(0, 4800), "apple", &[]), ["U206"]);
    assert_eq!(
        of_sound(&silent(24_000 - 4800, 24_000), "apple", &[]),
        ["U207"]
    );
    assert_eq!(of_sound(&silent(0, 960), "apple", &[]), [""; 0]);
    let channel = |from: Option<usize>, to: usize| {
        good.clone().with(b"data", |data| {
            for frame in data.chunks_mut(FRAME) {
                match from {
                    Some(from) => frame.copy_within(3 * from..3 * from + 3, 3 * to),
                    None => frame[3 * to..3 * to + 3].fill(0),
                }
            }
        })
    };
    assert_eq!(of_sound(&channel(None, 11), "umg", &[]), ["U213"]);
    // The object's sine of 382 Hz in the LFE.
    assert_eq!(of_sound(&channel(Some(10), 3), "umg", &[]), ["U212"]);
    let stereo = song.path("stereo.wav");
    for (frames, found) in [(24_900, false), (25_200, true)] {
        write_wave(
            &stereo,
            BitDepth::Int24,
            48_000,
            &vec![vec![0.1; frames]; 2],
        );
        let told = of_sound(&good, "apple", &["--reference", text(&stereo)]);
        assert_eq!(!told.is_empty(), found, "{frames}: {told:?}");
    }
}

#[test]
fn headphone_modes_count_where_something_sounds() {
    let song = Song::new();
    let modes = |master: &Master, more: &[&str]| {
        let mut found = rules(&song, master, "umg", more);
        found.retain(|rule| rule == "U216" || rule == "U217");
        found
    };
    let export = |modes: [&str; 2]| {
        let more = ["--binaural", modes[0], "--binaural", modes[1]];
        Master::read(&song.export("adm-atmos", "modes.wav", &more))
    };
    // The bed is silent but for its LFE, and mid.
    let off = export(["A=off", "B=off"]);
    assert_eq!(modes(&off, &[]), ["U216"]);
    assert_eq!(modes(&off, &["--no-audio"]), ["U216"]);
    // The object B, at the end of each frame, is silent.
    let without_b = |master: Master| {
        master.with(b"data", |data| {
            data.chunks_mut(FRAME)
                .for_each(|frame| frame[FRAME - 3..].fill(0))
        })
    };
    for (given, heard, unheard) in [
        (["A=off", "B=near"], "U216", ""),
        (["A=mid", "B=near"], "U217", ""),
        (["A=off", "B=off"], "U216", "U216"),
    ] {
        let master = without_b(export(given));
        assert_eq!(modes(&master, &[]), [heard], "{given:?}");
        assert_eq!(
            modes(&master, &["--no-audio"]).concat(),
            unheard,
            "{given:?}"
        );
    }
    // A bed channel that sounds and is mid is heard in its place: the left one has A's samples.
    let with_bed = off.with(b"data", |data| {
        data.chunks_mut(FRAME)
            .for_each(|frame| frame.copy_within(FRAME - 6..FRAME - 3, 0))
    });
    assert_eq!(modes(&with_bed, &[]), [""; 0]);
}
