//! Values that may have one of several forms.

use serde_json::Value as Schema;

use super::schema::{choices, equal, kinds, type_fits};
use super::words::form_of;
use super::{Walk, name_of, nearest};
use crate::session::codes::{MISSING_KEY, UNKNOWN_KEY, WRONG_COUNT};
use crate::session::findings::{Found, did_you_mean, meant, shorten};
use crate::session::later;
use crate::session::tree::{Entry, Node, Value};

impl<'s> Walk<'s> {
    /// A value that may have one of several forms: reports what is wrong in the form that is nearest to
    /// what is written, since that is most likely what is meant.
    pub(super) fn any_of(
        &mut self,
        schema: &Schema,
        branches: &'s [Schema],
        node: &Node,
        name: &str,
        key: Option<&Entry>,
    ) {
        let branches: Vec<&Schema> = branches.iter().map(|branch| self.resolve(branch)).collect();
        let fitting: Vec<&Schema> = branches
            .iter()
            .copied()
            .filter(|branch| type_fits(branch, node))
            .collect();
        if let (Value::Table(entries), Some(kinds)) = (&node.value, kinds(&fitting)) {
            return self.kind(schema, &kinds, entries, node, name);
        }
        match (fitting.as_slice(), &node.value) {
            ([], _) if schema.get("title").is_some() => self.wrong_type(&[schema], node, name),
            ([], _) => self.wrong_type(&branches, node, name),
            ([only], _) => self.value(only, node, name, key),
            (several, Value::Table(entries)) => {
                self.form_of_table(several, entries, node, name, key)
            }
            (several, _) => {
                let best = several.iter().map(|branch| {
                    let mut walk = Walk::new(self.root);
                    walk.value(branch, node, name, key);
                    walk
                });
                if let Some(best) = best.min_by_key(|walk| walk.found.len() + walk.more) {
                    self.more += best.more;
                    best.found.into_iter().for_each(|found| self.keep(found));
                }
            }
        }
    }

    /// A table whose one key says what it is: `{ eq = … }`.
    fn kind(
        &mut self,
        schema: &Schema,
        kinds: &[(&'s str, &'s Schema)],
        entries: &[Entry],
        node: &Node,
        name: &str,
    ) {
        let title = schema.get("title").and_then(Schema::as_str);
        let what = title.map_or("kind", |title| title.trim_start_matches("a "));
        let words = || kinds.iter().map(|(word, _)| *word);
        for entry in entries {
            if let Some((_, value)) = kinds.iter().find(|(word, _)| *word == entry.key) {
                self.value(value, &entry.node, &name_of(entry, name), Some(entry));
                continue;
            }
            if later::key(&entry.key).is_some() {
                self.unknown_key(entry, std::iter::empty(), name);
                continue;
            }
            let all = words().collect::<Vec<_>>().join(", ");
            self.keep(Found {
                rule: UNKNOWN_KEY,
                span: Some(entry.key_span.clone()),
                message: format!("unknown {what} `{}`", shorten(&entry.key)),
                label: format!("not a {what}"),
                help: format!(
                    "{}there are: {all}",
                    meant(did_you_mean(&entry.key, words()))
                ),
            });
        }
        let all = words()
            .map(|word| format!("{{ {word} = … }}"))
            .collect::<Vec<_>>();
        let help = format!("write {}", all.join(" or "));
        match entries.len() {
            0 => self.add(
                MISSING_KEY,
                node,
                format!("{name} is empty"),
                "incomplete",
                help,
            ),
            1 => {}
            n => self.add(
                WRONG_COUNT,
                node,
                format!("{name} has {n} keys; a {what} has one"),
                "too many",
                format!("put each {what} in braces of its own: {{ … }}, {{ … }}"),
            ),
        }
    }

    fn form_of_table(
        &mut self,
        forms: &[&'s Schema],
        entries: &[Entry],
        node: &Node,
        name: &str,
        key: Option<&Entry>,
    ) {
        // A key with one fixed word (`shape = "circle"`) decides the form.
        for entry in entries {
            let words: Vec<(&Schema, &Schema)> = forms
                .iter()
                .filter_map(|form| {
                    let property = self.resolve(form.get("properties")?.get(&entry.key)?);
                    match choices(property)?.as_slice() {
                        [only] => Some((*form, *only)),
                        _ => None,
                    }
                })
                .collect();
            if words.is_empty() {
                continue;
            }
            let named: Vec<&Schema> = words
                .iter()
                .filter(|(_, word)| equal(word, &entry.node.value))
                .map(|(form, _)| *form)
                .collect();
            if !named.is_empty() {
                return self.nearest_form(&named, entries, node, name, key);
            }
            let mut words: Vec<&Schema> = words.iter().map(|(_, word)| *word).collect();
            words.dedup();
            return self.choice(&words, &entry.node, &name_of(entry, name));
        }
        self.nearest_form(forms, entries, node, name, key);
    }

    /// Takes the table as the form that knows most of its keys, and of those the one that asks for least.
    fn nearest_form(
        &mut self,
        forms: &[&'s Schema],
        entries: &[Entry],
        node: &Node,
        name: &str,
        key: Option<&Entry>,
    ) {
        let knows = |form: &Schema, key: &str| {
            let properties = form.get("properties").and_then(Schema::as_object);
            properties.is_some_and(|properties| properties.contains_key(key))
        };
        let foreign = |form: &Schema| entries.iter().filter(|e| !knows(form, &e.key)).count();
        let missing = |form: &Schema| {
            let required = form.get("required").and_then(Schema::as_array);
            let required = required.into_iter().flatten().filter_map(Schema::as_str);
            required
                .filter(|key| !entries.iter().any(|e| e.key == *key))
                .count()
        };
        let Some(best) = forms
            .iter()
            .copied()
            .min_by_key(|form| (foreign(form), missing(form)))
        else {
            return;
        };
        // Nothing told the forms apart: say which there are.
        if entries.iter().all(|entry| !knows(best, &entry.key)) {
            let properties = forms.iter().filter_map(|form| form.get("properties"));
            let properties = properties.filter_map(Schema::as_object);
            let keys: Vec<&str> = properties
                .flat_map(|properties| properties.keys())
                .map(String::as_str)
                .collect();
            let forms = forms
                .iter()
                .map(|form| form_of(form))
                .collect::<Vec<_>>()
                .join(" or ");
            for entry in entries {
                if later::key(&entry.key).is_some() {
                    self.unknown_key(entry, std::iter::empty(), name);
                    continue;
                }
                self.keep(Found {
                    rule: UNKNOWN_KEY,
                    span: Some(entry.key_span.clone()),
                    message: format!("unknown key `{}` in {name}", shorten(&entry.key)),
                    label: "not a key".to_owned(),
                    help: format!(
                        "{}write {forms}",
                        meant(nearest(&entry.key, keys.iter().copied()))
                    ),
                });
            }
            if entries.is_empty() {
                self.add(
                    MISSING_KEY,
                    node,
                    format!("{name} has none of its keys"),
                    "incomplete",
                    format!("write {forms}"),
                );
            }
            return;
        }
        let before = self.found.len();
        self.value(best, node, name, key);
        // A key of another form is no unknown word: the two forms are mixed.
        for found in &mut self.found[before..] {
            let Some(entry) = entries
                .iter()
                .find(|e| found.rule == UNKNOWN_KEY && found.span.as_ref() == Some(&e.key_span))
            else {
                continue;
            };
            if let Some(other) = forms.iter().find(|form| knows(form, &entry.key)) {
                found.message = format!("`{}` in {name} belongs to another form", entry.key);
                found.label = "of another form".to_owned();
                found.help = format!("write either {} or {}", form_of(best), form_of(other));
            }
        }
    }
}
