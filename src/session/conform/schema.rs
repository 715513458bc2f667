//! What a part of the schema says.

use serde_json::Value as Schema;

use crate::session::tree::{Node, Value};

pub(super) fn alternatives(schema: &Schema) -> Option<&[Schema]> {
    let branches = schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))?
        .as_array()?;
    // A list of constants is a choice of words.
    branches
        .iter()
        .any(|branch| branch.get("const").is_none() && branch.get("enum").is_none())
        .then_some(branches)
}

/// The values a schema lists, if it lists them.
pub(super) fn choices(schema: &Schema) -> Option<Vec<&Schema>> {
    if let Some(only) = schema.get("const") {
        return Some(vec![only]);
    }
    if let Some(list) = schema.get("enum") {
        return Some(list.as_array()?.iter().collect());
    }
    let branches = schema
        .get("oneOf")
        .or_else(|| schema.get("anyOf"))?
        .as_array()?;
    let mut all = Vec::new();
    for branch in branches {
        all.extend(choices(branch)?);
    }
    Some(all)
}

pub(super) fn equal(choice: &Schema, value: &Value) -> bool {
    match value {
        Value::Text(text) => choice.as_str() == Some(text),
        Value::Integer(number) => choice.as_i64() == Some(*number),
        Value::Bool(yes) => choice.as_bool() == Some(*yes),
        _ => false,
    }
}

pub(super) fn type_fits(schema: &Schema, node: &Node) -> bool {
    let Some(kind) = schema.get("type").and_then(Schema::as_str) else {
        return true;
    };
    match &node.value {
        Value::Null | Value::Date => false,
        Value::Bool(_) => kind == "boolean",
        Value::Integer(_) => kind == "integer" || kind == "number",
        Value::Float(_) => kind == "number",
        Value::Text(_) => kind == "string",
        Value::List(_) => kind == "array",
        Value::Table(_) => kind == "object",
    }
}

/// The words and values of tables that each have exactly one key, which they must have.
pub(super) fn kinds<'s>(forms: &[&'s Schema]) -> Option<Vec<(&'s str, &'s Schema)>> {
    let kind = |form: &&'s Schema| {
        let properties = form.get("properties")?.as_object()?;
        let required = form.get("required")?.as_array()?;
        match (properties.iter().next()?, properties.len(), required.len()) {
            ((word, value), 1, 1) => Some((word.as_str(), value)),
            _ => None,
        }
    };
    let kinds: Option<Vec<_>> = forms.iter().map(kind).collect();
    kinds.filter(|kinds| !kinds.is_empty())
}
