//! What disappears on the way through the server: members that say nothing, because upstream's types do not print
//! them when they are empty.

use serde_json::Value;

/// Members whose values are free-form: nothing in them is touched.
const FREE: [&str; 9] = [
    "data",
    "binaryData",
    "stringData",
    "annotations",
    "fieldsV1",
    "parameters",
    "rawConfig",
    "matchLabels",
    "value",
];

/// Lists that are printed even when they are empty.
const KEPT_LISTS: [&str; 4] = ["rules", "endpoints", "currentMetrics", "policies"];

/// Maps that are not printed when they are empty (unlike structures, which are).
const DROPPED_MAPS: [&str; 13] = [
    "labels",
    "annotations",
    "nodeSelector",
    "matchLabels",
    "limits",
    "requests",
    "data",
    "binaryData",
    "parameters",
    "capacity",
    "hard",
    "used",
    "volumeAttributes",
];

/// Members that are not printed when false, zero or empty, because upstream's types cannot tell that from absent.
const DROPPED_ZEROS: [&str; 36] = [
    "clusterIP",
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
    "paused",
    "publishNotReadyAddresses",
    "minReadySeconds",
    "initialDelaySeconds",
    "hostPort",
    "nodePort",
    "generateName",
    "namespace",
    "hostname",
    "subdomain",
    "priorityClassName",
    "nodeName",
    "serviceAccountName",
    "serviceAccount",
    "workingDir",
    "subPath",
    "subPathExpr",
    "loadBalancerIP",
    "externalName",
    "healthCheckNodePort",
    "hostIP",
    "medium",
    "globalDefault",
    "description",
    "volumeName",
    "host",
    "message",
    "reason",
];

/// Drop what says nothing, recursively.
pub(crate) fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| {
                if !FREE.contains(&key.as_str()) {
                    tidy(value);
                }
                keep(key, value)
            });
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn keep(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => KEPT_LISTS.contains(&key),
        // The limits of a LimitRange are the only ones that are a list.
        Value::Array(list) => !list.is_empty() || key == "limits" || KEPT_LISTS.contains(&key),
        Value::Object(map) => !map.is_empty() || !DROPPED_MAPS.contains(&key),
        Value::Bool(false) => !DROPPED_ZEROS.contains(&key),
        Value::Number(number) => number.as_i64() != Some(0) || !DROPPED_ZEROS.contains(&key),
        Value::String(text) => !text.is_empty() || !DROPPED_ZEROS.contains(&key),
        Value::Bool(true) => true,
    }
}
