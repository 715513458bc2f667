//! Reads the samples of a file again while it is still being written.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::distance::{SLACK, quick_place};
use super::header::WaveSpec;
use super::peaks::{BytePeaks, LANES};

/// The largest magnitude of each channel, as it stands in a file that may still grow.
#[derive(Debug)]
pub(super) struct Reread {
    meter: BytePeaks,
    buffer: Vec<u8>,
    frame_bytes: usize,
    /// Byte of the file at which the samples begin.
    samples_at: u64,
    /// Bytes of samples that have been read.
    read: u64,
}

impl Reread {
    /// Of a file whose samples begin at byte `samples_at`, about `bytes` bytes at a time.
    pub(super) fn new(spec: WaveSpec, samples_at: u64, bytes: usize) -> Self {
        let frame_bytes = spec.frame_bytes();
        let at_once = (bytes / (LANES * frame_bytes)).max(1) * LANES;
        Self {
            meter: BytePeaks::new(spec.bit_depth, spec.channels),
            buffer: vec![0; at_once * frame_bytes + SLACK],
            frame_bytes,
            samples_at,
            read: 0,
        }
    }

    /// Byte of the file up to which it has been read.
    pub(super) fn at(&self) -> u64 {
        self.samples_at + self.read
    }

    /// Reads on in whole buffers; `written` bytes of samples have been written to `file`, which stands at its end
    /// before and after.
    pub(super) fn follow(&mut self, file: &File, written: u64) -> io::Result<()> {
        let whole = self.buffer.len() - SLACK;
        if written.saturating_sub(self.read) < whole as u64 {
            return Ok(());
        }
        while written - self.read >= whole as u64 {
            self.add(file, whole)?;
        }
        let mut file = file;
        file.seek(SeekFrom::End(0)).map(drop)
    }

    /// Reads what is left of `written` bytes; gives the peak of each channel.
    pub(super) fn finish(&mut self, file: &File, written: u64) -> io::Result<Vec<f32>> {
        self.follow(file, written)?;
        let left = written.saturating_sub(self.read) as usize;
        self.add(file, left - left % self.frame_bytes)?;
        Ok(self.meter.peaks())
    }

    fn add(&mut self, file: &File, count: usize) -> io::Result<()> {
        let mut file = file;
        file.seek(SeekFrom::Start(self.at()))?;
        let place = quick_place(&self.buffer, 0, self.at());
        let bytes = &mut self.buffer[place..][..count];
        file.read_exact(bytes)?;
        self.meter.add(bytes);
        self.read += count as u64;
        Ok(())
    }
}
