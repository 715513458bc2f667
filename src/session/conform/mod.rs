//! Compares a session's tree with the JSON Schema of the session file and reports every difference, each
//! with its place.
//!
//! serde stops at the first error and knows only the innermost type; this walk goes on, and knows the
//! names of the keys around. It understands the part of JSON Schema (2020-12) that the session file's
//! schema uses: `$ref`, `type`, `properties`, `additionalProperties`, `required`, `enum`, `const`,
//! `anyOf`, `oneOf`, `minimum`, `maximum`, `items`, `prefixItems`, and the limits of length.

mod forms;
mod schema;
mod words;

use serde_json::Value as Schema;

use self::schema::{alternatives, choices, equal, type_fits};
use self::words::{one_of, phrase, written};
use super::codes::{
    MISSING_KEY, NOT_A_CHOICE, NOT_AVAILABLE, OUT_OF_RANGE, UNKNOWN_KEY, WRONG_COUNT, WRONG_TYPE,
};
use super::findings::{Found, did_you_mean, meant, shorten};
use super::later;
use super::tree::{Entry, Node, Value};

/// Every place where `tree` differs from `schema` (a complete schema with its `$defs`), and how many more
/// there are beyond [`KEPT`].
pub(crate) fn conform(schema: &Schema, tree: &Node) -> (Vec<Found>, usize) {
    let mut walk = Walk::new(schema);
    walk.value(schema, tree, "the session", None);
    (walk.found, walk.more)
}

/// Differences kept with their words; a text that is wrong throughout must not cost memory without end.
const KEPT: usize = 10_000;

struct Walk<'s> {
    root: &'s Schema,
    found: Vec<Found>,
    /// Differences beyond those kept.
    more: usize,
}

impl<'s> Walk<'s> {
    fn new(root: &'s Schema) -> Self {
        Self {
            root,
            found: Vec::new(),
            more: 0,
        }
    }

    fn keep(&mut self, found: Found) {
        if self.found.len() < KEPT {
            self.found.push(found);
        } else {
            self.more += 1;
        }
    }

    /// One value. `name` is what people call it ("`gain`", "[[stem]]"); `key` is the key it stands at, to
    /// be underlined when the value itself has no words of its own.
    fn value(&mut self, schema: &'s Schema, node: &Node, name: &str, key: Option<&Entry>) {
        let schema = self.resolve(schema);
        if let Some(branches) = alternatives(schema) {
            return self.any_of(schema, branches, node, name, key);
        }
        if let Some(choices) = choices(schema) {
            return self.choice(&choices, node, name);
        }
        if !type_fits(schema, node) {
            return self.wrong_type(&[schema], node, name);
        }
        match &node.value {
            Value::Table(entries) => self.table(schema, entries, node, name),
            Value::List(items) => self.list(schema, items, node, name),
            Value::Integer(number) => self.number(schema, *number as f64, node, name),
            Value::Float(number) => self.number(schema, *number, node, name),
            Value::Text(text) => self.length(schema, "Length", text.chars().count(), node, name),
            Value::Null | Value::Bool(_) | Value::Date => {}
        }
    }

    fn table(&mut self, schema: &'s Schema, entries: &[Entry], node: &Node, name: &str) {
        self.length(schema, "Properties", entries.len(), node, name);
        let properties = schema.get("properties").and_then(Schema::as_object);
        for entry in entries {
            let known = properties.and_then(|properties| properties.get(&entry.key));
            if let Some(known) = known {
                let before = self.found.len();
                self.value(known, &entry.node, &name_of(entry, name), Some(entry));
                self.say_what_for(known, &entry.key, before);
                continue;
            }
            match schema.get("additionalProperties") {
                Some(Schema::Bool(false)) | None => {
                    let keys = properties
                        .into_iter()
                        .flat_map(|p| p.keys())
                        .map(String::as_str);
                    self.unknown_key(entry, keys, name);
                }
                Some(values) => {
                    self.value(values, &entry.node, &name_of(entry, name), Some(entry));
                }
            }
        }
        let required = schema.get("required").and_then(Schema::as_array);
        for missing in required.into_iter().flatten().filter_map(Schema::as_str) {
            if !entries.iter().any(|entry| entry.key == missing) {
                self.add(
                    MISSING_KEY,
                    node,
                    format!("{name} has no `{missing}`"),
                    format!("`{missing}` is missing"),
                    self.describe_key(properties.and_then(|p| p.get(missing)), missing),
                );
            }
        }
    }

    fn unknown_key<'k>(
        &mut self,
        entry: &Entry,
        keys: impl Iterator<Item = &'k str> + Clone,
        name: &str,
    ) {
        let found = if let Some(reason) = later::key(&entry.key) {
            Found {
                rule: NOT_AVAILABLE,
                span: Some(entry.key_span.clone()),
                message: format!(
                    "`{}` in {name} asks for something this version does not do",
                    entry.key
                ),
                label: "not available".to_owned(),
                help: format!("{}: {reason}", entry.key),
            }
        } else {
            let all = keys.clone().collect::<Vec<_>>().join(", ");
            Found {
                rule: UNKNOWN_KEY,
                span: Some(entry.key_span.clone()),
                message: format!("unknown key `{}` in {name}", shorten(&entry.key)),
                label: "not a key".to_owned(),
                help: format!("{}the keys are: {all}", meant(nearest(&entry.key, keys))),
            }
        };
        self.keep(found);
    }

    fn list(&mut self, schema: &'s Schema, items: &[Node], node: &Node, name: &str) {
        self.length(schema, "Items", items.len(), node, name);
        let first = schema.get("prefixItems").and_then(Schema::as_array);
        let rest = schema.get("items");
        for (index, item) in items.iter().enumerate() {
            let of_item = first.and_then(|first| first.get(index)).or(rest);
            if let Some(of_item) = of_item {
                let name = match (first.is_some(), name.starts_with("[[")) {
                    // Tables of [[stem]] are called by their header.
                    (_, true) => name.to_owned(),
                    (true, _) => {
                        let title = self.resolve(of_item).get("title").and_then(Schema::as_str);
                        let what = title.map_or("entry", |title| title.trim_start_matches("a "));
                        format!("the {what} of {name}")
                    }
                    (false, _) => format!("entry {} of {name}", index + 1),
                };
                self.value(of_item, item, &name, None);
            }
        }
    }

    fn number(&mut self, schema: &Schema, number: f64, node: &Node, name: &str) {
        let limit = |key: &str| schema.get(key).and_then(Schema::as_f64);
        let (min, max) = (limit("minimum"), limit("maximum"));
        // Written so that NaN, which is neither above nor below, is out of range too.
        let inside = min.is_none_or(|min| number >= min)
            && max.is_none_or(|max| number <= max)
            && !number.is_nan();
        if inside {
            return;
        }
        let allowed = match (min, max) {
            (Some(min), Some(max)) => format!("allowed is {min} to {max}"),
            (Some(min), None) => format!("allowed is {min} or more"),
            (None, Some(max)) => format!("allowed is {max} or less"),
            (None, None) => "a number is allowed".to_owned(),
        };
        self.add(
            OUT_OF_RANGE,
            node,
            format!("{name} is {number}, which is out of range"),
            "out of range",
            allowed,
        );
    }

    fn length(&mut self, schema: &Schema, what: &str, length: usize, node: &Node, name: &str) {
        let limit = |side: &str| {
            let limit = schema.get(format!("{side}{what}")).and_then(Schema::as_u64);
            limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
        };
        let (min, max) = (
            limit("min").unwrap_or(0),
            limit("max").unwrap_or(usize::MAX),
        );
        if (min..=max).contains(&length) {
            return;
        }
        let (one, unit) = match what {
            "Length" => ("character", "characters"),
            _ => ("entry", "entries"),
        };
        let found = match length {
            0 => format!("{name} is empty"),
            1 => format!("{name} has 1 {one}"),
            n => format!("{name} has {n} {unit}"),
        };
        let allowed = match (min, max) {
            (min, max) if min == max => format!("it has exactly {min} {unit}"),
            (1, usize::MAX) => "it may not be empty".to_owned(),
            (min, usize::MAX) => format!("it has at least {min} {unit}"),
            (min, max) => format!("it has {min} to {max} {unit}"),
        };
        let label = if length < min {
            "too short"
        } else {
            "too long"
        };
        self.add(WRONG_COUNT, node, found, label, allowed);
    }

    fn choice(&mut self, choices: &[&'s Schema], node: &Node, name: &str) {
        if choices.iter().any(|choice| equal(choice, &node.value)) {
            return;
        }
        let list = choices
            .iter()
            .map(|c| c.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        let Some(written) = written(node) else {
            let message = format!(
                "{name} is {}; {} is allowed",
                node.kind(),
                one_of(&list, choices.len())
            );
            return self.add(WRONG_TYPE, node, message, "wrong kind of value", "");
        };
        if let Value::Text(word) = &node.value
            && let Some(reason) = later::word(word)
        {
            let message = format!("{name} is {written}, which this version does not do");
            let help = format!("{word}: {reason}");
            return self.add(NOT_AVAILABLE, node, message, "not available", help);
        }
        let nearest = match &node.value {
            Value::Text(word) => did_you_mean(word, choices.iter().filter_map(|c| c.as_str())),
            _ => None,
        };
        let message = format!(
            "{name} is {written}; {} is allowed",
            one_of(&list, choices.len())
        );
        let help = meant(nearest).trim_end().to_owned();
        self.add(NOT_A_CHOICE, node, message, "not a choice", help);
    }

    fn wrong_type(&mut self, expected: &[&Schema], node: &Node, name: &str) {
        let mut words: Vec<String> = Vec::new();
        for schema in expected {
            let word = phrase(schema);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let takes = |kind: &str| words.iter().any(|word| word.contains(kind));
        let meant = match &node.value {
            Value::Text(text) if takes("number") => number_of(text),
            Value::Text(text) if takes("true or false") => yes_or_no(text),
            Value::Integer(0) if takes("true or false") => Some("false"),
            Value::Integer(1) if takes("true or false") => Some("true"),
            _ => None,
        };
        let help = match (meant, &node.value) {
            (Some(meant), Value::Text(text)) if meant == text.trim() => {
                format!("write {meant} without quotes")
            }
            (Some(meant), _) => format!("write {meant}"),
            _ if words == ["a position"] => {
                "write { az = 30, el = 0 } (degrees, + = left, up) or { x = 0, y = 1, z = 0 } (room)"
                    .to_owned()
            }
            _ => String::new(),
        };
        let message = format!(
            "{name} is {}; {} is allowed",
            node.kind(),
            words.join(" or ")
        );
        self.add(WRONG_TYPE, node, message, "wrong kind of value", help);
    }

    /// Helps those findings from the one numbered `before` on that have no help: what the key is for.
    fn say_what_for(&mut self, schema: &'s Schema, key: &str, before: usize) {
        let Some(text) = self.description(schema) else {
            return;
        };
        for found in &mut self.found[before..] {
            if found.help.is_empty() && [WRONG_TYPE, NOT_A_CHOICE].contains(&found.rule) {
                found.help = format!("`{key}`: {}", text.replace('\n', " "));
            }
        }
    }

    /// What a key is for.
    fn description(&self, schema: &'s Schema) -> Option<&'s str> {
        let own = schema.get("description");
        own.or_else(|| self.resolve(schema).get("description"))?
            .as_str()
    }

    /// What a key is for, from its description: the help for a missing one.
    fn describe_key(&self, schema: Option<&'s Schema>, key: &str) -> String {
        let description = schema.and_then(|schema| self.description(schema));
        description.map_or_else(
            || format!("add `{key} = …`"),
            |text| format!("add `{key} = …`: {}", text.replace('\n', " ")),
        )
    }

    fn resolve(&self, mut schema: &'s Schema) -> &'s Schema {
        while let Some(reference) = schema.get("$ref").and_then(Schema::as_str) {
            match self.root.pointer(reference.trim_start_matches('#')) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn add(
        &mut self,
        rule: super::codes::Rule,
        node: &Node,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.keep(Found {
            rule,
            span: Some(node.span.clone()),
            message: message.into(),
            label: label.into(),
            help: help.into(),
        });
    }
}

/// The key of `keys` that is meant by a word that is none: a slip of it, or what it is short for ("azimuth").
fn nearest<'k>(word: &str, keys: impl Iterator<Item = &'k str> + Clone) -> Option<&'k str> {
    did_you_mean(word, keys.clone()).or_else(|| {
        let word = word.to_lowercase();
        let short = keys.filter(|key| key.len() > 1 && word.starts_with(key));
        short.max_by_key(|key| key.len())
    })
}

/// The number that a text is, without the unit behind it ("-6 dB").
fn number_of(text: &str) -> Option<&str> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let is_unit = unit.trim().chars().all(|c| c.is_alphabetic() || c == '°');
    (is_unit && number.parse::<f64>().is_ok_and(f64::is_finite)).then_some(number)
}

/// Whether a text says yes or no.
fn yes_or_no(text: &str) -> Option<&'static str> {
    match text.trim().to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Some("true"),
        "false" | "no" | "off" | "n" => Some("false"),
        _ => None,
    }
}

/// What people call the value of a key: "`gain`", or the header for the tables of the file.
fn name_of(entry: &Entry, parent: &str) -> String {
    match (&entry.node.value, parent) {
        (Value::Table(_), "the session") => format!("[{}]", entry.key),
        (Value::List(items), "the session")
            if items
                .iter()
                .all(|item| matches!(item.value, Value::Table(_))) =>
        {
            format!("[[{}]]", entry.key)
        }
        _ => format!("`{}`", shorten(&entry.key)),
    }
}
