//! Writes the chna chunk (ITU-R BS.2088, section 8).

use super::super::chna::ChnaRow;

/// The content of a chna chunk with `rows`, one per track.
pub fn write_chna(rows: &[ChnaRow]) -> Vec<u8> {
    let mut tracks: Vec<u16> = rows.iter().map(|row| row.track_index).collect();
    tracks.sort_unstable();
    tracks.dedup();
    // A file has at most 65 535 channels.
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).to_le_bytes();
    let mut bytes = Vec::with_capacity(4 + 40 * rows.len());
    bytes.extend(count(tracks.len()));
    bytes.extend(count(rows.len()));
    for row in rows {
        bytes.extend(row.track_index.to_le_bytes());
        for (text, width) in [(&row.uid, 12), (&row.reference, 14), (&row.pack, 11)] {
            let mut field = text.clone().into_bytes();
            field.resize(width, 0);
            bytes.extend(field);
        }
        bytes.push(0);
    }
    bytes
}
