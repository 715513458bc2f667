//! A project for Reaper: tracks with their files, tempo map and markers.

use std::fmt::Write as _;

use super::Project;

/// The text of a .rpp file that lies beside the files.
pub fn project(project: &Project) -> String {
    let mut text = String::from("<REAPER_PROJECT 0.1 \"6.0\"\n");
    let mut line = |words: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{words}");
    };
    let (beats, unit) = project.meter;
    let tempo = project
        .tempo
        .first()
        .map_or(120.0, |mark| mark.quarters_per_minute);
    line(format_args!("  SAMPLERATE {} 1 0", project.rate));
    line(format_args!("  TEMPO {tempo} {beats} {unit}"));
    if project.tempo.len() > 1 {
        line(format_args!(
            "  <TEMPOENVEX\n    ACT 1 -1\n    DEFSHAPE 1 -1 -1"
        ));
        for mark in &project.tempo {
            // Shape 1: the tempo holds until the next point.
            line(format_args!(
                "    PT {:.12} {} 1",
                mark.at_s, mark.quarters_per_minute
            ));
        }
        line(format_args!("  >"));
    }
    for (number, marker) in project.markers.iter().enumerate() {
        line(format_args!(
            "  MARKER {} {:.12} {} 0",
            number + 1,
            marker.at_s,
            quoted(&marker.name)
        ));
    }
    for track in &project.tracks {
        line(format_args!("  <TRACK\n    NAME {}", quoted(&track.name)));
        if let Some(colour) = track.colour.as_deref().and_then(native_colour) {
            line(format_args!("    PEAKCOL {colour}"));
        }
        line(format_args!(
            "    NCHAN {}",
            track.channels.next_multiple_of(2).max(2)
        ));
        line(format_args!(
            "    <ITEM\n      POSITION 0\n      LENGTH {:.12}\n      LOOP 0",
            project.length_s
        ));
        line(format_args!(
            "      NAME {}\n      <SOURCE WAVE",
            quoted(&track.name)
        ));
        line(format_args!(
            "        FILE {}\n      >\n    >\n  >",
            quoted(&track.file)
        ));
    }
    text.push_str(">\n");
    text
}

/// "#RRGGBB" as Reaper stores a track's own colour: blue, green, red, and a bit that says it is one.
fn native_colour(colour: &str) -> Option<u32> {
    let digits = colour
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6)?;
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some(0x100_0000 | u32::from_be_bytes([0, blue, green, red]))
}

/// Text in the quotes that it does not hold itself.
fn quoted(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match ['"', '\'', '`']
        .into_iter()
        .find(|quote| !text.contains(*quote))
    {
        Some(quote) => format!("{quote}{text}{quote}"),
        None => format!("`{}`", text.replace('`', "'")),
    }
}
