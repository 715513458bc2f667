//! Rules 41 to 62: elements, IDs, references, types, and what axml says against chna and fmt.

use std::collections::{BTreeMap, HashSet};

use super::chna::hex;
use super::document::{Document, definition_of, target_of};
use super::report::{NOWHERE, Report, quoted};
use super::time::time;
use super::tree::Element;

/// The elements below audioFormatExtended, in the order in which masters have them.
pub(super) const ELEMENTS: [&str; 8] = [
    "audioProgramme",
    "audioContent",
    "audioObject",
    "audioPackFormat",
    "audioChannelFormat",
    "audioStreamFormat",
    "audioTrackFormat",
    "audioTrackUID",
];

/// The name of an element for a message: its kind and its ID.
pub(super) fn name(element: &Element) -> String {
    match element.id() {
        "" => format!("an {} without an ID", element.name),
        id => id.to_owned(),
    }
}

pub(super) fn check(document: &Document<'_>, report: &mut Report) {
    elements(document, report);
    for element in &document.tree.format.children {
        references(document, element, element, report);
    }
    unused(document, report);
    types(document, report);
    times(document, report);
    uids(document, report);
    tracks_of_objects(document, report);
}

fn elements(document: &Document<'_>, report: &mut Report) {
    let mut seen = HashSet::new();
    for element in &document.tree.format.children {
        let is_known = ELEMENTS.contains(&element.name.as_str());
        let is_list = matches!(element.name.as_str(), "profileList" | "tagList");
        report.need(is_known || is_list, 42, element.place, || {
            format!("below audioFormatExtended stands {}", quoted(&element.name))
        });
        if !is_known {
            continue;
        }
        report.need(has_form(element), 43, element.place, || {
            match element.id() {
                "" => format!("an {} has no ID", element.name),
                id => format!("an {} has the ID {}", element.name, quoted(id)),
            }
        });
        let is_new = element.id().is_empty() || seen.insert((&element.name, element.key()));
        report.need(is_new, 44, element.place, || {
            format!("{} is given twice", name(element))
        });
    }
    for kind in ELEMENTS {
        let is_needed = !matches!(kind, "audioStreamFormat" | "audioTrackFormat");
        let is_there = document.all(kind).next().is_some();
        report.need(
            !is_needed || is_there,
            45,
            document.tree.format.place,
            || format!("there is no {kind}"),
        );
    }
}

fn has_form(element: &Element) -> bool {
    let id = element.id();
    let is = |prefix, count| hex(id, prefix, count).is_some();
    match element.name.as_str() {
        "audioProgramme" => is("APR_", 4),
        "audioContent" => is("ACO_", 4),
        "audioObject" => is("AO_", 4),
        "audioPackFormat" => is("AP_", 8),
        "audioChannelFormat" => is("AC_", 8),
        "audioStreamFormat" => is("AS_", 8),
        "audioTrackUID" => is("ATU_", 8),
        _ => id.rsplit_once('_').is_some_and(|(track, number)| {
            hex(track, "AT_", 8).is_some() && hex(number, "", 2).is_some()
        }),
    }
}

/// Rule 46, for `element` and all below it, which belong to `owner`.
fn references(document: &Document<'_>, owner: &Element, element: &Element, report: &mut Report) {
    for child in &element.children {
        if let Some(target) = target_of(&child.name) {
            let id = child.text.as_str();
            let is_silent = target == "audioTrackUID" && id.eq_ignore_ascii_case("ATU_00000000");
            if document.find(target, id).is_none() && !is_silent {
                let said = || {
                    format!(
                        "{} refers to {}, which is not in the file",
                        name(owner),
                        quoted(id)
                    )
                };
                if is_common(target, id) {
                    report.wish(false, 46, child.place, said);
                } else {
                    report.need(false, 46, child.place, said);
                }
            }
        }
        references(document, owner, child, report);
    }
}

/// A common definition: xxxx of yyyyxxxx begins with 0.
fn is_common(target: &str, id: &str) -> bool {
    let prefix = match target {
        "audioPackFormat" => "AP_",
        "audioChannelFormat" => "AC_",
        "audioStreamFormat" => "AS_",
        "audioTrackFormat" => "AT_",
        _ => return false,
    };
    id.get(..11)
        .and_then(|id| hex(id, prefix, 8))
        .is_some_and(|digits| digits[4..].starts_with('0'))
}

fn unused(document: &Document<'_>, report: &mut Report) {
    fn gather(element: &Element, used: &mut HashSet<(&'static str, String)>) {
        for child in &element.children {
            if let Some(target) = target_of(&child.name) {
                used.insert((target, child.text.to_ascii_uppercase()));
            }
            gather(child, used);
        }
    }
    let mut used = HashSet::new();
    gather(&document.tree.format, &mut used);
    for kind in ELEMENTS {
        if matches!(kind, "audioProgramme" | "audioStreamFormat") {
            continue;
        }
        for element in document.all(kind) {
            report.need(
                used.contains(&(kind, element.key())),
                47,
                element.place,
                || format!("nothing refers to {}", name(element)),
            );
        }
    }
}

fn types(document: &Document<'_>, report: &mut Report) {
    for kind in ["audioPackFormat", "audioChannelFormat"] {
        for element in document.all(kind) {
            let label = element.attribute("typeLabel");
            let definition = element.attribute("typeDefinition");
            let agree = match (label, definition) {
                (Some(label), Some(definition)) => definition_of(label) == Some(definition),
                (label, definition) => label.is_some() || definition.is_some(),
            };
            report.need(agree, 48, element.place, || {
                let [label, definition] =
                    [label, definition].map(|word| quoted(word.unwrap_or("")));
                format!(
                    "{} has typeLabel {label} and typeDefinition {definition}",
                    name(element)
                )
            });
            let digits = element.id().get(3..7).unwrap_or_default();
            let is_its = label.is_none_or(|label| label.eq_ignore_ascii_case(digits));
            report.need(is_its, 49, element.place, || {
                format!(
                    "{} has typeLabel {}",
                    name(element),
                    quoted(label.unwrap_or(""))
                )
            });
        }
    }
    let type_of = |element: &Element| {
        let definition = element.attribute("typeDefinition").map(str::to_owned);
        definition.or_else(|| Some(definition_of(element.attribute("typeLabel")?)?.to_owned()))
    };
    for pack in document.all("audioPackFormat") {
        for channel in document.follow_all(pack, "audioChannelFormatIDRef") {
            report.need(type_of(pack) == type_of(channel), 50, pack.place, || {
                format!(
                    "{} and its channel {} are of two types",
                    name(pack),
                    name(channel)
                )
            });
        }
    }
    for channel in document.all("audioChannelFormat") {
        let blocks = document.blocks.get(&channel.key());
        report.need(
            blocks.is_some_and(|blocks| blocks.count > 0),
            51,
            channel.place,
            || format!("{} has no block", name(channel)),
        );
    }
}

/// Rules 53 and 111 outside of blocks.
fn times(document: &Document<'_>, report: &mut Report) {
    for (kind, keys) in [
        ("audioProgramme", ["start", "end"].as_slice()),
        ("audioObject", &["start", "startTime", "duration"]),
    ] {
        for element in document.all(kind) {
            for key in keys {
                let Some(text) = element.attribute(key) else {
                    continue;
                };
                one_time(
                    &format!("{} has the {key}", name(element)),
                    text,
                    element,
                    report,
                );
            }
        }
    }
}

/// Rules 53 and 111 for one time; gives its seconds.
pub(super) fn one_time(
    subject: &str,
    text: &str,
    element: &Element,
    report: &mut Report,
) -> Option<f64> {
    let read = time(text);
    report.need(read.is_some(), 53, element.place, || {
        format!("{subject} {}", quoted(text))
    });
    report.need(
        read.is_none_or(|time| time.is_five),
        111,
        element.place,
        || format!("{subject} {}", quoted(text)),
    );
    read.map(|time| time.seconds)
}

/// Rules 55 to 59.
fn uids(document: &Document<'_>, report: &mut Report) {
    let known: BTreeMap<String, &Element> = document
        .all("audioTrackUID")
        .map(|uid| (uid.key(), uid))
        .collect();
    for row in document.rows {
        report.need(known.contains_key(&row.uid), 55, NOWHERE, || {
            format!("{} is in chna but not in axml", row.uid)
        });
    }
    for (key, uid) in &known {
        let Some(row) = document.row_of(key) else {
            report.need(false, 55, uid.place, || {
                format!("{} is in axml but not in chna", uid.id())
            });
            continue;
        };
        let own = uid
            .text_of("audioTrackFormatIDRef")
            .or(uid.text_of("audioChannelFormatIDRef"));
        let bare = |text: &str| {
            let text = text.to_ascii_uppercase();
            match text.strip_suffix("_00") {
                Some(channel) if channel.starts_with("AC_") => channel.to_owned(),
                _ => text,
            }
        };
        report.need(
            own.is_some_and(|own| bare(own) == bare(&row.track)),
            56,
            uid.place,
            || {
                format!(
                    "{} refers to {}; chna says {}",
                    uid.id(),
                    quoted(own.unwrap_or("")),
                    quoted(&row.track)
                )
            },
        );
        let pack = uid.text_of("audioPackFormatIDRef");
        report.need(
            pack.is_none_or(|pack| pack.eq_ignore_ascii_case(&row.pack)),
            57,
            uid.place,
            || {
                format!(
                    "{} refers to {}; chna says {}",
                    uid.id(),
                    quoted(pack.unwrap_or("")),
                    quoted(&row.pack)
                )
            },
        );
        let facts = document.container;
        for (rule, key, of_file) in [(58, "sampleRate", facts.rate), (59, "bitDepth", facts.bits)] {
            let said = uid.attribute(key);
            let agrees = said.is_none_or(|said| said.parse() == Ok(of_file));
            report.need(agrees, rule, uid.place, || {
                format!(
                    "{} has {key} {}; the file has {of_file}",
                    uid.id(),
                    quoted(said.unwrap_or(""))
                )
            });
        }
    }
}

/// Rules 60 to 62.
fn tracks_of_objects(document: &Document<'_>, report: &mut Report) {
    for object in document.all("audioObject") {
        let Some(pack) = document.pack_of(object) else {
            continue;
        };
        let wanted = object.text_of("audioPackFormatIDRef").unwrap_or_default();
        let uids = document.follow_all(object, "audioTrackUIDRef");
        for uid in &uids {
            let own = uid.text_of("audioPackFormatIDRef");
            report.need(
                own.is_none_or(|own| own.eq_ignore_ascii_case(wanted)),
                61,
                uid.place,
                || {
                    format!(
                        "{} of {} refers to {}, not to {wanted}",
                        uid.id(),
                        name(object),
                        quoted(own.unwrap_or(""))
                    )
                },
            );
        }
        if pack.all("audioPackFormatIDRef").next().is_some() {
            continue;
        }
        let channels = document.follow_all(pack, "audioChannelFormatIDRef");
        let (tracks, count) = (
            object.all("audioTrackUIDRef").count(),
            pack.all("audioChannelFormatIDRef").count(),
        );
        // An object may have no tracks where others inside it have.
        let is_empty = tracks == 0 && object.all("audioObjectIDRef").next().is_some();
        report.need(tracks == count || is_empty, 60, object.place, || {
            format!(
                "{} has {tracks} track UIDs; its pack {wanted} has {count} channels",
                name(object)
            )
        });
        let keys = |list: Vec<&Element>| {
            let mut keys: Vec<String> = list.into_iter().map(Element::key).collect();
            keys.sort_unstable();
            keys
        };
        let reached = keys(
            uids.iter()
                .filter_map(|uid| document.channel_of(uid))
                .collect(),
        );
        let is_common = is_common("audioPackFormat", wanted);
        let all_are_there = uids.len() == tracks && channels.len() == count;
        report.need(
            !all_are_there || tracks != count || reached == keys(channels) || is_common,
            62,
            object.place,
            || {
                format!(
                    "the track UIDs of {} do not lead to the channels of {wanted}",
                    name(object)
                )
            },
        );
    }
}
