use super::*;

use crate::dsp::Biquad;

const RATE: SampleRate = SampleRate(48_000);
const SECOND: usize = 48_000;

fn fs(rate: SampleRate) -> f64 {
    f64::from(rate.0)
}

/// A room without filters in front.
fn open(style: ReverbStyle, times: Times) -> Room {
    Room {
        times,
        high_pass: Hertz(20.0),
        low_pass: Hertz(20_000.0),
        ..Room::of(style)
    }
}

/// The outputs' responses to an impulse of 1 at frame 0 in the given levels of one or two inputs.
fn responses_at(
    settings: &Room,
    rate: SampleRate,
    impulse: &[f32],
    outputs: usize,
    seconds: f64,
) -> Vec<Vec<f64>> {
    let frames = (seconds * fs(rate)) as usize;
    let mut reverb = Reverb::new(settings, impulse.len(), outputs, rate);
    let mut input = Block::new(impulse.len(), frames);
    input.set_frames(frames);
    for (row, level) in impulse.iter().enumerate() {
        input.row_mut(row)[0] = *level;
    }
    let mut output = Block::new(outputs, frames);
    output.set_frames(frames);
    reverb.play(input.whole(), &mut output.whole_mut());
    output
        .rows()
        .map(|row| row.iter().map(|&x| f64::from(x)).collect())
        .collect()
}

fn responses(settings: &Room, outputs: usize, seconds: f64) -> Vec<Vec<f64>> {
    responses_at(settings, RATE, &[1.0], outputs, seconds)
}

/// A band of an octave round `hz`: a Butterworth band of third order, forwards and backwards.
fn octave(samples: &[f64], hz: f64, rate: SampleRate) -> Vec<f64> {
    let (low, high) = (
        Hertz(hz / 2f64.sqrt()),
        Hertz((hz * 2f64.sqrt()).min(0.48 * fs(rate))),
    );
    let mut out: Vec<f64> = samples.to_vec();
    let pole = |hz: Hertz| (-std::f64::consts::TAU * hz.0 / fs(rate)).exp();
    for _ in 0..2 {
        for coefficients in [
            Coefficients::highpass(low, 1.0, rate),
            Coefficients::lowpass(high, 1.0, rate),
        ] {
            let mut filter = Biquad::new(coefficients);
            out.iter_mut().for_each(|x| *x = filter.step(*x));
        }
        let (below, above) = (pole(low), pole(high));
        let (mut slow, mut fast) = (0.0, 0.0);
        for x in &mut out {
            slow += (1.0 - below) * (*x - slow);
            fast += (1.0 - above) * (*x - slow - fast);
            *x = fast;
        }
        out.reverse();
    }
    out
}

/// T30: from the backward-integrated decay between -5 and -35 dB.
fn t30(samples: &[f64], rate: SampleRate) -> f64 {
    let mut left: Vec<f64> = samples.iter().map(|x| x * x).collect();
    for n in (0..left.len() - 1).rev() {
        left[n] += left[n + 1];
    }
    let db: Vec<f64> = left.iter().map(|e| 10.0 * (e / left[0]).log10()).collect();
    let at = |level: f64| db.iter().position(|&d| d <= level).expect("it decays");
    let (from, to) = (at(-5.0), at(-35.0));
    // Least squares over the stretch.
    let points = (from..to).map(|n| (n as f64 / fs(rate), db[n]));
    let count = (to - from) as f64;
    let (mut st, mut sd, mut stt, mut std) = (0.0, 0.0, 0.0, 0.0);
    for (t, d) in points {
        st += t;
        sd += d;
        stt += t * t;
        std += t * d;
    }
    -60.0 / ((count * std - st * sd) / (count * stt - st * st))
}

const STYLES: [ReverbStyle; 3] = [ReverbStyle::Hall, ReverbStyle::Plate, ReverbStyle::Room];

/// How far a decay may be off in the octave round `hz`.
fn tolerance(hz: f64) -> f64 {
    if (500.0..=4000.0).contains(&hz) {
        0.05
    } else {
        0.1
    }
}

#[test]
fn the_decay_is_the_one_asked_for_in_every_octave_of_every_output() {
    for rate in [44_100, 48_000, 96_000].map(SampleRate) {
        for style in STYLES {
            for rt60_s in [0.4, 0.5, 0.8, 1.0, 1.4, 2.2] {
                let settings = open(style, Times::all(rt60_s));
                let responses = responses_at(&settings, rate, &[1.0], 3, 1.0 * rt60_s + 0.2);
                for (k, response) in responses.iter().enumerate() {
                    for hz in [125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0] {
                        let found = t30(&octave(response, hz, rate), rate);
                        let off = found / rt60_s - 1.0;
                        assert!(
                            off.abs() <= tolerance(hz),
                            "{style:?} {rt60_s} s at {hz} Hz of {} Hz, output {k}: {found} s",
                            rate.0
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn low_and_high_tones_may_decay_in_times_of_their_own() {
    let bands = Times::Bands {
        low_s: 3.0,
        mid_s: 2.0,
        high_s: 1.0,
    };
    let points = [(125.0, 2.8), (500.0, 2.0), (2000.0, 1.6), (8000.0, 0.9)];
    let of_points = Times::Points(points.map(|(hz, s)| (Hertz(hz), s)).to_vec());
    for (times, expected) in [
        (bands, &[(63.0, 3.0), (1000.0, 2.0), (12_000.0, 1.0)][..]),
        (of_points, &points[..]),
    ] {
        let responses = responses(&open(ReverbStyle::Hall, times), 1, 4.0);
        for &(hz, rt60_s) in expected {
            let found = t30(&octave(&responses[0], hz, RATE), RATE);
            assert!(
                (found / rt60_s - 1.0).abs() <= tolerance(hz),
                "{hz} Hz: {found} s"
            );
        }
    }
}

#[test]
fn outputs_are_equally_loud_and_have_nothing_in_common() {
    let energy = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    for style in STYLES {
        for outputs in [2, 6, 16] {
            for impulse in [&[1.0][..], &[1.0, 0.0], &[0.0, 1.0], &[0.7, 0.7]] {
                let settings = Room::of(style);
                let seconds = 1.2 * style.usual_rt60_s();
                let responses = responses_at(&settings, RATE, impulse, outputs, seconds);
                let levels: Vec<f64> = responses
                    .iter()
                    .map(|r| 10.0 * energy(r, r).log10())
                    .collect();
                let highest = levels.iter().copied().fold(f64::MIN, f64::max);
                let lowest = levels.iter().copied().fold(f64::MAX, f64::min);
                let what = format!("{style:?}, {outputs} outputs, input {impulse:?}");
                assert!(highest - lowest <= 0.5, "{what}: {levels:?}");
                let onset = responses[0]
                    .iter()
                    .position(|&x| x.abs() > 1e-6)
                    .expect("it sounds");
                let late: Vec<&[f64]> = responses
                    .iter()
                    .map(|r| &r[onset + SECOND / 10..])
                    .collect();
                for a in 0..outputs {
                    for b in 0..a {
                        let (x, y) = (late[a], late[b]);
                        let c = energy(x, y) / (energy(x, x) * energy(y, y)).sqrt();
                        assert!(c.abs() <= 0.1, "{what}: {a} and {b} have {c}");
                    }
                }
            }
        }
    }
}

/// First time, in seconds after the onset, from which the normalised echo density stays at 0.95 or more
/// for 10 ms (Abel and Huang 2006).
fn mixing_time_s(response: &[f64], rate: SampleRate) -> f64 {
    let second = rate.0 as usize;
    let onset = response
        .iter()
        .position(|&x| x.abs() > 1e-3 * response.iter().fold(0.0, |m, x| x.abs().max(m)))
        .expect("it sounds");
    let half = second / 100;
    let window: Vec<f64> = (0..2 * half)
        .map(|k| 0.5 - 0.5 * (std::f64::consts::TAU * (k as f64 + 0.5) / (2 * half) as f64).cos())
        .collect();
    let sum: f64 = window.iter().sum();
    let step = second / 500;
    let mut dense = 0;
    for start in (onset..response.len() - 2 * half).step_by(step) {
        let part = &response[start..start + 2 * half];
        let power: f64 = part
            .iter()
            .zip(&window)
            .map(|(x, w)| w * x * x)
            .sum::<f64>()
            / sum;
        let outside: f64 = part
            .iter()
            .zip(&window)
            .filter(|(x, _)| x.abs() > power.sqrt())
            .map(|(_, w)| w)
            .sum::<f64>()
            / sum;
        if outside / 0.3173 >= 0.95 {
            dense += 1;
            if dense == 6 {
                return (start + half - onset) as f64 / second as f64 - 0.01;
            }
        } else {
            dense = 0;
        }
    }
    f64::INFINITY
}

#[test]
fn echoes_grow_dense_in_time() {
    for rate in [44_100, 48_000, 96_000].map(SampleRate) {
        for (style, limit_s) in [
            (ReverbStyle::Hall, 0.1),
            (ReverbStyle::Plate, 0.05),
            (ReverbStyle::Room, 0.05),
        ] {
            let impulses: &[&[f32]] = match rate.0 {
                96_000 => &[&[1.0]],
                _ => &[&[1.0], &[1.0, 0.0], &[0.0, 1.0]],
            };
            for impulse in impulses {
                let settings = Room::of(style);
                let responses = responses_at(&settings, rate, impulse, 16, 0.2);
                for (k, response) in responses.iter().enumerate() {
                    let found = mixing_time_s(response, rate);
                    assert!(
                        found <= limit_s,
                        "{style:?} at {} Hz, input {impulse:?}, output {k}: {found} s",
                        rate.0
                    );
                }
            }
        }
    }
}

#[test]
fn the_tail_ends_and_the_pre_delay_is_exact() {
    let settings = Room {
        times: Times::all(0.8),
        pre_delay_s: 0.05,
        ..Room::of(ReverbStyle::Plate)
    };
    let with = &responses(&settings, 2, 2.5)[0];
    let last = with[2 * SECOND + 2400..]
        .iter()
        .fold(0.0, |m: f64, x| m.max(x.abs()));
    assert!(last < 1e-6, "{last} after 2.5 times the decay");
    let without = &responses(
        &Room {
            pre_delay_s: 0.0,
            ..settings
        },
        2,
        2.5,
    )[0];
    for n in 0..SECOND {
        assert!((with[n + 2400] - without[n]).abs() < 1e-9, "frame {n}");
    }
}

#[test]
fn every_block_length_gives_the_same_bits() {
    let frames = 9_001;
    let settings = Room {
        times: Times::Bands {
            low_s: 2.2,
            mid_s: 2.2,
            high_s: 1.0,
        },
        ..Room::of(ReverbStyle::Hall)
    };
    let mut input = Block::new(2, frames);
    input.set_frames(frames);
    let mut state = 9_u32;
    for row in input.rows_mut() {
        for x in row.iter_mut().take(3000) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *x = (state >> 8) as f32 / 8_388_608.0 - 1.0;
        }
    }
    let run = |lengths: &[usize]| {
        let mut reverb = Reverb::new(&settings, 2, 5, RATE);
        let mut output = Block::new(5, frames);
        output.set_frames(frames);
        let mut done = 0;
        for length in lengths.iter().cycle() {
            let count = (*length).min(frames - done);
            let span = done..done + count;
            let mut out = output.passage_mut(0..5, span.clone());
            reverb.play(input.passage(0..2, span), &mut out);
            done += count;
            if done == frames {
                break;
            }
        }
        output
    };
    let whole = run(&[frames]);
    for lengths in [&[1][..], &[7, 64, 1000], &[33]] {
        let parts = run(lengths);
        for (a, b) in whole.rows().zip(parts.rows()) {
            assert!(
                a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()),
                "{lengths:?}"
            );
        }
    }
}
