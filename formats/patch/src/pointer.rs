//! JSON pointers as kube-apiserver follows them.

use serde_json::Value;

/// Splits a pointer at its last step. What stands before the first slash is ignored, so a missing leading slash is no error
/// (and the first word is lost); a pointer without any slash leads nowhere.
pub(crate) fn split(pointer: &str) -> Option<(Vec<String>, String)> {
    let mut steps: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    let last = steps.pop()?;
    Some((steps, last))
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// The container at the end of a path.
pub(crate) fn find<'a>(document: &'a mut Value, steps: &[String]) -> Option<&'a mut Value> {
    let mut here = document;
    for step in steps {
        here = match here {
            Value::Object(map) => map.get_mut(step)?,
            Value::Array(list) => {
                let index = existing(list.len(), step)?;
                list.get_mut(index)?
            }
            _ => return None,
        };
    }
    if here.is_object() || here.is_array() {
        Some(here)
    } else {
        None
    }
}

/// The index of an element that is there; negative numbers count from the end.
pub(crate) fn existing(len: usize, step: &str) -> Option<usize> {
    place(len, step).filter(|index| *index < len)
}

/// The index of a place between elements, the end included. Negative numbers count from the end of the grown list.
pub(crate) fn insertion(len: usize, step: &str) -> Option<usize> {
    if step == "-" {
        return Some(len);
    }
    place(len + 1, step).filter(|index| *index <= len)
}

fn place(len: usize, step: &str) -> Option<usize> {
    let index: i64 = step.parse().ok()?;
    if index >= 0 {
        return usize::try_from(index).ok();
    }
    let back = usize::try_from(index.unsigned_abs()).ok()?;
    len.checked_sub(back)
}
