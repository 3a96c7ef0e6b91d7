//! What a schema must be like to be structural.

use serde_json::{Map, Value, json};

use super::node::{Additional, JsonType, ListType, Node};
use super::parse::{Place, text};
use crate::field_error::{FieldError, FieldErrorKind};

/// Rules of the root.
pub(super) fn root(node: &Node, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if node.ty != Some(JsonType::Object) {
        match text_of(schema, "type") {
            "" => errors.push(FieldError::required(
                format!("{path}.type"),
                "must not be empty at the root",
            )),
            other => push(
                errors,
                path,
                "type",
                FieldErrorKind::Invalid,
                json!(other),
                "must be object at the root",
            ),
        }
    }
    if let Some(meta) = node.properties.get("metadata") {
        let allowed = |name: &String| name == "name" || name == "generateName";
        if !meta.properties.keys().all(allowed) {
            let detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
            errors.push(FieldError::new(
                format!("{path}.properties[metadata]"),
                FieldErrorKind::Forbidden,
                Value::Null,
                detail,
            ));
        }
    }
    for name in ["apiVersion", "kind"] {
        if let Some(ty) = node
            .properties
            .get(name)
            .and_then(|field| field.ty)
            .filter(|ty| *ty != JsonType::String)
        {
            let at = format!("{path}.properties[{name}]");
            push(
                errors,
                &at,
                "type",
                FieldErrorKind::Invalid,
                json!(ty.name()),
                "must be string",
            );
        }
    }
}

/// Rules of every place.
pub(super) fn node(
    node: &Node,
    map: &Map<String, Value>,
    path: &str,
    place: Place,
    errors: &mut Vec<FieldError>,
) {
    if map.contains_key("$ref") {
        push(
            errors,
            path,
            "$ref",
            FieldErrorKind::Forbidden,
            Value::Null,
            "$ref is not supported",
        );
    }
    if map.get("uniqueItems") == Some(&Value::Bool(true)) {
        let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        push(
            errors,
            path,
            "uniqueItems",
            FieldErrorKind::Forbidden,
            Value::Null,
            detail,
        );
    }
    if place == Place::Tree {
        tree(node, map, path, errors)
    } else {
        check(node, path, place, errors)
    }
}

/// Value checks add no structure.
fn check(node: &Node, path: &str, place: Place, errors: &mut Vec<FieldError>) {
    let mut forbid = |present: bool, key: &str| {
        if present {
            push(
                errors,
                path,
                key,
                FieldErrorKind::Forbidden,
                Value::Null,
                "must be empty to be structural",
            );
        }
    };
    forbid(node.ty.is_some() && place != Place::IntOrString, "type");
    forbid(node.default.is_some(), "default");
    forbid(
        !matches!(node.additional, Additional::None),
        "additionalProperties",
    );
    forbid(node.nullable, "nullable");
}

fn tree(node: &Node, map: &Map<String, Value>, path: &str, errors: &mut Vec<FieldError>) {
    let free = node.int_or_string || node.preserve_unknown;
    if node.ty.is_none() && !free && text(map, "type").is_empty() && !map.contains_key("$ref") {
        errors.push(FieldError::required(
            format!("{path}.type"),
            "must not be empty for specified object fields",
        ));
    }
    if map.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        let key = "x-kubernetes-preserve-unknown-fields";
        push(
            errors,
            path,
            key,
            FieldErrorKind::Invalid,
            json!(false),
            "must be true or undefined",
        );
    }
    if node.ty == Some(JsonType::Array)
        && node.items.is_none()
        && !matches!(map.get("items"), Some(Value::Array(_)))
    {
        errors.push(FieldError::required(format!("{path}.items"), "must be specified"));
    }
    if !node.properties.is_empty() && !matches!(node.additional, Additional::None) {
        let detail = "additionalProperties and properties are mutual exclusive";
        push(
            errors,
            path,
            "additionalProperties",
            FieldErrorKind::Forbidden,
            Value::Null,
            detail,
        );
    }
    if node.embedded && !node.preserve_unknown && node.properties.is_empty() {
        let detail = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        errors.push(FieldError::required(format!("{path}.properties"), detail));
    }
    if let Some(default) = &node.default {
        for error in super::validate::default_errors(node, default) {
            push(errors, path, "default", error.kind, error.value, &error.detail);
        }
    }
    list_type(node, map, path, errors);
    let map_type = text(map, "x-kubernetes-map-type");
    if !matches!(map_type, "" | "atomic" | "granular") {
        let detail = r#"supported values: "atomic", "granular""#;
        push(
            errors,
            path,
            "x-kubernetes-map-type",
            FieldErrorKind::NotSupported,
            json!(map_type),
            detail,
        );
    }
}

fn list_type(node: &Node, map: &Map<String, Value>, path: &str, errors: &mut Vec<FieldError>) {
    let list_type = text(map, "x-kubernetes-list-type");
    if list_type.is_empty() {
        return;
    }
    if !matches!(list_type, "atomic" | "set" | "map") {
        let detail = r#"supported values: "atomic", "set", "map""#;
        push(
            errors,
            path,
            "x-kubernetes-list-type",
            FieldErrorKind::NotSupported,
            json!(list_type),
            detail,
        );
        return;
    }
    if node.ty != Some(JsonType::Array) {
        let found = node.ty.map_or("", JsonType::name);
        let detail = "must be array if x-kubernetes-list-type is specified";
        push(
            errors,
            path,
            "type",
            FieldErrorKind::Invalid,
            json!(found),
            detail,
        );
        return;
    }
    match (node.list_type, &node.items) {
        (ListType::Map, Some(items)) => list_map(node, items, path, errors),
        (ListType::Set, Some(items)) if items.ty == Some(JsonType::Object) && !items.atomic => {
            let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
            let found = if items.ty.is_some() {
                Value::Null
            } else {
                json!("")
            };
            push(
                errors,
                &format!("{path}.items"),
                "x-kubernetes-map-type",
                FieldErrorKind::Invalid,
                found,
                detail,
            );
        }
        _ => {}
    }
}

fn list_map(node: &Node, items: &Node, path: &str, errors: &mut Vec<FieldError>) {
    let at = format!("{path}.items");
    if node.list_map_keys.is_empty() {
        let detail = "must not be empty if x-kubernetes-list-type is map";
        errors.push(FieldError::required(
            format!("{path}.x-kubernetes-list-map-keys"),
            detail,
        ));
    }
    if items.ty != Some(JsonType::Object) {
        let found = items.ty.map_or("", JsonType::name);
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        push(errors, &at, "type", FieldErrorKind::Invalid, json!(found), detail);
        return;
    }
    if node
        .list_map_keys
        .iter()
        .any(|key| !items.properties.contains_key(key))
    {
        let detail = "entries must all be names of item properties";
        push(
            errors,
            path,
            "x-kubernetes-list-map-keys",
            FieldErrorKind::Invalid,
            json!(node.list_map_keys),
            detail,
        );
        return;
    }
    for key in &node.list_map_keys {
        let has_default = items
            .properties
            .get(key)
            .is_some_and(|field| field.default.is_some());
        if !has_default && !items.required.contains(key) {
            let detail = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            errors.push(FieldError::required(
                format!("{at}.properties[{key}].default"),
                detail,
            ));
        }
    }
}

fn push(
    errors: &mut Vec<FieldError>,
    path: &str,
    key: &str,
    kind: FieldErrorKind,
    value: Value,
    detail: &str,
) {
    errors.push(FieldError::new(format!("{path}.{key}"), kind, value, detail));
}

fn text_of<'a>(schema: &'a Value, key: &str) -> &'a str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}
