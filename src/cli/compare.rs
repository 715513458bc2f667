//! `umbel compare`: how two mixes differ.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::limits::limit;
use super::scratch::Scratch;
use super::{Ui, interrupt, measured, opened};
use crate::effect::Settings;
use crate::format::adm::Selection;
use crate::format::{self, BitDepth, Container};
use crate::measure::Residual;
use crate::offline::{self, Comparison, Delivery, Matched, Options, Programme, Sound};
use crate::render::Target;
use crate::report::comparison_picture::comparison_picture;
use crate::session::Song;
use crate::units::{Frames, Gain};
use crate::{Error, Result};

/// Compare two mixes at equal loudness: offset, what is left of one without the other, loudness, peaks,
/// spectrum, movement of levels.
///
/// Each may be an audio file, a session (its stereo bus is taken) or an ADM master (rendered to stereo). A
/// session alone is compared with itself without the stems' own chains: what groups and master do by
/// themselves. Differences are B's against A.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The reference.
    #[arg(value_name = "A")]
    first: PathBuf,
    /// What is compared with it.
    #[arg(value_name = "B")]
    second: Option<PathBuf>,
    /// Fail with exit code 5 if more than this, in dB re A, is left of A without B as it is, once aligned.
    #[arg(long, value_name = "DB", allow_negative_numbers = true, value_parser = limit)]
    tolerance: Option<f64>,
    /// Draw loudness, spectra and difference in tone as a picture.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write both, aligned and equally loud, to this folder, to be listened to: A.wav and B.wav.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What the channels of the files are for, if their headers do not say.
    #[arg(short, long, value_name = "NAME|FILE")]
    layout: Option<String>,
    /// Replace files that exist.
    #[arg(short, long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  umbel compare mix-1.wav mix-2.wav --svg difference.svg
  umbel compare song.toml reference.wav            the session's stereo bus against a reference
  umbel compare song.toml                          the session against its groups and master alone
  umbel compare before.wav after.wav --tolerance -120     a null test: exit code 5 if they differ";

/// One side: its name, and where its audio is.
struct Heard {
    name: String,
    audio: PathBuf,
}

pub(crate) fn run(args: Args, ui: &Ui) -> Result<()> {
    interrupt::install();
    if let Some(path) = &args.svg {
        format::check_free(path, args.force)?;
    }
    for input in std::iter::once(&args.first).chain(&args.second) {
        let folder = args.out.as_deref();
        let written = folder.map_or(Vec::new(), |folder| {
            vec![folder.join("A.wav"), folder.join("B.wav")]
        });
        let mut written = written.iter().chain(&args.svg);
        written.try_for_each(|path| format::check_not_input(input, path))?;
    }
    let scratch = Scratch::new()?;
    let first = heard(&args.first, false, &scratch.path("a.wav"), ui)?;
    let second = match &args.second {
        Some(second) => heard(second, false, &scratch.path("b.wav"), ui)?,
        None => heard(&args.first, true, &scratch.path("b.wav"), ui)?,
    };
    if let Some(folder) = &args.out {
        std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create", e))?;
    }
    let matched = args.out.as_ref().map(|folder| Matched {
        first: folder.join("A.wav"),
        second: folder.join("B.wav"),
        overwrite: args.force,
    });
    let facts = format::open(&first.audio)?.facts().clone();
    let weights = measured::weights(&first.audio, &facts, args.layout.as_deref())?;
    let progress = ui.progress(2 * facts.frames.0, "comparing");
    let comparison = offline::compare(
        &first.audio,
        &second.audio,
        &weights,
        matched.as_ref(),
        &mut |done| {
            progress.set(done.0);
            !interrupt::requested()
        },
    )?;
    drop(progress);
    if let Some(path) = &args.svg {
        let picture = comparison_picture(&comparison, &first.name, &second.name);
        format::layout_file::save(path, &picture, args.force)?;
    }
    match ui.json {
        true => ui.json_line(&as_json(&comparison, &first.name, &second.name))?,
        false => report(&comparison, &first.name, &second.name, ui)?,
    }
    gate(&comparison, args.tolerance)
}

/// More than is tolerated is left.
fn gate(comparison: &Comparison, tolerance: Option<f64>) -> Result<()> {
    let (Some(most), Some(left)) = (tolerance, comparison.as_is) else {
        return Ok(());
    };
    if comparison.first.facts.frames != comparison.second.facts.frames {
        return Err(Error::Gate(format!(
            "the lengths differ: {} and {} frames",
            comparison.first.facts.frames.0, comparison.second.facts.frames.0
        )));
    }
    if comparison.offset.is_some_and(|offset| offset.frames != 0) {
        return Err(Error::Gate("they do not begin together".to_owned()));
    }
    match left.level_db.filter(|level| *level > most) {
        Some(level) => Err(Error::Gate(format!(
            "{level:.1} dB of A are left without B; {most} dB are tolerated"
        ))),
        None => Ok(()),
    }
}

/// The audio of an input: a file as it stands, a session or master rendered to stereo. `groups_only` leaves
/// out the chains of a session's stems.
fn heard(input: &Path, groups_only: bool, scratch: &Path, ui: &Ui) -> Result<Heard> {
    let name = input.file_name().unwrap_or_default().to_string_lossy();
    if opened::plain_audio(input)?.is_some() {
        if groups_only {
            return Err(Error::Usage(format!(
                "what is \"{}\" to be compared with? Name a second file; only a session is compared with itself",
                input.display()
            )));
        }
        return Ok(Heard {
            name: name.into_owned(),
            audio: input.to_path_buf(),
        });
    }
    let mut name = name.into_owned();
    if opened::is_audio(input) {
        let programme = opened::programme(input, false, &Selection::default(), ui)?;
        let speakers = Target::loudspeakers(super::named_layout::load("0+2+0")?)?;
        render(programme, speakers, Vec::new(), scratch, ui)?;
    } else {
        let mut song = opened::song(input, false, ui)?;
        if groups_only {
            leave_stems_alone(&mut song, input)?;
            name += " without the stems' chains";
        }
        let chain = song.stereo_chain.clone();
        render(song.into(), Target::Stereo, chain, scratch, ui)?;
    }
    Ok(Heard {
        name,
        audio: scratch.to_path_buf(),
    })
}

/// Takes the stems' own chains away.
fn leave_stems_alone(song: &mut Song, input: &Path) -> Result<()> {
    let strips = song.desk.strips.iter_mut();
    let chains = strips.filter(|strip| !strip.chain.is_empty());
    let mut count = 0;
    for strip in chains {
        strip.chain.clear();
        strip.lanes.clear();
        count += 1;
    }
    match count {
        0 => Err(Error::Usage(format!(
            "no stem of \"{}\" has a chain of its own, so there is nothing to compare it with: name a second file",
            input.display()
        ))),
        _ => Ok(()),
    }
}

fn render(
    programme: Programme,
    target: Target,
    chain: Vec<Settings>,
    to: &Path,
    ui: &Ui,
) -> Result<()> {
    let delivery = Delivery {
        name: "stereo".to_owned(),
        target,
        path: to.to_path_buf(),
        bit_depth: BitDepth::Float32,
        container: Container::Riff,
        multi_mono: false,
        true_peak: false,
        chain,
    };
    let options = Options {
        from: Frames(0),
        to: None,
        threads: rayon::current_num_threads(),
        overwrite: true,
        tail: false,
    };
    let progress = ui.progress(programme.length.0, "rendering");
    offline::render(programme, vec![delivery], options, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    Ok(())
}

/// A figure of one side.
type Figure = fn(&Sound) -> Option<f64>;

fn report(comparison: &Comparison, first: &str, second: &str, ui: &Ui) -> Result<()> {
    let Comparison {
        first: a,
        second: b,
        ..
    } = comparison;
    ui.line(format_args!("A  {first}"))?;
    ui.line(format_args!("B  {second}"))?;
    if comparison.is_identical() {
        ui.line("the samples are the same")?;
    }
    match comparison.offset {
        Some(offset) => {
            let ms = 1000.0 * offset.exact_frames / f64::from(a.facts.sample_rate.0);
            let inverted = if offset.inverted { ", inverted" } else { "" };
            ui.line(format_args!(
                "offset              B is {} frames ({ms:.3} ms) later{inverted}; correlation {:.4}",
                offset.frames, offset.correlation
            ))?;
        }
        None => ui.line("offset              none: one of them is silent")?,
    }
    ui.line(format_args!(
        "{:<18}{:>12}{:>12}{:>12}",
        "", "A", "B", "B - A"
    ))?;
    let rows: [(&str, &str, Figure); 7] = [
        ("loudness", "LUFS", |s| s.loudness.integrated()),
        ("loudness range", "LU", |s| s.loudness.range()),
        ("sample peak", "dBFS", |s| s.peak_dbfs),
        ("true peak", "dBTP", |s| s.true_peak_dbtp),
        ("crest", "dB", Sound::crest_db),
        ("peak to loudness", "LU", Sound::plr_lu),
        ("length", "s", |s| {
            Some(s.facts.frames.0 as f64 / f64::from(s.facts.sample_rate.0))
        }),
    ];
    for (name, unit, of) in rows {
        let figure = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.2}"));
        let (a, b) = (of(a), of(b));
        let difference = a.zip(b).map(|(a, b)| b - a + 0.0);
        ui.line(format_args!(
            "{name:<18}{:>12}{:>12}{:>12} {unit}",
            figure(a),
            figure(b),
            figure(difference)
        ))?;
    }
    let left = |level: Option<f64>| level.map_or("nothing".to_owned(), |v| format!("{v:.1} dB"));
    for (name, residual) in [
        ("as it is", comparison.as_is),
        ("equally loud", comparison.matched),
    ] {
        if let Some(residual) = residual {
            ui.line(format_args!(
                "A without B, {name:<13} {} left, peak {}FS (B at {})",
                left(residual.level_db),
                Gain(residual.peak).decibels(),
                Gain(residual.gain).decibels()
            ))?;
        }
    }
    if let Some(gain) = comparison.best_gain {
        ui.line(format_args!(
            "A without B, {:<13} {} left (B at {:.2} dB)",
            "at best",
            left(comparison.least_db),
            Gain(gain.abs()).decibels().0
        ))?;
    }
    if let Some(correlation) = comparison.envelope_correlation {
        ui.line(format_args!("levels move alike   {correlation:.3}"))?;
    }
    let tone: Vec<String> = comparison
        .tone()
        .map(|(hz, db)| format!("{} {:+.1}", hertz(hz), db + 0.0))
        .collect();
    for (n, part) in tone.chunks(10).enumerate() {
        let name = if n == 0 { "tone, dB at Hz" } else { "" };
        ui.line(format_args!("{name:<18}  {}", part.join("  ")))?;
    }
    Ok(())
}

/// A third octave by the name it goes by (ISO 266).
fn hertz(exact: f64) -> String {
    const NAMES: [f64; 10] = [10.0, 12.5, 16.0, 20.0, 25.0, 31.5, 40.0, 50.0, 63.0, 80.0];
    let band = (10.0 * exact.log10()).round() as i32;
    let decade = 10_f64.powi(band.div_euclid(10) - 1);
    let name = NAMES[band.rem_euclid(10) as usize] * decade;
    match name {
        1000.0.. => format!("{}k", name / 1000.0),
        _ => format!("{name}"),
    }
}

fn as_json(comparison: &Comparison, first: &str, second: &str) -> Value {
    let sound = |sound: &Sound, name: &str| {
        json!({
            "file": name,
            "frames": sound.facts.frames.0,
            "channels": sound.facts.channels,
            "sample_rate": sound.facts.sample_rate.0,
            "integrated_lufs": sound.loudness.integrated(),
            "lra_lu": sound.loudness.range(),
            "peak_dbfs": sound.peak_dbfs,
            "true_peak_dbtp": sound.true_peak_dbtp,
            "rms_dbfs": sound.rms_dbfs,
            "crest_db": sound.crest_db(),
            "plr_lu": sound.plr_lu(),
        })
    };
    let (a, b) = (
        sound(&comparison.first, first),
        sound(&comparison.second, second),
    );
    let mut difference = Map::new();
    for key in [
        "integrated_lufs",
        "lra_lu",
        "peak_dbfs",
        "true_peak_dbtp",
        "rms_dbfs",
        "crest_db",
        "plr_lu",
    ] {
        let both = a[key].as_f64().zip(b[key].as_f64());
        difference.insert(key.to_owned(), json!(both.map(|(a, b)| b - a)));
    }
    let residual = |left: Option<Residual>| {
        left.map(|left| {
            json!({
                "gain_db": Gain(left.gain).decibels().0,
                "level_db": left.level_db,
                "peak_dbfs": (left.peak > 0.0).then(|| Gain(left.peak).decibels().0),
            })
        })
    };
    let rate = f64::from(comparison.first.facts.sample_rate.0);
    json!({
        "a": a,
        "b": b,
        "difference": difference,
        "identical": comparison.is_identical(),
        "offset_frames": comparison.offset.map(|o| o.frames),
        "offset_ms": comparison.offset.map(|o| 1000.0 * o.exact_frames / rate),
        "inverted": comparison.offset.is_some_and(|o| o.inverted),
        "correlation": comparison.offset.map(|o| o.correlation),
        "overlap_frames": comparison.overlap.0,
        "gain_db": comparison.gain_db,
        "null": {
            "as_is": residual(comparison.as_is),
            "matched": residual(comparison.matched),
            "best": comparison.best_gain.map(|gain| json!({
                "gain_db": Gain(gain.abs()).decibels().0,
                "level_db": comparison.least_db,
            })),
        },
        "envelope_correlation": comparison.envelope_correlation,
        "third_octaves": comparison.spectrum.iter().map(|band| json!({
            "hz": band.hz,
            "a_db": band.first_db,
            "b_db": band.second_db,
        })).collect::<Vec<_>>(),
        "tone": comparison.tone().map(|(hz, db)| json!({ "hz": hz, "db": db })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::hertz;

    #[test]
    fn bands_go_by_their_preferred_numbers() {
        let names: Vec<String> = (-16..=13)
            .map(|band| hertz(1000.0 * 10_f64.powf(f64::from(band) / 10.0)))
            .collect();
        assert_eq!(names[..4], ["25", "31.5", "40", "50"]);
        assert_eq!(names[14..19], ["630", "800", "1k", "1.25k", "1.6k"]);
        assert_eq!(names[27..], ["12.5k", "16k", "20k"]);
    }
}
