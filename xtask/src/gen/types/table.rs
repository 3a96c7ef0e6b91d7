//! The table of types, in the notation that `formats/schema/src/builtin` reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Defaults of list keys that the JSON schemas do not carry; the API server declares them in its own OpenAPI document.
const KEY_DEFAULTS: [(&str, &str, &str); 3] = [
    ("io.k8s.api.core.v1.ContainerPort", "protocol", "TCP"),
    ("io.k8s.api.core.v1.ServicePort", "protocol", "TCP"),
    ("io.k8s.api.core.v1.LocalObjectReference", "name", ""),
];

/// Fields that are always there, by type; see the head of the file.
const PRESENT: &str = include_str!("present.txt");

pub(in crate::r#gen) fn present() -> BTreeMap<(&'static str, &'static str), &'static str> {
    let mut out = BTreeMap::new();
    for line in PRESENT.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        for (field, zero) in words.filter_map(|word| word.split_once(':')) {
            out.insert((name, field), zero);
        }
    }
    out
}

/// One line per type (`=name [kind]* [attribute]*`) followed by one indented line per field (`name type [attribute]*`).
pub(super) fn types(definitions: &Value) -> String {
    let mut out = String::new();
    let present = present();
    let empty = serde_json::Map::new();
    for (name, schema) in definitions["$defs"].as_object().unwrap_or(&empty) {
        if is_list(name, schema) {
            continue;
        }
        let _ = write!(out, "={name}");
        for gvk in schema["x-kubernetes-group-version-kind"]
            .as_array()
            .into_iter()
            .flatten()
        {
            // DeleteOptions and WatchEvent belong to every group.
            if name.starts_with("io.k8s.apimachinery") {
                break;
            }
            let part = |key: &str| gvk[key].as_str().unwrap_or_default().to_owned();
            let _ = write!(out, " gvk={}/{}/{}", part("group"), part("version"), part("kind"));
        }
        let fields = schema["properties"].as_object();
        if fields.is_none() {
            let _ = write!(
                out,
                " is={}",
                scalar_name(name).map_or_else(|| notation(schema), str::to_owned)
            );
        }
        out.push_str(&attributes(schema));
        out.push('\n');
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (field, schema) in fields.into_iter().flatten() {
            let _ = write!(out, " {field} {}{}", notation(schema), attributes(schema));
            if required.contains(&field.as_str()) {
                out.push_str(" required");
            }
            if let Some(zero) = present.get(&(name.as_str(), field.as_str())) {
                let _ = write!(out, " zero={zero}");
            }
            for (_, _, default) in KEY_DEFAULTS
                .iter()
                .filter(|(ty, key, _)| ty == name && key == field)
            {
                let _ = write!(out, " default={default}");
            }
            out.push('\n');
        }
    }
    out
}

pub(in crate::r#gen) fn is_list(name: &str, schema: &Value) -> bool {
    name.ends_with("List")
        && schema["properties"]["items"].is_object()
        && schema["x-kubernetes-group-version-kind"].is_array()
}

fn scalar_name(name: &str) -> Option<&'static str> {
    match name.rsplit('.').next()? {
        "Time" | "MicroTime" => Some("time"),
        "Quantity" => Some("quantity"),
        "IntOrString" => Some("intorstring"),
        "JSON"
        | "RawExtension"
        | "FieldsV1"
        | "JSONSchemaPropsOrArray"
        | "JSONSchemaPropsOrBool"
        | "JSONSchemaPropsOrStringArray"
        | "CustomResourceSubresourceStatus"
        | "Patch" => Some("raw"),
        _ => None,
    }
}

fn notation(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return format!("@{}", reference.rsplit('/').next().unwrap_or_default());
    }
    let nullable_type = schema["type"].as_array().and_then(|list| list.first());
    let name = nullable_type
        .unwrap_or(&schema["type"])
        .as_str()
        .unwrap_or_default();
    match (name, schema["format"].as_str().unwrap_or_default()) {
        ("array", _) => format!("[{}]", notation(&schema["items"])),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("{{{}}}", notation(&schema["additionalProperties"]))
        }
        ("string", "byte") => "bytes".into(),
        ("string", "date-time") => "time".into(),
        ("string", _) => "string".into(),
        ("integer", "int64") => "long".into(),
        ("integer", _) => "int".into(),
        ("number", _) => "number".into(),
        ("boolean", _) => "bool".into(),
        _ => "raw".into(),
    }
}

fn attributes(schema: &Value) -> String {
    let mut out = String::new();
    let text = |key: &str| schema[key].as_str().unwrap_or_default();
    match text("x-kubernetes-list-type") {
        "map" => {
            let keys = schema["x-kubernetes-list-map-keys"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let _ = write!(out, " keys={}", keys.collect::<Vec<_>>().join(","));
        }
        "set" => out.push_str(" set"),
        "atomic" => out.push_str(" atomic"),
        _ => {}
    }
    if text("x-kubernetes-map-type") == "atomic" {
        out.push_str(" atomic");
    }
    if !text("x-kubernetes-patch-strategy").is_empty() {
        let _ = write!(out, " patch={}", text("x-kubernetes-patch-strategy"));
    }
    if !text("x-kubernetes-patch-merge-key").is_empty() {
        let _ = write!(out, " mergekey={}", text("x-kubernetes-patch-merge-key"));
    }
    out
}
