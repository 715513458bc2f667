//! The dome from above, unrolled.

use std::fmt::Write;

use super::markers::{markers, place_labels};
use super::{EDGE, FAINT, INK, MAP, TOP};
use crate::geometry::Direction;
use crate::layout::Layout;
use crate::report::svg::{label, text};

/// Where directions fall in the unrolled view.
pub(super) struct Map {
    pub(super) centre: (f64, f64),
    pixels_per_degree: f64,
    /// Angle from the zenith of the outermost ring.
    rim_deg: f64,
}

impl Map {
    pub(super) fn of(layout: &Layout) -> Self {
        let lowest = layout
            .speakers
            .iter()
            .filter(|speaker| !speaker.lfe)
            .map(|speaker| speaker.polar().1)
            .fold(0.0, f64::min);
        let rim_deg = 90.0 - (lowest / 30.0).floor() * 30.0;
        Self {
            centre: (30.0 + MAP / 2.0, TOP + MAP / 2.0),
            pixels_per_degree: (MAP / 2.0 - 76.0) / rim_deg,
            rim_deg,
        }
    }

    pub(super) fn point(&self, direction: Direction) -> (f64, f64) {
        let from_zenith = direction.z.clamp(-1.0, 1.0).acos().to_degrees();
        let flat = direction.x.hypot(direction.y);
        let (right, front) = if flat > 1e-9 {
            (direction.x / flat, direction.y / flat)
        } else {
            (0.0, 1.0)
        };
        let radius = from_zenith * self.pixels_per_degree;
        (
            self.centre.0 + radius * right,
            self.centre.1 - radius * front,
        )
    }
}

pub(super) fn from_above(svg: &mut String, layout: &Layout, facets: &[Vec<usize>]) {
    let map = Map::of(layout);
    rings(svg, &map);
    edges(svg, &map, layout, facets);
    listener_from_above(svg, &map);
    let markers = markers(&map, layout);
    for (marker, (x, y, anchor)) in markers.iter().zip(place_labels(&markers, &map)) {
        label(svg, x, y, marker.font(), anchor, &marker.label);
    }
    // Last, so that no label's white rim cuts into a dot.
    for marker in &markers {
        marker.draw(svg);
    }
}

pub(super) fn rings(svg: &mut String, map: &Map) {
    let (cx, cy) = map.centre;
    for step in 1..=(map.rim_deg / 30.0).round() as usize {
        let from_zenith = step as f64 * 30.0;
        let radius = from_zenith * map.pixels_per_degree;
        let ear = step == 3;
        let (stroke, width) = if ear { ("#8f99a8", 1.6) } else { (FAINT, 1.0) };
        let _ = writeln!(
            svg,
            "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"{radius:.1}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>"
        );
        // On the diagonal, where few layouts have a speaker.
        let (x, y) = (cx + radius * 0.2588 + 3.0, cy + radius * 0.9659 - 4.0);
        text(
            svg,
            x,
            y,
            10.0,
            "start",
            "#8a93a0",
            "normal",
            &format!("el {}", 90.0 - from_zenith),
        );
    }
    let rim = map.rim_deg * map.pixels_per_degree;
    for twelfth in 0..12 {
        let (sin, cos) = (f64::from(twelfth) * 30.0).to_radians().sin_cos();
        let inner = if twelfth % 3 == 0 {
            0.0
        } else {
            30.0 * map.pixels_per_degree
        };
        let _ = writeln!(
            svg,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#e6e9ee\"/>",
            cx + inner * sin,
            cy - inner * cos,
            cx + rim * sin,
            cy - rim * cos
        );
    }
    let away = rim + 44.0;
    text(
        svg,
        cx,
        cy - away + 8.0,
        15.0,
        "middle",
        INK,
        "bold",
        "FRONT",
    );
    text(
        svg,
        cx,
        cy + away + 4.0,
        13.0,
        "middle",
        "#777",
        "normal",
        "back",
    );
    for (side, name) in [(-1.0, "left"), (1.0, "right")] {
        let (x, y) = (cx + side * (MAP / 2.0 - 4.0), cy);
        let _ = writeln!(
            svg,
            "<text transform=\"translate({x:.1} {y:.1}) rotate({})\" font-size=\"13\" text-anchor=\"middle\" fill=\"#777\">{name}</text>",
            90.0 * side
        );
    }
}

/// The panner's facets: each edge once, as the great circle it is.
pub(super) fn edges(svg: &mut String, map: &Map, layout: &Layout, facets: &[Vec<usize>]) {
    // Edges far below the lowest speakers would run all over the page.
    let (cx, cy) = map.centre;
    let reach = map.rim_deg * map.pixels_per_degree + 34.0;
    let _ = writeln!(
        svg,
        "<clipPath id=\"map\"><circle cx=\"{cx}\" cy=\"{cy}\" r=\"{reach:.1}\"/></clipPath>\n<g clip-path=\"url(#map)\">"
    );
    let mut drawn = std::collections::BTreeSet::new();
    for facet in facets {
        for (index, &a) in facet.iter().enumerate() {
            let b = facet[(index + 1) % facet.len()];
            let ends = (layout.speakers.get(a.min(b)), layout.speakers.get(a.max(b)));
            let (Some(from), Some(to)) = ends else {
                continue;
            };
            if a == b || !drawn.insert((a.min(b), a.max(b))) {
                continue;
            }
            great_circle(svg, map, from.direction(), to.direction());
        }
    }
    svg.push_str("</g>\n");
}

pub(super) fn great_circle(svg: &mut String, map: &Map, from: Direction, to: Direction) {
    const STEPS: u32 = 64;
    if (from + to).norm() < 1e-3 {
        return; // Opposite each other: no circle is greater than the others.
    }
    let mut points = String::new();
    for step in 0..=STEPS {
        let along = f64::from(step) / f64::from(STEPS);
        let between = from * (1.0 - along) + to * along;
        let (x, y) = map.point(between / between.norm());
        let _ = write!(points, "{x:.1},{y:.1} ");
    }
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{EDGE}\" stroke-width=\"1.2\"/>",
        points.trim_end()
    );
}

pub(super) fn listener_from_above(svg: &mut String, map: &Map) {
    let (x, y) = map.centre;
    let _ = writeln!(
        svg,
        "<g fill=\"#f1f3f6\" stroke=\"#8a93a0\" stroke-width=\"1.3\">\
         <path d=\"M{:.1} {:.1} l6 -9 l6 9 z\"/><circle cx=\"{x}\" cy=\"{y}\" r=\"17\"/>\
         <ellipse cx=\"{:.1}\" cy=\"{y}\" rx=\"3\" ry=\"6\"/><ellipse cx=\"{:.1}\" cy=\"{y}\" rx=\"3\" ry=\"6\"/></g>",
        x - 6.0,
        y - 16.0,
        x - 18.0,
        x + 18.0
    );
}
