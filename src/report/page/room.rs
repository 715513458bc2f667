//! Where objects are: the room from above and from the side.

use std::fmt::Write;

use super::figure;
use super::plots::open;
use super::tables::table;
use crate::format::mp4::is_colour;
use crate::offline::{Course, ObjectCourse};
use crate::report::svg::{clipped, escaped};

/// Side of a view in pixels, and the room's half in it.
const SIZE: f64 = 480.0;
const HALF: f64 = 190.0;

/// Names are written beside at most so many objects.
const NAMED: usize = 40;

/// Both views with one table.
pub(super) fn figures(course: &Course) -> String {
    let above = view(
        course,
        "Trajectories from above",
        ("left", "right"),
        ("back", "front"),
        |[x, y, _]| (x, y),
    );
    let side = view(
        course,
        "Trajectories from the right",
        ("back", "front"),
        ("floor", "ceiling"),
        |[_, y, z]| (y, z),
    );
    let picture = format!("<div class=\"pair\">\n{above}{side}</div>\n");
    let caption = "Trajectories from above and from the right; the square is the room, or the loudspeakers' distance. A dot is where an object ends.";
    figure(&picture, caption, &places(course))
}

fn colour(index: usize) -> String {
    // Golden angle: neighbours differ, and none is as light or as dark as a page.
    format!("hsl({:.0}, 62%, 50%)", (index as f64 * 137.508) % 360.0)
}

fn view(
    course: &Course,
    name: &str,
    across: (&str, &str),
    up: (&str, &str),
    project: impl Fn([f64; 3]) -> (f64, f64),
) -> String {
    let mut svg = String::new();
    open(&mut svg, SIZE, SIZE, name);
    let middle = SIZE / 2.0;
    let _ = writeln!(
        svg,
        "<rect x=\"{0:.1}\" y=\"{0:.1}\" width=\"{1:.1}\" height=\"{1:.1}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.4\"/>\
         <circle cx=\"{middle}\" cy=\"{middle}\" r=\"{HALF}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.18\"/>\
         <path d=\"M{middle} {0:.1}V{2:.1}M{0:.1} {middle}H{2:.1}\" stroke=\"currentColor\" stroke-opacity=\"0.12\"/>\
         <circle cx=\"{middle}\" cy=\"{middle}\" r=\"5\" fill-opacity=\"0.5\"/>",
        middle - HALF,
        2.0 * HALF,
        middle + HALF
    );
    for (x, y, anchor, words) in [
        (middle - HALF - 6.0, middle + 4.0, "end", across.0),
        (middle + HALF + 6.0, middle + 4.0, "start", across.1),
        (middle, middle + HALF + 20.0, "middle", up.0),
        (middle, middle - HALF - 10.0, "middle", up.1),
    ] {
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill-opacity=\"0.65\">{words}</text>"
        );
    }
    // A little outside is drawn; farther away is drawn at the edge.
    let at = |place: [f64; 3]| {
        let (x, y) = project(place);
        let limit = |value: f64| value.clamp(-1.22, 1.22) * HALF;
        (middle + limit(x), middle - limit(y))
    };
    // The words at the walls stand there first.
    let mut taken: Vec<(f64, f64, f64)> = vec![
        (middle + HALF + 6.0, middle + 4.0, 40.0),
        (middle - 22.0, middle - HALF - 10.0, 44.0),
    ];
    for (index, object) in course.objects.iter().enumerate() {
        let colour = if object.is_bed {
            "currentColor".to_owned()
        } else {
            let own = object.colour.as_deref().filter(|text| is_colour(text));
            own.map_or_else(|| colour(index), str::to_owned)
        };
        path(&mut svg, object, &colour, at);
        let Some((x, y)) = object
            .places
            .iter()
            .rev()
            .flatten()
            .next()
            .map(|place| at(*place))
        else {
            continue;
        };
        let dot = if object.is_bed {
            format!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\" fill-opacity=\"0.45\"/>",
                x - 4.0,
                y - 4.0
            )
        } else {
            format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\"/>")
        };
        svg.push_str(&dot);
        if !object.is_bed
            && course
                .objects
                .iter()
                .filter(|object| !object.is_bed)
                .count()
                <= NAMED
        {
            name_beside(&mut svg, &object.name, (x, y), &mut taken);
        }
    }
    svg.push_str("\n</svg>\n");
    svg
}

/// The line along which an object moves, without points that are the same to the eye.
fn path(
    svg: &mut String,
    object: &ObjectCourse,
    colour: &str,
    at: impl Fn([f64; 3]) -> (f64, f64),
) {
    let mut path = String::new();
    let mut last: Option<(f64, f64)> = None;
    let mut length = 0.0;
    for place in &object.places {
        let Some(place) = place else {
            last = None;
            continue;
        };
        let (x, y) = at(*place);
        match last {
            Some((from_x, from_y)) if (x - from_x).hypot(y - from_y) < 0.5 => continue,
            Some((from_x, from_y)) => {
                length += (x - from_x).hypot(y - from_y);
                let _ = write!(path, "L{x:.1} {y:.1}");
            }
            None => {
                let _ = write!(path, "M{x:.1} {y:.1}");
            }
        }
        last = Some((x, y));
    }
    if length > 0.0 {
        let _ = writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" stroke-opacity=\"0.8\"/>"
        );
    }
}

/// Writes a name where no other stands: right of its dot, left of it, below, or farther down.
fn name_beside(svg: &mut String, name: &str, (x, y): (f64, f64), taken: &mut Vec<(f64, f64, f64)>) {
    let words = clipped(name, 16);
    let width = words.chars().count() as f64 * 6.2;
    let places = (0..7).flat_map(|step| {
        let down = f64::from(step) * 12.0;
        [
            (x + 8.0, y + 4.0 + down),
            (x - 8.0 - width, y + 4.0 + down),
            (x + 8.0, y + 4.0 - down),
        ]
    });
    let is_free = |(left, base): &(f64, f64)| {
        *left > 2.0
            && left + width < SIZE - 2.0
            && taken.iter().all(|(other, at, wide)| {
                (base - at).abs() > 11.0 || left + width < *other || *left > other + wide
            })
    };
    let Some((left, base)) = places.into_iter().find(is_free) else {
        return;
    };
    taken.push((left, base, width));
    let _ = write!(
        svg,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" font-size=\"11\">{}</text>",
        escaped(&words)
    );
}

fn places(course: &Course) -> String {
    let rows = course.objects.iter().map(|object| {
        let known: Vec<[f64; 3]> = object.places.iter().flatten().copied().collect();
        let words = |place: Option<&[f64; 3]>| {
            place.map_or("–".to_owned(), |[x, y, z]| {
                format!("{x:.2}, {y:.2}, {z:.2}")
            })
        };
        let far = known.windows(2).map(|pair| {
            let squares = [0, 1, 2].map(|axis| (pair[1][axis] - pair[0][axis]).powi(2));
            squares.iter().sum::<f64>().sqrt()
        });
        let kind = if object.is_bed { "bed" } else { "object" };
        vec![
            object.name.clone(),
            kind.to_owned(),
            words(known.first()),
            words(known.last()),
            format!("{:.2}", far.sum::<f64>()),
        ]
    });
    table(
        &[
            "Name",
            "Kind",
            "First place (right, front, up)",
            "Last place",
            "#Way",
        ],
        rows,
    )
}
