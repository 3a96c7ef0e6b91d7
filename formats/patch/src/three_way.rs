//! Three-way merge patches, for clients that remember what they applied last.

use serde_json::{Map, Value};

use crate::merge::create_merge_patch;

/// The merge patch that brings `current` to `modified`, and takes away what `original` had and `modified` has no more.
/// What only `current` has stays. This is what kubectl and Helm send for custom resources.
pub fn three_way_merge_patch(original: &Value, modified: &Value, current: &Value) -> Value {
    let changes = keep(&create_merge_patch(current, modified), false);
    let deletions = keep(&create_merge_patch(original, modified), true);
    let mut patch = deletions.unwrap_or_else(|| Value::Object(Map::new()));
    overlay(&mut patch, changes.unwrap_or_else(|| Value::Object(Map::new())));
    patch
}

/// Only the deletions of a patch, or everything but them. Nothing left is none.
fn keep(patch: &Value, deletions: bool) -> Option<Value> {
    match patch {
        Value::Null => deletions.then_some(Value::Null),
        Value::Object(map) if !deletions && map.is_empty() => Some(patch.clone()),
        Value::Object(map) => {
            let kept: Map<String, Value> = map
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), keep(value, deletions)?)))
                .collect();
            if kept.is_empty() {
                None
            } else {
                Some(Value::Object(kept))
            }
        }
        other => (!deletions).then(|| other.clone()),
    }
}

/// Lays one patch over another: unlike applying it, nulls are values.
fn overlay(patch: &mut Value, over: Value) {
    match (patch, over) {
        (Value::Object(patch), Value::Object(over)) => {
            for (key, value) in over {
                match patch.get_mut(&key) {
                    Some(inner) => overlay(inner, value),
                    None => {
                        patch.insert(key, value);
                    }
                }
            }
        }
        (patch, over) => *patch = over,
    }
}
