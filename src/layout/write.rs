//! Writes a layout as a layout file, one speaker a line, for a person to go on with.

use super::wav::wav_position;
use super::{AngleRange, Layout, Screen};
use crate::geometry::Position;

/// The text of a layout file that reads back as `layout`. `radius_m` is the largest distance in metres;
/// without it no distances are written.
pub fn to_toml(layout: &Layout, radius_m: Option<f64>) -> String {
    let mut text = String::new();
    text.push_str(&format!("name = {}\n", quoted(&layout.name)));
    if layout.title != layout.name {
        text.push_str(&format!("title = {}\n", quoted(&layout.title)));
    }
    if !layout.aliases.is_empty() {
        let aliases: Vec<String> = layout.aliases.iter().map(|a| quoted(a)).collect();
        text.push_str(&format!("aliases = [{}]\n", aliases.join(", ")));
    }
    if !layout.source.is_empty() {
        text.push_str(&format!("source = {}\n", quoted(&layout.source)));
    }
    match &layout.screen {
        None => text.push_str("screen = false\n"),
        Some(screen) if *screen == Screen::default() => {}
        Some(screen) => text.push_str(&format!("screen = {{ {} }}\n", screen_keys(screen))),
    }
    text.push_str("\nspeakers = [\n");
    for row in aligned(cells(layout, radius_m)) {
        text.push_str(&format!("  {{ {row} }},\n"));
    }
    text.push_str("]\n");
    text
}

fn screen_keys(screen: &Screen) -> String {
    let ratio = number(screen.aspect_ratio);
    let width = number(screen.width);
    match screen.centre {
        Position::Polar {
            azimuth,
            elevation,
            distance,
        } => {
            let [az, el, dist] = [azimuth, elevation, distance].map(number);
            format!("aspect-ratio = {ratio}, az = {az}, el = {el}, dist = {dist}, width = {width}")
        }
        Position::Cartesian { x, y, z } => {
            let [x, y, z] = [x, y, z].map(number);
            format!("aspect-ratio = {ratio}, x = {x}, y = {y}, z = {z}, width-x = {width}")
        }
    }
}

/// Every speaker's `key = value` cells; an empty cell is a key it does not have.
fn cells(layout: &Layout, radius_m: Option<f64>) -> Vec<Vec<String>> {
    layout
        .speakers
        .iter()
        .map(|speaker| {
            let (azimuth, elevation, distance) = speaker.polar();
            let given = |yes: bool, cell: String| if yes { cell } else { String::new() };
            vec![
                format!("label = {}", quoted(&speaker.label)),
                speaker
                    .name
                    .as_ref()
                    .map_or_else(String::new, |name| format!("name = {}", quoted(name))),
                format!("az = {}", number(azimuth)),
                format!("el = {}", number(elevation)),
                radius_m.map_or_else(String::new, |radius_m| {
                    format!("dist = {}", number(distance * radius_m))
                }),
                given(speaker.lfe, "lfe = true".to_owned()),
                given(
                    speaker.gain_db != 0.0,
                    format!("gain = {}", number(speaker.gain_db)),
                ),
                given(
                    speaker.delay_ms != 0.0,
                    format!("delay = {}", number(speaker.delay_ms)),
                ),
                range("az-range", speaker.azimuth_range),
                range("el-range", speaker.elevation_range),
                speaker.room.map_or_else(String::new, |[x, y, z]| {
                    format!("room = [{}, {}, {}]", number(x), number(y), number(z))
                }),
                speaker
                    .mask_bit
                    .and_then(wav_position)
                    .map_or_else(String::new, |name| format!("wav = {}", quoted(name))),
            ]
        })
        .collect()
}

/// Rows of cells as lines whose cells stand under each other.
fn aligned(rows: Vec<Vec<String>>) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|c| {
            rows.iter()
                .map(|row| row[c].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    rows.iter()
        .map(|row| {
            let last = row.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate().take(last + 1) {
                if widths[column] == 0 {
                    continue;
                }
                let comma = if cell.is_empty() || column == last {
                    ""
                } else {
                    ","
                };
                let pad = if column == last {
                    0
                } else {
                    widths[column] + 2
                };
                line.push_str(&format!("{:<pad$}", format!("{cell}{comma}")));
            }
            line
        })
        .collect()
}

fn range(key: &str, range: Option<AngleRange>) -> String {
    range.map_or_else(String::new, |range| {
        format!("{key} = [{}, {}]", number(range.min), number(range.max))
    })
}

/// Six decimals at most: a millionth of a degree, of a metre or of a decibel.
fn number(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6 + 0.0;
    format!("{rounded}")
}

/// A TOML basic string; JSON's escapes are a part of TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{library, parse};
    use std::path::Path;

    #[test]
    fn what_is_written_reads_back_the_same() {
        for layout in library().iter().filter(|layout| layout.channels() > 1) {
            let text = to_toml(layout, None);
            let again = parse(&text, Path::new("again.toml")).expect("our own file reads");
            assert_eq!(&again, layout, "{text}");
        }
    }

    #[test]
    fn distances_gains_and_odd_names_survive() {
        let text = r#"
            name = "a \"room\""
            speakers = [
              { label = "L", az = 30, dist = 2.5, gain = -1.25 },
              { label = "R", az = -30, dist = 2, delay = 1.5 },
            ]"#;
        let layout = parse(text, Path::new("room.toml")).expect("valid");
        assert!((layout.speakers[1].polar().2 - 0.8).abs() < 1e-12);
        let again = parse(&to_toml(&layout, Some(2.5)), Path::new("x")).expect("valid");
        assert_eq!(again, layout);
    }
}
