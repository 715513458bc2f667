//! The parts of a master that the rules look at together.

use std::collections::HashMap;

use super::blocks::Summary;
use super::chna::Row;
use super::container::Container;
use super::tree::{Element, Tree};

/// A master's metadata, and where its elements are by ID.
pub(super) struct Document<'a> {
    pub(super) tree: &'a Tree,
    pub(super) container: &'a Container,
    pub(super) rows: &'a [Row],
    /// What was seen of the blocks of each channel, by the channel's ID in capitals.
    pub(super) blocks: &'a HashMap<String, Summary>,
    by_id: HashMap<(&'a str, String), &'a Element>,
}

/// What kind of sound a pack or channel holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Speakers,
    Objects,
    /// Matrix, HOA, Binaural, or none of the known ones.
    Other,
}

/// Definitions by their label, "0001" and on.
const DEFINITIONS: [&str; 5] = ["DirectSpeakers", "Matrix", "Objects", "HOA", "Binaural"];

/// The definition that a label stands for.
pub(super) fn definition_of(label: &str) -> Option<&'static str> {
    let number: usize = label.parse().ok()?;
    (label.len() == 4).then_some(())?;
    DEFINITIONS.get(number.checked_sub(1)?).copied()
}

/// The kind of a pack or channel; its definition counts for more than its label.
pub(super) fn kind_of(element: &Element) -> Kind {
    let label = element.attribute("typeLabel").and_then(definition_of);
    match element.attribute("typeDefinition").or(label) {
        Some("DirectSpeakers") => Kind::Speakers,
        Some("Objects") => Kind::Objects,
        _ => Kind::Other,
    }
}

impl<'a> Document<'a> {
    pub(super) fn new(
        tree: &'a Tree,
        container: &'a Container,
        rows: &'a [Row],
        blocks: &'a HashMap<String, Summary>,
    ) -> Self {
        let mut by_id = HashMap::new();
        for element in &tree.format.children {
            by_id
                .entry((element.name.as_str(), element.key()))
                .or_insert(element);
        }
        Self {
            tree,
            container,
            rows,
            blocks,
            by_id,
        }
    }

    /// The elements called `name`, in the order of the file.
    pub(super) fn all(&self, name: &'a str) -> impl Iterator<Item = &'a Element> + Clone + use<'a> {
        self.tree.format.all(name)
    }

    /// The element called `name` with the ID `id`.
    pub(super) fn find(&self, name: &'a str, id: &str) -> Option<&'a Element> {
        self.by_id.get(&(name, id.to_ascii_uppercase())).copied()
    }

    /// What the first child `reference` of `element` refers to.
    pub(super) fn follow(&self, element: &Element, reference: &str) -> Option<&'a Element> {
        let target = target_of(reference)?;
        self.find(target, element.text_of(reference)?)
    }

    /// What all children `reference` of `element` refer to, as far as it is there.
    pub(super) fn follow_all(&self, element: &'a Element, reference: &'a str) -> Vec<&'a Element> {
        let Some(target) = target_of(reference) else {
            return Vec::new();
        };
        element
            .all(reference)
            .filter_map(|child| self.find(target, &child.text))
            .collect()
    }

    /// The pack of an object, its first.
    pub(super) fn pack_of(&self, object: &Element) -> Option<&'a Element> {
        self.follow(object, "audioPackFormatIDRef")
    }

    /// The channel that a track UID leads to, directly or by its track and stream formats.
    pub(super) fn channel_of(&self, uid: &Element) -> Option<&'a Element> {
        self.follow(uid, "audioChannelFormatIDRef").or_else(|| {
            let track = self.follow(uid, "audioTrackFormatIDRef")?;
            let stream = self.follow(track, "audioStreamFormatIDRef").or_else(|| {
                let wanted = track.key();
                self.all("audioStreamFormat").find(|stream| {
                    let mut tracks = stream.all("audioTrackFormatIDRef");
                    tracks.any(|reference| reference.text.eq_ignore_ascii_case(&wanted))
                })
            })?;
            self.follow(stream, "audioChannelFormatIDRef")
        })
    }

    /// The row of chna for a track UID.
    pub(super) fn row_of(&self, uid: &str) -> Option<&'a Row> {
        self.rows
            .iter()
            .find(|row| row.uid.eq_ignore_ascii_case(uid))
    }
}

/// The kind of element that a reference names: "audioPackFormat" of "audioPackFormatIDRef"; `None` for those that
/// name no element of their own.
pub(super) fn target_of(reference: &str) -> Option<&'static str> {
    Some(match reference {
        "audioTrackUIDRef" => "audioTrackUID",
        "audioProgrammeIDRef" => "audioProgramme",
        "audioContentIDRef" => "audioContent",
        "audioObjectIDRef" | "audioComplementaryObjectIDRef" => "audioObject",
        "audioChannelFormatIDRef" => "audioChannelFormat",
        "audioStreamFormatIDRef" => "audioStreamFormat",
        "audioTrackFormatIDRef" => "audioTrackFormat",
        "audioPackFormatIDRef"
        | "encodePackFormatIDRef"
        | "decodePackFormatIDRef"
        | "inputPackFormatIDRef"
        | "outputPackFormatIDRef" => "audioPackFormat",
        _ => return None,
    })
}
