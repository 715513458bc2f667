//! The diffuse path of a target: decorrelated loudspeakers beside the delayed direct sound (ITU-R BS.2127,
//! section 7.4).

use crate::audio::{Block, QUANTUM};
use crate::dsp::decorrelator::TAPS;
use crate::dsp::{Decorrelators, DelayLine};

/// Decorrelators of all channels and the delays that keep the direct sound with them.
#[derive(Debug)]
pub(super) struct Diffuse {
    /// What the channels play diffuse, one stretch of a quantum.
    pub(super) block: Block,
    decorrelators: Decorrelators,
    delays: Vec<DelayLine>,
}

impl Diffuse {
    /// The diffuse path of the channels `names`, LFE included.
    pub(super) fn new(names: &[&str]) -> Self {
        Self {
            block: Block::new(names.len(), QUANTUM),
            decorrelators: Decorrelators::new(names),
            delays: vec![DelayLine::new(Self::LATENCY_FRAMES); names.len()],
        }
    }

    /// Frames by which everything comes late.
    pub(super) const LATENCY_FRAMES: usize = Decorrelators::DIRECT_DELAY_FRAMES;

    /// Frames for which the filters ring on after the last input frame.
    pub(super) const RINGING_FRAMES: usize =
        Decorrelators::LATENCY_FRAMES + TAPS - 1 - Self::LATENCY_FRAMES;

    /// Frames of input before the present one that the output depends on, in whole partitions, so that a
    /// part that begins behind as many is the same to the last bit.
    pub(super) const MEMORY_FRAMES: usize = 3 * Decorrelators::LATENCY_FRAMES;

    /// Delays `frames` frames of the direct sound in `out` from `offset` on, and adds to them what `block`
    /// holds, decorrelated.
    pub(super) fn process(&mut self, out: &mut Block, offset: usize, frames: usize) {
        self.block.set_frames(frames);
        self.decorrelators.process(&mut self.block, 0, frames);
        for (channel, delay) in self.delays.iter_mut().enumerate() {
            let direct = &mut out.row_mut(channel)[offset..][..frames];
            delay.process(direct);
            for (direct, diffuse) in direct.iter_mut().zip(self.block.row(channel)) {
                *direct += diffuse;
            }
        }
    }

    /// Forgets what was heard and goes on at absolute frame `frame`.
    pub(super) fn reset(&mut self, frame: u64) {
        self.decorrelators.reset(frame);
        self.delays.iter_mut().for_each(DelayLine::reset);
    }
}
