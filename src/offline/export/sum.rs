//! A checksum of a stream.

use std::io::Write;

/// Words taken together: each has a state of its own, so that none waits for the one before.
const LANES: usize = 4;

/// Bytes taken together.
const BYTES: usize = 8 * LANES;

/// A checksum that depends on every byte and on nothing else (FNV-1a of 64 bits, by words of eight bytes).
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    states: [u64; LANES],
    /// Bytes that do not fill all words yet.
    rest: [u8; BYTES],
    filled: usize,
}

impl Sum {
    pub(super) fn new() -> Self {
        Self {
            states: [0xcbf2_9ce4_8422_2325, 1, 2, 3],
            rest: [0; BYTES],
            filled: 0,
        }
    }

    pub(super) fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.filled == 0 && bytes.len() >= BYTES {
                let (groups, rest) = bytes.as_chunks::<BYTES>();
                for group in groups {
                    self.turn(group);
                }
                bytes = rest;
                continue;
            }
            let count = bytes.len().min(BYTES - self.filled);
            self.rest[self.filled..self.filled + count].copy_from_slice(&bytes[..count]);
            self.filled += count;
            bytes = &bytes[count..];
            if self.filled == BYTES {
                let group = self.rest;
                self.turn(&group);
                self.filled = 0;
            }
        }
    }

    fn turn(&mut self, group: &[u8; BYTES]) {
        let words = group.as_chunks::<8>().0;
        for (state, word) in self.states.iter_mut().zip(words) {
            *state = mixed(*state, u64::from_le_bytes(*word));
        }
    }

    pub(super) fn value(mut self) -> u64 {
        let filled = self.filled;
        self.rest[filled..].fill(0);
        let group = self.rest;
        self.turn(&group);
        let states = self.states.iter();
        states.fold(filled as u64, |sum, state| mixed(sum, *state))
    }
}

fn mixed(state: u64, word: u64) -> u64 {
    let state = (state ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    state ^ state >> 29
}

/// Adds up what goes through.
pub(super) struct Summed<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) sum: &'a mut Sum,
}

impl Write for Summed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.sum.add(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_depends_on_every_byte_and_on_no_cut() {
        let bytes: Vec<u8> = (0..100).collect();
        let of = |bytes: &[u8], cut: usize| {
            let mut sum = Sum::new();
            sum.add(&bytes[..cut]);
            sum.add(&bytes[cut..]);
            sum.value()
        };
        let whole = of(&bytes, 0);
        for n in 0..100 {
            assert_eq!(of(&bytes, n), whole);
            let mut changed = bytes.clone();
            changed[n] ^= 1;
            assert_ne!(of(&changed, 3), whole, "byte {n}");
        }
        // Words that have changed places.
        for n in 1..12 {
            let mut changed = bytes.clone();
            changed[..8].copy_from_slice(&bytes[8 * n..8 * n + 8]);
            changed[8 * n..8 * n + 8].copy_from_slice(&bytes[..8]);
            assert_ne!(of(&changed, 0), whole, "word {n}");
        }
        assert_ne!(of(&bytes[..99], 0), whole);
        assert_ne!(of(&[0; 7], 0), of(&[0; 8], 0));
    }
}
