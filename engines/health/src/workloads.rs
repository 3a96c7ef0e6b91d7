//! Controllers of pods. Each rule is a list of shortfalls, the first of which is reported.

use serde_json::Value;

use flux_object::meta;

use crate::fields::{conditions, flag, found_int, int, text};
use crate::status::{Kind, Status, current, failed, in_progress};

/// The value that Kubernetes takes for "no deadline", in which case there is no `Progressing` condition to wait for.
const NO_DEADLINE: i64 = i32::MAX as i64;

/// `label: have/want` when there are too few.
fn short(label: &str, have: i64, want: i64) -> Option<Status> {
    (want > have).then(|| in_progress(format!("{label}: {have}/{want}")))
}

fn too_many(have: i64, want: i64) -> Option<Status> {
    (have > want).then(|| in_progress(format!("Pending termination: {}", have - want)))
}

pub(crate) fn deployment(object: &Value) -> Status {
    let mut progressing = int(object, "/spec/progressDeadlineSeconds", NO_DEADLINE) == NO_DEADLINE;
    let mut available = false;
    for condition in conditions(object) {
        if condition.kind == "Progressing" && condition.reason == "ProgressDeadlineExceeded" {
            return failed("Progress deadline exceeded");
        }
        progressing |= condition.is("Progressing", "True") && condition.reason == "NewReplicaSetAvailable";
        available |= condition.is("Available", "True");
    }
    let wanted = int(object, "/spec/replicas", 1);
    let replicas = int(object, "/status/replicas", 0);
    let updated = int(object, "/status/updatedReplicas", 0);
    let ready = int(object, "/status/readyReplicas", 0);
    short("Replicas", replicas, wanted)
        .or_else(|| short("Updated", updated, wanted))
        .or_else(|| too_many(replicas, wanted))
        .or_else(|| short("Available", int(object, "/status/availableReplicas", 0), updated))
        .or_else(|| short("Ready", ready, wanted))
        .or_else(|| (!progressing).then(|| in_progress("ReplicaSet not Available")))
        .or_else(|| (!available).then(|| in_progress("Deployment not Available")))
        .unwrap_or_else(|| current(format!("Deployment is available. Replicas: {replicas}")))
}

pub(crate) fn replica_set(object: &Value) -> Status {
    if conditions(object).any(|condition| condition.is("ReplicaFailure", "True")) {
        return in_progress("Replica Failure condition. Check Pods");
    }
    let wanted = int(object, "/spec/replicas", 1);
    let replicas = int(object, "/status/replicas", 0);
    let count = |field: &str| int(object, field, 0);
    short("Labelled", count("/status/fullyLabeledReplicas"), wanted)
        .or_else(|| short("Available", count("/status/availableReplicas"), wanted))
        .or_else(|| short("Ready", count("/status/readyReplicas"), wanted))
        .or_else(|| too_many(replicas, wanted))
        .unwrap_or_else(|| current(format!("ReplicaSet is available. Replicas: {replicas}")))
}

pub(crate) fn stateful_set(object: &Value) -> Status {
    if text(object, "/spec/updateStrategy/type", "") == "OnDelete" {
        return current("StatefulSet is using the ondelete update strategy");
    }
    let wanted = int(object, "/spec/replicas", 1);
    let replicas = int(object, "/status/replicas", 0);
    let shortfall = short("Replicas", replicas, wanted)
        .or_else(|| short("Ready", int(object, "/status/readyReplicas", 0), wanted))
        .or_else(|| too_many(replicas, wanted));
    if let Some(shortfall) = shortfall {
        return shortfall;
    }
    match found_int(object, "/spec/updateStrategy/rollingUpdate/partition") {
        // kstatus takes -1 for "no partition".
        Some(partition) if partition != -1 => partitioned(object, wanted.saturating_sub(partition)),
        _ => rolled_out(object, wanted, replicas),
    }
}

fn partitioned(object: &Value, wanted: i64) -> Status {
    let updated = int(object, "/status/updatedReplicas", 0);
    short("updated", updated, wanted)
        .unwrap_or_else(|| current(format!("Partition rollout complete. updated: {updated}")))
}

fn rolled_out(object: &Value, wanted: i64, replicas: i64) -> Status {
    if let Some(shortfall) = short("current", int(object, "/status/currentReplicas", 0), wanted) {
        return shortfall;
    }
    if text(object, "/status/currentRevision", "") != text(object, "/status/updateRevision", "") {
        return in_progress("Waiting for updated revision to match current");
    }
    current(format!(
        "All replicas scheduled as expected. Replicas: {replicas}"
    ))
}

pub(crate) fn daemon_set(object: &Value) -> Status {
    // The shared rule lets objects pass whose generations are not set; here that means that nobody has looked yet.
    let kind = meta::kind(object);
    for (pointer, field) in [
        ("/metadata/generation", "metadata.generation"),
        ("/status/observedGeneration", "status.observedGeneration"),
    ] {
        if found_int(object, pointer).is_none() {
            return in_progress(format!("{kind} {field} not found"));
        }
    }
    let wanted = int(object, "/status/desiredNumberScheduled", -1);
    if wanted == -1 {
        return in_progress("Missing .status.desiredNumberScheduled");
    }
    let count = |field: &str| int(object, field, 0);
    short("Current", count("/status/currentNumberScheduled"), wanted)
        .or_else(|| short("Updated", count("/status/updatedNumberScheduled"), wanted))
        .or_else(|| short("Available", count("/status/numberAvailable"), wanted))
        .or_else(|| short("Ready", count("/status/numberReady"), wanted))
        .unwrap_or_else(|| current(format!("All replicas scheduled as expected. Replicas: {wanted}")))
}

/// kstatus' rule: a start is enough.
pub(crate) fn started_job(object: &Value) -> Status {
    let status = job(object);
    let started = !text(object, "/status/startTime", "").is_empty();
    if started && status.kind == Kind::InProgress {
        return current(status.message);
    }
    status
}

/// Flux's rule: current means done (or told to rest), where kstatus is content with a start.
pub(crate) fn job(object: &Value) -> Status {
    if flag(object, "/spec/suspend") {
        return current("Job is suspended");
    }
    let parallelism = int(object, "/spec/parallelism", 1);
    let completions = int(object, "/spec/completions", parallelism);
    let count = |field: &str| int(object, field, 0);
    let (succeeded, failures) = (count("/status/succeeded"), count("/status/failed"));
    for condition in conditions(object) {
        if condition.is("Complete", "True") {
            return current(format!("Job Completed. succeeded: {succeeded}/{completions}"));
        }
        if condition.is("Failed", "True") {
            return failed(format!("Job Failed. failed: {failures}/{completions}"));
        }
    }
    if text(object, "/status/startTime", "").is_empty() {
        return in_progress(format!("Job not started. active: 0/{parallelism}"));
    }
    let active = count("/status/active");
    in_progress(format!(
        "Job in progress. success:{succeeded}, active: {active}, failed: {failures}"
    ))
}
