//! The ways to use a pack: which channels are to be filled by which tracks (ITU-R BS.2127, 5.2.5), and why they may
//! not be.

use std::collections::HashSet;

use super::matrix::Use;
use super::model::{Document, TypeDefinition};
use super::packs::channels_of;

/// A channel to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// The channel format that a track must have.
    pub(super) channel: usize,
    /// The packs of which a track must have one.
    pub(super) packs: Vec<usize>,
}

/// A way to use a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The pack that an object names.
    pub(super) root: usize,
    /// Its channels, or what its matrix makes them of.
    pub(super) slots: Vec<Slot>,
}

/// A track to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) uid: usize,
    pub(super) channel: usize,
    pub(super) pack: usize,
}

/// The ways to use pack `root`.
pub(super) fn patterns_of(document: &Document, root: usize) -> Vec<Pattern> {
    let packs = &document.packs;
    let pack = &packs[root];
    let own = || {
        let slots = channels_of(packs, root).into_iter().map(|member| Slot {
            channel: member.channel,
            packs: member.path,
        });
        Pattern {
            root,
            slots: slots.collect(),
        }
    };
    // Tracks with the channels of `input` and the pack `named`.
    let from = |input: usize, named: usize| {
        let slots = channels_of(packs, input).into_iter().map(|member| Slot {
            channel: member.channel,
            packs: vec![named],
        });
        Pattern {
            root,
            slots: slots.collect(),
        }
    };
    if pack.kind != TypeDefinition::Matrix {
        return vec![own()];
    }
    match (Use::of(pack), pack.input, pack.encoders.first()) {
        // Applied here to its input, or applied already.
        (Some(Use::Direct), Some(input), _) => vec![from(input, root), own()],
        (Some(Use::Decode), _, Some(&encoder)) => {
            let mut ways = vec![from(encoder, root), own()];
            // Encoded and decoded here.
            ways.extend(packs[encoder].input.map(|input| from(input, encoder)));
            ways
        }
        // What an encoder made is played by way of a decoder.
        _ => Vec::new(),
    }
}

/// What may be the reason that tracks and packs do not fit, one sentence each.
pub(super) fn reasons(
    document: &Document,
    patterns: &[Pattern],
    tracks: &[Track],
    wanted: Option<&[usize]>,
    silent: usize,
) -> Vec<String> {
    let mut reasons = Vec::new();
    let named: HashSet<usize> = patterns
        .iter()
        .flat_map(|pattern| {
            pattern
                .slots
                .iter()
                .flat_map(|slot| slot.packs.iter().copied())
        })
        .collect();
    if let Some(wanted) = wanted {
        match (wanted.len(), tracks.len() + silent) {
            (0, 1..) => reasons.push("it has tracks but no pack".to_owned()),
            (1.., 0) => reasons.push("it has packs but no track".to_owned()),
            _ => {}
        }
        if let ([pack], [pattern]) = (wanted, patterns) {
            let (slots, given) = (pattern.slots.len(), tracks.len() + silent);
            if slots != given {
                reasons.push(format!(
                    "{} has {slots} channels, but there are {given} tracks",
                    document.packs[*pack].head.id
                ));
            }
        }
    }
    for track in tracks {
        let uid = &document.uids[track.uid].head.id;
        let pack = &document.packs[track.pack].head.id;
        let channel = &document.channels[track.channel].head.id;
        if !named.contains(&track.pack) {
            reasons.push(format!(
                "the track {uid} is of {pack}, which is not among its packs"
            ));
        } else if !patterns.iter().any(|pattern| {
            pattern
                .slots
                .iter()
                .any(|slot| slot.channel == track.channel && slot.packs.contains(&track.pack))
        }) {
            reasons.push(format!(
                "the track {uid} is {channel}, which is no channel of {pack}"
            ));
        }
        if reasons.len() >= 3 {
            break;
        }
    }
    if reasons.is_empty() && wanted.is_some_and(|wanted| wanted.len() > 1) {
        reasons.push("it names more than one pack".to_owned());
    }
    reasons
}
