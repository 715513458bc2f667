//! What a channel plays in one quantum of the time line: which feeds, with which gains.

/// Frames of a cell. Feeds whose gains have corners inside the quantum are mixed cell by cell, on a grid
/// that depends on nothing but the time line.
pub(super) const CELL: usize = 64;

/// A feed whose gain holds still over the quantum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) feed: u32,
    pub(super) gain: f32,
}

/// A feed whose gain moves in one straight line over the quantum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moving {
    pub(super) feed: u32,
    /// Gain at the quantum's first frame.
    pub(super) gain: f32,
    /// Change per frame.
    pub(super) step: f32,
}

/// A feed whose gain moves in a straight line over a part of the quantum only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) feed: u32,
    /// First frame of the part, from the quantum's start.
    pub(super) from: u32,
    /// Frame after the part's last.
    pub(super) to: u32,
    /// Gain at `from`.
    pub(super) gain: f32,
    /// Change per frame.
    pub(super) step: f32,
}

/// Consecutive pieces of one feed, in order of time.
#[derive(Debug, Clone, Copy)]
struct Chain {
    /// The first of its pieces that does not end before the cell asked for last.
    next: u32,
    /// The piece after its last.
    end: u32,
}

/// All that one channel plays in one quantum. Each list is in the order in which it was filled.
#[derive(Debug, Clone, Default)]
pub(super) struct ChannelPlan {
    pub(super) held: Vec<Held>,
    pub(super) moving: Vec<Moving>,
    pieces: Vec<Piece>,
    chains: Vec<Chain>,
}

impl ChannelPlan {
    pub(super) fn with_capacity(feeds: usize) -> Self {
        Self {
            held: Vec::with_capacity(feeds),
            moving: Vec::with_capacity(feeds),
            pieces: Vec::with_capacity(4 * feeds),
            chains: Vec::with_capacity(feeds),
        }
    }

    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.moving.clear();
        self.pieces.clear();
        self.chains.clear();
    }

    /// Adds `piece`. Pieces of a feed that follow each other in time are found quickly if they are added
    /// one after the other.
    pub(super) fn push(&mut self, piece: Piece) {
        let index = self.pieces.len() as u32;
        let last = self.pieces.last();
        match self.chains.last_mut() {
            Some(chain) if last.is_some_and(|l| l.feed == piece.feed && l.to <= piece.from) => {
                chain.end = index + 1;
            }
            _ => self.chains.push(Chain {
                next: index,
                end: index + 1,
            }),
        }
        self.pieces.push(piece);
    }

    /// The feeds that move in pieces.
    #[cfg(test)]
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// True if some gain has a corner inside the quantum.
    pub(super) fn has_pieces(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// For every chain with pieces in the cell from frame `from` on: those pieces, and maybe later ones.
    /// Cells are asked for in order of time.
    #[inline(always)]
    pub(super) fn in_cell(&mut self, from: u32) -> impl Iterator<Item = &[Piece]> {
        let pieces = &self.pieces;
        self.chains.iter_mut().filter_map(move |chain| {
            let mut rest = &pieces[chain.next as usize..chain.end as usize];
            while let [first, others @ ..] = rest
                && first.to <= from
            {
                rest = others;
            }
            chain.next = chain.end - rest.len() as u32;
            let begun = rest.first()?.from < from + CELL as u32;
            begun.then_some(rest)
        })
    }
}

impl Piece {
    /// True if it plays throughout the cell from frame `from` on.
    pub(super) fn covers(&self, from: u32) -> bool {
        self.from <= from && self.to >= from + CELL as u32
    }
}
