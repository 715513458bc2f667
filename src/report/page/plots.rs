//! What runs over time: loudness, channels, correlation.

use std::fmt::Write;

use super::tables::{clock, one, table};
use super::{figure, tables};
use crate::measure::LoudnessMeter;
use crate::offline::FileCourse;
use crate::report::svg::{clipped, escaped};

/// Size of a plot in pixels, and its margins.
pub(super) const WIDTH: f64 = 1000.0;
pub(super) const LEFT: f64 = 70.0;
pub(super) const RIGHT: f64 = 985.0;

/// Colours that read on white and on near-black.
pub(super) const BLUE: &str = "#2f7fd0";
pub(super) const RED: &str = "#d8603a";
pub(super) const GREEN: &str = "#3a9a5c";

/// Rows of a table of something over time, at most.
const ROWS: usize = 60;

/// Opens a picture that screen readers call `name`.
pub(super) fn open(svg: &mut String, width: f64, height: f64, name: &str) {
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{}\" fill=\"currentColor\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"13\">",
        escaped(name)
    );
}

/// A plot in a picture: its edges and what they stand for.
pub(super) struct Plot {
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) seconds: f64,
    pub(super) y: (f64, f64),
}

impl Plot {
    pub(super) fn x(&self, seconds: f64) -> f64 {
        LEFT + (seconds / self.seconds.max(1e-9)).clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        let (low, high) = self.y;
        self.bottom - ((value - low) / (high - low)).clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    /// Frame, minutes below, and lines across at `levels`.
    pub(super) fn frame(&self, svg: &mut String, levels: &[f64]) {
        let _ = writeln!(
            svg,
            "<rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.35\"/>",
            self.top,
            RIGHT - LEFT,
            self.bottom - self.top
        );
        for &level in levels {
            let y = self.y(level);
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"currentColor\" stroke-opacity=\"0.16\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{level}</text>",
                LEFT - 8.0,
                y + 4.5
            );
        }
        self.minutes(svg);
    }

    pub(super) fn minutes(&self, svg: &mut String) {
        let steps = [
            0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
        ];
        let step = steps
            .into_iter()
            .find(|step| self.seconds / step <= 12.0)
            .unwrap_or(7200.0);
        for n in 0..=(self.seconds / step).min(1000.0) as u32 {
            let at = f64::from(n) * step;
            let words = if step < 1.0 {
                clock(at)
            } else {
                format!("{}:{:02}", (at / 60.0) as u64, (at % 60.0) as u64)
            };
            let x = self.x(at);
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"currentColor\" stroke-opacity=\"0.12\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{words}</text>",
                self.top,
                self.bottom,
                self.bottom + 17.0
            );
        }
    }

    /// A curve that is broken where there is no value.
    pub(super) fn curve(
        &self,
        svg: &mut String,
        colour: &str,
        points: impl Iterator<Item = (f64, Option<f64>)>,
    ) {
        let mut path = String::new();
        let mut pen_is_down = false;
        for (seconds, value) in points {
            let Some(value) = value else {
                pen_is_down = false;
                continue;
            };
            let _ = write!(
                path,
                "{}{:.1} {:.1}",
                if pen_is_down { 'L' } else { 'M' },
                self.x(seconds),
                self.y(value)
            );
            pen_is_down = true;
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"/>"
        );
    }
}

/// A key: colours and what they stand for, above a plot.
fn key(svg: &mut String, y: f64, entries: &[(&str, &str)]) {
    let mut x = LEFT;
    for (colour, words) in entries {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"14\" height=\"5\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            y - 7.0,
            x + 20.0,
            escaped(words)
        );
        x += 46.0 + 7.2 * words.chars().count() as f64;
    }
}

/// Momentary and short-term loudness over time.
pub(super) fn loudness(meter: &LoudnessMeter) -> String {
    let momentary: Vec<Option<f64>> = meter.momentary().collect();
    let short: Vec<Option<f64>> = meter.short_term().collect();
    let seconds = 0.3 + momentary.len() as f64 / 10.0;
    let highest = momentary.iter().flatten().copied().fold(-60.0, f64::max);
    let top = ((highest + 2.0) / 6.0).ceil() * 6.0;
    let plot = Plot {
        top: 30.0,
        bottom: 250.0,
        seconds,
        y: (top - 48.0, top),
    };
    let mut svg = String::new();
    open(&mut svg, WIDTH, 280.0, "Loudness over time in LUFS");
    let integrated = meter.integrated();
    key(
        &mut svg,
        18.0,
        &[
            (BLUE, "momentary, 400 ms"),
            (RED, "short-term, 3 s"),
            (GREEN, "integrated"),
        ],
    );
    let levels: Vec<f64> = (1..8).map(|n| top - 6.0 * f64::from(n)).collect();
    plot.frame(&mut svg, &levels);
    // A value stands in the middle of its window. A pixel holds one value: more would not be seen.
    let every = (momentary.len() / 900).max(1);
    let thin = |values: &[Option<f64>], half: f64| -> Vec<(f64, Option<f64>)> {
        let stretches = values.chunks(every).enumerate();
        let louder = |a: Option<f64>, b: &Option<f64>| match (a, *b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        stretches
            .map(|(n, part)| {
                (
                    half + (n * every) as f64 / 10.0,
                    part.iter().fold(None, louder),
                )
            })
            .collect()
    };
    plot.curve(&mut svg, BLUE, thin(&momentary, 0.2).into_iter());
    plot.curve(&mut svg, RED, thin(&short, 1.5).into_iter());
    plot.curve(
        &mut svg,
        GREEN,
        [(0.0, integrated), (seconds, integrated)].into_iter(),
    );
    svg.push_str("</svg>\n");
    let step = (momentary.len() / ROWS).max(10);
    let rows = (0..momentary.len()).step_by(step).map(|n| {
        vec![
            clock(n as f64 / 10.0),
            one(momentary[n]),
            one(short.get(n).copied().flatten()),
        ]
    });
    let table = table(&["#Time", "#Momentary (LUFS)", "#Short-term (LUFS)"], rows);
    figure(&svg, "Loudness over time, LUFS (ITU-R BS.1770)", &table)
}

/// How loud each channel is, as bars and over time.
pub(super) fn channels(course: &FileCourse, labels: &[String]) -> String {
    let count = course.channel_db.len();
    let row = if count > 32 { 14.0 } else { 20.0 };
    let height = 26.0 + row * count as f64 + 24.0;
    let plot = Plot {
        top: 8.0,
        bottom: height - 26.0,
        seconds: course.seconds,
        y: (0.0, 1.0),
    };
    // The bars take the first fifth.
    let (bar, start) = (LEFT + 160.0, LEFT + 175.0);
    let mut svg = String::new();
    open(&mut svg, WIDTH, height, "Level of each channel over time");
    for (channel, levels) in course.levels_db.iter().enumerate() {
        let y = plot.top + row * channel as f64;
        let label = labels
            .get(channel)
            .map_or_else(|| (channel + 1).to_string(), |label| clipped(label, 9));
        let whole = course.channel_db[channel];
        let length = whole.map_or(0.0, |db| ((db + 72.0) / 72.0).clamp(0.0, 1.0) * 110.0);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{length:.1}\" height=\"{:.1}\" fill=\"{BLUE}\"/>\
             <text x=\"{bar:.1}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"11\">{}</text>",
            LEFT - 8.0,
            y + row * 0.72,
            escaped(&label),
            y + 3.0,
            row - 6.0,
            y + row * 0.72,
            one(whole)
        );
        heat(
            &mut svg,
            (start, y + 1.0),
            (RIGHT - start, row - 2.0),
            levels,
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{start:.1}\" y=\"{:.1}\">0:00</text><text x=\"{RIGHT}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        height - 8.0,
        height - 8.0,
        clock(course.seconds)
    );
    svg.push_str("</svg>\n");
    let rows = course
        .channel_db
        .iter()
        .enumerate()
        .map(|(channel, whole)| {
            let loudest = course.levels_db[channel]
                .iter()
                .flatten()
                .copied()
                .reduce(f64::max);
            let label = labels.get(channel).cloned().unwrap_or_default();
            vec![(channel + 1).to_string(), label, one(*whole), one(loudest)]
        });
    let table = table(
        &[
            "#Channel",
            "Label",
            "#Level (dBFS rms)",
            "#Loudest stretch (dBFS rms)",
        ],
        rows,
    );
    figure(
        &svg,
        "Energy of each channel: as a whole in dBFS rms, and over time (the stronger the colour, the louder; 72 dB)",
        &table,
    )
}

/// A row of levels as shades; neighbours of one shade are one rectangle.
pub(super) fn heat(
    svg: &mut String,
    (left, top): (f64, f64),
    (width, height): (f64, f64),
    levels: &[Option<f64>],
) {
    const SHADES: f64 = 8.0;
    let shade = |level: &Option<f64>| {
        level.map_or(0, |db| {
            (((db + 72.0) / 60.0).clamp(0.0, 1.0) * SHADES).ceil() as u32
        })
    };
    let step = width / levels.len().max(1) as f64;
    let _ = writeln!(
        svg,
        "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill-opacity=\"0.05\"/>"
    );
    let mut from = 0;
    for to in 1..=levels.len() {
        let now = shade(&levels[from]);
        if to < levels.len() && shade(&levels[to]) == now {
            continue;
        }
        if now > 0 {
            let _ = write!(
                svg,
                "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{BLUE}\" fill-opacity=\"{:.2}\"/>",
                left + step * from as f64,
                step * (to - from) as f64 + 0.2,
                f64::from(now) / SHADES
            );
        }
        from = to;
    }
    svg.push('\n');
}

/// Correlation of the fold-down's sides over time, and what fold-downs lose.
pub(super) fn correlation(course: &FileCourse) -> String {
    let plot = Plot {
        top: 12.0,
        bottom: 150.0,
        seconds: course.seconds,
        y: (-1.0, 1.0),
    };
    let mut svg = String::new();
    open(
        &mut svg,
        WIDTH,
        180.0,
        "Correlation of left and right over time",
    );
    plot.frame(&mut svg, &[-1.0, -0.5, 0.0, 0.5, 1.0]);
    let count = course.correlation.len().max(1) as f64;
    let at = |n: usize| (n as f64 + 0.5) / count * course.seconds;
    plot.curve(
        &mut svg,
        RED,
        course
            .correlation
            .iter()
            .enumerate()
            .map(|(n, value)| (at(n), *value)),
    );
    svg.push_str("</svg>\n");
    let loss = |value: Option<f64>| value.map_or("–".to_owned(), |db| format!("{db:.1} dB"));
    let caption = format!(
        "Correlation of left and right of the stereo fold-down. Folded to stereo the energy changes by {}, from stereo to mono by {}.",
        loss(course.fold_stereo_db),
        loss(course.fold_mono_db)
    );
    let step = (course.correlation.len() / ROWS).max(1);
    let rows = (0..course.correlation.len()).step_by(step);
    let rows = rows.map(|n| {
        vec![
            clock(at(n)),
            course.correlation[n].map_or("–".to_owned(), |value| format!("{value:.2}")),
        ]
    });
    figure(
        &svg,
        &caption,
        &tables::table(&["#Time", "#Correlation"], rows),
    )
}
