//! A comparison of two files as an SVG picture: loudness over time, spectra, the difference in tone.

use std::fmt::Write;

use super::svg::{INK, escaped, text};
use crate::offline::{Comparison, Sound};

/// Width of the picture in pixels.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 900.0;
/// Left and right edge of the plots.
const LEFT: f64 = 80.0;
const RIGHT: f64 = 970.0;

const FIRST: &str = "#1f6fb2";
const SECOND: &str = "#c8502f";
const FAINT: &str = "#c9ced6";

/// A plot: where it stands and what its axes span.
struct Plot {
    top: f64,
    bottom: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Plot {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let share =
            |value: f64, (low, high): (f64, f64)| ((value - low) / (high - low)).clamp(0.0, 1.0);
        (
            LEFT + share(x, self.x) * (RIGHT - LEFT),
            self.bottom - share(y, self.y) * (self.bottom - self.top),
        )
    }

    fn frame(&self, svg: &mut String, title: &str) {
        words(svg, LEFT, self.top - 10.0, 15.0, "start", title);
        let _ = writeln!(
            svg,
            "<rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"none\" stroke=\"{FAINT}\"/>",
            self.top,
            RIGHT - LEFT,
            self.bottom - self.top
        );
    }

    /// A line across with its value at the left.
    fn across(&self, svg: &mut String, y: f64, value: &str) {
        let (_, at) = self.at(self.x.0, y);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"{FAINT}\" stroke-width=\"0.7\"/>"
        );
        words(svg, LEFT - 8.0, at + 4.0, 12.0, "end", value);
    }

    /// A line upright with its value below.
    fn upright(&self, svg: &mut String, x: f64, value: &str) {
        let (at, _) = self.at(x, self.y.0);
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"{FAINT}\" stroke-width=\"0.7\"/>",
            self.top, self.bottom
        );
        words(svg, at, self.bottom + 16.0, 12.0, "middle", value);
    }

    /// A curve that is broken where there is no value.
    fn curve(
        &self,
        svg: &mut String,
        colour: &str,
        points: impl Iterator<Item = (f64, Option<f64>)>,
    ) {
        let mut path = String::new();
        let mut pen_is_down = false;
        for (x, y) in points {
            match y {
                Some(y) => {
                    let (x, y) = self.at(x, y);
                    let _ = write!(path, "{}{x:.1} {y:.1}", if pen_is_down { 'L' } else { 'M' });
                    pen_is_down = true;
                }
                None => pen_is_down = false,
            }
        }
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"/>"
        );
    }
}

fn words(svg: &mut String, x: f64, y: f64, size: f64, anchor: &str, what: &str) {
    text(svg, x, y, size, anchor, INK, "normal", what);
}

/// Draws a comparison of what is called `first` and `second`.
pub fn comparison_picture(comparison: &Comparison, first: &str, second: &str) -> String {
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        escaped(&format!("{first} and {second}"))
    );
    for (y, colour, name, sound) in [
        (36.0, FIRST, first, &comparison.first),
        (60.0, SECOND, second, &comparison.second),
    ] {
        let line = format!("{name}   {}", figures(sound));
        text(&mut svg, LEFT, y, 15.0, "start", colour, "bold", &line);
    }
    loudness(&mut svg, comparison);
    spectra(&mut svg, comparison);
    tone(&mut svg, comparison);
    svg.push_str("</svg>\n");
    svg
}

fn figures(sound: &Sound) -> String {
    let figure = |value: Option<f64>, unit: &str| {
        value.map_or_else(|| format!("- {unit}"), |value| format!("{value:.1} {unit}"))
    };
    [
        figure(sound.loudness.integrated(), "LUFS"),
        figure(sound.loudness.range(), "LU range"),
        figure(sound.true_peak_dbtp, "dBTP"),
        figure(sound.crest_db(), "dB crest"),
    ]
    .join(", ")
}

/// Momentary loudness of both over time, each in its own time.
fn loudness(svg: &mut String, comparison: &Comparison) {
    let seconds =
        |sound: &Sound| sound.facts.frames.0 as f64 / f64::from(sound.facts.sample_rate.0);
    let length = seconds(&comparison.first)
        .max(seconds(&comparison.second))
        .max(0.1);
    let plot = Plot {
        top: 100.0,
        bottom: 320.0,
        x: (0.0, length),
        y: (-50.0, 0.0),
    };
    plot.frame(svg, "Momentary loudness, LUFS");
    for level in [-40, -30, -20, -10] {
        plot.across(svg, f64::from(level), &level.to_string());
    }
    let step = [1.0, 5.0, 15.0, 60.0, 300.0, 1800.0];
    let step = step
        .into_iter()
        .find(|step| length / step <= 12.0)
        .unwrap_or(7200.0);
    for n in 0..=(length / step) as u32 {
        let at = f64::from(n) * step;
        plot.upright(
            svg,
            at,
            &format!("{}:{:02}", (at / 60.0) as u32, (at % 60.0) as u32),
        );
    }
    for (sound, colour) in [(&comparison.first, FIRST), (&comparison.second, SECOND)] {
        // A window of 400 ms ends where its value stands.
        let values = sound.loudness.momentary().enumerate();
        plot.curve(
            svg,
            colour,
            values.map(|(n, value)| (0.4 + n as f64 / 10.0, value)),
        );
    }
}

/// Both spectra at equal loudness.
fn spectra(svg: &mut String, comparison: &Comparison) {
    let gain = comparison.gain_db.unwrap_or(0.0);
    let bands = &comparison.spectrum;
    let highest = bands
        .iter()
        .flat_map(|band| [band.first_db, band.second_db.map(|db| db + gain)])
        .flatten()
        .fold(-60.0, f64::max);
    let top = (highest / 10.0).ceil() * 10.0;
    let plot = Plot {
        top: 380.0,
        bottom: 620.0,
        x: (20.0_f64.log10(), 24_000.0_f64.log10()),
        y: (top - 60.0, top),
    };
    plot.frame(svg, "Third octaves at equal loudness, dB");
    for step in 1..6 {
        let level = top - 10.0 * f64::from(step);
        plot.across(svg, level, &format!("{level:.0}"));
    }
    frequencies(svg, &plot);
    let first = bands.iter().map(|band| (band.hz.log10(), band.first_db));
    plot.curve(svg, FIRST, first);
    let second = bands
        .iter()
        .map(|band| (band.hz.log10(), band.second_db.map(|db| db + gain)));
    plot.curve(svg, SECOND, second);
}

/// How the second differs in tone, as bars.
fn tone(svg: &mut String, comparison: &Comparison) {
    let plot = Plot {
        top: 680.0,
        bottom: 850.0,
        x: (20.0_f64.log10(), 24_000.0_f64.log10()),
        y: (-9.0, 9.0),
    };
    plot.frame(
        svg,
        "Difference in tone: second against first at equal loudness, dB",
    );
    for level in [-6, -3, 0, 3, 6] {
        plot.across(svg, f64::from(level), &level.to_string());
    }
    frequencies(svg, &plot);
    for (hz, db) in comparison.tone() {
        let (x, y) = plot.at(hz.log10(), db);
        let (_, zero) = plot.at(hz.log10(), 0.0);
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"18\" height=\"{:.1}\" fill=\"{SECOND}\" fill-opacity=\"0.7\"/>",
            x - 9.0,
            y.min(zero),
            (y - zero).abs().max(0.5)
        );
    }
}

fn frequencies(svg: &mut String, plot: &Plot) {
    for (hz, name) in [
        (50.0_f64, "50"),
        (100.0, "100"),
        (200.0, "200"),
        (500.0, "500"),
        (1000.0, "1k"),
        (2000.0, "2k"),
        (5000.0, "5k"),
        (10_000.0, "10k"),
        (20_000.0, "20k"),
    ] {
        plot.upright(svg, hz.log10(), name);
    }
}
