//! A look-ahead limiter that holds a true-peak ceiling with one gain for all channels.
//!
//! The gain is found from peaks between the samples ([`OversampledPeak`]) and applied at the base rate:
//! the lowest gain asked for within the look-ahead and the hold, released in a straight line of decibels,
//! then averaged by a Hann window as long as the look-ahead on both sides. The window only ever averages
//! gains that suffice for the frame in its middle, so the ceiling holds.

use std::collections::VecDeque;
use std::f64::consts::TAU;

use schemars::JsonSchema;
use serde::Deserialize;

use pulp::Simd;

use super::fault::{Check, Fault, Limits, Step};
use super::{Dynamics, Gains, Member, Parameter, Setup};
use crate::audio::Passage;
use crate::dsp::oversampled_peak::{OversampledPeak, RUN};
use crate::dsp::smoother::Smoother;
use crate::units::{Decibels, Frames, Gain, SampleRate};

/// Look-ahead to each side of a peak in seconds.
const LOOK_AHEAD_S: f64 = 0.0015;

/// How long a gain is held after its peak, in seconds: longer than the half period of the lowest tones,
/// so that the gain does not follow their waveform.
const HOLD_S: f64 = 0.016;

const CEILING: Limits = Limits::new(-60.0, 20.0, "dBTP");
const RELEASE: Limits = Limits::new(1.0, 20_000.0, "ms");

/// A true-peak limiter: one gain for all channels.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LimitSettings {
    /// Ceiling: highest true peak that comes out, in dBTP. Default: -1.
    #[schemars(range(min = -60, max = 20))]
    pub dbtp: f64,
    /// Time in ms in which 10 dB of reduction are given back. Default: 300.
    #[schemars(range(min = 1, max = 20_000))]
    pub release_ms: f64,
    /// Leave the limiter out. Default: false.
    pub bypass: bool,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            dbtp: -1.0,
            release_ms: 300.0,
            bypass: false,
        }
    }
}

impl LimitSettings {
    /// Everything that cannot be carried out.
    pub fn check(&self) -> Vec<Fault> {
        let mut check = Check::default();
        check.within(&[Step::Key("dbtp")], "`dbtp`", self.dbtp, CEILING);
        check.within(
            &[Step::Key("release-ms")],
            "`release-ms`",
            self.release_ms,
            RELEASE,
        );
        check.faults
    }

    /// Builds the limiter; its values have been checked. `heard` is how many rows its detector hears.
    pub(super) fn build(&self, setup: Setup, heard: usize) -> Box<dyn Dynamics> {
        Box::new(Limiter::new(self, heard, setup.rate))
    }
}

/// A limiter at work.
#[derive(Debug)]
struct Limiter {
    ceiling_db: Smoother,
    ceiling: f32,
    detectors: Vec<OversampledPeak>,
    lowest: SlidingMinimum,
    /// Gain after the release.
    held: f64,
    /// Factor by which the gain rises per frame.
    rise: f64,
    average: Average,
    /// Peaks of the frames at hand.
    peaks: Vec<f32>,
    /// Frames by which the gains lag, what they are applied to included.
    latency: usize,
    /// The least gain in the frames of the last call.
    deepest: f64,
    parameters: [Parameter; 1],
}

impl Limiter {
    fn new(settings: &LimitSettings, heard: usize, rate: SampleRate) -> Self {
        let frames = |seconds: f64| rate.frame_at(seconds).0.max(1) as usize;
        let (look, hold) = (frames(LOOK_AHEAD_S), frames(HOLD_S));
        let release_frames = (1e-3 * settings.release_ms * f64::from(rate.0)).max(1.0);
        Self {
            ceiling_db: Smoother::new(settings.dbtp),
            ceiling: Decibels(settings.dbtp).gain().0 as f32,
            detectors: vec![OversampledPeak::new(); heard],
            lowest: SlidingMinimum::new(look + 1 + hold),
            held: 1.0,
            rise: Decibels(10.0 / release_frames).gain().0,
            average: Average::new(2 * look + 1),
            peaks: vec![0.0; Gains::CAPACITY],
            latency: 2 * look + OversampledPeak::LATENCY_FRAMES,
            deepest: 1.0,
            parameters: [Parameter::linear("dbtp", CEILING, settings.dbtp)],
        }
    }

    #[inline(always)]
    fn find_peaks<S: Simd>(&mut self, simd: S, heard: Passage<'_>) {
        let peaks = &mut self.peaks[..heard.frames()];
        peaks.fill(0.0);
        // While the ceiling moves, no peak may be passed over.
        let floor = match self.ceiling_db.is_moving() {
            true => 0.0,
            false => self.ceiling,
        };
        for (row, detector) in self.detectors.iter_mut().enumerate() {
            let samples = heard.row(row).chunks(RUN);
            for (samples, peaks) in samples.zip(peaks.chunks_mut(RUN)) {
                detector.raise(simd, samples, floor, peaks);
            }
        }
    }

    /// The gain of the next frame before it is averaged, from the peak around it.
    #[inline(always)]
    fn hold(&mut self, peak: f32) -> f64 {
        if self.ceiling_db.is_moving() {
            self.ceiling_db.skip(1);
            self.ceiling = Decibels(self.ceiling_db.now()).gain().0 as f32;
        }
        let wanted = if peak > self.ceiling {
            f64::from(self.ceiling) / f64::from(peak)
        } else {
            1.0
        };
        let lowest = self.lowest.push(wanted);
        self.held = (self.held * self.rise).min(lowest);
        self.held
    }
}

/// The work on one passage. A named type rather than a closure, because only what is inlined into `with_simd` is
/// compiled for the processor at hand.
struct Run<'a> {
    limiter: &'a mut Limiter,
    heard: Passage<'a>,
    gains: &'a mut Gains,
}

impl pulp::WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            limiter,
            heard,
            gains,
        } = self;
        let (total, reduction, colour) = gains.curves();
        colour.fill(0.0);
        limiter.find_peaks(simd, heard);
        for (n, held) in total.iter_mut().enumerate() {
            *held = limiter.hold(limiter.peaks[n]);
        }
        limiter.average.run(simd, total);
        reduction.copy_from_slice(total);
        limiter.deepest = total.iter().copied().fold(1.0, f64::min);
    }
}

impl Dynamics for Limiter {
    fn gain(&mut self, heard: Passage<'_>, gains: &mut Gains) {
        gains.set_frames(heard.frames());
        pulp::Arch::new().dispatch(Run {
            limiter: self,
            heard,
            gains,
        });
    }

    fn member(&self, _: usize) -> Member {
        Member::plain()
    }

    fn latency(&self) -> Frames {
        Frames(self.latency as u64)
    }

    fn reduction(&self) -> Decibels {
        Decibels(-Gain(self.deepest).decibels().0)
    }

    fn threshold(&self) -> Option<Decibels> {
        Some(Decibels(self.ceiling_db.now()))
    }

    fn reset(&mut self) {
        self.ceiling_db.arrive();
        self.ceiling = Decibels(self.ceiling_db.now()).gain().0 as f32;
        self.detectors.iter_mut().for_each(OversampledPeak::reset);
        self.lowest.reset();
        self.held = 1.0;
        self.average.reset();
        self.deepest = 1.0;
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn set(&mut self, _: usize, value: f64, frames: Frames) {
        self.ceiling_db
            .go(value.clamp(CEILING.min, CEILING.max), frames);
        self.ceiling = Decibels(self.ceiling_db.now()).gain().0 as f32;
    }
}

/// The lowest of the last values.
#[derive(Debug)]
struct SlidingMinimum {
    length: u64,
    at: u64,
    /// Values that can still become the lowest, rising, with their places.
    candidates: VecDeque<(u64, f64)>,
}

impl SlidingMinimum {
    fn new(length: usize) -> Self {
        Self {
            length: length as u64,
            at: 0,
            candidates: VecDeque::with_capacity(length + 1),
        }
    }

    fn reset(&mut self) {
        self.at = 0;
        self.candidates.clear();
    }

    fn push(&mut self, value: f64) -> f64 {
        while self
            .candidates
            .back()
            .is_some_and(|&(_, last)| last >= value)
        {
            self.candidates.pop_back();
        }
        self.candidates.push_back((self.at, value));
        self.at += 1;
        if self
            .candidates
            .front()
            .is_some_and(|&(place, _)| place + self.length < self.at)
        {
            self.candidates.pop_front();
        }
        self.candidates.front().map_or(value, |&(_, lowest)| lowest)
    }
}

/// Vectors of frames averaged at once.
const TILE: usize = 4;

/// `f64` that whole tiles may read and write behind the frames.
const PADDING: usize = TILE * 8;

/// A running average under a Hann window.
#[derive(Debug)]
struct Average {
    weights: Vec<f64>,
    /// The window before the frames at hand, and these.
    values: Vec<f64>,
    averages: Vec<f64>,
    /// Values of the window that are not 1.
    reduced: usize,
}

impl Average {
    fn new(length: usize) -> Self {
        let hann = |k: usize| 0.5 - 0.5 * (TAU * (k + 1) as f64 / (length + 1) as f64).cos();
        let sum: f64 = (0..length).map(hann).sum();
        Self {
            weights: (0..length).map(|k| hann(k) / sum).collect(),
            values: vec![1.0; length + Gains::CAPACITY + PADDING],
            averages: vec![1.0; Gains::CAPACITY + PADDING],
            reduced: 0,
        }
    }

    fn reset(&mut self) {
        self.values.fill(1.0);
        self.reduced = 0;
    }

    /// Averages the next values, at most [`Gains::CAPACITY`], in place.
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, values: &mut [f64]) {
        let (length, frames) = (self.weights.len(), values.len());
        let window = length - 1;
        self.values[window..window + frames].copy_from_slice(values);
        let is_lower = |value: f64| usize::from(value < 1.0);
        let lower = values.iter().map(|value| is_lower(*value)).sum::<usize>();
        if self.reduced + lower > 0 {
            for start in (0..frames).step_by(TILE * S::F64_LANES) {
                self.tile(simd, start);
            }
            for (n, value) in values.iter_mut().enumerate() {
                self.reduced += is_lower(*value);
                // Where nothing is reduced the average is 1, exactly.
                *value = match self.reduced {
                    0 => 1.0,
                    _ => self.averages[n],
                };
                self.reduced -= is_lower(self.values[n]);
            }
        }
        self.values.copy_within(frames..frames + window, 0);
    }

    #[inline(always)]
    fn tile<S: Simd>(&mut self, simd: S, start: usize) {
        let tile = TILE * S::F64_LANES;
        let mut sums = [simd.splat_f64s(0.0); TILE];
        for (k, weight) in self.weights.iter().enumerate() {
            let weight = simd.splat_f64s(*weight);
            let (values, _) = S::as_simd_f64s(&self.values[start + k..start + k + tile]);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = simd.mul_add_f64s(weight, *value, *sum);
            }
        }
        let (averages, _) = S::as_mut_simd_f64s(&mut self.averages[start..start + tile]);
        averages.copy_from_slice(&sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::{Chain, Settings};
    use crate::audio::Block;

    const RATE: SampleRate = SampleRate(48_000);

    fn chain(settings: &LimitSettings, channels: usize) -> Chain {
        let entries = [Settings::Limit(settings.clone())];
        Chain::build(&entries, Setup::strip(RATE, channels)).unwrap()
    }

    fn limited(
        channels: &[Vec<f32>],
        settings: &LimitSettings,
        lengths: &[usize],
    ) -> Vec<Vec<f32>> {
        let frames = channels[0].len();
        let mut limiter = chain(settings, channels.len());
        let mut out = vec![Vec::new(); channels.len()];
        let mut block = Block::new(channels.len(), 4096);
        let mut done = 0;
        for length in lengths.iter().cycle() {
            let count = (*length).min(frames - done);
            block.set_frames(count);
            for (row, channel) in channels.iter().enumerate() {
                block
                    .row_mut(row)
                    .copy_from_slice(&channel[done..done + count]);
            }
            limiter.process(&mut block.whole_mut(), &[]);
            for (out, row) in out.iter_mut().zip(block.rows()) {
                out.extend_from_slice(row);
            }
            done += count;
            if done == frames {
                break;
            }
        }
        out
    }

    fn noise(sigma: f64, frames: usize, mut state: u64) -> Vec<f32> {
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        };
        (0..frames)
            .map(|_| ((0..12).map(|_| uniform()).sum::<f64>() - 6.0) * sigma)
            .map(|x| x as f32)
            .collect()
    }

    /// The true peak in dB at 16 times the rate, by a meter of its own: a sinc that reaches 48 samples to each side,
    /// under a Kaiser window (beta 10), in double precision.
    fn true_peak(samples: &[f32]) -> f64 {
        use std::f64::consts::PI;
        const REACH: isize = 48;
        let bessel = |x: f64| {
            let (mut sum, mut term) = (1.0, 1.0);
            for k in 1..50 {
                term *= (x / 2.0 / f64::from(k)).powi(2);
                sum += term;
            }
            sum
        };
        let tap = |t: f64| {
            let shape = (1.0 - (t / REACH as f64).powi(2)).max(0.0).sqrt();
            let window = bessel(10.0 * shape) / bessel(10.0);
            match t.abs() < 1e-12 {
                true => 1.0,
                false => (PI * t).sin() / (PI * t) * window,
            }
        };
        let taps = |phase: isize| -> Vec<f64> {
            let shares = (-REACH..=REACH).map(|k| k as f64 + phase as f64 / 16.0);
            shares.map(tap).collect()
        };
        let phases: Vec<Vec<f64>> = (0..16).map(taps).collect();
        let at = |n: isize| {
            let sample = usize::try_from(n).ok().and_then(|n| samples.get(n));
            sample.map_or(0.0, |x| f64::from(*x))
        };
        let mut highest = 0.0_f64;
        for n in 0..samples.len() as isize {
            let window: Vec<f64> = (-REACH..=REACH).map(|k| at(n - k)).collect();
            for taps in &phases {
                let value: f64 = window.iter().zip(taps).map(|(x, tap)| x * tap).sum();
                highest = highest.max(value.abs());
            }
        }
        20.0 * highest.log10()
    }

    #[test]
    fn the_ceiling_holds_between_the_samples() {
        let quarter: Vec<f32> = (0..48_000)
            .map(|n| {
                let fade = (std::f64::consts::PI * f64::from(n) / 48_000.0)
                    .sin()
                    .powf(0.2);
                ((TAU / 4.0 * f64::from(n) + TAU / 8.0).sin() * fade) as f32
            })
            .collect();
        let loud = noise(0.7, 48_000, 7);
        for ceiling in [-1.0, -6.0] {
            let settings = LimitSettings {
                dbtp: ceiling,
                ..LimitSettings::default()
            };
            let out = limited(&[quarter.clone(), loud.clone()], &settings, &[1000]);
            for (row, samples) in out.iter().enumerate() {
                let over = true_peak(samples) - ceiling;
                assert!(over <= 0.05, "row {row}, ceiling {ceiling}: {over} dB over");
            }
        }
    }

    #[test]
    fn what_stays_below_is_only_late_and_all_channels_share_the_gain() {
        let soft = noise(0.02, 20_000, 3);
        let settings = LimitSettings::default();
        let latency = chain(&settings, 1).latency().0 as usize;
        let out = limited(std::slice::from_ref(&soft), &settings, &[777]);
        assert_eq!(out[0][latency..], soft[..soft.len() - latency]);

        let (loud, steady) = (noise(0.6, 20_000, 5), vec![0.25_f32; 20_000]);
        let out = limited(&[loud.clone(), steady], &settings, &[512]);
        for n in latency..20_000 {
            let gain = out[1][n] / 0.25;
            let expected = loud[n - latency] * gain;
            assert!((out[0][n] - expected).abs() < 1e-6, "frame {n}");
        }
        assert!(out[1].iter().skip(latency).any(|&x| x < 0.2));
    }

    #[test]
    fn a_low_tone_stays_clean_at_3_db_of_reduction() {
        let tone: Vec<f32> = (0..96_000)
            .map(|n| (TAU * 50.0 * f64::from(n) / 48_000.0).sin() as f32)
            .collect();
        let settings = LimitSettings {
            dbtp: -3.0,
            ..LimitSettings::default()
        };
        let out = limited(&[tone], &settings, &[4096]);
        // One second of whole periods: what is not at 50 Hz is distortion.
        let part = &out[0][40_000..88_000];
        let (mut s, mut c, mut all) = (0.0, 0.0, 0.0);
        for (n, &x) in part.iter().enumerate() {
            let (sin, cos) = (TAU * 50.0 * n as f64 / 48_000.0).sin_cos();
            s += f64::from(x) * sin;
            c += f64::from(x) * cos;
            all += f64::from(x) * f64::from(x);
        }
        let tone_power = (s * s + c * c) / 24_000.0;
        let thd = 10.0 * ((all - tone_power).max(1e-30) / tone_power).log10();
        assert!(thd <= -60.0, "{thd} dB");
    }

    #[test]
    fn every_block_length_gives_the_same_bits() {
        let loud = noise(0.6, 10_007, 11);
        let settings = LimitSettings::default();
        let whole = limited(std::slice::from_ref(&loud), &settings, &[4096]);
        for lengths in [&[1][..], &[7, 64, 1000], &[255, 257]] {
            let parts = limited(std::slice::from_ref(&loud), &settings, lengths);
            assert!(
                whole[0]
                    .iter()
                    .zip(&parts[0])
                    .all(|(a, b)| a.to_bits() == b.to_bits())
            );
        }
    }
}
