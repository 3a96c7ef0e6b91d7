//! What is wrong with a custom resource definition.

use std::collections::HashSet;

use flux_schema::Structural;
use serde_json::Value;

use crate::defaults::{FieldError, Reason};

fn error(reason: Reason, field: impl Into<String>, message: impl Into<String>) -> FieldError {
    FieldError {
        reason,
        field: field.into(),
        message: message.into(),
    }
}

fn required(field: impl Into<String>) -> FieldError {
    error(Reason::Required, field, "Required value")
}

/// The errors of a definition, and of its change.
pub(crate) fn validate(definition: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, plural) = (text(&spec["group"]), text(&spec["names"]["plural"]));
    let name = text(&definition["metadata"]["name"]);
    let wanted = format!("{plural}.{group}");
    if name != wanted {
        errors.push(error(
            Reason::Invalid,
            "metadata.name",
            format!(
                "Invalid value: {}: must be spec.names.plural+\".\"+spec.group",
                super::go::quote(&name)
            ),
        ));
    }
    if group.is_empty() {
        errors.push(required("spec.group"));
    } else if !group.contains('.') {
        errors.push(error(
            Reason::Invalid,
            "spec.group",
            format!(
                "Invalid value: {}: should be a domain with at least one dot",
                super::go::quote(&group)
            ),
        ));
    }
    scope(spec, &mut errors);
    names(spec, &mut errors);
    versions(spec, &mut errors);
    if let Some(old) = old {
        unchanged(spec, &old["spec"], &mut errors);
    }
    errors
}

fn scope(spec: &Value, errors: &mut Vec<FieldError>) {
    match spec["scope"].as_str() {
        Some("Namespaced" | "Cluster") => {}
        None | Some("") => errors.push(required("spec.scope")),
        Some(other) => errors.push(error(
            Reason::NotSupported,
            "spec.scope",
            format!(
                "Unsupported value: {}: supported values: \"Cluster\", \"Namespaced\"",
                super::go::quote(other)
            ),
        )),
    }
}

fn names(spec: &Value, errors: &mut Vec<FieldError>) {
    const LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    for (field, lower) in [
        ("plural", false),
        ("singular", false),
        ("kind", true),
        ("listKind", true),
    ] {
        let path = format!("spec.names.{field}");
        match spec["names"][field].as_str() {
            None | Some("") => errors.push(required(path)),
            Some(name) => {
                let checked = if lower {
                    name.to_lowercase()
                } else {
                    name.to_owned()
                };
                if !is_label(&checked) {
                    let detail = if lower {
                        format!("may have mixed case, but should otherwise match: {LABEL}")
                    } else {
                        LABEL.to_owned()
                    };
                    errors.push(error(
                        Reason::Invalid,
                        path,
                        format!("Invalid value: {}: {detail}", super::go::quote(name)),
                    ));
                }
            }
        }
    }
    let (kind, list) = (&spec["names"]["kind"], &spec["names"]["listKind"]);
    if kind == list && kind.is_string() {
        errors.push(error(
            Reason::Invalid,
            "spec.names.listKind",
            format!("Invalid value: {list}: kind and listKind may not be the same"),
        ));
    }
}

fn is_label(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn versions(spec: &Value, errors: &mut Vec<FieldError>) {
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut seen = HashSet::new();
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        let name = version["name"].as_str().unwrap_or_default();
        if !is_label(name) {
            errors.push(error(
                Reason::Invalid,
                format!("{path}.name"),
                format!(
                    "Invalid value: {}: must be a DNS-1035 label",
                    super::go::quote(name)
                ),
            ));
        } else if !seen.insert(name) {
            errors.push(error(
                Reason::Invalid,
                format!("{path}.name"),
                "Invalid value: must be unique",
            ));
        }
        let schema = &version["schema"]["openAPIV3Schema"];
        if !schema.is_object() {
            errors.push(error(
                Reason::Required,
                format!("{path}.schema.openAPIV3Schema"),
                "Required value: schemas are required",
            ));
            continue;
        }
        let at = if versions.len() == 1 {
            "spec.validation.openAPIV3Schema".to_owned()
        } else {
            format!("{path}.schema.openAPIV3Schema")
        };
        let problems = match Structural::from_openapi_v3_at(schema, &at) {
            Ok(schema) => flux_cel::check(&schema, &at),
            Err(problems) => problems,
        };
        errors.extend(problems.into_iter().map(super::types::field_error));
    }
    let stored = versions
        .iter()
        .filter(|version| version["storage"] == true)
        .count();
    if stored != 1 {
        errors.push(error(
            Reason::Invalid,
            "spec.versions",
            format!(
                "Invalid value: {}: must have exactly one version marked as storage version",
                spec["versions"]
            ),
        ));
    }
}

fn unchanged(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    for (field, new, old) in [
        ("spec.group", &new["group"], &old["group"]),
        (
            "spec.names.plural",
            &new["names"]["plural"],
            &old["names"]["plural"],
        ),
        ("spec.scope", &new["scope"], &old["scope"]),
        ("spec.names.kind", &new["names"]["kind"], &old["names"]["kind"]),
    ] {
        if new != old {
            errors.push(error(
                Reason::Invalid,
                field,
                format!("Invalid value: {new}: field is immutable"),
            ));
        }
    }
}
