//! Which objects a change concerns, and the dispatch to the simulation of each kind.

use jiff::Timestamp;
use serde_json::Value;

use super::json::{controller_of, labels_match, meta, owner_target, selector_matches, text};
use super::{
    Config, ObjectRef, Step, View, cronjob, daemonset, deployment, disruption, job, network, pod, replicaset,
    statefulset, volume,
};

/// Whether objects of this kind are simulated.
fn is_simulated(target: &ObjectRef) -> bool {
    matches!(
        (target.group.as_str(), target.kind.as_str()),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job" | "CronJob")
            | (
                "",
                "Pod" | "PersistentVolumeClaim" | "PersistentVolume" | "Service"
            )
            | ("networking.k8s.io", "Ingress")
            | ("policy", "PodDisruptionBudget")
    )
}

/// The objects that must be looked at because `object` was created, changed or deleted (then: its last state).
/// Cheap for kinds that have no part in the simulation.
pub fn targets(object: &Value, view: &dyn View) -> Vec<ObjectRef> {
    let this = ObjectRef::of(object);
    let namespace = meta(object, "namespace");
    let mut targets = Vec::new();
    if let Some(reference) = controller_of(object) {
        targets.push(owner_target(reference, namespace));
    }
    match (this.group.as_str(), this.kind.as_str()) {
        ("", "Pod") => {
            targets.extend(selecting(object, view));
            targets.extend(volume::claims_of(object));
        }
        ("", "Endpoints") => targets.push(ObjectRef::new("", "Service", namespace, &this.name)),
        ("", "PersistentVolumeClaim") => {
            let volume = text(&object["spec"]["volumeName"]);
            if !volume.is_empty() {
                targets.push(ObjectRef::new("", "PersistentVolume", "", volume));
            }
        }
        ("", "PersistentVolume") => {
            let pending = view.list("", "PersistentVolumeClaim", None);
            let waiting = pending.iter().filter(|claim| claim["status"]["phase"] != "Bound");
            targets.extend(waiting.map(|claim| ObjectRef::of(claim)));
        }
        _ => {}
    }
    targets.push(this);
    targets.retain(is_simulated);
    targets
}

/// The Services and budgets whose selectors match the pod.
fn selecting(pod: &Value, view: &dyn View) -> Vec<ObjectRef> {
    let namespace = meta(pod, "namespace");
    let labels = &pod["metadata"]["labels"];
    let services = view.select("", "Service", namespace, &|service| {
        let selector = &service.selector;
        selector.as_object().is_some_and(|selector| !selector.is_empty()) && labels_match(selector, labels)
    });
    let budgets = view.select("policy", "PodDisruptionBudget", namespace, &|budget| {
        budget.selector.is_object() && selector_matches(&budget.selector, labels)
    });
    services
        .iter()
        .chain(&budgets)
        .map(|object| ObjectRef::of(object))
        .collect()
}

/// Whether the structures that the simulation writes into are structures. The server has checked that; an object
/// from an older store may not have been, and must not stop everything else.
fn is_sound(object: &Value) -> bool {
    const STRUCTURES: [&str; 9] = [
        "metadata",
        "labels",
        "annotations",
        "spec",
        "status",
        "template",
        "selector",
        "matchLabels",
        "jobTemplate",
    ];
    let Some(map) = object.as_object() else {
        return false;
    };
    let structures = map.iter().filter(|(key, _)| STRUCTURES.contains(&key.as_str()));
    let claims = super::json::items(&object["volumeClaimTemplates"]);
    structures
        .into_iter()
        .all(|(_, value)| value.is_null() || is_sound(value))
        && claims.iter().all(is_sound)
}

/// Look at one object. An object that does not exist (any more) gives an empty step.
pub fn step(target: &ObjectRef, view: &dyn View, config: &Config, now: Timestamp) -> Step {
    if !is_simulated(target) {
        return Step::default();
    }
    let Some(object) = view.get(&target.group, &target.kind, &target.namespace, &target.name) else {
        return Step::default();
    };
    if !is_sound(&object) {
        return Step::default();
    }
    match target.kind.as_str() {
        "Deployment" => deployment::step(&object, view, config, now),
        "ReplicaSet" => replicaset::step(&object, view, config, now),
        "StatefulSet" => statefulset::step(&object, view, config, now),
        "DaemonSet" => daemonset::step(&object, view, config, now),
        "Job" => job::step(&object, view, config, now),
        "CronJob" => cronjob::step(&object, view, config, now),
        "Pod" => pod::step(&object, config, now),
        "PersistentVolumeClaim" => volume::claim(&object, view, config, now),
        "PersistentVolume" => volume::volume(&object, view, config),
        "Service" => network::service(&object, view, config, now),
        "Ingress" => network::ingress(&object, config, now),
        "PodDisruptionBudget" => disruption::step(&object, view, now),
        _ => Step::default(),
    }
}
