//! The JSON Schema of the settings. Editors use it for completion and checks.

use serde_json::{Map, Value, json};

use super::Settings;
use super::table::{ValueType, join, names_below, row_of};

/// The JSON Schema (draft 2020-12) of the settings of section `stackspot-lsp`, with defaults and descriptions.
pub fn settings_schema() -> Value {
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let mut schema = node("", Some(&defaults));
    if let Value::Object(members) = &mut schema {
        members.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        members.insert("title".into(), json!("Settings of stackspot-lsp"));
    }
    schema
}

fn node(pattern: &str, default: Option<&Value>) -> Value {
    let own = row_of(pattern);
    let names = names_below(pattern);
    let mut members = Map::new();
    let group = match names.as_slice() {
        [] => None,
        ["*"] => Some(json!({ "type": "object", "additionalProperties": node(&join(pattern, "*"), None) })),
        names => {
            let properties = names.iter().map(|name| {
                let default = default.and_then(|value| value.get(name));
                ((*name).to_owned(), node(&join(pattern, name), default))
            });
            let properties: Map<String, Value> = properties.collect();
            Some(json!({ "type": "object", "properties": properties, "additionalProperties": false }))
        }
    };
    let leaf = own.map(|row| kind(row.kind));
    match (group, leaf) {
        (Some(group), Some(leaf)) => {
            members.insert("anyOf".into(), json!([leaf, group, { "type": "null" }]));
        }
        (Some(Value::Object(shape)), None) | (None, Some(Value::Object(shape))) => members = shape,
        _ => {}
    }
    if pattern == "agents.*" {
        members.insert("required".into(), json!(["id"]));
    }
    if let Some(row) = own {
        members.insert("description".into(), json!(row.about));
    }
    // The default of a group follows from its members. Only leaves and open maps have one.
    if let Some(default) = default.filter(|value| !value.is_object() || value.as_object().is_some_and(Map::is_empty)) {
        members.insert("default".into(), default.clone());
    }
    Value::Object(members)
}

fn kind(kind: ValueType) -> Value {
    match kind {
        ValueType::Bool => json!({ "type": ["boolean", "null"] }),
        ValueType::Text => json!({ "type": ["string", "null"] }),
        ValueType::Texts => json!({ "type": ["array", "null"], "items": { "type": "string" } }),
        ValueType::OneOf(texts) => {
            let texts: Vec<Value> = texts.iter().map(|text| json!(text)).chain([Value::Null]).collect();
            json!({ "enum": texts })
        }
        ValueType::Whole { min, max: u64::MAX, .. } => json!({ "type": ["integer", "null"], "minimum": min }),
        ValueType::Whole { min, max, .. } => json!({ "type": ["integer", "null"], "minimum": min, "maximum": max }),
        ValueType::Object => json!({ "type": ["object", "null"] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::table::ROWS;

    #[test]
    fn every_setting_is_in_the_schema_with_its_default() {
        let schema = settings_schema();
        assert_eq!(schema["properties"]["timeouts"]["properties"]["idleMs"]["default"], json!(60_000));
        assert_eq!(
            schema["properties"]["secrets"]["properties"]["guard"]["enum"],
            json!(["ask", "refuse", "off", null])
        );
        assert_eq!(schema["properties"]["agents"]["additionalProperties"]["required"], json!(["id"]));
        assert_eq!(schema["properties"]["agents"]["default"], json!({}));
        let text = schema.to_string();
        for row in ROWS {
            assert!(text.contains(&json!(row.about).to_string()), "{} is missing", row.key);
        }
    }
}
