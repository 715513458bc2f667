//! Promise: ADM masters are rendered as ITU-R BS.2127 says, frame by frame. The EBU ADM Renderer rendered the
//! same files (`tests/data/README.md`).

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, where a panic is the report"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use hound::WavReader;
use tempfile::TempDir;

/// A master and its rendering to one layout: 20 ms each.
struct Golden {
    master: &'static str,
    layout: &'static str,
    /// Largest difference in units of full scale.
    tolerance: f64,
}

const GOLDEN: [Golden; 4] = [
    Golden {
        master: "objects",
        layout: "4+5+0",
        tolerance: 1e-6,
    },
    Golden {
        master: "room",
        layout: "4+7+0",
        tolerance: 1e-6,
    },
    Golden {
        master: "bed",
        layout: "0+5+0",
        tolerance: 1e-6,
    },
    // Its sound field has four components of peak 0.1, and each element of a decoder may be 2e-4 off: the
    // sets of points over the sphere differ.
    Golden {
        master: "mixed",
        layout: "0+2+0",
        tolerance: 8e-5,
    },
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/ear/audio")
        .join(name)
}

/// Frames of the layout's own channel order, from a file of 32-bit float samples.
fn rendered(master: &Path, layout: &str) -> Vec<Vec<f64>> {
    let folder = TempDir::new().unwrap();
    let output = folder.path().join("out.wav");
    let run = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args([
            "render",
            "-l",
            layout,
            "--bit-depth",
            "f32",
            "--no-progress",
            "-o",
        ])
        .args([&output, master])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}: {said}", master.display());
    let mut reader = WavReader::open(&output).unwrap();
    let channels = usize::from(reader.spec().channels);
    let samples: Vec<f64> = reader
        .samples::<f32>()
        .map(|sample| f64::from(sample.unwrap()))
        .collect();
    let order = umbel::layout::find(layout).unwrap().mask_order();
    let order = order.unwrap_or_else(|| (0..channels).collect());
    samples
        .chunks_exact(channels)
        .map(|frame| {
            let mut own = vec![0.0; channels];
            for (&sample, &channel) in frame.iter().zip(&order) {
                own[channel] = sample;
            }
            own
        })
        .collect()
}

/// Frames of a file of 24-bit samples as EAR writes it: the integer is the sample times 2^23 - 1, and the
/// master was read likewise, so that the ratio to ours is that of the two scales.
fn expected(path: &Path) -> Vec<Vec<f64>> {
    let mut reader = WavReader::open(path).unwrap();
    let channels = usize::from(reader.spec().channels);
    let samples: Vec<f64> = reader
        .samples::<i32>()
        .map(|sample| f64::from(sample.unwrap()) / f64::from(1 << 23))
        .collect();
    samples
        .chunks_exact(channels)
        .map(<[f64]>::to_vec)
        .collect()
}

fn umbel(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn info_tells_what_a_master_is_made_of() {
    let path = data("mixed.wav");
    let path = path.to_str().unwrap();
    let found = umbel(&["info", "--json", path]);
    assert!(found.status.success());
    let found: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    let adm = &found["adm"];
    assert_eq!(adm["blocks"], 12);
    assert_eq!(adm["programmes"][0]["id"], "APR_1001");
    assert_eq!(adm["contents"][0]["objects"].as_array().unwrap().len(), 5);
    let types: Vec<&str> = adm["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        ["HOA", "Matrix", "Objects", "Objects", "DirectSpeakers"]
    );
    assert_eq!(adm["objects"][2]["complementary"][0], "AO_1004");
    assert_eq!(adm["tracks"].as_array().unwrap().len(), 9);
    assert_eq!(adm["tracks"][6]["channel"], 7);
    let text = String::from_utf8(umbel(&["info", path]).stdout).unwrap();
    for words in [
        "programme APR_1001 \"programme\"",
        "object AO_1003 \"language 6\"  Objects, 1 track, 1 block",
        "may be exchanged for AO_1004",
        "track   7  ATU_00000007",
    ] {
        assert!(text.contains(words), "\"{words}\" is not in\n{text}");
    }
}

#[test]
fn zones_that_leave_no_loudspeaker_are_warned_of() {
    let folder = TempDir::new().unwrap();
    let mut bytes = std::fs::read(data("objects.wav")).unwrap();
    let none = "minAzimuth=\"0.00000\" maxAzimuth=\"0.00000\" minElevation=\"0.00000\" maxElevation=\"0.00000\"";
    let all = "minAzimuth=\"-180.00\" maxAzimuth=\"180.000\" minElevation=\"-90.000\" maxElevation=\"90.0000\"";
    let warnings = |bytes: &[u8], layouts: &str| {
        let path = folder.path().join("m.wav");
        std::fs::write(&path, bytes).unwrap();
        let asked = ["render", path.to_str().unwrap(), "--dry-run", "-l", layouts];
        let done = umbel(&asked);
        assert!(done.status.success(), "{layouts}");
        let said = String::from_utf8(done.stderr).unwrap();
        let told = said
            .lines()
            .filter(|line| line.contains("its zones hold every"));
        told.map(str::to_owned).collect::<Vec<_>>()
    };
    let layouts = "4+5+0,0+2+0,binaural:5.1,binaural";
    assert_eq!(warnings(&bytes, layouts), [""; 0]);
    let at = bytes
        .windows(none.len())
        .position(|words| words == none.as_bytes());
    let at = at.expect("an object with a zone");
    bytes[at..at + all.len()].copy_from_slice(all.as_bytes());
    let told = warnings(&bytes, layouts);
    assert_eq!(told.len(), 3, "{told:?}");
    for (told, layout) in told.iter().zip(["4+5+0", "0+2+0", "binaural:5.1"]) {
        let words = format!("every loudspeaker of {layout}: none is left out there");
        assert!(
            told.starts_with("warning: AO_") && told.contains(&words),
            "{told}"
        );
    }
}

#[test]
fn the_command_line_chooses_what_is_played() {
    let folder = TempDir::new().unwrap();
    let path = data("mixed.wav");
    let play = |name: &str, choice: &[&str]| {
        let out = folder.path().join(name);
        let fixed = [
            "render",
            path.to_str().unwrap(),
            "-l",
            "0+2+0",
            "--bit-depth",
            "f32",
            "-o",
        ];
        let run = umbel(&[&fixed[..], &[out.to_str().unwrap()], choice].concat());
        (run.status.code(), std::fs::read(&out).unwrap_or_default())
    };
    let (code, whole) = play("a.wav", &[]);
    assert_eq!(code, Some(0));
    let (code, same) = play(
        "b.wav",
        &["--programme", "APR_1001", "--content", "ACO_1001"],
    );
    assert_eq!(code, Some(0));
    assert!(whole == same);
    let (code, other) = play("c.wav", &["--complementary", "AO_1004"]);
    assert_eq!(code, Some(0));
    assert!(whole != other, "the other language sounds the same");
    for wrong in [
        &["--programme", "APR_1009"][..],
        &["--content", "ACO_1009"],
        &["--complementary", "AO_1001"],
    ] {
        let (code, written) = play("d.wav", wrong);
        assert_eq!((code, written.len()), (Some(3), 0), "{wrong:?}");
    }
    assert_eq!(play("e.wav", &["--importance", "11"]).0, Some(2));
}

#[test]
fn masters_sound_as_the_ebu_renderer_makes_them() {
    for Golden {
        master,
        layout,
        tolerance,
    } in GOLDEN
    {
        let ours = rendered(&data(&format!("{master}.wav")), layout);
        let theirs = expected(&data(&format!("{master}.{layout}.wav")));
        assert_eq!(ours.len(), theirs.len(), "{master}: frames");
        let loudest = theirs
            .iter()
            .flatten()
            .fold(0.0, |peak: f64, s| peak.max(s.abs()));
        assert!(loudest > 0.05, "{master}: the golden file is silent");
        for (frame, (our, their)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(our.len(), their.len(), "{master}: channels");
            for (channel, (a, b)) in our.iter().zip(their).enumerate() {
                assert!(
                    (a - b).abs() <= tolerance,
                    "{master} to {layout}, frame {frame}, channel {channel}: {a} instead of {b}"
                );
            }
        }
    }
}
