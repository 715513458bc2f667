use super::*;
use crate::session::write::session_text;

fn mono(path: &str) -> StemFile {
    file(path, 1)
}

fn file(path: &str, channels: usize) -> StemFile {
    StemFile {
        path: path.to_owned(),
        audio: Ok(StemAudio {
            channels,
            sample_rate: SampleRate(48_000),
            frames: Frames(48_000),
            is_lossy: false,
        }),
        named: None,
    }
}

fn proposal(files: &[StemFile]) -> Proposal {
    propose(files, &Given::default(), &mut |_| None)
}

fn stem<'a>(proposal: &'a Proposal, file: &str) -> &'a StemProposal {
    proposal
        .stems
        .iter()
        .find(|stem| stem.file == file)
        .expect(file)
}

fn azimuth(stem: &StemProposal) -> f64 {
    match stem.placing {
        Placing::Fixed { az, .. } => az,
        Placing::Circle { .. } => f64::NAN,
    }
}

#[test]
fn a_left_and_a_right_file_stand_at_mirrored_places() {
    let found = proposal(&[
        mono("OH_L.wav"),
        mono("OH_R.wav"),
        mono("Gtr 1 L.wav"),
        mono("Gtr 1 R.wav"),
    ]);
    for (left, right) in [("OH_L.wav", "OH_R.wav"), ("Gtr 1 L.wav", "Gtr 1 R.wav")] {
        let (left, right) = (stem(&found, left), stem(&found, right));
        assert!(azimuth(left) > 0.0, "{left:?}");
        assert!((azimuth(left) + azimuth(right)).abs() < 1e-12);
        assert_eq!((left.pan, right.pan), (Some(-1.0), Some(1.0)));
    }
}

#[test]
fn a_side_in_a_name_is_respected_whatever_stands_beside_it() {
    let folders: [&[&str]; 8] = [
        &[
            "Kick.wav",
            "Lead Vox.wav",
            "Rhythm Gtr 1 L.wav",
            "Rhythm Gtr 2 R.wav",
        ],
        &["Shaker R.wav", "Tamb L.wav"],
        &["E Gtr 1 L.wav", "E Gtr 2 R.wav"],
        &["Vox Verb L.wav", "Vox Verb.wav"],
        &[
            "Gtr 1 L.wav",
            "Gtr 2 Left.wav",
            "Gtr 3 L.wav",
            "Gtr 4 R.wav",
            "Gtr 5.wav",
        ],
        &["Gtr Right.wav", "Gtr 2.wav", "Gtr 3.wav", "Gtr 4.wav"],
        &["Riser L.wav", "Impact R.wav"],
        &["Qwxz 1 L.wav", "Qwxz 2 R.wav"],
    ];
    for (folder, channels) in folders.into_iter().zip([1, 2].into_iter().cycle()) {
        for channels in [channels, 1] {
            let files: Vec<_> = folder.iter().map(|path| file(path, channels)).collect();
            let found = proposal(&files);
            for path in folder {
                let az = azimuth(stem(&found, path));
                let name = path.trim_end_matches(".wav");
                if name.ends_with(" L") || name.ends_with("Left") {
                    assert!((1.0..180.0).contains(&az), "{path} of {folder:?}: {az}");
                }
                if name.ends_with(" R") || name.ends_with("Right") {
                    assert!((1.0..180.0).contains(&-az), "{path} of {folder:?}: {az}");
                }
            }
        }
    }
    // Left and right alone are mirrored, and what is left stands across from one side.
    let found = proposal(&[mono("Gtr 1 L.wav"), mono("Gtr 2 R.wav")]);
    let [left, right] = ["Gtr 1 L.wav", "Gtr 2 R.wav"].map(|path| azimuth(stem(&found, path)));
    assert!((left + right).abs() < 1e-9, "{left} {right}");
    let found = proposal(&[mono("Gtr 1.wav"), mono("Gtr 2 R.wav")]);
    assert!(azimuth(stem(&found, "Gtr 1.wav")) > 0.0);
}

#[test]
fn mono_company_is_spread_symmetrically() {
    for count in 2..7 {
        let files: Vec<_> = (1..=count).map(|i| mono(&format!("BGV {i}.wav"))).collect();
        let found = proposal(&files);
        let angles: Vec<f64> = found.stems.iter().map(azimuth).collect();
        let sum: f64 = angles.iter().sum();
        assert!(sum.abs() < 1e-9, "{angles:?}");
        assert!(
            angles.windows(2).all(|pair| pair[0] > pair[1]),
            "{angles:?}"
        );
    }
}

#[test]
fn the_kick_is_alone_in_its_group_and_feeds_the_lfe_once() {
    let found = proposal(&[
        mono("Kick In.wav"),
        mono("Kick Out.wav"),
        mono("Kick Verb.wav"),
        mono("Snare.wav"),
        mono("Drums.wav"),
    ]);
    let kicks: Vec<_> = found
        .stems
        .iter()
        .filter(|s| s.group.as_deref() == Some("kick"))
        .collect();
    assert_eq!(kicks.len(), 2);
    assert!(kicks.iter().all(|s| s.role.unwrap().id == "kick"));
    let sends: Vec<_> = found.stems.iter().filter_map(|s| s.lfe_db).collect();
    assert_eq!(sends, [-10.0]);
}

#[test]
fn nothing_is_dropped_and_the_unknown_is_flagged() {
    let broken = StemFile {
        path: "Broken Bass.wav".to_owned(),
        audio: Err("no data chunk".to_owned()),
        named: None,
    };
    let files = [
        mono("Audio 01.wav"),
        mono("Song Mix.wav"),
        mono("Kick.wav"),
        broken,
    ];
    let found = proposal(&files);
    assert_eq!(found.stems.len(), files.len());
    for (name, included) in [
        ("Audio 01.wav", true),
        ("Song Mix.wav", false),
        ("Broken Bass.wav", false),
    ] {
        let stem = stem(&found, name);
        assert!(stem.flagged() && stem.included == included, "{stem:?}");
    }
    assert!(!stem(&found, "Kick.wav").flagged());
    let text = session_text(&found, ".");
    let parsed: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(parsed["stem"].as_array().unwrap().len(), 2);
    for file in &files {
        assert!(
            text.contains(&file.path),
            "{} is not in the file",
            file.path
        );
    }
    assert!(text.contains("# file = \"Broken Bass.wav\"") && text.contains("no data chunk"));
}

#[test]
fn only_unnamed_stems_are_listened_to() {
    let mut heard = Vec::new();
    let files = [mono("Kick.wav"), mono("Audio 01.wav"), mono("Pad.wav")];
    propose(&files, &Given::default(), &mut |file| {
        heard.push(file.path.clone());
        None
    });
    assert_eq!(heard, ["Audio 01.wav"]);
}

#[test]
fn the_majority_says_tempo_and_key_and_the_others_are_flagged() {
    let files = [
        mono("Kick_124_Am.wav"),
        mono("Bass_124_Am.wav"),
        mono("Pad_126_Cm.wav"),
    ];
    let found = proposal(&files);
    assert_eq!((found.bpm, found.key.as_deref()), (Some(124.0), Some("Am")));
    assert_eq!(found.remarks.len(), 2, "{:?}", found.remarks);
    assert_eq!(stem(&found, "Pad_126_Cm.wav").doubts.len(), 2);
    let given = Given {
        bpm: Some(90.0),
        key: Some("Dm".to_owned()),
        ..Given::default()
    };
    let found = propose(&files, &given, &mut |_| None);
    assert_eq!((found.bpm, found.key.as_deref()), (Some(90.0), Some("Dm")));
    assert!(found.remarks.is_empty());
}

#[test]
fn a_sum_beside_its_parts_is_flagged() {
    let found = proposal(&[
        mono("Kick In.wav"),
        mono("Kick_SUM.wav"),
        mono("Snare.wav"),
        mono("Drum Bus.wav"),
        mono("Drum Loop.wav"),
    ]);
    assert!(stem(&found, "Kick_SUM.wav").flagged());
    assert!(stem(&found, "Drum Bus.wav").flagged());
    assert!(!stem(&found, "Drum Loop.wav").flagged());
    assert!(!stem(&found, "Kick In.wav").flagged());
}

#[test]
fn a_file_of_many_channels_becomes_pairs() {
    let found = proposal(&[file("Pad 5.wav", 5), file("Array.wav", 200)]);
    let pads: Vec<_> = found
        .stems
        .iter()
        .filter(|s| s.file == "Pad 5.wav")
        .collect();
    let channels: Vec<_> = pads.iter().map(|s| s.channels.clone().unwrap()).collect();
    assert_eq!(channels, [vec![1, 2], vec![3, 4], vec![5]]);
    assert!(pads.iter().all(|s| s.flagged() && s.included));
    assert!(!stem(&found, "Array.wav").included);
}

#[test]
fn names_are_unique_and_safe() {
    let found = proposal(&[
        mono("a/Kick.wav"),
        mono("b/kick.wav"),
        mono("con.wav"),
        mono("...wav"),
        mono(&format!("{}.wav", "x".repeat(300))),
    ]);
    let mut names: Vec<String> = found.stems.iter().map(|s| s.name.to_lowercase()).collect();
    assert!(
        names
            .iter()
            .all(|n| !n.trim().is_empty() && n.chars().count() <= 90 && n != "con")
    );
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 5);
}

#[test]
fn no_fader_is_above_unity() {
    let files: Vec<_> = Role::all()
        .iter()
        .map(|role| file(&format!("{}.wav", role.title), 2))
        .collect();
    let text = session_text(&proposal(&files), ".");
    assert!(!text.contains("gain"));
    assert!(text.contains("0 dB"));
    let parsed: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(parsed["out"].as_array().unwrap().len(), 3);
}
