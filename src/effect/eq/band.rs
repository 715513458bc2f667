//! One filter of the equaliser, at rest or moving.

use super::keys::EqSettings;
use crate::dsp::Coefficients;
use crate::dsp::lanes::CHUNK;
use crate::dsp::matched::{high_pass, low_pass, matched};
use crate::dsp::shape::{Shape, butterworth};
use crate::dsp::smoother::Smoother;
use crate::dsp::svf::{Step, Svf};
use crate::effect::Parameter;
use crate::effect::fault::{Limits, limits};
use crate::units::{Frames, Hertz, SampleRate};

/// Most sections of one filter: 48 dB per octave.
pub(super) const MOST_SECTIONS: usize = 4;

/// While a filter moves it is designed anew this often; in between its coefficients move in straight lines.
/// A sweep of an octave in 0.1 s then leaves less than -100 dB beside the tone.
const REDESIGN: u64 = 16;

/// Stretches of a chunk at most: the first and the last may be cut, and one may be short before the filter
/// comes to rest.
const MOST_STRETCHES: usize = CHUNK / REDESIGN as usize + 3;

/// Middle of the tilt.
const TILT_HZ: f64 = 1000.0;

/// What a filter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    HighPass(u32),
    LowPass(u32),
    Bell,
    Notch,
    LowShelf,
    HighShelf,
    Tilt,
}

/// What of a filter is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Frequency,
    Gain,
    Q,
}

/// A filter: what it is, where its parameters are, and its coefficients.
#[derive(Debug)]
pub(super) struct Filter {
    kind: Kind,
    name: String,
    rate: SampleRate,
    /// log2 of the frequency in Hz.
    frequency: Smoother,
    gain_db: Smoother,
    /// log2 of Q.
    q: Smoother,
    sections: usize,
    motion: Option<Motion>,
    /// Where it is while it does not move.
    now: [Svf; MOST_SECTIONS],
    still: [Step; MOST_SECTIONS],
}

/// A stretch between two designs.
#[derive(Debug, Clone, Copy)]
struct Motion {
    to: [Svf; MOST_SECTIONS],
    frames: u64,
    done: u64,
}

/// A part of a stretch: coefficients between `from` and `to`, the first frame `done` of `of` frames on the
/// way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) frames: usize,
    pub(super) from: [Svf; MOST_SECTIONS],
    pub(super) to: [Svf; MOST_SECTIONS],
    pub(super) done: u64,
    pub(super) of: u64,
}

/// What a filter does over a chunk: it moves, then holds still for the rest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    stretches: [Stretch; MOST_STRETCHES],
    count: usize,
}

impl Plan {
    pub(super) const EMPTY: Self = Self {
        stretches: [Stretch {
            frames: 0,
            from: [Svf::PASS; MOST_SECTIONS],
            to: [Svf::PASS; MOST_SECTIONS],
            done: 0,
            of: 1,
        }; MOST_STRETCHES],
        count: 0,
    };

    #[inline(always)]
    pub(super) fn stretches(&self) -> &[Stretch] {
        &self.stretches[..self.count]
    }
}

impl Filter {
    /// Every filter of an equaliser, in the order in which they are run.
    pub(super) fn of(settings: &EqSettings, rate: SampleRate) -> Vec<Self> {
        let filter = |name: &str, kind, hz, gain_db, q| Self::new(name, kind, hz, gain_db, q, rate);
        let slope = settings.slope.db_per_octave();
        let mut filters = Vec::new();
        filters.extend(
            settings
                .hp
                .map(|hz| filter("hp", Kind::HighPass(slope), hz, 0.0, 1.0)),
        );
        for (n, notch) in settings.notch.iter().enumerate() {
            filters.push(filter(
                &format!("notch.{}", n + 1),
                Kind::Notch,
                notch.hz,
                0.0,
                notch.q(),
            ));
        }
        filters.extend(
            settings
                .low_shelf
                .map(|s| filter("low-shelf", Kind::LowShelf, s.hz, s.db, s.q())),
        );
        for (n, bell) in settings.bell.iter().enumerate() {
            filters.push(filter(
                &format!("bell.{}", n + 1),
                Kind::Bell,
                bell.hz,
                bell.db,
                bell.q(),
            ));
        }
        filters.extend(
            settings
                .high_shelf
                .map(|s| filter("high-shelf", Kind::HighShelf, s.hz, s.db, s.q())),
        );
        filters.extend(
            settings
                .tilt
                .map(|db| filter("tilt", Kind::Tilt, TILT_HZ, db, 1.0)),
        );
        filters.extend(
            settings
                .lp
                .map(|hz| filter("lp", Kind::LowPass(slope), hz, 0.0, 1.0)),
        );
        filters
    }

    fn new(name: &str, kind: Kind, hz: f64, gain_db: f64, q: f64, rate: SampleRate) -> Self {
        let mut filter = Self {
            kind,
            name: name.to_owned(),
            rate,
            frequency: Smoother::new(hz.log2()),
            gain_db: Smoother::new(gain_db),
            q: Smoother::new(q.log2()),
            sections: 0,
            motion: None,
            now: [Svf::PASS; MOST_SECTIONS],
            still: [Svf::PASS.step(); MOST_SECTIONS],
        };
        (filter.now, filter.sections) = filter.design(hz, gain_db, q);
        filter.still = filter.now.map(|section| section.step());
        filter
    }

    /// Number of sections, all of which run in a row.
    pub(super) fn sections(&self) -> usize {
        self.sections
    }

    /// The sections while the filter does not move.
    #[inline(always)]
    pub(super) fn still(&self) -> &[Step] {
        &self.still[..self.sections]
    }

    /// The magnitude of the analogue prototype.
    pub(super) fn magnitude(&self, at: Hertz) -> f64 {
        let ratio = at.0 / self.frequency.now().exp2();
        let (gain_db, q) = (self.gain_db.now(), self.q.now().exp2());
        let steep = |slope: u32, ratio: f64| {
            let power: f64 = butterworth(slope)
                .map(|q| match q {
                    0.0 => Shape::LowPass1.power(ratio),
                    q => Shape::LowPass { q }.power(ratio),
                })
                .product();
            power.sqrt()
        };
        match self.kind {
            // The mirror image of a low-pass; nothing passes at 0.
            Kind::HighPass(_) if ratio <= 0.0 => 0.0,
            Kind::HighPass(slope) => steep(slope, 1.0 / ratio),
            Kind::LowPass(slope) => steep(slope, ratio),
            Kind::Bell => Shape::Bell { gain_db, q }.power(ratio).sqrt(),
            Kind::Notch => Shape::Notch { q }.power(ratio).sqrt(),
            Kind::LowShelf => Shape::LowShelf { gain_db, q }.power(ratio).sqrt(),
            Kind::HighShelf => Shape::HighShelf { gain_db, q }.power(ratio).sqrt(),
            Kind::Tilt => Shape::Tilt { gain_db }.power(ratio).sqrt(),
        }
    }

    /// Frames until what rings on is below -120 dB.
    pub(super) fn tail(&self) -> f64 {
        let sections = self.now[..self.sections].iter();
        sections.map(Svf::ringing).fold(0.0, f64::max)
    }

    /// What may be moved of it.
    pub(super) fn parameters(&self) -> Vec<(Parameter, Part)> {
        let parts: &[(Part, &str)] = match self.kind {
            Kind::HighPass(_) | Kind::LowPass(_) => &[(Part::Frequency, "")],
            Kind::Notch => &[(Part::Frequency, ".hz"), (Part::Q, ".q")],
            Kind::Bell | Kind::LowShelf | Kind::HighShelf => &[
                (Part::Frequency, ".hz"),
                (Part::Gain, ".db"),
                (Part::Q, ".q"),
            ],
            Kind::Tilt => &[(Part::Gain, "")],
        };
        parts
            .iter()
            .map(|&(part, suffix)| {
                let name = format!("{}{suffix}", self.name);
                let limits = self.limits(part);
                let parameter = match part {
                    Part::Frequency => {
                        Parameter::logarithmic(name, limits, self.frequency.target().exp2())
                    }
                    Part::Gain => Parameter::linear(name, limits, self.gain_db.target()),
                    Part::Q => Parameter::logarithmic(name, limits, self.q.target().exp2()),
                };
                (parameter, part)
            })
            .collect()
    }

    fn limits(&self, part: Part) -> Limits {
        match (part, self.kind) {
            (Part::Frequency, _) => Limits::of_frequency(self.rate),
            (Part::Gain, Kind::Tilt) => super::keys::TILT_DB,
            (Part::Gain, _) => limits::BELL_DB,
            (Part::Q, _) => limits::Q,
        }
    }

    /// Moves a part of it, from the next frame on.
    pub(super) fn set(&mut self, part: Part, value: f64, frames: Frames) {
        let Limits { min, max, .. } = self.limits(part);
        let value = value.clamp(min, max);
        match part {
            Part::Frequency => self.frequency.go(value.log2(), frames),
            Part::Gain => self.gain_db.go(value, frames),
            Part::Q => self.q.go(value.log2(), frames),
        }
        // The stretch at hand ends here; the next begins where it is now.
        if let Some(Motion { to, frames, done }) = self.motion.take() {
            let share = done as f64 / frames as f64;
            for (now, to) in self.now.iter_mut().zip(&to) {
                *now = now.toward(to, share);
            }
        }
        if frames == Frames(0) && !self.is_moving() {
            self.rest();
        }
    }

    /// Moving parameters arrive.
    pub(super) fn arrive(&mut self) {
        self.motion = None;
        for value in [&mut self.frequency, &mut self.gain_db, &mut self.q] {
            value.arrive();
        }
        self.rest();
    }

    fn rest(&mut self) {
        self.now = self.design_ahead(0);
        self.still = self.now.map(|section| section.step());
    }

    fn is_moving(&self) -> bool {
        self.frequency.is_moving() || self.gain_db.is_moving() || self.q.is_moving()
    }

    /// Plans the next `frames` frames, at most a chunk, and passes over them.
    pub(super) fn plan(&mut self, mut frames: usize, plan: &mut Plan) {
        plan.count = 0;
        while frames > 0 {
            let Some(motion) = self.motion.or_else(|| self.begin_stretch()) else {
                return;
            };
            let left = motion.frames - motion.done;
            let taken = left.min(frames as u64);
            plan.stretches[plan.count] = Stretch {
                frames: taken as usize,
                from: self.now,
                to: motion.to,
                done: motion.done,
                of: motion.frames,
            };
            plan.count += 1;
            for value in [&mut self.frequency, &mut self.gain_db, &mut self.q] {
                value.skip(taken);
            }
            frames -= taken as usize;
            self.motion = Some(Motion {
                done: motion.done + taken,
                ..motion
            });
            if taken == left {
                self.motion = None;
                self.now = motion.to;
                if !self.is_moving() {
                    self.still = self.now.map(|section| section.step());
                }
            }
        }
    }

    /// The stretch that begins with the next frame, if a parameter is on its way: to the next design, or to
    /// the end of the shortest way.
    fn begin_stretch(&self) -> Option<Motion> {
        let frames = [&self.frequency, &self.gain_db, &self.q]
            .into_iter()
            .filter(|value| value.is_moving())
            .map(|value| value.left())
            .min()?
            .min(REDESIGN);
        Some(Motion {
            to: self.design_ahead(frames),
            frames,
            done: 0,
        })
    }

    fn design_ahead(&self, frames: u64) -> [Svf; MOST_SECTIONS] {
        let (sections, _) = self.design(
            self.frequency.ahead(frames).exp2(),
            self.gain_db.ahead(frames),
            self.q.ahead(frames).exp2(),
        );
        sections
    }

    fn design(&self, hz: f64, gain_db: f64, q: f64) -> ([Svf; MOST_SECTIONS], usize) {
        let (frequency, rate) = (Hertz(hz), self.rate);
        let mut sections = [Svf::PASS; MOST_SECTIONS];
        let mut count = 0;
        let mut add = |c: Coefficients| {
            debug_assert!(c.is_stable(), "{:?} at {hz} Hz: {c:?}", self.kind);
            sections[count] = c.into();
            count += 1;
        };
        let shape = match self.kind {
            Kind::HighPass(slope) => {
                high_pass(slope, frequency, rate).for_each(&mut add);
                return (sections, count);
            }
            Kind::LowPass(slope) => {
                low_pass(slope, frequency, rate).for_each(&mut add);
                return (sections, count);
            }
            Kind::Bell => Shape::Bell { gain_db, q },
            Kind::Notch => Shape::Notch { q },
            Kind::LowShelf => Shape::LowShelf { gain_db, q },
            Kind::HighShelf => Shape::HighShelf { gain_db, q },
            Kind::Tilt => Shape::Tilt { gain_db },
        };
        add(matched(shape, frequency, rate));
        (sections, count)
    }
}
