//! The spectrum over time as a small picture.

use std::fmt::Write;

use super::plots::{LEFT, Plot, RIGHT, WIDTH, open};
use super::png;
use super::tables::table;
use crate::offline::{BANDS_AN_OCTAVE, FileCourse, LOWEST_HZ, SPECTRUM_BANDS};

/// Colours of the picture.
const COLOURS: usize = 64;

/// Decibels from the darkest to the brightest colour.
const RANGE_DB: f64 = 84.0;

pub(super) fn figure(course: &FileCourse) -> String {
    let highest = course
        .spectrogram
        .iter()
        .flatten()
        .copied()
        .fold(-120.0, f64::max);
    let bottom_db = highest - RANGE_DB;
    let columns = course.spectrogram.len();
    let mut pixels = Vec::with_capacity(columns * SPECTRUM_BANDS);
    for band in (0..SPECTRUM_BANDS).rev() {
        for column in &course.spectrogram {
            let share = ((column[band] - bottom_db) / RANGE_DB).clamp(0.0, 1.0);
            pixels.push((share * (COLOURS - 1) as f64).round() as u8);
        }
    }
    let picture = png::data_uri(columns, SPECTRUM_BANDS, &palette(), &pixels);
    let plot = Plot {
        top: 10.0,
        bottom: 250.0,
        seconds: course.seconds,
        y: (0.0, SPECTRUM_BANDS as f64),
    };
    let mut svg = String::new();
    open(&mut svg, WIDTH, 280.0, "Spectrum over time");
    let _ = writeln!(
        svg,
        "<image x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" preserveAspectRatio=\"none\" href=\"{picture}\"/>",
        plot.top,
        RIGHT - LEFT,
        plot.bottom - plot.top
    );
    plot.frame(&mut svg, &[]);
    for (hz, words) in [
        (50.0_f64, "50 Hz"),
        (100.0, "100"),
        (200.0, "200"),
        (500.0, "500"),
        (1000.0, "1 kHz"),
        (2000.0, "2 k"),
        (5000.0, "5 k"),
        (10_000.0, "10 k"),
    ] {
        let y = plot.y((hz / LOWEST_HZ).log2() * BANDS_AN_OCTAVE + 0.5);
        let _ = writeln!(
            svg,
            "<line x1=\"{:.1}\" x2=\"{LEFT}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"currentColor\" stroke-opacity=\"0.5\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{words}</text>",
            LEFT - 5.0,
            LEFT - 8.0,
            y + 4.5
        );
    }
    svg.push_str("</svg>\n");
    let caption = format!(
        "Spectrum of all channels over time, eight bands an octave; {RANGE_DB:.0} dB from the darkest to the brightest, which is {highest:.0} dBFS"
    );
    super::figure(&svg, &caption, &octaves(course))
}

/// Dark violet over red to pale yellow: each step lighter than the one before.
fn palette() -> Vec<[u8; 3]> {
    const STOPS: [[f64; 3]; 6] = [
        [8.0, 8.0, 20.0],
        [55.0, 15.0, 95.0],
        [140.0, 30.0, 105.0],
        [215.0, 70.0, 65.0],
        [250.0, 155.0, 50.0],
        [252.0, 245.0, 170.0],
    ];
    (0..COLOURS)
        .map(|n| {
            let at = n as f64 / (COLOURS - 1) as f64 * (STOPS.len() - 1) as f64;
            let low = (at as usize).min(STOPS.len() - 2);
            [0, 1, 2].map(|c| {
                (STOPS[low][c] + (STOPS[low + 1][c] - STOPS[low][c]) * (at - low as f64)).round()
                    as u8
            })
        })
        .collect()
}

/// Levels by octave, as a whole and at their loudest.
fn octaves(course: &FileCourse) -> String {
    let width = BANDS_AN_OCTAVE as usize;
    let power = |column: &[f64], octave: usize| -> f64 {
        column[octave * width..(octave + 1) * width]
            .iter()
            .map(|db| 10.0_f64.powf(db / 10.0))
            .sum()
    };
    let rows = (0..SPECTRUM_BANDS / width).map(|octave| {
        let powers: Vec<f64> = course
            .spectrogram
            .iter()
            .map(|column| power(column, octave))
            .collect();
        let mean = powers.iter().sum::<f64>() / powers.len().max(1) as f64;
        let most = powers.iter().copied().fold(0.0, f64::max);
        let hz = LOWEST_HZ * (octave as f64).exp2();
        let words = |power: f64| format!("{:.1}", 10.0 * power.max(1e-20).log10());
        vec![
            format!("{:.0} to {:.0} Hz", hz, 2.0 * hz),
            words(mean),
            words(most),
        ]
    });
    table(&["Octave", "#Mean (dBFS)", "#Loudest stretch (dBFS)"], rows)
}
