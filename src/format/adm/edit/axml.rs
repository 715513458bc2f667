//! Streams the XML of an axml chunk through, byte for byte but for what is to be another.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};

use super::super::codes::XML;
use super::super::findings::Place;
use super::super::write::number;
use super::super::xml::{Node, Step, Stop, Xml};
use super::Coordinate;
use crate::Error;
use crate::units::Gain;

/// What is put on top of what an element has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    /// Linear.
    pub(super) gain: f64,
    /// In the order of [`Coordinate::ALL`].
    pub(super) offset: [f64; 6],
}

impl Default for Shift {
    fn default() -> Self {
        Self {
            gain: 1.0,
            offset: [0.0; 6],
        }
    }
}

/// All that is to be another in the XML. IDs are in capitals.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Edits {
    /// Names by element ("audioObject") and ID.
    pub(super) names: HashMap<(&'static str, String), String>,
    /// What every block of a channel is shifted by.
    pub(super) channels: HashMap<String, Shift>,
    /// What an audioObject is shifted by, in words of its own.
    pub(super) objects: HashMap<String, Shift>,
    /// Positions are held within -1 to 1.
    pub(super) clamp: bool,
}

impl Edits {
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.channels.is_empty() && self.objects.is_empty()
    }
}

/// Elements that have names, with the attributes of ID and name.
const NAMED: [(&str, &str, &str); 3] = [
    ("audioProgramme", "audioProgrammeID", "audioProgrammeName"),
    ("audioContent", "audioContentID", "audioContentName"),
    ("audioObject", "audioObjectID", "audioObjectName"),
];

/// Writes the XML of `source` with `edits` to `out`.
pub(super) fn rewrite(source: impl BufRead, edits: &Edits, out: &mut dyn Write) -> Step {
    let mut xml = Xml::keeping_bytes(source);
    let mut raw = Vec::new();
    let mut place = Editor {
        edits,
        depth: 0,
        channel: None,
        scope: None,
        leaf: None,
    };
    loop {
        let node = xml.advance()?;
        xml.take_raw(&mut raw);
        match node {
            Node::Open => {
                place.depth += 1;
                place.open(&xml, &mut raw)?;
            }
            Node::Close => {
                place.close(&xml, &mut raw)?;
                place.depth -= 1;
            }
            Node::End => break,
        }
        out.write_all(&raw).map_err(failed)?;
    }
    io::copy(&mut xml.rest(), out).map_err(failed)?;
    Ok(())
}

fn failed(error: io::Error) -> Stop {
    Stop::Failed(Error::io("", "write", error))
}

/// Gives an element that is being edited its missing words where it ends.
struct Scope {
    /// Depth of the element.
    depth: usize,
    shift: Shift,
    /// An audioObject: its offset has words of its own. Else a block, whose position is moved.
    is_object: bool,
    /// What has been found in it.
    gain_seen: bool,
    coordinates_seen: [bool; 6],
    /// What stands between the elements in it.
    space: Vec<u8>,
}

/// A value that is being edited.
enum Leaf {
    Gain { in_db: bool },
    Coordinate(Coordinate),
}

struct Editor<'a> {
    edits: &'a Edits,
    depth: usize,
    /// The channel whose blocks are shifted, and its depth.
    channel: Option<(Shift, usize)>,
    scope: Option<Scope>,
    leaf: Option<Leaf>,
}

impl Editor<'_> {
    fn open<R: BufRead>(&mut self, xml: &Xml<R>, raw: &mut Vec<u8>) -> Step {
        let tag = xml.tag();
        let name = tag.name.as_str();
        let id = |attribute: &str| {
            let id = tag.attribute(attribute);
            id.unwrap_or_default().to_ascii_uppercase()
        };
        if let Some((element, id_attribute, attribute)) =
            NAMED.iter().find(|(element, ..)| *element == name)
        {
            let id = id(id_attribute);
            if let Some(new) = self.edits.names.get(&(*element, id.clone())) {
                set_attribute(raw, attribute, new).ok_or_else(|| strange(tag.place))?;
            }
            if *element == "audioObject"
                && let Some(shift) = self.edits.objects.get(&id)
            {
                self.begin(*shift, true);
                return Ok(());
            }
        }
        if name == "audioChannelFormat" {
            let shift = self.edits.channels.get(&id("audioChannelFormatID"));
            self.channel = shift.map(|shift| (*shift, self.depth));
            return Ok(());
        }
        if let Some((shift, depth)) = self.channel
            && name == "audioBlockFormat"
            && self.depth == depth + 1
        {
            self.begin(shift, false);
            return Ok(());
        }
        let Some(scope) = &mut self.scope else {
            return Ok(());
        };
        if self.depth != scope.depth + 1 {
            return Ok(());
        }
        let start = tag_start(raw).ok_or_else(|| strange(tag.place))?;
        scope.space = raw[..start].to_vec();
        let of_coordinate = if scope.is_object {
            "positionOffset"
        } else {
            "position"
        };
        if name == "gain" {
            scope.gain_seen = true;
            if !is_unity(scope.shift.gain) {
                self.leaf = Some(Leaf::Gain {
                    in_db: tag.attribute("gainUnit") == Some("dB"),
                });
            }
        } else if name == of_coordinate {
            let written = tag.attribute("coordinate").unwrap_or_default();
            let found = Coordinate::ALL.iter().find(|c| c.name() == written);
            if let Some(&coordinate) = found {
                scope.coordinates_seen[coordinate.index()] = true;
                if !is_zero(scope.shift.offset[coordinate.index()]) {
                    self.leaf = Some(Leaf::Coordinate(coordinate));
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, shift: Shift, is_object: bool) {
        self.scope = Some(Scope {
            depth: self.depth,
            shift,
            is_object,
            gain_seen: false,
            coordinates_seen: [false; 6],
            space: Vec::new(),
        });
    }

    fn close<R: BufRead>(&mut self, xml: &Xml<R>, raw: &mut Vec<u8>) -> Step {
        if self.channel.is_some_and(|(_, depth)| depth == self.depth) {
            self.channel = None;
        }
        let Some(scope) = &self.scope else {
            return Ok(());
        };
        if self.depth == scope.depth + 1
            && let Some(leaf) = self.leaf.take()
        {
            let text = xml.text();
            let value: f64 = match (&leaf, text) {
                (Leaf::Gain { in_db: true }, "-inf") => return Ok(()),
                _ => text.parse().map_err(|_| strange(xml.place()))?,
            };
            let new = match leaf {
                Leaf::Gain { in_db: true } => value + Gain(scope.shift.gain).decibels().0,
                Leaf::Gain { in_db: false } => value * scope.shift.gain,
                Leaf::Coordinate(coordinate) => self.moved(coordinate, value, scope),
            };
            let end = tag_start(raw).ok_or_else(|| strange(xml.place()))?;
            let text = like(text, new);
            raw.splice(..end, text.into_bytes());
        } else if self.depth == scope.depth {
            let missing = self.missing(scope, raw);
            if !missing.is_empty() {
                // In front of what stands before the end tag.
                let start = tag_start(raw).ok_or_else(|| strange(xml.place()))?;
                let before = raw[..start].iter().rposition(|b| !b.is_ascii_whitespace());
                let at = before.map_or(0, |at| at + 1);
                raw.splice(at..at, missing);
            }
            self.scope = None;
        }
        Ok(())
    }

    /// A coordinate with its offset.
    fn moved(&self, coordinate: Coordinate, value: f64, scope: &Scope) -> f64 {
        let new = value + scope.shift.offset[coordinate.index()];
        if scope.is_object {
            return new;
        }
        moved_within(coordinate, new, self.edits.clamp)
    }

    /// The elements that `scope` lacks.
    fn missing(&self, scope: &Scope, raw: &[u8]) -> Vec<u8> {
        let prefix = prefix_of(raw);
        let mut missing = Vec::new();
        let mut add = |element: &str, attribute: &str, text: &str| {
            missing.extend_from_slice(&scope.space);
            let element = format!("{prefix}{element}");
            missing.extend(format!("<{element}{attribute}>{text}</{element}>").into_bytes());
        };
        for coordinate in Coordinate::ALL {
            let offset = scope.shift.offset[coordinate.index()];
            if is_zero(offset) || scope.coordinates_seen[coordinate.index()] {
                continue;
            }
            let (element, value) = if scope.is_object {
                ("positionOffset", offset)
            } else {
                // What is not said: a distance of 1, a height of 0.
                let unsaid = f64::from(u8::from(coordinate == Coordinate::Distance));
                ("position", self.moved(coordinate, unsaid, scope))
            };
            let attribute = format!(" coordinate=\"{}\"", coordinate.name());
            add(element, &attribute, &number(value));
        }
        if !is_unity(scope.shift.gain) && !scope.gain_seen {
            add("gain", "", &number(scope.shift.gain));
        }
        missing
    }
}

/// A moved coordinate of a block: azimuths are turned to -180 to 180; with `clamp`, all others are held within
/// their limits.
pub(super) fn moved_within(coordinate: Coordinate, value: f64, clamp: bool) -> f64 {
    match coordinate {
        Coordinate::Azimuth if value.abs() > 180.0 => (value + 180.0).rem_euclid(360.0) - 180.0,
        Coordinate::Azimuth => value,
        Coordinate::Elevation if clamp => value.clamp(-90.0, 90.0),
        Coordinate::Distance if clamp => value.clamp(0.0, 1.0),
        Coordinate::X | Coordinate::Y | Coordinate::Z if clamp => value.clamp(-1.0, 1.0),
        _ => value,
    }
}

/// A gain that is no gain.
pub(super) fn is_unity(gain: f64) -> bool {
    gain.to_bits() == 1.0_f64.to_bits()
}

/// An offset that is none.
pub(super) fn is_zero(offset: f64) -> bool {
    offset.abs() < f64::MIN_POSITIVE
}

fn strange(place: Place) -> Stop {
    Stop::Rule {
        rule: XML,
        place,
        message: "the XML cannot be edited here".to_owned(),
        help: "export the master again",
    }
}

/// Where the last tag of `raw` begins: XML has no "<" inside tags.
fn tag_start(raw: &[u8]) -> Option<usize> {
    raw.iter().rposition(|&byte| byte == b'<')
}

/// "adm:" of "</adm:gain>", the end tag that ends `raw`.
fn prefix_of(raw: &[u8]) -> String {
    let tag = tag_start(raw).map_or(&[][..], |start| &raw[start..]);
    let name = tag.strip_prefix(b"</").unwrap_or_default();
    match name.iter().position(|&byte| byte == b':') {
        Some(colon) => String::from_utf8_lossy(&name[..=colon]).into_owned(),
        None => String::new(),
    }
}

/// A number with as many decimals as `text` has, at least six.
fn like(text: &str, value: f64) -> String {
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let shown = format!("{value:.*}", decimals.clamp(6, 15));
    if shown.trim_start_matches(['-', '0', '.']).is_empty() {
        return shown.trim_start_matches('-').to_owned();
    }
    shown
}

/// Puts `value` in place of the value of `attribute` in the start tag that ends `raw`; adds the attribute if the
/// tag has none.
fn set_attribute(raw: &mut Vec<u8>, attribute: &str, value: &str) -> Option<()> {
    let start = tag_start(raw)?;
    let escaped = quick_xml::escape::escape(value).into_owned();
    let mut at = start + 1;
    let is_end = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    while !is_end(*raw.get(at)?) {
        at += 1;
    }
    let name_end = at;
    loop {
        while raw.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        if matches!(raw[at], b'>' | b'/') {
            let added = format!(" {attribute}=\"{escaped}\"");
            raw.splice(name_end..name_end, added.into_bytes());
            return Some(());
        }
        let from = at;
        while *raw.get(at)? != b'=' {
            at += 1;
        }
        let name = raw[from..at].trim_ascii();
        let is_wanted = name == attribute.as_bytes();
        at += 1;
        while raw.get(at)?.is_ascii_whitespace() {
            at += 1;
        }
        let quote = raw[at];
        let open = at + 1;
        let close = open + raw[open..].iter().position(|&byte| byte == quote)?;
        if is_wanted {
            raw.splice(open..close, escaped.into_bytes());
            return Some(());
        }
        at = close + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str, edits: &Edits) -> String {
        let mut out = Vec::new();
        match rewrite(
            io::BufReader::with_capacity(7, text.as_bytes()),
            edits,
            &mut out,
        ) {
            Ok(()) => {}
            Err(Stop::Rule { message, .. }) => panic!("{message}"),
            Err(Stop::Failed(error)) => panic!("{error}"),
        }
        String::from_utf8(out).unwrap()
    }

    const TEXT: &str = "\u{feff}<?xml version=\"1.0\"?>\r\n<!-- a > b -->\n<a:root xmlns:a='x' >\n\
        \t<a:audioObject  audioObjectName = 'A &amp; \"B\"' audioObjectID=\"AO_1001\" >\n\
        \t\t<a:audioTrackUIDRef>ATU_00000001</a:audioTrackUIDRef>\n\
        \t\t<a:alternativeValueSet><a:gain>0.1</a:gain></a:alternativeValueSet>\n\
        \t</a:audioObject>\n\
        \t<a:audioChannelFormat audioChannelFormatID=\"AC_00031001\"><![CDATA[ ]]>\n\
        \t\t<a:audioBlockFormat audioBlockFormatID=\"AB_00031001_00000001\">\n\
        \t\t\t<a:cartesian>1</a:cartesian>\n\
        \t\t\t<a:position coordinate=\"X\">-0.2500000000</a:position><a:position coordinate='Y'> 1 </a:position >\n\
        \t\t\t<a:width/>\n\
        \t\t</a:audioBlockFormat>\n\
        \t\t<a:audioBlockFormat audioBlockFormatID=\"AB_00031001_00000002\"><a:gain gainUnit=\"dB\">-6.0</a:gain></a:audioBlockFormat>\n\
        \t</a:audioChannelFormat>\n\
        </a:root>\n<!-- end -->\0\0";

    #[test]
    fn what_is_not_named_stays_byte_for_byte() {
        assert_eq!(rewritten(TEXT, &Edits::default()), TEXT);
        let mut edits = Edits::default();
        edits
            .channels
            .insert("AC_00031009".to_owned(), Shift::default());
        edits
            .channels
            .insert("AC_00031001".to_owned(), Shift::default());
        edits.objects.insert("AO_1001".to_owned(), Shift::default());
        assert_eq!(rewritten(TEXT, &edits), TEXT);
    }

    #[test]
    fn names_gains_and_positions_are_put_where_the_old_ones_stood() {
        let mut edits = Edits::default();
        let object = ("audioObject", "AO_1001".to_owned());
        edits.names.insert(object, "<Vox> & 'Co'".to_owned());
        let shift = Shift {
            gain: 0.5,
            offset: [0.0, 0.0, 0.0, 0.5, 0.0, 0.125],
        };
        edits.channels.insert("AC_00031001".to_owned(), shift);
        edits.objects.insert("AO_1001".to_owned(), shift);
        let expected = TEXT
            .replace("A &amp; \"B\"", "&lt;Vox&gt; &amp; &apos;Co&apos;")
            .replace(
                "</a:alternativeValueSet>",
                "</a:alternativeValueSet>\n\t\t<a:positionOffset coordinate=\"X\">0.5</a:positionOffset>\n\t\t\
                 <a:positionOffset coordinate=\"Z\">0.125</a:positionOffset>\n\t\t<a:gain>0.5</a:gain>",
            )
            .replace("-0.2500000000", "0.2500000000")
            .replace(
                "<a:width/>",
                "<a:width/>\n\t\t\t<a:position coordinate=\"Z\">0.125</a:position>\n\t\t\t<a:gain>0.5</a:gain>",
            )
            .replace(
                ">-6.0</a:gain>",
                ">-12.020600</a:gain><a:position coordinate=\"X\">0.5</a:position>\
                 <a:position coordinate=\"Z\">0.125</a:position>",
            );
        assert_eq!(rewritten(TEXT, &edits), expected);
    }

    #[test]
    fn an_attribute_is_found_by_its_whole_name_and_added_where_there_is_none() {
        for (tag, expected) in [
            (
                "<a b='name=\"1\"' xname='2' name='3'/>",
                "<a b='name=\"1\"' xname='2' name='N'/>",
            ),
            ("  <a>", "  <a name=\"N\">"),
            ("<a\n b = \"1\" >", "<a name=\"N\"\n b = \"1\" >"),
        ] {
            let mut raw = tag.as_bytes().to_vec();
            set_attribute(&mut raw, "name", "N").unwrap();
            assert_eq!(String::from_utf8(raw).unwrap(), expected);
        }
        assert_eq!(set_attribute(&mut b"<a name".to_vec(), "name", "N"), None);
    }

    #[test]
    fn azimuths_turn_and_other_coordinates_are_held() {
        let held = |c, value| moved_within(c, value, true);
        assert!((held(Coordinate::Azimuth, 190.0) + 170.0).abs() < 1e-9);
        assert!((held(Coordinate::Azimuth, -180.0) + 180.0).abs() < 1e-9);
        assert!((held(Coordinate::X, 1.5) - 1.0).abs() < 1e-9);
        assert!((moved_within(Coordinate::X, 1.5, false) - 1.5).abs() < 1e-9);
    }
}
