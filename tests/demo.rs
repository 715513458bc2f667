//! The demo song, rendered end to end by the real program, against a slow and obvious mix of the same
//! session, an independent loudness meter, and its own geometry.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

use umbel::audio::Block;
use umbel::dsp::{Biquad, lowpass_butterworth4};
use umbel::format;
use umbel::panner::{self, GainCalculator};
use umbel::scene::{MetadataBlock, Object};
use umbel::session::{BuildOptions, Session, Song};
use umbel::units::{Frames, Hertz};

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/open-the-dome/song.toml")
}

/// The demo song without processors, sends and returns: what an obvious mix can follow.
fn bare(folder: &Path) -> PathBuf {
    fn strip(table: &mut toml::Table) {
        for key in [
            "chain",
            "automation",
            "sends",
            "return",
            "master",
            "stereo",
            "limit",
        ] {
            table.remove(key);
        }
        for value in table.iter_mut().map(|(_, value)| value) {
            if let toml::Value::Array(items) = value {
                items
                    .iter_mut()
                    .filter_map(toml::Value::as_table_mut)
                    .for_each(strip);
            }
        }
    }
    let mut song: toml::Table = std::fs::read_to_string(demo()).unwrap().parse().unwrap();
    strip(&mut song);
    let stems = demo().with_file_name("stems").display().to_string();
    song["song"]["stems"] = toml::Value::String(stems);
    let path = folder.join("bare.toml");
    std::fs::write(&path, toml::to_string(&song).unwrap()).unwrap();
    path
}

/// Renders the demo to `folder` and gives the events that were printed.
fn render(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    render_song(&demo(), folder, arguments)
}

fn render_song(song: &Path, folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let out = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(["render", "--json", "--no-progress"])
        .arg(song)
        .args(arguments)
        .args(if arguments.contains(&"-o") {
            None
        } else {
            Some("--out")
        })
        .args(if arguments.contains(&"-o") {
            None
        } else {
            Some(folder)
        })
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// All samples of a file, one row per channel.
fn read(path: &Path) -> Vec<Vec<f32>> {
    let mut source = format::open(path).unwrap();
    let facts = source.facts().clone();
    let mut block = Block::new(facts.channels, facts.frames.0 as usize);
    block.set_frames(facts.frames.0 as usize);
    let rows: Vec<_> = (0..facts.channels).map(Some).collect();
    assert_eq!(
        source.read(&mut block, &rows).unwrap(),
        facts.frames.0 as usize
    );
    block.rows().map(<[f32]>::to_vec).collect()
}

/// The feeds of the song after faders, in f64.
fn feeds(song: &Song) -> Vec<Vec<f64>> {
    let frames = song.length.0 as usize;
    let mut feeds = vec![vec![0.0; frames]; song.feed_count];
    for input in &song.inputs {
        let rows = read(&input.path);
        for (channel, feed) in input.channels.iter().zip(&input.feeds) {
            for (out, x) in feeds[*feed].iter_mut().zip(&rows[*channel]) {
                *out = f64::from(*x);
            }
        }
    }
    for strip in &song.desk.strips {
        for feed in strip.feeds.clone() {
            for (frame, x) in feeds[feed].iter_mut().enumerate() {
                let gains = strip.gains.iter().map(|g| g.at(Frames(frame as u64)).0);
                *x *= gains.product::<f64>();
            }
        }
    }
    feeds
}

/// Adds an object to the channels, block after block, frame after frame.
fn add_object(
    object: &mut Object,
    feed: &[f64],
    gains: &mut GainCalculator,
    channels: &mut [Vec<f64>],
) {
    let blocks: Vec<MetadataBlock> = std::iter::from_fn(|| object.blocks.next_block()).collect();
    let mut before = vec![0.0; channels.len()];
    for (i, block) in blocks.iter().enumerate() {
        let mut after = vec![0.0; channels.len()];
        let mut diffuse = after.clone();
        let state = block.state.object().unwrap();
        gains.object(state, &mut after, &mut diffuse);
        assert!(diffuse.iter().all(|&g| g == 0.0), "nothing here is diffuse");
        let end = blocks
            .get(i + 1)
            .map_or(feed.len(), |next| (next.start.0 as usize).min(feed.len()));
        for frame in (block.start.0 as usize)..end {
            let (start, end) = (block.ramp.start, block.ramp.end);
            let way = if i == 0 || frame as f64 >= end {
                1.0
            } else {
                (frame as f64 - start) / (end - start)
            };
            for (c, channel) in channels.iter_mut().enumerate() {
                channel[frame] += feed[frame] * (before[c] + (after[c] - before[c]) * way);
            }
        }
        before = after;
    }
}

#[test]
fn an_obvious_mix_of_the_session_gives_the_same_channels() {
    let folder = tempfile::tempdir().unwrap();
    let bare = bare(folder.path());
    let result = render_song(
        &bare,
        folder.path(),
        &["-l", "7.1.4", "--bit-depth", "f32", "--threads", "2"],
    );
    let file = PathBuf::from(result["outputs"][0]["files"][0].as_str().unwrap());
    let rendered = read(&file);

    let layout = umbel::layout::find("7.1.4").unwrap();
    let mut song = Session::load(&bare)
        .unwrap()
        .build(&BuildOptions::default())
        .unwrap();
    let feeds = feeds(&song);
    let panner = panner::build(&layout).unwrap();
    let mut gains = GainCalculator::new(&layout, panner).unwrap();
    let mut channels = vec![vec![0.0; song.length.0 as usize]; layout.channels()];
    for object in &mut song.objects {
        add_object(object, &feeds[object.feed], &mut gains, &mut channels);
    }
    let lfe = layout.lfe_channel().unwrap();
    assert!(
        channels[lfe].iter().all(|x| *x == 0.0),
        "nothing is panned into the LFE"
    );
    for strip in &song.desk.strips {
        let Some(gain) = strip.lfe else { continue };
        for feed in strip.feeds.clone() {
            for (out, x) in channels[lfe].iter_mut().zip(&feeds[feed]) {
                *out += gain.0 * x;
            }
        }
    }
    for coefficients in lowpass_butterworth4(Hertz(120.0), song.sample_rate) {
        let mut section = Biquad::new(coefficients);
        channels[lfe].iter_mut().for_each(|x| *x = section.step(*x));
    }

    let order = layout.mask_order().unwrap();
    for (written, channel) in rendered.iter().zip(order) {
        let label = &layout.speakers[channel].label;
        let worst = written
            .iter()
            .zip(&channels[channel])
            .map(|(a, b)| (f64::from(*a) - b).abs())
            .fold(0.0, f64::max);
        assert!(
            worst < 2e-6,
            "{label}: differs by up to {worst:e} of full scale"
        );
        let energy: f64 = written.iter().map(|x| f64::from(*x).powi(2)).sum();
        assert!(energy > 0.0, "{label} is silent");
    }
    assert_eq!(rendered.len(), 12);
}

#[test]
fn loudness_and_peak_are_those_an_independent_meter_hears() {
    let folder = tempfile::tempdir().unwrap();
    let result = render(folder.path(), &["--true-peak"]);
    let outputs = result["outputs"].as_array().unwrap();
    let targets: Vec<&str> = outputs
        .iter()
        .map(|o| o["target"].as_str().unwrap())
        .collect();
    assert_eq!(targets, ["4+5+0", "4+7+0", "stereo"]);
    for output in outputs {
        assert_eq!(output["frames"], 743_226);
        assert_eq!(output["clipped_samples"], 0, "{output}");
        let rows = read(Path::new(output["files"][0].as_str().unwrap()));
        let peak = rows.iter().flatten().fold(0f32, |p, x| p.max(x.abs()));
        let said = output["peak_dbfs"].as_f64().unwrap();
        assert!(
            (20.0 * f64::from(peak).log10() - said).abs() < 1e-6,
            "{output}"
        );
        assert!((-12.0..0.0).contains(&said), "{output}");
        assert!(
            output["true_peak_dbtp"].as_f64().unwrap() >= said - 0.01,
            "{output}"
        );
    }
    // The independent meter knows the weights of two channels without being told.
    let stereo = &outputs[2];
    let rows = read(Path::new(stereo["files"][0].as_str().unwrap()));
    let mut meter = ebur128::EbuR128::new(2, 48_000, ebur128::Mode::I).unwrap();
    meter.add_frames_planar_f32(&[&rows[0], &rows[1]]).unwrap();
    let (ours, theirs) = (
        stereo["integrated_lufs"].as_f64().unwrap(),
        meter.loudness_global().unwrap(),
    );
    assert!(
        (ours - theirs).abs() < 0.1,
        "{ours} LUFS against {theirs} LUFS"
    );
}

#[test]
fn a_part_is_that_part_of_the_whole_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let path = |name: &str| file(name).to_str().unwrap().to_owned();
    render(
        folder.path(),
        &["-l", "5.1.4", "-o", &path("whole.wav"), "--threads", "1"],
    );
    render(
        folder.path(),
        &["-l", "5.1.4", "-o", &path("threads.wav"), "--threads", "3"],
    );
    // More than any machine has, on both pools.
    render(
        folder.path(),
        &[
            "-l",
            "5.1.4",
            "-o",
            &path("many.wav"),
            "--threads",
            "100000",
            "-j",
            "100000",
        ],
    );
    render(
        folder.path(),
        &[
            "-l",
            "5.1.4",
            "-o",
            &path("part.wav"),
            "--threads",
            "2",
            "--bit-depth",
            "f32",
            "--from",
            "@break",
            "--to",
            "9.5",
        ],
    );
    render(
        folder.path(),
        &[
            "-l",
            "5.1.4",
            "-o",
            &path("float.wav"),
            "--threads",
            "1",
            "--bit-depth",
            "f32",
        ],
    );
    let bytes = |name: &str| std::fs::read(file(name)).unwrap();
    assert!(bytes("whole.wav") == bytes("threads.wav"));
    assert!(bytes("whole.wav") == bytes("many.wav"));
    render(
        folder.path(),
        &[
            "-l",
            "5.1.4",
            "-o",
            &path("part24.wav"),
            "--from",
            "@break",
            "--to",
            "9.5",
        ],
    );
    let (whole24, part24) = (read(&file("whole.wav")), read(&file("part24.wav")));
    let (whole, part) = (read(&file("float.wav")), read(&file("part.wav")));
    // Bar 5 of 124 BPM in 4/4 at 48 kHz.
    let from = (16.0f64 * 60.0 / 124.0 * 48_000.0).round() as usize;
    assert_eq!(part[0].len(), 456_000 - from);
    for (whole, part) in whole.iter().chain(&whole24).zip(part.iter().chain(&part24)) {
        assert!(whole[from..456_000] == part[..]);
    }
}

/// Rooms go round for ever: a part that began in the middle would differ by the last bit.
#[test]
fn a_part_on_headphones_is_as_in_the_whole_in_every_room() {
    let folder = tempfile::tempdir().unwrap();
    for room in ["near", "mid", "far", "none"] {
        let render_part = |name: &str, more: &[&str]| {
            let file = folder.path().join(name);
            let path = file.to_str().unwrap().to_owned();
            let mut arguments = vec!["-l", "binaural", "-o", &path, "--bit-depth", "f32"];
            arguments.extend(["-f", "--binaural-room", room, "--to", "6.5"]);
            arguments.extend(more);
            render(folder.path(), &arguments);
            read(&file)
        };
        let whole = render_part("whole.wav", &[]);
        for (from, frame) in [("3.1", 148_800), ("5.9", 283_200)] {
            let part = render_part("part.wav", &["--from", from]);
            for (whole, part) in whole.iter().zip(&part) {
                assert!(whole[frame..] == part[..], "{room}, from {from}");
            }
        }
    }
}

#[test]
fn files_of_one_channel_hold_the_samples_of_the_file_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let path = |name: &str| file(name).to_str().unwrap().to_owned();
    // In a WAV file 7.1.4 has another order than in the standard.
    render(folder.path(), &["-l", "7.1.4", "-o", &path("all.wav")]);
    render(
        folder.path(),
        &["-l", "7.1.4", "-o", &path("one.wav"), "--multi-mono"],
    );
    let together = read(&file("all.wav"));
    let order = umbel::layout::find("4+7+0").unwrap();
    let rows = order.mask_order().unwrap();
    assert_ne!(rows, (0..12).collect::<Vec<_>>());
    for (channel, &row) in together.iter().zip(&rows) {
        let label = &order.speakers[row].label;
        let alone = read(&file(&format!("one.{label}.wav")));
        assert!(alone[0] == *channel, "{label}");
    }
}
