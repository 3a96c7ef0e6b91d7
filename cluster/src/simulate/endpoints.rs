//! EndpointSlices and Endpoints of Services with a selector.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{
    controller_reference, deleting, format_time, is_controlled_by, items, labels_match, meta, parse_time,
    set_meta, text,
};
use super::names::{generated, hash};
use super::replicaset::MANAGER;
use super::{Action, Parts, View, pod};

/// The label that names the Service of a slice.
pub(crate) const SERVICE_NAME: &str = "kubernetes.io/service-name";
const TRIGGER: &str = "endpoints.kubernetes.io/last-change-trigger-time";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";

/// The writes that bring slice and Endpoints of a Service in line with its pods.
pub(crate) fn changes(service: &Value, view: &dyn View) -> Vec<Action> {
    let selector = &service["spec"]["selector"];
    let external = service["spec"]["type"] == "ExternalName";
    if external || selector.as_object().is_none_or(|map| map.is_empty()) {
        return Vec::new();
    }
    let mut pods = view.select("", "Pod", meta(service, "namespace"), &|pod| {
        labels_match(selector, &pod.labels)
    });
    pods.retain(|pod| {
        !pod::is_finished(pod)
            && !text(&pod["status"]["podIP"]).is_empty()
            && !text(&pod["spec"]["nodeName"]).is_empty()
    });
    pods.sort_by_cached_key(|pod| meta(pod, "name").to_owned());
    let mut actions = Vec::new();
    actions.extend(slice(service, &pods, view));
    actions.extend(endpoints(service, &pods, view));
    actions
}

fn slice(service: &Value, pods: &[Arc<Value>], view: &dyn View) -> Option<Action> {
    let headless = service["spec"]["clusterIP"] == "None";
    let listed: Vec<Value> = pods.iter().map(|pod| endpoint(service, pod)).collect();
    let ports = ports(service, pods);
    let owned = view.owned_by(meta(service, "uid"));
    let existing = owned
        .iter()
        .find(|slice| slice["kind"] == "EndpointSlice" && is_controlled_by(slice, service));
    if let Some(slice) = existing {
        if items(&slice["endpoints"]) == listed && items(&slice["ports"]) == ports {
            return None;
        }
        let mut object = Value::clone(slice);
        object["endpoints"] = json!(listed);
        object["ports"] = json!(ports);
        let changed = |pod: &Value| !items(&slice["endpoints"]).contains(&endpoint(service, pod));
        trigger(&mut object, changed_at(pods, changed));
        return Some(Action::Update {
            object,
            parts: Parts::Main,
            manager: MANAGER,
        });
    }
    let name = meta(service, "name");
    let mut labels = service["metadata"]["labels"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    labels.insert(SERVICE_NAME.to_owned(), json!(name));
    labels.insert(MANAGED_BY.to_owned(), json!("endpointslice-controller.k8s.io"));
    if headless {
        labels.insert("service.kubernetes.io/headless".to_owned(), json!(""));
    }
    let mut object = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": generated(name, hash(&["slice", meta(service, "uid")])),
            "generateName": format!("{name}-"),
            "namespace": meta(service, "namespace"),
            "labels": labels,
            "ownerReferences": [controller_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": listed,
        "ports": ports,
    });
    trigger(&mut object, parse_time(&service["metadata"]["creationTimestamp"]));
    Some(Action::Create {
        object,
        manager: MANAGER,
    })
}

/// Note what made the controller write: the creation of the Service for a new object, a pod's change of readiness for an
/// old one; an older note is taken away where neither is known.
fn trigger(object: &mut Value, at: Option<Timestamp>) {
    match at {
        Some(at) => set_meta(object, "annotations", TRIGGER, &format_time(at)),
        None => {
            if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
                annotations.remove(TRIGGER);
            }
        }
    }
}

/// The first change of readiness among the pods that `changed` picks.
fn changed_at(pods: &[Arc<Value>], changed: impl Fn(&Value) -> bool) -> Option<Timestamp> {
    let of = |pod: &Arc<Value>| {
        let ready = items(&pod["status"]["conditions"])
            .iter()
            .find(|condition| condition["type"] == "Ready")?;
        parse_time(&ready["lastTransitionTime"])
    };
    pods.iter().filter(|pod| changed(pod)).filter_map(of).min()
}

fn target(pod: &Value) -> Value {
    json!({
        "kind": "Pod",
        "namespace": pod["metadata"]["namespace"],
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
    })
}

fn endpoint(service: &Value, pod: &Value) -> Value {
    let serving = pod::is_ready(pod);
    let publish = service["spec"]["publishNotReadyAddresses"] == true;
    let mut endpoint = json!({
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": publish || (serving && !deleting(pod)),
            "serving": serving,
            "terminating": deleting(pod),
        },
        "targetRef": target(pod),
        "nodeName": pod["spec"]["nodeName"],
    });
    if pod["spec"]["hostname"].is_string() && pod["spec"]["subdomain"] == service["metadata"]["name"] {
        endpoint["hostname"] = pod["spec"]["hostname"].clone();
    }
    endpoint
}

/// The ports of a Service with the numbers that its pods listen on.
fn ports(service: &Value, pods: &[Arc<Value>]) -> Vec<Value> {
    let resolve = |port: &Value| -> Option<Value> {
        match &port["targetPort"] {
            Value::String(name) => pods
                .iter()
                .flat_map(|pod| items(&pod["spec"]["containers"]))
                .flat_map(|container| items(&container["ports"]))
                .find(|candidate| candidate["name"] == *name)
                .map(|found| found["containerPort"].clone()),
            Value::Number(number) if number.as_i64() != Some(0) => Some(json!(number)),
            _ => Some(port["port"].clone()),
        }
    };
    items(&service["spec"]["ports"])
        .iter()
        .filter_map(|port| {
            let mut new = json!({
                "name": text(&port["name"]),
                "protocol": port["protocol"].as_str().unwrap_or("TCP"),
                "port": resolve(port)?,
            });
            if port["appProtocol"].is_string() {
                new["appProtocol"] = port["appProtocol"].clone();
            }
            Some(new)
        })
        .collect()
}

fn endpoints(service: &Value, pods: &[Arc<Value>], view: &dyn View) -> Option<Action> {
    let subsets = subsets(service, pods);
    let name = meta(service, "name");
    let namespace = meta(service, "namespace");
    if let Some(existing) = view.get("", "Endpoints", namespace, name) {
        if items(&existing["subsets"]) == subsets {
            return None;
        }
        let mut object = Value::clone(&existing);
        if subsets.is_empty() {
            object.as_object_mut()?.remove("subsets");
        } else {
            object["subsets"] = json!(subsets);
        }
        let lists = |address: &Value| {
            items(&existing["subsets"]).iter().any(|subset| {
                let list = ["addresses", "notReadyAddresses"].map(|list| items(&subset[list]));
                list.concat().contains(address)
            })
        };
        trigger(&mut object, changed_at(pods, |pod| !lists(&address(pod))));
        return Some(Action::Update {
            object,
            parts: Parts::Main,
            manager: MANAGER,
        });
    }
    let mut labels = service["metadata"]["labels"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    labels.insert(
        "endpoints.kubernetes.io/managed-by".to_owned(),
        json!("endpoint-controller"),
    );
    if service["spec"]["clusterIP"] == "None" {
        labels.insert("service.kubernetes.io/headless".to_owned(), json!(""));
    }
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
    });
    if !subsets.is_empty() {
        object["subsets"] = json!(subsets);
    }
    trigger(&mut object, parse_time(&service["metadata"]["creationTimestamp"]));
    Some(Action::Create {
        object,
        manager: MANAGER,
    })
}

fn address(pod: &Value) -> Value {
    json!({
        "ip": pod["status"]["podIP"],
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": target(pod),
    })
}

fn subsets(service: &Value, pods: &[Arc<Value>]) -> Vec<Value> {
    let publish = service["spec"]["publishNotReadyAddresses"] == true;
    let (ready, not_ready): (Vec<_>, Vec<_>) = pods
        .iter()
        .filter(|pod| !deleting(pod))
        .partition(|pod| publish || pod::is_ready(pod));
    let mut subset = json!({});
    for (field, pods) in [("addresses", ready), ("notReadyAddresses", not_ready)] {
        if !pods.is_empty() {
            subset[field] = pods.into_iter().map(|pod| address(pod)).collect();
        }
    }
    if subset.as_object().is_none_or(|subset| subset.is_empty()) {
        return Vec::new();
    }
    let ports: Vec<Value> = ports(service, pods)
        .into_iter()
        .map(|mut port| {
            if let Some(map) = port.as_object_mut()
                && map.get("name").is_some_and(|name| name == "")
            {
                map.remove("name");
            }
            port
        })
        .collect();
    if !ports.is_empty() {
        subset["ports"] = json!(ports);
    }
    vec![subset]
}
