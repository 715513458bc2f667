//! Masters that `umbel export` writes: what is in them, that they sound as the session does, and that they
//! survive being read and written again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use umbel::audio::Block;
use umbel::format::adm::{self, BinauralMode, Blocks, Document, FrameRate, Selection};
use umbel::format::{AudioSource, BitDepth, Container, WaveReader, WaveSink, WaveSpec};
use umbel::units::SampleRate;

const FRAMES: usize = 96_123;

/// A folder with a session.
struct Songs {
    folder: tempfile::TempDir,
}

impl Songs {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A stem of noise, different for each seed.
    fn stem(&self, name: &str, channels: usize, rate: u32, seed: u32) {
        self.stem_of(name, channels, rate, seed, FRAMES);
    }

    fn stem_of(&self, name: &str, channels: usize, rate: u32, seed: u32, frames: usize) {
        let spec = WaveSpec {
            channels,
            sample_rate: SampleRate(rate),
            bit_depth: BitDepth::Int24,
            channel_mask: None,
            container: Container::Riff,
        };
        let mut block = Block::new(channels, frames);
        block.set_frames(frames);
        let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
        for row in block.rows_mut() {
            for sample in row {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *sample = 0.1 * (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32;
            }
        }
        let mut sink = WaveSink::create(&self.path(name), spec, true).unwrap();
        sink.write(&block, &(0..channels).collect::<Vec<_>>())
            .unwrap();
        sink.finish().unwrap();
    }

    fn session(&self, text: &str) -> PathBuf {
        let path = self.path("song.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Three stems, one of them stereo and one with an LFE copy; a return; polar and room positions.
    fn song(&self) -> PathBuf {
        for (seed, (name, channels)) in [("a.wav", 1), ("b.wav", 2), ("c.wav", 1)]
            .into_iter()
            .enumerate()
        {
            self.stem(name, channels, 48_000, seed as u32);
        }
        self.session(
            r#"
[song]
title = "Night & <Ferry>"
[[group]]
name = "drums"
chain = [{ comp = { ratio = 2, threshold = -30 } }]
[[group]]
name = "synths"
[[stem]]
name = "A"
file = "a.wav"
group = "drums"
at = { x = 0, y = 1, z = 0 }
lfe = -6
[[stem]]
name = "B"
file = "b.wav"
group = "synths"
move = { shape = "circle", period = 5, el = 20, width = 60 }
sends = { hall = -12 }
[[stem]]
name = "C"
file = "c.wav"
group = "synths"
size = 0.3
move = [[0.3, { az = 0 }], [1, { az = -100, el = 40 }, "smooth"], [1.5, { az = -100, el = 40 }]]
[[return]]
name = "hall"
chain = [{ delay = { ms = 100, feedback = 0.3 } }]
at = [{ az = 110 }, { az = -110 }]
[master]
gain = -2
"#,
        )
    }
}

fn umbel(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs an export; gives its last line of JSON.
fn export(kind: &str, input: &Path, output: &Path, more: &[&str]) -> Value {
    let mut arguments = vec![
        "export",
        kind,
        text(input),
        "-o",
        text(output),
        "--json",
        "--no-progress",
    ];
    arguments.extend(more);
    let done = umbel(&arguments);
    assert!(
        done.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    let lines = String::from_utf8(done.stdout).unwrap();
    serde_json::from_str(lines.lines().last().unwrap()).unwrap()
}

fn render(input: &Path, layout: &str, output: &Path) {
    let done = umbel(&[
        "render",
        text(input),
        "-l",
        layout,
        "-o",
        text(output),
        "--bit-depth",
        "f32",
        "-f",
        "-q",
    ]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
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

/// The largest difference of two files, in dBFS.
fn difference(a: &Path, b: &Path) -> f64 {
    let (a, b) = (samples(a), samples(b));
    assert_eq!((a.channels(), a.frames()), (b.channels(), b.frames()));
    let rows = a.rows().zip(b.rows());
    let largest = rows.flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()));
    20.0 * f64::from(largest.fold(0.0, f32::max)).log10()
}

/// Positions and exact times of all blocks, by channel.
fn blocks(document: &Document) -> Vec<(String, Vec<String>)> {
    document
        .channels
        .iter()
        .filter(|channel| !channel.head.is_common)
        .map(|channel| {
            let list = match &*channel.blocks {
                Blocks::Objects(blocks) => (0..blocks.len())
                    .map(|index| format!("{:?}", blocks.position(index)))
                    .collect(),
                Blocks::Speakers(blocks) => {
                    blocks.iter().map(|b| format!("{:?}", b.labels)).collect()
                }
                other => panic!("{other:?}"),
            };
            (channel.head.name.clone(), list)
        })
        .collect()
}

fn data_chunk(path: &Path) -> Vec<u8> {
    let facts = WaveReader::open(path).unwrap().facts().clone();
    let data = facts
        .chunks
        .iter()
        .find(|chunk| &chunk.id.0 == b"data")
        .unwrap();
    let bytes = std::fs::read(path).unwrap();
    bytes[data.offset as usize..(data.offset + data.size) as usize].to_vec()
}

#[test]
fn an_atmos_master_has_a_bed_and_its_objects_in_groups() {
    let songs = Songs::new();
    let (song, master) = (songs.song(), songs.path("m.wav"));
    let more = [
        "--fps",
        "29.97df",
        "--binaural",
        "A=off",
        "--binaural",
        "hall=far",
        "--ffoa",
        "1.5",
    ];
    let done = export("adm-atmos", &song, &master, &more);
    assert_eq!(
        (done["channels"].as_u64(), done["objects"].as_u64()),
        (Some(16), Some(6))
    );
    assert_eq!(done["container"], "RIFF");
    let document = adm::read(&master).unwrap();
    let master_read = document.master(&Selection::default()).unwrap();
    assert_eq!(master_read.length.0 as usize, FRAMES);
    let contents: Vec<&str> = document
        .contents
        .iter()
        .map(|c| c.head.name.as_str())
        .collect();
    assert_eq!(contents, ["Bed", "drums", "synths", "Returns"]);
    let ids: Vec<&str> = document
        .objects
        .iter()
        .map(|o| o.head.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "AO_1001", "AO_100b", "AO_100c", "AO_100d", "AO_100e", "AO_100f", "AO_1010"
        ]
    );
    let dbmd = document.dbmd.as_ref().unwrap();
    let programme = dbmd.programme.as_ref().unwrap();
    assert_eq!(programme.frame_rate, Some(FrameRate::F2997Drop));
    assert_eq!(programme.first_action_s, Some(1.5));
    assert_eq!(programme.origin, "umbel");
    let modes = &dbmd.elements.as_ref().unwrap().binaural;
    assert_eq!(modes.len(), 16);
    assert_eq!(
        (modes[10], modes[11], modes[15]),
        (BinauralMode::Off, BinauralMode::Mid, BinauralMode::Far)
    );
    // Silent bed channels are silent, the LFE is not.
    let audio = samples(&master);
    let peak = |row: usize| {
        audio
            .row(row)
            .iter()
            .fold(0.0_f32, |peak, s| peak.max(s.abs()))
    };
    assert!((0..10).all(|row| (peak(row) > 0.0) == (row == 3)));
    // The report names what was converted.
    let report = std::fs::read_to_string(songs.path("m.loss.txt")).unwrap();
    assert!(
        report.contains("C: polar position") && report.contains("C: move"),
        "{report}"
    );
    // Times of blocks close without a gap, to the last of five decimals.
    let axml = WaveReader::open(&master)
        .unwrap()
        .chunk(*b"axml", 1 << 24)
        .unwrap()
        .unwrap();
    let axml = String::from_utf8(axml).unwrap();
    let part = |text: &str| -> u64 {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(digits.len(), 11, "{text}");
        digits.parse().unwrap()
    };
    let attribute = |line: &str, name: &str| {
        let from = line.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        part(&line[from..from + line[from..].find('"').unwrap()])
    };
    let end = attribute(
        axml.lines()
            .find(|l| l.contains("audioProgramme "))
            .unwrap(),
        "end",
    );
    let mut at = end;
    let mut moving = 0;
    for line in axml.lines().filter(|line| line.contains("rtime=")) {
        let (rtime, duration) = (attribute(line, "rtime"), attribute(line, "duration"));
        assert!(rtime == at || (at == end && rtime == 0), "{line}: {at}");
        assert!(duration > 0);
        at = rtime + duration;
        moving += usize::from(rtime > 0);
    }
    assert_eq!(at, end);
    assert!(moving > 500, "{moving}");
}

#[test]
fn an_ebu_master_sounds_as_the_session_does() {
    let songs = Songs::new();
    let (song, master) = (songs.song(), songs.path("m.wav"));
    for container in ["riff", "rf64", "bw64"] {
        let done = export("adm-ebu", &song, &master, &["--container", container, "-f"]);
        assert_eq!(done["container"], container.to_uppercase());
    }
    let document = adm::read(&master).unwrap();
    assert_eq!(document.edition, 2);
    assert_eq!(document.findings(), []);
    assert!(document.programmes[0].loudness[0].integrated.is_some());
    for layout in ["0+5+0", "4+7+0", "9+10+3"] {
        let (ours, theirs) = (songs.path("ours.wav"), songs.path("theirs.wav"));
        render(&song, layout, &ours);
        render(&master, layout, &theirs);
        let apart = difference(&ours, &theirs);
        // The samples have 24 bits.
        assert!(apart < -90.0, "{layout}: {apart} dBFS");
    }
}

/// Movements that go on to an end that lies within a quantum.
#[test]
fn an_ebu_master_moves_as_the_session_does_to_its_last_frame() {
    let fast_polar = "{ shape = \"circle\", period = 1 }";
    let room = "{ shape = \"circle\", period = 4, x = 0, y = 0, radius = 1 }";
    for (frames, moves) in [
        (72_000, fast_polar),
        (71_681, fast_polar),
        (72_703, room),
        (71_900, room),
    ] {
        let songs = Songs::new();
        songs.stem_of("a.wav", 1, 48_000, 7, frames);
        let song = songs.session(&format!(
            "[[stem]]\nname = \"A\"\nfile = \"a.wav\"\nmove = {moves}\n"
        ));
        let (master, ours, theirs) = (
            songs.path("m.wav"),
            songs.path("ours.wav"),
            songs.path("theirs.wav"),
        );
        export("adm-ebu", &song, &master, &[]);
        for layout in ["0+5+0", "4+7+0"] {
            render(&song, layout, &ours);
            render(&master, layout, &theirs);
            let apart = difference(&ours, &theirs);
            assert!(
                apart < -90.0,
                "{frames} frames, {moves}, {layout}: {apart} dBFS"
            );
        }
    }
}

#[test]
fn what_lies_beyond_distance_1_or_the_walls_is_brought_in_and_said() {
    let songs = Songs::new();
    songs.stem("a.wav", 1, 48_000, 3);
    songs.stem("b.wav", 1, 48_000, 4);
    let song = songs.session(
        "[[stem]]\nname = \"Far\"\nfile = \"a.wav\"\nat = { az = 30, dist = 2 }\n\
         [[stem]]\nname = \"Out\"\nfile = \"b.wav\"\nmove = { shape = \"circle\", period = 4, x = 0, y = 0.1, radius = 1.5 }\n",
    );
    let master = songs.path("m.wav");
    export("adm-ebu", &song, &master, &[]);
    let report = std::fs::read_to_string(songs.path("m.loss.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let losses = report["losses"].as_array().unwrap().iter();
    let fields: Vec<_> = losses
        .map(|loss| {
            (
                loss["object"].as_str().unwrap(),
                loss["field"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        fields,
        [("Far", "distance"), ("Out", "position outside the room")]
    );
    let bytes = std::fs::read(&master).unwrap();
    let axml = String::from_utf8_lossy(&bytes);
    let coordinates = axml.split("<position coordinate=\"").skip(1);
    let mut count = 0;
    for coordinate in coordinates.filter(|text| !text.starts_with(['a', 'e'])) {
        let value = coordinate.split(['>', '<']).nth(1).unwrap();
        let value: f64 = value.parse().unwrap();
        assert!((-1.0..=1.0).contains(&value), "{coordinate:.40}");
        count += 1;
    }
    assert!(count > 100);
}

#[test]
fn a_master_of_the_emission_profile_needs_no_track_formats() {
    let songs = Songs::new();
    let (song, master) = (songs.song(), songs.path("m.wav"));
    export(
        "adm-ebu",
        &song,
        &master,
        &["--emission", "2", "--no-loudness"],
    );
    let document = adm::read(&master).unwrap();
    assert_eq!((document.streams.len(), document.tracks.len()), (0, 0));
    assert_eq!(document.profiles[0].level.as_deref(), Some("2"));
    assert_eq!(
        document
            .master(&Selection::default())
            .unwrap()
            .objects
            .len(),
        7
    );
}

#[test]
fn the_emission_profile_has_few_objects_and_more_are_refused() {
    let songs = Songs::new();
    songs.stem_of("a.wav", 57, 48_000, 1, 4800);
    for (level, count, code) in [("1", 32, 0), ("1", 33, 4), ("2", 56, 0), ("2", 57, 4)] {
        let stem = |n: usize| {
            format!(
                "[[stem]]\nname = \"S{n}\"\nfile = \"a.wav\"\nchannels = [{}]\nat = {{ az = 10 }}\n",
                n + 1
            )
        };
        let song = songs.session(&(0..count).map(stem).collect::<String>());
        let master = songs.path(&format!("{level}-{count}.wav"));
        let done = umbel(&[
            "export",
            "adm-ebu",
            text(&song),
            "-o",
            text(&master),
            "-q",
            "--no-loudness",
            "--emission",
            level,
        ]);
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{said}");
        assert_eq!(master.exists(), code == 0);
        if code == 0 {
            let checked = umbel(&["check", text(&master)]);
            let found = String::from_utf8_lossy(&checked.stderr).into_owned()
                + &String::from_utf8_lossy(&checked.stdout);
            assert!(!found.contains("U749"), "{found}");
        } else {
            let (found, most) = (count.to_string(), (count - 1).to_string());
            assert!(
                said.contains(&format!("{found} audioPackFormat")) && said.contains(&most),
                "{said}"
            );
        }
    }
}

/// Two objects at full scale that play the same, so that what is wrong with both adds up.
fn loud_pair(songs: &Songs, rate: u32, moves: [&str; 2]) -> PathBuf {
    let mut session = String::new();
    for (n, moves) in moves.iter().enumerate() {
        let spec = WaveSpec {
            channels: 1,
            sample_rate: SampleRate(rate),
            bit_depth: BitDepth::Int24,
            channel_mask: None,
            container: Container::Riff,
        };
        let mut block = Block::new(1, FRAMES);
        block.set_frames(FRAMES);
        let mut state = 1_u32;
        for sample in block.row_mut(0) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = if state >> 31 == 0 { 0.999 } else { -0.999 };
        }
        let file = format!("loud-{n}.wav");
        let mut sink = WaveSink::create(&songs.path(&file), spec, true).unwrap();
        sink.write(&block, &[0]).unwrap();
        sink.finish().unwrap();
        session += &format!("[[stem]]\nname = \"S{n}\"\nfile = \"{file}\"\nmove = {moves}\n");
    }
    songs.session(&session)
}

#[test]
fn room_movements_come_back_from_an_atmos_master() {
    let circle = |period: f64, az: f64, radius: f64, z: f64| {
        format!(
            "{{ shape = \"circle\", period = {period}, az = {az}, x = 0, y = 0, z = {z}, radius = {radius} }}"
        )
    };
    let line = |from: [f64; 3], to: [f64; 3], seconds: f64| {
        let place = |[x, y, z]: [f64; 3]| format!("{{ x = {x}, y = {y}, z = {z} }}");
        format!(
            "[[0.1, {}], [{}, {}]]",
            place(from),
            0.1 + seconds,
            place(to)
        )
    };
    // 90 degrees a second on the walls is 1.57 room units a second.
    let cases = [
        (
            "90 degrees/s",
            48_000,
            [circle(4.0, 3.3, 1.0, 0.0), circle(4.0, 3.4, 1.0, 0.0)],
        ),
        (
            "90 degrees/s",
            96_000,
            [circle(4.0, 3.3, 1.0, 0.0), circle(4.0, 3.4, 1.0, 0.0)],
        ),
        (
            "raised",
            48_000,
            [circle(4.37, 17.0, 0.6, 0.5), circle(5.0, 140.0, 0.8, 1.0)],
        ),
        (
            "near the centre",
            48_000,
            [circle(4.0, 11.0, 0.05, 0.1), circle(4.0, 12.0, 0.1, 0.0)],
        ),
        (
            "18 degrees/s",
            48_000,
            [circle(20.0, 25.0, 1.0, 0.0), circle(20.0, -14.0, 0.9, 0.0)],
        ),
        (
            "across the room",
            48_000,
            [
                line([-1.0, 0.9, 0.0], [1.0, -0.8, 1.0], 1.3),
                line([0.3, 1.0, 1.0], [-0.2, -1.0, 0.0], 1.3),
            ],
        ),
        (
            "past the centre loudspeaker, slowly",
            48_000,
            [
                line([-0.06, 1.0, 0.0], [0.04, 1.0, 0.0], 1.7),
                line([-0.05, 0.9, 0.0], [0.02, 0.9, 0.0], 1.7),
            ],
        ),
    ];
    for (name, rate, [a, b]) in &cases {
        let songs = Songs::new();
        let song = loud_pair(&songs, *rate, [a, b]);
        let master = songs.path("m.wav");
        export("adm-atmos", &song, &master, &[]);
        for layout in ["0+5+0", "4+7+0", "9+10+3"] {
            let (ours, theirs) = (songs.path("ours.wav"), songs.path("theirs.wav"));
            render(&song, layout, &ours);
            render(&master, layout, &theirs);
            let apart = difference(&ours, &theirs);
            assert!(apart < -50.0, "{name} at {rate} Hz, {layout}: {apart} dBFS");
        }
    }
}

/// Lengths and speeds that leave too little before the end for a whole move of 250 samples.
#[test]
fn the_last_blocks_of_an_atmos_master_are_as_long_as_their_moves() {
    let fast_room = "{ shape = \"circle\", period = 4, x = 0, y = 0, radius = 1 }";
    let fast_polar = "{ shape = \"circle\", period = 0.05 }";
    for (frames, moves, is_compared) in [
        (48_000, fast_room, true),
        (48_001, fast_room, true),
        (72_050, fast_room, true),
        (72_000, fast_room, true),
        (12_000, fast_polar, false),
        (12_001, fast_polar, false),
    ] {
        let songs = Songs::new();
        songs.stem_of("a.wav", 1, 48_000, 7, frames);
        let song = songs.session(&format!(
            "[[stem]]\nname = \"A\"\nfile = \"a.wav\"\nmove = {moves}\n"
        ));
        let master = songs.path("m.wav");
        export("adm-atmos", &song, &master, &[]);
        let case = format!("{frames} frames, {moves}");
        let document = adm::read(&master).unwrap();
        let strict = Selection {
            strict: true,
            ..Selection::default()
        };
        document.master(&strict).expect(&case);
        let bytes = std::fs::read(&master).unwrap();
        let axml = String::from_utf8_lossy(&bytes);
        let of_object = axml.split("audioBlockFormatID=\"AB_0003").skip(1);
        let durations = of_object.map(|block| {
            let text = block.split("duration=\"00:00:").nth(1).unwrap();
            text[..8].parse::<f64>().unwrap()
        });
        // The first one does not move.
        for (index, duration) in durations.enumerate().skip(1) {
            assert!(
                duration >= 0.005_208,
                "{case}: block {} lasts {duration} s",
                index + 1
            );
        }
        if is_compared {
            let (ours, theirs) = (songs.path("ours.wav"), songs.path("theirs.wav"));
            render(&song, "4+7+0", &ours);
            render(&master, "4+7+0", &theirs);
            // The stem peaks at -20 dBFS.
            let apart = difference(&ours, &theirs) + 20.0;
            assert!(apart < -50.0, "{case}: {apart} dBFS");
        }
    }
}

#[test]
fn read_and_written_again_a_master_stays_what_it_is() {
    let songs = Songs::new();
    let song = songs.song();
    let (first, second, third) = (
        songs.path("1.wav"),
        songs.path("2.wav"),
        songs.path("3.wav"),
    );
    export(
        "adm-atmos",
        &song,
        &first,
        &["--fps", "25", "--binaural", "A=near"],
    );
    export("adm-atmos", &first, &second, &[]);
    let (a, b) = (adm::read(&first).unwrap(), adm::read(&second).unwrap());
    assert_eq!(blocks(&a), blocks(&b));
    assert_eq!(a.dbmd, b.dbmd);
    assert_eq!(data_chunk(&first), data_chunk(&second));
    export("adm-ebu", &second, &third, &["--no-loudness"]);
    let c = adm::read(&third).unwrap();
    assert_eq!(a.block_count(), c.block_count());
    assert_eq!(data_chunk(&first), data_chunk(&third));
    let (ours, theirs) = (songs.path("ours.wav"), songs.path("theirs.wav"));
    render(&first, "4+7+0", &ours);
    render(&third, "4+7+0", &theirs);
    assert!(difference(&ours, &theirs) < -120.0);
}

#[test]
fn strict_refuses_and_leaves_nothing_and_nothing_is_overwritten_unasked() {
    let songs = Songs::new();
    let (song, master) = (songs.song(), songs.path("m.wav"));
    let refused = umbel(&[
        "export",
        "adm-atmos",
        text(&song),
        "-o",
        text(&master),
        "--strict",
        "-q",
    ]);
    assert_eq!(refused.status.code(), Some(5));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        message.contains("polar position") && message.contains("azimuth"),
        "{message}"
    );
    let left: Vec<String> = std::fs::read_dir(songs.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("m."))
        .collect();
    assert_eq!(left, [""; 0]);
    std::fs::write(&master, "old").unwrap();
    let refused = umbel(&["export", "adm-ebu", text(&song), "-o", text(&master), "-q"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&master).unwrap(), "old");
    let itself = umbel(&[
        "export",
        "adm-ebu",
        text(&song),
        "-o",
        text(&songs.path("a.wav")),
        "-f",
        "-q",
    ]);
    assert_eq!(itself.status.code(), Some(2));
}

#[test]
fn samples_above_full_scale_are_a_loss() {
    let songs = Songs::new();
    songs.stem("a.wav", 1, 48_000, 1);
    songs.stem("b.wav", 1, 48_000, 2);
    let song = |gain: u32| {
        songs.session(&format!(
            "[[stem]]\nname = \"A\"\nfile = \"a.wav\"\nat = {{ x = 0, y = 1, z = 0 }}\ngain = {gain}\n\
             [[stem]]\nname = \"B\"\nfile = \"b.wav\"\nat = {{ x = 1, y = 0, z = 0 }}\n"
        ))
    };
    let output = songs.path("m.wav");
    let levels = |report: &Value| -> Vec<Value> {
        let all = report["losses"].as_array().unwrap();
        all.iter()
            .filter(|loss| loss["field"] == "level")
            .cloned()
            .collect()
    };
    let kinds: [(&str, &[&str], &str); 4] = [
        ("adm-atmos", &[], "A"),
        ("adm-ebu", &[], "A"),
        ("ambix", &["--bit-depth", "24"], "ACN0"),
        ("ambix", &["--bit-depth", "f32"], ""),
    ];
    for (kind, more, object) in kinds {
        let session = song(24);
        let done = export(kind, &session, &output, &[more, &["-f"]].concat());
        let found = levels(&done);
        assert_eq!(found.is_empty(), object.is_empty(), "{kind}: {done:#}");
        if object.is_empty() {
            continue;
        }
        assert_eq!(found[0]["object"], object);
        let counted: u64 = found
            .iter()
            .map(|loss| loss["count"].as_u64().unwrap())
            .sum();
        assert_eq!(
            done["clipped_samples"].as_u64(),
            Some(counted),
            "{kind}: {done:#}"
        );
        let words = std::fs::read_to_string(songs.path("m.loss.txt")).unwrap();
        assert!(words.contains("held at full scale"), "{kind}: {words}");
        assert!(!words.contains("carried as it is"), "{kind}: {words}");
        if kind == "adm-ebu" {
            assert!(done["integrated_lufs"].is_null(), "{done:#}");
            assert!(words.contains("LUFS before samples"), "{words}");
            let bytes = std::fs::read(&output).unwrap();
            let has = |word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
            assert!(has("<audioProgramme") && !has("integratedLoudness"));
        }
        std::fs::remove_file(&output).unwrap();
        let strict = [
            "export",
            kind,
            text(&session),
            "-o",
            text(&output),
            "-f",
            "-q",
            "--strict",
        ];
        let refused = umbel(&[&strict[..], more].concat());
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(5), "{kind}: {message}");
        assert!(
            message.contains("above full scale") && !output.exists(),
            "{kind}: {message}"
        );
        let fits = export(
            kind,
            &song(0),
            &output,
            &[more, &["-f", "--strict"]].concat(),
        );
        assert!(levels(&fits).is_empty(), "{kind}: {fits:#}");
    }
}

#[test]
fn the_profile_holds_118_objects_and_no_more() {
    let songs = Songs::new();
    let rate = 96_000;
    songs.stem("a.wav", 119, rate, 1);
    for (count, code) in [(118, 0), (119, 4)] {
        let stem = |n: usize| {
            format!(
                "[[stem]]\nname = \"S{n}\"\nfile = \"a.wav\"\nchannels = [{}]\nat = {{ x = 0, y = 1 }}\n",
                n + 1
            )
        };
        let song = songs.session(&(0..count).map(stem).collect::<String>());
        let master = songs.path(&format!("{count}.wav"));
        let done = umbel(&[
            "export",
            "adm-atmos",
            text(&song),
            "-o",
            text(&master),
            "-q",
        ]);
        assert_eq!(
            done.status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        if code == 0 {
            let read = adm::read(&master).unwrap();
            assert_eq!(read.objects.len(), 119);
            assert_eq!(read.objects.last().unwrap().head.id, "AO_1080");
        }
    }
}

#[test]
fn measure_tells_the_same_of_a_session_and_of_what_it_delivers() {
    let songs = Songs::new();
    let (song, master, wav) = (songs.song(), songs.path("m.wav"), songs.path("w.wav"));
    export("adm-ebu", &song, &master, &[]);
    render(&song, "5.1", &wav);
    let mut figures = Vec::new();
    for path in [&song, &master, &wav] {
        let done = umbel(&["measure", text(path), "--json", "--no-progress", "--series"]);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let value: Value = serde_json::from_slice(&done.stdout).unwrap();
        for key in ["lra_lu", "momentary_max_lufs", "short_term_max_lufs"] {
            assert!(value.get(key).is_some(), "{key}");
        }
        assert_eq!(value["channels"].as_array().unwrap().len(), 6);
        assert_eq!(value["momentary_lufs"].as_array().unwrap().len(), 17);
        figures.push((
            value["integrated_lufs"].as_f64().unwrap(),
            value["true_peak_dbtp"].as_f64().unwrap(),
        ));
    }
    for (lufs, dbtp) in &figures {
        assert!(
            (lufs - figures[0].0).abs() < 0.01 && (dbtp - figures[0].1).abs() < 0.01,
            "{figures:?}"
        );
    }
    let gated = umbel(&["measure", text(&song), "--max-lkfs", "-60", "--no-progress"]);
    assert_eq!(gated.status.code(), Some(5));
}

#[test]
fn a_frame_rate_is_taken_for_a_master_that_has_none_and_said_not_to_be_written() {
    let songs = Songs::new();
    let (song, out) = (songs.song(), songs.path("ebu.wav"));
    let arguments = ["export", "adm-ebu", text(&song), "-o", text(&out)];
    let done = umbel(&[&arguments[..], &["--fps", "24"]].concat());
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    assert!(said.contains("has no frame rate"), "{said}");
    assert!(adm::read(&out).unwrap().dbmd.is_none());
    let wrong = umbel(&[&arguments[..], &["-f", "--fps", "12"]].concat());
    assert_eq!(wrong.status.code(), Some(2));
}
