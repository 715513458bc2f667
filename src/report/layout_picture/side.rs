//! The view from the side, which shows distances.

use std::fmt::Write;

use super::markers::{Box4, Candidate, overlap};
use super::{FAINT, INK, MAP, SIDE_CENTRE, SIDE_RADIUS, TOP, WIDTH, colour};
use crate::layout::Layout;
use crate::report::svg::{label, text};

pub(super) fn from_the_side(svg: &mut String, layout: &Layout) {
    let (cx, cy) = SIDE_CENTRE;
    let r = SIDE_RADIUS;
    text(
        svg,
        cx,
        TOP + 20.0,
        14.0,
        "middle",
        INK,
        "bold",
        "From the left side",
    );
    let _ = writeln!(
        svg,
        "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"{r}\" fill=\"none\" stroke=\"{FAINT}\"/>\
         <line x1=\"{:.1}\" y1=\"{cy}\" x2=\"{:.1}\" y2=\"{cy}\" stroke=\"#8f99a8\" stroke-width=\"1.4\"/>\
         <line x1=\"{cx}\" y1=\"{:.1}\" x2=\"{cx}\" y2=\"{:.1}\" stroke=\"#e6e9ee\"/>",
        cx - r - 12.0,
        cx + r + 12.0,
        cy - r,
        cy + r
    );
    text(
        svg,
        cx - r + 6.0,
        cy + r + 6.0,
        13.0,
        "middle",
        INK,
        "bold",
        "FRONT",
    );
    text(
        svg,
        cx + r - 6.0,
        cy + r + 6.0,
        13.0,
        "middle",
        "#777",
        "normal",
        "back",
    );
    // The head looks to the front, which is left here.
    let _ = writeln!(
        svg,
        "<g fill=\"#f1f3f6\" stroke=\"#8a93a0\" stroke-width=\"1.3\"><path d=\"M{:.1} {:.1} l-8 5 l8 4 z\"/>\
         <circle cx=\"{cx}\" cy=\"{cy}\" r=\"14\"/></g>",
        cx - 13.0,
        cy - 3.0
    );
    let mut taken: Vec<Box4> = vec![(cx - 22.0, cy - 14.0, cx + 14.0, cy + 14.0)];
    let spots = spots(layout);
    for spot in &spots {
        taken.push((spot.x - 7.0, spot.y - 7.0, spot.x + 7.0, spot.y + 7.0));
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"6\" fill=\"{}\" stroke=\"#fff\" stroke-width=\"1.2\"/>",
            spot.x, spot.y, spot.colour
        );
    }
    if layout.channels() > 40 {
        return; // Labels would only cover each other; the list below has them.
    }
    for spot in &spots {
        side_label(svg, spot, &mut taken);
    }
}

pub(super) fn side_label(svg: &mut String, spot: &Spot, taken: &mut Vec<Box4>) {
    let words = spot.label();
    let width = words.chars().count() as f64 * 11.0 * 0.6;
    let (x, y) = (spot.x, spot.y);
    let outward = if x < SIDE_CENTRE.0 - 4.0 { -1.0 } else { 1.0 };
    let mut options: Vec<Candidate> = Vec::new();
    for dy in [0.0, -13.0, 13.0, -24.0, 24.0] {
        for side in [outward, -outward] {
            let start = x + side * 11.0;
            let (left, anchor) = if side > 0.0 {
                (start, "start")
            } else {
                (start - width, "end")
            };
            let bounds = (left, y + dy - 6.0, left + width, y + dy + 6.0);
            options.push(((start, y + dy + 4.0, anchor), bounds));
        }
    }
    let best = options.into_iter().enumerate().min_by(|a, b| {
        let cost = |(rank, (_, bounds)): &(usize, Candidate)| {
            let off = (bounds.2 - (WIDTH - 6.0)).max(0.0) + (MAP + 36.0 - bounds.0).max(0.0);
            taken.iter().map(|t| overlap(*bounds, *t)).sum::<f64>() + off * 20.0 + *rank as f64
        };
        cost(a).total_cmp(&cost(b))
    });
    if let Some((_, ((tx, ty, anchor), bounds))) = best {
        taken.push(bounds);
        label(svg, tx, ty, 11.0, anchor, &words);
    }
}

/// Speakers that fall on one point in the side view.
pub(super) struct Spot {
    x: f64,
    y: f64,
    colour: &'static str,
    labels: Vec<String>,
}

impl Spot {
    /// "M±030" for a mirrored pair, else the labels, shortened.
    pub(super) fn label(&self) -> String {
        let unsigned = |label: &str| label.replacen(['+', '-'], "±", 1);
        let mut names: Vec<String> = Vec::new();
        for label in &self.labels {
            let paired = self
                .labels
                .iter()
                .filter(|l| unsigned(l) == unsigned(label))
                .count()
                > 1;
            let name = if paired {
                unsigned(label)
            } else {
                label.clone()
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = names.len().saturating_sub(2);
        names.truncate(2);
        let rest = if more > 0 {
            format!(" +{more}")
        } else {
            String::new()
        };
        format!("{}{rest}", names.join(", "))
    }
}

pub(super) fn spots(layout: &Layout) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    for speaker in layout.speakers.iter().filter(|speaker| !speaker.lfe) {
        let v = speaker.direction() * speaker.polar().2;
        let x = SIDE_CENTRE.0 - v.y * SIDE_RADIUS;
        let y = SIDE_CENTRE.1 - v.z * SIDE_RADIUS;
        match spots
            .iter_mut()
            .find(|spot| (spot.x - x).hypot(spot.y - y) < 5.0)
        {
            Some(spot) => spot.labels.push(speaker.label.clone()),
            None => spots.push(Spot {
                x,
                y,
                colour: colour(speaker),
                labels: vec![speaker.label.clone()],
            }),
        }
    }
    spots
}
