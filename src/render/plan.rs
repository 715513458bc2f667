//! What a channel plays in one quantum of the time line: which feeds, with which gains.

use crate::audio::Block;

/// Frames of a cell. Gains that move are carried on within a cell, and feeds whose gains have corners inside the quantum are
/// mixed cell by cell, on a grid that depends on nothing but the time line.
pub(super) const CELL: usize = 64;

/// Frames over which gains that move throughout are worked out before they are carried on, within a cell.
pub(super) const SPAN: usize = 16;

/// A feed whose gain holds still over the quantum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    /// Where its row begins in the block of feeds.
    pub(super) at: u32,
    pub(super) gain: f32,
}

/// A feed whose gain moves in one straight line over the quantum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moving {
    /// Where its row begins in the block of feeds.
    pub(super) at: u32,
    /// Gain at the quantum's first frame.
    pub(super) gain: f32,
    /// Change per [`SPAN`].
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
pub(super) struct Chain {
    /// The first of its pieces that is not over.
    next: u32,
    /// The piece after its last.
    end: u32,
}

/// All that one channel plays in one quantum. Each list is in the order in which it was filled.
#[derive(Debug, Clone)]
pub(super) struct ChannelPlan {
    /// From row to row of the block of feeds.
    stride: u32,
    held: Vec<Held>,
    moving: Vec<Moving>,
    pieces: Vec<Piece>,
    chains: Vec<Chain>,
    /// Room for the number of each chain.
    numbers: Vec<u32>,
}

impl ChannelPlan {
    pub(super) fn with_capacity(feeds: usize) -> Self {
        Self {
            stride: 1,
            held: Vec::with_capacity(feeds),
            moving: Vec::with_capacity(feeds),
            pieces: Vec::with_capacity(4 * feeds),
            chains: Vec::with_capacity(feeds),
            numbers: vec![0; feeds],
        }
    }

    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.moving.clear();
        self.pieces.clear();
        self.chains.clear();
    }

    /// Says which block the feeds are in.
    ///
    /// # Panics
    /// If it has 2³² samples or more.
    #[inline(always)]
    pub(super) fn place_in(&mut self, feeds: &Block) {
        if self.stride as usize != feeds.stride() {
            self.move_to(feeds);
        }
    }

    #[cold]
    fn move_to(&mut self, feeds: &Block) {
        assert!(
            u32::try_from(feeds.samples().len()).is_ok(),
            "a block has far fewer than 2^32 samples"
        );
        let (from, to) = (self.stride, feeds.stride() as u32);
        let held = self.held.iter_mut().map(|one| &mut one.at);
        let moving = self.moving.iter_mut().map(|one| &mut one.at);
        for at in held.chain(moving) {
            *at = *at / from * to;
        }
        self.stride = to;
    }

    /// Adds a feed whose gain holds still.
    #[inline(always)]
    pub(super) fn hold(&mut self, feed: u32, gain: f32) {
        let at = feed * self.stride;
        self.held.push(Held { at, gain });
    }

    /// Adds a feed whose gain moves in one straight line from `gain` on, by `step` per frame.
    #[inline(always)]
    pub(super) fn sweep(&mut self, feed: u32, gain: f32, step: f32) {
        let at = feed * self.stride;
        let step = SPAN as f32 * step;
        self.moving.push(Moving { at, gain, step });
    }

    /// The feeds that hold.
    #[inline(always)]
    pub(super) fn held(&self) -> &[Held] {
        &self.held
    }

    /// The feeds that move in one line throughout.
    #[inline(always)]
    pub(super) fn moving(&self) -> &[Moving] {
        &self.moving
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

    /// True if some gain has a corner inside the quantum.
    pub(super) fn has_corners(&self) -> bool {
        !self.chains.is_empty()
    }

    /// The feeds that move in pieces, those pieces, and room for the number of each feed.
    pub(super) fn chains(&mut self) -> (&mut [Chain], &[Piece], &mut [u32]) {
        if self.numbers.len() < self.chains.len() {
            self.numbers.resize(self.chains.capacity(), 0);
        }
        (&mut self.chains, &self.pieces, &mut self.numbers)
    }
}

impl Chain {
    /// What the chain plays in the cell from frame `start` on. Cells are asked for in order of time, each any number of
    /// times; with `over` for the last time.
    #[inline(always)]
    pub(super) fn in_cell<'a>(
        &mut self,
        pieces: &'a [Piece],
        start: u32,
        over: bool,
    ) -> InCell<'a> {
        let end = start + CELL as u32;
        let mut rest = &pieces[self.next as usize..self.end as usize];
        // Whoever begins inside a quantum has not asked for the cells before.
        while let [over, left @ ..] = rest
            && over.to <= start
        {
            self.next += 1;
            rest = left;
        }
        match rest.first() {
            None => InCell::Nothing,
            Some(piece) if piece.from <= start && end <= piece.to => {
                self.next += u32::from(over && piece.to == end);
                InCell::All(piece)
            }
            Some(_) => InCell::Parts,
        }
    }

    /// The pieces that begin or end within the cell from frame `start` on.
    pub(super) fn parts<'a>(&mut self, pieces: &'a [Piece], start: u32, over: bool) -> &'a [Piece] {
        let end = start + CELL as u32;
        let rest = &pieces[self.next as usize..self.end as usize];
        let ended = |frame| rest.iter().take_while(move |p| p.to <= frame).count();
        let begun = rest.iter().take_while(|piece| piece.from < end).count();
        let parts = &rest[ended(start).min(begun)..begun];
        self.next += ended(if over { end } else { start }) as u32;
        parts
    }
}

/// What a chain plays in a cell.
pub(super) enum InCell<'a> {
    Nothing,
    /// One piece throughout.
    All(&'a Piece),
    /// [Pieces](Chain::parts) that begin or end within it.
    Parts,
}
