//! A loudspeaker layout as an SVG picture: the dome from above, the side, and the list of channels.
//!
//! The view from above is unrolled (azimuthal equidistant): a speaker's distance from the centre is its
//! angle from the zenith, so that layers do not fall on each other and lower speakers stand outside.
//! The side view is a plain projection and shows distances.

use std::fmt::Write;

use crate::geometry::Direction;
use crate::layout::{Layout, Speaker};

/// Width of the picture in pixels.
const WIDTH: f64 = 1180.0;
/// Side of the square in which the view from above is drawn.
const MAP: f64 = 720.0;
/// Top of the views, below the title.
const TOP: f64 = 84.0;
/// Centre and scale of the side view.
const SIDE_CENTRE: (f64, f64) = (950.0, 330.0);
const SIDE_RADIUS: f64 = 170.0;

const INK: &str = "#222";
const FAINT: &str = "#c9ced6";
const EDGE: &str = "#9aa7b8";
const EAR: &str = "#1f6fb2";
const UPPER: &str = "#c8502f";
const LOWER: &str = "#2f7d4f";
const LFE: &str = "#5b5f66";

/// Draws `layout`; `facets` are the corners (channel numbers) of the panner's facets, whose edges are
/// drawn as lines. May be empty; corners that are no channel of the layout are left out.
pub fn layout_picture(layout: &Layout, facets: &[Vec<usize>]) -> String {
    let table = Table::of(layout);
    let height = TOP + MAP + 40.0 + table.height() + 20.0;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n\
         <title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        title = escaped(&format!("{}: {}", layout.name, layout.title)),
    );
    text(
        &mut svg,
        30.0,
        40.0,
        26.0,
        "start",
        INK,
        "bold",
        &layout.name,
    );
    text(
        &mut svg,
        30.0,
        66.0,
        15.0,
        "start",
        "#555",
        "normal",
        &subtitle(layout),
    );
    from_above(&mut svg, layout, facets);
    from_the_side(&mut svg, layout);
    legend(&mut svg, layout);
    table.draw(&mut svg, TOP + MAP + 40.0);
    svg.push_str("</svg>\n");
    svg
}

fn subtitle(layout: &Layout) -> String {
    let lfe = layout.speakers.iter().filter(|s| s.lfe).count();
    let counted = format!("{} channels, {lfe} LFE", layout.channels());
    if layout.title == layout.name {
        counted
    } else {
        format!("{} ({counted})", layout.title)
    }
}

fn colour(speaker: &Speaker) -> &'static str {
    match speaker.polar().1 {
        _ if speaker.lfe => LFE,
        elevation if elevation > 15.0 => UPPER,
        elevation if elevation < -12.0 => LOWER,
        _ => EAR,
    }
}

// ---------------------------------------------------------------------------------------------------
// The dome from above

/// Where directions fall in the unrolled view.
struct Map {
    centre: (f64, f64),
    pixels_per_degree: f64,
    /// Angle from the zenith of the outermost ring.
    rim_deg: f64,
}

impl Map {
    fn of(layout: &Layout) -> Self {
        let lowest = layout
            .speakers
            .iter()
            .filter(|speaker| !speaker.lfe)
            .map(|speaker| speaker.polar().1)
            .fold(0.0, f64::min);
        let rim_deg = 90.0 - (lowest / 30.0).floor() * 30.0;
        Self {
            centre: (30.0 + MAP / 2.0, TOP + MAP / 2.0),
            pixels_per_degree: (MAP / 2.0 - 62.0) / rim_deg,
            rim_deg,
        }
    }

    fn point(&self, direction: Direction) -> (f64, f64) {
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

fn from_above(svg: &mut String, layout: &Layout, facets: &[Vec<usize>]) {
    let map = Map::of(layout);
    rings(svg, &map);
    edges(svg, &map, layout, facets);
    listener_from_above(svg, &map);
    let markers = markers(&map, layout);
    for marker in &markers {
        marker.draw(svg);
    }
    for (marker, (x, y, anchor)) in markers.iter().zip(place_labels(&markers, &map)) {
        text(
            svg,
            x,
            y,
            marker.font(),
            anchor,
            INK,
            "normal",
            &marker.label,
        );
    }
}

fn rings(svg: &mut String, map: &Map) {
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
        let (x, y) = (cx + side * (rim + 46.0), cy);
        let _ = writeln!(
            svg,
            "<text transform=\"translate({x:.1} {y:.1}) rotate({})\" font-size=\"13\" text-anchor=\"middle\" fill=\"#777\">{name}</text>",
            90.0 * side
        );
    }
}

/// The panner's facets: each edge once, as the great circle it is.
fn edges(svg: &mut String, map: &Map, layout: &Layout, facets: &[Vec<usize>]) {
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
}

fn great_circle(svg: &mut String, map: &Map, from: Direction, to: Direction) {
    const STEPS: u32 = 24;
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

fn listener_from_above(svg: &mut String, map: &Map) {
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

/// A numbered dot (a square for an LFE) and its label.
struct Marker {
    x: f64,
    y: f64,
    radius: f64,
    number: usize,
    label: String,
    colour: &'static str,
    square: bool,
}

impl Marker {
    fn font(&self) -> f64 {
        self.radius + 2.0
    }

    fn draw(&self, svg: &mut String) {
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
fn dot(channels: usize) -> f64 {
    match channels {
        0..=26 => 11.0,
        27..=48 => 9.5,
        49..=96 => 8.0,
        _ => 7.0,
    }
}

fn markers(map: &Map, layout: &Layout) -> Vec<Marker> {
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
                label: speaker.label.clone(),
                colour: colour(speaker),
                square: speaker.lfe,
            }
        })
        .collect()
}

/// A rectangle that something covers: left, top, right, bottom.
type Box4 = (f64, f64, f64, f64);

/// Baseline point and anchor of each marker's label, where it covers least of what is there already.
fn place_labels(markers: &[Marker], map: &Map) -> Vec<(f64, f64, &'static str)> {
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

type Candidate = ((f64, f64, &'static str), Box4);

/// Places for a label round its dot, the nicest first: outward, then the other sides.
fn candidates(marker: &Marker, map: &Map, width: f64, height: f64) -> Vec<Candidate> {
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
fn overlap(a: Box4, b: Box4) -> f64 {
    let width = (a.2.min(b.2) - a.0.max(b.0)).max(0.0);
    let height = (a.3.min(b.3) - a.1.max(b.1)).max(0.0);
    width * height
}

// ---------------------------------------------------------------------------------------------------
// From the side

fn from_the_side(svg: &mut String, layout: &Layout) {
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

fn side_label(svg: &mut String, spot: &Spot, taken: &mut Vec<Box4>) {
    let label = spot.label();
    let width = label.chars().count() as f64 * 11.0 * 0.6;
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
        text(svg, tx, ty, 11.0, anchor, INK, "normal", &label);
    }
}

/// Speakers that fall on one point in the side view.
struct Spot {
    x: f64,
    y: f64,
    colour: &'static str,
    labels: Vec<String>,
}

impl Spot {
    /// "M±030" for a mirrored pair, else the labels, shortened.
    fn label(&self) -> String {
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

fn spots(layout: &Layout) -> Vec<Spot> {
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

fn legend(svg: &mut String, layout: &Layout) {
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

// ---------------------------------------------------------------------------------------------------
// The list of channels

struct Table {
    cells: Vec<[String; 4]>,
    columns: usize,
    rows: usize,
}

impl Table {
    const LINE: f64 = 19.0;

    fn of(layout: &Layout) -> Self {
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

    fn height(&self) -> f64 {
        self.rows as f64 * Self::LINE + 26.0
    }

    fn draw(&self, svg: &mut String, top: f64) {
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
            text(svg, x + 172.0, y, 12.5, "start", INK, "normal", &cell[3]);
        }
    }
}

/// At most one decimal.
fn short(degrees: f64) -> String {
    format!("{}", (degrees * 10.0).round() / 10.0 + 0.0)
}

fn clipped(words: &str, longest: usize) -> String {
    if words.chars().count() <= longest {
        words.to_owned()
    } else {
        words.chars().take(longest - 1).chain(['…']).collect()
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "SVG text has that many attributes, all plain values"
)]
fn text(
    svg: &mut String,
    x: f64,
    y: f64,
    size: f64,
    anchor: &str,
    fill: &str,
    weight: &str,
    words: &str,
) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\" font-weight=\"{weight}\">{}</text>",
        escaped(words)
    );
}

/// Text as XML character data; what XML cannot hold is shown as a replacement character.
fn escaped(words: &str) -> String {
    words
        .chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c if c.is_control() => '\u{fffd}'.to_string(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{find, library};

    #[test]
    fn every_channel_is_drawn_once_with_its_label() {
        for layout in library() {
            let svg = layout_picture(layout, &[]);
            for speaker in &layout.speakers {
                let labels = svg.matches(&format!(">{}</text>", speaker.label)).count();
                // In the large view and in the list; in the side view too if it stands alone there.
                assert!(
                    (2..=3).contains(&labels),
                    "{} {}",
                    layout.name,
                    speaker.label
                );
            }
            let squares = svg.matches("rx=\"2\" fill=\"#5b5f66\" stroke").count();
            let lfe = layout.speakers.iter().filter(|s| s.lfe).count();
            assert_eq!(squares, lfe, "{}", layout.name);
        }
    }

    #[test]
    fn labels_cover_neither_each_other_nor_a_dot() {
        for layout in library() {
            let map = Map::of(layout);
            let markers = markers(&map, layout);
            let labels: Vec<Box4> = markers
                .iter()
                .zip(place_labels(&markers, &map))
                .map(|(marker, (x, y, anchor))| {
                    let width = marker.label.chars().count() as f64 * marker.font() * 0.6;
                    let left = match anchor {
                        "start" => x,
                        "end" => x - width,
                        _ => x - width / 2.0,
                    };
                    (left, y - marker.font() * 0.75, left + width, y + 1.0)
                })
                .collect();
            for (index, label) in labels.iter().enumerate() {
                for other in &labels[..index] {
                    assert!(overlap(*label, *other) < 1.0, "{}: two labels", layout.name);
                }
                for marker in &markers {
                    let r = marker.radius;
                    let dot = (marker.x - r, marker.y - r, marker.x + r, marker.y + r);
                    assert!(
                        overlap(*label, dot) < 1.0,
                        "{}: {}",
                        layout.name,
                        marker.label
                    );
                }
            }
        }
    }

    #[test]
    fn an_edge_of_two_facets_is_drawn_once_and_strangers_are_left_out() {
        let layout = find("cube").expect("built in");
        let svg = layout_picture(
            &layout,
            &[vec![0, 1, 3, 2], vec![0, 1, 5, 4], vec![0, 99, 1]],
        );
        assert_eq!(svg.matches("<polyline").count(), 7);
    }

    #[test]
    fn awkward_words_stay_well_formed() {
        let mut layout = find("stereo").expect("built in");
        layout.title = "a <b> & \"c\"\u{1}".to_owned();
        layout.speakers[0].label = "<L>".to_owned();
        let svg = layout_picture(&layout, &[]);
        assert!(svg.contains("&lt;L&gt;") && svg.contains("a &lt;b&gt; &amp; &quot;c&quot;"));
        let mut reader = quick_xml::Reader::from_str(&svg);
        while !matches!(
            reader.read_event().expect("well-formed"),
            quick_xml::events::Event::Eof
        ) {}
    }
}
