//! PodDisruptionBudgets: how many pods may be evicted.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::condition::condition;
use super::json::{deleting, int, meta, selector_matches, status_update};
use super::replicaset::MANAGER;
use super::{Step, View, pod, rollout};

/// Look at one budget.
pub(crate) fn step(budget: &Value, view: &dyn View, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(budget) {
        return step;
    }
    let selector = &budget["spec"]["selector"];
    let mut pods = view.select("", "Pod", meta(budget, "namespace"), &|pod| {
        selector.is_object() && selector_matches(selector, &pod.labels)
    });
    pods.retain(|pod| !pod::is_finished(pod));
    let expected = i64::try_from(pods.len()).unwrap_or(i64::MAX);
    let healthy = pods
        .iter()
        .filter(|pod| pod::is_ready(pod) && !deleting(pod))
        .count();
    let healthy = i64::try_from(healthy).unwrap_or(i64::MAX);
    let spec = &budget["spec"];
    let desired = if let Some(most) = rollout::scaled(&spec["maxUnavailable"], expected, true) {
        (expected - most).max(0)
    } else {
        rollout::scaled(&spec["minAvailable"], expected, true).unwrap_or(1)
    };
    let allowed = if expected == 0 {
        0
    } else {
        (healthy - desired).max(0)
    };
    let generation = &budget["metadata"]["generation"];
    let (state, reason) = if allowed > 0 {
        ("True", "SufficientPods")
    } else {
        ("False", "InsufficientPods")
    };
    let mut allow = condition(&budget["status"], "DisruptionAllowed", state, reason, "", now);
    allow["message"] = json!("");
    allow["observedGeneration"] = json!(int(generation));
    let status = json!({
        "observedGeneration": generation,
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "conditions": [allow],
    });
    step.actions.extend(status_update(budget, status, MANAGER));
    step
}
