//! Rules 134 to 145: the dbmd chunk, byte by byte.

use super::report::{NOWHERE, Report};

/// Begins segment 10.
const SYNC: u32 = 0xf872_6fbd;
/// Highest version whose layout has been published: 1.0.0.7.
const NEWEST: u32 = 0x0100_0007;
/// Bytes of segment 10 before the two that it has for each channel.
const FIXED: usize = 142;

pub(super) fn check(content: Option<&[u8]>, channels: u64, report: &mut Report) {
    let Some(content) = content.filter(|content| content.len() >= 5) else {
        let length = content.map(<[u8]>::len);
        report.need(false, 134, NOWHERE, || match length {
            Some(length) => format!("the dbmd chunk has {length} bytes"),
            None => "there is no dbmd chunk: frame rate, trims and binaural modes are not known"
                .to_owned(),
        });
        return;
    };
    let version = u32::from_le_bytes([content[0], content[1], content[2], content[3]]);
    report.need(
        version >> 24 == 1 && version <= NEWEST,
        135,
        NOWHERE,
        || {
            let [a, b, c, d] = version.to_be_bytes();
            format!("the version of dbmd is {a}.{b}.{c}.{d}")
        },
    );
    let mut segments: Vec<(u8, &[u8])> = Vec::new();
    let mut at = 4;
    loop {
        let Some(&id) = content.get(at) else {
            report.need(false, 136, NOWHERE, || {
                "the dbmd chunk has no end segment".to_owned()
            });
            break;
        };
        if id == 0 {
            let rest = &content[at..];
            report.need(rest.iter().all(|byte| *byte == 0), 136, NOWHERE, || {
                format!(
                    "{} bytes follow the end of dbmd, and not all are zero",
                    rest.len() - 1
                )
            });
            break;
        }
        let size = content
            .get(at + 1..at + 3)
            .map(|size| usize::from(u16::from_le_bytes([size[0], size[1]])));
        let payload = size.and_then(|size| content.get(at + 3..at + 3 + size));
        let checksum = size.and_then(|size| content.get(at + 3 + size));
        let (Some(size), Some(payload), Some(checksum)) = (size, payload, checksum) else {
            report.need(false, 137, NOWHERE, || {
                format!("segment {id} at byte {at} of dbmd runs past its end")
            });
            break;
        };
        let sum = payload
            .iter()
            .fold(size, |sum, byte| sum.wrapping_add(usize::from(*byte)));
        let wanted = (sum as u8).wrapping_neg();
        report.need(*checksum == wanted, 138, NOWHERE, || {
            format!("the checksum of segment {id} is {checksum:#04x}; its bytes give {wanted:#04x}")
        });
        segments.push((id, payload));
        at += size + 4;
    }
    for id in [9, 10] {
        let count = segments.iter().filter(|(found, _)| *found == id).count();
        report.need(count <= 1, 140, NOWHERE, || {
            format!("dbmd has {count} segments {id}")
        });
        report.wish(count > 0 || id == 10, 140, NOWHERE, || {
            "dbmd has no segment 9".to_owned()
        });
    }
    for (id, payload) in segments {
        match id {
            7 => report.need(payload.len() == 96, 139, NOWHERE, || {
                format!("segment 7 has {} bytes", payload.len())
            }),
            9 => programme(payload, report),
            10 => elements(payload, channels, report),
            _ => {}
        }
    }
}

/// Segment 9.
fn programme(payload: &[u8], report: &mut Report) {
    report.need(payload.len() == 248, 139, NOWHERE, || {
        format!("segment 9 has {} bytes", payload.len())
    });
    let (Some(rate), Some(warp)) = (payload.get(111), payload.get(152)) else {
        return;
    };
    report.need((1..=6).contains(&(rate & 15)), 141, NOWHERE, || {
        format!("the frame-rate code of dbmd is {}", rate & 15)
    });
    report.need(warp & 7 <= 4, 142, NOWHERE, || {
        format!("the warp mode of dbmd is {}", warp & 7)
    });
}

/// Segment 10.
fn elements(payload: &[u8], channels: u64, report: &mut Report) {
    let [a, b, c, d, low, high, ..] = payload else {
        report.need(false, 143, NOWHERE, || {
            format!("segment 10 has {} bytes", payload.len())
        });
        return;
    };
    let sync = u32::from_le_bytes([*a, *b, *c, *d]);
    let count = usize::from(u16::from_le_bytes([*low, *high]));
    let is_whole = sync == SYNC && count <= 128 && payload.len() == FIXED + 2 * count;
    report.need(is_whole, 143, NOWHERE, || {
        format!(
            "segment 10 has the sync word {sync:#010x}, {count} channels and {} bytes",
            payload.len()
        )
    });
    report.need(count as u64 == channels, 144, NOWHERE, || {
        format!("segment 10 has {count} channels; the file has {channels}")
    });
    let Some(modes) = payload.get(FIXED + count..FIXED + 2 * count) else {
        return;
    };
    for (channel, mode) in modes.iter().map(|mode| mode & 7).enumerate() {
        report.need(mode <= 4, 145, NOWHERE, || {
            format!("channel {} has binaural mode {mode}", channel + 1)
        });
    }
    for (mode, word) in [(0, "off"), (4, "not indicated")] {
        let are_all = !modes.is_empty() && modes.iter().all(|found| found & 7 == mode);
        report.wish(!are_all, 145, NOWHERE, || {
            format!("the binaural mode of every channel is \"{word}\"")
        });
    }
}
