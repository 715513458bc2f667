//! What people call the parts of a schema and the values of a session.

use serde_json::Value as Schema;

use crate::session::findings::shorten;
use crate::session::tree::{Node, Value};

/// What a schema takes, in words.
pub(super) fn phrase(schema: &Schema) -> String {
    let title = schema.get("title").and_then(Schema::as_str);
    // The title of a whole file is no word for a value.
    if let Some(title) = title.filter(|title| !title.starts_with("umbel ")) {
        return title.to_owned();
    }
    match schema.get("type").and_then(Schema::as_str) {
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => "a whole number".to_owned(),
        Some("number") => "a number".to_owned(),
        Some("string") => "text".to_owned(),
        Some("array") => "a list".to_owned(),
        Some("object") => format!("a table {}", form_of(schema)),
        _ => "another kind of value".to_owned(),
    }
}

/// The keys of a table's form, the required ones first: "{ az, dist, el, width }".
pub(super) fn form_of(schema: &Schema) -> String {
    let required = schema.get("required").and_then(Schema::as_array);
    let required: Vec<&str> = required
        .into_iter()
        .flatten()
        .filter_map(Schema::as_str)
        .collect();
    let all = schema.get("properties").and_then(Schema::as_object);
    let others = all
        .into_iter()
        .flat_map(|properties| properties.keys())
        .map(String::as_str)
        .filter(|key| !required.contains(key));
    let keys: Vec<&str> = required.iter().copied().chain(others).collect();
    format!("{{ {} }}", keys.join(", "))
}

pub(super) fn written(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(format!("\"{}\"", shorten(text))),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn one_of(list: &str, count: usize) -> String {
    if count == 1 {
        list.to_owned()
    } else {
        format!("one of {list}")
    }
}
