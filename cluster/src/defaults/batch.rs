//! Defaults of Jobs and CronJobs.

use serde_json::{Value, json};

use super::fill::{child, put, put_text, text};
use super::{Allocate, pod};

pub(crate) fn job(object: &mut Value) {
    let Some(spec) = child(object, "spec") else { return };
    if let Some(template) = child(spec, "template") {
        pod::template(template);
    }
    if spec["completions"].is_null() && spec["parallelism"].is_null() {
        put(spec, "completions", 1);
    }
    put(spec, "parallelism", 1);
    let unlimited = !spec["backoffLimitPerIndex"].is_null();
    put(spec, "backoffLimit", if unlimited { i32::MAX } else { 6 });
    put(spec, "completionMode", "NonIndexed");
    put(spec, "suspend", false);
    put(spec, "manualSelector", false);
    let policy = if spec["podFailurePolicy"].is_null() {
        "TerminatingOrFailed"
    } else {
        "Failed"
    };
    put(spec, "podReplacementPolicy", policy);
}

/// What a new job gets besides its defaults: labels and selector, unless the user selects.
pub(crate) fn admit(object: &mut Value, allocate: &mut dyn Allocate) {
    if object["spec"]["manualSelector"] == true {
        return;
    }
    select(object, allocate);
    // A job without labels takes those of its pods.
    let labels = object["spec"]["template"]["metadata"]["labels"].clone();
    // Labels that no label may be are told of once, at the template.
    let fits = text(&object["metadata"]["name"]).len() <= 63;
    if let Some(metadata) = child(object, "metadata").filter(|_| fits) {
        put(metadata, "labels", labels);
    }
}

/// Labels and selector that tie the pods to this job and no other.
fn select(object: &mut Value, allocate: &mut dyn Allocate) {
    let Some(metadata) = child(object, "metadata") else {
        return;
    };
    if text(&metadata["uid"]).is_empty() {
        metadata["uid"] = json!(allocate.uid());
    }
    let (uid, name) = (
        text(&metadata["uid"]).to_owned(),
        text(&metadata["name"]).to_owned(),
    );
    let Some(spec) = child(object, "spec") else { return };
    let labels = child(spec, "template")
        .and_then(|template| child(template, "metadata"))
        .and_then(|metadata| child(metadata, "labels"));
    if let Some(labels) = labels {
        for (key, value) in [("controller-uid", &uid), ("job-name", &name)] {
            put(labels, key, value.as_str());
            put(labels, &format!("batch.kubernetes.io/{key}"), value.as_str());
        }
    }
    if let Some(wanted) = child(spec, "selector").and_then(|selector| child(selector, "matchLabels")) {
        put(wanted, "batch.kubernetes.io/controller-uid", uid);
    }
}

pub(crate) fn cron_job(object: &mut Value) {
    let Some(spec) = child(object, "spec") else { return };
    put_text(spec, "concurrencyPolicy", "Allow");
    put(spec, "suspend", false);
    put(spec, "successfulJobsHistoryLimit", 3);
    put(spec, "failedJobsHistoryLimit", 1);
    // The jobs get their own defaults when they are made; only the pod template is filled in here.
    let Some(template) = child(spec, "jobTemplate") else {
        return;
    };
    put(template, "metadata", json!({}));
    if let Some(template) = child(template, "spec").and_then(|spec| child(spec, "template")) {
        pod::template(template);
    }
}
