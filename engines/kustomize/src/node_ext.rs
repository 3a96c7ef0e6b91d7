//! What kustomize does to nodes beyond getting and setting: its idea of emptiness, its paths, and the step to JSON.

use base64::Engine as _;
use flux_yaml::json::sort_mapping;
use flux_yaml::resolve::{Dialect, Resolved, resolve_value};
use flux_yaml::{Node, Scalar, ScalarStyle, ScalarTag, Value};
use serde_json::{Map, Number, Value as Json};

use crate::error::Error;

/// Null, or a mapping or sequence with nothing in it.
pub(crate) fn is_nil_or_empty(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(mapping) => mapping.is_empty(),
        Value::Sequence(sequence) => sequence.items.is_empty(),
        _ => node.is_null(),
    }
}

pub(crate) fn is_empty_mapping(node: &Node) -> bool {
    node.as_mapping().is_some_and(flux_yaml::Mapping::is_empty)
}

/// The word for the kind of a node in messages.
pub(crate) fn kind_word(node: &Node) -> &'static str {
    match &node.value {
        Value::Mapping(_) => "a mapping",
        Value::Sequence(_) => "a list",
        Value::Alias(_) => "an alias",
        Value::Scalar(_) if node.is_null() => "null",
        Value::Scalar(_) => "a scalar",
    }
}

/// Writes a text into a scalar, keeping place and style. `Auto` leaves the type to the text.
pub(crate) fn set_text(node: &mut Node, text: &str, tag: ScalarTag) -> Result<(), Error> {
    if !node.is_scalar() {
        return Err(Error::conflict(format!(
            "expected a scalar, found {}",
            kind_word(node)
        )));
    }
    let style = node.as_scalar().map_or(ScalarStyle::Plain, |scalar| scalar.style);
    // Quotes stay, and what stands in quotes is a string.
    let tag = if style == ScalarStyle::Plain {
        tag
    } else {
        ScalarTag::Str
    };
    node.set_explicit_tag(None);
    node.value = Value::Scalar(Scalar {
        text: text.into(),
        style,
        tag,
    });
    Ok(())
}

/// Sets a key of a mapping to a scalar of some type, keeping the style of what was there.
pub(crate) fn set_entry(node: &mut Node, key: &str, text: &str, tag: ScalarTag) -> Result<(), Error> {
    if node.is_null() {
        return Ok(());
    }
    let kind = kind_word(node);
    let Some(mapping) = node.as_mapping_mut() else {
        return Err(Error::conflict(format!("expected a mapping, found {kind}")));
    };
    match mapping.get_mut(key) {
        Some(slot) if slot.is_scalar() => set_text(slot, text, tag),
        _ => {
            mapping.set(
                key,
                Value::Scalar(Scalar {
                    text: text.into(),
                    style: ScalarStyle::Plain,
                    tag,
                })
                .into(),
            );
            Ok(())
        }
    }
}

/// Sets a key of a mapping to a name. What was a string stays one, even where it reads as a number.
pub(crate) fn set_name(node: &mut Node, key: &str, text: &str) -> Result<(), Error> {
    let tag = match node.get(key).and_then(Node::as_scalar) {
        Some(scalar) if scalar.tag == ScalarTag::Str => ScalarTag::Str,
        _ => ScalarTag::Auto,
    };
    set_entry(node, key, text, tag)
}

/// Splits a path at a delimiter that is not escaped with `\`.
pub(crate) fn split_path(path: &str, delimiter: char) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut pieces = path.split(delimiter).peekable();
    if path.contains(delimiter) && pieces.peek() == Some(&"") {
        pieces.next();
    }
    for piece in pieces {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

/// As [`split_path`], with `[a.b]` and `[key=a.b]` kept together.
pub(crate) fn split_field_path(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut pieces = split_path(path, '.').into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            parts.push(piece);
            continue;
        }
        let mut whole = piece;
        for next in pieces.by_ref() {
            whole.push('.');
            whole.push_str(&next);
            if next.ends_with(']') {
                break;
            }
        }
        if whole.contains('=') {
            parts.push(whole);
        } else {
            parts.push(whole.trim_matches(['[', ']']).to_owned());
        }
    }
    parts
}

/// `[name=web]` as name and value; nothing when the part is not of this form.
pub(crate) fn element_selector(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

fn step(node: &Node, part: &str) -> Option<usize> {
    match &node.value {
        Value::Mapping(mapping) => mapping.position(part),
        Value::Sequence(sequence) => {
            if part == "-" {
                return sequence.items.len().checked_sub(1);
            }
            if let Ok(index) = part.parse::<usize>() {
                return (index < sequence.items.len()).then_some(index);
            }
            let (key, value) = element_selector(part)?;
            sequence.items.iter().position(|item| {
                if key.is_empty() {
                    item.text() == Some(value)
                } else {
                    item.get(key).and_then(Node::text) == Some(value)
                }
            })
        }
        _ => None,
    }
}

/// Follows a path of keys, `[key=value]` selectors and indexes.
pub(crate) fn lookup<'a>(node: &'a Node, path: &[String]) -> Option<&'a Node> {
    path.iter()
        .filter(|part| !part.trim().is_empty())
        .try_fold(node, |node, part| {
            let index = step(node, part.trim())?;
            match &node.value {
                Value::Mapping(mapping) => mapping.entries.get(index).map(|(_, value)| value),
                Value::Sequence(sequence) => sequence.items.get(index),
                _ => None,
            }
        })
}

/// As [`lookup`], for changing.
pub(crate) fn lookup_mut<'a>(node: &'a mut Node, path: &[String]) -> Option<&'a mut Node> {
    path.iter()
        .filter(|part| !part.trim().is_empty())
        .try_fold(node, |node, part| {
            let index = step(node, part.trim())?;
            match &mut node.value {
                Value::Mapping(mapping) => mapping.entries.get_mut(index).map(|(_, value)| value),
                Value::Sequence(sequence) => sequence.items.get_mut(index),
                _ => None,
            }
        })
}

/// A mapping of strings as kustomize reads labels and annotations: any scalar counts with its text.
pub(crate) fn string_entries(node: Option<&Node>) -> impl Iterator<Item = (&str, &str)> {
    node.map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|(key, value)| (key.text().unwrap_or_default(), value.text().unwrap_or_default()))
}

/// The JSON of an object, scalars by the rules of go-yaml v3. Its own keys become strings, whatever they are; below, kustomize
/// takes no keys but strings.
pub(crate) fn to_json(node: &Node) -> Result<Json, Error> {
    let Some(mapping) = node.as_mapping() else {
        return below_root(node);
    };
    let mut map = Map::with_capacity(mapping.len());
    for (key, value) in &mapping.entries {
        map.insert(key.text().unwrap_or_default().to_owned(), below_root(value)?);
    }
    Ok(Json::Object(map))
}

fn below_root(node: &Node) -> Result<Json, Error> {
    Ok(match &node.value {
        Value::Mapping(mapping) => {
            let mut map = Map::with_capacity(mapping.len());
            for (key, value) in &mapping.entries {
                map.insert(key_text(key)?, below_root(value)?);
            }
            Json::Object(map)
        }
        Value::Sequence(sequence) => {
            Json::Array(sequence.items.iter().map(below_root).collect::<Result<_, _>>()?)
        }
        Value::Scalar(scalar) => scalar_to_json(node, scalar)?,
        Value::Alias(name) => {
            return Err(unresolved(name, node.pos.line));
        }
    })
}

/// Makes of an object what its [JSON](to_json) would be as a tree, in place: what is printed of it. Keys are in order then.
pub(crate) fn make_printable(node: &mut Node) -> Result<(), Error> {
    if let Some(mapping) = node.as_mapping() {
        for (_, value) in &mapping.entries {
            check_keys(value)?;
        }
    }
    plain(node)
}

/// Below the root, keys are strings.
fn check_keys(node: &Node) -> Result<(), Error> {
    match &node.value {
        Value::Mapping(mapping) => mapping.entries.iter().try_for_each(|(key, value)| {
            check_key(key)?;
            check_keys(value)
        }),
        Value::Sequence(sequence) => sequence.items.iter().try_for_each(check_keys),
        Value::Scalar(_) | Value::Alias(_) => Ok(()),
    }
}

fn plain(node: &mut Node) -> Result<(), Error> {
    if node.explicit_tag().is_some() && !node.is_scalar() {
        node.set_explicit_tag(None);
    }
    if node.anchor().is_some() {
        node.set_anchor(None);
    }
    let is_text = node.is_scalar() && node.tag() == "!!str";
    match &mut node.value {
        Value::Mapping(mapping) => {
            mapping.flow = false;
            for (key, value) in &mut mapping.entries {
                plain_key(key);
                plain(value)?;
            }
            sort_mapping(mapping);
        }
        Value::Sequence(sequence) => {
            sequence.flow = false;
            sequence.items.iter_mut().try_for_each(plain)?;
        }
        Value::Scalar(scalar) if is_text && scalar.style != ScalarStyle::Folded => plain_key(node),
        Value::Scalar(scalar) => {
            let scalar = scalar.clone();
            *node = flux_yaml::json::from_json(&scalar_to_json(node, &scalar)?);
        }
        Value::Alias(name) => return Err(unresolved(name, node.pos.line)),
    }
    Ok(())
}

/// A string without anything else.
fn plain_key(key: &mut Node) {
    key.set_explicit_tag(None);
    match &mut key.value {
        Value::Scalar(scalar) => {
            scalar.style = ScalarStyle::Plain;
            scalar.tag = ScalarTag::Str;
        }
        _ => *key = Node::string(""),
    }
}

fn unresolved(name: &str, line: u32) -> Error {
    Error::invalid(format!("the alias *{name} was not resolved")).at("", line)
}

/// The key of an entry. JSON has strings only, and kustomize refuses to make one of a number.
fn key_text(key: &Node) -> Result<String, Error> {
    check_key(key)?;
    Ok(key.text().unwrap_or_default().to_owned())
}

fn check_key(key: &Node) -> Result<(), Error> {
    let text = key.text().unwrap_or_default();
    let tag = key.tag();
    if TYPES.contains(&&*tag) {
        let message = format!("the key {text} is read as a {tag}, but keys are strings: put it in quotes");
        return Err(Error::invalid(message).at("", key.pos.line));
    }
    Ok(())
}

fn scalar_to_json(node: &Node, scalar: &Scalar) -> Result<Json, Error> {
    let text = scalar.text.as_str();
    let tag = node.tag();
    if tag == "!!str" {
        return string(node, scalar).map(Json::String);
    }
    if tag == "!!binary" {
        return binary(text);
    }
    let resolved = resolve_value(text, Dialect::V3);
    let (found, is_typed) = (resolved.tag().short(), TYPES.contains(&&*tag));
    if is_typed && found != tag && !(tag == "!!float" && found == "!!int") {
        // A value that was put where another type stood.
        return Err(Error::conflict(format!(
            "cannot decode {found} `{text}` as a {tag}: the value that stood here was of another type"
        ))
        .at("", node.pos.line));
    }
    if resolved == Resolved::Timestamp {
        return Ok(Json::String(
            crate::timestamp::rfc3339(text).unwrap_or_else(|| text.to_owned()),
        ));
    }
    Ok(match resolved {
        Resolved::Bool(value) => Json::Bool(value),
        Resolved::Int(value) if tag == "!!float" => float_json(value as f64, text)?,
        Resolved::Int(value) => Json::from(value),
        Resolved::Uint(value) => Json::from(value),
        Resolved::Float(value) => float_json(value, text)?,
        Resolved::Null => Json::Null,
        Resolved::Timestamp | Resolved::Str => Json::String(text.to_owned()),
    })
}

/// The text of a string. kustomize prints a node and reads it again, which changes some folded texts.
fn string(node: &Node, scalar: &Scalar) -> Result<String, Error> {
    if scalar.style != ScalarStyle::Folded || node.explicit_tag().is_some() {
        return Ok(scalar.text.to_string());
    }
    let invalid = |error: flux_yaml::Error| Error::invalid(error.to_string()).at("", node.pos.line);
    flux_yaml::json::printed_text(scalar).map_err(invalid)
}

/// The types that the text of a scalar decides.
const TYPES: [&str; 5] = ["!!null", "!!bool", "!!int", "!!float", "!!timestamp"];

/// The text behind base64.
fn binary(text: &str) -> Result<Json, Error> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim());
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Json::String)
        .ok_or_else(|| Error::invalid("!!binary value contains invalid base64 data"))
}

/// A float as Go's JSON encoder writes it: without a fraction when it is whole.
fn float_json(value: f64, text: &str) -> Result<Json, Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return Ok(Json::from(value as i64));
    }
    Number::from_f64(value).map(Json::Number).ok_or_else(|| {
        Error::invalid(format!(
            "the number {text} has no JSON form; write it as a string"
        ))
    })
}

/// A tree from JSON, in the order of the JSON.
pub(crate) fn from_json(json: &Json) -> Node {
    match json {
        Json::Null => Node::null(),
        Json::Bool(value) => Node::bool(*value),
        Json::Number(number) => Node::scalar(number.to_string()),
        Json::String(text) => Node::string(text.as_str()),
        Json::Array(items) => Node::sequence(items.iter().map(from_json)),
        Json::Object(map) => Node::mapping_of(
            map.iter()
                .map(|(key, value)| (Node::string(key.as_str()), from_json(value))),
        ),
    }
}
