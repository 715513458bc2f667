//! Saturation: harmonics of a tube, of tape, of a transformer, or of a soft clipper.
//!
//! All of them bend the signal with a hyperbolic tangent whose slope at rest is 1, so that soft parts pass as
//! they are; they differ in what is bent:
//!
//! - soft clip: the signal itself; odd harmonics.
//! - tube: the signal off centre; even harmonics, the second first.
//! - tape: the signal with its high tones raised, which are then lowered again: they saturate first.
//! - transformer: the signal with its low tones raised, which are then lowered again.
//!
//! The bend runs at 8 times the sample rate (16 times with quality "high") between linear-phase filters:
//! harmonics that would fold back are taken out before they can. Drive 0 is a straight line.

mod curve;
mod keys;
mod makeup;

use pulp::Simd;

use curve::{Curve, bend};
use keys::SatStyle;
pub use keys::{Quality, SatSettings};
use makeup::{Makeup, Ramp};

use super::{Effect, Parameter, Setup};
use crate::audio::PassageMut;
use crate::dsp::biquad::Fixed;
use crate::dsp::lanes::{CHUNK, Cut, chunks, held, single};
use crate::dsp::one_pole::OnePole;
use crate::dsp::oversampler::{Grade, Oversampler};
use crate::dsp::smoother::Smoother;
use crate::dsp::{Coefficients, DelayLine};
use crate::units::{Decibels, Frames, Hertz};

/// How far off its centre a tube works, in units of its bend.
const TUBE_BIAS: f32 = 0.4;

/// By how much tape hears high tones louder, from this frequency on, and by how much it is driven less.
const TAPE: (Hertz, Decibels) = (Hertz(4000.0), Decibels(4.0));
const TAPE_DRIVE: Decibels = Decibels(-2.0);

/// By how much a transformer hears low tones louder, up to this frequency.
const TRANSFORMER: (Hertz, Decibels) = (Hertz(120.0), Decibels(9.0));

/// What a bias leaves at rest is taken out below this.
const DC_CORNER: Hertz = Hertz(1.0);

/// A saturator at work.
#[derive(Debug)]
struct Saturation {
    rows: Vec<Row>,
    drive: Smoother,
    mix: Smoother,
    /// Share of the drive that arrives.
    slope: f32,
    curve: Curve,
    levels: Levels,
    makeup: Option<Makeup>,
    position: u64,
    latency: usize,
    parameters: Vec<Parameter>,
    arch: pulp::Arch,
}

/// One channel.
#[derive(Debug, Clone)]
struct Row {
    oversampler: Oversampler,
    /// Before the bend, and back behind it.
    emphasis: Option<[Fixed<1>; 2]>,
    dc: Option<OnePole>,
    dry: DelayLine,
    /// The delayed dry sound of the chunk at hand.
    late: [f32; CHUNK],
}

/// How much of the bent and of the dry sound is played, frame by frame.
#[derive(Debug, Clone)]
struct Levels {
    wet: [f32; CHUNK],
    dry: [f32; CHUNK],
}

impl Saturation {
    fn new(settings: &SatSettings, setup: Setup) -> Self {
        let rate = setup.rate;
        let grade = match settings.quality {
            Quality::Normal => Grade::NORMAL,
            Quality::High => Grade::HIGH,
        };
        let oversampler = Oversampler::new(grade, rate);
        let latency = oversampler.latency();
        let pair = |shelf: fn(Hertz, Decibels, _) -> Coefficients, (from, gain): (_, Decibels)| {
            Some([gain.0, -gain.0].map(|db| Fixed::new(shelf(from, Decibels(db), rate))))
        };
        let emphasis = match settings.style {
            SatStyle::Tape => pair(Coefficients::high_shelf, TAPE),
            SatStyle::Transformer => pair(Coefficients::low_shelf, TRANSFORMER),
            SatStyle::Tube | SatStyle::SoftClip => None,
        };
        let is_tube = settings.style == SatStyle::Tube;
        let row = Row {
            oversampler,
            emphasis,
            dc: is_tube.then(|| OnePole::new(DC_CORNER, rate)),
            dry: DelayLine::new(latency),
            late: [0.0; CHUNK],
        };
        Self {
            rows: (0..setup.channels).map(|_| row.clone()).collect(),
            drive: Smoother::new(settings.drive),
            mix: Smoother::new(settings.mix),
            slope: match settings.style {
                SatStyle::Tape => TAPE_DRIVE.gain().0 as f32,
                _ => 1.0,
            },
            curve: Curve::new(if is_tube { TUBE_BIAS } else { 0.0 }),
            levels: Levels {
                wet: [0.0; CHUNK],
                dry: [0.0; CHUNK],
            },
            makeup: settings
                .auto_gain
                .then(|| Makeup::new(rate, setup.channels)),
            position: 0,
            latency,
            parameters: keys::parameters(settings),
            arch: pulp::Arch::new(),
        }
    }

    #[inline(always)]
    fn chunk<S: Simd>(&mut self, simd: S, sound: &mut PassageMut<'_>, cut: Cut) {
        let Cut { length, ends, .. } = cut;
        self.set_out(length);
        let Self {
            rows,
            curve,
            levels,
            makeup,
            ..
        } = self;
        for (channel, row) in rows.iter_mut().enumerate() {
            let samples = &mut sound.row_mut(channel)[cut.span()];
            row.take(samples, ends);
            row.oversampler.up(simd, samples);
            if !curve.is_straight() {
                for phase in row.oversampler.phases_mut() {
                    curve.run(simd, phase, length);
                }
            }
            row.oversampler.down(simd, samples);
            row.give(samples, !curve.is_straight(), ends);
            if let Some(makeup) = makeup {
                makeup.hear(channel, &row.late[..length], samples, ends);
            }
            row.blend(samples, levels);
        }
        self.drive.skip(length as u64);
        self.mix.skip(length as u64);
        if let Some(makeup) = &mut self.makeup {
            makeup.pass(length, self.mix.now());
        }
    }

    /// Sets curve and levels of the next `length` frames.
    #[inline(always)]
    fn set_out(&mut self, length: usize) {
        let bend = |drive_db: f64| self.slope * bend(drive_db);
        if self.drive.is_moving() {
            let ahead = 0..length as u64;
            let bends = ahead.map(|n| bend(self.drive.ahead(n)));
            self.curve.follow(bends);
        } else {
            self.curve.hold(bend(self.drive.now()));
        }
        let makeup = self.makeup.as_ref().map_or(Ramp::UNITY, Makeup::gain);
        for n in 0..length {
            let mix = self.mix.ahead(n as u64);
            self.levels.wet[n] = (mix * makeup.at(n)) as f32;
            self.levels.dry[n] = (1.0 - mix) as f32;
        }
    }
}

/// The work on one passage. A named type rather than a closure, because only what is inlined into `with_simd` is
/// compiled for the processor at hand.
struct Run<'a, 'b> {
    saturation: &'a mut Saturation,
    sound: &'a mut PassageMut<'b>,
}

impl pulp::WithSimd for Run<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { saturation, sound } = self;
        let frames = sound.frames();
        for cut in chunks(saturation.position, frames) {
            saturation.chunk(simd, sound, cut);
        }
        saturation.position += frames as u64;
    }
}

impl Effect for Saturation {
    fn process(&mut self, sound: &mut PassageMut<'_>) {
        assert_eq!(sound.channels(), self.rows.len(), "one row per channel");
        self.arch.dispatch(Run {
            saturation: self,
            sound,
        });
    }

    fn latency(&self) -> Frames {
        Frames(self.latency as u64)
    }

    fn reset(&mut self) {
        for row in &mut self.rows {
            row.reset();
        }
        if let Some(makeup) = &mut self.makeup {
            makeup.reset();
        }
        self.drive.arrive();
        self.mix.arrive();
        self.position = 0;
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        let Parameter { min, max, .. } = self.parameters[parameter];
        let value = value.clamp(min, max);
        match parameter {
            0 => self.drive.go(value, frames),
            _ => self.mix.go(value, frames),
        }
    }
}

impl Row {
    /// Keeps the dry sound and leaves in `samples` what is to be bent; `ends` says that the chunk does.
    #[inline(always)]
    fn take(&mut self, samples: &mut [f32], ends: bool) {
        for x in samples.iter_mut() {
            *x = held(*x);
        }
        let late = &mut self.late[..samples.len()];
        late.copy_from_slice(samples);
        self.dry.process(late);
        if let Some([before, _]) = &mut self.emphasis {
            filter(before, samples, ends);
        }
    }

    /// Takes from `samples`, which have been bent, what was done to them for that.
    #[inline(always)]
    fn give(&mut self, samples: &mut [f32], is_bent: bool, ends: bool) {
        if let Some([_, after]) = &mut self.emphasis {
            filter(after, samples, ends);
        }
        // A straight line leaves nothing at rest.
        if let Some(dc) = self.dc.as_mut().filter(|_| is_bent) {
            for x in samples {
                *x = single(dc.high(f64::from(*x)));
            }
            if ends {
                dc.settle();
            }
        }
    }

    /// Mixes what was bent with the dry sound.
    #[inline(always)]
    fn blend(&self, samples: &mut [f32], levels: &Levels) {
        let levels = levels.wet.iter().zip(&levels.dry);
        for ((x, late), (wet, dry)) in samples.iter_mut().zip(&self.late).zip(levels) {
            *x = wet * *x + dry * late;
        }
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        let sections = self.emphasis.iter_mut().flatten();
        sections.for_each(Fixed::reset);
        if let Some(dc) = &mut self.dc {
            dc.reset();
        }
        self.dry.reset();
    }
}

/// Filters the samples of one channel in place; `ends` says that the chunk does.
#[inline(always)]
fn filter(section: &mut Fixed<1>, samples: &mut [f32], ends: bool) {
    let mut filter = *section;
    for x in samples {
        let mut frame = [f64::from(*x)];
        filter.run(&mut frame);
        *x = single(frame[0]);
    }
    if ends {
        filter.settle();
    }
    *section = filter;
}
