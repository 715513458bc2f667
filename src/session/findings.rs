//! Collects what is found in one text, and gives each finding its place.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::codes::Rule;
use crate::error::{Finding, Severity};

/// Findings beyond this are counted, not listed: a file that is wrong throughout must not cost minutes.
const LISTED: usize = 1000;

/// Findings about one text file.
#[derive(Debug)]
pub(crate) struct Findings {
    path: PathBuf,
    found: Vec<Found>,
    /// Findings that are only counted.
    more: usize,
    elsewhere: Vec<Finding>,
}

#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) rule: Rule,
    pub(crate) span: Option<Range<usize>>,
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) help: String,
}

impl Findings {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            found: Vec::new(),
            more: 0,
            elsewhere: Vec::new(),
        }
    }

    /// Adds a finding. `message` is the sentence, `label` stands under the underline, `help` says what is
    /// allowed or what to do.
    pub(crate) fn add(
        &mut self,
        rule: Rule,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.found.push(Found {
            rule,
            span,
            message: message.into(),
            label: label.into(),
            help: help.into(),
        });
    }

    /// Adds findings, and `more` that are only counted.
    pub(crate) fn extend(&mut self, found: Vec<Found>, more: usize) {
        self.found.extend(found);
        self.more += more;
    }

    /// Adds what was found in a file that the text names.
    pub(crate) fn of_other_file(&mut self, findings: Vec<Finding>) {
        self.elsewhere.extend(findings);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|found| found.rule.severity == Severity::Error)
    }

    /// The findings in the order of the text, each with line and column, then those of other files.
    pub(crate) fn finish(mut self, text: &str) -> Vec<Finding> {
        self.found
            .sort_by_key(|found| found.span.as_ref().map_or(0, |span| span.start));
        let all = self.found.len() + self.more;
        // Errors come first when not all can be listed, so that none hides behind notes.
        if all > LISTED {
            self.found
                .sort_by_key(|found| std::cmp::Reverse(found.rule.severity));
            let last = self.found[LISTED - 1].rule;
            self.found.truncate(LISTED);
            self.found
                .sort_by_key(|found| found.span.as_ref().map_or(0, |span| span.start));
            self.add(
                last,
                None,
                format!("{} more findings are not listed", all - LISTED),
                "",
                "mend those above and check again",
            );
        }
        let lines = Lines::of(text);
        self.found
            .into_iter()
            .map(|found| Finding {
                code: found.rule.code,
                severity: found.rule.severity,
                path: self.path.clone(),
                line_column: found
                    .span
                    .as_ref()
                    .map(|span| lines.place(text, span.start)),
                span: found.span,
                message: found.message,
                label: found.label,
                help: found.help,
            })
            .chain(self.elsewhere)
            .collect()
    }
}

/// Where each line of a text starts: finds a place without reading the text again for every finding.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    fn place(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.0.partition_point(|&start| start <= offset);
        let start = self.0[line - 1];
        let (_, column) = crate::error::line_column(&text[start..], offset - start);
        (line, column)
    }
}

/// The nearest of `known` to a word that is not among them, if one is near enough to be a slip.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // The cost grows with the product of the lengths, and no name people type is longer.
    if word.len() > 100 {
        return None;
    }
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| candidate.len() <= 100)
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `gain`? " or nothing, to begin a help text with.
pub(crate) fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!("did you mean `{}`? ", shorten(nearest))
    })
}

/// A user's words for a message: on one line, and cut when long.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 60;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let keys = ["gain", "group", "mute", "move"];
        assert_eq!(did_you_mean("gian", keys), Some("gain"));
        assert_eq!(did_you_mean("Gain", keys), Some("gain"));
        assert_eq!(did_you_mean("grop", keys), Some("group"));
        assert_eq!(did_you_mean("reverb", keys), None);
        assert_eq!(did_you_mean("", keys), None);
    }

    #[test]
    fn places_agree_with_the_slow_way() {
        let text = "a = 1\r\nné = 2\n\nlast";
        let lines = Lines::of(text);
        for offset in (0..=text.len()).filter(|&i| text.is_char_boundary(i)) {
            assert_eq!(
                lines.place(text, offset),
                crate::error::line_column(text, offset),
                "byte {offset}"
            );
        }
    }
}
