//! `umbel render -l binaural` from the command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const FRAMES: usize = 3000;
const AT: usize = 100;

/// A folder with a session of one impulse at an azimuth.
fn session(azimuth: f64, more: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(folder.path().join("a.wav"), spec).unwrap();
    for n in 0..FRAMES {
        wav.write_sample(if n == AT { 1.0_f32 } else { 0.0 })
            .unwrap();
    }
    wav.finalize().unwrap();
    let text = format!(
        "[song]\ntitle = \"t\"\nbpm = 120\n[[stem]]\nname = \"a\"\nfile = \"a.wav\"\nat = {{ az = {azimuth}, el = 0 }}\n{more}\n"
    );
    let path = folder.path().join("t.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn umbel(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(arguments)
        .env("XDG_CACHE_HOME", folder)
        .output()
        .unwrap()
}

fn sphere() -> String {
    format!(
        "{}/tests/data/sofa/sphere_taps.sofa",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// Both ears of a render with the sphere's set, and what was said of it.
fn render(azimuth: f64, options: &[&str]) -> ([Vec<f32>; 2], Value) {
    let (folder, path) = session(azimuth, "");
    let out = folder.path().join("o.wav");
    let sphere = sphere();
    let mut arguments = vec!["render", path.to_str().unwrap(), "-l", "binaural", "-o"];
    arguments.extend([out.to_str().unwrap(), "--bit-depth", "f32", "--json"]);
    arguments.extend(["--hrtf", &sphere, "--hrtf-eq", "off"]);
    arguments.extend(["--binaural-room", "none"]);
    arguments.extend(options);
    let done = umbel(folder.path(), &arguments);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let text = String::from_utf8(done.stdout).unwrap();
    let said: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let mut wav = hound::WavReader::open(&out).unwrap();
    let samples: Vec<f32> = wav.samples::<f32>().map(Result::unwrap).collect();
    let ear = |n: usize| samples.iter().skip(n).step_by(2).copied().collect();
    ([ear(0), ear(1)], said["outputs"][0].clone())
}

/// The frame and value of the largest sample.
fn peak(ear: &[f32]) -> (usize, f32) {
    let all = ear.iter().copied().enumerate();
    all.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap()
}

#[test]
fn a_source_is_heard_when_its_response_begins_and_what_was_taken_off_is_said() {
    let ([left, right], said) = render(90.0, &[]);
    assert_eq!((left.len(), right.len()), (FRAMES, FRAMES));
    // The sphere's left ear hears azimuth 90 after 2 frames, the right one after 14.
    let ((l, left), (r, right)) = (peak(&left), peak(&right));
    assert_eq!((l, r), (AT + 2, AT + 14));
    assert!((left - 1.0).abs() < 1e-5 && (right - 1.0).abs() < 1e-5);
    assert!(said["latency_frames"].as_u64().unwrap() > 512, "{said}");
    assert_eq!(said["target"], "binaural");
    assert_eq!(said["binaural"]["hrtf"], "a sphere");
    assert_eq!(said["binaural"]["hrtf_equalised"], false);
    // Both ears hear all of what stereo divides between two channels.
    let front = said["binaural"]["front_lu"].as_f64().unwrap();
    assert!((front - 3.01).abs() < 0.1, "{front} LU");
}

#[test]
fn a_sparse_set_is_kept_in_the_cache_and_renders_the_same_bytes_from_it() {
    let (folder, path) = session(50.0, "");
    let out = folder.path().join("o.wav");
    let sphere = sphere();
    let render = || {
        let mut arguments = vec!["render", path.to_str().unwrap(), "-l", "binaural", "-f"];
        arguments.extend(["-o", out.to_str().unwrap(), "--hrtf", &sphere]);
        let done = umbel(folder.path(), &arguments);
        assert!(done.status.success(), "{done:?}");
        std::fs::read(&out).unwrap()
    };
    let kept = || {
        let files = std::fs::read_dir(folder.path().join("umbel/hrtf")).unwrap();
        let names = files.map(|file| file.unwrap().path());
        let of_kind = names.filter(|path| path.extension().is_some_and(|end| end == "between"));
        of_kind.collect::<Vec<_>>()
    };
    let cold = render();
    assert_eq!(kept().len(), 1);
    assert!(cold == render(), "cold and warm differ");
    let whole = std::fs::read(&kept()[0]).unwrap();
    std::fs::write(&kept()[0], &whole[..whole.len() - 1000]).unwrap();
    assert!(cold == render(), "cold and damaged differ");
    assert!(std::fs::read(&kept()[0]).unwrap() == whole, "not made anew");
}

#[test]
fn poses_and_equalisers_are_heard() {
    let (expected, _) = render(0.0, &[]);
    assert_eq!(render(30.0, &["--head-pose", "30,0,0"]).0, expected);
    assert_ne!(render(30.0, &["--head-pose", "-30"]).0, expected);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let pose = file("head.csv", "seconds,yaw,pitch,roll\n0,30,0,0\n");
    assert_eq!(render(30.0, &["--head-pose-file", &pose]).0, expected);
    let eq = file("eq.txt", "Preamp: -6.0206 dB\n");
    let (quieter, _) = render(0.0, &["--headphone-eq", &eq]);
    assert_eq!(peak(&quieter[0]).0, peak(&expected[0]).0);
    assert!((peak(&quieter[0]).1 - 0.5 * peak(&expected[0]).1).abs() < 1e-4);
}

#[test]
fn an_equaliser_of_another_rate_changes_neither_time_nor_level() {
    let (expected, _) = render(0.0, &[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("eq.wav");
    // One frame of half of full scale, 16 bit, at 44.1 kHz.
    let mut wave = b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wave.extend(44_100_u32.to_le_bytes());
    wave.extend(88_200_u32.to_le_bytes());
    wave.extend(b"\x02\0\x10\0data\x02\0\0\0\0\x40");
    std::fs::write(&path, wave).unwrap();
    let (heard, _) = render(0.0, &["--headphone-eq", path.to_str().unwrap()]);
    assert_eq!(heard[0].len(), expected[0].len());
    assert_eq!(peak(&heard[0]).0, peak(&expected[0]).0);
    let energy = |row: &[f32]| row.iter().map(|x| f64::from(x * x)).sum::<f64>();
    let off = 10.0 * (4.0 * energy(&heard[0]) / energy(&expected[0])).log10();
    // Of an impulse at 48 kHz what is above 22.05 kHz stays out.
    let kept = 10.0 * (22.05_f64 / 24.0).log10();
    assert!((off - kept).abs() < 0.1, "{off} dB, {kept} expected");
}

#[test]
fn equalisers_that_silence_a_side_are_refused() {
    let (folder, path) = session(0.0, "");
    let eq = folder.path().join("eq.wav");
    let out = folder.path().join("o.wav");
    for (taps, words) in [
        (&[[0_i16, 0]; 4][..], Some("it is silent")),
        (&[[0, 20_000], [0, 0]], Some("left side is silent")),
        (&[[20_000, 0], [1, 0]], Some("right side is silent")),
        (&[], Some("it is silent")),
        (&[[0, 0], [20_000, -1]], None),
    ] {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 44_100,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(&eq, spec).unwrap();
        for tap in taps.as_flattened() {
            wav.write_sample(*tap).unwrap();
        }
        wav.finalize().unwrap();
        let arguments = ["render", path.to_str().unwrap(), "-l", "binaural"];
        let more = [
            "--headphone-eq",
            eq.to_str().unwrap(),
            "-o",
            out.to_str().unwrap(),
        ];
        let done = umbel(folder.path(), &[&arguments[..], &more].concat());
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let (code, words) = words.map_or((0, ""), |words| (4, words));
        assert_eq!(done.status.code(), Some(code), "{taps:?}: {said}");
        assert!(said.contains(words), "{taps:?}: {said}");
        assert!(
            code == 0 || said.contains("eq.wav") && !out.exists(),
            "{taps:?}: {said}"
        );
    }
}

#[test]
fn loudspeakers_on_headphones_and_rooms_of_stems_are_rendered() {
    let (folder, path) = session(
        30.0,
        "binaural = \"near\"\n[[out]]\nname = \"phones\"\nformat = \"wav\"\nlayout = \"binaural\"\n\
         [[out]]\nname = \"preview\"\nformat = \"wav\"\nlayout = \"binaural:7.1.4\"\nlimit = { dbtp = -1 }",
    );
    let out = folder.path().join("out");
    let done = umbel(
        folder.path(),
        &[
            "render",
            path.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
            "--json",
        ],
    );
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    for name in ["phones.wav", "preview.wav"] {
        let mut wav = hound::WavReader::open(out.join(name)).unwrap();
        assert_eq!((wav.spec().channels, wav.duration()), (2, FRAMES as u32));
        assert!(
            wav.samples::<i32>().any(|x| x.unwrap().abs() > 100_000),
            "{name}"
        );
    }
}

#[test]
fn wrong_words_are_refused_with_what_is_allowed() {
    let (folder, path) = session(0.0, "");
    for (options, words) in [
        (vec!["--head-pose", "left"], "yaw,pitch,roll"),
        (vec!["--head-pose-file", "missing.csv"], "missing.csv"),
        (vec!["--headphone-eq", path.to_str().unwrap()], "t.toml"),
        (vec!["--hrtf", path.to_str().unwrap()], "HDF5"),
        (vec!["--binaural-room", "hall"], "near"),
    ] {
        let mut arguments = vec!["render", path.to_str().unwrap(), "-l", "binaural"];
        arguments.extend(&options);
        let done = umbel(folder.path(), &arguments);
        let text = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            !done.status.success() && text.contains(words),
            "{options:?}: {text}"
        );
    }
    let elsewhere = [
        "render",
        path.to_str().unwrap(),
        "-l",
        "5.1.4",
        "--head-pose",
        "30",
    ];
    let done = umbel(folder.path(), &elsewhere);
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        !done.status.success() && text.contains("--head-pose is about headphones"),
        "{text}"
    );
}

#[test]
fn copies_for_an_lfe_are_said_to_be_left_out_only_where_they_are() {
    let (folder, path) = session(0.0, "lfe = -6");
    for (layout, is_left_out) in [
        ("binaural", true),
        ("binaural:7.1.4", false),
        ("7.1.4", false),
    ] {
        let out = folder.path().join("o.wav");
        let arguments = ["render", path.to_str().unwrap(), "-l", layout, "-f", "-o"];
        let done = umbel(
            folder.path(),
            &[&arguments[..], &[out.to_str().unwrap()]].concat(),
        );
        assert!(done.status.success());
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(
            said.contains("no LFE channel"),
            is_left_out,
            "{layout}: {said}"
        );
    }
}
