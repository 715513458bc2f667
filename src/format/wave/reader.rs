//! Reading WAV: the header understood once, then straight runs of bytes into planar samples.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::cache::second_level_bytes;
use super::chunks::{self, chunk_place};
use super::distance::{SLACK, quick_place};
use super::header::{self, Format};
use super::rows::Destination;
use super::unpack::{LEAD, NotFinite, TAIL, Unpacker};
use crate::audio::Block;
use crate::format::sniff;
use crate::format::source::{AudioFacts, AudioSource, place, silence_rest, unusable_sample};
use crate::units::Frames;
use crate::{Error, Result};

/// Bytes read at a time, at least and at most, and at most where the second-level cache has 1 MiB: as much as stays in
/// that cache until it is unpacked, beside what is mixed and written meanwhile. Shorter reads pay more for each call (page
/// cache to cache: 32 KiB 6.7 GB/s, 64 KiB 6.9, 256 KiB 7.4, 4 MiB 7.1); but files of few channels are often read side
/// by side by the hundred.
const LEAST_BYTES: usize = 32 * 1024;
const MOST_BYTES: [usize; 2] = [128 * 1024, 256 * 1024];

/// Bytes of other chunks that are read at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// Frames read at a time between those bounds.
const READ_FRAMES: usize = 1024;
/// Reads are a multiple of so many frames, so that blocks and reads part at lines of the cache.
const FRAME_STEP: usize = 16;

/// A WAV file being read: RIFF, RF64 or BW64; 8 to 32-bit integer, 32 or 64-bit float.
///
/// What follows the rules is read as it stands. Oddities that leave the sound in no doubt are mended and
/// listed in the [warnings](AudioFacts::warnings): a file cut inside its samples (the whole frames are
/// read), a stream without a size, stray bytes at the end. Everything else is refused.
#[derive(Debug)]
pub struct WaveReader {
    path: PathBuf,
    file: File,
    facts: AudioFacts,
    data_offset: u64,
    frame_bytes: usize,
    /// The frame that `read` gives next.
    position: u64,
    /// Whole frames, with the slack that the unpacker asks for on both sides.
    buffer: Vec<u8>,
    /// First unread byte of the buffer.
    unread: usize,
    /// Whole frames in the buffer that have not been read.
    unread_frames: usize,
    unpacker: Unpacker,
}

impl WaveReader {
    /// Opens a WAV file and reads its header.
    ///
    /// # Errors
    /// The file cannot be opened, is no WAV file, is damaged, or has samples of a kind that is not read.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = sniff::open_regular(path)?;
        let length = file
            .metadata()
            .map_err(|e| Error::io(path, "open", e))?
            .len();
        let map = chunks::walk(path, &file, length)?;
        let format = format_of(path, &mut file, &map)?;
        let Some(&data) = map.all(*b"data").next() else {
            let reason = "there is no data chunk, so no samples";
            return Err(Error::malformed(path, "WAV", "", reason));
        };

        let frame_bytes = format.channels * format.encoding.bytes();
        let frames = data.size / frame_bytes as u64;
        if frames == 0 && data.size > 0 {
            let reason = format!(
                "its {} bytes are less than one frame, which has {frame_bytes}: the file is cut or damaged",
                data.size
            );
            let place = chunk_place(*b"data", data.offset - 8);
            return Err(Error::malformed(path, "WAV", place, reason));
        }
        let mut warnings = map.warnings;
        warnings.extend(format.warnings);
        let partial = data.size % frame_bytes as u64;
        if partial != 0 {
            warnings.push(format!(
                "the last {partial} bytes of the data chunk are no whole frame and are left out"
            ));
        }
        if frames == 0 {
            warnings.push("the file has no samples".to_owned());
        }
        let data_offset = data.offset;
        let [usual, most] = MOST_BYTES;
        let most = (second_level_bytes() / 4).clamp(usual, most);
        let read_bytes = (READ_FRAMES * frame_bytes).clamp(LEAST_BYTES, most);
        let buffer_frames = (read_bytes / frame_bytes / FRAME_STEP).max(1) * FRAME_STEP;
        let mut reader = Self {
            path: path.to_path_buf(),
            file,
            facts: AudioFacts {
                container: map.container,
                sample_format: format.sample_format,
                channels: format.channels,
                sample_rate: format.sample_rate,
                frames: Frames(frames),
                channel_mask: format.channel_mask,
                tracks: 1,
                priming: Frames(0),
                warnings,
                chunks: map.chunks,
            },
            data_offset,
            frame_bytes,
            position: 0,
            buffer: vec![0; LEAD + SLACK + buffer_frames * frame_bytes + TAIL],
            unread: LEAD,
            unread_frames: 0,
            unpacker: Unpacker::new(format.encoding, format.channels),
        };
        reader.seek(Frames(0))?;
        Ok(reader)
    }

    /// The content of the first chunk named `id` ("axml"), or `None` if there is none.
    ///
    /// # Errors
    /// The file cannot be read, or the chunk has more than `limit` bytes.
    pub fn chunk(&self, id: [u8; 4], limit: u64) -> Result<Option<Vec<u8>>> {
        let Some(chunk) = self.facts.chunks.iter().find(|chunk| chunk.id.0 == id) else {
            return Ok(None);
        };
        // A second handle, so that the position of the samples stays where it is.
        let mut file = sniff::open_regular(&self.path)?;
        chunks::read_chunk(&self.path, &mut file, chunk, limit).map(Some)
    }

    /// The content of the first chunk named `id` as a stream, for chunks that may be larger than memory;
    /// `None` if there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn chunk_reader(&self, id: [u8; 4]) -> Result<Option<impl io::BufRead + use<>>> {
        let Some(chunk) = self.facts.chunks.iter().find(|chunk| chunk.id.0 == id) else {
            return Ok(None);
        };
        let mut file = sniff::open_regular(&self.path)?;
        file.seek(SeekFrom::Start(chunk.offset))
            .map_err(|e| Error::io(&self.path, "read", e))?;
        let content = BufReader::with_capacity(CHUNK_BYTES, file.take(chunk.size));
        Ok(Some(content))
    }

    /// Fills the buffer with the frames at the position, as many as fit and are there.
    fn fill(&mut self) -> Result<()> {
        let left = self.facts.frames.0.saturating_sub(self.position);
        let room = (self.buffer.len() - LEAD - SLACK - TAIL) / self.frame_bytes;
        let frames = left.min(room as u64) as usize;
        let at = self.data_offset + self.position * self.frame_bytes as u64;
        let place = quick_place(&self.buffer, LEAD, at);
        let bytes = &mut self.buffer[place..][..frames * self.frame_bytes];
        self.file.read_exact(bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => Error::malformed(
                &self.path,
                "WAV",
                format!("frame {}", self.position),
                "the file has become shorter while it was read",
            ),
            _ => Error::io(&self.path, "read", e),
        })?;
        self.unread = place;
        self.unread_frames = frames;
        Ok(())
    }
}

/// Reads the fmt chunk; two are taken only if they are the same.
fn format_of(path: &Path, file: &mut File, map: &chunks::ChunkMap) -> Result<Format> {
    let mut found: Option<(Vec<u8>, String)> = None;
    let mut warnings = Vec::new();
    for chunk in map.all(*b"fmt ") {
        let place = chunk_place(chunk.id.0, chunk.offset - 8);
        let head = crate::format::ChunkFacts {
            size: chunk.size.min(40),
            ..*chunk
        };
        let content = chunks::read_chunk(path, file, &head, 40)?;
        match &found {
            None => found = Some((content, place)),
            Some((first, _)) if *first == content => {
                warnings.push(format!("{place} repeats the first one"));
            }
            Some((_, first)) => {
                let reason = format!("it differs from the {first}; a WAV file has one format");
                return Err(Error::malformed(path, "WAV", place, reason));
            }
        }
    }
    let Some((content, place)) = found else {
        let reason = "there is no fmt chunk, so the format of the samples is unknown";
        return Err(Error::malformed(path, "WAV", "", reason));
    };
    let mut format = header::read_format(path, &content, &place)?;
    format.warnings.extend(warnings);
    Ok(format)
}

impl AudioSource for WaveReader {
    fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    fn read(&mut self, block: &mut Block, rows: &[Option<usize>]) -> Result<usize> {
        assert_eq!(rows.len(), self.facts.channels, "one row entry per channel");
        assert!(
            rows.iter().flatten().all(|&row| row < block.channels()),
            "every row named is a row of the block"
        );
        let wanted = block.frames();
        let stride = block.stride();
        let mut done = 0;
        while done < wanted {
            if self.unread_frames == 0 {
                self.fill()?;
                if self.unread_frames == 0 {
                    break;
                }
            }
            let frames = self.unread_frames.min(wanted - done);
            let to = Destination {
                samples: block.samples_mut(),
                stride,
                first: done,
                rows,
            };
            self.unpacker
                .unpack(&self.buffer, self.unread, frames, to)
                .map_err(|e| self.not_finite(e))?;
            self.unread += frames * self.frame_bytes;
            self.unread_frames -= frames;
            self.position += frames as u64;
            done += frames;
        }
        silence_rest(block, rows, done);
        Ok(done)
    }

    fn seek(&mut self, frame: Frames) -> Result<()> {
        let frame = frame.0.min(self.facts.frames.0);
        let at = self.data_offset + frame * self.frame_bytes as u64;
        self.file
            .seek(SeekFrom::Start(at))
            .map_err(|e| Error::io(&self.path, "read", e))?;
        self.position = frame;
        self.unread_frames = 0;
        Ok(())
    }
}

impl WaveReader {
    fn not_finite(&self, found: NotFinite) -> Error {
        let frame = self.position + found.frame as u64;
        Error::malformed(
            &self.path,
            "WAV",
            place(found.channel, frame, self.facts.sample_rate),
            unusable_sample(found.sample),
        )
    }
}
