//! What must hold between the speakers of one layout: the invariants of [`Layout`](super::Layout).

use super::read::Row;
use super::values::{Keys, Notes};
use crate::geometry::Direction;

/// Two speakers closer than this are in one place.
const SAME_PLACE_DEG: f64 = 0.05;

/// Two speakers of the room cube closer than this along each axis are in one place; its walls are at ±1.
const SAME_PLACE_OF_ROOM: f64 = 0.001;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Built in: a single speaker is a layout (0+1+0).
    BuiltIn,
    /// The user's: a single speaker is a mistake.
    User,
}

pub(super) fn check(
    rows: &[Row],
    keys: &Keys<'_, '_>,
    strictness: Strictness,
    notes: &mut Notes<'_>,
) {
    let all_read = notes.is_empty();
    labels_differ(rows, notes);
    wav_positions_differ(rows, notes);
    distances_are_complete(rows, notes);
    if enough_places(rows, keys, strictness, all_read, notes) {
        places_differ(rows, notes);
    }
    places_in_the_room_differ(rows, notes);
}

fn labels_differ(rows: &[Row], notes: &mut Notes<'_>) {
    let mut seen = std::collections::HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if row.speaker.label.is_empty() {
            continue;
        }
        // Case is ignored: "l" and "L" would be one file name on some systems.
        let first = *seen
            .entry(row.speaker.label.to_lowercase())
            .or_insert(index);
        if first != index {
            notes.error(
                "U415",
                row.place.clone(),
                format!(
                    "speakers {} and {} are both labelled \"{}\"",
                    first + 1,
                    index + 1,
                    row.speaker.label
                ),
                "label used twice",
                "each speaker needs a label of its own",
            );
        }
    }
}

fn wav_positions_differ(rows: &[Row], notes: &mut Notes<'_>) {
    for (index, row) in rows.iter().enumerate() {
        let (Some(bit), Some(place)) = (row.speaker.mask_bit, &row.wav_place) else {
            continue;
        };
        let other = rows[..index]
            .iter()
            .find(|other| other.speaker.mask_bit == Some(bit));
        if let Some(other) = other {
            notes.error(
                "U415",
                place.clone(),
                format!(
                    "speakers \"{}\" and \"{}\" have the same WAV position",
                    other.speaker.label, row.speaker.label
                ),
                "used twice",
                "leave \"wav\" out where a speaker has no position name",
            );
        }
    }
}

/// Distances make sense only for all speakers or for none.
fn distances_are_complete(rows: &[Row], notes: &mut Notes<'_>) {
    let speakers = || rows.iter().filter(|row| !row.speaker.lfe && row.placed);
    if speakers().all(|row| !row.has_distance) {
        return;
    }
    for row in speakers().filter(|row| !row.has_distance) {
        notes.error(
            "U413",
            row.place.clone(),
            format!(
                "speaker \"{}\" has no distance, others have one",
                row.speaker.label
            ),
            "\"dist\" is missing",
            "give dist (metres) for every speaker or for none",
        );
    }
}

/// Whether there are speakers in at least two places, one finding if not.
fn enough_places(
    rows: &[Row],
    keys: &Keys<'_, '_>,
    strictness: Strictness,
    all_read: bool,
    notes: &mut Notes<'_>,
) -> bool {
    let place = keys
        .value("speakers")
        .map_or_else(|| keys.span(), |v| v.span());
    let mut speakers = rows.iter().filter(|row| !row.speaker.lfe);
    let Some(first) = speakers.next() else {
        // With other errors about, this would only be their echo.
        if all_read {
            let found = match rows.len() {
                0 => "no speaker".to_owned(),
                _ => "only LFE channels".to_owned(),
            };
            notes.error(
                "U417",
                place,
                format!("the layout has {found}"),
                "nothing to pan to",
                "at least two speakers that are no LFE are needed",
            );
        }
        return false;
    };
    let others: Vec<&Row> = speakers.collect();
    if others.is_empty() {
        if all_read && strictness == Strictness::User {
            notes.error(
                "U417",
                place,
                format!("the layout has one speaker, \"{}\"", first.speaker.label),
                "nothing to pan between",
                "at least two speakers that are no LFE are needed; mono is the built-in layout 0+1+0",
            );
        }
        return false;
    }
    let all_placed = first.placed && others.iter().all(|row| row.placed);
    let here = first.speaker.direction();
    if all_placed
        && others
            .iter()
            .all(|row| angle_deg(here, row.speaker.direction()) < SAME_PLACE_DEG)
    {
        notes.error(
            "U417",
            place,
            format!("all {} speakers are in one direction", others.len() + 1),
            "nothing to pan between",
            "give each speaker its own az and el",
        );
        return false;
    }
    true
}

/// Each speaker that stands where an earlier one does is one finding.
fn places_differ(rows: &[Row], notes: &mut Notes<'_>) {
    let placed: Vec<(&Row, Direction)> = rows
        .iter()
        .filter(|row| row.placed && !row.speaker.lfe)
        .map(|row| (row, row.speaker.direction()))
        .collect();
    for (index, (row, here)) in placed.iter().enumerate() {
        let other = placed[..index]
            .iter()
            .find(|(_, there)| angle_deg(*here, *there) < SAME_PLACE_DEG);
        if let Some((other, there)) = other {
            notes.error(
                "U416",
                row.place.clone(),
                format!(
                    "speakers \"{}\" and \"{}\" are {:.3} degrees apart",
                    other.speaker.label,
                    row.speaker.label,
                    angle_deg(*here, *there)
                ),
                "in one place with another",
                format!("two speakers must be at least {SAME_PLACE_DEG} degrees apart"),
            );
        }
    }
}

/// As [`places_differ`], in the room cube, where each place is one loudspeaker's: a second one would never play.
fn places_in_the_room_differ(rows: &[Row], notes: &mut Notes<'_>) {
    let placed: Vec<(&Row, [f64; 3])> = rows
        .iter()
        .filter(|row| !row.speaker.lfe)
        .filter_map(|row| Some((row, row.speaker.room?)))
        .collect();
    for (index, (row, here)) in placed.iter().enumerate() {
        let other = placed[..index].iter().find(|(_, there)| {
            let mut axes = here.iter().zip(there);
            axes.all(|(here, there)| (here - there).abs() < SAME_PLACE_OF_ROOM)
        });
        if let Some((other, [x, y, z])) = other {
            notes.error(
                "U416",
                row.place.clone(),
                format!(
                    "speakers \"{}\" and \"{}\" have the same place in the room, [{x}, {y}, {z}]",
                    other.speaker.label, row.speaker.label
                ),
                "in one place with another",
                "each \"room\" is one speaker's: of two, x/y/z positions would reach the first only",
            );
        }
    }
}

/// Angle between two unit vectors in degrees, exact for small ones.
pub(super) fn angle_deg(a: Direction, b: Direction) -> f64 {
    (2.0 * ((a - b).norm() / 2.0).min(1.0).asin()).to_degrees()
}
