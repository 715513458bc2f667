//! The meters read what the standards say: EBU Tech 3341 and 3342 test signals made here, with their
//! published tolerances, and the crate `ebur128` as a second opinion.

use std::f64::consts::TAU;

use umbel::audio::Block;
use umbel::measure::{LoudnessMeter, PeakMeter, TruePeakMeter};
use umbel::units::SampleRate;

const RATE: SampleRate = SampleRate(48_000);

/// One stretch of a sine: level of its peak in dBFS for each channel, and seconds.
type Stretch<'a> = (&'a [f64], f64);

/// A sine that goes on through all stretches, every channel in phase.
fn sine(hz: f64, stretches: &[Stretch<'_>]) -> Vec<Vec<f32>> {
    let mut rows = vec![Vec::new(); stretches[0].0.len()];
    for (levels_db, seconds) in stretches {
        let frames = (seconds * 48_000.0).round() as usize;
        let first = rows[0].len();
        for (row, level_db) in rows.iter_mut().zip(*levels_db) {
            let amplitude = 10f64.powf(level_db / 20.0);
            row.extend(
                (first..first + frames)
                    .map(|n| (amplitude * (TAU * hz * n as f64 / 48_000.0).sin()) as f32),
            );
        }
    }
    rows
}

fn stereo(stretches: &[(f64, f64)]) -> Vec<Vec<f32>> {
    let levels: Vec<[f64; 2]> = stretches.iter().map(|&(db, _)| [db, db]).collect();
    let stretches: Vec<Stretch<'_>> = levels
        .iter()
        .zip(stretches)
        .map(|(levels, &(_, seconds))| (&levels[..], seconds))
        .collect();
    sine(1000.0, &stretches)
}

/// Gives the rows to `add` in blocks of `length` frames.
fn in_blocks(rows: &[Vec<f32>], length: usize, mut add: impl FnMut(&Block)) {
    let mut block = Block::new(rows.len(), length);
    let frames = rows[0].len();
    for start in (0..frames).step_by(length) {
        let end = frames.min(start + length);
        block.set_frames(end - start);
        for (to, row) in block.rows_mut().zip(rows) {
            to.copy_from_slice(&row[start..end]);
        }
        add(&block);
    }
}

fn measured(rows: &[Vec<f32>], weights: &[f64], rate: SampleRate) -> LoudnessMeter {
    let mut meter = LoudnessMeter::new(rate, weights);
    in_blocks(rows, 1024, |block| meter.add(block));
    meter
}

fn assert_near(what: &str, read: Option<f64>, expected: f64, tolerance: f64) {
    let read = read.unwrap_or_else(|| panic!("{what}: no reading"));
    assert!(
        (read - expected).abs() <= tolerance,
        "{what}: {read:.3}, not {expected} ± {tolerance}"
    );
}

/// Loud noise with quiet passages, different in every channel. Neighbouring samples are averaged, so that
/// there is little where interpolation filters end and may differ.
fn noise(channels: usize, frames: usize) -> Vec<Vec<f32>> {
    (0..channels)
        .map(|channel| {
            let mut state = 0x9e37_79b9_u32.wrapping_mul(channel as u32 + 1);
            let mut last = 0.0;
            (0..frames)
                .map(|n| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let level = if (n / 40_000) % 3 == 0 { 0.02 } else { 0.4 };
                    let white = level * (f64::from(state) / f64::from(u32::MAX) - 0.5);
                    let sample = (white + last) / 2.0;
                    last = white;
                    sample as f32
                })
                .collect()
        })
        .collect()
}

#[test]
fn a_997_hz_sine_reads_its_level_in_front_and_1_5_more_at_the_side() {
    // ITU-R BS.1770-4 Annex 1: 0 dBFS in one front channel reads -3.01 LKFS.
    for (weight, expected) in [(1.0, -23.01), (1.41, -21.52)] {
        let rows = sine(997.0, &[(&[-20.0], 20.0)]);
        let meter = measured(&rows, &[weight], RATE);
        assert_near("integrated", meter.integrated(), expected, 0.01);
        assert_near("momentary", meter.momentary_max(), expected, 0.01);
        assert_near("short-term", meter.short_term_max(), expected, 0.01);
    }
    let lfe = measured(&sine(997.0, &[(&[-20.0, -300.0], 2.0)]), &[0.0, 1.0], RATE);
    assert_eq!(lfe.integrated(), None, "an LFE channel counts for nothing");
}

#[test]
fn integrated_loudness_of_tech_3341_within_a_tenth() {
    // EBU Tech 3341 table 1, cases 1 to 5: 1 kHz stereo.
    type Case = (&'static str, Vec<(f64, f64)>, f64);
    let cases: [Case; 5] = [
        ("1", vec![(-23.0, 20.0)], -23.0),
        ("2", vec![(-33.0, 20.0)], -33.0),
        (
            "3",
            vec![(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)],
            -23.0,
        ),
        (
            "4",
            vec![
                (-72.0, 10.0),
                (-36.0, 10.0),
                (-23.0, 60.0),
                (-36.0, 10.0),
                (-72.0, 10.0),
            ],
            -23.0,
        ),
        (
            "5",
            vec![(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)],
            -23.0,
        ),
    ];
    for (name, stretches, expected) in cases {
        let meter = measured(&stereo(&stretches), &[1.0, 1.0], RATE);
        assert_near(name, meter.integrated(), expected, 0.1);
    }
    // Case 6: five channels, L R C Ls Rs.
    let rows = sine(1000.0, &[(&[-28.0, -28.0, -24.0, -30.0, -30.0], 20.0)]);
    let meter = measured(&rows, &[1.0, 1.0, 1.0, 1.41, 1.41], RATE);
    assert_near("6", meter.integrated(), -23.0, 0.1);
}

#[test]
fn short_term_and_momentary_loudness_of_tech_3341_within_a_tenth() {
    // Case 9: short-term is constant when levels alternate within 3 s.
    let pattern = [(-20.0, 1.34), (-30.0, 1.66)].repeat(5);
    let meter = measured(&stereo(&pattern), &[1.0, 1.0], RATE);
    assert_near("9", meter.short_term_max(), -23.0, 0.1);
    // Case 12: momentary likewise within 0.4 s.
    let pattern = [(-20.0, 0.18), (-30.0, 0.22)].repeat(25);
    let meter = measured(&stereo(&pattern), &[1.0, 1.0], RATE);
    assert_near("12", meter.momentary_max(), -23.0, 0.1);
    // Cases 10 and 13: a tone of one window after a silence of any length. The windows of this meter
    // begin every 100 ms, so that lengths of whole hops are met exactly.
    for hops in 0..4 {
        let silence = f64::from(hops) * 0.1 + 0.1;
        let meter = measured(
            &stereo(&[(-300.0, silence), (-23.0, 3.0), (-300.0, 1.0)]),
            &[1.0, 1.0],
            RATE,
        );
        assert_near("10", meter.short_term_max(), -23.0, 0.1);
        let meter = measured(
            &stereo(&[(-300.0, silence), (-23.0, 0.4), (-300.0, 1.0)]),
            &[1.0, 1.0],
            RATE,
        );
        assert_near("13", meter.momentary_max(), -23.0, 0.1);
    }
}

#[test]
fn loudness_range_of_tech_3342_within_one() {
    // EBU Tech 3342 table 1, cases 1 to 4.
    let cases: [(&str, &[f64], f64); 4] = [
        ("1", &[-20.0, -30.0], 10.0),
        ("2", &[-20.0, -15.0], 5.0),
        ("3", &[-40.0, -20.0], 20.0),
        ("4", &[-50.0, -35.0, -20.0, -35.0, -50.0], 15.0),
    ];
    for (name, levels, expected) in cases {
        let stretches: Vec<(f64, f64)> = levels.iter().map(|&db| (db, 20.0)).collect();
        let meter = measured(&stereo(&stretches), &[1.0, 1.0], RATE);
        assert_near(name, meter.range(), expected, 1.0);
    }
}

#[test]
fn true_peak_of_tech_3341_within_its_tolerance() {
    // Cases 15 to 19: divisor of the rate, phase in degrees, amplitude, dBTP. +0.2/-0.4 dB.
    let cases = [
        ("15", 4.0, 0.0, 0.5, -6.0),
        ("16", 4.0, 45.0, 0.5, -6.0),
        ("17", 6.0, 60.0, 0.5, -6.0),
        ("18", 8.0, 67.5, 0.5, -6.0),
        ("19", 4.0, 45.0, 1.41, 3.0),
    ];
    for (name, divisor, phase_deg, amplitude, expected) in cases {
        let phase = f64::to_radians(phase_deg);
        let row: Vec<f32> = (0..48_000)
            .map(|n| {
                // Faded in and out: a switched-on sine has a higher peak of its own.
                let fade = (f64::from(n) / 4800.0)
                    .min(f64::from(48_000 - n) / 4800.0)
                    .min(1.0);
                (fade * amplitude * (TAU * f64::from(n) / divisor + phase).sin()) as f32
            })
            .collect();
        let mut meter = TruePeakMeter::new(1);
        in_blocks(&[row], 1024, |block| meter.add(block));
        let read = 20.0 * f64::from(meter.highest()).log10();
        assert!(
            (-0.4..=0.2).contains(&(read - expected)),
            "case {name}: {read:.3} dBTP, not {expected}"
        );
    }
}

#[test]
fn figures_agree_with_ebur128() {
    use ebur128::{Channel, EbuR128, Mode};
    for rate in [44_100, 48_000, 96_000] {
        let rows = noise(12, rate as usize * 8 + 4321);
        // 7.1.4 in the order of BS.2051 system J.
        let map = [
            Channel::Left,
            Channel::Right,
            Channel::Center,
            Channel::Unused,
            Channel::Mp090,
            Channel::Mm090,
            Channel::Mp135,
            Channel::Mm135,
            Channel::Up045,
            Channel::Um045,
            Channel::Up135,
            Channel::Um135,
        ];
        let mut weights = [1.0; 12];
        weights[3] = 0.0;
        weights[4] = 1.41;
        weights[5] = 1.41;
        let meter = measured(&rows, &weights, SampleRate(rate));
        let mut peaks = PeakMeter::new(12);
        let mut true_peaks = TruePeakMeter::new(12);
        in_blocks(&rows, 777, |block| {
            peaks.add(block);
            true_peaks.add(block);
        });

        let modes = Mode::I | Mode::LRA | Mode::SAMPLE_PEAK | Mode::TRUE_PEAK;
        let mut other = EbuR128::new(12, rate, modes).unwrap();
        other.set_channel_map(&map).unwrap();
        let planar: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        other.add_frames_planar_f32(&planar).unwrap();

        assert_near(
            "integrated",
            meter.integrated(),
            other.loudness_global().unwrap(),
            0.01,
        );
        assert_near("range", meter.range(), other.loudness_range().unwrap(), 1.0);
        for channel in 0..12 {
            let sample = other.sample_peak(channel as u32).unwrap();
            assert!((f64::from(peaks.peaks()[channel]) - sample).abs() < 1e-9);
            // Two interpolation filters, both allowed: within the tolerance of Tech 3341.
            let theirs = 20.0 * other.true_peak(channel as u32).unwrap().log10();
            let ours = 20.0 * f64::from(true_peaks.peaks()[channel]).log10();
            assert!(
                (ours - theirs).abs() < 0.6,
                "channel {channel}: {ours} against {theirs} dBTP"
            );
            assert!(true_peaks.peaks()[channel] >= peaks.peaks()[channel]);
        }
    }
}

#[test]
fn figures_are_the_same_bits_for_any_block_length() {
    // A rate whose tenth of a second is no whole number of frames, and channels that fill no lane group.
    let rate = SampleRate(22_055);
    let rows = noise(11, 22_055 * 5 + 123);
    let weights = [1.0, 1.0, 1.0, 0.0, 1.41, 1.41, 1.0, 1.0, 1.0, 1.0, 1.0];
    let figures = |length: usize| {
        let mut loudness = LoudnessMeter::new(rate, &weights);
        let mut true_peak = TruePeakMeter::new(11);
        in_blocks(&rows, length, |block| {
            loudness.add(block);
            true_peak.add(block);
        });
        let figures = [
            loudness.integrated(),
            loudness.momentary_max(),
            loudness.short_term_max(),
            loudness.range(),
        ];
        let bits = figures.map(|figure| figure.expect("the noise is loud").to_bits());
        let peaks: Vec<u32> = true_peak.peaks().iter().map(|p| p.to_bits()).collect();
        (bits, peaks)
    };
    let expected = figures(1024);
    for length in [1, 7, 64, 2205, 2206, 100_000] {
        assert_eq!(figures(length), expected, "blocks of {length}");
    }
}

#[test]
fn silence_has_no_loudness_and_leaves_nothing_behind() {
    let mut meter = LoudnessMeter::new(RATE, &[1.0, 1.0]);
    let mut block = Block::new(2, 48_000);
    block.set_frames(48_000);
    for _ in 0..5 {
        meter.add(&block);
    }
    assert_eq!(meter.integrated(), None);
    assert_eq!(meter.momentary_max(), None);
    assert_eq!(meter.short_term_max(), None);
    assert_eq!(meter.range(), None);
    // A tone after silence, then silence again: the figure of the tone (its edges share
    // gating blocks with the silence and take 0.03 off).
    let rows = stereo(&[(-300.0, 5.0), (-23.0, 40.0), (-300.0, 60.0)]);
    let meter = measured(&rows, &[1.0, 1.0], RATE);
    assert_near("tone between silences", meter.integrated(), -23.0, 0.1);
}

#[test]
fn measuring_does_not_allocate() {
    let rows = noise(12, 48_000);
    let mut block = Block::new(12, 48_000);
    block.set_frames(48_000);
    for (to, row) in block.rows_mut().zip(&rows) {
        to.copy_from_slice(row);
    }
    let mut loudness = LoudnessMeter::new(RATE, &[1.0; 12]);
    let mut peak = PeakMeter::new(12);
    let mut true_peak = TruePeakMeter::new(12);
    assert_no_alloc::assert_no_alloc(|| {
        for _ in 0..20 {
            loudness.add(&block);
            peak.add(&block);
            true_peak.add(&block);
        }
    });
    assert!(loudness.integrated().is_some() && peak.highest() > 0.1 && true_peak.highest() > 0.1);
}

#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
