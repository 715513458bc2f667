//! The command line as scripts meet it: a real process, its exit codes, its streams, its JSON keys.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, where a panic is the report"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use umbel::geometry::Position;
use umbel::panner::{self, GainCalculator};
use umbel::scene::{Extent, ObjectState};

const VERBS: [&str; 16] = [
    "init",
    "check",
    "render",
    "export",
    "process",
    "measure",
    "compare",
    "presets",
    "info",
    "layout",
    "gains",
    "hoa-decoder",
    "convert-position",
    "schema",
    "completions",
    "man",
];

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_umbel"));
    command.args(arguments).env_remove("NO_COLOR");
    command
}

fn umbel(arguments: &[&str]) -> Output {
    umbel_reading(arguments, "")
}

fn umbel_reading(arguments: &[&str], stdin: &str) -> Output {
    let mut child = start(arguments);
    let mut pipe = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    // From a thread of its own: a process that answers while it reads would fill both pipes. One that
    // ends before it has read all is not this side's fault.
    let writer = std::thread::spawn(move || {
        let _ = pipe.write_all(text.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn start(arguments: &[&str]) -> Child {
    command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json_lines(output: &Output) -> Vec<Value> {
    let text = stdout(output);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect()
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// The process ended by itself with this code and, if it failed, with a message that holds the words.
fn assert_ends(output: &Output, code: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "no \"{word}\" in: {said}");
    }
}

fn demo_session() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/open-the-dome/song.toml")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A 24-bit WAV of 997 Hz at -20 dBFS in every channel.
fn write_tone(path: &Path, channels: u16, seconds: u32) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: 48_000,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for n in 0..seconds * 48_000 {
        let x = (std::f64::consts::TAU * 997.0 * f64::from(n) / 48_000.0).sin();
        for _ in 0..channels {
            writer
                .write_sample((0.1 * x * 8_388_607.0).round() as i32)
                .unwrap();
        }
    }
    writer.finalize().unwrap();
}

#[test]
fn help_names_every_verb_and_every_verb_has_help() {
    let help = umbel(&["--help"]);
    assert_ends(&help, 0, &[]);
    for verb in VERBS {
        assert!(stdout(&help).contains(&format!("\n  {verb} ")), "{verb}");
        let help = umbel(&[verb, "--help"]);
        assert_ends(&help, 0, &[]);
        assert!(
            stdout(&help).contains(&format!("Usage: umbel {verb}")),
            "{verb}"
        );
        assert!(stderr(&help).is_empty());
    }
    let version = umbel(&["--version"]);
    assert_eq!(
        stdout(&version).trim(),
        concat!("umbel ", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_is_2_and_says_nothing_on_stdout() {
    for arguments in [
        &["no-such-verb"][..],
        &[],
        &["gains"],
        &["gains", "--layout", "7.1.4", "--panner", "magic"],
        &["gains", "--layout", "7.1.4", "--grid", "0"],
        &["hoa-decoder", "--layout", "7.1.4"],
        &["hoa-decoder", "--layout", "7.1.4", "--order", "0"],
        &["hoa-decoder", "--layout", "7.1.4", "--order", "8"],
        &[
            "hoa-decoder",
            "--layout",
            "7.1.4",
            "--order",
            "4",
            "--normalization",
            "FuMa",
        ],
        &["info"],
        &["info", "x.wav", "--quiet", "--verbose"],
        &["info", "x.wav", "--layout", "7.1.4"],
        &["-j", "0", "schema"],
        &["info", "song.toml", "--measure"],
    ] {
        let output = umbel(arguments);
        assert_ends(&output, 2, &[]);
        assert!(stdout(&output).is_empty(), "{arguments:?}");
        assert!(!stderr(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_failure_under_json_is_one_object_on_stdout_and_words_on_stderr() {
    let cases = [
        (&["--json", "no-such-verb"][..], 2, "usage"),
        (&["--json", "info", "no-such-file.wav"], 1, "io"),
        (&["gains", "--json", "--layout", "9.9.9"], 3, "layout"),
    ];
    for (arguments, code, kind) in cases {
        let output = umbel(arguments);
        assert_ends(&output, code, &["error:"]);
        let lines = json_lines(&output);
        assert_eq!(lines.len(), 1, "{arguments:?}");
        assert_eq!(keys(&lines[0]), ["error", "event"]);
        assert_eq!(lines[0]["event"], "error");
        let error = &lines[0]["error"];
        assert_eq!(keys(error), ["code", "findings", "kind", "message"]);
        assert_eq!(error["code"], code);
        assert_eq!(error["kind"], kind);
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn every_finding_of_a_broken_session_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.toml");
    std::fs::write(&path, "[song]\ntitel = \"x\"\n\n[[stem]]\nname = \"Kick\"\nfile = \"none.wav\"\ngain = \"loud\"\n").unwrap();
    let output = umbel(&["info", "--json", text(&path)]);
    assert_ends(&output, 3, &["titel", "song.toml:2:1"]);
    let error = &json_lines(&output)[0]["error"];
    let findings = error["findings"].as_array().unwrap();
    assert!(findings.len() >= 2, "{findings:?}");
    for key in [
        "code", "severity", "file", "line", "column", "message", "label", "help",
    ] {
        assert!(findings[0].get(key).is_some(), "{key}");
    }
    assert_eq!(findings[0]["line"], 2);
    // The same faults make `check` fail its gate; its one object is the report.
    assert_ends(&umbel(&["check", text(&path)]), 5, &["error"]);
    let output = umbel(&["check", "--json", text(&path)]);
    assert_ends(&output, 5, &["error"]);
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["ok"], false);
}

#[test]
fn each_kind_of_failure_has_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let not_audio = folder.path().join("notes.wav");
    std::fs::write(&not_audio, "these are my notes").unwrap();
    let missing = folder.path().join("missing");
    assert_ends(&umbel(&["info", text(&missing)]), 1, &["missing"]);
    assert_ends(&umbel(&["-C", text(&missing), "schema"]), 1, &["missing"]);
    assert_ends(&umbel(&["info", text(&not_audio)]), 4, &["notes.wav"]);
    assert_ends(&umbel(&["gains", "--layout", "5.1.2"]), 3, &["5.1.2"]);
    let missing = folder.path().join("dome.toml");
    assert_ends(
        &umbel(&["gains", "--layout", text(&missing)]),
        1,
        &["dome.toml"],
    );
}

#[test]
fn colours_are_drawn_when_asked_for_and_never_into_a_pipe_unasked() {
    let coloured = |arguments: &[&str]| stderr(&umbel(arguments)).contains('\x1b');
    assert!(coloured(&["--color", "always", "info", "none.wav"]));
    assert!(!coloured(&["--color", "never", "info", "none.wav"]));
    assert!(!coloured(&["info", "none.wav"]));
    assert!(coloured(&["--color=always", "no-such-verb"]));
    assert!(!coloured(&["no-such-verb"]));
}

#[test]
fn a_folder_to_work_in_changes_what_relative_paths_mean() {
    let folder = tempfile::tempdir().unwrap();
    write_tone(&folder.path().join("tone.wav"), 1, 1);
    assert_ends(
        &umbel(&["info", "tone.wav", "-C", text(folder.path())]),
        0,
        &[],
    );
}

// ---- hoa-decoder -------------------------------------------------------------------------------------

#[test]
fn a_decoder_has_a_row_for_each_channel_and_a_column_for_each_component() {
    let output = umbel(&["hoa-decoder", "--layout", "5.1", "--order", "2", "--json"]);
    assert_ends(&output, 0, &[]);
    let decoder = &json_lines(&output)[0];
    assert_eq!(decoder["layout"], "0+5+0");
    assert_eq!(decoder["normalization"], "SN3D");
    assert_eq!(decoder["components"][8], serde_json::json!([2, 2]));
    let rows = decoder["matrix"].as_array().unwrap();
    assert_eq!(decoder["channels"].as_array().unwrap().len(), rows.len());
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row.as_array().unwrap().len() == 9));
    assert!(rows[3].as_array().unwrap().iter().all(|gain| gain == 0.0));
    let table = umbel(&["hoa-decoder", "--layout", "5.1", "--order", "2"]);
    let table = stdout(&table);
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|l| l.split_whitespace().collect())
        .collect();
    assert_eq!(lines.len(), 7);
    assert_eq!(lines[0][1], "1,-1");
    for (line, row) in lines[1..].iter().zip(rows) {
        assert_eq!(line.len(), 10, "{line:?}");
        let printed: f64 = line[1].parse().unwrap();
        let exact = row[0].as_f64().unwrap();
        assert!((printed - exact).abs() <= 5.1e-6, "{line:?} and {exact}");
    }
}

// ---- gains -------------------------------------------------------------------------------------------

fn gains_of(output: &Output) -> Vec<Vec<f64>> {
    json_lines(output)
        .iter()
        .map(|line| {
            assert_eq!(keys(line), ["diffuse", "direct"]);
            let direct = line["direct"].as_array().unwrap();
            direct.iter().map(|gain| gain.as_f64().unwrap()).collect()
        })
        .collect()
}

#[test]
fn zones_that_hold_every_loudspeaker_are_warned_of_with_the_line() {
    let polar = |from: f64, to: f64| {
        format!(
            "{{\"azimuth\":20,\"zones\":[{{\"min_azimuth\":{from},\"max_azimuth\":{to},\"min_elevation\":-90,\
             \"max_elevation\":90}}]}}\n"
        )
    };
    let room = |min_y: f64| {
        format!(
            "{{\"x\":0.2,\"y\":1,\"zones\":[{{\"min_x\":-1,\"max_x\":1,\"min_y\":{min_y},\"max_y\":1,\"min_z\":-1,\"max_z\":1}}]}}\n"
        )
    };
    // The third leaves the loudspeakers behind, the fifth is a half of the room.
    let lines = [
        "{\"azimuth\":20}\n\n".to_owned(),
        polar(-180.0, 180.0),
        polar(-90.0, 90.0),
        room(-1.0),
        room(0.5),
    ];
    for layout in ["7.1.4", "5.1", "dolby-9.1.6"] {
        let done = umbel_reading(&["gains", "-l", layout, "-q"], &lines.concat());
        assert_ends(&done, 0, &[]);
        let told = stderr(&done);
        let told: Vec<&str> = told.lines().collect();
        assert_eq!(told.len(), 2, "{layout}: {told:?}");
        for (told, line) in told.iter().zip([3, 5]) {
            let words = format!("warning: line {line}: the zones hold every loudspeaker of ");
            assert!(told.starts_with(&words), "{layout}: {told}");
        }
        // They are panned as if they had no zones.
        let plain = umbel_reading(&["gains", "-l", layout], "{\"azimuth\":20}\n");
        let gains = gains_of(&done);
        assert_eq!(gains[1], gains_of(&plain)[0], "{layout}");
        assert_ne!(gains[2], gains[1], "{layout}");
    }
}

#[test]
fn gains_are_those_of_the_panner_to_the_last_bit() {
    for name in ["2.0", "5.1", "7.1.4", "22.2"] {
        let layout = umbel::layout::find(name).unwrap();
        let panner = panner::build(&layout).unwrap();
        let mut calculator = GainCalculator::new(&layout, panner).unwrap();
        let mut input = String::new();
        let mut positions = Vec::new();
        for k in 0..500 {
            let azimuth = f64::from(k) * 7.3 - 1800.0;
            let elevation = f64::from(k % 181) - 90.0;
            let distance = f64::from(k % 5) / 2.0;
            let polar = Position::Polar {
                azimuth,
                elevation,
                distance,
            };
            let width = if k % 3 == 0 { f64::from(k % 360) } else { 0.0 };
            input.push_str(&format!(
                "{{\"azimuth\":{azimuth},\"elevation\":{elevation},\"distance\":{distance},\"width\":{width}}}\n"
            ));
            positions.push((
                polar,
                Extent {
                    width,
                    ..Extent::default()
                },
            ));
            let v = polar.vector();
            input.push_str(&format!("{{\"x\":{},\"y\":{},\"z\":{}}}\n", v.x, v.y, v.z));
            let room = Position::Cartesian {
                x: v.x,
                y: v.y,
                z: v.z,
            };
            positions.push((room, Extent::default()));
        }
        let output = umbel_reading(&["gains", "--layout", name], &input);
        assert_ends(&output, 0, &[]);
        assert!(stderr(&output).is_empty());
        let answers = gains_of(&output);
        assert_eq!(answers.len(), positions.len());
        let mut expected = vec![0.0; layout.channels()];
        let mut diffuse = expected.clone();
        for (answer, (position, extent)) in answers.iter().zip(positions) {
            let state = ObjectState {
                extent,
                ..ObjectState::at(position)
            };
            calculator.object(&state, &mut expected, &mut diffuse);
            let bits = |gains: &[f64]| gains.iter().map(|g| g.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(answer), bits(&expected), "{name} {position:?}");
            let power: f64 = answer.iter().map(|g| g * g).sum();
            let level_db = 10.0 * power.log10();
            // BS.2127 plays points behind the listener of a stereo pair up to 3 dB less.
            let least_db = if name == "2.0" { -3.02 } else { -0.01 };
            assert!(
                (least_db..0.01).contains(&level_db),
                "{name} {position:?}: power {power}"
            );
        }
    }
}

#[test]
fn the_panner_can_be_chosen_where_the_layout_allows() {
    let ask = |layout: &str, panner: Option<&str>| {
        let mut arguments = vec!["gains", "--layout", layout];
        arguments.extend(panner.into_iter().flat_map(|name| ["--panner", name]));
        umbel_reading(&arguments, "{\"azimuth\":-120,\"elevation\":-35}\n")
    };
    let gains = |layout, panner| gains_of(&ask(layout, panner)).remove(0);
    for (layout, usual) in [("4+5+1", "bs2127"), ("dolby-9.1.6", "vbap")] {
        assert_eq!(gains(layout, None), gains(layout, Some(usual)), "{layout}");
    }
    assert_ne!(gains("4+5+1", Some("bs2127")), gains("4+5+1", Some("vbap")));
    let refused = ask("dolby-9.1.6", Some("bs2127"));
    assert_ends(&refused, 3, &["dolby-9.1.6", "4+7+0", "9+10+3", "vbap"]);
    assert!(stdout(&refused).is_empty());
}

#[test]
fn a_source_at_a_speaker_is_that_channel_alone_in_the_layouts_order() {
    let layout = umbel::layout::find("7.1.4").unwrap();
    let input: String = layout
        .speakers
        .iter()
        .map(|speaker| {
            let (azimuth, elevation, _) = speaker.position.to_polar();
            format!("{{\"azimuth\":{azimuth},\"elevation\":{elevation}}}\n")
        })
        .collect();
    let answers = gains_of(&umbel_reading(&["gains", "--layout", "7.1.4"], &input));
    for (channel, (gains, speaker)) in answers.iter().zip(&layout.speakers).enumerate() {
        assert_eq!(gains.len(), 12, "LFE included");
        if speaker.lfe {
            assert!(gains[channel].abs() < 1e-12, "LFE is never panned into");
        } else {
            assert!(
                (gains[channel] - 1.0).abs() < 1e-6,
                "{}: {gains:?}",
                speaker.label
            );
        }
    }
}

#[test]
fn a_line_that_is_no_position_stops_with_its_number_after_the_answers_before_it() {
    let bad = [
        ("nonsense", "not a JSON object"),
        ("[30,0]", "not a JSON object"),
        (r#"{"azimuth":NaN}"#, "column 12"),
        (r#"{"azimuth":"links"}"#, "links"),
        (r#"{"azimuth":30,5}"#, "column"),
        (r#"{"azimuth":1e999}"#, "out of range"),
        (r#"{"elevation":3}"#, "no azimuth"),
        (r#"{"azimuth":0,"x":1}"#, "one of the two"),
        (r#"{"azimuth":0,"elevation":91}"#, "-90 to 90"),
        (r#"{"azimuth":0,"gane":1}"#, "unknown field `gane`"),
    ];
    for (line, words) in bad {
        let input = format!("{{\"azimuth\":30}}\n\n{line}\n{{\"azimuth\":-30}}\n");
        let output = umbel_reading(&["gains", "--layout", "5.1"], &input);
        assert_ends(&output, 3, &["line 3", words]);
        assert_eq!(gains_of(&output).len(), 1, "{line}");
    }
    let endless = format!("{{\"azimuth\":30{}", " ".repeat(1 << 20));
    let output = umbel_reading(&["gains", "--layout", "5.1"], &endless);
    assert_ends(&output, 3, &["line 1", "longer than"]);
}

#[test]
fn no_positions_no_answers_and_the_last_line_needs_no_end() {
    let nothing = umbel(&["gains", "--layout", "5.1"]);
    assert_ends(&nothing, 0, &[]);
    assert!(stdout(&nothing).is_empty());
    let input = "\u{feff}{\"azimuth\":30}\r\n{\"azimuth\":-30}";
    let output = umbel_reading(&["gains", "--layout", "5.1"], input);
    assert_ends(&output, 0, &[]);
    assert_eq!(gains_of(&output).len(), 2);
}

#[test]
fn whoever_waits_for_each_answer_gets_it() {
    let mut child = start(&["gains", "--layout", "7.1.4"]);
    let mut to = child.stdin.take().unwrap();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    for azimuth in [0, 30, -135] {
        writeln!(to, "{{\"azimuth\":{azimuth}}}").unwrap();
        let mut answer = String::new();
        // Would wait for ever if the answer stayed in a buffer.
        from.read_line(&mut answer).unwrap();
        assert!(answer.starts_with("{\"direct\":["), "{answer}");
    }
    drop(to);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_ends_the_output_quietly() {
    let mut child = start(&["gains", "--layout", "22.2", "--grid", "0.5"]);
    drop(child.stdin.take());
    let mut from = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    from.read_line(&mut first).unwrap();
    assert!(first.contains("\"elevation\":-90"), "{first}");
    drop(from);
    let output = child.wait_with_output().unwrap();
    assert_ends(&output, 0, &[]);
    assert!(stderr(&output).is_empty(), "{}", stderr(&output));
}

#[test]
fn a_grid_prints_positions_with_their_gains() {
    let output = umbel(&["gains", "--layout", "7.1.4", "--grid", "30deg"]);
    assert_ends(&output, 0, &[]);
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 2 + 5 * 12);
    for line in &lines {
        assert_eq!(keys(line), ["azimuth", "direct", "elevation"]);
    }
    let left = lines
        .iter()
        .find(|l| l["azimuth"] == 30.0 && l["elevation"] == 0.0);
    assert_eq!(left.unwrap()["direct"][0], 1.0);
}

// ---- info --------------------------------------------------------------------------------------------

#[test]
fn facts_of_a_wav_file_have_stable_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.wav");
    write_tone(&path, 2, 4);
    let output = umbel(&["info", "--json", text(&path)]);
    assert_ends(&output, 0, &[]);
    let facts = &json_lines(&output)[0];
    assert_eq!(
        keys(facts),
        [
            "bits",
            "channel_mask",
            "channels",
            "chunks",
            "container",
            "encoding",
            "file",
            "frames",
            "kind",
            "sample_rate",
            "seconds",
            "speakers",
            "warnings"
        ]
    );
    assert_eq!(facts["kind"], "audio");
    assert_eq!(facts["container"], "RIFF");
    assert_eq!(facts["encoding"], "integer");
    assert_eq!(facts["bits"], 24);
    assert_eq!(facts["channels"], 2);
    assert_eq!(facts["sample_rate"], 48_000);
    assert_eq!(facts["frames"], 4 * 48_000);
    assert_eq!(facts["seconds"], 4.0);
    let data = facts["chunks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["id"] == "data");
    assert_eq!(keys(data.unwrap()), ["id", "offset", "size"]);
    assert_eq!(data.unwrap()["size"], 4 * 48_000 * 2 * 3);
    let words = stdout(&umbel(&["info", text(&path)]));
    for fact in [
        "2 channels",
        "48000 Hz",
        "24-bit integer",
        "0:04.000",
        "\"data\"",
    ] {
        assert!(words.contains(fact), "no {fact} in {words}");
    }
}

#[test]
fn measured_figures_are_those_of_the_tone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.wav");
    write_tone(&path, 1, 4);
    let output = umbel(&["info", "--json", "--measure", text(&path)]);
    assert_ends(&output, 0, &[]);
    let measured = &json_lines(&output)[0]["measured"];
    assert_eq!(
        keys(measured),
        [
            "channel_peaks_dbfs",
            "channel_true_peaks_dbtp",
            "integrated_lufs",
            "momentary_max_lufs",
            "peak_dbfs",
            "range_lu",
            "short_term_max_lufs",
            "true_peak_dbtp"
        ]
    );
    let near = |key: &str, expected: f64| {
        let read = measured[key].as_f64().unwrap();
        assert!((read - expected).abs() < 0.02, "{key}: {read}");
    };
    near("integrated_lufs", -23.01);
    near("momentary_max_lufs", -23.01);
    near("short_term_max_lufs", -23.01);
    near("peak_dbfs", -20.0);
    // A file of many channels without a mask needs to be told which is which.
    let path = folder.path().join("many.wav");
    write_silence(&path, 12);
    assert_ends(
        &umbel(&["info", "--measure", text(&path)]),
        2,
        &["--layout"],
    );
    let output = umbel(&[
        "info",
        "--json",
        "--measure",
        "--layout",
        "7.1.4",
        text(&path),
    ]);
    assert_ends(&output, 0, &[]);
    let measured = &json_lines(&output)[0]["measured"];
    assert!(measured["integrated_lufs"].is_null() && measured["peak_dbfs"].is_null());
    assert_ends(
        &umbel(&["info", "--measure", "--layout", "5.1", text(&path)]),
        2,
        &["12 channels", "has 6"],
    );
}

/// A plain 16-bit header (format tag 1, no mask) and half a second of silence.
fn write_silence(path: &Path, channels: u16) {
    let frames = 24_000_u32;
    write_plain_header(path, channels, frames * u32::from(channels) * 2);
}

/// A plain 16-bit WAV whose data are a hole in the file.
fn write_plain_header(path: &Path, channels: u16, data_bytes: u32) {
    let mut header = Vec::new();
    header.extend(b"RIFF");
    header.extend((data_bytes + 36).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(channels.to_le_bytes());
    header.extend(48_000_u32.to_le_bytes());
    header.extend((48_000 * u32::from(channels) * 2).to_le_bytes());
    header.extend((channels * 2).to_le_bytes());
    header.extend(16_u16.to_le_bytes());
    header.extend(b"data");
    header.extend(data_bytes.to_le_bytes());
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(&header).unwrap();
    file.set_len(u64::from(data_bytes) + header.len() as u64)
        .unwrap();
}

/// Measures hours of silence, behind `before`, until the first word of progress; then sends `signal`.
#[cfg(unix)]
fn interrupted(before: &[&str], signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hours.wav");
    write_plain_header(&path, 2, 4_000_000_000);
    let program = env!("CARGO_BIN_EXE_umbel");
    let words = [
        before,
        &[program, "info", "--json", "--measure", text(&path)],
    ]
    .concat();
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    let mut event = String::new();
    from.read_line(&mut event).unwrap();
    let progress: Value = serde_json::from_str(&event).unwrap();
    assert_eq!(keys(&progress), ["done", "event", "label", "total"]);
    assert_eq!(progress["event"], "progress");
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &id])
            .status()
            .unwrap()
            .success()
    );
    let last = from.lines().map(Result::unwrap).last().unwrap();
    let error: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(error["error"]["kind"], "interrupted", "{before:?} {signal}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_long_work_with_130() {
    // A shell gives what runs behind its `&` an interrupt that is ignored: it is given back where `env` can.
    let given_back = ["env", "--default-signal=INT"];
    let can = Command::new("env")
        .args(["--default-signal=INT", "true"])
        .output();
    let can = can.is_ok_and(|output| output.status.success());
    interrupted(if can { &given_back } else { &[] }, "-INT");
    interrupted(&[], "-TERM");
}

#[cfg(unix)]
#[test]
fn where_nothing_has_been_begun_an_interrupt_is_130_at_once() {
    let mut child = start(&["gains", "--layout", "5.1"]);
    let mut to = child.stdin.take().unwrap();
    to.write_all(b"{\"azimuth\":30}\n").unwrap();
    let mut answer = String::new();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    from.read_line(&mut answer).unwrap();
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[cfg(unix)]
#[test]
fn what_ignores_hangups_still_hears_that_it_is_to_end() {
    interrupted(&["nohup"], "-TERM");
}

#[test]
fn facts_of_a_session_have_stable_keys() {
    let output = umbel(&["info", "--json", text(&demo_session())]);
    assert_ends(&output, 0, &[]);
    let facts = &json_lines(&output)[0];
    assert_eq!(
        keys(facts),
        [
            "bpm", "file", "findings", "groups", "key", "kind", "markers", "meter", "outs",
            "returns", "stems", "tempo", "title"
        ]
    );
    assert_eq!(facts["kind"], "session");
    assert_eq!(facts["bpm"], 124.0);
    assert_eq!(facts["stems"].as_array().unwrap().len(), 12);
    assert_eq!(facts["groups"].as_array().unwrap().len(), 6);
    for stem in facts["stems"].as_array().unwrap() {
        assert_eq!(
            keys(stem),
            [
                "at", "chain", "channels", "colour", "file", "group", "lfe", "move", "mute",
                "name", "sends", "solo", "track"
            ]
        );
        assert!(stem["at"].is_null() != stem["move"].is_null(), "{stem}");
    }
    for out in facts["outs"].as_array().unwrap() {
        assert_eq!(keys(out), ["file", "format", "layout", "name"]);
    }
}

#[test]
fn facts_of_a_layout_file_have_stable_keys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("layouts/4+7+0.toml");
    let output = umbel(&["info", "--json", text(&path)]);
    assert_ends(&output, 0, &[]);
    let facts = &json_lines(&output)[0];
    assert_eq!(
        keys(facts),
        ["aliases", "channels", "file", "kind", "name", "title"]
    );
    assert_eq!(facts["name"], "4+7+0");
    let channels = facts["channels"].as_array().unwrap();
    assert_eq!(channels.len(), 12);
    assert_eq!(
        keys(&channels[0]),
        ["azimuth", "distance", "elevation", "label", "lfe", "name"]
    );
    assert_eq!(channels[0]["label"], "M+030");
    assert_eq!(channels.iter().filter(|c| c["lfe"] == true).count(), 1);
    // Angles are those of the file, to the last digit.
    assert_eq!(channels[0]["azimuth"], 30.0);
    assert_eq!(channels[3]["elevation"], -30.0);
}

// ---- schema, completions, man ------------------------------------------------------------------------

#[test]
fn the_schema_is_a_json_schema() {
    let output = umbel(&["schema"]);
    assert_ends(&output, 0, &[]);
    let schema: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(schema["properties"]["stem"].is_object());
}

#[test]
fn completions_know_every_verb_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = umbel(&["completions", shell]);
        assert_ends(&output, 0, &[]);
        for verb in VERBS {
            assert!(stdout(&output).contains(verb), "{shell}: {verb}");
        }
    }
    assert_ends(&umbel(&["completions", "tcsh"]), 2, &["tcsh"]);
}

#[test]
fn the_manual_is_printed_or_written_page_by_page() {
    let page = umbel(&["man"]);
    assert_ends(&page, 0, &[]);
    assert!(stdout(&page).contains(".TH umbel 1"), "{}", stdout(&page));
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    assert_ends(&umbel(&["man", "--out", text(&pages)]), 0, &[]);
    for name in ["umbel.1".to_owned()]
        .into_iter()
        .chain(VERBS.map(|verb| format!("umbel-{verb}.1")))
    {
        let page = std::fs::read_to_string(pages.join(&name)).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
    }
    let file = folder.path().join("taken");
    std::fs::write(&file, "").unwrap();
    assert_ends(&umbel(&["man", "--out", text(&file)]), 1, &["taken"]);
}

#[test]
fn presets_are_listed_and_can_be_used_by_name_or_as_text() {
    let all = umbel(&["presets", "--json"]);
    let all: Value = serde_json::from_slice(&all.stdout).unwrap();
    let presets = all["presets"].as_array().unwrap();
    assert!(presets.len() >= 4);
    let text = String::from_utf8(umbel(&["presets"]).stdout).unwrap();
    for preset in presets {
        let name = preset["name"].as_str().unwrap();
        assert!(text.contains(name));
        let one = umbel(&["presets", name]);
        assert!(one.status.success());
        let one = String::from_utf8(one.stdout).unwrap();
        assert!(one.ends_with(&format!("{}\n", preset["chain"].as_str().unwrap())));
    }
    let none = umbel(&["presets", "drum-glue"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        String::from_utf8(none.stderr)
            .unwrap()
            .contains("drums-glue")
    );
}

#[test]
fn a_plan_has_the_sizes_of_the_files_and_a_stretch_beyond_the_end_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write_tone(&folder.path().join("a.wav"), 1, 1);
    let session = folder.path().join("song.toml");
    let stem =
        "[song]\ntitle = \"T\"\n[[stem]]\nname = \"a\"\nfile = \"a.wav\"\nat = { az = 30 }\n";
    fs::write(&session, stem).unwrap();
    let folder = text(folder.path()).to_owned();
    for options in [
        &["-l", "5.1,stereo"][..],
        &["-l", "stereo", "--bit-depth", "f32"],
        &["-l", "2.0", "--multi-mono", "--bit-depth", "16"],
        &["-l", "5.1", "--to", "0.3001"],
    ] {
        let all = [
            &["render", text(&session), "--out", &folder, "-f", "--json"],
            options,
        ]
        .concat();
        let planned = umbel(&[&all[..], &["--dry-run"]].concat());
        assert_ends(&planned, 0, &[]);
        assert_ends(&umbel(&all), 0, &[]);
        for output in json_lines(&planned).last().unwrap()["outputs"]
            .as_array()
            .unwrap()
        {
            let files = output["files"].as_array().unwrap().iter();
            let sizes = files.map(|file| fs::metadata(file.as_str().unwrap()).unwrap().len());
            assert_eq!(output["bytes"], sizes.sum::<u64>(), "{options:?}");
        }
    }
    let all = [
        "render",
        text(&session),
        "--out",
        &folder,
        "-f",
        "-l",
        "2.0",
    ];
    let beyond = umbel(&[&all[..], &["--to", "9"]].concat());
    assert_ends(&beyond, 0, &["--to 9", "beyond the end", "1.000 s"]);
    let within = umbel(&[&all[..], &["--to", "1"]].concat());
    assert!(!stderr(&within).contains("beyond"));
}

#[test]
fn nothing_that_is_read_is_ever_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_tone(&at("a.wav"), 1, 1);
    write_tone(&at("master.wav"), 2, 1);
    fs::write(at("m.csv"), "time,azimuth,elevation\n0,0,0\n1,90,0\n").unwrap();
    let layout = Path::new(env!("CARGO_MANIFEST_DIR")).join("layouts/0+5+0.toml");
    fs::copy(layout, at("room.toml")).unwrap();
    let session = "[song]\ntitle = \"one\"\nreference = \"master.wav\"\n\n[[stem]]\nname = \"a\"\n\
                   file = \"a.wav\"\nmove = { csv = \"m.csv\" }\n\n[[out]]\nname = \"mix\"\nformat = \"wav\"\n\
                   layout = \"room.toml\"\nfile = \"mix.wav\"\n";
    fs::write(at("song.toml"), session).unwrap();
    let names = ["a.wav", "master.wav", "m.csv", "room.toml", "song.toml"];
    let before = names.map(|name| fs::read(at(name)).unwrap());
    let inside = |rest: &[&str]| umbel(&[&["-C", text(folder.path()), "-q"], rest].concat());
    let song = "song.toml";
    for name in names {
        let output = inside(&["render", song, "-l", "room.toml", "-o", name, "-f"]);
        assert_ends(&output, 2, &[name, "never replaces"]);
    }
    let output = inside(&["export", "csv", song, "-o", "./song.toml", "-f"]);
    assert_ends(&output, 2, &["song.toml", "never replaces"]);
    let output = inside(&["export", "adm-ebu", song, "-o", "master.wav", "-f"]);
    assert_ends(&output, 2, &["master.wav", "never replaces"]);
    let output = inside(&["init", ".", "-o", "a.wav", "-f"]);
    assert_ends(&output, 2, &["a.wav", "never replaces"]);
    for (name, before) in names.iter().zip(before) {
        assert!(fs::read(at(name)).unwrap() == before, "{name}");
    }
    let output = inside(&[
        "render", song, "-l", "5.1", "-o", "z.wav", "--report", "z.wav",
    ]);
    assert_ends(&output, 2, &["z.wav", "--report"]);
    assert!(!at("z.wav").exists());
    // What the session itself writes may be written again.
    for _ in 0..2 {
        assert_ends(&inside(&["render", song, "--out", ".", "-f"]), 0, &[]);
    }
}

#[test]
fn a_target_named_twice_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (song, out) = (at("song.toml"), at("out"));
    write_tone(&folder.path().join("a.wav"), 1, 1);
    let stem = "[[stem]]\nname = \"a\"\nfile = \"a.wav\"\nat = { az = 30, el = 0 }\n";
    std::fs::write(&song, stem).unwrap();
    let dome = umbel(&["layout", "show", "5.1", "--toml"]).stdout;
    std::fs::write(at("dome.toml"), &dome).unwrap();
    let files = format!("{0},{0}", at("dome.toml"));
    for layouts in [
        "stereo,Stereo",
        "stereo,5.1,stereo",
        "7.1.4,4+7+0",
        "2.0,0+2+0",
        "binaural,Binaural",
        "binaural:7.1.4,binaural:4+7+0",
        &files,
    ] {
        let asked = ["render", &song, "-l", layouts, "--out", &out];
        for more in [&[][..], &["-f"], &["--dry-run"]] {
            let done = umbel(&[&asked[..], more].concat());
            assert_ends(&done, 2, &["-l names", "twice", "name it once"]);
            assert!(!Path::new(&out).exists(), "{layouts}");
        }
    }
    // The bus and the loudspeakers are two targets, as are headphones and loudspeakers on them.
    let asked = [
        "render",
        &song,
        "-l",
        "stereo,2.0,binaural,binaural:2.0,5.1",
        "--out",
        &out,
    ];
    assert_ends(&umbel(&asked), 0, &[]);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 5);
    // Files that differ in capitals only are one on some disks.
    std::fs::create_dir(at("more")).unwrap();
    let other = umbel(&["layout", "show", "7.1", "--toml"]).stdout;
    std::fs::write(at("more/Dome.toml"), other).unwrap();
    let layouts = format!("{},{}", at("dome.toml"), at("more/Dome.toml"));
    let done = umbel(&["render", &song, "-l", &layouts, "--out", &out]);
    assert_ends(&done, 2, &["two outputs would be written"]);
}

/// At 50 Hz filters for the ear's frequencies once gave +680 dB.
#[test]
fn sound_of_too_low_a_rate_is_refused_where_filters_are_needed_and_right_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (song, chained, out) = (at("song.toml"), at("chained.toml"), at("out.wav"));
    let stem = "[[stem]]\nname = \"a\"\nfile = \"a.wav\"\nat = { az = 30, el = 0 }\nlfe = 0\n";
    std::fs::write(&song, stem).unwrap();
    let chain = "chain = [{ sat = { drive = 6 } }]\n";
    std::fs::write(&chained, format!("{stem}{chain}")).unwrap();
    for rate in [50_u32, 100, 1000, 4000, 7999, 8000] {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(at("a.wav"), spec).unwrap();
        for n in 0..4 * rate {
            wav.write_sample(if n % 4 < 2 { 8192_i16 } else { -8192 })
                .unwrap();
        }
        wav.finalize().unwrap();
        let is_low = rate < 8000;
        for layout in ["7.1.4", "stereo", "binaural", "binaural:7.1.4"] {
            let done = umbel(&["render", &song, "-l", layout, "-f", "--json", "-o", &out]);
            if is_low && layout.starts_with("binaural") {
                let found = format!("headphones at a sample rate of {rate} Hz");
                assert_ends(&done, 4, &[&found, "8000 Hz and more"]);
                continue;
            }
            assert_ends(&done, 0, &[]);
            let said = json_lines(&done).pop().unwrap();
            let heard = &said["outputs"][0];
            let peak = heard["peak_dbfs"].as_f64().unwrap();
            assert!((-24.0..-3.0).contains(&peak), "{rate} {layout}: {heard}");
            assert_eq!(
                heard["integrated_lufs"].is_null(),
                is_low,
                "{rate} {layout}: {heard}"
            );
        }
        let code = if is_low { 3 } else { 0 };
        let words = format!("no processor works at {rate} Hz");
        let words = if is_low { vec![words.as_str()] } else { vec![] };
        let done = umbel(&["render", &chained, "-l", "stereo", "-f", "-o", &out]);
        assert_ends(&done, code, &words);
        let done = umbel(&[
            "process",
            &at("a.wav"),
            &out,
            "-f",
            "--chain",
            "[{ limit = { dbtp = -1 } }]",
        ]);
        assert_ends(&done, code, &words);
    }
}

/// A pipe may never begin, and a device never end.
#[test]
#[cfg(unix)]
fn pipes_and_devices_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let pipe = at("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let song = at("song.toml");
    let stem =
        |file: &str| format!("[[stem]]\nname = \"a\"\nfile = \"{file}\"\nat = {{ az = 0 }}\n");
    std::fs::write(&song, stem("a.wav")).unwrap();
    write_tone(&folder.path().join("a.wav"), 1, 1);
    let piped = at("piped.toml");
    std::fs::write(&piped, stem("pipe")).unwrap();
    let out = at("out");
    let phones = ["render", &song, "-l", "binaural", "-o", &out];
    let within_20_s = |arguments: &[&str]| {
        Command::new("timeout")
            .args(["20", env!("CARGO_BIN_EXE_umbel")])
            .args(arguments)
            .output()
            .unwrap()
    };
    for special in [pipe.as_str(), "/dev/zero"] {
        let words = ["not a plain file", special];
        for (option, code) in [
            ("--hrtf", 4),
            ("--headphone-eq", 4),
            ("--head-pose-file", 3),
        ] {
            let done = within_20_s(&[&phones[..], &[option, special]].concat());
            assert_ends(&done, code, &words);
        }
        for arguments in [
            &["info", special][..],
            &["measure", special],
            &["render", special, "-l", "2.0", "-o", &out],
            &["gains", "--panner", "vbap", "-l", special],
            &[
                "process",
                &at("a.wav"),
                &at("b.wav"),
                "--chain-file",
                special,
            ],
        ] {
            let done = within_20_s(arguments);
            let said = stderr(&done);
            assert!(
                said.contains("not a plain file") && done.status.code() != Some(124),
                "{arguments:?}: {said}"
            );
        }
    }
    let done = within_20_s(&["render", &piped, "-l", "2.0", "-o", &out]);
    assert_ends(&done, 3, &["\"pipe\" is not a plain file"]);
}

#[test]
fn a_table_of_poses_that_is_no_text_is_the_users_to_mend() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head.csv");
    let out = folder.path().join("out");
    let session = demo_session();
    for (bytes, words) in [
        (&b"0,1,2,3\n\xFF,1,2,3\n"[..], ["line 2", "UTF-8"]),
        (
            b"0,1,2,3\n1,a,2,3\n",
            ["line 2", "seconds, yaw, pitch, roll"],
        ),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let done = umbel(&[
            "render",
            text(&session),
            "-l",
            "binaural",
            "-o",
            text(&out),
            "--head-pose-file",
            text(&path),
        ]);
        assert_ends(&done, 3, &words);
    }
}

#[test]
fn bounds_are_readable_and_rates_that_are_none_are_refused_where_the_stem_is_opened() {
    let done = umbel_reading(&["gains", "-l", "5.1"], "{\"azimuth\":0,\"distance\":-1}\n");
    assert_ends(&done, 3, &["distance is -1; allowed is 0 to 1e"]);
    let folder = tempfile::tempdir().unwrap();
    // AIFF, 16 bit mono, one frame, at 4294967295 Hz as an extended float.
    let mut aiff = b"FORM\0\0\0\x30AIFFCOMM\0\0\0\x12\0\x01\0\0\0\x01\0\x10".to_vec();
    aiff.extend(b"\x40\x1E\xFF\xFF\xFF\xFF\0\0\0\0SSND\0\0\0\x0A\0\0\0\0\0\0\0\0\x40\0");
    std::fs::write(folder.path().join("fast.aiff"), aiff).unwrap();
    let song = folder.path().join("song.toml");
    let stem = "[[stem]]\nname = \"Fast\"\nfile = \"fast.aiff\"\nat = { az = 0 }\n";
    std::fs::write(&song, stem).unwrap();
    let out = folder.path().join("out");
    let done = umbel(&["render", text(&song), "-l", "2.0", "--out", text(&out)]);
    let words = ["fast.aiff", "Fast", "4294967295 Hz", "1 to 1536000 Hz"];
    assert_ends(&done, 4, &words);
}

#[test]
fn every_input_is_opened_before_the_first_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let missing = folder.path().join("missing.toml");
    let session = demo_session();
    let render = ["render", text(&session), "--out", text(&out), "-l", "2.0"];
    let done = umbel(&[&render[..], &[text(&missing)]].concat());
    assert_ends(&done, 1, &["missing.toml"]);
    assert!(!out.exists(), "the first was rendered");
    let done = umbel(&[&render[..], &["--importance", "5"]].concat());
    assert_ends(&done, 2, &["--importance is about ADM masters"]);
}

/// The usual limit of open files is no limit of stems.
#[cfg(target_os = "linux")]
#[test]
fn a_song_may_have_more_stems_than_files_may_be_open_at_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = "[song]\nbpm = 120\n".to_owned();
    for n in 0..60 {
        write_tone(&folder.path().join(format!("s{n}.wav")), 1, 1);
        session +=
            &format!("[[stem]]\nname = \"s{n}\"\nfile = \"s{n}.wav\"\nat = {{ az = {n} }}\n");
    }
    let song = folder.path().join("song.toml");
    fs::write(&song, session).unwrap();
    let out = folder.path().join("out");
    let script = r#"ulimit -S -n 40 && exec "$0" "$@""#;
    let done = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_umbel"), "render"])
        .args([text(&song), "-l", "2.0", "--out", text(&out)])
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// What a name holds reaches no terminal as it is: neither its commands nor its line breaks.
#[cfg(unix)]
#[test]
fn control_characters_of_names_are_shown_and_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let name = "Kick\u{1b}[2J\nerror: fake\u{7}\u{9b}31m.wav";
    write_tone(&folder.path().join(name), 1, 1);
    let mut session = "[song]\nbpm = 120\n".to_owned();
    for file in [name, "no\u{1b}ne\n.wav"] {
        let file = serde_json::to_string(file).unwrap();
        session += &format!("[[stem]]\nname = {file}\nfile = {file}\nat = {{ az = 0 }}\n");
    }
    let song = folder.path().join("bad\u{1b}\nname.toml");
    fs::write(&song, session).unwrap();
    let at = |name: &str| text(&folder.path().join(name)).to_owned();
    let commands = [
        vec![
            "init".to_owned(),
            "--dry-run".to_owned(),
            text(folder.path()).to_owned(),
        ],
        vec!["info".to_owned(), at(name)],
        vec!["measure".to_owned(), at(name)],
        vec!["check".to_owned(), text(&song).to_owned()],
        vec![
            "render".to_owned(),
            text(&song).to_owned(),
            "-l".to_owned(),
            "2.0".to_owned(),
        ],
        vec!["info".to_owned(), at("nothing\u{1b}\n.wav")],
    ];
    for command in &commands {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let done = umbel(&command);
        for said in [stdout(&done), stderr(&done)] {
            let hidden = said.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(hidden, None, "{command:?}: {said}");
            assert!(!said.contains("\nerror: fake"), "{command:?}: {said}");
        }
        let said = stdout(&done) + &stderr(&done);
        assert!(said.contains('\u{fffd}'), "{command:?}: {said}");
    }
    // Programs get the name.
    let facts = json_lines(&umbel(&["info", &at(name), "--json"]));
    assert_eq!(facts[0]["file"].as_str().unwrap(), at(name));
}

#[test]
fn a_time_that_is_none_is_told_what_one_is() {
    let song = demo_session();
    for time in ["2.1e-5", "1,5"] {
        let done = umbel(&[
            "render",
            text(&song),
            "-l",
            "2.0",
            "--dry-run",
            "--from",
            time,
        ]);
        let help = match time {
            "1,5" => "with a point",
            _ => "write seconds (26.5), min:s",
        };
        assert_ends(&done, 2, &[time, "is not a time", help]);
    }
}

#[test]
fn a_mix_beyond_the_largest_number_is_said_to_be_too_loud() {
    let folder = tempfile::tempdir().unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(folder.path().join("a.wav"), spec).unwrap();
    (0..480).for_each(|_| writer.write_sample(3e38f32).unwrap());
    writer.finalize().unwrap();
    let song = folder.path().join("song.toml");
    let stem = "[[stem]]\nname = \"a\"\nfile = \"a.wav\"\ngain = 24\nat = { az = 30 }\n";
    fs::write(&song, stem).unwrap();
    let out = text(folder.path()).to_owned();
    for depth in ["24", "f32"] {
        let done = umbel(&[
            "render",
            text(&song),
            "-l",
            "2.0",
            "--out",
            &out,
            "--bit-depth",
            depth,
        ]);
        assert_ends(&done, 1, &["beyond the largest number", "turn down"]);
        assert!(!stderr(&done).contains("verification"), "{}", stderr(&done));
    }
}

#[test]
fn inputs_that_are_left_out_after_a_failure_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write_tone(&folder.path().join("a.wav"), 1, 1);
    let song = |name: &str| {
        let path = folder.path().join(name);
        let stem = "[[stem]]\nname = \"a\"\nfile = \"a.wav\"\nat = { az = 30 }\n";
        fs::write(&path, stem).unwrap();
        text(&path).to_owned()
    };
    let songs = [song("one.toml"), song("two.toml"), song("three.toml")];
    let out = folder.path().join("out");
    let render = || {
        let arguments = ["render", "-l", "2.0", "--out", text(&out)];
        umbel(&[&arguments[..], &[&*songs[0], &*songs[1], &*songs[2]]].concat())
    };
    // The output of the second is there already.
    fs::create_dir(&out).unwrap();
    let second = umbel(&["render", "-l", "2.0", "--out", text(&out), &songs[1]]);
    assert_ends(&second, 0, &[]);
    let done = render();
    assert_ends(&done, 2, &["two", "three.toml\" was not rendered"]);
    fs::write(&songs[1], "no session").unwrap();
    assert_ends(
        &render(),
        3,
        &["none of the inputs was rendered", "two.toml"],
    );
}

#[test]
fn a_folder_in_place_of_audio_is_called_one() {
    let folder = tempfile::tempdir().unwrap();
    for verb in ["measure", "info"] {
        let done = umbel(&[verb, text(folder.path())]);
        assert_ends(&done, 1, &["cannot be read as audio: this is a folder"]);
    }
}
