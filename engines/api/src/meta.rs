//! What all Flux objects share: the envelope, references, and the status fields of a requested reconciliation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Annotation whose change asks for a reconciliation; its value is echoed to `status.lastHandledReconcileAt`.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// The finalizer of every Flux kind that cleans up after itself.
pub const FINALIZER: &str = "finalizers.fluxcd.io";

/// One Flux object: the envelope that `kubectl` shows, with typed `spec` and `status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource<Spec, Status: Default> {
    /// Group and version, such as `kustomize.toolkit.fluxcd.io/v1`.
    #[serde(default)]
    pub api_version: String,
    /// Kind, such as `Kustomization`.
    #[serde(default)]
    pub kind: String,
    /// Name, namespace and what the server keeps.
    pub metadata: ObjectMeta,
    /// What the user wants.
    pub spec: Spec,
    /// What the controller reports; empty on a new object.
    #[serde(default)]
    pub status: Status,
}

/// The part of `metadata` that reconcilers read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// Object name, unique in its namespace.
    pub name: String,
    /// Namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Identity for the lifetime of the object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Opaque version for optimistic locking.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// Counts changes of `spec`.
    pub generation: i64,
    /// RFC 3339 time of creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<String>,
    /// RFC 3339 time since when the object is being deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Finalizers that hold the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
}

impl ObjectMeta {
    /// The value of the reconcile request annotation, if any.
    pub fn requested_at(&self) -> Option<&str> {
        self.annotations.get(REQUESTED_AT).map(String::as_str)
    }

    /// Whether the object is on its way out.
    pub fn is_deleting(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// Whether `finalizer` holds the object.
    pub fn has_finalizer(&self, finalizer: &str) -> bool {
        self.finalizers.iter().any(|held| held == finalizer)
    }
}

/// Names an object of a known kind in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalReference {
    /// Object name.
    pub name: String,
}

/// Names an object of a kind, by default in the namespace of the referrer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// Group and version; empty means the default of the field.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Object name.
    pub name: String,
    /// Namespace; empty means the referrer's own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// Names an object that must be ready first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DependencyReference {
    /// Object name.
    pub name: String,
    /// Namespace; empty means the referrer's own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// CEL over `self` and `dep` that replaces the built-in check.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ready_expr: String,
}
