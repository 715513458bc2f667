//! The JSON Schema of the session file, made from [`schema`](super::schema): for editors, pipelines, and
//! our own checks.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, RestrictFormats};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::chain::ChainFile;
use super::presets::{KEY, PRESETS};
use super::schema::SessionFile;

/// The JSON Schema (draft 2020-12) of the session file, by which it is checked.
pub fn json_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| schema_of::<SessionFile>("umbel session"))
}

/// The same for editors and pipelines: where a level stands, JSON, which has no infinite numbers, may have the text "-inf".
/// (TOML has the number -inf, and its text is no level.)
pub fn published_schema() -> Value {
    let mut schema = json_schema().clone();
    with_silence(&mut schema);
    schema
}

/// Lets levels in dB, the only numbers without a minimum, be the text "-inf" too.
fn with_silence(schema: &mut Value) {
    let is_level = schema.get("type").is_some_and(|kind| kind == "number")
        && schema.get("maximum").is_some()
        && schema.get("minimum").is_none();
    if is_level {
        let mut number = schema.take();
        let description = number.as_object_mut().and_then(|n| n.remove("description"));
        *schema = json!({ "anyOf": [number, { "const": "-inf" }] });
        if let Some(description) = description {
            schema["description"] = description;
        }
        return;
    }
    match schema {
        Value::Object(object) => object.values_mut().for_each(with_silence),
        Value::Array(list) => list.iter_mut().for_each(with_silence),
        _ => {}
    }
}

/// The JSON Schema of a chain in a text of its own.
pub(crate) fn chain_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| schema_of::<ChainFile>("umbel chain"))
}

fn schema_of<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with_transform(RestrictFormats::default())
        .with_transform(RecursiveTransform(without_null))
        .with_transform(RecursiveTransform(described))
        .with_transform(RecursiveTransform(with_presets));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// Where a processor may stand, the name of a preset may: the types know only what it stands for.
fn with_presets(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("title").and_then(Value::as_str) != Some("a processor") {
        return;
    }
    let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    if let Some(Value::Array(branches)) = object.get_mut("oneOf") {
        branches.push(json!({
            "type": "object",
            "description": "The processors of a preset.",
            "properties": {
                KEY: {
                    "type": "string",
                    "enum": names,
                    "description": "Its name; `umbel presets` lists them.",
                },
            },
            "additionalProperties": false,
            "required": [KEY],
        }));
    }
}

/// The one key of a table that stands for its kind (`{ eq = … }`) is described by what the kind is.
fn described(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    let Some(description) = object.get("description").cloned() else {
        return;
    };
    if let Some(Value::Object(properties)) = object.get_mut("properties")
        && properties.len() == 1
        && let Some(Value::Object(property)) = properties.values_mut().next()
    {
        property.entry("description").or_insert(description);
    }
}

/// An optional key is left out, never null (TOML has no null): takes null out of types and alternatives.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(schema: &Value, see: &mut impl FnMut(&Value)) {
        see(schema);
        match schema {
            Value::Object(object) => object.values().for_each(|value| walk(value, see)),
            Value::Array(list) => list.iter().for_each(|value| walk(value, see)),
            _ => {}
        }
    }

    fn both(see: &mut impl FnMut(&Value)) {
        walk(json_schema(), see);
        walk(chain_schema(), see);
    }

    /// The check of ranges relies on it: infinity is refused by being out of range.
    #[test]
    fn every_number_has_limits_and_only_levels_reach_down_to_silence() {
        both(&mut |schema| {
            let kind = schema.get("type").and_then(Value::as_str);
            if matches!(kind, Some("number" | "integer")) {
                assert!(schema.get("maximum").is_some(), "{schema:#}");
                let max = schema["maximum"].as_f64().unwrap();
                let level = (max - 24.0).abs() < 1e-9;
                assert!(schema.get("minimum").is_some() != level, "{schema:#}");
            }
        });
    }

    #[test]
    fn published_levels_may_be_silence_and_nothing_else_differs() {
        let mut levels = 0;
        walk(json_schema(), &mut |schema| {
            levels += usize::from(
                schema.get("type").is_some_and(|kind| kind == "number")
                    && schema.get("minimum").is_none(),
            );
        });
        assert!(levels > 2, "{levels}");
        let text = published_schema().to_string();
        assert_eq!(text.matches(r#"{"const":"-inf"}"#).count(), levels);
        let number = r#"{"anyOf":[{"maximum":24,"type":"number"},{"const":"-inf"}]"#;
        assert_eq!(text.matches(number).count(), levels, "{text}");
    }

    #[test]
    fn tables_are_closed_and_every_key_is_described() {
        let mut tables = 0;
        both(&mut |schema| {
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
                return;
            };
            // A table of keys, not a key that happens to be called "properties".
            tables += 1;
            assert_eq!(
                schema["additionalProperties"],
                Value::Bool(false),
                "{schema:#}"
            );
            for (key, property) in properties {
                assert!(
                    property.get("description").is_some(),
                    "`{key}` has no description"
                );
            }
        });
        assert!(tables >= 12, "{tables} tables");
    }

    #[test]
    fn nothing_is_null() {
        assert!(!json_schema().to_string().contains("\"null\""));
        assert!(!chain_schema().to_string().contains("\"null\""));
    }
}
