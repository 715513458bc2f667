//! Finds the gain that makes the mix of saturated and dry sound as loud as the dry one alone.

use crate::dsp::Coefficients;
use crate::dsp::biquad::Fixed;
use crate::dsp::lanes::CHUNK;
use crate::units::{Decibels, Hertz, SampleRate};

/// Seconds between two looks.
const LOOK_S: f64 = 0.02;

/// Seconds that are remembered, once so many have been heard.
const MEMORY_S: f64 = 3.0;

/// Mean square per channel below which a look counts for nothing: -60 dBFS.
const FLOOR: f64 = 1e-6;

/// The gain stays within ±24 dB.
const MOST: f64 = 16.0;

/// A gain over the frames of a chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ramp {
    from: f64,
    step: f64,
    /// Where on it the chunk begins.
    first: usize,
}

impl Ramp {
    pub(super) const UNITY: Self = Self {
        from: 1.0,
        step: 0.0,
        first: 0,
    };

    #[inline(always)]
    pub(super) fn at(self, frame: usize) -> f64 {
        self.step.mul_add((self.first + frame) as f64, self.from)
    }
}

/// Power of the dry sound, power of the wet, and what they have in common: the mean of their product.
#[derive(Debug, Clone, Copy, Default)]
struct Powers {
    dry: f64,
    wet: f64,
    both: f64,
}

/// Compares loudness over seconds and moves the gain of the wet sound in straight lines from look to look.
#[derive(Debug)]
pub(super) struct Makeup {
    ears: Vec<Ear>,
    look: usize,
    memory: f64,
    /// Frames since the last look.
    frames: usize,
    /// Powers over what is remembered, in looks.
    before: Powers,
    looks: f64,
    from: f64,
    to: f64,
}

/// What is heard of one channel: of each apart, so that sums do not depend on how the frames come in.
#[derive(Debug, Clone, Copy)]
struct Ear {
    /// The K-weighting of ITU-R BS.1770, as a shelf and a high-pass, for the dry and the wet sound.
    weighting: [Fixed<2>; 2],
    /// Since the last look.
    now: Powers,
}

impl Makeup {
    pub(super) fn new(rate: SampleRate, channels: usize) -> Self {
        let weighting = [
            Coefficients::high_shelf(Hertz(1500.0), Decibels(4.0), rate),
            Coefficients::highpass(Hertz(38.0), 0.5, rate),
        ];
        let ear = Ear {
            weighting: weighting.map(Fixed::new),
            now: Powers::default(),
        };
        let look = (rate.frame_at(LOOK_S).0 as usize)
            .next_multiple_of(CHUNK)
            .max(CHUNK);
        Self {
            ears: vec![ear; channels],
            look,
            memory: MEMORY_S / LOOK_S,
            frames: 0,
            before: Powers::default(),
            looks: 0.0,
            from: 1.0,
            to: 1.0,
        }
    }

    /// The gain of the next frames.
    pub(super) fn gain(&self) -> Ramp {
        Ramp {
            from: self.from,
            step: (self.to - self.from) / self.look as f64,
            first: self.frames,
        }
    }

    /// Hears what a channel was and what it has become; `ends` says that the chunk does.
    #[inline(always)]
    pub(super) fn hear(&mut self, channel: usize, dry: &[f32], wet: &[f32], ends: bool) {
        let ear = &mut self.ears[channel];
        let [mut shelf, mut high_pass] = ear.weighting;
        let mut now = ear.now;
        for (dry, wet) in dry.iter().zip(wet) {
            let mut frame = [f64::from(*dry), f64::from(*wet)];
            shelf.run(&mut frame);
            high_pass.run(&mut frame);
            let [dry, wet] = frame;
            now.dry += dry * dry;
            now.wet += wet * wet;
            now.both += dry * wet;
        }
        *ear = Ear {
            weighting: [shelf, high_pass],
            now,
        };
        if ends {
            ear.weighting.iter_mut().for_each(Fixed::settle);
        }
    }

    /// Passes over `frames` frames that have been heard on all channels; `mix` is the share of the wet sound.
    pub(super) fn pass(&mut self, frames: usize, mix: f64) {
        self.frames += frames;
        if self.frames < self.look {
            return;
        }
        self.from = self.to;
        let samples = (self.frames * self.ears.len().max(1)) as f64;
        let mean = |of: fn(&Powers) -> f64| {
            self.ears.iter().map(|ear| of(&ear.now)).sum::<f64>() / samples
        };
        let now = Powers {
            dry: mean(|powers| powers.dry),
            wet: mean(|powers| powers.wet),
            both: mean(|powers| powers.both),
        };
        if now.dry > FLOOR && now.wet > 0.0 {
            self.looks = (self.looks + 1.0).min(self.memory);
            let share = 1.0 / self.looks;
            let Powers { dry, wet, both } = &mut self.before;
            *dry += share * (now.dry - *dry);
            *wet += share * (now.wet - *wet);
            *both += share * (now.both - *both);
            self.to = self.before.gain(mix).clamp(1.0 / MOST, MOST);
        }
        self.frames = 0;
        self.ears
            .iter_mut()
            .for_each(|ear| ear.now = Powers::default());
    }

    pub(super) fn reset(&mut self) {
        for ear in &mut self.ears {
            ear.weighting.iter_mut().for_each(Fixed::reset);
            ear.now = Powers::default();
        }
        self.frames = 0;
        self.before = Powers::default();
        (self.looks, self.from, self.to) = (0.0, 1.0, 1.0);
    }
}

impl Powers {
    /// The gain g of the wet sound w with which m g w + (1 - m) d has the power of the dry sound d: the root of
    /// m² g² W + 2 m (1 - m) g B + (1 - m)² D = D that is positive.
    fn gain(&self, mix: f64) -> f64 {
        let common = (1.0 - mix) * self.both;
        let root = (common * common + self.dry * self.wet * mix * (2.0 - mix)).sqrt();
        self.dry * (2.0 - mix) / (common + root).max(f64::MIN_POSITIVE)
    }
}
