//! The dbmd chunk: what Dolby's tools say of a master beside its ADM metadata (EBU Tech 3285 s6; payloads as
//! the vendor's published parser reads them).
//!
//! A version, then segments: id, size, payload, checksum. Segment 9 holds the facts of the whole programme,
//! segment 10 one byte per channel and the trims of nine layouts.

use super::codes::DBMD;
use super::findings::{Findings, Place};

/// What the dbmd chunk says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dbmd {
    /// Version, most significant part first: 1.0.0.6.
    pub version: [u8; 4],
    /// Ids of its segments, in order.
    pub segments: Vec<u8>,
    /// Facts of the programme (segment 9).
    pub programme: Option<ProgrammeFacts>,
    /// Facts of channels and layouts (segment 10).
    pub elements: Option<ElementFacts>,
}

/// Facts of the whole programme.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgrammeFacts {
    /// Where it was made.
    pub origin: String,
    /// The program that wrote it.
    pub tool: String,
    /// Its version.
    pub tool_version: [u8; 3],
    /// Frames of picture per second, if it is said.
    pub frame_rate: Option<FrameRate>,
    /// First frame of action in seconds of time code, if there is one.
    pub first_action_s: Option<f64>,
    /// How 5.1 is made stereo.
    pub downmix: Downmix,
    /// Whether surrounds are turned by 90 degrees before that: two bits, as they are.
    pub phase_90: u8,
    /// How 5.1 is rendered.
    pub warp: Warp,
}

/// A frame rate of picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameRate {
    /// 24000/1001.
    F23976,
    /// 24.
    F24,
    /// 25.
    F25,
    /// 30000/1001 with drop-frame time code.
    F2997Drop,
    /// 30000/1001.
    F2997,
    /// 30.
    F30,
}

impl FrameRate {
    /// As it is written: "23.976", "29.97df".
    pub fn name(self) -> &'static str {
        match self {
            Self::F23976 => "23.976",
            Self::F24 => "24",
            Self::F25 => "25",
            Self::F2997Drop => "29.97df",
            Self::F2997 => "29.97",
            Self::F30 => "30",
        }
    }
}

/// How 5.1 is made stereo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downmix {
    /// Not said.
    NotIndicated,
    /// Left only, right only.
    LoRo,
    /// Matrixed.
    LtRt,
    /// Matrixed for Pro Logic II.
    LtRtProLogicIi,
    /// Rendered from the objects.
    Direct,
    /// A number that has no meaning yet.
    Unknown(u8),
}

impl Downmix {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotIndicated => "not indicated",
            Self::LoRo => "Lo/Ro",
            Self::LtRt => "Lt/Rt",
            Self::LtRtProLogicIi => "Lt/Rt Pro Logic II",
            Self::Direct => "direct render",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// How 5.1 is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warp {
    /// As it stands.
    Direct,
    /// As it stands, with the room's balance.
    DirectWithRoomBalance,
    /// By Pro Logic IIx.
    ProLogicIix,
    /// From a stereo downmix.
    LoRo,
    /// Not said.
    NotIndicated,
    /// A number that has no meaning yet.
    Unknown(u8),
}

impl Warp {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct render",
            Self::DirectWithRoomBalance => "direct render with room balance",
            Self::ProLogicIix => "Pro Logic IIx",
            Self::LoRo => "Lo/Ro",
            Self::NotIndicated => "not indicated",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// How a channel is meant to be heard on headphones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinauralMode {
    /// Not placed.
    Off,
    /// Near the head.
    Near,
    /// Far from it.
    Far,
    /// Between.
    Mid,
    /// Not said.
    NotIndicated,
    /// A number that has no meaning yet.
    Unknown(u8),
}

impl BinauralMode {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Near => "near",
            Self::Far => "far",
            Self::Mid => "mid",
            Self::NotIndicated => "not indicated",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Layouts that trims are for, in the order of the chunk.
pub const TRIM_LAYOUTS: [&str; 9] = [
    "2.0", "5.1", "7.1", "2.1.2", "5.1.2", "7.1.2", "2.1.4", "5.1.4", "7.1.4",
];

/// The trim of one layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trim {
    /// Left to the renderer.
    Automatic,
    /// Levels of its own.
    Manual {
        /// Of the centre, in dB.
        centre_db: f32,
        /// Of the surrounds, in dB.
        surround_db: f32,
        /// Of the heights, in dB.
        height_db: f32,
        /// Front to back balance of the ear level, -1 back to 1 front.
        balance: f32,
        /// Front to back balance of the heights, -1 back to 1 front.
        height_balance: f32,
    },
}

/// Facts of channels and layouts.
#[derive(Debug, Clone, PartialEq)]
pub struct ElementFacts {
    /// Trims, in the order of [`TRIM_LAYOUTS`].
    pub trims: [Trim; 9],
    /// Channels that no trim is applied to.
    pub trim_bypass: Vec<bool>,
    /// Headphone mode of each channel.
    pub binaural: Vec<BinauralMode>,
    /// Head-tracking mode of each channel, as a number.
    pub head_tracking: Vec<u8>,
}

impl Dbmd {
    /// Headphone mode of a channel of the file, from 0.
    pub fn binaural_mode(&self, channel: usize) -> Option<BinauralMode> {
        self.elements.as_ref()?.binaural.get(channel).copied()
    }
}

const PROGRAMME: u8 = 9;
const PROGRAMME_BYTES: usize = 248;
const ELEMENTS: u8 = 10;
const ELEMENTS_SYNC: u32 = 0xf872_6fbd;
const TRIM_BYTES: usize = 15;

/// Reads the content of a dbmd chunk; what is wrong with it is a warning, for no sound depends on it.
pub(super) fn read(content: &[u8], channels: usize, findings: &mut Findings) -> Option<Dbmd> {
    let mut warn = |message: String| {
        let help = "what can be read of the chunk is told; the sound does not depend on it";
        findings.add(DBMD, Place::default(), message, help);
    };
    let [d, c, b, a, segments @ ..] = content else {
        warn(format!("the dbmd chunk has {} bytes", content.len()));
        return None;
    };
    let mut dbmd = Dbmd {
        version: [*a, *b, *c, *d],
        ..Dbmd::default()
    };
    let mut rest = segments;
    loop {
        let Some((&id, after)) = rest.split_first() else {
            warn("the dbmd chunk has no end".to_owned());
            break;
        };
        if id == 0 {
            break;
        }
        let Some((payload, found, next)) = segment(after) else {
            warn(format!("segment {id} of the dbmd chunk is cut"));
            break;
        };
        dbmd.segments.push(id);
        rest = next;
        if found != checksum(payload) {
            warn(format!(
                "the checksum of segment {id} of the dbmd chunk is wrong"
            ));
            continue;
        }
        match id {
            PROGRAMME if payload.len() == PROGRAMME_BYTES => {
                dbmd.programme = Some(programme(payload));
            }
            ELEMENTS => match elements(payload) {
                Some(facts) => {
                    if facts.binaural.len() != channels {
                        warn(format!(
                            "the dbmd chunk is about {} channels; the file has {channels}",
                            facts.binaural.len()
                        ));
                    }
                    dbmd.elements = Some(facts);
                }
                None => warn("segment 10 of the dbmd chunk is not of its form".to_owned()),
            },
            PROGRAMME => warn(format!(
                "segment 9 of the dbmd chunk has {} bytes in place of {PROGRAMME_BYTES}",
                payload.len()
            )),
            _ => {}
        }
    }
    Some(dbmd)
}

/// Payload, checksum and what follows of a segment, behind its id.
fn segment(bytes: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    let (size, rest) = bytes.split_first_chunk::<2>()?;
    let (payload, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*size)))?;
    let (&checksum, rest) = rest.split_first()?;
    Some((payload, checksum, rest))
}

/// What size, payload and checksum add up to 0 with.
pub(super) fn checksum(payload: &[u8]) -> u8 {
    let size = payload.len() as u8;
    let sum = payload
        .iter()
        .fold(size, |sum, &byte| sum.wrapping_add(byte));
    sum.wrapping_neg()
}

fn programme(payload: &[u8]) -> ProgrammeFacts {
    let text = |from: usize, to: usize| {
        let text = payload[from..to].split(|&byte| byte == 0).next();
        String::from_utf8_lossy(text.unwrap_or_default())
            .trim()
            .to_owned()
    };
    let frame_rate = match payload[111] & 0x0f {
        1 => Some(FrameRate::F23976),
        2 => Some(FrameRate::F24),
        3 => Some(FrameRate::F25),
        4 => Some(FrameRate::F2997Drop),
        5 => Some(FrameRate::F2997),
        6 => Some(FrameRate::F30),
        _ => None,
    };
    let (hours, minutes) = (payload[112], payload[113]);
    let parts = u32::from_le_bytes([payload[114], payload[115], payload[116], payload[117]]);
    let first_action_s = (hours != 0xff).then(|| {
        f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + f64::from(parts) / 100_000.0
    });
    let downmix = match payload[139] >> 4 & 7 {
        0 => Downmix::NotIndicated,
        1 => Downmix::LoRo,
        2 => Downmix::LtRt,
        3 => Downmix::LtRtProLogicIi,
        4 => Downmix::Direct,
        other => Downmix::Unknown(other),
    };
    let warp = match payload[152] & 7 {
        0 => Warp::Direct,
        1 => Warp::DirectWithRoomBalance,
        2 => Warp::ProLogicIix,
        3 => Warp::LoRo,
        4 => Warp::NotIndicated,
        other => Warp::Unknown(other),
    };
    ProgrammeFacts {
        origin: text(0, 32),
        tool: text(32, 96),
        tool_version: [payload[96], payload[97], payload[98]],
        frame_rate,
        first_action_s,
        downmix,
        phase_90: payload[139] & 3,
        warp,
    }
}

fn elements(payload: &[u8]) -> Option<ElementFacts> {
    let (sync, rest) = payload.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<2>()?;
    let (_, rest) = rest.split_first()?;
    let count = usize::from(u16::from_le_bytes(*count));
    let (trims, rest) = rest.split_at_checked(TRIM_BYTES * TRIM_LAYOUTS.len())?;
    if u32::from_le_bytes(*sync) != ELEMENTS_SYNC || rest.len() != 2 * count {
        return None;
    }
    let (bypass, headphone) = rest.split_at(count);
    let mut read = [Trim::Automatic; 9];
    for (trim, bytes) in read.iter_mut().zip(trims.chunks_exact(TRIM_BYTES)) {
        *trim = self::trim(bytes);
    }
    let mode = |byte: &u8| match byte & 7 {
        0 => BinauralMode::Off,
        1 => BinauralMode::Near,
        2 => BinauralMode::Far,
        3 => BinauralMode::Mid,
        4 => BinauralMode::NotIndicated,
        other => BinauralMode::Unknown(other),
    };
    Some(ElementFacts {
        trims: read,
        trim_bypass: bypass.iter().map(|byte| byte & 3 != 0).collect(),
        binaural: headphone.iter().map(mode).collect(),
        head_tracking: headphone.iter().map(|byte| byte >> 6).collect(),
    })
}

fn trim(bytes: &[u8]) -> Trim {
    if bytes[0] & 1 == 1 {
        return Trim::Automatic;
    }
    let level = |at: usize| {
        let db = f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if db.is_finite() { db } else { 0.0 }
    };
    // Sign and magnitude.
    let balance = |byte: u8| {
        let magnitude = f32::from(byte & 0x7f) / 127.0;
        if byte & 0x80 == 0 {
            magnitude
        } else {
            -magnitude
        }
    };
    Trim::Manual {
        centre_db: level(1),
        surround_db: level(5),
        height_db: level(9),
        balance: balance(bytes[13]),
        height_balance: balance(bytes[14]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![6, 0, 0, 1];
        for (id, payload) in segments {
            bytes.push(*id);
            bytes.extend((payload.len() as u16).to_le_bytes());
            bytes.extend(payload);
            bytes.push(checksum(payload));
        }
        bytes.extend([0, 0]);
        bytes
    }

    fn programme_payload() -> Vec<u8> {
        let mut payload = vec![0; PROGRAMME_BYTES];
        payload[32..36].copy_from_slice(b"Tool");
        payload[96..99].copy_from_slice(&[1, 8, 0]);
        payload[111] = 0x21;
        payload[112] = 1;
        payload[113] = 2;
        payload[114..118].copy_from_slice(&350_000_u32.to_le_bytes());
        payload[139] = 0x10;
        payload[152] = 0x83;
        payload
    }

    fn elements_payload(headphone: &[u8]) -> Vec<u8> {
        let mut payload = ELEMENTS_SYNC.to_le_bytes().to_vec();
        payload.extend((headphone.len() as u16).to_le_bytes());
        payload.push(0);
        for layout in 0..9 {
            let mut trim = vec![u8::from(layout != 1); 1];
            for db in [-3.0_f32, -1.5, 2.0] {
                trim.extend(db.to_le_bytes());
            }
            trim.extend([0x7f, 0x80 | 0x7f]);
            payload.extend(trim);
        }
        payload.extend(headphone.iter().map(|_| 0));
        payload.extend(headphone);
        payload
    }

    fn read_all(bytes: &[u8], channels: usize) -> (Option<Dbmd>, usize) {
        let mut findings = Findings::new("a.wav".as_ref());
        let read = read(bytes, channels, &mut findings);
        (read, findings.finish(false).len())
    }

    #[test]
    fn facts_stand_where_the_format_says() {
        let bytes = chunk(&[
            (7, vec![1; 96]),
            (9, programme_payload()),
            (10, elements_payload(&[0x84, 0x80, 0x01, 0x43])),
        ]);
        let (dbmd, warnings) = read_all(&bytes, 4);
        assert_eq!(warnings, 0);
        let dbmd = dbmd.unwrap();
        assert_eq!(
            (dbmd.version, dbmd.segments.as_slice()),
            ([1, 0, 0, 6], &[7, 9, 10][..])
        );
        let programme = dbmd.programme.as_ref().unwrap();
        assert_eq!(programme.tool, "Tool");
        assert_eq!(programme.frame_rate, Some(FrameRate::F23976));
        assert!((programme.first_action_s.unwrap() - 3723.5).abs() < 1e-9);
        assert_eq!(
            (programme.downmix, programme.warp),
            (Downmix::LoRo, Warp::LoRo)
        );
        let elements = dbmd.elements.as_ref().unwrap();
        assert_eq!(
            elements.binaural,
            [
                BinauralMode::NotIndicated,
                BinauralMode::Off,
                BinauralMode::Near,
                BinauralMode::Mid
            ]
        );
        assert_eq!(elements.head_tracking, [2, 2, 0, 1]);
        assert_eq!(elements.trims[0], Trim::Automatic);
        let Trim::Manual {
            surround_db,
            balance,
            height_balance,
            ..
        } = elements.trims[1]
        else {
            panic!("{:?}", elements.trims);
        };
        assert!((surround_db + 1.5).abs() < 1e-6);
        assert!((balance - 1.0).abs() < 1e-6 && (height_balance + 1.0).abs() < 1e-6);
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_a_warning_and_no_panic() {
        let bytes = chunk(&[(9, programme_payload()), (10, elements_payload(&[0; 4]))]);
        for length in 0..bytes.len() - 2 {
            let (_, warnings) = read_all(&bytes[..length], 4);
            assert!(warnings > 0, "cut to {length}");
        }
        for at in 4..bytes.len() - 2 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            let (read, warnings) = read_all(&flipped, 4);
            // Another id of a segment is no fault of the form.
            let same_segments = read.is_some_and(|read| read.segments == [9, 10]);
            assert!(warnings > 0 || !same_segments, "byte {at}");
        }
        assert_eq!(read_all(&bytes, 5).1, 1, "channels differ");
    }
}
