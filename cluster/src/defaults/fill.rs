//! Writing into JSON objects.

use serde_json::{Map, Value, json};

/// Set a field where it is absent or null.
pub(crate) fn put(object: &mut Value, field: &str, default: impl Into<Value>) {
    if let Some(map) = object.as_object_mut() {
        let slot = map.entry(field).or_insert(Value::Null);
        if slot.is_null() {
            *slot = default.into();
        }
    }
}

/// Set a field where it is absent, null or an empty string.
pub(crate) fn put_text(object: &mut Value, field: &str, default: &str) {
    if object[field] == "" {
        object[field] = Value::Null;
    }
    put(object, field, default);
}

/// Set a field where it is absent, null or 0.
pub(crate) fn put_number(object: &mut Value, field: &str, default: i64) {
    if object[field] == 0 {
        object[field] = Value::Null;
    }
    put(object, field, default);
}

/// A member that is an object, made where it is absent. None where something else is there.
pub(crate) fn child<'a>(object: &'a mut Value, field: &str) -> Option<&'a mut Value> {
    put(object, field, json!({}));
    object.get_mut(field).filter(|value| value.is_object())
}

/// A member, if it is there and an object.
pub(crate) fn present<'a>(object: &'a mut Value, field: &str) -> Option<&'a mut Value> {
    object.get_mut(field).filter(|value| value.is_object())
}

/// The elements of a list, none where absent.
pub(crate) fn each<'a>(object: &'a mut Value, field: &str) -> impl Iterator<Item = &'a mut Value> {
    object
        .get_mut(field)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}

/// Take a member away.
pub(crate) fn remove(object: &mut Value, field: &str) -> Option<Value> {
    object.as_object_mut().and_then(|map| map.remove(field))
}

/// Call for each value of a map.
pub(crate) fn values<'a>(object: &'a mut Value, field: &str) -> impl Iterator<Item = &'a mut Value> {
    object
        .get_mut(field)
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut)
}

/// The elements of a list for reading, none where absent.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A string, empty where absent.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Append a string to a list, made where absent, unless it is in it.
pub(crate) fn add(object: &mut Value, field: &str, item: &str) {
    put(object, field, json!([]));
    if let Some(list) = object.get_mut(field).and_then(Value::as_array_mut)
        && !list.iter().any(|value| value == item)
    {
        list.push(json!(item));
    }
}

/// Set the members of an object that are absent, making it where it is absent.
pub(crate) fn merge(object: &mut Value, field: &str, members: &Value) {
    let Some(target) = child(object, field) else {
        return;
    };
    for (key, value) in members.as_object().into_iter().flatten() {
        if target.get(key).is_none() {
            target[key] = value.clone();
        }
    }
}
