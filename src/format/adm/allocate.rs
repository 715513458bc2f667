//! Which track carries which channel of which pack (ITU-R BS.2127, 5.2.5).
//!
//! An object names packs and tracks; a track names a channel and a pack. The object is understood if the
//! tracks fill the channels of its packs, each once, in exactly one way. Files without objects are
//! understood if their tracks fill any packs in exactly one way.
//!
//! Tracks are placed one after the other: into a channel still free of a pack already begun, or by
//! beginning another pack. Only where there is a choice is the search split.

use std::collections::{BTreeMap, HashMap};

use super::patterns::{Pattern, Track};

/// A pack with the track of each of its slots; `None` is silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allocated {
    /// Index of the pattern.
    pub(super) pattern: usize,
    /// UID of each slot.
    pub(super) tracks: Vec<Option<usize>>,
}

/// How the search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is one way.
    Found(Vec<Allocated>),
    /// There is none.
    Conflicting,
    /// There are several.
    Ambiguous,
    /// It was given up.
    TooHard,
}

/// Steps after which a search is given up: files that are meant to be understood take one per track.
const MOST_STEPS: usize = 1_000_000;

/// Choices on top of each other after which a search is given up.
const DEEPEST: usize = 256;

/// Places `tracks` and `silent` silent tracks. `wanted` are the packs an object names, as often as it
/// names them; `None`: any packs.
pub(super) fn allocate(
    patterns: &[Pattern],
    tracks: &[Track],
    wanted: Option<&[usize]>,
    silent: usize,
) -> Outcome {
    let mut by_channel: HashMap<usize, Vec<(usize, usize)>> = HashMap::new();
    for (pattern, slots) in patterns.iter().enumerate() {
        for (slot, needed) in slots.slots.iter().enumerate() {
            by_channel
                .entry(needed.channel)
                .or_default()
                .push((pattern, slot));
        }
    }
    let mut waiting = HashMap::new();
    for track in tracks {
        *waiting.entry(track.channel).or_insert(0) += 1;
    }
    let mut search = Search {
        patterns,
        tracks,
        by_channel,
        silent,
        steps: 0,
        gave_up: false,
        found: Vec::new(),
    };
    let state = State {
        next: 0,
        packs: Vec::new(),
        free: HashMap::new(),
        waiting,
        wanted: wanted.map(|wanted| {
            let mut counts = BTreeMap::new();
            for &pack in wanted {
                *counts.entry(pack).or_insert(0) += 1;
            }
            counts
        }),
    };
    search.place(state, 0);
    match (search.found.as_slice(), search.gave_up) {
        ([_, _, ..], _) => Outcome::Ambiguous,
        (_, true) => Outcome::TooHard,
        ([], false) => Outcome::Conflicting,
        ([_], false) => search
            .found
            .pop()
            .map_or(Outcome::Conflicting, Outcome::Found),
    }
}

struct Search<'a> {
    patterns: &'a [Pattern],
    tracks: &'a [Track],
    /// Pattern and slot of each channel.
    by_channel: HashMap<usize, Vec<(usize, usize)>>,
    silent: usize,
    steps: usize,
    gave_up: bool,
    found: Vec<Vec<Allocated>>,
}

/// Some tracks placed, others not yet.
#[derive(Clone)]
struct State {
    /// The track to be placed next.
    next: usize,
    /// Packs begun.
    packs: Vec<Begun>,
    /// Pack and slot of the free slots of each channel.
    free: HashMap<usize, Vec<(usize, usize)>>,
    /// Tracks not yet placed of each channel.
    waiting: HashMap<usize, usize>,
    /// Packs that must still be begun, and how often.
    wanted: Option<BTreeMap<usize, usize>>,
}

#[derive(Clone)]
struct Begun {
    pattern: usize,
    /// The track in each slot.
    tracks: Vec<Option<usize>>,
}

/// Where the next track may go.
#[derive(Clone, Copy)]
enum Choice {
    /// Into a slot of a pack already begun.
    Into(usize, usize),
    /// Into a slot of another pack, to be begun.
    Begin(usize, usize),
}

impl Search<'_> {
    /// Places the tracks that are left, as far as there is one choice; splits where there are more.
    fn place(&mut self, mut state: State, depth: usize) {
        while let Some(track) = self.tracks.get(state.next).copied() {
            self.steps += 1;
            if self.steps > MOST_STEPS || depth > DEEPEST {
                self.gave_up = true;
            }
            if self.gave_up || self.found.len() > 1 {
                return;
            }
            let choices = self.choices(&state, track);
            let Some((&last, others)) = choices.split_last() else {
                return;
            };
            for &choice in others {
                self.steps += state
                    .packs
                    .iter()
                    .map(|pack| pack.tracks.len())
                    .sum::<usize>();
                let mut split = state.clone();
                self.take(&mut split, track, choice);
                self.place(split, depth + 1);
                if self.gave_up || self.found.len() > 1 {
                    return;
                }
            }
            self.take(&mut state, track, last);
        }
        self.finish(state);
    }

    fn choices(&self, state: &State, track: Track) -> Vec<Choice> {
        let mut choices = Vec::new();
        for &(pack, slot) in state.free.get(&track.channel).into_iter().flatten() {
            let needed = &self.patterns[state.packs[pack].pattern].slots[slot];
            if needed.packs.contains(&track.pack) {
                choices.push(Choice::Into(pack, slot));
            }
        }
        for &(pattern, slot) in self.by_channel.get(&track.channel).into_iter().flatten() {
            let root = self.patterns[pattern].root;
            let is_wanted = state
                .wanted
                .as_ref()
                .is_none_or(|wanted| wanted.contains_key(&root));
            if is_wanted
                && self.patterns[pattern].slots[slot]
                    .packs
                    .contains(&track.pack)
                && self.can_be_filled(state, pattern, slot)
            {
                choices.push(Choice::Begin(pattern, slot));
            }
        }
        choices
    }

    /// False if tracks are lacking for the other slots of a pack that begins with `slot`.
    fn can_be_filled(&self, state: &State, pattern: usize, slot: usize) -> bool {
        let mut lacking = 0;
        for (other, needed) in self.patterns[pattern].slots.iter().enumerate() {
            if other == slot {
                continue;
            }
            let waiting = state.waiting.get(&needed.channel).copied().unwrap_or(0);
            let free = state.free.get(&needed.channel).map_or(0, Vec::len);
            if waiting <= free {
                lacking += 1;
                if lacking > self.silent {
                    return false;
                }
            }
        }
        true
    }

    fn take(&self, state: &mut State, track: Track, choice: Choice) {
        let (pack, slot) = match choice {
            Choice::Into(pack, slot) => (pack, slot),
            Choice::Begin(pattern, slot) => {
                let slots = &self.patterns[pattern].slots;
                let pack = state.packs.len();
                for (other, needed) in slots.iter().enumerate() {
                    state
                        .free
                        .entry(needed.channel)
                        .or_default()
                        .push((pack, other));
                }
                state.packs.push(Begun {
                    pattern,
                    tracks: vec![None; slots.len()],
                });
                let root = self.patterns[pattern].root;
                if let Some(wanted) = &mut state.wanted
                    && let Some(count) = wanted.get_mut(&root)
                {
                    *count -= 1;
                    if *count == 0 {
                        wanted.remove(&root);
                    }
                }
                (pack, slot)
            }
        };
        state.packs[pack].tracks[slot] = Some(track.uid);
        if let Some(free) = state.free.get_mut(&track.channel) {
            free.retain(|&place| place != (pack, slot));
        }
        if let Some(waiting) = state.waiting.get_mut(&track.channel) {
            *waiting -= 1;
        }
        state.next += 1;
    }

    /// All tracks are placed: silent ones must fill what is left, exactly.
    fn finish(&mut self, state: State) {
        let free: usize = state.free.values().map(Vec::len).sum();
        let Some(left) = self.silent.checked_sub(free) else {
            return;
        };
        let wanted: Vec<usize> = state
            .wanted
            .unwrap_or_default()
            .into_iter()
            .flat_map(|(pack, count)| std::iter::repeat_n(pack, count))
            .collect();
        let mut begun: Vec<Allocated> = state
            .packs
            .into_iter()
            .map(|pack| Allocated {
                pattern: pack.pattern,
                tracks: pack.tracks,
            })
            .collect();
        self.fill_with_silence(&wanted, left, &mut begun);
    }

    /// Begins the packs of `wanted` with silent tracks alone, `left` in all.
    fn fill_with_silence(&mut self, wanted: &[usize], left: usize, begun: &mut Vec<Allocated>) {
        self.steps += 1;
        if self.steps > MOST_STEPS || wanted.len() > DEEPEST {
            self.gave_up = true;
            return;
        }
        let Some((&root, others)) = wanted.split_first() else {
            if left == 0 && self.found.len() < 2 {
                self.found.push(begun.clone());
            }
            return;
        };
        for pattern in 0..self.patterns.len() {
            let slots = self.patterns[pattern].slots.len();
            if self.patterns[pattern].root != root || slots > left {
                continue;
            }
            begun.push(Allocated {
                pattern,
                tracks: vec![None; slots],
            });
            self.fill_with_silence(others, left - slots, begun);
            begun.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::patterns::Slot;
    use super::*;

    /// A pattern whose root is `root`, with channels that need this very pack.
    fn pattern(root: usize, channels: &[usize]) -> Pattern {
        Pattern {
            root,
            slots: channels
                .iter()
                .map(|&channel| Slot {
                    channel,
                    packs: vec![root],
                })
                .collect(),
        }
    }

    fn tracks(of: &[(usize, usize)]) -> Vec<Track> {
        of.iter()
            .enumerate()
            .map(|(uid, &(channel, pack))| Track { uid, channel, pack })
            .collect()
    }

    fn one(outcome: Outcome) -> Vec<(usize, Vec<Option<usize>>)> {
        match outcome {
            Outcome::Found(found) => found.into_iter().map(|a| (a.pattern, a.tracks)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tracks_of_one_pack_find_their_channels_in_any_order() {
        let patterns = [pattern(0, &[10, 11])];
        let found = allocate(&patterns, &tracks(&[(11, 0), (10, 0)]), Some(&[0]), 0);
        assert_eq!(one(found), [(0, vec![Some(1), Some(0)])]);
        for wrong in [
            &[(10, 0)][..],
            &[(10, 0), (10, 0)],
            &[(10, 0), (11, 1)],
            &[(10, 0), (11, 0), (11, 0)],
        ] {
            let outcome = allocate(&patterns, &tracks(wrong), Some(&[0]), 0);
            assert_eq!(outcome, Outcome::Conflicting, "{wrong:?}");
        }
        assert_eq!(
            allocate(&patterns, &tracks(&[(10, 0), (11, 0)]), Some(&[]), 0),
            Outcome::Conflicting
        );
        assert_eq!(one(allocate(&patterns, &[], Some(&[]), 0)), []);
    }

    #[test]
    fn silent_tracks_fill_what_is_left() {
        let patterns = [pattern(0, &[10, 11]), pattern(1, &[12])];
        let found = allocate(&patterns, &tracks(&[(11, 0)]), Some(&[0]), 1);
        assert_eq!(one(found), [(0, vec![None, Some(0)])]);
        let found = allocate(&patterns, &[], Some(&[0, 1]), 3);
        assert_eq!(one(found), [(0, vec![None, None]), (1, vec![None])]);
        assert_eq!(
            allocate(&patterns, &[], Some(&[0]), 1),
            Outcome::Conflicting
        );
        assert_eq!(
            allocate(&patterns, &[], Some(&[0]), 3),
            Outcome::Conflicting
        );
    }

    #[test]
    fn two_of_the_same_pack_are_told_apart_only_if_they_have_one_channel() {
        let stereo = [pattern(0, &[10, 11])];
        let four = tracks(&[(10, 0), (11, 0), (10, 0), (11, 0)]);
        assert_eq!(
            allocate(&stereo, &four, Some(&[0, 0]), 0),
            Outcome::Ambiguous
        );
        assert_eq!(allocate(&stereo, &four, None, 0), Outcome::Ambiguous);
        let mono = [pattern(0, &[10])];
        let two = tracks(&[(10, 0), (10, 0)]);
        let found = one(allocate(&mono, &two, Some(&[0, 0]), 0));
        assert_eq!(found, [(0, vec![Some(0)]), (0, vec![Some(1)])]);
    }

    #[test]
    fn without_objects_tracks_say_their_packs() {
        // Pack 1 holds pack 0.
        let outer = Pattern {
            root: 1,
            slots: vec![
                Slot {
                    channel: 12,
                    packs: vec![1],
                },
                Slot {
                    channel: 10,
                    packs: vec![1, 0],
                },
            ],
        };
        let patterns = [pattern(0, &[10]), outer];
        let found = one(allocate(&patterns, &tracks(&[(10, 1), (12, 1)]), None, 0));
        assert_eq!(found, [(1, vec![Some(1), Some(0)])]);
        let found = one(allocate(&patterns, &tracks(&[(10, 0)]), None, 0));
        assert_eq!(found, [(0, vec![Some(0)])]);
        // Alone in the inner pack, or in the outer one that asks for 12 too.
        let both = allocate(&patterns, &tracks(&[(10, 0), (12, 1)]), None, 0);
        assert_eq!(one(both), [(1, vec![Some(1), Some(0)])]);
    }

    #[test]
    fn many_tracks_take_no_search_and_impossible_ones_end() {
        let patterns: Vec<Pattern> = (0..2000)
            .map(|n| pattern(n, &[3 * n, 3 * n + 1, 3 * n + 2]))
            .collect();
        let all: Vec<(usize, usize)> = (0..6000).map(|n| (n, n / 3)).collect();
        assert_eq!(one(allocate(&patterns, &tracks(&all), None, 0)).len(), 2000);
        // 30 equal pairs and a track too many: every way fails.
        let pair = [pattern(0, &[0, 1])];
        let mut all: Vec<(usize, usize)> = (0..60).map(|n| (n % 2, 0)).collect();
        all.push((0, 0));
        let outcome = allocate(&pair, &tracks(&all), None, 0);
        assert!(
            matches!(outcome, Outcome::Conflicting | Outcome::TooHard),
            "{outcome:?}"
        );
    }
}
