//! Merge patch (RFC 7386).

use serde_json::{Map, Value};

/// Applies a merge patch. Nulls in objects that are new are dropped, as the API server does.
pub fn merge_patch(target: &mut Value, patch: &Value) {
    let Some(patch_map) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if let Value::Object(map) = target {
        merge_maps(map, patch_map);
    } else {
        *target = without_nulls(patch);
    }
}

fn merge_maps(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
            continue;
        }
        match target.get_mut(key) {
            None | Some(Value::Null) => {
                target.insert(key.clone(), without_nulls(value));
            }
            Some(current @ Value::Object(_)) => merge_patch(current, value),
            Some(current) => *current = without_nulls(value),
        }
    }
}

/// Drops nulls from objects, in lists, too; elements of lists that are null stay.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// The merge patch that makes `new` of `old`. Lists are given as a whole. Nulls inside `new` cannot be expressed.
pub fn create_merge_patch(old: &Value, new: &Value) -> Value {
    let (Some(old), Some(new_map)) = (old.as_object(), new.as_object()) else {
        return new.clone();
    };
    let mut patch = Map::new();
    for key in old.keys().filter(|key| !new_map.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, new) in new_map {
        match old.get(key) {
            Some(old) if old == new => {}
            Some(old) if old.is_object() && new.is_object() => {
                patch.insert(key.clone(), create_merge_patch(old, new));
            }
            _ => {
                patch.insert(key.clone(), new.clone());
            }
        }
    }
    Value::Object(patch)
}
