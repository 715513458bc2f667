//! The dots of the view from above and places for their labels.

use std::fmt::Write;

use super::above::Map;
use super::{MAP, TOP, colour};
use crate::layout::Layout;
use crate::report::svg::{clipped, text};

/// A numbered dot (a square for an LFE) and its label.
pub(super) struct Marker {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) radius: f64,
    number: usize,
    pub(super) label: String,
    colour: &'static str,
    square: bool,
}

impl Marker {
    pub(super) fn font(&self) -> f64 {
        self.radius + 2.0
    }

    pub(super) fn draw(&self, svg: &mut String) {
        let (x, y, r, fill) = (self.x, self.y, self.radius, self.colour);
        if self.square {
            let _ = writeln!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\" fill=\"{fill}\" stroke=\"#fff\" stroke-width=\"1.5\"/>",
                x - r,
                y - r,
                2.0 * r,
                2.0 * r
            );
        } else {
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\" fill=\"{fill}\" stroke=\"#fff\" stroke-width=\"1.5\"/>"
            );
        }
        let size = if self.number > 99 { r * 0.85 } else { r * 1.05 };
        text(
            svg,
            x,
            y + size * 0.36,
            size,
            "middle",
            "#fff",
            "bold",
            &self.number.to_string(),
        );
    }
}

/// Radius of a dot that leaves room for all of them.
pub(super) fn dot(channels: usize) -> f64 {
    match channels {
        0..=26 => 11.0,
        27..=48 => 9.5,
        49..=96 => 8.0,
        _ => 7.0,
    }
}

pub(super) fn markers(map: &Map, layout: &Layout) -> Vec<Marker> {
    let mut lfe = 0.0;
    layout
        .speakers
        .iter()
        .enumerate()
        .map(|(channel, speaker)| {
            let radius = dot(layout.channels());
            let (x, y) = if speaker.lfe {
                // An LFE has no direction to be drawn at: they stand in the corner.
                lfe += 1.0;
                (54.0, TOP + MAP + 6.0 - 30.0 * lfe)
            } else {
                map.point(speaker.direction())
            };
            Marker {
                x,
                y,
                radius,
                number: channel + 1,
                label: clipped(&speaker.label, 14),
                colour: colour(speaker),
                square: speaker.lfe,
            }
        })
        .collect()
}

/// A rectangle that something covers: left, top, right, bottom.
pub(super) type Box4 = (f64, f64, f64, f64);

/// Baseline point and anchor of each marker's label, where it covers least of what is there already.
pub(super) fn place_labels(markers: &[Marker], map: &Map) -> Vec<(f64, f64, &'static str)> {
    let mut taken: Vec<Box4> = markers
        .iter()
        .map(|m| {
            (
                m.x - m.radius,
                m.y - m.radius,
                m.x + m.radius,
                m.y + m.radius,
            )
        })
        .collect();
    // The listener's head.
    let (cx, cy) = map.centre;
    taken.push((cx - 20.0, cy - 26.0, cx + 20.0, cy + 18.0));
    markers
        .iter()
        .map(|marker| {
            let width = marker.label.chars().count() as f64 * marker.font() * 0.6;
            let height = marker.font();
            let candidates = candidates(marker, map, width, height);
            let (best, bounds) = candidates
                .into_iter()
                .enumerate()
                .map(|(rank, (point, bounds))| {
                    let covered: f64 = taken.iter().map(|other| overlap(bounds, *other)).sum();
                    // Earlier candidates are nicer; they may cover a little more.
                    (covered + rank as f64 * 2.0, point, bounds)
                })
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .map_or(
                    ((marker.x, marker.y, "middle"), (0.0, 0.0, 0.0, 0.0)),
                    |best| (best.1, best.2),
                );
            taken.push(bounds);
            best
        })
        .collect()
}

pub(super) type Candidate = ((f64, f64, &'static str), Box4);

/// Places for a label round its dot, the nicest first: outward, then the other sides.
pub(super) fn candidates(marker: &Marker, map: &Map, width: f64, height: f64) -> Vec<Candidate> {
    let gap = marker.radius + 4.0;
    let (x, y) = (marker.x, marker.y);
    let right = (
        (x + gap, y + height * 0.36, "start"),
        (x + gap, y - height / 2.0, x + gap + width, y + height / 2.0),
    );
    let left = (
        (x - gap, y + height * 0.36, "end"),
        (x - gap - width, y - height / 2.0, x - gap, y + height / 2.0),
    );
    let above = (
        (x, y - gap, "middle"),
        (x - width / 2.0, y - gap - height, x + width / 2.0, y - gap),
    );
    let below = (
        (x, y + gap + height * 0.75, "middle"),
        (x - width / 2.0, y + gap, x + width / 2.0, y + gap + height),
    );
    let (dx, dy) = (x - map.centre.0, y - map.centre.1);
    if marker.square {
        return vec![right, left, above, below];
    }
    if dx.abs() * 1.2 > dy.abs() {
        if dx > 0.0 {
            vec![right, below, above, left]
        } else {
            vec![left, below, above, right]
        }
    } else if dy > 0.0 {
        vec![below, right, left, above]
    } else {
        vec![above, right, left, below]
    }
}

/// Common area of two rectangles in square pixels.
pub(super) fn overlap(a: Box4, b: Box4) -> f64 {
    let width = (a.2.min(b.2) - a.0.max(b.0)).max(0.0);
    let height = (a.3.min(b.3) - a.1.max(b.1)).max(0.0);
    width * height
}
