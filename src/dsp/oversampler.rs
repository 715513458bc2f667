//! Oversampling by 2, 4, 8 or 16 with linear-phase half-band filters, for work that makes new frequencies.
//!
//! Each stage doubles the rate; its filter is a windowed sinc of which every second tap is zero. The first
//! stage is the steep one: it passes up to 0.449 of the rate and stops from 0.551 on. The others only have to
//! keep apart what the first has left room between. The last step down has a filter of its own, which stops
//! from half the rate on, so that nothing folds back at all.

use std::f64::consts::PI;

/// Frames at the base rate that go through at a time, at most.
pub(crate) const RUN: usize = 64;

/// Kaiser window of -100 dB side lobes.
const BETA: f64 = 10.0;

/// Pairs of taps of each stage. The delays add up to whole frames of the base rate.
const PAIRS: [usize; 4] = [32, 8, 6, 4];

/// The last filter on the way down: taps to each side of its middle, at twice the base rate, and the frequency
/// of half its level, as a share of that rate. It passes up to 0.454 of the base rate.
const LAST_REACH: usize = 128;
const LAST_CUTOFF: f64 = 0.2383;

/// Samples computed side by side.
const LANES: usize = 16;

/// Brings a row to a higher rate and back.
#[derive(Debug, Clone)]
pub(crate) struct Oversampler {
    stages: Vec<Stage>,
    last: Last,
    /// The row at each rate.
    rows: Vec<Vec<f32>>,
}

#[derive(Debug, Clone)]
struct Stage {
    /// Taps at ±1, ±3, … from the middle, times 2: the gain that filling with zeros asks for.
    taps: Vec<f32>,
    /// What was heard before, and then the run at hand: at the lower rate, and at the higher.
    low: Vec<f32>,
    high: Vec<f32>,
}

impl Oversampler {
    /// Doubles the rate `stages` times, 1 to 4.
    pub(crate) fn new(stages: usize) -> Self {
        let stages = stages.clamp(1, PAIRS.len());
        Self {
            stages: (0..stages)
                .map(|stage| Stage::new(PAIRS[stage], RUN << stage))
                .collect(),
            last: Last::new(),
            rows: (0..=stages)
                .map(|stage| vec![0.0; (RUN << stage) + LANES])
                .collect(),
        }
    }

    /// Samples per frame at the higher rate.
    pub(crate) fn factor(&self) -> usize {
        1 << self.stages.len()
    }

    /// Frames by which the way up and down delays.
    pub(crate) fn latency(&self) -> usize {
        let delays = self.stages.iter().enumerate().skip(1);
        let later: usize = delays.map(|(stage, s)| (2 * s.taps.len()) >> stage).sum();
        self.stages[0].taps.len() + LAST_REACH / 2 + later
    }

    /// Brings `row`, at most [`RUN`] frames, up, has `work` change it there, and brings it down again.
    #[inline(always)]
    pub(crate) fn process(&mut self, row: &mut [f32], work: impl FnOnce(&mut [f32])) {
        let frames = row.len();
        self.rows[0][..frames].copy_from_slice(row);
        for (index, stage) in self.stages.iter_mut().enumerate() {
            let (low, high) = self.rows.split_at_mut(index + 1);
            stage.up(&low[index][..frames << index], &mut high[0]);
        }
        let top = self.stages.len();
        work(&mut self.rows[top][..frames << top]);
        for (index, stage) in self.stages.iter_mut().enumerate().rev() {
            let (low, high) = self.rows.split_at_mut(index + 1);
            let high = &high[0][..frames << (index + 1)];
            match index {
                0 => self.last.down(high, &mut low[0]),
                _ => stage.down(high, &mut low[index]),
            }
        }
        row.copy_from_slice(&self.rows[0][..frames]);
    }

    /// Forgets everything heard so far.
    pub(crate) fn reset(&mut self) {
        for stage in &mut self.stages {
            stage.low.fill(0.0);
            stage.high.fill(0.0);
        }
        self.last.even.fill(0.0);
        self.last.odd.fill(0.0);
    }
}

impl Stage {
    fn new(pairs: usize, run: usize) -> Self {
        Self {
            taps: half_band(pairs),
            low: vec![0.0; 2 * pairs + run + LANES],
            high: vec![0.0; 4 * pairs + 2 * run + 2 * LANES],
        }
    }

    /// Sample 2i of `out` is sample i - pairs of `row`; sample 2i + 1 lies between that and the next.
    #[inline(always)]
    fn up(&mut self, row: &[f32], out: &mut [f32]) {
        let pairs = self.taps.len();
        let before = 2 * pairs;
        self.low[before..before + row.len()].copy_from_slice(row);
        for start in (0..row.len()).step_by(LANES) {
            let mut sum = [0.0_f32; LANES];
            // Sample i - pairs stands at low[i + pairs].
            let middle = start + pairs;
            for (j, tap) in self.taps.iter().enumerate() {
                let left: &[f32; LANES] = lanes(&self.low, middle - j);
                let right: &[f32; LANES] = lanes(&self.low, middle + 1 + j);
                for l in 0..LANES {
                    sum[l] = (left[l] + right[l]).mul_add(*tap, sum[l]);
                }
            }
            let even: &[f32; LANES] = lanes(&self.low, middle);
            let count = LANES.min(row.len() - start);
            for l in 0..count {
                out[2 * (start + l)] = even[l];
                out[2 * (start + l) + 1] = sum[l];
            }
        }
        self.low.copy_within(row.len()..row.len() + before, 0);
    }

    /// Sample i of `out` is sample 2 (i - pairs) of `row` without what lies above.
    #[inline(always)]
    fn down(&mut self, row: &[f32], out: &mut [f32]) {
        let pairs = self.taps.len();
        let before = 4 * pairs;
        // Even and odd samples apart, so that neighbours lie side by side: the even ones from 0 on, the odd
        // ones behind them.
        let half = self.high.len() / 2;
        let (even, odd) = self.high.split_at_mut(half);
        let before = before / 2;
        for (i, pair) in row.chunks_exact(2).enumerate() {
            even[before + i] = pair[0];
            odd[before + i] = pair[1];
        }
        let frames = row.len() / 2;
        for start in (0..frames).step_by(LANES) {
            // Sample 2 (i - pairs) is even[i + pairs]; the odd ones beside it are odd[i + pairs - 1] and
            // odd[i + pairs].
            let middle = start + pairs;
            let centre: &[f32; LANES] = lanes(even, middle);
            let mut sum = *centre;
            for (j, tap) in self.taps.iter().enumerate() {
                let left: &[f32; LANES] = lanes(odd, middle - 1 - j);
                let right: &[f32; LANES] = lanes(odd, middle + j);
                for l in 0..LANES {
                    sum[l] = (left[l] + right[l]).mul_add(*tap, sum[l]);
                }
            }
            let count = LANES.min(frames - start);
            for l in 0..count {
                out[start + l] = 0.5 * sum[l];
            }
        }
        even.copy_within(frames..frames + before, 0);
        odd.copy_within(frames..frames + before, 0);
    }
}

/// The last step down.
#[derive(Debug, Clone)]
struct Last {
    middle: f32,
    /// Taps at 1, 3, 5, … and at 2, 4, 6, … from the middle.
    at_odd: Vec<f32>,
    at_even: Vec<f32>,
    /// Even and odd samples apart, as in [`Stage::down`].
    even: Vec<f32>,
    odd: Vec<f32>,
}

impl Last {
    fn new() -> Self {
        const LAST_BETA: f64 = 9.0;
        let tap = |n: usize| {
            let x = 2.0 * PI * LAST_CUTOFF * n as f64;
            let sinc = if n == 0 { 1.0 } else { x.sin() / x };
            sinc * kaiser(n as f64 / (LAST_REACH + 1) as f64, LAST_BETA)
        };
        let sum: f64 = tap(0) + 2.0 * (1..=LAST_REACH).map(tap).sum::<f64>();
        let taps = |first: usize| {
            (first..=LAST_REACH)
                .step_by(2)
                .map(|n| (tap(n) / sum) as f32)
        };
        let length = LAST_REACH + RUN + LANES;
        Self {
            middle: (tap(0) / sum) as f32,
            at_odd: taps(1).collect(),
            at_even: taps(2).collect(),
            even: vec![0.0; length],
            odd: vec![0.0; length],
        }
    }

    /// Sample i of `out` is sample 2i - [`LAST_REACH`] of `row` without what lies above.
    #[inline(always)]
    fn down(&mut self, row: &[f32], out: &mut [f32]) {
        let before = LAST_REACH;
        for (i, pair) in row.chunks_exact(2).enumerate() {
            self.even[before + i] = pair[0];
            self.odd[before + i] = pair[1];
        }
        let frames = row.len() / 2;
        for start in (0..frames).step_by(LANES) {
            let middle = start + LAST_REACH / 2;
            let centre: &[f32; LANES] = lanes(&self.even, middle);
            let mut sum = centre.map(|x| x * self.middle);
            for (j, (odd, even)) in self.at_odd.iter().zip(&self.at_even).enumerate() {
                let left: &[f32; LANES] = lanes(&self.odd, middle - 1 - j);
                let right: &[f32; LANES] = lanes(&self.odd, middle + j);
                let left_even: &[f32; LANES] = lanes(&self.even, middle - 1 - j);
                let right_even: &[f32; LANES] = lanes(&self.even, middle + 1 + j);
                for l in 0..LANES {
                    sum[l] = (left[l] + right[l]).mul_add(*odd, sum[l]);
                    sum[l] = (left_even[l] + right_even[l]).mul_add(*even, sum[l]);
                }
            }
            let count = LANES.min(frames - start);
            out[start..start + count].copy_from_slice(&sum[..count]);
        }
        self.even.copy_within(frames..frames + before, 0);
        self.odd.copy_within(frames..frames + before, 0);
    }
}

/// [`LANES`] samples from `first` on.
#[inline(always)]
fn lanes(row: &[f32], first: usize) -> &[f32; LANES] {
    let (lanes, _) = row[first..]
        .split_first_chunk()
        .expect("rows are long enough for whole lanes");
    lanes
}

/// Taps at 1, 3, 5, … from the middle of a half-band filter, times 2.
fn half_band(pairs: usize) -> Vec<f32> {
    let reach = (2 * pairs) as f64;
    let taps: Vec<f64> = (0..pairs)
        .map(|j| {
            let n = (2 * j + 1) as f64;
            let sinc = (PI * n / 2.0).sin() / (PI * n / 2.0);
            sinc * kaiser(n / reach, BETA)
        })
        .collect();
    // Both samples of a pair add to one at rest.
    let sum: f64 = 2.0 * taps.iter().sum::<f64>();
    taps.iter().map(|tap| (tap / sum) as f32).collect()
}

/// The Kaiser window at -1..1 of its half length.
fn kaiser(x: f64, beta: f64) -> f64 {
    bessel_i0(beta * (1.0 - x * x).max(0.0).sqrt()) / bessel_i0(beta)
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..60 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn through(stages: usize, row: &[f32], run: usize) -> Vec<f32> {
        let mut oversampler = Oversampler::new(stages);
        let mut out = row.to_vec();
        for part in out.chunks_mut(run) {
            oversampler.process(part, |_| {});
        }
        out
    }

    #[test]
    fn what_comes_back_is_late_and_otherwise_the_same_up_to_20_khz() {
        for stages in 1..=4 {
            let latency = Oversampler::new(stages).latency();
            for hz in [20.0, 1000.0, 10_000.0, 20_000.0] {
                let tone = |n: usize| (TAU * hz * n as f64 / 48_000.0).sin();
                let row: Vec<f32> = (0..4096).map(|n| tone(n) as f32).collect();
                let out = through(stages, &row, RUN);
                let worst = (1000..4096)
                    .map(|n| (f64::from(out[n]) - tone(n - latency)).abs())
                    .fold(0.0, f64::max);
                assert!(worst < 1e-4, "{stages} stages, {hz} Hz: {worst}");
            }
        }
    }

    #[test]
    fn new_frequencies_above_do_not_fold_back() {
        // A tone made at the higher rate, at frequencies that would fold to 100 Hz to 20 kHz.
        for stages in 1..=4 {
            let mut oversampler = Oversampler::new(stages);
            let rate = 48_000.0 * oversampler.factor() as f64;
            for hz in [
                24_200.0, 28_000.0, 47_900.0, 95_000.0, 140_000.0, 191_000.0, 350_000.0,
            ] {
                if hz > rate / 2.0 {
                    continue;
                }
                oversampler.reset();
                let mut n = 0.0;
                let mut loudest = 0.0_f32;
                for run in 0..40 {
                    let mut row = [0.0; RUN];
                    oversampler.process(&mut row, |high| {
                        for x in high {
                            *x = (TAU * hz * n / rate).sin() as f32;
                            n += 1.0;
                        }
                    });
                    if run > 6 {
                        loudest = row.iter().fold(loudest, |l, x| l.max(x.abs()));
                    }
                }
                assert!(loudest < 5e-5, "{stages} stages, {hz} Hz: {loudest}");
            }
        }
    }

    #[test]
    fn runs_of_any_length_give_the_same_bits() {
        let row: Vec<f32> = (0..3000).map(|n| ((n * n) as f32 * 0.37).sin()).collect();
        let whole = through(3, &row, RUN);
        for run in [1, 7, 16, 33] {
            let parts = through(3, &row, run);
            assert!(
                whole
                    .iter()
                    .zip(&parts)
                    .all(|(a, b)| a.to_bits() == b.to_bits()),
                "{run}"
            );
        }
    }
}
