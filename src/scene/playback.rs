//! Plays a scene's metadata: hands out, quantum by quantum, the blocks that begin in it.

use super::{MetadataBlock, Object};
use crate::audio::QUANTUM;

/// Walks along the time line of all objects at once, so that any number of targets can follow one scene.
#[derive(Debug)]
pub struct Playback {
    objects: Vec<Object>,
    /// The next block of each object that has not begun yet.
    pending: Vec<Option<MetadataBlock>>,
    /// Blocks that begin in the present quantum: object index and block, in order of object, then time.
    begun: Vec<(usize, MetadataBlock)>,
}

/// Blocks of one object that can begin in one quantum without growing a list while rendering: the first one,
/// and one for each part of a quantum in which something moves.
pub(crate) const USUAL_BLOCKS: usize = 5;

impl Playback {
    /// Playback of `objects` from frame 0.
    pub fn new(mut objects: Vec<Object>) -> Self {
        let pending = objects
            .iter_mut()
            .map(|object| object.blocks.next_block())
            .collect();
        let begun = Vec::with_capacity(USUAL_BLOCKS * objects.len());
        Self {
            objects,
            pending,
            begun,
        }
    }

    /// The objects, in order.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Moves to the quantum that starts at frame `quantum` and returns the blocks that begin in it (or
    /// began before and were not handed out yet): object index and block, each object's in order of time.
    pub fn enter(&mut self, quantum: u64) -> &[(usize, MetadataBlock)] {
        self.begun.clear();
        let end = quantum + QUANTUM as u64;
        for (index, (object, pending)) in self.objects.iter_mut().zip(&mut self.pending).enumerate()
        {
            while let Some(block) = pending.take_if(|block| block.start.0 < end) {
                self.begun.push((index, block));
                *pending = object.blocks.next_block();
            }
        }
        &self.begun
    }
}
