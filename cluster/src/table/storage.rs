//! Tables of volumes, claims and classes.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::age;
use super::read::{UNSET, items, plain, text, text_or};

/// Access modes in their short forms, in upstream's order.
fn modes(value: &Value) -> String {
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let modes = items(value);
    let listed: Vec<&str> = short
        .iter()
        .filter(|(mode, _)| modes.iter().any(|m| m == mode))
        .map(|(_, s)| *s)
        .collect();
    listed.join(",")
}

fn phase(object: &Value) -> &str {
    if object["metadata"]["deletionTimestamp"].is_string() {
        "Terminating"
    } else {
        text(&object["status"]["phase"])
    }
}

fn class(object: &Value) -> &str {
    let beta = &object["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"];
    beta.as_str()
        .unwrap_or_else(|| text(&object["spec"]["storageClassName"]))
}

fn capacity(value: &Value) -> String {
    if value["storage"].is_null() {
        String::new()
    } else {
        plain(&value["storage"])
    }
}

pub(crate) fn claim(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let bound = !text(&spec["volumeName"]).is_empty();
    vec![
        json!(phase(object)),
        json!(text(&spec["volumeName"])),
        json!(if bound {
            capacity(&status["capacity"])
        } else {
            String::new()
        }),
        json!(if bound {
            modes(&status["accessModes"])
        } else {
            String::new()
        }),
        json!(class(object)),
        json!(text_or(&spec["volumeAttributesClassName"], UNSET)),
        json!(age(object, now)),
        json!(text_or(&spec["volumeMode"], UNSET)),
    ]
}

pub(crate) fn volume(object: &Value, now: Timestamp) -> Vec<Value> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let claim = &spec["claimRef"];
    let claim = if claim.is_object() {
        format!("{}/{}", text(&claim["namespace"]), text(&claim["name"]))
    } else {
        String::new()
    };
    vec![
        json!(capacity(&spec["capacity"])),
        json!(modes(&spec["accessModes"])),
        json!(text(&spec["persistentVolumeReclaimPolicy"])),
        json!(phase(object)),
        json!(claim),
        json!(class(object)),
        json!(text_or(&spec["volumeAttributesClassName"], UNSET)),
        json!(text(&status["reason"])),
        json!(age(object, now)),
        json!(text_or(&spec["volumeMode"], UNSET)),
    ]
}

pub(crate) fn storage_class(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        json!(text(&object["provisioner"])),
        json!(text_or(&object["reclaimPolicy"], "Delete")),
        json!(text_or(&object["volumeBindingMode"], UNSET)),
        json!(object["allowVolumeExpansion"] == true),
        json!(age(object, now)),
    ]
}
