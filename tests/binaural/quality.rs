//! How near a render is to what was measured.

use umbel::geometry::{Direction, direction};
use umbel::render::hrtf::{HrtfSet, kemar};
use umbel::units::SampleRate;

use super::measure::{ild_db, itd_us, lsd_db, null_db, quantiles, wide};
use super::{dry, hear, impulse, prepared, raw_filters, still};

pub(crate) fn angles(d: &Direction) -> (f64, f64) {
    (
        (-d.x).atan2(d.y).to_degrees(),
        d.z.clamp(-1.0, 1.0).asin().to_degrees(),
    )
}

/// The measured pair of direction number `index`.
pub(crate) fn measured(set: &HrtfSet, index: usize) -> [Vec<f64>; 2] {
    [0, 1].map(|ear| {
        set.response(ear, index)
            .iter()
            .map(|x| f64::from(*x))
            .collect()
    })
}

/// The number of the direction nearest to an azimuth and elevation.
pub(crate) fn nearest(set: &HrtfSet, azimuth: f64, elevation: f64) -> usize {
    let wanted = direction(azimuth, elevation);
    let near = |i: &usize| set.directions()[*i].dot(&wanted);
    let all = 0..set.directions().len();
    all.max_by(|a, b| near(a).total_cmp(&near(b))).unwrap()
}

/// Errors of ITD (µs), ILD (dB) and spectrum (dB).
pub(crate) fn errors(found: &[Vec<f64>; 2], expected: &[Vec<f64>; 2], rate: f64) -> [f64; 3] {
    [
        (itd_us(found, rate) - itd_us(expected, rate)).abs(),
        (ild_db(found) - ild_db(expected)).abs(),
        lsd_db(found, expected, rate),
    ]
}

/// Panics if medians or 95th percentiles are above the limits, for ITD (µs), ILD (dB) and spectrum (dB).
#[allow(
    clippy::print_stdout,
    reason = "the figures of the documentation; --nocapture shows them"
)]
pub(crate) fn assert_within(all: &[[f64; 3]], limits: [(f64, f64); 3], what: &str) {
    let found = [0, 1, 2].map(|n| quantiles(all.iter().map(|errors| errors[n]).collect()));
    println!("{what}: {found:.2?}");
    let mut pairs = found.iter().zip(&limits);
    assert!(
        pairs.all(|(found, limit)| found.0 <= limit.0 && found.1 <= limit.1),
        "{what}: errors of ITD, ILD and spectrum {found:.2?}, allowed {limits:?}"
    );
}

#[test]
fn measured_directions_are_played_as_they_were_measured() {
    let (set, filters) = raw_filters();
    let rate = f64::from(set.rate().0);
    let mut chosen: Vec<usize> = [
        (90.0, 0.0),
        (-90.0, 0.0),
        (180.0, 0.0),
        (0.0, 0.0),
        (0.0, 90.0),
    ]
    .iter()
    .map(|&(az, el)| nearest(&set, az, el))
    .collect();
    chosen.extend((0..19).map(|n| n * 37 % set.directions().len()));
    for index in chosen {
        let (azimuth, elevation) = angles(&set.directions()[index]);
        let found = hear(
            dry(&filters),
            vec![still(0, azimuth, elevation)],
            &[impulse(2048)],
        );
        let (found, expected) = (wide(&found), measured(&set, index));
        let null = null_db(&found, &expected);
        assert!(
            null <= -100.0,
            "azimuth {azimuth}, elevation {elevation}: null {null:.1} dB"
        );
        let [itd, ild, lsd] = errors(&found, &expected, rate);
        assert!(
            itd <= 3.0 && ild <= 0.1 && lsd <= 0.1,
            "{azimuth}, {elevation}: {itd} {ild} {lsd}"
        );
    }
}

#[test]
fn directions_left_out_of_a_thinned_grid_are_near_what_was_measured() {
    let (set, _) = raw_filters();
    let keep = coarse(&set);
    let left_out: Vec<usize> = (0..keep.len()).filter(|&i| !keep[i]).collect();
    assert_eq!(left_out.len(), 551);
    let all = errors_of_rest(&set, &keep, &left_out);
    assert_within(&all, [(5.0, 25.0), (0.3, 1.5), (1.05, 2.8)], "thinned");
}

#[test]
fn a_step_below_the_lowest_measured_directions_little_is_lost() {
    let (set, _) = raw_filters();
    let elevation = |i: usize| angles(&set.directions()[i]).1.round() as i32;
    let mut keep = coarse(&set);
    for (i, keep) in keep.iter_mut().enumerate() {
        *keep &= elevation(i) >= -20;
    }
    for (ring, limits) in [
        (-30, [(13.0, 28.0), (0.5, 1.9), (1.9, 3.2)]),
        (-40, [(18.0, 40.0), (1.2, 6.0), (3.1, 7.0)]),
    ] {
        let at: Vec<usize> = (0..keep.len()).filter(|&i| elevation(i) == ring).collect();
        let all = errors_of_rest(&set, &keep, &at);
        assert_within(&all, limits, &format!("at {ring}, from -20 up"));
    }
}

/// What is kept of KEMAR for a grid of 15 by 20 degrees. Its rings do not fall on multiples of 15 degrees: as many of
/// each second ring as come nearest.
fn coarse(set: &HrtfSet) -> Vec<bool> {
    let ring = |d: &Direction| ((angles(d).1.round() as i32 + 40) / 10) as usize;
    let mut sizes = [0_usize; 14];
    set.directions().iter().for_each(|d| sizes[ring(d)] += 1);
    let mut number = [0_usize; 14];
    let keep = |d: &Direction| {
        let ring = ring(d);
        let step = (sizes[ring] as f64 / 24.0).round().max(1.0) as usize;
        number[ring] += 1;
        ring == 13 || (ring % 2 == 0 && (number[ring] - 1) % step == 0)
    };
    set.directions().iter().map(keep).collect()
}

/// The errors at the directions `at` of what is rendered from those of `keep`.
fn errors_of_rest(set: &HrtfSet, keep: &[bool], at: &[usize]) -> Vec<[f64; 3]> {
    let kept = |d: &Direction| {
        let found = set.directions().iter().position(|other| other == d);
        found.is_some_and(|i| keep[i])
    };
    let thinned = set.thinned(kept).unwrap();
    let filters = prepared(&thinned, set.rate());
    let rate = f64::from(set.rate().0);
    let lead = filters.lead_frames();
    at.iter()
        .map(|&i| {
            let taps = filters.taps(&set.directions()[i]);
            let found = taps.map(|taps| taps[lead..].to_vec());
            errors(&found, &measured(set, i), rate)
        })
        .collect()
}

#[test]
fn another_sample_rate_changes_neither_time_nor_colour() {
    let set = kemar().unwrap();
    for rate in [48_000, 96_000, 32_000] {
        let filters = prepared(&set, SampleRate(rate));
        let own = prepared(&set, set.rate());
        for (azimuth, elevation) in [(0.0, 0.0), (90.0, 0.0), (-135.0, 30.0), (40.0, -40.0)] {
            let at = direction(azimuth, elevation);
            let [there, here] = [(&filters, rate), (&own, set.rate().0)].map(|(filters, rate)| {
                let taps = filters
                    .taps(&at)
                    .map(|taps| taps[filters.lead_frames()..].to_vec());
                (itd_us(&taps, f64::from(rate)), ild_db(&taps), taps)
            });
            assert!(
                (there.0 - here.0).abs() < 1.0,
                "{rate}: ITD {} {}",
                there.0,
                here.0
            );
            // The bands of the response at 44.1 kHz, read at this rate's frequencies.
            for ear in 0..2 {
                for hz in [200.0, 1000.0, 4000.0, 8000.0, 12_000.0] {
                    let level = |taps: &[f64], rate: f64| {
                        let turn = std::f64::consts::TAU * hz / rate;
                        let sums = taps
                            .iter()
                            .enumerate()
                            .fold((0.0, 0.0), |(re, im), (n, x)| {
                                let (sin, cos) = (turn * n as f64).sin_cos();
                                (re + x * cos, im - x * sin)
                            });
                        20.0 * f64::hypot(sums.0, sums.1).log10()
                    };
                    let found = level(&there.2[ear], f64::from(rate));
                    let expected = level(&here.2[ear], f64::from(set.rate().0));
                    assert!(
                        (found - expected).abs() < 0.3,
                        "{rate} Hz, {azimuth}, {elevation}, ear {ear}, {hz} Hz: {found} {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn mirrored_directions_swap_the_ears() {
    let (_, filters) = raw_filters();
    for (azimuth, elevation) in [
        (30.0, 0.0),
        (17.3, 11.1),
        (93.0, 55.0),
        (140.0, -60.0),
        (33.0, -83.0),
    ] {
        let left = filters.taps(&direction(azimuth, elevation));
        let right = filters.taps(&direction(-azimuth, elevation));
        for ear in 0..2 {
            let pairs = left[ear].iter().zip(&right[1 - ear]);
            let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-6, "{azimuth}, {elevation}: {worst}");
        }
    }
}
