//! Accessors for the parts of an object that all kinds share. A part that is missing, or not of the type that it should
//! be, reads as absent.

use serde_json::{Map, Value};

/// `apiVersion`, or nothing.
pub fn api_version(object: &Value) -> &str {
    text(object, "apiVersion")
}

/// `kind`, or nothing.
pub fn kind(object: &Value) -> &str {
    text(object, "kind")
}

/// `metadata.name`, or nothing.
pub fn name(object: &Value) -> &str {
    text(&object["metadata"], "name")
}

/// `metadata.namespace`, or nothing.
pub fn namespace(object: &Value) -> &str {
    text(&object["metadata"], "namespace")
}

/// `metadata.uid`, or nothing; only objects that a server returned have one.
pub fn uid(object: &Value) -> &str {
    text(&object["metadata"], "uid")
}

/// `metadata.resourceVersion`, or nothing; a dry run that would create an object returns none.
pub fn resource_version(object: &Value) -> &str {
    text(&object["metadata"], "resourceVersion")
}

/// `metadata.generation`, which counts changes of the wanted state; 0 when absent.
pub fn generation(object: &Value) -> i64 {
    object["metadata"]["generation"].as_i64().unwrap_or_default()
}

/// `metadata.creationTimestamp`, RFC 3339.
pub fn creation_timestamp(object: &Value) -> Option<&str> {
    object["metadata"]["creationTimestamp"].as_str()
}

/// `metadata.deletionTimestamp`, RFC 3339: the object is on its way out since then.
pub fn deletion_timestamp(object: &Value) -> Option<&str> {
    object["metadata"]["deletionTimestamp"]
        .as_str()
        .filter(|text| !text.is_empty())
}

/// All labels whose value is text.
pub fn labels(object: &Value) -> impl Iterator<Item = (&str, &str)> {
    pairs(&object["metadata"]["labels"])
}

/// All annotations whose value is text.
pub fn annotations(object: &Value) -> impl Iterator<Item = (&str, &str)> {
    pairs(&object["metadata"]["annotations"])
}

/// One label.
pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object["metadata"]["labels"].get(key)?.as_str()
}

/// One annotation.
pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object["metadata"]["annotations"].get(key)?.as_str()
}

/// `metadata.ownerReferences`.
pub fn owner_references(object: &Value) -> &[Value] {
    list(&object["metadata"]["ownerReferences"])
}

/// `metadata.managedFields`.
pub fn managed_fields(object: &Value) -> &[Value] {
    list(&object["metadata"]["managedFields"])
}

/// Finalizers that hold the object.
pub fn finalizers(object: &Value) -> impl Iterator<Item = &str> {
    list(&object["metadata"]["finalizers"])
        .iter()
        .filter_map(Value::as_str)
}

/// The condition of this type in `status.conditions`.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(&object["status"]["conditions"])
        .iter()
        .find(|condition| condition["type"] == kind)
}

/// Sets one label. Does nothing to a value that is not an object.
pub fn set_label(object: &mut Value, key: &str, value: &str) {
    set_pair(object, "labels", key, value);
}

/// Sets one annotation. Does nothing to a value that is not an object.
pub fn set_annotation(object: &mut Value, key: &str, value: &str) {
    set_pair(object, "annotations", key, value);
}

/// Sets `metadata.namespace`. Does nothing to a value that is not an object.
pub fn set_namespace(object: &mut Value, namespace: &str) {
    if let Some(metadata) = entry(object, "metadata") {
        metadata.insert("namespace".into(), namespace.into());
    }
}

/// Takes `metadata.namespace` away.
pub fn remove_namespace(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("namespace");
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn pairs(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

fn set_pair(object: &mut Value, field: &str, key: &str, value: &str) {
    let metadata = entry_value(object, "metadata");
    if let Some(pairs) = metadata.and_then(|metadata| entry(metadata, field)) {
        pairs.insert(key.into(), value.into());
    }
}

/// The map below `key`, made when it is absent or null.
fn entry<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Map<String, Value>> {
    entry_value(value, key)?.as_object_mut()
}

fn entry_value<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    let slot = value.as_object_mut()?.entry(key).or_insert(Value::Null);
    if slot.is_null() {
        *slot = Value::Object(Map::new());
    }
    Some(slot)
}
