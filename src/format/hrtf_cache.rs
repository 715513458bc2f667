//! What takes long to find out about a set of head-related impulse responses, kept in the user's cache folder.
//!
//! Files have names made of the content that they were made of, so that a set that changes is worked out anew, as
//! is what does not come back whole. Whatever goes wrong here costs time, nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::part;
use crate::render::hrtf::{Between, HrtfSet, Preparation};

/// First bytes of a file of delays; the number changes when the method does.
const DELAYS_MAGIC: &[u8; 12] = b"umbel-delay1";

/// First bytes of a file of what is between measured directions; the number changes when their form does.
const BETWEEN_MAGIC: &[u8; 16] = b"umbel-between-1\n";

/// What comes before the numbers: the magic, the checksum of all that follows, and what the file is of.
const BETWEEN_HEAD: usize = 16 + 16 + 16;

/// The ends of their names; temporary files have more behind them.
const DELAYS: &str = ".delays";
const BETWEEN: &str = ".between";

/// Most files of what is between measured directions, and their bytes: a usual one has 10 to 35 MB.
const MOST_FILES: usize = 16;
const MOST_BYTES: u64 = 256 << 20;

/// Where programs keep what they can make again.
pub(super) fn folder() -> Option<PathBuf> {
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

/// Where the alignment of a set is kept.
pub(super) struct Delays {
    file: PathBuf,
    /// Directions of the set.
    count: usize,
}

impl Delays {
    /// Of `set`, in `folder`.
    pub(super) fn of(set: &HrtfSet, folder: &Path) -> Self {
        Self {
            file: folder.join(format!("{:032x}{DELAYS}", content(set).0)),
            count: set.directions().len(),
        }
    }

    /// The alignment, if it is there.
    pub(super) fn read(&self) -> Option<[Vec<f64>; 2]> {
        let bytes = (DELAYS_MAGIC.len() + 16 * self.count) as u64;
        let bytes = read(&self.file, bytes..=bytes)?;
        let (numbers, rest) = bytes.strip_prefix(DELAYS_MAGIC)?.as_chunks::<8>();
        let numbers: Vec<f64> = numbers.iter().map(|b| f64::from_le_bytes(*b)).collect();
        let fine = rest.is_empty() && numbers.iter().all(|x| (0.0..1e5).contains(x));
        let (left, right) = numbers.split_at_checked(self.count)?;
        fine.then(|| [left.to_vec(), right.to_vec()])
    }

    /// Keeps `alignment`; if that fails, the next run takes as long as this one.
    pub(super) fn write(&self, alignment: &[Vec<f64>; 2]) {
        let mut bytes = DELAYS_MAGIC.to_vec();
        let numbers = alignment.iter().flatten();
        bytes.extend(numbers.flat_map(|x| x.to_le_bytes()));
        write(&self.file, &bytes);
    }
}

/// Where what stands between the directions of a set is kept.
pub(super) struct KeptBetween {
    file: PathBuf,
    /// All that it depends on, as a number.
    key: u128,
}

impl KeptBetween {
    /// Of `set` in a preparation, in `folder`.
    pub(super) fn of(set: &HrtfSet, preparation: Preparation, folder: &Path) -> Self {
        let mut key = content(set);
        for delay in set.alignment().into_iter().flatten().flatten() {
            key.take(&delay.to_le_bytes());
        }
        key.take(&preparation.rate.0.to_le_bytes());
        key.take(&(preparation.hop as u64).to_le_bytes());
        key.take(&Between::METHOD.to_le_bytes());
        // Should a change of the method have left its number alone, the next version knows better.
        key.take(env!("CARGO_PKG_VERSION").as_bytes());
        Self {
            file: folder.join(format!("{:032x}{BETWEEN}", key.0)),
            key: key.0,
        }
    }

    /// What was kept, if it is there and whole.
    pub(super) fn read(&self) -> Option<Between<'static>> {
        let bytes = read(&self.file, BETWEEN_HEAD as u64..=MOST_BYTES)?;
        let (sum, rest) = bytes.strip_prefix(BETWEEN_MAGIC)?.split_first_chunk()?;
        if checksum(rest) != u128::from_le_bytes(*sum) {
            return None;
        }
        Between::unpack(rest.strip_prefix(&self.key.to_le_bytes())?)
    }

    /// Keeps `between`, and of its kind the newest; if that fails, the next run takes as long as this one.
    pub(super) fn write(&self, between: &Between<'_>) {
        if (BETWEEN_HEAD + between.packed_bytes()) as u64 > MOST_BYTES {
            return;
        }
        let rest = [&self.key.to_le_bytes()[..], &between.pack()].concat();
        let sum = checksum(&rest).to_le_bytes();
        write(&self.file, &[&BETWEEN_MAGIC[..], &sum, &rest].concat());
        if let Some(folder) = self.file.parent() {
            tidy(folder, MOST_FILES, MOST_BYTES);
        }
    }
}

/// The bytes of a file of a size that is allowed.
fn read(file: &Path, sizes: std::ops::RangeInclusive<u64>) -> Option<Vec<u8>> {
    let facts = fs::metadata(file).ok()?;
    (facts.is_file() && sizes.contains(&facts.len())).then_some(())?;
    fs::read(file).ok()
}

/// Writes a file, whole or not at all, though two programs may write it at once.
fn write(file: &Path, bytes: &[u8]) {
    let made = file.parent().map_or(Ok(()), fs::create_dir_all);
    if made.is_ok() {
        // Whoever asks for it later finds nothing.
        let _ = part::replace(file, bytes);
    }
}

/// Leaves the newest files of what is between measured directions, unfinished ones included, and removes the rest.
fn tidy(folder: &Path, most_files: usize, most_bytes: u64) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .filter(|entry| entry.file_name().to_string_lossy().contains(BETWEEN))
        .filter_map(|entry| {
            let facts = entry.metadata().ok()?;
            let time = facts.modified().ok()?;
            facts.is_file().then(|| (time, facts.len(), entry.path()))
        })
        .collect();
    files.sort_unstable();
    let mut bytes = 0;
    for (n, (_, own, path)) in files.iter().rev().enumerate() {
        bytes += own;
        if n >= most_files || bytes > most_bytes {
            let _ = fs::remove_file(path);
        }
    }
}

/// A number for what a set holds.
fn content(set: &HrtfSet) -> Fnv {
    let mut hash = Fnv::new();
    hash.take(&set.rate().0.to_le_bytes());
    for (n, direction) in set.directions().iter().enumerate() {
        for x in direction.iter() {
            hash.take(&x.to_le_bytes());
        }
        for ear in 0..2 {
            for tap in set.response(ear, n) {
                hash.take(&tap.to_le_bytes());
            }
        }
    }
    hash
}

fn checksum(bytes: &[u8]) -> u128 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = Fnv::new();
    for word in words {
        hash.step(u64::from_le_bytes(*word));
    }
    hash.take(rest);
    hash.0
}

/// FNV-1a, 128 bits.
struct Fnv(u128);

impl Fnv {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn take(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.step(u64::from(*byte)));
    }

    /// Takes a byte, or, which is quicker and another number, eight at once.
    fn step(&mut self, word: u64) {
        self.0 ^= u128::from(word);
        self.0 = self
            .0
            .wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_delays_kept_are_those_found_and_nothing_else_is_taken_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let kept = |count| Delays {
            file: folder.path().join("deep").join("one.delays"),
            count,
        };
        let found = [vec![0.0, 1.25, 3.5], vec![2.0, 0.125, 0.0]];
        kept(3).write(&found);
        assert_eq!(kept(3).read(), Some(found));
        assert_eq!(kept(2).read(), None);
        let file = kept(3).file;
        let mut bytes = fs::read(&file).unwrap();
        bytes[15] = 0xFF;
        bytes[18..20].fill(0xFF);
        fs::write(&file, bytes).unwrap();
        assert_eq!(kept(3).read(), None, "a delay that is no number");
    }

    #[test]
    fn the_oldest_go_and_other_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "a.between.umbel-1.part",
            "e.between",
            "b.between",
            "d.between",
            "c.between",
            "old.delays",
        ];
        let left = |most_files, most_bytes| {
            for (n, name) in names.iter().enumerate() {
                let file = fs::File::create(folder.path().join(name)).unwrap();
                file.set_len(100).unwrap();
                let age = Duration::from_secs(1000 * (names.len() - n) as u64);
                file.set_modified(SystemTime::now() - age).unwrap();
            }
            tidy(folder.path(), most_files, most_bytes);
            let all = names.into_iter();
            all.filter(|name| folder.path().join(name).exists())
                .collect::<Vec<_>>()
        };
        assert_eq!(left(9, 500), names);
        assert_eq!(left(4, 500), names[1..]);
        assert_eq!(left(9, 399), names[2..]);
        assert_eq!(left(1, 500), names[4..]);
    }
}
