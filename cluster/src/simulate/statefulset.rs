//! StatefulSets keep numbered pods, started and updated in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{deleting, int, items, meta, omit_empty, set_meta, status_update, text};
use super::population::{self, Maker};
use super::replicaset::{MANAGER, replicas};
use super::{Action, Config, Step, View, pod, revision};

/// Look at one StatefulSet.
pub(crate) fn step(set: &Value, view: &dyn View, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(set) {
        return step;
    }
    let hash = revision::hash(set);
    let pods = Pods::of(set, &hash, view);
    if config.pods {
        let live: Vec<&str> = pods.all.iter().map(|pod| pod_hash(pod)).collect();
        step.actions = revision::record(set, &hash, &live, view);
        let changes = pods.changes(set, view, config, now);
        if !changes.is_empty() {
            step.actions.extend(changes);
            return step;
        }
    }
    let (status, wake) = status(set, &pods, &hash, config, now);
    step.wake = wake;
    step.actions.extend(status_update(set, status, MANAGER));
    step
}

fn pod_hash(pod: &Value) -> &str {
    let label = text(&pod["metadata"]["labels"][revision::POD_LABEL]);
    label.rsplit_once('-').map_or(label, |(_, hash)| hash)
}

/// The pods of a StatefulSet by their number.
struct Pods {
    all: Vec<Arc<Value>>,
    by_number: BTreeMap<i64, Arc<Value>>,
    start: i64,
    end: i64,
    hash: String,
}

impl Pods {
    fn of(set: &Value, hash: &str, view: &dyn View) -> Self {
        let all = population::owned(set, view);
        let number = |pod: &Value| {
            meta(pod, "name")
                .rsplit_once('-')
                .and_then(|(_, number)| number.parse().ok())
        };
        let by_number = all
            .iter()
            .filter_map(|pod| Some((number(pod)?, Arc::clone(pod))))
            .collect();
        let start = int(&set["spec"]["ordinals"]["start"]);
        Self {
            all,
            by_number,
            start,
            end: start + replicas(set),
            hash: hash.to_owned(),
        }
    }

    fn is_new(&self, pod: &Value) -> bool {
        pod_hash(pod) == self.hash
    }

    fn changes(&self, set: &Value, view: &dyn View, config: &Config, now: Timestamp) -> Vec<Action> {
        let finished: Vec<Action> = self
            .all
            .iter()
            .filter(|pod| pod::is_finished(pod))
            .map(|pod| pod::remove(pod))
            .collect();
        if !finished.is_empty() {
            return finished;
        }
        let parallel = set["spec"]["podManagementPolicy"] == "Parallel";
        let actions = self.start_missing(set, view, config, now, parallel);
        if !actions.is_empty() {
            return actions;
        }
        let actions = population::restage(set, &self.all, config, now);
        if !actions.is_empty() {
            return actions;
        }
        let settled = self
            .by_number
            .values()
            .all(|pod| pod::is_ready(pod) && !deleting(pod));
        if let Some((_, last)) = self.by_number.range(self.end..).next_back() {
            return if deleting(last) {
                Vec::new()
            } else {
                vec![pod::remove(last)]
            };
        }
        self.update(set, settled)
    }

    /// Create what is missing: in order, each only when the one before is ready, or all at once.
    fn start_missing(
        &self,
        set: &Value,
        view: &dyn View,
        config: &Config,
        now: Timestamp,
        parallel: bool,
    ) -> Vec<Action> {
        let maker = Maker {
            owner: set,
            template: &set["spec"]["template"],
            config,
            now,
        };
        let mut actions = Vec::new();
        for number in self.start..self.end {
            let ready = match self.by_number.get(&number) {
                Some(pod) => pod::is_ready(pod) && !deleting(pod),
                None => {
                    actions.extend(claims(set, number, view));
                    let (action, ready) = maker.create(self.numbered(&maker, set, number), MANAGER);
                    actions.push(action);
                    ready
                }
            };
            if !ready && !parallel {
                break;
            }
        }
        actions
    }

    fn numbered(&self, maker: &Maker<'_>, set: &Value, number: i64) -> Value {
        let set_name = meta(set, "name");
        let name = format!("{set_name}-{number}");
        let mut pod = maker.pod(&name);
        pod["metadata"]["generateName"] = json!(format!("{set_name}-"));
        set_meta(&mut pod, "labels", "statefulset.kubernetes.io/pod-name", &name);
        set_meta(
            &mut pod,
            "labels",
            "apps.kubernetes.io/pod-index",
            &number.to_string(),
        );
        set_meta(
            &mut pod,
            "labels",
            revision::POD_LABEL,
            &format!("{set_name}-{}", self.hash),
        );
        pod["spec"]["hostname"] = json!(name);
        pod["spec"]["subdomain"] = set["spec"]["serviceName"].clone();
        let templates = items(&set["spec"]["volumeClaimTemplates"]);
        if !templates.is_empty() {
            let claimed: Vec<&str> = templates.iter().map(|template| meta(template, "name")).collect();
            let mut volumes: Vec<Value> = items(&pod["spec"]["volumes"]).to_vec();
            volumes.retain(|volume| !claimed.contains(&text(&volume["name"])));
            volumes.extend(claimed.iter().map(|claim| {
                json!({"name": claim, "persistentVolumeClaim": {"claimName": format!("{claim}-{name}")}})
            }));
            pod["spec"]["volumes"] = json!(volumes);
        }
        pod
    }

    /// Delete the highest outdated pod, when all others are well; it comes back with the new template.
    fn update(&self, set: &Value, settled: bool) -> Vec<Action> {
        let strategy = &set["spec"]["updateStrategy"];
        if strategy["type"] == "OnDelete" {
            return Vec::new();
        }
        let from = int(&strategy["rollingUpdate"]["partition"]).max(self.start);
        let outdated = self
            .by_number
            .range(from..)
            .rev()
            .find(|(_, pod)| !self.is_new(pod));
        match outdated {
            // One that is not ready itself may go at once: nothing is lost with it.
            Some((_, pod)) if (settled || !pod::is_ready(pod)) && !deleting(pod) => vec![pod::remove(pod)],
            _ => Vec::new(),
        }
    }
}

/// The claims of pod `number` that do not exist yet.
fn claims(set: &Value, number: i64, view: &dyn View) -> Vec<Action> {
    let namespace = meta(set, "namespace");
    items(&set["spec"]["volumeClaimTemplates"])
        .iter()
        .filter_map(|template| {
            let name = format!("{}-{}-{number}", meta(template, "name"), meta(set, "name"));
            if view.get("", "PersistentVolumeClaim", namespace, &name).is_some() {
                return None;
            }
            let mut labels = template["metadata"]["labels"]
                .as_object()
                .cloned()
                .unwrap_or_default();
            labels.extend(
                set["spec"]["selector"]["matchLabels"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default(),
            );
            let mut object = json!({
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": template["spec"],
            });
            if !template["metadata"]["annotations"].is_null() {
                object["metadata"]["annotations"] = template["metadata"]["annotations"].clone();
            }
            Some(Action::Create {
                object,
                manager: MANAGER,
            })
        })
        .collect()
}

fn status(
    set: &Value,
    pods: &Pods,
    hash: &str,
    config: &Config,
    now: Timestamp,
) -> (Value, Option<Timestamp>) {
    let name = meta(set, "name");
    let update = format!("{name}-{hash}");
    let old = text(&set["status"]["currentRevision"]);
    let (count, updated) = if config.pods {
        let alive = |pod: &&Arc<Value>| !deleting(pod) && !pod::is_finished(pod);
        let live: Vec<Arc<Value>> = pods.all.iter().filter(alive).cloned().collect();
        let updated = live.iter().filter(|pod| pods.is_new(pod)).count();
        (
            population::count(&live, int(&set["spec"]["minReadySeconds"]), now),
            i64::try_from(updated).unwrap_or(0),
        )
    } else {
        let count = population::imagine(set, replicas(set), &population::stage(set), now);
        (count, count.replicas)
    };
    let complete =
        updated == count.replicas && count.ready == replicas(set) && count.replicas == replicas(set);
    let current = if complete || old.is_empty() {
        update.as_str()
    } else {
        old
    };
    let current_replicas = if current == update {
        updated
    } else {
        count.replicas - updated
    };
    let status = omit_empty(
        json!({
            "observedGeneration": set["metadata"]["generation"],
            "replicas": count.replicas,
            "readyReplicas": count.ready,
            "availableReplicas": count.available,
            "currentReplicas": current_replicas,
            "updatedReplicas": updated,
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
        }),
        &["replicas", "availableReplicas", "collisionCount"],
    );
    (status, count.wake)
}
