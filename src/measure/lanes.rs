//! The energy after K-weighting, of several channels side by side.

use super::k_weighting::KWeighting;
use crate::dsp::Coefficients;
use crate::dsp::biquad::SILENCE;
use crate::dsp::transpose::{SIDE, Transpose};

/// Most channels filtered side by side: two registers of four `f64`, or one of eight.
pub(super) const LANES: usize = SIDE;

/// Frames worked on together: their lanes stay in the first-level cache between the steps.
const TILE: usize = 64;

/// State of both stages and the energy so far, for `L` channels, at most [`LANES`].
///
/// A section with input x and output y is kept as its state: y = b0 x + s1, s1' = p1 x - a1 s1 + s2,
/// s2' = p2 x - a2 s1 with p1 = b1 - a1 b0 and p2 = b2 - a2 b0. That is transposed direct form II with y
/// put in, and one step of arithmetic less to wait for from frame to frame.
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

    #[inline(always)]
    fn filter(&mut self, weighting: &KWeighting, lanes: &[[f32; LANES]]) {
        let KWeighting { shelf, high_pass } = weighting;
        let (p1, p2) = of_state(shelf);
        let (q1, q2) = of_state(high_pass);
        let [mut s1, mut s2] = self.shelf;
        let [mut h1, mut h2] = self.high_pass;
        let mut energy = self.energy;
        for frame in lanes {
            for lane in 0..L {
                let x = f64::from(frame[lane]);
                let y = shelf.b0.mul_add(x, s1[lane]);
                let next = (-shelf.a1).mul_add(s1[lane], p1.mul_add(x, s2[lane]));
                s2[lane] = (-shelf.a2).mul_add(s1[lane], p2 * x);
                s1[lane] = next;

                let z = y + h1[lane];
                let next = (-high_pass.a1).mul_add(h1[lane], q1.mul_add(y, h2[lane]));
                h2[lane] = (-high_pass.a2).mul_add(h1[lane], q2 * y);
                h1[lane] = next;

                energy[lane] = z.mul_add(z, energy[lane]);
            }
        }
        self.shelf = [s1, s2];
        self.high_pass = [h1, h2];
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

/// p1 and p2 of a section.
fn of_state(c: &Coefficients) -> (f64, f64) {
    (c.b1 - c.a1 * c.b0, c.b2 - c.a2 * c.b0)
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
