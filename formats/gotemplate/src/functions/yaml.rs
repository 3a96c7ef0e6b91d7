//! YAML as Helm reads and writes it: sigs.k8s.io/yaml, by way of JSON, and go-yaml v3 for `toYamlPretty`.

use flux_yaml::json::{
    Dialect, Duplicates, conversion_error, format_float_g, json_number, node_to_yaml, parse_json, sort_keys,
};
use flux_yaml::resolve::{Resolved, resolve_value};
use flux_yaml::{Emit, Limits, Node, Scalar, ScalarStyle, ScalarTag, emit_node};

use super::json::{Wanted, misfit};
use super::objects::{self, DurationObject, JsonForm, TimeObject};
use crate::{GoStr, List, Map, Repr, Value};

/// Deeper than this is taken for a cycle.
const MAX_DEPTH: usize = 500;

/// Keys longer than this, as JSON writes them, are none in YAML without a `?`.
const MAX_KEY: usize = 1024;

/// Which of the two writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    /// sigs.k8s.io/yaml.
    Json,
    /// go-yaml v3.
    Direct,
}

/// The text of `yaml.Marshal` of sigs.k8s.io/yaml. `Err` where Go fails: infinities, NaN, characters YAML does not have.
pub(super) fn write(value: &Value) -> Result<String, String> {
    Ok(node_to_yaml(&node(value, Writer::Json, 0)?))
}

/// The text of go-yaml v3 with two spaces and indented lists.
pub(super) fn write_pretty(value: &Value) -> Result<String, String> {
    let how = Emit {
        indent: 2,
        compact_sequences: false,
    };
    Ok(emit_node(&node(value, Writer::Direct, 0)?, how))
}

fn node(value: &Value, writer: Writer, depth: usize) -> Result<Node, String> {
    if depth > MAX_DEPTH {
        return Err("json: unsupported value: encountered a cycle".into());
    }
    Ok(match value {
        Value::Invalid | Value::Nil => Node::null(),
        Value::Bool(value) => Node::bool(*value),
        Value::Int(_, number) => Node::scalar(number.to_string()),
        Value::Uint(_, number) => Node::scalar(number.to_string()),
        Value::Float(_, number) => float(*number, writer)?,
        Value::Complex(..) => return Err("json: unsupported type: complex128".into()),
        Value::Str(text) => string(text, writer)?,
        Value::Bytes(None) if writer == Writer::Json => Node::null(),
        Value::Bytes(bytes) => {
            let bytes = bytes.as_deref().unwrap_or_default();
            match writer {
                Writer::Json => Node::string(super::encoding::base64(bytes)),
                Writer::Direct => Node::sequence(bytes.iter().map(|byte| Node::scalar(byte.to_string()))),
            }
        }
        Value::List(list) => sequence(list, writer, depth)?,
        Value::Map(map) => mapping(map, writer, depth)?,
        Value::Object(object) => return object_node(value, &object.repr(), writer, depth),
    })
}

fn sequence(list: &List, writer: Writer, depth: usize) -> Result<Node, String> {
    if list.is_nil() && writer == Writer::Json {
        return Ok(Node::null());
    }
    let items: Vec<Node> = list
        .items()
        .iter()
        .map(|item| node(item, writer, depth + 1))
        .collect::<Result<_, _>>()?;
    Ok(Node::sequence(items))
}

fn mapping(map: &Map, writer: Writer, depth: usize) -> Result<Node, String> {
    if map.is_nil() && writer == Writer::Json {
        return Ok(Node::null());
    }
    let entries = map.borrow();
    let mut texts = Vec::with_capacity(entries.len());
    for (key, value) in entries.iter() {
        texts.push((key.to_text(), value));
    }
    let keys: Vec<(&str, &Value)> = texts.iter().map(|(key, value)| (&**key, *value)).collect();
    let mut nodes = Vec::with_capacity(keys.len());
    let dialect = if writer == Writer::Json {
        Dialect::V2
    } else {
        Dialect::V3
    };
    for (key, value) in sort_keys(keys, dialect) {
        if writer == Writer::Json && (json_length(key) > MAX_KEY || key.contains('\u{85}')) {
            return Err("yaml: could not find expected ':'".into());
        }
        check_characters(key, writer)?;
        nodes.push((text_node(key, writer), node(value, writer, depth + 1)?));
    }
    Ok(Node::mapping_of(nodes))
}

/// Characters of a text in JSON, quotes included.
fn json_length(text: &str) -> usize {
    let width = |char: char| match char {
        '"' | '\\' | '\x08' | '\x0c' | '\n' | '\r' | '\t' => 2,
        ..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        _ => 1,
    };
    text.chars().map(width).sum::<usize>() + 2
}

fn object_node(value: &Value, repr: &Repr, writer: Writer, depth: usize) -> Result<Node, String> {
    let Value::Object(object) = value else {
        return Ok(Node::null());
    };
    if writer == Writer::Direct {
        if let Some(time) = objects::of_value::<TimeObject>(value) {
            return Ok(Node::scalar(time.0.format(super::time::RFC3339_NANO)));
        }
        if let Some(duration) = objects::of_value::<DurationObject>(value) {
            return Ok(Node::string(super::time::duration::format(duration.0)));
        }
    }
    match objects::json_form(&**object) {
        JsonForm::Text(text) => string(&text, writer),
        JsonForm::Value(value) => node(&value, writer, depth + 1),
        JsonForm::Own => match repr {
            Repr::Value(value) => node(value, writer, depth + 1),
            Repr::Struct(fields) => {
                let exported = |name: &str| name.starts_with(|char: char| char.is_uppercase());
                let fields = fields.iter().filter(|(name, _)| exported(name));
                // go-yaml writes fields in small letters.
                let named = fields.map(|(name, value)| match writer {
                    Writer::Direct => (name.to_lowercase(), value),
                    Writer::Json => (object.json_name(name).to_owned(), value),
                });
                let named: Vec<(String, &Value)> = named.collect();
                let mut named: Vec<(&str, &Value)> =
                    named.iter().map(|(name, value)| (&**name, *value)).collect();
                // What has been JSON is a map like any other.
                if writer == Writer::Json {
                    named = sort_keys(named, Dialect::V2);
                }
                let mut nodes = Vec::with_capacity(named.len());
                for (name, value) in named {
                    nodes.push((Node::string(name), node(value, writer, depth + 1)?));
                }
                Ok(Node::mapping_of(nodes))
            }
            Repr::Opaque => Ok(Node::mapping_of([])),
        },
    }
}

fn float(number: f64, writer: Writer) -> Result<Node, String> {
    if writer == Writer::Json {
        return json_number(number)
            .map(Node::scalar)
            .ok_or_else(|| unsupported(number));
    }
    Ok(Node::scalar(if number.is_nan() {
        ".nan".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            ".inf".to_owned()
        } else {
            "-.inf".to_owned()
        }
    } else {
        format_float_g(number)
    }))
}

fn unsupported(number: f64) -> String {
    let name = if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    };
    format!("error marshaling into JSON: json: unsupported value: {name}")
}

fn string(text: &GoStr, writer: Writer) -> Result<Node, String> {
    let text = text.to_text();
    check_characters(&text, writer)?;
    if writer == Writer::Json && text.contains('\u{85}') {
        return Ok(text_node(&folded(&text), writer));
    }
    Ok(text_node(&text, writer))
}

/// JSON leaves the control character "next line" as it is, and YAML folds lines there: one break is a space, more are
/// one less.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{85}') {
        out.push_str(rest[..at].trim_end_matches(' '));
        let after = rest[at..].trim_start_matches([' ', '\u{85}']);
        let breaks = rest[at..rest.len() - after.len()].matches('\u{85}').count();
        if breaks == 1 {
            out.push(' ');
        } else {
            out.extend(std::iter::repeat_n('\n', breaks - 1));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// go-yaml v3 puts texts in quotes that older readers would take for something else.
fn text_node(text: &str, writer: Writer) -> Node {
    let plain = writer == Writer::Json
        || text == "<<"
        || resolve_value(text, Dialect::V2) == Resolved::Str
            && resolve_value(text, Dialect::V3) == Resolved::Str
            && !is_base_60(text);
    if plain || text.contains('\n') {
        // That key of merges is no text to the emitter.
        return if text == "<<" {
            Node::scalar(text)
        } else {
            Node::string(text)
        };
    }
    let (text, style, tag) = (text.into(), ScalarStyle::DoubleQuoted, ScalarTag::Str);
    Node::from(flux_yaml::Value::Scalar(Scalar { text, style, tag }))
}

/// `1:20:30.5`: a number for YAML 1.1 readers.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let sixty = |part: &&str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|char: char| char.is_ascii_digit())
        && first.bytes().all(digits)
        && fraction.bytes().all(digits)
        && !rest.is_empty()
        && rest.iter().all(sixty)
}

/// What JSON writes as it is must be something YAML can read.
fn check_characters(text: &str, writer: Writer) -> Result<(), String> {
    let forbidden = |char: char| matches!(char, '\x7f' | '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if writer == Writer::Json && !text.is_ascii() && text.chars().any(forbidden)
        || text.contains('\x7f') && writer == Writer::Json
    {
        return Err("yaml: control characters are not allowed".into());
    }
    Ok(())
}

/// Reads the first document of a text into a map or a list; nothing gives `None`.
///
/// # Errors
/// The words of sigs.k8s.io/yaml.
pub(super) fn read(text: &str, wanted: Wanted) -> Result<Option<Value>, String> {
    let json = parse_json(text, Duplicates::LastWins, &Limits::default())
        .map_err(|error| conversion_error(&error))?;
    let value = value_of(json);
    if value.is_nothing() {
        return Ok(None);
    }
    match misfit(&value, wanted) {
        Some(misfit) => Err(format!("error unmarshaling JSON: while decoding JSON: {misfit}")),
        None => Ok(Some(value)),
    }
}

/// A JSON value with Go's types: numbers are `float64`.
fn value_of(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::float(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::str(text),
        Json::Array(items) => Value::list(items.into_iter().map(value_of).collect()),
        Json::Object(entries) => Value::map(entries.into_iter().map(|(key, value)| (key, value_of(value)))),
    }
}
