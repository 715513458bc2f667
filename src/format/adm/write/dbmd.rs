//! Writes the dbmd chunk: what is said of a master beside its ADM metadata. It names this program as its
//! origin, and never another maker.

use super::super::dbmd::{ElementFacts, ProgrammeFacts, checksum};

/// 1.0.0.6, as real files have it.
const VERSION: [u8; 4] = [6, 0, 0, 1];
const PROGRAMME: u8 = 9;
const PROGRAMME_BYTES: usize = 248;
const ELEMENTS: u8 = 10;
const ELEMENTS_SYNC: u32 = 0xf872_6fbd;

/// The content of a dbmd chunk: a segment 9 of `programme`, a segment 10 of `elements`, and the end.
pub fn write_dbmd(programme: &ProgrammeFacts, elements: &ElementFacts) -> Vec<u8> {
    let mut bytes = VERSION.to_vec();
    for (id, payload) in [
        (PROGRAMME, programme_payload(programme)),
        (ELEMENTS, elements_payload(elements)),
    ] {
        bytes.push(id);
        bytes.extend((payload.len() as u16).to_le_bytes());
        bytes.extend(&payload);
        bytes.push(checksum(&payload));
    }
    bytes.extend([0, 0]);
    bytes
}

/// Payload of segment 9.
pub(in crate::format::adm) fn programme_payload(facts: &ProgrammeFacts) -> Vec<u8> {
    let mut payload = vec![0; PROGRAMME_BYTES];
    put_text(&mut payload[..32], &facts.origin);
    put_text(&mut payload[32..96], &facts.tool);
    payload[96..99].copy_from_slice(&facts.tool_version);
    payload[111] = facts.frame_rate.map_or(0, codes::frame_rate);
    payload[112..118].copy_from_slice(&codes::first_action(facts.first_action_s));
    payload[139] = codes::downmix(facts.downmix) << 4 | facts.phase_90 & 3;
    payload[152] = codes::warp(facts.warp);
    payload
}

/// Text cut to whole characters, with at least one byte of 0 behind it.
fn put_text(field: &mut [u8], text: &str) {
    let most = field.len() - 1;
    let end = (0..=text.len().min(most))
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0);
    field[..end].copy_from_slice(&text.as_bytes()[..end]);
}

/// Payload of segment 10.
pub(in crate::format::adm) fn elements_payload(facts: &ElementFacts) -> Vec<u8> {
    let count = facts.binaural.len();
    let mut payload = ELEMENTS_SYNC.to_le_bytes().to_vec();
    payload.extend((count as u16).to_le_bytes());
    payload.push(0);
    for trim in &facts.trims {
        payload.extend(codes::trim(*trim));
    }
    payload.extend((0..count).map(|n| u8::from(facts.trim_bypass.get(n) == Some(&true))));
    payload.extend(facts.binaural.iter().enumerate().map(|(n, &mode)| {
        let tracking = facts.head_tracking.get(n).copied().unwrap_or(0);
        tracking << 6 | codes::binaural(mode)
    }));
    payload
}

/// Facts as the bytes of the chunk.
pub(in crate::format::adm) mod codes {
    use super::super::super::dbmd::{BinauralMode, Downmix, FrameRate, Trim, Warp};

    /// First frame of action: hours, minutes, hundred-thousandths of a second; hours of 0xff are none.
    pub(in crate::format::adm) fn first_action(seconds: Option<f64>) -> [u8; 6] {
        let Some(seconds) = seconds else {
            return [0xff, 0, 0, 0, 0, 0];
        };
        let parts = (seconds.clamp(0.0, 254.0 * 3600.0) * 1e5).round() as u64;
        let minutes = parts / 6_000_000;
        let [a, b, c, d] = ((parts % 6_000_000) as u32).to_le_bytes();
        [(minutes / 60) as u8, (minutes % 60) as u8, a, b, c, d]
    }

    pub(in crate::format::adm) fn trim(trim: Trim) -> Vec<u8> {
        let Trim::Manual {
            centre_db,
            surround_db,
            height_db,
            balance,
            height_balance,
        } = trim
        else {
            return [1].into_iter().chain([0; 14]).collect();
        };
        let mut bytes = vec![0];
        for db in [centre_db, surround_db, height_db] {
            bytes.extend(db.to_le_bytes());
        }
        bytes.extend([balance, height_balance].map(signed_magnitude));
        bytes
    }

    /// A balance of -1 to 1 as sign and seven bits.
    fn signed_magnitude(balance: f32) -> u8 {
        let magnitude = (balance.abs().min(1.0) * 127.0).round() as u8;
        magnitude | if balance < 0.0 { 0x80 } else { 0 }
    }

    pub(in crate::format::adm) fn frame_rate(rate: FrameRate) -> u8 {
        match rate {
            FrameRate::F23976 => 1,
            FrameRate::F24 => 2,
            FrameRate::F25 => 3,
            FrameRate::F2997Drop => 4,
            FrameRate::F2997 => 5,
            FrameRate::F30 => 6,
        }
    }

    pub(in crate::format::adm) fn downmix(downmix: Downmix) -> u8 {
        match downmix {
            Downmix::NotIndicated => 0,
            Downmix::LoRo => 1,
            Downmix::LtRt => 2,
            Downmix::LtRtProLogicIi => 3,
            Downmix::Direct => 4,
            Downmix::Unknown(code) => code & 7,
        }
    }

    pub(in crate::format::adm) fn warp(warp: Warp) -> u8 {
        match warp {
            Warp::Direct => 0,
            Warp::DirectWithRoomBalance => 1,
            Warp::ProLogicIix => 2,
            Warp::LoRo => 3,
            Warp::NotIndicated => 4,
            Warp::Unknown(code) => code & 7,
        }
    }

    pub(in crate::format::adm) fn binaural(mode: BinauralMode) -> u8 {
        match mode {
            BinauralMode::Off => 0,
            BinauralMode::Near => 1,
            BinauralMode::Far => 2,
            BinauralMode::Mid => 3,
            BinauralMode::NotIndicated => 4,
            BinauralMode::Unknown(code) => code & 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dbmd::{BinauralMode, Downmix, FrameRate, Trim, Warp, read};
    use super::super::super::findings::Findings;
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let programme = ProgrammeFacts {
            origin: "umbel".to_owned(),
            tool: "ü".repeat(60),
            tool_version: [0, 1, 2],
            frame_rate: Some(FrameRate::F2997Drop),
            first_action_s: Some(3723.5),
            phase_90: 2,
            downmix: Downmix::Direct,
            warp: Warp::LoRo,
        };
        let mut trims = [Trim::Automatic; 9];
        trims[3] = Trim::Manual {
            centre_db: -1.5,
            surround_db: 0.25,
            height_db: -3.0,
            balance: -1.0,
            height_balance: 1.0,
        };
        let modes = [
            BinauralMode::Off,
            BinauralMode::Near,
            BinauralMode::Far,
            BinauralMode::Mid,
            BinauralMode::NotIndicated,
        ];
        let elements = ElementFacts {
            trims,
            trim_bypass: vec![false, true, false, false, true],
            binaural: modes.to_vec(),
            head_tracking: vec![0, 1, 2, 3, 0],
        };
        let bytes = write_dbmd(&programme, &elements);
        let mut findings = Findings::new("a.wav".as_ref());
        let read = read(&bytes, 5, &mut findings).unwrap();
        assert_eq!(findings.finish(false), []);
        assert_eq!(read.elements, Some(elements));
        let found = read.programme.unwrap();
        assert_eq!(found.tool, "ü".repeat(31));
        let cut = ProgrammeFacts {
            tool: found.tool.clone(),
            ..programme
        };
        assert_eq!(found, cut);
    }
}
