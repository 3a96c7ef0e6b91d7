//! ResourceQuotas: how many objects there are of what they limit.

use serde_json::{Map, Value, json};

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
    let used: Map<String, Value> = hard
        .keys()
        .map(|name| {
            (
                name.clone(),
                count(name, meta(quota, "namespace"), view).to_string().into(),
            )
        })
        .collect();
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

/// How many objects a name of a quota stands for. What is measured otherwise than by number counts as none.
fn count(name: &str, namespace: &str, view: &dyn View) -> usize {
    let plain = name.strip_prefix("count/").unwrap_or(name);
    let Some((_, kind)) = NAMED.iter().find(|(known, _)| *known == plain) else {
        return 0;
    };
    let objects = view.list("", kind, Some(namespace));
    objects
        .iter()
        // Pods that have ended need nothing any more.
        .filter(|object| {
            *kind != "Pod" || !matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
        })
        .count()
}
