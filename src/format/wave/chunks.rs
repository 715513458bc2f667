//! The chunks of a RIFF, RF64 or BW64 file: where each lies, and which sizes can be believed.
//!
//! Every step of the walk moves at least eight bytes on, sizes are 64-bit and checked against the length
//! of the file, and nothing is allocated by a size that the file claims.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::format::source::{ChunkFacts, ChunkId};
use crate::{Error, Result};

/// Most chunks a file may have; a file of empty chunks would otherwise fill the memory with their list.
const MOST_CHUNKS: usize = 1_000_000;

/// A 32-bit size that means "see ds64" or "not known when the header was written".
const UNKNOWN_SIZE: u32 = u32::MAX;

/// Names of chunks that are usual, for where it is in doubt whether a chunk begins.
const KNOWN: &[&[u8; 4]] = &[
    b"data", b"fmt ", b"LIST", b"list", b"bext", b"axml", b"bxml", b"sxml", b"chna", b"ds64",
    b"fact", b"JUNK", b"junk", b"PAD ", b"FLLR", b"cue ", b"plst", b"smpl", b"inst", b"iXML",
    b"aXML", b"_PMX", b"XMP ", b"cart", b"levl", b"link", b"umid", b"mext", b"ubxt", b"dbmd",
    b"ID3 ", b"id3 ", b"PEAK", b"minf", b"elm1", b"elmo", b"regn", b"afsp", b"acid", b"strc",
    b"DISP", b"LGWV", b"ResU", b"SAUR", b"r64m", b"wavl", b"slnt",
];

/// The chunks of a file.
#[derive(Debug)]
pub(super) struct ChunkMap {
    /// "RIFF", "RF64" or "BW64".
    pub(super) container: &'static str,
    /// All chunks in the order of the file; the size of `data` is what is really there.
    pub(super) chunks: Vec<ChunkFacts>,
    /// What was odd and how it was mended.
    pub(super) warnings: Vec<String>,
}

impl ChunkMap {
    /// The chunks of the given name, in the order of the file.
    pub(super) fn all(&self, id: [u8; 4]) -> impl Iterator<Item = &ChunkFacts> {
        self.chunks.iter().filter(move |chunk| chunk.id.0 == id)
    }
}

/// Sizes of the ds64 chunk (EBU Tech 3306, 3.5).
#[derive(Debug, Default)]
struct Ds64 {
    data: u64,
    others: Vec<([u8; 4], u64)>,
}

/// A file read at given places through one buffer.
struct Cursor<'a> {
    path: &'a Path,
    reader: BufReader<&'a File>,
    at: u64,
}

impl Cursor<'_> {
    /// Fills `bytes` from byte `offset` of the file.
    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        // Both lie within the file, whose length fits an i64.
        let step = offset as i64 - self.at as i64;
        self.reader
            .seek_relative(step)
            .and_then(|()| self.reader.read_exact(bytes))
            .map_err(|e| Error::io(self.path, "read", e))?;
        self.at = offset + bytes.len() as u64;
        Ok(())
    }

    /// The name and 32-bit size of the chunk whose header is at `offset`.
    fn header_at(&mut self, offset: u64) -> Result<([u8; 4], u32)> {
        let mut header = [0; 8];
        self.read_at(offset, &mut header)?;
        let [a, b, c, d, size @ ..] = header;
        Ok(([a, b, c, d], u32::from_le_bytes(size)))
    }
}

/// "chunk "fmt " at byte 12".
pub(super) fn chunk_place(id: [u8; 4], header: u64) -> String {
    format!("chunk \"{}\" at byte {header}", id.escape_ascii())
}

/// Walks the chunks of `file`, `length` bytes long.
pub(super) fn walk(path: &Path, file: &File, length: u64) -> Result<ChunkMap> {
    let mut cursor = Cursor {
        path,
        reader: BufReader::with_capacity(16 * 1024, file),
        at: 0,
    };
    if length < 12 {
        let reason = format!("the header is cut after {length} bytes");
        return Err(Error::malformed(path, "WAV", "", reason));
    }
    let mut form = [0; 12];
    cursor.read_at(0, &mut form)?;
    let container = match (&form[..4], &form[8..]) {
        (b"RIFF", b"WAVE") => "RIFF",
        (b"RF64", b"WAVE") => "RF64",
        (b"BW64", b"WAVE") => "BW64",
        _ => {
            let found = form.escape_ascii();
            return Err(Error::malformed(
                path,
                "WAV",
                "byte 0",
                format!("it begins \"{found}\" in place of \"RIFF....WAVE\""),
            ));
        }
    };
    let form_size = u32::from_le_bytes([form[4], form[5], form[6], form[7]]);
    let claimed = u64::from(form_size) + 8;

    let mut map = ChunkMap {
        container,
        chunks: Vec::new(),
        warnings: Vec::new(),
    };
    let mut ds64: Option<Ds64> = None;
    let mut has_data = false;
    let mut after_odd = false;
    let mut at = 12;
    while at < length {
        if length - at < 8 {
            let stray = length - at;
            map.warnings.push(format!(
                "{stray} stray bytes after the last chunk are ignored"
            ));
            break;
        }
        let (mut id, mut size) = cursor.header_at(at)?;
        if after_odd {
            // Some programs forget the pad byte after a chunk of odd size.
            let unpadded = cursor.header_at(at - 1)?;
            if likeness(unpadded, length - at - 7) > likeness((id, size), length - at - 8) {
                (id, size) = unpadded;
                at -= 1;
                map.warnings.push(format!(
                    "the pad byte before {} is missing",
                    chunk_place(id, at)
                ));
            }
        }
        if !is_name(id) {
            if has_data {
                let stray = length - at;
                map.warnings.push(format!(
                    "{stray} bytes after the last chunk are no chunk and are ignored"
                ));
                break;
            }
            let reason = "a chunk name is four printable characters; the file is damaged here";
            return Err(Error::malformed(path, "WAV", chunk_place(id, at), reason));
        }
        if map.chunks.len() == MOST_CHUNKS {
            let reason = format!("there are more than {MOST_CHUNKS} chunks");
            return Err(Error::malformed(path, "WAV", chunk_place(id, at), reason));
        }

        let content = at + 8;
        let available = length - content;
        let size = if id == *b"data" {
            if has_data {
                let reason = "there is a second data chunk; a WAV file has one";
                return Err(Error::malformed(path, "WAV", chunk_place(id, at), reason));
            }
            has_data = true;
            data_size(
                &mut cursor,
                size,
                content,
                length,
                ds64.as_ref(),
                &mut map.warnings,
            )?
        } else {
            let listed = ds64.as_ref().filter(|_| size == UNKNOWN_SIZE);
            let listed = listed.and_then(|sizes| sizes.others.iter().find(|row| row.0 == id));
            let size = listed.map_or(u64::from(size), |row| row.1);
            if size > available && has_data && container == "RIFF" && claimed <= at {
                let stray = length - at;
                map.warnings.push(format!(
                    "{stray} bytes after the end that the header names are no chunk and are ignored"
                ));
                break;
            }
            if size > available {
                let reason = format!(
                    "it claims {size} bytes but only {available} follow; the file is cut or damaged"
                );
                return Err(Error::malformed(path, "WAV", chunk_place(id, at), reason));
            }
            size
        };
        if id == *b"ds64" && ds64.is_none() {
            ds64 = Some(read_ds64(&mut cursor, content, size)?);
        }
        map.chunks.push(ChunkFacts {
            id: ChunkId(id),
            offset: content,
            size,
        });
        after_odd = size % 2 == 1;
        at = content + size + size % 2;
    }

    if container != "RIFF" && ds64.is_none() {
        let reason = format!("a {container} file keeps its sizes in a ds64 chunk; there is none");
        return Err(Error::malformed(path, "WAV", "", reason));
    }
    if container == "RIFF"
        && form_size != UNKNOWN_SIZE
        && form_size != 0
        && claimed.abs_diff(length) > 1
    {
        map.warnings.push(format!(
            "the header says the file has {claimed} bytes; it has {length}"
        ));
    }
    Ok(map)
}

/// How many bytes of samples follow at `content`, whatever the header says.
fn data_size(
    cursor: &mut Cursor<'_>,
    size: u32,
    content: u64,
    length: u64,
    ds64: Option<&Ds64>,
    warnings: &mut Vec<String>,
) -> Result<u64> {
    let available = length - content;
    let listed = ds64.map_or(0, |sizes| sizes.data);
    let claimed = match size {
        0 | UNKNOWN_SIZE if listed != 0 && listed != u64::MAX => Some(listed),
        UNKNOWN_SIZE => None,
        0 if chunks_follow(cursor, content, length)? => Some(0),
        0 => None,
        size => Some(u64::from(size)),
    };
    match claimed {
        None => {
            warnings.push(format!(
                "the data chunk gives no size, as a stream does; all {available} bytes to the end of \
                 the file are read as samples"
            ));
            Ok(available)
        }
        Some(claimed) if claimed > available && available == 0 => {
            let reason = format!("it claims {claimed} bytes of samples, but the file is cut here");
            let place = chunk_place(*b"data", content - 8);
            Err(Error::malformed(cursor.path, "WAV", place, reason))
        }
        Some(claimed) if claimed > available => {
            warnings.push(format!(
                "the data chunk claims {claimed} bytes but only {available} follow; the file is cut, \
                 and the whole frames that are there are read"
            ));
            Ok(available)
        }
        Some(claimed) => Ok(claimed),
    }
}

/// True if from byte `at` to the end of the file there is nothing, or one whole chunk after another: then
/// a data size of 0 means what it says.
fn chunks_follow(cursor: &mut Cursor<'_>, mut at: u64, length: u64) -> Result<bool> {
    // A few chunks settle it: samples do not look like several in a row.
    for _ in 0..64 {
        if at >= length {
            return Ok(true);
        }
        if length - at < 8 {
            return Ok(false);
        }
        let (id, size) = cursor.header_at(at)?;
        let size = u64::from(size);
        if !is_name(id) || size > length - at - 8 {
            return Ok(false);
        }
        at += 8 + size + size % 2;
    }
    Ok(true)
}

/// Reads the ds64 chunk. Its table may be shorter than the chunk (Pro Tools pads it), never longer.
fn read_ds64(cursor: &mut Cursor<'_>, content: u64, size: u64) -> Result<Ds64> {
    let place = || chunk_place(*b"ds64", content - 8);
    if size < 24 {
        let reason = format!("it has {size} bytes; at least 24 are needed for the sizes");
        return Err(Error::malformed(cursor.path, "WAV", place(), reason));
    }
    let mut fixed = [0; 28];
    let present = size.min(28) as usize;
    cursor.read_at(content, &mut fixed[..present])?;
    let data = u64::from_le_bytes(take(&fixed, 8));
    let rows = u32::from_le_bytes(take(&fixed, 24));
    if present == 28 && u64::from(rows) * 12 > size - 28 {
        let reason = format!("its table of {rows} rows does not fit its {size} bytes");
        return Err(Error::malformed(cursor.path, "WAV", place(), reason));
    }
    let mut others = Vec::new();
    for row in 0..u64::from(rows).min(MOST_CHUNKS as u64) {
        let mut bytes = [0; 12];
        cursor.read_at(content + 28 + 12 * row, &mut bytes)?;
        others.push((take(&bytes, 0), u64::from_le_bytes(take(&bytes, 4))));
    }
    Ok(Ds64 { data, others })
}

/// The `N` bytes of `bytes` from `at` on.
pub(super) fn take<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N]
        .try_into()
        .expect("the range has as many bytes as the array")
}

fn is_name(id: [u8; 4]) -> bool {
    id.iter().all(|b| (32..127).contains(b))
}

/// How much a name and size look like the header of a chunk with so many bytes behind it. What is read one byte late
/// may have a printable name too ("ata" and a byte of the size), so a known name counts most.
fn likeness((id, size): ([u8; 4], u32), available: u64) -> u8 {
    // The size of `data` may be that of a stream, or of a file that is cut.
    let fits = u64::from(size) <= available || size == UNKNOWN_SIZE || id == *b"data";
    match (is_name(id), KNOWN.contains(&&id)) {
        (true, true) if fits => 3,
        (true, _) if fits => 2,
        (true, _) => 1,
        (false, _) => 0,
    }
}

/// Reads the content of one chunk, at most `limit` bytes of it.
pub(super) fn read_chunk(
    path: &Path,
    file: &mut File,
    chunk: &ChunkFacts,
    limit: u64,
) -> Result<Vec<u8>> {
    if chunk.size > limit {
        let reason = format!("it has {} bytes; at most {limit} are taken", chunk.size);
        let place = chunk_place(chunk.id.0, chunk.offset - 8);
        return Err(Error::malformed(path, "WAV", place, reason));
    }
    // The walk has found that the chunk lies within the file: this is no claim any more.
    let mut content = Vec::with_capacity(chunk.size as usize);
    io::Seek::seek(file, io::SeekFrom::Start(chunk.offset))
        .and_then(|_| file.take(chunk.size).read_to_end(&mut content))
        .map_err(|e| Error::io(path, "read", e))?;
    if content.len() as u64 != chunk.size {
        let end = io::Error::from(io::ErrorKind::UnexpectedEof);
        return Err(Error::io(path, "read", end));
    }
    Ok(content)
}
