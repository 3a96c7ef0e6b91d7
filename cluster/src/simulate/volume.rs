//! PersistentVolumeClaims bind: to the volume that they name, to a free one without class, or to one made for them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{created, deleting, items, meta, set_meta, status_update, text};
use super::replicaset::MANAGER;
use super::stage::Stage;
use super::{Action, Config, ObjectRef, Parts, Propagation, Step, View};

const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// Look at one claim.
pub(crate) fn claim(claim: &Value, view: &dyn View, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(claim) {
        step.actions
            .extend(release(claim, CLAIM_PROTECTION, in_use(claim, view)));
        return step;
    }
    if !config.kubelet || claim["status"]["phase"] == "Bound" {
        return step;
    }
    match Stage::of(&[&claim["metadata"]["annotations"]]).ready_at(created(claim, now)) {
        Some(due) if due <= now => {}
        due => {
            step.wake = due;
            step.actions
                .extend(status_update(claim, json!({"phase": "Pending"}), MANAGER));
            return step;
        }
    }
    let (volume, existing) = match choose(claim, view) {
        Choice::Existing(volume) => (Value::clone(&volume), true),
        Choice::Provision => (provision(claim), false),
        Choice::Wait => {
            step.actions
                .extend(status_update(claim, json!({"phase": "Pending"}), MANAGER));
            return step;
        }
    };
    step.actions.push(bind_volume(claim, volume.clone(), existing));
    let mut object = claim.clone();
    object["spec"]["volumeName"] = volume["metadata"]["name"].clone();
    set_meta(
        &mut object,
        "annotations",
        "pv.kubernetes.io/bind-completed",
        "yes",
    );
    set_meta(
        &mut object,
        "annotations",
        "pv.kubernetes.io/bound-by-controller",
        "yes",
    );
    object["status"] = json!({
        "phase": "Bound",
        "accessModes": volume["spec"]["accessModes"],
        "capacity": volume["spec"]["capacity"],
    });
    step.actions.push(Action::Update {
        object,
        parts: Parts::Both,
        manager: MANAGER,
    });
    step
}

/// Look at one volume: give it a phase, and take it away with its claim.
pub(crate) fn volume(volume: &Value, view: &dyn View, config: &Config) -> Step {
    let mut step = Step::default();
    let claim = &volume["spec"]["claimRef"];
    let bound = !text(&claim["uid"]).is_empty()
        && view
            .get(
                "",
                "PersistentVolumeClaim",
                text(&claim["namespace"]),
                text(&claim["name"]),
            )
            .is_some_and(|found| found["metadata"]["uid"] == claim["uid"]);
    if deleting(volume) {
        step.actions.extend(release(volume, VOLUME_PROTECTION, bound));
        return step;
    }
    if !config.kubelet {
        return step;
    }
    let phase = match (text(&claim["uid"]).is_empty(), bound) {
        (true, _) => "Available",
        (false, true) => "Bound",
        (false, false) if volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete" => {
            step.actions.push(Action::Delete {
                target: ObjectRef::of(volume),
                uid: meta(volume, "uid").to_owned(),
                propagation: Propagation::Background,
            });
            return step;
        }
        (false, false) => "Released",
    };
    step.actions
        .extend(status_update(volume, json!({"phase": phase}), MANAGER));
    step
}

/// Take our finalizer off an object that is being deleted, unless it is in use.
fn release(object: &Value, finalizer: &str, used: bool) -> Option<Action> {
    let finalizers = items(&object["metadata"]["finalizers"]);
    if used || !finalizers.iter().any(|f| f == finalizer) {
        return None;
    }
    let left: Vec<&Value> = finalizers.iter().filter(|f| *f != finalizer).collect();
    let mut object = object.clone();
    object["metadata"]["finalizers"] = json!(left);
    Some(Action::Update {
        object,
        parts: Parts::Main,
        manager: MANAGER,
    })
}

/// Whether a pod that has not ended uses the claim.
fn in_use(claim: &Value, view: &dyn View) -> bool {
    let name = meta(claim, "name");
    let users = view.select("", "Pod", meta(claim, "namespace"), &|pod| {
        pod.claims.iter().any(|claim| **claim == *name)
    });
    users.iter().any(|pod| !super::pod::is_finished(pod))
}

/// The claims that a pod uses, to be looked at again when the pod goes.
pub(crate) fn claims_of(pod: &Value) -> impl Iterator<Item = ObjectRef> {
    let namespace = meta(pod, "namespace");
    items(&pod["spec"]["volumes"])
        .iter()
        .filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str())
        .map(move |name| ObjectRef::new("", "PersistentVolumeClaim", namespace, name))
}

enum Choice {
    Existing(Arc<Value>),
    Provision,
    Wait,
}

fn choose(claim: &Value, view: &dyn View) -> Choice {
    let spec = &claim["spec"];
    let named = text(&spec["volumeName"]);
    if !named.is_empty() {
        return view
            .get("", "PersistentVolume", "", named)
            .map_or(Choice::Wait, Choice::Existing);
    }
    let free = |volume: &Arc<Value>| {
        let reference = &volume["spec"]["claimRef"];
        let ours = reference["name"] == claim["metadata"]["name"]
            && reference["namespace"] == claim["metadata"]["namespace"]
            && (reference["uid"].is_null() || reference["uid"] == claim["metadata"]["uid"]);
        let modes = items(&volume["spec"]["accessModes"]);
        (reference.is_null() || ours)
            && !deleting(volume)
            && text(&volume["spec"]["storageClassName"]) == text(&spec["storageClassName"])
            && items(&spec["accessModes"])
                .iter()
                .all(|mode| modes.contains(mode))
            && quantity(text(&volume["spec"]["capacity"]["storage"]))
                >= quantity(text(&spec["resources"]["requests"]["storage"]))
    };
    let mut volumes = view.list("", "PersistentVolume", None);
    volumes.retain(free);
    let smallest = volumes.into_iter().min_by(|a, b| {
        let size = |volume: &Value| quantity(text(&volume["spec"]["capacity"]["storage"]));
        size(a).total_cmp(&size(b))
    });
    match smallest {
        Some(volume) => Choice::Existing(volume),
        // An empty class means: no dynamic provisioning.
        None if spec["storageClassName"] == "" => Choice::Wait,
        None => Choice::Provision,
    }
}

/// A quantity as a number; what is not one counts as 0.
pub(crate) fn quantity(text: &str) -> f64 {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-')
        .unwrap_or(text.len());
    let number: f64 = text[..split].parse().unwrap_or(0.0);
    let factor = match &text[split..] {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1024.0_f64.powi(2),
        "Gi" => 1024.0_f64.powi(3),
        "Ti" => 1024.0_f64.powi(4),
        "Pi" => 1024.0_f64.powi(5),
        "Ei" => 1024.0_f64.powi(6),
        exponent => exponent
            .strip_prefix(['e', 'E'])
            .and_then(|e| e.parse().ok())
            .map_or(1.0, |e| 10.0_f64.powi(e)),
    };
    number * factor
}

fn provision(claim: &Value) -> Value {
    let spec = &claim["spec"];
    json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": format!("pvc-{}", meta(claim, "uid")),
            "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER},
            "finalizers": [VOLUME_PROTECTION],
        },
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": text(&spec["storageClassName"]),
            "volumeMode": spec["volumeMode"].as_str().unwrap_or("Filesystem"),
            "hostPath": {"path": format!("/simulated/{}", meta(claim, "uid")), "type": "DirectoryOrCreate"},
        },
    })
}

/// The provisioner of the simulated StorageClass.
pub(crate) const PROVISIONER: &str = "sim.ferroflux.dev/volumes";

fn bind_volume(claim: &Value, mut volume: Value, existing: bool) -> Action {
    volume["spec"]["claimRef"] = json!({
        "kind": "PersistentVolumeClaim",
        "namespace": claim["metadata"]["namespace"],
        "name": claim["metadata"]["name"],
        "uid": claim["metadata"]["uid"],
        "apiVersion": "v1",
        "resourceVersion": claim["metadata"]["resourceVersion"],
    });
    volume["status"] = json!({"phase": "Bound"});
    if existing {
        Action::Update {
            object: volume,
            parts: Parts::Both,
            manager: MANAGER,
        }
    } else {
        Action::Create {
            object: volume,
            manager: MANAGER,
        }
    }
}
