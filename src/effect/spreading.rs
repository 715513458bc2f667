//! What makes outputs of its own, at its place in a chain: mixed with what it heard.

use super::fault::Limits;
use super::{Parameter, Spread};
use crate::audio::{Block, PassageMut};
use crate::dsp::DelayLine;
use crate::dsp::lanes::held;
use crate::dsp::smoother::Smoother;
use crate::units::Frames;

/// Frames at a time.
const RUN: usize = 256;

/// Share of the outputs.
const MIX: Limits = Limits::new(0.0, 1.0, "");

/// A [`Spread`] and its mix.
#[derive(Debug)]
pub(super) struct Spreading {
    spread: Box<dyn Spread>,
    heard: Block,
    /// What was heard waits for the outputs, one row each; empty if they do not lag.
    waiting: Vec<DelayLine>,
    outputs: usize,
    mix: Smoother,
    /// The mix, and then those of the processor.
    parameters: Vec<Parameter>,
}

impl Spreading {
    /// Hears `channels` rows and fills `outputs`.
    pub(super) fn new(spread: Box<dyn Spread>, channels: usize, outputs: usize) -> Self {
        let mix = Parameter::linear("mix", MIX, spread.mix());
        Self {
            parameters: [mix]
                .into_iter()
                .chain(spread.parameters().iter().cloned())
                .collect(),
            mix: Smoother::new(spread.mix()),
            heard: Block::new(channels, RUN),
            waiting: match spread.latency() {
                Frames(0) => Vec::new(),
                Frames(late) => vec![DelayLine::new(late as usize); channels],
            },
            outputs,
            spread,
        }
    }

    /// Processes the first rows of `sound` into its outputs.
    pub(super) fn process(&mut self, sound: &mut PassageMut<'_>) {
        for start in (0..sound.frames()).step_by(RUN) {
            let span = start..(start + RUN).min(sound.frames());
            self.heard.set_frames(span.len());
            for row in 0..self.heard.channels() {
                let dry = &sound.row(row)[span.clone()];
                for (heard, dry) in self.heard.row_mut(row).iter_mut().zip(dry) {
                    *heard = held(*dry);
                }
            }
            let mut out = sound.part(0..self.outputs, span);
            self.spread.process(self.heard.whole(), &mut out);
            for (row, delay) in self.waiting.iter_mut().enumerate() {
                delay.process(self.heard.row_mut(row));
            }
            self.add_dry(&mut out);
        }
    }

    /// Mixes what was heard with the outputs.
    #[allow(clippy::float_cmp, reason = "1 is written exactly")]
    fn add_dry(&mut self, out: &mut PassageMut<'_>) {
        if !self.mix.is_moving() && self.mix.now() == 1.0 {
            return;
        }
        for n in 0..out.frames() {
            let mix = self.mix.step();
            let (wet, dry) = (mix as f32, (1.0 - mix) as f32);
            for row in 0..self.outputs {
                let sample = &mut out.row_mut(row)[n];
                *sample *= wet;
                if row < self.heard.channels() {
                    *sample += dry * self.heard.row(row)[n];
                }
            }
        }
    }

    pub(super) fn latency(&self) -> Frames {
        self.spread.latency()
    }

    pub(super) fn tail(&self) -> Frames {
        self.spread.tail()
    }

    pub(super) fn reset(&mut self) {
        self.mix.arrive();
        self.waiting.iter_mut().for_each(DelayLine::reset);
        self.spread.reset();
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    pub(super) fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        match parameter.checked_sub(1) {
            None => self.mix.go(value.clamp(0.0, 1.0), frames),
            Some(own) => self.spread.set(own, value, frames),
        }
    }
}
