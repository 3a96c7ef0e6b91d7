//! ReplicaSets keep the wanted number of pods.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{deleting, int, omit_empty, status_update};
use super::population::{self, Count, Maker};
use super::{Config, Step, View, pod};

/// Field manager of all that the controller manager writes.
pub(crate) const MANAGER: &str = "kube-controller-manager";

/// Look at one ReplicaSet.
pub(crate) fn step(set: &Value, view: &dyn View, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(set) {
        return step;
    }
    let count = if config.pods {
        let pods = population::active(set, view);
        let wanted = usize::try_from(replicas(set)).unwrap_or(0);
        if pods.len() < wanted {
            let maker = Maker {
                owner: set,
                template: &set["spec"]["template"],
                config,
                now,
            };
            step.actions = (pods.len()..wanted)
                .map(|n| maker.create(maker.sibling(n), MANAGER).0)
                .collect();
        } else if pods.len() > wanted {
            let mut pods = pods.clone();
            population::by_worth(&mut pods);
            step.actions = pods[..pods.len() - wanted]
                .iter()
                .map(|pod| pod::remove(pod))
                .collect();
        } else {
            step.actions = population::restage(set, &pods, config, now);
        }
        if !step.actions.is_empty() {
            // The change of the pods brings us back here: one status then instead of two.
            return step;
        }
        population::count(&pods, int(&set["spec"]["minReadySeconds"]), now)
    } else {
        population::imagine(set, replicas(set), &population::stage(set), now)
    };
    step.wake = count.wake;
    step.actions
        .extend(status_update(set, status(set, count), MANAGER));
    step
}

/// The wanted number of pods of anything with `spec.replicas`.
pub(crate) fn replicas(object: &Value) -> i64 {
    object["spec"]["replicas"].as_i64().unwrap_or(1)
}

/// The status of a ReplicaSet with that many pods.
pub(crate) fn status(set: &Value, count: Count) -> Value {
    let mut status = omit_empty(
        json!({
            "replicas": count.replicas,
            "fullyLabeledReplicas": count.replicas,
            "readyReplicas": count.ready,
            "availableReplicas": count.available,
            "observedGeneration": set["metadata"]["generation"],
        }),
        &["replicas"],
    );
    if !set["status"]["conditions"].is_null() {
        status["conditions"] = set["status"]["conditions"].clone();
    }
    status
}
