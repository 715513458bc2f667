//! A session's text as a tree in which every key and value knows its place.
//!
//! The checks walk this tree, so that each finding can underline the words it is about; the same tree is
//! what serde reads the session from, whether it was written as TOML or as JSON.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A value and the bytes of the text it stands in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
}

/// What TOML and JSON can say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// JSON's null: nothing in the session file may be null.
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    /// A TOML date or time: nothing in the session file is one.
    Date,
    List(Vec<Node>),
    /// Entries in the order of the text.
    Table(Vec<Entry>),
}

/// One key of a table with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) node: Node,
}

impl Node {
    /// The tree of a parsed TOML document.
    pub(crate) fn from_toml(document: &toml::Spanned<DeTable<'_>>) -> Self {
        Self {
            span: document.span(),
            value: table(document.get_ref()),
        }
    }

    /// Hands every text to `take`, but for those at the key `but` of tables below the key `within`.
    pub(crate) fn texts(&self, within: &str, but: &str, take: &mut dyn FnMut(&str)) {
        self.texts_below(false, [within, but], take);
    }

    fn texts_below(&self, is_within: bool, keys: [&str; 2], take: &mut dyn FnMut(&str)) {
        match &self.value {
            Value::Text(text) => take(text),
            Value::List(nodes) => {
                for node in nodes {
                    node.texts_below(is_within, keys, take);
                }
            }
            Value::Table(entries) => {
                for entry in entries.iter().filter(|e| !is_within || e.key != keys[1]) {
                    let is_within = is_within || entry.key == keys[0];
                    entry.node.texts_below(is_within, keys, take);
                }
            }
            _ => {}
        }
    }

    /// What the value is, in a word or two.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::Date => "a date or time of day",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

fn table(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: key.span(),
            node: node(value),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Value::Table(entries)
}

/// Depth of recursion is bounded by the parser, which refuses more than 80 levels.
fn node(value: &toml::Spanned<DeValue<'_>>) -> Node {
    Node {
        span: value.span(),
        value: match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(
                    // Beyond 64 bits: as a float it meets the limits, which refuse it.
                    |_| Value::Float(number.as_str().parse().unwrap_or(f64::INFINITY)),
                    Value::Integer,
                ),
            DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(yes) => Value::Bool(*yes),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(items) => Value::List(items.iter().map(node).collect()),
            DeValue::Table(entries) => table(entries),
        },
    }
}

/// A place in a tree that may not exist: lookups never fail, they only find nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    node: Option<&'a Node>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(node: &'a Node) -> Self {
        Self { node: Some(node) }
    }

    /// The value of a key.
    pub(crate) fn key(self, key: &str) -> Self {
        let node = self.entries().iter().find(|entry| entry.key == key);
        Self {
            node: node.map(|entry| &entry.node),
        }
    }

    /// The items of a list.
    pub(crate) fn items(self) -> impl ExactSizeIterator<Item = Self> + Clone {
        let items = match self.node.map(|node| &node.value) {
            Some(Value::List(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().map(Self::new)
    }

    /// One item of a list.
    pub(crate) fn item(self, index: usize) -> Self {
        match self.node.map(|node| &node.value) {
            Some(Value::List(items)) => Self {
                node: items.get(index),
            },
            _ => Self { node: None },
        }
    }

    /// The entries of a table.
    pub(crate) fn entries(self) -> &'a [Entry] {
        match self.node.map(|node| &node.value) {
            Some(Value::Table(entries)) => entries,
            _ => &[],
        }
    }

    /// Bytes of a key of this table.
    pub(crate) fn key_span(self, key: &str) -> Option<Range<usize>> {
        let entry = self.entries().iter().find(|entry| entry.key == key)?;
        Some(entry.key_span.clone())
    }

    pub(crate) fn exists(self) -> bool {
        self.node.is_some()
    }

    pub(crate) fn is_list(self) -> bool {
        matches!(self.node.map(|node| &node.value), Some(Value::List(_)))
    }

    pub(crate) fn span(self) -> Option<Range<usize>> {
        self.node.map(|node| node.span.clone())
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        match self.node.map(|node| &node.value) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A number, if it is one and finite.
    pub(crate) fn number(self) -> Option<f64> {
        match self.node.map(|node| &node.value) {
            Some(Value::Integer(number)) => Some(*number as f64),
            Some(Value::Float(number)) if number.is_finite() => Some(*number),
            _ => None,
        }
    }

    /// A whole number.
    pub(crate) fn whole(self) -> Option<i64> {
        match self.node.map(|node| &node.value) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// What serde makes of the value; `None` if there is none, or it is not of this form.
    pub(crate) fn read<T: serde::Deserialize<'a>>(self) -> Option<T> {
        T::deserialize(self.node?).ok()
    }

    pub(crate) fn flag(self) -> bool {
        matches!(self.node.map(|node| &node.value), Some(Value::Bool(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_value_knows_its_bytes_in_the_order_of_the_text() {
        let text = "[song]\ntitle = \"é\"\n[[stem]]\nname = 'b'\nat = { el = 1, az = 2.5 }\n";
        let document = DeTable::parse(text).unwrap();
        let tree = Node::from_toml(&document);
        let root = Cursor::new(&tree);
        let stem = root.key("stem").item(0);
        assert_eq!(
            &text[root.key("song").key("title").span().unwrap()],
            "\"é\""
        );
        assert_eq!(&text[stem.key_span("at").unwrap()], "at");
        assert_eq!(&text[stem.key("at").key("az").span().unwrap()], "2.5");
        let keys: Vec<_> = stem.key("at").entries().iter().map(|e| &e.key).collect();
        assert_eq!(keys, ["el", "az"]);
        assert!(!root.key("stem").item(7).key("at").exists());
    }
}
