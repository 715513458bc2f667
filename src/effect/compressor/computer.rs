//! From level to reduction: the static curve, and how fast it is followed.

use super::auto_release::{Network, Voltages};
use super::curve::Curve;
use super::keys::{CompSettings, CompStyle};
use super::vari_mu;
use crate::dsp::smoother::Smoother;

/// Attack and release, as labelled in seconds; `None` is the automatic release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Times {
    pub(super) attack_s: f64,
    pub(super) release_s: Option<f64>,
}

/// One frame after the other: level in, reduction out, both in dB.
///
/// A feedback compressor hears what it has already reduced. In decibels, a loop round a corner with one time
/// constant is the same system as a detector before the gain whose time constant is shorter by the ratio; so
/// the labelled times hold at any ratio: they are those to 63.2 % of the reduction the curve asks for. The
/// automatic release of the VCA has two, and is run as the loop it is.
#[derive(Debug)]
pub(super) struct Computer {
    pub(super) curve: Curve,
    mu: Option<vari_mu::Curve>,
    times: Times,
    /// Steps per second.
    rate: f64,
    is_keyed: bool,
    attack: f64,
    release: f64,
    network: Option<Network>,
    recovery: Option<vari_mu::Recovery>,
    reduction: f64,
    voltages: Voltages,
    tube: vari_mu::Voltages,
}

impl Computer {
    pub(super) fn new(settings: &CompSettings, rate: f64) -> Self {
        let is_mu = settings.style == CompStyle::VariMu;
        let times = Times {
            attack_s: settings.attack_ms() * 1e-3,
            release_s: settings.release_ms.map(|ms| ms * 1e-3),
        };
        // Above everything until a rehearsal has found it.
        let threshold = settings.threshold().unwrap_or(f64::INFINITY);
        let mut computer = Self {
            curve: Curve {
                threshold: Smoother::new(threshold),
                ratio: Smoother::new(settings.ratio()),
                knee: Smoother::new(settings.knee.unwrap_or(0.0)),
            },
            mu: is_mu.then(|| vari_mu::Curve::new(settings.ratio())),
            times,
            rate,
            is_keyed: settings.key.is_some(),
            attack: 0.0,
            release: 0.0,
            network: None,
            recovery: (is_mu && times.release_s.is_none()).then(|| vari_mu::Recovery::new(rate)),
            reduction: 0.0,
            voltages: Voltages::default(),
            tube: vari_mu::Voltages::default(),
        };
        computer.set_times(times);
        computer
    }

    /// New times, from the next step on; what is reduced stays as it is.
    pub(super) fn set_times(&mut self, times: Times) {
        let share = |seconds: f64| -(-1.0 / (seconds * self.rate).max(1e-3)).exp_m1();
        self.times = times;
        self.attack = share(times.attack_s);
        self.release = times.release_s.map_or(0.0, share);
        if times.release_s.is_none() && self.mu.is_none() {
            let ratio = self.curve.ratio.now();
            self.network = Some(Network::new(
                times.attack_s,
                ratio,
                !self.is_keyed,
                self.rate,
            ));
        }
    }

    /// The reductions of the next frames, from their levels, in place.
    #[inline(always)]
    pub(super) fn run(&mut self, levels: &mut [f64]) {
        if self.curve.is_moving() {
            for level in levels {
                let bend = self.curve.step();
                *level = self.step_with(*level, bend);
            }
        } else {
            let bend = self.curve.now();
            for level in levels {
                *level = self.step_with(*level, bend);
            }
        }
    }

    /// The reduction of the next frame.
    #[inline(always)]
    pub(super) fn step(&mut self, level: f64) -> f64 {
        let bend = self.curve.now();
        self.step_with(level, bend)
    }

    #[inline(always)]
    fn step_with(&mut self, level: f64, bend: super::curve::Bend) -> f64 {
        if let Some(curve) = &self.mu {
            let target = curve.reduction(level - bend.threshold);
            if let Some(recovery) = &self.recovery {
                return recovery.step(target, self.attack, &mut self.tube);
            }
            return self.toward(target);
        }
        if let Some(network) = &self.network {
            let demand = match self.is_keyed {
                true => bend.reduction(level),
                false => bend.demand(level - self.voltages.reduction()),
            };
            return network.step(demand, &mut self.voltages);
        }
        self.toward(bend.reduction(level))
    }

    #[inline(always)]
    fn toward(&mut self, target: f64) -> f64 {
        let share = match target > self.reduction {
            true => self.attack,
            false => self.release,
        };
        self.reduction += share * (target - self.reduction);
        self.reduction
    }

    /// What has died away becomes an exact zero.
    pub(super) fn settle(&mut self) {
        if self.reduction < 1e-12 {
            self.reduction = 0.0;
        }
        self.voltages.settle();
        self.tube.settle();
    }

    /// Forgets everything heard so far; the curve arrives where it is going.
    pub(super) fn reset(&mut self) {
        self.curve.arrive();
        self.reduction = 0.0;
        self.voltages = Voltages::default();
        self.tube = vari_mu::Voltages::default();
    }
}
