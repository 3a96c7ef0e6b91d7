//! DaemonSets keep one pod on the one node.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{deleting, int, omit_empty, set_meta, status_update, text};
use super::population::{self, Maker};
use super::replicaset::MANAGER;
use super::{Config, Step, View, pod, revision};

/// Look at one DaemonSet.
pub(crate) fn step(set: &Value, view: &dyn View, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(set) {
        return step;
    }
    let hash = revision::hash(set);
    let (count, updated) = if config.pods {
        let pods = population::active(set, view);
        let is_new = |pod: &Value| text(&pod["metadata"]["labels"][revision::POD_LABEL]) == hash;
        let live: Vec<&str> = pods
            .iter()
            .map(|p| text(&p["metadata"]["labels"][revision::POD_LABEL]))
            .collect();
        step.actions = revision::record(set, &hash, &live, view);
        if pods.is_empty() {
            let maker = Maker {
                owner: set,
                template: &set["spec"]["template"],
                config,
                now,
            };
            step.actions
                .push(maker.create(pod_of(&maker, set, &hash), MANAGER).0);
            return step;
        }
        let rolling = set["spec"]["updateStrategy"]["type"] != "OnDelete";
        let surplus = pods
            .iter()
            .enumerate()
            .filter(|(n, pod)| *n > 0 || (rolling && !is_new(pod)));
        let changes: Vec<_> = surplus.map(|(_, pod)| pod::remove(pod)).collect();
        let changes = if changes.is_empty() {
            population::restage(set, &pods, config, now)
        } else {
            changes
        };
        if !changes.is_empty() {
            step.actions.extend(changes);
            return step;
        }
        let updated = pods.iter().filter(|pod| is_new(pod)).count();
        (
            population::count(&pods, int(&set["spec"]["minReadySeconds"]), now),
            i64::try_from(updated).unwrap_or(0),
        )
    } else {
        (population::imagine(set, 1, &population::stage(set), now), 1)
    };
    step.wake = count.wake;
    let status = omit_empty(
        json!({
            "currentNumberScheduled": count.replicas,
            "numberMisscheduled": 0,
            "desiredNumberScheduled": 1,
            "numberReady": count.ready,
            "observedGeneration": set["metadata"]["generation"],
            "updatedNumberScheduled": updated,
            "numberAvailable": count.available,
            "numberUnavailable": 1 - count.available,
        }),
        &[
            "currentNumberScheduled",
            "numberMisscheduled",
            "desiredNumberScheduled",
            "numberReady",
        ],
    );
    step.actions.extend(status_update(set, status, MANAGER));
    step
}

fn pod_of(maker: &Maker<'_>, set: &Value, hash: &str) -> Value {
    let mut pod = maker.sibling(0);
    set_meta(&mut pod, "labels", revision::POD_LABEL, hash);
    let generation = text(&set["metadata"]["annotations"]["deprecated.daemonset.template.generation"]);
    if !generation.is_empty() {
        set_meta(&mut pod, "labels", "pod-template-generation", generation);
    }
    pod
}
