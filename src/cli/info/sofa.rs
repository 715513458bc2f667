//! Facts of a set of head-related impulse responses.

use std::path::Path;

use serde_json::json;

use crate::cli::Ui;
use crate::format::sofa::{self, Receivers, SofaFacts};
use crate::render::hrtf::{Flatness, HrtfSet, SetFault};
use crate::units::Decibels;
use crate::{Error, Result};

/// The picture of the grid: columns of azimuth, rows of elevation, in degrees each.
const COLUMN_DEG: f64 = 6.0;
const ROW_DEG: f64 = 10.0;

/// Letters of the picture: nothing, one or two directions, three or four, more.
const DENSITY: [char; 4] = [' ', '.', 'o', '@'];

pub(super) fn print(path: &Path, ui: &Ui) -> Result<()> {
    let (set, facts) = sofa::read(path)?;
    let refused = |fault: SetFault| Error::malformed(path, "SOFA", fault.at, fault.reason);
    let flatness = set.flatness().map_err(refused)?;
    let front = set.front_loudness().map_err(refused)?;
    if ui.json {
        return ui.json_line(&as_json(path, &set, &facts, flatness, front));
    }
    let rate = set.rate();
    ui.line(format_args!("{}: {}", path.display(), facts.title))?;
    ui.line(format_args!(
        "{}  {rate}  {} taps ({:.1} ms)  {} measurements, {} directions",
        facts.convention,
        facts.taps,
        1e3 * facts.taps as f64 / f64::from(rate.0),
        facts.measurements,
        set.directions().len(),
    ))?;
    let [lowest, highest] = elevations(&set);
    let [near, far] = facts.distance_m;
    ui.line(format_args!(
        "elevations {lowest:.1} to {highest:.1} degrees; distances {near:.2} to {far:.2} m",
    ))?;
    ui.line(match facts.delays {
        Some([least, most]) => format!("delays apart: {least:.2} to {most:.2} frames"),
        None => "no delays apart from the responses".to_owned(),
    })?;
    ui.line(format_args!("ears: {}", ears(facts.receivers)))?;
    if set.silent_measurements() > 0 {
        ui.line(format_args!(
            "measurements that are silent at an ear, left out: {}",
            set.silent_measurements()
        ))?;
    }
    ui.line(format_args!(
        "diffuse field: deviation {:.1} dB, highest {:+.1} dB (150 Hz to 14 kHz): {}",
        flatness.deviation_db,
        flatness.highest_db,
        match flatness.is_flat() {
            true => "flat, played as it is",
            false => "not flat, equalised unless --hrtf-eq off",
        },
    ))?;
    ui.line(format_args!(
        "a source in front, played as it is: {:+.1} LU against the stereo mix{}",
        front.0,
        match flatness.is_flat() && front.0.abs() > HrtfSet::FRONT_TOLERATED_LU {
            true => "; --hrtf-eq on makes it as loud",
            false => "",
        },
    ))?;
    ui.line("")?;
    for line in picture(&set) {
        ui.line(line)?;
    }
    let licence = match facts.licence.is_empty() {
        true => "none is written in the file".to_owned(),
        false => facts.licence.replace("\r\n", "\n").replace('\n', "\n  "),
    };
    ui.lines(format_args!("\nlicence: {licence}"))?;
    if !facts.organization.is_empty() {
        ui.line(format_args!("organization: {}", facts.organization))?;
    }
    Ok(())
}

fn ears(receivers: Receivers) -> &'static str {
    match receivers {
        Receivers::LeftFirst => "left, right",
        Receivers::RightFirst => "right, left",
        Receivers::Mislabelled => {
            "left, right, by their responses; ReceiverPosition says right, left"
        }
    }
}

fn as_json(
    path: &Path,
    set: &HrtfSet,
    facts: &SofaFacts,
    flatness: Flatness,
    front: Decibels,
) -> serde_json::Value {
    json!({
        "file": path.display().to_string(),
        "kind": "hrtf",
        "convention": facts.convention,
        "title": facts.title,
        "organization": facts.organization,
        "licence": facts.licence,
        "sample_rate": set.rate().0,
        "taps": facts.taps,
        "measurements": facts.measurements,
        "directions": set.directions().len(),
        "elevation_range": elevations(set),
        "distance_m": facts.distance_m,
        "delay_frames": facts.delays,
        "ears": ears(facts.receivers),
        "silent_measurements": set.silent_measurements(),
        "diffuse_field_deviation_db": flatness.deviation_db,
        "diffuse_field_highest_db": flatness.highest_db,
        "is_flat": flatness.is_flat(),
        "front_lu": front.0,
    })
}

/// Azimuth and elevation in degrees of each direction.
fn angles(set: &HrtfSet) -> impl Iterator<Item = (f64, f64)> {
    set.directions().iter().map(|d| {
        let azimuth = (-d.x).atan2(d.y).to_degrees();
        (azimuth, d.z.clamp(-1.0, 1.0).asin().to_degrees())
    })
}

/// The lowest and the highest elevation in degrees.
fn elevations(set: &HrtfSet) -> [f64; 2] {
    let ends = [f64::INFINITY, f64::NEG_INFINITY];
    angles(set).fold(ends, |[low, high], (_, el)| [low.min(el), high.max(el)])
}

/// Where the directions are, the front in the middle, left at the left.
fn picture(set: &HrtfSet) -> Vec<String> {
    let columns = (360.0 / COLUMN_DEG) as usize;
    let rows = (180.0 / ROW_DEG) as usize + 1;
    let mut counts = vec![0_usize; columns * rows];
    for (azimuth, elevation) in angles(set) {
        let column = ((180.0 - azimuth) / COLUMN_DEG) as usize % columns;
        let row = ((90.0 - elevation) / ROW_DEG).round() as usize;
        counts[row.min(rows - 1) * columns + column] += 1;
    }
    let letter = |count: &usize| DENSITY[count.div_ceil(2).min(DENSITY.len() - 1)];
    let mut lines: Vec<String> = counts
        .chunks_exact(columns)
        .enumerate()
        .map(|(row, counts)| {
            let text: String = counts.iter().map(letter).collect();
            format!("{:>4} |{text}|", 90 - (row as f64 * ROW_DEG) as i32)
        })
        .collect();
    let mut scale = vec![b' '; columns + 8];
    for (azimuth, name) in [(180, "180"), (90, "90"), (0, "0"), (-90, "-90")] {
        let at = 6 + ((180 - azimuth) as f64 / COLUMN_DEG) as usize;
        scale[at..at + name.len()].copy_from_slice(name.as_bytes());
    }
    lines.push(String::from_utf8_lossy(&scale).trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::hrtf::kemar;

    #[test]
    fn the_picture_shows_rings_and_the_hole_below() {
        let picture = picture(&kemar().unwrap());
        assert_eq!(picture.len(), 20);
        let filled = |line: &String| line.matches(&DENSITY[1..]).count();
        // 90: one direction; 0: all round; -50 and below: nothing.
        assert_eq!((filled(&picture[0]), filled(&picture[9])), (1, 60));
        assert!(picture[14..19].iter().all(|line| filled(line) == 0));
    }
}
