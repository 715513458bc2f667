//! Changes bytes of a dbmd chunk: those that the changes are about and the checksums over them, no others.

use super::super::dbmd::{
    BinauralMode, Downmix, ElementFacts, FrameRate, ProgrammeFacts, TRIM_LAYOUTS, Trim, Warp,
    checksum,
};
use super::super::write::{codes, elements_payload, programme_payload, write_dbmd};

const PROGRAMME: u8 = 9;
const PROGRAMME_BYTES: usize = 248;
const ELEMENTS: u8 = 10;
const TRIM_BYTES: usize = 15;
/// Sync word, count of channels, one byte.
const ELEMENTS_HEAD: usize = 7;

/// What is to be another. Lists have an entry per channel of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Patch {
    pub(super) frame_rate: Option<FrameRate>,
    pub(super) first_action_s: Option<Option<f64>>,
    pub(super) downmix: Option<Downmix>,
    pub(super) warp: Option<Warp>,
    pub(super) trims: [Option<Trim>; TRIM_LAYOUTS.len()],
    pub(super) binaural: Vec<Option<BinauralMode>>,
    pub(super) trim_bypass: Vec<Option<bool>>,
}

impl Patch {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            binaural: vec![None; channels],
            trim_bypass: vec![None; channels],
            ..Self::default()
        }
    }

    fn is_about_programme(&self) -> bool {
        self.frame_rate.is_some()
            || self.first_action_s.is_some()
            || self.downmix.is_some()
            || self.warp.is_some()
    }

    fn is_about_elements(&self) -> bool {
        self.trims.iter().any(Option::is_some)
            || self.binaural.iter().any(Option::is_some)
            || self.trim_bypass.iter().any(Option::is_some)
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.is_about_programme() && !self.is_about_elements()
    }

    fn programme(&self, payload: &mut [u8]) {
        if let Some(rate) = self.frame_rate {
            payload[111] = payload[111] & 0xf0 | codes::frame_rate(rate);
        }
        if let Some(first) = self.first_action_s {
            payload[112..118].copy_from_slice(&codes::first_action(first));
        }
        if let Some(downmix) = self.downmix {
            payload[139] = payload[139] & 0x8f | codes::downmix(downmix) << 4;
        }
        if let Some(warp) = self.warp {
            payload[152] = payload[152] & 0xf8 | codes::warp(warp);
        }
    }

    fn elements(&self, payload: &mut [u8]) {
        let (_, rest) = payload.split_at_mut(ELEMENTS_HEAD);
        let (trims, rest) = rest.split_at_mut(TRIM_BYTES * TRIM_LAYOUTS.len());
        for (bytes, trim) in trims.chunks_exact_mut(TRIM_BYTES).zip(self.trims) {
            match trim {
                Some(Trim::Automatic) => bytes[0] |= 1,
                Some(manual) => {
                    let first = bytes[0] & !1;
                    bytes.copy_from_slice(&codes::trim(manual));
                    bytes[0] = first;
                }
                None => {}
            }
        }
        let (bypass, headphone) = rest.split_at_mut(rest.len() / 2);
        for (byte, new) in bypass.iter_mut().zip(&self.trim_bypass) {
            if let Some(new) = new {
                *byte = *byte & 0xfc | u8::from(*new);
            }
        }
        for (byte, new) in headphone.iter_mut().zip(&self.binaural) {
            if let Some(new) = new {
                *byte = *byte & 0xf8 | codes::binaural(*new);
            }
        }
    }
}

/// What a chunk that is not there yet begins with: this program as the origin, nothing else indicated.
fn unsaid(channels: usize) -> (ProgrammeFacts, ElementFacts) {
    let version = |n: usize| {
        let mut parts = env!("CARGO_PKG_VERSION").split('.');
        parts.nth(n).and_then(|part| part.parse().ok()).unwrap_or(0)
    };
    let programme = ProgrammeFacts {
        origin: "umbel".to_owned(),
        tool: "umbel".to_owned(),
        tool_version: [version(0), version(1), version(2)],
        frame_rate: None,
        first_action_s: None,
        phase_90: 0,
        downmix: Downmix::NotIndicated,
        warp: Warp::NotIndicated,
    };
    let elements = ElementFacts {
        trims: [Trim::Automatic; TRIM_LAYOUTS.len()],
        trim_bypass: vec![false; channels],
        binaural: vec![BinauralMode::NotIndicated; channels],
        head_tracking: vec![0; channels],
    };
    (programme, elements)
}

/// The chunk with `patch`. Segments that it needs and the chunk has not are added before its end.
pub(super) fn patched(
    content: Option<&[u8]>,
    channels: usize,
    patch: &Patch,
) -> Result<Vec<u8>, String> {
    let (programme, elements) = unsaid(channels);
    let mut bytes = match content {
        Some(content) => content.to_vec(),
        None => write_dbmd(&programme, &elements),
    };
    let mut missing: Vec<(u8, Vec<u8>)> = Vec::new();
    if patch.is_about_programme() {
        missing.push((PROGRAMME, programme_payload(&programme)));
    }
    if patch.is_about_elements() {
        missing.push((ELEMENTS, elements_payload(&elements)));
    }
    let mut at = 4;
    loop {
        let id = *bytes.get(at).ok_or("the dbmd chunk has no end")?;
        if id == 0 {
            break;
        }
        let size = bytes.get(at + 1..at + 3).ok_or("the dbmd chunk is cut")?;
        let size = usize::from(u16::from_le_bytes([size[0], size[1]]));
        let (from, to) = (at + 3, at + 3 + size);
        let sum = *bytes.get(to).ok_or("the dbmd chunk is cut")?;
        if missing.iter().any(|(wanted, _)| *wanted == id) {
            if checksum(&bytes[from..to]) != sum {
                return Err(format!(
                    "the checksum of segment {id} of the dbmd chunk is wrong"
                ));
            }
            let expected = match id {
                PROGRAMME => PROGRAMME_BYTES,
                _ => ELEMENTS_HEAD + TRIM_BYTES * TRIM_LAYOUTS.len() + 2 * channels,
            };
            if size != expected {
                return Err(format!(
                    "segment {id} of the dbmd chunk has {size} bytes in place of {expected}"
                ));
            }
            match id {
                PROGRAMME => patch.programme(&mut bytes[from..to]),
                _ => patch.elements(&mut bytes[from..to]),
            }
            bytes[to] = checksum(&bytes[from..to]);
            missing.retain(|(wanted, _)| *wanted != id);
        }
        at = to + 1;
    }
    for (id, mut payload) in missing {
        match id {
            PROGRAMME => patch.programme(&mut payload),
            _ => patch.elements(&mut payload),
        }
        let mut segment = vec![id];
        segment.extend((payload.len() as u16).to_le_bytes());
        segment.extend(&payload);
        segment.push(checksum(&payload));
        bytes.splice(at..at, segment.iter().copied());
        at += segment.len();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::super::dbmd::read;
    use super::super::super::findings::Findings;
    use super::*;

    #[test]
    fn nothing_but_what_is_named_and_the_checksums_change() {
        let (programme, elements) = unsaid(3);
        let mut before = write_dbmd(&programme, &elements);
        // Bits that have no meaning yet stay.
        before[4 + 3 + 111] |= 0x20;
        let sum = checksum(&before[7..7 + PROGRAMME_BYTES]);
        before[7 + PROGRAMME_BYTES] = sum;
        let mut patch = Patch::new(3);
        patch.frame_rate = Some(FrameRate::F25);
        patch.first_action_s = Some(Some(3600.04));
        patch.binaural[1] = Some(BinauralMode::Near);
        patch.trims[1] = Some(Trim::Manual {
            centre_db: 0.0,
            surround_db: -1.5,
            height_db: -3.0,
            balance: 1.0,
            height_balance: 0.0,
        });
        let after = patched(Some(&before), 3, &patch).unwrap();
        assert_eq!(after.len(), before.len());
        let second = 4 + 3 + PROGRAMME_BYTES + 1;
        let allowed = |at: usize| {
            let in_elements = second + 3 + ELEMENTS_HEAD;
            (118..125).contains(&at) // frame rate, first action
                || at == 7 + PROGRAMME_BYTES
                || (in_elements + 15..in_elements + 30).contains(&at)
                || at == in_elements + 135 + 3 + 1
                || at == after.len() - 3
        };
        let changed = (0..after.len()).filter(|&at| before[at] != after[at]);
        let wrong: Vec<usize> = changed.filter(|&at| !allowed(at)).collect();
        assert_eq!(wrong, [0; 0]);
        let mut findings = Findings::new("a.wav".as_ref());
        let found = read(&after, 3, &mut findings).unwrap();
        assert_eq!(findings.finish(false), []);
        let facts = found.programme.as_ref().unwrap();
        assert_eq!(facts.frame_rate, Some(FrameRate::F25));
        assert!((facts.first_action_s.unwrap() - 3600.04).abs() < 1e-6);
        assert_eq!(after[118] & 0xf0, 0x20);
        assert_eq!(found.binaural_mode(1), Some(BinauralMode::Near));
        assert_eq!(found.binaural_mode(0), Some(BinauralMode::NotIndicated));
        assert_eq!(found.elements.unwrap().trims[1], patch.trims[1].unwrap());
    }

    #[test]
    fn a_missing_segment_is_added_and_a_damaged_one_refused() {
        let mut patch = Patch::new(2);
        patch.binaural[0] = Some(BinauralMode::Off);
        let only_programme = {
            let (programme, elements) = unsaid(2);
            let whole = write_dbmd(&programme, &elements);
            [&whole[..4 + 3 + PROGRAMME_BYTES + 1], &[0, 0]].concat()
        };
        let after = patched(Some(&only_programme), 2, &patch).unwrap();
        let mut findings = Findings::new("a.wav".as_ref());
        let found = read(&after, 2, &mut findings).unwrap();
        assert_eq!(findings.finish(false), []);
        assert_eq!(found.segments, [9, 10]);
        assert_eq!(found.binaural_mode(0), Some(BinauralMode::Off));
        let mut damaged = after.clone();
        let last = damaged.len() - 4;
        damaged[last] ^= 1;
        assert!(patched(Some(&damaged), 2, &patch).is_err());
        for length in 4..after.len() - 2 {
            assert!(
                patched(Some(&after[..length]), 2, &patch).is_err(),
                "cut to {length}"
            );
        }
    }
}
