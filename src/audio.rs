//! Planar blocks of samples: the shape in which audio travels through the crate.
//!
//! [`Block`] owns rows of samples; [`Passage`] and [`PassageMut`] are some of its rows over some of its
//! frames, which is what a processor is given.

mod lined;
mod passage;

pub(crate) use lined::{LINE, Lined};
pub use passage::{Passage, PassageMut};

/// Frames in one quantum of the time line: gains are set on this grid of absolute frames, whatever the
/// length of the blocks that are asked for, so that results do not depend on that length.
pub const QUANTUM: usize = 1024;

/// Floats between the end of one row and the start of the next. Rows whose stride is a multiple of
/// 4096 bytes alias in the cache; an odd number of lines avoids it.
const PADDING: usize = 7 * LINE;

/// Up to `capacity` frames of several channels, planar `f32`, full scale ±1.
///
/// Rows are stored at a fixed [`stride`](Self::stride), so that a kernel can address any row of the one
/// slice [`samples`](Self::samples). `frames` is how many frames of each row are valid now.
#[derive(Debug)]
pub struct Block {
    /// The rows, each of whole lines of the cache.
    store: Lined<f32>,
    channels: usize,
    capacity: usize,
    stride: usize,
    frames: usize,
}

impl Block {
    /// A silent block of `channels` rows that can hold up to `capacity` frames; holds 0 frames yet.
    pub fn new(channels: usize, capacity: usize) -> Self {
        let stride = capacity.next_multiple_of(LINE) + PADDING;
        Self {
            store: Lined::new(channels * stride),
            channels,
            capacity,
            stride,
            frames: 0,
        }
    }

    /// Number of rows.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Most frames a row can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Valid frames in each row.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Floats from the start of one row to the start of the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Sets the number of valid frames; what the rows hold is left as it is.
    ///
    /// # Panics
    /// If `frames` exceeds the capacity.
    pub fn set_frames(&mut self, frames: usize) {
        assert!(
            frames <= self.capacity,
            "{frames} frames do not fit a block of {}",
            self.capacity
        );
        self.frames = frames;
    }

    /// Keeps `frames` frames from frame `first` on; the others are dropped.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn keep(&mut self, first: usize, frames: usize) {
        assert!(first + frames <= self.frames, "only valid frames are kept");
        if first > 0 {
            for row in self.rows_mut() {
                row.copy_within(first..first + frames, 0);
            }
        }
        self.frames = frames;
    }

    /// The valid samples of row `channel`.
    pub fn row(&self, channel: usize) -> &[f32] {
        &self.samples()[channel * self.stride..][..self.frames]
    }

    /// The valid samples of row `channel`, to be changed.
    pub fn row_mut(&mut self, channel: usize) -> &mut [f32] {
        let (stride, frames) = (self.stride, self.frames);
        &mut self.samples_mut()[channel * stride..][..frames]
    }

    /// All rows, to be changed, in channel order.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let (stride, frames) = (self.stride, self.frames);
        self.samples_mut()
            .chunks_exact_mut(stride)
            .map(move |row| &mut row[..frames])
    }

    /// All rows in channel order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.samples()
            .chunks_exact(self.stride)
            .map(|row| &row[..self.frames])
    }

    /// The whole store, row `c` starting at `c * stride()`, for kernels.
    pub fn samples(&self) -> &[f32] {
        self.store.words()
    }

    /// The whole store, to be changed, for kernels.
    pub fn samples_mut(&mut self) -> &mut [f32] {
        self.store.words_mut()
    }

    /// Sets every valid sample to 0.
    pub fn clear(&mut self) {
        for row in self.rows_mut() {
            row.fill(0.0);
        }
    }
}

impl Clone for Block {
    /// A block of the same content, on borders of its own.
    fn clone(&self) -> Self {
        let mut clone = Self::new(self.channels, self.capacity);
        clone.frames = self.frames;
        clone.samples_mut().copy_from_slice(self.samples());
        clone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_begin_on_lines_of_the_cache_and_do_not_alias() {
        for (channels, capacity) in [(1, 1), (3, 64), (129, 256), (24, 1024), (2, 8192)] {
            let block = Block::new(channels, capacity);
            for block in [block.clone(), block] {
                assert_eq!(block.samples().as_ptr() as usize % 64, 0);
                assert_eq!(block.stride() % LINE, 0);
                assert_ne!(block.stride() * size_of::<f32>() % 4096, 0);
                assert_eq!(block.samples().len(), channels * block.stride());
            }
        }
    }
}
