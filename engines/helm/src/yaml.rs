//! YAML into typed values, as sigs.k8s.io/yaml does it: through JSON, with numbers and booleans made text where text is
//! wanted, and with the errors of Go's decoders.

use std::sync::Arc;

use flux_yaml::json::{Duplicates, conversion_error, format_float_g, to_json};
use flux_yaml::resolve::{Dialect, Resolved, resolve_value};
use flux_yaml::{Limits, Node, ScalarStyle, Value as YamlValue};
use serde_json::{Map, Value as Json};

use crate::log::quote;
use crate::value::{Table, Value};

/// Why a text could not be decoded; in the words of sigs.k8s.io/yaml.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not YAML, or nothing that JSON has.
    #[error("{0}")]
    Syntax(String),
    /// YAML, but not of the wanted form.
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Shape(String),
}

impl From<flux_yaml::Error> for DecodeError {
    fn from(error: flux_yaml::Error) -> Self {
        DecodeError::Syntax(conversion_error(&error))
    }
}

/// What a value is decoded into, in Go's terms.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// `interface {}`
    Any,
    /// `string`
    Text,
    /// `bool`
    Bool,
    /// `time.Time`
    Time,
    /// `[]T`
    List(&'static Shape),
    /// `map[string]T`
    Map(&'static Shape),
    /// A struct, or a pointer to one: its name with package, and its fields by JSON name.
    Struct(&'static str, &'static [(&'static str, Shape)]),
}

impl Shape {
    fn go_type(self) -> String {
        match self {
            Shape::Any => "interface {}".to_owned(),
            Shape::Text => "string".to_owned(),
            Shape::Bool => "bool".to_owned(),
            Shape::Time => "time.Time".to_owned(),
            Shape::List(Shape::Struct(name, _)) => format!("[]*{name}"),
            Shape::List(item) => format!("[]{}", item.go_type()),
            Shape::Map(value) => format!("map[string]{}", value.go_type()),
            Shape::Struct(name, _) => name.to_owned(),
        }
    }
}

/// The first document of a text with aliases expanded; nothing when there is none.
pub(crate) fn parse(text: &[u8]) -> Result<Option<Node>, DecodeError> {
    let text = flux_yaml::decode_utf8(text)?;
    let Some(document) = flux_yaml::parse_one_without_comments(&text, &limits())? else {
        return Ok(None);
    };
    let mut root = document.root;
    flux_yaml::expand_aliases(&mut root)?;
    Ok(Some(root))
}

fn limits() -> Limits {
    Limits::default()
}

/// Reads a table of values.
pub(crate) fn decode_table(text: &[u8]) -> Result<Table, DecodeError> {
    let text = flux_yaml::decode_utf8(text)?;
    let Some(document) = flux_yaml::parse_one_without_comments(&text, &limits())? else {
        return Ok(Table::new());
    };
    let json = to_json(&document.root, Dialect::V2, Duplicates::LastWins)?;
    match json {
        Json::Null => Ok(Table::new()),
        Json::Object(map) => Ok(map
            .into_iter()
            .map(|(key, value)| (Arc::from(key), value_of(value)))
            .collect()),
        other => {
            let kind = json_kind(&other);
            Err(DecodeError::Shape(format!(
                "json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
            )))
        }
    }
}

/// A value from JSON that is not needed any more.
pub(crate) fn value_of(json: Json) -> Value {
    match json {
        Json::String(text) => Value::from(text),
        Json::Array(items) => Value::List(items.into_iter().map(value_of).collect()),
        Json::Object(map) => Value::Table(Arc::new(
            map.into_iter()
                .map(|(key, value)| (Arc::from(key), value_of(value)))
                .collect(),
        )),
        other => Value::from_json(&other),
    }
}

/// Decodes the first document of a text into an object of the wanted shape: known fields only, under their JSON names.
pub(crate) fn decode(text: &[u8], shape: Shape) -> Result<Map<String, Json>, DecodeError> {
    match parse(text)? {
        Some(root) => decode_node(&root, shape),
        None => Ok(Map::new()),
    }
}

/// The same for a node.
pub(crate) fn decode_node(root: &Node, shape: Shape) -> Result<Map<String, Json>, DecodeError> {
    let mut decoder = Decoder::default();
    let json = decoder.value(root, shape)?;
    match (decoder.error, json) {
        (Some(error), _) => Err(DecodeError::Shape(error)),
        (None, Json::Object(map)) => Ok(map),
        (None, _) => Ok(Map::new()),
    }
}

/// Decodes JSON that was read already, for example an entry of an index.
pub(crate) fn json_kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

#[derive(Default)]
struct Decoder {
    /// The first value that does not fit; Go goes on and reports it at the end.
    error: Option<String>,
    /// Name of the innermost struct, without its package.
    within: Option<&'static str>,
    fields: Vec<&'static str>,
}

impl Decoder {
    fn value(&mut self, node: &Node, shape: Shape) -> Result<Json, DecodeError> {
        match &node.value {
            YamlValue::Mapping(_) => self.mapping(node, shape),
            YamlValue::Sequence(sequence) => {
                let item = match shape {
                    Shape::List(item) => *item,
                    Shape::Any => Shape::Any,
                    other => {
                        self.mismatch("array", other);
                        return Ok(Json::Null);
                    }
                };
                let mut items = Vec::with_capacity(sequence.items.len());
                for node in &sequence.items {
                    items.push(match (self.value(node, item)?, item) {
                        (Json::Null, Shape::Text) => Json::from(""),
                        (value, _) => value,
                    });
                }
                Ok(Json::Array(items))
            }
            YamlValue::Scalar(_) | YamlValue::Alias(_) => self.scalar(node, shape),
        }
    }

    fn scalar(&mut self, node: &Node, shape: Shape) -> Result<Json, DecodeError> {
        if let Shape::Text = shape
            && let Some(text) = text_of(node)
        {
            return Ok(Json::String(text));
        }
        let json = to_json(node, Dialect::V2, Duplicates::LastWins)?;
        let fits = matches!(
            (shape, &json),
            (_, Json::Null)
                | (Shape::Any, _)
                | (Shape::Text | Shape::Time, Json::String(_))
                | (Shape::Bool, Json::Bool(_))
        );
        if !fits {
            self.mismatch(json_kind(&json), shape);
            return Ok(Json::Null);
        }
        Ok(json)
    }

    fn mapping(&mut self, node: &Node, shape: Shape) -> Result<Json, DecodeError> {
        let mut entries: Vec<(String, &Node)> = Vec::with_capacity(node.entries().len());
        for (key, value) in node.entries() {
            entries.push((key_text(key)?, value));
        }
        // Go prints the keys in order, and reads them in that order.
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut map = Map::new();
        match shape {
            Shape::Struct(name, fields) => {
                let outer = self.within.replace(name.rsplit('.').next().unwrap_or(name));
                for (key, value) in entries {
                    let exact = fields.iter().find(|(field, _)| *field == key);
                    let Some((field, shape)) =
                        exact.or_else(|| fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(&key)))
                    else {
                        continue;
                    };
                    self.fields.push(field);
                    let value = self.value(value, *shape)?;
                    self.fields.pop();
                    // Null leaves a field as it is.
                    if value != Json::Null {
                        map.insert((*field).to_owned(), value);
                    }
                }
                self.within = outer;
            }
            Shape::Map(shape) => {
                for (key, value) in entries {
                    let value = match (self.value(value, *shape)?, *shape) {
                        (Json::Null, Shape::Text) => Json::from(""),
                        (value, _) => value,
                    };
                    map.insert(key, value);
                }
            }
            Shape::Any => {
                for (key, value) in entries {
                    map.insert(key, self.value(value, Shape::Any)?);
                }
            }
            other => {
                self.mismatch("object", other);
                return Ok(Json::Null);
            }
        }
        Ok(Json::Object(map))
    }

    fn mismatch(&mut self, found: &str, shape: Shape) {
        let wanted = shape.go_type();
        let place = match self.within {
            Some(name) if !self.fields.is_empty() => {
                format!("Go struct field {name}.{}", self.fields.join("."))
            }
            _ => "Go value".to_owned(),
        };
        let text = format!("json: cannot unmarshal {found} into {place} of type {wanted}");
        self.error.get_or_insert(text);
    }
}

fn key_text(key: &Node) -> Result<String, DecodeError> {
    match text_of(key) {
        Some(text) => Ok(text),
        None => {
            // Only null and collections have no text.
            Err(DecodeError::Syntax(format!(
                "error converting YAML to JSON: yaml: invalid map key: {}",
                quote(key.text().unwrap_or_default())
            )))
        }
    }
}

/// The text of a scalar where text is wanted: numbers and booleans in Go's form. Nothing for null.
fn text_of(node: &Node) -> Option<String> {
    let scalar = node.as_scalar()?;
    if scalar.style != ScalarStyle::Plain || node.explicit_tag().is_some() {
        return node.as_str().or(node.text()).map(str::to_owned);
    }
    plain_text(&scalar.text)
}

/// The text of a plain scalar where text is wanted. Nothing for null.
pub(crate) fn plain_text(text: &str) -> Option<String> {
    Some(match resolve_value(text, Dialect::V2) {
        Resolved::Null => return None,
        Resolved::Bool(value) => value.to_string(),
        Resolved::Int(value) => value.to_string(),
        Resolved::Uint(value) => value.to_string(),
        Resolved::Float(value) => float_text(value),
        Resolved::Timestamp | Resolved::Str => text.to_owned(),
    })
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 64)`.
fn float_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        format_float_g(value)
    }
}
