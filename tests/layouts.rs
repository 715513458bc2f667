//! The promise of layouts: the built-in ones have the published figures, names mean one layout or are
//! refused, broken layout files get every fault named, and other programs' files come in whole.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use umbel::Error;
use umbel::format::layout_file;
use umbel::layout::{self, Layout, import, library, parse};

const SPEAKERS: &str = include_str!("data/layouts/speakers.csv");
const MASKS: &str = include_str!("data/layouts/masks.csv");

fn golden(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).map(|line| line.split(',').collect())
}

fn built_in(name: &str) -> &'static Layout {
    library()
        .iter()
        .find(|layout| layout.name == name)
        .unwrap_or_else(|| panic!("{name} is not built in"))
}

fn same_angle(a: f64, b: f64) -> bool {
    ((a - b + 540.0).rem_euclid(360.0) - 180.0).abs() < 1e-6
}

// --- The built-in layouts ---------------------------------------------------------------------------

#[test]
fn every_channel_has_the_published_figures_in_the_published_order() {
    let mut channels = std::collections::BTreeMap::new();
    for row in golden(SPEAKERS) {
        let &[
            name,
            label,
            trade,
            azimuth,
            elevation,
            az_min,
            az_max,
            el_min,
            el_max,
            lfe,
            bit,
        ] = row.as_slice()
        else {
            panic!("{row:?}");
        };
        let layout = built_in(name);
        let channel = channels.entry(name).or_insert(0);
        let speaker = &layout.speakers[*channel];
        let place = format!("{name} channel {}", *channel + 1);
        *channel += 1;
        assert_eq!(speaker.label, label, "{place}");
        assert_eq!(speaker.name.as_deref(), Some(trade), "{place}");
        let (az, el, distance) = speaker.polar();
        assert!(same_angle(az, azimuth.parse().unwrap()), "{place}: {az}");
        assert!(same_angle(el, elevation.parse().unwrap()), "{place}: {el}");
        assert!((distance - 1.0).abs() < 1e-12, "{place}");
        assert_eq!(speaker.lfe, lfe == "1", "{place}");
        assert_eq!(speaker.mask_bit, bit.parse().ok(), "{place}");
        for (range, min, max) in [
            (speaker.azimuth_range, az_min, az_max),
            (speaker.elevation_range, el_min, el_max),
        ] {
            let ends = range.map(|range| (range.min, range.max));
            let wanted = min.parse::<f64>().ok().zip(max.parse::<f64>().ok());
            assert_eq!(ends, wanted, "{place}");
        }
    }
    assert_eq!(channels.len(), 31);
    assert_eq!(library().len(), 31);
    for (name, count) in channels {
        assert_eq!(built_in(name).channels(), count, "{name}");
    }
}

#[test]
fn masks_and_the_order_they_bring_are_the_published_ones() {
    for row in golden(MASKS) {
        let &[name, channels, mask, order] = row.as_slice() else {
            panic!("{row:?}");
        };
        let layout = built_in(name);
        assert_eq!(layout.channels().to_string(), channels, "{name}");
        let written = layout
            .channel_mask()
            .map_or_else(String::new, |mask| format!("{mask:#x}"));
        assert_eq!(written, mask, "{name}");
        let labels = layout.mask_order().map_or_else(String::new, |order| {
            let labels: Vec<&str> = order
                .iter()
                .map(|&channel| layout.speakers[channel].label.as_str())
                .collect();
            labels.join(" ")
        });
        assert_eq!(labels, order, "{name}");
    }
}

#[test]
fn seven_one_four_is_written_with_the_backs_before_the_sides() {
    let layout = layout::find("7.1.4").unwrap();
    assert_eq!(layout.channel_mask(), Some(0x2d63f));
    let order = layout.mask_order().unwrap();
    let names: Vec<&str> = order
        .iter()
        .map(|&c| layout.speakers[c].name.as_deref().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "L", "R", "C", "LFE", "Lrs", "Rrs", "Lss", "Rss", "Ltf", "Rtf", "Ltb", "Rtb"
        ]
    );
}

#[test]
fn built_in_layouts_are_symmetric_and_inside_their_own_ranges() {
    for layout in library() {
        for speaker in layout.speakers.iter().filter(|speaker| !speaker.lfe) {
            let here = speaker.direction();
            let mirrored = layout.speakers.iter().any(|other| {
                let there = other.direction();
                !other.lfe
                    && (there.x + here.x).abs() + (there.y - here.y).abs() < 1e-9
                    && (there.z - here.z).abs() < 1e-9
            });
            assert!(
                mirrored,
                "{} {} has no mirror image",
                layout.name, speaker.label
            );
            let (azimuth, elevation, _) = speaker.polar();
            if let Some(range) = speaker.azimuth_range {
                assert!(
                    range.min <= azimuth && azimuth <= range.max,
                    "{}",
                    speaker.label
                );
            }
            if let Some(range) = speaker.elevation_range {
                assert!(
                    range.min <= elevation && elevation <= range.max,
                    "{}",
                    speaker.label
                );
            }
        }
        let lfe = layout.lfe_channel();
        assert_eq!(
            lfe.is_some(),
            layout.speakers.iter().any(|speaker| speaker.lfe)
        );
    }
}

// --- Broken layout files ----------------------------------------------------------------------------

/// What a layout file must get: its codes in the order of the file, and words of its first message.
const BROKEN: [(&str, &[&str], &str); 33] = [
    ("", &["U413"], "\"speakers\""),
    ("speakers = []", &["U417"], "no speaker"),
    ("speakers = 5", &["U412"], "not an array"),
    ("speakers = [ 1 ]", &["U412"], "speaker 1 is an integer"),
    (
        "speakers = [ { label = \"L\", az = 30 } ]",
        &["U417"],
        "one speaker, \"L\"",
    ),
    (
        "speakers = [ { label = \"LFE\", lfe = true } ]",
        &["U417"],
        "only LFE",
    ),
    (
        "speakers = [ { label = \"L\", az = 30 }, { label = \"LFE\", lfe = true } ]",
        &["U417"],
        "one speaker",
    ),
    (
        "speakers = [ { label = \"A\", az = 30 }, { label = \"B\", az = 30.01 }, { label = \"C\", az = 30 } ]",
        &["U417"],
        "all 3 speakers are in one direction",
    ),
    (
        "speakers = [ { label = \"A\", az = 30 }, { label = \"B\", az = 30.01 }, { label = \"C\", az = 90 } ]",
        &["U416"],
        "\"A\" and \"B\" are 0.010 degrees apart",
    ),
    (
        "speakers = [ { label = \"A\", az = 30, el = 90 }, { label = \"B\", az = -30, el = 90 }, { label = \"C\", az = 90 } ]",
        &["U416"],
        "\"A\" and \"B\"",
    ),
    (
        "speakers = [ { label = \"A\", az = 30, room = [-1, 1, 0] }, { label = \"B\", az = -30, room = [-1, 1, -0.0] } ]",
        &["U416"],
        "\"A\" and \"B\" have the same place in the room, [-1, 1, 0]",
    ),
    (
        "speakers = [ { label = \"A\", az = 30, room = [-1, 1, 0] }, { label = \"B\", room = [-1, 1, 0] } ]",
        &["U413", "U416"],
        "has no \"az\"",
    ),
    (
        "speakers = [ { label = \"A\", az = 30 }, { label = \"a\", az = -30 } ]",
        &["U415"],
        "speakers 1 and 2 are both labelled",
    ),
    (
        "speakers = [ { label = \"A\", az = 30, wav = \"FL\" }, { label = \"B\", az = -30, wav = \"fl\" } ]",
        &["U415"],
        "\"A\" and \"B\" have the same WAV position",
    ),
    (
        "speakers = [ { label = \"A\", az = 30, wav = \"LF\" }, { label = \"B\", az = -30 } ]",
        &["U414"],
        "\"LF\"",
    ),
    (
        "speakers = [ { label = \"A\", azimut = 30 }, { label = \"B\", az = -30 } ]",
        &["U413", "U411"],
        "has no \"az\"",
    ),
    ("speekers = []", &["U411", "U413"], "\"speekers\""),
    (
        "speakers = [ { az = 30 }, { label = \"B\", az = -30 } ]",
        &["U413"],
        "no \"label\"",
    ),
    (
        "speakers = [ { label = \"\", az = 30 }, { label = \"B\", az = -30 } ]",
        &["U414"],
        "empty",
    ),
    (
        "speakers = [ { label = 7, az = 30 }, { label = \"B\", az = -30 } ]",
        &["U412"],
        "text",
    ),
    (
        "speakers = [ { label = \"A\", az = \"30\" }, { label = \"B\", az = -30 } ]",
        &["U412"],
        "a number",
    ),
    (
        "speakers = [ { label = \"A\", az = nan }, { label = \"B\", az = -30 } ]",
        &["U414"],
        "NaN",
    ),
    (
        "speakers = [ { label = \"A\", az = inf }, { label = \"B\", az = -30 } ]",
        &["U414"],
        "inf",
    ),
    (
        "speakers = [ { label = \"A\", az = 361 }, { label = \"B\", az = -30 } ]",
        &["U414"],
        "361",
    ),
    (
        "speakers = [ { label = \"A\", az = 99999999999999999999 }, { label = \"B\", az = -30 } ]",
        &["U414"],
        "inf",
    ),
    (
        "speakers = [ { label = \"A\", az = 0, el = 91 }, { label = \"B\", az = -30 } ]",
        &["U414"],
        "91",
    ),
    (
        "speakers = [ { label = \"A\", az = 0, x = 1, y = 1 }, { label = \"B\", az = -30 } ]",
        &["U418"],
        "both angles and x/y/z",
    ),
    (
        "speakers = [ { label = \"A\", x = 0, y = 0, z = 0 }, { label = \"B\", x = 1, y = 1 } ]",
        &["U414"],
        "where the listener is",
    ),
    (
        "speakers = [ { label = \"A\", az = 0, dist = 2 }, { label = \"B\", az = -30 } ]",
        &["U413"],
        "\"B\" has no distance",
    ),
    (
        "speakers = [ { label = \"A\", az = 0, dist = 0.001 }, { label = \"B\", az = -30, dist = 1 } ]",
        &["U414"],
        "is 0.001",
    ),
    (
        "speakers = [ { label = \"A\", az = 0, gain = 99, delay = -1, lfe = 1 }, { label = \"B\", az = -30 } ]",
        &["U414", "U414", "U412"],
        "99",
    ),
    (
        "speakers = [ { label = \"A\", az = 0, az-range = [1, 2, 3], el-range = [9, 1] }, { label = \"B\", az = -30 } ]",
        &["U412", "U414"],
        "array of 2 numbers",
    ),
    (
        "speakers = [ { label = \"A\", az = 0 }, ",
        &["U410"],
        "not TOML",
    ),
];

#[test]
fn broken_layout_files_get_every_fault_named_with_its_place() {
    for (text, codes, words) in BROKEN {
        let Err(Error::Session { path, findings }) = parse(text, Path::new("room.toml")) else {
            panic!("accepted: {text}");
        };
        assert_eq!(path, Path::new("room.toml"));
        let found: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(found, codes, "{text}\n{findings:#?}");
        assert!(findings[0].message.contains(words), "{text}\n{findings:#?}");
        for finding in &findings {
            let span = finding.span.clone().unwrap_or_default();
            assert!(
                span.end <= text.len() && span.start <= span.end,
                "{text}: {finding:?}"
            );
            assert!(finding.line_column.is_some(), "{text}: {finding:?}");
        }
    }
}

#[test]
fn a_misspelt_key_is_underlined_and_the_right_one_offered() {
    let text = "name = \"room\"\nspeakers = [\n  { label = \"L\", az = 30, elev = 5 },\n  { label = \"R\", az = -30, distance = 2 },\n]\n";
    let Err(Error::Session { findings, .. }) = parse(text, Path::new("room.toml")) else {
        panic!("accepted");
    };
    let named: Vec<_> = findings
        .iter()
        .map(|finding| {
            let span = finding.span.clone().unwrap();
            (
                finding.line_column.unwrap(),
                &text[span],
                finding.help.as_str(),
            )
        })
        .collect();
    assert_eq!(
        named,
        [
            ((3, 27), "elev", "did you mean \"el\"?"),
            ((4, 28), "distance", "did you mean \"dist\"?"),
        ]
    );
}

#[test]
fn odd_but_right_files_are_read() {
    let plain = "speakers = [ { label = \"L\", az = 30 }, { label = \"R\", az = -30 } ]";
    let wanted = parse(plain, Path::new("room.toml")).unwrap();
    assert_eq!(wanted.name, "room");
    for same in [
        format!("\u{feff}{plain}"),
        plain.replace("}, {", "},\r\n{"),
        "[[speakers]]\r\nlabel = \"L\"\r\naz = 30.0\r\n[[speakers]]\r\nlabel = \"R\"\r\naz = 330\r\n".to_owned(),
    ] {
        assert_eq!(parse(&same, Path::new("room.toml")).unwrap(), wanted, "{same:?}");
    }
    // An antipodal pair, a pole, two LFE, one of them with a direction.
    let odd = "speakers = [ { label = \"A\", az = 90 }, { label = \"B\", az = -90 }, { label = \"T\", az = 0, el = 90 },
        { label = \"W1\", lfe = true }, { label = \"W2\", lfe = true, az = 90, el = 0 } ]";
    assert_eq!(parse(odd, Path::new("x")).unwrap().lfe_channel(), Some(3));
}

#[test]
fn metres_give_directions_and_relative_distances() {
    let text = "speakers = [ { label = \"L\", x = -1, y = 1 }, { label = \"R\", x = 2, y = 2, z = 0 }, { label = \"T\", x = 0, y = 0, z = 1 } ]";
    let reading = layout::read(text, Path::new("room.toml"));
    let layout = reading.layout.unwrap();
    let radius_m = reading.radius_m.unwrap();
    assert!((radius_m - 8.0_f64.sqrt()).abs() < 1e-12);
    let (azimuth, elevation, distance) = layout.speakers[0].polar();
    assert!((azimuth - 45.0).abs() < 1e-9 && elevation.abs() < 1e-9);
    assert!((distance - 0.5).abs() < 1e-12, "{distance}");
    assert!((layout.speakers[2].polar().1 - 90.0).abs() < 1e-9);
}

#[test]
fn hostile_files_are_answered_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let nested = format!("speakers = {}{}", "[".repeat(10_000), "]".repeat(10_000));
    let row = |i: usize| format!("{{ label = \"S{}\", az = {} }},\n", i % 3, i % 180);
    let many: String = (0..20_000).map(row).collect();
    let unknown: String = (0..40_000).map(|i| format!("key{i} = 1\n")).collect();
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("big.toml", vec![b' '; 50 << 20], "at most"),
        (
            "latin1.toml",
            b"name = \"a\"\ntitle = \"Stra\xdfe\"".to_vec(),
            "line 2",
        ),
        ("zeros.toml", vec![0; 4096], "error"),
        ("nested.toml", nested.into_bytes(), "error"),
        (
            "many.toml",
            format!("speakers = [\n{many}]").into_bytes(),
            "1 error",
        ),
        ("unknown.toml", unknown.into_bytes(), "200 errors"),
        (
            "same.toml",
            format!(
                "speakers = [\n{}]",
                "{ label = \"A\", az = 1 },\n".repeat(4000)
            )
            .into_bytes(),
            "error",
        ),
    ];
    for (name, bytes, words) in cases {
        std::fs::write(path(name), bytes).unwrap();
        let started = Instant::now();
        let problem = layout_file::load(&path(name).display().to_string()).unwrap_err();
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{name}: {:?}",
            started.elapsed()
        );
        assert!(problem.to_string().contains(words), "{name}: {problem}");
        assert!(problem.to_string().contains(name), "{name}: {problem}");
    }
    for (asked, words) in [
        ("", "empty"),
        ("./no/such.toml", "cannot open"),
        ("7.1.5", "did you mean"),
        ("5.1.2", "several layouts"),
    ] {
        let problem = layout_file::load(asked).unwrap_err().to_string();
        assert!(problem.contains(words), "{asked}: {problem}");
    }
    let problem = layout_file::load(&format!("{}/", folder.path().display())).unwrap_err();
    assert!(problem.to_string().contains("a folder"), "{problem}");
}

// --- Other programs' files --------------------------------------------------------------------------

const IEM: &str = r#"{
  "Name": "All", "Description": "by hand",
  "LoudspeakerLayout": {
    "Name": "Studio",
    "Loudspeakers": [
      {"Azimuth": -30.0, "Elevation": 0.0, "Radius": 2.0, "IsImaginary": false, "Channel": 2, "Gain": 0.5},
      {"Azimuth": 30.0, "Elevation": 0.0, "Radius": 2.5, "IsImaginary": false, "Channel": 1, "Gain": 1.0},
      {"Azimuth": 180.0, "Elevation": 10.0, "Radius": 2.0, "IsImaginary": false, "Channel": 4, "Gain": 1.0},
      {"Azimuth": 0.0, "Elevation": -90.0, "Radius": 1.0, "IsImaginary": true, "Channel": 5, "Gain": 0.0}
    ]
  }
}"#;

#[test]
fn iem_json_keeps_order_angles_radii_and_gains() {
    let imported = import(IEM, Path::new("studio.json"), None).unwrap();
    assert_eq!(imported.layout.name, "Studio");
    let of: Vec<_> = imported
        .layout
        .speakers
        .iter()
        .map(|s| (s.label.as_str(), s.polar(), (s.gain_db * 100.0).round()))
        .collect();
    assert_eq!(
        of,
        [
            ("S1", (30.0, 0.0, 1.0), 0.0),
            ("S2", (-30.0, 0.0, 0.8), -602.0),
            ("S4", (180.0, 10.0, 0.8), 0.0),
        ]
    );
    assert!(imported.text.contains("dist = 2.5"), "{}", imported.text);
    assert!(
        imported
            .losses
            .iter()
            .any(|loss| loss.starts_with("1 imaginary"))
    );
    assert!(
        imported
            .losses
            .iter()
            .any(|loss| loss.contains("outputs 1 2 4"))
    );
    let again = parse(&imported.text, Path::new("studio.toml")).unwrap();
    assert_eq!(again, imported.layout);
    // SPARTA's other name for the same list.
    let sparta = IEM
        .replace("LoudspeakerLayout", "GenericLayout")
        .replace("Loudspeakers", "Elements");
    let sparta = import(&sparta, Path::new("studio.json"), None).unwrap();
    assert_eq!(sparta.layout.speakers, imported.layout.speakers);
}

const GRIS_3: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<SPEAKER_SETUP VERSION="3.1.14" SPAT_MODE="Dome" DIFFUSION="0.0" GENERAL_MUTE="0">
  <SPEAKER_1 STATE="normal" GAIN="-1.5" DIRECT_OUT_ONLY="0">
    <POSITION X="-0.7071067811865476" Y="0.7071067811865476" Z="0"/>
    <HIGHPASS FREQ="60.0"/>
  </SPEAKER_1>
  <SPEAKER_2 STATE="normal" GAIN="0.0" DIRECT_OUT_ONLY="0"><POSITION X="0.7071067811865476" Y="0.7071067811865476" Z="0"/></SPEAKER_2>
  <SPEAKER_10 STATE="muted" GAIN="0.0" DIRECT_OUT_ONLY="0"><POSITION X="0" Y="-0.8660254037844386" Z="0.5"/></SPEAKER_10>
  <SPEAKER_17 STATE="normal" GAIN="0.0" DIRECT_OUT_ONLY="1"><POSITION X="1" Y="1" Z="0"/></SPEAKER_17>
</SPEAKER_SETUP>"#;

const GRIS_2: &str = r#"<SpeakerSetup Name="quad.xml" Dimension="3">
  <Ring>
    <Speaker PositionX="-0.8660254037844386" PositionY="0" PositionZ="0.5" Azimuth="180" Zenith="30" Radius="1" LayoutIndex="1" OutputPatch="10" Gain="0" HighPassCutoff="0" DirectOut="0"/>
    <Speaker PositionX="0.7071067811865476" PositionY="0.7071067811865476" PositionZ="0" Azimuth="45" Zenith="0" Radius="1" LayoutIndex="2" OutputPatch="2" Gain="0" HighPassCutoff="0" DirectOut="0"/>
    <Speaker PositionX="0.7071067811865476" PositionY="-0.7071067811865476" PositionZ="0" Azimuth="315" Zenith="0" Radius="1" LayoutIndex="3" OutputPatch="1" Gain="-1.5" HighPassCutoff="60" DirectOut="0"/>
    <Speaker PositionX="1" PositionY="1" PositionZ="0" Azimuth="45" Zenith="0" Radius="1.4" LayoutIndex="4" OutputPatch="17" Gain="0" HighPassCutoff="0" DirectOut="1"/>
  </Ring>
  <triplet id1="1" id2="2" id3="10"/>
</SpeakerSetup>"#;

const GRIS_4: &str = r#"<SPEAKER_SETUP SPEAKER_SETUP_VERSION="4.0.0" SPAT_MODE="Dome" DIFFUSION="0" GENERAL_MUTE="0" UUID="a">
  <SPEAKER_GROUP SPEAKER_GROUP_NAME="MAIN" CARTESIAN_POSITION="(0, 0, 0)" UUID="b">
    <SPEAKER SPEAKER_PATCH_ID="1" IO_STATE="normal" GAIN="-1.5" DIRECT_OUT_ONLY="0" HIGHPASS_FREQ="60" CARTESIAN_POSITION="(-0.7071067811865476, 0.7071067811865476, 0)"/>
    <SPEAKER SPEAKER_PATCH_ID="2" IO_STATE="normal" GAIN="0" DIRECT_OUT_ONLY="0" CARTESIAN_POSITION="(0.7071067811865476, 0.7071067811865476, 0)"/>
    <SPEAKER SPEAKER_PATCH_ID="10" IO_STATE="muted" GAIN="0" DIRECT_OUT_ONLY="0" CARTESIAN_POSITION="(0, -0.8660254037844386, 0.5)"/>
    <SPEAKER SPEAKER_PATCH_ID="17" IO_STATE="normal" GAIN="0" DIRECT_OUT_ONLY="1" CARTESIAN_POSITION="(1, 1, 0)"/>
  </SPEAKER_GROUP>
</SPEAKER_SETUP>"#;

#[test]
fn a_direct_out_at_the_listener_is_an_lfe_that_stands_nowhere() {
    let place = r#"<POSITION X="1" Y="1" Z="0"/>"#;
    assert!(GRIS_3.contains(place));
    let text = GRIS_3
        .replace(place, r#"<POSITION X="0" Y="0" Z="0"/>"#)
        // Distances are kept where they differ.
        .replace(
            r#"X="0" Y="-0.8660254037844386" Z="0.5""#,
            r#"X="0" Y="-2" Z="0""#,
        );
    let imported = import(&text, Path::new("quad.xml"), None).unwrap();
    let distances: Vec<_> = imported
        .layout
        .speakers
        .iter()
        .map(|s| s.polar().2)
        .collect();
    let (lfe, others) = distances.split_last().unwrap();
    assert!(imported.layout.speakers.last().unwrap().lfe);
    assert!((others[2] / others[0] - 2.0).abs() < 1e-9, "{distances:?}");
    assert!((lfe / others[2] - 1.0).abs() < 1e-9, "{distances:?}");
}

#[test]
fn three_generations_of_spatgris_setups_say_the_same() {
    for (text, losses) in [
        (
            GRIS_2,
            vec![
                "LFE-17",
                "1 high-pass",
                "1 speaker triplets",
                "outputs 1 2 10 17",
            ],
        ),
        (
            GRIS_3,
            vec![
                "LFE-17",
                "1 high-pass",
                "mute or solo of speaker 10",
                "outputs 1 2 10 17",
            ],
        ),
        (
            GRIS_4,
            vec![
                "LFE-17",
                "1 high-pass",
                "mute or solo of speaker 10",
                "outputs 1 2 10 17",
            ],
        ),
    ] {
        let imported = import(text, Path::new("quad.xml"), None).unwrap();
        let wanted = [("S1", 45.0, 0.0), ("S2", -45.0, 0.0), ("S10", 180.0, 30.0)];
        for (speaker, (label, azimuth, elevation)) in imported.layout.speakers.iter().zip(wanted) {
            let (az, el, distance) = speaker.polar();
            assert_eq!(speaker.label, label, "{text}");
            assert!(
                same_angle(az, azimuth) && same_angle(el, elevation),
                "{label} {az} {el}"
            );
            assert!((distance - 1.0).abs() < 1e-9, "{label}: {distance}");
        }
        assert!((imported.layout.speakers[0].gain_db + 1.5).abs() < 1e-9);
        assert_eq!(imported.layout.lfe_channel(), Some(3));
        for loss in losses {
            assert!(
                imported.losses.iter().any(|said| said.contains(loss)),
                "{loss}: {:?}",
                imported.losses
            );
        }
    }
}

const EAR: &str = "screen: null
speakers:
    - {channel: 1,  names: M-030, position: {az: -30.0,  el: 0.0,   r: 2.4}}
    - {channel: 0,  names: M+030, position: {az: 30.0,   el: 0.0,   r: 2.4}}
    - {channel: 2,  names: [U+180, UH+180], position: {az: 180.0,  el: 40.0,  r: 1.2}}
    - {channel: 3,  names: LFE1,  position: {az: 17.0,   el: -25.0, r: 2.0}, gain_linear: 0.316228}
";

const EAR_LAYOUTS: &str = "- name: 0+2+0
  channels:
  - {name: M+030, position: {az: 30.0, el: 0.0}}
  - {name: M-030, position: {az: -30.0, el: 0.0}}
- name: 2+2+0
  channels:
  - {name: M+030, position: {az: 30.0, el: 0.0}, az_range: [25.0, 35.0]}
  - {name: M-030, position: {az: -30.0, el: 0.0}}
  - {name: LFE1, is_lfe: true, position: {az: 45.0, el: -30.0}}
  - {name: U+030, position: {az: 30.0, el: 30.0}, el_range: [30.0, 55.0]}
  - {name: U-030, position: {az: -30.0, el: 30.0}}
";

#[test]
fn ear_yaml_comes_in_as_a_room_or_as_a_list_of_layouts() {
    let room = import(EAR, Path::new("room.yaml"), None).unwrap();
    let labels: Vec<&str> = room
        .layout
        .speakers
        .iter()
        .map(|s| s.label.as_str())
        .collect();
    assert_eq!(labels, ["M+030", "M-030", "U+180", "LFE1"]);
    assert!((room.layout.speakers[2].polar().2 - 0.5).abs() < 1e-9);
    assert!((room.layout.speakers[3].gain_db + 10.0).abs() < 1e-4);
    assert!(room.layout.speakers[3].lfe);
    assert_eq!(room.losses.len(), 1, "{:?}", room.losses);
    assert!(room.losses[0].contains("UH+180"));
    assert_eq!(room.layout.screen, None);

    let wall =
        "{type: cart, aspectRatio: 2.0, centrePosition: {X: 0.0, Y: 1.0, Z: 0.1}, widthX: 1.5}";
    let with_wall = EAR.replace("screen: null", &format!("screen: {wall}"));
    let room = import(&with_wall, Path::new("room.yaml"), None).unwrap();
    let screen = room.layout.screen.unwrap();
    assert!((screen.width - 1.5).abs() < 1e-12 && (screen.aspect_ratio - 2.0).abs() < 1e-12);
    let behind = "{type: polar, aspectRatio: 1.78, centrePosition: {az: 170.0, el: 0.0, r: 1.0}, widthAzimuth: 58.0}";
    let text = EAR.replace("screen: null", &format!("screen: {behind}"));
    let refused = import(&text, Path::new("room.yaml"), None)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("screen") && refused.contains("behind"),
        "{refused}"
    );
    let refused = import(EAR_LAYOUTS, Path::new("l.yaml"), None)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("0+2+0, 2+2+0"), "{refused}");
    let layout = import(EAR_LAYOUTS, Path::new("l.yaml"), Some("2+2+0"))
        .unwrap()
        .layout;
    assert_eq!((layout.name.as_str(), layout.channels()), ("2+2+0", 5));
    assert_eq!(
        layout.speakers[0].azimuth_range.map(|range| range.max),
        Some(35.0)
    );

    // Labels in place of channel numbers, positions left to the standard.
    let short = "- {channel: M+030}\n- {channel: M-030}\n- {channel: M+110, position: {az: 105}}\n";
    let layout = import(short, Path::new("s.yaml"), None).unwrap().layout;
    let angles: Vec<f64> = layout.speakers.iter().map(|s| s.polar().0).collect();
    let wanted = [30.0, -30.0, 105.0];
    assert!(
        angles.iter().zip(wanted).all(|(a, b)| same_angle(*a, b)),
        "{angles:?}"
    );
}

#[test]
fn files_that_cannot_be_imported_say_why_and_where() {
    let moved = GRIS_4.replace("\"(0, 0, 0)\"", "\"(0, 0.5, 0)\"");
    let bomb = "<!DOCTYPE a [<!ENTITY b \"x\">]><SPEAKER_SETUP/>";
    let anchors = format!(
        "a: &a [x,x,x,x,x,x,x,x,x]\n{}speakers: *i\n",
        ('b'..='i')
            .map(|c| {
                let before = char::from(c as u8 - 1);
                format!("{c}: &{c} [{}]\n", vec![format!("*{before}"); 9].join(","))
            })
            .collect::<String>()
    );
    let deep = format!("<SPEAKER_SETUP>{}", "<a>".repeat(100_000));
    let cases: Vec<(String, &str)> = vec![
        (String::new(), "empty"),
        ("hello".into(), "neither"),
        ("{\"a\": 1}".into(), "not an IEM"),
        ("{ not json".into(), "not JSON"),
        ("<html/>".into(), "<html>"),
        ("<SPEAKER_SETUP>".into(), "ends inside"),
        ("<SPEAKER_SETUP></SPEAKER_SETUP>".into(), "no speaker"),
        (bomb.into(), "DOCTYPE"),
        (deep, "deep"),
        (moved, "line 2: a speaker group is moved"),
        (anchors, ""),
        (GRIS_3.replace("X=\"0\"", "X=\"nan\""), "X is \"nan\""),
        (
            GRIS_3.replace("SPEAKER_10", "SPEAKER_2"),
            "both on output 2",
        ),
        (
            GRIS_3.replace(
                "<POSITION X=\"0\" Y=\"-0.8660254037844386\" Z=\"0.5\"/>",
                "",
            ),
            "no <POSITION>",
        ),
        (
            GRIS_3.replace("GAIN=\"-1.5\"", "GAIN=\"loud\""),
            "line 3: GAIN is \"loud\"",
        ),
        (
            IEM.replace("\"Azimuth\": 30.0", "\"Azimuth\": \"30\""),
            "Loudspeakers[1]: Azimuth",
        ),
        (
            IEM.replace("\"Gain\": 0.5", "\"Gain\": -1"),
            "Loudspeakers[0]: gain -1",
        ),
        (
            IEM.replace("\"Azimuth\": -30.0", "\"Azimuth\": 30.0"),
            "degrees apart",
        ),
        (
            IEM.replace("\"Channel\": 2", "\"Channel\": 1"),
            "both on output 1",
        ),
        (EAR.replace("az: 30.0", "az: .nan"), "az"),
        (EAR.replace("channel: 1,", "channel: -1,"), "channel is -1"),
    ];
    for (text, words) in cases {
        let started = Instant::now();
        let Err(problem) = import(&text, Path::new("their.file"), None) else {
            panic!("accepted: {}", &text[..text.len().min(200)]);
        };
        let message = problem.to_string();
        assert!(started.elapsed() < Duration::from_secs(5), "{message}");
        assert!(
            message.contains("their.file") && message.contains(words),
            "{words}: {message}"
        );
        assert!(message.len() < 4000, "{message}");
    }
}

// --- The verb ---------------------------------------------------------------------------------------

fn umbel(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

fn stdout_json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}", String::from_utf8_lossy(&output.stdout));
    })
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the test's own folder");
    path
}

#[test]
fn list_and_show_keep_their_contract() {
    let here = tempfile::tempdir().unwrap();
    let list = stdout_json(&umbel(here.path(), &["layout", "list", "--json"]));
    assert_eq!(list.as_array().map(Vec::len), Some(31));
    let shown = stdout_json(&umbel(here.path(), &["layout", "show", "7.1.4", "--json"]));
    assert_eq!(shown["name"], "4+7+0");
    assert_eq!(shown["channel_mask"], 0x2d63f);
    let channels = shown["channels"].as_array().unwrap();
    assert_eq!(channels.len(), 12);
    let lfe = &channels[3];
    assert_eq!((&lfe["label"], &lfe["lfe"]), (&"LFE1".into(), &true.into()));
    let side = &channels[4];
    assert_eq!(side["label"], "M+090");
    assert_eq!(side["azimuth"].as_f64(), Some(90.0));
    assert_eq!(side["elevation"].as_f64(), Some(0.0));
    let plain = umbel(here.path(), &["layout", "show", "7.1.4"]);
    let plain = String::from_utf8(plain.stdout).unwrap();
    assert!(
        plain.contains("0x2d63f, in the order L R C LFE Lrs Rrs Lss Rss"),
        "{plain}"
    );
    // "stereo" is said to be two loudspeakers here and the desk's bus in a render, and nothing of it reaches scripts.
    let list = umbel(here.path(), &["layout", "list"]);
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(
        list.contains("\"stereo\" is the stereo bus") && list.contains("`render -l 2.0`"),
        "{list}"
    );
    for (name, is_said) in [("stereo", true), ("Stereo", true), ("2.0", false)] {
        let shown = umbel(here.path(), &["layout", "show", name, "--json"]);
        let said = String::from_utf8_lossy(&shown.stderr).into_owned();
        assert_eq!(
            said.contains("is the stereo bus"),
            is_said,
            "{name}: {said}"
        );
        assert_eq!(stdout_json(&shown)["name"], "0+2+0");
        let toml = umbel(here.path(), &["layout", "show", name, "--toml"]);
        let toml = String::from_utf8(toml.stdout).unwrap();
        assert!(!toml.contains("stereo bus"), "{toml}");
    }
    // One speaker is a layout only where it is built in.
    for (name, is_said) in [("0+1+0", true), ("0+2+0", false)] {
        let shown = umbel(here.path(), &["layout", "show", name, "--toml"]);
        let said = String::from_utf8(shown.stderr).unwrap();
        assert_eq!(said.contains("at least two speakers"), is_said, "{said}");
    }
    let refused = umbel(here.path(), &["layout", "show", "5.1.2"]);
    assert_eq!(refused.status.code(), Some(3));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("2+5+0") && said.contains("dolby-5.1.2"),
        "{said}"
    );
}

#[test]
fn a_shown_layout_is_the_start_of_ones_own() {
    let here = tempfile::tempdir().unwrap();
    let toml = umbel(here.path(), &["layout", "show", "dolby-9.1.6", "--toml"]);
    write(
        here.path(),
        "mine.toml",
        &String::from_utf8(toml.stdout).unwrap(),
    );
    let mine = layout_file::load(&here.path().join("mine.toml").display().to_string()).unwrap();
    assert_eq!(&mine, built_in("dolby-9.1.6"));
}

#[test]
fn check_tells_odd_from_broken() {
    let here = tempfile::tempdir().unwrap();
    write(
        here.path(),
        "odd.toml",
        "speakers = [\n  { label = \"L\", az = 30, dist = 2 },\n  { label = \"R\", az = -35, dist = 3 },\n]\n",
    );
    let odd = umbel(
        here.path(),
        &[
            "layout",
            "check",
            "odd.toml",
            "--json",
            "--picture",
            "odd.svg",
        ],
    );
    assert_eq!(
        odd.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&odd.stderr)
    );
    let found = stdout_json(&odd);
    let codes: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["U420", "U422", "U425"]);
    assert_eq!(found["findings"][0]["line"], 2);
    let delay_ms = found["compensation"][0]["delay_ms"].as_f64().unwrap();
    assert!((delay_ms - 1000.0 / 343.0).abs() < 1e-9, "{delay_ms}");
    assert!(
        std::fs::read_to_string(here.path().join("odd.svg"))
            .unwrap()
            .ends_with("</svg>\n")
    );
    // A second time the picture is there already.
    let again = umbel(
        here.path(),
        &["layout", "check", "odd.toml", "--picture", "odd.svg"],
    );
    assert_eq!(again.status.code(), Some(2));

    write(
        here.path(),
        "one.toml",
        "speakers = [ { label = \"L\", az = 30 } ]",
    );
    let broken = umbel(here.path(), &["layout", "check", "one.toml"]);
    assert_eq!(broken.status.code(), Some(3));
    let said = String::from_utf8(broken.stderr).unwrap();
    assert!(
        said.contains("one.toml") && said.contains("one speaker"),
        "{said}"
    );
}

#[test]
fn import_writes_a_layout_file_and_never_over_another() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), "studio.json", IEM);
    let args = ["layout", "import", "studio.json", "-o", "studio.toml"];
    let done = umbel(here.path(), &args);
    assert_eq!(done.status.code(), Some(0));
    assert!(
        String::from_utf8(done.stderr)
            .unwrap()
            .contains("imaginary")
    );
    let written = std::fs::read_to_string(here.path().join("studio.toml")).unwrap();
    assert_eq!(
        parse(&written, Path::new("studio.toml")).unwrap().name,
        "Studio"
    );
    assert_eq!(umbel(here.path(), &args).status.code(), Some(2));
    let forced = umbel(here.path(), &[&args[..], &["-f"]].concat());
    assert_eq!(forced.status.code(), Some(0));
    write(
        here.path(),
        "bad.json",
        &IEM.replace("\"Gain\": 0.5", "\"Gain\": 0"),
    );
    let failed = umbel(
        here.path(),
        &["layout", "import", "bad.json", "-o", "bad.toml"],
    );
    assert_eq!(failed.status.code(), Some(3));
    let left: Vec<_> = std::fs::read_dir(here.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("bad") && name != "bad.json" || name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
