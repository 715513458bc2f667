//! Writing WAV: to a temporary name, verified by reading it again, then renamed.

use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use super::ahead::Ahead;
use super::behind::Behind;
use super::cache::second_level_bytes;
use super::distance::Outgoing;
use super::header::{Extras, WaveSpec};
use super::outlet::{Outlet, Samples, Scribe};
use super::pack::{NotFinite, Packer};
use super::reread::Reread;
use super::verify::verify;
use crate::audio::Block;
use crate::format::part::{Part, check_replaceable};
use crate::format::source::{ChunkId, place};
use crate::units::Frames;
use crate::{Error, Result};

/// Bytes handed to the system at a time, and read again at a time, about: for a file that is written alone half of the
/// second-level cache, between these bounds. Files that are written side by side have that number together, so that what
/// one of them gathers is still in the cache when it is handed on; with less than [`LEAST_BYTES`] each call costs more
/// than the cache saves.
const ALONE_BYTES: [usize; 2] = [256 * 1024, 512 * 1024];
const LEAST_BYTES: usize = 64 * 1024;

/// The largest size that a 32-bit field holds; the value above means "see ds64".
pub(super) const RIFF_LIMIT: u64 = u32::MAX as u64 - 1;

/// How many bytes of a file that is written beside others, so many `together`, are handed on at a time. Behind the head all
/// writes but the last end on a multiple of that: the system keeps a piece that begins on a multiple of its length, a
/// power of two, as one, which makes writing a third cheaper.
fn bytes_at_once(together: usize, cache: usize) -> usize {
    let [least, most] = ALONE_BYTES;
    let share = (cache / 2).clamp(least, most) / together.max(1);
    share.next_power_of_two().max(LEAST_BYTES)
}

/// A file that was written, read again and found to be what was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its frames.
    pub frames: Frames,
    /// Its channels.
    pub channels: usize,
    /// The largest magnitude of any sample, linear, full scale 1.
    pub peak: f32,
    /// The same for each channel.
    pub channel_peaks: Vec<f32>,
    /// Samples beyond full scale that were held there; always 0 for float.
    pub clipped: u64,
    /// The largest magnitude of these, linear; 0 if there are none.
    pub over: f32,
    /// Both for each channel.
    pub channel_clipped: Vec<Clipped>,
    /// Size of the file.
    pub bytes: u64,
    /// "RIFF", "RF64" or "BW64".
    pub container: &'static str,
}

/// Samples of a channel beyond full scale that were held there.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Clipped {
    /// How many.
    pub samples: u64,
    /// The largest magnitude of these, linear; 0 if there are none.
    pub over: f32,
}

/// A WAV file being written under a temporary name.
///
/// Nothing has the final name before [`publish`](Self::publish); dropped before that, it leaves nothing
/// behind.
#[derive(Debug)]
pub struct WaveSink {
    path: PathBuf,
    overwrite: bool,
    spec: WaveSpec,
    extras: Extras,
    /// Dropped before the temporary file is removed.
    out: Outlet,
    part: Part,
    packer: Packer,
    buffer: Outgoing,
    filled: usize,
    /// Bytes handed on at a time.
    at_once: usize,
    /// Bytes up to the border at which the next write shall end.
    chunk: usize,
    frames: u64,
    /// Where the file's first frame stands in what it is a part of.
    first: u64,
    /// Bytes before the samples.
    head_bytes: u64,
    /// Bytes of the chunks behind the samples, with headers and pads.
    behind: u64,
    /// The peaks of the closed file, as they were read again.
    peaks: Vec<f32>,
    /// Above this form size a RIFF file becomes RF64.
    riff_limit: u64,
}

impl WaveSink {
    /// Begins a file at `path`; its folder must exist.
    ///
    /// # Errors
    /// The file exists and `overwrite` is false ([`Error::Exists`], before anything is done), `path` is a
    /// folder or device, or the folder is missing or cannot be written to.
    pub fn create(path: &Path, spec: WaveSpec, overwrite: bool) -> Result<Self> {
        Self::begin(path, spec, Extras::default(), overwrite)
    }

    /// As [`create`](Self::create), with `extras`.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_with(
        path: &Path,
        spec: WaveSpec,
        extras: Extras,
        overwrite: bool,
    ) -> Result<Self> {
        Self::begin(path, spec, extras, overwrite)
    }

    fn begin(path: &Path, spec: WaveSpec, extras: Extras, overwrite: bool) -> Result<Self> {
        spec.check()?;
        check_free(path, overwrite)?;
        let (part, file) = Part::create(path).map_err(|e| Error::io(path, "create", e))?;
        let (head, _) = spec.head(&extras, None, RIFF_LIMIT);
        let at_once = bytes_at_once(extras.together, second_level_bytes());
        let again = Reread::new(spec, head.len() as u64, at_once);
        let packer = Packer::new(spec.bit_depth, spec.channels);
        let tile_bytes = packer.tile_frames() * spec.frame_bytes();
        let mut sink = Self {
            path: path.to_path_buf(),
            overwrite,
            spec,
            packer: packer.with_exact(extras.exact.clone()),
            extras,
            out: Outlet::new(Scribe {
                file,
                ahead: Ahead::default(),
                again,
                behind: Behind::new(),
                bytes: 0,
            }),
            part,
            buffer: Outgoing::new(at_once + tile_bytes),
            filled: 0,
            at_once,
            chunk: at_once,
            frames: 0,
            first: 0,
            head_bytes: head.len() as u64,
            behind: 0,
            peaks: Vec::new(),
            riff_limit: RIFF_LIMIT,
        };
        sink.put(&head)?;
        sink.flush()?;
        sink.chunk = at_once - head.len() % at_once;
        Ok(sink)
    }

    /// Says that the file begins at frame `first` of something longer: it has the dither that is there.
    pub fn begins_at(&mut self, first: Frames) {
        self.first = first.0;
    }

    /// Writes on a thread of its own from here on, so that the caller goes on meanwhile.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn on_a_thread(&mut self) -> Result<()> {
        self.out
            .move_to_thread()
            .map_err(|e| Error::io(&self.path, "start a thread that writes", e))
    }

    /// Appends the frames of `block`; `rows[c]` is the row that channel `c` takes. Allocates nothing, but
    /// for buffers if [a thread of its own](Self::on_a_thread) does not keep up.
    ///
    /// # Errors
    /// The system cannot write (the disk is full), or a sample is not finite.
    ///
    /// # Panics
    /// If `rows` has not one entry per channel, or names a row that the block does not have.
    pub fn write(&mut self, block: &Block, rows: &[usize]) -> Result<()> {
        assert_eq!(rows.len(), self.spec.channels, "one row per channel");
        let mut done = 0;
        while done < block.frames() {
            let frames = self.packer.tile_frames().min(block.frames() - done);
            let bytes = frames * self.spec.frame_bytes();
            let out = &mut self.buffer[self.filled..self.filled + bytes];
            self.packer
                .pack(block, rows, done, frames, self.first + self.frames, out)
                .map_err(|e| self.not_finite(e))?;
            self.frames += frames as u64;
            self.filled += bytes;
            done += frames;
            // A tile of very many channels is more than one piece.
            while self.filled >= self.chunk {
                self.drain()?;
            }
        }
        Ok(())
    }

    /// Appends a chunk behind the samples, of which there are no more: `content` writes it, however large it
    /// gets below 4 GiB. To be called once per chunk.
    ///
    /// # Errors
    /// The system cannot write, or the chunk is too large.
    pub fn append(
        &mut self,
        id: ChunkId,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        if self.behind == 0 {
            self.pad(self.data_bytes())?;
        }
        let header = self.out.at() + self.filled as u64;
        self.put(&[id.0, [0; 4]].concat())?;
        let mut counted = Counted {
            sink: self,
            count: 0,
        };
        let written = content(&mut counted);
        let bytes = counted.count;
        written.map_err(|e| Error::io(&self.path, "write to", e))?;
        let Ok(size) = u32::try_from(bytes) else {
            return Err(Error::Unsupported {
                path: self.path.clone(),
                feature: format!("a chunk \"{id}\" of {bytes} bytes"),
                hint: "a chunk beside the samples has less than 4 GiB: export a shorter part"
                    .to_owned(),
            });
        };
        self.pad(bytes)?;
        self.flush()?;
        self.out
            .patch(header + 4, size.to_le_bytes())
            .map_err(|e| Error::io(&self.path, "write to", e))?;
        self.behind += 8 + bytes + bytes % 2;
        Ok(())
    }

    /// The temporary file, for those who read it again before it gets its name.
    pub fn part_path(&self) -> &Path {
        self.part.path()
    }

    /// What has been held at full scale so far, for each channel.
    pub fn clipped(&self) -> Vec<Clipped> {
        let tallies = self.packer.tallies().iter();
        tallies
            .map(|tally| Clipped {
                samples: tally.clipped,
                over: tally.over,
            })
            .collect()
    }

    fn data_bytes(&self) -> u64 {
        self.frames * self.spec.frame_bytes() as u64
    }

    /// A byte of 0 after an odd number.
    fn pad(&mut self, bytes: u64) -> Result<()> {
        match bytes % 2 {
            1 => self.put(&[0]),
            _ => Ok(()),
        }
    }

    /// Completes the file, reads it again and compares. It keeps its temporary name; to be called once.
    ///
    /// # Errors
    /// The system cannot write or read, or the file read is not what was written ([`Error::Verify`]).
    pub fn seal(&mut self) -> Result<WrittenFile> {
        let written = self.close()?;
        self.verify(&written)?;
        Ok(written)
    }

    /// Completes the file, which keeps its temporary name; to be called once.
    ///
    /// # Errors
    /// The system cannot write.
    pub fn close(&mut self) -> Result<WrittenFile> {
        let data_bytes = self.data_bytes();
        if self.behind == 0 {
            self.pad(data_bytes)?;
        }
        self.flush()?;
        let sizes = Some((self.frames, self.behind));
        let (head, container) = self.spec.head(&self.extras, sizes, self.riff_limit);
        let Scribe {
            file,
            ahead,
            again,
            bytes,
            ..
        } = self
            .out
            .settle()
            .map_err(|e| Error::io(&self.path, "write to", e))?;
        file.rewind()
            .and_then(|()| file.write_all(&head))
            .and_then(|()| ahead.give_back(file, *bytes))
            .map_err(|e| Error::io(&self.path, "write to", e))?;
        self.peaks = again
            .finish(file, data_bytes)
            .map_err(|e| Error::io(&self.path, "read", e))?;
        let channel_clipped = self.clipped();
        let tallies = self.packer.tallies();
        Ok(WrittenFile {
            channel_clipped,
            path: self.path.clone(),
            frames: Frames(self.frames),
            channels: self.spec.channels,
            peak: tallies.iter().fold(0.0, |peak, t| t.peak.max(peak)),
            channel_peaks: tallies.iter().map(|t| t.peak).collect(),
            clipped: tallies.iter().map(|t| t.clipped).sum(),
            over: tallies.iter().fold(0.0, |over, t| t.over.max(over)),
            bytes: head.len() as u64 + data_bytes + data_bytes % 2 + self.behind,
            container,
        })
    }

    /// Reads the closed file again and compares it with what was `written`.
    ///
    /// # Errors
    /// The system cannot read, or the file read is not what was written ([`Error::Verify`]).
    pub fn verify(&self, written: &WrittenFile) -> Result<()> {
        let tallies = self.packer.tallies();
        let part = self.part.path();
        verify(part, written, self.spec, tallies, &self.peaks).map_err(|e| match e {
            // The user knows the file by its final name.
            Error::Verify { reason, .. } => Error::Verify {
                path: self.path.clone(),
                reason,
            },
            other => other,
        })
    }

    /// Gives the sealed file its name.
    ///
    /// # Errors
    /// It cannot be renamed, or another file has taken the name meanwhile and `overwrite` is false.
    pub fn publish(self) -> Result<()> {
        check_free(&self.path, self.overwrite)?;
        self.part
            .publish(&self.path)
            .map_err(|e| Error::io(&self.path, "rename", e))
    }

    /// Completes, verifies and names the file.
    ///
    /// # Errors
    /// As [`seal`](Self::seal) and [`publish`](Self::publish); nothing is left behind then.
    pub fn finish(mut self) -> Result<WrittenFile> {
        let written = self.seal()?;
        self.publish()?;
        Ok(written)
    }

    /// Hands on what is gathered, up to the border.
    fn drain(&mut self) -> Result<()> {
        self.hand_on(self.chunk)?;
        self.chunk = self.at_once;
        Ok(())
    }

    /// Hands on everything.
    fn flush(&mut self) -> Result<()> {
        self.hand_on(self.filled)
    }

    fn hand_on(&mut self, count: usize) -> Result<()> {
        // What is handed on begins with the head and may end behind the samples.
        let handed_on = (self.out.at() + count as u64).saturating_sub(self.head_bytes);
        let samples = Samples(handed_on.min(self.data_bytes()));
        self.out
            .write(&mut self.buffer, count, self.filled, samples)
            .map_err(|e| Error::io(&self.path, "write to", e))?;
        self.filled -= count;
        Ok(())
    }

    /// Bytes beside the samples.
    fn put(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let count = bytes.len().min(self.buffer.len() - self.filled);
            let (now, rest) = bytes.split_at(count);
            self.buffer[self.filled..][..count].copy_from_slice(now);
            self.filled += count;
            bytes = rest;
            if self.filled == self.buffer.len() {
                self.drain()?;
            }
        }
        Ok(())
    }

    /// Samples that are read are finite, so what is not has come about on the way.
    fn not_finite(&self, found: NotFinite) -> Error {
        let frame = found.frame - self.first;
        let place = place(found.channel, frame, self.spec.sample_rate);
        let reason = match found.sample.is_nan() {
            true => "the sample is no number (NaN)",
            false => {
                "the sample is beyond the largest number, 3.4e38 (+770 dBFS); turn down what is so loud"
            }
        };
        let reason = io::Error::new(io::ErrorKind::InvalidData, format!("{place}: {reason}"));
        Error::io(&self.path, "write", reason)
    }
}

/// Bytes that go to a file beside its samples, counted.
struct Counted<'a> {
    sink: &'a mut WaveSink,
    count: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.put(bytes).map_err(|e| match e {
            Error::Io { source, .. } => source,
            other => io::Error::other(other.to_string()),
        })?;
        self.count += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Refuses a path that is taken: by a file unless `overwrite`, by anything else always.
pub(crate) fn check_free(path: &Path, overwrite: bool) -> Result<()> {
    check_replaceable(path).map_err(|e| Error::io(path, "write a file at", e))?;
    match path.exists() {
        true if !overwrite => Err(Error::Exists(path.to_path_buf())),
        _ => Ok(()),
    }
}

/// Refuses an output that is the file it is made from, whatever it may overwrite.
pub(crate) fn check_not_input(input: &Path, output: &Path) -> Result<()> {
    match (input.canonicalize(), output.canonicalize()) {
        (Ok(a), Ok(b)) if a == b => Err(Error::Usage(format!(
            "\"{}\" is what is read: an output never replaces its input; choose another name",
            input.display()
        ))),
        // What does not exist yet is no input.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
