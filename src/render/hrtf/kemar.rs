//! The default set: MIT KEMAR with normal pinnae, 710 directions, 512 taps at 44.1 kHz.
//!
//! W. G. Gardner and K. D. Martin, "HRTF measurements of a KEMAR dummy-head microphone", MIT Media Lab, 1994; as
//! shipped by Debian's libmysofa1. `hrtf/README.md` says how the file was made. Its two ears mirror each other to
//! the last bit and its samples are 16-bit integers, so one ear of integers is the whole set; the equaliser and
//! the alignment, which take a while to work out, stand beside it.

use super::bass::{BassLift, Resonance};
use super::diffuse_field::Equaliser;
use super::set::{HrtfSet, Measured, SetFault};
use crate::geometry::{Position, direction};
use crate::units::Hertz;

/// Numbers that describe the lift of the bass.
const BASS: usize = 4;

/// The first bytes of the file.
const MAGIC: &[u8; 12] = b"umbel-hrtf-2";

/// The default set, not equalised yet.
///
/// # Errors
/// The embedded file is damaged.
pub fn kemar() -> Result<HrtfSet, SetFault> {
    unpack(include_bytes!("../../../hrtf/mit-kemar.bin"))
}

const NAME: &str = "MIT KEMAR, normal pinna";

const LICENCE: &str = "provided free with no restrictions on use, provided the authors are cited: Bill Gardner and \
Keith Martin, MIT Media Lab Machine Listening Group, 1994";

/// The bytes of a set whose ears mirror each other, whose samples are 16-bit integers, and whose alignment and
/// equaliser are known: the form of the embedded file. Little-endian: rate, directions, taps and taps of the
/// equaliser as `u32`; as `f32` azimuths and elevations in degrees, the left ear's alignment, the equaliser's taps and
/// the frequencies and qualities of its bass's zeros and poles (0: it has none); the left ear's responses as `i16`.
///
/// # Errors
/// The set is not of this kind.
pub fn pack(set: &HrtfSet) -> Result<Vec<u8>, SetFault> {
    let fault = |reason: &str| SetFault {
        at: "the set",
        reason: reason.to_owned(),
    };
    if set.mirrored().is_none() {
        return Err(fault("its ears do not mirror each other"));
    }
    let alignment = set
        .alignment
        .as_ref()
        .ok_or_else(|| fault("it has no alignment"))?;
    let equaliser = set
        .equaliser
        .as_ref()
        .ok_or_else(|| fault("it has no equaliser"))?;
    let mut bytes = MAGIC.to_vec();
    let count = set.directions.len();
    for number in [set.rate.0 as usize, count, set.taps, equaliser.taps.len()] {
        bytes.extend((number as u32).to_le_bytes());
    }
    let angles = set.directions.iter().map(|d| {
        let (x, y, z) = (d.x, d.y, d.z);
        let (azimuth, elevation, _) = Position::Cartesian { x, y, z }.to_polar();
        (azimuth, elevation)
    });
    let (azimuths, elevations): (Vec<f64>, Vec<f64>) = angles.unzip();
    let resonances = equaliser
        .bass
        .iter()
        .flat_map(|bass| [bass.zeros, bass.poles]);
    let mut bass: Vec<f64> = resonances.flat_map(|r| [r.frequency.0, r.q]).collect();
    bass.resize(BASS, 0.0);
    let lists = [
        &azimuths,
        &elevations,
        &alignment[0],
        &equaliser.taps,
        &bass,
    ];
    for list in lists {
        bytes.extend(list.iter().flat_map(|x| (*x as f32).to_le_bytes()));
    }
    for tap in &set.responses[0] {
        let scaled = tap * 32_768.0;
        if scaled.fract() != 0.0 || !(-32_768.0..=32_767.0).contains(&scaled) {
            return Err(fault("its samples are no 16-bit integers"));
        }
        bytes.extend((scaled as i16).to_le_bytes());
    }
    Ok(bytes)
}

/// The set that [`pack`] made `bytes` of.
fn unpack(bytes: &[u8]) -> Result<HrtfSet, SetFault> {
    let damaged = || SetFault {
        at: "the embedded set",
        reason: "it is damaged".to_owned(),
    };
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
    let (numbers, rest) = rest.split_at_checked(16).ok_or_else(damaged)?;
    let (numbers, _) = numbers.as_chunks::<4>();
    let [rate, count, taps, filter] = [0, 1, 2, 3].map(|n| u32::from_le_bytes(numbers[n]) as usize);
    let floats = 3 * count + filter + BASS;
    if rest.len() != 4 * floats + 2 * count * taps {
        return Err(damaged());
    }
    let (head, samples) = rest.split_at(4 * floats);
    let floats = head.as_chunks::<4>().0.iter();
    let floats: Vec<f64> = floats.map(|b| f64::from(f32::from_le_bytes(*b))).collect();
    let (azimuths, rest) = floats.split_at(count);
    let (elevations, rest) = rest.split_at(count);
    let (left_delays, rest) = rest.split_at(count);
    let (filter, bass) = rest.split_at(filter);
    let resonance = |at: usize| Resonance {
        frequency: Hertz(bass[at]),
        q: bass[at + 1],
    };
    let equaliser = Equaliser {
        taps: filter.to_vec(),
        bass: (bass[0] > 0.0).then(|| BassLift {
            zeros: resonance(0),
            poles: resonance(2),
        }),
    };
    let samples = samples.as_chunks::<2>().0.iter();
    let left: Vec<f32> = samples
        .map(|b| f32::from(i16::from_le_bytes(*b)) / 32_768.0)
        .collect();
    let angles: Vec<(f64, f64)> = azimuths
        .iter()
        .copied()
        .zip(elevations.iter().copied())
        .collect();
    // The other side of the median plane, by the angles themselves.
    let mirrors: Option<Vec<usize>> = angles
        .iter()
        .map(|&(azimuth, elevation)| {
            let is_mirror = |&(az, el): &(f64, f64)| {
                let apart = (azimuth + az).rem_euclid(360.0);
                !(1e-3..=360.0 - 1e-3).contains(&apart) && (el - elevation).abs() < 1e-3
            };
            angles.iter().position(is_mirror)
        })
        .collect();
    let mirrors = mirrors.ok_or_else(damaged)?;
    let right = mirrors
        .iter()
        .flat_map(|&mirror| left[mirror * taps..][..taps].iter().copied())
        .collect();
    let right_delays = mirrors.iter().map(|&mirror| left_delays[mirror]).collect();
    let positions = angles.iter().map(|&(az, el)| direction(az, el).into());
    let set = HrtfSet::new(Measured {
        name: NAME.to_owned(),
        licence: LICENCE.to_owned(),
        rate: rate as u32,
        positions: positions.collect(),
        taps,
        responses: [left, right],
        delays: Default::default(),
    })?;
    if set.directions.len() != count {
        return Err(damaged());
    }
    Ok(set
        .aligned([left_delays.to_vec(), right_delays])
        .with_equaliser(equaliser))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_set_is_what_its_documentation_says() {
        let set = kemar().unwrap();
        assert_eq!(
            (set.rate().0, set.taps(), set.directions().len()),
            (44_100, 512, 710)
        );
        assert!(set.mirrored().is_some());
        // Raw it is far from flat, as its ear canal says.
        let flatness = set.flatness().unwrap();
        assert!((5.0..9.0).contains(&flatness.deviation_db), "{flatness:?}");
        let (equalised, was) = set
            .clone()
            .equalised(super::super::Equalisation::Auto)
            .unwrap();
        assert!(was && equalised.flatness().unwrap().deviation_db < 0.5);
        assert_eq!(
            pack(&set).unwrap(),
            include_bytes!("../../../hrtf/mit-kemar.bin")
        );
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let bytes = include_bytes!("../../../hrtf/mit-kemar.bin");
        for cut in [0, 11, 20, 5000, bytes.len() - 1] {
            assert!(unpack(&bytes[..cut]).is_err(), "{cut} bytes");
        }
    }
}
