//! Collects what one master breaks, a few places of each rule.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::rules::{FIRST_OF_EMISSION, FIRST_OF_PROFILE, numbered};
use crate::error::{Finding, Severity};
use crate::format::adm::Place;

/// Places that are listed of each rule; more are counted.
const LISTED: usize = 8;

/// Rules that only warn about masters that are none of the profile: float samples, unused channels, and metadata of
/// common definitions alone, are allowed to them.
const MILDER: [u16; 3] = [20, 39, 45];

/// Findings about one file.
#[derive(Debug)]
pub(super) struct Report {
    path: PathBuf,
    found: Vec<(u16, Finding)>,
    counts: BTreeMap<u16, usize>,
}

impl Report {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            found: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Notes that rule `number` is broken unless it `holds`.
    pub(super) fn need(
        &mut self,
        holds: bool,
        number: u16,
        place: Place,
        message: impl FnOnce() -> String,
    ) {
        if !holds {
            self.add(number, numbered(number).severity, place, message);
        }
    }

    /// As [`need`](Self::need), for the part of a rule that only warns.
    pub(super) fn wish(
        &mut self,
        holds: bool,
        number: u16,
        place: Place,
        message: impl FnOnce() -> String,
    ) {
        if !holds {
            self.add(number, Severity::Warning, place, message);
        }
    }

    fn add(
        &mut self,
        number: u16,
        severity: Severity,
        place: Place,
        message: impl FnOnce() -> String,
    ) {
        let count = self.counts.entry(number).or_default();
        *count += 1;
        if *count > LISTED {
            return;
        }
        let rule = numbered(number);
        let finding = Finding {
            code: rule.code,
            severity,
            path: self.path.clone(),
            span: None,
            line_column: (place.line > 0).then_some((place.line as usize, place.column as usize)),
            message: message(),
            label: String::new(),
            help: rule.sentence.to_owned(),
        };
        self.found.push((number, finding));
    }

    /// What was found, in order of rule; without the profile's own rules unless it `is_profile`, and those of emission
    /// unless it `is_emission`.
    pub(super) fn finish(self, is_profile: bool, is_emission: bool) -> Vec<Finding> {
        let mut found = self.found;
        found.retain(|(number, _)| match *number {
            FIRST_OF_EMISSION.. => is_emission,
            FIRST_OF_PROFILE.. => is_profile,
            _ => true,
        });
        for (number, finding) in &mut found {
            if !is_profile && MILDER.contains(number) {
                finding.severity = Severity::Warning;
            }
        }
        found.sort_by_key(|(number, _)| *number);
        let mut list: Vec<Finding> = Vec::with_capacity(found.len());
        for (index, (number, finding)) in found.iter().enumerate() {
            list.push(finding.clone());
            let is_last = found.get(index + 1).is_none_or(|(next, _)| next != number);
            let more = self.counts[number].saturating_sub(LISTED);
            if is_last && more > 0 {
                list.push(Finding {
                    message: format!("{more} more places break the same rule"),
                    line_column: None,
                    ..finding.clone()
                });
            }
        }
        list
    }
}

/// A place that is no line of the XML.
pub(super) const NOWHERE: Place = Place { line: 0, column: 0 };

/// A user's words for a message: on one line, and cut when long.
pub(super) fn quoted(words: &str) -> String {
    const MOST: usize = 60;
    let mut short: String = words
        .chars()
        .take(MOST)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if words.chars().nth(MOST).is_some() {
        short.push('…');
    }
    format!("\"{short}\"")
}
