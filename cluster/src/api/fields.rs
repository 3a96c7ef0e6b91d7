//! The fields that field selectors may name.

use serde_json::Value;

use super::Failure;
use super::registry::Resource;
use super::selector::FieldSelector;

/// Selectable fields besides `metadata.name` and `metadata.namespace`.
fn selectable(resource: &Resource) -> &'static [&'static str] {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "namespaces") => &["status.phase"],
        ("", "secrets") => &["type"],
        ("", "services") => &["spec.clusterIP", "spec.type"],
        ("", "replicationcontrollers") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        ("" | "events.k8s.io", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("certificates.k8s.io", "certificatesigningrequests") => &["spec.signerName"],
        _ => &[],
    }
}

/// Refuse selectors with other fields.
pub(crate) fn check(resource: &Resource, selector: &FieldSelector) -> Result<(), Failure> {
    for term in &selector.0 {
        let path = term.path.as_str();
        let custom = resource
            .custom
            .as_ref()
            .is_some_and(|custom| custom.selectable.iter().any(|field| field == path));
        let own_namespace = path == "metadata.namespace" && resource.namespaced;
        if path == "metadata.name" || own_namespace || custom || selectable(resource).contains(&path) {
            continue;
        }
        let simple = resource.custom.is_none() && selectable(resource).is_empty();
        return Err(Failure::bad_request(if simple {
            let known = if resource.namespaced {
                "\"metadata.name\", \"metadata.namespace\""
            } else {
                "\"metadata.name\""
            };
            format!(
                "{} is not a known field selector: only {known}",
                super::go::quote(path)
            )
        } else {
            format!("field label not supported: {path}")
        }));
    }
    Ok(())
}

/// Whether an object fulfils a selector.
pub(crate) fn matches(resource: &Resource, object: &Value, selector: &FieldSelector) -> bool {
    selector
        .0
        .iter()
        .all(|term| (value(resource, object, &term.path) == term.value) == term.equal)
}

fn value(resource: &Resource, object: &Value, path: &str) -> String {
    let found = match path {
        "spec.hostNetwork" => {
            return object["spec"]["hostNetwork"]
                .as_bool()
                .unwrap_or(false)
                .to_string();
        }
        "spec.unschedulable" => {
            return object["spec"]["unschedulable"]
                .as_bool()
                .unwrap_or(false)
                .to_string();
        }
        "status.replicas" | "status.successful" => {
            let field = if path == "status.successful" {
                "succeeded"
            } else {
                "replicas"
            };
            return object["status"][field].as_i64().unwrap_or(0).to_string();
        }
        "status.podIPs" => &object["status"]["podIPs"][0]["ip"],
        "source" if resource.plural == "events" => match &object["source"]["component"] {
            Value::String(text) if !text.is_empty() => return text.clone(),
            _ => &object["reportingComponent"],
        },
        path => at(object, path),
    };
    match found {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value at a dotted path; a leading dot is allowed.
pub(crate) fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.trim_start_matches('.')
        .split('.')
        .fold(object, |value, key| &value[key])
}
