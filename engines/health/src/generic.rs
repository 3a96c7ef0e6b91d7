//! Rules that do not depend on the kind, and the one of definitions.

use serde_json::Value;

use flux_object::meta;

use crate::fields::{conditions, found_int};
use crate::status::{Kind, Status, current, failed, in_progress};

/// Deletion, observed generation, `Reconciling` and `Stalled`: these decide for every kind.
pub(crate) fn shared(object: &Value) -> Option<Status> {
    if meta::deletion_timestamp(object).is_some() {
        return Some(Status::new(Kind::Terminating, "Resource scheduled for deletion"));
    }
    unobserved(object).or_else(|| {
        conditions(object).find_map(|condition| {
            if condition.is("Reconciling", "True") {
                Some(in_progress(condition.message))
            } else if condition.is("Stalled", "True") {
                Some(failed(condition.message))
            } else {
                None
            }
        })
    })
}

fn unobserved(object: &Value) -> Option<Status> {
    let generation = found_int(object, "/metadata/generation")?;
    let observed = found_int(object, "/status/observedGeneration")?;
    (observed != generation).then(|| {
        let kind = meta::kind(object);
        in_progress(format!(
            "{kind} generation is {generation}, but latest observed generation is {observed}"
        ))
    })
}

/// The `Ready` condition, which kinds that nobody knows tend to have.
pub(crate) fn ready(object: &Value) -> Option<Status> {
    conditions(object)
        .filter(|condition| condition.kind == "Ready")
        .find_map(|condition| match condition.status {
            "True" => Some(current("Resource is Ready")),
            "False" | "Unknown" => Some(in_progress(condition.message)),
            _ => None,
        })
}

pub(crate) fn definition(object: &Value) -> Status {
    for condition in conditions(object) {
        let refused = condition.is("NamesAccepted", "False");
        let not_established = condition.is("Established", "False") && condition.reason != "Installing";
        if refused || not_established {
            return failed(condition.message);
        }
        if condition.is("Established", "True") {
            return current("CRD is established");
        }
    }
    in_progress("Install in progress")
}
