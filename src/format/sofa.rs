//! SOFA files (AES69): sets of head-related impulse responses, convention SimpleFreeFieldHRIR.
//!
//! The container is read in `hdf5`; what the arrays mean is read here.

use std::path::Path;

use super::guard::fenced;
use super::hdf5::{Array, Hdf5, SIGNATURE};
use super::plain_file;
use crate::render::hrtf::{HrtfSet, Measured};
use crate::{Error, Result};

/// Largest file in bytes: the responses of the largest published sets take a tenth of it.
const LARGEST_FILE: u64 = 1 << 30;

/// The facts of a SOFA file beside the set itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SofaFacts {
    /// The convention and its version ("SimpleFreeFieldHRIR 1.0").
    pub convention: String,
    /// Title, database and listener, as far as they are written.
    pub title: String,
    /// The licence text.
    pub licence: String,
    /// Who made it.
    pub organization: String,
    /// Positions as they stand in the file, repeats included.
    pub measurements: usize,
    /// Taps of each response as they stand in the file.
    pub taps: usize,
    /// Distances of the sources in metres: nearest and farthest.
    pub distance_m: [f64; 2],
    /// Delays apart from the responses in frames: least and most; `None` if there are none.
    pub delays: Option<[f64; 2]>,
    /// Which ear comes first.
    pub receivers: Receivers,
}

/// The order of the ears in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Receivers {
    /// Left, right, as in nearly all files.
    #[default]
    LeftFirst,
    /// Right, left: its ReceiverPosition says so.
    RightFirst,
    /// Left, right: its ReceiverPosition says the contrary, but the first ear hears the left side louder.
    Mislabelled,
}

/// Whether a file begins as HDF5 files do.
pub fn is_sofa(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0; 8];
    let is_plain = plain_file::fault(path).is_ok_and(|fault| fault.is_none());
    is_plain
        && std::fs::File::open(path)
            .and_then(|mut file| file.read_exact(&mut start))
            .is_ok()
        && start == SIGNATURE
}

/// Reads the set in the SOFA file at `path`.
///
/// # Errors
/// The file cannot be read, is damaged, holds something else than free-field responses of two ears, or what it
/// holds is no usable set.
pub fn read(path: &Path) -> Result<(HrtfSet, SofaFacts)> {
    let bytes = plain_file::read(path, "SOFA", LARGEST_FILE)?;
    if !bytes.starts_with(SIGNATURE) {
        let reason = "it does not begin as an HDF5 file does; a SOFA file is one";
        return Err(malformed(path, "", reason.to_owned()));
    }
    fenced(|| of_bytes(path, bytes)).unwrap_or_else(|| {
        let reason = "its structure is damaged; download it again".to_owned();
        Err(malformed(path, "", reason))
    })
}

fn malformed(path: &Path, at: &str, reason: String) -> Error {
    Error::malformed(path, "SOFA", at, reason)
}

fn of_bytes(path: &Path, bytes: Vec<u8>) -> Result<(HrtfSet, SofaFacts)> {
    let content = Hdf5::new(bytes).map_err(|fault| {
        let reason = format!(
            "its HDF5 structure cannot be read: it is cut short or damaged ({fault}); download it again"
        );
        malformed(path, "", reason)
    })?;
    let file = File { path, content };
    let convention = file.attribute("SOFAConventions").unwrap_or_default();
    let data_type = file.attribute("DataType").unwrap_or_default();
    if convention != "SimpleFreeFieldHRIR" || data_type != "FIR" {
        return Err(Error::Unsupported {
            path: path.to_path_buf(),
            feature: format!(
                "the SOFA convention \"{convention}\" with data of type \"{data_type}\""
            ),
            hint: "give a set of the convention SimpleFreeFieldHRIR with data of type FIR"
                .to_owned(),
        });
    }
    let responses = file.array("Data.IR", 3)?;
    let &[count, ears, taps] = &responses.shape[..] else {
        return Err(malformed(
            path,
            "Data.IR",
            "it has not three dimensions".to_owned(),
        ));
    };
    if count == 0 {
        let reason = "it holds no measurements; a set needs at least four directions";
        return Err(malformed(path, "Data.IR", reason.to_owned()));
    }
    if ears != 2 {
        return Err(Error::Unsupported {
            path: path.to_path_buf(),
            feature: format!("Data.IR with {ears} receivers"),
            hint: "give a set with responses of two ears".to_owned(),
        });
    }
    let rate = file.array("Data.SamplingRate", 1)?.values;
    let first_rate = rate.first().copied().unwrap_or(0.0);
    if !(1.0..=1e6).contains(&first_rate) || rate.iter().any(|r| (r - first_rate).abs() > 0.01) {
        let reason = format!("it is {rate:?}; allowed is one rate for all, in hertz");
        return Err(malformed(path, "Data.SamplingRate", reason));
    }
    file.check_listener()?;
    let (positions, distance_m) = file.positions(count)?;
    let delays = file.delays(count)?;
    let receivers = match file.says_right_first() {
        false => Receivers::LeftFirst,
        true if balance(&responses.values, taps, &positions) < -CLEARLY => Receivers::Mislabelled,
        true => Receivers::RightFirst,
    };
    let ears = match receivers {
        Receivers::RightFirst => [1, 0],
        Receivers::LeftFirst | Receivers::Mislabelled => [0, 1],
    };
    let of_ear = |ear: usize| {
        let rows = responses
            .values
            .chunks_exact(taps.max(1))
            .skip(ear)
            .step_by(2);
        rows.flatten().map(|x| *x as f32).collect::<Vec<f32>>()
    };
    let titles = ["Title", "DatabaseName", "ListenerShortName"].map(|name| file.attribute(name));
    let mut title: Vec<String> = Vec::new();
    for part in titles.into_iter().flatten() {
        if !title.iter().any(|before| before.contains(&part)) {
            title.push(part);
        }
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match title.is_empty() {
        true => stem.into_owned(),
        false => title.join(", "),
    };
    let licence = file.attribute("License").unwrap_or_default();
    let facts = SofaFacts {
        convention: match file.attribute("SOFAConventionsVersion") {
            Some(version) => format!("{convention} {version}"),
            None => convention,
        },
        title: name.clone(),
        licence: licence.clone(),
        organization: file.attribute("Organization").unwrap_or_default(),
        measurements: count,
        taps,
        distance_m,
        delays: delays.iter().flatten().any(|d| *d != 0.0).then(|| {
            let all = delays.iter().flatten();
            all.fold([f64::INFINITY, 0.0], |[low, high], &d| {
                [low.min(d), high.max(d)]
            })
        }),
        receivers,
    };
    let set = HrtfSet::new(Measured {
        name,
        licence,
        rate: first_rate.round() as u32,
        positions,
        taps,
        responses: ears.map(of_ear),
        delays: ears.map(|ear| delays[ear].clone()),
    })
    .map_err(|fault| malformed(path, fault.at, fault.reason))?;
    Ok((set, facts))
}

/// A file under reading.
struct File<'a> {
    path: &'a Path,
    content: Hdf5,
}

impl File<'_> {
    fn fault(&self, at: &str, reason: impl Into<String>) -> Error {
        malformed(self.path, at, reason.into())
    }

    /// A global attribute that is a text, if it is there and not empty.
    fn attribute(&self, name: &str) -> Option<String> {
        let text = self.content.text(name)?;
        let text = text.trim_matches(['\0', ' ', '\n']);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The array `name` of `dimensions` dimensions.
    fn array(&self, name: &str, dimensions: usize) -> Result<Array> {
        self.array_if_any(name, dimensions)?.ok_or_else(|| {
            self.fault(
                name,
                "it is missing; every SOFA file of this convention has it",
            )
        })
    }

    fn array_if_any(&self, name: &str, dimensions: usize) -> Result<Option<Array>> {
        let found = self.content.array(name);
        let Some(mut array) = found.map_err(|reason| self.fault(name, reason))? else {
            return Ok(None);
        };
        // One number by itself is an array of one.
        if array.shape.is_empty() && dimensions == 1 {
            array.shape.push(1);
        }
        if array.shape.len() != dimensions
            || array.shape.iter().product::<usize>() != array.values.len()
        {
            let reason = format!(
                "it holds {} numbers of the shape {:?}; expected are {dimensions} dimensions",
                array.values.len(),
                array.shape
            );
            return Err(self.fault(name, reason));
        }
        Ok(Some(array))
    }

    /// The listener looks ahead and stands upright, or directions would mean something else.
    fn check_listener(&self) -> Result<()> {
        let Some(view) = self.array_if_any("ListenerView", 2)? else {
            return Ok(());
        };
        let ahead = match view.text("Type").as_deref() {
            Some("spherical") => |row: &[f64]| row[0].abs() < 1e-3 && row[1].abs() < 1e-3,
            _ => |row: &[f64]| row[0] > 0.0 && row[1].hypot(row[2]) < 1e-3 * row[0],
        };
        let rows = view.values.chunks_exact(3);
        match rows.clone().find(|row| !ahead(row)) {
            None => Ok(()),
            Some(row) => Err(Error::Unsupported {
                path: self.path.to_path_buf(),
                feature: format!("a ListenerView of {row:?}"),
                hint: "give a set whose listener looks along x, with the sources' positions relative to it"
                    .to_owned(),
            }),
        }
    }

    /// Where the listener stands at each measurement, on this program's axes; nothing if it is always the origin.
    fn listener(&self) -> Result<Vec<[f64; 3]>> {
        let Some(array) = self.array_if_any("ListenerPosition", 2)? else {
            return Ok(Vec::new());
        };
        let is_spherical = array.text("Type").as_deref() == Some("spherical");
        if array.shape[1] != 3 || is_spherical || array.values.iter().all(|x| *x == 0.0) {
            return Ok(Vec::new());
        }
        let rows = array.values.chunks_exact(3);
        Ok(rows.map(|row| [-row[1], row[0], row[2]]).collect())
    }

    /// The positions of `count` sources as the listener has them, on this program's axes, and the nearest and farthest
    /// distance.
    fn positions(&self, count: usize) -> Result<(Vec<[f64; 3]>, [f64; 2])> {
        let array = self.array("SourcePosition", 2)?;
        let rows = array.shape[0];
        if array.shape[1] != 3 || (rows != count && rows != 1) {
            let reason = format!(
                "its shape is {:?}; Data.IR has {count} measurements, which need {count} x 3",
                array.shape
            );
            return Err(self.fault("SourcePosition", reason));
        }
        let kind = array.text("Type");
        let spherical = match kind.as_deref().map(str::to_lowercase).as_deref() {
            Some("spherical") => true,
            Some("cartesian") => false,
            _ => {
                let found = kind.as_deref().unwrap_or("missing");
                let reason = format!("its Type is {found}; allowed are spherical and cartesian");
                return Err(self.fault("SourcePosition", reason));
            }
        };
        let radians = array
            .text("Units")
            .is_some_and(|units| units.contains("rad"));
        let degrees = |angle: f64| if radians { angle.to_degrees() } else { angle };
        let listener = self.listener()?;
        let mut distance_m = [f64::INFINITY, 0.0_f64];
        let positions: Vec<[f64; 3]> = (0..count)
            .map(|n| {
                let row = &array.values[3 * n.min(rows - 1)..][..3];
                let (mut at, mut distance): ([f64; 3], f64) = match spherical {
                    true => {
                        let to = crate::geometry::direction(degrees(row[0]), degrees(row[1]));
                        // Some files leave the distance 0.
                        let far = if row[2] > 0.0 { row[2] } else { 1.0 };
                        ((to * far).into(), row[2])
                    }
                    // x front, y left there; x right, y front here.
                    false => {
                        let at = [-row[1], row[0], row[2]];
                        (at, at.iter().map(|x| x * x).sum::<f64>().sqrt())
                    }
                };
                if let Some(listener) = listener.get(n.min(listener.len().saturating_sub(1))) {
                    let from = crate::geometry::Direction::from(*listener);
                    let seen = crate::geometry::Direction::from(at) - from;
                    (at, distance) = (seen.into(), seen.norm());
                }
                distance_m = [distance_m[0].min(distance), distance_m[1].max(distance)];
                at
            })
            .collect();
        Ok((positions, distance_m))
    }

    /// The delays of both receivers in frames.
    fn delays(&self, count: usize) -> Result<[Vec<f64>; 2]> {
        let Some(array) = self.array_if_any("Data.Delay", 2)? else {
            return Ok(Default::default());
        };
        if array.shape[1] != 2 || (array.shape[0] != count && array.shape[0] != 1) {
            let reason = format!(
                "its shape is {:?}; allowed are 1 x 2 and {count} x 2",
                array.shape
            );
            return Err(self.fault("Data.Delay", reason));
        }
        Ok([0, 1].map(|ear| array.values.iter().skip(ear).step_by(2).copied().collect()))
    }

    /// Whether the positions say that the first receiver is the right ear. Some files say so and are wrong.
    fn says_right_first(&self) -> bool {
        let Ok(Some(array)) = self.array_if_any("ReceiverPosition", 3) else {
            return false;
        };
        // R x C x 1: x, y, z of the first, then of the second; left is y > 0.
        array.shape[..2] == [2, 3]
            && array.text("Type").as_deref() != Some("spherical")
            && array.values[1] < 0.0
            && array.values[4] > 0.0
    }
}

/// How much of the power of both ears the balance must be to tell them apart.
const CLEARLY: f64 = 0.02;

/// How much louder the first ear of `responses`, a row of taps for each ear of each position, hears the right side than
/// the second does, as a share of all power; below 0 it hears the left side louder.
fn balance(responses: &[f64], taps: usize, positions: &[[f64; 3]]) -> f64 {
    let (mut balance, mut whole) = (0.0, 0.0);
    for (pair, at) in responses.chunks_exact(2 * taps.max(1)).zip(positions) {
        let [first, second] =
            [&pair[..taps], &pair[taps..]].map(|row| row.iter().map(|x| x * x).sum::<f64>());
        balance += at[0].signum() * (first - second);
        whole += first + second;
    }
    if whole > 0.0 { balance / whole } else { 0.0 }
}
