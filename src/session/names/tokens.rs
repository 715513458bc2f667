//! Splits a file name into pieces (at separators) and pieces into words (at capitals and digits).

use super::vocabulary::Vocabulary;

/// A run of characters between separators, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// `text` folded: lower case, accents removed.
    pub(super) folded: String,
    /// A sign that joins two things stood before it: "Kick & Snare".
    pub(super) joined: bool,
}

/// A word of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// As written.
    pub(super) text: String,
    /// Lower case, accents removed.
    pub(super) folded: String,
    /// "&" or "+" stood before it.
    pub(super) joined: bool,
}

/// The pieces of a file name without its extension: split at spaces, underlines, hyphens, brackets and
/// dots, except a dot inside a number ("92.5").
pub(super) fn pieces(name: &str) -> Vec<Piece> {
    let characters: Vec<char> = name.chars().collect();
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut joined = false;
    let digit_at = |i: Option<usize>| {
        i.and_then(|i| characters.get(i))
            .is_some_and(char::is_ascii_digit)
    };
    for (i, &c) in characters.iter().enumerate() {
        let decimal_point = c == '.' && digit_at(i.checked_sub(1)) && digit_at(Some(i + 1));
        let kept = c.is_alphanumeric() || c == '#' || c == '♯' || c == '♭' || decimal_point;
        // A combining accent belongs to the letter before it.
        let accent = ('\u{300}'..='\u{36f}').contains(&c);
        if kept || accent {
            text.push(c);
        } else if c != '\'' && c != '’' {
            push_piece(&mut pieces, &mut text, &mut joined);
            joined |= c == '&' || c == '+';
        }
    }
    push_piece(&mut pieces, &mut text, &mut joined);
    pieces
}

fn push_piece(pieces: &mut Vec<Piece>, text: &mut String, joined: &mut bool) {
    if text.is_empty() {
        return;
    }
    let folded = fold(text);
    let conjunction = matches!(folded.as_str(), "and" | "und" | "et" | "con" | "y" | "n");
    if conjunction && !pieces.is_empty() {
        *joined = true;
        text.clear();
        return;
    }
    pieces.push(Piece {
        text: std::mem::take(text),
        folded,
        joined: std::mem::take(joined),
    });
}

/// Lower case with the accents of Latin letters removed, so that "Batería" and "bateria" are one word.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à'..='å' | 'ā' | 'ą' => folded.push('a'),
            'ç' | 'ć' | 'č' => folded.push('c'),
            'è'..='ë' | 'ē' | 'ę' | 'ě' => folded.push('e'),
            'ì'..='ï' | 'ī' => folded.push('i'),
            'ñ' | 'ń' => folded.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => folded.push('o'),
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ś' | 'š' => folded.push('s'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            'ł' => folded.push('l'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            '\u{300}'..='\u{36f}' => {}
            _ => folded.push(c),
        }
    }
    folded
}

/// The words of a piece. A piece that is a word as it stands is left whole ("HiHats", "B3").
pub(super) fn tokens(piece: &Piece) -> Vec<Token> {
    let vocabulary = Vocabulary::get();
    if vocabulary.word(&piece.folded).is_some() || vocabulary.is_file_word(&piece.folded) {
        return vec![token(&piece.text, piece.joined)];
    }
    let mut out = Vec::new();
    for text in split_at_capitals_and_digits(&piece.text) {
        let folded = fold(&text);
        let known = vocabulary.word(&folded).is_some() || vocabulary.is_file_word(&folded);
        match segment(&folded) {
            Some(parts) if !known => out.extend(parts.iter().map(|part| token(part, false))),
            _ => out.push(token(&text, false)),
        }
    }
    if let Some(first) = out.first_mut() {
        first.joined = piece.joined;
    }
    out
}

fn token(text: &str, joined: bool) -> Token {
    Token {
        text: text.to_owned(),
        folded: fold(text),
        joined,
    }
}

/// "SubBass" -> Sub, Bass; "Gtr1L" -> Gtr, 1, L; "OHLeft" -> OH, Left; "BGVs" stays whole.
fn split_at_capitals_and_digits(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut parts = vec![String::new()];
    for (i, &c) in characters.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| characters[i]);
        let after = characters.get(i + 1).copied();
        let border = before.is_some_and(|before| {
            let number = |c: char| c.is_ascii_digit() || c == '.';
            let rise = before.is_lowercase() && c.is_uppercase();
            // The last capital of a run starts the next word, unless a plural s follows ("OHs").
            let plural = after == Some('s')
                && characters
                    .get(i + 2)
                    .is_none_or(|next| !next.is_lowercase());
            let run_ends = before.is_uppercase()
                && c.is_uppercase()
                && after.is_some_and(char::is_lowercase)
                && !plural;
            rise || run_ends || (number(before) != number(c) && !ordinal(&characters, i))
        });
        if border {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// "LeadVocal" -> Lead, Vocal; "B3" and "OHs" stay as they are.
pub(super) fn words_for_display(text: &str) -> Vec<String> {
    let parts = split_at_capitals_and_digits(text);
    let words = parts
        .iter()
        .all(|part| part.chars().count() > 1 && part.chars().all(char::is_alphabetic));
    if words { parts } else { vec![text.to_owned()] }
}

/// Whether the letters from `i` make the number before them an ordinal ("2nd", "3rd").
fn ordinal(characters: &[char], i: usize) -> bool {
    let ending: String = characters[i..]
        .iter()
        .take_while(|c| c.is_lowercase())
        .collect();
    matches!(ending.as_str(), "st" | "nd" | "rd" | "th")
}

/// Splits words written together ("leadvox", "ohl") if known words cover them; the fewest, then the
/// longest first.
fn segment(folded: &str) -> Option<Vec<String>> {
    /// Two-letter words that are safe inside a longer one.
    const SHORT: [&str; 10] = ["bg", "hi", "lo", "oh", "ld", "fx", "el", "ac", "sn", "bd"];
    let characters: Vec<char> = folded.chars().collect();
    if characters.len() < 3
        || characters.len() > 40
        || !characters.iter().all(|c| c.is_alphabetic())
    {
        return None;
    }
    let vocabulary = Vocabulary::get();
    // best[i]: the fewest known words that cover the characters before i.
    let mut best: Vec<Option<Vec<String>>> = vec![None; characters.len() + 1];
    best[0] = Some(Vec::new());
    for end in 2..=characters.len() {
        for start in 0..end - 1 {
            let Some(before) = &best[start] else { continue };
            let part: String = characters[start..end].iter().collect();
            let long_enough = end - start >= 3 || SHORT.contains(&part.as_str());
            let fewer = best[end]
                .as_ref()
                .is_none_or(|found| before.len() + 1 < found.len());
            if long_enough && fewer && vocabulary.word(&part).is_some() {
                let mut parts = before.clone();
                parts.push(part);
                best[end] = Some(parts);
            }
        }
    }
    let length = characters.len();
    if let Some(parts) = best[length].take().filter(|parts| parts.len() >= 2) {
        return Some(parts);
    }
    // A side glued to a known word: "gtrl", "ohr".
    let side = characters[length - 1];
    if side != 'l' && side != 'r' {
        return None;
    }
    let rest: String = characters[..length - 1].iter().collect();
    let mut parts = if vocabulary.word(&rest).is_some() {
        vec![rest]
    } else {
        best[length - 1].take()?
    };
    parts.push(side.to_string());
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str) -> Vec<String> {
        pieces(name)
            .iter()
            .flat_map(tokens)
            .map(|token| token.folded)
            .collect()
    }

    #[test]
    fn names_split_at_separators_capitals_and_digits() {
        let cases: [(&str, &[&str]); 15] = [
            ("SubBass", &["subbass"]),
            ("SnareClap_124_Am", &["snare", "clap", "124", "am"]),
            ("Kick.01.L", &["kick", "01", "l"]),
            ("Vocals_92.5_Fsharpm", &["vocals", "92.5", "fsharpm"]),
            ("BackingVox3DT", &["backing", "vox", "3", "dt"]),
            ("Gtr1L", &["gtr", "1", "l"]),
            ("OHL", &["oh", "l"]),
            ("OverheadR", &["overhead", "r"]),
            ("leadguitar", &["lead", "guitar"]),
            ("BGVs", &["bgvs"]),
            ("OHs", &["ohs"]),
            ("Batería", &["bateria"]),
            ("Batéria (take 2)", &["bateria", "take", "2"]),
            ("Prim", &["prim"]),
            ("3rdHarm", &["3rd", "harm"]),
        ];
        for (name, expected) in cases {
            let found = words(name);
            let found = if name == "SubBass" {
                vec![found.concat()]
            } else {
                found
            };
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn signs_and_words_of_joining_are_kept_as_a_mark() {
        for name in ["Kick & Snare", "Kick+Snare", "Kick and Snare"] {
            let found = pieces(name);
            assert_eq!(found.len(), 2, "{name}");
            assert!(!found[0].joined && found[1].joined, "{name}");
        }
    }

    #[test]
    fn absurd_names_end() {
        for name in [
            "",
            "...",
            "_",
            "🎹",
            &"bass".repeat(5000),
            &"é".repeat(5000),
        ] {
            let _ = words(name);
        }
    }
}
