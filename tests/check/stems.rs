//! Folders of stems: a good one has nothing to be said of it, and every fault is found at its file.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use umbel::check::{STEM_RULES, StemsAsked, check_stems};
use umbel::error::{Finding, Severity};
use umbel::format::{AudioSource, BitDepth, WaveReader};

use super::master::{Song, text, umbel, write_wave};

const RATE: u32 = 48_000;
const FRAMES: usize = 3 * RATE as usize + 17;

/// Noise of a colour of its own that fades in and out.
fn noise(seed: u32, frames: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let share = 0.2 + 0.07 * (seed % 11) as f32;
    let fade = frames as f32 / 20.0;
    let mut low = 0.0_f32;
    (0..frames)
        .map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) as f32;
            low += share * (white - low);
            let edge = (n.min(frames - 1 - n) as f32 - 1000.0) / fade;
            0.1 * low * edge.clamp(0.0, 1.0)
        })
        .collect()
}

/// A stem: its file name, rate, depth and rows.
#[derive(Clone)]
struct Stem {
    file: String,
    rate: u32,
    depth: BitDepth,
    rows: Vec<Vec<f32>>,
}

/// Stems and a reference mix.
struct Folder {
    dir: TempDir,
    stems: Vec<Stem>,
    mix: Vec<Vec<f32>>,
}

const NAMES: [&str; 8] = [
    "Kick",
    "Sub Bass",
    "Snare-Clap",
    "Hi-Hats",
    "Lead",
    "Pad",
    "Vox",
    "FX",
];

impl Folder {
    /// Eight stems, of which the last two are stereo, and the mix that they add up to.
    fn new() -> Self {
        Self::of(FRAMES, noise)
    }

    fn of(frames: usize, sound: impl Fn(u32, usize) -> Vec<f32>) -> Self {
        let stems: Vec<Stem> = NAMES
            .iter()
            .enumerate()
            .map(|(n, name)| Stem {
                file: format!("{name}_124_Am.wav"),
                rate: RATE,
                depth: BitDepth::Int24,
                rows: (0..=u32::from(n > 5))
                    .map(|side| sound(n as u32 + 10 * side, frames))
                    .collect(),
            })
            .collect();
        let mut folder = Self {
            dir: tempfile::tempdir().unwrap(),
            stems,
            mix: Vec::new(),
        };
        folder.mix_again();
        folder
    }

    fn mix_again(&mut self) {
        let frames = self.stems[0].rows[0].len();
        self.mix = (0..2)
            .map(|side| {
                let sum = |n: usize| {
                    self.stems
                        .iter()
                        .map(|stem| stem.rows[side.min(stem.rows.len() - 1)][n])
                        .sum()
                };
                (0..frames).map(sum).collect()
            })
            .collect();
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("stems")
    }

    fn mix_path(&self) -> PathBuf {
        self.dir.path().join("mix.wav")
    }

    fn write(&self) {
        let _ = std::fs::remove_dir_all(self.path());
        std::fs::create_dir(self.path()).unwrap();
        for stem in &self.stems {
            write_wave(
                &self.path().join(&stem.file),
                stem.depth,
                stem.rate,
                &stem.rows,
            );
        }
        write_wave(&self.mix_path(), BitDepth::Float32, RATE, &self.mix);
    }

    fn check(&self, has_reference: bool) -> Vec<Finding> {
        self.write();
        self.check_written(has_reference, false)
    }

    fn check_written(&self, has_reference: bool, hand_off: bool) -> Vec<Finding> {
        let asked = StemsAsked {
            reference: has_reference.then(|| self.mix_path()),
            hand_off,
        };
        check_stems(&self.path(), &asked, &|_| true).unwrap()
    }
}

/// The finding of `code` at the file of that name; empty: at the folder or the reference.
fn at<'a>(found: &'a [Finding], code: &str, file: &str) -> &'a Finding {
    found
        .iter()
        .find(|finding| finding.code == code && finding.path.ends_with(file))
        .unwrap_or_else(|| panic!("{code} at {file}: {found:#?}"))
}

/// What is wrong and where, without notes.
fn wrong(found: &[Finding]) -> Vec<String> {
    let named = |finding: &Finding| {
        let file = finding
            .path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        format!("{} {file}", finding.code)
    };
    found
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(named)
        .collect()
}

fn number_before(message: &str, unit: &str) -> f64 {
    let before = &message[..message.find(unit).unwrap()];
    before.trim().rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn good_stems_add_up_to_their_mix_and_nothing_is_wrong() {
    let folder = Folder::new();
    let found = folder.check(true);
    assert_eq!(wrong(&found), [""; 0], "{found:#?}");
    let sum = at(&found, "U014", "mix.wav");
    // Eight files are dithered to 24 bits, the mix is not.
    assert!(
        sum.message.contains("nothing") || number_before(&sum.message, " dBFS") < -110.0,
        "{}",
        sum.message
    );
    assert!(
        folder
            .check_written(true, true)
            .iter()
            .all(|finding| finding.severity == Severity::Note)
    );
}

/// A fault: what it does, the rule, the file, words of the message.
type Fault = (fn(&mut Folder), &'static str, &'static str, &'static str);

const FAULTS: &[Fault] = &[
    (
        |f| f.stems[2].rate = 44_100,
        "U001",
        "Snare-Clap_124_Am.wav",
        "44100 Hz",
    ),
    (
        |f| f.stems[2].rows[0].truncate(FRAMES - 100),
        "U002",
        "Snare-Clap_124_Am.wav",
        "144017",
    ),
    (
        |f| f.stems[1].depth = BitDepth::Int16,
        "U004",
        "Sub Bass_124_Am.wav",
        "16-bit",
    ),
    (
        |f| f.stems[1].depth = BitDepth::Float32,
        "U004",
        "Sub Bass_124_Am.wav",
        "float",
    ),
    (
        |f| f.stems[3].file = "Audio_01.wav".to_owned(),
        "U005",
        "Audio_01.wav",
        "default name",
    ),
    (
        |f| f.stems[3].file = "Hats.wav".to_owned(),
        "U005",
        "Hats.wav",
        "StemName_BPM_Key",
    ),
    (
        |f| f.stems[3].file = "Hats_125_Am.wav".to_owned(),
        "U005",
        "Hats_125_Am.wav",
        "125",
    ),
    (
        |f| f.stems[3].file = "Hats_124_Bm.wav".to_owned(),
        "U005",
        "Hats_124_Bm.wav",
        "Bm",
    ),
    (
        |f| f.stems[0].rows[0][5000..5003].fill(1.0),
        "U006",
        "Kick_124_Am.wav",
        "frame 5000",
    ),
    (
        |f| f.stems[4].rows[0].iter_mut().for_each(|s| *s += 0.002),
        "U008",
        "Lead_124_Am.wav",
        "mean",
    ),
    (
        |f| f.stems[5].rows[0].fill(0.0),
        "U009",
        "Pad_124_Am.wav",
        "silent",
    ),
    (
        |f| f.stems[5].rows[0].iter_mut().for_each(|s| *s *= 1e-4),
        "U009",
        "Pad_124_Am.wav",
        "dBFS",
    ),
    (
        |f| f.stems[4].rows = f.stems[3].rows.clone(),
        "U010",
        "Lead_124_Am.wav",
        "Hi-Hats",
    ),
    (|f| f.stems.truncate(3), "U011", "stems", "3 stems"),
    (
        |f| f.stems[7].rows[1] = f.stems[7].rows[0].clone(),
        "U012",
        "FX_124_Am.wav",
        "mono",
    ),
    (
        |f| f.stems[7].rows[1].fill(0.0),
        "U012",
        "FX_124_Am.wav",
        "right",
    ),
    (
        |f| f.stems[7].rows[1] = f.stems[7].rows[0].iter().map(|s| -0.9 * s).collect(),
        "U013",
        "FX_124_Am.wav",
        "-1.00",
    ),
    (
        |f| f.stems[0].rows[0][..400].fill(0.1),
        "U015",
        "Kick_124_Am.wav",
        "first",
    ),
    (
        |f| f.stems[0].rows[0][FRAMES - 400..].fill(0.1),
        "U015",
        "Kick_124_Am.wav",
        "last",
    ),
    (
        |f| {
            f.stems
                .iter_mut()
                .for_each(|s| s.rows.iter_mut().flatten().for_each(|s| *s *= 5.0))
        },
        "U016",
        "stems",
        "peaks at +",
    ),
    (
        |f| f.stems[6].rows = vec![f.stems[6].rows[0].clone(); 6],
        "U022",
        "Vox_124_Am.wav",
        "6 channels",
    ),
];

#[test]
fn each_fault_is_found_at_its_file() {
    for (number, (fault, code, file, words)) in FAULTS.iter().enumerate() {
        let mut folder = Folder::new();
        fault(&mut folder);
        let found = folder.check(false);
        let finding = at(&found, code, file);
        assert!(
            finding.message.contains(words),
            "{number}: {}",
            finding.message
        );
        let others: Vec<String> = wrong(&found)
            .into_iter()
            // What clips by itself clips in the sum.
            .filter(|other| !other.starts_with(code) && (*code != "U006" || other != "U016 stems"))
            .collect();
        assert_eq!(others, [""; 0], "{number} {code}: {found:#?}");
    }
}

#[test]
fn a_sample_that_is_no_number_is_named() {
    let folder = Folder::new();
    folder.write();
    let path = folder.path().join("Kick_124_Am.wav");
    let mut row = folder.stems[0].rows[0].clone();
    row[1000] = 0.123;
    write_wave(&path, BitDepth::Float32, RATE, &[row]);
    let mut bytes = std::fs::read(&path).unwrap();
    let at_sample = bytes
        .windows(4)
        .position(|four| four == 0.123_f32.to_le_bytes())
        .unwrap();
    bytes[at_sample..at_sample + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let found = folder.check_written(false, false);
    assert!(
        at(&found, "U007", "Kick_124_Am.wav")
            .message
            .contains("frame 1000")
    );
}

#[test]
fn the_stem_of_another_gain_is_named_with_its_gain() {
    for (db, words) in [(-3.0_f32, "lower than"), (2.0, "louder than")] {
        let mut folder = Folder::new();
        let gain = 10.0_f32.powf(db / 20.0);
        folder.stems[1].rows[0].iter_mut().for_each(|s| *s *= gain);
        let found = folder.check(true);
        assert_eq!(at(&found, "U014", "mix.wav").severity, Severity::Error);
        let named = at(&found, "U014", "Sub Bass_124_Am.wav");
        assert!(named.message.contains(words), "{}", named.message);
        let said = number_before(&named.message, " dB");
        assert!(
            (said - f64::from(db.abs())).abs() < 0.05,
            "{}",
            named.message
        );
        assert_eq!(wrong(&found), ["U014 mix.wav", "U014 Sub Bass_124_Am.wav"]);
        assert!(at(&found, "U014", "stems").message.contains("is left"));
    }
}

#[test]
fn a_reference_or_stems_without_sound_are_no_match() {
    let mut folder = Folder::new();
    folder.mix.iter_mut().flatten().for_each(|s| *s = 0.0);
    let found = folder.check(true);
    let said = at(&found, "U014", "mix.wav");
    assert_eq!(said.severity, Severity::Error);
    assert!(said.message.contains("silent throughout"), "{found:#?}");
    assert_eq!(wrong(&found), ["U014 mix.wav"]);

    let mut folder = Folder::new();
    let samples = folder.stems.iter_mut().flat_map(|stem| &mut stem.rows);
    samples.flatten().for_each(|s| *s = 0.0);
    let found = folder.check(true);
    assert_eq!(at(&found, "U014", "mix.wav").severity, Severity::Error);
}

#[test]
fn a_reference_of_another_length_is_said_to_be_and_compared_as_far_as_it_goes() {
    for late in [0, 900] {
        let mut folder = Folder::new();
        for row in folder.stems.iter_mut().flat_map(|stem| &mut stem.rows) {
            row.rotate_right(late);
        }
        for row in &mut folder.mix {
            row.truncate(RATE as usize);
        }
        let found = folder.check(true);
        let said = &at(&found, "U002", "mix.wav").message;
        assert!(
            said.contains("48000 frames (1.000 s)") && said.contains("144017 (3.000 s)"),
            "{said}"
        );
        assert_eq!(at(&found, "U014", "mix.wav").severity, Severity::Note);
        let late_ones = found.iter().filter(|f| f.code == "U003").count();
        assert_eq!(late_ones, usize::from(late > 0), "{found:#?}");
    }
    // The mix goes on, and so does its sound.
    let mut folder = Folder::new();
    for row in folder.stems.iter_mut().flat_map(|stem| &mut stem.rows) {
        row.truncate(FRAMES - 48_000);
    }
    let found = folder.check(true);
    assert!(wrong(&found).contains(&"U002 mix.wav".to_owned()));
    assert_eq!(at(&found, "U014", "mix.wav").severity, Severity::Note);
    // Silence alone is no other length.
    let mut folder = Folder::new();
    for row in &mut folder.mix {
        row.resize(FRAMES + 10_000, 0.0);
    }
    assert_eq!(wrong(&folder.check(true)), [""; 0]);
}

#[test]
fn a_gain_that_all_stems_share_is_said_once() {
    for (gain, words) in [
        (0.5_f32, "6.02 dB lower as a whole"),
        (0.8, "1.94 dB lower as a whole"),
        (2.0, "6.02 dB louder as a whole"),
        (0.99, "0.09 dB lower as a whole"),
        (-1.0, "upside down as a whole"),
    ] {
        let mut folder = Folder::new();
        folder.mix.iter_mut().flatten().for_each(|s| *s *= gain);
        let found = folder.check(true);
        let said = at(&found, "U014", "mix.wav");
        assert!(said.message.contains(words), "{gain}: {}", said.message);
        let (_, left) = said.message.split_once("gain ").unwrap();
        assert!(number_before(left, " dB") < -100.0, "{}", said.message);
        assert_eq!(wrong(&found), ["U014 mix.wav"], "{found:#?}");
    }
    // One of them has another gain beside.
    let mut folder = Folder::new();
    folder.mix.iter_mut().flatten().for_each(|s| *s *= 0.5);
    folder.stems[1].rows[0].iter_mut().for_each(|s| *s *= 2.0);
    let found = folder.check(true);
    assert!(
        found
            .iter()
            .any(|f| f.message.contains("6.02 dB lower as a whole")),
        "{found:#?}"
    );
    let named = &at(&found, "U014", "Sub Bass_124_Am.wav").message;
    assert!(named.contains("6.02 dB louder than"), "{named}");
    let stems = wrong(&found).iter().filter(|w| w.contains("_124_")).count();
    assert_eq!(stems, 1, "{found:#?}");
}

#[test]
fn the_stem_that_is_late_is_named_with_its_frames() {
    for (shift, words) in [
        (480_i64, "480 frames (10.000 ms) later"),
        (-7, "7 frames (0.146 ms) earlier"),
    ] {
        let mut folder = Folder::new();
        let row = &mut folder.stems[4].rows[0];
        row.rotate_right(shift.rem_euclid(FRAMES as i64) as usize);
        let found = folder.check(true);
        let named = at(&found, "U003", "Lead_124_Am.wav");
        assert!(named.message.contains(words), "{}", named.message);
        assert_eq!(
            wrong(&found),
            ["U003 Lead_124_Am.wav", "U014 mix.wav"],
            "{found:#?}"
        );
    }
}

#[test]
fn a_stem_that_ends_early_makes_no_other_late() {
    let mut folder = Folder::new();
    // A smooth stem with a mean: moved by a frame it leaves its edge, and its end makes the click a little smaller.
    for (n, sample) in folder.stems[5].rows[0].iter_mut().enumerate() {
        let turns = 0.25 * n as f32 / RATE as f32;
        *sample = 0.02 + 0.02 * (std::f32::consts::TAU * turns).sin();
    }
    folder.mix_again();
    // What another stem lacks in its last frame.
    for row in &mut folder.mix {
        row[FRAMES - 1] -= 0.2;
    }
    let found = folder.check(true);
    assert!(
        found.iter().all(|finding| finding.code != "U003"),
        "{found:#?}"
    );
    let figure = |words: &str| -> Option<f64> {
        let message = &found.iter().find(|f| f.message.contains(words))?.message;
        let (before, _) = message.split_once(" dB is left")?;
        before.rsplit(' ').next()?.parse().ok()
    };
    if let (Some(now), Some(best)) = (figure("do not add up"), figure("best place")) {
        assert!(best <= now, "{found:#?}");
    }
}

#[test]
fn stems_that_are_all_late_are_said_to_be_and_compared_all_the_same() {
    let mut folder = Folder::new();
    for row in folder.stems.iter_mut().flat_map(|stem| &mut stem.rows) {
        row.rotate_right(900);
    }
    let found = folder.check(true);
    assert!(
        at(&found, "U003", "stems").message.contains("900 frames"),
        "{found:#?}"
    );
    assert_eq!(at(&found, "U014", "mix.wav").severity, Severity::Note);
}

#[test]
fn missing_doubled_inverted_and_strange_stems_are_told_apart() {
    let mut folder = Folder::new();
    folder.stems.remove(2);
    let found = folder.check(true);
    let left: Vec<&Finding> = found
        .iter()
        .filter(|f| f.message.contains("best place and gain"))
        .collect();
    assert!(
        left.len() == 1 && left[0].message.contains("Hz"),
        "{found:#?}"
    );
    assert_eq!(wrong(&found), ["U014 mix.wav"; 2]);

    let mut folder = Folder::new();
    let mut again = folder.stems[2].clone();
    again.file = "Snare Copy_124_Am.wav".to_owned();
    folder.stems.push(again);
    let found = folder.check(true);
    assert!(
        found.iter().any(|finding| finding.code == "U010"),
        "{found:#?}"
    );
    assert_eq!(at(&found, "U014", "mix.wav").severity, Severity::Error);

    let mut folder = Folder::new();
    folder.stems[0].rows[0].iter_mut().for_each(|s| *s = -*s);
    let found = folder.check(true);
    assert!(
        at(&found, "U014", "Kick_124_Am.wav")
            .message
            .contains("upside down"),
        "{found:#?}"
    );

    let mut folder = Folder::new();
    let mut strange = folder.stems[2].clone();
    strange.file = "Strange_124_Am.wav".to_owned();
    strange.rows = vec![noise(99, FRAMES)];
    folder.stems.push(strange);
    let found = folder.check(true);
    assert!(
        at(&found, "U014", "Strange_124_Am.wav")
            .message
            .contains("not in the reference"),
        "{found:#?}"
    );
}

#[test]
fn a_limited_reference_is_told_from_other_stems() {
    let mut folder = Folder::new();
    let peak = folder.mix[0]
        .iter()
        .fold(0.0_f32, |peak, s| peak.max(s.abs()));
    for sample in folder.mix.iter_mut().flatten() {
        *sample = sample.clamp(-0.5 * peak, 0.5 * peak);
    }
    let found = folder.check(true);
    assert!(
        at(&found, "U017", "mix.wav").message.contains("limited"),
        "{found:#?}"
    );
}

#[test]
fn sixteen_bits_in_a_file_of_24_are_seen() {
    let folder = Folder::new();
    folder.write();
    let path = folder.path().join("Vox_124_Am.wav");
    let facts = WaveReader::open(&path).unwrap().facts().clone();
    let data = facts
        .chunks
        .iter()
        .find(|chunk| &chunk.id.0 == b"data")
        .unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let range = data.offset as usize..(data.offset + data.size) as usize;
    // The lowest byte of each sample stands first.
    bytes[range].chunks_mut(3).for_each(|sample| sample[0] = 0);
    std::fs::write(&path, bytes).unwrap();
    let found = folder.check_written(false, false);
    assert!(
        at(&found, "U018", "Vox_124_Am.wav")
            .message
            .contains("16-bit")
    );
    assert_eq!(wrong(&found), ["U018 Vox_124_Am.wav"]);
}

#[test]
fn a_wall_in_the_spectrum_is_seen() {
    let mut folder = Folder::new();
    // A low-pass of 1023 taps at 16 kHz, Blackman window: 74 dB down within 200 Hz.
    let taps: Vec<f64> = (0..1023)
        .map(|n| {
            let x = f64::from(n) - 511.0;
            let phase = std::f64::consts::TAU * f64::from(n) / 1022.0;
            let sinc = if n == 511 {
                1.0
            } else {
                (std::f64::consts::PI * x / 1.5).sin() / (std::f64::consts::PI * x / 1.5)
            };
            sinc / 1.5 * (0.42 - 0.5 * phase.cos() + 0.08 * (2.0 * phase).cos())
        })
        .collect();
    let row = &mut folder.stems[0].rows[0];
    let source = row.clone();
    for n in 600..FRAMES - 600 {
        row[n] = taps
            .iter()
            .enumerate()
            .map(|(k, tap)| tap * f64::from(source[n + 511 - k]))
            .sum::<f64>() as f32;
    }
    let found = folder.check(false);
    let hz = number_before(&at(&found, "U018", "Kick_124_Am.wav").message, " kHz");
    assert!((hz - 16.0).abs() < 0.6, "{found:#?}");
    assert_eq!(wrong(&found), ["U018 Kick_124_Am.wav"]);
}

#[test]
fn another_tempo_than_that_of_the_names_is_noticed() {
    let beats = |bpm: f64| {
        move |seed: u32, frames: usize| {
            let beat = 60.0 / bpm * f64::from(RATE);
            let hit = noise(seed, frames);
            (0..frames)
                .map(|n| {
                    let since = (n as f64 % beat) / f64::from(RATE);
                    hit[n] * (-since * 25.0).exp() as f32
                })
                .collect()
        }
    };
    let right = Folder::of(20 * RATE as usize, beats(124.0)).check(false);
    assert!(
        right.iter().all(|finding| finding.code != "U019"),
        "{right:#?}"
    );
    let other = Folder::of(20 * RATE as usize, beats(110.0)).check(false);
    let said = &at(&other, "U019", "stems").message;
    let bpm: f64 = said.rsplit(' ').next().unwrap().parse().unwrap();
    let is_kin = [55.0, 110.0, 220.0, 165.0, 73.3]
        .iter()
        .any(|kin| (bpm - kin).abs() < 1.0);
    assert!(is_kin, "{said}");
}

#[test]
fn exported_stems_are_what_their_manifest_says_until_one_changes() {
    let song = Song::new();
    let session = std::fs::read_to_string(song.path("song.toml")).unwrap();
    std::fs::write(
        song.path("song.toml"),
        format!("[song]\nbpm = 124\nkey = \"Am\"\n{session}"),
    )
    .unwrap();
    let out = song.path("handoff");
    let done = umbel(&[
        "export",
        "stems",
        text(&song.path("song.toml")),
        "--out",
        text(&out),
        "-q",
    ]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let mix = song.path("mix.wav");
    let done = umbel(&[
        "render",
        text(&song.path("song.toml")),
        "-l",
        "stereo",
        "-o",
        text(&mix),
        "--bit-depth",
        "f32",
        "-q",
    ]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let check = |more: &[&str]| {
        let mut arguments = vec![
            "check",
            text(&out),
            "--reference",
            text(&mix),
            "--format",
            "json",
        ];
        arguments.extend(more);
        let done = umbel(&arguments);
        let list: Value = serde_json::from_slice(&done.stdout).unwrap();
        (done.status.code(), list.as_array().unwrap().clone())
    };
    let (code, found) = check(&["--for", "handoff"]);
    let errors: Vec<&Value> = found.iter().filter(|f| f["level"] == "error").collect();
    assert!(errors.is_empty() && code == Some(0), "{found:#?}");
    assert!(
        found
            .iter()
            .any(|f| f["rule"] == "U014" && f["level"] == "note"),
        "{found:#?}"
    );
    // One byte of the last sample of one file.
    let path = out.join("A_124_Am.wav");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    std::fs::rename(out.join("B_124_Am.wav"), out.join("C_124_Am.wav")).unwrap();
    let (code, found) = check(&[]);
    assert_eq!(code, Some(5));
    let of = |file: &str| {
        found
            .iter()
            .any(|f| f["rule"] == "U020" && f["where"].as_str().unwrap().ends_with(file))
    };
    assert!(
        of("A_124_Am.wav") && of("B_124_Am.wav") && of("C_124_Am.wav"),
        "{found:#?}"
    );
}

#[test]
fn what_a_receiver_will_miss_is_noted_and_other_audio_named() {
    let mut folder = Folder::new();
    folder.stems[0].file = "Kick.wav".to_owned();
    folder.write();
    std::fs::write(folder.path().join("Guide.mp3"), b"\xff\xfb").unwrap();
    let found = folder.check_written(false, true);
    assert!(at(&found, "U021", "stems").message.contains("reference"));
    assert_eq!(at(&found, "U005", "Kick.wav").severity, Severity::Error);
    assert!(at(&found, "U023", "Guide.mp3").message.contains("not read"));
    let done = umbel(&[
        "check",
        text(&folder.path()),
        "--for",
        "handoff",
        "--format",
        "sarif",
    ]);
    assert_eq!(done.status.code(), Some(5));
    assert!(
        String::from_utf8(done.stdout)
            .unwrap()
            .contains("\"ruleId\":\"U005\"")
    );
    let said = String::from_utf8(umbel(&["check", "--explain", "U014"]).stdout).unwrap();
    assert!(said.contains("-60 dB"), "{said}");
    let empty = umbel(&["check", text(&Path::new(folder.dir.path()).join("nowhere"))]);
    assert_ne!(empty.status.code(), Some(0));
}

#[test]
fn every_rule_has_a_fault_that_breaks_it() {
    let of_table = FAULTS.iter().map(|(_, code, ..)| *code);
    let elsewhere = [
        "U003", "U007", "U014", "U017", "U018", "U019", "U020", "U021", "U023",
    ];
    let mut broken: Vec<&str> = of_table.chain(elsewhere).collect();
    broken.sort_unstable();
    broken.dedup();
    let all: Vec<&str> = STEM_RULES.iter().map(|rule| rule.code).collect();
    assert_eq!(broken, all);
}
