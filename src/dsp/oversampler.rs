//! Oversampling by 8 or 16 with linear-phase filters, for work that makes new frequencies.
//!
//! Each stage doubles the rate with a half-band filter: a windowed sinc of which every second tap is zero. The
//! first stage is the steep one; the others only have to keep apart what the first has left room between. The last
//! step down has a filter of its own, which stops from half the rate on, so that nothing folds back at all.
//!
//! A row at 2^k times the base rate is kept as 2^k rows at the base rate: phase p holds its samples p, p + 2^k,
//! p + 2 · 2^k, … So whatever a filter weighs lies side by side in one of them, neighbouring frames are worked
//! on as one vector, and no sample ever has to change its place.

use std::f64::consts::PI;

use pulp::Simd;

use super::kaiser;
use crate::units::SampleRate;

/// Frames at the base rate that go through at a time, at most.
pub(crate) const RUN: usize = 64;

/// Vectors of frames whose sums are kept in registers at once.
const TILE: usize = 4;

/// Floats behind a run that whole tiles may read and write: the widest vectors have 16.
const PADDING: usize = TILE * 16;

const PADDED: &str = "rows are padded by a tile";

/// Share of the rate up to which everything passes: 20 kHz, and more at rates above 48 kHz.
fn pass_share(rate: SampleRate) -> f64 {
    (20_000.0 / f64::from(rate.0)).clamp(0.4167, 0.4535)
}

/// How often the rate is doubled, and how well what must not pass is kept out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grade {
    /// Side lobes of the first stage and of the last step down, in dB below what passes.
    stop_db: f64,
    /// Pairs of taps of the stages after the first. Their delays, of `pairs` / 2^(stage - 1) frames up and down
    /// together, add up to whole frames.
    pairs: &'static [usize],
}

impl Grade {
    /// 8 times the rate.
    pub(crate) const NORMAL: Self = Self {
        stop_db: 90.0,
        pairs: &[6, 4],
    };

    /// 16 times the rate.
    pub(crate) const HIGH: Self = Self {
        stop_db: 110.0,
        pairs: &[8, 6, 4],
    };
}

/// Brings a row to a higher rate and back.
#[derive(Debug, Clone)]
pub(crate) struct Oversampler {
    /// From each rate to the next and from the next back.
    stages: Vec<Stage>,
    /// The row on its way up, below the highest rate.
    up: Vec<Phases>,
    high: Phases,
    /// The row on its way down, below the highest rate.
    down: Vec<Phases>,
    latency: usize,
}

#[derive(Debug, Clone)]
struct Stage {
    up: Vec<Way>,
    down: Vec<Way>,
}

/// What one phase of a filter's output is: the sample in the middle, and pairs about it.
#[derive(Debug, Clone)]
struct Way {
    middle: (f32, usize),
    pairs: Vec<Pair>,
}

/// A tap and the places of its two samples, for the first frame.
#[derive(Debug, Clone, Copy)]
struct Pair {
    tap: f32,
    left: usize,
    right: usize,
}

/// A row at a multiple of the base rate: one row per phase, each with what was heard before in front of the run
/// at hand.
#[derive(Debug, Clone)]
struct Phases {
    rows: Vec<f32>,
    count: usize,
    before: usize,
}

impl Oversampler {
    /// An oversampler of silence.
    pub(crate) fn new(grade: Grade, rate: SampleRate) -> Self {
        let pass = pass_share(rate);
        let beta = kaiser::beta(grade.stop_db);
        // Of the first stage a frequency of `pass` of the rate has its image at 1 - pass.
        let length = kaiser::length(grade.stop_db, 0.5 - pass);
        let first = half_band(((length / 2.0 + 1.0) / 2.0).ceil() as usize, beta);
        let later = grade.pairs.iter().map(|&pairs| half_band(pairs, beta));
        let taps: Vec<Vec<f64>> = [first].into_iter().chain(later).collect();
        let last = last_step(pass, grade.stop_db);

        // How far back filters look, in samples of each rate.
        let levels = taps.len();
        let looks_up: Vec<usize> = taps.iter().map(|taps| 2 * taps.len()).collect();
        let looks_down = |level: usize| match level {
            1 => last.len() * 2,
            level => 4 * taps[level - 1].len(),
        };
        let up: Vec<Phases> = (0..levels)
            .map(|level| Phases::new(1 << level, looks_up[level]))
            .collect();
        let down: Vec<Phases> = (0..levels)
            .map(|level| Phases::new(1 << level, if level == 0 { 0 } else { looks_down(level) }))
            .collect();
        let high = Phases::new(1 << levels, looks_down(levels));
        let stages = (0..levels)
            .map(|level| {
                let above = down.get(level + 1).unwrap_or(&high);
                Stage {
                    up: ways_up(&taps[level], &up[level]),
                    down: match level {
                        0 => vec![way_of_last(&last, above)],
                        _ => ways_down(&taps[level], above),
                    },
                }
            })
            .collect();
        let later = taps.iter().enumerate().skip(1);
        let later: usize = later.map(|(level, taps)| (2 * taps.len()) >> level).sum();
        Self {
            latency: taps[0].len() + (last.len() - 1) / 2 + later,
            stages,
            up,
            high,
            down,
        }
    }

    /// Frames by which the way up and down delays.
    pub(crate) fn latency(&self) -> usize {
        self.latency
    }

    /// Brings `row`, at most [`RUN`] frames, to the higher rate.
    #[inline(always)]
    pub(crate) fn up<S: Simd>(&mut self, simd: S, row: &[f32]) {
        let frames = row.len();
        self.up[0].phase_mut(0)[..frames].copy_from_slice(row);
        for (level, stage) in self.stages.iter().enumerate() {
            let (below, above) = self.up.split_at_mut(level + 1);
            let to = above.first_mut().unwrap_or(&mut self.high);
            filter(simd, &stage.up, &below[level], to, frames);
            below[level].keep(frames);
        }
    }

    /// The row at the higher rate, phase by phase: to be changed from up to down, each frame by itself. Floats
    /// behind the run mean nothing.
    #[inline(always)]
    pub(crate) fn phases_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let Phases { before, .. } = self.high;
        let stride = self.high.stride();
        let rows = self.high.rows.chunks_exact_mut(stride);
        rows.map(move |row| &mut row[before..])
    }

    /// Brings what has become of it down to `row`, which has as many frames as at [`up`](Self::up).
    #[inline(always)]
    pub(crate) fn down<S: Simd>(&mut self, simd: S, row: &mut [f32]) {
        let frames = row.len();
        for (level, stage) in self.stages.iter().enumerate().rev() {
            let (below, above) = self.down.split_at_mut(level + 1);
            let from = above.first_mut().unwrap_or(&mut self.high);
            filter(simd, &stage.down, from, &mut below[level], frames);
            from.keep(frames);
        }
        row.copy_from_slice(&self.down[0].phase_mut(0)[..frames]);
    }

    /// Forgets everything heard so far.
    pub(crate) fn reset(&mut self) {
        let all = self.up.iter_mut().chain(&mut self.down);
        all.chain([&mut self.high])
            .for_each(|phases| phases.rows.fill(0.0));
    }
}

impl Phases {
    /// `count` phases, of which up to `back` samples before the run are looked at.
    fn new(count: usize, back: usize) -> Self {
        let before = back.div_ceil(count) + 1;
        Self {
            rows: vec![0.0; count * (before + RUN + PADDING)],
            count,
            before,
        }
    }

    #[inline(always)]
    fn stride(&self) -> usize {
        self.before + RUN + PADDING
    }

    /// Where sample `sample` from the run's first on stands; what was heard before has numbers below 0.
    fn place(&self, sample: isize) -> usize {
        let count = self.count as isize;
        let frame = self.before as isize + sample.div_euclid(count);
        let frame = usize::try_from(frame).expect("no filter looks farther back than is kept");
        sample.rem_euclid(count) as usize * self.stride() + frame
    }

    /// Phase `phase` from the run's first frame on.
    #[inline(always)]
    fn phase_mut(&mut self, phase: usize) -> &mut [f32] {
        let first = phase * self.stride() + self.before;
        &mut self.rows[first..]
    }

    /// A run of `frames` is over: it is what was heard before the next.
    #[inline(always)]
    fn keep(&mut self, frames: usize) {
        let (stride, before) = (self.stride(), self.before);
        for row in self.rows.chunks_exact_mut(stride) {
            row.copy_within(frames..frames + before, 0);
        }
    }
}

/// Twice the rate: sample 2m is sample m - pairs, sample 2m + 1 lies between that and the next.
fn ways_up(taps: &[f64], from: &Phases) -> Vec<Way> {
    let mut ways = Vec::new();
    for phase in 0..from.count as isize {
        let middle = phase - taps.len() as isize;
        ways.push(Way {
            middle: (1.0, from.place(middle)),
            pairs: Vec::new(),
        });
        let pairs = (0..).zip(taps).map(|(j, tap)| Pair {
            tap: *tap as f32,
            left: from.place(middle - j),
            right: from.place(middle + 1 + j),
        });
        ways.push(Way {
            middle: (0.0, from.place(middle)),
            pairs: pairs.collect(),
        });
    }
    ways
}

/// Half the rate: sample m is sample 2 (m - pairs) without what lies above.
fn ways_down(taps: &[f64], from: &Phases) -> Vec<Way> {
    let way = |phase: isize| {
        let middle = 2 * (phase - taps.len() as isize);
        let pairs = (0..).zip(taps).map(|(j, tap)| Pair {
            tap: (0.5 * tap) as f32,
            left: from.place(middle - 1 - 2 * j),
            right: from.place(middle + 1 + 2 * j),
        });
        Way {
            middle: (0.5, from.place(middle)),
            pairs: pairs.collect(),
        }
    };
    (0..from.count as isize / 2).map(way).collect()
}

/// The last step down; `taps` from the middle on.
fn way_of_last(taps: &[f64], from: &Phases) -> Way {
    let middle = -(taps.len() as isize - 1);
    let pairs = (1..).zip(&taps[1..]).map(|(n, tap)| Pair {
        tap: *tap as f32,
        left: from.place(middle - n),
        right: from.place(middle + n),
    });
    Way {
        middle: (taps[0] as f32, from.place(middle)),
        pairs: pairs.collect(),
    }
}

#[inline(always)]
fn filter<S: Simd>(simd: S, ways: &[Way], from: &Phases, to: &mut Phases, frames: usize) {
    for (phase, way) in ways.iter().enumerate() {
        let out = to.phase_mut(phase);
        for start in (0..frames).step_by(TILE * S::F32_LANES) {
            let sum = way.sum(simd, &from.rows[start..]);
            let out = &mut out[start..start + TILE * S::F32_LANES];
            *S::as_mut_simd_f32s(out).0.first_chunk_mut().expect(PADDED) = sum;
        }
    }
}

impl Way {
    #[inline(always)]
    fn sum<S: Simd>(&self, simd: S, x: &[f32]) -> [S::f32s; TILE] {
        let (weight, place) = self.middle;
        let (weight, middle) = (simd.splat_f32s(weight), tile::<S>(x, place));
        let mut sum = [weight; TILE];
        for i in 0..TILE {
            sum[i] = simd.mul_f32s(weight, middle[i]);
        }
        for pair in &self.pairs {
            let tap = simd.splat_f32s(pair.tap);
            let (left, right) = (tile::<S>(x, pair.left), tile::<S>(x, pair.right));
            for i in 0..TILE {
                let both = simd.add_f32s(left[i], right[i]);
                sum[i] = simd.mul_add_f32s(both, tap, sum[i]);
            }
        }
        sum
    }
}

#[inline(always)]
fn tile<S: Simd>(x: &[f32], place: usize) -> &[S::f32s; TILE] {
    let floats = &x[place..place + TILE * S::F32_LANES];
    S::as_simd_f32s(floats).0.first_chunk().expect(PADDED)
}

/// Taps at 1, 3, 5, … from the middle of a half-band filter, times 2: the gain that filling with zeros asks for.
fn half_band(pairs: usize, beta: f64) -> Vec<f64> {
    let reach = (2 * pairs) as f64;
    let taps: Vec<f64> = (0..pairs)
        .map(|j| {
            let n = (2 * j + 1) as f64;
            let sinc = (PI * n / 2.0).sin() / (PI * n / 2.0);
            sinc * kaiser::window(n / reach, beta)
        })
        .collect();
    // Both samples of a pair add to one at rest.
    let sum: f64 = 2.0 * taps.iter().sum::<f64>();
    taps.iter().map(|tap| tap / sum).collect()
}

/// Taps of the last step down from the middle on, an even number of them to each side: at twice the base rate, it
/// passes `pass` of the base rate and stops from half of it on.
fn last_step(pass: f64, stop_db: f64) -> Vec<f64> {
    let length = kaiser::length(stop_db, (0.5 - pass) / 2.0);
    let reach = ((length / 2.0).ceil() as usize).next_multiple_of(2);
    let beta = kaiser::beta(stop_db);
    let cutoff = (0.5 + pass) / 4.0;
    let tap = |n: usize| {
        let x = 2.0 * PI * cutoff * n as f64;
        let sinc = if n == 0 { 1.0 } else { x.sin() / x };
        sinc * kaiser::window(n as f64 / (reach + 1) as f64, beta)
    };
    let taps: Vec<f64> = (0..=reach).map(tap).collect();
    let sum = taps[0] + 2.0 * taps[1..].iter().sum::<f64>();
    taps.into_iter().map(|tap| tap / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const GRADES: [(Grade, usize); 2] = [(Grade::NORMAL, 8), (Grade::HIGH, 16)];
    const RATES: [u32; 3] = [44_100, 48_000, 96_000];

    /// One run up, changed by `work` (frame, phase, sample), and down.
    struct Through<'a, W: FnMut(usize, usize, f32) -> f32> {
        oversampler: &'a mut Oversampler,
        row: &'a mut [f32],
        work: W,
    }

    impl<W: FnMut(usize, usize, f32) -> f32> pulp::WithSimd for Through<'_, W> {
        type Output = ();

        fn with_simd<S: Simd>(mut self, simd: S) {
            self.oversampler.up(simd, self.row);
            let frames = self.row.len();
            for (phase, row) in self.oversampler.phases_mut().enumerate() {
                for (frame, x) in row[..frames].iter_mut().enumerate() {
                    *x = (self.work)(frame, phase, *x);
                }
            }
            self.oversampler.down(simd, self.row);
        }
    }

    fn run(
        oversampler: &mut Oversampler,
        row: &mut [f32],
        work: impl FnMut(usize, usize, f32) -> f32,
    ) {
        pulp::Arch::new().dispatch(Through {
            oversampler,
            row,
            work,
        });
    }

    #[test]
    fn what_comes_back_is_late_and_otherwise_the_same_up_to_20_khz() {
        for (grade, _) in GRADES {
            for rate in RATES {
                let mut oversampler = Oversampler::new(grade, SampleRate(rate));
                let latency = oversampler.latency();
                for hz in [20.0, 1000.0, 10_000.0, 20_000.0] {
                    let tone = |n: usize| (TAU * hz * n as f64 / f64::from(rate)).sin();
                    let mut row: Vec<f32> = (0..4096).map(|n| tone(n) as f32).collect();
                    for part in row.chunks_mut(RUN) {
                        run(&mut oversampler, part, |_, _, x| x);
                    }
                    let worst = (1000..4096)
                        .map(|n| (f64::from(row[n]) - tone(n - latency)).abs())
                        .fold(0.0, f64::max);
                    assert!(worst < 2e-4, "{grade:?}, {rate}, {hz} Hz: {worst}");
                }
            }
        }
    }

    #[test]
    fn new_frequencies_above_do_not_fold_back() {
        // A tone made at the higher rate, at frequencies that would fold to 100 Hz to 20 kHz.
        for (grade, factor) in GRADES {
            for base in RATES {
                let mut oversampler = Oversampler::new(grade, SampleRate(base));
                let rate = f64::from(base) * factor as f64;
                for share in [
                    0.502, 0.51, 0.583, 0.997, 1.6, 1.98, 2.9, 3.98, 5.1, 7.3, 7.9,
                ] {
                    let hz = share * f64::from(base);
                    if hz > rate / 2.0 {
                        continue;
                    }
                    oversampler.reset();
                    let mut loudest = 0.0_f32;
                    for part in 0..40 {
                        let mut row = [0.0; RUN];
                        run(&mut oversampler, &mut row, |frame, phase, _| {
                            let n = (part * RUN + frame) * factor + phase;
                            (TAU * hz * n as f64 / rate).sin() as f32
                        });
                        if part > 6 {
                            loudest = row.iter().fold(loudest, |l, x| l.max(x.abs()));
                        }
                    }
                    assert!(loudest < 7e-5, "{grade:?}, {base}, {hz} Hz: {loudest}");
                }
            }
        }
    }

    #[test]
    fn runs_of_any_length_give_the_same_bits() {
        let row: Vec<f32> = (0..3000).map(|n| ((n * n) as f32 * 0.37).sin()).collect();
        let through = |length: usize| {
            let mut oversampler = Oversampler::new(Grade::NORMAL, SampleRate(48_000));
            let mut out = row.clone();
            for part in out.chunks_mut(length) {
                run(&mut oversampler, part, |_, _, x| x * x);
            }
            out
        };
        let whole = through(RUN);
        for length in [1, 7, 16, 33] {
            let parts = through(length);
            let mut pairs = whole.iter().zip(&parts);
            assert!(pairs.all(|(a, b)| a.to_bits() == b.to_bits()), "{length}");
        }
    }
}
