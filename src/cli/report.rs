//! `--report`: a render, a delivery, a measurement or a check as one HTML file.

use std::path::{Path, PathBuf};

use super::measured::Measured;
use super::scratch::Scratch;
use super::{Ui, interrupt, measured, named_layout};
use crate::effect::Settings;
use crate::error::Finding;
use crate::format::adm::{self, Selection};
use crate::format::{AudioFacts, BitDepth, Container, layout_file, sha256};
use crate::layout::Layout;
use crate::offline::{
    self, Course, Delivery, FileCourse, ObjectCourse, Options, Programme, Rendered,
};
use crate::panner::Vbap;
use crate::render::Target;
use crate::report::page::{BEGINNING, FileRow, Page, Sounding};
use crate::session::folder::Folder;
use crate::session::{BuildOptions, DeliverySpec, Session};
use crate::units::{Frames, Gain};
use crate::{Error, Result};

/// The option, for every command that has it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct ReportArgs {
    /// Write a report beside all else: one HTML file with pictures, tables, findings and hashes.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

impl ReportArgs {
    /// Where to, if a report is asked for; a file of another kind is never replaced.
    pub(super) fn path(&self) -> Result<Option<&Path>> {
        let Some(path) = self.report.as_deref() else {
            return Ok(None);
        };
        if path.symlink_metadata().is_ok() {
            let mut head = Vec::new();
            let is_report = std::fs::File::open(path)
                .and_then(|file| {
                    std::io::Read::read_to_end(
                        &mut std::io::Read::take(file, BEGINNING.len() as u64),
                        &mut head,
                    )
                })
                .is_ok_and(|_| head == BEGINNING.as_bytes());
            if !is_report {
                return Err(Error::Usage(format!(
                    "\"{}\" exists and is no report: choose another name for --report",
                    path.display()
                )));
            }
        }
        Ok(Some(path))
    }
}

/// Writes the page, and says so.
pub(super) fn write(path: &Path, page: &Page, ui: &Ui) -> Result<()> {
    layout_file::save(path, &page.html(), true)?;
    ui.note(format_args!("the report is {}", path.display()));
    Ok(())
}

/// A page about `input` that names the command as it was typed.
pub(super) fn page(input: &Path) -> Page {
    let quoted = |word: String| {
        let is_plain = word
            .chars()
            .all(|c| c.is_alphanumeric() || "-_./=,:+@%".contains(c));
        if is_plain && !word.is_empty() {
            word
        } else {
            format!("\"{word}\"")
        }
    };
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| quoted(word.to_string_lossy().into_owned()))
        .collect();
    let name = input.file_name().unwrap_or(input.as_os_str());
    Page {
        title: name.to_string_lossy().into_owned(),
        command: format!("umbel {}", words.join(" ")),
        ..Page::default()
    }
}

/// What the session or master at `input` plays, without saying what was found in it.
pub(super) fn programme(input: &Path, resample: bool, selection: &Selection) -> Result<Programme> {
    if super::opened::is_audio(input) {
        return Ok(adm::read(input)?.master(selection)?.into());
    }
    Ok(Session::load(input)?
        .build(&BuildOptions { resample })?
        .into())
}

/// Follows the programme over time and lists its files on the page.
pub(super) fn add_programme(
    page: &mut Page,
    input: &Path,
    programme: Programme,
    ui: &Ui,
) -> Result<()> {
    let role = if super::opened::is_audio(input) {
        "master"
    } else {
        "session"
    };
    page.files.push(file_row(role, input)?);
    let mut listed = std::collections::HashSet::new();
    for stem in &programme.inputs {
        if stem.path != input && listed.insert(&stem.path) {
            page.files.push(file_row("stem", &stem.path)?);
        }
    }
    let progress = ui.progress(programme.length.0, "drawing");
    page.course = Some(offline::course(programme, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?);
    Ok(())
}

/// Lists a delivery of a session, which stands at `path`, and what is found in it: the one report of a render covers all
/// of the session's outputs.
pub(super) fn add_delivery(page: &mut Page, spec: &DeliverySpec, path: &Path) -> Result<()> {
    let role = spec.format.word();
    if path.is_dir() {
        for name in Folder::survey(path)?.audio {
            page.files.push(file_row(role, &path.join(name))?);
        }
        return Ok(());
    }
    page.files.push(file_row(role, path)?);
    let losses = path.with_extension("loss.txt");
    if losses.is_file() {
        page.files.push(file_row("loss report", &losses)?);
    }
    let found = crate::check::check_profile(path, false)?;
    add_findings(page, &found.unwrap_or_default());
    Ok(())
}

/// A file with what it holds and its hash.
pub(super) fn file_row(role: &str, path: &Path) -> Result<FileRow> {
    let about = match crate::format::open(path) {
        Ok(source) => about(source.facts()),
        Err(_) => String::new(),
    };
    Ok(FileRow {
        role: role.to_owned(),
        path: path.display().to_string(),
        about,
        sha256: sha256(path)?,
    })
}

fn about(facts: &AudioFacts) -> String {
    format!(
        "{} {} Hz {}, {} channels, {:.3} s",
        facts.container,
        facts.sample_rate.0,
        facts.sample_format,
        facts.channels,
        facts.sample_rate.seconds_at(facts.frames)
    )
}

/// How much of each channel goes left and right in a fold-down: by the side of its loudspeaker, both at -3 dB from the
/// middle, nothing of an LFE. Channels that are not told apart go to both.
fn sides(labels: &[String], layout: Option<&Layout>) -> Vec<(f64, f64)> {
    const BOTH: (f64, f64) = (
        std::f64::consts::FRAC_1_SQRT_2,
        std::f64::consts::FRAC_1_SQRT_2,
    );
    let pair = [(1.0, 0.0), (0.0, 1.0)];
    let Some(layout) = layout else {
        return if labels.len() == 2 {
            pair.to_vec()
        } else {
            vec![BOTH; labels.len()]
        };
    };
    let side = |label: &String| {
        let speaker = layout
            .speakers
            .iter()
            .find(|speaker| speaker.label == *label)?;
        let x = speaker.direction().x;
        Some(match x {
            _ if speaker.lfe => (0.0, 0.0),
            x if x < -0.05 => pair[0],
            x if x > 0.05 => pair[1],
            _ => BOTH,
        })
    };
    labels
        .iter()
        .map(|label| side(label).unwrap_or(BOTH))
        .collect()
}

/// A file, or several that hold a channel each, over time.
fn course_of(
    paths: &[&Path],
    labels: &[String],
    layout: Option<&Layout>,
    ui: &Ui,
) -> Result<FileCourse> {
    let mut source = crate::format::open_side_by_side(paths)?;
    let progress = ui.progress(source.facts().frames.0, "drawing");
    offline::file_course(source.as_mut(), &sides(labels, layout), &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })
}

/// The layout a target is for, with the facets of its panner.
fn drawn(target: &Target) -> Option<(Layout, Vec<Vec<usize>>)> {
    let Target::Layout { layout, .. } = target else {
        return None;
    };
    let facets = Vbap::new(layout)
        .map(|panner| panner.facets())
        .unwrap_or_default();
    Some((layout.clone(), facets))
}

/// What is known of a delivery before it is given away.
pub(super) struct Drawn {
    layout: Option<(Layout, Vec<Vec<usize>>)>,
}

impl Drawn {
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            layout: drawn(&delivery.target),
        }
    }
}

/// Adds an output that has been written.
pub(super) fn add_output(page: &mut Page, output: Rendered, drawn: Drawn, ui: &Ui) -> Result<()> {
    for file in &output.files {
        page.files.push(file_row("render", &file.path)?);
    }
    let layout = drawn.layout.as_ref().map(|(layout, _)| layout);
    let paths: Vec<&Path> = output
        .files
        .iter()
        .map(|file| file.path.as_path())
        .collect();
    let course = match paths.as_slice() {
        [] => None,
        paths => Some(course_of(paths, &output.channel_order, layout, ui)?),
    };
    let peak = output.peaks.iter().copied().fold(0.0, f32::max);
    let mut figures = figures(&output.loudness, Some(peak), output.heard.true_peak);
    if output.latency.0 > 0 {
        figures.push((
            "latency taken off".to_owned(),
            format!("{} frames", output.latency.0),
        ));
    }
    page.sounding.push(Sounding {
        name: format!("{} ({})", output.name, output.target),
        channels: output.channel_order,
        figures,
        loudness: Some(output.loudness),
        course,
        layout: drawn.layout,
    });
    Ok(())
}

fn figures(
    meter: &crate::measure::LoudnessMeter,
    peak: Option<f32>,
    true_peak: Option<f32>,
) -> Vec<(String, String)> {
    let lufs =
        |value: Option<f64>| value.map_or("none".to_owned(), |lufs| format!("{lufs:.1} LUFS"));
    let mut figures = vec![
        ("integrated loudness".to_owned(), lufs(meter.integrated())),
        ("momentary at most".to_owned(), lufs(meter.momentary_max())),
        (
            "short-term at most".to_owned(),
            lufs(meter.short_term_max()),
        ),
        (
            "loudness range".to_owned(),
            meter
                .range()
                .map_or("none".to_owned(), |lu| format!("{lu:.1} LU")),
        ),
    ];
    let level = |linear: f32| Gain(f64::from(linear)).decibels().0;
    if let Some(peak) = peak {
        figures.push(("sample peak".to_owned(), format!("{:.2} dBFS", level(peak))));
    }
    if let Some(peak) = true_peak {
        figures.push(("true peak".to_owned(), format!("{:.2} dBTP", level(peak))));
    }
    figures
}

/// Adds the own render of a session or master to `layout`; nothing of it is kept.
pub(super) fn add_own_render(
    page: &mut Page,
    programme: Programme,
    stereo_chain: Vec<Settings>,
    layout: &str,
    ui: &Ui,
) -> Result<()> {
    let scratch = Scratch::new()?;
    let (target, chain) = if layout.eq_ignore_ascii_case("stereo") {
        (Target::Stereo, stereo_chain)
    } else {
        (
            Target::loudspeakers(named_layout::load(layout)?)?,
            Vec::new(),
        )
    };
    let delivery = Delivery {
        name: format!("own {layout} render, without a limiter"),
        target,
        path: scratch.path("render.wav"),
        bit_depth: BitDepth::Float32,
        container: Container::Riff,
        multi_mono: false,
        true_peak: true,
        chain,
    };
    let drawn = Drawn::of(&delivery);
    let options = Options {
        from: Frames(0),
        to: None,
        threads: rayon::current_num_threads(),
        overwrite: true,
        tail: false,
    };
    let progress = ui.progress(programme.length.0, "rendering");
    let mut done = offline::render(programme, vec![delivery], options, &mut |done| {
        progress.set(done.0);
        !interrupt::requested()
    })?;
    drop(progress);
    let before = page.files.len();
    add_output(page, done.outputs.swap_remove(0), drawn, ui)?;
    // It goes with this function.
    page.files.truncate(before);
    Ok(())
}

/// Adds a plain audio file and what was measured of it.
pub(super) fn add_file(
    page: &mut Page,
    path: &Path,
    layout: Option<&str>,
    measured: Measured,
    ui: &Ui,
) -> Result<()> {
    page.files.push(file_row("file", path)?);
    let source = crate::format::open(path)?;
    let labels = measured::labels(source.facts(), layout)?;
    let layout = layout.map(named_layout::load).transpose()?;
    let course = course_of(&[path], &labels, layout.as_ref(), ui)?;
    let true_peak = measured
        .true_peak_dbtp()
        .map(|db| crate::units::Decibels(db).gain().0 as f32);
    page.sounding.push(Sounding {
        name: "The file as it stands".to_owned(),
        figures: figures(measured.loudness(), None, true_peak),
        channels: labels,
        course: Some(course),
        loudness: Some(measured.into_loudness()),
        layout: layout.map(|layout| {
            let facets = Vbap::new(&layout)
                .map(|panner| panner.facets())
                .unwrap_or_default();
            (layout, facets)
        }),
    });
    Ok(())
}

/// Adds the stems of a folder: who sounds when.
pub(super) fn add_stems(page: &mut Page, folder: &Path, ui: &Ui) -> Result<()> {
    let survey = Folder::survey(folder)?;
    let mut course = Course {
        seconds: 0.0,
        objects: Vec::new(),
        pairs: Vec::new(),
    };
    for name in &survey.audio {
        let path = folder.join(name);
        page.files.push(file_row("stem", &path)?);
        // What cannot be read is among the findings.
        let Ok(source) = crate::format::open(&path) else {
            continue;
        };
        let labels: Vec<String> = (1..=source.facts().channels)
            .map(|n| n.to_string())
            .collect();
        let Ok(heard) = course_of(&[path.as_path()], &labels, None, ui) else {
            continue;
        };
        interrupt::check()?;
        let columns = heard.levels_db.first().map_or(0, Vec::len);
        let power = |column: usize| {
            let levels = heard.levels_db.iter().filter_map(|levels| levels[column]);
            levels.map(|db| 10.0_f64.powf(db / 10.0)).sum::<f64>()
        };
        course.seconds = course.seconds.max(heard.seconds);
        course.objects.push(ObjectCourse {
            name: name
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            colour: None,
            is_bed: false,
            places: Vec::new(),
            levels_db: (0..columns)
                .map(|n| Some(10.0 * power(n).log10()).filter(|db| db.is_finite()))
                .collect(),
        });
    }
    page.course = Some(course);
    Ok(())
}

/// Adds findings; those of several files follow each other.
pub(super) fn add_findings(page: &mut Page, findings: &[Finding]) {
    page.findings
        .get_or_insert_default()
        .extend(findings.iter().cloned());
}
