//! Between the version that is stored and the version that is asked for.
//!
//! Custom resources know no conversion, and most built-in kinds have one version; the few others are here.

use serde_json::Value;

use super::registry::Resource;

/// Whether objects of this resource look different in the store.
pub(crate) fn needed(resource: &Resource) -> bool {
    resource.is("events.k8s.io", "events")
        || (resource.is("autoscaling", "horizontalpodautoscalers") && resource.version == "v1")
}

/// From the store to the version of the resource.
pub(crate) fn from_storage(resource: &Resource, object: &mut Value) {
    if !needed(resource) {
        return;
    }
    match resource.plural.as_str() {
        "events" => {
            rename(object, &EVENT);
            if let Some(map) = object.as_object_mut() {
                let empty = |value: &Value| value == "";
                map.retain(|name, value| {
                    !(matches!(name.as_str(), "reportingController" | "reportingInstance") && empty(value))
                });
            }
        }
        _ => super::autoscaler::to_v1(object),
    }
}

/// From the version of the resource to the store.
pub(crate) fn to_storage(resource: &Resource, object: &mut Value) {
    if !needed(resource) {
        return;
    }
    match resource.plural.as_str() {
        "events" => {
            rename(object, &EVENT.map(|(core, events)| (events, core)));
            if let Some(map) = object.as_object_mut() {
                for field in ["reportingComponent", "reportingInstance"] {
                    map.entry(field).or_insert_with(|| "".into());
                }
            }
        }
        _ => super::autoscaler::from_v1(object),
    }
}

/// Fields of `v1` and what `events.k8s.io/v1` calls them.
const EVENT: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn rename(object: &mut Value, names: &[(&str, &str)]) {
    let Some(map) = object.as_object_mut() else { return };
    for (from, to) in names {
        if let Some(value) = map.remove(*from) {
            map.insert((*to).to_owned(), value);
        }
    }
}
