//! The K-weighting of ITU-R BS.1770 Annex 1.
//!
//! The two stages are a high shelf (the head) and a high-pass (RLB). BS.1770 prints their coefficients
//! for 48 kHz only; for other rates the analogue filters behind them are transformed again, with the
//! frequencies, gain and Q that give back the printed numbers at 48 kHz (as libebur128 does).

use crate::dsp::Coefficients;
use crate::units::SampleRate;

/// The two stages for one sample rate. The high-pass has the numerator 1 - 2 z⁻¹ + z⁻², as printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct KWeighting {
    pub(super) shelf: Coefficients,
    pub(super) high_pass: Coefficients,
}

impl KWeighting {
    /// Rates too low to carry the shelf (below about 3.5 kHz) get it at the top of their band.
    pub(super) fn new(rate: SampleRate) -> Self {
        let warped = |hz: f64| {
            let turn = (hz / f64::from(rate.0.max(1))).min(0.49);
            (std::f64::consts::PI * turn).tan()
        };
        Self {
            shelf: shelf(warped(SHELF_HZ)),
            high_pass: high_pass(warped(HIGH_PASS_HZ)),
        }
    }
}

/// The weight of the power at a frequency: the analogue filters' squared magnitude.
pub(crate) fn k_weight(hz: f64) -> f64 {
    let (top, middle) = shelf_gains();
    let all = |x: f64, [high, mid, low]: [f64; 3]| (low - high * x * x).powi(2) + (mid * x).powi(2);
    let x = hz / SHELF_HZ;
    let shelf = all(x, [top, middle / SHELF_Q, 1.0]) / all(x, [1.0, 1.0 / SHELF_Q, 1.0]);
    let x = hz / HIGH_PASS_HZ;
    shelf * x.powi(4) / all(x, [1.0, 1.0 / HIGH_PASS_Q, 1.0])
}

const SHELF_HZ: f64 = 1_681.974_450_955_533;
const SHELF_Q: f64 = 0.707_175_236_955_419_6;
const HIGH_PASS_HZ: f64 = 38.135_470_876_024_44;
const HIGH_PASS_Q: f64 = 0.500_327_037_323_877_3;

/// Linear gains of the shelf at its top and at the middle of its slope.
fn shelf_gains() -> (f64, f64) {
    const GAIN_DB: f64 = 3.999_843_853_973_347;
    // The gain at the middle of the slope is not quite the square root of the gain at its top.
    const MIDDLE: f64 = 0.499_666_774_154_541_6;
    let top = 10f64.powf(GAIN_DB / 20.0);
    (top, top.powf(MIDDLE))
}

fn shelf(k: f64) -> Coefficients {
    const Q: f64 = SHELF_Q;
    let (top, middle) = shelf_gains();
    let a0 = 1.0 + k / Q + k * k;
    Coefficients {
        b0: (top + middle * k / Q + k * k) / a0,
        b1: 2.0 * (k * k - top) / a0,
        b2: (top - middle * k / Q + k * k) / a0,
        a1: 2.0 * (k * k - 1.0) / a0,
        a2: (1.0 - k / Q + k * k) / a0,
    }
}

fn high_pass(k: f64) -> Coefficients {
    const Q: f64 = HIGH_PASS_Q;
    let a0 = 1.0 + k / Q + k * k;
    Coefficients {
        b0: 1.0,
        b1: -2.0,
        b2: 1.0,
        a1: 2.0 * (k * k - 1.0) / a0,
        a2: (1.0 - k / Q + k * k) / a0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_48_khz_the_coefficients_are_those_printed() {
        // ITU-R BS.1770-4 Annex 1, tables 1 and 2.
        let printed = [
            (
                KWeighting::new(SampleRate(48_000)).shelf,
                [
                    1.535_124_859_586_97,
                    -2.691_696_189_406_38,
                    1.198_392_810_852_85,
                    -1.690_659_293_182_41,
                    0.732_480_774_215_85,
                ],
            ),
            (
                KWeighting::new(SampleRate(48_000)).high_pass,
                [1.0, -2.0, 1.0, -1.990_047_454_833_98, 0.990_072_250_366_21],
            ),
        ];
        for (c, table) in printed {
            for (ours, theirs) in [c.b0, c.b1, c.b2, c.a1, c.a2].into_iter().zip(table) {
                assert!((ours - theirs).abs() < 1e-12, "{ours} is not {theirs}");
            }
        }
    }

    #[test]
    fn other_rates_have_the_same_response_in_the_audible_band() {
        use crate::units::Hertz;
        let response_db = |rate, hz| {
            let k = KWeighting::new(rate);
            20.0 * (k.shelf.response(hz, rate) * k.high_pass.response(hz, rate)).log10()
        };
        for rate in [44_100, 88_200, 96_000, 192_000].map(SampleRate) {
            for hz in [20.0, 50.0, 100.0, 500.0, 997.0, 2000.0, 4000.0].map(Hertz) {
                let (here, there) = (response_db(rate, hz), response_db(SampleRate(48_000), hz));
                assert!(
                    (here - there).abs() < 0.05,
                    "{rate} {hz:?}: {here} against {there} dB"
                );
            }
        }
    }

    #[test]
    fn every_rate_gives_a_stable_filter() {
        for rate in [1, 100, 1000, 3000, 8000, 11_025, 768_000, u32::MAX] {
            let k = KWeighting::new(SampleRate(rate));
            for c in [k.shelf, k.high_pass] {
                // The triangle of stability.
                assert!(c.a2.abs() < 1.0 && c.a1.abs() < 1.0 + c.a2, "{rate}: {c:?}");
            }
        }
    }

    #[test]
    fn the_weight_of_a_frequency_is_what_the_filters_do_to_it() {
        let rate = 192_000;
        let filters = KWeighting::new(SampleRate(rate));
        for hz in [30.0, 100.0, 997.0, 2500.0, 10_000.0] {
            let turn = std::f64::consts::TAU * hz / f64::from(rate);
            let of = |c: Coefficients| {
                let part = |a: f64, b: f64, d: f64| {
                    let re = a + b * turn.cos() + d * (2.0 * turn).cos();
                    let im = b * turn.sin() + d * (2.0 * turn).sin();
                    re * re + im * im
                };
                part(c.b0, c.b1, c.b2) / part(1.0, c.a1, c.a2)
            };
            let played = 10.0 * (of(filters.shelf) * of(filters.high_pass)).log10();
            let weight = 10.0 * k_weight(hz).log10();
            // As printed, the high-pass has a little gain, which differs from rate to rate.
            assert!((played - weight).abs() < 0.1, "{hz} Hz: {played} {weight}");
        }
    }
}
