//! The words of the trade: spellings, phrases and the roles they mean (`words.tsv`, `roles.tsv`, `junk.tsv`).

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::role::Role;

/// Everything known about words.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// Spelling -> word.
    spellings: HashMap<&'static str, &'static str>,
    /// Phrases by their first word.
    phrases: HashMap<&'static str, Vec<Phrase>>,
    refinements: Vec<Refinement>,
    /// Words of the file, not of the sound.
    file_words: HashSet<&'static str>,
    /// Words that name a track by number: after them a number only counts.
    counters: HashSet<&'static str>,
    /// Ordinary words near to words of the trade, never taken for misspellings of them.
    sections: HashSet<&'static str>,
}

/// A sequence of words that means a role.
#[derive(Debug)]
pub(super) struct Phrase {
    pub(super) words: Vec<&'static str>,
    pub(super) role: &'static Role,
    /// How strongly it decides, 1 to 9 (`roles.tsv`).
    pub(super) rank: u8,
}

/// A word anywhere in the name that turns one role into a nearer one.
#[derive(Debug)]
pub(super) struct Refinement {
    pub(super) from: &'static Role,
    pub(super) to: &'static Role,
    pub(super) words: Vec<&'static str>,
}

impl Vocabulary {
    pub(super) fn get() -> &'static Self {
        static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
        VOCABULARY.get_or_init(Self::load)
    }

    fn load() -> Self {
        let mut spellings = HashMap::new();
        for (word, others) in rows(include_str!("words.tsv")).map(two_columns) {
            spellings.insert(word, word);
            for other in list(others) {
                spellings.insert(other, word);
            }
        }
        let mut phrases: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
        let mut refinements = Vec::new();
        for row in rows(include_str!("roles.tsv")) {
            let (id, rest) = two_columns(row);
            let (second, third) = two_columns(rest);
            if let Some(to) = id.strip_prefix('+') {
                refinements.push(Refinement {
                    from: role(second),
                    to: role(to),
                    words: list(third)
                        .map(|word| *spellings.entry(word).or_insert(word))
                        .collect(),
                });
                continue;
            }
            let rank = second.parse().expect("a rank in roles.tsv is a number");
            for phrase in list(third) {
                // A word that only phrases use is its own spelling.
                let words: Vec<_> = phrase
                    .split(' ')
                    .map(|word| *spellings.entry(word).or_insert(word))
                    .collect();
                phrases.entry(words[0]).or_default().push(Phrase {
                    words,
                    role: role(id),
                    rank,
                });
            }
        }
        let mut file_words = HashSet::new();
        let mut counters = HashSet::new();
        let mut sections = HashSet::new();
        for (kind, words) in rows(include_str!("junk.tsv")).map(two_columns) {
            match kind {
                "file" => file_words.extend(list(words)),
                "counter" => counters.extend(list(words)),
                _ => sections.extend(list(words)),
            }
        }
        Self {
            spellings,
            phrases,
            refinements,
            file_words,
            counters,
            sections,
        }
    }

    /// The word that `text` (folded, lower case) is a spelling of, plural or not.
    pub(super) fn word(&self, text: &str) -> Option<&'static str> {
        let spelled = |text: &str| self.spellings.get(text).copied();
        spelled(text).or_else(|| {
            let singular = text.strip_suffix('s')?;
            if singular.chars().count() < 3 {
                return None;
            }
            spelled(singular).or_else(|| singular.strip_suffix('e').and_then(spelled))
        })
    }

    /// The spelling nearest to a long unknown word, if it is near enough for a slip of the keys.
    pub(super) fn nearest(&self, text: &str) -> Option<&'static str> {
        let letters = text.chars().count();
        let allowed = match letters {
            0..=4 => return None,
            // No word of the trade is longer; a name of a thousand letters costs no time.
            31.. => return None,
            5..=7 => 1,
            _ => 2,
        };
        if self.sections.contains(text) || self.is_file_word(text) {
            return None;
        }
        let first = text.chars().next();
        self.spellings
            .iter()
            .filter(|(known, _)| known.chars().count() >= 5 && known.chars().next() == first)
            .map(|(known, word)| (strsim::osa_distance(known, text), *known, *word))
            .filter(|&(distance, _, _)| distance <= allowed)
            .min()
            .map(|(_, _, word)| word)
    }

    /// The phrases that start with `word`.
    pub(super) fn phrases_from(&self, word: &str) -> &[Phrase] {
        self.phrases.get(word).map_or(&[], Vec::as_slice)
    }

    /// Every phrase with its role.
    #[cfg(test)]
    pub(super) fn all_phrases(&self) -> impl Iterator<Item = (&[&'static str], &'static Role)> {
        let phrases = self.phrases.values().flatten();
        phrases.map(|phrase| (phrase.words.as_slice(), phrase.role))
    }

    pub(super) fn refinements(&self) -> &[Refinement] {
        &self.refinements
    }

    /// Whether `text` describes the file rather than the sound ("bounce", "final").
    pub(super) fn is_file_word(&self, text: &str) -> bool {
        self.file_words.contains(text) || self.counters.contains(text)
    }

    /// Whether `text` is left out of the name that is shown: it never tells two stems apart.
    pub(super) fn is_hidden(&self, text: &str) -> bool {
        self.file_words.contains(text)
    }

    /// Whether a number after `text` only counts ("Track 47").
    pub(super) fn is_counter(&self, text: &str) -> bool {
        self.counters.contains(text)
    }
}

fn role(id: &str) -> &'static Role {
    Role::find(id).expect("roles.tsv names only roles of roles.toml")
}

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn two_columns(row: &'static str) -> (&'static str, &'static str) {
    row.split_once('\t').unwrap_or((row, ""))
}

fn list(words: &'static str) -> impl Iterator<Item = &'static str> {
    words.split(", ").filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_stands_for_one_word() {
        let mut seen = HashMap::new();
        for (word, others) in rows(include_str!("words.tsv")).map(two_columns) {
            for text in std::iter::once(word).chain(list(others)) {
                assert!(!text.contains(' '), "\"{text}\" is two words");
                assert_eq!(text.to_lowercase(), text, "\"{text}\"");
                if let Some(before) = seen.insert(text, word) {
                    panic!("\"{text}\" is both {before} and {word}");
                }
            }
        }
    }

    #[test]
    fn no_phrase_stands_for_two_roles() {
        let mut seen: HashMap<&[&str], (&Role, u8)> = HashMap::new();
        for phrase in Vocabulary::get().phrases.values().flatten() {
            let before = seen.insert(&phrase.words, (phrase.role, phrase.rank));
            if let Some((role, _)) = before {
                assert_eq!(role.id, phrase.role.id, "{:?}", phrase.words);
            }
        }
    }

    #[test]
    fn a_slip_of_the_keys_is_near_and_a_short_word_is_not() {
        let vocabulary = Vocabulary::get();
        assert_eq!(vocabulary.nearest("percusison"), Some("percussion"));
        assert_eq!(vocabulary.nearest("guittar"), Some("guitar"));
        assert_eq!(vocabulary.nearest("kcik"), None);
        assert_eq!(vocabulary.nearest("nocturne"), None);
    }
}
