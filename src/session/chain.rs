//! A chain of processors as text of its own: what `umbel process` is given.
//!
//! The text is either the list alone, `[{ eq = { hp = 30 } }, …]`, or TOML with the key `chain`. It is
//! read as strictly as a session: every fault is found at once and knows its place.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::codes::{PROCESSOR, WRONG_TYPE};
use super::conform::conform;
use super::findings::Findings;
use super::impulses;
use super::json_schema::chain_schema;
use super::text;
use super::tree::{Cursor, Node};
use crate::effect::{Fault, Settings, Setup, Step};
use crate::error::line_column;
use crate::{Error, Result};

/// A chain: processors in the order in which they work.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChainFile {
    /// Where a JSON Schema of this file is, for editors; nothing else looks at it.
    #[serde(rename = "$schema", default)]
    pub schema: Option<String>,
    /// The processors, in the order in which they work.
    #[schemars(length(max = 64))]
    pub chain: Vec<Settings>,
}

/// A chain that has been read, and the text its faults are shown in.
#[derive(Debug, Clone)]
pub struct ChainText {
    /// The processors.
    pub entries: Vec<Settings>,
    source: Source,
    tree: Node,
}

/// The text as the user wrote it, and as it is read.
#[derive(Debug, Clone)]
struct Source {
    /// A file, or the option it was given with.
    name: PathBuf,
    text: String,
    /// Bytes put in front of it to make a list a document.
    ahead: usize,
}

/// What makes a list a document.
const AHEAD: &str = "chain = ";

impl ChainText {
    /// Reads a chain. `name` is what the text is called in findings: its file, or the option it was given
    /// with; if it ends in .json the text is JSON, otherwise TOML.
    ///
    /// # Errors
    /// [`Error::Chain`] with every finding.
    pub fn parse(text: &str, name: &Path) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (document, ahead) = match is_list(text) {
            true => (format!("{AHEAD}{text}"), AHEAD.len()),
            false => (text.to_owned(), 0),
        };
        let source = Source {
            name: name.to_path_buf(),
            text: text.to_owned(),
            ahead,
        };
        let mut findings = Findings::new(name);
        let Some(tree) = text::parse(&document, name, &mut findings) else {
            return Err(source.refused(findings, &document));
        };
        let (found, more) = conform(chain_schema(), &tree);
        findings.extend(found, more);
        if findings.has_errors() {
            return Err(source.refused(findings, &document));
        }
        match ChainFile::deserialize(&tree) {
            Ok(file) => Ok(Self {
                entries: file.chain,
                source,
                tree,
            }),
            Err(fault) => {
                // Whatever the schema passes, the types take.
                findings.add(WRONG_TYPE, None, fault.to_string(), "", "");
                Err(source.refused(findings, &document))
            }
        }
    }

    /// Reads the impulse responses it names, relative to `folder`.
    ///
    /// # Errors
    /// [`Error::Chain`] with every file that cannot be read.
    pub fn read_impulses(&mut self, folder: &Path) -> Result<()> {
        let faults = impulses::read(&mut self.entries, folder);
        let mut findings = Findings::new(&self.source.name);
        add_faults(Cursor::new(&self.tree).key("chain"), faults, &mut findings);
        self.refuse_if(findings)
    }

    /// Checks that every processor can do what it is asked for in this place.
    ///
    /// # Errors
    /// [`Error::Chain`] with every finding.
    pub fn check(&self, setup: Setup) -> Result<()> {
        let mut findings = Findings::new(&self.source.name);
        let list = Cursor::new(&self.tree).key("chain");
        for (entry, settings) in self.entries.iter().enumerate() {
            add_faults(list.item(entry), settings.check(setup), &mut findings);
        }
        self.refuse_if(findings)
    }

    /// Refuses the chain for a fault of its whole, at the place `at`.
    ///
    /// # Errors
    /// Always: [`Error::Chain`].
    pub fn refuse(&self, fault: Fault) -> Result<()> {
        let mut findings = Findings::new(&self.source.name);
        let list = Cursor::new(&self.tree).key("chain");
        add_faults(list, vec![fault], &mut findings);
        self.refuse_if(findings)
    }

    fn refuse_if(&self, findings: Findings) -> Result<()> {
        if !findings.has_errors() {
            return Ok(());
        }
        let document = match self.source.ahead {
            0 => self.source.text.clone(),
            _ => format!("{AHEAD}{}", self.source.text),
        };
        Err(self.source.refused(findings, &document))
    }
}

/// Adds what is wrong with one processor, each fault at the words of its value.
pub(crate) fn add_faults(processor: Cursor<'_>, faults: Vec<Fault>, findings: &mut Findings) {
    for fault in faults {
        let mut place = processor;
        for step in &fault.at {
            let next = match *step {
                Step::Key(key) => place.key(key),
                Step::Item(item) => place.item(item),
            };
            // A value that is not written is missing from what holds it.
            if !next.exists() {
                break;
            }
            place = next;
        }
        findings.add(
            PROCESSOR,
            place.span(),
            fault.message,
            "not possible",
            fault.help,
        );
    }
}

/// True for a list by itself; a document that begins with a table's header begins with a bracket too.
fn is_list(text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('[');
    inside.is_some_and(|inside| matches!(inside.trim_start().chars().next(), Some('{' | ']' | '#')))
}

impl Source {
    fn refused(&self, findings: Findings, document: &str) -> Error {
        let mut findings = findings.finish(document);
        for finding in findings.iter_mut().filter(|_| self.ahead > 0) {
            if let Some(span) = &mut finding.span {
                let back = |at: usize| at.saturating_sub(self.ahead).min(self.text.len());
                *span = back(span.start)..back(span.end);
                finding.line_column = Some(line_column(&self.text, span.start));
            }
        }
        Error::Chain {
            name: self.name.clone(),
            text: self.text.clone(),
            findings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Finding;
    use crate::units::SampleRate;

    fn refused(text: &str) -> Vec<Finding> {
        match ChainText::parse(text, Path::new("--chain"))
            .and_then(|chain| chain.check(Setup::strip(SampleRate(48_000), 2)))
        {
            Err(Error::Chain { findings, .. }) => findings,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_list_a_document_and_headers_say_the_same() {
        let read = |text| {
            ChainText::parse(text, Path::new("--chain"))
                .unwrap()
                .entries
        };
        let list = read("[{ eq = { hp = 30,\n bell = [[100, 2, 0.7]] } }]");
        assert_eq!(list.len(), 1);
        assert_eq!(
            list,
            read("chain = [{ eq = { hp = 30, bell = [[100, 2, 0.7]] } }]")
        );
        assert_eq!(
            list,
            read("[[chain]]\neq = { hp = 30, bell = [[100, 2, 0.7]] }\n")
        );
        assert_eq!(
            list,
            read("[[chain]]\n[chain.eq]\nhp = 30\nbell = [[100, 2, 0.7]]\n")
        );
        assert!(read("[]").is_empty());
        assert!(read(" [ # nothing\n ]").is_empty());
    }

    #[test]
    fn every_fault_underlines_its_words() {
        for (text, code, words, part) in [
            ("[{ eqq = { hp = 30 } }]", "U451", "eqq", "`eq`"),
            ("[{ eq = { hpp = 30 } }]", "U451", "hpp", "`hp`"),
            ("[{ eq = { hp = \"30\" } }]", "U453", "\"30\"", "number"),
            ("[{ eq = { hp = 30000 } }]", "U490", "30000", "23520"),
            (
                "[{ eq = { bell = [[100, 2], [50, 40, 1]] } }]",
                "U455",
                "40",
                "30",
            ),
            (
                "[{ eq = { bell = [[100, 2], [24000, 4, 1]] } }]",
                "U490",
                "24000",
                "bell 2",
            ),
            ("[{ eq = { hp = 100, slope = 13 } }]", "U454", "13", "24"),
            ("[{ eq = { hp = nan } }]", "U455", "nan", ""),
            (
                "[{ eq = { hp = 30 }, sat = {} }]",
                "U457",
                "{ eq = { hp = 30 }, sat = {} }",
                "one",
            ),
            ("[{ }]", "U456", "{ }", "eq"),
            ("[{ eq = { hp = 30 } ]", "U450", "", ""),
            (
                "chain = [{ eq = { low-shelf = [10] } }]",
                "U457",
                "[10]",
                "2 to 3",
            ),
        ] {
            let findings = refused(text);
            let found = findings.iter().find(|f| f.code == code);
            let found = found.unwrap_or_else(|| panic!("{text}: {findings:?}"));
            assert_eq!(
                &text[found.span.clone().unwrap()],
                words,
                "{text}: {found:?}"
            );
            let said = format!("{} {}", found.message, found.help);
            assert!(said.contains(part), "{text}: {said}");
            let column = text[..found.span.clone().unwrap().start].chars().count() + 1;
            assert_eq!(found.line_column, Some((1, column)), "{text}");
        }
    }
}
