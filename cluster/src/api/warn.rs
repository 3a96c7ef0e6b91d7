//! What the server warns of: legal, but hardly meant.

use std::collections::BTreeSet;

use serde_json::Value;

use super::registry::Resource;
use super::{go, meta};

/// The value of a `Warning` header.
pub(crate) fn header(text: &str) -> String {
    format!("299 - {}", go::quote(text))
}

/// Header values for what is odd about an object; on updates only for what is new.
pub(crate) fn of_object(resource: &Resource, object: &Value, old: Option<&Value>) -> Vec<String> {
    let mut found = Vec::new();
    owners(object, &mut found);
    if resource.custom.is_some() {
        finalizers(object, old, &mut found);
    }
    let path = match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => "",
        ("", "ReplicationController")
        | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("batch", "Job") => "spec.template",
        ("batch", "CronJob") => "spec.jobTemplate.spec.template",
        ("", "Secret") => {
            certificate(object, &mut found);
            return found.iter().map(|text| header(text)).collect();
        }
        _ => return found.iter().map(|text| header(text)).collect(),
    };
    if old.is_none() && resource.kind != "DaemonSet" {
        pod_name(object, &mut found);
    }
    let at = |object: &Value| {
        path.split('.')
            .filter(|key| !key.is_empty())
            .fold(object.clone(), |value, key| value[key].clone())
    };
    let template = at(object);
    if old.is_none_or(|old| at(old)["spec"] != template["spec"]) {
        let field = match path {
            "" => "spec".to_owned(),
            path => format!("{path}.spec"),
        };
        pod_spec(&template["spec"], &field, &mut found);
    }
    found.iter().map(|text| header(text)).collect()
}

fn owners(object: &Value, found: &mut Vec<String>) {
    let (mut seen, mut twice) = (BTreeSet::new(), Vec::new());
    for owner in object["metadata"]["ownerReferences"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let uid = owner["uid"].as_str().unwrap_or_default();
        if !seen.insert(uid) && !twice.contains(&uid) {
            twice.push(uid);
        }
    }
    if !twice.is_empty() {
        found.push(format!(
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            twice.join(", ")
        ));
    }
}

fn finalizers(object: &Value, old: Option<&Value>, found: &mut Vec<String>) {
    let list = |object: &Value| -> Vec<String> {
        let items = object["metadata"]["finalizers"].as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let before = old.map(list).unwrap_or_default();
    for name in list(object) {
        let plain = !name.contains('/') && !matches!(name.as_str(), "orphan" | "foregroundDeletion");
        if plain && !before.contains(&name) {
            found.push(format!(
                "metadata.finalizers: \"{name}\": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers"
            ));
        }
    }
}

fn pod_name(object: &Value, found: &mut Vec<String>) {
    let name = meta::name(object);
    let mut wrong = Vec::new();
    if name.len() > 63 {
        wrong.push("must be no more than 63 characters");
    }
    if name.contains('.') {
        wrong.push(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        );
    }
    if !wrong.is_empty() {
        found.push(format!(
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [{}]",
            wrong.join(" ")
        ));
    }
}

fn pod_spec(spec: &Value, field: &str, found: &mut Vec<String>) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for (index, constraint) in list(&spec["topologySpreadConstraints"]).iter().enumerate() {
        if constraint["labelSelector"].is_null() {
            found.push(format!(
                "{field}.topologySpreadConstraints[{index}].labelSelector: a null labelSelector results in matching no pod"
            ));
        }
    }
    for kind in ["initContainers", "containers"] {
        for (index, container) in list(&spec[kind]).iter().enumerate() {
            let mut seen = BTreeSet::new();
            for (at, variable) in list(&container["env"]).iter().enumerate() {
                let name = variable["name"].as_str().unwrap_or_default().to_owned();
                let text = format!(
                    "{field}.{kind}[{index}].env[{at}]: hides previous definition of \"{name}\", which may be dropped when using apply"
                );
                if !seen.insert(name) {
                    found.push(text);
                }
            }
        }
    }
    if spec["terminationGracePeriodSeconds"]
        .as_i64()
        .is_some_and(|seconds| seconds < 0)
    {
        found.push(format!(
            "{field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        ));
    }
}

/// A TLS Secret whose certificate is none at all.
fn certificate(object: &Value, found: &mut Vec<String>) {
    use base64::Engine as _;
    if object["type"] != "kubernetes.io/tls" {
        return;
    }
    let given = object["data"]["tls.crt"].as_str().unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(given.replace(['\r', '\n'], ""))
        .unwrap_or_default();
    let plain = object["stringData"]["tls.crt"].as_str().unwrap_or_default();
    let begins = |text: &[u8]| text.windows(11).any(|window| window == b"-----BEGIN ");
    let missing = object["data"].get("tls.crt").is_none() && plain.is_empty();
    if !missing && !begins(&bytes) && !begins(plain.as_bytes()) {
        found.push("tls: failed to find any PEM data in certificate input".into());
    }
}
