//! Equalisation of headphones: an impulse response, or parametric filters as AutoEq and Equalizer APO write them.
//!
//! The filters are those of the cookbook (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
//! coefficients"), which such texts are made for; they become an impulse response too.

use std::path::Path;

use super::{impulse_response, plain_file};
use crate::dsp::{Biquad, Coefficients};
use crate::effect::Impulse;
use crate::units::{Decibels, Frames, Hertz, SampleRate};
use crate::{Error, Result};

/// Longest text in bytes, and most filters.
const LONGEST_TEXT: u64 = 1 << 20;
const MOST_FILTERS: usize = 256;

/// Longest response of parametric filters in seconds; it ends when it has died away.
const LONGEST_S: f64 = 2.0;

/// Most channels of an impulse response: left and right.
const MOST_CHANNELS: usize = 2;

/// The equalisation in the file at `path`, at `rate`.
///
/// # Errors
/// The file is neither audio nor such a text, has a side that is silent, or asks for filters that are not known.
pub fn read(path: &Path, rate: SampleRate) -> Result<Impulse> {
    if super::open(path).is_ok() {
        let impulse = impulse_response::read(path, Some(rate))?;
        if impulse.channels.len() > MOST_CHANNELS {
            let reason = format!(
                "it has {} channels; headphones have one response for both sides, or two",
                impulse.channels.len()
            );
            return Err(Error::malformed(path, "impulse response", "", reason));
        }
        if let Some(reason) = silence_of(&impulse.channels) {
            return Err(Error::malformed(path, "impulse response", "", reason));
        }
        return Ok(impulse);
    }
    let refused = |reason: &str| Error::malformed(path, "headphone EQ", "", reason);
    let size = std::fs::metadata(path).map_or(0, |facts| facts.len());
    if size > LONGEST_TEXT {
        return Err(refused("it is neither audio nor a text of filters"));
    }
    let bytes = plain_file::read(path, "headphone EQ", LONGEST_TEXT)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| refused("it is neither audio nor a text of filters"))?;
    parse(&text, path, rate)
}

/// What is wrong if a side would never be heard.
fn silence_of(channels: &[Vec<f32>]) -> Option<&'static str> {
    let is_silent = |channel: &Vec<f32>| channel.iter().all(|tap| *tap == 0.0);
    match channels.iter().position(is_silent)? {
        0 => Some("its left side is silent; both sides need a response"),
        _ => Some("its right side is silent; both sides need a response"),
    }
}

/// The response of the filters in `text`, which is from the file at `path`.
///
/// # Errors
/// A line is no filter, or one that is not known.
pub fn parse(text: &str, path: &Path, rate: SampleRate) -> Result<Impulse> {
    let mut filters = Vec::new();
    let mut preamp = Decibels(0.0);
    let mut found = false;
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let entry = entry(line, rate).map_err(|reason| {
            Error::malformed(path, "headphone EQ", format!("line {}", number + 1), reason)
        })?;
        found = true;
        match entry {
            Entry::Preamp(db) => preamp = Decibels(preamp.0 + db),
            Entry::Filter(filter) => filters.push(filter),
            Entry::Off => {}
        }
        if filters.len() > MOST_FILTERS {
            let reason = format!("it has more than {MOST_FILTERS} filters");
            return Err(Error::malformed(path, "headphone EQ", "", reason));
        }
    }
    if !found {
        let reason =
            "it holds no filter; a line is \"Filter 1: ON PK Fc 105 Hz Gain -3.1 dB Q 0.70\"";
        return Err(Error::malformed(path, "headphone EQ", "", reason));
    }
    Ok(Impulse {
        rate,
        channels: vec![response(&filters, preamp, rate)],
        lead: Frames(0),
    })
}

/// A line of the text.
enum Entry {
    Preamp(f64),
    Filter(Coefficients),
    Off,
}

fn entry(line: &str, rate: SampleRate) -> Result<Entry, String> {
    let (head, rest) = line
        .split_once(':')
        .ok_or_else(|| format!("\"{line}\" is no filter; it has no colon"))?;
    let head = head.trim().to_ascii_lowercase();
    let words: Vec<String> = rest
        .split_whitespace()
        .map(str::to_ascii_lowercase)
        .collect();
    let after = |name: &str| -> Result<Option<f64>, String> {
        let at = words.iter().position(|word| word == name);
        let Some(word) = at.and_then(|at| words.get(at + 1)) else {
            return Ok(None);
        };
        number(word).map(Some)
    };
    if head == "preamp" {
        let db = words.first().map(|word| number(word)).transpose()?;
        return match db.filter(|db| (-60.0..=60.0).contains(db)) {
            Some(db) => Ok(Entry::Preamp(db)),
            None => Err(format!("\"{rest}\" is no gain; allowed are -60 to 60 dB")),
        };
    }
    if !head.starts_with("filter") {
        return Err(format!(
            "\"{head}\" is not known; allowed are Preamp and Filter lines (export the parametric form)"
        ));
    }
    if words.first().map(String::as_str) == Some("off") {
        return Ok(Entry::Off);
    }
    let kind = words.get(1).map_or("", String::as_str);
    // REW writes the places of filters that are not used so.
    if kind == "none" {
        return Ok(Entry::Off);
    }
    if !KINDS.contains(&kind) {
        return Err(format!(
            "filters of type \"{kind}\" are not known; allowed are PK, LS, LSC, HS, HSC, LP, LPQ, HP and HPQ"
        ));
    }
    if words.get(2).is_some_and(|word| number(word).is_ok()) {
        return Err(format!(
            "a shelf by its slope (\"{}\") is not known: give its Q, \"Filter 1: ON LSC Fc 105 Hz Gain -3.1 dB Q 0.70\"",
            words[2..]
                .iter()
                .take(2)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" ")
        ));
    }
    let known = ["fc", "hz", "khz", "gain", "db", "q", "bw", "oct"];
    let strange = words.iter().skip(2).find(|word| {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        !is_number && !known.contains(&word.as_str())
    });
    if let Some(word) = strange {
        return Err(format!(
            "\"{word}\" is not known; a line is \"Filter 1: ON PK Fc 105 Hz Gain -3.1 dB Q 0.70\""
        ));
    }
    let hz = after("fc")?.ok_or("the filter has no frequency \"Fc … Hz\"")?;
    let hz = match words.iter().any(|word| word == "khz") {
        true => 1000.0 * hz,
        false => hz,
    };
    if !(1.0..=f64::from(rate.0) / 2.0).contains(&hz) {
        return Err(format!(
            "its frequency is {hz} Hz; allowed are 1 to {} at {rate}",
            rate.0 / 2
        ));
    }
    let is_pass = ["lp", "lpq", "hp", "hpq"].contains(&kind);
    let gain = after("gain")?.filter(|db| (-60.0..=60.0).contains(db));
    let gain = gain.or(is_pass.then_some(0.0));
    let gain = Decibels(gain.ok_or("the filter has no \"Gain … dB\" of -60 to 60")?);
    let bandwidth = match words.iter().any(|word| word == "bw") {
        true => Some(after("oct")?.ok_or("its bandwidth has no \"BW Oct …\"")?),
        false => None,
    };
    let q = match (after("q")?, bandwidth) {
        (Some(q), _) => q,
        (None, Some(octaves)) => q_of(octaves, hz, rate),
        (None, None) => std::f64::consts::FRAC_1_SQRT_2,
    };
    if !(0.01..=100.0).contains(&q) {
        return Err(format!("its Q is {q}; allowed are 0.01 to 100"));
    }
    let at = Hertz(hz);
    Ok(Entry::Filter(match kind {
        "ls" | "lsc" | "lsq" | "lfs" => Coefficients::low_shelf_q(at, gain, q, rate),
        "hs" | "hsc" | "hsq" | "hfs" => Coefficients::high_shelf_q(at, gain, q, rate),
        "lp" | "lpq" => Coefficients::lowpass(at, q, rate),
        "hp" | "hpq" => Coefficients::highpass(at, q, rate),
        _ => Coefficients::bell(at, gain, q, rate),
    }))
}

/// Kinds of filters, as AutoEq, Equalizer APO and REW call them.
const KINDS: [&str; 15] = [
    "pk", "peq", "modal", "ls", "lsc", "lsq", "lfs", "hs", "hsc", "hsq", "hfs", "lp", "lpq", "hp",
    "hpq",
];

/// A number as it is written: 10000.5, 10,000.5 and 10000,5 are the same.
fn number(word: &str) -> Result<f64, String> {
    let groups: Vec<&str> = word.split(',').collect();
    let is_three = |group: &&str| group.len() == 3;
    if groups.len() > 1 && !word.contains('.') && groups[1..].iter().all(is_three) {
        let (whole, part) = (groups.concat(), groups.join("."));
        return Err(format!(
            "\"{word}\" may be {whole} or {part}: write the one that is meant"
        ));
    }
    let dotted = match word.contains('.') {
        true => word.replace(',', ""),
        false => word.replace(',', "."),
    };
    let value = dotted.parse::<f64>().ok().filter(|x| x.is_finite());
    value.ok_or_else(|| format!("\"{word}\" is no number"))
}

/// The Q of a bell that is `octaves` wide between the frequencies of half its gain in dB (the cookbook's bandwidth).
fn q_of(octaves: f64, hz: f64, rate: SampleRate) -> f64 {
    let turn = std::f64::consts::TAU * hz / f64::from(rate.0);
    let narrowed = match turn.sin() > 1e-9 {
        true => turn / turn.sin(),
        false => 1.0,
    };
    0.5 / (std::f64::consts::LN_2 / 2.0 * octaves * narrowed).sinh()
}

/// What the filters make of an impulse, until it has died away.
fn response(filters: &[Coefficients], preamp: Decibels, rate: SampleRate) -> Vec<f32> {
    let mut taps = vec![0.0; rate.frame_at(LONGEST_S).0 as usize];
    taps[0] = preamp.gain().0;
    for filter in filters {
        let mut section = Biquad::new(*filter);
        taps.iter_mut().for_each(|tap| *tap = section.step(*tap));
    }
    let highest = taps.iter().fold(0.0, |most: f64, tap| most.max(tap.abs()));
    let heard = taps.iter().rposition(|tap| tap.abs() > 1e-7 * highest);
    taps.truncate(heard.map_or(1, |last| last + 1));
    taps.into_iter().map(|tap| tap as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Preamp: -6.0 dB
# made by hand
Filter 1: ON PK Fc 1000 Hz Gain 6.0 dB Q 1.41
Filter 2: OFF PK Fc 3000 Hz Gain 9.0 dB Q 1.0
Filter 3: ON LSC Fc 105 Hz Gain -3.0 dB Q 0.70
Filter 4: ON HSC Fc 10000 Hz Gain 2.0 dB Q 0.70
";

    fn level_db(taps: &[f32], hz: f64, rate: SampleRate) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, tap) in taps.iter().enumerate() {
            let turn = std::f64::consts::TAU * hz * n as f64 / f64::from(rate.0);
            re += f64::from(*tap) * turn.cos();
            im += f64::from(*tap) * turn.sin();
        }
        20.0 * f64::hypot(re, im).log10()
    }

    #[test]
    fn the_response_is_that_of_the_filters() {
        let rate = SampleRate(48_000);
        let impulse = parse(TEXT, Path::new("eq.txt"), rate).unwrap();
        let taps = &impulse.channels[0];
        // At the bell's middle, far below and far above.
        for (hz, expected) in [(1000.0, 0.0), (20.0, -9.0), (22_000.0, -4.0)] {
            let found = level_db(taps, hz, rate);
            assert!((found - expected).abs() < 0.3, "{hz} Hz: {found} dB");
        }
    }

    #[test]
    fn frequencies_in_kilohertz_and_bandwidths_in_octaves_are_understood() {
        let rate = SampleRate(48_000);
        let levels = |text: &str| {
            let impulse = parse(text, Path::new("eq.txt"), rate).unwrap();
            [500.0, 840.9, 1000.0].map(|hz| level_db(&impulse.channels[0], hz, rate))
        };
        let by_q = levels("Filter 1: ON PK Fc 1000 Hz Gain 6 dB Q 2.871");
        let by_octaves = levels("Filter 1: ON PK Fc 1 kHz Gain 6 dB BW Oct 0.5");
        for (a, b) in by_q.iter().zip(by_octaves) {
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
        assert!((by_octaves[2] - 6.0).abs() < 1e-3);
        // A quarter of an octave below: half the gain.
        assert!((by_octaves[1] - 3.0).abs() < 0.02, "{}", by_octaves[1]);
        let comma = levels("Filter 1: ON PK Fc 1000,0 Hz Gain 6,0 dB Q 2,8710");
        assert_eq!(comma.map(f64::to_bits), by_q.map(f64::to_bits));
    }

    #[test]
    fn passes_need_no_gain_and_places_without_a_filter_none() {
        let rate = SampleRate(48_000);
        let text =
            "Filter 1: ON HP Fc 100 Hz\nFilter 2: ON LPQ Fc 5000 Hz Q 0.5\nFilter 3: ON None";
        let impulse = parse(text, Path::new("eq.txt"), rate).unwrap();
        for (hz, expected) in [(25.0, -24.1), (100.0, -3.0), (1000.0, -0.3), (5000.0, -6.0)] {
            let found = level_db(&impulse.channels[0], hz, rate);
            assert!((found - expected).abs() < 0.2, "{hz} Hz: {found} dB");
        }
    }

    #[test]
    fn faults_name_the_line() {
        for (text, words) in [
            (
                "Filter 1: ON LSC 6 dB Fc 200 Hz Gain 6 dB",
                "slope (\"6 db\")",
            ),
            ("Filter 1: ON AP Fc 200 Hz", "\"ap\""),
            ("Filter 1: ON PK Fc 1,000 Hz Gain 1 dB Q 1", "1000 or 1.000"),
            ("Filter 1: ON PK Fc 1000 Hz Gain 1 dB Width 2", "\"width\""),
            ("Filter 1: ON PK Fc 1000 Hz Gain 1 dB BW 2", "BW Oct"),
            ("Filter 1: ON PK Fc 1kHz Gain 1 dB Q 1", "\"1khz\""),
            ("Preamp: loud", "line 1"),
            ("\nGraphicEQ: 20 0; 30 1", "line 2"),
            ("Filter 1: ON NO Fc 100 Hz Gain 1 dB Q 1", "\"no\""),
            ("Filter 1: ON PK Fc 99000 Hz Gain 1 dB Q 1", "99000 Hz"),
            ("Filter 1: ON PK Gain 1 dB Q 1", "no frequency"),
            ("", "holds no filter"),
        ] {
            let error = parse(text, Path::new("eq.txt"), SampleRate(48_000)).unwrap_err();
            assert!(error.to_string().contains(words), "{text}: {error}");
        }
    }
}
