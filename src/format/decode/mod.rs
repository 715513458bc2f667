//! FLAC, AIFF, CAF, and the ALAC, AAC and PCM of MP4 files, decoded by symphonia.
//!
//! Symphonia gives packets; here they become the frames of a file: exactly as many as it has, each at its
//! place, or an error that says where the file is broken. A packet that cannot be decoded is never skipped. `stream`
//! fences symphonia in; `caf` shows it CAF files in the form that it reads, `tagged` FLAC files without tags behind them;
//! `aiff` compares what an AIFF file says of its length, `flac_end` finds where a FLAC file ends.

mod aiff;
mod caf;
mod flac_end;
mod stream;
mod tagged;

use std::path::{Path, PathBuf};

use symphonia::core::codecs::audio::well_known::CODEC_ID_ALAC;
use symphonia::core::errors::Error as SymphoniaError;

use self::caf::CafView;
use self::flac_end::{Behind, FlacEnd};
pub(super) use self::stream::TrackForm;
use self::stream::{Stream, sample_format};
use super::magnitude::largest_magnitude;
use super::sniff;
use super::source::{AudioFacts, AudioSource, SampleFormat, place, silence_rest, unusable_sample};
use crate::audio::Block;
use crate::units::{Frames, SampleRate};
use crate::{Error, Result};

/// A file that symphonia decodes.
pub(super) struct DecodedFile {
    path: PathBuf,
    /// The track of an MP4 file that is read; `None`: the one that the file proposes.
    track: Option<TrackForm>,
    facts: AudioFacts,
    stream: Stream,
    /// The frame that `read` gives next.
    position: u64,
    /// The samples of the current packet, one row per channel.
    packet: Vec<Vec<f32>>,
    /// Frames of the packet that have been read.
    taken: usize,
    /// The file's own checksum is compared.
    verify: bool,
    /// Everything has been decoded in order from frame 0, so that the file's own checksum must hold.
    from_start: bool,
}

impl std::fmt::Debug for DecodedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecodedFile")
            .field("path", &self.path)
            .field("facts", &self.facts)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl DecodedFile {
    /// Opens the file at `path`, which begins like the given container, for one of its tracks. With `verify` a
    /// checksum of all its samples that the file carries is compared at its end.
    pub(super) fn open(
        path: &Path,
        container: &'static str,
        track: Option<TrackForm>,
        verify: bool,
    ) -> Result<Self> {
        let (stream, parameters, frames) = Stream::open(path, container, track, verify)?;
        let channels = parameters.channels.as_ref().map_or(0, |c| c.count());
        let rate = parameters.sample_rate.unwrap_or(0);
        if channels == 0 {
            let reason = "it names no channels";
            return Err(Error::malformed(path, container, "", reason));
        }
        if rate == 0 {
            let reason = "the sample rate is 0 Hz";
            return Err(Error::malformed(path, container, "", reason));
        }
        let sample_format = sample_format(&parameters);
        let deep = SampleFormat::Integer { bits: 32 };
        if parameters.codec == CODEC_ID_ALAC && sample_format == deep {
            // The decoder takes it for what it is not as soon as it is loud.
            return Err(Error::Unsupported {
                path: path.to_path_buf(),
                feature: "ALAC of 32 bits".to_owned(),
                hint: "convert it to WAV, or to ALAC or FLAC of 24 bits".to_owned(),
            });
        }
        let mut file = Self {
            path: path.to_path_buf(),
            track,
            facts: AudioFacts {
                container,
                sample_format,
                channels,
                sample_rate: SampleRate(rate),
                frames: Frames(frames.unwrap_or(u64::MAX)),
                channel_mask: None,
                tracks: 1,
                priming: Frames(0),
                warnings: Vec::new(),
                chunks: Vec::new(),
            },
            stream,
            position: 0,
            packet: vec![Vec::new(); channels],
            taken: 0,
            verify,
            from_start: true,
        };
        if container == "FLAC" {
            file.check_behind()?;
        }
        if frames.is_none() {
            // A stream that does not say how long it is: decode it once to know.
            let mut length = 0;
            while file.next_packet()? {
                length += file.packet[0].len() as u64;
                file.position = length;
            }
            file.facts.frames = Frames(length);
            file.rewind()?;
        }
        if frames.is_some() && container == "CAF" && parameters.codec == CODEC_ID_ALAC {
            file.find_end(parameters.max_frames_per_packet.unwrap_or(0))?;
        }
        if file.facts.frames == Frames(0) && container == "CAF" {
            file.find_data()?;
        }
        if file.facts.frames == Frames(0) {
            file.facts
                .warnings
                .push("the file has no samples".to_owned());
        }
        if container == "AIFF" {
            file.compare_counts()?;
        }
        Ok(file)
    }

    /// Warns of an AIFF file that contradicts itself; refuses one without the sound that it counts.
    fn compare_counts(&mut self) -> Result<()> {
        let counts = aiff::frame_counts(&mut sniff::open_regular(&self.path)?)
            .map_err(|e| Error::io(&self.path, "read", e))?;
        if let Some((said @ 1.., 0)) = counts
            && self.facts.frames == Frames(0)
        {
            let reason = format!(
                "its COMM chunk counts {said} frames, but there is no SSND chunk with samples: the file is cut or damaged"
            );
            return Err(Error::malformed(&self.path, "AIFF", "", reason));
        }
        if let Some((said, held)) = counts
            && said != held
        {
            self.facts.warnings.push(format!(
                "its COMM chunk counts {said} frames, its SSND chunk has samples for {held}; {} are read",
                self.facts.frames.0
            ));
        }
        Ok(())
    }

    /// Refuses a CAF file that has no frames because its data are missing, or are no frames by its description.
    fn find_data(&self) -> Result<()> {
        let view = CafView::new(sniff::open_regular(&self.path)?)
            .map_err(|e| Error::io(&self.path, "read", e))?;
        let reason = match view.data_bytes() {
            Some(0) => return Ok(()),
            Some(bytes) => format!(
                "its data chunk has {bytes} bytes, but by its desc and pakt chunks these are no frames"
            ),
            None => "there is no data chunk, so no samples".to_owned(),
        };
        Err(Error::malformed(&self.path, "CAF", "", reason))
    }

    /// Warns of what stands behind the last packet of a FLAC file; it is refused if it may be sound that is lost.
    fn check_behind(&mut self) -> Result<()> {
        let end = FlacEnd::find(&mut sniff::open_regular(&self.path)?)
            .map_err(|e| Error::io(&self.path, "read", e))?;
        // That the end of a file of known length is missing is said when it is reached.
        let Some(end) = end.filter(|end| end.frames >= end.told) else {
            return Ok(());
        };
        let FlacEnd {
            frames, told, rest, ..
        } = end;
        if told == 0 && end.behind == Behind::Unknown {
            let reason = format!(
                "the last {rest} bytes are no whole FLAC frame: the file is cut or damaged here; only zeros or a tag may \
                 follow the last frame"
            );
            return Err(self.malformed_at(frames, reason));
        }
        let warnings = &mut self.facts.warnings;
        if told != 0 && frames > told {
            warnings.push(format!(
                "its STREAMINFO counts {told} frames, its last FLAC frame ends at {frames}; {told} are read"
            ));
        }
        if matches!(end.behind, Behind::Harmless | Behind::Unknown) {
            warnings.push(format!(
                "{rest} stray bytes behind the last FLAC frame are ignored"
            ));
        }
        Ok(())
    }

    /// What is known of the file, for what is learned elsewhere.
    pub(super) fn facts_mut(&mut self) -> &mut AudioFacts {
        &mut self.facts
    }

    /// Decodes the next packet; false at the end of the file.
    fn next_packet(&mut self) -> Result<bool> {
        self.taken = 0;
        for row in &mut self.packet {
            row.clear();
        }
        let packet = loop {
            match self.stream.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.stream.track => break packet,
                Ok(Some(_)) => {}
                Ok(None) => return self.at_end().map(|()| false),
                Err(SymphoniaError::IoError(e))
                    if e.kind() == std::io::ErrorKind::UnexpectedEof =>
                {
                    return self.at_end().map(|()| false);
                }
                Err(e) => return Err(self.broken(&e)),
            }
        };
        // A demuxer that lost its place in damaged bytes finds it again further on.
        let begins = packet.pts.get().saturating_sub(self.stream.start).max(0) as u64;
        if self.stream.is_frame_exact && begins != self.position {
            let reason = format!(
                "the file is damaged: what follows belongs to frame {begins}; decode it again from the \
                 original"
            );
            return Err(self.malformed(reason));
        }
        if !self.stream.is_intact(&packet) {
            let reason = "the packet does not give its checksum (CRC-16): the file is damaged; decode it again from the \
                          original";
            return Err(self.malformed(reason));
        }
        let (channels, rate) = match self.stream.decode(&packet, &mut self.packet) {
            Ok(form) => form,
            Err(e) => return Err(self.broken(&e)),
        };
        if channels != self.facts.channels || rate != self.facts.sample_rate.0 {
            let reason = format!("the sound changes to {channels} channels at {rate} Hz");
            return Err(self.malformed(reason));
        }
        Ok(true)
    }

    /// Checks at the end of the stream that all of it was there.
    fn at_end(&mut self) -> Result<()> {
        let expected = self.facts.frames.0;
        if expected != u64::MAX && self.position < expected {
            let reason = format!("the file ends here; it should have {expected} frames");
            return Err(self.malformed(reason));
        }
        if self.from_start && self.stream.checksum_fails() {
            let reason =
                "the samples do not give the checksum that the file carries; it is damaged";
            return Err(Error::malformed(
                &self.path,
                self.facts.container,
                "",
                reason,
            ));
        }
        Ok(())
    }

    /// CAF files of packets tell their frames apart from them, and FFmpeg counts the last packet as full: where it ends is
    /// known once it is decoded. A file without a packet of less than `full` frames at its end is left for its readers to
    /// find fault with.
    fn find_end(&mut self, full: u64) -> Result<()> {
        let told = self.facts.frames.0;
        let Some(reached) = told.checked_sub(1).and_then(|last| self.stream.seek(last)) else {
            return self.rewind();
        };
        self.position = reached;
        self.from_start = false;
        let mut end = told;
        // The demuxer may have gone to the packet before.
        while self.position < told && matches!(self.next_packet(), Ok(true)) {
            let frames = self.packet[0].len() as u64;
            self.position += frames;
            if frames < full {
                end = self.position.min(told);
                break;
            }
        }
        self.facts.frames = Frames(end);
        self.rewind()
    }

    /// Begins again at frame 0.
    fn rewind(&mut self) -> Result<()> {
        (self.stream, _, _) =
            Stream::open(&self.path, self.facts.container, self.track, self.verify)?;
        self.position = 0;
        self.taken = 0;
        for row in &mut self.packet {
            row.clear();
        }
        self.from_start = true;
        Ok(())
    }

    fn malformed(&self, reason: impl Into<String>) -> Error {
        self.malformed_at(self.position, reason)
    }

    fn malformed_at(&self, frame: u64, reason: impl Into<String>) -> Error {
        let at = format!(
            "frame {frame} ({:.6} s)",
            self.facts.sample_rate.seconds_at(Frames(frame))
        );
        Error::malformed(&self.path, self.facts.container, at, reason)
    }

    fn broken(&self, error: &SymphoniaError) -> Error {
        self.malformed(format!("it cannot be decoded here: {error}"))
    }

    /// Checks the rest of the packet for samples that are not finite in wanted channels.
    fn check_finite(&self, frames: usize, rows: &[Option<usize>]) -> Result<()> {
        for (channel, row) in self.packet.iter().enumerate() {
            if rows[channel].is_none() {
                continue;
            }
            let samples = &row[self.taken..self.taken + frames];
            if largest_magnitude(samples).is_finite() {
                continue;
            }
            if let Some(n) = samples.iter().position(|x| !x.is_finite()) {
                let at = place(channel, self.position + n as u64, self.facts.sample_rate);
                let reason = unusable_sample(samples[n]);
                return Err(Error::malformed(
                    &self.path,
                    self.facts.container,
                    at,
                    reason,
                ));
            }
        }
        Ok(())
    }

    /// Makes frames available in the packet; gives how many, 0 at the end of the file.
    fn available(&mut self) -> Result<usize> {
        if self.position >= self.facts.frames.0 {
            return Ok(0);
        }
        while self.taken == self.packet[0].len() {
            if !self.next_packet()? {
                return Ok(0);
            }
        }
        let left = self.facts.frames.0 - self.position;
        let available = self.packet[0].len() - self.taken;
        Ok(available.min(usize::try_from(left).unwrap_or(usize::MAX)))
    }

    fn advance(&mut self, frames: usize) -> Result<()> {
        self.taken += frames;
        self.position += frames as u64;
        if self.position == self.facts.frames.0 && self.from_start {
            // The checksum is known only now.
            self.at_end()?;
        }
        Ok(())
    }
}

impl AudioSource for DecodedFile {
    fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    fn read(&mut self, block: &mut Block, rows: &[Option<usize>]) -> Result<usize> {
        assert_eq!(rows.len(), self.facts.channels, "one row entry per channel");
        let wanted = block.frames();
        let mut done = 0;
        while done < wanted {
            let frames = self.available()?.min(wanted - done);
            if frames == 0 {
                break;
            }
            self.check_finite(frames, rows)?;
            for (samples, row) in self.packet.iter().zip(rows) {
                if let Some(row) = row {
                    block.row_mut(*row)[done..done + frames]
                        .copy_from_slice(&samples[self.taken..self.taken + frames]);
                }
            }
            self.advance(frames)?;
            done += frames;
        }
        silence_rest(block, rows, done);
        Ok(done)
    }

    fn seek(&mut self, frame: Frames) -> Result<()> {
        let frame = frame.0.min(self.facts.frames.0);
        if frame == self.position {
            return Ok(());
        }
        if frame == self.facts.frames.0 {
            self.position = frame;
            self.from_start = false;
            return Ok(());
        }
        match self.stream.seek(frame) {
            // What has been decoded decides what follows: only on from here, or again from the beginning.
            _ if self.stream.has_memory && frame > self.position => {}
            Some(reached) if reached <= frame => {
                self.position = reached;
                self.taken = 0;
                for row in &mut self.packet {
                    row.clear();
                }
                self.from_start = false;
            }
            // Symphonia cannot; from the beginning it always works.
            _ => self.rewind()?,
        }
        while self.position < frame {
            let frames = self.available()? as u64;
            if frames == 0 {
                break;
            }
            let step = frames.min(frame - self.position) as usize;
            self.advance(step)?;
        }
        Ok(())
    }
}
