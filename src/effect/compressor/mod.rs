//! Compressors: a detector and a gain computer that yield one gain per frame.
//!
//! [`CompSettings`] are the keys. `detector` gives the level, `curve` and `vari_mu` the static curves, `computer`
//! the reduction over time (`auto_release` is the network of the VCA), `warmth` the colour of the tube,
//! `rehearsal` a threshold for a wanted reduction.
//!
//! Because the gain is apart from what it is applied to, the same compressor runs on one strip, or linked
//! over a group: it hears the sum of the members, and every member gets the same gain.

mod auto_release;
mod computer;
mod curve;
mod detector;
mod keys;
mod rehearsal;
mod vari_mu;
mod warmth;

pub use keys::{CompSettings, CompStyle, Key, KeyTap, Link, ReleaseKey, Tap};
pub(super) use warmth::Warmth;

use computer::{Computer, Times};
use detector::{Detector, KeyFilter};
use keys::limits;
use rehearsal::{Rehearsal, piece_rate};

use super::fault::Limits;
use super::{Dynamics, Gains, Member, Parameter};
use crate::audio::{Passage, PassageMut};
use crate::dsp::decibels::from_db;
use crate::dsp::lanes::{CHUNK, chunks};
use crate::dsp::smoother::Smoother;
use crate::units::{Decibels, Frames, SampleRate};

/// Strength of the tube's colour at rest, and its growth with each dB of reduction: the share of the square of
/// the signal that is added. At -10 dBFS 0.01 is a second harmonic of -56 dB.
const COLOUR_AT_REST: f64 = 0.01;
const COLOUR_PER_DB: f64 = 0.006;

/// A compressor at work.
#[derive(Debug)]
pub struct Compressor {
    settings: CompSettings,
    rate: SampleRate,
    detector: Detector,
    computer: Computer,
    /// The detector's filters again, for listening to what it hears.
    listening: KeyFilter,
    rehearsal: Option<Rehearsal>,
    makeup_db: Smoother,
    mix: Smoother,
    /// log2 of the times in ms.
    attack: Smoother,
    release: Smoother,
    /// Frames since the times were last looked at.
    since_times: u64,
    warmth: f64,
    parameters: Vec<Parameter>,
    moved: Vec<Part>,
    position: u64,
    most_db: f64,
}

/// What of a compressor may be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Threshold,
    Ratio,
    Knee,
    Makeup,
    Mix,
    Attack,
    Release,
}

impl Compressor {
    /// A compressor whose detector hears `heard` rows; the settings have been checked.
    pub(super) fn new(settings: &CompSettings, rate: SampleRate, heard: usize) -> Self {
        let (parameters, moved) = parameters(settings);
        Self {
            detector: Detector::new(settings, rate, heard),
            computer: Computer::new(settings, f64::from(rate.0)),
            listening: KeyFilter::new(settings, rate, heard),
            rehearsal: settings.target_gr.map(|_| Rehearsal::default()),
            makeup_db: Smoother::new(settings.makeup),
            mix: Smoother::new(settings.mix.unwrap_or(1.0)),
            attack: Smoother::new(settings.attack_ms().log2()),
            release: Smoother::new(settings.release_ms.unwrap_or(1.0).log2()),
            since_times: 0,
            warmth: match settings.style {
                CompStyle::Vca => 0.0,
                CompStyle::VariMu => settings.warmth.unwrap_or(1.0),
            },
            parameters,
            moved,
            position: 0,
            most_db: 0.0,
            settings: settings.clone(),
            rate,
        }
    }

    /// Holds the threshold at `db` and forgets everything heard: a try of the rehearsal.
    fn hold_threshold(&mut self, db: f64) {
        self.computer.curve.threshold = Smoother::new(db);
        self.computer.reset();
    }

    /// The reduction of the next step, from its level.
    fn step_reduction(&mut self, level: f64) -> f64 {
        self.computer.step(level)
    }

    /// Passes over the frames since the times were last looked at.
    fn pass_times(&mut self) {
        self.attack.skip(self.since_times);
        self.release.skip(self.since_times);
        self.since_times = 0;
    }

    /// Times that are on their way take effect: once per chunk.
    fn move_times(&mut self) {
        let is_moving = self.attack.is_moving() || self.release.is_moving();
        self.pass_times();
        if is_moving || self.computer.curve.ratio.is_moving() {
            self.apply_times();
        }
    }

    fn apply_times(&mut self) {
        let release = self.settings.release_ms;
        self.computer.set_times(Times {
            attack_s: 1e-3 * self.attack.now().exp2(),
            release_s: release.map(|_| 1e-3 * self.release.now().exp2()),
        });
    }
}

/// What may be moved, with its limits.
fn parameters(settings: &CompSettings) -> (Vec<Parameter>, Vec<Part>) {
    let is_vca = settings.style == CompStyle::Vca;
    let threshold = settings.threshold();
    let values: [(Part, &str, Option<f64>, Limits); 7] = [
        (Part::Threshold, "threshold", threshold, limits::THRESHOLD),
        (
            Part::Ratio,
            "ratio",
            is_vca.then(|| settings.ratio()),
            limits::RATIO,
        ),
        (
            Part::Knee,
            "knee",
            is_vca.then(|| settings.knee.unwrap_or(0.0)),
            limits::KNEE,
        ),
        (
            Part::Makeup,
            "makeup",
            Some(settings.makeup),
            limits::MAKEUP,
        ),
        (
            Part::Mix,
            "mix",
            Some(settings.mix.unwrap_or(1.0)),
            limits::MIX,
        ),
        (
            Part::Attack,
            "attack-ms",
            Some(settings.attack_ms()),
            limits::ATTACK,
        ),
        (
            Part::Release,
            "release-ms",
            settings.release_ms,
            limits::RELEASE,
        ),
    ];
    values
        .into_iter()
        .filter_map(|(part, name, value, limits)| {
            let parameter = match part {
                Part::Attack | Part::Release => Parameter::logarithmic(name, limits, value?),
                _ => Parameter::linear(name, limits, value?),
            };
            Some((parameter, part))
        })
        .unzip()
}

impl Dynamics for Compressor {
    fn gain(&mut self, heard: Passage<'_>, gains: &mut Gains) {
        gains.set_frames(heard.frames());
        pulp::Arch::new().dispatch(Run {
            compressor: self,
            heard,
            gains,
        });
    }

    fn member(&self, channels: usize) -> Member {
        match self.warmth > 0.0 {
            true => Member::warm(channels, self.rate),
            false => Member::plain(),
        }
    }

    fn listens(&self) -> bool {
        self.settings.listen
    }

    fn listen(&mut self, heard: Option<Passage<'_>>, sound: &mut PassageMut<'_>) {
        self.listening.listen(heard, sound);
    }

    fn reduction(&self) -> Decibels {
        Decibels(self.most_db)
    }

    fn threshold(&self) -> Option<Decibels> {
        let db = self.computer.curve.threshold.now();
        db.is_finite().then_some(Decibels(db))
    }

    fn wants_rehearsal(&self) -> bool {
        self.rehearsal.is_some()
    }

    fn rehearse(&mut self, heard: Passage<'_>) {
        let mut levels = [0.0; CHUNK];
        for start in (0..heard.frames()).step_by(CHUNK) {
            let part = heard.part(start..(start + CHUNK).min(heard.frames()));
            let levels = &mut levels[..part.frames()];
            self.detector.levels(&part, levels);
            if let Some(rehearsal) = &mut self.rehearsal {
                rehearsal.add(&part, levels);
            }
        }
    }

    fn settle(&mut self) {
        let (Some(rehearsal), Some(target)) = (self.rehearsal.take(), self.settings.target_gr)
        else {
            return;
        };
        // The same compressor, in steps of a piece of the programme.
        let mut slow = Self {
            computer: Computer::new(&self.settings, piece_rate(self.rate)),
            ..Self::new(&self.settings, self.rate, 0)
        };
        let mut exact = Self::new(&self.settings, self.rate, 0);
        let threshold = rehearsal.threshold(target, &mut slow, &mut exact, self.rate);
        self.computer.curve.threshold = Smoother::new(threshold);
        self.reset();
    }

    fn reset(&mut self) {
        self.detector.reset();
        self.listening.reset();
        for value in [
            &mut self.makeup_db,
            &mut self.mix,
            &mut self.attack,
            &mut self.release,
        ] {
            value.arrive();
        }
        self.computer.reset();
        self.apply_times();
        self.since_times = 0;
        self.position = 0;
        self.most_db = 0.0;
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn set(&mut self, parameter: usize, value: f64, frames: Frames) {
        let Parameter { min, max, .. } = self.parameters[parameter];
        let value = value.clamp(min, max);
        self.pass_times();
        let curve = &mut self.computer.curve;
        match self.moved[parameter] {
            Part::Threshold => curve.threshold.go(value, frames),
            Part::Ratio => curve.ratio.go(value, frames),
            Part::Knee => curve.knee.go(value, frames),
            Part::Makeup => self.makeup_db.go(value, frames),
            Part::Mix => self.mix.go(value, frames),
            Part::Attack => self.attack.go(value.log2(), frames),
            Part::Release => self.release.go(value.log2(), frames),
        }
        if frames == Frames(0) {
            self.apply_times();
        }
    }
}

/// The work on one passage. A named type rather than a closure, because only what is inlined into `call` is
/// compiled for the processor at hand.
struct Run<'a> {
    compressor: &'a mut Compressor,
    heard: Passage<'a>,
    gains: &'a mut Gains,
}

impl pulp::NullaryFnOnce for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            compressor,
            heard,
            gains,
        } = self;
        let (total, wet, colour) = gains.curves();
        let frames = heard.frames();
        compressor.most_db = 0.0;
        for cut in chunks(compressor.position, frames) {
            let mut reductions = [0.0_f64; CHUNK];
            let reductions = &mut reductions[..cut.length];
            let span = cut.span();
            let part = heard.part(span.clone());
            compressor.detector.levels(&part, reductions);
            compressor.computer.run(reductions);
            compressor.write(
                reductions,
                &mut total[span.clone()],
                &mut wet[span.clone()],
                &mut colour[span],
            );
            compressor.since_times += cut.length as u64;
            if cut.ends {
                compressor.move_times();
                compressor.computer.settle();
            }
        }
        compressor.position += frames as u64;
    }
}

impl Compressor {
    /// From reductions in dB to gains.
    #[inline(always)]
    fn write(
        &mut self,
        reductions: &[f64],
        total: &mut [f64],
        wet: &mut [f64],
        colour: &mut [f64],
    ) {
        for (wet, reduction) in wet.iter_mut().zip(reductions) {
            *wet = from_db(-reduction);
        }
        for reduction in reductions {
            self.most_db = self.most_db.max(*reduction);
        }
        let is_still = !self.makeup_db.is_moving() && !self.mix.is_moving();
        let (mut makeup, mut mix) = (from_db(self.makeup_db.now()), self.mix.now());
        for n in 0..reductions.len() {
            if !is_still {
                makeup = from_db(self.makeup_db.step());
                mix = self.mix.step();
            }
            total[n] = makeup * (1.0 - mix + mix * wet[n]);
            colour[n] =
                self.warmth * makeup * mix * (COLOUR_AT_REST + COLOUR_PER_DB * reductions[n]);
        }
    }
}
