//! Objects as CEL sees them through their schema.

use std::sync::Arc;

use base64::Engine as _;
use cel::Value;
use flux_schema::{Additional, JsonType, Node};
use serde_json::Value as Json;

use crate::program::{map_of, untyped};

/// Words of the language that a field can only be named by in another form.
const RESERVED: [&str; 18] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
];

/// The value of an object at a place of its schema.
pub(crate) fn typed(node: &Node, json: &Json) -> Value {
    if node.int_or_string {
        return untyped(json);
    }
    match (node.ty, json) {
        (Some(JsonType::Object), Json::Object(map)) => object(node, map),
        (Some(JsonType::Array), Json::Array(items)) => {
            let item = |item| {
                node.items
                    .as_ref()
                    .map_or_else(|| untyped(item), |node| typed(node, item))
            };
            Value::List(Arc::new(items.iter().map(item).collect()))
        }
        (Some(JsonType::Number), Json::Number(number)) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        (Some(JsonType::Integer), Json::Number(number)) => whole(number),
        (Some(JsonType::String), Json::String(text)) => string(&node.checks.format, text),
        _ => untyped(json),
    }
}

fn object(node: &Node, map: &serde_json::Map<String, Json>) -> Value {
    let entries = map.iter().filter_map(|(name, value)| {
        if let Some(field) = node.properties.get(name) {
            // An object in the metadata of a resource has a name, and no more.
            return Some((escape(name)?, typed(field, value)));
        }
        match &node.additional {
            Additional::Schema(elem) => Some((name.clone(), typed(elem, value))),
            Additional::Any => Some((name.clone(), untyped(value))),
            Additional::None if node.root || node.embedded => resource_field(name, value),
            // What the schema does not know, rules do not see, unless it is taken as it is.
            Additional::None if node.preserve_unknown => Some((name.clone(), untyped(value))),
            Additional::None => None,
        }
    });
    map_of(entries)
}

/// The fields that every resource has for rules.
fn resource_field(name: &str, value: &Json) -> Option<(String, Value)> {
    match name {
        "apiVersion" | "kind" => Some((name.to_owned(), untyped(value))),
        "metadata" => {
            let known = value
                .as_object()?
                .iter()
                .filter(|(name, _)| matches!(name.as_str(), "name" | "generateName"));
            Some((
                name.to_owned(),
                map_of(known.map(|(name, value)| (name.clone(), untyped(value)))),
            ))
        }
        _ => None,
    }
}

fn whole(number: &serde_json::Number) -> Value {
    match number.as_i64() {
        Some(int) => Value::Int(int),
        // Written with a fraction that is none.
        None => Value::Int(number.as_f64().unwrap_or_default() as i64),
    }
}

fn string(format: &str, text: &str) -> Value {
    let plain = || Value::String(Arc::new(text.to_owned()));
    match format {
        "byte" => base64::engine::general_purpose::STANDARD
            .decode(text)
            .map_or_else(|_| plain(), |bytes| Value::Bytes(Arc::new(bytes))),
        "date" | "date-time" | "datetime" => time(format, text).unwrap_or_else(plain),
        "duration" => call("duration", text).unwrap_or_else(plain),
        _ => plain(),
    }
}

fn time(format: &str, text: &str) -> Option<Value> {
    match format {
        "date" => call("timestamp", &format!("{text}T00:00:00Z")),
        _ => call("timestamp", text),
    }
}

/// The language's own conversion of a text.
fn call(function: &str, text: &str) -> Option<Value> {
    static PROGRAMS: std::sync::OnceLock<Vec<(&str, Option<crate::Program>)>> = std::sync::OnceLock::new();
    let programs = PROGRAMS.get_or_init(|| {
        let one = |name: &'static str| (name, crate::Program::compile(&format!("{name}(text)")).ok());
        vec![one("duration"), one("timestamp")]
    });
    let (_, program) = programs.iter().find(|(name, _)| *name == function)?;
    program
        .as_ref()?
        .run(vec![("text", Value::String(Arc::new(text.to_owned())))])
        .ok()
}

/// The name by which rules select a field; none for names that cannot be written.
pub(crate) fn escape(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts
        || !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'))
    {
        return None;
    }
    let name = name.replace("__", "__underscores__");
    Some(
        name.replace('.', "__dot__")
            .replace('-', "__dash__")
            .replace('/', "__slash__"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expect: Option<&str>) {
        assert_eq!(escape(name).as_deref(), expect);
    }

    #[test]
    fn names_are_escaped() {
        check("a", Some("a"));
        check("a_b", Some("a_b"));
        check("a__b", Some("a__underscores__b"));
        check("a-b", Some("a__dash__b"));
        check("a.b/c", Some("a__dot__b__slash__c"));
        check("namespace", Some("__namespace__"));
        check("1a", None);
        check("a b", None);
    }
}
