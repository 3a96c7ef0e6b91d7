//! Labels, annotations and finalizers that Flux writes or obeys.

use serde_json::Value;

use crate::meta;

/// The finalizer of every Flux kind that cleans up after itself.
pub const FINALIZER: &str = "finalizers.fluxcd.io";
/// Annotation whose change asks for a reconciliation.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// Annotation that asks for one forced Helm install or upgrade.
pub const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";
/// Annotation that resets Helm failure counters.
pub const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";
/// Label on config maps and secrets whose change triggers the objects that refer to them.
pub const WATCH: &str = "reconcile.fluxcd.io/watch";
/// Prefix of annotations that are copied into event metadata.
pub const EVENT_PREFIX: &str = "event.toolkit.fluxcd.io/";

/// Owner label of applied objects: name of the Kustomization.
pub const OWNER_NAME: &str = "kustomize.toolkit.fluxcd.io/name";
/// Owner label of applied objects: namespace of the Kustomization.
pub const OWNER_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";

/// `disabled`: the object is not deleted when it leaves the source.
pub const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// `Ignore`, `IfNotPresent`, `Merge`: how the object is applied.
pub const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
/// `enabled`: the object is recreated when an immutable field changes.
pub const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";
/// `disabled`: variables in the object stay as they are.
pub const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";
/// `disabled`: the object is left alone.
pub const RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";
/// `disabled`: the object is not decrypted.
pub const DECRYPT: &str = "kustomize.toolkit.fluxcd.io/decrypt";

/// Value of [`PRUNE`], [`SUBSTITUTE`], [`RECONCILE`] and [`DECRYPT`].
pub const DISABLED: &str = "disabled";
/// Value of [`FORCE`] and [`WATCH`].
pub const ENABLED: &str = "enabled";
/// Value of [`SSA`]: do not apply, do not delete.
pub const IGNORE: &str = "Ignore";
/// Value of [`SSA`]: create, but do not change.
pub const IF_NOT_PRESENT: &str = "IfNotPresent";
/// Value of [`SSA`]: leave the fields of other managers alone.
pub const MERGE: &str = "Merge";

/// What `kubectl apply` leaves behind.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether a label or an annotation named `key` has `value`, upper or lower case alike.
pub fn has(object: &Value, key: &str, value: &str) -> bool {
    [meta::label(object, key), meta::annotation(object, key)]
        .into_iter()
        .flatten()
        .any(|found| !found.is_empty() && equal_fold(found, value))
}

/// Whether any of the marks is there; see [`has`].
pub fn has_any(object: &Value, marks: &[(&str, &str)]) -> bool {
    marks.iter().any(|(key, value)| has(object, key, value))
}

fn equal_fold(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Writes the owner labels.
pub fn set_owner(object: &mut Value, name: &str, namespace: &str) {
    meta::set_label(object, OWNER_NAME, name);
    meta::set_label(object, OWNER_NAMESPACE, namespace);
}

/// Whether the owner labels name this Kustomization.
pub fn is_owned_by(object: &Value, name: &str, namespace: &str) -> bool {
    meta::label(object, OWNER_NAME) == Some(name) && meta::label(object, OWNER_NAMESPACE) == Some(namespace)
}
