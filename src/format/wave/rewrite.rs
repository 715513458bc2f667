//! Copies a WAV file and puts new contents in place of some chunks behind or before its samples. Everything else
//! stays byte for byte: samples, unknown chunks, what stands between them.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use super::reader::WaveReader;
use super::writer::{RIFF_LIMIT, check_free, check_not_input};
use crate::format::part::Part;
use crate::format::sniff;
use crate::format::source::{AudioFacts, AudioSource, ChunkFacts, ChunkId};
use crate::{Error, Result};

/// Writes the new content of a chunk.
pub(in crate::format) type Rewrite<'a> = Box<dyn FnOnce(&mut dyn Write) -> Result<()> + 'a>;

/// Bytes that are copied before somebody may stop it.
const AT_ONCE: u64 = 32 << 20;

/// Bytes that are compared at a time.
const COMPARED: usize = 1 << 20;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::format) struct Rewritten {
    pub(in crate::format) bytes: u64,
    pub(in crate::format) container: &'static str,
}

/// A stretch of the new file.
enum Piece<'a> {
    /// As it stands in the old one.
    Kept(Range<u64>),
    /// A chunk with a new content.
    New(ChunkId, Rewrite<'a>),
}

/// Copies `input` to `output` with the chunks of `replaced`; one that `input` does not have comes behind all
/// others. `check` looks at the temporary file before it gets its name. `watch` is told how many bytes are
/// copied and compared, of how many.
///
/// # Errors
/// `output` exists and `overwrite` is false, or is `input`; reading, writing or `check` fails; the copy, read
/// again, differs. Nothing is left behind then.
pub(in crate::format) fn rewrite(
    input: &Path,
    output: &Path,
    overwrite: bool,
    replaced: Vec<(ChunkId, Rewrite<'_>)>,
    check: &mut dyn FnMut(&Path) -> Result<()>,
    watch: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Rewritten> {
    check_free(output, overwrite)?;
    check_not_input(input, output)?;
    let reader = WaveReader::open(input)?;
    let facts = reader.facts().clone();
    let mut source = sniff::open_regular(input)?;
    let length = source
        .metadata()
        .map_err(|e| Error::io(input, "read", e))?
        .len();
    let pieces = pieces(&facts.chunks, length, replaced);
    let created = |e| Error::io(output, "create", e);
    let (part, file) = Part::create(output).map_err(created)?;
    let mut file = file.try_clone().map_err(created)?;
    let failed = |e| Error::io(output, "write to", e);
    let mut done = 0;
    // Stretches that are the same: where they begin in the old and in the new file, and how long they are.
    let mut kept: Vec<(u64, u64, u64)> = Vec::new();
    for piece in pieces {
        let at = file.stream_position().map_err(failed)?;
        match piece {
            Piece::Kept(range) => {
                kept.push((range.start, at, range.end - range.start));
                source
                    .seek(SeekFrom::Start(range.start))
                    .map_err(|e| Error::io(input, "read", e))?;
                let mut left = range.end - range.start;
                while left > 0 {
                    let wanted = left.min(AT_ONCE);
                    let count = io::copy(&mut (&source).take(wanted), &mut file).map_err(failed)?;
                    if count != wanted {
                        let end = io::Error::from(io::ErrorKind::UnexpectedEof);
                        return Err(Error::io(input, "read", end));
                    }
                    left -= count;
                    done += count;
                    if !watch(done, 2 * length) {
                        return Err(Error::Interrupted);
                    }
                }
            }
            Piece::New(id, write) => chunk(&mut file, output, id, write)?,
        }
    }
    let bytes = file.stream_position().map_err(failed)?;
    let (header, container) = sizes(&mut file, output, bytes, &facts, &kept)?;
    compare(
        input,
        &mut source,
        output,
        &mut file,
        &kept,
        &header,
        &mut |count| watch(done + count, 2 * length),
    )?;
    drop(file);
    let again = WaveReader::open(part.path())?;
    let same = again.facts().frames == facts.frames
        && again.facts().channels == facts.channels
        && again.facts().sample_rate == facts.sample_rate
        && again.facts().sample_format == facts.sample_format
        && again.facts().container == container;
    if !same {
        return Err(Error::Verify {
            path: output.to_path_buf(),
            reason: "its header does not say what that of the input does".to_owned(),
        });
    }
    check(part.path())?;
    check_free(output, overwrite)?;
    part.publish(output)
        .map_err(|e| Error::io(output, "rename", e))?;
    Ok(Rewritten { bytes, container })
}

/// What the new file is made of.
fn pieces<'a>(
    chunks: &[ChunkFacts],
    length: u64,
    mut replaced: Vec<(ChunkId, Rewrite<'a>)>,
) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut last = 12;
    for chunk in chunks {
        let end = (chunk.offset + chunk.size + chunk.size % 2).min(length);
        last = end;
        let Some(found) = replaced.iter().position(|(id, _)| *id == chunk.id) else {
            continue;
        };
        let (id, write) = replaced.swap_remove(found);
        pieces.push(Piece::Kept(from..chunk.offset - 8));
        pieces.push(Piece::New(id, write));
        from = end;
    }
    pieces.push(Piece::Kept(from..last.max(from)));
    pieces.extend(
        replaced
            .into_iter()
            .map(|(id, write)| Piece::New(id, write)),
    );
    pieces.push(Piece::Kept(last..length));
    pieces
}

/// Writes a chunk: header, content, pad byte.
fn chunk(file: &mut File, path: &Path, id: ChunkId, write: Rewrite<'_>) -> Result<()> {
    let failed = |e| Error::io(path, "write to", e);
    let mut start = file.stream_position().map_err(failed)?;
    if start % 2 == 1 {
        // The chunk before it had forgotten its pad byte.
        file.write_all(&[0]).map_err(failed)?;
        start += 1;
    }
    file.write_all(&[id.0, [0; 4]].concat()).map_err(failed)?;
    let mut out = BufWriter::with_capacity(256 << 10, &*file);
    write(&mut out)?;
    out.flush().map_err(failed)?;
    drop(out);
    let end = file.stream_position().map_err(failed)?;
    let bytes = end - start - 8;
    let size = u32::try_from(bytes).map_err(|_| Error::Unsupported {
        path: path.to_path_buf(),
        feature: format!("a chunk \"{id}\" of {bytes} bytes"),
        hint: "a chunk beside the samples has less than 4 GiB".to_owned(),
    })?;
    if bytes % 2 == 1 {
        file.write_all(&[0]).map_err(failed)?;
    }
    file.seek(SeekFrom::Start(start + 4)).map_err(failed)?;
    file.write_all(&size.to_le_bytes()).map_err(failed)?;
    file.seek(SeekFrom::End(0)).map_err(failed)?;
    Ok(())
}

/// Puts the new sizes into the head of the file; gives the bytes that may differ from the old head, and the
/// container.
fn sizes(
    file: &mut File,
    path: &Path,
    bytes: u64,
    facts: &AudioFacts,
    kept: &[(u64, u64, u64)],
) -> Result<(Vec<Range<u64>>, &'static str)> {
    let (container, chunks) = (facts.container, &facts.chunks);
    let failed = |e| Error::io(path, "write to", e);
    let mut put = |at: u64, bytes: &[u8]| {
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.write_all(bytes))
            .map_err(failed)
    };
    let form = bytes - 8;
    let first = chunks.first();
    if container == "RIFF" {
        if let Some(size) = u32::try_from(form).ok().filter(|_| form <= RIFF_LIMIT) {
            put(4, &size.to_le_bytes())?;
            return Ok((std::iter::once(4..8).collect(), container));
        }
        let room = first.filter(|chunk| {
            chunk.id.0.eq_ignore_ascii_case(b"JUNK") && chunk.offset == 20 && chunk.size >= 28
        });
        let data = chunks.iter().find(|chunk| chunk.id.0 == *b"data");
        let (Some(room), Some(data)) = (room, data) else {
            return Err(Error::Unsupported {
                path: path.to_path_buf(),
                feature: format!("a RIFF file of {bytes} bytes"),
                hint: "it leaves no room for 64-bit sizes: export the master again, as RF64"
                    .to_owned(),
            });
        };
        // The header of the samples may have moved.
        let stretch = kept
            .iter()
            .find(|(old, _, length)| (*old..old + length).contains(&(data.offset - 4)));
        let size_at = stretch.map_or(data.offset - 4, |(old, new, _)| data.offset - 4 - old + new);
        put(0, b"RF64\xff\xff\xff\xff")?;
        put(12, b"ds64")?;
        put(room.offset, &form.to_le_bytes())?;
        put(room.offset + 8, &data.size.to_le_bytes())?;
        put(room.offset + 16, &[0; 12])?;
        put(size_at, &[0xff; 4])?;
        let changed = vec![
            0..8,
            12..16,
            room.offset..room.offset + 28,
            size_at..size_at + 4,
        ];
        return Ok((changed, "RF64"));
    }
    let ds64 = chunks.iter().find(|chunk| chunk.id.0 == *b"ds64");
    let at = ds64.map_or(20, |chunk| chunk.offset);
    put(at, &form.to_le_bytes())?;
    Ok((std::iter::once(at..at + 8).collect(), container))
}

/// Compares the stretches of `kept` in both files; bytes in `changed`, places in both, are passed over.
fn compare(
    input: &Path,
    source: &mut File,
    output: &Path,
    written: &mut File,
    kept: &[(u64, u64, u64)],
    changed: &[Range<u64>],
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<()> {
    let mut a = vec![0; COMPARED];
    let mut b = vec![0; COMPARED];
    let mut done = 0;
    for &(old, new, length) in kept {
        let mut at = 0;
        while at < length {
            let count = (length - at).min(COMPARED as u64) as usize;
            let (a, b) = (&mut a[..count], &mut b[..count]);
            source
                .seek(SeekFrom::Start(old + at))
                .and_then(|_| source.read_exact(a))
                .map_err(|e| Error::io(input, "read", e))?;
            written
                .seek(SeekFrom::Start(new + at))
                .and_then(|_| written.read_exact(b))
                .map_err(|e| Error::io(output, "read", e))?;
            for range in changed {
                for place in range.clone() {
                    if let Some(n) = place.checked_sub(new + at).filter(|&n| n < count as u64) {
                        b[n as usize] = a[n as usize];
                    }
                }
            }
            if a != b {
                return Err(Error::Verify {
                    path: output.to_path_buf(),
                    reason: format!("what was copied from byte {} on differs", old + at),
                });
            }
            at += count as u64;
            done += count as u64;
            if !watch(done) {
                return Err(Error::Interrupted);
            }
        }
    }
    Ok(())
}
