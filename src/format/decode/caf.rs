//! CAF files in the form in which the decoder reads all that the format allows.
//!
//! The decoder takes an open-ended data chunk for a wrong one, bytes that fill up a packet table for packets, and bytes
//! behind the last chunk for the next. Here the file's chunks are walked first (Apple, "Core Audio Format
//! Specification 1.0"), and it gets a view of the file without such bytes, in which sizes are what they are.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::io::MediaSource;

/// Bytes before the first chunk, and of the head of a chunk: four letters and a size.
const FILE_HEAD: u64 = 8;
const CHUNK_HEAD: u64 = 12;

/// Longest packet table that is looked into: of a day of packets of 64 frames at 192 kHz.
const LONGEST_TABLE: u64 = 1 << 30;

/// Most chunks of a file.
const MOST_CHUNKS: usize = 4096;

/// Bytes of the data chunk before the sound.
const EDIT_COUNT: u64 = 4;

/// Bytes before the table of a packet table chunk: packets, frames, priming and remainder frames.
const TABLE_HEAD: usize = 24;

/// A CAF file as the decoder gets to see it.
pub(super) struct CafView {
    file: File,
    /// What it is made of, in order, each piece behind the bytes before it.
    pieces: Vec<(u64, Piece)>,
    length: u64,
    position: u64,
    /// Bytes of sound in the data chunk, if there is one.
    data_bytes: Option<u64>,
}

#[derive(Debug)]
enum Piece {
    /// Bytes of the file.
    Stretch(Range<u64>),
    /// The head of a chunk with its size.
    Head([u8; CHUNK_HEAD as usize]),
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Stretch(range) => range.end - range.start,
            Self::Head(bytes) => bytes.len() as u64,
        }
    }
}

impl CafView {
    /// The view of `file`; what is broken in it stays so, for the decoder to tell.
    pub(super) fn new(mut file: File) -> io::Result<Self> {
        let end = file.metadata()?.len();
        let mut view = Self {
            pieces: Vec::new(),
            length: 0,
            position: 0,
            data_bytes: None,
            file: file.try_clone()?,
        };
        view.push(Piece::Stretch(0..FILE_HEAD.min(end)));
        let mut at = FILE_HEAD;
        // Integers of each packet in the table.
        let mut numbers = 0;
        for _ in 0..MOST_CHUNKS {
            if end.saturating_sub(at) < CHUNK_HEAD {
                return Ok(view);
            }
            let mut head = [0; CHUNK_HEAD as usize];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut head)?;
            let from = at + CHUNK_HEAD;
            let (name, size) = head.split_at(4);
            let stated = size.try_into().map_or(0, i64::from_be_bytes);
            let size = match (name, u64::try_from(stated)) {
                (b"data", Err(_)) if stated == -1 => end - from,
                (_, Ok(size)) => size,
                // No size of anything.
                (_, Err(_)) => break,
            };
            let content = from..from.saturating_add(size).min(end);
            let mut used = size;
            match name {
                b"data" => {
                    let content = content.end - content.start;
                    view.data_bytes = Some(content.saturating_sub(EDIT_COUNT));
                }
                b"desc" => numbers = numbers_of(&read(&mut file, &content, 32)?),
                b"pakt" => {
                    let table = read(&mut file, &content, LONGEST_TABLE)?;
                    used = table_bytes(&table, numbers).map_or(size, |bytes| bytes.min(size));
                }
                _ => {}
            }
            head[4..].copy_from_slice(&used.to_be_bytes());
            view.push(Piece::Head(head));
            view.push(Piece::Stretch(from..from.saturating_add(used).min(end)));
            at = content.end;
        }
        view.push(Piece::Stretch(at..end));
        Ok(view)
    }

    /// Bytes of sound that the data chunk has; `None` if there is no such chunk.
    pub(super) fn data_bytes(&self) -> Option<u64> {
        self.data_bytes
    }

    fn push(&mut self, piece: Piece) {
        let length = piece.length();
        self.pieces.push((self.length, piece));
        self.length += length;
    }
}

/// At most `most` bytes of a stretch of the file.
fn read(file: &mut File, content: &Range<u64>, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let count = (content.end - content.start).min(most);
    file.seek(SeekFrom::Start(content.start))?;
    file.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How many integers the table has for each packet, by the description: bytes and frames, where they vary.
fn numbers_of(description: &[u8]) -> usize {
    let varies = |at: usize| description.get(at..at + 4) == Some(&[0; 4]);
    usize::from(varies(16)) + usize::from(varies(20))
}

/// Bytes of a packet table up to its last packet; `None` if there are fewer.
fn table_bytes(table: &[u8], numbers: usize) -> Option<u64> {
    let packets = u64::from_be_bytes(table.get(..8)?.try_into().ok()?);
    let mut left = packets.checked_mul(numbers as u64)?;
    let mut at = TABLE_HEAD;
    while left > 0 {
        // Seven bits a byte; the last one of an integer has its highest bit clear.
        left -= u64::from(table.get(at)? & 0x80 == 0);
        at += 1;
    }
    (at <= table.len()).then_some(at as u64)
}

impl Read for CafView {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let next = self.pieces.partition_point(|(at, _)| *at <= self.position);
        let Some((at, piece)) = next.checked_sub(1).and_then(|n| self.pieces.get(n)) else {
            return Ok(0);
        };
        let within = self.position - at;
        let left = piece.length().saturating_sub(within);
        let count = to.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if count == 0 {
            // Behind the end; the system may not know such a place.
            return Ok(0);
        }
        let done = match piece {
            Piece::Stretch(range) => {
                self.file.seek(SeekFrom::Start(range.start + within))?;
                self.file.read(&mut to[..count])?
            }
            Piece::Head(bytes) => {
                to[..count].copy_from_slice(&bytes[within as usize..][..count]);
                count
            }
        };
        self.position += done as u64;
        Ok(done)
    }
}

impl Seek for CafView {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl MediaSource for CafView {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
