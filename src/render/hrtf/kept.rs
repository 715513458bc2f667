//! What stands between the measured directions of a sparse set, as it is played: seconds of work, which may be kept.

use std::borrow::Cow;

use crate::geometry::Direction;

/// Numbers of a direction: itself and the delays of both ears.
const NUMBERS: usize = 3 + 2;

/// What [`Filters`](super::Filters) found between measured directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Between<'a> {
    pub(super) directions: Cow<'a, [Direction]>,
    /// For each direction the delays in frames of both ears.
    pub(super) delays: Cow<'a, [[f64; 2]]>,
    /// For each direction the same number of floats: its planes, as they are played.
    pub(super) spectra: Cow<'a, [f32]>,
}

impl Between<'_> {
    /// The number of the method. It goes up by one with every change of what is found from the same set: by
    /// `between` and what it uses, by `rate`, or by the form of the planes.
    pub const METHOD: u32 = 1;

    /// True if it holds `directions`, of `floats` floats each.
    pub(super) fn fits(&self, directions: &[Direction], floats: usize) -> bool {
        *self.directions == *directions
            && self.delays.len() == directions.len()
            && self.spectra.len() == directions.len() * floats
    }

    /// Bytes that [`pack`](Self::pack) makes.
    pub fn packed_bytes(&self) -> usize {
        16 + 8 * NUMBERS * self.directions.len() + size_of_val(&self.spectra[..])
    }

    /// Its numbers, little-endian: directions and floats of each as `u64`; for each direction x, y, z and the delays
    /// as `f64`; the spectra as `f32`.
    pub fn pack(&self) -> Vec<u8> {
        let count = self.directions.len();
        let mut bytes = Vec::with_capacity(self.packed_bytes());
        for number in [count, self.spectra.len() / count.max(1)] {
            bytes.extend((number as u64).to_le_bytes());
        }
        for (direction, delays) in self.directions.iter().zip(&*self.delays) {
            let numbers = direction.iter().chain(delays);
            bytes.extend(numbers.flat_map(|x| x.to_le_bytes()));
        }
        bytes.extend(self.spectra.iter().flat_map(|x| x.to_le_bytes()));
        bytes
    }

    /// What [`pack`](Self::pack) made `bytes` of; `None` if it made something else.
    pub fn unpack(bytes: &[u8]) -> Option<Between<'static>> {
        let (head, rest) = bytes.split_at_checked(16)?;
        let (head, _) = head.as_chunks::<8>();
        let [count, floats] = [0, 1].map(|n| usize::try_from(u64::from_le_bytes(head[n])).ok());
        let (count, floats) = (count?, floats?);
        let spectra_bytes = count.checked_mul(floats)?.checked_mul(4)?;
        let (numbers, spectra) = rest.split_at_checked(count.checked_mul(8 * NUMBERS)?)?;
        if spectra.len() != spectra_bytes {
            return None;
        }
        let numbers = numbers.as_chunks::<8>().0.iter();
        let numbers: Vec<f64> = numbers.map(|b| f64::from_le_bytes(*b)).collect();
        let (numbers, _) = numbers.as_chunks::<NUMBERS>();
        let spectra = spectra.as_chunks::<4>().0.iter();
        Some(Between {
            directions: numbers
                .iter()
                .map(|&[x, y, z, ..]| Direction::new(x, y, z))
                .collect(),
            delays: numbers.iter().map(|&[.., l, r]| [l, r]).collect(),
            spectra: spectra.map(|b| f32::from_le_bytes(*b)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_other_lengths_are_not() {
        let between = Between {
            directions: vec![Direction::new(0.0, 0.6, 0.8), Direction::new(1.0, 0.0, 0.0)].into(),
            delays: vec![[1.25, 0.1], [-0.3, 7.0]].into(),
            spectra: vec![0.5, -1e-12, 3.0, 0.1, 0.2, 0.3].into(),
        };
        let bytes = between.pack();
        assert_eq!(bytes.len(), between.packed_bytes());
        assert_eq!(Between::unpack(&bytes), Some(between.clone()));
        assert!(between.fits(&between.directions, 3));
        assert!(!between.fits(&between.directions, 2));
        assert!(!between.fits(&between.directions[..1], 6));
        for count in 0..bytes.len() {
            assert_eq!(Between::unpack(&bytes[..count]), None, "{count}");
        }
        assert_eq!(Between::unpack(&[&bytes[..], &[0]].concat()), None);
        for at in 0..16 {
            let mut other = bytes.clone();
            other[at] ^= 0x80;
            assert_eq!(Between::unpack(&other), None, "{at}");
        }
    }
}
