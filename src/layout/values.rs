//! Typed access to the keys of a TOML table, with a finding for everything that is not as it should be.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Finding, Severity, line_column};

/// Findings beyond this number are not listed: nobody reads them, and making them takes time.
const MOST_FINDINGS: usize = 200;

/// The findings of one text, in the order they were made.
pub(super) struct Notes<'a> {
    text: &'a str,
    path: &'a Path,
    list: Vec<Finding>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(text: &'a str, path: &'a Path) -> Self {
        Self {
            text,
            path,
            list: Vec::new(),
        }
    }

    /// Notes an error at `span`.
    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        if self.list.len() >= MOST_FINDINGS {
            return;
        }
        self.list.push(Finding {
            code,
            severity: Severity::Error,
            path: PathBuf::from(self.path),
            line_column: Some(line_column(self.text, span.start)),
            span: Some(span),
            message: message.into(),
            label: label.into(),
            help: help.into(),
        });
    }

    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All findings in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Finding> {
        self.list
            .sort_by_key(|finding| finding.span.as_ref().map(|span| span.start));
        self.list
    }
}

/// One table of the file and how to speak of it ("speaker 3").
pub(super) struct Keys<'a, 'i> {
    table: &'a DeTable<'i>,
    span: Range<usize>,
    what: String,
}

/// A value that was found, and where.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<'a, 'i> Keys<'a, 'i> {
    pub(super) fn new(table: &'a DeTable<'i>, span: Range<usize>, what: impl Into<String>) -> Self {
        Self {
            table,
            span,
            what: what.into(),
        }
    }

    /// "speaker 3"
    pub(super) fn what(&self) -> &str {
        &self.what
    }

    /// Where the whole table stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The value of `key` as it stands.
    pub(super) fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.table.get(key)
    }

    /// Notes every key that is not in `allowed`, with the likeliest one meant.
    pub(super) fn refuse_others(&self, allowed: &[&str], notes: &mut Notes<'_>) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if allowed.contains(&name) {
                continue;
            }
            let help = match closest(name, allowed.iter().copied()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("allowed are {}", allowed.join(", ")),
            };
            notes.error(
                "U411",
                key.span(),
                format!("unknown key \"{}\" in {}", shown(name), self.what),
                "unknown key",
                help,
            );
        }
    }

    /// Notes that a key that must be there is not.
    pub(super) fn missing(&self, key: &str, example: &str, notes: &mut Notes<'_>) {
        notes.error(
            "U413",
            self.span(),
            format!("{} has no \"{key}\"", self.what),
            format!("\"{key}\" is missing"),
            format!("write {key} = {example}"),
        );
    }

    /// A text of 1 to 200 characters without control characters.
    pub(super) fn text(&self, key: &str, notes: &mut Notes<'_>) -> Option<Found<String>> {
        let value = self.value(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a text in quotes", notes);
            return None;
        };
        let length = text.chars().count();
        if text.trim().is_empty() || length > 200 || text.chars().any(char::is_control) {
            notes.error(
                "U414",
                value.span(),
                format!(
                    "\"{key}\" of {} is empty, too long or not printable",
                    self.what
                ),
                "1 to 200 printable characters",
                "",
            );
            return None;
        }
        Some(Found {
            value: text.to_owned(),
            span: value.span(),
        })
    }

    /// A finite number within `range`; `unit` is for the message.
    pub(super) fn number(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
        unit: &str,
        notes: &mut Notes<'_>,
    ) -> Option<f64> {
        let value = self.value(key)?;
        self.number_of(key, value, &range, unit, notes)
    }

    fn number_of(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        range: &RangeInclusive<f64>,
        unit: &str,
        notes: &mut Notes<'_>,
    ) -> Option<f64> {
        let allowed = format!("{} to {} {unit}", range.start(), range.end());
        let Some(number) = as_number(value.get_ref()) else {
            self.wrong_type(key, value, &format!("a number, {allowed}"), notes);
            return None;
        };
        if !range.contains(&number) {
            notes.error(
                "U414",
                value.span(),
                format!("\"{key}\" of {} is {number}", self.what),
                format!("must be {allowed}"),
                "",
            );
            return None;
        }
        // -0 reads as 0 so that nothing prints "-0".
        Some(number + 0.0)
    }

    /// `true` or `false`; absent means `false`.
    pub(super) fn flag(&self, key: &str, notes: &mut Notes<'_>) -> bool {
        let Some(value) = self.value(key) else {
            return false;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(key, value, "true or false", notes);
            false
        })
    }

    /// An array of exactly `N` numbers within `range`.
    pub(super) fn numbers<const N: usize>(
        &self,
        key: &str,
        range: RangeInclusive<f64>,
        unit: &str,
        notes: &mut Notes<'_>,
    ) -> Option<[f64; N]> {
        let value = self.value(key)?;
        let items = value.get_ref().as_array().filter(|items| items.len() == N);
        let Some(items) = items else {
            self.wrong_type(key, value, &format!("an array of {N} numbers"), notes);
            return None;
        };
        let mut numbers = [0.0; N];
        let mut complete = true;
        for (slot, item) in numbers.iter_mut().zip(items.iter()) {
            match self.number_of(key, item, &range, unit, notes) {
                Some(number) => *slot = number,
                None => complete = false,
            }
        }
        complete.then_some(numbers)
    }

    /// An array of texts; absent means empty.
    pub(super) fn texts(&self, key: &str, notes: &mut Notes<'_>) -> Vec<String> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let texts = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.wrong_type(key, value, "an array of texts in quotes", notes);
            Vec::new()
        })
    }

    fn wrong_type(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
        notes: &mut Notes<'_>,
    ) {
        notes.error(
            "U412",
            value.span(),
            format!(
                "\"{key}\" of {} is {}, not {wanted}",
                self.what,
                kind(value.get_ref())
            ),
            format!("must be {wanted}"),
            "",
        );
    }
}

/// What kind of value it is, for messages: "a string".
pub(super) fn kind(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

/// The value of a TOML integer or float; integers too large for a file of angles read as infinite.
fn as_number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(i) => Some(i64::from_str_radix(i.as_str(), i.radix()).map_or(
            f64::INFINITY,
            |i| i as f64, // |i| > 2^53 is out of every range below anyway
        )),
        DeValue::Float(f) => f.as_str().parse().ok(),
        _ => None,
    }
}

/// The candidate most like `name`, if any is alike enough to be worth a question.
pub(super) fn closest<'c>(
    name: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let wanted: String = name.chars().take(64).collect::<String>().to_lowercase();
    candidates
        .map(|c| (strsim::jaro_winkler(&wanted, &c.to_lowercase()), c))
        .filter(|(alike, _)| *alike > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

/// A word of the user's, cut to what fits in a message.
pub(super) fn shown(text: &str) -> String {
    if text.chars().count() <= 60 {
        text.to_owned()
    } else {
        text.chars().take(60).chain(['…']).collect()
    }
}
