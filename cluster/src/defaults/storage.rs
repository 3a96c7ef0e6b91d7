//! Defaults of volumes, claims and classes.

use serde_json::{Value, json};

use super::Allocate;
use super::fill::{add, child, merge, present, put, put_text, text};
use super::quantity::canonicalize_map;

/// The spec of a claim or of a claim template.
pub(crate) fn claim_spec(claim: &mut Value) {
    put(claim, "metadata", json!({}));
    if let Some(metadata) = present(claim, "metadata")
        && metadata["creationTimestamp"].is_null()
    {
        super::fill::remove(metadata, "creationTimestamp");
    }
    let Some(spec) = child(claim, "spec") else { return };
    put(spec, "volumeMode", "Filesystem");
    if let Some(resources) = child(spec, "resources") {
        canonicalize_map(resources, "requests");
        canonicalize_map(resources, "limits");
    }
}

/// What a new claim gets besides its defaults.
pub(crate) fn admit_claim(object: &mut Value, allocate: &mut dyn Allocate) {
    if let Some(spec) = child(object, "spec")
        && spec["storageClassName"].is_null()
        && let Some(class) = allocate.default_storage_class()
    {
        put(spec, "storageClassName", class);
    }
    if let Some(metadata) = child(object, "metadata") {
        add(metadata, "finalizers", "kubernetes.io/pvc-protection");
    }
    merge(object, "status", &json!({"phase": "Pending"}));
}

pub(crate) fn volume(object: &mut Value) {
    let Some(spec) = child(object, "spec") else { return };
    put_text(spec, "persistentVolumeReclaimPolicy", "Retain");
    put(spec, "volumeMode", "Filesystem");
    canonicalize_map(spec, "capacity");
    if let Some(path) = present(spec, "hostPath") {
        put(path, "type", "");
    }
    if let Some(claim) = present(spec, "claimRef")
        && text(&claim["kind"]).is_empty()
    {
        put(claim, "kind", "PersistentVolumeClaim");
        put(claim, "apiVersion", "v1");
    }
}

/// What a new volume gets besides its defaults.
pub(crate) fn admit_volume(object: &mut Value) {
    if let Some(metadata) = child(object, "metadata") {
        add(metadata, "finalizers", "kubernetes.io/pv-protection");
    }
    merge(object, "status", &json!({"phase": "Pending"}));
}

pub(crate) fn class(object: &mut Value) {
    put(object, "reclaimPolicy", "Delete");
    put(object, "volumeBindingMode", "Immediate");
}
