//! Defaults of the workload kinds.

use serde_json::{Value, json};

use super::fill::{child, each, put, put_text, text};
use super::{pod, storage};

fn template(object: &mut Value) {
    if let Some(template) = child(object, "spec").and_then(|spec| child(spec, "template")) {
        pod::template(template);
    }
}

fn spec(object: &mut Value) -> Option<&mut Value> {
    child(object, "spec")
}

pub(crate) fn deployment(object: &mut Value) {
    template(object);
    let Some(spec) = spec(object) else { return };
    put(spec, "replicas", 1);
    put(spec, "revisionHistoryLimit", 10);
    put(spec, "progressDeadlineSeconds", 600);
    let Some(strategy) = child(spec, "strategy") else {
        return;
    };
    put_text(strategy, "type", "RollingUpdate");
    if text(&strategy["type"]) == "RollingUpdate"
        && let Some(rolling) = child(strategy, "rollingUpdate")
    {
        put(rolling, "maxUnavailable", "25%");
        put(rolling, "maxSurge", "25%");
    }
}

pub(crate) fn replica_set(object: &mut Value) {
    template(object);
    if let Some(spec) = spec(object) {
        put(spec, "replicas", 1);
    }
}

pub(crate) fn replication_controller(object: &mut Value) {
    replica_set(object);
    let labels = object["spec"]["template"]["metadata"]["labels"].clone();
    if !labels.as_object().is_none_or(serde_json::Map::is_empty) {
        put(&mut object["spec"], "selector", labels.clone());
        if let Some(metadata) = child(object, "metadata") {
            put(metadata, "labels", labels);
        }
    }
}

pub(crate) fn stateful_set(object: &mut Value) {
    template(object);
    let Some(spec) = spec(object) else { return };
    put(spec, "replicas", 1);
    put_text(spec, "podManagementPolicy", "OrderedReady");
    put(spec, "revisionHistoryLimit", 10);
    put(spec, "serviceName", "");
    if let Some(strategy) = child(spec, "updateStrategy") {
        put_text(strategy, "type", "RollingUpdate");
        if text(&strategy["type"]) == "RollingUpdate"
            && let Some(rolling) = child(strategy, "rollingUpdate")
        {
            put(rolling, "partition", 0);
        }
    }
    if let Some(policy) = child(spec, "persistentVolumeClaimRetentionPolicy") {
        put_text(policy, "whenDeleted", "Retain");
        put_text(policy, "whenScaled", "Retain");
    }
    for claim in each(spec, "volumeClaimTemplates") {
        put(claim, "apiVersion", "v1");
        put(claim, "kind", "PersistentVolumeClaim");
        storage::claim_spec(claim);
        put(claim, "status", json!({"phase": "Pending"}));
    }
}

const GENERATION: &str = "deprecated.daemonset.template.generation";

pub(crate) fn daemon_set(object: &mut Value) {
    template(object);
    let Some(spec) = spec(object) else { return };
    put(spec, "revisionHistoryLimit", 10);
    let Some(strategy) = child(spec, "updateStrategy") else {
        return;
    };
    put_text(strategy, "type", "RollingUpdate");
    if text(&strategy["type"]) == "RollingUpdate"
        && let Some(rolling) = child(strategy, "rollingUpdate")
    {
        put(rolling, "maxUnavailable", 1);
        put(rolling, "maxSurge", 0);
    }
}

/// The number of the template, which goes up with each change of it.
pub(crate) fn template_generation(object: &mut Value, old: Option<&Value>) {
    let number = match old {
        None => 1,
        Some(old) => {
            let last: i64 = text(&old["metadata"]["annotations"][GENERATION])
                .parse()
                .unwrap_or(1);
            last + i64::from(old["spec"]["template"] != object["spec"]["template"])
        }
    };
    if let Some(annotations) = child(object, "metadata").and_then(|metadata| child(metadata, "annotations")) {
        annotations[GENERATION] = json!(number.to_string());
    }
}
