//! Tempo and musical key in a file name: `Name_124_Am`, `Name 92.5 bpm F#m`, `Name_8A`.
//!
//! - A tempo is a number from 40 to 250 that says "bpm" or stands next to a key. One that only stands last ("Kick_124",
//!   but also "Juno Pad 106") is one if other names of the folder say it too. After a word that counts ("Track 47") or
//!   names a model ("Juno 60") only a clear key makes it a tempo.
//! - A key is a note with its accidental and quality (`Am`, `F#m`, `Fsm`, `Fsharpm`, `Eb`, `C major`) or a
//!   Camelot code (`8A`), directly beside the tempo or last. A bare letter ("A") is a key only directly
//!   after the tempo.

use super::tokens::Piece;
use super::vocabulary::Vocabulary;

/// What was found, and which pieces of the name said it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TempoKey {
    pub(super) bpm: Option<f64>,
    /// Nothing but its place in the name says that it is a tempo.
    pub(super) is_bare: bool,
    /// As a session writes it: "Am", "F#m", "Eb", "8A".
    pub(super) key: Option<String>,
    /// Indices of the pieces that are no part of the name.
    pub(super) used: Vec<usize>,
}

/// How sure a text is to be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    /// "A", "am", "AM": only directly after a tempo.
    Bare,
    /// "Am", "F#", "Ebmaj", "8A".
    Clear,
}

/// A key, and how many pieces it takes ("F#", "minor").
#[derive(Debug, Clone, PartialEq)]
struct Key {
    name: String,
    certainty: Certainty,
    pieces: usize,
}

/// Reads tempo and key from the pieces of a name.
pub(super) fn read(pieces: &[Piece]) -> TempoKey {
    let end = last_that_counts(pieces);
    let keys: Vec<Option<Key>> = (0..end).map(|i| key_at(&pieces[..end], i)).collect();
    let mut found = TempoKey::default();

    let tempo = (0..end)
        .find_map(|i| said_tempo(&pieces[..end], i))
        .or_else(|| {
            (0..end)
                .rev()
                .find_map(|i| bare_tempo(&pieces[..end], &keys, i))
        });
    let key_index = match &tempo {
        Some(tempo) => {
            found.bpm = Some(tempo.bpm);
            found.is_bare = tempo.is_bare;
            found.used.extend(tempo.first..=tempo.last);
            key_beside(&keys, tempo)
        }
        None => None,
    }
    .or_else(|| key_last(pieces, &keys, end, tempo.as_ref()));
    if let Some(i) = key_index
        && let Some(key) = &keys[i]
    {
        found.key = Some(key.name.clone());
        found.used.extend(i..i + key.pieces);
    }
    found.is_bare &= found.key.is_none();
    found.used.sort_unstable();
    found
}

/// A key as a session writes it, from any of its spellings ("F# minor", "Fsm").
pub fn canonical_key(text: &str) -> Option<String> {
    let pieces = super::tokens::pieces(text);
    let key = key_at(&pieces, 0)?;
    (key.pieces == pieces.len()).then_some(key.name)
}

struct Tempo {
    bpm: f64,
    first: usize,
    last: usize,
    is_bare: bool,
}

/// One past the last piece that is not a word of the file ("v2", "final").
fn last_that_counts(pieces: &[Piece]) -> usize {
    let vocabulary = Vocabulary::get();
    let trailing = |piece: &&Piece| {
        let version = piece
            .folded
            .strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()));
        let said = piece.folded == "bpm";
        !said && (version || vocabulary.is_file_word(&piece.folded))
    };
    pieces.len() - pieces.iter().rev().take_while(trailing).count()
}

/// "124bpm", "bpm124", "124 bpm", "bpm 124".
fn said_tempo(pieces: &[Piece], i: usize) -> Option<Tempo> {
    let text = pieces[i].folded.as_str();
    let glued = text
        .strip_suffix("bpm")
        .or_else(|| text.strip_prefix("bpm"));
    if let Some(number) = glued.filter(|number| !number.is_empty()) {
        return in_range(number).map(|bpm| Tempo {
            bpm,
            first: i,
            last: i,
            is_bare: false,
        });
    }
    let next = pieces.get(i + 1)?.folded.as_str();
    let number = match (text, next) {
        (number, "bpm") | ("bpm", number) => number,
        _ => return None,
    };
    in_range(number).map(|bpm| Tempo {
        bpm,
        first: i,
        last: i + 1,
        is_bare: false,
    })
}

/// A number on its own that stands last, or next to a key.
fn bare_tempo(pieces: &[Piece], keys: &[Option<Key>], i: usize) -> Option<Tempo> {
    let bpm = in_range(&pieces[i].folded)?;
    let clear = |i: Option<usize>| {
        i.and_then(|i| keys.get(i)?.as_ref())
            .is_some_and(|key| key.certainty == Certainty::Clear)
    };
    match i
        .checked_sub(1)
        .map(|before| pieces[before].folded.as_str())
    {
        // A file named by a number alone has an index.
        None if !opens(pieces) => return None,
        // After "Track" or "Juno" it counts or names a model, unless it stands before a key ("Drum Loop_124_Am").
        Some(before) if is_model(before, &pieces[i].folded) => return None,
        Some(before)
            if (Vocabulary::get().is_counter(before) || is_model_line(before))
                && !clear(Some(i + 1)) =>
        {
            return None;
        }
        _ => {}
    }
    let last = i + 1 == pieces.len();
    let bare_key_ends = i + 2 == pieces.len() && keys[i + 1].is_some();
    // "F# minor 120": the key's first piece lies two back.
    let key_before = clear(i.checked_sub(1)) || (clear(i.checked_sub(2)) && spans(keys, i, 2));
    let is_beside_key = bare_key_ends || clear(Some(i + 1)) || key_before;
    (last || is_beside_key).then_some(Tempo {
        bpm,
        first: i,
        last: i,
        is_bare: !is_beside_key,
    })
}

/// Whether a name opens with a tempo before its key: "120_Am_Kick", but not "44 Bb Clarinet".
pub(super) fn opens(pieces: &[Piece]) -> bool {
    let is_tempo = |piece: &Piece| in_range(&piece.folded).is_some();
    let key = key_at(pieces, 1).filter(|key| key.certainty == Certainty::Clear);
    let instrument = |key: &Key| {
        let after = pieces.get(1 + key.pieces);
        after.is_some_and(|piece| is_transposing(&piece.folded))
    };
    pieces.first().is_some_and(is_tempo) && key.is_some_and(|key| !instrument(&key))
}

fn spans(keys: &[Option<Key>], i: usize, back: usize) -> bool {
    i.checked_sub(back)
        .and_then(|first| keys[first].as_ref())
        .is_some_and(|key| key.pieces == back)
}

/// The number as a tempo. A leading zero makes it a count.
fn in_range(number: &str) -> Option<f64> {
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.') && !number.starts_with('0');
    let bpm: f64 = number.parse().ok().filter(|_| plain)?;
    (40.0..=250.0).contains(&bpm).then_some(bpm)
}

/// Makers' words before a model number in the range of tempi: "Juno 60", "SM 57", "CS 80".
fn is_model_line(word: &str) -> bool {
    const LINES: [&str; 22] = [
        "juno", "sm", "cs", "cp", "sh", "ms", "jx", "tr", "u", "km", "jp", "dx", "mm", "md", "re",
        "d", "fender", "op", "sub", "matrix", "opus", "mpc",
    ];
    LINES.contains(&word)
}

/// Models whose number lies in the range of tempi, where a key may follow all the same: "Juno 106 Am".
fn is_model(line: &str, number: &str) -> bool {
    let numbers: &[&str] = match line {
        "juno" => &["60", "106"],
        "sm" => &["57", "58", "81"],
        "cs" => &["50", "60", "70", "80"],
        "cp" => &["70", "80"],
        "sh" => &["101"],
        "u" => &["47", "67", "87"],
        "km" => &["84", "184"],
        "dx" => &["100"],
        "mpc" => &["60"],
        _ => &[],
    };
    numbers.contains(&number)
}

/// The key directly after the tempo, however short, or a clear one directly before.
fn key_beside(keys: &[Option<Key>], tempo: &Tempo) -> Option<usize> {
    let after = tempo.last + 1;
    if keys.get(after).is_some_and(Option::is_some) {
        return Some(after);
    }
    (1..=2).find_map(|back| {
        let i = tempo.first.checked_sub(back)?;
        let key = keys[i].as_ref()?;
        (key.certainty == Certainty::Clear && key.pieces == back).then_some(i)
    })
}

/// A clear key at the end of the name (a tempo may follow it), unless it is a part of the sound's name.
fn key_last(
    pieces: &[Piece],
    keys: &[Option<Key>],
    end: usize,
    tempo: Option<&Tempo>,
) -> Option<usize> {
    let end = match tempo {
        Some(tempo) if tempo.last + 1 == end => tempo.first,
        _ => end,
    };
    let last = (0..end).rev().find(|&i| {
        keys[i]
            .as_ref()
            .is_some_and(|key| key.certainty == Certainty::Clear && i + key.pieces == end)
    })?;
    // "Horn in F#", "Clarinet Bb", "Take 2A" are transpositions and counts.
    let before = pieces[last.checked_sub(1)?].folded.as_str();
    let counted = Vocabulary::get().is_counter(before);
    (!is_transposing(before) && !counted).then_some(last)
}

/// Instruments whose names say a note: "Horn in F#", "Bb Clarinet".
fn is_transposing(word: &str) -> bool {
    matches!(
        Vocabulary::get().word(word),
        Some("clarinet" | "trumpet" | "horn" | "sax")
    )
}

/// The key whose text starts at piece `i`.
fn key_at(pieces: &[Piece], i: usize) -> Option<Key> {
    let text = pieces.get(i)?.text.as_str();
    if let Some(key) = camelot(text) {
        return Some(key);
    }
    let two = pieces.get(i + 1).and_then(|next| {
        let quality = matches!(
            next.folded.as_str(),
            "minor" | "major" | "min" | "maj" | "sharp" | "flat"
        );
        let key = note(&format!("{text}{}", next.folded)).filter(|_| quality)?;
        // "F sharp minor" takes a third piece.
        let third = pieces.get(i + 2).filter(|third| {
            matches!(
                third.folded.as_str(),
                "minor" | "major" | "min" | "maj" | "m"
            )
        });
        match third.and_then(|third| note(&format!("{text}{}{}", next.folded, third.folded))) {
            Some(long) => Some(Key { pieces: 3, ..long }),
            None => Some(Key { pieces: 2, ..key }),
        }
    });
    two.or_else(|| note(text))
}

/// "1A" to "12B": the Camelot wheel.
fn camelot(text: &str) -> Option<Key> {
    let letter = text.chars().last().filter(|c| matches!(c, 'A' | 'B'))?;
    let number = &text[..text.len() - 1];
    let plain = number.chars().all(|c| c.is_ascii_digit());
    let hour: u32 = number.parse().ok().filter(|_| plain)?;
    (1..=12).contains(&hour).then(|| Key {
        name: format!("{hour}{letter}"),
        certainty: Certainty::Clear,
        pieces: 1,
    })
}

/// "Am", "F#m", "Fsm", "Fsharpm", "Ebmaj", "C".
fn note(text: &str) -> Option<Key> {
    let mut characters = text.chars();
    let letter = characters.next()?;
    let tonic = letter.to_ascii_uppercase();
    if !('A'..='G').contains(&tonic) {
        return None;
    }
    let rest = characters.as_str();
    let lower = rest.to_ascii_lowercase();
    let (accidental, sign, quality) = if lower.starts_with("sharp") {
        ("#", true, &rest[5..])
    } else if lower.starts_with("flat") {
        ("b", true, &rest[4..])
    } else if let Some(quality) = rest.strip_prefix(['#', '♯']) {
        ("#", true, quality)
    } else if let Some(quality) = rest.strip_prefix(['b', '♭']) {
        ("b", true, quality)
    } else if let Some(quality) = rest.strip_prefix('s') {
        // "Fs" could be a word; "Fsm" could not.
        ("#", !quality.is_empty(), quality)
    } else {
        ("", false, rest)
    };
    let (minor, said) = match quality {
        "" => (false, false),
        "m" => (true, true),
        // Capitals are seen in names written in capitals throughout.
        "M" => (false, false),
        _ => match quality.to_lowercase().as_str() {
            "min" | "minor" => (true, true),
            "maj" | "major" => (false, true),
            _ => return None,
        },
    };
    let clear = letter.is_ascii_uppercase() && (sign || said);
    Some(Key {
        name: format!("{tonic}{accidental}{}", if minor { "m" } else { "" }),
        certainty: if clear {
            Certainty::Clear
        } else {
            Certainty::Bare
        },
        pieces: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tokens::pieces;
    use super::*;

    #[test]
    fn tempo_and_key_are_read_where_the_rules_allow() {
        let cases: [(&str, Option<f64>, Option<&str>); 54] = [
            ("01 - BD 124bpm Am", Some(124.0), Some("Am")),
            ("SnareClap_124_Am", Some(124.0), Some("Am")),
            ("Vocals_92.5_Fsharpm", Some(92.5), Some("F#m")),
            ("Bass_8A", None, Some("8A")),
            ("A", None, None),
            ("808_Bass", None, None),
            ("Synth_80", Some(80.0), None),
            ("Audio_01", None, None),
            ("Kick_124_F#m", Some(124.0), Some("F#m")),
            ("Kick_124_Fsm", Some(124.0), Some("F#m")),
            ("Kick_124_F♯m", Some(124.0), Some("F#m")),
            ("Kick_124_A", Some(124.0), Some("A")),
            ("Kick_124_am", Some(124.0), Some("Am")),
            ("Kick_124_AM", Some(124.0), Some("A")),
            ("Kick_124_F sharp minor", Some(124.0), Some("F#m")),
            ("Kick 124 C minor", Some(124.0), Some("Cm")),
            ("Kick_Am_124", Some(124.0), Some("Am")),
            ("Kick_Bb minor_90", Some(90.0), Some("Bbm")),
            ("Kick_Ebmaj", None, Some("Eb")),
            ("Kick_12B_128", Some(128.0), Some("12B")),
            ("Kick_124_Am_v2 FINAL", Some(124.0), Some("Am")),
            ("124BPM_Kick_Am", Some(124.0), Some("Am")),
            ("BPM 124 Kick", Some(124.0), None),
            ("bpm124 Kick", Some(124.0), None),
            ("Kick", None, None),
            ("Track 47", None, None),
            ("Gtr_A", None, None),
            ("Gtr_F", None, None),
            ("Juno 60", None, None),
            ("Snare SM 57", None, None),
            ("Kick_39", None, None),
            ("Kick_251", None, None),
            ("Kick 064", None, None),
            ("Clarinet Bb", None, None),
            ("13A", None, None),
            ("Bass_13A", None, None),
            ("120", None, None),
            ("I am", None, None),
            ("Pad_Gbm", None, Some("Gbm")),
            ("Vox 120 bpm F", Some(120.0), Some("F")),
            ("Drum Loop_124_Am", Some(124.0), Some("Am")),
            ("Song_124_Am", Some(124.0), Some("Am")),
            ("Take 124 F#m", Some(124.0), Some("F#m")),
            ("Part_124_8A", Some(124.0), Some("8A")),
            ("Layer_124_C minor", Some(124.0), Some("Cm")),
            ("Synth Stem_124_Am", Some(124.0), Some("Am")),
            ("Pad v_124_Am", Some(124.0), Some("Am")),
            ("Juno_124_Am", Some(124.0), Some("Am")),
            ("Moog Sub_124_Am", Some(124.0), Some("Am")),
            ("Juno 106_Am", None, Some("Am")),
            ("Take 47 A", None, None),
            ("120_Am_Kick", Some(120.0), Some("Am")),
            ("120_Am", Some(120.0), Some("Am")),
            ("44 Bb Clarinet", None, None),
        ];
        for (name, bpm, key) in cases {
            let found = read(&pieces(name));
            assert_eq!(found.bpm, bpm, "tempo of \"{name}\"");
            assert_eq!(found.key.as_deref(), key, "key of \"{name}\"");
        }
    }

    #[test]
    fn a_key_alone_is_read_in_any_spelling() {
        for (text, key) in [
            ("Am", Some("Am")),
            ("F# minor", Some("F#m")),
            ("Fsharpm", Some("F#m")),
            ("C", Some("C")),
            ("8A", Some("8A")),
            ("H", None),
            ("Am Bm", None),
            ("", None),
        ] {
            assert_eq!(canonical_key(text).as_deref(), key, "{text}");
        }
    }

    #[test]
    fn only_what_was_read_is_taken_from_the_name() {
        let left = |name: &str| {
            let pieces = pieces(name);
            let used = read(&pieces).used;
            let kept = (0..pieces.len()).filter(|i| !used.contains(i));
            kept.map(|i| pieces[i].text.clone())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(left("Lead Vox_124 bpm_F# minor_v2"), "Lead Vox v2");
        assert_eq!(left("Gtr_A"), "Gtr A");
        assert_eq!(left("808_Bass"), "808 Bass");
    }
}
