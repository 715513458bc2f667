//! Writing WAV: to a temporary name, verified by reading it again, then renamed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::header::{Extras, WaveSpec};
use super::pack::{NotFinite, Packer};
use super::verify::verify;
use crate::audio::Block;
use crate::format::source::{ChunkId, place, unusable_sample};
use crate::units::Frames;
use crate::{Error, Result};

/// Bytes handed to the system at a time, a multiple of its pages: behind the head all writes but the last
/// end on the border of a page, which makes them a fifth cheaper.
const WRITE_BYTES: usize = 256 * 1024;

/// The largest size that a 32-bit field holds; the value above means "see ds64".
pub(super) const RIFF_LIMIT: u64 = u32::MAX as u64 - 1;

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
    /// Size of the file.
    pub bytes: u64,
    /// "RIFF", "RF64" or "BW64".
    pub container: &'static str,
}

/// A WAV file being written under the name `NAME.part`.
///
/// Nothing has the final name before [`publish`](Self::publish); dropped before that, it leaves nothing
/// behind.
#[derive(Debug)]
pub struct WaveSink {
    path: PathBuf,
    overwrite: bool,
    spec: WaveSpec,
    extras: Extras,
    part: Part,
    packer: Packer,
    buffer: Vec<u8>,
    filled: usize,
    /// Bytes up to the border at which the next write shall end.
    chunk: usize,
    frames: u64,
    /// Bytes of the chunks behind the samples, with headers and pads.
    behind: u64,
    /// Above this form size a RIFF file becomes RF64.
    riff_limit: u64,
}

/// The temporary file; removed when dropped, unless it has been renamed.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: File,
    is_renamed: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_renamed {
            // There is nobody left to tell if this fails too.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl WaveSink {
    /// Begins a file at `path`; its folder must exist.
    ///
    /// # Errors
    /// The file exists and `overwrite` is false ([`Error::Exists`], before anything is done), `path` is a
    /// folder or device, or the folder is missing or cannot be written to.
    pub fn create(path: &Path, spec: WaveSpec, overwrite: bool) -> Result<Self> {
        Self::begin(path, spec, Extras::default(), overwrite, 0)
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
        Self::begin(path, spec, extras, overwrite, 0)
    }

    /// As [`create`](Self::create), for a file that holds the channels from `first_channel` on of something
    /// larger: it selects their dither.
    pub(in crate::format) fn create_part_of(
        path: &Path,
        spec: WaveSpec,
        overwrite: bool,
        first_channel: usize,
    ) -> Result<Self> {
        Self::begin(path, spec, Extras::default(), overwrite, first_channel)
    }

    fn begin(
        path: &Path,
        spec: WaveSpec,
        extras: Extras,
        overwrite: bool,
        first_channel: usize,
    ) -> Result<Self> {
        spec.check()?;
        check_free(path, overwrite)?;
        let part_path = with_suffix(path, ".part");
        let file = File::create(&part_path).map_err(|e| Error::io(path, "create", e))?;
        let packer = Packer::new(spec.bit_depth, spec.channels, first_channel);
        let mut sink = Self {
            path: path.to_path_buf(),
            overwrite,
            spec,
            packer: packer.with_exact(extras.exact.clone()),
            extras,
            part: Part {
                path: part_path,
                file,
                is_renamed: false,
            },
            buffer: Vec::new(),
            filled: 0,
            chunk: 0,
            frames: 0,
            behind: 0,
            riff_limit: RIFF_LIMIT,
        };
        let tile_bytes = sink.packer.tile_frames() * spec.frame_bytes();
        sink.buffer = vec![0; WRITE_BYTES + tile_bytes];
        let (head, _) = spec.head(&sink.extras, None, RIFF_LIMIT);
        sink.write_out(&head)?;
        sink.chunk = WRITE_BYTES - head.len() % WRITE_BYTES;
        Ok(sink)
    }

    /// Appends the frames of `block`; `rows[c]` is the row that channel `c` takes. Allocates nothing.
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
                .pack(block, rows, done, frames, self.frames, out)
                .map_err(|e| self.not_finite(e))?;
            self.frames += frames as u64;
            self.filled += bytes;
            done += frames;
            if self.filled >= self.chunk {
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
            self.flush()?;
            self.pad(self.data_bytes())?;
        }
        let failed = |e| Error::io(&self.path, "write to", e);
        let mut file = &self.part.file;
        let header = file.stream_position().map_err(failed)?;
        file.write_all(&[id.0, [0; 4]].concat()).map_err(failed)?;
        let mut counted = Counted {
            inner: BufWriter::with_capacity(WRITE_BYTES, file),
            count: 0,
        };
        content(&mut counted)
            .and_then(|()| counted.flush())
            .map_err(failed)?;
        let bytes = counted.count;
        drop(counted);
        let Ok(size) = u32::try_from(bytes) else {
            return Err(Error::Unsupported {
                path: self.path.clone(),
                feature: format!("a chunk \"{id}\" of {bytes} bytes"),
                hint: "a chunk beside the samples has less than 4 GiB: export a shorter part"
                    .to_owned(),
            });
        };
        self.pad(bytes)?;
        let mut file = &self.part.file;
        file.seek(SeekFrom::Start(header + 4))
            .and_then(|_| file.write_all(&size.to_le_bytes()))
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map_err(|e| Error::io(&self.path, "write to", e))?;
        self.behind += 8 + bytes + bytes % 2;
        Ok(())
    }

    /// The temporary file, for those who read it again before it gets its name.
    pub fn part_path(&self) -> &Path {
        &self.part.path
    }

    fn data_bytes(&self) -> u64 {
        self.frames * self.spec.frame_bytes() as u64
    }

    /// A byte of 0 after an odd number.
    fn pad(&mut self, bytes: u64) -> Result<()> {
        match bytes % 2 {
            1 => self.write_out(&[0]),
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
        self.flush()?;
        let data_bytes = self.data_bytes();
        if self.behind == 0 {
            self.pad(data_bytes)?;
        }
        let sizes = Some((self.frames, self.behind));
        let (head, container) = self.spec.head(&self.extras, sizes, self.riff_limit);
        self.part
            .file
            .seek(SeekFrom::Start(0))
            .map_err(|e| Error::io(&self.path, "write to", e))?;
        self.write_out(&head)?;
        let tallies = self.packer.tallies();
        Ok(WrittenFile {
            path: self.path.clone(),
            frames: Frames(self.frames),
            channels: self.spec.channels,
            peak: tallies.iter().fold(0.0, |peak, t| t.peak.max(peak)),
            channel_peaks: tallies.iter().map(|t| t.peak).collect(),
            clipped: tallies.iter().map(|t| t.clipped).sum(),
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
        verify(&self.part.path, written, self.spec, tallies).map_err(|e| match e {
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
    pub fn publish(mut self) -> Result<()> {
        check_free(&self.path, self.overwrite)?;
        fs::rename(&self.part.path, &self.path).map_err(|e| Error::io(&self.path, "rename", e))?;
        self.part.is_renamed = true;
        Ok(())
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
        self.part
            .file
            .write_all(&self.buffer[..self.chunk])
            .map_err(|e| Error::io(&self.path, "write to", e))?;
        self.buffer.copy_within(self.chunk..self.filled, 0);
        self.filled -= self.chunk;
        self.chunk = WRITE_BYTES;
        Ok(())
    }

    /// Hands on everything.
    fn flush(&mut self) -> Result<()> {
        self.part
            .file
            .write_all(&self.buffer[..self.filled])
            .map_err(|e| Error::io(&self.path, "write to", e))?;
        self.filled = 0;
        Ok(())
    }

    fn write_out(&mut self, bytes: &[u8]) -> Result<()> {
        self.part
            .file
            .write_all(bytes)
            .map_err(|e| Error::io(&self.path, "write to", e))
    }

    fn not_finite(&self, found: NotFinite) -> Error {
        Error::Verify {
            path: self.path.clone(),
            reason: format!(
                "{}: {}",
                place(found.channel, found.frame, self.spec.sample_rate),
                unusable_sample(found.sample)
            ),
        }
    }
}

/// Counts what goes through.
struct Counted<W> {
    inner: W,
    count: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Refuses a path that is taken: by a file unless `overwrite`, by anything else always.
pub(in crate::format) fn check_free(path: &Path, overwrite: bool) -> Result<()> {
    match fs::metadata(path) {
        Ok(facts) if facts.is_dir() => {
            let reason = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder");
            Err(Error::io(path, "write a file at", reason))
        }
        Ok(facts) if !facts.is_file() => {
            let reason = io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe or device");
            Err(Error::io(path, "write a file at", reason))
        }
        Ok(_) if !overwrite => Err(Error::Exists(path.to_path_buf())),
        _ => Ok(()),
    }
}

/// `path` with `suffix` after its whole name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{AudioSource, BitDepth, Container, WaveReader};
    use crate::units::SampleRate;

    /// Writes `frames` frames of three channels with the border of RIFF at `riff_limit`.
    fn write(path: &Path, container: Container, frames: usize, riff_limit: u64) -> WrittenFile {
        let spec = WaveSpec {
            channels: 3,
            sample_rate: SampleRate(48_000),
            bit_depth: BitDepth::Int24,
            channel_mask: Some(7),
            container,
        };
        let mut sink = WaveSink::create(path, spec, true).unwrap();
        sink.riff_limit = riff_limit;
        let mut block = Block::new(3, frames);
        block.set_frames(frames);
        for (channel, row) in block.rows_mut().enumerate() {
            row.fill(0.25 * (channel + 1) as f32);
        }
        sink.write(&block, &[2, 1, 0]).unwrap();
        sink.finish().unwrap()
    }

    #[test]
    fn a_riff_file_becomes_rf64_in_place_past_the_border() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.wav");
        // The head takes 12 + 72 + 48 + 8 bytes; 101 frames of 9 bytes and a pad byte follow.
        let form_size = 140 + 909 + 1 - 8;
        for (limit, container) in [(form_size, "RIFF"), (form_size - 1, "RF64")] {
            let written = write(&path, Container::Riff, 101, limit);
            assert_eq!(written.container, container, "limit {limit}");
            assert_eq!(written.bytes, form_size + 8);
            let bytes = fs::read(&path).unwrap();
            assert_eq!(&bytes[..4], container.as_bytes());
            let reader = WaveReader::open(&path).unwrap();
            assert_eq!(reader.facts().warnings, [""; 0]);
            assert_eq!(reader.facts().channel_mask, Some(7));
            if container == "RF64" {
                assert_eq!(&bytes[12..16], b"ds64");
                let sizes: Vec<u64> = bytes[20..44]
                    .chunks_exact(8)
                    .map(|b| u64::from_le_bytes(b.try_into().unwrap()))
                    .collect();
                assert_eq!(sizes, [form_size, 909, 101]);
                // Both 32-bit sizes point to ds64.
                assert_eq!(bytes[4..8], [0xff; 4]);
                assert_eq!(bytes[136..140], [0xff; 4]);
            }
        }
        assert_eq!(
            write(&path, Container::Bw64, 1, RIFF_LIMIT).container,
            "BW64"
        );
    }

    #[test]
    fn the_border_is_where_32_bits_end() {
        let spec = WaveSpec {
            channels: 2,
            sample_rate: SampleRate(48_000),
            bit_depth: BitDepth::Int16,
            channel_mask: None,
            container: Container::Riff,
        };
        let head = spec
            .head(&Extras::default(), Some((0, 0)), RIFF_LIMIT)
            .0
            .len() as u64;
        let most = (u64::from(u32::MAX) - 1 - (head - 8)) / 4;
        assert_eq!(
            spec.head(&Extras::default(), Some((most, 0)), RIFF_LIMIT).1,
            "RIFF"
        );
        assert_eq!(
            spec.head(&Extras::default(), Some((most + 1, 0)), RIFF_LIMIT)
                .1,
            "RF64"
        );
    }

    #[test]
    fn what_a_crash_leaves_behind_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mix.wav");
        let spec = WaveSpec {
            channels: 2,
            sample_rate: SampleRate(48_000),
            bit_depth: BitDepth::Float32,
            channel_mask: None,
            container: Container::Riff,
        };
        let mut sink = WaveSink::create(&path, spec, false).unwrap();
        let mut block = Block::new(2, 1000);
        block.set_frames(1000);
        sink.write(&block, &[0, 1]).unwrap();
        sink.flush().unwrap();
        let reader = WaveReader::open(&with_suffix(&path, ".part")).unwrap();
        assert_eq!(reader.facts().frames, Frames(1000));
    }

    #[test]
    fn a_file_changed_before_it_is_verified_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mix.wav");
        let spec = WaveSpec {
            channels: 1,
            sample_rate: SampleRate(48_000),
            bit_depth: BitDepth::Int16,
            channel_mask: None,
            container: Container::Riff,
        };
        let mut sink = WaveSink::create(&path, spec, false).unwrap();
        let mut block = Block::new(1, 1000);
        block.set_frames(1000);
        block.row_mut(0).fill(0.5);
        sink.write(&block, &[0]).unwrap();
        sink.flush().unwrap();
        // One sample becomes louder than all that were written.
        let head = spec.head(&Extras::default(), None, RIFF_LIMIT).0.len() as u64;
        sink.part.file.seek(SeekFrom::Start(head + 100)).unwrap();
        sink.part.file.write_all(&[0xff, 0x7f]).unwrap();
        sink.part.file.seek(SeekFrom::End(0)).unwrap();
        let error = sink.finish().unwrap_err().to_string();
        assert!(error.contains("the peak of channel 1"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
