//! The legend and the list of channels.

use std::fmt::Write;

use super::{EAR, INK, LFE, LOWER, SIDE_CENTRE, UPPER, WIDTH, colour};
use crate::layout::Layout;
use crate::report::svg::{clipped, short, text};

pub(super) fn legend(svg: &mut String, layout: &Layout) {
    let (x, mut y) = (SIDE_CENTRE.0 - 150.0, 590.0);
    let present = |wanted: &str| {
        layout
            .speakers
            .iter()
            .any(|speaker| colour(speaker) == wanted)
    };
    for (fill, words) in [
        (EAR, "around ear height"),
        (UPPER, "above"),
        (LOWER, "below"),
        (LFE, "LFE, no direction, never panned into"),
    ] {
        if !present(fill) {
            continue;
        }
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{:.1}\" width=\"12\" height=\"12\" rx=\"{}\" fill=\"{fill}\"/>",
            y - 10.0,
            if fill == LFE { 2 } else { 6 }
        );
        text(svg, x + 20.0, y, 13.0, "start", INK, "normal", words);
        y += 22.0;
    }
    for words in [
        "Large view: the dome from above, unrolled. The rings are",
        "elevations, the zenith is the centre. Azimuth + is left.",
        "Numbers are channels in the layout's own order.",
    ] {
        y += 16.0;
        text(svg, x, y, 11.5, "start", "#777", "normal", words);
    }
}

pub(super) struct Table {
    cells: Vec<[String; 4]>,
    columns: usize,
    rows: usize,
}

impl Table {
    const LINE: f64 = 19.0;

    pub(super) fn of(layout: &Layout) -> Self {
        let cells: Vec<[String; 4]> = layout
            .speakers
            .iter()
            .enumerate()
            .map(|(channel, speaker)| {
                let (azimuth, elevation, _) = speaker.polar();
                let place = if speaker.lfe {
                    "LFE".to_owned()
                } else {
                    format!("{} / {}", short(azimuth), short(elevation))
                };
                let name = speaker.name.clone().filter(|name| *name != speaker.label);
                [
                    (channel + 1).to_string(),
                    clipped(&speaker.label, 14),
                    clipped(&name.unwrap_or_default(), 8),
                    place,
                ]
            })
            .collect();
        let columns = if cells.len() > 8 { 4 } else { 2 };
        let rows = cells.len().div_ceil(columns);
        Self {
            cells,
            columns,
            rows,
        }
    }

    pub(super) fn height(&self) -> f64 {
        self.rows as f64 * Self::LINE + 26.0
    }

    pub(super) fn draw(&self, svg: &mut String, top: f64) {
        text(
            svg,
            30.0,
            top,
            13.0,
            "start",
            INK,
            "bold",
            "Channels: label, name, azimuth / elevation in degrees",
        );
        let width = (WIDTH - 60.0) / 4.0;
        for (index, cell) in self.cells.iter().enumerate() {
            debug_assert!(self.columns > 0);
            let x = 30.0 + (index / self.rows) as f64 * width;
            let y = top + 24.0 + (index % self.rows) as f64 * Self::LINE;
            text(svg, x + 22.0, y, 12.5, "end", "#777", "normal", &cell[0]);
            text(svg, x + 32.0, y, 12.5, "start", INK, "bold", &cell[1]);
            text(svg, x + 112.0, y, 12.5, "start", "#555", "normal", &cell[2]);
            text(svg, x + 178.0, y, 12.5, "start", INK, "normal", &cell[3]);
        }
    }
}
