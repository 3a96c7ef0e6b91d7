//! The pods of a workload object: as objects, or only counted.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{
    controller_reference, created, deleting, is_controlled_by, meta, parse_time, set_meta, text,
};
use super::names::{generated, hash};
use super::stage::{PREFIX, Stage};
use super::{Action, Config, Parts, View, condition, pod};

/// How many pods there are, in the ways that statuses count them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) replicas: i64,
    pub(crate) ready: i64,
    pub(crate) available: i64,
    /// When `available` will grow by the passing of time alone.
    pub(crate) wake: Option<Timestamp>,
}

/// The pods that the owner controls and that are neither finished nor being deleted.
pub(crate) fn active(owner: &Value, view: &dyn View) -> Vec<Arc<Value>> {
    let mut pods = owned(owner, view);
    pods.retain(|pod| !deleting(pod) && !pod::is_finished(pod));
    pods
}

/// All pods that the owner controls.
pub(crate) fn owned(owner: &Value, view: &dyn View) -> Vec<Arc<Value>> {
    let mut pods = view.owned_by(meta(owner, "uid"));
    pods.retain(|pod| pod["kind"] == "Pod" && is_controlled_by(pod, owner));
    pods
}

/// Count pods; those ready for less than `min_ready` seconds are not available yet.
pub(crate) fn count(pods: &[Arc<Value>], min_ready: i64, now: Timestamp) -> Count {
    let mut count = Count {
        replicas: i64::try_from(pods.len()).unwrap_or(i64::MAX),
        ..Count::default()
    };
    for pod in pods.iter().filter(|pod| pod::is_ready(pod)) {
        count.ready += 1;
        let since =
            condition::find(&pod["status"], "Ready").and_then(|c| parse_time(&c["lastTransitionTime"]));
        let due = since.and_then(|since| since.checked_add(jiff::SignedDuration::from_secs(min_ready)).ok());
        match due {
            Some(due) if min_ready > 0 && due > now => {
                count.wake = Some(count.wake.map_or(due, |wake| wake.min(due)));
            }
            _ => count.available += 1,
        }
    }
    count
}

/// Count the pods that an owner would have where there are no pod objects.
pub(crate) fn imagine(owner: &Value, replicas: i64, stage: &Stage, now: Timestamp) -> Count {
    let due = stage.ready_at(created(owner, now));
    match due {
        Some(due) if due <= now => Count {
            replicas,
            ready: replicas,
            available: replicas,
            wake: None,
        },
        due => Count {
            replicas,
            wake: due,
            ..Count::default()
        },
    }
}

/// What is staged for the pods of a workload object with a pod template.
pub(crate) fn stage(owner: &Value) -> Stage {
    Stage::of(&[
        &owner["metadata"]["annotations"],
        &owner["spec"]["template"]["metadata"]["annotations"],
    ])
}

/// The staging annotations that the owner's pods carry: its own, under those of the template.
fn staged(owner: &Value) -> Vec<(String, String)> {
    let template = &owner["spec"]["template"]["metadata"]["annotations"];
    let own = owner["metadata"]["annotations"].as_object();
    own.into_iter()
        .flatten()
        .filter(|(key, _)| key.starts_with(PREFIX) && template.get(key).is_none())
        .map(|(key, value)| (key.clone(), text(value).to_owned()))
        .collect()
}

/// A pod made from a template, named and owned, scheduled and running as far as it is at `now`.
pub(crate) struct Maker<'a> {
    pub(crate) owner: &'a Value,
    pub(crate) template: &'a Value,
    pub(crate) config: &'a Config,
    pub(crate) now: Timestamp,
}

impl Maker<'_> {
    /// The pod of that name, before it runs.
    pub(crate) fn pod(&self, name: &str) -> Value {
        let template = &self.template["metadata"];
        let mut pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": meta(self.owner, "namespace"),
                "ownerReferences": [controller_reference(self.owner)],
            },
            "spec": self.template["spec"],
        });
        for field in ["labels", "annotations", "finalizers"] {
            if !template[field].is_null() {
                pod["metadata"][field] = template[field].clone();
            }
        }
        for (key, value) in staged(self.owner) {
            set_meta(&mut pod, "annotations", &key, &value);
        }
        pod
    }

    /// The pod with a generated name; `salt` tells siblings made at the same time apart.
    pub(crate) fn sibling(&self, salt: usize) -> Value {
        let owner = meta(self.owner, "name");
        let at = self.now.as_nanosecond().to_string();
        let hash = hash(&[meta(self.owner, "uid"), &at, &salt.to_string()]);
        let mut pod = self.pod(&generated(owner, hash));
        pod["metadata"]["generateName"] = json!(format!("{owner}-"));
        pod
    }

    /// The action that creates the pod as it is at `now`, and whether it is ready at once.
    pub(crate) fn create(&self, mut pod: Value, manager: &'static str) -> (Action, bool) {
        if self.config.kubelet {
            pod::run(&mut pod, self.config, self.now);
        }
        let ready = pod::is_ready(&pod);
        (Action::Create { object: pod, manager }, ready)
    }
}

/// Writes that bring the staging annotations of pods in line with their owner's.
pub(crate) fn restage(owner: &Value, pods: &[Arc<Value>], config: &Config, now: Timestamp) -> Vec<Action> {
    let wanted = staged(owner);
    let template = &owner["spec"]["template"]["metadata"]["annotations"];
    let is_stale = |pod: &Value| {
        let have = pod["metadata"]["annotations"].as_object();
        let extra = have.is_some_and(|have| {
            have.keys().any(|key| {
                key.starts_with(PREFIX)
                    && template.get(key).is_none()
                    && !wanted.iter().any(|(name, _)| name == key)
            })
        });
        extra
            || wanted
                .iter()
                .any(|(key, value)| pod["metadata"]["annotations"][key] != json!(value))
    };
    pods.iter()
        .filter(|pod| is_stale(pod))
        .map(|pod| {
            let mut object = Value::clone(pod);
            if let Some(map) = object["metadata"]["annotations"].as_object_mut() {
                map.retain(|key, _| !key.starts_with(PREFIX) || template.get(key).is_some());
            }
            for (key, value) in &wanted {
                set_meta(&mut object, "annotations", key, value);
            }
            pod::run(&mut object, config, now);
            Action::Update {
                object,
                parts: Parts::Both,
                manager: "kubelet",
            }
        })
        .collect()
}

/// Which pods to delete first: those not ready, then the newest.
pub(crate) fn by_worth(pods: &mut [Arc<Value>]) {
    pods.sort_by_cached_key(|pod| {
        let created = meta(pod, "creationTimestamp").to_owned();
        (
            pod::is_ready(pod),
            std::cmp::Reverse(created),
            meta(pod, "name").to_owned(),
        )
    });
}
