//! Names: unique, known where they are referred to; and which stems sound.

use std::collections::HashMap;

use super::super::codes::{
    DUPLICATE_NAME, NO_EFFECT, NOT_UNDERSTOOD, NOTHING_SOUNDS, SILENCED, UNKNOWN_GROUP,
};
use super::super::findings::{Findings, did_you_mean, meant, shorten};
use super::super::tree::Cursor;
use super::tables;
use crate::format::mp4::is_colour;

pub(super) fn check(root: Cursor<'_>, findings: &mut Findings) {
    for kind in ["group", "stem", "return", "out"] {
        unique(root, kind, findings);
    }
    groups(root, findings);
    sounding(root, findings);
    key(root.key("song").key("key"), findings);
    for stem in tables(root, "stem") {
        colour(stem.key("colour"), findings);
    }
}

/// Names differ in more than capitals: they become file names, and some disks ignore capitals.
fn unique(root: Cursor<'_>, kind: &str, findings: &mut Findings) {
    let mut first: HashMap<String, &str> = HashMap::new();
    for table in tables(root, kind) {
        let name = table.key("name");
        let Some(text) = name.text() else { continue };
        if text.trim().is_empty() && !text.is_empty() {
            findings.add(
                NOT_UNDERSTOOD,
                name.span(),
                "`name` is blank",
                "blank",
                "give it a name people can read",
            );
            continue;
        }
        match first.get(&text.trim().to_lowercase()) {
            Some(other) => findings.add(
                DUPLICATE_NAME,
                name.span(),
                format!("the name \"{}\" is taken", shorten(text)),
                "second of that name",
                if *other == text {
                    format!("another [[{kind}]] is called so; give this one a name of its own")
                } else {
                    format!("another [[{kind}]] is called \"{}\", which differs only in capitals or blanks", shorten(other))
                },
            ),
            None => {
                first.insert(text.trim().to_lowercase(), text);
            }
        }
    }
}

fn groups(root: Cursor<'_>, findings: &mut Findings) {
    let groups: Vec<&str> = tables(root, "group")
        .filter_map(|g| g.key("name").text())
        .collect();
    let mut used: Vec<&str> = Vec::new();
    for stem in tables(root, "stem") {
        let group = stem.key("group");
        let Some(text) = group.text() else { continue };
        if groups.contains(&text) {
            used.push(text);
            continue;
        }
        let nearest = did_you_mean(text, groups.iter().copied());
        used.extend(nearest);
        let help = if groups.is_empty() {
            format!("add [[group]] with name = \"{}\"", shorten(text))
        } else {
            format!(
                "{}the groups are: {}",
                meant(nearest),
                shorten(&groups.join(", "))
            )
        };
        findings.add(
            UNKNOWN_GROUP,
            group.span(),
            format!("there is no group \"{}\"", shorten(text)),
            "not a group",
            help,
        );
    }
    for group in tables(root, "group") {
        let name = group.key("name");
        if let Some(text) = name.text().filter(|text| !used.contains(text)) {
            findings.add(
                NO_EFFECT,
                name.span(),
                format!("no stem belongs to the group \"{}\"", shorten(text)),
                "empty group",
                format!(
                    "write group = \"{}\" at its stems, or remove it",
                    shorten(text)
                ),
            );
        }
    }
}

/// Says which stems are left out, and refuses a session in which none sounds.
fn sounding(root: Cursor<'_>, findings: &mut Findings) {
    let stems: Vec<Cursor<'_>> = tables(root, "stem").collect();
    if stems.is_empty() {
        let written = root.key("stem");
        if written.exists() && !written.is_list() {
            // Something else is called `stem`, which has been said.
            return;
        }
        findings.add(
            NOTHING_SOUNDS,
            None,
            "the session has no stem",
            "",
            "add [[stem]] with name, file and at, or let `umbel init` write a session for a folder",
        );
        return;
    }
    let group_of = |stem: Cursor<'_>| {
        let name = stem.key("group").text()?;
        tables(root, "group").find(|group| group.key("name").text() == Some(name))
    };
    let solos = tables(root, "group").chain(stems.iter().copied());
    let any_solo = solos
        .map(|strip| states(strip.key("solo")))
        .max_by_key(|states| (states.contains(&true), !states.contains(&false)))
        .unwrap_or(OFF);
    let mut silent = 0;
    let mut unsoloed = 0;
    for stem in &stems {
        let group = group_of(*stem);
        let both = |key| {
            (
                states(stem.key(key)),
                group.map_or(OFF, |group| states(group.key(key))),
            )
        };
        match silenced_throughout(both("mute"), both("solo"), any_solo) {
            None => continue,
            Some(Silenced::NotSoloed) => unsoloed += 1,
            Some(Silenced::Muted) => {
                let at = [*stem]
                    .into_iter()
                    .chain(group)
                    .find(|s| states(s.key("mute")).contains(&true));
                let name = stem.key("name").text().unwrap_or("");
                findings.add(
                    SILENCED,
                    at.and_then(|s| s.key("mute").span()),
                    format!("the stem \"{}\" is muted and left out", shorten(name)),
                    "muted",
                    "",
                );
            }
        }
        silent += 1;
    }
    if unsoloed > 0 {
        let solo = tables(root, "group")
            .chain(stems.iter().copied())
            .find(|s| states(s.key("solo")).contains(&true));
        findings.add(
            SILENCED,
            solo.and_then(|s| s.key("solo").span()),
            format!(
                "{unsoloed} of {} stems are left out beside what is soloed",
                stems.len()
            ),
            "soloed",
            "",
        );
    }
    if silent == stems.len() {
        findings.add(
            NOTHING_SOUNDS,
            None,
            "no stem sounds: all are muted, or nothing that is soloed has a stem",
            "",
            "remove a mute or a solo",
        );
    }
}

/// Why a stem does not sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silenced {
    Muted,
    NotSoloed,
}

/// The states that a switch has in the course of the song.
fn states(switch: Cursor<'_>) -> &'static [bool] {
    if !switch.is_list() {
        return if switch.flag() { ON } else { OFF };
    }
    let mut rows = switch.items().map(|row| row.item(1).flag());
    match (rows.clone().any(|on| on), rows.all(|on| on)) {
        (false, _) => OFF,
        (true, false) => BOTH,
        (true, true) => ON,
    }
}

const OFF: &[bool] = &[false];
const ON: &[bool] = &[true];
const BOTH: &[bool] = &[false, true];

/// Why a stem is [silenced] whatever states the switches have; when they have them is not asked for.
fn silenced_throughout(
    mute: (&[bool], &[bool]),
    solo: (&[bool], &[bool]),
    any_solo: &[bool],
) -> Option<Silenced> {
    let mut why = Silenced::Muted;
    for &any_solo in any_solo {
        for (&own_mute, &group_mute) in pairs(mute) {
            for (&own_solo, &group_solo) in pairs(solo) {
                let (mute, solo) = ((own_mute, group_mute), (own_solo, group_solo));
                if silenced(mute, solo, any_solo)? == Silenced::NotSoloed {
                    why = Silenced::NotSoloed;
                }
            }
        }
    }
    Some(why)
}

/// Each of the first with each of the second.
fn pairs<'a>((a, b): (&'a [bool], &'a [bool])) -> impl Iterator<Item = (&'a bool, &'a bool)> {
    a.iter().flat_map(|a| b.iter().map(move |b| (a, b)))
}

/// Whether a stem sounds, from the flags of (stem, its group), as on a desk.
///
/// - Any solo silences every stem that is neither soloed itself nor in a soloed group.
/// - A mute silences, unless the same strip is soloed; a soloed stem sounds in a muted group.
pub(crate) fn silenced(mute: (bool, bool), solo: (bool, bool), any_solo: bool) -> Option<Silenced> {
    if any_solo && !solo.0 && !solo.1 {
        // A muted stem stays out whatever is soloed: that is the reason to tell.
        return Some(if mute.0 || mute.1 {
            Silenced::Muted
        } else {
            Silenced::NotSoloed
        });
    }
    let muted = (mute.0 && !solo.0) || (mute.1 && !solo.1 && !solo.0);
    muted.then_some(Silenced::Muted)
}

/// "Am", "F#m", "Eb", "C minor" or Camelot "8A".
fn key(key: Cursor<'_>, findings: &mut Findings) {
    let Some(text) = key.text() else { return };
    if !is_key(text.trim()) {
        let help = if text.trim().starts_with(['H', 'h']) {
            "the note German calls H is written B"
        } else {
            "write a note with # or b, then m for minor (\"Am\", \"F#m\", \"Eb\"), or Camelot (\"8A\")"
        };
        findings.add(
            NOT_UNDERSTOOD,
            key.span(),
            format!("\"{}\" is not a key", shorten(text)),
            "not a key",
            help,
        );
    }
}

/// "#RRGGBB".
fn colour(colour: Cursor<'_>, findings: &mut Findings) {
    let Some(text) = colour.text() else { return };
    if !is_colour(text) {
        findings.add(
            NOT_UNDERSTOOD,
            colour.span(),
            format!("\"{}\" is not a colour", shorten(text)),
            "not a colour",
            "write # and six hexadecimal digits, two each for red, green and blue: \"#D55E00\"",
        );
    }
}

fn is_key(text: &str) -> bool {
    let camelot = text
        .strip_suffix(['A', 'B'])
        .and_then(|number| number.parse::<u8>().ok());
    if let Some(number) = camelot {
        return (1..=12).contains(&number);
    }
    let Some(rest) = text.strip_prefix(|note: char| ('A'..='G').contains(&note)) else {
        return false;
    };
    let rest = rest.strip_prefix(['#', 'b', '♯', '♭']).unwrap_or(rest);
    matches!(
        rest.trim_start().to_lowercase().as_str(),
        "" | "m" | "min" | "minor" | "maj" | "major"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_trade_are_known() {
        for key in ["Am", "F#m", "Eb", "C", "Bbmin", "G major", "8A", "12B"] {
            assert!(is_key(key), "{key}");
        }
        for text in ["H", "am7", "13A", "0B", "", "A4", "Fsharpm"] {
            assert!(!is_key(text), "{text}");
        }
    }

    #[test]
    fn a_stem_is_left_out_if_no_state_of_the_switches_lets_it_sound() {
        use Silenced::{Muted, NotSoloed};
        let no = (OFF, OFF);
        for (mute, solo, any_solo, expected) in [
            ((ON, OFF), no, OFF, Some(Muted)),
            ((BOTH, OFF), no, OFF, None),
            ((ON, OFF), (BOTH, OFF), BOTH, None),
            ((OFF, ON), (OFF, BOTH), BOTH, None),
            ((ON, OFF), (OFF, BOTH), BOTH, Some(Muted)),
            (no, no, BOTH, None),
            (no, no, ON, Some(NotSoloed)),
            ((BOTH, OFF), no, ON, Some(NotSoloed)),
        ] {
            assert_eq!(
                silenced_throughout(mute, solo, any_solo),
                expected,
                "mute {mute:?} solo {solo:?} of {any_solo:?}"
            );
        }
    }

    #[test]
    fn solo_wins_over_mute_at_the_same_strip_and_silences_the_rest() {
        use Silenced::{Muted, NotSoloed};
        let (no, stem, group) = ((false, false), (true, false), (false, true));
        for (mute, solo, any_solo, expected) in [
            (no, no, false, None),
            (stem, no, false, Some(Muted)),
            (group, no, false, Some(Muted)),
            (no, no, true, Some(NotSoloed)),
            (no, stem, true, None),
            (no, group, true, None),
            (stem, stem, true, None),
            (stem, group, true, Some(Muted)),
            (group, stem, true, None),
            (group, group, true, None),
            (stem, no, true, Some(Muted)),
        ] {
            assert_eq!(
                silenced(mute, solo, any_solo),
                expected,
                "mute {mute:?} solo {solo:?}"
            );
        }
    }
}
