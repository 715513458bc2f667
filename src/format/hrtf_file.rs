//! Sets of head-related impulse responses made ready for rendering.
//!
//! Finding the alignment of a large set takes a second or two; it is kept in the user's cache folder under the
//! name of the set's content, so that a set that changes is worked out anew. Whatever goes wrong with the cache
//! costs time, nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use super::sofa;
use crate::render::hrtf::{Equalisation, HrtfSet, SetFault, kemar};
use crate::{Error, Result};

/// A set, aligned, equalised if that was wanted.
#[derive(Debug)]
pub struct Ready {
    /// The set.
    pub set: HrtfSet,
    /// Its file; `None`: the embedded set.
    pub path: Option<PathBuf>,
    /// It was equalised.
    pub equalised: bool,
}

/// The set in the SOFA file at `path`, or the embedded one.
///
/// # Errors
/// As [`sofa::read`].
pub fn load(path: Option<&Path>, wanted: Equalisation) -> Result<Ready> {
    let shown = || path.unwrap_or(Path::new("the embedded set"));
    let refused = |fault: SetFault| Error::malformed(shown(), "SOFA", fault.at, fault.reason);
    let set = match path {
        Some(path) => sofa::read(path)?.0,
        None => kemar().map_err(refused)?,
    };
    let (set, equalised) = set.equalised(wanted).map_err(refused)?;
    let set = match set.alignment() {
        Some(_) => set,
        None => aligned(set).map_err(refused)?,
    };
    Ok(Ready {
        set,
        path: path.map(Path::to_path_buf),
        equalised,
    })
}

/// First bytes of a file of the cache; the number changes when the method does.
const MAGIC: &[u8; 12] = b"umbel-delay1";

/// The set with its alignment, from the cache if it is there.
fn aligned(set: HrtfSet) -> Result<HrtfSet, SetFault> {
    let count = set.directions().len();
    let file = cache_folder().map(|folder| folder.join(format!("{:032x}.delays", content(&set))));
    if let Some(known) = file.as_deref().and_then(|file| read(file, count)) {
        return Ok(set.aligned(known));
    }
    let found = set.find_alignment()?;
    if let Some(file) = file {
        // Without it the next run takes as long as this one.
        let _ = write(&file, &found);
    }
    Ok(set.aligned(found))
}

/// A number for what a set holds (FNV-1a, 128 bits).
fn content(set: &HrtfSet) -> u128 {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut take = |bytes: &[u8]| {
        for byte in bytes {
            hash ^= u128::from(*byte);
            hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    };
    take(&set.rate().0.to_le_bytes());
    for (n, direction) in set.directions().iter().enumerate() {
        for x in direction.iter() {
            take(&x.to_le_bytes());
        }
        for ear in 0..2 {
            for tap in set.response(ear, n) {
                take(&tap.to_le_bytes());
            }
        }
    }
    hash
}

/// Where programs keep what they can make again.
fn cache_folder() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = if cfg!(windows) {
        PathBuf::from(from("LOCALAPPDATA")?)
    } else if let Some(base) = from("XDG_CACHE_HOME") {
        PathBuf::from(base)
    } else if cfg!(target_os = "macos") {
        Path::new(&from("HOME")?).join("Library/Caches")
    } else {
        Path::new(&from("HOME")?).join(".cache")
    };
    Some(base.join("umbel").join("hrtf"))
}

fn read(file: &Path, count: usize) -> Option<[Vec<f64>; 2]> {
    if fs::metadata(file).ok()?.len() != (MAGIC.len() + 16 * count) as u64 {
        return None;
    }
    let bytes = fs::read(file).ok()?;
    let (numbers, rest) = bytes.strip_prefix(MAGIC)?.as_chunks::<8>();
    let numbers: Vec<f64> = numbers.iter().map(|b| f64::from_le_bytes(*b)).collect();
    let fine = rest.is_empty()
        && numbers.len() == 2 * count
        && numbers.iter().all(|x| (0.0..1e5).contains(x));
    fine.then(|| [numbers[..count].to_vec(), numbers[count..].to_vec()])
}

fn write(file: &Path, alignment: &[Vec<f64>; 2]) -> std::io::Result<()> {
    let mut bytes = MAGIC.to_vec();
    let numbers = alignment.iter().flatten();
    bytes.extend(numbers.flat_map(|x| x.to_le_bytes()));
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // Whole or not at all, though two programs may write it at once.
    let part = file.with_extension(format!("part{}", std::process::id()));
    fs::write(&part, bytes)?;
    fs::rename(&part, file).inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_found_and_nothing_else_is_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep").join("one.delays");
        let found = [vec![0.0, 1.25, 3.5], vec![2.0, 0.125, 0.0]];
        write(&file, &found).unwrap();
        assert_eq!(read(&file, 3), Some(found));
        assert_eq!(read(&file, 2), None);
        let mut bytes = fs::read(&file).unwrap();
        bytes[15] = 0xFF;
        bytes[18..20].fill(0xFF);
        fs::write(&file, bytes).unwrap();
        assert_eq!(read(&file, 3), None, "a delay that is no number");
    }
}
