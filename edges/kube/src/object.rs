//! What names an object: kind, namespace, name.

use std::fmt;

use flux_object::{Gvk, ObjectId};
use serde_json::Value;

/// Names one object of a kind that is known from elsewhere. The namespace of cluster-scoped objects is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Namespace; empty when cluster-scoped.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Key {
    /// From its two parts.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Key {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// From the metadata of an object.
    pub fn of(object: &Value) -> Self {
        let metadata = &object["metadata"];
        Key::new(
            metadata["namespace"].as_str().unwrap_or_default(),
            metadata["name"].as_str().unwrap_or_default(),
        )
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// Names one object of any kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Its kind.
    pub gvk: Gvk,
    /// Namespace and name.
    pub key: Key,
}

impl ObjectRef {
    /// From kind, namespace (empty when cluster-scoped) and name.
    pub fn new(gvk: Gvk, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        ObjectRef {
            gvk,
            key: Key::new(namespace, name),
        }
    }

    /// Of an object; `None` when it has no `apiVersion`, `kind` or `metadata.name`.
    pub fn of(object: &Value) -> Option<Self> {
        let (gvk, key) = (Gvk::of(object), Key::of(object));
        let complete = !(gvk.version.is_empty() || gvk.kind.is_empty() || key.name.is_empty());
        complete.then_some(ObjectRef { gvk, key })
    }

    /// Its identity without the version of its kind.
    pub fn id(&self) -> ObjectId {
        ObjectId {
            group: self.gvk.group.clone(),
            kind: self.gvk.kind.clone(),
            namespace: self.key.namespace.clone(),
            name: self.key.name.clone(),
        }
    }

    /// From an identity and the version of its kind.
    pub fn with_version(id: &ObjectId, version: &str) -> Self {
        let gvk = Gvk {
            group: id.group.clone(),
            version: version.into(),
            kind: id.kind.clone(),
        };
        ObjectRef::new(gvk, &id.namespace, &id.name)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.gvk.kind, self.key)
    }
}

/// Takes `metadata.managedFields` away: most of an object's bytes, and no reconciler reads it.
pub fn strip_managed_fields(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}
