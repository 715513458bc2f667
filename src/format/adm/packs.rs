//! The channels of a pack and of the packs inside it.

use super::model::{PackFormat, Table};

/// A channel of a pack, and the packs on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackChannel {
    /// The channel format.
    pub(super) channel: usize,
    /// From the pack asked about to the one that has the channel.
    pub(super) path: Vec<usize>,
}

/// The channels of pack `root`: its own first, then those of the packs inside it in their order. There
/// are no loops.
pub(super) fn channels_of(packs: &Table<PackFormat>, root: usize) -> Vec<PackChannel> {
    let mut found = Vec::new();
    let mut open = vec![vec![root]];
    while let Some(path) = open.pop() {
        let Some(&last) = path.last() else { continue };
        let pack = &packs[last];
        found.extend(pack.channels.iter().map(|&channel| PackChannel {
            channel,
            path: path.clone(),
        }));
        // The last pushed is the next popped.
        for &inner in pack.packs.iter().rev() {
            open.push([path.as_slice(), &[inner]].concat());
        }
    }
    found
}
