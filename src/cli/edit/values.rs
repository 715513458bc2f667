//! Values behind `--set` in words: numbers, modes, trims, time code. What is wrong with one is said in words too.

use crate::format::adm::edit::Coordinate;
use crate::format::adm::{BinauralMode, Downmix, FrameRate, Trim, Warp};
use crate::units::Decibels;

pub(super) fn number(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|x: &f64| x.is_finite());
    number.ok_or_else(|| format!("\"{text}\" is no number, as in -1.5"))
}

pub(super) fn decibels(text: &str) -> Result<Decibels, String> {
    let lower = text.to_ascii_lowercase();
    let db = number(lower.strip_suffix("db").unwrap_or(&lower))?;
    if !(-120.0..=80.0).contains(&db) {
        return Err(format!("{db} dB: -120 to 80 dB is allowed"));
    }
    Ok(Decibels(db))
}

/// "x:0.1,z:-0.2".
pub(super) fn pairs(text: &str) -> Result<Vec<(&str, f64)>, String> {
    let pair = |part: &'_ str| -> Result<(usize, f64), String> {
        let (name, value) = part
            .split_once([':', '='])
            .ok_or_else(|| format!("\"{part}\" is not of the form x:0.1"))?;
        Ok((name.len(), number(value)?))
    };
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    parts
        .map(|part| pair(part).map(|(name, value)| (&part[..name], value)))
        .collect()
}

pub(super) fn coordinate(name: &str) -> Option<Coordinate> {
    let name = name.to_ascii_lowercase();
    let short = match name.as_str() {
        "az" => "azimuth",
        "el" => "elevation",
        "dist" => "distance",
        other => other,
    };
    Coordinate::ALL
        .into_iter()
        .find(|coordinate| coordinate.name().eq_ignore_ascii_case(short))
}

pub(super) fn fps(text: &str) -> Result<FrameRate, String> {
    let all = [
        FrameRate::F23976,
        FrameRate::F24,
        FrameRate::F25,
        FrameRate::F2997,
        FrameRate::F2997Drop,
        FrameRate::F30,
    ];
    let lower = text.to_ascii_lowercase();
    let found = all.into_iter().find(|rate| rate.name() == lower);
    found.ok_or_else(|| {
        format!(
            "\"{text}\" is no frame rate: {} are",
            all.map(FrameRate::name).join(", ")
        )
    })
}

pub(super) fn binaural(text: &str) -> Result<BinauralMode, String> {
    match text.to_ascii_lowercase().as_str() {
        "off" => Ok(BinauralMode::Off),
        "near" => Ok(BinauralMode::Near),
        "mid" => Ok(BinauralMode::Mid),
        "far" => Ok(BinauralMode::Far),
        "none" | "not-indicated" => Ok(BinauralMode::NotIndicated),
        _ => Err(format!(
            "\"{text}\" is no mode: off, near, mid, far or none"
        )),
    }
}

pub(super) fn downmix(text: &str) -> Result<Downmix, String> {
    match text.to_ascii_lowercase().as_str() {
        "not-indicated" | "none" => Ok(Downmix::NotIndicated),
        "lo-ro" | "loro" => Ok(Downmix::LoRo),
        "lt-rt" | "ltrt" => Ok(Downmix::LtRt),
        "lt-rt-plii" => Ok(Downmix::LtRtProLogicIi),
        "direct" => Ok(Downmix::Direct),
        _ => Err(format!(
            "\"{text}\" is no downmix: not-indicated, lo-ro, lt-rt, lt-rt-plii or direct"
        )),
    }
}

pub(super) fn warp(text: &str) -> Result<Warp, String> {
    match text.to_ascii_lowercase().as_str() {
        "direct" => Ok(Warp::Direct),
        "direct-room" => Ok(Warp::DirectWithRoomBalance),
        "pliix" => Ok(Warp::ProLogicIix),
        "lo-ro" | "loro" => Ok(Warp::LoRo),
        "not-indicated" | "none" => Ok(Warp::NotIndicated),
        _ => Err(format!(
            "\"{text}\" is no warp mode: direct, direct-room, pliix, lo-ro or not-indicated"
        )),
    }
}

pub(super) fn trim(text: &str) -> Result<Trim, String> {
    if text.eq_ignore_ascii_case("auto") {
        return Ok(Trim::Automatic);
    }
    let (mut centre_db, mut surround_db, mut height_db) = (0.0, 0.0, 0.0);
    let (mut balance, mut height_balance) = (0.0, 0.0);
    let found = pairs(text)?;
    if found.is_empty() {
        return Err("a trim is auto, or as in surround:-1.5,height:-3".to_owned());
    }
    for (name, number) in found {
        let name = name.to_ascii_lowercase();
        let (place, low, high) = match name.as_str() {
            "centre" | "center" => (&mut centre_db, -60.0, 12.0),
            "surround" | "surrounds" => (&mut surround_db, -60.0, 12.0),
            "height" | "heights" => (&mut height_db, -60.0, 12.0),
            "balance" => (&mut balance, -1.0, 1.0),
            "height-balance" => (&mut height_balance, -1.0, 1.0),
            _ => {
                return Err(format!(
                    "\"{name}\" is no part of a trim: centre, surround, height, balance and height-balance are"
                ));
            }
        };
        if !(low..=high).contains(&number) {
            return Err(format!("{name} is {number}: {low} to {high} is allowed"));
        }
        *place = number as f32;
    }
    Ok(Trim::Manual {
        centre_db,
        surround_db,
        height_db,
        balance,
        height_balance,
    })
}

/// Seconds of time code: "none", "3600.5", "01:00:00.5", "01:00:00:12" with frames of `rate`.
pub(super) fn first_action(text: &str, rate: Option<FrameRate>) -> Result<Option<f64>, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let wrong = || {
        format!(
            "\"{text}\" is no time: HH:MM:SS:FF, HH:MM:SS.sss, seconds or none, before 254 hours"
        )
    };
    let parts: Vec<f64> = text
        .split(':')
        .map(|part| number(part).ok().filter(|value| *value >= 0.0))
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let below = |value: f64, limit: f64| value < limit;
    let seconds = match (parts.as_slice(), rate) {
        ([seconds], _) => *seconds,
        ([h, m, s], _) if below(*m, 60.0) && below(*s, 60.0) => h * 3600.0 + m * 60.0 + s,
        ([h, m, s, f], Some(rate)) if below(*m, 60.0) && below(*s, 60.0) => {
            let per_second = match rate {
                FrameRate::F23976 => 24_000.0 / 1001.0,
                FrameRate::F24 => 24.0,
                FrameRate::F25 => 25.0,
                FrameRate::F2997 | FrameRate::F2997Drop => 30_000.0 / 1001.0,
                FrameRate::F30 => 30.0,
            };
            if *f >= f64::ceil(per_second) {
                return Err(format!("frame {f} of a second that has {per_second:.3}"));
            }
            h * 3600.0 + m * 60.0 + s + f / per_second
        }
        _ => return Err(wrong()),
    };
    if seconds >= 254.0 * 3600.0 {
        return Err(wrong());
    }
    Ok(Some(seconds))
}
