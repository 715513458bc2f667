//! The boxes of an MP4 file (ISO/IEC 14496-12, 4.2): length, four letters, content.
//!
//! A length of 0 reaches to the end of what surrounds the box, 1 says that 64 bits of length follow. No length is
//! believed before it is held against what is there, and none decides how much memory is taken.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// What is wrong with an MP4 file, and the byte of the file at which it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: u64,
    pub(super) reason: String,
}

impl Fault {
    pub(super) fn new(at: u64, reason: impl Into<String>) -> Self {
        Self {
            at,
            reason: reason.into(),
        }
    }
}

/// A box and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Atom<'a> {
    pub(super) kind: [u8; 4],
    /// Byte of the file at which its content begins.
    pub(super) at: u64,
    pub(super) content: &'a [u8],
}

/// The boxes in `bytes`, which begin at byte `at` of the file, up to the first fault.
pub(super) fn atoms(bytes: &[u8], at: u64) -> Atoms<'_> {
    Atoms { rest: bytes, at }
}

#[derive(Debug)]
pub(super) struct Atoms<'a> {
    rest: &'a [u8],
    at: u64,
}

impl<'a> Iterator for Atoms<'a> {
    type Item = Result<Atom<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        // User data may close with four zero bytes (QuickTime File Format, "User Data Atoms").
        if self.rest.len() < 8 {
            return None;
        }
        let head = match Head::of(self.rest, self.at, self.rest.len() as u64) {
            Ok(head) => head,
            Err(fault) => {
                self.rest = &[];
                return Some(Err(fault));
            }
        };
        // What `of` gives fits what is there.
        let (whole, rest) = self.rest.split_at(head.size as usize);
        let atom = Atom {
            kind: head.kind,
            at: self.at + head.length,
            content: &whole[head.length as usize..],
        };
        self.rest = rest;
        self.at += head.size;
        Some(Ok(atom))
    }
}

/// The first bytes of a box.
#[derive(Debug, Clone, Copy)]
struct Head {
    kind: [u8; 4],
    /// Bytes of the head itself, 8 or 16.
    length: u64,
    /// Bytes of the whole box, at least `length` and at most what is left.
    size: u64,
}

impl Head {
    /// Reads the head in front of `bytes`, which stand at byte `at` of the file with `left` bytes to the end.
    fn of(bytes: &[u8], at: u64, left: u64) -> Result<Self, Fault> {
        let cut = || Fault::new(at, "the head of a box is cut off");
        let short = number(bytes, 0).ok_or_else(cut)?;
        let kind: [u8; 4] = bytes
            .get(4..8)
            .and_then(|kind| kind.try_into().ok())
            .ok_or_else(cut)?;
        let (length, size) = match short {
            0 => (8, left),
            1 => (16, long_number(bytes, 8).ok_or_else(cut)?),
            size => (8, u64::from(size)),
        };
        if size < length || size > left {
            let reason = format!(
                "the box \"{}\" says that it has {size} bytes; {left} are left: the file is cut off or damaged",
                kind.escape_ascii()
            );
            return Err(Fault::new(at, reason));
        }
        Ok(Self { kind, length, size })
    }
}

/// Big-endian 32 bits at `at`, if they are there.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// Big-endian 64 bits at `at`, if they are there.
pub(super) fn long_number(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// Largest box that is read: tables of some days of sound, with pictures.
const LARGEST_MOVIE: u64 = 64 << 20;

/// Most boxes that are passed over in search of one: hours of fragments of one packet each.
const MOST_BOXES: usize = 1_000_000;

/// Finds the box `moov` of a file of `length` bytes; gives the byte at which its content begins, and the content.
pub(super) fn movie(file: &mut File, length: u64) -> Result<(u64, Vec<u8>), Fault> {
    let mut walk = Walk::new(file, length);
    walk.next(b"moov")?.ok_or_else(|| {
        Fault::new(
            walk.at,
            "it has no box \"moov\", which lists the tracks: the file is not complete, or no sound; export it again",
        )
    })
}

/// A walk along the boxes of a file that stand inside no other.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    file: &'a mut File,
    length: u64,
    /// Byte at which the next box begins.
    at: u64,
    passed: usize,
}

impl<'a> Walk<'a> {
    /// Begins at the first box of a file of `length` bytes.
    pub(super) fn new(file: &'a mut File, length: u64) -> Self {
        Self {
            file,
            length,
            at: 0,
            passed: 0,
        }
    }

    /// Goes behind the next box of this kind; gives the byte at which its content begins, and the content.
    pub(super) fn next(&mut self, kind: &[u8; 4]) -> Result<Option<(u64, Vec<u8>)>, Fault> {
        while self.length - self.at >= 8 {
            if self.passed == MOST_BOXES {
                let reason = format!("more than {MOST_BOXES} boxes stand before this one");
                return Err(Fault::new(self.at, reason));
            }
            self.passed += 1;
            let at = self.at;
            let head = Head::of(&self.read(at, 16)?, at, self.length - at)?;
            self.at += head.size;
            if &head.kind != kind {
                continue;
            }
            let content = head.size - head.length;
            if content > LARGEST_MOVIE {
                let reason = format!(
                    "the box \"{}\" has {content} bytes; at most {LARGEST_MOVIE} are read: export the file again",
                    kind.escape_ascii()
                );
                return Err(Fault::new(at, reason));
            }
            let from = at + head.length;
            return Ok(Some((from, self.read(from, content)?)));
        }
        Ok(None)
    }

    /// At most `count` bytes from byte `at` on.
    fn read(&mut self, at: u64, count: u64) -> Result<Vec<u8>, Fault> {
        let unread = |e: std::io::Error| Fault::new(at, format!("it cannot be read: {e}"));
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(at)).map_err(unread)?;
        self.file
            .by_ref()
            .take(count)
            .read_to_end(&mut bytes)
            .map_err(unread)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(bytes: &[u8]) -> (Vec<(String, u64, usize)>, Option<Fault>) {
        let mut found = Vec::new();
        for atom in atoms(bytes, 100) {
            match atom {
                Ok(atom) => found.push((
                    atom.kind.escape_ascii().to_string(),
                    atom.at,
                    atom.content.len(),
                )),
                Err(fault) => return (found, Some(fault)),
            }
        }
        (found, None)
    }

    #[test]
    fn every_form_of_length_is_read_and_none_beyond_the_end_is_believed() {
        let short = [&[0, 0, 0, 10][..], b"free", &[1, 2]].concat();
        let long = [&[0, 0, 0, 1][..], b"wide", &19u64.to_be_bytes(), &[1, 2, 3]].concat();
        let open = [&[0, 0, 0, 0][..], b"udta", &[1; 5]].concat();
        let (found, fault) = listed(&[&short[..], &long, &open].concat());
        let expected = [("free", 108, 2), ("wide", 126, 3), ("udta", 137, 5)];
        assert_eq!(
            found,
            expected.map(|(kind, at, n)| (kind.to_owned(), at, n))
        );
        assert_eq!(fault, None);
        // Four zero bytes that close user data.
        assert_eq!(listed(&[&short[..], &[0; 4]].concat()).1, None);
        for (bytes, at) in [
            ([&[0, 0, 0, 7][..], b"free"].concat(), 100),
            ([&[0, 0, 0, 9][..], b"free"].concat(), 100),
            ([&[0xff; 4][..], b"free", &[0; 40]].concat(), 100),
            (
                [&[0, 0, 0, 1][..], b"free", &[0xff; 8], &[0; 40]].concat(),
                100,
            ),
            (
                [&[0, 0, 0, 1][..], b"free", &15u64.to_be_bytes()].concat(),
                100,
            ),
            ([&[0, 0, 0, 1][..], b"free", &[0; 3]].concat(), 100),
            ([&short[..], &[0, 0, 1, 0], b"free"].concat(), 110),
        ] {
            let (_, fault) = listed(&bytes);
            assert_eq!(fault.map(|fault| fault.at), Some(at), "{bytes:?}");
        }
    }
}
