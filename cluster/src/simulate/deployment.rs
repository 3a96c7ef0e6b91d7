//! Deployments roll out ReplicaSets.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::condition::{condition, find};
use super::json::{
    controller_reference, created, deleting, format_time, int, is_controlled_by, meta, omit_empty,
    parse_time, same_but_times, set_meta, text,
};
use super::names::template_hash;
use super::replicaset::{self, MANAGER, replicas};
use super::rollout::{self, bounds};
use super::{Action, Config, ObjectRef, Parts, Propagation, Step, View, population};

const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";

/// Look at one Deployment.
pub(crate) fn step(deployment: &Value, view: &dyn View, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(deployment) {
        return step;
    }
    let sets = Sets::of(deployment, view);
    step.actions = sets.changes(deployment, config, now);
    if !step.actions.is_empty() || !sets.observed() {
        // Every change of a ReplicaSet brings us back here; a status now would be one write too many.
        return step;
    }
    step.actions.extend(sets.cleanup(deployment));
    let (status, wake) = status(deployment, &sets, now);
    step.wake = wake;
    step.actions.extend(write(deployment, &sets, status));
    step
}

/// The ReplicaSets of a Deployment.
struct Sets {
    /// The one with the current template.
    new: Option<Arc<Value>>,
    /// The others, oldest revision first.
    old: Vec<Arc<Value>>,
}

impl Sets {
    fn of(deployment: &Value, view: &dyn View) -> Self {
        let mut old = view.owned_by(meta(deployment, "uid"));
        old.retain(|set| set["kind"] == "ReplicaSet" && is_controlled_by(set, deployment) && !deleting(set));
        old.sort_by_cached_key(|set| (revision(set), meta(set, "name").to_owned()));
        let wanted = &deployment["spec"]["template"];
        let new = old
            .iter()
            .position(|set| same_template(&set["spec"]["template"], wanted));
        let new = new.map(|index| old.remove(index));
        Self { new, old }
    }

    /// Whether the controller of each ReplicaSet has seen its latest spec.
    fn observed(&self) -> bool {
        self.old.iter().chain(&self.new).all(|set| {
            int(&set["status"]["observedGeneration"]) >= int(&set["metadata"]["generation"])
                && !set["status"]["replicas"].is_null()
        })
    }

    fn sum(sets: &[Arc<Value>], field: &str) -> i64 {
        sets.iter().map(|set| int(&set["status"][field])).sum()
    }

    fn old_size(&self) -> i64 {
        self.old.iter().map(|set| replicas(set)).sum()
    }

    /// Creation and scaling of ReplicaSets.
    fn changes(&self, deployment: &Value, config: &Config, now: Timestamp) -> Vec<Action> {
        let wanted = replicas(deployment);
        let bounds = bounds(deployment);
        let paused = deployment["spec"]["paused"] == true;
        let recreate = deployment["spec"]["strategy"]["type"] == "Recreate";
        let others = if recreate {
            self.old_size().max(Self::sum(&self.old, "replicas"))
        } else {
            self.old_size()
        };
        let Some(new) = &self.new else {
            if paused || (recreate && others > 0) {
                return self.scale_old(if paused { 0 } else { others }, deployment);
            }
            let size = rollout::grow(wanted, 0, others, bounds);
            return vec![self.create(deployment, size, config, now)];
        };
        let mut actions = Vec::new();
        let size = rollout::grow(wanted, replicas(new), others, bounds);
        let size = if recreate && others > 0 { 0 } else { size };
        if size != replicas(new) || self.annotations(deployment) != new["metadata"]["annotations"] {
            let mut object = Value::clone(new);
            object["spec"]["replicas"] = json!(size);
            object["metadata"]["annotations"] = self.annotations(deployment);
            actions.push(Action::Update {
                object,
                parts: Parts::Main,
                manager: MANAGER,
            });
            if size != replicas(new) {
                return actions;
            }
        }
        if !paused && self.observed() {
            let go = if recreate {
                self.old_size()
            } else {
                let available = |sets: &[Arc<Value>]| Self::sum(sets, "availableReplicas");
                let new = (replicas(new), int(&new["status"]["availableReplicas"]));
                rollout::shrink(wanted, bounds, new, (self.old_size(), available(&self.old)))
            };
            actions.extend(self.scale_old(go, deployment));
        }
        actions
    }

    /// Take `go` pods from the old ReplicaSets: first those that do not serve, then the oldest.
    fn scale_old(&self, go: i64, deployment: &Value) -> Vec<Action> {
        let mut left = go;
        let mut sizes: Vec<i64> = self.old.iter().map(|set| replicas(set)).collect();
        for (set, size) in self.old.iter().zip(&mut sizes) {
            let idle = (*size - int(&set["status"]["availableReplicas"])).clamp(0, left);
            *size -= idle;
            left -= idle;
        }
        for size in &mut sizes {
            let part = (*size).min(left);
            *size -= part;
            left -= part;
        }
        let changed = self
            .old
            .iter()
            .zip(sizes)
            .filter(|(set, size)| replicas(set) != *size);
        changed
            .map(|(set, size)| {
                let mut object = Value::clone(set);
                object["spec"]["replicas"] = json!(size);
                desired(&mut object, deployment);
                Action::Update {
                    object,
                    parts: Parts::Main,
                    manager: MANAGER,
                }
            })
            .collect()
    }

    /// The revision of the current template.
    fn revision(&self) -> i64 {
        let last = self.old.iter().map(|set| revision(set)).max().unwrap_or(0);
        match &self.new {
            Some(new) if revision(new) > last => revision(new),
            _ => last + 1,
        }
    }

    /// The annotations of the ReplicaSet of the current template: the Deployment's and the bookkeeping.
    fn annotations(&self, deployment: &Value) -> Value {
        let skip = |key: &str| key == REVISION || key == "kubectl.kubernetes.io/last-applied-configuration";
        let own = deployment["metadata"]["annotations"]
            .as_object()
            .into_iter()
            .flatten();
        let copied: Map<String, Value> = own
            .filter(|(key, _)| !skip(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let mut set = json!({"metadata": {"annotations": copied}});
        set_meta(&mut set, "annotations", REVISION, &self.revision().to_string());
        desired(&mut set, deployment);
        set["metadata"]["annotations"].take()
    }

    fn create(&self, deployment: &Value, size: i64, config: &Config, now: Timestamp) -> Action {
        let mut template = deployment["spec"]["template"].clone();
        let mut hash = template_hash(&template);
        let collisions = int(&deployment["status"]["collisionCount"]);
        if collisions > 0 {
            hash = template_hash(&json!([template, collisions]));
        }
        set_meta(&mut template, "labels", HASH, &hash);
        let mut selector = deployment["spec"]["selector"].clone();
        selector["matchLabels"][HASH] = json!(hash);
        let mut set = json!({
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": format!("{}-{hash}", meta(deployment, "name")),
                "namespace": meta(deployment, "namespace"),
                "labels": template["metadata"]["labels"],
                "annotations": self.annotations(deployment),
                "ownerReferences": [controller_reference(deployment)],
            },
            "spec": {"replicas": size, "selector": selector, "template": template},
        });
        let min_ready = int(&deployment["spec"]["minReadySeconds"]);
        if min_ready > 0 {
            set["spec"]["minReadySeconds"] = json!(min_ready);
        }
        if !config.pods {
            set["metadata"]["generation"] = json!(1);
            let count = population::imagine(&set, size, &population::stage(&set), now);
            set["status"] = replicaset::status(&set, count);
        }
        Action::Create {
            object: set,
            manager: MANAGER,
        }
    }

    /// Delete the oldest empty ReplicaSets beyond the history limit.
    fn cleanup(&self, deployment: &Value) -> Vec<Action> {
        let limit = deployment["spec"]["revisionHistoryLimit"].as_i64().unwrap_or(10);
        let surplus = self
            .old
            .len()
            .saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        let empty = |set: &&Arc<Value>| replicas(set) == 0 && int(&set["status"]["replicas"]) == 0;
        self.old[..surplus]
            .iter()
            .filter(empty)
            .map(|set| Action::Delete {
                target: ObjectRef::of(set),
                uid: meta(set, "uid").to_owned(),
                propagation: Propagation::Background,
            })
            .collect()
    }
}

fn desired(set: &mut Value, deployment: &Value) {
    let wanted = replicas(deployment);
    let most = wanted + bounds(deployment).surge;
    set_meta(
        set,
        "annotations",
        "deployment.kubernetes.io/desired-replicas",
        &wanted.to_string(),
    );
    set_meta(
        set,
        "annotations",
        "deployment.kubernetes.io/max-replicas",
        &most.to_string(),
    );
}

fn revision(object: &Value) -> i64 {
    text(&object["metadata"]["annotations"][REVISION])
        .parse()
        .unwrap_or(0)
}

/// Whether two pod templates are the same but for the hash label.
fn same_template(set: &Value, wanted: &Value) -> bool {
    let mut set = set.clone();
    if let Some(labels) = set["metadata"]["labels"].as_object_mut() {
        labels.remove(HASH);
    }
    set == *wanted
}

/// Write the status, and with it the revision annotation where that moved on.
fn write(deployment: &Value, sets: &Sets, status: Value) -> Option<Action> {
    let revision = sets.new.as_ref().map(|_| sets.revision().to_string());
    let mut object = deployment.clone();
    let annotate =
        revision.filter(|revision| deployment["metadata"]["annotations"][REVISION] != json!(revision));
    if let Some(revision) = &annotate {
        set_meta(&mut object, "annotations", REVISION, revision);
    }
    // The times of a condition move with its text only, but a rollout that makes progress restarts its deadline.
    let same = same_but_times(&deployment["status"], &status);
    object["status"] = status;
    // The annotation goes with the status, so that it does not count as a new generation.
    (annotate.is_some() || !same).then_some(Action::Update {
        object,
        parts: Parts::Status,
        manager: MANAGER,
    })
}

/// The status of a Deployment and when it must be looked at again.
fn status(deployment: &Value, sets: &Sets, now: Timestamp) -> (Value, Option<Timestamp>) {
    let all: Vec<Arc<Value>> = sets.old.iter().chain(&sets.new).cloned().collect();
    let updated = sets.new.as_ref().map_or(0, |set| int(&set["status"]["replicas"]));
    let available = Sets::sum(&all, "availableReplicas");
    let size: i64 = all.iter().map(|set| replicas(set)).sum();
    let mut status = omit_empty(
        json!({
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": Sets::sum(&all, "replicas"),
            "updatedReplicas": updated,
            "readyReplicas": Sets::sum(&all, "readyReplicas"),
            "availableReplicas": available,
            "unavailableReplicas": (size - available).max(0),
            "collisionCount": deployment["status"]["collisionCount"],
        }),
        &[],
    );
    let old = &deployment["status"];
    let enough = available >= replicas(deployment) - bounds(deployment).unavailable;
    let mut conditions = vec![if enough {
        let message = "Deployment has minimum availability.";
        condition(old, "Available", "True", "MinimumReplicasAvailable", message, now)
    } else {
        let message = "Deployment does not have minimum availability.";
        condition(
            old,
            "Available",
            "False",
            "MinimumReplicasUnavailable",
            message,
            now,
        )
    }];
    let (progress, wake) = progress(deployment, sets, &status, now);
    conditions.extend(progress);
    for new in &mut conditions {
        let before = find(old, text(&new["type"]));
        let same = before.is_some_and(|before| same_but_times(before, new));
        // Times belong to the text: where nothing is new, keep the time of the last update.
        if new["lastUpdateTime"].is_null() {
            let kept = before
                .filter(|_| same)
                .map(|before| before["lastUpdateTime"].clone());
            new["lastUpdateTime"] = kept.unwrap_or_else(|| json!(format_time(now)));
        }
    }
    status["conditions"] = json!(conditions);
    (status, wake)
}

/// The Progressing condition and the deadline that it waits for.
fn progress(
    deployment: &Value,
    sets: &Sets,
    status: &Value,
    now: Timestamp,
) -> (Option<Value>, Option<Timestamp>) {
    let old = &deployment["status"];
    let before = find(old, "Progressing");
    let limit = deployment["spec"]["progressDeadlineSeconds"]
        .as_i64()
        .unwrap_or(600);
    if limit == i64::from(i32::MAX) {
        return (None, None);
    }
    if deployment["spec"]["paused"] == true {
        let message = "Deployment is paused";
        return (
            Some(condition(
                old,
                "Progressing",
                "Unknown",
                "DeploymentPaused",
                message,
                now,
            )),
            None,
        );
    }
    let Some(new) = &sets.new else {
        return (before.cloned(), None);
    };
    let name = meta(new, "name");
    let wanted = replicas(deployment);
    let all = |field: &str| int(&status[field]) == wanted;
    if all("updatedReplicas") && all("replicas") && all("availableReplicas") {
        let message = format!("ReplicaSet \"{name}\" has successfully progressed.");
        return (
            Some(condition(
                old,
                "Progressing",
                "True",
                "NewReplicaSetAvailable",
                &message,
                now,
            )),
            None,
        );
    }
    let grew = |field: &str| int(&status[field]) > int(&old[field]);
    let moved = grew("updatedReplicas") || grew("readyReplicas") || grew("availableReplicas");
    let new_rollout = before.is_none_or(|before| !text(&before["message"]).contains(&format!("\"{name}\"")));
    let was_complete = before.is_some_and(|before| before["reason"] == "NewReplicaSetAvailable");
    if was_complete && !new_rollout {
        // A finished rollout that lost pods is not a rollout: upstream leaves the condition alone.
        return (before.cloned(), None);
    }
    let since = if moved || new_rollout {
        now
    } else {
        before
            .and_then(|before| parse_time(&before["lastUpdateTime"]))
            .unwrap_or_else(|| created(deployment, now))
    };
    let deadline = since.checked_add(SignedDuration::from_secs(limit)).ok();
    if deadline.is_some_and(|deadline| deadline <= now) {
        let message = format!("ReplicaSet \"{name}\" has timed out progressing.");
        return (
            Some(condition(
                old,
                "Progressing",
                "False",
                "ProgressDeadlineExceeded",
                &message,
                now,
            )),
            None,
        );
    }
    if before.is_some_and(|before| before["reason"] == "ProgressDeadlineExceeded") && !moved && !new_rollout {
        return (before.cloned(), None);
    }
    let message = format!("ReplicaSet \"{name}\" is progressing.");
    let mut new = condition(old, "Progressing", "True", "ReplicaSetUpdated", &message, now);
    new["lastUpdateTime"] = json!(format_time(since));
    (Some(new), deadline)
}
