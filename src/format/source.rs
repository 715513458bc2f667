//! Where samples come from: what a file says of itself, and its samples as planar blocks.

use std::fmt;
use std::path::Path;

use super::decode::DecodedFile;
use super::mp4;
use super::sniff::{self, Kind};
use super::wave::{HIGHEST_RATE, WaveReader};
use crate::audio::Block;
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// How samples are stored in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleFormat {
    /// Integers; `bits` is how many of them carry sound (20 for 20 bits in a 24-bit word).
    Integer {
        /// Valid bits, 8 to 32.
        bits: u32,
    },
    /// IEEE 754 floating point.
    Float {
        /// 32 or 64.
        bits: u32,
    },
    /// No samples but what a listener is thought to hear of them; they are decoded to floating point.
    Lossy {
        /// The name of the coding: "AAC".
        codec: &'static str,
    },
}

impl fmt::Display for SampleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer { bits } => write!(f, "{bits}-bit integer"),
            Self::Float { bits } => write!(f, "{bits}-bit float"),
            Self::Lossy { codec } => write!(f, "lossy {codec}"),
        }
    }
}

/// The four bytes that name a chunk ("fmt ", "data").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId(pub [u8; 4]);

impl fmt::Display for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// Where one chunk of a WAV file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkFacts {
    /// Its name.
    pub id: ChunkId,
    /// Byte of the file at which its content begins, 8 after its header.
    pub offset: u64,
    /// Bytes of content, without the pad byte that follows an odd number.
    pub size: u64,
}

/// What is known of an audio file before its samples are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioFacts {
    /// "RIFF", "RF64", "BW64", "FLAC", "AIFF", "CAF" or "MP4".
    pub container: &'static str,
    /// How the samples are stored.
    pub sample_format: SampleFormat,
    /// Channels, at least 1.
    pub channels: usize,
    /// Sample rate.
    pub sample_rate: SampleRate,
    /// Whole frames that can be read.
    pub frames: Frames,
    /// Speakers of a WAV file (bit 0 front left, as WAVEFORMATEXTENSIBLE), if it names one per channel.
    pub channel_mask: Option<u32>,
    /// Audio tracks of the file, of which these facts describe one; 1 except in MP4 files.
    pub tracks: usize,
    /// Frames that an encoder put in front of the sound and that are left out.
    pub priming: Frames,
    /// Oddities that were mended, one sentence each.
    pub warnings: Vec<String>,
    /// Every chunk of a WAV file in the order of the file; empty for other formats.
    pub chunks: Vec<ChunkFacts>,
}

/// A reader of one audio file, full scale ±1, at its own position.
///
/// - Frames come in order and exactly once; `read` never gives part of a frame.
/// - What is read does not depend on how many frames are asked for at a time.
/// - Every sample given is finite.
pub trait AudioSource: Send {
    /// What is known of the file.
    fn facts(&self) -> &AudioFacts;

    /// Fills the [`frames`](Block::frames) of `block`: channel `c` of the source goes to row `rows[c]` of the
    /// block, or nowhere if that is `None`; rows that are not named are left as they are.
    ///
    /// Gives the number of frames read. It is less than asked only at the end of the source; the rest of
    /// the named rows is then silence.
    ///
    /// # Errors
    /// The file cannot be read, is broken, or holds a sample that is not finite in a wanted channel; the
    /// message names channel, frame and time.
    ///
    /// # Panics
    /// If `rows` has not one entry per channel, or names a row that the block does not have.
    fn read(&mut self, block: &mut Block, rows: &[Option<usize>]) -> Result<usize>;

    /// Goes to an absolute frame of the source, from which the next `read` continues; beyond the end
    /// there is nothing to read.
    ///
    /// # Errors
    /// The file cannot be read or is broken.
    fn seek(&mut self, frame: Frames) -> Result<()>;
}

/// Opens an audio file. What it is is told by its content, never by its name.
///
/// Every frame of a FLAC file is checked by its own checksum (CRC-16) as it is read. The MD5 of all its samples
/// is not, because that would cost more than decoding them: see [`open_verified`].
///
/// # Errors
/// The file cannot be opened, is no audio file, is broken, or is of a kind that is not read.
pub fn open(path: &Path) -> Result<Box<dyn AudioSource>> {
    open_track(path, None, false)
}

/// As [`open`]; a FLAC file that is read from its first frame to its last must also give the MD5 it carries.
///
/// # Errors
/// As [`open`]; reading the last frame fails if the checksum is another.
pub fn open_verified(path: &Path) -> Result<Box<dyn AudioSource>> {
    open_track(path, None, true)
}

/// As [`open`], or with `verify` as [`open_verified`], for one audio track of a file that may hold several (MP4):
/// `track` counts from 1, the first if it is `None`.
///
/// # Errors
/// As [`open`]; or the file has no such track.
pub fn open_track(path: &Path, track: Option<usize>, verify: bool) -> Result<Box<dyn AudioSource>> {
    let number = track.unwrap_or(1);
    let source: Box<dyn AudioSource> = match sniff::kind_of(path)? {
        Kind::Other("MP4") => mp4::open(path, number, verify)?,
        _ if number != 1 => return Err(no_track(path, number, 1)),
        Kind::Wave => Box::new(WaveReader::open(path)?),
        Kind::Other(container) => Box::new(DecodedFile::open(path, container, None, verify)?),
    };
    let rate = source.facts().sample_rate.0;
    if !(1..=HIGHEST_RATE).contains(&rate) {
        let reason = format!("the sample rate is {rate} Hz; allowed is 1 to {HIGHEST_RATE} Hz");
        return Err(Error::malformed(path, "audio", "", reason));
    }
    Ok(source)
}

/// Says that a file with `count` tracks has no track `number`.
pub(super) fn no_track(path: &Path, number: usize, count: usize) -> Error {
    let has = match count {
        1 => "it has one".to_owned(),
        _ => format!("it has tracks 1 to {count}"),
    };
    Error::malformed(
        path,
        "audio",
        "",
        format!("it has no track {number}; {has}"),
    )
}

/// Silences the frames from `from` on in the rows that are named.
pub(super) fn silence_rest(block: &mut Block, rows: &[Option<usize>], from: usize) {
    if from == block.frames() {
        return;
    }
    for row in rows.iter().flatten() {
        block.row_mut(*row)[from..].fill(0.0);
    }
}

/// The place of a sample in words: "channel 3, frame 480 (0.010000 s)"; channels count from 1.
pub(super) fn place(channel: usize, frame: u64, rate: SampleRate) -> String {
    format!(
        "channel {}, frame {frame} ({:.6} s)",
        channel + 1,
        rate.seconds_at(Frames(frame))
    )
}

/// Why a sample that is not finite is refused.
pub(super) fn unusable_sample(sample: f32) -> String {
    let found = if sample.is_nan() { "NaN" } else { "infinite" };
    format!("the sample is {found}; every sample must be a finite number: export the file again")
}
