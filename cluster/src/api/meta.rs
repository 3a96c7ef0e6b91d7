//! Reading and setting metadata.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The metadata of an object; an object without any gets some.
pub(crate) fn metadata(object: &mut Value) -> &mut Map<String, Value> {
    if !object.is_object() {
        *object = json!({});
    }
    let metadata = &mut object["metadata"];
    if !metadata.is_object() {
        *metadata = json!({});
    }
    match metadata {
        Value::Object(map) => map,
        _ => unreachable!("it was made an object right above"),
    }
}

/// A text in the metadata; empty when it is not there.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// Name of an object.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "name")
}

/// Set a text in the metadata, or remove it when it is empty.
pub(crate) fn set_text(object: &mut Value, field: &str, value: &str) {
    let metadata = metadata(object);
    if value.is_empty() {
        metadata.remove(field);
    } else {
        metadata.insert(field.into(), value.into());
    }
}

/// Copy a field of the metadata as it is in `from`, absence included.
pub(crate) fn copy(object: &mut Value, from: &Value, field: &str) {
    let value = from["metadata"].get(field).cloned();
    let metadata = metadata(object);
    match value {
        Some(value) => drop(metadata.insert(field.into(), value)),
        None => drop(metadata.remove(field)),
    }
}

/// Copy a top-level field as it is in `from`, absence included.
pub(crate) fn copy_field(object: &mut Value, from: &Value, field: &str) {
    let Some(map) = object.as_object_mut() else { return };
    match from.get(field) {
        Some(value) => drop(map.insert(field.into(), value.clone())),
        None => drop(map.remove(field)),
    }
}

/// The finalizers.
pub(crate) fn finalizers(object: &Value) -> Vec<&str> {
    object["metadata"]["finalizers"]
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// Set the finalizers; none removes the field.
pub(crate) fn set_finalizers(object: &mut Value, finalizers: &[String]) {
    let metadata = metadata(object);
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert(
            "finalizers".into(),
            finalizers.iter().map(|f| Value::from(f.as_str())).collect(),
        );
    }
}

/// Whether deletion was asked for.
pub(crate) fn is_deleting(object: &Value) -> bool {
    object["metadata"]
        .get("deletionTimestamp")
        .is_some_and(|value| !value.is_null())
}

/// A time as the API writes it: UTC, whole seconds.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Random bytes of the TLS provider's generator.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    if provider.secure_random.fill(&mut bytes).is_err() {
        // The system's generator is gone; hashing with random keys of the process still gives distinct numbers.
        use std::hash::{BuildHasher as _, RandomState};
        for chunk in bytes.chunks_mut(8) {
            let number = RandomState::new().hash_one(chunk.len()).to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
    bytes
}

/// A new UID: UUID version 4.
pub(crate) fn random_uid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// A name from a prefix: at most 63 bytes, five random characters at the end.
pub(crate) fn generated_name(prefix: &str) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut end = prefix.len().min(58);
    while !prefix.is_char_boundary(end) {
        end -= 1;
    }
    let mut name = prefix[..end].to_owned();
    name.extend(
        random::<5>()
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])),
    );
    name
}
