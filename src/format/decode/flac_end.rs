//! Where the sound of a FLAC file ends (RFC 9639), and what stands behind it.
//!
//! What RFC 9639 calls a frame is a packet here. A packet does not say how long it is: a demuxer takes all that follows the
//! last one for a part of it, and leaves it out if the checksum does not hold. So the end of the last whole packet is looked
//! for from behind, by the header, the checksum, and a decoder that needs just these bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::checksum::{Crc8Ccitt, Crc16Ansi};
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoderOptions};
use symphonia::core::io::Monitor;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use crate::format::guard::fenced;

/// Bytes at the end of the file that are searched, one size after the other. No packet is larger than the last: 8 channels
/// of 65535 samples of 33 bits are 2 MiB.
const WINDOWS: [u64; 3] = [1 << 16, 1 << 20, 1 << 24];

/// Most bytes of a window that are summed up or decoded, and most decoders that are tried: a bound for files that are made
/// to look like many packets.
const MOST_SUMMED: usize = 1 << 26;
const MOST_DECODED: usize = 1000;

/// Most metadata blocks that are passed over.
const MOST_BLOCKS: usize = 4096;

/// Bytes of the block STREAMINFO, of the longest header of a packet, and of the checksum behind a packet.
const STREAMINFO_BYTES: usize = 34;
const HEADER_BYTES: usize = 16;
const FOOTER_BYTES: usize = 2;

/// The sample rates that a header has a code for, from 1 on (RFC 9639, table 14).
const RATES: [u32; 11] = [
    88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000,
];

/// Bytes of an ID3v1 tag and of the footer of an APE tag.
const ID3V1_BYTES: usize = 128;
const APE_FOOTER_BYTES: usize = 32;

/// What tags begin with: APEv2, Lyrics3, ID3v2 and the enhanced tag before an ID3v1 tag.
const TAGS: [&[u8]; 4] = [b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"TAG+"];

/// The end of the last whole packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FlacEnd {
    /// The bytes of the file up to there.
    pub(super) bytes: u64,
    /// The frames of the sound up to there.
    pub(super) frames: u64,
    /// The frames that STREAMINFO counts, 0 if it does not.
    pub(super) told: u64,
    /// The bytes behind it, and what they are.
    pub(super) rest: u64,
    pub(super) behind: Behind,
}

/// What stands behind the last whole packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    Nothing,
    /// An ID3v1 tag and nothing else.
    Id3v1,
    /// Another tag, or zeros.
    Harmless,
    /// It may have been sound.
    Unknown,
}

impl FlacEnd {
    /// Finds the end; `None` if the metadata is not that of a FLAC file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn find(file: &mut File) -> io::Result<Option<Self>> {
        let Some((begin, info)) = first_packet(file)? else {
            return Ok(None);
        };
        let length = file.seek(SeekFrom::End(0))?;
        let sound = length.saturating_sub(begin);
        let mut window = Vec::new();
        for size in WINDOWS {
            let from = length - size.min(sound);
            window.clear();
            file.seek(SeekFrom::Start(from))?;
            file.take(length - from).read_to_end(&mut window)?;
            if let Some((end, frames)) = info.last_packet(&window) {
                let rest = &window[end..];
                return Ok(Some(Self {
                    bytes: from + end as u64,
                    frames,
                    told: info.told,
                    rest: rest.len() as u64,
                    behind: Behind::of(rest),
                }));
            }
            if size >= sound {
                break;
            }
        }
        Ok(Some(Self {
            bytes: begin.min(length),
            frames: 0,
            told: info.told,
            rest: sound,
            behind: match sound {
                0 => Behind::Nothing,
                _ => Behind::Unknown,
            },
        }))
    }
}

impl Behind {
    fn of(rest: &[u8]) -> Self {
        let id3v1 = rest
            .len()
            .checked_sub(ID3V1_BYTES)
            .filter(|&at| rest[at..].starts_with(b"TAG"));
        let other = &rest[..id3v1.unwrap_or(rest.len())];
        // A tag of APE's first version has a footer alone, which counts its bytes.
        let is_ape = other
            .last_chunk::<APE_FOOTER_BYTES>()
            .is_some_and(|footer| {
                let size = u32::from_le_bytes([footer[12], footer[13], footer[14], footer[15]]);
                footer.starts_with(b"APETAGEX") && size as usize == other.len()
            });
        match other {
            [] if id3v1.is_some() => Self::Id3v1,
            [] => Self::Nothing,
            _ if is_ape || TAGS.iter().any(|tag| other.starts_with(tag)) => Self::Harmless,
            _ if other.iter().all(|&byte| byte == 0) => Self::Harmless,
            _ => Self::Unknown,
        }
    }
}

/// What is needed of STREAMINFO (RFC 9639, 8.2).
struct StreamInfo {
    block: Vec<u8>,
    longest_frames: u64,
    rate: u32,
    channels: u8,
    bits: u8,
    told: u64,
}

/// Passes over the metadata; gives where the first packet begins.
fn first_packet(file: &mut File) -> io::Result<Option<(u64, StreamInfo)>> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut at = 0;
    let mut head = [0; 10];
    if !fill(file, length, at, &mut head)? {
        return Ok(None);
    }
    if head.starts_with(b"ID3") {
        let size = head[6..]
            .iter()
            .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
        at = head.len() as u64 + size;
    }
    let mut marker = [0; 4];
    if !fill(file, length, at, &mut marker)? || marker != *b"fLaC" {
        return Ok(None);
    }
    at += marker.len() as u64;
    let mut info = None;
    for _ in 0..MOST_BLOCKS {
        let mut head = [0; 4];
        if !fill(file, length, at, &mut head)? {
            return Ok(None);
        }
        at += head.len() as u64;
        let size = u32::from_be_bytes([0, head[1], head[2], head[3]]);
        if head[0] & 0x7f == 0 && size as usize == STREAMINFO_BYTES {
            let mut block = [0; STREAMINFO_BYTES];
            if !fill(file, length, at, &mut block)? {
                return Ok(None);
            }
            info = Some(StreamInfo::new(&block));
        }
        at += u64::from(size);
        if head[0] & 0x80 != 0 {
            return Ok(info.map(|info| (at, info)));
        }
    }
    Ok(None)
}

/// Fills `bytes` from byte `at` of the file; false if it is not so long.
fn fill(file: &mut File, length: u64, at: u64, bytes: &mut [u8]) -> io::Result<bool> {
    if length.saturating_sub(at) < bytes.len() as u64 {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(bytes)?;
    Ok(true)
}

impl StreamInfo {
    fn new(block: &[u8; STREAMINFO_BYTES]) -> Self {
        // 20 bits of rate, 3 of channels, 5 of bits, 36 of frames.
        let packed = block[10..18]
            .iter()
            .fold(0, |packed, &byte| packed << 8 | u64::from(byte));
        Self {
            block: block.to_vec(),
            longest_frames: u64::from(u16::from_be_bytes([block[2], block[3]])),
            rate: (packed >> 44) as u32,
            channels: (packed >> 41 & 7) as u8 + 1,
            bits: (packed >> 36 & 31) as u8 + 1,
            told: packed & ((1 << 36) - 1),
        }
    }

    /// The last whole packet in these bytes: where it ends, and the frames of the sound up to there.
    fn last_packet(&self, bytes: &[u8]) -> Option<(usize, u64)> {
        let (mut summed, mut decoded) = (0, 0);
        for begin in (0..bytes.len()).rev() {
            let Some(frames) = self.frames_after(&bytes[begin..]) else {
                continue;
            };
            let mut sum = Crc16Ansi::new(0);
            for (n, &byte) in bytes[begin..].iter().enumerate() {
                sum.process_byte(byte);
                summed += 1;
                // With its checksum a packet sums up to 0.
                if sum.crc() == 0 {
                    decoded += 1;
                    if self.is_packet(&bytes[begin..=begin + n]) {
                        return Some((begin + n + 1, frames));
                    }
                }
                if summed > MOST_SUMMED || decoded > MOST_DECODED {
                    return None;
                }
            }
        }
        None
    }

    /// If a packet of this stream begins here, the frames of the sound up to its end (RFC 9639, 9.1).
    fn frames_after(&self, bytes: &[u8]) -> Option<u64> {
        let bytes = &bytes[..bytes.len().min(HEADER_BYTES)];
        let [0xff, sync @ (0xf8 | 0xf9), lengths, kind, first, ..] = *bytes else {
            return None;
        };
        let is_variable = sync == 0xf9;
        if kind & 1 == 1 {
            return None;
        }
        let channels = match kind >> 4 {
            code @ 0..=7 => code + 1,
            8..=10 => 2,
            _ => return None,
        };
        let bits = match kind >> 1 & 7 {
            0 => self.bits,
            code => [0, 8, 12, 0, 16, 20, 24, 32][usize::from(code)],
        };
        if channels != self.channels || bits != self.bits {
            return None;
        }

        // The number of the packet or of its first frame, coded as in UTF-8.
        let more = (first.leading_ones() as usize).saturating_sub(1);
        if first.leading_ones() == 1 || more > 6 {
            return None;
        }
        let kept = match more {
            0 => 0x7f,
            more => 0x3f >> more,
        };
        let number = bytes
            .get(5..5 + more)?
            .iter()
            .fold(u64::from(first & kept), |number, byte| {
                number << 6 | u64::from(byte & 0x3f)
            });

        let mut at = 5 + more;
        let mut take = |count: usize| -> Option<u32> {
            let taken = bytes.get(at..at + count)?;
            at += count;
            Some(
                taken
                    .iter()
                    .fold(0, |all, &byte| all << 8 | u32::from(byte)),
            )
        };
        let frames = match lengths >> 4 {
            0 => return None,
            1 => 192,
            code @ 2..=5 => 144 << code,
            6 => take(1)? + 1,
            7 => take(2)? + 1,
            code => 1 << code,
        };
        let rate = match lengths & 15 {
            0 => self.rate,
            12 => take(1)? * 1000,
            13 => take(2)?,
            14 => take(2)? * 10,
            15 => return None,
            code => RATES[usize::from(code) - 1],
        };
        if rate != self.rate || u64::from(frames) > self.longest_frames {
            return None;
        }
        let mut sum = Crc8Ccitt::new(0);
        sum.process_buf_bytes(&bytes[..at]);
        if bytes.get(at) != Some(&sum.crc()) {
            return None;
        }
        let before = match is_variable {
            true => number,
            // The last packet may be shorter than the others.
            false => number * self.longest_frames,
        };
        Some(before + u64::from(frames))
    }

    /// Whether a packet needs all of these bytes. The checksum alone holds by chance once in 65536 bytes.
    fn is_packet(&self, bytes: &[u8]) -> bool {
        bytes.len() > FOOTER_BYTES
            && self.decodes(&bytes[..bytes.len() - FOOTER_BYTES])
            && !self.decodes(&bytes[..bytes.len() - FOOTER_BYTES - 1])
    }

    fn decodes(&self, bytes: &[u8]) -> bool {
        let decode = || {
            let mut parameters = AudioCodecParameters::new();
            parameters
                .for_codec(CODEC_ID_FLAC)
                .with_extra_data(self.block.clone().into_boxed_slice());
            let options = AudioDecoderOptions::default();
            let codecs = symphonia::default::get_codecs();
            let mut decoder = codecs.make_audio_decoder(&parameters, &options).ok()?;
            let packet = Packet::new(0, Timestamp::new(0), Duration::ZERO, bytes);
            decoder.decode(&packet).ok().map(|_| ())
        };
        fenced(decode).flatten().is_some()
    }
}
