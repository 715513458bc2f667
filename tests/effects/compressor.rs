//! Compressors: the static curve, the times, the release, distortion, keys.

use umbel::audio::Block;
use umbel::effect::{Chain, Setup};
use umbel::units::SampleRate;

use crate::measure::{
    FS, RATE, chain, difference_db, entries, noise, rms_db, run, run_in_blocks, sine, spectrum_db,
};

/// Steps of a 1 kHz tone from -60 to 0 dBFS peak, `seconds` each.
fn stairs(seconds: f64) -> (Vec<f64>, Vec<f32>) {
    let levels: Vec<f64> = (0..=30).map(|step| -60.0 + 2.0 * f64::from(step)).collect();
    let samples = levels
        .iter()
        .flat_map(|db| sine(1000.0, *db, seconds))
        .collect();
    (levels, samples)
}

/// Peak level of the tone over the last quarter second of each step.
fn plateaus(out: &[f32], steps: usize, seconds: f64) -> Vec<f64> {
    let length = (seconds * FS) as usize;
    (0..steps)
        .map(|step| {
            let end = (step + 1) * length;
            rms_db(&out[end - 12_000..end]) + 10.0 * 2f64.log10()
        })
        .collect()
}

/// dB in to dB out (Giannoulis, Massberg and Reiss 2012).
fn curve(x: f64, threshold: f64, ratio: f64, knee: f64) -> f64 {
    let over = x - threshold;
    if knee > 0.0 && 2.0 * over.abs() <= knee {
        x + (1.0 / ratio - 1.0) * (over + knee / 2.0).powi(2) / (2.0 * knee)
    } else if over > 0.0 {
        threshold + over / ratio
    } else {
        x
    }
}

#[test]
fn the_static_curve_is_that_of_its_numbers() {
    for (ratio, threshold, knee) in [
        (2.0, -24.0, 0.0),
        (1.5, -30.0, 3.0),
        (4.0, -20.0, 0.0),
        (10.0, -12.0, 0.0),
        (3.0, -35.0, 12.0),
    ] {
        let text = format!(
            "[{{ comp = {{ style = 'vca', ratio = {ratio}, threshold = {threshold}, knee = {knee}, attack-ms = 5, release-ms = 100 }} }}]"
        );
        let (levels, input) = stairs(1.0);
        let found = plateaus(&run(&text, &input), levels.len(), 1.0);
        for (x, y) in levels.iter().zip(&found) {
            let off = y - curve(*x, threshold, ratio, knee);
            assert!(off.abs() < 0.05, "{text}: at {x} dB {y} dB, off by {off}");
        }
        let top = levels.len() - 1;
        let local = (levels[top] - levels[top - 3]) / (found[top] - found[top - 3]);
        assert!(
            (local - ratio).abs() < 0.05 || (local / ratio - 1.0).abs() < 0.01,
            "{text}: {local}"
        );
    }
}

/// The gain over time in dB: output over input envelope, by complex demodulation at `hz`.
fn gain_db(input: &[f32], output: &[f32], hz: f64) -> Vec<f64> {
    let envelope = |x: &[f32]| {
        // Two boxes of a period of 2 hz: a 600 Hz low-pass or so, without lag at its middle.
        let length = (FS / 600.0) as usize;
        let turned: Vec<(f64, f64)> = x
            .iter()
            .enumerate()
            .map(|(n, x)| {
                let (s, c) = (std::f64::consts::TAU * hz * n as f64 / FS).sin_cos();
                (f64::from(*x) * c, f64::from(*x) * s)
            })
            .collect();
        let mut sums = Vec::with_capacity(x.len());
        let (mut a, mut b) = (0.0, 0.0);
        for n in 0..x.len() + length / 2 {
            if let Some((c, s)) = turned.get(n) {
                (a, b) = (a + c, b + s);
            }
            if let Some((c, s)) = n.checked_sub(length).and_then(|n| turned.get(n)) {
                (a, b) = (a - c, b - s);
            }
            if n >= length / 2 {
                sums.push(a.hypot(b));
            }
        }
        sums
    };
    let (before, after) = (envelope(input), envelope(output));
    before
        .iter()
        .zip(&after)
        .map(|(a, b)| 20.0 * (b.max(1e-12) / a.max(1e-12)).log10())
        .collect()
}

/// Times to 63.2 % of the way down and up again, for a tone that is 10 dB over the threshold for `on` seconds.
fn times(text: &str, threshold: f64, on: f64, after: f64) -> (f64, f64) {
    let before = 1.0;
    let mut input = sine(2000.0, threshold - 24.0, before);
    input.extend(sine(2000.0, threshold + 10.0, on));
    input.extend(sine(2000.0, threshold - 24.0, after));
    let gain = gain_db(&input, &run(text, &input), 2000.0);
    let frame = |seconds: f64| (seconds * FS) as usize;
    let (start, end) = (frame(before), frame(before + on));
    let mean = |range: std::ops::Range<usize>| {
        let length = range.len() as f64;
        gain[range].iter().sum::<f64>() / length
    };
    let rest = mean(start - 9600..start - 2400);
    let held = mean(end - frame(on * 0.1).max(48)..end - 24);
    let share = |level: f64| (level - rest) / (held - rest);
    let down = gain[start..end].iter().position(|g| share(*g) > 0.632);
    let up = gain[end..].iter().position(|g| share(*g) < 0.368);
    let seconds = |frames: Option<usize>| frames.map_or(f64::INFINITY, |n| n as f64 / FS);
    (seconds(down), seconds(up))
}

#[test]
fn times_are_63_percent_of_the_final_reduction() {
    for (ratio, attack, release) in [
        (2.0, 10.0, 300.0),
        (4.0, 10.0, 100.0),
        (10.0, 30.0, 300.0),
        (1.5, 30.0, 1000.0),
        (4.0, 3.0, 50.0),
    ] {
        let text = format!(
            "[{{ comp = {{ style = 'vca', ratio = {ratio}, threshold = -20, attack-ms = {attack}, release-ms = {release} }} }}]"
        );
        let (down, up) = times(&text, -20.0, 2.0, 6.0);
        // The envelope is read to half a millisecond.
        let slack = |ms: f64| 0.1_f64.max(0.5 / ms);
        assert!(
            (1e3 * down / attack - 1.0).abs() < slack(attack),
            "{text}: attack {down} s"
        );
        assert!(
            (1e3 * up / release - 1.0).abs() < slack(release),
            "{text}: release {up} s"
        );
    }
}

#[test]
fn the_automatic_release_depends_on_the_programme() {
    let text = "[{ comp = { style = 'vca', ratio = 2, threshold = -20, attack-ms = 10, release = 'auto' } }]";
    for (on, expected) in [(0.02, 0.05), (0.5, 1.6), (2.0, 4.2)] {
        let (_, up) = times(text, -20.0, on, 12.0);
        assert!((up / expected - 1.0).abs() < 0.2, "{on} s: {up} s");
    }
}

#[test]
fn both_sides_get_exactly_the_same_gain() {
    for style in ["vca", "vari-mu"] {
        let text = format!("[{{ comp = {{ style = '{style}', threshold = -30, warmth = 0 }} }}]");
        let text = if style == "vca" {
            text.replace(", warmth = 0", "")
        } else {
            text
        };
        let left = noise(-10.0, 1.0, 1);
        let quiet: Vec<f32> = left.iter().map(|x| 0.25 * x).collect();
        let out = run_in_blocks(&mut chain(&text, 2), &[left, quiet], 1024);
        let same = out[0]
            .iter()
            .zip(&out[1])
            .all(|(a, b)| (0.25 * a).to_bits() == b.to_bits());
        assert!(same, "{style}");
    }
}

/// Harmonics 2 to 5 of a 1 kHz tone, in dB below it.
fn harmonics(out: &[f32]) -> Vec<f64> {
    let lines = spectrum_db(out);
    let width = FS / 2.0 / (lines.len() - 1) as f64;
    let power = |k: usize| {
        let middle = (k as f64 * 1000.0 / width).round() as usize;
        lines[middle - 12..=middle + 12]
            .iter()
            .map(|db| 10f64.powf(db / 10.0))
            .sum::<f64>()
    };
    (2..=5)
        .map(|k| 10.0 * (power(k) / power(1)).log10())
        .collect()
}

#[test]
fn a_vca_is_clean_and_a_vari_mu_is_even() {
    // 3 dB of reduction at 2:1 is 6 dB over the threshold.
    let vca = "[{ comp = { style = 'vca', ratio = 2, threshold = -16, attack-ms = 10, release-ms = 100 } }]";
    let out = run(vca, &sine(1000.0, -10.0, 4.0));
    let power: f64 = harmonics(&out[96_000..])
        .iter()
        .map(|db| 10f64.powf(db / 10.0))
        .sum();
    assert!(
        100.0 * power.sqrt() <= 0.1,
        "THD {} %",
        100.0 * power.sqrt()
    );
    let mu = |threshold: f64| {
        let text = format!("[{{ comp = {{ style = 'vari-mu', threshold = {threshold} }} }}]");
        harmonics(&run(&text, &sine(1000.0, -10.0, 6.0))[192_000..])
    };
    let (little, much) = (mu(-12.0), mu(-30.0));
    for found in [&little, &much] {
        assert!(
            found[0] > found[1] + 10.0,
            "second {} dB, third {} dB",
            found[0],
            found[1]
        );
    }
    assert!(
        much[0] > little[0] + 3.0,
        "{} dB, {} dB",
        much[0],
        little[0]
    );
}

#[test]
fn a_vari_mu_resists_the_more_it_takes() {
    let text = "[{ comp = { style = 'vari-mu', ratio = 1.5, threshold = -40, attack-ms = 30, release-ms = 200, warmth = 0 } }]";
    let (levels, input) = stairs(2.0);
    let found = plateaus(&run(text, &input), levels.len(), 2.0);
    let reduction: Vec<f64> = levels.iter().zip(&found).map(|(x, y)| x - y).collect();
    let ratio: Vec<f64> = found.windows(2).map(|w| 2.0 / (w[1] - w[0])).collect();
    assert!(ratio.windows(2).all(|w| w[1] > w[0] - 0.01), "{ratio:?}");
    for (wanted, expected) in [(1.0, 1.3), (2.0, 1.5), (6.0, 2.0), (12.0, 3.0)] {
        // The local ratio where the reduction passes `wanted`, between the middles of two steps.
        let middle = |step: usize| 0.5 * (reduction[step] + reduction[step + 1]);
        let Some(step) =
            (0..ratio.len() - 1).find(|s| middle(*s) <= wanted && middle(s + 1) > wanted)
        else {
            panic!("no step reaches {wanted} dB: {reduction:?}");
        };
        let share = (wanted - middle(step)) / (middle(step + 1) - middle(step));
        let local = ratio[step] + share * (ratio[step + 1] - ratio[step]);
        assert!((local - expected).abs() <= 0.15, "at {wanted} dB {local}");
    }
}

#[test]
fn a_vari_mu_recovers_slowly_from_long_reduction() {
    let text = "[{ comp = { style = 'vari-mu', threshold = -20, release = 'auto', warmth = 0 } }]";
    let (_, short) = times(text, -20.0, 0.02, 8.0);
    let (_, long) = times(text, -20.0, 5.0, 40.0);
    assert!(
        long >= 10.0 * short && long.is_finite(),
        "{short} s, {long} s"
    );
}

#[test]
fn order_matters() {
    let mut input = sine(40.0, -6.0, 3.0);
    for (x, y) in input.iter_mut().zip(sine(1000.0, -30.0, 3.0)) {
        *x += y;
    }
    let eq = "{ eq = { hp = 100, slope = 24 } }";
    let comp = "{ comp = { ratio = 2, threshold = -20, attack-ms = 10, release-ms = 300 } }";
    let most = |text: &str| {
        let mut chain = chain(text, 1);
        run_in_blocks(&mut chain, std::slice::from_ref(&input), 1024);
        let reported = chain.report().next().unwrap();
        reported.reduction.map_or(0.0, |r| r.most_db)
    };
    assert!(most(&format!("[{eq}, {comp}]")) < 0.5);
    assert!(most(&format!("[{comp}, {eq}]")) > 6.0);
}

#[test]
fn half_of_a_compressor_that_reduces_nothing_is_the_dry_sound() {
    for text in [
        "[{ comp = { threshold = 20, mix = 0.5 } }]",
        "[{ comp = { style = 'vari-mu', threshold = 20, mix = 0.5, warmth = 0 } }]",
    ] {
        let input = noise(-20.0, 1.0, 7);
        assert!(difference_db(&run(text, &input), &input) < -130.0, "{text}");
    }
}

#[test]
fn a_key_turns_the_sound_down_only_while_it_plays() {
    let setup = Setup {
        key_channels: 1,
        ..Setup::strip(RATE, 1)
    };
    let entries = entries(
        "[{ comp = { key = 'Kick', ratio = 4, threshold = -30, attack-ms = 1, release-ms = 50 } }]",
    );
    let mut chain = Chain::build(&entries, setup).unwrap();
    assert_eq!(chain.keys().len(), 1);
    let mut key = vec![0.0; 48_000];
    key.extend(sine(100.0, -6.0, 0.5));
    key.resize(96_000, 0.0);
    let bass = sine(200.0, -6.0, 2.0);
    let mut block = Block::new(1, 1000);
    let mut keys = Block::new(1, 1000);
    let mut out = Vec::new();
    for at in (0..96_000).step_by(1000) {
        block.set_frames(1000);
        keys.set_frames(1000);
        block.row_mut(0).copy_from_slice(&bass[at..at + 1000]);
        keys.row_mut(0).copy_from_slice(&key[at..at + 1000]);
        chain.process(&mut block.whole_mut(), &[keys.whole()]);
        out.extend_from_slice(block.row(0));
    }
    assert!(difference_db(&out[..47_000], &bass[..47_000]) < -140.0);
    assert!(rms_db(&out[60_000..70_000]) < rms_db(&bass[60_000..70_000]) - 10.0);
    assert!((rms_db(&out[94_000..]) - rms_db(&bass[94_000..])).abs() < 0.5);
}

#[test]
fn the_threshold_is_found_for_the_reduction_that_is_wanted() {
    let drums: Vec<f32> = noise(-14.0, 12.0, 5)
        .iter()
        .enumerate()
        .map(|(n, x)| x * (-((n % 24_000) as f32) / 3000.0).exp())
        .collect();
    for (style, target) in [("vca", 2.5), ("vca", 1.0), ("vari-mu", 1.5)] {
        let text = format!("[{{ comp = {{ style = '{style}', target-gr = {target} }} }}]");
        let mut chain = chain(&text, 1);
        assert!(chain.wants_rehearsal());
        let mut block = Block::new(1, drums.len());
        block.set_frames(drums.len());
        block.row_mut(0).copy_from_slice(&drums);
        chain.rehearse(&mut block.whole_mut(), &[]);
        chain.settle();
        assert!(!chain.wants_rehearsal());
        run_in_blocks(&mut chain, std::slice::from_ref(&drums), 4096);
        let found = chain.report().next().unwrap().reduction.unwrap();
        assert!((found.p95_db - target).abs() < 0.3, "{text}: {found:?}");
    }
}

/// The gain in dB, frame by frame, of a compressor that hears `key` at sample rate `rate`: read off a steady sound.
fn keyed_gain_db(text: &str, key: &[f32], rate: SampleRate) -> Vec<f64> {
    let setup = Setup {
        key_channels: 1,
        ..Setup::strip(rate, 1)
    };
    let mut chain = Chain::build(&entries(text), setup).unwrap();
    let mut block = Block::new(1, key.len());
    let mut heard = Block::new(1, key.len());
    block.set_frames(key.len());
    heard.set_frames(key.len());
    block.row_mut(0).fill(0.25);
    heard.row_mut(0).copy_from_slice(key);
    chain.process(&mut block.whole_mut(), &[heard.whole()]);
    let gains = block.row(0).iter();
    gains
        .map(|x| 20.0 * (f64::from(*x) / 0.25).log10())
        .collect()
}

#[test]
fn labelled_times_hold_from_1_to_500_ms_at_every_rate() {
    for rate in [44_100, 48_000, 96_000] {
        let fs = f64::from(rate);
        for (style, ratio) in [("vca", 1.5), ("vca", 4.0), ("vari-mu", 1.5)] {
            for (attack, release) in [
                (1.0, 1.0),
                (3.0, 50.0),
                (10.0, 500.0),
                (100.0, 10.0),
                (500.0, 200.0),
            ] {
                let text = format!(
                    "[{{ comp = {{ style = '{style}', ratio = {ratio}, threshold = -20, attack-ms = {attack}, release-ms = {release}, key = 'Key', warmth = 0 }} }}]"
                );
                let text = if style == "vca" {
                    text.replace(", warmth = 0", "")
                } else {
                    text
                };
                let (on, after) = (7e-3 * attack + 0.05, 7e-3 * release + 0.05);
                let (start, end) = (1000, 1000 + (on * fs) as usize);
                let frames = end + (after * fs) as usize;
                let key: Vec<f32> = (0..frames)
                    .map(|n| {
                        let level = if (start..end).contains(&n) {
                            -10.0
                        } else {
                            -60.0
                        };
                        let turn = std::f64::consts::TAU * 2000.0 * n as f64 / fs;
                        (10f64.powf(level / 20.0) * turn.sin()) as f32
                    })
                    .collect();
                let gain = keyed_gain_db(&text, &key, SampleRate(rate));
                let held = gain[end - 1];
                let frame = |part: &[f64], wanted: &dyn Fn(f64) -> bool| {
                    1e3 * part.iter().position(|g| wanted(*g)).unwrap() as f64 / fs
                };
                let down = frame(&gain[start..end], &|g| g < 0.632 * held);
                let up = frame(&gain[end..], &|g| g > 0.368 * held);
                // The detector itself needs a tenth of a millisecond.
                for (what, found, label) in [("attack", down, attack), ("release", up, release)] {
                    assert!(
                        (found / label - 1.0).abs() < 0.1_f64.max(0.2 / label),
                        "{text} at {rate} Hz: {what} of {found} ms"
                    );
                }
            }
        }
    }
}

#[test]
fn what_the_detector_does_not_hear_is_not_reduced() {
    let low = sine(50.0, -6.0, 2.0);
    let level = |keys: &str| {
        let text =
            format!("[{{ comp = {{ ratio = 4, threshold = -30, release-ms = 200{keys} }} }}]");
        rms_db(&run(&text, &low)[48_000..]) - rms_db(&low[48_000..])
    };
    assert!(level("") < -15.0);
    // 12 dB per octave: 31 dB at 50 Hz.
    assert!(level(", key-hp = 300").abs() < 0.1);
    assert!(level(", key-lp = 10000") < -15.0);
}

#[test]
fn listening_plays_what_the_detector_hears_and_reduces_nothing() {
    let text = "[{ comp = { ratio = 10, threshold = -40, key-hp = 1000, listen = true } }]";
    for (hz, expected) in [(100.0, -40.0), (1000.0, -3.0), (10_000.0, 0.0)] {
        let tone = sine(hz, -6.0, 1.0);
        let off = rms_db(&run(text, &tone)[24_000..]) - rms_db(&tone[24_000..]);
        assert!((off - expected).abs() < 0.2, "{hz} Hz: {off} dB");
    }
    // Of a key the key is played.
    let setup = Setup {
        key_channels: 1,
        ..Setup::strip(RATE, 1)
    };
    let entries = entries("[{ comp = { key = 'Kick', listen = true } }]");
    let mut chain = Chain::build(&entries, setup).unwrap();
    let (mut block, mut key) = (Block::new(1, 4800), Block::new(1, 4800));
    block.set_frames(4800);
    key.set_frames(4800);
    block.row_mut(0).copy_from_slice(&noise(-12.0, 0.1, 1));
    key.row_mut(0).copy_from_slice(&sine(100.0, -6.0, 0.1));
    chain.process(&mut block.whole_mut(), &[key.whole()]);
    assert!(difference_db(block.row(0), key.row(0)) < -120.0);
}
