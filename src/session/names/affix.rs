//! Removes what the names of a folder share: the song's or artist's name before or after each sound.

use super::meaning::{self, Surroundings};
use super::tokens::Piece;
use super::{Name, drop_index};

/// Fewest files that can be said to share something.
const ENOUGH: usize = 3;

/// Removes pieces that at least three quarters of the names begin or end with. Pieces that say a sound
/// ("Vox" in "Vox Lead", "Vox BV") stay, unless the rests alone name sounds of three groups.
pub(super) fn remove_shared(names: &mut [Name]) {
    for end in [End::Front, End::Back] {
        let shared = longest_shared(names, end);
        if shared.is_empty() {
            continue;
        }
        let mut without = names.to_vec();
        for name in &mut without {
            if end.starts(&name.pieces, &shared) && name.pieces.len() > shared.len() {
                end.remove(&mut name.pieces, shared.len());
                drop_index(&mut name.pieces);
            }
        }
        if !says_a_sound(&shared) || rests_say_enough(&without) {
            names.clone_from_slice(&without);
        }
    }
}

#[derive(Clone, Copy)]
enum End {
    Front,
    Back,
}

impl End {
    /// The `i`-th piece from this end.
    fn piece(self, pieces: &[Piece], i: usize) -> Option<&str> {
        let piece = match self {
            Self::Front => pieces.get(i),
            Self::Back => pieces.len().checked_sub(i + 1).map(|i| &pieces[i]),
        };
        piece.map(|piece| piece.folded.as_str())
    }

    fn starts(self, pieces: &[Piece], shared: &[String]) -> bool {
        shared
            .iter()
            .enumerate()
            .all(|(i, text)| self.piece(pieces, i) == Some(text))
    }

    fn remove(self, pieces: &mut Vec<Piece>, count: usize) {
        match self {
            Self::Front => drop(pieces.drain(..count)),
            Self::Back => pieces.truncate(pieces.len() - count),
        }
    }
}

/// The longest run of pieces at `end` that at least three quarters of the names have, with something left.
fn longest_shared(names: &[Name], end: End) -> Vec<String> {
    let mut shared: Vec<String> = Vec::new();
    loop {
        let place = shared.len();
        let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for name in names {
            if end.starts(&name.pieces, &shared)
                && name.pieces.len() > place + 1
                && let Some(piece) = end.piece(&name.pieces, place)
            {
                *counts.entry(piece).or_default() += 1;
            }
        }
        let most = counts.into_iter().max_by_key(|&(_, count)| count);
        match most {
            Some((piece, count)) if count >= ENOUGH && 4 * count >= 3 * names.len() => {
                shared.push(piece.to_owned());
            }
            _ => return shared,
        }
    }
}

fn says_a_sound(shared: &[String]) -> bool {
    shared.iter().any(|text| {
        let tokens: Vec<_> = super::tokens::pieces(text)
            .iter()
            .flat_map(super::tokens::tokens)
            .collect();
        meaning::read(&tokens, Surroundings::default()).is_some_and(|m| !m.corrected)
    })
}

/// Nine tenths of the names still say a role, of at least three groups.
fn rests_say_enough(names: &[Name]) -> bool {
    let roles: Vec<_> = names
        .iter()
        .filter_map(|name| meaning::read(&name.tokens(), Surroundings::default()))
        .filter(|meaning| !meaning.corrected && meaning.role.is_stem())
        .map(|meaning| meaning.role)
        .collect();
    let groups: std::collections::BTreeSet<&str> =
        roles.iter().map(|role| role.group.as_str()).collect();
    groups.len() >= 3 && 10 * roles.len() >= 9 * names.len()
}
