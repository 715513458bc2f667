//! Where stems are: one place or one movement each, in one form of position.

use super::super::codes::{EITHER_OR, LONG_WAY, MIXED_FORMS, POSITION, UNKNOWN_KEY};
use super::super::findings::{Findings, shorten};
use super::super::tree::Cursor;
use super::tables;

pub(super) fn check(root: Cursor<'_>, findings: &mut Findings) {
    for stem in tables(root, "stem") {
        one_place(stem, findings);
        one_size(stem, stem.key("at"), findings);
        let movement = stem.key("move");
        keyframes(movement, findings);
        let (a, b) = (movement.key("a"), movement.key("b"));
        let places = movement.items().map(|keyframe| keyframe.item(1));
        places
            .chain([a, b])
            .for_each(|place| no_size(place, findings));
        if let (Some(form), Some(other)) = (form(a), form(b))
            && form != other
        {
            mixed(b, form, findings);
        }
    }
    for strip in tables(root, "return") {
        for at in strip.key("at").items() {
            one_size(strip, at, findings);
        }
    }
}

fn one_size(strip: Cursor<'_>, at: Cursor<'_>, findings: &mut Findings) {
    let (beside, within) = (strip.key("size"), at.key("size"));
    if let (Some(size), Some(other)) = (beside.number(), within.number())
        && size.total_cmp(&other).is_ne()
    {
        findings.add(
            EITHER_OR,
            within.span(),
            format!("`size` is {other} in `at` and {size} beside it"),
            "another size",
            "write `size` once",
        );
    }
}

fn no_size(place: Cursor<'_>, findings: &mut Findings) {
    if place.key("size").exists() {
        findings.add(
            UNKNOWN_KEY,
            place.key_span("size"),
            "`size` does not move",
            "not in a movement",
            "write `size` as a key of the stem, beside `move`",
        );
    }
}

fn one_place(stem: Cursor<'_>, findings: &mut Findings) {
    let name = shorten(stem.key("name").text().unwrap_or(""));
    match (stem.key("at").exists(), stem.key("move").exists()) {
        (true, true) => findings.add(
            EITHER_OR,
            stem.key_span("move"),
            format!("the stem \"{name}\" has both `at` and `move`"),
            "beside `at`",
            "a stem stands still (`at`) or moves (`move`); remove one of them",
        ),
        (false, false) => findings.add(
            POSITION,
            stem.key("name").span().or(stem.span()),
            format!("the stem \"{name}\" has no place"),
            "where?",
            "add `at = { az = 0, el = 0 }` (degrees, + = left, up) or `move = …`",
        ),
        _ => {}
    }
}

/// The form a position is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Polar,
    Room,
}

/// `None` if the position is neither or both: the schema has said so.
fn form(position: Cursor<'_>) -> Option<Form> {
    let polar = ["az", "el", "dist"]
        .iter()
        .any(|key| position.key(key).exists());
    let room = ["x", "y", "z"].iter().any(|key| position.key(key).exists());
    match (polar, room) {
        (true, false) => Some(Form::Polar),
        (false, true) => Some(Form::Room),
        _ => None,
    }
}

fn keyframes(list: Cursor<'_>, findings: &mut Findings) {
    let mut first = None;
    let mut before: Option<f64> = None;
    for keyframe in list.items() {
        let position = keyframe.item(1);
        match (first, form(position)) {
            (None, found) => first = found,
            (Some(form), Some(other)) if form != other => mixed(position, form, findings),
            _ => {}
        }
        let azimuth = position.key("az");
        let way = azimuth
            .number()
            .zip(before)
            .map(|(to, from)| (from, to, to - from));
        let jumps = keyframe.item(2).text() == Some("step");
        if let Some((from, to, way)) = way.filter(|(.., way)| way.abs() > 180.0 && !jumps) {
            let side = if way > 0.0 { "left" } else { "right" };
            findings.add(
                LONG_WAY,
                azimuth.span(),
                format!(
                    "from {from} to {to} turns {} degrees to the {side}",
                    way.abs()
                ),
                "the long way",
                format!("if the short way is meant, write {}", from + short_way(way)),
            );
        }
        before = azimuth.number();
    }
}

/// The way to the same direction that is at most 180 degrees.
fn short_way(way: f64) -> f64 {
    (way + 180.0).rem_euclid(360.0) - 180.0
}

fn mixed(position: Cursor<'_>, first: Form, findings: &mut Findings) {
    let form = match first {
        Form::Polar => "{ az, el, dist }",
        Form::Room => "{ x, y, z }",
    };
    findings.add(
        MIXED_FORMS,
        position.span(),
        "a movement mixes the two forms of position",
        "the other form",
        format!("write all its positions as {form}, like the first"),
    );
}
