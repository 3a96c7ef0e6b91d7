//! JSON patch (RFC 6902), with the leniencies of kube-apiserver.

use serde_json::Value;

use crate::pointer::{existing, find, insertion, split};

/// kube-apiserver refuses patches with more operations (413).
pub const MAX_OPERATIONS: usize = 10_000;

/// All `copy` operations of a patch together may copy this many bytes, so that a patch cannot grow without bound.
const MAX_COPIED: usize = 3 * 1024 * 1024;

/// How deep a patch may nest a document: beyond, even dropping it could exhaust the stack.
const MAX_DEPTH: usize = 512;

/// Why a JSON patch cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonPatchError {
    /// The patch is no list of operations: 400.
    #[error("error decoding patch: {0}")]
    Decode(String),
    /// More than [`MAX_OPERATIONS`]: 413.
    #[error("The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {0}")]
    TooMany(usize),
    /// An operation does not fit the document: 422.
    #[error("operation {index} of the JSON patch: {why}")]
    Operation {
        /// Which one, from 0.
        index: usize,
        /// Why.
        why: String,
    },
}

/// Applies a patch. Fails as a whole: the target is then as before.
///
/// Follows kube-apiserver beyond the standard: `replace` makes missing keys, a missing `value` is null, `test` for null
/// accepts a missing key, `copy` of a missing key gives null, negative indices count from the end, indices may have leading
/// zeros, and pointers need no leading slash.
pub fn json_patch(target: &mut Value, patch: &Value) -> Result<(), JsonPatchError> {
    let operations = patch.as_array().ok_or_else(|| {
        JsonPatchError::Decode(format!(
            "json: cannot unmarshal {} into Go value of type []handlers.jsonPatchOp",
            kind(patch)
        ))
    })?;
    if let Some(odd) = operations.iter().find(|operation| !operation.is_object()) {
        let why = format!(
            "json: cannot unmarshal {} into Go value of type handlers.jsonPatchOp",
            kind(odd)
        );
        return Err(JsonPatchError::Decode(why));
    }
    if operations.len() > MAX_OPERATIONS {
        return Err(JsonPatchError::TooMany(operations.len()));
    }
    let mut document = target.clone();
    let mut copied = 0;
    for (index, operation) in operations.iter().enumerate() {
        let fail = |why| JsonPatchError::Operation { index, why };
        let operation = Operation::read(operation).map_err(fail)?;
        operation.run(&mut document, &mut copied).map_err(fail)?;
    }
    *target = document;
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

struct Operation<'a> {
    op: &'a str,
    path: &'a str,
    from: Option<&'a str>,
    value: &'a Value,
}

type Outcome<T = ()> = Result<T, String>;

impl<'a> Operation<'a> {
    fn read(operation: &'a Value) -> Outcome<Operation<'a>> {
        let text = |key: &str| operation.get(key).and_then(Value::as_str);
        Ok(Operation {
            op: text("op").ok_or("has no op")?,
            path: text("path").ok_or("has no path")?,
            from: text("from"),
            value: operation.get("value").unwrap_or(&Value::Null),
        })
    }

    fn run(&self, document: &mut Value, copied: &mut usize) -> Outcome {
        match self.op {
            "add" => add(document, self.path, self.value.clone()),
            "remove" => take(document, self.path).map(drop),
            "replace" => replace(document, self.path, self.value.clone()),
            "test" => self.test(document),
            "move" => {
                let value = take(document, self.source()?)?;
                add(document, self.path, value)
            }
            "copy" => {
                let value = get(document, self.source()?)?.cloned().unwrap_or(Value::Null);
                *copied += value.to_string().len();
                if *copied > MAX_COPIED {
                    return Err(format!("copies more than {MAX_COPIED} bytes"));
                }
                add(document, self.path, value)
            }
            other => Err(format!("{other:?} is no operation")),
        }
    }

    fn source(&self) -> Outcome<&'a str> {
        self.from.ok_or_else(|| "has no from".into())
    }

    fn test(&self, document: &mut Value) -> Outcome {
        let found = get(document, self.path)?.unwrap_or(&Value::Null);
        if found == self.value {
            Ok(())
        } else {
            Err(format!("test of {:?} failed", self.path))
        }
    }
}

/// The container that a pointer leads into, and the last step.
fn container<'a>(document: &'a mut Value, pointer: &str) -> Outcome<(&'a mut Value, String)> {
    let missing = || format!("{pointer:?} leads nowhere");
    let (steps, last) = split(pointer).ok_or_else(missing)?;
    let container = find(document, &steps).ok_or_else(missing)?;
    Ok((container, last))
}

fn out_of_bounds(pointer: &str) -> String {
    format!("{pointer:?}: no such index")
}

/// What stands there; a missing key is no error, a missing element is.
fn get<'a>(document: &'a mut Value, pointer: &str) -> Outcome<Option<&'a Value>> {
    let (container, last) = container(document, pointer)?;
    match container {
        Value::Object(map) => Ok(map.get(&last)),
        Value::Array(list) => {
            let index = existing(list.len(), &last).ok_or_else(|| out_of_bounds(pointer))?;
            Ok(list.get(index))
        }
        _ => Ok(None),
    }
}

fn check_depth(pointer: &str, value: &Value) -> Outcome {
    let steps = pointer.matches('/').count();
    if steps <= MAX_DEPTH && fits_in(value, MAX_DEPTH - steps) {
        return Ok(());
    }
    Err(format!("nests the document more than {MAX_DEPTH} levels deep"))
}

fn fits_in(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(list) => levels > 0 && list.iter().all(|child| fits_in(child, levels - 1)),
        Value::Object(map) => levels > 0 && map.values().all(|child| fits_in(child, levels - 1)),
        _ => true,
    }
}

fn add(document: &mut Value, pointer: &str, value: Value) -> Outcome {
    check_depth(pointer, &value)?;
    let (container, last) = container(document, pointer)?;
    match container {
        Value::Object(map) => {
            map.insert(last, value);
        }
        Value::Array(list) => {
            let index = insertion(list.len(), &last).ok_or_else(|| out_of_bounds(pointer))?;
            list.insert(index, value);
        }
        _ => {}
    }
    Ok(())
}

fn replace(document: &mut Value, pointer: &str, value: Value) -> Outcome {
    check_depth(pointer, &value)?;
    let (container, last) = container(document, pointer)?;
    match container {
        Value::Object(map) => {
            map.insert(last, value);
        }
        Value::Array(list) => {
            let index = existing(list.len(), &last).ok_or_else(|| out_of_bounds(pointer))?;
            list[index] = value;
        }
        _ => {}
    }
    Ok(())
}

fn take(document: &mut Value, pointer: &str) -> Outcome<Value> {
    let (container, last) = container(document, pointer)?;
    match container {
        Value::Object(map) => map
            .remove(&last)
            .ok_or_else(|| format!("{pointer:?}: no such key")),
        Value::Array(list) => {
            let index = existing(list.len(), &last).ok_or_else(|| out_of_bounds(pointer))?;
            Ok(list.remove(index))
        }
        _ => Ok(Value::Null),
    }
}
