//! What a compressor hears: the level of the loudest row, frame by frame.

use super::keys::CompSettings;
use crate::audio::{Passage, PassageMut};
use crate::dsp::biquad::SILENCE;
use crate::dsp::decibels::to_db;
use crate::dsp::lanes::{CHUNK, Cut, Lanes, audible, chunks, single};
use crate::dsp::matched::{high_pass, low_pass};
use crate::dsp::quadrature::{Quadrature, QuadratureState};
use crate::dsp::svf::{State, Step, Svf};
use crate::units::{Hertz, SampleRate};

/// Most sections of the filters before the detector: a high-pass and a low-pass of second order.
const MOST_SECTIONS: usize = 2;

/// A peak detector, calibrated so that a steady tone reads its peak in every frame.
///
/// The level is the larger of the sample's own magnitude and that of the wave and its quadrature: no peak is
/// missed, and there is no ripple to distort the gain. The loudest row counts, so that no image moves.
#[derive(Debug)]
pub(super) struct Detector {
    filters: KeyFilter,
    quadrature: Quadrature,
    pairs: Vec<QuadratureState<2>>,
    single: Option<QuadratureState<1>>,
    position: u64,
}

/// The filters before the detector.
#[derive(Debug, Clone)]
pub(super) struct KeyFilter {
    steps: Vec<Step>,
    states: Vec<[State<1>; MOST_SECTIONS]>,
    position: u64,
}

impl KeyFilter {
    pub(super) fn new(settings: &CompSettings, rate: SampleRate, rows: usize) -> Self {
        let high = settings.key_hp.into_iter();
        let low = settings.key_lp.into_iter();
        let steps = high
            .flat_map(|hz| high_pass(12, Hertz(hz), rate))
            .chain(low.flat_map(|hz| low_pass(12, Hertz(hz), rate)));
        Self {
            steps: steps.map(|c| Svf::from(c).step()).collect(),
            states: vec![Default::default(); rows],
            position: 0,
        }
    }

    #[inline(always)]
    fn run(&mut self, row: usize, x: f64) -> f64 {
        let mut x = [x];
        for (step, state) in self.steps.iter().zip(&mut self.states[row]) {
            step.run(&mut x, state);
        }
        x[0]
    }

    /// The rows' frames of a cut, filtered.
    #[inline(always)]
    fn take<'l, const L: usize>(
        &mut self,
        rows: [usize; L],
        heard: &Passage<'_>,
        cut: Cut,
        lanes: &'l mut Lanes<L>,
    ) -> &'l mut [[f64; L]] {
        let lanes = &mut lanes[..cut.length];
        for (lane, row) in rows.into_iter().enumerate() {
            let samples = &heard.row(row)[cut.span()];
            for (frame, sample) in lanes.iter_mut().zip(samples) {
                frame[lane] = f64::from(audible(*sample));
            }
            if !self.steps.is_empty() {
                for frame in lanes.iter_mut() {
                    frame[lane] = self.run(row, frame[lane]);
                }
            }
        }
        lanes
    }

    fn settle(&mut self) {
        self.states
            .as_flattened_mut()
            .iter_mut()
            .for_each(State::settle);
    }

    pub(super) fn reset(&mut self) {
        self.states.fill(Default::default());
        self.position = 0;
    }

    /// Puts what is heard, filtered, in place of the sound. A key of fewer rows is heard in all channels: the
    /// last row serves those that have none.
    pub(super) fn listen(&mut self, heard: Option<Passage<'_>>, sound: &mut PassageMut<'_>) {
        let frames = sound.frames();
        for cut in chunks(self.position, frames) {
            for n in cut.span() {
                let mut value = 0.0;
                for channel in 0..sound.channels() {
                    let input = match &heard {
                        None => Some(sound.row(channel)[n]),
                        Some(key) if channel < key.channels() => Some(key.row(channel)[n]),
                        Some(_) => None,
                    };
                    if let Some(input) = input {
                        value = self.run(channel, f64::from(audible(input)));
                    }
                    sound.row_mut(channel)[n] = single(value);
                }
            }
            if cut.ends {
                self.settle();
            }
        }
        self.position += frames as u64;
    }
}

impl Detector {
    pub(super) fn new(settings: &CompSettings, rate: SampleRate, rows: usize) -> Self {
        Self {
            filters: KeyFilter::new(settings, rate, rows),
            quadrature: Quadrature::new(rate),
            pairs: vec![QuadratureState::default(); rows / 2],
            single: (rows % 2 == 1).then(QuadratureState::default),
            position: 0,
        }
    }

    /// The level of each frame in dBFS, -200 at least.
    #[inline(always)]
    pub(super) fn levels(&mut self, heard: &Passage<'_>, levels: &mut [f64]) {
        let frames = heard.frames();
        for cut in chunks(self.position, frames) {
            let mut powers = [0.0_f64; CHUNK];
            let powers = &mut powers[..cut.length];
            for pair in 0..self.pairs.len() {
                let rows = [2 * pair, 2 * pair + 1];
                let mut lanes = [[0.0; 2]; CHUNK];
                let sound = self.filters.take(rows, heard, cut, &mut lanes);
                raise(
                    sound,
                    &self.quadrature,
                    &mut self.pairs[pair],
                    powers,
                    cut.ends,
                );
            }
            if let Some(state) = &mut self.single {
                let rows = [heard.channels() - 1];
                let mut lanes = [[0.0; 1]; CHUNK];
                let sound = self.filters.take(rows, heard, cut, &mut lanes);
                raise(sound, &self.quadrature, state, powers, cut.ends);
            }
            if cut.ends {
                self.filters.settle();
            }
            for (level, power) in levels[cut.span()].iter_mut().zip(&*powers) {
                *level = 0.5 * to_db(power.max(SILENCE));
            }
        }
        self.position += frames as u64;
    }

    pub(super) fn reset(&mut self) {
        self.filters.reset();
        self.pairs.fill(QuadratureState::default());
        if let Some(state) = &mut self.single {
            *state = QuadratureState::default();
        }
        self.position = 0;
    }
}

/// Raises the powers of frames to those of the loudest lane: of the samples, and of their envelopes.
#[inline(always)]
fn raise<const L: usize>(
    sound: &mut [[f64; L]],
    quadrature: &Quadrature,
    state: &mut QuadratureState<L>,
    powers: &mut [f64],
    ends: bool,
) {
    for (power, frame) in powers.iter_mut().zip(&*sound) {
        for x in frame {
            *power = power.max(x * x);
        }
    }
    quadrature.squares(sound, state);
    for (power, frame) in powers.iter_mut().zip(&*sound) {
        for square in frame {
            *power = power.max(*square);
        }
    }
    if ends {
        state.settle();
    }
}
