//! Delays the channels of a layout whose loudspeakers ask for it.

use crate::audio::Block;
use crate::dsp::DelayLine;
use crate::layout::Layout;
use crate::units::SampleRate;

/// One delay line per delayed channel, each of a whole number of frames.
#[derive(Debug)]
pub(super) struct Alignment {
    /// Channel and its line.
    lines: Vec<(usize, DelayLine)>,
}

impl Alignment {
    /// The delays of `layout`, rounded to the nearest frame.
    pub(super) fn new(layout: &Layout, rate: SampleRate) -> Self {
        let lines = layout
            .speakers
            .iter()
            .enumerate()
            .filter_map(|(channel, speaker)| {
                let frames = rate.frame_at(speaker.delay_ms / 1000.0).0 as usize;
                (frames > 0).then(|| (channel, DelayLine::new(frames)))
            })
            .collect();
        Self { lines }
    }

    /// No delay on any channel.
    pub(super) fn none() -> Self {
        Self { lines: Vec::new() }
    }

    /// The longest delay in frames: how long the output goes on after the input's end.
    pub(super) fn tail_frames(&self) -> usize {
        self.lines
            .iter()
            .map(|(_, line)| line.frames())
            .max()
            .unwrap_or(0)
    }

    /// Delays the valid frames of `block` in place.
    pub(super) fn process(&mut self, block: &mut Block) {
        for (channel, line) in &mut self.lines {
            line.process(block.row_mut(*channel));
        }
    }
}
