//! Where in a buffer the system copies to and from quickly.
//!
//! It copies with `rep movsb`, for which processors of the generations Zen 3 and Zen 4 take four times as long if the
//! destination lies up to about 50 bytes behind the source within a page, wherever the pages are: 1.7 GB/s in place of
//! 7 (measured with reads from the page cache; <https://sourceware.org/bugzilla/show_bug.cgi?id=30994>). For a buffer
//! whose place is left to chance that is a matter of luck, and of the length of the file's header.

use std::ops::{Deref, DerefMut};

/// Bytes that a buffer needs beside those that are read.
pub(super) const SLACK: usize = PAGE;

const PAGE: usize = 4096;

/// How far behind the source the destination is to lie within a page: far from both ends of it.
const DISTANCE: usize = PAGE / 4;

/// The first place in `buffer`, from byte `least` on and before `least` + [`SLACK`], to which the bytes of a file from
/// byte `at` on are copied quickly.
pub(super) fn quick_place(buffer: &[u8], least: usize, at: u64) -> usize {
    let destination = buffer.as_ptr().addr().wrapping_add(least) % PAGE;
    let source = (at % PAGE as u64) as usize;
    least + (source + DISTANCE + PAGE - destination) % PAGE
}

/// A buffer from which the system copies quickly to where a page of a file begins.
#[derive(Debug)]
pub(super) struct Outgoing {
    store: Vec<u8>,
    first: usize,
}

impl Outgoing {
    /// So many zeros.
    pub(super) fn new(bytes: usize) -> Self {
        let mut store = vec![0; bytes + SLACK];
        let first = quick_place(&store, 0, 0);
        store.truncate(first + bytes);
        Self { store, first }
    }
}

impl Deref for Outgoing {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.store[self.first..]
    }
}

impl DerefMut for Outgoing {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.store[self.first..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_goes_out_begins_far_from_the_border_of_a_page() {
        for bytes in [1, 5000, 300_000] {
            let buffer = Outgoing::new(bytes);
            assert_eq!(buffer.len(), bytes);
            assert_eq!(buffer.as_ptr().addr() % PAGE, DISTANCE);
        }
    }

    #[test]
    fn every_byte_of_a_file_is_copied_to_the_same_distance() {
        let buffer = vec![0; 3 * PAGE];
        for at in (0..3 * PAGE as u64).step_by(13) {
            for least in [0, 4, PAGE] {
                let place = quick_place(&buffer, least, at);
                assert!((least..least + SLACK).contains(&place), "{place}");
                let apart = buffer[place..].as_ptr().addr() as u64 + PAGE as u64 * 4 - at;
                assert_eq!(apart % PAGE as u64, DISTANCE as u64, "byte {at} at {place}");
            }
        }
    }
}
