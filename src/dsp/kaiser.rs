//! The Kaiser window, with which ideal filters are cut to length.
//!
//! J. F. Kaiser, "Nonrecursive Digital Filter Design Using the I0-sinh Window Function" (1974): his formulas give
//! its shape and length for the side lobes and the transition that are wanted.

use std::f64::consts::TAU;

/// The window at `x` of its half length, -1 to 1; 0 beyond.
pub(crate) fn window(x: f64, beta: f64) -> f64 {
    if x.abs() >= 1.0 {
        return 0.0;
    }
    bessel_i0(beta * (1.0 - x * x).sqrt()) / bessel_i0(beta)
}

/// Shape of the window for side lobes of `stop_db` (more than 50) dB below what passes.
pub(crate) fn beta(stop_db: f64) -> f64 {
    0.1102 * (stop_db - 8.7)
}

/// Frames between the first and the last tap of a filter with these side lobes, whose transition is
/// `transition` of the sample rate wide.
pub(crate) fn length(stop_db: f64, transition: f64) -> f64 {
    (stop_db - 7.95) / (2.285 * TAU * transition)
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
