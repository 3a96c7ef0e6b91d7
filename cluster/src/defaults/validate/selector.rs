//! Label selectors.

use serde_json::Value;

use super::{Errors, FieldError, metadata, names};
use crate::defaults::fill::{items, text};

/// What is wrong with a selector.
pub(crate) fn check(selector: &Value, field: &str, errors: &mut Errors) {
    metadata::labels(&selector["matchLabels"], &format!("{field}.matchLabels"), errors);
    for (index, expression) in items(&selector["matchExpressions"]).iter().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        let values = items(&expression["values"]);
        match text(&expression["operator"]) {
            "In" | "NotIn" if values.is_empty() => {
                let detail = "must be specified when `operator` is 'In' or 'NotIn'";
                errors.push(FieldError::required(format!("{field}.values"), detail));
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.push(FieldError::forbidden(format!("{field}.values"), detail));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            operator => {
                let detail = "not a valid selector operator";
                errors.push(FieldError::invalid_text(
                    format!("{field}.operator"),
                    operator,
                    detail,
                ));
            }
        }
        let key = text(&expression["key"]);
        let messages = names::qualified(key);
        errors.extend(
            messages
                .iter()
                .map(|m| FieldError::invalid_text(format!("{field}.key"), key, m)),
        );
    }
}

/// Whether it selects nothing in particular.
pub(crate) fn is_empty(selector: &Value) -> bool {
    selector["matchLabels"]
        .as_object()
        .is_none_or(serde_json::Map::is_empty)
        && items(&selector["matchExpressions"]).is_empty()
}

/// Selector and labels of a workload: the selector is required, not empty, and selects the template's pods. Whether
/// it can be read: upstream looks at the template only then.
pub(crate) fn of_workload(spec: &Value, what: &str, errors: &mut Errors) -> bool {
    let selector = &spec["selector"];
    let before = errors.len();
    if selector.is_null() {
        errors.push(FieldError::required("spec.selector", ""));
    } else {
        check(selector, "spec.selector", errors);
        if is_empty(selector) {
            let detail = format!("empty selector is invalid for {what}");
            errors.push(FieldError::invalid("spec.selector", selector, &detail));
        }
    }
    let broken = !selector.is_null() && errors.len() > before && !is_empty(selector);
    if broken {
        errors.push(FieldError::invalid(
            "spec.selector",
            selector,
            "invalid label selector",
        ));
        return false;
    }
    if !selector.is_null() && is_empty(selector) {
        return true;
    }
    let labels = &spec["template"]["metadata"]["labels"];
    if selector.is_null() || !crate::simulate::json::selector_matches(selector, labels) {
        let detail = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid(
            "spec.template.metadata.labels",
            labels,
            detail,
        ));
    }
    true
}
