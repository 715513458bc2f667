//! How loud a source sounds from each direction of a set, and with which colour.

use rayon::prelude::*;

use super::diffuse_field::loudness_weight;
use crate::units::Hertz;

/// How loud pink noise of power 1 is for both ears together, as power.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Level {
    /// In the sense of ITU-R BS.1770.
    pub loudness: f64,
    /// The same, of what lies below the ear canal's resonance: weighted by a low-pass of second order, Q 1/2, at 2 kHz.
    pub mids: f64,
    /// The same, of the treble alone: weighted by a high-pass of second order, Q 1/2, at [`Level::TREBLE_FROM`].
    pub treble: f64,
    /// Mean over the octaves of the bass, 40 to 200 Hz.
    pub bass: f64,
}

impl Level {
    /// Where the treble begins.
    pub const TREBLE_FROM: Hertz = Hertz(5000.0);

    /// The sum of levels, each with its share.
    pub(in crate::render) fn blended(parts: impl Iterator<Item = (f64, Self)>) -> Self {
        parts.fold(Self::default(), |sum, (share, part)| Self {
            loudness: sum.loudness + share * part.loudness,
            mids: sum.mids + share * part.mids,
            treble: sum.treble + share * part.treble,
            bass: sum.bass + share * part.bass,
        })
    }
}

/// Power of the low-pass that weights the mids.
fn mids_weight(hz: f64) -> f64 {
    (1.0 + (hz / 2000.0).powi(2)).powi(-2)
}

/// Power of the high-pass that weights the treble.
fn treble_weight(hz: f64) -> f64 {
    let x = (hz / Level::TREBLE_FROM.0).powi(2);
    (x / (1.0 + x)).powi(2)
}

fn bass_weight(hz: f64) -> f64 {
    match (40.0..=200.0).contains(&hz) {
        true => 1.0 / hz,
        false => 0.0,
    }
}

/// The level of each direction. `spectra` has four planes of `stride` bins for each, as wide as `bin` says; what is
/// heard has `lift` on top.
pub(super) fn of_spectra(
    spectra: &[f32],
    stride: usize,
    bin: Hertz,
    lift: impl Fn(Hertz) -> f64,
) -> Vec<Level> {
    let hertz = |n: usize| n as f64 * bin.0;
    let lifts: Vec<f64> = (0..stride).map(|n| lift(Hertz(hertz(n))).powi(2)).collect();
    let weights = |weight: &dyn Fn(f64) -> f64| -> Vec<f64> {
        let plain: Vec<f64> = (0..stride).map(|n| weight(hertz(n))).collect();
        let whole: f64 = plain.iter().sum();
        let lifted = plain.iter().zip(&lifts);
        lifted.map(|(weight, lift)| weight * lift / whole).collect()
    };
    let loudness = weights(&loudness_weight);
    let mids = weights(&|hz| loudness_weight(hz) * mids_weight(hz));
    let treble = weights(&|hz| loudness_weight(hz) * treble_weight(hz));
    let bass = weights(&bass_weight);
    let planes = spectra.par_chunks_exact(4 * stride);
    planes
        .map(|planes| {
            let mut level = Level::default();
            for plane in planes.chunks_exact(stride) {
                for (n, x) in plane.iter().enumerate() {
                    let power = f64::from(*x) * f64::from(*x);
                    level.loudness += power * loudness[n];
                    level.mids += power * mids[n];
                    level.treble += power * treble[n];
                    level.bass += power * bass[n];
                }
            }
            level
        })
        .collect()
}
