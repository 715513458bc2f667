//! Reads a master again before it gets its name.

use std::io::Read;
use std::path::Path;

use crate::error::Severity;
use crate::format::adm::{self, Selection};
use crate::format::{AudioSource, WaveReader};
use crate::{Error, Result};

/// An axml chunk up to this size is understood again, a larger one only compared byte by byte.
const UNDERSTOOD: u64 = 64 << 20;

/// What the file must turn out to be.
pub(super) struct Meant<'a> {
    /// The final name, for messages.
    pub(super) path: &'a Path,
    /// Checksum of what was written as axml.
    pub(super) axml: u64,
    pub(super) chna: &'a [u8],
    pub(super) tracks: usize,
    pub(super) blocks: usize,
}

/// A checksum of a stream (FNV-1a of 64 bits, by words of eight bytes).
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    state: u64,
    word: [u8; 8],
    filled: usize,
}

impl Sum {
    pub(super) fn new() -> Self {
        Self {
            state: 0xcbf2_9ce4_8422_2325,
            word: [0; 8],
            filled: 0,
        }
    }

    pub(super) fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.filled == 0 && bytes.len() >= 8 {
                let (words, rest) = bytes.as_chunks::<8>();
                for word in words {
                    self.turn(*word);
                }
                bytes = rest;
                continue;
            }
            let count = bytes.len().min(8 - self.filled);
            self.word[self.filled..self.filled + count].copy_from_slice(&bytes[..count]);
            self.filled += count;
            bytes = &bytes[count..];
            if self.filled == 8 {
                self.turn(self.word);
                self.filled = 0;
            }
        }
    }

    fn turn(&mut self, word: [u8; 8]) {
        self.state = (self.state ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
        self.state ^= self.state >> 29;
    }

    pub(super) fn value(mut self) -> u64 {
        let filled = self.filled;
        self.word[filled..].fill(0);
        self.turn(self.word);
        self.state ^ filled as u64
    }
}

/// Compares the metadata of the file at `part` with what was meant.
pub(super) fn verify(part: &Path, meant: &Meant<'_>) -> Result<()> {
    let differs = |reason: String| Error::Verify {
        path: meant.path.to_path_buf(),
        reason,
    };
    let file = WaveReader::open(part)?;
    let size = |id: &[u8; 4]| {
        let mut chunks = file.facts().chunks.iter();
        chunks
            .find(|chunk| chunk.id.0 == *id)
            .map_or(0, |chunk| chunk.size)
    };
    if file.chunk(*b"chna", 8 << 20)?.as_deref() != Some(meant.chna) {
        return Err(differs("the chna chunk is not what was written".to_owned()));
    }
    let mut sum = Sum::new();
    if let Some(mut axml) = file.chunk_reader(*b"axml")? {
        let mut buffer = vec![0; 256 << 10];
        loop {
            let count = axml
                .read(&mut buffer)
                .map_err(|e| Error::io(meant.path, "read", e))?;
            if count == 0 {
                break;
            }
            sum.add(&buffer[..count]);
        }
    }
    if sum.value() != meant.axml {
        return Err(differs("the axml chunk is not what was written".to_owned()));
    }
    if size(b"axml") > UNDERSTOOD {
        return Ok(());
    }
    let document = adm::read(part)?;
    let faults = |findings: &[crate::error::Finding]| {
        let mut errors = findings.iter().filter(|f| f.severity == Severity::Error);
        errors
            .next()
            .map(|finding| format!("{}: {}", finding.code, finding.message))
    };
    let master = match document.master(&Selection::default()) {
        Ok(master) => master,
        Err(Error::Session { findings, .. }) => {
            let fault = faults(&findings).unwrap_or_default();
            return Err(differs(format!("its metadata cannot be played: {fault}")));
        }
        Err(error) => return Err(error),
    };
    if document.chna.len() != meant.tracks || master.objects.len() > meant.tracks {
        return Err(differs(format!(
            "it has {} tracks; {} were written",
            document.chna.len(),
            meant.tracks
        )));
    }
    if document.block_count() != meant.blocks {
        return Err(differs(format!(
            "it has {} metadata blocks; {} were written",
            document.block_count(),
            meant.blocks
        )));
    }
    Ok(())
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
        assert_ne!(of(&bytes[..99], 0), whole);
        assert_ne!(of(&[0; 7], 0), of(&[0; 8], 0));
    }
}
