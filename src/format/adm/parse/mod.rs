//! From the XML of the axml chunk to the elements of a [`Document`].
//!
//! One element is read at a time and at once put into its compact form; blocks of objects, which long masters
//! consist of, straight from the bytes where they are as most programs write them (`usual_block`). What is wrong with a value is a
//! finding, and reading goes on; only XML that cannot be read further, or more of it than memory is
//! meant for, stops it.

mod blocks;
mod formats;
mod object_block;
mod objects;
mod programmes;
mod usual_block;
mod values;

use std::collections::BTreeMap;
use std::io::BufRead;

use super::codes::{
    DUPLICATE_ID, ID_FORM, LIMIT, MISSING, MISSING_ID, REPEATED, ROOT, Rule, UNKNOWN, VERSION,
};
use super::findings::{Findings, Place, shorten};
use super::model::{Document, Element, Head, NamedProfile, Reference, Table};
use super::xml::{Node, Step, Stop, Xml};

/// Bytes that the elements of a file may take in memory: over ten million blocks, which is about what an axml chunk of
/// 4 GiB, the largest that we write, holds.
pub(super) const BUDGET: usize = 1 << 30;

/// Kinds of repeated warnings that are told one by one.
const TALLIES: usize = 50;

/// Reads the XML into `document`, whose elements may take `budget` bytes.
pub(super) fn read(source: impl BufRead, document: &mut Document, budget: usize) -> Step {
    let mut parser = Parser {
        xml: Xml::new(source),
        document,
        context: String::new(),
        budget,
        tallies: BTreeMap::new(),
    };
    let outcome = parser.root();
    parser.tell_tallies();
    outcome
}

struct Parser<'a, R> {
    xml: Xml<R>,
    document: &'a mut Document,
    /// What is being read, for messages: "audioObject AO_1001".
    context: String,
    /// Bytes that may still be taken.
    budget: usize,
    /// Warnings that are told once, by code and message.
    tallies: BTreeMap<(&'static str, String), Tally>,
}

/// A warning that may come many times.
struct Tally {
    rule: Rule,
    help: &'static str,
    place: Place,
    count: usize,
}

impl<R: BufRead> Parser<'_, R> {
    fn findings(&mut self) -> &mut Findings {
        &mut self.document.findings
    }

    /// Finds audioFormatExtended, in whatever wrapper it stands.
    fn root(&mut self) -> Step {
        let mut found = 0;
        loop {
            match self.xml.advance()? {
                Node::Open if self.xml.tag().name == "audioFormatExtended" => {
                    found += 1;
                    if found == 1 {
                        self.format_extended()?;
                    } else {
                        let place = self.xml.tag().place;
                        self.findings().add(
                            ROOT,
                            place,
                            "there is a second audioFormatExtended",
                            "a file has one; take the other out",
                        );
                        self.xml.skip()?;
                    }
                }
                Node::Open | Node::Close => {}
                Node::End => break,
            }
        }
        if found == 0 {
            self.findings().add(
                ROOT,
                Place { line: 1, column: 1 },
                "the axml chunk has no audioFormatExtended",
                "it holds something else than ADM metadata; export the file again as ADM BWF",
            );
        }
        Ok(())
    }

    fn format_extended(&mut self) -> Step {
        self.version();
        while self.open_child()? {
            match self.xml.tag().name.as_str() {
                "audioProgramme" => self.programme()?,
                "audioContent" => self.content()?,
                "audioObject" => self.object()?,
                "audioPackFormat" => self.pack_format()?,
                "audioChannelFormat" => self.channel_format()?,
                "audioStreamFormat" => self.stream_format()?,
                "audioTrackFormat" => self.track_format()?,
                "audioTrackUID" => self.track_uid()?,
                "profileList" => self.profile_list()?,
                "tagList" => self.xml.skip()?,
                _ => self.unknown_element("audioFormatExtended")?,
            }
        }
        Ok(())
    }

    fn version(&mut self) {
        let tag = self.xml.tag();
        let place = tag.place;
        let Some(version) = tag.attribute("version").map(str::to_owned) else {
            return;
        };
        let edition = version
            .strip_prefix("ITU-R_BS.2076-")
            .and_then(|edition| edition.parse().ok());
        match edition {
            Some(edition @ 1..=3) => self.document.edition = edition,
            _ => {
                // What is newer is most likely read as the newest known one.
                self.document.edition = edition.map_or(1, |edition: u32| edition.clamp(1, 3));
                let message = format!("the version is \"{}\"", shorten(&version));
                let help = "known are ITU-R_BS.2076-1, -2 and -3; the file is read as the nearest";
                self.findings().add(VERSION, place, message, help);
            }
        }
        self.document.version = Some(version);
    }

    fn profile_list(&mut self) -> Step {
        while self.open_child()? {
            let tag = self.xml.tag();
            let attribute = |name| tag.attribute(name).map(str::to_owned);
            let mut profile = NamedProfile {
                name: attribute("profileName").unwrap_or_default(),
                version: attribute("profileVersion"),
                level: attribute("profileLevel"),
            };
            let text = self.xml.leaf()?.to_owned();
            if profile.name.is_empty() {
                profile.name = text;
            }
            self.charge(size_of::<NamedProfile>() + profile.name.len())?;
            self.document.profiles.push(profile);
        }
        Ok(())
    }

    /// Goes to the next child of the element being read; false at its end.
    fn open_child(&mut self) -> Step<bool> {
        Ok(self.xml.advance()? == Node::Open)
    }

    /// Skips an element that is not known inside `owner`, and counts it.
    fn unknown_element(&mut self, owner: &str) -> Step {
        let tag = self.xml.tag();
        let (name, place) = (format!("<{}>", shorten(&tag.name)), tag.place);
        self.count_unknown(owner, name, place);
        self.xml.skip()
    }

    /// Counts attributes of the present tag that are not among `known`.
    fn known_attributes(&mut self, known: &[&str]) {
        let tag = self.xml.tag();
        if tag.attributes().all(|(name, _)| known.contains(&name)) {
            return;
        }
        let owner = tag.name.clone();
        let place = tag.place;
        let names: Vec<String> = tag
            .attributes()
            .filter(|(name, _)| !known.contains(name))
            .map(|(name, _)| format!("attribute {}", shorten(name)))
            .collect();
        for name in names {
            self.count_unknown(&owner, name, place);
        }
    }

    fn count_unknown(&mut self, owner: &str, name: String, place: Place) {
        let message = format!("{name} is not known in {owner}");
        let help = "it is passed over: it is no part of ITU-R BS.2076-3, or is misspelt";
        self.tally(UNKNOWN, &message, help, place);
    }

    /// Adds a warning that may come many times: it is told once, with its first place and a count.
    fn tally(&mut self, rule: Rule, message: &str, help: &'static str, place: Place) {
        let kind = (rule.code, message.to_owned());
        let kind = if self.tallies.contains_key(&kind) || self.tallies.len() < TALLIES {
            kind
        } else {
            (rule.code, "there are more remarks of this kind".to_owned())
        };
        let tally = self.tallies.entry(kind).or_insert(Tally {
            rule,
            help,
            place,
            count: 0,
        });
        tally.count += 1;
    }

    fn tell_tallies(&mut self) {
        for ((_, message), tally) in std::mem::take(&mut self.tallies) {
            let message = match tally.count {
                1 => message,
                count => format!("{message} ({count} times)"),
            };
            self.findings()
                .add(tally.rule, tally.place, message, tally.help);
        }
    }

    /// Takes `bytes` of the memory that metadata may use.
    fn charge(&mut self, bytes: usize) -> Step {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(Stop::Rule {
                rule: LIMIT,
                place: self.xml.place(),
                message: format!(
                    "the metadata takes more than {} MiB of memory",
                    BUDGET >> 20
                ),
                help: "that is over ten million blocks: split the programme, or write fewer blocks",
            }),
        }
    }

    /// ID, name and place of the element whose tag was read, and the context for messages. `None`, with
    /// a finding, if it has no ID.
    fn head<T: Element>(&mut self, id: &str, name: &str) -> Step<Option<Head>> {
        let tag = self.xml.tag();
        let place = tag.place;
        let head = Head {
            id: tag.attribute(id).unwrap_or_default().to_owned(),
            name: tag.attribute(name).unwrap_or_default().to_owned(),
            place,
            is_common: false,
        };
        self.context.clear();
        self.context.push_str(T::KIND);
        if head.id.is_empty() {
            let message = format!("an {} has no {id}", T::KIND);
            let help = "every element has an ID that others refer to it by";
            self.findings().add(MISSING_ID, place, message, help);
            return Ok(None);
        }
        self.context.push(' ');
        self.context.push_str(&shorten(&head.id));
        self.charge(size_of::<T>() + 2 * head.id.len() + head.name.len())?;
        Ok(Some(head))
    }

    /// Warns about an ID that is not `prefix` with as many hexadecimal digits as `digits` says, in
    /// groups joined by "_".
    fn check_id(&mut self, head: &Head, prefix: &str, digits: &[usize]) {
        if is_id(&head.id, prefix, digits) {
            return;
        }
        let groups: Vec<String> = digits.iter().map(|&n| "x".repeat(n)).collect();
        let message = format!("\"{}\" is no ID of its kind", shorten(&head.id));
        let help = format!(
            "it is taken as it stands; the form is {prefix}{}, x being hexadecimal digits",
            groups.join("_")
        );
        self.findings().add(ID_FORM, head.place, message, help);
    }

    /// Adds an element to its table.
    fn keep<T: Element>(
        &mut self,
        item: T,
        table: impl FnOnce(&mut Document) -> &mut Table<T>,
    ) -> Option<usize> {
        let place = item.head().place;
        let id = shorten(&item.head().id);
        let table = table(self.document);
        match table.add(item) {
            Ok(index) => Some(index),
            Err(first) => {
                let line = table[first].head().place.line;
                let message = format!("there are two {} with the ID {id}", T::KIND);
                let help = format!("the other is in line {line}; give one of them another ID");
                self.findings().add(DUPLICATE_ID, place, message, help);
                None
            }
        }
    }

    /// Reads the element as a reference.
    fn reference(&mut self) -> Step<Reference> {
        let place = self.xml.tag().place;
        let id = self.xml.leaf()?.to_owned();
        self.charge(size_of::<Reference>() + id.len())?;
        Ok(Reference { id, place })
    }

    /// Reads the element as the one reference of its kind.
    fn single_reference(&mut self, slot: &mut Option<Reference>) -> Step {
        let name = self.xml.tag().name.clone();
        let reference = self.reference()?;
        match slot {
            None => *slot = Some(reference),
            Some(first) if first.id.eq_ignore_ascii_case(&reference.id) => {}
            Some(_) => {
                let message = format!("{} has more than one {name}", self.context);
                self.findings()
                    .add(REPEATED, reference.place, message, "it may stand once");
            }
        }
        Ok(())
    }

    /// Reads the element into `slot`, which it alone may fill.
    fn once<T>(&mut self, slot: &mut Option<T>, value: Option<T>, name: &str, place: Place) {
        if slot.is_some() {
            let message = format!("{} has more than one {name}", self.context);
            self.findings()
                .add(REPEATED, place, message, "it may stand once");
        } else {
            *slot = value;
        }
    }

    fn missing(&mut self, what: &str, place: Place) {
        let message = format!("{} has no {what}", self.context);
        self.findings()
            .add(MISSING, place, message, "it is required");
    }
}

/// `prefix`, then groups of so many hexadecimal digits, joined by "_".
pub(super) fn is_id(id: &str, prefix: &str, digits: &[usize]) -> bool {
    let Some(head) = id.get(..prefix.len()) else {
        return false;
    };
    let groups: Vec<&str> = id[prefix.len()..].split('_').collect();
    head.eq_ignore_ascii_case(prefix)
        && groups.len() == digits.len()
        && groups
            .iter()
            .zip(digits)
            .all(|(group, &n)| group.len() == n && group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A document of which nothing has been read.
#[cfg(test)]
fn unread() -> Document {
    use crate::format::{AudioFacts, SampleFormat};
    use crate::units::{Frames, SampleRate};

    let facts = AudioFacts {
        container: "RIFF",
        sample_format: SampleFormat::Integer { bits: 16 },
        channels: 1,
        sample_rate: SampleRate(48_000),
        frames: Frames(1),
        channel_mask: None,
        tracks: 1,
        priming: Frames(0),
        warnings: Vec::new(),
        chunks: Vec::new(),
    };
    Document::empty("a.wav".as_ref(), &facts)
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufReader, Read};

    use super::*;

    /// A beginning, then the same bytes for ever.
    struct Endless {
        beginning: &'static [u8],
        repeated: &'static [u8],
        at: usize,
    }

    impl Read for Endless {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            for byte in &mut *bytes {
                *byte = match self.at.checked_sub(self.beginning.len()) {
                    None => self.beginning[self.at],
                    Some(at) => self.repeated[at % self.repeated.len()],
                };
                self.at += 1;
            }
            Ok(bytes.len())
        }
    }

    fn outcome(beginning: &'static str, repeated: &'static str) -> Step {
        let mut document = unread();
        let source = Endless {
            beginning: beginning.as_bytes(),
            repeated: repeated.as_bytes(),
            at: 0,
        };
        read(BufReader::new(source), &mut document, 1 << 20)
    }

    /// However long the metadata, the memory for it is bounded.
    #[test]
    fn endless_metadata_is_refused() {
        let channel = "<audioFormatExtended><audioChannelFormat audioChannelFormatID='AC_00031001' typeLabel='0003'>";
        let object = "<audioFormatExtended><audioObject audioObjectID='AO_1001'>";
        for (beginning, repeated) in [
            (
                channel,
                "<audioBlockFormat audioBlockFormatID='AB_00031001_00000001'><position \
                 coordinate='azimuth'>0</position><position coordinate='elevation'>0</position></audioBlockFormat>",
            ),
            (
                channel,
                "<audioBlockFormat audioBlockFormatID='AB_00031001_00000001'><zoneExclusion><zone minX='0' \
                 maxX='0' minY='0' maxY='0' minZ='0' maxZ='0'/></zoneExclusion></audioBlockFormat>",
            ),
            (object, "<audioTrackUIDRef>ATU_00000001</audioTrackUIDRef>"),
            (
                object,
                "<alternativeValueSet alternativeValueSetID='AVS_1001_0001'/>",
            ),
            (object, "<audioObjectLabel>a</audioObjectLabel>"),
            (
                "<audioFormatExtended>",
                "<audioTrackUID UID='ATU_00000001'/>",
            ),
            (
                "<audioFormatExtended>",
                "<audioProgramme audioProgrammeID='APR_1001'/>",
            ),
            ("<audioFormatExtended><profileList>", "<profile>a</profile>"),
        ] {
            match outcome(beginning, repeated) {
                Err(Stop::Rule { rule, .. }) => assert_eq!(rule.code, "U503", "{repeated}"),
                other => panic!("{repeated}: {other:?}"),
            }
        }
    }
}
