//! Rules 147 to 156: what a file that says it keeps to the emission profile of ITU-R BS.2168 must keep.

use super::document::{Document, Kind, kind_of};
use super::general::name;
use super::report::{Report, quoted};
use super::tree::Element;
use crate::format::adm::write::EMISSION_LIMITS;

/// The profile that the file says it keeps to, if it is this one.
pub(super) fn claimed<'a>(document: &Document<'a>) -> Option<&'a Element> {
    let mut profiles = document
        .all("profileList")
        .flat_map(|list| list.children.iter());
    profiles.find(|profile| profile.name == "profile" && profile.text.contains("2168"))
}

pub(super) fn check(document: &Document<'_>, profile: &Element, report: &mut Report) {
    let format = &document.tree.format;
    let level = profile.attribute("profileLevel");
    let index = match level {
        Some("1") => 0,
        Some("2") => 1,
        _ => {
            report.need(false, 147, profile.place, || {
                format!("the profile has the level {}", quoted(level.unwrap_or("")))
            });
            1
        }
    };
    report.need(
        format.attribute("version").is_some(),
        148,
        format.place,
        || "audioFormatExtended has no version".to_owned(),
    );
    for (kind, limits) in EMISSION_LIMITS {
        let (count, most) = (document.all(kind).count(), limits[index]);
        report.need(count <= most, 149, format.place, || {
            format!("there are {count} {kind}; at most {most} are allowed")
        });
    }
    for kind in ["audioStreamFormat", "audioTrackFormat"] {
        for element in document.all(kind) {
            report.need(false, 150, element.place, || {
                format!("there is {}", name(element))
            });
        }
    }
    for kind in ["audioPackFormat", "audioChannelFormat"] {
        for element in document.all(kind) {
            report.need(kind_of(element) != Kind::Other, 151, element.place, || {
                format!(
                    "{} is of type {}",
                    name(element),
                    quoted(element.attribute("typeDefinition").unwrap_or(""))
                )
            });
        }
    }
    for content in document.all("audioContent") {
        report.need(
            content.all("dialogue").next().is_some(),
            152,
            content.place,
            || format!("{} has no dialogue", name(content)),
        );
    }
    for list in document.all("tagList") {
        report.need(false, 153, list.place, || "there is a tagList".to_owned());
    }
    for object in document.all("audioObject") {
        for child in object.all("headLocked") {
            report.need(false, 154, child.place, || {
                format!("{} has headLocked", name(object))
            });
        }
    }
    for programme in document.all("audioProgramme") {
        let has_times = programme
            .attribute("start")
            .or(programme.attribute("end"))
            .is_some();
        report.need(!has_times, 155, programme.place, || {
            format!("{} has a start or an end", name(programme))
        });
    }
    for channel in document.all("audioChannelFormat") {
        let key = channel.key();
        let holds = |pack: &&Element| {
            let mut channels = pack.all("audioChannelFormatIDRef");
            channels.any(|reference| reference.text.eq_ignore_ascii_case(&key))
        };
        let count = document.all("audioPackFormat").filter(holds).count();
        report.need(count <= 1, 156, channel.place, || {
            format!("{} is in {count} packs", name(channel))
        });
    }
}

/// Rule 154 of a block.
pub(super) fn block(block: &Element, report: &mut Report) {
    for child in block
        .children
        .iter()
        .filter(|child| matches!(child.name.as_str(), "headLocked" | "objectDivergence"))
    {
        report.need(false, 154, child.place, || {
            format!("{} has {}", name(block), quoted(&child.name))
        });
    }
}
