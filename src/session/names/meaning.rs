//! Which role the words of a name mean.

use super::role::Role;
use super::tokens::Token;
use super::vocabulary::{Phrase, Vocabulary};

/// What the other names of the folder say about words that mean two things.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings {
    /// There is a closed hat, so "OH" is an open one rather than an overhead.
    pub(super) closed_hat: bool,
    /// There are sopranos and altos, so "Tenor" and "Bass" are voices.
    pub(super) voices: bool,
}

/// A role read from words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Meaning {
    pub(super) role: &'static Role,
    /// Strength of the words it comes from (`roles.tsv`).
    pub(super) rank: u8,
    /// The words, as written.
    pub(super) phrase: String,
    /// Read past a slip of the keys.
    pub(super) corrected: bool,
    /// Another group that the name says just as strongly.
    pub(super) also: Option<&'static Role>,
    /// Group of what the words describe, where the role says none: of a reverb, what is reverberated.
    pub(super) source: Option<&'static Role>,
}

/// A phrase found at a place in the name.
struct Found {
    phrase: &'static Phrase,
    start: usize,
    end: usize,
}

/// The role that `tokens` mean, or `None` if no word is known.
pub(super) fn read(tokens: &[Token], surroundings: Surroundings) -> Option<Meaning> {
    let tokens: Vec<&Token> = without_negations(tokens);
    let words: Vec<Option<&'static str>> = (0..tokens.len())
        .map(|i| word_at(&tokens, i, surroundings))
        .collect();
    if let Some(meaning) = read_words(&tokens, &words, surroundings) {
        return Some(meaning);
    }
    // Nothing is known as it stands: allow for slips of the keys.
    let vocabulary = Vocabulary::get();
    let near: Vec<Option<&'static str>> = tokens
        .iter()
        .map(|token| match vocabulary.is_file_word(&token.folded) {
            true => None,
            false => vocabulary.nearest(&token.folded),
        })
        .zip(&words)
        .map(|(near, word)| word.or(near))
        .collect();
    let meaning = read_words(&tokens, &near, surroundings)?;
    Some(Meaning {
        corrected: true,
        ..meaning
    })
}

/// "Vocals (no FX)", "Vox w reverb": the effect is not the sound. "No vocals" is kept: it is a phrase.
fn without_negations(tokens: &[Token]) -> Vec<&Token> {
    let vocabulary = Vocabulary::get();
    let mut kept = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let effect = tokens
            .get(i + 1)
            .and_then(|token| vocabulary.word(&token.folded))
            .is_some_and(|word| matches!(word, "fx" | "reverb" | "delay" | "transition"));
        let aside = matches!(
            tokens[i].folded.as_str(),
            "no" | "without"
                | "w"
                | "with"
                | "wo"
                | "sans"
                | "sin"
                | "ohne"
                | "mit"
                | "con"
                | "senza"
        );
        if aside && effect && !kept.is_empty() {
            i += 2;
        } else {
            kept.push(&tokens[i]);
            i += 1;
        }
    }
    kept
}

/// The word at place `i`, with words of two meanings decided by their surroundings.
fn word_at(tokens: &[&Token], i: usize, surroundings: Surroundings) -> Option<&'static str> {
    let folded = tokens[i].folded.as_str();
    let number = |i: usize| {
        tokens
            .get(i)
            .is_some_and(|token| token.folded.chars().all(|c| c.is_ascii_digit()))
    };
    match folded {
        "oh" | "ohs" if surroundings.closed_hat => Some("hat"),
        // "Ch 3" is a channel, "CH" a closed hat.
        "ch" if number(i + 1) => None,
        "ch" => Some("hat"),
        // Drum machines' labels, where nothing else is said; "Lt" is also a left side.
        "lt" | "ht" | "mt" if tokens.len() == 1 => Some("tom"),
        // "Rev Cymbal", "Crash Rev" are reversed; "Rev" and "Vox Rev" are reverbs.
        "rev" if i + 1 == tokens.len() && !follows_cymbal(tokens, i) => Some("reverb"),
        // "OB-X", "OB-6": Oberheim's, but "Ob 2" is the second oboe.
        "ob" if is_oberheim(tokens, i) => Some("synth"),
        "cb" if tokens[i].text == "CB" => Some("cowbell"),
        "cb" => Some("upright"),
        _ => Vocabulary::get().word(folded),
    }
}

fn is_oberheim(tokens: &[&Token], i: usize) -> bool {
    let model = tokens.get(i + 1).map(|token| token.folded.as_str());
    match model {
        Some("x" | "xa" | "xd") => true,
        Some("6" | "8") => tokens[i].text == "OB",
        _ => false,
    }
}

fn follows_cymbal(tokens: &[&Token], i: usize) -> bool {
    let before = i.checked_sub(1).map(|i| tokens[i].folded.as_str());
    let word = before.and_then(|before| Vocabulary::get().word(before));
    matches!(
        word,
        Some("cymbal" | "crash" | "ride" | "snare" | "kick" | "fx")
    )
}

fn read_words(
    tokens: &[&Token],
    words: &[Option<&'static str>],
    surroundings: Surroundings,
) -> Option<Meaning> {
    let mut found = phrases(tokens, words);
    if surroundings.voices && found.iter().all(|f| f.phrase.rank <= 7) {
        found.retain(|f| f.phrase.words == ["bass"] || f.phrase.role.group == "vocals");
        if let Some(first) = found.first() {
            return Role::find("choir").map(|role| meaning(tokens, role, first, &[]));
        }
    }
    // A finished mix is said by the whole name only: "Kick (mix 3)" is a kick.
    let winner = found.iter().max_by_key(|f| (f.phrase.rank, f.end))?;
    if let Some(kit) = several_drums(tokens, &found) {
        return Some(meaning(tokens, kit, winner, &[]));
    }
    let mut role = winner.phrase.role;
    for refinement in Vocabulary::get().refinements() {
        let said = || {
            words
                .iter()
                .flatten()
                .any(|word| refinement.words.contains(word))
        };
        if *refinement.from == *role && said() {
            role = refinement.to;
            break;
        }
    }
    Some(meaning(tokens, role, winner, &found))
}

fn meaning(tokens: &[&Token], role: &'static Role, winner: &Found, found: &[Found]) -> Meaning {
    let phrase = winner.phrase;
    let written: Vec<&str> = tokens[winner.start..winner.end]
        .iter()
        .map(|token| token.text.as_str())
        .collect();
    let others = || {
        found
            .iter()
            .filter(|f| f.phrase.role.group != role.group && f.phrase.rank >= 5)
    };
    Meaning {
        role,
        rank: phrase.rank,
        phrase: written.join(" "),
        corrected: false,
        also: others()
            .filter(|f| f.phrase.rank == phrase.rank && phrase.rank < 9)
            .map(|f| f.phrase.role)
            .next(),
        source: match role.id.as_str() {
            "return" => others()
                .max_by_key(|f| f.phrase.rank)
                .or_else(|| described_line(found))
                .map(|f| f.phrase.role),
            _ => None,
        },
    }
}

/// What a return without an instrument belongs to: "Synth Dly", "Pluck Verb". A bare "Lead" is as well a voice.
fn described_line(found: &[Found]) -> Option<&Found> {
    found
        .iter()
        .filter(|f| f.phrase.role.group == "synths" && f.phrase.rank >= 3)
        .filter(|f| f.phrase.words != ["lead"])
        .max_by_key(|f| f.phrase.rank)
}

/// Every phrase of the table in the name, without those inside a longer one.
fn phrases(tokens: &[&Token], words: &[Option<&'static str>]) -> Vec<Found> {
    let vocabulary = Vocabulary::get();
    let mut found: Vec<Found> = Vec::new();
    for (start, word) in words.iter().enumerate() {
        let Some(word) = word else { continue };
        for phrase in vocabulary.phrases_from(word) {
            if let Some(end) = phrase_end(phrase, tokens, words, start) {
                found.push(Found { phrase, start, end });
            }
        }
    }
    let spans: Vec<(usize, usize)> = found.iter().map(|f| (f.start, f.end)).collect();
    found.retain(|f| {
        !spans
            .iter()
            .any(|&(start, end)| start <= f.start && f.end <= end && end - start > f.end - f.start)
    });
    found
}

/// Where `phrase` ends if it starts at `start`. Numbers, sides and words of the file may stand between its
/// words ("Gtr 2 Acoustic"), a sign of joining may not ("Bass & Drums").
fn phrase_end(
    phrase: &Phrase,
    tokens: &[&Token],
    words: &[Option<&'static str>],
    start: usize,
) -> Option<usize> {
    let mut at = start;
    for wanted in &phrase.words[1..] {
        at += 1;
        while words.get(at).is_some_and(Option::is_none) && skippable(&tokens[at].folded) {
            at += 1;
        }
        if words.get(at)? != &Some(*wanted) || tokens[at].joined {
            return None;
        }
    }
    Some(at + 1)
}

fn skippable(folded: &str) -> bool {
    matches!(folded, "l" | "r" | "left" | "right") || folded.chars().all(|c| c.is_ascii_digit())
}

/// The kit, if the name joins the kick or another drum with a different drum ("Kick & Snare").
fn several_drums(tokens: &[&Token], found: &[Found]) -> Option<&'static Role> {
    let drums: Vec<&Found> = found
        .iter()
        .filter(|f| f.phrase.rank == 8 && matches!(f.phrase.role.group.as_str(), "kick" | "drums"))
        .collect();
    let kick = drums.iter().any(|f| *f.phrase.role == *"kick");
    let roles_differ = drums
        .windows(2)
        .any(|pair| pair[0].phrase.role != pair[1].phrase.role);
    let joined = drums.iter().skip(1).any(|f| tokens[f.start].joined);
    let all_small = drums.iter().all(|f| *f.phrase.role == *"percussion");
    let strongest = found.iter().all(|f| f.phrase.rank <= 8);
    (roles_differ && (kick || joined) && !all_small && strongest)
        .then(|| Role::find("drums"))
        .flatten()
}
