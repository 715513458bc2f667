//! What describes the samples: the fmt chunk read and written, and the head of a file we write.

use std::path::Path;

use super::chunks::take;
use crate::format::source::{ChunkId, SampleFormat};
use crate::units::SampleRate;
use crate::{Error, Result};

/// Most channels of a file. No layout comes near; a forged header cannot ask for rows beyond it.
const MOST_CHANNELS: usize = 4096;

/// Highest sample rate taken for one; beyond it lies a damaged header.
pub(in crate::format) const HIGHEST_RATE: u32 = 1_536_000;

const TAG_PCM: u16 = 1;
const TAG_FLOAT: u16 = 3;
const TAG_EXTENSIBLE: u16 = 0xfffe;

/// What follows the two-byte tag in the sub-format GUID of WAVE_FORMAT_EXTENSIBLE.
const SUBFORMAT_TAIL: [u8; 14] = [
    0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71,
];

/// How one sample is stored, little endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 8 bits, 128 is zero.
    Unsigned8,
    Int16,
    Int24,
    Int32,
    Float32,
    Float64,
}

impl Encoding {
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Unsigned8 => 1,
            Self::Int16 => 2,
            Self::Int24 => 3,
            Self::Int32 | Self::Float32 => 4,
            Self::Float64 => 8,
        }
    }
}

/// A fmt chunk that has been understood.
#[derive(Debug)]
pub(super) struct Format {
    pub(super) encoding: Encoding,
    pub(super) sample_format: SampleFormat,
    pub(super) channels: usize,
    pub(super) sample_rate: SampleRate,
    pub(super) channel_mask: Option<u32>,
    pub(super) warnings: Vec<String>,
}

/// Reads the content of a fmt chunk; `place` names it in messages.
pub(super) fn read_format(path: &Path, content: &[u8], place: &str) -> Result<Format> {
    let broken = |reason: String| Error::malformed(path, "WAV", place, reason);
    let unsupported = |feature: String, hint: &str| Error::Unsupported {
        path: path.to_path_buf(),
        feature,
        hint: hint.to_owned(),
    };
    if content.len() < 16 {
        return Err(broken(format!(
            "it has {} bytes; at least 16 are needed",
            content.len()
        )));
    }
    let u16_at = |at| u16::from_le_bytes(take(content, at));
    let u32_at = |at| u32::from_le_bytes(take(content, at));
    let channels = usize::from(u16_at(2));
    let rate = u32_at(4);
    let byte_rate = u32_at(8);
    let block_align = usize::from(u16_at(12));
    let word_bits = u32::from(u16_at(14));
    let mut tag = u16_at(0);
    let mut valid_bits = word_bits;
    let mut mask = 0;
    let is_extensible = tag == TAG_EXTENSIBLE;
    if is_extensible {
        if content.len() < 40 {
            return Err(broken(format!(
                "WAVE_FORMAT_EXTENSIBLE takes 40 bytes; it has {}",
                content.len()
            )));
        }
        if content[26..40] != SUBFORMAT_TAIL {
            return Err(unsupported(
                format!("the WAV sub-format {}", content[24..40].escape_ascii()),
                "export integer or float samples",
            ));
        }
        if u16_at(18) != 0 {
            valid_bits = u32::from(u16_at(18));
        }
        mask = u32_at(20);
        tag = u16_at(24);
    }

    if channels == 0 {
        return Err(broken("it says zero channels".to_owned()));
    }
    if channels > MOST_CHANNELS {
        return Err(unsupported(
            format!("a file of {channels} channels"),
            "at most 4096 channels can be read",
        ));
    }
    if rate == 0 || rate > HIGHEST_RATE {
        return Err(broken(format!(
            "the sample rate is {rate} Hz; 1 to {HIGHEST_RATE} Hz can be"
        )));
    }

    let word = block_align / channels;
    let fits = block_align % channels == 0 && word_bits.div_ceil(8) as usize == word;
    if tag != TAG_PCM && tag != TAG_FLOAT {
        return Err(unsupported(
            format!("the WAV encoding {}", tag_name(tag)),
            "export integer or float samples",
        ));
    }
    if !fits || valid_bits > word_bits || (is_extensible && word_bits % 8 != 0) {
        return Err(broken(format!(
            "{valid_bits} bits in words of {word_bits} for {channels} channels do not give frames of \
             {block_align} bytes"
        )));
    }
    let (encoding, sample_format) = match (tag, word, valid_bits) {
        (TAG_PCM, 1, 8) => (Encoding::Unsigned8, SampleFormat::Integer { bits: 8 }),
        (TAG_PCM, 2, bits @ 8..=16) => (Encoding::Int16, SampleFormat::Integer { bits }),
        (TAG_PCM, 3, bits @ 8..=24) => (Encoding::Int24, SampleFormat::Integer { bits }),
        (TAG_PCM, 4, bits @ 8..=32) => (Encoding::Int32, SampleFormat::Integer { bits }),
        (TAG_FLOAT, 4, 32) => (Encoding::Float32, SampleFormat::Float { bits: 32 }),
        (TAG_FLOAT, 8, 64) => (Encoding::Float64, SampleFormat::Float { bits: 64 }),
        _ => {
            let kind = if tag == TAG_PCM { "integer" } else { "float" };
            return Err(unsupported(
                format!("a WAV file of {valid_bits}-bit {kind} samples"),
                "8 to 32 bits integer and 32 or 64 bits float can be read",
            ));
        }
    };

    let mut warnings = Vec::new();
    let honest_rate = u64::from(rate) * block_align as u64;
    if u64::from(byte_rate) != honest_rate & u64::from(u32::MAX) {
        warnings.push(format!(
            "the fmt chunk says {byte_rate} bytes per second; rate and frame size give {honest_rate}"
        ));
    }
    let channel_mask = (mask != 0 && mask.count_ones() as usize == channels).then_some(mask);
    if mask != 0 && channel_mask.is_none() {
        warnings.push(format!(
            "the channel mask {mask:#x} names {} speakers for {channels} channels and is ignored",
            mask.count_ones()
        ));
    }
    Ok(Format {
        encoding,
        sample_format,
        channels,
        sample_rate: SampleRate(rate),
        channel_mask,
        warnings,
    })
}

/// Names of the format tags that are met in practice (Microsoft mmreg.h).
fn tag_name(tag: u16) -> String {
    let name = match tag {
        0x0002 => "Microsoft ADPCM",
        0x0006 => "A-law",
        0x0007 => "mu-law",
        0x0011 => "IMA ADPCM",
        0x0031 => "GSM 6.10",
        0x0050 => "MPEG layer II",
        0x0055 => "MP3",
        0x0092 => "S/PDIF Dolby Digital",
        0x00ff | 0x1600 => "AAC",
        0x2000 => "Dolby Digital (AC-3)",
        0x2001 => "DTS",
        _ => return format!("with tag {tag:#06x}"),
    };
    format!("{name} (tag {tag:#06x})")
}

/// How samples are stored in a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitDepth {
    /// 16-bit integer, dithered.
    Int16,
    /// 24-bit integer, dithered.
    Int24,
    /// 32-bit float, as it is.
    Float32,
}

impl std::fmt::Display for BitDepth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Int16 => "16-bit",
            Self::Int24 => "24-bit",
            Self::Float32 => "32-bit float",
        })
    }
}

impl BitDepth {
    pub(super) fn encoding(self) -> Encoding {
        match self {
            Self::Int16 => Encoding::Int16,
            Self::Int24 => Encoding::Int24,
            Self::Float32 => Encoding::Float32,
        }
    }

    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        self.encoding().bytes()
    }

    /// What a reader of the file finds.
    pub(super) fn sample_format(self) -> SampleFormat {
        match self {
            Self::Int16 => SampleFormat::Integer { bits: 16 },
            Self::Int24 => SampleFormat::Integer { bits: 24 },
            Self::Float32 => SampleFormat::Float { bits: 32 },
        }
    }
}

/// What a file that is written is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// RIFF; past 4 GiB it becomes RF64 in place.
    Riff,
    /// RIFF; past 4 GiB it becomes BW64 in place.
    RiffOrBw64,
    /// RF64 (EBU Tech 3306) whatever the size.
    Rf64,
    /// BW64 (ITU-R BS.2088) whatever the size.
    Bw64,
}

impl Container {
    /// The four letters of a file whose form has `form_size` bytes.
    fn letters(self, form_size: u64, riff_limit: u64) -> &'static str {
        match self {
            Self::Riff | Self::RiffOrBw64 if form_size <= riff_limit => "RIFF",
            Self::Riff | Self::Rf64 => "RF64",
            Self::RiffOrBw64 | Self::Bw64 => "BW64",
        }
    }
}

/// What a file carries beside its samples, and how plainly they are described.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras {
    /// Integer samples are described by the 16 bytes of plain PCM, however many channels there are: what
    /// readers of masters expect.
    pub plain_pcm: bool,
    /// Channels that are rounded without dither, because their samples are steps already; those beyond the
    /// list get it.
    pub exact: Vec<bool>,
    /// Chunks before the samples, in order; each of less than 4 GiB.
    pub before: Vec<(ChunkId, Vec<u8>)>,
    /// Files that are written side by side, this one among them (0 is taken for 1): they share the processor's
    /// cache, so that each is written in smaller pieces.
    pub together: usize,
}

/// The form of a WAV file to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaveSpec {
    /// Channels, 1 to 4096.
    pub channels: usize,
    /// Sample rate.
    pub sample_rate: SampleRate,
    /// How samples are stored.
    pub bit_depth: BitDepth,
    /// Speakers of the channels in ascending order of bits (WAVEFORMATEXTENSIBLE); `None` writes 0, "no
    /// speaker is named". One and two channels that are what everybody takes them for, front centre or front left and
    /// right, carry none: their plain header has no place.
    pub channel_mask: Option<u32>,
    /// What the file is wrapped in.
    pub container: Container,
}

/// The channel masks that readers give files of one and of two channels without a mask: FC, and FL with FR.
const FRONT_CENTRE: u32 = 0x4;
const FRONT_PAIR: u32 = 0x3;

impl WaveSpec {
    /// Bytes of one frame.
    pub fn frame_bytes(&self) -> usize {
        self.channels * self.bit_depth.bytes()
    }

    /// The form of a file of one of the channels.
    #[must_use]
    pub fn of_one_channel(self) -> Self {
        Self {
            channels: 1,
            channel_mask: None,
            ..self
        }
    }

    /// Bytes of a file of `frames` frames that holds nothing but samples.
    pub fn file_bytes(&self, frames: u64) -> u64 {
        let (head, _) = self.head(&Extras::default(), Some((frames, 0)), u64::MAX);
        let samples = frames * self.frame_bytes() as u64;
        head.len() as u64 + samples.next_multiple_of(2)
    }

    /// Checks what a header can hold.
    pub(super) fn check(&self) -> Result<()> {
        if self.channels == 0 || self.channels > MOST_CHANNELS {
            return Err(Error::Usage(format!(
                "a WAV file of {} channels cannot be written; 1 to {MOST_CHANNELS} can",
                self.channels
            )));
        }
        if self.sample_rate.0 == 0 || self.sample_rate.0 > HIGHEST_RATE {
            return Err(Error::Usage(format!(
                "a WAV file of {} cannot be written; 1 to {HIGHEST_RATE} Hz can",
                self.sample_rate
            )));
        }
        Ok(())
    }

    /// The fmt chunk, and a fact chunk of `frames` where the samples are float.
    ///
    /// Mono and stereo take the plain form that every program reads; everything else that Microsoft asks
    /// WAVE_FORMAT_EXTENSIBLE for takes it, two channels that are not front left and right as well.
    fn format_chunks(&self, frames: u64, plain_pcm: bool) -> Vec<u8> {
        let is_float = self.bit_depth == BitDepth::Float32;
        let is_usual = match self.channels {
            1 => self.channel_mask.is_none_or(|mask| mask == FRONT_CENTRE),
            2 => self.channel_mask.is_none_or(|mask| mask == FRONT_PAIR),
            _ => false,
        };
        let is_extensible = !is_usual && (is_float || !plain_pcm);
        let tag = if is_float { TAG_FLOAT } else { TAG_PCM };
        let word_bits = 8 * self.bit_depth.bytes() as u16;
        let byte_rate = u64::from(self.sample_rate.0) * self.frame_bytes() as u64;
        let mut content = Vec::new();
        content.extend(if is_extensible { TAG_EXTENSIBLE } else { tag }.to_le_bytes());
        content.extend((self.channels as u16).to_le_bytes());
        content.extend(self.sample_rate.0.to_le_bytes());
        content.extend((byte_rate as u32).to_le_bytes());
        content.extend((self.frame_bytes() as u16).to_le_bytes());
        content.extend(word_bits.to_le_bytes());
        if is_extensible {
            content.extend(22u16.to_le_bytes());
            content.extend(word_bits.to_le_bytes());
            content.extend(self.channel_mask.unwrap_or(0).to_le_bytes());
            content.extend(tag.to_le_bytes());
            content.extend(SUBFORMAT_TAIL);
        } else if is_float {
            content.extend(0u16.to_le_bytes());
        }
        let mut chunks = chunk(*b"fmt ", &content);
        if is_float {
            let frames = u32::try_from(frames).unwrap_or(u32::MAX);
            chunks.extend(chunk(*b"fact", &frames.to_le_bytes()));
        }
        chunks
    }

    /// The whole head of a file, up to the first sample: always the same length for one spec.
    ///
    /// The first chunk takes 72 bytes: in a RIFF file a JUNK chunk of 64, which past `riff_limit` bytes
    /// gives way to ds64 and a smaller JUNK. `sizes` are the frames and the bytes of the chunks behind them;
    /// `None` while they are still being written: the sizes are then those of a stream, so that what a
    /// crash leaves behind can still be read.
    pub(super) fn head(
        &self,
        extras: &Extras,
        sizes: Option<(u64, u64)>,
        riff_limit: u64,
    ) -> (Vec<u8>, &'static str) {
        let (frames, behind) = sizes.unwrap_or((0, 0));
        let mut format: Vec<u8> = extras
            .before
            .iter()
            .flat_map(|(id, content)| chunk(id.0, content))
            .collect();
        format.extend(self.format_chunks(frames, extras.plain_pcm));
        let head_bytes = (12 + 72 + format.len() + 8) as u64;
        let data_bytes = frames * self.frame_bytes() as u64;
        let form_size = head_bytes - 8 + data_bytes + data_bytes % 2 + behind;
        let container = self.container.letters(form_size, riff_limit);
        let is_64_bit = container != "RIFF";
        let size_32 = |size: u64| match (sizes, is_64_bit) {
            (Some(_), false) => size as u32,
            _ => u32::MAX,
        };

        let mut head = Vec::with_capacity(head_bytes as usize);
        head.extend(container.as_bytes());
        head.extend(size_32(form_size).to_le_bytes());
        head.extend(b"WAVE");
        if is_64_bit {
            let mut ds64 = Vec::with_capacity(28);
            ds64.extend(form_size.to_le_bytes());
            ds64.extend(data_bytes.to_le_bytes());
            ds64.extend(frames.to_le_bytes());
            ds64.extend(0u32.to_le_bytes());
            head.extend(chunk(*b"ds64", &ds64));
            head.extend(chunk(*b"JUNK", &[0; 28]));
        } else {
            head.extend(chunk(*b"JUNK", &[0; 64]));
        }
        head.extend(format);
        head.extend(b"data");
        head.extend(size_32(data_bytes).to_le_bytes());
        (head, container)
    }
}

/// A chunk with its header and, after an odd number of bytes, its pad byte.
fn chunk(id: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_vec();
    bytes.extend((content.len() as u32).to_le_bytes());
    bytes.extend(content);
    if content.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}
