//! Reads the stems' files side by side into the rows of the feeds.

use rayon::prelude::*;

use crate::audio::{Block, QUANTUM};
use crate::format::{self, AudioSource};
use crate::session::Input;
use crate::units::SampleRate;
use crate::{Error, Result};

/// All files of a song, open, at one common place on the time line.
pub(super) struct StemReader {
    files: Vec<StemFile>,
}

/// One file and where its channels go.
struct StemFile {
    stem: String,
    source: Box<dyn AudioSource>,
    /// WAV that needs no other rate.
    is_plain: bool,
    /// Row of each channel of the file: of the feeds, or, when files are read side by side, of `own`.
    rows: Vec<Option<usize>>,
    /// Feeds that take a channel another feed takes too: (from, to).
    copies: Vec<(usize, usize)>,
    /// A block of its own, to be filled while other files fill theirs.
    own: Block,
    own_rows: Vec<Option<usize>>,
}

impl StemReader {
    /// Opens every file, converting to `rate` where it differs.
    pub(super) fn open(inputs: &[Input], rate: SampleRate) -> Result<Self> {
        let files = inputs
            .iter()
            .map(|input| StemFile::open(input, rate))
            .collect::<Result<_>>()?;
        Ok(Self { files })
    }

    /// True if all files are WAV at the common rate: reading them is little more than copying.
    pub(super) fn are_plain(&self) -> bool {
        self.files.iter().all(|file| file.is_plain)
    }

    /// Fills the valid frames of all feeds with what comes next; silence after a file's end.
    pub(super) fn read(&mut self, feeds: &mut Block) -> Result<()> {
        let threads = rayon::current_thread_index().map_or(1, |_| rayon::current_num_threads());
        // Small blocks stay with the thread that works on them.
        if threads > 1 && self.files.len() > 1 && feeds.capacity() > QUANTUM {
            self.files
                .par_iter_mut()
                .try_for_each(|file| file.read_own(feeds.frames(), feeds.capacity()))?;
            for file in &self.files {
                file.hand_over(feeds);
            }
        } else {
            for file in &mut self.files {
                file.read(feeds)?;
            }
        }
        for file in &self.files {
            for &(from, to) in &file.copies {
                copy_row(feeds, from, to);
            }
        }
        Ok(())
    }
}

impl StemFile {
    fn open(input: &Input, rate: SampleRate) -> Result<Self> {
        let mut source = format::open_track(&input.path, input.track, false)
            .map_err(|e| blame(e, &input.stem))?;
        let is_plain = source.facts().sample_rate == rate
            && ["RIFF", "RF64", "BW64"].contains(&source.facts().container);
        if source.facts().sample_rate != rate {
            source = format::resampled(source, rate)?;
        }
        let mut rows = vec![None; source.facts().channels];
        let mut copies = Vec::new();
        for (&channel, &feed) in input.channels.iter().zip(&input.feeds) {
            match rows[channel] {
                None => rows[channel] = Some(feed),
                Some(first) => copies.push((first, feed)),
            }
        }
        let mut wanted = 0..;
        let own_rows = rows
            .iter()
            .map(|row| row.and_then(|_| wanted.next()))
            .collect();
        Ok(Self {
            stem: input.stem.clone(),
            source,
            is_plain,
            rows,
            copies,
            own: Block::new(0, 0),
            own_rows,
        })
    }

    fn read(&mut self, feeds: &mut Block) -> Result<()> {
        self.source
            .read(feeds, &self.rows)
            .map_err(|e| blame(e, &self.stem))
            .map(drop)
    }

    fn read_own(&mut self, frames: usize, capacity: usize) -> Result<()> {
        if self.own.capacity() < capacity {
            let rows = self.own_rows.iter().flatten().count();
            self.own = Block::new(rows, capacity);
        }
        self.own.set_frames(frames);
        self.source
            .read(&mut self.own, &self.own_rows)
            .map_err(|e| blame(e, &self.stem))
            .map(drop)
    }

    fn hand_over(&self, feeds: &mut Block) {
        for (feed, own) in self.rows.iter().zip(&self.own_rows) {
            if let (Some(feed), Some(own)) = (feed, own) {
                feeds.row_mut(*feed).copy_from_slice(self.own.row(*own));
            }
        }
    }
}

fn copy_row(feeds: &mut Block, from: usize, to: usize) {
    let (stride, frames) = (feeds.stride(), feeds.frames());
    let start = from * stride;
    feeds
        .samples_mut()
        .copy_within(start..start + frames, to * stride);
}

/// Says which stem a fault of a file belongs to.
fn blame(error: Error, stem: &str) -> Error {
    match error {
        Error::Malformed {
            path, at, reason, ..
        } => {
            let reason = if at.is_empty() {
                reason
            } else {
                format!("{at}: {reason}")
            };
            Error::stem(stem, &path, reason)
        }
        other => other,
    }
}
