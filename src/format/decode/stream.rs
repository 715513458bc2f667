//! Symphonia's demuxer and decoder of one track, fenced: a panic of theirs is a fault of the file.

use std::path::Path;

use symphonia::core::audio::sample::SampleFormat as SymphoniaFormat;
use symphonia::core::checksum::Crc16Ansi;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_ALAC, CODEC_ID_FLAC, CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F32LE,
    CODEC_ID_PCM_F64BE, CODEC_ID_PCM_F64LE, CODEC_ID_PCM_S24BE, CODEC_ID_PCM_S24LE,
    CODEC_ID_PCM_S32BE, CODEC_ID_PCM_S32LE,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::{Error as SymphoniaError, Result as SymphoniaResult};
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions, Monitor};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{TimeBase, Timestamp};

use super::caf::CafView;
use super::tagged::Untagged;
use crate::format::guard::fenced;
use crate::format::sniff;
use crate::format::source::SampleFormat;
use crate::{Error, Result};

/// As in WAV files.
const MOST_CHANNELS: usize = 4096;

/// Most frames of one packet; a decoder makes room for them before it has seen one.
const MOST_PACKET_FRAMES: u64 = 1 << 16;

/// A track of an MP4 file, with what symphonia's demuxer does not tell of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::format) struct TrackForm {
    /// Its number inside the file.
    pub(in crate::format) id: u32,
    /// Its length in ticks of its clock; the demuxer leaves out fragments.
    pub(in crate::format) ticks: u64,
    /// Its samples are big-endian PCM in a coding that the demuxer takes for little-endian.
    pub(in crate::format) is_big_endian: bool,
}

/// Demuxer and decoder of the file's audio track.
pub(super) struct Stream {
    demuxer: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    pub(super) track: u32,
    /// Timestamps count frames.
    pub(super) is_frame_exact: bool,
    /// A packet sounds differently after other packets than after none: each overlaps the next, and noise that the
    /// decoder puts in goes on from what it was (ISO/IEC 14496-3, 4.6.13).
    pub(super) has_memory: bool,
    /// The timestamp of frame 0.
    pub(super) start: i64,
    /// Packets are whole FLAC frames of which no one has compared the checksum: symphonia does so only in FLAC files.
    has_unchecked_frames: bool,
}

impl Stream {
    /// Opens the file; gives also what it says of its samples, and its frames if it tells.
    pub(super) fn open(
        path: &Path,
        container: &'static str,
        form: Option<TrackForm>,
        verify: bool,
    ) -> Result<(Self, AudioCodecParameters, Option<u64>)> {
        let file = sniff::open_regular(path)?;
        let source: Box<dyn MediaSource> = match container {
            "CAF" => Box::new(CafView::new(file).map_err(|e| Error::io(path, "read", e))?),
            "FLAC" => Box::new(Untagged::new(file).map_err(|e| Error::io(path, "read", e))?),
            _ => Box::new(file),
        };
        let source = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let mut hint = Hint::new();
        hint.with_extension(match container {
            "FLAC" => "flac",
            "AIFF" => "aiff",
            "CAF" => "caf",
            _ => "m4a",
        });
        let probe = || {
            symphonia::default::get_probe().probe(
                &hint,
                source,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
        };
        let demuxer = fenced(probe)
            .unwrap_or_else(absurd)
            .map_err(|e| refused(path, container, &e))?;
        let track = match form {
            Some(form) => demuxer.tracks().iter().find(|track| track.id == form.id),
            None => demuxer.default_track(TrackType::Audio),
        };
        let track =
            track.ok_or_else(|| Error::malformed(path, container, "", "it has no audio track"))?;
        let Some(CodecParameters::Audio(mut parameters)) = track.codec_params.clone() else {
            let reason = "its audio track does not say how it is coded";
            return Err(Error::malformed(path, container, "", reason));
        };
        if form.is_some_and(|form| form.is_big_endian) {
            parameters.codec = match parameters.codec {
                CODEC_ID_PCM_S24LE => CODEC_ID_PCM_S24BE,
                CODEC_ID_PCM_S32LE => CODEC_ID_PCM_S32BE,
                CODEC_ID_PCM_F32LE => CODEC_ID_PCM_F32BE,
                CODEC_ID_PCM_F64LE => CODEC_ID_PCM_F64BE,
                other => other,
            };
        }
        let options = AudioDecoderOptions::default().verify(verify);
        let channels = parameters.channels.as_ref().map_or(0, |c| c.count());
        let packet_frames = parameters.max_frames_per_packet.unwrap_or(0);
        if channels > MOST_CHANNELS || packet_frames > MOST_PACKET_FRAMES {
            let reason = format!(
                "it claims {channels} channels and packets of {packet_frames} frames; at most \
                 {MOST_CHANNELS} and {MOST_PACKET_FRAMES} can be read"
            );
            return Err(Error::malformed(path, container, "", reason));
        }
        let make = || symphonia::default::get_codecs().make_audio_decoder(&parameters, &options);
        let decoder = fenced(make)
            .unwrap_or_else(absurd)
            .map_err(|e| refused(path, container, &e))?;
        let rate = parameters.sample_rate.unwrap_or(0);
        let is_frame_exact = track.time_base == TimeBase::try_from_recip(rate);
        let frames = form.map(|form| form.ticks).or(track.num_frames);
        let frames = frames.filter(|_| is_frame_exact);
        let stream = Self {
            track: track.id,
            start: track.start_ts.get(),
            is_frame_exact,
            has_memory: parameters.codec == CODEC_ID_AAC,
            has_unchecked_frames: container == "MP4" && parameters.codec == CODEC_ID_FLAC,
            decoder,
            demuxer,
        };
        Ok((stream, parameters, frames))
    }

    /// The next packet of any track; `None` at the end.
    pub(super) fn next_packet(&mut self) -> SymphoniaResult<Option<Packet>> {
        fenced(|| self.demuxer.next_packet()).unwrap_or_else(absurd)
    }

    /// False for a FLAC frame that does not give the CRC-16 at its end (RFC 9639, 9.3), so far as it is to be compared.
    pub(super) fn is_intact(&self, packet: &Packet) -> bool {
        if !self.has_unchecked_frames {
            return true;
        }
        // With its own checksum behind it, a message has the checksum 0.
        let mut crc = Crc16Ansi::new(0);
        crc.process_buf_bytes(&packet.data);
        crc.crc() == 0
    }

    /// Decodes a packet into one row per channel; gives its number of channels and sample rate. Rows are
    /// written only if there is one for each channel.
    pub(super) fn decode(
        &mut self,
        packet: &Packet,
        rows: &mut Vec<Vec<f32>>,
    ) -> SymphoniaResult<(usize, u32)> {
        let work = || {
            let decoded = self.decoder.decode(packet)?;
            let form = (decoded.num_planes(), decoded.spec().rate());
            if form.0 == rows.len() {
                decoded.copy_to_vecs_planar(rows);
            }
            Ok(form)
        };
        fenced(work).unwrap_or_else(absurd)
    }

    /// True if the file carries a checksum and the samples decoded so far do not give it.
    pub(super) fn checksum_fails(&mut self) -> bool {
        fenced(|| self.decoder.finalize().verify_ok) == Some(Some(false))
    }

    /// Goes to the packet that holds `frame`; gives the frame at which it begins, or `None`.
    pub(super) fn seek(&mut self, frame: u64) -> Option<u64> {
        if !self.is_frame_exact || self.has_memory {
            return None;
        }
        let ts = Timestamp::new(self.start.checked_add_unsigned(frame)?);
        let to = SeekTo::Timestamp {
            ts,
            track_id: self.track,
        };
        let reached = fenced(|| self.demuxer.seek(SeekMode::Accurate, to))?.ok()?;
        self.decoder.reset();
        u64::try_from(reached.actual_ts.get().checked_sub(self.start)?).ok()
    }
}

/// What is said of a file at which a decoder gave up.
fn absurd<T>() -> SymphoniaResult<T> {
    Err(SymphoniaError::DecodeError(
        "its numbers contradict each other",
    ))
}

/// How the samples are stored, for the facts.
pub(super) fn sample_format(parameters: &AudioCodecParameters) -> SampleFormat {
    // A container may leave the depth to the codec and write 0.
    let bits = parameters.bits_per_sample.filter(|&bits| bits > 0);
    // The RIFF and CAF readers leave it to the codec to tell floats from integers.
    match parameters.codec {
        CODEC_ID_PCM_F32LE | CODEC_ID_PCM_F32BE => return SampleFormat::Float { bits: 32 },
        CODEC_ID_PCM_F64LE | CODEC_ID_PCM_F64BE => return SampleFormat::Float { bits: 64 },
        CODEC_ID_AAC => return SampleFormat::Lossy { codec: "AAC" },
        // The sixth byte of ALAC's configuration ("ALACSpecificConfig", Apple's description of the format).
        CODEC_ID_ALAC => {
            let data = parameters.extra_data.as_deref().map(alac_configuration);
            let stated = data.and_then(|data| data.get(5));
            let bits = stated.map_or(24, |&depth| u32::from(depth));
            return SampleFormat::Integer { bits };
        }
        _ => {}
    }
    match parameters.sample_format {
        Some(SymphoniaFormat::F32) => SampleFormat::Float { bits: 32 },
        Some(SymphoniaFormat::F64) => SampleFormat::Float { bits: 64 },
        Some(SymphoniaFormat::U8 | SymphoniaFormat::S8) => SampleFormat::Integer { bits: 8 },
        Some(SymphoniaFormat::U16 | SymphoniaFormat::S16) => SampleFormat::Integer {
            bits: bits.unwrap_or(16),
        },
        Some(SymphoniaFormat::U24 | SymphoniaFormat::S24) => SampleFormat::Integer {
            bits: bits.unwrap_or(24),
        },
        Some(SymphoniaFormat::U32 | SymphoniaFormat::S32) | None => SampleFormat::Integer {
            bits: bits.unwrap_or(32),
        },
    }
}

/// The configuration in the "magic cookie" of ALAC, which may stand behind the atoms "frma" and "alac" (Apple,
/// "ALACMagicCookieDescription.txt").
fn alac_configuration(mut cookie: &[u8]) -> &[u8] {
    for (name, bytes) in [(b"frma", 12), (b"alac", 12)] {
        if cookie.get(4..8) == Some(name) {
            cookie = cookie.get(bytes..).unwrap_or_default();
        }
    }
    cookie
}

/// What symphonia says of a file that it does not open.
fn refused(path: &Path, container: &'static str, error: &SymphoniaError) -> Error {
    match error {
        SymphoniaError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            let bytes = std::fs::metadata(path).map_or(0, |facts| facts.len());
            let reason = format!(
                "the file ends after {bytes} bytes, before its header or the samples that it announces do; copy it again \
                 from the original"
            );
            Error::malformed(path, container, "", reason)
        }
        SymphoniaError::IoError(e) => {
            Error::io(path, "read", std::io::Error::new(e.kind(), e.to_string()))
        }
        SymphoniaError::Unsupported(feature) => Error::Unsupported {
            path: path.to_path_buf(),
            feature: format!("this kind of {container} file ({feature})"),
            hint: "convert it to WAV or FLAC".to_owned(),
        },
        other => Error::malformed(path, container, "", other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_of_alac_is_found_behind_its_atoms() {
        let plain = [0, 0, 16, 0, 0, 24, 40, 10];
        let atom = |name: &[u8; 4], rest: &[u8; 4]| [&[0, 0, 0, 12], &name[..], &rest[..]].concat();
        let wrapped = [
            atom(b"frma", b"alac"),
            atom(b"alac", &[0; 4]),
            plain.to_vec(),
        ];
        assert_eq!(alac_configuration(&plain), plain);
        assert_eq!(alac_configuration(&wrapped.concat()), plain);
        assert_eq!(alac_configuration(&wrapped[1..].concat()), plain);
        assert_eq!(alac_configuration(b"\0\0\0\x0cfrma"), b"");
    }
}
