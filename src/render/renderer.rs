//! Renders one target.

use super::binaural::BinauralRenderer;
use super::channels::ChannelRenderer;
use super::kernel::Stretch;
use super::target::Target;
use crate::audio::{Block, QUANTUM};
use crate::panner::Bearings;
use crate::scene::{Begun, Object};
use crate::units::SampleRate;

/// Turns feeds and metadata into the channels of one [`Target`].
///
/// Gains move in straight lines per frame; they are set at the frames the metadata names, so the result
/// does not depend on how long the blocks are. Loudspeakers and stereo have no
/// [latency](Self::latency_frames) unless an object is diffuse: output frame 0 is input frame 0, except for
/// channels of a layout that ask for a calibration delay. Headphones come late by their filters' transforms.
#[derive(Debug)]
pub struct Renderer(Work);

#[derive(Debug)]
enum Work {
    Channels(Box<ChannelRenderer>),
    Binaural(Box<BinauralRenderer>),
}

/// Calls the method of whichever renderer there is.
macro_rules! of_work {
    ($work:expr, $renderer:ident => $call:expr) => {
        match $work {
            Work::Channels($renderer) => $call,
            Work::Binaural($renderer) => $call,
        }
    };
}

impl Renderer {
    /// A renderer of `objects` for `target`. `lfe_feed` is the row of the feeds with the LFE copies; it is
    /// left out where the target has no LFE channel.
    ///
    /// # Panics
    /// If a feed's number does not fit 32 bits.
    pub fn new(
        target: Target,
        objects: &[Object],
        lfe_feed: Option<usize>,
        rate: SampleRate,
    ) -> Self {
        Self(match target {
            Target::Binaural(headphones) => Work::Binaural(Box::new(BinauralRenderer::new(
                *headphones,
                objects,
                lfe_feed,
                rate,
            ))),
            other => Work::Channels(Box::new(ChannelRenderer::new(
                other, objects, lfe_feed, rate,
            ))),
        })
    }

    /// Number of output channels.
    pub fn channels(&self) -> usize {
        match &self.0 {
            Work::Channels(renderer) => renderer.target().channels(),
            Work::Binaural(_) => 2,
        }
    }

    /// Frames by which the output comes late: output frame n + latency belongs to input frame n.
    pub fn latency_frames(&self) -> usize {
        of_work!(&self.0, renderer => renderer.latency_frames())
    }

    /// Frames by which the output goes on after the last input frame because of calibration delays.
    pub fn tail_frames(&self) -> usize {
        of_work!(&self.0, renderer => renderer.tail_frames())
    }

    /// Frames for which filters ring on after the last input frame.
    pub fn ringing_frames(&self) -> usize {
        of_work!(&self.0, renderer => renderer.ringing_frames())
    }

    /// Frames of input before the present one that the output still depends on.
    pub fn memory_frames(&self) -> usize {
        of_work!(&self.0, renderer => renderer.memory_frames())
    }

    /// True if a stretch costs as much in many short parts as in one.
    pub fn works_in_slices(&self) -> bool {
        match &self.0 {
            Work::Channels(renderer) => renderer.works_in_slices(),
            Work::Binaural(_) => false,
        }
    }

    /// Goes on at absolute frame `frame` without having heard what was before.
    pub fn skip_to(&mut self, frame: u64) {
        of_work!(&mut self.0, renderer => renderer.skip_to(frame));
    }

    /// Plans the quantum that starts at absolute frame `quantum`, in which the blocks `begun` begin, whose positions
    /// have the bearings `bearings`.
    ///
    /// # Panics
    /// If these are of other objects, or there are fewer bearings than blocks.
    pub fn enter(&mut self, quantum: u64, begun: &Begun, bearings: &Bearings) {
        of_work!(&mut self.0, renderer => renderer.enter(quantum, begun, bearings));
    }

    /// Renders `frames` frames of `feeds`, from row offset `offset` on, to the same place of `out`. `time`
    /// is the first frame's distance from the start of the quantum entered last; the stretch must end
    /// within that quantum.
    pub fn render(
        &mut self,
        feeds: &Block,
        out: &mut Block,
        offset: usize,
        time: usize,
        frames: usize,
    ) {
        debug_assert!(
            time + frames <= QUANTUM,
            "a stretch lies within one quantum"
        );
        let stretch = Stretch {
            offset,
            to: offset,
            time,
            frames,
        };
        of_work!(&mut self.0, renderer => renderer.render(feeds, out, stretch));
    }

    /// Finishes the block `out` after all its stretches are rendered: calibration delays.
    pub fn finish_block(&mut self, out: &mut Block) {
        of_work!(&mut self.0, renderer => renderer.finish_block(out));
    }
}
