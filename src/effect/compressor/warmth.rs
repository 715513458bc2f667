//! The colour of a vari-mu compressor: even harmonics that grow with the reduction.

use crate::audio::PassageMut;
use crate::dsp::Coefficients;
use crate::dsp::lanes::{audible, for_each_chunk, single};
use crate::dsp::matched::{high_pass, low_pass};
use crate::dsp::svf::{State, Step, Svf};
use crate::effect::Gains;
use crate::units::{Hertz, SampleRate};

/// Second harmonics above this are left out: they would lie above hearing, or fold back from half the rate.
const WARM_BELOW: Hertz = Hertz(7_500.0);

/// What the curve adds below this is no sound: mostly a shift of the zero line.
const WARM_ABOVE: Hertz = Hertz(10.0);

/// The bent characteristic of a push-pull stage whose halves are not quite alike: 2 (√(1 + v²) - 1) of what
/// the gain leaves, about v² at ordinary levels and never steeper than 2. An even function, it gives even
/// harmonics alone.
#[derive(Debug)]
pub(in crate::effect) struct Warmth {
    low_pass: [Step; 2],
    high_pass: Step,
    channels: Vec<WarmState>,
    position: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct WarmState {
    low_pass: [State<1>; 2],
    high_pass: State<1>,
}

impl Warmth {
    pub(in crate::effect) fn new(channels: usize, rate: SampleRate) -> Self {
        let step = |c: Coefficients| Svf::from(c).step();
        let below = Hertz(WARM_BELOW.0.min(0.16 * f64::from(rate.0)));
        let mut steep = low_pass(24, below, rate).map(step);
        let first = steep.next().unwrap_or(Svf::PASS.step());
        Self {
            low_pass: [first, steep.next().unwrap_or(Svf::PASS.step())],
            high_pass: high_pass(6, WARM_ABOVE, rate)
                .map(step)
                .next()
                .unwrap_or(Svf::PASS.step()),
            channels: vec![WarmState::default(); channels],
            position: 0,
        }
    }

    pub(in crate::effect) fn apply(&mut self, sound: &mut PassageMut<'_>, gains: &Gains) {
        let Self {
            low_pass,
            high_pass,
            channels,
            position,
        } = self;
        let frames = sound.frames();
        let (total, reduction, colour) = (gains.total(), gains.reduction(), gains.colour());
        for (channel, state) in channels.iter_mut().enumerate() {
            let row = sound.row_mut(channel);
            for_each_chunk(*position, frames, |offset, length, ends| {
                for n in offset..offset + length {
                    let x = f64::from(audible(row[n]));
                    let mut heard = [reduction[n] * x];
                    low_pass[0].run(&mut heard, &mut state.low_pass[0]);
                    low_pass[1].run(&mut heard, &mut state.low_pass[1]);
                    let bent = 2.0 * ((1.0 + heard[0] * heard[0]).sqrt() - 1.0);
                    let mut added = [colour[n] * bent];
                    high_pass.run(&mut added, &mut state.high_pass);
                    row[n] = single(total[n] * x + added[0]);
                }
                if ends {
                    state.low_pass.iter_mut().for_each(State::settle);
                    state.high_pass.settle();
                }
            });
        }
        *position += frames as u64;
    }

    pub(in crate::effect) fn reset(&mut self) {
        self.channels.fill(WarmState::default());
        self.position = 0;
    }
}
