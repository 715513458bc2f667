//! What is wide: decorrelated fixed directions with ears of their own, which come later than all else.
//!
//! The decorrelators leave tones below 90 Hz in step, which all directions together would make too loud: bass is
//! kept out of them, and what is missing comes from in front, in step with the sources themselves. The bass is what the
//! high-pass takes: where both are in step they add up to the feed itself, and where they are not, to at most 1.8 dB more.

use std::ops::Range;
use std::sync::Arc;

use super::bass_split::{BassSplit, high_pass};
use super::ears::Ears;
use super::headphones::Headphones;
use super::stage::hop_of;
use crate::audio::{Block, QUANTUM};
use crate::dsp::{Biquad, Decorrelators, DelayLine};
use crate::units::{Hertz, SampleRate};

/// What is wide is played from fixed directions above this, by a high-pass of second order whose Q is 1/2.
pub(super) const WIDE_FROM: Hertz = Hertz(300.0);

/// The numbers of the directions that it comes from: left and right in front.
pub(super) const BASS_FROM: [usize; 2] = [1, 2];

/// The fixed directions at work.
pub(super) struct Wide {
    /// What each direction plays, one stretch of a quantum.
    pub(super) block: Block,
    high_pass: Vec<Biquad>,
    /// The bass that is missing, one stretch of a quantum.
    pub(super) bass: Block,
    bass_split: BassSplit,
    /// The bass waits for what is decorrelated.
    bass_delay: DelayLine,
    /// The present hop, decorrelated.
    pub(super) hop: Block,
    decorrelators: Decorrelators,
    pub(super) ears: Ears,
    /// Delays of all else.
    pub(super) direct: [DelayLine; 2],
}

impl Wide {
    pub(super) fn new(headphones: &Headphones, rate: SampleRate) -> Self {
        let speakers = &headphones.wide.layout.speakers;
        let names: Vec<&str> = speakers.iter().map(|s| s.label.as_str()).collect();
        let high = high_pass(WIDE_FROM, rate);
        Self {
            high_pass: vec![Biquad::new(high); names.len()],
            bass: Block::new(1, QUANTUM),
            bass_split: BassSplit::new(WIDE_FROM, rate),
            bass_delay: DelayLine::new(Decorrelators::DIRECT_DELAY_FRAMES),
            block: Block::new(names.len(), QUANTUM),
            hop: hop_of(names.len()),
            decorrelators: Decorrelators::new(&names),
            ears: Ears::new(Arc::clone(&headphones.filters), names.len()),
            direct: [0, 1].map(|_| DelayLine::new(Decorrelators::DIRECT_DELAY_FRAMES)),
        }
    }

    /// Takes what is in the block to frames `span` of the hop, decorrelated, and the bass with it.
    pub(super) fn process(&mut self, span: Range<usize>) {
        for (row, section) in self.block.rows_mut().zip(&mut self.high_pass) {
            section.process(row);
        }
        let bass = self.bass.row_mut(0);
        self.bass_split.take(bass);
        self.bass_delay.process(bass);
        self.decorrelators.process(&mut self.block, 0, span.len());
        for (row, played) in self.hop.rows_mut().zip(self.block.rows()) {
            row[span.clone()].copy_from_slice(played);
        }
        for at in BASS_FROM {
            let row = self.hop.row_mut(at)[span.clone()].iter_mut();
            for (slot, bass) in row.zip(self.bass.row(0)) {
                *slot += bass / BASS_FROM.len() as f32;
            }
        }
    }

    /// Forgets everything heard; goes on at absolute frame `frame`.
    pub(super) fn reset(&mut self, frame: u64) {
        self.decorrelators.reset(frame);
        self.ears.reset();
        self.hop.clear();
        self.high_pass.iter_mut().for_each(Biquad::reset);
        self.bass_split.reset();
        self.bass_delay.reset();
        self.direct.iter_mut().for_each(DelayLine::reset);
    }
}
