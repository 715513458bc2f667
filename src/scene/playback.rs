//! Plays a scene's metadata: hands out, quantum by quantum, the blocks that begin in it.

use std::ops::Range;

use super::{MetadataBlock, Object, Ramp};
use crate::audio::QUANTUM;
use crate::units::Frames;

/// Walks along the time line of all objects at once, so that any number of targets can follow one scene.
#[derive(Debug)]
pub struct Playback {
    objects: Vec<Object>,
    /// The next block of each object that has not begun yet.
    pending: Vec<Option<MetadataBlock>>,
    begun: Begun,
}

/// The blocks that begin in a quantum.
#[derive(Debug)]
pub struct Begun {
    /// In order of object, then time.
    blocks: Vec<MetadataBlock>,
    of_object: Vec<OfObject>,
}

/// Which of the blocks are those of an object.
#[derive(Debug, Clone, Copy, Default)]
struct OfObject {
    first: usize,
    end: usize,
    sweeps: bool,
}

/// Blocks of one object that can begin in one quantum without growing a list while rendering: the first one,
/// and one for each part of a quantum in which something moves.
pub(crate) const USUAL_BLOCKS: usize = 5;

impl Begun {
    /// All of them.
    pub fn blocks(&self) -> &[MetadataBlock] {
        &self.blocks
    }

    /// The numbers of those of an object.
    ///
    /// # Panics
    /// If there is no such object.
    #[inline]
    pub fn of(&self, object: usize) -> Range<usize> {
        let of_object = self.of_object[object];
        of_object.first..of_object.end
    }

    /// Whether the only block of an object in this quantum ramps from its beginning to its end and goes on then.
    ///
    /// # Panics
    /// If there is no such object.
    #[inline]
    pub fn sweeps(&self, object: usize) -> bool {
        self.of_object[object].sweeps
    }
}

impl Playback {
    /// Playback of `objects` from frame 0.
    pub fn new(mut objects: Vec<Object>) -> Self {
        let pending = objects
            .iter_mut()
            .map(|object| object.blocks.next_block())
            .collect();
        let begun = Begun {
            blocks: Vec::with_capacity(USUAL_BLOCKS * objects.len()),
            of_object: vec![OfObject::default(); objects.len()],
        };
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
    /// began before and were not handed out yet).
    pub fn enter(&mut self, quantum: u64) -> &Begun {
        let Begun { blocks, of_object } = &mut self.begun;
        blocks.clear();
        let end = quantum + QUANTUM as u64;
        let objects = self.objects.iter_mut().zip(&mut self.pending);
        for ((object, pending), of_object) in objects.zip(of_object) {
            let first = blocks.len();
            while let Some(block) = pending.take_if(|block| block.start.0 < end) {
                blocks.push(block);
                *pending = object.blocks.next_block();
            }
            *of_object = OfObject {
                first,
                end: blocks.len(),
                sweeps: matches!(&blocks[first..], [block] if sweeps(block, quantum)),
            };
        }
        &self.begun
    }
}

/// True for a block whose ramp is the quantum that starts at `quantum`.
fn sweeps(block: &MetadataBlock, quantum: u64) -> bool {
    block.start.0 == quantum
        && block.ramp == Ramp::over(block.start, Frames(QUANTUM as u64))
        && block.length.is_none()
}
