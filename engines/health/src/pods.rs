//! Pods, and what serves and feeds them.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use flux_object::meta;

use crate::fields::{conditions, text};
use crate::status::{Kind, Status, current, failed, in_progress};

/// How long a pod may be without a node before it counts as unschedulable.
const SCHEDULE_WINDOW: SignedDuration = SignedDuration::from_secs(15);

pub(crate) fn pod(object: &Value, now: Timestamp) -> Status {
    match text(object, "/status/phase", "") {
        "Succeeded" => current("Pod has completed successfully"),
        "Failed" => current("Pod has completed, but not successfully"),
        "Running" => running(object),
        "Pending" => pending(object, now),
        "" => in_progress("Pod phase not available"),
        phase => Status::new(Kind::Unknown, format!("unknown phase {phase}")),
    }
}

/// Whether a pod that is to end has ended well.
pub(crate) fn finished(object: &Value) -> Status {
    let name = meta::name(object);
    match text(object, "/status/phase", "") {
        "Succeeded" => current(format!("pod {name} succeeded")),
        "Failed" => failed(format!("pod {name} failed")),
        _ => in_progress("Pod in progress"),
    }
}

fn running(object: &Value) -> Status {
    if conditions(object).any(|condition| condition.is("Ready", "True")) {
        return current("Pod is Ready");
    }
    let looping: Vec<&str> = crash_looping(object).collect();
    if looping.is_empty() {
        in_progress("Pod is running but is not Ready")
    } else {
        failed(format!("Containers in CrashLoop state: {}", looping.join(",")))
    }
}

fn pending(object: &Value, now: Timestamp) -> Status {
    let unschedulable = conditions(object)
        .find(|condition| condition.is("PodScheduled", "False"))
        .is_some_and(|condition| condition.reason == "Unschedulable");
    if !unschedulable {
        in_progress("Pod is in the Pending phase")
    } else if is_younger_than(object, SCHEDULE_WINDOW, now) {
        in_progress("Pod has not been scheduled")
    } else {
        failed("Pod could not be scheduled")
    }
}

fn is_younger_than(object: &Value, age: SignedDuration, now: Timestamp) -> bool {
    meta::creation_timestamp(object)
        .and_then(|text| text.parse::<Timestamp>().ok())
        .is_some_and(|created| now.duration_since(created) < age)
}

fn crash_looping(object: &Value) -> impl Iterator<Item = &str> {
    let statuses = object
        .pointer("/status/containerStatuses")
        .and_then(Value::as_array);
    statuses
        .into_iter()
        .flatten()
        .filter(|status| text(status, "/state/waiting/reason", "") == "CrashLoopBackOff")
        .filter_map(|status| status["name"].as_str())
}

pub(crate) fn claim(object: &Value) -> Status {
    match text(object, "/status/phase", "unknown") {
        "Bound" => current("PVC is Bound"),
        phase => in_progress(format!("PVC is not Bound. phase: {phase}")),
    }
}

pub(crate) fn service(object: &Value) -> Status {
    let balanced = text(object, "/spec/type", "ClusterIP") == "LoadBalancer";
    if balanced && text(object, "/spec/clusterIP", "").is_empty() {
        in_progress("ClusterIP not set. Service type: LoadBalancer")
    } else {
        current("Service is ready")
    }
}
