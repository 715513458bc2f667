//! Convolution with an impulse response: the sound of a room, a plate, a loudspeaker that somebody measured.
//!
//! The first taps work directly, the next in short partitions, the rest in long ones, so that nothing comes
//! late and a response of many seconds still costs little (Gardner, "Efficient convolution without
//! input-output delay", JAES 43, 1995). Partitions are counted from the first frame: the result does not
//! depend on how the frames are divided into calls.

mod keys;

use std::ops::Range;

pub use keys::{ConvolveSettings, Impulse};

use super::Spread;
use crate::audio::{Block, Passage, PassageMut};
use crate::dsp::DelayLine;
use crate::dsp::convolver::Convolver;
use crate::dsp::lanes::single;
use crate::units::Frames;

/// Taps that work directly, which is the length of a short partition, and taps before the long partitions.
const SHORT: usize = 64;
const LONG: usize = 1024;

/// Frames worked on together.
const RUN: usize = 64;

/// A convolution at work.
#[derive(Debug)]
struct Convolution {
    inputs: Vec<DelayLine>,
    outputs: Vec<Output>,
    heard: Block,
    mix: f64,
    latency: Frames,
    tail: Frames,
    arch: pulp::Arch,
}

/// One output: which input it hears, and its response in three parts.
#[derive(Debug)]
struct Output {
    input: usize,
    head: Direct,
    /// Taps from [`SHORT`] on, and from [`LONG`] on: each comes late by just as many.
    parts: Vec<Convolver>,
    /// What goes through a part.
    block: Block,
}

impl Convolution {
    fn new(
        impulse: &Impulse,
        inputs: usize,
        outputs: usize,
        mix: f64,
        gain: f64,
        pre_delay: usize,
    ) -> Self {
        let length = impulse.channels.iter().map(Vec::len).max().unwrap_or(0);
        let output = |k: usize| {
            let response = &impulse.channels[k % impulse.channels.len()];
            let taps: Vec<f64> = response.iter().map(|x| gain * f64::from(*x)).collect();
            Output::new(k % inputs, &taps)
        };
        Self {
            inputs: (0..inputs).map(|_| DelayLine::new(pre_delay)).collect(),
            outputs: (0..outputs).map(output).collect(),
            heard: Block::new(inputs, RUN),
            mix,
            latency: impulse.lead,
            tail: Frames((length + pre_delay) as u64 - impulse.lead.0.min(length as u64)),
            arch: pulp::Arch::new(),
        }
    }
}

impl Output {
    fn new(input: usize, taps: &[f64]) -> Self {
        let part = |range: Range<usize>, partition: usize| {
            let taps = taps.get(range.start..range.end.min(taps.len()))?;
            (!taps.is_empty()).then(|| Convolver::new(taps, 1, partition))
        };
        let short = part(SHORT..LONG, SHORT);
        let long = part(LONG..usize::MAX, LONG);
        Self {
            input,
            head: Direct::new(&taps[..taps.len().min(SHORT)]),
            parts: short.into_iter().chain(long).collect(),
            block: Block::new(1, RUN),
        }
    }
}

/// The first taps.
#[derive(Debug)]
struct Direct {
    taps: [f64; SHORT],
    /// What was heard before, and then the run at hand.
    heard: [f64; SHORT + RUN],
}

impl Direct {
    fn new(taps: &[f64]) -> Self {
        let mut direct = Self {
            taps: [0.0; SHORT],
            heard: [0.0; SHORT + RUN],
        };
        direct.taps[..taps.len()].copy_from_slice(taps);
        direct
    }
}

/// One run through the first taps.
struct Filter<'a> {
    direct: &'a mut Direct,
    row: &'a [f32],
    out: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Filter<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { direct, row, out } = self;
        for (heard, x) in direct.heard[SHORT..].iter_mut().zip(row) {
            *heard = f64::from(*x);
        }
        let mut sums = [0.0_f64; RUN];
        for (k, tap) in direct.taps.iter().enumerate() {
            let heard = &direct.heard[SHORT - k..][..RUN];
            for (sum, x) in sums.iter_mut().zip(heard) {
                *sum = tap.mul_add(*x, *sum);
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = single(sum);
        }
        direct.heard.copy_within(row.len()..row.len() + SHORT, 0);
    }
}

impl Spread for Convolution {
    fn process(&mut self, heard: Passage<'_>, out: &mut PassageMut<'_>) {
        assert_eq!(heard.channels(), self.inputs.len(), "one row per input");
        for start in (0..heard.frames()).step_by(RUN) {
            let span = start..(start + RUN).min(heard.frames());
            self.heard.set_frames(span.len());
            for (row, delay) in self.inputs.iter_mut().enumerate() {
                let late = self.heard.row_mut(row);
                late.copy_from_slice(&heard.row(row)[span.clone()]);
                delay.process(late);
            }
            for (k, output) in self.outputs.iter_mut().enumerate() {
                let row = self.heard.row(output.input);
                let out = &mut out.row_mut(k)[span.clone()];
                self.arch.dispatch(Filter {
                    direct: &mut output.head,
                    row,
                    out,
                });
                output.block.set_frames(span.len());
                for part in &mut output.parts {
                    output.block.row_mut(0).copy_from_slice(row);
                    part.process(&mut output.block.whole_mut());
                    let added = out.iter_mut().zip(output.block.row(0));
                    added.for_each(|(out, x)| *out += x);
                }
            }
        }
    }

    fn mix(&self) -> f64 {
        self.mix
    }

    fn latency(&self) -> Frames {
        self.latency
    }

    fn tail(&self) -> Frames {
        self.tail
    }

    fn reset(&mut self) {
        self.inputs.iter_mut().for_each(DelayLine::reset);
        for output in &mut self.outputs {
            output.head.heard.fill(0.0);
            output.parts.iter_mut().for_each(Convolver::reset);
        }
    }
}
