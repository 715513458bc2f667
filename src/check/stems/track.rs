//! A stem that is played beside others.

use std::path::Path;

use crate::Result;
use crate::audio::{Block, QUANTUM};
use crate::format::{self, AudioSource};
use crate::units::Frames;

/// A file that is read beside others.
pub(super) struct Track {
    source: Box<dyn AudioSource>,
    rows: Vec<Option<usize>>,
    pub(super) block: Block,
    /// Frames of silence before its first one.
    wait: u64,
}

impl Track {
    /// Opens a file of which frame `shift` is to come first; negative: after so many frames of silence.
    pub(super) fn open(path: &Path, track: Option<usize>, shift: i64) -> Result<Self> {
        let mut source = format::open_track(path, track, false)?;
        let channels = source.facts().channels;
        source.seek(Frames(shift.max(0) as u64))?;
        Ok(Self {
            rows: (0..channels).map(Some).collect(),
            block: Block::new(channels, QUANTUM),
            source,
            wait: (-shift).max(0) as u64,
        })
    }

    /// The next `frames`; false when only silence follows.
    pub(super) fn read(&mut self, frames: usize) -> Result<bool> {
        let silent = (frames as u64).min(self.wait) as usize;
        self.wait -= silent as u64;
        self.block.set_frames(frames - silent);
        self.block.clear();
        let read = if frames > silent {
            self.source.read(&mut self.block, &self.rows)?
        } else {
            0
        };
        if silent > 0 {
            self.block.set_frames(frames);
            for row in self.block.rows_mut() {
                row.copy_within(..frames - silent, silent);
                row[..silent].fill(0.0);
            }
        }
        Ok(read > 0 || silent > 0)
    }

    /// Makes silence of what was read from frame `first` of the block on.
    pub(super) fn silence_from(&mut self, first: u64) {
        let first = first.min(self.block.frames() as u64) as usize;
        for row in self.block.rows_mut() {
            row[first..].fill(0.0);
        }
    }

    /// The signal for one of the two sides.
    pub(super) fn side(&self, side: usize) -> &[f32] {
        self.block.row(side.min(self.block.channels() - 1))
    }
}
