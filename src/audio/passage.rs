//! Parts of blocks: what a processor is given.

use std::ops::Range;

use super::Block;

/// Some neighbouring rows of a [`Block`] over a span of its frames, to be read.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    block: &'a Block,
    first_row: usize,
    channels: usize,
    offset: usize,
    frames: usize,
}

/// Some neighbouring rows of a [`Block`] over a span of its frames, to be changed.
#[derive(Debug)]
pub struct PassageMut<'a> {
    block: &'a mut Block,
    first_row: usize,
    channels: usize,
    offset: usize,
    frames: usize,
}

impl Block {
    /// The rows `rows` over the frames `span`.
    ///
    /// # Panics
    /// If the block has not these rows and valid frames.
    pub fn passage(&self, rows: Range<usize>, span: Range<usize>) -> Passage<'_> {
        self.check(&rows, &span);
        Passage {
            block: self,
            first_row: rows.start,
            channels: rows.len(),
            offset: span.start,
            frames: span.len(),
        }
    }

    /// The rows `rows` over the frames `span`, to be changed.
    ///
    /// # Panics
    /// If the block has not these rows and valid frames.
    pub fn passage_mut(&mut self, rows: Range<usize>, span: Range<usize>) -> PassageMut<'_> {
        self.check(&rows, &span);
        PassageMut {
            first_row: rows.start,
            channels: rows.len(),
            offset: span.start,
            frames: span.len(),
            block: self,
        }
    }

    /// All rows over all valid frames, to be changed.
    pub fn whole_mut(&mut self) -> PassageMut<'_> {
        self.passage_mut(0..self.channels, 0..self.frames)
    }

    /// All rows over all valid frames.
    pub fn whole(&self) -> Passage<'_> {
        self.passage(0..self.channels, 0..self.frames)
    }

    fn check(&self, rows: &Range<usize>, span: &Range<usize>) {
        assert!(
            rows.start <= rows.end && rows.end <= self.channels,
            "rows {rows:?} of a block of {}",
            self.channels
        );
        assert!(
            span.start <= span.end && span.end <= self.frames,
            "frames {span:?} of a block of {}",
            self.frames
        );
    }
}

impl<'a> Passage<'a> {
    /// Number of rows.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Frames in each row.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The samples of row `channel`.
    pub fn row(&self, channel: usize) -> &'a [f32] {
        debug_assert!(channel < self.channels, "a row of the passage");
        &self.block.row(self.first_row + channel)[self.offset..][..self.frames]
    }

    /// Some of the rows.
    ///
    /// # Panics
    /// If `rows` go beyond the passage.
    #[must_use]
    pub fn rows(&self, rows: Range<usize>) -> Self {
        assert!(rows.end <= self.channels, "rows of the passage");
        Self {
            first_row: self.first_row + rows.start,
            channels: rows.len(),
            ..*self
        }
    }

    /// The same rows over a part of the frames.
    ///
    /// # Panics
    /// If `span` goes beyond the passage.
    #[must_use]
    pub fn part(&self, span: Range<usize>) -> Self {
        assert!(span.end <= self.frames, "a part lies within the passage");
        Self {
            offset: self.offset + span.start,
            frames: span.len(),
            ..*self
        }
    }
}

impl PassageMut<'_> {
    /// Number of rows.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Frames in each row.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The samples of row `channel`.
    pub fn row(&self, channel: usize) -> &[f32] {
        debug_assert!(channel < self.channels, "a row of the passage");
        &self.block.row(self.first_row + channel)[self.offset..][..self.frames]
    }

    /// The samples of row `channel`, to be changed.
    pub fn row_mut(&mut self, channel: usize) -> &mut [f32] {
        debug_assert!(channel < self.channels, "a row of the passage");
        &mut self.block.row_mut(self.first_row + channel)[self.offset..][..self.frames]
    }

    /// The passage to be read only.
    pub fn read(&self) -> Passage<'_> {
        Passage {
            block: self.block,
            first_row: self.first_row,
            channels: self.channels,
            offset: self.offset,
            frames: self.frames,
        }
    }

    /// The rows `rows` of the passage over a part of its frames, for a while.
    ///
    /// # Panics
    /// If `rows` or `span` go beyond the passage.
    pub fn part(&mut self, rows: Range<usize>, span: Range<usize>) -> PassageMut<'_> {
        assert!(
            rows.end <= self.channels && span.end <= self.frames,
            "a part lies within the passage"
        );
        PassageMut {
            block: self.block,
            first_row: self.first_row + rows.start,
            channels: rows.len(),
            offset: self.offset + span.start,
            frames: span.len(),
        }
    }
}
