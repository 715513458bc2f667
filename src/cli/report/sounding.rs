//! Outputs and files on a report: what they sound like.

use std::path::Path;

use super::file_row;
use crate::Result;
use crate::cli::measured::{self, Measured};
use crate::cli::scratch::Scratch;
use crate::cli::{Ui, interrupt, named_layout};
use crate::effect::Settings;
use crate::format::{BitDepth, Container};
use crate::layout::Layout;
use crate::offline::{self, Delivery, FileCourse, Options, Programme, Rendered};
use crate::panner::Vbap;
use crate::render::Target;
use crate::report::page::{Page, Sounding};
use crate::units::{Frames, Gain};

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
pub(super) fn course_of(
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

/// A layout with the facets of its panner.
fn with_facets(layout: Layout) -> (Layout, Vec<Vec<usize>>) {
    let facets = Vbap::new(&layout).map(|panner| panner.facets());
    (layout, facets.unwrap_or_default())
}

/// What is known of a delivery before it is given away.
pub(in crate::cli) struct Drawn {
    layout: Option<Layout>,
}

impl Drawn {
    pub(in crate::cli) fn of(delivery: &Delivery) -> Self {
        Self {
            layout: match &delivery.target {
                Target::Layout { layout, .. } => Some(layout.clone()),
                _ => None,
            },
        }
    }
}

/// Adds an output that has been written.
pub(in crate::cli) fn add_output(
    page: &mut Page,
    output: Rendered,
    drawn: Drawn,
    ui: &Ui,
) -> Result<()> {
    for file in &output.files {
        page.files.push(file_row("render", &file.path)?);
    }
    let layout = drawn.layout.as_ref();
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
        layout: drawn.layout.map(with_facets),
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
pub(in crate::cli) fn add_own_render(
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
pub(in crate::cli) fn add_file(
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
        layout: layout.map(with_facets),
    });
    Ok(())
}
