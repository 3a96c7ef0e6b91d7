//! What is wrong with the columns, the scale and the selectable fields of the versions of a definition.

use std::collections::HashSet;

use flux_schema::{JsonType, Node, Structural};
use serde_json::Value;

use super::go::quote;
use crate::defaults::{FieldError, Reason};

const TYPES: &str = "must be one of boolean,date,integer,number,string";
const FORMATS: [&str; 8] = [
    "byte",
    "date",
    "date-time",
    "double",
    "float",
    "int32",
    "int64",
    "password",
];
const SELECTABLE: usize = 8;

fn invalid(field: impl Into<String>, value: &str, detail: &str) -> FieldError {
    FieldError::invalid_text(field, value, detail)
}

/// The errors of all versions. What they have in common is looked at once, as part of the definition as a whole.
pub(crate) fn check(versions: &[Value], errors: &mut Vec<FieldError>) {
    for name in ["subresources", "additionalPrinterColumns", "selectableFields"] {
        let mut check = |version: &Value, at: String| match name {
            "subresources" => scale(&version[name]["scale"], &at, errors),
            "additionalPrinterColumns" => columns(&version[name], &at, errors),
            _ => selectable(version, &version[name], &at, errors),
        };
        if versions.windows(2).all(|pair| pair[0][name] == pair[1][name]) {
            if let Some(first) = versions.first() {
                check(first, format!("spec.{name}"));
            }
            continue;
        }
        for (index, version) in versions.iter().enumerate() {
            check(version, format!("spec.versions[{index}].{name}"));
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn columns(list: &Value, at: &str, errors: &mut Vec<FieldError>) {
    for (index, column) in items(list).iter().enumerate() {
        let at = format!("{at}[{index}]");
        if text(&column["name"]).is_empty() {
            errors.push(FieldError::required(format!("{at}.name"), ""));
        }
        match text(&column["type"]) {
            "" => errors.push(FieldError::required(format!("{at}.type"), TYPES)),
            "boolean" | "date" | "integer" | "number" | "string" => {}
            other => errors.push(invalid(format!("{at}.type"), other, TYPES)),
        }
        let format = text(&column["format"]);
        if !format.is_empty() && !FORMATS.contains(&format) {
            let detail = format!("must be one of {}", FORMATS.join(","));
            errors.push(invalid(format!("{at}.format"), format, &detail));
        }
        let field = format!("{at}.JSONPath");
        match text(&column["jsonPath"]) {
            "" => errors.push(FieldError::required(field, "")),
            path => drop(simple_path(path, &field, errors)),
        }
    }
}

/// Whether a path is one; an error otherwise.
fn simple_path(path: &str, field: &str, errors: &mut Vec<FieldError>) -> bool {
    let fine = path.starts_with('.');
    if !fine {
        errors.push(invalid(field, path, "must be a simple json path starting with ."));
    }
    fine
}

fn scale(scale: &Value, at: &str, errors: &mut Vec<FieldError>) {
    if !scale.is_object() {
        return;
    }
    for (name, below) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
        let (path, field) = (text(&scale[name]), format!("{at}.scale.{name}"));
        if path.is_empty() {
            errors.push(FieldError::required(field, ""));
        } else if simple_path(path, &field, errors) && !path.starts_with(below) {
            let detail = format!("should be a json path under {}", below.trim_end_matches('.'));
            errors.push(invalid(field, path, &detail));
        }
    }
    let (path, field) = (
        text(&scale["labelSelectorPath"]),
        format!("{at}.scale.labelSelectorPath"),
    );
    if !path.is_empty()
        && simple_path(path, &field, errors)
        && !path.starts_with(".spec.")
        && !path.starts_with(".status.")
    {
        let detail = "should be a json path under either .spec or .status";
        errors.push(invalid(field, path, detail));
    }
}

fn selectable(version: &Value, list: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let list = items(list);
    let schema = &version["schema"]["openAPIV3Schema"];
    let schema = match Structural::from_openapi_v3(schema) {
        Ok(schema) if !list.is_empty() => schema,
        // The schema's own errors are told where it is looked at.
        _ => return,
    };
    let mut seen = HashSet::new();
    for (index, one) in list.iter().enumerate() {
        let (path, field) = (text(&one["jsonPath"]), format!("{at}[{index}].jsonPath"));
        if path.is_empty() {
            errors.push(FieldError::required(field, ""));
            continue;
        }
        let steps: Vec<&str> = path.trim_start_matches('.').split('.').collect();
        let found = steps
            .iter()
            .try_fold(&schema.root, |node: &Node, step| node.properties.get(*step));
        let metadata = steps.first() == Some(&"metadata");
        let Some(found) = found.filter(|_| path.starts_with('.')) else {
            let detail = "is an invalid path: does not refer to a valid field";
            errors.push(invalid(field, path, detail));
            continue;
        };
        if metadata {
            errors.push(invalid(
                field.as_str(),
                path,
                "must not point to fields in metadata",
            ));
        }
        let kinds = [JsonType::String, JsonType::Boolean, JsonType::Integer];
        if found.ty.is_none_or(|ty| !kinds.contains(&ty)) {
            let detail = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
            errors.push(invalid(field.as_str(), path, detail));
        }
        if !seen.insert(path) {
            errors.push(FieldError::duplicate(field, &one["jsonPath"]));
        }
    }
    if seen.len() > SELECTABLE {
        errors.push(FieldError {
            reason: Reason::TooMany,
            field: at.to_owned(),
            message: format!("Too many: {}: must have at most {SELECTABLE} items", seen.len()),
        });
    }
}

/// The warning of a deprecated version.
pub(crate) fn deprecation(version: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let warning = &version["deprecationWarning"];
    let Some(given) = warning.as_str() else { return };
    let mut wrong = |detail: &str| {
        let field = format!("{at}.deprecationWarning");
        errors.push(FieldError::invalid_shown(field, &quote(given), detail));
    };
    if version["deprecated"] != true {
        return wrong("can only be set for deprecated versions");
    }
    if given.len() > 256 {
        wrong("must be <= 256 characters long");
    }
    if given.is_empty() {
        wrong("must not be an empty string");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check_version(version: Value, expect: &[&str]) {
        let mut errors = Vec::new();
        check(&[version], &mut errors);
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors, expect);
    }

    #[test]
    fn parts() {
        let column = |kind: &str, path: &str| json!({"additionalPrinterColumns": [{"name": "x", "type": kind, "jsonPath": path}]});
        check_version(column("string", ".a"), &[]);
        check_version(
            column("bogus", ".a"),
            &[
                "spec.additionalPrinterColumns[0].type: Invalid value: \"bogus\": must be one of boolean,date,integer,number,string",
            ],
        );
        check_version(
            column("string", "bad["),
            &[
                "spec.additionalPrinterColumns[0].JSONPath: Invalid value: \"bad[\": must be a simple json path starting with .",
            ],
        );
        check_version(
            json!({"subresources": {"scale": {"specReplicasPath": ".foo", "statusReplicasPath": "spec.x"}}}),
            &[
                "spec.subresources.scale.specReplicasPath: Invalid value: \".foo\": should be a json path under .spec",
                "spec.subresources.scale.statusReplicasPath: Invalid value: \"spec.x\": must be a simple json path starting with .",
            ],
        );
        let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"}, "o": {"type": "object"}}}}}});
        let fields = |paths: &[&str]| {
            let fields: Vec<Value> = paths.iter().map(|path| json!({"jsonPath": path})).collect();
            json!({"schema": schema, "selectableFields": fields})
        };
        check_version(fields(&[".spec.a"]), &[]);
        check_version(
            fields(&[".spec.nope", ".spec.o", ".spec.a", ".spec.a"]),
            &[
                "spec.selectableFields[0].jsonPath: Invalid value: \".spec.nope\": is an invalid path: does not refer to a valid field",
                "spec.selectableFields[1].jsonPath: Invalid value: \".spec.o\": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
                "spec.selectableFields[3].jsonPath: Duplicate value: \".spec.a\"",
            ],
        );
    }
}
