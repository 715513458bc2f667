//! Collects what is found in one ADM file.

use std::path::{Path, PathBuf};

use super::codes::Rule;
use crate::error::{Finding, Severity};

/// Findings beyond this are counted, not listed.
const LISTED: usize = 500;

/// A place in the XML of the axml chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Line, from 1; 0 if what is meant does not stand in the XML.
    pub line: u32,
    /// Byte of the line, from 1.
    pub column: u32,
}

/// Findings about one file, in the order they were made.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    path: PathBuf,
    list: Vec<Finding>,
    errors: usize,
    unlisted: usize,
}

impl Findings {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            list: Vec::new(),
            errors: 0,
            unlisted: 0,
        }
    }

    /// Adds a finding: `message` says what was found, `help` what is allowed or what to do.
    pub(super) fn add(
        &mut self,
        rule: Rule,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add_as(rule.severity, rule, place, message, help);
    }

    /// As [`add`](Self::add), at another level than the rule's own.
    pub(super) fn add_as(
        &mut self,
        severity: Severity,
        rule: Rule,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if severity == Severity::Error {
            self.errors += 1;
        }
        if self.list.len() >= LISTED {
            // The first error is always told.
            if severity != Severity::Error || self.errors > 1 {
                self.unlisted += 1;
                return;
            }
        }
        self.list.push(Finding {
            code: rule.code,
            severity,
            path: self.path.clone(),
            span: None,
            line_column: (place.line > 0).then_some((place.line as usize, place.column as usize)),
            message: message.into(),
            label: String::new(),
            help: help.into(),
        });
    }

    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// All findings; with `strict`, warnings count as errors.
    pub(super) fn finish(mut self, strict: bool) -> Vec<Finding> {
        if self.unlisted > 0
            && let Some(last) = self.list.last()
        {
            let more = Finding {
                message: format!("{} more findings are not listed", self.unlisted),
                help: "mend those above and check again".to_owned(),
                line_column: None,
                ..last.clone()
            };
            self.list.push(more);
        }
        if strict {
            for finding in &mut self.list {
                if finding.severity == Severity::Warning {
                    finding.severity = Severity::Error;
                }
            }
        }
        self.list
    }
}

/// A user's words for a message: on one line, and cut when long.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.len() <= MOST && text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return text.to_owned();
    }
    let mut short: String = text
        .chars()
        .take(MOST)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}
