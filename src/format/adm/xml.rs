//! The XML of an axml chunk, element by element, in memory that does not grow with it.
//!
//! Namespaces are read over: the wrappers of ADM files differ in them, the elements do not. A DOCTYPE is
//! refused, so that no entity can grow or name another file, and so are deep nesting and endless tags.

use std::io::{self, BufRead};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::codes::{DOCTYPE, LIMIT, Rule, XML};
use super::findings::Place;
use crate::Error;

/// Deepest nesting of elements. The deepest of ADM, with the usual wrappers, is 9.
const DEEPEST: usize = 64;

/// Longest tag or text.
const LONGEST_EVENT: usize = 1 << 20;

/// Why reading cannot go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The file breaks a rule.
    Rule {
        rule: Rule,
        place: Place,
        message: String,
        help: &'static str,
    },
    /// The file cannot be read.
    Failed(Error),
}

/// The outcome of a step of reading.
pub(crate) type Step<T = ()> = Result<T, Stop>;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    /// An element begins: [`Xml::tag`] tells about it.
    Open,
    /// The innermost open element ends: what stood between the last two tags is its text, if it is a leaf.
    Close,
    /// The root element has ended.
    End,
}

/// A start tag.
#[derive(Debug, Default)]
pub(crate) struct Tag {
    /// Its local name.
    pub(crate) name: String,
    pub(crate) place: Place,
    attributes: Vec<(String, String)>,
    /// How many of `attributes` belong to this tag; the others are kept for their memory.
    count: usize,
}

impl Tag {
    /// The attributes in the order of the tag, without those of other namespaces.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes[..self.count]
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()))
    }

    /// The value of an attribute, without spaces around it.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes[..self.count].iter();
        let (_, value) = attributes.find(|(found, _)| found == name)?;
        Some(value.trim())
    }
}

/// A reader of XML.
pub(crate) struct Xml<R> {
    reader: Reader<Counted<R>>,
    buffer: Vec<u8>,
    tag: Tag,
    text: String,
    depth: usize,
    /// The root has been seen.
    begun: bool,
}

impl<R: BufRead> Xml<R> {
    pub(crate) fn new(source: R) -> Self {
        let mut reader = Reader::from_reader(Counted {
            source,
            read: 0,
            line: 1,
            line_start: 0,
            event_start: 0,
            kept: None,
        });
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
            tag: Tag::default(),
            text: String::new(),
            depth: 0,
            begun: false,
        }
    }

    /// The same reader, which keeps the bytes it reads for [`take_raw`](Self::take_raw).
    pub(super) fn keeping_bytes(source: R) -> Self {
        let mut xml = Self::new(source);
        xml.reader.get_mut().kept = Some(Vec::new());
        xml
    }

    /// The bytes read since this was asked last, as they stand in the file: all that lies before the tag that
    /// [`advance`](Self::advance) has come to, and that tag. The end of an element that is one tag alone has none.
    pub(super) fn take_raw(&mut self, raw: &mut Vec<u8>) {
        raw.clear();
        if let Some(kept) = &mut self.reader.get_mut().kept {
            std::mem::swap(raw, kept);
        }
    }

    /// What comes next, as it stands in the file, as much of it as is there already; empty within a tag that is a
    /// whole element, and where elements `levels` deep would nest too deep.
    pub(super) fn ahead(&mut self, levels: usize) -> &[u8] {
        if self.buffer.ends_with(b"/>") || self.depth + levels > DEEPEST {
            return &[];
        }
        // What is wrong with the file is told when it is read.
        let ahead = self.reader.get_mut().source.fill_buf().unwrap_or_default();
        &ahead[..ahead.len().min(LONGEST_EVENT)]
    }

    /// Goes past the next `bytes` of what is [`ahead`](Self::ahead), which are whole elements or what stands between
    /// elements.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.reader.get_mut().consume(bytes);
    }

    /// As [`pass`](Self::pass), with elements of which the last one that began is called as the bytes `name` say.
    pub(super) fn pass_elements(&mut self, bytes: usize, name: std::ops::Range<usize>) {
        let Self { reader, tag, .. } = self;
        let ahead = reader.get_mut().source.fill_buf().unwrap_or_default();
        let name = ahead.get(name).unwrap_or_default();
        tag.name.clear();
        tag.name
            .push_str(std::str::from_utf8(name).unwrap_or_default());
        self.pass(bytes);
    }

    /// The start tag of the element that began last.
    pub(crate) fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Where reading has come to.
    pub(crate) fn place(&self) -> Place {
        self.reader.get_ref().place()
    }

    /// What stood between the last two tags.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// What follows the root element, once its end has been reached.
    pub(crate) fn rest(self) -> R {
        self.reader.into_inner().source
    }

    /// Goes to the next start or end of an element.
    pub(crate) fn advance(&mut self) -> Step<Node> {
        self.text.clear();
        loop {
            if self.begun && self.depth == 0 {
                return Ok(Node::End);
            }
            self.buffer.clear();
            let at = self.reader.get_ref().place();
            self.reader.get_mut().event_start = self.reader.get_ref().read;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(error) => return Err(self.stop(error, at)),
            };
            match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        let message = format!("elements nest more than {DEEPEST} deep");
                        return Err(stop(LIMIT, at, message, "no ADM file nests so deep"));
                    }
                    self.begun = true;
                    return read_tag(&mut self.tag, &start, at).map(|()| Node::Open);
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(Node::Close);
                }
                Event::Text(text) => self.text.push_str(&text.xml10_content()),
                Event::CData(text) => self.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => self.text.push(character(&reference, at)?),
                Event::DocType(_) => {
                    let message = "the XML has a DOCTYPE".to_owned();
                    return Err(stop(DOCTYPE, at, message, "remove it: ADM files have none"));
                }
                Event::Eof => {
                    let message = if self.begun {
                        format!("the XML ends inside <{}>", self.tag.name)
                    } else {
                        "the axml chunk has no element".to_owned()
                    };
                    return Err(stop(XML, at, message, "the chunk is cut or empty"));
                }
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_) => {}
            }
            if self.text.len() > LONGEST_EVENT {
                return Err(too_long(at));
            }
        }
    }

    /// Reads to the end of the element that began last, whatever it holds.
    pub(super) fn skip(&mut self) -> Step {
        let end = self.depth;
        while self.depth >= end {
            self.advance()?;
        }
        Ok(())
    }

    /// Reads the element that began last to its end; gives its text up to its first child.
    pub(super) fn leaf(&mut self) -> Step<&str> {
        if self.advance()? == Node::Open {
            // What stands inside says nothing that a value could.
            let text = std::mem::take(&mut self.text);
            self.skip()?;
            let end = self.depth;
            while self.depth >= end {
                self.advance()?;
            }
            self.text = text;
        }
        Ok(self.text.trim())
    }

    fn stop(&self, error: quick_xml::Error, at: Place) -> Stop {
        match error {
            quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                too_long(at)
            }
            quick_xml::Error::Io(error) => {
                let kind = error.kind();
                Stop::Failed(Error::io("", "read", io::Error::new(kind, error)))
            }
            error => stop(
                XML,
                at,
                format!("this is not well-formed XML: {error}"),
                "the chunk is damaged, or was written by hand: mend it there",
            ),
        }
    }
}

fn stop(rule: Rule, place: Place, message: String, help: &'static str) -> Stop {
    Stop::Rule {
        rule,
        place,
        message,
        help,
    }
}

fn too_long(at: Place) -> Stop {
    let message = format!("a tag or text is longer than {LONGEST_EVENT} bytes");
    stop(LIMIT, at, message, "no ADM file has such")
}

/// The character that a reference stands for; entities other than XML's own five do not exist.
fn character(reference: &BytesRef<'_>, at: Place) -> Step<char> {
    let found = match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character),
        Ok(None) => quick_xml::escape::resolve_predefined_entity(reference)
            .and_then(|text| text.chars().next()),
        Err(_) => None,
    };
    found.ok_or_else(|| {
        let name = super::findings::shorten(reference);
        let message = format!("&{name}; is no character");
        stop(
            DOCTYPE,
            at,
            message,
            "entities are not expanded: write the character itself",
        )
    })
}

/// The name without its namespace prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn read_tag(tag: &mut Tag, start: &BytesStart<'_>, place: Place) -> Step {
    tag.name.clear();
    tag.name.push_str(local(start.name().0));
    tag.place = place;
    tag.count = 0;
    for attribute in start.attributes() {
        let broken = |error: &dyn std::fmt::Display| {
            let message = format!("<{}> has a broken attribute: {error}", tag.name);
            stop(
                XML,
                place,
                message,
                "an attribute is written name=\"value\", once",
            )
        };
        let attribute = attribute.map_err(|error| broken(&error))?;
        let name = attribute.key.0;
        if name.contains(':') || name == "xmlns" {
            continue;
        }
        let value = match attribute.normalized_value(XmlVersion::Implicit1_0) {
            Ok(value) => value,
            Err(quick_xml::Error::Escape(error)) => {
                let message = format!("<{}> has an entity in {name}: {error}", tag.name);
                let help = "entities are not expanded: write the character itself";
                return Err(stop(DOCTYPE, place, message, help));
            }
            Err(error) => return Err(broken(&error)),
        };
        if tag.count == tag.attributes.len() {
            tag.attributes.push(Default::default());
        }
        let (name_kept, value_kept) = &mut tag.attributes[tag.count];
        name_kept.clear();
        name_kept.push_str(name);
        value_kept.clear();
        value_kept.push_str(&value);
        tag.count += 1;
    }
    Ok(())
}

/// Counts lines, and ends an event that does not end by itself.
struct Counted<R> {
    source: R,
    /// Bytes consumed.
    read: u64,
    line: u32,
    /// Where the present line begins.
    line_start: u64,
    /// Where the present event begins.
    event_start: u64,
    /// The bytes consumed, if they are kept.
    kept: Option<Vec<u8>>,
}

impl<R> Counted<R> {
    fn place(&self) -> Place {
        Place {
            line: self.line,
            column: u32::try_from(self.read - self.line_start + 1).unwrap_or(u32::MAX),
        }
    }
}

impl<R: BufRead> io::Read for Counted<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let count = there.len().min(bytes.len());
        bytes[..count].copy_from_slice(&there[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read - self.event_start > LONGEST_EVENT as u64 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.source.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        // The bytes are still there: consuming is what throws them away.
        if let Ok(bytes) = self.source.fill_buf() {
            let bytes = &bytes[..count.min(bytes.len())];
            for at in memchr::memchr_iter(b'\n', bytes) {
                self.line = self.line.saturating_add(1);
                self.line_start = self.read + at as u64 + 1;
            }
            if let Some(kept) = &mut self.kept {
                kept.extend_from_slice(bytes);
            }
        }
        self.source.consume(count);
        self.read += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Step<Vec<String>> {
        let mut xml = Xml::new(io::BufReader::new(text.as_bytes()));
        let mut found = Vec::new();
        loop {
            match xml.advance()? {
                Node::Open => found.push(format!("<{} {}", xml.tag().name, xml.tag().place.line)),
                Node::Close => found.push(format!("> {}", xml.text.trim())),
                Node::End => return Ok(found),
            }
        }
    }

    fn rule(text: &str) -> &'static str {
        match names(text) {
            Err(Stop::Rule { rule, .. }) => rule.code,
            other => panic!("{:.80}: {:.200}", text, format!("{other:?}")),
        }
    }

    #[test]
    fn elements_come_in_order_with_lines_and_text() {
        let text = "\u{feff}<?xml version=\"1.0\"?>\n<a:root xmlns:a='x'>\n  <b/>\n  <c>1 &lt; \
                    2<!-- no -->&#x41;</c>\n</a:root>\0\0";
        assert_eq!(
            names(text).unwrap(),
            ["<root 2", "<b 3", "> ", "<c 4", "> 1 < 2A", "> "]
        );
    }

    #[test]
    fn a_leaf_gives_its_text_and_ends_where_it_ends() {
        let mut xml = Xml::new("<a><b>7<c>x<d/></c>8<e/></b><f/></a>".as_bytes());
        xml.advance().unwrap();
        xml.advance().unwrap();
        assert_eq!(xml.leaf().unwrap(), "7");
        assert_eq!(xml.advance().unwrap(), Node::Open);
        assert_eq!(xml.tag().name, "f");
    }

    #[test]
    fn broken_and_hostile_text_is_refused() {
        assert_eq!(rule("<a><b></a>"), "U501");
        assert_eq!(rule("<a"), "U501");
        assert_eq!(rule(""), "U501");
        assert_eq!(rule("<a b='1' b='2'/>"), "U501");
        assert_eq!(rule("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), "U502");
        assert_eq!(rule("<a>&b;</a>"), "U502");
        assert_eq!(rule(&"<a>".repeat(10_000)), "U503");
        assert_eq!(rule(&format!("<a>{}</a>", "x".repeat(3 << 20))), "U503");
        let endless = format!("<a b='{}'/>", "x".repeat(3 << 20));
        assert_eq!(rule(&endless), "U503");
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_refused() {
        let mut xml = Xml::new(&b"<a>\xff\xfe</a>"[..]);
        xml.advance().unwrap();
        assert!(matches!(
            xml.advance(),
            Err(Stop::Rule { rule, .. }) if rule.code == "U501"
        ));
    }
}
