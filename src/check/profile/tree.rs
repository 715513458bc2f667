//! The elements of an axml chunk as they stand, without the blocks, which are handed out one by one.

use std::io::BufRead;

use crate::Error;
use crate::format::adm::Place;
use crate::format::adm::xml::{Node, Stop, Xml};

/// Bytes of elements that are kept at a time; blocks, the bulk of every master, do not count.
const BUDGET: usize = 48 << 20;

/// An element: local name, attributes and children in the order of the file; text, if it has no children.
#[derive(Debug, Clone, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
    pub(super) place: Place,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The children called `name`.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> + Clone {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child called `name`.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        let found = self.children.iter().find(|child| child.name == name);
        found.map(|child| child.text.as_str())
    }

    /// The ID as it is written; empty if it has none.
    pub(super) fn id(&self) -> &str {
        let found = match self.name.as_str() {
            "audioTrackUID" => self.attribute("UID"),
            name => self.attributes.iter().find_map(|(key, value)| {
                let stem = key.strip_suffix("ID")?;
                (stem == name).then_some(value.as_str())
            }),
        };
        found.unwrap_or_default()
    }

    /// The ID as IDs are compared.
    pub(super) fn key(&self) -> String {
        self.id().to_ascii_uppercase()
    }

    /// The children beside those of the names `allowed`.
    pub(super) fn others<'a>(&'a self, allowed: &'a [&str]) -> impl Iterator<Item = &'a Element> {
        self.children
            .iter()
            .filter(move |child| !allowed.contains(&child.name.as_str()))
    }

    fn bytes(&self) -> usize {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, value)| name.len() + value.len() + 64);
        160 + self.name.len() + self.text.len() + attributes.sum::<usize>()
    }
}

/// What stands in the chunk.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Name of the root element.
    pub(super) root: String,
    /// How many audioFormatExtended there are; the first one is kept.
    pub(super) formats: usize,
    /// The audioFormatExtended, its channels without blocks.
    pub(super) format: Element,
}

/// Who looks at blocks as they pass.
pub(super) trait Blocks {
    /// A block of `channel`, of which attributes alone are known.
    fn block(&mut self, channel: &Element, block: &Element);
    /// All blocks of `channel` have passed.
    fn channel_ends(&mut self, channel: &Element);
}

/// Why the XML cannot be read to its end.
pub(super) struct Broken {
    pub(super) place: Place,
    pub(super) message: String,
}

/// Reads the chunk; gives what was read up to a fault, and the fault.
pub(super) fn read(
    source: impl BufRead,
    blocks: &mut dyn Blocks,
) -> Result<(Tree, Option<Broken>), Error> {
    let mut tree = Tree::default();
    let mut xml = Xml::new(source);
    let fault = match walk(&mut xml, &mut tree, blocks) {
        Ok(()) => rest(xml)?,
        Err(Stop::Rule { place, message, .. }) => Some(Broken { place, message }),
        Err(Stop::Failed(error)) => return Err(error),
    };
    Ok((tree, fault))
}

fn walk(xml: &mut Xml<impl BufRead>, tree: &mut Tree, blocks: &mut dyn Blocks) -> Result<(), Stop> {
    // Elements that are open, from audioFormatExtended on.
    let mut open: Vec<Element> = Vec::new();
    let mut outside = 0_usize;
    let mut kept = 0_usize;
    loop {
        match xml.advance()? {
            Node::End => return Ok(()),
            Node::Open => {
                let tag = xml.tag();
                if tree.root.is_empty() {
                    tree.root = tag.name.clone();
                }
                let is_format = open.is_empty() && tag.name == "audioFormatExtended";
                if is_format {
                    tree.formats += 1;
                }
                if open.is_empty() && !(is_format && tree.formats == 1) {
                    outside += 1;
                    continue;
                }
                let attributes = tag
                    .attributes()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()));
                let element = Element {
                    name: tag.name.clone(),
                    attributes: attributes.collect(),
                    place: tag.place,
                    ..Element::default()
                };
                kept += element.bytes();
                open.push(element);
            }
            Node::Close => {
                let Some(mut element) = open.pop() else {
                    outside = outside.saturating_sub(1);
                    continue;
                };
                if element.children.is_empty() {
                    element.text = xml.text().to_owned();
                    kept += element.text.len();
                }
                if element.name == "audioChannelFormat" {
                    blocks.channel_ends(&element);
                }
                match open.last_mut() {
                    None => tree.format = element,
                    Some(parent)
                        if element.name == "audioBlockFormat"
                            && parent.name == "audioChannelFormat" =>
                    {
                        blocks.block(parent, &element);
                        kept -= weight(&element);
                    }
                    Some(parent) => parent.children.push(element),
                }
            }
        }
        if kept > BUDGET {
            return Err(Stop::Rule {
                rule: crate::format::adm::RULES[3],
                place: xml.place(),
                message: format!("more than {} MiB of elements beside blocks", BUDGET >> 20),
                help: "",
            });
        }
    }
}

/// Bytes of an element and all below it.
fn weight(element: &Element) -> usize {
    element.bytes() + element.children.iter().map(weight).sum::<usize>()
}

/// What may follow the root: spaces, NULs, comments.
fn rest(xml: Xml<impl BufRead>) -> Result<Option<Broken>, Error> {
    let place = xml.place();
    let mut text = String::new();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(xml.rest(), 4096), &mut bytes)
        .map_err(|e| Error::io("", "read", e))?;
    text.push_str(&String::from_utf8_lossy(&bytes));
    let left = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    let is_well_formed = left.is_empty() || left.starts_with("<!--") || left.starts_with("<?");
    Ok((!is_well_formed).then(|| Broken {
        place,
        message: "something follows the root element".to_owned(),
    }))
}
