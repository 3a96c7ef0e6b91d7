//! RBAC, autoscaling, disruption budgets, leases, priorities and webhooks.

use serde_json::{Value, json};

use super::{Errors, FieldError, immutable, names, not_negative, one_of, selector};
use crate::defaults::fill::{items, text};

pub(crate) fn role(new: &Value, namespaced: bool, errors: &mut Errors) {
    for (index, rule) in items(&new["rules"]).iter().enumerate() {
        let field = format!("rules[{index}]");
        let has = |name: &str| !items(&rule[name]).is_empty();
        if !has("verbs") {
            errors.push(FieldError::required(
                format!("{field}.verbs"),
                "verbs must contain at least one value",
            ));
        }
        if has("nonResourceURLs") {
            let urls = &rule["nonResourceURLs"];
            let field = format!("{field}.nonResourceURLs");
            if namespaced {
                errors.push(FieldError::invalid(
                    field,
                    urls,
                    "namespaced rules cannot apply to non-resource URLs",
                ));
            } else if has("apiGroups") || has("resources") || has("resourceNames") {
                let detail = "rules cannot apply to both regular resources and non-resource URLs";
                errors.push(FieldError::invalid(field, urls, detail));
            }
            continue;
        }
        for (name, what) in [("apiGroups", "api group"), ("resources", "resource")] {
            if !has(name) {
                let detail = format!("resource rules must supply at least one {what}");
                errors.push(FieldError::required(format!("{field}.{name}"), &detail));
            }
        }
    }
    let aggregation = &new["aggregationRule"];
    if aggregation.is_object() && items(&aggregation["clusterRoleSelectors"]).is_empty() {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        errors.push(FieldError::required(
            "aggregationRule.clusterRoleSelectors",
            detail,
        ));
    }
}

pub(crate) fn role_binding(new: &Value, old: Option<&Value>, namespaced: bool, errors: &mut Errors) {
    let role = &new["roleRef"];
    let kinds: &[&str] = if namespaced {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    one_of(errors, "roleRef.kind", &role["kind"], kinds);
    match text(&role["name"]) {
        "" => errors.push(FieldError::required("roleRef.name", "")),
        name => {
            let messages = names::path_segment(name);
            errors.extend(
                messages
                    .iter()
                    .map(|m| FieldError::invalid_text("roleRef.name", name, m)),
            );
        }
    }
    for (index, subject) in items(&new["subjects"]).iter().enumerate() {
        let field = format!("subjects[{index}]");
        if text(&subject["name"]).is_empty() {
            errors.push(FieldError::required(format!("{field}.name"), ""));
        }
        one_of(
            errors,
            &format!("{field}.kind"),
            &subject["kind"],
            &["ServiceAccount", "User", "Group"],
        );
        if subject["kind"] == "ServiceAccount" && !namespaced && text(&subject["namespace"]).is_empty() {
            errors.push(FieldError::required(format!("{field}.namespace"), ""));
        }
    }
    if let Some(old) = old
        && *role != old["roleRef"]
    {
        let shown = format!(
            "{{\"APIGroup\":{},\"Kind\":{},\"Name\":{}}}",
            role["apiGroup"], role["kind"], role["name"]
        );
        let mut error = FieldError::invalid("roleRef", &Value::Null, "cannot change roleRef");
        error.message = format!("Invalid value: {shown}: cannot change roleRef");
        errors.push(error);
    }
}

pub(crate) fn autoscaler(new: &Value, errors: &mut Errors) {
    let spec = &new["spec"];
    let (least, most) = (
        spec["minReplicas"].as_i64(),
        spec["maxReplicas"].as_i64().unwrap_or(0),
    );
    if least.is_some_and(|least| least < 1) {
        let external = items(&spec["metrics"])
            .iter()
            .any(|m| matches!(text(&m["type"]), "Object" | "External"));
        if !external {
            let detail =
                "must specify at least one Object or External metric to support scaling to zero replicas";
            errors.push(FieldError::forbidden("spec.metrics", detail));
        }
        errors.push(FieldError::invalid(
            "spec.minReplicas",
            &json!(least),
            "must be greater than or equal to 1",
        ));
    }
    if most < 1 {
        errors.push(FieldError::required(
            "spec.maxReplicas",
            "must be set and greater than 0",
        ));
    }
    if least.is_some_and(|least| most < least) {
        let detail = "must be greater than or equal to `minReplicas`";
        errors.push(FieldError::invalid("spec.maxReplicas", &json!(most), detail));
    }
    let target = &spec["scaleTargetRef"];
    if text(&target["apiVersion"]).is_empty() {
        let detail = "apiVersion must specify API group";
        errors.push(FieldError::invalid_text(
            "spec.scaleTargetRef.apiVersion",
            "",
            detail,
        ));
    }
    for name in ["kind", "name"] {
        if text(&target[name]).is_empty() {
            errors.push(FieldError::required(format!("spec.scaleTargetRef.{name}"), ""));
        }
    }
    for (index, metric) in items(&spec["metrics"]).iter().enumerate() {
        let kind = text(&metric["type"]);
        let mut source = kind.to_owned();
        if let Some(first) = source.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        if !kind.is_empty() && !metric[&source].is_object() {
            let detail = "must populate information for the given metric source";
            errors.push(FieldError::required(
                format!("spec.metrics[{index}].{source}"),
                detail,
            ));
        }
    }
    for rules in ["scaleUp", "scaleDown"] {
        let policies = &spec["behavior"][rules]["policies"];
        if spec["behavior"][rules].is_object() && items(policies).is_empty() {
            let detail = "must specify at least one Policy";
            errors.push(FieldError::required(
                format!("spec.behavior.{rules}.policies"),
                detail,
            ));
        }
    }
}

pub(crate) fn disruption_budget(new: &Value, errors: &mut Errors) {
    let spec = &new["spec"];
    if !spec["minAvailable"].is_null() && !spec["maxUnavailable"].is_null() {
        let detail = "minAvailable and maxUnavailable cannot be both set";
        let mut error = FieldError::invalid("spec", &Value::Null, detail);
        error.message = format!("Invalid value: {spec}: {detail}");
        errors.push(error);
    }
    for field in ["minAvailable", "maxUnavailable"] {
        not_negative(errors, &format!("spec.{field}"), &spec[field]);
    }
    selector::check(&spec["selector"], "spec.selector", errors);
}

pub(crate) fn lease(new: &Value, errors: &mut Errors) {
    let spec = &new["spec"];
    let duration = &spec["leaseDurationSeconds"];
    if duration.as_i64().is_some_and(|seconds| seconds <= 0) {
        errors.push(FieldError::invalid(
            "spec.leaseDurationSeconds",
            duration,
            "must be greater than 0",
        ));
    }
    not_negative(errors, "spec.leaseTransitions", &spec["leaseTransitions"]);
}

pub(crate) fn priority_class(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let name = text(&new["metadata"]["name"]);
    let system = matches!(name, "system-node-critical" | "system-cluster-critical");
    if name.starts_with("system-") && !system {
        let detail = format!(
            "priority class names with 'system-' prefix are reserved for system use only. error: {name} is not a known \
             system priority class"
        );
        errors.push(FieldError::forbidden("metadata.name", &detail));
    }
    if !system && new["value"].as_i64().is_some_and(|value| value > 1_000_000_000) {
        let detail = "maximum allowed value of a user defined priority is 1000000000";
        errors.push(FieldError::forbidden("value", detail));
    }
    if !new["preemptionPolicy"].is_null() {
        let known = ["PreemptLowerPriority", "Never"];
        one_of(errors, "preemptionPolicy", &new["preemptionPolicy"], &known);
    }
    if let Some(old) = old {
        if new["value"] != old["value"] {
            errors.push(FieldError::forbidden("value", "may not be changed in an update."));
        }
        immutable(
            errors,
            "preemptionPolicy",
            &new["preemptionPolicy"],
            &old["preemptionPolicy"],
        );
    }
}

pub(crate) fn webhooks(new: &Value, errors: &mut Errors) {
    for (index, hook) in items(&new["webhooks"]).iter().enumerate() {
        let field = format!("webhooks[{index}]");
        let name = text(&hook["name"]);
        if name.split('.').filter(|part| !part.is_empty()).count() < 3 {
            let detail = "should be a domain with at least three segments separated by dots";
            errors.push(FieldError::invalid_text(format!("{field}.name"), name, detail));
        }
        if items(&hook["admissionReviewVersions"]).is_empty() {
            let detail = "must specify one of v1, v1beta1";
            errors.push(FieldError::required(
                format!("{field}.admissionReviewVersions"),
                detail,
            ));
        }
        if !matches!(text(&hook["sideEffects"]), "None" | "NoneOnDryRun") {
            let detail = "must specify one of None, NoneOnDryRun";
            errors.push(FieldError::required(format!("{field}.sideEffects"), detail));
        }
        let config = &hook["clientConfig"];
        if config["url"].is_null() == config["service"].is_null() {
            let detail = "exactly one of url or service is required";
            errors.push(FieldError::required(format!("{field}.clientConfig"), detail));
        }
    }
}
