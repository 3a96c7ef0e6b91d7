//! One stored object.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::{Packer, Text};

/// An object as it is kept: packed JSON text without `apiVersion` and `kind`, which the reader's version decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The JSON object, `metadata.resourceVersion` included.
    pub(crate) text: Text,
    /// The revision of the last change.
    pub(crate) revision: u64,
    /// `metadata.uid` as a number; 0 when it is not a UUID.
    pub(crate) uid: u128,
    /// The UIDs in `metadata.ownerReferences`.
    pub(crate) owners: Arc<[u128]>,
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// It is new.
    Added,
    /// It is different.
    Modified,
    /// It is gone; the entry is its last state with the revision of the deletion.
    Deleted,
}

/// A change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// The revision of the change.
    pub(crate) revision: u64,
    /// `namespace/name` or `name`.
    pub(crate) key: Arc<str>,
    /// What happened.
    pub(crate) kind: EventKind,
    /// The object after the change.
    pub(crate) now: Entry,
    /// The object before it.
    pub(crate) before: Option<Entry>,
}

impl Entry {
    /// The entry of an object whose `metadata.resourceVersion` is already set.
    pub(crate) fn new(object: &Value, revision: u64, resource: &Arc<str>, packer: &mut Packer) -> Self {
        let metadata = &object["metadata"];
        let owners = metadata["ownerReferences"].as_array().map(|references| {
            references
                .iter()
                .filter_map(|reference| parse_uid(reference["uid"].as_str()?))
                .collect()
        });
        Self {
            text: packer.pack(resource, &body_bytes(object)),
            revision,
            uid: metadata["uid"].as_str().and_then(parse_uid).unwrap_or(0),
            owners: owners.unwrap_or_default(),
        }
    }

    /// The entry of stored text.
    pub(crate) fn read(
        body: &[u8],
        revision: u64,
        resource: &Arc<str>,
        packer: &mut Packer,
    ) -> Result<Self, serde_json::Error> {
        #[derive(serde::Deserialize)]
        struct Owner {
            #[serde(default)]
            uid: String,
        }
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Metadata {
            #[serde(default)]
            uid: String,
            #[serde(default)]
            owner_references: Vec<Owner>,
        }
        #[derive(serde::Deserialize)]
        struct Object {
            metadata: Metadata,
        }
        let object: Object = serde_json::from_slice(body)?;
        let owners = object
            .metadata
            .owner_references
            .iter()
            .filter_map(|owner| parse_uid(&owner.uid))
            .collect();
        Ok(Self {
            text: packer.pack(resource, body),
            revision,
            uid: parse_uid(&object.metadata.uid).unwrap_or(0),
            owners,
        })
    }

    /// The JSON object without `apiVersion` and `kind`, `metadata.resourceVersion` included.
    pub(crate) fn body(&self) -> Bytes {
        self.text.read()
    }

    /// The object without `apiVersion` and `kind`.
    pub(crate) fn value(&self) -> Value {
        // What the store holds was written by `body_bytes` or checked by `read`.
        serde_json::from_slice(&self.body()).unwrap_or(Value::Null)
    }

    /// Bytes that the entry costs, roughly.
    pub(crate) fn cost(&self) -> usize {
        self.text.cost() + 256
    }
}

/// The stored text of an object: everything but `apiVersion` and `kind`.
pub(crate) fn body_bytes(object: &Value) -> Bytes {
    struct Body<'a>(&'a serde_json::Map<String, Value>);
    impl serde::Serialize for Body<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(
                self.0
                    .iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind")),
            )
        }
    }
    let empty = serde_json::Map::new();
    let map = object.as_object().unwrap_or(&empty);
    Bytes::from(crate::api::go::encode(&Body(map)))
}

/// A UUID in its usual form as a number.
pub(crate) fn parse_uid(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut value: u128 = 0;
    for byte in text.bytes().filter(|byte| *byte != b'-') {
        value = value.checked_mul(16)? | u128::from((byte as char).to_digit(16)?);
    }
    Some(value)
}
