//! Reading and setting metadata.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// Set an annotation.
pub(crate) fn annotate(object: &mut Value, name: &str, value: String) {
    let annotations = metadata(object).entry("annotations").or_insert_with(|| json!({}));
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.insert(name.into(), value.into());
    }
}

/// Take an annotation away, and the annotations with the last of them.
pub(crate) fn drop_annotation(object: &mut Value, name: &str) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else {
        return;
    };
    if annotations.remove(name).is_some() && annotations.is_empty() {
        metadata.remove("annotations");
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

/// Bytes that nobody can guess, from the TLS provider's generator.
fn secret<const N: usize>() -> [u8; N] {
    static PROVIDER: LazyLock<rustls::crypto::CryptoProvider> =
        LazyLock::new(rustls::crypto::aws_lc_rs::default_provider);
    let mut bytes = [0; N];
    if PROVIDER.secure_random.fill(&mut bytes).is_err() {
        // The system's generator is gone; keyed hashes still give distinct numbers.
        return distinct();
    }
    bytes
}

/// Bytes that do not come twice: numbers hashed under random keys of the process. Made for every object, they shall
/// cost next to nothing.
fn distinct<const N: usize>() -> [u8; N] {
    use std::hash::{BuildHasher as _, RandomState};
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; N];
    for chunk in bytes.chunks_mut(8) {
        let number = KEYS.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)).to_le_bytes();
        chunk.copy_from_slice(&number[..chunk.len()]);
    }
    bytes
}

/// A new UID: UUID version 4.
pub(crate) fn random_uid() -> String {
    uuid(distinct())
}

/// The same, and nobody can guess it.
pub(crate) fn secret_uid() -> String {
    uuid(secret())
}

fn uuid(mut bytes: [u8; 16]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(char::from(HEX[usize::from(byte >> 4)]));
        text.push(char::from(HEX[usize::from(byte & 15)]));
    }
    text
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
        distinct::<5>()
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])),
    );
    name
}
