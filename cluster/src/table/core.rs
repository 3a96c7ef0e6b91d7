//! Tables of the small kinds of the core group.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::age;
use super::read::{NONE, items, len, plain, text, text_or};

pub(crate) fn namespace(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![json!(text(&object["status"]["phase"])), json!(age(object, now))]
}

pub(crate) fn config_map(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        json!(len(&object["data"]) + len(&object["binaryData"])),
        json!(age(object, now)),
    ]
}

pub(crate) fn secret(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        json!(text(&object["type"])),
        json!(len(&object["data"])),
        json!(age(object, now)),
    ]
}

pub(crate) fn service_account(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![json!(items(&object["secrets"]).len()), json!(age(object, now))]
}

pub(crate) fn resource_quota(object: &Value, now: Timestamp) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (name, hard) in object["status"]["hard"].as_object().into_iter().flatten() {
        let used = &object["status"]["used"][name];
        let used = if used.is_null() {
            "0".to_owned()
        } else {
            plain(used)
        };
        let entry = format!("{name}: {used}/{}", plain(hard));
        if name.starts_with("limits.") {
            limits.push(entry)
        } else {
            requests.push(entry)
        }
    }
    vec![
        json!(requests.join(", ")),
        json!(limits.join(", ")),
        json!(age(object, now)),
    ]
}

pub(crate) fn node(object: &Value, now: Timestamp) -> Vec<Value> {
    let info = &object["status"]["nodeInfo"];
    let address = |kind: &str| {
        let addresses = items(&object["status"]["addresses"]);
        addresses
            .iter()
            .find(|a| a["type"] == kind)
            .map_or(NONE, |a| text(&a["address"]))
    };
    vec![
        json!(node_status(object)),
        json!(roles(object)),
        json!(age(object, now)),
        json!(text(&info["kubeletVersion"])),
        json!(address("InternalIP")),
        json!(address("ExternalIP")),
        json!(text_or(&info["osImage"], "<unknown>")),
        json!(text_or(&info["kernelVersion"], "<unknown>")),
        json!(text_or(&info["containerRuntimeVersion"], "<unknown>")),
    ]
}

fn node_status(object: &Value) -> String {
    let ready = items(&object["status"]["conditions"])
        .iter()
        .find(|c| c["type"] == "Ready");
    let mut status = match ready.map(|c| text(&c["status"])) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if object["spec"]["unschedulable"] == true {
        status.push_str(",SchedulingDisabled");
    }
    status
}

fn roles(object: &Value) -> String {
    let labels = object["metadata"]["labels"].as_object();
    let mut roles: Vec<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(
            |(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) if !role.is_empty() => Some(role),
                _ if key == "kubernetes.io/role" => Some(text(value)).filter(|role| !role.is_empty()),
                _ => None,
            },
        )
        .collect();
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        NONE.to_owned()
    } else {
        roles.join(",")
    }
}
