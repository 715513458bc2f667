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

mod keys;
mod makeup;

use keys::SatStyle;
pub use keys::{Quality, SatSettings};
use makeup::Makeup;

use super::{Effect, Parameter, Setup};
use crate::audio::PassageMut;
use crate::dsp::lanes::{CHUNK, audible, for_each_chunk};
use crate::dsp::oversampler::Oversampler;
use crate::dsp::smoother::Smoother;
use crate::dsp::{Biquad, Coefficients, DelayLine};
use crate::units::{Decibels, Frames, Hertz, SampleRate};

/// How far off its centre a tube works, in units of its bend.
const TUBE_BIAS: f32 = 0.4;

/// By how much tape hears high tones louder, from this frequency on, and by how much it is driven less.
const TAPE: (Hertz, Decibels) = (Hertz(4000.0), Decibels(4.0));
const TAPE_DRIVE: Decibels = Decibels(-2.0);

/// By how much a transformer hears low tones louder, up to this frequency.
const TRANSFORMER: (Hertz, Decibels) = (Hertz(120.0), Decibels(9.0));

/// What a bias leaves at rest is taken out below this.
const DC_CORNER: f64 = 1.0;

/// What is louder, +120 dBFS, is held here: sums of it are still numbers.
const LOUDEST: f32 = 1e6;

/// A saturator at work.
#[derive(Debug)]
struct Saturation {
    rows: Vec<Row>,
    drive: Smoother,
    mix: Smoother,
    bias: f32,
    /// Share of the drive that arrives.
    slope: f32,
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
    emphasis: Option<[Biquad; 2]>,
    dc: Option<DcBlocker>,
    dry: DelayLine,
    /// The delayed dry sound of the chunk at hand.
    late: [f32; CHUNK],
}

/// Frame by frame in a chunk: the bend, its inverse, wet and dry level.
struct Course {
    bend: [f32; CHUNK],
    wet: [f32; CHUNK],
    dry: [f32; CHUNK],
    /// True if none of them changes within the chunk.
    still: bool,
}

impl Saturation {
    fn new(settings: &SatSettings, setup: Setup) -> Self {
        let stages = match settings.quality {
            Quality::Normal => 3,
            Quality::High => 4,
        };
        let oversampler = Oversampler::new(stages);
        let latency = oversampler.latency();
        let pair = |up: Coefficients, down: Coefficients| [Biquad::new(up), Biquad::new(down)];
        let rate = setup.rate;
        let emphasis = match settings.style {
            SatStyle::Tape => Some(pair(
                Coefficients::high_shelf(TAPE.0, TAPE.1, rate),
                Coefficients::high_shelf(TAPE.0, Decibels(-TAPE.1.0), rate),
            )),
            SatStyle::Transformer => Some(pair(
                Coefficients::low_shelf(TRANSFORMER.0, TRANSFORMER.1, rate),
                Coefficients::low_shelf(TRANSFORMER.0, Decibels(-TRANSFORMER.1.0), rate),
            )),
            SatStyle::Tube | SatStyle::SoftClip => None,
        };
        let is_tube = settings.style == SatStyle::Tube;
        let row = Row {
            oversampler,
            emphasis,
            dc: is_tube.then(|| DcBlocker::new(rate)),
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
            bias: if is_tube { TUBE_BIAS } else { 0.0 },
            makeup: settings
                .auto_gain
                .then(|| Makeup::new(rate, setup.channels)),
            position: 0,
            latency,
            parameters: keys::parameters(settings),
            arch: pulp::Arch::new(),
        }
    }

    fn chunk(&mut self, sound: &mut PassageMut<'_>, offset: usize, length: usize) {
        let makeup = self.makeup.as_ref().map_or(Ramp::UNITY, Makeup::gain);
        let course = self.course(length, makeup);
        let arch = self.arch;
        for (channel, row) in self.rows.iter_mut().enumerate() {
            let samples = &mut sound.row_mut(channel)[offset..offset + length];
            row.take(samples);
            arch.dispatch(Bent {
                row,
                samples,
                course: &course,
                bias: self.bias,
            });
            row.give(samples, course.bend[0] >= LEAST_BEND || !course.still);
            if let Some(makeup) = &mut self.makeup {
                makeup.hear(channel, &row.late[..length], samples);
            }
            row.blend(samples, &course);
        }
        if let Some(makeup) = &mut self.makeup {
            makeup.pass(length);
        }
        self.drive.skip(length as u64);
        self.mix.skip(length as u64);
    }

    fn bend(&self, drive_db: f64) -> f32 {
        self.slope * bend(drive_db)
    }

    fn course(&self, length: usize, makeup: Ramp) -> Course {
        let still = !self.drive.is_moving() && !self.mix.is_moving();
        let mut course = Course {
            bend: [self.bend(self.drive.now()); CHUNK],
            wet: [0.0; CHUNK],
            dry: [0.0; CHUNK],
            still,
        };
        for n in 0..length {
            let ahead = n as u64;
            if self.drive.is_moving() {
                course.bend[n] = self.bend(self.drive.ahead(ahead));
            }
            let mix = self.mix.ahead(ahead);
            course.wet[n] = (mix * makeup.at(n)) as f32;
            course.dry[n] = (1.0 - mix) as f32;
        }
        course
    }
}

/// A gain over the frames of a chunk.
#[derive(Debug, Clone, Copy)]
struct Ramp {
    from: f64,
    step: f64,
    /// Where on it the chunk begins.
    first: usize,
}

impl Ramp {
    const UNITY: Self = Self {
        from: 1.0,
        step: 0.0,
        first: 0,
    };

    fn at(self, frame: usize) -> f64 {
        self.step.mul_add((self.first + frame) as f64, self.from)
    }
}

impl Effect for Saturation {
    fn process(&mut self, sound: &mut PassageMut<'_>) {
        assert_eq!(sound.channels(), self.rows.len(), "one row per channel");
        let frames = sound.frames();
        for_each_chunk(self.position, frames, |offset, length, _| {
            self.chunk(sound, offset, length);
        });
        self.position += frames as u64;
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

/// How far the bend goes at a drive in dB: 0 is straight, and the level of a loud signal is driven up by about
/// the drive.
fn bend(drive_db: f64) -> f32 {
    let gain = Decibels(drive_db).gain().0;
    (gain * gain - 1.0).max(0.0).sqrt() as f32
}

/// Below this bend a line is straight.
const LEAST_BEND: f32 = 1e-3;

/// The work of one chunk at the higher rate. A named type, because only what is inlined into `call` is compiled
/// for the processor at hand.
struct Bent<'a> {
    row: &'a mut Row,
    samples: &'a mut [f32],
    course: &'a Course,
    bias: f32,
}

impl pulp::NullaryFnOnce for Bent<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            row,
            samples,
            course,
            bias,
        } = self;
        let factor = row.oversampler.factor();
        row.oversampler.process(samples, |high| {
            if course.still {
                curve(high, course.bend[0], bias);
            } else {
                for (part, bend) in high.chunks_mut(factor).zip(course.bend) {
                    curve(part, bend, bias);
                }
            }
        });
    }
}

/// Bends samples: tanh(bend · x + bias), with slope 1 and value 0 at rest.
#[inline(always)]
fn curve(samples: &mut [f32], bend: f32, bias: f32) {
    if bend < LEAST_BEND {
        return;
    }
    let rest = tanh(bias);
    let level = 1.0 / (bend * (1.0 - rest * rest));
    for x in samples {
        *x = (tanh(bend.mul_add(*x, bias)) - rest) * level;
    }
}

/// The hyperbolic tangent to 1e-6: the seventh convergent of its continued fraction (Lambert 1768), up to where
/// that reaches 1.
#[inline(always)]
fn tanh(x: f32) -> f32 {
    const END: f32 = 4.97;
    let x = x.clamp(-END, END);
    let s = x * x;
    let top = s.mul_add(s.mul_add(s + 378.0, 17_325.0), 135_135.0) * x;
    let bottom = s.mul_add(s.mul_add(s.mul_add(28.0, 3150.0), 62_370.0), 135_135.0);
    (top / bottom).clamp(-1.0, 1.0)
}

impl Row {
    /// Keeps the dry sound and leaves in `samples` what is to be bent.
    fn take(&mut self, samples: &mut [f32]) {
        for x in samples.iter_mut() {
            *x = audible(*x).clamp(-LOUDEST, LOUDEST);
        }
        let late = &mut self.late[..samples.len()];
        late.copy_from_slice(samples);
        self.dry.process(late);
        if let Some([before, _]) = &mut self.emphasis {
            before.process(samples);
        }
    }

    /// Takes from `samples`, which have been bent, what was done to them for that.
    fn give(&mut self, samples: &mut [f32], is_bent: bool) {
        if let Some([_, after]) = &mut self.emphasis {
            after.process(samples);
        }
        // A straight line leaves nothing at rest.
        if let Some(dc) = self.dc.as_mut().filter(|_| is_bent) {
            dc.process(samples);
        }
    }

    /// Mixes what was bent with the dry sound.
    fn blend(&self, samples: &mut [f32], course: &Course) {
        for (n, x) in samples.iter_mut().enumerate() {
            *x = course.wet[n] * *x + course.dry[n] * self.late[n];
        }
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        self.emphasis.iter_mut().flatten().for_each(Biquad::reset);
        if let Some(dc) = &mut self.dc {
            dc.reset();
        }
        self.dry.reset();
    }
}

/// A first-order high-pass far below what is heard.
#[derive(Debug, Clone)]
struct DcBlocker {
    share: f64,
    mean: f64,
}

impl DcBlocker {
    fn new(rate: SampleRate) -> Self {
        Self {
            share: 1.0 - (-std::f64::consts::TAU * DC_CORNER / f64::from(rate.0)).exp(),
            mean: 0.0,
        }
    }

    fn process(&mut self, samples: &mut [f32]) {
        for x in samples {
            let sample = f64::from(*x);
            self.mean += self.share * (sample - self.mean);
            *x = (sample - self.mean) as f32;
        }
        if self.mean.abs() < 1e-30 {
            self.mean = 0.0;
        }
    }

    fn reset(&mut self) {
        self.mean = 0.0;
    }
}
