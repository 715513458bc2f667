//! Saturation: aliases, straightness at rest, loudness.

use crate::measure::{FS, noise, rms_db, run, sine, spectrum_db};

const STYLES: [&str; 4] = ["tube", "tape", "transformer", "soft-clip"];

/// The loudest of what is no harmonic of `hz`, from 20 Hz on, in dB below the tone.
fn inharmonic_db(out: &[f32], hz: f64) -> f64 {
    let lines = spectrum_db(out);
    let width = FS / 2.0 / (lines.len() - 1) as f64;
    let near = |f: f64, k: f64| (f - k).abs() <= 14.0 * width;
    let harmonics: Vec<f64> = (1..)
        .map(|k| f64::from(k) * hz)
        .take_while(|f| *f < FS / 2.0)
        .collect();
    let mut tone = 0.0;
    let mut rest = 0.0;
    for (line, db) in lines.iter().enumerate() {
        let f = line as f64 * width;
        let power = 10f64.powf(db / 10.0);
        if near(f, hz) {
            tone += power;
        } else if f > 20.0 && harmonics.iter().all(|h| !near(f, *h)) {
            rest += power;
        }
    }
    10.0 * (rest / tone).log10()
}

#[test]
fn harmonics_do_not_fold_back() {
    for (quality, limit) in [("normal", -75.0), ("high", -90.0)] {
        for style in STYLES {
            for hz in [4999.0, 9011.0, 14_983.0] {
                let text = format!(
                    "[{{ sat = {{ style = '{style}', drive = 12, quality = '{quality}' }} }}]"
                );
                let out = run(&text, &sine(hz, -1.0, 3.0));
                let found = inharmonic_db(&out[24_000..], hz);
                assert!(found <= limit, "{style}, {quality}, {hz} Hz: {found} dB");
            }
        }
    }
}

#[test]
fn drive_0_is_a_straight_line() {
    for style in STYLES {
        let text = format!("[{{ sat = {{ style = '{style}', drive = 0 }} }}]");
        for hz in [20.0, 100.0, 1000.0, 10_000.0, 20_000.0] {
            let tone = sine(hz, -1.0, 1.0);
            let out = run(&text, &tone);
            let off = rms_db(&out[24_000..47_000]) - rms_db(&tone[24_000..47_000]);
            assert!(off.abs() < 0.05, "{style}, {hz} Hz: {off} dB");
        }
    }
}

#[test]
fn loudness_stays_within_0_3_db_unless_it_is_not_wanted() {
    for style in STYLES {
        for drive in [3.0, 6.0, 12.0, 20.0] {
            for level in [-30.0, -18.0, -10.0] {
                let text = format!("[{{ sat = {{ style = '{style}', drive = {drive} }} }}]");
                let input = noise(level, 6.0, 3);
                let out = run(&text, &input);
                let off = rms_db(&out[24_000..]) - rms_db(&input[24_000..]);
                assert!(off.abs() < 0.3, "{style}, {drive} dB at {level}: {off} dB");
            }
        }
        let text = format!("[{{ sat = {{ style = '{style}', drive = 12, auto-gain = false }} }}]");
        let input = noise(-10.0, 2.0, 3);
        assert!(rms_db(&run(&text, &input)) < rms_db(&input) - 3.0);
    }
}

#[test]
fn a_tube_has_even_harmonics_and_a_clipper_odd_ones() {
    let level = |style: &str, harmonic: f64| {
        let text = format!("[{{ sat = {{ style = '{style}', drive = 6 }} }}]");
        let out = run(&text, &sine(1000.0, -10.0, 2.0));
        let lines = spectrum_db(&out[48_000..]);
        let width = FS / 2.0 / (lines.len() - 1) as f64;
        lines[(1000.0 * harmonic / width).round() as usize]
    };
    assert!(level("tube", 2.0) > level("tube", 3.0) + 10.0);
    assert!(level("soft-clip", 3.0) > level("soft-clip", 2.0) + 40.0);
}

#[test]
fn half_wet_without_drive_nulls_with_the_dry_sound() {
    let input = sine(5000.0, -6.0, 0.5);
    let out = run("[{ sat = { drive = 0, mix = 0.5 } }]", &input);
    let worst = input
        .iter()
        .zip(&out)
        .take(23_000)
        .skip(1000)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-4, "{worst}");
}

/// Loudness in LUFS by another program's meter.
fn lufs(row: &[f32]) -> f64 {
    let mut meter = ebur128::EbuR128::new(1, 48_000, ebur128::Mode::I).unwrap();
    meter.add_frames_f32(row).unwrap();
    meter.loudness_global().unwrap()
}

#[test]
fn loudness_stays_within_0_3_lu_for_every_mix() {
    // Notes of a falling scale over noise: loud and soft, low and high.
    let music: Vec<f32> = noise(-30.0, 10.0, 9)
        .iter()
        .enumerate()
        .map(|(n, x)| {
            let t = n as f64 / FS;
            let hz = 440.0 * 2f64.powf(-(2.0 * t).floor() / 12.0);
            let fade = (-4.0 * (2.0 * t).fract()).exp();
            let note = (std::f64::consts::TAU * hz * t).sin()
                + 0.4 * (std::f64::consts::TAU * 3.0 * hz * t).sin();
            x + (0.4 * fade * note) as f32
        })
        .collect();
    for style in STYLES {
        for drive in [3.0, 12.0, 20.0] {
            for mix in [0.2, 0.5, 1.0] {
                let text =
                    format!("[{{ sat = {{ style = '{style}', drive = {drive}, mix = {mix} }} }}]");
                let off = lufs(&run(&text, &music)) - lufs(&music);
                assert!(off.abs() < 0.3, "{text}: {off} LU");
            }
        }
    }
}
