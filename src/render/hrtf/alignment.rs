//! The delay of every response, so that neighbours can be blended in step.
//!
//! Lags between neighbours are measured by cross-correlation along the edges of the grid; the delays are those
//! that agree best with all of them, in the sense of least squares, edges that contradict the rest counting
//! less and less (iteratively reweighted least squares). A delay found for each response alone, from its onset
//! or its minimum-phase part, is off by several samples here and there.

use rayon::prelude::*;
use realfft::num_complex::Complex;

use super::grid::Grid;
use super::set::{HrtfSet, SetFault};
use crate::dsp::transform::Transform;

/// Lags are measured to an eighth of a frame.
const OVERSAMPLING: usize = 8;

/// A residual of this many frames begins to cost an edge its weight.
const TOLERATED_FRAMES: f64 = 0.5;

/// Rounds of reweighting.
const ROUNDS: usize = 6;

/// Least weight of an edge before it is raised to the fourth power, as a share of the best edge's.
const LEAST_WEIGHT: f64 = 0.05;

/// How far round a head of this radius sound may be delayed by a small step of the source, with much to spare.
const HEAD_RADIUS_M: f64 = 0.0875;
const SLOWNESS: f64 = 3.5;
const SPEED_OF_SOUND_M_PER_S: f64 = 343.0;
const SPARE_FRAMES: f64 = 4.0;

impl HrtfSet {
    /// Finds the delays in frames that bring the responses of each ear in step: a second's work for a large set.
    ///
    /// # Errors
    /// The directions span no surface.
    pub fn find_alignment(&self) -> Result<[Vec<f64>; 2], SetFault> {
        Ok(of_set(self, &Grid::new(&self.directions)?))
    }
}

/// The delays of both ears' responses.
pub(super) fn of_set(set: &HrtfSet, grid: &Grid) -> [Vec<f64>; 2] {
    let left = align(set, grid, 0);
    let right = match set.mirrored() {
        Some(pairs) => pairs.iter().map(|&mirror| left[mirror]).collect(),
        None => align(set, grid, 1),
    };
    [left, right]
}

/// The delays in frames of an ear's responses, one per measured direction; their common offset is such that the
/// earliest is 0.
fn align(set: &HrtfSet, grid: &Grid, ear: usize) -> Vec<f64> {
    let edges = grid.edges();
    let count = set.directions.len();
    let length = (2 * set.taps).next_power_of_two().max(64);
    let spectra: Vec<Vec<Complex<f64>>> = (0..count)
        .into_par_iter()
        .map_init(
            || Transform::new(length),
            |transform, i| {
                transform.signal.fill(0.0);
                for (slot, tap) in transform.signal.iter_mut().zip(set.response(ear, i)) {
                    *slot = f64::from(*tap);
                }
                transform.forward();
                transform.spectrum.clone()
            },
        )
        .collect();
    let measured: Vec<(f64, f64)> = edges
        .par_iter()
        .map_init(
            || Transform::new(OVERSAMPLING * length),
            |transform, &[a, b]| {
                let angle = grid.directions[a].angle(&grid.directions[b]);
                let seconds = HEAD_RADIUS_M * SLOWNESS * angle / SPEED_OF_SOUND_M_PER_S;
                let reach = seconds * f64::from(set.rate.0) + SPARE_FRAMES;
                lag(&spectra[a], &spectra[b], reach, transform)
            },
        )
        .collect();
    let best = measured.iter().map(|m| m.1).fold(1e-9, f64::max);
    let weights: Vec<f64> = measured
        .iter()
        .map(|&(_, peak)| (peak / best).clamp(LEAST_WEIGHT, 1.0).powi(4))
        .collect();
    let lags: Vec<f64> = measured.iter().map(|m| m.0).collect();
    let mut delays = agree(count, &edges, &lags, &weights);
    let earliest = delays.iter().copied().fold(f64::INFINITY, f64::min);
    delays.iter_mut().for_each(|delay| *delay -= earliest);
    delays
}

/// By how many frames `b` comes after `a`, up to `reach`, and how alike they are then, up to 1.
fn lag(
    a: &[Complex<f64>],
    b: &[Complex<f64>],
    reach: f64,
    transform: &mut Transform,
) -> (f64, f64) {
    let fine = transform.signal.len();
    let length = 2 * (a.len() - 1);
    transform.spectrum.fill(Complex::default());
    let mut power = [0.0; 2];
    for (k, ((a, b), slot)) in a.iter().zip(b).zip(&mut transform.spectrum).enumerate() {
        // Bins between the ends stand for two.
        let times = if k == 0 || k == length / 2 { 1.0 } else { 2.0 };
        power[0] += times * a.norm_sqr();
        power[1] += times * b.norm_sqr();
        *slot = b * a.conj() * if k == length / 2 { 0.5 } else { 1.0 };
    }
    transform.inverse();
    let steps = (reach * OVERSAMPLING as f64) as usize;
    let steps = steps.min(fine / 2 - 1);
    let mut best = (0.0, f64::NEG_INFINITY);
    let later = (0..=steps).map(|n| (n as f64, n));
    let earlier = (1..=steps).map(|n| (-(n as f64), fine - n));
    for (step, place) in later.chain(earlier) {
        if transform.signal[place] > best.1 {
            best = (step, transform.signal[place]);
        }
    }
    let whole = (power[0] * power[1]).sqrt();
    let alike = if whole > 0.0 { best.1 / whole } else { 0.0 };
    (best.0 / OVERSAMPLING as f64, alike)
}

/// The values, one for each of `count` places, whose differences along `edges` are nearest to `lags`.
fn agree(count: usize, edges: &[[usize; 2]], lags: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut now = weights.to_vec();
    let mut values = vec![0.0; count];
    for _ in 0..ROUNDS {
        values = least_squares(count, edges, lags, &now);
        for (((now, weight), &[a, b]), lag) in now.iter_mut().zip(weights).zip(edges).zip(lags) {
            let residual = (values[b] - values[a] - lag).abs();
            *now = weight / (residual / TOLERATED_FRAMES).max(1.0);
        }
    }
    values
}

/// Minimises the sum of (weight · (value b - value a - lag))² by conjugate gradients, from 0.
fn least_squares(count: usize, edges: &[[usize; 2]], lags: &[f64], weights: &[f64]) -> Vec<f64> {
    let apply = |x: &[f64], to: &mut [f64]| {
        to.fill(0.0);
        for (&[a, b], weight) in edges.iter().zip(weights) {
            let pull = weight * weight * (x[b] - x[a]);
            to[b] += pull;
            to[a] -= pull;
        }
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut values = vec![0.0; count];
    let mut residual = vec![0.0; count];
    for ((&[a, b], weight), lag) in edges.iter().zip(weights).zip(lags) {
        let pull = weight * weight * lag;
        residual[b] += pull;
        residual[a] -= pull;
    }
    let mut step = residual.clone();
    let mut applied = vec![0.0; count];
    let mut size = dot(&residual, &residual);
    let enough = size * 1e-20;
    for _ in 0..3000 {
        apply(&step, &mut applied);
        let along = dot(&step, &applied);
        if size <= enough || along <= 0.0 {
            break;
        }
        let far = size / along;
        for i in 0..count {
            values[i] += far * step[i];
            residual[i] -= far * applied[i];
        }
        let next = dot(&residual, &residual);
        for i in 0..count {
            step[i] = residual[i] + next / size * step[i];
        }
        size = next;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::direction;
    use crate::render::hrtf::Measured;

    #[test]
    fn delays_of_a_smooth_field_are_found_though_some_edges_lie() {
        let mut positions = Vec::new();
        for i in 0..200 {
            let d = direction(f64::from(i) * 137.508, f64::from(i) * 0.9 - 90.0);
            positions.push([d.x, d.y, d.z]);
        }
        let taps = 256;
        let meant = |p: &[f64; 3]| 60.0 + 15.0 * p[0] + 3.0 * p[1];
        let mut responses = vec![0.0_f32; taps * positions.len()];
        for (n, response) in responses.chunks_exact_mut(taps).enumerate() {
            let delay = meant(&positions[n]);
            for (k, tap) in response.iter_mut().enumerate() {
                let x = (k as f64 - delay) / 2.0;
                *tap = (-x * x).exp() as f32;
                // Every tenth has an echo that is louder than its beginning.
                let late = (k as f64 - delay - 9.0) / 2.0;
                *tap += if n % 10 == 3 {
                    1.2 * (-late * late).exp() as f32
                } else {
                    0.0
                };
            }
        }
        let set = HrtfSet::new(Measured {
            rate: 48_000,
            positions: positions.clone(),
            taps,
            responses: [responses.clone(), responses],
            ..Measured::default()
        })
        .unwrap();
        let grid = Grid::new(&set.directions).unwrap();
        let found = align(&set, &grid, 0);
        let first = found[0] - meant(&positions[0]);
        let mut errors: Vec<f64> = (0..200)
            .filter(|n| n % 10 != 3)
            .map(|n| (found[n] - meant(&positions[n]) - first).abs())
            .collect();
        errors.sort_by(f64::total_cmp);
        assert!(errors[90] < 0.2, "median {}", errors[90]);
        assert!(errors[170] < 1.0, "most {}", errors[170]);
    }
}
