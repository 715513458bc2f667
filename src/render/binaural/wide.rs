//! What is wide: decorrelated fixed directions with ears of their own, which come later than all else.
//!
//! The decorrelators leave tones below 90 Hz in step, which all directions together would make too loud: bass is
//! kept out of them, and what is missing comes from in front, in step with the sources themselves. Its filter is of
//! first order: it turns the phase so little that nothing is lost where source and bass are as loud as each other.

use std::f64::consts::FRAC_1_SQRT_2;
use std::ops::Range;
use std::sync::Arc;

use super::ears::Ears;
use super::headphones::Headphones;
use super::stage::hop_of;
use crate::audio::{Block, QUANTUM};
use crate::dsp::one_pole::OnePole;
use crate::dsp::{Biquad, Coefficients, Decorrelators, DelayLine};
use crate::units::{Hertz, SampleRate};

/// What is wide is played from fixed directions above this.
pub(super) const WIDE_FROM: Hertz = Hertz(150.0);

/// The bass that is missing goes up to this.
pub(super) const BASS_TO: Hertz = Hertz(200.0);

/// The numbers of the directions that it comes from: left and right in front.
pub(super) const BASS_FROM: [usize; 2] = [1, 2];

/// The fixed directions at work.
pub(super) struct Wide {
    /// What each direction plays, one stretch of a quantum.
    pub(super) block: Block,
    high_pass: Vec<[Biquad; 2]>,
    /// The bass that is missing, one stretch of a quantum.
    pub(super) bass: Block,
    low_pass: OnePole,
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
        // Fourth order, so that both parts are in phase (Linkwitz and Riley, 1976).
        let twice = |section: Coefficients| [0, 1].map(|_| Biquad::new(section));
        let high = Coefficients::highpass(WIDE_FROM, FRAC_1_SQRT_2, rate);
        Self {
            high_pass: (0..names.len()).map(|_| twice(high)).collect(),
            bass: Block::new(1, QUANTUM),
            low_pass: OnePole::new(BASS_TO, rate),
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
        for (row, sections) in self.block.rows_mut().zip(&mut self.high_pass) {
            sections.iter_mut().for_each(|section| section.process(row));
        }
        let bass = self.bass.row_mut(0);
        for sample in bass.iter_mut() {
            *sample = self.low_pass.low(f64::from(*sample)) as f32;
        }
        self.low_pass.settle();
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
        let high = self.high_pass.iter_mut().flatten();
        high.for_each(Biquad::reset);
        self.low_pass.reset();
        self.bass_delay.reset();
        self.direct.iter_mut().for_each(DelayLine::reset);
    }
}
