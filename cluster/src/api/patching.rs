//! Patches on JSON values.

use serde_json::Value;

/// A JSON merge patch (RFC 7386).
pub(crate) fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge_patch(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub(crate) struct JsonPatchError;
pub(crate) struct JsonPatch;
impl JsonPatch {
    pub(crate) fn from_value(_: &Value) -> Result<Self, JsonPatchError> {
        Err(JsonPatchError)
    }
    pub(crate) fn apply(&self, _: &mut Value) -> Result<(), JsonPatchError> {
        Err(JsonPatchError)
    }
}
pub(crate) fn strategic_merge(old: &Value, patch: &Value, _: flux_schema::TypeRef<'_>) -> Result<Value, JsonPatchError> {
    let mut new = old.clone();
    merge_patch(&mut new, patch);
    Ok(new)
}
