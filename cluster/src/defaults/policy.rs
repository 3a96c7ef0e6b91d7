//! Defaults of the kinds about identity, scaling and admission.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::fill::{add, child, each, items, merge, present, put, put_text, remove, text, values};
use super::pod::canonicalize_member;
use super::quantity::canonicalize_map;

pub(crate) fn namespace(object: &mut Value) {
    let name = text(&object["metadata"]["name"]).to_owned();
    if let Some(labels) = child(object, "metadata").and_then(|metadata| child(metadata, "labels")) {
        labels["kubernetes.io/metadata.name"] = json!(name);
    }
}

/// What a new namespace gets besides its defaults.
pub(crate) fn admit_namespace(object: &mut Value) {
    if let Some(spec) = child(object, "spec") {
        add(spec, "finalizers", "kubernetes");
    }
    merge(object, "status", &json!({"phase": "Active"}));
}

/// `stringData` is written into `data` and never given back.
pub(crate) fn secret(object: &mut Value) {
    put_text(object, "type", "Opaque");
    for value in values(object, "data") {
        // Go's decoder takes line breaks in base64; what is given back has none.
        *value = json!(text(value).replace(['\n', '\r'], ""));
    }
    let Some(Value::Object(plain)) = remove(object, "stringData") else {
        return;
    };
    if plain.is_empty() {
        return;
    }
    if let Some(data) = child(object, "data") {
        for (key, value) in plain {
            data[&key] = json!(STANDARD.encode(text(&value)));
        }
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

pub(crate) fn role_binding(object: &mut Value) {
    if let Some(role) = present(object, "roleRef") {
        put_text(role, "apiGroup", RBAC);
    }
    for subject in each(object, "subjects") {
        if matches!(text(&subject["kind"]), "User" | "Group") {
            put_text(subject, "apiGroup", RBAC);
        }
        if subject["apiGroup"] == "" {
            remove(subject, "apiGroup");
        }
    }
}

pub(crate) fn role(object: &mut Value) {
    if let Some(map) = object.as_object_mut() {
        map.entry("rules").or_insert(Value::Null);
    }
}

pub(crate) fn autoscaler(object: &mut Value) {
    let second = text(&object["apiVersion"]) != "autoscaling/v1";
    let Some(spec) = child(object, "spec") else { return };
    put(spec, "minReplicas", 1);
    if !second {
        return;
    }
    if items(&spec["metrics"]).is_empty() {
        spec["metrics"] = json!([{
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
        }]);
    }
    for metric in each(spec, "metrics") {
        for source in ["resource", "containerResource", "pods", "object", "external"] {
            if let Some(target) = present(metric, source).and_then(|source| present(source, "target")) {
                canonicalize_member(target, "averageValue");
                canonicalize_member(target, "value");
            }
        }
    }
    if let Some(behavior) = present(spec, "behavior") {
        scaling_rules(behavior);
    }
    put(
        object,
        "status",
        json!({"desiredReplicas": 0, "currentMetrics": null}),
    );
}

fn scaling_rules(behavior: &mut Value) {
    if let Some(up) = child(behavior, "scaleUp") {
        put(up, "stabilizationWindowSeconds", 0);
        put(up, "selectPolicy", "Max");
        put(
            up,
            "policies",
            json!([
                {"type": "Pods", "value": 4, "periodSeconds": 15},
                {"type": "Percent", "value": 100, "periodSeconds": 15},
            ]),
        );
    }
    if let Some(down) = child(behavior, "scaleDown") {
        put(down, "selectPolicy", "Max");
        put(
            down,
            "policies",
            json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]),
        );
    }
}

pub(crate) fn disruption_budget(object: &mut Value) {
    merge(
        object,
        "status",
        &json!({"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}),
    );
}

pub(crate) fn priority_class(object: &mut Value) {
    put(object, "preemptionPolicy", "PreemptLowerPriority");
}

pub(crate) fn resource_quota(object: &mut Value) {
    if let Some(spec) = present(object, "spec") {
        canonicalize_map(spec, "hard");
    }
    put(object, "status", json!({}));
}

/// Limits imply defaults: `max` that of limits, limits that of requests, and `min` that of requests without limits.
pub(crate) fn limit_range(object: &mut Value) {
    let Some(spec) = present(object, "spec") else {
        return;
    };
    for limit in each(spec, "limits") {
        for field in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
            canonicalize_map(limit, field);
        }
        if text(&limit["type"]) != "Container" {
            continue;
        }
        for (from, to) in [
            ("max", "default"),
            ("default", "defaultRequest"),
            ("min", "defaultRequest"),
        ] {
            let Some(source) = limit[from].as_object().cloned() else {
                continue;
            };
            if let Some(target) = child(limit, to) {
                for (name, value) in source {
                    put(target, &name, value);
                }
            }
        }
    }
}

pub(crate) fn webhooks(object: &mut Value, mutating: bool) {
    for hook in each(object, "webhooks") {
        put(hook, "failurePolicy", "Fail");
        put(hook, "matchPolicy", "Equivalent");
        put(hook, "namespaceSelector", json!({}));
        put(hook, "objectSelector", json!({}));
        put(hook, "timeoutSeconds", 10);
        if mutating {
            put(hook, "reinvocationPolicy", "Never");
        }
        if let Some(service) = present(hook, "clientConfig").and_then(|config| present(config, "service")) {
            put(service, "port", 443);
        }
        for rule in each(hook, "rules") {
            put(rule, "scope", "*");
        }
    }
}

pub(crate) fn node(object: &mut Value) {
    put(object, "spec", json!({}));
    merge(
        object,
        "status",
        &json!({
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
            "nodeInfo": {"architecture": "", "bootID": "", "containerRuntimeVersion": "", "kernelVersion": "",
                "kubeProxyVersion": "", "kubeletVersion": "", "machineID": "", "operatingSystem": "", "osImage": "",
                "systemUUID": ""},
        }),
    );
    if let Some(status) = present(object, "status") {
        canonicalize_map(status, "capacity");
        canonicalize_map(status, "allocatable");
        if status["allocatable"].is_null() && status["capacity"].is_object() {
            status["allocatable"] = status["capacity"].clone();
        }
        for condition in each(status, "conditions") {
            put(condition, "lastHeartbeatTime", Value::Null);
            put(condition, "lastTransitionTime", Value::Null);
        }
    }
}

/// Null values in maps of strings are empty strings to upstream's decoder.
pub(crate) fn config_map(object: &mut Value) {
    for value in values(object, "data") {
        if value.is_null() {
            *value = json!("");
        }
    }
}

/// Members of an Event that are given back even when they are empty.
pub(crate) fn event(object: &mut Value) {
    for field in ["firstTimestamp", "lastTimestamp", "eventTime"] {
        put(object, field, Value::Null);
    }
    put(object, "source", json!({}));
    put(object, "reportingComponent", "");
    put(object, "reportingInstance", "");
}

/// The same for the newer API.
pub(crate) fn new_event(object: &mut Value) {
    for field in ["deprecatedFirstTimestamp", "deprecatedLastTimestamp", "eventTime"] {
        put(object, field, Value::Null);
    }
    put(object, "deprecatedSource", json!({}));
    put(object, "regarding", json!({}));
}

/// Match rules of admission policies and their bindings.
pub(crate) fn admission_policy(object: &mut Value, kind: &str) {
    let policy = matches!(kind, "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy");
    let field = if policy {
        "matchConstraints"
    } else {
        "matchResources"
    };
    let Some(spec) = present(object, "spec") else {
        return;
    };
    if policy {
        put(spec, "failurePolicy", "Fail");
    }
    if let Some(rules) = present(spec, field) {
        put(rules, "matchPolicy", "Equivalent");
        put(rules, "namespaceSelector", json!({}));
        put(rules, "objectSelector", json!({}));
        for list in ["resourceRules", "excludeResourceRules"] {
            each(rules, list).for_each(|rule| put(rule, "scope", "*"));
        }
    }
    if kind == "ValidatingAdmissionPolicy" {
        put(object, "status", json!({}));
    }
}
