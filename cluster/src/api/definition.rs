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
    if name != wanted && old.is_none() {
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
    versions(spec, &mut errors);
    names(spec, &mut errors);
    if spec["preserveUnknownFields"] == true {
        let detail = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
        errors.push(error(
            Reason::Invalid,
            "spec.preserveUnknownFields",
            format!("Invalid value: true: {detail}"),
        ));
    }
    conversion(&spec["conversion"], &mut errors);
    if let Some(old) = old {
        unchanged(spec, &old["spec"], &mut errors);
    }
    // The status alone may be set to anything.
    if old.is_none_or(|old| old["spec"] != *spec) {
        stored(definition, &mut errors);
    }
    approval(definition, old, &group, &mut errors);
    errors
}

fn conversion(conversion: &Value, errors: &mut Vec<FieldError>) {
    match conversion["strategy"].as_str() {
        None | Some("" | "None") => {}
        Some("Webhook") => {
            let webhook = &conversion["webhook"];
            if !webhook["clientConfig"].is_object() {
                errors.push(error(
                    Reason::Required,
                    "spec.conversion.webhookClientConfig",
                    "Required value: required when strategy is set to Webhook",
                ));
            }
            let versions = webhook["conversionReviewVersions"].as_array();
            if versions.is_none_or(Vec::is_empty) {
                errors.push(required("spec.conversion.conversionReviewVersions"));
            }
        }
        Some(other) => errors.push(error(
            Reason::NotSupported,
            "spec.conversion.strategy",
            format!(
                "Unsupported value: {}: supported values: \"None\", \"Webhook\"",
                super::go::quote(other)
            ),
        )),
    }
}

/// The versions that objects may be stored in must all be there still.
fn stored(definition: &Value, errors: &mut Vec<FieldError>) {
    let field = "status.storedVersions";
    let list = definition["status"]["storedVersions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if list.is_empty() {
        errors.push(error(
            Reason::Invalid,
            field,
            "Invalid value: null: must have at least one stored version",
        ));
        return;
    }
    let versions = definition["spec"]["versions"].as_array().into_iter().flatten();
    let versions: Vec<&Value> = versions.collect();
    for version in versions.iter().filter(|version| version["storage"] == true) {
        if !list.contains(&version["name"]) {
            let name = version["name"].as_str().unwrap_or_default();
            let shown = Value::from(list);
            errors.push(error(
                Reason::Invalid,
                field,
                format!("Invalid value: {shown}: must have the storage version {name}"),
            ));
        }
    }
    for (index, name) in list.iter().enumerate() {
        if versions.iter().any(|version| version["name"] == *name) {
            continue;
        }
        let plain = name.as_str().unwrap_or_default();
        errors.push(error(
            Reason::Invalid,
            format!("{field}[{index}]"),
            format!(
                "Invalid value: {name}: missing from spec.versions; {plain} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {plain} and removes {plain} from status.storedVersions"
            ),
        ));
    }
}

/// Groups of the Kubernetes project need its approval.
fn approval(definition: &Value, old: Option<&Value>, group: &str, errors: &mut Vec<FieldError>) {
    const NAME: &str = "api-approved.kubernetes.io";
    let protected = ["k8s.io", "kubernetes.io"].iter().any(|domain| {
        group
            .strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    let given = |definition: &Value| {
        let value = definition["metadata"]["annotations"][NAME].as_str();
        value.unwrap_or_default().to_owned()
    };
    let is_fine = |text: &str| text.starts_with("unapproved") || text.contains("://");
    let text = given(definition);
    if !protected || is_fine(&text) || old.is_some_and(|old| !is_fine(&given(old))) {
        return;
    }
    let field = format!("metadata.annotations[{NAME}]");
    let start = format!("protected groups must have approval annotation \"{NAME}\"");
    let see = "see https://github.com/kubernetes/enhancements/pull/1111";
    errors.push(if text.is_empty() {
        error(Reason::Required, field, format!("Required value: {start}, {see}"))
    } else {
        let shown = super::go::quote(&text);
        let detail = format!("{start} with either a URL or a reason starting with \"unapproved\", {see}");
        error(
            Reason::Invalid,
            field,
            format!("Invalid value: {shown}: {detail}"),
        )
    });
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

const LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

fn names(spec: &Value, errors: &mut Vec<FieldError>) {
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
    for list in ["shortNames", "categories"] {
        let names = spec["names"][list].as_array().into_iter().flatten();
        for (index, name) in names.filter_map(Value::as_str).enumerate() {
            if !is_label(name) {
                errors.push(no_label(format!("spec.names.{list}[{index}]"), name));
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

fn no_label(field: String, name: &str) -> FieldError {
    let shown = super::go::quote(name);
    error(Reason::Invalid, field, format!("Invalid value: {shown}: {LABEL}"))
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
    let schema_of = |version: &Value| version["schema"]["openAPIV3Schema"].clone();
    // A schema that all versions have in common is looked at once, as that of the definition as a whole.
    let common = versions
        .windows(2)
        .all(|pair| schema_of(&pair[0]) == schema_of(&pair[1]));
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        let name = version["name"].as_str().unwrap_or_default();
        if !is_label(name) {
            errors.push(no_label(format!("{path}.name"), name));
        }
        super::version_parts::deprecation(version, &path, errors);
        let schema = &version["schema"]["openAPIV3Schema"];
        if !schema.is_object() {
            errors.push(required(format!("{path}.schema.openAPIV3Schema")));
        } else if !common {
            self::schema(schema, &format!("{path}.schema.openAPIV3Schema"), errors);
        }
    }
    count(versions, errors);
    if let Some(first) = versions.first() {
        let name = first["name"].as_str().unwrap_or_default();
        if !is_label(name) {
            errors.push(no_label("spec.version".into(), name));
        }
        if common && first["schema"]["openAPIV3Schema"].is_object() {
            self::schema(&schema_of(first), "spec.validation.openAPIV3Schema", errors);
        }
    }
    super::version_parts::check(versions, errors);
}

/// One version is stored, and no name is there twice.
fn count(versions: &[Value], errors: &mut Vec<FieldError>) {
    let names: HashSet<&str> = versions
        .iter()
        .filter_map(|version| version["name"].as_str())
        .collect();
    let stored = versions
        .iter()
        .filter(|version| version["storage"] == true)
        .count();
    let shown: Vec<String> = versions.iter().map(show).collect();
    let mut wrong = |detail: &str| {
        errors.push(error(
            Reason::Invalid,
            "spec.versions",
            format!("Invalid value: [{}]: {detail}", shown.join(",")),
        ));
    };
    if names.len() < versions.len() {
        wrong("must contain unique version names");
    }
    if stored != 1 {
        wrong("must have exactly one version marked as storage version");
    }
}

/// A version as upstream prints its structure, once what all versions have in common was taken out.
fn show(version: &Value) -> String {
    let flag = |name: &str| version[name] == true;
    format!(
        "{{\"Name\":{},\"Served\":{},\"Storage\":{},\"Deprecated\":{},\"DeprecationWarning\":{},\"Schema\":null,\"Subresources\":null,\"AdditionalPrinterColumns\":null,\"SelectableFields\":null}}",
        version["name"],
        flag("served"),
        flag("storage"),
        flag("deprecated"),
        version["deprecationWarning"]
    )
}

fn schema(schema: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let problems = match Structural::from_openapi_v3_at(schema, at) {
        Ok(schema) => flux_cel::check(&schema, at),
        Err(problems) => problems,
    };
    errors.extend(problems.into_iter().map(super::types::field_error));
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
