//! Validating admission policies and their bindings.

use flux_cel::Program;
use serde_json::Value;

use super::{Errors, FieldError, names, one_of, selector};
use crate::defaults::fill::{items, text};

const REASONS: [&str; 4] = ["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"];

pub(crate) fn policy(new: &Value, errors: &mut Errors) {
    let spec = &new["spec"];
    if !spec["failurePolicy"].is_null() {
        one_of(
            errors,
            "spec.failurePolicy",
            &spec["failurePolicy"],
            &["Fail", "Ignore"],
        );
    }
    let kind = &spec["paramKind"];
    if kind.is_object() {
        for field in ["apiVersion", "kind"] {
            if text(&kind[field]).is_empty() {
                errors.push(FieldError::required(format!("spec.paramKind.{field}"), ""));
            }
        }
    }
    match &spec["matchConstraints"] {
        Value::Null => errors.push(FieldError::required("spec.matchConstraints", "")),
        constraints => {
            let at = "spec.matchConstraints";
            if items(&constraints["resourceRules"]).is_empty() {
                errors.push(FieldError::required(format!("{at}.resourceRules"), ""));
            }
            resources(constraints, at, errors);
        }
    }
    conditions(&spec["matchConditions"], errors);
    for (index, variable) in items(&spec["variables"]).iter().enumerate() {
        let at = format!("spec.variables[{index}]");
        let name = text(&variable["name"]);
        if name.is_empty() {
            errors.push(FieldError::required(
                format!("{at}.name"),
                "name is not specified",
            ));
        } else if !is_identifier(name) {
            let detail = "name is not a valid CEL identifier";
            errors.push(FieldError::invalid_text(format!("{at}.name"), name, detail));
        }
        expression(&variable["expression"], &format!("{at}.expression"), errors);
    }
    let (validations, notes) = (items(&spec["validations"]), items(&spec["auditAnnotations"]));
    if validations.is_empty() && notes.is_empty() {
        let detail = "validations or auditAnnotations must contain at least one element";
        for field in ["spec.validations", "spec.auditAnnotations"] {
            errors.push(FieldError::required(field, detail));
        }
    }
    for (index, one) in validations.iter().enumerate() {
        validation(one, &format!("spec.validations[{index}]"), errors);
    }
    for (index, note) in notes.iter().enumerate() {
        let at = format!("spec.auditAnnotations[{index}]");
        if text(&note["key"]).is_empty() {
            errors.push(FieldError::required(format!("{at}.key"), "key is required"));
        }
        let field = format!("{at}.valueExpression");
        if text(&note["valueExpression"]).trim().is_empty() {
            errors.push(FieldError::required(field, "valueExpression is not specified"));
        } else {
            expression(&note["valueExpression"], &field, errors);
        }
    }
}

fn validation(validation: &Value, at: &str, errors: &mut Errors) {
    expression(&validation["expression"], &format!("{at}.expression"), errors);
    let made = text(&validation["messageExpression"]);
    if !made.is_empty() {
        expression(
            &validation["messageExpression"],
            &format!("{at}.messageExpression"),
            errors,
        );
    }
    let (message, field) = (text(&validation["message"]), format!("{at}.message"));
    if !message.is_empty() && message.trim().is_empty() {
        let detail = "message must be non-empty if specified";
        errors.push(FieldError::invalid_text(field, message, detail));
    } else if message.trim().contains('\n') {
        let detail = "message must not contain line breaks";
        errors.push(FieldError::invalid_text(field, message, detail));
    }
    if !validation["reason"].is_null() {
        one_of(errors, &format!("{at}.reason"), &validation["reason"], &REASONS);
    }
}

fn conditions(list: &Value, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, condition) in items(list).iter().enumerate() {
        let at = format!("spec.matchConditions[{index}]");
        expression(&condition["expression"], &format!("{at}.expression"), errors);
        let (name, field) = (text(&condition["name"]), format!("{at}.name"));
        if name.is_empty() {
            errors.push(FieldError::required(field, ""));
            continue;
        }
        let messages = names::qualified(name);
        errors.extend(
            messages
                .iter()
                .map(|m| FieldError::invalid_text(field.as_str(), name, m)),
        );
        if seen.contains(&name) {
            errors.push(FieldError::duplicate(field, &condition["name"]));
        }
        seen.push(name);
    }
}

fn expression(value: &Value, field: &str, errors: &mut Errors) {
    let given = text(value);
    if given.trim().is_empty() {
        errors.push(FieldError::required(field, "expression is not specified"));
    } else if let Err(error) = Program::compile(given) {
        let detail = format!("compilation failed: {error}");
        errors.push(FieldError::invalid_text(field, given, &detail));
    }
}

fn is_identifier(name: &str) -> bool {
    let first = name.chars().next().unwrap_or(' ');
    (first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn resources(constraints: &Value, at: &str, errors: &mut Errors) {
    for name in ["namespaceSelector", "objectSelector"] {
        if constraints[name].is_object() {
            selector::check(&constraints[name], &format!("{at}.{name}"), errors);
        }
    }
    if !constraints["matchPolicy"].is_null() {
        let known = ["Equivalent", "Exact"];
        one_of(
            errors,
            &format!("{at}.matchPolicy"),
            &constraints["matchPolicy"],
            &known,
        );
    }
    for list in ["resourceRules", "excludeResourceRules"] {
        for (index, rule) in items(&constraints[list]).iter().enumerate() {
            let at = format!("{at}.{list}[{index}]");
            for field in ["apiGroups", "apiVersions", "resources", "operations"] {
                if items(&rule[field]).is_empty() {
                    errors.push(FieldError::required(format!("{at}.{field}"), ""));
                }
            }
            let known = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
            for (index, operation) in items(&rule["operations"]).iter().enumerate() {
                one_of(errors, &format!("{at}.operations[{index}]"), operation, &known);
            }
        }
    }
}

pub(crate) fn binding(new: &Value, errors: &mut Errors) {
    let spec = &new["spec"];
    if text(&spec["policyName"]).is_empty() {
        errors.push(FieldError::required("spec.policyName", ""));
    }
    let reference = &spec["paramRef"];
    if reference.is_object() {
        let (name, chosen) = (text(&reference["name"]), reference["selector"].is_object());
        match (name.is_empty(), chosen) {
            (true, false) => {
                let detail = "one of name or selector must be specified";
                errors.push(FieldError::required("spec.paramRef", detail));
            }
            (false, true) => {
                let detail = "name and selector are mutually exclusive";
                errors.push(FieldError::forbidden("spec.paramRef.name", detail));
            }
            _ => {}
        }
        match &reference["parameterNotFoundAction"] {
            Value::Null => errors.push(FieldError::required("spec.paramRef.parameterNotFoundAction", "")),
            action => one_of(
                errors,
                "spec.paramRef.parameterNotFoundAction",
                action,
                &["Allow", "Deny"],
            ),
        }
    }
    if spec["matchResources"].is_object() {
        resources(&spec["matchResources"], "spec.matchResources", errors);
    }
    let actions = items(&spec["validationActions"]);
    if actions.is_empty() {
        errors.push(FieldError::required("spec.validationActions", ""));
    }
    for (index, action) in actions.iter().enumerate() {
        let field = format!("spec.validationActions[{index}]");
        if actions[..index].contains(action) {
            errors.push(FieldError::duplicate(field.as_str(), action));
        }
        one_of(errors, &field, action, &["Audit", "Deny", "Warn"]);
    }
    if actions.iter().any(|action| action == "Deny") && actions.iter().any(|action| action == "Warn") {
        let detail = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
        errors.push(FieldError::invalid(
            "spec.validationActions",
            &spec["validationActions"],
            detail,
        ));
    }
}
