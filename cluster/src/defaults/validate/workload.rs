//! Workload kinds.

use serde_json::{Value, json};

use super::{Errors, FieldError, immutable, not_negative, one_of, pod, selector};
use crate::defaults::fill::text;

/// Counts of a spec that must not be negative.
fn counts(spec: &Value, names: &[&str], errors: &mut Errors) {
    for name in names {
        not_negative(errors, &format!("spec.{name}"), &spec[name]);
    }
}

/// Template of a kind whose pods run for ever.
fn lasting(spec: &Value, errors: &mut Errors) {
    pod::template(&spec["template"], "spec.template", errors);
    let policy = &spec["template"]["spec"]["restartPolicy"];
    if matches!(text(policy), "Never" | "OnFailure") {
        errors.push(FieldError::not_supported(
            "spec.template.spec.restartPolicy",
            policy,
            &["Always"],
        ));
    }
}

pub(crate) fn deployment(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &new["spec"];
    let counts_of_status = [
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "unavailableReplicas",
    ];
    let parts = ["updatedReplicas", "readyReplicas", "availableReplicas"];
    status(new, old, &counts_of_status, &parts, errors);
    counts(spec, &["replicas"], errors);
    if selector::of_workload(spec, "deployment", errors) {
        lasting(spec, errors);
    }
    counts(
        spec,
        &[
            "minReadySeconds",
            "revisionHistoryLimit",
            "progressDeadlineSeconds",
        ],
        errors,
    );
    let strategy = &spec["strategy"];
    match text(&strategy["type"]) {
        "Recreate" if !strategy["rollingUpdate"].is_null() => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            errors.push(FieldError::forbidden("spec.strategy.rollingUpdate", detail));
        }
        "Recreate" => {}
        "RollingUpdate" => rolling(&strategy["rollingUpdate"], "spec.strategy.rollingUpdate", errors),
        _ => one_of(
            errors,
            "spec.strategy",
            &strategy["type"],
            &["Recreate", "RollingUpdate"],
        ),
    }
    let (deadline, ready) = (
        spec["progressDeadlineSeconds"].as_i64(),
        spec["minReadySeconds"].as_i64().unwrap_or(0),
    );
    if deadline.is_some_and(|deadline| deadline >= 0 && deadline <= ready) {
        let detail = "must be greater than minReadySeconds";
        errors.push(FieldError::invalid(
            "spec.progressDeadlineSeconds",
            &json!(deadline),
            detail,
        ));
    }
    if let Some(old) = old {
        immutable(
            errors,
            "spec.selector",
            &spec["selector"],
            &old["spec"]["selector"],
        );
    }
}

fn rolling(update: &Value, field: &str, errors: &mut Errors) {
    for name in ["maxUnavailable", "maxSurge"] {
        let value = &update[name];
        let field = format!("{field}.{name}");
        match value {
            Value::String(text) if percent(text).is_none() => {
                let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
                              '93%', regex used for validation is '[0-9]+%')";
                errors.push(FieldError::invalid(field, value, detail));
            }
            Value::String(text) if name == "maxUnavailable" && percent(text).is_some_and(|n| n > 100) => {
                errors.push(FieldError::invalid(field, value, "must not be greater than 100%"));
            }
            value => not_negative(errors, &field, value),
        }
    }
    let zero = |value: &Value| value == 0 || value == "0%";
    if zero(&update["maxUnavailable"]) && zero(&update["maxSurge"]) {
        let detail = "may not be 0 when `maxSurge` is 0";
        errors.push(FieldError::invalid(
            format!("{field}.maxUnavailable"),
            &update["maxUnavailable"],
            detail,
        ));
    }
}

fn percent(text: &str) -> Option<u64> {
    text.strip_suffix('%')
        .filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?
        .parse()
        .ok()
}

pub(crate) fn replica_set(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &new["spec"];
    let counts_of_status = [
        "replicas",
        "fullyLabeledReplicas",
        "readyReplicas",
        "availableReplicas",
        "observedGeneration",
    ];
    let parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
    status(new, old, &counts_of_status, &parts, errors);
    counts(spec, &["replicas", "minReadySeconds"], errors);
    if selector::of_workload(spec, "deployment", errors) {
        lasting(spec, errors);
    }
    if let Some(old) = old {
        immutable(
            errors,
            "spec.selector",
            &spec["selector"],
            &old["spec"]["selector"],
        );
    }
}

/// The spec with the volumes that its claims will give each pod: containers may mount them.
fn with_claimed_volumes(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let claims = spec["volumeClaimTemplates"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let Some(Value::Object(pod)) = spec.pointer_mut("/template/spec") else {
        return spec;
    };
    let mut volumes = pod
        .get("volumes")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    for claim in &claims {
        let name = &claim["metadata"]["name"];
        volumes.retain(|volume| volume["name"] != *name);
        volumes.push(json!({ "name": name, "persistentVolumeClaim": { "claimName": name } }));
    }
    if !claims.is_empty() {
        pod.insert("volumes".into(), volumes.into());
    }
    spec
}

const STATEFUL: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                        'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                        'minReadySeconds' are forbidden";

pub(crate) fn stateful_set(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &new["spec"];
    let policy = &spec["podManagementPolicy"];
    if !matches!(text(policy), "OrderedReady" | "Parallel") {
        let detail = "must be 'OrderedReady' or 'Parallel'";
        errors.push(FieldError::invalid("spec.podManagementPolicy", policy, detail));
    }
    let strategy = &spec["updateStrategy"];
    match text(&strategy["type"]) {
        "OnDelete" | "RollingUpdate" => {
            let field = "spec.updateStrategy.rollingUpdate.partition";
            not_negative(errors, field, &strategy["rollingUpdate"]["partition"]);
        }
        _ => {
            let detail = "must be 'RollingUpdate' or 'OnDelete'";
            errors.push(FieldError::invalid("spec.updateStrategy", strategy, detail));
        }
    }
    counts(
        spec,
        &["replicas", "minReadySeconds", "revisionHistoryLimit"],
        errors,
    );
    if selector::of_workload(spec, "statefulset", errors) {
        lasting(&with_claimed_volumes(spec), errors);
    }
    if let Some(old) = old {
        let free = [
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        ];
        let frozen = |spec: &Value| {
            let mut spec = spec.clone();
            if let Some(map) = spec.as_object_mut() {
                map.retain(|key, _| !free.contains(&key.as_str()));
            }
            spec
        };
        if frozen(spec) != frozen(&old["spec"]) {
            errors.push(FieldError::forbidden("spec", STATEFUL));
        }
    }
}

pub(crate) fn daemon_set(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &new["spec"];
    if selector::of_workload(spec, "daemonset", errors) {
        lasting(spec, errors);
    }
    counts(spec, &["minReadySeconds", "revisionHistoryLimit"], errors);
    let strategy = &spec["updateStrategy"];
    match text(&strategy["type"]) {
        "OnDelete" => {}
        "RollingUpdate" => daemon_rolling(&strategy["rollingUpdate"], errors),
        kind => {
            // Upstream shows its own structure here.
            let value = json!({"Type": kind, "RollingUpdate": null});
            let mut error =
                FieldError::not_supported("spec.updateStrategy", &value, &["RollingUpdate", "OnDelete"]);
            let shown = format!("{{\"Type\":{},\"RollingUpdate\":null}}", json!(kind));
            error.message = error.message.replace(&value.to_string(), &shown);
            errors.push(error);
        }
    }
    if let Some(old) = old {
        immutable(
            errors,
            "spec.selector",
            &spec["selector"],
            &old["spec"]["selector"],
        );
    }
}

fn daemon_rolling(update: &Value, errors: &mut Errors) {
    let field = "spec.updateStrategy.rollingUpdate";
    let zero = |value: &Value| value.is_null() || value == 0 || value == "0%";
    let (unavailable, surge) = (&update["maxUnavailable"], &update["maxSurge"]);
    if !zero(unavailable) && !zero(surge) {
        let detail = "may not be set when maxUnavailable is non-zero";
        errors.push(FieldError::invalid(format!("{field}.maxSurge"), surge, detail));
    } else if zero(unavailable) && zero(surge) {
        let detail = "cannot be 0 when maxSurge is 0";
        errors.push(FieldError::required(format!("{field}.maxUnavailable"), detail));
    }
}

pub(crate) fn job(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &new["spec"];
    let names = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
    ];
    counts(spec, &names, errors);
    let uid = &new["metadata"]["uid"];
    if spec["selector"].is_null() {
        errors.push(FieldError::required("spec.selector", ""));
    } else {
        selector::check(&spec["selector"], "spec.selector", errors);
        let generated = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
        if old.is_none() && spec["manualSelector"] != true && spec["selector"] != generated {
            let detail = "`selector` not auto-generated";
            errors.push(FieldError::invalid("spec.selector", &spec["selector"], detail));
        }
    }
    let labels = &spec["template"]["metadata"]["labels"];
    if spec["selector"].is_null() || !crate::simulate::json::selector_matches(&spec["selector"], labels) {
        let detail = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid(
            "spec.template.metadata.labels",
            labels,
            detail,
        ));
    }
    pod::template(&spec["template"], "spec.template", errors);
    ends(&spec["template"], "spec.template", errors);
    if let Some(old) = old {
        finished(new, old, errors);
        let old_spec = &old["spec"];
        if spec["completionMode"] != "Indexed" {
            immutable(
                errors,
                "spec.completions",
                &spec["completions"],
                &old_spec["completions"],
            );
        }
        immutable(errors, "spec.selector", &spec["selector"], &old_spec["selector"]);
        let suspended = old_spec["suspend"] == true && old["status"]["startTime"].is_null();
        if !suspended {
            immutable(errors, "spec.template", &spec["template"], &old_spec["template"]);
        }
        for name in [
            "completionMode",
            "podFailurePolicy",
            "backoffLimitPerIndex",
            "managedBy",
            "successPolicy",
        ] {
            immutable(errors, &format!("spec.{name}"), &spec[name], &old_spec[name]);
        }
    }
}

/// The pods of a job must end.
fn ends(template: &Value, field: &str, errors: &mut Errors) {
    if text(&template["spec"]["restartPolicy"]) == "Always" {
        let detail = "valid values: \"OnFailure\", \"Never\"";
        errors.push(FieldError::required(
            format!("{field}.spec.restartPolicy"),
            detail,
        ));
    }
}

pub(crate) fn cron_job(new: &Value, errors: &mut Errors) {
    let spec = &new["spec"];
    let name = text(&new["metadata"]["name"]);
    if name.len() > 52 {
        errors.push(FieldError::invalid_text(
            "metadata.name",
            name,
            "must be no more than 52 characters",
        ));
    }
    let schedule = text(&spec["schedule"]);
    if schedule.is_empty() {
        errors.push(FieldError::required("spec.schedule", ""));
    } else if schedule.contains("TZ") {
        let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        errors.push(FieldError::invalid_text("spec.schedule", schedule, detail));
    } else if let Some(detail) = crate::simulate::cron_error(schedule) {
        errors.push(FieldError::invalid_text("spec.schedule", schedule, &detail));
    }
    match spec["timeZone"].as_str() {
        Some("") => {
            let detail = "timeZone must be nil or non-empty string";
            errors.push(FieldError::invalid_text("spec.timeZone", "", detail));
        }
        Some(zone) if jiff::tz::TimeZone::get(zone).is_err() => {
            errors.push(FieldError::invalid_text(
                "spec.timeZone",
                zone,
                &format!("unknown time zone {zone}"),
            ));
        }
        _ => {}
    }
    counts(
        spec,
        &[
            "startingDeadlineSeconds",
            "successfulJobsHistoryLimit",
            "failedJobsHistoryLimit",
        ],
        errors,
    );
    one_of(
        errors,
        "spec.concurrencyPolicy",
        &spec["concurrencyPolicy"],
        &["Allow", "Forbid", "Replace"],
    );
    let template = &spec["jobTemplate"]["spec"]["template"];
    let field = "spec.jobTemplate.spec.template";
    pod::template(template, field, errors);
    ends(template, field, errors);
}

/// Counts of a status: none is negative, and none of `parts` is more than the replicas. Looked at where the status changes.
pub(crate) fn status(new: &Value, old: Option<&Value>, counts: &[&str], parts: &[&str], errors: &mut Errors) {
    let status = &new["status"];
    if old.is_none_or(|old| old["status"] == *status) {
        return;
    }
    let number = |name: &str| status[name].as_i64().unwrap_or(0);
    for name in counts {
        not_negative(errors, &format!("status.{name}"), &status[name]);
    }
    let mut more = |name: &str, than: &str, shown: &str| {
        if number(name) > number(than) {
            let detail = format!("cannot be greater than {shown}");
            let field = format!("status.{name}");
            errors.push(FieldError::invalid(field, &json!(number(name)), &detail));
        }
    };
    for name in parts {
        more(name, "replicas", "status.replicas");
    }
    if parts.contains(&"availableReplicas") {
        more("availableReplicas", "readyReplicas", "readyReplicas");
    }
}

/// A Job that is done says since when, and that its criteria were met before.
fn finished(new: &Value, old: &Value, errors: &mut Errors) {
    let status = &new["status"];
    if *status == old["status"] {
        return;
    }
    let is = |status: &Value, kind: &str| {
        let conditions = status["conditions"].as_array().into_iter().flatten();
        conditions
            .clone()
            .any(|condition| condition["type"] == kind && condition["status"] == "True")
    };
    let (complete, failed) = (is(status, "Complete"), is(status, "Failed"));
    if !complete && !failed {
        return;
    }
    if complete && status["completionTime"].is_null() {
        let detail = "completionTime is required for Complete jobs";
        errors.push(FieldError::required("status.completionTime", detail));
    }
    let pairs = [
        (complete, "Complete", "SuccessCriteriaMet"),
        (failed, "Failed", "FailureTarget"),
    ];
    for (done, kind, before) in pairs {
        if done && !is(&old["status"], kind) && !is(status, before) {
            let word = if kind == "Complete" { "true" } else { "True" };
            let detail = format!("cannot set {kind}=True condition without the {before}={word} condition");
            let mut error = FieldError::invalid("status.conditions", &Value::Null, "");
            error.message = format!("Invalid value: {detail}");
            errors.push(error);
        }
    }
    if status["startTime"].is_null() {
        let detail = "startTime is required for finished job";
        errors.push(FieldError::required("status.startTime", detail));
    }
}
