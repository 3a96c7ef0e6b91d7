//! The status of one object.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use flux_object::meta;

use crate::{generic, pods, workloads};

/// How far an object is on the way to what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It is what was asked for.
    Current,
    /// On the way.
    InProgress,
    /// It does not get there without help.
    Failed,
    /// On its way out.
    Terminating,
    /// It does not exist.
    NotFound,
    /// It cannot be told.
    Unknown,
}

/// The word as kstatus and Flux's messages spell it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Current => "Current",
            Kind::InProgress => "InProgress",
            Kind::Failed => "Failed",
            Kind::Terminating => "Terminating",
            Kind::NotFound => "NotFound",
            Kind::Unknown => "Unknown",
        })
    }
}

/// A status and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How far.
    pub kind: Kind,
    /// Why, for people; one line.
    pub message: String,
}

impl Status {
    /// A status with its reason.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Status {
            kind,
            message: message.into(),
        }
    }

    /// The status of an object that the server does not have.
    pub fn not_found() -> Self {
        Status::new(Kind::NotFound, "Resource not found")
    }
}

pub(crate) fn current(message: impl Into<String>) -> Status {
    Status::new(Kind::Current, message)
}

pub(crate) fn in_progress(message: impl Into<String>) -> Status {
    Status::new(Kind::InProgress, message)
}

pub(crate) fn failed(message: impl Into<String>) -> Status {
    Status::new(Kind::Failed, message)
}

/// The status of `object` at `now`.
///
/// First what all objects share (deletion, observed generation, the `Reconciling` and `Stalled` conditions), then the rule
/// of the kind, then the `Ready` condition. An object that says nothing of itself is current. Time matters only to pods that
/// cannot be scheduled, which count as failed 15 seconds after their creation.
///
/// Jobs follow Flux's own rule alone, not even the shared part, as upstream's reader for them does.
pub fn status(object: &Value, now: Timestamp) -> Status {
    let (group, kind) = (group(object), meta::kind(object));
    if (group, kind) == ("batch", "Job") {
        return workloads::job(object);
    }
    generic::shared(object)
        .or_else(|| of_kind(group, kind, object, now))
        .or_else(|| generic::ready(object))
        .unwrap_or_else(|| current("Resource is current"))
}

/// By which rule a status is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// As [`status`] tells it.
    #[default]
    Usual,
    /// The same, but a Job is current once it has started, as kstatus has it.
    JobsMayRun,
    /// As Helm tells it of hooks: a Job has to be complete, a Pod to have succeeded, and anything else is current.
    Hook,
}

/// The status of `object` at `now` by a rule.
pub fn status_by(rule: Rule, object: &Value, now: Timestamp) -> Status {
    let kind = (group(object), meta::kind(object));
    match (rule, kind) {
        (Rule::JobsMayRun, ("batch", "Job")) => {
            generic::shared(object).unwrap_or_else(|| workloads::started_job(object))
        }
        (Rule::Hook, ("", "Pod")) => pods::finished(object),
        (Rule::Hook, ("batch", "Job")) | (Rule::Usual | Rule::JobsMayRun, _) => status(object, now),
        (Rule::Hook, _) => current("Resource is current"),
    }
}

fn of_kind(group: &str, kind: &str, object: &Value, now: Timestamp) -> Option<Status> {
    Some(match (group, kind) {
        ("", "Service") => pods::service(object),
        ("", "Pod") => pods::pod(object, now),
        ("", "PersistentVolumeClaim") => pods::claim(object),
        ("", "Secret" | "ConfigMap") | ("batch", "CronJob") => current("Resource is always ready"),
        ("apps", "StatefulSet") => workloads::stateful_set(object),
        ("apps" | "extensions", "DaemonSet") => workloads::daemon_set(object),
        ("apps" | "extensions", "Deployment") => workloads::deployment(object),
        ("apps" | "extensions", "ReplicaSet") => workloads::replica_set(object),
        ("policy", "PodDisruptionBudget") => current("AllowedDisruptions has been computed."),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => generic::definition(object),
        _ => return None,
    })
}

fn group(object: &Value) -> &str {
    meta::api_version(object)
        .split_once('/')
        .map_or("", |(group, _)| group)
}
