//! Sets of head-related impulse responses made ready for rendering.
//!
//! Finding the alignment of a large set takes a second or two, and what lies between the directions of a sparse one
//! some more; both are kept in the user's cache folder.

use std::path::{Path, PathBuf};

use super::hrtf_cache::{self, Delays, KeptBetween};
use super::sofa;
use crate::render::hrtf::{Equalisation, Filters, HrtfSet, Preparation, SetFault, kemar};
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

/// The set with its alignment, from the cache if it is there.
fn aligned(set: HrtfSet) -> Result<HrtfSet, SetFault> {
    let kept = hrtf_cache::folder().map(|folder| Delays::of(&set, &folder));
    if let Some(known) = kept.as_ref().and_then(Delays::read) {
        return Ok(set.aligned(known));
    }
    let found = set.find_alignment()?;
    if let Some(kept) = kept {
        kept.write(&found);
    }
    Ok(set.aligned(found))
}

/// A set prepared for rendering. What stands between the directions of a sparse one comes from the cache if it is
/// there, to the bit as it would be made.
///
/// # Errors
/// As [`Filters::new`].
pub fn filters(set: &HrtfSet, preparation: Preparation) -> Result<Filters, SetFault> {
    match hrtf_cache::folder() {
        Some(folder) => remembered(set, preparation, &folder),
        None => Filters::new(set, preparation),
    }
}

fn remembered(set: &HrtfSet, preparation: Preparation, folder: &Path) -> Result<Filters, SetFault> {
    if !set.is_sparse() {
        return Filters::new(set, preparation);
    }
    let kept = KeptBetween::of(set, preparation, folder);
    let known = kept.read();
    let filters = Filters::remembering(set, preparation, known.as_ref())?;
    if let Some(made) = filters
        .between()
        .filter(|made| known.as_ref() != Some(made))
    {
        kept.write(&made);
    }
    Ok(filters)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::geometry::direction;
    use crate::render::hrtf::{Between, Measured};
    use crate::units::SampleRate;

    const AS_MEASURED: Preparation = Preparation {
        rate: SampleRate(48_000),
        hop: 512,
    };

    /// A set of eight directions, whose ears hear `gain` times decaying noise, later from the other side.
    fn sparse(gain: f32) -> HrtfSet {
        let ring = (0..6).map(|n| direction(f64::from(n) * 60.0, 0.0));
        let poles = [90.0, -90.0].map(|elevation| direction(0.0, elevation));
        let directions: Vec<_> = ring.chain(poles).collect();
        let taps = 64;
        let mut state = 1_u32;
        let responses = [1.0, -1.0].map(|side| {
            let mut all = vec![0.0; taps * directions.len()];
            for (response, d) in all.chunks_exact_mut(taps).zip(&directions) {
                let onset = (12.0 + 10.0 * side * d.x) as usize;
                for (n, tap) in response[onset..].iter_mut().enumerate() {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let noise = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
                    *tap = gain * noise * (-0.3 * n as f32).exp();
                }
            }
            all
        });
        let set = HrtfSet::new(Measured {
            rate: 48_000,
            positions: directions.into_iter().map(Into::into).collect(),
            taps,
            responses,
            ..Measured::default()
        });
        let set = set.unwrap();
        let alignment = set.find_alignment().unwrap();
        set.aligned(alignment)
    }

    /// All that is heard: the filters of many directions, and how loud they are.
    fn heard(filters: &Filters) -> Vec<u64> {
        let directions = (0..200).map(|n| f64::from(n) * 0.9 - 89.5);
        let all = directions.map(|elevation| direction(elevation * 77.7, elevation));
        all.flat_map(|d| {
            let loudness = filters.loudness(&d);
            filters.taps(&d).concat().into_iter().chain([loudness])
        })
        .map(f64::to_bits)
        .collect()
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn a_sparse_set_sounds_the_same_to_the_bit_when_it_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let set = sparse(0.5);
        let cold = remembered(&set, AS_MEASURED, folder.path()).unwrap();
        let expected = heard(&Filters::new(&set, AS_MEASURED).unwrap());
        assert_eq!(heard(&cold), expected);
        let [file] = &files(folder.path())[..] else {
            panic!("{:?}", files(folder.path()));
        };
        let written = fs::metadata(file).unwrap().modified().unwrap();
        let warm = remembered(&set, AS_MEASURED, folder.path()).unwrap();
        assert_eq!(heard(&warm), expected);
        assert_eq!(fs::metadata(file).unwrap().modified().unwrap(), written);
        // It is what was kept that is heard: another number there is another sound.
        let between = cold.between().unwrap();
        let mut bytes = between.pack();
        let middle = bytes.len() / 2 / 4 * 4;
        bytes[middle..][..4].copy_from_slice(&0.01_f32.to_le_bytes());
        let other = Between::unpack(&bytes).unwrap();
        KeptBetween::of(&set, AS_MEASURED, folder.path()).write(&other);
        let warm = remembered(&set, AS_MEASURED, folder.path()).unwrap();
        assert_eq!(warm.between(), Some(other));
    }

    #[test]
    fn a_change_of_the_set_or_its_preparation_is_worked_out_anew() {
        let folder = tempfile::tempdir().unwrap();
        let set = sparse(0.5);
        let mut alignment = set.alignment().unwrap().clone();
        alignment[1][3] += 0.25;
        let preparation = |rate, hop| Preparation {
            rate: SampleRate(rate),
            hop,
        };
        let cases = [
            (set.clone(), AS_MEASURED),
            (sparse(0.5001), AS_MEASURED),
            (set.clone().aligned(alignment), AS_MEASURED),
            (set.clone(), preparation(44_100, 512)),
            (set, preparation(48_000, 256)),
        ];
        for (n, (set, preparation)) in cases.iter().enumerate() {
            let made = remembered(set, *preparation, folder.path()).unwrap();
            assert_eq!(files(folder.path()).len(), n + 1);
            let expected = Filters::new(set, *preparation).unwrap();
            assert_eq!(heard(&made), heard(&expected), "{n}");
        }
    }

    #[test]
    fn what_is_damaged_in_the_cache_is_made_anew_and_what_cannot_be_written_is_no_fault() {
        let folder = tempfile::tempdir().unwrap();
        let set = sparse(0.5);
        let expected = heard(&remembered(&set, AS_MEASURED, folder.path()).unwrap());
        let file = files(folder.path()).remove(0);
        let whole = fs::read(&file).unwrap();
        let flipped = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        // The file of another set under this one's name.
        let apart = tempfile::tempdir().unwrap();
        remembered(&sparse(0.25), AS_MEASURED, apart.path()).unwrap();
        let foreign = fs::read(&files(apart.path())[0]).unwrap();
        assert_eq!(foreign.len(), whole.len());
        let mut damaged = vec![Vec::new(), foreign, [&whole[..], &[0; 4]].concat()];
        damaged.extend([1, 20, 48, whole.len() / 2, whole.len() - 1].map(|n| whole[..n].to_vec()));
        damaged.extend([0, 16, 32, 48, 56, 64, whole.len() / 2, whole.len() - 1].map(flipped));
        for (n, bytes) in damaged.iter().enumerate() {
            fs::write(&file, bytes).unwrap();
            let made = remembered(&set, AS_MEASURED, folder.path()).unwrap();
            assert_eq!(heard(&made), expected, "{n}");
            assert_eq!(fs::read(&file).unwrap(), whole, "{n}");
        }
        // A folder where the file should be, and a file where the folder should be.
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        for folder in [folder.path(), &files(apart.path())[0]] {
            let made = remembered(&set, AS_MEASURED, folder).unwrap();
            assert_eq!(heard(&made), expected);
        }
    }
}
