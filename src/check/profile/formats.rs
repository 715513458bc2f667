//! Rules 94 to 104, 110 and 126 to 133: packs, beds, streams, tracks and track UIDs.

use super::chna::hex;
use super::document::{Document, Kind, kind_of};
use super::general::name;
use super::report::{Report, quoted};
use super::tree::Element;

/// Labels of a bed's channels without "RC_", their names, and where they stand.
const LABELS: [(&str, &str, [f64; 3]); 12] = [
    ("L", "RoomCentricLeft", [-1.0, 1.0, 0.0]),
    ("R", "RoomCentricRight", [1.0, 1.0, 0.0]),
    ("C", "RoomCentricCenter", [0.0, 1.0, 0.0]),
    ("LFE", "RoomCentricLFE", [-1.0, 1.0, -1.0]),
    ("Lss", "RoomCentricLeftSideSurround", [-1.0, 0.0, 0.0]),
    ("Rss", "RoomCentricRightSideSurround", [1.0, 0.0, 0.0]),
    ("Lrs", "RoomCentricLeftRearSurround", [-1.0, -1.0, 0.0]),
    ("Rrs", "RoomCentricRightRearSurround", [1.0, -1.0, 0.0]),
    ("Lts", "RoomCentricLeftTopSurround", [-1.0, 0.0, 1.0]),
    ("Rts", "RoomCentricRightTopSurround", [1.0, 0.0, 1.0]),
    ("Ls", "RoomCentricLeftSurround", [-1.0, -0.36397, 0.0]),
    ("Rs", "RoomCentricRightSurround", [1.0, -0.36397, 0.0]),
];

/// The beds there are.
const BEDS: [&str; 8] = [
    "L R",
    "L R C",
    "L R C Ls Rs",
    "L R C LFE Ls Rs",
    "L R C Lss Rss Lrs Rrs",
    "L R C LFE Lss Rss Lrs Rrs",
    "L R C Lss Rss Lrs Rrs Lts Rts",
    "L R C LFE Lss Rss Lrs Rrs Lts Rts",
];

pub(super) fn check(document: &Document<'_>, length: Option<f64>, report: &mut Report) {
    for pack in document.all("audioPackFormat") {
        numbered(pack, report);
        for child in pack.others(&["audioChannelFormatIDRef"]) {
            report.need(false, 95, child.place, || {
                format!("{} has {}", name(pack), quoted(&child.name))
            });
        }
        let count = pack.all("audioChannelFormatIDRef").count();
        match kind_of(pack) {
            Kind::Objects => report.need(count == 1, 96, pack.place, || {
                format!("{} has {count} channels", name(pack))
            }),
            Kind::Speakers => bed(document, pack, report),
            Kind::Other => {}
        }
    }
    for channel in document.all("audioChannelFormat") {
        numbered(channel, report);
        report.need(
            channel.all("frequency").next().is_none(),
            98,
            channel.place,
            || format!("{} has frequency limits", name(channel)),
        );
        match kind_of(channel) {
            Kind::Speakers => bed_channel(document, channel, report),
            Kind::Objects => last_block(document, channel, length, report),
            Kind::Other => {}
        }
    }
    streams(document, report);
    uids(document, report);
}

/// Rule 94.
fn numbered(element: &Element, report: &mut Report) {
    let digits = element
        .id()
        .get(7..)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    report.need(
        digits.is_some_and(|number| number >= 0x1001),
        94,
        element.place,
        || format!("{} is numbered as common definitions are", name(element)),
    );
}

/// The label of a bed's channel as it is written.
fn label_of<'a>(document: &Document<'a>, channel: &Element) -> &'a str {
    let summary = document.blocks.get(&channel.key());
    let first = summary.and_then(|summary| summary.first.as_ref());
    first
        .and_then(|block| block.text_of("speakerLabel"))
        .unwrap_or_default()
}

fn bed(document: &Document<'_>, pack: &Element, report: &mut Report) {
    let channels = pack.all("audioChannelFormatIDRef").map(|reference| {
        document
            .find("audioChannelFormat", &reference.text)
            .map_or("?", |channel| label_of(document, channel))
    });
    let labels: Vec<&str> = channels
        .map(|label| label.strip_prefix("RC_").unwrap_or(label))
        .collect();
    let labels = labels.join(" ");
    report.need(BEDS.contains(&labels.as_str()), 97, pack.place, || {
        format!(
            "the bed {} has the channels {}",
            name(pack),
            quoted(&labels)
        )
    });
}

fn bed_channel(document: &Document<'_>, channel: &Element, report: &mut Report) {
    let Some(summary) = document.blocks.get(&channel.key()) else {
        return;
    };
    let Some(block) = &summary.first else { return };
    let place = block.place;
    let is_one = summary.count == 1
        && block.attribute("rtime").is_none()
        && block.attribute("duration").is_none()
        && block.id().ends_with("_00000001");
    report.need(is_one, 99, place, || {
        format!(
            "{} has {} blocks, the first of them {}",
            name(channel),
            summary.count,
            name(block)
        )
    });
    let count = block.all("speakerLabel").count();
    let label = block.text_of("speakerLabel").unwrap_or_default();
    let known = label
        .strip_prefix("RC_")
        .and_then(|label| LABELS.iter().find(|(known, ..)| *known == label));
    report.need(count == 1 && known.is_some(), 100, place, || {
        format!(
            "{} has {count} labels, the first {}",
            name(block),
            quoted(label)
        )
    });
    let mut flags = block.all("cartesian");
    let is_room = flags.next().is_some_and(|flag| flag.text == "1") && flags.next().is_none();
    report.need(is_room, 102, place, || {
        format!("{} is not said to be Cartesian, once", name(block))
    });
    for child in block.others(&[
        "speakerLabel",
        "cartesian",
        "position",
        "gain",
        "importance",
    ]) {
        report.need(false, 104, child.place, || {
            format!("{} has {}", name(block), quoted(&child.name))
        });
    }
    let Some((label, wanted, at)) = known else {
        return;
    };
    let said = channel
        .attribute("audioChannelFormatName")
        .unwrap_or_default();
    report.need(said == *wanted, 101, channel.place, || {
        format!(
            "{} is called {}; RC_{label} is {wanted}",
            name(channel),
            quoted(said)
        )
    });
    let mut found = [None; 3];
    let mut is_plain = true;
    for position in block.all("position") {
        let axis = position.attribute("coordinate").unwrap_or_default();
        let value: Option<f64> = position.text.parse().ok();
        match ["X", "Y", "Z"].iter().position(|known| *known == axis) {
            Some(axis) if found[axis].is_none() => found[axis] = value,
            _ => is_plain = false,
        }
    }
    let fits = found
        .iter()
        .zip(at)
        .all(|(found, at)| found.is_some_and(|found| (found - at).abs() <= 1.001e-5));
    report.need(is_plain && fits, 103, place, || {
        let said: Vec<String> = block
            .all("position")
            .map(|position| {
                format!(
                    "{} {}",
                    position.attribute("coordinate").unwrap_or("?"),
                    position.text
                )
            })
            .collect();
        format!(
            "{} (RC_{label}) stands at {}; it belongs at {at:?}",
            name(block),
            quoted(&said.join(", "))
        )
    });
}

/// Rule 110.
fn last_block(
    document: &Document<'_>,
    channel: &Element,
    length: Option<f64>,
    report: &mut Report,
) {
    let end = document
        .blocks
        .get(&channel.key())
        .and_then(|summary| summary.end);
    if let (Some((end, place)), Some(length)) = (end, length) {
        report.need((end - length).abs() <= 16.001e-6, 110, place, || {
            format!(
                "the last block of {} ends at {end:.5} s; the programme has {length:.5} s",
                name(channel)
            )
        });
    }
}

/// Rules 126 to 129.
fn streams(document: &Document<'_>, report: &mut Report) {
    let is_pcm = |element: &Element| {
        element.attribute("formatLabel") == Some("0001")
            && element.attribute("formatDefinition") == Some("PCM")
    };
    for stream in document.all("audioStreamFormat") {
        for child in [
            "audioChannelFormatIDRef",
            "audioPackFormatIDRef",
            "audioTrackFormatIDRef",
        ] {
            let count = stream.all(child).count();
            report.need(count == 1, 126, stream.place, || {
                format!("{} has {count} {child}", name(stream))
            });
        }
        report.need(is_pcm(stream), 127, stream.place, || {
            format!("{} is not labelled 0001 PCM", name(stream))
        });
        let channel = stream
            .text_of("audioChannelFormatIDRef")
            .unwrap_or_default();
        let agree = same_digits(stream.id(), channel);
        report.need(agree, 128, stream.place, || {
            format!("{} refers to {}", name(stream), quoted(channel))
        });
    }
    for track in document.all("audioTrackFormat") {
        report.need(is_pcm(track), 127, track.place, || {
            format!("{} is not labelled 0001 PCM", name(track))
        });
        let count = track.all("audioStreamFormatIDRef").count();
        let stream = track.text_of("audioStreamFormatIDRef").unwrap_or_default();
        let fits = count == 1 && track.id().ends_with("_01") && same_digits(track.id(), stream);
        report.need(fits, 129, track.place, || {
            format!(
                "{} refers to {count} streams, the first {}",
                name(track),
                quoted(stream)
            )
        });
    }
}

/// Whether the eight digits after the first underscore are the same.
fn same_digits(a: &str, b: &str) -> bool {
    let digits = |id: &str| id.get(3..11).map(str::to_ascii_uppercase);
    digits(a).is_some() && digits(a) == digits(b)
}

/// Rules 130 to 133.
fn uids(document: &Document<'_>, report: &mut Report) {
    for (index, uid) in document.all("audioTrackUID").enumerate() {
        let number =
            hex(uid.id(), "ATU_", 8).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        report.need(number == Some(index as u64 + 1), 130, uid.place, || {
            format!("track UID {} of the file is {}", index + 1, name(uid))
        });
        for key in ["sampleRate", "bitDepth"] {
            report.need(uid.attribute(key).is_some(), 131, uid.place, || {
                format!("{} has no {key}", name(uid))
            });
        }
        for child in ["audioTrackFormatIDRef", "audioPackFormatIDRef"] {
            let count = uid.all(child).count();
            report.need(count == 1, 132, uid.place, || {
                format!("{} has {count} {child}", name(uid))
            });
        }
        if let Some(row) = document.row_of(uid.id()) {
            report.need(number == Some(row.index), 133, uid.place, || {
                format!("{} is channel {}", name(uid), row.index)
            });
        }
    }
}
