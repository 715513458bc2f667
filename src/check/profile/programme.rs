//! Rules 63 to 93 and 146: the profile's programme, contents and objects.

use std::collections::{BTreeMap, HashMap};

use super::chna::hex;
use super::document::{Document, Kind, kind_of};
use super::general::{ELEMENTS, name};
use super::report::{NOWHERE, Report, quoted};
use super::time::time;
use super::tree::Element;

/// Checks them; gives the length of the programme in seconds, if it says one.
pub(super) fn check(document: &Document<'_>, report: &mut Report) -> Option<f64> {
    sizes(document, report);
    order(document, report);
    let length = programme(document, report);
    contents(document, report);
    objects(document, length, report);
    numbers(document, report);
    length
}

fn sizes(document: &Document<'_>, report: &mut Report) {
    let facts = document.container;
    let rate = facts.rate;
    report.need(matches!(rate, 48_000 | 96_000), 63, NOWHERE, || {
        format!("the sample rate is {rate} Hz")
    });
    report.wish(rate != 96_000, 63, NOWHERE, || {
        "the sample rate is 96000 Hz, for readers of version 1.1".to_owned()
    });
    report.need(facts.bits == 24, 64, NOWHERE, || {
        format!("the samples have {} bits", facts.bits)
    });
    report.need(facts.channels <= 128, 65, NOWHERE, || {
        format!("the file has {} channels", facts.channels)
    });
    let root = &document.tree.root;
    report.need(root == "ebuCoreMain", 66, NOWHERE, || {
        format!("the root element is {}", quoted(root))
    });
    for (kind, most) in ELEMENTS
        .iter()
        .skip(1)
        .zip([123, 123, 123, 128, 128, 128, 128])
    {
        let count = document.all(kind).count();
        report.need(count <= most, 67, NOWHERE, || {
            format!("there are {count} {kind}; at most {most} are allowed")
        });
    }
}

fn order(document: &Document<'_>, report: &mut Report) {
    let mut last = 0;
    for element in &document.tree.format.children {
        let Some(rank) = ELEMENTS.iter().position(|kind| *kind == element.name) else {
            continue;
        };
        report.need(rank >= last, 146, element.place, || {
            format!("{} stands after an {}", name(element), ELEMENTS[last])
        });
        last = last.max(rank);
    }
}

fn programme(document: &Document<'_>, report: &mut Report) -> Option<f64> {
    let mut all = document.all("audioProgramme");
    let count = all.clone().count();
    report.need(count == 1, 68, document.tree.format.place, || {
        format!("there are {count} programmes")
    });
    let programme = all.next()?;
    let place = programme.place;
    report.need(
        programme.id().eq_ignore_ascii_case("APR_1001"),
        69,
        place,
        || format!("the programme's ID is {}", quoted(programme.id())),
    );
    let title = programme
        .attribute("audioProgrammeName")
        .unwrap_or_default();
    report.need(title == "Atmos_Master", 70, place, || {
        format!("the programme is called {}", quoted(title))
    });
    let at = |key| {
        programme
            .attribute(key)
            .and_then(time)
            .map(|time| time.seconds)
    };
    let (start, end) = (at("start"), at("end"));
    let length = start.zip(end).map(|(start, end)| end - start);
    report.need(length.is_some_and(|length| length > 0.0), 71, place, || {
        let [start, end] =
            ["start", "end"].map(|key| quoted(programme.attribute(key).unwrap_or("")));
        format!("{} has start {start} and end {end}", name(programme))
    });
    if let (Some(length), Some(samples)) = (length, document.container.seconds()) {
        report.need((length - samples).abs() <= 21.001e-6, 72, place, || {
            format!("the programme has {length:.5} s, the samples {samples:.5} s")
        });
    }
    let odd = programme.others(&["audioContentIDRef"]);
    let refused = [
        "audioProgrammeLabel",
        "authoringInformation",
        "alternativeValueSetIDRef",
    ];
    for child in odd.filter(|child| refused.contains(&child.name.as_str())) {
        report.need(false, 73, child.place, || {
            format!("{} has {}", name(programme), quoted(&child.name))
        });
    }
    report.need(
        programme.attribute("maxDuckingDepth").is_none(),
        73,
        place,
        || format!("{} has a maxDuckingDepth", name(programme)),
    );
    let referred: Vec<String> = programme
        .all("audioContentIDRef")
        .map(|child| child.text.to_ascii_uppercase())
        .collect();
    report.need(referred.len() <= 123, 74, place, || {
        format!("{} refers to {} contents", name(programme), referred.len())
    });
    for content in document.all("audioContent") {
        report.need(referred.contains(&content.key()), 74, content.place, || {
            format!("{} does not refer to {}", name(programme), name(content))
        });
    }
    length
}

fn contents(document: &Document<'_>, report: &mut Report) {
    let mut holders: HashMap<String, usize> = HashMap::new();
    for (number, content) in document.all("audioContent").enumerate() {
        let wanted = format!("ACO_{:04X}", 0x1001 + number);
        report.need(content.key() == wanted, 75, content.place, || {
            format!(
                "content {} has the ID {}; {wanted} is its place",
                number + 1,
                quoted(content.id())
            )
        });
        let mut dialogue = content.all("dialogue");
        let is_mixed = dialogue.next().is_some_and(|dialogue| {
            dialogue.text == "2" && dialogue.attribute("mixedContentKind") == Some("0")
        });
        report.need(
            is_mixed && dialogue.next().is_none(),
            76,
            content.place,
            || format!("{} has another dialogue, or none", name(content)),
        );
        report.need(
            content.all("audioObjectIDRef").next().is_some(),
            77,
            content.place,
            || format!("{} refers to no object", name(content)),
        );
        for reference in content.all("audioObjectIDRef") {
            *holders
                .entry(reference.text.to_ascii_uppercase())
                .or_default() += 1;
        }
        for child in content.others(&["audioObjectIDRef", "dialogue"]) {
            report.need(false, 79, child.place, || {
                format!("{} has {}", name(content), quoted(&child.name))
            });
        }
    }
    for object in document.all("audioObject") {
        let count = holders.get(&object.key()).copied().unwrap_or(0);
        report.need(count == 1, 78, object.place, || {
            format!("{} belongs to {count} contents", name(object))
        });
    }
}

fn objects(document: &Document<'_>, length: Option<f64>, report: &mut Report) {
    for object in document.all("audioObject") {
        let place = object.place;
        let packs = object.all("audioPackFormatIDRef").count();
        report.need(packs == 1, 80, place, || {
            format!("{} refers to {packs} packs", name(object))
        });
        let start = object.attribute("start").or(object.attribute("startTime"));
        report.need(start == Some("00:00:00.00000"), 87, place, || {
            format!(
                "{} has the start {}",
                name(object),
                quoted(start.unwrap_or(""))
            )
        });
        let said = object.attribute("duration");
        let duration = said.and_then(time).map(|time| time.seconds);
        let fits = match (duration, length) {
            (Some(duration), Some(length)) => (duration - length).abs() <= 11.001e-6,
            (duration, None) => duration.is_some(),
            (None, _) => false,
        };
        report.need(fits, 88, place, || {
            let programme = length.map_or(String::new(), |length| {
                format!("; the programme has {length:.5} s")
            });
            format!(
                "{} has the duration {}{programme}",
                name(object),
                quoted(said.unwrap_or(""))
            )
        });
        for (key, allowed) in [
            ("interact", Some("0")),
            ("disableDucking", Some("1")),
            ("dialogue", None),
            ("importance", None),
        ] {
            let found = object.attribute(key);
            report.need(found.is_none() || found == allowed, 89, place, || {
                format!("{} has {key} {}", name(object), quoted(found.unwrap_or("")))
            });
        }
        for child in object.others(&["audioPackFormatIDRef", "audioTrackUIDRef"]) {
            report.need(false, 90, child.place, || {
                format!("{} has {}", name(object), quoted(&child.name))
            });
        }
    }
    for kind in ["audioPackFormat", "audioChannelFormat"] {
        for element in document.all(kind) {
            report.need(kind_of(element) != Kind::Other, 81, element.place, || {
                format!(
                    "{} is of type {}",
                    name(element),
                    quoted(element.attribute("typeDefinition").unwrap_or(""))
                )
            });
        }
    }
}

/// Rules 82 to 86 and 91 to 93: which numbers and tracks objects have.
fn numbers(document: &Document<'_>, report: &mut Report) {
    let mut taken: BTreeMap<u32, &Element> = BTreeMap::new();
    let (mut last, mut count) = (0, 0);
    let mut first_bed = None;
    for (order, object) in document.all("audioObject").enumerate() {
        let place = object.place;
        let tracks = object.all("audioTrackUIDRef").count();
        let number =
            hex(object.id(), "AO_", 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let is_within = |low: u32| number.is_some_and(|number| (low..=0x1080).contains(&number));
        match document.pack_of(object).map(kind_of) {
            Some(Kind::Objects) => {
                count += 1;
                report.need(is_within(0x100b), 82, place, || {
                    format!("{} is an object", name(object))
                });
                report.need(tracks == 1, 83, place, || {
                    format!("{} has {tracks} track UIDs", name(object))
                });
            }
            Some(Kind::Speakers) => {
                first_bed = first_bed.or(Some((order, object)));
                report.need(is_within(0x1001), 84, place, || {
                    format!("{} is a bed", name(object))
                });
                report.need((1..=10).contains(&tracks), 85, place, || {
                    format!("{} has {tracks} track UIDs", name(object))
                });
            }
            _ => {}
        }
        for number in number
            .into_iter()
            .flat_map(|number| number..number.saturating_add(tracks.clamp(1, 128) as u32))
        {
            let before = taken.insert(number, object);
            report.need(before.is_none(), 86, place, || {
                format!(
                    "{} takes the number of {}",
                    name(object),
                    before.map_or(String::new(), name)
                )
            });
        }
        for reference in object.all("audioTrackUIDRef") {
            let Some(row) = document.row_of(&reference.text) else {
                continue;
            };
            report.need(row.index > last, 91, reference.place, || {
                format!(
                    "{} of {} is channel {}, after channel {last}",
                    row.uid,
                    name(object),
                    row.index
                )
            });
            last = row.index;
        }
    }
    report.need(count <= 118, 92, document.tree.format.place, || {
        format!("there are {count} objects")
    });
    match first_bed {
        None => report.need(false, 93, document.tree.format.place, || {
            "there is no bed".to_owned()
        }),
        Some((order, bed)) => report.need(order == 0, 93, bed.place, || {
            format!("the bed {} is object {}", name(bed), order + 1)
        }),
    }
}
