//! The chna chunk: which channel of the file is which track (ITU-R BS.2088, section 8).

use super::codes::{CHNA, CHNA_INDEX, DUPLICATE_ID};
use super::findings::{Findings, Place, shorten};

/// One row of the chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChnaRow {
    /// Channel of the file, counted from 1.
    pub track_index: u16,
    /// ID of the track ("ATU_00000001").
    pub uid: String,
    /// Its track format ("AT_00031001_01"), or its channel format ("AC_00031001").
    pub reference: String,
    /// Its pack format ("AP_00031001"); empty if it names none.
    pub pack: String,
}

/// Bytes of a row.
const ROW: usize = 40;

/// Reads the content of a chna chunk of a file with `channels` channels. Rows of zeros are room for later.
pub(super) fn read(content: &[u8], channels: usize, findings: &mut Findings) -> Vec<ChnaRow> {
    let nowhere = Place::default();
    let [a, b, c, d, rows @ ..] = content else {
        let message = format!("the chna chunk has {} bytes", content.len());
        findings.add(
            CHNA,
            nowhere,
            message,
            "it has at least 4; the file is damaged",
        );
        return Vec::new();
    };
    let tracks = u16::from_le_bytes([*a, *b]);
    let uids = usize::from(u16::from_le_bytes([*c, *d]));
    if rows.len() % ROW != 0 {
        let message = format!(
            "the rows of the chna chunk have {} bytes, which is no multiple of {ROW}",
            rows.len()
        );
        findings.add(
            CHNA,
            nowhere,
            message,
            "the chunk is cut or damaged: export the file again",
        );
        return Vec::new();
    }
    let mut read: Vec<ChnaRow> = Vec::new();
    let mut seen = std::collections::HashMap::new();
    let mut used = 0;
    for (number, bytes) in rows.chunks_exact(ROW).enumerate() {
        if bytes.iter().all(|&byte| byte == 0) {
            continue;
        }
        let number = number + 1;
        used += 1;
        let Some(row) = row(bytes) else {
            let message = format!("row {number} of the chna chunk holds no plain text");
            findings.add(
                CHNA,
                nowhere,
                message,
                "IDs are ASCII; the chunk is damaged",
            );
            continue;
        };
        let index = usize::from(row.track_index);
        if index == 0 || index > channels {
            let message = format!(
                "row {number} of the chna chunk ({}) has track index {index}; the file has {channels} \
                 channels",
                shorten(&row.uid)
            );
            let help = format!("indices count from 1 to {channels}");
            findings.add(CHNA_INDEX, nowhere, message, help);
            continue;
        }
        if !is_uid(&row.uid) {
            let message = format!(
                "row {number} of the chna chunk has the track ID \"{}\"",
                shorten(&row.uid)
            );
            let help = "a track ID is ATU_ and eight hexadecimal digits that are not all zero";
            findings.add(CHNA, nowhere, message, help);
            continue;
        }
        if let Some(first) = seen.insert(row.uid.to_ascii_uppercase(), number) {
            let message = format!(
                "rows {first} and {number} of the chna chunk have the same track ID {}",
                row.uid
            );
            findings.add(
                DUPLICATE_ID,
                nowhere,
                message,
                "every row has an ID of its own",
            );
            continue;
        }
        read.push(row);
    }
    if used != uids {
        let message = format!(
            "the chna chunk says it has {uids} track IDs, but {used} rows are in \
             use"
        );
        findings.add(
            CHNA,
            nowhere,
            message,
            "the chunk is damaged: export the file again",
        );
    }
    let mut distinct: Vec<u16> = read.iter().map(|row| row.track_index).collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() != usize::from(tracks) && !findings.has_errors() {
        let message = format!(
            "the chna chunk says it has {tracks} tracks, but its rows name {}",
            distinct.len()
        );
        findings.add_as(
            crate::error::Severity::Warning,
            CHNA,
            nowhere,
            message,
            "the rows are taken as they stand",
        );
    }
    read
}

fn row(bytes: &[u8]) -> Option<ChnaRow> {
    let text = |from: usize, to: usize| {
        let text = bytes[from..to].split(|&byte| byte == 0).next()?;
        let text = std::str::from_utf8(text).ok()?.trim();
        text.bytes()
            .all(|byte| (32..127).contains(&byte))
            .then(|| text.to_owned())
    };
    Some(ChnaRow {
        track_index: u16::from_le_bytes([bytes[0], bytes[1]]),
        uid: text(2, 14)?,
        reference: text(14, 28)?,
        pack: text(28, 39)?,
    })
}

/// "ATU_" and eight hexadecimal digits, not all zero: that one is the silent track.
pub(super) fn is_uid(text: &str) -> bool {
    text.len() == 12
        && text[..4].eq_ignore_ascii_case("ATU_")
        && text.bytes().skip(4).all(|b| b.is_ascii_hexdigit())
        && text.bytes().skip(4).any(|b| b != b'0')
}
