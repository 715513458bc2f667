//! An audio file of which one passage is the sound.

use super::passage::Passage;
use crate::Result;
use crate::audio::Block;
use crate::format::source::{AudioFacts, AudioSource, silence_rest};
use crate::units::Frames;

/// A source without what stands before and after its sound.
#[derive(Debug)]
pub(super) struct Trimmed<S> {
    inner: S,
    facts: AudioFacts,
    /// Frames of silence in front.
    silence: u64,
    /// Frame of `inner` that follows them.
    start: u64,
    /// The frame that `read` gives next.
    position: u64,
}

impl<S: AudioSource> Trimmed<S> {
    /// Keeps `passage` of `inner`, which has been read of nothing yet.
    pub(super) fn new(mut inner: S, passage: Passage) -> Result<Self> {
        let mut facts = inner.facts().clone();
        let left = facts.frames.0.saturating_sub(passage.start);
        let frames = passage.frames.map_or(left, |frames| frames.min(left));
        facts.frames = Frames(frames.saturating_add(passage.silence));
        inner.seek(Frames(passage.start))?;
        Ok(Self {
            inner,
            facts,
            silence: passage.silence,
            start: passage.start,
            position: 0,
        })
    }
}

impl<S: AudioSource> AudioSource for Trimmed<S> {
    fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    fn read(&mut self, block: &mut Block, rows: &[Option<usize>]) -> Result<usize> {
        let wanted = block.frames();
        let left = self.facts.frames.0 - self.position;
        let frames = wanted.min(usize::try_from(left).unwrap_or(usize::MAX));
        let silent = self.silence.saturating_sub(self.position);
        let silent = frames.min(usize::try_from(silent).unwrap_or(usize::MAX));
        block.set_frames(frames - silent);
        let read = match frames - silent {
            0 => 0,
            _ => self.inner.read(block, rows)?,
        };
        block.set_frames(wanted);
        if silent > 0 {
            for row in rows.iter().flatten() {
                let row = block.row_mut(*row);
                row.copy_within(..read, silent);
                row[..silent].fill(0.0);
            }
        }
        let done = silent + read;
        silence_rest(block, rows, done);
        self.position += done as u64;
        Ok(done)
    }

    fn seek(&mut self, frame: Frames) -> Result<()> {
        let frame = frame.0.min(self.facts.frames.0);
        self.inner
            .seek(Frames(self.start + frame.saturating_sub(self.silence)))?;
        self.position = frame;
        Ok(())
    }
}
