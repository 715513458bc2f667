//! Reads what the names of a folder's files say: the sound's name, its role, tempo, key, and side.
//!
//! - `tokens` splits a name into pieces and words; `tempo_key` takes tempo and key out of it;
//! - `affix` removes what all names share (song, artist);
//! - `vocabulary` holds the words of the trade, `meaning` finds the role they mean;
//! - `role` lists the roles, their groups and places.
//!
//! The words, phrases and roles are data: `words.tsv`, `roles.tsv`, `junk.tsv`, `roles.toml`.

mod affix;
mod meaning;
mod role;
mod tempo_key;
mod tokens;
mod vocabulary;

use std::collections::{HashMap, HashSet};
use std::path::Path;

pub use role::Role;
pub use tempo_key::canonical_key;

use meaning::{Meaning, Surroundings};
use tokens::{Piece, Token};
use vocabulary::Vocabulary;

/// How far a proposal can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Nothing is known.
    None,
    /// A guess from the sound, or past a slip of the keys.
    Low,
    /// The name has a word that usually means this.
    Medium,
    /// The name says it.
    High,
}

/// Which file of a left/right pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

/// What one name says.
#[derive(Debug, Clone, PartialEq)]
pub struct NameReading {
    /// The sound's name without index, tempo, key and words of the file: "Sub Bass". Never empty.
    pub name: String,
    /// Tempo in beats per minute.
    pub bpm: Option<f64>,
    /// Musical key as a session writes it: "Am", "F#m", "8A".
    pub key: Option<String>,
    /// The role, if the name tells it.
    pub role: Option<&'static Role>,
    /// The group, where it is not the role's own: a reverb belongs to what it reverberates.
    pub group: Option<String>,
    /// The side, for one file of a left/right pair.
    pub side: Option<Side>,
    /// The words of the name without the side: equal for the two files of a pair.
    pub unsided: String,
    /// A word says that it is the sum of several tracks ("Kick_SUM", "Drum Bus").
    pub sum: bool,
    /// A word says that it is a passage or a pattern ("Drum Loop", "Fill").
    pub passage: bool,
    /// How sure the role is.
    pub confidence: Confidence,
    /// Why this role, or why none.
    pub reason: String,
    /// What a person should look at; empty if nothing.
    pub doubts: Vec<String>,
}

/// Reads the names of the files of one folder together: what they share is no part of a sound's name, and
/// words of two meanings are decided by their neighbours. Paths are relative to the folder; a subfolder's
/// name ("Drums/01.wav") helps where the file's own name says too little.
pub fn read_names(files: &[impl AsRef<Path>]) -> Vec<NameReading> {
    let mut names: Vec<Name> = files
        .iter()
        .map(|file| Name::split(file.as_ref()))
        .collect();
    keep_numbers_of_names(&mut names);
    affix::remove_shared(&mut names);
    let surroundings = surroundings(&names);
    names
        .iter()
        .map(|name| name.reading(surroundings))
        .collect()
}

/// A number that nothing but its place makes a tempo is a part of the name ("Juno Pad 106"), unless a tempo that is
/// said says the same, or most names have it.
fn keep_numbers_of_names(names: &mut [Name]) {
    let of = |name: &Name| name.bpm.map(f64::to_bits);
    let said: HashSet<u64> = names
        .iter()
        .filter(|name| name.bare_tempo.is_none())
        .filter_map(of)
        .collect();
    let mut counts: HashMap<u64, usize> = HashMap::new();
    names
        .iter()
        .filter_map(of)
        .for_each(|bpm| *counts.entry(bpm).or_default() += 1);
    let all = names.len();
    for name in names {
        let Some(bpm) = of(name) else { continue };
        let count = counts.get(&bpm).copied().unwrap_or(0);
        let is_agreed = said.contains(&bpm) || count >= 2 && 2 * count > all;
        if let Some((place, piece)) = name.bare_tempo.take()
            && !is_agreed
        {
            name.bpm = None;
            name.pieces.insert(place.min(name.pieces.len()), piece);
        }
    }
}

/// A name taken apart.
#[derive(Debug, Clone)]
struct Name {
    /// File name without extension.
    whole: String,
    /// Pieces that may name the sound.
    pieces: Vec<Piece>,
    /// Pieces of the subfolders' names, outermost first.
    folders: Vec<Piece>,
    bpm: Option<f64>,
    /// The piece that was taken for the tempo and its place, if nothing else says that it is one.
    bare_tempo: Option<(usize, Piece)>,
    key: Option<String>,
}

impl Name {
    fn split(file: &Path) -> Self {
        let whole = file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let mut pieces = tokens::pieces(&whole);
        drop_index(&mut pieces);
        let found = tempo_key::read(&pieces);
        let mut bare_tempo = None;
        for &i in found.used.iter().rev() {
            let piece = pieces.remove(i);
            // It stands alone: a bare tempo has no key beside it.
            bare_tempo = found.is_bare.then_some((i, piece)).or(bare_tempo);
        }
        let folders = file.parent().map_or(Vec::new(), |parent| {
            parent
                .iter()
                .flat_map(|folder| tokens::pieces(&folder.to_string_lossy()))
                .collect()
        });
        Self {
            whole,
            pieces,
            folders,
            bpm: found.bpm,
            bare_tempo,
            key: found.key,
        }
    }

    fn tokens(&self) -> Vec<Token> {
        self.pieces.iter().flat_map(tokens::tokens).collect()
    }

    fn reading(&self, surroundings: Surroundings) -> NameReading {
        let tokens = self.tokens();
        let own = meaning::read(&tokens, surroundings);
        let (meaning, from_folder) = match own {
            Some(own) if own.rank >= 5 && !own.corrected || self.folders.is_empty() => {
                (Some(own), false)
            }
            own => {
                let mut longer: Vec<Token> = self.folders.iter().flat_map(tokens::tokens).collect();
                longer.extend(tokens.iter().cloned());
                let with_folder = meaning::read(&longer, surroundings).filter(|m| m.role.is_stem());
                let helped = with_folder.is_some() && with_folder != own;
                (with_folder.or(own), helped)
            }
        };
        let mut reading = NameReading {
            name: self.display_name(&tokens),
            bpm: self.bpm,
            key: self.key.clone(),
            role: None,
            group: None,
            side: side(&tokens),
            unsided: unsided(&tokens),
            sum: says(
                &tokens,
                &["sum", "bus", "buss", "submix", "grp", "mixdown", "all"],
            ),
            passage: says(
                &tokens,
                &[
                    "loop", "loops", "fill", "fills", "break", "breaks", "top", "tops", "room",
                    "hit",
                ],
            ),
            confidence: Confidence::None,
            reason: self.no_reason(&tokens),
            doubts: Vec::new(),
        };
        if let Some(meaning) = meaning {
            reading.take(&meaning, from_folder);
        }
        let is_vocal = reading.role.is_some_and(|role| role.group == "vocals");
        let guides = says(&tokens, &["guide", "guides"]);
        let is_guide = guides || is_vocal && says(&tokens, &["scratch", "pilot"]);
        if is_guide && reading.role.is_none_or(Role::is_stem) {
            reading.doubts.push(
                "a guide, as its name says, for musicians to follow: mute it where the final take is here"
                    .to_owned(),
            );
        }
        reading
    }

    fn no_reason(&self, tokens: &[Token]) -> String {
        let vocabulary = Vocabulary::get();
        let says_nothing = tokens.iter().all(|token| {
            vocabulary.is_file_word(&token.folded)
                || vocabulary.is_counter(&token.folded)
                || token.folded.chars().all(|c| c.is_ascii_digit())
        });
        if says_nothing {
            "the name says nothing (a program's default)".to_owned()
        } else {
            "the name says no known sound".to_owned()
        }
    }

    /// Words joined by spaces, each with a capital, without words of the file unless nothing else remains.
    fn display_name(&self, tokens: &[Token]) -> String {
        let vocabulary = Vocabulary::get();
        let names = |token: &&Token| {
            let version = token.folded == "v";
            !version && !vocabulary.is_hidden(&token.folded)
        };
        let sound: Vec<&Token> = tokens.iter().filter(names).collect();
        let only_numbers = sound
            .iter()
            .all(|token| token.folded.chars().all(|c| c.is_ascii_digit()));
        let kept = if only_numbers {
            tokens.iter().collect()
        } else {
            sound
        };
        let words: Vec<String> = kept
            .iter()
            .flat_map(|token| tokens::words_for_display(&token.text))
            .map(|word| capitalised(&word))
            .collect();
        let name = words.join(" ");
        if name.is_empty() {
            self.whole.clone()
        } else {
            name
        }
    }
}

impl NameReading {
    fn take(&mut self, meaning: &Meaning, from_folder: bool) {
        let role = meaning.role;
        self.role = Some(role);
        self.confidence = match meaning.rank {
            _ if meaning.corrected => Confidence::Low,
            5.. => Confidence::High,
            _ => Confidence::Medium,
        };
        let place = if from_folder {
            "folder and name say"
        } else {
            "name says"
        };
        self.reason = format!("{place} \"{}\"", meaning.phrase);
        if meaning.corrected {
            self.reason = format!("name looks like \"{}\"", meaning.phrase);
            self.doubts.push("read past a misspelling".to_owned());
        }
        if let Some(also) = meaning.also {
            self.doubts
                .push(format!("the name also says {}", also.title));
        }
        if let Some(source) = meaning.source {
            // The kick is alone in its group, so its reverb is with the drums.
            let group = if source.group == "kick" {
                "drums"
            } else {
                &source.group
            };
            self.group = Some(group.to_owned());
        }
        if !role.is_stem() {
            self.doubts.push(
                "a finished mix, a reference, a guide or a click, not a part of the song"
                    .to_owned(),
            );
        } else if role.submix {
            self.doubts
                .push("may hold what other files hold too".to_owned());
        }
    }
}

/// Drops an index before the name: "01_", "3.", "12-", but not "808", "12 String" or all there is.
fn drop_index(pieces: &mut Vec<Piece>) {
    const MACHINES: [&str; 9] = [
        "303", "404", "505", "606", "626", "707", "727", "808", "909",
    ];
    let Some(first) = pieces.first() else { return };
    let digits: String = first
        .text
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    if digits.is_empty() || digits.len() > 3 || MACHINES.contains(&digits.as_str()) {
        return;
    }
    let rest = first.text[digits.len()..].to_owned();
    if rest.is_empty() {
        let next = pieces.get(1).map(|piece| piece.folded.as_str());
        let counted = matches!(
            next,
            Some("string" | "str" | "st" | "mix" | "track" | "trk" | "bpm")
        );
        let tempo_and_key = digits.len() == 3 && pieces.len() == 2 || tempo_key::opens(pieces);
        if pieces.len() > 1 && !counted && !tempo_and_key {
            pieces.remove(0);
        }
    } else if rest.chars().next().is_some_and(char::is_uppercase) && rest.len() > 1 {
        // "01Kick"
        pieces[0] = Piece {
            folded: tokens::fold(&rest),
            text: rest,
            joined: false,
        };
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    match characters.next() {
        Some(first) if word.chars().all(|c| !c.is_uppercase()) => {
            first.to_uppercase().chain(characters).collect()
        }
        _ => word.to_owned(),
    }
}

/// The side a name ends in (numbers and words of the file may follow), or begins with.
fn side(tokens: &[Token]) -> Option<Side> {
    let vocabulary = Vocabulary::get();
    let of = |token: &Token| match token.folded.as_str() {
        "l" | "lt" | "lft" | "left" | "links" | "gauche" | "izq" | "izquierda" | "sinistra" => {
            Some(Side::Left)
        }
        "r" | "rt" | "rgt" | "right" | "rechts" | "droite" | "derecha" | "destra" => {
            Some(Side::Right)
        }
        _ => None,
    };
    let trailing = |token: &&Token| {
        vocabulary.is_file_word(&token.folded) || token.folded.chars().all(|c| c.is_ascii_digit())
    };
    if tokens.len() < 2 {
        return None;
    }
    let last = tokens.iter().rev().find(|token| !trailing(token));
    last.and_then(of)
        .or_else(|| tokens.first().and_then(of))
        .or_else(|| {
            // "Left" may stand anywhere; a lone letter inside a name may be anything.
            tokens
                .iter()
                .filter(|t| t.folded.chars().count() > 2)
                .find_map(of)
        })
}

fn unsided(tokens: &[Token]) -> String {
    let words: Vec<&str> = tokens
        .iter()
        .filter(|token| side(&[(*token).clone(), (*token).clone()]).is_none())
        .map(|token| token.folded.as_str())
        .collect();
    words.join(" ")
}

fn says(tokens: &[Token], words: &[&str]) -> bool {
    tokens
        .iter()
        .any(|token| words.contains(&token.folded.as_str()))
}

fn surroundings(names: &[Name]) -> Surroundings {
    let says = |wanted: &[&str]| {
        names.iter().any(|name| {
            name.tokens()
                .iter()
                .any(|token| wanted.contains(&token.folded.as_str()))
        })
    };
    Surroundings {
        closed_hat: says(&["ch", "chh", "hhc", "closed", "clsd"]),
        voices: says(&["soprano", "sopranos", "sop"])
            && says(&["alto", "altos"])
            && !says(&["sax", "saxophone"]),
    }
}

#[cfg(test)]
mod tests;
