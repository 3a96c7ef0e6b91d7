//! JSON patches (RFC 6902), with the leniencies of the Go library that kustomize uses.

use flux_yaml::json::{self, Duplicates};
use serde_json::Value as Json;

use crate::error::{Error, ErrorKind};

/// What to do.
#[derive(Clone, Debug, PartialEq)]
enum Operation {
    Add(Json),
    Remove,
    Replace(Json),
    Move { from: Pointer },
    Copy { from: Pointer },
    Test(Json),
}

/// A path into a document: the parts without escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pointer {
    text: String,
    parts: Vec<String>,
}

impl Pointer {
    fn parse(text: &str) -> Self {
        // What stands before the first slash is not looked at, as in the library.
        let parts = text
            .split('/')
            .skip(1)
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .collect();
        Pointer {
            text: text.to_owned(),
            parts,
        }
    }
}

/// A list of operations.
#[derive(Clone, Debug, Default)]
pub(crate) struct JsonPatch(Vec<(Operation, Pointer)>);

impl JsonPatch {
    /// Reads a patch from JSON or YAML. Only the first document counts.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let json = json::parse_json(text, Duplicates::LastWins, &crate::limits::of_file())
            .map_err(|error| Error::new(ErrorKind::Syntax, format!("not a JSON patch: {error}")))?;
        match json {
            Json::Null => Ok(JsonPatch::default()),
            Json::Array(items) => items
                .into_iter()
                .map(operation)
                .collect::<Result<_, _>>()
                .map(JsonPatch),
            _ => Err(Error::invalid("a JSON patch is a list of operations")),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Does the operations in order.
    pub(crate) fn apply(&self, document: &mut Json) -> Result<(), Error> {
        let mut copied = 0;
        self.0.iter().try_for_each(|(operation, pointer)| {
            apply_one(operation, pointer, document, &mut copied).map_err(|error| {
                let name = operation.name();
                Error::conflict(format!(
                    "{name} operation does not apply at {:?}: {}",
                    pointer.text, error.message
                ))
            })
        })
    }
}

impl Operation {
    fn name(&self) -> &'static str {
        match self {
            Operation::Add(_) => "add",
            Operation::Remove => "remove",
            Operation::Replace(_) => "replace",
            Operation::Move { .. } => "move",
            Operation::Copy { .. } => "copy",
            Operation::Test(_) => "test",
        }
    }
}

fn operation(mut item: Json) -> Result<(Operation, Pointer), Error> {
    if !item.is_object() {
        return Err(Error::invalid(
            "each operation of a JSON patch is a mapping with op and path",
        ));
    }
    let value = item.get_mut("value").map(Json::take).unwrap_or_default();
    let text = |key: &str| item.get(key).and_then(Json::as_str);
    let path = text("path").ok_or_else(|| Error::invalid("an operation of the JSON patch has no path"))?;
    let from = || {
        text("from")
            .map(Pointer::parse)
            .ok_or_else(|| Error::invalid(format!("the operation at {path:?} has no from")))
    };
    let operation = match text("op").unwrap_or_default() {
        "add" => Operation::Add(value),
        "remove" => Operation::Remove,
        "replace" => Operation::Replace(value),
        "move" => Operation::Move { from: from()? },
        "copy" => Operation::Copy { from: from()? },
        "test" => Operation::Test(value),
        other => {
            let known = "add, remove, replace, move, copy and test";
            return Err(Error::invalid(format!(
                "unexpected op {other:?} at {path:?}; known are {known}"
            )));
        }
    };
    Ok((operation, Pointer::parse(path)))
}

fn missing(what: &str) -> Error {
    Error::conflict(format!("doc is missing {what}"))
}

/// About how many bytes a value takes.
fn size(json: &Json) -> usize {
    match json {
        Json::Object(map) => {
            1 + map
                .iter()
                .map(|(key, value)| key.len() + size(value))
                .sum::<usize>()
        }
        Json::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Json::String(text) => 1 + text.len(),
        _ => 1,
    }
}

fn apply_one(
    operation: &Operation,
    pointer: &Pointer,
    document: &mut Json,
    copied: &mut usize,
) -> Result<(), Error> {
    match operation {
        Operation::Add(value) => add(document, pointer, value.clone()),
        Operation::Remove => remove(document, pointer).map(drop),
        Operation::Replace(value) => replace(document, pointer, value.clone()),
        Operation::Move { from } => {
            let value = remove(document, from)?;
            add(document, pointer, value)
        }
        Operation::Copy { from } => {
            let (parent, key) = parent(document, from)?;
            let value = child(parent, key).unwrap_or(&Json::Null);
            *copied = crate::limits::copy(*copied, size(value))?;
            let value = value.clone();
            add(document, pointer, value)
        }
        Operation::Test(wanted) => {
            if pointer.parts.is_empty() {
                return if document == wanted {
                    Ok(())
                } else {
                    Err(Error::conflict("the values differ"))
                };
            }
            let (parent, key) = parent(document, pointer)?;
            let found = child(parent, key).cloned().unwrap_or_default();
            if found == *wanted {
                Ok(())
            } else {
                Err(Error::conflict(format!("found {found}, expected {wanted}")))
            }
        }
    }
}

fn parent<'d, 'p>(document: &'d mut Json, pointer: &'p Pointer) -> Result<(&'d mut Json, &'p str), Error> {
    let (key, way) = pointer
        .parts
        .split_last()
        .ok_or_else(|| missing("path: the path must start with /"))?;
    let mut node = document;
    for part in way {
        node = match node {
            Json::Object(map) => map.get_mut(part),
            Json::Array(items) => index(part, items.len()).and_then(|index| items.get_mut(index)),
            _ => None,
        }
        .ok_or_else(|| missing(&format!("path: there is no {part:?}")))?;
    }
    if node.is_object() || node.is_array() {
        Ok((node, key))
    } else {
        Err(missing("path: it leads into a scalar"))
    }
}

/// An index into a list; negative ones count from the end.
fn index(part: &str, length: usize) -> Option<usize> {
    match part.strip_prefix('-') {
        Some(back) => length.checked_sub(back.parse().ok()?),
        None => part.parse().ok(),
    }
}

fn child<'d>(parent: &'d Json, key: &str) -> Option<&'d Json> {
    match parent {
        Json::Object(map) => map.get(key),
        Json::Array(items) => items.get(index(key, items.len())?),
        _ => None,
    }
}

fn out_of_bounds(key: &str) -> Error {
    Error::conflict(format!("index {key:?} is out of bounds"))
}

fn add(document: &mut Json, pointer: &Pointer, value: Json) -> Result<(), Error> {
    match parent(document, pointer)? {
        (Json::Object(map), key) => drop(map.insert(key.to_owned(), value)),
        (Json::Array(items), "-") => items.push(value),
        (Json::Array(items), key) => {
            // A negative index counts from the place behind the last item.
            let at = index(key, items.len() + 1)
                .filter(|at| *at <= items.len())
                .ok_or_else(|| out_of_bounds(key))?;
            items.insert(at, value);
        }
        _ => return Err(missing("path")),
    }
    Ok(())
}

fn replace(document: &mut Json, pointer: &Pointer, value: Json) -> Result<(), Error> {
    let (parent, key) = parent(document, pointer)?;
    let slot = match parent {
        // The library lets a missing key pass.
        Json::Object(map) => map.entry(key).or_insert(Json::Null),
        Json::Array(items) => {
            let at = index(key, items.len());
            at.and_then(|at| items.get_mut(at))
                .ok_or_else(|| out_of_bounds(key))?
        }
        _ => return Err(missing("path")),
    };
    *slot = value;
    Ok(())
}

fn remove(document: &mut Json, pointer: &Pointer) -> Result<Json, Error> {
    match parent(document, pointer)? {
        (Json::Object(map), key) => map
            .remove(key)
            .ok_or_else(|| Error::conflict(format!("unable to remove nonexistent key: {key}"))),
        (Json::Array(items), key) => {
            let at = index(key, items.len())
                .filter(|at| *at < items.len())
                .ok_or_else(|| out_of_bounds(key))?;
            Ok(items.remove(at))
        }
        _ => Err(missing("path")),
    }
}
