//! Objects that are kept: as text, a tenth of what a tree of maps takes.

use std::sync::Arc;

use serde_json::Value;

/// An object as JSON text, with what is needed to compare states.
pub(crate) struct Packed {
    text: Box<[u8]>,
    uid: Value,
    version: Option<u128>,
}

impl Packed {
    pub(crate) fn new(object: &Value) -> Self {
        let metadata = &object["metadata"];
        let version = metadata["resourceVersion"].as_str();
        Packed {
            text: object.to_string().into_bytes().into(),
            uid: metadata["uid"].clone(),
            version: version.and_then(|version| version.parse().ok()),
        }
    }

    /// The object.
    pub(crate) fn value(&self) -> Arc<Value> {
        // Read from what a value wrote of itself.
        Arc::new(serde_json::from_slice(&self.text).unwrap_or_default())
    }

    /// Whether both are states of the same object.
    pub(crate) fn is_same_object(&self, other: &Packed) -> bool {
        self.uid == other.uid
    }

    /// Whether this is an earlier state of `held`: resource versions of one object can be compared as numbers.
    pub(crate) fn is_older(&self, held: &Packed) -> bool {
        self.is_same_object(held)
            && matches!((self.version, held.version), (Some(new), Some(old)) if new < old)
    }
}
