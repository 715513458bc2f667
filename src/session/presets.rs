//! Chains by name: `{ preset = "drums-glue" }` stands for the processors of a preset.
//!
//! They are put in place of the name right after a text is read, so that everything after meets processors
//! only. All of them stand at the words that name the preset.

use std::ops::Range;
use std::sync::OnceLock;

use toml::de::DeTable;

use super::tree::{Entry, Node, Value};

/// The key that names a preset in a chain.
pub(super) const KEY: &str = "preset";

/// A chain with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// The TOML it is made of: `about` and `chain`.
    pub text: &'static str,
}

macro_rules! presets {
    ($($name:literal)*) => {
        /// Every preset.
        pub const PRESETS: &[Preset] = &[$(Preset {
            name: $name,
            text: include_str!(concat!("../../presets/", $name, ".toml")),
        }),*];
    };
}

presets! {
    "bass-weight" "drums-glue" "drums-parallel" "fx-backdrop" "master-air" "master-glue" "synth-declutter" "synth-glue" "vocal-level"
}

impl Preset {
    /// The preset of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// What it is for, in a sentence.
    pub fn about(&self) -> &str {
        let rest = self.text.strip_prefix("about = \"").unwrap_or(self.text);
        rest.split('"').next().unwrap_or(rest)
    }

    /// Its processors as they are written, `chain = […]`.
    pub fn chain_text(&self) -> &str {
        let begin = self.text.find("chain = ").unwrap_or(0);
        self.text[begin..].trim_end()
    }

    /// The nodes of its processors; those of a text that cannot be read are none, which a test excludes.
    fn processors(&self) -> Vec<Node> {
        let (document, _) = DeTable::parse_recoverable(self.text);
        match Node::from_toml(&document).value {
            Value::Table(entries) => entries
                .into_iter()
                .find_map(|entry| match (entry.key.as_str(), entry.node.value) {
                    ("chain", Value::List(items)) => Some(items),
                    _ => None,
                })
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// The processors of every preset, read once.
fn read() -> &'static [(&'static str, Vec<Node>)] {
    static READ: OnceLock<Vec<(&str, Vec<Node>)>> = OnceLock::new();
    READ.get_or_init(|| PRESETS.iter().map(|p| (p.name, p.processors())).collect())
}

/// Puts the processors of presets in place of their names, in the chains of a session or of a text that is a
/// chain. A name that is no preset's stays, for the schema to refuse.
pub(super) fn expand(document: &mut Node) {
    let Value::Table(entries) = &mut document.value else {
        return;
    };
    for Entry { key, node, .. } in entries {
        match (key.as_str(), &mut node.value) {
            ("chain", Value::List(items)) => expand_list(items),
            ("master" | "stereo", Value::Table(_)) => expand(node),
            ("stem" | "group" | "return", Value::List(tables)) => {
                tables.iter_mut().for_each(expand);
            }
            _ => {}
        }
    }
}

fn expand_list(items: &mut Vec<Node>) {
    let processors = |item: &Node| {
        let Value::Table(entries) = &item.value else {
            return None;
        };
        let [Entry { key, node, .. }] = entries.as_slice() else {
            return None;
        };
        match &node.value {
            Value::Text(name) if key == KEY => read()
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, nodes)| nodes),
            _ => None,
        }
    };
    if items.iter().all(|item| processors(item).is_none()) {
        return;
    }
    *items = std::mem::take(items)
        .into_iter()
        .flat_map(|item| match processors(&item) {
            Some(nodes) => nodes.iter().map(|node| placed(node, &item.span)).collect(),
            None => vec![item],
        })
        .collect();
}

/// A copy of `node` in which everything stands at `span`.
fn placed(node: &Node, span: &Range<usize>) -> Node {
    let value = match &node.value {
        Value::List(items) => Value::List(items.iter().map(|item| placed(item, span)).collect()),
        Value::Table(entries) => Value::Table(
            entries
                .iter()
                .map(|entry| Entry {
                    key: entry.key.clone(),
                    key_span: span.clone(),
                    node: placed(&entry.node, span),
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node {
        span: span.clone(),
        value,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::effect::{Chain, Setup};
    use crate::session::ChainText;
    use crate::units::SampleRate;

    fn entries(text: &str) -> Vec<crate::effect::Settings> {
        ChainText::parse(text, Path::new("--chain"))
            .unwrap()
            .entries
    }

    #[test]
    fn every_preset_is_listed_says_what_it_is_for_and_can_be_built() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("presets");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|file| {
                let name = file.unwrap().file_name().into_string().unwrap();
                name.strip_suffix(".toml").map(str::to_owned)
            })
            .collect();
        files.sort();
        let listed: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        assert_eq!(files, listed);
        for preset in PRESETS {
            assert!(
                preset.about().len() > 20 && !preset.about().contains('\n'),
                "{preset:?}"
            );
            let chain = entries(preset.chain_text());
            assert!(!chain.is_empty(), "{}", preset.name);
            let by_name = entries(&format!("[{{ preset = \"{}\" }}]", preset.name));
            assert_eq!(chain, by_name);
            Chain::build(&chain, Setup::strip(SampleRate(44_100), 2)).unwrap();
        }
    }

    #[test]
    fn presets_stand_among_other_processors() {
        let chain = entries("[{ eq = { hp = 30 } }, { preset = \"vocal-level\" }, { limit = {} }]");
        let words: Vec<&str> = chain.iter().map(crate::effect::Settings::word).collect();
        assert_eq!(words, ["eq", "eq", "comp", "sat", "limit"]);
    }
}
