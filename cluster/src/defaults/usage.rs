//! How much of what quotas limit an object uses.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::fill::{items, text};
use super::quantity::{add, canonical_quantity, nanos};

/// The order of two quantities; none where one of them is none.
pub(crate) fn compare_quantities(one: &str, other: &str) -> Option<Ordering> {
    Some(nanos(one)?.cmp(&nanos(other)?))
}

/// One quantity by another.
pub(crate) fn quantity_ratio(one: &str, other: &str) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a ratio for comparisons and messages")]
    let (one, other) = (nanos(one)? as f64, nanos(other)? as f64);
    (other != 0.0).then_some(one / other)
}

/// What the containers of a pod ask for together (`requests` or `limits`): the sum of those that run side by side, or what
/// the hungriest of those before them needs.
pub(crate) fn pod_amounts(spec: &Value, amounts: &str) -> Map<String, Value> {
    let mut total = Map::new();
    for container in items(&spec["containers"]) {
        for (name, amount) in container["resources"][amounts].as_object().into_iter().flatten() {
            let sum = add(total.get(name).map_or("0", text), text(amount));
            total.insert(name.clone(), sum.into());
        }
    }
    for container in items(&spec["initContainers"]) {
        for (name, amount) in container["resources"][amounts].as_object().into_iter().flatten() {
            let there = total.get(name).map_or("0", text);
            if compare_quantities(text(amount), there).is_some_and(Ordering::is_gt) {
                total.insert(name.clone(), amount.clone());
            }
        }
    }
    total
}

/// What an object of the core group counts for in quotas, by the names that they use.
pub(crate) fn usage(plural: &str, object: &Value) -> Map<String, Value> {
    let mut used = Map::new();
    let mut one = |name: &str| drop(used.insert(name.to_owned(), "1".into()));
    one(&format!("count/{plural}"));
    let spec = &object["spec"];
    match plural {
        "configmaps" | "replicationcontrollers" | "resourcequotas" | "secrets" => one(plural),
        "services" => {
            one(plural);
            match text(&spec["type"]) {
                "LoadBalancer" => one("services.loadbalancers"),
                "NodePort" => {}
                _ => return used,
            }
            let ports = items(&spec["ports"]).len();
            used.insert("services.nodeports".into(), ports.to_string().into());
        }
        "persistentvolumeclaims" => {
            one(plural);
            if let Some(storage) = spec["resources"]["requests"].get("storage") {
                used.insert("requests.storage".into(), storage.clone());
            }
        }
        "pods" => {
            // What has ended needs nothing any more.
            if matches!(text(&object["status"]["phase"]), "Succeeded" | "Failed") {
                return used;
            }
            one(plural);
            for amounts in ["requests", "limits"] {
                for (name, amount) in pod_amounts(spec, amounts) {
                    if amounts == "requests"
                        && matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage")
                    {
                        used.insert(name.clone(), amount.clone());
                    }
                    used.insert(format!("{amounts}.{name}"), amount);
                }
            }
        }
        _ => {}
    }
    used
}

/// What the containers of a pod must name because a quota limits it, as `requests.cpu for: app; …`; empty where they do.
pub(crate) fn unnamed(hard: &Map<String, Value>, spec: &Value) -> String {
    let mut parts = Vec::new();
    for name in hard.keys() {
        let (amounts, resource) = match name.split_once('.') {
            Some((amounts @ ("requests" | "limits"), resource @ ("cpu" | "memory"))) => (amounts, resource),
            None if matches!(name.as_str(), "cpu" | "memory") => ("requests", name.as_str()),
            _ => continue,
        };
        let silent: Vec<&str> = items(&spec["containers"])
            .iter()
            .filter(|container| container["resources"][amounts].get(resource).is_none())
            .map(|container| text(&container["name"]))
            .collect();
        if !silent.is_empty() {
            parts.push(format!("{name} for: {}", silent.join(",")));
        }
    }
    parts.join("; ")
}

/// The sum of two usages for a name.
pub(crate) fn sum(one: &Value, other: &Value) -> String {
    add(text(one), text(other))
}

/// The canonical zero for what is missing.
pub(crate) fn amount(value: &Value) -> String {
    canonical_quantity(text(value)).unwrap_or_else(|| "0".into())
}
