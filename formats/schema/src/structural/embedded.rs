//! Checks of objects inside objects: they have an apiVersion, a kind and sensible labels.

use serde_json::{Map, Value, json};

use crate::field_error::{FieldError, FieldErrorKind};

pub(super) fn check(object: &Map<String, Value>, path: &str, errors: &mut Vec<FieldError>) {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("apiVersion") {
        "" => errors.push(FieldError::required(format!("{path}.apiVersion"), "")),
        version if version.matches('/').count() > 1 => {
            let detail = format!("unexpected GroupVersion string: {version}");
            errors.push(FieldError::new(
                format!("{path}.apiVersion"),
                FieldErrorKind::Invalid,
                json!(version),
                detail,
            ));
        }
        _ => {}
    }
    match text("kind") {
        "" => errors.push(FieldError::required(format!("{path}.kind"), "")),
        kind if !is_label_1035(&kind.to_ascii_lowercase()) => {
            let detail = "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric \
                          characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  \
                          or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
            errors.push(FieldError::new(
                format!("{path}.kind"),
                FieldErrorKind::Invalid,
                json!(kind),
                detail,
            ));
        }
        _ => {}
    }
    let labels = object
        .get("metadata")
        .and_then(|meta| meta.get("labels"))
        .and_then(Value::as_object);
    for key in labels
        .into_iter()
        .flat_map(Map::keys)
        .filter(|key| !is_qualified_name(key))
    {
        let detail = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
                      character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                      '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
        errors.push(FieldError::new(
            format!("{path}.metadata.labels"),
            FieldErrorKind::Invalid,
            json!(key),
            detail,
        ));
    }
}

fn is_label_1035(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(inner)
        && !text.ends_with('-')
}

fn is_qualified_name(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    let edge = |c: char| c.is_ascii_alphanumeric();
    let inner = |c: char| edge(c) || matches!(c, '-' | '_' | '.');
    !name.is_empty()
        && name.len() <= 63
        && name.starts_with(edge)
        && name.ends_with(edge)
        && name.chars().all(inner)
}
