//! The garbage collector: objects go when all their owners are gone.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::simulate::json::{deleting, items, meta, owner_target, text};
use crate::simulate::{Action, ObjectRef, Parts, Propagation, Step, View};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
const MANAGER: &str = "kube-controller-manager";

/// Look at one object as owner and as dependent.
pub(crate) fn step(object: &Value, view: &dyn View, now: Timestamp) -> Step {
    let mut step = Step::default();
    if !deleting(object) {
        step.actions = dependent(object, view);
    } else if has_finalizer(object, ORPHAN) {
        step.actions = orphan(object, view);
        // A dependent that is cut loose no longer names its owner, so nothing but time leads back here.
        step.wake_at(now);
    } else if has_finalizer(object, FOREGROUND) {
        step.actions = foreground(object, view);
        if let Ok(later) = now.checked_add(SignedDuration::from_secs(10)) {
            step.wake_at(later);
        }
    }
    step
}

fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    items(&object["metadata"]["finalizers"])
        .iter()
        .any(|f| f == finalizer)
}

/// The owners of an object that are held by `foregroundDeletion`.
pub(crate) fn waiting_owners(object: &Value, view: &dyn View) -> Vec<ObjectRef> {
    items(&object["metadata"]["ownerReferences"])
        .iter()
        .filter_map(|reference| view.by_uid(text(&reference["uid"])))
        .filter(|owner| deleting(owner))
        .map(|owner| ObjectRef::of(&owner))
        .collect()
}

fn without_finalizer(object: &Value, finalizer: &str) -> Action {
    let mut object = object.clone();
    let left: Vec<Value> = items(&object["metadata"]["finalizers"])
        .iter()
        .filter(|f| *f != finalizer)
        .cloned()
        .collect();
    object["metadata"]["finalizers"] = json!(left);
    Action::Update {
        object,
        parts: Parts::Main,
        manager: MANAGER,
    }
}

/// Cut the dependents loose, then let the owner go.
fn orphan(owner: &Value, view: &dyn View) -> Vec<Action> {
    let uid = meta(owner, "uid");
    let dependents = view.owned_by(uid);
    if dependents.is_empty() {
        return vec![without_finalizer(owner, ORPHAN)];
    }
    dependents
        .iter()
        .map(|dependent| without_owners(dependent, &[uid]))
        .collect()
}

fn without_owners(dependent: &Value, uids: &[&str]) -> Action {
    let mut object = dependent.clone();
    let references = items(&object["metadata"]["ownerReferences"]);
    let left: Vec<Value> = references
        .iter()
        .filter(|r| !uids.contains(&text(&r["uid"])))
        .cloned()
        .collect();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        if left.is_empty() {
            metadata.remove("ownerReferences");
        } else {
            metadata.insert("ownerReferences".to_owned(), json!(left));
        }
    }
    Action::Update {
        object,
        parts: Parts::Main,
        manager: MANAGER,
    }
}

/// Delete the dependents; the owner goes when none is left that blocks it.
fn foreground(owner: &Value, view: &dyn View) -> Vec<Action> {
    let uid = meta(owner, "uid");
    let dependents = view.owned_by(uid);
    let blocks = |dependent: &Arc<Value>| {
        items(&dependent["metadata"]["ownerReferences"])
            .iter()
            .any(|reference| reference["uid"] == uid && reference["blockOwnerDeletion"] == true)
    };
    if !dependents.iter().any(blocks) {
        return vec![without_finalizer(owner, FOREGROUND)];
    }
    dependents
        .iter()
        .filter(|dependent| !deleting(dependent))
        .flat_map(|dependent| self::dependent(dependent, view))
        .collect()
}

/// How an owner reference stands.
enum Owner {
    /// The owner is there, or cannot be looked up: the dependent stays.
    Solid,
    /// The owner waits for its dependents to go.
    Waiting,
    /// There is no such owner.
    Absent,
}

fn owner(reference: &Value, dependent: &Value, view: &dyn View) -> Owner {
    let target = owner_target(reference, meta(dependent, "namespace"));
    let Some(namespaced) = view.is_namespaced(&target.group, &target.kind) else {
        return Owner::Solid;
    };
    if namespaced && target.namespace.is_empty() {
        // A namespaced owner of a cluster-scoped object is a mistake; upstream warns and keeps the object.
        return Owner::Solid;
    }
    let Some(owner) = view.by_uid(text(&reference["uid"])) else {
        return Owner::Absent;
    };
    let same = owner["kind"] == reference["kind"]
        && owner["metadata"]["name"] == reference["name"]
        && (!namespaced || owner["metadata"]["namespace"] == dependent["metadata"]["namespace"]);
    match (same, deleting(&owner) && has_finalizer(&owner, FOREGROUND)) {
        (false, _) => Owner::Absent,
        (true, true) => Owner::Waiting,
        (true, false) => Owner::Solid,
    }
}

fn dependent(object: &Value, view: &dyn View) -> Vec<Action> {
    let (mut solid, mut waiting, mut gone) = (0, 0, Vec::new());
    for reference in items(&object["metadata"]["ownerReferences"]) {
        match owner(reference, object, view) {
            Owner::Solid => solid += 1,
            Owner::Waiting => {
                waiting += 1;
                gone.push(text(&reference["uid"]));
            }
            Owner::Absent => gone.push(text(&reference["uid"])),
        }
    }
    if gone.is_empty() {
        return Vec::new();
    }
    if solid > 0 {
        return vec![without_owners(object, &gone)];
    }
    let has_dependents = || !view.owned_by(meta(object, "uid")).is_empty();
    let propagation = if has_finalizer(object, ORPHAN) {
        Propagation::Orphan
    } else if has_finalizer(object, FOREGROUND) || (waiting > 0 && has_dependents()) {
        Propagation::Foreground
    } else {
        Propagation::Background
    };
    vec![Action::Delete {
        target: ObjectRef::of(object),
        uid: meta(object, "uid").to_owned(),
        propagation,
    }]
}
