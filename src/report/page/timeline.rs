//! Who sounds when: a row of shades for each object.

use std::fmt::Write;

use super::plots::{LEFT, RIGHT, WIDTH, heat, open};
use super::tables::{clock, one, table};
use crate::offline::Course;
use crate::report::svg::{clipped, escaped};

/// Width of the names.
const NAMES: f64 = 150.0;

/// Below this an object counts as silent in the table, dBFS rms.
const SILENT_DB: f64 = -70.0;

pub(super) fn figure(course: &Course) -> String {
    let row = if course.objects.len() > 40 {
        11.0
    } else {
        18.0
    };
    let height = 10.0 + row * course.objects.len() as f64 + 26.0;
    let mut svg = String::new();
    open(&mut svg, WIDTH, height, "Level of each object over time");
    let left = LEFT.max(NAMES);
    for (index, object) in course.objects.iter().enumerate() {
        let y = 8.0 + row * index as f64;
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"{}\">{}</text>",
            left - 8.0,
            y + row * 0.74,
            if row < 15.0 { 9 } else { 12 },
            escaped(&clipped(&object.name, 20))
        );
        heat(
            &mut svg,
            (left, y + 1.0),
            (RIGHT - left, row - 2.0),
            &object.levels_db,
        );
    }
    let words = height - 8.0;
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{words:.1}\">0:00</text><text x=\"{:.1}\" y=\"{words:.1}\" text-anchor=\"middle\">{}</text>\
         <text x=\"{RIGHT}\" y=\"{words:.1}\" text-anchor=\"end\">{}</text>",
        (left + RIGHT) / 2.0,
        clock(course.seconds / 2.0),
        clock(course.seconds)
    );
    svg.push_str("</svg>\n");
    let rows = course.objects.iter().map(|object| {
        let count = object.levels_db.len().max(1) as f64;
        let sounds: Vec<usize> = object
            .levels_db
            .iter()
            .enumerate()
            .filter_map(|(n, level)| level.filter(|level| *level > SILENT_DB).map(|_| n))
            .collect();
        let at = |column: Option<&usize>, more: f64| {
            column.map_or("–".to_owned(), |column| {
                clock((*column as f64 + more) / count * course.seconds)
            })
        };
        let share = sounds.len() as f64 / count * 100.0;
        let loudest = object.levels_db.iter().flatten().copied().reduce(f64::max);
        vec![
            object.name.clone(),
            at(sounds.first(), 0.0),
            at(sounds.last(), 1.0),
            format!("{share:.0} %"),
            one(loudest),
        ]
    });
    let table = table(
        &[
            "Name",
            "#First sound",
            "#Last sound",
            "#Sounds for",
            "#Loudest stretch (dBFS rms)",
        ],
        rows,
    );
    super::figure(
        &svg,
        "Level of each object as it leaves the desk (the stronger the colour, the louder; 72 dB)",
        &table,
    )
}
