//! Rules 28 to 39: the chna chunk, which says which channel of the file is which track.

use super::report::{NOWHERE, Report, quoted};

/// A used row. IDs are in upper case, as they are compared; NULs are stripped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// From 1.
    pub(super) index: u64,
    pub(super) uid: String,
    pub(super) track: String,
    pub(super) pack: String,
}

const ROW: usize = 40;

/// The used rows of the chunk `content` of a file with `channels` channels.
pub(super) fn rows(content: Option<&[u8]>, channels: u64, report: &mut Report) -> Vec<Row> {
    let Some([a, b, c, d, rows @ ..]) = content else {
        report.need(false, 28, NOWHERE, || match content {
            Some(content) => format!("the chna chunk has {} bytes", content.len()),
            None => "there is no chna chunk".to_owned(),
        });
        return Vec::new();
    };
    let tracks = usize::from(u16::from_le_bytes([*a, *b]));
    let uids = usize::from(u16::from_le_bytes([*c, *d]));
    report.need(rows.len() % ROW == 0, 29, NOWHERE, || {
        format!("the chna chunk has {} bytes of rows", rows.len())
    });
    let present = rows.len() / ROW;
    report.need(present >= uids, 30, NOWHERE, || {
        format!("chna says {uids} rows; it has {present}")
    });
    let beyond = rows.get(uids * ROW..).unwrap_or_default();
    report.need(beyond.iter().all(|byte| *byte == 0), 30, NOWHERE, || {
        format!("chna says {uids} rows, and more follow")
    });
    let mut read: Vec<Row> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (number, bytes) in rows.chunks_exact(ROW).take(uids).enumerate() {
        let number = number + 1;
        let row = row(bytes);
        let name = || format!("row {number} of chna ({})", quoted(&row.uid));
        report.need(bytes[2..39].is_ascii(), 31, NOWHERE, || {
            format!("{} holds bytes beyond ASCII", name())
        });
        report.need(bytes[39] == 0, 32, NOWHERE, || {
            format!("{} ends with the byte {:#04x}", name(), bytes[39])
        });
        let is_uid = hex(&row.uid, "ATU_", 8)
            .is_some_and(|digits| digits.bytes().any(|digit| digit != b'0'));
        report.need(is_uid, 33, NOWHERE, || {
            format!("{} has this track ID", name())
        });
        report.need(is_track(&row.track), 34, NOWHERE, || {
            format!("{} has the track reference {}", name(), quoted(&row.track))
        });
        report.need(hex(&row.pack, "AP_", 8).is_some(), 35, NOWHERE, || {
            format!("{} has the pack reference {}", name(), quoted(&row.pack))
        });
        report.need(seen.insert(row.uid.clone()), 36, NOWHERE, || {
            format!("{} is there before", name())
        });
        report.need((1..=channels).contains(&row.index), 37, NOWHERE, || {
            format!(
                "{} has track index {}; the file has {channels} channels",
                name(),
                row.index
            )
        });
        read.push(row);
    }
    let indices: std::collections::BTreeSet<u64> = read.iter().map(|row| row.index).collect();
    report.need(tracks == indices.len(), 38, NOWHERE, || {
        format!(
            "numTracks is {tracks}; the rows have {} track indices",
            indices.len()
        )
    });
    report.need(tracks as u64 == channels, 39, NOWHERE, || {
        format!("numTracks is {tracks}; the file has {channels} channels")
    });
    read
}

fn row(bytes: &[u8]) -> Row {
    let text = |from: usize, to: usize| {
        let text = String::from_utf8_lossy(&bytes[from..to]);
        text.trim_end_matches('\0').to_ascii_uppercase()
    };
    Row {
        index: u64::from(u16::from_le_bytes([bytes[0], bytes[1]])),
        uid: text(2, 14),
        track: text(14, 28),
        pack: text(28, 39),
    }
}

/// "AT_00031001_01", "AC_00031001" or "AC_00031001_00".
fn is_track(text: &str) -> bool {
    let bare = text.strip_suffix("_00").unwrap_or(text);
    let track = text.rsplit_once('_').is_some_and(|(track, number)| {
        hex(track, "AT_", 8).is_some() && hex(number, "", 2).is_some()
    });
    track || hex(bare, "AC_", 8).is_some()
}

/// The digits of `text` if it is `prefix` and `count` hexadecimal digits; capitals do not matter.
pub(super) fn hex<'a>(text: &'a str, prefix: &str, count: usize) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    let digits = &text[prefix.len()..];
    let is_hex = digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (head.eq_ignore_ascii_case(prefix) && is_hex).then_some(digits)
}
