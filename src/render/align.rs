//! Delays the channels of a layout whose loudspeakers ask for it.

use crate::audio::Block;
use crate::layout::Layout;
use crate::units::SampleRate;

/// One delay line per delayed channel, each of a whole number of frames.
#[derive(Debug)]
pub(super) struct Alignment {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    channel: usize,
    ring: Vec<f32>,
    next: usize,
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
                (frames > 0).then(|| Line {
                    channel,
                    ring: vec![0.0; frames],
                    next: 0,
                })
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
            .map(|line| line.ring.len())
            .max()
            .unwrap_or(0)
    }

    /// Delays the valid frames of `block` in place.
    pub(super) fn process(&mut self, block: &mut Block) {
        for line in &mut self.lines {
            for sample in block.row_mut(line.channel) {
                std::mem::swap(sample, &mut line.ring[line.next]);
                line.next += 1;
                if line.next == line.ring.len() {
                    line.next = 0;
                }
            }
        }
    }
}
