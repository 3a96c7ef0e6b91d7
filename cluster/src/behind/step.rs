//! Which objects a change concerns, and the dispatch by kind.

use jiff::Timestamp;
use serde_json::Value;

use super::{definition, event, garbage, namespace, quota, roles, token};
use crate::Controllers;
use crate::simulate::json::{deleting, items, meta};
use crate::simulate::{Config, ObjectRef, Step, View};

/// The objects that must be looked at because `object` was created, changed or (`deleted`) removed.
pub fn targets(object: &Value, deleted: bool, view: &dyn View) -> Vec<ObjectRef> {
    let this = ObjectRef::of(object);
    let mut targets = Vec::new();
    if deleted {
        targets.extend(
            view.owned_by(meta(object, "uid"))
                .iter()
                .map(|dependent| ObjectRef::of(dependent)),
        );
        targets.extend(garbage::waiting_owners(object, view));
        targets.extend(definition::waiting(&this, view));
        if this.kind == "ServiceAccount" && this.group.is_empty() {
            targets.extend(token::of_account(object, view));
        }
    }
    targets.extend(quota::concerned(&this, view));
    if !this.namespace.is_empty() && concerns_namespace(&this, object, deleted) {
        targets.push(ObjectRef::new("", "Namespace", "", &this.namespace));
    }
    targets.extend(roles::aggregating(object, view));
    let own = matches!(
        (this.group.as_str(), this.kind.as_str()),
        ("", "Namespace" | "Event" | "ResourceQuota")
            | ("events.k8s.io", "Event")
            | ("apiextensions.k8s.io", "CustomResourceDefinition")
            | ("rbac.authorization.k8s.io", "ClusterRole")
    );
    let own = own || (this.kind == "Secret" && object["type"] == token::TYPE);
    if !deleted && (own || deleting(object) || !items(&object["metadata"]["ownerReferences"]).is_empty()) {
        targets.push(this);
    }
    targets
}

/// Whether a change of an object may give its namespace something to do.
fn concerns_namespace(this: &ObjectRef, object: &Value, deleted: bool) -> bool {
    let kept = matches!(
        (this.kind.as_str(), this.name.as_str()),
        ("ServiceAccount", "default") | ("ConfigMap", namespace::ROOT_CA)
    );
    deleted || kept || deleting(object)
}

/// Look at one object. An object that does not exist (any more) gives an empty step.
pub fn step(
    target: &ObjectRef,
    view: &dyn View,
    config: &Config,
    controllers: &Controllers,
    now: Timestamp,
) -> Step {
    let Some(object) = view.get(&target.group, &target.kind, &target.namespace, &target.name) else {
        return Step::default();
    };
    let mut step = match controllers.has("garbage-collector-controller") {
        true => garbage::step(&object, view, now),
        false => Step::default(),
    };
    if !step.actions.is_empty() {
        // What the collector does changes the object, and that brings us back.
        return step;
    }
    let more = match (target.group.as_str(), target.kind.as_str()) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition::step(&object, view),
        ("" | "events.k8s.io", "Event") => event::step(&object, config, now),
        _ if !controllers.look_at(target) => Step::default(),
        ("", "Namespace") => namespace::step(&object, view, config, controllers, now),
        ("", "ResourceQuota") => quota::step(&object, view),
        ("", "Secret") => token::step(&object, view, config),
        ("rbac.authorization.k8s.io", "ClusterRole") => roles::step(&object, view),
        _ => Step::default(),
    };
    step.actions.extend(more.actions);
    if let Some(wake) = more.wake {
        step.wake_at(wake);
    }
    step
}
