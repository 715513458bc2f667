//! The energy after K-weighting, of several channels side by side.

use super::k_weighting::KWeighting;
use crate::dsp::biquad::SILENCE;
use crate::dsp::transpose::{SIDE, Transpose};

/// Most channels filtered side by side: two registers of four `f64`, or one of eight.
pub(super) const LANES: usize = SIDE;

/// Frames worked on together: their lanes stay in the first-level cache between the steps.
const TILE: usize = 64;

/// State of both stages and the energy so far, for `L` channels, at most [`LANES`].
///
/// Sections are of direct form II: w = x - a1 w1 - a2 w2, y = b0 w + b1 w1 + b2 w2. The shelf is played without its
/// factor b0, which [`Lanes::scale`] puts back into the energy: two multiplications less for each sample.
#[derive(Debug, Clone)]
pub(super) struct Lanes<const L: usize> {
    shelf: [[f64; L]; 2],
    high_pass: [[f64; L]; 2],
    energy: [f64; L],
}

impl<const L: usize> Lanes<L> {
    pub(super) fn new() -> Self {
        Self {
            shelf: [[0.0; L]; 2],
            high_pass: [[0.0; L]; 2],
            energy: [0.0; L],
        }
    }

    /// Filters the first `L` of the rows, which have the same length, and adds up the squares.
    ///
    /// Each step is one fused multiply-add, one frame after the other: the figures are the same on every
    /// processor and for any cutting of the rows.
    #[inline(always)]
    pub(super) fn add(
        &mut self,
        weighting: &KWeighting,
        rows: [&[f32]; LANES],
        transpose: impl Transpose,
    ) {
        let frames = rows[0].len();
        let mut lanes = [[0.0_f32; LANES]; TILE];
        for start in (0..frames).step_by(TILE) {
            let count = TILE.min(frames - start);
            interleave(rows, start, &mut lanes[..count], transpose);
            self.filter(weighting, &lanes[..count]);
        }
    }

    /// What energies are to be multiplied by.
    pub(super) fn scale(weighting: &KWeighting) -> f64 {
        weighting.shelf.b0 * weighting.shelf.b0
    }

    #[inline(always)]
    fn filter(&mut self, weighting: &KWeighting, lanes: &[[f32; LANES]]) {
        let factors = Factors::new(weighting);
        let [mut w1, mut w2] = self.shelf;
        let [mut v1, mut v2] = self.high_pass;
        let mut energy = self.energy;
        // Two frames at a time: what is older takes the place of what is newer, so that nothing has to move.
        let (pairs, last) = lanes.as_chunks::<2>();
        for [first, second] in pairs {
            factors.step(first, (&w1, &mut w2), (&v1, &mut v2), &mut energy);
            factors.step(second, (&w2, &mut w1), (&v2, &mut v1), &mut energy);
        }
        for frame in last {
            factors.step(frame, (&w1, &mut w2), (&v1, &mut v2), &mut energy);
            (w1, w2) = (w2, w1);
            (v1, v2) = (v2, v1);
        }
        self.shelf = [w1, w2];
        self.high_pass = [v1, v2];
        self.energy = energy;
    }

    /// The sum of squares of each lane since the last call. Also lets state that has died away rest at
    /// zero, and state that a non-finite sample has spoilt.
    pub(super) fn take_energy(&mut self) -> [f64; L] {
        for value in self.shelf.iter_mut().chain(&mut self.high_pass).flatten() {
            if value.abs() < SILENCE || !value.is_finite() {
                *value = 0.0;
            }
        }
        std::mem::replace(&mut self.energy, [0.0; L])
    }
}

/// The factors of both stages, with the sign they are added with.
struct Factors {
    a1: f64,
    a2: f64,
    b1: f64,
    b2: f64,
    high_pass_a1: f64,
    high_pass_a2: f64,
}

impl Factors {
    #[inline(always)]
    fn new(weighting: &KWeighting) -> Self {
        let KWeighting { shelf, high_pass } = weighting;
        Self {
            a1: -shelf.a1,
            a2: -shelf.a2,
            b1: shelf.b1 / shelf.b0,
            b2: shelf.b2 / shelf.b0,
            high_pass_a1: -high_pass.a1,
            high_pass_a2: -high_pass.a2,
        }
    }

    /// Filters a frame and adds its squares to `energy`. Of the newer and the older state of each stage the older
    /// becomes the newest.
    #[inline(always)]
    fn step<const L: usize>(
        &self,
        frame: &[f32; LANES],
        (w1, w2): (&[f64; L], &mut [f64; L]),
        (v1, v2): (&[f64; L], &mut [f64; L]),
        energy: &mut [f64; L],
    ) {
        for lane in 0..L {
            let x = f64::from(frame[lane]);
            let w = self.a1.mul_add(w1[lane], self.a2.mul_add(w2[lane], x));
            let y = self.b1.mul_add(w1[lane], self.b2.mul_add(w2[lane], w));
            w2[lane] = w;

            let v = self.high_pass_a2.mul_add(v2[lane], y);
            let v = self.high_pass_a1.mul_add(v1[lane], v);
            let z = (-2.0_f64).mul_add(v1[lane], v + v2[lane]);
            v2[lane] = v;

            energy[lane] = z.mul_add(z, energy[lane]);
        }
    }
}

/// Rows of one channel each, from frame `start` on, to one array of all channels per frame.
#[inline(always)]
fn interleave(
    rows: [&[f32]; LANES],
    start: usize,
    lanes: &mut [[f32; LANES]],
    transpose: impl Transpose,
) {
    let count = lanes.len();
    let (squares, rest) = lanes.as_chunks_mut::<SIDE>();
    for (n, square) in squares.iter_mut().enumerate() {
        let mut words = [[0.0; SIDE]; SIDE];
        for (words, row) in words.iter_mut().zip(rows) {
            words.copy_from_slice(&row[start + n * SIDE..][..SIDE]);
        }
        *square = transpose.square(words);
    }
    let done = start + count - rest.len();
    for (n, frame) in rest.iter_mut().enumerate() {
        *frame = rows.map(|row| row[done + n]);
    }
}
