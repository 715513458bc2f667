//! Which parts of a document are played (ITU-R BS.2127, 5.2.1 to 5.2.4).

use std::collections::HashSet;

use super::codes::{COMPLEMENTARY, LIMIT, NOTHING, SELECTION, SEVERAL_PROGRAMMES};
use super::findings::{Findings, Place, shorten};
use super::model::{Document, Element, Table};

/// What to play of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// ID of the programme; `None`: the one with the lowest ID.
    pub programme: Option<String>,
    /// IDs of the contents to play; empty: all of the programme.
    pub contents: Vec<String>,
    /// IDs of the objects chosen from groups of complementary objects; of other groups the first is played.
    pub complementary: Vec<String>,
    /// Objects, packs and blocks of lower importance (0..=10) are left out.
    pub importance: Option<u32>,
    /// Small faults of rounding in the times of blocks are mended; otherwise they are errors.
    pub mend: bool,
    /// Warnings are errors.
    pub strict: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            programme: None,
            contents: Vec::new(),
            complementary: Vec::new(),
            importance: None,
            mend: true,
            strict: false,
        }
    }
}

/// An object that is played, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectPath {
    pub(super) content: Option<usize>,
    /// From the outermost object to the one that is played; never empty.
    pub(super) objects: Vec<usize>,
}

/// What is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) programme: Option<usize>,
    /// `None`: the file has no objects, and all its tracks are played.
    pub(super) paths: Option<Vec<ObjectPath>>,
}

/// Most objects, counted once per way to them.
const MOST_PATHS: usize = 65_536;

/// Deepest nesting of objects.
const DEEPEST: usize = 64;

/// Selects; faults go to `findings`.
pub(super) fn select(
    document: &Document,
    selection: &Selection,
    findings: &mut Findings,
) -> Selected {
    let programme = programme(document, selection, findings);
    let roots = roots(document, selection, programme, findings);
    let left_out = complementary(document, selection, findings);
    if document.programmes.is_empty() && document.objects.is_empty() {
        return Selected {
            programme: None,
            paths: None,
        };
    }
    let paths = paths(document, &roots, &left_out, findings);
    if paths.is_empty() && !findings.has_errors() {
        let message = match programme {
            Some(programme) => {
                let programme = &document.programmes[programme].head;
                format!("programme {} has no object to play", programme.id)
            }
            None => "there is no object to play".to_owned(),
        };
        findings.add(
            NOTHING,
            Place::default(),
            message,
            "choose another programme or content",
        );
    }
    Selected {
        programme,
        paths: Some(paths),
    }
}

/// The index of what the user asked for by its ID.
fn asked<T: Element>(table: &Table<T>, id: &str, findings: &mut Findings) -> Option<usize> {
    let found = table.find(id);
    if found.is_none() {
        let known: Vec<&str> = table
            .iter()
            .take(20)
            .map(|item| item.head().id.as_str())
            .collect();
        let message = format!("there is no {} {}", T::KIND, shorten(id));
        let help = if known.is_empty() {
            "the file has none at all".to_owned()
        } else {
            format!("the file has {}", known.join(", "))
        };
        findings.add(SELECTION, Place::default(), message, help);
    }
    found
}

fn programme(document: &Document, selection: &Selection, findings: &mut Findings) -> Option<usize> {
    let programmes = &document.programmes;
    if let Some(id) = &selection.programme {
        return asked(programmes, id, findings);
    }
    let lowest = programmes
        .iter()
        .enumerate()
        .min_by_key(|(_, programme)| programme.head.id.to_ascii_uppercase())
        .map(|(index, _)| index)?;
    if programmes.len() > 1 {
        let head = &programmes[lowest].head;
        let message = format!(
            "the file has {} programmes; {} (\"{}\") is played, which has the lowest ID",
            programmes.len(),
            head.id,
            shorten(&head.name)
        );
        let ids: Vec<&str> = programmes
            .iter()
            .map(|p| p.head.id.as_str())
            .take(20)
            .collect();
        let help = format!("choose one with --programme: {}", ids.join(", "));
        findings.add(SEVERAL_PROGRAMMES, head.place, message, help);
    }
    Some(lowest)
}

/// The outermost objects that are played, and their contents.
fn roots(
    document: &Document,
    selection: &Selection,
    programme: Option<usize>,
    findings: &mut Findings,
) -> Vec<(Option<usize>, usize)> {
    let Some(programme) = programme else {
        if !selection.contents.is_empty() && document.programmes.is_empty() {
            let message = "a content is asked for, but the file has no programme";
            let help = "leave the content out: all objects are played";
            findings.add(SELECTION, Place::default(), message, help);
        }
        let inner: HashSet<usize> = document
            .objects
            .iter()
            .flat_map(|object| object.objects.iter().copied())
            .collect();
        return (0..document.objects.len())
            .filter(|object| !inner.contains(object))
            .map(|object| (None, object))
            .collect();
    };
    let programme = &document.programmes[programme];
    let mut wanted = HashSet::new();
    for id in &selection.contents {
        let Some(content) = asked(&document.contents, id, findings) else {
            continue;
        };
        if !programme.contents.contains(&content) {
            let message = format!(
                "audioContent {} is not part of the programme {}",
                shorten(id),
                programme.head.id
            );
            let help = "choose a programme that has it";
            findings.add(SELECTION, programme.head.place, message, help);
        }
        wanted.insert(content);
    }
    programme
        .contents
        .iter()
        .filter(|content| wanted.is_empty() || wanted.contains(content))
        .flat_map(|&content| {
            let objects = document.contents[content].objects.iter();
            objects.map(move |&object| (Some(content), object))
        })
        .collect()
}

/// The objects that are left out because another of their group is played.
fn complementary(
    document: &Document,
    selection: &Selection,
    findings: &mut Findings,
) -> HashSet<usize> {
    // A group is the object that lists the others, and those.
    let groups: Vec<Vec<usize>> = document
        .objects
        .iter()
        .enumerate()
        .filter(|(_, object)| !object.complementary.is_empty())
        .map(|(leader, object)| [&[leader], object.complementary.as_slice()].concat())
        .collect();
    let mut chosen = HashSet::new();
    for id in &selection.complementary {
        let Some(object) = asked(&document.objects, id, findings) else {
            continue;
        };
        if !groups.iter().any(|group| group.contains(&object)) {
            let message = format!(
                "audioObject {} is in no group of complementary objects",
                shorten(id)
            );
            let help = "only objects that stand for each other can be chosen from";
            findings.add(
                COMPLEMENTARY,
                document.objects[object].head.place,
                message,
                help,
            );
        }
        chosen.insert(object);
    }
    let defaults: Vec<usize> = groups
        .iter()
        .filter(|group| !group.iter().any(|object| chosen.contains(object)))
        .map(|group| group[0])
        .collect();
    chosen.extend(defaults);
    let mut left_out = HashSet::new();
    for group in &groups {
        let of_group: HashSet<usize> = group
            .iter()
            .copied()
            .filter(|object| chosen.contains(object))
            .collect();
        if of_group.len() > 1 {
            let mut ids: Vec<&str> = of_group
                .iter()
                .map(|&object| document.objects[object].head.id.as_str())
                .collect();
            ids.sort_unstable();
            let leader = &document.objects[group[0]].head;
            let message = format!(
                "{} are chosen of the complementary objects of {}",
                ids.join(" and "),
                leader.id
            );
            findings.add(COMPLEMENTARY, leader.place, message, "choose one of them");
        }
        left_out.extend(
            group
                .iter()
                .copied()
                .filter(|object| !chosen.contains(object)),
        );
    }
    left_out
}

/// The ways to all objects, depth first.
fn paths(
    document: &Document,
    roots: &[(Option<usize>, usize)],
    left_out: &HashSet<usize>,
    findings: &mut Findings,
) -> Vec<ObjectPath> {
    let mut found = Vec::new();
    let mut open: Vec<ObjectPath> = roots
        .iter()
        .rev()
        .map(|&(content, object)| ObjectPath {
            content,
            objects: vec![object],
        })
        .collect();
    while let Some(path) = open.pop() {
        let Some(&last) = path.objects.last() else {
            continue;
        };
        if left_out.contains(&last) {
            continue;
        }
        if found.len() + open.len() >= MOST_PATHS || path.objects.len() > DEEPEST {
            let message = "objects are nested beyond measure";
            let help = "at most 64 deep, and 65536 in all, each counted as often as it is played";
            findings.add(LIMIT, document.objects[last].head.place, message, help);
            return Vec::new();
        }
        for &inner in document.objects[last].objects.iter().rev() {
            let mut objects = path.objects.clone();
            objects.push(inner);
            open.push(ObjectPath {
                content: path.content,
                objects,
            });
        }
        found.push(path);
    }
    found
}
