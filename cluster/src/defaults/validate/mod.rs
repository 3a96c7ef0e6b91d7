//! Validation.
use super::FieldError;
use serde_json::Value;

/// What is wrong with an object of a built-in kind, metadata included. `old` is the stored object on updates,
/// in the same version.
pub fn validate(_new: &Value, _old: Option<&Value>) -> Vec<FieldError> {
    Vec::new()
}

/// What is wrong with the metadata of any object: name, namespace, labels, annotations, owner references,
/// finalizers, and on updates changes of immutable metadata.
pub fn validate_metadata(_new: &Value, _old: Option<&Value>, _namespaced: bool) -> Vec<FieldError> {
    Vec::new()
}
