//! Tables of head poses: how the listener's head is turned, and when.
//!
//! A line is `seconds, yaw, pitch, roll` (degrees) or `seconds, w, x, y, z` (a quaternion on the axes x front,
//! y left, z up). A first line of names may put the columns in another order; lines that begin with # are
//! remarks.

use std::path::Path;

use super::plain_file;
use crate::render::binaural::{Pose, PoseTrack};
use crate::{Error, Result};

/// Longest file in bytes: a day at 100 poses a second.
const LONGEST_FILE: u64 = 1 << 29;

/// The names of the columns, in the order of a line without names.
const ANGLES: [&str; 4] = ["seconds", "yaw", "pitch", "roll"];
const QUATERNION: [&str; 5] = ["seconds", "w", "x", "y", "z"];

/// Reads the table at `path`.
///
/// # Errors
/// The file cannot be read, or a line is no pose; seconds do not rise.
pub fn read(path: &Path) -> Result<PoseTrack> {
    let text = plain_file::read_text(path, "head pose", LONGEST_FILE)?;
    parse(&text, path)
}

/// The poses in `text`, which is from the file at `path`.
///
/// # Errors
/// A line is no pose; seconds do not rise.
pub fn parse(text: &str, path: &Path) -> Result<PoseTrack> {
    let mut columns: Option<Vec<usize>> = None;
    let mut poses: Vec<(f64, Pose)> = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let fault = |reason: String| {
            Error::malformed(path, "head pose", format!("line {}", number + 1), reason)
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split([',', ';', '\t']).map(str::trim).collect();
        let is_named = fields[0].parse::<f64>().is_err();
        if columns.is_none() && is_named {
            columns = Some(order(&fields).ok_or_else(|| {
                fault(format!(
                    "the columns are {}; allowed are {}, or {}",
                    fields.join(", "),
                    ANGLES.join(", "),
                    QUATERNION.join(", ")
                ))
            })?);
            continue;
        }
        let columns = columns.get_or_insert_with(|| (0..fields.len()).collect());
        let values: Option<Vec<f64>> = columns
            .iter()
            .map(|&column| fields.get(column)?.parse().ok())
            .map(|value| value.filter(|x: &f64| x.is_finite()))
            .collect();
        let pose = match values.as_deref() {
            Some(&[second, yaw, pitch, roll]) => Some((second, Pose::angles(yaw, pitch, roll))),
            Some(&[second, w, x, y, z]) => Pose::quaternion([w, x, y, z]).map(|p| (second, p)),
            _ => None,
        };
        let Some((second, pose)) = pose.filter(|_| fields.len() == columns.len()) else {
            return Err(fault(format!(
                "\"{line}\" is no pose; a line is {} in degrees, or {}, all of them finite numbers",
                ANGLES.join(", "),
                QUATERNION.join(", ")
            )));
        };
        if let Some((before, _)) = poses.last()
            && *before >= second
        {
            return Err(fault(format!(
                "{second} s comes after {before} s; seconds must rise from line to line"
            )));
        }
        poses.push((second, pose));
    }
    PoseTrack::new(poses).ok_or_else(|| {
        let reason = "it holds no pose; a line is seconds, yaw, pitch, roll";
        Error::malformed(path, "head pose", "", reason)
    })
}

/// Where the columns of a line stand, if `names` are those of one.
fn order(names: &[&str]) -> Option<Vec<usize>> {
    let found = |wanted: &str| {
        names.iter().position(|name| {
            let name = name.to_ascii_lowercase();
            let plain = name.trim_start_matches('q');
            name == wanted
                || wanted.len() == 1 && plain == wanted
                || wanted == "seconds" && matches!(&name[..], "s" | "second" | "time" | "t")
                || name.strip_suffix("_deg") == Some(wanted)
        })
    };
    let all = |wanted: &[&str]| {
        let places: Option<Vec<usize>> = wanted.iter().map(|name| found(name)).collect();
        places.filter(|_| wanted.len() == names.len())
    };
    all(&ANGLES).or_else(|| all(&QUATERNION))
}

/// "yaw,pitch,roll" in degrees; what is left out is 0.
///
/// # Errors
/// What is wrong with it.
pub fn angles(text: &str) -> Result<Pose> {
    let numbers: Option<Vec<f64>> = text
        .split(',')
        .map(|part| part.trim().parse().ok().filter(|x: &f64| x.is_finite()))
        .collect();
    match numbers.as_deref() {
        Some(&[yaw]) => Ok(Pose::angles(yaw, 0.0, 0.0)),
        Some(&[yaw, pitch]) => Ok(Pose::angles(yaw, pitch, 0.0)),
        Some(&[yaw, pitch, roll]) => Ok(Pose::angles(yaw, pitch, roll)),
        _ => Err(Error::Usage(format!(
            "\"{text}\" is no pose; give yaw,pitch,roll in degrees, for instance 30,0,0"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<PoseTrack> {
        parse(text, Path::new("head.csv"))
    }

    #[test]
    fn angles_quaternions_and_named_columns_agree() {
        let (sin, cos) = 15.0_f64.to_radians().sin_cos();
        let plain = of("# head\n0, 0, 0, 0\n1.5, 30, 0, 0\n").unwrap();
        let named = of("roll;yaw_deg;Time;pitch\n0;0;0;0\n0;30;1.5;0").unwrap();
        let turned = of(&format!("t,qw,qx,qy,qz\n0,1,0,0,0\n1.5,{cos},0,0,{sin}")).unwrap();
        assert_eq!(plain, named);
        assert_eq!(plain.len(), turned.len());
    }

    #[test]
    fn faults_name_the_line() {
        for (text, line) in [
            ("0,0,0,0\n1,0,0\n", "line 2"),
            ("0,0,0,0\n0,1,0,0\n", "line 2"),
            ("0,0,0,nan\n", "line 1"),
            ("0,0,0,0,0\n", "line 1"),
            ("a,b,c\n", "line 1"),
            ("", "holds no pose"),
        ] {
            let message = of(text).unwrap_err().to_string();
            assert!(message.contains(line), "{text:?}: {message}");
        }
    }
}
