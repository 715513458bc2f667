//! The colour of a vari-mu compressor: even harmonics that grow with the reduction.

use crate::audio::PassageMut;
use crate::dsp::Coefficients;
use crate::dsp::biquad::Fixed;
use crate::dsp::lanes::{CHUNK, Cut, Lanes, chunks, gather, scatter};
use crate::dsp::matched::{high_pass, low_pass};
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
    fours: Vec<Tank<4>>,
    pair: Option<Tank<2>>,
    single: Option<Tank<1>>,
    position: u64,
}

/// `L` neighbouring channels.
#[derive(Debug, Clone, Copy)]
struct Tank<const L: usize> {
    first: usize,
    low_pass: [Fixed<L>; 2],
    high_pass: Fixed<L>,
}

/// What the filters are: a low-pass in two sections, and a high-pass.
type Design = [Coefficients; 3];

impl Warmth {
    pub(in crate::effect) fn new(channels: usize, rate: SampleRate) -> Self {
        let below = Hertz(WARM_BELOW.0.min(0.16 * f64::from(rate.0)));
        let mut sections = low_pass(24, below, rate).chain(high_pass(6, WARM_ABOVE, rate));
        let design: Design =
            std::array::from_fn(|_| sections.next().expect("two sections and one"));
        let (after_fours, after_pair) = (channels / 4 * 4, channels / 2 * 2);
        let fours = (0..after_fours).step_by(4);
        Self {
            fours: fours.map(|first| Tank::new(first, design)).collect(),
            pair: (after_pair > after_fours).then(|| Tank::new(after_fours, design)),
            single: (channels > after_pair).then(|| Tank::new(after_pair, design)),
            position: 0,
        }
    }

    #[inline(always)]
    pub(in crate::effect) fn apply(&mut self, sound: &mut PassageMut<'_>, gains: &Gains) {
        for cut in chunks(self.position, sound.frames()) {
            for tank in &mut self.fours {
                tank.run(sound, gains, cut);
            }
            if let Some(tank) = &mut self.pair {
                tank.run(sound, gains, cut);
            }
            if let Some(tank) = &mut self.single {
                tank.run(sound, gains, cut);
            }
        }
        self.position += sound.frames() as u64;
    }

    pub(in crate::effect) fn reset(&mut self) {
        self.fours.iter_mut().for_each(Tank::reset);
        self.pair.iter_mut().for_each(Tank::reset);
        self.single.iter_mut().for_each(Tank::reset);
        self.position = 0;
    }
}

impl<const L: usize> Tank<L> {
    fn new(first: usize, [steep, steeper, high_pass]: Design) -> Self {
        Self {
            first,
            low_pass: [steep, steeper].map(Fixed::new),
            high_pass: Fixed::new(high_pass),
        }
    }

    fn reset(&mut self) {
        self.low_pass.iter_mut().for_each(Fixed::reset);
        self.high_pass.reset();
    }

    #[inline(always)]
    fn run(&mut self, sound: &mut PassageMut<'_>, gains: &Gains, cut: Cut) {
        let ([mut first, mut second], mut high_pass) = (self.low_pass, self.high_pass);
        let mut lanes: Lanes<L> = [[0.0; L]; CHUNK];
        gather(sound, self.first, cut.offset, cut.length, &mut lanes);
        let total = &gains.total()[cut.span()];
        let reduction = &gains.reduction()[cut.span()];
        let colour = &gains.colour()[cut.span()];
        for (n, frame) in lanes[..cut.length].iter_mut().enumerate() {
            let mut heard = frame.map(|x| reduction[n] * x);
            first.run(&mut heard);
            second.run(&mut heard);
            let mut added = heard.map(|x| colour[n] * (2.0 * ((1.0 + x * x).sqrt() - 1.0)));
            high_pass.run(&mut added);
            for (x, added) in frame.iter_mut().zip(added) {
                *x = total[n] * *x + added;
            }
        }
        (self.low_pass, self.high_pass) = ([first, second], high_pass);
        scatter(&lanes, sound, self.first, cut.offset, cut.length);
        if cut.ends {
            self.low_pass.iter_mut().for_each(Fixed::settle);
            self.high_pass.settle();
        }
    }
}
