//! The session file is checked strictly: every fault is reported, with its place and what to do, all at
//! once; a sound session becomes a scene.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use umbel::Error;
use umbel::audio::Block;
use umbel::error::{Finding, Severity};
use umbel::scene::MetadataBlock;
use umbel::session::schema::Level;
use umbel::session::{BuildOptions, Checked, RULES, Session, Song, Target, json_schema};
use umbel::units::{Frames, SampleRate};

/// A folder with stems: mono.wav, stereo.wav and six.wav of one second, short.wav, other-rate.wav,
/// silent.wav and broken.wav, and positions.csv and bad.csv.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    wave(&at("mono.wav"), 1, 48_000, 48_000, 0.1);
    wave(&at("stereo.wav"), 2, 48_000, 48_000, 0.1);
    wave(&at("six.wav"), 6, 48_000, 48_000, 0.1);
    wave(&at("short.wav"), 1, 48_000, 24_000, 0.1);
    wave(&at("other-rate.wav"), 1, 44_100, 44_100, 0.1);
    wave(&at("silent.wav"), 1, 48_000, 48_000, 0.0);
    wave(&at("not-finite.wav"), 1, 48_000, 48_000, f32::NAN);
    fs::write(at("broken.wav"), "this is no sound").unwrap();
    fs::write(
        at("positions.csv"),
        "time,azimuth,elevation\n0,0,0\n0.5,90,0\n",
    )
    .unwrap();
    fs::write(at("bad.csv"), "time,azimuth,elevation\n0,links,0\n").unwrap();
    folder
}

fn wave(path: &Path, channels: u16, sample_rate: u32, frames: u32, sample: f32) {
    let spec = hound::WavSpec {
        channels,
        sample_rate,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for _ in 0..frames * u32::from(channels) {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
}

/// A session that has nothing wrong with it but what `change` puts in.
fn session(song: &str, stem: &str, rest: &str) -> String {
    format!("[song]\n{song}\n[[stem]]\nname = \"A\"\nfile = \"mono.wav\"\n{stem}\n{rest}")
}

/// The text without its marks « and », and where they stood: the words that are to be underlined.
fn unmarked(marked: &str) -> (String, Option<(usize, usize)>) {
    let text = marked.replace(['«', '»'], "");
    let place = marked.find('«').map(|start| {
        (
            start,
            marked.find('»').expect("a closing mark") - '«'.len_utf8(),
        )
    });
    (text, place)
}

fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

fn check(folder: &Path, text: &str) -> Checked {
    let path = folder.join("song.toml");
    fs::write(&path, text).unwrap();
    Checked::of(&path).unwrap()
}

/// Why `found` is not one finding of rule `code` that underlines the marked words and says `says` in its
/// message or its help; empty if it is.
fn differs(marked: &str, found: &[Finding], code: &str, says: &str) -> String {
    let (text, place) = unmarked(marked);
    let wrong = |what: &str| format!("{code}: {what}, for\n{text}\nfound {found:#?}\n\n");
    let [finding] = found else {
        return wrong("not one finding");
    };
    let span = finding.span.as_ref().map(|span| (span.start, span.end));
    let words = format!("{}\n{}", finding.message, finding.help);
    if finding.code != code {
        wrong("another rule")
    } else if span != place {
        wrong("another place")
    } else if finding.line_column != place.map(|(start, _)| line_column(&text, start)) {
        wrong("another line or column")
    } else if !words.contains(says) {
        wrong(&format!("\"{says}\" is not said"))
    } else {
        String::new()
    }
}

/// What may be wrong with the text: rule, session with the words to underline marked, what is said.
fn bad_texts() -> Vec<(&'static str, String, &'static str)> {
    let at = "at = { az = 0 }";
    let stem = |line: &str| session("", line, "");
    let song = |line: &str| session(line, at, "");
    let rest = |rest: &str| session("bpm = 120", at, rest);
    let moved = |keyframes: &str| {
        session(
            "bpm = 120\nmarkers = { drop = \"3|1\" }",
            &format!("move = {keyframes}"),
            "",
        )
    };
    let out = |keys: &str| session("", at, &format!("[[out]]\nname = \"o\"\n{keys}"));
    vec![
        // Syntax.
        ("U450", stem("at = { az = «30,5» }"), "with a point: 30.5"),
        (
            "U450",
            stem("at = { az = 0 }\n«at» = { az = 1 }"),
            "duplicate key",
        ),
        ("U450", song("bpm = «tru»"), "expected `true`"),
        // Keys.
        (
            "U475",
            stem("size = 0.5\nat = { az = 0, size = «0.2» }"),
            "0.5 beside it",
        ),
        (
            "U451",
            moved("[[0, { az = 0, «size» = 0.2 }]]"),
            "does not move",
        ),
        (
            "U451",
            stem("at = { az = 0 }\n«grop» = \"x\""),
            "did you mean `group`?",
        ),
        (
            "U451",
            stem("at = { az = 0, «elevation» = 3 }"),
            "az, dist, el, size, width",
        ),
        (
            "U451",
            stem("at = { az = 0, «x» = 1 }"),
            "either { az, dist, el, size, width } or { x, y, size, width, z }",
        ),
        ("U451", song("«tempi» = 3"), "did you mean `tempo`?"),
        ("U451", rest("[«songs»]\nbpm = 1"), "did you mean `song`?"),
        (
            "U452",
            stem("at = { az = 0 }\n«snap» = true"),
            "not available in this version",
        ),
        (
            "U451",
            stem("at = { az = 0 }\nchain = [{ «cmop» = { ratio = 2 } }]"),
            "did you mean `comp`?",
        ),
        (
            "U455",
            stem("at = { az = 0 }\nchain = [{ comp = { ratio = «0.5» } }]"),
            "1 to 100",
        ),
        (
            "U488",
            stem(
                "at = { az = 0 }\nsends = { «hal» = -12 }\n[[return]]\nname = \"hall\"\nat = [{ az = 0 }]",
            ),
            "did you mean `hall`?",
        ),
        (
            "U454",
            stem("at = { az = 0 }\nchain = [{ preset = «\"drum-glue\"» }]"),
            "drums-glue",
        ),
        (
            "U489",
            stem("at = { az = 0 }\nchain = [{ comp = { key = «\"Kik\"» } }]"),
            "there are:",
        ),
        (
            "U491",
            stem(
                "at = { az = 0 }\ngroup = \"g\"\nchain = [{ comp = { key = «\"g\"» } }]\n[[group]]\nname = \"g\"",
            ),
            "cannot wait for itself",
        ),
        (
            "U491",
            rest(
                "[[return]]\nname = \"a\"\nat = [{ az = 0 }]\nsends = { b = 0 }\n[[return]]\nname = \"b\"\nat = [{ az = 0 }]\nsends = { a = «-6» }",
            ),
            "cannot wait for itself",
        ),
        (
            "U493",
            rest("[[return]]\nname = \"a\"\nat = «[{ az = 0 }, { az = 90 }, { az = -90 }]»"),
            "reverb",
        ),
        (
            "U465",
            stem("at = { az = 0 }\nmute = [[1, true], [«0.5», false]]"),
            "order of time",
        ),
        (
            "U452",
            out("format = «\"adm\"»\nlayout = \"7.1.4\""),
            "adm-atmos",
        ),
        (
            "U456",
            rest("«[[out]]»\nname = \"o\"\nformat = \"wav\""),
            "`layout`",
        ),
        ("U456", stem("at = «{ el = 3 }»"), "`az`"),
        ("U456", moved("{ shape = «\"circle\"» }"), "add `beats"),
        // Kinds of values.
        (
            "U453",
            stem("at = { az = «\"links\"» }"),
            "`az` is text; a number is allowed",
        ),
        (
            "U453",
            stem("at = { az = 0 }\ngain = «\"-3\"»"),
            "write -3 without quotes",
        ),
        (
            "U453",
            stem("at = «30»"),
            "`at` is a number; a position is allowed",
        ),
        ("U453", stem("at = { az = 0 }\nmute = «1»"), "true or false"),
        (
            "U453",
            stem("at = { az = 0 }\nchannels = «3»"),
            "a list is allowed",
        ),
        (
            "U453",
            stem("at = { az = 0 }\nchannels = [«1.5»]"),
            "a whole number",
        ),
        ("U453", song("bpm = «1979-05-27»"), "a date"),
        ("U453", moved("[«\"1|1\"»]"), "a keyframe is allowed"),
        (
            "U454",
            moved("{ shape = «\"cirle\"», beats = 4 }"),
            "did you mean `circle`?",
        ),
        (
            "U454",
            moved("[[0, { az = 0 }], [1, { az = 5 }, «\"smoth\"»]]"),
            "did you mean `smooth`?",
        ),
        (
            "U454",
            out("format = «\"wave\"»\nlayout = \"7.1.4\""),
            "did you mean `wav`?",
        ),
        (
            "U454",
            out("format = \"wav\"\nlayout = \"7.1.4\"\nbit-depth = «32»"),
            "one of 16, 24, \"f32\"",
        ),
        // Numbers.
        ("U455", stem("at = { az = «nan» }"), "-36000 to 36000"),
        ("U455", stem("at = { az = «inf» }"), "out of range"),
        ("U455", stem("at = { az = 0, el = «91» }"), "-90 to 90"),
        ("U455", stem("at = { az = 0, dist = «-1» }"), "0 to 1000"),
        ("U455", stem("at = { x = «1.01», y = 0 }"), "-1 to 1"),
        ("U455", stem("at = { az = 0, width = «400» }"), "0 to 360"),
        ("U455", stem("at = { az = 0 }\nsize = «-0.1»"), "0 to 1"),
        ("U455", stem("at = { az = 0 }\ngain = «60»"), "24 or less"),
        (
            "U455",
            stem("at = { az = 0 }\ngain = «99999999999999999999»"),
            "24 or less",
        ),
        ("U455", moved("[[«-1», { az = 0 }]]"), "0 to 1000000"),
        ("U455", song("bpm = «0»"), "10 to 1000"),
        ("U457", stem("at = { az = 0 }\nchannels = «[]»"), "1 to 2"),
        ("U457", moved("[«[0]»]"), "2 to 3"),
        (
            "U457",
            stem("at = { az = 0 }").replace("\"A\"", "«\"\"»"),
            "may not be empty",
        ),
        // Text with a form of its own.
        ("U459", song("meter = «\"4-4\"»"), "4/4"),
        ("U459", song("key = «\"Hm\"»"), "written B"),
        ("U459", moved("[[«\"37,1\"», { az = 0 }]]"), "is not a time"),
        ("U459", moved("[[«\"1|5\"», { az = 0 }]]"), "no beat 5"),
        (
            "U459",
            song("tempo = [{ at = «\"one\"», bpm = 100 }]"),
            "bar|beat",
        ),
        // References.
        (
            "U460",
            session(
                "",
                "at = { az = 0 }\ngroup = «\"drms\"»",
                "[[group]]\nname = \"drums\"",
            ),
            "did you mean `drums`?",
        ),
        (
            "U460",
            stem("at = { az = 0 }\ngroup = «\"drums\"»"),
            "add [[group]]",
        ),
        (
            "U461",
            rest("[[stem]]\nname = «\"a\"»\nfile = \"stereo.wav\"\nat = { az = 0 }"),
            "differs only in capitals",
        ),
        (
            "U462",
            rest("[[stem]]\nname = \"B\"\nfile = «\"mono.wav\"»\nat = { az = 0 }"),
            "already the stem \"A\"",
        ),
        (
            "U462",
            rest("[[stem]]\nname = \"B\"\nfile = «\"./mono.wav\"»\nat = { az = 0 }"),
            "already the stem \"A\"",
        ),
        (
            "U462",
            rest(
                "[[stem]]\nname = \"B\"\nfile = \"six.wav\"\nchannels = [2]\nat = { az = 0 }\n[[stem]]\nname = \"C\"\nfile = \"six.wav\"\nchannels = «[1, 2]»\nat = { az = 0 }",
            ),
            "channel 2 of \"six.wav\" is already the stem \"B\"",
        ),
        (
            "U463",
            stem("at = { az = 0 }").replace("\"mono.wav\"", "«\"mono.wv\"»"),
            "did you mean `mono.wav`?",
        ),
        ("U463", song("stems = «\"stms\"»"), "no folder"),
        (
            "U463",
            song("reference = «\"mix.wav\"»"),
            "no file \"mix.wav\"",
        ),
        (
            "U463",
            moved("{ csv = «\"position.csv\"» }"),
            "did you mean `positions.csv`?",
        ),
        (
            "U467",
            moved("[[«\"@drp\"», { az = 0 }]]"),
            "did you mean \"@drop\"?",
        ),
        (
            "U468",
            song("markers = { a = \"@b\", b = «\"@a\"» }"),
            "@a -> @b -> @a",
        ),
        // Places and times.
        ("U464", stem("").replace("\"A\"", "«\"A\"»"), "add `at = "),
        (
            "U475",
            stem("at = { az = 0 }\n«move» = [[0, { az = 0 }]]"),
            "remove one of them",
        ),
        (
            "U475",
            song("bpm = 100\n«tempo» = [{ at = \"1|1\", bpm = 100 }]"),
            "one tempo",
        ),
        (
            "U475",
            moved("{ shape = \"circle\", period = 1, «beats» = 4 }"),
            "remove one of them",
        ),
        (
            "U465",
            moved("[[1, { az = 0 }], [«0.5», { az = 1 }]]"),
            "earlier",
        ),
        (
            "U465",
            session("", &format!("{at}\ngain = [[1, 0], [«0.5», 1]]"), ""),
            "earlier",
        ),
        (
            "U465",
            song("tempo = [{ at = \"1|1\", bpm = 100 }, { at = «\"1|1\"», bpm = 90 }]"),
            "order of time",
        ),
        (
            "U465",
            moved("{ shape = \"circle\", beats = 4, from = 0.5, to = «0.2» }"),
            "later than `from`",
        ),
        (
            "U469",
            moved("[[0, { az = 0 }], [1, «{ x = 0, y = 1 }»]]"),
            "like the first",
        ),
        (
            "U469",
            moved(
                "{ shape = \"back-and-forth\", beats = 4, a = { az = 0 }, b = «{ x = 0, y = 1 }» }",
            ),
            "like the first",
        ),
        (
            "U470",
            moved("[[0, { az = 0 }], [1, { az = «270» }]]"),
            "write -90",
        ),
        (
            "U476",
            session("", "move = [[«\"2|1\"», { az = 0 }]]", ""),
            "add bpm",
        ),
        (
            "U476",
            session("", "move = { shape = \"circle\", «beats» = 4 }", ""),
            "add bpm",
        ),
        // Outputs.
        (
            "U472",
            out("format = \"wav\"\nlayout = «\"7.1.5\"»"),
            "7.1.4",
        ),
        (
            "U472",
            out("format = \"wav\"\nlayout = «\"5.1.2\"»"),
            "dolby-5.1.2",
        ),
        (
            "U472",
            out("format = \"wav\"\nlayout = «\"dome.toml\"»"),
            "dome.toml",
        ),
        (
            "U473",
            rest(
                "[[out]]\nname = \"o\"\nformat = \"wav\"\nlayout = \"5.1.4\"\n[[out]]\nname = \"p\"\nformat = \"wav\"\nlayout = \"7.1.4\"\nfile = «\"O.wav\"»",
            ),
            "already written by the output \"o\"",
        ),
        (
            "U473",
            rest(
                "[[out]]\nname = \"mix\"\nformat = \"wav\"\nlayout = \"5.1.4\"\nmulti-mono = true\n[[out]]\nname = «\"mix.m+030\"»\nformat = \"wav\"\nlayout = \"7.1.4\"",
            ),
            "\"mix.m+030.wav\" is already written by the output \"mix\"",
        ),
        (
            "U473",
            rest(
                "[[out]]\nname = \"mix.R\"\nformat = \"adm-ebu\"\n[[out]]\nname = «\"mix\"»\nformat = \"wav\"\nlayout = \"stereo\"\nmulti-mono = true",
            ),
            "\"mix.R.wav\" is already written by the output \"mix.R\"",
        ),
        (
            "U474",
            rest("[[out]]\nname = «\"../../etc/x\"»\nformat = \"wav\"\nlayout = \"5.1.4\""),
            "\"-..-etc-x.wav\"",
        ),
        (
            "U474",
            rest("[[out]]\nname = «\"CON\"»\nformat = \"wav\"\nlayout = \"5.1.4\""),
            "\"_CON.wav\"",
        ),
        // What has no effect, and what does not sound.
        (
            "U479",
            rest("[[group]]\nname = «\"drums\"»"),
            "no stem belongs",
        ),
        (
            "U477",
            rest("[[stem]]\nname = \"B\"\nfile = \"stereo.wav\"\nat = { az = 0 }\nmute = «true»"),
            "\"B\" is muted",
        ),
        (
            "U477",
            rest("[[stem]]\nname = \"B\"\nfile = \"stereo.wav\"\nat = { az = 0 }\nsolo = «true»"),
            "1 of 2",
        ),
        ("U478", "[song]\nbpm = 120\n".to_owned(), "umbel init"),
        (
            "U453",
            "«[stem]»\nname = \"A\"".to_owned(),
            "a list is allowed",
        ),
        ("U456", moved("«{ beats = 4 }»"), "`shape`"),
        (
            "U451",
            stem("at = { «azimuth» = 0 }"),
            "did you mean `az`? write { az, dist, el, size, width } or",
        ),
        (
            "U451",
            stem("at = { az = 0, «elevation» = 9 }"),
            "did you mean `el`?",
        ),
        (
            "U456",
            stem("at = «{}»"),
            "write { az, dist, el, size, width } or { x, y, size, width, z }",
        ),
        (
            "U451",
            moved("{ shape = \"circle\", beats = 4, el = 1, dist = 1, «radius» = 1 }"),
            "belongs to another form",
        ),
        // Whole files.
        (
            "U450",
            format!("a = {}1", "[".repeat(10_000)).replacen(
                &"[".repeat(81),
                &format!("{}«[»", "[".repeat(80)),
                1,
            ),
            "deep",
        ),
    ]
}

#[test]
fn each_bad_text_trips_its_rule_alone_at_its_place() {
    let folder = folder();
    let cases = bad_texts();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let mut wrong = String::new();
    for (code, marked, says) in cases {
        let (text, _) = unmarked(&marked);
        let checked = check(folder.path(), &text);
        wrong += &differs(&marked, &checked.findings, code, says);
        assert_eq!(checked.session.is_none(), checked.has_errors(), "{text}");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What may be wrong with the audio.
fn bad_audio() -> Vec<(&'static str, String, &'static str)> {
    let other = |file: &str, keys: &str| {
        session(
            "bpm = 120\n",
            "at = { az = 0 }",
            &format!("[[stem]]\nname = \"B\"\nfile = {file}\n{keys}"),
        )
    };
    let at = "at = { az = 0 }";
    vec![
        ("U480", other("«\"broken.wav\"»", at), "broken.wav"),
        (
            "U481",
            other("«\"other-rate.wav\"»", at),
            "44100 Hz; 1 other stem has 48000 Hz",
        ),
        (
            "U482",
            other("«\"short.wav\"»", at),
            "24000 frames (0.500 s) shorter",
        ),
        (
            "U490",
            session(
                "",
                "at = { az = 0 }\nchain = [{ eq = { hp = «30000» } }]",
                "",
            ),
            "1 to 23520 Hz",
        ),
        (
            "U490",
            session(
                "",
                "at = { az = 0 }\nchain = [{ delay = { note = «\"1/5\"» } }]",
                "",
            ),
            "triplet",
        ),
        (
            "U490",
            session(
                "",
                "at = { az = 0 }\nchain = [{ convolve = { ir = «\"nowhere.wav\"» } }]",
                "",
            ),
            "nowhere.wav",
        ),
        (
            "U490",
            session(
                "",
                "at = { az = 0 }\nchain = [{ convolve = { ir = «\"other-rate.wav\"» } }]",
                "",
            ),
            "convert it",
        ),
        (
            "U492",
            session(
                "",
                "at = { az = 0 }\nchain = [{ eq = { hp = 30 } }]\nautomation = { «\"eq.hq\"» = [[0, 40]] }",
                "",
            ),
            "did you mean `hp`?",
        ),
        ("U483", other("«\"not-finite.wav\"»", at), "NaN"),
        ("U484", other("«\"silent.wav\"»", at), "silent throughout"),
        ("U485", other("«\"six.wav\"»", at), "channels = [1]"),
        (
            "U485",
            other("\"six.wav\"", "at = { az = 0 }\nchannels = [«7»]"),
            "channels 1 to 6",
        ),
        (
            "U471",
            other(
                "\"six.wav\"\nchannels = [1]",
                "at = { az = 0, «width» = 30 }",
            ),
            "is mono",
        ),
        (
            "U466",
            session("", "move = [[0, { az = 0 }], [«1.5», { az = 9 }]]", ""),
            "after the end",
        ),
        (
            "U466",
            session("markers = { end = «\"0:02\"» }", at, ""),
            "after the end",
        ),
        (
            "U101",
            session(
                "",
                "at = { az = 0 }\nchain = [{ comp = {} }, «{ eq = { hp = 30 } }»]",
                "",
            ),
            "a compressor hears what stands before it",
        ),
        (
            "U101",
            session(
                "",
                "at = { az = 0 }\nchain = [{ eq = { tilt = 1 } }, «{ eq = { notch = [[50]] } }»]",
                "",
            ),
            "corrective EQ stands after tonal EQ",
        ),
        (
            "U102",
            session(
                "",
                at,
                "[master]\nchain = [{ eq = { bell = [[100, 2], «[1200, -3, 5]»] } }]",
            ),
            "Q 5 at 1200 Hz is surgical for the master",
        ),
        (
            "U102",
            session(
                "",
                at,
                "[stereo]\nchain = [{ eq = { high-shelf = «[8000, 4.5]» } }]",
            ),
            "the stereo bus",
        ),
        (
            "U102",
            session(
                "",
                "at = { az = 0 }\ngroup = \"g\"",
                "[[group]]\nname = \"g\"\nchain = [{ eq = { notch = «[[50]]» } }]",
            ),
            "best taken out on the stem",
        ),
        (
            "U105",
            session(
                "",
                "at = { az = 0 }\ngroup = \"g\"",
                "[[group]]\nname = \"g\"\nchain = [{ sat = «{ drive = 3 }» }]",
            ),
            "each member by itself",
        ),
        (
            "U105",
            session(
                "",
                at,
                "[master]\nchain = [{ comp = «{ style = \"vari-mu\" }» }]",
            ),
            "the warmth of a vari-mu",
        ),
        (
            "U479",
            session("", "at = { az = 0 }\n«stereo-width» = 0.5", ""),
            "is mono",
        ),
    ]
}

#[test]
fn each_bad_stem_trips_its_rule_alone_at_its_place() {
    let folder = folder();
    let mut wrong = String::new();
    for (code, marked, says) in bad_audio() {
        let (text, _) = unmarked(&marked);
        let session = check(folder.path(), &text)
            .session
            .unwrap_or_else(|| panic!("{text}"));
        wrong += &differs(&marked, &session.check_audio(), code, says);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_has_a_session_that_trips_it() {
    let mut tripped: Vec<&str> = bad_texts().iter().map(|case| case.0).collect();
    tripped.extend(bad_audio().iter().map(|case| case.0));
    // Tested on their own: unreadable text, oddities of audio files, faults in CSV files, conversion.
    tripped.extend(["U458", "U486", "U487", "U494"]);
    for rule in RULES {
        assert!(tripped.contains(&rule.code), "{} has no test", rule.code);
    }
}

#[test]
fn all_findings_come_at_once_in_the_order_of_the_text() {
    let folder = folder();
    let text = r#"
[song]
bmp = 120
meter = "4:4"
[[group]]
name = "drums"
gain = 99
[[stem]]
name = "Kick"
file = "kick.wav"
group = "drms"
at = { az = "left", el = 100 }
[[stem]]
name = "kick"
file = "mono.wav"
snap = true
move = [["@nowhere", { az = 0 }], [0.5, { az = 0 }]]
[[out]]
name = "o"
format = "wav"
layout = "9.9.9"
"#;
    let found = check(folder.path(), text).findings;
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        [
            "U451", "U459", "U455", "U463", "U460", "U453", "U455", "U461", "U452", "U467", "U472"
        ],
        "{found:#?}"
    );
    assert!(
        found
            .iter()
            .all(|finding| finding.line_column.is_some() && !finding.message.is_empty())
    );
    let refused = Session::load(&folder.path().join("song.toml")).unwrap_err();
    assert!(matches!(refused, Error::Session { findings, .. } if findings == found));
}

#[test]
fn what_is_wrong_with_audio_is_told_beside_other_faults() {
    let folder = folder();
    let text = r#"
[[stem]]
name = "Kick"
file = "nothere.wav"
group = "drms"
at = { az = 0 }
[[stem]]
name = "Snare"
file = "mono.wav"
channels = [4]
at = { az = 0 }
"#;
    let mut checked = check(folder.path(), text);
    checked.add(checked.check_audio());
    let codes: Vec<&str> = checked.findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, ["U463", "U460", "U485"], "{:#?}", checked.findings);
    let refused = Session::load(&folder.path().join("song.toml")).unwrap_err();
    assert!(matches!(refused, Error::Session { findings, .. } if findings == checked.findings));
}

#[test]
fn no_fault_of_the_text_hides_what_is_wrong_with_the_audio() {
    let folder = folder();
    wave(
        &folder.path().join("infinite.wav"),
        1,
        48_000,
        48_000,
        f32::INFINITY,
    );
    let stems = [
        "mono",
        "not-finite",
        "infinite",
        "other-rate",
        "silent",
        "short",
    ];
    let session = |first: &str, rest: &str| {
        let stems: String = stems
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let more = if index == 0 { first } else { "" };
                format!(
                    "[[stem]]\nname = \"{name}\"\nfile = \"{name}.wav\"\nat = {{ az = 0 }}\n{more}\n"
                )
            })
            .collect();
        format!("[song]\nbpm = 120\n{stems}{rest}")
    };
    let all = |text: &str| {
        let mut checked = check(folder.path(), text);
        checked.add(checked.check_audio());
        let codes = checked.findings.iter().map(|f| f.code);
        codes.collect::<Vec<&str>>()
    };
    let of_audio = ["U483", "U483", "U481", "U484", "U482"];
    assert_eq!(all(&session("", "")), of_audio);
    for (code, first, rest) in [
        ("U451", "gian = 1", ""),
        ("U455", "gain = 100", ""),
        ("U453", "mute = \"no\"", ""),
        (
            "U463",
            "",
            "[[stem]]\nname = \"X\"\nfile = \"nothere.wav\"\nat = { az = 0 }",
        ),
        (
            "U472",
            "",
            "[[out]]\nname = \"o\"\nformat = \"wav\"\nlayout = \"9.9.9\"",
        ),
    ] {
        let text = session(first, rest);
        let mut wanted = of_audio.to_vec();
        let place = if first.is_empty() { wanted.len() } else { 0 };
        wanted.insert(place, code);
        assert_eq!(all(&text), wanted, "{text}");
        // Who renders does not listen to all of it first, but learns what the files say of themselves.
        let refused = Session::load(&folder.path().join("song.toml")).unwrap_err();
        let Error::Session { findings, .. } = refused else {
            panic!("{refused}");
        };
        let told: Vec<&str> = findings.iter().map(|f| f.code).collect();
        wanted.retain(|code| !["U483", "U484"].contains(code));
        assert_eq!(told, wanted, "{text}");
    }
}

#[test]
fn what_a_fault_of_the_text_leaves_unknown_is_not_held_against_the_audio() {
    let folder = folder();
    let all = |text: &str| {
        let mut checked = check(folder.path(), text);
        checked.add(checked.check_audio());
        let codes = checked.findings.iter().map(|f| f.code);
        codes.collect::<Vec<&str>>()
    };
    // When the bar is; how long the song is; what the chain is.
    let moving = "move = [[\"1|1\", { az = 0 }], [\"2|1\", { az = 9 }]]";
    assert_eq!(all(&session("bpm = 60", moving, "")), ["U466"]);
    assert_eq!(all(&session("bpm = 6", moving, "")), ["U455"]);
    let missing = "[[stem]]\nname = \"B\"\nfile = \"long.wav\"\nat = { az = 0 }";
    assert_eq!(all(&session("bpm = 60", moving, missing)), ["U463"]);
    let chain = "at = { az = 0 }\nchain = [{ eq = { hp = 30000, slpe = 12 } }]";
    assert_eq!(all(&session("", chain, "")), ["U451"]);
}

#[test]
fn text_that_is_no_text_is_refused_with_its_byte() {
    let folder = folder();
    let path = folder.path().join("song.toml");
    let found = |bytes: Vec<u8>| Checked::of_bytes(bytes, &path).findings;
    let latin = found(b"[song]\ntitle = \"caf\xe9\"\n".to_vec());
    assert_eq!((latin.len(), latin[0].code), (1, "U458"));
    assert!(latin[0].message.contains("byte 19 (line 2)"), "{latin:#?}");
    let started = std::time::Instant::now();
    for huge in [
        vec![b'a'; 50 << 20],
        vec![b'['; 2 << 20],
        "a.".repeat(1 << 20).into_bytes(),
    ] {
        let found = found(huge);
        assert!(
            found
                .iter()
                .any(|finding| finding.severity == Severity::Error)
        );
    }
    let many = "x = 1\n".to_owned() + &"[[stem]]\nnme = 1\n".repeat(100_000);
    assert!(found(many.into_bytes()).len() <= 1001);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let folder = folder();
    let (text, place) = unmarked(&session("", "at = { az = 0 }\n«gian» = 1", ""));
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let found = check(folder.path(), &windows).findings;
    assert_eq!(found.len(), 1, "{found:#?}");
    let expected = place.map(|(start, _)| line_column(&text, start));
    assert_eq!(found[0].line_column, expected);
}

#[test]
fn json_is_the_same_session_with_the_same_findings() {
    let folder = folder();
    let path = folder.path().join("song.json");
    let good = r#"{"stem": [{"name": "A", "file": "mono.wav", "at": {"az": 30}, "gain": [[0, -3], [0.5, 0, "smooth"]]}]}"#;
    let checked = Checked::of_bytes(good.into(), &path);
    assert!(checked.findings.is_empty(), "{:#?}", checked.findings);
    let toml = check(
        folder.path(),
        "[[stem]]\nname = \"A\"\nfile = \"mono.wav\"\nat = { az = 30 }\ngain = [[0, -3], [0.5, 0, \"smooth\"]]\n",
    );
    assert_eq!(checked.session.unwrap().file, toml.session.unwrap().file);
    let bad = good
        .replace("\"az\": 30", "\"az\": null")
        .replace("\"gain\"", "\"gian\"");
    let found = Checked::of_bytes(bad.into(), &path).findings;
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["U453", "U451"], "{found:#?}");
    let broken = Checked::of_bytes(good.replace("30}", "30").into(), &path).findings;
    assert_eq!((broken.len(), broken[0].code), (1, "U450"));
}

#[test]
fn json_can_say_silence_and_where_its_schema_is() {
    let folder = folder();
    let read = |text: &str| Checked::of_bytes(text.into(), &folder.path().join("song.json"));
    let text = r#"{"$schema": "schema.json", "song": {"title": "-inf"},
        "return": [{"name": "hall", "at": [{"az": 0}], "gain": "-inf"}],
        "stem": [{"name": "A", "file": "mono.wav", "at": {"az": 30}, "gain": "-inf", "sends": {"hall": "-inf"}},
                 {"name": "B", "file": "stereo.wav", "at": {"az": 0}, "gain": [[0, "-inf"], [0.5, -6]]}]}"#;
    let checked = read(text);
    let session = checked
        .session
        .unwrap_or_else(|| panic!("{:#?}", checked.findings));
    let silent = Level::Constant(f64::NEG_INFINITY);
    assert_eq!(session.file.song.title.as_deref(), Some("-inf"));
    assert_eq!(session.file.stem[0].gain, Some(silent.clone()));
    assert_eq!(session.file.returns[0].gain, Some(silent));
    let Some(Level::Keyframes(keyframes)) = &session.file.stem[1].gain else {
        panic!("{:?}", session.file.stem[1].gain);
    };
    assert!(keyframes[0].value.0 < f64::MIN, "{keyframes:?}");
    // TOML has a number for it.
    let toml = session_of_gain("\"-inf\"");
    let found = check(folder.path(), &toml).findings;
    assert_eq!(found[0].code, "U453", "{found:#?}");
    let toml = format!("\"$schema\" = \"schema.json\"\n{}", session_of_gain("-inf"));
    assert_eq!(check(folder.path(), &toml).findings, []);
    // What is no table of keys is told what one is.
    let found = read("[1]").findings;
    assert!(
        found[0]
            .message
            .starts_with("the session is a list; a table {"),
        "{found:#?}"
    );
}

fn session_of_gain(gain: &str) -> String {
    session("", &format!("at = {{ az = 0 }}\ngain = {gain}"), "")
}

#[test]
fn faults_of_a_csv_file_are_listed_with_those_of_the_session() {
    let folder = folder();
    let text = session("", "move = { csv = \"bad.csv\" }", "");
    let found = check(folder.path(), &text).findings;
    assert_eq!(found[0].code, "U487", "{found:#?}");
    assert!(
        found[1].path.ends_with("bad.csv") && found[1].line_column == Some((2, 3)),
        "{found:#?}"
    );
}

#[test]
fn oddities_of_audio_files_are_passed_on() {
    let folder = folder();
    let path = folder.path().join("mono.wav");
    let bytes = fs::read(&path).unwrap();
    // The last frames are missing: what is there is read, and that is said.
    fs::write(&path, &bytes[..bytes.len() - 4000]).unwrap();
    let session = check(folder.path(), &session("", "at = { az = 0 }", ""))
        .session
        .unwrap();
    let found = session.check_audio();
    assert!(
        found.iter().any(|finding| finding.code == "U486"),
        "{found:#?}"
    );
}

fn build(folder: &Path, text: &str) -> Song {
    let checked = check(folder, text);
    let session = checked
        .session
        .unwrap_or_else(|| panic!("{:#?}", checked.findings));
    session.build(&BuildOptions::default()).unwrap()
}

fn blocks(song: &mut Song, object: usize) -> Vec<MetadataBlock> {
    std::iter::from_fn(|| song.objects[object].blocks.next_block()).collect()
}

#[test]
fn a_stereo_stem_is_a_linked_pair_and_channels_are_taken_from_a_file() {
    let folder = folder();
    let text = r#"
[[group]]
name = "g"
gain = -6
[[stem]]
name = "Pad"
file = "stereo.wav"
group = "g"
gain = [[0, -3], [0.5, 0]]
at = { az = 20, el = 35, width = 220 }
[[stem]]
name = "Fifth"
file = "six.wav"
channels = [5]
at = { x = 1, y = 0, z = 0.5 }
lfe = -6
[[stem]]
name = "First"
file = "six.wav"
channels = [2, 1]
at = { az = 0 }
"#;
    let mut song = build(folder.path(), text);
    assert_eq!(
        (song.sample_rate, song.length, song.feed_count),
        (SampleRate(48_000), Frames(48_000), 5)
    );
    let names: Vec<&str> = song
        .objects
        .iter()
        .map(|object| object.name.as_str())
        .collect();
    assert_eq!(names, ["Pad L", "Pad R", "Fifth", "First L", "First R"]);
    // One input a file, however many stems it carries.
    let inputs: Vec<_> = song
        .inputs
        .iter()
        .map(|i| (i.channels.clone(), i.feeds.clone()))
        .collect();
    assert_eq!(
        inputs,
        [(vec![0, 1], vec![0, 1]), (vec![4, 1, 0], vec![2, 3, 4])]
    );
    assert_eq!(song.desk.strips[0].gains.len(), 2);
    let level = |frame| {
        song.desk.strips[0]
            .gains
            .iter()
            .map(|g| g.at(Frames(frame)).decibels().0)
            .sum::<f64>()
    };
    assert!((level(0) + 9.0).abs() < 1e-9 && (level(24_000) + 6.0).abs() < 1e-9);
    assert!(song.desk.strips[1].gains.is_empty());
    let lfe = song.desk.strips[1].lfe.unwrap();
    assert!((lfe.decibels().0 + 6.0).abs() < 1e-9 && song.desk.strips[0].lfe.is_none());
    let azimuth =
        |blocks: &[MetadataBlock]| blocks[0].state.object().unwrap().position.to_polar().0;
    assert!((azimuth(&blocks(&mut song, 0)) - 130.0).abs() < 1e-9);
    assert!((azimuth(&blocks(&mut song, 1)) + 90.0).abs() < 1e-9);
}

#[test]
fn movement_is_where_it_is_written_to_be() {
    let folder = folder();
    let shapes = [
        ("[[0, { az = 0 }], [0.5, { az = 90 }]]", 90.0),
        ("{ shape = \"circle\", period = 2 }", 90.0),
        ("{ shape = \"circle\", beats = 4, turn = \"right\" }", -90.0),
        ("{ shape = \"spiral\", period = 2, el = [0, 0] }", 90.0),
        (
            "{ shape = \"back-and-forth\", period = 1, a = { az = 0 }, b = { az = 90 } }",
            90.0,
        ),
        ("{ csv = \"positions.csv\" }", 90.0),
        (
            "{ shape = \"circle\", period = 2, x = 0, y = 0, radius = 0.5 }",
            90.0,
        ),
    ];
    for (movement, at_half) in shapes {
        let mut song = build(
            folder.path(),
            &session("bpm = 120", &format!("move = {movement}"), ""),
        );
        let half = blocks(&mut song, 0)
            .into_iter()
            .take_while(|block| block.ramp.end <= 24_000.0)
            .last()
            .unwrap();
        let azimuth = half.state.object().unwrap().position.to_polar().0;
        // The last grid point before the half second is at most 1024 frames away.
        assert!(
            (azimuth - at_half).abs() < 360.0 * 1024.0 / 48_000.0,
            "{movement}: {azimuth}"
        );
        assert!(azimuth.abs() > 80.0, "{movement}: {azimuth}");
    }
}

#[test]
fn mute_and_solo_leave_stems_out() {
    let folder = folder();
    let stems = |a: &str, b: &str| {
        format!(
            "[[group]]\nname = \"g\"\n[[stem]]\nname = \"A\"\nfile = \"mono.wav\"\nat = {{ az = 0 }}\ngroup = \"g\"\n{a}\n[[stem]]\nname = \"B\"\nfile = \"stereo.wav\"\nat = {{ az = 0 }}\n{b}\n"
        )
    };
    for (a, b, sounding) in [
        ("", "", vec!["A", "B"]),
        ("mute = true", "", vec!["B"]),
        ("solo = true", "", vec!["A"]),
        ("solo = true", "solo = true", vec!["A", "B"]),
        ("mute = true\nsolo = true", "", vec!["A"]),
    ] {
        let song = build(folder.path(), &stems(a, b));
        let names: Vec<&str> = song
            .desk
            .strips
            .iter()
            .map(|strip| strip.name.as_str())
            .collect();
        assert_eq!(names, sounding, "{a} / {b}");
        assert_eq!(song.inputs.len(), sounding.len());
    }
}

#[test]
fn one_file_may_carry_128_stems() {
    let folder = TempDir::new().unwrap();
    wave(&folder.path().join("all.wav"), 128, 48_000, 480, 0.1);
    let text: String = (1..=128)
        .map(|k| format!("[[stem]]\nname = \"{k}\"\nfile = \"all.wav\"\nchannels = [{k}]\nat = {{ az = {k} }}\n"))
        .collect();
    let song = build(folder.path(), &text);
    assert_eq!((song.inputs.len(), song.feed_count), (1, 128));
    assert_eq!(song.inputs[0].channels, (0..128).collect::<Vec<_>>());
}

#[test]
fn audio_that_cannot_be_used_names_its_stem() {
    let folder = folder();
    let text = session(
        "",
        "at = { az = 0 }",
        "[[stem]]\nname = \"B\"\nfile = \"other-rate.wav\"\nat = { az = 0 }\n[[stem]]\nname = \"C\"\nfile = \"stereo.wav\"\nat = { az = 0 }",
    );
    let session = check(folder.path(), &text).session.unwrap();
    let refused = session.build(&BuildOptions::default()).unwrap_err();
    assert!(
        matches!(&refused, Error::Stem { stem, reason, .. } if stem == "B" && reason.contains("--resample")),
        "{refused}"
    );
    let song = session.build(&BuildOptions { resample: true }).unwrap();
    let told = song.warnings.iter().find(|finding| finding.code == "U494");
    assert!(told.unwrap().message.contains("is converted from"));
    // 44,100 frames at 44.1 kHz are 48,000 at 48 kHz.
    assert_eq!(
        (song.sample_rate, song.length),
        (SampleRate(48_000), Frames(48_000))
    );
}

#[test]
fn a_folder_or_a_missing_file_is_no_session() {
    let folder = folder();
    let of = |path: &Path| Checked::of(path).unwrap_err();
    assert!(matches!(of(folder.path()), Error::Malformed { .. }));
    assert!(matches!(
        of(&folder.path().join("none.toml")),
        Error::Io { .. }
    ));
}

#[test]
fn stems_without_a_frame_are_refused() {
    let folder = folder();
    wave(&folder.path().join("mono.wav"), 1, 48_000, 0, 0.0);
    let session = check(folder.path(), &session("", "at = { az = 0 }", ""))
        .session
        .unwrap();
    let refused = session.build(&BuildOptions::default()).unwrap_err();
    assert!(matches!(refused, Error::Stem { .. }), "{refused}");
}

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/open-the-dome/song.toml")
}

#[test]
fn the_demo_song_has_nothing_wrong_with_it_and_uses_what_there_is() {
    let checked = Checked::of(&demo()).unwrap();
    assert!(checked.findings.is_empty(), "{:#?}", checked.findings);
    let session = checked.session.unwrap();
    // The vari-mu of the synths warms each of them by itself, as is meant.
    let notes: Vec<_> = session.check_audio();
    let codes: Vec<&str> = notes.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["U105"], "{notes:#?}");
    let song = session.build(&BuildOptions::default()).unwrap();
    assert_eq!(
        (
            session.file.group.len(),
            song.desk.strips.len(),
            song.feed_count
        ),
        (6, 12, 25)
    );
    assert_eq!(
        (song.sample_rate, song.length),
        (SampleRate(48_000), Frames(743_226))
    );
    assert!(
        song.desk
            .strips
            .iter()
            .filter(|strip| strip.lfe.is_some())
            .count()
            >= 1
    );
    let layouts: Vec<Option<usize>> = song
        .outs
        .iter()
        .map(|out| match &out.target {
            Target::StereoBus => None,
            Target::Layout(layout) => Some(layout.channels()),
            Target::Binaural(_) => panic!("the demo has no headphones"),
        })
        .collect();
    assert_eq!(layouts, [Some(10), Some(12), None]);
}

/// The keys of the demo song, as an editor would look them up in the schema.
#[test]
fn the_schema_describes_the_keys_of_the_demo_song() {
    let schema = json_schema();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let stem = &schema["$defs"]["StemKeys"];
    let text = fs::read_to_string(demo()).unwrap();
    let song: toml::Table = text.parse().unwrap();
    for table in song["stem"].as_array().unwrap() {
        for key in table.as_table().unwrap().keys() {
            let described = stem["properties"][key]["description"].as_str();
            assert!(described.is_some_and(|words| !words.is_empty()), "{key}");
        }
    }
    assert_eq!(stem["additionalProperties"], false);
}

/// A value of a wrong kind is told with what the key is for, or how to write what was meant.
#[test]
fn every_value_of_a_wrong_kind_comes_with_help() {
    let folder = folder();
    let help_of = |text: &str| {
        let found = check(folder.path(), text).findings;
        let kinds = found
            .into_iter()
            .filter(|finding| ["U453", "U454"].contains(&finding.code));
        kinds.collect::<Vec<_>>()
    };
    let schema = json_schema();
    let mut wrong = 0;
    for (block, def) in schema["properties"].as_object().unwrap() {
        let (header, def) = match def["items"]["$ref"].as_str() {
            Some(def) => (format!("[[{block}]]"), def),
            None => (
                format!("[{block}]"),
                def["$ref"].as_str().unwrap_or_default(),
            ),
        };
        let keys = schema.pointer(def.trim_start_matches('#'));
        let keys = keys.and_then(|def| def["properties"].as_object());
        for key in keys.into_iter().flatten().map(|(key, _)| key) {
            for value in [
                "\"x\"",
                "3.5",
                "true",
                "[]",
                "[[true]]",
                "1979-05-27",
                "{ x = true }",
            ] {
                for finding in help_of(&format!("{header}\n{key} = {value}\n")) {
                    wrong += 1;
                    assert!(
                        !finding.help.is_empty(),
                        "{header} {key} = {value}: {finding:?}"
                    );
                }
            }
        }
    }
    assert!(wrong > 200, "{wrong} values of a wrong kind");
    for (value, help) in [
        ("gain = \"-6 dB\"", "write -6"),
        ("gain = \"loud\"", "`gain`: "),
        ("mute = \"yes\"", "write true"),
        ("mute = \"false\"", "write false without quotes"),
        ("mute = 0", "write false"),
        ("chain = [{ eq = { hp = \"100 Hz\" } }]", "write 100"),
        ("chain = [{ comp = 3 }]", "`chain`: "),
        ("chain = [3]", "`chain`: "),
        ("sends = { a = true }", "`sends`: "),
    ] {
        let found = help_of(&session("", &format!("at = {{ az = 0 }}\n{value}"), ""));
        let told: Vec<&str> = found.iter().map(|finding| &*finding.help).collect();
        assert!(
            told.iter().any(|told| told.starts_with(help)),
            "{value}: {found:?}"
        );
    }
}

#[test]
fn the_documentation_names_every_key() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let text = |name: &str| fs::read_to_string(docs.join(name)).unwrap();
    let docs = text("session-file.md") + &text("effects.md");
    let mut keys = 0;
    for table in json_schema()["$defs"].as_object().unwrap().values() {
        let Some(properties) = table["properties"].as_object() else {
            continue;
        };
        for key in properties.keys() {
            keys += 1;
            assert!(
                docs.contains(&format!("`{key}`")),
                "`{key}` is not in the documentation"
            );
        }
    }
    assert!(keys > 60, "{keys} keys");
    for rule in RULES {
        assert!(
            docs.contains(rule.code),
            "{} is not in docs/session-file.md",
            rule.code
        );
    }
}

#[test]
fn what_suits_a_group_gets_no_advice() {
    let folder = folder();
    for chain in [
        "[{ preset = \"drums-glue\" }, { preset = \"bass-weight\" }]",
        "[{ eq = { hp = 30, bell = [[100, 4, 3]] } }, { comp = {} }, { limit = {} }]",
        "[{ comp = { bypass = true } }, { eq = { hp = 30, bell = [[100, 9, 9]], bypass = true } }]",
        "[{ preset = \"master-glue\" }]",
    ] {
        let text = session(
            "",
            "at = { az = 0 }\ngroup = \"g\"",
            &format!("[[group]]\nname = \"g\"\nchain = {chain}"),
        );
        let session = check(folder.path(), &text).session.unwrap();
        let advice: Vec<_> = session.check_audio();
        let advice: Vec<_> = advice
            .iter()
            .filter(|f| f.code.starts_with("U10"))
            .collect();
        // Tone after compression is what the first one asks for.
        let expected = usize::from(chain.contains("bass-weight"));
        assert_eq!(advice.len(), expected, "{chain}: {advice:#?}");
    }
}

/// The example of the plan for session files, every block and processor, in a folder with a second of noise for each
/// of its stems.
fn full_example() -> (TempDir, &'static str) {
    let folder = TempDir::new().unwrap();
    let text = include_str!("data/sessions/night-ferry.toml");
    let stems = folder.path().join("stems");
    fs::create_dir(&stems).unwrap();
    let stereo = [
        "Percussion",
        "PadSynth",
        "ArpSynth",
        "BackgroundVocals",
        "FX",
    ];
    let files = text
        .lines()
        .filter_map(|line| line.strip_prefix("file = \""));
    let mut state = 1_u32;
    for file in files.filter_map(|rest| rest.split('"').next()) {
        let spec = hound::WavSpec {
            channels: 1 + u16::from(stereo.iter().any(|name| file.starts_with(name))),
            sample_rate: 48_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(stems.join(file), spec).unwrap();
        for _ in 0..48_000 * u32::from(spec.channels) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let sample = (f64::from(state) / f64::from(u32::MAX) - 0.5) * 2600.0;
            wav.write_sample(sample as i16).unwrap();
        }
        wav.finalize().unwrap();
    }
    fs::write(folder.path().join("song.toml"), text).unwrap();
    (folder, text)
}

/// All outputs of the full example: as many channels as their layouts have, as long as the stems, of sound, and within
/// their limits.
#[test]
fn the_full_example_is_rendered() {
    let (folder, _) = full_example();
    let done = Command::new(env!("CARGO_BIN_EXE_umbel"))
        .args(["render", "song.toml", "--no-progress"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    // The session is read again for each export; what is wrong with it is told once.
    let warnings: Vec<&str> = said.lines().filter(|l| l.starts_with("warning")).collect();
    let mut different = warnings.clone();
    different.sort_unstable();
    different.dedup();
    assert!(
        !warnings.is_empty() && warnings.len() == different.len(),
        "{said}"
    );
    let out = folder.path().join("out");
    let frames_of_handoff = sound_of(&out.join("handoff/Mix_124_Am.wav")).1;
    assert!(frames_of_handoff >= 48_000);
    let mut expected = vec![
        ("phones.wav".to_owned(), 2, 48_000),
        ("714.wav".to_owned(), 12, 48_000),
        ("stereo.wav".to_owned(), 2, 48_000),
        // A bed of 10, 17 sides of stems, 8 places of returns.
        ("atmos.wav".to_owned(), 35, 48_000),
    ];
    for name in [
        "Kick",
        "SubBass",
        "MidBass",
        "SnareClap",
        "Hi-Hats",
        "Percussion",
        "LeadSynth",
        "PadSynth",
        "ArpeggioSynth",
        "LeadVocal",
        "BackgroundVocals",
        "FX",
        "hall",
        "echo",
        "Mix",
    ] {
        expected.push((format!("handoff/{name}_124_Am.wav"), 2, frames_of_handoff));
    }
    for (file, channels, frames) in expected {
        let found = sound_of(&out.join(&file));
        assert_eq!((found.0, found.1), (channels, frames), "{file}");
        let peak_db = 20.0 * f64::from(found.2).log10();
        assert!((-45.0..-1.0).contains(&peak_db), "{file}: {peak_db} dBFS");
    }
}

/// Channels, frames and largest sample of a file.
fn sound_of(path: &Path) -> (usize, u64, f32) {
    let mut source = umbel::format::open(path).unwrap();
    let (channels, frames) = (source.facts().channels, source.facts().frames.0);
    let mut block = Block::new(channels, frames as usize);
    block.set_frames(frames as usize);
    let rows: Vec<_> = (0..channels).map(Some).collect();
    source.read(&mut block, &rows).unwrap();
    let samples = block.rows().flatten();
    let peak = samples.fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
    (channels, frames, peak)
}

/// Every block and processor, and `size` in `at`.
#[test]
fn the_full_example_is_a_session() {
    let (folder, text) = full_example();
    let checked = check(folder.path(), text);
    let errors: Vec<_> = checked
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut song = build(folder.path(), text);
    let pad = song
        .objects
        .iter()
        .position(|object| object.name == "Pad Synth L");
    let pad = pad.expect("an object of its own");
    assert!(song.objects[pad].spread);
    let block = &blocks(&mut song, pad)[0];
    assert!(format!("{block:?}").contains("width: 108.0"), "{block:?}");
}
