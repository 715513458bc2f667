//! A store of 32-bit words that begins on a border of the cache's lines.

/// Words in a line of the cache: 64 bytes.
pub(crate) const LINE: usize = 16;

/// A fixed number of 32-bit words. Where rows of whole lines follow each other from the first word on, no vector of a row
/// lies across two lines.
#[derive(Debug)]
pub(crate) struct Lined<T> {
    /// The words, from number `first` on.
    store: Vec<T>,
    first: usize,
    words: usize,
}

impl<T: Copy + Default> Lined<T> {
    /// `words` words, all 0.
    pub(crate) fn new(words: usize) -> Self {
        const { assert!(size_of::<T>() * LINE == 64) };
        let store = vec![T::default(); words + LINE];
        // Up to the next border of a line; if that cannot be told, rows are merely slower.
        let first = store.as_ptr().align_offset(size_of::<T>() * LINE);
        Self {
            store,
            first: if first < LINE { first } else { 0 },
            words,
        }
    }

    pub(crate) fn words(&self) -> &[T] {
        &self.store[self.first..self.first + self.words]
    }

    pub(crate) fn words_mut(&mut self) -> &mut [T] {
        &mut self.store[self.first..self.first + self.words]
    }
}
