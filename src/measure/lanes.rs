//! The energy after K-weighting, of several channels side by side.

use std::ops::Range;

use pulp::Simd;

use super::k_weighting::KWeighting;
use crate::dsp::Coefficients;
use crate::dsp::transpose::{SIDE, Transpose};

/// Channels filtered side by side: a register of eight `f32`.
pub(super) const LANES: usize = SIDE;

/// Frames whose energy is added up in `f32`. Tiles are counted from the last call of [`Lanes::take_energy`] on.
const TILE: usize = 64;

/// State below this (-200 dB) becomes 0 after each tile. The high-pass has states of some 10⁴ times what it plays, so that
/// this ends before numbers are too small to be normal ones, which are slow.
const SILENCE: f32 = 1e-10;

/// One figure for each channel.
type Frame = [f32; LANES];

/// State of both stages and the energy so far.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    shelf: State<Frame>,
    high_pass: State<Frame>,
    /// Of the tile begun.
    energy: Frame,
    /// Of the tiles before it.
    whole: [f64; LANES],
    /// Frames of the tile begun.
    begun: usize,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self {
            shelf: State::SILENT,
            high_pass: State::SILENT,
            energy: [0.0; LANES],
            whole: [0.0; LANES],
            begun: 0,
        }
    }

    /// Filters the rows, which have the same length, and adds up the squares.
    ///
    /// Each step is one addition or fused multiply-add, one frame after the other: the figures are the same on every
    /// processor and for any cutting of the rows.
    #[inline(always)]
    pub(super) fn add<S: Simd>(
        &mut self,
        simd: S,
        weighting: &Weighting,
        rows: [&[f32]; LANES],
        transpose: impl Transpose,
    ) {
        let frames = rows[0].len();
        let mut start = 0;
        while start < frames {
            let count = (TILE - self.begun).min(frames - start);
            self.filter(simd, weighting, &rows, start..start + count, transpose);
            start += count;
            self.begun += count;
            if self.begun == TILE {
                self.close_tile();
            }
        }
    }

    /// What energies are to be multiplied by: the square of the factor b0, without which the shelf is played.
    pub(super) fn scale(weighting: &KWeighting) -> f64 {
        weighting.shelf.b0 * weighting.shelf.b0
    }

    /// Square by square: while the frames of one wait for each other's states, the processor transposes the next.
    #[inline(always)]
    fn filter<S: Simd>(
        &mut self,
        simd: S,
        weighting: &Weighting,
        rows: &[&[f32]; LANES],
        frames: Range<usize>,
        transpose: impl Transpose,
    ) {
        let weighting = weighting.in_all(simd);
        let mut work = Work::<S>::of(self);
        let whole = frames.end - frames.len() % SIDE;
        for at in (frames.start..whole).step_by(SIDE) {
            let mut square = [[0.0; SIDE]; SIDE];
            for (words, row) in square.iter_mut().zip(rows) {
                words.copy_from_slice(&row[at..at + SIDE]);
            }
            for frame in &transpose.square(square) {
                work.add(simd, &weighting, frame);
            }
        }
        for at in whole..frames.end {
            let mut frame = [0.0; LANES];
            for (word, row) in frame.iter_mut().zip(rows) {
                *word = row[at];
            }
            work.add(simd, &weighting, &frame);
        }
        work.store(self);
    }

    #[inline(always)]
    fn close_tile(&mut self) {
        for (whole, energy) in self.whole.iter_mut().zip(&mut self.energy) {
            *whole += f64::from(std::mem::take(energy));
        }
        self.begun = 0;
        self.shelf.let_rest(|value| value.abs() < SILENCE);
        self.high_pass.let_rest(|value| value.abs() < SILENCE);
    }

    /// The sum of squares of each lane since the last call. Also lets state rest at zero that a non-finite sample has
    /// spoilt.
    pub(super) fn take_energy(&mut self) -> [f64; LANES] {
        self.close_tile();
        self.shelf.let_rest(|value| !value.is_finite());
        self.high_pass.let_rest(|value| !value.is_finite());
        std::mem::replace(&mut self.whole, [0.0; LANES])
    }
}

/// The state of all lanes in vectors, as many as it takes.
struct Work<S: Simd> {
    shelf: [State<S::f32s>; LANES],
    high_pass: [State<S::f32s>; LANES],
    energy: [S::f32s; LANES],
}

impl<S: Simd> Work<S> {
    /// Vectors that hold all lanes.
    const VECTORS: usize = LANES.div_ceil(S::F32_LANES);

    #[inline(always)]
    fn of(lanes: &Lanes) -> Self {
        debug_assert!(S::F32_LANES <= LANES, "all lanes are whole vectors");
        let vector = |of: &Frame, n: usize| S::as_simd_f32s(of).0[n % Self::VECTORS];
        let state = |of: &State<Frame>, n| State {
            place: vector(&of.place, n),
            step: vector(&of.step, n),
        };
        Self {
            shelf: std::array::from_fn(|n| state(&lanes.shelf, n)),
            high_pass: std::array::from_fn(|n| state(&lanes.high_pass, n)),
            energy: std::array::from_fn(|n| vector(&lanes.energy, n)),
        }
    }

    /// A frame more.
    #[inline(always)]
    fn add(&mut self, simd: S, weighting: &Weighting<S::f32s>, frame: &Frame) {
        let frame = S::as_simd_f32s(frame).0;
        for (n, x) in frame.iter().enumerate() {
            // The shelf plays s + (1 + b1/b0) s1 + (1 + b1/b0 + b2/b0) w2.
            let older = self.shelf[n];
            let now = weighting.shelf.next(simd, *x, older);
            let [y_of_place, y_of_step] = weighting.shelf_zeros;
            let y = simd.mul_add_f32s(y_of_step, older.step, now.step);
            let y = simd.mul_add_f32s(y_of_place, older.place, y);
            self.shelf[n] = now;
            // The high-pass w - 2 w1 + w2, which is the step less the step before it.
            let older = self.high_pass[n];
            let now = weighting.high_pass.next(simd, y, older);
            let z = simd.sub_f32s(now.step, older.step);
            self.high_pass[n] = now;
            self.energy[n] = simd.mul_add_f32s(z, z, self.energy[n]);
        }
    }

    #[inline(always)]
    fn store(&self, lanes: &mut Lanes) {
        let store = |of: &mut Frame, n: usize, vector| S::as_mut_simd_f32s(of).0[n] = vector;
        for n in 0..Self::VECTORS {
            store(&mut lanes.shelf.place, n, self.shelf[n].place);
            store(&mut lanes.shelf.step, n, self.shelf[n].step);
            store(&mut lanes.high_pass.place, n, self.high_pass[n].place);
            store(&mut lanes.high_pass.step, n, self.high_pass[n].step);
            store(&mut lanes.energy, n, self.energy[n]);
        }
    }
}

/// State of a stage.
///
/// A section of direct form II, w = x - a1 w1 - a2 w2, kept as the state two frames ago and the last step from one state
/// to the next: near 0 Hz states differ by little from frame to frame, and then their difference is known far better than
/// single precision knows the states.
#[derive(Debug, Clone, Copy)]
struct State<T> {
    /// w2.
    place: T,
    /// s1 = w1 - w2.
    step: T,
}

impl State<Frame> {
    const SILENT: Self = Self {
        place: [0.0; LANES],
        step: [0.0; LANES],
    };

    /// Sets what `is_done` to 0.
    #[inline(always)]
    fn let_rest(&mut self, is_done: impl Fn(f32) -> bool) {
        for lane in 0..LANES {
            let (place, step) = (self.place[lane], self.step[lane]);
            self.place[lane] = if is_done(place) { 0.0 } else { place };
            self.step[lane] = if is_done(step) { 0.0 } else { step };
        }
    }
}

/// The factors of both stages. The shelf is without its factor b0, which [`Lanes::scale`] puts back into the energy.
#[derive(Debug, Clone)]
pub(super) struct Weighting<T = f32> {
    shelf: Poles<T>,
    /// 1 + b1/b0 + b2/b0 and 1 + b1/b0.
    shelf_zeros: [T; 2],
    high_pass: Poles<T>,
}

impl Weighting {
    pub(super) fn new(weighting: &KWeighting) -> Self {
        let KWeighting { shelf, high_pass } = weighting;
        let Coefficients { b0, b1, b2, .. } = shelf;
        Self {
            shelf: Poles::new(shelf),
            shelf_zeros: [b0 + b1 + b2, b0 + b1].map(|sum| (sum / b0) as f32),
            high_pass: Poles::new(high_pass),
        }
    }

    #[inline(always)]
    fn in_all<S: Simd>(&self, simd: S) -> Weighting<S::f32s> {
        let [place, step] = self.shelf_zeros;
        Weighting {
            shelf: self.shelf.in_all(simd),
            shelf_zeros: [simd.splat_f32s(place), simd.splat_f32s(step)],
            high_pass: self.high_pass.in_all(simd),
        }
    }
}

/// How the next step follows from the state: with w1 = w2 + s1, s = w - w1 = x - (1 + a1 + a2) w2 - (1 + a1) s1.
#[derive(Debug, Clone, Copy)]
struct Poles<T> {
    of_place: T,
    of_step: T,
}

impl Poles<f32> {
    fn new(stage: &Coefficients) -> Self {
        Self {
            of_place: -(1.0 + stage.a1 + stage.a2) as f32,
            of_step: -(1.0 + stage.a1) as f32,
        }
    }

    #[inline(always)]
    fn in_all<S: Simd>(&self, simd: S) -> Poles<S::f32s> {
        Poles {
            of_place: simd.splat_f32s(self.of_place),
            of_step: simd.splat_f32s(self.of_step),
        }
    }
}

impl<T: Copy> Poles<T> {
    /// The state a frame later.
    #[inline(always)]
    fn next<S: Simd<f32s = T>>(&self, simd: S, x: T, state: State<T>) -> State<T> {
        let x = simd.mul_add_f32s(self.of_place, state.place, x);
        State {
            place: simd.add_f32s(state.place, state.step),
            step: simd.mul_add_f32s(self.of_step, state.step, x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::transpose::Plain;
    use crate::units::SampleRate;

    /// The energy of `samples` from frame `from` on after both stages, in double precision and direct form II.
    fn energy(weighting: &KWeighting, samples: &[f32], from: usize) -> f64 {
        let section = |c: &Coefficients, w: &mut [f64; 2], x: f64| {
            let now = x - c.a1 * w[0] - c.a2 * w[1];
            let y = c.b0 * now + c.b1 * w[0] + c.b2 * w[1];
            *w = [now, w[0]];
            y
        };
        let KWeighting { shelf, high_pass } = weighting;
        let [mut w, mut v] = [[0.0; 2]; 2];
        let played = samples.iter().map(|&x| {
            let y = section(shelf, &mut w, f64::from(x));
            section(high_pass, &mut v, y)
        });
        played.skip(from).map(|z| z * z).sum()
    }

    /// Even noise of ±1.
    fn noise(n: usize) -> f64 {
        let hash = (n as u32 ^ 0x9e37).wrapping_mul(0x7feb_352d);
        let hash = (hash ^ (hash >> 15)).wrapping_mul(0x846c_a68b);
        f64::from((hash ^ (hash >> 16)) as i32) / f64::from(1u32 << 31)
    }

    /// The sample of each frame.
    type Sound<'a> = &'a dyn Fn(usize) -> f64;

    fn add(lanes: &mut Lanes, steps: &Weighting, rows: [&[f32]; LANES]) {
        lanes.add(pulp::Scalar, steps, rows, Plain);
    }

    #[test]
    fn single_precision_is_as_good_as_double_precision() {
        for rate in [8000, 44_100, 48_000, 96_000, 192_000, 768_000] {
            let turn = std::f64::consts::TAU / f64::from(rate);
            let tone = |hz: f64, n: usize| (hz * turn * n as f64).sin();
            // Steps get lost in a state that a large offset has made large.
            let sounds: [(&str, bool, Sound<'_>); 8] = [
                ("noise", false, &|n| 0.1 * noise(n)),
                ("quiet noise", false, &|n| 1e-4 * noise(n)),
                ("loud noise", false, &|n| 1e4 * noise(n)),
                ("20 Hz", false, &|n| tone(20.0, n)),
                ("997 Hz", false, &|n| 0.5 * tone(997.0, n)),
                ("3 Hz and noise", false, &|n| tone(3.0, n) + 0.1 * noise(n)),
                ("offset", false, &|n| 0.1 + 0.01 * noise(n)),
                ("large offset", true, &|n| 0.9 + 1e-3 * noise(n)),
            ];
            let settled = rate as usize / 4;
            for (name, loses_steps, sound) in sounds {
                let most = if loses_steps || rate > 192_000 {
                    1e-3
                } else {
                    1e-4
                };
                let sound: Vec<f32> = (0..2 * settled).map(|n| sound(n) as f32).collect();
                let weighting = KWeighting::new(SampleRate(rate));
                let steps = Weighting::new(&weighting);
                let mut lanes = Lanes::new();
                let (before, after) = sound.split_at(settled);
                add(&mut lanes, &steps, [before; LANES]);
                lanes.take_energy();
                add(&mut lanes, &steps, [after; LANES]);
                let found = lanes.take_energy()[0] * Lanes::scale(&weighting);
                let off = 10.0 * (found / energy(&weighting, &sound, settled)).log10();
                assert!(off.abs() < most, "{name} at {rate} Hz: {off} dB");
            }
        }
    }

    #[test]
    fn lanes_are_the_same_for_any_cut_and_on_every_processor() {
        let steps = Weighting::new(&KWeighting::new(SampleRate(48_000)));
        let sounds: [Vec<f32>; LANES] = std::array::from_fn(|lane| {
            (0..5000)
                .map(|n| noise(n * LANES + lane) as f32 / (lane + 1) as f32)
                .collect()
        });
        let energies = |length: usize, add: &dyn Fn(&mut Lanes, [&[f32]; LANES])| {
            let mut lanes = Lanes::new();
            for from in (0..5000).step_by(length) {
                let until = 5000.min(from + length);
                add(
                    &mut lanes,
                    sounds.each_ref().map(|sound| &sound[from..until]),
                );
            }
            lanes.take_energy().map(f64::to_bits)
        };
        let plain = |lanes: &mut Lanes, rows: [&[f32]; LANES]| add(lanes, &steps, rows);
        let whole = energies(5000, &plain);
        for (lane, bits) in whole.iter().enumerate() {
            let mut alone = Lanes::new();
            add(&mut alone, &steps, [&sounds[lane]; LANES]);
            assert_eq!(alone.take_energy()[0].to_bits(), *bits);
        }
        for length in [1, 7, 63, 64, 100] {
            assert_eq!(energies(length, &plain), whole, "pieces of {length}");
            #[cfg(target_arch = "x86_64")]
            if let Some(simd) = pulp::x86::V3::try_new() {
                let vectors = |lanes: &mut Lanes, rows: [&[f32]; LANES]| {
                    simd.vectorize(
                        #[inline(always)]
                        || lanes.add(simd, &steps, rows, simd),
                    );
                };
                assert_eq!(
                    energies(length, &vectors),
                    whole,
                    "vectors, pieces of {length}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_finite_spoils_the_present_energy_and_no_other() {
        let steps = Weighting::new(&KWeighting::new(SampleRate(48_000)));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            for place in [0, 100, 4799] {
                let mut lanes = Lanes::new();
                let energies: Vec<f64> = (0..5)
                    .map(|hop| {
                        let tone = (0..4800).map(|n| (n as f32 * 0.1).sin());
                        let mut sound: Vec<f32> = tone.collect();
                        if hop == 1 {
                            sound[place] = bad;
                        }
                        add(&mut lanes, &steps, [&sound; LANES]);
                        lanes.take_energy()[3]
                    })
                    .collect();
                assert!(!energies[1].is_finite(), "{bad} at {place}");
                let off = 10.0 * (energies[4] / energies[0]).log10();
                assert!(off.abs() < 0.01, "{bad} at {place}: {off} dB");
            }
        }
    }

    #[test]
    fn what_has_died_away_rests_at_zero() {
        let steps = Weighting::new(&KWeighting::new(SampleRate(48_000)));
        let mut lanes = Lanes::new();
        add(&mut lanes, &steps, [&[1.0; 100]; LANES]);
        let energies: Vec<f64> = (0..20)
            .map(|_| {
                add(&mut lanes, &steps, [&[0.0; 4800]; LANES]);
                lanes.take_energy()[0]
            })
            .collect();
        assert!(energies[0] > 1.0, "{energies:?}");
        assert_eq!(energies[19].to_bits(), 0, "{energies:?}");
        for state in [lanes.shelf, lanes.high_pass] {
            assert!(
                state
                    .place
                    .iter()
                    .chain(&state.step)
                    .all(|x| x.to_bits() == 0)
            );
        }
    }
}
