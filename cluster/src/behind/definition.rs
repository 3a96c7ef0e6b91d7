//! Custom resource definitions that are deleted take their instances with them.

use serde_json::{Value, json};

use crate::simulate::json::{deleting, items, meta, text};
use crate::simulate::{Action, ObjectRef, Parts, Propagation, Step, View};

const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Look at one definition.
pub(crate) fn step(definition: &Value, view: &dyn View) -> Step {
    let mut step = Step::default();
    let finalizers = items(&definition["metadata"]["finalizers"]);
    if !deleting(definition) || !finalizers.iter().any(|f| f == FINALIZER) {
        return step;
    }
    let spec = &definition["spec"];
    let instances = view.list(text(&spec["group"]), text(&spec["names"]["kind"]), None);
    if instances.is_empty() {
        let left: Vec<&Value> = finalizers.iter().filter(|f| *f != FINALIZER).collect();
        let mut object = definition.clone();
        object["metadata"]["finalizers"] = json!(left);
        step.actions.push(Action::Update {
            object,
            parts: Parts::Main,
            manager: "kube-apiserver",
        });
        return step;
    }
    step.actions = instances
        .iter()
        .filter(|instance| !deleting(instance))
        .map(|instance| Action::Delete {
            target: ObjectRef::of(instance),
            uid: meta(instance, "uid").to_owned(),
            propagation: Propagation::Background,
        })
        .collect();
    step
}

/// The definitions that wait for instances like this one to go.
pub(crate) fn waiting(instance: &ObjectRef, view: &dyn View) -> Vec<ObjectRef> {
    let built_in = [
        "events.k8s.io",
        "discovery.k8s.io",
        "coordination.k8s.io",
        "rbac.authorization.k8s.io",
    ];
    if !instance.group.contains('.') || built_in.contains(&instance.group.as_str()) {
        // Definitions are large: spare the list for the kinds that come and go most.
        return Vec::new();
    }
    view.list("apiextensions.k8s.io", "CustomResourceDefinition", None)
        .iter()
        .filter(|definition| {
            deleting(definition)
                && definition["spec"]["group"] == instance.group.as_str()
                && definition["spec"]["names"]["kind"] == instance.kind.as_str()
        })
        .map(|definition| ObjectRef::of(definition))
        .collect()
}
