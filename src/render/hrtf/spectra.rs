//! The spectra of a set's responses at the rate at which they are played.

use rayon::prelude::*;
use realfft::num_complex::Complex;

use super::rate::RateConverter;
use super::set::HrtfSet;
use crate::dsp::transform::Transform;
use crate::units::SampleRate;

/// The spectra of both ears for a direction.
pub(super) type Pair = [Vec<Complex<f64>>; 2];

/// The spectra over `length` frames at `rate` for each direction of `set`, as they are; `mirrored`: for each
/// direction the one from which the right ear hears what the left ear hears from there.
pub(super) fn of_set(
    set: &HrtfSet,
    rate: SampleRate,
    length: usize,
    mirrored: Option<&[usize]>,
) -> Vec<Pair> {
    let work = || {
        let converter = (set.rate != rate)
            .then(|| RateConverter::new(set.taps, set.rate, rate).ok())
            .flatten();
        (converter, Transform::new(length))
    };
    let ears = if mirrored.is_some() { 1 } else { 2 };
    let count = set.directions.len();
    let mut all: Vec<Vec<Complex<f64>>> = (0..ears * count)
        .into_par_iter()
        .map_init(work, |(converter, transform), n| {
            let response = set.response(n / count, n % count);
            transform.signal.fill(0.0);
            match converter {
                None => {
                    for (slot, tap) in transform.signal.iter_mut().zip(response) {
                        *slot = f64::from(*tap);
                    }
                }
                Some(converter) => put_round(converter.convert(response), &mut transform.signal),
            }
            transform.forward();
            transform.spectrum.clone()
        })
        .collect();
    let right = match mirrored {
        Some(pairs) => pairs.iter().map(|&mirror| all[mirror].clone()).collect(),
        None => all.split_off(count),
    };
    all.into_iter().zip(right).map(|(l, r)| [l, r]).collect()
}

/// Puts a converted response into the silent `signal`; what rings before its beginning goes round.
fn put_round(converted: &[f64], signal: &mut [f64]) {
    let length = signal.len();
    let before = (converted.len() / 8).min(length / 8);
    let after = (converted.len() - before).min(length - before);
    signal[..after].copy_from_slice(&converted[..after]);
    let early = &converted[converted.len() - before..];
    for (slot, tap) in signal[length - before..].iter_mut().zip(early) {
        *slot += tap;
    }
}
