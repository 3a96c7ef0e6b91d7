//! Pods and volumes as upstream's internal types print them, for the differences that messages show.
//!
//! The fields come in the order of those types and under the names that Go gives them, and none is left out. The types
//! stand in a text, one a line: the name, then the fields. A field is `GoName`, `=jsonName` where that is not the
//! same with a small initial, and what it holds: `:s`, `:i`, `:b` (a text, number or truth that is printed even when empty),
//! `:?` (null when absent), `:.T` (a structure), `:?T` (a structure or null), `:[T` (a list of structures or null);
//! `+T` stands for the fields of another type.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

const TYPES: &str = include_str!("internal.txt");

static TABLE: LazyLock<HashMap<&'static str, Vec<Field>>> = LazyLock::new(|| {
    let lines = TYPES.lines().filter(|line| !line.is_empty());
    lines
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.map(Field::read).collect()))
        })
        .collect()
});

struct Field {
    /// Empty for the fields of another type.
    go: &'static str,
    json: String,
    holds: &'static str,
}

impl Field {
    fn read(word: &'static str) -> Self {
        if let Some(other) = word.strip_prefix('+') {
            return Self {
                go: "",
                json: String::new(),
                holds: other,
            };
        }
        let (names, holds) = word.split_once(':').unwrap_or((word, "?"));
        let (go, json) = names.split_once('=').unwrap_or((names, ""));
        let mut json = json.to_owned();
        if json.is_empty() {
            go.clone_into(&mut json);
            if let Some(first) = json.get_mut(..1) {
                first.make_ascii_lowercase();
            }
        }
        Self { go, json, holds }
    }
}

/// The difference of two pod specifications.
pub(crate) fn pod_difference(old: &Value, new: &Value) -> String {
    super::diff::unified(
        &print(&with_host(old), "PodSpec"),
        &print(&with_host(new), "PodSpec"),
    )
}

/// The difference of the sources of two volumes.
pub(crate) fn volume_difference(old: &Value, new: &Value) -> String {
    super::diff::unified(
        &print(old, "PersistentVolumeSource"),
        &print(new, "PersistentVolumeSource"),
    )
}

/// What a pod shares with its host is part of its security context.
fn with_host(spec: &Value) -> Value {
    let mut spec = spec.clone();
    for name in [
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "shareProcessNamespace",
        "hostUsers",
    ] {
        let value = spec[name].clone();
        if !value.is_null() {
            spec["securityContext"][name] = value;
        }
    }
    spec
}

fn print(value: &Value, name: &str) -> String {
    let mut out = String::new();
    structure(value, name, 0, &mut out);
    out
}

fn pad(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth));
}

fn structure(value: &Value, name: &str, depth: usize, out: &mut String) {
    out.push('{');
    let mut first = true;
    fields(value, name, depth + 1, &mut first, out);
    if !first {
        pad(depth, out);
    }
    out.push('}');
}

fn fields(value: &Value, name: &str, depth: usize, first: &mut bool, out: &mut String) {
    for field in TABLE.get(name).into_iter().flatten() {
        if field.go.is_empty() {
            fields(value, field.holds, depth, first, out);
            continue;
        }
        if !std::mem::take(first) {
            out.push(',');
        }
        pad(depth, out);
        out.push_str(&format!("\"{}\": ", field.go));
        member(&value[&field.json], field.holds, depth, out);
    }
}

fn member(value: &Value, holds: &str, depth: usize, out: &mut String) {
    match (holds.split_at(1), value) {
        (("s", _), Value::Null) => out.push_str("\"\""),
        (("i", _), Value::Null) => out.push('0'),
        (("b", _), Value::Null) => out.push_str("false"),
        ((".", name), _) => structure(value, name, depth, out),
        (("?" | "[", _), Value::Null) => out.push_str("null"),
        (("?", name), _) if !name.is_empty() => structure(value, name, depth, out),
        (("[", name), Value::Array(items)) => {
            list(items, depth, out, |item, out| {
                structure(item, name, depth + 1, out)
            });
        }
        _ => raw(value, depth, out),
    }
}

fn list(items: &[Value], depth: usize, out: &mut String, one: impl Fn(&Value, &mut String)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        pad(depth + 1, out);
        one(item, out);
    }
    if !items.is_empty() {
        pad(depth, out);
    }
    out.push(']');
}

/// What has no type of its own here.
fn raw(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Array(items) => list(items, depth, out, |item, out| raw(item, depth + 1, out)),
        Value::Object(map) => object(map, depth, out),
        other => out.push_str(&crate::api::go::json(other)),
    }
}

fn object(map: &Map<String, Value>, depth: usize, out: &mut String) {
    out.push('{');
    for (index, (name, value)) in map.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        pad(depth + 1, out);
        out.push_str(&format!("{}: ", crate::api::go::json(&name.as_str().into())));
        raw(value, depth + 1, out);
    }
    if !map.is_empty() {
        pad(depth, out);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(old: Value, new: Value, expect: &str) {
        assert_eq!(pod_difference(&old, &new), expect);
    }

    #[test]
    fn every_type_is_known() {
        for field in TABLE.values().flatten() {
            let name = field.holds.trim_start_matches(['?', '[', '.']);
            let known = matches!(name, "" | "s" | "i" | "b") || TABLE.contains_key(name);
            assert!(known, "{} is of the type {name}", field.go);
        }
    }

    #[test]
    fn pods() {
        let pod = |more: Value| {
            let mut spec = json!({"containers": [{"name": "app", "image": "a"}], "securityContext": {}, "restartPolicy": "Always"});
            for (name, value) in more.as_object().unwrap() {
                spec[name] = value.clone();
            }
            spec
        };
        check(pod(json!({})), pod(json!({})), "");
        check(
            pod(json!({})),
            pod(json!({"restartPolicy": "Never"})),
            "@@ -35,7 +35,7 @@\n   }\n  ],\n  \"EphemeralContainers\": null,\n- \"RestartPolicy\": \"Always\",\n+ \"RestartPolicy\": \"Never\",\n  \"TerminationGracePeriodSeconds\": null,\n  \"ActiveDeadlineSeconds\": null,\n  \"DNSPolicy\": \"\",\n",
        );
        check(
            pod(json!({})),
            pod(json!({"hostNetwork": true, "nodeSelector": {"a": "<"}})),
            "@@ -39,12 +39,14 @@\n  \"TerminationGracePeriodSeconds\": null,\n  \"ActiveDeadlineSeconds\": null,\n  \"DNSPolicy\": \"\",\n- \"NodeSelector\": null,\n+ \"NodeSelector\": {\n+  \"a\": \"\\u003c\"\n+ },\n  \"ServiceAccountName\": \"\",\n  \"AutomountServiceAccountToken\": null,\n  \"NodeName\": \"\",\n  \"SecurityContext\": {\n-  \"HostNetwork\": false,\n+  \"HostNetwork\": true,\n   \"HostPID\": false,\n   \"HostIPC\": false,\n   \"ShareProcessNamespace\": null,\n",
        );
    }
}
