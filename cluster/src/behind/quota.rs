//! ResourceQuotas: how much there is of what they limit.

use serde_json::{Map, Value, json};

use crate::defaults::{sum, usage};
use crate::simulate::json::{deleting, meta};
use crate::simulate::{Action, ObjectRef, Parts, Step, View};

/// The kinds that quotas of old name by their resource alone.
const NAMED: [(&str, &str); 7] = [
    ("configmaps", "ConfigMap"),
    ("persistentvolumeclaims", "PersistentVolumeClaim"),
    ("pods", "Pod"),
    ("replicationcontrollers", "ReplicationController"),
    ("resourcequotas", "ResourceQuota"),
    ("secrets", "Secret"),
    ("services", "Service"),
];

/// Whether objects of a kind are counted by name; others are counted as `count/resource.group`.
fn counted(kind: &str) -> bool {
    NAMED.iter().any(|(_, known)| *known == kind)
}

/// The quotas of the namespace of an object that came or went.
pub(crate) fn concerned(this: &ObjectRef, view: &dyn View) -> Vec<ObjectRef> {
    if this.namespace.is_empty() || !this.group.is_empty() || !counted(&this.kind) {
        return Vec::new();
    }
    let quotas = view.list("", "ResourceQuota", Some(&this.namespace));
    quotas.iter().map(|quota| ObjectRef::of(quota)).collect()
}

/// Look at one quota.
pub(crate) fn step(quota: &Value, view: &dyn View) -> Step {
    let mut step = Step::default();
    if deleting(quota) {
        return step;
    }
    let hard = quota["spec"]["hard"].as_object().cloned().unwrap_or_default();
    let namespace = meta(quota, "namespace");
    let mut used: Map<String, Value> = hard.keys().map(|name| (name.clone(), "0".into())).collect();
    for (plural, kind) in NAMED {
        // Only the kinds that the quota names are looked at.
        let concerns = |name: &String| {
            name.contains(plural)
                || (plural == "pods"
                    && (name.contains("cpu") || name.contains("memory") || name.contains("ephemeral")))
                || (plural == "persistentvolumeclaims" && name == "requests.storage")
        };
        if !hard.keys().any(concerns) {
            continue;
        }
        for object in view.list("", kind, Some(namespace)) {
            for (name, amount) in usage(plural, &object) {
                if let Some(total) = used.get_mut(&name) {
                    *total = sum(total, &amount).into();
                }
            }
        }
    }
    let status = json!({"hard": hard, "used": used});
    if quota["status"] == status || (hard.is_empty() && quota["status"] == json!({})) {
        return step;
    }
    let mut object = quota.clone();
    object["status"] = status;
    step.actions.push(Action::Update {
        object,
        parts: Parts::Status,
        manager: "kube-controller-manager",
    });
    step
}
