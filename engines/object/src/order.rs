//! The order in which kinds are applied, and its reverse for deletion.

use std::cmp::Ordering;

use serde_json::Value;

use crate::ObjectId;

const FIRST: [&str; 23] = [
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// What others need comes before what needs it: definitions and namespaces first, webhook configurations last, the rest
/// by group and kind; then by namespace and name.
pub fn apply_order(a: &ObjectId, b: &ObjectId) -> Ordering {
    let key = |id: &ObjectId| rank(&id.kind);
    key(a)
        .cmp(&key(b))
        .then_with(|| a.group.cmp(&b.group))
        .then_with(|| a.kind.cmp(&b.kind))
        .then_with(|| a.namespace.cmp(&b.namespace))
        .then_with(|| a.name.cmp(&b.name))
}

/// The reverse of [`apply_order`].
pub fn delete_order(a: &ObjectId, b: &ObjectId) -> Ordering {
    apply_order(b, a)
}

/// Sorts objects into [`apply_order`].
pub fn sort_for_apply(objects: &mut [Value]) {
    objects.sort_by_cached_key(ObjectId::of);
}

/// Sorts objects into [`delete_order`].
pub fn sort_for_delete(objects: &mut [Value]) {
    objects.sort_by_cached_key(|object| std::cmp::Reverse(ObjectId::of(object)));
}

fn rank(kind: &str) -> usize {
    let between = FIRST.len();
    if let Some(index) = FIRST.iter().position(|first| *first == kind) {
        return index;
    }
    LAST.iter()
        .position(|last| *last == kind)
        .map_or(between, |index| between + 1 + index)
}

/// The order of application.
impl Ord for ObjectId {
    fn cmp(&self, other: &Self) -> Ordering {
        apply_order(self, other)
    }
}

impl PartialOrd for ObjectId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
