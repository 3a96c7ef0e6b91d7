//! Small readers and builders over JSON objects.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Action, ObjectRef, Parts, action::group_of};

/// A string of the metadata, empty where absent.
pub(crate) fn meta<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// A string, empty where absent.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// An integer, 0 where absent.
pub(crate) fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// The elements of a list, none where absent.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether the object is being deleted.
pub(crate) fn deleting(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// A time as the API writes it: UTC, whole seconds.
pub(crate) fn format_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time of an object.
pub(crate) fn parse_time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// When the object was created; `now` for one that is about to be.
pub(crate) fn created(object: &Value, now: Timestamp) -> Timestamp {
    parse_time(&object["metadata"]["creationTimestamp"]).unwrap_or(now)
}

/// The owner reference to a controller.
pub(crate) fn controller_reference(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// The owner reference with `controller: true`.
pub(crate) fn controller_of(object: &Value) -> Option<&Value> {
    items(&object["metadata"]["ownerReferences"])
        .iter()
        .find(|owner| owner["controller"] == true)
}

/// Whether the object is controlled by the owner with this uid.
pub(crate) fn is_controlled_by(object: &Value, owner: &Value) -> bool {
    controller_of(object).is_some_and(|reference| reference["uid"] == owner["metadata"]["uid"])
}

/// What an owner reference of an object in `namespace` points to, if that is namespaced.
pub(crate) fn owner_target(reference: &Value, namespace: &str) -> ObjectRef {
    ObjectRef::new(
        group_of(text(&reference["apiVersion"])),
        text(&reference["kind"]),
        namespace,
        text(&reference["name"]),
    )
}

/// Whether all pairs of `wanted` are among `labels`. An empty or absent map matches everything.
pub(crate) fn labels_match(wanted: &Value, labels: &Value) -> bool {
    wanted
        .as_object()
        .is_none_or(|wanted| wanted.iter().all(|(key, value)| labels.get(key) == Some(value)))
}

/// Whether a `LabelSelector` (matchLabels and matchExpressions) selects the labels.
pub(crate) fn selector_matches(selector: &Value, labels: &Value) -> bool {
    labels_match(&selector["matchLabels"], labels)
        && items(&selector["matchExpressions"]).iter().all(|expression| {
            let value = labels.get(text(&expression["key"]));
            let listed = value.is_some_and(|value| items(&expression["values"]).contains(value));
            match text(&expression["operator"]) {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

/// Fields that tell when something was, not what is.
const TIMES: [&str; 9] = [
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "startTime",
    "startedAt",
    "finishedAt",
    "containerID",
    "completionTime",
    "lastHeartbeatTime",
];

/// Whether two statuses say the same, whatever the times in them.
pub(crate) fn same_but_times(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let relevant =
                |map: &Map<String, Value>| map.keys().filter(|key| !TIMES.contains(&key.as_str())).count();
            relevant(a) == relevant(b)
                && a.iter()
                    .filter(|(key, _)| !TIMES.contains(&key.as_str()))
                    .all(|(key, value)| b.get(key).is_some_and(|other| same_but_times(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_but_times(a, b))
        }
        _ => a == b,
    }
}

/// A write of `status`, unless it is there already but for its times.
pub(crate) fn status_update(object: &Value, status: Value, manager: &'static str) -> Option<Action> {
    if same_but_times(&object["status"], &status) {
        return None;
    }
    let mut object = object.clone();
    object["status"] = status;
    Some(Action::Update {
        object,
        parts: Parts::Status,
        manager,
    })
}

/// Put a string into a map of the metadata (labels or annotations), making the map where there is none.
pub(crate) fn set_meta(object: &mut Value, map: &str, key: &str, value: &str) {
    if !object["metadata"][map].is_object() {
        object["metadata"][map] = json!({});
    }
    object["metadata"][map][key] = json!(value);
}

/// The value without members that are null or zero: Go's `omitempty`.
pub(crate) fn omit_empty(mut value: Value, keep: &[&str]) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.retain(|key, value| keep.contains(&key.as_str()) || !(value.is_null() || *value == json!(0)));
    }
    value
}
