//! Whatever happens to an export, there is the new file, the old one or none: never a part of one.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use umbel::audio::Block;
use umbel::format::{AudioSource as _, BitDepth, Container, WaveReader, WaveSink, WaveSpec};
use umbel::units::SampleRate;

const FRAMES: usize = 960_000;

/// A folder with a session of one stem of 20 s that moves.
struct Song {
    folder: tempfile::TempDir,
}

impl Song {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = WaveSpec {
            channels: 1,
            sample_rate: SampleRate(48_000),
            bit_depth: BitDepth::Int16,
            channel_mask: None,
            container: Container::Riff,
        };
        let mut block = Block::new(1, FRAMES);
        block.set_frames(FRAMES);
        for (n, sample) in block.row_mut(0).iter_mut().enumerate() {
            *sample = (n % 1000) as f32 / 4000.0;
        }
        let mut sink = WaveSink::create(&folder.path().join("a.wav"), spec, true).unwrap();
        sink.write(&block, &[0]).unwrap();
        sink.finish().unwrap();
        let session = r#"
            [[stem]]
            name = "A"
            file = "a.wav"
            move = { shape = "circle", period = 8 }
        "#;
        std::fs::write(folder.path().join("song.toml"), session).unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        Self { folder }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The arguments of an export of `kind` to a file `name`, or to a folder.
    fn arguments(&self, kind: &str, name: &str) -> Vec<String> {
        let (song, output) = (self.folder.path().join("song.toml"), self.out().join(name));
        let to = if kind == "stems" { "--out" } else { "-o" };
        ["export", kind, text(&song), to, text(&output), "-f", "-q"]
            .map(String::from)
            .to_vec()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Every file below `folder`, and what is in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let content = std::fs::read(&path).unwrap();
            found.insert(path, content);
        }
    }
    found
}

const KINDS: [(&str, &str); 5] = [
    ("adm-atmos", "m.wav"),
    ("adm-ebu", "m.wav"),
    ("ambix", "m.wav"),
    ("stems", "stems"),
    ("json", "m.json"),
];

#[test]
fn a_limit_on_the_size_of_files_leaves_what_was_there() {
    for (kind, name) in KINDS {
        let song = Song::new();
        let whole = Command::new(env!("CARGO_BIN_EXE_umbel"))
            .args(song.arguments(kind, name))
            .output()
            .unwrap();
        assert!(whole.status.success(), "{kind}: {whole:?}");
        let before = files(&song.out());
        assert!(!before.is_empty());
        // Blocks of 512 bytes or of a kibibyte, as shells have it.
        for blocks in [0, 1, 40] {
            let limited = Command::new("sh")
                .arg("-c")
                .arg(format!("ulimit -f {blocks}; exec \"$@\""))
                .args(["sh", env!("CARGO_BIN_EXE_umbel")])
                .args(song.arguments(kind, name))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&limited.stderr).into_owned();
            assert_eq!(limited.status.code(), Some(1), "{kind}, {blocks}: {said}");
            assert!(said.contains("too large"), "{kind}, {blocks}: {said}");
            assert!(files(&song.out()) == before, "{kind}, {blocks}");
        }
    }
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_file_or_the_new_one() {
    for (kind, name) in KINDS {
        let song = Song::new();
        let start = || {
            Command::new(env!("CARGO_BIN_EXE_umbel"))
                .args(song.arguments(kind, name))
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        let begun = Instant::now();
        assert!(start().wait().unwrap().success());
        let takes = begun.elapsed();
        let new = files(&song.out());
        let mut killed = 0;
        for n in 0..12_u32 {
            // What is replaced: another file, of which nothing may be seen in the new one.
            for path in new.keys() {
                std::fs::write(path, "old").unwrap();
            }
            let mut child = start();
            std::thread::sleep(takes * n / 12 + Duration::from_micros(u64::from(n) * 137));
            child.kill().unwrap();
            killed += u32::from(!child.wait().unwrap().success());
            for (path, content) in files(&song.out()) {
                let is_temporary =
                    text(&path).contains(".umbel-") && text(&path).ends_with(".part");
                assert!(
                    is_temporary || content == b"old" || content == new[&path],
                    "{kind}, kill {n}: {} has {} bytes of {}",
                    path.display(),
                    content.len(),
                    new[&path].len()
                );
            }
        }
        assert!(killed > 0, "{kind}: no kill came in time");
        // The next one cleans up.
        assert!(start().wait().unwrap().success());
        assert!(
            files(&song.out()) == new,
            "{kind}: {:?}",
            files(&song.out()).keys()
        );
    }
}

/// Interrupts a process that has not been waited for.
#[cfg(target_os = "linux")]
fn interrupt(child: &Child) {
    // At once: to start a program that does it may take longer than what is to be interrupted.
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[cfg(not(target_os = "linux"))]
fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &pid]).status();
    assert!(killed.unwrap().success());
}

#[test]
fn an_interrupt_at_any_moment_leaves_nothing_or_the_whole_file() {
    for (kind, name) in [("json", "m.json"), ("csv", "m.csv")] {
        let song = Song::new();
        let start = || {
            Command::new(env!("CARGO_BIN_EXE_umbel"))
                .args(song.arguments(kind, name))
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        assert!(start().wait().unwrap().success());
        let whole = files(&song.out());
        let mut heard = 0;
        // Some are over before they hear it.
        for n in 0..400_u64 {
            if n >= 8 && heard > 0 {
                break;
            }
            std::fs::remove_file(song.out().join(name)).unwrap_or_default();
            let mut child = start();
            // From the first byte on somebody listens.
            let has_begun = || std::fs::read_dir(song.out()).unwrap().next().is_some();
            while !has_begun() && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_micros(n % 8 * 300));
            interrupt(&child);
            let ended = child.wait().unwrap();
            match ended.code() {
                Some(0) => assert!(files(&song.out()) == whole, "{kind}, {n}"),
                Some(130) => {
                    assert!(files(&song.out()).is_empty(), "{kind}, {n}");
                    heard += 1;
                }
                _ => panic!("{kind}, {n}: {ended:?}"),
            }
        }
        assert!(heard > 0, "{kind}: no interrupt came in time");
    }
}

#[test]
fn a_loss_report_that_stands_there_is_refused_before_any_work() {
    for kind in ["adm-atmos", "adm-ebu", "ambix"] {
        for name in ["m.wav", "m.loss.txt", "m.loss.json"] {
            let song = Song::new();
            std::fs::write(song.out().join(name), "mine").unwrap();
            let before = files(&song.out());
            let mut arguments = song.arguments(kind, "m.wav");
            arguments.retain(|argument| argument != "-f");
            let refused = Command::new(env!("CARGO_BIN_EXE_umbel"))
                .args(arguments)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert_eq!(refused.status.code(), Some(2), "{kind}, {name}: {said}");
            assert!(said.contains(name), "{kind}, {name}: {said}");
            assert!(files(&song.out()) == before, "{kind}, {name}");
        }
    }
}

#[test]
fn no_master_stands_without_its_loss_report() {
    for kind in ["adm-atmos", "adm-ebu", "ambix"] {
        let song = Song::new();
        // Nothing that is written can take its place, whatever may be replaced.
        std::fs::create_dir(song.out().join("m.loss.json")).unwrap();
        let failed = Command::new(env!("CARGO_BIN_EXE_umbel"))
            .args(song.arguments(kind, "m.wav"))
            .output()
            .unwrap();
        assert_eq!(failed.status.code(), Some(1), "{kind}: {failed:?}");
        assert!(files(&song.out()).is_empty(), "{kind}");
    }
}

#[test]
fn a_folder_made_for_what_failed_goes_with_it() {
    for (kind, name) in KINDS.into_iter().filter(|(kind, _)| *kind != "json") {
        let song = Song::new();
        let failed = Command::new("sh")
            .args(["-c", "ulimit -f 1; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_umbel"))
            .args(song.arguments(kind, &format!("new/inner/{name}")))
            .output()
            .unwrap();
        assert_eq!(failed.status.code(), Some(1), "{kind}: {failed:?}");
        assert!(!song.out().join("new").exists(), "{kind}");
        assert!(song.out().exists());
    }
}

#[test]
fn what_is_not_wav_yet_is_read_as_far_as_it_was_written() {
    let song = Song::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(song.arguments("adm-atmos", "m.wav"))
        .spawn()
        .unwrap();
    let is_part = |path: &PathBuf| text(path).ends_with(".part");
    let mut part = None;
    while part.is_none() && child.try_wait().unwrap().is_none() {
        let mut entries = std::fs::read_dir(song.out()).unwrap().flatten();
        part = entries.find_map(|entry| Some(entry.path()).filter(is_part));
    }
    std::thread::sleep(Duration::from_millis(20));
    child.kill().unwrap();
    child.wait().unwrap();
    // It may have been faster than the kill.
    if let Some(part) = part.filter(|part| part.exists() && part.metadata().unwrap().len() > 1000) {
        assert_eq!(WaveReader::open(&part).unwrap().facts().channels, 11);
    }
}

/// What the program comes to, which must not wait for anything.
fn ends(arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

#[test]
fn a_pipe_is_never_replaced_nor_waited_for() {
    let song = Song::new();
    let at = |name: &str| song.out().join(name);
    let layout = song.folder.path().join("iem.json");
    std::fs::write(
        &layout,
        r#"{ "Name": "two", "LoudspeakerLayout": { "Name": "two", "Loudspeakers": [
            { "Azimuth": 30, "Elevation": 0, "Radius": 1, "IsImaginary": false, "Channel": 1, "Gain": 1 },
            { "Azimuth": -30, "Elevation": 0, "Radius": 1, "IsImaginary": false, "Channel": 2, "Gain": 1 } ] } }"#,
    )
    .unwrap();
    let of = |name: &str| song.folder.path().join(name);
    let (toml, wave, folder) = (of("song.toml"), of("a.wav"), song.out());
    let cases: [(&[&str], &str); 16] = [
        (&["export", "json", text(&toml), "-f", "-o"], ""),
        (&["export", "csv", text(&toml), "-f", "-o"], ""),
        (&["export", "adm-ebu", text(&toml), "-f", "-o"], ""),
        (
            &["export", "adm-ebu", text(&toml), "-f", "-o"],
            "m.loss.txt",
        ),
        (&["export", "ambix", text(&toml), "-f", "-o"], "m.loss.json"),
        (
            &["export", "stems", text(&toml), "-f", "--out"],
            "manifest.json",
        ),
        (
            &["export", "stems", text(&toml), "-f", "--out"],
            "tempo.mid",
        ),
        (&["render", text(&toml), "-l", "stereo", "-f", "-o"], ""),
        (&["check", text(&toml), "--report"], ""),
        (&["measure", text(&wave), "--report"], ""),
        (
            &[
                "render",
                text(&toml),
                "-l",
                "stereo",
                "--out",
                text(&folder),
                "--report",
            ],
            "",
        ),
        (&["init", text(song.folder.path()), "--force", "-o"], ""),
        (&["layout", "import", text(&layout), "-f", "-o"], ""),
        (&["layout", "show", "5.1", "-f", "--picture"], ""),
        (&["compare", text(&wave), text(&wave), "-f", "--svg"], ""),
        (&["man", "--out"], "umbel.1"),
    ];
    for (arguments, name) in cases {
        let (target, pipe) = match name {
            "" => (at("pipe"), at("pipe")),
            "m.loss.txt" | "m.loss.json" => (at("m.wav"), at(name)),
            name => (song.out(), at(name)),
        };
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let done = ends(&[arguments, &[text(&target)]].concat());
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success(), "{arguments:?}: {said}");
        assert!(
            said.contains("it is a pipe or device"),
            "{arguments:?}: {said}"
        );
        let kind = std::fs::symlink_metadata(&pipe).unwrap().file_type();
        assert!(
            std::os::unix::fs::FileTypeExt::is_fifo(&kind),
            "{arguments:?}"
        );
        std::fs::remove_file(&pipe).unwrap();
        assert!(
            name == "umbel.1" || files(&song.out()).is_empty(),
            "{arguments:?}"
        );
        std::fs::remove_dir_all(song.out()).unwrap();
        std::fs::create_dir(song.out()).unwrap();
    }
}

#[test]
fn a_report_is_none_of_the_outputs() {
    for (kind, name) in [
        ("adm-atmos", "m.wav"),
        ("adm-ebu", "m.wav"),
        ("stems", "stems"),
    ] {
        let song = Song::new();
        let arguments = song.arguments(kind, name);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert!(ends(&arguments).status.success());
        let outputs: Vec<PathBuf> = files(&song.out()).into_keys().collect();
        assert!(outputs.len() > 2, "{outputs:?}");
        std::fs::remove_dir_all(song.out()).unwrap();
        std::fs::create_dir(song.out()).unwrap();
        for output in outputs {
            let file = output.strip_prefix(song.out()).unwrap();
            let odd = song.out().join("not/../").join(file);
            for report in [output.clone(), odd] {
                let done = ends(&[&arguments[..], &["--report", text(&report)]].concat());
                let said = String::from_utf8_lossy(&done.stderr).into_owned();
                assert_eq!(done.status.code(), Some(2), "{kind} {report:?}: {said}");
                assert!(said.contains("is an output"), "{kind} {report:?}: {said}");
                assert!(files(&song.out()).is_empty(), "{kind} {report:?}");
            }
        }
    }
    // Also those that a session asks for.
    let song = Song::new();
    let toml = song.folder.path().join("song.toml");
    let mut session = std::fs::read_to_string(&toml).unwrap();
    for format in ["adm-ebu", "stems"] {
        session += &format!("\n[[out]]\nname = \"{format}\"\nformat = \"{format}\"\n");
    }
    std::fs::write(&toml, session).unwrap();
    let render = ["render", text(&toml), "--out"];
    let folder = song.out();
    assert!(
        ends(&[&render[..], &[text(&folder)]].concat())
            .status
            .success()
    );
    let outputs: Vec<PathBuf> = files(&song.out()).into_keys().collect();
    assert!(outputs.len() > 8, "{outputs:?}");
    std::fs::remove_dir_all(song.out()).unwrap();
    for output in outputs {
        let done = ends(&[&render[..], &[text(&folder), "--report", text(&output)]].concat());
        assert_eq!(done.status.code(), Some(2), "{output:?}");
        assert!(!song.out().exists(), "{output:?}");
    }
}
